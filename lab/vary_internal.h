/* What vary.c and vary_expr.c share. */
#ifndef WW_LAB_VARY_INTERNAL_H
#define WW_LAB_VARY_INTERNAL_H

#include "lab/vary.h"

enum vary_kind { VARY_TEXT, VARY_NUMBER, VARY_ADDRESS, VARY_PREFIX, VARY_TREE };

struct vary_value {
    enum vary_kind kind;
    int64_t number;
    ip4_addr addr; /* ADDRESS, PREFIX */
    unsigned len;  /* PREFIX */
    const char *text;
    const struct ynode *tree; /* TREE: a list or a map */
};

/** vary_value_read() - what @node, a drawn value, is in an expression. */
struct vary_value vary_value_read(const struct ynode *node);
/** vary_value_text() - as it is written into the exercise. Free with g_free(). */
char *vary_value_text(const struct vary_value *value);
/** vary_evaluate() - @expression, which stands at @at. False after an error. */
bool vary_evaluate(struct vary *vary, const char *expression, struct text_pos at,
                   struct vary_value *value);

#endif
