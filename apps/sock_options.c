/* Names of socket options, and of what TCP_INFO tells, for `set` and `get`. */
#include <string.h>

#include "apps/sock_args.h"
#include "base/text.h"
#include "stack/socket/syscall.h"

#define INT(name, option)                                                                          \
    {                                                                                              \
        name, SOCK_VALUE_INT, option                                                               \
    }
/* Where struct tcp_info of Linux has it, and how long it is. */
#define INFO(name, at, size)                                                                       \
    {                                                                                              \
        "tcpi_" name, SOCK_VALUE_INFO, (at) << 4 | (size)                                          \
    }

/* Times, which are not int options of sys_getsockopt(). */
enum { TIME_RECEIVE = -1, TIME_SEND = -2 };

static const struct sock_option_name options[] = {
    INT("SO_REUSEADDR", OPT_SO_REUSEADDR),
    INT("SO_REUSEPORT", OPT_SO_REUSEPORT),
    INT("SO_BROADCAST", OPT_SO_BROADCAST),
    INT("SO_KEEPALIVE", OPT_SO_KEEPALIVE),
    INT("SO_LINGER", OPT_SO_LINGER),
    INT("SO_SNDBUF", OPT_SO_SNDBUF),
    INT("SO_RCVBUF", OPT_SO_RCVBUF),
    INT("SO_ERROR", OPT_SO_ERROR),
    INT("SO_TYPE", OPT_SO_TYPE),
    INT("SO_DOMAIN", OPT_SO_DOMAIN),
    INT("SO_PROTOCOL", OPT_SO_PROTOCOL),
    INT("SO_ACCEPTCONN", OPT_SO_ACCEPTCONN),
    INT("SO_OOBINLINE", OPT_SO_OOBINLINE),
    INT("SO_DONTROUTE", OPT_SO_DONTROUTE),
    INT("SO_RCVLOWAT", OPT_SO_RCVLOWAT),
    INT("SO_SNDLOWAT", OPT_SO_SNDLOWAT),
    INT("SO_PRIORITY", OPT_SO_PRIORITY),
    INT("SO_MARK", OPT_SO_MARK),
    INT("SO_SNDBUFFORCE", OPT_SO_SNDBUFFORCE),
    INT("SO_RCVBUFFORCE", OPT_SO_RCVBUFFORCE),
    INT("SO_TIMESTAMP", OPT_SO_TIMESTAMP),
    INT("SO_TIMESTAMPNS", OPT_SO_TIMESTAMPNS),
    INT("SO_TIMESTAMPING", OPT_SO_TIMESTAMPING),
    INT("SO_ZEROCOPY", OPT_SO_ZEROCOPY),
    INT("SO_BINDTOIFINDEX", OPT_SO_BINDTOIFINDEX),
    INT("SO_INCOMING_CPU", OPT_SO_INCOMING_CPU),
    INT("SO_INCOMING_NAPI_ID", OPT_SO_INCOMING_NAPI_ID),
    INT("SO_SELECT_ERR_QUEUE", OPT_SO_SELECT_ERR_QUEUE),
    INT("SO_DEBUG", OPT_SO_DEBUG),
    INT("SO_LOCK_FILTER", OPT_SO_LOCK_FILTER),
    INT("SO_BUSY_POLL", OPT_SO_BUSY_POLL),
    INT("SO_PREFER_BUSY_POLL", OPT_SO_PREFER_BUSY_POLL),
    INT("IP_TRANSPARENT", OPT_IP_TRANSPARENT),
    INT("IP_MINTTL", OPT_IP_MINTTL),
    INT("IP_BIND_ADDRESS_NO_PORT", OPT_IP_BIND_ADDRESS_NO_PORT),
    INT("TCP_SAVE_SYN", OPT_TCP_SAVE_SYN),
    INT("TCP_THIN_LINEAR_TIMEOUTS", OPT_TCP_THIN_LINEAR_TIMEOUTS),
    INT("TCP_THIN_DUPACK", OPT_TCP_THIN_DUPACK),
    { "SO_RCVTIMEO", SOCK_VALUE_SECONDS, TIME_RECEIVE },
    { "SO_SNDTIMEO", SOCK_VALUE_SECONDS, TIME_SEND },
    INT("IP_TTL", OPT_IP_TTL),
    INT("IP_TOS", OPT_IP_TOS),
    INT("IP_MTU_DISCOVER", OPT_IP_MTU_DISCOVER),
    INT("IP_MTU", OPT_IP_MTU),
    INT("IP_RECVERR", OPT_IP_RECVERR),
    INT("IP_HDRINCL", OPT_IP_HDRINCL),
    INT("IP_PKTINFO", OPT_IP_PKTINFO),
    INT("IP_RECVTTL", OPT_IP_RECVTTL),
    INT("IP_RECVTOS", OPT_IP_RECVTOS),
    INT("IP_FREEBIND", OPT_IP_FREEBIND),
    INT("IP_MULTICAST_TTL", OPT_IP_MULTICAST_TTL),
    INT("IP_MULTICAST_LOOP", OPT_IP_MULTICAST_LOOP),
    INT("IP_MULTICAST_IF", OPT_IP_MULTICAST_IF),
    INT("TCP_NODELAY", OPT_TCP_NODELAY),
    INT("TCP_CORK", OPT_TCP_CORK),
    INT("TCP_MAXSEG", OPT_TCP_MAXSEG),
    INT("TCP_KEEPIDLE", OPT_TCP_KEEPIDLE),
    INT("TCP_KEEPINTVL", OPT_TCP_KEEPINTVL),
    INT("TCP_KEEPCNT", OPT_TCP_KEEPCNT),
    INT("TCP_SYNCNT", OPT_TCP_SYNCNT),
    INT("TCP_LINGER2", OPT_TCP_LINGER2),
    INT("TCP_DEFER_ACCEPT", OPT_TCP_DEFER_ACCEPT),
    INT("TCP_WINDOW_CLAMP", OPT_TCP_WINDOW_CLAMP),
    INT("TCP_USER_TIMEOUT", OPT_TCP_USER_TIMEOUT),
    INT("TCP_QUICKACK", OPT_TCP_QUICKACK),
    { "TCP_CONGESTION", SOCK_VALUE_CONGESTION, OPT_TCP_CONGESTION },
    INT("TCP_NOTSENT_LOWAT", OPT_TCP_NOTSENT_LOWAT),
    INT("TCP_INQ", OPT_TCP_INQ),
    INT("TCP_FASTOPEN", OPT_TCP_FASTOPEN),
    INT("TCP_FASTOPEN_CONNECT", OPT_TCP_FASTOPEN_CONNECT),
    INT("TCP_FASTOPEN_NO_COOKIE", OPT_TCP_FASTOPEN_NO_COOKIE),
    INT("FIONREAD", OPT_SIOCINQ),
    INT("SIOCINQ", OPT_SIOCINQ),
    INT("SIOCOUTQ", OPT_SIOCOUTQ),
    INT("SIOCATMARK", OPT_SIOCATMARK),
    INT("SIOCOUTQNSD", OPT_SIOCOUTQNSD),
    INFO("state", 0, 1),
    INFO("ca_state", 1, 1),
    INFO("retransmits", 2, 1),
    INFO("probes", 3, 1),
    INFO("backoff", 4, 1),
    INFO("rto", 8, 4),
    INFO("ato", 12, 4),
    INFO("snd_mss", 16, 4),
    INFO("rcv_mss", 20, 4),
    INFO("unacked", 24, 4),
    INFO("sacked", 28, 4),
    INFO("lost", 32, 4),
    INFO("retrans", 36, 4),
    INFO("pmtu", 60, 4),
    INFO("rcv_ssthresh", 64, 4),
    INFO("rtt", 68, 4),
    INFO("rttvar", 72, 4),
    INFO("snd_ssthresh", 76, 4),
    INFO("snd_cwnd", 80, 4),
    INFO("advmss", 84, 4),
    INFO("reordering", 88, 4),
    INFO("last_data_sent", 44, 4),
    INFO("last_data_recv", 52, 4),
    INFO("last_ack_recv", 56, 4),
    INFO("rcv_rtt", 92, 4),
    INFO("rcv_space", 96, 4),
    INFO("total_retrans", 100, 4),
    INFO("pacing_rate", 104, 8),
    INFO("bytes_acked", 120, 8),
    INFO("bytes_received", 128, 8),
    INFO("segs_out", 136, 4),
    INFO("segs_in", 140, 4),
    INFO("notsent_bytes", 144, 4),
    INFO("min_rtt", 148, 4),
    INFO("data_segs_in", 152, 4),
    INFO("data_segs_out", 156, 4),
    INFO("delivery_rate", 160, 8),
    INFO("busy_time", 168, 8),
    INFO("rwnd_limited", 176, 8),
    INFO("sndbuf_limited", 184, 8),
    INFO("delivered", 192, 4),
    INFO("delivered_ce", 196, 4),
    INFO("bytes_sent", 200, 8),
    INFO("bytes_retrans", 208, 8),
    INFO("dsack_dups", 216, 4),
    INFO("reord_seen", 220, 4),
    INFO("rcv_ooopack", 224, 4),
    INFO("snd_wnd", 228, 4),
    INFO("rcv_wnd", 232, 4),
    INFO("rehash", 236, 4),
};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && upper(*a) == upper(*b))
        a++, b++;
    return *a == '\0' && *b == '\0';
}

const struct sock_option_name *sock_option_find(const char *name)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (same(options[i].name, name))
            return &options[i];
    return NULL;
}

unsigned sock_info_offset(const struct sock_option_name *option, unsigned *size)
{
    *size = (unsigned)option->option & 0xf;
    return (unsigned)option->option >> 4;
}

bool sock_read_value(const struct sock_option_name *option, const char *text, int64_t *value)
{
    bool minus = *text == '-';
    uint64_t number;

    switch (option->form) {
    case SOCK_VALUE_SECONDS:
        return text_scaled(text, strlen(text), 6, value);
    case SOCK_VALUE_CONGESTION:
        *value = strcmp(text, "reno") == 0;
        return *value == 1 || strcmp(text, "cubic") == 0;
    case SOCK_VALUE_INFO:
        return false;
    case SOCK_VALUE_INT:
        break;
    }
    if (!text_u64(text + minus, INT32_MAX, &number))
        return false;
    *value = minus ? -(int64_t)number : (int64_t)number;
    return true;
}
