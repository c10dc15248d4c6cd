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
#include "base/pack.h"
#include "sim/channel.h"
#include "sim/link.h"

/* What goes to another rank, by number of the cable. */
struct bundle {
    struct pack pack;
    sim_time first; /* the earliest arrival of what is in it, or SIM_TIME_NONE */
};

struct texts;

struct cut {
    struct link_dir *far;      /* the receiver's side: what is on its way, by arrival */
    struct channel *channel;   /* from the sender's partition to the receiver's */
    struct bundle *bundle;     /* in the place of a channel, when the receiver is at another rank */
    struct frame_list waiting; /* whose transmission has not begun, by arrival */
    struct event handover;     /* of the head of `waiting`, where nobody calls cut_flush() */
    struct cut *next_waiting;  /* of the partition's */
    bool listed;               /* among them, if only because frames waited a moment ago */
    sim_time handed_over;      /* arrival of the last that left here; 0: none */
};

/** cut_make() - @dir is cut from now on; nothing is on its way yet. @channel is NULL when one of
 * its ends is at another rank. */
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
/**
 * cut_flush() - what waits at @part's cuts and begins before @before goes over. An engine that
 * calls it before it tells other partitions that nothing begins here before then may set
 * part->flushes_cuts, which spares an event for each frame that waits; cut_flush_ends() gives what
 * still waits its events, for all that goes on in order.
 */
void cut_flush(struct part *part, sim_time before);
void cut_flush_ends(struct part *part);
/** cut_first_waiting() - when the first of what waits at @part's listed cuts begins, or
 * SIM_TIME_NONE. */
sim_time cut_first_waiting(const struct part *part);
/** cut_last_arrival() - of all that was appended and not lost. */
sim_time cut_last_arrival(const struct cut *cut);
/** cut_take_waiting() - what waits is no longer sent: it is the caller's. */
struct frame_list cut_take_waiting(struct link_dir *dir);

/** cut_recall() - the cable is pulled: what is on its way through @dir comes back to where it can
 * be lost, should the receiver be at another rank. */
void cut_recall(struct link_dir *dir);

/** cut_receive() - for the engine: all that has come through @channel goes to its cables. */
void cut_receive(struct channel *channel);

/* For the engine of ranks. */

/** cut_unpack() - the next message of a bundle goes to its cable; false: it is none that could come
 * here. */
bool cut_unpack(struct sim *sim, struct unpack *in, struct texts *texts);
/** cut_give_back() - what has come through @dir and not arrived is appended to @out; here it is no
 * longer. cut_take_back() - the same at the sender: it is on its way there. */
void cut_give_back(struct link_dir *dir, struct pack *out);
bool cut_take_back(struct link_dir *dir, struct unpack *in, struct texts *texts);

#endif
