#include "stack/transport/datagram.h"

#include "base/be.h"
#include "base/check.h"
#include "sim/sim.h"
#include "stack/wire/udp_wire.h"

void datagram_refuse(struct sock *sock, struct frame *frame)
{
    node_drop(sock->node, frame->in, frame, DROP_SOCKET_FULL);
}

/* Where @frame was received; a node's own packets to itself at lo. */
static unsigned ifindex_of(const struct sock *sock, const struct frame *frame)
{
    return frame->in == NULL ? IP_LOOPBACK_INDEX : ip_iface_of(sock->ip, frame->in)->index;
}

static void tell_ip4(const uint8_t *header, struct sock_recv *message)
{
    message->from = (struct endpoint){ .addr = be32_get(header + IPV4_AT_SRC) };
    message->to = (struct endpoint){ .addr = be32_get(header + IPV4_AT_DST) };
    message->ttl = header[IPV4_AT_TTL];
    message->tos = header[IPV4_AT_TOS];
}

static void tell_ip6(const uint8_t *header, unsigned ifindex, struct sock_recv *message)
{
    struct ipv6_hdr hdr;

    CHECK(ipv6_quote_parse(header, IPV6_HDR_LEN, &hdr) == DROP_NONE);
    message->from = (struct endpoint){ .v6 = true, .addr6 = hdr.src };
    message->to = (struct endpoint){ .v6 = true, .addr6 = hdr.dst };
    if (ip6_is_link_local(hdr.src))
        message->from.scope = (uint8_t)ifindex;
    message->ttl = hdr.hop_limit;
    message->tos = hdr.tclass;
}

void datagram_tell_ip(const struct sock *sock, const struct frame *frame, bool ports,
                      struct sock_recv *message)
{
    message->ifindex = ifindex_of(sock, frame);
    if (frame->network[0] >> 4 == 4)
        tell_ip4(frame->network, message);
    else
        tell_ip6(frame->network, message->ifindex, message);
    if (ports)
        message->from.port = be16_get(frame->data - UDP_HDR_LEN + UDP_AT_SRC_PORT);
    message->from_mac = (struct mac_addr){ 0 };
    message->outgoing = false;
}

int64_t datagram_pop(struct sock *sock, struct datagram_queue *queue, struct sock_recv *message,
                     datagram_teller *tell)
{
    const struct frame *frame = queue->frames.head;
    size_t full, n;

    if (sock->error != 0)
        return sock_take_error(sock);
    if (frame == NULL)
        return -SIM_EAGAIN;
    full = frame_size(frame);
    n = full < message->size ? full : message->size;
    if (message->octets != NULL)
        frame_copy_out(frame, 0, message->octets, n);
    if (!message->octets_only) {
        tell(sock, frame, message);
        message->full_len = full;
        message->at = frame->arrives_at;
    }
    if (!(message->flags & SOCK_MSG_PEEK))
        datagram_drop_head(queue);
    return (int64_t)(message->flags & SOCK_MSG_TRUNC ? full : n);
}

int64_t datagram_head_len(const struct datagram_queue *queue)
{
    return queue->frames.head == NULL ? -1 : (int64_t)frame_size(queue->frames.head);
}

void datagram_fini(struct datagram_queue *queue)
{
    while (queue->frames.head != NULL)
        datagram_drop_head(queue);
}

void sock_control_send(const struct sock *sock, const struct sock_control *control,
                       struct ip_send *send)
{
    if (control == NULL)
        return;
    if (control->has_ttl)
        send->ttl = control->ttl;
    if (control->has_tos)
        send->tos = control->tos;
    if (control->ifindex != 0)
        send->oif = ip_iface_by_index(sock->ip, control->ifindex);
}

void sock_fill_send(const struct sock *sock, struct ip_send *send)
{
    send->ttl = sock->options.ttl;
    send->tos = sock->options.tos;
    send->oif = sock->options.bound_iface;
    send->broadcast_ok = sock->options.broadcast;
    send->bypass_routes = sock->options.dontroute;
    switch (sock->options.mtu_discover) {
    case PMTUDISC_DONT:
        break;
    case PMTUDISC_WANT:
        send->df = true;
        break;
    case PMTUDISC_DO:
        send->df_always = true;
        break;
    case PMTUDISC_INTERFACE:
        send->df_always = send->ignore_pmtu = send->no_df = true;
        break;
    case PMTUDISC_OMIT:
        send->ignore_pmtu = send->no_df = true;
        break;
    default:
        send->df = send->df_always = send->ignore_pmtu = true;
        break;
    }
    if (ip4_is_multicast(send->dst)) {
        send->ttl = sock->options.multicast_ttl;
        if (sock->options.multicast_ifindex != 0)
            send->oif = sock_multicast_if(sock);
    }
}
