/*
 * Reassembly of IPv6, RFC 8200 section 4.5, RFC 5722, as Linux does it: an exact repetition is
 * ignored, any other overlap ends the packet, and 60 s after the first fragment the rest is given
 * up.
 */
#include <stdlib.h>

#include "base/be.h"
#include "base/memory.h"
#include "stack/link/jiffies.h"
#include "stack/net/ip6_internal.h"
#include "stack/net/ip_pieces.h"

#define REASSEMBLY_TIME       SIM_SEC(60)       /* net.ipv6.ip6frag_time */
#define REASSEMBLY_OCTETS_MAX (4 * 1024 * 1024) /* net.ipv6.ip6frag_high_thresh */

struct pending6 {
    struct list link;
    struct ip_stack *ip;
    struct ip6_addr src, dst;
    uint32_t id;
    struct ip_iface *iif; /* whose link the addresses belong to */
    struct frame *first;  /* headers of the first fragment: data at its IPv6 header */
    size_t headers;       /* octets before its fragment header */
    size_t field;         /* where the next-header field that names the fragment header stands */
    struct ip_pieces pieces;
    bool has_last;
    struct timer timer;
};

/* What a fragment says of itself. */
struct piece {
    struct ipv6_frag frag;
    size_t at, field; /* of the fragment header, and where it is named */
    uint32_t offset, end;
    uint8_t tclass;
};

static void forget(struct pending6 *pending, enum drop_reason why)
{
    struct ip_stack *ip = pending->ip;

    ip_pieces_drop(&pending->pieces, ip->node, why);
    if (pending->first != NULL)
        frame_free(pending->first);
    ip->six->reassembly_octets -= pending->pieces.octets;
    timer_fini(&pending->timer);
    list_remove(&pending->link);
    free(pending);
}

static void time_over(void *ctx)
{
    struct pending6 *pending = ctx;

    if (pending->first != NULL)
        icmp6_send_error(pending->ip, pending->first, ICMP6_TIME_EXCEEDED, ICMP6_TIME_REASSEMBLY, 0,
                         IP6_WHY1(ICMP6_REASSEMBLY, pending->src));
    forget(pending, DROP_FRAGMENT_TIMEOUT);
}

static struct pending6 *get_pending(struct ip_stack *ip, const struct ipv6_hdr *hdr, uint32_t id,
                                    struct ip_iface *iif)
{
    struct pending6 *pending;

    LIST_FOR_EACH(pending, &ip->six->reassemblies, struct pending6, link)
    {
        if (pending->id == id && ip6_eq(pending->src, hdr->src) && ip6_eq(pending->dst, hdr->dst) &&
            pending->iif == iif)
            return pending;
    }
    while (ip->six->reassembly_octets > REASSEMBLY_OCTETS_MAX)
        forget(CONTAINER_OF(ip->six->reassemblies.next, struct pending6, link),
               DROP_FRAGMENT_LIMIT);
    pending = mem_zalloc(sizeof *pending);
    *pending =
        (struct pending6){ .ip = ip, .src = hdr->src, .dst = hdr->dst, .id = id, .iif = iif };
    list_push_back(&ip->six->reassemblies, &pending->link);
    timer_init(&pending->timer, ip->node, WHY0(TIMER_REASSEMBLY), time_over, pending);
    timer_start_at(&pending->timer, jiffies_expiry(node_now(ip->node), REASSEMBLY_TIME));
    return pending;
}

/* All there: one linear frame with the first fragment's headers, the fragment header left out. */
static struct frame *join(struct pending6 *pending)
{
    struct ip_stack *ip = pending->ip;
    size_t size = pending->headers + pending->pieces.end;
    uint8_t tclass = (uint8_t)(pending->first->data[1] >> 4);
    struct frame *whole;

