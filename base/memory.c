#include "base/memory.h"

#include <stdatomic.h>
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

/* From ARENA_HUGE_FROM octets on an arena goes on in huge pages: what is in there is looked at here
   and there, and such looks wait for the processor's tables of pages, of which huge ones need few.
   In a smaller arena most of one might stay unused: behind its first block it gets the addresses of
   a huge page and touches as many small ones as it needs, which become the huge one by then. */
#define ARENA_HUGE_FROM ((size_t)512 * 1024)
#define ARENA_VAST_FROM ((size_t)256 * 1024 * 1024)
#define ARENA_VAST_LEN  ((size_t)64 * 1024 * 1024)
#define HUGE_PAGE       ((size_t)2 * 1024 * 1024)
#define COLLAPSE        25 /* Linux's MADV_COLLAPSE, which older headers do not know */

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    bool mapped; /* by mmap(), not malloc() */
    bool small;  /* in small pages, where a huge one could be */
    _Alignas(max_align_t) unsigned char octets[];
};

static _Atomic size_t mapped; /* octets handed out of blocks that are mapped */

size_t mem_mapped(void)
{
    return atomic_load_explicit(&mapped, memory_order_relaxed);
}

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

    if (from < end) /* a kernel without them refuses, which does no harm */
        (void)madvise((void *)from, end - from, MADV_HUGEPAGE);
#else
    (void)p;
    (void)size;
#endif
}

/* @size octets, a multiple of HUGE_PAGE, in huge pages where the system has such, unless they are
 * to be @small ones yet; NULL: it has no memory left, or no such call. */
static void *map_huge(size_t size, bool small)
{
#ifdef __linux__
    unsigned char *p =
        mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t before;

    if (p == MAP_FAILED)
        return NULL;
    before = (size_t)(-(uintptr_t)p & (HUGE_PAGE - 1));
    if (before != 0)
        (void)munmap(p, before);
    (void)munmap(p + before + size, HUGE_PAGE - before);
    if (!small)
        mem_huge(p + before, size);
    return p + before;
#else
    (void)size;
    (void)small;
    return NULL;
#endif
}

/* Octets of a block that comes to @arena now. */
static size_t block_len(const struct arena *arena)
{
    if (arena->blocks == NULL)
        return ARENA_BLOCK_LEN;
    return arena->used < ARENA_VAST_FROM ? HUGE_PAGE : ARENA_VAST_LEN;
}

/* With room for @size octets at least. */
static struct arena_block *new_block(struct arena *arena, size_t size)
{
    struct arena_block *block = NULL;
    size_t len = block_len(arena);
    bool small = arena->used + size < ARENA_HUGE_FROM;

    if (len < size + sizeof *block)
        len = size + sizeof *block;
    if (len >= HUGE_PAGE && !MEM_WATCHED) {
        len = (len + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
        block = map_huge(len, small);
    }
    if (block != NULL) {
        block->mapped = true;
        block->small = small;
    } else {
        block = mem_zalloc(len);
    }
    block->size = len - sizeof *block;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

/* Octets from the end of what is used in @block to the next multiple of @alignment. */
static size_t gap_before(const struct arena_block *block, size_t alignment)
{
    return (size_t)(-(uintptr_t)(block->octets + block->used) & (alignment - 1));
}

/* @block is worth huge pages. A kernel that cannot make one of small ones (Linux before 6.1) leaves
   them, and the arena goes on in another block. */
static void grow_pages(struct arena_block *block)
{
    block->small = false;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (madvise(block, sizeof *block + block->size, MADV_HUGEPAGE) == 0 &&
        madvise(block, sizeof *block + block->size, COLLAPSE) != 0)
        block->size = block->used;
#endif
}

static void *alloc_aligned(struct arena *arena, size_t size, size_t alignment)
{
    struct arena_block *block = arena->blocks;
    size_t before;
    void *p;

    CHECK(size <= SIZE_MAX - ARENA_VAST_LEN);
    size += gap_behind(arena, size);
    if (block != NULL && block->small && arena->used >= ARENA_HUGE_FROM)
        grow_pages(block);
    if (block == NULL || block->size - block->used < gap_before(block, alignment) + size)
        block = new_block(arena, size + alignment);
    before = gap_before(block, alignment);
    p = block->octets + block->used + before;
    block->used += before + size;
    arena->used += before + size;
    if (block->mapped)
        atomic_fetch_add_explicit(&mapped, before + size, memory_order_relaxed);
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

static void free_block(struct arena_block *block)
{
#ifdef __linux__
    if (block->mapped) {
        atomic_fetch_sub_explicit(&mapped, block->used, memory_order_relaxed);
        (void)munmap(block, sizeof *block + block->size);
        return;
    }
#endif
    free(block);
}

void arena_fini(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;

        free_block(arena->blocks);
        arena->blocks = next;
    }
    arena->used = 0;
}
