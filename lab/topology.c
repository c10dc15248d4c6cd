#include "lab/topology_build.h"

#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/file_kind.h"

static const char *const kind_names[] = { "host", "router", "switch", "hub" };

const char *topo_kind_name(enum topo_kind kind)
{
    return kind_names[kind];
}

/* ---- look-ups ---- */

static guint iface_key_hash(gconstpointer p)
{
    const struct iface_key *key = p;

    return g_str_hash(key->name) * 31 + key->node * 2654435761u;
}

static gboolean iface_key_equal(gconstpointer a, gconstpointer b)
{
    const struct iface_key *x = a, *y = b;

    return x->node == y->node && strcmp(x->name, y->name) == 0;
}

static struct iface_key *iface_key_find(const struct topology *t, uint32_t node, const char *name)
{
    struct iface_key key = { .node = node, .name = name };

    return g_hash_table_lookup(t->iface_by_name, &key);
}

struct topo_node *topology_node(const struct topology *topology, const char *name)
{
    return g_hash_table_lookup(topology->node_by_name, name);
}

struct topo_iface *topology_iface(const struct topology *topology, const struct topo_node *node,
                                  const char *name)
{
    const struct iface_key *key = iface_key_find(topology, node->index, name);

    return key != NULL ? &node->ifaces[key->index] : NULL;
}

struct topo_iface *topology_port(const struct topology *topology, const char *port)
{
    const char *colon = strchr(port, ':');
    g_autofree char *name = NULL;
    const struct topo_node *node;

    if (colon == NULL)
        return NULL;
    name = g_strndup(port, (gsize)(colon - port));
    node = topology_node(topology, name);
    return node != NULL ? topology_iface(topology, node, colon + 1) : NULL;
}

/*
 * 02:00:00:00:NN:PP. A node's number past 255 carries on into the three octets to the left of NN; a
 * cable end past 255, where another node's NN stands, goes into the second octet and then the free
 * bits of the first.
 */
struct mac_addr topology_default_mac(uint32_t node, uint32_t cable_end)
{
    uint32_t number = node + 1, high = cable_end >> 8;

    return (struct mac_addr){ { (uint8_t)(0x02 | (high >> 8 & 0x3f) << 2), (uint8_t)high,
                                (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number,
                                (uint8_t)cable_end } };
}

/* ---- while building ---- */

struct topo_iface *build_iface_find(const struct topo_build *b, uint32_t node, const char *name)
{
    const struct iface_key *key = iface_key_find(b->t, node, name);

    return key != NULL ? &b->nodes[node].ifaces[key->index] : NULL;
}

struct topo_iface *build_iface_add(struct topo_build *b, uint32_t node, const char *name,
                                   struct text_pos at)
{
    struct node_build *nb = &b->nodes[node];
    struct iface_key *key = arena_alloc(&b->t->arena, sizeof *key);
    struct topo_iface *iface;

