/* Repeatable random numbers: one stream for each purpose of each node and link, so that no stream
 * disturbs another. */
#ifndef WW_BASE_RANDOM_H
#define WW_BASE_RANDOM_H

#include <stdint.h>

struct random_stream {
    uint64_t state;
};

/** random_stream_init() - the stream of @purpose of the thing called @name in the run with @seed.
 */
void random_stream_init(struct random_stream *stream, uint64_t seed, const char *name,
                        const char *purpose);
/** random_u64() / random_u32() - the next number of the stream (splitmix64). */
uint64_t random_u64(struct random_stream *stream);
static inline uint32_t random_u32(struct random_stream *stream)
{
    return (uint32_t)(random_u64(stream) >> 32);
}
/** random_skip() - as if @n numbers had been drawn. */
void random_skip(struct random_stream *stream, uint64_t n);
/** random_below() - uniform in [0, @bound), without bias; @bound > 0. */
uint64_t random_below(struct random_stream *stream, uint64_t bound);
/** random_mix() - a well-mixed function of @value, for keyed hashes such as initial sequence
 * numbers. */
uint64_t random_mix(uint64_t value);

#endif
