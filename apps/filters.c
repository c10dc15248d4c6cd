/*
 * grep, head, tail and wc of GNU, for the ends of pipes. Patterns are basic regular expressions
 * with . * [] ^ $ and \; files are the host's, or standard input.
 */
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/socket/syscall.h"

#define LINES_DEFAULT 10 /* of head and tail */

enum filter_kind { FILTER_GREP, FILTER_HEAD, FILTER_TAIL, FILTER_WC };

struct filter {
    struct coroutine co;
    enum filter_kind kind;
    bool count, invert, ignore_case, number, quiet, lines, words, octets;
    uint64_t n;
    const char *pattern;
    int at;
    bool several, any;
    uint64_t total[3];
    int width; /* of the columns of wc */
    struct strbuf text;
    int64_t got;
    char buffer[4096];
};

/* ---- patterns ---- */

static char folded(char c, bool fold)
{
    return fold && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* One element of a pattern at @p: its length, and whether it takes @c. */
static size_t element(const char *p, char c, bool fold, bool *takes)
{
    size_t len = 1;
    bool negated = false, found = false;

    if (*p == '.') {
        *takes = true;
        return 1;
    }
    if (*p == '\\' && p[1] != '\0') {
        *takes = folded(p[1], fold) == folded(c, fold);
        return 2;
    }
    if (*p != '[' || strchr(p + 2, ']') == NULL || p[1] == '\0') {
        *takes = folded(*p, fold) == folded(c, fold);
        return 1;
    }
    if (p[len] == '^') {
        negated = true;
        len++;
    }
    do {
        char from = folded(p[len], fold), to = from, it = folded(c, fold);

        if (p[len + 1] == '-' && p[len + 2] != ']' && p[len + 2] != '\0') {
            to = folded(p[len + 2], fold);
            len += 2;
        }
        found = found || (it >= from && it <= to);
        len++;
    } while (p[len] != ']' && p[len] != '\0');
    *takes = found != negated;
    return len + (p[len] == ']');
}

static bool matches_here(const char *p, const char *text, size_t len, bool fold)
{
    bool takes;
    size_t n;

    if (*p == '\0')
        return true;
    if (*p == '$' && p[1] == '\0')
        return len == 0;
    n = element(p, len > 0 ? *text : '\0', fold, &takes);
    if (p[n] == '*') {
        for (size_t i = 0;; i++) {
            if (matches_here(p + n + 1, text + i, len - i, fold))
                return true;
            (void)element(p, i < len ? text[i] : '\0', fold, &takes);
            if (i == len || !takes)
                return false;
        }
    }
    return len > 0 && takes && matches_here(p + n, text + 1, len - 1, fold);
}

static bool matches(const char *pattern, const char *text, size_t len, bool fold)
{
    if (*pattern == '^')
        return matches_here(pattern + 1, text, len, fold);
    for (size_t i = 0; i <= len; i++)
        if (matches_here(pattern, text + i, len - i, fold))
            return true;
    return false;
}

/* ---- one file, all of it in @st->text ---- */

static void grep_text(struct process *self, struct filter *st, const char *name)
{
    const char *text = strbuf_text(&st->text), *end = text + st->text.len;
    uint64_t n = 0, line = 0;

    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t len = stop == NULL ? (size_t)(end - text) : (size_t)(stop - text);

        line++;
        if (matches(st->pattern, text, len, st->ignore_case) != st->invert) {
            n++;
            if (!st->count && !st->quiet) {
                if (st->several)
                    process_printf(self, "%s:", name);
                if (st->number)
                    process_printf(self, "%llu:", (unsigned long long)line);
                process_printf(self, "%.*s\n", (int)len, text);
            }
        }
        text += len + 1;
    }
    if (st->count && !st->quiet)
        process_printf(self, "%s%s%llu\n", st->several ? name : "", st->several ? ":" : "",
                       (unsigned long long)n);
    st->any = st->any || n > 0;
}

static size_t lines_in(const struct strbuf *text)
{
    size_t n = 0;

    for (size_t i = 0; i < text->len; i++)
        n += text->text[i] == '\n' || i + 1 == text->len;
    return n;
}

