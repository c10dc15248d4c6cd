#include "lab/pkt_const.h"

#include <stddef.h>
#include <string.h>

#include "base/errnos.h"

struct constant {
    const char *name;
    int64_t value;
};

static const struct constant CONSTANTS[] = {
    { "NULL", 0 },
    { "AF_UNSPEC", 0 },
    { "AF_UNIX", 1 },
    { "AF_INET", 2 },
    { "AF_INET6", 10 },
    { "PF_INET", 2 },
    { "PF_INET6", 10 },
    { "SOCK_STREAM", 1 },
    { "SOCK_DGRAM", 2 },
    { "SOCK_RAW", 3 },
    { "SOCK_NONBLOCK", 0x800 },
    { "SOCK_CLOEXEC", 0x80000 },
    { "IPPROTO_IP", 0 },
    { "IPPROTO_ICMP", 1 },
    { "IPPROTO_TCP", 6 },
    { "IPPROTO_UDP", 17 },
    { "IPPROTO_IPV6", 41 },
    { "IPPROTO_ICMPV6", 58 },
    { "IPPROTO_RAW", 255 },
    { "IPPROTO_UDPLITE", 136 },
    { "IPPROTO_SCTP", 132 },
    { "IPPROTO_GRE", 47 },
    { "IPPROTO_MPTCP", 262 },
    { "SOL_SOCKET", 1 },
    { "SOL_IP", 0 },
    { "SOL_TCP", 6 },
    { "SOL_UDP", 17 },
    { "SOL_IPV6", 41 },
    { "INADDR_ANY", 0 },
    { "INADDR_LOOPBACK", 0x7f000001 },
    { "INADDR_BROADCAST", 0xffffffff },
    { "SOMAXCONN", 4096 },
    /* SOL_SOCKET */
    { "SO_DEBUG", 1 },
    { "SO_REUSEADDR", 2 },
    { "SO_TYPE", 3 },
    { "SO_ERROR", 4 },
    { "SO_DONTROUTE", 5 },
    { "SO_BROADCAST", 6 },
    { "SO_SNDBUF", 7 },
    { "SO_RCVBUF", 8 },
    { "SO_KEEPALIVE", 9 },
    { "SO_OOBINLINE", 10 },
    { "SO_PRIORITY", 12 },
    { "SO_LINGER", 13 },
    { "SO_REUSEPORT", 15 },
    { "SO_RCVLOWAT", 18 },
    { "SO_SNDLOWAT", 19 },
    { "SO_RCVTIMEO", 20 },
    { "SO_SNDTIMEO", 21 },
    { "SO_BINDTODEVICE", 25 },
    { "SO_TIMESTAMP", 29 },
    { "SO_ACCEPTCONN", 30 },
    { "SO_SNDBUFFORCE", 32 },
    { "SO_RCVBUFFORCE", 33 },
    { "SO_TIMESTAMPNS", 35 },
    { "SO_MARK", 36 },
    { "SO_TIMESTAMPING", 37 },
    { "SO_PROTOCOL", 38 },
    { "SO_DOMAIN", 39 },
    { "SO_BUSY_POLL", 46 },
    { "SO_INCOMING_CPU", 49 },
    { "SO_COOKIE", 57 },
    { "SO_TXTIME", 61 },
    { "SO_PEEK_OFF", 42 },
    { "SO_NO_CHECK", 11 },
    { "SO_PASSCRED", 16 },
    { "SO_RXQ_OVFL", 40 },
    { "SO_LOCK_FILTER", 44 },
    { "SO_MEMINFO", 55 },
    { "SO_INCOMING_NAPI_ID", 56 },
    { "SO_ATTACH_FILTER", 26 },
    { "SO_DETACH_FILTER", 27 },
    { "SO_PREFER_BUSY_POLL", 69 },
    { "SO_MAX_PACING_RATE", 47 },
    { "SO_ZEROCOPY", 60 },
    { "SO_TXREHASH", 74 },
    /* IPPROTO_IP, IPPROTO_IPV6 */
    { "IP_TOS", 1 },
    { "IP_TTL", 2 },
    { "IP_HDRINCL", 3 },
    { "IP_OPTIONS", 4 },
    { "IP_RECVOPTS", 6 },
    { "IP_PKTINFO", 8 },
    { "IP_MTU_DISCOVER", 10 },
    { "IP_RECVERR", 11 },
    { "IP_RECVTTL", 12 },
    { "IP_RECVTOS", 13 },
    { "IP_MTU", 14 },
    { "IP_FREEBIND", 15 },
    { "IP_MINTTL", 21 },
    { "IP_BIND_ADDRESS_NO_PORT", 24 },
    { "IP_MULTICAST_IF", 32 },
    { "IP_MULTICAST_TTL", 33 },
    { "IP_MULTICAST_LOOP", 34 },
    { "IP_ADD_MEMBERSHIP", 35 },
    { "IP_DROP_MEMBERSHIP", 36 },
    { "IP_UNBLOCK_SOURCE", 37 },
    { "IP_BLOCK_SOURCE", 38 },
    { "IP_ADD_SOURCE_MEMBERSHIP", 39 },
    { "IP_DROP_SOURCE_MEMBERSHIP", 40 },
    { "IP_MULTICAST_ALL", 49 },
    { "IP_UNICAST_IF", 50 },
    { "IP_TRANSPARENT", 19 },
    { "IP_RETOPTS", 7 },
    { "IP_ROUTER_ALERT", 5 },
    { "IP_PMTUDISC_DONT", 0 },
    { "IP_PMTUDISC_WANT", 1 },
    { "IP_PMTUDISC_DO", 2 },
    { "IP_PMTUDISC_PROBE", 3 },
    { "IP_PMTUDISC_INTERFACE", 4 },
    { "IP_PMTUDISC_OMIT", 5 },
    { "IPV6_UNICAST_HOPS", 16 },
    { "IPV6_MTU_DISCOVER", 23 },
    { "IPV6_MULTICAST_IF", 17 },
    { "IPV6_MULTICAST_HOPS", 18 },
    { "IPV6_MULTICAST_LOOP", 19 },
    { "IPV6_JOIN_GROUP", 20 },
    { "IPV6_LEAVE_GROUP", 21 },
    { "IPV6_ADD_MEMBERSHIP", 20 },
    { "IPV6_DROP_MEMBERSHIP", 21 },
    { "IPV6_FLOWINFO", 11 },
    { "IPV6_FLOWLABEL_MGR", 32 },
    { "IPV6_FLOWINFO_SEND", 33 },
    { "IPV6_RECVPKTINFO", 49 },
    { "IPV6_PKTINFO", 50 },
    { "IPV6_RECVHOPLIMIT", 51 },
    { "IPV6_HOPLIMIT", 52 },
    { "IPV6_RECVTCLASS", 66 },
    { "IPV6_DONTFRAG", 62 },
    { "IPV6_AUTOFLOWLABEL", 70 },
    { "IPV6_MTU", 24 },
    { "IPV6_RECVERR", 25 },
    { "IPV6_V6ONLY", 26 },
    { "IPV6_TCLASS", 67 },
    { "IPV6_PMTUDISC_DONT", 0 },
    { "IPV6_PMTUDISC_WANT", 1 },
    { "IPV6_PMTUDISC_DO", 2 },
    { "IPV6_PMTUDISC_PROBE", 3 },
    /* IPPROTO_TCP */
    { "TCP_NODELAY", 1 },
    { "TCP_MAXSEG", 2 },
    { "TCP_CORK", 3 },
    { "TCP_KEEPIDLE", 4 },
    { "TCP_KEEPINTVL", 5 },
    { "TCP_KEEPCNT", 6 },
    { "TCP_SYNCNT", 7 },
    { "TCP_LINGER2", 8 },
    { "TCP_DEFER_ACCEPT", 9 },
    { "TCP_WINDOW_CLAMP", 10 },
    { "TCP_INFO", 11 },
    { "TCP_QUICKACK", 12 },
    { "TCP_CONGESTION", 13 },
    { "TCP_MD5SIG", 14 },
    { "TCP_THIN_DUPACK", 17 },
    { "TCP_REPAIR_QUEUE", 20 },
    { "TCP_QUEUE_SEQ", 21 },
    { "TCP_REPAIR_OPTIONS", 22 },
    { "TCP_THIN_LINEAR_TIMEOUTS", 16 },
    { "TCP_USER_TIMEOUT", 18 },
    { "TCP_REPAIR", 19 },
    { "TCP_FASTOPEN", 23 },
    { "TCP_TIMESTAMP", 24 },
    { "TCP_NOTSENT_LOWAT", 25 },
    { "TCP_CC_INFO", 26 },
    { "TCP_SAVE_SYN", 27 },
    { "TCP_SAVED_SYN", 28 },
    { "TCP_FASTOPEN_CONNECT", 30 },
    { "TCP_ULP", 31 },
    { "TCP_MD5SIG_EXT", 32 },
    { "TCP_FASTOPEN_KEY", 33 },
    { "TCP_ZEROCOPY_RECEIVE", 35 },
    { "TCP_FASTOPEN_NO_COOKIE", 34 },
    { "TCP_INQ", 36 },
    { "TCP_TX_DELAY", 37 },
    { "TCP_RTO_MAX_MS", 44 },
    { "TCP_RTO_MIN_US", 45 },
    { "TCP_DELACK_MAX_US", 46 },
    { "TCP_CM_INQ", 36 },
    /* control messages */
    { "SCM_RIGHTS", 1 },
    { "SCM_CREDENTIALS", 2 },
    { "SCM_TIMESTAMP", 29 },
    { "SCM_TIMESTAMPNS", 35 },
    { "SCM_TIMESTAMPING", 37 },
    { "SCM_TIMESTAMPING_OPT_STATS", 54 },
    { "SCM_TXTIME", 61 },
    { "SCM_TSTAMP_SND", 0 },
    { "SCM_TSTAMP_SCHED", 1 },
    { "SCM_TSTAMP_ACK", 2 },
    { "SO_EE_ORIGIN_NONE", 0 },
    { "SO_EE_ORIGIN_LOCAL", 1 },
    { "SO_EE_ORIGIN_ICMP", 2 },
    { "SO_EE_ORIGIN_ICMP6", 3 },
    { "SO_EE_ORIGIN_TXSTATUS", 4 },
    { "SO_EE_ORIGIN_TIMESTAMPING", 4 },
    { "SO_EE_ORIGIN_ZEROCOPY", 5 },
    { "SO_EE_ORIGIN_TXTIME", 6 },
    { "SO_EE_CODE_ZEROCOPY_COPIED", 1 },
    { "SOF_TIMESTAMPING_TX_HARDWARE", 0x1 },
    { "SOF_TIMESTAMPING_TX_SOFTWARE", 0x2 },
    { "SOF_TIMESTAMPING_RX_HARDWARE", 0x4 },
    { "SOF_TIMESTAMPING_RX_SOFTWARE", 0x8 },
    { "SOF_TIMESTAMPING_SOFTWARE", 0x10 },
    { "SOF_TIMESTAMPING_SYS_HARDWARE", 0x20 },
    { "SOF_TIMESTAMPING_RAW_HARDWARE", 0x40 },
    { "SOF_TIMESTAMPING_OPT_ID", 0x80 },
    { "SOF_TIMESTAMPING_TX_SCHED", 0x100 },
    { "SOF_TIMESTAMPING_TX_ACK", 0x200 },
    { "SOF_TIMESTAMPING_OPT_CMSG", 0x400 },
    { "SOF_TIMESTAMPING_OPT_TSONLY", 0x800 },
    { "SOF_TIMESTAMPING_OPT_STATS", 0x1000 },
    { "SOF_TIMESTAMPING_OPT_PKTINFO", 0x2000 },
    { "SOF_TIMESTAMPING_OPT_TX_SWHW", 0x4000 },
    { "SOF_TIMESTAMPING_BIND_PHC", 0x8000 },
    { "SOF_TIMESTAMPING_OPT_ID_TCP", 0x10000 },
    { "SOF_TIMESTAMPING_OPT_RX_FILTER", 0x20000 },
    { "SOF_TIMESTAMPING_TX_COMPLETION", 0x40000 },
    /* messages */
    { "MSG_OOB", 0x1 },
    { "MSG_PEEK", 0x2 },
    { "MSG_DONTROUTE", 0x4 },
    { "MSG_CTRUNC", 0x8 },
    { "MSG_TRUNC", 0x20 },
    { "MSG_DONTWAIT", 0x40 },
    { "MSG_EOR", 0x80 },
    { "MSG_WAITALL", 0x100 },
    { "MSG_CONFIRM", 0x800 },
    { "MSG_ERRQUEUE", 0x2000 },
    { "MSG_NOSIGNAL", 0x4000 },
    { "MSG_MORE", 0x8000 },
    { "MSG_ZEROCOPY", 0x4000000 },
    { "MSG_FASTOPEN", 0x20000000 },
    { "MSG_CMSG_CLOEXEC", 0x40000000 },
    { "SHUT_RD", 0 },
    { "SHUT_WR", 1 },
    { "SHUT_RDWR", 2 },
    /* descriptors */
    { "F_GETFD", 1 },
    { "F_SETFD", 2 },
    { "F_GETFL", 3 },
    { "F_SETFL", 4 },
    { "FD_CLOEXEC", 1 },
    { "O_RDONLY", 0 },
    { "O_WRONLY", 1 },
    { "O_RDWR", 2 },
    { "O_NONBLOCK", 0x800 },
    { "FIONREAD", 0x541b },
    { "FIONBIO", 0x5421 },
    { "FIOASYNC", 0x5452 },
    { "TIOCINQ", 0x541b },
    { "SIOCINQ", 0x541b },
    { "TIOCOUTQ", 0x5411 },
    { "SIOCOUTQ", 0x5411 },
    { "SIOCOUTQNSD", 0x894b },
    { "SIOCATMARK", 0x8905 },
    { "EPOLL_CTL_ADD", 1 },
    { "EPOLL_CTL_DEL", 2 },
    { "EPOLL_CTL_MOD", 3 },
    { "EPOLL_CLOEXEC", 0x80000 },
    { "EPOLLIN", 0x1 },
    { "EPOLLPRI", 0x2 },
    { "EPOLLOUT", 0x4 },
    { "EPOLLERR", 0x8 },
    { "EPOLLHUP", 0x10 },
    { "EPOLLRDNORM", 0x40 },
    { "EPOLLRDBAND", 0x80 },
    { "EPOLLWRNORM", 0x100 },
    { "EPOLLWRBAND", 0x200 },
    { "EPOLLRDHUP", 0x2000 },
    { "EPOLLEXCLUSIVE", 0x10000000 },
    { "EPOLLONESHOT", 0x40000000 },
    { "EPOLLET", 0x80000000 },
    { "POLLIN", 0x1 },
    { "POLLPRI", 0x2 },
    { "POLLOUT", 0x4 },
    { "POLLERR", 0x8 },
    { "POLLHUP", 0x10 },
    { "POLLNVAL", 0x20 },
    { "POLLRDNORM", 0x40 },
    { "POLLRDBAND", 0x80 },
    { "POLLWRNORM", 0x100 },
    { "POLLWRBAND", 0x200 },
    { "POLLRDHUP", 0x2000 },
    { "POLLINIGNEOF", 0x2000 },
    /* states: Linux's, BSD's */
    { "TCP_ESTABLISHED", 1 },
    { "TCP_SYN_SENT", 2 },
    { "TCP_SYN_RECV", 3 },
    { "TCP_FIN_WAIT1", 4 },
    { "TCP_FIN_WAIT2", 5 },
    { "TCP_TIME_WAIT", 6 },
    { "TCP_CLOSE", 7 },
    { "TCP_CLOSE_WAIT", 8 },
    { "TCP_LAST_ACK", 9 },
    { "TCP_LISTEN", 10 },
    { "TCP_CLOSING", 11 },
    { "TCP_NEW_SYN_RECV", 12 },
    { "TCPS_ESTABLISHED", 1 },
    { "TCPS_SYN_SENT", 2 },
    { "TCPS_SYN_RECEIVED", 3 },
    { "TCPS_FIN_WAIT_1", 4 },
    { "TCPS_FIN_WAIT_2", 5 },
    { "TCPS_TIME_WAIT", 6 },
    { "TCPS_CLOSED", 7 },
    { "TCPS_CLOSE_WAIT", 8 },
    { "TCPS_LAST_ACK", 9 },
    { "TCPS_LISTEN", 10 },
    { "TCPS_CLOSING", 11 },
    { "TCP_CA_Open", 0 },
    { "TCP_CA_Disorder", 1 },
    { "TCP_CA_CWR", 2 },
    { "TCP_CA_Recovery", 3 },
    { "TCP_CA_Loss", 4 },
    { "TCPI_OPT_TIMESTAMPS", 1 },
    { "TCPI_OPT_SACK", 2 },
    { "TCPI_OPT_WSCALE", 4 },
    { "TCPI_OPT_ECN", 8 },
    { "TCPI_OPT_ECN_SEEN", 16 },
    { "TCPI_OPT_SYN_DATA", 32 },
    { "TCPI_OPT_USEC_TS", 64 },
    { "TCPI_OPT_TFO_CHILD", 128 },
    { "TCP_INFINITE_SSTHRESH", 0x7fffffff },
};

