/*
 * What a program wants to be told of octets that it has written: timestamps (SO_TIMESTAMPING: when
 * the last octet of a call is handed to the interface, has left, is acknowledged) and when
 * MSG_ZEROCOPY has done with its memory. Few sockets have such notes.
 */
#include <stdlib.h>

#include "stack/transport/errqueue.h"
#include "stack/transport/tcp_internal.h"

struct tcp_note {
    struct list link;  /* in tcp_sock's, by position in the stream */
    uint32_t end;      /* behind the last octet */
    uint32_t stamps;   /* enum sock_stamp_flag: those that are still to come; 0: none */
    struct slice data; /* of the segment that had the last octet */
    bool copyless;     /* else of timestamps */
    bool copied;
    uint32_t first, last; /* calls with MSG_ZEROCOPY */
};

static struct tcp_note *note_of(struct list *link)
{
    return CONTAINER_OF(link, struct tcp_note, link);
}

static struct list *notes_of(struct tcp_sock *tp)
{
    struct tcp_rare *rare = tcp_rare(tp);

    if (rare->notes == NULL) {
        rare->notes = mem_zalloc(sizeof *rare->notes);
        list_init(rare->notes);
    }
    return rare->notes;
}

static struct tcp_note *note_new(struct tcp_sock *tp, uint32_t end)
{
    struct tcp_note *note = mem_zalloc(sizeof *note);

    note->end = end;
    list_push_back(notes_of(tp), &note->link);
    tp->has_notes = true;
    return note;
}

static void note_free(struct tcp_sock *tp, struct tcp_note *note)
{
    list_remove(&note->link);
    if (note->data.buffer != NULL)
        buffer_unref(note->data.buffer);
    free(note);
    tp->has_notes = !list_empty(tp->rare->notes);
}

/* Where the buffer of Linux's begins that ends write_queue. */
static uint32_t tail_buffer_start(const struct tcp_sock *tp)
{
    return tp->write_seq - tcp_tail_buffer_len(tp);
}

/* A buffer has one timestamp: a later call that fills it up takes it over. */
static void note_stamps(struct tcp_sock *tp, uint32_t stamps)
{
    uint32_t start = tail_buffer_start(tp);
    struct tcp_note *note;

    stamps &= SOCK_STAMP_TX;
    LIST_FOR_EACH(note, notes_of(tp), struct tcp_note, link)
    {
        if (!note->copyless && seq_gt(note->end, start)) {
            stamps |= note->stamps;
            note_free(tp, note);
        }
    }
    note_new(tp, tp->write_seq)->stamps = stamps;
}

/* A call with MSG_ZEROCOPY joins the one before it while both are in one buffer. */
static void note_copyless(struct tcp_sock *tp, bool goes_on)
{
    struct list *notes = notes_of(tp);
    struct sock_extra *extra = sock_extra(&tp->sock);
    uint32_t key = goes_on ? extra->zerocopy_key - 1 : extra->zerocopy_key++;
    struct tcp_note *note;

    for (struct list *at = notes->prev; at != notes; at = at->prev) {
        note = note_of(at);
        if (note->copyless && (note->last == key || (note->last + 1 == key &&
                                                     seq_gt(note->end, tail_buffer_start(tp))))) {
            note->last = key;
            note->end = tp->write_seq;
            list_remove(&note->link);
            list_push_back(notes, &note->link);
            return;
        }
    }
    note = note_new(tp, tp->write_seq);
    note->copyless = true;
    note->copied = tp->layer->sysctl.zerocopy_copies;
    note->first = note->last = key;
}

void tcp_note_written(struct tcp_sock *tp, const struct sock_send *message, bool whole)
{
    uint32_t stamps = sock_stamps(&tp->sock, message->control);
    bool goes_on = (message->flags & SOCK_MSG_GOES_ON) != 0;

    if ((message->flags & SOCK_MSG_ZEROCOPY) != 0 && sock_extra_of(&tp->sock)->zerocopy)
        note_copyless(tp, goes_on);
    if ((stamps & SOCK_STAMP_TX) != 0 && (whole || (message->flags & SOCK_MSG_DONTWAIT) != 0))
        note_stamps(tp, stamps);
}

static void stamp(struct tcp_sock *tp, const struct tcp_note *note, enum sock_stamp_kind kind)
{
    uint32_t key = note->end - 1 - sock_extra_of(&tp->sock)->stamp_key;

    if (!tp->orphan)
        errqueue_stamp(&tp->sock, kind, key, note->data.octets, note->data.len);
}

static void keep_data(struct tcp_note *note, const struct slice *data)
{
    if (data->buffer != NULL)
        buffer_ref(data->buffer);
    if (note->data.buffer != NULL)
        buffer_unref(note->data.buffer);
    note->data = *data;
}

void tcp_notes_sent(struct tcp_sock *tp, const struct tcp_seg *seg)
{
    struct tcp_note *note;

    LIST_FOR_EACH(note, notes_of(tp), struct tcp_note, link)
    {
        if (note->copyless || !seq_gt(note->end, seg->seq) || seq_gt(note->end, seg->end_seq))
            continue;
        keep_data(note, &seg->data);
        if ((note->stamps & SOCK_STAMP_TX_SCHED) != 0)
            stamp(tp, note, SOCK_STAMPED_SCHED);
        if ((note->stamps & SOCK_STAMP_TX_SOFTWARE) != 0)
            stamp(tp, note, SOCK_STAMPED_SENT);
    }
}

void tcp_notes_acked(struct tcp_sock *tp)
{
    struct tcp_note *note;

    LIST_FOR_EACH(note, notes_of(tp), struct tcp_note, link)
    {
        if (seq_gt(note->end, tp->snd_una))
            continue;
        if ((note->stamps & SOCK_STAMP_TX_ACK) != 0)
            stamp(tp, note, SOCK_STAMPED_ACK);
        if (note->copyless && !tp->orphan)
            errqueue_copyless(&tp->sock, note->first, note->last, note->copied);
        note_free(tp, note);
    }
}

void tcp_notes_drop(struct tcp_sock *tp)
{
    struct tcp_note *note;

    if (tp->rare->notes == NULL)
        return;
    LIST_FOR_EACH(note, notes_of(tp), struct tcp_note, link)
    {
        if (note->copyless && !tp->orphan)
            errqueue_copyless(&tp->sock, note->first, note->last, note->copied);
        note_free(tp, note);
    }
}

int tcp_set_stamps(struct tcp_sock *tp, uint32_t stamps)
{
    struct sock_extra *extra = sock_extra(&tp->sock);

    if ((stamps & SOCK_STAMP_OPT_ID) != 0 && (extra->stamps & SOCK_STAMP_OPT_ID) == 0) {
        if (tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN)))
            return -SIM_EINVAL;
        extra->stamp_key = (stamps & SOCK_STAMP_OPT_ID_TCP) != 0 ? tp->write_seq : tp->snd_una;
    }
    extra->stamps = stamps;
    return 0;
}
