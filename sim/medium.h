/*
 * The shared half-duplex medium of hubs: every station hears every other, one may send at a time,
 * and who starts before the other's signal has reached it collides. Carrier sense, jam and
 * truncated binary exponential backoff as in IEEE 802.3, 4.2.3.2; slot time 512 bit times (4,096
 * from 1 Gbit/s on), gap 96, jam 32, sixteen attempts.
 *
 * A station is the end of a cable whose other end is a hub. Signals travel at most half a slot time
 * between stations, as in a network built by the book: what a cable's delay exceeds that is added
 * after the collision window, so that a long delay in a file makes frames late and not the medium
 * unusable.
 */
#ifndef WW_SIM_MEDIUM_H
#define WW_SIM_MEDIUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/drop.h"

struct frame;
struct link;
struct sim;
struct station;

#define MEDIUM_ATTEMPTS_MAX 16
#define MEDIUM_GAP          96 /* bit times; IEEE 802.3, 4.4.2, as is the next */
#define MEDIUM_JAM          32

/** medium_build_all() - find the hubs' media and their stations, once all links are there. */
void medium_build_all(struct sim *sim);
/** medium_send() - queue @frame (consumed) at the station; it is sent when the medium is free. */
void medium_send(struct station *station, struct frame *frame);
/** medium_queue_len() - frames waiting, the one being sent included. */
size_t medium_queue_len(const struct station *station);
/** medium_reset() - the station's cable was pulled or it was switched off: what waits there is
 * dropped for @reason. */
void medium_reset(struct station *station, enum drop_reason reason);
/** medium_rewire() - @link was plugged in or out: between hubs, it joins two media or parts them.
 */
void medium_rewire(struct link *link);

#endif
