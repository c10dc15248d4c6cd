#include "lab/advice_internal.h"

#include <stdlib.h>
#include <string.h>

#include "inspect/i18n.h"

void advise(const struct advice *a, unsigned allow, struct text_pos at, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    if ((a->t->allow & allow) != 0)
        return;
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    diag_warning(a->diags, a->t->file, at, _("%s (if it is meant: `allow: [%s]`)"), text,
                 topology_allow_name(allow));
}

bool advice_forwards(const struct topo_node *node, enum advice_family family)
{
    static const char *const settings[ADVICE_FAMILIES] = { "net.ipv4.ip_forward",
                                                           "net.ipv6.conf.all.forwarding" };
    bool forwards = node->kind == TOPO_ROUTER;

    for (uint32_t i = 0; i < node->n_sysctls; i++)
        if (strcmp(node->sysctls[i].name, settings[family]) == 0)
            forwards = strcmp(node->sysctls[i].value, "0") != 0;
    return forwards;
}

bool advice_works(const struct topology *t, const struct topo_iface *iface)
{
    return iface->link != TOPO_NOWHERE && !iface->down && !t->links[iface->link].down;
}

/* ---- who is where ---- */

struct owner { /* first: the key */
    struct ip6_addr addr;
    uint32_t segment;
    const struct advice_port *port;
};

static guint owner_hash(gconstpointer p)
{
    const struct owner *o = p;

    return (guint)((o->addr.hi ^ o->addr.lo ^ o->segment * UINT64_C(0x9e3779b9)) *
                       UINT64_C(0x9e3779b97f4a7c15) >>
                   32);
}

static gboolean owner_equal(gconstpointer a, gconstpointer b)
{
    const struct owner *x = a, *y = b;

    return ip6_eq(x->addr, y->addr) && x->segment == y->segment;
}

const struct advice_port *advice_owner(const struct advice *a, uint32_t segment,
                                       struct ip6_addr addr)
{
    struct owner wanted = { addr, segment, NULL };
    const struct owner *found = g_hash_table_lookup(a->owners, &wanted);

    return found != NULL ? found->port : NULL;
}

static int by_segment(const void *a, const void *b)
{
    const struct advice_port *x = a, *y = b;

    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    if (x->node->index != y->node->index)
        return x->node->index < y->node->index ? -1 : 1;
    return x->iface->index < y->iface->index ? -1 : 1;
}

static size_t first_port(const struct advice *a, uint32_t segment)
{
    size_t low = 0, high = a->n_ports;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (a->ports[middle].segment < segment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct advice_group advice_group(const struct advice *a, uint32_t segment)
{
    size_t first = first_port(a, segment), n = 0;

    while (first + n < a->n_ports && a->ports[first + n].segment == segment)
        n++;
    return (struct advice_group){ &a->ports[first], n };
}

static void note_owner(struct advice *a, const struct advice_port *port)
{
    for (uint32_t i = 0; i < port->addrs.n; i++) {
        struct owner *owner = g_new(struct owner, 1);

        *owner = (struct owner){ port->addrs.all[i].addr, port->segment, port };
        if (g_hash_table_contains(a->owners, owner))
            g_free(owner);
        else
            g_hash_table_add(a->owners, owner);
    }
}

static void advice_init(struct advice *a, const struct topology *t, struct diag_list *diags)
{
    size_t n = 0;

    *a = (struct advice){ .t = t, .diags = diags, .segments = g_new(struct segments, 1) };
    segments_init(a->segments, t);
    advice_read(a);
    for (uint32_t i = 0; i < t->n_nodes; i++)
        n += t->nodes[i].n_ifaces;
    a->ports = g_new(struct advice_port, n + 1);
    a->owners = g_hash_table_new_full(owner_hash, owner_equal, g_free, NULL);
    for (uint32_t i = 0; i < t->n_nodes; i++)
        for (uint32_t j = 0; j < t->nodes[i].n_ifaces && t->nodes[i].kind <= TOPO_ROUTER; j++)
            if (t->nodes[i].ifaces[j].link != TOPO_NOWHERE)
                a->ports[a->n_ports++] =
                    (struct advice_port){ &t->nodes[i], &t->nodes[i].ifaces[j],
                                          segment_of(a->segments, t, i, j),
                                          advice_addrs(a, &t->nodes[i].ifaces[j]) };
    qsort(a->ports, a->n_ports, sizeof *a->ports, by_segment);
    for (size_t i = 0; i < a->n_ports; i++)
        note_owner(a, &a->ports[i]);
}

static void advice_fini(struct advice *a)
{
    segments_fini(a->segments);
    g_free(a->segments);
    g_hash_table_destroy(a->owners);
    g_free(a->ports);
    arena_fini(&a->arena);
}

/* ---- cables ---- */

static const char *free_port(const struct topology *t)
{
    for (uint32_t i = 0; i < t->n_nodes; i++)
        if (t->nodes[i].kind >= TOPO_SWITCH)
            return t->nodes[i].name;
    return NULL;
}

static uint32_t n_cables(const struct topo_node *node)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < node->n_ifaces; i++)
        n += node->ifaces[i].link != TOPO_NOWHERE;
    return n;
}

