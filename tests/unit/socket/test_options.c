/* Options by Linux's numbers: values, limits, defaults and errors recorded on Linux 6.18. */
#include "tests/support/puppet.h"

enum { IP = 0, SOCKET = 1, TCP = 6, IPV6 = 41 };

static int set(struct process *p, int fd, int level, int name, int value)
{
    return sys_setsockopt_octets(p, fd, level, name, &value, sizeof value);
}

/* The value, or what is wrong as a negative errno minus 1000. */
static int get(struct process *p, int fd, int level, int name)
{
    int value = 0, error;
    size_t len = sizeof value;

    error = sys_getsockopt_octets(p, fd, level, name, &value, &len);
    return error == 0 ? value : error - 1000;
}

#define ERROR(name) (-SIM_##name - 1000)

static void numbers_of_a_tcp_socket(void)
{
    static const struct {
        int level, name, value, error, then;
    } cases[] = {
        { TCP, 2, 10, SIM_EINVAL, 536 },
        { TCP, 2, 0, 0, 536 },
        { TCP, 2, 40000, SIM_EINVAL, 536 },
        { TCP, 4, 0, SIM_EINVAL, 7200 },
        { TCP, 4, 32768, SIM_EINVAL, 7200 },
        { TCP, 4, 5, 0, 5 },
        { TCP, 5, 7, 0, 7 },
        { TCP, 6, 128, SIM_EINVAL, 9 },
        { TCP, 6, 3, 0, 3 },
        { TCP, 7, 0, SIM_EINVAL, 6 },
        { TCP, 7, 127, 0, 127 },
        { TCP, 7, 128, SIM_EINVAL, 127 },
        { TCP, 8, -5, 0, -1 },
        { TCP, 8, 200, 0, 120 },
        { TCP, 18, -1, SIM_EINVAL, 0 },
        { TCP, 18, 3000, 0, 3000 },
        { TCP, 9, -1, 0, 0 },
        { TCP, 9, 10, 0, 15 },
        { TCP, 10, 100, 0, 1152 },
        { TCP, 10, 0, 0, 0 },
        { TCP, 25, -1, 0, -1 },
        { TCP, 1, 5, 0, 1 },
        { TCP, 3, 1, 0, 1 },
        { TCP, 12, 0, 0, 0 },
        { IP, 2, 0, SIM_EINVAL, 64 },
        { IP, 2, 256, SIM_EINVAL, 64 },
        { IP, 2, 5, 0, 5 },
        { IP, 2, -1, 0, 64 },
        { IP, 1, 255, 0, 252 },
        { IP, 1, 300, 0, 44 },
        { IP, 10, 6, SIM_EINVAL, 1 },
        { IP, 10, 2, 0, 2 },
        { IP, 33, 5, SIM_EINVAL, 1 },
        { IP, 14, 1, SIM_ENOPROTOOPT, ERROR(ENOTCONN) },
        { SOCKET, 7, 0, 0, 4608 },
        { SOCKET, 7, 1 << 30, 0, 8388608 },
        { SOCKET, 7, -1, 0, 8388608 },
        { SOCKET, 8, 0, 0, 2304 },
        { SOCKET, 8, 5000, 0, 10000 },
        { SOCKET, 3, 1, SIM_ENOPROTOOPT, 1 },
        { SOCKET, 4, 1, SIM_ENOPROTOOPT, 0 },
        { SOCKET, 30, 1, SIM_ENOPROTOOPT, 0 },
        { SOCKET, 39, 0, SIM_ENOPROTOOPT, 2 },
        { SOCKET, 38, 0, SIM_ENOPROTOOPT, 6 },
        { SOCKET, 9, 1, 0, 1 },
        { SOCKET, 6, 1, 0, 1 },
        { SOCKET, 5, 1, 0, 1 },
        { SOCKET, 10, 1, 0, 1 },
        { SOCKET, 18, 0, 0, 1 },
        { SOCKET, 18, 7, 0, 7 },
        { SOCKET, 19, 5, SIM_ENOPROTOOPT, 1 },
        { SOCKET, 12, 7, 0, 7 },
        { SOCKET, 36, 5, 0, 5 },
        { SOCKET, 32, 10000000, 0, ERROR(ENOPROTOOPT) },
        { SOCKET, 33, 10000000, 0, ERROR(ENOPROTOOPT) },
        { SOCKET, 7, 0, 0, 4608 },
        { SOCKET, 29, 1, 0, 1 },
        { IP, 8, 1, 0, 1 },
        { IP, 12, 1, 0, 1 },
        { IP, 13, 1, 0, 1 },
        { IP, 15, 1, 0, 1 },
        { IP, 10, 4, 0, 4 },
        { IP, 10, 5, 0, 5 },
        { TCP, 36, 1, 0, 1 },
        { TCP, 36, 2, SIM_EINVAL, 1 },
        { SOCKET, 200, 1, SIM_ENOPROTOOPT, ERROR(ENOPROTOOPT) },
        { TCP, 200, 1, SIM_ENOPROTOOPT, ERROR(ENOPROTOOPT) },
        { IPV6, 26, 1, SIM_ENOPROTOOPT, ERROR(EOPNOTSUPP) },
    };
    struct puppets w;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        EQ(set(w.p1, fd, cases[i].level, cases[i].name, cases[i].value), -cases[i].error);
        EQ(get(w.p1, fd, cases[i].level, cases[i].name), cases[i].then);
    }
    puppets_fini(&w);
}

