/* Accurate ECN: negotiation, counters and their option, failures. RFC 9768, moments are Linux's. */
#include "stack/transport/tcp_accecn.h"

#include "base/likely.h"

enum { ECN_NOT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 };

#define ACE_MASK       7u
#define ACE_START      5u                  /* of the counter of segments: 0 would look unused */
#define FIELD_START    1u                  /* of those of ECT(0) and ECT(1), for the same reason */
#define FIELD_MASK     0xffffffu           /* 24 bits */
#define FIELD_SIGN     0x800000u           /* set in the difference of two: it went back */
#define DEMAND_STEP    (UINT32_C(1) << 22) /* octets: so many times the option is demanded */
#define TOO_LATE       ((UINT32_C(1) << 23) - 1) /* octets sent before the peer's first option */
#define PENDING_MAX    15u
#define PENDING_ACK    6u /* marked segments that no ACK has told of yet: ACK at once */
#define OPTION_MINIMUM 1u /* net.ipv4.tcp_ecn_option: when demanded; 2: with all */
#define SAFETY_SHIFT   1
#define ASKS_ACCURATE  3u /* net.ipv4.tcp_ecn from here on: listeners agree to it */

static const struct tcp_ecn_counts none;

static const struct tcp_ecn_counts *counts_of(const struct tcp_sock *tp)
{
    return tp->rare->ecn == NULL ? &none : tp->rare->ecn;
}

static struct tcp_ecn_counts *counts(struct tcp_sock *tp)
{
    struct tcp_rare *rare = tcp_rare(tp);

    if (rare->ecn == NULL)
        rare->ecn = mem_zalloc(sizeof *rare->ecn);
    return rare->ecn;
}

static void set_mode(struct tcp_sock *tp, uint8_t mode)
{
    tp->ecn = (uint8_t)((tp->ecn & ~TCP_ECN_MODE) | mode);
    tp->accecn = mode == TCP_ECN_ACCURATE;
    tp->more_options = tp->accecn || tp->signs;
    if ((mode & TCP_ECN_ACCURATE) != 0)
        counts(tp)->last_ts = tp->ts_recent;
}

/* ---- ACE as a number, and in a handshake ---- */

static unsigned ace_of(const struct tcp_rx *rx)
{
    return (rx->hdr.flags & TCP_ACE) >> 6 == 0 ? 0
                                               : ((rx->hdr.flags & TCP_AE) != 0 ? 4u : 0) |
                                                     ((rx->hdr.flags & TCP_CWR) != 0 ? 2u : 0) |
                                                     ((rx->hdr.flags & TCP_ECE) != 0 ? 1u : 0);
}

static uint16_t ace_flags(unsigned ace)
{
    return (uint16_t)(((ace & 4) != 0 ? TCP_AE : 0) | ((ace & 2) != 0 ? TCP_CWR : 0) |
                      ((ace & 1) != 0 ? TCP_ECE : 0));
}

/* RFC 9768 table 2. */
uint16_t tcp_accecn_reflect(uint8_t ecn)
{
    static const uint8_t ace[] = { [ECN_NOT] = 2, [ECN_ECT1] = 3, [ECN_ECT0] = 4, [ECN_CE] = 6 };

    return ace_flags(ace[ecn & 3]);
}

/* The other way round; of what no AccECN host sends, as Linux reads it. */
static uint8_t reflected(unsigned ace)
{
    static const uint8_t ecn[] = { ECN_ECT0, ECN_ECT1, ECN_NOT, ECN_ECT1,
                                   ECN_ECT0, ECN_ECT1, ECN_CE,  ECN_ECT1 };

    return ecn[ace & ACE_MASK];
}

/* May what left as @sent arrive as @came? */
static bool may_become(uint8_t sent, uint8_t came)
{
    return sent == came || (sent != ECN_NOT && came != ECN_NOT && sent != ECN_CE);
}

