/*
 * Fragmentation and reassembly, RFC 791 sections 2.3 and 3.2, RFC 815. As on Linux an exact
 * repetition is ignored, any other overlap ends the datagram (RFC 5722's rule), and 30 s after the
 * first fragment the rest is given up.
 */
#include <stdlib.h>

#include "base/be.h"
#include "base/check.h"
#include "base/memory.h"
#include "stack/link/jiffies.h"
#include "stack/net/icmp.h"
#include "stack/net/ip_internal.h"
#include "stack/net/ip_pieces.h"

#define REASSEMBLY_TIME       SIM_SEC(30)       /* net.ipv4.ipfrag_time */
#define REASSEMBLY_OCTETS_MAX (4 * 1024 * 1024) /* net.ipv4.ipfrag_high_thresh */

/* ---- fragmentation ---- */

/* The options of later fragments: only those with the "copied" bit, RFC 791 section 3.1. */
static void keep_copied_options(struct ipv4_hdr *hdr)
{
    struct ipv4_option_walk walk = { .octets = hdr->options, .len = hdr->n_options };
    struct ipv4_option option;
    uint8_t kept[IPV4_OPTIONS_MAX], n = 0;

    while (ipv4_option_next(&walk, &option)) {
        if (!(option.kind & IPV4_OPT_COPIED))
            continue;
        memcpy(kept + n, option.octets, option.len);
        n = (uint8_t)(n + option.len);
    }
    memcpy(hdr->options, kept, n);
    hdr->n_options = n;
    hdr->hdr_len = ipv4_hdr_len_for(n);
}

static void send_piece(struct ip_stack *ip, struct frame *whole, const struct ipv4_hdr *hdr,
                       size_t from, size_t len, const struct route *route, uint64_t piece,
                       uint64_t pieces, uint32_t mtu)
{
    struct frame *frame = frame_new(ip->node, hdr->hdr_len + len);
    struct ipv4_hdr own = *hdr;

    own.total_len = (uint16_t)(hdr->hdr_len + len);
    ipv4_emit(&own, frame->data);
    frame->network = frame->data;
    frame_copy_out(whole, from, frame->data + hdr->hdr_len, len);
    frame->id = whole->id;
    frame->confirms_neighbor = whole->confirms_neighbor;
    frame->why = WHY(IP_FRAGMENT, piece, pieces, mtu);
    ip->stats.fragments_made++;
    ip_finish_output(ip, frame, route, mtu);
}

void ip_fragment(struct ip_stack *ip, struct frame *frame, const struct route *route, uint32_t mtu)
{
    const struct ip_hooks *hooks = ip->hooks;
    struct ipv4_hdr hdr;
    size_t at, size, first_len, pieces;
    uint64_t piece = 1;

    frame_finish_checksum(frame);
    CHECK(ipv4_parse(frame->data, frame_size(frame), &hdr) == DROP_NONE);
    if (mtu < (uint32_t)hdr.hdr_len + 8) {
        node_drop(ip->node, route->oif->iface, frame, DROP_TOO_LONG);
        return;
    }
    ip->hooks = NULL; /* the whole packet went through it */
    at = hdr.hdr_len;
    size = frame_size(frame);
    first_len = (mtu - hdr.hdr_len) & ~(size_t)7;
    pieces = (size - at + first_len - 1) / first_len;
    bool more_behind = hdr.mf;
    uint16_t offset = hdr.frag_off;

    while (at < size) {
        size_t room = (mtu - hdr.hdr_len) & ~(size_t)7;
        size_t len = size - at;

        if (hdr.hdr_len + len > mtu)
            len = room;
        hdr.frag_off = offset;
        hdr.mf = more_behind || at + len < size;
        send_piece(ip, frame, &hdr, at, len, route, piece++, pieces, mtu);
        if (piece == 2)
            keep_copied_options(&hdr);
        at += len;
        offset = (uint16_t)(offset + len);
    }
    ip->hooks = hooks;
    frame_free(frame);
}

/* ---- reassembly ---- */

struct pending {
    struct list link;
    struct ip_stack *ip;
    struct ipv4_hdr hdr; /* of the first fragment, once it is there; else of any */
    struct ip_iface *iif;
    struct ip_pieces pieces;
    uint32_t total; /* payload octets of the whole, 0: not known yet */
    bool has_first;
    struct timer timer;
};

struct ip_reassembly {
    struct list pendings; /* oldest first */
    uint32_t octets;
};

static void forget(struct pending *pending, enum drop_reason why)
{
    struct ip_stack *ip = pending->ip;

    ip_pieces_drop(&pending->pieces, ip->node, why);
    ip->reassembly->octets -= pending->pieces.octets;
    timer_fini(&pending->timer);
    list_remove(&pending->link);
    free(pending);
}

static void time_over(void *ctx)
{
    struct pending *pending = ctx;

    /* What was only on its way through (NAT wants whole datagrams) is given up in silence. */
    if (pending->has_first && ip_addr_kind(pending->ip, pending->hdr.dst) != ROUTE_UNICAST)
        icmp_send_error(pending->ip, pending->pieces.first, ICMP_TIME_EXCEEDED,
                        ICMP_TIME_REASSEMBLY, 0, WHY(ICMP_REASSEMBLY, pending->hdr.src));
    forget(pending, DROP_FRAGMENT_TIMEOUT);
}

