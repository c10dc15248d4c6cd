/*
 * The TCP header and its options as octets: RFC 9293 section 3.1, RFC 7323 (window scale,
 * timestamps), RFC 2018 (SACK), RFC 7413 (Fast Open), RFC 9768 (accurate ECN). Pure: no state, no
 * clock, no allocation.
 */
#ifndef WW_STACK_WIRE_TCP_WIRE_H
#define WW_STACK_WIRE_TCP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "base/drop.h"

#define TCP_HDR_LEN     20 /* octets, without options */
#define TCP_HDR_MAX     60 /* with 40 octets of options */
#define TCP_OPTIONS_MAX 40
#define TCP_SACK_MAX    4  /* blocks that fit; 3 beside timestamps */
#define TCP_WSCALE_MAX  14 /* RFC 7323 section 2.3 */
#define TCP_AT_CHECKSUM 16 /* where the checksum stands, for filling it in */

/* RFC 7413 section 4.1.1; before it the option had an experiment's number, RFC 6994. */
#define TCP_COOKIE_MIN           4 /* octets of a Fast Open cookie */
#define TCP_COOKIE_MAX           16
#define TCP_EXPERIMENT_FAST_OPEN 0xf989

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_ECE = 0x40, /* RFC 3168 section 6.1 */
    TCP_CWR = 0x80,
    TCP_AE = 0x100, /* RFC 9768 section 3.2.2 */
    TCP_ACE = TCP_AE | TCP_CWR | TCP_ECE,
};

enum tcp_option_kind {
    TCP_OPT_EOL = 0,
    TCP_OPT_NOP = 1,
    TCP_OPT_MSS = 2,
    TCP_OPT_WSCALE = 3,
    TCP_OPT_SACK_PERMITTED = 4,
    TCP_OPT_SACK = 5,
    TCP_OPT_TIMESTAMPS = 8,
    TCP_OPT_SIGNATURE = 19,
    TCP_OPT_FAST_OPEN = 34,
    TCP_OPT_ACCECN0 = 172, /* RFC 9768 section 3.2.3: counters of ECT(0), CE, ECT(1) */
    TCP_OPT_ACCECN1 = 174, /* of ECT(1), CE, ECT(0) */
    TCP_OPT_EXPERIMENT = 254,
};

/* Timestamps alone, as nearly all segments have them: nop, nop, timestamps. */
#define TCP_TS_PADDED 12
#define TCP_PLAIN_LEN (TCP_HDR_LEN + TCP_TS_PADDED) /* of their headers */
#define TCP_TS_PREFIX                                                                              \
    ((uint32_t)TCP_OPT_NOP << 24 | (uint32_t)TCP_OPT_NOP << 16 |                                   \
     (uint32_t)TCP_OPT_TIMESTAMPS << 8 | (TCP_TS_PADDED - 2))

struct tcp_cookie {
    uint8_t len; /* octets; 0: asks for one */
    uint8_t octets[TCP_COOKIE_MAX];
};

#define TCP_ACCECN_FIELDS 3

struct tcp_accecn {
    uint8_t kind;                      /* TCP_OPT_ACCECN0 or TCP_OPT_ACCECN1 */
    uint8_t n;                         /* fields */
    uint32_t field[TCP_ACCECN_FIELDS]; /* 24 bits, in the order of the option */
};

struct tcp_sack_block {
    uint32_t start, end; /* the first octet held, and the one behind the last */
};

struct tcp_options { /* host byte order; what is absent is zero */
    bool has_mss, has_wscale, sack_permitted, has_ts;
    bool has_cookie, cookie_exp; /* Fast Open, and in its experimental form; SYN only */
    uint8_t wscale;              /* shift count as sent, perhaps above TCP_WSCALE_MAX; SYN only */
    uint8_t n_sack;              /* blocks; never on a SYN */
    uint8_t signature_at; /* RFC 2385; parsed: where it stands in the header; else: there shall be
                             one */
    uint8_t accecn_at;    /* parsed: where the option stands in the header, 0: there is none */
    uint16_t mss;         /* octets; SYN only */
    uint32_t ts_val, ts_ecr;
    union {
        struct tcp_sack_block sack[TCP_SACK_MAX];
        struct tcp_cookie cookie;
    };
    const struct tcp_accecn *accecn; /* to be emitted; NULL: none */
};

