/* Options of sockets: by name for simulated programs, and by Linux's numbers and structs. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stack/net/ip6.h"
#include "stack/socket/fd.h"
#include "stack/socket/syscall.h"
#include "stack/transport/errqueue.h"
#include "stack/transport/raw.h"
#include "stack/transport/tcp.h"

#define BUF_MAX         4194304 /* net.core.rmem_max, wmem_max of Linux 6.18 */
#define SNDBUF_MIN      4608
#define RCVBUF_MIN      2304
#define MEMBERSHIPS_MAX 20 /* net.ipv4.igmp_max_memberships */
#define ECN_BITS        3
#define PRIORITY_MAX    6  /* for others than root */
#define BPF_EXTENSIONS  64 /* SKF_AD_MAX */

/* ---- the options all sockets have ---- */

static int clamp_buffer(int value, int least)
{
    value = value > BUF_MAX || value < 0 ? BUF_MAX : value; /* Linux compares unsigned numbers */
    return 2 * value < least ? least : 2 * value; /* it doubles them for its own bookkeeping */
}

static int set_device(struct sock *sock, unsigned index)
{
    struct ip_iface *iface = index == 0 ? NULL : ip_iface_by_index(sock->ip, index);

    if (index != 0 && iface == NULL)
        return -SIM_ENODEV;
    sock->options.bound_iface = iface;
    return 1; /* TCP wants to know too */
}

/* SO_SNDBUFFORCE and SO_RCVBUFFORCE: as big as one likes. */
static int force_buffer(int *buffer, bool *locked, int value, int least)
{
    value = value < 0 ? 0 : value > INT_MAX / 2 ? INT_MAX / 2 : value;
    *buffer = 2 * value < least ? least : 2 * value;
    *locked = true;
    return 0;
}

/* Options that root alone may set. */
static bool is_privileged(const struct process *self, enum sock_option option, int value)
{
    if (self->uid == 0)
        return false;
    return option == OPT_SO_MARK || option == OPT_SO_SNDBUFFORCE || option == OPT_SO_RCVBUFFORCE ||
           (option == OPT_SO_PRIORITY && (value < 0 || value > PRIORITY_MAX));
}

/* The numbers of a socket of which the protocol need not know. 1: not one of them. */
static int set_number(struct sock *sock, enum sock_option option, int value)
{
    struct sock_options *options = &sock->options;

    switch (option) {
    case OPT_SO_PRIORITY:
        sock_extra(sock)->priority = value;
        return 0;
    case OPT_SO_MARK:
        sock_extra(sock)->mark = (uint32_t)value;
        return 0;
    case OPT_SO_SNDBUFFORCE:
        return force_buffer(&options->sndbuf, &options->sndbuf_locked, value, SNDBUF_MIN);
    case OPT_SO_RCVBUFFORCE:
        return force_buffer(&options->rcvbuf, &options->rcvbuf_locked, value, RCVBUF_MIN);
    case OPT_SO_TIMESTAMP:
    case OPT_SO_TIMESTAMPNS:
        options->timestamp = value != 0;
        options->stamp_ns = value != 0 && option == OPT_SO_TIMESTAMPNS;
        return 0;
    default:
        return 1;
    }
}

/* SO_TIMESTAMPING. 1: TCP counts octets, and says from where. */
static int set_stamps(struct fd *fd, int value)
{
    uint32_t stamps = (uint32_t)value;
    struct sock_extra *extra;

    if ((stamps & ~(uint32_t)SOCK_STAMP_ALL) != 0 ||
        ((stamps & SOCK_STAMP_OPT_ID_TCP) != 0 && (stamps & SOCK_STAMP_OPT_ID) == 0) ||
        ((stamps & SOCK_STAMP_OPT_STATS) != 0 && (stamps & SOCK_STAMP_OPT_TSONLY) == 0))
        return -SIM_EINVAL;
    if (fd_is_inet(fd) && fd->type == SIM_SOCK_STREAM)
        return 1;
    extra = sock_extra(fd->sock);
    if ((stamps & SOCK_STAMP_OPT_ID) != 0 && (extra->stamps & SOCK_STAMP_OPT_ID) == 0)
        extra->stamp_key = 0;
    extra->stamps = stamps;
    return 0;
}

