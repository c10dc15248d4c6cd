/*
 * The commands that backquotes may have. Settings of Linux and of BSD become the simulated host's
 * (rule R8); tables of sockets are printed so that grep and wc can count in them; what has no
 * meaning without real hardware or kernel modules does nothing; all else is refused by its name.
 */
#include <stdlib.h>
#include <string.h>

#include "inspect/i18n.h"
#include "lab/pkt_shell.h"

enum { SET_UNKNOWN = -1, FILE_NESTING_MAX = 3 };

static const char *word(const GPtrArray *words, guint n)
{
    return n < words->len ? words->pdata[n] : "";
}

/* ---- settings ---- */

/* BSD's switches by what they do on Linux. `inverted`: 1 there is 0 here. */
static const struct {
    const char *bsd, *linux_name;
    bool inverted;
} BSD_SETTINGS[] = {
    { "net.inet.tcp.rfc1323", "net.ipv4.tcp_timestamps", false },
    { "net.inet.tcp.rfc1323", "net.ipv4.tcp_window_scaling", false },
    { "net.inet.tcp.sack.enable", "net.ipv4.tcp_sack", false },
    { "net.inet.tcp.insecure_rst", "net.wirewalk.tcp_rfc5961_rst", true },
    { "net.inet.tcp.insecure_syn", "net.wirewalk.tcp_rfc5961_syn", true },
    { "net.inet.tcp.rexmit_initial", "net.wirewalk.tcp_rto_initial_ms", false },
    { "net.inet.tcp.delacktime", "net.wirewalk.tcp_delack_max_ms", false },
};

/* BSD settings that only tune what this host does not have, or has as the usual value says. */
static bool is_harmless(const char *name)
{
    return g_str_has_prefix(name, "net.inet.") || g_str_has_prefix(name, "net.inet6.") ||
           g_str_has_prefix(name, "kern.") || g_str_has_prefix(name, "security.");
}

