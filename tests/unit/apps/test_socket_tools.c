/* ss, netstat, route, ifconfig: columns as recorded from iproute2 6.1 and net-tools 2.10. */
#include "tests/unit/apps/rig.h"

static struct rig rig;

static void says(const char *line, const char *expected)
{
    EQ_STR(run(&rig, rig.hosts[0], line, SIM_SEC(1)), expected);
}

static void woken(struct sock *sock, unsigned events)
{
    (void)sock;
    (void)events;
}

/* h1 listens on 8080; h2 is connected to it; h1 has a UDP socket on 53. */
static struct sock *listener, *accepted, *caller, *udp;

static void open_sockets(void)
{
    int error;

    rig_pair(&rig);
    listener = os_socket(rig.hosts[0], 2, 1, 0, &error);
    listener->wake = woken;
    EQ(listener->ops->bind(listener, (struct endpoint){ 0, 8080 }), 0);
    EQ(listener->ops->listen(listener, 5), 0);
    udp = os_socket(rig.hosts[0], 2, 2, 0, &error);
    EQ(udp->ops->bind(udp, (struct endpoint){ 0, 53 }), 0);
    caller = os_socket(rig.hosts[1], 2, 1, 0, &error);
    caller->wake = woken;
    EQ(caller->ops->bind(caller, (struct endpoint){ 0, 40922 }), 0);
    EQ(caller->ops->connect(caller, (struct endpoint){ IP4(10, 0, 0, 1), 8080 }), -SIM_EINPROGRESS);
    rig_run_for(&rig, SIM_SEC(1));
    accepted = listener->ops->accept(listener, &error);
    OK(accepted != NULL);
    accepted->wake = woken;
}

static void close_sockets(void)
{
    accepted->ops->close(accepted);
    caller->ops->close(caller);
    listener->ops->close(listener);
    udp->ops->close(udp);
    rig_end(&rig);
}

static void ss_has_columns_as_wide_as_their_content(void)
{
    open_sockets();
    says("ss -tan",
         "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
         "LISTEN 0      5            0.0.0.0:8080      0.0.0.0:*           \n"
         "ESTAB  0      0           10.0.0.1:8080     10.0.0.2:40922       \n-- exit 0\n");
    says("ss -t",
         "State Recv-Q Send-Q Local Address:Port     Peer Address:Port Process\n"
         "ESTAB 0      0           10.0.0.1:http-alt     10.0.0.2:40922       \n-- exit 0\n");
    says("ss -ltun",
         "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
         "udp   UNCONN 0      0            0.0.0.0:53        0.0.0.0:*          \n"
         "tcp   LISTEN 0      5            0.0.0.0:8080      0.0.0.0:*          \n-- exit 0\n");
    says("ss -tanH", "LISTEN 0      5       0.0.0.0:8080  0.0.0.0:*    \n"
                     "ESTAB  0      0      10.0.0.1:8080 10.0.0.2:40922\n-- exit 0\n");
    says("ss -tn state established",
         "Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
         "0      0           10.0.0.1:8080     10.0.0.2:40922       \n-- exit 0\n");
    says("ss -uan",
         "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
         "UNCONN 0      0            0.0.0.0:53        0.0.0.0:*          \n-- exit 0\n");
    says("ss -x", "ss: option -x is not simulated by wirewalk\n-- exit 2\n");
    says("ss autobound", "ss: filter autobound is not simulated by wirewalk\n-- exit 2\n");
    close_sockets();
}

static void ss_tells_what_tcp_knows(void)
{
    const char *out;

    open_sockets();
    out = run(&rig, rig.hosts[0], "ss -tni", SIM_SEC(1));
    OK(strstr(out, "\n\t cubic wscale:7,7 rto:") != NULL);
    OK(strstr(out, " mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:10 ") != NULL);
    close_sockets();
}

