/* The shell's builtins, but for `wait` and `exit`, which change how the shell goes on. */
#include <stdlib.h>
#include <string.h>

#include "apps/programs.h"
#include "apps/shell_internal.h"
#include "base/text.h"
#include "stack/socket/syscall.h"

static int builtin_true(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    (void)shell, (void)io, (void)argc, (void)argv;
    return 0;
}

static int builtin_false(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    (void)shell, (void)io, (void)argc, (void)argv;
    return 1;
}

/* One backslash escape at @text, added to @out; returns what follows it. Stops the output at \c. */
static const char *add_escape(const char *text, struct strbuf *out, bool *stop)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    const char *name = text[1] == '\0' ? NULL : strchr(names, text[1]);

    if (text[1] == 'c') {
        *stop = true;
        return text + 2;
    }
    if (name != NULL) {
        strbuf_addc(out, values[name - names]);
        return text + 2;
    }
    if (text[1] == '0') {
        unsigned value = 0, n = 0;

        for (text += 2; n < 3 && *text >= '0' && *text <= '7'; n++, text++)
            value = value * 8 + (unsigned)(*text - '0');
        strbuf_addc(out, (char)(value & 0xff));
        return text;
    }
    strbuf_addc(out, '\\');
    return text + 1;
}

/* dash's echo reads escapes always and knows -n alone; -e, which people type, is taken as bash
 * takes it. */
static int builtin_echo(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    struct strbuf out = STRBUF_INIT;
    bool newline = true, stop = false;
    int i = 1;

    for (; i < argc && (strcmp(argv[i], "-n") == 0 || strcmp(argv[i], "-e") == 0); i++)
        if (argv[i][1] == 'n')
            newline = false;
    for (int first = i; i < argc && !stop; i++) {
        if (i > first)
            strbuf_addc(&out, ' ');
        for (const char *at = argv[i]; *at != '\0' && !stop;) {
            if (*at == '\\')
                at = add_escape(at, &out, &stop);
            else
                strbuf_addc(&out, *at++);
        }
    }
    if (newline && !stop)
        strbuf_addc(&out, '\n');
    if (out.len > 0)
        shell_io_write(shell, io, 1, out.text, out.len);
    strbuf_fini(&out);
    return 0;
}

struct printf_run {
    struct shell *shell;
    const struct process_io *io;
    struct strbuf out;
    char **args, **args_end;
    int status;
    bool stop;
};

/* @arg as a number of @kind; @format begins with @flags flags, then the width. */
static void add_number(struct printf_run *run, const char *format, size_t flags, char kind,
                       const char *arg)
{
    unsigned long width = strtoul(format + flags, NULL, 10);
    bool left = memchr(format, '-', flags) != NULL,
         zeros = memchr(format, '0', flags) != NULL && !left;
    struct strbuf digits = STRBUF_INIT;
    char *end = NULL;
    long long value = arg == NULL ? 0 : strtoll(arg, &end, 0);

    if (arg != NULL && (*end != '\0' || end == arg)) {
        const char *why = end == arg ? "expected numeric value" : "not completely converted";

        shell_message(run->shell, run->io, "printf: %s: %s", arg, why);
        run->status = 1;
    }
    if (memchr(format, '+', flags) != NULL && value >= 0 && strchr("di", kind) != NULL)
        strbuf_addc(&digits, '+');
    if (kind == 'x')
        strbuf_addf(&digits, "%llx", (unsigned long long)value);
    else if (kind == 'X')
        strbuf_addf(&digits, "%llX", (unsigned long long)value);
    else if (kind == 'o')
        strbuf_addf(&digits, "%llo", (unsigned long long)value);
    else if (kind == 'u')
        strbuf_addf(&digits, "%llu", (unsigned long long)value);
    else
        strbuf_addf(&digits, "%lld", value);
    for (size_t n = digits.len; !left && n < width && n < 1000; n++)
        strbuf_addc(&run->out, zeros ? '0' : ' ');
    strbuf_adds(&run->out, digits.text);
    for (size_t n = digits.len; left && n < width && n < 1000; n++)
        strbuf_addc(&run->out, ' ');
    strbuf_fini(&digits);
}

/* A conversion at @format (behind the '%'): flags, width and precision as given, then d i u x X o c
 * s b. */
