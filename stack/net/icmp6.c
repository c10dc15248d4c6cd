/* ICMPv6, RFC 4443: errors with Linux's limits, echo, and what errors about our packets say. */
#include "stack/wire/icmp6_wire.h"

#include "base/be.h"
#include "base/check.h"
#include "base/memory.h"
#include "stack/net/ip6_internal.h"

#define QUOTED_MAX (IPV6_MTU_MIN - IPV6_HDR_LEN - ICMP6_HDR_LEN)

/* ---- errors ---- */

/* One bucket for the node, which IPv4 uses too, and one for each host. "Packet too big" has no
 * limit. */
static bool within_limits(struct ip_stack *ip, struct ip6_addr to, uint8_t type)
{
    struct route6 route;

    if (type == ICMP6_PACKET_TOO_BIG)
        return true;
    if (ip6_route(ip, to, IP6_ANY, NULL, &route) != 0)
        return false;
    if (route.kind == ROUTE_LOCAL)
        return true;
    return icmp_take_credit(ip, &ip->six->peers, to, SIM_MSEC(ip->sysctl6.icmp_ratelimit_ms));
}

/* An ICMPv6 error itself, or what cannot be told from one. */
static bool about_an_error(const uint8_t *packet, size_t len)
{
    struct ipv6_transport found;
    bool whole = ipv6_find_transport(packet, len, &found);

    if (found.protocol != IP6_NEXT_ICMP)
        return false;
    if (!whole || found.at >= len)
        return !(found.fragment && found.frag.offset != 0);
    return icmp6_is_error(packet[found.at]);
}

/* RFC 4443 section 2.4 (e): about what no error is ever sent. */
static bool may_complain(const struct frame *frame, const struct ipv6_hdr *hdr, uint8_t type,
                         uint8_t code, size_t seen)
{
    bool to_group_too =
        type == ICMP6_PACKET_TOO_BIG || (type == ICMP6_PARAM_PROBLEM && code == ICMP6_PARAM_OPTION);

    if ((ip6_is_multicast(hdr->dst) || (frame->mark & FRAME_MARK_GROUP)) && !to_group_too)
        return false;
    if (ip6_is_any(hdr->src) || ip6_is_multicast(hdr->src))
        return false;
    return !about_an_error(frame->network, seen);
}

void icmp6_send_error(struct ip_stack *ip, struct frame *frame, uint8_t type, uint8_t code,
                      uint32_t rest, struct why why)
{
    struct icmp6_hdr icmp = { .type = type, .code = code, .rest = rest };
    struct ip6_send send = { .protocol = IP6_NEXT_ICMP };
    size_t seen = (size_t)(frame->data + frame->len - frame->network), size, quoted;
    struct route6 route;
    struct ipv6_hdr hdr;
    struct frame *error;

    if (ipv6_quote_parse(frame->network, seen, &hdr) != DROP_NONE ||
        !may_complain(frame, &hdr, type, code, seen))
        return;
    if (!within_limits(ip, hdr.src, type)) {
        node_state(ip->node, frame->in, WHY0(ICMP_RATE_LIMITED));
        return;
    }
    frame_finish_checksum(frame);
    size = (size_t)(frame->data + frame->len - frame->network) + frame->payload.len;
    quoted = size < QUOTED_MAX ? size : QUOTED_MAX;
    send.dst = hdr.src;
    if (ip6_is_link_local(hdr.src) && frame->in != NULL)
        send.oif = ip_iface_of(ip, frame->in);
    if (ip6_addr_kind(ip, hdr.dst, NULL) == ROUTE_LOCAL)
        send.src = hdr.dst;
    if (ip6_route(ip, send.dst, send.src, send.oif, &route) != 0 || ip6_is_any(route.src))
        return;
    error = frame_new(ip->node, ICMP6_HDR_LEN + quoted);
    icmp_quote(frame, error->data + ICMP6_HDR_LEN, quoted);
    icmp6_emit(&icmp, error->data, ICMP6_HDR_LEN + quoted, route.src, route.dst);
    error->why = why;
    ip6_output_routed(ip, error, &send, &route);
}

void icmp6_neighbor_failed(struct ip_stack *ip, struct frame *frame)
{
    struct ip6_addr src = ip6_get(frame->network + 8), dst = ip6_get(frame->network + 24);

    icmp6_send_error(ip, frame, ICMP6_DEST_UNREACH, ICMP6_UNREACH_ADDRESS, 0,
                     IP6_WHY(ICMP6_UNREACHABLE, src, dst.hi, dst.lo));
}

/* ---- input ---- */

static void answer_echo(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx,
                        const struct icmp6_hdr *hdr)
{
    struct ip6_send send = { .protocol = IP6_NEXT_ICMP, .dst = rx->hdr6->src };
    struct icmp6_hdr reply = { .type = ICMP6_ECHO_REPLY, .rest = hdr->rest };
    struct route6 route;

    if (rx->kind == ROUTE_LOCAL)
        send.src = rx->hdr6->dst;
    if (ip6_is_link_local(send.dst) || rx->kind == ROUTE_MULTICAST)
        send.oif = rx->iif->iface == NULL ? NULL : rx->iif;
    if (ip6_route(ip, send.dst, send.src, send.oif, &route) != 0) {
        node_drop(ip->node, frame->in, frame, DROP_NO_ROUTE);
        return;
    }
    frame_linearize(frame);
    icmp6_emit(&reply, frame->data, frame->len, route.src, route.dst);
    frame->network = NULL;
    frame->in = NULL;
    frame->mark = 0;
    frame->confirms_neighbor = false; /* what the sender knew of its way */
    frame->why = WHY(ICMP_ECHO_ANSWER, hdr->rest & 0xffff);
    frame->has_text = false;
    ip6_output_routed(ip, frame, &send, &route);
}

