/*
 * What became of a command that did not do what it should: how far what it caused got, where that
 * died, and the chain of causes that led there. All that a command causes hangs together by the
 * records' causes, across all nodes.
 */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/tables.h"
#include "lab/grade_internal.h"
#include "lab/step_chain.h"
#include "lab/step_tell.h"

enum { TOLD_BEGIN = 2, TOLD_END = 6 };

struct story {
    const struct step_log *log;
    GHashTable *ids;                /* of the records that the command has caused */
    const struct step_entry *death; /* the first of its frames that died on its way */
    const struct step_entry *fail;  /* the first change that tells of failure */
    const struct step_entry *first; /* the first frame */
    const struct step_entry *last;  /* the last one */
    uint64_t before;                /* the number of the last frame before it died or failed */
};

static bool is_caused(const struct story *story, const struct step_entry *entry, uint64_t process)
{
    return (entry->kind == RECORD_COMMAND && entry->process == process && process != 0) ||
           (entry->cause != 0 && g_hash_table_contains(story->ids, &entry->cause));
}

static bool is_failure(const struct step_entry *entry)
{
    return entry->why.code == WHY_NEIGH_FAILED || entry->why.code == WHY_ICMP_HOST_UNREACHABLE ||
           entry->why.code == WHY_ICMP_NET_UNREACHABLE || entry->why.code == WHY_NEIGH6_FAILED ||
           entry->why.code == WHY_ICMP6_UNREACHABLE || entry->why.code == WHY_ICMP6_NO_ROUTE;
}

static void take(struct story *story, const struct step_entry *entry)
{
    bool frame = entry->kind == RECORD_SEND || entry->kind == RECORD_RECEIVE;

    if (frame && story->death == NULL && story->fail == NULL)
        story->before = entry->number;
    g_hash_table_add(story->ids, (gpointer)&entry->id);
    if (entry->kind == RECORD_DROP && !step_tell_everyday(entry->drop) && story->death == NULL)
        story->death = entry;
    if (is_failure(entry) && story->fail == NULL)
        story->fail = entry;
    if (frame && story->first == NULL)
        story->first = entry;
    if (frame)
        story->last = entry;
}

static void read_story(struct story *story, uint64_t process)
{
    const struct step_log *log = story->log;

    story->ids = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (uint64_t n = step_log_first(log); n < log->n_entries; n++) {
        const struct step_entry *entry = step_log_at(log, n);

        if (is_caused(story, entry, process))
            take(story, entry);
    }
    g_hash_table_destroy(story->ids);
}

static bool has_frame(const GPtrArray *chain)
{
    for (guint i = 0; i < chain->len; i++)
        if (((const struct step_entry *)chain->pdata[i])->number != 0)
            return true;
    return false;
}

/* The chain, the last first. Where timers lead to the end, the first frame is told too: it shows
 * what was waited for. */
static void tell_chain(const struct story *story, const struct step_entry *end, GString *out)
{
    uint64_t lost;
    g_autoptr(GPtrArray) chain = step_chain(story->log, end, &lost);
    guint place = 0;

    if (story->first != NULL && !has_frame(chain)) {
        while (place < chain->len &&
               ((const struct step_entry *)chain->pdata[place])->at > story->first->at)
            place++;
        g_ptr_array_insert(chain, (gint)place, (gpointer)story->first);
    }
    step_chain_tell(story->log, chain, TOLD_BEGIN, TOLD_END, out);
}

/* Nothing was sent: what there is to choose a way by says why. */
static void tell_routes(const struct run *run, uint32_t node, const char *host,
                        struct grade_part *result)
{
    g_autoptr(GString) routes = g_string_new(NULL);

    tables_write_one(run->network->nodes[node], "route", routes);
    g_strchomp(routes->str);
    if (*routes->str != '\0')
        grade_message(result, _("no frame left %s for this command; its routes are:\n%s"), host,
                      routes->str);
    else
        grade_message(result, _("no frame left %s for this command; it has no routes"), host);
}

void grade_tell(const struct run *run, const struct step_log *log,
                const struct run_command *command, struct grade_part *result)
{
    const struct scenario_entry *entry = run_entry(run, command->entry);
    const char *host = run->scenario->topology->nodes[entry->node].name;
    struct story story = { .log = log };
    g_autoptr(GString) out = g_string_new(NULL);
    const struct step_entry *end;

    read_story(&story, command->process);
    end = story.death != NULL ? story.death : story.fail != NULL ? story.fail : story.last;
    grade_node(result, host);
    if (end == NULL) {
        if (command->ended == SIM_TIME_NONE || command->exit_status != 0)
            tell_routes(run, entry->node, host, result);
        return;
    }
    if (story.death != NULL)
        g_string_append_printf(out, _("it died at %s; how it came there:"),
                               story.death->node->name);
    else if (story.fail != NULL)
        g_string_append_printf(out, _("it failed at %s; how it came to that:"),
                               story.fail->node->name);
    else
        g_string_append_printf(out, _("this is how far it got (the last frame was at %s):"),
                               story.last->node->name);
    g_string_append_c(out, '\n');
    tell_chain(&story, end, out);
    grade_message(result, "%s", g_strchomp(out->str));
    if (story.death != NULL || story.fail != NULL)
        grade_node(result, end->node->name);
    result->frame = end->number != 0 ? end->number : story.before;
    result->time = end->at;
}
