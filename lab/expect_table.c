/* `table`: the rows of a node's table at a moment, compared with the rows that are expected. */
#include "lab/expect_internal.h"

#include <string.h>

#include "base/list.h"
#include "inspect/i18n.h"
#include "sim/describe.h"
#include "sim/node.h"
#include "sim/sim.h"

enum { ROWS_SHOWN = 8 };

struct table_row {
    char *key, *line;
    GPtrArray *fields; /* name, value, name, value ... */
};

struct table_kind {
    const char *tables; /* names in describe(), between bars */
    const char *
        columns; /* what `has` may ask for, between bars: column=source, or several sources between
                    commas, any of which may fit. A source is @key, @1 (a word of the line, from 1),
                    a field of describe(), or a word of the line that stands before its value */
};

/* By enum scenario_table. Several columns may mean the same. */
static const struct table_kind KINDS[] = {
    [SCENARIO_TABLE_ARP] = { "|neigh|", "|ip=@1|address=@1|mac=mac|lladdr=mac|dev=@2|interface=@2|"
                                        "state=state|" },
    [SCENARIO_TABLE_ROUTE] = { "|route|", "|prefix=@1|to=@1|destination=@1|dst=@1|via=via|gateway="
                                          "via|dev=dev|interface=dev|"
                                          "metric=metric|src=src|proto=proto|scope=scope|" },
    [SCENARIO_TABLE_FDB] = { "|fdb|", "|mac=mac|port=port|dev=port|" },
    [SCENARIO_TABLE_ADDR] = { "|addr|", "|dev=@1|interface=@1|ip=@2|address=@2|prefix=@2|" },
    [SCENARIO_TABLE_TCP] = { "|tcp|", "|state=@1,state|local=@4|peer=@5|remote=@5|" },
    [SCENARIO_TABLE_UDP] = { "|udp|", "|state=@1|local=@4|peer=@5|remote=@5|" },
    [SCENARIO_TABLE_NAT] = { "|nat|", "|protocol=@1|inside=@2|peer=@4|remote=@4|outside=as|to=to|"
                                      "state=state|" },
    [SCENARIO_TABLE_DNS] = { "|dns-cache|", "|name=@key|type=@2|data=@3|ip=@3|ttl=ttl|" },
    [SCENARIO_TABLE_DHCP] = { "|lease|", "|ip=@1|address=@1|mac=mac|host=@3|" },
    [SCENARIO_TABLE_LINK] = { "|interfaces|",
                              "|port=@1|dev=@1|interface=@1|state=@2|mtu=mtu|mac=mac|" },
};

/* ---- reading a table ---- */

struct reading {
    struct describe describe;
    const struct table_kind *kind;
    GPtrArray *rows;
    bool wanted; /* the row told last is of this table */
};

static void row_free(gpointer data)
{
    struct table_row *row = data;

    g_free(row->key);
    g_free(row->line);
    g_ptr_array_unref(row->fields);
    g_free(row);
}

static void take_row(struct describe *describe, const char *table, const char *key,
                     const char *line)
{
    struct reading *reading = CONTAINER_OF(describe, struct reading, describe);
    g_autofree char *name = g_strdup_printf("|%s|", table);
    struct table_row *row;

    reading->wanted = strstr(reading->kind->tables, name) != NULL;
    if (!reading->wanted)
        return;
    row = g_new0(struct table_row, 1);
    row->key = g_strdup(key);
    row->line = g_strdup(line);
    row->fields = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(reading->rows, row);
}

static void take_text(struct describe *describe, const char *name, const char *value)
{
    struct reading *reading = CONTAINER_OF(describe, struct reading, describe);
    struct table_row *row;

    if (!reading->wanted)
        return;
    row = reading->rows->pdata[reading->rows->len - 1];
    g_ptr_array_add(row->fields, g_strdup(name));
    g_ptr_array_add(row->fields, g_strdup(value));
}

static void take_number(struct describe *describe, const char *name, int64_t value)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

    take_text(describe, name, text);
}

/* Every node has interfaces, whatever its own tables are: `eth0 up mtu 1500 mac 02:00:00:00:01:01`.
 */
static void tell_interfaces(const struct node *node, struct describe *out)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        const struct iface *iface = node->ifaces[i];
        char mac[MAC_TEXT_MAX];
        g_autofree char *line = g_strdup_printf("%s %s mtu %u mac %s", iface->name,
                                                iface_has_carrier(iface) ? "up" : "down",
                                                iface->mtu, mac_format(&iface->mac, mac));

        describe_row(out, "interfaces", iface->name, line);
    }
}

