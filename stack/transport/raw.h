/* Raw IPv4 sockets and packet sockets: what ping, traceroute, arping, tcpdump and DHCP clients use.
 */
#ifndef WW_STACK_TRANSPORT_RAW_H
#define WW_STACK_TRANSPORT_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/link/ether.h"
#include "stack/net/ip.h"
#include "stack/transport/sock.h"

/** raw_socket() - AF_INET, SOCK_RAW: receives whole IP packets of @protocol (from the IP header
 * on), sends payloads, or with IP_HDRINCL, which is on for protocol 255, whole packets. */
struct sock *raw_socket(struct ip_stack *ip, uint8_t protocol);
/** raw_socket6() - of AF_INET6: data without IPv6 headers. */
struct sock *raw_socket6(struct ip_stack *ip, uint8_t protocol);
/**
 * packet_socket() - AF_PACKET: sees frames of @ethertype (0: all) of the interface it is bound to
 * (OPT_SO_BINDTODEVICE; none: all). @cooked: without the Ethernet header, receiving only; else from
 * the header on, both ways. Frames that the node itself sends are seen too when @ethertype is 0.
 */
struct sock *packet_socket(struct ip_stack *ip, struct ether *ether, uint16_t ethertype,
                           bool cooked);
/** packet_set_promiscuous() - also frames for other hosts. */
void packet_set_promiscuous(struct sock *sock, bool on);

#endif
