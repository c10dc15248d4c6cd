#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

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

void *mem_zalloc_lines(size_t size)
{
    size_t whole = (size + ARENA_LINE - 1) / ARENA_LINE * ARENA_LINE;
    void *p = whole < size ? NULL : aligned_alloc(ARENA_LINE, whole);

    if (p == NULL)
        out_of_memory();
    return memset(p, 0, whole);
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

/* From ARENA_HUGE_FROM octets on an arena is one of a very large network, whose memory is looked at
   here and there: most looks wait for the processor's tables of pages, and pages of 2 MiB need few
   of those. A smaller one would pay more for clearing them than it gains. */
#define ARENA_HUGE_FROM  ((size_t)256 * 1024 * 1024)
#define ARENA_HUGE_BLOCK ((size_t)64 * 1024 * 1024) /* smaller pieces are left as they are */
#define HUGE_PAGE        ((size_t)2 * 1024 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char octets[];
};

#define SCATTER_MAX  2048u /* octets of a piece: greater ones are few */
#define SCATTER_GAPS 8u

void arena_scatter(struct arena *arena, bool on)
{
    arena->scattered = on;
}

/* Octets that stay free behind a piece of @size. */
static size_t gap_behind(struct arena *arena, size_t size)
{
    if (!arena->scattered || size < ARENA_LINE || size > SCATTER_MAX)
        return 0;
    arena->draw = arena->draw * 1103515245 + 12345;
    return ARENA_LINE * (arena->draw >> 16) % (ARENA_LINE * SCATTER_GAPS);
}

void mem_huge(void *p, size_t size)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    uintptr_t from = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)p + size) & ~(HUGE_PAGE - 1);

    if (size >= ARENA_HUGE_BLOCK &&
        from < end) /* a kernel without them refuses, which does no harm */
        (void)madvise((void *)from, end - from, MADV_HUGEPAGE);
#else
    (void)p;
    (void)size;
#endif
}

/* What calloc() gives for a block of ARENA_HUGE_BLOCK are pages that nobody has touched yet. */
static struct arena_block *new_block(struct arena *arena, size_t room)
{
    struct arena_block *block = mem_zalloc(sizeof *block + room);

    mem_huge(block, sizeof *block + room);
    block->size = room;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

/* Octets from the end of what is used in @block to the next multiple of @alignment. */
static size_t gap_before(const struct arena_block *block, size_t alignment)
{
    return (size_t)(-(uintptr_t)(block->octets + block->used) & (alignment - 1));
}

static void *alloc_aligned(struct arena *arena, size_t size, size_t alignment)
{
    struct arena_block *block = arena->blocks;
    size_t before, len = arena->used < ARENA_HUGE_FROM ? ARENA_BLOCK_LEN : ARENA_HUGE_BLOCK;
    void *p;

    CHECK(size <= SIZE_MAX - ARENA_HUGE_BLOCK);
    size += gap_behind(arena, size);
    if (block == NULL || block->size - block->used < gap_before(block, alignment) + size)
        block = new_block(arena, size + alignment > len ? size + alignment : len);
    before = gap_before(block, alignment);
    p = block->octets + block->used + before;
    block->used += before + size;
    arena->used += before + size;
    return p;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return alloc_aligned(arena, size, sizeof(max_align_t));
}

void *arena_alloc_lines(struct arena *arena, size_t size)
{
    return alloc_aligned(arena, size, ARENA_LINE);
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
