/* IPv6 of a node: on and off, interfaces and their addresses. RFC 4862, RFC 4291. */
#include <stdlib.h>

#include "base/memory.h"
#include "sim/sim.h"
#include "stack/net/ip6_internal.h"
#include "stack/wire/eth_wire.h"

/* ---- on ---- */

static void enable_iface(struct ip_iface *iface)
{
    struct ip6_iface *six = arena_alloc(node_arena(iface->ip->node), sizeof *six);

    six->iface = iface;
    iface->six = six;
    mld_iface_init(six);
    ndp_iface_init(six);
    if (iface->iface != NULL && iface->up)
        ip6_addr_add(iface, ip6_link_local_of(&iface->iface->mac), 64, false);
}

void ip6_enable(struct ip_stack *ip)
{
    struct ip6_stack *six;

    if (ip->six != NULL)
        return;
    six = ip->six = mem_zalloc(sizeof *six);
    six->ip = ip;
    six->generation = 1;
    list_init(&six->reassemblies);
    node_random(ip->node, &six->random, "ip6");
    six->flow_key = random_u64(&six->random);
    neigh_init(&six->neigh, ip, true);
    ether_register(ip->ether, ETHERTYPE_IPV6, ip6_input, ip);
    for (unsigned i = 0; i < ip->n_ifaces; i++)
        enable_iface(ip->ifaces[i]);
    ip6_addr_add(ip->ifaces[0], IP6_LOOPBACK, 128, false);
}

void ip6_fini(struct ip_stack *ip)
{
    if (ip->six == NULL)
        return;
    ip6_reassembly_fini(ip);
    neigh_fini(&ip->six->neigh);
    for (unsigned i = 0; i < ip->n_ifaces; i++) {
        struct ip6_iface *six = ip->ifaces[i]->six;

        for (unsigned j = 0; j < six->n_addrs; j++)
            free(six->addrs[j]);
        free(six->addrs);
        membership_fini(&six->members);
    }
    free(ip->six->fib);
    free(ip->six->exceptions);
    icmp_peers_fini(&ip->six->peers);
    free(ip->six);
    ip->six = NULL;
}

struct neigh_table *ip6_neigh(const struct ip_stack *ip)
{
    return &ip->six->neigh;
}

/* ---- addresses ---- */

struct ip6_addr ip6_link_local_of(const struct mac_addr *mac)
{
    uint64_t m = mac_to_u64(mac) ^ UINT64_C(0x020000000000);

    return (struct ip6_addr){ UINT64_C(0xfe80) << 48, (m & 0xffffff000000) << 16 |
                                                          UINT64_C(0xfffe000000) | (m & 0xffffff) };
}

struct ip6_addr ip6_link_local(const struct ip6_iface *six)
{
    for (unsigned i = 0; i < six->n_addrs; i++)
        if (six->addrs[i]->scope == IP_SCOPE_LINK && !six->addrs[i]->tentative &&
            !six->addrs[i]->dad_failed)
            return six->addrs[i]->addr;
    return IP6_ANY;
}

static enum ip_scope scope_of(struct ip6_addr addr)
{
    if (ip6_is_loopback(addr))
        return IP_SCOPE_HOST;
    return ip6_is_link_local(addr) ? IP_SCOPE_LINK : IP_SCOPE_GLOBAL;
}

/* The network of an address, and the link-local one. */
static void connected_route(struct ip6_address *address, bool add)
{
    struct ip_iface *iface = address->iface->iface;
    struct fib6_entry entry = { .prefix = ip6_prefix(address->addr, address->prefix_len),
                                .prefix_len = address->prefix_len,
                                .kind = ROUTE_UNICAST,
                                .proto = ROUTE_PROTO_KERNEL,
                                .oif = iface,
                                .metric = IP6_METRIC_KERNEL,
                                .until = SIM_TIME_NONE };

    if (iface->iface == NULL)
        return;
    if (add && iface->up)
        fib6_add(iface->ip, &entry, false);
    else if (!add)
        fib6_remove(iface->ip, &entry);
}

/* Where it stands in the list: ipv6_link_dev_addr() puts a new address before those of its scope or
 * a smaller one. */
static void insert(struct ip6_iface *six, struct ip6_address *address)
{
    unsigned at = 0;

    ARRAY_PUSH(six->addrs, six->n_addrs, six->addrs_size, address);
    while (at + 1 < six->n_addrs && six->addrs[at]->scope < address->scope)
        at++;
    memmove(&six->addrs[at + 1], &six->addrs[at], (six->n_addrs - 1 - at) * sizeof *six->addrs);
    six->addrs[at] = address;
}

/* Nobody else has it: duplicate address detection is over. */
void ip6_address_ready(struct ip6_address *address)
{
    struct ip_iface *iface = address->iface->iface;

    address->tentative = false;
    ip6_changed(iface->ip);
    if (address->valid_until != SIM_TIME_NONE)
        timer_start_at(&address->timer, address->valid_until);
    if (iface->ip->address_changed != NULL)
        iface->ip->address_changed(iface->ip->address_ctx, iface);
}

static void address_timer(void *ctx)
{
    struct ip6_address *address = ctx;

    if (node_now(address->iface->iface->ip->node) >= address->valid_until)
        ip6_addr_remove(address->iface->iface, address->addr, address->prefix_len);
    else if (!address->tentative || address->dad_failed) /* it lives longer than it was to */
        timer_start_at(&address->timer, address->valid_until);
    else
        ndp_dad_start(address);
}

