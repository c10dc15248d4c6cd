/*
 * A host with TCP whose peer is a script: a test injects segments, lets virtual time pass, and
 * reads what the host sends. Sequence numbers of a test are relative: 0 is the SYN, 1 the first
 * octet, in both directions.
 *
 * And two hosts on a link, for what only two real ends show.
 */
#ifndef WW_TESTS_TCP_RIG_H
#define WW_TESTS_TCP_RIG_H

#include "sim/sim.h"
#include "stack/link/ether.h"
#include "stack/net/icmp.h"
#include "stack/net/ip.h"
#include "stack/transport/tcp.h"
#include "stack/wire/tcp_wire.h"

#define RIG_HOST      IP4(10, 0, 0, 1)
#define RIG_PEER      IP4(10, 0, 0, 2)
#define RIG_PORT      80                   /* where the host listens */
#define RIG_PEER_PORT 40000                /* and the peer connects from */
#define RIG_PEER_ISS  UINT32_C(0xfffffff0) /* soon wraps */
#define RIG_SENT_MAX  4096

struct tcp_host {
    struct node *node;
    struct ether ether;
    struct ip_stack ip;
    struct tcp_layer *tcp;
};

/* A segment that the host sent. */
struct rig_sent {
    sim_time at;
    struct tcp_hdr hdr; /* absolute numbers */
    uint32_t len;
    ip4_addr src, dst;
    struct mac_addr to; /* of the frame */
    uint16_t ip_id;
    uint8_t tos, ttl;
    struct why why;
    char text[160]; /* "PA 1(100) ack 1 sack 3-5": relative numbers */
};

struct tcp_rig {
    struct sim *sim;
    struct tcp_host host;
    struct node *peer;
    uint16_t host_port, peer_port; /* of the connection the script plays */
    uint32_t host_iss;             /* learned from the host's SYN */
    bool peer_ts;                  /* the peer puts timestamps on what it injects */
    uint32_t ts_val, ts_ecr;       /* its clock; the last of ours it saw */
    /* What the peer does wrong, as long as it is set. */
    ip4_addr from, to;      /* other addresses than RIG_PEER and RIG_HOST */
    bool wrong_checksum;    /* one bit of TCP's checksum is turned */
    const uint8_t *options; /* raw octets in place of the options, n_options, a multiple of 4 */
    uint8_t n_options;
    struct rig_sent sent[RIG_SENT_MAX];
    unsigned n_sent, n_seen; /* sent by the host; consumed by the test */
    struct observer observer;
    unsigned drops[DROP_N_REASONS];
    uint8_t last_state[2]; /* old and new of the last TCP_STATE */
};

void rig_init(struct tcp_rig *rig);
void rig_fini(struct tcp_rig *rig); /* checks that no frame is left */
/** rig_run() - let @time pass. */
void rig_run(struct tcp_rig *rig, sim_time time);
/** rig_inject() - the peer sends: *@hdr with relative seq and ack and unscaled window, and @len
 * octets of data. */
void rig_inject(struct tcp_rig *rig, struct tcp_hdr hdr, uint32_t len);
/** rig_in() - the same in short: "S", "SA", "A", "PA", "FA", "R", "RA", "FPA"; then 1 ms passes. */
void rig_in(struct tcp_rig *rig, const char *flags, uint32_t seq, uint32_t ack, uint32_t len);
/** rig_icmp() - an ICMP error about the host's segment with relative @seq. */
void rig_icmp(struct tcp_rig *rig, uint8_t type, uint8_t code, uint32_t rest, uint32_t seq);
/** rig_next() - the next segment the host sent, "" when there is none. */
const char *rig_next(struct tcp_rig *rig);
/** rig_last() - the one that rig_next() gave. */
const struct rig_sent *rig_last(const struct tcp_rig *rig);
/** rig_flush() - forget what was sent so far; returns how many. */
unsigned rig_flush(struct tcp_rig *rig);

/** rig_listen() - a listener on RIG_PORT. rig_accept(): play the handshake, with MSS 1460, SACK and
 * wscale 7, and accept. */
struct sock *rig_listen(struct tcp_rig *rig, int backlog);
struct sock *rig_accept(struct tcp_rig *rig, struct sock *listener);
/** rig_open() - all of that: a rig with an accepted connection. rig_close() - both are closed,
 * @sock if not NULL, and the rig ends. */
struct sock *rig_open(struct tcp_rig *rig, struct sock **listener);
void rig_close(struct tcp_rig *rig, struct sock *listener, struct sock *sock);
/** rig_connect() - the host connects to the peer, who answers with the same options. */
struct sock *rig_connect(struct tcp_rig *rig);
/** rig_syn_sent() - the host's connect() is on its way, its SYN consumed. */
struct sock *rig_syn_sent(struct tcp_rig *rig);

/** rig_fill() - the peer sends from octet 1 on, slowly, until the window is zero; the next number.
 */
uint32_t rig_fill(struct tcp_rig *rig);
/** rig_answer_probes() - for @seconds the peer's window is zero, and it says so again within a
 * second of each segment of the host; the first of them is sent[] at the number returned. */
unsigned rig_answer_probes(struct tcp_rig *rig, unsigned seconds);

int64_t rig_send(struct sock *sock, size_t len);
int64_t rig_recv(struct sock *sock, size_t size);

/* Two hosts, a = 10.0.0.1 and b = 10.0.0.2. */
struct tcp_pair {
    struct sim *sim;
    struct tcp_host a, b;
    struct link *link;
};

void pair_init(struct tcp_pair *pair, uint64_t seed, const struct link_config *config);
/** pair_init_twice() - with a second cable, eth1, in the same network. */
void pair_init_twice(struct tcp_pair *pair, uint64_t seed, const struct link_config *config);
void pair_fini(struct tcp_pair *pair);
void pair_run(struct tcp_pair *pair, sim_time time);

#endif
