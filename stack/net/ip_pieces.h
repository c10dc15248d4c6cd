/* Fragments of one packet on their way to be whole again, IPv4's and IPv6's alike. */
#ifndef WW_STACK_NET_IP_PIECES_H
#define WW_STACK_NET_IP_PIECES_H

#include "base/drop.h"
#include "sim/node.h"

struct ip_pieces {
    struct frame *first; /* by offset, linked by next; data at the payload, `mark` is the offset */
    uint32_t n;
    uint32_t octets; /* so far */
    uint32_t end;    /* behind the last octet so far */
    uint8_t ecn;     /* which of the four code points they carry: bit 0 is Not-ECT ... bit 3 CE */
};

enum ip_placing { IP_PLACED, IP_REPEATED, IP_CONTRADICTS };

/** ip_pieces_place() - @frame, octets @offset to @end of the packet, unless it says nothing new or
 * overlaps with others. It is taken only when placed. */
enum ip_placing ip_pieces_place(struct ip_pieces *pieces, struct frame *frame, uint32_t offset,
                                uint32_t end);
/** ip_pieces_note_ecn() - one of them has this TOS or traffic class. */
static inline void ip_pieces_note_ecn(struct ip_pieces *pieces, uint8_t tos)
{
    pieces->ecn |= (uint8_t)(1u << (tos & 3));
}
/** ip_pieces_ecn() - RFC 3168 section 5.3: marked on the way when one of them was. False: they
 * contradict each other, so that the packet is not to be believed. */
bool ip_pieces_ecn(const struct ip_pieces *pieces, uint8_t *tos);
/** ip_pieces_copy() - all octets, each to its place behind @to. */
void ip_pieces_copy(const struct ip_pieces *pieces, uint8_t *to);
/** ip_pieces_drop() - give all of them up, for the reason @why if there is one. */
void ip_pieces_drop(struct ip_pieces *pieces, struct node *node, enum drop_reason why);

#endif
