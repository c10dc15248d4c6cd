/* A segment arrives: is it right, and whose is it? RFC 9293 section 3.10.7. */
#include "base/be.h"
#include "base/likely.h"
#include "sim/link.h"
#include "sim/piece.h"
#include "stack/transport/tcp_md5.h"
#include "stack/transport/tcp_path.h"

/* Of a socket that may ask for something, or a segment that is signed. */
static bool may_come(const struct tcp_sock *tp, struct tcp_rx *rx)
{
    tcp_rx_drop(rx, ip_rx_ttl(rx->ip) < sock_kept(&tp->sock, OPT_IP_MINTTL)
                        ? DROP_TCP_MIN_TTL
                        : tcp_md5_check(tp->user->md5, rx));
    return rx->drop == DROP_NONE;
}

static void sock_input(struct tcp_sock *tp, struct tcp_rx *rx, uint32_t isn)
{
    /* the end of the queue that the data or the ACK is about to meet */
    tcp_seg_fetch(rx->len > 0 ? tp->receive_queue.prev : tp->rtx_queue.next);
    if (UNLIKELY(tp->sock.options.extra != NULL || rx->hdr.opt.signature_at != 0) &&
        !may_come(tp, rx))
        return;
    tp->segs_in++;
    tp->last_ts_ecr = rx->hdr.opt.has_ts ? rx->hdr.opt.ts_ecr : 0;
    if (rx->len > 0)
        tp->data_segs_in++;
    if (tcp_state(tp) == TCP_LISTEN)
        tcp_listen_input(tp, rx, isn);
    else if (tcp_state(tp) == TCP_ESTABLISHED)
        tcp_rcv_established(tp, rx);
    else
        tcp_rcv_state_process(tp, rx);
}

static void no_socket(struct tcp_layer *tcp, struct tcp_rx *rx)
{
    tcp_rx_drop(rx, DROP_PORT_CLOSED);
    if (rx->hdr.opt.signature_at == 0) /* else a RST would not be believed */
        tcp_send_reset(tcp, rx, NULL, WHY0(TCP_RST));
}

static void listener_input(struct tcp_layer *tcp, struct tcp_rx *rx, uint32_t isn)
{
    struct endpoint local = ip_rx_local(rx->ip, rx->hdr.dst_port),
                    remote = ip_rx_remote(rx->ip, rx->hdr.src_port);
    struct tcp_sock *listener =
        tcp_listener_find(tcp, local, remote, rx->ip->iif == NULL ? 0 : rx->ip->iif->index);

    if (listener == NULL)
        no_socket(tcp, rx);
    else
        sock_input(listener, rx, isn);
}

#define PLAIN_PACKET_LEN (IPV4_HDR_LEN + TCP_PLAIN_LEN)

/* Of IPv4: most segments are for whom the one before was. */
static inline struct tcp_entry *find4(struct tcp_layer *tcp, ip4_addr dst, uint16_t dst_port,
                                      ip4_addr src, uint16_t src_port)
{
    struct tcp_sock *tp = tcp->found;

    if (LIKELY(tp != NULL)) {
        const struct endpoint *local = &tp->sock.local, *remote = &tp->sock.remote;

        if (local->port == dst_port && remote->port == src_port && local->addr == dst &&
            remote->addr == src && !local->v6 && !remote->v6)
            return &tp->entry;
    }
    return tcp_hash_find(tcp, (struct endpoint){ .addr = dst, .port = dst_port },
                         (struct endpoint){ .addr = src, .port = src_port });
}

/* Of what follows from all_link on no segment asks; whatever else a socket has is fetched. */
MEM_LINES_HOLD(offsetof(struct tcp_sock, link) ==
                       offsetof(struct tcp_sock, all_link) + sizeof(struct list) &&
                   sizeof(struct tcp_sock) == offsetof(struct tcp_sock, link) + sizeof(struct list),
               "the links stand behind all that a segment needs");
MEM_LINES_HOLD(offsetof(struct tcp_rare, marked) == ARENA_LINE,
               "of the rare a segment needs the first line");
MEM_LINES_HOLD(offsetof(struct tcp_seg, link) == 0 &&
                   sizeof(struct tcp_seg) == (size_t)2 * ARENA_LINE,
               "tcp_seg_fetch() brings all of a segment");
MEM_LINES_HOLD(offsetof(struct tcp_path, version) + sizeof(uint32_t) <= ARENA_LINE,
               "tcp_path_fetch() brings what is copied of a path");

/* A segment needs most of its socket: what is not in the cache comes all at once. */
void tcp_input_soon(void *ctx, const struct frame *frame)
{
    const uint8_t *ip = frame->data, *octets = ip + IPV4_HDR_LEN;
    const struct tcp_sock *tp;

    __builtin_prefetch(octets + TCP_PLAIN_LEN - 1);
    __builtin_prefetch(&frame->payload.octets);
    link_fetch(frame->in->out); /* by which it is answered */
    if (frame->len < IPV4_HDR_LEN + TCP_HDR_LEN)
        return;
    tp = tcp_entry_sock(find4(ctx, be32_get(ip + IPV4_AT_DST), be16_get(octets + 2),
                              be32_get(ip + IPV4_AT_SRC), be16_get(octets)));
    if (tp == NULL)
        return;
    mem_fetch(tp, piece_lines(offsetof(struct tcp_sock, all_link)));
    mem_fetch(tp->rare, 1);
    tcp_seg_fetch(tp->rtx_queue.next); /* and what an ACK is of */
    tcp_seg_fetch(tp->rtx_second);
}

