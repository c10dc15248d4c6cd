#include "inspect/i18n.h"

#include <glib.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#ifndef WW_LOCALE_DIR
#define WW_LOCALE_DIR "/usr/local/share/locale"
#endif

static gboolean is_language(const char *name, const char *code)
{
    size_t n = strlen(code);

    return strncmp(name, code, n) == 0 &&
           strchr("_.@-", name[n]) != NULL; /* the closing NUL counts too */
}

int i18n_known(const char *lang)
{
    return is_language(lang, "en") || is_language(lang, "zh") || strcmp(lang, "C") == 0;
}

/* The user's own wish, in the order POSIX gives the variables. LANGUAGE is a GNU list that comes
 * before them all. */
static const char *language_of_environment(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    const char *language = g_getenv("LANGUAGE");

    for (size_t i = 0; i < G_N_ELEMENTS(variables); i++) {
        const char *value = g_getenv(variables[i]);

        if (value == NULL || *value == '\0')
            continue;
        if (language != NULL && *language != '\0' && strcmp(value, "C") != 0 &&
            strcmp(value, "POSIX") != 0)
            return language;
        return value;
    }
    return "C";
}

/* The catalogues of the build tree lie beside or one above the program; installed ones in
 * share/locale. */
static char *catalogue_folder(void)
{
    static const char *const places[] = { "locale", "../locale", "../share/locale" };
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);

    if (program != NULL) {
        g_autofree char *folder = g_path_get_dirname(program);

        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
            g_autofree char *place = g_build_filename(folder, places[i], NULL);
            g_autofree char *file =
                g_build_filename(place, "zh_CN", "LC_MESSAGES", "wirewalk.mo", NULL);

            if (g_file_test(file, G_FILE_TEST_EXISTS))
                return g_steal_pointer(&place);
        }
    }
    return g_strdup(WW_LOCALE_DIR);
}

const char *i18n_init(const char *lang)
{
    gboolean chinese = is_language(lang != NULL ? lang : language_of_environment(), "zh");
    g_autofree char *folder = catalogue_folder();
    const char *messages;

    /* gettext looks nothing up while the locale is "C", and no Chinese locale need be installed: a
       neutral UTF-8 locale, and the language by name, which glibc asks for first. Before the first
       look-up. */
    if (setlocale(LC_ALL, "") == NULL)
        setlocale(LC_ALL, "C");
    g_setenv("LANGUAGE", chinese ? "zh_CN" : "en", TRUE);
    messages = setlocale(LC_MESSAGES, NULL);
    if (messages == NULL || strcmp(messages, "C") == 0 || strcmp(messages, "POSIX") == 0)
        setlocale(LC_MESSAGES, "C.UTF-8");
    if (strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_NUMERIC, "C");
    bindtextdomain("wirewalk", folder);
    bind_textdomain_codeset("wirewalk", "UTF-8");
    return chinese ? "zh" : "en";
}

const char *i18n_language(void)
{
    const char *language = g_getenv("LANGUAGE"); /* i18n_init() has written it */

    return language != NULL && is_language(language, "zh") ? "zh" : "en";
}
