#include "cli/captures.h"

#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "inspect/i18n.h"
#include "inspect/pcapng.h"
#include "sim/sim.h"

#define FILES_MAX 500 /* that are open at once */

static bool is_named(const struct iface *iface, const char *word)
{
    g_autofree char *port = g_strdup_printf("%s:%s", iface->node->name, iface->name);

    return strcmp(word, port) == 0 || strcmp(word, iface->node->name) == 0;
}

static bool is_chosen(void *ctx, const struct iface *iface)
{
    for (char **word = ctx; *word != NULL; word++)
        if (is_named(iface, *word))
            return true;
    return false;
}

static bool is_this(void *ctx, const struct iface *iface)
{
    return ctx == iface;
}

static bool is_there(const struct sim *sim, const char *word)
{
    for (uint32_t i = 0; i < sim->n_nodes; i++)
        for (uint32_t j = 0; j < sim->nodes[i]->n_ifaces; j++)
            if (is_named(sim->nodes[i]->ifaces[j], word))
                return true;
    return false;
}

static bool begin(GPtrArray *captures, struct sim *sim, const char *path,
                  const struct pcapng_choice *choice)
{
    g_autoptr(GError) error = NULL;
    struct pcapng *pcapng = pcapng_new_of(sim, path, choice, &error);

    if (pcapng == NULL)
        return cli_error("%s", error->message), false;
    g_ptr_array_add(captures, pcapng);
    return true;
}

/* node-interface.pcapng; a-b's port c and a's port b-c need a number behind. Of @taken. */
static const char *file_name(GHashTable *taken, const struct iface *iface)
{
    g_autofree char *port = g_strdup_printf("%s-%s", iface->node->name, iface->name);
    char *name = g_strdup_printf("%s.pcapng", g_strdelimit(port, "/", '_'));

    for (unsigned n = 2; g_hash_table_contains(taken, name); n++) {
        g_free(name);
        name = g_strdup_printf("%s-%u.pcapng", port, n);
    }
    g_hash_table_add(taken, name);
    return name;
}

static bool begin_port(GPtrArray *captures, struct sim *sim, const struct iface *iface,
                       const char *folder, GHashTable *taken)
{
    struct pcapng_choice choice = { .wants = is_this, .ctx = (void *)iface };
    g_autofree char *path = g_build_filename(folder, file_name(taken, iface), NULL);

    if (captures->len >= FILES_MAX)
        return cli_error(_("--pcap-dir: more than %d ports; name some with --pcap-at"), FILES_MAX),
               false;
    return begin(captures, sim, path, &choice);
}

static bool begin_folder(GPtrArray *captures, struct sim *sim, const char *folder, char **ports)
{
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    if (g_mkdir_with_parents(folder, 0777) != 0)
        return cli_error(_("cannot make the folder %s: %s"), folder, g_strerror(errno)), false;
    for (uint32_t i = 0; i < sim->n_nodes; i++)
        for (uint32_t j = 0; j < sim->nodes[i]->n_ifaces; j++) {
            const struct iface *iface = sim->nodes[i]->ifaces[j];

            if (iface->end != NULL && (ports == NULL || is_chosen(ports, iface)) &&
                !begin_port(captures, sim, iface, folder, taken))
                return false;
        }
    return true;
}

static bool begin_all(GPtrArray *captures, struct sim *sim, const struct capture_wishes *wishes)
{
    g_auto(GStrv) ports = wishes->ports != NULL ? g_strsplit(wishes->ports, ",", -1) : NULL;
    struct pcapng_choice choice = { .cables = wishes->of == CAPTURE_OF_CABLES,
                                    .wants = ports != NULL ? is_chosen : NULL,
                                    .ctx = ports };

    if ((ports != NULL || choice.cables) && wishes->file == NULL && wishes->folder == NULL)
        return cli_error("%s", _("--pcap-at and --pcap-of say what --pcap or --pcap-dir captures: "
                                 "one of these is missing")),
               false;
    for (char **word = ports; word != NULL && *word != NULL; word++)
        if (!is_there(sim, *word))
            return cli_error(_("--pcap-at: there is no node and no port \"%s\"; a port is written "
                               "node:interface"),
                             *word),
                   false;
    if (wishes->file != NULL && !begin(captures, sim, wishes->file, &choice))
        return false;
    return wishes->folder == NULL || begin_folder(captures, sim, wishes->folder, ports);
}

GPtrArray *captures_new(struct sim *sim, const struct capture_wishes *wishes)
{
    GPtrArray *captures = g_ptr_array_new();

    if (begin_all(captures, sim, wishes))
        return captures;
    captures_close(captures);
    return NULL;
}

bool captures_close(GPtrArray *captures)
{
    bool ok = true;

    for (guint i = 0; captures != NULL && i < captures->len; i++) {
        g_autoptr(GError) error = NULL;

        if (!pcapng_close(captures->pdata[i], &error)) {
            cli_error("%s", error->message);
            ok = false;
        }
    }
    if (captures != NULL)
        g_ptr_array_unref(captures);
    return ok;
}
