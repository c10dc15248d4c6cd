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

#include "base/be.h"
#include "base/check.h"
#include "base/list.h"
#include "base/memory.h"
#include "sim/channel.h"
#include "sim/cut.h"
#include "sim/engine.h"
#include "sim/record_log.h"
#include "sim/wire_form.h"

#define RESERVE       (UINT64_C(1) << 18) /* events of a budget that are run one by one */
#define STRETCH_MAX   UINT64_C(200000)    /* events; then others may look around */
#define LOG_MAX       (UINT64_C(4) << 20) /* octets of records, before they are told */
#define BUNDLE_MAX    ((size_t)32 * 1024) /* octets, before they are sent */
#define PUBLISH_PARTS 2 /* of a look-ahead: how often a clock is shown to the others */
#define PATIENCE_MIN  4 /* clocks of neighbors that brought no event, before a meeting */
#define PATIENCE_MAX  4096
#define WORTH_A_JUMP  8 /* look-aheads that a meeting must gain, for the next to come as early */

/* What a packet says first. */
enum {
    PACKET_MARK = 1,   /* nothing more comes before the meeting */
    PACKET_URGENT = 2, /* with a mark: the sender cannot go on, or must not */
    PACKET_IDLE = 4,   /* the sender has nothing to do before its horizon */
    PACKET_BITS = 7
};

struct neighbor {
    uint32_t rank;
    struct link **cables; /* between here and there, by number */
    uint32_t n_cables;
    struct bundle bundle; /* what goes there next */
    sim_time look_ahead;  /* from here to there */
    sim_time told;        /* the clock it was told */
    sim_time clock;       /* its own, as told */
    sim_time look_back;   /* look-ahead from there to here */
    bool marked, idle;
};

/* What each tells all at a meeting, in this order, 8 octets each. */
enum {
    TELL_NEXT_AT,
    TELL_NEXT_ORDER,
    TELL_NEXT_COUNTER,
    TELL_EVENTS,
    TELL_HOPS,
    TELL_NOW,
    TELL_LOGGED,
    TELL_STUCK, /* a cable without delay: nobody can run ahead */
    TELL_N
};

struct engine_ranks {
    struct engine engine;
    struct ranks *ranks;
    struct part *part;
    struct texts *texts;
    struct neighbor *neighbors;
    uint32_t n;       /* of them */
    uint32_t *which;  /* by rank: place among the neighbors, or UINT32_MAX */
    uint8_t *meeting; /* TELL_N numbers of each rank */
    sim_time publish_every;
    sim_time clock;     /* here, when a stretch ended */
    uint64_t quota;     /* events that may be carried out in it */
    uint32_t patience;  /* PATIENCE_... */
    sim_time impatient; /* the clock here when a meeting was called; 0: another called it */
    bool urgent;        /* somebody wants to meet */
    bool stuck;
    bool logging; /* somebody wants records in their order: set once, the same on all */
};

/* The direction of @link, a cable between here and there, that leaves here; or that comes. */
static struct link_dir *way_out(struct link *link)
{
    return &link->dir[node_is_here(link->dir[0].from->node) ? 0 : 1];
}

static struct link_dir *way_in(struct link *link)
{
    return &link->dir[node_is_here(link->dir[0].from->node) ? 1 : 0];
}

/* ---- packets ---- */

/* A bundle begins with room for what a packet says first: bits, clock. */
#define PACKET_HEAD 9

static void bundle_reset(struct bundle *bundle)
{
    bundle->pack.len = 0;
    bundle->first = SIM_TIME_NONE;
    pack_room(&bundle->pack, PACKET_HEAD);
}

static void send_packet(struct engine_ranks *r, struct neighbor *to, unsigned bits, sim_time clock)
{
    uint8_t *head = to->bundle.pack.octets;

    head[0] = (uint8_t)bits;
    be64_put(head + 1, (uint64_t)clock);
    to->told = clock;
    r->ranks->ops->send(r->ranks, to->rank, head, to->bundle.pack.len);
    bundle_reset(&to->bundle);
}

/* Each end says at a mark whether its interfaces are on: the scenario's next act may ask. */
static void put_interfaces(struct neighbor *to)
{
    for (uint32_t i = 0; i < to->n_cables; i++)
        pack_u8(&to->bundle.pack, way_out(to->cables[i])->from->up);
}

static bool get_interfaces(const struct neighbor *from, struct unpack *in)
{
    const uint8_t *up;

    if (unpack_left(in) < from->n_cables)
        return false;
    up = in->end - from->n_cables;
    in->end = up;
    for (uint32_t i = 0; i < from->n_cables; i++)
        way_in(from->cables[i])->from->up = up[i] != 0;
    return true;
}

