/* wirewalk shell: the prompt of any node. On a terminal with line editing, history and completion;
 * from a pipe line by line. */
#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/record.h"
#include "cli/session.h"
#include "cli/shell.h"
#include "inspect/i18n.h"
#include "sim/sim.h"

enum { HISTORY_MAX = 1000 };

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    session_interrupted = 1;
}

/* ---- on a terminal ---- */

struct editor {
    struct session *session;
    char *prompt;
};

static char *tell_prompt(EditLine *edit)
{
    struct editor *editor;

    el_get(edit, EL_CLIENTDATA, &editor);
    return editor->prompt;
}

/* How many octets all names have in common. */
static size_t common(const GPtrArray *words)
{
    const char *first = words->pdata[0];
    size_t len = strlen(first);

    for (guint i = 1; i < words->len; i++) {
        const char *word = words->pdata[i];
        size_t same = 0;

        while (same < len && word[same] == first[same])
            same++;
        len = same;
    }
    return len;
}

static void list_words(const GPtrArray *words)
{
    putchar('\n');
    for (guint i = 0; i < words->len; i++)
        printf("%s%s", (const char *)words->pdata[i], i + 1 < words->len ? "  " : "\n");
    fflush(stdout);
}

static unsigned char complete(EditLine *edit, int key)
{
    const LineInfo *info = el_line(edit);
    size_t cursor = (size_t)(info->cursor - info->buffer), from = cursor, len;
    g_autofree char *line = g_strndup(info->buffer, (gsize)(info->lastchar - info->buffer));
    g_autoptr(GPtrArray) words = NULL;
    g_autofree char *more = NULL;
    struct editor *editor;

    (void)key;
    el_get(edit, EL_CLIENTDATA, &editor);
    words = session_words(editor->session, line, cursor);
    if (words->len == 0)
        return CC_REFRESH_BEEP;
    while (from > 0 && line[from - 1] != ' ')
        from--;
    len = common(words);
    if (words->len > 1 && len <= cursor - from) {
        list_words(words);
        return CC_REDISPLAY;
    }
    more = g_strndup((const char *)words->pdata[0] + (cursor - from), len - (cursor - from));
    el_insertstr(edit, more);
    if (words->len == 1 && !g_str_has_suffix(words->pdata[0], "/"))
        el_insertstr(edit, " ");
    return CC_REFRESH;
}

static void edit_lines(struct session *session)
{
    struct editor editor = { session, NULL };
    EditLine *edit = el_init("wirewalk", stdin, stdout, stderr);
    History *past = history_init();
    HistEvent event;

    history(past, &event, H_SETSIZE, HISTORY_MAX);
    history(past, &event, H_SETUNIQUE, 1);
    el_set(edit, EL_CLIENTDATA, &editor);
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_PROMPT, tell_prompt);
    el_set(edit, EL_HIST, history, past);
    el_set(edit, EL_ADDFN, "complete", "complete the word", complete);
    el_set(edit, EL_BIND, "^I", "complete", NULL);
    el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    while (!session->quit) {
        const char *line;
        int n;

        g_free(editor.prompt);
        editor.prompt = session_prompt(session);
        line = el_gets(edit, &n);
        if (line == NULL || n <= 0) {
            bool again = session_interrupted || (n < 0 && errno == EINTR);

            session_interrupted = 0;
            putchar('\n');
            session_forget(session);
            if (again)
                continue;
            break;
        }
        if (strspn(line, " \t\n") < strlen(line))
            history(past, &event, H_ENTER, line);
        session_line(session, line);
    }
    g_free(editor.prompt);
    history_end(past);
    el_end(edit);
}

/* ---- from a pipe ---- */

static void read_lines(struct session *session)
{
    char *line = NULL;
    size_t size = 0;

    while (!session->quit && getline(&line, &size, stdin) >= 0)
        session_line(session, line);
    session_end(session);
    free(line);
}

bool shell_is_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

void shell_converse(struct session *session)
{
    struct sigaction action = { .sa_handler = on_interrupt };

    sigaction(SIGINT, &action, NULL); /* without SA_RESTART: the prompt must notice */
    if (shell_is_terminal())
        edit_lines(session);
    else
        read_lines(session);
}

/* ---- the command ---- */

