#include "tests/support/unit.h"

#include <jansson.h>

#include "inspect/tables.h"
#include "tests/unit/inspect/rig.h"

static void describe(struct node *node, struct describe *out)
{
    if (strcmp(node->name, "h2") == 0)
        return;
    describe_row(out, "neigh", "10.0.0.2", "10.0.0.2 eth0 02:00:00:00:02:01 REACHABLE");
    describe_row(out, "tcp", "b", "TIME-WAIT 0 0 10.0.0.1:40001 10.0.0.2:80");
    describe_row(out, "tcp", "c", "ESTAB 0 0 10.0.0.1:40000 10.0.0.2:8080");
    describe_row(out, "tcp", "a", "LISTEN 0 16 0.0.0.0:80 0.0.0.0:*");
    describe_number(out, "backlog", 16);
    describe_row(out, "sockets", "x", "for people, \"only\"");
}

static const struct node_ops ops = { .kind = "host", .receive = rig_receive, .describe = describe };

static void state_has_all_tables_sorted_and_picked_ports_renamed(void)
{
    struct rig rig;
    struct tables *tables = tables_new();
    const char *const *lines;
    g_autofree char *json = NULL;
    json_t *tree;

    rig_init(&rig, NULL, &ops);
    tables_record(tables, rig.sim, "first");
    tables_record(tables, rig.sim, "end");
    tables_record(tables, rig.sim, "end");
    lines = tables_lines(tables, "end", "h1", "tcp");
    EQ_STR(lines[0], "ESTAB 0 0 10.0.0.1:P2 10.0.0.2:8080");
    EQ_STR(lines[1], "LISTEN 0 16 0.0.0.0:80 0.0.0.0:*");
    EQ_STR(lines[2], "TIME-WAIT 0 0 10.0.0.1:P1 10.0.0.2:80");
    OK(lines[3] == NULL);
    OK(tables_lines(tables, "end", "h1", "sockets") == NULL);
    OK(tables_lines(tables, "never", "h1", "tcp") == NULL);
    json = tables_json(tables);
    tree = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    EQ(json_object_size(tree), 2);
    EQ(json_object_size(json_object_get(json_object_get(tree, "first"), "h2")), 5);
    EQ(json_array_size(
           json_object_get(json_object_get(json_object_get(tree, "end"), "h1"), "neigh")),
       1);
    json_decref(tree);
    tables_free(tables);
    rig_fini(&rig);
}

static void people_see_every_table_as_told(void)
{
    struct rig rig;
    g_autoptr(GString) out = g_string_new(NULL);

    rig_init(&rig, NULL, &ops);
    tables_write(rig.a, out);
    OK(strstr(out->str, "sockets\n  for people, \"only\"\n") != NULL);
    OK(strstr(out->str, "10.0.0.1:40001") != NULL);
    g_string_truncate(out, 0);
    OK(tables_write_one(rig.a, "neigh", out));
    EQ_STR(out->str, "10.0.0.2 eth0 02:00:00:00:02:01 REACHABLE\n");
    OK(!tables_write_one(rig.b, "neigh", out));
    rig_fini(&rig);
}

UNIT_MAIN("tables", TEST(state_has_all_tables_sorted_and_picked_ports_renamed),
          TEST(people_see_every_table_as_told))
