/*
 * Bursts. Linux gathers what programs write in buffers of up to 64 KiB and hands several segments
 * of one at once to the driver (TSO, or GSO in software). What cables show of it: the last segment
 * of every burst of more than one carries PSH; a burst is at most half the congestion window; and
 * where the next ACK is about to come, what is allowed already waits for it, to make a fuller
 * burst.
 *
 * Our write_queue holds pieces of such buffers, cut where they leave, and rtx_queue single
 * segments: `starts_buffer` marks where a new buffer of Linux's begins, or a new burst did.
 */
#include "base/check.h"
#include "stack/transport/tcp_internal.h"

#define GSO_OCTETS_MAX  65215u /* 64 KiB less the headers Linux sets aside */
#define PACING_SHIFT    10     /* a burst lasts about a millisecond at the pace */
#define DEFER_WITHIN_US 1000u
#define DEFER_WAIT_US   1000u /* the next ACK is this near at least */
#define DEFER_SEGS      3u    /* without tcp_tso_win_divisor: more is not held back */

uint32_t tcp_size_goal(const struct tcp_sock *tp, uint32_t mss)
{
    uint32_t half = tp->max_window > TCP_MSS_DEFAULT ? tp->max_window / 2 : tp->max_window;
    uint32_t goal = half > 0 && half < GSO_OCTETS_MAX ? half : GSO_OCTETS_MAX;

    if (tp->signs) /* each segment has a signature of its own: there are no bursts */
        return mss;
    return u32_max(goal / mss * mss, mss);
}

uint32_t tcp_tail_buffer_len(const struct tcp_sock *tp)
{
    uint32_t len = 0;

    for (struct list *at = tp->write_queue.prev; at != &tp->write_queue; at = at->prev) {
        len += tcp_seg_of(at)->data.len;
        if (tcp_seg_of(at)->starts_buffer)
            break;
    }
    return len;
}

uint32_t tcp_burst_segs(const struct tcp_sock *tp, uint32_t mss)
{
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;
    uint32_t rtt = tcp_min_rtt(tp) >> sysctl->tso_rtt_log, least = sysctl->min_tso_segs;
    uint64_t octets;

    if (tp->signs)
        return 1;
    if (rtt >= 32 && tcp_paced_slower(tp, (uint64_t)(least + 1) * mss << PACING_SHIFT))
        return least; /* as of most: not worth a division */
    octets = tcp_pacing_rate(tp) >> PACING_SHIFT;
    if (octets > GSO_OCTETS_MAX)
        octets = GSO_OCTETS_MAX;
    if (rtt < 32)
        octets += GSO_OCTETS_MAX >> rtt;
    if (octets > GSO_OCTETS_MAX)
        octets = GSO_OCTETS_MAX;
    return u32_max((uint32_t)octets / mss, least);
}

uint32_t tcp_cwnd_quota(const struct tcp_sock *tp)
{
    uint32_t in_flight = tcp_packets_in_flight(tp);

    if (in_flight >= tp->cwnd)
        return 0;
    return u32_min(u32_max(tp->cwnd / 2, 1), tp->cwnd - in_flight);
}

void tcp_buffer_begin(struct tcp_sock *tp, struct tcp_seg *seg)
{
    seg->truesize += TCP_SKB_OVERHEAD;
    tp->wmem_queued += TCP_SKB_OVERHEAD;
}

void tcp_buffer_cut(struct tcp_sock *tp, struct tcp_seg *seg)
{
    if (!seg->starts_buffer)
        tcp_buffer_begin(tp, seg);
    seg->starts_buffer = true;
}

void tcp_buffer_join(struct tcp_sock *tp, struct tcp_seg *seg)
{
    if (!seg->starts_buffer)
        return;
    CHECK(seg->truesize >= TCP_SKB_OVERHEAD);
    seg->truesize -= TCP_SKB_OVERHEAD;
    tp->wmem_queued -= TCP_SKB_OVERHEAD;
    seg->starts_buffer = false;
}

/* The end of the head's buffer that has taken in octets of the next: PSH stands at the end alone.
 */
static void move_push(struct tcp_sock *tp, struct tcp_seg *end)
{
    uint8_t push = 0;

    for (struct tcp_seg *seg = tcp_first(&tp->write_queue);; seg = tcp_seg_of(seg->link.next)) {
        push |= seg->flags & TCP_PSH;
        seg->flags &= (uint8_t)~TCP_PSH;
        if (seg != tcp_first(&tp->write_queue))
            tcp_buffer_join(tp, seg);
        seg->starts_buffer = false;
        if (seg == end)
            break;
    }
    end->flags |= push;
}

/* Has a walk found where the first buffer ends, and that it ends by its size alone? */
static bool first_buffer_known(const struct tcp_sock *tp)
{
    const struct tcp_seg *head = tcp_first(&tp->write_queue);

    return head != NULL && seq_gt(tp->second_seq, head->seq) &&
           seq_lt(tp->second_seq, tp->write_seq);
}

