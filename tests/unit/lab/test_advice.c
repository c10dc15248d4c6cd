/* What `wirewalk check` warns of: one small network for each mistake. */
#include "lab_support.h"

#include "lab/advice.h"
#include "lab/scenario.h"

/* @nodes and @links are flow lists' contents; the warnings, with their lines. */
static int warns(const char *nodes, const char *links, const char *expected)
{
    g_autofree char *text = g_strdup_printf("wirewalk: 1\nnodes:\n%slinks: [%s]\n", nodes, links);
    struct diag_list *diags = diag_list_new();
    struct topology *t = topology_parse("x.net.yaml", text, strlen(text), TOPOLOGY_NO_FILES, diags);
    int ok = t != NULL;

    if (t != NULL)
        advice_topology(t, diags);
    ok = ok && diags_match(diags, text, expected);
    topology_free(t);
    diag_list_free(diags);
    return ok;
}

#define PC(name, address) "  " name ": {kind: host, interfaces: {eth0: " address "}}\n"

static void a_node_or_an_address_without_a_cable_is_told(void)
{
    OK(warns(PC("a", "10.0.0.1/24") PC("b", "10.0.0.2/24") PC("c", "10.0.0.3/24"),
             "[a:eth0, b:eth0]",
             "5:3 there is no cable in `c`: it reaches nobody; under `links`, `- [c:eth0, "
             "NODE:INTERFACE]`\n"));
    OK(warns(PC("a", "10.0.0.1/24") PC("b", "10.0.0.2/24")
                 PC("c", "10.0.0.3/24") "  s: {kind: switch}\n  u: {kind: hub}\n",
             "[a:eth0, s:p1], [b:eth0, s:p2]",
             "5:3 `- [c:eth0, s:p3]`\n7:3 there is no cable in `u`: it joins nothing\n"));
    OK(warns("  a: {kind: host, interfaces: {eth0: 10.0.0.1/24, eth1: 10.0.1.1/24}}\n"
             "  b: {kind: host, interfaces: {eth0: 10.0.0.2/24, eth1: {}}}\n",
             "[a:eth0, b:eth0]", "3:51 there is no cable in a:eth1, though it has an address\n"));
    OK(warns(PC("alone", "10.0.0.1/24"), "", ""));
}

static void what_is_allowed_is_not_told(void)
{
    static const char *const text =
        "{wirewalk: 1, allow: [no-cable], nodes: {a: {kind: host}, b: {kind: host}}}";
    struct diag_list *diags = diag_list_new();
    struct topology *t = topology_parse("x.net.yaml", text, strlen(text), 0, diags);

    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    advice_topology(t, diags);
    OK(diags_match(diags, text, ""));
    topology_free(t);
    diag_list_free(diags);
    for (unsigned allow = 1; allow <= TOPO_ALLOW_NAMES; allow <<= 1)
        OK(*topology_allow_name(allow) != '\0');
    EQ_STR(topology_allow_name(TOPO_ALLOW_NAMES), "names");
}

static void two_masks_on_one_wire_are_told_at_the_rarer_one(void)
{
    OK(warns(PC("a", "10.0.0.1/24") PC("b", "10.0.0.2/16")
                 PC("c", "10.0.0.3/24") "  s: {kind: switch}\n",
             "[a:eth0, s:p1], [b:eth0, s:p2], [c:eth0, s:p3]",
             "4:38 b:eth0 has the mask /16, but a:eth0 on the same wire, in line 3, /24\n"));
    OK(warns(PC("a", "10.0.0.1/24") PC("b", "10.0.0.2/28"), "[a:eth0, b:eth0]",
             "4:38 should it be 10.0.0.2/24? (if it is meant: `allow: [unequal-masks]`)\n"));
    OK(warns(PC("a", "10.0.0.1/24") PC("b", "10.0.0.2/24"), "[a:eth0, b:eth0]", ""));
}

static void an_address_that_fits_nobody_on_its_wire_is_told(void)
{
    OK(warns(PC("a", "192.168.1.1/24") PC("b", "192.168.2.2/24"), "[a:eth0, b:eth0]",
             "4:38 192.168.2.2/24 of b:eth0 is in no network of the others on the same wire, like "
             "192.168.1.0/24 of a:eth0 in line 3\n"));
}