static void put_rows(const GPtrArray *rows, struct pack *out)
{
    pack_u32(out, rows->len);
    for (guint i = 0; i < rows->len; i++) {
        const struct table_row *row = rows->pdata[i];

        pack_text(out, row->key);
        pack_text(out, row->line);
        pack_u32(out, row->fields->len);
        for (guint j = 0; j < row->fields->len; j++)
            pack_text(out, row->fields->pdata[j]);
    }
}

static void get_rows(struct unpack *in, GPtrArray *rows)
{
    for (uint32_t n = unpack_u32(in); n > 0 && !in->wrong; n--) {
        struct table_row *row = g_new0(struct table_row, 1);

        row->key = g_strdup(unpack_text(in));
        row->line = g_strdup(unpack_text(in));
        row->fields = g_ptr_array_new_with_free_func(g_free);
        for (uint32_t fields = unpack_u32(in); fields > 0 && !in->wrong; fields--)
            g_ptr_array_add(row->fields, g_strdup(unpack_text(in)));
        g_ptr_array_add(rows, row);
    }
}

/* The rank that has the node shows its rows to all. */
static void share_rows(const struct network *network, uint32_t index, GPtrArray *rows)
{
    struct pack pack = { 0 };
    struct unpack in;

    put_rows(rows, &pack);
    network->ranks->ops->share(network->ranks, network->part_of[index], &pack);
    if (!network_is_here(network, index)) {
        in = unpack_of(pack.octets, pack.len);
        g_ptr_array_set_size(rows, 0);
        get_rows(&in, rows);
        g_assert(!in.wrong);
    }
    pack_free(&pack);
}

void table_look(struct expect_state *state)
{
    struct network *network = state->owner->run->network;
    struct node *node = network->nodes[state->e->node];
    struct reading reading = { .describe = { take_row, take_number, take_text },
                               .kind = &KINDS[state->e->table] };

    if (state->rows != NULL)
        g_ptr_array_unref(state->rows);
    state->rows = reading.rows = g_ptr_array_new_with_free_func(row_free);
    state->looked = true;
    state->looked_at = sim_now(network->sim);
    if (state->e->table == SCENARIO_TABLE_LINK)
        tell_interfaces(node, &reading.describe);
    else if (node->ops->describe != NULL)
        node->ops->describe(node, &reading.describe);
    if (network->ranks != NULL)
        share_rows(network, state->e->node, state->rows);
}

/* ---- columns ---- */

/* The source of @column, or NULL where the table has no such column. */
static char *source_of(const struct table_kind *kind, const char *column)
{
    g_autofree char *pattern = g_strdup_printf("|%s=", column);
    const char *at = strstr(kind->columns, pattern);

    if (at == NULL)
        return NULL;
    at += strlen(pattern);
    return g_strndup(at, strcspn(at, "|"));
}

static char *word_at(const char *line, unsigned place)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);

    for (unsigned i = 0; words[i] != NULL; i++)
        if (words[i][0] != '\0' && --place == 0)
            return g_strdup(words[i]);
    return NULL;
}

static char *word_behind(const char *line, const char *name)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);

    for (unsigned i = 0; words[i] != NULL && words[i + 1] != NULL; i++)
        if (strcmp(words[i], name) == 0)
            return g_strdup(words[i + 1]);
    return NULL;
}

static char *value_of(const struct table_row *row, const char *source)
{
    if (strcmp(source, "@key") == 0)
        return g_strdup(row->key);
    if (source[0] == '@')
        return word_at(row->line, (unsigned)(source[1] - '0'));
    for (guint i = 0; i + 1 < row->fields->len; i += 2)
        if (strcmp(row->fields->pdata[i], source) == 0)
            return g_strdup(row->fields->pdata[i + 1]);
    return word_behind(row->line, source);
}

/* 192.168.1.1 also means 192.168.1.1/24 and 192.168.1.1:80; 0.0.0.0/0 is written default, and /32
 * not at all. */
static bool same_value(const char *wanted, const char *value)
{
    size_t len = strlen(wanted);

    if (g_ascii_strcasecmp(wanted, value) == 0)
        return true;
    if (strchr(wanted, '.') != NULL && strncmp(wanted, value, len) == 0 &&
        (value[len] == '/' || value[len] == ':'))
        return true;
    if (strcmp(wanted, "0.0.0.0/0") == 0 && strcmp(value, "default") == 0)
        return true;
    len = strlen(value);
    return g_str_has_suffix(wanted, "/32") && strlen(wanted) == len + 3 &&
           strncmp(wanted, value, len) == 0;
}

static bool cell_fits(const struct table_kind *kind, const struct scenario_cell *cell,
                      const struct table_row *row)
{
    g_autofree char *all = source_of(kind, cell->column);
    g_auto(GStrv) sources = g_strsplit(all != NULL ? all : "", ",", -1);

    for (unsigned i = 0; sources[i] != NULL; i++) {
        g_autofree char *value = value_of(row, sources[i]);

        if (value != NULL && same_value(cell->value, value))
            return true;
    }
    return false;
}

