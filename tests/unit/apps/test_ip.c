/* ip: output and exit statuses as recorded from iproute2 6.1 on Linux. */
#include "tests/unit/apps/rig.h"

static struct rig rig;

static void says(const char *line, const char *expected)
{
    EQ_STR(run(&rig, rig.hosts[0], line, SIM_MSEC(100)), expected);
}

static void addresses_are_listed_with_their_links(void)
{
    rig_pair(&rig);
    says("ip a", "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group "
                 "default qlen 1000\n"
                 "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
                 "    inet 127.0.0.1/8 scope host lo\n"
                 "       valid_lft forever preferred_lft forever\n"
                 "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP "
                 "group default qlen 1000\n"
                 "    link/ether 02:00:00:00:01:01 brd ff:ff:ff:ff:ff:ff\n"
                 "    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\n"
                 "       valid_lft forever preferred_lft forever\n"
                 "-- exit 0\n");
    says("ip -4 addr show dev eth0", "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc "
                                     "pfifo_fast state UP group default qlen 1000\n"
                                     "    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\n"
                                     "       valid_lft forever preferred_lft forever\n"
                                     "-- exit 0\n");
    says("ip -br a", "lo               UNKNOWN        127.0.0.1/8 \neth0             UP            "
                     " 10.0.0.1/24 \n-- exit 0\n");
    says("ip -o a s eth0",
         "2: eth0    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\\       valid_lft forever "
         "preferred_lft forever\n-- exit 0\n");
    rig_end(&rig);
}

static void addresses_come_and_go_with_their_routes(void)
{
    rig_pair(&rig);
    says("ip addr add 10.5.0.1/16 dev eth0; ip r",
         "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
         "10.5.0.0/16 dev eth0 proto kernel scope link src 10.5.0.1 \n-- exit 0\n");
    says("ip a add 10.5.0.9/16 dev eth0; ip -br -4 a show eth0",
         "eth0             UP             10.0.0.1/24 10.5.0.1/16 10.5.0.9/16 \n-- exit 0\n");
    says("ip addr del 10.5.0.1/16 dev eth0; ip r",
         "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n-- exit 0\n");
    says("ip addr add 10.0.0.1/24 dev eth0", "Error: ipv4: Address already assigned.\n-- exit 2\n");
    says("ip addr del 10.0.0.77/24 dev eth0", "Error: ipv4: Address not found.\n-- exit 2\n");
    says("ip addr add 10.0.0.1/24",
         "Not enough information: \"dev\" argument is required.\n-- exit 1\n");
    says("ip addr add 10.0.0.1/24 dev nope", "Cannot find device \"nope\"\n-- exit 1\n");
    says("ip addr add 300.1.1.1/24 dev eth0",
         "Error: any valid prefix is expected rather than \"300.1.1.1/24\".\n-- exit 1\n");
    says("ip addr show dev nope", "Device \"nope\" does not exist.\n-- exit 1\n");
    says("ip addr flush", "Flush requires arguments.\n-- exit 1\n");
    says("ip addr flush dev eth0; ip -4 a show eth0; ip r", "-- exit 0\n");
    says("ip a add 10.1.0.1/24 dev eth0 valid_lft 3600; ip -o -4 a show eth0",
         "2: eth0    inet 10.1.0.1/24 scope global dynamic eth0\\       valid_lft "
         "3600sec preferred_lft "
         "3600sec\n-- exit 0\n");
    rig_end(&rig);
}

static void links_are_switched_and_changed(void)
{
    rig_pair(&rig);
    says("ip link show eth0", "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc "
                              "pfifo_fast state UP mode DEFAULT "
                              "group default qlen 1000\n    link/ether 02:00:00:00:01:01 brd "
                              "ff:ff:ff:ff:ff:ff\n-- exit 0\n");
    says("ip link set eth0 down; ip -br l",
         "lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> \n"
         "eth0             DOWN           02:00:00:00:01:01 <BROADCAST,MULTICAST> \n-- exit 0\n");
    says("ip r; ping -c 1 10.0.0.2", "ping: connect: Network is unreachable\n-- exit 2\n");
    says("ip link set dev eth0 address 02:00:00:00:00:aa mtu 1400 up; ip l show eth0",
         "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 qdisc pfifo_fast state UP mode "
         "DEFAULT group default qlen "
         "1000\n    link/ether 02:00:00:00:00:aa brd ff:ff:ff:ff:ff:ff\n-- exit 0\n");
    says("ip r", "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n-- exit 0\n");
    link_set_state(rig.links[0], false);
    says("ip r; ip -br l show eth0",
         "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 linkdown \n"
         "eth0             DOWN           02:00:00:00:00:aa <NO-CARRIER,BROADCAST,MULTICAST,UP> "
         "\n-- exit 0\n");
    says("ip link set nope up", "Cannot find device \"nope\"\n-- exit 1\n");
    says("ip link set eth0 mtu 20", "Error: mtu less than device minimum.\n-- exit 2\n");
    says("ip link set eth0 mtu 70000", "Error: mtu greater than device maximum.\n-- exit 2\n");
    says("ip link set eth0 address zz", "\"zz\" is invalid lladdr.\n-- exit 1\n");
    says("ip link set eth0 address 01:00:00:00:00:01",
         "RTNETLINK answers: Cannot assign requested address\n-- exit 2\n");
    says("ip link set eth0 promisc on", "ip: promisc is not simulated by wirewalk\n-- exit 2\n");
    says("ip link set eth0 foo",
         "Error: either \"dev\" is duplicate, or \"foo\" is a garbage.\n-- exit 255\n");
    rig_end(&rig);
}

