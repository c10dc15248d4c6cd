/*
 * Trace records: everything that happens has an id, the id of what caused it, and a reason with
 * arguments. Narration, why-questions, captures and grading are rendered from these by observers;
 * without observers nothing is built. Records are handed out in the order of the run's events and
 * are valid during the call only. What they point to may have gone on since when the run has
 * several partitions: names and cables are to be looked at, tables are not.
 */
#ifndef WW_SIM_TRACE_H
#define WW_SIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/drop.h"
#include "base/why.h"
#include "sim/time.h"

struct frame;
struct iface;
struct node;

enum record_kind {
    RECORD_SEND,    /* an interface puts a frame on its cable */
    RECORD_RECEIVE, /* an interface gets a frame from its cable */
    RECORD_DROP,    /* a frame or packet dies: `drop` says why */
    RECORD_STATE,   /* a table entry, an address, a connection changed */
    RECORD_TIMER,   /* a timer ran out */
    RECORD_CALL,    /* a program's call into the socket layer, its blocking and its end */
    RECORD_COMMAND, /* a command starts or ends */
    RECORD_OUTPUT,  /* a program printed a piece of text (not always whole lines) */
    RECORD_MEDIUM,  /* collision, backoff */
    RECORD_CONTROL, /* the scenario acts: cable, interface, snapshot */
    RECORD_N_KINDS
};

#define RECORD_BIT(kind) (1u << (kind))
#define RECORD_ALL       (RECORD_BIT(RECORD_N_KINDS) - 1)

/*
 * A record's id: node id << 34 | the node's own count (from 1). 0 is "nothing". The same in every
 * run of the same files, at any number of threads and with any observers.
 */
#define RECORD_COUNT_BITS 34

struct record {
    uint64_t id, cause;
    sim_time at;
    enum record_kind kind;
    enum drop_reason drop;
    struct why why;
    const struct node *node;
    const struct iface *iface; /* NULL: the whole node */
    struct frame *frame;       /* SEND, RECEIVE, DROP; else NULL */
    const uint8_t *frame_at;   /* its first octet that is known: see `at_ether`. Linear up to
                                  frame->data + frame->len,   then frame->payload */
    bool at_ether;    /* frame_at is an Ethernet header. False for a DROP before the frame had one:
                         frame_at    is its IP header, or what there is */
    const char *text; /* command, output, call; or NULL */
    uint64_t process; /* COMMAND, OUTPUT, CALL: which run of a program, unique in the run; else 0 */
};

struct observer {   /* embed it in its owner */
    uint32_t wants; /* RECORD_BIT()s */
    /* It needs the order of each node's records only, and may be called for nodes of different
       partitions at once. Others are told everything in the order of the run, one at a time. */
    bool by_node;
    uint32_t
        counts; /* of what it wants: RECORD_BIT()s of which it may be told only how many came */
    void (*record)(struct observer *observer, const struct record *record);
    /* So many came, in the place of as many records; NULL where counts is 0. */
    void (*count)(struct observer *observer, uint64_t n);
    struct observer *next;
};

static inline uint32_t record_node_id(uint64_t id)
{
    return (uint32_t)(id >> RECORD_COUNT_BITS);
}

#endif