static const char *printf_conversion(struct printf_run *run, const char *format)
{
    size_t flags = strspn(format, "-+ 0#"), width = strspn(format + flags, "0123456789");
    size_t precision =
        format[flags + width] == '.' ? 1 + strspn(format + flags + width + 1, "0123456789") : 0;
    size_t len = flags + width + precision;
    char kind = format[len];
    const char *arg = run->args < run->args_end ? *run->args++ : NULL;

    if (len > 20 || kind == '\0' || strchr("diuxXocsb", kind) == NULL) {
        shell_message(run->shell, run->io, "printf: %%%.*s: invalid directive", (int)len + 1,
                      format);
        run->status = 2;
        run->stop = true;
        return format + strlen(format);
    }
    if (kind == 'b') {
        for (const char *at = arg != NULL ? arg : ""; *at != '\0' && !run->stop;) {
            if (*at == '\\')
                at = add_escape(at, &run->out, &run->stop);
            else
                strbuf_addc(&run->out, *at++);
        }
    } else if (kind == 's' || kind == 'c') {
        char one[2] = { arg != NULL ? *arg : '\0', '\0' };
        unsigned long field = strtoul(format + flags, NULL, 10);
        const char *text = kind == 'c' ? one : arg != NULL ? arg : "";
        size_t text_len = strlen(text),
               most = precision > 0 ? strtoul(format + flags + width + 1, NULL, 10) : text_len;

        if (field > 1000)
            field = 1000;
        strbuf_addf(&run->out, memchr(format, '-', flags) != NULL ? "%-*.*s" : "%*.*s", (int)field,
                    (int)(most < text_len ? most : text_len), text);
    } else {
        add_number(run, format, flags, kind, arg);
    }
    return format + len + 1;
}

static int builtin_printf(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    struct printf_run run = { .shell = shell, .io = io };
    char **before;

    if (argc < 2) {
        shell_message(shell, io, "printf: usage: printf format [arg ...]");
        return 2;
    }
    run.args = argv + 2;
    run.args_end = argv + argc;
    do { /* the format is used again while there are arguments left */
        before = run.args;
        for (const char *at = argv[1]; *at != '\0' && !run.stop;) {
            if (at[0] == '%' && at[1] == '%') {
                strbuf_addc(&run.out, '%');
                at += 2;
            } else if (*at == '%') {
                at = printf_conversion(&run, at + 1);
            } else if (*at == '\\') {
                at = add_escape(at, &run.out, &run.stop);
            } else {
                strbuf_addc(&run.out, *at++);
            }
        }
    } while (run.args < run.args_end && run.args > before && !run.stop);
    if (run.out.len > 0)
        shell_io_write(shell, io, 1, run.out.text, run.out.len);
    strbuf_fini(&run.out);
    return run.status;
}

static const struct {
    int number;
    const char *name;
} signals[] = { { SIM_SIGHUP, "HUP" },   { SIM_SIGINT, "INT" },   { SIM_SIGKILL, "KILL" },
                { SIM_SIGUSR1, "USR1" }, { SIM_SIGUSR2, "USR2" }, { SIM_SIGTERM, "TERM" } };

int shell_signal_number(const char *name)
{
    uint64_t number;

    if (text_u64(name, 64, &number))
        return (int)number;
    if (text_starts(name, "SIG"))
        name += 3;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return -1;
}

const char *shell_signal_name(int number)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].number == number)
            return signals[i].name;
    return NULL;
}

static int kill_usage(struct shell *shell, const struct process_io *io)
{
    shell_message(shell, io,
                  "kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\n"
                  "kill -l [exitstatus]");
    return 2;
}

static int kill_list(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    uint64_t number;

    if (argc < 3) {
        for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
            shell_io_printf(shell, io, 1, "%s\n", signals[i].name);
        return 0;
    }
    if (!text_u64(argv[2], 255, &number)) {
        shell_message(shell, io, "kill: Illegal number: %s", argv[2]);
        return 2;
    }
    if (shell_signal_name((int)(number & 127)) != NULL)
        shell_io_printf(shell, io, 1, "%s\n", shell_signal_name((int)(number & 127)));
    return 0;
}

