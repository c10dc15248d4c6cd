/* Those that hear each other: one network, one mask, one DHCP server. */
#include "lab/advice_internal.h"

#include "inspect/i18n.h"

#define NETS_MAX 64 /* of one segment; more are not looked at */

/* A network that addresses of a segment are in. */
struct net {
    struct ip6_addr addr; /* without host bits */
    uint8_t len;
    bool alone;     /* a network of one address */
    uint32_t count; /* addresses in it */
    const struct advice_port *port;
    const struct advice_addr *first;
};

struct nets {
    size_t n;
    struct net all[NETS_MAX];
};

static void note(struct nets *nets, const struct advice_port *port, const struct advice_addr *addr)
{
    struct ip6_addr net = ip6_prefix(addr->addr, addr->len);

    for (size_t i = 0; i < nets->n; i++)
        if (ip6_eq(nets->all[i].addr, net) && nets->all[i].len == addr->len) {
            nets->all[i].count++;
            return;
        }
    if (nets->n < NETS_MAX)
        nets->all[nets->n++] = (struct net){ net, addr->len, addr->len == 128, 1, port, addr };
}

/* Link-local addresses are in one network everywhere. */
static void find_nets(struct nets *nets, const struct advice_group *group)
{
    nets->n = 0;
    for (size_t i = 0; i < group->n; i++)
        for (uint32_t j = 0; j < group->ports[i].addrs.n; j++)
            if (!ip6_is_link_local(group->ports[i].addrs.all[j].addr))
                note(nets, &group->ports[i], &group->ports[i].addrs.all[j]);
}

static bool same_family(const struct net *x, const struct net *y)
{
    return advice_family(x->addr) == advice_family(y->addr);
}

static bool overlap(const struct net *x, const struct net *y)
{
    return same_family(x, y) && ip6_in_prefix(x->addr, y->addr, MIN(x->len, y->len));
}

/* The rarer one is the wrong one; of equals the later. */
static bool suspect(const struct net *x, const struct net *than)
{
    return x->count != than->count ? x->count < than->count
                                   : x->first->at.line > than->first->at.line ||
                                         (x->first->at.line == than->first->at.line && x > than);
}

static void advise_mask(const struct advice *a, const struct net *wrong, const struct net *right)
{
    char text[IP6_TEXT_MAX];
    unsigned len = advice_len(right->addr, right->len);

    advise(a, TOPO_ALLOW_UNEQUAL_MASKS, wrong->first->at,
           advice_family(wrong->addr) == ADVICE_V4
               ? _("%s:%s has the mask /%u, but %s:%s on the same wire, in line %u, /%u: they do "
                   "not agree on who is a neighbor; should it be %s/%u?")
               : _("%s:%s has the prefix length /%u, but %s:%s on the same wire, in line %u, /%u: "
                   "they do not agree on who is a neighbor; should it be %s/%u?"),
           wrong->port->node->name, wrong->port->iface->name, advice_len(wrong->addr, wrong->len),
           right->port->node->name, right->port->iface->name, right->first->at.line, len,
           advice_format(wrong->first->addr, text), len);
}

static void advise_masks(const struct advice *a, const struct nets *nets)
{
    for (size_t i = 0; i < nets->n; i++)
        for (size_t j = 0; j < nets->n; j++)
            if (i != j && nets->all[i].len != nets->all[j].len && !nets->all[i].alone &&
                !nets->all[j].alone && overlap(&nets->all[i], &nets->all[j]) &&
                suspect(&nets->all[i], &nets->all[j])) {
                advise_mask(a, &nets->all[i], &nets->all[j]);
                break;
            }
}

/* Whether the interface has an address of this version in one of the networks of the others. */
static bool is_among(const struct nets *nets, const struct net *net)
{
    const struct advice_addrs *addrs = &net->port->addrs;

    for (uint32_t i = 0; i < addrs->n; i++)
        for (size_t j = 0; j < nets->n; j++)
            if (same_family(net, &nets->all[j]) &&
                ip6_in_prefix(addrs->all[i].addr, nets->all[j].addr, nets->all[j].len) &&
                (nets->all[j].count > 1 || nets->all[j].port != net->port))
                return true;
    return false;
}

/* The first network of the version of that one; NULL: that is the first itself. */
static const struct net *first_like(const struct nets *nets, const struct net *net)
{
    for (const struct net *other = nets->all; other < net; other++)
        if (same_family(other, net))
            return other;
    return NULL;
}

static bool gives_leases(const struct advice_port *port)
{
    const struct topo_services *services = port->node->services;

    for (uint32_t i = 0; services != NULL && i < services->n_dhcp; i++)
        if (services->dhcp[i].iface == port->iface->index)
            return true;
    return false;
}

