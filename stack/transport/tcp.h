/*
 * TCP as Linux 6.18 does it: RFC 9293 with 7323 (window scale, timestamps, PAWS), 2018 and 2883
 * (SACK), 5681, 6582, 6298, 6937 (PRR), 8985 (RACK-TLP), 9438 (CUBIC), 5961 (challenge ACKs), 6528
 * (initial sequence numbers), 6928, 1191, 3168 (passive ECN).
 *
 * tcp_sock.h      what is remembered          tcp_internal.h what the files share
 * tcp.c           the layer, sockets          tcp_open.c     bind, listen, accept, connect, close
 * tcp_write.c     a program writes            tcp_read.c     a program reads
 * tcp_opt.c       options, poll, TCP_INFO     tcp_hash.c     who owns which port and connection
 * tcp_queue.c     octets to segments and back tcp_demux.c    a segment arrives: whose?
 * tcp_in.c        what it means in its state
 * tcp_rcv.c       what its data tells, ACKs   tcp_ack.c      its acknowledgment: RTT, what is out
 * tcp_rcv_queue.c its data: queues, urgent octets, SACK blocks to report
 * tcp_sack.c      SACK blocks: the scoreboard tcp_recovery.c what is lost: RACK-TLP, PRR, undo
 * tcp_window.c    buffers and windows         tcp_out.c      sending a segment, what is in it
 * tcp_xmit.c      when new data may go        tcp_burst.c    how much of it at once
 * tcp_retransmit.c what goes again, probes    tcp_timer.c    timers
 * tcp_request.c   half-open connections       tcp_icmp.c     ICMP errors, path MTU
 * tcp_timewait.c  TIME-WAIT
 * tcp_cookie.c    SYN cookies                 tcp_mtu_probe.c  RFC 4821
 * tcp_path.c      the way of a segment        tcp_rate.c     the rate of delivery
 * tcp_cc.c, tcp_cubic.c, tcp_reno.c           congestion control
 * tcp_fastopen.c, tcp_fastopen_listen.c       RFC 7413
 * tcp_accecn.c    accurate ECN, RFC 9768     tcp_md5.c      signatures, RFC 2385
 * tcp_rare.c      what few sockets need       tcp_describe.c tables and numbers for people
 * tcp_metrics.c   what earlier connections have found
 *
 * Not done: TCP-AO, autocorking, pacing, TCP small queues; urgent data
 * is kept to one octet, as Linux does.
 */
#ifndef WW_STACK_TRANSPORT_TCP_H
#define WW_STACK_TRANSPORT_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/describe.h"
#include "stack/net/ip.h"
#include "stack/transport/sock.h"

enum tcp_state {
    TCP_CLOSED,
    TCP_LISTEN,
    TCP_SYN_SENT,
    TCP_SYN_RECEIVED,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT_1,
    TCP_FIN_WAIT_2,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_LAST_ACK,
    TCP_TIME_WAIT,
};

enum tcp_cc_kind { TCP_CC_CUBIC, TCP_CC_RENO };

/* Which of the two counts where they differ. */
enum tcp_rfc {
    TCP_RFC_NEVER,    /* Linux in everything */
    TCP_RFC_SENSIBLE, /* the RFC where it says MUST and nobody on an ordinary network sees it */
    TCP_RFC_ALWAYS,
};

