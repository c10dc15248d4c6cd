/* What ping prints, against the outputs recorded from real Linux (fidelity: c01, c08, c21, c23,
 * c42) and iputils' rules. */
#include "tests/unit/apps/rig.h"

static void replies_are_printed_one_by_one_with_statistics(void)
{
    struct rig rig;

    rig_pair(&rig);
    run(&rig, rig.hosts[0], "ping -n -c 3 10.0.0.2", SIM_SEC(4));
    EQ_STR(without_times(&rig), "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n"
                                "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=T\n"
                                "64 bytes from 10.0.0.2: icmp_seq=2 ttl=64 time=T\n"
                                "64 bytes from 10.0.0.2: icmp_seq=3 ttl=64 time=T\n"
                                "\n"
                                "--- 10.0.0.2 ping statistics ---\n"
                                "3 packets transmitted, 3 received, 0% packet loss, time T\n"
                                "rtt T\n"
                                "-- exit 0\n");
    EQ(rig.sent, 2 + 6); /* ARP, then three pairs */
    rig_end(&rig);
}

static void times_are_virtual_time_to_the_microsecond(void)
{
    struct rig rig;
    const char *out;

    rig_pair(&rig);
    out = run(&rig, rig.hosts[0], "ping -c 2 10.0.0.2", SIM_SEC(10));
    OK(strstr(out, " packet loss, time 1000ms\n") != NULL);
    OK(strstr(out, "icmp_seq=2 ttl=64 time=0.013 ms\n") !=
       NULL); /* twice: 5 us of cable, 0.98 us of octets, 0.5 us of interrupt */
    rig_end(&rig);
}

static void a_flood_draws_a_point_for_each_request_and_wipes_it_out_for_each_reply(void)
{
    struct rig rig;

    rig_pair(&rig);
    run(&rig, rig.hosts[0], "ping -f -c 3 10.0.0.2", SIM_SEC(4));
    OK(strstr(strbuf_text(&rig.out), "84) bytes of data.\n.\b \b.\b \b.\b \b\n--- 10.0.0.2") !=
       NULL);
    OK(strstr(strbuf_text(&rig.out), "3 packets transmitted, 3 received, 0% packet loss") != NULL);
    OK(strstr(strbuf_text(&rig.out), ", ipg/ewma ") != NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ping -f -i 0.5 -c 2 10.0.0.2", SIM_SEC(4)), "time 500ms") !=
       NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ping -f -c 2 10.0.0.9", SIM_SEC(9)), "..\bE\bE\n---") !=
       NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ping -q -f -c 2 10.0.0.2", SIM_SEC(4)), "data.\n\n---") !=
       NULL);
    rig_end(&rig);
}

static void nobody_answers(void)
{
    struct rig rig;

    rig_pair(&rig);
    rig.hosts[1]->ip.sysctl.icmp_echo_ignore_all = true;
    run(&rig, rig.hosts[0], "ping -n -c 2 -W 1 10.0.0.2", SIM_SEC(20));
    EQ_STR(without_times(&rig), "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n"
                                "\n"
                                "--- 10.0.0.2 ping statistics ---\n"
                                "2 packets transmitted, 0 received, 100% packet loss, time T\n"
                                "\n"
                                "-- exit 1\n");
    rig_end(&rig);
}

static void the_last_reply_is_waited_for_ten_seconds_or_as_W_says(void)
{
    struct rig rig;

    rig_pair(&rig);
    rig.hosts[1]->ip.sysctl.icmp_echo_ignore_all = true;
    rig_start(&rig, rig.hosts[0], "ping -c 1 10.0.0.2");
    rig_run_for(&rig, SIM_SEC(10) - 1);
    EQ(rig.status, -1);
    rig_run_for(&rig, SIM_USEC(100));
    EQ(rig.status, 1);
    rig_start(&rig, rig.hosts[0], "ping -c 1 -W 0.5 10.0.0.2");
    rig_run_for(&rig, SIM_MSEC(500) - 1);
    EQ(rig.status, -1);
    rig_run_for(&rig, SIM_USEC(100));
    EQ(rig.status, 1);
    rig_end(&rig);
}

