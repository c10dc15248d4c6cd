/* However a chunked body is cut, the result, the data and the octets used are the same. */
#include "tests/support/must.h"

#include "stack/wire/http_wire.h"

struct outcome {
    enum http_chunk_result result;
    size_t used, n_data;
    uint32_t sum; /* of the data, in order */
};

static struct outcome decode(const uint8_t *octets, size_t len, size_t step)
{
    struct http_chunks chunks = { 0 };
    struct outcome out = { .result = HTTP_CHUNK_NEED_MORE };

    while (out.used < len) {
        size_t piece = len - out.used < step ? len - out.used : step, used;
        struct http_span data;

        out.result = http_chunks_next(&chunks, octets + out.used, piece, &used, &data);
        MUST(used <= piece);
        out.used += used;
        if (out.result == HTTP_CHUNK_DATA) {
            MUST(data.len > 0 && data.len <= used);
            for (size_t i = 0; i < data.len; i++)
                out.sum = out.sum * 31 + (uint8_t)data.at[i];
            out.n_data += data.len;
        } else if (out.result == HTTP_CHUNK_NEED_MORE) {
            MUST(used == piece);
        } else {
            break;
        }
    }
    if (out.result == HTTP_CHUNK_DATA)
        out.result = HTTP_CHUNK_NEED_MORE; /* a matter of where the last cut was */
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct outcome whole = decode(octets, len, len), cut[3];

    cut[0] = decode(octets, len, 1);
    cut[1] = decode(octets, len, 2);
    cut[2] = decode(octets, len, 7);
    for (size_t i = 0; i < 3; i++) {
        MUST(cut[i].result == whole.result && cut[i].used == whole.used);
        MUST(cut[i].n_data == whole.n_data && cut[i].sum == whole.sum);
    }
    return 0;
}
