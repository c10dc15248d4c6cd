/*
 * Neighbor discovery, RFC 4861, and duplicate address detection, RFC 4862 and 7527: solicitations
 * and advertisements, what the neighbor table learns from them, and router solicitations.
 */
#include "base/be.h"
#include "base/memory.h"
#include "stack/link/ether.h"
#include "stack/link/jiffies.h"
#include "stack/net/ip6_internal.h"
#include "stack/net/neigh_internal.h"
#include "stack/wire/icmp6_wire.h"

#define RETRANS_TIME SIM_SEC(1) /* net.ipv6.neigh.default.retrans_time_ms */
#define DAD_DELAY    SIM_SEC(1) /* up to it, before the first solicitation */
#define RS_INTERVAL  SIM_SEC(4) /* net.ipv6.conf.*.router_solicitation_interval */
#define RS_MAX       3          /* RFC 4861's number; Linux goes on, ever more seldom */

static void send_message(struct ip_iface *iface, const struct ndp_msg *msg, struct ip6_addr src,
                         struct ip6_addr dst, struct why why)
{
    struct ip6_send send = { .src = src,
                             .dst = dst,
                             .protocol = IP6_NEXT_ICMP,
                             .hop_limit = NDP_HOP_LIMIT,
                             .no_flow = true,
                             .unspecified = true,
                             .on_link = true,
                             .oif = iface };
    struct frame *frame;
    uint8_t octets[NDP_MSG_MAX];
    size_t len = ndp_emit(msg, octets, src, dst);

    if (iface->iface == NULL || !iface->up)
        return;
    frame = frame_new(iface->ip->node, len);
    memcpy(frame->data, octets, len);
    frame->why = why;
    ip6_output(iface->ip, frame, &send);
}

/* ---- asking ---- */

static struct ip6_address *own_address(const struct ip_iface *iface, struct ip6_addr addr)
{
    for (unsigned i = 0; i < iface->six->n_addrs; i++)
        if (ip6_eq(iface->six->addrs[i]->addr, addr))
            return iface->six->addrs[i];
    return NULL;
}

/* ndisc_solicit(): from the source of the packet that waits, when it is an address of this link,
 * else from the link-local address: so probes without a packet are, too. */
static struct ip6_addr source_for(const struct neigh *neigh)
{
    const struct frame *last = neigh->waiting.tail;

    if (last != NULL && last->network != NULL) {
        const struct ip6_address *own = own_address(neigh->iface, ip6_get(last->network + 8));

        if (own != NULL && !own->tentative && !own->dad_failed)
            return own->addr;
    }
    return ip6_link_local(neigh->iface->six);
}

void ndp_solicit(struct neigh *neigh)
{
    struct ip_iface *iface = neigh->iface;
    bool probe = neigh->state == NEIGH_PROBE, first = neigh->probes == NEIGH_UCAST_PROBES;
    struct ip6_addr addr = neigh->addr6, asked = neigh->asked_for6;
    struct ip6_addr to = probe ? addr : ip6_solicited_node(addr);
    struct ndp_msg msg = { .type = ICMP6_NEIGHBOR_SOLICIT,
                           .target = addr,
                           .has_source = true,
                           .source_mac = iface->iface->mac };
    struct why why;

    neigh->probes++;
    if (probe)
        why = IP6_WHY(NDP_PROBE, addr, mac_to_u64(&neigh->mac));
    else if (!first)
        why = IP6_WHY(NDP_ASK_AGAIN, addr, (uint64_t)(neigh->probes - NEIGH_UCAST_PROBES));
    else if (!ip6_eq(asked, addr))
        why = IP6_WHY(NDP_ASK_GATEWAY, addr, asked.hi, asked.lo);
    else
        why = IP6_WHY1(NDP_ASK, addr);
    send_message(iface, &msg, source_for(neigh), to, why);
}

/* ---- duplicate address detection ---- */

static void dad_failed(struct ip6_address *address)
{
    struct ip_iface *iface = address->iface->iface;

    timer_stop(&address->timer);
    if (address->valid_until != SIM_TIME_NONE)
        timer_start_at(&address->timer, address->valid_until);
    address->dad = DAD_FAILED;
    address->dad_failed = true;
    ip6_changed(iface->ip);
    node_state(iface->ip->node, iface->iface, IP6_WHY1(ADDR6_DUPLICATE, address->addr));
}

