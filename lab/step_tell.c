#include "lab/step_tell.h"

#include <inttypes.h>
#include <string.h>

#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "inspect/render.h"

enum { TIME_WIDTH = 11, NUMBER_WIDTH = 6, PATH_WIDTH = 22 };

static void put_moment(const struct step_entry *entry, GString *out)
{
    g_autoptr(GString) time = g_string_new(NULL);

    render_moment(time, entry->at, 6);
    g_string_append_printf(out, "%*s ", TIME_WIDTH, time->str);
    if (entry->number != 0)
        g_string_append_printf(out, "%*" PRIu64 "  ", NUMBER_WIDTH, entry->number);
    else
        columns_fill(out, " ", NUMBER_WIDTH + 2);
}

static void put_place(const struct step_entry *entry, GString *out)
{
    g_string_append(out, entry->node->name);
    if (entry->iface != NULL)
        g_string_append_printf(out, ":%s", entry->iface->name);
}

/* A frame goes from one end of a cable to the other; "⇒" has arrived. */
static void put_path(const struct step_entry *entry, GString *out)
{
    const struct iface *peer = entry->iface != NULL ? link_peer(entry->iface) : NULL;
    const char *far = peer != NULL ? peer->node->name : "?";
    g_autofree char *path = entry->kind == RECORD_RECEIVE
                                ? g_strdup_printf("%s ⇒ %s", far, entry->node->name)
                                : g_strdup_printf("%s → %s", entry->node->name, far);

    columns_pad(out, path, PATH_WIDTH);
    g_string_append_c(out, ' ');
}

void step_tell_frame(const struct step_log *log, const struct step_entry *entry, bool detail,
                     GString *out)
{
    struct facts facts;
    struct seq_base base;

    if (!step_log_facts(log, entry, &facts)) {
        g_string_append(out, _("frame"));
        return;
    }
    if (!detail) {
        summary_label(out, &facts, RENDER_USER);
        return;
    }
    base = seq_table_look(log->seqs, &facts);
    summary(out, &facts, &base, RENDER_USER);
}

void step_tell_reason(const struct step_log *log, const struct step_entry *entry, GString *out)
{
    g_autofree char *text = step_log_text(log, entry);

    render_why(out, &entry->why, text, RENDER_USER);
}

/* The reason says all that the detail would, as in the narration. */
static bool reason_is_enough(enum why_code code)
{
    const char *name = why_name(code);

    return g_str_has_prefix(name, "arp") || g_str_has_prefix(name, "dhcp-") ||
           g_str_has_prefix(name, "dns-");
}

static void tell_frame(const struct step_log *log, const struct step_entry *entry, GString *out)
{
    bool sent = entry->kind == RECORD_SEND;
    g_autoptr(GString) reason = g_string_new(NULL);

    put_path(entry, out);
    step_tell_frame(log, entry, !sent || !reason_is_enough(entry->why.code), out);
    if (sent && entry->why.code != WHY_IP_SEND)
        step_tell_reason(log, entry, reason);
    if (reason->len > 0)
        g_string_append_printf(out, "%s%s", _(": "), reason->str);
}

bool step_tell_everyday(enum drop_reason reason)
{
    return reason == DROP_NOT_FOR_ME || reason == DROP_ARP_NOT_MINE ||
           reason == DROP_NO_OTHER_PORT || reason == DROP_SAME_PORT ||
           reason == DROP_MULTICAST_NOT_JOINED || reason == DROP_NONE;
}

static void tell_drop(const struct step_log *log, const struct step_entry *entry, GString *out)
{
    g_autoptr(GString) label = g_string_new(NULL);
    struct facts facts;

    step_tell_frame(log, entry, false, label);
    g_string_append(out, "✗ ");
    g_string_append_printf(
        out, step_tell_everyday(entry->drop) ? _("%s ignores the %s: ") : _("%s drops the %s: "),
        entry->node->name, label->str);
    render_drop(out, entry->drop, step_log_facts(log, entry, &facts) && facts.net == FACT_IPV6,
                RENDER_USER);
}

static void tell_reason(const struct step_log *log, const struct step_entry *entry,
                        const char *mark, GString *out)
{
    g_string_append_printf(out, "%s ", mark);
    put_place(entry, out);
    g_string_append(out, _(": "));
    step_tell_reason(log, entry, out);
}

