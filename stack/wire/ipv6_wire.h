/* The IPv6 header and its extension headers as octets, RFC 8200. Pure: no state, no clock, no
 * allocation. */
#ifndef WW_STACK_WIRE_IPV6_WIRE_H
#define WW_STACK_WIRE_IPV6_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/be.h"
#include "base/drop.h"

#define IPV6_HDR_LEN 40
#define IPV6_PAYLOAD_MAX                                                                           \
    65535                      /* octets behind the header; jumbograms (RFC 2675) are not spoken   \
                                */
#define IPV6_MTU_MIN      1280 /* RFC 8200 section 5 */
#define IPV6_FRAG_HDR_LEN 8

enum ipv6_next_header {
    IP6_NEXT_HOP_BY_HOP = 0,
    IP6_NEXT_ROUTING = 43,
    IP6_NEXT_FRAGMENT = 44,
    IP6_NEXT_ICMP = 58,
    IP6_NEXT_NONE = 59,
    IP6_NEXT_DESTINATION = 60,
};

struct ipv6_hdr { /* host byte order */
    uint8_t tclass;
    uint32_t flow; /* 20 bits */
    uint16_t payload_len;
    uint8_t next_header; /* an enum ipv6_next_header or enum ip_protocol */
    uint8_t hop_limit;
    struct ip6_addr src, dst;
};

static inline struct ip6_addr ip6_get(const uint8_t *octets)
{
    return (struct ip6_addr){ be64_get(octets), be64_get(octets + 8) };
}

static inline void ip6_put(uint8_t *octets, struct ip6_addr a)
{
    be64_put(octets, a.hi);
    be64_put(octets + 8, a.lo);
}

/** ipv6_parse() - validate and decode the header at the start of @octets; @len may exceed it and
 * its payload. DROP_NONE with *@hdr filled; DROP_TRUNCATED or DROP_BAD_VERSION with it untouched.
 */
enum drop_reason ipv6_parse(const uint8_t *octets, size_t len, struct ipv6_hdr *hdr);
/** ipv6_quote_parse() - the same for a packet quoted in an ICMPv6 error, of which the end may be
 * missing. */
enum drop_reason ipv6_quote_parse(const uint8_t *octets, size_t len, struct ipv6_hdr *hdr);
/** ipv6_emit() - write *@hdr to the IPV6_HDR_LEN octets at @octets. */
void ipv6_emit(const struct ipv6_hdr *hdr, uint8_t *octets);

/* An extension header other than the fragment header: next header, length in units of 8 octets
 * without the first, then what its kind holds. */
struct ipv6_ext {
    uint8_t next_header;
    uint16_t len; /* octets, a multiple of 8 */
};

/** ipv6_is_ext() - hop-by-hop, routing, fragment or destination options. */
static inline bool ipv6_is_ext(uint8_t next_header)
{
    return next_header == IP6_NEXT_HOP_BY_HOP || next_header == IP6_NEXT_ROUTING ||
           next_header == IP6_NEXT_FRAGMENT || next_header == IP6_NEXT_DESTINATION;
}

/** ipv6_ext_parse() - the extension header of kind @kind at @octets. DROP_TRUNCATED when it is not
 * all there. */
enum drop_reason ipv6_ext_parse(uint8_t kind, const uint8_t *octets, size_t len,
                                struct ipv6_ext *ext);

struct ipv6_frag {
    uint8_t next_header;
    uint16_t offset; /* octets, a multiple of 8 */
    bool more;
    uint32_t id;
};

/* Fragment header, RFC 8200 section 4.5: exactly IPV6_FRAG_HDR_LEN octets at @octets. */
void ipv6_frag_parse(const uint8_t *octets, struct ipv6_frag *frag);
void ipv6_frag_emit(const struct ipv6_frag *frag, uint8_t *octets);

/* Options of the hop-by-hop and destination options headers, RFC 8200 section 4.2. */
enum ipv6_option_kind {
    IP6_OPT_PAD1 = 0,
    IP6_OPT_PADN = 1,
    IP6_OPT_ROUTER_ALERT = 5, /* RFC 2711 */
    IP6_OPT_JUMBO = 0xc2,     /* RFC 2675 */
};

/* What to do with an option that is not known: the two highest bits of its kind. */
enum ipv6_option_action {
    IP6_OPT_SKIP,
    IP6_OPT_DISCARD,
    IP6_OPT_COMPLAIN,         /* discard, and send a parameter problem whatever the destination */
    IP6_OPT_COMPLAIN_UNICAST, /* the same unless the destination is a group */
};

static inline enum ipv6_option_action ipv6_option_action(uint8_t kind)
{
    return (enum ipv6_option_action)(kind >> 6);
}

struct ipv6_option {
    uint8_t kind;
    uint8_t len;           /* octets of data */
    const uint8_t *octets; /* the option's first octet, inside the header walked */
};

/* A walk over the options of the header of @len octets at @octets: the rest zero. */
struct ipv6_option_walk {
    const uint8_t *octets; /* borrowed: the extension header */
    uint16_t len;
    uint16_t at; /* offset of what comes next, or of the octet that is wrong */
    bool bad;    /* the walk ended because of something that cannot be */
};

/** ipv6_option_next() - the next option but padding. Linux takes no more than 7 octets of padding
 * in a row, and only zeros in it. */
bool ipv6_option_next(struct ipv6_option_walk *walk, struct ipv6_option *option);

/* Where the transport header is, behind what extension headers there are. */
struct ipv6_transport {
    uint8_t protocol;
    size_t at;         /* octets from the IPv6 header on */
    size_t last_field; /* where the next-header field with @protocol stands */
    bool fragment;     /* a fragment header was there */
    struct ipv6_frag frag;
    size_t frag_at; /* of the fragment header */
};

/** ipv6_find_transport() - skip the extension headers of the packet at @octets, of which @len are
 * there. False: it does not reach the transport header, or it is in another fragment. */
bool ipv6_find_transport(const uint8_t *octets, size_t len, struct ipv6_transport *found);

#endif
