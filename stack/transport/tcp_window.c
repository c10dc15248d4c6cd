/*
 * How big the buffers are and the window is that is told: what memory is worth in octets, how both
 * grow, and what stands in a header. RFC 9293 section 3.8.6; sizes are Linux's.
 */
#include "base/likely.h"
#include "stack/transport/tcp_internal.h"

/* The buffer's memory holds octets and overhead; the ratio of the two is learned from what arrives.
 */

uint32_t tcp_win_from_space(const struct tcp_sock *tp, int64_t space)
{
    return space <= 0 ? 0 : (uint32_t)(((uint64_t)space * tp->scaling_ratio) >> 8);
}

static uint64_t space_from_win(const struct tcp_sock *tp, uint64_t window)
{
    return (window << 8) / tp->scaling_ratio;
}

int64_t tcp_space(const struct tcp_sock *tp)
{
    return tcp_win_from_space(tp, (int64_t)tp->sock.options.rcvbuf - tp->rmem_alloc);
}

uint32_t tcp_full_space(const struct tcp_sock *tp)
{
    return tcp_win_from_space(tp, tp->sock.options.rcvbuf);
}

int tcp_set_window_clamp(struct tcp_sock *tp, uint32_t value)
{
    uint32_t old = tp->window_clamp;

    if (value == 0) {
        if (tcp_state(tp) != TCP_CLOSED)
            return -SIM_EINVAL;
        tp->window_clamp = 0;
        tcp_user(tp)->window_clamp = 0;
        return 0;
    }
    value = u32_max(TCP_RCVBUF_MIN / 2, value);
    tcp_user(tp)->window_clamp = value;
    if (value == old)
        return 0;
    tp->window_clamp = value;
    if (value < old)
        tp->rcv_ssthresh = u32_min(tp->rcv_ssthresh, value);
    else
        tp->rcv_ssthresh = u32_max(u32_min(tp->rcv_wnd, value), tp->rcv_ssthresh);
    return 0;
}

void tcp_sndbuf_expand(struct tcp_sock *tp)
{
    /* headers and struct skb_shared_info */
    uint32_t per_mss = u32_max(tp->mss_clamp, tp->mss_cache) + 576, unit = 1, n;
    uint64_t want;

    while (unit < per_mss)
        unit <<= 1;
    n = u32_max(u32_max(10, tp->cwnd), tp->reordering + 1u);
    want = UINT64_C(2) * n * (unit + 256);
    if (want > tp->layer->sysctl.wmem[2])
        want = tp->layer->sysctl.wmem[2];
    if ((uint64_t)tp->sock.options.sndbuf < want)
        tp->sock.options.sndbuf = (int)want;
}

void tcp_init_buffer_space(struct tcp_sock *tp)
{
    uint32_t full = tcp_full_space(tp);

    tp->window_kept = false;
    if (!tp->sock.options.sndbuf_locked)
        tcp_sndbuf_expand(tp);
    tp->rcvq.time = (uint32_t)tcp_now(tp->layer);
    tp->rcvq.seq = tp->copied_seq;
    if (tp->window_clamp >= full) {
        tp->window_clamp = full;
        if (full > 4 * tp->advmss)
            tp->window_clamp = u32_max(full, 4 * tp->advmss);
    }
    if (tp->window_clamp > 2 * tp->advmss && tp->window_clamp + tp->advmss > full)
        tp->window_clamp = u32_max(2 * tp->advmss, full - tp->advmss);
    tp->rcv_ssthresh = u32_min(tp->rcv_ssthresh, tp->window_clamp);
    tp->cwnd_stamp = tcp_now(tp->layer);
    tp->rcvq.space = u32_min(u32_min(tp->rcv_ssthresh, tp->rcv_wnd), 10 * tp->advmss);
}

void tcp_initialize_rcv_mss(struct tcp_sock *tp)
{
    uint32_t hint = u32_min(tp->advmss, tp->mss_cache);

    hint = u32_min(hint, tp->rcv_wnd / 2);
    hint = u32_min(hint, TCP_MSS_DEFAULT);
    tp->window_kept = false;
    tp->rcv_mss = u32_max(hint, TCP_MSS_MIN);
}

