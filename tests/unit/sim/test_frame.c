#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "base/checksum.h"

static struct sim *sim;
static struct node *node;

static void begin(void)
{
    sim = sim_new(1);
    node = probe_new(sim, "a")->node;
    sim_start(sim);
}

static void end(void)
{
    EQ(node->part->frames_alive, 0);
    sim_free(sim);
}

static struct frame *filled(size_t len)
{
    struct frame *frame = frame_new(node, len);

    for (size_t i = 0; i < len; i++)
        frame->data[i] = (uint8_t)(i * 7 + 1);
    return frame;
}

static struct slice slice_of(size_t len)
{
    struct buffer *buffer = buffer_new(node, len);

    for (size_t i = 0; i < len; i++)
        buffer->octets[i] = (uint8_t)(i * 13 + 5);
    return (struct slice){ (uint32_t)len, buffer->octets, buffer };
}

static void push_and_pull_move_the_front(void)
{
    struct frame *frame;

    begin();
    frame = filled(20);
    EQ(frame->len, 20);
    *frame_push(frame, 14) = 0xaa;
    EQ(frame->len, 34);
    EQ(frame->data[0], 0xaa);
    EQ(frame->data[14], 1);
    frame_pull(frame, 15);
    EQ(frame->data[0], 8);
    EQ(frame->len, 19);
    frame_trim(frame, 5);
    EQ(frame->len, 5);
    frame_push(frame, 15); /* as much headroom as was there at first */
    frame_push(frame, FRAME_HEADROOM - 14);
    frame_free(frame);
    end();
}

static void clones_share_until_one_writes(void)
{
    struct frame *a, *b;

    begin();
    a = filled(100);
    a->why = WHY(ARP_ASK, 1, 2);
    a->id = 42;
    b = frame_clone(a);
    OK(a->data == b->data);
    EQ(b->why.args[1], 2);
    EQ(b->id, 42);
    EQ(a->buffer->refs, 2);
    OK(a->may_share && b->may_share);
    frame_writable(b);
    OK(a->data != b->data);
    EQ(a->buffer->refs, 1);
    EQ_MEM(a->data, b->data, 100);
    b->data[0] = 0xff;
    EQ(a->data[0], 1);
    frame_free(a);
    EQ(b->data[1], 8);
    frame_free(b);
    end();
}

static void octets_that_somebody_keeps_are_not_written(void)
{
    struct frame *frame;
    struct buffer *kept;
    const uint8_t *octets;

    begin();
    frame = filled(100);
    octets = frame->data;
    frame_writable(frame);
    OK(frame->data == octets);
    kept = frame_share(frame);
    memset(frame_push(frame, 14), 0xaa, 14);
    OK(frame->buffer != kept && !frame->may_share);
    frame->data[14] = 0xff;
    EQ(octets[0], 1);
    EQ(kept->refs, 1);
    octets = frame->data;
    frame_writable(frame);
    OK(frame->data == octets);
    frame_free(frame);
    buffer_unref(kept);
    end();
}

static void headers_pushed_on_clones_do_not_mix(void)
{
    struct frame *a, *b;

    begin();
    a = filled(50);
    b = frame_clone(a);
    memset(frame_push(a, 14), 0xaa, 14);
    memset(frame_push(b, 14), 0xbb, 14);
    EQ(a->data[0], 0xaa);
    EQ(b->data[13], 0xbb);
    EQ(a->data[14], 1);
    EQ(b->data[14], 1);
    frame_free(a);
    frame_free(b);
    end();
}

static void pulled_headers_survive_a_copy(void)
{
    struct frame *a, *b;

    begin();
    a = filled(400);
    a->ether = a->data;
    a->network = a->data + 14;
    frame_pull(a, 300); /* more than the usual headroom */
    b = frame_clone(a);
    frame_writable(a);
    EQ(a->data - a->ether, 300);
    EQ(a->data - a->network, 286);
    EQ_MEM(a->ether, b->ether, 400);
    OK(a->ether != b->ether);
    frame_free(a);
    frame_free(b);
    end();
}

static void slice_is_shared_and_given_back(void)
{
    struct frame *a, *b;
    struct slice slice;
    uint8_t out[40];

    begin();
    slice = slice_of(1000);
    a = filled(30);
    frame_attach(a, slice);
    buffer_unref(slice.buffer); /* the frame holds it now */
    b = frame_clone(a);
    EQ(slice.buffer->refs, 2);
    EQ(frame_size(a), 1030);
    EQ(a->len, 30);
    frame_copy_out(a, 20, out, 40);
    EQ(out[0], (uint8_t)(20 * 7 + 1));
    EQ(out[10], 5);
    EQ(out[39], (uint8_t)(29 * 13 + 5));
    frame_copy_out(a, 1029, out, 1);
    EQ(out[0], (uint8_t)(999 * 13 + 5));
    frame_trim(a, 40);
    EQ(a->payload.len, 10);
    EQ(b->payload.len, 1000);
    frame_trim(a, 30);
    OK(a->payload.buffer == NULL);
    EQ(slice.buffer->refs, 1);
    frame_free(a);
    frame_free(b);
    end();
}

static void linearize_gives_one_run_of_octets_of_its_own(void)
{
    for (size_t head = 0; head < 40; head += 13) {
        struct frame *a, *b;
        struct slice slice;
        uint8_t before[3000], after[3000];

        begin();
        slice = slice_of(2000);
        a = filled(head);
        frame_attach(a, slice);
        buffer_unref(slice.buffer);
        b = frame_clone(a);
        frame_copy_out(a, 0, before, head + 2000);
        OK(frame_need(a, head)); /* linear already: nothing moves */
        EQ(a->len, head);
        OK(!frame_need(a, head + 2001));
        OK(frame_need(a, head + 1));
        EQ(a->len, head + 2000);
        frame_copy_out(b, 0, after, head + 2000);
        EQ_MEM(a->data, before, head + 2000);
        EQ_MEM(after, before, head + 2000);
        frame_free(a);
        frame_free(b);
        end();
    }
}

