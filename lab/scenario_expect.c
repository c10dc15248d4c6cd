/* `expect` of a scenario: what must be seen, and what must not. */
#include "lab/scenario_build.h"

#include <string.h>

#include "base/drop.h"
#include "inspect/i18n.h"

/* Every key an expectation may have; which go together is in the table of kinds. The results' keys
 * come first. */
enum expect_key {
    KEY_ORDER = RESULT_N_KEYS,
    KEY_SEE,
    KEY_NEVER,
    KEY_COUNT,
    KEY_HOPS,
    KEY_TABLE,
    KEY_COMMAND,
    KEY_DROP,
    KEY_STORM,
    KEY_BY,
    KEY_AT,
    KEY_FOR,
    KEY_AFTER,
    KEY_BEFORE,
    KEY_EQUALS,
    KEY_MIN,
    KEY_MAX,
    KEY_FIELD,
    KEY_RULE,
    KEY_NODE,
    KEY_HAS,
    KEY_HAS_NOT,
    KEY_ROWS,
    KEY_N_KEYS
};

static const char *const names[] = {
    RESULT_NAMES, "order", "see",   "never", "count", "hops",  "table",   "command",
    "drop",       "storm", "by",    "at",    "for",   "after", "before",  "equals",
    "min",        "max",   "field", "rule",  "node",  "has",   "has-not", "rows",
};

#define BIT(key)   (1u << (key))
#define SEE_KEYS   (BIT(KEY_BY) | BIT(KEY_AT) | BIT(KEY_FOR) | BIT(KEY_AFTER) | BIT(KEY_BEFORE))
#define COUNT_KEYS (BIT(KEY_EQUALS) | BIT(KEY_MIN) | BIT(KEY_MAX))

/* ---- sightings ---- */

static void read_see_values(struct scenario_build *b, const struct ynode *filter, const char *what,
                            const struct ynode **values, struct scenario_see *see)
{
    scenario_read_filter(b, filter, what, &see->filter);
    if (values[KEY_BY] != NULL)
        see->by = scenario_read_node(b, values[KEY_BY], "by");
    if (values[KEY_AT] != NULL)
        scenario_read_place(b, values[KEY_AT], "at", &see->place);
    if (values[KEY_FOR] != NULL && read_text(&b->r, values[KEY_FOR], "for", &see->subject.text)) {
        see->subject.at = values[KEY_FOR]->at;
        see->subject_is_addr = endpoint_parse_addr(see->subject.text, &see->subject_addr);
        if (!see->subject_is_addr &&
            (strspn(see->subject.text, "0123456789.") == strlen(see->subject.text) ||
             strchr(see->subject.text, ':') != NULL))
            reader_error(&b->r, values[KEY_FOR]->at,
                         _("`for` is an address or a name, and %s is neither"),
                         reader_show(&b->r, values[KEY_FOR]));
    }
    if (values[KEY_AFTER] != NULL)
        read_time(&b->r, values[KEY_AFTER], "after", &see->after);
    if (values[KEY_BEFORE] != NULL)
        read_time(&b->r, values[KEY_BEFORE], "before", &see->before);
    if (see->after > see->before)
        reader_error(&b->r, values[KEY_BEFORE]->at,
                     _("`before` is earlier than `after`: nothing can be seen between them"));
}

static struct scenario_see *new_sees(struct scenario_build *b, struct scenario_expect *e,
                                     uint32_t n)
{
    e->sees = arena_alloc(b->r.arena, n * sizeof *e->sees);
    e->n_sees = n;
    for (uint32_t i = 0; i < n; i++)
        e->sees[i] =
            (struct scenario_see){ .by = TOPO_NOWHERE,
                                   .place = { .node = TOPO_NOWHERE, .iface = TOPO_NOWHERE },
                                   .before = SIM_TIME_NONE };
    return e->sees;
}