static void dad_over(struct ip6_address *address)
{
    struct ip_iface *iface = address->iface->iface;

    ip6_address_ready(address);
    node_state(iface->ip->node, iface->iface, IP6_WHY1(ADDR6_READY, address->addr));
    if (address->scope != IP_SCOPE_LINK)
        return;
    mld_report_all(address->iface); /* now there is an address to report from */
    ndp_router_solicit_start(address->iface);
}

static void dad_ask(struct ip6_address *address)
{
    struct ip_iface *iface = address->iface->iface;
    struct ndp_msg msg = { .type = ICMP6_NEIGHBOR_SOLICIT,
                           .target = address->addr,
                           .has_nonce = true };

    address->nonce = random_u64(&iface->ip->six->random) & UINT64_C(0xffffffffffff);
    msg.nonce = address->nonce;
    send_message(iface, &msg, IP6_ANY, ip6_solicited_node(address->addr),
                 IP6_WHY1(NDP_DAD, address->addr));
}

/* First a random wait, so that hosts switched on together do not all ask at once; then the
 * question; then the time for an answer. An address may be over before that. */
void ndp_dad_start(struct ip6_address *address)
{
    struct ip_stack *ip = address->iface->iface->ip;
    sim_time delay = RETRANS_TIME, due;

    switch (address->dad) {
    case DAD_NEW:
        delay = (sim_time)random_below(&ip->six->random, (uint64_t)DAD_DELAY);
        address->dad = DAD_WAITS;
        break;
    case DAD_WAITS:
        dad_ask(address);
        address->dad = DAD_ASKED;
        break;
    case DAD_ASKED:
        dad_over(address);
        return;
    case DAD_FAILED:
        return;
    }
    due = jiffies_expiry(node_now(ip->node), delay);
    timer_start_at(&address->timer, due < address->valid_until ? due : address->valid_until);
}

/* ---- router solicitations ---- */

static void solicit_routers(void *ctx)
{
    struct ip6_iface *six = ctx;
    struct ip_stack *ip = six->iface->ip;
    struct ndp_msg msg = { .type = ICMP6_ROUTER_SOLICIT,
                           .has_source = true,
                           .source_mac = six->iface->iface->mac };
    struct ip6_addr src;

    if (!six->iface->up || !ip6_choose_source(ip, IP6_ALL_ROUTERS, six->iface, &src))
        return;
    send_message(six->iface, &msg, src, IP6_ALL_ROUTERS, WHY0(NDP_ROUTER_SOLICIT));
    if (++six->rs_sent < RS_MAX)
        timer_start_at(&six->rs_timer, jiffies_expiry(node_now(ip->node), RS_INTERVAL));
}

/* Hosts ask for routers once their link-local address may be used; routers do not. */
void ndp_router_solicit_start(struct ip6_iface *six)
{
    const struct ip6_sysctl *sysctl = &six->iface->ip->sysctl6;

    if (sysctl->forwarding || !sysctl->accept_ra || six->iface->iface == NULL)
        return;
    six->rs_sent = 0;
    solicit_routers(six);
}

void ndp_iface_init(struct ip6_iface *six)
{
    timer_init(&six->rs_timer, six->iface->ip->node, WHY0(TIMER_NDP), solicit_routers, six);
}

/* ---- listening ---- */

/* To who asked all (@group) the MAC address is told; who asked by unicast has it. */
static void advertise(struct ip_iface *iface, const struct ndp_msg *asked, struct ip6_addr to,
                      bool group)
{
    bool for_all = ip6_is_any(to); /* who asks has no address yet: all nodes shall know */
    struct ndp_msg msg = { .type = ICMP6_NEIGHBOR_ADVERT,
                           .target = asked->target,
                           .router = iface->ip->sysctl6.forwarding,
                           .solicited = !for_all,
                           .override = for_all || group,
                           .has_target = for_all || group,
                           .target_mac = iface->iface->mac };

    if (for_all)
        send_message(iface, &msg, asked->target, IP6_ALL_NODES,
                     IP6_WHY1(NDP_DEFEND, asked->target));
    else
        send_message(iface, &msg, asked->target, to,
                     IP6_WHY(NDP_ANSWER, asked->target, to.hi, to.lo));
}

