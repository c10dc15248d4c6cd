/* Arithmetic of `$((...))`: integers of 64 bits, the operators of C that POSIX asks for but for
 * assignments, which dash has and few use. */
#include <stdlib.h>
#include <string.h>

#include "apps/shell_parse.h"

enum { DEPTH_MAX = 64 };

struct arith {
    const char *text, *at;
    const struct shell_parameters *parameters;
    const char *error; /* NULL: none yet */
    unsigned depth;
};

static int64_t conditional(struct arith *a);

static void wrong(struct arith *a, const char *what)
{
    if (a->error == NULL)
        a->error = what;
}

static void skip_blanks(struct arith *a)
{
    a->at += strspn(a->at, " \t\n");
}

static int64_t number(struct arith *a)
{
    char *end;
    unsigned long long value = strtoull(a->at, &end, 0);

    if (shell_name_len(end) > 0 || (*end >= '0' && *end <= '9'))
        wrong(a, "expecting EOF");
    a->at = end;
    return (int64_t)value;
}

/* A name without '$': its value as a number, 0 where it has none. */
static int64_t variable(struct arith *a)
{
    size_t len = shell_name_len(a->at);
    const char *value = shell_variable(a->parameters, a->at, len);
    char *end = NULL;
    long long n = value != NULL ? strtoll(value, &end, 0) : 0;

    a->at += len;
    if (value != NULL && *value != '\0' && *end != '\0')
        wrong(a, "Illegal number");
    return (int64_t)n;
}

static int64_t primary(struct arith *a)
{
    int64_t value;

    skip_blanks(a);
    if (*a->at >= '0' && *a->at <= '9')
        return number(a);
    if (shell_name_len(a->at) > 0)
        return variable(a);
    if (*a->at != '(' || a->depth >= DEPTH_MAX) {
        wrong(a, "expecting primary");
        return 0;
    }
    a->at++;
    a->depth++;
    value = conditional(a);
    a->depth--;
    skip_blanks(a);
    if (*a->at != ')')
        wrong(a, "expecting ')'");
    else
        a->at++;
    return value;
}

static int64_t unary(struct arith *a)
{
    int64_t value;
    char sign;

    skip_blanks(a);
    sign = *a->at;
    if (sign == '\0' || strchr("+-!~", sign) == NULL)
        return primary(a);
    a->at++;
    if (++a->depth > DEPTH_MAX) {
        wrong(a, "expecting primary");
        return 0;
    }
    value = unary(a);
    a->depth--;
    return sign == '-'   ? (int64_t)(0 - (uint64_t)value)
           : sign == '!' ? value == 0
           : sign == '~' ? ~value
                         : value;
}

/* By how tightly they bind; the longer of two that begin alike stands first. */
static const struct {
    const char *sign;
    int level;
} operators[] = { { "||", 1 }, { "&&", 2 }, { "==", 6 }, { "!=", 6 }, { "<<", 8 }, { ">>", 8 },
                  { "<=", 7 }, { ">=", 7 }, { "|", 3 },  { "^", 4 },  { "&", 5 },  { "<", 7 },
                  { ">", 7 },  { "+", 9 },  { "-", 9 },  { "*", 10 }, { "/", 10 }, { "%", 10 } };

#define LEVEL_MAX 10

static int operator_at(struct arith *a, int level)
{
    skip_blanks(a);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strncmp(a->at, operators[i].sign, strlen(operators[i].sign)) == 0)
            return operators[i].level == level ? (int)i : -1;
    return -1;
}

static int64_t divide(struct arith *a, int64_t x, int64_t y, bool rest)
{
    if (y == 0) {
        wrong(a, "division by zero");
        return 0;
    }
    if (y == -1) /* the smallest number has no counterpart */
        return rest ? 0 : (int64_t)(0 - (uint64_t)x);
    return rest ? x % y : x / y;
}

static int64_t apply(struct arith *a, const char *sign, int64_t x, int64_t y)
{
    uint64_t p = (uint64_t)x, q = (uint64_t)y;

    switch (sign[0]) {
    case '|':
        return sign[1] == '|' ? x != 0 || y != 0 : x | y;
    case '&':
        return sign[1] == '&' ? x != 0 && y != 0 : x & y;
    case '^':
        return x ^ y;
    case '=':
        return x == y;
    case '!':
        return x != y;
    case '<':
        return sign[1] == '<' ? (int64_t)(p << (q & 63)) : sign[1] == '=' ? x <= y : x < y;
    case '>':
        return sign[1] == '>' ? x >> (q & 63) : sign[1] == '=' ? x >= y : x > y;
    case '+':
        return (int64_t)(p + q);
    case '-':
        return (int64_t)(p - q);
    case '*':
        return (int64_t)(p * q);
    default:
        return divide(a, x, y, sign[0] == '%');
    }
}

/* What && and || do not ask for has a value all the same, but cannot be wrong by it: as dash, a
 * division by zero there is none. */
static int64_t binary(struct arith *a, int level)
{
    int64_t value = level > LEVEL_MAX ? unary(a) : binary(a, level + 1);
    int which;

    while (level <= LEVEL_MAX && a->error == NULL && (which = operator_at(a, level)) >= 0) {
        const char *sign = operators[which].sign;
        bool idle = (level == 1 && value != 0) || (level == 2 && value == 0);
        int64_t right;

        a->at += strlen(sign);
        right = binary(a, level + 1);
        if (idle && a->error != NULL && strcmp(a->error, "division by zero") == 0)
            a->error = NULL;
        value = apply(a, sign, value, right);
    }
    return value;
}

static int64_t conditional(struct arith *a)
{
    int64_t value = binary(a, 1), yes, no;

    skip_blanks(a);
    if (*a->at != '?' || a->error != NULL)
        return value;
    if (++a->depth > DEPTH_MAX) {
        wrong(a, "expecting primary");
        return 0;
    }
    a->at++;
    yes = conditional(a);
    skip_blanks(a);
    if (*a->at != ':') {
        wrong(a, "expecting ':'");
        return 0;
    }
    a->at++;
    no = conditional(a);
    a->depth--;
    return value != 0 ? yes : no;
}

bool shell_arithmetic(const char *text, const struct shell_parameters *parameters, int64_t *value,
                      struct strbuf *error)
{
    struct arith a = { .text = text, .at = text, .parameters = parameters };

    skip_blanks(&a);
    *value = *a.at == '\0' ? 0 : conditional(&a);
    skip_blanks(&a);
    if (*a.at != '\0')
        wrong(&a, "expecting EOF");
    if (a.error != NULL && error != NULL)
        strbuf_addf(error, "arithmetic expression: %s: \"%s\"", a.error, text);
    return a.error == NULL;
}
