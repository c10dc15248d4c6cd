/* The network as a student leaves it: the changes that are allowed and right are made. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/grade_internal.h"

enum { NODES_ADDED_MAX = 50, REJECTED_MAX = 100 };

static void refuse(struct grade *grade, struct change *edit, const char *kind, const char *format)
{
    g_autofree char *message = g_strdup_printf(format, edit->path);

    edit->rejected = true;
    submission_find(grade->submission, grade->task, kind, edit->at, message);
}

static bool is_allowed(const struct grade *grade, const struct change *edit)
{
    return change_is_among(grade->instance->editable, edit) &&
           (grade->instance->locked == NULL || !change_is_among(grade->instance->locked, edit));
}

/* A cable that is plugged in takes the place of others, which must be the student's to move. */
static bool may_displace(struct grade *grade, struct net_tree *net, const struct change *edit)
{
    for (unsigned end = 0; end < 2; end++) {
        const char *port = net_tree_end(edit->value, end);
        uint32_t at = net_tree_link_at(net, port);
        const struct ynode *old = at != UINT32_MAX ? net_tree_links(net)->items[at] : NULL;
        struct change there = { .kind = CHANGE_UNPLUG };
        g_autofree char *path = NULL, *other = NULL;

        if (old == NULL || net_tree_end(old, 0) == NULL || net_tree_end(old, 1) == NULL)
            continue;
        there.path = path = g_strconcat("links.", net_tree_end(old, 0), NULL);
        there.other = other = g_strconcat("links.", net_tree_end(old, 1), NULL);
        if (!is_allowed(grade, &there))
            return false;
    }
    return true;
}

static bool is_at(struct text_pos a, struct text_pos b)
{
    return a.line == b.line && a.column == b.column && a.source == b.source;
}

/* The error that stands at the key of @edit, or at one of a cable's: it is a key that nothing has.
 * A wrong value has its error where the value is. */
static const struct diag *key_error(const struct change *edit, const struct diag_list *diags)
{
    bool cable = edit->kind == CHANGE_PLUG && edit->value->kind == YNODE_MAP;

    for (guint i = 0; i < diags->items->len; i++) {
        const struct diag *d = diags->items->pdata[i];

        if (d->severity != DIAG_ERROR)
            continue;
        if (edit->kind == CHANGE_SET && is_at(d->at, edit->at))
            return d;
        for (uint32_t j = 0; cable && j < edit->value->n; j++)
            if (is_at(d->at, ynode_key(edit->value, j)->at))
                return d;
    }
    return NULL;
}

static void ignore(void *ctx, const char *kind, struct text_pos at, const char *message)
{
    (void)ctx, (void)kind, (void)at, (void)message;
}

/* Among the changes that are not allowed: those whose key is just misspelt. To hear that it is
 * locked would send the student the wrong way. */
static void find_misspelt(struct grade *grade)
{
    struct change_complain to = { ignore, NULL };
    struct diag_list *diags = diag_list_new();
    struct net_tree net = { .arena = &grade->instance->arena };

    net.root = tree_copy(net.arena, grade->instance->start.root);
    for (guint i = 0; i < grade->edits->len; i++)
        if (!is_allowed(grade, grade->edits->pdata[i]))
            change_apply(&net, grade->edits->pdata[i], &to);
    topology_free(task_topology(grade->task, net.root, diags));
    for (guint i = 0; i < grade->edits->len; i++) {
        struct change *edit = grade->edits->pdata[i];
        const struct diag *d = is_allowed(grade, edit) ? NULL : key_error(edit, diags);

        if (d == NULL)
            continue;
        edit->rejected = true;
        submission_find(grade->submission, grade->task, "invalid", d->at, d->message);
    }
    diag_list_free(diags);
}

static bool all_allowed(const struct grade *grade)
{
    for (guint i = 0; i < grade->edits->len; i++)
        if (!is_allowed(grade, grade->edits->pdata[i]))
            return false;
    return true;
}

static void check_permissions(struct grade *grade)
{
    unsigned added = 0;

    if (!all_allowed(grade))
        find_misspelt(grade);

    for (guint i = 0; i < grade->edits->len; i++) {
        struct change *edit = grade->edits->pdata[i];

        if (edit->rejected)
            continue;
        if (!is_allowed(grade, edit)) {
            grade->tried_locked = true;
            refuse(grade, edit, "locked", _("`%s` is not to be changed in this exercise"));
        } else if (edit->kind == CHANGE_ADD_NODE && ++added > NODES_ADDED_MAX) {
            refuse(grade, edit, "limit", _("`%s`: too many new nodes"));
        }
    }
}

