/*
 * Network address translation on a router, as Linux's netfilter does it: every connection through
 * the node is tracked (nf_conntrack), what leaves by the outside interface gets that interface's
 * address (MASQUERADE), and chosen ports of the outside address are led to hosts inside (DNAT). RFC
 * 3022, RFC 4787, RFC 5382, RFC 5508 where Linux follows them.
 *
 *   - Masquerading is no firewall: what comes in unasked is delivered to the router itself.
 *   - The source port is kept unless another connection to the same place has it.
 *   - A forward holds for whoever asks for the outside address, inside hosts too; but their source
 * is not rewritten, so a host cannot reach a server of its own subnet that way (no "NAT loopback"
 * without a rule of its own).
 *   - A packet that fits no connection and opens none (INVALID) passes untranslated.
 *   - Of TCP's window tracking the parts that choose time-outs are done; segments out of the window
 * are not INVALID here.
 */
#ifndef WW_STACK_NET_NAT_H
#define WW_STACK_NET_NAT_H

#include "stack/net/ip.h"

#define NAT_CONNECTIONS_MAX 65536 /* net.netfilter.nf_conntrack_max */

/* `tcp 8080 -> 192.168.1.20:80` */
struct nat_forward {
    uint8_t protocol; /* IP_PROTO_TCP or IP_PROTO_UDP */
    uint16_t port;    /* of the outside address */
    struct endpoint to;
};

struct nat_config {
    struct ip_iface *outside;
    struct ip_iface *const
        *inside; /* packets from these are masqueraded; none: from all but @outside */
    unsigned n_inside;
    const struct nat_forward *forwards;
    unsigned n_forwards;
};

struct nat;

/**
 * nat_new() - translate on @ip from now on, as *@config (copied) says. Installs itself in
 * ip->hooks, which ip_fini() ends. Adds the tables "nat" (`tcp 192.168.1.20:40000 ->
 * 203.0.113.80:80 as 198.51.100.2:40000 ESTABLISHED 431999`) and "conntrack" (the lines of
 * `conntrack -L`).
 */
struct nat *nat_new(struct ip_stack *ip, const struct nat_config *config);
/** nat_count() - connections tracked. */
unsigned nat_count(const struct nat *nat);

#endif
