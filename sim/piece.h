/*
 * Pieces: memory of whole cache lines that comes and goes with the traffic: TCP's segments,
 * sockets, programs, tables that grow. What any node has given back last is in the cache, and the
 * next that asks gets it, be that the same node or another of its partition. They lie in the
 * partition's arena, in its huge pages. Under a sanitizer each is malloc()'s own, so that it is
 * seen who uses one that was given back.
 */
#ifndef WW_SIM_PIECE_H
#define WW_SIM_PIECE_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/node.h"

struct piece { /* one that is free: no more of it is overwritten. As the links of a list, so that a
                  run of a list's items can be given back: piece_free_run() */
    void *prev;
    struct piece *next;
};

static inline size_t piece_lines(size_t size)
{
    size_t lines = (size + ARENA_LINE - 1) / ARENA_LINE;

    return lines <= PART_PIECE_LINES ? lines : (size_t)1 << (64 - __builtin_clzll(lines - 1));
}

/* Where free pieces of @size octets are kept; NULL: nowhere, each is malloc()'s own. */
static inline struct piece **piece_list(struct node *node, size_t size)
{
    size_t lines = piece_lines(size), at = lines - 1;

    if (lines > PART_PIECE_LINES) /* a power of two: 32 and more */
        at = PART_PIECE_LINES + (size_t)__builtin_ctzll(lines) - 5;
    return MEM_WATCHED || at >= PART_PIECE_SIZES ? NULL : &node->part->free_pieces[at];
}

static inline void *piece_take(struct node *node, struct piece **list, size_t size)
{
    struct piece *piece = *list;

    if (UNLIKELY(piece == NULL))
        return arena_alloc_lines(node_arena(node), piece_lines(size) * ARENA_LINE);
    *list = piece->next;
    __builtin_prefetch(piece->next, 1); /* a burst takes many that nobody has used for long */
    return piece;
}

/** piece_new() - @size octets of any content, on a cache line, for @node; until piece_free() with
 * the same size, or as long as the run. */
static inline void *piece_new(struct node *node, size_t size)
{
    struct piece **list = piece_list(node, size);

    return list == NULL ? mem_zalloc_lines(size) : piece_take(node, list, size);
}

/** piece_zalloc() - the same, zeroed. */
static inline void *piece_zalloc(struct node *node, size_t size)
{
    struct piece **list = piece_list(node, size);

    return list == NULL ? mem_zalloc_lines(size) : memset(piece_take(node, list, size), 0, size);
}

/** piece_free_run() - give back @first and all that follow it by piece.next up to @last: pieces of
 * @size octets each. */
static inline void piece_free_run(struct node *node, void *first, void *last, size_t size)
{
    struct piece **list = piece_list(node, size), *piece = first;

    ((struct piece *)last)->next = list == NULL ? NULL : *list;
    if (list != NULL) {
        *list = first;
        return;
    }
    while (piece != NULL) {
        struct piece *next = piece->next;

        free(piece);
        piece = next;
    }
}

/** piece_free() - give one back. */
static inline void piece_free(struct node *node, void *piece, size_t size)
{
    piece_free_run(node, piece, piece, size);
}

#endif
