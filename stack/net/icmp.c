#include "stack/net/icmp.h"

#include <stdlib.h>

#include "base/be.h"
#include "base/check.h"
#include "base/memory.h"
#include "stack/net/ip_internal.h"
#include "stack/net/ip_options.h"

#define QUOTED_PACKET_MAX 576  /* an error is no longer than this, RFC 1812 section 4.3.2.3 */
#define ICMP_TYPE_MAX     18   /* NR_ICMP_TYPES */
#define TOS_KEPT          0x1e /* of the packet that the error is about */
#define TOS_ERROR         0xc0 /* internetwork control, RFC 1812 section 4.3.2.5 */
#define GLOBAL_REFILL     SIM_MSEC(20)
#define NO_ROUTE_BURST                                                                             \
    5 /* ip_rt_error_burst: "no route" has a limit of its own, from the same tokens */
#define NO_ROUTE_COST SIM_SEC(1)
#define PEER_BURST    6 /* errors at once to one host, then one each icmp_ratelimit */

/* Linux's redirects: the nth waits 20 ms << n after the last, nine at most, until 20.48 s of
 * silence. */
#define REDIRECT_LOAD    SIM_MSEC(20)
#define REDIRECT_NUMBER  9
#define REDIRECT_SILENCE (REDIRECT_LOAD << (REDIRECT_NUMBER + 1))

#define ICMP_BURST_DEFAULT 50 /* net.ipv4.icmp_msgs_burst, with which a node begins */

struct icmp_state {
    struct icmp_peers peers;
    uint64_t global_credit;
    sim_time global_last;
};

/* Made when the node has its first error to send. */
static struct icmp_state *state_of(struct ip_stack *ip)
{
    if (ip->icmp == NULL) {
        ip->icmp = mem_zalloc(sizeof *ip->icmp);
        ip->icmp->global_credit = ICMP_BURST_DEFAULT;
    }
    return ip->icmp;
}

static struct icmp_peer *peer_of(struct ip_stack *ip, ip4_addr addr)
{
    return icmp_peer(&state_of(ip)->peers, ip6_from_mapped(addr), node_now(ip->node));
}

bool icmp_redirect_allowed(struct ip_stack *ip, ip4_addr to)
{
    struct icmp_peer *peer = peer_of(ip, to);
    sim_time now = node_now(ip->node);

    if (now > peer->last + REDIRECT_SILENCE) {
        peer->tokens = 0;
        peer->n_redirects = 0;
    }
    if (peer->n_redirects >= REDIRECT_NUMBER) {
        peer->last = now;
        return false;
    }
    if (peer->n_redirects > 0 && now <= peer->last + (REDIRECT_LOAD << peer->n_redirects))
        return false;
    peer->last = now;
    peer->n_redirects++;
    return true;
}

bool icmp_no_route_allowed(struct ip_stack *ip, ip4_addr to)
{
    return icmp_peer_take(peer_of(ip, to), node_now(ip->node), NO_ROUTE_COST, NO_ROUTE_BURST);
}

/* Linux fills its bucket only when it is empty, and no sooner than a fiftieth of a second after the
 * last time. */
static bool global_credit(struct ip_stack *ip, struct icmp_state *state, sim_time now)
{
    sim_time since = now - state->global_last;
    uint64_t earned;

    if (state->global_credit > 0)
        return true;
    if (since < GLOBAL_REFILL)
        return false;
    earned = (uint64_t)((since < SIM_SEC(1) ? since : SIM_SEC(1)) / SIM_MSEC(1)) *
             ip->sysctl.icmp_msgs_per_sec / 1000;
    if (earned == 0)
        return false;
    state->global_last = now;
    state->global_credit =
        earned < ip->sysctl.icmp_msgs_burst ? earned : ip->sysctl.icmp_msgs_burst;
    return true;
}

