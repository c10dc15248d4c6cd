/* The scoreboard: what the peer's SACK blocks say about the retransmission queue. RFC 2018, 2883,
 * 6675. */
#include "stack/transport/tcp_internal.h"

uint32_t tcp_highest_sack_seq(const struct tcp_sock *tp)
{
    return tp->sacked_out == 0 || !tp->sack_ok ? tp->snd_una : tp->rare->high_sack;
}

/* @seg is to go again. */
static void resend_from(struct tcp_sock *tp, struct tcp_seg *seg)
{
    const struct tcp_seg *from = tp->rare->resend_from;

    if (from != NULL && seq_lt(seg->seq, from->seq))
        tcp_rare(tp)->resend_from = seg;
}

void tcp_mark_lost(struct tcp_sock *tp, struct tcp_seg *seg)
{
    if ((seg->marks & TCP_MARK_SACKED) != 0)
        return;
    resend_from(tp, seg);
    if ((seg->marks & TCP_MARK_LOST) == 0) {
        seg->marks |= TCP_MARK_LOST;
        tp->lost_out++;
        tcp_rare(tp)->lost_total++;
    } else if ((seg->marks & TCP_MARK_RETRANS) != 0) { /* lost again */
        seg->marks &= (uint8_t)~TCP_MARK_RETRANS;
        tp->retrans_out--;
        tcp_rare(tp)->lost_total++;
    }
}

/* Something older was delivered later: so much reordering is possible here. */
void tcp_check_sack_reordering(struct tcp_sock *tp, uint32_t low_seq, bool ts)
{
    uint32_t high = tcp_highest_sack_seq(tp), distance, mss = tp->mss_cache;

    (void)ts;
    if (!seq_lt(low_seq, high) || mss == 0)
        return;
    distance = high - low_seq;
    if (distance > tp->reordering * mss)
        tp->reordering = (uint16_t)u32_min((distance + mss - 1) / mss, TCP_REORDERING_MAX);
    tcp_rare(tp)->reord_seen++;
}

/* Without SACK every duplicate ACK stands for some segment that arrived. */

void tcp_reset_reno_sack(struct tcp_sock *tp)
{
    tp->sacked_out = 0;
}

static bool limit_reno_sacked(struct tcp_sock *tp)
{
    uint32_t holes = u32_min(u32_max(tp->lost_out, 1), tp->packets_out);

    if (tp->sacked_out + holes <= tp->packets_out)
        return false;
    tp->sacked_out = tp->packets_out - holes;
    return true;
}

static void check_reno_reordering(struct tcp_sock *tp, uint32_t more)
{
    if (!limit_reno_sacked(tp))
        return;
    tp->reordering = (uint16_t)u32_min(tp->packets_out + more, TCP_REORDERING_MAX);
    tcp_rare(tp)->reord_seen++;
}

void tcp_limit_reno_sacked(struct tcp_sock *tp)
{
    limit_reno_sacked(tp);
}

void tcp_add_reno_sack(struct tcp_sock *tp, unsigned n_dupack, bool ece)
{
    uint32_t before = tp->sacked_out;

    (void)ece;
    if (n_dupack == 0)
        return;
    tp->sacked_out += n_dupack;
    check_reno_reordering(tp, 0);
    if (tp->sacked_out > before)
        tp->delivered += tp->sacked_out - before;
}

void tcp_remove_reno_sacks(struct tcp_sock *tp, int acked, bool ece)
{
    (void)ece;
    if (acked > 0) {
        uint32_t n = (uint32_t)acked;

        tp->delivered += n > tp->sacked_out + 1 ? n - tp->sacked_out : 1;
        tp->sacked_out = n - 1 >= tp->sacked_out ? 0 : tp->sacked_out - (n - 1);
    }
    check_reno_reordering(tp, acked > 0 ? (uint32_t)acked : 0);
}

struct tagging {
    struct tcp_sock *tp;
    struct tcp_sack_result *result;
    uint64_t now; /* tcp_now() */
    unsigned flag;
};

/* The first block may be a D-SACK: below the acknowledgment, or inside the second block. RFC 2883
 * section 4. */
static bool is_dsack(const struct tcp_rx *rx)
{
    const struct tcp_options *opt = &rx->hdr.opt;

    if (seq_lt(opt->sack[0].start, rx->ack))
        return true;
    return opt->n_sack > 1 && seq_leq(opt->sack[0].end, opt->sack[1].end) &&
           seq_geq(opt->sack[0].start, opt->sack[1].start);
}

