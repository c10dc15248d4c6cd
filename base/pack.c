#include "base/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/memory.h"

#define PACK_MIN 256

uint8_t *pack_room(struct pack *pack, size_t n)
{
    uint8_t *room;

    if (pack->size - pack->len < n) {
        size_t size = pack->size < PACK_MIN ? PACK_MIN : pack->size;

        while (size - pack->len < n)
            size *= 2;
        pack->octets = mem_realloc(pack->octets, size, 1);
        pack->size = size;
    }
    room = pack->octets + pack->len;
    pack->len += n;
    return room;
}

void pack_u8(struct pack *pack, uint8_t value)
{
    *pack_room(pack, 1) = value;
}

void pack_u16(struct pack *pack, uint16_t value)
{
    be16_put(pack_room(pack, 2), value);
}

void pack_u32(struct pack *pack, uint32_t value)
{
    be32_put(pack_room(pack, 4), value);
}

void pack_u64(struct pack *pack, uint64_t value)
{
    be64_put(pack_room(pack, 8), value);
}

void pack_octets(struct pack *pack, const void *octets, size_t n)
{
    if (n > 0)
        memcpy(pack_room(pack, n), octets, n);
}

/* Its length with the closing 0; none: there is no text. */
void pack_text(struct pack *pack, const char *text)
{
    size_t len = text != NULL ? strlen(text) + 1 : 0;

    pack_u32(pack, (uint32_t)len);
    pack_octets(pack, text, len);
}

void pack_free(struct pack *pack)
{
    free(pack->octets);
    *pack = (struct pack){ 0 };
}

const uint8_t *unpack_octets(struct unpack *in, size_t n)
{
    const uint8_t *at = in->at;

    if (in->wrong || unpack_left(in) < n) {
        in->wrong = true;
        return NULL;
    }
    in->at += n;
    return at;
}

uint8_t unpack_u8(struct unpack *in)
{
    const uint8_t *at = unpack_octets(in, 1);

    return at != NULL ? *at : 0;
}

uint16_t unpack_u16(struct unpack *in)
{
    const uint8_t *at = unpack_octets(in, 2);

    return at != NULL ? be16_get(at) : 0;
}

uint32_t unpack_u32(struct unpack *in)
{
    const uint8_t *at = unpack_octets(in, 4);

    return at != NULL ? be32_get(at) : 0;
}

uint64_t unpack_u64(struct unpack *in)
{
    const uint8_t *at = unpack_octets(in, 8);

    return at != NULL ? be64_get(at) : 0;
}

const char *unpack_text(struct unpack *in)
{
    uint32_t len = unpack_u32(in);
    const uint8_t *at = len > 0 ? unpack_octets(in, len) : NULL;

    if (at != NULL && memchr(at, '\0', len) != at + len - 1) {
        in->wrong = true;
        at = NULL;
    }
    return (const char *)at;
}
