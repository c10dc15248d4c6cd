/* Allocation that cannot fail: out of memory ends the process, as in GLib. Inputs are bounded
 * before we get here. */
#ifndef WW_BASE_MEMORY_H
#define WW_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_LINE 64 /* octets of a cache line */

/* The address sanitizer sees what malloc() gives, one by one, and finds what is lost there alone:
   under it nothing is kept for later and nothing is mapped. */
#if defined(__SANITIZE_ADDRESS__)
#define MEM_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEM_WATCHED 1
#endif
#endif
#ifndef MEM_WATCHED
#define MEM_WATCHED 0
#endif

/** mem_alloc() / mem_zalloc() - malloc() and calloc() that never return NULL. Free with free(). */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
/** mem_zalloc_lines() - the latter from the start of a cache line on. */
void *mem_zalloc_lines(size_t size);
/** mem_realloc() - @n elements of @size octets; the product is checked for overflow. */
void *mem_realloc(void *old, size_t n, size_t size);
/** mem_dup() / mem_strdup() - a copy of @size octets; of a string. */
void *mem_dup(const void *from, size_t size);
char *mem_strdup(const char *text);
/** mem_huge() - @size octets from @p on, not touched yet, will be looked at here and there: if they
 * are 2 MiB or more, let them be huge pages where the system has such. */
void mem_huge(void *p, size_t size);

/* Grow-by-doubling array push: items, count and capacity are lvalues of the owner. */
#define ARRAY_PUSH(items, count, capacity, value)                                                  \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = (capacity) ? (capacity)*2 : 1;                                            \
            (items) = mem_realloc((items), (size_t)(capacity), sizeof *(items));                   \
        }                                                                                          \
        (items)[(count)++] = (value);                                                              \
    } while (0)

/** mem_fetch() - @lines cache lines from @from on come into the cache. It need not point anywhere:
 * nothing is read. */
static inline void mem_fetch(const void *from, size_t lines)
{
    for (size_t i = 0; i < lines; i++)
        __builtin_prefetch((const void *)((uintptr_t)from + i * ARENA_LINE), 1);
}

/* MEM_LINES_HOLD() - what a fetch takes for granted of where fields stand, on machines with
 * pointers of eight octets, which such hints are measured on. */
#define MEM_LINES_HOLD(condition, why) _Static_assert(sizeof(void *) != 8 || (condition), why)

/* Memory of one lifetime: freed as a whole, never piece by piece. */
struct arena {
    struct arena_block *blocks;
    size_t used; /* octets handed out, for reports */
    bool scattered;
    uint32_t draw; /* of the last gap */
};

/** arena_alloc() - zeroed memory, aligned for any type, valid until arena_fini(). */
void *arena_alloc(struct arena *arena, size_t size);
/** arena_alloc_lines() - the same from the start of a cache line on, for what every frame touches.
 */
void *arena_alloc_lines(struct arena *arena, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
/**
 * arena_scatter() - from now on pieces lie at irregular distances, some cache lines apart, or again
 * side by side. Processors fetch ahead what comes at regular distances; where one thread works on
 * the first of many equal pieces and another on the rest, each takes lines from the other so.
 */
void arena_scatter(struct arena *arena, bool on);
void arena_fini(struct arena *arena);
/** mem_mapped() - octets that all arenas have handed out of memory that is not malloc()'s. */
size_t mem_mapped(void);

#endif
