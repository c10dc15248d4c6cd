#include "lab/run.h"

#include <string.h>

#include "apps/shell.h"
#include "inspect/render.h"
#include "lab/run_share.h"

/* ---- commands ---- */

static void command_wrote(void *ctx, struct process *process, int stream, const char *text,
                          size_t len)
{
    struct run_command *command = ctx;

    (void)process;
    if (stream == 2 && command->err == NULL) {
        command->out = g_string_new_len(command->output->str, (gssize)command->output->len);
        command->err = g_string_new(NULL);
    }
    g_string_append_len(command->output, text, (gssize)len);
    if (command->err != NULL)
        g_string_append_len(stream == 2 ? command->err : command->out, text, (gssize)len);
}

const char *run_command_out(const struct run_command *command)
{
    return command->out != NULL ? command->out->str : command->output->str;
}

const char *run_command_err(const struct run_command *command)
{
    return command->err != NULL ? command->err->str : "";
}

static void command_ended(void *ctx, int status)
{
    struct run_command *command = ctx;

    command->shell = NULL;
    command->exit_status = status;
    command->ended = node_now(command->node);
}

const struct scenario_entry *run_entry(const struct run *run, uint32_t index)
{
    uint32_t n = run->scenario->n_timeline;

    return index < n ? &run->scenario->timeline[index] : run->inserted->pdata[index - n];
}

/* The first address of a node, or of one of its interfaces. */
static bool address_of(const struct run *run, const struct scenario_place *place, ip4_addr *addr)
{
    const struct topo_node *node = &run->scenario->topology->nodes[place->node];
    struct os *os = network_os(run->network, place->node);

    for (uint32_t i = 0; os != NULL && i < node->n_ifaces; i++) {
        const struct ip_iface *iface = ip_iface_find(&os->ip, node->ifaces[i].name);

        if ((place->iface != TOPO_NOWHERE && place->iface != i) || iface == NULL ||
            iface->n_addrs == 0)
            continue;
        *addr = iface->addrs[0].addr;
        return true;
    }
    return false;
}

/* The line with the address of `to` in the place of `@`; NULL: it has none. */
static char *line_of(const struct run *run, const struct scenario_entry *entry)
{
    char text[IP4_TEXT_MAX];
    g_auto(GStrv) parts = NULL;
    ip4_addr addr = 0;
    bool found;

    if (entry->to.node == TOPO_NOWHERE)
        return g_strdup(entry->run.text);
    found = address_of(run, &entry->to, &addr);
    run_share_address(run, entry->to.node, &found, &addr);
    if (!found)
        return NULL;
    parts = g_strsplit(entry->run.text, "@", -1);
    return g_strjoinv(ip4_format(addr, text), parts);
}

/* Nobody can be asked to reach what has no address. */
static void fail_command(struct run_command *command, const struct scenario_entry *entry)
{
    g_autofree char *text = g_strdup_printf(
        "%s has no address\n", command->run->scenario->topology->nodes[entry->to.node].name);

    command->line = g_strdup(entry->run.text);
    command_wrote(command, NULL, 2, text, strlen(text));
    command_ended(command, 1);
}

static void start_command(struct run *run, uint32_t index)
{
    const struct scenario_entry *entry = run_entry(run, index);
    struct run_command *command = g_new0(struct run_command, 1);
    struct process_io io = { command_wrote, command };

    command->run = run;
    command->node = run->network->nodes[entry->node];
    command->entry = index;
    command->started = sim_now(run->network->sim);
    command->ended = SIM_TIME_NONE;
    command->output = g_string_new(NULL);
    g_ptr_array_add(run->commands, command);
    run->by_entry[index] = command;
    command->line = line_of(run, entry);
    if (command->line == NULL) {
        fail_command(command, entry);
        return;
    }
    if (network_is_here(run->network, entry->node))
        command->shell = shell_start(network_os(run->network, entry->node), command->line, &io,
                                     command_ended, command);
    if (command->shell != NULL)
        command->process = shell_process(command->shell)->id;
    run_share_started(run, command);
}

static void free_command(gpointer data)
{
    struct run_command *command = data;

    g_string_free(command->output, TRUE);
    if (command->err != NULL) {
        g_string_free(command->out, TRUE);
        g_string_free(command->err, TRUE);
    }
    g_free(command->line);
    g_free(command);
}

/* ---- the timeline ---- */

