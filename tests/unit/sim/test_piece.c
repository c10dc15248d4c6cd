#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "sim/piece.h"

#define SIZE      130 /* three cache lines */
#define SIZE_MORE 192 /* also */
#define HUGE      (4096 * ARENA_LINE + 1)

struct item {
    struct list link;
    uint8_t rest[SIZE - sizeof(struct list)];
};

static struct sim *sim;
static struct node *a, *b;

static void begin(void)
{
    sim = sim_new(1);
    a = probe_new(sim, "a")->node;
    b = probe_new(sim, "b")->node;
    sim_start(sim);
}

static bool on_a_line(const void *p)
{
    return (uintptr_t)p % ARENA_LINE == 0;
}

static void what_one_node_gives_back_another_takes(void)
{
    uint8_t *first, *second, *other;

    begin();
    first = piece_new(a, SIZE);
    second = piece_new(a, SIZE);
    OK(first != second && on_a_line(first) && on_a_line(second));
    memset(first, 1, SIZE);
    memset(second, 2, SIZE);
    EQ(first[SIZE - 1], 1);
    piece_free(a, first, SIZE);
    other = piece_new(b, 2 * SIZE);
    OK(MEM_WATCHED || other != first);
    piece_free(b, other, 2 * SIZE);
    other = piece_new(b, SIZE);
    OK(MEM_WATCHED || other == first);
    EQ(second[0], 2);
    piece_free(b, other, SIZE);
    piece_free(b, second, SIZE);
    sim_free(sim);
}

static void one_has_all_of_its_lines(void)
{
    uint8_t *first, *second;

    begin();
    first = piece_new(a, SIZE);
    second = piece_new(a, SIZE);
    memset(second, 2, SIZE);
    piece_free(a, first, SIZE);
    first = piece_new(a, SIZE_MORE); /* of as many lines, but all of the last one */
    memset(first, 1, SIZE_MORE);
    EQ(second[0], 2);
    piece_free(a, first, SIZE_MORE);
    piece_free(a, second, SIZE);
    first = arena_alloc(&a->part->arena, 16); /* nor does it share the last line with anybody */
    memset(first, 3, 16);
    second = piece_new(a, SIZE_MORE);
    memset(second, 4, SIZE_MORE);
    EQ(first[0], 3);
    piece_free(a, second, SIZE_MORE);
    sim_free(sim);
}

static void one_that_was_used_is_zeroed_when_asked_for(void)
{
    uint8_t *piece;

    begin();
    piece = piece_new(a, SIZE);
    memset(piece, 0xff, SIZE);
    piece_free(a, piece, SIZE);
    piece = piece_zalloc(a, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        EQ(piece[i], 0);
    piece_free(a, piece, SIZE);
    sim_free(sim);
}

static void a_run_of_a_list_is_given_back_at_once(void)
{
    struct item *items[4], *again[4];
    struct list list;

    begin();
    list_init(&list);
    for (size_t i = 0; i < 4; i++) {
        items[i] = piece_new(a, sizeof *items[i]);
        list_push_back(&list, &items[i]->link);
    }
    piece_free_run(a, items[0], items[2], sizeof *items[0]); /* the last stays */
    for (size_t i = 0; i < 3; i++)
        again[i] = piece_new(a, sizeof *again[i]);
    again[3] = piece_new(a, sizeof *again[3]);
    if (!MEM_WATCHED) {
        OK(again[0] == items[0] && again[1] == items[1] && again[2] == items[2]);
        OK(again[3] != items[3]);
    }
    for (size_t i = 0; i < 4; i++)
        piece_free(a, again[i], sizeof *again[i]);
    piece_free(a, items[3], sizeof *items[3]);
    sim_free(sim);
}

static void a_table_that_grows_leaves_its_place_to_others(void)
{
    uint8_t *small, *great;

    begin();
    for (size_t size = 1; size < HUGE; size = 2 * size + 1) { /* each is another size of pieces */
        small = piece_new(a, size);
        memset(small, 1, size);
        great = piece_zalloc(a, size + size / 2);
        OK(on_a_line(great));
        for (size_t i = 0; i < size + size / 2; i++)
            EQ(great[i], 0);
        memset(great, 2, size + size / 2);
        EQ(small[size - 1], 1);
        piece_free(a, small, size);
        OK(MEM_WATCHED || piece_lines(size) > 4096 || piece_new(b, size) == small);
        piece_free(a, great, size + size / 2);
    }
    sim_free(sim);
}

static void great_ones_are_mallocs_own(void)
{
    size_t used;
    uint8_t *piece;

    begin();
    used = a->part->arena.used;
    piece = piece_zalloc(a, HUGE);
    OK(on_a_line(piece));
    EQ(a->part->arena.used, used);
    memset(piece, 1, HUGE);
    piece_free(a, piece, HUGE);
    sim_free(sim);
}

UNIT_MAIN("piece", TEST(what_one_node_gives_back_another_takes), TEST(one_has_all_of_its_lines),
          TEST(one_that_was_used_is_zeroed_when_asked_for),
          TEST(a_run_of_a_list_is_given_back_at_once),
          TEST(a_table_that_grows_leaves_its_place_to_others), TEST(great_ones_are_mallocs_own))
