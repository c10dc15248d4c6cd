#include "lab_support.h"

#include "lab/format.h"

static void becomes(const char *text, const char *expected)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *once = format_text("x", text, strlen(text), diags), *twice = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(once);
    EQ_STR(once, expected);
    twice = format_text("x", once, strlen(once), diags);
    CU_ASSERT_PTR_NOT_NULL_FATAL(twice);
    EQ_STR(twice, once);
    EQ(diags->n_errors, 0);
    diag_list_free(diags);
}

static void what_fits_stands_on_one_line(void)
{
    becomes("a:\n    b: 1\n    c:\n      - x\n      - y\n", "a: {b: 1, c: [x, y]}\n");
    becomes("{\"wirewalk\": 1, \"nodes\": {\"a\": {\"kind\": \"host\"}}, \"links\": []}\n",
            "wirewalk: 1\nnodes:\n  a: {kind: host}\nlinks: []\n");
    becomes("a: {}\nb: []\nc:\nd: ''\n", "a: {}\nb: []\nc: null\nd: \"\"\n");
}

static void comments_stay_with_what_they_are_about(void)
{
    becomes(
        "# head\na: 1 # one\n\n\n# two\nb:\n  # inner\n  c: {d: 1} # d\n  # foot of b\n# foot\n",
        "# head\na: 1  # one\n\n# two\nb:\n  # inner\n  c: {d: 1}  # d\n  # foot of b\n# foot\n");
    becomes("links: # all\n- [a, b] # first\n- # second\n  ends: [c, d]\n  rate: 1Gbps\n",
            "links:  # all\n  - [a, b]  # first\n  # second\n  - {ends: [c, d], rate: 1Gbps}\n");
    becomes("a: { # open\n  b: 1, # b\n  # before c\n  c: 2 } # end\n",
            "a:  # open\n  b: 1  # b\n  # before c\n  c: 2  # end\n");
}

static void quotes_stay_where_they_are_needed(void)
{
    becomes("- 'plain'\n- 'no'\n- '007'\n- '@x'\n- 'a, b'\n- 'a: b'\n- \"tab\\t\"\n- 'say "
            "\"x\"'\n- ''\n- '10.0.0.1'\n",
            "- plain\n- \"no\"\n- \"007\"\n- \"@x\"\n- a, b\n- \"a: b\"\n- \"tab\\t\"\n- say "
            "\"x\"\n- \"\"\n- 10.0.0.1\n");
    becomes("a: ['x, y', '[z', 'q?', plain]\n", "a: [\"x, y\", \"[z\", \"q?\", plain]\n");
}

static void long_texts_become_blocks(void)
{
    becomes("a: \"one\\n  two\\n\"\n", "a: |\n  one\n    two\n");
    becomes("a: \"one\\n\\ntwo\"\n", "a: |-\n  one\n\n  two\n");
    becomes("a: \" one\\ntwo \\n\"\n", "a: \" one\\ntwo \\n\"\n");
}

static void what_is_not_yaml_is_left_alone(void)
{
    struct diag_list *diags = diag_list_new();

    OK(format_text("x", "a: [\n", 5, diags) == NULL);
    EQ(diags->n_errors, 1);
    diag_list_free(diags);
}

UNIT_MAIN("format", TEST(what_fits_stands_on_one_line),
          TEST(comments_stay_with_what_they_are_about), TEST(quotes_stay_where_they_are_needed),
          TEST(long_texts_become_blocks), TEST(what_is_not_yaml_is_left_alone))
