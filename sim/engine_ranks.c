/*
 * The engine of ranks: conservative, like that of threads, but by messages alone.
 *
 * Each rank carries out its part of the network. It tells its neighbors its clock, the time before
 * which nothing more of it will reach them but for the look-ahead of the cables between, along with
 * what it sends them; and goes on as far as their clocks allow. Between two acts of the scenario
 * the ranks run so by themselves (a stretch). A stretch ends with a meeting: everybody has told its
 * neighbors that nothing more comes (a mark), has received their marks and with them all that was
 * on its way, and all tell all what is next with them. From that every rank draws the same
 * conclusion: an act of the scenario, another stretch from the next event of all on, or the end.
 * So a meeting is also the way to jump over idle time: who waits for neighbors that wait calls one.
 */
#include "sim/engine_ranks.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/memory.h"
#include "sim/channel.h"
#include "sim/cut.h"
#include "sim/engine.h"
#include "sim/rank_messages.h"
#include "sim/record_log.h"
#include "sim/wire_form.h"

#define RESERVE     (UINT64_C(1) << 18) /* events of a budget that are run one by one */
#define STRETCH_MAX UINT64_C(200000)    /* events; then others may look around */
#define LOG_MAX     (UINT64_C(4) << 20) /* octets of records, before they are told */
#define BUNDLE_MAX  ((size_t)32 * 1024) /* octets, before they are sent */

static void send_full_bundles(struct engine_ranks *r, sim_time clock)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (r->neighbors[i].bundle.pack.len > BUNDLE_MAX)
            rank_send_packet(r, &r->neighbors[i], 0, clock);
}

/* ---- records ---- */

/* Everybody's records before @bound, told at rank 0. Done by all together. */
static void tell_records(struct engine_ranks *r, sim_time bound)
{
    struct sim *sim = r->engine.sim;
    struct pack mine = { 0 };
    struct pack *all;

    if (!r->logging)
        return;
    all = mem_zalloc(r->ranks->n * sizeof *all);
    if (r->ranks->me != 0)
        record_log_pack(sim->logs[r->ranks->me], bound, &mine);
    r->ranks->ops->gather(r->ranks, &mine, all);
    for (uint32_t i = 1; r->ranks->me == 0 && i < r->ranks->n; i++) {
        struct unpack in = unpack_of(all[i].octets, all[i].len);

        CHECK(record_log_unpack(sim, sim->logs[i], &in));
        pack_free(&all[i]);
    }
    if (r->ranks->me == 0)
        record_logs_tell(sim, bound);
    pack_free(&mine);
    free(all);
}

/* Records may be told up to what may still come; all of them, when nobody has run ahead. */
static sim_time in_order_until(sim_time next, sim_time act, bool everything)
{
    return everything ? SIM_TIME_NONE : next < act ? next : act;
}

/* ---- a stretch ---- */

/* Carry out what is due before @bound. */
static void advance(struct engine_ranks *r, sim_time bound)
{
    struct part *part = r->part;
    uint64_t before = part->n_events, most = before + r->quota;
    sim_time next = part_next_at(r->part), shown = next;

    for (; next < bound && part->n_events < most; next = part_next_at(r->part)) {
        if (next - shown >= r->publish_every) {
            rank_tell_clock(r, next, false);
            shown = next;
        }
        part_fire(part);
        send_full_bundles(r, part->now);
    }
    r->quota = most - part->n_events;
}

static bool log_is_full(const struct engine_ranks *r)
{
    return r->logging && r->engine.sim->logs[r->ranks->me]->octets_written >=
                             rank_told(r, r->ranks->me, TELL_LOGGED) + LOG_MAX;
}

static bool all_idle(const struct engine_ranks *r)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (!r->neighbors[i].idle && !r->neighbors[i].marked)
            return false;
    return true;
}

/* Events before @end, up to @quota of them here. Returns whether the others must be told to meet.
 */
static bool run_stretch(struct engine_ranks *r, sim_time end, uint64_t quota)
{
    uint32_t looks = 0;

    r->quota = quota;
    for (;;) {
        uint32_t came = rank_receive_all(r);
        sim_time reach = rank_horizon(r), next;
        uint64_t before = r->part->n_events;

        if (r->urgent)
            return true;
        advance(r, reach < end ? reach : end);
        if (r->quota == 0 || log_is_full(r))
            return true;
        next = part_next_at(r->part);
        r->clock = next < reach ? next : reach;
        if (r->clock >= end)
            return false;
        looks = r->part->n_events != before ? 0 : looks + came;
        rank_tell_clock(r, r->clock, looks >= PATIENCE_MIN);
        if (looks >= r->patience && all_idle(r)) {
            r->impatient = r->clock;
            return true;
        }
        if (came == 0 && looks > 0)
            r->ranks->ops->relax(r->ranks);
    }
}