/* How much may the window grow, when segments bring so little for their overhead? */
static uint32_t careful_growth(const struct tcp_sock *tp, uint32_t truesize, uint32_t len)
{
    uint32_t memory = tcp_win_from_space(tp, truesize) / 2;
    uint32_t window = tcp_win_from_space(tp, tp->layer->sysctl.rmem[2]) / 2;

    while (tp->rcv_ssthresh <= window && window > 0) {
        if (memory <= len)
            return 2 * tp->rcv_mss;
        memory /= 2;
        window /= 2;
    }
    return 0;
}

void tcp_grow_window(struct tcp_sock *tp, uint32_t len, uint32_t truesize)
{
    int64_t space = tcp_space(tp), room = (space < tp->window_clamp ? space : tp->window_clamp) -
                                          (int64_t)tp->rcv_ssthresh;
    uint32_t more;

    if (room <= 0)
        return;
    more = tcp_win_from_space(tp, truesize) <= len ? 2 * tp->advmss
                                                   : careful_growth(tp, truesize, len);
    if (more == 0)
        return;
    tp->window_kept = false;
    more = u32_max(more, 2 * len);
    tp->rcv_ssthresh += (uint32_t)(room < more ? room : more);
    tp->quick |= 1;
}

/* Dynamic right-sizing: a program that reads @space octets in a round trip deserves a buffer for
 * twice that, for more while that grows, and for what waits behind a hole. */
void tcp_rcvbuf_grow(struct tcp_sock *tp, uint32_t space)
{
    const struct list *ofo = &tp->rare->ofo_queue;
    uint32_t old = u32_max(tp->rcvq.space, 1), max = tp->layer->sysctl.rmem[2];
    uint64_t window = (uint64_t)space << 1, rcvbuf;

    tp->rcvq.space = space;
    if (!tp->layer->sysctl.moderate_rcvbuf || tp->sock.options.rcvbuf_locked)
        return;
    if (space > old)
        window += window * (space - old) / old << 1;
    if (!list_empty(ofo))
        window += tcp_seg_of(ofo->prev)->end_seq - tp->rcv_nxt;
    rcvbuf = space_from_win(tp, window);
    rcvbuf = rcvbuf < max ? rcvbuf : max;
    if (rcvbuf > (uint64_t)tp->sock.options.rcvbuf) {
        tp->window_kept = false;
        tp->sock.options.rcvbuf = (int)rcvbuf;
        tp->window_clamp = tcp_win_from_space(tp, (int64_t)rcvbuf);
    }
}

/* Linux looks at it with each of its buffers that it copies, of which the first counts: the others
 * come within the same round trip. */
static uint32_t first_buffer_end(const struct tcp_sock *tp, uint32_t end)
{
    struct list *at = tp->receive_queue.next;
    uint32_t seq;

    do {
        seq = tcp_seg_of(at)->end_seq;
        at = at->next;
    } while (at != &tp->receive_queue && tcp_seg_of(at)->n_merged > 1);
    return seq_lt(seq, end) ? seq : end;
}

void tcp_rcv_space_adjust(struct tcp_sock *tp, uint32_t end)
{
    uint32_t now = (uint32_t)tcp_now(tp->layer), time = now - tp->rcvq.time;
    int64_t read;

    if (time < (tp->rcv_rtt.rtt_us >> 3) || tp->rcv_rtt.rtt_us == 0)
        return;
    end = first_buffer_end(tp, end);
    read = (int64_t)(end - tp->rcvq.seq) - (tp->rcv_nxt - end);
    if (read > (int64_t)tp->rcvq.space)
        tcp_rcvbuf_grow(tp, (uint32_t)read);
    tp->rcvq.seq = end;
    tp->rcvq.time = now;
}

static uint32_t round_up(uint32_t value, uint8_t shift)
{
    uint32_t unit = UINT32_C(1) << shift;

    return (value + unit - 1) & ~(unit - 1);
}

void tcp_select_initial_window(const struct tcp_layer *tcp, uint32_t space, uint32_t mss,
                               bool wscale_ok, uint32_t *rcv_wnd, uint32_t *window_clamp,
                               uint8_t *rcv_wscale)
{
    if (*window_clamp == 0)
        *window_clamp = UINT32_C(65535) << TCP_WSCALE_MAX;
    space = u32_min(space, *window_clamp);
    if (space > mss)
        space -= space % mss;
    *rcv_wnd = space; /* more than the SYN can say is told with the next segment */
    *rcv_wscale = 0;
    if (wscale_ok) {
        uint32_t biggest = u32_max(space, u32_max(tcp->sysctl.rmem[2], tcp->sysctl.core_rmem_max));

        biggest = u32_min(biggest, *window_clamp);
        while (biggest > 65535 && *rcv_wscale < TCP_WSCALE_MAX) {
            biggest >>= 1;
            ++*rcv_wscale;
        }
    }
    *window_clamp = u32_min(UINT32_C(65535) << *rcv_wscale, *window_clamp);
}

