/*
 * The dialogue that a frame belongs to, and its end: an ARP question and its answer, a DHCP lease
 * from DISCOVER to ACK, a DNS question, a ping's request and reply, a TCP connection from its SYN
 * to the last end's CLOSED or TIME-WAIT. Translations on the way are followed.
 */
#ifndef WW_LAB_STEP_DIALOGUE_H
#define WW_LAB_STEP_DIALOGUE_H

#include <stdbool.h>

#include "lab/step_log.h"

struct step_dialogue;

/** step_goes_on() - the reason of a sending with which the same packet goes on: through hubs,
 * bridges, routers, NAT, in fragments. */
bool step_goes_on(enum why_code code);
/** step_same_packet() - whether the frames have the same packet in them, as far as routers leave it
 * alone; a NAT may have changed one address of IPv4. */
bool step_same_packet(const struct facts *a, const struct facts *b);
/** step_origin() - the sending of @entry's frame by the node that made it, or the first that the
 * log knows; NULL where @entry is of no frame. */
const struct step_entry *step_origin(const struct step_log *log, const struct step_entry *entry);
/** step_translator() - the node on the way of @entry's packet that changed an address of it last;
 * NULL: none is known. */
const struct node *step_translator(const struct step_log *log, const struct step_entry *entry);

/** step_dialogue_new() - the one that record @id's frame belongs to. NULL with *@error (g_free()):
 * none, or it is over. */
struct step_dialogue *step_dialogue_new(const struct step_log *log, uint64_t id, char **error);
void step_dialogue_free(struct step_dialogue *dialogue);
/** step_dialogue_ends() - whether @entry, each in its turn, is the end of it. */
bool step_dialogue_ends(struct step_dialogue *dialogue, const struct step_entry *entry);

#endif
