/* Which address to send from: RFC 6724 section 5, as ipv6_dev_get_saddr(). */
#include "stack/net/ip6_internal.h"

/* The policy table of section 2.1, in the order of Linux's labels. */
static unsigned label_of(struct ip6_addr a)
{
    static const struct {
        struct ip6_addr prefix;
        unsigned len, label;
    } table[] = {
        { { 0, 1 }, 128, 0 },                            /* ::1 */
        { { 0, UINT64_C(0xffff00000000) }, 96, 4 },      /* ::ffff:0:0/96 */
        { { 0, 0 }, 96, 3 },                             /* ::/96 */
        { { UINT64_C(0x2001000000000000), 0 }, 32, 6 },  /* Teredo */
        { { UINT64_C(0x2001001000000000), 0 }, 28, 7 },  /* ORCHID */
        { { UINT64_C(0x2002000000000000), 0 }, 16, 2 },  /* 6to4 */
        { { UINT64_C(0xfec0000000000000), 0 }, 10, 11 }, /* site-local, deprecated */
        { { UINT64_C(0xfc00000000000000), 0 }, 7, 5 },   /* unique local */
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (ip6_in_prefix(a, table[i].prefix, table[i].len))
            return table[i].label;
    return 1;
}

/* Scopes as numbers of RFC 4291's multicast scopes. */
static unsigned scope_of(struct ip6_addr a)
{
    if (ip6_is_multicast(a))
        return ip6_mcast_scope(a);
    return ip6_is_link_local(a) || ip6_is_loopback(a) ? 2 : 14;
}

static unsigned common_bits(struct ip6_addr a, struct ip6_addr b)
{
    unsigned n = 0;

    while (n < 128 && ip6_in_prefix(a, b, n + 1))
        n++;
    return n;
}

/* Is @a better than @b? Both may be used. */
static bool better(const struct ip6_address *a, const struct ip6_address *b, struct ip6_addr dst,
                   const struct ip_iface *oif, sim_time now)
{
    unsigned want = scope_of(dst), sa = scope_of(a->addr), sb = scope_of(b->addr);
    bool old_a = now >= a->preferred_until, old_b = now >= b->preferred_until;
    unsigned bits_a, bits_b;

    if (ip6_eq(a->addr, dst) || ip6_eq(b->addr, dst)) /* rule 1 */
        return ip6_eq(a->addr, dst);
    if (sa != sb) /* rule 2 */
        return sa < sb ? sa >= want : sb < want;
    if (old_a != old_b) /* rule 3 */
        return !old_a;
    if ((a->iface->iface == oif) != (b->iface->iface == oif)) /* rule 5 */
        return a->iface->iface == oif;
    if ((label_of(a->addr) == label_of(dst)) != (label_of(b->addr) == label_of(dst))) /* rule 6 */
        return label_of(a->addr) == label_of(dst);
    bits_a = common_bits(a->addr, dst); /* rule 8, no longer than the address's own prefix */
    bits_b = common_bits(b->addr, dst);
    bits_a = bits_a < a->prefix_len ? bits_a : a->prefix_len;
    bits_b = bits_b < b->prefix_len ? bits_b : b->prefix_len;
    return bits_a > bits_b;
}

bool ip6_choose_source(const struct ip_stack *ip, struct ip6_addr dst, const struct ip_iface *oif,
                       struct ip6_addr *src)
{
    bool on_link = ip6_is_link_local(dst) || (ip6_is_multicast(dst) && ip6_mcast_scope(dst) <= 2);
    const struct ip6_address *best = NULL;
    sim_time now = node_now(ip->node);

    for (unsigned i = 0; i < ip->n_ifaces; i++) {
        const struct ip_iface *iface = ip->ifaces[i];

        if (!iface->up || (on_link && iface != oif))
            continue;
        for (unsigned j = 0; j < iface->six->n_addrs; j++) {
            const struct ip6_address *address = iface->six->addrs[j];

            if (address->tentative || address->dad_failed ||
                (ip6_is_link_local(address->addr) && iface != oif))
                continue;
            if (best == NULL || better(address, best, dst, oif, now))
                best = address;
        }
    }
    if (best != NULL)
        *src = best->addr;
    return best != NULL;
}
