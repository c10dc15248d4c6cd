/* traceroute's output, against fidelity case c06 and the rules of traceroute 2.1. */
#include "tests/unit/apps/rig.h"

static void finds_all_hops(struct rig *rig, const char *line)
{
    run(rig, rig->hosts[0], line, SIM_SEC(30));
    EQ_STR(without_ms(rig), "traceroute to 10.0.4.2 (10.0.4.2), 30 hops max, 60 byte packets\n"
                            " 1  10.0.1.2  T  T  T\n"
                            " 2  10.0.2.2  T  T  T\n"
                            " 3  10.0.3.2  T  T  T\n"
                            " 4  10.0.4.2  T  T  T\n"
                            "-- exit 0\n");
}

static void each_hop_is_named_until_the_port_is_unreachable(void)
{
    struct rig rig;

    for (int way = 0; way < 3; way++) {
        static const char *const lines[] = { "traceroute -n -N 1 10.0.4.2",
                                             "traceroute -n 10.0.4.2", "traceroute -nI 10.0.4.2" };

        rig_chain(&rig, 3);
        finds_all_hops(&rig, lines[way]);
        rig_end(&rig);
    }
}

static void one_probe_at_a_time_sends_twelve(void)
{
    struct rig rig;
    struct netctl_link link;

    rig_chain(&rig, 3);
    run(&rig, rig.hosts[0], "traceroute -n -N 1 10.0.4.2", SIM_SEC(3));
    EQ(netctl_link_find(rig.hosts[0], "eth0", &link), true);
    EQ(link.tx_frames, 1 + 12); /* ARP first */
    EQ(link.tx_octets, 42 + 12 * (14 + 60));
    rig_end(&rig);
}

static void silence_is_a_star_after_five_seconds(void)
{
    struct rig rig;
    struct sock *deaf;
    int error;

    rig_chain(&rig, 1);
    /* A socket takes the probes of the second hop and says nothing. */
    deaf = os_socket(rig.hosts[2], 2, 2, 0, &error);
    EQ(deaf->ops->bind(deaf, (struct endpoint){ 0, 33435 }), 0);
    rig_start(&rig, rig.hosts[0], "traceroute -n -q 1 -m 2 -N 1 10.0.2.2");
    rig_run_for(&rig, SIM_SEC(5) - SIM_MSEC(1));
    EQ_STR(without_ms(&rig),
           "traceroute to 10.0.2.2 (10.0.2.2), 2 hops max, 60 byte packets\n 1  10.0.1.2  T");
    rig_run_for(&rig, SIM_MSEC(2));
    EQ_STR(without_ms(&rig),
           "traceroute to 10.0.2.2 (10.0.2.2), 2 hops max, 60 byte packets\n 1  10.0.1.2  T\n"
           " 2  *\n-- exit 0\n");
    deaf->ops->close(deaf);
    rig_end(&rig);
}

static void unreachable_hosts_are_marked(void)
{
    struct rig rig;

    rig_chain(&rig, 1);
    run(&rig, rig.hosts[0], "traceroute -n -q 1 10.0.2.99", SIM_SEC(30));
    EQ_STR(without_ms(&rig), "traceroute to 10.0.2.99 (10.0.2.99), 30 hops max, 60 byte packets\n"
                             " 1  10.0.1.2  T\n 2  10.0.1.2  T !H\n-- exit 0\n");
    EQ_STR(run(&rig, rig.hosts[0], "traceroute -n 172.16.0.1", SIM_SEC(5)),
           "traceroute to 172.16.0.1 (172.16.0.1), 30 hops max, 60 byte packets\n"
           "connect: Network is unreachable\n-- exit 1\n");
    rig_end(&rig);
}