static void fail(struct tcp_sock *tp, uint8_t mode)
{
    counts(tp)->fail |= mode;
}

/* Is the echo of our SYN or SYN,ACK one that can be? */
static bool echo_valid(struct tcp_sock *tp, unsigned ace, uint8_t sent)
{
    if (!tp->layer->sysctl.ecn_fallback || may_become(sent, reflected(ace)))
        return true;
    fail(tp, TCP_ACCECN_ACE_FAIL_RECV);
    return false;
}

/* ---- the option ---- */

static const uint8_t *option_of(const struct tcp_rx *rx)
{
    return rx->hdr.opt.accecn_at == 0 ? NULL : rx->frame->data + rx->hdr.opt.accecn_at;
}

/* The first option of a peer: counters of ECT do not begin with zero. */
static uint8_t first_option(const struct tcp_accecn *accecn)
{
    if (accecn->n == 0)
        return TCP_ACCECN_EMPTY_SEEN;
    if (accecn->field[0] == 0 || (accecn->n == TCP_ACCECN_FIELDS && accecn->field[2] == 0))
        return TCP_ACCECN_FAIL_SEEN;
    return TCP_ACCECN_COUNTER_SEEN;
}

static void see_option(struct tcp_sock *tp, const struct tcp_accecn *accecn)
{
    struct tcp_ecn_counts *c = counts(tp);

    if (c->seen >= TCP_ACCECN_COUNTER_SEEN)
        return;
    c->seen = first_option(accecn);
    if (c->seen == TCP_ACCECN_FAIL_SEEN)
        fail(tp, TCP_ACCECN_OPT_FAIL_RECV);
}

/* Which mark field @i counts. */
static uint8_t mark_of(uint8_t kind, unsigned i)
{
    static const uint8_t marks[2][TCP_ACCECN_FIELDS] = { { ECN_ECT0, ECN_CE, ECN_ECT1 },
                                                         { ECN_ECT1, ECN_CE, ECN_ECT0 } };

    return marks[kind == TCP_OPT_ACCECN1][i];
}

static uint32_t field_start(uint8_t mark)
{
    return mark == ECN_CE ? 0 : FIELD_START;
}

static void fill_option(struct tcp_accecn *accecn, unsigned n, const uint32_t octets[static 3])
{
    *accecn = (struct tcp_accecn){ .kind = TCP_OPT_ACCECN1, .n = (uint8_t)n };
    for (unsigned i = 0; i < n; i++) {
        uint8_t mark = mark_of(TCP_OPT_ACCECN1, i);

        accecn->field[i] = (octets[mark - 1] + field_start(mark)) & FIELD_MASK;
    }
}

/* Octets with padding; one or two that are left over may stand before SACK blocks. */
static unsigned option_octets(unsigned n, bool sack)
{
    unsigned len = 2 + 3 * n;

    return len % 4 > (sack ? 2u : 0u) ? (len + 3) & ~3u : len & ~3u;
}

struct fit {
    int n;           /* fields, -1: it does not leave */
    unsigned n_sack; /* blocks beside it */
};

/* As many fields as there is room for, @required at least: a SACK block beyond two gives way. */
static struct fit fit_option(unsigned required, unsigned n_sack, unsigned room)
{
    struct fit fit = { .n = TCP_ACCECN_FIELDS, .n_sack = n_sack };

    while (fit.n >= (int)required) {
        if (room >= option_octets((unsigned)fit.n, n_sack > 0))
            return fit;
        if (fit.n == (int)required && fit.n_sack > 2) {
            fit.n_sack--;
            room += 8;
            fit.n = TCP_ACCECN_FIELDS;
        } else {
            fit.n--;
        }
    }
    return (struct fit){ .n = -1, .n_sack = n_sack };
}

/* Some ACKs of each round trip shall have it, whatever comes. */
static bool beacon_due(const struct tcp_sock *tp, const struct tcp_ecn_counts *c)
{
    uint64_t beacon = tp->layer->sysctl.ecn_option_beacon;

    return beacon != 0 && (tcp_now(tp->layer) - c->option_at) * beacon >= tp->srtt_us >> 3;
}

