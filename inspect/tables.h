/*
 * The nodes' tables as text: what `ip neigh`, `ip route`, `ss` and a switch's table would show,
 * gathered through the nodes' describe hooks.
 *
 * `--state FILE` is {"SNAPSHOT": {"NODE": {"TABLE": ["line", ...]}}}: nodes in the order of the
 * topology file, of a host and a router always neigh, route, route_cache, tcp and addr, of a switch
 * always fdb, and ports where it tells them; lines sorted. A port number that the host itself
 * picked (32768 to 60999) is written P1, P2, ... in the order the table is told, because it says
 * nothing about the network and differs from run to run on real machines.
 */
#ifndef WW_INSPECT_TABLES_H
#define WW_INSPECT_TABLES_H

#include <glib.h>
#include <stdbool.h>

#include "base/pack.h"

struct node;
struct sim;
struct tables;

struct tables *tables_new(void);
void tables_free(struct tables *tables);
/** tables_record() - every node's tables as they are now, under @name. Recording a name again
 * replaces it. */
void tables_record(struct tables *tables, struct sim *sim, const char *name);
/** tables_lines() - sorted lines of one table in a snapshot, NULL-terminated, or NULL where there
 * is no such table. */
const char *const *tables_lines(const struct tables *tables, const char *snapshot, const char *node,
                                const char *table);
/** tables_pack() - the tables of nodes that are here, of all snapshots, for another rank.
 * tables_unpack() - and there, where the same snapshots were recorded. */
void tables_pack(const struct tables *tables, const struct sim *sim, struct pack *out);
void tables_unpack(struct tables *tables, struct unpack *in);
/** tables_json() - the text of the --state file. Free with g_free(). */
char *tables_json(const struct tables *tables);

/** tables_write() - append all tables of @node to @out for people: each with its name, lines in the
 * order told. */
void tables_write(struct node *node, GString *out);
/** tables_write_one() - the lines of one table alone, without a title; false when the node has none
 * of that name. */
bool tables_write_one(struct node *node, const char *table, GString *out);

#endif
