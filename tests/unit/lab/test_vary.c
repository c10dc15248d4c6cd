#include "lab_support.h"

#include "lab/vary.h"

struct drawn {
    struct arena arena;
    struct diag_list *diags;
    struct reader r;
    struct vary vary;
    struct ytree *tree;
};

static void draw(struct drawn *d, const char *spec, const char *student)
{
    memset(d, 0, sizeof *d);
    d->diags = diag_list_new();
    d->r = (struct reader){ .file = "x.task.yaml", .diags = d->diags, .arena = &d->arena };
    vary_init(&d->vary, &d->r);
    d->tree = ytree_parse("x.task.yaml", spec, strlen(spec), 0, d->diags);
    CU_ASSERT_PTR_NOT_NULL_FATAL(d->tree);
    vary_draw(&d->vary, d->tree->root, 1, student);
}

/* What @text becomes; lives until done(). */
static const char *put(struct drawn *d, const char *text)
{
    const struct ynode node = { .kind = YNODE_TEXT, .text = text, .n = (uint32_t)strlen(text) };
    GString *out = g_string_new(NULL);
    const char *kept;

    tree_write(out, vary_substitute(&d->vary, &node));
    kept = arena_strdup(&d->arena, out->str);
    g_string_free(out, TRUE);
    return kept;
}

static void done(struct drawn *d)
{
    vary_fini(&d->vary);
    ytree_free(d->tree);
    arena_fini(&d->arena);
    diag_list_free(d->diags);
}

static void the_same_student_draws_the_same_and_another_may_not(void)
{
    static const char spec[] = "{a: {pick: 1-1000000}}";
    struct drawn one, two, other;

    draw(&one, spec, "Zhang");
    draw(&two, spec, "Zhang");
    draw(&other, spec, "Li");
    EQ_STR(put(&one, "${a}"), put(&two, "${a}"));
    OK(strcmp(put(&one, "${a}"), put(&other, "${a}")) != 0);
    EQ(one.diags->n_errors, 0);
    done(&one);
    done(&two);
    done(&other);
}

static void what_is_excluded_is_never_drawn_and_distinct_ones_differ(void)
{
    for (int i = 0; i < 50; i++) {
        g_autofree char *name = g_strdup_printf("s%d", i);
        struct drawn d;

        draw(&d, "{a: {pick: 1-4, not: [1, 2]}, b: {pick: 1-3, distinct: 3}}", name);
        OK(strcmp(put(&d, "${a}"), "3") == 0 || strcmp(put(&d, "${a}"), "4") == 0);
        OK(strcmp(put(&d, "${b.1}"), put(&d, "${b.2}")) != 0);
        OK(strcmp(put(&d, "${b.2}"), put(&d, "${b.3}")) != 0);
        EQ(d.diags->n_errors, 0);
        done(&d);
    }
}

static void addresses_are_reckoned_with(void)
{
    struct drawn d;

    draw(&d,
         "{p: {is: 10.1.2.0/26}, n: 3, m: {pick: [{a: 7, b: 8}]}, s: {subnet-of: 10.0.0.0/8, "
         "length: 30}}",
         "x");
    EQ_STR(put(&d, "${first(p)}"), "10.1.2.1");
    EQ_STR(put(&d, "${last(p)} ${broadcast(p)} ${mask(p)} ${len(p)}"),
           "10.1.2.62 10.1.2.63 255.255.255.192 26");
    EQ_STR(put(&d, "${p + 5}"), "10.1.2.5/26");
    EQ_STR(put(&d, "${addr(p) + n * (n - 1)}"), "10.1.2.6");
    EQ_STR(put(&d, "${subnet(p, 28, 2)}"), "10.1.2.32/28");
    EQ_STR(put(&d, "${host(p, 9)}"), "10.1.2.9");
    EQ_STR(put(&d, "${pow2(10) / 3 % 100}"), "41");
    EQ_STR(put(&d, "a${m.a}b${m.b}"), "a7b8");
    EQ_STR(put(&d, "${m}"), "{a: 7, b: 8}");
    EQ_STR(put(&d, "$${n}"), "\"${n}\"");
    EQ_STR(put(&d, "${len(s)}"), "30");
    EQ(d.diags->n_errors, 0);
    done(&d);
}

static void mistakes_say_where_and_what(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "${x}", "there is no variable `x` (before this)" },
        { "${siet}", "there is no variable `siet` (before this); did you mean `site`?" },
        { "${n", "`${` without `}`" },
        { "${n / 0}", "division by zero" },
        { "${n + }", "a number, an address or a variable is missing" },
        { "${first(n)}", "first wants a prefix like 10.0.0.0/24" },
        { "${frist(n)}", "there is no function frist" },
        { "${(n}", "`)` is missing" },
        { "${n n}", "\"n\" is too much" },
        { "${n + 10.0.0.1}", "only a number is added" },
        { "${m.c}", "`m` has no such part" },
        { "a ${m}", "can only stand alone" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct drawn d;

        draw(&d, "{n: 3, site: 4, m: {pick: [{a: 1}]}}", "x");
        put(&d, cases[i].text);
        EQ(d.diags->n_errors, 1);
        OK(d.diags->items->len == 1 &&
           strstr(((struct diag *)d.diags->items->pdata[0])->message, cases[i].message) != NULL);
        done(&d);
    }
}

UNIT_MAIN("vary", TEST(the_same_student_draws_the_same_and_another_may_not),
          TEST(what_is_excluded_is_never_drawn_and_distinct_ones_differ),
          TEST(addresses_are_reckoned_with), TEST(mistakes_say_where_and_what))
