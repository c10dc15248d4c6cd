/*
 * A router with IPv6 and open sockets gets packets from a wire: whatever they are, nothing crashes
 * and no frame is lost or held for ever. The input is a row of packets: length (2 octets, little
 * endian), interval (1 octet, in 10 ms; the top bit: mend the checksum), octets from the IPv6
 * header on.
 */
#include "base/be.h"
#include "devices/host.h"
#include "stack/net/ip6.h"
#include "stack/socket/syscall.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/icmp6_wire.h"
#include "stack/wire/tcp_wire.h"
#include "stack/wire/udp_wire.h"
#include "tests/support/must.h"

#define PACKET_MAX 1500
#define MINE       IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x20)
#define BEHIND     IP6(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1)

static void attacker_receive(struct iface *iface, struct frame *frame)
{
    (void)iface;
    frame_finish_checksum(frame);
    frame_free(frame);
}

static const struct node_ops attacker_ops = { .kind = "host", .receive = attacker_receive };

struct server {
    struct coroutine co;
    struct sys_pollfd fds[4];
    uint8_t octets[2048];
};

static void serve(struct process *self, struct server *s, int i)
{
    struct sock_recv message = { .octets = s->octets,
                                 .size = sizeof s->octets,
                                 .flags = SOCK_MSG_DONTWAIT };
    int64_t n;

    if (i == 2) {
        int fd = sys_accept(self, s->fds[2].fd, NULL);

        if (fd >= 0 && s->fds[3].fd >= 0)
            sys_close(self, s->fds[3].fd);
        if (fd >= 0)
            s->fds[3].fd = fd;
        return;
    }
    n = sys_recvmsg(self, s->fds[i].fd, &message);
    if (i == 0 && n >= 0)
        sys_sendto(self, s->fds[0].fd, s->octets, (size_t)n, SOCK_MSG_DONTWAIT, message.from);
    if (i == 3 && n <= 0 && n != -SIM_EAGAIN) {
        sys_close(self, s->fds[3].fd);
        s->fds[3].fd = -1;
    }
}

static enum co_status serve_main(struct process *self, void *state)
{
    struct server *s = state;
    int n;

    CO_BEGIN(&s->co);
    s->fds[0].fd = sys_socket(self, SIM_AF_INET6, SIM_SOCK_DGRAM, 0);
    MUST(sys_bind(self, s->fds[0].fd, (struct endpoint){ .port = 7, .v6 = true }) == 0);
    s->fds[1].fd = sys_socket(self, SIM_AF_INET6, SIM_SOCK_RAW, IP6_NEXT_ICMP);
    s->fds[2].fd = sys_socket(self, SIM_AF_INET6, SIM_SOCK_STREAM, 0);
    MUST(sys_bind(self, s->fds[2].fd, (struct endpoint){ .port = 80, .v6 = true }) == 0);
    MUST(sys_listen(self, s->fds[2].fd, 2) == 0);
    s->fds[3].fd = -1;
    for (int i = 0; i < 4; i++)
        s->fds[i].events = SOCK_POLLIN;
    for (;;) {
        CO_CALL(&s->co, n, sys_poll(self, s->fds, 4, SIM_TIME_NONE));
        for (int i = 0; i < 4; i++)
            if (s->fds[i].revents != 0)
                serve(self, s, i);
    }
    CO_END(&s->co);
}

static const struct program server_program = { "server", sizeof(struct server), serve_main, NULL,
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

static void feed(struct sim *sim, struct iface *from, const struct iface *to, const uint8_t *octets,
                 size_t len)
{
    for (unsigned n = 0; len >= 3 && n < 64; n++) {
        size_t size = ((size_t)octets[0] | (size_t)octets[1] << 8) % (PACKET_MAX + 1);
        uint8_t pause = octets[2];
        struct frame *frame = frame_new(from->node, ETH_HDR_LEN + PACKET_MAX);
        struct eth_hdr eth = { .src = from->mac, .ethertype = ETHERTYPE_IPV6 };

        octets += 3;
        len -= 3;
        size = size < len ? size : len;
        memcpy(frame->data + ETH_HDR_LEN, octets, size);
        frame_trim(frame, ETH_HDR_LEN + size);
        if (pause & 0x80)
            mend(frame->data + ETH_HDR_LEN, size);
        eth.dst = mac_for(to, octets, size);
        eth_emit(&eth, frame->data);
        iface_send(from, frame);
        octets += size;
        len -= size;
        sim_run(sim, sim->parts[0]->now + SIM_MSEC(10) * (pause & 0x7f) + SIM_USEC(200), 100000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct link_config link = { .rate = LINK_RATE_DEFAULT, .queue = 100 };
    struct host_port ports[2] = { { "eth0", { { 2, 0, 0, 0, 1, 1 } }, 0 },
                                  { "eth1", { { 2, 0, 0, 0, 1, 2 } }, 1300 } };
    struct mac_addr macs[2] = { { { 2, 0, 0, 0, 9, 1 } }, { { 2, 0, 0, 0, 9, 2 } } };
    const char *argv[] = { "server" };
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
    process_start(host_os(router), &server_program, 1, argv, NULL,
                  &(struct process_io){ NULL, NULL });
    sim_run(sim, SIM_MSEC(10), 100000);
    feed(sim, attacker->ifaces[0], router->ifaces[0], octets, len);
    sim_run(sim, sim->parts[0]->now + SIM_SEC(120), 1000000);
    processes_end_all(host_os(router));
    sim_run(sim, sim->parts[0]->now + SIM_SEC(1000), 1000000);
    MUST(sim->parts[0]->frames_alive == 0);
    sim_free(sim);
    return 0;
}
