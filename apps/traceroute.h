/* What the files of traceroute share: a run of it and its probes. */
#ifndef WW_APPS_TRACEROUTE_H
#define WW_APPS_TRACEROUTE_H

#include "apps/names.h"
#include "stack/socket/syscall.h"
#include "stack/wire/ipv4_wire.h"

struct probe {
    bool sent, done, final;
    int fd;                       /* its UDP socket */
    uint16_t id;                  /* its own port, or its ICMP sequence number */
    uint16_t port;                /* destination */
    sim_time sent_at, replied_at; /* replied_at: 0 for none */
    struct endpoint from;         /* where there is a reply */
    char mark[12];                /* "!H" */
};

struct traceroute {
    bool probed_now; /* a probe left already in this round */
    struct coroutine co, print_co;
    struct names names;
    const char *host;
    struct endpoint to, source; /* source: all 0, the system chooses */
    const char *device;
    unsigned first_hop, max_hops, per_hop, at_once, length;
    uint16_t port;
    int tos;
    bool numeric, icmp, dont_fragment;
    bool tcp, one_port;          /* -T; -U: all probes to one port */
    enum resolver_family family; /* RESOLVER_BOTH: -4 and -6 are not given */
    sim_time wait_max, send_wait;
    int64_t here, near; /* thousandths of a factor */
    struct probe *probes;
    unsigned n, start, end, at, num;
    int fd;     /* raw ICMP */
    int tcp_fd; /* -T: raw TCP, else -1 */
    ip4_addr tcp_source;
    uint16_t tcp_mss;
    uint32_t ts_val;
    uint16_t ident, seq;
    sim_time next, last_send;
    uint8_t *out;
    uint8_t in[IPV4_LEN_MAX];
    int ready;
    bool failed;
};

/** traceroute6_tune() - hop limit, traffic class and fragmentation of a probe's socket. */
void traceroute6_tune(struct process *self, const struct traceroute *st, int fd, unsigned hops);
/** traceroute6_probe() - the probe that the ICMPv6 message in st->in, of @len octets from @from,
 * answers, with its mark set; or NULL. */
struct probe *traceroute6_probe(struct traceroute *st, size_t len, struct endpoint from);
/** traceroute_tcp_open() - what -T needs besides: 0 or an error. */
int traceroute_tcp_open(struct process *self, struct traceroute *st);
/** traceroute_tcp_send() - the SYN that *@probe is; negative: an error. */
int64_t traceroute_tcp_send(struct process *self, struct traceroute *st, struct probe *probe);
/** traceroute_tcp_probe() - the probe that the segment in st->in answers, or NULL. */
struct probe *traceroute_tcp_probe(struct traceroute *st, size_t len);

#endif
