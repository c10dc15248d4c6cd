/*
 * The narrated timeline: what happens, told in the user's language line by line.
 *
 *     time        frame  from → to    what it is: why it is sent
 *                        • a table or a connection changed
 *                        ✗ a frame died, and why
 *     time        pc1$ command        and what it prints
 *
 * One line tells a frame on one cable, when it is sent; its arrival is told only where it dies. A
 * switch or hub that sends the same frame out of several ports does so in one line. Frames are
 * numbered from 1 in the order in which they are sent: number n is the run's nth RECORD_SEND.
 */
#ifndef WW_INSPECT_NARRATE_H
#define WW_INSPECT_NARRATE_H

#include <stdbool.h>
#include <stdint.h>

struct sim;
struct narrate;

enum narrate_level {
    NARRATE_QUIET,  /* nothing */
    NARRATE_BRIEF,  /* frames, commands, drops that matter */
    NARRATE_NORMAL, /* and what changes, and every drop */
    NARRATE_FULL,   /* and timers, calls, arrivals, all details */
};

struct narrate_options {
    enum narrate_level level;
    bool colour;   /* ANSI escape sequences */
    bool chapters; /* headings of a visit's chapters, inspect/story.h */
    void (*write)(void *ctx, const char *text); /* whole lines, UTF-8, newline included */
    void *ctx;
};

/** narrate_new() - tell what happens in @sim from now on; its links are there already. */
struct narrate *narrate_new(struct sim *sim, const struct narrate_options *options);
/** narrate_flush() - write what is held back: a frame whose further copies may still come. */
void narrate_flush(struct narrate *narrate);
/** narrate_frames() - frames sent so far: the number of the last one told. */
uint64_t narrate_frames(const struct narrate *narrate);
/** narrate_free() - flush and end. Before sim_free(). */
void narrate_free(struct narrate *narrate);

#endif
