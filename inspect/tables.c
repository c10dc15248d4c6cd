#include "inspect/tables.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "inspect/json_out.h"
#include "sim/describe.h"
#include "sim/node.h"
#include "sim/sim.h"

/* Ports that a Linux host picks by itself: net.ipv4.ip_local_port_range. */
enum { PICKED_PORT_FIRST = 32768, PICKED_PORT_LAST = 60999 };

struct table {
    char *name;
    GPtrArray *lines;
};

struct node_tables {
    char *node;
    GPtrArray *tables;
};

struct snapshot {
    char *name;
    GPtrArray *nodes;
};

struct tables {
    GPtrArray *snapshots;
};

static void table_free(gpointer data)
{
    struct table *table = data;

    g_free(table->name);
    g_ptr_array_free(table->lines, TRUE);
    g_free(table);
}

static void node_tables_free(gpointer data)
{
    struct node_tables *node = data;

    g_free(node->node);
    g_ptr_array_free(node->tables, TRUE);
    g_free(node);
}

static void snapshot_free(gpointer data)
{
    struct snapshot *snapshot = data;

    g_free(snapshot->name);
    g_ptr_array_free(snapshot->nodes, TRUE);
    g_free(snapshot);
}

struct tables *tables_new(void)
{
    struct tables *tables = g_new0(struct tables, 1);

    tables->snapshots = g_ptr_array_new_with_free_func(snapshot_free);
    return tables;
}

void tables_free(struct tables *tables)
{
    if (tables == NULL)
        return;
    g_ptr_array_free(tables->snapshots, TRUE);
    g_free(tables);
}

