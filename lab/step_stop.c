#include "lab/step_stop.h"

#include <string.h>

#include "base/errnos.h"
#include "base/list.h"
#include "inspect/edit.h"
#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/diag.h"
#include "lab/step_dialogue.h"
#include "lab/step_tell.h"
#include "lab/step_words.h"

enum stop_kind {
    STOP_FRAME,
    STOP_SENT,
    STOP_STATE,
    STOP_TABLE,
    STOP_DROP,
    STOP_CALL,
    STOP_WATCH,
    STOP_WHEN,
    STOP_EXIT,
    STOP_ARRIVAL,
    STOP_NUMBER,
    STOP_FOLLOW,
    STOP_FINISH,
    STOP_DIALOGUE,
    STOP_RECORD
};

/* What a call must come to. */
enum result { RESULT_NONE, RESULT_ANY, RESULT_ERROR, RESULT_VALUE, RESULT_ERRNO };

struct stop {
    enum stop_kind kind;
    struct filter *filter;
    struct edit *edit;         /* sent: only frames with these fields, or NULL */
    const struct node *node;   /* or NULL: any */
    const struct iface *iface; /* or NULL */
    uint64_t number;           /* state, drop reason, frame, process: as the kind has it */
    bool any;                  /* drop: whatever the reason */
    char *word;                /* table, call */
    enum result result;        /* call: at its return, then; a value is `number` */
    struct step_condition condition;
    bool has_condition;
    GString *before; /* watch, when: what it was */
    GHashTable *way; /* follow: record ids, and the nodes it has reached */
    struct step_dialogue *dialogue;
    struct facts packet; /* follow: what it was */
    bool has_packet;
    const struct node *begin; /* follow: where it was, and whether it has left there */
    bool went_on;
    uint64_t count, seen;
    uint64_t hit; /* record in this event, 0: none */
};

struct step_stops {
    struct observer observer;
    struct sim *sim;
    const struct filter_names *names;
    const struct step_log *log;
    GPtrArray *all;
    bool observing;
    uint8_t octets[65536 + 18];
};

/* ---- what a record is to a stop ---- */

static bool frame_matches(struct step_stops *stops, const struct stop *stop,
                          const struct record *record)
{
    size_t size = MIN(frame_size(record->frame), sizeof stops->octets);

    frame_copy_out(record->frame, 0, stops->octets, size);
    return filter_match(stop->filter, stops->octets, size) &&
           (stop->edit == NULL || edit_missing(stop->edit, stops->octets, size) == NULL);
}

