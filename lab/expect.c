#include "lab/expect.h"

#include <string.h>

#include "base/list.h"
#include "inspect/record_ids.h"
#include "lab/expect_internal.h"
#include "sim/sim.h"

/* ---- whose frame is it ---- */

static bool is_passed_on(enum why_code code)
{
    switch (code) {
    case WHY_REPEAT:
    case WHY_BRIDGE_FORWARD:
    case WHY_BRIDGE_FLOOD_UNKNOWN:
    case WHY_BRIDGE_FLOOD_BROADCAST:
    case WHY_BRIDGE_FLOOD_MULTICAST:
    case WHY_IP_FORWARD:
    case WHY_IP_FORWARD_DIRECT:
    case WHY_IP_FORWARD_BY_ADDRESSES:
    case WHY_IP_FORWARD_BY_PORTS:
    case WHY_IP6_FORWARD:
    case WHY_IP6_FORWARD_DIRECT:
    case WHY_NAT_OUT:
    case WHY_NAT_IN:
    case WHY_NAT_FORWARD:
        return true;
    default:
        return false;
    }
}

/* Of a node at another rank its file is known: a host passes nothing on, and a router that is told
 * its addresses in the course of the run sends nothing big of its own. */
static bool shell_has_address(const struct expect *expect, uint32_t index, ip4_addr addr)
{
    const struct topo_node *node = &expect->run->scenario->topology->nodes[index];

    for (uint32_t i = 0; node->kind == TOPO_ROUTER && i < node->n_ifaces; i++)
        for (uint32_t j = 0; j < node->ifaces[i].n_addrs; j++)
            if (node->ifaces[i].addrs[j].addr == addr)
                return true;
    return node->kind != TOPO_ROUTER;
}

/* A fragment is made by whoever the packet is too big for: its sender, or a router on its way. */
bool expect_is_own(struct expect *expect, const struct record *record)
{
    const struct os *os;

    if (record->why.code != WHY_IP_FRAGMENT)
        return !is_passed_on(record->why.code);
    os = network_os(expect->run->network, record->node->id - 1);
    expect_frame_read(&expect->frame);
    if (!network_is_here(expect->run->network, record->node->id - 1))
        return shell_has_address(expect, record->node->id - 1, expect->frame.facts.ip.src);
    return os == NULL || ip_is_local(&os->ip, expect->frame.facts.ip.src);
}

/* ---- commands and what is due to them ---- */

static void index_commands(struct expect *expect)
{
    const struct run *run = expect->run;

    for (; expect->n_indexed < run->commands->len; expect->n_indexed++) {
        const struct run_command *command = run->commands->pdata[expect->n_indexed];

        if (command->process == 0 && command->ended == SIM_TIME_NONE)
            return; /* just being started */
        if (command->process != 0)
            g_hash_table_insert(expect->by_process, record_id_key(command->process),
                                GUINT_TO_POINTER(expect->n_indexed + 1));
    }
}

/* The entry of the timeline whose shell @record tells of, or OWNER_NONE. */
static uint32_t entry_of_command(struct expect *expect, const struct record *record)
{
    const struct run *run = expect->run;
    const struct run_command *command;
    guint place;

    index_commands(expect);
    place =
        GPOINTER_TO_UINT(g_hash_table_lookup(expect->by_process, record_id_key(record->process)));
    if (place != 0)
        return ((const struct run_command *)run->commands->pdata[place - 1])->entry;
    /* The first record comes before the shell's number is known to the run. */
    if (expect->n_indexed == run->commands->len)
        return OWNER_NONE;
    command = run->commands->pdata[run->commands->len - 1];
    return command->process == 0 && command->ended == SIM_TIME_NONE &&
                   run_entry(run, command->entry)->node + 1 == record->node->id
               ? command->entry
               : OWNER_NONE;
}

static void follow_command(struct expect *expect, const struct record *record)
{
    uint32_t entry = record->kind == RECORD_COMMAND ? entry_of_command(expect, record) : OWNER_NONE;

    if (entry != OWNER_NONE && record->why.code != WHY_COMMAND)
        expect->ends[entry].frame = expect->n_frames;
    if (expect->owners == NULL)
        return;
    if (entry == OWNER_NONE)
        entry = owners_find(expect->owners, record->cause);
    if (entry != OWNER_NONE)
        owners_add(expect->owners, record->id, entry);
}