static int builtin_kill(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    int number = SIM_SIGTERM, at = 1, status = 0;

    if (argc < 2)
        return kill_usage(shell, io);
    if (strcmp(argv[1], "-l") == 0)
        return kill_list(shell, io, argc, argv);
    if (strcmp(argv[1], "-s") == 0 && argc > 2) {
        number = shell_signal_number(argv[2]);
        at = 3;
    } else if (strcmp(argv[1], "--") == 0) {
        at = 2;
    } else if (argv[1][0] == '-') {
        number = shell_signal_number(argv[1] + 1);
        at = 2;
    }
    if (number < 0) {
        if (at == 2)
            shell_message(shell, io, "kill: Illegal option -%c", argv[1][1]);
        else
            shell_message(shell, io, "kill: invalid signal number or name: %s", argv[2]);
        return 2;
    }
    if (at == argc)
        return kill_usage(shell, io);
    for (; at < argc; at++) {
        uint64_t pid;

        if (argv[at][0] == '%') {
            shell_message(shell, io, "kill: job numbers are not simulated by wirewalk: %s",
                          argv[at]);
            status = 2;
        } else if (!text_u64(argv[at], INT32_MAX, &pid) || pid == 0) {
            shell_message(shell, io, "kill: Illegal number: %s", argv[at]);
            status = 2;
        } else if (process_find(shell->self->os, (uint32_t)pid) == NULL) {
            shell_message(shell, io, "kill: No such process\n");
            status = 1;
        } else if (pid == shell->parameters.pid && number != 0) {
            shell->exiting = true; /* itself: it goes when the command is over */
            status = 128 + number;
        } else if (number != 0) {
            (void)sys_kill(shell->self, (uint32_t)pid, number);
        }
    }
    return status;
}

static int builtin_unset(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    (void)io;
    for (int i = 1; i < argc; i++)
        shell_unset_variable(&shell->parameters, argv[i]);
    return 0;
}

/* `break` and `continue`. */
static int builtin_leave(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    uint64_t n = 1;

    if (argc > 1 && (!text_u64(argv[1], INT32_MAX, &n) || n == 0)) {
        shell_message(shell, io, "%s: Illegal number: %s", argv[0], argv[1]);
        shell->exiting = true;
        return 2;
    }
    shell->leaving = n;
    shell->going_on = argv[0][0] == 'c';
    return 0;
}

/* Builtins that need a process of its own kind: a working directory, variables, other input. */
static int builtin_refused(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    (void)argc;
    shell_message(shell, io, "%s: not simulated by wirewalk", argv[0]);
    return 2;
}

static const struct {
    const char *name;
    shell_builtin *run;
} builtins[] = {
    { ".", builtin_refused },
    { ":", builtin_true },
    { "alias", builtin_refused },
    { "bg", builtin_refused },
    { "break", builtin_leave },
    { "cd", shell_cd },
    { "command", shell_command_v },
    { "continue", builtin_leave },
    { "echo", builtin_echo },
    { "eval", builtin_refused },
    { "exec", builtin_refused },
    { "export", shell_export },
    { "false", builtin_false },
    { "fg", builtin_refused },
    { "jobs", builtin_refused },
    { "kill", builtin_kill },
    { "printf", builtin_printf },
    { "pwd", shell_pwd },
    { "read", builtin_refused },
    { "readonly", builtin_refused },
    { "set", builtin_refused },
    { "shift", builtin_refused },
    { "sudo", builtin_refused },
    { "test", shell_test },
    { "[", shell_test },
    { "times", builtin_refused },
    { "trap", builtin_refused },
    { "true", builtin_true },
    { "type", shell_type },
    { "ulimit", builtin_refused },
    { "umask", builtin_refused },
    { "unset", builtin_unset },
};

shell_builtin *shell_find_builtin(const char *name)
{
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return builtins[i].run;
    return NULL;
}

/* What the shell does itself. */
static const char *const own[] = { "exit", "wait" };

const char *shell_builtin_at(unsigned n)
{
    const unsigned n_builtins = sizeof builtins / sizeof *builtins;

    if (n < n_builtins)
        return builtins[n].name;
    n -= n_builtins;
    return n < sizeof own / sizeof *own ? own[n] : NULL;
}

enum shell_knowledge shell_knows(const char *word)
{
    if (shell_find_builtin(word) == builtin_refused)
        return SHELL_NOT_SIMULATED;
    for (unsigned i = 0; shell_builtin_at(i) != NULL; i++)
        if (strcmp(shell_builtin_at(i), word) == 0)
            return SHELL_KNOWN;
    return program_find(shell_program_name(word)) != NULL ? SHELL_KNOWN : SHELL_UNKNOWN;
}
