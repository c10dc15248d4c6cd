/*
 * Pieces: memory of whole cache lines that comes and goes with the traffic: TCP's segments,
 * sockets, programs. What any node has given back last is in the cache, and the next that asks gets
 * it, be that the same node or another of its partition. They lie in the partition's arena, in its
 * huge pages. Under a sanitizer each is malloc()'s own, so that it is seen who uses one that was
 * given back.
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

/** piece_new() - @size octets of any content, on a cache line, for @node; until piece_free() with
 * the same size, or as long as the run. */
static inline void *piece_new(struct node *node, size_t size)
{
    size_t lines = (size + ARENA_LINE - 1) / ARENA_LINE;
    struct part *part = node->part;
    struct piece *piece;

    if (MEM_WATCHED || lines > PART_PIECE_LINES)
        return mem_zalloc_lines(size);
    piece = part->free_pieces[lines - 1];
    if (UNLIKELY(piece == NULL))
        return arena_alloc_lines(&part->arena, lines * ARENA_LINE);
    part->free_pieces[lines - 1] = piece->next;
    return piece;
}

/** piece_zalloc() - the same, zeroed. */
static inline void *piece_zalloc(struct node *node, size_t size)
{
    return memset(piece_new(node, size), 0, size);
}

/** piece_free_run() - give back @first and all that follow it by piece.next up to @last: pieces of
 * @size octets each. */
static inline void piece_free_run(struct node *node, void *first, void *last, size_t size)
{
    size_t lines = (size + ARENA_LINE - 1) / ARENA_LINE;
    struct piece *piece = first, **list;

    if (MEM_WATCHED || lines > PART_PIECE_LINES) {
        ((struct piece *)last)->next = NULL;
        while (piece != NULL) {
            struct piece *next = piece->next;

            free(piece);
            piece = next;
        }
        return;
    }
    list = &node->part->free_pieces[lines - 1];
    ((struct piece *)last)->next = *list;
    *list = first;
}

/** piece_free() - give one back. */
static inline void piece_free(struct node *node, void *piece, size_t size)
{
    piece_free_run(node, piece, piece, size);
}

#endif
