/*
 * DNS messages as octets: RFC 1035 section 4, AAAA of RFC 3596, EDNS of RFC 6891. Pure: no state,
 * no clock, no allocation.
 *
 * Names are handled as text in presentation format, always absolute: "www.baidu.com.", the root
 * ".". A dot, backslash or quote inside a label, and the characters ( ) ; @ $ are written \. and so
 * on; an octet that is no printable character is written \DDD (RFC 1035 section 5.1, RFC 4343
 * section 2.1).
 */
#ifndef WW_STACK_WIRE_DNS_WIRE_H
#define WW_STACK_WIRE_DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/drop.h"

#define DNS_PORT      53
#define DNS_HDR_LEN   12
#define DNS_UDP_MAX   512  /* octets of a message over UDP without EDNS, RFC 1035 section 4.2.1 */
#define DNS_NAME_MAX  255  /* octets of a name on the wire, RFC 1035 section 2.3.4 */
#define DNS_LABEL_MAX 63   /* octets of one label */
#define DNS_TEXT_MAX  1005 /* a name as text, with its NUL: 250 octets as \DDD and 4 dots */

enum dns_type {
    DNS_TYPE_A = 1,
    DNS_TYPE_NS = 2,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_SOA = 6,
    DNS_TYPE_PTR = 12,
    DNS_TYPE_MX = 15,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_OPT = 41,
    DNS_TYPE_AXFR = 252,
    DNS_TYPE_ANY = 255,
};

enum dns_class { DNS_CLASS_IN = 1, DNS_CLASS_CH = 3, DNS_CLASS_NONE = 254, DNS_CLASS_ANY = 255 };

enum dns_opcode {
    DNS_OPCODE_QUERY = 0,
    DNS_OPCODE_IQUERY = 1,
    DNS_OPCODE_STATUS = 2,
    DNS_OPCODE_NOTIFY = 4,
    DNS_OPCODE_UPDATE = 5,
};

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
    DNS_BADVERS = 16, /* extended: its upper bits are in the OPT record */
};

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_N_SECTIONS };

struct dns_hdr { /* host byte order */
    uint16_t id;
    bool qr; /* a response */
    bool aa, tc, rd, ra;
    bool ad, cd;    /* RFC 4035 section 3 */
    uint8_t opcode; /* enum dns_opcode */
    uint8_t rcode;  /* enum dns_rcode, 4 bits */
    uint16_t n_questions;
    uint16_t n_rrs[DNS_N_SECTIONS]; /* resource records in each section */
};

/* ---- names ---- */

/**
 * dns_name_parse() - the name at offset *@at of the message @octets, compressed or not (RFC 1035
 * section 4.1.4); *@at moves behind it. A pointer must lead backwards, so a loop is impossible.
 * Returns DROP_NONE, DROP_TRUNCATED, or DROP_BAD_HEADER (a label type that does not exist, a
 * pointer that does not lead backwards, more than DNS_NAME_MAX octets); then @text and *@at are
 * untouched.
 */
enum drop_reason dns_name_parse(const uint8_t *octets, size_t len, size_t *at,
                                char text[static DNS_TEXT_MAX]);
/**
 * dns_name_emit() - @text as uncompressed labels. A missing final dot is added. Returns the octets
 * used, or 0 where @text is no name: an empty label, one too long, a bad escape, or too long in
 * all.
 */
size_t dns_name_emit(const char *text, uint8_t octets[static DNS_NAME_MAX]);
/**
 * dns_name_eq() - the same name? Letter case (RFC 4343), a missing final dot and the way an octet
 * is escaped do not matter. What is no name equals nothing.
 */
bool dns_name_eq(const char *a, const char *b);
/** dns_name_is_within() - @name is @zone itself or a name below it; everything is within ".". */
bool dns_name_is_within(const char *name, const char *zone);
/** dns_name_parent() - inside @text: the name without its first label; NULL for the root. */
const char *dns_name_parent(const char *text);

/* ---- reading ---- */

/* A message being read, from dns_parse_header() on. */
struct dns_reader {
    const uint8_t *octets; /* borrowed: the whole message */
    size_t len, at;
    uint16_t questions_left;
    uint16_t rrs_left[DNS_N_SECTIONS];
    enum drop_reason why; /* DROP_NONE while all is well */
};

struct dns_question {
    char name[DNS_TEXT_MAX];
    uint16_t type, class;
};

struct dns_rr { /* host byte order */
    enum dns_section section;
    char name[DNS_TEXT_MAX];
    uint16_t type, class;
    uint32_t ttl; /* seconds; of an OPT record see dns_opt_flags() */
    const uint8_t *rdata;
    uint16_t rdata_len;
    const uint8_t *message; /* names in @rdata may point back into it */
};

/**
 * dns_parse_header() - decode the header of the message that is all of @octets and begin reading.
 * Returns DROP_NONE, or DROP_TRUNCATED with *@hdr and *@reader untouched.
 */
enum drop_reason dns_parse_header(const uint8_t *octets, size_t len, struct dns_hdr *hdr,
                                  struct dns_reader *reader);
/**
 * dns_next_question() - false after the last one, or with reader->why set where it is malformed.
 */
bool dns_next_question(struct dns_reader *reader, struct dns_question *question);
/**
 * dns_next_rr() - the same for the records of all three sections; questions not read yet are
 * skipped. Content is checked by the dns_rdata_*() functions, not here.
 */
