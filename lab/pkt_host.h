/*
 * The machine a script runs on, seen from outside: calls of one program, IP packets in and out of
 * one interface, and a clock. lab/pkt_sim.c is a simulated host; the table of functions keeps the
 * runner from knowing that. Numbers of calls are Linux's, addresses are octets of either family.
 */
#ifndef WW_LAB_PKT_HOST_H
#define WW_LAB_PKT_HOST_H

#include "lab/pkt_packet.h"
#include "stack/socket/control.h"

struct pkt_config {
    bool v6;     /* packets are IPv6 */
    bool mapped; /* sockets are AF_INET6, packets IPv4 */
    struct pkt_ip local, remote, gateway;
    unsigned prefix_len; /* of the local address */
    uint32_t mtu;
};

struct pkt_sockaddr {
    bool v6;
    struct pkt_ip addr;
    uint16_t port;
};

enum pkt_call_kind {
    PKT_DO_SOCKET,   /* domain, type, protocol */
    PKT_DO_BIND,     /* addr */
    PKT_DO_LISTEN,   /* number */
    PKT_DO_ACCEPT,   /* gives addr */
    PKT_DO_CONNECT,  /* addr; without one AF_UNSPEC */
    PKT_DO_SEND,     /* len octets, flags, perhaps addr */
    PKT_DO_RECV,     /* up to len octets, flags; gives addr */
    PKT_DO_SHUTDOWN, /* number */
    PKT_DO_CLOSE,
    PKT_DO_GETSOCKOPT,   /* level, number; gives value */
    PKT_DO_SETSOCKOPT,   /* level, number, value */
    PKT_DO_FCNTL,        /* number: the command; argument */
    PKT_DO_IOCTL,        /* number; gives value */
    PKT_DO_POLL,         /* polls, number: time-out in ns */
    PKT_DO_EPOLL_CREATE, /* gives a descriptor */
    PKT_DO_EPOLL_CTL,    /* number: the operation; polls[0]: descriptor, events, data */
    PKT_DO_EPOLL_WAIT,   /* n_polls at most, number: time-out in ms; gives polls, result of them */
    PKT_DO_GETSOCKNAME,
    PKT_DO_GETPEERNAME,
    PKT_DO_PIPE,     /* gives two descriptors as value */
    PKT_DO_OPEN,     /* value: a path; octets, len: what stands in the file */
    PKT_DO_DUP,      /* gives a descriptor */
    PKT_DO_SENDFILE, /* fd: out, fd2: in; number: offset, len */
    PKT_DO_SPLICE    /* fd: in, fd2: out; len, flags */
};

#define PKT_VALUE_MAX 512
#define PKT_POLLS_MAX 16

struct pkt_poll {
    int fd;
    unsigned events, revents;
    uint64_t data; /* of epoll */
};

struct pkt_call {
    enum pkt_call_kind kind;
    int fd, fd2; /* the machine's */
    int domain, type, protocol;
    int level;
    int64_t number, argument;
    unsigned flags;
    uint32_t len;
    const uint8_t *octets; /* to be sent: len of them; NULL: zeros */
    bool has_addr;
    struct pkt_sockaddr addr;
    uint8_t value[PKT_VALUE_MAX];
    gsize value_len;
    struct pkt_poll polls[PKT_POLLS_MAX];
    unsigned n_polls;
    struct sys_cmsg cmsgs[SYS_CMSGS_MAX]; /* to be sent */
    unsigned n_cmsgs;
    gsize control_room; /* octets for those that are received */
    bool has_message;   /* sendmsg() or recvmsg() */
    bool is_file_call;  /* read(), write() and kin, which are not of sockets alone */
};

struct pkt_answer {
    int64_t result; /* -1 with an error */
    int error;      /* Linux's number, positive */
    int64_t at;     /* ns, when it returned */
    bool has_addr;
    struct pkt_sockaddr addr;
    uint8_t value[PKT_VALUE_MAX];
    gsize value_len;
    struct pkt_poll polls[PKT_POLLS_MAX];
    struct sys_cmsg cmsgs[SYS_CMSGS_MAX]; /* times in them are those of now() */
    unsigned n_cmsgs, msg_flags;
};

struct pkt_seen {
    int64_t at; /* ns */
    uint8_t *octets;
    gsize len;
};

struct pkt_host;

struct pkt_host_ops {
    int64_t (*now)(struct pkt_host *host);
    /* Time goes on to @until, or to the next packet out or answer. */
    void (*run)(struct pkt_host *host, int64_t until);
    /* What was done now takes effect: as long as that takes, which is next to nothing. */
    void (*settle)(struct pkt_host *host);
    void (*send)(struct pkt_host *host, const uint8_t *packet, gsize len);
    /* The next packet out, its octets the caller's (g_free()); false: there is none. */
    bool (*take)(struct pkt_host *host, struct pkt_seen *seen);
    /* Starts a call; its answer comes by answered(), perhaps at once. One at a time may wait.
     * False: one waits already and this one would, too. */
    bool (*call)(struct pkt_host *host, const struct pkt_call *call);
    bool (*answered)(struct pkt_host *host, struct pkt_answer *answer);
    /* A setting by its Linux name: 0, -1 unknown, -2 not this value. */
    int (*set)(struct pkt_host *host, const char *name, const char *value);
    /* "ESTAB", local and remote port of each TCP socket, for sockstat and its kin. */
    void (*sockets)(struct pkt_host *host,
                    void (*each)(void *ctx, const char *state, uint16_t local, uint16_t remote),
                    void *ctx);
    /* A command of Linux's on the host, which ends at once: its exit status. */
    int (*command)(struct pkt_host *host, char **words, GString *output);
    void (*free)(struct pkt_host *host);
};

struct pkt_host {
    const struct pkt_host_ops *ops;
};

/** pkt_sim_new() - a simulated host; NULL with *@fault (refused) when it cannot be. */
struct pkt_host *pkt_sim_new(const struct pkt_config *config, struct pkt_fault *fault);

#endif
