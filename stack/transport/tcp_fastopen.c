#include "stack/transport/tcp_fastopen.h"

#include <stdlib.h>

#include "stack/transport/tcp_metrics.h"

#define BLACKHOLE_SHIFTS 6 /* the time without Fast Open doubles so often at most */

struct tcp_fastopen_host {
    struct tcp_fastopen_keys keys;
    uint32_t blackhole_s;
    uint64_t disabled_at; /* us, the last time */
    unsigned n_disabled;
};

static struct tcp_fastopen_host *host_of(struct tcp_layer *tcp)
{
    struct tcp_metrics *metrics = tcp_metrics(tcp);

    if (metrics->fastopen == NULL)
        metrics->fastopen = mem_zalloc(sizeof *metrics->fastopen);
    return metrics->fastopen;
}

/* NULL: there is none, and all is as it is by default. */
static struct tcp_fastopen_host *host_if_any(const struct tcp_layer *tcp)
{
    return tcp->metrics == NULL ? NULL : tcp->metrics->fastopen;
}

void tcp_fastopen_fini(struct tcp_layer *tcp)
{
    free(host_if_any(tcp));
}

struct tcp_fastopen_keys *tcp_fastopen_host_keys(struct tcp_layer *tcp)
{
    return &host_of(tcp)->keys;
}

uint32_t *tcp_fastopen_blackhole(struct tcp_layer *tcp)
{
    return &host_of(tcp)->blackhole_s;
}

/* Written through here; made when first needed. */
static struct tcp_fastopen *state_of(struct tcp_sock *tp)
{
    struct tcp_rare *rare = tcp_rare(tp);

    if (rare->fastopen == NULL)
        rare->fastopen = mem_zalloc(sizeof *rare->fastopen);
    return rare->fastopen;
}

void tcp_fastopen_drop(struct tcp_fastopen *fo)
{
    free(fo);
}

/* ---- black holes: something in between that lets no octets in SYNs through ---- */

void tcp_fastopen_disable(struct tcp_sock *tp)
{
    struct tcp_fastopen_host *host = host_if_any(tp->layer);

    if (host == NULL || host->blackhole_s == 0)
        return;
    host->disabled_at = tcp_now(tp->layer);
    host->n_disabled++;
}

static bool is_disabled(struct tcp_sock *tp)
{
    const struct tcp_fastopen_host *host = host_if_any(tp->layer);
    unsigned shifts;

    if (host == NULL || host->n_disabled == 0 || host->blackhole_s == 0)
        return false;
    shifts = u32_min(host->n_disabled - 1, BLACKHOLE_SHIFTS);
    if (tcp_now(tp->layer) < host->disabled_at + ((uint64_t)host->blackhole_s << shifts) * 1000000)
        return true;
    state_of(tp)->may_clear = true;
    return false;
}

void tcp_fastopen_timed_out(struct tcp_sock *tp, bool expired)
{
    const struct tcp_fastopen *fo = tp->rare->fastopen;

    if (fo != NULL && (fo->asked || fo->syn_data || fo->syn_data_acked) &&
        (tp->retransmits == 2 || (tp->retransmits < 2 && expired)))
        tcp_fastopen_disable(tp);
}

void tcp_fastopen_ended(struct tcp_sock *tp)
{
    const struct tcp_fastopen *fo = tp->rare->fastopen;
    const struct list *ofo = &tp->rare->ofo_queue;

    if (fo == NULL || !fo->asked)
        return;
    if (tp->data_segs_in == 0) { /* nothing came but a FIN behind what is missing */
        if (!list_empty(ofo) && ofo->next == ofo->prev && (tcp_first(ofo)->flags & TCP_FIN) != 0)
            tcp_fastopen_disable(tp);
    } else if (fo->may_clear && !ip4_is_loopback(tp->entry.ends->remote.addr)) {
        host_of(tp->layer)->n_disabled = 0;
    }
}

/* ---- the SYN ---- */

static bool needs_no_cookie(const struct tcp_sock *tp)
{
    return (tp->layer->sysctl.fastopen & TCP_FASTOPEN_CLIENT_NO_COOKIE) != 0 ||
           tp->user->fastopen_no_cookie;
}

/* May octets go with the SYN? *@offer is its option, *@mss what the peer is known to take (0: not
 * known). */
static bool may_send(struct tcp_sock *tp, struct tcp_fastopen_option *offer, uint16_t *mss)
{
    const struct tcp_fastopen_peer *peer = tcp_metrics_fastopen(tp);

    *offer = (struct tcp_fastopen_option){ .present = true };
    *mss = 0;
    if (peer != NULL) {
        *mss = peer->mss;
        offer->cookie = peer->cookie;
        offer->experimental = peer->cookie.len > 0 ? peer->experimental : peer->tries == 1;
    }
    if (is_disabled(tp)) {
        offer->present = false;
        return false;
    }
    if (needs_no_cookie(tp)) {
        offer->present = false;
        return true;
    }
    if (offer->cookie.len > 0)
        return true;
    state_of(tp)->fail = TCP_FASTOPEN_NO_COOKIE_YET;
    return false;
}

