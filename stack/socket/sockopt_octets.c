/* setsockopt() and getsockopt() as Linux's ABI has them: numbers, structs, and what is wrong with
 * them. */
#include <limits.h>
#include <string.h>

#include "stack/socket/fd.h"
#include "stack/socket/syscall.h"
#include "stack/transport/tcp.h"

enum { LEVEL_IP = 0, LEVEL_SOCKET = 1, LEVEL_TCP = 6, LEVEL_IPV6 = 41 };

enum form {
    FORM_INT,
    FORM_INT_OR_OCTET, /* IP options of one octet are taken, too */
    FORM_LINGER,
    FORM_TIME,
    FORM_DEVICE,
    FORM_MEMBERSHIP,
    FORM_INTERFACE, /* of multicasts: an address, or ip_mreqn */
    FORM_CONGESTION,
    FORM_TCP_INFO,
    FORM_FASTOPEN_KEY,
    FORM_MD5,
    FORM_MD5_PREFIX,
    FORM_COOKIE,
    FORM_ULP,     /* no upper layer protocol is there */
    FORM_CC_INFO, /* neither algorithm tells anything */
    FORM_SAVED_SYN,
    FORM_STAMPING, /* an int, or struct so_timestamping */
};

enum special { RCVTIMEO = -1, SNDTIMEO = -2, ADD_MEMBERSHIP = -3, DROP_MEMBERSHIP = -4 };