static void structs_are_linux_s(void)
{
    static const uint8_t join[] = { 224, 1, 1, 1, 10, 0, 0, 1 };
    int linger[2] = { 1, 7 };
    int64_t time[2] = { 1, 500000 };
    uint8_t octets[300] = { 0 };
    size_t len = sizeof octets;
    struct puppets w;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_setsockopt_octets(w.p1, fd, SOCKET, 13, linger, 4), -SIM_EINVAL);
    EQ(sys_setsockopt_octets(w.p1, fd, SOCKET, 13, linger, 8), 0);
    EQ(sys_getsockopt_octets(w.p1, fd, SOCKET, 13, octets, &len), 0);
    EQ(len, 8);
    EQ_MEM(octets, linger, 8);
    EQ(sys_setsockopt_octets(w.p1, fd, SOCKET, 20, time, 16), 0);
    len = sizeof octets;
    EQ(sys_getsockopt_octets(w.p1, fd, SOCKET, 20, octets, &len), 0);
    EQ_MEM(octets, time, 16);
    time[1] = 1000000;
    EQ(sys_setsockopt_octets(w.p1, fd, SOCKET, 21, time, 16), -SIM_EDOM);
    EQ(sys_setsockopt_octets(w.p1, fd, TCP, 1, linger, 3), -SIM_EINVAL);
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 2, octets, 0), -SIM_EINVAL);
    octets[0] = 9;
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 2, octets, 1), 0);
    EQ(get(w.p1, fd, IP, 2), 9);
    EQ(sys_setsockopt_octets(w.p1, fd, TCP, 13, "reno", 4), 0);
    len = sizeof octets;
    EQ(sys_getsockopt_octets(w.p1, fd, TCP, 13, octets, &len), 0);
    EQ(len, 16);
    EQ_STR((char *)octets, "reno");
    EQ(sys_setsockopt_octets(w.p1, fd, TCP, 13, "nosuch", 6), -SIM_ENOENT);
    EQ(sys_setsockopt_octets(w.p1, fd, SOCKET, 25, "nosuch", 6), -SIM_ENODEV);
    EQ(sys_setsockopt_octets(w.p1, fd, SOCKET, 25, "eth0", 4), 0);
    len = sizeof octets;
    EQ(sys_getsockopt_octets(w.p1, fd, SOCKET, 25, octets, &len), 0);
    EQ_STR((char *)octets, "eth0");
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 35, join, 8), -SIM_EPROTO);
    puppets_fini(&w);
}

static bool joined(const struct ip_iface *iface, ip4_addr group)
{
    ip4_addr at;
    unsigned users;

    for (unsigned i = 0; ip_group_at(iface, i, &at, &users); i++)
        if (at == group)
            return true;
    return false;
}

static void groups_are_joined_once_and_left_at_close(void)
{
    uint8_t join[] = { 224, 1, 1, 1, 10, 0, 0, 1 };
    static const uint8_t nowhere[] = { 224, 1, 1, 1, 9, 9, 9, 9 },
                         unicast[] = { 10, 1, 1, 1, 0, 0, 0, 0 };
    struct puppets w;
    struct ip_iface *eth0;
    int fd;

    puppets_init(&w);
    eth0 = ip_iface_find(&w.hosts.a->ip, "eth0");
    fd = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 35, join, 8), 0);
    OK(joined(eth0, IP4(224, 1, 1, 1)));
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 35, join, 8), -SIM_EADDRINUSE);
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 36, join, 8), 0);
    OK(!joined(eth0, IP4(224, 1, 1, 1)));
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 36, join, 8), -SIM_EADDRNOTAVAIL);
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 35, nowhere, 8), -SIM_ENODEV);
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 35, unicast, 8), -SIM_EINVAL);
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 35, join, 4), -SIM_EINVAL);
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 32, nowhere + 4, 4), -SIM_EADDRNOTAVAIL);
    EQ(sys_setsockopt_octets(w.p1, fd, IP, 32, join + 4, 4), 0);
    EQ(set(w.p1, fd, TCP, 1, 1), -SIM_ENOPROTOOPT);
    EQ(get(w.p1, fd, TCP, 1), ERROR(EOPNOTSUPP));
    for (uint8_t i = 0; i < 21; i++) {
        join[3] = i;
        EQ(sys_setsockopt_octets(w.p1, fd, IP, 35, join, 8), i < 20 ? 0 : -SIM_ENOBUFS);
    }
    sys_close(w.p1, fd);
    OK(!joined(eth0, IP4(224, 1, 1, 5)));
    puppets_fini(&w);
}