/* How many of our retransmissions a D-SACK reports as needless; 0: it cannot be about ours. */
static uint32_t dsack_seen(struct tagging *t, uint32_t start, uint32_t end)
{
    struct tcp_sock *tp = t->tp;
    uint32_t n = 1;

    if (!seq_lt(start, end) || end - start > tp->max_window)
        return 0;
    if (end - start > tp->mss_cache)
        n = (end - start + tp->mss_cache - 1) / tp->mss_cache;
    else if (tp->has_tlp && tp->rare->tlp_high_seq == end)
        t->flag |= TCP_F_DSACK_TLP;
    tcp_rare(tp)->dsack_dups += n;
    if (tp->rare->dsack_dups > tp->rare->total_retrans)
        return 0;
    if (tp->rare->reord_seen > 0 && (t->flag & TCP_F_DSACK_TLP) == 0)
        tp->rack_dsack_seen = true;
    t->flag |= TCP_F_DSACKING_ACK;
    tp->delivered += n; /* the needless ones have arrived too */
    return n;
}

static bool check_dsack(struct tagging *t, const struct tcp_rx *rx, uint32_t prior_una)
{
    struct tcp_sock *tp = t->tp;
    uint32_t start = rx->hdr.opt.sack[0].start, end = rx->hdr.opt.sack[0].end, n;

    if (!is_dsack(rx))
        return false;
    n = dsack_seen(t, start, end);
    if (n == 0)
        return false;
    if (tp->rare->undo_marker != 0 && tp->rare->undo_retrans > 0 && !seq_gt(end, prior_una) &&
        seq_gt(end, tp->rare->undo_marker))
        TCP_RARE_SET(tp, undo_retrans,
                     tp->rare->undo_retrans > (int32_t)n ? tp->rare->undo_retrans - (int32_t)n : 0);
    return true;
}

static bool block_valid(const struct tcp_sock *tp, bool dsack, uint32_t start, uint32_t end)
{
    if (seq_gt(end, tp->snd_nxt) || !seq_lt(start, end) || !seq_lt(start, tp->snd_nxt))
        return false;
    if (seq_gt(start, tp->snd_una))
        return true;
    if (!dsack || tp->rare->undo_marker == 0 || seq_gt(end, tp->snd_una))
        return false;
    if (!seq_lt(start, tp->rare->undo_marker))
        return true;
    return seq_gt(end, tp->rare->undo_marker) && !seq_lt(start, end - tp->max_window);
}

static void note_reordering(struct tcp_sack_result *result, uint32_t seq)
{
    if (!result->has_reord || seq_lt(seq, result->reord))
        result->reord = seq;
    result->has_reord = true;
}

static void clear_mark(struct tcp_sock *tp, struct tcp_seg *seg, enum tcp_mark mark)
{
    if ((seg->marks & mark) == 0)
        return;
    seg->marks &= (uint8_t)~mark;
    if (mark == TCP_MARK_LOST)
        tp->lost_out--;
    else if (mark == TCP_MARK_RETRANS)
        tp->retrans_out--;
}

/* What was retransmitted of a buffer is not known any more: all of it was. */
static void spread_ever(const struct tcp_sock *tp, struct tcp_seg *seg)
{
    struct list *at = &seg->link;

    while (!tcp_seg_of(at)->starts_buffer)
        at = at->prev;
    do {
        tcp_seg_of(at)->marks |= TCP_MARK_EVER;
        at = at->next;
    } while (at != &tp->rtx_queue && !tcp_seg_of(at)->starts_buffer);
}

/* Linux puts buffers of segments of one size together when all of them are SACKed. */
static void join_marked(struct tcp_sock *tp, struct tcp_seg *seg)
{
    enum { TAGS = TCP_MARK_SACKED | TCP_MARK_RETRANS | TCP_MARK_LOST };
    const struct tcp_seg *before = tcp_seg_of(seg->link.prev);

    if (seg->starts_buffer && seg->link.prev != &tp->rtx_queue &&
        (before->marks & TAGS) == TCP_MARK_SACKED && (seg->marks & TAGS) == TCP_MARK_SACKED &&
        before->data.len == seg->data.len && !before->eor) {
        tcp_buffer_join(tp, seg);
        if (((before->marks ^ seg->marks) & TCP_MARK_EVER) != 0)
            spread_ever(tp, seg);
    }
}

/* Once a segment, when it is marked: however often blocks tell of it afterwards. */
static void join_neighbors(struct tcp_sock *tp, struct tcp_seg *seg)
{
    join_marked(tp, seg);
    if (seg->link.next != &tp->rtx_queue)
        join_marked(tp, tcp_seg_of(seg->link.next));
}

