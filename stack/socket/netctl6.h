/* The IPv6 half of netctl.h: addresses, routes and neighbors. A host without IPv6 has none of
 * them. */
#ifndef WW_STACK_SOCKET_NETCTL6_H
#define WW_STACK_SOCKET_NETCTL6_H

#include "stack/net/ip6.h"
#include "stack/socket/netctl.h"

struct netctl_addr6 {
    unsigned ifindex;
    const char *ifname;
    struct ip6_addr addr;
    uint8_t prefix_len;
    enum ip_scope scope;
    bool tentative, dad_failed, dynamic;
    sim_time valid_until, preferred_until; /* SIM_TIME_NONE: for ever */
};

/** netctl_addr6_at() - the @n-th address from 0, by interface, then as `ip -6 addr` lists them. */
bool netctl_addr6_at(const struct os *os, unsigned n, struct netctl_addr6 *addr);
/** netctl_addr6_add() - -SIM_ENODEV, -SIM_EEXIST, -SIM_EINVAL. @dad: duplicate address detection
 * first. */
int netctl_addr6_add(struct os *os, const char *ifname, struct ip6_addr addr, unsigned prefix_len,
                     bool dad);
int netctl_addr6_del(struct os *os, const char *ifname, struct ip6_addr addr, unsigned prefix_len);

struct netctl_route6 {
    struct ip6_addr prefix;
    uint8_t prefix_len;
    enum route_kind kind;
    enum route_proto proto;
    struct ip6_addr via; /* ::, on the link */
    const char *ifname;  /* when adding: may be found by @via */
    uint32_t metric;     /* 0 when adding: Linux's 1024 */
    struct ip6_addr src; /* ::, chosen by RFC 6724 */
};

/** netctl_route6_text() - the @n-th line of `ip -6 route`; NULL behind the last. */
const char *netctl_route6_text(const struct os *os, uint32_t n, char text[static FIB6_TEXT_MAX]);
/** netctl_route6_at() - the same as values; false behind the last. */
bool netctl_route6_at(const struct os *os, uint32_t n, struct netctl_route6 *route);
/** netctl_route6_add() - -SIM_EEXIST, -SIM_ENODEV, -SIM_ENETDOWN, -SIM_EHOSTUNREACH (@via is on no
 * link), -SIM_EINVAL. */
int netctl_route6_add(struct os *os, const struct netctl_route6 *route, enum netctl_how how);
int netctl_route6_del(struct os *os, const struct netctl_route6 *route);
/** netctl_route6_get() - where a packet would go. 0 or -errno. */
int netctl_route6_get(struct os *os, struct ip6_addr dst, struct ip6_addr src, const char *ifname,
                      struct route6 *route);

/** netctl_route6_learned_next() - see ip6_learned_next(). */
bool netctl_route6_learned_next(struct os *os, uint32_t *at, struct route6 *route);
void netctl_route6_forget_learned(struct os *os);

struct netctl_neigh6 {
    struct ip6_addr addr;
    const char *ifname;
    enum neigh_state state;
    bool has_mac, is_router;
    struct mac_addr mac;
};

/** netctl_neighs6() - every entry, sorted by address. */
void netctl_neighs6(const struct os *os, void (*each)(void *ctx, const struct netctl_neigh6 *neigh),
                    void *ctx);
int netctl_neigh6_set(struct os *os, const struct netctl_neigh6 *neigh, bool replace);
int netctl_neigh6_del(struct os *os, const char *ifname, struct ip6_addr addr);

#endif
