#include "inspect/narrate.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "base/list.h"
#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "inspect/record_ids.h"
#include "inspect/render.h"
#include "inspect/story.h"
#include "inspect/summary.h"
#include "sim/sim.h"

enum {
    TIME_WIDTH = 11,
    NUMBER_WIDTH = 6,
    PATH_WIDTH_MAX = 24,
    FLOOD_NAMED_MAX = 4,
    FRAME_MAX = 65536 + 18
};

struct flood { /* copies of one frame that a switch or hub is sending out */
    bool pending;
    uint64_t cause, first;
    const struct node *node;
    sim_time at;
    GPtrArray *to; /* names of the far ends, borrowed */
    GString *what; /* label, detail and reason */
};

struct told {
    sim_time at;
    char *text;
};

struct narrate {
    struct observer observer;
    struct sim *sim;
    struct narrate_options options;
    struct seq_table *seqs;
    struct story story;
    enum chapter chapter;
    uint64_t n_frames;
    sim_time told_at; /* the time of the last line that had one */
    int path_width;
    struct flood flood;
    GHashTable *output; /* process -> GString: a line not finished yet */
    GHashTable *silent; /* processes that are told under another one: a shell's only program */
    struct told *told;  /* the last command told of each node, by its id - 1 */
    GString *line, *path;
    uint8_t octets[FRAME_MAX];
};

/* ---- lines ---- */

enum colour { COLOUR_NONE, COLOUR_DIM, COLOUR_RED, COLOUR_GREEN, COLOUR_BOLD };

static void colour(struct narrate *narrate, enum colour which)
{
    static const char *const codes[] = { "\033[0m", "\033[2m", "\033[31m", "\033[32m", "\033[1m" };

    if (narrate->options.colour)
        g_string_append(narrate->line, codes[which]);
}

static void write_line(struct narrate *narrate)
{
    colour(narrate, COLOUR_NONE);
    g_string_append_c(narrate->line, '\n');
    narrate->options.write(narrate->options.ctx, narrate->line->str);
    g_string_truncate(narrate->line, 0);
}

static void begin_line(struct narrate *narrate, sim_time at, uint64_t number)
{
    g_autoptr(GString) time = g_string_new(NULL);

    narrate->told_at = at;
    render_moment(time, at, 6);
    colour(narrate, COLOUR_DIM);
    g_string_append_printf(narrate->line, "%*s ", TIME_WIDTH, time->str);
    if (number != 0)
        g_string_append_printf(narrate->line, "%*" PRIu64, NUMBER_WIDTH, number);
    else
        columns_fill(narrate->line, " ", NUMBER_WIDTH);
    colour(narrate, COLOUR_NONE);
    g_string_append(narrate->line, "  ");
}

/* What follows from a frame or command is told below it; with a time of its own only where some has
 * passed. */
static void begin_indented(struct narrate *narrate, sim_time at, const char *mark,
                           enum colour which)
{
    g_autoptr(GString) time = g_string_new(NULL);

    if (at - narrate->told_at >= SIM_MSEC(1)) {
        narrate->told_at = at;
        render_moment(time, at, 6);
    }
    colour(narrate, COLOUR_DIM);
    g_string_append_printf(narrate->line, "%*s", TIME_WIDTH, time->str);
    columns_fill(narrate->line, " ", 1 + NUMBER_WIDTH + 4);
    colour(narrate, COLOUR_NONE);
    colour(narrate, which);
    g_string_append_printf(narrate->line, "%s ", mark);
}

static void write_path(struct narrate *narrate, const char *from, const char *to)
{
    g_string_printf(narrate->path, "%s → %s", from, to);
    columns_pad(narrate->line, narrate->path->str, narrate->path_width);
    g_string_append(narrate->line, "  ");
}

/* ---- frames ---- */

