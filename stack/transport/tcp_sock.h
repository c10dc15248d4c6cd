/* What TCP remembers: of a segment, a connection, a host; and its limits and times. Times are
 * microseconds of virtual time unless their type is sim_time.
 */
#ifndef WW_STACK_TRANSPORT_TCP_SOCK_H
#define WW_STACK_TRANSPORT_TCP_SOCK_H

#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/seq.h"
#include "sim/frame.h"
#include "sim/timer_pair.h"
#include "stack/transport/tcp.h"
#include "stack/wire/tcp_wire.h"

/* Limits and times, Linux's (include/net/tcp.h names where it has one). */
#define TCP_MSS_DEFAULT          536u /* RFC 9293 section 3.7.1 */
#define TCP_MSS_DEFAULT6         1220u
#define TCP_MSS_MIN              88u
#define TCP_MSS_FLOOR            48u      /* net.ipv4.tcp_min_snd_mss */
#define TCP_TS_ALIGNED           12u      /* octets of timestamps with their padding */
#define TCP_MD5_ALIGNED          20u      /* of a signature with its padding */
#define TCP_TIMEOUT_INIT         1000000u /* RFC 6298 section 2 */
#define TCP_TIMEOUT_FALLBACK     3000000u /* RFC 6298 section 5.7 */
#define TCP_RTO_MIN              200000u
#define TCP_RTO_MAX              120000000u
#define TCP_TIMEOUT_MIN          8000u /* two ticks at 250 Hz */
#define TCP_PROBE_MARGIN         2000u /* TCP_TIMEOUT_MIN_US: of RACK and tail loss probes */
#define TCP_ATO_MIN              40000u
#define TCP_DELACK_MAX           200000u
#define TCP_RESOURCE_PROBE       500000u
#define TCP_TIMEWAIT_LEN         SIM_SEC(60)
#define TCP_INFINITE_SSTHRESH    0x7fffffffu
#define TCP_MAX_QUICKACKS        16u
#define TCP_FASTRETRANS_THRESH   3u
#define TCP_REORDERING_MAX       300u
#define TCP_RACK_RECOVERY_THRESH 16u
#define TCP_PAWS_24DAYS_S        (60 * 60 * 24 * 24)
#define TCP_CWND_MAX             0x7fffffffu
#define TCP_SKB_OVERHEAD                                                                           \
    832u /* what Linux charges for a buffer beside its octets: head, descriptor */
#define TCP_SKB_FRAGS   17u   /* segments that Linux merges into one before it charges anew */
#define TCP_PAGE_OCTETS 3776u /* what one page holds beside what Linux keeps at its end */
#define TCP_SNDBUF_MIN  4608
#define TCP_RCVBUF_MIN  2304

enum tcp_ca_state { TCP_CA_OPEN, TCP_CA_DISORDER, TCP_CA_CWR, TCP_CA_RECOVERY, TCP_CA_LOSS };

/* The scoreboard's marks on a segment in the retransmission queue. */
enum tcp_mark {
    TCP_MARK_SACKED = 0x1,
    TCP_MARK_RETRANS = 0x2, /* a retransmission is in flight */
    TCP_MARK_LOST = 0x4,
    TCP_MARK_EVER = 0x8, /* was retransmitted at some time: no RTT sample (Karn) */
};

/*
 * A piece of the stream. Sending: it waits in write_queue, as long as what was written is or a
 * buffer of Linux's may be, and is cut where it leaves; then it waits for its acknowledgment in
 * rtx_queue. Receiving: it waits for the program in receive_queue, or for what is before it in
 * ofo_queue. Its octets are a slice of a shared buffer, so cutting and sending it copies nothing.
 */
