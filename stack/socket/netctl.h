/*
 * What netlink is to Linux's programs: how `ip`, `arp`, `ss`, `sysctl` and the like, and the
 * readers of topology files, see and change a host's interfaces, addresses, routes, neighbors,
 * sockets and settings. Plain structs by value; texts in them live as long as the host, if not said
 * otherwise. Functions return 0 or a negated sim_errno as the kernel would.
 */
#ifndef WW_STACK_SOCKET_NETCTL_H
#define WW_STACK_SOCKET_NETCTL_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/socket/os.h"
#include "stack/transport/tcp.h"

/* ---- interfaces ---- */

struct netctl_link {
    unsigned index; /* ifindex; lo is 1 */
    const char *name;
    struct mac_addr mac;
    bool loopback;
    bool up;      /* administratively */
    bool carrier; /* and a cable, and the far end up too */
    bool cabled;
    bool half_duplex; /* the cable leads to a hub */
    uint32_t mtu;     /* octets */
    uint64_t rate;    /* bit/s of the cable; 0: none, or infinitely fast */
    uint64_t rx_frames, rx_octets, rx_drops, tx_frames, tx_octets, tx_drops;
};

/** netctl_link_at() - the @n-th interface from 0, in ifindex order; false behind the last. */
bool netctl_link_at(const struct os *os, unsigned n, struct netctl_link *link);
/** netctl_link_find() - by name. False: there is none. */
bool netctl_link_find(const struct os *os, const char *name, struct netctl_link *link);
bool netctl_link_by_index(const struct os *os, unsigned index, struct netctl_link *link);
/* -SIM_ENODEV; for MTU and MAC also -SIM_EINVAL, and -SIM_EADDRNOTAVAIL for a group address. */
int netctl_link_set_up(struct os *os, const char *name, bool up);
int netctl_link_set_mtu(struct os *os, const char *name, uint32_t mtu);
int netctl_link_set_mac(struct os *os, const char *name, const struct mac_addr *mac);

#define NETCTL_MTU_MIN 68    /* RFC 791; Linux's ETH_MIN_MTU */
#define NETCTL_MTU_MAX 65535 /* of an Ethernet interface without a limit of its own */

/* ---- addresses ---- */

struct netctl_addr {
    unsigned ifindex;
    const char *ifname;
    ip4_addr addr;
    uint8_t prefix_len;
    ip4_addr broadcast; /* 0: none */
    enum ip_scope scope;
    bool secondary, dynamic;
    sim_time valid_until; /* SIM_TIME_NONE: for ever */
};

/** netctl_addr_at() - the @n-th address from 0, by interface, then as `ip addr` lists them; false
 * behind the last. */
bool netctl_addr_at(const struct os *os, unsigned n, struct netctl_addr *addr);
/* The broadcast address is that of the prefix, and `ip addr` does not show it. */
#define NETCTL_BROADCAST_UNSAID UINT32_C(1)
/**
 * netctl_addr_add() - -SIM_ENODEV, -SIM_EEXIST, -SIM_EINVAL. @broadcast 0: what the prefix says for
 * /30 and shorter.
 * @valid: how long from now, SIM_TIME_NONE for ever; anything else makes it "dynamic".
 */
int netctl_addr_add(struct os *os, const char *ifname, ip4_addr addr, unsigned prefix_len,
                    ip4_addr broadcast, sim_time valid);
/** netctl_addr_del() - -SIM_ENODEV, -SIM_EADDRNOTAVAIL. */
int netctl_addr_del(struct os *os, const char *ifname, ip4_addr addr, unsigned prefix_len);
int netctl_addr_flush(struct os *os, const char *ifname);

/* ---- routes ---- */

/* A next hop of several. */
struct netctl_hop {
    ip4_addr via;       /* 0: on the link */
    const char *ifname; /* when adding NULL: found by @via */
    uint16_t weight;    /* 1 to FIB_WEIGHT_MAX */
    bool onlink;
    bool dead, linkdown; /* shown, not set */
};

struct netctl_route {
    ip4_addr prefix;
    uint8_t prefix_len;
    enum route_kind kind;
    enum route_proto proto;
    ip4_addr via;       /* 0: on the link */
    const char *ifname; /* NULL: for blackhole and kin; when adding: found by @via */
    uint32_t metric;
    ip4_addr src;                  /* 0: the interface's */
    bool onlink;                   /* @via is taken to be on the link of @ifname */
    bool linkdown;                 /* shown, not set */
    const struct netctl_hop *hops; /* @n_hops of them, 0: @via and @ifname are the only one; else,
                                      shown, the first; FIB_HOPS_MAX at most */
    unsigned n_hops;
};

enum netctl_how { NETCTL_ADD, NETCTL_REPLACE, NETCTL_CHANGE };

/** netctl_routes() - every entry of the main table in the order of `ip route`. */
void netctl_routes(const struct os *os, void (*each)(void *ctx, const struct netctl_route *route),
                   void *ctx);
/**
 * netctl_route_add() - -SIM_EEXIST, -SIM_ENOENT (change: none is there), -SIM_ENODEV, -SIM_ENETDOWN
 * (the interface is off), -SIM_ENETUNREACH (@via is on no link), -SIM_EINVAL (host bits set, @via
 * is this host itself, @src is not its own), -SIM_ENXIO (on the link of what?).
 */
