#include "lab/step_moment.h"

#include <inttypes.h>
#include <string.h>

#include "base/list.h"
#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "inspect/ladder.h"
#include "inspect/render.h"
#include "inspect/run_hash.h"
#include "lab/step_stop.h"
#include "lab/step_tell.h"
#include "lab/step_words.h"
#include "sim/medium.h"
#include "sim/timer_pair.h"

enum {
    FRAMES_SHOWN = 20,
    TOLD_MAX = 16,
    TIMERS_SHOWN = 40,
    FATE_SHOWN = 6,
    LADDER_NODES = 8,
    LADDER_WIDTH = 100
};

/* ---- what it is about ---- */

static bool is_subject(const struct step_entry *entry, enum record_kind kind)
{
    return entry->kind == kind;
}

/* The newest entry of the last event with a frame that arrived; else one that died, left, changed;
 * else any. */
const struct step_entry *step_moment_subject(const struct step_moment *moment)
{
    static const enum record_kind order[] = { RECORD_RECEIVE, RECORD_DROP, RECORD_SEND,
                                              RECORD_STATE, RECORD_COMMAND };
    const struct step_log *log = moment->log;
    const struct step_entry *stop = step_log_find(log, moment->stop_record);
    uint64_t first = step_log_first(log);

    if (stop != NULL)
        return stop;
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        for (uint64_t n = log->n_entries; n-- > first;) {
            const struct step_entry *entry = step_log_at(log, n);

            if (entry->event < moment->position.events)
                break;
            if (is_subject(entry, order[i]))
                return entry;
        }
    return log->n_entries > 0 ? step_log_at(log, log->n_entries - 1) : NULL;
}

/* ---- what happened since an event ---- */

/* told EVENT [all]: the lines of what came after it, the last few where there are many. */
static bool look_told(struct step_moment *moment, char **words, GString *out)
{
    const struct step_log *log = moment->log;
    uint64_t first = step_log_first(log), begin = log->n_entries, after = 0, left_out = 0;
    bool all = words[1] != NULL && words[2] != NULL;
    unsigned n = 0;

    step_number(words[1], &after);
    while (begin > first && step_log_at(log, begin - 1)->event > after) {
        begin--;
        if (!all && !step_tell_matters(log, step_log_at(log, begin)))
            continue;
        if (n++ == TOLD_MAX)
            break;
    }
    if (n > TOLD_MAX) {
        for (uint64_t at = begin + 1; at-- > first && step_log_at(log, at)->event > after;)
            left_out += all || step_tell_matters(log, step_log_at(log, at));
        begin++;
        g_string_append_printf(out,
                               NN_("    ... %" PRIu64 " line before\n",
                                   "    ... %" PRIu64 " lines before\n", left_out),
                               left_out);
    }
    for (; begin < log->n_entries; begin++)
        if (all || step_tell_matters(log, step_log_at(log, begin)))
            step_tell(log, step_log_at(log, begin), out);
    return true;
}

/* ---- tables ---- */

static struct node *node_of(struct step_moment *moment, const char *name, GString *out)
{
    g_autofree char *error = NULL;
    struct node *node = step_find_node(moment->run->network->sim, name, &error);

    if (node == NULL)
        g_string_assign(out, error);
    return node;
}

/* Without a node: the one that the moment's frame reached. */
static struct node *node_or_here(struct step_moment *moment, const char *name, GString *out)
{
    const struct step_entry *subject = step_moment_subject(moment);

    if (name != NULL)
        return node_of(moment, name, out);
    if (subject == NULL) {
        g_string_assign(out, _("of which node?"));
        return NULL;
    }
    return (struct node *)subject->node;
}

static bool look_tables(struct step_moment *moment, char **words, GString *out)
{
    struct node *node = node_or_here(moment, words[1], out);

    if (node == NULL)
        return false;
    if (words[1] == NULL)
        g_string_append_printf(out, "%s\n", node->name);
    tables_write(node, out);
    return true;
}

/* arp|mac|route|nat|dns|lease|tcp|udp|addr [NODE] */
static bool look_table(struct step_moment *moment, char **words, GString *out)
{
    struct node *node = node_or_here(moment, words[1], out);

    if (node == NULL)
        return false;
    if (!tables_write_one(node, step_table_name(words[0]), out) || out->len == 0)
        g_string_append_printf(out, _("%s has nothing in its table %s\n"), node->name, words[0]);
    return true;
}