bool dns_next_rr(struct dns_reader *reader, struct dns_rr *rr);

struct dns_soa {
    char mname[DNS_TEXT_MAX], rname[DNS_TEXT_MAX];
    uint32_t serial, refresh, retry, expire, minimum; /* seconds but for the serial number */
};

/* Decoders of RDATA: false where it is malformed or of the wrong length. The type is not looked at.
 */
bool dns_rdata_a(const struct dns_rr *rr, ip4_addr *addr);
bool dns_rdata_aaaa(const struct dns_rr *rr, uint8_t addr[static 16]);
bool dns_rdata_name(const struct dns_rr *rr, char text[static DNS_TEXT_MAX]); /* NS, CNAME, PTR */
bool dns_rdata_mx(const struct dns_rr *rr, uint16_t *preference, char text[static DNS_TEXT_MAX]);
bool dns_rdata_soa(const struct dns_rr *rr, struct dns_soa *soa);
/**
 * dns_rdata_txt() - the string at offset *@at of the RDATA (start with 0), which moves behind it.
 */
bool dns_rdata_txt(const struct dns_rr *rr, size_t *at, const uint8_t **string, uint8_t *len);

/* An OPT record's fields, RFC 6891 section 6.1.3. */
#define DNS_OPT_DO 0x8000
static inline uint16_t dns_opt_udp_size(const struct dns_rr *rr)
{
    return rr->class;
}

static inline uint8_t dns_opt_version(const struct dns_rr *rr)
{
    return (uint8_t)(rr->ttl >> 16);
}

static inline uint16_t dns_opt_flags(const struct dns_rr *rr)
{
    return (uint16_t)rr->ttl;
}

/** dns_opt_rcode() - the 12-bit response code: @rr's upper 8 bits and the header's 4. */
static inline uint16_t dns_opt_rcode(const struct dns_rr *rr, const struct dns_hdr *hdr)
{
    return (uint16_t)((rr->ttl >> 24) << 4 | hdr->rcode);
}

/** dns_opt_next() - the option at offset *@at of an OPT record's RDATA, which moves behind it. */
bool dns_opt_next(const struct dns_rr *rr, size_t *at, uint16_t *code, const uint8_t **data,
                  uint16_t *len);

/* ---- writing ---- */

/* Names remembered for compression; further ones are written in full. */
#define DNS_OFFSETS_MAX 64

/*
 * A message being written: dns_emit_begin(), questions, records section after section,
 * dns_emit_end(). A question or record that does not fit (or whose name is none) is left out whole,
 * the function says false, and writing may go on: the caller decides about TC. The first that is
 * left out sets @overflow.
 */
struct dns_writer {
    uint8_t *octets; /* borrowed */
    size_t size, len;
    struct dns_hdr hdr; /* tc, rcode and so on may be changed until dns_emit_end() */
    bool whole_names; /* names in RDATA are written in full, as dnsmasq does; pointers lead to them
                       */
    bool in_rdata;
    bool overflow;
    bool failed; /* within the record being written */
    unsigned n_offsets, n_offsets_before;
    uint16_t offsets[DNS_OFFSETS_MAX]; /* where a name begins that a pointer may lead to */
    size_t rr_at, rdata_at;
};

/**
 * dns_emit_begin() - @hdr's counts are not looked at; @size at least DNS_HDR_LEN, at most 65535.
 */
void dns_emit_begin(struct dns_writer *w, const struct dns_hdr *hdr, uint8_t *octets, size_t size);
bool dns_emit_question(struct dns_writer *w, const char *name, uint16_t type, uint16_t class);

/* Whole records of class IN. */
bool dns_emit_a(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                ip4_addr addr);
bool dns_emit_aaaa(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                   const uint8_t addr[static 16]);
/** dns_emit_name_rr() - NS, CNAME or PTR. */
bool dns_emit_name_rr(struct dns_writer *w, enum dns_section section, const char *name,
                      uint16_t type, uint32_t ttl, const char *target);
bool dns_emit_mx(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                 uint16_t preference, const char *exchange);
bool dns_emit_soa(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                  const struct dns_soa *soa);
/** dns_emit_txt() - @len octets of @text, cut into strings of at most 255. */
bool dns_emit_txt(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                  const void *text, size_t len);
/**
 * dns_emit_opt() - EDNS version 0 without options. @rcode: all 12 bits; the header gets its
 * lower 4.
 */
bool dns_emit_opt(struct dns_writer *w, uint16_t udp_size, uint16_t rcode, uint16_t flags);

/* A record of any type: dns_emit_rr(), then its RDATA piece by piece, then dns_emit_rr_end(). */
void dns_emit_rr(struct dns_writer *w, enum dns_section section, const char *name, uint16_t type,
                 uint16_t class, uint32_t ttl);
void dns_emit_octets(struct dns_writer *w, const void *data, size_t len);
void dns_emit_u8(struct dns_writer *w, uint8_t value);
void dns_emit_u16(struct dns_writer *w, uint16_t value);
void dns_emit_u32(struct dns_writer *w, uint32_t value);
/**
 * dns_emit_name() - compressed against what was written before (unless @whole_names); only in RDATA
 * of RFC 1035's own types.
 */
void dns_emit_name(struct dns_writer *w, const char *name);
bool dns_emit_rr_end(struct dns_writer *w, enum dns_section section);

/** dns_emit_end() - write the header; returns the message's length. */
size_t dns_emit_end(struct dns_writer *w);

#endif
