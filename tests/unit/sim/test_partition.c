#include "sim/partition.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/unit.h"

enum { NODES_MAX = 4096 };

static uint32_t weight[NODES_MAX], part_of[NODES_MAX];
static struct partition_edge edges[2 * NODES_MAX];
static uint32_t n_edges;

static void begin(uint32_t n_nodes)
{
    for (uint32_t i = 0; i < n_nodes; i++)
        weight[i] = 1;
    n_edges = 0;
}

static void edge(uint32_t a, uint32_t b, sim_time look_ahead)
{
    edges[n_edges++] = (struct partition_edge){ a, b, look_ahead };
}

static uint32_t cut_edges(void)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < n_edges; i++)
        n += part_of[edges[i].a] != part_of[edges[i].b];
    return n;
}

static uint32_t load(uint32_t n_nodes, uint32_t part)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < n_nodes; i++)
        sum += part_of[i] == part ? weight[i] : 0;
    return sum;
}

static void a_line_is_cut_into_stretches(void)
{
    begin(100);
    for (uint32_t i = 0; i + 1 < 100; i++)
        edge(i, i + 1, 10);
    for (uint32_t n = 1; n <= 8; n++) {
        EQ(partition_graph(100, weight, edges, n_edges, n, part_of), n);
        EQ(cut_edges(), n - 1);
        for (uint32_t part = 0; part < n; part++)
            OK(load(100, part) >= 100 / n - 3 && load(100, part) <= 100 / n + 3);
    }
}

static void what_no_time_lies_between_stays_together(void)
{
    begin(40);
    for (uint32_t i = 0; i + 1 < 40; i++)
        edge(i, i + 1, i == 12 || i == 30 ? 5 : 0);
    EQ(partition_graph(40, weight, edges, n_edges, 8, part_of), 3);
    for (uint32_t i = 0; i + 1 < 40; i++)
        EQ(part_of[i] != part_of[i + 1], i == 12 || i == 30);
    n_edges = 0;
    for (uint32_t i = 0; i + 1 < 40; i++)
        edge(i, i + 1, 0);
    EQ(partition_graph(40, weight, edges, n_edges, 8, part_of), 1);
}

/* Eight sites of 20 nodes on a ring of long cables. */
static void long_cables_are_cut_and_short_ones_are_not(void)
{
    begin(160);
    for (uint32_t site = 0; site < 8; site++) {
        for (uint32_t i = 1; i < 20; i++)
            edge(20 * site, 20 * site + i, 5);
        edge(20 * site, 20 * ((site + 1) % 8), 10000);
    }
    EQ(partition_graph(160, weight, edges, n_edges, 4, part_of), 4);
    OK(cut_edges() <= 6); /* 4 is best */
    for (uint32_t i = 0; i < n_edges; i++)
        if (edges[i].look_ahead == 5)
            EQ(part_of[edges[i].a], part_of[edges[i].b]);
    for (uint32_t part = 0; part < 4; part++)
        EQ(load(160, part), 40);
}

static void a_grid_is_cut_across_and_evenly(void)
{
    begin(32 * 32);
    for (uint32_t y = 0; y < 32; y++) {
        for (uint32_t x = 0; x < 32; x++) {
            if (x < 31)
                edge(32 * y + x, 32 * y + x + 1, 10);
            if (y < 31)
                edge(32 * y + x, 32 * (y + 1) + x, 10);
        }
    }
    EQ(partition_graph(1024, weight, edges, n_edges, 2, part_of), 2);
    OK(cut_edges() <= 64); /* 32 is best */
    OK(load(1024, 0) >= 440 && load(1024, 0) <= 584);
}

/* 64 routers in a ring, each with a switch and its 30 hosts. */
static void hosts_and_switches_stay_with_their_router(void)
{
    enum { ROUTERS = 64, SITE = 32, N = ROUTERS * SITE };

    begin(N);
    for (uint32_t router = 0; router < ROUTERS; router++) {
        uint32_t first = SITE * router;

        edge(first, SITE * ((router + 1) % ROUTERS), 10);
        for (uint32_t i = 1; i < SITE; i++)
            edge(i == 1 ? first : first + 1, first + i, 10);
    }
    EQ(partition_graph(N, weight, edges, n_edges, 2, part_of), 2);
    EQ(cut_edges(), 2);
    EQ(load(N, 0), N / 2);
}

/* Folded as a whole it would leave nothing for the other part. */
static void the_hosts_of_one_switch_are_dealt_out(void)
{
    begin(200);
    for (uint32_t i = 1; i < 200; i++)
        edge(0, i, 10);
    EQ(partition_graph(200, weight, edges, n_edges, 2, part_of), 2);
    OK(load(200, 0) >= 90 && load(200, 0) <= 110);
}

static void heavy_nodes_count_for_more(void)
{
    begin(12);
    weight[0] = 10;
    for (uint32_t i = 0; i + 1 < 12; i++)
        edge(i, i + 1, 10);
    EQ(partition_graph(12, weight, edges, n_edges, 2, part_of), 2);
    OK(load(12, 0) >= 8 && load(12, 0) <= 13);
}

static void islands_and_lone_nodes_are_dealt_out(void)
{
    begin(9);
    edge(0, 1, 10);
    edge(2, 3, 10);
    EQ(partition_graph(9, weight, edges, n_edges, 3, part_of), 3);
    for (uint32_t part = 0; part < 3; part++)
        EQ(load(9, part), 3);
    EQ(partition_graph(0, weight, edges, 0, 3, part_of), 1);
    EQ(partition_graph(1, weight, edges, 0, 3, part_of), 1);
}

/* Work grows with the network, not with its square. */
static void many_islands_take_no_longer_than_one(void)
{
    enum { N = 1000000 };
    uint32_t *ones = malloc(N * sizeof *ones), *parts = malloc(N * sizeof *parts);
    uint32_t n_in_first = 0;

    for (uint32_t i = 0; i < N; i++)
        ones[i] = 1;
    EQ(partition_graph(N, ones, edges, 0, 4, parts), 4);
    for (uint32_t i = 0; i < N; i++)
        n_in_first += parts[i] == 0;
    EQ(n_in_first, N / 4);
    free(ones);
    free(parts);
}

static void the_same_graph_is_cut_the_same_way(void)
{
    static uint32_t again[NODES_MAX];
    uint64_t state = 7;

    begin(500);
    for (uint32_t i = 1; i < 500; i++) {
        state = state * UINT64_C(6364136223846793005) + 1;
        edge(i, (uint32_t)(state >> 33) % i, 1 + (sim_time)(state >> 60));
    }
    EQ(partition_graph(500, weight, edges, n_edges, 5, part_of), 5);
    memcpy(again, part_of, sizeof again);
    EQ(partition_graph(500, weight, edges, n_edges, 5, part_of), 5);
    EQ(memcmp(again, part_of, sizeof again), 0);
}

UNIT_MAIN("partition", TEST(a_line_is_cut_into_stretches),
          TEST(what_no_time_lies_between_stays_together),
          TEST(long_cables_are_cut_and_short_ones_are_not), TEST(a_grid_is_cut_across_and_evenly),
          TEST(hosts_and_switches_stay_with_their_router),
          TEST(the_hosts_of_one_switch_are_dealt_out), TEST(heavy_nodes_count_for_more),
          TEST(islands_and_lone_nodes_are_dealt_out), TEST(many_islands_take_no_longer_than_one),
          TEST(the_same_graph_is_cut_the_same_way))
