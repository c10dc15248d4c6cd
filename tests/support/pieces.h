/* An input that is handed out piece by piece: for each its length / 2, then its octets. */
#ifndef WW_TESTS_SUPPORT_PIECES_H
#define WW_TESTS_SUPPORT_PIECES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pieces {
    const uint8_t *data;
    size_t size, at;
};

static size_t pieces_next(struct pieces *in, uint8_t *octets, size_t max)
{
    size_t n = in->at < in->size ? in->data[in->at++] * 2u : 0;

    n = n > in->size - in->at ? in->size - in->at : n;
    n = n > max ? max : n;
    memcpy(octets, in->data + in->at, n);
    in->at += n;
    return n;
}

#endif
