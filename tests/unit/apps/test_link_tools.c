/* arp, arping, sysctl and ethtool. */
#include "tests/unit/apps/rig.h"

static struct rig rig;

static void says(const char *line, const char *expected)
{
    EQ_STR(run(&rig, rig.hosts[0], line, SIM_SEC(20)), expected);
}

static void arp_shows_the_table_in_net_tools_columns(void)
{
    rig_pair(&rig);
    run(&rig, rig.hosts[0],
        "ping -c 1 10.0.0.2; arp -s 10.0.0.7 02:00:00:00:00:07; ping -c 1 -W 1 10.0.0.99",
        SIM_SEC(2));
    says("arp -n",
         "Address                  HWtype  HWaddress           Flags Mask            Iface\n"
         "10.0.0.2                 ether   02:00:00:00:02:01   C                     eth0\n"
         "10.0.0.7                 ether   02:00:00:00:00:07   CM                    eth0\n"
         "10.0.0.99                        (incomplete)                              eth0\n"
         "-- exit 0\n");
    says("arp -an", "? (10.0.0.2) at 02:00:00:00:02:01 [ether] on eth0\n"
                    "? (10.0.0.7) at 02:00:00:00:00:07 [ether] PERM on eth0\n"
                    "? (10.0.0.99) at <incomplete> on eth0\n"
                    "-- exit 0\n");
    says("arp -n 10.0.0.77", "10.0.0.77 (10.0.0.77) -- no entry\n-- exit 0\n");
    says("arp -d 10.0.0.77", "No ARP entry for 10.0.0.77\n-- exit 255\n");
    says("arp -d 10.0.0.7; arp -n 10.0.0.7", "10.0.0.7 (10.0.0.7) -- no entry\n-- exit 0\n");
    rig_end(&rig);
}

static void arp_names_hosts_unless_told_not_to(void)
{
    rig_pair(&rig);
    os_file_write(rig.hosts[0], "/etc/hosts", "10.0.0.2 server\n", 16, false);
    run(&rig, rig.hosts[0], "ping -c 1 10.0.0.2", SIM_SEC(2));
    says("arp -a", "server (10.0.0.2) at 02:00:00:00:02:01 [ether] on eth0\n-- exit 0\n");
    says("arp -s 10.77.0.5 02:00:00:00:00:05", "SIOCSARP: Network is unreachable\n-- exit 255\n");
    says("arp -s 10.0.0.5", "arp: need hardware address\n-- exit 255\n");
    says("arp -s 10.0.0.5 zz", "arp: invalid hardware address\n-- exit 255\n");
    says("arp -D x", "arp: option -D is not simulated by wirewalk\n-- exit 2\n");
    rig_end(&rig);
}

static void arping_asks_by_broadcast_then_the_one_that_answered(void)
{
    rig_pair(&rig);
    run(&rig, rig.hosts[0], "arping -c 3 -I eth0 10.0.0.2", SIM_SEC(2) + SIM_MSEC(500));
    EQ_STR(without_ms(&rig), "ARPING 10.0.0.2 from 10.0.0.1 eth0\n"
                             "Unicast reply from 10.0.0.2 [02:00:00:00:02:01]  T\n"
                             "Unicast reply from 10.0.0.2 [02:00:00:00:02:01]  T\n"
                             "Unicast reply from 10.0.0.2 [02:00:00:00:02:01]  T\n"
                             "Sent 3 probes (1 broadcast(s))\n"
                             "Received 3 response(s)\n"
                             "-- exit 0\n");
    EQ(rig.sent, 6);
    says("arping -c 2 10.0.0.99",
         "ARPING 10.0.0.99 from 10.0.0.1 eth0\nSent 2 probes (2 broadcast(s))\n"
         "Received 0 response(s)\n-- exit 1\n");
    rig_end(&rig);
}

static void arping_finds_duplicates_and_announces(void)
{
    rig_pair(&rig);
    says("arping -D -q -c 2 10.0.0.2", "-- exit 1\n");
    says("arping -D -q -c 2 10.0.0.3", "-- exit 0\n");
    run(&rig, rig.hosts[1], "ping -c 1 10.0.0.1", SIM_SEC(2));
    says("ip link set eth0 address 02:00:00:00:00:aa; arping -U -q -c 1 10.0.0.1", "-- exit 0\n");
    OK(strstr(run(&rig, rig.hosts[1], "ip n", SIM_SEC(1)), "02:00:00:00:00:aa") != NULL);
    says("arping -I nope 10.0.0.2", "arping: Device nope not available.\n-- exit 2\n");
    says("arping -I lo 127.0.0.1", "arping: Interface \"lo\" is not ARPable\n-- exit 2\n");
    rig_end(&rig);
}