/* An interface whose network nobody else on the wire is in. */
static void advise_strangers(const struct advice *a, const struct nets *nets)
{
    for (size_t i = 1; i < nets->n; i++) {
        const struct net *net = &nets->all[i], *other = first_like(nets, net);
        g_autofree char *there = NULL;
        char text[IP6_TEXT_MAX];

        if (other == NULL || net->count > 1 || net->alone || is_among(nets, net) ||
            (advice_family(net->addr) == ADVICE_V4 && gives_leases(net->port)))
            continue;
        there = advice_net(other->addr, other->len);
        advise(a, TOPO_ALLOW_OTHER_NETWORK, net->first->at,
               _("%s/%u of %s:%s is in no network of the others on the same wire, like %s of %s:%s "
                 "in line %u"),
               advice_format(net->first->addr, text), advice_len(net->addr, net->len),
               net->port->node->name, net->port->iface->name, there, other->port->node->name,
               other->port->iface->name, other->first->at.line);
    }
}

/* ---- DHCP ---- */

struct dhcp_there {
    const struct advice_port *server;
    const struct topo_dhcp *dhcp;
};

static void advise_pool(const struct advice *a, const struct advice_group *group,
                        const struct dhcp_there *there)
{
    for (size_t i = 0; i < group->n; i++)
        for (uint32_t j = 0; j < group->ports[i].iface->n_addrs; j++) {
            const struct topo_addr *addr = &group->ports[i].iface->addrs[j];
            char text[IP4_TEXT_MAX];

            if (addr->addr >= there->dhcp->pool_first && addr->addr <= there->dhcp->pool_last)
                advise(a, TOPO_ALLOW_DHCP, addr->at,
                       _("%s is in the pool of the DHCP server on `%s`, in line %u, which may give "
                         "it to another host: take an address outside of the pool, or make the "
                         "pool smaller"),
                       ip4_format(addr->addr, text), there->server->node->name,
                       there->dhcp->at.line);
        }
}

/* A relay agent on the wire stands for a server elsewhere. */
static bool relays(const struct advice_port *port)
{
    const struct topo_services *services = port->node->services;
    const struct topo_dhcp_relay *relay = services != NULL ? services->relay : NULL;

    for (uint32_t i = 0; relay != NULL && i < relay->n_ifaces; i++)
        if (relay->ifaces[i] == port->iface->index)
            return true;
    return relay != NULL && relay->n_ifaces == 0;
}

/* The server on @port for those on this wire; NULL: none, or for clients of a relay agent alone. */
static const struct topo_dhcp *server_of(const struct advice_port *port)
{
    const struct topo_services *services = port->node->services;

    for (uint32_t i = 0; services != NULL && i < services->n_dhcp; i++)
        if (services->dhcp[i].iface == port->iface->index && !services->dhcp[i].has_subnet)
            return &services->dhcp[i];
    return NULL;
}

static void advise_dhcp(const struct advice *a, const struct advice_group *group)
{
    struct dhcp_there first = { NULL, NULL };
    const struct advice_port *client = NULL;
    bool relayed = false;

    for (size_t i = 0; i < group->n; i++) {
        const struct advice_port *port = &group->ports[i];
        struct dhcp_there here = { port, server_of(port) };

        relayed |= relays(port);
        if (port->iface->addressing == TOPO_ADDR_DHCP && client == NULL)
            client = port;
        if (here.dhcp == NULL)
            continue;
        advise_pool(a, group, &here);
        if (first.server != NULL)
            advise(a, TOPO_ALLOW_DHCP, here.dhcp->at,
                   _("`%s` is a second DHCP server on this wire, beside `%s` in line %u: which "
                     "one a host gets its address from is chance; keep one of them"),
                   port->node->name, first.server->node->name, first.dhcp->at.line);
        else
            first = here;
    }
    if (client != NULL && first.server == NULL && !relayed)
        advise(a, TOPO_ALLOW_DHCP, client->iface->at,
               _("%s:%s waits for an address by DHCP, but there is no DHCP server on its wire: "
                 "`services: {dhcp: {...}}` on a node there, or an address of its own"),
               client->node->name, client->iface->name);
}

void advice_of_segments(const struct advice *a)
{
    struct nets *nets = g_new(struct nets, 1);
    struct advice_group group;

    for (size_t at = 0; at < a->n_ports; at += group.n) {
        group = advice_group(a, a->ports[at].segment);
        find_nets(nets, &group);
        advise_masks(a, nets);
        advise_strangers(a, nets);
        advise_dhcp(a, &group);
    }
    g_free(nets);
}
