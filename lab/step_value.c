#include "lab/step_value.h"

#include <string.h>

#include "base/list.h"
#include "inspect/i18n.h"
#include "lab/diag.h"
#include "lab/step_words.h"
#include "sim/describe.h"

const char *step_table_name(const char *word)
{
    static const char *const names[][2] = {
        { "arp", "neigh" },      { "neighbours", "neigh" },  { "neighbors", "neigh" },
        { "mac", "fdb" },        { "macs", "fdb" },          { "routes", "route" },
        { "routing", "route" },  { "cache", "route_cache" }, { "dns", "dns-cache" },
        { "leases", "lease" },   { "dhcp", "lease" },        { "address", "addr" },
        { "addresses", "addr" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(word, names[i][0]) == 0)
            return names[i][1];
    return word;
}

struct node *step_find_node(const struct sim *sim, const char *name, char **error)
{
    g_autofree const char **names = g_new(const char *, sim->n_nodes + 1);
    const char *near;

    for (uint32_t i = 0; i < sim->n_nodes; i++) {
        names[i] = sim->nodes[i]->name;
        if (strcmp(names[i], name) == 0)
            return sim->nodes[i];
    }
    near = diag_nearest(name, names, sim->n_nodes);
    if (near != NULL)
        *error = g_strdup_printf(_("there is no node \"%s\"; did you mean \"%s\"?"), name, near);
    else
        *error = g_strdup_printf(_("there is no node \"%s\""), name);
    return NULL;
}

struct iface *step_find_port(const struct sim *sim, const char *text, char **error)
{
    const char *colon = strchr(text, ':');
    g_autofree char *name = colon != NULL ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
    struct node *node = step_find_node(sim, name, error);
    struct iface *iface;

    if (node == NULL)
        return NULL;
    if (colon == NULL && node->n_ifaces == 1)
        return node->ifaces[0];
    if (colon == NULL) {
        *error = g_strdup_printf(_("%s has several ports: write %s:INTERFACE"), name, name);
        return NULL;
    }
    iface = iface_find(node, colon + 1);
    if (iface == NULL)
        *error = g_strdup_printf(_("%s has no interface \"%s\""), name, colon + 1);
    return iface;
}

/* ---- reading ---- */

struct reading {
    struct describe describe;
    const struct step_value *value;
    GString *out;
    bool in_row, done;
};

static bool row_is_meant(const struct step_value *value, const char *key, const char *line)
{
    return value->key == NULL || strcmp(key, value->key) == 0 || strstr(line, value->key) != NULL;
}

static void read_row(struct describe *describe, const char *table, const char *key,
                     const char *line)
{
    struct reading *reading = CONTAINER_OF(describe, struct reading, describe);

    reading->in_row =
        strcmp(table, reading->value->table) == 0 && row_is_meant(reading->value, key, line);
    if (reading->in_row && reading->value->field == NULL)
        g_string_append_printf(reading->out, "%s%s", reading->out->len > 0 ? "\n" : "", line);
}

static bool field_is_meant(const struct reading *reading, const char *name)
{
    return reading->in_row && !reading->done && reading->value->field != NULL &&
           strcmp(name, reading->value->field) == 0;
}

static void read_number(struct describe *describe, const char *name, int64_t number)
{
    struct reading *reading = CONTAINER_OF(describe, struct reading, describe);

    if (!field_is_meant(reading, name))
        return;
    g_string_append_printf(reading->out, "%" G_GINT64_FORMAT, number);
    reading->done = true;
}

static void read_text(struct describe *describe, const char *name, const char *text)
{
    struct reading *reading = CONTAINER_OF(describe, struct reading, describe);

    if (!field_is_meant(reading, name))
        return;
    g_string_append(reading->out, text);
    reading->done = true;
}

static void read_queue(const struct iface *port, GString *out)
{
    const struct link_dir *dir;
    unsigned waiting = 0;

    if (port->end == NULL)
        return;
    dir = &port->end->link->dir[port->end->side];
    for (const struct frame *frame = dir->first_waiting; frame != NULL; frame = frame->next)
        waiting += frame->starts_at > node_now(port->node);
    g_string_append_printf(out, "%u", waiting);
}

void step_value_read(const struct step_value *value, GString *out)
{
    struct reading reading = { .describe = { read_row, read_number, read_text },
                               .value = value,
                               .out = out };

    if (value->node == NULL)
        read_queue(value->port, out);
    else if (value->node->ops->describe != NULL)
        value->node->ops->describe(value->node, &reading.describe);
}

static bool compare(enum step_compare how, int order)
{
    switch (how) {
    case STEP_EQ:
        return order == 0;
    case STEP_NE:
        return order != 0;
    case STEP_LT:
        return order < 0;
    case STEP_LE:
        return order <= 0;
    case STEP_GT:
        return order > 0;
    case STEP_GE:
        return order >= 0;
    case STEP_NO_COMPARE:
        break;
    }
    return true;
}

bool step_condition_holds(const struct step_condition *condition)
{
    g_autoptr(GString) now = g_string_new(NULL);
    char *end, *operand_end;
    gint64 a, b;

    step_value_read(&condition->value, now);
    if (condition->compare == STEP_NO_COMPARE)
        return now->len > 0;
    if (now->len == 0)
        return condition->compare == STEP_NE;
    a = g_ascii_strtoll(now->str, &end, 10);
    b = g_ascii_strtoll(condition->operand, &operand_end, 10);
    if (*end == '\0' && *operand_end == '\0' && *condition->operand != '\0')
        return compare(condition->compare, (a > b) - (a < b));
    return compare(condition->compare, strcmp(now->str, condition->operand));
}

/* ---- parsing ---- */

static bool is_table(const char *name)
{
    static const char *const names[] = { "neigh",     "fdb",    "route", "route_cache", "addr",
                                         "nat",       "lease",  "tcp",   "dns-cache",   "udp",
                                         "conntrack", "raw",    "ports", "process",     "file",
                                         "route6",    "neigh6", "addr6", NULL };

    return g_strv_contains(names, name);
}

static bool parse_value(struct step_value *value, const struct sim *sim, char **words, guint n,
                        char **error)
{
    if (n == 2 && strcmp(words[0], "queue") == 0) {
        value->port = step_find_port(sim, words[1], error);
        return value->port != NULL;
    }
    if (n < 2 || n > 4) {
        *error = g_strdup(_("a value is NODE TABLE [KEY [FIELD]] or queue NODE:PORT"));
        return false;
    }
    value->node = step_find_node(sim, words[0], error);
    if (value->node == NULL)
        return false;
    value->table = g_strdup(step_table_name(words[1]));
    if (!is_table(value->table)) {
        *error = g_strdup_printf(_("no table \"%s\": one of arp, mac, route, cache, addr, nat, "
                                   "conntrack, lease, dns, tcp, udp, raw, ports, process, file"),
                                 words[1]);
        return false;
    }
    value->key = g_strdup(n > 2 ? words[2] : NULL);
    value->field = g_strdup(n > 3 ? words[3] : NULL);
    return true;
}

struct naming { /* which fields the rows that are meant have */
    struct describe describe;
    const struct step_value *value;
    bool in_row, found, any;
    GString *names; /* of the first such row */
};

static void name_row(struct describe *describe, const char *table, const char *key,
                     const char *line)
{
    struct naming *naming = CONTAINER_OF(describe, struct naming, describe);

    naming->in_row =
        strcmp(table, naming->value->table) == 0 && row_is_meant(naming->value, key, line);
    naming->any |= naming->in_row;
}

static void name_field(struct naming *naming, const char *name)
{
    if (!naming->in_row || naming->found)
        return;
    naming->found = strcmp(name, naming->value->field) == 0;
    if (strstr(naming->names->str, name) == NULL)
        g_string_append_printf(naming->names, "%s%s", naming->names->len > 0 ? ", " : "", name);
}

static void name_number(struct describe *describe, const char *name, int64_t number)
{
    (void)number;
    name_field(CONTAINER_OF(describe, struct naming, describe), name);
}

static void name_text(struct describe *describe, const char *name, const char *text)
{
    (void)text;
    name_field(CONTAINER_OF(describe, struct naming, describe), name);
}

/* A field that no row there is has now is a slip of the pen; rows to come cannot be known. */
static bool has_field(const struct step_value *value, char **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    struct naming naming = { .describe = { name_row, name_number, name_text },
                             .value = value,
                             .names = names };

    if (value->node == NULL || value->field == NULL || value->node->ops->describe == NULL)
        return true;
    value->node->ops->describe(value->node, &naming.describe);
    if (naming.found || !naming.any)
        return true;
    *error = g_strdup_printf(_("these rows have no field \"%s\"; they have %s"), value->field,
                             names->len > 0 ? names->str : _("none"));
    return false;
}

static enum step_compare operator_of(const char *word)
{
    static const char *const words[] = { "", "==", "!=", "<", "<=", ">", ">=" };

    for (unsigned i = 1; i < G_N_ELEMENTS(words); i++)
        if (strcmp(word, words[i]) == 0)
            return (enum step_compare)i;
    return STEP_NO_COMPARE;
}

bool step_condition_parse(struct step_condition *condition, const struct sim *sim, const char *text,
                          char **error)
{
    g_auto(GStrv) words = step_words(text);
    guint n = g_strv_length(words), at = 0;
    bool ok;

    *condition = (struct step_condition){ .compare = STEP_NO_COMPARE };
    while (at < n && operator_of(words[at]) == STEP_NO_COMPARE)
        at++;
    if (at < n) {
        condition->compare = operator_of(words[at]);
        condition->operand = g_strjoinv(" ", words + at + 1);
    }
    if (condition->operand != NULL && *condition->operand == '\0') {
        *error = g_strdup_printf(_("nothing stands behind \"%s\""), words[at]);
        step_condition_fini(condition);
        return false;
    }
    ok = parse_value(&condition->value, sim, words, at, error);
    condition->value.text = g_strdup(text);
    ok = ok && has_field(&condition->value, error);
    if (!ok)
        step_condition_fini(condition);
    return ok;
}

void step_condition_fini(struct step_condition *condition)
{
    g_free(condition->value.table);
    g_free(condition->value.key);
    g_free(condition->value.field);
    g_free(condition->value.text);
    g_free(condition->operand);
}
