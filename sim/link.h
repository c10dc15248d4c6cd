/*
 * Links: point-to-point cables, each direction a FIFO of its own. A frame handed to iface_send()
 * waits for the transmitter (a queue of `queue` frames), takes its octets' time on the wire, and
 * arrives `delay` after its last bit. Only the head of each direction stands in the event queue. A
 * cable that ends in a hub is half duplex instead: sim/medium.h.
 */
#ifndef WW_SIM_LINK_H
#define WW_SIM_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/likely.h"
#include "base/memory.h"
#include "base/random.h"
#include "sim/frame.h"
#include "sim/node.h"

struct cut;
struct station;

#define LINK_RATE_DEFAULT UINT64_C(1000000000) /* bit/s */
#define LINK_RATE_MIN                                                                              \
    1000 /* bit/s; so that a full queue's time is a sim_time. Who reads files refuses less */
#define LINK_DELAY_DEFAULT SIM_USEC(5)
#define LINK_DELAY_MAX     SIM_SEC(3600)
#define LINK_QUEUE_DEFAULT 1000 /* frames, Linux's txqueuelen */

/* Octets on the wire that no capture shows: preamble and SFD 8, FCS 4, inter-packet gap 12. IEEE
 * 802.3, 3.1.1, 4.4.2. */
#define ETH_WIRE_OVERHEAD 24
#define LINK_HEADER_MAX   18u /* what the MTU does not count: Ethernet header and one tag */
#define ETH_WIRE_MIN      60  /* shorter frames are padded to this, IEEE 802.3, 4.2.3.3 */

enum link_fault_kind {
    LINK_FAULT_DROP,
    LINK_FAULT_DELAY,
    LINK_FAULT_DUPLICATE,
    LINK_FAULT_CORRUPT,
    LINK_FAULT_EDIT
};

/* An exact fault: the nth matching frames, counted from 1, that enter the link from one side. */
struct link_rule {
    enum link_fault_kind kind;
    unsigned side;                                 /* 0 or 1: the end it enters at */
    bool (*match)(void *ctx, struct frame *frame); /* data at the Ethernet header */
    void (*edit)(void *ctx, struct frame *frame);  /* LINK_FAULT_EDIT: change its octets, all linear
                                                      and its own, not their number */
    const char
        *text; /* in words: of LINK_FAULT_EDIT what it changes, of others what they are for */
    void *ctx;
    const uint32_t *nth; /* ascending; NULL with n_nth 0: every one */
    uint32_t n_nth;
    uint32_t seen;
    sim_time by; /* LINK_FAULT_DELAY */
    struct link_rule *next;
};

struct link_config {
    uint64_t rate; /* bit/s; 0: infinitely fast */
    sim_time delay;
    uint32_t queue;                             /* frames */
    uint32_t loss, duplicate, reorder, corrupt; /* in millionths */
    bool down;
};

struct link_dir { /* an arrival needs the first cache line, who sends the second too */
    _Alignas(ARENA_LINE) struct event arrival;
    uint64_t order; /* of its arrivals among events of the same moment */
    struct iface *to;
    struct frame_list in_flight; /* by arrival; the head is what `arrival` is queued for */
    struct frame *first_waiting; /* first of in_flight whose transmission may not have begun */

    uint32_t n_waiting; /* from it on, on a cut cable, or in flights; some may have begun */
    uint32_t queue;     /* as the cable's configuration says: link_configure() */
    sim_time free_at;   /* when the transmitter is idle again */
    sim_time time_per_octet, delay; /* as configured; 0: not a whole number, divide */
    sim_time last_arrival;          /* of what was sent last, while it is on its way */
    uint64_t tx_frames, tx_octets;  /* so far: iface_tx_frames(), iface_tx_octets() */
    bool open;                      /* the cable is plugged in: link_set_state() */
    bool plain;  /* it is, `from` is switched on, and a frame simply goes on behind the one before
                    it: link_look() */
    bool far_up; /* the interface at the other end is switched on, as far as `from` has heard */
    uint32_t takes; /* octets of the longest frame that simply goes on, whose time on the wire
                       time_per_octet says, unless the queue is full; 0: none does. link_look() */

    struct iface *from;
    struct link *link;
    struct frame
        *stragglers; /* those that do not keep the order, in no order; each has its own event */
    struct random_stream random;
    struct station *station; /* the sending end is a half-duplex station, or NULL */
    struct cut *cut;         /* the ends are in different partitions: sim/cut.h; or NULL */
};

struct link_end {
    struct link *link;
    unsigned side;
};

