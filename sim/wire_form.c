#include "sim/wire_form.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"
#include "sim/sim.h"

enum {
    HAS_ETHER = 1,
    HAS_NETWORK = 2,
    HAS_CHECKSUM = 4,
    CONFIRMS_NEIGHBOR = 8,
    FRAME_BITS = 15,
    HAS_FRAME = 1,
    AT_ETHER = 2,
    RECORD_BITS = 3
};

/* ---- texts ---- */

#define TEXTS_MIN 64

struct texts {
    struct arena arena;
    const char **slots; /* open addressing; NULL: free */
    size_t n, size;     /* a power of two */
};

static size_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return (size_t)(hash ^ hash >> 32);
}

static const char **slot_of(struct texts *texts, const char *text)
{
    size_t at = hash_of(text) & (texts->size - 1);

    while (texts->slots[at] != NULL && strcmp(texts->slots[at], text) != 0)
        at = (at + 1) & (texts->size - 1);
    return &texts->slots[at];
}

static void grow(struct texts *texts)
{
    const char **old = texts->slots;
    size_t size = texts->size;

    texts->size = size == 0 ? TEXTS_MIN : 2 * size;
    texts->slots = mem_zalloc(texts->size * sizeof *texts->slots);
    for (size_t i = 0; i < size; i++)
        if (old[i] != NULL)
            *slot_of(texts, old[i]) = old[i];
    free(old);
}

struct texts *texts_new(void)
{
    return mem_zalloc(sizeof(struct texts));
}

void texts_free(struct texts *texts)
{
    if (texts == NULL)
        return;
    arena_fini(&texts->arena);
    free(texts->slots);
    free(texts);
}

const char *texts_keep(struct texts *texts, const char *text)
{
    const char **slot;

    if (text == NULL)
        return NULL;
    if (2 * texts->n >= texts->size)
        grow(texts);
    slot = slot_of(texts, text);
    if (*slot == NULL) {
        *slot = arena_strdup(&texts->arena, text);
        texts->n++;
    }
    return *slot;
}

/* ---- reasons ---- */

static void put_why(struct pack *out, const struct why *why)
{
    unsigned n = WHY_ARGS_MAX;

    while (n > 0 && why->args[n - 1] == 0)
        n--;
    pack_u16(out, (uint16_t)why->code);
    pack_u8(out, (uint8_t)n);
    for (unsigned i = 0; i < n; i++)
        pack_u64(out, why->args[i]);
}

static void get_why(struct unpack *in, struct why *why)
{
    unsigned code = unpack_u16(in), n = unpack_u8(in);

    *why = (struct why){ 0 };
    in->wrong |= code >= WHY_N_CODES || n > WHY_ARGS_MAX;
    if (in->wrong)
        return;
    why->code = (enum why_code)code;
    for (unsigned i = 0; i < n; i++)
        why->args[i] = unpack_u64(in);
}

/* ---- frames ---- */

/* The first octet that a pointer of the frame, or @also unless NULL, remembers. */
static const uint8_t *first_known(const struct frame *frame, const uint8_t *also)
{
    const uint8_t *first = frame->data;

    if (frame->ether != NULL && frame->ether < first)
        first = frame->ether;
    if (frame->network != NULL && frame->network < first)
        first = frame->network;
    return also != NULL && also < first ? also : first;
}

static void put_octets(struct pack *out, const struct frame *frame, const uint8_t *first)
{
    pack_u32(out, (uint32_t)(frame->data - first));
    pack_u32(out, frame->len);
    pack_u32(out, frame->payload.len);
    pack_octets(out, first, (size_t)(frame->data - first) + frame->len);
    pack_octets(out, frame->payload.octets, frame->payload.len);
}