/* Whether only keys of @allowed are written. */
static bool keys_fit(struct scenario_build *b, const struct ynode **values, enum expect_key kind,
                     unsigned allowed)
{
    bool ok = true;

    for (int i = 0; i < KEY_N_KEYS; i++)
        if (values[i] != NULL && i != (int)kind && (BIT(i) & allowed) == 0) {
            reader_error(&b->r, values[i]->at, _("`%s` does not go with `%s`"), names[i],
                         names[kind]);
            ok = false;
        }
    return ok;
}

static void read_order(struct scenario_build *b, const struct ynode **values,
                       struct scenario_expect *e)
{
    const struct ynode *list = values[KEY_ORDER];
    struct scenario_see *sees;

    e->kind = SCENARIO_ORDER;
    if (list->kind != YNODE_LIST) {
        reader_error(&b->r, list->at,
                     _("`order` is a list like [{see: arp request}, {see: arp reply}], not %s"),
                     reader_show(&b->r, list));
        return;
    }
    if (list->n == 0)
        reader_error(&b->r, list->at, _("`%s` is empty"), names[KEY_ORDER]);
    sees = new_sees(b, e, list->n);
    for (uint32_t i = 0; i < list->n; i++) {
        const struct ynode *item = list->items[i], *inner[KEY_N_KEYS];

        sees[i].at = item->at;
        if (!read_map(&b->r, item, _("a step of `order`"), names, KEY_N_KEYS, NULL, inner))
            continue;
        if (inner[KEY_SEE] == NULL)
            reader_error(&b->r, item->at, _("a step of `order` has `see`, the frame to wait for"));
        else if (keys_fit(b, inner, KEY_SEE, SEE_KEYS))
            read_see_values(b, inner[KEY_SEE], "see", inner, &sees[i]);
    }
}

/* ---- how often ---- */

static void read_times(struct scenario_build *b, const struct ynode **values,
                       struct scenario_expect *e)
{
    if (values[KEY_EQUALS] != NULL && (values[KEY_MIN] != NULL || values[KEY_MAX] != NULL))
        reader_error(&b->r, values[KEY_EQUALS]->at, _("either `equals`, or `min` and `max`"));
    if (values[KEY_EQUALS] != NULL &&
        read_u64(&b->r, values[KEY_EQUALS], "equals", 0, UINT64_MAX, &e->min))
        e->max = e->min;
    if (values[KEY_MAX] != NULL && values[KEY_MIN] == NULL)
        e->min = 0;
    if (values[KEY_MIN] != NULL)
        read_u64(&b->r, values[KEY_MIN], "min", 0, UINT64_MAX, &e->min);
    if (values[KEY_MAX] != NULL)
        read_u64(&b->r, values[KEY_MAX], "max", 0, UINT64_MAX, &e->max);
    if (values[KEY_MAX] != NULL && e->min > e->max)
        reader_error(&b->r, values[KEY_MAX]->at, _("`max` is less than `min`"));
}

static void read_see(struct scenario_build *b, const struct ynode **values,
                     struct scenario_expect *e)
{
    e->kind = SCENARIO_SEE;
    e->min = 1;
    read_see_values(b, values[KEY_SEE], "see", values, new_sees(b, e, 1));
    e->sees[0].at = e->at;
    read_times(b, values, e);
}

static void read_never(struct scenario_build *b, const struct ynode **values,
                       struct scenario_expect *e)
{
    e->kind = SCENARIO_NEVER;
    e->max = 0;
    read_see_values(b, values[KEY_NEVER], "never", values, new_sees(b, e, 1));
    e->sees[0].at = e->at;
}

static void read_count(struct scenario_build *b, const struct ynode **values,
                       struct scenario_expect *e)
{
    e->kind = SCENARIO_COUNT;
    read_see_values(b, values[KEY_COUNT], "count", values, new_sees(b, e, 1));
    e->sees[0].at = e->at;
    if (values[KEY_EQUALS] == NULL && values[KEY_MIN] == NULL && values[KEY_MAX] == NULL)
        reader_error(&b->r, e->at, _("how many? `count` needs `equals`, `min` or `max`"));
    read_times(b, values, e);
}

