/* Changes to a network's tree, by path. */
#include "lab_support.h"

#include "lab/change.h"

static const char network[] =
    "nodes:\n"
    "  a: {kind: host, interfaces: {eth0: 10.0.0.1/24, eth0.7: {address: 10.7.0.1/24, mtu: 900}}}\n"
    "  a.b: {kind: host, gateway: 10.0.0.9}\n"
    "  sw: {kind: switch}\n"
    "links: [[a:eth0, sw:p1], {ends: [\"a.b:e\", sw:p2], loss: 1%}]\n";

struct rig {
    struct arena arena;
    struct diag_list *diags;
    struct ytree *tree, *changes;
    struct net_tree net;
    GPtrArray *edits;
    unsigned complaints;
    char last[200]; /* complaint */
};

static void complain(void *ctx, const char *kind, struct text_pos at, const char *message)
{
    struct rig *rig = ctx;

    (void)kind;
    (void)at;
    g_strlcpy(rig->last, message, sizeof rig->last);
    rig->complaints++;
}

static void set_up(struct rig *rig, const char *changes, bool breaks)
{
    struct change_complain to = { complain, rig };

    memset(rig, 0, sizeof *rig);
    rig->diags = diag_list_new();
    rig->tree = ytree_parse("n", network, sizeof network - 1, 0, rig->diags);
    rig->changes = ytree_parse("c", changes, strlen(changes), 0, rig->diags);
    CU_ASSERT_FATAL(rig->tree != NULL && rig->changes != NULL);
    rig->net = (struct net_tree){ &rig->arena, tree_copy(&rig->arena, rig->tree->root) };
    rig->edits = g_ptr_array_new();
    if (breaks) {
        change_read_breaks(&rig->net, rig->changes->root, &to, rig->edits);
        return;
    }
    change_read(&rig->net, rig->changes->root, NULL, &to, rig->edits);
    for (guint i = 0; i < rig->edits->len; i++)
        change_apply(&rig->net, rig->edits->pdata[i], &to);
}

static void tear_down(struct rig *rig)
{
    g_ptr_array_unref(rig->edits);
    ytree_free(rig->tree);
    ytree_free(rig->changes);
    arena_fini(&rig->arena);
    diag_list_free(rig->diags);
}

/* What is at @path after @changes. */
static void becomes(const char *changes, bool breaks, const char *path, const char *want)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const struct ynode *value;
    struct rig rig;

    set_up(&rig, changes, breaks);
    value = net_tree_find(&rig.net, path);
    if (value != NULL)
        tree_write(text, value);
    EQ_STR(text->str, want);
    EQ(rig.complaints, 0);
    tear_down(&rig);
}

static void paths_find_names_with_points_and_short_forms(void)
{
    becomes("{}", false, "a.b.gateway", "10.0.0.9");
    becomes("{}", false, "a.interfaces.eth0.7.mtu", "900");
    becomes("{}", false, "a.interfaces.eth0.address", "10.0.0.1/24");
    becomes("{}", false, "links.sw:p2.loss", "1%");
    becomes("{}", false, "a.nothing", "");
}

static void only_what_is_written_changes(void)
{
    becomes("{a: {interfaces: {eth0.7: 10.7.0.2/24}}}", false, "a.interfaces.eth0.7",
            "{address: 10.7.0.2/24, mtu: 900}");
    becomes("{a: {interfaces: {eth0: {mtu: 500}}}}", false, "a.interfaces.eth0",
            "{address: 10.0.0.1/24, mtu: 500}");
    becomes("{a.b: {gateway: null}}", false, "a.b.gateway", "");
    becomes("{a: {services: {dns: [x 1 A 1.2.3.4]}}}", false, "a.services.dns", "[x 1 A 1.2.3.4]");
    becomes("{nodes: {c: {kind: hub}}}", false, "c", "{kind: hub}");
    becomes("{c: {kind: hub}}", false, "c.kind", "hub");
}

static void cables_move_change_and_go_with_their_nodes(void)
{
    becomes("{links: [[a:eth0, sw:p3]]}", false, "links.sw:p3", "[a:eth0, sw:p3]");
    becomes("{links: [[a:eth0, sw:p3]]}", false, "links.sw:p1", "");
    becomes("{links: [{ends: [sw:p1, a:eth0], delay: 1ms}]}", false, "links.a:eth0.delay", "1ms");
    becomes("{links: [{unplug: sw:p2}]}", false, "links.sw:p2", "");
    becomes("{a.b: null}", false, "links.sw:p2", "");
}

static void breaks_build_on_each_other(void)
{
    becomes("[{node: \"*\", set: {gateway: 10.0.0.7}}]", true, "a.gateway", "10.0.0.7");
    becomes("[{node: a, remove: [interfaces.eth0, gateway]}]", true, "a.interfaces.eth0", "");
    becomes("[{add: {c: {kind: host}}}, {plug: [c:e, sw:p9]}, {node: c, set: {gateway: 1.2.3.4}}]",
            true, "c.gateway", "1.2.3.4");
    becomes("[{link: \"sw:p1\", set: {loss: 9%}}]", true, "links.a:eth0.loss", "9%");
    becomes("[{unplug: \"*\"}]", true, "links.sw:p1", "");
    becomes("[{delete: [a]}]", true, "links.sw:p1", "");
}

static void what_is_wrong_is_complained_of_once(void)
{
    static const char *const cases[] = {
        "{zz: {gateway: 1.2.3.4}}",   "{a: 7}",      "{links: 3}",         "{links: [[a:eth0]]}",
        "{links: [{unplug: sw:p9}]}", "{nodes: []}", "{a: {kind: {b: 1}}}"
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;

        set_up(&rig, cases[i], false);
        if (rig.complaints != 1)
            fprintf(stderr, "%s: %u complaints\n", cases[i], rig.complaints);
        EQ(rig.complaints, 1);
        tear_down(&rig);
    }
}

static void a_name_that_is_none_says_what_was_meant(void)
{
    static const struct {
        const char *changes, *says;
    } cases[] = { { "{A: {gateway: 1.2.3.4}}", "did you mean `a`?" },
                  { "{a.gateway: 1.2.3.4}", "write `a: {gateway: ...}`" },
                  { "{gateway: 1.2.3.4}", "Write `NODE: {gateway: ...}`" },
                  { "a：{gateway: 1}", "full-width ：" } };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;

        set_up(&rig, cases[i].changes, false);
        OK(strstr(rig.last, cases[i].says) != NULL);
        tear_down(&rig);
    }
}

static void patterns_cover_what_lies_below(void)
{
    OK(change_path_matches("pc*.gateway", "pc12.gateway"));
    OK(change_path_matches("pc1", "pc1.interfaces.eth0"));
    OK(change_path_matches("links.sw:*", "links.sw:p4"));
    OK(change_path_matches("links", "links.sw:p4"));
    OK(!change_path_matches("pc1", "pc12.gateway"));
    OK(!change_path_matches("pc*.gateway", "pc1.services.dhcp.gateway"));
    OK(!change_path_matches("pc1.gateway", "pc1"));
}

UNIT_MAIN("change", TEST(paths_find_names_with_points_and_short_forms),
          TEST(only_what_is_written_changes), TEST(cables_move_change_and_go_with_their_nodes),
          TEST(breaks_build_on_each_other), TEST(what_is_wrong_is_complained_of_once),
          TEST(a_name_that_is_none_says_what_was_meant), TEST(patterns_cover_what_lies_below))