static void set_link(struct run *run, const struct scenario_entry *entry)
{
    struct link *link = run->network->links[entry->link];
    const struct topo_link *values = &entry->values;
    struct link_config config;

    if (link == NULL) /* other ranks have it */
        return;
    config = link->config;
    if (entry->set & SCENARIO_SET_RATE)
        config.rate = values->rate;
    if (entry->set & SCENARIO_SET_DELAY)
        config.delay = values->delay;
    if (entry->set & SCENARIO_SET_QUEUE)
        config.queue = values->queue;
    if (entry->set & SCENARIO_SET_LOSS)
        config.loss = values->loss;
    if (entry->set & SCENARIO_SET_DUPLICATE)
        config.duplicate = values->duplicate;
    if (entry->set & SCENARIO_SET_REORDER)
        config.reorder = values->reorder;
    if (entry->set & SCENARIO_SET_CORRUPT)
        config.corrupt = values->corrupt;
    link_configure(link, &config);
    if (entry->set & SCENARIO_SET_STATE)
        link_set_state(link, !values->down);
}

/* Power off is what the neighbors see of it: every interface goes dark. What the machine knows
 * stays. */
static void record_tables(struct run *run, const char *name)
{
    if (!run->no_tables)
        tables_record(run->tables, run->network->sim, name);
}

static void set_power(struct run *run, const struct scenario_entry *entry)
{
    struct node *node = run->network->nodes[entry->node];

    for (uint32_t i = 0; i < node->n_ifaces; i++)
        iface_set_up(node->ifaces[i], entry->on);
}

static void set_interface(struct run *run, const struct scenario_entry *entry)
{
    const struct topo_iface *iface =
        &run->scenario->topology->nodes[entry->node].ifaces[entry->iface];
    struct os *os = network_os(run->network, entry->node);

    if (os != NULL)
        ip_iface_set_up(ip_iface_find(&os->ip, iface->name), entry->on);
    else if (network_is_here(run->network, entry->node))
        iface_set_up(network_iface(run->network, iface), entry->on);
    run_share_interface(run, iface);
}

/* The filter was found right before. */
static void add_fault(struct run *run, const struct scenario_entry *entry)
{
    struct diag_list *diags = diag_list_new();

    network_add_fault(run->network, run->network->links[entry->link], &entry->fault,
                      run->scenario->file, diags);
    diag_list_free(diags);
}

bool run_check_fault(const struct scenario_entry *entry, const char *file,
                     const struct filter_names *names, struct diag_list *diags)
{
    g_autoptr(GError) error = NULL;
    struct filter *filter;

    if (entry->action != SCENARIO_FAULT)
        return true;
    filter = filter_new(entry->fault.match, names, &error);
    if (filter == NULL) {
        diag_error(diags, file, entry->fault.match_at, "%s", error->message);
        return false;
    }
    filter_free(filter);
    return true;
}

bool run_check_entry(const struct run *run, const struct scenario_entry *entry,
                     struct diag_list *diags)
{
    return run_check_fault(entry, run->scenario->file, run->network->names, diags);
}

struct act {
    struct run *run;
    uint32_t index;
    bool *done; /* or NULL */
};

static void perform(void *ctx)
{
    struct act *act = ctx;
    struct run *run = act->run;
    const struct scenario_entry *entry = run_entry(run, act->index);

    if (act->done != NULL)
        *act->done = true;
    switch (entry->action) {
    case SCENARIO_RUN:
        start_command(run, act->index);
        break;
    case SCENARIO_STOP:
        if (run->by_entry[entry->target] != NULL && run->by_entry[entry->target]->shell != NULL)
            shell_interrupt(run->by_entry[entry->target]->shell);
        break;
    case SCENARIO_LINK:
        set_link(run, entry);
        break;
    case SCENARIO_FAULT:
        add_fault(run, entry);
        break;
    case SCENARIO_POWER:
        set_power(run, entry);
        break;
    case SCENARIO_INTERFACE:
        set_interface(run, entry);
        break;
    case SCENARIO_SNAPSHOT:
        record_tables(run, entry->snapshot);
        break;
    }
}

/* ---- the run ---- */

struct run *run_new(const struct scenario *scenario, const struct run_options *options,
                    struct diag_list *diags)
{
    uint64_t seed = options->has_seed ? options->seed : scenario->seed;
    struct network_sharing sharing = options->sharing;
    struct network *network;
    struct run *run;
    bool right = true;

