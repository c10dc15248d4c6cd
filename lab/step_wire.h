/*
 * Messages between the stepper's front end and the processes that hold a moment of the run each: a
 * header, a text behind it, and for STEP_CHILD the socket of a new process. Both ends are forks of
 * one program, so the header goes as it lies in memory.
 */
#ifndef WW_LAB_STEP_WIRE_H
#define WW_LAB_STEP_WIRE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/time.h"

/* A moment of a run. The same numbers mean the same moment in every execution of the same files and
 * acts. */
struct step_position {
    uint64_t events;   /* that have happened */
    uint64_t hops;     /* frames that have arrived somewhere */
    uint64_t frames;   /* frames sent: the number of the last one */
    sim_time now;      /* the clock; may stand behind the last event */
    sim_time event_at; /* when the last event happened; -1: none yet */
    bool at_arrival;   /* the last event was the arrival of a frame */
};

enum step_type {
    /* to a process */
    STEP_FORK, /* make a twin of yourself: STEP_CHILD */
    STEP_RUN,  /* go on to `goal`; text: the stops, one a line. STEP_CHILD for each checkpoint, then
                  STEP_DONE */
    STEP_LOOK, /* text: a command that changes nothing. STEP_TEXT */
    STEP_ACT,  /* text: an entry of the timeline. STEP_TEXT, empty or the error */
    STEP_HALT, /* while it runs: stop as soon as possible */
    /* from it */
    STEP_CHILD,
    STEP_DONE,
    STEP_TEXT,
};

enum step_reason {
    STEP_AT_GOAL,       /* the events, arrivals or time asked for */
    STEP_AT_STOP,       /* stop number `stop` */
    STEP_AT_END,        /* the run is over */
    STEP_OUT_OF_EVENTS, /* the run's budget is spent */
    STEP_HALTED,
    STEP_ACTED, /* an act of the user's has happened */
};

struct step_goal {
    uint64_t events, hops; /* UINT64_MAX: no matter */
    sim_time time;         /* SIM_TIME_NONE: no matter; else the clock shows it afterwards */
    bool search;           /* do not stop: say where the last stop before `events` was */
    bool act;              /* stop once an act has happened */
};

struct step_message {
    uint32_t type; /* enum step_type */
    uint32_t len;  /* of the text */
    struct step_goal goal;
    struct step_position position;
    uint32_t reason; /* enum step_reason */
    uint32_t stop; /* which stop, from 0 in the order given; STEP_LOOK: 1 when the command failed */
    uint64_t memory; /* STEP_CHILD: octets the process takes */
    uint64_t record; /* id of the record that a stop was for, or 0 */
};

/** step_wire_send() - @message with @text (may be NULL) and @fd (-1: none). False: the other side
 * is gone. */
bool step_wire_send(int fd_to, struct step_message *message, const char *text, int fd);
/** step_wire_receive() - the next message; @text gets its text, *@fd a descriptor or -1; both may
 * be NULL. */
bool step_wire_receive(int fd_from, struct step_message *message, GString *text, int *fd);

#endif
