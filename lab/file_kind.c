#include "lab/file_kind.h"

#include "inspect/i18n.h"

enum lab_file_kind file_kind_by_keys(const struct ynode *root)
{
    if (ynode_get(root, "checks") != NULL || ynode_get(root, "break") != NULL ||
        ynode_get(root, "editable") != NULL)
        return LAB_FILE_EXERCISE;
    if (ynode_get(root, "timeline") != NULL || ynode_get(root, "programs") != NULL ||
        ynode_get(root, "topology") != NULL)
        return LAB_FILE_SCENARIO;
    if (ynode_get(root, "nodes") != NULL)
        return LAB_FILE_TOPOLOGY;
    return LAB_FILE_UNKNOWN;
}

static const char *kind_shown(enum lab_file_kind kind)
{
    return kind == LAB_FILE_TOPOLOGY   ? _("a topology")
           : kind == LAB_FILE_SCENARIO ? _("a scenario")
                                       : _("an exercise");
}

static const char *what_takes_it(enum lab_file_kind kind)
{
    switch (kind) {
    case LAB_FILE_TOPOLOGY:
        return _(
            "`wirewalk shell` and `wirewalk draw` take it; a scenario names it as its `topology`");
    case LAB_FILE_SCENARIO:
        return _("`wirewalk run` and `wirewalk step` take it; its network is the file that its "
                 "`topology` names");
    default:
        return _(
            "`wirewalk exercise` and `wirewalk grade` take it; its network is the file that its "
            "`topology` names");
    }
}

bool file_kind_is(const struct reader *r, const struct ynode *root, enum lab_file_kind wanted)
{
    static const char *const main_keys[] = { [LAB_FILE_TOPOLOGY] = "nodes",
                                             [LAB_FILE_SCENARIO] = "topology",
                                             [LAB_FILE_EXERCISE] = "checks" };
    enum lab_file_kind kind;

    if (root->kind != YNODE_MAP)
        return true;
    kind = file_kind_by_keys(root);
    if (kind == wanted || kind == LAB_FILE_UNKNOWN)
        return true;
    if (ynode_get(root, main_keys[wanted]) != NULL &&
        !(wanted == LAB_FILE_SCENARIO && kind == LAB_FILE_EXERCISE))
        return true;
    reader_error(r, root->at, _("this is %s, not %s: %s"), kind_shown(kind), kind_shown(wanted),
                 what_takes_it(kind));
    return false;
}