static bool look_sockets(struct step_moment *moment, char **words, GString *out)
{
    struct node *node = node_or_here(moment, words[1], out);
    bool any;

    if (node == NULL)
        return false;
    any = tables_write_one(node, "tcp", out);
    any |= tables_write_one(node, "udp", out);
    if (!any)
        g_string_append_printf(out, _("%s has no sockets\n"), node->name);
    return true;
}

/* ---- a dump for comparing two moments ---- */

struct dumper {
    struct describe describe;
    const struct node *node;
    GString *out, *row;
};

static void dump_row(struct describe *describe, const char *table, const char *key,
                     const char *line)
{
    struct dumper *dumper = CONTAINER_OF(describe, struct dumper, describe);

    g_string_append_printf(dumper->out, "%s\t%s\t%s\t\t%s\n", dumper->node->name, table, key, line);
    g_string_printf(dumper->row, "%s\t%s\t%s", dumper->node->name, table, key);
}

static void dump_number(struct describe *describe, const char *name, int64_t value)
{
    struct dumper *dumper = CONTAINER_OF(describe, struct dumper, describe);

    g_string_append_printf(dumper->out, "%s\t%s\t%" PRId64 "\n", dumper->row->str, name, value);
}

static void dump_text(struct describe *describe, const char *name, const char *value)
{
    struct dumper *dumper = CONTAINER_OF(describe, struct dumper, describe);

    g_string_append_printf(dumper->out, "%s\t%s\t%s\n", dumper->row->str, name, value);
}

/* dump [NODE [TABLE]]: NODE TABLE KEY FIELD VALUE, with tabs between; FIELD is empty for the row
 * itself. */
static bool look_dump(struct step_moment *moment, char **words, GString *out)
{
    struct sim *sim = moment->run->network->sim;
    g_autoptr(GString) row = g_string_new(NULL);
    struct dumper dumper = { .describe = { dump_row, dump_number, dump_text },
                             .out = out,
                             .row = row };

    for (uint32_t i = 0; i < sim->n_nodes; i++) {
        dumper.node = sim->nodes[i];
        if ((words[1] == NULL || strcmp(words[1], dumper.node->name) == 0) &&
            dumper.node->ops->describe != NULL)
            dumper.node->ops->describe(sim->nodes[i], &dumper.describe);
    }
    return true;
}

/* ---- frames ---- */

static bool entry_matches(const struct step_log *log, const struct step_entry *entry,
                          const struct filter *filter)
{
    uint8_t octets[STEP_LOG_FRAME_MAX];
    size_t len;

    if (entry->kind != RECORD_SEND)
        return false;
    if (filter == NULL)
        return true;
    len = step_log_octets(log, entry, octets);
    return len > 0 && filter_match(filter, octets, len);
}

/* frames [FILTER]: the last ones sent. */
static bool look_frames(struct step_moment *moment, const char *line, GString *out)
{
    const struct step_log *log = moment->log;
    g_autoptr(GError) error = NULL;
    struct filter *filter = NULL;
    const char *text = step_rest(line, 1);
    uint64_t first = step_log_first(log), at = log->n_entries, found[FRAMES_SHOWN];
    unsigned n = 0;

    if (*text != '\0') {
        filter = filter_new(text, moment->run->network->names, &error);
        if (filter == NULL)
            return g_string_assign(out, error->message), false;
    }
    while (at > first && n < FRAMES_SHOWN)
        if (entry_matches(log, step_log_at(log, --at), filter))
            found[n++] = at;
    if (filter != NULL)
        filter_free(filter);
    if (n == 0)
        g_string_append_printf(out, "%s\n", _("no such frame so far"));
    while (n > 0)
        step_tell(log, step_log_at(log, found[--n]), out);
    return true;
}

/* ---- what is to come ---- */

/* A timer that runs. */
struct running {
    const struct node *node;
    sim_time due;
    uint64_t counter;
    struct why why;
};

static int by_due(gconstpointer a, gconstpointer b)
{
    const struct running *x = a, *y = b;

    if (x->due != y->due)
        return x->due < y->due ? -1 : 1;
    if (x->node != y->node)
        return x->node->id < y->node->id ? -1 : 1;
    return (x->counter > y->counter) - (x->counter < y->counter);
}