/* Without scaling the window moves in whole segments: RFC 9293 section 3.8.6.2.2. */
static uint32_t unscaled_window(const struct tcp_sock *tp, uint32_t space, uint32_t mss,
                                uint32_t full)
{
    uint32_t window = tp->rcv_wnd;

    if ((int64_t)window <= (int64_t)space - (int64_t)mss || window > space)
        return space - space % mss;
    if (mss == full && space > window + full / 2)
        return space;
    return window;
}

/* With little room, or without scaling. */
static uint32_t select_closely(struct tcp_sock *tp, uint32_t space)
{
    uint32_t allowed = tcp_full_space(tp), full = u32_min(tp->window_clamp, allowed),
             mss = tp->rcv_mss;

    if (mss > full)
        mss = full;
    if (mss == 0)
        return 0;
    if (space < full / 2) {
        tp->quick = 0;
        space = space >> tp->rcv_wscale << tp->rcv_wscale;
        if (space < allowed / 16 || space < mss)
            return 0;
    }
    space = u32_min(space, tp->rcv_ssthresh);
    return tp->rcv_wscale > 0 ? round_up(space, tp->rcv_wscale)
                              : unscaled_window(tp, space, mss, full);
}

uint32_t tcp_select_window_size(struct tcp_sock *tp)
{
    uint32_t space = (uint32_t)tcp_space(tp), clamp = tp->window_clamp;

    /* What the buffer allows is not less than @space: half of it, if need be, is free. */
    if (UNLIKELY(2 * (uint64_t)space < clamp || clamp == 0 || space == 0 || tp->rcv_mss == 0 ||
                 tp->rcv_wscale == 0))
        return select_closely(tp, space);
    return round_up(u32_min(space, tp->rcv_ssthresh), tp->rcv_wscale);
}

/*
 * What goes into the header. An offered window is never taken back: RFC 9293 section 3.8.6.
 *
 * Chosen once more, from the same, it is the same, and so it is from less: so whatever makes room
 * says so by window_kept. What comes in order is seen by rcv_nxt, what waits by rmem_alloc.
 */
static uint16_t as_field(const struct tcp_sock *tp)
{
    return (uint16_t)(u32_min(tp->rcv_wnd, UINT32_C(65535) << tp->rcv_wscale) >> tp->rcv_wscale);
}

/* Of who has received nothing since, or has read it: the same again. */
static bool is_kept(const struct tcp_sock *tp)
{
    return tp->window_kept && tp->rcv_nxt == tp->rcv_wup && tp->rmem_alloc == 0 &&
           !tp->sock.options_new;
}

bool tcp_offer_window(struct tcp_sock *tp)
{
    uint32_t window = tcp_select_window_size(tp);

    if (window < tp->rcv_wnd)
        return false;
    if ((tp->ack_pending & TCP_ACK_NOMEM) != 0 || tp->layer->sysctl.long_way)
        return true;
    tp->rcv_wnd = window;
    tp->rcv_wup = tp->rcv_nxt;
    tp->window_kept = false;
    tp->window_chosen = true;
    return true;
}

/* False: there is no memory, and none is offered. */
static bool choose_anew(struct tcp_sock *tp)
{
    uint32_t current = tcp_receive_window(tp), window = tcp_select_window_size(tp);

    if ((tp->ack_pending & TCP_ACK_NOMEM) != 0) {
        tp->window_kept = false;
        tp->rcv_wnd = 0;
        tp->rcv_wup = tp->rcv_nxt;
        return false;
    }
    if (window < current)
        window = round_up(current, tp->rcv_wscale);
    tp->rcv_wnd = window;
    tp->rcv_wup = tp->rcv_nxt;
    return true;
}

uint16_t tcp_window_field(struct tcp_sock *tp)
{
    if (is_kept(tp))
        return as_field(tp);
    if (tp->window_chosen)
        tp->window_chosen = false; /* by tcp_offer_window(), just now */
    else if (!choose_anew(tp))
        return 0;
    tp->window_kept = tp->rmem_alloc == 0 && tp->rcv_wscale > 0 && !tp->layer->sysctl.long_way;
    return as_field(tp);
}
