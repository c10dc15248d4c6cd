/* `links` and `defaults: {link: ...}`. */
#include "lab/fault.h"
#include "lab/topology_build.h"

#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"

enum link_key {
    LINK_ENDS,
    LINK_RATE,
    LINK_DELAY,
    LINK_QUEUE,
    LINK_LOSS,
    LINK_DUPLICATE,
    LINK_REORDER,
    LINK_CORRUPT,
    LINK_MTU,
    LINK_STATE,
    LINK_DROP,
    LINK_DELAY_FRAME,
    LINK_DUPLICATE_FRAME,
    LINK_CORRUPT_FRAME,
    LINK_EDIT_FRAME,
    LINK_N_KEYS
};

static const char *const link_names[] = {
    "ends",      "rate",        "delay",           "queue",         "loss",
    "duplicate", "reorder",     "corrupt",         "mtu",           "state",
    "drop",      "delay-frame", "duplicate-frame", "corrupt-frame", "edit-frame",
};

#define IFNAMSIZ_MAX 15 /* octets of an interface's name on Linux */

/* ---- values ---- */

static void read_values(struct topo_build *b, const struct ynode **values, struct topo_link *link)
{
    static const char *const states[] = { "up", "down" };
    const struct reader *r = &b->r;
    size_t choice;

    if (values[LINK_RATE] != NULL)
        read_rate(r, values[LINK_RATE], "rate", &link->rate);
    if (values[LINK_DELAY] != NULL)
        read_delay(r, values[LINK_DELAY], "delay", &link->delay);
    if (values[LINK_QUEUE] != NULL)
        read_u32(r, values[LINK_QUEUE], "queue", 1, 1000000, &link->queue);
    if (values[LINK_LOSS] != NULL)
        read_percent(r, values[LINK_LOSS], "loss", &link->loss);
    if (values[LINK_DUPLICATE] != NULL)
        read_percent(r, values[LINK_DUPLICATE], "duplicate", &link->duplicate);
    if (values[LINK_REORDER] != NULL)
        read_percent(r, values[LINK_REORDER], "reorder", &link->reorder);
    if (values[LINK_CORRUPT] != NULL)
        read_percent(r, values[LINK_CORRUPT], "corrupt", &link->corrupt);
    if (values[LINK_MTU] != NULL)
        read_u32(r, values[LINK_MTU], "mtu", 68, 65535, &link->mtu);
    if (values[LINK_STATE] != NULL &&
        read_choice(r, values[LINK_STATE], "state", states, 2, &choice))
        link->down = choice == 1;
}

void build_link_defaults(struct topo_build *b, const struct ynode *node)
{
    static const char *const names[] = { "rate",      "delay",   "queue",   "loss",
                                         "duplicate", "reorder", "corrupt", "mtu" };
    const struct ynode *values[LINK_N_KEYS] = { NULL };

    if (read_map(&b->r, node, _("a link's defaults"), names, G_N_ELEMENTS(names), NULL,
                 values + LINK_RATE))
        read_values(b, values, &b->link_defaults);
}

/* ---- ends ---- */

/* N of "pN", or 0. */
static uint32_t port_number(const char *name)
{
    uint64_t n;

    if (name[0] != 'p' || name[1] == '0' || !text_u64(name + 1, UINT32_MAX, &n))
        return 0;
    return (uint32_t)n;
}

static struct topo_iface *switch_port(struct topo_build *b, struct topo_node *node,
                                      const char *name, struct text_pos at)
{
    uint32_t number = port_number(name);
    struct topo_iface *iface;

    if (number == 0) {
        reader_error(&b->r, at, _("the ports of the %s `%s` are p1, p2 and so on, not %s"),
                     topo_kind_name(node->kind), node->name, reader_quote(&b->r, name));
        return NULL;
    }
    if (node->ports != 0 && number > node->ports) {
        reader_error(&b->r, at, _("`%s` has %u ports: there is no %s"), node->name, node->ports,
                     name);
        return NULL;
    }
    iface = build_iface_find(b, node->index, name);
    if (iface == NULL) {
        iface = build_iface_add(b, node->index, name, at);
        iface->port = number;
    }
    return iface;
}

static struct topo_iface *host_iface(struct topo_build *b, struct topo_node *node, const char *name,
                                     struct text_pos at)
{
    struct topo_iface *iface = build_iface_find(b, node->index, name);
    struct node_build *nb = &b->nodes[node->index];

    if (iface != NULL)
        return iface;
    if (!g_str_is_ascii(name) || strlen(name) > IFNAMSIZ_MAX || strpbrk(name, " \t/:") != NULL ||
        strcmp(name, "lo") == 0) {
        reader_error(&b->r, at, _("%s cannot be an interface's name"), reader_quote(&b->r, name));
        return NULL;
    }
    for (uint32_t i = 0; i < nb->n_ifaces && i < 64; i++)
        if (nb->ifaces[i].link == TOPO_NOWHERE && strlen(name) > 1 &&
            text_distance(nb->ifaces[i].name, name) == 1) {
            reader_warning(&b->r, at,
                           _("`%s` lists no interface `%s`: it gets one without an address; did "
                             "you mean `%s`?"),
                           node->name, name, nb->ifaces[i].name);
            break;
        }
    return build_iface_add(b, node->index, name, at);
}