/* ---- one event after another ---- */

/* Who has the next event of all carries on while it is, and nothing that it sent may come first. */
static void run_turn(struct engine_ranks *r, sim_time end, uint64_t most)
{
    struct event_key first, second;
    uint64_t before = r->part->n_events;
    struct queue_entry *head;

    if (rank_first_of_all(r, UINT32_MAX, &first) != r->ranks->me)
        return;
    rank_first_of_all(r, r->ranks->me, &second);
    while ((head = part_next(r->part)) != NULL && head->at < end &&
           r->part->n_events - before < most) {
        struct event_key key = queue_entry_key(head);

        if (!event_key_lt(&key, &second))
            return;
        for (uint32_t i = 0; i < r->n; i++)
            if (head->at >= r->neighbors[i].bundle.first)
                return;
        part_fire_head(r->part, head);
    }
}

/* ---- the run ---- */

/* Every rank acts; one of them counts it. */
static void act(struct engine_ranks *r, sim_time at)
{
    struct sim *sim = r->engine.sim;

    engine_arrive(sim, at);
    sim_mark_act(sim);
    engine_controls(sim, at, 1);
    r->part->n_events -= r->ranks->me != 0;
}

static sim_time look_ahead_of(const struct neighbor *neighbor,
                              struct link_dir *(*way)(struct link *))
{
    sim_time least = SIM_TIME_NONE;

    for (uint32_t i = 0; i < neighbor->n_cables; i++) {
        sim_time one = link_look_ahead(way(neighbor->cables[i]));

        if (one < least)
            least = one;
    }
    return least;
}

/* The cables' delays have changed. */
static void look_again(struct engine_ranks *r)
{
    struct sim *sim = r->engine.sim;

    if (!sim->cables_changed)
        return;
    sim->cables_changed = r->stuck = false;
    r->publish_every = SIM_TIME_NONE;
    for (uint32_t i = 0; i < r->n; i++) {
        struct neighbor *neighbor = &r->neighbors[i];
        sim_time part;

        neighbor->look_ahead = look_ahead_of(neighbor, rank_way_out);
        neighbor->look_back = look_ahead_of(neighbor, rank_way_in);
        r->stuck |= neighbor->look_ahead == 0 || neighbor->look_back == 0;
        part = neighbor->look_ahead / PUBLISH_PARTS + 1;
        if (part < r->publish_every)
            r->publish_every = part;
    }
}

/* Events for each rank in a stretch, of @most in all and @left until it must be one by one. */
static uint64_t share_of(const struct engine_ranks *r, uint64_t most, uint64_t left)
{
    return engine_least(engine_least(most, STRETCH_MAX), left) / r->ranks->n + 1;
}

static bool run(struct engine *engine, sim_time until, uint64_t budget, uint64_t about)
{
    struct engine_ranks *r = CONTAINER_OF(engine, struct engine_ranks, engine);
    struct sim *sim = engine->sim;
    sim_time last = until < SIM_TIME_NONE ? until + 1 : SIM_TIME_NONE, next, at;
    uint64_t begin, spent, logged;
    bool urgent = true, stuck; /* nobody runs ahead: what is told is in order, and places are not */

    look_again(r);
    next = rank_meet(r, urgent); /* what was sent between two runs */
    begin = sim_events(sim);
    logged = rank_sum_of(r, TELL_LOGGED);
    stuck = rank_sum_of(r, TELL_STUCK) > 0;
    for (;;) {
        uint64_t most;
        sim_time end;

        at = engine_next_act(sim);
        end = at < last ? at : last;
        spent = sim_events(sim) - begin;
        if ((at >= last && next >= last) || spent >= budget || spent >= about)
            break;
        if (rank_sum_of(r, TELL_LOGGED) - logged > (stuck ? 0 : LOG_MAX)) {
            tell_records(r, in_order_until(next, at, stuck));
            logged = rank_sum_of(r, TELL_LOGGED);
        }
        stuck = rank_sum_of(r, TELL_STUCK) > 0;
        most = engine_least(budget, about) - spent;
        urgent = true;
        if (at <= next)
            act(r, at);
        else if (budget - spent <= RESERVE || stuck)
            run_turn(r, end, most);
        else
            urgent = run_stretch(r, end, share_of(r, most, budget - spent - RESERVE));
        look_again(r);
        next = rank_meet(r, urgent);
    }
    if (at >= last && next >= last) {
        engine_arrive(sim, until);
        tell_records(r, SIM_TIME_NONE);
        return true;
    }
    tell_records(r, in_order_until(next, at, stuck || spent >= budget));
    return false;
}

/* ---- life ---- */

