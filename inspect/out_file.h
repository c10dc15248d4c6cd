/*
 * A file that observers write as a run goes on. Octets gather in `waiting` and leave in large
 * pieces, so that a record costs a copy and no call of the system. An error is told at the end.
 */
#ifndef WW_INSPECT_OUT_FILE_H
#define WW_INSPECT_OUT_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#define OUT_FILE_PIECE ((gsize)256 * 1024)

struct out_file { /* embed it in its owner */
    FILE *file;
    char *path;
    GString *waiting; /* append to it, then out_file_settle() */
};

/**
 * out_file_fopen() - @path for writing, as fopen() opens it. Descriptors of this process,
 * /dev/stdout, /dev/stderr and /dev/fd/N, go on where they are: opened anew, a file behind them
 * would be emptied and written from its start, whatever stands there already.
 */
FILE *out_file_fopen(const char *path);
/** out_file_open() - begin @path anew; false with *@error set where it cannot be written. */
bool out_file_open(struct out_file *out, const char *path, GError **error);
/** out_file_close() - write what waits; false with *@error set when anything failed since. */
bool out_file_close(struct out_file *out, GError **error);

/** out_file_write() - for out_file_settle(): what waits leaves. */
void out_file_write(struct out_file *out);
/** out_file_settle() - a record is complete: what waits may leave. */
static inline void out_file_settle(struct out_file *out)
{
    if (out->waiting->len >= OUT_FILE_PIECE)
        out_file_write(out);
}

/** out_file_room() - @len octets more at the end of @waiting, to be filled in. */
static inline void *out_file_room(GString *waiting, gsize len)
{
    gsize at = waiting->len;

    if (waiting->allocated_len - at > len)
        waiting->len += len;
    else
        g_string_set_size(waiting, at + len);
    return waiting->str + at;
}

#endif