static void tell_command(const struct step_log *log, const struct step_entry *entry, GString *out)
{
    g_autofree char *text = step_log_text(log, entry);

    if (entry->why.code == WHY_COMMAND) {
        g_string_append_printf(out, "%s$ %s", entry->node->name, text != NULL ? text : "");
        return;
    }
    g_string_append_printf(out, "%s%s", entry->node->name, _(": "));
    step_tell_reason(log, entry, out);
}

/* A program's text, which need not end with its lines: an unfinished one stays one. */
static void tell_output(const struct step_log *log, const struct step_entry *entry, GString *out)
{
    g_autofree char *text = step_log_text(log, entry);

    g_string_append_printf(out, "%s| ", entry->node->name);
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        if (*at != '\n') {
            g_string_append_c(out, *at);
            continue;
        }
        if (at[1] == '\0')
            break;
        g_string_append_c(out, '\n');
        columns_fill(out, " ", TIME_WIDTH + 1 + NUMBER_WIDTH + 2);
        g_string_append_printf(out, "%s| ", entry->node->name);
    }
}

void step_tell_short(const struct step_log *log, const struct step_entry *entry, GString *out)
{
    static const char *const marks[RECORD_N_KINDS] = { [RECORD_STATE] = "•",
                                                       [RECORD_TIMER] = "⏲",
                                                       [RECORD_CALL] = "›",
                                                       [RECORD_MEDIUM] = "⚡",
                                                       [RECORD_CONTROL] = "!" };

    switch ((enum record_kind)entry->kind) {
    case RECORD_SEND:
    case RECORD_RECEIVE:
        tell_frame(log, entry, out);
        return;
    case RECORD_DROP:
        tell_drop(log, entry, out);
        return;
    case RECORD_COMMAND:
        tell_command(log, entry, out);
        return;
    case RECORD_OUTPUT:
        tell_output(log, entry, out);
        return;
    case RECORD_STATE:
    case RECORD_TIMER:
    case RECORD_CALL:
    case RECORD_MEDIUM:
    case RECORD_CONTROL:
    case RECORD_N_KINDS:
        break;
    }
    tell_reason(log, entry, marks[entry->kind], out);
}

void step_tell(const struct step_log *log, const struct step_entry *entry, GString *out)
{
    put_moment(entry, out);
    step_tell_short(log, entry, out);
    g_string_append_c(out, '\n');
}

/* A shell that was given one program starts it with the same words: one line is enough. */
bool step_tell_repeats(const struct step_log *log, const struct step_entry *entry)
{
    const struct step_entry *cause = step_log_find(log, entry->cause);
    g_autofree char *text = NULL, *before = NULL;

    if (entry->why.code != WHY_COMMAND || cause == NULL || cause->why.code != WHY_COMMAND ||
        cause->node != entry->node)
        return false;
    text = step_log_text(log, entry);
    before = step_log_text(log, cause);
    return text != NULL && before != NULL && strcmp(text, before) == 0;
}

bool step_tell_matters(const struct step_log *log, const struct step_entry *entry)
{
    enum why_code code = entry->why.code;
    bool settings = entry->at == 0 && entry->cause == 0 &&
                    (code == WHY_ADDR_ADDED || code == WHY_ROUTE_ADDED || code == WHY_NEIGH_SET ||
                     code == WHY_ADDR6_ADDED || code == WHY_ROUTE6_ADDED);

    switch ((enum record_kind)entry->kind) {
    case RECORD_SEND:
    case RECORD_RECEIVE:
    case RECORD_CONTROL:
    case RECORD_OUTPUT:
        return true;
    case RECORD_DROP:
        return !step_tell_everyday(entry->drop);
    case RECORD_STATE:
        return code != WHY_TCP_CWND && !settings;
    case RECORD_COMMAND:
        return (code == WHY_COMMAND && !step_tell_repeats(log, entry)) ||
               code == WHY_COMMAND_STOPPED || entry->why.args[0] != 0;
    case RECORD_MEDIUM:
        return code != WHY_DEFERRED;
    case RECORD_TIMER:
    case RECORD_CALL:
    case RECORD_N_KINDS:
        break;
    }
    return false;
}
