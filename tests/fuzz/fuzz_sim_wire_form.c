#include "tests/support/must.h"

#include "sim/wire_form.h"
#include "tests/support/sim_rig.h"

/* Octets that are taken for a frame or a record hold together: everything can be looked at, and put
 * into octets again. */
static void try_frame(struct probe *probe, struct texts *texts, const uint8_t *octets, size_t len)
{
    struct unpack in = unpack_of(octets, len);
    struct frame *frame = wire_get_frame(&in, probe->node, texts);
    struct pack pack = { 0 };

    if (frame == NULL)
        return;
    wire_put_frame(&pack, frame);
    frame_finish_checksum(frame);
    frame_linearize(frame);
    frame_free(frame);
    in = unpack_of(pack.octets, pack.len);
    frame = wire_get_frame(&in, probe->node, texts);
    MUST(frame != NULL && unpack_left(&in) == 0);
    frame_free(frame);
    pack_free(&pack);
}

static void try_record(struct sim *sim, const uint8_t *octets, size_t len)
{
    struct unpack in = unpack_of(octets, len);
    struct record record;
    struct frame frame;
    struct event_key place;
    struct pack pack = { 0 };

    if (!wire_get_record(&in, sim, &record, &frame, &place))
        return;
    MUST(record.node != NULL && (record.frame == NULL || record.frame_at != NULL));
    wire_put_record(&pack, &record, &place);
    in = unpack_of(pack.octets, pack.len);
    MUST(wire_get_record(&in, sim, &record, &frame, &place) && unpack_left(&in) == 0);
    pack_free(&pack);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct sim *sim = sim_new(1);
    struct probe *probe = probe_new(sim, "a");
    struct texts *texts = texts_new();

    if (len > 0 && octets[0] % 2 == 0)
        try_frame(probe, texts, octets + 1, len - 1);
    else if (len > 0)
        try_record(sim, octets + 1, len - 1);
    texts_free(texts);
    sim_free(sim);
    return 0;
}
