/* Waiting for the packet that the script expects next. Rules R4, R5 and R7 of docs/packetdrill.md.
 */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/pkt_internal.h"
#include "stack/wire/tcp_wire.h"

static double seconds(int64_t ns)
{
    return (double)ns / PKT_NSEC_PER_SEC;
}

/* ---- a packet that fits ---- */

static const struct pkt_tcp_option *timestamps(const struct pkt_packet *packet)
{
    for (unsigned i = 0; i < packet->n_options; i++)
        if (packet->options[i].kind == TCP_OPT_TIMESTAMPS && !packet->options[i].raw)
            return &packet->options[i];
    return NULL;
}

/* The script's numbers of a connection begin where its first SYN line says. */
static void learn_isn(struct pkt_run *run, const struct pkt_packet *want, struct pkt_got *got)
{
    struct pkt_conn *conn = got->conn;

    if (conn == NULL || conn->isn_matched || (got->packet.flags & want->flags & TCP_SYN) == 0)
        return;
    conn->isn = got->wire_seq - want->seq;
    conn->isn_matched = true;
    got->packet.seq = want->seq;
    for (GList *at = run->got.head; at != NULL; at = at->next) {
        struct pkt_got *other = at->data;

        if (other->conn == conn && other->packet.proto == PKT_TCP)
            other->packet.seq = other->wire_seq - conn->isn;
    }
}

static void learn_timestamps(const struct pkt_packet *want, const struct pkt_got *got)
{
    const struct pkt_tcp_option *script = timestamps(want), *wire = timestamps(&got->packet);

    if (got->conn != NULL && script != NULL && wire != NULL)
        pkt_learn_ts(got->conn, script->value, wire->value);
}

static bool fits(struct pkt_run *run, const struct pkt_packet *want, const struct pkt_got *got)
{
    struct pkt_diff diff = { 0 };

    return pkt_match(run, want, got, &diff);
}

/* ---- what goes wrong ---- */

static bool differs(struct pkt_run *run, const struct pkt_packet *want, const struct pkt_got *got)
{
    struct pkt_diff diff = { .rows = g_ptr_array_new_with_free_func(g_free) };
    g_autofree char *expected = pkt_packet_text(want), *actual = pkt_packet_text(&got->packet);

    pkt_match(run, want, got, &diff);
    pkt_fail(run, _("the host sent another packet, at %.6f s: %s; the script expects: %s"),
             seconds(got->at), actual, expected);
    g_free(run->verdict->detail);
    run->verdict->detail = pkt_diff_text(&diff);
    g_ptr_array_unref(diff.rows);
    return false;
}

static bool missing(struct pkt_run *run, const struct pkt_packet *want)
{
    g_autofree char *expected = pkt_packet_text(want);

    return pkt_fail(run, _("the host sent nothing until %.6f s; the script expects: %s"),
                    seconds(pkt_now(run)), expected);
}

static bool unexpected(struct pkt_run *run, const struct pkt_got *got)
{
    g_autofree char *actual = pkt_packet_text(&got->packet);

    return pkt_fail(run, _("the host sent a packet that the script does not expect, at %.6f s: %s"),
                    seconds(got->at), actual);
}

static bool check_time(struct pkt_run *run, const struct pkt_got *got, int64_t lo, int64_t hi)
{
    int64_t slack = run->tolerance;
    g_autofree char *actual = pkt_packet_text(&got->packet);

    if (run->options->relaxed && pkt_is_pure_ack(&got->packet))
        slack = MAX(slack, PKT_PURE_ACK_SLACK);
    if ((lo == INT64_MIN || got->at >= lo - slack) && (hi == PKT_NEVER || got->at <= hi + slack))
        return true;
    return pkt_fail(run, _("the host sent %s at %.6f s; the script expects it at %.6f s"), actual,
                    seconds(got->at), seconds(got->at < lo ? lo : hi));
}

/* ---- R5: pure ACKs come early or late ---- */