/* ---- frames ---- */

static void begin_way(struct expect *expect, struct way *way)
{
    const struct record *record = expect->frame.record;
    uint32_t entry =
        expect->owners != NULL ? owners_find(expect->owners, record->cause) : OWNER_NONE;

    way->origin = record->node;
    for (uint32_t i = 0; i < expect->n_states; i++) {
        const struct expect_state *state = &expect->states[i];

        if (state->hops != NULL && state->e->entry == entry &&
            expect->run->scenario->timeline[entry].node + 1 == record->node->id)
            hops_begin(state->hops, &expect->frame, way);
    }
}

static void follow_sent(struct expect *expect)
{
    struct expect_frame *frame = &expect->frame;
    const struct way *before =
        frame->own ? NULL : ways_find(expect->ways, frame->record->frame->id);
    struct way *way = ways_add(expect->ways, frame->record->id, before);

    if (frame->own)
        begin_way(expect, way);
    else if (before != NULL)
        for (uint32_t i = 0; i < expect->n_states; i++)
            if (expect->states[i].hops != NULL)
                hops_step(expect->states[i].hops, frame, way);
    way->number = frame->number;
    frame->way = way;
}

static void follow_received(struct expect *expect)
{
    struct expect_frame *frame = &expect->frame;
    const struct way *before = ways_find(expect->ways, frame->record->cause);

    if (before == NULL)
        return;
    frame->way = ways_add(expect->ways, frame->record->id, before);
    frame->number = frame->way->number;
}

static void look_in_order(struct expect_state *state, struct expect_frame *frame)
{
    bool step_done = false;

    for (uint32_t i = 0; i < state->e->n_sees; i++) {
        struct see_state *see = &state->sees[i];
        uint64_t before = see->n;

        if (i < state->step)
            continue;
        see_look(see, frame);
        if (i == state->step && see->n > before && !step_done) {
            sighting_take(&state->steps[i], frame, true);
            state->step++;
            step_done = true; /* one frame is one step */
        }
    }
}

static void look_at_frame(struct expect *expect)
{
    for (uint32_t i = 0; i < expect->n_states; i++) {
        struct expect_state *state = &expect->states[i];

        switch (state->e->kind) {
        case SCENARIO_ORDER:
            if (state->step < state->e->n_sees)
                look_in_order(state, &expect->frame);
            break;
        case SCENARIO_SEE:
        case SCENARIO_NEVER:
        case SCENARIO_COUNT:
            see_look(&state->sees[0], &expect->frame);
            break;
        default:
            break;
        }
    }
}

static void take_frame(struct expect *expect, const struct record *record)
{
    struct expect_frame *frame = &expect->frame;

    frame->record = record;
    frame->read = false;
    frame->way = NULL;
    frame->number = 0;
    frame->sent = record->kind == RECORD_SEND;
    frame->own = frame->sent && expect_is_own(expect, record);
    if (frame->sent)
        frame->number = ++expect->n_frames;
    if (expect->ways != NULL && frame->sent)
        follow_sent(expect);
    else if (expect->ways != NULL)
        follow_received(expect);
    look_at_frame(expect);
}

/* ---- drops ---- */

static bool drop_fits(const struct expect_state *state, const struct record *record)
{
    const struct scenario_see *see = &state->e->sees[0];

    return (int)record->drop == state->e->drop && record->at >= see->after &&
           record->at <= see->before &&
           (state->e->node == TOPO_NOWHERE || record->node->id == state->e->node + 1) &&
           (state->sees[0].port == NULL || record->iface == state->sees[0].port);
}

static void take_drop(struct expect *expect, const struct record *record)
{
    const struct way *way = expect->ways != NULL ? ways_find(expect->ways, record->cause) : NULL;

    for (uint32_t i = 0; i < expect->n_states; i++) {
        struct expect_state *state = &expect->states[i];

        if (state->e->kind == SCENARIO_DROP && drop_fits(state, record) && state->n++ == 0)
            state->first_drop = (struct sighting){ .frame = way != NULL ? way->number : 0,
                                                   .at = record->at,
                                                   .node = record->node };
    }
}

static void take(struct observer *observer, const struct record *record)
{
    struct expect *expect = CONTAINER_OF(observer, struct expect, observer);

    if (expect->owners != NULL || record->kind == RECORD_COMMAND)
        follow_command(expect, record);
    if (record->kind == RECORD_SEND || record->kind == RECORD_RECEIVE)
        take_frame(expect, record);
    else if (record->kind == RECORD_DROP)
        take_drop(expect, record);
}

