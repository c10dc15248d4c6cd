/*
 * What TCP, UDP, raw and packet sockets have in common, as the socket layer above sees it: a table
 * of operations with POSIX semantics that never block. What would block returns -SIM_EAGAIN
 * (connect: -SIM_EINPROGRESS) and calls sock->wake() when it is worth trying again. Errors are
 * negated sim_errno values.
 */
#ifndef WW_STACK_TRANSPORT_SOCK_H
#define WW_STACK_TRANSPORT_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/errnos.h"
#include "base/list.h"
#include "sim/node.h"

struct ip_stack;
struct ip_iface;
struct sock;

/* poll() bits, Linux's numbers. */
enum sock_poll {
    SOCK_POLLIN = 0x001,
    SOCK_POLLPRI = 0x002,
    SOCK_POLLOUT = 0x004,
    SOCK_POLLERR = 0x008,
    SOCK_POLLHUP = 0x010,
    SOCK_POLLNVAL = 0x020,   /* no descriptor: of poll() alone */
    SOCK_POLLRDNORM = 0x040, /* these are the calls' alone: sock_events() derives them */
    SOCK_POLLRDBAND = 0x080,
    SOCK_POLLWRNORM = 0x100,
    SOCK_POLLWRBAND = 0x200,
    SOCK_POLLRDHUP = 0x2000,
};

/* send and recv flags, Linux's numbers where it has them. */
enum sock_msg_flag {
    SOCK_MSG_OOB = 0x1,
    SOCK_MSG_PEEK = 0x2,
    SOCK_MSG_DONTROUTE = 0x4,
    SOCK_MSG_CTRUNC = 0x8, /* filled in: control messages were cut */
    SOCK_MSG_TRUNC = 0x20,
    SOCK_MSG_DONTWAIT = 0x40,
    SOCK_MSG_EOR = 0x80,
    SOCK_MSG_WAITALL = 0x100,
    SOCK_MSG_CONFIRM = 0x800, /* of raw sockets: the next hop works, the last packet was answered */
    SOCK_MSG_ERRQUEUE = 0x2000,
    SOCK_MSG_NOSIGNAL = 0x4000,
    SOCK_MSG_MORE = 0x8000,
    SOCK_MSG_ZEROCOPY = 0x4000000,
    SOCK_MSG_FASTOPEN = 0x20000000,
    SOCK_MSG_GOES_ON = 0x10000000, /* ours: more of a write that has begun */
    SOCK_MSG_STABLE = 0x40000000,  /* ours: the octets live as long as the run and never change, so
                                      nothing is copied */
};

enum sock_shutdown { SOCK_SHUT_RD = 0, SOCK_SHUT_WR = 1, SOCK_SHUT_RDWR = 2 };

/* SO_TIMESTAMPING, Linux's numbers. */
enum sock_stamp_flag {
    SOCK_STAMP_TX_SOFTWARE = 0x2,
    SOCK_STAMP_RX_SOFTWARE = 0x8,
    SOCK_STAMP_SOFTWARE = 0x10,
    SOCK_STAMP_OPT_ID = 0x80,
    SOCK_STAMP_TX_SCHED = 0x100,
    SOCK_STAMP_TX_ACK = 0x200,
    SOCK_STAMP_OPT_CMSG = 0x400,
    SOCK_STAMP_OPT_TSONLY = 0x800,
    SOCK_STAMP_OPT_STATS = 0x1000,
    SOCK_STAMP_OPT_ID_TCP = 0x10000,
    SOCK_STAMP_OPT_RX_FILTER = 0x20000,
    SOCK_STAMP_ALL = 0x7ffff,
    SOCK_STAMP_TX = 0x40303, /* those that ask for a stamp of what is sent */
};