struct tcp_sysctl {                        /* net.ipv4.tcp_*, Linux's names, units and defaults */
    uint8_t syn_retries;                   /* 6 */
    uint8_t synack_retries;                /* 5 */
    uint8_t syn_linear_timeouts;           /* 4 */
    uint8_t retries1;                      /* 3 */
    uint8_t retries2;                      /* 15 */
    uint8_t orphan_retries;                /* 0: 8 while the peer seems alive */
    uint16_t probe_interval;               /* 600 s: then the path MTU is searched anew */
    uint32_t fin_timeout;                  /* 60 s */
    uint32_t keepalive_time;               /* 7200 s */
    uint32_t keepalive_intvl;              /* 75 s */
    uint8_t keepalive_probes;              /* 9 */
    uint8_t mtu_probing;                   /* 0: never; 1: when nothing passes; 2: always */
    uint16_t probe_threshold;              /* 8 octets: as exactly is searched */
    uint32_t rmem[3];                      /* 4096 131072 6291456 octets */
    uint32_t wmem[3];                      /* 4096 16384 4194304 octets */
    uint32_t core_rmem_max, core_wmem_max; /* net.core.*: 4194304 */
    uint32_t core_somaxconn;               /* net.core.somaxconn: 4096 */
    bool window_scaling;                   /* on */
    bool sack, dsack;                      /* on */
    bool timestamps;                       /* on */
    /* 2: when asked for; 1: ask too; 0: never. 3 to 5: accurate ECN when asked for, too; a SYN asks
     * for accurate ECN (3), ECN (4), nothing (5). */
    uint8_t ecn;
    bool ecn_fallback;         /* on: a SYN that goes again asks for no ECN */
    uint8_t ecn_option;        /* AccECN's: 2: with all segments; 1: when needed; 0: never */
    uint8_t ecn_option_beacon; /* 3: so many times in a round trip at least */
    bool thin_linear_timeouts; /* off */
    /* Of earlier connections: keep nothing (off), no slow start threshold (on). */
    bool no_metrics_save, no_ssthresh_metrics_save;
    enum tcp_cc_kind congestion_control;
    uint8_t early_retrans;      /* 3: tail loss probes; 0: none */
    uint8_t recovery;           /* 1: RACK; bit 0x4 without DUPTHRESH */
    uint8_t frto;               /* 2: on */
    uint8_t reordering;         /* 3 */
    bool slow_start_after_idle; /* on */
    bool rfc1337;               /* off */
    bool stdurg; /* off; on: the urgent pointer stands at the octet, RFC 9293, not behind it */
    bool abort_on_overflow;       /* off */
    bool moderate_rcvbuf;         /* on */
    uint8_t tw_reuse;             /* 2: loopback only; 1: always; 0: never */
    uint16_t tw_reuse_delay_ms;   /* 1000: not before */
    uint32_t challenge_ack_limit; /* INT32_MAX: no limit for the host, only each socket's own */
    uint32_t invalid_ratelimit;   /* 500 ms */
    uint32_t min_rtt_wlen;        /* 300 s */
    uint16_t fastopen;            /* 1: bits of enum tcp_fastopen_bit */
    uint16_t base_mss;            /* 1024 octets: where the search begins */
    uint32_t max_syn_backlog;     /* 4096 half-open connections of a listener */
    uint8_t syncookies;       /* 1: when more are half open than the backlog; 2: always; 0: never */
    bool zerocopy_copies;     /* off; what MSG_ZEROCOPY sends is copied on its way, as by tun */
    uint16_t mtu_probe_floor; /* 48 octets: where it ends */
    uint32_t max_tw_buckets;  /* 131072 */
    uint32_t notsent_lowat;   /* octets, UINT32_MAX: no limit */
    uint32_t comp_sack_delay_us; /* 1000 */
    uint8_t comp_sack_nr;        /* 44 */
    /* Where Linux is not as the RFCs want it: docs/fidelity.md. Not settings of Linux. */
    uint8_t rfc_over_linux;        /* enum tcp_rfc, TCP_RFC_SENSIBLE */
    bool rfc5961_rst, rfc5961_syn; /* on; off: RFC 793's rules for RST and SYN in the window */
    uint32_t rto_initial_us;       /* 1 s */
    uint32_t delack_max_us;        /* 200 ms */
    bool exact_timers;             /* off; timers run out to the microsecond, not at ticks */
    bool rx_linear; /* off; what comes in lies in buffers of its own, as from a TUN device */
    bool long_way;  /* off; no short cuts through the code: a test compares what comes of it */
    uint8_t initial_cwnd;    /* 10 segments; a route's initcwnd on Linux */
    uint8_t min_tso_segs;    /* 2: a burst has so many at least */
    uint8_t tso_win_divisor; /* 3: so much of the window is worth no waiting; 0: 3 segments */
    uint8_t tso_rtt_log;     /* 9: what bursts may have beside their pace halves by 512 us */
    uint32_t rto_min_us, rto_max_us; /* 200 ms, 120 s */
};

struct tcp_layer;

