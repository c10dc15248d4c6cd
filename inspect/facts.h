/*
 * What a frame is, at a glance: every header of it, decoded once, for filters, summaries, the
 * narration and ladders. Nothing is allocated. A frame that is damaged or cut short has fewer
 * facts, never wrong ones.
 */
#ifndef WW_INSPECT_FACTS_H
#define WW_INSPECT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/dhcp_wire.h"
#include "stack/wire/dns_wire.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/ipv4_wire.h"
#include "stack/wire/icmp6_wire.h"
#include "stack/wire/ipv6_wire.h"
#include "stack/wire/tcp_wire.h"
#include "stack/wire/udp_wire.h"

enum fact_net { FACT_NET_NONE, FACT_ARP, FACT_IPV4, FACT_IPV6 };
enum fact_transport { FACT_TRANSPORT_NONE, FACT_ICMP, FACT_UDP, FACT_TCP, FACT_ICMP6 };
enum fact_app { FACT_APP_NONE, FACT_DHCP, FACT_DNS, FACT_HTTP_REQUEST, FACT_HTTP_RESPONSE };

#define FACT_HTTP_TEXT_MAX 64

struct facts {
    bool has_eth; /* false for a bare IP packet */
    struct eth_hdr eth;
    bool has_vlan;
    uint16_t vlan_tci;

    enum fact_net net;
    struct arp_msg arp;
    struct ipv4_hdr ip; /* of IPv6 only mf and frag_off, as its fragment header has them */
    struct ipv6_hdr ip6;
    uint8_t ip6_protocol; /* behind the extension headers */
    bool has_frag6;
    struct ipv6_frag frag6;
    size_t frag6_at;
    size_t ip_at; /* offsets are from the frame's first octet */
    bool ip_bad_checksum;

    enum fact_transport transport; /* of the first or only fragment */
    size_t transport_at;
    struct icmp_hdr icmp;
    bool icmp_bad_checksum;
    struct icmp6_hdr icmp6;
    bool has_ndp;
    struct ndp_msg ndp;
    bool has_quote6; /* the packet an ICMPv6 error quotes */
    struct ipv6_hdr quote6;
    size_t quote_transport_at; /* from the quoted header on */
    uint8_t quote_protocol;
    bool has_quote; /* the packet an ICMP error quotes */
    struct ipv4_hdr quote;
    uint16_t quote_src_port, quote_dst_port; /* 0 where it has none */
    struct udp_hdr udp;
    struct tcp_hdr tcp;
    uint16_t src_port, dst_port;    /* of UDP and TCP */
    size_t payload_at, payload_len; /* behind the last header known; padding excluded */
    bool cut;                       /* the IP packet says it is longer than what is there */

    enum fact_app app;
    uint8_t dhcp_type; /* enum dhcp_message_type, 0 for plain BOOTP */
    struct dhcp_facts {
        uint32_t xid;
        struct mac_addr client;
        ip4_addr ciaddr, yiaddr, requested, server; /* IP4_ANY where absent */
    } dhcp;
    struct dns_hdr dns;
    char dns_name[DNS_TEXT_MAX]; /* the first question's, without the last dot */
    uint16_t dns_type;
    char http_method[FACT_HTTP_TEXT_MAX]; /* of a request; "" otherwise */
    char http_target[FACT_HTTP_TEXT_MAX]; /* cut where longer */
    uint16_t http_status;
};

/** facts_read() - decode the frame @octets from its Ethernet header on. */
void facts_read(struct facts *facts, const uint8_t *octets, size_t len);
/** facts_read_ip() - the same for a packet without Ethernet header. */
void facts_read_ip(struct facts *facts, const uint8_t *octets, size_t len);

/** facts_protocol() - the number of what IP carries; 0 where it is no IP packet. */
static inline uint8_t facts_protocol(const struct facts *facts)
{
    return facts->net == FACT_IPV4   ? facts->ip.protocol
           : facts->net == FACT_IPV6 ? facts->ip6_protocol
                                     : 0;
}

/** facts_is_arp() - an ARP message with operation @op. */
static inline bool facts_is_arp(const struct facts *facts, unsigned op)
{
    return facts->net == FACT_ARP && facts->arp.op == op;
}

#endif