static void counters_are_shown_in_iproute2s_columns(void)
{
    rig_pair(&rig);
    run(&rig, rig.hosts[0], "ping -c 1 10.0.0.2", SIM_SEC(1));
    says("ip -s link show eth0",
         "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP mode "
         "DEFAULT group default qlen 1000\n"
         "    link/ether 02:00:00:00:01:01 brd ff:ff:ff:ff:ff:ff\n"
         "    RX:  bytes packets errors dropped  missed   mcast           \n"
         "           140       2      0       0       0       0 \n"
         "    TX:  bytes packets errors dropped carrier collsns           \n"
         "           140       2      0       0       0       0 \n"
         "-- exit 0\n");
    rig_end(&rig);
}

static void routes_are_listed_added_and_removed(void)
{
    rig_pair(&rig);
    says("ip route add default via 10.0.0.254; ip route add 10.9.0.0/16 via 10.0.0.2 metric 100; "
         "ip route add blackhole 10.8.0.0/16; ip r",
         "default via 10.0.0.254 dev eth0 \n"
         "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
         "blackhole 10.8.0.0/16 \n"
         "10.9.0.0/16 via 10.0.0.2 dev eth0 metric 100 \n-- exit 0\n");
    says("ip route add default via 10.0.0.253", "RTNETLINK answers: File exists\n-- exit 2\n");
    says("ip route replace default via 10.0.0.253; ip r show default",
         "default via 10.0.0.253 dev eth0 \n-- exit 0\n");
    says("ip route show dev eth0",
         "default via 10.0.0.253 \n10.0.0.0/24 proto kernel scope link src 10.0.0.1 \n"
         "10.9.0.0/16 via 10.0.0.2 metric 100 \n-- exit 0\n");
    says("ip route show root 10.0.0.0/8 via 10.0.0.2",
         "10.9.0.0/16 dev eth0 metric 100 \n-- exit 0\n");
    says("ip route show match 10.0.0.7",
         "default via 10.0.0.253 dev eth0 \n"
         "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n-- exit 0\n");
    says("ip route change 10.77.0.0/16 via 10.0.0.3",
         "RTNETLINK answers: No such file or directory\n-- exit 2\n");
    /* A gateway behind another gateway is none. */
    says("ip route add 1.2.3.0/24 via 9.9.9.9", "Error: Nexthop has invalid gateway.\n-- exit 2\n");
    rig_end(&rig);
}

static void wrong_routes_are_refused_with_the_kernels_words(void)
{
    rig_pair(&rig);
    says("ip route add 1.2.3.0/24 via 9.9.9.9", "Error: Nexthop has invalid gateway.\n-- exit 2\n");
    says("ip route add 10.3.0.1/24 dev eth0",
         "Error: Invalid prefix for given prefix length.\n-- exit 2\n");
    says("ip route add 10.3.0.0/24", "RTNETLINK answers: No such device\n-- exit 2\n");
    says("ip route del 10.66.0.0/16", "RTNETLINK answers: No such process\n-- exit 2\n");
    says("ip route add foo via 1",
         "Error: any valid prefix is expected rather than \"foo\".\n-- exit 1\n");
    says("ip route foo", "Command \"foo\" is unknown, try \"ip route help\".\n-- exit 255\n");
    says("ip route add 10.3.0.0/24 dev eth0 foo 1",
         "Error: either \"to\" is duplicate, or \"foo\" is a garbage.\n-- exit 255\n");
    says("ip route add 10.3.0.0/24 via 10.0.0.2 mtu 1400",
         "ip: mtu is not simulated by wirewalk\n-- exit 2\n");
    says("ip link set eth0 down; ip route add 10.99.0.0/16 dev eth0",
         "Error: Device for nexthop is not up.\n-- exit 2\n");
    says("ip foo", "Object \"foo\" is unknown, try \"ip help\".\n-- exit 1\n");
    says("ip -Z a", "Option \"-Z\" is unknown, try \"ip -help\".\n-- exit 255\n");
    says("ip -j a", "ip: option -j is not simulated by wirewalk\n-- exit 2\n");
    says("ip netns list", "ip: object netns is not simulated by wirewalk\n-- exit 2\n");
    rig_end(&rig);
}