static const struct named_option {
    int level, name;
    int option; /* enum sock_option, or enum special */
    enum form form;
} named_options[] = {
    { LEVEL_SOCKET, 2, OPT_SO_REUSEADDR, FORM_INT },
    { LEVEL_SOCKET, 3, OPT_SO_TYPE, FORM_INT },
    { LEVEL_SOCKET, 4, OPT_SO_ERROR, FORM_INT },
    { LEVEL_SOCKET, 5, OPT_SO_DONTROUTE, FORM_INT },
    { LEVEL_SOCKET, 6, OPT_SO_BROADCAST, FORM_INT },
    { LEVEL_SOCKET, 7, OPT_SO_SNDBUF, FORM_INT },
    { LEVEL_SOCKET, 8, OPT_SO_RCVBUF, FORM_INT },
    { LEVEL_SOCKET, 9, OPT_SO_KEEPALIVE, FORM_INT },
    { LEVEL_SOCKET, 10, OPT_SO_OOBINLINE, FORM_INT },
    { LEVEL_SOCKET, 12, OPT_SO_PRIORITY, FORM_INT },
    { LEVEL_SOCKET, 13, OPT_SO_LINGER, FORM_LINGER },
    { LEVEL_SOCKET, 15, OPT_SO_REUSEPORT, FORM_INT },
    { LEVEL_SOCKET, 18, OPT_SO_RCVLOWAT, FORM_INT },
    { LEVEL_SOCKET, 19, OPT_SO_SNDLOWAT, FORM_INT },
    { LEVEL_SOCKET, 20, RCVTIMEO, FORM_TIME },
    { LEVEL_SOCKET, 21, SNDTIMEO, FORM_TIME },
    { LEVEL_SOCKET, 25, OPT_SO_BINDTODEVICE, FORM_DEVICE },
    { LEVEL_SOCKET, 29, OPT_SO_TIMESTAMP, FORM_INT },
    { LEVEL_SOCKET, 30, OPT_SO_ACCEPTCONN, FORM_INT },
    { LEVEL_SOCKET, 32, OPT_SO_SNDBUFFORCE, FORM_INT },
    { LEVEL_SOCKET, 33, OPT_SO_RCVBUFFORCE, FORM_INT },
    { LEVEL_SOCKET, 35, OPT_SO_TIMESTAMPNS, FORM_INT },
    { LEVEL_SOCKET, 36, OPT_SO_MARK, FORM_INT },
    { LEVEL_SOCKET, 37, OPT_SO_TIMESTAMPING, FORM_STAMPING },
    { LEVEL_SOCKET, 38, OPT_SO_PROTOCOL, FORM_INT },
    { LEVEL_SOCKET, 39, OPT_SO_DOMAIN, FORM_INT },
    { LEVEL_SOCKET, 1, OPT_SO_DEBUG, FORM_INT },
    { LEVEL_SOCKET, 44, OPT_SO_LOCK_FILTER, FORM_INT },
    { LEVEL_SOCKET, 45, OPT_SO_SELECT_ERR_QUEUE, FORM_INT },
    { LEVEL_SOCKET, 46, OPT_SO_BUSY_POLL, FORM_INT },
    { LEVEL_SOCKET, 48, OPT_SO_BPF_EXTENSIONS, FORM_INT },
    { LEVEL_SOCKET, 49, OPT_SO_INCOMING_CPU, FORM_INT },
    { LEVEL_SOCKET, 56, OPT_SO_INCOMING_NAPI_ID, FORM_INT },
    { LEVEL_SOCKET, 57, 0, FORM_COOKIE },
    { LEVEL_SOCKET, 60, OPT_SO_ZEROCOPY, FORM_INT },
    { LEVEL_SOCKET, 62, OPT_SO_BINDTOIFINDEX, FORM_INT },
    { LEVEL_SOCKET, 69, OPT_SO_PREFER_BUSY_POLL, FORM_INT },
    { LEVEL_IP, 1, OPT_IP_TOS, FORM_INT_OR_OCTET },
    { LEVEL_IP, 2, OPT_IP_TTL, FORM_INT_OR_OCTET },
    { LEVEL_IP, 3, OPT_IP_HDRINCL, FORM_INT_OR_OCTET },
    { LEVEL_IP, 8, OPT_IP_PKTINFO, FORM_INT_OR_OCTET },
    { LEVEL_IP, 10, OPT_IP_MTU_DISCOVER, FORM_INT_OR_OCTET },
    { LEVEL_IP, 11, OPT_IP_RECVERR, FORM_INT_OR_OCTET },
    { LEVEL_IP, 12, OPT_IP_RECVTTL, FORM_INT_OR_OCTET },
    { LEVEL_IP, 13, OPT_IP_RECVTOS, FORM_INT_OR_OCTET },
    { LEVEL_IP, 14, OPT_IP_MTU, FORM_INT },
    { LEVEL_IP, 15, OPT_IP_FREEBIND, FORM_INT_OR_OCTET },
    { LEVEL_IP, 19, OPT_IP_TRANSPARENT, FORM_INT_OR_OCTET },
    { LEVEL_IP, 21, OPT_IP_MINTTL, FORM_INT_OR_OCTET },
    { LEVEL_IP, 24, OPT_IP_BIND_ADDRESS_NO_PORT, FORM_INT_OR_OCTET },
    { LEVEL_IP, 32, OPT_IP_MULTICAST_IF, FORM_INTERFACE },
    { LEVEL_IP, 33, OPT_IP_MULTICAST_TTL, FORM_INT_OR_OCTET },
    { LEVEL_IP, 34, OPT_IP_MULTICAST_LOOP, FORM_INT_OR_OCTET },
    { LEVEL_IP, 35, ADD_MEMBERSHIP, FORM_MEMBERSHIP },
    { LEVEL_IP, 36, DROP_MEMBERSHIP, FORM_MEMBERSHIP },
    { LEVEL_IPV6, 16, OPT_IPV6_UNICAST_HOPS, FORM_INT },
    { LEVEL_IPV6, 17, OPT_IPV6_MULTICAST_IF, FORM_INT },
    { LEVEL_IPV6, 18, OPT_IPV6_MULTICAST_HOPS, FORM_INT },
    { LEVEL_IPV6, 20, ADD_MEMBERSHIP, FORM_MEMBERSHIP },
    { LEVEL_IPV6, 21, DROP_MEMBERSHIP, FORM_MEMBERSHIP },
    { LEVEL_IPV6, 23, OPT_IPV6_MTU_DISCOVER, FORM_INT },
    { LEVEL_IPV6, 24, OPT_IPV6_MTU, FORM_INT },
    { LEVEL_IPV6, 25, OPT_IPV6_RECVERR, FORM_INT },
    { LEVEL_IPV6, 26, OPT_IPV6_V6ONLY, FORM_INT },
    { LEVEL_IPV6, 49, OPT_IPV6_RECVPKTINFO, FORM_INT },
    { LEVEL_IPV6, 51, OPT_IPV6_RECVHOPLIMIT, FORM_INT },
    { LEVEL_IPV6, 62, OPT_IPV6_DONTFRAG, FORM_INT },
    { LEVEL_IPV6, 66, OPT_IPV6_RECVTCLASS, FORM_INT },
    { LEVEL_IPV6, 67, OPT_IPV6_TCLASS, FORM_INT },
    { LEVEL_TCP, 1, OPT_TCP_NODELAY, FORM_INT },
    { LEVEL_TCP, 2, OPT_TCP_MAXSEG, FORM_INT },
    { LEVEL_TCP, 3, OPT_TCP_CORK, FORM_INT },
    { LEVEL_TCP, 4, OPT_TCP_KEEPIDLE, FORM_INT },
    { LEVEL_TCP, 5, OPT_TCP_KEEPINTVL, FORM_INT },
    { LEVEL_TCP, 6, OPT_TCP_KEEPCNT, FORM_INT },
    { LEVEL_TCP, 7, OPT_TCP_SYNCNT, FORM_INT },
    { LEVEL_TCP, 16, OPT_TCP_THIN_LINEAR_TIMEOUTS, FORM_INT },
    { LEVEL_TCP, 8, OPT_TCP_LINGER2, FORM_INT },
    { LEVEL_TCP, 9, OPT_TCP_DEFER_ACCEPT, FORM_INT },
    { LEVEL_TCP, 10, OPT_TCP_WINDOW_CLAMP, FORM_INT },
    { LEVEL_TCP, 11, 0, FORM_TCP_INFO },
    { LEVEL_TCP, 12, OPT_TCP_QUICKACK, FORM_INT },
    { LEVEL_TCP, 13, OPT_TCP_CONGESTION, FORM_CONGESTION },
    { LEVEL_TCP, 17, OPT_TCP_THIN_DUPACK, FORM_INT },
    { LEVEL_TCP, 18, OPT_TCP_USER_TIMEOUT, FORM_INT },
    { LEVEL_TCP, 24, OPT_TCP_TIMESTAMP, FORM_INT },
    { LEVEL_TCP, 26, 0, FORM_CC_INFO },
    { LEVEL_TCP, 27, OPT_TCP_SAVE_SYN, FORM_INT },
    { LEVEL_TCP, 28, 0, FORM_SAVED_SYN },
    { LEVEL_TCP, 31, 0, FORM_ULP },
    { LEVEL_TCP, 43, OPT_TCP_IS_MPTCP, FORM_INT },
    { LEVEL_TCP, 25, OPT_TCP_NOTSENT_LOWAT, FORM_INT },
    { LEVEL_TCP, 23, OPT_TCP_FASTOPEN, FORM_INT },
    { LEVEL_TCP, 30, OPT_TCP_FASTOPEN_CONNECT, FORM_INT },
    { LEVEL_TCP, 33, 0, FORM_FASTOPEN_KEY },
    { LEVEL_TCP, 14, 0, FORM_MD5 },
    { LEVEL_TCP, 32, 0, FORM_MD5_PREFIX },
    { LEVEL_TCP, 34, OPT_TCP_FASTOPEN_NO_COOKIE, FORM_INT },
    { LEVEL_TCP, 36, OPT_TCP_INQ, FORM_INT },
    { LEVEL_TCP, 44, OPT_TCP_RTO_MAX_MS, FORM_INT },
    { LEVEL_TCP, 45, OPT_TCP_RTO_MIN_US, FORM_INT },
    { LEVEL_TCP, 46, OPT_TCP_DELACK_MAX_US, FORM_INT },
};