struct tcp_seg {
    _Alignas(ARENA_LINE) struct list link; /* first, and its next is piece.next: sim/piece.h */
    uint32_t seq, end_seq;                 /* SYN and FIN counted */
    struct slice data;
    uint32_t truesize;
    uint8_t flags;          /* enum tcp_flag */
    uint8_t marks;          /* enum tcp_mark */
    uint8_t n_merged;       /* receiving: segments that Linux would have merged into this one */
    bool starts_buffer : 1; /* sending: tcp_burst.c */
    bool eor : 1;           /* sending: MSG_EOR, nothing is put behind its octets */
    bool push_once : 1;     /* sending: PSH with the next transmission alone */
    bool stamped : 1;       /* receiving: sent_at is when it came, a sim_time */
    uint16_t tail_room;     /* receiving, rx_linear: octets that fit behind its own */
    bool timed;             /* sending: it stands in tcp_sock.by_time */
    bool app_limited;       /* sending: of tcp_rate, when it was sent */
    /* From here on of sending alone: nobody writes or reads it of a received segment. */
    uint32_t tx_delivered; /* tcp_sock.delivered when it was sent: tells rounds apart */
    struct list by_time;   /* rtx_queue: in the order of the last transmission, for RACK */
    uint64_t sent_at;      /* us, last transmission */
    uint32_t first_tx, delivered_at; /* of tcp_rate at that time */
    const struct list *ahead; /* of its burst the one that left TCP_SEGS_AHEAD later, or was: only
                                 to be fetched */
};

#define TCP_SEGS_AHEAD 4 /* a power of two */

/* What stands in the tables: a socket, a half-open connection, a TIME-WAIT. */
enum tcp_entry_kind { TCP_ENTRY_SOCK, TCP_ENTRY_REQUEST, TCP_ENTRY_TIMEWAIT };

struct tcp_entry {
    struct endpoints *ends; /* its owner's */
    struct tcp_entry *next; /* in the table of connections */
    struct list port_link;  /* among the owners of its port */
    unsigned bound_ifindex; /* 0: any */
    uint8_t kind;           /* enum tcp_entry_kind */
    uint8_t state;          /* enum tcp_state */
    bool hashed : 1;
    bool owns_port : 1;
    bool explicit_port : 1; /* asked for by bind(), its own or its listener's */
    bool reuse : 1, reuseport : 1, v6only : 1;
};

/* Minimum of the last while: three candidates, Kathleen Nichols' filter. */
struct tcp_minmax {
    struct {
        uint32_t at; /* ms, which wrap after 49 days */
        uint32_t value;
    } s[3];
};

enum tcp_timer_kind {
    TCP_TIMER_NONE,
    TCP_TIMER_RTO,
    TCP_TIMER_REO,
    TCP_TIMER_TLP,
    TCP_TIMER_SYN_ACK, /* Fast Open: of a connection before its handshake is over */
    TCP_TIMER_PROBE
};

enum tcp_ack_pending {
    TCP_ACK_SCHED = 1,
    TCP_ACK_TIMER = 2,
    TCP_ACK_PUSHED = 4, /* a small segment came: the reader's end may be worth an ACK */
    TCP_ACK_PUSHED2 = 8,
    TCP_ACK_NOW = 16,
    TCP_ACK_NOMEM = 32, /* there was no memory for what came: the window is closed */
};

enum tcp_nonagle { TCP_NAGLE_OFF = 1, TCP_NAGLE_CORK = 2, TCP_NAGLE_PUSH = 4 };

enum tcp_ecn_flag {
    TCP_ECN_OK = 1,
    TCP_ECN_QUEUE_CWR = 2,
    TCP_ECN_DEMAND_CWR = 4,
    TCP_ECN_SEEN = 8,
    TCP_ECN_ACCURATE = 16,                           /* RFC 9768: tcp_accecn.c */
    TCP_ECN_PENDING = TCP_ECN_OK | TCP_ECN_ACCURATE, /* asked for: the peer decides which */
    TCP_ECN_MODE = TCP_ECN_PENDING
};

