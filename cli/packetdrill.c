/* wirewalk packetdrill: scripts of packets and calls against the host stack, in virtual time. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "inspect/i18n.h"
#include "lab/pkt_run.h"

struct counts {
    unsigned n[PKT_UNREADABLE + 1];
};

static void show_text(const char *path, const struct pkt_verdict *verdict, bool quiet)
{
    static const char *const words[] = { N_("pass"), N_("FAIL"), N_("refused"), N_("unreadable") };

    if (verdict->kind == PKT_PASS && quiet)
        return;
    printf("%s", path);
    if (verdict->line > 0)
        printf(":%u", verdict->line);
    printf(": %s%s%s\n", _(words[verdict->kind]), verdict->reason != NULL ? ": " : "",
           verdict->reason != NULL ? verdict->reason : "");
    if (verdict->detail != NULL) {
        g_auto(GStrv) lines = g_strsplit(verdict->detail, "\n", -1);

        for (int i = 0; lines[i] != NULL; i++)
            printf("    %s\n", lines[i]);
    }
}

/* One object on a line. */
static void show_json(const char *path, const struct pkt_verdict *verdict)
{
    const char *kind =
        verdict->kind == PKT_UNREADABLE ? "refused" : pkt_verdict_name(verdict->kind);
    json_t *object = json_object();
    char *text;

    json_object_set_new(object, "file", json_string(path));
    json_object_set_new(object, "verdict", json_string(kind));
    json_object_set_new(object, "line",
                        verdict->line > 0 ? json_integer(verdict->line) : json_null());
    json_object_set_new(object, "reason",
                        verdict->reason != NULL ? json_string(verdict->reason) : json_null());
    text = json_dumps(object, JSON_COMPACT);
    printf("%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(object);
}

static void show_summary(const struct counts *counts, unsigned n)
{
    if (n > 1)
        printf(_("%u scripts: %u passed, %u failed, %u refused, %u unreadable\n"), n,
               counts->n[PKT_PASS], counts->n[PKT_FAIL], counts->n[PKT_REFUSED],
               counts->n[PKT_UNREADABLE]);
}

static int exit_status(const struct counts *counts)
{
    if (counts->n[PKT_UNREADABLE] > 0)
        return CLI_WRONG;
    return counts->n[PKT_FAIL] + counts->n[PKT_REFUSED] > 0 ? CLI_FAILED : CLI_MET;
}

static void tell(void *ctx, const char *line)
{
    (void)ctx;
    printf("%s\n", line);
}

/* The options that a script may have too, given on the command line. */
struct given {
    const char *ip_version, *local_ip, *remote_ip, *gateway_ip, *netmask_ip, *mtu, *mss, *tolerance;
};

static void add(GArray *settings, const char *name, const char *value)
{
    struct pkt_option option = { .name = (char *)(gsize)name, .value = (char *)(gsize)value };

    if (value != NULL)
        g_array_append_val(settings, option);
}

static GArray *settings_of(const struct given *given)
{
    GArray *settings = g_array_new(FALSE, TRUE, sizeof(struct pkt_option));

    add(settings, "ip_version", given->ip_version);
    add(settings, "local_ip", given->local_ip);
    add(settings, "remote_ip", given->remote_ip);
    add(settings, "gateway_ip", given->gateway_ip);
    add(settings, "netmask_ip", given->netmask_ip);
    add(settings, "mtu", given->mtu);
    add(settings, "mss", given->mss);
    add(settings, "tolerance_usecs", given->tolerance);
    return settings;
}

static bool is_without_meaning(const char *argument)
{
    g_autofree char *name = NULL;

    if (!g_str_has_prefix(argument, "--"))
        return false;
    name = g_strndup(argument + 2, strcspn(argument + 2, "="));
    return pkt_option_is_without_meaning(name);
}

/* --define NAME or -D NAME, as often as wanted: taken out before the other options are read, as are
 * those of the original that have no meaning here. */
static GPtrArray *take_defines(int *argc, char **argv)
{
    GPtrArray *defines = g_ptr_array_new();
    int to = 1;

    for (int i = 1; i < *argc; i++) {
        if ((strcmp(argv[i], "--define") == 0 || strcmp(argv[i], "-D") == 0) && i + 1 < *argc)
            g_ptr_array_add(defines, argv[++i]);
        else if (g_str_has_prefix(argv[i], "--define="))
            g_ptr_array_add(defines, argv[i] + strlen("--define="));
        else if (!is_without_meaning(argv[i]))
            argv[to++] = argv[i];
    }
    *argc = to;
    return defines;
}

static int run_all(const GPtrArray *files, const struct pkt_options *options, bool json, bool quiet)
{
    struct counts counts = { { 0 } };

    for (guint i = 0; i < files->len; i++) {
        struct pkt_verdict verdict;

        pkt_run_file(files->pdata[i], options, &verdict);
        counts.n[verdict.kind]++;
        if (json)
            show_json(files->pdata[i], &verdict);
        else
            show_text(files->pdata[i], &verdict, quiet);
        pkt_verdict_clear(&verdict);
    }
    if (!json)
        show_summary(&counts, files->len);
    return exit_status(&counts);
}

int cmd_packetdrill(int argc, char **argv)
{
    struct given given = { 0 };
    bool extra_acks = false, quiet = false, show = false;
    unsigned match = 0, format = 0;
    const struct cli_option options[] = {
        { "match", 0, OPTION_CHOICE, &match, NULL, NULL, "exact|relaxed",
          N_("exact (the default): every field as written;\n"
             "relaxed: for scripts written on other systems") },
        { "extra-acks", 0, OPTION_FLAG, &extra_acks, NULL, NULL, NULL,
          N_("a pure ACK that nobody expects is no failure") },
        { "define", 'D', OPTION_TEXT, &given.mss, NULL, N_("NAME"), NULL,
          N_("a name for #ifdef; may be given several times") },
        { "ip_version", 0, OPTION_TEXT, &given.ip_version, NULL, N_("VERSION"), NULL,
          N_("ipv4, ipv6 or ipv4-mapped-ipv6; this and the following\n"
             "count more than what the script says itself") },
        { "local_ip", 0, OPTION_TEXT, &given.local_ip, NULL, N_("ADDRESS"), NULL,
          N_("the host's address") },
        { "remote_ip", 0, OPTION_TEXT, &given.remote_ip, NULL, N_("ADDRESS"), NULL,
          N_("the address that packets come from") },
        { "gateway_ip", 0, OPTION_TEXT, &given.gateway_ip, NULL, N_("ADDRESS"), NULL,
          N_("the host's router") },
        { "netmask_ip", 0, OPTION_TEXT, &given.netmask_ip, NULL, N_("MASK"), NULL,
          N_("of the host's address") },
        { "mtu", 0, OPTION_TEXT, &given.mtu, NULL, N_("N"), NULL,
          N_("octets of the interface's biggest packet") },
        { "mss", 0, OPTION_TEXT, &given.mss, NULL, N_("N"), NULL,
          N_("read and passed over, as many scripts have it") },
        { "tolerance_usecs", 0, OPTION_TEXT, &given.tolerance, NULL, N_("N"), NULL,
          N_("how far off times may be (default: 4000)") },
        { "show", 0, OPTION_FLAG, &show, NULL, NULL, NULL,
          N_("tell each packet and call as it happens") },
        { "quiet", 'q', OPTION_FLAG, &quiet, NULL, NULL, NULL,
          N_("say nothing about scripts that pass") },
        { "format", 0, OPTION_CHOICE, &format, NULL, NULL, "text|json",
          N_("how to say it; json: an object a script (default: text)") },
    };
    const struct cli_syntax syntax = {
        "packetdrill [OPTION...] FILE...",
        N_("Runs scripts in packetdrill's syntax, each against the network stack of a simulated "
           "host of\n"
           "its own: calls of a program, packets in, packets out, in virtual time. The exit status "
           "is\n"
           "1 when a script fails or is refused, 2 when one cannot be read."),
        options,
        G_N_ELEMENTS(options),
        NULL,
    };
    struct pkt_options how = { .defines = take_defines(&argc, argv) };
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, files, &status)) {
        g_ptr_array_unref(how.defines);
        return status;
    }
    how.relaxed = match == 1;
    how.extra_acks = extra_acks;
    how.told = show ? tell : NULL;
    how.settings = settings_of(&given);
    if (files->len == 0)
        status = cli_error("%s", _("run which scripts? `wirewalk packetdrill FILE...`"));
    else
        status = run_all(files, &how, format == 1, quiet);
    g_ptr_array_unref(how.defines);
    g_array_free(how.settings, TRUE);
    return status;
}
