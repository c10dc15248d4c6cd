#include "stack/transport/datagram.h"

#include "base/likely.h"
#include "base/memory.h"
#include "sim/sim.h"

#define DATAGRAM_OVERHEAD                                                                          \
    576 /* octets Linux charges besides the payload: its buffer head and rounding */

static inline uint32_t charge_of(const struct frame *frame)
{
    return (uint32_t)frame_size(frame) + DATAGRAM_OVERHEAD;
}

struct datagram *datagram_take(struct sock *sock, struct datagram_queue *queue, struct frame *frame)
{
    struct datagram *datagram = queue->free;

    if (UNLIKELY(queue->octets + charge_of(frame) > (uint32_t)sock->options.rcvbuf &&
                 queue->n > 0)) {
        node_drop(sock->node, frame->in, frame, DROP_SOCKET_FULL);
        return NULL;
    }
    if (LIKELY(datagram != NULL))
        queue->free = datagram->next;
    else
        datagram = arena_alloc(node_arena(sock->node), sizeof *datagram);
    datagram->frame = frame;
    return datagram;
}

void datagram_push(struct sock *sock, struct datagram_queue *queue, struct datagram *datagram)
{
    datagram->next = NULL;
    datagram->at = node_now(sock->node);
    if (queue->tail != NULL)
        queue->tail->next = datagram;
    else
        queue->head = datagram;
    queue->tail = datagram;
    queue->n++;
    queue->octets += charge_of(datagram->frame);
    sock_wake(sock, SOCK_POLLIN);
}

static void unlink_head(struct datagram_queue *queue)
{
    struct datagram *datagram = queue->head;

    queue->head = datagram->next;
    if (queue->head == NULL)
        queue->tail = NULL;
    queue->n--;
    queue->octets -= charge_of(datagram->frame);
    frame_free(datagram->frame);
    datagram->next = queue->free;
    queue->free = datagram;
}

/* What recvmsg() says about @datagram. */
static void tell(const struct datagram *datagram, struct sock_recv *message)
{
    message->from = datagram->from;
    message->to = datagram->to;
    message->full_len = frame_size(datagram->frame);
    message->ttl = datagram->ttl;
    message->tos = datagram->tos;
    message->ifindex = datagram->ifindex;
    message->from_mac = datagram->from_mac;
    message->outgoing = datagram->outgoing;
    message->at = datagram->at;
}

int64_t datagram_pop(struct sock *sock, struct datagram_queue *queue, struct sock_recv *message)
{
    struct datagram *datagram = queue->head;
    size_t full, n;

    if (sock->error != 0)
        return sock_take_error(sock);
    if (datagram == NULL)
        return -SIM_EAGAIN;
    full = frame_size(datagram->frame);
    n = full < message->size ? full : message->size;
    if (message->octets != NULL)
        frame_copy_out(datagram->frame, 0, message->octets, n);
    if (!message->octets_only)
        tell(datagram, message);
    if (!(message->flags & SOCK_MSG_PEEK))
        unlink_head(queue);
    return (int64_t)(message->flags & SOCK_MSG_TRUNC ? full : n);
}

int64_t datagram_head_len(const struct datagram_queue *queue)
{
    return queue->head == NULL ? -1 : (int64_t)frame_size(queue->head->frame);
}

void datagram_fini(struct datagram_queue *queue)
{
    while (queue->head != NULL)
        unlink_head(queue);
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
    case 0:
        break;
    case 1:
        send->df = true;
        break;
    case 2:
        send->df_always = true;
        break;
    case 4:
        send->df_always = send->ignore_pmtu = send->no_df = true;
        break;
    case 5:
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