bool pkt_const(const char *name, int64_t *value)
{
    for (size_t i = 0; i < sizeof CONSTANTS / sizeof *CONSTANTS; i++) {
        if (strcmp(CONSTANTS[i].name, name) == 0) {
            *value = CONSTANTS[i].value;
            return true;
        }
    }
    return false;
}

const char *pkt_state_name(int64_t state)
{
    static const char *const names[] = { "?",
                                         "TCP_ESTABLISHED",
                                         "TCP_SYN_SENT",
                                         "TCP_SYN_RECV",
                                         "TCP_FIN_WAIT1",
                                         "TCP_FIN_WAIT2",
                                         "TCP_TIME_WAIT",
                                         "TCP_CLOSE",
                                         "TCP_CLOSE_WAIT",
                                         "TCP_LAST_ACK",
                                         "TCP_LISTEN",
                                         "TCP_CLOSING" };

    return state > 0 && (size_t)state < sizeof names / sizeof *names ? names[state] : names[0];
}

int pkt_errno(const char *name)
{
    static const struct constant ERRNOS[] = {
#define X(name, number, text) { #name, number },
        ERRNO_LIST(X)
#undef X
            { "EWOULDBLOCK", SIM_EAGAIN },
    };

    for (size_t i = 0; i < sizeof ERRNOS / sizeof *ERRNOS; i++)
        if (strcmp(ERRNOS[i].name, name) == 0)
            return (int)ERRNOS[i].value;
    return 0;
}