static void no_route_is_told_before_anything_is_sent(void)
{
    struct rig rig;

    rig_pair(&rig);
    EQ_STR(run(&rig, rig.hosts[0], "ping -n -c 2 10.0.2.2", SIM_SEC(5)),
           "ping: connect: Network is unreachable\n-- exit 2\n");
    EQ(rig.sent, 0);
    rig_end(&rig);
}

/* iputils 20221126 looks for the reason in the error queue alone. */
static void what_cannot_be_sent_is_counted_and_nothing_is_said(void)
{
    struct rig rig;

    rig_pair(&rig);
    rig_start(&rig, rig.hosts[0], "ping -n -c 3 -W 1 10.0.0.2");
    rig_run_for(&rig, SIM_MSEC(500));
    ip_iface_set_up(rig.hosts[0]->ip.ifaces[1], false);
    rig_run_for(&rig, SIM_SEC(5));
    EQ_STR(without_times(&rig), "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n"
                                "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=T\n"
                                "\n"
                                "--- 10.0.0.2 ping statistics ---\n"
                                "3 packets transmitted, 1 received, 66.6667% packet loss, time T\n"
                                "rtt T\n"
                                "-- exit 0\n");
    rig_end(&rig);
}

static void v_tells_sockets_and_family_first(void)
{
    struct rig rig;

    rig_pair(&rig);
    OK(strstr(run(&rig, rig.hosts[0], "ping -v -p ff00 -c 1 10.0.0.2", SIM_SEC(3)),
              "PATTERN: 0xff00\n"
              "ping: sock4.fd: 3 (socktype: SOCK_RAW), sock6.fd: 4 (socktype: SOCK_RAW), "
              "hints.ai_family: AF_UNSPEC\n\n"
              "ai->ai_family: AF_INET, ai->ai_canonname: '10.0.0.2'\n"
              "PING 10.0.0.2 ") != NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ping -4 -v -c 1 10.0.0.2", SIM_SEC(3)),
              "sock6.fd: -1 (socktype: 0), hints.ai_family: AF_INET\n") != NULL);
    rig_end(&rig);
}

static void a_silent_neighbor_makes_the_host_itself_report_unreachable(void)
{
    struct rig rig;

    rig_pair(&rig);
    run(&rig, rig.hosts[0], "ping -n -c 3 10.0.0.99", SIM_SEC(20));
    EQ_STR(without_times(&rig),
           "PING 10.0.0.99 (10.0.0.99) 56(84) bytes of data.\n"
           "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n"
           "From 10.0.0.1 icmp_seq=2 Destination Host Unreachable\n"
           "From 10.0.0.1 icmp_seq=3 Destination Host Unreachable\n"
           "\n"
           "--- 10.0.0.99 ping statistics ---\n"
           "3 packets transmitted, 0 received, +3 errors, 100% packet loss, time T\n"
           "pipe 3\n"
           "-- exit 1\n");
    rig_end(&rig);
}

static void routers_report_host_and_network_unreachable(void)
{
    struct rig rig;

    rig_chain(&rig, 1);
    run(&rig, rig.hosts[0], "ping -n -c 2 10.0.2.99", SIM_SEC(20));
    EQ_STR(without_times(&rig),
           "PING 10.0.2.99 (10.0.2.99) 56(84) bytes of data.\n"
           "From 10.0.1.2 icmp_seq=1 Destination Host Unreachable\n"
           "From 10.0.1.2 icmp_seq=2 Destination Host Unreachable\n"
           "\n"
           "--- 10.0.2.99 ping statistics ---\n"
           "2 packets transmitted, 0 received, +2 errors, 100% packet loss, time T\n"
           "pipe 2\n"
           "-- exit 1\n");
    rig_route(rig.hosts[0], 0, 0, IP4(10, 0, 1, 2));
    run(&rig, rig.hosts[0], "ping -n -c 2 -W 1 172.16.0.1", SIM_SEC(20));
    EQ_STR(without_times(&rig),
           "PING 172.16.0.1 (172.16.0.1) 56(84) bytes of data.\n"
           "From 10.0.1.2 icmp_seq=1 Destination Net Unreachable\n"
           "From 10.0.1.2 icmp_seq=2 Destination Net Unreachable\n"
           "\n"
           "--- 172.16.0.1 ping statistics ---\n"
           "2 packets transmitted, 0 received, +2 errors, 100% packet loss, time T\n"
           "\n"
           "-- exit 1\n");
    run(&rig, rig.hosts[0], "ping -n -c 1 -t 1 10.0.2.2", SIM_SEC(20));
    OK(strstr(strbuf_text(&rig.out), "From 10.0.1.2 icmp_seq=1 Time to live exceeded\n") != NULL);
    rig_end(&rig);
}

