/*
 * A ladder diagram: a column per chosen node, an arrow per frame that goes from one of them to
 * another, time running down. What lies between two columns (switches, hubs, routers that were not
 * chosen) is passed through: the arrow begins where the frame, or the packet in it, left a chosen
 * node, and ends where it reached the next.
 */
#ifndef WW_INSPECT_LADDER_H
#define WW_INSPECT_LADDER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "inspect/story.h"

struct ladder;
struct node;
struct sim;

/** ladder_new() - observe what goes between @nodes (@n of them, at least two) from now on, columns
 * in that order. */
struct ladder *ladder_new(struct sim *sim, const struct node *const *nodes, unsigned n);
/** ladder_arrows() - arrows so far. */
unsigned ladder_arrows(const struct ladder *ladder);
/** ladder_write() - append the diagram, @width columns wide (at least 40); @chapter CHAPTER_NONE:
 * all of it, else that part. */
void ladder_write(const struct ladder *ladder, enum chapter chapter, int width, GString *out);
/** ladder_clear() - forget the arrows so far. */
void ladder_clear(struct ladder *ladder);
/** ladder_free() - before sim_free(). */
void ladder_free(struct ladder *ladder);

#endif