    sharing.threads = options->threads;
    network = network_new_shared(scenario->topology, seed, &sharing, diags);
    if (network == NULL)
        return NULL;
    run = g_new0(struct run, 1);
    run->scenario = scenario;
    run->network = network;
    run->commands = g_ptr_array_new_with_free_func(free_command);
    run->by_entry = g_new0(struct run_command *, scenario->n_timeline + 1);
    run->inserted = g_ptr_array_new();
    run->tables = tables_new();
    run->budget = scenario->events != 0 ? scenario->events : RUN_EVENTS_DEFAULT;
    run->until = options->has_until ? options->until : scenario->until;
    if (run->until == SIM_TIME_NONE)
        run->until =
            RUN_UNTIL_DEFAULT +
            (scenario->n_timeline > 0 ? scenario->timeline[scenario->n_timeline - 1].time : 0);
    for (uint32_t i = 0; i < scenario->n_timeline; i++)
        right &= run_check_entry(run, &scenario->timeline[i], diags);
    if (right)
        return run;
    run_free(run);
    return NULL;
}

static void schedule(struct run *run, uint32_t index, bool *done)
{
    struct sim *sim = run->network->sim;
    struct act *act = arena_alloc(&sim->arena, sizeof *act);

    *act = (struct act){ run, index, done };
    sim_at(sim, run_entry(run, index)->time, perform, act);
}

/* The programs of sockets, as files of their hosts. */
static void install_scripts(struct run *run)
{
    for (uint32_t i = 0; i < run->scenario->n_scripts; i++) {
        const struct scenario_script *script = &run->scenario->scripts[i];
        struct os *os = network_os(run->network, script->node);

        sim_mark_act(run->network->sim);
        if (network_is_here(run->network, script->node))
            scenario_install_script(script, os, true);
    }
}

void run_start(struct run *run)
{
    network_start(run->network);
    install_scripts(run);
    for (uint32_t i = 0; i < run->scenario->n_timeline; i++)
        if (run->scenario->timeline[i].time <= run->until)
            schedule(run, i, NULL);
}

uint32_t run_insert(struct run *run, const struct scenario_entry *entry, bool *done)
{
    uint32_t index = run->scenario->n_timeline + run->inserted->len;

    g_ptr_array_add(run->inserted, (gpointer)entry);
    run->by_entry = g_renew(struct run_command *, run->by_entry, index + 1);
    run->by_entry[index] = NULL;
    schedule(run, index, done);
    return index;
}

bool run_slice(struct run *run, uint64_t events)
{
    uint64_t before = sim_events(run->network->sim);
    bool over = sim_run_slice(run->network->sim, run->until, run->budget - run->spent, events);

    run->spent += sim_events(run->network->sim) - before;
    if (over)
        return false;
    run->out_of_budget = run->spent >= run->budget;
    return !run->out_of_budget;
}

void run_finish(struct run *run)
{
    record_tables(run, "end");
    run_gather(run);
}

void run_all(struct run *run)
{
    run_start(run);
    while (run_slice(run, UINT64_MAX))
        continue;
    run_finish(run);
}

void run_free(struct run *run)
{
    network_free(run->network);
    tables_free(run->tables);
    g_ptr_array_unref(run->commands);
    g_ptr_array_unref(run->inserted);
    g_free(run->by_entry);
    g_free(run);
}

/* Seconds as a person would write them: "0", "3.5". */
static void append_seconds(GString *out, sim_time time)
{
    gsize begin;

    render_moment(out, time, 12);
    begin = out->len;
    while (begin > 0 && out->str[begin - 1] == '0')
        begin--;
    if (begin > 0 && out->str[begin - 1] == '.')
        begin--;
    g_string_truncate(out, begin);
}

char *run_outputs(const struct run *run)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < run->commands->len; i++) {
        const struct run_command *command = run->commands->pdata[i];
        const struct scenario_entry *entry = run_entry(run, command->entry);

        g_string_append(text, "== at ");
        append_seconds(text, command->started);
        g_string_append_printf(text, " on %s: %s\n",
                               run->scenario->topology->nodes[entry->node].name, command->line);
        g_string_append_len(text, command->output->str, (gssize)command->output->len);
        if (text->str[text->len - 1] != '\n')
            g_string_append_c(text, '\n');
        if (command->ended == SIM_TIME_NONE)
            g_string_append(text, "-- exit running\n");
        else
            g_string_append_printf(text, "-- exit %d\n", command->exit_status);
    }
    return g_string_free(text, FALSE);
}