static void path_mtu_is_learned_from_the_first_error(void)
{
    struct rig rig;

    rig_chain(&rig, 2);
    netctl_link_set_mtu(rig.hosts[1], "eth1", 1400);
    netctl_link_set_mtu(rig.hosts[2], "eth0", 1400);
    run(&rig, rig.hosts[0], "ping -n -M do -c 3 -i 0.5 -W 1 -s 1472 10.0.3.2", SIM_SEC(20));
    EQ_STR(without_times(&rig),
           "PING 10.0.3.2 (10.0.3.2) 1472(1500) bytes of data.\n"
           "From 10.0.1.2 icmp_seq=1 Frag needed and DF set (mtu = 1400)\n"
           "ping: local error: message too long, mtu=1400\n"
           "ping: local error: message too long, mtu=1400\n"
           "\n"
           "--- 10.0.3.2 ping statistics ---\n"
           "3 packets transmitted, 0 received, +3 errors, 100% packet loss, time T\n"
           "\n"
           "-- exit 1\n");
    run(&rig, rig.hosts[0], "ping -n -M do -c 1 -W 1 -s 1372 10.0.3.2", SIM_SEC(20));
    OK(strstr(strbuf_text(&rig.out), "1380 bytes from 10.0.3.2: icmp_seq=1 ttl=62 time=") != NULL);
    run(&rig, rig.hosts[0], "ping -n -M do -c 1 -s 1473 10.0.1.2", SIM_SEC(20));
    OK(strstr(strbuf_text(&rig.out), "ping: local error: message too long, mtu=1500\n") != NULL);
    rig_end(&rig);
}

static void big_messages_come_back_whole(void)
{
    struct rig rig;

    rig_pair(&rig);
    run(&rig, rig.hosts[0], "ping -n -c 1 -s 4000 10.0.0.2", SIM_SEC(5));
    OK(strstr(strbuf_text(&rig.out), "4008 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=") != NULL);
    run(&rig, rig.hosts[0], "ping -n -c 1 -s 65507 10.0.0.2", SIM_SEC(5));
    OK(strstr(strbuf_text(&rig.out), "65515 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=") != NULL);
    run(&rig, rig.hosts[0], "ping -n -c 1 -W 1 -s 65508 10.0.0.2", SIM_SEC(5));
    OK(strstr(strbuf_text(&rig.out), "ping: local error: message too long, mtu=1500\n") != NULL);
    OK(text_ends(strbuf_text(&rig.out), "-- exit 1\n"));
    run(&rig, rig.hosts[0], "ping -n -c 1 -s 8 10.0.0.2",
        SIM_SEC(5)); /* no room for a time stamp */
    OK(strstr(strbuf_text(&rig.out), "16 bytes from 10.0.0.2: icmp_seq=1 ttl=64\n") != NULL);
    OK(strstr(strbuf_text(&rig.out), "rtt") == NULL);
    rig_end(&rig);
}

static void own_addresses_answer_without_a_frame(void)
{
    struct rig rig;

    rig_pair(&rig);
    run(&rig, rig.hosts[0], "ping -c 1 127.9.9.9 && ping -c 1 -q 10.0.0.1", SIM_SEC(5));
    EQ_STR(without_times(&rig), "PING 127.9.9.9 (127.9.9.9) 56(84) bytes of data.\n"
                                "64 bytes from 127.9.9.9: icmp_seq=1 ttl=64 time=T\n"
                                "\n"
                                "--- 127.9.9.9 ping statistics ---\n"
                                "1 packets transmitted, 1 received, 0% packet loss, time T\n"
                                "rtt T\n"
                                "PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.\n"
                                "\n"
                                "--- 10.0.0.1 ping statistics ---\n"
                                "1 packets transmitted, 1 received, 0% packet loss, time T\n"
                                "rtt T\n"
                                "-- exit 0\n");
    EQ(rig.sent, 0);
    rig_end(&rig);
}

