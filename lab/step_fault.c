/* Exact faults: what is to happen to the next frame of some kind, as an entry of the timeline. */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/json_out.h"
#include "lab/step_session.h"
#include "lab/step_words.h"

struct fault { /* `drop FILTER [at PORT]` taken apart */
    const char *kind;
    char *filter, *port;
    const char *by;     /* delay: how long */
    GPtrArray *changes; /* edit: field, value, field, value, ... of char */
    bool keep_checksums;
};

/* ---- what an edit changes ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at) || *at == ',')
        at++;
    return at;
}

static char *take_word(const char **at, const char *end)
{
    size_t len = strcspn(*at, end);
    char *word = g_strndup(*at, len);

    *at += len;
    return word;
}

/* "ip.ttl", "octet 14" */
static char *take_name(const char **at)
{
    g_autofree char *word = take_word(at, " \t=");
    const char *rest = *at;

    while (is_blank(*rest))
        rest++;
    if (!g_ascii_isdigit(*rest))
        return g_steal_pointer(&word);
    {
        g_autofree char *number = take_word(&rest, " \t=");

        *at = rest;
        return g_strdup_printf("%s %s", word, number);
    }
}

/* A pair of hexadecimal digits alone goes on with a row of octets. */
static bool is_octet(const char *at)
{
    return g_ascii_isxdigit(at[0]) && g_ascii_isxdigit(at[1]) &&
           (at[2] == '\0' || is_blank(at[2]) || at[2] == ',') && *skip_blanks(at + 2) != '=';
}

/* 'in quotes', or up to the next blank; octets go on over blanks. */
static char *take_value(const char **at)
{
    const char quote[2] = { **at, '\0' };
    GString *value;

    if (**at == '"' || **at == '\'') {
        char *text;

        (*at)++;
        text = take_word(at, quote);
        *at += **at != '\0';
        return text;
    }
    value = g_string_new(NULL);
    for (;;) {
        g_autofree char *word = take_word(at, " \t");

        g_string_append(value, word);
        if (strlen(word) != 2 || !is_octet(word) || !is_octet(skip_blanks(*at)))
            break;
        *at = skip_blanks(*at);
        g_string_append_c(value, ' ');
    }
    if (value->len > 0 && value->str[value->len - 1] == ',')
        g_string_truncate(value, value->len - 1);
    return g_string_free(value, FALSE);
}

/* "ip.ttl=1, octet 20 = ff 00, text 4='hello'" */
static bool read_changes(struct fault *fault, const char *text, GString *out)
{
    const char *at = skip_blanks(text);

    while (*at != '\0') {
        g_autofree char *name = take_name(&at);

        while (is_blank(*at))
            at++;
        if (*at != '=' || *name == '\0') {
            g_string_append_printf(out, _("\"%s\": a change is FIELD=VALUE, like ip.ttl=1\n"),
                                   name);
            return false;
        }
        at++;
        while (is_blank(*at))
            at++;
        g_ptr_array_add(fault->changes, g_steal_pointer(&name));
        g_ptr_array_add(fault->changes, take_value(&at));
        at = skip_blanks(at);
    }
    if (fault->changes->len == 0)
        g_string_append_printf(out, "%s\n", _("set what? `edit icmp at pc1:eth0 set ip.ttl=1`"));
    return fault->changes->len > 0;
}

/* Cuts "... set CHANGES [keep checksums]" off @line. */
static bool cut_changes(struct fault *fault, char *line, GString *out)
{
    char *set = step_cut_first(line, "set"), *keep;

    if (set == NULL) {
        g_string_append_printf(out, "%s\n", _("set what? `edit icmp at pc1:eth0 set ip.ttl=1`"));
        return false;
    }
    keep = step_cut_last(set, "keep");
    if (keep != NULL && strcmp(keep, "checksums") != 0) {
        g_string_append_printf(out, _("keep what? `keep checksums`, not \"%s\"\n"), keep);
        return false;
    }
    fault->keep_checksums = keep != NULL;
    return read_changes(fault, set, out);
}

/* ---- which frame ---- */

/* As step_stops_new() wants it. */
static char *stop_of(const struct fault *fault)
{
    GString *stop = g_string_new("sent ");

    g_string_append(stop, fault->filter);
    for (guint i = 0; i < fault->changes->len; i++)
        g_string_append_printf(stop, "\x1f%s", (const char *)fault->changes->pdata[i]);
    return g_string_free(stop, FALSE);
}

