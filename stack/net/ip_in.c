/* IPv4 input: checks, delivery, forwarding. RFC 791, RFC 1122 section 3.2, RFC 1812 section 5, in
 * Linux's order. */
#include "base/be.h"
#include "base/check.h"
#include "base/likely.h"
#include "base/memory.h"
#include "sim/sim.h"
#include "stack/net/icmp.h"
#include "stack/net/ip6_internal.h"
#include "stack/net/ip_internal.h"
#include "stack/net/ip_options.h"
#include "stack/net/neigh_internal.h"

/* ---- delivery ---- */

static bool show_to_raw(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx)
{
    struct ip_raw_tap *tap;
    bool taken = false;

    LIST_FOR_EACH(tap, &ip->raw_taps, struct ip_raw_tap, link)
    if (!tap->v6 && (tap->protocol == 0 || tap->protocol == rx->hdr->protocol))
        taken |= tap->seen(tap, frame, rx);
    return taken;
}

/* @entry: of the packet's protocol, or NULL. */
static inline void deliver_to(struct ip_stack *ip, const struct ip_protocol_entry *entry,
                              struct frame *frame, const struct ip_rx *rx)
{
    bool raw = !list_empty(&ip->raw_taps) && show_to_raw(ip, frame, rx);

    ip->stats.delivered++;
    if (entry != NULL) {
        frame_pull(frame, rx->hdr->hdr_len);
        entry->protocol->input(entry->ctx, frame, rx);
    } else if (raw) {
        frame_free(frame);
    } else {
        icmp_send_error(ip, frame, ICMP_DEST_UNREACH, ICMP_UNREACH_PROTOCOL, 0,
                        WHY(ICMP_PROTOCOL_UNREACHABLE, rx->hdr->src, rx->hdr->protocol));
        node_drop(ip->node, frame->in, frame, DROP_UNKNOWN_PROTOCOL);
    }
}

void ip_deliver(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx)
{
    deliver_to(ip, ip_protocol_find(ip, rx->hdr->protocol), frame, rx);
}

static void deliver_or_reassemble(struct ip_stack *ip, struct frame *frame,
                                  const struct ipv4_hdr *hdr, struct ip_iface *iif,
                                  enum route_kind kind)
{
    struct ip_rx rx = {
        .hdr = hdr, .iif = iif, .kind = kind, .link_group = (frame->mark & FRAME_MARK_GROUP) != 0
    };
    struct ipv4_hdr whole;

    if (hdr->mf || hdr->frag_off != 0) {
        frame = ip_reassemble(ip, frame, hdr, iif);
        if (frame == NULL)
            return;
        CHECK(ipv4_parse(frame->data, frame_size(frame), &whole) == DROP_NONE);
        rx.hdr = &whole;
    }
    ip_deliver(ip, frame, &rx);
}

/* ---- lo ---- */

static void loopback_fires(struct event *event)
{
    struct ip_stack *ip = CONTAINER_OF(event, struct ip_stack, loopback_event);
    struct frame_list queue = ip->loopback;
    struct frame *frame;

    ip->loopback = (struct frame_list){ 0 };
    while ((frame = frame_list_pop(&queue)) != NULL) {
        struct ip_option_gaps gaps;
        struct ipv4_hdr hdr;
        enum drop_reason why;

        ip->node->part->cause = frame->id;
        if (frame->data[0] >> 4 == 6) {
            ip6_loop_input(ip, frame);
            continue;
        }
        if (ipv4_parse(frame->data, frame_size(frame), &hdr) != DROP_NONE) {
            node_drop(ip->node, NULL, frame, DROP_BAD_HEADER);
            continue;
        }
        if (hdr.n_options > 0 &&
            (why = ip_options_take(ip, frame, &hdr, true, &gaps)) != DROP_NONE) {
            node_drop(ip->node, NULL, frame, why);
            continue;
        }
        deliver_or_reassemble(
            ip, frame, &hdr, ip->ifaces[0],
            ip_addr_kind(ip, hdr.dst) == ROUTE_UNICAST ? ROUTE_LOCAL : ip_addr_kind(ip, hdr.dst));
    }
}

/* ---- the backlog ---- */

/* The event is queued as long as anything waits, for when the head is to be worked on: @at. */
static inline void schedule_backlog(struct ip_stack *ip, struct node *node, struct part *part,
                                    sim_time at)
{
    node_schedule_idle(node, part, &ip->backlog_event, EVENT_INPUT, at);
}

