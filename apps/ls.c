/* ls of GNU coreutils, as it prints when nobody has a terminal: a name a line. */
#include <stdlib.h>
#include <string.h>

#include "apps/options.h"
#include "apps/places.h"
#include "apps/programs.h"
#include "base/list.h"
#include "stack/services/wall_clock.h"

#define FOLDER_SIZE 4096 /* as ext4 has it */

struct ls {
    struct process *self;
    bool longer, all, almost_all, itself;
    int width;  /* of the sizes */
    bool began; /* something stands above */
};

static size_t size_of(const struct place *place)
{
    return place->kind == PLACE_FOLDER ? FOLDER_SIZE
           : place->kind == PLACE_LINK ? strlen(place->target)
                                       : place->size;
}

static int digits(size_t n)
{
    return n < 10 ? 1 : 1 + digits(n / 10);
}

/* A name of the list, perhaps not of a place inside a folder: "/etc/hosts". */
static void print_entry(const struct ls *ls, const struct place *place, const char *name)
{
    static const char *const modes[] = { [PLACE_FILE] = "-rw-r--r-- 1",
                                         [PLACE_FOLDER] = "drwxr-xr-x 2",
                                         [PLACE_LINK] = "lrwxrwxrwx 1",
                                         [PLACE_PROGRAM] = "-rwxr-xr-x 1" };
    struct wall_date d = wall_date(wall_seconds(place->changed));

    if (!ls->longer) {
        process_printf(ls->self, "%s\n", name);
        return;
    }
    process_printf(ls->self, "%s root root %*zu %s %2u %02u:%02u %s", modes[place->kind], ls->width,
                   size_of(place), wall_month_name(d.month), d.day, d.hour, d.minute, name);
    if (place->kind == PLACE_LINK)
        process_printf(ls->self, " -> %s", place->target);
    process_printf(ls->self, "\n");
}

static bool is_shown(const struct ls *ls, const struct place *place)
{
    return *place->name != '.' || ls->all || ls->almost_all;
}

/* KiB on the disk, in blocks of 4. */
static size_t blocks(const struct place *place)
{
    return place->kind == PLACE_FOLDER ? 4 : (place->size + 4095) / 4096 * 4;
}

static void list_folder(struct ls *ls, const char *path)
{
    static const struct place here = { .kind = PLACE_FOLDER };
    struct places places;
    size_t total = ls->all ? 8 : 0;

    places_read(ls->self->os, path, &places);
    ls->width = ls->all ? digits(FOLDER_SIZE) : 1;
    for (unsigned i = 0; i < places.n; i++) {
        int width = digits(size_of(&places.all[i]));

        if (!is_shown(ls, &places.all[i]))
            continue;
        total += blocks(&places.all[i]);
        ls->width = width > ls->width ? width : ls->width;
    }
    if (ls->longer)
        process_printf(ls->self, "total %zu\n", total);
    if (ls->all) {
        print_entry(ls, &here, ".");
        print_entry(ls, &here, "..");
    }
    for (unsigned i = 0; i < places.n; i++)
        if (is_shown(ls, &places.all[i]))
            print_entry(ls, &places.all[i], places.all[i].name);
    places_fini(&places);
}

/* What is printed by itself: no folder, but with -d, and with -l no link is followed. */
static bool find_single(const struct ls *ls, const char *path, struct place *place)
{
    const struct os_file *file = os_file_find(ls->self->os, path);

    *place = (struct place){ .target = places_link(path) };
    if (file != NULL)
        *place = (struct place){ .size = file->content.len, .changed = file->changed };
    else if (places_is_program(path))
        place->kind = PLACE_PROGRAM;
    else if (place->target != NULL && (ls->longer || ls->itself))
        place->kind = PLACE_LINK;
    else if (ls->itself && places_is_folder(ls->self->os, path))
        place->kind = PLACE_FOLDER;
    else
        return false;
    return true;
}

static bool is_listed_folder(const struct ls *ls, const char *word, const char *path)
{
    return !ls->itself && (strcmp(word, ".") == 0 || places_is_folder(ls->self->os, path));
}

enum pass { PASS_MEASURE, PASS_SINGLE, PASS_FOLDERS };

static void list_word(struct ls *ls, const char *word, const char *path, enum pass pass, bool named)
{
    struct place place;
    bool single = *word != '\0' && find_single(ls, path, &place);
    bool folder = *word != '\0' && is_listed_folder(ls, word, path);

    if (single && pass == PASS_MEASURE) {
        ls->width = digits(size_of(&place)) > ls->width ? digits(size_of(&place)) : ls->width;
    } else if (single && pass == PASS_SINGLE) {
        print_entry(ls, &place, word);
        ls->began = true;
    } else if (!single && folder && pass == PASS_FOLDERS) {
        if (named)
            process_printf(ls->self, "%s%s:\n", ls->began ? "\n" : "", word);
        list_folder(ls, path);
        ls->began = true;
    } else if (!single && !folder && pass == PASS_MEASURE) {
        process_errorf(ls->self, "ls: cannot access '%s': No such file or directory\n", word);
        ls->self->exit_status = 2;
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Files first, then folders, each by name, as ls has it. */
static void list_words(struct ls *ls, char **words, int n)
{
    qsort(words, (size_t)n, sizeof *words, by_text);
    for (unsigned pass = PASS_MEASURE; pass <= PASS_FOLDERS; pass++)
        for (int i = 0; i < n; i++) {
            struct strbuf path = STRBUF_INIT;

            process_path(ls->self, words[i], &path);
            list_word(ls, words[i], path.text, (enum pass)pass, n > 1);
            strbuf_fini(&path);
        }
}

static enum co_status ls_main(struct process *self, void *state)
{
    static char here[] = ".";
    struct options options = { .self = self,
                               .shorts = "1aAdl",
                               .refused = "bBcCDfFgGhHiIkLmnNopqQrRsStTuUvwxXZ" };
    struct ls ls = { .self = self };
    int option;

    (void)state;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            if (option == OPTIONS_ERROR)
                process_errorf(self, "Try 'ls --help' for more information.\n");
            self->exit_status = 2;
            return CO_DONE;
        }
        ls.longer |= option == 'l';
        ls.all |= option == 'a';
        ls.almost_all |= option == 'A';
        ls.itself |= option == 'd';
    }
    if (options.at == self->argc)
        list_words(&ls, (char *[]){ here }, 1);
    else
        list_words(&ls, self->argv + options.at, self->argc - options.at);
    return CO_DONE;
}

const struct program ls_program = { .name = "ls", .main = ls_main };