static int set_zerocopy(struct fd *fd, int value)
{
    if (!fd_is_inet(fd) || (fd->type != SIM_SOCK_STREAM && fd->type != SIM_SOCK_DGRAM))
        return -SIM_EOPNOTSUPP;
    if (value < 0 || value > 1)
        return -SIM_EINVAL;
    sock_extra(fd->sock)->zerocopy = value != 0;
    return 0;
}

/* What few sockets are told. 1: not one of them. */
static int set_extra(struct fd *fd, enum sock_option option, int value)
{
    switch (option) {
    case OPT_SO_TIMESTAMPING:
        return set_stamps(fd, value);
    case OPT_SO_ZEROCOPY:
        return set_zerocopy(fd, value);
    default:
        return 1;
    }
}

/* 1: not one of them, or one that the protocol wants to know of, too. */
static int set_common(struct sock *sock, enum sock_option option, int value)
{
    struct sock_options *options = &sock->options;

    switch (option) {
    case OPT_SO_REUSEADDR:
        options->reuseaddr = value != 0;
        return 1;
    case OPT_SO_REUSEPORT:
        options->reuseport = value != 0;
        return 1;
    case OPT_SO_BROADCAST:
        options->broadcast = value != 0;
        return 0;
    case OPT_SO_OOBINLINE:
        options->oobinline = value != 0;
        return 0;
    case OPT_SO_DONTROUTE:
        options->dontroute = value != 0;
        return 0;
    case OPT_SO_LINGER:
        options->linger = value < 0 ? -1 : value;
        return 0;
    case OPT_SO_SNDBUF:
        options->sndbuf = clamp_buffer(value, SNDBUF_MIN);
        options->sndbuf_locked = true;
        return 1;
    case OPT_SO_RCVBUF:
        options->rcvbuf = clamp_buffer(value, RCVBUF_MIN);
        options->rcvbuf_locked = true;
        return 1;
    case OPT_SO_KEEPALIVE:
        options->keepalive = value != 0;
        return 1;
    case OPT_SO_BINDTODEVICE:
        return set_device(sock, (unsigned)value);
    case OPT_SO_RCVLOWAT:
        options->rcvlowat = value < 0 ? INT_MAX : value == 0 ? 1 : value;
        return 1;
    case OPT_SO_SNDLOWAT:
    case OPT_SO_ERROR:
    case OPT_SO_TYPE:
    case OPT_SO_ACCEPTCONN:
    case OPT_SO_DOMAIN:
    case OPT_SO_PROTOCOL:
        return -SIM_ENOPROTOOPT;
    default:
        return set_number(sock, option, value);
    }
}

/* What IP_TOS says to the queue of the interface, by the meaning it had before DiffServ. */
static int priority_of(uint8_t tos)
{
    static const uint8_t priorities[] = { 0, 2, 6, 4 }; /* by delay and throughput */

    return priorities[tos >> 3 & 3];
}

/* What recvmsg() shall tell, and the like. 1: not one of them. */
static int set_ip_switch(struct sock_options *options, enum sock_option option, bool on)
{
    switch (option) {
    case OPT_IP_PKTINFO:
        options->pktinfo = on;
        return 0;
    case OPT_IP_RECVTTL:
        options->recvttl = on;
        return 0;
    case OPT_IP_RECVTOS:
        options->recvtos = on;
        return 0;
    case OPT_IP_FREEBIND:
        options->freebind = on;
        return 0;
    default:
        return 1;
    }
}

