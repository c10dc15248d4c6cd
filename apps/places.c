#include "apps/places.h"

#include <stdlib.h>
#include <string.h>

#include "apps/programs.h"
#include "base/memory.h"

static const struct standing {
    const char *path, *target; /* of a link, else NULL */
} always[] = {
    { "/bin", "usr/bin" },   { "/etc", NULL }, { "/home", NULL }, { "/root", NULL },
    { "/sbin", "usr/sbin" }, { "/tmp", NULL }, { "/usr", NULL },  { "/usr/bin", NULL },
    { "/usr/sbin", NULL },   { "/var", NULL },
};

/* Where links lead, without slashes at its end: "/bin/" is "/usr/bin", the root "". */
static void resolve(const char *path, struct strbuf *out)
{
    size_t len = strlen(path);

    while (len > 0 && path[len - 1] == '/')
        len--;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        size_t stem = strlen(always[i].path);

        if (always[i].target == NULL || len < stem || memcmp(path, always[i].path, stem) != 0 ||
            (len > stem && path[stem] != '/'))
            continue;
        strbuf_addf(out, "/%s", always[i].target);
        path += stem;
        len -= stem;
        break;
    }
    strbuf_add(out, path, len);
}

/* @path, of a file or folder, is below @folder: its part there. */
static void take(struct places *places, const char *folder, size_t folder_len, const char *path,
                 struct place place)
{
    size_t len;

    if (strncmp(path, folder, folder_len) != 0 || path[folder_len] != '/')
        return;
    path += folder_len + 1;
    len = strcspn(path, "/");
    if (path[len] == '/')
        place = (struct place){ .kind = PLACE_FOLDER };
    for (unsigned i = 0; i < places->n; i++)
        if (strncmp(places->all[i].name, path, len) == 0 && places->all[i].name[len] == '\0')
            return;
    place.name = mem_zalloc(len + 1);
    memcpy(place.name, path, len);
    ARRAY_PUSH(places->all, places->n, places->size, place);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

void places_read(struct os *os, const char *folder, struct places *places)
{
    struct strbuf in = STRBUF_INIT, path = STRBUF_INIT;
    struct os_file *file;
    const char *name;

    *places = (struct places){ 0 };
    resolve(folder, &in);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        take(places, strbuf_text(&in), in.len, always[i].path,
             (struct place){ .kind = always[i].target != NULL ? PLACE_LINK : PLACE_FOLDER,
                             .target = always[i].target });
    LIST_FOR_EACH(file, os_files(os), struct os_file, link)
    take(places, strbuf_text(&in), in.len, file->path,
         (struct place){ .size = file->content.len, .changed = file->changed });
    for (unsigned i = 0; (name = program_name_at(i)) != NULL; i++) {
        strbuf_truncate(&path, 0);
        program_path(name, &path);
        take(places, strbuf_text(&in), in.len, path.text, (struct place){ .kind = PLACE_PROGRAM });
    }
    if (places->n > 0)
        qsort(places->all, places->n, sizeof *places->all, by_name);
    strbuf_fini(&in);
    strbuf_fini(&path);
}

void places_fini(struct places *places)
{
    for (unsigned i = 0; i < places->n; i++)
        free(places->all[i].name);
    free(places->all);
}

const char *places_link(const char *path)
{
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (strcmp(always[i].path, path) == 0)
            return always[i].target;
    return NULL;
}

bool places_is_folder(struct os *os, const char *path)
{
    struct strbuf folder = STRBUF_INIT;
    struct os_file *file;
    bool found = false;

    resolve(path, &folder);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        found |= strcmp(always[i].path, strbuf_text(&folder)) == 0;
    LIST_FOR_EACH(file, os_files(os), struct os_file, link)
    found |=
        strncmp(file->path, strbuf_text(&folder), folder.len) == 0 && file->path[folder.len] == '/';
    found |= folder.len == 0;
    strbuf_fini(&folder);
    return found;
}

bool places_is_program(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct strbuf real = STRBUF_INIT, theirs = STRBUF_INIT;
    bool found = slash != NULL && program_find(slash + 1) != NULL;

    if (found) {
        resolve(path, &real);
        program_path(slash + 1, &theirs);
        found = strcmp(strbuf_text(&real), strbuf_text(&theirs)) == 0;
    }
    strbuf_fini(&real);
    strbuf_fini(&theirs);
    return found;
}