static void backlog_fires(struct event *event)
{
    struct ip_stack *ip = CONTAINER_OF(event, struct ip_stack, backlog_event);
    struct frame *frame = ip->backlog.head, *next = frame->next;

    ip->backlog.head = next;
    if (next == NULL) {
        ip->backlog.tail = NULL;
    } else {
        frame->next = NULL;
        schedule_backlog(ip, ip->node, ip->node->part, next->arrives_at);
    }
    ip->node->part->cause = frame->id;
    frame->work(ip, frame);
}

void ip_later(struct ip_stack *ip, struct frame *frame, sim_time latency,
              void (*work)(struct ip_stack *ip, struct frame *frame))
{
    struct node *node = ip->node; /* what is needed twice is not read again behind a write */
    struct part *part = node->part;
    struct frame *last = ip->backlog.tail;
    sim_time at = part->now + latency;

    frame->work = work;
    frame->next = NULL;
    frame->arrives_at = at;
    ip->backlog.tail = frame;
    if (last == NULL) {
        ip->backlog.head = frame;
        schedule_backlog(ip, node, part, at);
        return;
    }
    last->next = frame;
    if (last->arrives_at > at) /* nothing overtakes in the backlog */
        frame->arrives_at = last->arrives_at;
}

_Static_assert(offsetof(struct frame_list, head) == 0, "a backlog's needs begin with its head");

void ip_input_init(struct ip_stack *ip)
{
    event_init(&ip->loopback_event, loopback_fires);
    event_init(&ip->backlog_event, backlog_fires);
    ip->backlog_event.needs = (void *const *)(void *)&ip->backlog.head;
}

void ip_loop(struct ip_stack *ip, struct frame *frame)
{
    frame->id = ip->node->part->cause;
    frame->in = NULL;
    frame_list_push(&ip->loopback, frame);
    if (!event_queued(&ip->loopback_event))
        node_schedule(ip->node, &ip->loopback_event, EVENT_ARRIVAL, node_now(ip->node));
}

/* ---- forwarding ---- */

static bool on_same_link(const struct ip_iface *iface, ip4_addr addr)
{
    for (unsigned i = 0; i < iface->n_addrs; i++)
        if (ip4_in_prefix(addr, iface->addrs[i].addr, iface->addrs[i].prefix_len))
            return true;
    return false;
}

static void maybe_redirect(struct ip_stack *ip, struct frame *frame, const struct ipv4_hdr *hdr,
                           struct ip_iface *iif, const struct route *route)
{
    if (route->oif != iif || !ip_conf(iif, IP_CONF_SEND_REDIRECTS) ||
        !on_same_link(iif, hdr->src) || !icmp_redirect_allowed(ip, hdr->src))
        return;
    icmp_send_error(ip, frame, ICMP_REDIRECT, ICMP_REDIRECT_HOST, route->next_hop,
                    WHY(ICMP_REDIRECT, hdr->src, route->next_hop, hdr->dst));
}

static void unreachable(struct ip_stack *ip, struct frame *frame, const struct ipv4_hdr *hdr,
                        int error)
{
    if (error != -SIM_EINVAL && !icmp_no_route_allowed(ip, hdr->src))
        node_state(ip->node, frame->in, WHY0(ICMP_RATE_LIMITED));
    else if (error == -SIM_EACCES)
        icmp_send_error(ip, frame, ICMP_DEST_UNREACH, ICMP_UNREACH_ADMIN_PROHIBITED, 0,
                        WHY(ICMP_PROHIBITED, hdr->src, hdr->dst));
    else if (error == -SIM_ENETUNREACH)
        icmp_send_error(ip, frame, ICMP_DEST_UNREACH, ICMP_UNREACH_NET, 0,
                        WHY(ICMP_NET_UNREACHABLE, hdr->src, hdr->dst));
    else if (error == -SIM_EHOSTUNREACH)
        icmp_send_error(ip, frame, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, 0,
                        WHY(ICMP_HOST_UNREACHABLE, hdr->src, hdr->dst));
    node_drop(ip->node, frame->in, frame, error == -SIM_EACCES ? DROP_PROHIBITED : DROP_NO_ROUTE);
}

