#include "lab_support.h"

#include "lab/yaml_tree.h"

static struct ytree *parse(const char *text, struct diag_list **diags)
{
    *diags = diag_list_new();
    return ytree_parse("x", text, strlen(text), 0, *diags);
}

static void refused(const char *text, const char *expected)
{
    struct diag_list *diags;
    struct ytree *tree = parse(text, &diags);

    OK(tree == NULL);
    OK(diags_match(diags, text, expected));
    ytree_free(tree);
    diag_list_free(diags);
}

static void every_node_knows_where_it_stands(void)
{
    struct diag_list *diags;
    struct ytree *tree = parse("a: 1\n百度: [x, 'y',\n  {k: v}]\n", &diags);
    const struct ynode *list;

    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    EQ(tree->root->kind, YNODE_MAP);
    EQ(tree->root->n, 2);
    EQ(ynode_key(tree->root, 1)->at.line, 2);
    EQ(ynode_key(tree->root, 1)->at.column, 1);
    list = ynode_value(tree->root, 1);
    EQ(list->n, 3);
    EQ(list->at.column, 5); /* two Chinese characters, a colon, a space */
    EQ(list->items[1]->quoted, true);
    EQ(list->items[0]->quoted, false);
    EQ(list->items[2]->at.line, 3);
    EQ(list->end_line, 3);
    ytree_free(tree);
    diag_list_free(diags);
}

static void a_byte_order_mark_is_no_part_of_the_first_line(void)
{
    struct diag_list *diags;
    struct ytree *tree = parse("\xef\xbb\xbf"
                               "a: 1\r\nb:\r\n  c: 2\r\nd: 3\r\n",
                               &diags);

    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    EQ(tree->root->n, 3);
    EQ(ynode_key(tree->root, 0)->at.column, 1);
    EQ_STR(ynode_key(tree->root, 0)->text, "a");
    EQ_STR(ynode_get(tree->root, "d")->text, "3");
    ytree_free(tree);
    diag_list_free(diags);
    tree = ytree_parse("x", "\xef\xbb\xbf# one\na: 1 # two\nb: 2\n", 25, YTREE_COMMENTS,
                       diags = diag_list_new());
    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    EQ(tree->n_comments, 2);
    EQ_STR(tree->comments[1].text, "# two");
    ytree_free(tree);
    diag_list_free(diags);
    refused("\xef\xbb\xbf"
            "a: 1\na: 2\n",
            "2:1 a second time; the first is in line 1\n");
}

static void scalars_stay_texts(void)
{
    struct diag_list *diags;
    struct ytree *tree =
        parse("{a: no, b: 012, c: 22:30, d: 02:00:00:00:01:01, e: 1e3, f: '', g: , h: ~}", &diags);

    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    EQ_STR(ynode_get(tree->root, "a")->text, "no");
    EQ_STR(ynode_get(tree->root, "b")->text, "012");
    EQ_STR(ynode_get(tree->root, "c")->text, "22:30");
    EQ_STR(ynode_get(tree->root, "d")->text, "02:00:00:00:01:01");
    OK(!ynode_is_null(ynode_get(tree->root, "f")));
    OK(ynode_is_null(ynode_get(tree->root, "g")));
    OK(ynode_is_null(ynode_get(tree->root, "h")));
    OK(ynode_get(tree->root, "i") == NULL);
    ytree_free(tree);
    diag_list_free(diags);
}

static void json_is_read_as_it_is(void)
{
    struct diag_list *diags;
    struct ytree *tree = parse("{\"a\":1,\n\t\"b\":[true,null,\"\\u767e\\/\"]}", &diags);

    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    EQ_STR(ynode_get(tree->root, "b")->items[2]->text, "百/");
    OK(ynode_is_null(ynode_get(tree->root, "b")->items[1]));
    ytree_free(tree);
    diag_list_free(diags);
}

static void a_pair_of_json_escapes_is_one_character(void)
{
    struct diag_list *diags;
    struct ytree *tree =
        parse("{\"a\": \"\\uD83D\\uDE00x\", \"b\": \"\\\\ud83d\",\n \"c\": 1}", &diags);

    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    EQ_STR(ynode_get(tree->root, "a")->text, "\xf0\x9f\x98\x80x");
    EQ_STR(ynode_get(tree->root, "b")->text, "\\ud83d");
    EQ(ynode_key(tree->root, 1)->at.column, 24); /* as in the user's text */
    EQ(ynode_key(tree->root, 2)->at.column, 2);
    ytree_free(tree);
    diag_list_free(diags);
    refused("{\"a\": \"\\ud83d\"}", "1:10 invalid Unicode character escape\n");
}

