/* One host or router of a network, as its configuration files would set it up. For lab/network.c.
 */
#ifndef WW_LAB_NETWORK_HOST_H
#define WW_LAB_NETWORK_HOST_H

#include "lab/network.h"

/** network_host_configure() - settings, addresses, routes, NAT and files of the topology's node
 * @index. */
void network_host_configure(struct network *network, uint32_t index);
/** network_host_start_services() - DHCP, DNS, HTTP and the small servers, in this order. */
void network_host_start_services(struct network *network, uint32_t index);

#endif