static void end_ranks(struct engine *engine)
{
    struct engine_ranks *r = CONTAINER_OF(engine, struct engine_ranks, engine);

    for (uint32_t i = 0; i < r->n; i++) {
        free(r->neighbors[i].cables);
        pack_free(&r->neighbors[i].bundle.pack);
    }
    free(r->neighbors);
    free(r->which);
    free(r->meeting);
    texts_free(r->texts);
    free(r);
}

static const struct engine_ops ranks_ops = { "ranks", run, rank_recall, end_ranks };

/* Nodes of others go elsewhere, with what is due to them. */
static void place_nodes(struct sim *sim, const struct ranks *ranks, const uint32_t *part_of)
{
    struct part *elsewhere = sim_elsewhere(sim);

    for (uint32_t i = 0; i < sim->n_nodes; i++)
        if (part_of[i] != ranks->me)
            sim->nodes[i]->part = elsewhere;
    elsewhere->now = sim->parts[0]->now;
    split_move_events(sim);
}

static struct neighbor *neighbor_at(struct engine_ranks *r, uint32_t rank)
{
    if (r->which[rank] == UINT32_MAX) {
        r->which[rank] = r->n;
        r->neighbors[r->n] = (struct neighbor){ .rank = rank };
        rank_bundle_reset(&r->neighbors[r->n].bundle);
        r->n++;
    }
    return &r->neighbors[r->which[rank]];
}

static void cut_cable(struct engine_ranks *r, struct link *link, const uint32_t *part_of)
{
    uint32_t a = part_of[link->dir[0].from->node->id - 1];
    uint32_t b = part_of[link->dir[1].from->node->id - 1];
    struct neighbor *neighbor;

    if (a == b || (a != r->ranks->me && b != r->ranks->me))
        return;
    neighbor = neighbor_at(r, a == r->ranks->me ? b : a);
    neighbor->cables = mem_realloc(neighbor->cables, neighbor->n_cables + 1, sizeof(struct link *));
    neighbor->cables[neighbor->n_cables++] = link;
    for (int side = 0; side < 2; side++) {
        struct link_dir *dir = &link->dir[side];

        cut_make(dir, NULL);
        if (node_is_here(dir->from->node))
            dir->cut->bundle = &neighbor->bundle;
    }
}

static void cut_cables(struct engine_ranks *r, const uint32_t *part_of)
{
    struct sim *sim = r->engine.sim;
    uint32_t n = r->ranks->n;

    r->which = mem_alloc(n * sizeof *r->which);
    memset(r->which, 0xff, n * sizeof *r->which);
    r->neighbors = mem_zalloc(n * sizeof *r->neighbors);
    for (uint32_t i = 0; i < sim->n_links; i++)
        if (sim->links[i] != NULL)
            cut_cable(r, sim->links[i], part_of);
}

/* Rank 0 has the observers that want to be told in order; the others keep their records for it. */
static void agree_on_records(struct engine_ranks *r)
{
    struct sim *sim = r->engine.sim;
    struct pack wanted = { 0 };
    struct unpack in;
    uint32_t wants = 0;

    for (const struct observer *observer = sim->observers; observer != NULL;
         observer = observer->next)
        if (!observer->by_node)
            wants |= observer->wants;
    pack_u32(&wanted, wants);
    r->ranks->ops->share(r->ranks, 0, &wanted);
    in = unpack_of(wanted.octets, wanted.len);
    wants = unpack_u32(&in);
    pack_free(&wanted);
    r->logging = wants != 0;
    if (!r->logging)
        return;
    sim->n_logs = r->ranks->n;
    sim->logs = mem_alloc(sim->n_logs * sizeof(struct channel *));
    for (uint32_t i = 0; i < sim->n_logs; i++)
        sim->logs[i] = channel_new();
    r->part->log = sim->logs[r->ranks->me];
    if (r->ranks->me != 0) {
        r->part->later = wants;
        r->part->wants |= wants;
    }
}

void engine_ranks_use(struct sim *sim, struct ranks *ranks, const uint32_t *part_of)
{
    uint32_t *chosen = mem_zalloc((sim->n_nodes + 1) * sizeof *chosen);
    struct engine_ranks *r = mem_zalloc(sizeof *r);

    CHECK(sim->started && sim->engine == NULL && sim->n_parts == 1);
    if (part_of == NULL) {
        split_assign(sim, ranks->n, chosen);
        part_of = chosen;
    }
    r->engine = (struct engine){ &ranks_ops, sim };
    r->ranks = ranks;
    r->part = sim->parts[0];
    r->patience = PATIENCE_MIN;
    r->texts = texts_new();
    r->meeting = mem_zalloc((size_t)ranks->n * TELL_N * 8);
    place_nodes(sim, ranks, part_of);
    cut_cables(r, part_of);
    agree_on_records(r);
    sim->cables_changed = true;
    sim->engine = &r->engine;
    free(chosen);
}
