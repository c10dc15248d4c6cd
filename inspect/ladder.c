#include "inspect/ladder.h"

#include <string.h>

#include "base/list.h"
#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "inspect/record_ids.h"
#include "inspect/render.h"
#include "inspect/summary.h"
#include "sim/sim.h"

enum { TIME_WIDTH = 11, FRAME_READ_MAX = 2048, PENDING_MAX = 65536 };

struct arrow {
    sim_time at; /* it left */
    unsigned from, to;
    enum chapter chapter;
    uint64_t received; /* id of the reception, to take it back when the node ignores the frame */
    unsigned number;   /* of arrival */
    char *label;
};

struct origin { /* of a frame on its way, by the id of its last record */
    sim_time at;
    unsigned from;
    enum chapter chapter;
    char *label;
};

struct ladder {
    struct observer observer;
    struct sim *sim;
    const struct node **nodes;
    unsigned n;
    struct story story;
    struct seq_table *seqs;
    GHashTable *origins; /* record id -> struct origin */
    GPtrArray *arrows;   /* in the order of arrival */
    unsigned n_arrived;
};

static void arrow_free(gpointer data)
{
    struct arrow *arrow = data;

    g_free(arrow->label);
    g_free(arrow);
}

static void origin_free(gpointer data)
{
    struct origin *origin = data;

    g_free(origin->label);
    g_free(origin);
}

static int column_of(const struct ladder *ladder, const struct node *node)
{
    for (unsigned i = 0; i < ladder->n; i++)
        if (ladder->nodes[i] == node)
            return (int)i;
    return -1;
}

static void remember(struct ladder *ladder, uint64_t id, const struct origin *from)
{
    struct origin *origin;

    /* Frames that never arrive anywhere are forgotten with all others, now and then: diagrams are
     * of short stretches. */
    if (g_hash_table_size(ladder->origins) >= PENDING_MAX)
        g_hash_table_remove_all(ladder->origins);
    origin = g_memdup2(from, sizeof *from);
    origin->label = g_strdup(from->label);
    g_hash_table_replace(ladder->origins, record_id_key(id), origin);
}

static struct origin begin_here(struct ladder *ladder, const struct record *record, unsigned column)
{
    struct origin origin = { .at = record->at, .from = column };
    size_t size = MIN(frame_size(record->frame), FRAME_READ_MAX);
    uint8_t octets[FRAME_READ_MAX];
    GString *label = g_string_new(NULL);
    struct facts facts;
    struct seq_base base;

    frame_copy_out(record->frame, 0, octets, size);
    facts_read(&facts, octets, size);
    base = seq_table_look(ladder->seqs, &facts);
    origin.chapter = story_look(&ladder->story, &facts, record->why.code);
    summary_label(label, &facts, RENDER_USER);
    if (facts.transport == FACT_TCP && base.known)
        g_string_append_printf(label, " seq=%u", facts.tcp.seq - base.seq);
    if (facts.transport == FACT_TCP && base.known && (facts.tcp.flags & TCP_ACK))
        g_string_append_printf(label, " ack=%u", facts.tcp.ack - base.ack);
    origin.label = g_string_free(label, FALSE);
    return origin;
}

static void sent(struct ladder *ladder, const struct record *record)
{
    int column = column_of(ladder, record->node);
    const struct origin *before;

    if (column >= 0) {
        struct origin origin = begin_here(ladder, record, (unsigned)column);

        remember(ladder, record->id, &origin);
        g_free(origin.label);
        return;
    }
    before = g_hash_table_lookup(ladder->origins, record_id_key(record->cause));
    if (before != NULL)
        remember(ladder, record->id, before);
}

static void received(struct ladder *ladder, const struct record *record)
{
    int column = column_of(ladder, record->node);
    struct origin *origin = g_hash_table_lookup(ladder->origins, record_id_key(record->cause));
    struct arrow *arrow;

    if (origin == NULL)
        return;
    if (column < 0) {
        remember(ladder, record->id, origin);
        return;
    }
    arrow = g_new(struct arrow, 1);
    *arrow =
        (struct arrow){ origin->at, origin->from,        (unsigned)column,       origin->chapter,
                        record->id, ladder->n_arrived++, g_strdup(origin->label) };
    g_ptr_array_add(ladder->arrows, arrow);
}

/* What a node ignores because it is another's did not go to it: flooded and repeated copies. */
static void dropped(struct ladder *ladder, const struct record *record)
{
    if (record->drop != DROP_NOT_FOR_ME && record->drop != DROP_ARP_NOT_MINE &&
        record->drop != DROP_NDP_NOT_MINE)
        return;
    for (guint i = ladder->arrows->len; i > 0 && i + 64 > ladder->arrows->len; i--) {
        const struct arrow *arrow = ladder->arrows->pdata[i - 1];

        if (arrow->received == record->cause) {
            g_ptr_array_remove_index(ladder->arrows, i - 1);
            return;
        }
    }
}

static void observe(struct observer *observer, const struct record *record)
{
    struct ladder *ladder = CONTAINER_OF(observer, struct ladder, observer);

    if (record->kind == RECORD_SEND)
        sent(ladder, record);
    else if (record->kind == RECORD_RECEIVE)
        received(ladder, record);
    else
        dropped(ladder, record);
}

