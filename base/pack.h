/*
 * Values as octets, one behind the other, big endian: what goes from one process to another.
 * Written into memory that grows; read with every length checked, so that octets which are no such
 * values are found out and never followed.
 */
#ifndef WW_BASE_PACK_H
#define WW_BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pack { /* all zero: empty */
    uint8_t *octets;
    size_t len, size;
};

/** pack_room() - @n more octets at the end, to be filled in before the next call. */
uint8_t *pack_room(struct pack *pack, size_t n);
void pack_u8(struct pack *pack, uint8_t value);
void pack_u16(struct pack *pack, uint16_t value);
void pack_u32(struct pack *pack, uint32_t value);
void pack_u64(struct pack *pack, uint64_t value);
void pack_octets(struct pack *pack, const void *octets, size_t n);
/** pack_text() - @text may be NULL. */
void pack_text(struct pack *pack, const char *text);
void pack_free(struct pack *pack);

struct unpack {
    const uint8_t *at, *end;
    bool wrong; /* something was not there: what is read since is 0 */
};

static inline struct unpack unpack_of(const void *octets, size_t len)
{
    return (struct unpack){ octets, (const uint8_t *)octets + len, false };
}

static inline size_t unpack_left(const struct unpack *in)
{
    return (size_t)(in->end - in->at);
}

/** unpack_octets() - the next @n octets where they are, or NULL. */
const uint8_t *unpack_octets(struct unpack *in, size_t n);
uint8_t unpack_u8(struct unpack *in);
uint16_t unpack_u16(struct unpack *in);
uint32_t unpack_u32(struct unpack *in);
uint64_t unpack_u64(struct unpack *in);
/** unpack_text() - where it is, or NULL: there is none, or it is wrong. */
const char *unpack_text(struct unpack *in);

#endif
