/* Looking for frames: `find`, `rfind`, and the filter of what `frames` shows. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/step_session.h"
#include "lab/step_words.h"

/* What is looked for: what stands in the command, else what was looked for before, else what is
 * shown. NULL: nothing; told. */
static const char *wanted(struct step *step, const char *line, GString *out)
{
    const char *text = step_rest(line, 1);

    if (*text != '\0') {
        if (!step_stop_is_right(step, text, out))
            return NULL;
        g_free(step->sought);
        step->sought = g_strdup(text);
    }
    if (step->sought == NULL && step->filter == NULL) {
        g_string_append_printf(
            out, "%s\n",
            _("find which frame? `find tcp SYN`, `find http GET at web`; then `find` and `rfind` "
              "alone go on"));
        return NULL;
    }
    return step->sought != NULL ? step->sought : step->filter;
}

enum step_answer step_do_find(struct step *step, char **words, const char *line, GString *out)
{
    const char *stop = wanted(step, line, out);

    if (stop == NULL)
        return STEP_WRONG;
    if (strcmp(words[0], "rfind") == 0)
        return step_search_back(step, stop, false, out);
    return step_until_stop(step, stop,
                           _("no such frame arrives from here on; `rfind` looks before"), out);
}

enum step_answer step_do_filter(struct step *step, char **words, const char *line, GString *out)
{
    const char *text = step_rest(line, 1);
    g_autofree char *look = g_strdup_printf("frames %s", text);
    g_autoptr(GString) frames = g_string_new(NULL);

    if (words[1] == NULL) {
        g_string_append_printf(out, step->filter != NULL ? _("shown: %s\n") : "%s\n",
                               step->filter != NULL ? step->filter : _("all frames are shown"));
        return STEP_OK;
    }
    if (strcmp(text, "off") != 0 && !step_look_at(step, step->here, look, frames)) {
        g_string_append_printf(out, "%s\n", frames->str);
        return STEP_WRONG;
    }
    g_free(step->filter);
    step->filter = strcmp(text, "off") != 0 ? g_strdup(text) : NULL;
    g_string_append(out, frames->str);
    return STEP_OK;
}

enum step_answer step_do_frames(struct step *step, char **words, const char *line, GString *out)
{
    g_autofree char *look = words[1] == NULL && step->filter != NULL
                                ? g_strdup_printf("frames %s", step->filter)
                                : g_strdup(line);
    g_autoptr(GString) text = g_string_new(NULL);
    bool ok = step_look_at(step, step->here, look, text);

    g_string_append_printf(out, ok ? "%s" : "%s\n", text->str);
    return ok ? STEP_OK : STEP_WRONG;
}
