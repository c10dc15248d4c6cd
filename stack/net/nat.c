#include "stack/net/nat.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "sim/sim.h"
#include "stack/net/nat_internal.h"
#include "stack/wire/udp_wire.h"

#define PORT_TRIES_MAX                                                                             \
    128 /* NF_NAT_MAX_ATTEMPTS, then half as many at another place, and so on                      \
         */
#define PORT_TRIES_MIN 16

/* A packet under the hooks: its header and what is there of its transport header and data. */
struct view {
    struct ipv4_hdr hdr;
    uint8_t *transport;
    size_t len; /* linear octets from there on */
};

static bool look(struct frame *frame, struct view *view)
{
    if (ipv4_parse(frame->data, frame_size(frame), &view->hdr) != DROP_NONE)
        return false;
    if (view->hdr.protocol == IP_PROTO_ICMP)
        frame_need(frame, frame_size(frame));
    else
        frame_need(frame, frame_size(frame) < (size_t)view->hdr.hdr_len + TCP_HDR_MAX
                              ? frame_size(frame)
                              : (size_t)view->hdr.hdr_len + TCP_HDR_MAX);
    frame_writable(frame);
    frame->network = frame->data;
    view->transport = frame->data + view->hdr.hdr_len;
    view->len = frame->len - view->hdr.hdr_len;
    return true;
}

/* nf_conntrack_checksum is on: what arrived damaged belongs to no connection. */
static bool is_intact(struct frame *frame, const struct view *view)
{
    const uint8_t *transport = view->transport;
    bool right;

    switch (view->hdr.protocol) {
    case IP_PROTO_ICMP:
        return view->len >= ICMP_HDR_LEN &&
               checksum_finish(checksum_add(0, transport, view->len)) == 0;
    case IP_PROTO_UDP:
        if (view->len >= UDP_HDR_LEN && be16_get(transport + CHECKSUM_FIELD_UDP) == 0 &&
            !frame->checksum.pending)
            return true;
        break;
    case IP_PROTO_TCP:
        break;
    default:
        return true;
    }
    frame_pull(frame, view->hdr.hdr_len);
    right = ip_check_checksum(frame, &(struct ip_rx){ .hdr = &view->hdr });
    frame_push(frame, view->hdr.hdr_len);
    return right;
}

/* ---- choosing the outside's address and port ---- */

/* The address of @oif that goes with the way to @dst: inet_select_addr(). */
static ip4_addr masquerade_addr(struct nat *nat, struct ip_iface *oif, ip4_addr dst)
{
    struct route route;
    ip4_addr next_hop = ip_route(nat->ip, dst, 0, oif, &route) == 0 ? route.next_hop : dst;

    for (unsigned i = 0; i < oif->n_addrs; i++)
        if (!oif->addrs[i].secondary &&
            ip4_in_prefix(next_hop, oif->addrs[i].addr, oif->addrs[i].prefix_len))
            return oif->addrs[i].addr;
    return ip_iface_primary(oif);
}

/* Well-known ports stay among themselves: below 512, below 1024, and the rest. ICMP identifiers may
 * be any. */
static void port_range(const struct nat_tuple *tuple, uint16_t port, uint32_t *first, uint32_t *n)
{
    *first = 1024;
    *n = 65536 - 1024;
    if (tuple->protocol == IP_PROTO_ICMP) {
        *first = 0;
        *n = 65536;
    } else if (port < 512) {
        *first = 1;
        *n = 511;
    } else if (port < 1024) {
        *first = 600;
        *n = 1024 - 600;
    }
}

static void find_port(struct nat *nat, struct nat_tuple *reply)
{
    uint32_t first, n, tries;

    port_range(reply, reply->dst.port, &first, &n);
    tries = n < PORT_TRIES_MAX ? n : PORT_TRIES_MAX;
    for (;;) {
        uint32_t from = random_u32(&nat->random) >> 16;

        for (uint32_t i = 0; i < tries; i++) {
            reply->dst.port = (uint16_t)(first + (from + i) % n);
            if (!nat_tuple_used(nat, reply))
                return;
        }
        if (tries >= n || tries < PORT_TRIES_MIN)
            return; /* none: nat_conn_confirm() will refuse it */
        tries /= 2;
    }
}

/* get_unique_tuple() for the source: as another connection of it has it, else unchanged, else any
 * free port. */
