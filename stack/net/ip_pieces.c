#include "stack/net/ip_pieces.h"

#include "sim/frame.h"

/* A run is what touches without a hole: what lies within one says nothing new. */
enum ip_placing ip_pieces_place(struct ip_pieces *pieces, struct frame *frame, uint32_t offset,
                                uint32_t end)
{
    struct frame **at = &pieces->first;
    uint32_t run_end;

    while (*at != NULL && (*at)->mark + frame_size(*at) <= offset)
        at = &(*at)->next;
    if (*at != NULL && (*at)->mark < end) {
        if (offset < (*at)->mark)
            return IP_CONTRADICTS;
        run_end = (*at)->mark;
        for (const struct frame *f = *at; f != NULL && f->mark == run_end; f = f->next)
            run_end += (uint32_t)frame_size(f);
        return end <= run_end ? IP_REPEATED : IP_CONTRADICTS;
    }
    frame->next = *at;
    frame->mark = (uint16_t)offset; /* less than 64 KiB */
    *at = frame;
    pieces->n++;
    pieces->octets += end - offset;
    if (end > pieces->end)
        pieces->end = end;
    return IP_PLACED;
}

bool ip_pieces_ecn(const struct ip_pieces *pieces, uint8_t *tos)
{
    enum { NOT_ECT = 1 << 0, CE = 1 << 3 };

    if ((pieces->ecn & NOT_ECT) != 0)
        return pieces->ecn == NOT_ECT;
    if ((pieces->ecn & CE) != 0)
        *tos |= 3;
    return true;
}

void ip_pieces_copy(const struct ip_pieces *pieces, uint8_t *to)
{
    for (struct frame *piece = pieces->first; piece != NULL; piece = piece->next)
        frame_copy_out(piece, 0, to + piece->mark, frame_size(piece));
}

void ip_pieces_drop(struct ip_pieces *pieces, struct node *node, enum drop_reason why)
{
    while (pieces->first != NULL) {
        struct frame *frame = pieces->first;

        pieces->first = frame->next;
        frame->next = NULL;
        if (why != DROP_NONE)
            node_drop(node, frame->in, frame, why);
        else
            frame_free(frame);
    }
}