static void gateways_that_are_nobody_or_only_a_host_are_told(void)
{
    static const char router[] =
        "  r: {kind: router, interfaces: {a: 10.0.0.254/24, b: 10.0.1.254/24}}\n";
    g_autofree char *nobody =
        g_strconcat(router,
                    "  h: {kind: host, interfaces: {eth0: 10.0.0.1/24}, gateway: 10.0.0.1}\n"
                    "  g: {kind: host, interfaces: {eth0: 10.0.1.1/24}, gateway: 10.0.1.9}\n",
                    NULL);
    g_autofree char *host =
        g_strconcat(router,
                    "  h: {kind: host, interfaces: {eth0: 10.0.0.1/24}, gateway: 10.0.0.2}\n"
                    "  g: {kind: host, interfaces: {eth0: 10.0.0.2/24}, gateway: 10.0.0.254}\n"
                    "  s: {kind: switch}\n  d: {kind: host, interfaces: {eth0: 10.0.1.1/24}}\n",
                    NULL);

    OK(warns(nobody, "[r:a, h:eth0], [r:b, g:eth0]",
             "4:61 the gateway 10.0.0.1 is `h` itself\n"
             "5:61 nobody on the wire of g:eth0 has the gateway's address 10.0.1.9; is 10.0.1.254 "
             "(`r`) meant?\n"));
    OK(warns(host, "[r:a, s:p1], [h:eth0, s:p2], [g:eth0, s:p3], [r:b, d:eth0]",
             "4:61 the gateway 10.0.0.2 is the host `g`, which passes nothing on\n"
             "7:3 `d` has no gateway: it reaches its own network alone; `gateway: 10.0.1.254` is "
             "`r`\n"));
}

#define LAN_AND_SERVER                                                                             \
    "  a: {kind: host, interfaces: {eth0: 10.1.0.2/24}, gateway: 10.1.0.1}\n"                      \
    "  b: {kind: host, interfaces: {eth0: 10.2.0.2/24}, gateway: 10.2.0.1}\n"
#define TWO_ROUTERS "[a:eth0, r1:a], [r1:b, r2:b], [r2:c, b:eth0]"

static void an_answer_that_cannot_come_back_is_told_where_it_ends(void)
{
    OK(warns(
        LAN_AND_SERVER
        "  r1: {kind: router, interfaces: {a: 10.1.0.1/24, b: 10.9.0.1/30}, routes: [default "
        "via 10.9.0.2]}\n"
        "  r2: {kind: router, interfaces: {b: 10.9.0.2/30, c: 10.2.0.1/24}}\n",
        TWO_ROUTERS,
        "6:3 what `a` sends to `b` arrives, but the answer ends at `r2`, which has no route to "
        "10.1.0.0/24: `10.1.0.0/24 via 10.9.0.1` under its `routes` would be one\n"));
    OK(warns(LAN_AND_SERVER
             "  r1: {kind: router, interfaces: {a: 10.1.0.1/24, b: 10.9.0.1/30}, routes: [default "
             "via 10.9.0.2], nat: {outside: b}}\n"
             "  r2: {kind: router, interfaces: {b: 10.9.0.2/30, c: 10.2.0.1/24}}\n",
             TWO_ROUTERS, ""));
}

