/* sleep of GNU coreutils: NUMBER[smhd]..., fractions too. */
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/socket/syscall.h"

struct sleep {
    struct coroutine co;
    sim_time total;
    int result;
};

static bool add_interval(const char *word, sim_time *total)
{
    size_t len = strlen(word);
    int64_t nanoseconds, factor = 1;

    if (len > 0 && strchr("smhd", word[len - 1]) != NULL) {
        factor = word[len - 1] == 'm'   ? 60
                 : word[len - 1] == 'h' ? 3600
                 : word[len - 1] == 'd' ? 86400
                                        : 1;
        len--;
    }
    if (!text_scaled(word, len, 9, &nanoseconds))
        return false;
    /* Longer than any run: the end of time is as good. */
    if (nanoseconds > SIM_SEC(1000000) / 1000 / factor)
        *total = SIM_SEC(8000000);
    else
        *total += SIM_NSEC(nanoseconds * factor);
    if (*total > SIM_SEC(8000000))
        *total = SIM_SEC(8000000);
    return true;
}

static bool read_arguments(struct process *self, struct sleep *st)
{
    struct options options = { .self = self, .shorts = "" };
    bool ok = true;

    if (options_next(&options) != OPTIONS_END) {
        process_errorf(self, "Try 'sleep --help' for more information.\n");
        return false;
    }
    if (options.at == self->argc) {
        process_errorf(self, "sleep: missing operand\nTry 'sleep --help' for more information.\n");
        return false;
    }
    for (int i = options.at; i < self->argc; i++) {
        if (!add_interval(self->argv[i], &st->total)) {
            process_errorf(self, "sleep: invalid time interval ‘%s’\n", self->argv[i]);
            ok = false;
        }
    }
    if (!ok)
        process_errorf(self, "Try 'sleep --help' for more information.\n");
    return ok;
}

static enum co_status sleep_main(struct process *self, void *state)
{
    struct sleep *st = state;

    CO_BEGIN(&st->co);
    if (!read_arguments(self, st)) {
        self->exit_status = 1;
        CO_RETURN(&st->co);
    }
    CO_CALL(&st->co, st->result, sys_sleep(self, st->total));
    CO_END(&st->co);
}

const struct program sleep_program = { .name = "sleep",
                                       .state_size = sizeof(struct sleep),
                                       .main = sleep_main };
