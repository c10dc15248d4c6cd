#include "stack/transport/tcp_metrics.h"

#include <stdlib.h>

#include "stack/link/jiffies.h"

#define HASH_BITS    14 /* Linux's table has 16,384 places */
#define PLACE_MAX    6  /* for so many hosts each: the oldest goes */
#define KEPT_FOR     ((uint64_t)(SIM_SEC(3600) / JIFFY)) /* ticks, without a new connection */
#define SYN_LOSS_END 1024
#define HASH_FACTOR  UINT32_C(0x61c88647)

enum metric { RTT, RTTVAR, SSTHRESH, CWND, REORDERING, N_METRICS };

/* Of two hosts. RTT is eight times, RTTVAR four times the value, in us; the others are segments. */
struct tcp_metrics_block {
    struct tcp_metrics_block *next;     /* of its bucket: by hash, of one hash the newest first */
    struct tcp_fastopen_peer *fastopen; /* or NULL */
    struct ip6_addr local, remote;      /* of IPv4: mapped */
    uint64_t stamp;                     /* ticks, when it was written last */
    uint32_t values[N_METRICS];
    uint16_t hash;
};

static uint64_t ticks(const struct tcp_layer *tcp)
{
    return (uint64_t)(node_now(tcp->node) / JIFFY);
}

static struct ip6_addr key_of(const struct endpoint *end)
{
    return end->v6 ? end->addr6 : ip6_from_mapped(end->addr);
}

/* Linux mixes in a number that it draws for each network namespace. */
static uint16_t hash_of(const struct tcp_layer *tcp, const struct endpoint *remote)
{
    uint64_t folded = remote->addr6.hi ^ remote->addr6.lo;
    uint32_t hash = remote->v6 ? (uint32_t)(folded ^ folded >> 32) : remote->addr;

    return (uint16_t)(((hash ^ (uint32_t)(tcp->secret >> 32)) * HASH_FACTOR) >> (32 - HASH_BITS));
}

static struct tcp_metrics_block **bucket_of(const struct tcp_metrics *metrics, uint16_t hash)
{
    return &metrics->buckets[hash >> (HASH_BITS - metrics->bits)];
}

static bool is_of(const struct tcp_metrics_block *block, const struct endpoints *ends)
{
    return ip6_eq(block->remote, key_of(&ends->remote)) &&
           ip6_eq(block->local, key_of(&ends->local));
}

static void forget(struct tcp_metrics_block *block)
{
    for (unsigned i = 0; i < N_METRICS; i++)
        block->values[i] = 0;
}

static bool any(const struct tcp_layer *tcp)
{
    return tcp->metrics != NULL && tcp->metrics->buckets != NULL;
}

static struct tcp_metrics_block *find(const struct tcp_layer *tcp, const struct endpoints *ends)
{
    uint16_t hash;

    if (!any(tcp))
        return NULL;
    hash = hash_of(tcp, &ends->remote);
    for (struct tcp_metrics_block *block = *bucket_of(tcp->metrics, hash); block != NULL;
         block = block->next)
        if (block->hash == hash && is_of(block, ends))
            return block;
    return NULL;
}

/* The same; what is too old is forgotten, but for Fast Open. */
static struct tcp_metrics_block *find_fresh(const struct tcp_layer *tcp,
                                            const struct endpoints *ends)
{
    struct tcp_metrics_block *block = find(tcp, ends);

    if (block != NULL && ticks(tcp) > block->stamp + KEPT_FOR) {
        forget(block);
        block->stamp = ticks(tcp);
    }
    return block;
}

static void split(struct tcp_metrics_block *from, unsigned bit, struct tcp_metrics_block **low,
                  struct tcp_metrics_block **high)
{
    struct tcp_metrics_block **at = low;

    *low = from;
    while (*at != NULL && ((*at)->hash >> bit & 1) == 0)
        at = &(*at)->next;
    *high = *at;
    *at = NULL;
}

