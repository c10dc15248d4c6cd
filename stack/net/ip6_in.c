/* IPv6 input: checks, extension headers, delivery, forwarding. RFC 8200, in Linux's order. */
#include "base/be.h"
#include "base/check.h"
#include "sim/sim.h"
#include "stack/net/ip6_internal.h"

/* ---- options ---- */

static void parameter_problem(struct ip_stack *ip, struct frame *frame, uint8_t code, size_t at)
{
    struct ip6_addr src = ip6_get(frame->network + 8);

    icmp6_send_error(ip, frame, ICMP6_PARAM_PROBLEM, code, (uint32_t)at,
                     IP6_WHY(ICMP6_PARAM_PROBLEM, src, at));
}

/* An option that nobody here knows: what its first two bits ask for. */
static enum drop_reason unknown_option(struct ip_stack *ip, struct frame *frame,
                                       const struct ipv6_option *option, size_t at)
{
    switch (ipv6_option_action(option->kind)) {
    case IP6_OPT_SKIP:
        return DROP_NONE;
    case IP6_OPT_DISCARD:
        break;
    case IP6_OPT_COMPLAIN_UNICAST:
        if (ip6_is_multicast(ip6_get(frame->network + 24)))
            break;
        parameter_problem(ip, frame, ICMP6_PARAM_OPTION, at);
        break;
    case IP6_OPT_COMPLAIN:
        parameter_problem(ip, frame, ICMP6_PARAM_OPTION, at);
        break;
    }
    return DROP_BAD_OPTION;
}

/* The options header of @len octets at @at of the packet. */
static enum drop_reason check_options(struct ip_stack *ip, struct frame *frame, size_t at,
                                      uint16_t len, bool hop_by_hop)
{
    struct ipv6_option_walk walk = { .octets = frame->data + at, .len = len };
    struct ipv6_option option;

    while (ipv6_option_next(&walk, &option)) {
        size_t place = at + (size_t)(option.octets - walk.octets);
        enum drop_reason why;

        if (hop_by_hop && option.kind == IP6_OPT_ROUTER_ALERT && option.len == 2)
            continue;
        why = unknown_option(ip, frame, &option, place);
        if (why != DROP_NONE)
            return why;
    }
    return walk.bad ? DROP_BAD_OPTION : DROP_NONE;
}

/* ---- the chain of headers ---- */

struct chain {
    struct ip_stack *ip;
    struct frame *frame; /* data at the IPv6 header */
    struct ipv6_hdr hdr;
    struct ip_iface *iif;
    enum route_kind kind;
    uint8_t next;
    size_t at;    /* octets from the IPv6 header on to the header @next */
    size_t field; /* where @next was read */
};

static void drop(struct chain *chain, enum drop_reason why)
{
    node_drop(chain->ip->node, chain->frame->in, chain->frame, why);
    chain->frame = NULL;
}

static void move_on(struct chain *chain, const struct ipv6_ext *ext)
{
    chain->field = chain->at;
    chain->next = ext->next_header;
    chain->at += ext->len;
}

/* What is left to visit is nobody's business here: source routes are not followed, RFC 5095. Of
 * those that are switched off by default (RPL's and segment routing's) nothing is said. */
static void take_routing(struct chain *chain, const struct ipv6_ext *ext)
{
    enum { TYPE_RPL = 3, TYPE_SEGMENTS = 4 };
    const uint8_t *octets = chain->frame->data + chain->at;

    if (octets[2] == TYPE_RPL || octets[2] == TYPE_SEGMENTS) {
        drop(chain, DROP_PROHIBITED);
    } else if (chain->kind == ROUTE_MULTICAST) {
        drop(chain, DROP_MARTIAN_DESTINATION);
    } else if (octets[3] != 0) {
        parameter_problem(chain->ip, chain->frame, ICMP6_PARAM_FIELD, chain->at + 2);
        drop(chain, DROP_BAD_OPTION);
    } else {
        move_on(chain, ext);
    }
}

/* All headers up to the transport's must be in the first fragment, RFC 8200 section 4.5. */
static bool headers_cut_off(struct chain *chain)
{
    static const size_t tcp = 20, udp = 8, icmp = 8;
    struct frame *frame = chain->frame;
    struct ipv6_transport found;
    size_t need;

    frame_linearize(frame);
    frame->network = frame->data;
    if (!ipv6_find_transport(frame->data, frame->len, &found))
        return true;
    need = found.protocol == IP_PROTO_TCP    ? tcp
           : found.protocol == IP_PROTO_UDP  ? udp
           : found.protocol == IP6_NEXT_ICMP ? icmp
                                             : 1;
    return found.at + need > frame->len;
}