static void tag_new(struct tagging *t, struct tcp_seg *seg)
{
    struct tcp_sock *tp = t->tp;

    tcp_rack_advance(tp, seg, t->now);
    if ((seg->marks & TCP_MARK_RETRANS) != 0) {
        /* Not marked lost: then the retransmission counts as in flight still. */
        if ((seg->marks & TCP_MARK_LOST) != 0) {
            clear_mark(tp, seg, TCP_MARK_LOST);
            clear_mark(tp, seg, TCP_MARK_RETRANS);
        }
    } else {
        if ((seg->marks & TCP_MARK_EVER) == 0) {
            if (seq_lt(seg->seq, tcp_highest_sack_seq(tp)))
                note_reordering(t->result, seg->seq);
            if (!seq_gt(seg->end_seq, tp->rare->high_seq))
                t->flag |= TCP_F_ORIG_SACK_ACKED;
            if (t->result->first_sack_us < 0)
                t->result->first_sack_us = (int64_t)seg->sent_at;
            t->result->last_sack_us = (int64_t)seg->sent_at;
        }
        clear_mark(tp, seg, TCP_MARK_LOST);
    }
    seg->marks |= TCP_MARK_SACKED;
    if (tp->sacked_out == 0 || seq_gt(seg->end_seq, tp->rare->high_sack))
        TCP_RARE_SET(tp, high_sack, seg->end_seq);
    t->flag |= TCP_F_DATA_SACKED;
    tp->sacked_out++;
    tp->delivered++;
    t->result->n_sacked++;
    t->result->octets += seg->data.len;
    tcp_seg_untime(seg);
}

static inline void tag_one(struct tagging *t, struct tcp_seg *seg, bool dup)
{
    struct tcp_sock *tp = t->tp;

    if (dup && (seg->marks & TCP_MARK_EVER) != 0) {
        if (tp->rare->undo_marker != 0 && tp->rare->undo_retrans > 0 &&
            seq_gt(seg->end_seq, tp->rare->undo_marker))
            tcp_rare(tp)->undo_retrans--;
        if ((seg->marks & TCP_MARK_SACKED) != 0)
            note_reordering(t->result, seg->seq);
    }
    if (!seq_gt(seg->end_seq, tp->snd_una))
        return;
    if ((seg->marks & TCP_MARK_SACKED) == 0)
        tag_new(t, seg);
    if (dup)
        clear_mark(tp, seg, TCP_MARK_RETRANS);
}

struct block {
    uint32_t start, end;
    bool dup;
    struct tcp_seg *last; /* the last segment in it, NULL: none was found */
    uint32_t first;       /* where the first one begins */
};

/* The blocks worth a look, by their start. *@with_dup: one of them is a D-SACK. */
static unsigned sort_blocks(struct tagging *t, const struct tcp_rx *rx, uint32_t prior_una,
                            bool found_dup, struct block blocks[TCP_SACK_MAX], bool *with_dup)
{
    unsigned n = 0;

    *with_dup = false;
    for (uint8_t i = 0; i < rx->hdr.opt.n_sack; i++) {
        struct block block = { rx->hdr.opt.sack[i].start, rx->hdr.opt.sack[i].end,
                               i == 0 && found_dup, NULL, 0 };
        unsigned at = n;

        if (!block_valid(t->tp, block.dup, block.start, block.end) || !seq_gt(block.end, prior_una))
            continue;
        for (; at > 0 && seq_lt(block.start, blocks[at - 1].start); at--)
            blocks[at] = blocks[at - 1];
        blocks[at] = block;
        *with_dup |= block.dup;
        n++;
    }
    return n;
}

/* Linux's buffers are cut where a block begins or ends, at the edge of a segment that is inside. */
static void cut_at_edges(struct tcp_sock *tp, struct tcp_seg *seg, const struct block *block)
{
    struct tcp_seg *next = seg->link.next != &tp->rtx_queue ? tcp_seg_of(seg->link.next) : NULL;

    if (seq_gt(block->start, seg->seq)) {
        if (next != NULL)
            tcp_buffer_cut(tp, next);
        return;
    }
    if (block->start == seg->seq || seq_lt(block->end, seg->end_seq))
        tcp_buffer_cut(tp, seg);
    if (next != NULL && seq_geq(block->end, seg->end_seq) && seq_lt(block->end, next->end_seq))
        tcp_buffer_cut(tp, next);
}

/* @seg and @block, which is a D-SACK if @dup, have octets in common. */
static inline void look_at(struct tagging *t, struct tcp_seg *seg, struct block *block, bool dup)
{
    bool was_marked = (seg->marks & TCP_MARK_SACKED) != 0;

    if (!was_marked)
        cut_at_edges(t->tp, seg, block);
    /* Whole segments only: a peer reports no parts of what it got as one. */
    if (seq_gt(block->start, seg->seq) || seq_lt(block->end, seg->end_seq))
        return;
    tag_one(t, seg, dup);
    if (!was_marked)
        join_neighbors(t->tp, seg);
    tcp_rate_arrived(t->tp, seg, &t->result->rate);
    if (block->last == NULL)
        block->first = seg->seq;
    block->last = seg;
}

