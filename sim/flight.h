/*
 * Flights: one frame that a switch sends out of many ports at the same moment. It is one descriptor
 * and one event, which comes back for each receiver in the place where the arrival at that receiver
 * belongs; what a port and its cable count, and what is recorded, is what iface_send() would have
 * counted and recorded. Ports that are busy send it when they are free again, and count it among
 * what waits. A flight is only made where nothing is special: the others get a frame of their own.
 */
#ifndef WW_SIM_FLIGHT_H
#define WW_SIM_FLIGHT_H

#include "sim/frame.h"
#include "sim/link.h"
#include "sim/node.h"
#include "sim/sim.h"

#define FLIGHT_FROM 8u /* ports: with fewer there is nothing to gain */
#define FLIGHT_MAX  (FLIGHT_FROM << (PART_N_FLIGHTS - 1))

struct flight;

/** flights_may() - frames of @node may go together. */
static inline bool flights_may(const struct node *node)
{
    return !node->sim->single_frames;
}
/** flight_new() - @frame, whose data is at its Ethernet header and stays the caller's, is to be
 * sent by @node out of up to @n_max ports, FLIGHT_MAX at most. */
struct flight *flight_new(struct node *node, struct frame *frame, uint32_t n_max);
/** flight_take() - @iface, which has carrier, sends a clone of the frame. False: nothing has been
 * done, it must be sent alone. */
bool flight_take(struct flight *flight, struct iface *iface);
/** flight_depart() - all ports have been asked. True: the flight is on its way, and has consumed
 * the frame. False: nobody was taken, and there is no flight any more. */
bool flight_depart(struct flight *flight);
/** flight_dissolve() - all that is under way in @part's flights becomes single frames on their
 * cables: for whoever looks at them there. */
void flight_dissolve(struct part *part);

#endif