bool icmp_take_credit(struct ip_stack *ip, struct icmp_peers *peers, struct ip6_addr to,
                      sim_time cost)
{
    struct icmp_state *state = state_of(ip);
    sim_time now = node_now(ip->node);

    if (!global_credit(ip, state, now))
        return false;
    if (cost != 0 && !icmp_peer_take(icmp_peer(peers, to, now), now, cost, PEER_BURST))
        return false;
    state->global_credit -=
        state->global_credit > 0; /* Linux takes 0 to 2, drawn, lest others count along */
    return true;
}

/* Both of Linux's limits, for the types in icmp_ratemask. */
static bool within_limits(struct ip_stack *ip, ip4_addr to, uint8_t type, uint8_t code)
{
    if (!(ip->sysctl.icmp_ratemask >> type & 1) ||
        (type == ICMP_DEST_UNREACH && code == ICMP_UNREACH_FRAG_NEEDED) || ip_is_local(ip, to))
        return true;
    return icmp_take_credit(ip, &state_of(ip)->peers, ip6_from_mapped(to),
                            SIM_MSEC(ip->sysctl.icmp_ratelimit_ms));
}

static bool is_for_everybody(const struct ip_stack *ip, const struct frame *frame,
                             const struct ipv4_hdr *hdr)
{
    if (ip_addr_kind(ip, hdr->dst) != ROUTE_BROADCAST)
        return ip4_is_multicast(hdr->dst);
    return frame->in == NULL || !ip_forwards_broadcast(ip_iface_of(ip, frame->in), hdr->dst);
}

/* RFC 1122 section 3.2.2: about what no error is ever sent. */
static bool may_complain(const struct ip_stack *ip, const struct frame *frame,
                         const struct ipv4_hdr *hdr)
{
    const uint8_t *transport = frame->network + hdr->hdr_len;
    const uint8_t *end = frame->data + frame->len;

    if (hdr->frag_off != 0 || is_for_everybody(ip, frame, hdr))
        return false;
    if (hdr->src == 0 || ip4_is_multicast(hdr->src) || hdr->src == IP4_BROADCAST ||
        (ip4_is_loopback(hdr->src) && frame->in != NULL))
        return false;
    if (frame->mark & FRAME_MARK_GROUP)
        return false;
    if (hdr->protocol == IP_PROTO_ICMP &&
        (transport >= end || *transport > ICMP_TYPE_MAX || icmp_is_error(*transport)))
        return false;
    return true;
}

/* What the other packet had of options goes back with the answer; they live as long as @options. */
static void send_options_back(const struct ip_stack *ip, const struct ipv4_hdr *hdr,
                              struct ip_options *options, struct ip_send *send)
{
    ip_options_echo(ip, hdr, options);
    send->options = options->octets;
    send->n_options = options->len;
    send->gaps = options->gaps;
}

void icmp_send_error(struct ip_stack *ip, struct frame *frame, uint8_t type, uint8_t code,
                     uint32_t rest, struct why why)
{
    struct icmp_hdr icmp = { .type = type, .code = code, .rest = rest };
    struct ip_send send = { .protocol = IP_PROTO_ICMP };
    struct ip_options options;
    struct ipv4_hdr hdr;
    struct frame *error;
    size_t size, quoted, room;

    CHECK(frame->network != NULL);
    if (ipv4_quote_parse(frame->network, (size_t)(frame->data + frame->len - frame->network),
                         &hdr) != DROP_NONE ||
        !may_complain(ip, frame, &hdr))
        return;
    if (!within_limits(ip, hdr.src, type, code)) {
        node_state(ip->node, frame->in, WHY0(ICMP_RATE_LIMITED));
        return;
    }
    frame_finish_checksum(frame);
    size = (size_t)(frame->data + frame->len - frame->network) + frame->payload.len;
    if (hdr.n_options > 0 && type != ICMP_PARAM_PROBLEM) /* of those nothing is known yet */
        send_options_back(ip, &hdr, &options, &send);
    room = QUOTED_PACKET_MAX - IPV4_HDR_LEN - ICMP_HDR_LEN - (size_t)send.n_options;
    quoted = size < room ? size : room;
    error = frame_new(ip->node, ICMP_HDR_LEN + quoted);
    icmp_quote(frame, error->data + ICMP_HDR_LEN, quoted);
    icmp_emit(&icmp, error->data, ICMP_HDR_LEN + quoted);
    error->why = why;
    send.dst = hdr.src;
    send.tos = (uint8_t)(TOS_ERROR | (hdr.tos & TOS_KEPT));
    if (ip_is_local(ip, hdr.dst))
        send.src = hdr.dst;
    ip_output(ip, error, &send);
}