static void grow(struct tcp_metrics *metrics)
{
    struct tcp_metrics_block **old = metrics->buckets;
    uint32_t n = UINT32_C(1) << metrics->bits++;

    metrics->buckets = mem_zalloc(2 * n * sizeof *metrics->buckets);
    for (uint32_t i = 0; i < n; i++)
        split(old[i], HASH_BITS - metrics->bits, &metrics->buckets[2 * i],
              &metrics->buckets[2 * i + 1]);
    free(old);
}

/* Where a block with @hash goes; *@oldest gives way to it if its place is full, else NULL. */
static struct tcp_metrics_block **place_of(const struct tcp_metrics *metrics, uint16_t hash,
                                           struct tcp_metrics_block **oldest)
{
    struct tcp_metrics_block **place = bucket_of(metrics, hash);
    unsigned n = 0;

    while (*place != NULL && (*place)->hash < hash)
        place = &(*place)->next;
    *oldest = *place;
    for (struct tcp_metrics_block *at = *place; at != NULL && at->hash == hash; at = at->next, n++)
        if (at->stamp < (*oldest)->stamp)
            *oldest = at;
    if (n < PLACE_MAX)
        *oldest = NULL;
    return place;
}

static struct tcp_metrics_block *block_new(struct tcp_metrics *metrics, uint16_t hash)
{
    struct tcp_metrics_block *block, **place = place_of(metrics, hash, &block);

    if (block != NULL) {
        free(block->fastopen);
        block->fastopen = NULL;
        forget(block);
        return block;
    }
    block = mem_zalloc(sizeof *block);
    block->hash = hash;
    block->next = *place;
    *place = block;
    metrics->n_blocks++;
    return block;
}

struct tcp_metrics *tcp_metrics(struct tcp_layer *tcp)
{
    if (tcp->metrics == NULL)
        tcp->metrics = mem_zalloc(sizeof *tcp->metrics);
    return tcp->metrics;
}

static struct tcp_metrics_block *get(struct tcp_layer *tcp, const struct endpoints *ends)
{
    struct tcp_metrics_block *block = find_fresh(tcp, ends);
    struct tcp_metrics *metrics = tcp_metrics(tcp);

    if (block != NULL)
        return block;
    if (metrics->buckets == NULL)
        metrics->buckets = mem_zalloc(sizeof *metrics->buckets);
    if (metrics->n_blocks >= UINT32_C(2) << metrics->bits && metrics->bits < HASH_BITS)
        grow(metrics);
    block = block_new(metrics, hash_of(tcp, &ends->remote));
    block->local = key_of(&ends->local);
    block->remote = key_of(&ends->remote);
    block->stamp = ticks(tcp);
    return block;
}

/* ---- a connection ends ---- */

/* A longer round trip counts at once, a shorter one by and by: an estimate too long does less harm.
 */
static void save_rtt(struct tcp_metrics_block *block, const struct tcp_sock *tp)
{
    uint32_t *rtt = &block->values[RTT], *var = &block->values[RTTVAR];
    int32_t less = (int32_t)(*rtt - tp->srtt_us);
    uint32_t off = (uint32_t)(less < 0 ? -less : less) >> 1;

    *rtt = less <= 0 ? tp->srtt_us : *rtt - (uint32_t)(less >> 3);
    off = u32_max(off, tp->mdev_us);
    *var = off >= *var ? off : *var - ((*var - off) >> 2);
}

