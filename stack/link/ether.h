/*
 * The Ethernet layer of a host or router: takes frames from the interfaces, hands them by EtherType
 * to what registered for it, and shows them to taps (tcpdump, DHCP clients, arping) first, as
 * AF_PACKET sockets see them on Linux.
 */
#ifndef WW_STACK_LINK_ETHER_H
#define WW_STACK_LINK_ETHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/likely.h"
#include "base/list.h"
#include "sim/node.h"
#include "stack/wire/eth_wire.h"

/* Consumes @frame, data behind the Ethernet header, which frame->ether points to; @group: its
 * destination was a group. Frames for other hosts never come here. */
typedef void ether_handler(void *ctx, struct iface *iface, struct frame *frame, bool group);

struct ether_tap { /* embed it; ether_tap_add() */
    struct list link;
    struct iface *iface; /* NULL: all */
    uint16_t ethertype;  /* 0: all */
    bool promiscuous;    /* also frames for other hosts */
    /* @frame, data at the Ethernet header, is borrowed: clone to keep. @outgoing: this node sends
     * it. */
    void (*seen)(struct ether_tap *tap, struct iface *iface, struct frame *frame, bool outgoing);
};

#define ETHER_KINDS_MAX 4

struct ether {
    struct node *node;
    struct list taps;
    unsigned n_kinds;
    struct ether_kind {
        uint16_t ethertype;
        ether_handler *handler;
        void *ctx;
    } kinds[ETHER_KINDS_MAX];
};

void ether_init(struct ether *ether, struct node *node);
/** ether_register() - frames of @ethertype go to @handler(@ctx, ...). */
void ether_register(struct ether *ether, uint16_t ethertype, ether_handler *handler, void *ctx);
void ether_tap_add(struct ether *ether, struct ether_tap *tap);
void ether_tap_remove(struct ether_tap *tap);
/** ether_input() - a frame from the cable, data at its Ethernet header. Consumes it. */
void ether_input(struct ether *ether, struct iface *iface, struct frame *frame);
/** ether_output_raw() - send @frame, data at an Ethernet header that is already there. Consumes it.
 */
void ether_output_raw(struct ether *ether, struct iface *iface, struct frame *frame);
/** ether_output() - prepend the header and send. Consumes @frame, data at the payload. */
static inline void ether_output(struct ether *ether, struct iface *iface,
                                const struct mac_addr *dst, uint16_t ethertype, struct frame *frame)
{
    eth_put(dst, &iface->mac, ethertype, frame_push(frame, ETH_HDR_LEN));
    if (LIKELY(list_empty(&ether->taps)))
        iface_send(iface, frame);
    else
        ether_output_raw(ether, iface, frame);
}

/** ether_forward() - the same of a frame that came in, pulled to its payload and this descriptor's
 * own: its header goes where the one stood that it came with, so the buffer is not looked at. */
static inline void ether_forward(struct ether *ether, struct iface *iface,
                                 const struct mac_addr *dst, uint16_t ethertype,
                                 struct frame *frame)
{
    uint8_t *octets = frame->data - ETH_HDR_LEN;

    if (UNLIKELY(frame->ether != octets || !list_empty(&ether->taps))) {
        ether_output(ether, iface, dst, ethertype, frame);
        return;
    }
    eth_put(dst, &iface->mac, ethertype, octets);
    frame->data = octets;
    frame->len += ETH_HDR_LEN;
    iface_send(iface, frame);
}

#endif