static bool take_early(struct pkt_run *run, const struct pkt_packet *want)
{
    for (GList *at = run->early.head; at != NULL; at = at->next) {
        struct pkt_got *got = at->data;

        if (!fits(run, want, got))
            continue;
        learn_timestamps(want, got);
        g_queue_delete_link(&run->early, at);
        g_free(got);
        return true;
    }
    return false;
}

static bool await(struct pkt_run *run, int64_t lo, int64_t hi)
{
    struct pkt_awaited awaited = { run->event, lo,
                                   hi == PKT_NEVER ? PKT_NEVER : hi + PKT_PURE_ACK_SLACK };

    g_array_append_val(run->awaited, awaited);
    return true;
}

static bool offer(struct pkt_run *run, const struct pkt_awaited *awaited)
{
    for (GList *at = run->got.head; at != NULL; at = at->next) {
        struct pkt_got *got = at->data;

        if (!pkt_is_pure_ack(&got->packet) || !fits(run, &awaited->event->packet, got))
            continue;
        learn_timestamps(&awaited->event->packet, got);
        g_queue_delete_link(&run->got, at);
        g_free(got);
        return true;
    }
    return false;
}

void pkt_offer_awaited(struct pkt_run *run)
{
    for (guint i = 0; i < run->awaited->len;) {
        if (offer(run, &g_array_index(run->awaited, struct pkt_awaited, i)))
            g_array_remove_index(run->awaited, i);
        else
            i++;
    }
}

bool pkt_awaited_due(struct pkt_run *run, bool at_end)
{
    for (guint i = 0; i < run->awaited->len; i++) {
        const struct pkt_awaited *awaited = &g_array_index(run->awaited, struct pkt_awaited, i);

        if (!at_end && pkt_now(run) <= awaited->hi)
            continue;
        run->event = awaited->event;
        return missing(run, &awaited->event->packet);
    }
    return true;
}

/* ---- waiting ---- */

/* The next packet, still in the queue; NULL: none came in time, or the script is over (*@ok false).
 */
static struct pkt_got *next_got(struct pkt_run *run, int64_t until, bool *ok)
{
    while (g_queue_is_empty(&run->got) && pkt_now(run) < until) {
        if (!pkt_advance(run, until)) {
            *ok = false;
            return NULL;
        }
    }
    return g_queue_peek_head(&run->got);
}

static void drop_head(struct pkt_run *run)
{
    g_free(g_queue_pop_head(&run->got));
}

enum step { STEP_DONE, STEP_MORE, STEP_DIFFERS };

/* R4: octets and FIN that @want and @got have in common are taken off both. */
static enum step take_range(struct pkt_run *run, struct pkt_packet *want, struct pkt_got *got)
{
    struct pkt_packet piece = *want;
    struct pkt_got part = *got;
    uint32_t len = MIN(want->len, got->packet.len);
    bool want_fin = (want->flags & TCP_FIN) != 0 && want->len == len;
    bool got_fin = (got->packet.flags & TCP_FIN) != 0 && got->packet.len == len;
    bool fin = want_fin && got_fin, rest_of_got, rest_of_want;

    piece.len = part.packet.len = len;
    if (!fin) {
        piece.flags &= ~(unsigned)TCP_FIN;
        part.packet.flags &= ~(unsigned)TCP_FIN;
    }
    if ((len == 0 && !fin) || !fits(run, &piece, &part))
        return STEP_DIFFERS;
    learn_timestamps(want, got);
    rest_of_got = got->packet.len > len || ((got->packet.flags & TCP_FIN) != 0 && !fin);
    rest_of_want = want->len > len || ((want->flags & TCP_FIN) != 0 && !fin);
    want->seq += len;
    want->len -= len;
    got->packet.seq += len;
    got->packet.len -= len;
    if (!rest_of_got)
        drop_head(run);
    return rest_of_want ? STEP_MORE : STEP_DONE;
}

