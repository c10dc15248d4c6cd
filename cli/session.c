#include "cli/session.h"

#include <stdio.h>
#include <string.h>

#include "apps/places.h"
#include "apps/programs.h"
#include "apps/shell.h"
#include "cli/cli.h"
#include "cli/manual.h"
#include "cli/more_lines.h"
#include "cli/picture.h"
#include "devices/switch.h"
#include "inspect/i18n.h"
#include "inspect/render.h"
#include "inspect/tables.h"
#include "lab/reader.h"
#include "lab/scenario.h"
#include "sim/sim.h"

#define SLEEP_MAX (50 * G_TIME_SPAN_MILLISECOND) /* between two looks for Ctrl-C */
#define SLICE     1000                           /* events, likewise */

#define STATUS_INTERRUPTED 130 /* 128 + SIGINT: the signal ended it */

volatile sig_atomic_t session_interrupted; /* a signal handler can reach nothing else */

static const struct topo_node *here(const struct session *session)
{
    return &session->network->topology->nodes[session->node];
}

/* ---- time ---- */

struct pace {
    gint64 wall; /* microseconds */
    sim_time virtual;
};

static sim_time wall_time(const struct pace *pace)
{
    return pace->virtual + (g_get_monotonic_time() - pace->wall) * SIM_USEC(1);
}

/* Wait for the moment on the wall at which the next event is due; false: Ctrl-C came. */
static bool wait_for(const struct pace *pace, sim_time due)
{
    for (;;) {
        sim_time now = wall_time(pace);

        if (session_interrupted)
            return false;
        if (due <= now + SIM_MSEC(1))
            return true;
        g_usleep((gulong)MIN((due - now) / SIM_USEC(1), SLEEP_MAX));
    }
}

/* Let time pass until @until, or until nothing runs any more where @while_running. */
static void pass_time(struct session *session, sim_time until, bool while_running)
{
    struct sim *sim = session->network->sim;
    struct pace pace = { g_get_monotonic_time(), sim_now(sim) };
    bool paced = session->paced && while_running;

    while (!session_interrupted && (!while_running || session->running != NULL)) {
        sim_time next = MIN(sim_next(sim), until);

        if (paced && !wait_for(&pace, next)) {
            sim_run(sim, CLAMP(wall_time(&pace), sim_now(sim), next - 1),
                    1); /* nothing is due up to then */
            return;
        }
        if (sim_next(sim) > until || sim_next(sim) == SIM_TIME_NONE) {
            sim_run(sim, until, 1); /* likewise */
            return;
        }
        if (while_running)
            sim_step(sim, until);
        else
            sim_run(sim, until, SLICE);
        fflush(stdout);
    }
}

/* ---- commands of hosts ---- */

static void wrote(void *ctx, struct process *process, int stream, const char *text, size_t len)
{
    struct session *session = ctx;

    (void)process;
    if (session->narrate == NULL) /* the narration tells it, with its time */
        fwrite(text, 1, len, stream == 2 ? stderr : stdout);
}

static void ended(void *ctx, int status)
{
    struct session *session = ctx;

    session->running = NULL;
    if (session->paced && session->interrupt_sent && status == STATUS_INTERRUPTED)
        putchar('\n'); /* behind the terminal's ^C */
}

static void start(void *ctx)
{
    struct session *session = ctx;
    struct process_io io = { wrote, session };

    session->running = shell_start(network_os(session->network, session->line_node), session->line,
                                   &io, ended, session);
    if (session->memories[session->line_node] == NULL)
        session->memories[session->line_node] = shell_memory_new();
    shell_resume(session->running, session->memories[session->line_node]);
}

static void interrupt(struct session *session)
{
    session_interrupted = 0;
    if (session->running == NULL)
        return;
    if (session->interrupt_sent) { /* it did not listen: leave it behind, in the background */
        session->running = NULL;
        return;
    }
    session->interrupt_sent = true;
    shell_interrupt(session->running);
}

/* Until the line is done; from a pipe no line may take for ever. */
static void finish(struct session *session)
{
    sim_time limit = sim_now(session->network->sim) + SESSION_COMMAND_MAX;

    while (session->running != NULL) {
        pass_time(session, session->paced ? SIM_TIME_NONE - 1 : limit, true);
        if (session->running == NULL)
            break;
        if (!session_interrupted && !session->interrupt_sent)
            cli_error("%s", _("the command was interrupted: it ran for an hour"));
        interrupt(session);
        limit = sim_now(session->network->sim) + SIM_SEC(60);
    }
    if (session->narrate != NULL)
        narrate_flush(session->narrate);
}

