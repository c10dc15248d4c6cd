/* Options that Linux has and this simulator has not: who asks for one is told its name. */
#include <string.h>

#include "stack/socket/syscall.h"

enum { LEVEL_IP = 0, LEVEL_SOCKET = 1, LEVEL_TCP = 6, LEVEL_UDP = 17, LEVEL_IPV6 = 41 };

static const struct missing_option {
    int level, name;
    const char *text;
} missing[] = {
    { LEVEL_SOCKET, 11, "SO_NO_CHECK" },
    { LEVEL_SOCKET, 16, "SO_PASSCRED" },
    { LEVEL_SOCKET, 17, "SO_PEERCRED" },
    { LEVEL_SOCKET, 26, "SO_ATTACH_FILTER" },
    { LEVEL_SOCKET, 27, "SO_DETACH_FILTER" },
    { LEVEL_SOCKET, 28, "SO_PEERNAME" },
    { LEVEL_SOCKET, 31, "SO_PEERSEC" },
    { LEVEL_SOCKET, 34, "SO_PASSSEC" },
    { LEVEL_SOCKET, 40, "SO_RXQ_OVFL" },
    { LEVEL_SOCKET, 41, "SO_WIFI_STATUS" },
    { LEVEL_SOCKET, 42, "SO_PEEK_OFF" },
    { LEVEL_SOCKET, 43, "SO_NOFCS" },
    { LEVEL_SOCKET, 47, "SO_MAX_PACING_RATE" },
    { LEVEL_SOCKET, 50, "SO_ATTACH_BPF" },
    { LEVEL_SOCKET, 51, "SO_ATTACH_REUSEPORT_CBPF" },
    { LEVEL_SOCKET, 52, "SO_ATTACH_REUSEPORT_EBPF" },
    { LEVEL_SOCKET, 53, "SO_CNX_ADVICE" },
    { LEVEL_SOCKET, 55, "SO_MEMINFO" },
    { LEVEL_SOCKET, 59, "SO_PEERGROUPS" },
    { LEVEL_SOCKET, 61, "SO_TXTIME" },
    { LEVEL_SOCKET, 74, "SO_TXREHASH" },
    { LEVEL_SOCKET, 75, "SO_RCVMARK" },
    { LEVEL_SOCKET, 76, "SO_PASSPIDFD" },
    { LEVEL_SOCKET, 77, "SO_PEERPIDFD" },
    { LEVEL_IP, 4, "IP_OPTIONS" },
    { LEVEL_IP, 5, "IP_ROUTER_ALERT" },
    { LEVEL_IP, 6, "IP_RECVOPTS" },
    { LEVEL_IP, 7, "IP_RETOPTS" },
    { LEVEL_IP, 16, "IP_IPSEC_POLICY" },
    { LEVEL_IP, 17, "IP_XFRM_POLICY" },
    { LEVEL_IP, 18, "IP_PASSSEC" },
    { LEVEL_IP, 20, "IP_RECVORIGDSTADDR" },
    { LEVEL_IP, 22, "IP_NODEFRAG" },
    { LEVEL_IP, 23, "IP_CHECKSUM" },
    { LEVEL_IP, 25, "IP_RECVFRAGSIZE" },
    { LEVEL_IP, 26, "IP_RECVERR_RFC4884" },
    { LEVEL_IP, 37, "IP_UNBLOCK_SOURCE" },
    { LEVEL_IP, 38, "IP_BLOCK_SOURCE" },
    { LEVEL_IP, 39, "IP_ADD_SOURCE_MEMBERSHIP" },
    { LEVEL_IP, 40, "IP_DROP_SOURCE_MEMBERSHIP" },
    { LEVEL_IP, 41, "IP_MSFILTER" },
    { LEVEL_IP, 42, "MCAST_JOIN_GROUP" },
    { LEVEL_IP, 45, "MCAST_LEAVE_GROUP" },
    { LEVEL_IP, 49, "IP_MULTICAST_ALL" },
    { LEVEL_IP, 50, "IP_UNICAST_IF" },
    { LEVEL_IP, 51, "IP_LOCAL_PORT_RANGE" },
    { LEVEL_TCP, 19, "TCP_REPAIR" },
    { LEVEL_TCP, 20, "TCP_REPAIR_QUEUE" },
    { LEVEL_TCP, 21, "TCP_QUEUE_SEQ" },
    { LEVEL_TCP, 22, "TCP_REPAIR_OPTIONS" },
    { LEVEL_TCP, 29, "TCP_REPAIR_WINDOW" },
    { LEVEL_TCP, 35, "TCP_ZEROCOPY_RECEIVE" },
    { LEVEL_TCP, 37, "TCP_TX_DELAY" },
    { LEVEL_TCP, 38, "TCP_AO_ADD_KEY" },
    { LEVEL_UDP, 1, "UDP_CORK" },
    { LEVEL_UDP, 100, "UDP_ENCAP" },
    { LEVEL_UDP, 101, "UDP_NO_CHECK6_TX" },
    { LEVEL_UDP, 102, "UDP_NO_CHECK6_RX" },
    { LEVEL_UDP, 103, "UDP_SEGMENT" },
    { LEVEL_UDP, 104, "UDP_GRO" },
    { LEVEL_IPV6, 1, "IPV6_ADDRFORM" },
    { LEVEL_IPV6, 7, "IPV6_CHECKSUM" },
    { LEVEL_IPV6, 19, "IPV6_MULTICAST_LOOP" },
    { LEVEL_IPV6, 22, "IPV6_ROUTER_ALERT" },
    { LEVEL_IPV6, 33, "IPV6_FLOWINFO_SEND" },
    { LEVEL_IPV6, 70, "IPV6_AUTOFLOWLABEL" },
    { LEVEL_IPV6, 72, "IPV6_ADDR_PREFERENCES" },
    { LEVEL_IPV6, 73, "IPV6_MINHOPCOUNT" },
    { LEVEL_IPV6, 75, "IPV6_TRANSPARENT" },
    { LEVEL_IPV6, 76, "IPV6_UNICAST_IF" },
    { LEVEL_IPV6, 78, "IPV6_FREEBIND" },
};

const char *sys_missing_option(int level, int name)
{
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (missing[i].level == level && missing[i].name == name)
            return missing[i].text;
    return NULL;
}

bool sys_is_missing_option(const char *text)
{
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (strcmp(missing[i].text, text) == 0)
            return true;
    return false;
}
