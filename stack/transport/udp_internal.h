/* What the UDP files share. */
#ifndef WW_STACK_TRANSPORT_UDP_INTERNAL_H
#define WW_STACK_TRANSPORT_UDP_INTERNAL_H

#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "stack/transport/datagram.h"
#include "stack/transport/udp.h"
#include "stack/wire/udp_wire.h"

#define UDP_DATA_MAX      (IPV4_LEN_MAX - IPV4_HDR_LEN - UDP_HDR_LEN) /* 65,507 */
#define UDP6_DATA_MAX     (IPV6_PAYLOAD_MAX - UDP_HDR_LEN)
#define UDP_BUCKETS_FIRST 4 /* a host with more sockets has UDP_BUCKETS */
#define UDP_BUCKETS       64

#define UDP_AT_DATA     (IPV4_HDR_LEN + UDP_HDR_LEN) /* in a packet without options */
#define UDP_HEADERS_LEN (ETH_HDR_LEN + IPV4_HDR_LEN + UDP_HDR_LEN)

#define UDP_LEN_NONE 0xffff /* of no datagram: UDP_DATA_MAX */

/* What a connected socket's datagrams have in common, ready to be copied: a cache line. */
struct udp_ready {
    struct iface *out; /* NULL: nothing is ready */
    uint32_t version;  /* ip_version() when it was made */
    uint16_t len;      /* of a datagram's octets, for which headers and sum are right as they stand;
                          UDP_LEN_NONE: for none */
    uint16_t len_max;
    uint16_t next_id; /* whether or not anything is ready */
    uint16_t ip_sum;  /* folded, of what IP's checksum is of: without the id */
    uint8_t headers[UDP_HEADERS_LEN];
    bool watched; /* the neighbor's use is noted, each time: @len is UDP_LEN_NONE */
};

struct udp_sock { /* in the order of need */
    struct sock sock;
    struct datagram_queue queue;
    bool shut_read, shut_write;
    bool shares_port; /* another socket has, or had, the same: SO_REUSEADDR and kin */
    bool corked, corked_has_to;
    _Alignas(ARENA_LINE) struct udp_ready ready;
    ip4_addr src;      /* what its datagrams come from while @route is valid */
    struct ip_way way; /* of a connected socket, learned of @route when it sent along it */
    struct list link;  /* in its port's bucket; itself when it has no port */
    struct udp_layer *udp;
    struct route route; /* of a connected socket */
    /* a datagram that MSG_MORE has begun: where to, and its octets so far */
    struct endpoint corked_to;
    struct strbuf corked_octets;
};

struct udp_layer {
    struct ip_stack *ip;
    struct udp_sock *last; /* that the_only_one() has found, bound to no address; NULL: look */
    uint16_t last_port;
    uint8_t n_buckets;
    uint32_t n_sockets;
    struct list *buckets; /* sockets by port, the last bound first; NULL until there are some */
    struct random_stream random;
};

static inline struct udp_sock *udp_of(struct sock *sock)
{
    return CONTAINER_OF(sock, struct udp_sock, sock);
}

/* udp_ports.c */
void udp_make_buckets(struct udp_layer *udp, uint8_t n);
/** udp_drop_buckets() - @n of them, which are empty; NULL: none. */
void udp_drop_buckets(struct udp_layer *udp, struct list *buckets, unsigned n);
/** udp_bucket_of() - where the sockets of @port stand. */
static inline struct list *udp_bucket_of(struct udp_layer *udp, uint16_t port)
{
    if (udp->buckets == NULL) /* most hosts of a large network never send */
        udp_make_buckets(udp, UDP_BUCKETS_FIRST);
    return &udp->buckets[port & (udp->n_buckets - 1u)];
}
/** udp_take_port() - @local's port for @sock, 0: any free one. */
int udp_take_port(struct udp_sock *sock, struct endpoint local);
void udp_give_port_back(struct udp_sock *sock);
/** udp_look_anew() - the addresses, port or options of a socket have changed that say what it
 * takes.
 */
static inline void udp_look_anew(struct udp_layer *udp)
{
    udp->last = NULL;
}
int udp_bind(struct sock *sock, struct endpoint local);

/* udp_in.c: see struct ip_upper_protocol */
void udp_input(void *ctx, struct frame *frame, const struct ip_rx *rx);
bool udp_input_plain(void *ctx, struct frame *frame);
void udp_error_input(void *ctx, const struct ip_error *error);

/* udp_out.c */
int udp_connect(struct sock *sock, struct endpoint remote);
int udp_disconnect(struct sock *sock);
int64_t udp_send(struct sock *sock, const struct sock_send *message);
int64_t udp_send_plain(struct sock *sock, const void *octets, size_t len, unsigned flags);
/** udp_find_way() - the way of a connected socket, which is looked up again when something about
 * routes, addresses or links has changed: Linux's sk_dst_check(). 0 or -errno. */
int udp_find_way(struct udp_sock *udp, struct ip_iface *oif);
/** udp_unready() - what was ready for a connected socket's datagrams no longer is. */
static inline void udp_unready(struct udp_sock *udp)
{
    udp->ready.out = NULL;
    udp->ready.len = UDP_LEN_NONE;
}
/** udp_forget_way() - of a connected socket: its next datagram looks for one. */
static inline void udp_forget_way(struct udp_sock *udp)
{
    udp->route.oif = NULL;
    udp->way.out = NULL;
    udp_unready(udp);
}
/** udp_build() - a datagram of @len octets to port @to, without its checksum and its reason; with
 * SOCK_MSG_STABLE among @flags they are not copied. */
struct frame *udp_build(const struct udp_sock *udp, const void *octets, size_t len, unsigned flags,
                        uint16_t to);

/* udp6.c: sockets of AF_INET6 that speak IPv6 */
int udp6_connect(struct sock *sock, struct endpoint remote);
/** udp_refused() - what becomes of a datagram that is about to be made: 0, or a negative number. */
int udp_refused(struct udp_sock *udp);
/** udp6_send() - one datagram to @to, an IPv6 endpoint. */
int64_t udp6_send(struct sock *sock, const struct sock_send *message, struct endpoint to);
/** udp6_path_mtu() - of a connected socket, or -errno. */
int udp6_path_mtu(const struct sock *sock);

#endif
