/* What the TCP files share beside what stands in tcp_sock.h. Times are microseconds of virtual time
 * unless their type is sim_time.
 */
#ifndef WW_STACK_TRANSPORT_TCP_INTERNAL_H
#define WW_STACK_TRANSPORT_TCP_INTERNAL_H

#include "base/likely.h"
#include "stack/link/jiffies.h"
#include "stack/transport/tcp_sock.h"

static inline struct tcp_sock *tcp_of(struct sock *sock)
{
    return (struct tcp_sock *)(void *)sock;
}

static inline const struct tcp_sock *tcp_of_const(const struct sock *sock)
{
    return (const struct tcp_sock *)(const void *)sock;
}

extern const struct tcp_user tcp_user_none;
extern const struct tcp_rare tcp_rare_none;

/* tcp_rare.c */
/** tcp_user() / tcp_rare() - @tp's own, to be written; made when first needed. */
struct tcp_user *tcp_user(struct tcp_sock *tp);
void tcp_rare_make(struct tcp_sock *tp);
static inline struct tcp_rare *tcp_rare(struct tcp_sock *tp)
{
    if (UNLIKELY(tp->rare == &tcp_rare_none))
        tcp_rare_make(tp);
    return (struct tcp_rare *)(uintptr_t)tp->rare;
}
/** tcp_user_drop() / tcp_rare_drop() - back to none; the out-of-order segments go, too. */
void tcp_user_drop(struct tcp_sock *tp);
void tcp_rare_drop(struct tcp_sock *tp);
/** tcp_user_inherit() - @tp, which is new, has come out of @listener. */
void tcp_user_inherit(struct tcp_sock *tp, const struct tcp_sock *listener);

/* Set a field of @tp's rare part, where that changes anything. */
#define TCP_RARE_SET(tp, field, value)                                                             \
    do {                                                                                           \
        if ((tp)->rare->field != (value))                                                          \
            tcp_rare(tp)->field = (value);                                                         \
    } while (0)

static inline uint64_t tcp_now(const struct tcp_layer *tcp)
{
    return (uint64_t)node_now(tcp->node) / (uint64_t)SIM_USEC(1);
}

/* Linux keeps some times, @us here, in ticks of its clock, which are counted up. */
static inline uint32_t tcp_whole_ticks(uint32_t us)
{
    const uint32_t tick = JIFFY / SIM_USEC(1);

    return (us + tick - 1) / tick * tick;
}

static inline uint32_t tcp_in_ticks(const struct tcp_sock *tp, uint32_t us)
{
    return tp->layer->sysctl.exact_timers ? us : tcp_whole_ticks(us);
}

/* TCP_RTO_MIN_US and TCP_RTO_MAX_MS of a socket, or the host's. */
static inline uint32_t tcp_rto_min(const struct tcp_sock *tp)
{
    return UNLIKELY(tp->own_times) && tp->user->rto_min_us != 0 ? tp->user->rto_min_us
                                                                : tp->layer->sysctl.rto_min_us;
}

static inline uint32_t tcp_rto_max(const struct tcp_sock *tp)
{
    return UNLIKELY(tp->own_times) && tp->user->rto_max_us != 0 ? tp->user->rto_max_us
                                                                : tp->layer->sysctl.rto_max_us;
}

static inline uint32_t tcp_now_ms(const struct tcp_layer *tcp)
{
    return (uint32_t)(tcp_now(tcp) / 1000);
}

/* What @tp's timestamps say at @now, in us. */
static inline uint32_t tcp_ts_of(const struct tcp_sock *tp, uint64_t now)
{
    return (uint32_t)(now / 1000) + tp->ts_offset;
}

static inline enum tcp_state tcp_state(const struct tcp_sock *tp)
{
    return (enum tcp_state)tp->entry.state;
}

#define TCP_IN(state) (1u << (state))
static inline bool tcp_state_in(const struct tcp_sock *tp, unsigned states)
{
    return (TCP_IN(tp->entry.state) & states) != 0;
}

static inline uint16_t tcp_default_mss(bool v6)
{
    return v6 ? TCP_MSS_DEFAULT6 : TCP_MSS_DEFAULT;
}

/* What a SYN says of its sender's MSS, by what it says or not: MUST-15. */
static inline uint16_t tcp_peer_mss(const struct tcp_options *opt, bool v6)
{
    return opt->has_mss ? opt->mss : tcp_default_mss(v6);
}

static inline uint32_t tcp_packets_in_flight(const struct tcp_sock *tp)
{
    return tp->packets_out - (tp->sacked_out + tp->lost_out) + tp->retrans_out;
}

static inline bool tcp_in_slow_start(const struct tcp_sock *tp)
{
    return tp->cwnd < tp->ssthresh;
}

static inline uint32_t tcp_wnd_end(const struct tcp_sock *tp)
{
    return tp->snd_una + tp->snd_wnd;
}

static inline bool tcp_sends_nothing(const struct tcp_sock *tp)
{
    return tp->packets_out == 0 && list_empty(&tp->write_queue) && !tp->has_tlp &&
           tp->snd_una == tp->snd_nxt;
}

/* Linux's charge for a page at a time leaves this much that the next segment may use. */
static inline uint32_t tcp_forward_alloc(const struct tcp_sock *tp)
{
    return (0u - tp->wmem_queued - tp->rmem_alloc) % 4096;
}

/* Octets the peer may still send by what was advertised. */
static inline uint32_t tcp_receive_window(const struct tcp_sock *tp)
{
    int32_t win = (int32_t)(tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt);

    return win < 0 ? 0 : (uint32_t)win;
}

/** tcp_entry_sock() - whose @entry is; NULL: a half-open connection's or a TIME-WAIT's, or @entry
 * is NULL. */
static inline struct tcp_sock *tcp_entry_sock(struct tcp_entry *entry)
{
    return entry != NULL && entry->kind == TCP_ENTRY_SOCK
               ? CONTAINER_OF(entry, struct tcp_sock, entry)
               : NULL;
}

