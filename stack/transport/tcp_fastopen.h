/*
 * Fast Open, RFC 7413, as Linux has it: a SYN that has the peer's cookie may have octets, too, and
 * is answered before the handshake is over.
 *
 *   tcp_fastopen.c        who connects: cookies kept by address, octets in the SYN
 *   tcp_fastopen_listen.c who listens: cookies given out, connections before their handshake's end
 */
#ifndef WW_STACK_TRANSPORT_TCP_FASTOPEN_H
#define WW_STACK_TRANSPORT_TCP_FASTOPEN_H

#include "stack/transport/tcp_internal.h"

/* Bits of net.ipv4.tcp_fastopen. */
enum tcp_fastopen_bit {
    TCP_FASTOPEN_CLIENT = 0x1,
    TCP_FASTOPEN_SERVER = 0x2,
    TCP_FASTOPEN_CLIENT_NO_COOKIE = 0x4,
    TCP_FASTOPEN_SERVER_NO_COOKIE = 0x200,
    TCP_FASTOPEN_EVERY_LISTENER = 0x400,
};

/* tcpi_fastopen_client_fail */
enum tcp_fastopen_fail {
    TCP_FASTOPEN_FAIL_NONE,
    TCP_FASTOPEN_NO_COOKIE_YET,
    TCP_FASTOPEN_DATA_NOT_ACKED,
    TCP_FASTOPEN_SYN_RETRANSMITTED,
};

/* What an option of Fast Open says. */
struct tcp_fastopen_option {
    bool present, experimental;
    struct tcp_cookie cookie;
};

/* Of a connection that has to do with it; within tcp_rare. */
struct tcp_fastopen {
    /* we connect */
    struct tcp_fastopen_option offer; /* of the SYN that leaves now */
    bool asked : 1;                   /* the SYN had the option */
    bool asked_experimental : 1;
    bool syn_data : 1, syn_data_acked : 1; /* octets went with a SYN; with either side's */
    bool deferred : 1;                     /* the SYN waits for the first octets */
    bool in_call : 1;                      /* the send() that began it has not returned */
    bool more : 1;                         /* ... and has more octets than the SYN took */
    bool may_clear : 1;                    /* the time after a black hole was over */
    uint8_t fail;                          /* enum tcp_fastopen_fail */
    uint32_t copied;                       /* octets of that send() which the SYN has */
    /* a listener's, before the handshake is over */
    struct tcp_request *request;
    bool child : 1; /* it came about so */
};

/* tcp_fastopen.c */
/** tcp_fastopen_begins() - does connect() or a send() with @message (NULL: none) open @tp so? */
static inline bool tcp_fastopen_begins(const struct tcp_sock *tp, const struct sock_send *message)
{
    return message != NULL || tp->user->fastopen_connect;
}
/** tcp_fastopen_defers() - connect() is over, and the SYN leaves with the first octets. */
bool tcp_fastopen_defers(struct tcp_sock *tp);
/** tcp_fastopen_syn_data() - what leaves with the SYN of @tp: *@offer is set, and a segment that is
 * not in any queue comes back; NULL: no octets. */
struct tcp_seg *tcp_fastopen_syn_data(struct tcp_sock *tp, const struct sock_send *message);
/** tcp_fastopen_synack() - the peer's answer, when it is taken. True: octets of the SYN were not
 * taken and have left again. */
bool tcp_fastopen_synack(struct tcp_sock *tp, struct tcp_rx *rx);
/** tcp_fastopen_timed_out() - @tp's retransmission timer ran out: is Fast Open to blame? */
void tcp_fastopen_timed_out(struct tcp_sock *tp, bool expired);
/** tcp_fastopen_disable() - no more of it for a while: tcp_fastopen_blackhole_timeout_sec. */
void tcp_fastopen_disable(struct tcp_sock *tp);
/** tcp_fastopen_ended() - @tp is done: was it a sign of a black hole, or of none? */
void tcp_fastopen_ended(struct tcp_sock *tp);
void tcp_fastopen_fini(struct tcp_layer *tcp);
/** tcp_fastopen_drop() - of tcp_rare_drop(). */
void tcp_fastopen_drop(struct tcp_fastopen *fo);

/* tcp_fastopen_listen.c */
/** tcp_fastopen_accept() - @req, which is complete but in no table: does it become a connection
 * before its handshake is over? Then that has been done. Else *@grant is what the SYN,ACK says. */
bool tcp_fastopen_accept(struct tcp_request *req, struct tcp_rx *rx,
                         struct tcp_fastopen_option *grant);
/** tcp_fastopen_pending() - @tp came about so, and its handshake goes on. */
static inline struct tcp_request *tcp_fastopen_pending(const struct tcp_sock *tp)
{
    return tp->rare->fastopen == NULL ? NULL : tp->rare->fastopen->request;
}
/** tcp_fastopen_established() - the handshake of @tp, which is pending, is over. */
void tcp_fastopen_established(struct tcp_sock *tp, const struct tcp_rx *rx);
/** tcp_fastopen_release() - it will never be; @reset: by a RST. */
void tcp_fastopen_release(struct tcp_sock *tp, bool reset);
/** tcp_fastopen_synack_expired() - the timer of a pending one. */
void tcp_fastopen_synack_expired(struct tcp_sock *tp);
void tcp_fastopen_listen_stop(struct tcp_listener *listen);

#endif
