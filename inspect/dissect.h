/*
 * A frame opened up: a tree of layers and fields, each with its place in the octets, its value as
 * text and what the value means, in the user's language. For Ethernet, 802.1Q, ARP, IPv4, IPv6,
 * ICMP and ICMPv6 (and what they quote), UDP, TCP, DHCP, DNS and HTTP. Any octets may be given;
 * what is malformed says so in a field "_ws.malformed".
 */
#ifndef WW_INSPECT_DISSECT_H
#define WW_INSPECT_DISSECT_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "inspect/facts.h"
#include "inspect/summary.h"

struct field {
    const char *abbrev;  /* Wireshark's name: "ip.ttl"; of a layer "ip" */
    const char *name;    /* in the user's language */
    uint32_t at, len;    /* octets of the frame; len 0: derived, not on the wire */
    uint8_t bit, n_bits; /* a part of an octet or two: bits from the left; n_bits 0: whole octets */
    const char *value;   /* "64"; of a layer its summary */
    const char *meaning; /* or NULL */
    struct field *first, *last, *next;
};

struct dissection {
    struct arena arena;
    struct field root; /* its children are the layers */
    struct facts facts;
    const uint8_t *octets; /* borrowed */
    size_t len;
    struct seq_base base;
};

/** dissect() - open the frame @octets; @base as in summary.h or NULL. End with dissect_fini();
 * @octets must live until then. */
void dissect(struct dissection *d, const uint8_t *octets, size_t len, const struct seq_base *base);
void dissect_fini(struct dissection *d);
/** dissect_find() - the first field with @abbrev, or NULL. */
const struct field *dissect_find(const struct dissection *d, const char *abbrev);
/** dissect_write() - append the tree as text, indented. */
void dissect_write(const struct dissection *d, GString *out);
/** dissect_write_hex() - append the octets as hexadecimal and text, sixteen a line. */
void dissect_write_hex(const uint8_t *octets, size_t len, GString *out);
/** dissect_summary() - the frame in one line, from its octets. */
void dissect_summary(const uint8_t *octets, size_t len, const struct seq_base *base, GString *out);

/* For the dissectors of the single protocols. */
struct field *dissect_layer(struct dissection *d, const char *abbrev, const char *name, size_t at,
                            size_t len);
struct field *dissect_add(struct dissection *d, struct field *parent, const char *abbrev,
                          const char *name, size_t at, size_t len, const char *format, ...)
    G_GNUC_PRINTF(7, 8);
void dissect_mean(struct dissection *d, struct field *field, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
struct field *dissect_text(struct dissection *d, struct field *parent, const char *abbrev,
                           const char *name, size_t at, size_t len);
void dissect_malformed(struct dissection *d, struct field *parent, size_t at, size_t len);
void dissect_checksum(struct dissection *d, struct field *parent, const char *abbrev, size_t at,
                      bool right);
void dissect_dhcp(struct dissection *d, size_t at, size_t len);
/** dissect_ip6() - the headers of IPv6 up to ICMPv6; dissect_quote6() - of a packet in an error. */
void dissect_ip6(struct dissection *d);
void dissect_quote6(struct dissection *d);
/** dissect_ndp(), dissect_mld() - the rest of a message of ICMPv6 from @at to @end. */
void dissect_ndp(struct dissection *d, struct field *layer, size_t at, size_t end);
bool dissect_is_mld(const struct facts *facts);
void dissect_mld(struct dissection *d, struct field *layer, size_t at, size_t end);
struct field *dissect_add_ip6(struct dissection *d, struct field *parent, const char *abbrev,
                              const char *name, size_t at);
/** dissect_quoted_ports() - what an error quotes of UDP or TCP at @at. */
void dissect_quoted_ports(struct dissection *d, size_t at, bool tcp);
void dissect_dns(struct dissection *d, size_t at, size_t len);
void dissect_http(struct dissection *d, size_t at, size_t len);

#endif
