#include "lab/step_path.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/step_segment.h"
#include "stack/net/neigh.h"

enum { HOPS_MAX = 64 };

struct hop { /* the packet at a node */
    const struct step_path *path;
    const struct node *node;
    struct os *os;
    const struct iface *in; /* NULL: here it begins */
    unsigned n;             /* routers before */
};

/* ---- who is who ---- */

struct os *step_path_os(const struct step_moment *moment, const struct node *node)
{
    const struct topo_node *in_file = topology_node(moment->run->network->topology, node->name);

    return in_file != NULL ? network_os(moment->run->network, in_file->index) : NULL;
}

const struct node *step_path_owner(const struct step_moment *moment, ip4_addr addr)
{
    const struct sim *sim = moment->run->network->sim;

    for (uint32_t i = 0; i < sim->n_nodes && addr != IP4_ANY; i++) {
        struct os *os = step_path_os(moment, sim->nodes[i]);

        if (os != NULL && ip_is_local(&os->ip, addr))
            return sim->nodes[i];
    }
    return NULL;
}

static ip4_addr first_address(struct os *os)
{
    for (unsigned i = 1; i < os->ip.n_ifaces; i++)
        if (os->ip.ifaces[i]->n_addrs > 0)
            return os->ip.ifaces[i]->addrs[0].addr;
    return IP4_ANY;
}

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
    if (first_address(os) != IP4_ANY)
        return false;
    say(path, _("%s has no IPv4 address"), node->name);
    step_path_dhcp(path->moment, node, path->out);
    return true;
}

/* ---- the end of the way ---- */

/* The ports that something on @node waits at, from lines as ss prints them. */
static bool listens(struct node *node, bool tcp, unsigned port, GString *others)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    tables_write_one(node, tcp ? "tcp" : "udp", text);
    lines = g_strsplit(text->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(*line), " ", -1);
        const char *colon = g_strv_length(words) > 3 ? strrchr(words[3], ':') : NULL;

        if (colon == NULL || (tcp && strcmp(words[0], "LISTEN") != 0))
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
    if (listens((struct node *)node, tcp, facts->dst_port, others))
        return false;
    if (others->len > 0)
        return say(path, _("no program on %s waits at %s port %u; there are some at %s"),
                   node->name, tcp ? "TCP" : "UDP", (unsigned)facts->dst_port, others->str);
    return say(path, _("no program on %s waits at %s port %u, nor at any other"), node->name,
               tcp ? "TCP" : "UDP", (unsigned)facts->dst_port);
}

static bool fails_at_end(const struct hop *hop)
{
    if (hop->path->facts != NULL && hop->path->facts->transport == FACT_ICMP &&
        hop->path->facts->icmp.type == ICMP_ECHO_REQUEST && hop->os->ip.sysctl.icmp_echo_ignore_all)
        return say(hop->path, _("%s answers no echo requests: net.ipv4.icmp_echo_ignore_all = 1"),
                   hop->node->name);
    return lacks_listener(hop->path, hop->node);
}

/* ---- a router on the way ---- */

static bool fails_to_forward(const struct hop *hop)
{
    struct ip_stack *ip = &hop->os->ip;
    struct route back;
    char addr[IP4_TEXT_MAX];

    if (!ip->sysctl.forwarding)
        return say(hop->path, _("%s does not forward: net.ipv4.ip_forward = 0"), hop->node->name);
    if (ip->sysctl.rp_filter != 0 && hop->path->src != IP4_ANY &&
        (ip_route(ip, hop->path->src, 0, NULL, &back) != 0 ||
         (ip->sysctl.rp_filter == 1 && back.oif != NULL && back.oif->iface != hop->in)))
        return say(hop->path,
                   _("%s's way back to %s does not lead where the packet came from: "
                     "net.ipv4.conf.all.rp_filter = %u"),
                   hop->node->name, ip4_format(hop->path->src, addr),
                   (unsigned)ip->sysctl.rp_filter);
    if (hop->path->facts != NULL && hop->path->facts->net == FACT_IPV4 &&
        hop->n >= hop->path->facts->ip.ttl)
        return say(hop->path, _("%s is router %u on the way, but the TTL was %u"), hop->node->name,
                   hop->n, (unsigned)hop->path->facts->ip.ttl);
    return false;
}

static bool lacks_route(const struct hop *hop, struct route *route)
{
    char dst[IP4_TEXT_MAX], prefix[IP4_TEXT_MAX];
    ip4_addr to = hop->path->dst;

    if (ip_route(&hop->os->ip, to, 0, NULL, route) == 0 && route->kind == ROUTE_UNICAST &&
        route->oif != NULL)
        return false;
    ip4_format(to, dst);
    if (ip_is_local(&hop->os->ip, to))
        return false;
    if (fib_lookup(&hop->os->ip.fib, to, NULL, &(uint32_t){ 0 }) != NULL)
        return say(hop->path, _("%s's route %s/%u forbids or drops packets to %s"), hop->node->name,
                   ip4_format(route->prefix, prefix), route->prefix_len, dst);
    return say(hop->path, _("%s's route table has no entry for %s, not even a default route"),
               hop->node->name, dst);
}