/* What sendmsg() has beside the octets. */
struct sock_control {
    bool has_ttl, has_tos, has_stamps, has_source, has_mark, has_priority;
    uint8_t ttl, tos; /* of IPv6 hop limit and traffic class */
    uint32_t stamps;  /* enum sock_stamp_flag, of SOCK_STAMP_TX alone */
    struct endpoint source;
    unsigned ifindex; /* 0: not said */
    uint32_t mark;
    int priority;
};

struct sock_send {
    const void *octets;
    size_t len;
    unsigned flags;
    bool has_to;
    struct endpoint to;
    struct why why;            /* for datagrams: WHY_NONE lets the protocol say it */
    const char *why_text;      /* lives as long as the run, or NULL */
    const uint8_t *ip_options; /* of raw sockets of IPv4: IP_RETOPTS, sent with the message */
    uint8_t n_ip_options;
    int pass_fd;  /* AF_UNIX: a descriptor to go with the octets (SCM_RIGHTS), 0: none */
    void *rights; /* what it stands for, of the socket layer */
    const struct sock_control *control; /* or NULL */
};

enum sock_origin {
    SOCK_ORIGIN_LOCAL = 1,
    SOCK_ORIGIN_ICMP = 2,
    SOCK_ORIGIN_ICMP6 = 3,
    SOCK_ORIGIN_STAMP = 4,   /* SO_EE_ORIGIN_TIMESTAMPING */
    SOCK_ORIGIN_COPYLESS = 5 /* SO_EE_ORIGIN_ZEROCOPY */
};

/* What of a datagram or segment a timestamp is about: SCM_TSTAMP_SND and its kin. */
enum sock_stamp_kind { SOCK_STAMPED_SENT, SOCK_STAMPED_SCHED, SOCK_STAMPED_ACK };

/* What MSG_ERRQUEUE tells: struct sock_extended_err and its offender. */
struct sock_report {
    int error;      /* positive; 0: there was none */
    uint8_t origin; /* enum sock_origin */
    uint8_t type, code;
    uint32_t info; /* of EMSGSIZE the MTU, of EPROTO ICMP's pointer; of timestamps their kind; of
                      MSG_ZEROCOPY the first call */
    uint32_t data; /* of timestamps their number; of MSG_ZEROCOPY the last call */
    struct endpoint offender;
};

struct sock_recv {
    void *octets; /* NULL: count and throw away */
    size_t size;
    unsigned flags;
    bool octets_only; /* asked for: nothing else need be filled in */
    /* filled in */
    struct endpoint from;
    struct endpoint to; /* destination address of the datagram */
    size_t full_len;    /* of the datagram, cut or not */
    uint8_t ttl, tos;
    unsigned ifindex;
    char from_name[108];       /* AF_UNIX sockets: "" for no name */
    struct mac_addr from_mac;  /* packet sockets */
    bool takes_fd;             /* asked for: a descriptor that comes along; else it is closed */
    int passed_fd;             /* its number here, 0: none */
    void *rights;              /* what it stands for, of the socket layer */
    bool outgoing;             /* packet sockets: sent by this node */
    sim_time at;               /* when it was received; of a timestamp: when; 0: not known */
    uint32_t inq;              /* TCP_INQ: octets that are left */
    struct sock_report report; /* MSG_ERRQUEUE; @from is where the octets were to go then */
};