/* Linux lets the first buffer take octets of the second while it has less than may go at once. */
struct tcp_burst tcp_burst_gather(struct tcp_sock *tp, uint32_t wanted)
{
    struct tcp_burst burst = { .last = true };
    struct tcp_seg *end = NULL;
    unsigned n_buffers = 1;

    if (first_buffer_known(tp) && tp->second_seq - tcp_first(&tp->write_queue)->seq >= wanted) {
        burst.len = tp->second_seq - tcp_first(&tp->write_queue)->seq;
        burst.last = false;
        return burst;
    }
    if (!list_empty(&tp->write_queue))
        tp->second_seq = tcp_first(&tp->write_queue)->seq; /* until it is found */
    for (struct list *at = tp->write_queue.next; at != &tp->write_queue; at = at->next) {
        struct tcp_seg *seg = tcp_seg_of(at);

        n_buffers += seg->starts_buffer && end != NULL;
        if (n_buffers > 2 || (n_buffers == 2 && burst.len >= wanted)) {
            burst.last = false;
            if (!seg->starts_buffer)
                tcp_buffer_begin(tp, seg);
            seg->starts_buffer = true;
            tp->second_seq = seg->seq;
            break;
        }
        if (n_buffers == 2 && seg->data.len > wanted - burst.len)
            seg = tcp_seg_carve(tp, seg, wanted - burst.len);
        at = &seg->link;
        burst.len += seg->data.len;
        burst.fin = (seg->flags & TCP_FIN) != 0;
        end = seg;
        if (seg->eor && at->next != &tp->write_queue) {
            burst.last = false;
            break;
        }
    }
    if (n_buffers > 1)
        move_push(tp, end);
    return burst;
}

/* Are @octets so much that it is no good to wait for more? */
static bool is_worth_sending(const struct tcp_sock *tp, uint32_t octets, uint32_t mss)
{
    uint32_t divisor = tp->layer->sysctl.tso_win_divisor;

    if (UNLIKELY(divisor == 0))
        return octets > DEFER_SEGS * tp->mss_cache;
    return octets >=
           (tp->snd_wnd < (uint64_t)tp->cwnd * mss ? tp->snd_wnd : tp->cwnd * mss) / divisor;
}

/* Is it better to wait for the ACK that is about to come, and send more at once? */
bool tcp_burst_defers(const struct tcp_sock *tp, uint64_t now, const struct tcp_burst *burst,
                      uint32_t mss, uint32_t max_segs, bool *cwnd_limited, bool *rwnd_limited)
{
    const struct tcp_seg *next = tcp_first(&tp->write_queue), *head = tcp_first(&tp->rtx_queue);
    uint32_t worth_waiting, window, in_flight, limit;
    uint64_t cwnd;

    if (tp->ca_state >= TCP_CA_RECOVERY || head == NULL || now - tp->last_sent_at > DEFER_WITHIN_US)
        return false;
    window = tcp_wnd_end(tp) - next->seq;
    in_flight = tcp_packets_in_flight(tp);
    cwnd = in_flight < tp->cwnd ? (uint64_t)(tp->cwnd - in_flight) * mss : 0;
    worth_waiting = u32_min(tp->srtt_us >> 4, DEFER_WAIT_US);
    limit = cwnd < window ? (uint32_t)cwnd : window;
    if (limit >= max_segs * mss || (!burst->last && limit >= burst->len))
        return false;
    if (is_worth_sending(tp, limit, mss))
        return false;
    if (now - head->sent_at + worth_waiting < tp->srtt_us >> 3)
        return false;
    if (cwnd < window && cwnd <= burst->len) {
        *cwnd_limited = true;
        return true;
    }
    if (cwnd >= window && window <= burst->len) {
        *rwnd_limited = true;
        return true;
    }
    return !burst->fin;
}

/* How much of the burst goes now: @quota segments, no more than the window, and Nagle's rule for
 * the last. */
uint32_t tcp_burst_len(const struct tcp_sock *tp, const struct tcp_burst *burst, uint32_t mss,
                       uint32_t quota, uint8_t nonagle)
{
    uint32_t window = tcp_wnd_end(tp) - tcp_first(&tp->write_queue)->seq, max = mss * quota, needed,
             partial;

    if (max <= window && !burst->last)
        return u32_min(max, burst->len);
    needed = u32_min(burst->len, window);
    if (max <= needed)
        return max;
    partial = needed % mss;
    if (partial > 0 && ((nonagle & TCP_NAGLE_CORK) != 0 ||
                        (nonagle == 0 && tp->packets_out > 0 && tcp_small_in_flight(tp))))
        return needed - partial;
    return needed;
}