/* The lines from number @from to before @to. */
static void print_lines(struct process *self, const struct strbuf *text, uint64_t from, uint64_t to)
{
    uint64_t line = 0;
    size_t start = text->len, i = 0;

    for (; i < text->len && line < to; i++) {
        if (line >= from && start == text->len)
            start = i;
        line += text->text[i] == '\n';
    }
    if (start < i)
        process_write(self, 1, text->text + start, i - start);
}

static void print_counts(struct process *self, const struct filter *st, const uint64_t *counts,
                         const char *name, bool only)
{
    bool wanted[] = { st->lines, st->words, st->octets }, first = true;
    unsigned n = (unsigned)st->lines + st->words + st->octets;
    int width = n == 1 && only ? 1 : st->width;

    for (int i = 0; i < 3; i++) {
        if (!wanted[i])
            continue;
        process_printf(self, "%s%*llu", first ? "" : " ", width, (unsigned long long)counts[i]);
        first = false;
    }
    process_printf(self, "%s%s\n", *name != '\0' ? " " : "", name);
}

static void count_text(struct process *self, struct filter *st, const char *name)
{
    uint64_t counts[3] = { 0, 0, st->text.len };
    bool inside = false;

    for (size_t i = 0; i < st->text.len; i++) {
        bool blank = strchr(" \t\n\r\f\v", st->text.text[i]) != NULL;

        counts[0] += st->text.text[i] == '\n';
        counts[1] += !blank && !inside;
        inside = !blank;
    }
    for (int i = 0; i < 3; i++)
        st->total[i] += counts[i];
    print_counts(self, st, counts, strcmp(name, "-") == 0 ? "" : name, !st->several);
}

static void filter_text(struct process *self, struct filter *st, const char *name)
{
    static const char *const none = "standard input";
    uint64_t lines;

    if (st->several && (st->kind == FILTER_HEAD || st->kind == FILTER_TAIL)) {
        process_printf(self, "%s==> %s <==\n", st->any ? "\n" : "",
                       strcmp(name, "-") == 0 ? none : name);
        st->any = true;
    }
    switch (st->kind) {
    case FILTER_GREP:
        grep_text(self, st, strcmp(name, "-") == 0 ? "(standard input)" : name);
        break;
    case FILTER_HEAD:
        print_lines(self, &st->text, 0, st->n);
        break;
    case FILTER_TAIL:
        lines = lines_in(&st->text);
        print_lines(self, &st->text, lines > st->n ? lines - st->n : 0, UINT64_MAX);
        break;
    case FILTER_WC:
        count_text(self, st, name);
        break;
    }
}

/* ---- the programs ---- */

static const struct os_file *host_file(const struct process *self, const char *word)
{
    struct strbuf path = STRBUF_INIT;
    const struct os_file *file;

    process_path(self, word, &path);
    file = os_file_find(self->os, path.text);
    strbuf_fini(&path);
    return file;
}

static const struct filter_program {
    const char *name, *shorts, *refused;
} programs[] = {
    [FILTER_GREP] = { "grep", "cvinqe:", "ABCEFGHILPRTUVZabdfhlmorsuwxyz" },
    [FILTER_HEAD] = { "head", "n:", "cqvz" },
    [FILTER_TAIL] = { "tail", "n:", "cfFqsvz" },
    [FILTER_WC] = { "wc", "lwc", "mL" },
};

static void take_option(struct filter *st, int option)
{
    switch (option) {
    case 'c':
        st->count = st->octets = true;
        break;
    case 'v':
        st->invert = true;
        break;
    case 'i':
        st->ignore_case = true;
        break;
    case 'n':
        st->number = true;
        break;
    case 'q':
        st->quiet = true;
        break;
    case 'l':
        st->lines = true;
        break;
    case 'w':
        st->words = true;
        break;
    default:
        break;
    }
}

/* As wide as the octets of all files together; input of unknown length gets seven places. */
static int count_width(const struct process *self, int at)
{
    size_t octets = 0;
    int width = 1;

    if (at == self->argc)
        return 7;
    for (; at < self->argc; at++) {
        const struct os_file *file = host_file(self, self->argv[at]);

        if (strcmp(self->argv[at], "-") == 0)
            return 7;
        octets += file == NULL ? 0 : file->content.len;
    }
    for (; octets > 9; octets /= 10)
        width++;
    return width;
}

/* `head -3`, as people type it. */
static bool old_number(const struct process *self, struct filter *st)
{
    return self->argc > 1 && self->argv[1][0] == '-' &&
           text_u64(self->argv[1] + 1, UINT32_MAX, &st->n);
}

