/* ICMPv6 as octets: RFC 4443, neighbor discovery (RFC 4861), multicast listener discovery (RFC
 * 3810). Pure: no state, no clock, no allocation. */
#ifndef WW_STACK_WIRE_ICMP6_WIRE_H
#define WW_STACK_WIRE_ICMP6_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/drop.h"

#define ICMP6_HDR_LEN 8 /* octets: type(1) code(1) checksum(2) rest(4), big endian */

enum icmp6_type {
    ICMP6_DEST_UNREACH = 1,
    ICMP6_PACKET_TOO_BIG = 2,
    ICMP6_TIME_EXCEEDED = 3,
    ICMP6_PARAM_PROBLEM = 4,
    ICMP6_ECHO_REQUEST = 128,
    ICMP6_ECHO_REPLY = 129,
    ICMP6_MLD_QUERY = 130,
    ICMP6_MLD_REPORT = 131, /* version 1 */
    ICMP6_MLD_DONE = 132,
    ICMP6_ROUTER_SOLICIT = 133,
    ICMP6_ROUTER_ADVERT = 134,
    ICMP6_NEIGHBOR_SOLICIT = 135,
    ICMP6_NEIGHBOR_ADVERT = 136,
    ICMP6_REDIRECT = 137,
    ICMP6_MLD2_REPORT = 143,
};

enum icmp6_unreach_code {
    ICMP6_UNREACH_NO_ROUTE = 0,
    ICMP6_UNREACH_PROHIBITED = 1,
    ICMP6_UNREACH_BEYOND_SCOPE = 2,
    ICMP6_UNREACH_ADDRESS = 3,
    ICMP6_UNREACH_PORT = 4,
    ICMP6_UNREACH_POLICY = 5,
    ICMP6_UNREACH_REJECT_ROUTE = 6,
};

enum icmp6_time_code { ICMP6_TIME_HOP_LIMIT = 0, ICMP6_TIME_REASSEMBLY = 1 };

enum icmp6_param_code {
    ICMP6_PARAM_FIELD = 0,
    ICMP6_PARAM_NEXT_HEADER = 1,
    ICMP6_PARAM_OPTION = 2,
};

struct icmp6_hdr { /* host byte order */
    uint8_t type, code;
    uint32_t rest; /* MTU, pointer, identifier and sequence ... by type */
};

/**
 * icmp6_parse() - validate and decode the message that is all of @octets, sent from @src to @dst:
 * they are in its checksum. DROP_NONE with *@hdr filled, DROP_TRUNCATED or DROP_BAD_CHECKSUM.
 */
enum drop_reason icmp6_parse(const uint8_t *octets, size_t len, struct ip6_addr src,
                             struct ip6_addr dst, struct icmp6_hdr *hdr);
/** icmp6_emit() - write *@hdr to the first ICMP6_HDR_LEN of @octets, with the checksum over all
 * @total_len, whose rest must already be in place. */
void icmp6_emit(const struct icmp6_hdr *hdr, uint8_t *octets, size_t total_len, struct ip6_addr src,
                struct ip6_addr dst);

/** icmp6_is_error() - types below 128 are about another packet, which they quote. */
static inline bool icmp6_is_error(uint8_t type)
{
    return type < 128;
}

/* ---- neighbor discovery ---- */

#define NDP_HOP_LIMIT    255 /* and no other: it proves that the sender is on the link */
#define NDP_PREFIXES_MAX 8
#define NDP_MSG_MAX                                                                                \
    (40 + 4 * 8 + NDP_PREFIXES_MAX * 32) /* a redirect's fixed part is the longest */

struct ndp_prefix { /* RFC 4861 section 4.6.2 */
    struct ip6_addr prefix;
    uint8_t len;
    bool on_link, autonomous;
    uint32_t valid, preferred; /* s, UINT32_MAX: for ever */
};

struct ndp_msg {
    uint8_t type;                     /* ICMP6_ROUTER_SOLICIT to ICMP6_REDIRECT */
    struct ip6_addr target;           /* of solicitations, advertisements, redirects */
    struct ip6_addr dst;              /* of redirects */
    bool router, solicited, override; /* of neighbor advertisements */
    bool has_source, has_target;      /* link-layer address options */
    struct mac_addr source_mac, target_mac;
    bool has_nonce; /* RFC 7527 */
    uint64_t nonce; /* its 6 octets */
    /* of router advertisements */
    uint8_t hop_limit;
    bool managed, other;
    uint16_t lifetime;                 /* s, of the default router */
    uint32_t reachable_ms, retrans_ms; /* 0: not said */
    uint32_t mtu;                      /* 0: not said */
    unsigned n_prefixes;
    struct ndp_prefix prefixes[NDP_PREFIXES_MAX]; /* more than these are ignored */
    /* of redirects, read but not written: ndp_redirected_emit() */
    const uint8_t *redirected; /* the packet that it is about, inside what was parsed; or NULL */
    size_t redirected_len;
};

/** ndp_parse() - decode a message whose checksum is right. DROP_NONE, DROP_TRUNCATED, or
 * DROP_BAD_OPTION (an option of length 0 or beyond the end). */
enum drop_reason ndp_parse(const uint8_t *octets, size_t len, struct ndp_msg *msg);
/** ndp_emit() - write *@msg to @octets (room for NDP_MSG_MAX), with the checksum; how many octets
 * it has. */
size_t ndp_emit(const struct ndp_msg *msg, uint8_t *octets, struct ip6_addr src,
                struct ip6_addr dst);

#define NDP_REDIRECTED_HDR_LEN 8

/** ndp_redirected_emit() - the head of the option that quotes @len octets, a multiple of 8, of a
 * packet: NDP_REDIRECTED_HDR_LEN octets, RFC 4861 section 4.6.3. */
void ndp_redirected_emit(uint8_t *octets, size_t len);

/* ---- multicast listener discovery ---- */

enum mld_record_type {
    MLD_MODE_IS_INCLUDE = 1,
    MLD_MODE_IS_EXCLUDE = 2,
    MLD_CHANGE_TO_INCLUDE = 3,
    MLD_CHANGE_TO_EXCLUDE = 4,
};

struct mld_record {
    uint8_t type;
    struct ip6_addr group;
};

#define MLD_RECORD_LEN 20

/** mld_report_len() - octets of a version 2 report with @n records (without source lists). */
static inline size_t mld_report_len(unsigned n)
{
    return ICMP6_HDR_LEN + (size_t)n * MLD_RECORD_LEN;
}

/** mld_report_emit() - write a version 2 report with @n records, RFC 3810 section 5.2. */
void mld_report_emit(const struct mld_record *records, unsigned n, uint8_t *octets,
                     struct ip6_addr src, struct ip6_addr dst);
/** mld_record_next() - the record at *@at of the report at @octets, and move *@at behind it. False
 * at the end. Start with *@at 0. */
bool mld_record_next(const uint8_t *octets, size_t len, size_t *at, struct mld_record *record);

struct mld_query {
    uint32_t max_response_ms;
    struct ip6_addr group; /* :: asks for all */
    bool v2;
};

/** mld_query_parse() - a query of either version; false when it is too short. */
bool mld_query_parse(const uint8_t *octets, size_t len, struct mld_query *query);

#endif
