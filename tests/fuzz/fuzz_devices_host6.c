/*
 * A router with IPv6 and open sockets gets packets from a wire: whatever they are, nothing crashes
 * and no frame is lost or held for ever. The input: tests/support/attack.h, octets from the IPv6
 * header on.
 */
#include "base/be.h"
#include "stack/net/ip6.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/icmp6_wire.h"
#include "stack/wire/tcp_wire.h"
#include "stack/wire/udp_wire.h"
#include "tests/support/attack.h"

#define PACKET_MAX 1500
#define MINE       IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x20)
#define BEHIND     IP6(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1)

static void open_sockets(struct process *self, struct victim *s)
{
    victim_open(self, s, SIM_AF_INET6, IP6_NEXT_ICMP);
}

static enum co_status serve_main(struct process *self, void *state)
{
    return victim_run(self, state, open_sockets);
}

static const struct program server_program = { "server", sizeof(struct victim), serve_main, NULL,
                                               NULL };

/* So that mutations get past the checksums. */
static void mend(uint8_t *packet, size_t len)
{
    struct ipv6_transport found;
    struct ipv6_hdr hdr;
    size_t at, size;

    if (ipv6_parse(packet, len, &hdr) != DROP_NONE ||
        !ipv6_find_transport(packet, (size_t)IPV6_HDR_LEN + hdr.payload_len, &found) ||
        (found.fragment && found.frag.more))
        return;
    at = found.protocol == IP_PROTO_TCP    ? TCP_AT_CHECKSUM
         : found.protocol == IP_PROTO_UDP  ? UDP_AT_CHECKSUM
         : found.protocol == IP6_NEXT_ICMP ? 2
                                           : PACKET_MAX;
    size = (size_t)IPV6_HDR_LEN + hdr.payload_len - found.at;
    if (size < at + 2)
        return;
    be16_put(packet + found.at + at, 0);
    be16_put(packet + found.at + at,
             checksum_finish(checksum_add(checksum_pseudo6(hdr.src, hdr.dst, found.protocol, size),
                                          packet + found.at, size)));
}

static struct mac_addr mac_for(const struct iface *to, const uint8_t *packet, size_t len)
{
    struct ip6_addr dst = len >= IPV6_HDR_LEN ? ip6_get(packet + 24) : IP6_ANY;

    return ip6_is_multicast(dst) ? mac_from_u64(UINT64_C(0x333300000000) | (dst.lo & 0xffffffff))
                                 : to->mac;
}

static void send_packet(void *ctx, const uint8_t *octets, size_t size, bool with_checksum)
{
    struct iface *from = ctx, *to = link_peer(from);
    struct frame *frame = frame_new(from->node, ETH_HDR_LEN + PACKET_MAX);
    struct eth_hdr eth = { .src = from->mac, .ethertype = ETHERTYPE_IPV6 };

    memcpy(frame->data + ETH_HDR_LEN, octets, size);
    frame_trim(frame, ETH_HDR_LEN + size);
    if (with_checksum)
        mend(frame->data + ETH_HDR_LEN, size);
    eth.dst = mac_for(to, octets, size);
    eth_emit(&eth, frame->data);
    iface_send(from, frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct link_config link = { .rate = LINK_RATE_DEFAULT, .queue = 100 };
    struct host_port ports[2] = { { "eth0", { { 2, 0, 0, 0, 1, 1 } }, 0 },
                                  { "eth1", { { 2, 0, 0, 0, 1, 2 } }, 1300 } };
    struct mac_addr macs[2] = { { { 2, 0, 0, 0, 9, 1 } }, { { 2, 0, 0, 0, 9, 2 } } };
    struct sim *sim = sim_new(1);
    struct node *router = host_new(
        sim, "r", &(struct host_config){ .router = len % 2 == 0, .ports = ports, .n_ports = 2 });
    struct node *attacker = sim_add_node(sim, "x", &attacker_ops);
    struct ip_stack *ip = &host_os(router)->ip;

    for (unsigned i = 0; i < 2; i++) {
        iface_add(attacker, ports[i].name, &macs[i]);
        sim_add_link(sim, attacker->ifaces[i], router->ifaces[i], &link);
    }
    ip6_addr_add(ip_iface_find(ip, "eth0"), MINE, 64, false);
    ip6_addr_add(ip_iface_find(ip, "eth1"), BEHIND, 64, len % 3 == 0);
    sim_start(sim);
    attack_start(router, &server_program);
    sim_run(sim, SIM_MSEC(10), 100000);
    attack(sim, octets, len, PACKET_MAX, send_packet, attacker->ifaces[0]);
    attack_end(sim, &router, 1);
    return 0;
}
