/* Names that the commands of a scenario use and no DNS server of its network knows. */
#include "lab/advice_internal.h"

#include <stdlib.h>
#include <string.h>

#include "apps/shell.h"
#include "apps/shell_parse.h"
#include "base/strbuf.h"
#include "inspect/i18n.h"

struct names_check {
    const struct scenario *s;
    struct diag_list *diags;
    const struct scenario_entry *entry;
    const char **names; /* all that have a record, for hints */
    size_t n_names;
};

static bool takes_names(const char *program)
{
    static const char *const programs[] = { "ping",   "curl",   "wget",       "nc",
                                            "telnet", "netcat", "traceroute", "tracert" };

    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++)
        if (strcmp(program, programs[i]) == 0)
            return true;
    return false;
}

/* The host of `http://www.test:8080/x`, or a word that can only be a name: it has a dot and letters
 * behind the last one. Free with g_free(); NULL where it is none. */
static char *name_in(const char *word)
{
    const char *host = g_str_has_prefix(word, "http://") ? word + strlen("http://") : word;
    size_t len = strcspn(host, ":/?#");
    g_autofree char *name = g_ascii_strdown(host, (gssize)len);
    const char *dot;

    if (len > 0 && name[len - 1] == '.')
        name[len - 1] = '\0';
    dot = strrchr(name, '.');
    if (*word == '-' || *word == '/' || (host == word && strchr(word, '/') != NULL) ||
        dot == NULL || !g_ascii_isalpha(dot[1]) ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") != strlen(name))
        return NULL;
    return g_steal_pointer(&name);
}

static bool is_known(const struct names_check *check, const char *name)
{
    for (size_t i = 0; i < check->n_names; i++) {
        const char *known = check->names[i];
        size_t len = strlen(known);

        if (g_ascii_strcasecmp(known, name) == 0 ||
            (g_str_has_prefix(known, "*.") && g_str_has_suffix(name, known + 1)))
            return true;
        /* "www" or "www.a" under a search domain */
        if (len > strlen(name) && known[strlen(name)] == '.' &&
            g_ascii_strncasecmp(known, name, strlen(name)) == 0)
            return true;
    }
    return false;
}

/* What a command that fails on purpose says of it. */
static bool may_fail(const struct scenario *s, const struct scenario_entry *entry)
{
    bool may = entry->result.n_stderr > 0 || (entry->result.has_exit && entry->result.exit != 0);

    for (uint32_t i = 0; i < s->n_expects; i++) {
        const struct scenario_expect *expect = &s->expects[i];

        if (expect->kind == SCENARIO_COMMAND && expect->entry < s->n_timeline &&
            &s->timeline[expect->entry] == entry)
            may |= expect->result.n_stderr > 0 ||
                   (expect->result.has_exit && expect->result.exit != 0);
    }
    return may;
}

static void check_word(struct names_check *check, const char *word)
{
    g_autofree char *name = name_in(word);
    const char *near;

    if (name == NULL || is_known(check, name))
        return;
    near = diag_nearest(name, check->names, check->n_names);
    if ((check->s->topology->allow & TOPO_ALLOW_NAMES) != 0)
        return;
    if (near != NULL)
        diag_warning(check->diags, check->s->file, check->entry->run.at,
                     _("no DNS server of this network has a record for %s; did you mean %s?"), name,
                     near);
    else
        diag_warning(check->diags, check->s->file, check->entry->run.at,
                     _("no DNS server of this network has a record for %s: `%s 60 A ADDRESS`"),
                     name, name);
}

static void check_command(void *ctx, const struct shell_command *command)
{
    const char *const *words = (const char *const *)command->words + command->n_assignments;
    unsigned n = command->n_words - command->n_assignments;

    if (n < 2 || !takes_names(words[0]))
        return;
    for (unsigned i = 1; i < n; i++) {
        struct shell_parameters none = { 0 };
        struct strbuf word = STRBUF_INIT;
        unsigned next = 0;

        if (words[i - 1][0] == '-' && strchr("HoODwedAX", words[i - 1][1]) != NULL)
            continue; /* the value of an option that is no name */
        if (strchr(words[i], '$') != NULL)
            continue;
        shell_expand(words[i], &none, &next, &word);
        check_word(ctx, strbuf_text(&word));
        strbuf_fini(&word);
    }
}

static void find_names(struct names_check *check, GPtrArray *names)
{
    const struct topology *t = check->s->topology;

    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct topo_node *node = &t->nodes[i];

        g_ptr_array_add(names, (gpointer)node->name);
        for (uint32_t j = 0; j < node->n_hosts; j++)
            g_ptr_array_add(names, (gpointer)node->hosts[j].name);
        for (uint32_t j = 0; node->services != NULL && j < node->services->n_dns; j++)
            for (uint32_t k = 0; k < node->services->dns[j].n_records; k++)
                g_ptr_array_add(names, (gpointer)node->services->dns[j].records[k].name);
    }
    check->names = (const char **)names->pdata;
    check->n_names = names->len;
}

void advice_scenario(const struct scenario *scenario, struct diag_list *diags)
{
    struct names_check check = { .s = scenario, .diags = diags };
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    find_names(&check, names);
    for (uint32_t i = 0; i < scenario->n_timeline; i++) {
        const struct scenario_entry *entry = &scenario->timeline[i];
        struct strbuf error = STRBUF_INIT;
        struct shell_script script;

        if (entry->action != SCENARIO_RUN || may_fail(scenario, entry) ||
            !shell_parse(entry->run.text, &script, &error)) {
            strbuf_fini(&error);
            continue;
        }
        check.entry = entry;
        shell_each_command(&script, check_command, &check);
        shell_script_fini(&script);
        strbuf_fini(&error);
    }
}
