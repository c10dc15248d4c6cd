#include "sim/wire_form.h"

#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

struct world {
    struct sim *sim;
    struct probe *a, *b;
    struct texts *texts;
    struct pack pack;
};

static void begin(struct world *world)
{
    struct link_config config = link_defaults();

    *world = (struct world){ .sim = sim_new(1), .texts = texts_new() };
    world->a = probe_new(world->sim, "a");
    world->b = probe_new(world->sim, "b");
    sim_add_link(world->sim, world->a->iface, world->b->iface, &config);
    sim_start(world->sim);
}

static void end(struct world *world)
{
    pack_free(&world->pack);
    texts_free(world->texts);
    sim_free(world->sim);
}

/* With all that a frame can carry. */
static struct frame *full_frame(struct world *world)
{
    struct frame *frame = probe_frame(world->a->node, &MAC_BROADCAST, &MAC_ZERO, 100, 77);
    struct buffer *buffer = buffer_new(world->a->node, 500);

    memset(buffer->octets, 0xab, 500);
    frame_attach(frame, (struct slice){ 500, buffer->octets, buffer });
    buffer_unref(buffer);
    frame->ether = frame->data;
    frame->network = frame->data + 14;
    frame_pull(frame, 14);
    frame->checksum.pending = true;
    frame->checksum.start = 20;
    frame->checksum.field = CHECKSUM_FIELD_TCP;
    frame->mark = FRAME_MARK_GROUP;
    frame->confirms_neighbor = true;
    frame->id = 12345;
    frame->arrives_at = SIM_USEC(9);
    frame->counter = 42;
    frame->why = WHY(TCP_DATA, 500, 1);
    frame_set_text(frame, "because");
    return frame;
}

static void a_frame_comes_out_as_it_went_in(void)
{
    struct world world;
    struct frame *frame, *copy;
    struct unpack in;

    begin(&world);
    frame = full_frame(&world);
    wire_put_frame(&world.pack, frame);
    in = unpack_of(world.pack.octets, world.pack.len);
    copy = wire_get_frame(&in, world.b->node, world.texts);
    OK(copy != NULL && !in.wrong && unpack_left(&in) == 0);
    EQ(copy->len, frame->len);
    EQ(copy->data - copy->ether, 14);
    EQ(copy->data - copy->network, 0);
    EQ_MEM(copy->ether, frame->ether, 100);
    EQ(copy->payload.len, 500);
    EQ_MEM(copy->payload.octets, frame->payload.octets, 500);
    EQ(copy->mark, FRAME_MARK_GROUP);
    OK(copy->confirms_neighbor && copy->checksum.pending);
    EQ(copy->id, 12345);
    EQ(copy->arrives_at, SIM_USEC(9));
    EQ(copy->counter, 42);
    EQ(copy->why.code, WHY_TCP_DATA);
    EQ(copy->why.args[0], 500);
    EQ_STR(frame_text(copy), "because");
    frame_finish_checksum(frame);
    frame_finish_checksum(copy);
    EQ_MEM(copy->ether, frame->ether, 100);
    frame_free(frame);
    frame_free(copy);
    end(&world);
}

static void a_record_comes_out_as_it_went_in(void)
{
    struct event_key place = { SIM_MSEC(3), event_order(EVENT_ARRIVAL, 2, 1), 9 }, again;
    struct record record, copy;
    struct frame *frame, told;
    struct world world;
    struct unpack in;

    begin(&world);
    frame = full_frame(&world);
    record = (struct record){ .id = UINT64_C(2) << RECORD_COUNT_BITS | 5,
                              .cause = 3,
                              .at = SIM_MSEC(3),
                              .kind = RECORD_DROP,
                              .drop = DROP_LINK_LOSS,
                              .why = WHY(TCP_DATA, 1, 2),
                              .node = world.b->node,
                              .iface = world.b->iface,
                              .frame = frame,
                              .frame_at = frame->ether,
                              .at_ether = true,
                              .text = "what it says",
                              .process = 8 };
    wire_put_record(&world.pack, &record, &place);
    in = unpack_of(world.pack.octets, world.pack.len);
    OK(wire_get_record(&in, world.sim, &copy, &told, &again));
    EQ(unpack_left(&in), 0);
    EQ(copy.id, record.id);
    EQ(copy.drop, DROP_LINK_LOSS);
    OK(copy.node == world.b->node && copy.iface == world.b->iface && copy.at_ether);
    EQ_STR(copy.text, "what it says");
    EQ(copy.process, 8);
    EQ(copy.frame->data - copy.frame_at, 14);
    EQ_MEM(copy.frame_at, frame->ether, 100);
    EQ_MEM(copy.frame->payload.octets, frame->payload.octets, 500);
    OK(!event_key_lt(&place, &again) && !event_key_lt(&again, &place));
    frame_free(frame);
    end(&world);
}

static void what_is_cut_short_is_refused(void)
{
    struct frame *frame;
    struct world world;

    begin(&world);
    frame = full_frame(&world);
    wire_put_frame(&world.pack, frame);
    for (size_t len = 0; len < world.pack.len; len++) {
        struct unpack in = unpack_of(world.pack.octets, len);

        OK(wire_get_frame(&in, world.b->node, world.texts) == NULL);
    }
    frame_free(frame);
    EQ(world.sim->parts[0]->frames_alive, 0);
    end(&world);
}

static void a_text_is_kept_once(void)
{
    struct texts *texts = texts_new();
    const char *first = texts_keep(texts, "one");
    char text[16];

    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "%d", i);
        EQ_STR(texts_keep(texts, text), text);
    }
    OK(texts_keep(texts, "one") == first);
    OK(texts_keep(texts, NULL) == NULL);
    texts_free(texts);
}

UNIT_MAIN("wire_form", TEST(a_frame_comes_out_as_it_went_in),
          TEST(a_record_comes_out_as_it_went_in), TEST(what_is_cut_short_is_refused),
          TEST(a_text_is_kept_once))