static void route_get_tells_where_a_packet_goes(void)
{
    rig_pair(&rig);
    says("ip route get 1.1.1.1", "RTNETLINK answers: Network is unreachable\n-- exit 2\n");
    says("ip r add default via 10.0.0.254; ip r get 10.77.0.1",
         "10.77.0.1 via 10.0.0.254 dev eth0 src 10.0.0.1 uid 0 \n    cache \n-- exit 0\n");
    says("ip route get 10.0.0.2", "10.0.0.2 dev eth0 src 10.0.0.1 uid 0 \n    cache \n-- exit 0\n");
    says("ip route get 10.0.0.1",
         "local 10.0.0.1 dev lo src 10.0.0.1 uid 0 \n    cache <local> \n-- exit 0\n");
    says("ip route get 10.0.0.255",
         "broadcast 10.0.0.255 dev eth0 src 10.0.0.1 uid 0 \n    cache <local,brd> \n-- exit 0\n");
    says("ip route get 10.0.0.5 from 10.0.0.1",
         "10.0.0.5 from 10.0.0.1 dev eth0 uid 0 \n    cache \n-- exit 0\n");
    says("ip r add blackhole 10.8.0.0/16; ip r get 10.8.1.1",
         "RTNETLINK answers: Invalid argument\n-- exit 2\n");
    says("ip r add unreachable 10.4.0.0/16; ip r get 10.4.1.1",
         "RTNETLINK answers: No route to host\n-- exit 2\n");
    says("ip r add prohibit 10.5.0.0/16; ip r get 10.5.1.1",
         "RTNETLINK answers: Permission denied\n-- exit 2\n");
    says("ip r get", "need at least a destination address\n-- exit 1\n");
    rig_end(&rig);
}

static void neighbors_are_listed_set_and_forgotten(void)
{
    rig_pair(&rig);
    run(&rig, rig.hosts[0], "ping -c 1 10.0.0.2", SIM_SEC(1));
    says("ip n", "10.0.0.2 dev eth0 lladdr 02:00:00:00:02:01 REACHABLE \n-- exit 0\n");
    says("ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev eth0; ip neigh show dev eth0",
         "10.0.0.2 lladdr 02:00:00:00:02:01 REACHABLE \n10.0.0.7 lladdr 02:00:00:00:00:07 "
         "PERMANENT \n-- exit 0\n");
    says("ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:08 dev eth0",
         "RTNETLINK answers: File exists\n-- exit 2\n");
    says("ip neigh replace 10.0.0.7 lladdr 02:00:00:00:00:08 dev eth0 nud stale; ip n show nud "
         "stale",
         "10.0.0.7 dev eth0 lladdr 02:00:00:00:00:08 STALE \n-- exit 0\n");
    says("ip neigh get 10.0.0.9 dev eth0", "Error: Neighbour entry not found.\n-- exit 2\n");
    says("ip neigh del 10.0.0.99 dev eth0",
         "RTNETLINK answers: No such file or directory\n-- exit 2\n");
    says("ip neigh flush all; ip n", "-- exit 0\n");
    says("ip neigh add 10.0.0.5", "Device and destination are required arguments.\n-- exit 255\n");
    says("ip neigh add 10.0.0.5 dev eth0", "Error: No link layer address given.\n-- exit 2\n");
    rig_end(&rig);
}

static void neighbors_of_ipv6_are_listed_set_and_forgotten(void)
{
    rig_pair(&rig);
    says("ip addr add 2001:db8::10/64 dev eth0 nodad; ip neigh add 2001:db8::7 lladdr "
         "02:00:00:00:00:07 dev eth0; ip -6 n show to 2001:db8::/64",
         "2001:db8::7 dev eth0 lladdr 02:00:00:00:00:07 PERMANENT \n-- exit 0\n");
    says("ip -6 neigh add 2001:db8::7 lladdr 02:00:00:00:00:08 dev eth0",
         "RTNETLINK answers: File exists\n-- exit 2\n");
    says("ip neigh change 2001:db8::7 dev eth0 nud stale; ip -6 n show nud stale",
         "2001:db8::7 dev eth0 lladdr 02:00:00:00:00:07 STALE \n-- exit 0\n");
    says("ip -6 neigh change 2001:db8::9 dev eth0 nud stale",
         "RTNETLINK answers: No such file or directory\n-- exit 2\n");
    says("ip -6 neigh flush dev eth0; ip -6 n", "-- exit 0\n");
    says("ip -6 neigh add 2001:db8::5",
         "Device and destination are required arguments.\n-- exit 255\n");
    rig_end(&rig);
}