static void routers_without_routes_and_routes_in_a_circle_are_told(void)
{
    OK(warns(LAN_AND_SERVER "  r1: {kind: router, interfaces: {a: 10.1.0.1/24, b: 10.9.0.1/30}}\n"
                            "  r2: {kind: router, interfaces: {b: 10.9.0.2/30, c: 10.2.0.1/24}}\n",
             TWO_ROUTERS,
             "5:3 what `a` sends to `b` ends at `r1`, which has no route to 10.2.0.0/24\n"
             "6:3 what `b` sends to `a` ends at `r2`, which has no route to 10.1.0.0/24\n"));
    OK(warns(LAN_AND_SERVER
             "  r1: {kind: router, interfaces: {a: 10.1.0.1/24, b: 10.9.0.1/30}, routes: [default "
             "via 10.9.0.2]}\n"
             "  r2: {kind: router, interfaces: {b: 10.9.0.2/30, c: 10.3.0.1/24}, routes: [default "
             "via 10.9.0.1]}\n"
             "  r3: {kind: router, interfaces: {c: 10.3.0.2/24, d: 10.2.0.1/24}, routes: [default "
             "via 10.3.0.1]}\n",
             "[a:eth0, r1:a], [r1:b, r2:b], [r2:c, r3:c], [r3:d, b:eth0]",
             "5:3 packets for 10.2.0.0/24 go round in a circle: r1, r2, r1\n"));
}

static void dhcp_without_a_server_with_two_or_with_a_taken_pool_is_told(void)
{
    static const char server[] = "    services: {dhcp: {pool: 10.0.0.100-10.0.0.200}}\n";
    g_autofree char *two = g_strconcat(PC("a", "dhcp"),
                                       "  x:\n    kind: router\n"
                                       "    interfaces: {eth0: 10.0.0.1/24}\n",
                                       server,
                                       "  y:\n    kind: router\n"
                                       "    interfaces: {eth0: 10.0.0.150/24}\n",
                                       server, "  s: {kind: switch}\n", NULL);

    OK(warns(
        PC("a", "dhcp") PC("b", "10.0.0.2/24"), "[a:eth0, b:eth0]",
        "3:32 a:eth0 waits for an address by DHCP, but there is no DHCP server on its wire\n"));
    OK(warns(two, "[a:eth0, s:p1], [x:eth0, s:p2], [y:eth0, s:p3]",
             "10:24 10.0.0.150 is in the pool of the DHCP server on `x`, in line 7\n"
             "10:24 10.0.0.150 is in the pool of the DHCP server on `y`, in line 11\n"
             "11:22 `y` is a second DHCP server on this wire, beside `x` in line 7\n"));
}

static void a_relay_agent_on_the_wire_will_do(void)
{
    static const char server[] =
        "  s:\n    kind: host\n    interfaces: {eth0: 10.9.0.2/24}\n    gateway: 10.9.0.1\n"
        "    services:\n      dhcp:\n        - {subnet: 10.0.0.0/24, pool: "
        "10.0.0.100-10.0.0.200}\n"
        "        - {subnet: 10.1.0.0/24, pool: 10.1.0.100-10.1.0.200}\n";
    g_autofree char *with =
        g_strconcat(PC("a", "dhcp"),
                    "  r:\n    kind: router\n"
                    "    interfaces: {x: 10.0.0.1/24, y: 10.9.0.1/24}\n"
                    "    services: {dhcp-relay: {interface: x, server: 10.9.0.2}}\n",
                    server, NULL);
    g_autofree char *without = g_strconcat(PC("a", "dhcp"),
                                           "  r:\n    kind: router\n"
                                           "    interfaces: {x: 10.0.0.1/24, y: 10.9.0.1/24}\n",
                                           server, NULL);

    OK(warns(with, "[a:eth0, r:x], [r:y, s:eth0]", ""));
    OK(warns(without, "[a:eth0, r:x], [r:y, s:eth0]",
             "3:32 there is no DHCP server on its wire\n"));
}

static void loops_of_switches_and_hubs_are_told_unless_unplugged(void)
{
    static const char switches[] = "  s: {kind: switch}\n  t: {kind: switch}\n  u: {kind: hub}\n";

    OK(warns(switches, "[s:p1, t:p1], [t:p2, u:p1], [u:p2, s:p2]",
             "6:37 this cable closes a loop of switches\n"));
    OK(warns(switches, "[s:p1, t:p1], [t:p2, u:p1], {ends: [u:p2, s:p2], state: down}", ""));
}

