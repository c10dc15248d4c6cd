#include "sim/partition.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"

/*
 * 1. Look-ahead: of all thresholds, the greatest at which the pieces that hang together by shorter
 *    edges are still small enough to be dealt out evenly. Only edges from the threshold on are cut.
 * 2. Leaves are folded into what they hang on: hosts into their switch, that into its router.
 * 3. The pieces are put in a row: from one end of the graph on, always the piece that hangs most on
 *    those before it. The row is cut into stretches of equal weight.
 * 4. Pieces at the borders change sides where that leaves fewer edges cut.
 */

#define UNEVEN_PERCENT 6  /* a part may weigh so much more than the mean */
#define PASSES_MAX     12 /* over all pieces, while step 4 gets better */
#define FOLD_SHARE     16 /* of a part: no piece grows beyond it by leaves */
#define FOLDS_MAX      8  /* how deep trees are folded */

struct graph { /* of pieces; edges in both directions, those of piece i from first[i] on */
    uint32_t n, n_parts;
    uint64_t total;
    uint64_t *weight;
    uint32_t *first, *to;
};

/* ---- pieces ---- */

static uint32_t find(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* The first node of a piece stands for it. */
static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = find(parent, a);
    b = find(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

static void join_below(uint32_t *parent, uint32_t n_nodes, const struct partition_edge *edges,
                       uint32_t n_edges, sim_time threshold)
{
    for (uint32_t i = 0; i < n_nodes; i++)
        parent[i] = i;
    for (uint32_t i = 0; i < n_edges; i++)
        if (edges[i].look_ahead < threshold || edges[i].look_ahead <= 0)
            join(parent, edges[i].a, edges[i].b);
}

/* The heaviest piece. */
static uint64_t heaviest(uint32_t *parent, const uint32_t *weight, uint32_t n)
{
    uint64_t *sum = mem_zalloc((n + 1) * sizeof *sum), most = 0;

    for (uint32_t i = 0; i < n; i++)
        sum[find(parent, i)] += weight[i];
    for (uint32_t i = 0; i < n; i++)
        if (sum[i] > most)
            most = sum[i];
    free(sum);
    return most;
}

static int by_time(const void *a, const void *b)
{
    sim_time x = *(const sim_time *)a, y = *(const sim_time *)b;

    return (x > y) - (x < y);
}

#define NO_PIECE    UINT32_MAX
#define MANY_PIECES (UINT32_MAX - 1)

/* stem[piece]: the only other one that it has edges to. */
static void find_stems(uint32_t *parent, uint32_t *stem, uint32_t n_nodes,
                       const struct partition_edge *edges, uint32_t n_edges)
{
    for (uint32_t i = 0; i < n_nodes; i++)
        stem[i] = NO_PIECE;
    for (uint32_t i = 0; i < n_edges; i++) {
        uint32_t a = find(parent, edges[i].a), b = find(parent, edges[i].b);

        if (a == b)
            continue;
        stem[a] = stem[a] == NO_PIECE || stem[a] == b ? b : MANY_PIECES;
        stem[b] = stem[b] == NO_PIECE || stem[b] == a ? a : MANY_PIECES;
    }
}

static bool is_leaf(const uint32_t *stem, uint32_t piece)
{
    return stem[piece] < MANY_PIECES && stem[stem[piece]] == MANY_PIECES;
}

/* All leaves of a piece go into it, or none: half a star has no shorter border than a whole one.
 * Without this, a row would take switches with many hosts last, and cut each off its router. */
static bool fold_leaves(uint32_t *parent, uint32_t *stem, const uint32_t *weight, uint32_t n_nodes,
                        uint64_t most)
{
    uint64_t *own = mem_zalloc((n_nodes + 1) * sizeof *own), *sum;
    bool any = false;

    for (uint32_t i = 0; i < n_nodes; i++)
        own[find(parent, i)] += weight[i];
    sum = mem_dup(own, (n_nodes + 1) * sizeof *sum);
    for (uint32_t i = 0; i < n_nodes; i++)
        if (parent[i] == i && is_leaf(stem, i))
            sum[stem[i]] += own[i];
    for (uint32_t i = 0; i < n_nodes; i++) {
        if (own[i] == 0 || !is_leaf(stem, i) || sum[stem[i]] > most)
            continue;
        join(parent, i, stem[i]);
        any = true;
    }
    free(own);
    free(sum);
    return any;
}

static void fold_trees(uint32_t *parent, const uint32_t *weight, uint32_t n_nodes,
                       const struct partition_edge *edges, uint32_t n_edges, uint64_t most)
{
    uint32_t *stem = mem_alloc((n_nodes + 1) * sizeof *stem);

    for (int i = 0; i < FOLDS_MAX; i++) {
        find_stems(parent, stem, n_nodes, edges, n_edges);
        if (!fold_leaves(parent, stem, weight, n_nodes, most))
            break;
    }
    free(stem);
}

/* Join what must not or need not be cut; pieces are named by their first node in @parent. */
static void make_pieces(uint32_t *parent, const uint32_t *weight, uint32_t n_nodes,
                        const struct partition_edge *edges, uint32_t n_edges, uint32_t n_parts)
{
    sim_time *steps = mem_alloc((n_edges + 1) * sizeof *steps);
    uint64_t total = 0, most;
    uint32_t low = 0, high = 0;

    for (uint32_t i = 0; i < n_edges; i++)
        if (edges[i].look_ahead > 0)
            steps[high++] = edges[i].look_ahead;
    qsort(steps, high, sizeof *steps, by_time);
    for (uint32_t i = 0; i < n_nodes; i++)
        total += weight[i];
    most = total / n_parts / 2; /* pieces of half a part can still be dealt out */
    while (low < high) {        /* the last step that leaves them so small, or the first */
        uint32_t middle = low + (high - low) / 2;

        join_below(parent, n_nodes, edges, n_edges, steps[middle]);
        if (heaviest(parent, weight, n_nodes) <= most)
            low = middle + 1;
        else
            high = middle;
    }
    join_below(parent, n_nodes, edges, n_edges, low > 0 ? steps[low - 1] : 0);
    fold_trees(parent, weight, n_nodes, edges, n_edges, total / n_parts / FOLD_SHARE);
    free(steps);
}

static void count_edges(struct graph *graph, const uint32_t *piece,
                        const struct partition_edge *edges, uint32_t n_edges)
{
    uint32_t *at;

    for (uint32_t i = 0; i < n_edges; i++) {
        if (piece[edges[i].a] == piece[edges[i].b])
            continue;
        graph->first[piece[edges[i].a] + 1]++;
        graph->first[piece[edges[i].b] + 1]++;
    }
    for (uint32_t i = 0; i < graph->n; i++)
        graph->first[i + 1] += graph->first[i];
    graph->to = mem_alloc((graph->first[graph->n] + 1) * sizeof *graph->to);
    at = mem_dup(graph->first, (graph->n + 1) * sizeof *at);
    for (uint32_t i = 0; i < n_edges; i++) {
        uint32_t a = piece[edges[i].a], b = piece[edges[i].b];

        if (a == b)
            continue;
        graph->to[at[a]++] = b;
        graph->to[at[b]++] = a;
    }
    free(at);
}

/* @piece: of each node, numbered in the order of their first nodes. */
static void build(struct graph *graph, uint32_t *piece, const uint32_t *weight, uint32_t n_nodes,
                  const struct partition_edge *edges, uint32_t n_edges, uint32_t n_parts)
{
    uint32_t *parent = mem_alloc((n_nodes + 1) * sizeof *parent);

    *graph = (struct graph){ .n_parts = n_parts };
    make_pieces(parent, weight, n_nodes, edges, n_edges, n_parts);
    for (uint32_t i = 0; i < n_nodes; i++)
        piece[i] = find(parent, i) == i ? graph->n++ : piece[find(parent, i)];
    free(parent);
    graph->weight = mem_zalloc((graph->n + 1) * sizeof *graph->weight);
    graph->first = mem_zalloc((graph->n + 2) * sizeof *graph->first);
    for (uint32_t i = 0; i < n_nodes; i++) {
        graph->weight[piece[i]] += weight[i];
        graph->total += weight[i];
    }
    count_edges(graph, piece, edges, n_edges);
}

/* ---- the row ---- */

/* Pieces by how much they hang on those in the row: a heap of (gain, piece), with stale entries. */
struct candidate {
    int64_t gain; /* edges into the row less edges that lead on */
    uint32_t piece;
};

struct heap {
    struct candidate *items;
    size_t n, size;
};

static bool better(const struct candidate *a, const struct candidate *b)
{
    return a->gain != b->gain ? a->gain > b->gain : a->piece < b->piece;
}

static void heap_push(struct heap *heap, struct candidate item)
{
    size_t at = heap->n;

    ARRAY_PUSH(heap->items, heap->n, heap->size, item);
    while (at > 0 && better(&item, &heap->items[(at - 1) / 2])) {
        heap->items[at] = heap->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->items[at] = item;
}

static struct candidate heap_pop(struct heap *heap)
{
    struct candidate top = heap->items[0], last = heap->items[--heap->n];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= heap->n)
            break;
        if (child + 1 < heap->n && better(&heap->items[child + 1], &heap->items[child]))
            child++;
        if (!better(&heap->items[child], &last))
            break;
        heap->items[at] = heap->items[child];
        at = child;
    }
    heap->items[at] = last;
    return top;
}

/* The piece farthest from @start, by breadth-first search: an end of the graph. @queue is room for
 * all pieces; @seen marks those that were come to, once and for all: islands do not touch. */
static uint32_t far_end(const struct graph *graph, uint32_t start, uint32_t *queue, bool *seen)
{
    uint32_t head = 0, tail = 0, last = start;

    queue[tail++] = start;
    seen[start] = true;
    while (head < tail) {
        last = queue[head++];
        for (uint32_t i = graph->first[last]; i < graph->first[last + 1]; i++) {
            if (seen[graph->to[i]])
                continue;
            seen[graph->to[i]] = true;
            queue[tail++] = graph->to[i];
        }
    }
    return last;
}

struct row {
    const struct graph *graph;
    uint32_t *pieces, n;
    int64_t *gain; /* of each piece that is not in the row yet */
    bool *done;
    struct heap heap;
};

static void append(struct row *row, uint32_t piece)
{
    const struct graph *graph = row->graph;

    row->done[piece] = true;
    row->pieces[row->n++] = piece;
    for (uint32_t i = graph->first[piece]; i < graph->first[piece + 1]; i++) {
        uint32_t to = graph->to[i];

        row->gain[to] += 2;
        if (!row->done[to])
            heap_push(&row->heap, (struct candidate){ row->gain[to], to });
    }
}

static void put_in_row(const struct graph *graph, uint32_t *pieces)
{
    struct row row = { .graph = graph, .pieces = pieces };
    uint32_t *queue = mem_alloc((graph->n + 1) * sizeof *queue), next = 0;
    bool *seen = mem_zalloc(graph->n + 1);

    row.gain = mem_alloc((graph->n + 1) * sizeof *row.gain);
    row.done = mem_zalloc(graph->n + 1);
    for (uint32_t i = 0; i < graph->n; i++)
        row.gain[i] = -(int64_t)(graph->first[i + 1] - graph->first[i]);
    while (row.n < graph->n) {
        if (row.heap.n == 0) { /* another island */
            while (row.done[next])
                next++;
            append(&row, far_end(graph, next, queue, seen));
        } else {
            struct candidate item = heap_pop(&row.heap);

            if (!row.done[item.piece] && item.gain == row.gain[item.piece])
                append(&row, item.piece);
        }
    }
    free(row.heap.items);
    free(row.gain);
    free(row.done);
    free(queue);
    free(seen);
}

/* Stretches of equal weight; a piece goes where its middle lies. Returns how many got any. */
static uint32_t deal_out(const struct graph *graph, uint32_t *part)
{
    uint32_t *row = mem_alloc((graph->n + 1) * sizeof *row);
    uint32_t last = UINT32_MAX, used = 0;
    uint64_t before = 0;

    put_in_row(graph, row);
    for (uint32_t i = 0; i < graph->n; i++) {
        uint64_t middle = 2 * before + graph->weight[row[i]];
        uint32_t which = (uint32_t)(middle * graph->n_parts / (2 * graph->total + 1));

        before += graph->weight[row[i]];
        used += which != last;
        last = which;
        part[row[i]] = used - 1;
    }
    free(row);
    return used;
}

/* ---- the borders ---- */

struct borders {
    const struct graph *graph;
    uint32_t *part, n_parts;
    uint64_t *load, *n_pieces; /* of each part */
    uint32_t *touch;           /* edges of one piece into each part */
    uint64_t most;             /* a part may weigh */
};

/* Where @piece would rather be: fewest edges cut, then the lighter part, then the first. */
static uint32_t best_part(struct borders *borders, uint32_t piece)
{
    const struct graph *graph = borders->graph;
    uint64_t weight = graph->weight[piece];
    uint32_t here = borders->part[piece], best = here;

    memset(borders->touch, 0, borders->n_parts * sizeof *borders->touch);
    for (uint32_t i = graph->first[piece]; i < graph->first[piece + 1]; i++)
        borders->touch[borders->part[graph->to[i]]]++;
    for (uint32_t p = 0; p < borders->n_parts; p++) {
        bool fits = borders->load[p] + weight <= borders->most;
        bool evens = borders->load[p] + weight < borders->load[best];

        if (p == here || borders->touch[p] == 0 || !fits)
            continue;
        if (borders->touch[p] > borders->touch[best] ||
            (borders->touch[p] == borders->touch[best] && best == here && evens))
            best = p;
    }
    return best;
}

static bool pass(struct borders *borders)
{
    bool changed = false;

    for (uint32_t piece = 0; piece < borders->graph->n; piece++) {
        uint32_t from = borders->part[piece], to;

        if (borders->n_pieces[from] == 1)
            continue;
        to = best_part(borders, piece);
        if (to == from)
            continue;
        borders->load[from] -= borders->graph->weight[piece];
        borders->load[to] += borders->graph->weight[piece];
        borders->n_pieces[from]--;
        borders->n_pieces[to]++;
        borders->part[piece] = to;
        changed = true;
    }
    return changed;
}

static void tidy(const struct graph *graph, uint32_t *part, uint32_t n_parts)
{
    struct borders borders = { .graph = graph, .part = part, .n_parts = n_parts };
    uint64_t mean = graph->total / n_parts;

    borders.load = mem_zalloc(n_parts * sizeof *borders.load);
    borders.n_pieces = mem_zalloc(n_parts * sizeof *borders.n_pieces);
    borders.touch = mem_zalloc(n_parts * sizeof *borders.touch);
    borders.most = mean + mean * UNEVEN_PERCENT / 100;
    for (uint32_t i = 0; i < graph->n; i++) {
        borders.load[part[i]] += graph->weight[i];
        borders.n_pieces[part[i]]++;
    }
    for (int i = 0; i < PASSES_MAX && pass(&borders); i++)
        continue;
    free(borders.load);
    free(borders.n_pieces);
    free(borders.touch);
}

uint32_t partition_graph(uint32_t n_nodes, const uint32_t *weight,
                         const struct partition_edge *edges, uint32_t n_edges, uint32_t n_parts,
                         uint32_t *part_of)
{
    uint32_t *piece = mem_alloc((n_nodes + 1) * sizeof *piece);
    uint32_t *part = mem_zalloc((n_nodes + 1) * sizeof *part);
    struct graph graph;
    uint32_t used = 1;

    CHECK(n_parts >= 1);
    build(&graph, piece, weight, n_nodes, edges, n_edges, n_parts);
    if (graph.n > 1 && n_parts > 1) {
        used = deal_out(&graph, part);
        tidy(&graph, part, used);
    }
    for (uint32_t i = 0; i < n_nodes; i++)
        part_of[i] = part[piece[i]];
    free(graph.weight);
    free(graph.first);
    free(graph.to);
    free(piece);
    free(part);
    return used;
}
