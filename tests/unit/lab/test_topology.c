#include "lab_support.h"

#include "lab/topology.h"

static struct topology *load(const char *text, const char *expected)
{
    struct diag_list *diags = diag_list_new();
    struct topology *t = topology_parse("x.net.yaml", text, strlen(text), 0, diags);

    OK(diags_match(diags, text, expected));
    diag_list_free(diags);
    return t;
}

/* A topology of one host h with these lines, which must be right. */
static struct topology *one_host(const char *lines)
{
    g_autofree char *text = g_strconcat("wirewalk: 1\nnodes:\n  h:\n    kind: host\n    "
                                        "interfaces: {eth0: 10.0.0.1/24, eth1: 10.0.1.1/24}\n",
                                        lines, NULL);
    struct topology *t = load(text, "");

    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    return t;
}

static void the_example_of_the_format_loads_without_a_word(void)
{
    struct diag_list *diags = diag_list_new();
    struct topology *t = topology_load("topologies/visit-baidu.net.yaml", diags);
    const struct topo_node *gw;
    char mac[MAC_TEXT_MAX];

    EQ(diags->n_errors + diags->n_warnings, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    EQ(t->n_nodes, 8);
    EQ(t->n_links, 7);
    gw = topology_node(t, "gw");
    EQ(gw->index, 3);
    EQ(gw->kind, TOPO_ROUTER);
    EQ_STR(mac_format(&topology_port(t, "gw:lan")->mac, mac), "02:00:00:00:04:01");
    EQ_STR(mac_format(&topology_port(t, "gw:wan")->mac, mac), "02:00:00:00:05:02");
    EQ_STR(mac_format(&topology_port(t, "sw1:p8")->mac, mac), "02:00:00:00:03:03");
    EQ_STR(mac_format(&t->nodes[2].mac, mac), "02:00:00:00:03:00");
    EQ(t->nodes[2].ports, 8);
    EQ(t->nodes[2].n_ifaces, 3);
    EQ(t->nodes[2].ageing, SIM_SEC(300));
    EQ(t->links[0].rate, 100000000);
    EQ(t->links[3].rate, 10000000);
    EQ(t->links[3].delay, SIM_MSEC(10));
    EQ(t->links[3].queue, 100);
    EQ(t->links[0].queue, TOPO_QUEUE_DEFAULT);
    EQ(gw->nat->outside, 1);
    EQ(gw->nat->inside[0], 0);
    EQ(gw->routes[0].via, IP4(198, 51, 100, 1));
    EQ(gw->services->dhcp[0].pool_first, IP4(192, 168, 1, 100));
    EQ(gw->services->dhcp[0].lease, SIM_SEC(3600));
    EQ(topology_node(t, "pc1")->ifaces[0].addressing, TOPO_ADDR_DHCP);
    EQ_STR(topology_node(t, "dns")->services->dns[0].records[0].name, "www.baidu.com");
    EQ(topology_node(t, "web")->services->http[0].keepalive, SIM_SEC(5));
    EQ(topology_node(t, "web")->services->http[0].pages[0].len, 12);
    OK(topology_node(t, "pc9") == NULL);
    OK(topology_port(t, "gw:eth0") == NULL);
    OK(topology_port(t, "gw") == NULL);
    topology_free(t);
    diag_list_free(diags);
}

static void macs_follow_the_rule_in_wide_networks(void)
{
    char mac[MAC_TEXT_MAX];
    struct mac_addr a;

    a = topology_default_mac(0, 1);
    EQ_STR(mac_format(&a, mac), "02:00:00:00:01:01");
    a = topology_default_mac(254, 255);
    EQ_STR(mac_format(&a, mac), "02:00:00:00:ff:ff");
    a = topology_default_mac(299, 2);
    EQ_STR(mac_format(&a, mac), "02:00:00:01:2c:02");
    a = topology_default_mac(99999, 1);
    EQ_STR(mac_format(&a, mac), "02:00:01:86:a0:01");
    a = topology_default_mac(0, 256); /* not node 2's */
    EQ_STR(mac_format(&a, mac), "02:01:00:00:01:00");
    a = topology_default_mac(0, 100000);
    EQ_STR(mac_format(&a, mac), "06:86:00:00:01:a0");
}

static void interfaces_take_every_form(void)
{
    struct topology *t =
        load("{\"wirewalk\": 1, \"nodes\": {\"h\": {\"kind\": \"host\", \"interfaces\": {\n"
             "\"a\": null, \"b\": \"dhcp\", \"c\": \"10.0.0.1/24\", \"d\": [\"10.0.1.1/24\", "
             "\"10.0.2.1/16\"],\n"
             "\"e\": {\"mac\": \"02:00:00:00:09:09\"}, \"f\": {\"address\": [\"10.9.0.1/31\"], "
             "\"mtu\": 1400, \"state\": \"down\"}}}}}",
             "");
    const struct topo_iface *f;

    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    f = t->nodes[0].ifaces;
    EQ(t->nodes[0].n_ifaces, 6);
    EQ(f[0].addressing, TOPO_ADDR_NONE);
    EQ(f[1].addressing, TOPO_ADDR_DHCP);
    EQ(f[2].addrs[0].addr, IP4(10, 0, 0, 1));
    EQ(f[3].n_addrs, 2);
    EQ(f[3].addrs[1].prefix_len, 16);
    OK(f[4].mac_given);
    EQ(f[5].mtu, 1400);
    OK(f[5].down);
    EQ(f[0].mtu, 1500);
    EQ(f[3].cable_end, 4); /* nothing is cabled: in their own order */
    topology_free(t);
}

static void a_link_makes_the_interfaces_it_names(void)
{
    struct topology *t =
        load("wirewalk: 1\n"
             "nodes: {h: {kind: host}, s: {kind: switch}, r: {kind: router, interfaces: {x: "
             "10.0.0.1/24, y: dhcp}}}\n"
             "links:\n"
             "  - [r:y, s:p10]\n"
             "  - {ends: [h:eth0, s:p2], mtu: 9000, loss: 0.5%, reorder: 0.0001%}\n"
             "  - [r:z, h:eth1]\n",
             "");

    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    EQ(t->nodes[0].n_ifaces, 2);
    EQ(t->nodes[0].ifaces[0].mtu, 9000);
    EQ(t->nodes[1].ports, 10);
    EQ_STR(t->nodes[1].ifaces[0].name, "p2");
    EQ(t->nodes[1].ifaces[0].cable_end, 2);
    EQ(t->links[0].ends[1].iface, 1); /* p10 is the switch's second port */
    EQ(t->links[1].ends[1].iface, 0);
    EQ(t->links[1].loss, 5000);
    EQ(t->links[1].reorder, 1);
    EQ(t->nodes[2].ifaces[0].cable_end, 3); /* x is uncabled: after y and z */
    EQ(t->nodes[2].ifaces[1].cable_end, 1);
    EQ(topology_port(t, "s:p10")->index, 1);
    topology_free(t);
}

static void units_are_exact(void)
{
    struct topology *t = load("wirewalk: 1\nnodes: {a: {kind: host}, b: {kind: host}}\n"
                              "links:\n  - {ends: [a:x, b:x], delay: 1.5ms, rate: 2.5Gbps}\n  - "
                              "{ends: [a:y, b:y], delay: 0, rate: 9600bps}\n"
                              "  - {ends: [a:z, b:z], delay: 1ps, rate: 1.544Mbps}\n",
                              "");

    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    EQ(t->links[0].delay, SIM_USEC(1500));
    EQ(t->links[0].rate, 2500000000);
    EQ(t->links[1].delay, 0);
    EQ(t->links[1].rate, 9600);
    EQ(t->links[2].delay, 1);
    EQ(t->links[2].rate, 1544000);
    topology_free(t);
    OK(load("wirewalk: 1\nnodes: {a: {kind: host}, b: {kind: host}}\nlinks: [{ends: [a:x, b:x], "
            "delay: 0.5ps}, {ends: [a:y, b:y], delay: 107d}]\n",
            "3:35 delay is a time\n3:69 delay is a time\n") == NULL);
}

static void routes_are_read_as_ip_route_spells_them(void)
{
    struct topology *t = one_host("    routes:\n      - default via 10.0.0.254 dev eth0 metric "
                                  "100\n      - 10.5.0.0/16 dev eth1\n"
                                  "      - 10.6.0.1 via 10.0.1.2 src 10.0.1.1\n      - blackhole "
                                  "10.7.0.0/16\n      - prohibit default metric 4096\n");
    const struct topo_route *r = t->nodes[0].routes;

    EQ(t->nodes[0].n_routes, 5);
    EQ(r[0].prefix_len, 0);
    EQ(r[0].metric, 100);
    EQ(r[0].dev, 0);
    EQ(r[1].dev, 1);
    OK(!r[1].has_via);
    EQ(r[2].prefix_len, 32);
    EQ(r[2].src, IP4(10, 0, 1, 1));
    EQ(r[3].type, TOPO_ROUTE_BLACKHOLE);
    EQ(r[4].type, TOPO_ROUTE_PROHIBIT);
    topology_free(t);
}

#define ROUTER "wirewalk: 1\nnodes:\n  r: {kind: router, interfaces: {a: 10.0.0.1/24}, routes: "

static void routes_may_have_several_next_hops(void)
{
    struct topology *t = one_host("    routes: [10.5.0.0/16 metric 7 nexthop via 10.0.0.2 weight 3 "
                                  "nexthop dev eth1 nexthop via 10.9.9.9 dev eth0 onlink]\n");
    const struct topo_route *r = t->nodes[0].routes;

    EQ(r->metric, 7);
    OK(!r->has_via);
    EQ(r->n_hops, 3);
    EQ(r->hops[0].via, IP4(10, 0, 0, 2));
    EQ(r->hops[0].weight, 3);
    EQ(r->hops[0].dev, TOPO_NOWHERE);
    EQ(r->hops[1].via, 0);
    EQ(r->hops[1].dev, 1);
    EQ(r->hops[1].weight, 1);
    OK(r->hops[2].onlink);
    topology_free(t);
    load(ROUTER "[default nexthop via 10.0.0.2 wieght 3]}\n", "3:60 did you mean `weight`?\n");
    load(ROUTER "[default nexthop via 10.0.0.2 weight 257]}\n", "3:60 from 1 to 256\n");
    load(ROUTER "[default nexthop weight 2 nexthop via 10.0.0.2]}\n", "3:60 neither `via` nor\n");
    load(ROUTER "[default via 10.0.0.2 nexthop via 10.0.0.3]}\n", "3:60 before `nexthop`\n");
    load(ROUTER "[\"2001:db8::/32 nexthop via fe80::1\"]}\n", "3:60 is of IPv6\n");
    topology_free(load(ROUTER "[default nexthop via 10.9.0.2 nexthop via 10.0.0.3]}\n",
                       "3:60 cannot reach\n")); /* a warning */
}

static void services_are_read(void)
{
    struct topology *t = one_host(
        "    services:\n"
        "      dns: {zone: [test, Example.COM.], forward: 9.9.9.9, records: [a.test 0 AAAA "
        "2001:db8::1, test 60 MX 10 m.test,\n"
        "        'test 60 TXT \"v=x  y\"', test 9 SOA ns.test admin.test 1 2 3 4 5, _sip.test 1 "
        "SRV 1 2 5060 sip.test, . 5 NS a.]}\n"
        "      http: [{port: 80, keepalive: false, pages: {/: {size: 612}, /x: {status: 404, body: "
        "no}, /r: {status: 302, location: /x}}}, {port: 8080, keepalive: true, chunked: true}]\n"
        "      dhcp: {interface: eth1, pool: 10.0.1.5-10.0.1.9, static: {02:00:00:00:01:01: "
        "10.0.1.50}, ping-check: true,\n"
        "        options: {42: [10.0.1.1, 10.0.1.2], 26: u16 1400, 119: hex 0a 0b, 15: lan.test}}\n"
        "      echo:\n      discard: {port: 99, udp: false}\n      chargen: false\n");
    const struct topo_services *s = t->nodes[0].services;
    const struct topo_dns_record *r = s->dns[0].records;

    EQ_STR(s->dns[0].zones[1], "example.com");
    EQ(s->dns[0].n_records, 6);
    EQ(r[0].addr6[3], 0xb8);
    EQ(r[1].preference, 10);
    EQ_STR(r[1].target, "m.test");
    EQ_STR(r[2].data, "v=x  y");
    EQ_STR(r[3].rname, "admin.test");
    EQ(r[3].soa[4], 5);
    EQ(r[4].port, 5060);
    EQ_STR(r[5].name, "");
    EQ(s->n_http, 2);
    EQ(s->http[0].keepalive, 0);
    OK(s->http[0].pages[0].body == NULL);
    EQ(s->http[0].pages[0].len, 612);
    EQ(s->http[0].pages[1].status, 404);
    EQ_STR(s->http[0].pages[2].location, "/x");
    OK(!s->http[0].chunked && s->http[1].chunked);
    EQ(s->http[1].keepalive, TOPO_KEEPALIVE_DEFAULT);
    EQ(s->dhcp[0].iface, 1);
    EQ(s->dhcp[0].leases[0].addr, IP4(10, 0, 1, 50));
    OK(s->dhcp[0].ping_check);
    EQ(s->dhcp[0].n_options, 4);
    EQ(s->dhcp[0].options[1].code, 26);
    EQ_MEM(s->dhcp[0].options[1].octets, "\x05\x78", 2);
    EQ(s->dhcp[0].options[2].len, 8);
    EQ_MEM(s->dhcp[0].options[3].octets, "\x0a\x0b", 2);
    EQ(s->n_simple, 2);
    EQ(s->simple[0].port, 7);
    EQ(s->simple[1].port, 99);
    OK(!s->simple[1].udp);
    topology_free(t);
}

static void faults_are_read(void)
{
    struct topology *t = load("wirewalk: 1\nnodes: {a: {kind: host}, b: {kind: host}}\nlinks:\n"
                              "  - {ends: [a:x, b:x], drop: [{from: b:x, match: tcp data, nth: "
                              "[13, 3, 3]}], delay-frame: {from: a:x, nth: 2, by: 5ms}}\n",
                              "");
    const struct topo_link *l;

    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    l = &t->links[0];
    EQ(l->n_faults, 2);
    EQ(l->faults[0].from, 1);
    EQ_STR(l->faults[0].match, "tcp data");
    EQ(l->faults[0].n_nth, 2);
    EQ(l->faults[0].nth[0], 3);
    EQ(l->faults[1].kind, TOPO_FAULT_DELAY);
    EQ(l->faults[1].by, SIM_MSEC(5));
    EQ_STR(l->faults[1].match, "any");
    topology_free(t);
    t = load("wirewalk: 1\nnodes: {a: {kind: host}, b: {kind: host}}\nlinks:\n"
             "  - {ends: [a:x, b:x], edit-frame: [{from: b:x, set: {eth.type: 0x0800}}]}\n",
             "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    EQ(t->links[0].faults[0].kind, TOPO_FAULT_EDIT);
    EQ_STR(t->links[0].faults[0].changes[0].value, "0x0800");
    topology_free(t);
}

static void hosts_files_and_settings_are_read(void)
{
    struct topology *t = one_host(
        "    hosts: {web: 10.0.0.9}\n    files: {/etc/motd: \"hi\\n\"}\n    sysctl: "
        "{net.ipv4.ip_forward: 1}\n"
        "    search: [lan, test]\n    nat: {outside: eth0, forward: [udp 53 -> 10.0.1.9:5353]}\n");
    const struct topo_node *h = &t->nodes[0];

    EQ(h->hosts[0].addr, IP4(10, 0, 0, 9));
    EQ(h->files[0].len, 3);
    EQ_STR(h->sysctls[0].value, "1");
    EQ(h->n_search, 2);
    EQ(h->nat->forwards[0].protocol, 17);
    EQ(h->nat->forwards[0].to.port, 5353);
    topology_free(t);
}

static void the_same_address_may_stand_in_two_private_networks(void)
{
    const char *two_lans = "wirewalk: 1\nnodes:\n"
                           "  a: {kind: host, interfaces: {e: 192.168.1.2/24}}\n  b: {kind: host, "
                           "interfaces: {e: 192.168.1.1/24}}\n"
                           "  c: {kind: host, interfaces: {e: 192.168.1.2/24}}\n  d: {kind: host, "
                           "interfaces: {e: 192.168.1.1/24}}\n"
                           "  e: {kind: host, interfaces: {e: 9.9.9.9/24}}\n  f: {kind: host, "
                           "interfaces: {e: 9.9.9.9/24}}\n"
                           "links: [[a:e, b:e], [c:e, d:e], [e:e, b:x], [f:e, d:x]]\n";
    struct topology *t = load(two_lans, "8:35 warning: e has the address 9.9.9.9 too, in line 7\n");

    topology_free(t);
}

static void mistakes_that_are_meant_can_be_allowed(void)
{
    struct topology *t = load(
        "wirewalk: 1\nallow: [duplicate-address, duplicate-mac, host-address]\nnodes:\n"
        "  a: {kind: host, interfaces: {e: {address: 10.0.0.255/24, mac: 02:00:00:00:02:01}}}\n"
        "  b: {kind: host, interfaces: {e: 10.0.0.255/24}}\nlinks: [[a:e, b:e]]\n",
        "");

    OK(t != NULL);
    topology_free(t);
}

static void a_link_local_address_is_ones_own_on_its_wire_alone(void)
{
    load("wirewalk: 1\nnodes:\n"
         "  a: {kind: router, interfaces: {x: \"fe80::1/64\", y: \"fe80::1/64\"}}\n"
         "  b: {kind: host, interfaces: {e: \"fe80::1/64\"}}\nlinks: [[a:x, b:e]]\n",
         "4:35 a:x has the address fe80::1 already, in line 3 (if it is meant: `allow: "
         "[duplicate-address]`)\n");
    topology_free(load("wirewalk: 1\nnodes:\n"
                       "  a: {kind: router, interfaces: {x: \"fe80::1/64\", y: \"fe80::1/64\"}}\n"
                       "  b: {kind: host, interfaces: {e: \"fe80::1/64\"}}\n",
                       ""));
}

static void a_wrong_name_of_an_interface_is_warned_about(void)
{
    topology_free(load("wirewalk: 1\nnodes: {a: {kind: host, interfaces: {eth0: 10.0.0.1/24}}, b: "
                       "{kind: host}}\nlinks: [[a:etho, b:eth0]]\n",
                       "3:10 warning: `a` lists no interface `etho`\n"));
}

static void a_relay_agent_has_sixteen_servers_at_most(void)
{
    GString *text = g_string_new("wirewalk: 1\nnodes:\n  r:\n    kind: router\n"
                                 "    interfaces: {x: 10.0.0.1/24}\n"
                                 "    services: {dhcp-relay: {interface: x, server: [10.0.0.2");

    for (int i = 3; i < 19; i++)
        g_string_append_printf(text, ", 10.0.0.%d", i);
    g_string_append(text, "]}}\n  h: {kind: host}\nlinks: [[r:x, h:e]]\n");
    topology_free(load(text->str, "6:51 error: a relay agent passes on to 16 servers at most\n"));
    g_string_free(text, true);
}

static void a_hundred_thousand_hosts_load_in_seconds(void)
{
    GString *text = g_string_new("wirewalk: 1\nnodes:\n  sw: {kind: switch}\n");
    struct topology *t;

    for (unsigned i = 2; i < 100002; i++)
        g_string_append_printf(text, "  h%u: {kind: host, interfaces: {eth0: 10.%u.%u.%u/8}}\n", i,
                               i >> 16, i >> 8 & 255, i & 255);
    g_string_append(text, "links:\n");
    for (unsigned i = 2; i < 100002; i++)
        g_string_append_printf(text, "  - [h%u:eth0, sw:p%u]\n", i, i);
    t = load(text->str, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    EQ(t->n_links, 100000);
    EQ_STR(topology_port(t, "sw:p77777")->name, "p77777");
    topology_free(t);
    g_string_free(text, TRUE);
}

UNIT_MAIN("topology", TEST(the_example_of_the_format_loads_without_a_word),
          TEST(macs_follow_the_rule_in_wide_networks), TEST(interfaces_take_every_form),
          TEST(a_link_makes_the_interfaces_it_names), TEST(units_are_exact),
          TEST(routes_are_read_as_ip_route_spells_them), TEST(routes_may_have_several_next_hops),
          TEST(services_are_read), TEST(faults_are_read), TEST(hosts_files_and_settings_are_read),
          TEST(the_same_address_may_stand_in_two_private_networks),
          TEST(mistakes_that_are_meant_can_be_allowed),
          TEST(a_link_local_address_is_ones_own_on_its_wire_alone),
          TEST(a_wrong_name_of_an_interface_is_warned_about),
          TEST(a_relay_agent_has_sixteen_servers_at_most),
          TEST(a_hundred_thousand_hosts_load_in_seconds))
