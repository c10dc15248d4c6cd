/*
 * An exercise's variables: drawn for a student from the student's name, and put where the exercise
 * writes `${name}`.
 *
 *     vary:
 *       net:  {pick: 1-200}                        a number of a range, or an item of a list
 *       bad:  {pick: 2-254, not: [1, "${net}"]}    not one of these
 *       pcs:  {pick: 2-100, distinct: 3}           three different ones: ${pcs.1}, ${pcs.2},
 * ${pcs.3} site: {subnet-of: 10.0.0.0/8, length: 26} gw:   {is: "first(site)"} worked out name:
 * "pc${net}"                           a text
 *
 * Between `${` and `}` stands an expression: numbers, addresses, prefixes, variables, + - * / %,
 * parentheses and the functions of VARY_FUNCTIONS. `$${` is `${` itself.
 */
#ifndef WW_LAB_VARY_H
#define WW_LAB_VARY_H

#include "lab/reader.h"
#include "lab/tree.h"

#define VARY_FUNCTIONS                                                                             \
    "addr", "len", "net", "mask", "broadcast", "first", "last", "host", "subnet", "min", "max",    \
        "pow2"

struct vary {
    const struct reader *r;
    GHashTable *values; /* name -> struct ynode, in the reader's arena */
    GPtrArray *names;   /* in the order of the file */
};

void vary_init(struct vary *vary, const struct reader *r);
void vary_fini(struct vary *vary);
/** vary_draw() - the variables of @spec, a map, for @student. */
void vary_draw(struct vary *vary, const struct ynode *spec, uint64_t seed, const char *student);
/** vary_substitute() - a copy of @node with every `${...}` replaced. */
struct ynode *vary_substitute(struct vary *vary, const struct ynode *node);

#endif
