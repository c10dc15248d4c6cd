/* cat and rm of GNU coreutils on the host's files. */
#include <string.h>

#include "apps/options.h"
#include "apps/places.h"
#include "apps/programs.h"
#include "stack/socket/syscall.h"

/* The file a word names. */
static struct os_file *find_file(struct process *self, const char *word)
{
    struct strbuf path = STRBUF_INIT;
    struct os_file *file;

    process_path(self, word, &path);
    file = os_file_find(self->os, path.text);
    strbuf_fini(&path);
    return file;
}

/* Why there is none. */
static const char *why_no_file(struct process *self, const char *word)
{
    struct strbuf path = STRBUF_INIT;
    bool folder;

    process_path(self, word, &path);
    folder = places_is_folder(self->os, strbuf_text(&path));
    strbuf_fini(&path);
    return folder ? "Is a directory" : "No such file or directory";
}

struct cat {
    struct coroutine co;
    int at; /* of the words */
    int64_t n;
    char octets[4096];
};

static bool cat_options(struct process *self, struct cat *st)
{
    struct options options = { .self = self, .shorts = "u", .refused = "AbeEnstTv" };
    int option;

    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            if (option == OPTIONS_ERROR)
                process_errorf(self, "Try 'cat --help' for more information.\n");
            self->exit_status = option == OPTIONS_ERROR ? 1 : 2;
            return false;
        }
    }
    st->at = options.at;
    return true;
}

static void cat_file(struct process *self, const char *word)
{
    const struct os_file *file = find_file(self, word);

    if (file == NULL) {
        process_errorf(self, "cat: %s: %s\n", word, why_no_file(self, word));
        self->exit_status = 1;
    } else if (file->content.len > 0) {
        process_write(self, 1, file->content.text, file->content.len);
    }
}

static enum co_status cat_main(struct process *self, void *state)
{
    struct cat *st = state;

    CO_BEGIN(&st->co);
    if (!cat_options(self, st))
        CO_RETURN(&st->co);
    do {
        if (st->at < self->argc && strcmp(self->argv[st->at], "-") != 0) {
            cat_file(self, self->argv[st->at]);
            continue;
        }
        do {
            CO_CALL(&st->co, st->n, sys_read_input(self, st->octets, sizeof st->octets));
            if (st->n > 0)
                process_write(self, 1, st->octets, (size_t)st->n);
        } while (st->n > 0);
    } while (++st->at < self->argc);
    CO_END(&st->co);
}

const struct program cat_program = { .name = "cat",
                                     .state_size = sizeof(struct cat),
                                     .main = cat_main };

static enum co_status rm_main(struct process *self, void *state)
{
    struct options options = { .self = self, .shorts = "f", .refused = "idrRvI" };
    bool force = false;
    int option;

    (void)state;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            if (option == OPTIONS_ERROR)
                process_errorf(self, "Try 'rm --help' for more information.\n");
            self->exit_status = option == OPTIONS_ERROR ? 1 : 2;
            return CO_DONE;
        }
        force = true;
    }
    if (options.at == self->argc && !force) {
        process_errorf(self, "rm: missing operand\nTry 'rm --help' for more information.\n");
        self->exit_status = 1;
    }
    for (int i = options.at; i < self->argc; i++) {
        const struct os_file *file = find_file(self, self->argv[i]);

        if (file != NULL) {
            (void)os_file_remove(self->os, file->path);
        } else if (!force) {
            process_errorf(self, "rm: cannot remove '%s': %s\n", self->argv[i],
                           why_no_file(self, self->argv[i]));
            self->exit_status = 1;
        }
    }
    return CO_DONE;
}

const struct program rm_program = { .name = "rm", .main = rm_main };