/*
 * A line with more octets than a segment has stands for a burst of segments of one length; where
 * PSH lies in it is not looked at. *@piece_len is that length, 0 before the first.
 */
static enum step take_burst(struct pkt_run *run, struct pkt_packet *want, struct pkt_got *got,
                            uint32_t *piece_len)
{
    struct pkt_packet piece = *want;
    struct pkt_got part = *got;
    bool last = want->len == got->packet.len;

    if (got->packet.len == 0 || got->packet.len > want->len ||
        (*piece_len != 0 && !last && got->packet.len != *piece_len) ||
        (last && got->packet.len > *piece_len))
        return STEP_DIFFERS;
    piece.len = got->packet.len;
    piece.flags &= last ? ~(unsigned)TCP_PSH : ~(unsigned)(TCP_PSH | TCP_FIN);
    part.packet.flags &= ~(unsigned)TCP_PSH;
    if (!fits(run, &piece, &part))
        return STEP_DIFFERS;
    learn_timestamps(want, got);
    *piece_len = got->packet.len;
    want->seq += got->packet.len;
    want->len -= got->packet.len;
    drop_head(run);
    return last ? STEP_DONE : STEP_MORE;
}

static enum step take(struct pkt_run *run, struct pkt_packet *want, struct pkt_got *got,
                      uint32_t *piece_len)
{
    if (run->options->relaxed && want->proto == PKT_TCP && got->packet.proto == PKT_TCP &&
        (want->len > 0 || (want->flags & TCP_FIN) != 0) && (want->flags & TCP_SYN) == 0)
        return take_range(run, want, got);
    if (!run->options->relaxed && want->proto == PKT_TCP && got->packet.proto == PKT_TCP &&
        (*piece_len != 0 || want->len > got->packet.len))
        return take_burst(run, want, got, piece_len);
    if (!fits(run, want, got))
        return STEP_DIFFERS;
    learn_timestamps(want, got);
    drop_head(run);
    return STEP_DONE;
}

static bool may_set_aside(const struct pkt_run *run, const struct pkt_got *got)
{
    return (run->options->relaxed || run->options->extra_acks) && pkt_is_pure_ack(&got->packet);
}

bool pkt_expect_packet(struct pkt_run *run, int64_t lo, int64_t hi)
{
    struct pkt_packet want = run->event->packet;
    bool relaxed_ack = run->options->relaxed && pkt_is_pure_ack(&want);
    int64_t until = hi == PKT_NEVER ? PKT_PATIENCE : hi + run->tolerance;
    bool ok = true, first = true;
    uint32_t piece_len = 0;

    if (relaxed_ack && take_early(run, &want))
        return true;
    for (;;) {
        struct pkt_got *got = next_got(run, until, &ok);
        struct pkt_got seen;

        if (got == NULL)
            return ok && (relaxed_ack ? await(run, lo, hi) : missing(run, &want));
        learn_isn(run, &want, got);
        seen = *got;
        switch (take(run, &want, got, &piece_len)) {
        case STEP_DONE:
            return !first || check_time(run, &seen, lo, hi);
        case STEP_MORE:
            if (first && !check_time(run, &seen, lo, hi))
                return false;
            first = false;
            break;
        case STEP_DIFFERS:
            if (may_set_aside(run, got))
                g_queue_push_tail(&run->early, g_queue_pop_head(&run->got));
            else
                return relaxed_ack ? await(run, lo, hi) : differs(run, &want, got);
        }
    }
}

bool pkt_expect_nothing_more(struct pkt_run *run)
{
    GQueue *queues[] = { &run->early, &run->got };

    for (gsize q = 0; q < G_N_ELEMENTS(queues); q++)
        for (GList *at = queues[q]->head; at != NULL; at = at->next) {
            const struct pkt_got *got = at->data;

            if (!run->options->extra_acks || !pkt_is_pure_ack(&got->packet))
                return unexpected(run, got);
        }
    return true;
}