static void addresses_and_routes_of_ipv6_are_selected_and_flushed(void)
{
    rig_pair(&rig);
    says("ip addr add 2001:db8::10/64 dev eth0 nodad; ip -6 route add 2001:db8:1::/48 via "
         "2001:db8::1; ip -6 route add default via 2001:db8::2; ip -6 route show dev eth0",
         "2001:db8::/64 proto kernel metric 256 pref medium \n"
         "2001:db8:1::/48 via 2001:db8::1 metric 1024 pref medium \n"
         "fe80::/64 proto kernel metric 256 pref medium \n"
         "default via 2001:db8::2 metric 1024 pref medium \n-- exit 0\n");
    says("ip -6 route show default",
         "default via 2001:db8::2 dev eth0 metric 1024 pref medium \n-- exit 0\n");
    says("ip -6 route show via 2001:db8::1",
         "2001:db8:1::/48 dev eth0 metric 1024 pref medium \n-- exit 0\n");
    says("ip -6 route show match 2001:db8:1::/64",
         "2001:db8:1::/48 via 2001:db8::1 dev eth0 metric 1024 pref medium \n"
         "default via 2001:db8::2 dev eth0 metric 1024 pref medium \n-- exit 0\n");
    says("ip -6 route show root fe80::/10",
         "fe80::/64 dev eth0 proto kernel metric 256 pref medium \n-- exit 0\n");
    says("ip -6 route flush root 2001:db8::/32; ip -6 route",
         "fe80::/64 dev eth0 proto kernel metric 256 pref medium \n"
         "default via 2001:db8::2 dev eth0 metric 1024 pref medium \n-- exit 0\n");
    says("ip -6 addr flush dev eth0; ip -br addr show eth0",
         "eth0             UP             10.0.0.1/24 \n-- exit 0\n");
    says("ip addr add 2001:db8::10/64 dev eth0 nodad; ip -4 addr flush dev eth0; ip -br addr show "
         "eth0",
         "eth0             UP             2001:db8::10/64 \n-- exit 0\n");
    says("ip maddr show dev eth0", "2:\teth0\n\tlink  33:33:00:00:00:01\n"
                                   "\tlink  01:00:5e:00:00:01\n\tlink  33:33:ff:00:00:10\n"
                                   "\tinet  224.0.0.1\n\tinet6 ff02::1:ff00:10\n"
                                   "\tinet6 ff02::1\n\tinet6 ff01::1\n-- exit 0\n");
    says("netstat -g4", "IPv6/IPv4 Group Memberships\nInterface       RefCnt Group\n"
                        "--------------- ------ ---------------------\n"
                        "lo              1      224.0.0.1\neth0            1      224.0.0.1\n"
                        "-- exit 0\n");
    says("ip maddr add 01:00:5e:00:00:05 dev eth0",
         "ip: joining MAC addresses by hand is not simulated by wirewalk\n-- exit 2\n");
    says("ip -6 addr | grep mtu",
         "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN qlen 1000\n"
         "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP qlen 1000\n-- exit 0\n");
    says("ip -6 addr show dev eth0 | grep link/", "-- exit 1\n");
    says("ip addr flush dev eth0; ip -br addr show eth0",
         "eth0             UP             \n-- exit 0\n");
    says("ip -6 route flush", "\"ip route flush\" requires arguments.\n-- exit 1\n");
    says("ip -6 route show nope",
         "Error: inet6 prefix is expected rather than \"nope\".\n-- exit 1\n");
    rig_end(&rig);
}

UNIT_MAIN("ip", TEST(addresses_are_listed_with_their_links),
          TEST(addresses_come_and_go_with_their_routes), TEST(links_are_switched_and_changed),
          TEST(counters_are_shown_in_iproute2s_columns), TEST(routes_are_listed_added_and_removed),
          TEST(wrong_routes_are_refused_with_the_kernels_words),
          TEST(route_get_tells_where_a_packet_goes), TEST(neighbors_are_listed_set_and_forgotten),
          TEST(neighbors_of_ipv6_are_listed_set_and_forgotten),
          TEST(addresses_and_routes_of_ipv6_are_selected_and_flushed))