struct tcp_cubic {
    uint32_t cnt, last_max_cwnd, last_cwnd, last_time_ms, origin_point, k;
    uint32_t delay_min;      /* us */
    uint32_t epoch_start_ms; /* 0: none */
    uint32_t ack_cnt, tcp_cwnd;
    uint32_t round_start, last_ack; /* us, which wrap: only differences count */
    uint32_t end_seq, curr_rtt;
};

/* tcp_rate.c; times in us + 1, modulo 2^32, 0: never. */
struct tcp_rate {
    uint32_t first_tx;     /* when the first segment of the round that is being measured left */
    uint32_t delivered_at; /* the last ACK that delivered something */
    uint32_t app_limited;  /* tcp_sock.delivered behind the bubble in the pipe, 0: there is none */
    uint32_t delivered, interval_us; /* the sample that counts: segments, us */
};

/* What one ACK tells. */
struct tcp_rate_sample {
    uint32_t prior_delivered, prior_at, interval_us, end_seq;
    bool app_limited;
};

enum tcp_chrono_kind {
    TCP_CHRONO_IDLE,
    TCP_CHRONO_BUSY,
    TCP_CHRONO_RWND_LIMITED,
    TCP_CHRONO_SNDBUF_LIMITED,
    TCP_N_CHRONOS
};

struct tcp_chrono {
    uint32_t ticks[TCP_N_CHRONOS - 1], since; /* but for IDLE */
};

/* What a connection is measured by. */
struct tcp_meter {
    struct tcp_rate rate;
    struct tcp_chrono chrono;
};

struct tcp_sock;

/* An algorithm of congestion control. */
struct tcp_cc {
    const char *name;
    void (*init)(struct tcp_sock *tp);
    uint32_t (*ssthresh)(struct tcp_sock *tp); /* after a loss */
    void (*cong_avoid)(struct tcp_sock *tp, uint32_t acked);
    uint32_t (*undo_cwnd)(struct tcp_sock *tp);
    void (*set_state)(struct tcp_sock *tp, enum tcp_ca_state state); /* may be NULL */
    void (*tx_start)(struct tcp_sock *tp);                           /* may be NULL */
    void (*acked)(struct tcp_sock *tp, int64_t rtt_us);              /* may be NULL */
};

/* Of what was SACKed: the segments from @start up to the end of @last, all of them marked. */
struct tcp_marked {
    uint32_t start, end;
    struct tcp_seg *last; /* in rtx_queue */
};

/* The headers that opened a connection: TCP_SAVED_SYN. */
struct tcp_saved_syn {
    size_t len;
    uint8_t octets[];
};

/* tcp_md5.c: signs what goes to and comes from the addresses of a prefix. */
struct tcp_md5_key {
    struct tcp_md5_key *next;
    struct endpoint addr;
    uint8_t prefix; /* bits */
    uint8_t len;
    uint8_t octets[TCP_MD5_KEY_MAX];
};

/* What a program has set: few set anything. */
struct tcp_user {
    uint16_t mss;
    uint8_t keep_cnt, syn_retries;
    uint32_t timeout_ms, window_clamp;
    uint32_t keep_idle, keep_intvl;                 /* s, 0: the sysctl's */
    uint32_t defer_accept;                          /* SYN,ACK retransmissions */
    uint32_t notsent_lowat;                         /* octets, 0: the sysctl's */
    uint32_t rto_min_us, rto_max_us, delack_max_us; /* 0: the sysctl's */
    int linger2;                                    /* s; 0: the sysctl's, -1: none */
    uint32_t fastopen_max; /* a listener's connections before their handshake is over */
    bool fastopen_connect, fastopen_no_cookie, thin_linear;
    uint8_t save_syn;
    struct tcp_saved_syn
        *saved_syn; /* of a connection out of a listener that saves them, or NULL */
    struct tcp_fastopen_keys *fastopen_keys; /* NULL: the host's */
    struct tcp_md5_key *md5;                 /* NULL: nothing is signed */
};

