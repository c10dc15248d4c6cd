/* The IPv4 header as octets, RFC 791 section 3.1. Pure: no state, no clock, no allocation. */
#ifndef WW_STACK_WIRE_IPV4_WIRE_H
#define WW_STACK_WIRE_IPV4_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/be.h"
#include "base/checksum.h"
#include "base/drop.h"

#define IPV4_HDR_LEN     20    /* octets, without options */
#define IPV4_HDR_MAX     60    /* with 40 octets of options */
#define IPV4_OPTIONS_MAX 40    /* octets */
#define IPV4_LEN_MAX     65535 /* octets of a whole packet, header included */

enum { /* where the fields stand */
       IPV4_AT_VERSION_IHL = 0,
       IPV4_AT_TOS = 1,
       IPV4_AT_LEN = 2, /* of the whole packet */
       IPV4_AT_ID = 4,
       IPV4_AT_FRAG = 6, /* flags and fragment offset */
       IPV4_AT_TTL = 8,
       IPV4_AT_PROTOCOL = 9,
       IPV4_AT_CHECKSUM = 10,
       IPV4_AT_SRC = 12,
       IPV4_AT_DST = 16,
       IPV4_AT_OPTIONS = 20
};

enum ip_protocol {
    IP_PROTO_ICMP = 1,
    IP_PROTO_IGMP = 2,
    IP_PROTO_TCP = 6,
    IP_PROTO_UDP = 17,
    IP_PROTO_RAW = 255, /* of raw sockets alone: programs send whole packets */
};

/* Bits of the 16-bit word that carries the fragment offset in units of 8 octets. */
#define IPV4_DF          0x4000
#define IPV4_MF          0x2000
#define IPV4_OFFSET_MASK 0x1fff

/* Option kinds, RFC 791 section 3.1 and RFC 2113; the top bit says "copied into every fragment". */
enum ipv4_option_kind {
    IPV4_OPT_EOL = 0,
    IPV4_OPT_NOP = 1,
    IPV4_OPT_RECORD_ROUTE = 7,
    IPV4_OPT_TIMESTAMP = 68,
    IPV4_OPT_LOOSE_ROUTE = 131,
    IPV4_OPT_STRICT_ROUTE = 137,
    IPV4_OPT_ROUTER_ALERT = 148,
};
#define IPV4_OPT_COPIED 0x80

struct ipv4_hdr {    /* host byte order */
    uint8_t hdr_len; /* octets: 20 to 60, a multiple of 4 */
    uint8_t tos;
    uint8_t ttl;
    uint8_t protocol;   /* an enum ip_protocol, or another number */
    uint16_t total_len; /* octets, header included */
    uint16_t id;
    bool df, mf;
    uint16_t frag_off; /* octets, a multiple of 8 */
    ip4_addr src, dst;
    uint8_t n_options; /* octets of @options used; parsing gives hdr_len - 20, padding included */
    uint8_t options[IPV4_OPTIONS_MAX];
};

/**
 * ipv4_parse() - validate and decode the header at the start of @octets. @len may exceed total_len:
 * a short packet in an Ethernet frame is followed by padding, which is the caller's to cut off.
 * Returns DROP_NONE with *@hdr filled; DROP_TRUNCATED (less there than the header says),
 * DROP_BAD_VERSION, DROP_BAD_HEADER (IHL below 5, total_len below the header's length) or
 * DROP_BAD_CHECKSUM with *@hdr untouched. Options are taken as they are: see ipv4_option_next().
 */
enum drop_reason ipv4_parse(const uint8_t *octets, size_t len, struct ipv4_hdr *hdr);

/**
 * ipv4_quote_parse() - the same for the packet quoted in an ICMP error, RFC 792 and RFC 1122
 * section 3.2.2: its total_len usually exceeds what is there, and its header checksum is not
 * verified, because routers on the way have changed the header. The quoted transport header begins
 * at hdr->hdr_len and has @len - hdr->hdr_len octets.
 */
enum drop_reason ipv4_quote_parse(const uint8_t *octets, size_t len, struct ipv4_hdr *hdr);

/** ipv4_plain_parse() - decode a header that has been looked at: right, without options, of a whole
 * datagram. */
