#include "lab/step_path.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/step_segment.h"
#include "stack/net/ip6.h"
#include "stack/net/neigh.h"

enum { HOPS_MAX = 64 };

struct hop { /* the packet at a node */
    const struct step_path *path;
    const struct node *node;
    struct os *os;
    const struct iface *in; /* NULL: here it begins */
    unsigned n;             /* routers before */
};

static bool say(const struct step_path *path, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool say(const struct step_path *path, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_string_append(path->out, "  ");
    g_string_append_vprintf(path->out, format, args);
    g_string_append_c(path->out, '\n');
    va_end(args);
    return true;
}

/* ---- no address ---- */

static unsigned leased(struct node *node, const struct topo_dhcp *dhcp)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;
    unsigned n = 0;

    tables_write_one(node, "lease", text);
    lines = g_strsplit(text->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) words = g_strsplit(g_strstrip(*line), " ", 2);
        ip4_addr addr;

        n += words[0] != NULL && ip4_parse(words[0], &addr) && addr >= dhcp->pool_first &&
             addr <= dhcp->pool_last;
    }
    return n;
}

static bool serves(const struct topo_node *node, const struct topo_dhcp *dhcp,
                   const struct step_moment *moment, const struct node *client)
{
    const struct iface *iface = network_iface(moment->run->network, &node->ifaces[dhcp->iface]);
    const struct iface *cut = NULL;

    for (uint32_t i = 0; i < client->n_ifaces; i++)
        if (step_segment_reaches(client->ifaces[i], iface, &cut))
            return true;
    return false;
}

void step_path_dhcp(const struct step_moment *moment, const struct node *node, GString *out)
{
    const struct topology *topology = moment->run->network->topology;
    bool any = false;

    for (uint32_t i = 0; i < topology->n_nodes; i++) {
        const struct topo_services *services = topology->nodes[i].services;

        for (uint32_t j = 0; services != NULL && j < services->n_dhcp; j++) {
            const struct topo_dhcp *dhcp = &services->dhcp[j];
            struct node *server = moment->run->network->nodes[i];
            unsigned size = dhcp->pool_last - dhcp->pool_first + 1, used = leased(server, dhcp);

            if (!serves(&topology->nodes[i], dhcp, moment, node))
                continue;
            any = true;
            if (used >= size)
                g_string_append_printf(out,
                                       _("  the DHCP pool of %s is empty: all %u addresses "
                                         "are leased\n"),
                                       server->name, size);
            else
                g_string_append_printf(out,
                                       _("  the DHCP server on %s has addresses: %s has to ask "
                                         "(dhclient)\n"),
                                       server->name, node->name);
        }
    }
    if (!any)
        g_string_append_printf(out, _("  no DHCP server is on a network of %s\n"), node->name);
}

static bool lacks_address(const struct step_path *path, const struct node *node, struct os *os)
{
    struct endpoint addr = step_first_addr(os, path->dst.v6);

    if (!endpoint_is_any(&addr))
        return false;
    if (path->dst.v6)
        return say(path, _("%s has no IPv6 address"), node->name);
    say(path, _("%s has no IPv4 address"), node->name);
    step_path_dhcp(path->moment, node, path->out);
    return true;
}

/* ---- the end of the way ---- */

/* Whether the local address of a line of ss takes packets of the family: "*" takes both. */
static bool takes(const char *local, bool v6)
{
    return *local == '*' || (*local == '[') == v6;
}

/* The ports that something on @node waits at, from lines as ss prints them. */
static bool listens(struct node *node, bool tcp, bool v6, unsigned port, GString *others)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    tables_write_one(node, tcp ? "tcp" : "udp", text);
    lines = g_strsplit(text->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(*line), " ", -1);
        const char *colon = g_strv_length(words) > 3 ? strrchr(words[3], ':') : NULL;

        if (colon == NULL || (tcp && strcmp(words[0], "LISTEN") != 0) || !takes(words[3], v6))
            continue;
        if (strtoul(colon + 1, NULL, 10) == port)
            return true;
        g_string_append_printf(others, "%s%s", others->len > 0 ? ", " : "", colon + 1);
    }
    return false;
}