static void run_session(struct network *network, uint32_t node)
{
    struct session session;

    network_start(network);
    sim_run(network->sim, 0, UINT64_MAX); /* the services begin to listen */
    session_init(&session, network, node, shell_is_terminal());
    if (shell_is_terminal())
        printf("%s\n", _("Commands run in virtual time. :help tells more, :quit ends."));
    shell_converse(&session);
    session_fini(&session);
}

/* The node that is named, else the first host. */
static bool first_node(const struct topology *topology, const char *name, uint32_t *node)
{
    const struct topo_node *named = name != NULL ? topology_node(topology, name) : NULL;

    if (name != NULL && named == NULL) {
        cli_error(_("there is no node \"%s\" in %s"), name, topology->file);
        return false;
    }
    *node = named != NULL ? named->index : 0;
    for (uint32_t i = 0; named == NULL && i < topology->n_nodes; i++) {
        if (topology->nodes[i].kind == TOPO_HOST) {
            *node = i;
            break;
        }
    }
    return true;
}

static int run_shell(const struct topology *topology, const char *name, uint64_t seed,
                     const struct record_paths *paths, struct diag_list *diags)
{
    struct network *network;
    struct recorder *recorder;
    uint32_t node;
    int status = CLI_WRONG;

    if (!first_node(topology, name, &node))
        return CLI_WRONG;
    network = network_new(topology, seed, diags);
    if (network == NULL)
        return CLI_WRONG;
    recorder = recorder_new(network->sim, NULL, paths);
    if (recorder != NULL) {
        run_session(network, node);
        status = recorder_finish(recorder) ? CLI_MET : CLI_WRONG;
    }
    recorder_free(recorder);
    network_free(network);
    return status;
}

static int shell_on_file(const char *file, const char *node, uint64_t seed,
                         const struct record_paths *paths)
{
    struct diag_list *diags = diag_list_new();
    struct topology *topology = topology_load(file, diags);
    int status = topology != NULL ? run_shell(topology, node, seed, paths, diags) : CLI_WRONG;
    g_autofree char *text = diag_list_render(diags);

    fputs(text, stderr);
    diag_list_free(diags);
    if (topology != NULL)
        topology_free(topology);
    return status;
}

int cmd_shell(int argc, char **argv)
{
    struct record_paths paths = { 0 };
    uint64_t seed = 1;
    const struct cli_option options[] = {
        { "pcap", 0, OPTION_TEXT, &paths.pcap, NULL, N_("FILE"), NULL,
          N_("capture every port of the network into one pcapng file") },
        { "pcap-at", 0, OPTION_TEXT, &paths.pcap_at, NULL, N_("PORTS"), NULL,
          N_("capture at these ports or nodes alone: pc1:eth0,gw") },
        { "pcap-of", 0, OPTION_CHOICE, &paths.pcap_of, NULL, NULL, "ports|cables",
          N_("cables: each frame once on each cable, not at both ends (default: ports)") },
        { "pcap-dir", 0, OPTION_TEXT, &paths.pcap_dir, NULL, N_("DIR"), NULL,
          N_("a capture for each port, DIR/pc1-eth0.pcapng: what Wireshark takes best") },
        { "trace", 0, OPTION_TEXT, &paths.trace, NULL, N_("FILE"), NULL,
          N_("every frame, drop, table change and output with its cause, as JSON lines") },
        { "seed", 0, OPTION_NUMBER, &seed, NULL, N_("N"), NULL,
          N_("the seed of all chance (default: 1)") },
    };
    const struct cli_syntax syntax = {
        "shell [OPTION...] FILE.net.yaml [NODE]",
        N_("Brings a network to life and gives you the prompt of one of its nodes. Its services "
           "run.\n"
           "Commands may also come from a pipe, a line each."),
        options,
        G_N_ELEMENTS(options),
        N_("At the prompt :help lists what there is beside the node's own commands."),
    };
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, words, &status))
        return status;
    if (words->len == 0)
        return cli_error("%s",
                         _("a shell on which network? `wirewalk shell FILE.net.yaml [NODE]`"));
    if (words->len > 2)
        return cli_error(_("a file and a node at most: \"%s\" is one too many"),
                         (const char *)words->pdata[2]);
    paths.topology = words->pdata[0];
    return shell_on_file(words->pdata[0], words->len > 1 ? words->pdata[1] : NULL, seed, &paths);
}
