/* Expressions: the arguments and results of calls. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/pkt_parse.h"

#define DEPTH_MAX 32

void pkt_expr_free(void *data)
{
    struct pkt_expr *expr = data;

    if (expr == NULL)
        return;
    g_free(expr->text);
    g_free(expr->name);
    pkt_expr_free(expr->size);
    if (expr->items != NULL)
        g_ptr_array_unref(expr->items);
    g_free(expr);
}

static struct pkt_expr *new_expr(const struct pkt_parser *parser, enum pkt_expr_kind kind)
{
    struct pkt_expr *expr = g_new0(struct pkt_expr, 1);

    expr->kind = kind;
    expr->line = pkt_next(parser)->line;
    return expr;
}

static struct pkt_expr *text_expr(struct pkt_parser *parser, enum pkt_expr_kind kind)
{
    const struct pkt_token *token = pkt_next(parser);
    struct pkt_expr *expr = new_expr(parser, kind);

    expr->text = g_memdup2(token->text, token->len + 1);
    expr->len = token->len;
    parser->at++;
    return expr;
}

GPtrArray *pkt_parse_list(struct pkt_parser *parser, char close)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(pkt_expr_free);

    if (pkt_take_sign(parser, close))
        return items;
    do {
        struct pkt_expr *item = pkt_parse_expr(parser);

        if (item == NULL)
            break;
        g_ptr_array_add(items, item);
        if (pkt_take_sign(parser, close))
            return items;
    } while (pkt_expect_sign(parser, ','));
    g_ptr_array_unref(items);
    return NULL;
}

static struct pkt_expr *items_expr(struct pkt_parser *parser, enum pkt_expr_kind kind, char close)
{
    struct pkt_expr *expr = new_expr(parser, kind);

    expr->items = pkt_parse_list(parser, close);
    if (expr->items != NULL)
        return expr;
    pkt_expr_free(expr);
    return NULL;
}

/* htons(8080), inet_addr("192.0.2.1"); a word alone is a constant's name. */
static struct pkt_expr *word_expr(struct pkt_parser *parser)
{
    struct pkt_expr *expr = text_expr(parser, PKT_WORD);

    if (!pkt_take_sign(parser, '('))
        return expr;
    expr->kind = PKT_CALL;
    expr->items = pkt_parse_list(parser, ')');
    if (expr->items != NULL)
        return expr;
    pkt_expr_free(expr);
    return NULL;
}

/* NAME = or NAME(N) = before a field's value; false when that is not what comes. */
static bool field_name(struct pkt_parser *parser, char **name, struct pkt_expr **size)
{
    const struct pkt_token *word = pkt_next(parser), *second = pkt_ahead(parser, 1);

    if (word->kind != PKT_T_WORD || second->kind != PKT_T_SIGN)
        return false;
    if (second->sign == '=') {
        *name = g_strdup(word->text);
        parser->at += 2;
        return true;
    }
    if (second->sign != '(' || pkt_ahead(parser, 3)->kind != PKT_T_SIGN ||
        pkt_ahead(parser, 3)->sign != ')' || pkt_ahead(parser, 4)->kind != PKT_T_SIGN ||
        pkt_ahead(parser, 4)->sign != '=')
        return false;
    *name = g_strdup(word->text);
    parser->at += 2;
    *size = pkt_parse_expr(parser);
    parser->at += 2;
    return true;
}

static struct pkt_expr *struct_expr(struct pkt_parser *parser)
{
    struct pkt_expr *expr = new_expr(parser, PKT_STRUCT);

    expr->items = g_ptr_array_new_with_free_func(pkt_expr_free);
    if (pkt_take_sign(parser, '}'))
        return expr;
    do {
        struct pkt_expr *size = NULL, *value;
        char *name = NULL;

        field_name(parser, &name, &size);
        value = pkt_parse_expr(parser);
        if (value == NULL) {
            g_free(name);
            pkt_expr_free(size);
            break;
        }
        value->name = name;
        value->size = size;
        g_ptr_array_add(expr->items, value);
        if (pkt_take_sign(parser, '}'))
            return expr;
    } while (pkt_expect_sign(parser, ','));
    pkt_expr_free(expr);
    return NULL;
}

static struct pkt_expr *address_expr(struct pkt_parser *parser)
{
    parser->at++;
    if (pkt_next(parser)->kind == PKT_T_WORD)
        return text_expr(parser, PKT_ADDRESS);
    pkt_wrong(parser, _("a name behind &"));
    return NULL;
}

static struct pkt_expr *primary(struct pkt_parser *parser);

/* What ~ and - are about. */
static struct pkt_expr *operand_expr(struct pkt_parser *parser)
{
    struct pkt_expr *expr = NULL;