static void netstat_lists_sockets(void)
{
    open_sockets();
    says("netstat -an --inet",
         "Active Internet connections (servers and established)\n"
         "Proto Recv-Q Send-Q Local Address           Foreign Address         State      \n"
         "tcp        0      0 0.0.0.0:8080            0.0.0.0:*               LISTEN     \n"
         "tcp        0      0 10.0.0.1:8080           10.0.0.2:40922          ESTABLISHED\n"
         "udp        0      0 0.0.0.0:53              0.0.0.0:*                          \n-- exit "
         "0\n");
    says("netstat -tln",
         "Active Internet connections (only servers)\n"
         "Proto Recv-Q Send-Q Local Address           Foreign Address         State      \n"
         "tcp        0      0 0.0.0.0:8080            0.0.0.0:*               LISTEN     \n-- exit "
         "0\n");
    says("netstat -to",
         "Active Internet connections (w/o servers)\n"
         "Proto Recv-Q Send-Q Local Address           Foreign Address         State       Timer\n"
         "tcp        0      0 10.0.0.1:http-alt       10.0.0.2:40922          ESTABLISHED off "
         "(0.00/0/0)\n"
         "-- exit 0\n");
    says("netstat -M", "netstat: option -M is not simulated by wirewalk\n-- exit 2\n");
    close_sockets();
}

static void route_is_listed_and_changed(void)
{
    rig_pair(&rig);
    says("route add -net 10.50.0.0 netmask 255.255.0.0 gw 10.0.0.9; route add -net 10.51.0.0/16 gw "
         "10.0.0.9; "
         "route add -host 10.52.0.1 gw 10.0.0.9; route add -host 10.52.0.2 dev eth0; route add "
         "default gw 10.0.0.9; route -n",
         "Kernel IP routing table\n"
         "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"
         "0.0.0.0         10.0.0.9        0.0.0.0         UG    0      0        0 eth0\n"
         "10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 eth0\n"
         "10.50.0.0       10.0.0.9        255.255.0.0     UG    0      0        0 eth0\n"
         "10.51.0.0       10.0.0.9        255.255.0.0     UG    0      0        0 eth0\n"
         "10.52.0.1       10.0.0.9        255.255.255.255 UGH   0      0        0 eth0\n"
         "10.52.0.2       0.0.0.0         255.255.255.255 UH    0      0        0 eth0\n-- exit "
         "0\n");
    says("route del -host 10.52.0.1; route del -host 10.52.0.2; route del -net 10.50.0.0/16; route "
         "del -net 10.51.0.0/16; netstat -r",
         "Kernel IP routing table\n"
         "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
         "default         10.0.0.9        0.0.0.0         UG        0 0          0 eth0\n"
         "10.0.0.0        0.0.0.0         255.255.255.0   U         0 0          0 eth0\n-- exit "
         "0\n");
    says("ip addr add 2001:db8::10/64 dev eth0 nodad; ip -6 route add default via 2001:db8::1; "
         "route -6 -n",
         "Kernel IPv6 routing table\n"
         "Destination                    Next Hop                   Flag Met Ref  Use If\n"
         "2001:db8::/64                  ::                         U    256 1      0 eth0\n"
         "fe80::/64                      ::                         U    256 1      0 eth0\n"
         "::/0                           2001:db8::1                UG   1024 1      0 eth0\n"
         "::1/128                        ::                         Un   0   1      0 lo\n"
         "2001:db8::10/128               ::                         Un   0   1      0 eth0\n"
         "fe80::ff:fe00:101/128          ::                         Un   0   1      0 eth0\n"
         "ff00::/8                       ::                         U    256 1      0 eth0\n"
         "::/0                           ::                         !n   -1  1      0 lo\n"
         "-- exit 0\n");
    says(
        "route -A inet6 add 2001:db8:5::7/64 gw 2001:db8::2; route -6 add 2001:db8:6::/64 metric 9 "
        "eth0; route -6 add 2001:db8:7::1 dev eth0; ip -6 route show root 2001:db8:4::/46",
        "2001:db8:5::/64 via 2001:db8::2 dev eth0 metric 1 pref medium \n"
        "2001:db8:6::/64 dev eth0 metric 9 pref medium \n"
        "2001:db8:7::1 dev eth0 metric 1 pref medium \n-- exit 0\n");
    says("route -6 add 2001:db8:5::/64 gw 2001:db8::2; echo $?; route -6 del 2001:db8:6::/64; "
         "route -6 del 2001:db8:6::/64 metric 9; echo $?; route -6 del 2001:db8:5::/64; echo $?",
         "SIOCADDRT: File exists\n7\nSIOCDELRT: No such process\n0\n0\n-- exit 0\n");
    says("route -6 add 2001:db8:9::1 eth7", "SIOGIFINDEX: No such device\n-- exit 7\n");
    says("route -6 add 2001:db8:9::1 gw zz", "zz: Resolver Error 0 (no error)\n-- exit 6\n");
    says("route -6 add 2001:db8:9::1/200 dev lo",
         "Usage: inet6_route [-vF] del Target\n"
         "       inet6_route [-vF] add Target [gw Gw] [metric M] [[dev] If]\n"
         "       inet6_route [-FC] flush      NOT supported\n-- exit 3\n");
    says("route -6 > a; netstat -6r > b; netstat --inet6 -rn | wc -l; route -6 | wc -l; wc -c < a; "
         "netstat -6r | wc -c; netstat -46rn | grep -c Kernel",
         "11\n11\n831\n831\n2\n-- exit 0\n");
    says("route add default gw 10.0.0.8", "SIOCADDRT: File exists\n-- exit 7\n");
    says("route del default; route add default gw 9.9.9.9",
         "SIOCADDRT: Network is unreachable\n-- exit 7\n");
    says("route del -net 10.99.0.0 netmask 255.255.0.0", "SIOCDELRT: No such process\n-- exit 7\n");
    OK(strstr(run(&rig, rig.hosts[0], "route print", SIM_SEC(1)),
              "         10.0.0.0    255.255.255.0          On-link         10.0.0.1      0\n") !=
       NULL);
    rig_end(&rig);
}