static void say_why_forwarded(struct frame *frame, const struct route *route)
{
    enum why_code code;

    if (route->n_hops > 0)
        code = route->by_ports ? WHY_IP_FORWARD_BY_PORTS : WHY_IP_FORWARD_BY_ADDRESSES;
    else
        code = route->via_gateway ? WHY_IP_FORWARD : WHY_IP_FORWARD_DIRECT;
    frame->why = ip_why_forward(code, route->next_hop, route->dst, route->prefix_len,
                                route->n_hops > 0 ? route->n_hops : route->n_lost);
    frame->has_text = false;
}

/* The neighbor and the interface come into the cache while the packet is made ready for them. */
static void fetch_way(const struct ip_stack *ip, const struct route *route)
{
    neigh_fetch(&ip->neigh, route->next_hop);
    __builtin_prefetch(route->oif->iface);
}

static void forward(struct ip_stack *ip, struct frame *frame, const struct ipv4_hdr *hdr,
                    struct ip_iface *iif, bool group, struct ip_option_gaps gaps)
{
    struct route_key key = { .dst = hdr->dst, .transit = true };
    struct route route;
    int error;
    uint32_t mtu;

    if (ip->fib.multipath != NULL) {
        ip_route_key_read(&key, frame);
        frame->network = frame->data;
    }
    error = ip_route_for(ip, &key, NULL, &route);
    if (error != 0) {
        unreachable(ip, frame, hdr, error);
        return;
    }
    if (hdr->ttl <= 1) {
        icmp_send_error(ip, frame, ICMP_TIME_EXCEEDED, ICMP_TIME_TTL, 0,
                        WHY(ICMP_TTL, hdr->src, hdr->dst));
        node_drop(ip->node, frame->in, frame, DROP_TTL_EXPIRED);
        return;
    }
    fetch_way(ip, &route);
    mtu = route.oif->mtu; /* ip_forward_use_pmtu is off */
    if (hdr->df && frame_size(frame) > mtu) {
        icmp_send_error(ip, frame, ICMP_DEST_UNREACH, ICMP_UNREACH_FRAG_NEEDED, mtu,
                        WHY(ICMP_FRAG_NEEDED, hdr->src, mtu));
        node_drop(ip->node, frame->in, frame, DROP_FRAG_NEEDED);
        return;
    }
    frame_writable(frame);
    frame->network = frame->data;
    ipv4_dec_ttl(frame->data);
    if (hdr->n_options > 0)
        ip_options_forward(frame->data, gaps, ip_iface_primary(route.oif));
    maybe_redirect(ip, frame, hdr, iif, &route);
    say_why_forwarded(frame, &route);
    if (!group && route.kind == ROUTE_UNICAST && route.oif != iif && route.oif->iface != NULL &&
        route.until == 0 && !ip->sysctl.multipath_use_neigh)
        ip_flow_learn(ip, iif->iface, hdr->src, hdr->dst, &route, key.hash, frame->why.code);
    ip->stats.forwarded++;
    ip_finish_output(ip, frame, &route, mtu);
}

/* ---- input ---- */

/* Sources that no packet from a wire can have, RFC 1122 section 3.2.1.3, RFC 1812 section 5.3.7. */
static bool is_martian_source(const struct ip_stack *ip, const struct ipv4_hdr *hdr)
{
    if (ip4_is_multicast(hdr->src) || hdr->src == IP4_BROADCAST || ip4_is_loopback(hdr->src))
        return true;
    if (ip4_is_zeronet(hdr->src))
        return !(hdr->dst == IP4_BROADCAST || ip4_is_multicast(hdr->dst)) || hdr->src != 0;
    return ip_addr_kind(ip, hdr->src) != ROUTE_UNICAST;
}

/* Reverse path, RFC 3704: strict wants the way back to lead out of the same interface, loose wants
 * one to exist. */
bool ip_filters_source(struct ip_stack *ip, ip4_addr src, const struct ip_iface *iif)
{
    struct route back;
    uint8_t filter = ip->sysctl.rp_filter == 0 || src == 0 ? 0 : ip_conf(iif, IP_CONF_RP_FILTER);

    if (filter == 0)
        return false;
    if (ip_route(ip, src, 0, NULL, &back) != 0)
        return true;
    return filter == 1 && back.oif != iif &&
           !(back.n_hops > 0 && fib_entry_uses(fib_lookup(&ip->fib, src, NULL, NULL), iif));
}

bool ip_forwards_broadcast(const struct ip_iface *iif, ip4_addr dst)
{
    return dst != IP4_BROADCAST && ip_conf_both(iif, IP_CONF_BC_FORWARDING);
}

