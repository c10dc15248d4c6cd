/*
 * Following frames: which sending a reception belongs to, where a frame comes from, and which
 * command it is due to. What is followed is forgotten first in, first out, so that a run of any
 * length needs the same memory.
 */
#ifndef WW_LAB_EXPECT_WAY_H
#define WW_LAB_EXPECT_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct node;

/* A frame on its way, known by the record of its last sending or reception. */
struct way {
    const struct node *origin; /* whose own frame it is */
    uint64_t number;           /* of its last sending */
    struct way_value {
        bool known;
        struct ip6_addr value; /* a number is the lower half */
    } values[];                /* of each followed field, at its last sending */
};

struct ways;

/** ways_new() - with @n_values fields each. */
struct ways *ways_new(uint32_t n_values);
void ways_free(struct ways *ways);
/** ways_find() - by the record's id, or NULL. */
struct way *ways_find(const struct ways *ways, uint64_t id);
/** ways_add() - a new one for @id, a copy of @from, or empty where NULL. */
struct way *ways_add(struct ways *ways, uint64_t id, const struct way *from);

/* Which entry of the timeline a record is due to, through the chain of causes. */
struct owners;
#define OWNER_NONE UINT32_MAX
struct owners *owners_new(void);
void owners_free(struct owners *owners);
uint32_t owners_find(const struct owners *owners, uint64_t id);
void owners_add(struct owners *owners, uint64_t id, uint32_t entry);

#endif
