/* What ranks tell each other: packets with clocks and frames, meetings, cables that are pulled. */
#include "sim/rank_messages.h"

#include "base/be.h"
#include "base/check.h"
#include "base/list.h"
#include "sim/channel.h"

#define PATIENCE_MAX 4096
#define WORTH_A_JUMP 8 /* look-aheads that a meeting must gain, for the next to come as early */

/* What a packet says first. */
enum {
    PACKET_MARK = 1,   /* nothing more comes before the meeting */
    PACKET_URGENT = 2, /* with a mark: the sender cannot go on, or must not */
    PACKET_IDLE = 4,   /* the sender has nothing to do before its horizon */
    PACKET_BITS = 7
};

/* ---- packets ---- */

/* A bundle begins with room for what a packet says first: bits, clock. */
#define PACKET_HEAD 9

void rank_bundle_reset(struct bundle *bundle)
{
    bundle->pack.len = 0;
    bundle->first = SIM_TIME_NONE;
    pack_room(&bundle->pack, PACKET_HEAD);
}

void rank_send_packet(struct engine_ranks *r, struct neighbor *to, unsigned bits, sim_time clock)
{
    uint8_t *head = to->bundle.pack.octets;

    head[0] = (uint8_t)bits;
    be64_put(head + 1, (uint64_t)clock);
    to->told = clock;
    r->ranks->ops->send(r->ranks, to->rank, head, to->bundle.pack.len);
    rank_bundle_reset(&to->bundle);
}

/* Each end says at a mark whether its interfaces are on: the scenario's next act may ask. */
static void put_interfaces(struct neighbor *to)
{
    for (uint32_t i = 0; i < to->n_cables; i++)
        pack_u8(&to->bundle.pack, rank_way_out(to->cables[i])->from->up);
}

static bool get_interfaces(const struct neighbor *from, struct unpack *in)
{
    const uint8_t *up;

    if (unpack_left(in) < from->n_cables)
        return false;
    up = in->end - from->n_cables;
    in->end = up;
    for (uint32_t i = 0; i < from->n_cables; i++)
        rank_way_in(from->cables[i])->from->up = up[i] != 0;
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
uint32_t rank_receive_all(struct engine_ranks *r)
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
sim_time rank_horizon(const struct engine_ranks *r)
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
void rank_tell_clock(struct engine_ranks *r, sim_time clock, bool idle)
{
    for (uint32_t i = 0; i < r->n; i++) {
        struct neighbor *to = &r->neighbors[i];

        if (to->bundle.pack.len > PACKET_HEAD ||
            clock >= sim_time_later(to->told, to->look_ahead / PUBLISH_PARTS + 1))
            rank_send_packet(r, to, idle ? PACKET_IDLE : 0, clock);
    }
}

/* ---- meetings ---- */

uint64_t rank_told(const struct engine_ranks *r, uint32_t rank, unsigned what)
{
    return be64_get(r->meeting + ((size_t)rank * TELL_N + what) * 8);
}

static struct event_key told_next(const struct engine_ranks *r, uint32_t rank)
{
    return (struct event_key){ (sim_time)rank_told(r, rank, TELL_NEXT_AT),
                               rank_told(r, rank, TELL_NEXT_ORDER),
                               (uint32_t)rank_told(r, rank, TELL_NEXT_COUNTER) };
}

/* Of all ranks but @but, who has the next event; *@next becomes its key. */
uint32_t rank_first_of_all(const struct engine_ranks *r, uint32_t but, struct event_key *next)
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

uint64_t rank_sum_of(const struct engine_ranks *r, unsigned what)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < r->ranks->n; i++)
        sum += rank_told(r, i, what);
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
    sim->elsewhere->n_events = rank_sum_of(r, TELL_EVENTS) - r->part->n_events;
    sim->elsewhere->n_hops = rank_sum_of(r, TELL_HOPS) - r->part->n_hops;
    for (uint32_t i = 0; i < r->ranks->n; i++)
        if ((sim_time)rank_told(r, i, TELL_NOW) > sim->elsewhere->now)
            sim->elsewhere->now = (sim_time)rank_told(r, i, TELL_NOW);
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
sim_time rank_meet(struct engine_ranks *r, bool urgent)
{
    struct event_key next;

    for (uint32_t i = 0; i < r->n; i++) {
        put_interfaces(&r->neighbors[i]);
        rank_send_packet(r, &r->neighbors[i], PACKET_MARK | (urgent ? PACKET_URGENT : 0), r->clock);
    }
    while (rank_receive_all(r), !all_marked(r))
        r->ranks->ops->relax(r->ranks);
    exchange(r);
    rank_first_of_all(r, UINT32_MAX, &next);
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

/* ---- cables that are pulled ---- */

void rank_recall(struct engine *engine, struct link_dir *dir)
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
