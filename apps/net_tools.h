/* What ifconfig, route and netstat of net-tools share. */
#ifndef WW_APPS_NET_TOOLS_H
#define WW_APPS_NET_TOOLS_H

#include "stack/socket/netctl.h"
#include "stack/socket/process.h"

/** net_tools_link_at() - the @n-th interface in the order of names, as net-tools list them. */
bool net_tools_link_at(const struct os *os, unsigned n, struct netctl_link *link);
/** net_tools_print_routes() - the table of `route`, or with @netstat of `netstat -r`. @numeric:
 * "0.0.0.0", not "default". */
void net_tools_print_routes(struct process *self, bool numeric, bool netstat);
/** net_tools_print_routes6() - the same of IPv6. */
void net_tools_print_routes6(struct process *self, bool numeric);
/** net_tools_change_route6() - `route -6 add` or `del`, with its words from argv[@first] on; the
 * exit status. */
int net_tools_change_route6(struct process *self, int first, bool add);
/** net_tools_class_len() - the prefix length of @addr's class, for commands that give no mask. */
unsigned net_tools_class_len(ip4_addr addr);

#endif
