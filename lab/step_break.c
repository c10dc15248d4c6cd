/* Breakpoints: kept by the session, looked at by whichever process runs. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/step_session.h"
#include "lab/step_words.h"

char *step_break_lines(const struct step *step)
{
    GString *lines = g_string_new(NULL);

    for (guint i = 0; i < step->breaks->len; i++)
        g_string_append_printf(lines, "%s\n",
                               ((const struct step_break *)step->breaks->pdata[i])->spec);
    return g_string_free(lines, FALSE);
}

static enum step_answer set(struct step *step, const char *spec, GString *out)
{
    g_autofree char *line = g_strdup_printf("check %s", spec);
    g_autoptr(GString) problem = g_string_new(NULL);
    struct step_break *made;

    if (*spec == '\0') {
        g_string_append_printf(
            out, "%s\n",
            _("break where? `break arp`, `break tcp SYN at web`, `break drop`: see `help break`"));
        return STEP_WRONG;
    }
    if (!step_look_at(step, step->here, line, problem)) {
        g_string_append_printf(out, "%s\n", problem->str);
        return STEP_WRONG;
    }
    made = g_new0(struct step_break, 1);
    made->id = step->next_break++;
    made->spec = g_strdup(spec);
    g_ptr_array_add(step->breaks, made);
    g_string_append_printf(out, _("break %u: %s\n"), made->id, made->spec);
    return STEP_OK;
}

static enum step_answer list(const struct step *step, GString *out)
{
    if (step->breaks->len == 0)
        g_string_append_printf(out, "%s\n", _("there are no breakpoints"));
    for (guint i = 0; i < step->breaks->len; i++) {
        const struct step_break *each = step->breaks->pdata[i];

        g_string_append_printf(out, "%3u  %s", each->id, each->spec);
        g_string_append_printf(
            out, NN_("  (hit %lu time)\n", "  (hit %lu times)\n", (unsigned long)each->hits),
            (unsigned long)each->hits);
    }
    return STEP_OK;
}

static enum step_answer delete (struct step *step, const char *word, GString *out) {
    guint64 id;

    if (word == NULL){ g_ptr_array_set_size(step->breaks, 0); return STEP_OK; }
for (guint i = 0; i < step->breaks->len;
     i++) if (step_number(word, &id) && ((struct step_break *)step->breaks->pdata[i])->id == id)
{
    g_ptr_array_remove_index(step->breaks, i);
    return STEP_OK;
}
g_string_append_printf(out, _("there is no breakpoint %s: `info breaks` lists them\n"), word);
return STEP_WRONG;
}

enum step_answer step_do_break(struct step *step, char **words, const char *line, GString *out)
{
    if (strcmp(words[0], "info") == 0)
        return list(step, out);
    if (strcmp(words[0], "delete") == 0)
        return delete (step, words[1], out);
    if (strcmp(words[0], "watch") == 0)
        return set(step, line, out);
    return words[1] == NULL ? list(step, out) : set(step, step_rest(line, 1), out);
}