static bool row_fits(const struct table_kind *kind, const struct scenario_row *wanted,
                     const struct table_row *row)
{
    for (uint32_t i = 0; i < wanted->n_cells; i++)
        if (!cell_fits(kind, &wanted->cells[i], row))
            return false;
    return true;
}

static bool any_fits(const struct table_kind *kind, const struct scenario_row *wanted,
                     const GPtrArray *rows)
{
    for (guint i = 0; i < rows->len; i++)
        if (row_fits(kind, wanted, rows->pdata[i]))
            return true;
    return false;
}

static bool all_fit(const struct scenario_expect *e, const struct table_row *row)
{
    for (uint32_t i = 0; i < e->n_has; i++)
        if (!row_fits(&KINDS[e->table], &e->has[i], row))
            return false;
    return true;
}

GPtrArray *table_values(const struct expect_state *state, const char *column)
{
    const struct table_kind *kind = &KINDS[state->e->table];
    GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *all = column != NULL ? source_of(kind, column) : NULL;
    g_auto(GStrv) sources = g_strsplit(all != NULL ? all : "", ",", -1);

    for (guint i = 0; state->rows != NULL && i < state->rows->len; i++) {
        const struct table_row *row = state->rows->pdata[i];
        char *value = NULL;

        if (!all_fit(state->e, row))
            continue;
        for (unsigned j = 0; sources[j] != NULL && value == NULL; j++)
            value = value_of(row, sources[j]);
        g_ptr_array_add(values, column == NULL  ? g_strdup(row->line)
                                : value != NULL ? value
                                                : g_strdup(""));
    }
    return values;
}

bool table_has_column(enum scenario_table table, const char *column)
{
    g_autofree char *source = source_of(&KINDS[table], column);

    return source != NULL;
}

/* ---- columns that are not there ---- */

static void no_such_column(const struct table_kind *kind, const struct scenario_cell *cell,
                           const char *file, struct diag_list *diags)
{
    g_auto(GStrv) columns = g_strsplit(kind->columns + 1, "|", -1);
    GString *all = g_string_new(NULL);

    for (unsigned i = 0; columns[i] != NULL && columns[i][0] != '\0'; i++) {
        columns[i][strcspn(columns[i], "=")] = '\0';
        g_string_append_printf(all, "%s%s", i > 0 ? ", " : "", columns[i]);
    }
    diag_error(diags, file, cell->at, _("this table has no column %s; it has %s"), cell->column,
               all->str);
    g_string_free(all, TRUE);
}

static bool rows_check(const struct table_kind *kind, const struct scenario_row *rows, uint32_t n,
                       const char *file, struct diag_list *diags)
{
    bool ok = true;

    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < rows[i].n_cells; j++) {
            g_autofree char *source = source_of(kind, rows[i].cells[j].column);

            if (source == NULL) {
                no_such_column(kind, &rows[i].cells[j], file, diags);
                ok = false;
            }
        }
    }
    return ok;
}

bool table_check(const struct scenario_expect *e, const char *file, struct diag_list *diags)
{
    bool ok = rows_check(&KINDS[e->table], e->has, e->n_has, file, diags);

    return rows_check(&KINDS[e->table], e->has_not, e->n_has_not, file, diags) && ok;
}

/* ---- the verdict ---- */

static char *show_rows(const GPtrArray *rows)
{
    GString *text = g_string_new(NULL);

    if (rows->len == 0)
        g_string_append(text, _("the table is empty"));
    else
        g_string_append_printf(
            text, NN_("the table has %u row:", "the table has %u rows:", rows->len), rows->len);
    for (guint i = 0; i < rows->len && i < ROWS_SHOWN; i++)
        g_string_append_printf(text, "\n%s", ((const struct table_row *)rows->pdata[i])->line);
    if (rows->len > ROWS_SHOWN)
        g_string_append(text, "\n...");
    return g_string_free(text, FALSE);
}

static bool rows_are_right(const struct expect_state *state)
{
    const struct scenario_expect *e = state->e;
    const struct table_kind *kind = &KINDS[e->table];

    for (uint32_t i = 0; i < e->n_has; i++)
        if (!any_fits(kind, &e->has[i], state->rows))
            return false;
    for (uint32_t i = 0; i < e->n_has_not; i++)
        if (any_fits(kind, &e->has_not[i], state->rows))
            return false;
    return !e->has_rows || e->rows == state->rows->len;
}

void table_judge(const struct expect_state *state, struct expect_result *result)
{
    if (!state->looked) {
        result->seen = g_strdup(_("the run ended before that moment"));
        return;
    }
    result->ok = rows_are_right(state);
    if (result->ok)
        return;
    result->time = state->looked_at;
    result->seen = show_rows(state->rows);
}
