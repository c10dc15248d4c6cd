/* The way a connection's segments take, over IPv4 or IPv6. */
#include "base/be.h"
#include "base/likely.h"
#include "sim/piece.h"
#include "stack/transport/inet6.h"
#include "stack/transport/tcp_path.h"

/*
 * Connections share what was looked up about IPv4: a route is as big as all their sequence numbers,
 * and many go the same way. It is one place by addresses and interface for each; where two that are
 * both valid want the same the table grows, up to a limit.
 */

#define PATHS_FIRST 2
#define PATHS_MAX   256

static void grow(struct tcp_layer *tcp)
{
    struct tcp_path *old = tcp->paths;
    uint32_t n = tcp->n_paths;

    tcp->n_paths = n == 0 ? PATHS_FIRST : 2 * n;
    tcp->paths = piece_zalloc(tcp->node, tcp->n_paths * sizeof *tcp->paths);
    for (uint32_t i = 0; i < n; i++)
        if (old[i].dst != 0)
            *tcp_path_place(tcp, tcp_path_hash(old[i].dst, old[i].src)) = old[i];
    if (old != NULL)
        piece_free(tcp->node, old, n * sizeof *old);
}

static uint16_t hash_of(const struct tcp_sock *tp)
{
    return tcp_path_hash(tp->entry.ends->remote.addr, tp->entry.ends->local.addr);
}

/* Where @tp's route stands, if it is known and valid; else NULL. */
static struct tcp_path *path4_known(const struct tcp_sock *tp)
{
    struct tcp_path *path;

    if (tp->layer->n_paths == 0)
        return NULL;
    path = tcp_path_place(tp->layer, hash_of(tp));
    return tcp_path_is_of(path, tp) && route_valid(tp->sock.ip, &path->route) ? path : NULL;
}

static int route4(struct ip_stack *ip, const struct endpoints *ends, struct ip_iface *oif,
                  struct route *route)
{
    struct route_key key = { .dst = ends->remote.addr,
                             .src = ends->local.addr,
                             .src_port = ends->local.port,
                             .dst_port = ends->remote.port,
                             .protocol = IP_PROTO_TCP };

    return ip_route_for(ip, &key, oif, route);
}

static const struct route *route4_find(const struct tcp_sock *tp, int *error)
{
    struct tcp_layer *tcp = tp->layer;
    ip4_addr dst = tp->entry.ends->remote.addr, src = tp->entry.ends->local.addr;
    struct tcp_path *path;

    if (tcp->n_paths == 0)
        grow(tcp);
    for (path = tcp_path_place(tcp, hash_of(tp));
         path->dst != 0 && route_valid(tcp->ip, &path->route) && tcp->n_paths < PATHS_MAX;
         path = tcp_path_place(tcp, hash_of(tp)))
        grow(tcp);
    tcp->paths_changed++;
    *path = (struct tcp_path){ .src = src, .oif = tp->sock.options.bound_iface };
    *error = route4(tcp->ip, tp->entry.ends, path->oif, &path->route);
    if (*error != 0)
        return NULL;
    path->dst = path->route.by_ports ? 0 : dst; /* 0: it is this connection's, not to be shared */
    ip_way_learn(tcp->ip, &path->way, &path->route);
    return &path->route;
}

/* Valid until the next look-up. */
static const struct route *route4_of(const struct tcp_sock *tp, int *error)
{
    const struct tcp_path *path = path4_known(tp);

    *error = 0;
    return path != NULL ? &path->route : route4_find(tp, error);
}

void tcp_paths_fini(struct tcp_layer *tcp)
{
    if (tcp->paths != NULL)
        piece_free(tcp->node, tcp->paths, tcp->n_paths * sizeof *tcp->paths);
}

/* IPv6 keeps what it looked up itself: nothing of it stands in the connection. */
static const struct route6 *route6_of(const struct tcp_sock *tp, int *error)
{
    const struct tcp_entry *entry = &tp->entry;

    return ip6_route_cached(tp->sock.ip, entry->ends->remote.addr6, entry->ends->local.addr6,
                            inet6_oif(&tp->sock, &entry->ends->remote), error);
}

