/*
 * A function run in a process of its own, for what strangers wrote: it may read files below one
 * folder first, then compute and write its result, and nothing else. Layers, each alone enough
 * against most mistakes; a kernel without one of them goes on with the others:
 *
 *   rlimits       processor time, memory, no files written, few descriptors, no core, no processes
 *   clock         the parent kills what takes too long by the clock on the wall
 *   no_new_privs  no program could gain rights
 *   landlock      while files are read: only those below the folder, and no network
 *   seccomp       afterwards: only what computing needs, and writing to the result's pipe
 *
 * The parent's other descriptors are closed in the child. What comes over the pipe is only octets
 * of a bounded number: the parent must not believe them.
 */
#ifndef WW_LAB_JAIL_H
#define WW_LAB_JAIL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jail_layer {
    JAIL_RLIMITS = 1 << 0,
    JAIL_CLOCK = 1 << 1,
    JAIL_NO_NEW_PRIVS = 1 << 2,
    JAIL_LANDLOCK = 1 << 3,
    JAIL_SECCOMP = 1 << 4,
    JAIL_ALL = (1 << 5) - 1
};

struct jail_limits {
    unsigned cpu_seconds;
    int64_t wall_us;
    uint64_t memory;   /* octets of address space beyond what the parent has */
    size_t result_max; /* octets of the result */
};

struct jail_work {
    const char *folder;                       /* a folder or a file that read() may open, or NULL */
    void (*read)(void *ctx);                  /* may be NULL */
    void (*work)(void *ctx, GString *answer); /* fills @answer; opens nothing */
    void *ctx;
};

enum jail_end {
    JAIL_ANSWERED,    /* the whole answer is there */
    JAIL_OUT_OF_TIME, /* killed by the clock, or its processor time was spent */
    JAIL_OUT_OF_MEMORY,
    JAIL_TOO_LONG,  /* the answer */
    JAIL_FORBIDDEN, /* seccomp ended it */
    JAIL_CRASHED
};

struct jail;

/** jail_start() - fork and run @work. NULL: no process or pipe is to be had. */
struct jail *jail_start(const struct jail_limits *limits, const struct jail_work *work,
                        GError **error);
/** jail_fd() - becomes readable when jail_pump() has something to do. */
int jail_fd(const struct jail *jail);
/** jail_deadline() - on the clock of g_get_monotonic_time(). */
int64_t jail_deadline(const struct jail *jail);
/** jail_pump() - take what has come and look at the clock, without waiting. True: it is over. */
bool jail_pump(struct jail *jail);
/**
 * jail_finish() - wait for the end, or bring it about. *@answer becomes the text of an answer
 * (free with g_free()), NULL otherwise; *@signal the signal of a crash, or 0. Frees @jail.
 */
enum jail_end jail_finish(struct jail *jail, char **answer, size_t *len, int *signal);

/** jail_layers() - which of enum jail_layer this machine has: tried in a process that ends. */
unsigned jail_layers(void);
/** jail_layer_name() - "seccomp", not to be translated. */
const char *jail_layer_name(enum jail_layer layer);

#endif