static void netstat_shows_the_sockets_of_one_family(void)
{
    rig_pair(&rig);
    says(
        "ip addr add 2001:db8::10/64 dev eth0 nodad; sock 'tcp; bind 10.0.0.1:80; listen; sleep 9' "
        "> /dev/null & sock 'socket inet6 stream; bind [2001:db8::10]:81; listen; sleep 9' > "
        "/dev/null & sleep "
        "0.1; "
        "netstat -6ln | grep tcp; netstat -4lnt | grep tcp; netstat -46ln | grep -c tcp",
        "tcp6       0      0 2001:db8::10:81         :::*                    LISTEN     \n"
        "tcp        0      0 10.0.0.1:80             0.0.0.0:*               LISTEN     \n"
        "2\n-- exit 0\n");
    rig_end(&rig);
}

static void ifconfig_shows_and_sets(void)
{
    rig_pair(&rig);
    says("ifconfig",
         "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n"
         "        inet 10.0.0.1  netmask 255.255.255.0  broadcast 10.0.0.255\n"
         "        ether 02:00:00:00:01:01  txqueuelen 1000  (Ethernet)\n"
         "        RX packets 0  bytes 0 (0.0 B)\n"
         "        RX errors 0  dropped 0  overruns 0  frame 0\n"
         "        TX packets 0  bytes 0 (0.0 B)\n"
         "        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n\n"
         "lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n"
         "        inet 127.0.0.1  netmask 255.0.0.0\n"
         "        loop  txqueuelen 1000  (Local Loopback)\n"
         "        RX packets 0  bytes 0 (0.0 B)\n"
         "        RX errors 0  dropped 0  overruns 0  frame 0\n"
         "        TX packets 0  bytes 0 (0.0 B)\n"
         "        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n\n-- exit 0\n");
    says("ifconfig eth0 10.9.0.4 netmask 255.255.0.0 mtu 1400; ip -br a show eth0; ip r",
         "eth0             UP             10.9.0.4/16 \n10.9.0.0/16 dev eth0 proto kernel scope "
         "link src 10.9.0.4 \n-- exit 0\n");
    says("ifconfig eth0 hw ether 02:00:00:00:00:bb down; ip -br l show eth0",
         "eth0             DOWN           02:00:00:00:00:bb <BROADCAST,MULTICAST> \n-- exit 0\n");
    says("ifconfig nope",
         "nope: error fetching interface information: Device not found\n-- exit 1\n");
    run(&rig, rig.hosts[0],
        "ifconfig eth0 10.0.0.1/24 up; ping -q -c 40 -i 0.01 10.0.0.2; ifconfig eth0", SIM_SEC(3));
    OK(strstr(strbuf_text(&rig.out), " (3.8 KiB)\n") !=
       NULL); /* 40 replies of 98 octets and ARP, cut not rounded */
    says("netstat -i",
         "Kernel Interface table\n"
         "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
         "eth0             1400       41      0      0 0            41      0      0      0 BMRU\n"
         "lo              65536        0      0      0 0             0      0      0      0 "
         "LRU\n-- exit 0\n");
    rig_end(&rig);
}