/* False: the exit status is set. */
static bool filter_options(struct process *self, struct filter *st)
{
    const struct filter_program *program = &programs[st->kind];
    struct options options = { .self = self,
                               .shorts = program->shorts,
                               .refused = program->refused };
    bool number = st->kind == FILTER_HEAD || st->kind == FILTER_TAIL;
    int option;

    st->n = LINES_DEFAULT;
    if (number && old_number(self, st))
        options.next = 2;
    while ((option = options_next(&options)) != OPTIONS_END) {
        bool wrong = option == OPTIONS_ERROR || option == OPTIONS_REFUSED;

        if (!wrong && number && !text_u64(options.value, UINT32_MAX, &st->n)) {
            process_errorf(self, "%s: invalid number of lines: '%s'\n", program->name,
                           options.value);
            wrong = true;
        }
        if (wrong) {
            self->exit_status = st->kind == FILTER_GREP || option == OPTIONS_REFUSED ? 2 : 1;
            return false;
        }
        if (option == 'e')
            st->pattern = options.value;
        else if (!number)
            take_option(st, option);
    }
    st->at = options.at;
    if (st->kind == FILTER_GREP && st->pattern == NULL) {
        if (st->at == self->argc) {
            process_errorf(self, "Usage: grep [OPTION]... PATTERNS [FILE]...\n"
                                 "Try 'grep --help' for more information.\n");
            self->exit_status = 2;
            return false;
        }
        st->pattern = self->argv[st->at++];
    }
    if (!st->lines && !st->words && !st->octets)
        st->lines = st->words = st->octets = true;
    st->several = self->argc - st->at > 1;
    st->width = count_width(self, st->at);
    return true;
}

/* The whole of a file of the host in @st->text; false: there is none, which is said. */
static bool read_file(struct process *self, struct filter *st, const char *word)
{
    const struct os_file *file = host_file(self, word);

    if (file != NULL) {
        strbuf_add(&st->text, file->content.text, file->content.len);
        return true;
    }
    if (st->kind == FILTER_HEAD || st->kind == FILTER_TAIL)
        process_errorf(self, "%s: cannot open '%s' for reading: No such file or directory\n",
                       programs[st->kind].name, word);
    else
        process_errorf(self, "%s: %s: No such file or directory\n", programs[st->kind].name, word);
    self->exit_status = st->kind == FILTER_GREP ? 2 : 1;
    return false;
}

static enum co_status filter_main(struct process *self, void *state)
{
    struct filter *st = state;

    CO_BEGIN(&st->co);
    for (st->kind = FILTER_GREP; strcmp(programs[st->kind].name, self->program->name) != 0;)
        st->kind++;
    if (!filter_options(self, st))
        CO_RETURN(&st->co);
    do {
        strbuf_truncate(&st->text, 0);
        if (st->at < self->argc && strcmp(self->argv[st->at], "-") != 0) {
            if (read_file(self, st, self->argv[st->at]))
                filter_text(self, st, self->argv[st->at]);
            continue;
        }
        do {
            CO_CALL(&st->co, st->got, sys_read_input(self, st->buffer, sizeof st->buffer));
            if (st->got > 0)
                strbuf_add(&st->text, st->buffer, (size_t)st->got);
        } while (st->got > 0 &&
                 (st->kind != FILTER_HEAD || st->several || lines_in(&st->text) <= st->n));
        filter_text(self, st, "-");
    } while (++st->at < self->argc);
    if (st->kind == FILTER_WC && st->several)
        print_counts(self, st, st->total, "total", false);
    if (st->kind == FILTER_GREP && self->exit_status == 0)
        self->exit_status = !st->any;
    CO_END(&st->co);
}

static void filter_cleanup(struct process *self, void *state)
{
    (void)self;
    strbuf_fini(&((struct filter *)state)->text);
}

#define FILTER(symbol, text)                                                                       \
    const struct program symbol = { .name = text,                                                  \
                                    .state_size = sizeof(struct filter),                           \
                                    .main = filter_main,                                           \
                                    .cleanup = filter_cleanup };
FILTER(grep_program, "grep")
FILTER(head_program, "head")
FILTER(tail_program, "tail")
FILTER(wc_program, "wc")