struct ladder *ladder_new(struct sim *sim, const struct node *const *nodes, unsigned n)
{
    struct ladder *ladder = g_new0(struct ladder, 1);

    g_assert(n >= 2);
    ladder->sim = sim;
    ladder->nodes = g_memdup2(nodes, n * sizeof *nodes);
    ladder->n = n;
    ladder->seqs = seq_table_new();
    ladder->origins = g_hash_table_new_full(record_id_hash, NULL, NULL, origin_free);
    ladder->arrows = g_ptr_array_new_with_free_func(arrow_free);
    ladder->observer.wants =
        RECORD_BIT(RECORD_SEND) | RECORD_BIT(RECORD_RECEIVE) | RECORD_BIT(RECORD_DROP);
    ladder->observer.record = observe;
    sim_observe(sim, &ladder->observer);
    return ladder;
}

unsigned ladder_arrows(const struct ladder *ladder)
{
    return ladder->arrows->len;
}

void ladder_clear(struct ladder *ladder)
{
    g_ptr_array_set_size(ladder->arrows, 0);
}

void ladder_free(struct ladder *ladder)
{
    if (ladder == NULL)
        return;
    sim_unobserve(ladder->sim, &ladder->observer);
    seq_table_free(ladder->seqs);
    g_hash_table_destroy(ladder->origins);
    g_ptr_array_free(ladder->arrows, TRUE);
    g_free(ladder->nodes);
    g_free(ladder);
}

/* ---- drawing ---- */

struct canvas {
    int left; /* columns before the first line */
    int gap;  /* from one line to the next */
};

static void write_names(const struct ladder *ladder, const struct canvas *canvas, GString *out)
{
    int at = 0;

    for (unsigned i = 0; i < ladder->n; i++) {
        const char *name = ladder->nodes[i]->name;
        int width = MIN(columns_width(name), canvas->gap - 1);
        int begin = MAX(canvas->left + (int)i * canvas->gap - width / 2, at);

        columns_fill(out, " ", begin - at);
        at = begin + columns_add(out, name, canvas->gap - 1);
    }
    g_string_append_c(out, '\n');
}

/* The arrow between its two lines: ├── label ──▶ without the lines themselves, @width columns. */
static void write_shaft(GString *out, const char *label, int width, bool rightwards)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int room = width - 6, used = columns_add(text, label, room), rest = room - used;

    g_string_append(out, rightwards ? "─" : "◀");
    columns_fill(out, "─", rest / 2 + (rightwards ? 0 : 1));
    if (!rightwards && width > 5)
        g_string_append(out, " ");
    else
        g_string_append(out, "─ ");
    g_string_append(out, text->str);
    g_string_append(out, rightwards ? " " : " ─");
    columns_fill(out, "─", rest - rest / 2 + (rightwards ? 1 : 0));
    g_string_append(out, rightwards ? "▶" : "─");
}

static void write_arrow(const struct ladder *ladder, const struct canvas *canvas,
                        const struct arrow *arrow, GString *out)
{
    unsigned left = MIN(arrow->from, arrow->to), right = MAX(arrow->from, arrow->to);
    g_autoptr(GString) time = g_string_new(NULL);

    render_moment(time, arrow->at, 6);
    g_string_append_printf(out, "%*s", TIME_WIDTH, time->str);
    columns_fill(out, " ", canvas->left - TIME_WIDTH);
    for (unsigned i = 0; i < ladder->n; i++) {
        bool ends = i == left || i == right;

        g_string_append(out, !ends ? "│" : i == left ? "├" : "┤");
        if (i == left) {
            write_shaft(out, arrow->label, (int)(right - left) * canvas->gap - 1,
                        arrow->from == left);
            i = right - 1;
        } else if (i + 1 < ladder->n) {
            columns_fill(out, " ", canvas->gap - 1);
        }
    }
    g_string_append_c(out, '\n');
}

static int compare_arrows(gconstpointer a, gconstpointer b)
{
    const struct arrow *x = *(const struct arrow *const *)a, *y = *(const struct arrow *const *)b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

void ladder_write(const struct ladder *ladder, enum chapter chapter, int width, GString *out)
{
    struct canvas canvas = { .left = TIME_WIDTH + 3 };
    g_autoptr(GPtrArray) arrows = g_ptr_array_copy(ladder->arrows, NULL, NULL); /* by departure */
    int names = (columns_width(ladder->nodes[ladder->n - 1]->name) + 1) / 2;

    canvas.left =
        MAX(canvas.left, TIME_WIDTH + 1 + (columns_width(ladder->nodes[0]->name) + 1) / 2);
    canvas.gap = MAX((MAX(width, 40) - canvas.left - names - 1) / (int)(ladder->n - 1), 12);
    write_names(ladder, &canvas, out);
    g_ptr_array_set_free_func(arrows, NULL);
    g_ptr_array_sort(arrows, compare_arrows);
    for (guint i = 0; i < arrows->len; i++) {
        const struct arrow *arrow = arrows->pdata[i];

        if ((chapter == CHAPTER_NONE || arrow->chapter == chapter) && arrow->from != arrow->to)
            write_arrow(ladder, &canvas, arrow, out);
    }
}
