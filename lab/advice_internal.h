/* What the advice_*.c files share. Nobody else includes it. */
#ifndef WW_LAB_ADVICE_INTERNAL_H
#define WW_LAB_ADVICE_INTERNAL_H

#include "lab/advice.h"
#include "lab/segments.h"

/* Both IP versions are looked at alike: an address of IPv4 is a mapped one (::ffff:192.0.2.1), and
 * its prefix 96 longer. */
enum advice_family { ADVICE_V4, ADVICE_V6, ADVICE_FAMILIES };

struct advice_addr {
    struct ip6_addr addr;
    uint8_t len;
    bool made; /* a link-local one that nobody wrote */
    struct text_pos at;
};

struct advice_addrs {
    struct advice_addr *all;
    uint32_t n;
};

struct advice_hop {
    struct ip6_addr via; /* ::, then there is @dev */
    uint32_t dev;        /* index in ifaces, or TOPO_NOWHERE */
    bool onlink;
};

struct advice_route {
    struct ip6_addr prefix;
    uint8_t len;
    enum topo_route_type type;
    enum advice_family family;
    uint32_t metric;
    uint32_t n_hops;
    struct advice_hop *hops;
    struct text_pos at;
};

struct advice_routes { /* the gateways are among them */
    struct advice_route *all;
    uint32_t n;
};

/* An interface of a host or router that a cable joins to others. */
struct advice_port {
    const struct topo_node *node;
    const struct topo_iface *iface;
    uint32_t segment;
    struct advice_addrs addrs;
};

struct advice {
    const struct topology *t;
    struct diag_list *diags;
    struct arena arena;
    struct segments *segments;
    struct advice_addrs *addrs;   /* of each interface, see advice_addrs() */
    struct advice_routes *routes; /* of each node */
    struct advice_port *ports;    /* sorted by segment, then as in the file */
    size_t n_ports;
    GHashTable *owners; /* struct advice_port *, by segment and each address */
};

/* The ports of one segment. */
struct advice_group {
    const struct advice_port *ports;
    size_t n;
};

/** advise() - a warning; @allow is the TOPO_ALLOW_... that silences it, which the text names. */
void advise(const struct advice *a, unsigned allow, struct text_pos at, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* advice_addr.c: addresses and routes of both versions as one. */
/** advice_read() - fill in the addresses and routes of @a. */
void advice_read(struct advice *a);
/** advice_addrs() - those of an interface, of a host or router. */
struct advice_addrs advice_addrs(const struct advice *a, const struct topo_iface *iface);
enum advice_family advice_family(struct ip6_addr addr);
/** advice_len() - of a prefix, as people write it. */
unsigned advice_len(struct ip6_addr addr, unsigned len);
/** advice_is_global() - an address of @family that others than those on the wire may use. */
bool advice_is_global(const struct advice_addr *addr, enum advice_family family);
/** advice_format() - the usual text; returns @text. */
const char *advice_format(struct ip6_addr addr, char text[static IP6_TEXT_MAX]);
/** advice_net() - "192.168.1.0/24"; free with g_free(). */
char *advice_net(struct ip6_addr addr, unsigned len);

/** advice_group() - the ports of @segment. */
struct advice_group advice_group(const struct advice *a, uint32_t segment);
/** advice_owner() - who has @addr in @segment, or NULL. */
const struct advice_port *advice_owner(const struct advice *a, uint32_t segment,
                                       struct ip6_addr addr);
/** advice_forwards() - whether @node passes on what is not for it. */
bool advice_forwards(const struct topo_node *node, enum advice_family family);
/** advice_works() - whether @iface is up and its cable in place. */
bool advice_works(const struct topology *t, const struct topo_iface *iface);

/* advice_segment.c: what is wrong among those that hear each other. */
void advice_of_segments(const struct advice *a);
/* advice_next.c: gateways, name servers: addresses that others must have. */
void advice_of_next_hops(const struct advice *a);
void advice_of_servers(const struct advice *a);
/* advice_way.c: answers that do not come back, and packets that go round. */
void advice_of_ways(const struct advice *a);

#endif