static void control_c_prints_the_statistics(void)
{
    struct rig rig;
    struct shell_run *line;

    rig_pair(&rig);
    line = rig_start(&rig, rig.hosts[0], "ping -i 0.2 10.0.0.2 > /dev/null; echo never");
    rig_run_for(&rig, SIM_MSEC(900));
    shell_interrupt(line);
    rig_run_for(&rig, SIM_SEC(1));
    EQ_STR(strbuf_text(&rig.out), "-- exit 0\n");
    line = rig_start(&rig, rig.hosts[0], "ping -q 10.0.0.2");
    rig_run_for(&rig, SIM_MSEC(2500));
    shell_interrupt(line);
    rig_run_for(&rig, SIM_SEC(1));
    OK(strstr(strbuf_text(&rig.out),
              "\n3 packets transmitted, 3 received, 0% packet loss, time 2000ms\n") != NULL);
    rig_end(&rig);
}

static void a_deadline_ends_it_and_O_names_missing_answers(void)
{
    struct rig rig;

    rig_pair(&rig);
    rig.hosts[1]->ip.sysctl.icmp_echo_ignore_all = true;
    run(&rig, rig.hosts[0], "ping -O -w 3 10.0.0.2", SIM_SEC(20));
    EQ_STR(without_times(&rig), "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n"
                                "no answer yet for icmp_seq=1\n"
                                "no answer yet for icmp_seq=2\n"
                                "\n"
                                "--- 10.0.0.2 ping statistics ---\n"
                                "3 packets transmitted, 0 received, 100% packet loss, time T\n"
                                "\n"
                                "-- exit 1\n");
    rig_end(&rig);
}

static void broadcasts_need_leave(void)
{
    struct rig rig;

    rig_pair(&rig);
    EQ_STR(run(&rig, rig.hosts[0], "ping -c 1 10.0.0.255", SIM_SEC(5)),
           "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall "
           "rules\n-- exit 2\n");
    rig.hosts[1]->ip.sysctl.icmp_echo_ignore_broadcasts = false;
    run(&rig, rig.hosts[0], "ping -b -c 1 10.0.0.255", SIM_SEC(15));
    OK(strstr(strbuf_text(&rig.out), "WARNING: pinging broadcast address\nPING 10.0.0.255") !=
       NULL);
    OK(strstr(strbuf_text(&rig.out), "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=") != NULL);
    OK(strstr(strbuf_text(&rig.out), "DIFFERENT") == NULL);
    rig_end(&rig);
}

static void names_come_from_etc_hosts(void)
{
    struct rig rig;

    rig_pair(&rig);
    os_file_write(rig.hosts[0], "/etc/hosts", "10.0.0.2 server other # here\n", 29, false);
    run(&rig, rig.hosts[0], "ping -c 1 other", SIM_SEC(5));
    EQ_STR(without_times(&rig), "PING server (10.0.0.2) 56(84) bytes of data.\n"
                                "64 bytes from server (10.0.0.2): icmp_seq=1 ttl=64 time=T\n"
                                "\n"
                                "--- server ping statistics ---\n"
                                "1 packets transmitted, 1 received, 0% packet loss, time T\n"
                                "rtt T\n"
                                "-- exit 0\n");
    rig_end(&rig);
}

static void etc_hosts_may_hold_ipv6_addresses(void)
{
    static const char hosts[] = "10.0.0.2 both\n2001:db8::2 both six\n";
    struct rig rig;

    rig_pair(&rig);
    for (unsigned i = 0; i < 2; i++)
        run(&rig, rig.hosts[i],
            i == 0 ? "ip addr add 2001:db8::1/64 dev eth0 nodad"
                   : "ip addr add 2001:db8::2/64 dev eth0 nodad",
            SIM_SEC(1));
    os_file_write(rig.hosts[0], "/etc/hosts", hosts, sizeof hosts - 1, false);
    OK(strstr(run(&rig, rig.hosts[0], "ping -c 1 six", SIM_SEC(5)),
              "2001:db8::2: icmp_seq=1 ttl=64 ") != NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ping -c 1 both", SIM_SEC(5)), "(2001:db8::2)") != NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ping -4 -c 1 both", SIM_SEC(5)), "(10.0.0.2)") != NULL);
    rig_end(&rig);
}

