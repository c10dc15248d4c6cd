/*
 * Code between %{ and }%: a small part of Python, as scripts use it to assert about TCP_INFO.
 * Statements: assert CONDITION[, message]; NAME = VALUE; print(...). Values are whole numbers and
 * fractions (both kept as a double), the names are the fields of TCP_INFO, constants, and what was
 * assigned before.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/i18n.h"
#include "lab/pkt_const.h"
#include "lab/pkt_internal.h"

enum { SOL_TCP = 6, TCP_INFO_NAME = 11, DEPTH_MAX = 64 };

struct code {
    struct pkt_run *run; /* NULL: plain arithmetic */
    const char *at;
    unsigned depth;
    bool failed;
    bool has_info;
    uint8_t info[PKT_VALUE_MAX];
    gsize info_len;
};

static double bad(struct code *code, const char *what)
{
    if (!code->failed && code->run != NULL)
        pkt_fail(code->run, _("this code cannot be understood near \"%.30s\": %s"), code->at, what);
    code->failed = true;
    return 0;
}

/* ---- words ---- */

static void skip(struct code *code)
{
    for (;;) {
        while (*code->at == ' ' || *code->at == '\t' || *code->at == '\r')
            code->at++;
        if (code->at[0] == '\\' && code->at[1] == '\n')
            code->at += 2;
        else
            break;
    }
    if (*code->at == '#')
        while (*code->at != '\0' && *code->at != '\n')
            code->at++;
}

static bool take(struct code *code, const char *sign)
{
    gsize len = strlen(sign);

    skip(code);
    if (strncmp(code->at, sign, len) != 0)
        return false;
    if (g_ascii_isalpha(*sign) && (g_ascii_isalnum(code->at[len]) || code->at[len] == '_'))
        return false;
    code->at += len;
    return true;
}

static char *take_name(struct code *code)
{
    const char *begin;

    skip(code);
    begin = code->at;
    while (g_ascii_isalnum(*code->at) || *code->at == '_')
        code->at++;
    return g_strndup(begin, (gsize)(code->at - begin));
}

/* ---- names ---- */

static bool read_info(struct code *code)
{
    struct pkt_run *run = code->run;
    struct pkt_call call = { .kind = PKT_DO_GETSOCKOPT,
                             .fd = run->info_fd,
                             .level = SOL_TCP,
                             .number = TCP_INFO_NAME,
                             .value_len = PKT_VALUE_MAX };
    struct pkt_answer answer;

    if (code->has_info)
        return true;
    if (!run->host->ops->call(run->host, &call) || !run->host->ops->answered(run->host, &answer) ||
        answer.result < 0)
        return pkt_fail(run, _("there is no connection that TCP_INFO could tell about"));
    code->has_info = true;
    code->info_len = answer.value_len;
    memcpy(code->info, answer.value, answer.value_len);
    return true;
}

static double name_value(struct code *code, const char *name)
{
    int64_t value;
    const double *known;

    if (g_str_equal(name, "True"))
        return 1;
    if (g_str_equal(name, "False") || g_str_equal(name, "None"))
        return 0;
    if (pkt_const(name, &value))
        return (double)value;
    if (code->run == NULL)
        return bad(code, name);
    known = g_hash_table_lookup(code->run->variables, name);
    if (known != NULL)
        return *known;
    if (!g_str_has_prefix(name, "tcpi_")) {
        if (!code->failed)
            pkt_refuse(code->run, name);
        code->failed = true;
        return 0;
    }
    if (!read_info(code)) {
        code->failed = true;
        return 0;
    }
    if (pkt_info_field(code->info, (uint32_t)code->info_len, name, &value))
        return (double)value;
    if (!code->failed)
        pkt_refuse(code->run, name);
    code->failed = true;
    return 0;
}

/* ---- expressions ---- */

static double condition(struct code *code);

static void skip_string(struct code *code)
{
    char quote = *code->at++;

    while (*code->at != '\0' && *code->at != quote) {
        if (*code->at == '\\' && code->at[1] != '\0')
            code->at++;
        code->at++;
    }
    if (*code->at == quote)
        code->at++;
}

