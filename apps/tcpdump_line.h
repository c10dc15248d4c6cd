/* What the files that print a frame as tcpdump does share. */
#ifndef WW_APPS_TCPDUMP_LINE_H
#define WW_APPS_TCPDUMP_LINE_H

#include "apps/tcpdump_print.h"
#include "stack/wire/ipv4_wire.h"
#include "stack/wire/ipv6_wire.h"

/* One frame's printing. */
struct line {
    struct tcpdump_printer *printer;
    struct strbuf *out;
    const struct ipv4_hdr *ip;  /* of an IPv4 packet */
    const struct ipv6_hdr *ip6; /* of an IPv6 packet, else NULL */
};

#define ADD(...) strbuf_addf(line->out, __VA_ARGS__)

/** tcpdump_ends() - "SOURCE > DESTINATION: ", with ports if there are any. */
void tcpdump_ends(struct line *line, bool ports, uint16_t sport, uint16_t dport, bool tcp);
void tcpdump_udp(struct line *line, const uint8_t *octets, size_t len);
void tcpdump_tcp(struct line *line, const uint8_t *octets, size_t len);
/** tcpdump_ip6() - an IPv6 packet, @len octets of which are there. */
void tcpdump_ip6(struct line *line, const uint8_t *octets, size_t len);

#endif