/* Options of the IP layer; 1: not one of them. */
static int set_ip(struct fd *fd, enum sock_option option, int value)
{
    struct sock_options *options = &fd->sock->options;

    switch (option) {
    case OPT_IP_TTL:
        if (value != -1 && (value < 1 || value > 255))
            return -SIM_EINVAL;
        options->ttl = value == -1 ? 0 : (uint8_t)value;
        return 0;
    case OPT_IP_TOS:
        if (fd->type == SIM_SOCK_STREAM) /* the bits of ECN are TCP's own */
            value = (value & ~ECN_BITS) | (options->tos & ECN_BITS);
        options->tos = (uint8_t)value;
        if (options->extra != NULL || priority_of(options->tos) != 0)
            sock_extra(fd->sock)->priority = priority_of(options->tos);
        return 0;
    case OPT_IP_MTU_DISCOVER:
        if (value < 0 || value > PMTUDISC_OMIT)
            return -SIM_EINVAL;
        options->mtu_discover = (uint8_t)value;
        return 0;
    case OPT_IP_RECVERR:
        options->recverr = value != 0;
        if (value == 0)
            errqueue_forget(fd->sock);
        return 0;
    case OPT_IP_MULTICAST_TTL:
        if (fd->type == SIM_SOCK_STREAM || value < -1 || value > 255)
            return -SIM_EINVAL;
        options->multicast_ttl = value == -1 ? 1 : (uint8_t)value;
        return 0;
    case OPT_IP_MULTICAST_LOOP:
        options->multicast_loop = value != 0;
        return 0;
    case OPT_IP_MULTICAST_IF:
        if (fd->type == SIM_SOCK_STREAM)
            return -SIM_EINVAL;
        return sock_set_multicast_if(fd->sock, value) ? 0 : -SIM_EADDRNOTAVAIL;
    default:
        return set_ip_switch(options, option, value != 0);
    }
}

static bool is_common(enum sock_option option)
{
    return option == OPT_SO_REUSEADDR || option == OPT_SO_REUSEPORT || option == OPT_SO_SNDBUF ||
           option == OPT_SO_RCVBUF || option == OPT_SO_KEEPALIVE || option == OPT_SO_BINDTODEVICE ||
           option == OPT_SO_RCVLOWAT;
}

int sys_setsockopt(struct process *self, int number, enum sock_option option, int value)
{
    int error, more;
    struct fd *fd = fd_get_socket(self, number, &error);

    if (fd == NULL)
        return error;
    if (option == OPT_SO_BINDTOIFINDEX) {
        if (value < 0)
            return -SIM_EINVAL;
        option = OPT_SO_BINDTODEVICE;
    }
    if (is_privileged(self, option, value))
        return -SIM_EPERM;
    if (option == OPT_SO_REUSEPORT && value != 0 && !fd_is_inet(fd))
        return -SIM_EOPNOTSUPP;
    fd->sock->options_new = true;
    error = set_common(fd->sock, option, value);
    fd_look(fd);
    if (error == 1)
        error = set_extra(fd, option, value);
    if (error == 1)
        error = sockopt_kept_set(fd, option, value, self->uid == 0);
    if (error == 1 && fd_is_inet(fd))
        error = set_ip(fd, option, value);
    if (error == 1 && fd->domain == SIM_AF_INET6)
        error = sockopt6_set(fd, option, value);
    if (error != 1)
        return error;
    more = fd->sock->ops->set_option(fd->sock, option, value);
    return more == -SIM_ENOPROTOOPT && is_common(option) ? 0 : more;
}

/* 1: not one of them. */
static int get_common(const struct fd *fd, enum sock_option option, int *value)
{
    const struct sock_options *options = &fd->sock->options;

    switch (option) {
    case OPT_SO_ERROR:
        *value = -sock_take_error(fd->sock);
        if (*value == 0) {
            *value = fd->sock->soft_error;
            fd->sock->soft_error = 0;
        }
        return 0;
    case OPT_SO_TYPE:
        *value = fd->type;
        return 0;
    case OPT_SO_DOMAIN:
        *value = fd->domain;
        return 0;
    case OPT_SO_PROTOCOL:
        *value = fd->protocol;
        return 0;
    case OPT_SO_REUSEADDR:
        *value = options->reuseaddr;
        return 0;
    case OPT_SO_REUSEPORT:
        *value = options->reuseport;
        return 0;
    case OPT_SO_BROADCAST:
        *value = options->broadcast;
        return 0;
    case OPT_SO_KEEPALIVE:
        *value = options->keepalive;
        return 0;
    case OPT_SO_OOBINLINE:
        *value = options->oobinline;
        return 0;
    case OPT_SO_DONTROUTE:
        *value = options->dontroute;
        return 0;
    case OPT_SO_LINGER:
        *value = options->linger;
        return 0;
    case OPT_SO_SNDBUF:
        *value = options->sndbuf;
        return 0;
    case OPT_SO_RCVBUF:
        *value = options->rcvbuf;
        return 0;
    case OPT_SO_RCVLOWAT:
        *value = options->rcvlowat;
        return 0;
    case OPT_SO_SNDLOWAT:
        *value = 1;
        return 0;
    case OPT_SO_PRIORITY:
        *value = sock_extra_of(fd->sock)->priority;
        return 0;
    case OPT_SO_MARK:
        *value = (int)sock_extra_of(fd->sock)->mark;
        return 0;
    case OPT_SO_TIMESTAMP:
        *value = options->timestamp && !options->stamp_ns;
        return 0;
    case OPT_SO_TIMESTAMPNS:
        *value = options->timestamp && options->stamp_ns;
        return 0;
    case OPT_SO_BINDTODEVICE:
        *value = options->bound_iface == NULL ? 0 : (int)options->bound_iface->index;
        return 0;
    default:
        return 1;
    }
}

