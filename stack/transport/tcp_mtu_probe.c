/*
 * Packetization layer path MTU discovery, RFC 4821: where no router tells that a packet was too
 * big, TCP finds it out. net.ipv4.tcp_mtu_probing 1: once an unanswered segment has gone again and
 * again, smaller ones are tried. 2: a connection begins with small segments, and now and then one
 * goes that is in the middle between what is known to pass and what may. All numbers are of IP
 * packets, as Linux has them.
 */
#include "stack/transport/tcp_internal.h"

#define CWND_LEAST 11u

static uint32_t mtu_of(const struct tcp_sock *tp, uint32_t mss)
{
    return mss + tcp_mss_headers(tp);
}

static uint32_t mss_of(const struct tcp_sock *tp, uint32_t mtu)
{
    return tcp_mss_of_mtu(tp, mtu);
}

static void search_anew(struct tcp_sock *tp, uint32_t low_mss)
{
    struct tcp_mtu_probe *search = &tcp_rare(tp)->mtu_probe;

    search->high = tp->mss_clamp + tcp_ip_len(&tp->entry) + TCP_HDR_LEN;
    search->low = mtu_of(tp, low_mss);
    search->size = 0;
    search->since = tcp_now(tp->layer);
}

void tcp_mtu_probe_init(struct tcp_sock *tp)
{
    tp->mtu_probing = tp->layer->sysctl.mtu_probing > 1;
    if (tp->layer->sysctl.mtu_probing > 0)
        search_anew(tp, tp->layer->sysctl.base_mss);
}

uint32_t tcp_mtu_probe_mss(struct tcp_sock *tp, uint32_t mtu)
{
    struct tcp_mtu_probe *search = &tcp_rare(tp)->mtu_probe;

    search->high = u32_min(search->high, mtu);
    return mss_of(tp, search->low);
}

/* The search is over, or has failed; the path may have changed since. */
static void search_again_later(struct tcp_sock *tp)
{
    uint64_t passed = tcp_now(tp->layer) - tp->rare->mtu_probe.since;

    if (passed >= tp->layer->sysctl.probe_interval * UINT64_C(1000000))
        search_anew(tp, tp->mss_cache);
}

static bool may_probe(const struct tcp_sock *tp)
{
    return tp->rare->mtu_probe.size == 0 && tp->ca_state == TCP_CA_OPEN && tp->cwnd >= CWND_LEAST &&
           tp->n_sacks == 0 && !tp->has_dsack;
}

void tcp_mtu_probe_sent(struct tcp_sock *tp, uint32_t size)
{
    struct tcp_mtu_probe *search = &tcp_rare(tp)->mtu_probe;

    tp->cwnd--; /* it stands for two */
    search->size = mtu_of(tp, size);
    search->end_seq = tp->snd_nxt;
    search->seq = tp->snd_nxt - size;
}

enum tcp_probed tcp_mtu_probe(struct tcp_sock *tp, uint32_t *octets)
{
    const struct tcp_mtu_probe *search = &tp->rare->mtu_probe;
    uint32_t size, needed, in_flight = tcp_packets_in_flight(tp);

    if (!may_probe(tp))
        return TCP_PROBED_NOT;
    tcp_current_mss(tp);
    size = mss_of(tp, (search->high + search->low) / 2);
    needed = size + (tp->reordering + 1u) * tp->mss_cache;
    if (size > mss_of(tp, search->high) ||
        (int32_t)(search->high - search->low) < (int32_t)tp->layer->sysctl.probe_threshold) {
        search_again_later(tp);
        return TCP_PROBED_NOT;
    }
    if (tp->write_seq - tp->snd_nxt < needed || tp->snd_wnd < needed)
        return TCP_PROBED_NOT;
    if (seq_gt(tp->snd_nxt + needed, tcp_wnd_end(tp)))
        return TCP_PROBED_WAIT;
    if (in_flight + 2 > tp->cwnd)
        return in_flight == 0 ? TCP_PROBED_NOT : TCP_PROBED_WAIT;
    *octets = size;
    return tcp_burst_gather(tp, size).len >= size ? TCP_PROBED_DUE : TCP_PROBED_NOT;
}

void tcp_mtu_probe_acked(struct tcp_sock *tp)
{
    struct tcp_mtu_probe *search = &tcp_rare(tp)->mtu_probe;
    uint64_t window = (uint64_t)tp->cwnd * mtu_of(tp, tp->mss_cache);

    if (search->size == 0 || seq_gt(search->end_seq, tp->snd_una))
        return;
    tp->cwnd = u32_max((uint32_t)(window / search->size), 1);
    tp->cwnd_cnt = 0;
    tp->cwnd_stamp = tcp_now(tp->layer);
    tp->ssthresh = tcp_current_ssthresh(tp);
    search->low = search->size;
    search->size = 0;
    tcp_sync_mss(tp, tp->pmtu);
}

bool tcp_mtu_probe_lost(struct tcp_sock *tp)
{
    struct tcp_mtu_probe *search;

    if (!tp->mtu_probing || tp->rare->mtu_probe.size == 0 ||
        tp->snd_una != tp->rare->mtu_probe.seq || tp->ca_state >= TCP_CA_CWR)
        return false;
    search = &tcp_rare(tp)->mtu_probe;
    search->high = search->size - 1;
    search->size = 0;
    tp->cwnd++;
    tcp_simple_retransmit(tp);
    return true;
}

void tcp_mtu_probe_black_hole(struct tcp_sock *tp)
{
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;
    struct tcp_mtu_probe *search;
    uint32_t mss;

    if (sysctl->mtu_probing == 0)
        return;
    search = &tcp_rare(tp)->mtu_probe;
    if (search->low == 0) /* the setting was 0 when the connection opened */
        search_anew(tp, sysctl->base_mss);
    if (!tp->mtu_probing) {
        tp->mtu_probing = true;
        search->since = tcp_now(tp->layer);
    } else {
        mss = u32_min(sysctl->base_mss, mss_of(tp, search->low) / 2);
        mss = u32_max(u32_max(mss, sysctl->mtu_probe_floor), TCP_MSS_FLOOR);
        search->low = mtu_of(tp, mss);
    }
    tcp_sync_mss(tp, tp->pmtu);
}
