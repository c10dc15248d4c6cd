/* Expressions between `${` and `}`. */
#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/vary_internal.h"

enum { ARGS_MAX = 3, DEPTH_MAX = 32 };

#define NUMBER_MAX INT64_C(4000000000000) /* so that no product overflows unnoticed */

struct parse {
    struct vary *vary;
    const char *whole, *p;
    struct text_pos at;
    unsigned depth;
    bool failed;
};

/* ---- values ---- */

struct vary_value vary_value_read(const struct ynode *node)
{
    struct vary_value v = { .kind = VARY_TREE, .tree = node };
    uint64_t n;

    if (node->kind != YNODE_TEXT)
        return v;
    v.kind = VARY_TEXT;
    v.text = node->text;
    if (text_u64(node->text, (uint64_t)NUMBER_MAX, &n)) {
        v.kind = VARY_NUMBER;
        v.number = (int64_t)n;
    } else if (strchr(node->text, '/') != NULL && ip4_prefix_parse(node->text, &v.addr, &v.len)) {
        v.kind = VARY_PREFIX;
    } else if (ip4_parse(node->text, &v.addr)) {
        v.kind = VARY_ADDRESS;
    }
    return v;
}

char *vary_value_text(const struct vary_value *value)
{
    char text[IP4_TEXT_MAX];

    switch (value->kind) {
    case VARY_NUMBER:
        return g_strdup_printf("%" G_GINT64_FORMAT, value->number);
    case VARY_ADDRESS:
        return g_strdup(ip4_format(value->addr, text));
    case VARY_PREFIX:
        return g_strdup_printf("%s/%u", ip4_format(value->addr, text), value->len);
    case VARY_TEXT:
        return g_strdup(value->text);
    case VARY_TREE:
        break;
    }
    return g_strdup("");
}

static struct vary_value number(int64_t n)
{
    return (struct vary_value){ .kind = VARY_NUMBER, .number = n };
}

static struct vary_value address(ip4_addr addr)
{
    return (struct vary_value){ .kind = VARY_ADDRESS, .addr = addr };
}

static struct vary_value prefix(ip4_addr addr, unsigned len)
{
    return (struct vary_value){ .kind = VARY_PREFIX, .addr = addr, .len = len };
}

static struct vary_value fail(struct parse *parse, const char *format, const char *word)
{
    if (!parse->failed) {
        g_autofree char *message = g_strdup_printf(format, word);

        reader_error(parse->vary->r, parse->at, _("`${%s}`: %s"), parse->whole, message);
    }
    parse->failed = true;
    return number(0);
}

/* ---- functions ---- */

static bool is_net(const struct vary_value *v)
{
    return v->kind == VARY_PREFIX;
}

static struct vary_value call_prefix(struct parse *parse, const char *name,
                                     const struct vary_value *args, unsigned n)
{
    ip4_addr mask = ip4_mask(args[0].len), base = args[0].addr & mask;
    bool tight = args[0].len >= 31;

    if (strcmp(name, "addr") == 0)
        return address(args[0].addr);
    if (strcmp(name, "len") == 0)
        return number(args[0].len);
    if (strcmp(name, "net") == 0)
        return prefix(base, args[0].len);
    if (strcmp(name, "mask") == 0)
        return address(mask);
    if (strcmp(name, "broadcast") == 0)
        return address(base | ~mask);
    if (strcmp(name, "first") == 0)
        return address(tight ? base : base + 1);
    if (strcmp(name, "last") == 0)
        return address((base | ~mask) - (tight ? 0 : 1));
    if (strcmp(name, "host") == 0 && n == 2 && args[1].kind == VARY_NUMBER)
        return address(base + (ip4_addr)args[1].number);
    if (strcmp(name, "subnet") == 0 && n == 3 && args[1].kind == VARY_NUMBER &&
        args[2].kind == VARY_NUMBER && args[1].number >= args[0].len && args[1].number <= 32)
        return prefix(base + ((ip4_addr)args[2].number << (32 - (unsigned)args[1].number) % 32),
                      (unsigned)args[1].number);
    return fail(parse, _("%s has other arguments: host(prefix, n), subnet(prefix, length, n)"),
                name);
}

static struct vary_value call(struct parse *parse, const char *name, const struct vary_value *args,
                              unsigned n)
{
    static const char *const names[] = { VARY_FUNCTIONS };
    bool numbers = n == 2 && args[0].kind == VARY_NUMBER && args[1].kind == VARY_NUMBER;

    if (numbers && strcmp(name, "min") == 0)
        return number(MIN(args[0].number, args[1].number));
    if (numbers && strcmp(name, "max") == 0)
        return number(MAX(args[0].number, args[1].number));
    if (n == 1 && args[0].kind == VARY_NUMBER && strcmp(name, "pow2") == 0)
        return number(INT64_C(1) << CLAMP(args[0].number, 0, 40));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], name) == 0)
            return n > 0 && is_net(&args[0])
                       ? call_prefix(parse, name, args, n)
                       : fail(parse, _("%s wants a prefix like 10.0.0.0/24"), name);
    return fail(parse, _("there is no function %s"), name);
}

/* ---- the grammar ---- */

static struct vary_value sum(struct parse *parse);

static void blanks(struct parse *parse)
{
    parse->p += strspn(parse->p, " \t");
}

static bool take(struct parse *parse, char c)
{
    blanks(parse);
    if (*parse->p != c)
        return false;
    parse->p++;
    return true;
}

