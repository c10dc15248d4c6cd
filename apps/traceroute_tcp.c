/*
 * traceroute -T: SYN segments from a raw socket, each from a port of its own, which a TCP socket
 * keeps. The host itself resets what a listener answers, since no connection waits for it.
 */
#include "apps/traceroute.h"
#include "base/be.h"
#include "base/checksum.h"
#include "stack/socket/netctl.h"
#include "stack/wire/tcp_wire.h"

#define WINDOW       5840
#define WINDOW_SHIFT 2
#define CHECKSUM_AT  16

int traceroute_tcp_open(struct process *self, struct traceroute *st)
{
    struct netctl_path path = { 0 };
    int error = netctl_route_get(self->os, st->to.addr, st->source.addr, st->device, &path);

    if (error != 0)
        return error;
    st->tcp_source = st->source.addr != 0 ? st->source.addr : path.src;
    st->tcp_mss = (uint16_t)(path.mtu - IPV4_HDR_LEN - TCP_HDR_LEN);
    st->ts_val = (uint32_t)sys_random(self);
    st->tcp_fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_RAW, IP_PROTO_TCP);
    return st->tcp_fd < 0 ? st->tcp_fd : 0;
}

/* A port that nobody else has: 0 or an error. */
static int reserve_port(struct process *self, struct traceroute *st, struct probe *probe)
{
    struct endpoint local;
    int error;

    probe->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    if (probe->fd < 0)
        return probe->fd;
    error = sys_bind(self, probe->fd, (struct endpoint){ st->tcp_source, 0 });
    if (error != 0)
        return error;
    sys_getsockname(self, probe->fd, &local);
    probe->id = local.port;
    probe->port = st->port;
    return 0;
}

int64_t traceroute_tcp_send(struct process *self, struct traceroute *st, struct probe *probe)
{
    struct tcp_hdr hdr = { .dst_port = st->port,
                           .seq = (uint32_t)sys_random(self),
                           .flags = TCP_SYN,
                           .window = WINDOW,
                           .opt = { .has_mss = true,
                                    .mss = st->tcp_mss,
                                    .sack_permitted = true,
                                    .has_ts = true,
                                    .ts_val = st->ts_val,
                                    .has_wscale = true,
                                    .wscale = WINDOW_SHIFT } };
    uint8_t octets[TCP_HDR_MAX];
    int error = reserve_port(self, st, probe);
    size_t len;

    if (error != 0)
        return error;
    hdr.src_port = probe->id;
    len = tcp_emit(&hdr, octets);
    be16_put(octets + CHECKSUM_AT,
             checksum_finish(checksum_add(
                 checksum_pseudo(st->tcp_source, st->to.addr, IP_PROTO_TCP, len), octets, len)));
    return sys_sendto(self, st->tcp_fd, octets, len, 0, st->to);
}

struct probe *traceroute_tcp_probe(struct traceroute *st, size_t len)
{
    struct ipv4_hdr ip;
    struct tcp_hdr tcp;

    if (ipv4_quote_parse(st->in, len, &ip) != DROP_NONE || ip.src != st->to.addr ||
        tcp_parse(st->in + ip.hdr_len, len - ip.hdr_len, &tcp) != DROP_NONE ||
        tcp.src_port != st->port)
        return NULL;
    for (unsigned i = 0; i < st->n; i++) {
        struct probe *probe = &st->probes[i];

        if (probe->sent && !probe->done && probe->id == tcp.dst_port) {
            probe->final = true;
            return probe;
        }
    }
    return NULL;
}