/* Tag what is in @blocks, which are sorted; nothing before @at is worth a look. */
static void walk(struct tagging *t, struct block *blocks, unsigned n, struct list *at)
{
    struct tcp_sock *tp = t->tp;
    unsigned first = 0;
    struct list *next;

    for (; at != &tp->rtx_queue && first < n; at = next) {
        struct tcp_seg *seg = tcp_seg_of(at);

        next = at->next;
        while (first < n && !seq_lt(seg->seq, blocks[first].end))
            first++;
        for (unsigned i = first; i < n && seq_lt(blocks[i].start, seg->end_seq); i++)
            look_at(t, seg, &blocks[i], blocks[i].dup);
    }
}

/* walk() of one block, which is no D-SACK. */
static void walk_one(struct tagging *t, struct block *block, struct list *at)
{
    const struct list *end = &t->tp->rtx_queue;

    for (; at != end && seq_lt(tcp_seg_of(at)->seq, block->end); at = at->next)
        if (seq_lt(block->start, tcp_seg_of(at)->end_seq))
            look_at(t, tcp_seg_of(at), block, false);
}

/*
 * Nearly all that a block tells was told by the last ACK's blocks: each of them is there once more,
 * with some segments behind it, or is new and stands behind them. What is marked stays marked, so
 * the walk begins behind it.
 */

/* The marked segments that reach farthest of those that begin no later than @block, or NULL: all
 * segments before their end are marked or not of @block. */
static const struct tcp_marked *marked_before(const struct tcp_sock *tp, const struct block *block)
{
    const struct tcp_marked *best = NULL;

    for (uint8_t i = 0; i < tp->rare->n_marked; i++) {
        const struct tcp_marked *marked = &tp->rare->marked[i];

        if (seq_leq(marked->start, block->start) &&
            (best == NULL || seq_gt(marked->end, best->end)))
            best = marked;
    }
    return best;
}

/* Tag what is new in @block; what is marked by it now, of which @last is NULL when that is nothing.
 */
static struct tcp_marked walk_new(struct tagging *t, struct block *block)
{
    const struct tcp_marked *before = marked_before(t->tp, block);
    bool touches = before != NULL && seq_leq(block->start, before->end);
    struct tcp_marked marked = { .last = NULL };

    if (!touches || seq_gt(block->end, before->end))
        walk_one(t, block, before != NULL ? before->last->link.next : t->tp->rtx_queue.next);
    /* A part of a segment before the first is not marked, and may be cut anew. */
    if (touches)
        marked = *before;
    else
        marked.start = block->first;
    if (block->last != NULL) {
        marked.last = block->last;
        marked.end = block->last->end_seq;
    }
    return marked;
}

static void walk_blocks(struct tagging *t, struct block *blocks, unsigned n)
{
    struct tcp_marked marked[TCP_SACK_MAX];
    struct tcp_rare *rare = tcp_rare(t->tp);
    uint8_t n_marked = 0;

    if (n == 1) { /* mostly */
        rare->marked[0] = walk_new(t, blocks);
        rare->n_marked = rare->marked[0].last != NULL;
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        marked[n_marked] = walk_new(t, &blocks[i]);
        if (marked[n_marked].last != NULL)
            n_marked++;
    }
    for (uint8_t i = 0; i < n_marked; i++)
        rare->marked[i] = marked[i];
    rare->n_marked = n_marked;
}

void tcp_unmark(struct tcp_sock *tp, const struct tcp_seg *seg)
{
    uint8_t n = 0;

    for (uint8_t i = 0; i < tp->rare->n_marked && seg != NULL; i++)
        if (tp->rare->marked[i].last != seg)
            tcp_rare(tp)->marked[n++] = tp->rare->marked[i];
    TCP_RARE_SET(tp, n_marked, n);
}

unsigned tcp_sacktag_write_queue(struct tcp_sock *tp, const struct tcp_rx *rx,
                                 uint32_t prior_snd_una, struct tcp_sack_result *result)
{
    struct tagging t = { .tp = tp, .result = result, .now = rx->now };
    struct block blocks[TCP_SACK_MAX];
    bool found_dup = check_dsack(&t, rx, prior_snd_una), with_dup;
    unsigned n;

    if (seq_lt(rx->ack, prior_snd_una - tp->max_window))
        return 0;
    if (tp->packets_out == 0)
        return t.flag;
    n = sort_blocks(&t, rx, prior_snd_una, found_dup, blocks, &with_dup);
    if (with_dup || tp->layer->sysctl.long_way)
        walk(&t, blocks, n, tp->rtx_queue.next);
    else
        walk_blocks(&t, blocks, n);
    if (result->has_reord && (tp->ca_state != TCP_CA_LOSS || tp->rare->undo_marker != 0))
        tcp_check_sack_reordering(tp, result->reord, false);
    return t.flag;
}
