#include "lab/traffic.h"

#include <inttypes.h>
#include <string.h>

#include "base/list.h"
#include "inspect/i18n.h"
#include "inspect/render.h"
#include "sim/sim.h"

enum { NAMED_MAX = 4, STORM_PERCENT = 20 };

struct node_traffic {
    uint64_t sent, to_all;
};

struct traffic {
    struct observer observer;
    struct run *run;
    struct node_traffic *nodes; /* by node id - 1 */
};

static void take(struct observer *observer, const struct record *record)
{
    struct traffic *traffic = CONTAINER_OF(observer, struct traffic, observer);
    struct node_traffic *node = &traffic->nodes[record->node->id - 1];
    unsigned to_all = record->frame->len > 0 &&
                      (record->frame->data[0] & 1); /* the group bit of the destination */

    node->sent++;
    node->to_all += to_all;
}

struct traffic *traffic_new(struct run *run)
{
    struct traffic *traffic = g_new0(struct traffic, 1);

    traffic->run = run;
    traffic->nodes = g_new0(struct node_traffic, run->network->sim->n_nodes + 1);
    traffic->observer.wants = RECORD_BIT(RECORD_SEND);
    traffic->observer.by_node = true;
    traffic->observer.record = take;
    sim_observe(run->network->sim, &traffic->observer);
    return traffic;
}

static struct node_traffic sum(const struct traffic *traffic)
{
    struct node_traffic all = { 0 };

    for (uint32_t i = 0; i < traffic->run->network->sim->n_nodes; i++) {
        all.sent += traffic->nodes[i].sent;
        all.to_all += traffic->nodes[i].to_all;
    }
    return all;
}

uint64_t traffic_frames(const struct traffic *traffic)
{
    return sum(traffic).sent;
}

void traffic_gather(struct traffic *traffic)
{
    const struct network *network = traffic->run->network;
    struct ranks *ranks = network->ranks;
    g_autofree struct pack *all = NULL;
    struct pack mine = { 0 };

    if (ranks == NULL)
        return;
    all = g_new0(struct pack, ranks->n);
    for (uint32_t i = 0; i < network->sim->n_nodes; i++) {
        if (!network_is_here(network, i))
            continue;
        pack_u64(&mine, traffic->nodes[i].sent);
        pack_u64(&mine, traffic->nodes[i].to_all);
    }
    ranks->ops->gather(ranks, &mine, all);
    for (uint32_t rank = 0; ranks->me == 0 && rank < ranks->n; rank++) {
        struct unpack in = unpack_of(all[rank].octets, all[rank].len);

        for (uint32_t i = 0; i < network->sim->n_nodes; i++) {
            if (network->part_of[i] != rank)
                continue;
            traffic->nodes[i].sent = unpack_u64(&in);
            traffic->nodes[i].to_all = unpack_u64(&in);
        }
        g_assert(!in.wrong);
        pack_free(&all[rank]);
    }
    pack_free(&mine);
}

void traffic_free(struct traffic *traffic)
{
    sim_unobserve(traffic->run->network->sim, &traffic->observer);
    g_free(traffic->nodes);
    g_free(traffic);
}

/* The busiest node that was not named yet; ties go to the first in the file. */
static const struct node *busiest(const struct traffic *traffic, const uint32_t *named,
                                  uint32_t n_named)
{
    const struct sim *sim = traffic->run->network->sim;
    const struct node *best = NULL;

    for (uint32_t i = 0; i < sim->n_nodes; i++) {
        bool taken = false;

        for (uint32_t j = 0; j < n_named; j++)
            taken |= named[j] == i;
        if (!taken && traffic->nodes[i].sent > 0 &&
            (best == NULL || traffic->nodes[i].sent > traffic->nodes[best->id - 1].sent))
            best = sim->nodes[i];
    }
    return best;
}

static void tell_busiest(const struct traffic *traffic, GString *out)
{
    uint32_t named[NAMED_MAX], n = 0;
    const struct node *node;

    g_string_append(out, _("the busiest nodes: "));
    while (n < NAMED_MAX && (node = busiest(traffic, named, n)) != NULL) {
        g_string_append_printf(out, _("%s%s (%s) with %" PRIu64 " frames"), n > 0 ? _(", ") : "",
                               node->name, node->ops->kind, traffic->nodes[node->id - 1].sent);
        named[n++] = node->id - 1;
    }
    g_string_append_c(out, '\n');
}

static bool copies_frames(const struct node *node)
{
    return node != NULL &&
           (strcmp(node->ops->kind, "switch") == 0 || strcmp(node->ops->kind, "hub") == 0);
}

void traffic_tell(const struct traffic *traffic, GString *out)
{
    const struct run *run = traffic->run;
    g_autoptr(GString) at = g_string_new(NULL);
    struct node_traffic all = sum(traffic);
    uint64_t percent = all.to_all * 100 / MAX(all.sent, 1);

    render_moment(at, sim_now(run->network->sim), 6);
    g_string_append_printf(
        out, _("the run was stopped at %s s: its budget of %" PRIu64 " events is spent\n"), at->str,
        run->budget);
    g_string_append_printf(out,
                           _("%" PRIu64 " frames were sent, %" PRIu64
                             "%% of them to everybody (broadcast or multicast)\n"),
                           all.sent, percent);
    tell_busiest(traffic, out);
    if (percent >= STORM_PERCENT && copies_frames(busiest(traffic, NULL, 0)))
        g_string_append(
            out,
            _("this is a broadcast storm: cables between switches form a loop, and in it every\n"
              "broadcast is copied for ever; take one of those cables out\n"));
    g_string_append(
        out,
        _("where that much traffic is meant, `events: N` in the scenario gives the run more\n"));
}