/* icmpv6_err_convert(): what Linux makes of types and codes. */
static void fill_error(struct ip_error *error, const struct icmp6_hdr *hdr)
{
    static const struct {
        int errnum;
        bool hard;
    } unreachable[] = {
        { SIM_ENETUNREACH, false },  { SIM_EACCES, true },       { SIM_EHOSTUNREACH, false },
        { SIM_EHOSTUNREACH, false }, { SIM_ECONNREFUSED, true }, { SIM_EACCES, true },
        { SIM_EACCES, true },
    };

    error->errnum = SIM_EPROTO;
    switch (hdr->type) {
    case ICMP6_DEST_UNREACH:
        error->hard = true;
        if (hdr->code < sizeof unreachable / sizeof *unreachable) {
            error->errnum = unreachable[hdr->code].errnum;
            error->hard = unreachable[hdr->code].hard;
        }
        error->unreachable = hdr->code == ICMP6_UNREACH_NO_ROUTE;
        break;
    case ICMP6_PACKET_TOO_BIG:
        error->errnum = SIM_EMSGSIZE;
        error->too_big = true;
        error->info = hdr->rest;
        break;
    case ICMP6_PARAM_PROBLEM:
        error->hard = true;
        error->info = hdr->rest;
        break;
    case ICMP6_TIME_EXCEEDED:
        error->errnum = SIM_EHOSTUNREACH;
        break;
    default:
        break;
    }
}

/* An error about a packet of ours: what IPv6 learns from it, then the protocol it quotes. */
static enum drop_reason take_error(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx,
                                   const struct icmp6_hdr *hdr)
{
    const uint8_t *packet = frame->data + ICMP6_HDR_LEN;
    struct ip_error error = { .type = hdr->type, .code = hdr->code, .from = ip_rx_remote(rx, 0) };
    const struct ip_protocol_entry *entry;
    struct ipv6_transport found;
    struct ipv6_hdr quoted;
    size_t len = frame->len - ICMP6_HDR_LEN;

    if (ipv6_quote_parse(packet, len, &quoted) != DROP_NONE)
        return DROP_BAD_HEADER;
    error.local = (struct endpoint){ .v6 = true, .addr6 = quoted.src };
    error.remote = (struct endpoint){ .v6 = true, .addr6 = quoted.dst };
    error.quoted_tos = quoted.tclass;
    fill_error(&error, hdr);
    if (ipv6_find_transport(packet, len, &found)) {
        error.transport = packet + found.at;
        error.transport_len = len - found.at;
    }
    if (error.too_big) {
        error.mtu = hdr->rest;
        error.mtu = error.transport == NULL || ip_vouched(ip, found.protocol, &error)
                        ? ip6_learn_path_mtu(ip, quoted.dst, rx->iif, hdr->rest)
                        : 0;
    }
    if (error.transport == NULL)
        return DROP_NONE;
    ip_raw_tell_error(ip, found.protocol, &error);
    entry = ip_protocol_find(ip, found.protocol);
    if (entry != NULL && entry->protocol->v6 && entry->protocol->error != NULL)
        entry->protocol->error(entry->ctx, &error);
    return DROP_NONE;
}

void icmp6_input(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx)
{
    struct icmp6_hdr hdr;
    enum drop_reason why;

    frame_finish_checksum(frame);
    frame_need(frame, frame_size(frame));
    why = icmp6_parse(frame->data, frame->len, rx->hdr6->src, rx->hdr6->dst, &hdr);
    if (why == DROP_NONE) {
        switch (hdr.type) {
        case ICMP6_ECHO_REQUEST:
            answer_echo(ip, frame, rx, &hdr);
            return;
        case ICMP6_DEST_UNREACH:
        case ICMP6_PACKET_TOO_BIG:
        case ICMP6_TIME_EXCEEDED:
        case ICMP6_PARAM_PROBLEM:
            why = take_error(ip, frame, rx, &hdr);
            break;
        case ICMP6_ROUTER_SOLICIT:
        case ICMP6_ROUTER_ADVERT:
        case ICMP6_NEIGHBOR_SOLICIT:
        case ICMP6_NEIGHBOR_ADVERT:
        case ICMP6_REDIRECT:
            why = ndp_input(ip, frame, rx);
            break;
        case ICMP6_MLD_QUERY:
        case ICMP6_MLD_REPORT:
        case ICMP6_MLD_DONE:
        case ICMP6_MLD2_REPORT:
            why = mld_input(ip, frame, rx);
            break;
        case ICMP6_ECHO_REPLY: /* raw sockets have seen it */
            break;
        default:
            why = DROP_ICMP_UNKNOWN_TYPE;
            break;
        }
    }
    if (why != DROP_NONE)
        node_drop(ip->node, frame->in, frame, why);
    else
        frame_free(frame);
}