/* Files with programs of sockets that the line names go to the host first. */
static bool install_programs(struct session *session, uint32_t node, const char *line)
{
    struct diag_list *diags = diag_list_new();
    bool ok = scenario_install_typed(session->network->topology, node, line,
                                     network_os(session->network, node), diags);
    g_autofree char *text = diag_list_render(diags);

    fputs(text, stderr);
    diag_list_free(diags);
    return ok;
}

static void run_on_host(struct session *session, uint32_t node, const char *line)
{
    struct sim *sim = session->network->sim;

    if (!install_programs(session, node, line))
        return;

    session->line = g_strdup(line);
    session->line_node = node;
    session->interrupt_sent = false;
    session_interrupted = 0;
    sim_at(sim, sim_now(sim), start, session);
    sim_step(sim, sim_now(sim));
    finish(session);
    g_clear_pointer(&session->line, g_free);
}

/* ---- commands of switches and hubs ---- */

static void show_table(const struct session *session, uint32_t node, const char *table)
{
    g_autoptr(GString) out = g_string_new(NULL);

    tables_write_one(session->network->nodes[node], table, out);
    fputs(out->str, stdout);
}

static void show_bridge(struct session *session, uint32_t node,
                        void (*show)(const struct bridge *, const struct bridge_port *,
                                     struct strbuf *))
{
    struct strbuf out = STRBUF_INIT;

    show(switch_bridge(session->network->nodes[node]), NULL, &out);
    fputs(strbuf_text(&out), stdout);
    strbuf_fini(&out);
}

static void run_on_device(struct session *session, uint32_t node, const char *line)
{
    const struct topo_node *at = &session->network->topology->nodes[node];
    bool is_switch = at->kind == TOPO_SWITCH;

    if (is_switch && (strcmp(line, "show mac") == 0 || strcmp(line, "show mac address-table") == 0))
        show_table(session, node, "fdb");
    else if (is_switch && strcmp(line, "bridge fdb show") == 0)
        show_bridge(session, node, bridge_show_fdb);
    else if (is_switch && strcmp(line, "bridge link show") == 0)
        show_bridge(session, node, bridge_show_ports);
    else if (strcmp(line, "show ports") == 0)
        show_table(session, node, "ports");
    else
        fprintf(
            stderr,
            is_switch
                ? _("%s: a switch knows: show mac, show ports, bridge fdb show, bridge link show\n")
                : _("%s: a hub knows: show ports\n"),
            at->name);
}

static void help(void);

/* `help`, `help COMMAND`, `man COMMAND`, which a real host has in English. */
static bool show_manual(const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
    bool man = strcmp(words[0], "man") == 0, alone = words[1] == NULL;
    g_autofree char *text = NULL;

    if ((!man && strcmp(words[0], "help") != 0) || g_strv_length(words) > 2)
        return false;
    text = alone ? manual_list() : manual_page(words[1]);
    if (alone)
        help();
    if (text != NULL)
        printf("%s", text);
    else
        fprintf(stderr, _("there is no manual for %s; `help` lists the commands\n"), words[1]);
    return true;
}

/* Who types what another system calls it, and fails, hears how it is called here. */
static void hint(const struct session *session, uint32_t node, const char *line)
{
    g_autofree char *here = manual_elsewhere(line);

    if (here != NULL && session->memories[node] != NULL &&
        shell_memory_status(session->memories[node]) != 0)
        fprintf(stderr, _("(%s: here it is `%s`)\n"), line, here);
}

/* A line as bash would take it: with the lines that `!` means; NULL: there is none, which has been
 * told. */
static char *expand_past(struct session *session, uint32_t node, const char *line)
{
    g_autofree char *word = NULL;
    char *expanded = past_expand(&session->past, node, line, &word);

    if (expanded == NULL)
        fprintf(stderr, "sh: %s: event not found\n", word);
    else if (strcmp(expanded, line) != 0)
        printf("%s\n", expanded);
    return expanded;
}