static uint32_t word(const uint8_t *octets, size_t at)
{
    uint32_t value;

    memcpy(&value, octets + at, sizeof value);
    return value;
}

static void tcp_info_of_a_connection(void)
{
    struct puppets w;
    uint8_t octets[300];
    size_t len = sizeof octets;
    int client, server;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_send(w.p1, client, "hello", 5, 0), 5);
    puppets_run(&w, SIM_MSEC(100));
    EQ(sys_getsockopt_octets(w.p1, client, TCP, 11, octets, &len), 0);
    EQ(len, 280);
    EQ(octets[0], 1);           /* tcpi_state ESTABLISHED */
    EQ(octets[5], 7);           /* timestamps, SACK, window scale */
    EQ(word(octets, 16), 1448); /* snd_mss */
    EQ(word(octets, 60), 1500); /* pmtu */
    EQ(word(octets, 80), 10);   /* snd_cwnd */
    EQ(word(octets, 76), 0x7fffffff);
    EQ(word(octets, 120), 6); /* bytes_acked: the SYN, too */
    EQ(word(octets, 156), 1); /* data_segs_out */
    EQ(word(octets, 200), 5); /* bytes_sent */
    len = 8;
    EQ(sys_getsockopt_octets(w.p1, client, TCP, 11, octets, &len), 0);
    EQ(len, 8); /* as much as fits */
    puppets_fini(&w);
}

static void queues_can_be_asked_for(void)
{
    struct puppets w;
    int client, server, fd, value = -1;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_send(w.p1, client, "hello", 5, 0), 5);
    EQ(sys_getsockopt(w.p1, client, OPT_SIOCOUTQ, &value), 0);
    EQ(value, 5);
    puppets_run(&w, SIM_MSEC(100));
    EQ(sys_getsockopt(w.p1, client, OPT_SIOCOUTQ, &value), 0);
    EQ(value, 0);
    EQ(sys_getsockopt(w.p2, server, OPT_SIOCINQ, &value), 0);
    EQ(value, 5);
    fd = puppet_listen(w.p1, 81, 1);
    EQ(sys_getsockopt(w.p1, fd, OPT_SIOCINQ, &value), -SIM_EINVAL);
    fd = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(sys_bind(w.p1, fd, at(H1, 7)), 0);
    EQ(sys_sendto(w.p1, fd, "abc", 3, 0, at(H1, 7)), 3);
    EQ(sys_sendto(w.p1, fd, "d", 1, 0, at(H1, 7)), 1);
    puppets_run(&w, SIM_MSEC(1));
    EQ(sys_getsockopt(w.p1, fd, OPT_SIOCINQ, &value), 0);
    EQ(value, 3); /* the first datagram alone */
    puppets_fini(&w);
}

static void socket_bound_to_a_device_hears_that_one_only(void)
{
    struct puppets w;
    int fd, client;

    puppets_init(&w);
    fd = puppet_socket(w.p2, SIM_SOCK_STREAM);
    EQ(sys_bind_device(w.p2, fd, "lo"), 0);
    EQ(sys_bind(w.p2, fd, at(0, 80)), 0);
    EQ(sys_listen(w.p2, fd, 1), 0);
    client = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_connect(w.p1, client, at(H2, 80)), -SIM_EINPROGRESS);
    puppets_run(&w, SIM_MSEC(10));
    EQ(sys_connect(w.p1, client, at(H2, 80)), -SIM_ECONNREFUSED);
    puppets_fini(&w);
}

UNIT_MAIN("options", TEST(numbers_of_a_tcp_socket), TEST(structs_are_linux_s),
          TEST(groups_are_joined_once_and_left_at_close), TEST(tcp_info_of_a_connection),
          TEST(queues_can_be_asked_for), TEST(socket_bound_to_a_device_hears_that_one_only))