/* What a listener has more than a connection. */
struct tcp_listener {
    uint32_t backlog, n_accept, n_requests;
    struct list accept_queue; /* of tcp_sock.link */
    struct list requests;     /* of tcp_request.link */
    /* Fast Open: connections before their handshake is over, and of those that were reset. */
    uint32_t n_fastopen;
    struct list fastopen_pending, fastopen_reset; /* of tcp_request.link */
    uint64_t last_cookie;                         /* us + 1, when it answered with one; 0: never */
};

/* tcp_mtu_probe.c: octets of IP packets. */
struct tcp_mtu_probe {
    uint32_t high, low; /* the MTU is between them */
    uint32_t size;      /* of the probe that is out; 0: none is */
    uint32_t seq, end_seq;
    uint64_t since; /* us: when the search began */
};

/* Marks of congestion, by segments and octets: tcp_accecn.c. Of three ECT(1), ECT(0), CE. */
struct tcp_ecn_counts {
    uint32_t received_ce;       /* segments */
    uint32_t received[3];       /* octets */
    uint32_t delivered[3];      /* octets of ours, by what the peer tells */
    uint32_t last_ts;           /* ts_recent when the last ACK was looked at */
    uint64_t option_at;         /* us: when the option left last */
    uint8_t pending;            /* of received_ce: what no segment of ours has told of */
    uint8_t required;           /* fields that the next option must have */
    uint8_t demand;             /* so many ACKs shall have it */
    uint8_t estimate;           /* the mark that ours arrive with, 0: not known */
    uint8_t mark;               /* of the last segment that came */
    uint8_t syn_sent, syn_came; /* marks of SYN and SYN,ACK */
    uint8_t fail;               /* enum tcp_accecn_fail */
    uint8_t seen;               /* enum tcp_accecn_seen */
    bool in_burst;              /* the burst that leaves has the option */
};

/* What a connection needs only where something is lost, urgent, probed or kept alive. The first
 * line is what each segment of one that has such a part is asked about, and most that its recovery
 * is. */
struct tcp_rare {
    _Alignas(ARENA_LINE) struct tcp_ecn_counts *ecn; /* NULL: nothing came marked */
    struct list ofo_queue;
    struct tcp_seg *resend_from; /* in rtx_queue: nothing before it is to go again; NULL: unknown */
    uint32_t compressed_ack_rcv_nxt;
    uint8_t dup_ack_counter, compressed_ack;
    uint8_t n_marked;
    uint8_t urg_octet;
    uint32_t high_sack; /* end of the highest SACKed segment, while sacked_out > 0 */
    uint32_t high_seq;  /* snd_nxt when the present state of congestion began */
    uint32_t lost_total, reord_seen, undo_marker;
    int32_t undo_retrans;

    /* sending */
    struct tcp_marked marked[TCP_SACK_MAX]; /* by the blocks of the last ACK that had any */
    uint32_t prior_cwnd, prior_ssthresh, prr_delivered, prr_out;
    uint32_t total_retrans, dsack_dups;
    uint64_t bytes_retrans;
    uint32_t snd_up, tlp_high_seq;
    uint64_t probes_tstamp; /* us + 1, 0: none */
    uint32_t delivered_ce, rehash;
    uint32_t flow_salt;                /* struct ip6_send: after each time-out another */
    uint16_t n_rtos, n_rto_recoveries; /* timeouts; times in which they followed each other */
    uint64_t rto_stamp;                /* us + 1, since when this one goes on; 0: there is none */
    uint32_t rto_time_ms;              /* how long these took */

    /* receiving */
    uint32_t urg_seq;                              /* the urgent octet */
    struct tcp_sack_block sacks[TCP_SACK_MAX + 1]; /* to be reported: newest first */
    struct tcp_sack_block dsack;
    uint32_t rcv_ooopack, drops;
    uint64_t last_oow_ack; /* us + 1, 0: never */