/* Socket options, by name; the int or struct behind them is Linux's. */
enum sock_option {
    OPT_SO_REUSEADDR,
    OPT_SO_REUSEPORT,
    OPT_SO_BROADCAST,
    OPT_SO_KEEPALIVE,
    OPT_SO_LINGER, /* int: seconds, -1 off */
    OPT_SO_SNDBUF,
    OPT_SO_RCVBUF,
    OPT_SO_ERROR, /* get: and clears it */
    OPT_SO_TYPE,
    OPT_SO_ACCEPTCONN,
    OPT_SO_DOMAIN,
    OPT_SO_PROTOCOL,
    OPT_SO_OOBINLINE,
    OPT_SO_DONTROUTE,
    OPT_SO_BINDTODEVICE, /* int: ifindex, 0 none */
    OPT_SO_RCVLOWAT,
    OPT_SO_SNDLOWAT, /* get: 1 */
    OPT_SO_PRIORITY,
    OPT_SO_MARK,        /* root alone; nothing looks at it */
    OPT_SO_SNDBUFFORCE, /* set, root alone: without net.core.wmem_max */
    OPT_SO_RCVBUFFORCE,
    OPT_SO_TIMESTAMP,
    OPT_SO_TIMESTAMPNS,
    OPT_SO_TIMESTAMPING, /* enum sock_stamp_flag */
    OPT_SO_ZEROCOPY,
    OPT_IP_PKTINFO, /* what recvmsg() tells beside the octets */
    OPT_IP_RECVTTL,
    OPT_IP_RECVTOS,
    OPT_IP_FREEBIND,
    OPT_IP_TTL,
    OPT_IP_TOS,
    OPT_IP_MTU_DISCOVER, /* 0 dont, 1 want, 2 do, 3 probe, 4 interface, 5 omit */
    OPT_IP_MTU,
    OPT_IP_RECVERR,
    OPT_IP_HDRINCL,
    OPT_IP_MULTICAST_TTL,
    OPT_IP_MULTICAST_LOOP,
    OPT_IP_MULTICAST_IF, /* int: ifindex */
    OPT_IPV6_V6ONLY,
    OPT_IPV6_UNICAST_HOPS,
    OPT_IPV6_MULTICAST_HOPS,
    OPT_IPV6_MULTICAST_IF, /* int: ifindex */
    OPT_IPV6_TCLASS,
    OPT_IPV6_MTU_DISCOVER,
    OPT_IPV6_MTU,
    OPT_IPV6_RECVERR,
    OPT_IPV6_DONTFRAG,
    OPT_IPV6_RECVPKTINFO, /* what recvmsg() tells beside the octets */
    OPT_IPV6_RECVHOPLIMIT,
    OPT_IPV6_RECVTCLASS,
    OPT_TCP_NODELAY,
    OPT_TCP_CORK,
    OPT_TCP_MAXSEG,
    OPT_TCP_KEEPIDLE,
    OPT_TCP_KEEPINTVL,
    OPT_TCP_KEEPCNT,
    OPT_TCP_SYNCNT,
    OPT_TCP_THIN_LINEAR_TIMEOUTS,
    OPT_TCP_LINGER2,
    OPT_TCP_DEFER_ACCEPT,
    OPT_TCP_WINDOW_CLAMP,
    OPT_TCP_USER_TIMEOUT, /* int: ms */
    OPT_TCP_RTO_MAX_MS,   /* these three in ticks of the kernel's clock, rounded up */
    OPT_TCP_RTO_MIN_US,
    OPT_TCP_DELACK_MAX_US,
    OPT_TCP_QUICKACK,
    OPT_TCP_CONGESTION, /* int: 0 cubic, 1 reno */
    OPT_TCP_NOTSENT_LOWAT,
    OPT_TCP_INQ,
    OPT_TCP_FASTOPEN,
    OPT_TCP_FASTOPEN_CONNECT,
    OPT_TCP_FASTOPEN_NO_COOKIE,
    OPT_SIOCINQ, /* get: ioctl() FIONREAD, SIOCOUTQ, SIOCATMARK */
    OPT_SIOCOUTQ,
    OPT_SIOCATMARK,
    OPT_SIOCOUTQNSD,
    OPT_TCP_SAVE_SYN,    /* 1: headers of IP and TCP; 2: that of the link, too */
    OPT_TCP_THIN_DUPACK, /* get: 0, since Linux 4.11 */
    OPT_TCP_TIMESTAMP,   /* get: the next TSval */
    OPT_TCP_IS_MPTCP,    /* get: 0 */
    OPT_SO_INCOMING_NAPI_ID,
    OPT_SO_BPF_EXTENSIONS,
    OPT_SO_BINDTOIFINDEX,
    /* kept in sock_extra.kept, in this order */
    OPT_SO_DEBUG,
    OPT_SO_LOCK_FILTER,
    OPT_SO_SELECT_ERR_QUEUE,
    OPT_SO_BUSY_POLL,
    OPT_SO_PREFER_BUSY_POLL,
    OPT_SO_INCOMING_CPU,
    OPT_IP_TRANSPARENT,
    OPT_IP_MINTTL,
    OPT_IP_BIND_ADDRESS_NO_PORT,
};
#define SOCK_KEPT_FIRST OPT_SO_DEBUG
#define SOCK_N_KEPT     9