/* "node:interface"; NULL after an error. */
static struct topo_iface *read_end(struct topo_build *b, const struct ynode *text)
{
    const char *colon = text->kind == YNODE_TEXT ? strchr(text->text, ':') : NULL;
    struct topo_node *node;
    g_autofree char *name = NULL;

    if (colon == NULL || colon == text->text || colon[1] == '\0') {
        reader_error(&b->r, text->at,
                     _("a link's end is `node:interface`, like pc1:eth0 or sw1:p1, not %s"),
                     reader_show(&b->r, text));
        return NULL;
    }
    name = g_strndup(text->text, (gsize)(colon - text->text));
    node = topology_node(b->t, name);
    if (node == NULL) {
        reader_error(&b->r, text->at, _("there is no node %s%s"), reader_quote(&b->r, name),
                     build_node_hint(b, name));
        return NULL;
    }
    if (!b->nodes[node->index].usable)
        return NULL; /* said already */
    if (node->kind == TOPO_SWITCH || node->kind == TOPO_HUB)
        return switch_port(b, node, colon + 1, text->at);
    return host_iface(b, node, colon + 1, text->at);
}

static bool plug(struct topo_build *b, const struct ynode *text, uint32_t link, uint8_t end)
{
    struct topo_iface *iface = read_end(b, text);
    struct topo_end *e = &b->t->links[link].ends[end];

    *e = (struct topo_end){ TOPO_NOWHERE, TOPO_NOWHERE, text->at };
    if (iface == NULL)
        return false;
    e->node = iface->node;
    if (iface->link != TOPO_NOWHERE) {
        reader_error(&b->r, text->at,
                     _("%s has a cable already, in line %u: one port takes one cable"), text->text,
                     b->t->links[iface->link].ends[iface->link_end].at.line);
        return false;
    }
    iface->link = link;
    iface->link_end = end;
    iface->cable_end = ++b->nodes[iface->node].n_cable_ends;
    return true;
}

/* [pc1:eth0，sw1:p1] is a list of one text, for YAML. */
static char *comma_hint(const struct ynode *ends)
{
    const struct ynode *only = ends->kind == YNODE_LIST && ends->n == 1 ? ends->items[0] : NULL;

    if (only == NULL || only->kind != YNODE_TEXT || strstr(only->text, "，") == NULL)
        return g_strdup("");
    return g_strdup_printf(_("; is the full-width %s there meant to be `%s`?"), "，", ", ");
}

static void read_ends(struct topo_build *b, uint32_t index, const struct ynode *ends)
{
    const struct topo_link *link = &b->t->links[index];
    bool ok;

    if (ends->kind != YNODE_LIST || ends->n != 2) {
        g_autofree char *hint = comma_hint(ends);

        reader_error(&b->r, ends->at, "%s%s", _("a link has two ends, like [pc1:eth0, sw1:p1]"),
                     hint);
        return;
    }
    ok = plug(b, ends->items[0], index, 0);
    ok &= plug(b, ends->items[1], index, 1);
    if (!ok || link->ends[0].node != link->ends[1].node)
        return;
    if (b->t->nodes[link->ends[0].node].kind == TOPO_SWITCH)
        reader_warning(&b->r, ends->at,
                       _("both ends are in `%s`: a loop, broadcasts will go round in it"),
                       b->t->nodes[link->ends[0].node].name);
    else
        reader_error(&b->r, ends->at, _("both ends are in `%s`: plug one into another node"),
                     b->t->nodes[link->ends[0].node].name);
}

void build_link_ends(struct topo_build *b, const struct ynode *links)
{
    struct topology *t = b->t;

    if (ynode_is_null(links))
        return;
    if (links->kind != YNODE_LIST) {
        reader_error(&b->r, links->at, _("`links` is a list of links, not %s"),
                     reader_show(&b->r, links));
        return;
    }
    t->links = arena_alloc(&t->arena, links->n * sizeof *t->links);
    b->link_nodes = mem_zalloc(links->n * sizeof *b->link_nodes);
    t->n_links = links->n;
    for (uint32_t i = 0; i < links->n; i++) {
        const struct ynode *item = links->items[i], *ends = item;
        struct topo_link *link = &t->links[i];

        *link = b->link_defaults;
        link->at = item->at;
        link->ends[0] = link->ends[1] = (struct topo_end){ TOPO_NOWHERE, TOPO_NOWHERE, item->at };
        b->link_nodes[i] = item;
        if (item->kind == YNODE_MAP)
            ends = ynode_get(item, "ends");
        if (ends == NULL)
            reader_error(&b->r, item->at,
                         _("the link has no `ends`, like ends: [pc1:eth0, sw1:p1]"));
        else if (item->kind == YNODE_TEXT)
            reader_error(&b->r, item->at,
                         _("a link is a list of two ends or a map with `ends`, not %s"),
                         reader_show(&b->r, item));
        else
            read_ends(b, i, ends);
    }
}