static bool fails_to_leave(const struct hop *hop, const struct route *route)
{
    const struct iface *iface = route->oif->iface;
    uint32_t mtu = route->mtu != 0 ? route->mtu : route->oif->mtu;

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
    if (hop->path->facts != NULL && hop->path->facts->net == FACT_IPV4 && hop->path->facts->ip.df &&
        hop->path->facts->ip.total_len > mtu)
        return say(hop->path, _("the packet has %u octets and DF, and the MTU of %s:%s is %u"),
                   (unsigned)hop->path->facts->ip.total_len, hop->node->name, route->oif->name,
                   (unsigned)mtu);
    return false;
}

/* ---- the next hop ---- */

static const struct iface *iface_with(const struct step_moment *moment, const struct node *node,
                                      ip4_addr addr)
{
    struct os *os = step_path_os(moment, node);

    for (unsigned i = 0; os != NULL && i < os->ip.n_ifaces; i++)
        for (unsigned j = 0; j < os->ip.ifaces[i]->n_addrs; j++)
            if (os->ip.ifaces[i]->addrs[j].addr == addr)
                return os->ip.ifaces[i]->iface;
    return NULL;
}

/* What @hop's ARP table says of the next hop; @there: who really has it, or NULL. */
static bool wrong_neighbor(const struct hop *hop, const struct route *route,
                           const struct iface *there)
{
    struct neigh_info info;
    char ip[IP4_TEXT_MAX], mac[MAC_TEXT_MAX];

    if (!neigh_get(&hop->os->ip.neigh, route->oif, route->next_hop, &info))
        return false;
    ip4_format(route->next_hop, ip);
    if (info.state == NEIGH_FAILED || info.state == NEIGH_INCOMPLETE)
        return say(hop->path, _("%s's ARP table has no MAC address for %s: %s"), hop->node->name,
                   ip, neigh_state_name(info.state));
    if (there != NULL && info.has_mac && !mac_eq(&info.mac, &there->mac))
        return say(hop->path, _("%s's ARP table has %s at %s, which is not %s's MAC address"),
                   hop->node->name, ip, mac_format(&info.mac, mac), there->node->name);
    return false;
}

static bool misses_next(const struct hop *hop, const struct route *route, const struct iface **next)
{
    const struct node *owner = step_path_owner(hop->path->moment, route->next_hop);
    const struct iface *there =
        owner != NULL ? iface_with(hop->path->moment, owner, route->next_hop) : NULL;
    const struct iface *cut = NULL;
    char ip[IP4_TEXT_MAX];
    bool wrong = wrong_neighbor(hop, route, there);

    ip4_format(route->next_hop, ip);
    if (there == NULL)
        return say(hop->path,
                   route->via_gateway ? _("no node has the gateway's address %s of %s")
                                      : _("no node has the address %s, which %s looks for"),
                   ip, hop->node->name);
    if (!step_segment_reaches(route->oif->iface, there, &cut)) {
        if (cut != NULL)
            return say(hop->path,
                       _("between %s and %s the cable at %s:%s is out, or an end is off"),
                       hop->node->name, owner->name, cut->node->name, cut->name);
        return say(hop->path, _("%s has %s, but it is not on the network of %s:%s"), owner->name,
                   ip, hop->node->name, route->oif->name);
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
    struct os *target = step_path_os(path.moment, path.to);

    hop.os = step_path_os(path.moment, path.from);
    if (hop.os == NULL || target == NULL)
        return false;
    if (lacks_address(&path, path.from, hop.os) || lacks_address(&path, path.to, target))
        return true;
    if (path.dst == IP4_ANY)
        path.dst = first_address(target);
    for (; hop.n < HOPS_MAX; hop.n++) {
        struct route route;
        const struct iface *next = NULL;

        if (hop.node == path.to || ip_is_local(&hop.os->ip, path.dst))
            return hop.node == path.to && fails_at_end(&hop);
        if ((hop.n > 0 && fails_to_forward(&hop)) || lacks_route(&hop, &route) ||
            fails_to_leave(&hop, &route) || misses_next(&hop, &route, &next))
            return true;
        hop.in = next;
        hop.node = next->node;
        hop.os = step_path_os(path.moment, hop.node);
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
    struct route route;
    const struct iface *next = NULL;

    hop.os = step_path_os(moment, entry->node);
    if (hop.os == NULL || !step_log_facts(moment->log, entry, &facts) || facts.net != FACT_IPV4)
        return;
    path.src = facts.ip.src;
    path.dst = facts.ip.dst;
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
        if (!lacks_route(&hop, &route) && !fails_to_leave(&hop, &route))
            misses_next(&hop, &route, &next);
        break;
    default:
        break;
    }
}
