/* Addresses and routes of a node as its tables are now, IPv4 and IPv6 alike. */
#ifndef WW_LAB_STEP_ROUTE_H
#define WW_LAB_STEP_ROUTE_H

#include "inspect/facts.h"
#include "lab/step_moment.h"

#define STEP_ADDR_TEXT_MAX IP6_TEXT_MAX

/* The way on from a node. */
struct step_route {
    const struct ip_iface *oif;
    struct endpoint next_hop;
    bool via_gateway;
    uint32_t mtu;
    char prefix[STEP_ADDR_TEXT_MAX +
                4]; /* of the entry, where it is ROUTE_FORBIDS: "10.0.2.80/32" */
};

enum step_route_found { STEP_ROUTE, STEP_ROUTE_LOCAL, STEP_ROUTE_NONE, STEP_ROUTE_FORBIDS };

/** step_os() - of a host, or NULL. */
struct os *step_os(const struct step_moment *moment, const struct node *node);
/** step_has_addr() - whether @addr is one of this node's. */
bool step_has_addr(const struct os *os, const struct endpoint *addr);
/** step_first_addr() - of a node, of either family; one of a link alone only where there is no
 * other. The unspecified address: none. */
struct endpoint step_first_addr(const struct os *os, bool v6);
/** step_addr_owner() - who has @addr, or NULL. */
const struct node *step_addr_owner(const struct step_moment *moment, const struct endpoint *addr);
/** step_addr_iface() - the interface that has @addr, one on the network of @from before others. */
const struct iface *step_addr_iface(const struct step_moment *moment, const struct endpoint *addr,
                                    const struct iface *from);
/** step_addr_format() - the usual text. */
const char *step_addr_format(const struct endpoint *addr, char text[static STEP_ADDR_TEXT_MAX]);
/** step_facts_src() / step_facts_dst() - of a packet; unspecified of what is none. */
struct endpoint step_facts_src(const struct facts *facts);
struct endpoint step_facts_dst(const struct facts *facts);
/** step_route_find() - where @os sends packets to @dst. */
enum step_route_found step_route_find(const struct step_moment *moment, struct os *os,
                                      const struct endpoint *dst, struct step_route *route);

#endif