static void run_at_host(struct session *session, uint32_t node, const char *typed)
{
    g_autofree char *line = expand_past(session, node, typed), *told = NULL;

    if (line == NULL)
        return;
    past_add(&session->past, node, line);
    told = past_command(&session->past, node, line);
    if (told != NULL) {
        fputs(told, stdout);
        return;
    }
    if (show_manual(line))
        return;
    if (session->was_run != NULL)
        session->was_run(session->ctx, node, line);
    run_on_host(session, node, line);
    hint(session, node, line);
}

static void run_on(struct session *session, uint32_t node, const char *line)
{
    if (network_os(session->network, node) != NULL)
        run_at_host(session, node, line);
    else
        run_on_device(session, node, line);
}

/* ---- lines for the session itself ---- */

static const char *const SESSION_COMMANDS[] = { ":fast",    ":go",   ":help",   ":nodes",
                                                ":quit",    ":real", ":tables", ":time",
                                                ":unwatch", ":wait", ":watch" };

static void help(void)
{
    printf(
        "%s\n",
        _("A line is a command of the node whose prompt this is; on a host, what its shell knows:\n"
          "  ip, ping, arp, curl, dig, ss, ... ; Tab completes, Ctrl-C interrupts, arrows go back\n"
          "  help, help COMMAND, man COMMAND: what there is; history, !!, !N: what was typed\n"
          "  on a switch: show mac, show ports, bridge fdb show, bridge link show; on a hub: show "
          "ports\n"
          "Lines for the network as a whole:\n"
          "  @NODE          go to another node        @NODE COMMAND  run one command there\n"
          "  :nodes         all nodes                 :tables [NODE] all tables of a node\n"
          "  :time          the virtual time          :wait 5s       let time pass\n"
          "  :watch         tell every frame          :unwatch       no more\n"
          "  :fast          do not wait for virtual time  :real      wait, as on the wall\n"
          "  :help          this                      :quit          the end"));
}

static bool find_node(const struct session *session, const char *name, uint32_t *index)
{
    const struct topology *topology = session->network->topology;
    const struct topo_node *node = topology_node(topology, name);
    g_autofree const char **names = NULL;
    const char *near;

    if (node != NULL) {
        *index = node->index;
        return true;
    }
    names = g_new0(const char *, topology->n_nodes + 1);
    for (uint32_t i = 0; i < topology->n_nodes; i++)
        names[i] = topology->nodes[i].name;
    near = diag_nearest(name, names, topology->n_nodes);
    if (near != NULL)
        fprintf(stderr, _("there is no node \"%s\"; did you mean \"%s\"?\n"), name, near);
    else
        fprintf(stderr, _("there is no node \"%s\"; :nodes lists them\n"), name);
    return false;
}

static void list_nodes(const struct session *session)
{
    const struct topology *topology = session->network->topology;

    for (uint32_t i = 0; i < topology->n_nodes; i++)
        printf("%s%s (%s)\n", i == session->node ? "* " : "  ", topology->nodes[i].name,
               picture_kind(topology->nodes[i].kind));
}

static void show_time(const struct session *session)
{
    g_autoptr(GString) out = g_string_new(NULL);

    render_moment(out, sim_now(session->network->sim), 6);
    printf("%s s\n", out->str);
}

static void wait_time(struct session *session, const char *text)
{
    sim_time time;

    if (!time_parse(text, &time)) {
        fprintf(stderr, _(":wait wants a time with its unit, such as 500ms or 5s, not \"%s\"\n"),
                text);
        return;
    }
    session_interrupted = 0;
    pass_time(session, sim_now(session->network->sim) + time, false);
    session_interrupted = 0;
    if (session->narrate != NULL)
        narrate_flush(session->narrate);
}

static void show_tables(struct session *session, const char *name)
{
    g_autoptr(GString) out = g_string_new(NULL);
    uint32_t node = session->node;

    if (*name != '\0' && !find_node(session, name, &node))
        return;
    tables_write(session->network->nodes[node], out);
    fputs(out->str, stdout);
}

static void write_out(void *ctx, const char *text)
{
    (void)ctx;
    fputs(text, stdout);
}

static void watch(struct session *session, bool on)
{
    struct narrate_options options = { .level = NARRATE_NORMAL,
                                       .colour = cli_colour(),
                                       .write = write_out };

    if (on && session->narrate == NULL)
        session->narrate = narrate_new(session->network->sim, &options);
    if (!on)
        narrate_free(g_steal_pointer(&session->narrate));
}