static void put_frame(struct pack *out, const struct frame *frame, const uint8_t *first)
{
    unsigned bits = 0;

    bits |= frame->ether != NULL ? HAS_ETHER : 0;
    bits |= frame->network != NULL ? HAS_NETWORK : 0;
    bits |= frame->checksum.pending ? HAS_CHECKSUM : 0;
    bits |= frame->confirms_neighbor ? CONFIRMS_NEIGHBOR : 0;
    pack_u8(out, (uint8_t)bits);
    pack_u32(out, frame->mark);
    pack_u64(out, frame->id);
    pack_u64(out, (uint64_t)frame->arrives_at);
    pack_u64(out, frame->counter);
    put_why(out, &frame->why);
    pack_text(out, frame_text(frame));
    if (frame->ether != NULL)
        pack_u32(out, (uint32_t)(frame->ether - first));
    if (frame->network != NULL)
        pack_u32(out, (uint32_t)(frame->network - first));
    if (frame->checksum.pending) {
        pack_u16(out, frame->checksum.start);
        pack_u16(out, frame->checksum.field);
    }
    put_octets(out, frame, first);
}

void wire_put_frame(struct pack *out, const struct frame *frame)
{
    put_frame(out, frame, first_known(frame, NULL));
}

/* A frame as it came: `values` has all but the pointers. */
struct wire_frame {
    struct frame values;
    unsigned bits;
    uint32_t ether, network; /* from the first octet on */
    uint32_t before;         /* octets before data */
    const uint8_t *octets, *payload;
};

static void get_lengths(struct unpack *in, struct wire_frame *wire)
{
    uint64_t linear;

    wire->before = unpack_u32(in);
    wire->values.len = unpack_u32(in);
    wire->values.payload.len = unpack_u32(in);
    linear = (uint64_t)wire->before + wire->values.len;
    in->wrong |= linear > UINT32_MAX;
    wire->octets = unpack_octets(in, (size_t)linear);
    wire->payload = unpack_octets(in, wire->values.payload.len);
}

/* What points into the octets points to octets that are there. */
static bool offsets_are_right(const struct wire_frame *wire)
{
    uint64_t linear = (uint64_t)wire->before + wire->values.len;
    const struct lazy_checksum *checksum = &wire->values.checksum;

    if ((wire->bits & HAS_ETHER) != 0 && wire->ether > linear)
        return false;
    if ((wire->bits & HAS_NETWORK) != 0 && wire->network > linear)
        return false;
    return !checksum->pending ||
           ((wire->bits & HAS_NETWORK) != 0 &&
            (uint64_t)wire->network + checksum->start + checksum->field + 2 <= linear);
}

static bool get_frame(struct unpack *in, struct wire_frame *wire)
{
    struct frame *values = &wire->values;

    *wire = (struct wire_frame){ .bits = unpack_u8(in) };
    in->wrong |= (wire->bits & ~(unsigned)FRAME_BITS) != 0;
    values->confirms_neighbor = (wire->bits & CONFIRMS_NEIGHBOR) != 0;
    values->mark = (uint16_t)unpack_u32(in);
    values->id = unpack_u64(in);
    values->arrives_at = (sim_time)unpack_u64(in);
    values->counter = (uint32_t)unpack_u64(in);
    get_why(in, &values->why);
    frame_set_text(values, unpack_text(in));
    if ((wire->bits & HAS_ETHER) != 0)
        wire->ether = unpack_u32(in);
    if ((wire->bits & HAS_NETWORK) != 0)
        wire->network = unpack_u32(in);
    if ((wire->bits & HAS_CHECKSUM) != 0) {
        uint16_t start = unpack_u16(in);

        in->wrong |= start > CHECKSUM_START_MAX;
        values->checksum.pending = true;
        values->checksum.start = start & CHECKSUM_START_MAX;
        values->checksum.field = unpack_u16(in);
    }
    get_lengths(in, wire);
    in->wrong |= values->arrives_at < 0 || !offsets_are_right(wire);
    return !in->wrong;
}

/* The pointers of @frame, whose first known octet is at @first. */
static void set_pointers(struct frame *frame, const struct wire_frame *wire, uint8_t *first)
{
    frame->data = first + wire->before;
    frame->ether = (wire->bits & HAS_ETHER) != 0 ? first + wire->ether : NULL;
    frame->network = (wire->bits & HAS_NETWORK) != 0 ? first + wire->network : NULL;
}

struct frame *wire_get_frame(struct unpack *in, struct node *node, struct texts *texts)
{
    struct wire_frame wire;
    struct frame *frame, fresh;