static void write_chapter(struct narrate *narrate, enum chapter chapter)
{
    if (chapter == narrate->chapter)
        return;
    narrate->chapter = chapter;
    if (!narrate->options.chapters || chapter == CHAPTER_NONE)
        return;
    narrate->options.write(narrate->options.ctx, "\n");
    colour(narrate, COLOUR_BOLD);
    g_string_append_printf(narrate->line, "== %s ==", story_title(chapter));
    write_line(narrate);
    g_string_append(narrate->line, story_text(chapter));
    write_line(narrate);
    narrate->options.write(narrate->options.ctx, "\n");
}

static void flush_flood(struct narrate *narrate)
{
    struct flood *flood = &narrate->flood;
    g_autoptr(GString) to = g_string_new(NULL);

    if (!flood->pending)
        return;
    flood->pending = false;
    begin_line(narrate, flood->at, flood->first);
    if (flood->to->len > FLOOD_NAMED_MAX)
        g_string_append_printf(to, NN_("%u port", "%u ports", flood->to->len), flood->to->len);
    for (guint i = 0; i < flood->to->len && flood->to->len <= FLOOD_NAMED_MAX; i++)
        g_string_append_printf(to, "%s%s", i > 0 ? ", " : "", (const char *)flood->to->pdata[i]);
    write_path(narrate, flood->node->name, to->str);
    g_string_append(narrate->line, flood->what->str);
    write_line(narrate);
}

/* The reason of such a frame says all that its detail would. */
static bool why_says_all(enum why_code code)
{
    const char *name = why_name(code);

    return g_str_has_prefix(name, "arp") || g_str_has_prefix(name, "dhcp-") ||
           g_str_has_prefix(name, "dns-");
}

static void describe_frame(struct narrate *narrate, const struct record *record, GString *out)
{
    size_t size = MIN(frame_size(record->frame), FRAME_MAX);
    struct facts facts;
    struct seq_base base;
    gsize before;

    frame_copy_out(record->frame, 0, narrate->octets, size);
    facts_read(&facts, narrate->octets, size);
    base = seq_table_look(narrate->seqs, &facts);
    /* A chapter's heading comes before the frame that begins it. */
    write_chapter(narrate, story_look(&narrate->story, &facts, record->why.code));
    summary_label(out, &facts, RENDER_USER);
    if (record->why.code == WHY_NONE || narrate->options.level == NARRATE_FULL ||
        !why_says_all(record->why.code)) {
        g_string_append_c(out, ' ');
        summary_detail(out, &facts, &base, RENDER_USER);
    }
    before = out->len;
    g_string_append(out, _(": "));
    if (record->why.code != WHY_IP_SEND ||
        narrate->options.level == NARRATE_FULL) /* it says nothing new */
        render_why(out, &record->why, record->text, RENDER_USER);
    if (out->len == before + strlen(_(": ")))
        g_string_truncate(out, before);
}

static bool is_copying(enum why_code code)
{
    return code == WHY_REPEAT || code == WHY_BRIDGE_FLOOD_UNKNOWN ||
           code == WHY_BRIDGE_FLOOD_BROADCAST || code == WHY_BRIDGE_FLOOD_MULTICAST;
}

static void tell_send(struct narrate *narrate, const struct record *record)
{
    struct flood *flood = &narrate->flood;
    const struct iface *peer = link_peer(record->iface);
    char *to = (char *)(peer != NULL ? peer->node->name : "?");

    narrate->n_frames++;
    if (flood->pending && flood->cause == record->cause && flood->node == record->node &&
        flood->at == record->at && is_copying(record->why.code)) {
        g_ptr_array_add(flood->to, to);
        return;
    }
    flush_flood(narrate);
    g_string_truncate(flood->what, 0);
    describe_frame(narrate, record, flood->what);
    flood->pending = true;
    flood->cause = record->cause;
    flood->first = narrate->n_frames;
    flood->node = record->node;
    flood->at = record->at;
    g_ptr_array_set_size(flood->to, 0);
    g_ptr_array_add(flood->to, to);
    if (!is_copying(record->why.code))
        flush_flood(narrate);
}