    if (parser->depth == DEPTH_MAX) {
        pkt_wrong(parser, _("less nesting"));
        return NULL;
    }
    parser->depth++;
    expr = primary(parser);
    parser->depth--;
    return expr;
}

/* ~X, -X, (X) */
static struct pkt_expr *unary_expr(struct pkt_parser *parser)
{
    char sign = pkt_next(parser)->sign;
    struct pkt_expr *expr = new_expr(parser, PKT_UNARY), *operand;

    parser->at++;
    operand = sign == '(' ? pkt_parse_expr(parser) : operand_expr(parser);
    expr->number = sign;
    expr->items = g_ptr_array_new_with_free_func(pkt_expr_free);
    if (operand != NULL)
        g_ptr_array_add(expr->items, operand);
    if (operand != NULL && (sign != '(' || pkt_expect_sign(parser, ')')))
        return expr;
    pkt_expr_free(expr);
    return NULL;
}

static struct pkt_expr *sign_expr(struct pkt_parser *parser)
{
    if (pkt_take_sign(parser, '['))
        return items_expr(parser, PKT_LIST, ']');
    if (pkt_take_sign(parser, '{'))
        return struct_expr(parser);
    if (pkt_is_sign(parser, '&'))
        return address_expr(parser);
    if (pkt_is_sign(parser, '~') || pkt_is_sign(parser, '-') || pkt_is_sign(parser, '('))
        return unary_expr(parser);
    pkt_wrong(parser, _("a value"));
    return NULL;
}

static struct pkt_expr *primary(struct pkt_parser *parser)
{
    const struct pkt_token *token = pkt_next(parser);
    struct pkt_expr *expr;

    switch (token->kind) {
    case PKT_T_DOTS:
        parser->at++;
        return new_expr(parser, PKT_ELLIPSIS);
    case PKT_T_INT:
        expr = new_expr(parser, PKT_INT);
        expr->number = token->number;
        parser->at++;
        return expr;
    case PKT_T_STRING:
        expr = text_expr(parser, PKT_STRING);
        if (pkt_next(parser)->kind == PKT_T_DOTS) /* "begins like this"... */
            parser->at++;
        return expr;
    case PKT_T_IP:
        return text_expr(parser, PKT_STRING);
    case PKT_T_WORD:
        return word_expr(parser);
    case PKT_T_SIGN:
        return sign_expr(parser);
    default:
        pkt_wrong(parser, _("a value"));
        return NULL;
    }
}

/* How strongly an operator binds, and its sign ('<' is <<, '>' is >>); 0: none comes. An operator
 * stands on the line of what is before it: "+" and "*" on the next one begin an event's time. */
static unsigned binding(const struct pkt_parser *parser, char *sign)
{
    static const char SIGNS[] = "|^&<+-*";
    static const unsigned strengths[] = { 1, 2, 3, 4, 5, 5, 6 };
    const struct pkt_token *token = pkt_next(parser);
    const struct pkt_token *before =
        &g_array_index(parser->tokens, struct pkt_token, parser->at - 1);
    const char *found;

    if (token->kind != PKT_T_SIGN || token->line != before->line || token->sign == '\0')
        return 0;
    /* "= 10 +0 > ..." is two events in one line: the plus of a time stands at its number. */
    if (token->sign == '+' && !token->glued && pkt_ahead(parser, 1)->glued)
        return 0;
    found = strchr(SIGNS, token->sign);
    if (found == NULL || (*found == '<' && (pkt_ahead(parser, 1)->kind != PKT_T_SIGN ||
                                            pkt_ahead(parser, 1)->sign != '<')))
        return 0;
    *sign = *found;
    return strengths[found - SIGNS];
}

static struct pkt_expr *binary(struct pkt_parser *parser, unsigned least)
{
    struct pkt_expr *left = primary(parser);
    unsigned strength;
    char sign;

    while (left != NULL && (strength = binding(parser, &sign)) >= least && strength > 0) {
        struct pkt_expr *right, *both;

        parser->at += sign == '<' ? 2 : 1;
        right = binary(parser, strength + 1);
        if (right == NULL) {
            pkt_expr_free(left);
            return NULL;
        }
        both = new_expr(parser, PKT_BINARY);
        both->number = sign;
        both->items = g_ptr_array_new_with_free_func(pkt_expr_free);
        g_ptr_array_add(both->items, left);
        g_ptr_array_add(both->items, right);
        left = both;
    }
    return left;
}

struct pkt_expr *pkt_parse_expr(struct pkt_parser *parser)
{
    struct pkt_expr *expr = NULL;

    if (parser->depth == DEPTH_MAX) {
        pkt_wrong(parser, _("less nesting"));
        return NULL;
    }
    parser->depth++;
    expr = binary(parser, 1);
    parser->depth--;
    return expr;
}