static enum drop_reason classify(struct ip_stack *ip, const struct ipv4_hdr *hdr,
                                 const struct ip_iface *iif, bool link_group, enum route_kind *kind)
{
    if (is_martian_source(ip, hdr))
        return DROP_MARTIAN_SOURCE;
    if ((ip4_is_zeronet(hdr->dst)) || ip4_is_loopback(hdr->dst))
        return DROP_MARTIAN_DESTINATION;
    *kind = ip_addr_kind(ip, hdr->dst);
    if (*kind == ROUTE_UNICAST && !ip->sysctl.forwarding)
        return DROP_IP_NOT_MINE;
    if (*kind == ROUTE_BROADCAST && ip_forwards_broadcast(iif, hdr->dst))
        *kind = ROUTE_UNICAST; /* Linux does not look at ip_forward here */
    /* A broadcast frame with a packet for one host: never forwarded; for us it is taken, though RFC
       1122 section 3.3.6 says no: drop_unicast_in_l2_multicast is off. */
    if (link_group && *kind == ROUTE_UNICAST)
        return DROP_MARTIAN_DESTINATION;
    if (*kind == ROUTE_MULTICAST && !ip_group_joined(iif, hdr->dst))
        return DROP_MULTICAST_NOT_JOINED;
    if (ip_filters_source(ip, hdr->src, iif))
        return DROP_SOURCE_FILTER;
    return DROP_NONE;
}

/* A dead end that a packet socket has seen is no loss: a DHCP client takes its offer that way. */
static void refuse(struct ip_stack *ip, struct iface *iface, struct frame *frame,
                   enum drop_reason why)
{
    if (why == DROP_IP_NOT_MINE && (frame->mark & FRAME_MARK_TAPPED))
        frame_free(frame);
    else
        node_drop(ip->node, iface, frame, why);
}

/* A packet for this node, out of the backlog: its header was checked when it arrived. */
static void deliver_later(struct ip_stack *ip, struct frame *frame)
{
    struct ipv4_hdr hdr;
    enum route_kind kind;

    CHECK(ipv4_quote_parse(frame->data, frame_size(frame), &hdr) == DROP_NONE);
    kind = ip_addr_kind(ip, hdr.dst);
    if (kind == ROUTE_UNICAST) /* the address went away meanwhile */
        refuse(ip, frame->in, frame, DROP_IP_NOT_MINE);
    else
        deliver_or_reassemble(ip, frame, &hdr, ip_iface_of(ip, frame->in), kind);
}

void ip_deliver_soon(struct ip_stack *ip, struct frame *frame)
{
    ip_later(ip, frame, IP_INPUT_LATENCY, deliver_later);
}

/* @protocol, which is another than the likely one, takes its place. */
APART static const struct ip_protocol_entry *protocol_anew(struct ip_stack *ip, uint8_t protocol)
{
    const struct ip_protocol_entry *found = ip_protocol_find(ip, protocol);
    struct ip_protocol_entry before = ip->likely;

    if (found == NULL)
        return NULL;
    ip->likely = *found;
    ip->others[found - ip->others] = before;
    return &ip->likely;
}

/* What ip_protocol_find() says of @frame, a packet of a flow: mostly what it said last. */
static inline const struct ip_protocol_entry *protocol_of(struct ip_stack *ip,
                                                          const struct frame *frame)
{
    uint8_t protocol = frame->data[IPV4_AT_PROTOCOL];

    return LIKELY(ip->likely.protocol->number == protocol) ? &ip->likely
                                                           : protocol_anew(ip, protocol);
}

/* What deliver_to() does where the protocol needs to be told nothing and nobody else looks. */
static inline bool deliver_plain(struct ip_stack *ip, const struct ip_protocol_entry *entry,
                                 struct frame *frame)
{
    bool (*input_plain)(void *ctx, struct frame *frame);
    void *ctx;

    if (UNLIKELY(entry == NULL || entry->protocol->input_plain == NULL ||
                 !list_empty(&ip->raw_taps)))
        return false;
    input_plain = entry->protocol->input_plain;
    ctx = entry->ctx;
    ip->stats.delivered++; /* first, so that nothing is left to do behind what comes last */
    if (LIKELY(input_plain(ctx, frame)))
        return true;
    ip->stats.delivered--;
    return false;
}

