#include "lab/step_segment.h"

#include <string.h>

#include "inspect/i18n.h"
#include "inspect/tables.h"
#include "sim/link.h"

/* A search from port to port, by the nodes in between. */
struct search {
    GQueue queue;       /* of struct iface: frames go out here */
    GHashTable *before; /* iface that sends -> iface that sent towards its node, or NULL */
    bool whatever;      /* cables that are out count too */
};

static bool passes_on(const struct node *node)
{
    return strcmp(node->ops->kind, "switch") == 0 || strcmp(node->ops->kind, "hub") == 0;
}

static void start(struct search *search, const struct iface *from, bool whatever)
{
    *search = (struct search){ .before = g_hash_table_new(NULL, NULL), .whatever = whatever };
    g_queue_init(&search->queue);
    g_queue_push_tail(&search->queue, (gpointer)from);
    g_hash_table_insert(search->before, (gpointer)from, NULL);
}

static void finish(struct search *search)
{
    g_queue_clear(&search->queue);
    g_hash_table_destroy(search->before);
}

/* The sending interface whose cable ends at @to; NULL: there is no way. */
static const struct iface *find(struct search *search, const struct iface *to)
{
    const struct iface *at;

    while ((at = g_queue_pop_head(&search->queue)) != NULL) {
        const struct iface *peer = link_peer(at);

        if (peer == NULL || (!search->whatever && !iface_has_carrier(at)))
            continue;
        if (peer == to)
            return at;
        for (uint32_t i = 0; passes_on(peer->node) && i < peer->node->n_ifaces; i++) {
            struct iface *out = peer->node->ifaces[i];

            if (out != peer && !g_hash_table_contains(search->before, out)) {
                g_hash_table_insert(search->before, out, (gpointer)at);
                g_queue_push_tail(&search->queue, out);
            }
        }
    }
    return NULL;
}

bool step_segment_reaches(const struct iface *from, const struct iface *to,
                          const struct iface **cut)
{
    struct search search;
    const struct iface *last;
    bool reaches;

    if (from == NULL || to == NULL)
        return false;
    start(&search, from, false);
    reaches = find(&search, to) != NULL;
    finish(&search);
    if (reaches)
        return true;
    start(&search, from, true);
    for (last = find(&search, to); last != NULL; last = g_hash_table_lookup(search.before, last))
        if (!iface_has_carrier(last))
            *cut = last;
    finish(&search);
    return false;
}

/* The port at which @node's table has @mac: "p2"; NULL: unknown, so it floods. */
static char *port_of(struct node *node, const struct mac_addr *mac)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;
    char name[MAC_TEXT_MAX];

    mac_format(mac, name);
    tables_write_one(node, "fdb", text);
    lines = g_strsplit(text->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) words = g_strsplit(g_strstrip(*line), " ", 3);

        if (g_strv_length(words) > 1 && strcmp(words[0], name) == 0)
            return g_strdup(words[1]);
    }
    return NULL;
}

bool step_segment_misled(const struct iface *from, const struct iface *to, GString *out)
{
    struct search search;
    bool misled = false;
    char mac[MAC_TEXT_MAX];

    start(&search, from, false);
    for (const struct iface *at = find(&search, to); at != NULL && !misled;
         at = g_hash_table_lookup(search.before, at)) {
        g_autofree char *port = at != from ? port_of(at->node, &to->mac) : NULL;

        misled = port != NULL && strcmp(port, at->name) != 0;
        if (misled)
            g_string_append_printf(out, _("  %s's table has %s behind %s, but %s is behind %s\n"),
                                   at->node->name, mac_format(&to->mac, mac), port, to->node->name,
                                   at->name);
    }
    finish(&search);
    return misled;
}
