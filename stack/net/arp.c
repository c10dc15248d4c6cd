/* ARP, RFC 826, 1122 section 2.3.2, 5227: its messages, what the neighbor table asks with them, and
 * what it learns from them. */
#include "base/be.h"
#include "sim/sim.h"
#include "stack/link/ether.h"
#include "stack/net/ip.h"
#include "stack/net/ip_internal.h"
#include "stack/net/neigh_internal.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/eth_wire.h"

/* ---- asking ---- */

void arp_send(struct ip_iface *iface, uint16_t op, const struct mac_addr *dst, ip4_addr spa,
              ip4_addr tpa, const struct mac_addr *tha, struct why why)
{
    struct arp_msg msg = {
        .op = op, .sha = iface->iface->mac, .spa = spa, .tha = *tha, .tpa = tpa
    };
    struct frame *frame = frame_new(iface->ip->node, ARP_LEN);

    arp_emit(&msg, frame->data);
    frame->why = why;
    ether_output(iface->ip->ether, iface->iface, dst, ETHERTYPE_ARP, frame);
}

/* The sender address of a request, arp_announce 0: the waiting packet's source when it is ours,
 * else the interface's. */
static ip4_addr source_for(const struct neigh *neigh)
{
    const struct frame *last = neigh->waiting.tail;

    if (last != NULL && last->network != NULL) {
        ip4_addr src = be32_get(last->network + 12);

        if (ip_is_local(neigh->table->ip, src))
            return src;
    }
    for (unsigned i = 0; i < neigh->iface->n_addrs; i++)
        if (ip4_in_prefix(neigh->addr, neigh->iface->addrs[i].addr,
                          neigh->iface->addrs[i].prefix_len))
            return neigh->iface->addrs[i].addr;
    return ip_iface_primary(neigh->iface);
}

void arp_solicit(struct neigh *neigh)
{
    struct ip_iface *iface = neigh->iface;
    bool first = neigh->state == NEIGH_INCOMPLETE && neigh->probes == NEIGH_UCAST_PROBES;
    struct why why;

    neigh->probes++;
    if (neigh->state == NEIGH_PROBE) {
        why = WHY(ARP_PROBE, neigh->addr, mac_to_u64(&neigh->mac));
        arp_send(iface, ARP_REQUEST, &neigh->mac, source_for(neigh), neigh->addr, &MAC_ZERO, why);
        return;
    }
    if (!first)
        why = WHY(ARP_ASK_AGAIN, neigh->addr, (uint64_t)(neigh->probes - NEIGH_UCAST_PROBES));
    else if (neigh->asked_for != neigh->addr)
        why = WHY(ARP_ASK_GATEWAY, neigh->addr, neigh->asked_for);
    else
        why = WHY(ARP_ASK, neigh->addr, neigh->asked_for);
    arp_send(iface, ARP_REQUEST, &MAC_BROADCAST, source_for(neigh), neigh->addr, &MAC_ZERO, why);
}

/* ---- listening ---- */

/* frame->mark of a message in the backlog: how it was addressed. */
enum { ARP_BY_UNICAST = 100, ARP_BY_GROUP };

static bool bad_sender(const struct arp_msg *msg)
{
    return ip4_is_multicast(msg->spa) || ip4_is_loopback(msg->spa) || msg->spa == IP4_BROADCAST ||
           mac_is_group(&msg->sha);
}

/* A request for one of our addresses: learn the sender, then answer. True when it was one. */
static bool answer_request(struct ip_stack *ip, struct ip_iface *iface, const struct arp_msg *msg)
{
    struct neigh *neigh;

    if (msg->op != ARP_REQUEST || !ip_is_local(ip, msg->tpa) || ip4_is_loopback(msg->tpa))
        return false;
    if (msg->spa != 0) {
        if (ip_is_local(ip, msg->spa)) /* somebody else claims our address, or our own announcement
                                          comes back */
            return true;
        neigh = neigh_find(&ip->neigh, iface, msg->spa);
        if (neigh == NULL)
            neigh = neigh_create(&ip->neigh, iface, msg->spa);
        if (neigh == NULL)
            return true;
        neigh_update(neigh, &msg->sha, NEIGH_STALE, true, false);
    }
    arp_send(iface, ARP_REPLY, &msg->sha, msg->tpa, msg->spa, &msg->sha,
             WHY(ARP_ANSWER, msg->tpa, msg->spa));
    return true;
}

/* What is known already is updated from any message; nothing new is learned from what was not for
 * us. */
static bool update_known(struct ip_stack *ip, struct ip_iface *iface, const struct arp_msg *msg,
                         bool group)
{
    struct neigh *neigh = neigh_find(&ip->neigh, iface, msg->spa);
    /* arp_is_garp(): a gratuitous reply names its sender as the target, too. */
    bool gratuitous = msg->spa == msg->tpa &&
                      (msg->op == ARP_REQUEST || mac_eq(&msg->tha, &msg->sha)) &&
                      ip_addr_kind(ip, msg->spa) == ROUTE_UNICAST;
    bool reply = msg->op == ARP_REPLY && !group;

    if (neigh == NULL || msg->spa == 0)
        return false;
    neigh_update(neigh, &msg->sha, reply ? NEIGH_REACHABLE : NEIGH_STALE,
                 gratuitous || node_now(ip->node) > neigh->updated + NEIGH_LOCKTIME, false);
    return true;
}

static void work_on_message(struct ip_stack *ip, struct frame *frame)
{
    struct iface *iface = frame->in;
    struct ip_iface *ip_iface = ip_iface_of(ip, iface);
    bool group = frame->mark == ARP_BY_GROUP;
    struct arp_msg msg;
    enum drop_reason why = arp_parse(frame->data, frame->len, &msg);

    if (why == DROP_NONE && msg.op != ARP_REQUEST && msg.op != ARP_REPLY)
        why = DROP_BAD_HEADER;
    if (why == DROP_NONE && bad_sender(&msg))
        why = DROP_ARP_BAD_SENDER;
    if (why == DROP_NONE && !answer_request(ip, ip_iface, &msg) &&
        !update_known(ip, ip_iface, &msg, group))
        why = msg.op == ARP_REQUEST ? DROP_ARP_NOT_MINE : DROP_ARP_UNSOLICITED;
    if (why != DROP_NONE)
        node_drop(ip->node, iface, frame, why);
    else
        frame_free(frame);
}

void arp_input(void *ctx, struct iface *iface, struct frame *frame, bool group)
{
    struct ip_stack *ip = ctx;

    if (!frame_need(frame, ARP_LEN)) {
        node_drop(ip->node, iface, frame, DROP_TRUNCATED);
        return;
    }
    frame->mark = group ? ARP_BY_GROUP : ARP_BY_UNICAST;
    ip_later(ip, frame, ARP_INPUT_LATENCY, work_on_message);
}