static void sysctl_reads_and_writes_settings(void)
{
    rig_pair(&rig);
    says("sysctl net.ipv4.ip_forward", "net.ipv4.ip_forward = 0\n-- exit 0\n");
    says("sysctl -w net.ipv4.ip_forward=1; sysctl -n net/ipv4/ip_forward",
         "net.ipv4.ip_forward = 1\n1\n-- exit 0\n");
    OK(rig.hosts[0]->ip.sysctl.forwarding);
    says("sysctl net.ipv4.ip_local_port_range",
         "net.ipv4.ip_local_port_range = 32768\t60999\n-- exit 0\n");
    says("sysctl -q -w 'net.ipv4.ip_local_port_range=40000 40010'; sysctl -n "
         "net.ipv4.ip_local_port_range",
         "40000\t40010\n-- exit 0\n");
    says("sysctl net.ipv4.nope",
         "sysctl: cannot stat /proc/sys/net/ipv4/nope: No such file or directory\n-- exit 255\n");
    says("sysctl -w net.ipv4.ip_default_ttl=300",
         "sysctl: setting key \"net.ipv4.ip_default_ttl\": Invalid argument\n-- exit 255\n");
    says("sysctl -w net.ipv4.ip_forward",
         "sysctl: \"net.ipv4.ip_forward\" must be of the form name=value\n-- exit 1\n");
    OK(strstr(run(&rig, rig.hosts[0], "sysctl -a", SIM_SEC(1)),
              "net.ipv4.conf.all.rp_filter = 0\n") != NULL);
    rig_end(&rig);
}

/* What the router knows of the packets that it has forwarded so far does not carry them on. */
static void router_that_is_told_not_to_forward_stops_at_once(void)
{
    rig_chain(&rig, 1);
    says("ping -q -c 3 10.0.2.2 > log", "-- exit 0\n");
    run(&rig, rig.hosts[1], "sysctl -q -w net.ipv4.ip_forward=0", SIM_SEC(1));
    says("ping -q -c 1 10.0.2.2 > log", "-- exit 1\n");
    run(&rig, rig.hosts[1], "sysctl -q -w net.ipv4.ip_forward=1", SIM_SEC(1));
    says("ping -q -c 1 10.0.2.2 > log", "-- exit 0\n");
    rig_end(&rig);
}

static void settings_are_sorted_by_name(void)
{
    for (unsigned i = 1; netctl_sysctl_at(i) != NULL; i++)
        OK(strcmp(netctl_sysctl_at(i - 1), netctl_sysctl_at(i)) < 0);
    for (unsigned i = 1; program_name_at(i) != NULL; i++) /* program_find() halves the list */
        OK(strcmp(program_name_at(i - 1), program_name_at(i)) < 0);
    for (unsigned i = 0; program_name_at(i) != NULL; i++)
        OK(program_find(program_name_at(i)) != NULL);
    OK(program_find("nope") == NULL);
}

static void ethtool_shows_speed_and_link(void)
{
    rig_pair(&rig);
    says("ethtool eth0",
         "Settings for eth0:\n\tSupported ports: [ TP ]\n\tSpeed: 1000Mb/s\n\tDuplex: Full\n"
         "\tAuto-negotiation: on\n\tPort: Twisted Pair\n\tLink detected: yes\n-- exit 0\n");
    link_set_state(rig.links[0], false);
    OK(strstr(run(&rig, rig.hosts[0], "ethtool eth0", SIM_SEC(1)), "Speed: Unknown!") != NULL);
    OK(strstr(strbuf_text(&rig.out), "Link detected: no\n") != NULL);
    OK(text_ends(run(&rig, rig.hosts[0], "ethtool nope", SIM_SEC(1)), "-- exit 75\n"));
    rig_end(&rig);
}

UNIT_MAIN("link tools", TEST(arp_shows_the_table_in_net_tools_columns),
          TEST(arp_names_hosts_unless_told_not_to),
          TEST(arping_asks_by_broadcast_then_the_one_that_answered),
          TEST(arping_finds_duplicates_and_announces), TEST(sysctl_reads_and_writes_settings),
          TEST(router_that_is_told_not_to_forward_stops_at_once), TEST(settings_are_sorted_by_name),
          TEST(ethtool_shows_speed_and_link))