static bool sends_option(const struct tcp_sock *tp, const struct tcp_ecn_counts *c)
{
    uint8_t how = tp->layer->sysctl.ecn_option;

    return how != 0 && c->seen != TCP_ACCECN_NOT_SEEN &&
           (c->fail & TCP_ACCECN_OPT_FAIL_SEND) == 0 &&
           (how > OPTION_MINIMUM || c->demand > 0 || beacon_due(tp, c));
}

/* @wanted: the option shall leave, if it fits. */
static struct fit fit_now(const struct tcp_sock *tp, unsigned n_sack, bool wanted)
{
    unsigned used = (tp->ts_ok ? TCP_TS_ALIGNED : 0) + (tp->signs ? TCP_MD5_ALIGNED : 0) +
                    (n_sack > 0 ? TCP_BLOCKS_PADDED(n_sack) : 0);

    return wanted ? fit_option(counts_of(tp)->required, n_sack, TCP_OPTIONS_MAX - used)
                  : (struct fit){ .n = -1, .n_sack = n_sack };
}

int tcp_accecn_octets(const struct tcp_sock *tp, unsigned n_sack)
{
    struct fit fit = fit_now(tp, n_sack, sends_option(tp, counts_of(tp)));

    return fit.n < 0 ? 0
                     : (int)option_octets((unsigned)fit.n, fit.n_sack > 0) -
                           8 * (int)(n_sack - fit.n_sack);
}

/* Is the segment at @seq in one burst with the one before it? These have the same options. */
static bool goes_on(const struct tcp_sock *tp, uint32_t seq)
{
    const struct tcp_seg *seg = tcp_first(&tp->write_queue);

    return seq == tp->snd_nxt && seg != NULL && seg->seq == seq && !seg->starts_buffer;
}

void tcp_accecn_put(struct tcp_sock *tp, struct tcp_hdr *hdr, uint32_t len,
                    struct tcp_accecn *accecn)
{
    struct tcp_ecn_counts *c = counts(tp);
    bool again = len > 0 && goes_on(tp, hdr->seq);
    struct fit fit;

    if (!again)
        c->in_burst = sends_option(tp, c);
    fit = fit_now(tp, hdr->opt.n_sack, c->in_burst);
    if (fit.n < 0)
        return;
    fill_option(accecn, (unsigned)fit.n, c->received);
    hdr->opt.accecn = accecn;
    hdr->opt.n_sack = (uint8_t)fit.n_sack;
    if (again)
        return;
    c->required = 0;
    c->option_at = tcp_now(tp->layer);
    if (c->demand > 0)
        c->demand--;
}

/* ---- opening ---- */

uint8_t tcp_ecn_asks(struct tcp_sock *tp)
{
    switch (tp->layer->sysctl.ecn) {
    case 1:
    case 4:
        set_mode(tp, TCP_ECN_OK);
        return TCP_ECE | TCP_CWR;
    case ASKS_ACCURATE:
        set_mode(tp, TCP_ECN_PENDING);
        return TCP_ECE | TCP_CWR; /* AE is put beside them when the SYN leaves */
    default:
        return 0;
    }
}

/* RFC 9768 table 2. Linux takes a SYN,ACK's word for AccECN even where it was not asked for. */
void tcp_ecn_synack_input(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    unsigned ace = ace_of(rx);
    struct tcp_accecn accecn;

    if ((tp->ecn & TCP_ECN_MODE) == 0)
        return;
    if (ace == 0 || ace == 7) {
        set_mode(tp, 0);
        return;
    }
    if (ace == 1 || ace == 5) {
        set_mode(tp, TCP_ECN_OK);
        return;
    }
    set_mode(tp, TCP_ECN_ACCURATE);
    if (option_of(rx) != NULL) {
        tcp_read_accecn(option_of(rx), &accecn);
        see_option(tp, &accecn);
        counts(tp)->demand = 2;
    }
    if ((ip_rx_tos(rx->ip) & 3) == ECN_CE && echo_valid(tp, ace, counts(tp)->syn_sent)) {
        counts(tp)->received_ce++;
        counts(tp)->pending++;
    }
}