static const struct named_option *find(const struct fd *fd, int level, int name, int *error)
{
    *error = fd->sock->ops->is_file ? -SIM_ENOTSOCK : -SIM_ENOPROTOOPT;
    if (fd->sock->ops->is_file)
        return NULL;
    if (!fd_is_inet(fd) && level != LEVEL_SOCKET) {
        *error = fd->domain == SIM_AF_UNIX ? -SIM_EOPNOTSUPP : -SIM_ENOPROTOOPT;
        return NULL;
    }
    if (level == LEVEL_IPV6 && fd->domain != SIM_AF_INET6)
        return NULL;
    if (level == LEVEL_TCP && fd->type != SIM_SOCK_STREAM)
        return NULL;
    for (size_t i = 0; i < sizeof named_options / sizeof *named_options; i++)
        if (named_options[i].level == level && named_options[i].name == name)
            return &named_options[i];
    return NULL;
}

/* ---- setting ---- */

static int set_time(struct process *self, int number, bool receive, const void *value, size_t len)
{
    int64_t pair[2]; /* struct timeval */
    sim_time time;

    if (len < sizeof pair)
        return -SIM_EINVAL;
    memcpy(pair, value, sizeof pair);
    if (pair[1] < 0 || pair[1] >= 1000000)
        return -SIM_EDOM;
    if (pair[0] > 1000000) /* longer than any run */
        pair[0] = 1000000;
    time = pair[0] < 0 ? SIM_NSEC(1) : SIM_SEC(pair[0]) + SIM_USEC(pair[1]);
    return sys_set_timeouts(self, number, receive ? time : -1, receive ? -1 : time);
}

