/* Addresses as every layer sees them: Ethernet MAC addresses, IPv4 addresses, prefixes, and
 * endpoints. */
#ifndef WW_BASE_ADDR_H
#define WW_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mac_addr {
    uint8_t octets[6]; /* in the order of the wire */
};

#define MAC_BROADCAST ((struct mac_addr){ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } })
#define MAC_ZERO      ((struct mac_addr){ { 0, 0, 0, 0, 0, 0 } })

static inline bool mac_eq(const struct mac_addr *a, const struct mac_addr *b)
{
    return memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

/** mac_is_group() - the I/G bit: broadcast and multicast. IEEE 802-2014, 8.2.2. */
static inline bool mac_is_group(const struct mac_addr *a)
{
    return (a->octets[0] & 1) != 0;
}

static inline bool mac_is_broadcast(const struct mac_addr *a)
{
    return mac_eq(a, &MAC_BROADCAST);
}

static inline bool mac_is_zero(const struct mac_addr *a)
{
    return mac_eq(a, &MAC_ZERO);
}

/** mac_to_u64() / mac_from_u64() - a MAC as the lower 48 bits of a number, for trace arguments and
 * hashing. */
static inline uint64_t mac_to_u64(const struct mac_addr *a)
{
    uint64_t value = 0;

    for (size_t i = 0; i < sizeof a->octets; i++)
        value = value << 8 | a->octets[i];
    return value;
}

static inline struct mac_addr mac_from_u64(uint64_t value)
{
    struct mac_addr a;

    for (size_t i = 0; i < sizeof a.octets; i++)
        a.octets[i] = (uint8_t)(value >> (8 * (5 - i)));
    return a;
}

/* An IPv4 address in HOST byte order: 10.0.0.1 is 0x0a000001. Only stack/wire and be32_put() see it
 * swapped. */
typedef uint32_t ip4_addr;

#define IP4(a, b, c, d)                                                                            \
    ((ip4_addr)(((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) |             \
                (uint32_t)(d)))
#define IP4_ANY       ((ip4_addr)0)
#define IP4_LOOPBACK  IP4(127, 0, 0, 1)
#define IP4_BROADCAST ((ip4_addr)0xffffffffu)

static inline bool ip4_is_loopback(ip4_addr a)
{
    return a >> 24 == 127;
}

static inline bool ip4_is_multicast(ip4_addr a) /* 224.0.0.0/4, RFC 1112 section 4 */
{
    return a >> 28 == 0xe;
}

static inline bool ip4_is_zeronet(ip4_addr a) /* 0.0.0.0/8, RFC 1122 section 3.2.1.3 */
{
    return a >> 24 == 0;
}

static inline ip4_addr ip4_mask(unsigned prefix_len)
{
    return prefix_len == 0 ? 0 : 0xffffffffu << (32 - prefix_len);
}

static inline bool ip4_in_prefix(ip4_addr a, ip4_addr prefix, unsigned prefix_len)
{
    return ((a ^ prefix) & ip4_mask(prefix_len)) == 0;
}

/* An IPv4 endpoint as in struct sockaddr_in, but in host byte order. */
struct endpoint {
    ip4_addr addr;
    uint16_t port;
};

/* Room for the texts below, with the closing NUL. */
#define MAC_TEXT_MAX      18 /* 02:00:00:00:01:01 */
#define IP4_TEXT_MAX      16
#define ENDPOINT_TEXT_MAX 22

/** mac_format() / ip4_format() / endpoint_format() - write the usual text to @text and return it.
 */
const char *mac_format(const struct mac_addr *a, char text[static MAC_TEXT_MAX]);
const char *ip4_format(ip4_addr a, char text[static IP4_TEXT_MAX]);
const char *endpoint_format(struct endpoint e, char text[static ENDPOINT_TEXT_MAX]);

/** mac_parse() - exactly six pairs of hexadecimal digits with ':' or '-' between them. False leaves
 * *@a alone. */
bool mac_parse(const char *text, struct mac_addr *a);
/** ip4_parse() - dotted quad, four decimal numbers 0-255 without leading zeros. False leaves *@a
 * alone. */
bool ip4_parse(const char *text, ip4_addr *a);
/** ip4_prefix_parse() - ADDRESS/LEN; without /LEN the length is 32. Host bits are kept. */
bool ip4_prefix_parse(const char *text, ip4_addr *a, unsigned *prefix_len);
/** ip4_mask_len() - 255.255.255.0 -> 24, or -1 where @mask has a hole. */
int ip4_mask_len(ip4_addr mask);

#endif