static void tell_timer(const struct step_moment *moment, const struct running *timer, GString *out)
{
    g_autoptr(GString) at = g_string_new(NULL), left = g_string_new(NULL);

    render_moment(at, timer->due, 6);
    render_duration(left, timer->due - moment->position.now);
    g_string_append_printf(out, "%11s  ", at->str);
    g_string_append_printf(out, _("in %-12s"), left->str);
    g_string_append_printf(out, "  %-10s  ", timer->node->name);
    render_why(out, &timer->why, NULL, RENDER_USER);
    g_string_append_c(out, '\n');
}

/* Those behind @event that run, of @node or, if that is NULL, of any. */
static void collect_running(GArray *timers, struct event *event, const struct node *node)
{
    struct timer_pair *pair = timer_pair_of(event);
    struct timer *timer = CONTAINER_OF(event, struct timer, event);

    for (unsigned hand = 0; hand < (pair != NULL ? 2 : 1); hand++) {
        struct running one =
            pair != NULL
                ? (struct running){ pair->node, pair->hands[hand].due, pair->hands[hand].counter,
                                    pair->kind->why(pair, hand) }
                : (struct running){ timer->node, timer->due, timer->counter, timer->why };

        if (one.due != SIM_TIME_NONE && (node == NULL || one.node == node))
            g_array_append_val(timers, one);
    }
}

/* timers [NODE]: those that run, by the time they run out. */
static bool look_timers(struct step_moment *moment, char **words, GString *out)
{
    struct sim *sim = moment->run->network->sim;
    struct event *event;
    uint32_t walk = 0;
    g_autoptr(GArray) timers = g_array_new(FALSE, FALSE, sizeof(struct running));
    struct node *node = words[1] != NULL ? node_of(moment, words[1], out) : NULL;

    if (words[1] != NULL && node == NULL)
        return false;
    while ((event = queue_each(&sim->parts[0]->queue, &walk)) != NULL) {
        if (event->is_timer)
            collect_running(timers, event, node);
    }
    g_array_sort(timers, by_due);
    for (guint i = 0; i < MIN(timers->len, TIMERS_SHOWN); i++)
        tell_timer(moment, &g_array_index(timers, struct running, i), out);
    if (timers->len > TIMERS_SHOWN)
        g_string_append_printf(
            out, NN_("... and %u more\n", "... and %u more\n", timers->len - TIMERS_SHOWN),
            timers->len - TIMERS_SHOWN);
    if (timers->len == 0)
        g_string_append_printf(out, "%s\n", _("no timer runs"));
    return true;
}

static void tell_on_link(const struct step_moment *moment, const struct link_dir *dir,
                         const struct frame *frame, GString *out)
{
    const struct step_entry *entry = step_log_find(moment->log, frame->id);
    g_autoptr(GString) at = g_string_new(NULL);
    bool waits = frame->starts_at > moment->position.now;

    render_moment(at, waits ? frame->starts_at : frame->arrives_at, 6);
    g_string_append_printf(out, "  %s → %s  ", dir->from->node->name, dir->to->node->name);
    g_string_append_printf(out, waits ? _("waits, starts at %s") : _("on the cable, arrives at %s"),
                           at->str);
    if (entry != NULL) {
        g_string_append_printf(out, "  %" PRIu64 "  ", entry->number);
        step_tell_frame(moment->log, entry, true, out);
    }
    g_string_append_c(out, '\n');
}

/* queue PORT: both directions of its cable. */
static bool look_queue(struct step_moment *moment, char **words, GString *out)
{
    struct sim *sim = moment->run->network->sim;
    g_autofree char *error = NULL;
    const struct iface *port;
    const struct link *link;
    unsigned n = 0;

    if (words[1] == NULL)
        return g_string_assign(out, _("queue of which port? `queue pc1:eth0`")), false;
    port = step_find_port(sim, words[1], &error);
    if (port == NULL)
        return g_string_assign(out, error), false;
    if (port->end == NULL)
        return g_string_append_printf(out, _("no cable is plugged into %s\n"), words[1]), true;
    link = port->end->link;
    g_string_append_printf(out, "%s:%s -- %s:%s, %s\n", link->dir[0].from->node->name,
                           link->dir[0].from->name, link->dir[0].to->node->name,
                           link->dir[0].to->name, link->up ? _("plugged in") : _("unplugged"));
    for (int side = 0; side < 2; side++) {
        const struct link_dir *dir = &link->dir[side];

        for (const struct frame *frame = dir->in_flight.head; frame != NULL;
             frame = frame->next, n++)
            tell_on_link(moment, dir, frame, out);
        for (const struct frame *frame = dir->stragglers; frame != NULL; frame = frame->next, n++)
            tell_on_link(moment, dir, frame, out);
        if (dir->station != NULL && medium_queue_len(dir->station) > 0)
            g_string_append_printf(out, _("  %s waits for the shared cable with %u frames\n"),
                                   dir->from->node->name, (unsigned)medium_queue_len(dir->station));
    }
    if (n == 0)
        g_string_append_printf(out, "%s\n", _("  no frame is on it"));
    return true;
}