static void count_frames(struct observer *observer, uint64_t n)
{
    CONTAINER_OF(observer, struct expect, observer)->n_frames += n;
}

/* ---- life ---- */

static void look_now(void *ctx)
{
    table_look(ctx);
}

static const struct iface *port_of(const struct run *run, const struct scenario_place *place)
{
    if (place->node == TOPO_NOWHERE || place->iface == TOPO_NOWHERE)
        return NULL;
    return network_iface(run->network,
                         &run->scenario->topology->nodes[place->node].ifaces[place->iface]);
}

static bool is_counting(const struct scenario_expect *e)
{
    return e->kind == SCENARIO_COUNT ||
           (e->kind == SCENARIO_SEE && (e->min != 1 || e->max != UINT64_MAX));
}

/* Compile what an expectation needs; @names and @run are NULL when it is only checked. */
static bool state_init(struct expect_state *state, const struct scenario_expect *e, uint32_t n_hops,
                       const char *file, const struct filter_names *names, struct diag_list *diags)
{
    bool ok = true;

    state->e = e;
    state->sees = g_new0(struct see_state, e->n_sees + 1);
    state->steps = g_new0(struct sighting, e->n_sees + 1);
    for (uint32_t i = 0; i < e->n_sees; i++) {
        ok &= see_compile(&state->sees[i], &e->sees[i], file, names, diags);
        state->sees[i].counting = is_counting(e);
        state->sees[i].most = e->max;
    }
    if (e->kind == SCENARIO_HOPS) {
        state->hops = hops_new(e, file, n_hops, diags);
        ok &= state->hops != NULL;
    }
    if (e->kind == SCENARIO_TABLE)
        ok &= table_check(e, file, diags);
    return ok;
}

static void state_fini(struct expect_state *state)
{
    if (state->e == NULL)
        return;
    for (uint32_t i = 0; i < state->e->n_sees; i++) {
        see_clear(&state->sees[i]);
        g_free(state->steps[i].what);
    }
    g_free(state->sees);
    g_free(state->steps);
    hops_free(state->hops);
    if (state->rows != NULL)
        g_ptr_array_unref(state->rows);
}

static void result_free(gpointer data)
{
    struct expect_result *result = data;

    g_free(result->expected);
    g_free(result->seen);
    g_free(result);
}

static bool needs_receptions(const struct scenario_expect *e)
{
    if (e->kind == SCENARIO_HOPS || e->kind == SCENARIO_DROP)
        return true;
    for (uint32_t i = 0; i < e->n_sees; i++)
        if (e->sees[i].place.node != TOPO_NOWHERE)
            return true;
    return false;
}

static bool looks_at_frames(const struct scenario_expect *e)
{
    return e->kind != SCENARIO_TABLE && e->kind != SCENARIO_COMMAND && e->kind != SCENARIO_STORM;
}

/* Rank 0 follows the run for all. */
static bool is_follower(const struct expect *expect)
{
    const struct ranks *ranks = expect->run->network->ranks;

    return ranks != NULL && ranks->me != 0;
}

bool expect_any(const struct scenario *scenario)
{
    bool any = scenario->n_expects > 0;

    for (uint32_t i = 0; i < scenario->n_timeline; i++)
        any |= scenario->timeline[i].has_result;
    return any;
}

/* Which records are wanted, and what must be followed. */
static void attach(struct expect *expect)
{
    const struct scenario *scenario = expect->run->scenario;
    bool receptions = false, frames = false;

    expect->observer.wants = RECORD_BIT(RECORD_SEND) | RECORD_BIT(RECORD_COMMAND);
    for (uint32_t i = 0; i < scenario->n_expects; i++) {
        frames |= looks_at_frames(&scenario->expects[i]);
        receptions |= needs_receptions(&scenario->expects[i]);
        if (scenario->expects[i].kind == SCENARIO_DROP)
            expect->observer.wants |= RECORD_BIT(RECORD_DROP);
    }
    if (receptions) {
        expect->observer.wants |= RECORD_BIT(RECORD_RECEIVE);
        expect->ways = ways_new(expect->n_hops);
    }
    if (expect->n_hops > 0) {
        expect->observer.wants = RECORD_ALL;
        expect->owners = owners_new();
    }
    if (is_follower(expect) || !expect_any(scenario))
        return;
    if (!frames) /* that a command has ended is told with the number of the last frame before */
        expect->observer.counts = RECORD_BIT(RECORD_SEND);
    expect->observer.record = take;
    expect->observer.count = count_frames;
    sim_observe(expect->run->network->sim, &expect->observer);
}