/* ---- hops ---- */

static bool field_is_right(const char *text)
{
    const char *dot = strchr(text, '.');

    return dot != NULL && dot > text && dot[1] != '\0' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == strlen(text);
}

static void read_hops(struct scenario_build *b, const struct ynode **values,
                      struct scenario_expect *e)
{
    static const char *const rules[] = { "constant", "changes at every router",
                                         "falls by 1 at every router" };
    size_t choice;

    e->kind = SCENARIO_HOPS;
    e->entry = scenario_read_command(b, values[KEY_HOPS], "hops");
    if (values[KEY_FIELD] == NULL)
        reader_error(&b->r, e->at, _("`field` is missing, like ip.dst, eth.dst or ip.ttl"));
    else if (read_text(&b->r, values[KEY_FIELD], "field", &e->field.text)) {
        e->field.at = values[KEY_FIELD]->at;
        if (!field_is_right(e->field.text))
            reader_error(&b->r, e->field.at,
                         _("a field is written like ip.dst, eth.dst or ip.ttl, not %s"),
                         reader_quote(&b->r, e->field.text));
    }
    if (values[KEY_RULE] == NULL)
        reader_error(&b->r, e->at,
                     _("`rule` is missing, like `constant` or `changes at every router`"));
    else if (read_choice(&b->r, values[KEY_RULE], "rule", rules, G_N_ELEMENTS(rules), &choice))
        e->rule = (enum scenario_rule)choice;
}

/* ---- tables ---- */

static bool read_cell(struct scenario_build *b, const struct ynode *key, const struct ynode *value,
                      struct scenario_cell *cell)
{
    char text[MAC_TEXT_MAX];
    struct mac_addr mac;

    *cell =
        (struct scenario_cell){ .column = arena_strdup(b->r.arena, key->text), .at = value->at };
    if (!read_text(&b->r, value, key->text, &cell->value))
        return false;
    if (cell->value[0] == '@') {
        struct ynode port = { .kind = YNODE_TEXT, .at = value->at, .text = cell->value + 1 };
        const struct topo_iface *iface = scenario_read_port(b, &port, "@");

        if (iface == NULL)
            return false;
        mac = iface->mac;
    } else if (!mac_parse(cell->value, &mac)) {
        return true;
    }
    cell->is_mac = true;
    cell->value = arena_strdup(b->r.arena, mac_format(&mac, text));
    return true;
}

static void read_rows(struct scenario_build *b, const struct ynode *node, const char *what,
                      struct scenario_row **rows, uint32_t *n)
{
    if (list_len(node) == 0)
        reader_error(&b->r, node->at, _("`%s` is empty"), what);
    *rows = arena_alloc(b->r.arena, list_len(node) * sizeof **rows);
    for (uint32_t i = 0; i < list_len(node); i++) {
        const struct ynode *item = list_item(node, i);
        struct scenario_row *row = &(*rows)[*n];

        if (item->kind != YNODE_MAP || item->n == 0) {
            reader_error(&b->r, item->at,
                         _("`%s` is a map of columns and values like {ip: 192.168.1.1}, not %s"),
                         what, reader_show(&b->r, item));
            continue;
        }
        row->at = item->at;
        row->cells = arena_alloc(b->r.arena, item->n * sizeof *row->cells);
        for (uint32_t j = 0; j < item->n; j++)
            if (read_cell(b, ynode_key(item, j), ynode_value(item, j), &row->cells[row->n_cells]))
                row->n_cells++;
        (*n)++;
    }
}

