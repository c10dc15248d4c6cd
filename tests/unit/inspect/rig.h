/* A network of two hosts on one cable whose nodes do nothing: frames are sent by hand, observers
 * look on. */
#ifndef WW_TESTS_INSPECT_RIG_H
#define WW_TESTS_INSPECT_RIG_H

#include <string.h>

#include "base/addr.h"
#include "sim/frame.h"
#include "sim/sim.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/ipv4_wire.h"
#include "stack/wire/tcp_wire.h"
#include "stack/wire/udp_wire.h"

struct rig {
    struct sim *sim;
    struct node *a, *b;
    struct iface *a0, *b0;
    struct link *link;
};

#define RIG_MAC_A ((struct mac_addr){ { 2, 0, 0, 0, 1, 1 } })
#define RIG_MAC_B ((struct mac_addr){ { 2, 0, 0, 0, 2, 1 } })
#define RIG_IP_A  IP4(10, 0, 0, 1)
#define RIG_IP_B  IP4(10, 0, 0, 2)

static inline void rig_receive(struct iface *iface, struct frame *frame)
{
    (void)iface;
    frame_free(frame);
}

static const struct node_ops rig_ops = { .kind = "host", .receive = rig_receive };

static inline void rig_init(struct rig *rig, const struct link_config *config,
                            const struct node_ops *ops)
{
    static const struct link_config usual = { .rate = 100000000,
                                              .delay = SIM_USEC(5),
                                              .queue = 100 };

    rig->sim = sim_new(1);
    rig->a = sim_add_node(rig->sim, "h1", ops);
    rig->b = sim_add_node(rig->sim, "h2", ops);
    rig->a0 = iface_add(rig->a, "eth0", &RIG_MAC_A);
    rig->b0 = iface_add(rig->b, "eth0", &RIG_MAC_B);
    rig->link = sim_add_link(rig->sim, rig->a0, rig->b0, config != NULL ? config : &usual);
}

static inline void rig_fini(struct rig *rig)
{
    sim_free(rig->sim);
}

static inline struct frame *rig_frame(struct node *node, const uint8_t *octets, size_t len,
                                      struct why why)
{
    struct frame *frame = frame_new(node, len);

    memcpy(frame->data, octets, len);
    frame->why = why;
    return frame;
}

/* An ARP request of h1 for h2, padded: 60 octets. */
static inline size_t rig_arp(uint8_t octets[static 60])
{
    struct eth_hdr eth = { MAC_BROADCAST, RIG_MAC_A, ETHERTYPE_ARP };
    struct arp_msg arp = { ARP_REQUEST, RIG_MAC_A, MAC_ZERO, RIG_IP_A, RIG_IP_B };

    memset(octets, 0, 60);
    eth_emit(&eth, octets);
    arp_emit(&arp, octets + ETH_HDR_LEN);
    return 60;
}

/* Ethernet and IPv4 around what stands at @octets + 34 already, @len octets of it. */
static inline size_t rig_ip(uint8_t *octets, uint8_t protocol, size_t len)
{
    struct eth_hdr eth = { RIG_MAC_B, RIG_MAC_A, ETHERTYPE_IPV4 };
    struct ipv4_hdr ip = { .hdr_len = 20,
                           .ttl = 64,
                           .protocol = protocol,
                           .total_len = (uint16_t)(20 + len),
                           .id = 7,
                           .df = true,
                           .src = RIG_IP_A,
                           .dst = RIG_IP_B };

    eth_emit(&eth, octets);
    ipv4_emit(&ip, octets + ETH_HDR_LEN);
    return ETH_HDR_LEN + 20 + len;
}

static inline uint16_t rig_checksum(const uint8_t *octets, size_t len, uint8_t protocol)
{
    uint8_t pseudo[12] = {
        10, 0, 0, 1, 10, 0, 0, 2, 0, protocol, (uint8_t)(len >> 8), (uint8_t)len
    };

    return checksum_finish(checksum_add(checksum_add(0, pseudo, sizeof pseudo), octets, len));
}

static inline size_t rig_udp(uint8_t *octets, uint16_t src, uint16_t dst, const void *data,
                             size_t len)
{
    struct udp_hdr udp = { src, dst, (uint16_t)(UDP_HDR_LEN + len), 0 };

    memcpy(octets + 42, data, len);
    udp_emit(&udp, octets + 34);
    udp.checksum = rig_checksum(octets + 34, UDP_HDR_LEN + len, IP_PROTO_UDP);
    udp_emit(&udp, octets + 34);
    return rig_ip(octets, IP_PROTO_UDP, UDP_HDR_LEN + len);
}

static inline size_t rig_tcp(uint8_t *octets, struct tcp_hdr tcp, const void *data, size_t len)
{
    size_t n = tcp_emit(&tcp, octets + 34);

    memcpy(octets + 34 + n, data, len);
    be16_put(octets + 34 + TCP_AT_CHECKSUM, 0);
    be16_put(octets + 34 + TCP_AT_CHECKSUM, rig_checksum(octets + 34, n + len, IP_PROTO_TCP));
    return rig_ip(octets, IP_PROTO_TCP, n + len);
}

#endif