static void name_servers_and_records_that_are_missing_are_told(void)
{
    OK(warns("  a: {kind: host, interfaces: {eth0: 10.0.0.1/24}, resolver: [10.0.0.2, 10.0.0.9]}\n"
             "  b: {kind: host, interfaces: {eth0: 10.0.0.2/24}}\n",
             "[a:eth0, b:eth0]",
             "3:3 `a` asks 10.0.0.2 for names, but `b` runs no DNS server\n"
             "3:3 no node has the address 10.0.0.9, which `a` asks for names\n"));
    OK(warns(
        "  a: {kind: host, interfaces: {eth0: 10.0.0.1/24}}\n"
        "  b: {kind: host, interfaces: {eth0: 10.0.0.2/24}, services: {dns: [www.test 60 CNAME "
        "web.test]}}\n",
        "[a:eth0, b:eth0]", "4:69 www.test leads to web.test, but no DNS server has a record\n"));
}

static void commands_that_use_a_name_without_a_record_are_told(void)
{
    static const char topology[] =
        "{wirewalk: 1, nodes: {a: {kind: host, interfaces: {eth0: 10.0.0.1/24}, search: [test],"
        " services: {dns: [www.test 60 A 10.0.0.1, '*.wild.test 60 A 10.0.0.1']}}}}";
    static const char scenario[] =
        "wirewalk: 1\ntopology: x.net.yaml\nuntil: 1s\ntimeline:\n"
        "  - {at: 0s, host: a, run: curl -s http://wwww.test/}\n"
        "  - {at: 0s, host: a, run: curl -H Host:b.c http://www.test:81/ > /tmp/x.test}\n"
        "  - {at: 0s, host: a, run: ping -c 1 other.example && ping -c 1 a.wild.test}\n"
        "  - {at: 0s, host: a, run: ping nobody.test, expect: {exit: 2}}\n"
        "  - {at: 0s, host: a, run: ping -c 1 10.0.0.1}\n";
    struct diag_list *diags = diag_list_new();
    struct topology *t =
        topology_parse("x.net.yaml", topology, strlen(topology), TOPOLOGY_NO_FILES, diags);
    struct scenario *s = scenario_parse("x.walk.yaml", scenario, strlen(scenario), t, diags);

    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    advice_scenario(s, diags);
    OK(diags_match(diags, scenario,
                   "5:28 a record for wwww.test; did you mean www.test?\n"
                   "7:28 a record for other.example: `other.example 60 A ADDRESS`\n"));
    scenario_free(s);
    diag_list_free(diags);
}

/* ---- IPv6: the same, with the same words ---- */

#define PC6(name, address) "  " name ": {kind: host, interfaces: {eth0: \"" address "\"}}\n"

static void two_prefix_lengths_and_strangers_of_ipv6_are_told(void)
{
    OK(warns(PC6("a", "2001:db8::1/64") PC6("b", "2001:db8::2/48"), "[a:eth0, b:eth0]",
             "4:38 b:eth0 has the prefix length /48, but a:eth0 on the same wire, in line 3, /64: "
             "they do not agree on who is a neighbor; should it be 2001:db8::2/64?\n"));
    OK(warns(PC6("a", "2001:db8:1::1/64") PC6("b", "2001:db8:2::2/64"), "[a:eth0, b:eth0]",
             "4:38 2001:db8:2::2/64 of b:eth0 is in no network of the others on the same wire\n"));
    /* the versions are no strangers to each other, nor are link-local addresses */
    OK(warns(PC("a", "10.0.0.1/24") PC6("b", "2001:db8::2/64")
                 PC("c", "[10.0.0.3/24, \"2001:db8::3/64\", \"fe80::3/64\"]") "  s: {kind: "
                                                                              "switch}\n",
             "[a:eth0, s:p1], [b:eth0, s:p2], [c:eth0, s:p3]", ""));
}