/* False: these octets are no packet of @from. */
static bool take_packet(struct engine_ranks *r, struct neighbor *from, struct unpack *in)
{
    unsigned bits = unpack_u8(in);
    sim_time clock = (sim_time)unpack_u64(in);

    if (in->wrong || (bits & ~(unsigned)PACKET_BITS) != 0 || from->marked)
        return false;
    if ((bits & PACKET_MARK) != 0 && !get_interfaces(from, in))
        return false;
    while (unpack_left(in) > 0)
        if (!cut_unpack(r->engine.sim, in, r->texts))
            return false;
    if (clock > from->clock)
        from->clock = clock;
    from->idle = (bits & PACKET_IDLE) != 0;
    from->marked = (bits & PACKET_MARK) != 0;
    r->urgent |= (bits & PACKET_URGENT) != 0;
    return true;
}

/* Returns how many packets came. */
static uint32_t receive_all(struct engine_ranks *r)
{
    struct unpack in;
    uint32_t from, n = 0;

    while (r->ranks->ops->receive(r->ranks, &from, &in)) {
        CHECK(from < r->ranks->n && r->which[from] != UINT32_MAX);
        CHECK(take_packet(r, &r->neighbors[r->which[from]], &in));
        n++;
    }
    return n;
}

/* Nothing arrives before it. */
static sim_time horizon(const struct engine_ranks *r)
{
    sim_time least = SIM_TIME_NONE;

    for (uint32_t i = 0; i < r->n; i++) {
        sim_time at = sim_time_later(r->neighbors[i].clock, r->neighbors[i].look_back);

        if (at < least)
            least = at;
    }
    return least;
}

/* What the neighbors have not heard yet, if it is worth a packet. */
static void tell_clock(struct engine_ranks *r, sim_time clock, bool idle)
{
    for (uint32_t i = 0; i < r->n; i++) {
        struct neighbor *to = &r->neighbors[i];

        if (to->bundle.pack.len > PACKET_HEAD ||
            clock >= sim_time_later(to->told, to->look_ahead / PUBLISH_PARTS + 1))
            send_packet(r, to, idle ? PACKET_IDLE : 0, clock);
    }
}

static void send_full_bundles(struct engine_ranks *r, sim_time clock)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (r->neighbors[i].bundle.pack.len > BUNDLE_MAX)
            send_packet(r, &r->neighbors[i], 0, clock);
}

/* ---- meetings ---- */

static uint64_t told(const struct engine_ranks *r, uint32_t rank, unsigned what)
{
    return be64_get(r->meeting + ((size_t)rank * TELL_N + what) * 8);
}

static struct event_key told_next(const struct engine_ranks *r, uint32_t rank)
{
    return (struct event_key){ (sim_time)told(r, rank, TELL_NEXT_AT),
                               told(r, rank, TELL_NEXT_ORDER),
                               (uint32_t)told(r, rank, TELL_NEXT_COUNTER) };
}

/* Of all ranks but @but, who has the next event; *@next becomes its key. */
static uint32_t first_of_all(const struct engine_ranks *r, uint32_t but, struct event_key *next)
{
    uint32_t first = UINT32_MAX;

    *next = (struct event_key){ SIM_TIME_NONE, UINT64_MAX, 0 };
    for (uint32_t i = 0; i < r->ranks->n; i++) {
        struct event_key one = told_next(r, i);

        if (i == but || !event_key_lt(&one, next))
            continue;
        *next = one;
        first = i;
    }
    return first;
}

static uint64_t sum_of(const struct engine_ranks *r, unsigned what)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < r->ranks->n; i++)
        sum += told(r, i, what);
    return sum;
}

static void exchange(struct engine_ranks *r)
{
    const struct queue_entry *head = part_next(r->part);
    struct sim *sim = r->engine.sim;
    uint8_t mine[TELL_N * 8];
    uint64_t values[TELL_N] = {
        [TELL_NEXT_AT] = head != NULL ? (uint64_t)head->at : (uint64_t)SIM_TIME_NONE,
        [TELL_NEXT_ORDER] = head != NULL ? head->order : UINT64_MAX,
        [TELL_NEXT_COUNTER] = head != NULL ? head->counter : 0,
        [TELL_EVENTS] = r->part->n_events,
        [TELL_HOPS] = r->part->n_hops,
        [TELL_NOW] = (uint64_t)r->part->now,
        [TELL_LOGGED] = r->logging ? sim->logs[r->ranks->me]->octets_written : 0,
        [TELL_STUCK] = r->stuck,
    };

    for (unsigned i = 0; i < TELL_N; i++)
        be64_put(mine + 8 * (size_t)i, values[i]);
    r->ranks->ops->exchange(r->ranks, mine, sizeof mine, r->meeting);
    sim->elsewhere->n_events = sum_of(r, TELL_EVENTS) - r->part->n_events;
    sim->elsewhere->n_hops = sum_of(r, TELL_HOPS) - r->part->n_hops;
    for (uint32_t i = 0; i < r->ranks->n; i++)
        if ((sim_time)told(r, i, TELL_NOW) > sim->elsewhere->now)
            sim->elsewhere->now = (sim_time)told(r, i, TELL_NOW);
}