static bool asks_accurate(unsigned ace)
{
    return ace != 0 && ace != 3;
}

void tcp_ecn_syn_input(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    if ((tp->ecn & TCP_ECN_MODE) == TCP_ECN_PENDING) {
        set_mode(tp, asks_accurate(ace_of(rx)) ? TCP_ECN_ACCURATE : TCP_ECN_OK);
        if (tp->accecn)
            counts(tp)->syn_came = counts(tp)->mark = ip_rx_tos(rx->ip) & 3;
    }
    if ((tp->ecn & TCP_ECN_MODE) == TCP_ECN_OK &&
        (rx->hdr.flags & (TCP_ECE | TCP_CWR)) != (TCP_ECE | TCP_CWR))
        set_mode(tp, 0);
}

/* A listener's SYN. One that came ECN-capable was tampered with, but for one of AccECN's. */
void tcp_ecn_request(struct tcp_request *req, const struct tcp_rx *rx)
{
    uint8_t setting = req->layer->sysctl.ecn, mark = ip_rx_tos(rx->ip) & 3;

    req->accecn_ok = setting >= ASKS_ACCURATE && asks_accurate(ace_of(rx));
    req->syn_ecn = mark;
    req->ecn_ok = req->accecn_ok ||
                  (setting > 0 && (rx->hdr.flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR) &&
                   (mark == ECN_NOT || (rx->hdr.flags & TCP_AE) != 0));
}

void tcp_ecn_request_option(struct tcp_request *req, const struct tcp_rx *rx)
{
    struct tcp_accecn accecn;

    if (!req->accecn_ok || option_of(rx) == NULL || req->accecn_seen >= TCP_ACCECN_COUNTER_SEEN)
        return;
    tcp_read_accecn(option_of(rx), &accecn);
    req->accecn_seen = first_option(&accecn);
    if (req->accecn_seen == TCP_ACCECN_FAIL_SEEN)
        req->accecn_fail |= TCP_ACCECN_OPT_FAIL_RECV;
}

uint16_t tcp_ecn_synack_flags(const struct tcp_request *req)
{
    return req->accecn_ok ? tcp_accecn_reflect(req->syn_ecn) : req->ecn_ok ? TCP_ECE : 0;
}

/* Not when it is sent again: something on the way may not like it. */
bool tcp_accecn_synack_option(const struct tcp_request *req, const struct tcp_options *others,
                              struct tcp_accecn *accecn)
{
    static const uint32_t nothing[3];
    unsigned room;
    struct fit fit;

    if (!req->accecn_ok || req->layer->sysctl.ecn_option == 0 || req->n_retrans > 0)
        return false;
    room = TCP_OPTIONS_MAX - (unsigned)tcp_options_len(others, true);
    /* sackOK without timestamps has two no-operations to share, as SACK blocks have */
    fit = fit_option(0, others->sack_permitted && !others->has_ts, room);
    if (room == 0 || fit.n < 0)
        return false;
    fill_option(accecn, (unsigned)fit.n, nothing);
    return true;
}

/* RFC 9768 section 5.1: nothing was kept, but the last ACK of a handshake with accurate ECN tells
 * how the SYN,ACK came. */
void tcp_ecn_cookie(struct tcp_request *req, const struct tcp_rx *rx)
{
    req->accecn_ok = req->ecn_ok && req->layer->sysctl.ecn >= ASKS_ACCURATE && ace_of(rx) > 1;
}