struct complaint {
    struct grade *grade;
    struct change *edit;
};

static void complain(void *ctx, const char *kind, struct text_pos at, const char *message)
{
    struct complaint *complaint = ctx;

    complaint->edit->rejected = true;
    submission_find(complaint->grade->submission, complaint->grade->task, kind, at, message);
}

static void make_changes(struct grade *grade)
{
    grade->net.arena = &grade->instance->arena;
    grade->net.root = tree_copy(grade->net.arena, grade->instance->start.root);
    for (guint i = 0; i < grade->edits->len; i++) {
        struct change *edit = grade->edits->pdata[i];
        struct complaint complaint = { grade, edit };
        struct change_complain to = { complain, &complaint };

        if (edit->rejected)
            continue;
        if (edit->kind == CHANGE_PLUG && !may_displace(grade, &grade->net, edit)) {
            grade->tried_locked = true;
            refuse(grade, edit, "locked", _("`%s`: another cable is there, which stays"));
            continue;
        }
        change_apply(&grade->net, edit, &to);
    }
}

/* The change that the position @at lies in: the last one that begins before it. */
static struct change *edit_at(const struct grade *grade, struct text_pos at)
{
    struct change *found = NULL;

    for (guint i = 0; i < grade->edits->len; i++) {
        struct change *edit = grade->edits->pdata[i];
        bool before =
            edit->at.line < at.line || (edit->at.line == at.line && edit->at.column <= at.column);

        if (edit->at.source == at.source && before &&
            (found == NULL || edit->at.line > found->at.line ||
             (edit->at.line == found->at.line && edit->at.column >= found->at.column)))
            found = edit;
    }
    return found;
}

/* Take back what is wrong, and say why. False: nothing of it can be found. */
static bool take_back(struct grade *grade, const struct diag_list *diags, unsigned *n_rejected)
{
    bool any = false;

    for (guint i = 0; i < diags->items->len; i++) {
        const struct diag *d = diags->items->pdata[i];
        struct change *edit = d->severity == DIAG_ERROR ? edit_at(grade, d->at) : NULL;

        if (edit == NULL)
            continue;
        if (!edit->rejected)
            (*n_rejected)++;
        edit->rejected = any = true;
        submission_find(grade->submission, grade->task, "invalid", d->at, d->message);
    }
    return any && *n_rejected < REJECTED_MAX;
}

static void take_all_back(struct grade *grade, const struct diag_list *diags)
{
    for (guint i = 0; i < grade->edits->len; i++)
        ((struct change *)grade->edits->pdata[i])->rejected = true;
    for (guint i = 0; i < diags->items->len && i < 1; i++) {
        const struct diag *d = diags->items->pdata[i];

        submission_find(grade->submission, grade->task, "invalid", d->at, d->message);
    }
    make_changes(grade);
}

static void take_warnings(struct grade *grade, const struct diag_list *diags)
{
    for (guint i = 0; i < diags->items->len; i++) {
        const struct diag *d = diags->items->pdata[i];

        if (d->at.source == TASK_SOURCE_SUBMISSION)
            submission_find(grade->submission, grade->task, "warning", d->at, d->message);
    }
}

void grade_network(struct grade *grade)
{
    unsigned n_rejected = 0;
    bool more = true;

    submission_changes(grade->submission, &grade->instance->start, grade->edits);
    check_permissions(grade);
    while (more) {
        struct diag_list *diags = diag_list_new();
        struct topology *topology;

        make_changes(grade);
        topology = task_topology(grade->task, grade->net.root, diags);
        diag_list_sort(diags);
        more = topology == NULL && take_back(grade, diags, &n_rejected);
        if (topology == NULL && !more)
            take_all_back(grade, diags);
        else if (topology != NULL)
            take_warnings(grade, diags);
        topology_free(topology);
        diag_list_free(diags);
    }
}

const struct change *grade_edit_of(const struct grade *grade, const char *node)
{
    g_autofree char *port = g_strdup_printf("links.%s:", node);

    for (guint i = 0; i < grade->edits->len; i++) {
        const struct change *edit = grade->edits->pdata[i];

        if (edit->n_steps > 0 ? strcmp(edit->steps[0], node) == 0
                              : g_str_has_prefix(edit->path, port) ||
                                    (edit->other != NULL && g_str_has_prefix(edit->other, port)))
            return edit;
    }
    return NULL;
}