    if (nb->n_ifaces == nb->ifaces_size) {
        nb->ifaces_size = nb->ifaces_size == 0 ? 1 : 2 * nb->ifaces_size;
        nb->ifaces = mem_realloc(nb->ifaces, nb->ifaces_size, sizeof *nb->ifaces);
    }
    key->node = node;
    key->index = nb->n_ifaces;
    key->name = arena_strdup(&b->t->arena, name);
    g_hash_table_add(b->t->iface_by_name, key);
    iface = &nb->ifaces[nb->n_ifaces++];
    *iface = (struct topo_iface){
        .name = key->name, .at = at, .node = node, .index = key->index, .link = TOPO_NOWHERE
    };
    return iface;
}

bool build_is_map(struct topo_build *b, const struct ynode *map, const char *what,
                  const char *example)
{
    if (map->kind == YNODE_MAP)
        return true;
    reader_error(&b->r, map->at, _("`%s` is a map like %s, not %s"), what, example,
                 reader_show(&b->r, map));
    return false;
}

const char *build_node_hint(struct topo_build *b, const char *word)
{
    if (b->node_names == NULL) {
        b->node_names = arena_alloc(&b->t->arena, b->t->n_nodes * sizeof *b->node_names);
        for (uint32_t i = 0; i < b->t->n_nodes; i++)
            b->node_names[i] = b->t->nodes[i].name;
    }
    return reader_hint(&b->r, word, b->node_names, b->t->n_nodes);
}

uint32_t build_iface_named(struct topo_build *b, const struct topo_node *node,
                           const struct ynode *text, const char *what)
{
    struct topo_iface *iface;
    const char *names[16];
    size_t n = 0;

    if (text->kind != YNODE_TEXT) {
        reader_error(&b->r, text->at, _("%s is the name of an interface, not %s"), what,
                     reader_show(&b->r, text));
        return TOPO_NOWHERE;
    }
    iface = build_iface_find(b, node->index, text->text);
    if (iface != NULL)
        return iface->index;
    for (; n < node->n_ifaces && n < G_N_ELEMENTS(names); n++)
        names[n] = node->ifaces[n].name;
    reader_error(&b->r, text->at, _("%s: %s has no interface %s%s"), what, node->name,
                 reader_quote(&b->r, text->text), reader_hint(&b->r, text->text, names, n));
    return TOPO_NOWHERE;
}

/* ---- nodes ---- */

/* Octets: a host name is a label. RFC 1123 section 2.1, RFC 1035 section 2.3.4. */
#define NODE_NAME_MAX 63

static bool name_is_right(const char *name)
{
    const char *p = name;

    for (; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (!g_unichar_isalnum(c) && c != '-' && c != '_' && c != '.')
            return false;
    }
    return p > name && p - name <= NODE_NAME_MAX && *name != '-' && *name != '.';
}

static const char *const later_keys[] = { "vlans", "vlan",     "stp",  "ospf", "rip",
                                          "bgp",   "firewall", "ipv6", NULL };

/* Those of hosts, then those that only switches and hubs have. */
static const char *const node_keys[] = { [HOST_KIND] = "kind",
                                         [HOST_INTERFACES] = "interfaces",
                                         [HOST_GATEWAY] = "gateway",
                                         [HOST_RESOLVER] = "resolver",
                                         [HOST_SEARCH] = "search",
                                         [HOST_ROUTES] = "routes",
                                         [HOST_NAT] = "nat",
                                         [HOST_SERVICES] = "services",
                                         [HOST_HOSTS] = "hosts",
                                         [HOST_FILES] = "files",
                                         [HOST_SYSCTL] = "sysctl",
                                         [HOST_RESOLVER_CACHE] = "resolver-cache",
                                         [HOST_N_KEYS] = "ports",
                                         "ageing",
                                         "mac",
                                         NULL };

const char *const *topology_node_keys(void)
{
    return node_keys;
}

static bool read_host_map(struct topo_build *b, const struct ynode *map, const char *what,
                          const struct ynode **values)
{
    return read_map(&b->r, map, what, node_keys, HOST_N_KEYS, later_keys, values);
}

static void read_switch(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    static const char *const names[] = { "kind", "ports", "ageing", "mac" };
    const struct ynode *values[4];

    if (!read_map(&b->r, map, _("a switch"), names, 4, later_keys, values))
        return;
    if (values[1] != NULL)
        read_u32(&b->r, values[1], "ports", 1, 1u << 20, &node->ports);
    if (values[2] != NULL && read_time(&b->r, values[2], "ageing", &node->ageing) &&
        node->ageing == 0)
        reader_error(&b->r, values[2]->at, _("ageing is more than 0s"));
    if (values[3] != NULL)
        read_mac(&b->r, values[3], "mac", &node->mac);
}

static void read_hub(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    static const char *const names[] = { "kind", "ports" };
    const struct ynode *values[2];

    if (read_map(&b->r, map, _("a hub"), names, 2, later_keys, values) && values[1] != NULL)
        read_u32(&b->r, values[1], "ports", 1, 1u << 20, &node->ports);
}

/* A misspelt kind is an error; the node's other errors are found as if it were right. */
static bool nearest_kind(const struct ynode *value, size_t *kind)
{
    const char *nearest = value->kind == YNODE_TEXT
                              ? diag_nearest(value->text, kind_names, G_N_ELEMENTS(kind_names))
                              : NULL;

    for (size_t i = 0; nearest != NULL && i < G_N_ELEMENTS(kind_names); i++)
        if (kind_names[i] == nearest)
            *kind = i;
    return nearest != NULL;
}

static bool read_kind(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    const struct ynode *value;
    size_t kind;

    if (map->kind != YNODE_MAP) {
        reader_error(
            &b->r, map->at,
            _("a node is a map like {kind: host, interfaces: {eth0: 192.168.1.2/24}}, not %s"),
            reader_show(&b->r, map));
        return false;
    }
    value = ynode_get(map, "kind");
    if (value == NULL) {
        reader_error(&b->r, node->at, _("the node `%s` has no `kind`: host, router, switch or hub"),
                     node->name);
        return false;
    }
    if (!read_choice(&b->r, value, "kind", kind_names, G_N_ELEMENTS(kind_names), &kind) &&
        !nearest_kind(value, &kind))
        return false;
    node->kind = (enum topo_kind)kind;
    return true;
}

static void read_node(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    struct node_build *nb = &b->nodes[node->index];

    if (!name_is_right(node->name))
        reader_error(
            &b->r, node->at,
            _("%s cannot be a node's name: letters, digits, `-`, `_` and `.`, at most %d octets"),
            reader_quote(&b->r, node->name), NODE_NAME_MAX);
    node->mac = topology_default_mac(node->index, 0);
    node->ageing = TOPO_AGEING_DEFAULT;
    if (!read_kind(b, node, map))
        return;
    nb->usable = true;
    if (node->kind == TOPO_SWITCH) {
        read_switch(b, node, map);
    } else if (node->kind == TOPO_HUB) {
        read_hub(b, node, map);
    } else if (read_host_map(b, map, node->kind == TOPO_HOST ? _("a host") : _("a router"),
                             nb->values)) {
        if (nb->values[HOST_INTERFACES] != NULL)
            build_interfaces(b, node, nb->values[HOST_INTERFACES]);
    }
}

static void read_nodes(struct topo_build *b, const struct ynode *map)
{
    struct topology *t = b->t;

    if (map->kind != YNODE_MAP) {
        reader_error(&b->r, map->at, _("`nodes` is a map of names and nodes, not %s"),
                     reader_show(&b->r, map));
        return;
    }
    if (map->n == 0)
        reader_error(&b->r, map->at, _("a topology needs at least one node"));
    t->n_nodes = map->n;
    t->nodes = arena_alloc(&t->arena, map->n * sizeof *t->nodes);
    b->nodes = mem_zalloc(map->n * sizeof *b->nodes);
    for (uint32_t i = 0; i < map->n; i++) {
        struct topo_node *node = &t->nodes[i];

        node->name = arena_strdup(&t->arena, ynode_key(map, i)->text);
        node->at = ynode_key(map, i)->at;
        node->index = i;
        g_hash_table_insert(t->node_by_name, (gpointer)node->name, node);
    }
    for (uint32_t i = 0; i < map->n; i++)
        read_node(b, &t->nodes[i], ynode_value(map, i));
}

/* ---- when all links are known ---- */

static int by_port(const void *a, const void *b)
{
    const struct topo_iface *x = a, *y = b;

    return (x->port > y->port) - (x->port < y->port);
}

static void settle_ports(struct topo_build *b, struct topo_node *node)
{
    uint32_t highest = 0;

    qsort(node->ifaces, node->n_ifaces, sizeof *node->ifaces, by_port);
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        struct topo_iface *iface = &node->ifaces[i];

        iface->index = i;
        iface_key_find(b->t, node->index, iface->name)->index = i;
        highest = iface->port;
    }
    if (node->ports == 0)
        node->ports = highest;
}