/* ":go pc2": the word before the blank, then the rest. */
static void session_command(struct session *session, const char *line)
{
    size_t len = strcspn(line, " \t");
    g_autofree char *word = g_strndup(line, len), *rest = g_strstrip(g_strdup(line + len));

    if (session->other_line != NULL && session->other_line(session->ctx, word, rest))
        return;
    if (strcmp(word, ":go") == 0)
        find_node(session, rest, &session->node);
    else if (strcmp(word, ":help") == 0 || strcmp(word, ":h") == 0 || strcmp(word, ":?") == 0)
        help();
    else if (strcmp(word, ":nodes") == 0)
        list_nodes(session);
    else if (strcmp(word, ":quit") == 0 || strcmp(word, ":q") == 0)
        session->quit = true;
    else if (strcmp(word, ":tables") == 0)
        show_tables(session, rest);
    else if (strcmp(word, ":time") == 0)
        show_time(session);
    else if (strcmp(word, ":wait") == 0)
        wait_time(session, rest);
    else if (strcmp(word, ":watch") == 0 || strcmp(word, ":unwatch") == 0)
        watch(session, word[1] == 'w');
    else if (strcmp(word, ":fast") == 0 || strcmp(word, ":real") == 0)
        session->paced = word[1] == 'r';
    else
        fprintf(stderr, _("there is no %s; :help tells what there is\n"), word);
}

/* "@pc2" goes there; "@pc2 ip addr" does not, but runs it there. */
static void at_node(struct session *session, const char *line)
{
    size_t len = strcspn(line, " \t");
    g_autofree char *name = g_strndup(line, len), *rest = g_strstrip(g_strdup(line + len));
    uint32_t node;

    if (!find_node(session, name, &node))
        return;
    if (*rest == '\0')
        session->node = node;
    else
        run_on(session, node, rest);
}

static void do_line(struct session *session, const char *line)
{
    if (*line == ':')
        session_command(session, line);
    else if (*line == '@')
        at_node(session, line + 1);
    else if (strcmp(line, "exit") == 0 || strcmp(line, "quit") == 0 || strcmp(line, "logout") == 0)
        session->quit = true;
    else
        run_on(session, session->node, line);
    fflush(stdout);
}

/* What a shell sees of @line, this node's or the one that is named first. */
static const char *command_of(const char *line)
{
    return *line == '@' ? line + strcspn(line, " \t") : line;
}

/* Whether @line is to be continued. */
static bool goes_on(const struct session *session, const char *line)
{
    const struct topo_node *node = here(session);
    const char *command = command_of(line);

    if (*line == '@') {
        g_autofree char *name = g_strndup(line + 1, (gsize)(command - line) - 1);

        node = topology_node(session->network->topology, name);
    }
    return *line != ':' && node != NULL && network_os(session->network, node->index) != NULL &&
           more_lines_wanted(command);
}

/* What was typed so far, and @typed. */
static char *join(const char *open, const char *typed)
{
    const char *command = command_of(open);
    g_autofree char *whole = more_lines_join(command, typed);

    return g_strdup_printf("%.*s%s", (int)(command - open), open, whole);
}

void session_line(struct session *session, const char *text)
{
    bool quoted = session->open != NULL && more_lines_quoted(command_of(session->open));
    g_autofree char *typed = g_strndup(text, strcspn(text, "\r\n")), *line = NULL;

    if (!quoted)
        g_strstrip(typed);
    if (!quoted && (*typed == '\0' || *typed == '#'))
        return;
    line = session->open != NULL ? join(session->open, typed) : g_strdup(typed);
    session_forget(session);
    if (goes_on(session, line))
        session->open = g_steal_pointer(&line);
    else
        do_line(session, line);
}

void session_forget(struct session *session)
{
    g_free(session->open);
    session->open = NULL;
}

void session_end(struct session *session)
{
    g_autofree char *line = g_steal_pointer(&session->open);

    if (line != NULL)
        do_line(session, line);
}

