/* What the advice_*.c files share. Nobody else includes it. */
#ifndef WW_LAB_ADVICE_INTERNAL_H
#define WW_LAB_ADVICE_INTERNAL_H

#include "lab/advice.h"
#include "lab/segments.h"

/* An interface of a host or router that a cable joins to others. */
struct advice_port {
    const struct topo_node *node;
    const struct topo_iface *iface;
    uint32_t segment;
};

struct advice {
    const struct topology *t;
    struct diag_list *diags;
    struct segments *segments;
    struct advice_port *ports; /* sorted by segment, then as in the file */
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

/** advice_group() - the ports of @segment. */
struct advice_group advice_group(const struct advice *a, uint32_t segment);
/** advice_owner() - who has @addr in @segment, or NULL. */
const struct advice_port *advice_owner(const struct advice *a, uint32_t segment, ip4_addr addr);
/** advice_forwards() - whether @node passes on what is not for it. */
bool advice_forwards(const struct topo_node *node);
/** advice_works() - whether @iface is up and its cable in place. */
bool advice_works(const struct topology *t, const struct topo_iface *iface);
/** advice_net() - "192.168.1.0/24"; free with g_free(). */
char *advice_net(ip4_addr addr, unsigned prefix_len);

/* advice_segment.c: what is wrong among those that hear each other. */
void advice_of_segments(const struct advice *a);
/* advice_next.c: gateways, name servers: addresses that others must have. */
void advice_of_next_hops(const struct advice *a);
void advice_of_servers(const struct advice *a);
/* advice_way.c: answers that do not come back, and packets that go round. */
void advice_of_ways(const struct advice *a);

#endif