static bool all_marked(const struct engine_ranks *r)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (!r->neighbors[i].marked)
            return false;
    return true;
}

/* Whether the jump was worth the stop. */
static void learn_patience(struct engine_ranks *r, sim_time next)
{
    if (r->impatient == 0)
        return;
    if (next >= sim_time_later(r->impatient, WORTH_A_JUMP * PUBLISH_PARTS * r->publish_every))
        r->patience = PATIENCE_MIN;
    else if (r->patience < PATIENCE_MAX)
        r->patience *= 2;
    r->impatient = 0;
}

/* All stand still; all that was sent has arrived. Returns when the next event of all is due. */
static sim_time meet(struct engine_ranks *r, bool urgent)
{
    struct event_key next;

    for (uint32_t i = 0; i < r->n; i++) {
        put_interfaces(&r->neighbors[i]);
        send_packet(r, &r->neighbors[i], PACKET_MARK | (urgent ? PACKET_URGENT : 0), r->clock);
    }
    while (receive_all(r), !all_marked(r))
        r->ranks->ops->relax(r->ranks);
    exchange(r);
    first_of_all(r, UINT32_MAX, &next);
    learn_patience(r, next.at);
    r->urgent = false;
    r->clock = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        struct neighbor *neighbor = &r->neighbors[i];

        neighbor->marked = neighbor->idle = false;
        neighbor->clock = neighbor->told = next.at;
    }
    return next.at;
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
            tell_clock(r, next, false);
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
                             told(r, r->ranks->me, TELL_LOGGED) + LOG_MAX;
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
        uint32_t came = receive_all(r);
        sim_time reach = horizon(r), next;
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
        tell_clock(r, r->clock, looks >= PATIENCE_MIN);
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

    if (first_of_all(r, UINT32_MAX, &first) != r->ranks->me)
        return;
    first_of_all(r, r->ranks->me, &second);
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

        neighbor->look_ahead = look_ahead_of(neighbor, way_out);
        neighbor->look_back = look_ahead_of(neighbor, way_in);
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
    next = meet(r, urgent); /* what was sent between two runs */
    begin = sim_events(sim);
    logged = sum_of(r, TELL_LOGGED);
    stuck = sum_of(r, TELL_STUCK) > 0;
    for (;;) {
        uint64_t most;
        sim_time end;

        at = engine_next_act(sim);
        end = at < last ? at : last;
        spent = sim_events(sim) - begin;
        if ((at >= last && next >= last) || spent >= budget || spent >= about)
            break;
        if (sum_of(r, TELL_LOGGED) - logged > (stuck ? 0 : LOG_MAX)) {
            tell_records(r, in_order_until(next, at, stuck));
            logged = sum_of(r, TELL_LOGGED);
        }
        stuck = sum_of(r, TELL_STUCK) > 0;
        most = engine_least(budget, about) - spent;
        urgent = true;
        if (at <= next)
            act(r, at);
        else if (budget - spent <= RESERVE || stuck)
            run_turn(r, end, most);
        else
            urgent = run_stretch(r, end, share_of(r, most, budget - spent - RESERVE));
        look_again(r);
        next = meet(r, urgent);
    }
    if (at >= last && next >= last) {
        engine_arrive(sim, until);
        tell_records(r, SIM_TIME_NONE);
        return true;
    }
    tell_records(r, in_order_until(next, at, stuck || spent >= budget));
    return false;
}

/* ---- cables that are pulled ---- */

static void recall(struct engine *engine, struct link_dir *dir)
{
    struct engine_ranks *r = CONTAINER_OF(engine, struct engine_ranks, engine);
    struct link *link = dir->link;
    struct neighbor *neighbor = NULL;
    struct unpack in;
    uint32_t from;

    for (uint32_t i = 0; i < r->n; i++)
        for (uint32_t j = 0; j < r->neighbors[i].n_cables; j++)
            if (r->neighbors[i].cables[j] == link)
                neighbor = &r->neighbors[i];
    if (neighbor == NULL)
        return;
    if (node_is_here(dir->to->node)) {
        struct pack pack = { 0 };

        cut_give_back(dir, &pack);
        r->ranks->ops->send(r->ranks, neighbor->rank, pack.octets, pack.len);
        pack_free(&pack);
        return;
    }
    for (;;) { /* others, who have nothing to do with it, may be at the next meeting already */
        if (!r->ranks->ops->receive(r->ranks, &from, &in))
            r->ranks->ops->relax(r->ranks);
        else if (from == neighbor->rank)
            break;
        else
            CHECK(take_packet(r, &r->neighbors[r->which[from]], &in));
    }
    CHECK(cut_take_back(dir, &in, r->texts));
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

static const struct engine_ops ranks_ops = { "ranks", run, recall, end_ranks };

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
        bundle_reset(&r->neighbors[r->n].bundle);
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