    if (!get_frame(in, &wire))
        return NULL;
    frame = frame_new(node, wire.before + wire.values.len);
    fresh = *frame;
    memcpy(fresh.data, wire.octets, wire.before + wire.values.len);
    *frame = wire.values;
    frame->part = fresh.part;
    frame->buffer = fresh.buffer;
    frame->may_share = false;
    frame->small = fresh.small;
    event_init(&frame->event, fresh.event.fire);
    set_pointers(frame, &wire, fresh.data);
    frame_set_text(frame, texts_keep(texts, frame_text(&wire.values)));
    if (wire.values.payload.len > 0) {
        frame->payload.buffer = buffer_new(node, wire.values.payload.len);
        frame->payload.octets =
            memcpy(frame->payload.buffer->octets, wire.payload, wire.values.payload.len);
    }
    return frame;
}

/* ---- records ---- */

void wire_put_record(struct pack *out, const struct record *record, const struct event_key *place)
{
    const struct frame *frame = record->frame;
    const uint8_t *first = frame != NULL ? first_known(frame, record->frame_at) : NULL;

    pack_u64(out, (uint64_t)place->at);
    pack_u64(out, place->order);
    pack_u64(out, place->counter);
    pack_u64(out, record->id);
    pack_u64(out, record->cause);
    pack_u64(out, (uint64_t)record->at);
    pack_u8(out, (uint8_t)record->kind);
    pack_u8(out, (uint8_t)record->drop);
    pack_u8(out, (uint8_t)((frame != NULL ? HAS_FRAME : 0) | (record->at_ether ? AT_ETHER : 0)));
    put_why(out, &record->why);
    pack_u32(out, record->node->id);
    pack_u32(out, record->iface != NULL ? record->iface->index + 1u : 0);
    pack_text(out, record->text);
    pack_u64(out, record->process);
    if (frame == NULL)
        return;
    put_frame(out, frame, first);
    pack_u32(out, (uint32_t)((record->frame_at != NULL ? record->frame_at : first) - first));
}

static void get_place(struct unpack *in, struct record *record, struct event_key *place)
{
    place->at = (sim_time)unpack_u64(in);
    place->order = unpack_u64(in);
    place->counter = (uint32_t)unpack_u64(in);
    record->id = unpack_u64(in);
    record->cause = unpack_u64(in);
    record->at = (sim_time)unpack_u64(in);
    in->wrong |= place->at < 0 || record->at < 0;
}

static void get_node(struct unpack *in, const struct sim *sim, struct record *record)
{
    uint32_t node = unpack_u32(in), iface = unpack_u32(in);

    in->wrong |= node == 0 || node > sim->n_nodes;
    if (in->wrong)
        return;
    record->node = sim->nodes[node - 1];
    in->wrong |= iface > record->node->n_ifaces;
    if (!in->wrong && iface > 0)
        record->iface = record->node->ifaces[iface - 1];
}

/* Whoever reads a record does not write into its octets. */
static void get_record_frame(struct unpack *in, struct record *record, struct frame *frame)
{
    struct wire_frame wire;
    uint32_t frame_at;

    if (!get_frame(in, &wire))
        return;
    frame_at = unpack_u32(in);
    in->wrong |= frame_at > wire.before + wire.values.len;
    if (in->wrong)
        return;
    *frame = wire.values;
    set_pointers(frame, &wire, (uint8_t *)wire.octets);
    frame->payload.octets = wire.payload;
    record->frame = frame;
    record->frame_at = wire.octets + frame_at;
}

bool wire_get_record(struct unpack *in, const struct sim *sim, struct record *record,
                     struct frame *frame, struct event_key *place)
{
    unsigned kind, drop, bits;

    *record = (struct record){ 0 };
    get_place(in, record, place);
    kind = unpack_u8(in);
    drop = unpack_u8(in);
    bits = unpack_u8(in);
    in->wrong |=
        kind >= RECORD_N_KINDS || drop >= DROP_N_REASONS || (bits & ~(unsigned)RECORD_BITS) != 0;
    record->kind = (enum record_kind)kind;
    record->drop = (enum drop_reason)drop;
    record->at_ether = (bits & AT_ETHER) != 0;
    get_why(in, &record->why);
    get_node(in, sim, record);
    record->text = unpack_text(in);
    record->process = unpack_u64(in);
    if (!in->wrong && (bits & HAS_FRAME) != 0)
        get_record_frame(in, record, frame);
    return !in->wrong;
}
