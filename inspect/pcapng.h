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

struct pcapng;
struct sim;

/**
 * pcapng_new() - begin @path and observe @sim from now on; nodes, interfaces and links are there
 * already. NULL with *@error set where the file cannot be written. End it with pcapng_close().
 */
struct pcapng *pcapng_new(struct sim *sim, const char *path, GError **error);
/**
 * pcapng_name() - readers may show @name for @addr from here on. The first name of an address
 * counts. Addresses that nodes get during the run are named after their node without this.
 */
void pcapng_name(struct pcapng *pcapng, ip4_addr addr, const char *name);
/** pcapng_close() - statistics of every port, then the file is complete. Before sim_free(). False
 * with *@error set. */
bool pcapng_close(struct pcapng *pcapng, GError **error);

#endif