/* Drops that happen all the time in a network that works. */
static bool is_everyday(enum drop_reason reason)
{
    return reason == DROP_NOT_FOR_ME || reason == DROP_ARP_NOT_MINE ||
           reason == DROP_NDP_NOT_MINE || reason == DROP_NO_OTHER_PORT ||
           reason == DROP_SAME_PORT || reason == DROP_MULTICAST_NOT_JOINED || reason == DROP_NONE;
}

static void tell_drop(struct narrate *narrate, const struct record *record)
{
    const struct frame *frame = record->frame;
    const uint8_t *from = record->frame_at;
    g_autoptr(GString) label = g_string_new(NULL);
    struct facts facts;
    size_t len;

    if (narrate->options.level == NARRATE_BRIEF && is_everyday(record->drop))
        return;
    flush_flood(narrate);
    begin_indented(narrate, record->at, "✗", is_everyday(record->drop) ? COLOUR_DIM : COLOUR_RED);
    if (frame != NULL && from != NULL) {
        len = MIN((size_t)(frame->data + frame->len - from), FRAME_MAX);
        memcpy(narrate->octets, from, len);
        if (frame->payload.len > 0 && len + frame->payload.len <= FRAME_MAX) {
            memcpy(narrate->octets + len, frame->payload.octets, frame->payload.len);
            len += frame->payload.len;
        }
        if (from == frame->network)
            facts_read_ip(&facts, narrate->octets, len);
        else
            facts_read(&facts, narrate->octets, len);
        summary_label(label, &facts, RENDER_USER);
    }
    g_string_append_printf(narrate->line,
                           is_everyday(record->drop) ? _("%s ignores the %s: ")
                                                     : _("%s drops the %s: "),
                           record->node->name, label->len > 0 ? label->str : _("frame"));
    render_drop(narrate->line, record->drop, label->len > 0 && facts.net == FACT_IPV6, RENDER_USER);
    write_line(narrate);
}

static void tell_receive(struct narrate *narrate, const struct record *record)
{
    if (narrate->options.level < NARRATE_FULL)
        return;
    flush_flood(narrate);
    begin_line(narrate, record->at, 0);
    g_string_append_printf(narrate->line, _("arrives at %s:%s"), record->node->name,
                           record->iface->name);
    write_line(narrate);
}

/* ---- everything else ---- */

static void tell_reason(struct narrate *narrate, const struct record *record, const char *mark,
                        enum colour which)
{
    gsize before;

    flush_flood(narrate);
    begin_indented(narrate, record->at, mark, which);
    g_string_append_printf(narrate->line, "%s%s%s%s", record->node->name,
                           record->iface != NULL ? ":" : "",
                           record->iface != NULL ? record->iface->name : "", _(": "));
    before = narrate->line->len;
    render_why(narrate->line, &record->why, record->text, RENDER_USER);
    if (narrate->line->len == before)
        g_string_truncate(narrate->line, 0);
    else
        write_line(narrate);
}

static void tell_state(struct narrate *narrate, const struct record *record)
{
    enum why_code code = record->why.code;
    /* What the files set up before anything happens. */
    bool settings = record->at == 0 && record->cause == 0 &&
                    (code == WHY_ADDR_ADDED || code == WHY_ROUTE_ADDED || code == WHY_NEIGH_SET ||
                     code == WHY_ADDR6_ADDED || code == WHY_ROUTE6_ADDED);

    if (narrate->options.level >= NARRATE_FULL ||
        (narrate->options.level == NARRATE_NORMAL && code != WHY_TCP_CWND && !settings))
        tell_reason(narrate, record, "•", COLOUR_GREEN);
}

static void begin_command_line(struct narrate *narrate, const struct record *record,
                               const char *prompt)
{
    flush_flood(narrate);
    begin_line(narrate, record->at, 0);
    colour(narrate, COLOUR_BOLD);
    g_string_append_printf(narrate->line, "%s%s ", record->node->name, prompt);
}

static void tell_output_line(struct narrate *narrate, const struct record *record, const char *text)
{
    begin_command_line(narrate, record, "|");
    colour(narrate, COLOUR_NONE);
    g_string_append(narrate->line, text);
    write_line(narrate);
}