/* The interfaces' final place, their ends of the links, and the MACs nobody wrote. */
static void settle_ifaces(struct topo_build *b, struct topo_node *node)
{
    struct node_build *nb = &b->nodes[node->index];
    uint32_t uncabled = nb->n_cable_ends;

    node->n_ifaces = nb->n_ifaces;
    node->ifaces = arena_alloc(&b->t->arena, nb->n_ifaces * sizeof *node->ifaces);
    if (nb->n_ifaces > 0)
        memcpy(node->ifaces, nb->ifaces, nb->n_ifaces * sizeof *node->ifaces);
    free(nb->ifaces);
    nb->ifaces = node->ifaces;
    if (node->kind == TOPO_SWITCH || node->kind == TOPO_HUB)
        settle_ports(b, node);
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        struct topo_iface *iface = &node->ifaces[i];

        if (iface->link != TOPO_NOWHERE)
            b->t->links[iface->link].ends[iface->link_end].iface = i;
        else
            iface->cable_end = ++uncabled;
        if (!iface->mac_given)
            iface->mac = topology_default_mac(node->index, iface->cable_end);
    }
}

/* ---- the file ---- */

enum top_key {
    TOP_VERSION,
    TOP_TITLE,
    TOP_ABOUT,
    TOP_ALLOW,
    TOP_DEFAULTS,
    TOP_ROUTING,
    TOP_NODES,
    TOP_LINKS,
    TOP_N_KEYS
};