static inline void ipv4_plain_parse(const uint8_t *octets, struct ipv4_hdr *hdr)
{
    hdr->hdr_len = IPV4_HDR_LEN;
    hdr->tos = octets[IPV4_AT_TOS];
    hdr->ttl = octets[IPV4_AT_TTL];
    hdr->protocol = octets[IPV4_AT_PROTOCOL];
    hdr->total_len = be16_get(octets + IPV4_AT_LEN);
    hdr->id = be16_get(octets + IPV4_AT_ID);
    hdr->df = (octets[IPV4_AT_FRAG] & IPV4_DF >> 8) != 0;
    hdr->mf = false;
    hdr->frag_off = 0;
    hdr->src = be32_get(octets + IPV4_AT_SRC);
    hdr->dst = be32_get(octets + IPV4_AT_DST);
    hdr->n_options = 0;
}

/**
 * ipv4_emit() - write *@hdr to @octets, exactly hdr->hdr_len of them, with the right checksum.
 * hdr_len must have room for n_options and be a multiple of 4; what is left over becomes
 * end-of-list octets.
 */
void ipv4_emit(const struct ipv4_hdr *hdr, uint8_t *octets);

/** ipv4_put() - the same for a header without options, field by field; @frag: the word with DF, MF
 * and the offset in units of 8 octets. */
static inline void ipv4_put(uint8_t *octets, uint8_t tos, uint16_t total_len, uint16_t id,
                            uint16_t frag, uint8_t ttl, uint8_t protocol, ip4_addr src,
                            ip4_addr dst)
{
    uint32_t first = 4u << 28 | (IPV4_HDR_LEN / 4u) << 24 | (uint32_t)tos << 16 | total_len,
             second = (uint32_t)id << 16 | frag,
             third = (uint32_t)ttl << 24 | (uint32_t)protocol << 16;
    uint64_t sum = (uint64_t)first + second + third + src + dst;

    be32_put(octets, first);
    be32_put(octets + IPV4_AT_ID, second);
    be32_put(octets + IPV4_AT_TTL, third | (uint16_t)~checksum_fold64(sum));
    be32_put(octets + IPV4_AT_SRC, src);
    be32_put(octets + IPV4_AT_DST, dst);
}

/** ipv4_hdr_len_for() - hdr_len for @n_options octets of options: rounded up to a multiple of 4. */
static inline uint8_t ipv4_hdr_len_for(unsigned n_options)
{
    return (uint8_t)(IPV4_HDR_LEN + ((n_options + 3u) & ~3u));
}

/**
 * ipv4_dec_ttl() - one less TTL in the header at @octets, checksum updated as in RFC 1624. TTL
 * must not be 0.
 */
static inline void ipv4_dec_ttl(uint8_t *octets)
{
    /* The word that holds the TTL becomes 0x100 less, so the complement of the sum that much more,
       with its carry around the end: in whatever order the octets of words are, RFC 1071 section
       2(B). */
    uint16_t word;
    uint32_t sum;

    memcpy(&word, octets + IPV4_AT_CHECKSUM, sizeof word);
    sum = (uint32_t)word + BE16(0x100);
    octets[IPV4_AT_TTL]--;
    word = (uint16_t)(sum + ((sum + 1) >> 16)); /* one more from 0xffff on */
    memcpy(octets + IPV4_AT_CHECKSUM, &word, sizeof word);
}

struct ipv4_option {
    uint8_t kind;
    uint8_t len;           /* octets, kind and length included; at least 2 */
    const uint8_t *octets; /* the option's first octet, inside the options walked */
};

/* A walk over option octets: start with { .octets, .len } and the rest zero. */
struct ipv4_option_walk {
    const uint8_t *octets; /* borrowed */
    uint8_t len;
    uint8_t at; /* offset of what comes next, or of the octet that is wrong */
    bool bad;   /* the walk ended because of a length that cannot be */
};

/**
 * ipv4_option_next() - the next option; no-operation octets are skipped and end-of-list ends the
 * walk. False at the end; then walk->bad says whether it was the end, and walk->at where the
 * malformed option begins (for an ICMP parameter problem add IPV4_HDR_LEN).
 */
bool ipv4_option_next(struct ipv4_option_walk *walk, struct ipv4_option *option);

#endif