    if (!ip_pieces_ecn(&pending->pieces, &tclass)) {
        forget(pending, DROP_FRAGMENT_OVERLAP);
        return NULL;
    }
    if (size - IPV6_HDR_LEN > IPV6_PAYLOAD_MAX) {
        forget(pending, DROP_TOO_LONG);
        return NULL;
    }
    whole = frame_new(ip->node, size);
    memcpy(whole->data, pending->first->data, pending->headers);
    whole->data[pending->field] = pending->first->data[pending->headers]; /* its next header */
    be16_put(whole->data + 4, (uint16_t)(size - IPV6_HDR_LEN));
    whole->data[1] = (uint8_t)(whole->data[1] | (tclass & 3) << 4);
    whole->network = whole->data;
    ip_pieces_copy(&pending->pieces, whole->data + pending->headers);
    whole->in = pending->pieces.first->in;
    whole->id = ip->node->part->cause;
    node_state(ip->node, whole->in, WHY(IP_REASSEMBLED, pending->pieces.n, size));
    ip->stats.reassembled++;
    forget(pending, DROP_NONE);
    return whole;
}

static void complain(struct ip_stack *ip, struct frame *frame, const struct ipv6_hdr *hdr,
                     size_t pointer)
{
    icmp6_send_error(ip, frame, ICMP6_PARAM_PROBLEM, ICMP6_PARAM_FIELD, (uint32_t)pointer,
                     IP6_WHY(ICMP6_PARAM_PROBLEM, hdr->src, pointer));
    node_drop(ip->node, frame->in, frame, DROP_BAD_HEADER);
}

/* Lengths that contradict each other: false, then the packet is given up. */
static bool lengths_agree(struct pending6 *pending, const struct piece *piece)
{
    uint32_t end = pending->pieces.end;

    if (!piece->frag.more) {
        if (piece->end < end || (pending->has_last && piece->end != end))
            return false;
        pending->has_last = true;
    } else if (piece->end > end && pending->has_last) {
        return false;
    }
    return piece->end != piece->offset;
}

static struct frame *add(struct pending6 *pending, struct frame *frame, const struct piece *piece)
{
    struct ip_stack *ip = pending->ip;
    struct frame *first = piece->offset == 0 ? frame_clone(frame) : NULL;
    enum ip_placing placing;

    frame_finish_checksum(frame);
    frame_pull(frame, piece->at + IPV6_FRAG_HDR_LEN);
    placing = ip_pieces_place(&pending->pieces, frame, piece->offset, piece->end);
    if (placing != IP_PLACED) {
        if (first != NULL)
            frame_free(first);
        node_drop(ip->node, frame->in, frame, DROP_FRAGMENT_OVERLAP);
        if (placing == IP_CONTRADICTS)
            forget(pending, DROP_FRAGMENT_OVERLAP);
        return NULL;
    }
    ip->six->reassembly_octets += piece->end - piece->offset;
    ip_pieces_note_ecn(&pending->pieces, piece->tclass);
    if (first != NULL) {
        first->in = frame->in;
        first->network = first->data;
        pending->first = first;
        pending->headers = piece->at;
        pending->field = piece->field;
    }
    if (pending->has_last && pending->first != NULL &&
        pending->pieces.octets == pending->pieces.end)
        return join(pending);
    return NULL;
}

struct frame *ip6_reassemble(struct ip_stack *ip, struct frame *frame, const struct ipv6_hdr *hdr,
                             size_t at, size_t last_field, struct ip_iface *iif)
{
    bool scoped = ip6_is_link_local(hdr->dst) || ip6_is_multicast(hdr->dst);
    struct piece piece = { .at = at, .field = last_field, .tclass = hdr->tclass };
    struct pending6 *pending;

    ipv6_frag_parse(frame->data + at, &piece.frag);
    piece.offset = piece.frag.offset;
    piece.end = piece.offset + (uint32_t)(frame_size(frame) - at - IPV6_FRAG_HDR_LEN);
    if (piece.end > IPV6_PAYLOAD_MAX) {
        complain(ip, frame, hdr, at + 2);
        return NULL;
    }
    pending = get_pending(ip, hdr, piece.frag.id, scoped ? iif : NULL);
    if (piece.frag.more && piece.end % 8 != 0) {
        complain(ip, frame, hdr, 4);
        return NULL;
    }
    if (!lengths_agree(pending, &piece)) {
        node_drop(ip->node, frame->in, frame, DROP_FRAGMENT_OVERLAP);
        forget(pending, DROP_FRAGMENT_OVERLAP);
        return NULL;
    }
    return add(pending, frame, &piece);
}

void ip6_reassembly_fini(struct ip_stack *ip)
{
    while (!list_empty(&ip->six->reassemblies))
        forget(CONTAINER_OF(ip->six->reassemblies.next, struct pending6, link), DROP_NONE);
}