static struct ip_iface *iface_with(struct os *os, ip4_addr addr)
{
    struct ip_iface *iface;

    for (unsigned index = 1; (iface = ip_iface_by_index(&os->ip, index)) != NULL; index++)
        for (unsigned i = 0; i < iface->n_addrs; i++)
            if (iface->addrs[i].addr == addr)
                return iface;
    return NULL;
}

/* struct ip_mreq or ip_mreqn: an address in the network's order, the interface's, its index. */
static const char *member_interface(struct process *self, const uint8_t *octets, size_t len,
                                    bool *found)
{
    struct ip_iface *iface = NULL;
    ip4_addr addr = (ip4_addr)octets[0] << 24 | (ip4_addr)octets[1] << 16 |
                    (ip4_addr)octets[2] << 8 | octets[3];
    int index = 0;

    if (len >= 8)
        memcpy(&index, octets + 4, sizeof index);
    *found = true;
    if (index != 0)
        iface = ip_iface_by_index(&self->os->ip, (unsigned)index);
    else if (addr != 0)
        iface = iface_with(self->os, addr);
    else
        return NULL;
    *found = iface != NULL;
    return iface == NULL ? NULL : iface->name;
}

static int set_membership(struct process *self, int number, bool add, const uint8_t *octets,
                          size_t len)
{
    ip4_addr group;
    const char *name;
    bool found;

    if (fd_get(self, number)->type == SIM_SOCK_STREAM)
        return -SIM_EPROTO;
    if (len < 8)
        return -SIM_EINVAL;
    group = (ip4_addr)octets[0] << 24 | (ip4_addr)octets[1] << 16 | (ip4_addr)octets[2] << 8 |
            octets[3];
    name = member_interface(self, octets + 4, len - 4, &found);
    if (!found)
        return -SIM_ENODEV;
    return add ? sys_join_group(self, number, ip6_from_mapped(group), name)
               : sys_leave_group(self, number, ip6_from_mapped(group), name);
}

/* struct ipv6_mreq: the group and an interface's number, 0: as the routes say. */
static int set_membership6(struct process *self, int number, bool add, const uint8_t *octets,
                           size_t len)
{
    const struct ip_iface *iface = NULL;
    struct ip6_addr group;
    int index;

    if (len < 20)
        return -SIM_EINVAL;
    group = ip6_get(octets);
    memcpy(&index, octets + 16, sizeof index);
    if (index != 0 && (iface = ip_iface_by_index(&self->os->ip, (unsigned)index)) == NULL)
        return -SIM_ENODEV;
    return add ? sys_join_group(self, number, group, iface == NULL ? NULL : iface->name)
               : sys_leave_group(self, number, group, iface == NULL ? NULL : iface->name);
}

static int set_multicast_interface(struct process *self, int number, const uint8_t *octets,
                                   size_t len)
{
    const char *name;
    bool found;
    struct ip_iface *iface;

    if (len < 4 || fd_get(self, number)->type == SIM_SOCK_STREAM)
        return -SIM_EINVAL;
    name = member_interface(self, len >= 8 ? octets + 4 : octets, len >= 12 ? 8 : 4, &found);
    if (!found)
        return -SIM_EADDRNOTAVAIL;
    iface = name == NULL ? NULL : ip_iface_find(&self->os->ip, name);
    return sys_setsockopt(self, number, OPT_IP_MULTICAST_IF, iface == NULL ? 0 : (int)iface->index);
}

