/* What may stand where a word begins to be typed: nodes, filters, commands and their words. */
#include <string.h>

#include "base/drop.h"
#include "base/errnos.h"
#include "inspect/edit.h"
#include "inspect/render.h"
#include "lab/step_session.h"
#include "lab/step_words.h"

static void offer(GPtrArray *found, const char *word, const char *begin)
{
    if (g_str_has_prefix(word, begin))
        g_ptr_array_add(found, g_strdup(word));
}

static void offer_nodes(const struct step *step, GPtrArray *found, const char *begin,
                        bool with_ports)
{
    const struct topology *topology = step->scenario->topology;

    for (uint32_t i = 0; i < topology->n_nodes; i++) {
        const struct topo_node *node = &topology->nodes[i];

        offer(found, node->name, begin);
        for (uint32_t j = 0; with_ports && strchr(begin, ':') != NULL && j < node->n_ifaces; j++) {
            g_autofree char *port = g_strdup_printf("%s:%s", node->name, node->ifaces[j].name);

            offer(found, port, begin);
        }
    }
}

static void offer_filter_words(GPtrArray *found, const char *begin)
{
    static const char *const words[] = { "arp",      "icmp",  "tcp",   "udp",   "dns",  "dhcp",
                                         "http",     "drop",  "state", "table", "call", "when",
                                         "at",       "count", "watch", "host",  "port", "request",
                                         "reply",    "SYN",   "FIN",   "RST",   "data", "query",
                                         "response", "GET",   "exit",  "any",   "not",  "on" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        offer(found, words[i], begin);
}

static void offer_all(GPtrArray *found, const char *const *words, const char *begin)
{
    for (; *words != NULL; words++)
        offer(found, *words, begin);
}

static void offer_states(GPtrArray *found, const char *begin)
{
    for (uint64_t state = 0; strcmp(render_tcp_state(state), "?") != 0; state++)
        offer(found, render_tcp_state(state), begin);
}

static void offer_errnos(GPtrArray *found, const char *begin)
{
#define X(word, number, text) #word,
    static const char *const names[] = { ERRNO_LIST(X) "error", NULL };
#undef X

    offer_all(found, names, begin);
}

static void offer_drops(GPtrArray *found, const char *begin)
{
    for (int i = 1; i < DROP_N_REASONS; i++)
        offer(found, drop_name((enum drop_reason)i), begin);
}

/* Words that go with a word before them, whatever the command: "break state E", "until pc1 a". */
static bool offer_behind(GPtrArray *found, char **words, guint n, const char *begin)
{
    static const char *const tables[] = { "arp", "mac", "route", "cache", "addr", "nat", "lease",
                                          "dns", "tcp", "udp",   "ports", "raw",  NULL };
    static const char *const calls[] = { "accept", "bind", "close",  "connect",  "listen",
                                         "recv",   "send", "sendto", "shutdown", NULL };
    static const char *const keys[] = { "rate",      "delay",   "queue",   "loss",
                                        "duplicate", "reorder", "corrupt", NULL };
    const char *before = n > 0 ? words[n - 1] : "";
    bool breaks = n > 1 && strcmp(words[0], "break") == 0;

    if (breaks && strcmp(before, "state") == 0)
        offer_states(found, begin);
    else if (breaks && strcmp(before, "drop") == 0)
        offer_drops(found, begin);
    else if (breaks && strcmp(before, "call") == 0)
        offer_all(found, calls, begin);
    else if (breaks && strcmp(before, "returns") == 0)
        offer_errnos(found, begin);
    else if ((breaks && strcmp(before, "table") == 0) ||
             (n == 2 && strcmp(words[0], "watch") == 0) ||
             (breaks && n == 3 && strcmp(words[1], "when") == 0))
        offer_all(found, tables, begin);
    else if (n == 2 && strcmp(words[0], "link") == 0)
        offer_all(found, keys, begin);
    else if (n == 1 && strcmp(words[0], "help") == 0)
        offer_all(found, step_command_names(), begin);
    else
        return false;
    return true;
}

/* The words of single commands, beside nodes. */
static void offer_own(GPtrArray *found, const char *name, const char *begin)
{
    static const struct {
        const char *name;
        const char *const words[5];
    } own[] = {
        { "finish", { "command", "dialogue", NULL } },
        { "why", { "not", "drop", "change", NULL } },
        { "info", { "breaks", NULL } },
        { "watch", { "queue", NULL } },
        { "edit", { "set", "keep", "checksums", NULL } },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
        if (strcmp(own[i].name, name) == 0)
            offer_all(found, own[i].words, begin);
}

static bool takes_filter(const char *name)
{
    static const char *const names[] = { "break", "until", "frames", "drop",      "delay",
                                         "find",  "rfind", "filter", "duplicate", "corrupt",
                                         "edit",  "why",   NULL };

    return g_strv_contains(names, name);
}

char **step_complete(const struct step *step, const char *line)
{
    GPtrArray *found = g_ptr_array_new();
    g_auto(GStrv) words = step_words(line);
    guint n = g_strv_length(words);
    bool fresh = n == 0 || g_ascii_isspace(line[strlen(line) - 1]);
    const char *begin = fresh ? "" : words[n - 1], *near = NULL, *full;

    n -= !fresh; /* words before the one that is typed */
    if (n == 0) {
        offer_all(found, step_command_names(), begin);
        g_ptr_array_add(found, NULL);
        return (char **)g_ptr_array_free(found, FALSE);
    }
    full = step_full_name(words[0], &near);
    if (full != NULL && strcmp(full, words[0]) != 0) {
        g_free(words[0]);
        words[0] = g_strdup(full);
    }
    if (!offer_behind(found, words, n, begin)) {
        offer_own(found, words[0], begin);
        if (strcmp(words[0], "edit") == 0)
            offer_all(found, edit_field_names(), begin);
        if (takes_filter(words[0]))
            offer_filter_words(found, begin);
        offer_nodes(step, found, begin, true);
    }
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(found, FALSE);
}
