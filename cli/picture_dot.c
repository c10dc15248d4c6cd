/* A topology in Graphviz's language: a shape and a colour for each kind of node, its addresses in
 * it, ports at the ends of cables. */
#include "cli/picture.h"

#include "inspect/i18n.h"
#include "inspect/render.h"

enum { MANY_NODES = 150 }; /* more are laid out by sfdp: dot would take long and draw wide */

static void quote(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

/* Its name, what it is, and a smaller line for each address. Graphviz reads this as HTML. */
static void add_node_label(GString *out, const struct topo_node *node)
{
    g_autofree char *name = g_markup_escape_text(node->name, -1);
    char ip[IP4_TEXT_MAX], ip6[IP6_TEXT_MAX];

    /* blanks at the edge of a text are lost in SVG; and fonts in bold differ in width */
    g_string_append_printf(out, "<<b>%s</b>&#160;&#160;&#160;&#160;%s", name,
                           picture_kind(node->kind));
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        const struct topo_iface *iface = &node->ifaces[i];
        g_autofree char *port = g_markup_escape_text(iface->name, -1);

        if (iface->addressing == TOPO_ADDR_DHCP)
            g_string_append_printf(out, "<br/><font point-size=\"10\">%s DHCP</font>", port);
        for (uint32_t j = 0; j < iface->n_addrs; j++)
            g_string_append_printf(out, "<br/><font point-size=\"10\">%s %s/%u</font>", port,
                                   ip4_format(iface->addrs[j].addr, ip),
                                   iface->addrs[j].prefix_len);
        for (uint32_t j = 0; j < iface->n_addrs6; j++)
            g_string_append_printf(out, "<br/><font point-size=\"10\">%s %s/%u</font>", port,
                                   ip6_format(iface->addrs6[j].addr, ip6),
                                   iface->addrs6[j].prefix_len);
    }
    g_string_append_c(out, '>');
}

static void add_node(GString *out, const struct topo_node *node)
{
    static const struct {
        const char *shape, *style, *fill, *line;
    } looks[] = {
        [TOPO_HOST] = { "box", "rounded,filled", "#eaf3fb", "#3572a5" },
        [TOPO_ROUTER] = { "ellipse", "filled", "#fff3d6", "#b8860b" },
        [TOPO_SWITCH] = { "box", "filled", "#e6f5e6", "#3c8c3c" },
        [TOPO_HUB] = { "hexagon", "filled", "#f0eaf7", "#7a5ca8" },
    };
    g_string_append(out, "  ");
    quote(out, node->name);
    g_string_append(out, " [label=");
    add_node_label(out, node);
    g_string_append_printf(out, ", shape=%s, style=\"%s\", fillcolor=\"%s\", color=\"%s\"];\n",
                           looks[node->kind].shape, looks[node->kind].style, looks[node->kind].fill,
                           looks[node->kind].line);
}

/* What is unusual about a cable, compared with the first one. */
static void add_cable_label(GString *out, const struct topology *topology,
                            const struct topo_link *link)
{
    g_autoptr(GString) label = g_string_new(NULL);

    if (link->rate != topology->links[0].rate)
        g_string_append_printf(label, link->rate % 1000000 == 0 ? "%g Mbps" : "%.3f Mbps",
                               (double)link->rate / 1e6);
    if (link->delay != topology->links[0].delay) {
        g_string_append(label, label->len > 0 ? ", " : "");
        render_duration(label, link->delay);
    }
    if (link->down) {
        g_string_append(label, label->len > 0 ? ", " : "");
        g_string_append(label, _("unplugged"));
    }
    if (label->len == 0)
        return;
    g_string_append(label, "  ");
    g_string_append(out, ", label=");
    quote(out, label->str);
}

/* From the upper layer to the lower one, so that Graphviz puts the nodes into the same order. */
static void add_cable(GString *out, const struct topology *topology, const int *layer,
                      const struct topo_link *link)
{
    static const char *const attributes[] = { " [taillabel=", ", headlabel=" };
    unsigned upper = layer[link->ends[0].node] <= layer[link->ends[1].node] ? 0 : 1;

    g_string_append(out, "  ");
    quote(out, topology->nodes[link->ends[upper].node].name);
    g_string_append(out, " -- ");
    quote(out, topology->nodes[link->ends[1 - upper].node].name);
    for (unsigned i = 0; i < 2; i++) {
        const struct topo_end *end = &link->ends[i == 0 ? upper : 1 - upper];
        g_autofree char *port =
            g_strdup_printf(" %s ", topology->nodes[end->node].ifaces[end->iface].name);

        g_string_append(out, attributes[i]);
        quote(out, port);
    }
    add_cable_label(out, topology, link);
    g_string_append(out, link->down ? ", style=dashed];\n" : "];\n");
}

char *picture_dot(const struct topology *topology)
{
    GString *out = g_string_new("graph wirewalk {\n");
    g_autofree int *layer = g_new0(int, topology->n_nodes + 1);

    picture_layers(topology, layer);
    if (topology->n_nodes > MANY_NODES)
        g_string_append(out, "  layout=sfdp; overlap=prism; splines=line;\n");
    else
        g_string_append(out, "  nodesep=0.6; ranksep=1.0; splines=true;\n");
    g_string_append(
        out, "  charset=\"UTF-8\"; bgcolor=white; pad=0.3;\n"
             "  node [fontname=\"Helvetica,Noto Sans CJK SC\", fontsize=13, margin=\"0.18,0.09\", "
             "penwidth=1.4];\n"
             "  edge [fontname=\"Helvetica,Noto Sans CJK SC\", fontsize=10, color=\"#666666\", "
             "labeldistance=1.9, labelangle=42];\n");
    for (uint32_t i = 0; i < topology->n_nodes; i++)
        add_node(out, &topology->nodes[i]);
    for (uint32_t i = 0; i < topology->n_links; i++)
        add_cable(out, topology, layer, &topology->links[i]);
    g_string_append(out, "}\n");
    return g_string_free(out, FALSE);
}