static int set_congestion(struct process *self, int number, const char *name, size_t len)
{
    char word[16];

    if (len < 1)
        return -SIM_EINVAL;
    len = len < sizeof word - 1 ? len : sizeof word - 1;
    memcpy(word, name, len);
    word[len] = '\0';
    if (strcmp(word, "cubic") == 0)
        return sys_setsockopt(self, number, OPT_TCP_CONGESTION, TCP_CC_CUBIC);
    if (strcmp(word, "reno") == 0)
        return sys_setsockopt(self, number, OPT_TCP_CONGESTION, TCP_CC_RENO);
    return -SIM_ENOENT;
}

static int set_linger(struct process *self, int number, const void *value, size_t len)
{
    int pair[2]; /* struct linger */

    if (len < sizeof pair)
        return -SIM_EINVAL;
    memcpy(pair, value, sizeof pair);
    return sys_setsockopt(self, number, OPT_SO_LINGER,
                          pair[0] == 0  ? -1
                          : pair[1] < 0 ? INT_MAX
                                        : pair[1]);
}

static int set_device(struct process *self, int number, const char *name, size_t len)
{
    char word[16] = "";

    len = len < sizeof word - 1 ? len : sizeof word - 1;
    memcpy(word, name, len);
    return sys_bind_device(self, number, word);
}

/* struct tcp_md5sig of linux/tcp.h. */
enum {
    MD5SIG_LEN = 216,
    MD5SIG_AT_FLAGS = 128,
    MD5SIG_AT_PREFIX = 129,
    MD5SIG_AT_KEYLEN = 130,
    MD5SIG_AT_KEY = 136,
    MD5SIG_PREFIX = 1,
    MD5SIG_IFINDEX = 2, /* of a VRF: there are none */
    LINUX_AF_INET = 2,
    LINUX_AF_INET6 = 10
};

/* The address of struct sockaddr_storage; false: of another family than the socket's. */
static bool md5_address(const struct fd *fd, const uint8_t *octets, struct endpoint *addr)
{
    uint16_t family;

    memcpy(&family, octets, sizeof family);
    *addr = (struct endpoint){ 0 };
    if (family != (fd->sock->v6 ? LINUX_AF_INET6 : LINUX_AF_INET))
        return false;
    if (!fd->sock->v6) {
        addr->addr = be32_get(octets + 4);
        return true;
    }
    addr->addr6 = (struct ip6_addr){ be64_get(octets + 8), be64_get(octets + 16) };
    addr->v6 = !ip6_is_mapped(addr->addr6);
    if (!addr->v6)
        *addr = (struct endpoint){ .addr = be32_get(octets + 20) };
    return true;
}

static int set_md5(const struct fd *fd, bool with_prefix, const void *value, size_t len)
{
    const uint8_t *octets = value;
    struct endpoint addr;
    uint16_t key_len;
    uint8_t prefix;

    if (len < MD5SIG_LEN || !md5_address(fd, octets, &addr))
        return -SIM_EINVAL;
    prefix = addr.v6 ? 128 : 32;
    if (with_prefix && (octets[MD5SIG_AT_FLAGS] & MD5SIG_PREFIX) != 0)
        prefix = octets[MD5SIG_AT_PREFIX];
    if (with_prefix && (octets[MD5SIG_AT_FLAGS] & MD5SIG_IFINDEX) != 0)
        return -SIM_EINVAL;
    memcpy(&key_len, octets + MD5SIG_AT_KEYLEN, sizeof key_len);
    return tcp_md5_set(fd->sock, &addr, prefix, octets + MD5SIG_AT_KEY, key_len);
}

/* Options whose value is 0 where none is given: Linux takes it as it lies. */
static bool nothing_is_zero(const struct named_option *option)
{
    if (option->level == LEVEL_IPV6)
        return option->option == OPT_IPV6_DONTFRAG;
    return option->level == LEVEL_IP && option->option != OPT_IP_TTL &&
           option->option != OPT_IP_FREEBIND && option->option != OPT_IP_TRANSPARENT &&
           option->option != OPT_IP_MINTTL && option->option != OPT_IP_MULTICAST_TTL &&
           option->option != OPT_IP_MULTICAST_LOOP;
}