/* The last ACK of the handshake tells how our SYN,ACK came. */
static void third_ack(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    unsigned ace = ace_of(rx);

    if (ace == 0)
        fail(tp, TCP_ACCECN_ACE_FAIL_RECV);
    else if (ace != 1 && ace != 5 && ace != 7 && rx->seq == rx->end_seq &&
             echo_valid(tp, ace, counts(tp)->syn_sent) && reflected(ace) == ECN_CE &&
             tp->rare->delivered_ce == 0)
        tcp_rare(tp)->delivered_ce = 1;
}

void tcp_ecn_child(struct tcp_sock *tp, const struct tcp_request *req, const struct tcp_rx *rx)
{
    struct tcp_ecn_counts *c;

    if (!req->accecn_ok) {
        set_mode(tp, req->ecn_ok ? TCP_ECN_OK : 0);
        return;
    }
    set_mode(tp, TCP_ECN_ACCURATE);
    c = counts(tp);
    c->fail = req->accecn_fail;
    c->seen = req->accecn_seen;
    c->mark = req->syn_ecn;
    c->demand = 1;
    third_ack(tp, rx);
    tcp_ecn_received(tp, rx);
}

/* ---- sending ---- */

/* Everything leaves as ECT(0), ACKs and retransmissions, too. */
uint8_t tcp_accecn_send(struct tcp_sock *tp, uint16_t *flags)
{
    struct tcp_ecn_counts *c = counts(tp);

    if ((*flags & TCP_ACE) == 0) { /* else it is the handshake's */
        *flags |= ace_flags(c->received_ce + ACE_START);
        c->pending = 0;
    }
    return (c->fail & TCP_ACCECN_ACE_FAIL_RECV) != 0 ? ECN_NOT : ECN_ECT0;
}

/* ---- receiving ---- */

static void count_octets(struct tcp_ecn_counts *c, uint8_t mark, uint32_t len)
{
    static const uint8_t field_of[] = { 0, [ECN_ECT1] = 1, [ECN_CE] = 2, [ECN_ECT0] = 3 };
    uint32_t before = c->received[mark - 1];

    c->received[mark - 1] += len;
    if (c->required < field_of[mark])
        c->required = field_of[mark];
    if (((c->received[mark - 1] ^ before) & ~(DEMAND_STEP - 1)) != 0 && c->demand == 0)
        c->demand = 1;
}

void tcp_ecn_received(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    uint8_t mark = ip_rx_tos(rx->ip) & 3;
    struct tcp_ecn_counts *c;

    if (mark == ECN_NOT && tp->rare->ecn == NULL)
        return;
    c = counts(tp);
    if (mark != ECN_NOT) {
        if ((tp->ecn & TCP_ECN_MODE) != TCP_ECN_OK)
            tp->ecn |= TCP_ECN_SEEN;
        if (mark == ECN_CE) {
            c->received_ce++;
            c->pending = (uint8_t)u32_min(c->pending + 1u, PENDING_MAX);
        }
        if (rx->len > 0)
            count_octets(c, mark, rx->len);
    }
    if (tp->accecn && (mark != c->mark || mark == ECN_CE)) {
        if (mark != c->mark)
            tp->ack_pending |= TCP_ACK_NOW;
        c->demand = 2; /* the second makes plain what the first told of */
    }
    c->mark = mark;
}

/* ---- acknowledgments ---- */

bool tcp_accecn_predicted(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return ace_of(rx) == ((tp->rare->delivered_ce + ACE_START) & ACE_MASK);
}

/* One counter of the option: by how much it has grown. */
static int32_t update_counter(uint32_t *counter, uint32_t field, uint8_t mark)
{
    uint32_t delta = (field - field_start(mark) - *counter) & FIELD_MASK;

    if ((delta & FIELD_SIGN) != 0)
        delta |= ~FIELD_MASK;
    *counter += delta;
    return (int32_t)delta;
}