/* Linux's struct tcp_info, include/uapi/linux/tcp.h: offset and size; bits where it has some. */
static const struct field {
    const char *name;
    uint16_t offset;
    uint8_t size, shift, bits;
} FIELDS[] = {
    { "tcpi_state", 0, 1, 0, 8 },
    { "tcpi_ca_state", 1, 1, 0, 8 },
    { "tcpi_retransmits", 2, 1, 0, 8 },
    { "tcpi_probes", 3, 1, 0, 8 },
    { "tcpi_backoff", 4, 1, 0, 8 },
    { "tcpi_options", 5, 1, 0, 8 },
    { "tcpi_snd_wscale", 6, 1, 0, 4 },
    { "tcpi_rcv_wscale", 6, 1, 4, 4 },
    { "tcpi_delivery_rate_app_limited", 7, 1, 0, 1 },
    { "tcpi_fastopen_client_fail", 7, 1, 1, 2 },
    { "tcpi_rto", 8, 4, 0, 0 },
    { "tcpi_ato", 12, 4, 0, 0 },
    { "tcpi_snd_mss", 16, 4, 0, 0 },
    { "tcpi_rcv_mss", 20, 4, 0, 0 },
    { "tcpi_unacked", 24, 4, 0, 0 },
    { "tcpi_sacked", 28, 4, 0, 0 },
    { "tcpi_lost", 32, 4, 0, 0 },
    { "tcpi_retrans", 36, 4, 0, 0 },
    { "tcpi_fackets", 40, 4, 0, 0 },
    { "tcpi_last_data_sent", 44, 4, 0, 0 },
    { "tcpi_last_ack_sent", 48, 4, 0, 0 },
    { "tcpi_last_data_recv", 52, 4, 0, 0 },
    { "tcpi_last_ack_recv", 56, 4, 0, 0 },
    { "tcpi_pmtu", 60, 4, 0, 0 },
    { "tcpi_rcv_ssthresh", 64, 4, 0, 0 },
    { "tcpi_rtt", 68, 4, 0, 0 },
    { "tcpi_rttvar", 72, 4, 0, 0 },
    { "tcpi_snd_ssthresh", 76, 4, 0, 0 },
    { "tcpi_snd_cwnd", 80, 4, 0, 0 },
    { "tcpi_advmss", 84, 4, 0, 0 },
    { "tcpi_reordering", 88, 4, 0, 0 },
    { "tcpi_rcv_rtt", 92, 4, 0, 0 },
    { "tcpi_rcv_space", 96, 4, 0, 0 },
    { "tcpi_total_retrans", 100, 4, 0, 0 },
    { "tcpi_pacing_rate", 104, 8, 0, 0 },
    { "tcpi_max_pacing_rate", 112, 8, 0, 0 },
    { "tcpi_bytes_acked", 120, 8, 0, 0 },
    { "tcpi_bytes_received", 128, 8, 0, 0 },
    { "tcpi_segs_out", 136, 4, 0, 0 },
    { "tcpi_segs_in", 140, 4, 0, 0 },
    { "tcpi_notsent_bytes", 144, 4, 0, 0 },
    { "tcpi_min_rtt", 148, 4, 0, 0 },
    { "tcpi_data_segs_in", 152, 4, 0, 0 },
    { "tcpi_data_segs_out", 156, 4, 0, 0 },
    { "tcpi_delivery_rate", 160, 8, 0, 0 },
    { "tcpi_busy_time", 168, 8, 0, 0 },
    { "tcpi_rwnd_limited", 176, 8, 0, 0 },
    { "tcpi_sndbuf_limited", 184, 8, 0, 0 },
    { "tcpi_delivered", 192, 4, 0, 0 },
    { "tcpi_delivered_ce", 196, 4, 0, 0 },
    { "tcpi_bytes_sent", 200, 8, 0, 0 },
    { "tcpi_bytes_retrans", 208, 8, 0, 0 },
    { "tcpi_dsack_dups", 216, 4, 0, 0 },
    { "tcpi_reord_seen", 220, 4, 0, 0 },
    { "tcpi_rcv_ooopack", 224, 4, 0, 0 },
    { "tcpi_snd_wnd", 228, 4, 0, 0 },
    { "tcpi_rcv_wnd", 232, 4, 0, 0 },
    { "tcpi_rehash", 236, 4, 0, 0 },
    { "tcpi_total_rto", 240, 2, 0, 0 },
    { "tcpi_total_rto_recoveries", 242, 2, 0, 0 },
    { "tcpi_total_rto_time", 244, 4, 0, 0 },
};

static int64_t field_value(const uint8_t *info, const struct field *field)
{
    uint16_t half;
    uint32_t word;
    int64_t whole;

    info += field->offset;
    switch (field->size) {
    case 1:
        return (*info >> field->shift) & ((1u << field->bits) - 1);
    case 2:
        memcpy(&half, info, sizeof half);
        return half;
    case 4:
        memcpy(&word, info, sizeof word);
        return word;
    default:
        memcpy(&whole, info, sizeof whole);
        return whole;
    }
}

bool pkt_info_field(const uint8_t *info, uint32_t len, const char *name, int64_t *value)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        const struct field *field = &FIELDS[i];

        if (strcmp(field->name, name) != 0)
            continue;
        if ((uint32_t)field->offset + field->size > len)
            return false;
        *value = field_value(info, field);
        return true;
    }
    return false;
}
