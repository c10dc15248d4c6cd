/* What the objects of `ip` share: its options, its arguments, its ways to complain. iproute2 6.1.
 */
#ifndef WW_APPS_IP_INTERNAL_H
#define WW_APPS_IP_INTERNAL_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "stack/socket/netctl.h"
#include "stack/socket/process.h"

struct ip_run {
    struct process *self;
    struct os *os;
    char **argv; /* what is left: the next argument; NULL at the end */
    bool brief, one_line, inet_only, inet6_only;
    unsigned stats;
    const char *object; /* "address", for messages */
};

/* Exit statuses: 1 of the tool's own checks, 2 of the kernel's, 255 of its usage. */

/** ip_matches() - @word is an abbreviation of @full: "a", "addr" of "address". */
bool ip_matches(const char *word, const char *full);
/** ip_is() - the next argument is exactly @word; then it is taken. */
bool ip_take(struct ip_run *ip, const char *word);
/** ip_value() - the argument after one just taken; NULL with "Command line is not complete"
 * printed. */
const char *ip_value(struct ip_run *ip);
/** ip_netlink() - "RTNETLINK answers: ..." for @error, when it is one. The exit status. */
int ip_netlink(struct ip_run *ip, int error);
/** ip_error() - "Error: @text" and status @status. */
int ip_error(struct ip_run *ip, int status, const char *format, ...) STRBUF_PRINTF_LIKE(3, 4);
int ip_no_device(struct ip_run *ip, const char *name);
int ip_unknown_command(struct ip_run *ip);
int ip_refuse(struct ip_run *ip, const char *what);
/** ip_prefix() - ADDRESS, ADDRESS/LEN or "default" and "any". False with the message printed. */
bool ip_prefix(struct ip_run *ip, const char *word, ip4_addr *addr, unsigned *len, bool *has_len);
bool ip_number(struct ip_run *ip, const char *name, const char *word, uint32_t max,
               uint32_t *value);
/** ip_print_link() - the lines of one interface, as `ip link` and `ip addr` begin them. */
void ip_print_link(struct ip_run *ip, const struct netctl_link *link, bool with_mode);
/** ip_print_link6() - the shorter line that the kernel gives of all links where IPv6 is asked for.
 */
void ip_print_link6(struct ip_run *ip, const struct netctl_link *link);
void ip_print_stats(struct ip_run *ip, const struct netctl_link *link);
/** ip_link_state() - "UP", "DOWN", "UNKNOWN". */
const char *ip_link_state(const struct netctl_link *link);

int ip_addr_object(struct ip_run *ip);
int ip_link_object(struct ip_run *ip);
int ip_route_object(struct ip_run *ip);
int ip_neigh_object(struct ip_run *ip);
int ip_maddr_object(struct ip_run *ip);
int ip_rule_object(struct ip_run *ip);
int ip_metrics_object(struct ip_run *ip);

/* ip_route_words.c; -1: go on, else the exit status */
/** ip_read_via() - [inet] ADDRESS behind `via`. */
int ip_read_via(struct ip_run *ip, ip4_addr *via);
/** ip_read_hops() - what stands behind `nexthop`, to the end of the line: *@n more of @hops, as
 * parse_nexthops() reads them. */
int ip_read_hops(struct ip_run *ip, struct netctl_hop hops[static FIB_HOPS_MAX], unsigned *n);
/** ip_read_flow_word() - ipproto, sport or dport and their value; -2: it is none of them. */
int ip_read_flow_word(struct ip_run *ip, struct route_key *key);

/* ip6.c */
/** ip_wants_v6() - -6, or an IPv6 address among the arguments that are left. */
bool ip_wants_v6(const struct ip_run *ip);
bool ip6_has_addrs(struct ip_run *ip, unsigned ifindex);
/** ip6_print_addrs() - of the interface with this index; ip6_print_neighs() - of @dev, NULL: all.
 */
void ip6_print_addrs(struct ip_run *ip, unsigned ifindex);
void ip6_print_neighs(struct ip_run *ip, const char *dev);
/** ip6_addr_change() - `ip address add`, `replace` and `delete`. */
int ip6_addr_change(struct ip_run *ip, bool add, bool replace);
/** ip6_addr_flush() - every IPv6 address of @dev is taken away. */
void ip6_addr_flush(struct ip_run *ip, const char *dev);
int ip6_route_object(struct ip_run *ip);
int ip6_neigh_object(struct ip_run *ip);
/** ip_neigh_state() - of `nud` @word; false: there is none such. */
bool ip_neigh_state(const char *word, enum neigh_state *state);

#endif
