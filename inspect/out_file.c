#include "inspect/out_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "inspect/i18n.h"

/* -1: @path is none of our own descriptors. */
static int own_descriptor(const char *path)
{
    guint64 fd;

    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    return g_str_has_prefix(path, "/dev/fd/") &&
                   g_ascii_string_to_unsigned(path + strlen("/dev/fd/"), 10, 0, G_MAXINT, &fd, NULL)
               ? (int)fd
               : -1;
}

FILE *out_file_fopen(const char *path)
{
    int fd = own_descriptor(path);
    FILE *file;

    if (fd < 0)
        return fopen(path, "wb");
    fd = dup(fd);
    file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

bool out_file_open(struct out_file *out, const char *path, GError **error)
{
    out->file = out_file_fopen(path);
    if (out->file == NULL) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    _("cannot write %s: %s"), path, g_strerror(errno));
        return false;
    }
    setvbuf(out->file, NULL, _IONBF, 0);
    out->path = g_strdup(path);
    out->waiting = g_string_sized_new(OUT_FILE_PIECE + 4096);
    return true;
}

void out_file_write(struct out_file *out)
{
    fwrite(out->waiting->str, 1, out->waiting->len, out->file); /* errors are seen at the end */
    out->waiting->len = 0;
}

bool out_file_close(struct out_file *out, GError **error)
{
    bool failed;

    out_file_write(out);
    failed = ferror(out->file) != 0;
    failed = fclose(out->file) != 0 || failed;
    if (failed)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, _("cannot write %s: %s"), out->path,
                    g_strerror(errno));
    g_free(out->path);
    g_string_free(out->waiting, TRUE);
    return !failed;
}
