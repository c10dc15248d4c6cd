/* What the topology_*.c files share while a topology is being read. Nobody else includes it. */
#ifndef WW_LAB_TOPOLOGY_BUILD_H
#define WW_LAB_TOPOLOGY_BUILD_H

#include "lab/reader.h"
#include "lab/topology.h"

enum host_key {
    HOST_KIND,
    HOST_INTERFACES,
    HOST_GATEWAY,
    HOST_RESOLVER,
    HOST_SEARCH,
    HOST_RESOLVER_CACHE,
    HOST_ROUTES,
    HOST_NAT,
    HOST_SERVICES,
    HOST_HOSTS,
    HOST_FILES,
    HOST_SYSCTL,
    HOST_N_KEYS
};

struct iface_key { /* also the value in topology.iface_by_name */
    uint32_t node;
    uint32_t index;
    const char *name;
};

struct node_build {
    const struct ynode *values[HOST_N_KEYS];
    struct topo_iface *ifaces; /* growing; moved into the arena when all links are known */
    uint32_t n_ifaces, ifaces_size;
    uint32_t n_cable_ends;
    bool usable; /* name and kind are right */
};

struct topo_build {
    struct reader r;
    struct topology *t;
    unsigned flags;
    struct node_build *nodes;
    const struct ynode **link_nodes; /* of t->links: what each was made of */
    struct topo_link link_defaults;
    const char **node_names; /* of all nodes, for hints; made when first needed */
};

/* topology.c */
struct topo_iface *build_iface_find(const struct topo_build *b, uint32_t node, const char *name);
struct topo_iface *build_iface_add(struct topo_build *b, uint32_t node, const char *name,
                                   struct text_pos at);
const char *build_node_hint(struct topo_build *b, const char *word);
/** build_is_map() - else an error: `@what` is a map like @example. */
bool build_is_map(struct topo_build *b, const struct ynode *map, const char *what,
                  const char *example);
/** build_iface_named() - index of @node's interface that @text names, or TOPO_NOWHERE after an
 * error. */
uint32_t build_iface_named(struct topo_build *b, const struct topo_node *node,
                           const struct ynode *text, const char *what);

/* topology_links.c: first the ends, so that every interface is known; later what a link is like. */
void build_link_defaults(struct topo_build *b, const struct ynode *node);
void build_link_ends(struct topo_build *b, const struct ynode *links);
void build_link_values(struct topo_build *b);

/* topology_host.c */
void build_interfaces(struct topo_build *b, struct topo_node *node, const struct ynode *map);
void build_host(struct topo_build *b, struct topo_node *node, const struct ynode **values);

/* topology_v6.c */
/** build_looks_v6() - a text with a colon, where an address is expected. */
bool build_looks_v6(const struct ynode *node);
/** build_address6() - "2001:db8::10/64". */
bool build_address6(struct topo_build *b, const struct ynode *node, struct topo_addr6 *addr);
/** build_gateway() - one address, or one of each family. */
void build_gateway(struct topo_build *b, struct topo_node *node, const struct ynode *value);
/** build_check6() - what is wrong with the IPv6 addresses and gateways of all nodes. */
void build_check6(struct topo_build *b);

/* topology_services.c */
void build_services(struct topo_build *b, struct topo_node *node, const struct ynode *map);

/* topology_check.c: what no line is wrong in by itself. */
void build_check(struct topo_build *b);

/** build_dhcp() / build_dhcp_relay() - one `dhcp` and the `dhcp-relay` of @node's services. */
void build_dhcp(struct topo_build *b, const struct topo_node *node, const struct ynode *map,
                struct topo_dhcp *dhcp);
void build_dhcp_relay(struct topo_build *b, const struct topo_node *node, const struct ynode *map,
                      struct topo_dhcp_relay *relay);
#endif
