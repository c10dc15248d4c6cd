#include "sim/timer_pair.h"

#include "base/check.h"
#include "base/list.h"
#include "sim/timer_event.h"

static struct event_key key_of(const struct timer_pair *pair, unsigned hand)
{
    return timer_event_key(pair->node, pair->hands[hand].due, pair->hands[hand].counter);
}

/* The hand that runs out first; one of them runs. */
static unsigned first_hand(const struct timer_pair *pair)
{
    sim_time left = pair->hands[0].due, right = pair->hands[1].due;

    if (left != right)
        return right < left;
    return pair->hands[1].counter < pair->hands[0].counter;
}

static void fire_pair(struct event *event)
{
    struct timer_pair *pair = CONTAINER_OF(event, struct timer_pair, event);
    struct part *part = pair->node->part;
    unsigned hand = first_hand(pair);

    pair->hands[hand].due = SIM_TIME_NONE;
    if (timer_pair_running(pair, 1 - hand))
        timer_event_push(pair->node, &pair->event, pair->hands[1 - hand].due,
                         pair->hands[1 - hand].counter);
    part->cause = pair->hands[hand].cause;
    part->cause = node_record(pair->node, NULL, RECORD_TIMER, pair->kind->why(pair, hand), NULL);
    pair->kind->expired[hand](pair);
}

void timer_pair_init(struct timer_pair *pair, struct node *node, const struct timer_pair_kind *kind)
{
    event_init(&pair->event, fire_pair);
    pair->event.is_timer = true;
    pair->node = node;
    pair->kind = kind;
    for (unsigned hand = 0; hand < 2; hand++) {
        pair->hands[hand].due = SIM_TIME_NONE;
        pair->hands[hand].counter = pair->hands[hand].cause = 0;
    }
}

void timer_pair_start_at(struct timer_pair *pair, unsigned hand, sim_time due)
{
    struct node *node = pair->node;
    struct part *part = node->part;
    uint64_t counter = node->event_counter++;

    CHECK(due >= part->now && due != SIM_TIME_NONE);
    pair->hands[hand].due = due;
    pair->hands[hand].counter = counter;
    pair->hands[hand].cause = part->cause;
    timer_event_start(node, &pair->event, due, counter);
}

void timer_pair_fini(struct timer_pair *pair)
{
    timer_pair_stop(pair, 0);
    timer_pair_stop(pair, 1);
    timer_event_fini(pair->node, &pair->event);
}

struct timer_pair *timer_pair_of(struct event *event)
{
    return event->fire == fire_pair ? CONTAINER_OF(event, struct timer_pair, event) : NULL;
}

bool timer_pair_settle_head(struct part *part, struct timer_pair *pair,
                            const struct queue_entry *head)
{
    struct event_key key;

    if (!timer_pair_running(pair, 0) && !timer_pair_running(pair, 1)) {
        queue_remove(&part->queue, &pair->event);
        return true;
    }
    key = key_of(pair, first_hand(pair));
    return timer_event_settle(part, head, &key);
}