static double call_value(struct code *code, const char *name)
{
    double first = condition(code), second = first;

    while (take(code, ","))
        second = condition(code);
    if (!take(code, ")"))
        return bad(code, ")");
    if (g_str_equal(name, "abs"))
        return fabs(first);
    if (g_str_equal(name, "int"))
        return trunc(first);
    if (g_str_equal(name, "float") || g_str_equal(name, "str"))
        return first;
    if (g_str_equal(name, "min"))
        return MIN(first, second);
    if (g_str_equal(name, "max"))
        return MAX(first, second);
    return bad(code, name);
}

static double primary(struct code *code)
{
    double value;

    skip(code);
    if (take(code, "(")) {
        value = condition(code);
        return take(code, ")") ? value : bad(code, ")");
    }
    if (*code->at == '"' || *code->at == '\'') {
        skip_string(code);
        return 0;
    }
    if (g_ascii_isdigit(*code->at) || *code->at == '.') {
        char *end;

        value = g_str_has_prefix(code->at, "0x") ? (double)strtoull(code->at, &end, 16)
                                                 : g_ascii_strtod(code->at, &end);
        if (end == code->at)
            return bad(code, _("a value"));
        code->at = end;
        return value;
    }
    if (g_ascii_isalpha(*code->at) || *code->at == '_') {
        g_autofree char *name = take_name(code);

        return take(code, "(") ? call_value(code, name) : name_value(code, name);
    }
    return bad(code, _("a value"));
}

static double unary(struct code *code)
{
    double value;

    if (++code->depth > DEPTH_MAX) {
        code->depth--;
        return bad(code, _("less nesting"));
    }
    value = take(code, "-") ? -unary(code) : primary(code);
    code->depth--;
    return value;
}

static double quotient(struct code *code, double left, double right, char how)
{
    if (right == 0)
        return bad(code, _("division by zero"));
    if (how == '%')
        return left - floor(left / right) * right;
    return how == 'f' ? floor(left / right) : left / right;
}

static double product(struct code *code)
{
    double value = unary(code);

    for (;;) {
        skip(code);
        if (take(code, "//"))
            value = quotient(code, value, unary(code), 'f');
        else if (take(code, "/")) /* of whole numbers: as the shell does */
            value = quotient(code, value, unary(code), code->run == NULL ? 'f' : '/');
        else if (take(code, "*"))
            value *= unary(code);
        else if (take(code, "%"))
            value = quotient(code, value, unary(code), '%');
        else
            return value;
    }
}

static double sum(struct code *code)
{
    double value = product(code);

    for (;;) {
        if (take(code, "+"))
            value += product(code);
        else if (take(code, "-"))
            value -= product(code);
        else
            return value;
    }
}

static double bits(struct code *code)
{
    double value = sum(code);

    for (;;) {
        skip(code);
        if (take(code, "<<"))
            value = (double)((int64_t)value << ((int64_t)sum(code) & 63));
        else if (take(code, "&"))
            value = (double)((int64_t)value & (int64_t)sum(code));
        else if (take(code, "|"))
            value = (double)((int64_t)value | (int64_t)sum(code));
        else
            return value;
    }
}

/* a < b <= c holds when both do, as in Python. */
static double comparison(struct code *code)
{
    double left = bits(code), right;
    bool holds = true, any = false;

    for (;; left = right, any = true) {
        skip(code);
        if (take(code, "=="))
            right = bits(code), holds &= left == right;
        else if (take(code, "!="))
            right = bits(code), holds &= left != right;
        else if (take(code, "<="))
            right = bits(code), holds &= left <= right;
        else if (take(code, ">="))
            right = bits(code), holds &= left >= right;
        else if (take(code, "<"))
            right = bits(code), holds &= left < right;
        else if (take(code, ">"))
            right = bits(code), holds &= left > right;
        else
            return any ? holds : left;
    }
}

static double negation(struct code *code)
{
    double value;

    if (!take(code, "not"))
        return comparison(code);
    if (++code->depth > DEPTH_MAX)
        return bad(code, _("less nesting"));
    value = negation(code) == 0;
    code->depth--;
    return value;
}