static void save_windows(struct tcp_metrics_block *block, const struct tcp_sock *tp)
{
    uint32_t *ssthresh = &block->values[SSTHRESH], *cwnd = &block->values[CWND];
    bool saves_ssthresh = !tp->layer->sysctl.no_ssthresh_metrics_save;

    if (tp->ssthresh >= TCP_INFINITE_SSTHRESH) { /* nothing was ever lost */
        if (saves_ssthresh && *ssthresh != 0)
            *ssthresh = u32_max(*ssthresh, tp->cwnd >> 1);
        *cwnd = u32_max(*cwnd, tp->cwnd);
    } else if (!tcp_in_slow_start(tp) && tp->ca_state == TCP_CA_OPEN) {
        if (saves_ssthresh)
            *ssthresh = u32_max(tp->cwnd >> 1, tp->ssthresh);
        *cwnd = (*cwnd + tp->cwnd) >> 1;
    } else { /* in recovery, or in slow start after it: the window says nothing */
        *cwnd = (*cwnd + tp->ssthresh) >> 1;
        if (saves_ssthresh && *ssthresh != 0)
            *ssthresh = u32_max(*ssthresh, tp->ssthresh);
        if (tp->reordering != tp->layer->sysctl.reordering)
            block->values[REORDERING] = u32_max(block->values[REORDERING], tp->reordering);
    }
}

void tcp_metrics_save(struct tcp_sock *tp)
{
    struct tcp_layer *tcp = tp->layer;
    struct tcp_metrics_block *block;

    if (tcp->sysctl.no_metrics_save || !tp->has_route)
        return;
    if (tp->backoff != 0 || tp->srtt_us == 0) { /* nothing came back in time */
        block = find_fresh(tcp, tp->entry.ends);
        if (block != NULL)
            block->values[RTT] = 0;
        return;
    }
    block = get(tcp, tp->entry.ends);
    save_rtt(block, tp);
    save_windows(block, tp);
    block->stamp = ticks(tcp);
}

/* ---- a connection opens ---- */

/* The handshake's round trip is that of small segments: the first time-out is by what larger ones
 * took, if that is longer. @rtt is eight times the value. */
static void begin_rto(struct tcp_sock *tp, uint32_t rtt)
{
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;
    uint32_t tick = (uint32_t)(JIFFY / SIM_USEC(1));

    if (rtt > tp->srtt_us) {
        rtt = sysctl->exact_timers ? rtt / 8 : rtt / (8 * tick) * tick;
        tp->rto = rtt + u32_max(2 * rtt, tcp_rto_min(tp));
    } else if (tp->srtt_us == 0) { /* RFC 6298 section 5.7 */
        tp->rttvar_us = tp->mdev_us = tp->mdev_max_us = TCP_TIMEOUT_FALLBACK;
        tp->rto = TCP_TIMEOUT_FALLBACK;
    }
}

void tcp_metrics_open(struct tcp_sock *tp)
{
    const struct tcp_metrics_block *block =
        tp->has_route ? find_fresh(tp->layer, tp->entry.ends) : NULL;

    tp->ssthresh = TCP_INFINITE_SSTHRESH;
    if (block == NULL) {
        begin_rto(tp, 0);
        return;
    }
    if (block->values[SSTHRESH] != 0 && !tp->layer->sysctl.no_ssthresh_metrics_save)
        tp->ssthresh = block->values[SSTHRESH];
    if (block->values[REORDERING] != 0)
        tp->reordering = (uint16_t)block->values[REORDERING];
    begin_rto(tp, block->values[RTT]);
}

bool tcp_metrics_proven(struct tcp_layer *tcp, const struct endpoints *ends)
{
    const struct tcp_metrics_block *block = find_fresh(tcp, ends);

    return block != NULL && block->values[RTT] != 0;
}

/* ---- Fast Open ---- */

const struct tcp_fastopen_peer *tcp_metrics_fastopen(const struct tcp_sock *tp)
{
    const struct tcp_metrics_block *block = find_fresh(tp->layer, tp->entry.ends);

    return block == NULL ? NULL : block->fastopen;
}

struct tcp_fastopen_peer *tcp_metrics_learn(struct tcp_sock *tp, bool lost)
{
    struct tcp_metrics_block *block = get(tp->layer, tp->entry.ends);