/* ---- input ---- */

static void answer_echo(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx,
                        const struct icmp_hdr *hdr)
{
    struct ip_send send = { .protocol = IP_PROTO_ICMP, .dst = rx->hdr->src, .tos = rx->hdr->tos };
    struct icmp_hdr reply = { .type = ICMP_ECHO_REPLY, .rest = hdr->rest };
    struct ip_options options;

    if (ip->sysctl.icmp_echo_ignore_all ||
        (rx->kind != ROUTE_LOCAL && ip->sysctl.icmp_echo_ignore_broadcasts)) {
        node_drop(ip->node, frame->in, frame, DROP_ICMP_ECHO_BROADCAST);
        return;
    }
    if (rx->kind == ROUTE_LOCAL)
        send.src = rx->hdr->dst;
    else
        send.oif = rx->iif;
    if (rx->hdr->n_options > 0)
        send_options_back(ip, rx->hdr, &options, &send);
    frame_linearize(frame);
    icmp_emit(&reply, frame->data, frame->len);
    frame->network = NULL;
    frame->in = NULL;
    frame->confirms_neighbor = false; /* what the sender knew of its way */
    frame->why = WHY(ICMP_ECHO_ANSWER, icmp_echo_seq(hdr));
    frame->has_text = false;
    ip_output(ip, frame, &send);
}

static void answer_timestamp(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx,
                             const struct icmp_hdr *hdr)
{
    enum { AT_RECEIVE = 12, AT_TRANSMIT = 16, LEN = 20 };
    struct ip_send send = { .protocol = IP_PROTO_ICMP, .dst = rx->hdr->src, .src = rx->hdr->dst };
    struct icmp_hdr reply = { .type = ICMP_TIMESTAMP_REPLY, .rest = hdr->rest };
    uint32_t now = ip_time_of_day(ip);
    struct ip_options options;

    if (rx->kind != ROUTE_LOCAL || frame_size(frame) < LEN) {
        node_drop(ip->node, frame->in, frame, DROP_ICMP_ECHO_BROADCAST);
        return;
    }
    if (rx->hdr->n_options > 0)
        send_options_back(ip, rx->hdr, &options, &send);
    frame_linearize(frame);
    be32_put(frame->data + AT_RECEIVE, now);
    be32_put(frame->data + AT_TRANSMIT, now);
    icmp_emit(&reply, frame->data, frame->len);
    frame->network = NULL;
    frame->in = NULL;
    frame->why = WHY0(ICMP_TIMESTAMP);
    ip_output(ip, frame, &send);
}

/* icmp_err_convert[]: what Linux makes of the codes of "destination unreachable". */
static const struct {
    int errnum;
    bool hard;
} unreachable_errors[] = {
    { SIM_ENETUNREACH, false },  { SIM_EHOSTUNREACH, false }, { SIM_ENOPROTOOPT, true },
    { SIM_ECONNREFUSED, true },  { SIM_EMSGSIZE, false },     { SIM_EOPNOTSUPP, false },
    { SIM_ENETUNREACH, true },   { SIM_EHOSTDOWN, true },     { SIM_ENONET, true },
    { SIM_ENETUNREACH, true },   { SIM_EHOSTUNREACH, true },  { SIM_ENETUNREACH, false },
    { SIM_EHOSTUNREACH, false }, { SIM_EHOSTUNREACH, true },  { SIM_EHOSTUNREACH, true },
    { SIM_EHOSTUNREACH, true },
};