static inline struct tcp_seg *tcp_seg_of(struct list *link)
{
    return CONTAINER_OF(link, struct tcp_seg, link);
}

static inline struct tcp_seg *tcp_first(const struct list *queue)
{
    return list_empty(queue) ? NULL : CONTAINER_OF(queue->next, struct tcp_seg, link);
}

static inline struct tcp_seg *tcp_last(const struct list *queue)
{
    return list_empty(queue) ? NULL : CONTAINER_OF(queue->prev, struct tcp_seg, link);
}

/* The segment that @link is of comes into the cache: those in flight are seldom there. */
static inline void tcp_seg_fetch(const struct list *link)
{
    mem_fetch(link, 2);
}

static inline void tcp_seg_untime(struct tcp_seg *seg)
{
    if (seg->timed)
        list_remove(&seg->by_time);
    seg->timed = false;
}

static inline uint32_t u32_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t u32_max(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/** tcp_state_why() - the reason that says how the state of @entry changes. */
static inline struct why tcp_state_why(const struct tcp_entry *entry, enum tcp_state old,
                                       enum tcp_state state)
{
    if (entry->ends->remote.v6)
        return WHY(TCP6_STATE, entry->ends->remote.addr6.hi, entry->ends->remote.addr6.lo,
                   entry->ends->local.port, (uint64_t)old << 8 | (uint64_t)state);
    return WHY(TCP_STATE, old, state, entry->ends->local.port, entry->ends->remote.addr);
}

static inline void tcp_say_state(const struct tcp_layer *tcp, const struct tcp_entry *entry,
                                 enum tcp_state old, enum tcp_state state)
{
    node_state(tcp->node, NULL, tcp_state_why(entry, old, state));
}

/* tcp.c */
void tcp_set_state(struct tcp_sock *tp, enum tcp_state state);
struct tcp_sock *tcp_sock_new(struct tcp_layer *tcp);
/** tcp_reset_connection() - everything that belongs to one connection, as it is before one. */
void tcp_reset_connection(struct tcp_sock *tp);
/** tcp_done() - the connection is over: CLOSED, timers off, out of the tables; an orphan is freed
 * at the event's end. */
void tcp_done(struct tcp_sock *tp);
/** tcp_abort_with() - tcp_done() with @error for the program. */
void tcp_abort_with(struct tcp_sock *tp, int error);
/** tcp_reap() - free what died; at the end of every entry into the layer. */
void tcp_reap(struct tcp_layer *tcp);
void tcp_wake(struct tcp_sock *tp, unsigned events);
void tcp_purge_queues(struct tcp_sock *tp);
/** tcp_purge_received() - what has come and was not read is gone. */
void tcp_purge_received(struct tcp_sock *tp);
unsigned tcp_poll(struct sock *sock);
int tcp_set_option(struct sock *sock, enum sock_option option, int value);
int tcp_get_option(struct sock *sock, enum sock_option option, int *value);
void tcp_describe_sock(struct sock *sock, struct describe *out);

/* tcp_open.c */
void tcp_listen_stop(struct tcp_sock *tp);
/** tcp_connect_deferred() - Fast Open: connect() was called, and the SYN waits for octets. */
bool tcp_connect_deferred(const struct tcp_sock *tp);
/** tcp_open_fast() - MSG_FASTOPEN: connect() with octets. 0: there is a connection already, that
 * may just be used. */
int tcp_open_fast(struct tcp_sock *tp, const struct sock_send *message);
/** tcp_send_failed() - send() cannot go on with @error; one that began the connection is over. */
int tcp_send_failed(struct tcp_sock *tp, const struct sock_send *message, int error);

/* tcp_write.c */
int64_t tcp_sock_send(struct sock *sock, const struct sock_send *message);
/** tcp_check_space() - room may have come up in the send buffer: wake the writer. */
void tcp_check_space(struct tcp_sock *tp);
bool tcp_memory_free(const struct tcp_sock *tp);
/** tcp_is_writeable() - enough room that it is worth waking who waits for it. */
bool tcp_is_writeable(const struct tcp_sock *tp);
uint32_t tcp_notsent_lowat(const struct tcp_sock *tp);

/* tcp_read.c */
int64_t tcp_sock_recv(struct sock *sock, struct sock_recv *message);
int64_t tcp_recv_plain(struct sock *sock, void *octets, size_t size, unsigned flags);

/* tcp_hash.c */
void tcp_hash_fini(struct tcp_layer *tcp);
void tcp_hash_add(struct tcp_layer *tcp, struct tcp_entry *entry);
void tcp_hash_remove(struct tcp_layer *tcp, struct tcp_entry *entry);
struct tcp_entry *tcp_hash_find(struct tcp_layer *tcp, struct endpoint local,
                                struct endpoint remote);
/** tcp_pair_secret() - a number that nobody else can know of two endpoints, and of @salt. */
uint64_t tcp_pair_secret(const struct tcp_layer *tcp, struct endpoint local, struct endpoint remote,
                         uint64_t salt);
struct tcp_sock *tcp_listener_find(struct tcp_layer *tcp, struct endpoint local,
                                   struct endpoint remote, unsigned ifindex);
void tcp_port_own(struct tcp_layer *tcp, struct tcp_entry *entry);
void tcp_port_release(struct tcp_entry *entry);
/** tcp_port_conflict() - may @entry have its local endpoint? Linux's rules of SO_REUSEADDR and
 * SO_REUSEPORT. */
bool tcp_port_conflict(struct tcp_layer *tcp, const struct tcp_entry *entry);
/** tcp_port_pick() - a free port for bind() to port 0; 0 when there is none. */
uint16_t tcp_port_pick(struct tcp_layer *tcp, struct tcp_entry *entry);
/** tcp_port_connect() - choose a port for connect(), or check the one it has; 0 or
 * -SIM_EADDRNOTAVAIL. */
int tcp_port_connect(struct tcp_sock *tp);
uint32_t tcp_new_iss(struct tcp_layer *tcp, struct endpoint local, struct endpoint remote);
/** tcp_first_id() - where the identification of a connection's packets begins: secret, as @iss. */
uint16_t tcp_first_id(const struct tcp_layer *tcp, uint32_t iss);
uint32_t tcp_ts_offset(struct tcp_layer *tcp, struct endpoint local, struct endpoint remote);

/* tcp_queue.c */
struct tcp_seg *tcp_seg_new(struct tcp_layer *tcp);
void tcp_seg_free(struct tcp_layer *tcp, struct tcp_seg *seg);
void tcp_queue_purge(struct tcp_layer *tcp, struct list *queue);
/** tcp_seg_append() - copy or refer to @len octets behind those of @seg. */
void tcp_seg_append(struct tcp_sock *tp, struct tcp_seg *seg, const uint8_t *octets, uint32_t len,
                    bool stable);
/** tcp_seg_room() - how many of @len @octets may stand behind those of @seg in it: all that need
 * not be copied, or with what fills a segment. tcp_seg_first_room() - the same of a new one. */
uint32_t tcp_seg_room(const struct tcp_sock *tp, const struct tcp_seg *seg, const uint8_t *octets,
                      uint32_t len, bool stable);
uint32_t tcp_seg_first_room(const struct tcp_sock *tp, uint32_t len, bool stable);
/** tcp_seg_carve() - the first @len octets of @seg, which waits in write_queue, become a segment of
 * their own before it, in the same buffer of Linux's. tcp_seg_cut(): one that stands in no queue
 * yet, and leaves at once: when it is sent is not set, and @starts_buffer is its own. */
struct tcp_seg *tcp_seg_cut(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len,
                            bool starts_buffer);
struct tcp_seg *tcp_seg_carve(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len);
/** tcp_seg_split() - @seg, which is in flight, keeps its first @len octets; the rest becomes the
 * segment behind it, which is returned. */
struct tcp_seg *tcp_seg_split(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len);
/** tcp_seg_take() - the first @len octets of @next, behind @seg, become the end of @seg. */
void tcp_seg_take(struct tcp_sock *tp, struct tcp_seg *seg, struct tcp_seg *next, uint32_t len);
/** tcp_seg_fill() - @seg of write_queue takes octets of what follows in its buffer, up to @len. */
void tcp_seg_fill(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len);
/** tcp_seg_trim_head() - drop the first @len octets, which were acknowledged. */
void tcp_seg_trim_head(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len);
/** tcp_seg_from_rx() - the octets of a received segment, by reference. */
struct tcp_seg *tcp_seg_from_rx(struct tcp_layer *tcp, struct tcp_rx *rx);
/** tcp_seg_of_payload() - the same of one that is the payload of @frame, without rx_linear. */
struct tcp_seg *tcp_seg_of_payload(struct tcp_layer *tcp, const struct frame *frame, uint32_t seq,
                                   uint8_t flags);
/** tcp_copy_truesize() - what a buffer costs that holds @len octets in one piece; *@tail_room of
 * its memory stays free. */
uint32_t tcp_copy_truesize(uint32_t len, uint32_t *tail_room);
/** tcp_rx_truesize() - what Linux charges for it. */
uint32_t tcp_rx_truesize(const struct tcp_layer *tcp, const struct tcp_rx *rx);
/** tcp_chunk_drop() - nothing more is copied to it. */
void tcp_chunk_drop(struct tcp_sock *tp);
void tcp_wmem_free(struct tcp_sock *tp, struct tcp_seg *seg);

/* tcp_out.c */
/** tcp_advertised_mss() - what a SYN says on a way that takes packets of @mtu octets. */
uint32_t tcp_advertised_mss(const struct tcp_sock *tp, uint32_t mtu);
void tcp_sync_mss(struct tcp_sock *tp, uint32_t pmtu);
uint32_t tcp_current_mss(struct tcp_sock *tp);
/** tcp_transmit() - every segment of a socket leaves here. @now: tcp_now(); @data may be NULL; @why
 * NULL: it is new data, a FIN, or an ACK that says how far we are. */
int tcp_transmit(struct tcp_sock *tp, uint64_t now, uint32_t seq, uint16_t flags,
                 const struct slice *data, const struct why *why);
int tcp_transmit_seg(struct tcp_sock *tp, uint64_t now, struct tcp_seg *seg, const struct why *why);
/** tcp_connect_start() - the SYN leaves; @fast: with what Fast Open has, of @message (NULL: none).
 */
void tcp_connect_start(struct tcp_sock *tp, bool fast, const struct sock_send *message);
/** tcp_send_ack() - @why NULL: in the usual words. */
void tcp_send_ack(struct tcp_sock *tp, const struct why *why);
/** tcp_send_ack_now() - an ACK that says how far we are, with the usual words. */
void tcp_send_ack_now(struct tcp_sock *tp);
/** tcp_send_handshake_ack() - of a SYN,ACK; @ace: how that came, of accurate ECN. */
void tcp_send_handshake_ack(struct tcp_sock *tp, uint16_t ace);
void tcp_send_dup_ack(struct tcp_sock *tp);
void tcp_send_delayed_ack(struct tcp_sock *tp);
void tcp_send_challenge_ack(struct tcp_sock *tp);
void tcp_send_synack(struct tcp_sock *tp);
void tcp_send_fin(struct tcp_sock *tp);
void tcp_send_active_reset(struct tcp_sock *tp);
/* A segment outside any socket: RST, ACK of TIME-WAIT or a half-open connection. */
struct tcp_reply {
    struct endpoint local, remote;
    struct tcp_hdr hdr;
    uint8_t tos, ttl;
    struct why why;
    const struct route *route;     /* or NULL */
    uint32_t flow_salt;            /* struct ip6_send */
    const struct tcp_md5_key *md5; /* or NULL: not signed */
};
void tcp_send_reply(struct tcp_layer *tcp, const struct tcp_reply *reply);
/** tcp_send_reset() - answer @rx with a RST, RFC 9293 section 3.10.7.1; @keys: of who sends it, or
 * NULL. */
void tcp_send_reset(struct tcp_layer *tcp, const struct tcp_rx *rx, const struct tcp_md5_key *keys,
                    struct why why);
uint32_t tcp_ts_now(const struct tcp_layer *tcp, uint32_t offset);

/* tcp_xmit.c */
/** tcp_write_xmit() - what waits leaves, as far as it may. @push_one: 1 sends one burst at most, 2
 * is a tail loss probe. True: stuck on the peer's window with nothing out. */
bool tcp_write_xmit(struct tcp_sock *tp, uint32_t mss, uint8_t nonagle, int push_one);
void tcp_push_pending(struct tcp_sock *tp, uint32_t mss, uint8_t nonagle);
static inline void tcp_push_pending_frames(struct tcp_sock *tp)
{
    if (!list_empty(&tp->write_queue))
        tcp_push_pending(tp, tcp_current_mss(tp), tp->nonagle);
}
/** tcp_data_snd_check() - something was acknowledged: what waits leaves, and there may be room. */
static inline void tcp_data_snd_check(struct tcp_sock *tp)
{
    tcp_push_pending_frames(tp);
    tcp_check_space(tp);
}
/** tcp_send_new() - @seg of write_queue leaves, and waits for its acknowledgment; less than @mss is
 * a small one. */
void tcp_send_new(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t mss);
struct tcp_burst;
/** tcp_window_allows() - does the first segment of @burst fit into the peer's window? */
bool tcp_window_allows(const struct tcp_sock *tp, const struct tcp_burst *burst, uint32_t mss);
/** tcp_data_sets_rto() - does new data that leaves set the retransmission timer? */
bool tcp_data_sets_rto(const struct tcp_sock *tp);
void tcp_cwnd_restart(struct tcp_sock *tp, int64_t delta);
void tcp_slow_start_after_idle_check(struct tcp_sock *tp);
void tcp_mark_push(struct tcp_sock *tp, struct tcp_seg *seg);
bool tcp_forced_push(const struct tcp_sock *tp);
bool tcp_small_in_flight(const struct tcp_sock *tp);

/* tcp_retransmit.c */
int tcp_retransmit(struct tcp_sock *tp, struct tcp_seg *seg, struct why why);
/** tcp_forget_place() - @seg leaves rtx_queue: retransmissions cannot go on with it. */
static inline void tcp_forget_place(struct tcp_sock *tp, const struct tcp_seg *seg)
{
    if (UNLIKELY(tp->rare->resend_from == seg))
        TCP_RARE_SET(tp, resend_from, NULL);
}
void tcp_xmit_retransmit_queue(struct tcp_sock *tp,
                               struct why (*reason)(struct tcp_sock *, struct tcp_seg *));
struct why tcp_why_fast(struct tcp_sock *tp, struct tcp_seg *seg);
/** tcp_recut_rest() - from @seg on what is left of its burst becomes segments of @mss octets;
 * returns how many fewer there are. */
unsigned tcp_recut_rest(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t mss);
int tcp_write_wakeup(struct tcp_sock *tp, struct why why);
void tcp_send_probe0(struct tcp_sock *tp);
void tcp_send_loss_probe(struct tcp_sock *tp);
bool tcp_loss_probe_fits(const struct tcp_sock *tp);
bool tcp_schedule_loss_probe(struct tcp_sock *tp, bool advancing_rto);

/* tcp_path.c */
void tcp_paths_fini(struct tcp_layer *tcp);
/** tcp_route() - find the way, if it is not known; 0 or -errno. */
int tcp_route(struct tcp_sock *tp);
/** tcp_path_mtu_known() - tcp_path_mtu() while nothing has changed since it was found, else 0. */
uint32_t tcp_path_mtu_known(const struct tcp_sock *tp);
uint32_t tcp_path_mtu(const struct tcp_sock *tp);
/** tcp_path_version() - tcp_sock.mtu_version while tcp_path_mtu_known() says what it does. */
uint32_t tcp_path_version(const struct tcp_sock *tp);
/** tcp_path_holds() - whether the segment that begins at @seq still waits here for a MAC address.
 */
bool tcp_path_holds(const struct tcp_sock *tp, uint32_t seq);
/** tcp_connect_route() - the way to @remote, and the two endpoints of the connection. */
int tcp_connect_route(struct tcp_sock *tp, struct endpoint remote);
/** tcp_path_output() - send @frame, data at the TCP header, whose checksum is yet to come; 0, or
 * -errno where no way is known or it does not fit. */
int tcp_path_output(struct tcp_sock *tp, struct frame *frame, uint8_t tos);
int tcp_request_route(struct tcp_request *req, uint32_t *mtu);
void tcp_reply_output(struct tcp_layer *tcp, struct frame *frame, const struct tcp_reply *reply);

/** tcp_ip_len() - octets of the IP header before its segments. */
static inline uint32_t tcp_ip_len(const struct tcp_entry *entry)
{
    return entry->ends->remote.v6 ? IPV6_HDR_LEN : IPV4_HDR_LEN;
}

/* tcp_demux.c */
void tcp_input(void *ctx, struct frame *frame, const struct ip_rx *rx);
bool tcp_input_plain(void *ctx, struct frame *frame);
void tcp_input_soon(void *ctx, const struct frame *frame);

/* tcp_plain.c */
/** tcp_rcv_plain() - the short way of all that follows, for a segment in @frame, data at the IP
 * header, that has timestamps alone. False: it is not so simple, and nothing has been done.
 * tcp_rcv_ack() - the same for an ACK that may have SACK blocks behind them. */
bool tcp_rcv_plain(struct tcp_sock *tp, const struct frame *frame);
bool tcp_rcv_ack(struct tcp_sock *tp, const struct frame *frame);

/* tcp_in.c */
/** tcp_listen_input() - for a listener; @isn: the initial sequence number that its connection gets,
 * 0: any. */
void tcp_listen_input(struct tcp_sock *tp, struct tcp_rx *rx, uint32_t isn);
void tcp_rcv_state_process(struct tcp_sock *tp, struct tcp_rx *rx);
void tcp_rcv_established(struct tcp_sock *tp, struct tcp_rx *rx);
void tcp_init_transfer(struct tcp_sock *tp);
void tcp_reset(struct tcp_sock *tp);
void tcp_rx_drop(struct tcp_rx *rx, enum drop_reason reason);
/** tcp_oow_too_soon() - since *@last, a moment that it keeps itself (0: never). */
bool tcp_oow_too_soon(struct tcp_layer *tcp, uint64_t *last);
bool tcp_oow_rate_limited(struct tcp_layer *tcp, const struct tcp_rx *rx, uint64_t *last);
void tcp_enter_pingpong(struct tcp_sock *tp);
void tcp_replace_ts_recent(struct tcp_sock *tp, const struct tcp_rx *rx);

/* tcp_rcv_queue.c */
/** tcp_take_syn_data() - Fast Open: the octets behind a SYN. */
void tcp_take_syn_data(struct tcp_sock *tp, struct tcp_rx *rx);
void tcp_data_queue(struct tcp_sock *tp, struct tcp_rx *rx);
/** tcp_queue_in_order() - the next octets, @seg, wait to be read. */
void tcp_queue_in_order(struct tcp_sock *tp, struct tcp_seg *seg);
/** tcp_fill_hole() - they have: what waited behind them may be next, too. */
void tcp_fill_hole(struct tcp_sock *tp);
/** tcp_queue_behind() - @seg, which begins where all that has come ends or behind that, waits out
 * of order. */
void tcp_queue_behind(struct tcp_sock *tp, struct tcp_seg *seg);
/** tcp_data_queue_next() - the same of a predicted segment: data, if any, that comes in order. */
void tcp_data_queue_next(struct tcp_sock *tp, struct tcp_rx *rx);
void tcp_check_urg(struct tcp_sock *tp, struct tcp_rx *rx);
/** tcp_dsack_set() - these came twice: the next ACK says so. */
void tcp_dsack_set(struct tcp_sock *tp, uint32_t start, uint32_t end);

/* tcp_rcv.c */
/** tcp_event_data_recv() - octets in order have come, in a buffer of @truesize.
 * tcp_measure_rcv_mss(), tcp_ecn_check_ce(): parts of it, which those out of order tell, too. */
void tcp_event_data_recv(struct tcp_sock *tp, struct tcp_rx *rx, uint32_t truesize);
void tcp_measure_rcv_mss(struct tcp_sock *tp, const struct tcp_rx *rx, uint32_t truesize);
void tcp_ecn_check_ce(struct tcp_sock *tp, const struct tcp_rx *rx);
/** tcp_data_timed() - what the moment @now tells at which they came. */
void tcp_data_timed(struct tcp_sock *tp, uint64_t now);
void tcp_ack_snd_check(struct tcp_sock *tp);
void tcp_send_ack_or_delay(struct tcp_sock *tp, bool ofo_possible);
void tcp_send_dupack_for(struct tcp_sock *tp, const struct tcp_rx *rx);
void tcp_enter_quickack(struct tcp_sock *tp, unsigned max);
void tcp_incr_quickack(struct tcp_sock *tp, unsigned max);
void tcp_cleanup_rbuf(struct tcp_sock *tp, uint32_t copied);
/** tcp_rcv_rtt_measure_ts() - of a segment of @len octets that came at @now and echoes @ecr. */
void tcp_rcv_rtt_measure_ts(struct tcp_sock *tp, uint32_t ecr, uint32_t len, uint64_t now);

/* tcp_window.c */
void tcp_init_buffer_space(struct tcp_sock *tp);
void tcp_sndbuf_expand(struct tcp_sock *tp);
void tcp_initialize_rcv_mss(struct tcp_sock *tp);
uint32_t tcp_win_from_space(const struct tcp_sock *tp, int64_t space);
int64_t tcp_space(const struct tcp_sock *tp);
uint32_t tcp_full_space(const struct tcp_sock *tp);
int tcp_set_window_clamp(struct tcp_sock *tp, uint32_t value);
/** tcp_grow_window() - @len octets have come in a buffer of @truesize. */
void tcp_grow_window(struct tcp_sock *tp, uint32_t len, uint32_t truesize);
void tcp_rcvbuf_grow(struct tcp_sock *tp, uint32_t space);
/** tcp_rcv_space_adjust() - the program reads what is before @end. */
void tcp_rcv_space_adjust(struct tcp_sock *tp, uint32_t end);
void tcp_select_initial_window(const struct tcp_layer *tcp, uint32_t space, uint32_t mss,
                               bool wscale_ok, uint32_t *rcv_wnd, uint32_t *window_clamp,
                               uint8_t *rcv_wscale);
uint32_t tcp_select_window_size(struct tcp_sock *tp);
/** tcp_offer_window() - is the window that would be told now no smaller than the last? Then the ACK
 * that the caller sends at once tells it. */
bool tcp_offer_window(struct tcp_sock *tp);
/** tcp_window_field() - what goes into the header. */
uint16_t tcp_window_field(struct tcp_sock *tp);

/* tcp_ack.c */
enum tcp_ack_flag {
    TCP_F_DATA = 0x01,
    TCP_F_WIN_UPDATE = 0x02,
    TCP_F_DATA_ACKED = 0x04,
    TCP_F_RETRANS_DATA_ACKED = 0x08,
    TCP_F_SYN_ACKED = 0x10,
    TCP_F_DATA_SACKED = 0x20,
    TCP_F_ECE = 0x40,
    TCP_F_LOST_RETRANS = 0x80,
    TCP_F_ORIG_SACK_ACKED = 0x200,
    TCP_F_SND_UNA_ADVANCED = 0x400,
    TCP_F_DSACKING_ACK = 0x800,
    TCP_F_SET_XMIT_TIMER = 0x1000,
    TCP_F_SACK_RENEGING = 0x2000,
    TCP_F_UPDATE_TS_RECENT = 0x4000,
    TCP_F_NO_CHALLENGE_ACK = 0x8000,
    TCP_F_DSACK_TLP = 0x40000,
    TCP_F_TIMER_LATER = 0x80000, /* the caller settles the timer when it has sent what it may */
};
#define TCP_F_ACKED            (TCP_F_DATA_ACKED | TCP_F_SYN_ACKED)
#define TCP_F_NOT_DUP          (TCP_F_DATA | TCP_F_WIN_UPDATE | TCP_F_ACKED)
#define TCP_F_FORWARD_PROGRESS (TCP_F_ACKED | TCP_F_DATA_SACKED)
#define TCP_F_CA_ALERT         (TCP_F_DATA_SACKED | TCP_F_ECE | TCP_F_DSACKING_ACK)

enum tcp_rexmit { TCP_REXMIT_NONE, TCP_REXMIT_LOST, TCP_REXMIT_NEW };

/** tcp_ack() - process @rx's acknowledgment. 1: fine; 0: old; -1: not acceptable. */
int tcp_ack(struct tcp_sock *tp, struct tcp_rx *rx, unsigned flag);
/** tcp_ack_too_old() - does @rx acknowledge what no segment under way can: RFC 5961 section 5.2? */
bool tcp_ack_too_old(const struct tcp_sock *tp, const struct tcp_rx *rx);
/** tcp_ack_in_window() - the same where it acknowledges something from snd_una to snd_nxt and the
 * caller has taken its timestamp; @flag has TCP_F_DATA if it brings some. */
void tcp_ack_in_window(struct tcp_sock *tp, struct tcp_rx *rx, unsigned flag);
/** tcp_ack_plain() - the short way of tcp_ack(), of a predicted segment that came at @now, but
 * @window may be another; its caller settles the timer, and takes its timestamp and snd_wl1. False:
 * it is not so simple, and nothing has been done. */
bool tcp_ack_plain(struct tcp_sock *tp, uint32_t ack, uint32_t window, uint64_t now);
void tcp_rtt_estimator(struct tcp_sock *tp, int64_t mrtt_us);
void tcp_set_rto(struct tcp_sock *tp);

/* tcp_mtu_probe.c */
enum tcp_probed { TCP_PROBED_NOT, TCP_PROBED_WAIT, TCP_PROBED_DUE };
/** tcp_mtu_probe_init() - a connection opens: from where is searched? */
void tcp_mtu_probe_init(struct tcp_sock *tp);
/** tcp_mtu_probe_mss() - what is known to pass of packets up to @mtu. */
uint32_t tcp_mtu_probe_mss(struct tcp_sock *tp, uint32_t mtu);
/** tcp_mtu_probe() - is it time for a probe, of @size octets? WAIT: first others must have arrived.
 * tcp_mtu_probe_sent(): it has left. */
enum tcp_probed tcp_mtu_probe(struct tcp_sock *tp, uint32_t *size);
void tcp_mtu_probe_sent(struct tcp_sock *tp, uint32_t size);
/** tcp_mtu_probe_acked() - an ACK came: perhaps of the probe. */
void tcp_mtu_probe_acked(struct tcp_sock *tp);
/** tcp_mtu_probe_lost() - something was lost. True: it was the probe, which is no congestion. */
bool tcp_mtu_probe_lost(struct tcp_sock *tp);
/** tcp_mtu_probe_black_hole() - nothing comes back: are the segments too large? */
void tcp_mtu_probe_black_hole(struct tcp_sock *tp);
uint32_t tcp_mss_of_mtu(const struct tcp_sock *tp, uint32_t mtu);
/** tcp_mss_headers() - octets of a packet beside its data, SACK blocks apart. */
uint32_t tcp_mss_headers(const struct tcp_sock *tp);
uint32_t tcp_min_rtt(const struct tcp_sock *tp);
/** tcp_ack_update_rtt_synack() - @rx acknowledges our SYN,ACK; @rtt_us -1: only the timestamps may
 * tell which one, RFC 6298 section 3. */
void tcp_ack_update_rtt_synack(struct tcp_sock *tp, const struct tcp_rx *rx, int64_t rtt_us);
void tcp_rearm_rto(struct tcp_sock *tp);
void tcp_set_xmit_timer(struct tcp_sock *tp);
/** tcp_settle_xmit_timer() - the probe that tcp_ack() left to be set goes, unless what was sent
 * since has set another timer. */
static inline void tcp_settle_xmit_timer(struct tcp_sock *tp)
{
    if (tp->tlp_due)
        tcp_schedule_loss_probe(tp, true);
}
void tcp_try_undo_spurious_syn(struct tcp_sock *tp);

/* tcp_sack.c */
struct tcp_sack_result {
    int64_t first_sack_us, last_sack_us; /* when the newly SACKed were sent, -1: none */
    uint32_t reord;                      /* lowest SACKed without retransmission */
    bool has_reord;
    uint32_t n_sacked; /* for the ACK being processed */
    uint32_t octets;   /* newly SACKed, less those acknowledged that had been */
    struct tcp_rate_sample rate;
};
unsigned tcp_sacktag_write_queue(struct tcp_sock *tp, const struct tcp_rx *rx,
                                 uint32_t prior_snd_una, struct tcp_sack_result *result);
/** tcp_unmark() - @seg, which leaves rtx_queue or is changed in it, was perhaps SACKed. NULL: all.
 */
void tcp_unmark(struct tcp_sock *tp, const struct tcp_seg *seg);
void tcp_mark_lost(struct tcp_sock *tp, struct tcp_seg *seg);
void tcp_check_sack_reordering(struct tcp_sock *tp, uint32_t low_seq, bool ts);
uint32_t tcp_highest_sack_seq(const struct tcp_sock *tp);
void tcp_reset_reno_sack(struct tcp_sock *tp);
void tcp_add_reno_sack(struct tcp_sock *tp, unsigned n_dupack, bool ece);
void tcp_remove_reno_sacks(struct tcp_sock *tp, int acked, bool ece);
void tcp_limit_reno_sacked(struct tcp_sock *tp);

/* tcp_recovery.c */
void tcp_fastretrans_alert(struct tcp_sock *tp, uint32_t prior_snd_una, unsigned n_dupack,
                           unsigned *flag, enum tcp_rexmit *rexmit);
void tcp_enter_loss(struct tcp_sock *tp);
void tcp_enter_cwr(struct tcp_sock *tp);
void tcp_init_cwnd_reduction(struct tcp_sock *tp);
void tcp_end_cwnd_reduction(struct tcp_sock *tp);
void tcp_cwnd_reduction(struct tcp_sock *tp, int newly_acked_sacked, int newly_lost, unsigned flag);
void tcp_try_keep_open(struct tcp_sock *tp);
void tcp_process_tlp_ack(struct tcp_sock *tp, uint32_t ack, unsigned flag);
/** tcp_echo_is_before() - was the timestamp that comes back sent before @at, in us? */
bool tcp_echo_is_before(const struct tcp_sock *tp, uint64_t at);
/** tcp_rack_advance() - @seg has been delivered; @now: tcp_now(). */
void tcp_rack_advance(struct tcp_sock *tp, const struct tcp_seg *seg, uint64_t now);
void tcp_rack_reo_timeout(struct tcp_sock *tp);
void tcp_rack_update_reo_wnd(struct tcp_sock *tp);
void tcp_set_ca_state(struct tcp_sock *tp, enum tcp_ca_state state);
/** tcp_try_undo_recovery() - what counted as lost was only late: as before. */
bool tcp_try_undo_recovery(struct tcp_sock *tp);
void tcp_simple_retransmit(struct tcp_sock *tp);
/** tcp_lose_without_congestion() - what is marked as lost goes again, and the network is not to
 * blame.
 */
void tcp_lose_without_congestion(struct tcp_sock *tp,
                                 struct why (*reason)(struct tcp_sock *, struct tcp_seg *));
void tcp_xmit_recovery(struct tcp_sock *tp, enum tcp_rexmit rexmit);
bool tcp_in_cwnd_reduction(const struct tcp_sock *tp);
uint32_t tcp_current_ssthresh(const struct tcp_sock *tp);

/* tcp_cc.c */
const struct tcp_cc *tcp_cc_of(enum tcp_cc_kind kind);
extern const struct tcp_cc tcp_cubic_ops, tcp_reno_ops;
uint32_t tcp_slow_start(struct tcp_sock *tp, uint32_t acked);
void tcp_cong_avoid_ai(struct tcp_sock *tp, uint32_t w, uint32_t acked);
bool tcp_is_cwnd_limited(const struct tcp_sock *tp);
void tcp_update_pacing_rate(struct tcp_sock *tp); /* after each ACK */
uint64_t tcp_pacing_rate(const struct tcp_sock *tp);
/** tcp_paced_slower() - is it certainly less than @rate? False: a division will tell. */
bool tcp_paced_slower(const struct tcp_sock *tp, uint64_t rate);

/* tcp_rate.c */
/** tcp_rto_time_ms() - how long nothing but timeouts kept the connection going. */
uint32_t tcp_rto_time_ms(const struct tcp_sock *tp);
void tcp_meter_init(struct tcp_sock *tp);
/** tcp_rate_sent() - @seg leaves, sent_at and tx_delivered are set; before packets_out counts it.
 */
void tcp_rate_sent(struct tcp_sock *tp, struct tcp_seg *seg);
/** tcp_rate_arrived() - @seg was acknowledged or SACKed. */
void tcp_rate_arrived(struct tcp_sock *tp, struct tcp_seg *seg, struct tcp_rate_sample *sample);
/** tcp_rate_take() - an ACK that delivered @delivered segments has been read, @at us. */
void tcp_rate_take(struct tcp_sock *tp, uint64_t at, uint32_t delivered,
                   const struct tcp_rate_sample *sample);
/** tcp_rate_check_app_limited() - a write begins: was there nothing to send before? */
void tcp_rate_check_app_limited(struct tcp_sock *tp);
/** tcp_rate_bytes() - octets a second; 0: no sample yet. */
uint64_t tcp_rate_bytes(const struct tcp_sock *tp);
/** tcp_chrono_start() - from now on @kind, unless something that matters more goes on.
 * tcp_chrono_stop(): no longer @kind, or the queues may be empty. */
void tcp_chrono_start(struct tcp_sock *tp, enum tcp_chrono_kind kind);
void tcp_chrono_stop(struct tcp_sock *tp, enum tcp_chrono_kind kind);
uint64_t tcp_chrono_us(const struct tcp_sock *tp, enum tcp_chrono_kind kind);

/* tcp_burst.c */

/* What would leave at once: @len octets from the head of write_queue on. */
struct tcp_burst {
    uint32_t len;
    bool last; /* nothing waits behind it */
    bool fin;
};

/** tcp_size_goal() - octets that one buffer of Linux's gathers when segments have @mss. */
uint32_t tcp_size_goal(const struct tcp_sock *tp, uint32_t mss);
/** tcp_buffer_begin() - what Linux charges for a buffer more, which begins with @seg. */
void tcp_buffer_begin(struct tcp_sock *tp, struct tcp_seg *seg);
/** tcp_buffer_cut() - @seg and what follows are a buffer of their own from now on.
 * tcp_buffer_join(): they belong to the one before. */
void tcp_buffer_cut(struct tcp_sock *tp, struct tcp_seg *seg);
void tcp_buffer_join(struct tcp_sock *tp, struct tcp_seg *seg);
/** tcp_tail_buffer_len() - octets in the buffer at the end of write_queue. */
uint32_t tcp_tail_buffer_len(const struct tcp_sock *tp);
/** tcp_burst_segs() - segments of a burst at most, by the pace and the round trip time. */
uint32_t tcp_burst_segs(const struct tcp_sock *tp, uint32_t mss);
/** tcp_cwnd_quota() - segments that the congestion window lets go at once; 0: it is full. */
uint32_t tcp_cwnd_quota(const struct tcp_sock *tp);
/** tcp_burst_gather() - the first buffer of write_queue, filled up from the second to @wanted
 * octets if it has less. */
struct tcp_burst tcp_burst_gather(struct tcp_sock *tp, uint32_t wanted);
/** tcp_burst_defers() - is it better to wait for the next ACK? *@cwnd_limited or
 * *@rwnd_limited is set if that window is why. */
bool tcp_burst_defers(const struct tcp_sock *tp, uint64_t now, const struct tcp_burst *burst,
                      uint32_t mss, uint32_t max_segs, bool *cwnd_limited, bool *rwnd_limited);
/** tcp_burst_len() - octets of it that go now: @quota segments, the window, Nagle's rule for the
 * last one. */
uint32_t tcp_burst_len(const struct tcp_sock *tp, const struct tcp_burst *burst, uint32_t mss,
                       uint32_t quota, uint8_t nonagle);
uint32_t tcp_reno_undo_cwnd(struct tcp_sock *tp);

/* tcp_timer.c */
/** tcp_wheel_expiry() - when a kernel timer runs out that shall run for @delay from now on. */
sim_time tcp_wheel_expiry(const struct tcp_layer *tcp, sim_time delay);
void tcp_wheel_start(const struct tcp_layer *tcp, struct timer *timer, sim_time delay);
void tcp_timers_init(struct tcp_sock *tp);
void tcp_rare_timers_init(struct tcp_sock *tp, struct tcp_rare *rare);
void tcp_timers_stop(struct tcp_sock *tp);
void tcp_rtx_timer_start(struct tcp_sock *tp, enum tcp_timer_kind kind, uint64_t delay_us);
void tcp_rtx_timer_stop(struct tcp_sock *tp);
/** tcp_rto_expired() - the retransmission time is over, by the timer or otherwise. */
void tcp_rto_expired(struct tcp_sock *tp);
/** tcp_count_rto() - a timeout, for TCP_INFO and for who asks how many followed each other. */
void tcp_count_rto(struct tcp_sock *tp);
uint64_t tcp_probe0_when(const struct tcp_sock *tp);
uint64_t tcp_clamp_to_user_timeout(const struct tcp_sock *tp, uint64_t when, uint64_t since);
int64_t tcp_rto_delta(const struct tcp_sock *tp);
void tcp_keepalive_start(struct tcp_sock *tp, sim_time delay);
void tcp_keepalive_stop(struct tcp_sock *tp);
uint32_t tcp_keepalive_time(const struct tcp_sock *tp);
sim_time tcp_fin_time(const struct tcp_sock *tp);
void tcp_check_probe_timer(struct tcp_sock *tp);

/* tcp_request.c */
/** tcp_cookie_input() - an ACK that nobody waits for: does it bring back a SYN cookie of
 * @listener's? True: it did, and was worked on. */
bool tcp_cookie_input(struct tcp_sock *listener, struct tcp_rx *rx);
void tcp_conn_request(struct tcp_sock *listener, struct tcp_rx *rx, uint32_t isn);
/** tcp_check_request() - a segment for a half-open connection. True: the listener shall process it,
 * or @child, which Fast Open has made of it (NULL: none). */
bool tcp_check_request(struct tcp_request *req, struct tcp_rx *rx, struct tcp_sock *child);
void tcp_request_free(struct tcp_request *req);
struct tcp_fastopen_option;
/** tcp_request_child() - the socket that @req becomes, in no table yet. */
struct tcp_sock *tcp_request_child(struct tcp_request *req, const struct tcp_rx *rx);
/** tcp_request_send_synack() - @grant: a cookie, or NULL. */
void tcp_request_send_synack(struct tcp_request *req, const struct tcp_fastopen_option *grant);
void tcp_request_repeat_synack(struct tcp_request *req);

/* tcp_timewait.c */
/** tcp_time_wait() - @tp becomes a TIME-WAIT (@substate TIME_WAIT or FIN_WAIT_2) for @length, and
 * is done. */
void tcp_time_wait(struct tcp_sock *tp, enum tcp_state substate, sim_time length);
/** tcp_timewait_input() - true: @rx is a new SYN, to be taken by a listener with *@isn. */
bool tcp_timewait_input(struct tcp_timewait *tw, struct tcp_rx *rx, uint32_t *isn);
void tcp_timewait_free(struct tcp_timewait *tw);
/** tcp_timewait_reusable() - may connect() take over @tw's pair of endpoints? Then it hands over
 * its sequence space. */
bool tcp_timewait_reusable(struct tcp_timewait *tw, struct tcp_sock *tp, bool bound);

/* tcp_notes.c */
/** tcp_note_written() - octets of @message stand at the end of write_queue, the @whole of it or
 * what fits. */
void tcp_note_written(struct tcp_sock *tp, const struct sock_send *message, bool whole);
/** tcp_notes_sent() - @seg leaves; tcp_notes_acked() - snd_una has moved; both where has_notes. */
void tcp_notes_sent(struct tcp_sock *tp, const struct tcp_seg *seg);
void tcp_notes_acked(struct tcp_sock *tp);
/** tcp_notes_drop() - what was written is thrown away. */
void tcp_notes_drop(struct tcp_sock *tp);
/** tcp_set_stamps() - SO_TIMESTAMPING. */
int tcp_set_stamps(struct tcp_sock *tp, uint32_t stamps);

/* tcp_icmp.c */
void tcp_icmp_error(void *ctx, const struct ip_error *error);
bool tcp_icmp_vouch(void *ctx, const struct ip_error *error);

#endif