    struct timer comp_ack_timer, keepalive_timer;
    struct tcp_mtu_probe mtu_probe;

    struct tcp_listener *listen;   /* NULL: it is none */
    struct tcp_fastopen *fastopen; /* NULL: it has nothing to do with it */
    struct list *notes;            /* tcp_notes.c; NULL: none */
};

/* The hands of tcp_sock.timers. */
enum tcp_hand { TCP_HAND_RTX, TCP_HAND_DELACK };

enum tcp_urg_state { TCP_URG_NONE, TCP_URG_NOTYET, TCP_URG_VALID, TCP_URG_READ };

/*
 * A socket. There may be very many that are open and idle, so what only some of them need stands
 * elsewhere (user, rare: read as they are, written through tcp_user() and tcp_rare()), and
 * what a segment needs on its way in or out stands together.
 */
struct tcp_sock {
    struct sock sock; /* first */
    struct tcp_entry entry;
    struct tcp_layer *layer;

    /* what the program did */
    bool orphan : 1; /* nobody holds it any more */
    bool dead : 1;
    bool shut_rd : 1, shut_wr : 1;
    bool connecting : 1;    /* connect() was called and has not told its result */
    bool connected : 1;     /* it has, or accept() gave it: EISCONN until it is disconnected */
    bool disconnecting : 1; /* shutdown() without a connection: no connect() until it is
                               disconnected */
    bool no_space : 1;      /* a send() found the buffer full */
    bool fin_received : 1;
    uint8_t nonagle; /* enum tcp_nonagle */
    bool saw_ts;     /* the segment that is looked at has a timestamp */

    /* the path */
    uint16_t next_id; /* identification of its next packet, IPv4 */
    bool has_route : 1;
    bool confirm_neighbor : 1;

    /* what both ends have agreed on */
    bool wscale_ok : 1, ts_ok : 1, sack_ok : 1;
    bool has_ts_recent : 1;
    bool accecn : 1;        /* ecn is TCP_ECN_ACCURATE */
    bool window_kept : 1;   /* rcv_wnd is what tcp_window_field() would choose */
    bool window_chosen : 1; /* the same, but for the next segment alone */
    bool own_times : 1;     /* user->rto_min_us or its kin are set */
    uint8_t snd_wscale, rcv_wscale;
    uint8_t ecn; /* enum tcp_ecn_flag */

    /* the state of things */
    uint8_t ca_state;    /* enum tcp_ca_state */
    uint8_t rtx_kind;    /* enum tcp_timer_kind */
    uint8_t ack_pending; /* enum tcp_ack_pending */
    uint8_t quick, pingpong;
    uint8_t n_sacks;
    uint8_t urg_state; /* enum tcp_urg_state */
    bool has_dsack : 1;
    bool urg_out : 1;
    bool more_options : 1; /* signs or accecn: segments have more than timestamps and SACK */
    bool is_cwnd_limited : 1;
    bool has_tlp : 1, tlp_retrans : 1;
    bool rack_dsack_seen : 1, rack_advanced : 1;
    uint8_t rack_wnd_steps, rack_wnd_persist; /* RFC 8985's RACK.reo_wnd_mult, .reo_wnd_persist */
    uint8_t hystart_samples;
    uint8_t backoff, retransmits, total_rto, probes_out;
    uint8_t chrono_kind;         /* enum tcp_chrono_kind: what is counted now */
    bool sample_app_limited : 1; /* of the delivery rate */
    bool has_notes : 1;          /* tcp_notes.c */
    bool tlp_due : 1;            /* rtx_kind is TCP_TIMER_TLP, but the timer is not set yet */
    bool hystart_found : 1;      /* the exit of slow start */
    bool mtu_probing : 1;        /* segments are no larger than what is known to pass */
    bool synack_pending : 1;     /* tcp_fastopen_pending() */
    bool frto : 1;               /* RFC 5682 */
    bool signs : 1;              /* tcp_md5.c: there is a key for this peer */
    uint8_t scaling_ratio;       /* of 256: octets of data per octet of memory */