static void mistakes_are_told_as_iputils_tells_them(void)
{
    struct rig rig;

    rig_pair(&rig);
    EQ_STR(run(&rig, rig.hosts[0], "ping", SIM_SEC(5)),
           "ping: usage error: Destination address required\n-- exit 1\n");
    EQ_STR(run(&rig, rig.hosts[0], "ping -c x 10.0.0.2", SIM_SEC(5)),
           "ping: invalid argument: 'x'\n-- exit 1\n");
    EQ_STR(run(&rig, rig.hosts[0], "ping -c 0 10.0.0.2", SIM_SEC(5)),
           "ping: invalid argument: '0': out of range: 1 <= value <= 9223372036854775807\n-- exit "
           "1\n");
    EQ_STR(run(&rig, rig.hosts[0], "ping -s -1 10.0.0.2", SIM_SEC(5)),
           "ping: invalid argument: '-1': out of range: 0 <= value <= 2147483647\n-- exit 1\n");
    EQ_STR(run(&rig, rig.hosts[0], "ping -W -1 10.0.0.2", SIM_SEC(5)),
           "ping: bad linger time: -1\n-- exit 2\n");
    EQ_STR(run(&rig, rig.hosts[0], "ping -r 10.0.0.2", SIM_SEC(5)),
           "ping: option -r is not simulated by wirewalk\n-- exit 2\n");
    EQ_STR(run(&rig, rig.hosts[0], "ping -t 0 10.0.0.2", SIM_SEC(5)),
           "ping: cannot set unicast time-to-live: Invalid argument\n-- exit 2\n");
    OK(strstr(run(&rig, rig.hosts[0], "ping -c 1 -W 1x 10.0.0.2", SIM_SEC(5)),
              "ping: option argument contains garbage: x\nping: this will become fatal error in "
              "the future\n") != NULL);
    EQ_STR(run(&rig, rig.hosts[0], "ping 10.0.0.2 -c", SIM_SEC(5)),
           "ping: option requires an argument -- 'c'\n\nUsage\n  ping [options] "
           "<destination>\n\n-- exit 2\n");
    EQ_STR(run(&rig, rig.hosts[0], "ping -I eth9 10.0.0.2", SIM_SEC(5)),
           "ping: SO_BINDTODEVICE eth9: No such device\n-- exit 2\n");
    OK(text_ends(run(&rig, rig.hosts[0], "ping 10.0.0.2 -q -c1 -I 10.0.0.1", SIM_SEC(5)),
                 "-- exit 0\n"));
    OK(strstr(strbuf_text(&rig.out),
              "PING 10.0.0.2 (10.0.0.2) from 10.0.0.1 : 56(84) bytes of data.\n") != NULL);
    rig_end(&rig);
}

static void R_and_T_tell_the_way_and_its_times(void)
{
    struct rig rig;
    const char *out;

    rig_pair(&rig);
    out = run(&rig, rig.hosts[0], "ping -n -c 2 -R 10.0.0.2", SIM_SEC(4));
    OK(strstr(out, "56(124) bytes of data.\n") != NULL);
    OK(strstr(out, "\nRR: \t10.0.0.1\n\t10.0.0.2\n\t10.0.0.2\n\t10.0.0.1\n\n64 bytes") != NULL);
    OK(strstr(out, " ms\t(same route)\n") != NULL);
    out = run(&rig, rig.hosts[0], "ping -n -c 1 -T tsonly 10.0.0.2", SIM_SEC(4));
    OK(strstr(out, "\nTS: \t4000 absolute\n\t0\n\t0\n\t0\n\n\n---") != NULL);
    out = run(&rig, rig.hosts[0], "ping -n -c 1 -T tsandaddr 10.0.0.2", SIM_SEC(4));
    OK(strstr(out, "\nTS: \t10.0.0.1\t8000 absolute\n\t10.0.0.2\t0\n") != NULL);
    out =
        run(&rig, rig.hosts[0], "ping -n -c 1 -T tsprespec 10.0.0.2 10.0.0.1 10.0.0.2", SIM_SEC(4));
    OK(strstr(out, "\nTS: \t10.0.0.2\t12000 absolute\n\t10.0.0.1\t0\n\n\n---") != NULL);
    EQ_STR(run(&rig, rig.hosts[0], "ping -R -T tsonly 10.0.0.2", SIM_SEC(1)),
           "ping: only one of -T or -R may be used\n-- exit 2\n");
    EQ_STR(run(&rig, rig.hosts[0], "ping -T then 10.0.0.2", SIM_SEC(1)),
           "ping: invalid timestamp type: then\n-- exit 2\n");
    rig_end(&rig);
}