/* An ACK without the option: with what was told last the octets arrived. */
static bool estimate(struct tcp_sock *tp, struct tcp_ecn_counts *c, uint32_t octets)
{
    if (c->seen == TCP_ACCECN_NOT_SEEN) {
        if (tp->bytes_sent >= TOO_LATE) {
            c->seen = TCP_ACCECN_FAIL_SEEN;
            fail(tp, TCP_ACCECN_OPT_FAIL_RECV);
        }
        return false;
    }
    if (c->estimate == ECN_NOT)
        return false;
    c->delivered[c->estimate - 1] += octets;
    return true;
}

/* True: the counters of octets can be relied on. */
static bool take_option(struct tcp_sock *tp, const struct tcp_rx *rx, uint32_t octets)
{
    struct tcp_ecn_counts *c = counts(tp);
    uint8_t before = c->estimate;
    bool changed = false, ambiguous = false, valid = before != ECN_NOT;
    struct tcp_accecn accecn;

    if ((c->fail & TCP_ACCECN_OPT_FAIL_RECV) != 0)
        return false;
    if (option_of(rx) == NULL)
        return estimate(tp, c, octets);
    tcp_read_accecn(option_of(rx), &accecn);
    see_option(tp, &accecn);
    for (unsigned i = 0; i < accecn.n; i++) {
        uint8_t mark = mark_of(accecn.kind, i);
        int32_t delta = update_counter(&c->delivered[mark - 1], accecn.field[i], mark);

        ambiguous = ambiguous || delta < 0;
        if (delta == 0 || mark == before)
            continue;
        ambiguous = ambiguous || changed;
        if (!changed)
            c->estimate = mark;
        changed = true;
    }
    if (ambiguous)
        c->estimate = ECN_NOT;
    return valid && !ambiguous;
}

/* ACE has three bits, and @packets may be more than it can count: it went round as often as the
 * option does not contradict. */
static uint32_t with_wraps(const struct tcp_sock *tp, uint32_t delta, uint32_t packets,
                           uint32_t octets, const uint32_t *ce_octets)
{
    uint32_t safe = packets - ((packets - delta) & ACE_MASK), estimated;

    if (ce_octets == NULL)
        return safe;
    if (*ce_octets == 0)
        return delta;
    if (packets >= (ACE_MASK + 1) * 2 &&
        (tp->sack_ok || tp->ca_state == TCP_CA_OPEN || tp->ca_state == TCP_CA_CWR)) {
        if (octets <= *ce_octets)
            return safe;
        estimated = (uint32_t)(((uint64_t)*ce_octets * packets + octets - 1) / octets);
        return u32_min(safe, delta + (estimated & ~ACE_MASK));
    }
    if (*ce_octets > delta * tp->mss_cache)
        return safe;
    return *ce_octets < safe * tp->mss_cache >> SAFETY_SHIFT ? delta : safe;
}

uint32_t tcp_accecn_ack(struct tcp_sock *tp, const struct tcp_rx *rx, uint32_t packets,
                        uint32_t octets, unsigned flag)
{
    struct tcp_ecn_counts *c = counts(tp);
    uint32_t delta, ce_before = c->delivered[ECN_CE - 1], ce_octets;
    bool newer = tp->ts_ok && tp->ts_recent != c->last_ts, valid;

    c->last_ts = tp->ts_recent;
    if ((flag & TCP_F_FORWARD_PROGRESS) == 0 && !newer)
        return 0; /* perhaps an old one */
    valid = take_option(tp, rx, octets);
    if ((flag & TCP_F_SYN_ACKED) != 0)
        return 0;
    if (c->pending >= PENDING_ACK)
        tp->ack_pending |= TCP_ACK_NOW;
    delta = (ace_of(rx) - ACE_START - tp->rare->delivered_ce) & ACE_MASK;
    ce_octets = c->delivered[ECN_CE - 1] - ce_before;
    if (packets > ACE_MASK)
        delta = with_wraps(tp, delta, packets, octets, valid ? &ce_octets : NULL);
    if (delta > 0)
        tcp_rare(tp)->delivered_ce += delta;
    return delta;
}
