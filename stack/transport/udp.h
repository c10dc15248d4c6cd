/* UDP, RFC 768 and RFC 1122 section 4.1, with Linux's socket look-up and errors. */
#ifndef WW_STACK_TRANSPORT_UDP_H
#define WW_STACK_TRANSPORT_UDP_H

#include "stack/net/ip.h"
#include "stack/transport/sock.h"

struct udp_layer;

/** udp_init() - registers UDP with @ip. Free with udp_fini(), which ends all its sockets. */
struct udp_layer *udp_init(struct ip_stack *ip);
void udp_fini(struct udp_layer *udp);
/** udp_socket() - a new unbound socket. */
struct sock *udp_socket(struct udp_layer *udp);
/** udp_socket6() - of AF_INET6. */
struct sock *udp_socket6(struct udp_layer *udp);
/** udp_describe() - table "udp" in the words of `ss -uan`. */
void udp_describe(struct udp_layer *udp, struct describe *out);

#endif
