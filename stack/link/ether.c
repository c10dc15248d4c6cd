#include "stack/link/ether.h"

#include "base/be.h"
#include "base/check.h"
#include "base/likely.h"

void ether_init(struct ether *ether, struct node *node)
{
    *ether = (struct ether){ .node = node };
    list_init(&ether->taps);
}

void ether_register(struct ether *ether, uint16_t ethertype, ether_handler *handler, void *ctx)
{
    CHECK(ether->n_kinds < ETHER_KINDS_MAX);
    ether->kinds[ether->n_kinds++] =
        (struct ether_kind){ .ethertype = ethertype, .handler = handler, .ctx = ctx };
}

void ether_tap_add(struct ether *ether, struct ether_tap *tap)
{
    list_push_back(&ether->taps, &tap->link);
}

void ether_tap_remove(struct ether_tap *tap)
{
    list_remove(&tap->link);
}

static void show_to_taps(struct ether *ether, struct iface *iface, struct frame *frame,
                         uint16_t ethertype, bool mine, bool outgoing)
{
    struct ether_tap *tap;

    LIST_FOR_EACH(tap, &ether->taps, struct ether_tap, link)
    if ((tap->iface == NULL || tap->iface == iface) &&
        (tap->ethertype == 0 || tap->ethertype == ethertype) && (mine || tap->promiscuous))
        tap->seen(tap, iface, frame, outgoing);
}

/* What registered for @ethertype, mostly what registered first; NULL: nothing. */
static inline const struct ether_kind *kind_of(const struct ether *ether, uint16_t ethertype)
{
    const struct ether_kind *kind = ether->kinds, *end = kind + ether->n_kinds;

    if (LIKELY(kind->ethertype == ethertype && kind->handler != NULL))
        return kind;
    while (kind < end && kind->ethertype != ethertype)
        kind++;
    return kind < end ? kind : NULL;
}

static inline bool is_mine(const struct iface *iface, const uint8_t *octets)
{
    return mac_is_group(eth_dst_at(octets)) || mac_eq(eth_dst_at(octets), &iface->mac);
}

/* @frame has its header, and taps have seen it. */
static inline void input(struct ether *ether, struct iface *iface, struct frame *frame)
{
    const uint8_t *octets = frame->data;
    bool group = mac_is_group(eth_dst_at(octets));
    const struct ether_kind *kind;

    if (UNLIKELY(!is_mine(iface, octets))) {
        node_drop(ether->node, iface, frame, DROP_NOT_FOR_ME);
        return;
    }
    kind = kind_of(ether, be16_get(octets + ETH_AT_TYPE));
    if (UNLIKELY(kind == NULL)) {
        node_drop(ether->node, iface, frame, DROP_UNKNOWN_ETHERTYPE);
        return;
    }
    frame_pull(frame, ETH_HDR_LEN);
    kind->handler(kind->ctx, iface, frame, group);
}

/* A frame whose header may not be linear, or that somebody wants to see. */
APART static void input_closely(struct ether *ether, struct iface *iface, struct frame *frame)
{
    if (frame->len < ETH_HDR_LEN && !frame_need(frame, ETH_HDR_LEN)) {
        node_drop(ether->node, iface, frame, DROP_TRUNCATED);
        return;
    }
    show_to_taps(ether, iface, frame, be16_get(frame->data + ETH_AT_TYPE),
                 is_mine(iface, frame->data), false);
    input(ether, iface, frame);
}

void ether_input(struct ether *ether, struct iface *iface, struct frame *frame)
{
    if (UNLIKELY(frame->len < ETH_HDR_LEN || !list_empty(&ether->taps)))
        input_closely(ether, iface, frame);
    else
        input(ether, iface, frame);
}

void ether_output_raw(struct ether *ether, struct iface *iface, struct frame *frame)
{
    if (!list_empty(&ether->taps)) {
        frame_finish_checksum(frame);
        show_to_taps(ether, iface, frame, be16_get(frame->data + 12), true, true);
    }
    iface_send(iface, frame);
}