static void advise_cable(const struct advice *a, const struct topo_node *node, const char *device)
{
    g_autofree char *end =
        device != NULL ? g_strdup_printf("%s:p%u", device, topology_node(a->t, device)->ports + 1)
                       : g_strdup("NODE:INTERFACE");

    if (node->kind >= TOPO_SWITCH)
        advise(a, TOPO_ALLOW_NO_CABLE, node->at, _("there is no cable in `%s`: it joins nothing"),
               node->name);
    else
        advise(a, TOPO_ALLOW_NO_CABLE, node->at,
               _("there is no cable in `%s`: it reaches nobody; under `links`, `- [%s:%s, %s]` "
                 "would put one in"),
               node->name, node->name, node->n_ifaces > 0 ? node->ifaces[0].name : "eth0", end);
}

static void advise_cables(const struct advice *a)
{
    const char *device = free_port(a->t);

    for (uint32_t i = 0; i < a->t->n_nodes && a->t->n_nodes > 1; i++) {
        const struct topo_node *node = &a->t->nodes[i];

        if (n_cables(node) == 0)
            advise_cable(a, node, device);
        for (uint32_t j = 0; j < node->n_ifaces && node->kind <= TOPO_ROUTER; j++)
            if (n_cables(node) > 0 && node->ifaces[j].link == TOPO_NOWHERE &&
                (node->ifaces[j].addressing != TOPO_ADDR_NONE || node->ifaces[j].n_addrs6 > 0))
                advise(a, TOPO_ALLOW_NO_CABLE, node->ifaces[j].at,
                       _("there is no cable in %s:%s, though it has an address"), node->name,
                       node->ifaces[j].name);
    }
}

/* ---- loops of switches ---- */

static void advise_loops(const struct advice *a)
{
    const struct topology *t = a->t;
    uint32_t *sets = sets_new(t->n_nodes);

    for (uint32_t i = 0; i < t->n_links; i++) {
        const struct topo_link *link = &t->links[i];
        uint32_t x = link->ends[0].node, y = link->ends[1].node;

        if (t->nodes[x].kind < TOPO_SWITCH || t->nodes[y].kind < TOPO_SWITCH || x == y ||
            link->down)
            continue;
        if (sets_find(sets, x) == sets_find(sets, y))
            advise(a, TOPO_ALLOW_LOOP, link->at,
                   _("this cable closes a loop of switches: without a spanning tree a broadcast "
                     "goes round in it for ever; take the cable out, or unplug it: `state: down`"));
        sets[sets_find(sets, y)] = sets_find(sets, x);
    }
    free(sets);
}

void advice_topology(const struct topology *topology, struct diag_list *diags)
{
    struct advice a;

    if (topology->n_nodes == 0)
        return;
    advice_init(&a, topology, diags);
    advise_cables(&a);
    advise_loops(&a);
    advice_of_segments(&a);
    advice_of_next_hops(&a);
    advice_of_servers(&a);
    advice_of_ways(&a);
    advice_fini(&a);
}