struct sock_ops {
    const char *name; /* "tcp", "udp", "raw", "packet" */
    bool is_file;     /* no socket at all: epoll instances, pipes, files */
    bool takes_both;  /* AF_INET6 sockets know addresses of AF_INET, too */
    int (*bind)(struct sock *sock, struct endpoint local);
    /* Starts it: 0 (done), -SIM_EINPROGRESS, or an error. While it goes on -SIM_EALREADY; later 0
     * once or -SIM_EISCONN. */
    int (*connect)(struct sock *sock, struct endpoint remote);
    int (*disconnect)(struct sock *sock); /* connect(AF_UNSPEC) */
    int (*listen)(struct sock *sock, int backlog);
    /* A connection from the queue, now the caller's; or NULL and *@error -SIM_EAGAIN, -SIM_EINVAL,
     * ... */
    struct sock *(*accept)(struct sock *sock, int *error);
    /* Octets taken (possibly fewer than asked for on streams) or an error. */
    int64_t (*send)(struct sock *sock, const struct sock_send *message);
    /* Octets given, 0 at the end of a stream, or an error. */
    int64_t (*recv)(struct sock *sock, struct sock_recv *message);
    /* The same with octets alone, from or to a peer that need not be named: quick where nothing is
     * special about the socket. Of datagrams, which are not waited for to leave; and of those and
     * of streams, with SOCK_MSG_DONTWAIT or nothing for @flags. NULL: there is no such way. */
    int64_t (*send_plain)(struct sock *sock, const void *octets, size_t len, unsigned flags);
    int64_t (*recv_plain)(struct sock *sock, void *octets, size_t size, unsigned flags);
    int (*shutdown)(struct sock *sock, enum sock_shutdown how);
    /* SO_LINGER with a time: begins to close, and says whether that goes on. wake() tells when it
     * is worth asking again; close() follows in any case. NULL: close() never waits. */
    bool (*linger)(struct sock *sock);
    /* The program has let go. The protocol frees the sock when its own work is done. wake() is not
     * called any more. */
    void (*close)(struct sock *sock);
    /* OPT_ values that are not common to all (those the socket layer keeps in sock->options
     * itself). -SIM_ENOPROTOOPT. */
    int (*set_option)(struct sock *sock, enum sock_option option, int value);
    int (*get_option)(struct sock *sock, enum sock_option option, int *value);
    unsigned (*poll)(struct sock *sock); /* SOCK_POLL bits that hold now */
    bool write_band;                     /* who may write may do so with POLLWRBAND, too */
    /* A snapshot for TCP_INFO; NULL where there is none. */
    void (*info)(struct sock *sock, struct describe *out);
};

