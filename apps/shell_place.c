/* The shell's builtins about places: the working directory, and where a command comes from. */
#include <string.h>

#include "apps/places.h"
#include "apps/programs.h"
#include "apps/shell_internal.h"
#include "base/text.h"

#define HOME             "/root" /* everybody is root */
#define STATUS_NOT_FOUND 127
#define STATUS_WRONG     2

static void set_variable(struct shell *shell, const char *name, const char *value)
{
    shell_set_variable(&shell->parameters, name, strlen(name), value);
}

static const char *working_directory(const struct shell *shell)
{
    return shell->self->cwd != NULL ? shell->self->cwd : "/";
}

int shell_cd(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : HOME;
    struct strbuf path = STRBUF_INIT;
    bool back = strcmp(word, "-") == 0, ok;

    if (back) {
        word = shell_variable(&shell->parameters, "OLDPWD", strlen("OLDPWD"));
        if (word == NULL)
            word = working_directory(shell);
    } else if (*word == '~' && (word[1] == '\0' || word[1] == '/')) {
        strbuf_adds(&path, HOME);
        word++;
    }
    if (path.len > 0)
        strbuf_adds(&path, word);
    else
        process_path(shell->self, word, &path);
    while (path.len > 1 && path.text[path.len - 1] == '/')
        strbuf_truncate(&path, path.len - 1);
    ok = *word != '\0' || path.len > 0 ? places_is_folder(shell->self->os, path.text) : true;
    if (ok) {
        set_variable(shell, "OLDPWD", working_directory(shell));
        process_set_cwd(shell->self, path.text);
        set_variable(shell, "PWD", working_directory(shell));
        if (back)
            shell_io_printf(shell, io, 1, "%s\n", path.text);
    } else {
        shell_message(shell, io, "cd: can't cd to %s", argv[1]);
    }
    strbuf_fini(&path);
    return ok ? 0 : STATUS_WRONG;
}

int shell_pwd(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    (void)argc, (void)argv;
    shell_io_printf(shell, io, 1, "%s\n", working_directory(shell));
    return 0;
}

static bool is_builtin(const char *name)
{
    for (unsigned i = 0; shell_builtin_at(i) != NULL; i++)
        if (strcmp(shell_builtin_at(i), name) == 0)
            return true;
    return false;
}

/* The path of the program that @word runs, or the name of a builtin; false: neither. */
static bool find_command(const char *word, struct strbuf *out, bool *builtin)
{
    const char *name = shell_program_name(word);

    *builtin = is_builtin(word);
    if (*builtin)
        strbuf_adds(out, word);
    else if (program_find(name) == NULL)
        return false;
    else if (name != word)
        strbuf_adds(out, word);
    else
        program_path(name, out);
    return true;
}

int shell_type(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        struct strbuf path = STRBUF_INIT;
        bool builtin;

        if (!find_command(argv[i], &path, &builtin)) {
            shell_io_printf(shell, io, 1, "%s: not found\n", argv[i]);
            status = STATUS_NOT_FOUND;
        } else {
            shell_io_printf(shell, io, 1, "%s is %s\n", argv[i],
                            builtin ? "a shell builtin" : path.text);
        }
        strbuf_fini(&path);
    }
    return status;
}

int shell_command_v(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    struct strbuf path = STRBUF_INIT;
    bool builtin, found;

    if (argc != 3 || strcmp(argv[1], "-v") != 0) {
        shell_message(shell, io, "command: only `command -v NAME` is simulated by wirewalk");
        return STATUS_WRONG;
    }
    found = find_command(argv[2], &path, &builtin);
    if (found)
        shell_io_printf(shell, io, 1, "%s\n", path.text);
    strbuf_fini(&path);
    return found ? 0 : STATUS_NOT_FOUND;
}

/* No program of a simulated host reads its environment: a variable is set, and that is all. */
int shell_export(struct shell *shell, const struct process_io *io, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t len = shell_name_len(argv[i]);

        if (len == 0 || (argv[i][len] != '=' && argv[i][len] != '\0')) {
            shell_message(shell, io, "export: %s: bad variable name", argv[i]);
            return STATUS_WRONG;
        }
        if (argv[i][len] == '=')
            shell_set_variable(&shell->parameters, argv[i], len, argv[i] + len + 1);
    }
    return 0;
}
