/*
 * What is wrong with the user's files: collected, all of them, then sorted and shown together.
 * A message is already in the user's language; a position is 1-based and counts characters, not
 * octets.
 */
#ifndef WW_LAB_DIAG_H
#define WW_LAB_DIAG_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where something stands in a text file; line 0: nowhere in particular. A network may be put
 * together of several files (an exercise, what it breaks, what a student mends): @source says which
 * one is meant, 0 for the file that is being read, else one that diag_list_set_source() named.
 */
#define TEXT_SOURCES 16
struct text_pos {
    uint32_t line;                    /* from 1 */
    uint32_t column : 28, source : 4; /* a column is a character, a wide one too; from 1 */
};
#define TEXT_POS(line_, column_) ((struct text_pos){ .line = (line_), .column = (column_) })

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

struct diag {
    enum diag_severity severity;
    char *file;         /* as the user named it */
    struct text_pos at; /* line 0: the file as a whole */
    char *message;      /* one line, translated, no full stop */
};

/* At most this many are kept of one file; the rest is counted, and said in one last line. */
#define DIAG_MAX_PER_FILE 50

struct diag_list {
    GPtrArray *items;    /* of struct diag, owned; sorted by diag_list_sort() */
    GHashTable *sources; /* file name -> struct diag_source: its text, for showing the line, and
                            what was counted */
    GPtrArray *
        files; /* names in the order of their first appearance, for sorting and for the last line */
    unsigned n_errors, n_warnings; /* with those that were not kept */
    char *other[TEXT_SOURCES];     /* the files of positions with a source */
};

struct diag_list *diag_list_new(void);
void diag_list_free(struct diag_list *list);

/** diag_list_add_source() - remember @text of @file (copied), so that diag_list_render() can show
 * the lines. */
void diag_list_add_source(struct diag_list *list, const char *file, const char *text, size_t len);

/** diag_list_set_source() - positions with @source, 1 to 15, are in @file, whatever file the reader
 * is at. */
void diag_list_set_source(struct diag_list *list, unsigned source, const char *file);

/** diag_error() / diag_warning() - add one; @format is already translated. */
void diag_error(struct diag_list *list, const char *file, struct text_pos at, const char *format,
                ...) G_GNUC_PRINTF(4, 5);
void diag_warning(struct diag_list *list, const char *file, struct text_pos at, const char *format,
                  ...) G_GNUC_PRINTF(4, 5);

/** diag_list_take_errors() - a copy of the errors of @from that are not there yet, not its
 * warnings.
 */
void diag_list_take_errors(struct diag_list *list, const struct diag_list *from);
/** diag_list_sort() - by file (in order of appearance), line, column; what was found first comes
 * first. */
void diag_list_sort(struct diag_list *list);

/**
 * diag_list_render() - every diagnostic as `file:3:14: error: ...`, the line of the source and a
 * caret below it (wide characters take two columns), sorted. The caller frees the text.
 */
char *diag_list_render(struct diag_list *list);

/** diag_list_json() - `[{"file":...,"line":...,"column":...,"severity":...,"message":...}, ...]`
 * and a newline. */
char *diag_list_json(struct diag_list *list);

/**
 * diag_nearest() - the one of @n @names that @word was probably meant to be, or NULL where none is
 * near. A short word allows one slip, a long one up to three. Ties go to the first name.
 */
const char *diag_nearest(const char *word, const char *const *names, size_t n);

#endif