static uint16_t sum_of(const struct frame *frame, size_t from, uint32_t pseudo)
{
    uint8_t octets[4096];
    size_t len = frame_size(frame) - from;

    frame_copy_out(frame, from, octets, len);
    return checksum_finish(checksum_add(pseudo, octets, len));
}

/* An 8-octet header with its checksum at 6, behind a 20-octet network header, then linear and
 * sliced payload. */
static struct frame *pending_frame(size_t linear, size_t sliced, uint16_t field)
{
    struct frame *frame = filled(36u + field + linear);
    struct slice slice;

    frame->network = frame->data + 14;
    frame->checksum = (struct lazy_checksum){ true, 20, field };
    be16_put(frame->data + 34 + field, 0x1234); /* the folded pseudo-header sum */
    if (sliced > 0) {
        slice = slice_of(sliced);
        frame_attach(frame, slice);
        buffer_unref(slice.buffer);
    }
    return frame;
}

static void checksum_is_right_for_odd_and_even_pieces(void)
{
    begin();
    for (size_t linear = 0; linear < 6; linear++) {
        for (size_t sliced = 0; sliced < 6; sliced++) {
            struct frame *frame = pending_frame(linear, sliced, CHECKSUM_FIELD_TCP);

            frame_finish_checksum(frame);
            OK(!frame->checksum.pending);
            EQ(sum_of(frame, 34, 0x1234), 0);
            frame_finish_checksum(frame); /* harmless */
            EQ(sum_of(frame, 34, 0x1234), 0);
            frame_free(frame);
        }
    }
    end();
}

static void checksum_of_a_pulled_frame_is_right(void)
{
    struct frame *frame;

    begin();
    frame = pending_frame(11, 100, CHECKSUM_FIELD_TCP);
    frame_pull(frame, 34);
    frame_finish_checksum(frame);
    EQ(sum_of(frame, 0, 0x1234), 0);
    frame_free(frame);
    end();
}

static void clones_of_a_pending_checksum_each_get_the_right_one(void)
{
    struct frame *a, *b;

    begin();
    a = pending_frame(5, 33, CHECKSUM_FIELD_TCP);
    b = frame_clone(a);
    frame_finish_checksum(a);
    frame_finish_checksum(b);
    EQ(sum_of(a, 34, 0x1234), 0);
    EQ(sum_of(b, 34, 0x1234), 0);
    frame_free(a);
    frame_free(b);
    end();
}

static void udp_checksum_is_never_zero(void)
{
    struct frame *frame;

    begin();
    frame = pending_frame(0, 0, CHECKSUM_FIELD_UDP);
    be16_put(frame->data + 34, 0xffff - 0x1234); /* pseudo sum and words add up to 0xffff */
    memset(frame->data + 36, 0, 4);
    frame_finish_checksum(frame);
    EQ(be16_get(frame->data + 40), 0xffff);
    frame_free(frame);
    end();
}

static void buffers_of_every_size_are_used_again(void)
{
    static const size_t sizes[] = { 0, 60, 112, 113, 1514, 1904, 1905, 9018, 16240, 16241, 65904 };
    size_t used = 0;

    begin();
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct frame *a = filled(sizes[i]), *b = filled(sizes[i]);

            OK(a->buffer != b->buffer);
            frame_free(a);
            frame_free(b);
        }
        if (round > 0)
            EQ(node->part->arena.used, used);
        used = node->part->arena.used;
    }
    OK(node->part->huge_buffers == NULL);
    end();
}

static void what_is_still_held_goes_away_with_the_run(void)
{
    struct frame *a, *b, *c;

    begin();
    a = filled(70000); /* too big for the pools: a leak would be seen by the address sanitizer */
    b = filled(80000);
    c = filled(90000);
    OK(node->part->huge_buffers == c->buffer);
    frame_free(b);
    OK(c->buffer->next == a->buffer);
    OK(a->buffer->prev == c->buffer);
    EQ(node->part->frames_alive, 2);
    sim_free(sim);
}

static void list_keeps_the_order(void)
{
    struct frame_list list = { 0 };

    begin();
    OK(frame_list_pop(&list) == NULL);
    for (uint32_t i = 0; i < 5; i++) {
        struct frame *frame = filled(10);

        frame->mark = (uint16_t)i;
        frame_list_push(&list, frame);
    }
    for (uint32_t i = 0; i < 5; i++) {
        struct frame *frame = frame_list_pop(&list);

        EQ(frame->mark, i);
        OK(frame->next == NULL);
        frame_free(frame);
    }
    OK(list.head == NULL && list.tail == NULL);
    end();
}

UNIT_MAIN("frame", TEST(push_and_pull_move_the_front), TEST(clones_share_until_one_writes),
          TEST(octets_that_somebody_keeps_are_not_written),
          TEST(headers_pushed_on_clones_do_not_mix), TEST(pulled_headers_survive_a_copy),
          TEST(slice_is_shared_and_given_back), TEST(linearize_gives_one_run_of_octets_of_its_own),
          TEST(checksum_is_right_for_odd_and_even_pieces),
          TEST(checksum_of_a_pulled_frame_is_right),
          TEST(clones_of_a_pending_checksum_each_get_the_right_one),
          TEST(udp_checksum_is_never_zero), TEST(buffers_of_every_size_are_used_again),
          TEST(what_is_still_held_goes_away_with_the_run), TEST(list_keeps_the_order))