static void addresses_without_a_name_stand_for_themselves(void)
{
    struct rig rig;

    rig_chain(&rig, 0);
    os_file_write(rig.hosts[0], "/etc/hosts", "10.0.1.2 server\n", 16, false);
    run(&rig, rig.hosts[0], "traceroute -q 1 server", SIM_SEC(30));
    EQ_STR(without_ms(&rig), "traceroute to server (10.0.1.2), 30 hops max, 60 byte packets\n"
                             " 1  server (10.0.1.2)  T\n-- exit 0\n");
    EQ_STR(run(&rig, rig.hosts[0], "traceroute", SIM_SEC(5)),
           "Specify \"host\" missing argument.\n-- exit 2\n");
    EQ_STR(run(&rig, rig.hosts[0], "traceroute -A 10.0.1.2", SIM_SEC(5)),
           "traceroute: option -A is not simulated by wirewalk\n-- exit 2\n");
    rig_end(&rig);
}

static void syns_find_an_open_port_and_a_closed_one(void)
{
    static const char *const lines[] = { "traceroute -n -T -N 1 10.0.4.2",
                                         "traceroute -n -T -N 1 -p 81 10.0.4.2",
                                         "traceroute -n -U -N 1 10.0.4.2" };

    for (int way = 0; way < 3; way++) {
        struct rig rig;

        rig_chain(&rig, 3);
        rig_start(&rig, rig.hosts[1], "nc -l -k -p 80");
        finds_all_hops(&rig, lines[way]);
        rig_end(&rig);
    }
}

/* h1 2001:db8:1::1 -- r1 -- 2001:db8:2::2 h2 */
static void rig_chain6(struct rig *rig)
{
    static const char *const lines[] = {
        "ip addr add 2001:db8:1::1/64 dev eth0 nodad; ip -6 route add default via 2001:db8:1::2",
        ("sysctl -w net.ipv6.conf.all.forwarding=1; ip addr add 2001:db8:1::2/64 dev eth0 nodad; "
         "ip addr add 2001:db8:2::1/64 dev eth1 nodad"),
        "ip addr add 2001:db8:2::2/64 dev eth0 nodad; ip -6 route add default via 2001:db8:2::1",
    };

    rig_chain(rig, 1);
    for (unsigned i = 0; i < 3; i++)
        run(rig, rig->hosts[i], lines[i], SIM_SEC(3));
}

static void ipv6_is_probed_by_udp_and_icmp(void)
{
    static const char hosts[] = "2001:db8:2::2 server\n";
    static const char *const lines[] = { "traceroute -n 2001:db8:2::2",
                                         "traceroute -n -6 -N 1 2001:db8:2::2",
                                         "traceroute -nI 2001:db8:2::2" };
    struct rig rig;

    for (int way = 0; way < 3; way++) {
        rig_chain6(&rig);
        run(&rig, rig.hosts[0], lines[way], SIM_SEC(30));
        EQ_STR(without_ms(&rig),
               "traceroute to 2001:db8:2::2 (2001:db8:2::2), 30 hops max, 80 byte packets\n"
               " 1  2001:db8:1::2  T  T  T\n"
               " 2  2001:db8:2::2  T  T  T\n"
               "-- exit 0\n");
        rig_end(&rig);
    }
    rig_chain6(&rig);
    os_file_write(rig.hosts[0], "/etc/hosts", hosts, sizeof hosts - 1, false);
    run(&rig, rig.hosts[0], "traceroute -f 2 -q 1 server 100", SIM_SEC(30));
    EQ_STR(without_ms(&rig), "traceroute to server (2001:db8:2::2), 30 hops max, 100 byte packets\n"
                             " 2  server (2001:db8:2::2)  T\n-- exit 0\n");
    EQ_STR(run(&rig, rig.hosts[0], "traceroute -4 2001:db8:2::2", SIM_SEC(30)),
           "2001:db8:2::2: Address family for hostname not supported\nCannot handle \"host\" "
           "cmdline arg `2001:db8:2::2' on position 1 (argc 2)\n-- exit 2\n");
    rig_end(&rig);
}

UNIT_MAIN("traceroute", TEST(syns_find_an_open_port_and_a_closed_one),
          TEST(ipv6_is_probed_by_udp_and_icmp),
          TEST(each_hop_is_named_until_the_port_is_unreachable),
          TEST(one_probe_at_a_time_sends_twelve), TEST(silence_is_a_star_after_five_seconds),
          TEST(unreachable_hosts_are_marked), TEST(addresses_without_a_name_stand_for_themselves))
