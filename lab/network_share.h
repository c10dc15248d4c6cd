/* A network that several ranks share: which node is whose, and what a rank keeps of the others'. */
#ifndef WW_LAB_NETWORK_SHARE_H
#define WW_LAB_NETWORK_SHARE_H

#include "lab/network.h"

/** network_share() - which rank has which node, in network->part_of: all ranks find the same. */
void network_share(struct network *network);
/** network_shell() - what is kept here of a node that another rank has: its name and number, and
 * its interfaces, if somebody here may see them. */
struct node *network_shell(struct network *network, uint32_t index);
/** network_has_link() - whether somebody here may see that cable. */
bool network_has_link(const struct network *network, uint32_t index);
/** network_port_macs() - of a switch, by port. Free with g_free(). */
struct mac_addr *network_port_macs(const struct topo_node *node);
/** network_shell_configure() - of what boot does to a node of another rank, that which is seen from
 * outside of it at once. */
void network_shell_configure(struct network *network, uint32_t index);

#endif
