/*
 * run-hash: one number that says whether two runs were the same, octet for octet and moment for
 * moment.
 *
 * Each port has a SHA-256 over its records in their order: direction (1 octet: 'S' or 'R'), virtual
 * time (8, big endian, picoseconds), length (4), and the SHA-256 of the frame's octets (32). The
 * run-hash is the SHA-256 over all ports in the order of nodes and their interfaces:
 * "node:interface", a zero octet, the port's digest. So it depends on what happened at each port,
 * and not on how a run was divided among threads.
 */
#ifndef WW_INSPECT_RUN_HASH_H
#define WW_INSPECT_RUN_HASH_H

#include <stdbool.h>

#include "base/pack.h"
#include "base/sha256.h"

struct sim;
struct run_hash;

#define RUN_HASH_TEXT_MAX (2 * SHA256_LEN + 1)

/** run_hash_new() - observe @sim from now on. Free it before sim_free(). */
struct run_hash *run_hash_new(struct sim *sim);
/** run_hash_text() - the hash of what has happened so far, 64 hexadecimal digits. The run can go
 * on. */
const char *run_hash_text(const struct run_hash *hash, char text[static RUN_HASH_TEXT_MAX]);
/** run_hash_pack() - what the nodes that are here have come to, for another rank. run_hash_unpack()
 * - and there it counts in the place of what happened to those nodes there: nothing. */
void run_hash_pack(const struct run_hash *hash, struct pack *out);
void run_hash_unpack(struct run_hash *hash, struct unpack *in);
void run_hash_free(struct run_hash *hash);

#endif
