/* What cables do to frames, by rule or by chance, and the frames that do not keep the order. */
#include "base/list.h"
#include "sim/cut.h"
#include "sim/link_internal.h"
#include "sim/sim.h"

#define MILLION 1000000

static void take_straggler(struct link_dir *dir, struct frame *frame)
{
    struct frame **at = &dir->stragglers;

    while (*at != frame)
        at = &(*at)->next;
    *at = frame->next;
    frame->next = NULL;
}

static void straggler_arrives(struct event *event)
{
    struct frame *frame = CONTAINER_OF(event, struct frame, event);
    struct link_end *end =
        frame->in->end; /* while out of the FIFO, `in` remembers the sending end */
    struct link_dir *dir = &end->link->dir[end->side];

    if (dir->cut != NULL)
        dir = dir->cut->far;
    take_straggler(dir, frame);
    link_deliver(dir, frame);
}

void link_straggle(struct link_dir *dir, struct frame *frame)
{
    frame->in = dir->from;
    frame->next = dir->stragglers;
    dir->stragglers = frame;
    event_init(&frame->event, straggler_arrives);
    queue_push_at(&dir->to->node->part->queue, &frame->event, frame->arrives_at, dir->order,
                  frame->counter);
}

void link_send_late(struct link_dir *dir, struct frame *frame, sim_time arrives_at)
{
    frame->arrives_at = arrives_at;
    frame->counter = (uint32_t)dir->from->node->event_counter++;
    if (dir->cut != NULL)
        cut_straggler(dir, frame);
    else
        link_straggle(dir, frame);
}

static bool chance(struct link_dir *dir, uint32_t millionths)
{
    return millionths != 0 && random_below(&dir->random, MILLION) < millionths;
}

static bool rule_strikes(struct link_rule *rule, unsigned side, struct frame *frame)
{
    if (rule->side != side || !rule->match(rule->ctx, frame))
        return false;
    rule->seen++;
    if (rule->n_nth == 0)
        return true;
    for (uint32_t i = 0; i < rule->n_nth; i++)
        if (rule->nth[i] == rule->seen)
            return true;
    return false;
}

void link_corrupt(struct link_dir *dir, struct frame *frame)
{
    uint64_t bit;

    frame_finish_checksum(frame);
    frame_linearize(frame);
    bit = random_below(&dir->random, (uint64_t)frame->len * 8);
    frame->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* The receiver's cause is still the sending; what happened between stands beside it. */
static void tell_fault(struct link_dir *dir, const struct frame *frame, struct why why,
                       const char *text)
{
    struct node *node = dir->from->node;
    uint64_t cause = node->part->cause;

    node->part->cause = frame->id;
    node_record(node, dir->from, RECORD_CONTROL, why, text);
    node->part->cause = cause;
}

static void edit(struct link_dir *dir, const struct link_rule *rule, struct frame *frame)
{
    frame_finish_checksum(frame);
    frame_linearize(frame);
    rule->edit(rule->ctx, frame);
    tell_fault(dir, frame, WHY0(FRAME_EDITED), rule->text);
}

/* @rule is meant for @frame: take it into @faults. */
static void strike(struct link_dir *dir, const struct link_rule *rule, struct frame *frame,
                   struct link_faults *faults)
{
    switch (rule->kind) {
    case LINK_FAULT_DROP:
        faults->drop = true;
        faults->reason = DROP_LINK_RULE;
        tell_fault(dir, frame, WHY(FAULT_DROP, rule->seen), rule->text);
        break;
    case LINK_FAULT_DELAY:
        faults->late += rule->by;
        tell_fault(dir, frame, WHY(FAULT_DELAY, rule->seen, (uint64_t)rule->by), rule->text);
        break;
    case LINK_FAULT_DUPLICATE:
        faults->duplicate = true;
        tell_fault(dir, frame, WHY(FAULT_DUPLICATE, rule->seen), rule->text);
        break;
    case LINK_FAULT_CORRUPT:
        faults->corrupt = true;
        tell_fault(dir, frame, WHY(FAULT_CORRUPT, rule->seen), rule->text);
        break;
    case LINK_FAULT_EDIT:
        edit(dir, rule, frame);
        break;
    }
}

/* What a cable does by chance; of a frame that is lost the drop tells. */
static void draw_chances(struct link_dir *dir, const struct frame *frame,
                         struct link_faults *faults)
{
    const struct link_config *config = &dir->link->config;
    bool lost = chance(dir, config->loss), doubled = chance(dir, config->duplicate),
         damaged = chance(dir, config->corrupt), late = chance(dir, config->reorder);
    sim_time by = 0;

    if (late) { /* by up to the link's delay, but enough to be overtaken */
        sim_time most = config->delay > SIM_MSEC(1) ? config->delay : SIM_MSEC(1);

        by = (sim_time)random_below(&dir->random, (uint64_t)most) + 1;
    }
    faults->drop |= lost;
    faults->duplicate |= doubled;
    faults->corrupt |= damaged;
    faults->late += by;
    if (faults->drop)
        return;
    if (doubled)
        tell_fault(dir, frame, WHY0(CHANCE_DUPLICATE), NULL);
    if (damaged)
        tell_fault(dir, frame, WHY0(CHANCE_CORRUPT), NULL);
    if (late)
        tell_fault(dir, frame, WHY(CHANCE_REORDER, (uint64_t)by), NULL);
}

struct link_faults link_draw_faults(struct link_dir *dir, struct frame *frame)
{
    struct link_faults faults = { .reason = DROP_LINK_LOSS };
    unsigned side = dir->from->end->side;

    for (struct link_rule *rule = dir->link->rules; rule != NULL; rule = rule->next)
        if (rule_strikes(rule, side, frame))
            strike(dir, rule, frame, &faults);
    draw_chances(dir, frame, &faults);
    return faults;
}