/* Which table a change belongs to, by the reason's name: "neigh-reachable" is of "neigh". */
static bool changes_table(const char *table, enum why_code code)
{
    static const char *const prefixes[][2] = {
        { "fdb", "fdb-" },
        { "route", "route-" },
        { "route_cache", "route-redirected" },
        { "neigh", "neigh-" },
        { "route_cache", "route-pmtu" },
        { "nat", "nat-" },
        { "lease", "dhcp-" },
        { "dns-cache", "dns-learned" },
        { "addr", "addr-" },
        { "addr", "addr6-" },
        { "route", "route6-" },
        { "route_cache", "route6-pmtu" },
        { "neigh", "neigh6-" },
        { "tcp", "tcp-" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (strcmp(table, prefixes[i][0]) == 0 && g_str_has_prefix(why_name(code), prefixes[i][1]))
            return true;
    return false;
}

static gpointer key_of(uint64_t id)
{
    return GSIZE_TO_POINTER((gsize)id);
}

static bool is_of_packet(enum record_kind kind, enum why_code code)
{
    return kind == RECORD_RECEIVE || (kind == RECORD_SEND && step_goes_on(code));
}

/*
 * A packet that waited for an ARP answer goes on because of the answer: its cause is no help. It
 * leaves a node that it has reached, with the same identification and one of its two addresses (a
 * NAT changes the other).
 */
static bool has_waited(const struct stop *stop, const struct step_log *log,
                       const struct step_entry *entry)
{
    struct facts facts;

    if (!stop->has_packet || entry->kind != RECORD_SEND ||
        !g_hash_table_contains(stop->way, entry->node) || !step_log_facts(log, entry, &facts))
        return false;
    return step_same_packet(&facts, &stop->packet);
}

/* Where its fragments are put together, the others of them are awaited too. */
static bool is_fellow(const struct stop *stop, const struct step_log *log,
                      const struct step_entry *entry)
{
    struct facts facts;

    if (entry->kind != RECORD_RECEIVE || entry->node != stop->begin || stop->went_on ||
        !stop->has_packet || !(stop->packet.ip.mf || stop->packet.ip.frag_off != 0) ||
        !step_log_facts(log, entry, &facts) || facts.net != stop->packet.net)
        return false;
    if (facts.net == FACT_IPV6)
        return facts.has_frag6 && facts.frag6.id == stop->packet.frag6.id &&
               ip6_eq(facts.ip6.src, stop->packet.ip6.src) &&
               ip6_eq(facts.ip6.dst, stop->packet.ip6.dst);
    return facts.ip.id == stop->packet.ip.id && facts.ip.protocol == stop->packet.ip.protocol &&
           facts.ip.src == stop->packet.ip.src && facts.ip.dst == stop->packet.ip.dst;
}

static bool goes_its_way(struct stop *stop, const struct step_log *log,
                         const struct step_entry *entry)
{
    if (!is_of_packet(entry->kind, entry->why.code))
        return false;
    if (!g_hash_table_contains(stop->way, key_of(entry->cause)) && !has_waited(stop, log, entry) &&
        !is_fellow(stop, log, entry))
        return false;
    stop->went_on |= entry->kind == RECORD_SEND;
    g_hash_table_add(stop->way, key_of(entry->id));
    if (entry->kind == RECORD_RECEIVE)
        g_hash_table_add(stop->way, (gpointer)entry->node);
    return true;
}

/* A flood brings copies to hosts that have nothing to do with it. */
static bool is_stray(const struct step_log *log, const struct step_entry *entry)
{
    struct facts facts;

    return strcmp(entry->node->ops->kind, "host") == 0 && step_log_facts(log, entry, &facts) &&
           facts.has_eth && !mac_is_group(&facts.eth.dst) &&
           !mac_eq(&facts.eth.dst, &entry->iface->mac);
}

static bool follows(struct step_stops *stops, struct stop *stop, const struct record *record)
{
    const struct step_entry *entry = step_log_find(stops->log, record->id);

    return entry != NULL && goes_its_way(stop, stops->log, entry) &&
           record->kind == RECORD_RECEIVE && !is_stray(stops->log, entry);
}

/* The log has seen the record already, and gave it its frame's number. */
static bool is_numbered(const struct step_stops *stops, const struct stop *stop,
                        const struct record *record)
{
    const struct step_entry *entry = step_log_find(stops->log, record->id);

    return (record->kind == RECORD_RECEIVE || record->kind == RECORD_DROP) && entry != NULL &&
           entry->number == stop->number;
}

/* A call's beginning, or its end with a result that is waited for. */
static bool is_call(const struct stop *stop, const struct record *record)
{
    enum why_code code = record->why.code;

    if (record->kind != RECORD_CALL || record->text == NULL ||
        !g_str_has_prefix(record->text, stop->word))
        return false;
    switch (stop->result) {
    case RESULT_NONE:
        return code == WHY_CALL;
    case RESULT_ANY:
        return code == WHY_CALL_DONE || code == WHY_CALL_FAILED;
    case RESULT_ERROR:
        return code == WHY_CALL_FAILED;
    case RESULT_VALUE:
        return code == WHY_CALL_DONE && record->why.args[0] == stop->number;
    case RESULT_ERRNO:
        return code == WHY_CALL_FAILED && record->why.args[0] == stop->number;
    }
    return false;
}

static bool ends_dialogue(const struct step_stops *stops, const struct stop *stop,
                          const struct record *record)
{
    const struct step_entry *entry = step_log_find(stops->log, record->id);

    return entry != NULL && step_dialogue_ends(stop->dialogue, entry);
}

static bool strikes(struct step_stops *stops, struct stop *stop, const struct record *record)
{
    switch (stop->kind) {
    case STOP_FRAME:
        return record->kind == RECORD_RECEIVE && frame_matches(stops, stop, record);
    case STOP_SENT:
        return record->kind == RECORD_SEND && frame_matches(stops, stop, record);
    case STOP_STATE:
        return record->kind == RECORD_STATE &&
               ((record->why.code == WHY_TCP_STATE && record->why.args[1] == stop->number) ||
                (record->why.code == WHY_TCP6_STATE &&
                 (record->why.args[3] & 0xff) == stop->number));
    case STOP_TABLE:
        return record->kind == RECORD_STATE && changes_table(stop->word, record->why.code);
    case STOP_DROP:
        return record->kind == RECORD_DROP &&
               (stop->any ? !step_tell_everyday(record->drop) : record->drop == stop->number);
    case STOP_CALL:
        return is_call(stop, record);
    case STOP_EXIT:
        return record->kind == RECORD_COMMAND && record->why.code != WHY_COMMAND;
    case STOP_ARRIVAL:
        return record->kind == RECORD_RECEIVE;
    case STOP_NUMBER:
        return is_numbered(stops, stop, record);
    case STOP_FOLLOW:
        return follows(stops, stop, record);
    case STOP_FINISH:
        return record->kind == RECORD_COMMAND && record->why.code != WHY_COMMAND &&
               record->process == stop->number;
    case STOP_DIALOGUE:
        return ends_dialogue(stops, stop, record);
    case STOP_RECORD:
        return record->id == stop->number;
    case STOP_WATCH:
    case STOP_WHEN:
        break;
    }
    return false;
}

static void look(struct observer *observer, const struct record *record)
{
    struct step_stops *stops = CONTAINER_OF(observer, struct step_stops, observer);

    for (guint i = 0; i < stops->all->len; i++) {
        struct stop *stop = stops->all->pdata[i];

        if (stop->hit == 0 && (stop->node == NULL || stop->node == record->node) &&
            (stop->iface == NULL || stop->iface == record->iface) && strikes(stops, stop, record))
            stop->hit = record->id;
    }
}

/* ---- around an event ---- */

void step_stops_before(struct step_stops *stops)
{
    for (guint i = 0; i < stops->all->len; i++)
        ((struct stop *)stops->all->pdata[i])->hit = 0;
}

static bool watch_changed(struct stop *stop)
{
    g_autoptr(GString) now = g_string_new(NULL);

    step_value_read(&stop->condition.value, now);
    if (g_string_equal(now, stop->before))
        return false;
    g_string_assign(stop->before, now->str);
    return true;
}

static bool became_true(struct stop *stop)
{
    bool was = stop->before->len > 0, is = step_condition_holds(&stop->condition);

    g_string_assign(stop->before, is ? "true" : "");
    return is && !was;
}

static bool is_hit(struct stop *stop)
{
    bool hit =
        stop->kind == STOP_WATCH ? watch_changed(stop)
        : stop->kind == STOP_WHEN
            ? became_true(stop)
            : stop->hit != 0 && (!stop->has_condition || step_condition_holds(&stop->condition));

    return hit && (stop->count == 0 || ++stop->seen == stop->count);
}

bool step_stops_after(struct step_stops *stops, unsigned *stop, uint64_t *record)
{
    bool hit = false;

    for (guint i = 0; i < stops->all->len; i++) {
        struct stop *each = stops->all->pdata[i];

        if (is_hit(each) && !hit) {
            hit = true;
            *stop = i;
            *record = each->hit;
        }
    }
    return hit;
}

/* ---- parsing ---- */

struct parsing {
    struct step_stops *stops;
    struct stop *stop;
    char **error;
};

static bool fail(struct parsing *p, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(struct parsing *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    *p->error = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

static bool parse_node(struct parsing *p, const char *name)
{
    p->stop->node = step_find_node(p->stops->sim, name, p->error);
    return p->stop->node != NULL;
}

static bool parse_place(struct parsing *p, const char *text)
{
    if (strchr(text, ':') == NULL)
        return parse_node(p, text);
    p->stop->iface = step_find_port(p->stops->sim, text, p->error);
    return p->stop->iface != NULL;
}

static bool parse_condition(struct parsing *p, const char *text)
{
    p->stop->has_condition =
        step_condition_parse(&p->stop->condition, p->stops->sim, text, p->error);
    return p->stop->has_condition;
}

static bool parse_count(struct parsing *p, char *text)
{
    char *count = step_cut_last(text, "count");

    if (count != NULL && (!step_number(count, &p->stop->count) || p->stop->count == 0))
        return fail(p, _("`count` wants a number from 1, not \"%s\""), count);
    return true;
}

/* FILTER, and behind it the fields that an edit changes, each with its value */
static bool parse_sent(struct parsing *p, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "\x1f", -1);
    g_autoptr(GError) error = NULL;

    p->stop->filter = filter_new(parts[0] != NULL ? parts[0] : "", p->stops->names, &error);
    if (p->stop->filter == NULL)
        return fail(p, "%s", error->message);
    if (g_strv_length(parts) > 2)
        p->stop->edit = edit_new();
    for (guint i = 1; i + 1 < g_strv_length(parts); i += 2)
        if (!edit_add(p->stop->edit, parts[i], parts[i + 1], p->error))
            return false;
    return true;
}

static bool parse_frame(struct parsing *p, char *text)
{
    g_autoptr(GError) error = NULL;
    char *condition = step_cut_last(text, "if");
    char *place = step_cut_last(text, "at");

    p->stop->kind = STOP_FRAME;
    if (condition != NULL && !parse_condition(p, condition))
        return false;
    if (place != NULL && !parse_place(p, place))
        return false;
    p->stop->filter = filter_new(text, p->stops->names, &error);
    return p->stop->filter != NULL || fail(p, "%s", error->message);
}

static bool parse_state(struct parsing *p, const char *word)
{
    for (uint64_t state = 0; strcmp(render_tcp_state(state), "?") != 0; state++)
        if (g_ascii_strcasecmp(render_tcp_state(state), word) == 0) {
            p->stop->number = state;
            return true;
        }
    return fail(p, _("\"%s\" is no TCP state: SYN-SENT, ESTABLISHED, FIN-WAIT-1, ..."), word);
}

static bool parse_table(struct parsing *p, const char *word)
{
    static const char *const known[] = { "neigh", "fdb",       "route", "route_cache", "nat",
                                         "lease", "dns-cache", "addr",  "tcp" };

    p->stop->word = g_strdup(step_table_name(word));
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(p->stop->word, known[i]) == 0)
            return true;
    return fail(p, _("no table \"%s\": one of arp, mac, route, cache, nat, lease, dns, addr, tcp"),
                word);
}

static bool parse_drop(struct parsing *p, const char *word)
{
    const char *names[DROP_N_REASONS], *near;

    p->stop->any = *word == '\0';
    for (unsigned i = 0; i < DROP_N_REASONS; i++) {
        names[i] = drop_name((enum drop_reason)i);
        if (strcmp(names[i], word) == 0)
            p->stop->number = i;
    }
    if (p->stop->any || p->stop->number != 0)
        return true;
    near = diag_nearest(word, names, DROP_N_REASONS);
    if (near != NULL)
        return fail(p, _("no frame dies of \"%s\"; did you mean \"%s\"?"), word, near);
    return fail(p, _("no frame dies of \"%s\""), word);
}

static uint64_t errno_of(const char *name)
{
#define X(word, number, text) { #word, number },
    static const struct {
        const char *name;
        unsigned number;
    } all[] = { ERRNO_LIST(X) };
#undef X

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        if (g_ascii_strcasecmp(name, all[i].name) == 0)
            return all[i].number;
    return 0;
}

/* Behind `returns`: nothing, `error`, a number or an errno. */
static bool parse_result(struct parsing *p, const char *text)
{
    struct stop *stop = p->stop;

    stop->result = RESULT_ANY;
    if (*text == '\0')
        return true;
    stop->result = strcmp(text, "error") == 0 ? RESULT_ERROR : RESULT_VALUE;
    if (stop->result == RESULT_ERROR || step_number(text, &stop->number))
        return true;
    stop->result = RESULT_ERRNO;
    stop->number = errno_of(text);
    return stop->number != 0 ||
           fail(p,
                _("a call returns a number, an error such as ECONNRESET, or `error`; not \"%s\""),
                text);
}

/* NAME [on NODE] [returns [RESULT]] */
static bool parse_call(struct parsing *p, const char *text)
{
    g_auto(GStrv) words = step_words(text);

    if (words[0] == NULL)
        return fail(p, "%s",
                    _("break call NAME [on NODE] [returns RESULT]: connect, recv, sendto, ..."));
    p->stop->word = g_strdup(words[0]);
    for (char **word = words + 1; *word != NULL; word++) {
        bool value = word[1] != NULL && strcmp(word[1], "on") != 0;

        if (strcmp(*word, "on") == 0 && word[1] != NULL) {
            if (!parse_node(p, *++word))
                return false;
        } else if (strcmp(*word, "returns") == 0) {
            if (!parse_result(p, value ? *++word : ""))
                return false;
        } else {
            return fail(p, _("\"%s\" is one word too many"), *word);
        }
    }
    return true;
}

static bool parse_any(struct parsing *p, const char *word)
{
    return *word == '\0' || fail(p, _("\"%s\" is one word too many"), word);
}

static bool parse_watch(struct parsing *p, const char *text)
{
    if (!parse_condition(p, text))
        return false;
    if (p->stop->kind == STOP_WATCH && p->stop->condition.compare != STEP_NO_COMPARE)
        return fail(p, "%s",
                    _("a watch stops at every change; for a comparison write `break when ...`"));
    p->stop->before = g_string_new(NULL);
    return true;
}

/* The packet may have gone on already, in the very event that the session stopped behind. */
static void begin_way(struct stop *stop, const struct step_log *log)
{
    const struct step_entry *first = step_log_find(log, stop->number);

    stop->way = g_hash_table_new(NULL, NULL);
    g_hash_table_add(stop->way, key_of(stop->number));
    if (first == NULL)
        return;
    g_hash_table_add(stop->way, (gpointer)first->node);
    stop->begin = first->node;
    stop->has_packet = step_log_facts(log, first, &stop->packet) &&
                       (stop->packet.net == FACT_IPV4 || stop->packet.net == FACT_IPV6);
    for (uint64_t n = step_log_first(log); n < log->n_entries; n++)
        if (step_log_at(log, n)->event >= first->event && step_log_at(log, n) != first)
            goes_its_way(stop, log, step_log_at(log, n));
}

static bool parse_number(struct parsing *p, const char *word)
{
    if (!step_number(word, &p->stop->number))
        return fail(p, _("\"%s\" is no number"), word);
    if (p->stop->kind == STOP_FOLLOW)
        begin_way(p->stop, p->stops->log);
    if (p->stop->kind != STOP_DIALOGUE)
        return true;
    p->stop->dialogue = step_dialogue_new(p->stops->log, p->stop->number, p->error);
    return p->stop->dialogue != NULL;
}

static const struct {
    const char *word;
    enum stop_kind kind;
    bool has_node; /* [on NODE] */
    bool (*parse)(struct parsing *p, const char *rest);
} KINDS[] = {
    { "state", STOP_STATE, true, parse_state },
    { "table", STOP_TABLE, true, parse_table },
    { "drop", STOP_DROP, true, parse_drop },
    { "call", STOP_CALL, false, parse_call },
    { "exit", STOP_EXIT, true, parse_any },
    { "watch", STOP_WATCH, false, parse_watch },
    { "when", STOP_WHEN, false, parse_watch },
    { "arrival", STOP_ARRIVAL, false, parse_node },
    { "number", STOP_NUMBER, false, parse_number },
    { "follow", STOP_FOLLOW, false, parse_number },
    { "finish", STOP_FINISH, false, parse_number },
    { "sent", STOP_SENT, false, parse_sent },
    { "record", STOP_RECORD, false, parse_number },
    { "dialogue", STOP_DIALOGUE, false, parse_number },
};

static bool parse(struct parsing *p, char *line)
{
    g_auto(GStrv) words = step_words(line);
    char *node;

    if (!parse_count(p, line))
        return false;
    for (size_t i = 0; words[0] != NULL && i < G_N_ELEMENTS(KINDS); i++) {
        if (strcmp(words[0], KINDS[i].word) != 0)
            continue;
        p->stop->kind = KINDS[i].kind;
        node = KINDS[i].has_node ? step_cut_last(line, "on") : NULL;
        if (node != NULL && !parse_node(p, node))
            return false;
        return KINDS[i].parse(p, step_rest(line, 1));
    }
    return parse_frame(p, line);
}

/* ---- life ---- */

static void stop_free(gpointer data)
{
    struct stop *stop = data;

    if (stop->filter != NULL)
        filter_free(stop->filter);
    edit_free(stop->edit);
    if (stop->has_condition)
        step_condition_fini(&stop->condition);
    if (stop->before != NULL)
        g_string_free(stop->before, TRUE);
    step_dialogue_free(stop->dialogue);
    g_clear_pointer(&stop->way, g_hash_table_destroy);
    g_free(stop->word);
    g_free(stop);
}

struct step_stops *step_stops_new(struct sim *sim, const struct filter_names *names,
                                  const struct step_log *log, const char *lines, char **error)
{
    struct step_stops *stops = g_new0(struct step_stops, 1);
    g_auto(GStrv) each = g_strsplit(lines, "\n", -1);

    stops->sim = sim;
    stops->names = names;
    stops->log = log;
    stops->observer.wants = RECORD_ALL;
    stops->observer.record = look;
    stops->all = g_ptr_array_new_with_free_func(stop_free);
    for (char **line = each; *line != NULL; line++) {
        struct stop *stop;
        struct parsing p = { stops, NULL, error };

        if (**line == '\0')
            continue;
        stop = g_new0(struct stop, 1);
        g_ptr_array_add(stops->all, stop);
        p.stop = stop;
        if (!parse(&p, *line)) {
            step_stops_free(stops);
            return NULL;
        }
    }
    return stops;
}

void step_stops_begin(struct step_stops *stops)
{
    for (guint i = 0; i < stops->all->len; i++) {
        struct stop *stop = stops->all->pdata[i];

        if (stop->kind == STOP_WATCH)
            watch_changed(stop);
        else if (stop->kind == STOP_WHEN)
            became_true(stop);
    }
    if (stops->all->len == 0)
        return;
    sim_observe(stops->sim, &stops->observer);
    stops->observing = true;
}

void step_stops_free(struct step_stops *stops)
{
    if (stops->observing)
        sim_unobserve(stops->sim, &stops->observer);
    g_ptr_array_unref(stops->all);
    g_free(stops);
}
