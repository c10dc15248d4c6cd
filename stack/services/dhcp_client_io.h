/* Inside the DHCP client: its sockets, and what it does to the host. */
#ifndef WW_STACK_SERVICES_DHCP_CLIENT_IO_H
#define WW_STACK_SERVICES_DHCP_CLIENT_IO_H

#include "stack/services/dhcp_client.h"

enum dhcp_listen { DHCP_LISTEN_NONE, DHCP_LISTEN_RAW, DHCP_LISTEN_KERNEL };

/** dhcp_client_listen() - open what @how needs in the client's style, close the rest. */
void dhcp_client_listen(struct dhcp_client *client, enum dhcp_listen how);
/** dhcp_client_send() - a message of @type to @to; IP4_BROADCAST: by a frame of its own making. */
void dhcp_client_send(struct dhcp_client *client, uint8_t type, ip4_addr to);
/** dhcp_client_receive() - the next message for this client, or false. *@msg points into
 * client->octets. */
bool dhcp_client_receive(struct dhcp_client *client, struct dhcp_msg *msg);
/** dhcp_client_probe() - ask by ARP who has @addr. dhcp_client_probe_answered() - somebody has. */
void dhcp_client_probe(struct dhcp_client *client, ip4_addr addr);
bool dhcp_client_probe_answered(struct dhcp_client *client, ip4_addr addr);
/** dhcp_client_configure() - address, default route and /etc/resolv.conf as client->lease says. */
void dhcp_client_configure(struct dhcp_client *client);
/** dhcp_client_deconfigure() - the interface up and without addresses. */
void dhcp_client_deconfigure(struct dhcp_client *client);

#endif