/* Settings of Linux that change nothing here, or nothing while they have this value (NULL: any). */
static bool changes_nothing(const char *name, const char *value)
{
    static const struct {
        const char *name, *value;
    } SETTINGS[] = {
        { "net.ipv4.tcp_autocorking", NULL },
        { "net.ipv4.tcp_pacing_ss_ratio", NULL }, /* no pacing */
        { "net.ipv4.tcp_pacing_ca_ratio", NULL },
        { "net.ipv4.tcp_limit_output_bytes", NULL },
        { "net.ipv4.tcp_mem", NULL },
        { "net.ipv4.tcp_max_orphans", NULL },
        { "net.ipv4.tcp_low_latency", NULL },
        { "net.ipv4.tcp_mtu_probing", "0" },
        { "net.ipv4.tcp_shrink_window", "0" },
        { "net.ipv4.tcp_thin_linear_timeouts", "0" },
        { "net.ipv4.tcp_stdurg", "0" },
        { "net.ipv4.tcp_adv_win_scale", NULL }, /* without effect since Linux 6.6 */
        { "net.ipv4.tcp_fack", NULL },          /* since 4.15 */
        { "net.ipv4.tcp_thin_dupack", NULL },   /* since 4.11 */
        { "net.ipv4.tcp_comp_sack_slack_ns", NULL },
        { "net.ipv4.tcp_backlog_ack_defer", NULL }, /* no backlog: one thing at a time */
        { "net.ipv4.tcp_plb_enabled", "0" },
        { "net.ipv4.tcp_app_win", "31" },
        { "net.ipv4.tcp_max_reordering", "300" },
        { "net.ipv4.tcp_min_snd_mss", "48" },
        { "net.ipv4.tcp_pingpong_thresh", "1" },
        { "net.ipv4.tcp_reflect_tos", "0" },
        { "net.ipv4.tcp_migrate_req", NULL }, /* no SO_REUSEPORT groups */
        { "net.ipv4.tcp_workaround_signed_windows", "0" },
        { "net.ipv4.tcp_ecn_fallback", "1" },
        { "net.ipv4.tcp_base_mss", NULL }, /* of tcp_mtu_probing, as those below */
        { "net.ipv4.tcp_mtu_probe_floor", NULL },
        { "net.ipv4.tcp_probe_interval", NULL },
        { "net.ipv4.tcp_probe_threshold", NULL },
        { "net.ipv6.conf.all.disable_ipv6", "0" },
        { "net.core.default_qdisc", NULL },
        { "net.ipv4.tcp_retrans_collapse", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(SETTINGS); i++)
        if (g_str_equal(SETTINGS[i].name, name))
            return SETTINGS[i].value == NULL || g_str_equal(SETTINGS[i].value, value);
    return false;
}

static int set_one(struct pkt_shell *shell, const char *name, const char *value)
{
    int result = shell->run->host->ops->set(shell->run->host, name, value);

    if (result == 0)
        return 0;
    if (result == SET_UNKNOWN)
        return changes_nothing(name, value) ? 0 : pkt_shell_lacks(shell, name);
    if (!shell->in_file) {
        shell->refused = true;
        pkt_fail(shell->run, _("%s does not take the value \"%s\""), name, value);
    }
    return 1;
}

/* RFC 3168 on BSD: 0 off, 1 ask and answer, 2 answer; the same numbers as Linux has. The receive
 * buffer is the middle of three numbers there. */
static int set_bsd_special(struct pkt_shell *shell, const char *name, const char *value)
{
    g_autofree char *three = NULL;

    if (g_str_equal(name, "net.inet.tcp.ecn.enable"))
        return set_one(shell, "net.ipv4.tcp_ecn", value);
    if (g_str_equal(name, "net.inet.tcp.recvspace")) {
        three = g_strdup_printf("4096 %s %s", value,
                                g_ascii_strtoll(value, NULL, 10) > 6291456 ? value : "6291456");
        return set_one(shell, "net.ipv4.tcp_rmem", three);
    }
    if (g_str_equal(name, "net.inet.tcp.sendspace")) {
        three = g_strdup_printf("4096 %s %s", value,
                                g_ascii_strtoll(value, NULL, 10) > 4194304 ? value : "4194304");
        return set_one(shell, "net.ipv4.tcp_wmem", three);
    }
    return SET_UNKNOWN;
}

static int set_bsd(struct pkt_shell *shell, const char *name, const char *value)
{
    bool any = false;
    int status = set_bsd_special(shell, name, value);

    if (status != SET_UNKNOWN)
        return status;
    for (gsize i = 0; i < G_N_ELEMENTS(BSD_SETTINGS); i++) {
        const char *given = value;

        if (!g_str_equal(BSD_SETTINGS[i].bsd, name))
            continue;
        if (BSD_SETTINGS[i].inverted)
            given = g_str_equal(value, "0") ? "1" : "0";
        any = true;
        status = set_one(shell, BSD_SETTINGS[i].linux_name, given);
        if (status != 0)
            return status;
    }
    return any || is_harmless(name) ? 0 : pkt_shell_lacks(shell, name);
}

static int set_setting(struct pkt_shell *shell, const char *name, const char *value)
{
    g_autofree char *dotted = g_strdup(name);

    for (char *c = dotted; *c != '\0'; c++)
        if (*c == '/')
            *c = '.';
    if (g_str_has_prefix(dotted, "net.ipv4.") || g_str_has_prefix(dotted, "net.ipv6.") ||
        g_str_has_prefix(dotted, "net.core.") || g_str_has_prefix(dotted, "net.wirewalk."))
        return set_one(shell, dotted, value);
    return set_bsd(shell, dotted, value);
}

/* sysctl [-q] [-w] NAME=VALUE ...; NAME= VALUE and NAME = VALUE as well. */
static int tool_sysctl(struct pkt_shell *shell, const GPtrArray *words)
{
    for (guint i = 1; i < words->len; i++) {
        const char *text = word(words, i), *equals = strchr(text, '=');
        g_autofree char *name = NULL;
        const char *value;
        int status;

        if (*text == '-')
            continue;
        name = equals != NULL ? g_strndup(text, (gsize)(equals - text)) : g_strdup(text);
        value = equals != NULL ? equals + 1 : "";
        if (equals == NULL && g_str_equal(word(words, i + 1), "="))
            value = word(words, i += 2);
        else if (equals != NULL && *value == '\0')
            value = word(words, ++i);
        else if (equals == NULL)
            continue; /* only shown */
        status = set_setting(shell, name, value);
        if (status != 0)
            return status;
    }
    return 0;
}

/* A helper of that name takes PATH=VALUE below /proc/sys. */
static int tool_set_paths(struct pkt_shell *shell, const GPtrArray *words)
{
    for (guint i = 1; i < words->len; i++) {
        const char *text = word(words, i), *equals = strchr(text, '=');
        g_autofree char *name = NULL;
        int status;

        if (!g_str_has_prefix(text, "/proc/sys/") || equals == NULL)
            return pkt_shell_lacks(shell, text);
        text += strlen("/proc/sys/");
        name = g_strndup(text, (gsize)(equals - text));
        status = set_setting(shell, name, equals + 1);
        if (status != 0)
            return status;
    }
    return 0;
}

/* ---- ip ---- */

static int tool_ip_route(struct pkt_shell *shell, const GPtrArray *words)
{
    for (guint i = 1; i + 1 < words->len; i++) {
        if (g_str_equal(word(words, i), "initcwnd")) {
            int status = set_one(shell, "net.wirewalk.tcp_initcwnd", word(words, i + 1));

            if (status != 0)
                return status;
        }
        if (g_str_equal(word(words, i), "rto_min") || g_str_equal(word(words, i), "initrwnd") ||
            g_str_equal(word(words, i), "advmss") || g_str_equal(word(words, i), "features") ||
            g_str_equal(word(words, i), "quickack") || g_str_equal(word(words, i), "congctl"))
            return pkt_shell_lacks(shell, word(words, i));
    }
    return 0;
}

/* What the host's own command does and says. */
static int tool_on_host(struct pkt_shell *shell, const GPtrArray *words, GString *output)
{
    struct pkt_host *host = shell->run->host;
    g_auto(GStrv) argv = g_new0(char *, words->len + 1);

    for (guint i = 0; i < words->len; i++)
        argv[i] = g_strdup(word(words, i));
    return host->ops->command(host, argv, output);
}

static int tool_ip(struct pkt_shell *shell, const GPtrArray *words, GString *output)
{
    guint at = 1;

    while (*word(words, at) == '-')
        at++;
    if (g_str_has_prefix("route", word(words, at)) && *word(words, at) != '\0')
        return tool_ip_route(shell, words);
    if (g_str_equal(word(words, at), "tcp_metrics"))
        return tool_on_host(shell, words, output);
    if (g_str_equal(word(words, at), "link"))
        return 0;
    return pkt_shell_lacks(shell, "ip");
}

/* ---- tables of sockets ---- */

struct table {
    GString *out;
    bool all;
};

static const struct {
    const char *linux_name, *bsd;
} STATES[] = {
    { "LISTEN", "LISTEN" },         { "SYN-SENT", "SYN_SENT" },     { "SYN-RECV", "SYN_RCVD" },
    { "ESTAB", "ESTABLISHED" },     { "FIN-WAIT-1", "FIN_WAIT_1" }, { "FIN-WAIT-2", "FIN_WAIT_2" },
    { "CLOSE-WAIT", "CLOSE_WAIT" }, { "CLOSING", "CLOSING" },       { "LAST-ACK", "LAST_ACK" },
    { "TIME-WAIT", "TIME_WAIT" },   { "UNCONN", "CLOSED" },
};

/* Both spellings of the state stand in the line, so that either is found. */
static void table_row(void *ctx, const char *state, uint16_t local, uint16_t remote)
{
    const struct table *table = ctx;
    const char *bsd = state;

    for (gsize i = 0; i < G_N_ELEMENTS(STATES); i++)
        if (g_str_equal(STATES[i].linux_name, state))
            bsd = STATES[i].bsd;
    g_string_append_printf(table->out, "tcp %s *:%u *:%u", bsd, local, remote);
    if (!g_str_equal(bsd, state))
        g_string_append_printf(table->out, " %s", state);
    g_string_append_c(table->out, '\n');
}

static int tool_sockets(struct pkt_shell *shell, GString *output)
{
    struct table table = { .out = output };

    shell->run->host->ops->sockets(shell->run->host, table_row, &table);
    return 0;
}

/* ---- grep, wc, test ---- */

struct grep {
    bool quiet, count, inverted, icase, fixed;
};

static guint grep_flags(const GPtrArray *words, struct grep *grep)
{
    guint at = 1;

    for (; *word(words, at) == '-' && word(words, at)[1] != '\0'; at++) {
        const char *flags = word(words, at) + 1;

        if (g_str_equal(flags, "e"))
            return at + 1;
        grep->quiet |= strchr(flags, 'q') != NULL;
        grep->count |= strchr(flags, 'c') != NULL;
        grep->inverted |= strchr(flags, 'v') != NULL;
        grep->icase |= strchr(flags, 'i') != NULL;
        grep->fixed |= strchr(flags, 'F') != NULL;
    }
    return at;
}

static int tool_grep(struct pkt_shell *shell, const GPtrArray *words, const char *input,
                     GString *output)
{
    struct grep grep = { 0 };
    guint at = grep_flags(words, &grep);
    g_autofree char *pattern =
        grep.fixed ? g_regex_escape_string(word(words, at), -1) : g_strdup(word(words, at));
    g_autoptr(GRegex) regex = g_regex_new(pattern, grep.icase ? G_REGEX_CASELESS : 0, 0, NULL);
    g_auto(GStrv) lines = g_strsplit(input, "\n", -1);
    unsigned n = 0;

    if (regex == NULL)
        return pkt_shell_lacks(shell, pattern);
    for (int i = 0; lines[i] != NULL; i++) {
        if (*lines[i] == '\0' || g_regex_match(regex, lines[i], 0, NULL) == grep.inverted)
            continue;
        n++;
        if (!grep.quiet && !grep.count)
            g_string_append_printf(output, "%s\n", lines[i]);
    }
    if (grep.count && !grep.quiet)
        g_string_append_printf(output, "%u\n", n);
    return n > 0 ? 0 : 1;
}

static int tool_wc(const char *input, GString *output)
{
    unsigned n = 0;

    for (; *input != '\0'; input++)
        n += *input == '\n';
    g_string_append_printf(output, "%u\n", n);
    return 0;
}

static int tool_test(struct pkt_shell *shell, const GPtrArray *words)
{
    const char *left = word(words, 1), *how = word(words, 2), *right = word(words, 3);
    long long a = g_ascii_strtoll(left, NULL, 10), b = g_ascii_strtoll(right, NULL, 10);

    if (g_str_equal(how, "=") || g_str_equal(how, "=="))
        return !g_str_equal(left, right);
    if (g_str_equal(how, "!="))
        return g_str_equal(left, right);
    if (g_str_equal(how, "-eq"))
        return a != b;
    if (g_str_equal(how, "-ne"))
        return a == b;
    if (g_str_equal(how, "-ge"))
        return a < b;
    if (g_str_equal(how, "-le"))
        return a > b;
    if (g_str_equal(how, "-gt"))
        return a <= b;
    if (g_str_equal(how, "-lt"))
        return a >= b;
    return pkt_shell_lacks(shell, "test");
}

static int tool_echo(const GPtrArray *words, GString *output)
{
    for (guint i = 1; i < words->len; i++)
        if (!(i == 1 && g_str_equal(word(words, 1), "-n")))
            g_string_append_printf(output, "%s%s", output->len > 0 ? " " : "", word(words, i));
    g_string_append_c(output, '\n');
    return 0;
}

static int tool_sleep(struct pkt_shell *shell, const GPtrArray *words)
{
    double duration = g_ascii_strtod(word(words, 1), NULL);
    int64_t until =
        pkt_now(shell->run) + (int64_t)(CLAMP(duration, 0, 100000) * (double)PKT_NSEC_PER_SEC);

    while (pkt_now(shell->run) < until)
        if (!pkt_advance(shell->run, until))
            return 1;
    return 0;
}

/* ---- files of commands beside the script ---- */

/* Files that are left out beside a script without loss: those that put settings back, and those
 * that set the defaults that a new host has anyway. */
static bool may_be_absent(const char *name)
{
    g_autofree char *base = g_path_get_basename(name);

    return strstr(base, "sysctl_restore") != NULL || g_str_equal(base, "defaults.sh");
}

static int tool_file(struct pkt_shell *shell, const GPtrArray *words)
{
    const char *name = word(words, 0);
    g_autofree char *path = g_path_is_absolute(name)
                                ? g_strdup(name)
                                : g_build_filename(shell->run->folder, name, NULL);
    g_autofree char *text = NULL;
    struct pkt_shell inner = { .run = shell->run, .in_file = true, .words = words };
    g_autoptr(GString) output = g_string_new(NULL);
    int status;

    if (shell->run->file_depth >= FILE_NESTING_MAX ||
        !g_file_get_contents(path, &text, NULL, NULL) || strlen(text) > PKT_PACKET_MAX)
        return may_be_absent(name) ? 0 : pkt_shell_lacks(shell, name);
    shell->run->file_depth++;
    status = pkt_shell_run(&inner, text, output);
    shell->run->file_depth--;
    return status;
}

/* ---- all ---- */

static bool does_nothing(const char *name)
{
    static const char *const names[] = { "true",     ":",       "kldload",  "kldunload", "modprobe",
                                         "ifconfig", "ethtool", "set",      "export",    "sync",
                                         "nstat",    "route",   "hostcache" };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(names[i], name))
            return true;
    return false;
}

