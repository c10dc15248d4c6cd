#include "lab/task_show.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/answer.h"

static const char *pick(const struct lab_words *words)
{
    return lab_words_pick(words, i18n_language());
}

/* A text, or one in the user's language of a map of languages; NULL: neither. */
static const char *words_of(const struct ynode *node)
{
    const struct ynode *own;

    if (node == NULL || node->kind != YNODE_MAP)
        return node != NULL && node->kind == YNODE_TEXT ? node->text : NULL;
    own = ynode_get(node, i18n_language());
    if (own == NULL && node->n > 0)
        own = ynode_value(node, 0);
    return own != NULL && own->kind == YNODE_TEXT ? own->text : NULL;
}

/* Hundredths: "2", "1.5". */
static void add_points(GString *out, int64_t points)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append(out, g_ascii_formatd(text, sizeof text, "%.6g", (double)points / 100));
}

int64_t task_points(const struct task_instance *instance)
{
    int64_t points = 0;

    for (uint32_t i = 0; i < instance->n_checks; i++)
        if (!instance->checks[i].bonus)
            points += instance->checks[i].points;
    return points;
}

/* ---- questions ---- */

static void show_cards(const struct task_instance *instance, const struct task_check *check,
                       const struct ynode *cards, GString *out)
{
    for (uint32_t letter = 0; letter < cards->n; letter++)
        for (uint32_t i = 0; i < cards->n; i++) {
            const struct ynode *card = cards->items[i];
            const char *text = card->kind == YNODE_MAP ? words_of(ynode_get(card, "card")) : NULL;

            if (answer_letter(instance, check->id, cards->n, i) == (char)('A' + letter))
                g_string_append_printf(out, "      %c  %s\n", 'A' + (int)letter,
                                       text != NULL ? text : "");
        }
}

static void show_blanks(const struct ynode *blanks, GString *out)
{
    g_string_append_printf(out, "      %s", _("blanks: "));
    for (uint32_t i = 0; i < blanks->n; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", ynode_key(blanks, i)->text);
    g_string_append_c(out, '\n');
}

static void show_question(const struct task_instance *instance, const struct task_check *check,
                          GString *out)
{
    const struct ynode *answer = check->answer;
    const struct ynode *cards = answer != NULL ? ynode_get(answer, "order") : NULL,
                       *blanks = answer != NULL ? ynode_get(answer, "blanks") : NULL;
    const char *ask = words_of(check->ask);

    if (g_strcmp0(ask, pick(&check->title)) != 0)
        g_string_append_printf(out, "      %s\n", ask != NULL ? ask : "");
    if (cards != NULL && cards->kind == YNODE_LIST)
        show_cards(instance, check, cards, out);
    if (blanks != NULL && blanks->kind == YNODE_MAP)
        show_blanks(blanks, out);
}

/* ---- the whole ---- */

static void show_check(const struct task_instance *instance, const struct task_check *check,
                       GString *out)
{
    const char *title = pick(&check->title);

    g_string_append(out, "  ");
    add_points(out, check->points);
    g_string_append_printf(out, "%s  %s%s%s\n", check->bonus ? _(" (bonus)") : "", check->id,
                           title != NULL ? "  " : "", title != NULL ? title : "");
    if (check->ask != NULL)
        show_question(instance, check, out);
}

void task_show(const struct task_instance *instance, GString *out)
{
    const char *title = pick(&instance->title), *statement = pick(&instance->statement);
    unsigned hidden = 0;

    g_string_append_printf(out, "%s\n", title != NULL ? title : instance->task->name);
    if (statement != NULL)
        g_string_append_printf(out, "\n%s%s", statement,
                               g_str_has_suffix(statement, "\n") ? "" : "\n");
    if (instance->due != NULL)
        g_string_append_printf(out, _("\nDue: %s\n"), instance->due);
    g_string_append_printf(out, "\n%s\n", _("Points:"));
    for (uint32_t i = 0; i < instance->n_checks; i++) {
        if (instance->checks[i].show == TASK_SHOW_ALWAYS || instance->checks[i].ask != NULL)
            show_check(instance, &instance->checks[i], out);
        else
            hidden++;
    }
    if (hidden > 0)
        g_string_append_printf(out,
                               NN_("  and %u check that is shown later\n",
                                   "  and %u checks that are shown later\n", hidden),
                               hidden);
    if (instance->n_hints > 0)
        g_string_append_printf(
            out, NN_("\nThere is %u hint.\n", "\nThere are %u hints.\n", instance->n_hints),
            instance->n_hints);
}

bool task_show_hint(const struct task_instance *instance, unsigned index, GString *out)
{
    const char *words;

    if (index >= instance->n_hints)
        return false;
    words = pick(&instance->hints[index].words);
    g_string_append_printf(out, _("hint %u of %u"), index + 1, instance->n_hints);
    if (instance->hints[index].penalty > 0) {
        g_autoptr(GString) points = g_string_new(NULL);

        add_points(points, instance->hints[index].penalty);
        g_string_append_printf(out, _(" (costs %s)"), points->str);
    }
    g_string_append_printf(out, "%s%s\n", _(": "), words != NULL ? words : "");
    return true;
}