/* Options of TCP are ints, but for those that are texts or keys. */
static bool is_too_short(const struct fd *fd, int level, int name, size_t len)
{
    return level == LEVEL_TCP && fd_is_inet(fd) && fd->type == SIM_SOCK_STREAM &&
           len < sizeof(int) && name != 13 && name != 31 && name != 33;
}

int sys_setsockopt_octets(struct process *self, int number, int level, int name, const void *value,
                          size_t len)
{
    const struct fd *fd = fd_get(self, number);
    const struct named_option *option;
    int error, plain;

    if (fd == NULL)
        return -SIM_EBADF;
    if (is_too_short(fd, level, name, len))
        return -SIM_EINVAL;
    if (level == LEVEL_IPV6 && fd->type == SIM_SOCK_STREAM && (name == 17 || name == 18))
        return -SIM_ENOPROTOOPT; /* multicasts are not for streams */
    option = find(fd, level, name, &error);
    if (option == NULL)
        return error;
    switch (option->form) {
    case FORM_LINGER:
        return set_linger(self, number, value, len);
    case FORM_TIME:
        return set_time(self, number, option->option == RCVTIMEO, value, len);
    case FORM_DEVICE:
        return set_device(self, number, value, len);
    case FORM_MEMBERSHIP:
        return option->level == LEVEL_IPV6
                   ? set_membership6(self, number, option->option == ADD_MEMBERSHIP, value, len)
                   : set_membership(self, number, option->option == ADD_MEMBERSHIP, value, len);
    case FORM_INTERFACE:
        return set_multicast_interface(self, number, value, len);
    case FORM_CONGESTION:
        return set_congestion(self, number, value, len);
    case FORM_TCP_INFO:
    case FORM_COOKIE:
    case FORM_CC_INFO:
    case FORM_SAVED_SYN:
        return -SIM_ENOPROTOOPT;
    case FORM_ULP:
        return len < 1 ? -SIM_EINVAL : -SIM_ENOENT;
    case FORM_FASTOPEN_KEY:
        return tcp_fastopen_set_keys(fd->sock, value, len);
    case FORM_MD5:
    case FORM_MD5_PREFIX:
        return set_md5(fd, option->form == FORM_MD5_PREFIX, value, len);
    case FORM_INT:
    case FORM_INT_OR_OCTET:
    case FORM_STAMPING:
        break;
    }
    if (len >= sizeof plain)
        memcpy(&plain, value, sizeof plain);
    else if (option->form == FORM_INT_OR_OCTET && len >= 1)
        plain = *(const uint8_t *)value;
    else if (nothing_is_zero(option))
        plain = 0;
    else
        return -SIM_EINVAL;
    return sys_setsockopt(self, number, (enum sock_option)option->option, plain);
}

/* ---- getting ---- */

#define TCP_INFO_LEN 280 /* up to tcpi_accecn_opt_seen */

static void put32(uint8_t *octets, size_t at, uint32_t value)
{
    memcpy(octets + at, &value, sizeof value);
}

static void put64(uint8_t *octets, size_t at, uint64_t value)
{
    memcpy(octets + at, &value, sizeof value);
}

/* TCP_ESTABLISHED is 1 for Linux, TCP_CLOSING 11. */
static uint8_t linux_state(enum tcp_state state)
{
    static const uint8_t numbers[] = {
        [TCP_CLOSED] = 7,      [TCP_LISTEN] = 10,    [TCP_SYN_SENT] = 2,   [TCP_SYN_RECEIVED] = 3,
        [TCP_ESTABLISHED] = 1, [TCP_FIN_WAIT_1] = 4, [TCP_FIN_WAIT_2] = 5, [TCP_CLOSE_WAIT] = 8,
        [TCP_CLOSING] = 11,    [TCP_LAST_ACK] = 9,   [TCP_TIME_WAIT] = 6,
    };

    return numbers[state];
}

static void fill_small(const struct tcp_info_view *info, uint8_t *o)
{
    o[0] = linux_state(info->state);
    o[1] = info->ca_state;
    o[2] = info->retransmits;
    o[3] = info->probes;
    o[4] = info->backoff;
    o[5] = (uint8_t)((info->opt_timestamps ? 1 : 0) | (info->opt_sack ? 2 : 0) |
                     (info->opt_wscale ? 4 : 0) | (info->opt_ecn ? 8 : 0) |
                     (info->opt_ecn_seen ? 16 : 0) | (info->opt_syn_data ? 32 : 0) |
                     (info->opt_fastopen_child ? 128 : 0));
    o[6] = (uint8_t)((info->snd_wscale & 0xf) | (info->rcv_wscale & 0xf) << 4);
    o[7] = (uint8_t)(info->delivery_app_limited | info->fastopen_fail << 1);
}