/** tcp_init() - TCP on @ip, registered as its protocol 6. Free with tcp_fini() after the programs
 * have closed their sockets. */
struct tcp_layer *tcp_init(struct ip_stack *ip);
/** tcp_fini() - silently ends what is left, whoever owns it. Before the ip_stack goes. */
void tcp_fini(struct tcp_layer *tcp);
/** tcp_sysctl() - the layer's settings, free to be changed; most are read when a connection starts.
 */
struct tcp_sysctl *tcp_sysctl(struct tcp_layer *tcp);
/** tcp_socket() - a closed stream socket; belongs to the caller until ops->close(). */
struct sock *tcp_socket(struct tcp_layer *tcp);
/** tcp_socket6() - of AF_INET6. */
struct sock *tcp_socket6(struct tcp_layer *tcp);

extern const struct sock_ops tcp_ops;

/** tcp_describe() - table "tcp": a row for each socket as `ss -tan` prints it, with the
 * connection's variables. */
void tcp_describe(struct tcp_layer *tcp, struct describe *out);
/** tcp_state_name() - "ESTAB", "TIME-WAIT": ss's words. */
const char *tcp_state_name(enum tcp_state state);
enum tcp_state tcp_state_of(const struct sock *sock);

#define TCP_MD5_KEY_MAX 80 /* octets */
/** tcp_md5_set() - TCP_MD5SIG: segments to and from @addr's first @prefix bits are signed with
 * @key, RFC 2385; of @len 0: not any more. -SIM_ENOENT: there was none. */
int tcp_md5_set(struct sock *sock, const struct endpoint *addr, uint8_t prefix, const uint8_t *key,
                size_t len);

/* What Linux's struct tcp_info holds, in its units, and what `ss -tani` prints beside. */
struct tcp_info_view {
    enum tcp_state state;
    bool v6only; /* an AF_INET6 socket without IPv4 */
    struct endpoint local, remote;
    uint32_t recv_q, send_q; /* octets; a listener: connections waiting, backlog */
    uint8_t ca_state, retransmits, probes, backoff;
    bool opt_timestamps, opt_sack, opt_wscale, opt_ecn, opt_ecn_seen;
    uint32_t received_ce;                       /* segments */
    uint32_t delivered_ecn[3], received_ecn[3]; /* octets by mark: ECT(1), ECT(0), CE */
    uint16_t accecn_fail;                       /* bits */
    uint16_t accecn_seen; /* 0: no option, 1: empty, 2: with counters, 3: zeroed */
    bool opt_syn_data, opt_fastopen_child;
    uint8_t fastopen_fail; /* tcpi_fastopen_client_fail */
    uint8_t snd_wscale, rcv_wscale;
    uint32_t rto, ato; /* us */
    uint32_t snd_mss, rcv_mss, pmtu, advmss;
    uint32_t unacked, sacked, lost, retrans;                /* segments */
    uint32_t last_data_sent, last_data_recv, last_ack_recv; /* ms ago */
    uint32_t rcv_ssthresh, rcv_space, rcv_rtt;              /* octets, octets, us */
    uint32_t rtt, rttvar, min_rtt;                          /* us */
    uint32_t snd_cwnd, snd_ssthresh, reordering; /* segments; ssthresh INT32_MAX: none yet */
    uint32_t snd_wnd, rcv_wnd;                   /* octets */
    uint64_t bytes_sent, bytes_acked, bytes_received, bytes_retrans, pacing_rate;
    uint32_t segs_out, segs_in, data_segs_out, data_segs_in, total_retrans;
    uint32_t notsent_bytes, delivered, delivered_ce, dsack_dups, reord_seen, rcv_ooopack, rehash;
    uint16_t total_rto, total_rto_recoveries;
    uint32_t total_rto_time;                          /* ms */
    uint64_t delivery_rate;                           /* octets a second */
    bool delivery_app_limited;                        /* by what the program had to send */
    uint64_t busy_time, rwnd_limited, sndbuf_limited; /* us */
    uint32_t rmem, rcvbuf, wmem, sndbuf, drops;       /* octets of memory; segments thrown away */
    uint32_t serial; /* of the socket, from 1 in the order of making */
    bool shut_rd, shut_wr, orphan;
    bool half_open; /* SYN-RECEIVED out of a listener */
    enum tcp_cc_kind cc;
    const char *timer; /* "on", "keepalive", "timewait", "persist", or NULL */
    sim_time timer_left;
};