    /* sending: RFC 9293 section 3.3.1 */
    uint32_t snd_una, snd_nxt, snd_wnd, snd_wl1, snd_sml, write_seq, pushed_seq;
    uint32_t cwnd, ssthresh, cwnd_cnt;
    uint32_t packets_out, sacked_out, lost_out, retrans_out;
    uint32_t mss_cache, pmtu, max_window; /* octets: of data after options; of IP packets */
    uint16_t path_hash;                   /* where the path stood: tcp_path.h */
    uint32_t path_version;                /* tcp_path_known() when it was ready; 0: it is not */
    uint32_t mtu_version; /* routes' generation + 1 when pmtu was the path's; 0: not known */
    uint32_t ato;         /* us: of the receiver, delay of an ACK */
    struct list write_queue, rtx_queue, by_time;
    const struct list *rtx_second; /* of rtx_queue, or what it was: only to be fetched */
    uint32_t wmem_queued;          /* octets, with overhead */
    uint32_t chunk_used;
    struct buffer *chunk; /* where the program's octets are copied to */

    /* receiving */
    uint32_t rcv_nxt, rcv_wup, rcv_wnd, copied_seq, window_clamp, rcv_ssthresh;
    uint32_t rmem_alloc;
    uint32_t ts_recent, ts_recent_stamp_s, ts_offset, last_ts_ecr, rcv_rtt_last_tsecr;
    struct list receive_queue;

    /* acknowledging */
    uint32_t rcv_mss, last_seg_size;
    uint64_t lrcvtime;
    struct {
        uint32_t rtt_us, seq;
        uint32_t time; /* us + 1, modulo 2^32; 0: none */
    } rcv_rtt;
    struct {
        uint32_t space, seq;
        uint32_t time; /* us, modulo 2^32 */
    } rcvq;

    /* RTT and RTO: RFC 6298; srtt is eight times, mdev four times the value */
    uint32_t srtt_us, mdev_us, mdev_max_us, rttvar_us, rtt_seq;
    uint32_t rto;
    struct tcp_minmax rtt_min;

    struct timer_pair timers; /* enum tcp_hand */

    /* congestion and loss */
    const struct tcp_cc *cc;
    uint64_t cwnd_stamp, lsndtime, rcv_tstamp;
    uint64_t last_sent_at; /* anything at all, us */
    uint32_t cwnd_used, max_packets_out, cwnd_usage_seq;
    uint32_t paced; /* of tcp_pacing_rate(): segments, as of the last ACK; 0: before the first */
    uint32_t delivered;
    uint32_t second_seq; /* of the second buffer in write_queue; not behind its head: unknown */
    struct {
        uint64_t mstamp;
        uint32_t rtt_us, end_seq, last_delivered, prior_delivered;
    } rack;
    uint64_t retrans_stamp; /* us + 1, 0: none */
    struct tcp_cubic cubic;

    /* counts */
    uint32_t segs_out, segs_in, data_segs_out, data_segs_in;
    uint64_t bytes_sent, bytes_acked, bytes_received;

    /* the rest */
    uint32_t irs;
    uint16_t mss_clamp;  /* the peer's MSS */
    uint16_t reordering; /* segments */
    uint32_t advmss;
    uint32_t serial; /* in the order of their making, from 1 */
    const struct tcp_user *user;
    const struct tcp_rare *rare;
    struct tcp_meter meter;
    uint32_t iss;
    struct tcp_sock *listener; /* whose accept queue it is in, or NULL */
    struct list all_link;
    struct list link; /* in an accept queue, or among those that are freed when the event is over */
};

