/*
 * The folders of a host, as `ls`, `cd`, `test` and the completion of words see them: the host keeps
 * files alone, a folder is there because a file is below it. Beside those there are the folders of
 * every Debian, and the programs where Debian has them.
 */
#ifndef WW_APPS_PLACES_H
#define WW_APPS_PLACES_H

#include "stack/socket/os.h"

enum place_kind { PLACE_FILE, PLACE_FOLDER, PLACE_LINK, PLACE_PROGRAM };

struct place {
    char *name; /* inside its folder */
    enum place_kind kind;
    const char *target; /* of a link */
    size_t size;        /* octets of a file */
    sim_time changed;
};

struct places {
    struct place *all; /* sorted by name */
    unsigned n, size;
};

/** places_read() - what is in @folder, an absolute path. Free with places_fini(). */
void places_read(struct os *os, const char *folder, struct places *places);
void places_fini(struct places *places);
/** places_link() - where the link @path leads; NULL: it is none. */
const char *places_link(const char *path);
/** places_is_folder() - whether the absolute @path is one. */
bool places_is_folder(struct os *os, const char *path);
/** places_is_program() - whether the absolute @path is a program's. */
bool places_is_program(const char *path);

#endif