static struct table *find_table(const struct node_tables *node, const char *name)
{
    for (guint i = 0; i < node->tables->len; i++) {
        struct table *table = node->tables->pdata[i];

        if (strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}

static struct table *get_table(struct node_tables *node, const char *name)
{
    struct table *table = find_table(node, name);

    if (table == NULL) {
        table = g_new(struct table, 1);
        table->name = g_strdup(name);
        table->lines = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(node->tables, table);
    }
    return table;
}

struct collector {
    struct describe describe;
    struct node_tables *node;
};

static void collect_row(struct describe *describe, const char *table, const char *key,
                        const char *line)
{
    struct collector *collector = CONTAINER_OF(describe, struct collector, describe);

    (void)key;
    g_ptr_array_add(get_table(collector->node, table)->lines, g_strdup(line));
}

static struct node_tables *collect(struct node *node)
{
    struct node_tables *tables = g_new(struct node_tables, 1);
    struct collector collector = { .describe = { .row = collect_row }, .node = tables };

    tables->node = g_strdup(node->name);
    tables->tables = g_ptr_array_new_with_free_func(table_free);
    if (node->ops->describe != NULL)
        node->ops->describe(node, &collector.describe);
    return tables;
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ADDRESS:PORT in @line with a picked port: P and its number in @seen. */
static char *rename_ports(const char *line, GArray *seen)
{
    GString *out = g_string_new(NULL);

    while (*line != '\0') {
        char *end;
        unsigned long port = line[0] == ':' ? strtoul(line + 1, &end, 10) : 0;
        guint n = 0;

        if (port < PICKED_PORT_FIRST || port > PICKED_PORT_LAST || (*end != '\0' && *end != ' ')) {
            g_string_append_c(out, *line++);
            continue;
        }
        while (n < seen->len && g_array_index(seen, unsigned long, n) != port)
            n++;
        if (n == seen->len)
            g_array_append_val(seen, port);
        g_string_append_printf(out, ":P%u", n + 1);
        line = end;
    }
    return g_string_free(out, FALSE);
}

static void finish_table(struct table *table)
{
    if (strcmp(table->name, "tcp") == 0 || strcmp(table->name, "udp") == 0) {
        g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(unsigned long));

        for (guint i = 0; i < table->lines->len; i++) {
            char *line = table->lines->pdata[i];

            table->lines->pdata[i] = rename_ports(line, seen);
            g_free(line);
        }
    }
    g_ptr_array_sort(table->lines, compare_lines);
    g_ptr_array_add(table->lines, NULL);
}

/* The tables of --state, in this order; others are for people. */
static const char *const host_tables[] = { "neigh", "route", "route_cache", "tcp", "addr", NULL };
static const char *const switch_tables[] = { "fdb", NULL };
static const char *const no_tables[] = { NULL };

static const char *const *tables_of_kind(const char *kind)
{
    if (strcmp(kind, "host") == 0 || strcmp(kind, "router") == 0)
        return host_tables;
    return strcmp(kind, "switch") == 0 ? switch_tables : no_tables;
}

static bool belongs_to_state(const char *name)
{
    return g_strv_contains(host_tables, name) || strcmp(name, "fdb") == 0 ||
           strcmp(name, "ports") == 0;
}

static struct node_tables *snapshot_of(struct node *node)
{
    g_autofree struct node_tables *told = collect(node);
    struct node_tables *tables = g_new(struct node_tables, 1);
    const char *const *names = tables_of_kind(node->ops->kind);

    tables->node = told->node;
    tables->tables = g_ptr_array_new_with_free_func(table_free);
    for (; *names != NULL; names++)
        get_table(tables, *names);
    for (guint i = 0; i < told->tables->len; i++) {
        struct table *table = told->tables->pdata[i];

        if (belongs_to_state(table->name))
            g_ptr_array_extend_and_steal(get_table(tables, table->name)->lines,
                                         g_steal_pointer(&table->lines));
        if (table->lines == NULL)
            table->lines = g_ptr_array_new();
    }
    g_ptr_array_free(told->tables, TRUE);
    for (guint i = 0; i < tables->tables->len; i++)
        finish_table(tables->tables->pdata[i]);
    return tables;
}

static struct snapshot *find_snapshot(const struct tables *tables, const char *name)
{
    for (guint i = 0; i < tables->snapshots->len; i++) {
        struct snapshot *snapshot = tables->snapshots->pdata[i];

        if (strcmp(snapshot->name, name) == 0)
            return snapshot;
    }
    return NULL;
}

void tables_record(struct tables *tables, struct sim *sim, const char *name)
{
    struct snapshot *snapshot = find_snapshot(tables, name);

    if (snapshot == NULL) {
        snapshot = g_new(struct snapshot, 1);
        snapshot->name = g_strdup(name);
        snapshot->nodes = g_ptr_array_new_with_free_func(node_tables_free);
        g_ptr_array_add(tables->snapshots, snapshot);
    }
    g_ptr_array_set_size(snapshot->nodes, 0);
    for (uint32_t i = 0; i < sim->n_nodes; i++)
        g_ptr_array_add(snapshot->nodes, snapshot_of(sim->nodes[i]));
}

const char *const *tables_lines(const struct tables *tables, const char *snapshot_name,
                                const char *node_name, const char *table_name)
{
    const struct snapshot *snapshot = find_snapshot(tables, snapshot_name);

    for (guint i = 0; snapshot != NULL && i < snapshot->nodes->len; i++) {
        const struct node_tables *node = snapshot->nodes->pdata[i];
        const struct table *table =
            strcmp(node->node, node_name) == 0 ? find_table(node, table_name) : NULL;

        if (table != NULL)
            return (const char *const *)table->lines->pdata;
    }
    return NULL;
}

static void pack_node(const struct node_tables *node, struct pack *out)
{
    pack_text(out, node->node);
    pack_u32(out, node->tables->len);
    for (guint i = 0; i < node->tables->len; i++) {
        const struct table *table = node->tables->pdata[i];

        pack_text(out, table->name);
        pack_u32(out, table->lines->len - 1);
        for (guint j = 0; j + 1 < table->lines->len; j++)
            pack_text(out, table->lines->pdata[j]);
    }
}

static struct node_tables *unpack_node(struct unpack *in)
{
    struct node_tables *node = g_new(struct node_tables, 1);
    uint32_t n;

    node->node = g_strdup(unpack_text(in));
    node->tables = g_ptr_array_new_with_free_func(table_free);
    n = unpack_u32(in);
    for (; n > 0 && !in->wrong; n--) {
        struct table *table = get_table(node, unpack_text(in));

        for (uint32_t lines = unpack_u32(in); lines > 0 && !in->wrong; lines--)
            g_ptr_array_add(table->lines, g_strdup(unpack_text(in)));
        g_ptr_array_add(table->lines, NULL);
    }
    return node;
}

void tables_pack(const struct tables *tables, const struct sim *sim, struct pack *out)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < sim->n_nodes; i++)
        n += node_is_here(sim->nodes[i]);
    pack_u32(out, n * tables->snapshots->len);
    for (guint i = 0; i < tables->snapshots->len; i++) {
        const struct snapshot *snapshot = tables->snapshots->pdata[i];

        for (guint j = 0; j < snapshot->nodes->len; j++) {
            if (!node_is_here(sim->nodes[j]))
                continue;
            pack_u32(out, i);
            pack_u32(out, j);
            pack_node(snapshot->nodes->pdata[j], out);
        }
    }
}

