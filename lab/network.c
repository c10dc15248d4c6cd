#include "lab/network.h"

#include "apps/programs.h"
#include "devices/host.h"
#include "devices/hub.h"
#include "devices/switch.h"
#include "inspect/edit.h"
#include "inspect/i18n.h"
#include "lab/network_host.h"
#include "lab/network_routes.h"
#include "lab/network_share.h"
#include "sim/engine_ranks.h"
#include "sim/engine_threads.h"
#include "stack/net/route_map.h"

/* A network of more nodes fits no cache. What its nodes gain by lying side by side, when one frame
   reaches all hosts of a switch, is more than what threads lose to each other at their border. */
#define SCATTERED_NODES_MAX 4096

static struct node *make_switch(struct sim *sim, const struct topo_node *node)
{
    g_autofree struct mac_addr *macs = network_port_macs(node);
    struct switch_config config = {
        .n_ports = node->ports, .port_macs = macs, .mac = node->mac, .ageing = node->ageing
    };
    struct node *made = switch_new(sim, node->name, &config);

    for (uint32_t i = 0; i < node->n_ifaces; i++)
        iface_set_mtu(made->ifaces[node->ifaces[i].port - 1], node->ifaces[i].mtu);
    return made;
}

static struct node *make_host(struct sim *sim, const struct topo_node *node)
{
    g_autofree struct host_port *ports = g_new0(struct host_port, node->n_ifaces + 1);
    struct host_config config = { .router = node->kind == TOPO_ROUTER,
                                  .ports = ports,
                                  .n_ports = node->n_ifaces };
    struct node *made;

    for (uint32_t i = 0; i < node->n_ifaces; i++)
        ports[i] =
            (struct host_port){ node->ifaces[i].name, node->ifaces[i].mac, node->ifaces[i].mtu };
    made = host_new(sim, node->name, &config);
    host_os(made)->find_program = program_find;
    return made;
}

static struct node *make_node(struct sim *sim, const struct topo_node *node)
{
    switch (node->kind) {
    case TOPO_SWITCH:
        return make_switch(sim, node);
    case TOPO_HUB:
        return hub_new(sim, node->name, &(struct hub_config){ .n_ports = node->ports });
    case TOPO_HOST:
    case TOPO_ROUTER:
        break;
    }
    return make_host(sim, node);
}

struct iface *network_iface(const struct network *network, const struct topo_iface *iface)
{
    struct node *node = network->nodes[iface->node];
    uint32_t place = iface->port > 0 ? iface->port - 1 : iface->index;

    return place < node->n_ifaces ? node->ifaces[place] : NULL;
}

/* A rule of a link with what it looks for and does. */
struct exact_fault {
    struct link_rule rule;
    struct filter *filter;
    struct edit *edit; /* or NULL */
    char *text;
    bool keep_checksums;
};

static void exact_fault_free(gpointer data)
{
    struct exact_fault *fault = data;

    filter_free(fault->filter);
    edit_free(fault->edit);
    g_free(fault->text);
    g_free(fault);
}

/* A frame that has no such field is not meant by a change of it. */
static bool is_meant(const struct exact_fault *fault, const uint8_t *octets, size_t len)
{
    return filter_match(fault->filter, octets, len) &&
           (fault->edit == NULL || edit_missing(fault->edit, octets, len) == NULL);
}

static bool rule_matches(void *ctx, struct frame *frame)
{
    g_autofree uint8_t *octets = NULL;

    frame_finish_checksum(frame);
    if (frame->payload.len == 0)
        return is_meant(ctx, frame->data, frame->len);
    octets = g_malloc(frame_size(frame));
    frame_copy_out(frame, 0, octets, frame_size(frame));
    return is_meant(ctx, octets, frame_size(frame));
}

static void rule_edits(void *ctx, struct frame *frame)
{
    const struct exact_fault *fault = ctx;

    edit_apply(fault->edit, frame->data, frame->len, fault->keep_checksums);
}

/* The changes were found right when they were read. */
static void take_changes(struct exact_fault *to, const struct topo_fault *from)
{
    GString *text = g_string_new(NULL);

    to->edit = edit_new();
    for (uint32_t i = 0; i < from->n_changes; i++) {
        g_autofree char *error = NULL;

        edit_add(to->edit, from->changes[i].field, from->changes[i].value, &error);
    }
    edit_text(to->edit, text);
    to->text = g_string_free(text, FALSE);
    to->keep_checksums = from->keep_checksums;
    to->rule.edit = rule_edits;
    to->rule.text = to->text;
}

bool network_add_fault(struct network *network, struct link *link, const struct topo_fault *fault,
                       const char *file, struct diag_list *diags)
{
    static const enum link_fault_kind kinds[] = { [TOPO_FAULT_DROP] = LINK_FAULT_DROP,
                                                  [TOPO_FAULT_DELAY] = LINK_FAULT_DELAY,
                                                  [TOPO_FAULT_DUPLICATE] = LINK_FAULT_DUPLICATE,
                                                  [TOPO_FAULT_CORRUPT] = LINK_FAULT_CORRUPT,
                                                  [TOPO_FAULT_EDIT] = LINK_FAULT_EDIT };
    g_autoptr(GError) error = NULL;
    struct filter *filter = filter_new(fault->match, network->names, &error);
    struct exact_fault *exact;

    if (filter == NULL) {
        diag_error(diags, file, fault->match_at, "%s", error->message);
        return false;
    }
    exact = g_new0(struct exact_fault, 1);
    g_ptr_array_add(network->faults, exact);
    exact->filter = filter;
    exact->rule = (struct link_rule){ .kind = kinds[fault->kind],
                                      .side = fault->from,
                                      .match = rule_matches,
                                      .ctx = exact,
                                      .nth = fault->nth,
                                      .n_nth = fault->n_nth,
                                      .by = fault->by };
    if (fault->kind == TOPO_FAULT_EDIT)
        take_changes(exact, fault);
    else
        exact->rule.text = exact->text = g_strdup(fault->match);
    if (link != NULL)
        link_add_rule(link, &exact->rule);
    return true;
}

