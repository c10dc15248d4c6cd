#include "cli/outputs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "inspect/i18n.h"

/* Devices and pipes may be written by many. */
static bool is_one_file(const char *a, const char *b)
{
    struct stat x, y;

    if (a == NULL || b == NULL)
        return false;
    if (stat(a, &x) == 0 && stat(b, &y) == 0)
        return x.st_dev == y.st_dev && x.st_ino == y.st_ino && S_ISREG(x.st_mode);
    return strcmp(a, b) == 0;
}

bool outputs_are_apart(const char *const *outputs, size_t n_outputs, const char *const *inputs,
                       size_t n_inputs)
{
    for (size_t i = 0; i < n_outputs; i++) {
        for (size_t j = 0; j < n_inputs; j++)
            if (is_one_file(outputs[i], inputs[j]))
                return cli_error(_("%s is read here: it is not overwritten"), outputs[i]), false;
        for (size_t j = 0; j < i; j++)
            if (is_one_file(outputs[i], outputs[j]))
                return cli_error(_("%s cannot hold two things at once"), outputs[i]), false;
    }
    return true;
}

char *outputs_use_stdout(void)
{
    int fd;

    fflush(stdout);
    fd = dup(STDOUT_FILENO);
    if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return g_strdup("/dev/stdout");
    return g_strdup_printf("/dev/fd/%d", fd);
}
