/* IPv6 in topologies. */
#include "lab_support.h"

#include "lab/topology.h"

#define HEAD "wirewalk: 1\nnodes:\n"

static struct topology *load(const char *text, const char *expected)
{
    struct diag_list *diags = diag_list_new();
    struct topology *t = topology_parse("x.net.yaml", text, strlen(text), 0, diags);

    OK(diags_match(diags, text, expected));
    diag_list_free(diags);
    return t;
}

static void an_interface_has_addresses_of_both_versions(void)
{
    struct topology *t = load(HEAD "  h:\n    kind: host\n"
                                   "    interfaces:\n"
                                   "      eth0: [10.0.0.1/24, \"2001:db8::1/64\"]\n"
                                   "      eth1: \"fd00::1/64\"\n"
                                   "      eth2: [dhcp, \"fd01::1/64\"]\n"
                                   "    gateway: [10.0.0.9, \"2001:db8::9\"]\n"
                                   "    routes: [\"2001:db8:9::/48 via fd00::9 metric 7\", "
                                   "\"default dev eth0\", \"unreachable fc00::/7\"]\n",
                              "");
    const struct topo_node *h;

    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    h = topology_node(t, "h");
    EQ(h->ifaces[0].n_addrs, 1);
    EQ(h->ifaces[0].n_addrs6, 1);
    OK(ip6_eq(h->ifaces[0].addrs6[0].addr, IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)));
    EQ(h->ifaces[1].addressing, TOPO_ADDR_NONE);
    EQ(h->ifaces[1].addrs6[0].prefix_len, 64);
    EQ(h->ifaces[2].addressing, TOPO_ADDR_DHCP);
    EQ(h->ifaces[2].n_addrs6, 1);
    OK(h->has_gateway && h->has_gateway6);
    OK(h->routes[0].v6 && h->routes[0].prefix_len == 48 && h->routes[0].metric == 7);
    OK(!h->routes[1].v6);
    OK(h->routes[2].v6 && h->routes[2].type == TOPO_ROUTE_UNREACHABLE);
    topology_free(t);
}

static void mistakes_are_named_where_they_stand(void)
{
    load(HEAD "  a: {kind: host, interfaces: {eth0: \"2001:db8::1\"}}\n", "3:38 needs a prefix\n");
    load(HEAD "  a: {kind: host, interfaces: {eth0: \"2001:db8::g/64\"}}\n",
         "3:38 an IPv6 address is written like\n");
    load(HEAD "  a: {kind: host, interfaces: {eth0: \"ff02::1/64\"}}\n", "3:38 no interface can\n");
    load(HEAD "  a: {kind: host, interfaces: {eth0: \"2001:db8::1/64\"}}\n"
              "  b: {kind: host, interfaces: {eth0: \"2001:db8::1/64\"}}\n",
         "4:38 a:eth0 has the address 2001:db8::1 already, in line 3\n");
    load(HEAD "  a: {kind: host, interfaces: {eth0: [dhcp, 10.0.0.1/24]}}\n", "3:38 not both\n");
    load(HEAD "  a: {kind: host, gateway: [10.0.0.1, 10.0.0.2]}\n",
         "3:29 cannot reach\n3:39 one gateway for each\n");
    load(HEAD "  a: {kind: host, routes: [\"2001:db8::1/64 via fe80::1\"]}\n",
         "3:28 bits outside its mask: 2001:db8::/64\n");
    load(HEAD "  a: {kind: host, routes: [\"10.0.0.0/8 via fe80::1\"]}\n", "3:28 after `via`\n");
}

static void a_gateway_out_of_reach_is_a_warning(void)
{
    topology_free(load(HEAD "  a: {kind: host, interfaces: {eth0: \"2001:db8::1/64\"}, gateway: "
                            "\"2001:db8:1::1\"}\n",
                       "3:66 warning: `a` cannot reach the gateway 2001:db8:1::1\n"));
}

UNIT_MAIN("topology6", TEST(an_interface_has_addresses_of_both_versions),
          TEST(mistakes_are_named_where_they_stand), TEST(a_gateway_out_of_reach_is_a_warning))
