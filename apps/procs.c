/* ps, pkill (procps) and killall (psmisc) on the host's processes, and hostname (net-tools' own).
 */
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"
#include "apps/shell.h"
#include "stack/services/wall_clock.h"
#include "stack/socket/syscall.h"

/* What `ps`, BSD's `ps ax` and `ps aux`, and System V's `ps -ef` show. */
enum ps_form { PS_PLAIN, PS_STAT, PS_FULL, PS_USER };

static const char *const ps_heads[] = {
    [PS_PLAIN] = "    PID TTY          TIME CMD\n",
    [PS_STAT] = "    PID TTY      STAT   TIME COMMAND\n",
    [PS_FULL] = "UID          PID    PPID  C STIME TTY          TIME CMD\n",
    [PS_USER] = "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n",
};

/* No process here uses measurable time or memory. */
static void print_process(struct process *self, const struct process *process, enum ps_form form)
{
    struct wall_date started = wall_date(wall_seconds(process->started));
    const char *command = process->command != NULL ? process->command : process->argv[0];

    switch (form) {
    case PS_PLAIN:
        process_printf(self, "%7u ?        00:00:00 %s\n", process->pid, process->argv[0]);
        break;
    case PS_STAT:
        process_printf(self, "%7u ?        S      0:00 %s\n", process->pid, command);
        break;
    case PS_FULL:
        process_printf(self, "root     %7u       1  0 %02u:%02u ?        00:00:00 %s\n",
                       process->pid, started.hour, started.minute, command);
        break;
    case PS_USER:
        process_printf(self,
                       "root     %7u  0.0  0.0      0     0 ?        S    %02u:%02u   0:00 %s\n",
                       process->pid, started.hour, started.minute, command);
        break;
    }
}

static enum ps_form ps_form_of(const char *argument)
{
    bool dash = *argument == '-';

    if (strchr(argument, 'u') != NULL)
        return PS_USER;
    if (dash && strchr(argument, 'f') != NULL)
        return PS_FULL;
    return !dash || strchr(argument, 'x') != NULL ? PS_STAT : PS_PLAIN;
}

static enum co_status ps_main(struct process *self, void *state)
{
    enum ps_form form = PS_PLAIN, asked;
    struct process *process;

    (void)state;
    for (int i = 1; i < self->argc; i++) {
        const char *word = self->argv[i][0] == '-' ? self->argv[i] + 1 : self->argv[i];

        if (strspn(word, "aAefux") != strlen(word) || *word == '\0') {
            process_errorf(self, "ps: option %s is not simulated by wirewalk\n", self->argv[i]);
            self->exit_status = 2;
            return CO_DONE;
        }
        asked = ps_form_of(self->argv[i]);
        form = asked > form ? asked : form;
    }
    process_printf(self, "%s", ps_heads[form]);
    LIST_FOR_EACH(process, &self->os->processes, struct process, link)
    print_process(self, process, form);
    return CO_DONE;
}

const struct program ps_program = { .name = "ps", .main = ps_main };

/* [-SIGNAL] or [-s SIGNAL] in front of the names; the place of the first name, or -1 with the
 * message printed. */
static int read_signal(struct process *self, int *number)
{
    int at = 1;

    *number = SIM_SIGTERM;
    while (at < self->argc && self->argv[at][0] == '-') {
        const char *word = self->argv[at] + 1;

        if (strcmp(word, "s") == 0 && at + 1 < self->argc)
            word = self->argv[++at];
        else if (strcmp(word, "x") == 0) {
            at++; /* names are matched whole anyway */
            continue;
        }
        *number = shell_signal_number(word);
        if (*number < 0) {
            process_errorf(self, "%s: option -%s is not simulated by wirewalk\n", self->argv[0],
                           word);
            return -1;
        }
        at++;
    }
    return at;
}

/* Signals every process called @name, but @self. How many there were. A signal may end other
 * processes too. */
static int signal_by_name(struct process *self, const char *name, int number)
{
    struct process *process;
    uint32_t last = 0;
    int n = 0;

    for (bool found = true; found;) {
        found = false;
        LIST_FOR_EACH(process, &self->os->processes, struct process, link)
        {
            if (process->pid <= last || process == self || strcmp(process->argv[0], name) != 0)
                continue;
            found = true;
            break;
        }
        if (!found)
            break;
        last = process->pid;
        n++;
        if (number != 0)
            process_signal(process, number);
    }
    return n;
}

static enum co_status pkill_main(struct process *self, void *state)
{
    int number, at = read_signal(self, &number);

    (void)state;
    if (at < 0) {
        self->exit_status = 2;
    } else if (at + 1 != self->argc) {
        process_errorf(self, at == self->argc ? "pkill: no matching criteria specified\n"
                                              : "pkill: only one pattern can be provided\n");
        process_errorf(self, "Try `pkill --help' for more information.\n");
        self->exit_status = 2;
    } else {
        self->exit_status = signal_by_name(self, self->argv[at], number) > 0 ? 0 : 1;
    }
    return CO_DONE;
}

const struct program pkill_program = { .name = "pkill", .main = pkill_main };

static enum co_status killall_main(struct process *self, void *state)
{
    int number, at = read_signal(self, &number);

    (void)state;
    if (at < 0 || at == self->argc) {
        if (at > 0)
            process_errorf(self, "Usage: killall [OPTION]... [--] NAME...\n");
        self->exit_status = at < 0 ? 2 : 1;
        return CO_DONE;
    }
    for (; at < self->argc; at++) {
        if (signal_by_name(self, self->argv[at], number) == 0) {
            process_errorf(self, "%s: no process found\n", self->argv[at]);
            self->exit_status = 1;
        }
    }
    return CO_DONE;
}

const struct program killall_program = { .name = "killall", .main = killall_main };

static enum co_status hostname_main(struct process *self, void *state)
{
    struct options options = { .self = self, .shorts = "s", .refused = "aAbdFfiIyV" };
    int option;

    (void)state;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            if (option == OPTIONS_ERROR)
                process_errorf(
                    self,
                    "Usage: hostname [-b] {hostname|-F file}         set host name (from file)\n"
                    "       hostname [-a|-A|-d|-f|-i|-I|-s|-y]       display formatted name\n"
                    "       hostname                                 display host name\n");
            self->exit_status = option == OPTIONS_ERROR ? 255 : 2;
            return CO_DONE;
        }
    }
    if (options.at < self->argc) {
        process_errorf(self, "hostname: setting the host name is not simulated by wirewalk\n");
        self->exit_status = 2;
    } else {
        process_printf(self, "%s\n", self->os->hostname);
    }
    return CO_DONE;
}

const struct program hostname_program = { .name = "hostname", .main = hostname_main };