/* Queueing disciplines that only queue do what the simulated interface does. */
static int tool_tc(struct pkt_shell *shell, const GPtrArray *words)
{
    static const char *const plain[] = { "pfifo",    "pfifo_fast", "bfifo", "fq",
                                         "fq_codel", "noqueue",    "del",   "show" };

    for (guint i = 1; i < words->len; i++)
        for (gsize k = 0; k < G_N_ELEMENTS(plain); k++)
            if (g_str_equal(word(words, i), plain[k]))
                return 0;
    return pkt_shell_lacks(shell, "tc");
}

int pkt_shell_tool(struct pkt_shell *shell, GPtrArray *words, const char *input, GString *output)
{
    const char *name = word(words, 0);
    int status = pkt_shell_file_tool(shell->run, words);

    if (status >= 0)
        return status;
    if (g_str_equal(name, "sysctl"))
        return tool_sysctl(shell, words);
    if (g_str_equal(name, "ip"))
        return tool_ip(shell, words, output);
    if (g_str_equal(name, "tc"))
        return tool_tc(shell, words);
    if (g_str_equal(name, "sockstat") || g_str_equal(name, "netstat") || g_str_equal(name, "ss"))
        return tool_sockets(shell, output);
    if (g_str_equal(name, "grep") || g_str_equal(name, "egrep"))
        return tool_grep(shell, words, input, output);
    if (g_str_equal(name, "wc"))
        return tool_wc(input, output);
    if (g_str_equal(name, "test") || g_str_equal(name, "["))
        return tool_test(shell, words);
    if (g_str_equal(name, "echo"))
        return tool_echo(words, output);
    if (g_str_equal(name, "sleep"))
        return tool_sleep(shell, words);
    if (g_str_equal(name, "false"))
        return 1;
    if (g_str_equal(name, "exit")) {
        shell->exits = true;
        return atoi(word(words, 1));
    }
    if (does_nothing(name))
        return 0;
    if (g_str_has_suffix(name, "set_sysctls.py"))
        return tool_set_paths(shell, words);
    if (strchr(name, '/') != NULL)
        return tool_file(shell, words);
    return pkt_shell_lacks(shell, name);
}
