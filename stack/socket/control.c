#include "stack/socket/control.h"

#include <string.h>

#include "base/be.h"
#include "stack/net/ip6.h"
#include "stack/socket/fd.h"

enum { LEVEL_IP = 0, LEVEL_SOCKET = 1, LEVEL_TCP = 6, LEVEL_IPV6 = 41 };
enum {
    TYPE_TIMESTAMP = 29,
    TYPE_TIMESTAMPNS = 35,
    TYPE_MARK = 36,
    TYPE_TIMESTAMPING = 37,
    TYPE_PRIORITY = 12,
    TYPE_INQ = 36
};
enum { IP_TYPE_TOS = 1, IP_TYPE_TTL = 2, IP_TYPE_PKTINFO = 8, IP_TYPE_RECVERR = 11 };
enum { IP6_TYPE_RECVERR = 25, IP6_TYPE_PKTINFO = 50, IP6_TYPE_HOPS = 52, IP6_TYPE_TCLASS = 67 };
enum { HEADER_LEN = 16, ALIGNMENT = 8 };

/* ---- receiving ---- */

struct giving {
    const struct fd *fd;
    const struct sock_recv *message;
    size_t room;
    struct sys_cmsg *cmsgs;
    unsigned n, *flags;
};

size_t sys_cmsg_space(size_t len)
{
    return HEADER_LEN + ((len + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1));
}

/* put_cmsg(): what does not fit is cut, and the flag says so. */
static void give(struct giving *g, int level, int type, const void *data, size_t len)
{
    struct sys_cmsg *cmsg = &g->cmsgs[g->n];

    if (g->room < HEADER_LEN || g->n == SYS_CMSGS_MAX) {
        *g->flags |= SOCK_MSG_CTRUNC;
        return;
    }
    if (g->room < HEADER_LEN + len) {
        *g->flags |= SOCK_MSG_CTRUNC;
        len = g->room - HEADER_LEN;
    }
    cmsg->level = level;
    cmsg->type = type;
    cmsg->len = len;
    memcpy(cmsg->data, data, len);
    g->n++;
    g->room -= sys_cmsg_space(len) < g->room ? sys_cmsg_space(len) : g->room;
}

static void give_int(struct giving *g, int level, int type, int value)
{
    give(g, level, type, &value, sizeof value);
}

/* sock_recv_timestamp(): struct timeval, timespec, and three of these. */
static void give_stamps(struct giving *g)
{
    const struct sock *sock = g->fd->sock;
    uint32_t stamps = sock_extra_of(sock)->stamps;
    bool all =
        (g->message->flags & SOCK_MSG_ERRQUEUE) != 0 || (stamps & SOCK_STAMP_OPT_RX_FILTER) == 0;
    int64_t times[6] = { g->message->at / SIM_SEC(1), g->message->at % SIM_SEC(1) / SIM_NSEC(1) };
    int64_t micro[2] = { times[0], times[1] / 1000 };

    if (g->message->at == 0)
        return;
    if (sock->options.timestamp && sock->options.stamp_ns)
        give(g, LEVEL_SOCKET, TYPE_TIMESTAMPNS, times, 2 * sizeof *times);
    else if (sock->options.timestamp)
        give(g, LEVEL_SOCKET, TYPE_TIMESTAMP, micro, sizeof micro);
    if ((stamps & SOCK_STAMP_SOFTWARE) != 0 && (all || (stamps & SOCK_STAMP_RX_SOFTWARE) != 0))
        give(g, LEVEL_SOCKET, TYPE_TIMESTAMPING, times, sizeof times);
}

static size_t put_sockaddr(uint8_t *octets, const struct endpoint *endpoint, uint16_t family)
{
    memcpy(octets, &family, sizeof family);
    be16_put(octets + 2, endpoint->port);
    if (family == SIM_AF_INET6) {
        be64_put(octets + 8, endpoint->addr6.hi);
        be64_put(octets + 16, endpoint->addr6.lo);
        return 28;
    }
    if (family == SIM_AF_INET)
        be32_put(octets + 4, endpoint->addr);
    return 16;
}

/* struct sock_extended_err and the offender's address. */
static void give_report(struct giving *g)
{
    const struct sock_report *report = &g->message->report;
    bool v6 = g->fd->domain == SIM_AF_INET6,
         icmp = report->origin == SOCK_ORIGIN_ICMP || report->origin == SOCK_ORIGIN_ICMP6;
    struct endpoint offender = sock_to_api(g->fd->sock, report->offender);
    uint8_t octets[16 + 28] = { 0 };
    uint32_t error = (uint32_t)report->error;

    memcpy(octets, &error, sizeof error);
    octets[4] = report->origin;
    octets[5] = report->type;
    octets[6] = report->code;
    memcpy(octets + 8, &report->info, sizeof report->info);
    memcpy(octets + 12, &report->data, sizeof report->data);
    put_sockaddr(octets + 16, &offender, !icmp ? 0 : v6 ? SIM_AF_INET6 : SIM_AF_INET);
    give(g, v6 ? LEVEL_IPV6 : LEVEL_IP, v6 ? IP6_TYPE_RECVERR : IP_TYPE_RECVERR, octets,
         v6 ? sizeof octets : 16 + 16);
}