/* struct tcp_info of linux/tcp.h. */
static void fill_tcp_info(const struct tcp_info_view *info, uint8_t *o)
{
    bool listens = info->state == TCP_LISTEN;

    fill_small(info, o);
    put32(o, 8, info->rto);
    put32(o, 12, info->ato);
    put32(o, 16, info->snd_mss);
    put32(o, 20, info->rcv_mss);
    put32(o, 24, listens ? info->recv_q : info->unacked);
    put32(o, 28, listens ? info->send_q : info->sacked);
    put32(o, 32, info->lost);
    put32(o, 36, info->retrans);
    put32(o, 44, info->last_data_sent);
    put32(o, 52, info->last_data_recv);
    put32(o, 56, info->last_ack_recv);
    put32(o, 60, info->pmtu);
    put32(o, 64, info->rcv_ssthresh);
    put32(o, 68, info->rtt);
    put32(o, 72, info->rttvar);
    put32(o, 76, info->snd_ssthresh);
    put32(o, 80, info->snd_cwnd);
    put32(o, 84, info->advmss);
    put32(o, 88, info->reordering);
    put32(o, 92, info->rcv_rtt);
    put32(o, 96, info->rcv_space);
    put32(o, 100, info->total_retrans);
    put64(o, 104, info->pacing_rate);
    put64(o, 112, UINT64_MAX); /* max_pacing_rate: no limit */
    put64(o, 120, info->bytes_acked);
    put64(o, 128, info->bytes_received);
    put32(o, 136, info->segs_out);
    put32(o, 140, info->segs_in);
    put32(o, 144, info->notsent_bytes);
    put32(o, 148, info->min_rtt);
    put32(o, 152, info->data_segs_in);
    put32(o, 156, info->data_segs_out);
    put64(o, 160, info->delivery_rate);
    put64(o, 168, info->busy_time);
    put64(o, 176, info->rwnd_limited);
    put64(o, 184, info->sndbuf_limited);
    put32(o, 192, info->delivered);
    put32(o, 196, info->delivered_ce);
    put64(o, 200, info->bytes_sent);
    put64(o, 208, info->bytes_retrans);
    put32(o, 216, info->dsack_dups);
    put32(o, 220, info->reord_seen);
    put32(o, 224, info->rcv_ooopack);
    put32(o, 228, info->snd_wnd);
    put32(o, 232, info->rcv_wnd);
    put32(o, 236, info->rehash);
    memcpy(o + 240, &info->total_rto, sizeof info->total_rto);
    memcpy(o + 242, &info->total_rto_recoveries, sizeof info->total_rto_recoveries);
    put32(o, 244, info->total_rto_time);
    put32(o, 248, info->received_ce);
    for (size_t i = 0; i < 3; i++) { /* ECT(1), ECT(0), CE */
        put32(o, 252 + 4 * i, info->delivered_ecn[i]);
        put32(o, 264 + 4 * i, info->received_ecn[i]);
    }
    memcpy(o + 276, &info->accecn_fail, sizeof info->accecn_fail);
    memcpy(o + 278, &info->accecn_seen, sizeof info->accecn_seen);
}

static int give(void *value, size_t *len, const void *octets, size_t n)
{
    *len = *len < n ? *len : n;
    memcpy(value, octets, *len);
    return 0;
}

static int get_tcp_info(const struct fd *fd, void *value, size_t *len)
{
    struct tcp_info_view info;
    uint8_t octets[TCP_INFO_LEN] = { 0 };

    tcp_get_info(fd->sock, &info);
    fill_tcp_info(&info, octets);
    return give(value, len, octets, sizeof octets);
}

static int get_time(const struct fd *fd, bool receive, void *value, size_t *len)
{
    sim_time time = receive ? fd->rare->receive_timeout : fd->rare->send_timeout;
    int64_t pair[2] = { time / SIM_SEC(1), time % SIM_SEC(1) / SIM_USEC(1) };

    return give(value, len, pair, sizeof pair);
}