static struct link *make_link(struct network *network, const struct topo_link *from)
{
    const struct topology *topology = network->topology;
    struct link_config config = { .rate = from->rate,
                                  .delay = from->delay,
                                  .queue = from->queue,
                                  .loss = from->loss,
                                  .duplicate = from->duplicate,
                                  .reorder = from->reorder,
                                  .corrupt = from->corrupt,
                                  .down = from->down };
    struct iface *ends[2];

    for (int side = 0; side < 2; side++)
        ends[side] = network_iface(
            network, &topology->nodes[from->ends[side].node].ifaces[from->ends[side].iface]);
    return sim_add_link(network->sim, ends[0], ends[1], &config);
}

static void add_link(struct network *network, uint32_t index, struct diag_list *diags)
{
    const struct topo_link *from = &network->topology->links[index];
    struct link *link = NULL;

    if (network_has_link(network, index))
        link = make_link(network, from);
    else
        sim_skip_link(network->sim);
    for (uint32_t i = 0; i < from->n_faults; i++)
        network_add_fault(network, link, &from->faults[i], network->topology->file, diags);
    network->links[index] = link;
}

static void collect_names(struct network *network)
{
    for (uint32_t i = 0; i < network->topology->n_nodes; i++) {
        const struct topo_node *node = &network->topology->nodes[i];

        for (uint32_t j = 0; j < node->n_ifaces; j++)
            for (uint32_t k = 0; k < node->ifaces[j].n_addrs; k++)
                filter_names_add(network->names, node->name, node->ifaces[j].addrs[k].addr);
    }
}

struct network *network_new(const struct topology *topology, uint64_t seed, struct diag_list *diags)
{
    return network_new_shared(topology, seed, NULL, diags);
}

static void begin_sharing(struct network *network, const struct network_sharing *sharing)
{
    network->ranks = sharing->ranks;
    network->sees_all = sharing->observed && sharing->ranks->me == 0;
    network_share(network);
}

struct network *network_new_shared(const struct topology *topology, uint64_t seed,
                                   const struct network_sharing *sharing, struct diag_list *diags)
{
    struct network *network = g_new0(struct network, 1);
    unsigned before = diags->n_errors;

    network->sim = sim_new(seed);
    network->threads = sharing != NULL ? sharing->threads : 1;
    if (network->threads > 1 && topology->n_nodes <= SCATTERED_NODES_MAX)
        sim_scatter(network->sim);
    network->topology = topology;
    if (topology->computed_routes)
        network->search = network_routes_search(topology, network->threads > 1);
    network->nodes = g_new0(struct node *, topology->n_nodes + 1);
    network->links = g_new0(struct link *, topology->n_links + 1);
    network->names = filter_names_new();
    network->faults = g_ptr_array_new_with_free_func(exact_fault_free);
    collect_names(network);
    if (sharing != NULL && sharing->ranks != NULL)
        begin_sharing(network, sharing);
    for (uint32_t i = 0; i < topology->n_nodes; i++)
        network->nodes[i] = network_is_here(network, i)
                                ? make_node(network->sim, &topology->nodes[i])
                                : network_shell(network, i);
    for (uint32_t i = 0; i < topology->n_links; i++)
        add_link(network, i, diags);
    if (diags->n_errors > before) {
        network_free(network);
        return NULL;
    }
    return network;
}

static void configure(struct network *network, uint32_t index)
{
    sim_mark_act(network->sim);
    if (network_os(network, index) != NULL)
        network_host_configure(network, index);
    else if (!network_is_here(network, index))
        network_shell_configure(network, index);
}

static void start_services(struct network *network, uint32_t index)
{
    sim_mark_act(network->sim);
    if (network_os(network, index) != NULL)
        network_host_start_services(network, index);
}

void network_start(struct network *network)
{
    sim_start(network->sim);
    if (network->ranks != NULL)
        engine_ranks_use(network->sim, network->ranks, network->part_of);
    else if (network->threads > 1)
        engine_threads_use(network->sim, network->threads);
    for (uint32_t i = 0; i < network->topology->n_nodes; i++)
        configure(network, i);
    if (network->topology->computed_routes) { /* behind what a router's own lines say */
        network->routes = network_routes_found(network->search);
        network->search = NULL;
        network_routes_share(network);
    }
    for (uint32_t i = 0; i < network->topology->n_nodes; i++)
        start_services(network, i);
}

void network_free(struct network *network)
{
    sim_free(network->sim);
    network_routes_drop(network->search); /* of a network that never started */
    route_map_free(network->routes);
    filter_names_free(network->names);
    g_ptr_array_unref(network->faults);
    g_free(network->nodes);
    g_free(network->links);
    g_free(network->part_of);
    g_free(network);
}

struct os *network_os(const struct network *network, uint32_t index)
{
    return host_os(network->nodes[index]);
}
