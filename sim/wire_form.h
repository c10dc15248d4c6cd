/*
 * Frames and records as octets, for other ranks. The form is the same on every machine: numbers
 * are big endian, pointers are offsets, nodes and interfaces are named by their numbers. What
 * comes in is looked through before it is believed.
 */
#ifndef WW_SIM_WIRE_FORM_H
#define WW_SIM_WIRE_FORM_H

#include "base/pack.h"
#include "sim/frame.h"
#include "sim/queue.h"
#include "sim/trace.h"

struct sim;
struct texts;

/* Texts that live as long as the run: frames come with them again and again. */
struct texts *texts_new(void);
void texts_free(struct texts *texts);
/** texts_keep() - the kept text that says the same; NULL for NULL. */
const char *texts_keep(struct texts *texts, const char *text);

/** wire_put_frame() - @frame on its way: octets, arrival, counter, reason. */
void wire_put_frame(struct pack *out, const struct frame *frame);
/** wire_get_frame() - the same frame for @node; NULL: the octets are no frame. */
struct frame *wire_get_frame(struct unpack *in, struct node *node, struct texts *texts);

/** wire_put_record() - @record, which happened at @place in the run's order. */
void wire_put_record(struct pack *out, const struct record *record, const struct event_key *place);
/** wire_get_record() - false: the octets are no record of @sim. *@record points to *@frame and into
 * the octets. */
bool wire_get_record(struct unpack *in, const struct sim *sim, struct record *record,
                     struct frame *frame, struct event_key *place);

#endif