/** tcp_walk() - calls @each for every socket, half-open connection and TIME-WAIT, in the order of
 * tcp_describe(). */
void tcp_walk(struct tcp_layer *tcp, void (*each)(void *ctx, const struct tcp_info_view *info),
              void *ctx);
/** tcp_get_info() - TCP_INFO of @sock. */
void tcp_get_info(const struct sock *sock, struct tcp_info_view *info);

/** tcp_fastopen_copied() - octets of a send() with MSG_FASTOPEN, which cannot end yet, that have
 * left with the SYN. */
uint32_t tcp_fastopen_copied(const struct sock *sock);
/** tcp_fastopen_call_over() - it ends now, though the connection is not open yet. */
void tcp_fastopen_call_over(struct sock *sock);
/* Settings of Fast Open that few hosts need. */
#define TCP_FASTOPEN_KEYS 2 /* the one that makes cookies, and the one before it */
struct tcp_fastopen_keys {
    unsigned n; /* 0: one will be made when it is needed */
    uint32_t keys[TCP_FASTOPEN_KEYS][4];
};
/** tcp_fastopen_host_keys() / tcp_fastopen_blackhole() - net.ipv4.tcp_fastopen_key and
 * tcp_fastopen_blackhole_timeout_sec, to be changed. */
struct tcp_fastopen_keys *tcp_fastopen_host_keys(struct tcp_layer *tcp);
uint32_t *tcp_fastopen_blackhole(struct tcp_layer *tcp);
/** tcp_fastopen_set_keys() / tcp_fastopen_get_keys() - TCP_FASTOPEN_KEY: one or two keys of 16
 * octets; getting says how many the socket has of its own. */
int tcp_fastopen_set_keys(struct sock *sock, const uint8_t *octets, size_t len);
size_t tcp_fastopen_get_keys(const struct sock *sock, uint8_t octets[static 32]);

/* What is remembered of connections between two hosts: `ip tcp_metrics`. 0: it is not known. */
struct tcp_metrics_view {
    struct endpoint remote, local; /* without ports */
    uint64_t age_ms;
    uint32_t ssthresh, cwnd, reordering; /* segments */
    uint32_t rtt, rttvar;                /* us */
    uint16_t fastopen_mss, syn_drops;
    uint64_t syn_drop_age_ms;
    uint8_t cookie_len;
    const uint8_t *cookie;
};
/** tcp_metrics_walk() - calls @each for all, in the order of Linux's table. */
void tcp_metrics_walk(struct tcp_layer *tcp,
                      void (*each)(void *ctx, const struct tcp_metrics_view *view), void *ctx);
/** tcp_metrics_delete() - what is remembered of @remote, with @local as our end if that is not
 * NULL. -SIM_ESRCH: nothing. tcp_metrics_flush(): all. */
int tcp_metrics_delete(struct tcp_layer *tcp, const struct endpoint *remote,
                       const struct endpoint *local);
void tcp_metrics_flush(struct tcp_layer *tcp);

/** tcp_take_saved_syn() - TCP_SAVED_SYN: the headers, once; -SIM_EINVAL with *@len when @octets are
 * too few. */
int tcp_take_saved_syn(struct sock *sock, void *octets, size_t *len);
/** tcp_first_len() - octets that are left to be read of the first segment in the queue, 0: none. */
size_t tcp_first_len(const struct sock *sock);
/** tcp_splice_eof() - sendfile() has come to the end of the file: what waits for more leaves. */
void tcp_splice_eof(struct sock *sock);
/** tcp_inq() / tcp_outq() - SIOCINQ, SIOCOUTQ: octets to be read; octets not acknowledged.
 * tcp_at_mark(): SIOCATMARK. */
uint32_t tcp_inq(const struct sock *sock);
uint32_t tcp_outq(const struct sock *sock);
uint32_t tcp_outq_unsent(const struct sock *sock); /* SIOCOUTQNSD: not sent yet */
bool tcp_at_mark(const struct sock *sock);

#endif
