/*
 * What one student handed in: a file, or a folder with an answer and a log of commands. Found and
 * read without trust: only regular files that have one name, of bounded size; no symbolic link is
 * followed, no device or pipe opened. What is not right is a problem with its path, and the rest
 * is read all the same.
 */
#ifndef WW_LAB_HANDIN_H
#define WW_LAB_HANDIN_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define HANDIN_ANSWER     "submission.yaml"
#define HANDIN_LOG        "commands.log"
#define HANDIN_ANSWER_MAX ((size_t)1 << 20) /* octets */
#define HANDIN_LOG_MAX    ((size_t)1 << 20)

struct handin_file {
    char *path; /* NULL: there is none */
    char *text; /* a NUL behind it */
    size_t len;
};

struct handin_problem {
    const char *kind; /* "symlink", "too-large" ... */
    char *path;
    char *message; /* translated */
};

struct handin {
    char *path;
    struct handin_file answer, log;
    GPtrArray *problems; /* of struct handin_problem */
};

/** handin_read() - never fails: what is wrong is among the problems. Free with handin_free(). */
struct handin *handin_read(const char *path);
void handin_free(struct handin *handin);

/** handin_is_class() - whether @path is a folder of several submissions, not one itself. */
bool handin_is_class(const char *path);
/**
 * handin_list() - the submissions in the folder @path: its files *.yaml and its folders, without
 * what begins with a dot and what desktops leave behind. Paths, sorted by handin_name(); NULL: it
 * cannot be read. Free the array.
 */
GPtrArray *handin_list(const char *path, GError **error);
/** handin_left_out() - of each file in the folder @path that is no submission, nor the exercise's
 * own, why it is not graded: translated. Free the array. */
GPtrArray *handin_left_out(const char *path);
/** handin_name() - the name of the submission at @path: of its folder, or its file without
 * ".yaml"; valid UTF-8 without control characters. Free with g_free(). */
char *handin_name(const char *path);

/** handin_tame() - @text as valid UTF-8 without control characters (but newline and tab where
 * @lines) and without those that turn the direction of writing, at most @max octets. */
char *handin_tame(const char *text, size_t len, size_t max, bool lines);

#endif
