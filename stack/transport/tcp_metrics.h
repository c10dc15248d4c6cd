/*
 * What TCP remembers of the hosts that it spoke with, as Linux keeps it: round trip, reordering and
 * windows of connections that have ended, and what was learned of Fast Open. By the addresses of
 * both ends; there is nothing of it until something is remembered.
 */
#ifndef WW_STACK_TRANSPORT_TCP_METRICS_H
#define WW_STACK_TRANSPORT_TCP_METRICS_H

#include "stack/transport/tcp_internal.h"

/* Of Fast Open. */
struct tcp_fastopen_peer {
    uint16_t mss;      /* 0: not known */
    uint16_t syn_loss; /* SYNs with octets that were lost, one after another */
    bool experimental; /* the cookie's form */
    uint8_t tries;     /* forms of the option that were tried without success: 1, 2 */
    struct tcp_cookie cookie;
    uint64_t lost_at; /* ticks, the last of syn_loss */
};

struct tcp_metrics_block;
struct tcp_fastopen_host;

/* A bucket stands for all hashes with the same first bits, so the table grows with what is in it,
 * and is always in the order of Linux's. */
struct tcp_metrics {
    struct tcp_metrics_block **buckets; /* 1 << bits; NULL: nothing is there */
    uint32_t n_blocks;
    uint8_t bits;
    struct tcp_fastopen_host *fastopen; /* NULL: nobody has needed it */
};

/** tcp_metrics() - of @tcp, made when first needed. */
struct tcp_metrics *tcp_metrics(struct tcp_layer *tcp);
void tcp_metrics_fini(struct tcp_layer *tcp);
/** tcp_metrics_save() - @tp ends well: what it has found is remembered. */
void tcp_metrics_save(struct tcp_sock *tp);
/** tcp_metrics_open() - @tp is open: it begins with what was remembered. */
void tcp_metrics_open(struct tcp_sock *tp);
/** tcp_metrics_proven() - has there been a connection between @ends? */
bool tcp_metrics_proven(struct tcp_layer *tcp, const struct endpoints *ends);
/** tcp_metrics_fastopen() - what is known of @tp's peer, NULL: nothing. tcp_metrics_learn(): to be
 * written; @lost: a SYN with octets was. */
const struct tcp_fastopen_peer *tcp_metrics_fastopen(const struct tcp_sock *tp);
struct tcp_fastopen_peer *tcp_metrics_learn(struct tcp_sock *tp, bool lost);

#endif