static void place_states(struct expect *expect)
{
    for (uint32_t i = 0; i < expect->n_states; i++) {
        struct expect_state *state = &expect->states[i];

        state->owner = expect;
        for (uint32_t j = 0; j < state->e->n_sees; j++)
            state->sees[j].port = port_of(expect->run, &state->e->sees[j].place);
        if (state->e->kind == SCENARIO_TABLE && state->e->time != SIM_TIME_NONE &&
            state->e->time <= expect->run->until)
            sim_at(expect->run->network->sim, state->e->time, look_now, state);
    }
}

struct expect *expect_new(struct run *run, struct diag_list *diags)
{
    const struct scenario *scenario = run->scenario;
    struct expect *expect = g_new0(struct expect, 1);
    bool ok = true;

    expect->run = run;
    expect->n_states = scenario->n_expects;
    expect->states = g_new0(struct expect_state, scenario->n_expects + 1);
    expect->ends = g_new0(struct command_seen, scenario->n_timeline + 1);
    expect->by_process = g_hash_table_new(record_id_hash, NULL);
    expect->results = g_ptr_array_new_with_free_func(result_free);
    for (uint32_t i = 0; i < scenario->n_expects; i++) {
        const struct scenario_expect *e = &scenario->expects[i];

        ok &= state_init(&expect->states[i], e, expect->n_hops, scenario->file, run->network->names,
                         diags);
        expect->n_hops += e->kind == SCENARIO_HOPS;
    }
    if (!ok) {
        expect_free(expect);
        return NULL;
    }
    place_states(expect);
    attach(expect);
    return expect;
}

static struct filter_names *names_of(const struct topology *topology)
{
    struct filter_names *names = filter_names_new();

    for (uint32_t i = 0; i < topology->n_nodes; i++)
        for (uint32_t j = 0; j < topology->nodes[i].n_ifaces; j++)
            for (uint32_t k = 0; k < topology->nodes[i].ifaces[j].n_addrs; k++)
                filter_names_add(names, topology->nodes[i].name,
                                 topology->nodes[i].ifaces[j].addrs[k].addr);
    return names;
}

bool expect_check(const struct scenario *scenario, struct diag_list *diags)
{
    struct filter_names *names = names_of(scenario->topology);
    bool ok = true;

    for (uint32_t i = 0; i < scenario->n_expects; i++) {
        struct expect_state state = { 0 };

        ok &= state_init(&state, &scenario->expects[i], 0, scenario->file, names, diags);
        state_fini(&state);
    }
    for (uint32_t i = 0; i < scenario->n_timeline; i++)
        ok &= run_check_fault(&scenario->timeline[i], scenario->file, names, diags);
    filter_names_free(names);
    return ok;
}

const GPtrArray *expect_results(struct expect *expect)
{
    if (expect->results->len == 0)
        expect_judge(expect);
    return expect->results;
}

bool expect_storm_expected(const struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->n_expects; i++)
        if (scenario->expects[i].kind == SCENARIO_STORM && scenario->expects[i].storm)
            return true;
    return false;
}

void expect_finish(struct expect *expect)
{
    if (expect->run->network->ranks == NULL)
        return;
    for (uint32_t i = 0; i < expect->n_states; i++) {
        struct expect_state *state = &expect->states[i];

        if (state->e->kind == SCENARIO_TABLE && state->e->time == SIM_TIME_NONE)
            table_look(state);
    }
}

void expect_free(struct expect *expect)
{
    if (expect == NULL)
        return;
    if (expect->observer.record != NULL)
        sim_unobserve(expect->run->network->sim, &expect->observer);
    for (uint32_t i = 0; i < expect->n_states; i++)
        state_fini(&expect->states[i]);
    ways_free(expect->ways);
    owners_free(expect->owners);
    g_ptr_array_unref(expect->results);
    g_free(expect->states);
    g_free(expect->ends);
    g_hash_table_destroy(expect->by_process);
    g_free(expect);
}