static void what_the_format_has_not_is_refused(void)
{
    refused("a: &x 1\n", "1:4 anchors\n");
    refused("a: 1\nb: *x\n", "2:4 aliases\n");
    refused("a: !!str 1\n", "1:4 tags\n");
    refused("a: !x {b: 1}\n", "1:4 tags\n");
    refused("a: !x [b]\n", "1:4 tags\n");
    refused("<<: {a: 1}\n", "1:1 merge keys\n");
    refused("? [a]\n: 1\n", "1:3 a key must be a text\n");
    refused("{{a: 1}: 2}\n", "1:2 a key must be a text\n");
    refused("a: 1\n---\nb: 2\n", "2:1 a second document\n");
    refused("", "1:1 empty\n");
    refused("# only this\n", "1:1 empty\n");
    refused("a: \"x\\0y\"\n", "1:4 NUL\n");
}

static void a_repeated_key_gives_no_tree_but_every_one_is_said(void)
{
    refused("a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}\n",
            "3:1 a second time; the first is in line 1\n4:11 the first is in line 4\n");
}

static void duplicate_keys_are_found_in_big_maps(void)
{
    GString *text = g_string_new(NULL);

    for (int i = 0; i < 1000; i++)
        g_string_append_printf(text, "key%d: 1\n", i);
    g_string_append(text, "key77: 2\n");
    refused(text->str, "1001:1 first is in line 78\n");
    g_string_free(text, TRUE);
}

static void syntax_errors_say_where(void)
{
    refused("a: [1, 2\nb: 3\n", "2:2 did not find expected ',' or ']'\n");
    refused("a: b: c\n", "1:5 mapping values are not allowed\n");
    refused("a:\n\t- b\n", "2:1 not with tabs\n");
    refused("a: {b：1, c: 2}\nd: [1，2\n", "3:1 full-width ， there meant to be `,`\n");
    refused("a:1\nb:\n  - {c: 2}\n", "2:2 comes a blank: `a: 1...`\n");
    refused("a: [b:c, d\ne: 1\n", "2:2 did not find expected ',' or ']'\n");
    refused("a: \"x\n", "2:1 unexpected end of stream\n");
    refused("a: @x\n", "1:4 cannot start any token\n");
}

static void octets_that_are_no_text_are_refused(void)
{
    refused("a: 1\nb: \xff\n", "2:4 octet 0xff is not UTF-8\n");
    refused("百度: \xb0\xd9\n", "1:5 octet 0xb0 is not UTF-8\n");
    refused("\xff\xfe"
            "a",
            "1:1 UTF-16\n");
    refused("a: \x1b[31m\n", "1:4 control character U+001B\n");
    refused("a: \xc2\x9b\n", "1:4 control character U+009B\n");
}

static void a_nul_octet_is_refused(void)
{
    struct diag_list *diags = diag_list_new();

    OK(ytree_parse("x", "a: 1\n\0b", 7, 0, diags) == NULL);
    OK(diags_match(diags, "", "2:1 NUL octet\n"));
    diag_list_free(diags);
}

static void deep_nesting_gives_one_error_quickly(void)
{
    size_t len = 5 * 1000 * 1000;
    char *text = g_malloc(len);
    struct diag_list *diags = diag_list_new();

    memset(text, '[', len);
    OK(ytree_parse("x", text, len, 0, diags) == NULL);
    OK(diags_match(diags, "", "1:65 nested too deeply\n"));
    diag_list_free(diags);
    g_free(text);
}

static void depth_64_is_still_right(void)
{
    g_autofree char *open = g_strnfill(64, '['), *close = g_strnfill(64, ']'),
                    *text = g_strconcat(open, close, NULL);
    struct diag_list *diags;
    struct ytree *tree = parse(text, &diags);

    OK(tree != NULL);
    ytree_free(tree);
    diag_list_free(diags);
}

static void comments_are_kept_when_asked_for(void)
{
    const char *text = "# one\na: 'x # y' # two\nb: |  # three\n  # no comment\nc: x#y\n";
    struct diag_list *diags = diag_list_new();
    struct ytree *tree = ytree_parse("x", text, strlen(text), YTREE_COMMENTS, diags);

    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    EQ(tree->n_comments, 3);
    EQ_STR(tree->comments[0].text, "# one");
    OK(tree->comments[0].own_line);
    EQ_STR(tree->comments[1].text, "# two");
    EQ(tree->comments[1].at.line, 2);
    EQ(tree->comments[1].at.column, 12);
    OK(!tree->comments[1].own_line);
    EQ_STR(tree->comments[2].text, "# three");
    ytree_free(tree);
    diag_list_free(diags);
}

UNIT_MAIN("yaml_tree", TEST(every_node_knows_where_it_stands),
          TEST(a_byte_order_mark_is_no_part_of_the_first_line), TEST(scalars_stay_texts),
          TEST(json_is_read_as_it_is), TEST(a_pair_of_json_escapes_is_one_character),
          TEST(what_the_format_has_not_is_refused),
          TEST(a_repeated_key_gives_no_tree_but_every_one_is_said),
          TEST(duplicate_keys_are_found_in_big_maps), TEST(syntax_errors_say_where),
          TEST(octets_that_are_no_text_are_refused), TEST(a_nul_octet_is_refused),
          TEST(deep_nesting_gives_one_error_quickly), TEST(depth_64_is_still_right),
          TEST(comments_are_kept_when_asked_for))
