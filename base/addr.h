/* Addresses as every layer sees them: Ethernet MAC addresses, IPv4 addresses, prefixes, and
 * endpoints. */
#ifndef WW_BASE_ADDR_H
#define WW_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/be.h"

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
    return (uint64_t)be16_get(a->octets) << 32 | be32_get(a->octets + 2);
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

/** ip4_bit() - one of 32 bits, which @addr chooses: a word of such bits says of most addresses that
 * they are not in a small set. */
static inline uint32_t ip4_bit(ip4_addr addr)
{
    return UINT32_C(1) << ((addr * UINT32_C(0x9e3779b1)) >> 27);
}

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

/* An IPv6 address as two numbers in HOST byte order: 2001:db8::1 is { 0x20010db800000000, 1 }. */
struct ip6_addr {
    uint64_t hi, lo;
};

/* From its eight groups, as they are written. */
#define IP6(a, b, c, d, e, f, g, h)                                                                \
    ((struct ip6_addr){ (uint64_t)(a) << 48 | (uint64_t)(b) << 32 | (uint64_t)(c) << 16 | (d),     \
                        (uint64_t)(e) << 48 | (uint64_t)(f) << 32 | (uint64_t)(g) << 16 | (h) })
#define IP6_ANY         ((struct ip6_addr){ 0, 0 })
#define IP6_LOOPBACK    ((struct ip6_addr){ 0, 1 })
#define IP6_ALL_NODES   IP6(0xff02, 0, 0, 0, 0, 0, 0, 1)
#define IP6_ALL_ROUTERS IP6(0xff02, 0, 0, 0, 0, 0, 0, 2)

static inline bool ip6_eq(struct ip6_addr a, struct ip6_addr b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static inline bool ip6_is_any(struct ip6_addr a)
{
    return (a.hi | a.lo) == 0;
}

static inline bool ip6_is_loopback(struct ip6_addr a)
{
    return a.hi == 0 && a.lo == 1;
}

static inline bool ip6_is_multicast(struct ip6_addr a) /* ff00::/8, RFC 4291 section 2.7 */
{
    return a.hi >> 56 == 0xff;
}

static inline bool ip6_is_link_local(struct ip6_addr a) /* fe80::/10 */
{
    return a.hi >> 54 == 0x3fa;
}

static inline bool ip6_is_mapped(struct ip6_addr a) /* ::ffff:0:0/96, RFC 4291 section 2.5.5.2 */
{
    return a.hi == 0 && a.lo >> 32 == 0xffff;
}

static inline struct ip6_addr ip6_from_mapped(ip4_addr a)
{
    return (struct ip6_addr){ 0, UINT64_C(0xffff00000000) | a };
}

/** ip6_mcast_scope() - 1 interface, 2 link, 5 site, 8 organisation, 14 global; of a group. */
static inline unsigned ip6_mcast_scope(struct ip6_addr a)
{
    return (unsigned)(a.hi >> 48) & 15;
}

/** ip6_prefix() - @a with all bits behind the first @len cleared. */
static inline struct ip6_addr ip6_prefix(struct ip6_addr a, unsigned len)
{
    a.hi = len >= 64 ? a.hi : len == 0 ? 0 : a.hi & ~(UINT64_MAX >> len);
    a.lo = len >= 128 ? a.lo : len <= 64 ? 0 : a.lo & ~(UINT64_MAX >> (len - 64));
    return a;
}

static inline bool ip6_in_prefix(struct ip6_addr a, struct ip6_addr prefix, unsigned len)
{
    return ip6_eq(ip6_prefix(a, len), ip6_prefix(prefix, len));
}

/** ip6_solicited_node() - the group in which the owner of @a listens for questions, RFC 4291
 * section 2.7.1. */
static inline struct ip6_addr ip6_solicited_node(struct ip6_addr a)
{
    return (struct ip6_addr){ UINT64_C(0xff02) << 48, UINT64_C(0x1ff000000) | (a.lo & 0xffffff) };
}

/** ip6_compare() - below, equal to or above 0, as the octets on the wire compare. */
static inline int ip6_compare(struct ip6_addr a, struct ip6_addr b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}

/* As struct sockaddr_in or, with @v6, struct sockaddr_in6, in host byte order. */
struct endpoint {
    ip4_addr addr; /* of IPv4, else 0 */
    uint16_t port;
    bool v6;
    uint8_t scope;         /* ifindex that a link-local @addr6 belongs to, 0: not said */
    struct ip6_addr addr6; /* of IPv6, else 0 */
};

static inline bool endpoint_is_any(const struct endpoint *e)
{
    return e->addr == 0 && ip6_is_any(e->addr6);
}

static inline bool endpoint_same_addr(const struct endpoint *a, const struct endpoint *b)
{
    return a->addr == b->addr && a->v6 == b->v6 && (!a->v6 || ip6_eq(a->addr6, b->addr6));
}

static inline bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && endpoint_same_addr(a, b);
}

/** endpoint_without_port() - the same address, port 0. */
static inline struct endpoint endpoint_without_port(struct endpoint e)
{
    e.port = 0;
    return e;
}

/* Room for the texts below, with the closing NUL. */
#define MAC_TEXT_MAX      18 /* 02:00:00:00:01:01 */
#define IP4_TEXT_MAX      16
#define IP6_TEXT_MAX      46
#define ENDPOINT_TEXT_MAX 60 /* [2001:db8::1%12]:65535 */

/** mac_format() / ip4_format() / endpoint_format() - write the usual text to @text and return it.
 */
const char *mac_format(const struct mac_addr *a, char text[static MAC_TEXT_MAX]);
const char *ip4_format(ip4_addr a, char text[static IP4_TEXT_MAX]);
const char *endpoint_format(struct endpoint e, char text[static ENDPOINT_TEXT_MAX]);
/** ip6_format() - as RFC 5952 wants it: lower case, the longest run of zeros as "::". */
const char *ip6_format(struct ip6_addr a, char text[static IP6_TEXT_MAX]);

/** mac_parse() - exactly six pairs of hexadecimal digits with ':' or '-' between them. False leaves
 * *@a alone. */
bool mac_parse(const char *text, struct mac_addr *a);
/** ip4_parse() - dotted quad, four decimal numbers 0-255 without leading zeros. False leaves *@a
 * alone. */
bool ip4_parse(const char *text, ip4_addr *a);
/** ip4_parse_dots() - one to four numbers with dots between, decimal, octal (0...) or hexadecimal
 * (0x...), the last of which fills what is left: what inet_aton() takes, so "10.1" is 10.0.0.1. */
bool ip4_parse_dots(const char *text, ip4_addr *a);
/** ip4_prefix_parse() - ADDRESS/LEN; without /LEN the length is 32. Host bits are kept. */
bool ip4_prefix_parse(const char *text, ip4_addr *a, unsigned *prefix_len);
/** ip6_parse() - the forms of RFC 4291 section 2.2. False leaves *@a alone. */
bool ip6_parse(const char *text, struct ip6_addr *a);
/** ip6_prefix_parse() - ADDRESS/LEN; without /LEN the length is 128. Host bits are kept. */
bool ip6_prefix_parse(const char *text, struct ip6_addr *a, unsigned *prefix_len);
/** endpoint_parse_addr() - an address of either family, with port 0. False leaves *@e alone. */
bool endpoint_parse_addr(const char *text, struct endpoint *e);
/** ip4_mask_len() - 255.255.255.0 -> 24, or -1 where @mask has a hole. */
int ip4_mask_len(ip4_addr mask);

#endif