static int get_device(const struct fd *fd, void *value, size_t *len)
{
    const struct ip_iface *iface = fd->sock->options.bound_iface;

    if (iface == NULL) {
        *len = 0;
        return 0;
    }
    if (*len < 16) /* IFNAMSIZ */
        return -SIM_EINVAL;
    return give(value, len, iface->name, strlen(iface->name) + 1);
}

static int get_congestion(struct process *self, int number, void *value, size_t *len)
{
    char name[16] = "cubic";
    int kind = 0, error = sys_getsockopt(self, number, OPT_TCP_CONGESTION, &kind);

    if (kind == TCP_CC_RENO)
        strcpy(name, "reno");
    return error != 0 ? error : give(value, len, name, sizeof name);
}

/* A number that no other socket of the host has; drawn when first asked for. */
static int get_cookie(struct process *self, const struct fd *fd, void *value, size_t *len)
{
    struct sock_extra *extra = sock_extra(fd->sock);

    if (*len < sizeof extra->cookie)
        return -SIM_EINVAL;
    if (extra->cookie == 0)
        extra->cookie = sys_random(self);
    return give(value, len, &extra->cookie, sizeof extra->cookie);
}

/* An IP option fits into one octet when the program has room for no more. */
static int give_int(const struct named_option *option, int plain, void *value, size_t *len)
{
    uint8_t octet = (uint8_t)plain;

    if (option->form == FORM_INT_OR_OCTET && *len >= 1 && *len < sizeof plain && plain >= 0 &&
        plain <= 255)
        return give(value, len, &octet, 1);
    return give(value, len, &plain, sizeof plain);
}

int sys_getsockopt_octets(struct process *self, int number, int level, int name, void *value,
                          size_t *len)
{
    const struct fd *fd = fd_get(self, number);
    const struct named_option *option;
    uint8_t keys[32];
    int error, plain = 0, pair[2];

    if (fd == NULL)
        return -SIM_EBADF;
    option = find(fd, level, name, &error);
    if (option == NULL && error == -SIM_ENOTSOCK)
        return error;
    if (option == NULL) /* another protocol's level: Linux has two errors for it */
        return level != LEVEL_SOCKET && level != LEVEL_IP &&
                       (level != LEVEL_IPV6 || fd->domain != SIM_AF_INET6) &&
                       (level != LEVEL_TCP || fd->type != SIM_SOCK_STREAM)
                   ? -SIM_EOPNOTSUPP
                   : error;
    switch (option->form) {
    case FORM_LINGER:
        (void)sys_getsockopt(self, number, OPT_SO_LINGER, &plain);
        pair[0] = plain >= 0;
        pair[1] = plain >= 0 ? plain : 0;
        return give(value, len, pair, sizeof pair);
    case FORM_TIME:
        return get_time(fd, option->option == RCVTIMEO, value, len);
    case FORM_DEVICE:
        return get_device(fd, value, len);
    case FORM_MD5:
    case FORM_MD5_PREFIX:
    case FORM_MEMBERSHIP:
        return -SIM_ENOPROTOOPT;
    case FORM_CONGESTION:
        return get_congestion(self, number, value, len);
    case FORM_TCP_INFO:
        return get_tcp_info(fd, value, len);
    case FORM_FASTOPEN_KEY:
        return give(value, len, keys, tcp_fastopen_get_keys(fd->sock, keys));
    case FORM_COOKIE:
        return get_cookie(self, fd, value, len);
    case FORM_ULP:
    case FORM_CC_INFO:
        *len = 0;
        return 0;
    case FORM_SAVED_SYN:
        return tcp_take_saved_syn(fd->sock, value, len);
    case FORM_STAMPING:
        (void)sys_getsockopt(self, number, OPT_SO_TIMESTAMPING, &pair[0]);
        pair[1] = 0; /* no clock is bound to it */
        return give(value, len, pair, sizeof pair);
    case FORM_INTERFACE: /* the address set by, which Linux keeps beside the interface */
    case FORM_INT:
    case FORM_INT_OR_OCTET:
        break;
    }
    error = sys_getsockopt(self, number, (enum sock_option)option->option, &plain);
    return error != 0 ? error : give_int(option, plain, value, len);
}
