/* Rows of a describe hook as text, one line each, for comparisons. */
#ifndef WW_TESTS_DESCRIBE_TEXT_H
#define WW_TESTS_DESCRIBE_TEXT_H

#include <string.h>

#include "base/strbuf.h"
#include "sim/node.h"

struct describe_text {
    struct describe describe;
    const char *table;
    struct strbuf text;
};

static inline void describe_text_row(struct describe *out, const char *table, const char *key,
                                     const char *line)
{
    struct describe_text *to = (struct describe_text *)(void *)out;

    (void)key;
    if (strcmp(table, to->table) == 0)
        strbuf_addf(&to->text, "%s\n", line);
}

/** describe_text_init() - then hand out &@to->describe; the lines of @table gather in @to->text. */
static inline void describe_text_init(struct describe_text *to, const char *table)
{
    *to = (struct describe_text){ .describe = { .row = describe_text_row }, .table = table };
}

#endif
