/*
 * What a student's commands have made of addresses and gateways: where commands are run, `state`
 * looks at the network as it is at the end of the run, not at what was written.
 */
#include <string.h>

#include "inspect/tables.h"
#include "lab/grade_internal.h"

/* An empty text: there is none. */
static void put(GHashTable *live, char *path, char *value)
{
    g_hash_table_insert(live, path, value);
}

static void take_gateway(GHashTable *live, const struct run *run, uint32_t index)
{
    static const char words[] = "default via ";
    const char *name = run->scenario->topology->nodes[index].name;
    g_autoptr(GString) routes = g_string_new(NULL);
    const char *at;

    tables_write_one(run->network->nodes[index], "route", routes);
    at = strstr(routes->str, words);
    put(live, g_strdup_printf("%s.gateway", name),
        at != NULL ? g_strndup(at + strlen(words), strcspn(at + strlen(words), " \n"))
                   : g_strdup(""));
}

static void take_addresses(GHashTable *live, const struct run *run, uint32_t index)
{
    const struct topo_node *node = &run->scenario->topology->nodes[index];
    struct os *os = network_os(run->network, index);

    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        const struct ip_iface *iface = ip_iface_find(&os->ip, node->ifaces[i].name);
        GString *text = g_string_new(NULL);
        char addr[IP4_TEXT_MAX];

        for (unsigned k = 0; iface != NULL && k < iface->n_addrs; k++)
            g_string_append_printf(text, "%s%s/%u", k > 0 ? "," : "",
                                   ip4_format(iface->addrs[k].addr, addr),
                                   iface->addrs[k].prefix_len);
        put(live, g_strdup_printf("%s.interfaces.%s.address", node->name, node->ifaces[i].name),
            g_strdup(text->str));
        put(live, g_strdup_printf("%s.interfaces.%s", node->name, node->ifaces[i].name),
            g_string_free(text, FALSE));
    }
}

void grade_take_live(struct grade *grade, const struct run *run)
{
    const struct topology *topology = run->scenario->topology;

    if (grade->commands->len == 0)
        return;
    grade->live = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (uint32_t i = 0; i < topology->n_nodes; i++) {
        if (network_os(run->network, i) == NULL)
            continue;
        take_gateway(grade->live, run, i);
        take_addresses(grade->live, run, i);
    }
}

const struct ynode *grade_live_value(struct grade *grade, const char *path, bool *known)
{
    const char *text = grade->live != NULL ? g_hash_table_lookup(grade->live, path) : NULL;
    struct arena *arena = &grade->instance->arena;
    g_auto(GStrv) parts = NULL;
    struct ynode *list;

    *known = text != NULL;
    if (text == NULL || *text == '\0')
        return NULL;
    parts = g_strsplit(text, ",", -1);
    if (parts[1] == NULL)
        return tree_text(arena, TEXT_POS(0, 0), text);
    list = tree_list(arena, TEXT_POS(0, 0));
    for (guint i = 0; parts[i] != NULL; i++)
        tree_append(arena, list, tree_text(arena, TEXT_POS(0, 0), parts[i]));
    return list;
}
