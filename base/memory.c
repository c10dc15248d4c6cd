#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

_Noreturn static void out_of_memory(void)
{
    fputs("wirewalk: out of memory\n", stderr);
    abort();
}

void *mem_alloc(size_t size)
{
    void *p = malloc(size ? size : 1);

    if (p == NULL)
        out_of_memory();
    return p;
}

void *mem_zalloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);

    if (p == NULL)
        out_of_memory();
    return p;
}

void *mem_realloc(void *old, size_t n, size_t size)
{
    void *p;

    if (size != 0 && n > SIZE_MAX / size)
        out_of_memory();
    p = realloc(old, n * size > 0 ? n * size : 1);
    if (p == NULL)
        out_of_memory();
    return p;
}

void *mem_dup(const void *from, size_t size)
{
    void *copy = mem_alloc(size);

    if (size != 0)
        memcpy(copy, from, size);
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_dup(text, strlen(text) + 1);
}

#define ARENA_BLOCK_LEN ((size_t)64 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char octets[];
};

#define SCATTER_LINE 64u
#define SCATTER_MAX  2048u /* octets of a piece: greater ones are few */
#define SCATTER_GAPS 8u

void arena_scatter(struct arena *arena, bool on)
{
    arena->scattered = on;
}

/* Octets that stay free behind a piece of @size. */
static size_t gap_behind(struct arena *arena, size_t size)
{
    if (!arena->scattered || size < SCATTER_LINE || size > SCATTER_MAX)
        return 0;
    arena->draw = arena->draw * 1103515245 + 12345;
    return SCATTER_LINE * (arena->draw >> 16) % (SCATTER_LINE * SCATTER_GAPS);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    size_t rounded = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    void *p;

    CHECK(rounded >= size);
    rounded += gap_behind(arena, size);
    if (block == NULL || block->size - block->used < rounded) {
        size_t room = rounded > ARENA_BLOCK_LEN ? rounded : ARENA_BLOCK_LEN;

        block = mem_zalloc(sizeof *block + room);
        block->size = room;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    p = block->octets + block->used;
    block->used += rounded;
    arena->used += rounded;
    return p;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    size_t len = strlen(text) + 1;

    return memcpy(arena_alloc(arena, len), text, len);
}

void arena_fini(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = 0;
}