static void choose_source(struct nat_conn *conn, ip4_addr addr)
{
    struct nat *nat = conn->nat;
    struct nat_tuple *reply = &conn->tuple[NAT_REPLY];
    struct endpoint original = conn->tuple[NAT_ORIGINAL].src;
    bool has_ports = reply->protocol == IP_PROTO_TCP || reply->protocol == IP_PROTO_UDP ||
                     reply->protocol == IP_PROTO_ICMP;

    reply->dst.addr = addr;
    if (addr != original.addr) {
        const struct nat_conn *like = nat_find_source(nat, &conn->tuple[NAT_ORIGINAL], addr);

        if (like != NULL) {
            reply->dst = like->tuple[NAT_REPLY].dst;
            if (!nat_tuple_used(nat, reply))
                return;
        }
    }
    reply->dst = (struct endpoint){ addr, original.port };
    if (nat_tuple_used(nat, reply) && has_ports)
        find_port(nat, reply);
}

static bool is_inside(const struct nat *nat, const struct iface *in)
{
    if (in == NULL)
        return false;
    for (unsigned i = 0; i < nat->config.n_inside; i++)
        if (nat->config.inside[i]->iface == in)
            return true;
    return nat->config.n_inside == 0 && in != nat->config.outside->iface;
}

/* ---- port forwards ---- */

static bool is_outside_addr(const struct nat *nat, ip4_addr addr)
{
    const struct ip_iface *outside = nat->config.outside;

    for (unsigned i = 0; outside->up && i < outside->n_addrs; i++)
        if (outside->addrs[i].addr == addr)
            return true;
    return false;
}

static void apply_forwards(struct nat_conn *conn)
{
    const struct nat *nat = conn->nat;
    const struct nat_tuple *original = &conn->tuple[NAT_ORIGINAL];

    if (!is_outside_addr(nat, original->dst.addr))
        return;
    for (unsigned i = 0; i < nat->config.n_forwards; i++) {
        const struct nat_forward *forward = &nat->config.forwards[i];

        if (forward->protocol == original->protocol && forward->port == original->dst.port) {
            conn->tuple[NAT_REPLY].src = forward->to;
            return;
        }
    }
}

/* ---- errors about connections ---- */

/* What an ICMP error quotes: its place, the packet's header and how much is there. */
static bool find_quote(const struct view *view, struct ipv4_hdr *quote, struct nat_tuple *tuple)
{
    const uint8_t *inner = view->transport + ICMP_HDR_LEN;

    return view->hdr.protocol == IP_PROTO_ICMP && view->len > ICMP_HDR_LEN &&
           icmp_is_error(view->transport[0]) &&
           ipv4_quote_parse(inner, view->len - ICMP_HDR_LEN, quote) == DROP_NONE &&
           quote->frag_off == 0 &&
           nat_tuple_of(quote, inner + quote->hdr_len, view->len - ICMP_HDR_LEN - quote->hdr_len,
                        tuple);
}

/* The connection that an ICMP error is about; *@dir as of a packet that goes the error's way. */
static struct nat_conn *find_related(struct nat *nat, const struct view *view, enum nat_dir *dir)
{
    struct ipv4_hdr quote;
    struct nat_tuple tuple;
    struct nat_conn *conn;

    if (!find_quote(view, &quote, &tuple))
        return NULL;
    tuple = nat_tuple_invert(&tuple);
    conn = nat_find(nat, &tuple, dir);
    /* An error that goes to another address than its quote's sender is forged. */
    return conn != NULL && conn->tuple[*dir].dst.addr == view->hdr.dst ? conn : NULL;
}

/* One step for an error: the outer address, and in the quote the other end. */
static void rewrite_error(struct frame *frame, bool source, struct endpoint to)
{
    size_t hdr_len = (size_t)(frame->data[0] & 15) * 4;
    uint8_t *icmp = frame->data + hdr_len, *inner = icmp + ICMP_HDR_LEN;
    size_t len = frame->len - hdr_len;

    nat_rewrite(inner, len - ICMP_HDR_LEN, !source, to, false);
    be16_put(icmp + 2, 0);
    be16_put(icmp + 2, checksum_finish(checksum_add(0, icmp, len)));
    nat_rewrite(frame->data, frame->len, source, to, false);
}

/* ---- the hooks ---- */