bool tcp_fastopen_defers(struct tcp_sock *tp)
{
    struct tcp_fastopen_option offer;
    uint16_t mss;

    if (!tp->user->fastopen_connect || !may_send(tp, &offer, &mss))
        return false;
    state_of(tp)->deferred = true;
    return true;
}

/* How many octets of @message go with the SYN: room is left for all options there may be. */
static uint32_t syn_room(struct tcp_sock *tp, uint16_t mss, size_t len)
{
    uint32_t headers = tcp_ip_len(&tp->entry) + TCP_HDR_LEN, room;

    tp->mss_clamp = mss != 0 ? mss : (uint16_t)tp->advmss;
    if (tp->user->mss != 0 && tp->user->mss < tp->mss_clamp)
        tp->mss_clamp = tp->user->mss;
    tcp_sync_mss(tp, tp->pmtu);
    room = tp->pmtu > headers ? tp->pmtu - headers : 0;
    room = u32_max(u32_min(room, tp->mss_clamp), TCP_MSS_FLOOR) - TCP_OPTIONS_MAX;
    return len < room ? (uint32_t)len : room;
}

struct tcp_seg *tcp_fastopen_syn_data(struct tcp_sock *tp, const struct sock_send *message)
{
    struct tcp_fastopen_option offer;
    uint16_t mss;
    bool may = may_send(tp, &offer, &mss);
    struct tcp_fastopen *fo = state_of(tp);
    struct tcp_seg *seg;
    uint32_t len;

    if (!may)
        offer.cookie.len = 0;
    fo->offer = offer;
    fo->asked = offer.present;
    fo->asked_experimental = offer.present && offer.experimental;
    fo->deferred = false;
    if (message == NULL)
        return NULL;
    len = may ? syn_room(tp, mss, message->len) : 0;
    fo->in_call = true;
    fo->copied = len;
    fo->more = len < message->len;
    if (len == 0)
        return NULL;
    fo->syn_data = true;
    seg = tcp_seg_new(tp->layer);
    seg->seq = seg->end_seq = tp->write_seq;
    seg->flags = TCP_ACK | TCP_PSH;
    seg->starts_buffer = true;
    tcp_buffer_begin(tp, seg);
    tcp_seg_append(tp, seg, message->octets, len, (message->flags & SOCK_MSG_STABLE) != 0);
    tcp_chrono_start(tp, TCP_CHRONO_BUSY);
    return seg;
}

/* ---- the answer ---- */

static void learn(struct tcp_sock *tp, const struct tcp_rx *rx, uint8_t tries, bool lost)
{
    const struct tcp_options *opt = &rx->hdr.opt;
    struct tcp_fastopen_peer *peer = tcp_metrics_learn(tp, lost);

    if (opt->mss != 0)
        peer->mss = opt->mss;
    else if (peer->mss == 0 && tp->user->mss == 0)
        peer->mss = tcp_default_mss(tp->entry.ends->remote.v6);
    if (tp->rare->fastopen->asked && opt->has_cookie && opt->cookie.len > 0) {
        peer->cookie = opt->cookie;
        peer->experimental = opt->cookie_exp;
    } else if (tries > peer->tries && peer->cookie.len == 0 && !peer->experimental) {
        peer->tries = tries;
    }
}

static struct why why_not_taken(struct tcp_sock *tp, struct tcp_seg *seg)
{
    return WHY(TCP_RETRANSMIT_SYN_DATA, seg->seq - tp->iss);
}

static void send_again(struct tcp_sock *tp)
{
    for (struct list *at = tp->rtx_queue.next; at != &tp->rtx_queue; at = at->next)
        tcp_mark_lost(tp, tcp_seg_of(at));
    tcp_lose_without_congestion(tp, why_not_taken);
}

bool tcp_fastopen_synack(struct tcp_sock *tp, struct tcp_rx *rx)
{
    struct tcp_fastopen *fo = state_of(tp);
    bool repeated = tp->rare->total_retrans > 0, left = !list_empty(&tp->rtx_queue);
    bool lost = fo->asked && repeated && !rx->hdr.opt.has_cookie && fo->syn_data && left;
    uint8_t tries = 0;

    if (!fo->asked && !fo->syn_data)
        return false;
    if (fo->asked && !repeated && !rx->hdr.opt.has_cookie && !fo->syn_data)
        tries = fo->asked_experimental ? 2 : 1;
    learn(tp, rx, tries, lost);
    if (fo->syn_data && left) {
        fo->fail = repeated ? TCP_FASTOPEN_SYN_RETRANSMITTED : TCP_FASTOPEN_DATA_NOT_ACKED;
        send_again(tp);
        return true;
    }
    fo->syn_data_acked = fo->syn_data;
    if (fo->syn_data && tp->delivered > 1)
        tp->delivered--; /* it counts as one segment */
    if (rx->len > 0)
        fo->syn_data_acked = true;
    tcp_take_syn_data(tp, rx);
    return false;
}