static bool lacks_listener(const struct step_path *path, const struct node *node)
{
    const struct facts *facts = path->facts;
    g_autoptr(GString) others = g_string_new(NULL);
    bool tcp;

    if (facts == NULL || (facts->transport != FACT_TCP && facts->transport != FACT_UDP))
        return false;
    tcp = facts->transport == FACT_TCP;
    if (tcp && (facts->tcp.flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
        return false;
    if (listens((struct node *)node, tcp, facts->net == FACT_IPV6, facts->dst_port, others))
        return false;
    if (others->len > 0)
        return say(path, _("no program on %s waits at %s port %u; there are some at %s"),
                   node->name, tcp ? "TCP" : "UDP", (unsigned)facts->dst_port, others->str);
    return say(path, _("no program on %s waits at %s port %u, nor at any other"), node->name,
               tcp ? "TCP" : "UDP", (unsigned)facts->dst_port);
}

/* Somebody else had it, so it is not used. */
static bool lacks_unique_address(const struct hop *hop)
{
    const struct ip6_address *address =
        hop->path->dst.v6 ? ip6_addr_find(&hop->os->ip, hop->path->dst.addr6) : NULL;
    char text[IP6_TEXT_MAX];

    if (address == NULL || !address->dad_failed)
        return false;
    return say(hop->path, _("%s does not use %s: duplicate address detection found it taken"),
               hop->node->name, ip6_format(address->addr, text));
}

static bool fails_at_end(const struct hop *hop)
{
    if (hop->path->facts != NULL && hop->path->facts->transport == FACT_ICMP &&
        hop->path->facts->icmp.type == ICMP_ECHO_REQUEST && hop->os->ip.sysctl.icmp_echo_ignore_all)
        return say(hop->path, _("%s answers no echo requests: net.ipv4.icmp_echo_ignore_all = 1"),
                   hop->node->name);
    if (lacks_unique_address(hop))
        return true;
    return lacks_listener(hop->path, hop->node);
}

/* ---- a router on the way ---- */

static bool filters_source(const struct hop *hop)
{
    struct ip_stack *ip = &hop->os->ip;
    char addr[IP4_TEXT_MAX];

    if (hop->path->dst.v6 || !ip_filters_source(ip, hop->path->src.addr, ip_iface_of(ip, hop->in)))
        return false;
    return say(hop->path,
               _("%s's way back to %s does not lead where the packet came from: "
                 "net.ipv4.conf.all.rp_filter = %u"),
               hop->node->name, ip4_format(hop->path->src.addr, addr),
               (unsigned)ip_conf(ip_iface_of(ip, hop->in), IP_CONF_RP_FILTER));
}

static bool fails_to_forward(const struct hop *hop)
{
    struct ip_stack *ip = &hop->os->ip;
    const struct facts *facts = hop->path->facts;

    if (hop->path->dst.v6 && !ip->sysctl6.forwarding)
        return say(hop->path, _("%s does not forward: net.ipv6.conf.all.forwarding = 0"),
                   hop->node->name);
    if (!hop->path->dst.v6 && !ip->sysctl.forwarding)
        return say(hop->path, _("%s does not forward: net.ipv4.ip_forward = 0"), hop->node->name);
    if (filters_source(hop))
        return true;
    if (facts != NULL && facts->net == FACT_IPV4 && hop->n >= facts->ip.ttl)
        return say(hop->path, _("%s is router %u on the way, but the TTL was %u"), hop->node->name,
                   hop->n, (unsigned)facts->ip.ttl);
    if (facts != NULL && facts->net == FACT_IPV6 && hop->n >= facts->ip6.hop_limit)
        return say(hop->path, _("%s is router %u on the way, but the hop limit was %u"),
                   hop->node->name, hop->n, (unsigned)facts->ip6.hop_limit);
    return false;
}

static bool lacks_route(const struct hop *hop, struct step_route *route)
{
    char dst[STEP_ADDR_TEXT_MAX];

    step_addr_format(&hop->path->dst, dst);
    switch (step_route_find(hop->path->moment, hop->os, &hop->path->dst, route)) {
    case STEP_ROUTE_FORBIDS:
        return say(hop->path, _("%s's route %s forbids or drops packets to %s"), hop->node->name,
                   route->prefix, dst);
    case STEP_ROUTE_NONE:
        return say(hop->path, _("%s's route table has no entry for %s, not even a default route"),
                   hop->node->name, dst);
    case STEP_ROUTE:
    case STEP_ROUTE_LOCAL:
        break;
    }
    return false;
}

/* Over IPv6 nobody but the sender cuts a packet. */
static bool is_too_big(const struct hop *hop, const struct step_route *route)
{
    const struct facts *facts = hop->path->facts;
    unsigned size;

    if (facts != NULL && facts->net == FACT_IPV4 && facts->ip.df &&
        facts->ip.total_len > route->mtu)
        return say(hop->path, _("the packet has %u octets and DF, and the MTU of %s:%s is %u"),
                   (unsigned)facts->ip.total_len, hop->node->name, route->oif->name,
                   (unsigned)route->mtu);
    if (facts == NULL || facts->net != FACT_IPV6)
        return false;
    size = facts->ip6.payload_len + IPV6_HDR_LEN;
    return size > route->mtu &&
           say(hop->path,
               _("the packet has %u octets, the MTU of %s:%s is %u, and over IPv6 no router cuts "
                 "packets"),
               size, hop->node->name, route->oif->name, (unsigned)route->mtu);
}

static bool fails_to_leave(const struct hop *hop, const struct step_route *route)
{
    const struct iface *iface = route->oif != NULL ? route->oif->iface : NULL;

    if (iface == NULL)
        return false;
    if (!iface->up)
        return say(hop->path, _("%s:%s, where the route leads, is off"), hop->node->name,
                   route->oif->name);
    if (iface->end == NULL)
        return say(hop->path, _("no cable is plugged into %s:%s"), hop->node->name,
                   route->oif->name);
    if (!iface_has_carrier(iface))
        return say(hop->path, _("%s:%s has no carrier: its cable is out, or the other end is off"),
                   hop->node->name, route->oif->name);
    return is_too_big(hop, route);
}

/* ---- the next hop ---- */

static bool find_neighbor(const struct hop *hop, const struct step_route *route,
                          struct neigh_info *info)
{
    if (route->next_hop.v6)
        return neigh_get6(ip6_neigh(&hop->os->ip), route->oif, route->next_hop.addr6, info);
    return neigh_get(&hop->os->ip.neigh, route->oif, route->next_hop.addr, info);
}

/* What @hop's neighbor table says of the next hop; @there: who really has it, or NULL. */
static bool wrong_neighbor(const struct hop *hop, const struct step_route *route,
                           const struct iface *there)
{
    bool v6 = route->next_hop.v6;
    struct neigh_info info;
    char ip[STEP_ADDR_TEXT_MAX], mac[MAC_TEXT_MAX];

    if (!find_neighbor(hop, route, &info))
        return false;
    step_addr_format(&route->next_hop, ip);
    if (info.state == NEIGH_FAILED || info.state == NEIGH_INCOMPLETE)
        return say(hop->path,
                   v6 ? _("%s's neighbor table has no MAC address for %s: %s")
                      : _("%s's ARP table has no MAC address for %s: %s"),
                   hop->node->name, ip, neigh_state_name(info.state));
    if (there != NULL && info.has_mac && !mac_eq(&info.mac, &there->mac))
        return say(hop->path,
                   v6 ? _("%s's neighbor table has %s at %s, which is not %s's MAC address")
                      : _("%s's ARP table has %s at %s, which is not %s's MAC address"),
                   hop->node->name, ip, mac_format(&info.mac, mac), there->node->name);
    return false;
}

static bool misses_next(const struct hop *hop, const struct step_route *route,
                        const struct iface **next)
{
    const struct iface *there =
        step_addr_iface(hop->path->moment, &route->next_hop, route->oif->iface);
    const struct iface *cut = NULL;
    char ip[STEP_ADDR_TEXT_MAX];
    bool wrong = wrong_neighbor(hop, route, there);

    step_addr_format(&route->next_hop, ip);
    if (there == NULL)
        return say(hop->path,
                   route->via_gateway ? _("no node has the gateway's address %s of %s")
                                      : _("no node has the address %s, which %s looks for"),
                   ip, hop->node->name);
    if (!step_segment_reaches(route->oif->iface, there, &cut)) {
        if (cut != NULL)
            return say(hop->path,
                       _("between %s and %s the cable at %s:%s is out, or an end is off"),
                       hop->node->name, there->node->name, cut->node->name, cut->name);
        return say(hop->path, _("%s has %s, but it is not on the network of %s:%s"),
                   there->node->name, ip, hop->node->name, route->oif->name);
    }
    if (step_segment_misled(route->oif->iface, there, hop->path->out))
        return true;
    *next = there;
    return wrong;
}

/* ---- the whole way ---- */

bool step_path_check(const struct step_path *given)
{
    struct step_path path = *given;
    struct hop hop = { .path = &path, .node = path.from };
    struct os *target = step_os(path.moment, path.to);

    hop.os = step_os(path.moment, path.from);
    if (hop.os == NULL || target == NULL)
        return false;
    if (lacks_address(&path, path.from, hop.os) || lacks_address(&path, path.to, target))
        return true;
    if (endpoint_is_any(&path.dst))
        path.dst = step_first_addr(target, path.dst.v6);
    for (; hop.n < HOPS_MAX; hop.n++) {
        struct step_route route;
        const struct iface *next = NULL;

        if (hop.node == path.to || step_has_addr(hop.os, &path.dst))
            return hop.node == path.to && fails_at_end(&hop);
        if ((hop.n > 0 && fails_to_forward(&hop)) || lacks_route(&hop, &route) ||
            fails_to_leave(&hop, &route) || misses_next(&hop, &route, &next))
            return true;
        hop.in = next;
        hop.node = next->node;
        hop.os = step_os(path.moment, hop.node);
        if (hop.os == NULL)
            return false;
    }
    return say(&path, _("the routes lead in a circle: %s is on it"), hop.node->name);
}

/* ---- where one died ---- */

void step_path_drop(const struct step_moment *moment, const struct step_entry *entry, GString *out)
{
    struct facts facts;
    struct step_path path = { .moment = moment, .to = entry->node, .facts = &facts, .out = out };
    struct hop hop = { .path = &path, .node = entry->node, .in = entry->iface, .n = 1 };
    struct step_route route;
    const struct iface *next = NULL;

    hop.os = step_os(moment, entry->node);
    if (hop.os == NULL || !step_log_facts(moment->log, entry, &facts) ||
        (facts.net != FACT_IPV4 && facts.net != FACT_IPV6))
        return;
    path.src = step_facts_src(&facts);
    path.dst = step_facts_dst(&facts);
    switch ((enum drop_reason)entry->drop) {
    case DROP_PORT_CLOSED:
        lacks_listener(&path, entry->node);
        break;
    case DROP_NAT_NO_MAPPING:
        say(&path,
            _("%s's NAT table has no row for port %u: only what began inside has one, or "
              "what `forward` names"),
            entry->node->name, (unsigned)facts.dst_port);
        break;
    case DROP_IP_NOT_MINE:
    case DROP_SOURCE_FILTER:
        fails_to_forward(&hop);
        break;
    case DROP_NO_ROUTE:
    case DROP_PROHIBITED:
        lacks_route(&hop, &route);
        break;
    case DROP_NEIGH_FAILED:
    case DROP_FRAG_NEEDED:
        if (!lacks_route(&hop, &route) && !fails_to_leave(&hop, &route) && route.oif != NULL)
            misses_next(&hop, &route, &next);
        break;
    default:
        break;
    }
}