static void finish_output(struct narrate *narrate, const struct record *record)
{
    GString *rest = g_hash_table_lookup(narrate->output, record_id_key(record->process));

    if (rest != NULL && rest->len > 0)
        tell_output_line(narrate, record, rest->str);
    g_hash_table_remove(narrate->output, record_id_key(record->process));
}

static void tell_output(struct narrate *narrate, const struct record *record)
{
    gpointer key = record_id_key(record->process);
    GString *rest = g_hash_table_lookup(narrate->output, key);
    char *newline;

    if (record->text == NULL)
        return;
    if (rest == NULL) {
        rest = g_string_new(NULL);
        g_hash_table_insert(narrate->output, key, rest);
    }
    g_string_append(rest, record->text);
    while ((newline = strchr(rest->str, '\n')) != NULL) {
        *newline = '\0';
        tell_output_line(narrate, record, rest->str);
        g_string_erase(rest, 0, newline + 1 - rest->str);
    }
}

/* A shell that was given one program starts it with the same words: one line is enough. */
static void tell_command_start(struct narrate *narrate, const struct record *record)
{
    const char *text = record->text != NULL ? record->text : "";
    struct told *told = &narrate->told[record->node->id - 1];

    if (told->text != NULL && told->at == record->at && strcmp(told->text, text) == 0) {
        g_clear_pointer(&told->text, g_free); /* only once: it may be started twice in a moment */
        g_hash_table_add(narrate->silent, record_id_key(record->process));
        return;
    }
    g_free(told->text);
    *told = (struct told){ record->at, g_strdup(text) };
    begin_command_line(narrate, record, "$");
    g_string_append(narrate->line, text);
    write_line(narrate);
}

static void tell_command(struct narrate *narrate, const struct record *record)
{
    if (record->why.code == WHY_COMMAND) {
        tell_command_start(narrate, record);
        return;
    }
    finish_output(narrate, record);
    if (g_hash_table_remove(narrate->silent, record_id_key(record->process)) &&
        narrate->options.level < NARRATE_FULL)
        return;
    if (record->why.code == WHY_COMMAND_EXIT && record->why.args[0] == 0 &&
        narrate->options.level < NARRATE_FULL)
        return;
    flush_flood(narrate);
    begin_line(narrate, record->at, 0);
    g_string_append_printf(narrate->line, "%s%s", record->node->name, _(": "));
    render_why(narrate->line, &record->why, record->text, RENDER_USER);
    write_line(narrate);
}

static void tell_control(struct narrate *narrate, const struct record *record)
{
    flush_flood(narrate);
    begin_line(narrate, record->at, 0);
    colour(narrate, COLOUR_BOLD);
    g_string_append_printf(narrate->line, "%s%s%s%s", record->node->name,
                           record->iface != NULL ? ":" : "",
                           record->iface != NULL ? record->iface->name : "", _(": "));
    render_why(narrate->line, &record->why, record->text, RENDER_USER);
    write_line(narrate);
}

static void tell_medium(struct narrate *narrate, const struct record *record)
{
    if (narrate->options.level >= NARRATE_FULL ||
        (narrate->options.level == NARRATE_NORMAL && record->why.code != WHY_DEFERRED))
        tell_reason(narrate, record, "⚡", COLOUR_RED);
}

static void tell(struct observer *observer, const struct record *record)
{
    struct narrate *narrate = CONTAINER_OF(observer, struct narrate, observer);

    switch (record->kind) {
    case RECORD_SEND:
        tell_send(narrate, record);
        break;
    case RECORD_RECEIVE:
        tell_receive(narrate, record);
        break;
    case RECORD_DROP:
        tell_drop(narrate, record);
        break;
    case RECORD_STATE:
        tell_state(narrate, record);
        break;
    case RECORD_TIMER:
    case RECORD_CALL:
        tell_reason(narrate, record, record->kind == RECORD_TIMER ? "⏲" : "›", COLOUR_DIM);
        break;
    case RECORD_COMMAND:
        tell_command(narrate, record);
        break;
    case RECORD_OUTPUT:
        tell_output(narrate, record);
        break;
    case RECORD_MEDIUM:
        tell_medium(narrate, record);
        break;
    case RECORD_CONTROL:
        tell_control(narrate, record);
        break;
    case RECORD_N_KINDS:
        break;
    }
}