static void forget_passing(struct nat_passing *passing)
{
    struct nat_conn *conn = passing->conn;

    passing->frame = NULL;
    passing->conn = NULL;
    if (conn != NULL && !conn->confirmed)
        nat_conn_remove(conn); /* its packet died on the way */
}

static void rewrite(const struct nat_passing *passing, struct frame *frame, bool source,
                    struct endpoint to)
{
    if (passing->is_error)
        rewrite_error(frame, source, to);
    else
        nat_rewrite(frame->data, frame->len, source, to, frame->checksum.pending);
}

/* The connection that the packet belongs to, a new one if it opens one; NULL: INVALID, or no room.
 */
static struct nat_conn *find_or_open(struct nat *nat, const struct view *view, enum nat_dir *dir,
                                     bool *full)
{
    struct nat_tuple tuple;
    struct nat_conn *conn;
    bool is_new;

    if (!nat_tuple_of(&view->hdr, view->transport, view->len, &tuple))
        return NULL;
    for (int tries = 0; tries < 2; tries++) {
        conn = nat_find(nat, &tuple, dir);
        is_new = conn == NULL;
        if (is_new) {
            if (!nat_may_open(&view->hdr, view->transport, view->len))
                return NULL;
            conn = nat_conn_new(nat, &tuple);
            *full = conn == NULL;
            if (conn == NULL)
                return NULL;
            *dir = NAT_ORIGINAL;
        }
        switch (nat_track(conn, *dir, &view->hdr, view->transport, view->len, is_new)) {
        case NAT_VALID:
            return conn;
        case NAT_INVALID:
            if (is_new)
                nat_conn_remove(conn);
            return NULL;
        case NAT_AGAIN:
            nat_conn_remove(conn);
            break;
        }
    }
    return NULL;
}

enum entry { PASSES, TRACKED, DIED };

/* On entering: to which connection does it belong? */
static enum entry enter(struct nat *nat, struct nat_passing *passing, struct frame *frame)
{
    bool from_wire = passing == &nat->from_wire, full = false;
    struct view view;
    struct nat_conn *conn;
    enum nat_dir dir;

    forget_passing(passing);
    if (!look(frame, &view) || (from_wire && !is_intact(frame, &view)))
        return PASSES;
    conn = find_related(nat, &view, &dir);
    passing->is_error = conn != NULL;
    if (conn != NULL && view.transport[0] == ICMP_REDIRECT &&
        (nat_changes_src(conn, NAT_ORIGINAL) || nat_changes_dst(conn, NAT_ORIGINAL))) {
        node_drop(nat->ip->node, frame->in, frame,
                  DROP_REDIRECT_IGNORED); /* they would talk past the translation */
        return DIED;
    }
    if (conn == NULL && !from_wire && ip_is_local(nat->ip, view.hdr.dst))
        return PASSES; /* stays on lo */
    if (conn == NULL)
        conn = find_or_open(nat, &view, &dir, &full);
    if (full) {
        node_drop(nat->ip->node, frame->in, frame, DROP_NAT_FULL);
        return DIED;
    }
    if (conn == NULL)
        return PASSES;
    if (from_wire && !conn->confirmed)
        apply_forwards(conn);
    passing->frame = frame;
    passing->conn = conn;
    passing->dir = dir;
    if (nat_changes_dst(conn, dir))
        rewrite(passing, frame, false, conn->tuple[!dir].src);
    return TRACKED;
}

static bool prerouting(void *ctx, struct ip_iface *iif, struct frame *frame)
{
    struct nat *nat = ctx;
    struct nat_passing *passing = &nat->from_wire;

    (void)iif;
    switch (enter(nat, passing, frame)) {
    case DIED:
        return false;
    case PASSES:
        return true;
    case TRACKED:
        break;
    }
    /* For this node itself: it goes no further, so it is confirmed here. */
    if (!passing->conn->confirmed &&
        ip_addr_kind(nat->ip, be32_get(frame->data + 16)) != ROUTE_UNICAST &&
        !nat_conn_confirm(passing->conn)) {
        node_drop(nat->ip->node, frame->in, frame, DROP_NAT_NO_PORT);
        return false;
    }
    return true;
}

static bool output(void *ctx, struct frame *frame)
{
    struct nat *nat = ctx;

    return enter(nat, &nat->own, frame) != DIED;
}