static void gateways_of_ipv6_are_looked_at(void)
{
    static const char router[] =
        "  r: {kind: router, interfaces: {a: [\"2001:db8::1/64\", \"fe80::1/64\"], b: "
        "\"2001:db8:1::1/64\"}}\n";
    g_autofree char *wrong = g_strconcat(
        router,
        "  h: {kind: host, interfaces: {eth0: \"2001:db8::2/64\"}, gateway: \"2001:db8::9\"}\n"
        "  g: {kind: host, interfaces: {eth0: \"2001:db8:1::2/64\"}}\n",
        NULL);
    g_autofree char *local = g_strconcat(
        router,
        "  h: {kind: host, interfaces: {eth0: \"2001:db8::2/64\"}, gateway: \"fe80::1\"}\n"
        "  g: {kind: host, interfaces: {eth0: \"2001:db8:1::2/64\"}, gateway: "
        "\"fe80::ff:fe00:102\"}\n",
        NULL);
    g_autofree char *where = g_strconcat(
        router,
        "  h: {kind: host, interfaces: {eth0: \"2001:db8::2/64\", eth1: {}}, gateway: "
        "\"fe80::1\"}\n"
        "  g: {kind: host, interfaces: {eth0: \"2001:db8:1::2/64\"}, gateway: \"fe80::7\"}\n",
        NULL);

    OK(warns(wrong, "[r:a, h:eth0], [r:b, g:eth0]",
             "4:66 nobody on the wire of h:eth0 has the gateway's address 2001:db8::9; is "
             "2001:db8::1 (`r`) meant?\n"
             "5:3 `g` has no gateway for IPv6: it reaches its own network alone; `gateway: "
             "\"2001:db8:1::1\"` is `r`\n"));
    OK(warns(local, "[r:a, h:eth0], [r:b, g:eth0]", ""));
    OK(warns(where, "[r:a, h:eth0], [r:b, g:eth0]",
             "4:76 a link-local address is on each of its wires; say which is meant under "
             "`routes`: `default via fe80::1 dev INTERFACE`\n"
             "5:68 nobody on the wire of g:eth0 has the gateway's address fe80::7\n"));
}

#define LAN_AND_SERVER6                                                                            \
    "  a: {kind: host, interfaces: {eth0: \"2001:db8:1::2/64\"}, gateway: \"2001:db8:1::1\"}\n"    \
    "  b: {kind: host, interfaces: {eth0: \"2001:db8:2::2/64\"}, gateway: \"2001:db8:2::1\"}\n"

static void ways_of_ipv6_are_gone_to_their_end(void)
{
    OK(warns(LAN_AND_SERVER6
             "  r1: {kind: router, interfaces: {a: \"2001:db8:1::1/64\", b: \"2001:db8:9::1/64\"}, "
             "routes: [\"default via 2001:db8:9::2\"]}\n"
             "  r2: {kind: router, interfaces: {b: \"2001:db8:9::2/64\", c: "
             "\"2001:db8:2::1/64\"}}\n",
             TWO_ROUTERS,
             "6:3 what `a` sends to `b` arrives, but the answer ends at `r2`, which has no route "
             "to 2001:db8:1::/64: `2001:db8:1::/64 via 2001:db8:9::1` under its `routes`\n"));
    OK(warns(LAN_AND_SERVER6
             "  r1: {kind: router, interfaces: {a: \"2001:db8:1::1/64\", b: \"2001:db8:9::1/64\"}, "
             "routes: [\"default via fe80::ff:fe00:401 dev b\"]}\n"
             "  r2: {kind: router, interfaces: {b: \"2001:db8:9::2/64\", c: \"2001:db8:3::1/64\"}, "
             "routes: [\"default via 2001:db8:9::1\"]}\n",
             "[a:eth0, r1:a], [r1:b, r2:b], [r2:c, b:eth0]",
             "4:68 nobody on the wire of b:eth0 has the gateway's address 2001:db8:2::1\n"
             "5:3 packets for 2001:db8:2::/64 go round in a circle: r1, r2, r1\n"
             "6:61 2001:db8:3::1/64 of r2:c is in no network\n"));
}

static void name_servers_of_ipv6_are_looked_for(void)
{
    OK(warns("  a: {kind: host, interfaces: {eth0: \"2001:db8::1/64\"}, resolver: "
             "[\"2001:db8::2\", \"2001:db8::9\", \"::1\"]}\n" PC6("b", "2001:db8::2/64"),
             "[a:eth0, b:eth0]",
             "3:3 `a` asks 2001:db8::2 for names, but `b` runs no DNS server\n"
             "3:3 no node has the address 2001:db8::9, which `a` asks for names\n"));
}