/* 12, 10.0.0.1, 10.0.0.0/24 */
static struct vary_value literal(struct parse *parse)
{
    size_t len = strspn(parse->p, "0123456789.");
    g_autofree char *text = NULL;
    struct ynode node = { .kind = YNODE_TEXT };
    struct vary_value v;

    if (memchr(parse->p, '.', len) != NULL && parse->p[len] == '/' &&
        g_ascii_isdigit(parse->p[len + 1]))
        len += 1 + strspn(parse->p + len + 1, "0123456789");
    text = g_strndup(parse->p, len);
    parse->p += len;
    node.text = text;
    v = vary_value_read(&node);
    if (v.kind == VARY_TEXT)
        return fail(parse, _("%s is neither a number nor an address"), text);
    return v;
}

static struct vary_value arguments(struct parse *parse, const char *name)
{
    struct vary_value args[ARGS_MAX];
    unsigned n = 0;

    do {
        if (n == ARGS_MAX)
            return fail(parse, _("too many arguments for %s"), name);
        args[n++] = sum(parse);
    } while (!parse->failed && take(parse, ','));
    if (!parse->failed && !take(parse, ')'))
        return fail(parse, _("`%s` is missing"), ")");
    return parse->failed ? number(0) : call(parse, name, args, n);
}

/* `.3` of a list, `.key` of a map. */
static const struct ynode *member(struct parse *parse, const struct ynode *node)
{
    while (node != NULL && node->kind != YNODE_TEXT && *parse->p == '.') {
        size_t len = strspn(parse->p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-");
        g_autofree char *key = g_strndup(parse->p + 1, len);
        uint64_t index = 0;

        parse->p += 1 + len;
        if (node->kind == YNODE_MAP)
            node = ynode_get(node, key);
        else
            node = text_u64(key, node->n, &index) && index >= 1 ? node->items[index - 1] : NULL;
    }
    return node;
}

static struct vary_value variable(struct parse *parse)
{
    size_t len =
        strspn(parse->p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    g_autofree char *name = g_strndup(parse->p, len);
    const struct ynode *node;
    const char *hint;

    parse->p += len;
    if (take(parse, '('))
        return arguments(parse, name);
    node = g_hash_table_lookup(parse->vary->values, name);
    if (node == NULL) {
        g_autofree char *message = NULL;

        hint = reader_hint(parse->vary->r, name, (const char *const *)parse->vary->names->pdata,
                           parse->vary->names->len);
        message = g_strdup_printf(_("there is no variable `%s` (before this)%s"), name, hint);
        return fail(parse, "%s", message);
    }
    node = member(parse, node);
    if (node == NULL)
        return fail(parse, _("`%s` has no such part"), name);
    return vary_value_read(node);
}

static struct vary_value factor(struct parse *parse)
{
    struct vary_value v;

    blanks(parse);
    if (parse->failed || ++parse->depth > DEPTH_MAX)
        return fail(parse, "%s", _("it is nested too deep"));
    if (take(parse, '(')) {
        v = sum(parse);
        if (!parse->failed && !take(parse, ')'))
            v = fail(parse, _("`%s` is missing"), ")");
    } else if (g_ascii_isdigit(*parse->p)) {
        v = literal(parse);
    } else if (g_ascii_isalpha(*parse->p) || *parse->p == '_') {
        v = variable(parse);
    } else {
        v = fail(parse, _("a number, an address or a variable is missing at \"%s\""), parse->p);
    }
    parse->depth--;
    return v;
}

static struct vary_value product(struct parse *parse)
{
    struct vary_value v = factor(parse);

    for (;;) {
        struct vary_value w;
        char op;

        blanks(parse);
        op = *parse->p;
        if (parse->failed || op == '\0' || strchr("*/%", op) == NULL)
            return v;
        parse->p++;
        w = factor(parse);
        if (parse->failed)
            return v;
        if (v.kind != VARY_NUMBER || w.kind != VARY_NUMBER)
            return fail(parse, "%s", _("only numbers are multiplied and divided"));
        if (op != '*' && w.number == 0)
            return fail(parse, "%s", _("division by zero"));
        if (op == '*' && (ABS(v.number) > 1000000000 || ABS(w.number) > 1000000000))
            return fail(parse, "%s", _("the number is too big"));
        v.number = op == '*'   ? v.number * w.number
                   : op == '/' ? v.number / w.number
                               : v.number % w.number;
    }
}

static struct vary_value sum(struct parse *parse)
{
    struct vary_value v = product(parse);

    for (;;) {
        struct vary_value w;
        int64_t by;
        char op;

        blanks(parse);
        op = *parse->p;
        if (parse->failed || (op != '+' && op != '-'))
            return v;
        parse->p++;
        w = product(parse);
        if (parse->failed)
            return v;
        if (w.kind != VARY_NUMBER || v.kind == VARY_TEXT || v.kind == VARY_TREE)
            return fail(parse, "%s", _("only a number is added to a number or an address"));
        by = op == '+' ? w.number : -w.number;
        v.number = CLAMP(v.number + by, -NUMBER_MAX, NUMBER_MAX);
        v.addr += (ip4_addr)by;
    }
}

bool vary_evaluate(struct vary *vary, const char *expression, struct text_pos at,
                   struct vary_value *value)
{
    struct parse parse = { .vary = vary, .whole = expression, .p = expression, .at = at };

    *value = sum(&parse);
    blanks(&parse);
    if (!parse.failed && *parse.p != '\0')
        fail(&parse, _("\"%s\" is too much"), parse.p);
    return !parse.failed;
}