static const char *const ALLOW_NAMES[] = { "duplicate-address", "duplicate-mac", "host-address",
                                           "no-cable",          "loop",          "unequal-masks",
                                           "other-network",     "dhcp",          "no-gateway",
                                           "dead-gateway",      "no-way",        "names" };

const char *topology_allow_name(unsigned allow)
{
    unsigned i = 0;

    while (allow >> i > 1)
        i++;
    return ALLOW_NAMES[i];
}

static void read_allow(struct topo_build *b, const struct ynode *node)
{
    size_t choice;

    for (uint32_t i = 0; i < list_len(node); i++)
        if (read_choice(&b->r, list_item(node, i), "allow", ALLOW_NAMES, G_N_ELEMENTS(ALLOW_NAMES),
                        &choice))
            b->t->allow |= 1u << choice;
}

static void read_defaults(struct topo_build *b, const struct ynode *node)
{
    static const char *const names[] = { "link" };
    const struct ynode *values[1];

    if (read_map(&b->r, node, "defaults", names, 1, NULL, values) && values[0] != NULL)
        build_link_defaults(b, values[0]);
}

static void read_routing(struct topo_build *b, const struct ynode *node)
{
    static const char *const names[] = { "static", "computed" };
    size_t choice;

    if (read_choice(&b->r, node, "routing", names, G_N_ELEMENTS(names), &choice))
        b->t->computed_routes = choice == 1;
}

