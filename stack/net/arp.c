/* ARP, RFC 826, 1122 section 2.3.2, 5227: its messages, what the neighbor table asks with them, and
 * what it learns from them. */
#include "base/be.h"
#include "base/memory.h"
#include "sim/sim.h"
#include "stack/link/ether.h"
#include "stack/link/jiffies.h"
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

static bool on_subnet_of(const struct ip_address *own, ip4_addr addr)
{
    return ip4_in_prefix(addr, own->addr, own->prefix_len);
}

/* inet_addr_onlink(): one of the interface's subnets has both. */
static bool share_subnet(const struct ip_iface *iface, ip4_addr a, ip4_addr b)
{
    for (unsigned i = 0; i < iface->n_addrs; i++)
        if (on_subnet_of(&iface->addrs[i], a) && on_subnet_of(&iface->addrs[i], b))
            return true;
    return false;
}

/* The sender address of a request. arp_announce 0: the waiting packet's source when it is ours, 1:
 * when the target is on its subnet, too, 2: never; else the interface's. */
static ip4_addr source_for(const struct neigh *neigh)
{
    const struct frame *last = neigh->waiting.tail;

    if (last != NULL && last->network != NULL) {
        ip4_addr src = be32_get(last->network + 12);

        uint8_t announce = ip_conf(neigh->iface, IP_CONF_ARP_ANNOUNCE);

        if (announce < 2 && ip_is_local(neigh->table->ip, src) &&
            (announce == 0 || share_subnet(neigh->iface, src, neigh->addr)))
            return src;
    }
    for (unsigned i = 0; i < neigh->iface->n_addrs; i++)
        if (on_subnet_of(&neigh->iface->addrs[i], neigh->addr))
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

void arp_notify(struct ip_iface *iface)
{
    if (iface->iface == NULL || !iface->up || !ip_conf(iface, IP_CONF_ARP_NOTIFY))
        return;
    for (unsigned i = 0; i < iface->n_addrs; i++)
        arp_send(iface, ARP_REQUEST, &MAC_BROADCAST, iface->addrs[i].addr, iface->addrs[i].addr,
                 &MAC_ZERO, WHY(ARP_ANNOUNCE, iface->addrs[i].addr));
}

/* ---- answering for others ---- */

#define PROXY_DELAY SIM_MSEC(800) /* at most: net.ipv4.neigh.*.proxy_delay */

/* A request that is answered after a while, so that the target itself may be faster. */
struct proxied {
    struct proxied *next; /* of those that are over */
    struct timer timer;
    struct ip_iface *iface;
    struct arp_msg msg;
};

struct arp_proxy {
    struct random_stream random;
    struct proxied *free;
};

static void answer(struct ip_iface *iface, const struct arp_msg *msg, struct why why)
{
    arp_send(iface, ARP_REPLY, &msg->sha, msg->tpa, msg->spa, &msg->sha, why);
}

static void proxy_due(void *ctx)
{
    struct proxied *late = ctx;
    struct arp_proxy *proxy = ip_confs(late->iface->ip)->arp_proxy;

    if (late->iface->up)
        answer(late->iface, &late->msg, WHY(ARP_PROXY, late->msg.tpa, late->msg.spa));
    late->next = proxy->free;
    proxy->free = late;
}

/* pneigh_enqueue() */
static void answer_later(struct ip_iface *iface, const struct arp_msg *msg)
{
    struct ip_stack *ip = iface->ip;
    struct arp_proxy *proxy = ip_confs(ip)->arp_proxy;
    struct proxied *late;

    if (proxy == NULL) {
        proxy = ip_confs(ip)->arp_proxy = arena_alloc(node_arena(ip->node), sizeof *proxy);
        proxy->free = NULL;
        node_random(ip->node, &proxy->random, "proxy_arp");
    }
    late = proxy->free;
    if (late != NULL) {
        proxy->free = late->next;
    } else {
        late = arena_alloc(node_arena(ip->node), sizeof *late);
        timer_init(&late->timer, ip->node, WHY(TIMER_NEIGH, msg->tpa), proxy_due, late);
    }
    late->iface = iface;
    late->msg = *msg;
    timer_start_at(
        &late->timer,
        jiffies_expiry(node_now(ip->node), (sim_time)random_below(&proxy->random, PROXY_DELAY)));
}

/* ---- listening ---- */

/* frame->mark of a message in the backlog: how it was addressed. */
enum { ARP_BY_UNICAST = 100, ARP_BY_GROUP };

static bool bad_sender(const struct arp_msg *msg)
{
    return ip4_is_multicast(msg->spa) || ip4_is_loopback(msg->spa) || msg->spa == IP4_BROADCAST ||
           mac_is_group(&msg->sha);
}

/* arp_ignore(): 1, the target must be an address of this interface; 2, and the sender on its
 * subnet; 8, nothing is answered. */
static bool is_ignored(const struct ip_iface *iface, const struct arp_msg *msg)
{
    uint8_t mode = ip_conf(iface, IP_CONF_ARP_IGNORE);

    if (mode != 1 && mode != 2)
        return mode == 8;
    for (unsigned i = 0; i < iface->n_addrs; i++)
        if (iface->addrs[i].addr == msg->tpa &&
            (mode == 1 || msg->spa == 0 || on_subnet_of(&iface->addrs[i], msg->spa)))
            return false;
    return true;
}

/* arp_filter(): the way to the sender leads out of another interface. */
static bool is_filtered(struct ip_stack *ip, const struct ip_iface *iface,
                        const struct arp_msg *msg)
{
    struct route back;

    return ip_conf(iface, IP_CONF_ARP_FILTER) &&
           (ip_route(ip, msg->spa, msg->tpa, NULL, &back) != 0 || back.oif != iface);
}

/* neigh_event_ns(): who asks is known from now on. False: there is no room. */
static bool learn_sender(struct ip_iface *iface, const struct arp_msg *msg)
{
    struct neigh_table *table = &iface->ip->neigh;
    struct neigh *neigh = neigh_find(table, iface, msg->spa);

    if (neigh == NULL)
        neigh = neigh_create(table, iface, msg->spa);
    if (neigh != NULL)
        neigh_update(neigh, &msg->sha, NEIGH_STALE, true, false);
    return neigh != NULL;
}

/* Is @msg a request for an address that packets from its sender would reach through us? */
static bool is_proxied(struct ip_stack *ip, const struct ip_iface *iface, const struct arp_msg *msg)
{
    struct route route;

    return ip_addr_kind(ip, msg->tpa) == ROUTE_UNICAST &&
           ip_route(ip, msg->tpa, 0, NULL, &route) == 0 && route.oif != iface;
}

/* A request for one of our addresses, or for one that we answer for: learn the sender, then answer.
 * True when it was one. */
static bool answer_request(struct ip_stack *ip, struct ip_iface *iface, const struct arp_msg *msg,
                           bool group)
{
    bool mine = ip_is_local(ip, msg->tpa);

    if (msg->op != ARP_REQUEST || ip4_is_loopback(msg->tpa) ||
        (!mine && !(ip->sysctl.forwarding && ip_conf(iface, IP_CONF_PROXY_ARP))))
        return false;
    if (msg->spa == 0) { /* duplicate address detection */
        if (mine && !is_ignored(iface, msg))
            answer(iface, msg, WHY(ARP_ANSWER, msg->tpa, msg->spa));
        return true;
    }
    if (ip_is_local(ip, msg->spa)) /* somebody else claims our address, or our own announcement
                                      comes back */
        return mine;
    if (ip_filters_source(ip, msg->spa, iface))
        return false;
    if (mine) {
        if (!is_ignored(iface, msg) && !is_filtered(ip, iface, msg) && learn_sender(iface, msg))
            answer(iface, msg, WHY(ARP_ANSWER, msg->tpa, msg->spa));
        return true;
    }
    if (!is_proxied(ip, iface, msg))
        return false;
    learn_sender(iface, msg);
    if (group)
        answer_later(iface, msg);
    else
        answer(iface, msg, WHY(ARP_PROXY, msg->tpa, msg->spa));
    return true;
}

/* arp_accept: 1, of everybody, 2, of senders on the interface's subnets. */
static bool accepts_unknown(struct ip_stack *ip, const struct ip_iface *iface, ip4_addr sender)
{
    uint8_t mode = ip_conf(iface, IP_CONF_ARP_ACCEPT);

    return mode != 0 && ip_addr_kind(ip, sender) == ROUTE_UNICAST &&
           (mode == 1 || share_subnet(iface, sender, sender));
}

/* What is known already is updated from any message; nothing new is learned from what was not for
 * us. */
static bool update_known(struct ip_stack *ip, struct ip_iface *iface, const struct arp_msg *msg,
                         bool group)
{
    struct neigh *neigh = msg->spa == 0 ? NULL : neigh_find(&ip->neigh, iface, msg->spa);
    /* arp_is_garp(): a gratuitous reply names its sender as the target, too. */
    bool gratuitous = msg->spa == msg->tpa &&
                      (msg->op == ARP_REQUEST || mac_eq(&msg->tha, &msg->sha)) &&
                      ip_addr_kind(ip, msg->spa) == ROUTE_UNICAST;
    bool reply = msg->op == ARP_REPLY && !group;

    if (neigh == NULL && msg->spa != 0 && (gratuitous || msg->op == ARP_REPLY) &&
        accepts_unknown(ip, iface, msg->spa))
        neigh = neigh_create(&ip->neigh, iface, msg->spa);
    if (neigh == NULL)
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
    if (why == DROP_NONE && !answer_request(ip, ip_iface, &msg, group) &&
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
    mem_fetch(&frame->buffer, 1); /* most are for others and only freed, many at once */
    ip_later(ip, frame, ARP_INPUT_LATENCY, work_on_message);
}
