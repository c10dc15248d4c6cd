#include "sim/record_log.h"

#include <string.h>

#include "sim/channel.h"
#include "sim/sim.h"
#include "sim/wire_form.h"

/* A record in a log; behind it its frame's linear octets, those of its slice, its text. Or, if it
 * begins with a number, only that. */
struct kept {
    struct log_count count;
    struct record record;
    struct frame frame;
    uint32_t before, linear; /* octets that are known before frame->data, and from there on */
    uint32_t payload;        /* octets of the slice that were copied */
    uint32_t text;           /* octets, the last is 0; none: there is no text */
    uint8_t octets[];
};

/* Octets before data that still mean something: see struct frame. */
static uint32_t known_before(const struct record *record)
{
    const struct frame *frame = record->frame;
    const uint8_t *first = frame->data;

    if (record->frame_at != NULL && record->frame_at < first)
        first = record->frame_at;
    if (frame->ether != NULL && frame->ether < first)
        first = frame->ether;
    if (frame->network != NULL && frame->network < first)
        first = frame->network;
    return (uint32_t)(frame->data - first);
}

static void measure(struct kept *sizes, const struct record *record)
{
    const struct frame *frame = record->frame;

    *sizes = (struct kept){ 0 };
    if (frame != NULL) {
        sizes->before = known_before(record);
        sizes->linear = frame->len;
        /* a slice of no buffer lives as long as the run */
        sizes->payload = frame->payload.buffer != NULL ? frame->payload.len : 0;
    }
    if (record->text != NULL)
        sizes->text = (uint32_t)strlen(record->text) + 1;
}

static void end_counting(struct part *part, struct channel *log)
{
    struct log_count *kept;

    if (part->counted.n == 0)
        return;
    kept = channel_begin(log, sizeof *kept);
    *kept = part->counted;
    channel_end(log);
    part->counted.n = 0;
}

void record_log_count(struct part *part)
{
    struct log_count *counted = &part->counted;

    if (counted->n > 0 && event_key_lt(&counted->place, &part->place))
        end_counting(part, part->log);
    counted->place = part->place;
    counted->n++;
}

void record_log_add(struct part *part, const struct record *record)
{
    const struct frame *frame = record->frame;
    struct kept sizes, *kept;
    uint8_t *at;

    end_counting(part, part->log);
    measure(&sizes, record);
    kept = channel_begin(part->log,
                         sizeof *kept + sizes.before + sizes.linear + sizes.payload + sizes.text);
    *kept = sizes;
    kept->count.place = part->place;
    kept->record = *record;
    at = kept->octets;
    if (frame != NULL) {
        kept->frame = *frame;
        memcpy(at, frame->data - kept->before, kept->before + kept->linear);
        at += kept->before + kept->linear;
        if (kept->payload > 0)
            memcpy(at, frame->payload.octets, kept->payload);
        at += kept->payload;
    }
    if (kept->text > 0)
        memcpy(at, record->text, kept->text);
    channel_end(part->log);
}

/* The frame as it was, with its octets here. */
static void restore_frame(struct kept *kept)
{
    struct frame *frame = &kept->frame;
    const uint8_t *old = frame->data;
    uint8_t *data = kept->octets + kept->before;

    if (frame->ether != NULL)
        frame->ether = data + (frame->ether - old);
    if (frame->network != NULL)
        frame->network = data + (frame->network - old);
    if (kept->record.frame_at != NULL)
        kept->record.frame_at = data + (kept->record.frame_at - old);
    frame->data = data;
    if (kept->payload > 0)
        frame->payload.octets = data + kept->linear;
    kept->record.frame = frame;
}

static const struct record *restore(struct kept *kept)
{
    struct record *record = &kept->record;

    if (record->frame != NULL)
        restore_frame(kept);
    if (kept->text > 0)
        record->text = (const char *)(kept->octets + kept->before + kept->linear + kept->payload);
    return record;
}

static void tell_count(struct sim *sim, uint64_t n)
{
    for (struct observer *observer = sim->observers; observer != NULL; observer = observer->next)
        if (!observer->by_node && observer->counts != 0)
            observer->count(observer, n);
}

static void tell(struct sim *sim, struct kept *kept)
{
    const struct record *record;

    if (kept->count.n > 0) {
        tell_count(sim, kept->count.n);
        return;
    }
    record = restore(kept);
    for (struct observer *observer = sim->observers; observer != NULL; observer = observer->next)
        if (!observer->by_node && (observer->wants & RECORD_BIT(record->kind)) != 0)
            observer->record(observer, record);
}

/*
 * Partitions' records in one order. A place is the highest key that its partition had come to: an
 * event may put another before itself in the order, at the same moment, which is then next.
 */
void record_logs_tell(struct sim *sim, sim_time bound)
{
    for (uint32_t i = 0; i < sim->n_parts; i++)
        end_counting(sim->parts[i], sim->logs[i]);
    for (;;) {
        struct channel *first = NULL;
        struct kept *kept = NULL;

        for (uint32_t i = 0; i < sim->n_logs; i++) {
            struct channel *log = sim->logs[i];
            struct kept *head = channel_peek(log);

            if (head == NULL || head->count.place.at >= bound)
                continue;
            if (kept == NULL || event_key_lt(&head->count.place, &kept->count.place)) {
                first = log;
                kept = head;
            }
        }
        if (kept == NULL)
            return;
        tell(sim, kept);
        channel_pop(first);
    }
}

void record_log_pack(struct channel *log, sim_time bound, struct pack *out)
{
    struct kept *kept;

    while ((kept = channel_peek(log)) != NULL && kept->count.place.at < bound) {
        wire_put_record(out, restore(kept), &kept->count.place);
        channel_pop(log);
    }
}

bool record_log_unpack(const struct sim *sim, struct channel *log, struct unpack *in)
{
    struct part writer = { .log = log };
    struct buffer copied; /* a slice of a buffer is copied into the log */
    struct record record;
    struct frame frame;

    while (unpack_left(in) > 0) {
        if (!wire_get_record(in, sim, &record, &frame, &writer.place))
            return false;
        if (record.frame != NULL)
            frame.payload.buffer = &copied;
        record_log_add(&writer, &record);
    }
    return true;
}