/* ---- life ---- */

static uint32_t wanted(enum narrate_level level)
{
    uint32_t brief = RECORD_BIT(RECORD_SEND) | RECORD_BIT(RECORD_DROP) |
                     RECORD_BIT(RECORD_COMMAND) | RECORD_BIT(RECORD_OUTPUT) |
                     RECORD_BIT(RECORD_CONTROL);

    switch (level) {
    case NARRATE_QUIET:
        return 0;
    case NARRATE_BRIEF:
        return brief;
    case NARRATE_NORMAL:
        return brief | RECORD_BIT(RECORD_STATE) | RECORD_BIT(RECORD_MEDIUM);
    case NARRATE_FULL:
        break;
    }
    return RECORD_ALL;
}

/* Of a switch or hub that sends one frame out of all its ports but one. */
static int flood_width(const struct node *node)
{
    int width = columns_width(node->name) + 1, shortest = 0;
    unsigned n = 0;

    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        const struct iface *peer = link_peer(node->ifaces[i]);

        if (peer != NULL) {
            int name = columns_width(peer->node->name) + 2;

            width += name;
            shortest = n++ == 0 ? name : MIN(shortest, name);
        }
    }
    return n > FLOOD_NAMED_MAX + 1 ? 0 : width - shortest;
}

static int path_width(const struct sim *sim)
{
    int widest = 0;

    for (uint32_t i = 0; i < sim->n_nodes; i++)
        if (strcmp(sim->nodes[i]->ops->kind, "switch") == 0 ||
            strcmp(sim->nodes[i]->ops->kind, "hub") == 0)
            widest = MAX(widest, flood_width(sim->nodes[i]));

    for (uint32_t i = 0; i < sim->n_links; i++) {
        const struct link_dir *dir = &sim->links[i]->dir[0];
        int width = columns_width(dir->from->node->name) + columns_width(dir->to->node->name) + 3;

        widest = MAX(widest, width);
    }
    return MIN(widest, PATH_WIDTH_MAX);
}

static void free_text(gpointer text)
{
    g_string_free(text, TRUE);
}

struct narrate *narrate_new(struct sim *sim, const struct narrate_options *options)
{
    struct narrate *narrate = g_new0(struct narrate, 1);

    narrate->sim = sim;
    narrate->options = *options;
    narrate->seqs = seq_table_new();
    narrate->path_width = path_width(sim);
    narrate->flood.to = g_ptr_array_new();
    narrate->flood.what = g_string_new(NULL);
    narrate->output = g_hash_table_new_full(record_id_hash, NULL, NULL, free_text);
    narrate->silent = g_hash_table_new(record_id_hash, NULL);
    narrate->told = g_new0(struct told, sim->n_nodes + 1);
    narrate->line = g_string_new(NULL);
    narrate->path = g_string_new(NULL);
    narrate->observer.wants = wanted(options->level);
    narrate->observer.record = tell;
    sim_observe(sim, &narrate->observer);
    return narrate;
}

void narrate_flush(struct narrate *narrate)
{
    flush_flood(narrate);
}

uint64_t narrate_frames(const struct narrate *narrate)
{
    return narrate->n_frames;
}

void narrate_free(struct narrate *narrate)
{
    if (narrate == NULL)
        return;
    narrate_flush(narrate);
    sim_unobserve(narrate->sim, &narrate->observer);
    seq_table_free(narrate->seqs);
    g_ptr_array_free(narrate->flood.to, TRUE);
    g_string_free(narrate->flood.what, TRUE);
    g_hash_table_destroy(narrate->output);
    g_hash_table_destroy(narrate->silent);
    for (uint32_t i = 0; i < narrate->sim->n_nodes; i++)
        g_free(narrate->told[i].text);
    g_free(narrate->told);
    g_string_free(narrate->line, TRUE);
    g_string_free(narrate->path, TRUE);
    g_free(narrate);
}