char *session_prompt(const struct session *session)
{
    static const char *const marks[] = {
        [TOPO_HOST] = "$", [TOPO_ROUTER] = "#", [TOPO_SWITCH] = ">", [TOPO_HUB] = ">"
    };

    if (session->open != NULL)
        return g_strdup("> ");
    return g_strdup_printf("%s%s ", here(session)->name, marks[here(session)->kind]);
}

/* ---- completion ---- */

static void offer(GPtrArray *words, const char *word, size_t len, const char *name)
{
    if (strncmp(name, word, len) == 0)
        g_ptr_array_add(words, g_strdup(name));
}

static void offer_nodes(const struct session *session, GPtrArray *words, const char *word,
                        size_t len, const char *mark)
{
    for (uint32_t i = 0; i < session->network->topology->n_nodes; i++) {
        g_autofree char *name = g_strconcat(mark, session->network->topology->nodes[i].name, NULL);

        offer(words, word, len, name);
    }
}

static void offer_commands(const struct session *session, GPtrArray *words, const char *word,
                           size_t len)
{
    static const char *const device[] = { "bridge fdb show", "bridge link show", "show mac",
                                          "show ports" };
    static const char *const own[] = { "cd", "echo", "exit", "help", "history", "man", "pwd" };
    const char *name;

    for (size_t i = 0; *word == ':' && i < G_N_ELEMENTS(SESSION_COMMANDS); i++)
        offer(words, word, len, SESSION_COMMANDS[i]);
    if (network_os(session->network, session->node) == NULL) {
        for (size_t i = 0; i < G_N_ELEMENTS(device); i++)
            offer(words, word, len, device[i]);
        return;
    }
    for (unsigned i = 0; (name = program_name_at(i)) != NULL; i++)
        offer(words, word, len, name);
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
        offer(words, word, len, own[i]);
}

/* Files and folders of the host that @word may become; a folder ends in a slash. */
static void offer_paths(const struct session *session, GPtrArray *words, const char *word,
                        size_t len)
{
    const struct shell_memory *memory = session->memories[session->node];
    g_autofree char *typed = g_strndup(word, len);
    const char *slash = strrchr(typed, '/');
    g_autofree char *before = g_strndup(typed, slash != NULL ? (gsize)(slash - typed) + 1 : 0);
    g_autofree char *folder = g_canonicalize_filename(
        *before != '\0' ? before : ".", memory != NULL ? shell_memory_cwd(memory) : "/");
    struct places places;

    places_read(network_os(session->network, session->node), folder, &places);
    for (unsigned i = 0; i < places.n; i++) {
        bool is_folder = places.all[i].kind == PLACE_FOLDER || places.all[i].kind == PLACE_LINK;
        g_autofree char *whole =
            g_strconcat(before, places.all[i].name, is_folder ? "/" : "", NULL);

        offer(words, word, len, whole);
    }
    places_fini(&places);
}

static void offer_things(const struct session *session, GPtrArray *words, const char *word,
                         size_t len)
{
    for (uint32_t i = 0; i < here(session)->n_ifaces; i++)
        offer(words, word, len, here(session)->ifaces[i].name);
    if (network_os(session->network, session->node) != NULL)
        offer_paths(session, words, word, len);
}

GPtrArray *session_words(const struct session *session, const char *line, size_t cursor)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    size_t from = cursor, first = strspn(line, " ");

    while (from > 0 && line[from - 1] != ' ')
        from--;
    if (line[from] == '@')
        offer_nodes(session, words, line + from, cursor - from, "@");
    else if (strncmp(line + first, ":go ", 4) == 0 || strncmp(line + first, ":tables ", 8) == 0)
        offer_nodes(session, words, line + from, cursor - from, "");
    else if (from <= first)
        offer_commands(session, words, line + from, cursor - from);
    else
        offer_things(session, words, line + from, cursor - from);
    return words;
}

/* ---- life ---- */

void session_init(struct session *session, struct network *network, uint32_t node, bool paced)
{
    uint32_t n = network->topology->n_nodes;

    *session = (struct session){ .network = network, .node = node, .paced = paced };
    session->memories = g_new0(struct shell_memory *, n + 1);
    past_init(&session->past, n);
}

void session_fini(struct session *session)
{
    watch(session, false);
    session_forget(session);
    for (uint32_t i = 0; i < session->past.n_nodes; i++)
        shell_memory_free(session->memories[i]);
    g_free(session->memories);
    past_fini(&session->past);
}
