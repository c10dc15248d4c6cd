/* Files that a script opens: zeros that its commands have made, or what lies beside it. */
#include <string.h>

#include "lab/pkt_shell.h"

#define FILE_MAX_LEN (64u << 20)

void pkt_file_make(struct pkt_run *run, const char *path, gsize len)
{
    len = MIN(len, FILE_MAX_LEN);
    g_hash_table_replace(run->files, g_strdup(path), g_bytes_new_take(g_malloc0(len + 1), len));
}

void pkt_file_remove(struct pkt_run *run, const char *path)
{
    g_hash_table_remove(run->files, path);
}

static GBytes *read_file(const struct pkt_run *run, const char *path)
{
    g_autofree char *whole =
        g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(run->folder, path, NULL);
    char *text = NULL;
    gsize len;

    if (!g_file_test(whole, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(whole, &text, &len, NULL))
        return NULL;
    return g_bytes_new_take(text, MIN(len, FILE_MAX_LEN));
}

const char *pkt_file(struct pkt_run *run, const char *path, gsize *len)
{
    GBytes *bytes = g_hash_table_lookup(run->files, path);

    if (bytes == NULL) {
        bytes = read_file(run, path);
        if (bytes == NULL)
            return NULL;
        g_hash_table_replace(run->files, g_strdup(path), bytes);
    }
    return g_bytes_get_data(bytes, len);
}

/* ---- commands about files ---- */

/* 4096, 64k, 1M */
static gsize size_of(const char *text)
{
    char *end;
    guint64 n = g_ascii_strtoull(text, &end, 10);
    unsigned shift = *end == 'k' || *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;

    return n > FILE_MAX_LEN ? FILE_MAX_LEN : (gsize)MIN(n << shift, FILE_MAX_LEN);
}

static int tool_dd(struct pkt_run *run, const GPtrArray *words)
{
    const char *path = NULL;
    gsize block = 512, count = 0;

    for (guint i = 1; i < words->len; i++) {
        const char *text = words->pdata[i];

        if (g_str_has_prefix(text, "of="))
            path = text + strlen("of=");
        else if (g_str_has_prefix(text, "bs="))
            block = size_of(text + strlen("bs="));
        else if (g_str_has_prefix(text, "count="))
            count = size_of(text + strlen("count="));
    }
    if (path != NULL)
        pkt_file_make(run, path,
                      count > 0 && block > FILE_MAX_LEN / count ? FILE_MAX_LEN : block * count);
    return path == NULL;
}

/* truncate -s SIZE FILE, fallocate -l SIZE FILE */
static int tool_truncate(struct pkt_run *run, const GPtrArray *words)
{
    gsize size = 0;

    for (guint i = 1; i < words->len; i++) {
        const char *text = words->pdata[i];

        if ((g_str_equal(text, "-s") || g_str_equal(text, "-l")) && i + 1 < words->len)
            size = size_of(words->pdata[++i]);
        else if (*text != '-')
            pkt_file_make(run, text, size);
    }
    return 0;
}

static int tool_rm(struct pkt_run *run, const GPtrArray *words)
{
    for (guint i = 1; i < words->len; i++)
        pkt_file_remove(run, words->pdata[i]);
    return 0;
}

int pkt_shell_file_tool(struct pkt_run *run, const GPtrArray *words)
{
    const char *name = words->pdata[0];

    if (g_str_equal(name, "dd"))
        return tool_dd(run, words);
    if (g_str_equal(name, "truncate") || g_str_equal(name, "fallocate") ||
        g_str_equal(name, "touch"))
        return tool_truncate(run, words);
    return g_str_equal(name, "rm") ? tool_rm(run, words) : -1;
}