/* The header itself is what is wrong: fail_hdr of ipv6_frag_rcv(). */
static void bad_fragment(struct chain *chain)
{
    chain->frame->network = chain->frame->data;
    parameter_problem(chain->ip, chain->frame, ICMP6_PARAM_FIELD, chain->at);
    drop(chain, DROP_BAD_HEADER);
}

static void take_fragment(struct chain *chain, const struct ipv6_ext *ext)
{
    struct ipv6_frag frag;

    if (chain->frame->mark & FRAME_MARK_FRAGMENTED) { /* a fragment header inside what was one */
        bad_fragment(chain);
        return;
    }
    ipv6_frag_parse(chain->frame->data + chain->at, &frag);
    if (frag.offset == 0 && !frag.more) { /* atomic, RFC 6946 */
        chain->frame->mark |= FRAME_MARK_FRAGMENTED;
        move_on(chain, ext);
        return;
    }
    if (frag.offset == 0 && headers_cut_off(chain)) {
        icmp6_send_error(chain->ip, chain->frame, ICMP6_PARAM_PROBLEM, 3, 0,
                         IP6_WHY(ICMP6_PARAM_PROBLEM, chain->hdr.src, 0));
        drop(chain, DROP_TRUNCATED);
        return;
    }
    chain->frame =
        ip6_reassemble(chain->ip, chain->frame, &chain->hdr, chain->at, chain->field, chain->iif);
    if (chain->frame == NULL)
        return;
    CHECK(ipv6_parse(chain->frame->data, frame_size(chain->frame), &chain->hdr) == DROP_NONE);
    chain->field = IPV6_HDR_LEN;
    chain->frame->mark |= FRAME_MARK_FRAGMENTED;
    chain->next = chain->hdr.next_header; /* the fragment header is gone: begin anew */
    chain->at = IPV6_HDR_LEN;
    chain->field = 6;
}

static bool show_to_raw(struct chain *chain, const struct ip_rx *rx)
{
    struct ip_raw_tap *tap;
    bool taken = false;

    LIST_FOR_EACH(tap, &chain->ip->raw_taps, struct ip_raw_tap, link)
    if (tap->v6 && tap->protocol == rx->protocol)
        taken |= tap->seen(tap, chain->frame, rx);
    return taken;
}

/* The end of the chain: a protocol of this node. */
static void deliver(struct chain *chain)
{
    struct ip_stack *ip = chain->ip;
    struct ip_rx rx = { .hdr6 = &chain->hdr,
                        .protocol = chain->next,
                        .iif = chain->iif,
                        .kind = chain->kind,
                        .link_group = (chain->frame->mark & FRAME_MARK_GROUP) != 0 };
    const struct ip_protocol_entry *entry = ip_protocol_find(ip, chain->next);
    struct frame *frame = chain->frame;
    bool raw;

    if (chain->next == IP6_NEXT_NONE) {
        drop(chain, DROP_UNKNOWN_PROTOCOL);
        return;
    }
    frame_pull(frame, chain->at);
    raw = !list_empty(&ip->raw_taps) && show_to_raw(chain, &rx);
    ip->stats.delivered++;
    chain->frame = NULL;
    if (chain->next == IP6_NEXT_ICMP) {
        icmp6_input(ip, frame, &rx);
    } else if (entry != NULL && entry->protocol->v6) {
        entry->protocol->input(entry->ctx, frame, &rx);
    } else if (raw) {
        frame_free(frame);
    } else {
        parameter_problem(ip, frame, ICMP6_PARAM_NEXT_HEADER, chain->field);
        node_drop(ip->node, frame->in, frame, DROP_UNKNOWN_PROTOCOL);
    }
}

/* One extension header; false: the chain has come to its end. */
static bool take_header(struct chain *chain)
{
    struct frame *frame = chain->frame;
    struct ipv6_ext ext;
    enum drop_reason why;

    if (!ipv6_is_ext(chain->next) ||
        (chain->next == IP6_NEXT_HOP_BY_HOP && chain->at != IPV6_HDR_LEN)) {
        deliver(chain);
        return false;
    }
    if (!frame_need(frame, chain->at + 8) ||
        !frame_need(frame, chain->at + (chain->next == IP6_NEXT_FRAGMENT
                                            ? 8
                                            : (size_t)(frame->data[chain->at + 1] + 1) * 8))) {
        frame->network = frame->data;
        if (chain->next == IP6_NEXT_FRAGMENT)
            bad_fragment(chain);
        else
            drop(chain, DROP_TRUNCATED);
        return false;
    }
    frame->network = frame->data;
    CHECK(ipv6_ext_parse(chain->next, frame->data + chain->at, frame->len - chain->at, &ext) ==
          DROP_NONE);
    switch (chain->next) {
    case IP6_NEXT_HOP_BY_HOP: /* seen when it came */
        move_on(chain, &ext);
        break;
    case IP6_NEXT_DESTINATION:
        why = check_options(chain->ip, frame, chain->at, ext.len, false);
        if (why != DROP_NONE)
            drop(chain, why);
        else
            move_on(chain, &ext);
        break;
    case IP6_NEXT_ROUTING:
        take_routing(chain, &ext);
        break;
    default:
        take_fragment(chain, &ext);
        break;
    }
    return chain->frame != NULL;
}