/* What the protocol or somebody else looks at closely. Flows have no options and no fragments. */
APART static void deliver_closely(struct ip_stack *ip, const struct ip_protocol_entry *entry,
                                  struct frame *frame)
{
    struct ipv4_hdr hdr;
    struct ip_rx rx;

    ipv4_plain_parse(frame->data, &hdr);
    rx = (struct ip_rx){ .hdr = &hdr,
                         .iif = ip_iface_of(ip, frame->in),
                         .kind = ROUTE_LOCAL,
                         .link_group = (frame->mark & FRAME_MARK_GROUP) != 0 };
    deliver_to(ip, entry, frame, &rx);
}

/* A packet of a flow that was for this node when it arrived: it is unless something has changed. */
static void deliver_flow(struct ip_stack *ip, struct frame *frame)
{
    const struct ip_protocol_entry *entry;

    if (UNLIKELY(frame->counter != ip->fib.generation)) {
        deliver_later(ip, frame);
        return;
    }
    entry = protocol_of(ip, frame);
    if (!deliver_plain(ip, entry, frame))
        deliver_closely(ip, entry, frame);
}

static inline void tell_soon(struct ip_stack *ip, const struct frame *frame)
{
    const struct ip_protocol_entry *entry = protocol_of(ip, frame);

    if (LIKELY(entry != NULL)) /* there is no protocol 0 */
        entry->protocol->soon(entry->ctx, frame);
}

void ip_deliver_flow_soon(struct ip_stack *ip, struct frame *frame)
{
    if (frame->data[IPV4_AT_PROTOCOL] == ip->soon_number)
        tell_soon(ip, frame);
    frame->counter = ip->fib.generation;
    ip_later(ip, frame, IP_INPUT_LATENCY, deliver_flow);
}

/* In a large network nothing of this node is in the cache: what will be needed comes while the
   header is looked at, all of it at once. */
static void fetch_tables(const struct ip_stack *ip)
{
    __builtin_prefetch(ip->fib.levels);
    __builtin_prefetch(ip->fib.shared, 1);
    __builtin_prefetch(ip->neigh.buckets);
    __builtin_prefetch(ip->ifaces);
}

void ip_examine(struct ip_stack *ip, struct iface *iface, struct frame *frame, bool group)
{
    struct ip_iface *iif = ip_iface_of(ip, iface);
    struct ipv4_hdr hdr;
    struct ip_option_gaps gaps = { 0 };
    enum route_kind kind = ROUTE_UNICAST;
    enum drop_reason why;

    fetch_tables(ip);
    if (group)
        frame->mark |= FRAME_MARK_GROUP;
    frame->network = frame->data;
    frame_need(frame, IPV4_HDR_LEN);
    why = frame->len < IPV4_HDR_LEN || !frame_need(frame, (size_t)(frame->data[0] & 15) * 4)
              ? DROP_TRUNCATED
              : ipv4_parse(frame->data, frame_size(frame), &hdr);
    frame->network = frame->data;
    if (why != DROP_NONE) {
        node_drop(ip->node, iface, frame, why);
        return;
    }
    frame_trim(frame, hdr.total_len);
    if (ip->hooks != NULL && ip->hooks->prerouting != NULL) {
        if (hdr.mf || hdr.frag_off != 0) { /* NAT needs ports, so whole datagrams: nf_defrag_ipv4 */
            frame = ip_reassemble(ip, frame, &hdr, iif);
            if (frame == NULL)
                return;
        }
        frame_writable(frame);
        frame->network = frame->data;
        if (!ip->hooks->prerouting(ip->hooks->ctx, iif, frame))
            return;
        CHECK(ipv4_parse(frame->data, frame_size(frame), &hdr) == DROP_NONE);
    }
    why = classify(ip, &hdr, iif, group, &kind);
    if (hdr.n_options > 0 && why == DROP_NONE)
        why = ip_options_take(ip, frame, &hdr, kind == ROUTE_LOCAL, &gaps);
    if (why != DROP_NONE)
        refuse(ip, iface, frame, why);
    else if (kind != ROUTE_UNICAST)
        ip_deliver_soon(ip, frame);
    else
        forward(ip, frame, &hdr, iif, group, gaps);
    if (why == DROP_NONE && kind == ROUTE_LOCAL && !group)
        ip_flow_learn(ip, iface, hdr.src, hdr.dst, NULL, 0, WHY_NONE);
}
