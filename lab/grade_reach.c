/* Who answered a ping. An address that two nodes have is reached although the node that is meant is
 * not: the answers tell them apart by the node that sent them. */
#include "base/list.h"
#include "inspect/facts.h"
#include "lab/grade_internal.h"
#include "sim/sim.h"

static bool has_address(const struct run *run, uint32_t node, ip4_addr addr)
{
    struct os *os = network_os(run->network, node);

    return os != NULL && ip_is_local(&os->ip, addr);
}

bool grade_has_twin(const struct run *run, uint32_t node, ip4_addr addr)
{
    for (uint32_t i = 0; i < run->scenario->topology->n_nodes; i++)
        if (i != node && has_address(run, i, addr))
            return true;
    return false;
}

struct reply_watch {
    struct observer observer;
    const struct run *run;
    GArray *reaches;
};

/* @node, which has the address, sent an echo reply. */
static void take_reply(const struct reply_watch *watch, uint32_t node, const struct facts *facts,
                       sim_time at)
{
    for (guint i = 0; i < watch->reaches->len; i++) {
        struct grade_reach *reach = &g_array_index(watch->reaches, struct grade_reach, i);

        if (reach->addr == facts->ip.src && at >= reach->begin && at <= reach->end &&
            has_address(watch->run, reach->from, facts->ip.dst) &&
            (reach->by == TOPO_NOWHERE || reach->by == reach->to))
            reach->by = node;
    }
}

static void watch_frame(struct observer *observer, const struct record *record)
{
    struct reply_watch *watch = CONTAINER_OF(observer, struct reply_watch, observer);
    const struct frame *frame = record->frame;
    uint32_t node = record->node->id - 1;
    struct facts facts;

    facts_read(&facts, record->frame_at, (size_t)(frame->data + frame->len - record->frame_at));
    if (facts.net == FACT_IPV4 && facts.transport == FACT_ICMP &&
        facts.icmp.type == ICMP_ECHO_REPLY && has_address(watch->run, node, facts.ip.src))
        take_reply(watch, node, &facts, record->at);
}

void grade_find_answerers(const struct scenario *scenario, GArray *reaches)
{
    struct run_options options = { .has_seed = false };
    struct diag_list *diags = diag_list_new();
    struct run *run = run_new(scenario, &options, diags);
    struct reply_watch watch = { .run = run, .reaches = reaches };

    for (guint i = 0; i < reaches->len; i++)
        g_array_index(reaches, struct grade_reach, i).by = TOPO_NOWHERE;
    if (run != NULL) {
        watch.observer.wants = RECORD_BIT(RECORD_SEND);
        watch.observer.record = watch_frame;
        run->no_tables = true;
        sim_observe(run->network->sim, &watch.observer);
        run_all(run);
        sim_unobserve(run->network->sim, &watch.observer);
        run_free(run);
    }
    diag_list_free(diags);
}