struct sock_options {
    struct ip_iface *bound_iface;
    int linger;         /* seconds, -1: off */
    int sndbuf, rcvbuf; /* octets, as getsockopt shows them (doubled as Linux does) */
    bool sndbuf_locked, rcvbuf_locked; /* set by the program: no autotuning */
    uint8_t ttl;                       /* 0: default */
    uint8_t tos;
    uint8_t mtu_discover;
    uint8_t multicast_ttl;
    uint8_t hops, multicast_hops, tclass, mtu_discover6; /* of IPv6; hops 0: default */
    uint16_t multicast_ifindex;                          /* 0: none */
    bool recverr6 : 1, dontfrag : 1;
    bool freebind : 1;
    bool timestamp : 1, stamp_ns : 1, pktinfo : 1, recvttl : 1, recvtos : 1; /* for recvmsg() */
    bool pktinfo6 : 1, recvhops : 1, recvtclass : 1, tcp_inq : 1;
    bool v6only : 1; /* an AF_INET6 socket takes no IPv4: IPV6_V6ONLY */
    bool reuseaddr : 1, reuseport : 1, broadcast : 1, keepalive : 1, oobinline : 1;
    bool dontroute : 1, recverr : 1, multicast_loop : 1;
    int rcvlowat;             /* octets, at least 1: so many or the end must be there to be read */
    struct sock_extra *extra; /* NULL: it has none */
};

/* IP_MTU_DISCOVER and IPV6_MTU_DISCOVER */
enum pmtudisc {
    PMTUDISC_DONT,
    PMTUDISC_WANT,
    PMTUDISC_DO,
    PMTUDISC_PROBE,
    PMTUDISC_INTERFACE,
    PMTUDISC_OMIT,
};

/* What few sockets have: read by sock_extra_of(), written through sock_extra(). */
struct sock_extra {
    int priority;
    uint32_t mark;
    uint32_t stamps;       /* SO_TIMESTAMPING: enum sock_stamp_flag */
    uint32_t stamp_key;    /* of SOF_TIMESTAMPING_OPT_ID: the next, of TCP where counting began */
    uint16_t frag_size6;   /* IPV6_MTU: what is cut is cut to this, 0: by the way alone */
    bool zerocopy;         /* SO_ZEROCOPY */
    uint32_t zerocopy_key; /* of the next call with MSG_ZEROCOPY */
    int kept[SOCK_N_KEPT]; /* sock_kept() */
    uint64_t cookie;       /* SO_COOKIE, 0: not drawn yet */
    struct list errors;    /* stack/transport/errqueue.h */
};

/* Both ends of a connection. */
struct endpoints {
    struct endpoint remote, local;
};

struct sock { /* what who sends looks at is in the first cache line */
    const struct sock_ops *ops;
    struct node *node;
    struct ip_stack *ip;
    int error;                   /* pending SO_ERROR, positive; 0 none */
    bool v6;                     /* AF_INET6 */
    bool bound_addr, bound_port; /* given by bind(), so they survive a disconnect */
    bool options_new;            /* since the protocol has concluded something from them */
    union { /* 0 where not yet known; of IPv4 also on an AF_INET6 socket that speaks it, see
               sock_from_api() */
        struct {
            struct endpoint remote, local;
        };
        struct endpoints ends;
    };
    int soft_error; /* what an ICMP error said that did not end a connection; SO_ERROR tells it, too
                     */
    struct sock_options options;
    /* Something changed that poll() shows; @events are the bits that may be new. Set by the socket
     * layer. */
    void (*wake)(struct sock *sock, unsigned events);
    void *owner; /* the socket layer's */
};

#define SOCK_SNDBUF_DEFAULT 212992 /* net.core.wmem_default, for datagrams */
#define SOCK_RCVBUF_DEFAULT 212992

/** sock_init() - the common part: Linux's defaults. sock_fini() - what sock_extra() has made. */
void sock_init(struct sock *sock, const struct sock_ops *ops, struct ip_stack *ip);
void sock_fini(struct sock *sock);
/** sock_extra() - @sock's own, made when first needed. sock_extra_of() - to be read. */
struct sock_extra *sock_extra(struct sock *sock);
const struct sock_extra *sock_extra_of(const struct sock *sock);
/** sock_inherit() - @sock, which is new, has come out of @listener: its options. */
void sock_inherit(struct sock *sock, const struct sock *listener);
/** sock_kept() - the value of @option, one of those from SOCK_KEPT_FIRST on, less its initial one.
 */
