/* The builtins `test` and `[`: by the number of arguments, as POSIX has it, and with -a, -o and
 * parentheses. */
#include <stdlib.h>
#include <string.h>

#include "apps/places.h"
#include "apps/shell_internal.h"

enum { YES = 0, NO = 1, WRONG = 2, DEPTH_MAX = 32, DIGITS_MAX = 18 };

struct test {
    struct shell *shell;
    const struct process_io *io;
    const char *name;
    char **at, **end;
    unsigned depth;
    bool wrong;
};

static bool either(struct test *t);

static void complain(struct test *t, const char *word, const char *what)
{
    if (!t->wrong)
        shell_message(t->shell, t->io, "%s: %s: %s", t->name, word, what);
    t->wrong = true;
}

static size_t left(const struct test *t)
{
    return (size_t)(t->end - t->at);
}

/* ---- files: hosts have regular files, and folders that hold them ---- */

static bool file_test(const struct test *t, char what, const char *word)
{
    struct os *os = t->shell->self->os;
    struct strbuf path = STRBUF_INIT;
    const struct os_file *file;
    bool folder, program, yes;

    process_path(t->shell->self, word, &path);
    file = *word != '\0' ? os_file_find(os, strbuf_text(&path)) : NULL;
    folder = *word != '\0' && file == NULL && places_is_folder(os, strbuf_text(&path));
    program = *word != '\0' && places_is_program(strbuf_text(&path));
    yes = what == 'd'   ? folder
          : what == 'f' ? file != NULL || program
          : what == 's' ? folder || program || (file != NULL && file->content.len > 0)
          : what == 'x' ? folder || program
                        : folder || program || file != NULL; /* e, r, w */

    strbuf_fini(&path);
    return yes;
}

/* ---- operators ---- */

static bool is_unary(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && word[2] == '\0' &&
           strchr("nzdefrswx", word[1]) != NULL;
}

static const char *const comparisons[] = { "=", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge" };

static int comparison(const char *word)
{
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (strcmp(word, comparisons[i]) == 0)
            return (int)i;
    return -1;
}

static long long integer(struct test *t, const char *word)
{
    const char *digits = word + strspn(word, " \t\n");
    char *end;
    long long value;

    value = strtoll(digits, &end, 10);
    if (end == digits || end[strspn(end, " \t\n")] != '\0' || end - digits > DIGITS_MAX)
        complain(t, "Illegal number", word);
    return value;
}

static bool compare(struct test *t, const char *a, int how, const char *b)
{
    long long x, y;

    if (how < 2)
        return (strcmp(a, b) == 0) == (how == 0);
    x = integer(t, a);
    y = integer(t, b);
    return how == 2   ? x == y
           : how == 3 ? x != y
           : how == 4 ? x < y
           : how == 5 ? x <= y
           : how == 6 ? x > y
                      : x >= y;
}

static bool unary(char what, const struct test *t, const char *word)
{
    return what == 'n' ? *word != '\0' : what == 'z' ? *word == '\0' : file_test(t, what, word);
}

/* ---- expressions ---- */

static bool primary(struct test *t)
{
    int how;
    bool yes;

    if (left(t) == 0) {
        complain(t, t->end[-1], "argument expected");
        return false;
    }
    if (left(t) >= 3 && (how = comparison(t->at[1])) >= 0) {
        t->at += 3;
        return compare(t, t->at[-3], how, t->at[-1]);
    }
    if (left(t) >= 3 && strcmp(t->at[0], "(") == 0) {
        t->at++;
        yes = either(t);
        if (left(t) == 0 || strcmp(*t->at, ")") != 0)
            complain(t, t->end[-1], "closing paren expected");
        else
            t->at++;
        return yes;
    }
    if (left(t) >= 2 && is_unary(t->at[0])) {
        t->at += 2;
        return unary(t->at[-2][1], t, t->at[-1]);
    }
    return **t->at++ != '\0';
}

static bool negation(struct test *t)
{
    bool yes;

    if (left(t) < 2 || strcmp(*t->at, "!") != 0 || (left(t) == 3 && comparison(t->at[1]) >= 0))
        return primary(t);
    if (++t->depth > DEPTH_MAX) {
        complain(t, "!", "unexpected operator");
        return false;
    }
    t->at++;
    yes = !negation(t);
    t->depth--;
    return yes;
}

static bool both(struct test *t)
{
    bool yes = negation(t);

    while (!t->wrong && left(t) > 0 && strcmp(*t->at, "-a") == 0) {
        t->at++;
        yes &= negation(t);
    }
    return yes;
}

static bool either(struct test *t)
{
    bool yes = false;

    if (++t->depth > DEPTH_MAX)
        complain(t, "(", "unexpected operator");
    else
        yes = both(t);
    while (!t->wrong && left(t) > 0 && strcmp(*t->at, "-o") == 0) {
        t->at++;
        yes |= both(t);
    }
    t->depth--;
    return yes;
}

int shell_test(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    struct test t = { .shell = shell, .io = io, .name = argv[0], .at = argv + 1 };
    bool yes;

    t.end = argv + argc;
    if (strcmp(argv[0], "[") == 0) {
        if (strcmp(argv[argc - 1], "]") != 0) {
            shell_message(shell, io, "[: missing ]");
            return WRONG;
        }
        t.end--;
    }
    if (left(&t) == 0)
        return NO;
    yes = either(&t);
    if (!t.wrong && left(&t) > 0)
        complain(&t, t.at[-1], "unexpected operator");
    return t.wrong ? WRONG : yes ? YES : NO;
}