static int get_extra(const struct fd *fd, enum sock_option option, int *value)
{
    const struct sock_extra *extra = sock_extra_of(fd->sock);

    switch (option) {
    case OPT_SO_TIMESTAMPING:
        *value = (int)extra->stamps;
        return 0;
    case OPT_SO_ZEROCOPY:
        *value = extra->zerocopy;
        return 0;
    case OPT_SO_INCOMING_NAPI_ID:
        *value = 0; /* no such device */
        return 0;
    case OPT_SO_BPF_EXTENSIONS:
        *value = BPF_EXTENSIONS;
        return 0;
    case OPT_SO_BINDTOIFINDEX:
        return get_common(fd, OPT_SO_BINDTODEVICE, value);
    default:
        return 1;
    }
}

static int get_ip(const struct fd *fd, enum sock_option option, int *value)
{
    const struct sock_options *options = &fd->sock->options;

    switch (option) {
    case OPT_IP_TTL:
        *value = options->ttl != 0 ? options->ttl : fd->sock->ip->sysctl.default_ttl;
        return 0;
    case OPT_IP_TOS:
        *value = options->tos;
        return 0;
    case OPT_IP_MTU_DISCOVER:
        *value = options->mtu_discover;
        return 0;
    case OPT_IP_PKTINFO:
        *value = options->pktinfo;
        return 0;
    case OPT_IP_RECVTTL:
        *value = options->recvttl;
        return 0;
    case OPT_IP_RECVTOS:
        *value = options->recvtos;
        return 0;
    case OPT_IP_FREEBIND:
        *value = options->freebind;
        return 0;
    case OPT_IP_RECVERR:
        *value = options->recverr;
        return 0;
    case OPT_IP_MULTICAST_TTL:
        *value = options->multicast_ttl;
        return 0;
    case OPT_IP_MULTICAST_LOOP:
        *value = options->multicast_loop;
        return 0;
    case OPT_IP_MULTICAST_IF:
        *value = options->multicast_ifindex;
        return 0;
    default:
        return 1;
    }
}

int sys_getsockopt(struct process *self, int number, enum sock_option option, int *value)
{
    int error;
    struct fd *fd = fd_get_socket(self, number, &error);

    if (fd == NULL)
        return error;
    error = get_common(fd, option, value);
    if (error == 1)
        error = get_extra(fd, option, value);
    if (error == 1)
        error = sockopt_kept_get(fd, option, value);
    if (error == 1 && fd_is_inet(fd))
        error = get_ip(fd, option, value);
    if (error == 1 && fd->domain == SIM_AF_INET6)
        error = sockopt6_get(fd, option, value);
    if (error != 1)
        return error;
    error = fd->sock->ops->get_option(fd->sock, option, value);
    if (error == -SIM_ENOPROTOOPT && option == OPT_SO_ACCEPTCONN) {
        *value = 0;
        return 0;
    }
    return error;
}

int sys_set_nonblock(struct process *self, int number, bool on)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    fd->nonblock = on;
    return 0;
}

int sys_get_nonblock(struct process *self, int number)
{
    struct fd *fd = fd_get(self, number);

    return fd == NULL ? -SIM_EBADF : fd->nonblock;
}

int sys_set_timeouts(struct process *self, int number, sim_time receive, sim_time send)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    if (receive >= 0)
        fd_rare(fd)->receive_timeout = receive;
    if (send >= 0)
        fd_rare(fd)->send_timeout = send;
    return 0;
}

/* ---- interfaces and groups ---- */

