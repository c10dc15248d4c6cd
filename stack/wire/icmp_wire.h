/* ICMP for IPv4 as octets, RFC 792. Pure: no state, no clock, no allocation. */
#ifndef WW_STACK_WIRE_ICMP_WIRE_H
#define WW_STACK_WIRE_ICMP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/drop.h"

#define ICMP_HDR_LEN 8 /* octets: type(1) code(1) checksum(2) rest(4), big endian */

enum icmp_type {
    ICMP_ECHO_REPLY = 0,
    ICMP_DEST_UNREACH = 3,
    ICMP_SOURCE_QUENCH = 4, /* deprecated, RFC 6633: never sent, ignored when received */
    ICMP_REDIRECT = 5,
    ICMP_ECHO_REQUEST = 8,
    ICMP_ROUTER_ADVERTISEMENT = 9, /* RFC 1256 */
    ICMP_ROUTER_SOLICITATION = 10,
    ICMP_TIME_EXCEEDED = 11,
    ICMP_PARAM_PROBLEM = 12,
    ICMP_TIMESTAMP_REQUEST = 13,
    ICMP_TIMESTAMP_REPLY = 14,
};

/* 0 to 5 RFC 792, 6 to 12 RFC 1122 section 3.2.2.1, 13 to 15 RFC 1812 section 5.2.7.1. */
enum icmp_unreach_code {
    ICMP_UNREACH_NET = 0,
    ICMP_UNREACH_HOST = 1,
    ICMP_UNREACH_PROTOCOL = 2,
    ICMP_UNREACH_PORT = 3,
    ICMP_UNREACH_FRAG_NEEDED = 4, /* with the next hop's MTU, RFC 1191 section 4 */
    ICMP_UNREACH_SOURCE_ROUTE = 5,
    ICMP_UNREACH_NET_UNKNOWN = 6,
    ICMP_UNREACH_HOST_UNKNOWN = 7,
    ICMP_UNREACH_HOST_ISOLATED = 8,
    ICMP_UNREACH_NET_PROHIBITED = 9,
    ICMP_UNREACH_HOST_PROHIBITED = 10,
    ICMP_UNREACH_NET_TOS = 11,
    ICMP_UNREACH_HOST_TOS = 12,
    ICMP_UNREACH_ADMIN_PROHIBITED = 13,
    ICMP_UNREACH_HOST_PRECEDENCE = 14,
    ICMP_UNREACH_PRECEDENCE_CUTOFF = 15,
};

enum icmp_redirect_code {
    ICMP_REDIRECT_NET = 0,
    ICMP_REDIRECT_HOST = 1,
    ICMP_REDIRECT_NET_TOS = 2,
    ICMP_REDIRECT_HOST_TOS = 3,
};

enum icmp_time_code { ICMP_TIME_TTL = 0, ICMP_TIME_REASSEMBLY = 1 };

enum icmp_param_code {
    ICMP_PARAM_POINTER = 0,
    ICMP_PARAM_MISSING_OPTION = 1,
    ICMP_PARAM_BAD_LENGTH = 2,
};

struct icmp_hdr { /* host byte order */
    uint8_t type, code;
    uint32_t rest; /* the 4 octets after the checksum; what they mean depends on the type */
};

/**
 * icmp_parse() - validate and decode the message that is all of @octets: pass the IP payload
 * without Ethernet padding, since the checksum covers @len octets. Returns DROP_NONE with *@hdr
 * filled, or DROP_TRUNCATED or DROP_BAD_CHECKSUM with *@hdr untouched.
 */
enum drop_reason icmp_parse(const uint8_t *octets, size_t len, struct icmp_hdr *hdr);
/**
 * icmp_emit() - write *@hdr to the first ICMP_HDR_LEN of @octets, with the checksum over all
 * @total_len: the message's body must already be in place behind the header.
 */
void icmp_emit(const struct icmp_hdr *hdr, uint8_t *octets, size_t total_len);

/** icmp_is_error() - a message about another packet, which it quotes. RFC 1122 section 3.2.2. */
static inline bool icmp_is_error(uint8_t type)
{
    return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
           type == ICMP_TIME_EXCEEDED || type == ICMP_PARAM_PROBLEM;
}

/** icmp_echo_id() / icmp_echo_seq() - of echo and timestamp messages. */
static inline uint16_t icmp_echo_id(const struct icmp_hdr *hdr)
{
    return (uint16_t)(hdr->rest >> 16);
}

static inline uint16_t icmp_echo_seq(const struct icmp_hdr *hdr)
{
    return (uint16_t)hdr->rest;
}

/** icmp_mtu() - of ICMP_UNREACH_FRAG_NEEDED, octets; 0 from a router older than RFC 1191. */
static inline uint16_t icmp_mtu(const struct icmp_hdr *hdr)
{
    return (uint16_t)hdr->rest;
}

/** icmp_gateway() - of ICMP_REDIRECT: the router to use instead. */
static inline ip4_addr icmp_gateway(const struct icmp_hdr *hdr)
{
    return hdr->rest;
}

/** icmp_pointer() - of ICMP_PARAM_PROBLEM: the offset of the wrong octet in the quoted packet. */
static inline uint8_t icmp_pointer(const struct icmp_hdr *hdr)
{
    return (uint8_t)(hdr->rest >> 24);
}

/** icmp_make() - a header whose rest is zero, e.g. port unreachable or time exceeded. */
static inline struct icmp_hdr icmp_make(uint8_t type, uint8_t code)
{
    return (struct icmp_hdr){ .type = type, .code = code };
}

/** icmp_make_echo() - @type: echo or timestamp, request or reply. */
static inline struct icmp_hdr icmp_make_echo(uint8_t type, uint16_t id, uint16_t seq)
{
    return (struct icmp_hdr){ .type = type, .rest = (uint32_t)id << 16 | seq };
}

static inline struct icmp_hdr icmp_make_frag_needed(uint16_t mtu)
{
    return (struct icmp_hdr){ ICMP_DEST_UNREACH, ICMP_UNREACH_FRAG_NEEDED, mtu };
}

static inline struct icmp_hdr icmp_make_redirect(uint8_t code, ip4_addr gateway)
{
    return (struct icmp_hdr){ ICMP_REDIRECT, code, gateway };
}

static inline struct icmp_hdr icmp_make_param_problem(uint8_t pointer)
{
    return (struct icmp_hdr){ ICMP_PARAM_PROBLEM, ICMP_PARAM_POINTER, (uint32_t)pointer << 24 };
}

#endif