int netctl_route_add(struct os *os, const struct netctl_route *route, enum netctl_how how);
/** netctl_route_del() - the first that agrees in prefix and in what else is not zero. -SIM_ESRCH,
 * -SIM_ENODEV. */
int netctl_route_del(struct os *os, const struct netctl_route *route);
/** netctl_route_cache_flush() - forget learned path MTUs and redirects. */
void netctl_route_cache_flush(struct os *os);

/* Where a packet would go: `ip route get`. */
struct netctl_path {
    enum route_kind kind;
    ip4_addr dst, via; /* via 0: directly */
    const char *ifname;
    ip4_addr src;
    uint32_t mtu;                 /* octets a packet may have */
    bool mtu_learned, mtu_locked; /* from an ICMP error; too small to be believed */
    bool redirected;
    sim_time expires; /* when that is forgotten; SIM_TIME_NONE: nothing is learned */
};

/** netctl_route_get() - -SIM_ENODEV, -SIM_ENETUNREACH, -SIM_EHOSTUNREACH, -SIM_EACCES, -SIM_EINVAL
 * (blackhole). */
int netctl_route_get(struct os *os, ip4_addr dst, ip4_addr src, const char *ifname,
                     struct netctl_path *path);
/** netctl_route_get_for() - the same for packets of which more is known. */
int netctl_route_get_for(struct os *os, struct route_key *key, const char *ifname,
                         struct netctl_path *path);
/** netctl_route_cached_next() - the next destination about which something was learned; false
 * behind the last. *@at begins with 0 and is the function's own. */
bool netctl_route_cached_next(struct os *os, uint32_t *at, struct netctl_path *path);
/** netctl_addr_kind() - what @addr is to this host: its own, a broadcast address, a group, or
 * somebody else's. */
enum route_kind netctl_addr_kind(const struct os *os, ip4_addr addr);

/* ---- neighbors ---- */

struct netctl_neigh {
    ip4_addr addr;
    const char *ifname;
    enum neigh_state state;
    bool has_mac;
    struct mac_addr mac;
    sim_time used, confirmed, updated; /* how long ago */
};

/** netctl_neighs() - every entry, sorted by address. */
void netctl_neighs(const struct os *os, void (*each)(void *ctx, const struct netctl_neigh *neigh),
                   void *ctx);
bool netctl_neigh_get(const struct os *os, const char *ifname, ip4_addr addr,
                      struct netctl_neigh *neigh);
/** netctl_neigh_set() - -SIM_ENODEV, -SIM_EEXIST (without @replace), -SIM_EINVAL (a state that
 * needs a MAC). */
int netctl_neigh_set(struct os *os, const struct netctl_neigh *neigh, bool replace);
/** netctl_neigh_del() - -SIM_ENODEV, -SIM_ENOENT. */
int netctl_neigh_del(struct os *os, const char *ifname, ip4_addr addr);
/** netctl_neigh_flush() - entries of @ifname, NULL: of all; permanent ones stay. */
int netctl_neigh_flush(struct os *os, const char *ifname);

/* ---- sockets ---- */

struct netctl_socket {
    const char *proto; /* "tcp", "udp" */
    char state[16];    /* as `ss` writes it: "ESTAB", "UNCONN" */
    uint64_t recv_q, send_q;
    struct endpoint local, remote;   /* port 0: anybody */
    const struct tcp_info_view *tcp; /* of a TCP socket, else NULL; valid during the call */
};

/** netctl_sockets() - every socket of @proto ("tcp", "udp"), in the order the protocol keeps them.
 */
void netctl_sockets(struct os *os, const char *proto,
                    void (*each)(void *ctx, const struct netctl_socket *socket), void *ctx);

/** netctl_socket_owners() - each process that has @socket open, under the number @fd. */
void netctl_socket_owners(struct os *os, const struct netctl_socket *socket,
                          void (*each)(void *ctx, const struct process *owner, int fd), void *ctx);

struct netctl_group {
    unsigned ifindex;
    const char *ifname;
    struct endpoint group; /* without port */
    uint32_t users;
};

/** netctl_group_at() - the @n-th multicast group from 0 that the host is in, of IPv6 or of IPv4: by
 * interface, the newest first, as the kernel keeps them. */
bool netctl_group_at(const struct os *os, unsigned n, bool v6, struct netctl_group *group);

/* ---- settings and counters ---- */

/* Room for a setting's text, with its NUL. */
#define NETCTL_SYSCTL_TEXT_MAX 80

/** netctl_sysctl_at() - the name of the @n-th setting, sorted by name; NULL behind the last. */
const char *netctl_sysctl_at(unsigned n);
/** netctl_sysctl_get() - a setting as /proc/sys shows it (several numbers with tabs between),
 * "net.ipv4.ip_forward" -> "1". -SIM_ENOENT. */
int netctl_sysctl_get(const struct os *os, const char *name,
                      char text[static NETCTL_SYSCTL_TEXT_MAX]);
/** netctl_sysctl_set() - -SIM_ENOENT, -SIM_EINVAL (no number, or out of range: nothing is changed).
 */
int netctl_sysctl_set(struct os *os, const char *name, const char *text);

struct netctl_counters { /* packets */
    uint64_t ip_in, ip_delivered, ip_forwarded, ip_out, ip_fragments_made, ip_reassembled;
};

void netctl_counters(const struct os *os, struct netctl_counters *counters);

#endif