/* Which port sends such a frame next; NULL: none does. */
static char *next_sender(struct step *step, const struct fault *fault)
{
    struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, done;
    g_autofree char *stop = stop_of(fault), *look = NULL;
    g_autoptr(GString) port = g_string_new(NULL);
    struct step_point *twin = step_twin(step, step->here);
    bool found;

    if (twin == NULL || !step_ask(step, twin, &request, stop, &done, NULL))
        return NULL;
    look = g_strdup_printf("port %" PRIu64, done.record);
    found = done.reason == STEP_AT_STOP && step_look_at(step, twin, look, port);
    step_point_drop(step, twin);
    return found ? g_strdup(port->str) : NULL;
}

static bool is_right(struct step *step, const struct fault *fault, GString *out)
{
    g_autofree char *stop = stop_of(fault), *line = g_strdup_printf("check %s", stop);
    g_autoptr(GString) problem = g_string_new(NULL);

    if (step_look_at(step, step->here, line, problem))
        return true;
    g_string_append_printf(out, "%s\n", problem->str);
    return false;
}

/* Names and numbers look best bare. */
static void put_scalar(const char *text, GString *out)
{
    if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._") == strlen(text) &&
        strchr(text, '.') != NULL)
        g_string_append(out, text);
    else if (strspn(text, "0123456789") == strlen(text) && *text != '\0')
        g_string_append(out, text);
    else
        json_out_string(out, text);
}

static char *entry_of(const struct fault *fault)
{
    GString *out = g_string_new("link: ");

    json_out_string(out, fault->port);
    g_string_append_printf(out, ", fault: %s, match: ", fault->kind);
    json_out_string(out, fault->filter);
    g_string_append(out, ", nth: 1");
    if (fault->by != NULL)
        g_string_append_printf(out, ", by: %s", fault->by);
    for (guint i = 0; i < fault->changes->len; i++) {
        g_string_append(out, i == 0 ? ", set: {" : i % 2 == 0 ? ", " : ": ");
        put_scalar(fault->changes->pdata[i], out);
    }
    if (fault->changes->len > 0)
        g_string_append_c(out, '}');
    if (fault->keep_checksums)
        g_string_append(out, ", checksums: keep");
    return g_string_free(out, FALSE);
}

static char *complete(struct step *step, struct fault *fault, GString *out)
{
    const char *place = step_cut_last(fault->filter, "at");

    if (*fault->filter == '\0') {
        g_string_append_printf(out, "%s\n",
                               _("which frame? `drop icmp`, `delay 10ms tcp data at web:eth0`"));
        return NULL;
    }
    if (!is_right(step, fault, out))
        return NULL;
    fault->port = place != NULL ? g_strdup(place) : next_sender(step, fault);
    if (fault->port != NULL)
        return entry_of(fault);
    g_string_append_printf(out, "%s\n",
                           fault->changes->len > 0
                               ? _("nobody sends such a frame with such fields any more")
                               : _("nobody sends such a frame any more"));
    return NULL;
}

static const char *const FAULTS[] = { "drop", "delay", "duplicate", "corrupt", "edit", NULL };

bool step_is_fault(const char *word)
{
    return g_strv_contains(FAULTS, word);
}

/* drop|duplicate|corrupt FILTER [at PORT], delay TIME FILTER [at PORT], edit FILTER [at PORT] set
 * CHANGES: the next such frame that is sent. */
char *step_read_fault(struct step *step, char **words, const char *line, GString *out)
{
    bool delay = strcmp(words[0], "delay") == 0, edit = strcmp(words[0], "edit") == 0;
    struct fault fault = { .kind = words[0],
                           .filter = g_strdup(step_rest(line, delay ? 2 : 1)),
                           .by = delay ? words[1] : NULL,
                           .changes = g_ptr_array_new_with_free_func(g_free) };
    char *entry = NULL;

    if (!edit || cut_changes(&fault, fault.filter, out))
        entry = complete(step, &fault, out);
    g_ptr_array_unref(fault.changes);
    g_free(fault.filter);
    g_free(fault.port);
    return entry;
}