/* ---- for the front end ---- */

/* check STOP: is it right? */
static bool look_check(struct step_moment *moment, const char *line, GString *out)
{
    struct network *network = moment->run->network;
    g_autofree char *error = NULL;
    struct step_stops *stops =
        step_stops_new(network->sim, network->names, moment->log, step_rest(line, 1), &error);

    if (stops == NULL)
        return g_string_assign(out, error), false;
    step_stops_free(stops);
    return true;
}

/* subject: the id of its record. */
static bool look_subject(struct step_moment *moment, GString *out)
{
    const struct step_entry *subject = step_moment_subject(moment);

    if (subject == NULL)
        return g_string_assign(out, _("nothing has happened yet")), false;
    g_string_printf(out, "%" PRIu64, subject->id);
    return true;
}

static bool has_ended(const struct step_log *log, uint64_t process)
{
    for (uint64_t n = step_log_first(log); n < log->n_entries; n++) {
        const struct step_entry *entry = step_log_at(log, n);

        if (entry->kind == RECORD_COMMAND && entry->process == process &&
            entry->why.code != WHY_COMMAND)
            return true;
    }
    return false;
}

static bool is_command(const struct step_moment *moment, uint64_t process)
{
    const GPtrArray *commands = moment->run->commands;

    for (guint i = 0; i < commands->len; i++) {
        const struct run_command *command = commands->pdata[i];

        if (command->process == process)
            return command->ended == SIM_TIME_NONE;
    }
    return false;
}

/* process: of the command that the moment's subject comes from and that still runs; rather one of
 * the timeline than a service. */
static bool look_process(struct step_moment *moment, GString *out)
{
    const struct step_entry *entry = step_moment_subject(moment);
    uint64_t found = 0;
    bool command = false;

    for (; entry != NULL; entry = step_log_find(moment->log, entry->cause)) {
        bool is = entry->process != 0 && is_command(moment, entry->process);

        if (entry->process == 0 || (command && !is) || has_ended(moment->log, entry->process))
            continue;
        found = entry->process;
        command = is;
    }
    if (found == 0)
        return g_string_assign(out, _("this follows from no command that still runs")), false;
    g_string_printf(out, "%" PRIu64, found);
    return command;
}

static bool look_hash(struct step_moment *moment, GString *out)
{
    char text[RUN_HASH_TEXT_MAX];

    if (moment->hash == NULL)
        return g_string_assign(out, _("start the stepper with --hash to see it")), false;
    g_string_append_printf(out, "run-hash: %s\n", run_hash_text(moment->hash, text));
    return true;
}

static bool look_outputs(struct step_moment *moment, GString *out)
{
    g_autofree char *text = run_outputs(moment->run);

    g_string_append(out, *text != '\0' ? text : _("no command has run yet\n"));
    return true;
}

/* about RECORD: what the moment is about from now on. Tells it where a step would leave it out. */
static bool look_about(struct step_moment *moment, char **words, GString *out)
{
    const struct step_entry *entry;

    if (words[1] == NULL || !step_number(words[1], &moment->stop_record))
        return false;
    entry = step_log_find(moment->log, moment->stop_record);
    if (entry != NULL && !step_tell_matters(moment->log, entry))
        step_tell(moment->log, entry, out);
    return true;
}

/* port RECORD: where it was, "node:interface". */
static bool look_port(struct step_moment *moment, char **words, GString *out)
{
    const struct step_entry *entry;
    uint64_t id = 0;

    if (words[1] == NULL || !step_number(words[1], &id))
        return false;
    entry = step_log_find(moment->log, id);
    if (entry == NULL || entry->iface == NULL)
        return false;
    g_string_printf(out, "%s:%s", entry->node->name, entry->iface->name);
    return true;
}