static inline int sock_kept(const struct sock *sock, enum sock_option option)
{
    return sock->options.extra == NULL ? 0 : sock->options.extra->kept[option - SOCK_KEPT_FIRST];
}
/** sock_wants_errors() - ICMP errors about what went over IPv6 (@v6) or IPv4, at once. */
static inline bool sock_wants_errors(const struct sock *sock, bool v6)
{
    return v6 ? sock->options.recverr6 : sock->options.recverr;
}
/** sock_binds_anywhere() - to addresses that the host has not: IP_FREEBIND, IP_TRANSPARENT. */
static inline bool sock_binds_anywhere(const struct sock *sock)
{
    return sock->options.freebind || sock_kept(sock, OPT_IP_TRANSPARENT) != 0;
}
/** sock_has_reports() - is there something in sock_extra.errors? */
static inline bool sock_has_reports(const struct sock *sock)
{
    return sock->options.extra != NULL && !list_empty(&sock->options.extra->errors);
}
/** sock_stamps() - SO_TIMESTAMPING of @sock, as @control of a message changes it. */
uint32_t sock_stamps(const struct sock *sock, const struct sock_control *control);
/** sock_multicast_if() - the interface that groups are sent through, NULL: the routes say it.
 * sock_set_multicast_if() - by its number, 0: none; false, and none, when there is no such. */
struct ip_iface *sock_multicast_if(const struct sock *sock);
bool sock_set_multicast_if(struct sock *sock, int ifindex);
/** sock_refuse_listen() / sock_refuse_accept() - of sockets without connections. */
int sock_refuse_listen(struct sock *sock, int backlog);
struct sock *sock_refuse_accept(struct sock *sock, int *error);
/** sock_refuse_set_option() / sock_refuse_get_option() - of sockets without options of their own.
 */
int sock_refuse_set_option(struct sock *sock, enum sock_option option, int value);
int sock_refuse_get_option(struct sock *sock, enum sock_option option, int *value);
/** sock_any() - the unspecified endpoint of its family. */
static inline struct endpoint sock_any(const struct sock *sock)
{
    return (struct endpoint){ .v6 = sock->v6 };
}
/** sock_from_api() - what a program gave for an address: ::ffff:a.b.c.d on an AF_INET6 socket means
 * IPv4. 0, or -SIM_EAFNOSUPPORT or -SIM_EINVAL for the other family. */
int sock_from_api(const struct sock *sock, struct endpoint *endpoint);
/** sock_to_api() - the other way: IPv4 on an AF_INET6 socket reads ::ffff:a.b.c.d. */
struct endpoint sock_to_api(const struct sock *sock, struct endpoint endpoint);
/** sock_matches_local() - may a packet to @local be for a socket at @bound, perhaps a wildcard?
 * "::" takes IPv4 unless @v6only. */
bool sock_matches_local(const struct endpoint *bound, bool v6only, const struct endpoint *local);
/** sock_addrs_meet() - could one packet be for both? */
bool sock_addrs_meet(const struct endpoint *a, bool a_v6only, const struct endpoint *b,
                     bool b_v6only);
/** sock_take_error() - the pending error, negated, and forget it; 0 when none. */
int sock_take_error(struct sock *sock);
/** sock_events() - the SOCK_POLL bits that hold now, as poll() and epoll tell them. */
static inline unsigned sock_events(struct sock *sock)
{
    unsigned events = sock->ops->poll(sock);

    return events | ((events & SOCK_POLLIN) != 0 ? SOCK_POLLRDNORM : 0u) |
           ((events & SOCK_POLLOUT) != 0
                ? SOCK_POLLWRNORM | (sock->ops->write_band ? SOCK_POLLWRBAND : 0u)
                : 0u);
}
/** sock_wake() - tell the owner, if there is one. */
static inline void sock_wake(struct sock *sock, unsigned events)
{
    if (sock->wake != NULL)
        sock->wake(sock, events);
}

#endif