static void adaptive_pings_follow_the_answers(void)
{
    struct rig rig;

    rig_pair(&rig);
    run(&rig, rig.hosts[0], "ping -A -c 4 10.2", SIM_MSEC(100));
    OK(strstr(strbuf_text(&rig.out), "PING 10.2 (10.0.0.2) 56(84)") != NULL);
    OK(strstr(strbuf_text(&rig.out), "4 packets transmitted, 4 received") != NULL);
    rig_end(&rig);
}

/* As recorded from Linux with net.ipv4.conf.*.bc_forwarding. */
static void a_broadcast_goes_on_where_both_settings_say_so(void)
{
    struct rig rig;
    struct ip_stack *ip;

    rig_chain(&rig, 1);
    ip = &rig.hosts[1]->ip;
    ip->sysctl.icmp_echo_ignore_broadcasts = false;
    rig.hosts[2]->ip.sysctl.icmp_echo_ignore_broadcasts = false;
    ip_conf_set(ip, &ip_confs(ip)->all, IP_CONF_BC_FORWARDING, 1);
    run(&rig, rig.hosts[0], "ping -b -c 1 10.0.2.255", SIM_SEC(15));
    OK(strstr(strbuf_text(&rig.out), "64 bytes from 10.0.1.2: icmp_seq=1 ttl=64 ") != NULL);
    ip_conf_set(ip, &ip->ifaces[1]->conf, IP_CONF_BC_FORWARDING, 1); /* where it comes in */
    run(&rig, rig.hosts[0], "ping -b -c 1 10.0.2.255", SIM_SEC(15));
    OK(strstr(strbuf_text(&rig.out), "64 bytes from 10.0.2.2: icmp_seq=1 ttl=63 ") != NULL);
    run(&rig, rig.hosts[0], "ping -b -c 1 -t 1 10.0.2.255", SIM_SEC(15));
    OK(strstr(strbuf_text(&rig.out), "Time to live exceeded") != NULL);
    run(&rig, rig.hosts[0], "ping -b -c 1 10.0.1.255", SIM_SEC(15)); /* its frame is a broadcast */
    OK(strstr(strbuf_text(&rig.out), "100% packet loss") != NULL);
    run(&rig, rig.hosts[2], "ping -b -c 1 10.0.1.255", SIM_SEC(15));
    OK(strstr(strbuf_text(&rig.out), "64 bytes from 10.0.2.1: icmp_seq=1 ttl=64 ") != NULL);
    rig_end(&rig);
}

UNIT_MAIN("ping", TEST(replies_are_printed_one_by_one_with_statistics),
          TEST(times_are_virtual_time_to_the_microsecond), TEST(R_and_T_tell_the_way_and_its_times),
          TEST(adaptive_pings_follow_the_answers),
          TEST(a_flood_draws_a_point_for_each_request_and_wipes_it_out_for_each_reply),
          TEST(nobody_answers), TEST(the_last_reply_is_waited_for_ten_seconds_or_as_W_says),
          TEST(no_route_is_told_before_anything_is_sent),
          TEST(what_cannot_be_sent_is_counted_and_nothing_is_said),
          TEST(v_tells_sockets_and_family_first),
          TEST(a_silent_neighbor_makes_the_host_itself_report_unreachable),
          TEST(routers_report_host_and_network_unreachable),
          TEST(path_mtu_is_learned_from_the_first_error), TEST(big_messages_come_back_whole),
          TEST(own_addresses_answer_without_a_frame), TEST(control_c_prints_the_statistics),
          TEST(a_deadline_ends_it_and_O_names_missing_answers), TEST(broadcasts_need_leave),
          TEST(names_come_from_etc_hosts), TEST(etc_hosts_may_hold_ipv6_addresses),
          TEST(mistakes_are_told_as_iputils_tells_them),
          TEST(a_broadcast_goes_on_where_both_settings_say_so))