static void say_why(const struct nat_passing *passing, struct frame *frame)
{
    const struct nat_conn *conn = passing->conn;
    const struct nat_tuple *original = &conn->tuple[NAT_ORIGINAL], *reply = &conn->tuple[NAT_REPLY];
    bool out = nat_changes_src(conn, NAT_ORIGINAL), in = nat_changes_dst(conn, NAT_ORIGINAL);

    if (frame->in == NULL || (!out && !in))
        return;
    if (passing->dir == NAT_REPLY && out)
        frame->why = WHY(NAT_IN, original->src.addr, original->src.port);
    else if (passing->dir == NAT_REPLY)
        frame->why =
            WHY(NAT_OUT, reply->src.addr, reply->src.port, original->dst.addr, original->dst.port);
    else if (out)
        frame->why =
            WHY(NAT_OUT, original->src.addr, original->src.port, reply->dst.addr, reply->dst.port);
    else
        frame->why = WHY(NAT_FORWARD, original->dst.port, reply->src.addr, reply->src.port);
    frame->has_text = false;
}

/* A new connection leaves: its source is settled, and it is in the table from now on. */
static bool settle(struct nat *nat, struct nat_conn *conn, struct ip_iface *oif,
                   const struct frame *frame)
{
    ip4_addr src = conn->tuple[NAT_ORIGINAL].src.addr;

    conn->masqueraded = oif == nat->config.outside && is_inside(nat, frame->in);
    if (conn->masqueraded && (src = masquerade_addr(nat, oif, be32_get(frame->data + 16))) == 0) {
        nat_conn_remove(conn);
        return false;
    }
    choose_source(conn, src);
    return nat_conn_confirm(conn);
}

static bool postrouting(void *ctx, struct ip_iface *oif, struct frame *frame)
{
    struct nat *nat = ctx;
    struct nat_passing *passing = frame->in == NULL ? &nat->own : &nat->from_wire;
    struct nat_conn *conn = passing->conn;

    if (passing->frame != frame || conn == NULL)
        return true;
    if (!conn->confirmed && !settle(nat, conn, oif, frame)) {
        node_drop(nat->ip->node, frame->in, frame, DROP_NAT_NO_PORT);
        return false;
    }
    if (nat_changes_src(conn, passing->dir)) {
        frame_writable(frame);
        frame->network = frame->data;
        rewrite(passing, frame, true, conn->tuple[!passing->dir].dst);
    }
    say_why(passing, frame);
    passing->frame = NULL;
    passing->conn = NULL;
    return true;
}

/* Masqueraded connections do not outlive their address: masq_device_event(), masq_inet_event(). */
static void address_gone(void *ctx, const struct ip_iface *iface, ip4_addr addr)
{
    struct nat *nat = ctx;
    struct nat_conn *conn;

    if (iface != nat->config.outside)
        return;
    LIST_FOR_EACH(conn, &nat->conns, struct nat_conn, age)
    if (conn->masqueraded && (addr == 0 || conn->tuple[NAT_REPLY].dst.addr == addr))
        nat_conn_remove(conn);
}

static void fini(void *ctx)
{
    struct nat *nat = ctx;
    struct nat_conn *conn;

    forget_passing(&nat->from_wire);
    forget_passing(&nat->own);
    LIST_FOR_EACH(conn, &nat->conns, struct nat_conn, age)
    timer_fini(&conn->timer);
    free((void *)(uintptr_t)nat->config.inside);
    free((void *)(uintptr_t)nat->config.forwards);
    free(nat);
}

struct nat *nat_new(struct ip_stack *ip, const struct nat_config *config)
{
    struct nat *nat = mem_zalloc(sizeof *nat);

    CHECK(ip->hooks == NULL && config->outside != NULL && config->outside->iface != NULL);
    nat->ip = ip;
    nat->config = *config;
    nat->config.inside = mem_dup(config->inside, config->n_inside * sizeof *config->inside);
    nat->config.forwards = mem_dup(config->forwards, config->n_forwards * sizeof *config->forwards);
    node_random(ip->node, &nat->random, "nat");
    list_init(&nat->conns);
    nat_set_buckets(nat, NAT_BUCKETS_FIRST);
    nat->hooks =
        (struct ip_hooks){ nat, prerouting, output, postrouting, address_gone, nat_describe, fini };
    ip->hooks = &nat->hooks;
    ip->changes++;
    ip->fib.generation++; /* no flow is known any more: ip_flow_learn() */
    return nat;
}

unsigned nat_count(const struct nat *nat)
{
    return nat->n_conns;
}
