/*
 * A class: many submissions of one exercise, each graded in a jail of its own, several at a time.
 * The exercise is loaded once, before; the results stand in the order of the submissions, whatever
 * order they were ready in. What a jail answers is not believed: every field has its type, length
 * and range checked, and the names of submission, exercise and checks are the parent's own.
 *
 * A result is a JSON object that always has all of these (docs/grading.md has them in words):
 *   submission student exercise title status; points max_points bonus penalty hints_used;
 *   variant {NAME: text}; checks [{id title group points max ok bonus show visible skipped_because
 *   message frame time_ns step where}]; findings [{kind message where}];
 *   fingerprint {edits commands answers: [text]}
 */
#ifndef WW_LAB_CLASS_H
#define WW_LAB_CLASS_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "lab/jail.h"

/* How one submission is graded: functions of the exercise. */
struct class_grader {
    void *ctx;
    /* in the jail, first: what the files below @path hold; handed to grade() */
    void *(*read)(void *ctx, const char *path);
    /* in the jail: the result, a new reference */
    json_t *(*grade)(void *ctx, void *files);
    /* in the parent: the result of a submission that gave none, with all its checks unmet */
    json_t *(*failure)(void *ctx, const char *path, const char *status, const char *kind,
                       const char *message);
};

struct class_options {
    unsigned jobs; /* 0: as many as the machine has processors */
    struct jail_limits limits;
    void (*progress)(void *ctx, unsigned done, unsigned n); /* or NULL */
    void *progress_ctx;
};

/** class_limits() - what a submission may take where nobody says otherwise. */
struct jail_limits class_limits(void);
/**
 * class_find() - the submissions that @operands (paths) name: files, folders, and folders full of
 * either, each once; sorted by name where a folder was read, otherwise as they came. Free the
 * array.
 */
GPtrArray *class_find(const GPtrArray *operands);
/** class_mind() - findings that only the class as a whole gives, added to @results: two submissions
 * that say they are of one student. */
void class_mind(json_t *results);
/** class_grade() - the results of the submissions @paths, in their order: an array, new. */
json_t *class_grade(const struct class_grader *grader, const GPtrArray *paths,
                    const struct class_options *options);

#endif