int tcp_route(struct tcp_sock *tp)
{
    int error;

    if (tp->entry.ends->remote.v6)
        (void)route6_of(tp, &error);
    else
        (void)route4_of(tp, &error);
    tp->has_route = error == 0;
    return error;
}

/* One segment of a connection. */
struct held {
    const struct endpoints *ends;
    uint32_t seq;
};

static bool is_held(const void *ctx, const struct frame *frame)
{
    const struct held *held = ctx;
    const struct endpoint *local = &held->ends->local, *remote = &held->ends->remote;
    const uint8_t *ip = frame->data;
    size_t at = remote->v6 ? IPV6_HDR_LEN : (ip[0] & 0x0fu) * 4u;

    return frame->len >= at + TCP_HDR_LEN && ip[remote->v6 ? 6 : 9] == IP_PROTO_TCP &&
           (remote->v6 || be32_get(ip + 16) == remote->addr) && be16_get(ip + at) == local->port &&
           be16_get(ip + at + 2) == remote->port && be32_get(ip + at + 4) == held->seq;
}

bool tcp_path_holds(const struct tcp_sock *tp, uint32_t seq)
{
    const struct held held = { tp->entry.ends, seq };
    const struct ip_stack *ip = tp->sock.ip;
    const struct route6 *route6;
    const struct route *route;
    int error;

    if (!tp->entry.ends->remote.v6) {
        route = route4_of(tp, &error);
        return route != NULL &&
               neigh_holds(&ip->neigh, route->oif, route->next_hop, is_held, &held);
    }
    route6 = route6_of(tp, &error);
    return route6 != NULL &&
           neigh_holds6(ip6_neigh(ip), route6->oif, route6->next_hop, is_held, &held);
}

uint32_t tcp_path_mtu(const struct tcp_sock *tp)
{
    const struct route6 *route6;
    const struct route *route;
    int error;

    if (!tp->entry.ends->remote.v6) {
        route = route4_of(tp, &error);
        return route != NULL ? ip_path_mtu(tp->sock.ip, route) : tp->pmtu;
    }
    route6 = route6_of(tp, &error);
    return route6 != NULL ? ip6_path_mtu(route6) : tp->pmtu;
}

uint32_t tcp_path_mtu_known(const struct tcp_sock *tp)
{
    const struct tcp_path *path;

    if (!tp->has_route)
        return 0;
    if (tp->entry.ends->remote.v6)
        return tcp_path_mtu(tp);
    path = path4_known(tp);
    return path != NULL ? ip_path_mtu(tp->sock.ip, &path->route) : 0;
}

uint32_t tcp_path_version(const struct tcp_sock *tp)
{
    const struct tcp_path *path = tp->entry.ends->remote.v6 ? NULL : path4_known(tp);

    return path != NULL && path->route.until == 0 && !tp->layer->sysctl.long_way
               ? path->route.generation + 1
               : 0;
}

static int connect_route6(struct tcp_sock *tp, struct endpoint remote)
{
    struct endpoint *local = &tp->entry.ends->local;
    struct route6 route;
    int error;

    if (ip6_is_any(remote.addr6)) /* this host, as on Linux */
        remote.addr6 = IP6_LOOPBACK;
    if (ip6_is_multicast(remote.addr6) || !local->v6)
        return -SIM_ENETUNREACH;
    if (ip6_is_link_local(remote.addr6) && inet6_oif(&tp->sock, &remote) == NULL)
        return -SIM_EINVAL;
    error = inet6_route(&tp->sock, local, &remote, &route);
    if (error < 0)
        return error;
    tp->has_route = true;
    tp->entry.ends->remote = remote;
    local->addr6 = route.src;
    return 0;
}

