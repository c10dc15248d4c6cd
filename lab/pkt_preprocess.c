/* #ifdef and its kin. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/pkt_lex.h"

#define NESTING_MAX 32

struct branch {
    bool outer; /* what stands around it is read */
    bool taken; /* one of its parts was read */
    bool active;
};

struct preprocessor {
    const GPtrArray *defines;
    struct branch stack[NESTING_MAX];
    unsigned depth, line;
    struct pkt_fault *fault;
};

static bool wrong(struct preprocessor *pre, const char *text)
{
    pre->fault->line = pre->line;
    pre->fault->text = g_strdup(text);
    return false;
}

/* Defined as NAME, or as NAME=VALUE. */
static bool is_defined(const struct preprocessor *pre, const char *name)
{
    gsize len = strlen(name);

    for (guint i = 0; pre->defines != NULL && i < pre->defines->len; i++)
        if (strncmp(pre->defines->pdata[i], name, len) == 0 &&
            strchr("=", ((const char *)pre->defines->pdata[i])[len]) != NULL) /* or its end */
            return true;
    return false;
}

static bool reading(const struct preprocessor *pre)
{
    return pre->depth == 0 || pre->stack[pre->depth - 1].active;
}

static bool open_branch(struct preprocessor *pre, bool holds)
{
    struct branch branch = { .outer = reading(pre) };

    if (pre->depth == NESTING_MAX)
        return wrong(pre, _("#ifdef is nested too deep"));
    branch.active = branch.taken = branch.outer && holds;
    pre->stack[pre->depth++] = branch;
    return true;
}

/* One line that begins with '#'. Other words behind it are comments, as in a shell. */
static bool directive(struct preprocessor *pre, const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t\r", -1);
    const char *name = words[0] != NULL ? words[0] : "";
    const char *operand = "";

    for (int i = 1; words[0] != NULL && words[i] != NULL && *operand == '\0'; i++)
        operand = words[i];
    if (g_str_equal(name, "ifdef") || g_str_equal(name, "ifndef"))
        return open_branch(pre, is_defined(pre, operand) == (name[2] == 'd'));
    if (!g_str_equal(name, "else") && !g_str_equal(name, "endif"))
        return true;
    if (pre->depth == 0)
        return wrong(pre, _("#else or #endif without #ifdef"));
    if (name[1] == 'n') {
        pre->depth--;
    } else {
        struct branch *branch = &pre->stack[pre->depth - 1];

        branch->active = branch->outer && !branch->taken;
        branch->taken = true;
    }
    return true;
}

char *pkt_preprocess(const char *text, gsize len, const GPtrArray *defines, struct pkt_fault *fault)
{
    struct preprocessor pre = { .defines = defines, .fault = fault };
    g_autoptr(GString) out = g_string_sized_new(len);
    const char *end = text + len;

    for (const char *at = text; at < end;) {
        const char *newline = memchr(at, '\n', (gsize)(end - at));
        const char *stop = newline != NULL ? newline : end, *first = at;

        pre.line++;
        while (first < stop && (*first == ' ' || *first == '\t'))
            first++;
        if (first < stop && *first == '#') {
            g_autofree char *line = NULL;

            for (first++; first < stop && (*first == ' ' || *first == '\t');)
                first++;
            line = g_strndup(first, (gsize)(stop - first));
            if (!directive(&pre, line))
                return NULL;
        } else if (reading(&pre)) {
            g_string_append_len(out, at, stop - at);
        }
        if (newline != NULL)
            g_string_append_c(out, '\n');
        at = newline != NULL ? newline + 1 : end;
    }
    if (pre.depth > 0 && !wrong(&pre, _("an #ifdef has no #endif")))
        return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}
