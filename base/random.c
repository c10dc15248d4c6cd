#include "base/random.h"

#include "base/check.h"

#define GOLDEN_GAMMA 0x9e3779b97f4a7c15u

uint64_t random_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static uint64_t absorb(uint64_t state, const char *text)
{
    for (; *text != '\0'; text++)
        state = random_mix(state + GOLDEN_GAMMA + (unsigned char)*text);
    return random_mix(state + GOLDEN_GAMMA); /* so that "ab","c" is not "a","bc" */
}

void random_stream_init(struct random_stream *stream, uint64_t seed, const char *name,
                        const char *purpose)
{
    stream->state = absorb(absorb(random_mix(seed + GOLDEN_GAMMA), name), purpose);
}

uint64_t random_u64(struct random_stream *stream)
{
    stream->state += GOLDEN_GAMMA;
    return random_mix(stream->state);
}

void random_skip(struct random_stream *stream, uint64_t n)
{
    stream->state += n * GOLDEN_GAMMA;
}

uint64_t random_below(struct random_stream *stream, uint64_t bound)
{
    uint64_t limit;
    uint64_t value;

    CHECK(bound > 0);
    limit = UINT64_MAX - UINT64_MAX % bound;
    do
        value = random_u64(stream);
    while (value >= limit);
    return value % bound;
}
