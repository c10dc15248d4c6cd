/* Options of AF_INET6 sockets at the level of IPv6, RFC 3493 and 3542. */
#include "stack/net/ip6.h"
#include "stack/socket/fd.h"
#include "stack/socket/syscall.h"
#include "stack/transport/errqueue.h"

#define ECN_BITS 3

/* -1 asks for the default. */
static int set_octet(int value, int least, uint8_t fallback, uint8_t *octet)
{
    if (value < -1 || value > 255 || (value >= 0 && value < least))
        return -SIM_EINVAL;
    *octet = value == -1 ? fallback : (uint8_t)value;
    return 0;
}

static int set_mtu(struct sock *sock, int value)
{
    if (value != 0 && value < IPV6_MTU_MIN)
        return -SIM_EINVAL;
    sock_extra(sock)->frag_size6 = (uint16_t)(value < UINT16_MAX ? value : UINT16_MAX);
    return 0;
}

int sockopt6_set(struct fd *fd, enum sock_option option, int value)
{
    struct sock *sock = fd->sock;
    struct sock_options *options = &sock->options;

    switch (option) {
    case OPT_IPV6_V6ONLY:
        if (sock->local.port != 0)
            return -SIM_EINVAL;
        options->v6only = value != 0;
        return 0;
    case OPT_IPV6_UNICAST_HOPS:
        return set_octet(value, 0, 0, &options->hops);
    case OPT_IPV6_MULTICAST_HOPS:
        return set_octet(value, 0, 1, &options->multicast_hops);
    case OPT_IPV6_MULTICAST_IF:
        if (value != 0 && ip_iface_by_index(sock->ip, (unsigned)value) == NULL)
            return -SIM_ENODEV;
        return sock_set_multicast_if(sock, value) ? 0 : -SIM_ENODEV;
    case OPT_IPV6_TCLASS:
        if (fd->type == SIM_SOCK_STREAM && value >= -1 && value <= 255) /* as of IP_TOS */
            value = (value < 0 ? 0 : value & ~ECN_BITS) | (options->tclass & ECN_BITS);
        return set_octet(value, 0, 0, &options->tclass);
    case OPT_IPV6_MTU_DISCOVER:
        if (value < 0 || value > PMTUDISC_OMIT)
            return -SIM_EINVAL;
        options->mtu_discover6 = (uint8_t)value;
        return 0;
    case OPT_IPV6_RECVERR:
        options->recverr6 = value != 0;
        if (value == 0)
            errqueue_forget(sock);
        return 0;
    case OPT_IPV6_DONTFRAG:
        options->dontfrag = value != 0;
        return 0;
    case OPT_IPV6_RECVPKTINFO:
        options->pktinfo6 = value != 0;
        return 0;
    case OPT_IPV6_RECVHOPLIMIT:
        options->recvhops = value != 0;
        return 0;
    case OPT_IPV6_RECVTCLASS:
        options->recvtclass = value != 0;
        return 0;
    case OPT_IPV6_MTU:
        return set_mtu(sock, value);
    default:
        return 1;
    }
}

int sockopt6_get(const struct fd *fd, enum sock_option option, int *value)
{
    const struct sock *sock = fd->sock;
    const struct sock_options *options = &sock->options;

    switch (option) {
    case OPT_IPV6_V6ONLY:
        *value = options->v6only;
        return 0;
    case OPT_IPV6_UNICAST_HOPS:
        *value = options->hops != 0 ? options->hops : sock->ip->sysctl6.hop_limit;
        return 0;
    case OPT_IPV6_MULTICAST_HOPS:
        *value = options->multicast_hops;
        return 0;
    case OPT_IPV6_MULTICAST_IF:
        *value = options->multicast_ifindex;
        return 0;
    case OPT_IPV6_TCLASS:
        *value = options->tclass;
        return 0;
    case OPT_IPV6_MTU_DISCOVER:
        *value = options->mtu_discover6;
        return 0;
    case OPT_IPV6_RECVERR:
        *value = options->recverr6;
        return 0;
    case OPT_IPV6_DONTFRAG:
        *value = options->dontfrag;
        return 0;
    case OPT_IPV6_RECVPKTINFO:
        *value = options->pktinfo6;
        return 0;
    case OPT_IPV6_RECVHOPLIMIT:
        *value = options->recvhops;
        return 0;
    case OPT_IPV6_RECVTCLASS:
        *value = options->recvtclass;
        return 0;
    default:
        return 1;
    }
}
