/* Redirects of IPv6, RFC 4861 section 8: a router tells who sends through it in vain, a host goes
 * the shorter way from then on. In Linux's order: ndisc_send_redirect(), rt6_do_redirect(). */
#include "stack/net/ip6_internal.h"
#include "stack/net/neigh_internal.h"

#define REDIRECT_COST  SIM_SEC(1)
#define REDIRECT_BURST 6

/* ---- sending ---- */

static bool may_tell(struct ip_stack *ip, struct ip6_addr addr)
{
    sim_time now = node_now(ip->node);

    return icmp_peer_take(icmp_peer(&ip->six->peers, addr, now), now, REDIRECT_COST,
                          REDIRECT_BURST);
}

/* The message with as much of @about as fits into the least MTU, in units of 8 octets. */
static struct frame *build(struct ip_stack *ip, struct frame *about, const struct ndp_msg *msg,
                           struct ip6_addr src, struct ip6_addr dst)
{
    static const struct icmp6_hdr redirect = { .type = ICMP6_REDIRECT };
    uint8_t octets[NDP_MSG_MAX];
    size_t len = ndp_emit(msg, octets, src, dst),
           room = IPV6_MTU_MIN - IPV6_HDR_LEN - len - NDP_REDIRECTED_HDR_LEN,
           size = (size_t)(about->data + about->len - about->network) + about->payload.len,
           quoted = (size < room ? size : room) & ~(size_t)7;
    struct frame *frame = frame_new(ip->node, len + NDP_REDIRECTED_HDR_LEN + quoted);

    memcpy(frame->data, octets, len);
    ndp_redirected_emit(frame->data + len, quoted);
    icmp_quote(about, frame->data + len + NDP_REDIRECTED_HDR_LEN, quoted);
    icmp6_emit(&redirect, frame->data, frame->len, src, dst);
    return frame;
}

void ndp_send_redirect(struct ip_stack *ip, struct frame *frame, const struct ipv6_hdr *hdr,
                       const struct route6 *way)
{
    struct ndp_msg msg = { .type = ICMP6_REDIRECT, .target = way->next_hop, .dst = hdr->dst };
    struct ip6_send send = { .src = ip6_link_local(way->oif->six),
                             .dst = hdr->src,
                             .protocol = IP6_NEXT_ICMP,
                             .hop_limit = NDP_HOP_LIMIT,
                             .no_flow = true,
                             .oif = way->oif };
    const struct neigh *neigh;
    struct route6 back;
    struct frame *told;

    if (!may_tell(ip, hdr->dst) || ip6_is_any(send.src) ||
        (way->via_gateway && !ip6_is_link_local(way->next_hop)))
        return;
    if (ip6_route(ip, hdr->src, send.src, way->oif, &back) != 0 || back.via_gateway ||
        !may_tell(ip, hdr->src))
        return;
    neigh = neigh_find6(&ip->six->neigh, way->oif, way->next_hop);
    if (neigh != NULL && neigh_usable(neigh->state)) {
        msg.has_target = true;
        msg.target_mac = neigh->mac;
    }
    frame_finish_checksum(frame);
    told = build(ip, frame, &msg, send.src, hdr->src);
    told->why = IP6_WHY(ICMP6_REDIRECT, msg.dst, msg.target.hi, msg.target.lo);
    ip6_output_routed(ip, told, &send, &back);
}

/* ---- obeying ---- */

/* The packet that the redirect is about, where one is quoted; whether its protocol, or the program
 * that sent it, is still there to be told. */
static bool vouched(struct ip_stack *ip, const struct ndp_msg *msg, struct ip6_addr *dst)
{
    struct ip_error error = { .type = ICMP6_REDIRECT };
    struct ipv6_transport found;
    struct ipv6_hdr quoted;

    *dst = msg->dst;
    if (msg->redirected == NULL)
        return true;
    if (ipv6_quote_parse(msg->redirected, msg->redirected_len, &quoted) != DROP_NONE ||
        !ipv6_find_transport(msg->redirected, msg->redirected_len, &found))
        return false;
    *dst = quoted.dst;
    error.local = (struct endpoint){ .v6 = true, .addr6 = quoted.src };
    error.remote = (struct endpoint){ .v6 = true, .addr6 = quoted.dst };
    error.transport = msg->redirected + found.at;
    error.transport_len = msg->redirected_len - found.at;
    return ip_vouched(ip, found.protocol, &error);
}

static void learn_target(struct ip_iface *iface, const struct ndp_msg *msg, bool on_link)
{
    struct neigh *neigh = neigh_find6(&iface->ip->six->neigh, iface, msg->target);

    if (neigh == NULL)
        neigh = neigh_create6(&iface->ip->six->neigh, iface, msg->target);
    if (neigh == NULL || !msg->has_target)
        return;
    if (!on_link)
        neigh->is_router = true;
    neigh_update(neigh, &msg->target_mac, NEIGH_STALE, true, false);
}

enum drop_reason ndp_take_redirect(struct ip_iface *iface, const struct ndp_msg *msg,
                                   const struct ipv6_hdr *hdr)
{
    struct ip_stack *ip = iface->ip;
    bool on_link = ip6_eq(msg->dst, msg->target);
    struct ip6_addr dst;
    struct neigh *router;
    struct route6 route;

    if (!ip6_is_link_local(hdr->src) || ip6_is_multicast(msg->dst) ||
        (!on_link && !ip6_is_link_local(msg->target)) || ip->sysctl6.forwarding ||
        !ip->sysctl6.accept_redirects || !vouched(ip, msg, &dst))
        return DROP_REDIRECT_IGNORED;
    if (ip6_route(ip, dst, IP6_ANY, iface, &route) != 0 || !route.via_gateway ||
        !ip6_eq(route.next_hop, hdr->src))
        return DROP_REDIRECT_IGNORED;
    router = neigh_find6(&ip->six->neigh, iface, hdr->src);
    if (router != NULL) /* it answers, so the way to it works */
        router->confirmed = node_now(ip->node);
    learn_target(iface, msg, on_link);
    ip6_learn_redirect(ip, msg->dst, &route, msg->target);
    return DROP_NONE;
}