/* struct in_pktinfo: the interface, our address there, the destination. */
static void give_pktinfo(struct giving *g)
{
    uint8_t octets[12];
    uint32_t index = g->message->ifindex;

    memcpy(octets, &index, sizeof index);
    be32_put(octets + 4, g->message->to.addr);
    be32_put(octets + 8, g->message->to.addr);
    give(g, LEVEL_IP, IP_TYPE_PKTINFO, octets, sizeof octets);
}

static void give_pktinfo6(struct giving *g)
{
    uint8_t octets[20];
    uint32_t index = g->message->ifindex;
    struct endpoint to = sock_to_api(g->fd->sock, g->message->to);

    be64_put(octets, to.addr6.hi);
    be64_put(octets + 8, to.addr6.lo);
    memcpy(octets + 16, &index, sizeof index);
    give(g, LEVEL_IPV6, IP6_TYPE_PKTINFO, octets, sizeof octets);
}

/* ip_cmsg_recv() and ip6_datagram_recv_ctl(), in their order. */
static void give_ip(struct giving *g)
{
    const struct sock_options *options = &g->fd->sock->options;
    bool v6 = g->fd->domain == SIM_AF_INET6;
    bool mapped = v6 && g->message->to.v6 && ip6_is_mapped(g->message->to.addr6);

    if (v6 && options->pktinfo6)
        give_pktinfo6(g);
    if (v6 && !mapped) {
        if (options->recvhops)
            give_int(g, LEVEL_IPV6, IP6_TYPE_HOPS, g->message->ttl);
        if (options->recvtclass)
            give_int(g, LEVEL_IPV6, IP6_TYPE_TCLASS, g->message->tos);
        return;
    }
    if (options->pktinfo && !v6)
        give_pktinfo(g);
    if (options->recvttl)
        give_int(g, LEVEL_IP, IP_TYPE_TTL, g->message->ttl);
    if (options->recvtos)
        give(g, LEVEL_IP, IP_TYPE_TOS, &g->message->tos, 1);
}

unsigned sys_recv_control(struct process *self, int number, const struct sock_recv *message,
                          size_t room, struct sys_cmsg cmsgs[static SYS_CMSGS_MAX], unsigned *flags)
{
    struct giving g = {
        .fd = fd_get(self, number), .message = message, .room = room, .cmsgs = cmsgs, .flags = flags
    };

    *flags = 0;
    if (g.fd == NULL || !fd_is_inet(g.fd))
        return 0;
    if ((message->flags & SOCK_MSG_ERRQUEUE) != 0) {
        *flags |= SOCK_MSG_ERRQUEUE | (message->full_len > message->size ? SOCK_MSG_TRUNC : 0u);
        give_stamps(&g);
        give_report(&g);
        return g.n;
    }
    if (g.fd->type == SIM_SOCK_STREAM) {
        give_stamps(&g);
        if (g.fd->sock->options.tcp_inq)
            give_int(&g, LEVEL_TCP, TYPE_INQ, (int)message->inq);
        return g.n;
    }
    *flags |= message->full_len > message->size ? SOCK_MSG_TRUNC : 0u;
    give_stamps(&g);
    give_ip(&g);
    return g.n;
}

/* ---- sending ---- */

/* A number of four octets, or one where Linux takes that, too; 0 where it is neither. */
static int take_number(const struct sys_cmsg *cmsg, bool or_octet, int min, int max, int *value)
{
    bool is_octet = or_octet && cmsg->len == 1;

    *value = is_octet ? cmsg->data[0] : 0;
    if (cmsg->len == sizeof *value)
        memcpy(value, cmsg->data, sizeof *value);
    else if (!is_octet)
        return -SIM_EINVAL;
    return *value < min || *value > max ? -SIM_EINVAL : 0;
}

/* __sock_cmsg_send() */
static int take_socket(struct process *self, const struct sys_cmsg *cmsg,
                       struct sock_control *control)
{
    int value, error = take_number(cmsg, false, INT32_MIN, INT32_MAX, &value);