static void read_all(struct topo_build *b, const struct ynode *root)
{
    static const char *const names[] = {
        [TOP_VERSION] = "wirewalk", [TOP_TITLE] = "title",       [TOP_ABOUT] = "about",
        [TOP_ALLOW] = "allow",      [TOP_DEFAULTS] = "defaults", [TOP_ROUTING] = "routing",
        [TOP_NODES] = "nodes",      [TOP_LINKS] = "links"
    };
    const struct ynode *values[TOP_N_KEYS];

    if (!file_kind_is(&b->r, root, LAB_FILE_TOPOLOGY) ||
        !read_map(&b->r, root, _("a topology"), names, TOP_N_KEYS, NULL, values))
        return;
    read_version(&b->r, values[TOP_VERSION], root->at);
    if (values[TOP_TITLE] != NULL)
        read_words(&b->r, values[TOP_TITLE], "title", &b->t->title);
    if (values[TOP_ABOUT] != NULL)
        read_words(&b->r, values[TOP_ABOUT], "about", &b->t->about);
    if (values[TOP_ALLOW] != NULL)
        read_allow(b, values[TOP_ALLOW]);
    if (values[TOP_DEFAULTS] != NULL)
        read_defaults(b, values[TOP_DEFAULTS]);
    if (values[TOP_ROUTING] != NULL)
        read_routing(b, values[TOP_ROUTING]);
    if (values[TOP_NODES] != NULL)
        read_nodes(b, values[TOP_NODES]);
    else
        reader_error(&b->r, root->at, _("a topology has `nodes`"));
    if (values[TOP_LINKS] != NULL && b->t->n_nodes > 0)
        build_link_ends(b, values[TOP_LINKS]);
    for (uint32_t i = 0; i < b->t->n_nodes; i++)
        settle_ifaces(b, &b->t->nodes[i]);
    build_link_values(b);
    for (uint32_t i = 0; i < b->t->n_nodes; i++)
        if (b->t->nodes[i].kind <= TOPO_ROUTER)
            build_host(b, &b->t->nodes[i], b->nodes[i].values);
    build_check(b);
}

static struct topology *topology_new(const char *file)
{
    struct topology *t = mem_zalloc(sizeof *t);

    t->file = arena_strdup(&t->arena, file);
    t->node_by_name = g_hash_table_new(g_str_hash, g_str_equal);
    t->iface_by_name = g_hash_table_new(iface_key_hash, iface_key_equal);
    return t;
}

struct topology *topology_parse_tree(const char *file, const struct ynode *root, unsigned flags,
                                     struct file_store *files, struct diag_list *diags)
{
    unsigned errors = diags->n_errors;
    struct topo_build b = { .flags = flags };

    b.t = topology_new(file);
    b.r = (struct reader){ b.t->file, diags, &b.t->arena, files };
    b.link_defaults = (struct topo_link){ .rate = TOPO_RATE_DEFAULT,
                                          .delay = TOPO_DELAY_DEFAULT,
                                          .queue = TOPO_QUEUE_DEFAULT };
    if ((flags & TOPOLOGY_LENIENT) != 0)
        b.t->allow =
            TOPO_ALLOW_DUPLICATE_ADDRESS | TOPO_ALLOW_DUPLICATE_MAC | TOPO_ALLOW_HOST_ADDRESS;
    read_all(&b, root);
    free(b.nodes);
    free(b.link_nodes);
    if (diags->n_errors > errors) {
        topology_free(b.t);
        return NULL;
    }
    return b.t;
}

struct topology *topology_parse(const char *file, const char *text, size_t len, unsigned flags,
                                struct diag_list *diags)
{
    unsigned errors = diags->n_errors;
    struct topology *t;
    struct ytree *tree;

    diag_list_add_source(diags, file, text, len);
    tree = ytree_parse(file, text, len, YTREE_FAULTY, diags);
    if (tree == NULL)
        return NULL;
    t = topology_parse_tree(file, tree->root, flags, NULL, diags);
    ytree_free(tree);
    if (diags->n_errors == errors)
        return t;
    topology_free(t);
    return NULL;
}

struct topology *topology_load(const char *file, struct diag_list *diags)
{
    struct reader r = { .file = file, .diags = diags };
    struct topology *t;
    char *text;
    size_t len;

    if (!lab_file_read(&r, TEXT_POS(0, 0), file, &text, &len))
        return NULL;
    t = topology_parse(file, text, len, 0, diags);
    g_free(text);
    return t;
}

void topology_free(struct topology *topology)
{
    if (topology == NULL)
        return;
    g_hash_table_destroy(topology->node_by_name);
    g_hash_table_destroy(topology->iface_by_name);
    arena_fini(&topology->arena);
    free(topology);
}