/* A connection in SYN-RECEIVED that came from a listener. */
struct tcp_request {
    struct tcp_entry entry;
    struct endpoints ends;
    struct list link; /* listener->requests */
    struct tcp_layer *layer;
    struct tcp_sock *listener; /* NULL: it is closed, and the child goes on without it */
    struct tcp_sock *child;    /* of Fast Open: the connection, which is there already; or NULL */
    struct tcp_saved_syn *saved_syn; /* or NULL */
    struct timer timer;
    uint32_t irs, iss, rcv_nxt;
    uint32_t serial; /* of the socket that it may become */
    uint32_t rcv_wnd, window_clamp;
    uint32_t ts_recent, ts_offset, ts_recent_stamp_s;
    uint32_t first_tsval; /* of our SYN,ACKs; 0: none was sent */
    uint64_t sent_at;     /* us + 1, first SYN,ACK; 0: not known */
    uint64_t last_oow_ack, last_sent;
    uint16_t peer_mss, mss;
    uint8_t snd_wscale, rcv_wscale;
    bool wscale_ok, ts_ok, sack_ok, ecn_ok, accecn_ok, acked;
    bool cookie; /* its SYN,ACK says all that is to be remembered: tcp_cookie.c */
    uint8_t n_timeout, n_retrans;
    uint8_t syn_ecn;                  /* of IP, as the SYN came */
    uint8_t accecn_seen, accecn_fail; /* tcp_accecn.h */
    struct route route;
    uint8_t tos, ttl;
};

/* TIME-WAIT, and FIN-WAIT-2 after close(): what is left of a connection. */
struct tcp_timewait {
    struct tcp_entry entry;
    struct endpoints ends;
    uint32_t serial; /* of the socket */
    struct list all_link;
    struct tcp_layer *layer;
    struct timer timer;
    uint32_t iss, irs;
    uint32_t rcv_nxt, snd_nxt, rcv_wnd;
    uint32_t ts_recent, ts_recent_stamp_s, ts_offset;
    uint32_t since_ms; /* when it came to be, or became TIME-WAIT with a timestamp */
    uint8_t rcv_wscale, tos, ttl;
    bool has_ts;
    uint64_t last_oow_ack;
    struct tcp_md5_key *md5; /* of this peer, or NULL */
    uint32_t flow_salt;      /* struct ip6_send */
};

#define TCP_PORT_BUCKETS 256
#define TCP_PERTURB      64

struct tcp_layer {
    /* What each segment needs stands together, with the end of sysctl. */
    struct tcp_sysctl sysctl;
    struct ip_stack *ip;
    struct node *node;
    struct tcp_sock *found; /* whose entry was found last, while it is in the table; or NULL */
    struct tcp_path *paths; /* looked up lately: tcp_path.c */
    uint32_t n_paths;       /* places; 0 or a power of two */
    uint32_t paths_changed; /* how often one of paths was made anew */
    struct list dead;
    struct tcp_entry **table; /* connections by both endpoints; NULL before the first */
    uint32_t table_size, n_entries;
    struct list *ports; /* tcp_entry.port_link, by local port; NULL until there are some */
    struct list socks, timewaits;
    uint32_t n_timewaits, last_serial;
    uint64_t secret;
    struct random_stream random;
    uint32_t *perturb; /* TCP_PERTURB numbers, made when first needed from */
    struct random_stream perturb_random;
    uint32_t challenge_second, challenge_left; /* second + 1 */
    struct tcp_metrics *metrics;               /* of other hosts; NULL: nothing is remembered */
};

/* A segment on its way through input. */
struct tcp_rx {
    struct tcp_hdr hdr;
    struct frame *frame; /* data at the TCP header; tcp_input() keeps the reference */
    const struct ip_rx *ip;
    uint32_t seq, end_seq, ack;
    uint32_t len;          /* octets of data */
    uint64_t now;          /* tcp_now() */
    enum drop_reason drop; /* why it is not taken, DROP_NONE while it is */
    bool ecn_counted;      /* tcp_ecn_received() has seen it */
};

#endif
