/*
 * The whole network's capture as one pcapng file (draft-ietf-opsawg-pcapng): an interface block per
 * port, named node:interface; a packet block wherever a port sends or receives, with nanosecond
 * virtual times, the direction, the record's id and, as a comment, why it was sent, in the user's
 * language. Octets depend on the run alone: no wall clock, no machine's name, little endian
 * everywhere.
 */
#ifndef WW_INSPECT_PCAPNG_H
#define WW_INSPECT_PCAPNG_H

#include <glib.h>
#include <stdbool.h>

#include "base/addr.h"

struct iface;
struct pcapng;
struct sim;

/* Which frames are kept, and under what. */
struct pcapng_choice {
    bool cables; /* an interface block per cable, `a:x - b:y`, and each frame once, as it leaves;
                    else one per port, and each frame where it leaves and where it arrives */
    bool (*wants)(void *ctx, const struct iface *iface); /* NULL: all ports */
    void *ctx;                                           /* used by pcapng_new() alone */
};

/**
 * pcapng_new() - begin @path and observe @sim from now on; nodes, interfaces and links are there
 * already. NULL with *@error set where the file cannot be written. End it with pcapng_close().
 */
struct pcapng *pcapng_new(struct sim *sim, const char *path, GError **error);
/** pcapng_new_of() - the same of what @choice names. */
struct pcapng *pcapng_new_of(struct sim *sim, const char *path, const struct pcapng_choice *choice,
                             GError **error);
/**
 * pcapng_name() - readers may show @name for @addr from here on. The first name of an address
 * counts. Addresses that nodes get during the run are named after their node without this.
 */
void pcapng_name(struct pcapng *pcapng, ip4_addr addr, const char *name);
/** pcapng_close() - statistics of every port, then the file is complete. Before sim_free(). False
 * with *@error set. */
bool pcapng_close(struct pcapng *pcapng, GError **error);

#endif
