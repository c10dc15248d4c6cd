/*
 * A host with open sockets, and behind a router with NAT another one, get frames from a wire:
 * whatever they are, nothing crashes and no frame is lost or held for ever. The input:
 * tests/support/attack.h.
 */
#include "base/be.h"
#include "stack/net/nat.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/tcp_wire.h"
#include "stack/wire/udp_wire.h"
#include "tests/support/attack.h"

#define FRAME_MAX 1514

static void open_sockets(struct process *self, struct victim *s)
{
    int groups = VICTIM_OTHERS + 2;

    victim_open(self, s, SIM_AF_INET, IP_PROTO_ICMP);
    s->fds[VICTIM_OTHERS + 1].fd = sys_socket(self, SIM_AF_PACKET, SIM_SOCK_RAW, 0);
    s->fds[groups].fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_join_group(self, s->fds[groups].fd, ip6_from_mapped(IP4(224, 1, 2, 3)), "eth0");
    MUST(sys_bind(self, s->fds[groups].fd, (struct endpoint){ IP4(224, 1, 2, 3), 9 }) == 0);
}

static enum co_status serve_main(struct process *self, void *state)
{
    return victim_run(self, state, open_sockets);
}

/* Opens a connection and a UDP flow to the attacker's address. */
struct client {
    struct coroutine co;
    int tcp, udp;
    uint8_t octets[2048];
};

static enum co_status client_main(struct process *self, void *state)
{
    struct client *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    s->udp = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_bind(self, s->udp, (struct endpoint){ 0, 1000 });
    sys_connect(self, s->udp, (struct endpoint){ IP4(10, 0, 0, 9), 2000 });
    sys_send(self, s->udp, "hello", 5, SOCK_MSG_DONTWAIT);
    s->tcp = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    sys_bind(self, s->tcp, (struct endpoint){ 0, 1000 });
    CO_CALL(&s->co, n, sys_connect(self, s->tcp, (struct endpoint){ IP4(10, 0, 0, 9), 2000 }));
    if (n == 0)
        sys_send(self, s->tcp, "hello", 5, SOCK_MSG_DONTWAIT);
    for (;;) {
        CO_CALL(&s->co, n, sys_recv(self, s->tcp, s->octets, sizeof s->octets, 0));
        if (n <= 0)
            break;
    }
    CO_END(&s->co);
}

static const struct program server_program = { "server", sizeof(struct victim), serve_main, NULL,
                                               NULL };
static const struct program client_program = { "client", sizeof(struct client), client_main, NULL,
                                               NULL };

static struct node *add(struct sim *sim, const char *name, unsigned ports, uint8_t number)
{
    struct host_port port[2] = { { "eth0", { { 2, 0, 0, 0, number, 1 } }, 0 },
                                 { "eth1", { { 2, 0, 0, 0, number, 2 } }, 0 } };

    return host_new(sim, name,
                    &(struct host_config){ .router = ports == 2, .ports = port, .n_ports = ports });
}

static void address(struct node *node, const char *iface, ip4_addr addr)
{
    ip_addr_add(ip_iface_find(&host_os(node)->ip, iface), addr, 24);
}

static void mend_transport(uint8_t *ip, const struct ipv4_hdr *hdr)
{
    uint8_t *transport = ip + hdr->hdr_len;
    size_t len = (size_t)hdr->total_len - hdr->hdr_len;
    size_t at = hdr->protocol == IP_PROTO_TCP   ? TCP_AT_CHECKSUM
                : hdr->protocol == IP_PROTO_UDP ? UDP_AT_CHECKSUM
                                                : 2;
    uint32_t sum = hdr->protocol == IP_PROTO_ICMP
                       ? 0
                       : checksum_pseudo(hdr->src, hdr->dst, hdr->protocol, len);

    if (hdr->mf || hdr->frag_off != 0 || len < at + 2 ||
        (hdr->protocol != IP_PROTO_TCP && hdr->protocol != IP_PROTO_UDP &&
         hdr->protocol != IP_PROTO_ICMP))
        return;
    be16_put(transport + at, 0);
    be16_put(transport + at, checksum_finish(checksum_add(sum, transport, len)));
}

/* So that mutations get past the checksums. */
static void mend(uint8_t *frame, size_t len)
{
    uint8_t *ip = frame + ETH_HDR_LEN;
    struct ipv4_hdr hdr;
    size_t hdr_len;

    if (len < ETH_HDR_LEN + IPV4_HDR_LEN || be16_get(frame + 12) != ETHERTYPE_IPV4)
        return;
    hdr_len = (size_t)(ip[0] & 15) * 4;
    if (hdr_len < IPV4_HDR_LEN || len < ETH_HDR_LEN + hdr_len)
        return;
    be16_put(ip + 10, 0);
    be16_put(ip + 10, checksum_finish(checksum_add(0, ip, hdr_len)));
    if (ipv4_parse(ip, len - ETH_HDR_LEN, &hdr) == DROP_NONE)
        mend_transport(ip, &hdr);
}

static void send_frame(void *ctx, const uint8_t *octets, size_t size, bool with_checksums)
{
    struct iface *from = ctx;
    struct frame *frame;

    if (size < ETH_HDR_LEN)
        return;
    frame = frame_new(from->node, size);
    memcpy(frame->data, octets, size);
    if (with_checksums)
        mend(frame->data, size);
    iface_send(from, frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct link_config link = { .rate = LINK_RATE_DEFAULT, .queue = 100 };
    struct nat_forward forwards[] = { { IP_PROTO_TCP, 8080, { IP4(10, 0, 1, 2), 80 } },
                                      { IP_PROTO_UDP, 7, { IP4(10, 0, 1, 2), 7 } } };
    struct mac_addr mac = { { 2, 0, 0, 0, 9, 1 } };
    struct sim *sim = sim_new(1);
    struct node *router = add(sim, "r", 2, 1), *inside = add(sim, "h", 1, 2);
    struct node *attacker = sim_add_node(sim, "x", &attacker_ops);
    struct ip_stack *ip = &host_os(router)->ip;
    struct fib_entry via = { .via = IP4(10, 0, 1, 1),
                             .oif = ip_iface_find(&host_os(inside)->ip, "eth0") };

    iface_add(attacker, "eth0", &mac);
    sim_add_link(sim, attacker->ifaces[0], router->ifaces[0], &link);
    sim_add_link(sim, router->ifaces[1], inside->ifaces[0], &link);
    address(router, "eth0", IP4(10, 0, 0, 1));
    address(router, "eth1", IP4(10, 0, 1, 1));
    address(inside, "eth0", IP4(10, 0, 1, 2));
    fib_add(&host_os(inside)->ip, &via, false);
    neigh_set(&ip->neigh, ip_iface_find(ip, "eth0"), IP4(10, 0, 0, 9), &mac, NEIGH_REACHABLE, true);
    nat_new(ip, &(struct nat_config){
                    .outside = ip_iface_find(ip, "eth0"), .forwards = forwards, .n_forwards = 2 });
    sim_start(sim);
    attack_start(router, &server_program);
    attack_start(inside, &server_program);
    attack_start(inside, &client_program);
    sim_run(sim, SIM_MSEC(10), 100000);
    attack(sim, octets, len, FRAME_MAX, send_frame, attacker->ifaces[0]);
    attack_end(sim, (struct node *[]){ router, inside }, 2);
    return 0;
}
