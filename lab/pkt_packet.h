/* A packet of a script as octets, and octets as a packet of a script. */
#ifndef WW_LAB_PKT_PACKET_H
#define WW_LAB_PKT_PACKET_H

#include "lab/pkt_script.h"

#define PKT_PACKET_MAX 65535 /* octets of a packet */

struct pkt_ip {
    uint8_t octets[16]; /* network order; IPv4: the first four */
};

/* Who sends it, to whom. */
struct pkt_ends {
    bool v6;
    struct pkt_ip src, dst;
    uint16_t src_port, dst_port;
};

/**
 * pkt_packet_emit() - @packet, whose numbers are those of the wire, between @ends; an ICMP error
 * quotes a packet of the opposite way. @octets has room for PKT_PACKET_MAX. Returns its length, 0
 * with *@fault when it cannot be made (an ICMP name that the family does not have; too long).
 */
gsize pkt_packet_emit(const struct pkt_packet *packet, const struct pkt_ends *ends, uint8_t *octets,
                      struct pkt_fault *fault);
/**
 * pkt_packet_read() - @octets as a packet, with the numbers of the wire. False for what scripts do
 * not speak of: other protocols, neighbor discovery, group management.
 */
bool pkt_packet_read(const uint8_t *octets, gsize len, struct pkt_packet *packet,
                     struct pkt_ends *ends);
/** pkt_icmp_resolve() - type and code of @packet by their names or numbers. */
bool pkt_icmp_resolve(const struct pkt_packet *packet, bool v6, uint8_t *type, uint8_t *code,
                      struct pkt_fault *fault);
/** pkt_packet_tos() - what the IP header says or shall say, by tos or by ECN. */
uint8_t pkt_packet_tos(const struct pkt_packet *packet);
/** pkt_packet_text() - as a script would write it, without direction and time. */
char *pkt_packet_text(const struct pkt_packet *packet);
/** pkt_flags_text() - "S", "P.", "-". */
char *pkt_flags_text(unsigned flags);
/** pkt_options_text() - "mss 1460,sackOK". */
char *pkt_options_text(const struct pkt_packet *packet);

#endif
