/* What sockets of TCP, UDP and raw IP have in common where they speak IPv6. */
#ifndef WW_STACK_TRANSPORT_INET6_H
#define WW_STACK_TRANSPORT_INET6_H

#include "stack/net/ip6.h"
#include "stack/transport/sock.h"

/** inet6_oif() - the interface that @sock's packets to @remote must leave by, or NULL: it is bound
 * to it, or the address is of one link alone. */
struct ip_iface *inet6_oif(const struct sock *sock, const struct endpoint *remote);
/** inet6_may_bind() - 0, -SIM_EINVAL (a link-local address and no link, or a mapped one on an
 * IPv6-only socket) or -SIM_EADDRNOTAVAIL. @local of either family, on an AF_INET6 socket. */
int inet6_may_bind(const struct sock *sock, const struct endpoint *local, bool groups);
/** inet6_fill_send() - a packet's sending options from the socket's, for @remote. */
void inet6_fill_send(const struct sock *sock, const struct endpoint *remote, struct ip6_send *send);
/** inet6_control_send() - what @control, which may be NULL, changes of that for one datagram. */
void inet6_control_send(const struct sock *sock, const struct sock_control *control,
                        struct ip6_send *send);
/** inet6_route() - the way to @remote from @local; the source is in the route. 0 or -errno. */
int inet6_route(const struct sock *sock, const struct endpoint *local,
                const struct endpoint *remote, struct route6 *route);

#endif
