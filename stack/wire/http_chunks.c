/* Chunked bodies, RFC 9112 section 7.1: a state machine that takes one octet at a time, data in
 * pieces. */
#include "base/digits.h"
#include "stack/wire/http_wire.h"

enum {
    IN_SIZE,      /* hexadecimal digits */
    IN_EXTENSION, /* up to the CR of the size line */
    AT_SIZE_LF,
    IN_DATA,
    AT_DATA_CR,
    AT_DATA_LF,
    AT_TRAILER_START, /* of a line: CR here is the empty line */
    IN_TRAILER,
    AT_TRAILER_LF,
    AT_LAST_LF,
    FINISHED,
    BROKEN,
};

#define SIZE_DIGITS_MAX 15 /* below 2^60: no sum of sizes can overflow a file offset */

static uint8_t size_octet(struct http_chunks *chunks, uint8_t octet)
{
    int digit = digits_hex_value((char)octet);

    if (digit >= 0) {
        chunks->left = chunks->left << 4 | (unsigned)digit;
        return ++chunks->n_digits > SIZE_DIGITS_MAX ? BROKEN : IN_SIZE;
    }
    if (chunks->n_digits == 0)
        return BROKEN;
    if (octet == '\r')
        return AT_SIZE_LF;
    return octet == ';' || octet == ' ' || octet == '\t' ? IN_EXTENSION : BROKEN;
}

/* An octet that is not looked at; more than a bounded number of them is an attack. */
static uint8_t skip_octet(struct http_chunks *chunks, uint8_t octet, uint8_t state)
{
    if (octet == '\n' || octet == '\0' || ++chunks->n_skipped > HTTP_TRAILER_MAX)
        return BROKEN;
    return state;
}

static uint8_t after_size(struct http_chunks *chunks)
{
    chunks->n_digits = 0;
    return chunks->left == 0 ? AT_TRAILER_START : IN_DATA;
}

/* One octet outside chunk data; returns the next state. */
static uint8_t framing_octet(struct http_chunks *chunks, uint8_t octet)
{
    switch (chunks->state) {
    case IN_SIZE:
        return size_octet(chunks, octet);
    case IN_EXTENSION:
        return octet == '\r' ? AT_SIZE_LF : skip_octet(chunks, octet, IN_EXTENSION);
    case AT_SIZE_LF:
        return octet == '\n' ? after_size(chunks) : BROKEN;
    case AT_DATA_CR:
        return octet == '\r' ? AT_DATA_LF : BROKEN;
    case AT_DATA_LF:
        return octet == '\n' ? IN_SIZE : BROKEN;
    case AT_TRAILER_START:
        return octet == '\r' ? AT_LAST_LF : skip_octet(chunks, octet, IN_TRAILER);
    case IN_TRAILER:
        return octet == '\r' ? AT_TRAILER_LF : skip_octet(chunks, octet, IN_TRAILER);
    case AT_TRAILER_LF:
        return octet == '\n' ? AT_TRAILER_START : BROKEN;
    case AT_LAST_LF:
        return octet == '\n' ? FINISHED : BROKEN;
    default:
        return BROKEN;
    }
}

enum http_chunk_result http_chunks_next(struct http_chunks *chunks, const uint8_t *octets,
                                        size_t len, size_t *used, struct http_span *data)
{
    size_t at = 0;
    enum http_chunk_result result = HTTP_CHUNK_NEED_MORE;

    while (at < len && chunks->state < FINISHED && chunks->state != IN_DATA)
        chunks->state = framing_octet(chunks, octets[at++]);
    if (chunks->state == FINISHED) {
        result = HTTP_CHUNK_DONE;
    } else if (chunks->state == BROKEN) {
        result = HTTP_CHUNK_BAD;
    } else if (chunks->state == IN_DATA && at < len) {
        data->at = (const char *)octets + at;
        data->len = len - at < chunks->left ? len - at : (size_t)chunks->left;
        at += data->len;
        chunks->left -= data->len;
        if (chunks->left == 0)
            chunks->state = AT_DATA_CR;
        result = HTTP_CHUNK_DATA;
    }
    *used = at;
    return result;
}