    switch (cmsg->type) {
    case TYPE_MARK:
    case TYPE_PRIORITY:
        if (cmsg->type == TYPE_MARK && self->uid != 0)
            return -SIM_EPERM;
        if (error != 0)
            return error;
        control->has_mark |= cmsg->type == TYPE_MARK;
        control->has_priority |= cmsg->type == TYPE_PRIORITY;
        if (cmsg->type == TYPE_MARK)
            control->mark = (uint32_t)value;
        else
            control->priority = value;
        return 0;
    case TYPE_TIMESTAMPING:
        if (error != 0 || ((uint32_t)value & ~(uint32_t)SOCK_STAMP_TX) != 0)
            return -SIM_EINVAL;
        control->has_stamps = true;
        control->stamps = (uint32_t)value;
        return 0;
    case 1: /* SCM_RIGHTS, SCM_CREDENTIALS: not of this kind of socket */
    case 2:
        return 0;
    default:
        return -SIM_EINVAL;
    }
}

/* Whether there is the interface, and the source is the host's own. */
static int check_pktinfo(const struct process *self, const struct sock_control *control)
{
    const struct ip_stack *ip = &self->os->ip;
    const struct endpoint *source = &control->source;

    if (control->ifindex != 0 && ip_iface_by_index(ip, control->ifindex) == NULL)
        return -SIM_ENODEV;
    if (control->has_source && (source->v6 ? ip6_addr_kind(ip, source->addr6, NULL)
                                           : ip_addr_kind(ip, source->addr)) != ROUTE_LOCAL)
        return -SIM_EINVAL;
    return 0;
}

/* ip_cmsg_send() */
static int take_ip(const struct process *self, const struct sys_cmsg *cmsg,
                   struct sock_control *control)
{
    int value, error;

    switch (cmsg->type) {
    case IP_TYPE_TTL:
        error = take_number(cmsg, false, 1, 255, &value);
        control->has_ttl = true;
        control->ttl = (uint8_t)value;
        return error;
    case IP_TYPE_TOS:
        error = take_number(cmsg, true, 0, 255, &value);
        control->has_tos = true;
        control->tos = (uint8_t)value;
        return error;
    case IP_TYPE_PKTINFO:
        if (cmsg->len != 12)
            return -SIM_EINVAL;
        memcpy(&value, cmsg->data, sizeof value);
        control->ifindex = (unsigned)value;
        control->source = (struct endpoint){ .addr = be32_get(cmsg->data + 4) };
        control->has_source = control->source.addr != 0;
        return check_pktinfo(self, control);
    default:
        return -SIM_EINVAL;
    }
}

/* ip6_datagram_send_ctl() */
static int take_ip6(const struct process *self, const struct sys_cmsg *cmsg,
                    struct sock_control *control)
{
    struct ip6_addr source;
    int value, error;

    switch (cmsg->type) {
    case IP6_TYPE_HOPS:
        error = take_number(cmsg, false, -1, 255, &value);
        control->has_ttl = value >= 0;
        control->ttl = (uint8_t)value;
        return error;
    case IP6_TYPE_TCLASS:
        error = take_number(cmsg, false, -1, 255, &value);
        control->has_tos = value >= 0;
        control->tos = (uint8_t)value;
        return error;
    case IP6_TYPE_PKTINFO:
        if (cmsg->len < 20)
            return -SIM_EINVAL;
        memcpy(&value, cmsg->data + 16, sizeof value);
        control->ifindex = (unsigned)value;
        source = ip6_get(cmsg->data);
        control->source = ip6_is_mapped(source) ? (struct endpoint){ .addr = (ip4_addr)source.lo }
                                                : (struct endpoint){ .v6 = true, .addr6 = source };
        control->has_source = !ip6_is_any(source);
        return check_pktinfo(self, control);
    default:
        return -SIM_EINVAL;
    }
}

int sys_send_control(struct process *self, int number, const struct sys_cmsg *cmsgs, unsigned n,
                     struct sock_control *control)
{
    const struct fd *fd = fd_get(self, number);
    int error = fd == NULL ? -SIM_EBADF : 0;

    memset(control, 0, sizeof *control);
    for (unsigned i = 0; i < n && error == 0; i++) {
        if (cmsgs[i].level == LEVEL_SOCKET)
            error = take_socket(self, &cmsgs[i], control);
        else if (fd->type == SIM_SOCK_STREAM)
            continue; /* TCP looks at the socket's own level alone */
        else if (cmsgs[i].level == LEVEL_IP)
            error = take_ip(self, &cmsgs[i], control);
        else if (cmsgs[i].level == LEVEL_IPV6 && fd->domain == SIM_AF_INET6)
            error = take_ip6(self, &cmsgs[i], control);
    }
    return error;
}