struct tcp_hdr { /* host byte order */
    uint16_t src_port, dst_port;
    uint32_t seq, ack;
    uint8_t hdr_len; /* octets, options and padding included; tcp_emit() works it out itself */
    uint16_t flags;  /* enum tcp_flag */
    uint16_t window; /* as sent, unscaled */
    uint16_t checksum;
    uint16_t urgent;
    struct tcp_options opt;
};

/**
 * tcp_parse() - decode header and options at the start of @octets; data begins at hdr->hdr_len.
 * The checksum is the caller's to verify: it covers the addresses too.
 *
 * Options are read as Linux reads them: unknown kinds are skipped by their length; a length that
 * cannot be ends the list, and what stood before it counts; a known kind with a length that is not
 * its own is skipped; MSS, window scale and SACK-permitted count on a SYN only, an MSS of 0 and
 * SACK blocks on a SYN do not; a Fast Open cookie has an even length of 4 to 16 octets or none. Of
 * an option sent twice the last one counts. Returns DROP_NONE with
 * *@hdr filled; DROP_TRUNCATED, or DROP_BAD_HEADER where the data offset is below 5, with *@hdr
 * untouched.
 */
enum drop_reason tcp_parse(const uint8_t *octets, size_t len, struct tcp_hdr *hdr);

/** tcp_read_blocks() - where SACK blocks are all that the @len octets of options at @octets are,
 * with two no-operations before them: read them to @opt; else false. */
bool tcp_read_blocks(const uint8_t *octets, size_t len, struct tcp_options *opt);

/** tcp_read_accecn() - decode the accurate ECN option @option, whose kind is one of its two. What
 * is left over behind whole fields does not count. */
void tcp_read_accecn(const uint8_t *option, struct tcp_accecn *accecn);

/**
 * tcp_emit() - write header and options to @octets, which has room for TCP_HDR_MAX, and return the
 * header's length. The checksum is written as given. hdr->hdr_len is not looked at.
 *
 * Order and padding are Linux's. Always first: nop,nop,MD5 with 16 zeros for the signature. On a
 * SYN: mss; sackOK,TS (or nop,nop,TS, or nop,nop,sackOK where one is alone); nop,ws; cookie with
 * nop behind it up to a multiple of 4, unless it does not fit. Otherwise: nop,nop,TS; nop,nop,SACK.
 * Accurate ECN stands behind the timestamps; its last one or two octets take the place of the
 * no-operations before SACK or sackOK, else it is padded. Options that do not belong on the segment
 * are left out, and SACK blocks that no longer fit too, last ones first.
 */
size_t tcp_emit(const struct tcp_hdr *hdr, uint8_t *octets);

/** tcp_put() - for tcp_emit(), and for who writes a header's fields in their places: those without
 * options, @hdr_len octets with them; checksum and urgent pointer are 0. tcp_put_ts() - the options
 * of a segment that has timestamps alone: TCP_TS_PADDED octets. tcp_put_blocks() - @n SACK blocks
 * with two no-operations before them, TCP_BLOCKS_PADDED(n) octets. */
static inline void tcp_put(uint8_t *octets, uint16_t src_port, uint16_t dst_port, uint32_t seq,
                           uint32_t ack, uint32_t hdr_len, uint16_t flags, uint16_t window)
{
    be32_put(octets, (uint32_t)src_port << 16 | dst_port);
    be32_put(octets + 4, seq);
    be32_put(octets + 8, ack);
    be32_put(octets + 12, hdr_len / 4 << 28 | (uint32_t)flags << 16 | window);
    be32_put(octets + 16, 0);
}

static inline void tcp_put_ts(uint8_t *octets, uint32_t ts_val, uint32_t ts_ecr)
{
    be32_put(octets, TCP_TS_PREFIX);
    be32_put(octets + 4, ts_val);
    be32_put(octets + 8, ts_ecr);
}

#define TCP_SACK_PADDED      4u /* octets before the blocks: two no-operations, kind and length */
#define TCP_SACK_BLOCK       8u
#define TCP_BLOCKS_PADDED(n) (TCP_SACK_PADDED + TCP_SACK_BLOCK * (n))
void tcp_put_blocks(uint8_t *octets, const struct tcp_sack_block *blocks, size_t n);

/**
 * tcp_options_len() - octets of options and padding tcp_emit() writes: a multiple of 4, at
 * most 40.
 */
size_t tcp_options_len(const struct tcp_options *opt, bool is_syn);

#endif