static void walk_headers(struct ip_stack *ip, struct frame *frame, const struct ipv6_hdr *hdr,
                         struct ip_iface *iif, enum route_kind kind)
{
    struct chain chain = { .ip = ip,
                           .frame = frame,
                           .hdr = *hdr,
                           .iif = iif,
                           .kind = kind,
                           .next = hdr->next_header,
                           .at = IPV6_HDR_LEN,
                           .field = 6 };

    while (take_header(&chain))
        continue;
}

void ip6_loop_input(struct ip_stack *ip, struct frame *frame)
{
    struct ipv6_hdr hdr;

    frame->network = frame->data;
    if (ipv6_parse(frame->data, frame_size(frame), &hdr) != DROP_NONE)
        node_drop(ip->node, NULL, frame, DROP_BAD_HEADER);
    else
        walk_headers(ip, frame, &hdr, ip->ifaces[0],
                     ip6_is_multicast(hdr.dst) ? ROUTE_MULTICAST : ROUTE_LOCAL);
}

/* ---- forwarding ---- */

static void unreachable(struct ip_stack *ip, struct frame *frame, const struct ipv6_hdr *hdr,
                        int error)
{
    if (error == -SIM_EACCES)
        icmp6_send_error(ip, frame, ICMP6_DEST_UNREACH, ICMP6_UNREACH_PROHIBITED, 0,
                         IP6_WHY(ICMP6_PROHIBITED, hdr->src, hdr->dst.hi, hdr->dst.lo));
    else if (error != -SIM_EINVAL)
        icmp6_send_error(ip, frame, ICMP6_DEST_UNREACH, ICMP6_UNREACH_NO_ROUTE, 0,
                         IP6_WHY(ICMP6_NO_ROUTE, hdr->src, hdr->dst.hi, hdr->dst.lo));
    node_drop(ip->node, frame->in, frame, error == -SIM_EACCES ? DROP_PROHIBITED : DROP_NO_ROUTE);
}

static void too_far(struct ip_stack *ip, struct frame *frame, const struct ipv6_hdr *hdr)
{
    icmp6_send_error(ip, frame, ICMP6_TIME_EXCEEDED, ICMP6_TIME_HOP_LIMIT, 0,
                     IP6_WHY(ICMP6_HOP_LIMIT, hdr->src, hdr->dst.hi, hdr->dst.lo));
    node_drop(ip->node, frame->in, frame, DROP_TTL_EXPIRED);
}

static void forward(struct ip_stack *ip, struct frame *frame, const struct ipv6_hdr *hdr)
{
    struct route6 route;
    uint32_t mtu;
    int error = ip6_route(ip, hdr->dst, hdr->src, NULL, &route);

    if (error != 0) {
        unreachable(ip, frame, hdr, error);
        return;
    }
    if (hdr->hop_limit <= 1) {
        too_far(ip, frame, hdr);
        return;
    }
    if (ip6_is_any(hdr->src)) {
        node_drop(ip->node, frame->in, frame, DROP_MARTIAN_SOURCE);
        return;
    }
    if (route.oif->iface == frame->in) {
        ndp_send_redirect(ip, frame, hdr, &route);
    } else if (ip6_is_link_local(hdr->src)) {
        icmp6_send_error(ip, frame, ICMP6_DEST_UNREACH, ICMP6_UNREACH_BEYOND_SCOPE, 0,
                         IP6_WHY(ICMP6_NO_ROUTE, hdr->src, hdr->dst.hi, hdr->dst.lo));
        node_drop(ip->node, frame->in, frame, DROP_MARTIAN_SOURCE);
        return;
    }
    mtu = ip6_path_mtu(&route) < IPV6_MTU_MIN ? IPV6_MTU_MIN : ip6_path_mtu(&route);
    if (frame_size(frame) > mtu) {
        icmp6_send_error(ip, frame, ICMP6_PACKET_TOO_BIG, 0, mtu,
                         IP6_WHY(ICMP6_TOO_BIG, hdr->src, mtu));
        node_drop(ip->node, frame->in, frame, DROP_FRAG_NEEDED);
        return;
    }
    frame_writable(frame);
    frame->network = frame->data;
    frame->data[7]--;
    frame->why = route.via_gateway
                     ? IP6_WHY(IP6_FORWARD, route.next_hop, route.prefix_len, route.n_lost)
                     : IP6_WHY(IP6_FORWARD_DIRECT, route.dst, route.prefix_len);
    frame->has_text = false;
    ip->stats.forwarded++;
    ip6_finish_output(ip, frame, &route, mtu);
}

