/* Every file of tests/files/broken gives exactly the diagnostics of its part of expected.txt. */
#include "lab_support.h"

#include "lab/check.h"

#define FOLDER "tests/files/broken/"

static char *checked(const char *name)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *path = g_strconcat(FOLDER, name, NULL);
    GString *out = g_string_new(NULL);

    lab_check(path, diags);
    diag_list_sort(diags);
    for (guint i = 0; i < diags->items->len; i++) {
        const struct diag *d = g_ptr_array_index(diags->items, i);
        g_autofree char *base = g_path_get_basename(d->file);

        g_string_append_printf(out, "%s:%u:%u: %s: %s\n", base, d->at.line, d->at.column,
                               d->severity == DIAG_ERROR ? "error" : "warning", d->message);
    }
    diag_list_free(diags);
    return g_string_free(out, FALSE);
}

static void each_broken_file_gives_its_diagnostics(void)
{
    g_autofree char *expected = NULL;
    g_auto(GStrv) parts = NULL;
    guint n_files = 0;
    const char *name;
    GDir *folder;

    OK(g_file_get_contents(FOLDER "expected.txt", &expected, NULL, NULL));
    CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
    parts = g_strsplit(expected, "== ", -1);
    for (guint i = 1; parts[i] != NULL; i++) {
        g_auto(GStrv) lines = g_strsplit(parts[i], "\n", 2);
        g_autofree char *actual = checked(lines[0]);

        EQ_STR(actual, lines[1]);
    }
    folder = g_dir_open(FOLDER, 0, NULL);
    while ((name = g_dir_read_name(folder)) != NULL)
        n_files += g_str_has_suffix(name, ".yaml") ? 1 : 0;
    g_dir_close(folder);
    EQ(n_files, g_strv_length(parts) - 1);
}

static void the_kind_of_a_file_is_told_by_its_name_or_its_keys(void)
{
    EQ(lab_file_kind("a/b.net.yaml", NULL, 0), LAB_FILE_TOPOLOGY);
    EQ(lab_file_kind("b.walk.yaml", NULL, 0), LAB_FILE_SCENARIO);
    EQ(lab_file_kind("b.task.json", NULL, 0), LAB_FILE_EXERCISE);
    EQ(lab_file_kind("b.yaml", "{nodes: {}}", 11), LAB_FILE_TOPOLOGY);
    EQ(lab_file_kind("b.yaml", "{timeline: []}", 14), LAB_FILE_SCENARIO);
    EQ(lab_file_kind("b.yaml", "{checks: [], topology: x}", 25), LAB_FILE_EXERCISE);
    EQ(lab_file_kind("b.yaml", "[]", 2), LAB_FILE_UNKNOWN);
}

static void a_missing_file_and_a_folder_are_said_by_name(void)
{
    struct diag_list *diags = diag_list_new();

    lab_check("no/such.net.yaml", diags);
    lab_check("tests", diags);
    OK(diags_match(
        diags, "",
        "0:0 there is no file no/such.net.yaml\n0:0 cannot read tests: it is no regular file\n"));
    diag_list_free(diags);
}

static void formatting_rewrites_only_what_changes(void)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *folder = g_dir_make_tmp("wirewalk-XXXXXX", NULL),
                    *file = g_build_filename(folder, "x.net.yaml", NULL), *text = NULL;
    bool changed = false;

    OK(g_file_set_contents(file, "a:   1\n", -1, NULL));
    OK(lab_format_file(file, true, &changed, diags));
    OK(changed);
    OK(g_file_get_contents(file, &text, NULL, NULL));
    EQ_STR(text, "a:   1\n");
    OK(lab_format_file(file, false, &changed, diags));
    OK(changed);
    OK(lab_format_file(file, false, &changed, diags));
    OK(!changed);
    g_free(text);
    OK(g_file_get_contents(file, &text, NULL, NULL));
    EQ_STR(text, "a: 1\n");
    remove(file);
    remove(folder);
    diag_list_free(diags);
}

UNIT_MAIN("check", TEST(each_broken_file_gives_its_diagnostics),
          TEST(the_kind_of_a_file_is_told_by_its_name_or_its_keys),
          TEST(a_missing_file_and_a_folder_are_said_by_name),
          TEST(formatting_rewrites_only_what_changes))