int ip6_addr_add(struct ip_iface *iface, struct ip6_addr addr, unsigned prefix_len, bool dad)
{
    struct ip_stack *ip = iface->ip;
    struct ip6_address *address;

    if (prefix_len > 128 || ip6_is_multicast(addr) || ip6_is_any(addr) || ip6_is_mapped(addr) ||
        (ip6_is_loopback(addr) && iface->iface != NULL))
        return -SIM_EINVAL;
    ip6_enable(ip);
    for (unsigned i = 0; i < iface->six->n_addrs; i++)
        if (ip6_eq(iface->six->addrs[i]->addr, addr))
            return -SIM_EEXIST;
    address = mem_zalloc(sizeof *address);
    *address = (struct ip6_address){ .iface = iface->six,
                                     .addr = addr,
                                     .prefix_len = (uint8_t)prefix_len,
                                     .scope = scope_of(addr),
                                     .valid_until = SIM_TIME_NONE,
                                     .preferred_until = SIM_TIME_NONE };
    timer_init(&address->timer, ip->node, IP6_WHY1(TIMER_ADDR6, addr), address_timer, address);
    insert(iface->six, address);
    if (iface->iface != NULL)
        node_state(ip->node, iface->iface, IP6_WHY(ADDR6_ADDED, addr, prefix_len));
    connected_route(address, true);
    ip6_changed(ip);
    if (iface->iface == NULL)
        return 0;
    address->tentative = dad && iface->up;
    if (!address->tentative)
        ip6_address_ready(address);
    mld_join(iface, ip6_solicited_node(addr), dad);
    if (address->tentative)
        ndp_dad_start(address);
    return 0;
}

static bool prefix_still_there(const struct ip6_iface *six, const struct ip6_address *gone)
{
    for (unsigned i = 0; i < six->n_addrs; i++)
        if (six->addrs[i]->prefix_len == gone->prefix_len &&
            ip6_in_prefix(six->addrs[i]->addr, gone->addr, gone->prefix_len))
            return true;
    return false;
}

int ip6_addr_remove(struct ip_iface *iface, struct ip6_addr addr, unsigned prefix_len)
{
    struct ip6_iface *six = iface->six;

    for (unsigned i = 0; six != NULL && i < six->n_addrs; i++) {
        struct ip6_address *gone = six->addrs[i];

        if (!ip6_eq(gone->addr, addr) || gone->prefix_len != prefix_len)
            continue;
        memmove(&six->addrs[i], &six->addrs[i + 1], (six->n_addrs - i - 1) * sizeof *six->addrs);
        six->n_addrs--;
        timer_fini(&gone->timer);
        if (iface->iface != NULL) {
            node_state(iface->ip->node, iface->iface, IP6_WHY(ADDR6_REMOVED, addr, prefix_len));
            ip6_group_leave(iface, ip6_solicited_node(addr));
        }
        if (!prefix_still_there(six, gone))
            connected_route(gone, false);
        free(gone);
        ip6_changed(iface->ip);
        if (iface->ip->address_changed != NULL)
            iface->ip->address_changed(iface->ip->address_ctx, iface);
        return 0;
    }
    return -SIM_EADDRNOTAVAIL;
}

struct ip6_address *ip6_addr_find(const struct ip_stack *ip, struct ip6_addr addr)
{
    for (unsigned i = 0; ip->six != NULL && i < ip->n_ifaces; i++) {
        const struct ip6_iface *six = ip->ifaces[i]->six;

        for (unsigned j = 0; j < six->n_addrs; j++)
            if (ip6_eq(six->addrs[j]->addr, addr))
                return six->addrs[j];
    }
    return NULL;
}

enum route_kind ip6_addr_kind(const struct ip_stack *ip, struct ip6_addr addr,
                              const struct ip_iface *iface)
{
    if (ip6_is_multicast(addr))
        return ROUTE_MULTICAST;
    for (unsigned i = 0; i < ip->n_ifaces; i++) {
        const struct ip_iface *here = ip->ifaces[i];

        /* A link-local address is an address of its own link alone. */
        if (!here->up ||
            (iface != NULL && iface->iface != NULL && here != iface && ip6_is_link_local(addr)))
            continue;
        for (unsigned j = 0; j < here->six->n_addrs; j++)
            if (ip6_eq(here->six->addrs[j]->addr, addr) && !here->six->addrs[j]->tentative &&
                !here->six->addrs[j]->dad_failed)
                return ROUTE_LOCAL;
    }
    return ROUTE_UNICAST;
}

/* ---- links ---- */

/* An interface that goes down loses all its addresses (keep_addr_on_down is off); the link-local
 * one comes back with it. */
void ip6_iface_changed(struct ip_iface *iface, bool up)
{
    struct ip6_iface *six = iface->six;

    if (six == NULL || iface->iface == NULL)
        return;
    if (up) {
        ip6_addr_add(iface, ip6_link_local_of(&iface->iface->mac), 64, true);
        ip6_groups_tell(iface);
        ndp_router_solicit_start(six);
        return;
    }
    while (six->n_addrs > 0)
        ip6_addr_remove(iface, six->addrs[0]->addr, six->addrs[0]->prefix_len);
    timer_stop(&six->rs_timer);
    membership_stop(&six->members);
    fib6_remove_iface(iface->ip, iface);
    neigh_flush_iface(&iface->ip->six->neigh, iface, false);
    ip6_changed(iface->ip);
}

void ip6_carrier(struct ip_iface *iface, bool up)
{
    if (iface->six == NULL)
        return;
    if (!up)
        neigh_flush_iface(&iface->ip->six->neigh, iface, true);
    else
        ip6_groups_tell(iface); /* on another switch, perhaps, that snoops */
    ip6_changed(iface->ip);
}
