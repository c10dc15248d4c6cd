/*
 * How a debugger sees protocol state it knows nothing about: a module walks its tables and tells
 * them, row by row, each row as the line that `ip` or `ss` would show, then the fields behind it.
 */
#ifndef WW_SIM_DESCRIBE_H
#define WW_SIM_DESCRIBE_H

#include <stdint.h>

struct describe {
    /* A row of @table ("neigh", "route", "route_cache", "addr", "tcp", "udp", "fdb", "ports", ...).
       @key names it within the table; @line is its text in the words of ip and ss. */
    void (*row)(struct describe *out, const char *table, const char *key, const char *line);
    /* A field of the row told last, by its RFC name. */
    void (*number)(struct describe *out, const char *name, int64_t value);
    void (*text)(struct describe *out, const char *name, const char *value);
};

static inline void describe_row(struct describe *out, const char *table, const char *key,
                                const char *line)
{
    out->row(out, table, key, line);
}

static inline void describe_number(struct describe *out, const char *name, int64_t value)
{
    if (out->number != 0)
        out->number(out, name, value);
}

static inline void describe_text(struct describe *out, const char *name, const char *value)
{
    if (out->text != 0)
        out->text(out, name, value);
}

#endif