static void request_input(struct tcp_layer *tcp, struct tcp_request *req, struct tcp_rx *rx)
{
    tcp_rx_drop(rx, tcp_md5_check(req->listener->user->md5, rx));
    if (rx->drop == DROP_NONE && tcp_check_request(req, rx, NULL))
        listener_input(tcp, rx, 0);
}

static void demultiplex(struct tcp_layer *tcp, struct tcp_rx *rx)
{
    const struct ip_rx *ip = rx->ip;
    uint16_t dst_port = rx->hdr.dst_port, src_port = rx->hdr.src_port;
    struct tcp_entry *entry =
        ip->hdr6 == NULL
            ? find4(tcp, ip->hdr->dst, dst_port, ip->hdr->src, src_port)
            : tcp_hash_find(tcp, ip_rx_local(ip, dst_port), ip_rx_remote(ip, src_port));
    struct tcp_sock *tp;
    uint32_t isn = 0;

    if (entry == NULL) {
        listener_input(tcp, rx, 0);
        return;
    }
    switch (entry->kind) {
    case TCP_ENTRY_SOCK:
        tp = CONTAINER_OF(entry, struct tcp_sock, entry);
        sock_input(tp, rx, 0);
        if (rx->drop != DROP_NONE)
            tcp_rare(tp)->drops++; /* it may be over, but it is still there */
        break;
    case TCP_ENTRY_REQUEST:
        request_input(tcp, CONTAINER_OF(entry, struct tcp_request, entry), rx);
        break;
    case TCP_ENTRY_TIMEWAIT:
        if (tcp_timewait_input(CONTAINER_OF(entry, struct tcp_timewait, entry), rx, &isn))
            listener_input(tcp, rx, isn);
        break;
    }
}

static enum drop_reason parse(struct tcp_rx *rx)
{
    struct frame *frame = rx->frame;
    enum drop_reason reason;

    if (rx->ip->kind != ROUTE_LOCAL || rx->ip->link_group)
        return DROP_MARTIAN_DESTINATION; /* RFC 9293 section 3.9.2.3, MUST-57 */
    if (!frame_need(frame, TCP_HDR_LEN) || !frame_need(frame, (size_t)(frame->data[12] >> 4) * 4))
        return DROP_TRUNCATED;
    if (!ip_check_checksum(frame, rx->ip))
        return DROP_BAD_CHECKSUM;
    reason = tcp_parse(frame->data, frame->len, &rx->hdr);
    if (reason != DROP_NONE)
        return reason;
    rx->len = (uint32_t)frame_size(frame) - rx->hdr.hdr_len;
    rx->seq = rx->hdr.seq;
    rx->ack = rx->hdr.ack;
    rx->end_seq =
        rx->seq + rx->len + ((rx->hdr.flags & TCP_SYN) != 0) + ((rx->hdr.flags & TCP_FIN) != 0);
    return DROP_NONE;
}

/* tcp_input() of a segment over IPv4 with timestamps and perhaps SACK blocks behind them, which
 * nobody has touched since its checksum was left to be computed: mostly it is one of those that
 * tcp_rcv_plain() takes, or tcp_rcv_ack(). */
bool tcp_input_plain(void *ctx, struct frame *frame)
{
    struct tcp_layer *tcp = ctx;
    const uint8_t *ip = frame->data, *octets = ip + IPV4_HDR_LEN;
    struct tcp_sock *tp;

    if (UNLIKELY(frame->len < PLAIN_PACKET_LEN || !frame->checksum.pending ||
                 tcp->sysctl.long_way || be32_get(octets + TCP_HDR_LEN) != TCP_TS_PREFIX))
        return false;
    tp = tcp_entry_sock(find4(tcp, be32_get(ip + IPV4_AT_DST), be16_get(octets + 2),
                              be32_get(ip + IPV4_AT_SRC), be16_get(octets)));
    if (UNLIKELY(tp == NULL))
        return false;
    tcp_path_fetch(tcp, tp->path_hash); /* of an answer, or of what may go now */
    if (!(LIKELY(frame->len == PLAIN_PACKET_LEN) ? tcp_rcv_plain(tp, frame)
                                                 : tcp_rcv_ack(tp, frame)))
        return false;
    frame_free(frame);
    tcp_reap(tcp);
    return true;
}

void tcp_input(void *ctx, struct frame *frame, const struct ip_rx *ip)
{
    struct tcp_layer *tcp = ctx;
    struct tcp_rx rx; /* parse() fills in the rest, or nobody looks at it */

    rx.frame = frame;
    rx.ip = ip;
    rx.now = tcp_now(tcp);
    rx.ecn_counted = false;
    rx.drop = parse(&rx);
    if (rx.drop == DROP_NONE)
        demultiplex(tcp, &rx);
    if (rx.drop != DROP_NONE)
        node_drop(tcp->node, frame->in, frame, rx.drop);
    else
        frame_free(frame);
    tcp_reap(tcp);
}