static int connect_route4(struct tcp_sock *tp, struct endpoint remote)
{
    struct sock *sock = &tp->sock;
    struct endpoint *local = &tp->entry.ends->local;
    struct route route;
    int error;

    if (local->v6) { /* ::ffff:a.b.c.d */
        if (!ip6_is_any(local->addr6) || sock->options.v6only)
            return -SIM_ENETUNREACH;
        *local = (struct endpoint){ 0, local->port };
    }
    if (remote.addr == 0) /* this host, as on Linux */
        remote.addr = local->addr != 0 ? local->addr : IP4_LOOPBACK;
    error = ip_route(sock->ip, remote.addr, local->addr, sock->options.bound_iface, &route);
    if (error < 0)
        return error;
    if (route.kind == ROUTE_BROADCAST || route.kind == ROUTE_MULTICAST)
        return -SIM_ENETUNREACH;
    tp->has_route = true;
    tp->entry.ends->remote = remote;
    if (local->addr == 0)
        local->addr = route.src;
    return 0;
}

int tcp_connect_route(struct tcp_sock *tp, struct endpoint remote)
{
    tp->path_version = 0;
    return remote.v6 ? connect_route6(tp, remote) : connect_route4(tp, remote);
}

/* The way that @frame takes is not known: it does not leave. */
static int no_way(struct tcp_sock *tp, struct frame *frame, int error)
{
    tp->has_route = false;
    frame_free(frame);
    return error;
}

static int output6(struct tcp_sock *tp, struct frame *frame, uint8_t tos)
{
    struct ip6_send send = { .src = tp->entry.ends->local.addr6, .protocol = IP_PROTO_TCP };
    const struct route6 *route;
    int error;

    route = route6_of(tp, &error);
    if (route == NULL)
        return no_way(tp, frame, error);
    tcp_path_set_out(tp, frame);
    inet6_fill_send(&tp->sock, &tp->entry.ends->remote, &send);
    send.tclass = (uint8_t)((send.tclass & 0xfc) | (tos & 3)); /* @tos is of IPv4 but for ECN */
    send.dont_fragment = false;
    send.flow_salt = tp->rare->flow_salt;
    ip6_prepare_checksum(frame, send.src, send.dst, IP_PROTO_TCP, TCP_AT_CHECKSUM);
    return ip6_output_routed(tp->sock.ip, frame, &send, route);
}

static int output4_routed(struct tcp_sock *tp, struct frame *frame, uint8_t tos)
{
    const struct sock_options *options = &tp->sock.options;
    struct ip_send send = { .src = tp->entry.ends->local.addr,
                            .dst = tp->entry.ends->remote.addr,
                            .protocol = IP_PROTO_TCP,
                            .ttl = options->ttl,
                            .tos = tos,
                            .use_id = true,
                            .df = options->mtu_discover != PMTUDISC_DONT,
                            .no_df = options->mtu_discover >= PMTUDISC_PROBE,
                            .ignore_pmtu = options->mtu_discover >= PMTUDISC_PROBE,
                            .oif = options->bound_iface,
                            .bypass_routes = options->dontroute };
    const struct route *route;
    int error;

    route = route4_of(tp, &error);
    if (route == NULL)
        return no_way(tp, frame, error);
    tcp_path_set_out(tp, frame);
    send.id = tp->next_id++;
    ip_prepare_checksum(frame, send.src, send.dst, IP_PROTO_TCP, TCP_AT_CHECKSUM);
    return ip_output_routed(tp->sock.ip, frame, &send, route);
}

/* What output_along() writes before a segment is got ready for those to come. */
static void get_ready(struct tcp_layer *tcp, struct tcp_path *path, struct ip_plain plain)
{
    struct ip_stack *ip = tcp->ip;

    tcp->paths_changed++;
    path->out = NULL;
    if (!ip_headers_along(ip, plain, &path->way, path->headers, &path->watched))
        return;
    path->ip_sum = checksum_fold(checksum_add(0, path->headers + ETH_HDR_LEN, IPV4_HDR_LEN));
    path->tcp_sum = checksum_fold(checksum_pseudo(plain.src, path->dst, IP_PROTO_TCP, 0));
    path->size_max = (uint16_t)path->way.mtu;
    path->neigh = path->way.neigh;
    path->version = ip_version(ip);
    path->ttl = plain.ttl;
    path->tos = plain.tos;
    path->out = path->way.out;
}