/* ndisc_recv_ns(). */
static enum drop_reason take_solicitation(struct ip_iface *iface, const struct ndp_msg *msg,
                                          const struct ipv6_hdr *hdr)
{
    struct ip6_address *own = own_address(iface, msg->target);
    struct neigh_table *table = &iface->ip->six->neigh;
    bool dad = ip6_is_any(hdr->src), group = ip6_is_multicast(hdr->dst);
    struct neigh *neigh;

    if (ip6_is_multicast(msg->target) || (dad && msg->has_source))
        return DROP_BAD_HEADER;
    if (own == NULL || own->dad == DAD_FAILED)
        return DROP_NDP_NOT_MINE;
    if (own->tentative) { /* somebody asks for what we ask for, unless it is our own echo */
        if (dad && !(msg->has_nonce && msg->nonce == own->nonce))
            dad_failed(own);
        return DROP_NONE;
    }
    if (!dad) {
        neigh = neigh_find6(table, iface, hdr->src);
        if (neigh == NULL && (msg->has_source || !group))
            neigh = neigh_create6(table, iface, hdr->src);
        if (neigh == NULL)
            return DROP_NONE;
        if (msg->has_source)
            neigh_update(neigh, &msg->source_mac, NEIGH_STALE, true, false);
    }
    advertise(iface, msg, hdr->src, group);
    return DROP_NONE;
}

/* ndisc_recv_na(): nothing is learned that was not asked for. */
static enum drop_reason take_advertisement(struct ip_iface *iface, const struct ndp_msg *msg,
                                           const struct ipv6_hdr *hdr)
{
    struct ip6_address *own = own_address(iface, msg->target);
    struct neigh *neigh;

    if (ip6_is_multicast(msg->target) || (ip6_is_multicast(hdr->dst) && msg->solicited))
        return DROP_BAD_HEADER;
    if (own != NULL) {
        if (own->tentative)
            dad_failed(own);
        return DROP_NONE;
    }
    neigh = neigh_find6(&iface->ip->six->neigh, iface, msg->target);
    if (neigh == NULL || neigh->state == NEIGH_FAILED || neigh->state == NEIGH_NONE)
        return DROP_NDP_UNSOLICITED;
    neigh->is_router = msg->router;
    if (msg->has_target)
        neigh_update(neigh, &msg->target_mac, msg->solicited ? NEIGH_REACHABLE : NEIGH_STALE,
                     msg->override, false);
    else if (neigh_usable(neigh->state) && msg->solicited)
        neigh_update(neigh, &neigh->mac, NEIGH_REACHABLE, false, false);
    return DROP_NONE;
}

/* ndisc_recv_rs(): a router notes who asks. */
static enum drop_reason take_router_solicitation(struct ip_iface *iface, const struct ndp_msg *msg,
                                                 const struct ipv6_hdr *hdr)
{
    struct neigh_table *table = &iface->ip->six->neigh;
    struct neigh *neigh;

    if (!iface->ip->sysctl6.forwarding || ip6_is_any(hdr->src) || !msg->has_source)
        return DROP_NONE;
    neigh = neigh_find6(table, iface, hdr->src);
    if (neigh == NULL)
        neigh = neigh_create6(table, iface, hdr->src);
    if (neigh != NULL)
        neigh_update(neigh, &msg->source_mac, NEIGH_STALE, true, false);
    return DROP_NONE;
}

enum drop_reason ndp_input(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx)
{
    struct ip_iface *iface = rx->iif;
    struct ndp_msg msg;
    enum drop_reason why;

    (void)ip;
    if (rx->hdr6->hop_limit != NDP_HOP_LIMIT || frame->data[1] != 0 || iface->iface == NULL ||
        (frame->mark & FRAME_MARK_FRAGMENTED)) /* RFC 6980 */
        return DROP_BAD_HEADER;
    why = ndp_parse(frame->data, frame->len, &msg);
    if (why != DROP_NONE)
        return why;
    switch (msg.type) {
    case ICMP6_NEIGHBOR_SOLICIT:
        return take_solicitation(iface, &msg, rx->hdr6);
    case ICMP6_NEIGHBOR_ADVERT:
        return take_advertisement(iface, &msg, rx->hdr6);
    case ICMP6_ROUTER_SOLICIT:
        return take_router_solicitation(iface, &msg, rx->hdr6);
    case ICMP6_ROUTER_ADVERT:
        return ndp_take_router_advert(iface, &msg, rx->hdr6);
    default:
        return ndp_take_redirect(iface, &msg, rx->hdr6);
    }
}