static struct pending *find_pending(struct ip_stack *ip, const struct ipv4_hdr *hdr)
{
    struct pending *pending;

    LIST_FOR_EACH(pending, &ip->reassembly->pendings, struct pending, link)
    if (pending->hdr.id == hdr->id && pending->hdr.src == hdr->src &&
        pending->hdr.dst == hdr->dst && pending->hdr.protocol == hdr->protocol)
        return pending;
    return NULL;
}

static struct pending *new_pending(struct ip_stack *ip, const struct ipv4_hdr *hdr,
                                   struct ip_iface *iif)
{
    struct pending *pending;

    while (ip->reassembly->octets > REASSEMBLY_OCTETS_MAX)
        forget(CONTAINER_OF(ip->reassembly->pendings.next, struct pending, link),
               DROP_FRAGMENT_LIMIT);
    pending = mem_zalloc(sizeof *pending);
    pending->ip = ip;
    pending->hdr = *hdr;
    pending->iif = iif;
    list_push_back(&ip->reassembly->pendings, &pending->link);
    timer_init(&pending->timer, ip->node, WHY0(TIMER_REASSEMBLY), time_over, pending);
    timer_start_at(&pending->timer, jiffies_expiry(node_now(ip->node), REASSEMBLY_TIME));
    return pending;
}

/* All there: one linear frame with the first fragment's header. */
static struct frame *join(struct pending *pending)
{
    struct ip_stack *ip = pending->ip;
    struct ipv4_hdr hdr = pending->hdr;
    struct frame *whole;

    if (!ip_pieces_ecn(&pending->pieces, &hdr.tos)) {
        forget(pending, DROP_FRAGMENT_OVERLAP);
        return NULL;
    }
    whole = frame_new(ip->node, hdr.hdr_len + pending->total);
    hdr.mf = false;
    hdr.frag_off = 0;
    hdr.total_len = (uint16_t)(hdr.hdr_len + pending->total);
    ipv4_emit(&hdr, whole->data);
    whole->network = whole->data;
    ip_pieces_copy(&pending->pieces, whole->data + hdr.hdr_len);
    whole->in = pending->iif->iface;
    whole->id = ip->node->part->cause;
    node_state(ip->node, whole->in, WHY(IP_REASSEMBLED, pending->pieces.n, hdr.total_len));
    ip->stats.reassembled++;
    forget(pending, DROP_NONE);
    return whole;
}

struct frame *ip_reassemble(struct ip_stack *ip, struct frame *frame, const struct ipv4_hdr *hdr,
                            struct ip_iface *iif)
{
    struct pending *pending;
    enum ip_placing placing;
    uint32_t offset = hdr->frag_off, len = (uint32_t)(hdr->total_len - hdr->hdr_len);

    if (ip->reassembly == NULL) {
        ip->reassembly = mem_zalloc(sizeof *ip->reassembly);
        list_init(&ip->reassembly->pendings);
    }
    if (offset + len + hdr->hdr_len > IPV4_LEN_MAX) {
        node_drop(ip->node, frame->in, frame, DROP_BAD_HEADER);
        return NULL;
    }
    if (hdr->mf && len % 8 != 0) { /* Linux cuts it to whole units */
        len &= ~UINT32_C(7);
        frame_trim(frame, hdr->hdr_len + len);
    }
    pending = find_pending(ip, hdr);
    if (pending == NULL)
        pending = new_pending(ip, hdr, iif);
    if (len == 0 || (pending->total != 0 && offset + len > pending->total) ||
        (!hdr->mf && (offset + len < pending->pieces.end ||
                      (pending->total != 0 && offset + len != pending->total)))) {
        node_drop(ip->node, frame->in, frame, DROP_FRAGMENT_OVERLAP);
        forget(pending, DROP_FRAGMENT_OVERLAP);
        return NULL;
    }
    frame_finish_checksum(frame);
    frame_pull(frame, hdr->hdr_len);
    placing = ip_pieces_place(&pending->pieces, frame, offset, offset + len);
    if (placing != IP_PLACED) {
        node_drop(ip->node, frame->in, frame, DROP_FRAGMENT_OVERLAP);
        if (placing == IP_CONTRADICTS)
            forget(pending, DROP_FRAGMENT_OVERLAP);
        return NULL;
    }
    ip->reassembly->octets += len;
    ip_pieces_note_ecn(&pending->pieces, hdr->tos);
    if (offset == 0) {
        pending->hdr = *hdr;
        pending->has_first = true;
    }
    if (!hdr->mf)
        pending->total = offset + len;
    if (pending->total != 0 && pending->pieces.octets == pending->total && pending->has_first)
        return join(pending);
    return NULL;
}

void ip_reassembly_fini(struct ip_stack *ip)
{
    if (ip->reassembly == NULL)
        return;
    while (!list_empty(&ip->reassembly->pendings))
        forget(CONTAINER_OF(ip->reassembly->pendings.next, struct pending, link), DROP_NONE);
    free(ip->reassembly);
}