/* RFC 1191: remember how big packets to @dst may be: __ip_rt_update_pmtu(). Values below min_pmtu,
   and the 0 of routers older than the RFC, are taken as an attack: they count as min_pmtu, and
   packets may be fragmented again ("lock"). Returns the path MTU now known, 0: none. */
static uint32_t learn_path_mtu(struct ip_stack *ip, ip4_addr dst, uint32_t mtu)
{
    struct route_exception *exception;
    struct route route;
    uint32_t old;

    if (ip_route(ip, dst, 0, NULL, &route) != 0 || route.kind != ROUTE_UNICAST)
        return 0;
    old = ip_path_mtu(ip, &route);
    if (route.mtu_locked || old < mtu)
        return old;
    exception = route_exception_get(ip, dst);
    exception->mtu_locked = mtu < ROUTE_MIN_PMTU;
    if (mtu < ROUTE_MIN_PMTU)
        mtu = old < ROUTE_MIN_PMTU ? old : ROUTE_MIN_PMTU;
    exception->mtu = mtu;
    exception->expires = node_now(ip->node) + ROUTE_MTU_EXPIRES;
    ip->fib.generation++;
    node_state(ip->node, route.oif->iface, WHY(ROUTE_PMTU, dst, mtu));
    return mtu;
}

/* RFC 1122 section 3.2.2.2: only from the gateway in use, and only towards a host on the same
   network. Linux first wants to know the new gateway's MAC address, so the first redirect only asks
   for it. */
static enum drop_reason take_redirect(struct ip_stack *ip, const struct ip_rx *rx,
                                      const struct icmp_hdr *hdr, const struct ipv4_hdr *quote)
{
    ip4_addr gateway = icmp_gateway(hdr);
    struct route_exception *exception;
    struct route route;

    /* A host takes them when "all" or the interface says so; a router is not asked. */
    if (ip->sysctl.forwarding || !ip_conf(rx->iif, IP_CONF_ACCEPT_REDIRECTS) || hdr->code > 3)
        return DROP_REDIRECT_IGNORED;
    if (ip_route(ip, quote->dst, quote->src, NULL, &route) != 0 || !route.via_gateway ||
        route.next_hop != rx->hdr->src || route.oif != rx->iif || gateway == route.next_hop ||
        ip_addr_kind(ip, gateway) != ROUTE_UNICAST)
        return DROP_REDIRECT_IGNORED;
    if (!neigh_resolve(&ip->neigh, route.oif, gateway))
        return DROP_NONE;
    exception = route_exception_get(ip, quote->dst);
    exception->via = gateway;
    exception->oif = route.oif;
    exception->expires = node_now(ip->node) + ROUTE_REDIRECT_EXPIRES;
    ip->fib.generation++;
    node_state(ip->node, route.oif->iface, WHY(ROUTE_REDIRECTED, quote->dst, gateway));
    return DROP_NONE;
}

static void fill_error(struct ip_error *error, const struct icmp_hdr *hdr)
{
    switch (hdr->type) {
    case ICMP_DEST_UNREACH:
        error->errnum = unreachable_errors[hdr->code].errnum;
        error->hard = unreachable_errors[hdr->code].hard;
        break;
    case ICMP_PARAM_PROBLEM:
        error->errnum = SIM_EPROTO;
        error->hard = true;
        error->info = icmp_pointer(hdr);
        break;
    default:
        error->errnum = SIM_EHOSTUNREACH;
        break;
    }
}