/* ---- input ---- */

static enum drop_reason classify(struct ip_stack *ip, const struct ipv6_hdr *hdr,
                                 struct ip_iface *iif, bool group, enum route_kind *kind)
{
    if (ip6_is_multicast(hdr->src) || ip6_is_loopback(hdr->src) || ip6_is_mapped(hdr->src))
        return DROP_MARTIAN_SOURCE;
    if (ip6_is_any(hdr->dst) || ip6_is_loopback(hdr->dst) || ip6_is_mapped(hdr->dst))
        return DROP_MARTIAN_DESTINATION;
    *kind = ip6_addr_kind(ip, hdr->dst, iif);
    if (*kind == ROUTE_MULTICAST) {
        if (ip6_mcast_scope(hdr->dst) <= 1)
            return DROP_MARTIAN_DESTINATION;
        return ip6_group_joined(iif->six, hdr->dst) ? DROP_NONE : DROP_MULTICAST_NOT_JOINED;
    }
    if (*kind == ROUTE_UNICAST && group) /* drop_unicast_in_l2_multicast is off for what is ours */
        return DROP_MARTIAN_DESTINATION;
    if (*kind == ROUTE_UNICAST && (!ip->sysctl6.forwarding || ip6_is_link_local(hdr->dst)))
        return DROP_IP_NOT_MINE;
    return DROP_NONE;
}

/* Every node on the way looks at the hop-by-hop options. */
static enum drop_reason check_hop_by_hop(struct ip_stack *ip, struct frame *frame)
{
    struct ipv6_ext ext;

    if (!frame_need(frame, IPV6_HDR_LEN + 8) ||
        !frame_need(frame, IPV6_HDR_LEN + (size_t)(frame->data[IPV6_HDR_LEN + 1] + 1) * 8))
        return DROP_TRUNCATED;
    frame->network = frame->data;
    CHECK(ipv6_ext_parse(IP6_NEXT_HOP_BY_HOP, frame->data + IPV6_HDR_LEN, frame->len - IPV6_HDR_LEN,
                         &ext) == DROP_NONE);
    return check_options(ip, frame, IPV6_HDR_LEN, ext.len, true);
}

/* A packet for this node, out of the backlog: its header was checked when it arrived. */
static void deliver_later(struct ip_stack *ip, struct frame *frame)
{
    struct ip_iface *iif = ip_iface_of(ip, frame->in);
    struct ipv6_hdr hdr;
    enum route_kind kind;

    CHECK(ipv6_parse(frame->data, frame_size(frame), &hdr) == DROP_NONE);
    kind = ip6_addr_kind(ip, hdr.dst, iif);
    if (kind == ROUTE_UNICAST) /* the address went away meanwhile */
        node_drop(ip->node, frame->in, frame, DROP_IP_NOT_MINE);
    else
        walk_headers(ip, frame, &hdr, iif, kind);
}

void ip6_input(void *ctx, struct iface *iface, struct frame *frame, bool group)
{
    struct ip_stack *ip = ctx;
    struct ip_iface *iif = ip_iface_of(ip, iface);
    enum route_kind kind = ROUTE_UNICAST;
    struct ipv6_hdr hdr;
    enum drop_reason why;

    ip->stats.in++;
    frame->mark = (frame->mark & FRAME_MARK_TAPPED) | (group ? FRAME_MARK_GROUP : 0);
    why = frame_need(frame, IPV6_HDR_LEN) ? ipv6_parse(frame->data, frame_size(frame), &hdr)
                                          : DROP_TRUNCATED;
    frame->network = frame->data;
    if (why == DROP_NONE) {
        frame_trim(frame, (size_t)IPV6_HDR_LEN + hdr.payload_len);
        if (hdr.next_header == IP6_NEXT_HOP_BY_HOP)
            why = check_hop_by_hop(ip, frame);
        frame->network = frame->data;
    }
    if (why == DROP_NONE)
        why = classify(ip, &hdr, iif, group, &kind);
    if (why != DROP_NONE)
        node_drop(ip->node, iface, frame, why);
    else if (kind != ROUTE_UNICAST)
        ip_later(ip, frame, IP_INPUT_LATENCY, deliver_later);
    else
        forward(ip, frame, &hdr);
}