static double condition(struct code *code)
{
    double value, right;

    if (++code->depth > DEPTH_MAX) {
        code->depth--;
        return bad(code, _("less nesting"));
    }
    value = negation(code);
    for (;;) {
        if (take(code, "and")) {
            right = negation(code);
            value = value != 0 ? right : value;
        } else if (take(code, "or")) {
            right = negation(code);
            value = value != 0 ? value : right;
        } else {
            code->depth--;
            return value;
        }
    }
}

/* ---- statements ---- */

static void skip_rest(struct code *code)
{
    int depth = 0;

    for (;;) {
        skip(code);
        if (*code->at == '\0' || (depth <= 0 && (*code->at == '\n' || *code->at == ';')))
            return;
        if (*code->at == '"' || *code->at == '\'') {
            skip_string(code);
            continue;
        }
        depth += *code->at == '(';
        depth -= *code->at == ')';
        code->at++;
    }
}

static bool do_assert(struct code *code)
{
    const char *begin = code->at;
    bool holds = condition(code) != 0;
    g_autofree char *text = g_strndup(begin, (gsize)(code->at - begin));

    if (code->failed)
        return false;
    if (!holds)
        return pkt_fail(code->run, _("this does not hold: %s"), g_strstrip(text));
    skip_rest(code);
    return true;
}

/* NAME = VALUE, NAME += VALUE, NAME -= VALUE, NAME *= VALUE */
static bool do_assignment(struct code *code)
{
    static const char *const signs[] = { "=", "+=", "-=", "*=" };
    g_autofree char *name = take_name(code);
    double *value, before = 0;
    gsize how = 0;

    while (*name != '\0' && how < G_N_ELEMENTS(signs) && !take(code, signs[how]))
        how++;
    if (*name == '\0' || how == G_N_ELEMENTS(signs)) {
        bad(code, "assert, print, NAME = VALUE");
        return false;
    }
    if (how > 0)
        before = name_value(code, name);
    value = g_new(double, 1);
    *value = condition(code);
    if (how > 0)
        *value = how == 1 ? before + *value : how == 2 ? before - *value : before * *value;
    g_hash_table_insert(code->run->variables, g_steal_pointer(&name), value);
    return !code->failed;
}

/* What of Python there is not. */
static const char *missing_word(const char *text)
{
    static const char *const words[] = {
        "if", "for", "while", "def", "class", "try", "with", "del"
    };

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize len = strlen(words[i]);

        if (strncmp(text, words[i], len) == 0 && !g_ascii_isalnum(text[len]) && text[len] != '_')
            return words[i];
    }
    return NULL;
}

static bool do_statement(struct code *code)
{
    const char *missing = missing_word(code->at);

    if (missing != NULL)
        return pkt_refuse(code->run, missing);
    if (take(code, "assert"))
        return do_assert(code);
    if (take(code, "print") || take(code, "import") || take(code, "pass")) {
        skip_rest(code);
        return true;
    }
    return do_assignment(code);
}

/* R9: on other systems only the state is comparable. */
static bool is_foreign(const char *text)
{
    for (const char *at = strstr(text, "tcpi_"); at != NULL; at = strstr(at + 1, "tcpi_"))
        if (!g_str_has_prefix(at, "tcpi_state"))
            return true;
    return false;
}

bool pkt_do_code(struct pkt_run *run, const char *text)
{
    struct code code = { .run = run, .at = text };

    if (run->options->relaxed && is_foreign(text))
        return true;
    for (;;) {
        skip(&code);
        if (*code.at == '\0')
            return true;
        if (*code.at == '\n' || *code.at == ';') {
            code.at++;
            continue;
        }
        if (!do_statement(&code))
            return false;
        skip(&code);
        if (*code.at != '\0' && *code.at != '\n' && *code.at != ';') {
            bad(&code, _("an end of the statement"));
            return false;
        }
    }
}

bool pkt_arithmetic(const char *text, int64_t *value)
{
    struct code code = { .at = text };
    double number = condition(&code);

    skip(&code);
    *value = (int64_t)number;
    return !code.failed && *code.at == '\0';
}