/* fate RECORD: what has followed from it, or from the packet's last stations. */
static bool look_fate(struct step_moment *moment, char **words, GString *out)
{
    const struct step_log *log = moment->log;
    uint64_t id = 0;
    unsigned n = 0;

    if (words[1] == NULL || !step_number(words[1], &id))
        return false;
    for (uint64_t at = step_log_first(log); at < log->n_entries && n < FATE_SHOWN; at++)
        if (step_log_at(log, at)->cause == id) {
            step_tell(log, step_log_at(log, at), out);
            n++;
        }
    if (n == 0)
        g_string_append_printf(out, "   %s\n", _("nothing: it was delivered, and nobody answered"));
    return true;
}

/* ladder NODE NODE...: observe from now on. ladder: draw it. */
static bool begin_ladder(struct step_moment *moment, char **words, GString *out)
{
    struct sim *sim = moment->run->network->sim;
    const struct node *nodes[LADDER_NODES];
    unsigned n = 0;

    for (; words[n + 1] != NULL && n < LADDER_NODES; n++) {
        nodes[n] = node_of(moment, words[n + 1], out);
        if (nodes[n] == NULL)
            return false;
    }
    moment->ladder = ladder_new(sim, nodes, n);
    return true;
}

static bool look_ladder(struct step_moment *moment, char **words, GString *out)
{
    if (words[1] != NULL && words[2] != NULL)
        return begin_ladder(moment, words, out);
    if (words[1] != NULL || moment->ladder == NULL)
        return g_string_assign(out, _("a ladder needs two nodes at least: `ladder pc1 web`")),
               false;
    ladder_write(moment->ladder, CHAPTER_NONE, LADDER_WIDTH, out);
    return true;
}

/* passed RECORD: has it happened? */
static bool look_passed(struct step_moment *moment, char **words, GString *out)
{
    struct sim *sim = moment->run->network->sim;
    uint64_t id = 0;
    uint32_t node;

    if (words[1] == NULL || !step_number(words[1], &id))
        return false;
    node = record_node_id(id);
    if (node == 0 || node > sim->n_nodes)
        return false;
    g_string_assign(out, sim->nodes[node - 1]->last_record >= id ? "yes" : "no");
    return true;
}

static const struct {
    const char *word;
    bool (*look)(struct step_moment *moment, char **words, GString *out);
} LOOKS[] = {
    { "show", step_look_show }, { "hex", step_look_hex },    { "map", step_look_map },
    { "tables", look_tables },  { "sockets", look_sockets }, { "timers", look_timers },
    { "queue", look_queue },    { "told", look_told },       { "dump", look_dump },
    { "passed", look_passed },  { "why", step_look_why },    { "whynot", step_look_why_not },
    { "arp", look_table },      { "mac", look_table },       { "route", look_table },
    { "nat", look_table },      { "dns", look_table },       { "lease", look_table },
    { "addr", look_table },     { "about", look_about },     { "fate", look_fate },
    { "ladder", look_ladder },  { "port", look_port },
};

static const struct {
    const char *word;
    bool (*look)(struct step_moment *moment, GString *out);
} PLAIN_LOOKS[] = { { "subject", look_subject },
                    { "process", look_process },
                    { "hash", look_hash },
                    { "outputs", look_outputs } };

bool step_look(struct step_moment *moment, const char *line, GString *out)
{
    g_auto(GStrv) words = step_words(line);

    for (size_t i = 0; words[0] != NULL && i < G_N_ELEMENTS(LOOKS); i++)
        if (strcmp(words[0], LOOKS[i].word) == 0)
            return LOOKS[i].look(moment, words, out);
    for (size_t i = 0; words[0] != NULL && i < G_N_ELEMENTS(PLAIN_LOOKS); i++)
        if (strcmp(words[0], PLAIN_LOOKS[i].word) == 0)
            return PLAIN_LOOKS[i].look(moment, out);
    if (words[0] != NULL && strcmp(words[0], "frames") == 0)
        return look_frames(moment, line, out);
    if (words[0] != NULL && strcmp(words[0], "check") == 0)
        return look_check(moment, line, out);
    g_string_assign(out, _("there is no such command"));
    return false;
}