static void output_along(struct tcp_path *path, struct ip_stack *ip, struct frame *frame,
                         struct ip_plain plain)
{
    ip_prepare_checksum(frame, plain.src, path->dst, IP_PROTO_TCP, TCP_AT_CHECKSUM);
    ip_output_along(ip, frame, plain, &path->way);
}

static int output4(struct tcp_sock *tp, struct frame *frame, uint8_t tos)
{
    struct ip_stack *ip = tp->sock.ip;
    size_t size = frame_size(frame) + IPV4_HDR_LEN;
    struct tcp_path *path;
    struct ip_plain plain;

    tp->path_hash = hash_of(tp);
    path = tcp_path_along(tp);
    if (path == NULL || !ip_way_holds(ip, &path->way, size))
        return output4_routed(tp, frame, tos);
    tcp_path_set_out(tp, frame);
    if (tcp_path_is_ready(path, ip, tp, size, tos)) { /* another has made it so, or this before */
        tp->path_version = tcp_path_known(tp);
        tp->sock.options_new = false;
        tcp_path_go(path, ip, frame, tp->next_id++);
        return 0;
    }
    plain = (struct ip_plain){ .src = path->src,
                               .id = tp->next_id++,
                               .protocol = IP_PROTO_TCP,
                               .ttl = tp->sock.options.ttl,
                               .tos = tos };
    get_ready(tp->layer, path, plain);
    output_along(path, ip, frame, plain);
    return 0;
}

int tcp_path_output(struct tcp_sock *tp, struct frame *frame, uint8_t tos)
{
    return tp->entry.ends->remote.v6 ? output6(tp, frame, tos) : output4(tp, frame, tos);
}

/* ---- half-open connections and answers without a socket ---- */

int tcp_request_route(struct tcp_request *req, uint32_t *mtu)
{
    const struct tcp_entry *entry = &req->entry;
    const struct sock *sock = &req->listener->sock;
    const struct route6 *route;
    int error;

    if (!entry->ends->remote.v6) {
        error = route4(sock->ip, entry->ends, sock->options.bound_iface, &req->route);
        if (error == 0)
            *mtu = ip_path_mtu(sock->ip, &req->route);
        return error;
    }
    route = ip6_route_cached(sock->ip, entry->ends->remote.addr6, entry->ends->local.addr6,
                             inet6_oif(sock, &entry->ends->remote), &error);
    if (route != NULL)
        *mtu = ip6_path_mtu(route);
    return error;
}

static void reply6(struct tcp_layer *tcp, struct frame *frame, const struct tcp_reply *reply)
{
    struct ip6_send send = { .src = reply->local.addr6,
                             .dst = reply->remote.addr6,
                             .protocol = IP_PROTO_TCP,
                             .hop_limit = reply->ttl,
                             .tclass = reply->tos,
                             .flow_salt = reply->flow_salt };

    if (reply->remote.scope != 0)
        send.oif = ip_iface_by_index(tcp->ip, reply->remote.scope);
    ip6_prepare_checksum(frame, send.src, send.dst, IP_PROTO_TCP, TCP_AT_CHECKSUM);
    ip6_output(tcp->ip, frame, &send);
}

void tcp_reply_output(struct tcp_layer *tcp, struct frame *frame, const struct tcp_reply *reply)
{
    struct ip_send send = { .src = reply->local.addr,
                            .dst = reply->remote.addr,
                            .protocol = IP_PROTO_TCP,
                            .ttl = reply->ttl,
                            .tos = reply->tos,
                            .df = true,
                            .use_id = true };

    if (reply->remote.v6) {
        reply6(tcp, frame, reply);
        return;
    }
    ip_prepare_checksum(frame, send.src, send.dst, IP_PROTO_TCP, TCP_AT_CHECKSUM);
    if (reply->route != NULL && route_valid(tcp->ip, reply->route))
        ip_output_routed(tcp->ip, frame, &send, reply->route);
    else
        ip_output(tcp->ip, frame, &send);
}