/* ---- several next hops ---- */

#define DIAMOND(r1_routes, r3_routes)                                                              \
    "  a: {kind: host, interfaces: {eth0: 10.1.0.2/24}, gateway: 10.1.0.1}\n"                      \
    "  b: {kind: host, interfaces: {eth0: 10.2.0.2/24}, gateway: 10.2.0.1}\n"                      \
    "  r1: {kind: router, interfaces: {l: 10.1.0.1/24, x: 10.8.0.1/30, y: 10.9.0.1/30}, "          \
    "routes: [" r1_routes "]}\n"                                                                   \
    "  r2: {kind: router, interfaces: {l: 10.2.0.1/24, x: 10.8.0.2/30, y: 10.7.0.1/30}, "          \
    "routes: [10.1.0.0/24 via 10.8.0.1]}\n"                                                        \
    "  r3: {kind: router, interfaces: {y: 10.9.0.2/30, z: 10.7.0.2/30}, routes: [" r3_routes       \
    "]}\n"
#define DIAMOND_CABLES "[a:eth0, r1:l], [b:eth0, r2:l], [r1:x, r2:x], [r1:y, r3:y], [r3:z, r2:y]"
#define BOTH           "10.2.0.0/24 nexthop via 10.8.0.2 nexthop via 10.9.0.2"

static void each_of_several_next_hops_is_followed(void)
{
    OK(warns(DIAMOND(BOTH, "10.2.0.0/24 via 10.7.0.1"), DIAMOND_CABLES, ""));
    OK(warns(DIAMOND(BOTH, "10.2.0.0/24 via 10.9.0.1"), DIAMOND_CABLES,
             "5:3 packets for 10.2.0.0/24 go round in a circle: r1, r3, r1\n"));
    OK(warns(DIAMOND(BOTH, ""), DIAMOND_CABLES,
             "7:3 what `b` sends to `a` arrives, but the answer ends at `r3`, which has no route "
             "to 10.2.0.0/24: it needs one\n"));
}

static void each_of_several_next_hops_must_be_a_router(void)
{
    OK(warns(DIAMOND("10.2.0.0/24 nexthop via 10.8.0.2 nexthop via 10.9.0.3",
                     "10.2.0.0/24 via 10.7.0.1"),
             DIAMOND_CABLES,
             "5:93 nobody on the wire of r1:y has the gateway's address 10.9.0.3; is 10.9.0.2 "
             "(`r3`) meant?\n"));
    OK(warns(DIAMOND("10.2.0.0/24 nexthop via 10.8.0.2 nexthop dev y", "10.2.0.0/24 via 10.7.0.1"),
             DIAMOND_CABLES, ""));
}

UNIT_MAIN("advice", TEST(a_node_or_an_address_without_a_cable_is_told),
          TEST(what_is_allowed_is_not_told), TEST(two_masks_on_one_wire_are_told_at_the_rarer_one),
          TEST(an_address_that_fits_nobody_on_its_wire_is_told),
          TEST(gateways_that_are_nobody_or_only_a_host_are_told),
          TEST(an_answer_that_cannot_come_back_is_told_where_it_ends),
          TEST(routers_without_routes_and_routes_in_a_circle_are_told),
          TEST(dhcp_without_a_server_with_two_or_with_a_taken_pool_is_told),
          TEST(a_relay_agent_on_the_wire_will_do),
          TEST(loops_of_switches_and_hubs_are_told_unless_unplugged),
          TEST(name_servers_and_records_that_are_missing_are_told),
          TEST(commands_that_use_a_name_without_a_record_are_told),
          TEST(two_prefix_lengths_and_strangers_of_ipv6_are_told),
          TEST(gateways_of_ipv6_are_looked_at), TEST(ways_of_ipv6_are_gone_to_their_end),
          TEST(name_servers_of_ipv6_are_looked_for), TEST(each_of_several_next_hops_is_followed),
          TEST(each_of_several_next_hops_must_be_a_router))