static void ifconfig_shows_and_sets_ipv6(void)
{
    rig_pair(&rig);
    says("ip addr add 2001:db8::10/64 dev eth0 nodad; ifconfig eth0 add 2001:db8:1::1/48; ifconfig "
         "eth0 inet6 del 2001:db8::10/64; ifconfig eth0 | grep inet; ifconfig lo | grep inet",
         "        inet 10.0.0.1  netmask 255.255.255.0  broadcast 10.0.0.255\n"
         "        inet6 2001:db8:1::1  prefixlen 48  scopeid 0x0<global>\n"
         "        inet6 fe80::ff:fe00:101  prefixlen 64  scopeid 0x20<link>\n"
         "        inet 127.0.0.1  netmask 255.0.0.0\n"
         "        inet6 ::1  prefixlen 128  scopeid 0x10<host>\n-- exit 0\n");
    says("ifconfig eth0 add 2001:db8:1::1/48", "SIOCSIFADDR: File exists\n-- exit 1\n");
    says("ifconfig eth0 tunnel ::1", "ifconfig: tunnel is not simulated by wirewalk\n-- exit 2\n");
    rig_end(&rig);
}

/* ARP finds the neighbor after two seconds; the SYN that has waited leaves once. */
static void what_waits_for_an_address_is_not_sent_again(void)
{
    rig_pair(&rig);
    ip_iface_set_up(rig.hosts[1]->ip.ifaces[1], false);
    rig_start(&rig, rig.hosts[0], "sock 'tcp; connect 10.0.0.2:81'");
    rig_run_for(&rig, SIM_MSEC(1500));
    EQ(rig.sent, 0);
    ip_iface_set_up(rig.hosts[1]->ip.ifaces[1], true);
    rig_run_for(&rig, SIM_SEC(2));
    EQ(rig.sent, 4); /* ARP request and reply, SYN, RST */
    OK(strstr(strbuf_text(&rig.out), "ERR ECONNREFUSED") != NULL);
    rig_end(&rig);
}

UNIT_MAIN("socket tools", TEST(what_waits_for_an_address_is_not_sent_again),
          TEST(ss_has_columns_as_wide_as_their_content), TEST(ss_tells_what_tcp_knows),
          TEST(netstat_lists_sockets), TEST(route_is_listed_and_changed),
          TEST(netstat_shows_the_sockets_of_one_family), TEST(ifconfig_shows_and_sets),
          TEST(ifconfig_shows_and_sets_ipv6))