/* ---- exact faults ---- */

static const char *end_text(struct topo_build *b, const struct topo_end *end)
{
    const struct topo_node *node = &b->t->nodes[end->node];
    g_autofree char *text = g_strdup_printf("%s:%s", node->name, node->ifaces[end->iface].name);

    return arena_strdup(b->r.arena, text);
}

static void read_from(struct topo_build *b, const struct topo_link *link, const struct ynode *node,
                      struct topo_fault *fault)
{
    const char *names[2];

    for (int end = 0; end < 2; end++) {
        if (link->ends[end].node == TOPO_NOWHERE || link->ends[end].iface == TOPO_NOWHERE)
            return; /* said already */
        names[end] = end_text(b, &link->ends[end]);
    }
    if (node->kind == YNODE_TEXT && strcmp(node->text, names[0]) == 0)
        fault->from = 0;
    else if (node->kind == YNODE_TEXT && strcmp(node->text, names[1]) == 0)
        fault->from = 1;
    else
        reader_error(&b->r, node->at, _("`from` is one end of this link, %s or %s, not %s"),
                     names[0], names[1], reader_show(&b->r, node));
}

static void read_fault(struct topo_build *b, const struct topo_link *link,
                       enum topo_fault_kind kind, const struct ynode *node,
                       struct topo_fault *fault)
{
    static const char *const usual[] = { "from", "match", "nth", "by" };
    static const char *const edits[] = { "from", "match", "nth", "set", "checksums" };
    const struct ynode *values[5] = { NULL };
    bool edit = kind == TOPO_FAULT_EDIT;

    *fault =
        (struct topo_fault){ .kind = kind, .match = "any", .match_at = node->at, .at = node->at };
    if (!read_map(&b->r, node, link_names[LINK_DROP + kind], edit ? edits : usual,
                  edit                       ? 5
                  : kind == TOPO_FAULT_DELAY ? 4
                                             : 3,
                  NULL, values))
        return;
    if (values[0] != NULL)
        read_from(b, link, values[0], fault);
    else
        reader_error(&b->r, node->at,
                     _("`from` is missing: the end of the link that sends the frames"));
    if (values[1] != NULL && read_text(&b->r, values[1], "match", &fault->match))
        fault->match_at = values[1]->at;
    if (values[2] != NULL)
        fault_read_nth(&b->r, values[2], fault);
    if (edit)
        fault_read_changes(&b->r, node->at, values[3], values[4], fault);
    if (kind != TOPO_FAULT_DELAY)
        return;
    if (values[3] != NULL)
        fault_read_by(&b->r, values[3], fault);
    else
        reader_error(&b->r, node->at, _("`by` is missing: how much later the frame arrives"));
}

static void read_faults(struct topo_build *b, struct topo_link *link, const struct ynode **values)
{
    uint32_t n = 0;

    for (int key = LINK_DROP; key <= LINK_EDIT_FRAME; key++)
        n += list_len(values[key]);
    link->faults = arena_alloc(b->r.arena, n * sizeof *link->faults);
    for (int key = LINK_DROP; key <= LINK_EDIT_FRAME; key++)
        for (uint32_t i = 0; i < list_len(values[key]); i++)
            read_fault(b, link, (enum topo_fault_kind)(key - LINK_DROP), list_item(values[key], i),
                       &link->faults[link->n_faults++]);
}

/* ---- all together ---- */

static void spread_mtu(struct topo_build *b, const struct topo_link *link)
{
    for (int end = 0; end < 2; end++) {
        const struct topo_end *e = &link->ends[end];

        if (link->mtu != 0 && e->node != TOPO_NOWHERE && e->iface != TOPO_NOWHERE) {
            struct topo_iface *iface = &b->t->nodes[e->node].ifaces[e->iface];

            if (iface->mtu == 0)
                iface->mtu = link->mtu;
        }
    }
}

void build_link_values(struct topo_build *b)
{
    struct topology *t = b->t;
    const struct ynode *values[LINK_N_KEYS];

    for (uint32_t i = 0; i < t->n_links; i++) {
        struct topo_link *link = &t->links[i];

        if (b->link_nodes[i]->kind == YNODE_MAP &&
            read_map(&b->r, b->link_nodes[i], _("a link"), link_names, LINK_N_KEYS, NULL, values)) {
            read_values(b, values, link);
            read_faults(b, link, values);
        }
        spread_mtu(b, link);
    }
    for (uint32_t i = 0; i < t->n_nodes; i++)
        for (uint32_t j = 0; j < t->nodes[i].n_ifaces; j++)
            if (t->nodes[i].ifaces[j].mtu == 0)
                t->nodes[i].ifaces[j].mtu = TOPO_MTU_DEFAULT;
}