/* A switch has no routes, and a host no table of stations. */
static void check_owner(struct scenario_build *b, const struct ynode **values,
                        const struct scenario_expect *e)
{
    enum topo_kind kind;
    bool has;

    if (e->node == TOPO_NOWHERE || values[KEY_TABLE]->kind != YNODE_TEXT)
        return;
    kind = b->t->nodes[e->node].kind;
    if (e->table == SCENARIO_TABLE_LINK)
        has = true;
    else if (e->table == SCENARIO_TABLE_FDB)
        has = kind == TOPO_SWITCH;
    else
        has = kind == TOPO_HOST || kind == TOPO_ROUTER;
    if (!has)
        reader_error(&b->r, values[KEY_TABLE]->at, _("`%s` is a %s: it has no table `%s`"),
                     b->t->nodes[e->node].name, topo_kind_name(kind), values[KEY_TABLE]->text);
}

static void read_table(struct scenario_build *b, const struct ynode **values,
                       struct scenario_expect *e)
{
    static const char *const tables[] = { "arp", "route", "fdb", "addr", "tcp",
                                          "udp", "nat",   "dns", "dhcp", "link" };
    size_t choice;

    e->kind = SCENARIO_TABLE;
    if (read_choice(&b->r, values[KEY_TABLE], "table", tables, G_N_ELEMENTS(tables), &choice))
        e->table = (enum scenario_table)choice;
    if (values[KEY_AT] != NULL &&
        !(values[KEY_AT]->kind == YNODE_TEXT && strcmp(values[KEY_AT]->text, "end") == 0))
        read_time(&b->r, values[KEY_AT], "at", &e->time);
    if (values[KEY_NODE] != NULL)
        e->node = scenario_read_node(b, values[KEY_NODE], "node");
    else
        reader_error(&b->r, e->at, _("`node` is missing: whose table"));
    check_owner(b, values, e);
    if (values[KEY_HAS] != NULL)
        read_rows(b, values[KEY_HAS], "has", &e->has, &e->n_has);
    if (values[KEY_HAS_NOT] != NULL)
        read_rows(b, values[KEY_HAS_NOT], "has-not", &e->has_not, &e->n_has_not);
    if (values[KEY_ROWS] != NULL)
        e->has_rows = read_u64(&b->r, values[KEY_ROWS], "rows", 0, UINT64_MAX, &e->rows);
    if (values[KEY_HAS] == NULL && values[KEY_HAS_NOT] == NULL && values[KEY_ROWS] == NULL)
        reader_error(&b->r, e->at, _("what of the table? one of has, has-not, rows"));
    if (e->time != SIM_TIME_NONE && b->s->until != SIM_TIME_NONE && e->time > b->s->until)
        reader_error(&b->r, values[KEY_AT]->at, _("the run ends before: this is never looked at"));
}

/* ---- commands, drops, storms ---- */

static void read_command(struct scenario_build *b, const struct ynode **values,
                         struct scenario_expect *e)
{
    bool any = false;

    e->kind = SCENARIO_COMMAND;
    e->entry = scenario_read_command(b, values[KEY_COMMAND], "command");
    e->result.at = e->at;
    for (int i = 0; i < RESULT_N_KEYS; i++)
        any |= values[i] != NULL;
    if (!any)
        reader_error(
            &b->r, e->at,
            _("what of the command? one of exit, stdout, not-stdout, stderr, not-stderr, within"));
    scenario_read_result(b, values, &e->result);
}

static void read_drop(struct scenario_build *b, const struct ynode **values,
                      struct scenario_expect *e)
{
    const char *reasons[DROP_N_REASONS];
    size_t choice;

