/* What hosts take from router advertisements: RFC 4861 section 6.3.4, RFC 4862 section 5.5.3. */
#include "stack/net/ip6_internal.h"
#include "stack/net/neigh_internal.h"
#include "stack/wire/icmp6_wire.h"

#define TWO_HOURS    7200u
#define LIFETIME_MAX 4000000u /* s */

/* What lasts longer than any run lasts for ever. */
static sim_time until(const struct ip_stack *ip, uint32_t seconds)
{
    return seconds > LIFETIME_MAX ? SIM_TIME_NONE
                                  : node_now(ip->node) + SIM_SEC(1) * (sim_time)seconds;
}

/* Routes with a lifetime: there while it is not 0. */
static void set_route(struct ip_iface *iface, struct fib6_entry *entry, uint32_t lifetime)
{
    entry->kind = ROUTE_UNICAST;
    entry->oif = iface;
    entry->until = until(iface->ip, lifetime);
    if (lifetime == 0) {
        fib6_remove(iface->ip, entry);
        return;
    }
    for (uint32_t i = 0; i < iface->ip->six->n_fib; i++) {
        struct fib6_entry *have = &iface->ip->six->fib[i];

        if (have->prefix_len == entry->prefix_len && ip6_eq(have->prefix, entry->prefix) &&
            have->oif == iface && ip6_eq(have->via, entry->via)) {
            if (have->until != SIM_TIME_NONE)
                have->until = entry->until;
            ip6_changed(iface->ip);
            return;
        }
    }
    fib6_add(iface->ip, entry, false);
}

static struct ip6_address *address_of(const struct ip_iface *iface, struct ip6_addr addr)
{
    for (unsigned i = 0; i < iface->six->n_addrs; i++)
        if (ip6_eq(iface->six->addrs[i]->addr, addr))
            return iface->six->addrs[i];
    return NULL;
}

/* The address that a prefix and the interface's own identifier make. A lifetime is never cut below
 * two hours by an advertisement that nobody signed. */
static void configure_address(struct ip_iface *iface, const struct ndp_prefix *prefix)
{
    struct ip6_addr addr = { ip6_prefix(prefix->prefix, 64).hi,
                             ip6_link_local_of(&iface->iface->mac).lo };
    struct ip6_address *address = address_of(iface, addr);
    sim_time end = until(iface->ip, prefix->valid), now = node_now(iface->ip->node);

    if (prefix->len != 64 || ip6_is_link_local(prefix->prefix) || prefix->valid == 0 ||
        prefix->preferred > prefix->valid)
        return;
    if (address == NULL) {
        if (ip6_addr_add(iface, addr, 64, true) != 0)
            return;
        address = address_of(iface, addr);
        address->dynamic = true;
    } else if (!address->dynamic) {
        return;
    } else if (prefix->valid <= TWO_HOURS && address->valid_until > end) {
        end = address->valid_until - now > SIM_SEC(TWO_HOURS) ? now + SIM_SEC(TWO_HOURS)
                                                              : address->valid_until;
    }
    address->valid_until = end;
    address->preferred_until = until(iface->ip, prefix->preferred);
    if (end != SIM_TIME_NONE && (!address->tentative || end < address->timer.due))
        timer_start_at(&address->timer, end);
}

static void learn_router(struct ip_iface *iface, const struct ndp_msg *msg, struct ip6_addr router)
{
    struct neigh_table *table = &iface->ip->six->neigh;
    struct neigh *neigh = neigh_find6(table, iface, router);

    if (neigh == NULL && msg->has_source)
        neigh = neigh_create6(table, iface, router);
    if (neigh == NULL)
        return;
    neigh->is_router = true;
    if (msg->has_source)
        neigh_update(neigh, &msg->source_mac, NEIGH_STALE, true, false);
}

enum drop_reason ndp_take_router_advert(struct ip_iface *iface, const struct ndp_msg *msg,
                                        const struct ipv6_hdr *hdr)
{
    const struct ip6_sysctl *sysctl = &iface->ip->sysctl6;
    struct fib6_entry route = { .via = hdr->src,
                                .proto = ROUTE_PROTO_RA,
                                .metric = IP6_METRIC_USER };

    if (!ip6_is_link_local(hdr->src))
        return DROP_BAD_HEADER;
    if (sysctl->forwarding || !sysctl->accept_ra)
        return DROP_NONE;
    timer_stop(&iface->six->rs_timer);
    learn_router(iface, msg, hdr->src);
    set_route(iface, &route, msg->lifetime);
    if (msg->hop_limit != 0)
        iface->six->hop_limit = msg->hop_limit;
    for (unsigned i = 0; i < msg->n_prefixes; i++) {
        const struct ndp_prefix *prefix = &msg->prefixes[i];
        struct fib6_entry on_link = { .prefix = ip6_prefix(prefix->prefix, prefix->len),
                                      .prefix_len = prefix->len,
                                      .proto = ROUTE_PROTO_KERNEL,
                                      .metric = IP6_METRIC_KERNEL };

        if (prefix->on_link && !ip6_is_link_local(prefix->prefix))
            set_route(iface, &on_link, prefix->valid);
        if (prefix->autonomous)
            configure_address(iface, prefix);
    }
    if (msg->mtu >= IPV6_MTU_MIN && msg->mtu <= iface->mtu)
        iface->six->mtu = msg->mtu;
    ip6_changed(iface->ip);
    return DROP_NONE;
}
