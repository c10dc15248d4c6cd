#include "lab_support.h"

static void the_caret_counts_wide_characters_twice(void)
{
    struct diag_list *diags = diag_list_new();
    const char *text = "a: 1\n名字: 值\n";
    g_autofree char *shown = NULL;

    diag_list_add_source(diags, "f.yaml", text, strlen(text));
    diag_error(diags, "f.yaml", TEXT_POS(2, 5), "wrong");
    shown = diag_list_render(diags);
    EQ_STR(shown, "f.yaml:2:5: error: wrong\n    名字: 值\n          ^\n");
    diag_list_free(diags);
}

static void diagnostics_are_shown_by_file_then_position(void)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *shown = NULL;

    diag_error(diags, "z", TEXT_POS(3, 1), "third");
    diag_error(diags, "a", TEXT_POS(1, 1), "other");
    diag_warning(diags, "z", TEXT_POS(2, 9), "second");
    diag_error(diags, "z", TEXT_POS(2, 1), "first");
    shown = diag_list_render(diags);
    EQ_STR(
        shown,
        "z:2:1: error: first\nz:2:9: warning: second\nz:3:1: error: third\na:1:1: error: other\n");
    EQ(diags->n_errors, 3);
    EQ(diags->n_warnings, 1);
    diag_list_free(diags);
}

static void what_is_found_twice_is_shown_once(void)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *shown = NULL;

    diag_error(diags, "n", TEXT_POS(3, 1), "no %s", "a");
    diag_error(diags, "n", TEXT_POS(3, 1), "no %s", "b");
    diag_error(diags, "n", TEXT_POS(3, 1), "no %s", "a");
    shown = diag_list_render(diags);
    EQ_STR(shown, "n:3:1: error: no a\nn:3:1: error: no b\n");
    EQ(diags->n_errors, 3); /* whoever compares before and after still sees that it failed */
    diag_list_free(diags);
}

static void after_fifty_they_are_only_counted(void)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *shown = NULL;

    for (uint32_t i = 0; i < 60; i++)
        diag_error(diags, "f", TEXT_POS(i + 1, 1), "no");
    EQ(diags->items->len, DIAG_MAX_PER_FILE);
    EQ(diags->n_errors, 60);
    shown = diag_list_render(diags);
    OK(g_str_has_suffix(shown, "f:50:1: error: no\nf: and 10 more\n"));
    diag_list_free(diags);
}

static void a_message_cannot_move_the_terminals_cursor(void)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *json = NULL;

    diag_error(diags, "f\"", TEXT_POS(0, 0), "%s", "a\nb\033[2J");
    EQ_STR(((struct diag *)g_ptr_array_index(diags->items, 0))->message, "a b [2J");
    json = diag_list_json(diags);
    EQ_STR(json, "[{\"file\":\"f\\\"\",\"line\":0,\"column\":0,\"severity\":\"error\",\"message\":"
                 "\"a b [2J\"}]\n");
    diag_list_free(diags);
}

static void a_long_line_is_shown_around_the_column(void)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *line = g_strnfill(5000, 'x'), *shown = NULL;

    diag_list_add_source(diags, "f", line, 5000);
    diag_error(diags, "f", TEXT_POS(1, 4000), "here");
    shown = diag_list_render(diags);
    OK(strlen(shown) < 400);
    OK(strstr(shown, "\n    ...xxx") != NULL);
    diag_list_free(diags);
}

static void near_names_are_found_and_far_ones_not(void)
{
    static const char *const names[] = { "host", "router", "switch", "hub", "interfaces" };

    EQ_STR(diag_nearest("hsot", names, 5), "host");
    EQ_STR(diag_nearest("interface", names, 5), "interfaces");
    EQ_STR(diag_nearest("swich", names, 5), "switch");
    OK(diag_nearest("printer", names, 5) == NULL);
    OK(diag_nearest("x", names, 5) == NULL);
    OK(diag_nearest("", names, 5) == NULL);
}

UNIT_MAIN("diag", TEST(the_caret_counts_wide_characters_twice),
          TEST(diagnostics_are_shown_by_file_then_position),
          TEST(what_is_found_twice_is_shown_once), TEST(after_fifty_they_are_only_counted),
          TEST(a_message_cannot_move_the_terminals_cursor),
          TEST(a_long_line_is_shown_around_the_column), TEST(near_names_are_found_and_far_ones_not))
