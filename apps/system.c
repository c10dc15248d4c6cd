/* date, id, uname and whoami of GNU coreutils: what a host says of itself and its clock. */
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"
#include "stack/services/wall_clock.h"

/* Ends the program where an option is wrong or not simulated; false then. */
static bool read_options(struct options *options, void (*take)(void *ctx, int option), void *ctx)
{
    struct process *self = options->self;
    int option;

    while ((option = options_next(options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR)
            process_errorf(self, "Try '%s --help' for more information.\n", self->argv[0]);
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            self->exit_status = option == OPTIONS_ERROR ? 1 : 2;
            return false;
        }
        take(ctx, option);
    }
    return true;
}

/* More words than the program takes: false. */
static bool no_operand(const struct options *options)
{
    struct process *self = options->self;

    if (options->at == self->argc)
        return true;
    process_errorf(self, "%s: extra operand '%s'\nTry '%s --help' for more information.\n",
                   self->argv[0], self->argv[options->at], self->argv[0]);
    self->exit_status = 1;
    return false;
}

static void take_nothing(void *ctx, int option)
{
    (void)ctx, (void)option;
}

/* ---- date ---- */

/* One `%X`; false: it is not simulated. */
static bool add_date(struct strbuf *out, char what, int64_t seconds)
{
    struct wall_date d = wall_date(seconds);

    switch (what) {
    case 'a':
        strbuf_adds(out, wall_weekday_name(d.weekday));
        return true;
    case 'b':
        strbuf_adds(out, wall_month_name(d.month));
        return true;
    case 'd':
        strbuf_addf(out, "%02u", d.day);
        return true;
    case 'e':
        strbuf_addf(out, "%2u", d.day);
        return true;
    case 'F':
        strbuf_addf(out, "%d-%02u-%02u", d.year, d.month, d.day);
        return true;
    case 'H':
        strbuf_addf(out, "%02u", d.hour);
        return true;
    case 'm':
        strbuf_addf(out, "%02u", d.month);
        return true;
    case 'M':
        strbuf_addf(out, "%02u", d.minute);
        return true;
    case 's':
        strbuf_addf(out, "%lld", (long long)seconds);
        return true;
    case 'S':
        strbuf_addf(out, "%02u", d.second);
        return true;
    case 'T':
        strbuf_addf(out, "%02u:%02u:%02u", d.hour, d.minute, d.second);
        return true;
    case 'Y':
        strbuf_addf(out, "%d", d.year);
        return true;
    case 'Z':
        strbuf_adds(out, "UTC");
        return true;
    case '%':
        strbuf_addc(out, '%');
        return true;
    }
    return false;
}

static enum co_status date_main(struct process *self, void *state)
{
    struct options options = { .self = self, .shorts = "u", .refused = "d:f:I:rRs:" };
    const char *format = "+%a %b %e %T %Z %Y";
    struct strbuf out = STRBUF_INIT;

    (void)state;
    if (!read_options(&options, take_nothing, NULL))
        return CO_DONE;
    if (options.at < self->argc)
        format = self->argv[options.at];
    if (*format != '+') {
        process_errorf(self, "date: setting the clock is not simulated by wirewalk: it is that of "
                             "the simulation\n");
        self->exit_status = 2;
        return CO_DONE;
    }
    for (const char *at = format + 1; *at != '\0'; at++) {
        if (*at != '%' || at[1] == '\0') {
            strbuf_addc(&out, *at);
        } else if (!add_date(&out, *++at, wall_seconds(process_now(self)))) {
            process_errorf(self, "date: %%%c is not simulated by wirewalk\n", *at);
            self->exit_status = 2;
            strbuf_fini(&out);
            return CO_DONE;
        }
    }
    process_printf(self, "%s\n", strbuf_text(&out));
    strbuf_fini(&out);
    return CO_DONE;
}

const struct program date_program = { .name = "date", .main = date_main };

/* ---- who: everybody is root ---- */

struct id_wants {
    bool user, group, groups, name;
};

static void take_id(void *ctx, int option)
{
    struct id_wants *wants = ctx;

    wants->user |= option == 'u';
    wants->group |= option == 'g';
    wants->groups |= option == 'G';
    wants->name |= option == 'n';
}

static enum co_status id_main(struct process *self, void *state)
{
    struct options options = { .self = self, .shorts = "ugGn", .refused = "arzZ" };
    struct id_wants wants = { 0 };

    (void)state;
    if (!read_options(&options, take_id, &wants))
        return CO_DONE;
    if (options.at < self->argc && strcmp(self->argv[options.at], "root") != 0) {
        process_errorf(self, "id: '%s': no such user\n", self->argv[options.at]);
        self->exit_status = 1;
    } else if (wants.user || wants.group || wants.groups) {
        process_printf(self, wants.name ? "root\n" : "0\n");
    } else if (wants.name) {
        process_errorf(self, "id: printing only names or real IDs requires -u, -g, or -G\n");
        self->exit_status = 1;
    } else {
        process_printf(self, "uid=0(root) gid=0(root) groups=0(root)\n");
    }
    return CO_DONE;
}

const struct program id_program = { .name = "id", .main = id_main };

static enum co_status whoami_main(struct process *self, void *state)
{
    struct options options = { .self = self, .shorts = "" };

    (void)state;
    if (read_options(&options, take_nothing, NULL) && no_operand(&options))
        process_printf(self, "root\n");
    return CO_DONE;
}

const struct program whoami_program = { .name = "whoami", .main = whoami_main };

/* ---- uname ---- */

static const char uname_letters[] = "snrvmo"; /* in the order in which they are printed */

struct uname_wants {
    bool some, each[sizeof uname_letters];
};

static void take_uname(void *ctx, int option)
{
    struct uname_wants *wants = ctx;

    wants->some = true;
    for (size_t i = 0; i < sizeof uname_letters - 1; i++)
        wants->each[i] |= option == 'a' || option == uname_letters[i];
}

/* The kernel whose behaviour the hosts have: docs/fidelity.md. */
static enum co_status uname_main(struct process *self, void *state)
{
    const char *const values[] = { "Linux",           self->os->hostname, "6.18.0",
                                   "#1 SMP wirewalk", "x86_64",           "GNU/Linux" };
    struct options options = { .self = self, .shorts = "asnrvmo", .refused = "pi" };
    struct uname_wants wants = { 0 };
    bool first = true;

    (void)state;
    if (!read_options(&options, take_uname, &wants) || !no_operand(&options))
        return CO_DONE;
    wants.each[0] |= !wants.some;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (wants.each[i])
            process_printf(self, "%s%s", first ? "" : " ", values[i]);
        first &= !wants.each[i];
    }
    process_printf(self, "\n");
    return CO_DONE;
}

const struct program uname_program = { .name = "uname", .main = uname_main };