/* An error about a packet of ours: what IP learns from it, then the protocol it quotes. */
static enum drop_reason take_error(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx,
                                   const struct icmp_hdr *hdr)
{
    struct ip_error error = { .type = hdr->type, .code = hdr->code, .from = { rx->hdr->src, 0 } };
    const struct ip_protocol_entry *entry;
    struct ipv4_hdr quote;

    if (ipv4_quote_parse(frame->data + ICMP_HDR_LEN, frame->len - ICMP_HDR_LEN, &quote) !=
        DROP_NONE)
        return DROP_BAD_HEADER;
    if ((hdr->type == ICMP_TIME_EXCEEDED && hdr->code == ICMP_TIME_REASSEMBLY) ||
        (hdr->type == ICMP_DEST_UNREACH && hdr->code > ICMP_UNREACH_PRECEDENCE_CUTOFF))
        return DROP_NONE; /* says nothing to the sender's protocol */
    error.local.addr = quote.src;
    error.remote.addr = quote.dst;
    error.quoted_tos = quote.tos;
    error.unreachable = hdr->type == ICMP_DEST_UNREACH && hdr->code <= ICMP_UNREACH_HOST;
    error.transport = frame->data + ICMP_HDR_LEN + quote.hdr_len;
    error.transport_len = frame->len - ICMP_HDR_LEN - quote.hdr_len;
    fill_error(&error, hdr);
    if (hdr->type == ICMP_REDIRECT)
        return take_redirect(ip, rx, hdr, &quote);
    if (hdr->type == ICMP_DEST_UNREACH && hdr->code == ICMP_UNREACH_FRAG_NEEDED) {
        if (ip->sysctl.no_pmtu_disc || !ip_vouched(ip, quote.protocol, &error))
            return DROP_NONE;
        error.too_big = true;
        error.info = icmp_mtu(hdr);
        error.mtu = learn_path_mtu(ip, quote.dst, icmp_mtu(hdr));
    }
    ip_raw_tell_error(ip, quote.protocol, &error);
    entry = ip_protocol_find(ip, quote.protocol);
    if (entry != NULL && entry->protocol->error != NULL)
        entry->protocol->error(entry->ctx, &error);
    return DROP_NONE;
}

static void input(void *ctx, struct frame *frame, const struct ip_rx *rx)
{
    struct ip_stack *ip = ctx;
    struct icmp_hdr hdr;
    enum drop_reason why;

    frame_need(frame, frame_size(frame));
    why = icmp_parse(frame->data, frame->len, &hdr);
    if (why != DROP_NONE) {
        node_drop(ip->node, frame->in, frame, why);
        return;
    }
    switch (hdr.type) {
    case ICMP_ECHO_REQUEST:
        answer_echo(ip, frame, rx, &hdr);
        return;
    case ICMP_TIMESTAMP_REQUEST:
        answer_timestamp(ip, frame, rx, &hdr);
        return;
    case ICMP_DEST_UNREACH:
    case ICMP_TIME_EXCEEDED:
    case ICMP_PARAM_PROBLEM:
    case ICMP_REDIRECT:
        why = take_error(ip, frame, rx, &hdr);
        break;
    case ICMP_ECHO_REPLY:
    case ICMP_SOURCE_QUENCH: /* ignored, RFC 6633 */
    case ICMP_TIMESTAMP_REPLY:
        break; /* raw sockets have seen it */
    default:
        why = DROP_ICMP_UNKNOWN_TYPE;
        break;
    }
    if (why != DROP_NONE)
        node_drop(ip->node, frame->in, frame, why);
    else
        frame_free(frame);
}

void icmp_init(struct ip_stack *ip)
{
    static const struct ip_upper_protocol protocol = { .number = IP_PROTO_ICMP, .input = input };

    ip_register(ip, &protocol, ip);
}

void icmp_fini(struct ip_stack *ip)
{
    if (ip->icmp != NULL)
        icmp_peers_fini(&ip->icmp->peers);
    free(ip->icmp);
}
