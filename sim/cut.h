/*
 * A direction of a cable whose ends are in different partitions. The sender's side keeps frames
 * until their transmission begins, and then hands them over by value through a channel; the
 * receiver's side is a struct link_dir of its own, so that the two partitions share nothing they
 * write to. See docs/parallel.md.
 */
#ifndef WW_SIM_CUT_H
#define WW_SIM_CUT_H

#include <stdbool.h>

#include "base/drop.h"
#include "sim/channel.h"
#include "sim/link.h"

struct cut {
    struct link_dir *far;      /* the receiver's side: what is on its way, by arrival */
    struct channel *channel;   /* from the sender's partition to the receiver's */
    struct frame_list waiting; /* whose transmission has not begun, by arrival */
    struct event handover;     /* of the head of `waiting` */
    sim_time handed_over;      /* arrival of the last that left here; 0: none */
};

/** cut_make() - @dir is cut from now on; nothing is on its way yet. */
void cut_make(struct link_dir *dir, struct channel *channel);
/** cut_append() - @frame (consumed), with its arrival in it, is sent behind all that was sent
 * before; it does not wait if its transmission has begun by now. */
void cut_append(struct link_dir *dir, struct frame *frame);
/** cut_straggler() - @frame (consumed) arrives out of order. */
void cut_straggler(struct link_dir *dir, struct frame *frame);
/** cut_carrier() - the receiving interface learns at @at that the sending one was switched on or
 * off. */
void cut_carrier(struct link_dir *dir, bool up, sim_time at, uint64_t counter);
/** cut_advance() - what has begun by now goes over. */
void cut_advance(struct link_dir *dir);
/** cut_last_arrival() - of all that was appended and not lost. */
sim_time cut_last_arrival(const struct cut *cut);
/** cut_take_waiting() - what waits is no longer sent: it is the caller's. */
struct frame_list cut_take_waiting(struct link_dir *dir);

/** cut_receive() - for the engine: all that has come through @channel goes to its cables. */
void cut_receive(struct channel *channel);

#endif
