/* which of debianutils, and clear of ncurses. */
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"

static enum co_status which_main(struct process *self, void *state)
{
    struct options options = { .self = self, .shorts = "as" };
    bool silent = false;
    int option;

    (void)state;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            process_printf(self, "Usage: /usr/bin/which [-as] args\n");
            self->exit_status = 2;
            return CO_DONE;
        }
        silent |= option == 's';
    }
    for (int i = options.at; i < self->argc; i++) {
        struct strbuf path = STRBUF_INIT;

        if (program_find(self->argv[i]) == NULL) {
            self->exit_status = 1;
        } else if (!silent) {
            program_path(self->argv[i], &path);
            process_printf(self, "%s\n", path.text);
        }
        strbuf_fini(&path);
    }
    if (options.at == self->argc)
        self->exit_status = 1;
    return CO_DONE;
}

const struct program which_program = { .name = "which", .main = which_main };

/* The cursor home, the screen and what has scrolled out of it: as for TERM=linux and xterm. */
static enum co_status clear_main(struct process *self, void *state)
{
    (void)state;
    process_printf(self, "\033[H\033[2J\033[3J");
    return CO_DONE;
}

const struct program clear_program = { .name = "clear", .main = clear_main };