void tables_unpack(struct tables *tables, struct unpack *in)
{
    for (uint32_t n = unpack_u32(in); n > 0 && !in->wrong; n--) {
        uint32_t i = unpack_u32(in), j = unpack_u32(in);
        struct node_tables *node = unpack_node(in);
        struct snapshot *snapshot = i < tables->snapshots->len ? tables->snapshots->pdata[i] : NULL;

        in->wrong |= snapshot == NULL || j >= snapshot->nodes->len;
        if (in->wrong) {
            node_tables_free(node);
            return;
        }
        node_tables_free(snapshot->nodes->pdata[j]);
        snapshot->nodes->pdata[j] = node;
    }
}

static void json_table(GString *out, const struct table *table)
{
    g_string_append(out, "   ");
    json_out_string(out, table->name);
    g_string_append(out, ": [");
    for (char **line = (char **)table->lines->pdata; *line != NULL; line++) {
        g_string_append(out, line == (char **)table->lines->pdata ? "\n    " : ",\n    ");
        json_out_string(out, *line);
    }
    g_string_append(out, *table->lines->pdata != NULL ? "\n   ]" : "]");
}

static void json_node(GString *out, const struct node_tables *node)
{
    g_string_append(out, "  ");
    json_out_string(out, node->node);
    g_string_append(out, ": {");
    for (guint i = 0; i < node->tables->len; i++) {
        g_string_append(out, i == 0 ? "\n" : ",\n");
        json_table(out, node->tables->pdata[i]);
    }
    g_string_append(out, node->tables->len > 0 ? "\n  }" : "}");
}

char *tables_json(const struct tables *tables)
{
    GString *out = g_string_new("{");

    for (guint i = 0; i < tables->snapshots->len; i++) {
        const struct snapshot *snapshot = tables->snapshots->pdata[i];

        g_string_append(out, i == 0 ? "\n " : ",\n ");
        json_out_string(out, snapshot->name);
        g_string_append(out, ": {");
        for (guint j = 0; j < snapshot->nodes->len; j++) {
            g_string_append(out, j == 0 ? "\n" : ",\n");
            json_node(out, snapshot->nodes->pdata[j]);
        }
        g_string_append(out, "\n }");
    }
    g_string_append(out, "\n}\n");
    return g_string_free(out, FALSE);
}

static void write_lines(const struct table *table, const char *indent, GString *out)
{
    for (guint i = 0; i < table->lines->len; i++)
        g_string_append_printf(out, "%s%s\n", indent, (const char *)table->lines->pdata[i]);
}

void tables_write(struct node *node, GString *out)
{
    struct node_tables *tables = collect(node);

    for (guint i = 0; i < tables->tables->len; i++) {
        const struct table *table = tables->tables->pdata[i];

        g_string_append_printf(out, "%s\n", table->name);
        write_lines(table, "  ", out);
    }
    node_tables_free(tables);
}

bool tables_write_one(struct node *node, const char *name, GString *out)
{
    struct node_tables *tables = collect(node);
    const struct table *table = find_table(tables, name);

    if (table != NULL)
        write_lines(table, "", out);
    node_tables_free(tables);
    return table != NULL;
}
