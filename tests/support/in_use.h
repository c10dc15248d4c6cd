/* For tests that hold how much memory something takes. */
#ifndef WW_TESTS_IN_USE_H
#define WW_TESTS_IN_USE_H

#include <malloc.h>
#include <stddef.h>

#include "base/memory.h"

/* Sanitizers have an allocator of their own, which counts nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTED 0
#endif
#endif
#ifndef COUNTED
#define COUNTED 1
#endif

/* Octets that malloc() and the arenas have given out. */
static inline size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd + mem_mapped();
}

/* @octets, per one of what is counted, are at most @most: where malloc() counts. */
#define FITS(octets, most)                                                                         \
    do {                                                                                           \
        size_t octets_ = (octets);                                                                 \
                                                                                                   \
        OK(!COUNTED || octets_ <= (most));                                                         \
        if (COUNTED && octets_ > (most))                                                           \
            fprintf(stderr, "%zu octets\n", octets_);                                              \
    } while (0)

#endif
