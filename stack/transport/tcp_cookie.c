/*
 * SYN cookies: what a listener answers when too many connections are half open. Nothing is kept;
 * what it takes to open the connection comes back with the last ACK of the handshake. One of four
 * MSSs and the minute stand in our sequence number, under a keyed hash of the endpoints; window
 * scale, SACK and ECN in the lowest bits of our timestamp, if the peer has timestamps, else there
 * are none. The scheme is Linux's, the hash is not.
 */
#include "stack/transport/tcp_cookie.h"

#include "stack/transport/tcp_accecn.h"

#define COOKIE_BITS      24
#define COOKIE_MASK      ((1u << COOKIE_BITS) - 1)
#define COOKIE_PERIOD_US UINT64_C(60000000)
#define COOKIE_AGE_MAX   2 /* periods */
#define COOKIE_VALID_US  (COOKIE_AGE_MAX * COOKIE_PERIOD_US)
#define OVERFLOW_STEP_US UINT64_C(1000000) /* Linux looks at it so seldom */
#define OPTION_BITS      6
#define OPTION_MASK      ((1u << OPTION_BITS) - 1)
#define OPTION_WSCALE    0xfu /* all ones: no scaling */
#define OPTION_SACK      0x10u
#define OPTION_ECN       0x20u
#define N_MSS            4

static const uint16_t mss_of[2][N_MSS] = { { 536, 1300, 1440, 1460 }, { 1220, 1420, 1440, 8940 } };

static uint32_t minute(const struct tcp_layer *tcp)
{
    return (uint32_t)(tcp_now(tcp) / COOKIE_PERIOD_US);
}

static uint32_t hash(struct tcp_layer *tcp, const struct endpoints *ends, uint32_t count)
{
    return (uint32_t)tcp_pair_secret(tcp, ends->local, ends->remote, UINT64_C(0xc00c1e) + count);
}

/* Of a minute; of none. */
static uint32_t hash_of(struct tcp_layer *tcp, const struct endpoints *ends, uint32_t count)
{
    return hash(tcp, ends, count + 1);
}

static uint32_t make(struct tcp_layer *tcp, const struct endpoints *ends, uint32_t seq,
                     uint32_t data)
{
    uint32_t count = minute(tcp);

    return hash(tcp, ends, 0) + seq + (count << COOKIE_BITS) +
           ((hash_of(tcp, ends, count) + data) & COOKIE_MASK);
}

/* What make() was given, or something else: its caller knows what may be. */
static uint32_t data_of(struct tcp_layer *tcp, const struct endpoints *ends, uint32_t seq,
                        uint32_t cookie)
{
    uint32_t count = minute(tcp), age;

    cookie -= hash(tcp, ends, 0) + seq;
    age = (count - (cookie >> COOKIE_BITS)) & (UINT32_MAX >> COOKIE_BITS);
    if (age >= COOKIE_AGE_MAX)
        return UINT32_MAX;
    return (cookie - hash_of(tcp, ends, count - age)) & COOKIE_MASK;
}

static void note_overflow(struct tcp_listener *listen, uint64_t now)
{
    if (listen->last_cookie == 0 || now + 1 - listen->last_cookie > OVERFLOW_STEP_US)
        listen->last_cookie = now + 1;
}

void tcp_cookie_make(struct tcp_request *req)
{
    const uint16_t *mss = mss_of[req->ends.remote.v6];
    uint32_t index = N_MSS - 1;

    note_overflow(req->listener->rare->listen, tcp_now(req->layer));
    while (index > 0 && req->peer_mss < mss[index])
        index--;
    req->iss = make(req->layer, &req->ends, req->irs, index);
}

uint32_t tcp_cookie_tsval(const struct tcp_request *req)
{
    uint32_t now = tcp_ts_now(req->layer, 0),
             options = req->wscale_ok ? req->snd_wscale : OPTION_WSCALE, ts;

    options |= (req->sack_ok ? OPTION_SACK : 0) | (req->ecn_ok ? OPTION_ECN : 0);
    ts = (now & ~OPTION_MASK) | options;
    if (ts > now)
        ts -= 1u << OPTION_BITS;
    return ts + req->ts_offset;
}

/* When the SYN,ACK left that had the timestamp @ts, for the first RTT. */
static uint64_t sent_at(const struct tcp_layer *tcp, uint32_t ts)
{
    uint64_t now_ms = tcp_now(tcp) / 1000;

    return (now_ms - (uint32_t)((uint32_t)now_ms - ts)) * 1000 + 1;
}

/* The options that the echoed timestamp tells of. False: this host could not have meant them. */
static bool take_options(struct tcp_request *req, const struct tcp_options *opt)
{
    const struct tcp_sysctl *sysctl = &req->layer->sysctl;
    uint32_t options = opt->ts_ecr - (opt->ts_ecr != 0 ? req->ts_offset : 0);

    if (!opt->has_ts)
        return true;
    if (!sysctl->timestamps)
        return false;
    req->ts_ok = true;
    if (opt->ts_ecr != 0)
        req->sent_at = sent_at(req->layer, options);
    req->ts_recent = opt->ts_val;
    req->ts_recent_stamp_s = (uint32_t)(tcp_now(req->layer) / 1000000);
    req->ecn_ok = (options & OPTION_ECN) != 0 && sysctl->ecn > 0;
    req->sack_ok = (options & OPTION_SACK) != 0;
    if (req->sack_ok && !sysctl->sack)
        return false;
    if ((options & OPTION_WSCALE) == OPTION_WSCALE)
        return true;
    req->wscale_ok = true;
    req->snd_wscale = options & OPTION_WSCALE;
    return sysctl->window_scaling;
}

bool tcp_cookie_take(struct tcp_request *req, const struct tcp_rx *rx)
{
    const struct tcp_listener *listen = req->listener->rare->listen;
    uint32_t index;

    if (req->layer->sysctl.syncookies == 0 || listen->last_cookie == 0 ||
        tcp_now(req->layer) + 1 - listen->last_cookie > COOKIE_VALID_US)
        return false;
    index = data_of(req->layer, &req->ends, rx->seq - 1, rx->ack - 1);
    if (index >= N_MSS)
        return false;
    req->irs = rx->seq - 1;
    req->rcv_nxt = rx->seq;
    req->iss = rx->ack - 1;
    req->peer_mss = mss_of[req->ends.remote.v6][index];
    if (!take_options(req, &rx->hdr.opt))
        return false;
    tcp_ecn_cookie(req, rx);
    return true;
}
