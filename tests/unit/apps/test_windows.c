/* The commands that Windows users type: ipconfig, tracert. */
#include "tests/unit/apps/rig.h"

#include "stack/services/services.h"

static struct rig rig;

static void says(const char *line, const char *expected)
{
    EQ_STR(run(&rig, rig.hosts[0], line, SIM_SEC(60)), expected);
}

static void ipconfig_shows_adapters(void)
{
    rig_pair(&rig);
    rig_route(rig.hosts[0], 0, 0, IP4(10, 0, 0, 254));
    says("ipconfig", "\nWindows IP Configuration\n\n\nEthernet adapter eth0:\n\n"
                     "   Connection-specific DNS Suffix  . : \n"
                     "   IPv4 Address. . . . . . . . . . . : 10.0.0.1\n"
                     "   Subnet Mask . . . . . . . . . . . : 255.255.255.0\n"
                     "   Default Gateway . . . . . . . . . : 10.0.0.254\n-- exit 0\n");
    run(&rig, rig.hosts[0], "echo nameserver 10.0.0.53 > /etc/resolv.conf; ipconfig /all",
        SIM_SEC(1));
    OK(strstr(strbuf_text(&rig.out), "   Host Name . . . . . . . . . . . . : h1\n") != NULL);
    OK(strstr(strbuf_text(&rig.out),
              "   Physical Address. . . . . . . . . : 02-00-00-00-01-01\n") != NULL);
    OK(strstr(strbuf_text(&rig.out), "   DNS Servers . . . . . . . . . . . : 10.0.0.53\n") != NULL);
    link_set_state(rig.links[0], false);
    says("ipconfig", "\nWindows IP Configuration\n\n\nEthernet adapter eth0:\n\n"
                     "   Media State . . . . . . . . . . . : Media disconnected\n"
                     "   Connection-specific DNS Suffix  . : \n-- exit 0\n");
    says("ipconfig /flushdns",
         "\nWindows IP Configuration\n\nSuccessfully flushed the DNS Resolver Cache.\n-- exit 0\n");
    says("ipconfig /registerdns",
         "ipconfig: option /registerdns is not simulated by wirewalk\n-- exit 2\n");
    rig_end(&rig);
}

static const struct dhcp_pool_config pool = {
    .iface = "eth0", .first = IP4(10, 0, 0, 100), .last = IP4(10, 0, 0, 110), .lease_seconds = 3600
};

static void ipconfig_releases_and_renews_a_lease(void)
{
    rig_pair(&rig);
    netctl_addr_flush(rig.hosts[0], "eth0");
    OK(services_start_dhcp(rig.hosts[1], &pool, 1));
    OK(strstr(run(&rig, rig.hosts[0], "dhclient eth0; ipconfig", SIM_SEC(20)), ": 10.0.0.1") !=
       NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ipconfig /release", SIM_SEC(20)), "IPv4 Address") == NULL);
    OK(text_ends(strbuf_text(&rig.out), "-- exit 0\n"));
    OK(strstr(run(&rig, rig.hosts[0], "ipconfig /renew", SIM_SEC(20)),
              "IPv4 Address. . . . . . . . . . . : 10.0.0.1") != NULL);
    OK(text_ends(strbuf_text(&rig.out), "-- exit 0\n"));
    OK(strstr(run(&rig, rig.hosts[0], "ipconfig /renew eth0", SIM_SEC(20)),
              "IPv4 Address. . . . . . . . . . . : 10.0.0.1") != NULL);
    says("ipconfig /renew nope", "\nWindows IP Configuration\n\nThe operation failed as no adapter "
                                 "is in the state permissible for \n"
                                 "this operation.\n-- exit 1\n");
    rig_end(&rig);
}

static void ipconfig_says_why_there_is_nothing_to_renew(void)
{
    static const char *const refused =
        "\nWindows IP Configuration\n\nThe operation failed as no adapter is in the state "
        "permissible for \nthis operation.\n-- exit 1\n";

    rig_pair(&rig);
    says("ipconfig /renew", refused);
    says("ipconfig /release eth0", refused);
    netctl_addr_flush(rig.hosts[0], "eth0");
    EQ_STR(run(&rig, rig.hosts[0], "ipconfig /renew", SIM_SEC(400)),
           "\nWindows IP Configuration\n\nAn error occurred while renewing interface eth0 : unable "
           "to contact your DHCP server. Request has timed out.\n-- exit 1\n");
    rig_end(&rig);
}

static void tracert_names_each_hop(void)
{
    rig_chain(&rig, 2);
    says("tracert -d 10.0.3.2", "\nTracing route to 10.0.3.2 over a maximum of 30 hops\n\n"
                                "  1    <1 ms    <1 ms    <1 ms  10.0.1.2 \n"
                                "  2    <1 ms    <1 ms    <1 ms  10.0.2.2 \n"
                                "  3    <1 ms    <1 ms    <1 ms  10.0.3.2 \n"
                                "\nTrace complete.\n-- exit 0\n");
    rig.hosts[3]->ip.sysctl.icmp_echo_ignore_all = true;
    says("tracert -d -h 3 -w 1000 10.0.3.2",
         "\nTracing route to 10.0.3.2 over a maximum of 3 hops\n\n"
         "  1    <1 ms    <1 ms    <1 ms  10.0.1.2 \n"
         "  2    <1 ms    <1 ms    <1 ms  10.0.2.2 \n"
         "  3     *        *        *     Request timed out.\n"
         "\nTrace complete.\n-- exit 0\n");
    says("ip route add unreachable 10.9.0.0/24; tracert -d 10.9.0.1",
         "\nTracing route to 10.9.0.1 over a maximum of 30 hops\n\n  1  General failure.\n\n"
         "Trace complete.\n-- exit 0\n");
    says("tracert -R 10.0.3.2", "tracert: option -R is not simulated by wirewalk\n-- exit 2\n");
    rig_end(&rig);
}

UNIT_MAIN("windows", TEST(ipconfig_shows_adapters), TEST(ipconfig_releases_and_renews_a_lease),
          TEST(ipconfig_says_why_there_is_nothing_to_renew), TEST(tracert_names_each_hop))
