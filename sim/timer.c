#include "sim/timer.h"

#include "base/check.h"
#include "base/list.h"
#include "sim/timer_event.h"
#include "sim/timer_pair.h"

MEM_LINES_HOLD(offsetof(struct timer, event) == 0 && offsetof(struct timer, cause) == ARENA_LINE,
               "with the event comes all that is needed when it runs out, but for who looks");

/* That @timer runs out, because of what started it, where somebody looks. */
APART static uint64_t show(const struct timer *timer)
{
    timer->node->part->cause = timer->cause;
    return node_show(timer->node, NULL, RECORD_TIMER, timer->why, NULL, 0);
}

static void fire(struct event *event)
{
    struct timer *timer = CONTAINER_OF(event, struct timer, event);
    struct node *node = timer->node;
    struct part *part = node->part;

    timer->due = SIM_TIME_NONE;
    part->cause = UNLIKELY(node_wants(node, RECORD_TIMER)) ? show(timer) : node_new_record_id(node);
    timer->expired(timer->ctx);
}

void timer_init(struct timer *timer, struct node *node, struct why why, void (*expired)(void *ctx),
                void *ctx)
{
    event_init(&timer->event, fire);
    timer->event.is_timer = true;
    timer->node = node;
    timer->why = why;
    timer->expired = expired;
    timer->ctx = ctx;
    timer->due = SIM_TIME_NONE;
    timer->counter = 0;
    timer->cause = 0;
}

static struct event_key key_of(const struct timer *timer)
{
    return timer_event_key(timer->node, timer->due, timer->counter);
}

void timer_start_at(struct timer *timer, sim_time due)
{
    timer_start_from(timer, timer->node, node_now(timer->node), due);
}

APART void timer_event_pull(struct node *node, struct event *event, sim_time due, uint64_t counter)
{
    queue_remove(&node->part->queue, event);
    timer_event_push(node, event, due, counter);
}

void timer_start(struct timer *timer, sim_time delay)
{
    timer_start_at(timer, node_now(timer->node) + delay);
}

void timer_stop(struct timer *timer)
{
    timer->due = SIM_TIME_NONE;
    timer->event.moved = true;
}

void timer_fini(struct timer *timer)
{
    timer->due = SIM_TIME_NONE;
    timer_event_fini(timer->node, &timer->event);
}

bool timer_settle_head(struct part *part, const struct queue_entry *head)
{
    struct timer_pair *pair = timer_pair_of(head->event);
    struct timer *timer = CONTAINER_OF(head->event, struct timer, event);
    struct event_key key;

    if (pair != NULL)
        return timer_pair_settle_head(part, pair, head);
    if (timer->due == SIM_TIME_NONE) {
        queue_remove(&part->queue, &timer->event);
        return true;
    }
    key = key_of(timer);
    return timer_event_settle(part, head, &key);
}