struct link {
    struct sim *sim;
    uint32_t id; /* place in the file, from 0 */
    struct link_config config;
    struct link_dir dir[2]; /* dir[s].from is end s */
    struct link_end end[2];
    struct link_rule *rules;
    bool up;
    bool impaired; /* any of loss, duplicate, reorder, corrupt, rules */
};

/** link_set_state() - plug the cable in or out. What was on it is lost; both ends are told through
 * ops->carrier. */
void link_set_state(struct link *link, bool up);
/** link_configure() - new rate, delay, queue or faults for what is sent from now on; `down` is not
 * looked at. The rate is 0 or at least LINK_RATE_MIN, the delay at most LINK_DELAY_MAX. */
void link_configure(struct link *link, const struct link_config *config);
/** link_add_rule() - @rule belongs to the caller and outlives the run. Rules are tried in the order
 * added. */
void link_add_rule(struct link *link, struct link_rule *rule);
/** link_transmission_time() - of a frame with @len octets from its Ethernet header on. */
sim_time link_transmission_time(const struct link *link, size_t len);
/** link_octets_on_wire() - how many octets such a frame keeps the cable busy for. */
static inline sim_time link_octets_on_wire(size_t len)
{
    return (sim_time)(len < ETH_WIRE_MIN ? ETH_WIRE_MIN : len) + ETH_WIRE_OVERHEAD;
}
/** link_dir_time() - link_transmission_time() in one direction. */
static inline sim_time link_dir_time(const struct link_dir *dir, size_t len)
{
    sim_time octets = link_octets_on_wire(len);
    sim_time each = dir->time_per_octet;

    if (LIKELY(each != 0))
        return octets * each;
    if (dir->link->config.rate == 0)
        return 0;
    return (sim_time)((uint64_t)octets * UINT64_C(8000000000000) / dir->link->config.rate);
}
/** link_starts_at() - when @dir's transmitter begins with a frame that it is given now. */
static inline sim_time link_starts_at(const struct link_dir *dir, sim_time now)
{
    sim_time free_at = dir->free_at;

    return free_at > now ? free_at : now;
}
/** link_fetch() - what who sends in direction @dir needs of it comes into the cache. */
static inline void link_fetch(const struct link_dir *dir)
{
    mem_fetch(dir, 2);
}
/** iface_tx_frames() / iface_tx_octets() - what @iface has put on its cable. Counted there, where
 * who sends writes anyway. */
static inline uint64_t iface_tx_frames(const struct iface *iface)
{
    return iface->out == NULL ? 0 : iface->out->tx_frames;
}
static inline uint64_t iface_tx_octets(const struct iface *iface)
{
    return iface->out == NULL ? 0 : iface->out->tx_octets;
}
/** link_peer() - the interface at the other end of @iface's cable, or NULL. */
struct iface *link_peer(const struct iface *iface);
/** link_propagate() - @frame's last bit leaves @dir's sending end now; it arrives after the delay
 * and the link's faults. */
void link_propagate(struct link_dir *dir, struct frame *frame);

/* starts_at of the second of two duplicates: the link made it, so it never waited in the sender's
 * queue. */
#define LINK_COPY_ON_THE_WIRE ((sim_time)-1)

/* For sim/cut.c: what the receiver's side does. */

/** link_fly() - @frame, with its arrival in it, is behind all that is on its way. */
void link_fly(struct link_dir *dir, struct frame *frame);
/** link_straggle() - @frame arrives at a time of its own. */
void link_straggle(struct link_dir *dir, struct frame *frame);
/** link_carrier_later() - the receiving interface learns at @at that the sending one was switched
 * on or off; @counter is the sender's, for the order of events. */
void link_carrier_later(struct link_dir *dir, bool up, sim_time at, uint64_t counter);
/** link_look_ahead() - the least time between an act at @dir's sending end and what is seen of it
 * at the other. */
sim_time link_look_ahead(const struct link_dir *dir);
/** link_config_look_ahead() - the same for a cable that is not there yet, and whose ends repeat
 * nothing. */
sim_time link_config_look_ahead(const struct link_config *config);

/* For sim/flight.c. */

/** link_deliver() - @frame has reached the end of @dir; frame->id is that of its RECORD_SEND. */
void link_deliver(struct link_dir *dir, struct frame *frame);
/** link_join() - @frame, of a flight, is on @dir alone from now on: before all that was sent after
 * it. */
void link_join(struct link_dir *dir, struct frame *frame);

/** link_look() - for whoever changes whether a direction is plain: a half-duplex station or a
 * repeater sends, its ends are in different partitions, or the cable has faults. */
void link_look(struct link *link);

/* For sim.c. */
void link_init(struct link *link, struct sim *sim, uint32_t id, struct iface *a, struct iface *b,
               const struct link_config *config);

#endif