    e->kind = SCENARIO_DROP;
    e->min = 1;
    for (int i = 0; i < DROP_N_REASONS; i++)
        reasons[i] = drop_name((enum drop_reason)i);
    if (values[KEY_DROP]->kind != YNODE_TEXT) {
        reader_error(&b->r, values[KEY_DROP]->at, _("`drop` is a reason like no-route, not %s"),
                     reader_show(&b->r, values[KEY_DROP]));
    } else {
        for (choice = 1;
             choice < DROP_N_REASONS && strcmp(reasons[choice], values[KEY_DROP]->text) != 0;
             choice++)
            ;
        if (choice == DROP_N_REASONS)
            reader_error(
                &b->r, values[KEY_DROP]->at, _("there is no reason %s for a drop%s"),
                reader_quote(&b->r, values[KEY_DROP]->text),
                reader_hint(&b->r, values[KEY_DROP]->text, reasons + 1, DROP_N_REASONS - 1));
        else
            e->drop = (int)choice;
    }
    new_sees(b, e, 1);
    e->sees[0].at = e->at;
    if (values[KEY_NODE] != NULL)
        e->node = scenario_read_node(b, values[KEY_NODE], "node");
    if (values[KEY_AT] != NULL && scenario_read_place(b, values[KEY_AT], "at", &e->sees[0].place))
        e->node = e->sees[0].place.node;
    if (values[KEY_AFTER] != NULL)
        read_time(&b->r, values[KEY_AFTER], "after", &e->sees[0].after);
    if (values[KEY_BEFORE] != NULL)
        read_time(&b->r, values[KEY_BEFORE], "before", &e->sees[0].before);
    read_times(b, values, e);
}

static void read_storm(struct scenario_build *b, const struct ynode **values,
                       struct scenario_expect *e)
{
    e->kind = SCENARIO_STORM;
    read_bool(&b->r, values[KEY_STORM], "storm", &e->storm);
}

/* ---- all of them ---- */

#define RESULT_KEYS (BIT(RESULT_N_KEYS) - 1)

static const struct expect_kind {
    enum expect_key key;
    unsigned keys;
    void (*read)(struct scenario_build *b, const struct ynode **values, struct scenario_expect *e);
} kinds[] = {
    { KEY_ORDER, 0, read_order },
    { KEY_SEE, SEE_KEYS | COUNT_KEYS, read_see },
    { KEY_NEVER, SEE_KEYS, read_never },
    { KEY_COUNT, SEE_KEYS | COUNT_KEYS, read_count },
    { KEY_HOPS, BIT(KEY_FIELD) | BIT(KEY_RULE), read_hops },
    { KEY_TABLE, BIT(KEY_AT) | BIT(KEY_NODE) | BIT(KEY_HAS) | BIT(KEY_HAS_NOT) | BIT(KEY_ROWS),
      read_table },
    { KEY_COMMAND, RESULT_KEYS, read_command },
    { KEY_DROP, BIT(KEY_NODE) | BIT(KEY_AT) | BIT(KEY_AFTER) | BIT(KEY_BEFORE) | COUNT_KEYS,
      read_drop },
    { KEY_STORM, 0, read_storm },
};

static void read_expect(struct scenario_build *b, const struct ynode *node,
                        struct scenario_expect *e)
{
    const struct ynode *values[KEY_N_KEYS];

    *e = (struct scenario_expect){ .at = node->at,
                                   .max = UINT64_MAX,
                                   .entry = TOPO_NOWHERE,
                                   .node = TOPO_NOWHERE,
                                   .time = SIM_TIME_NONE };
    e->result.within = SIM_TIME_NONE;
    if (!read_map(&b->r, node, _("an expectation"), names, KEY_N_KEYS, NULL, values))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (values[kinds[i].key] != NULL) {
            if (keys_fit(b, values, kinds[i].key, kinds[i].keys))
                kinds[i].read(b, values, e);
            return;
        }
    reader_error(&b->r, node->at,
                 _("the expectation expects nothing: one of order, see, never, count, hops, table, "
                   "command, drop, storm"));
}

void scenario_read_expects(struct scenario_build *b, const struct ynode *list)
{
    if (ynode_is_null(list))
        return;
    if (list->kind != YNODE_LIST) {
        reader_error(&b->r, list->at, _("`expect` is a list of expectations, not %s"),
                     reader_show(&b->r, list));
        return;
    }
    b->s->n_expects = list->n;
    b->s->expects = arena_alloc(b->r.arena, list->n * sizeof *b->s->expects);
    for (uint32_t i = 0; i < list->n; i++)
        read_expect(b, list->items[i], &b->s->expects[i]);
}