int sys_bind_device(struct process *self, int number, const char *name)
{
    struct ip_iface *iface = NULL;
    int error;

    if (fd_get_socket(self, number, &error) == NULL)
        return error;
    if (name != NULL && *name != '\0') {
        iface = ip_iface_find(&self->os->ip, name);
        if (iface == NULL)
            return -SIM_ENODEV;
    }
    return sys_setsockopt(self, number, OPT_SO_BINDTODEVICE, iface == NULL ? 0 : (int)iface->index);
}

int sys_set_promiscuous(struct process *self, int number, bool on)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    if (fd->domain != SIM_AF_PACKET)
        return -SIM_ENOPROTOOPT;
    packet_set_promiscuous(fd->sock, on);
    return 0;
}

static struct ip_iface *group_iface(struct process *self, struct ip6_addr group, const char *name)
{
    struct ip_stack *ip = &self->os->ip;
    struct route route;
    struct route6 route6;

    if (name != NULL && *name != '\0')
        return ip_iface_find(ip, name);
    if (ip6_is_mapped(group))
        return ip_route(ip, (ip4_addr)group.lo, 0, NULL, &route) == 0 ? route.oif : NULL;
    return ip6_enabled(ip) && ip6_route(ip, group, IP6_ANY, NULL, &route6) == 0 ? route6.oif : NULL;
}

/* 0 when groups of @group's family may be joined through @fd. */
static int may_join(const struct fd *fd, struct ip6_addr group)
{
    if (ip6_is_mapped(group) ? !fd_is_inet(fd) : fd->domain != SIM_AF_INET6)
        return -SIM_ENOPROTOOPT;
    return fd->type == SIM_SOCK_STREAM ? -SIM_EPROTO : 0;
}

static int join(struct fd *fd, struct ip6_addr group, struct ip_iface *iface)
{
    bool v4 = ip6_is_mapped(group);
    struct fd_rare *rare;
    int error = may_join(fd, group);

    if (error != 0)
        return error;
    if (v4 ? !ip4_is_multicast((ip4_addr)group.lo) : !ip6_is_multicast(group))
        return -SIM_EINVAL;
    if (iface == NULL)
        return -SIM_ENODEV;
    for (unsigned i = 0; i < fd->rare->n_memberships; i++)
        if (ip6_eq(fd->rare->memberships[i].group, group) &&
            fd->rare->memberships[i].iface == iface)
            return -SIM_EADDRINUSE;
    if (fd->rare->n_memberships == MEMBERSHIPS_MAX)
        return -SIM_ENOBUFS;
    error = v4 ? ip_group_join(iface, (ip4_addr)group.lo) : ip6_group_join(iface, group);
    if (error != 0)
        return error;
    rare = fd_rare(fd);
    ARRAY_PUSH(rare->memberships, rare->n_memberships, rare->memberships_size,
               ((struct fd_membership){ group, iface }));
    return 0;
}

int fd_leave(const struct fd_membership *member)
{
    return ip6_is_mapped(member->group) ? ip_group_leave(member->iface, (ip4_addr)member->group.lo)
                                        : ip6_group_leave(member->iface, member->group);
}

static int leave(struct fd *fd, struct ip6_addr group, struct ip_iface *iface)
{
    struct fd_membership member = { group, iface };
    struct fd_rare *rare;
    int error = may_join(fd, group);

    if (error != 0)
        return error;
    if (iface == NULL)
        return -SIM_ENODEV;
    rare = fd_rare(fd);
    for (unsigned i = 0; i < rare->n_memberships; i++) {
        if (!ip6_eq(rare->memberships[i].group, group) || rare->memberships[i].iface != iface)
            continue;
        rare->memberships[i] = rare->memberships[--rare->n_memberships];
        return fd_leave(&member);
    }
    return -SIM_EADDRNOTAVAIL;
}

int sys_join_group(struct process *self, int number, struct ip6_addr group,
                   const char *interface_name)
{
    struct fd *fd = fd_get(self, number);

    return fd == NULL ? -SIM_EBADF : join(fd, group, group_iface(self, group, interface_name));
}

int sys_leave_group(struct process *self, int number, struct ip6_addr group,
                    const char *interface_name)
{
    struct fd *fd = fd_get(self, number);

    return fd == NULL ? -SIM_EBADF : leave(fd, group, group_iface(self, group, interface_name));
}