    if (block->fastopen == NULL)
        block->fastopen = mem_zalloc(sizeof *block->fastopen);
    block->fastopen->syn_loss =
        (uint16_t)(lost ? (block->fastopen->syn_loss + 1) % SYN_LOSS_END : 0);
    if (lost)
        block->fastopen->lost_at = ticks(tp->layer);
    return block->fastopen;
}

/* ---- for people: `ip tcp_metrics` ---- */

static struct endpoint endpoint_of(struct ip6_addr key)
{
    if (ip6_is_mapped(key))
        return (struct endpoint){ .addr = (ip4_addr)key.lo };
    return (struct endpoint){ .v6 = true, .addr6 = key };
}

static void view(const struct tcp_metrics_block *block, uint64_t now, struct tcp_metrics_view *view)
{
    const struct tcp_fastopen_peer *peer = block->fastopen;
    uint32_t tick_ms = (uint32_t)(JIFFY / SIM_MSEC(1));

    *view = (struct tcp_metrics_view){ .remote = endpoint_of(block->remote),
                                       .local = endpoint_of(block->local),
                                       .age_ms = (now - block->stamp) * tick_ms,
                                       .ssthresh = block->values[SSTHRESH],
                                       .cwnd = block->values[CWND],
                                       .reordering = block->values[REORDERING],
                                       .rtt = block->values[RTT] / 8,
                                       .rttvar = block->values[RTTVAR] / 4 };
    if (peer == NULL)
        return;
    view->fastopen_mss = peer->mss;
    view->syn_drops = peer->syn_loss;
    view->syn_drop_age_ms = (now - peer->lost_at) * tick_ms;
    view->cookie_len = peer->cookie.len;
    view->cookie = peer->cookie.octets;
}

void tcp_metrics_walk(struct tcp_layer *tcp,
                      void (*each)(void *ctx, const struct tcp_metrics_view *view), void *ctx)
{
    struct tcp_metrics_view seen;

    for (uint32_t i = 0; any(tcp) && i >> tcp->metrics->bits == 0; i++) {
        for (const struct tcp_metrics_block *at = tcp->metrics->buckets[i]; at != NULL;
             at = at->next) {
            view(at, ticks(tcp), &seen);
            each(ctx, &seen);
        }
    }
}

/* Of one bucket, those of @remote and @local; NULL: any. */
static bool delete_from(struct tcp_metrics *metrics, struct tcp_metrics_block **at,
                        const struct endpoint *remote, const struct endpoint *local)
{
    bool any = false;

    while (*at != NULL) {
        struct tcp_metrics_block *block = *at;

        if ((remote != NULL && !ip6_eq(block->remote, key_of(remote))) ||
            (local != NULL && !ip6_eq(block->local, key_of(local)))) {
            at = &block->next;
            continue;
        }
        *at = block->next;
        free(block->fastopen);
        free(block);
        metrics->n_blocks--;
        any = true;
    }
    return any;
}

int tcp_metrics_delete(struct tcp_layer *tcp, const struct endpoint *remote,
                       const struct endpoint *local)
{
    return any(tcp) && delete_from(tcp->metrics, bucket_of(tcp->metrics, hash_of(tcp, remote)),
                                   remote, local)
               ? 0
               : -SIM_ESRCH;
}

void tcp_metrics_flush(struct tcp_layer *tcp)
{
    if (!any(tcp))
        return;
    for (uint32_t i = 0; i >> tcp->metrics->bits == 0; i++)
        (void)delete_from(tcp->metrics, &tcp->metrics->buckets[i], NULL, NULL);
    free(tcp->metrics->buckets);
    tcp->metrics->buckets = NULL;
    tcp->metrics->bits = 0;
}

void tcp_metrics_fini(struct tcp_layer *tcp)
{
    tcp_metrics_flush(tcp);
    free(tcp->metrics);
}
