/* Reading a script's tokens: what the parts of the parser share. For lab/pkt_parse*.c alone. */
#ifndef WW_LAB_PKT_PARSE_H
#define WW_LAB_PKT_PARSE_H

#include "lab/pkt_lex.h"

struct pkt_parser {
    const GArray *tokens;
    guint at;
    struct pkt_fault *fault;
    unsigned depth; /* of nested expressions */
};

static inline const struct pkt_token *pkt_ahead(const struct pkt_parser *parser, guint n)
{
    guint last = parser->tokens->len - 1;
    guint at = parser->at + n;

    return &g_array_index(parser->tokens, struct pkt_token, at < last ? at : last);
}

static inline const struct pkt_token *pkt_next(const struct pkt_parser *parser)
{
    return pkt_ahead(parser, 0);
}

/** pkt_is_sign() / pkt_is_word() - what comes next. */
bool pkt_is_sign(const struct pkt_parser *parser, char sign);
bool pkt_is_word(const struct pkt_parser *parser, const char *word);
/** pkt_take_sign() / pkt_take_word() - the same, and step over it. */
bool pkt_take_sign(struct pkt_parser *parser, char sign);
bool pkt_take_word(struct pkt_parser *parser, const char *word);
/** pkt_expect_sign() - it must come now, or the script is wrong. */
bool pkt_expect_sign(struct pkt_parser *parser, char sign);
/** pkt_take_int() - an integer between @min and @max must come. */
bool pkt_take_int(struct pkt_parser *parser, int64_t min, int64_t max, int64_t *number);
/** pkt_wrong() - the script is wrong here: what was expected. Always false. */
bool pkt_wrong(struct pkt_parser *parser, const char *expected);
/** pkt_refused() - the script is right, but asks for what is not there: @what by its name. Always
 * false. */
bool pkt_refused(struct pkt_parser *parser, const char *what);

/** pkt_parse_packet() - what stands behind "<" or ">". */
bool pkt_parse_packet(struct pkt_parser *parser, struct pkt_packet *packet, bool outbound);
/** pkt_parse_expr() - an expression, or NULL. */
struct pkt_expr *pkt_parse_expr(struct pkt_parser *parser);
/** pkt_parse_list() - expressions with commas between, up to @close; NULL when wrong. */
GPtrArray *pkt_parse_list(struct pkt_parser *parser, char close);
/** pkt_expr_free() - a struct pkt_expr and all in it; NULL is nothing. */
void pkt_expr_free(void *expr);

#endif
