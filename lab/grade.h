/*
 * Grading: one submission of an exercise becomes one result, a JSON value that everything else is
 * made from: texts, reports, a class's table.
 *
 *     {"submission", "student", "exercise", "title", "variant": {NAME: TEXT},
 *      "status": "graded" | "rejected" | "limited" | "crashed",
 *      "points", "max_points", "bonus", "penalty", "hints_used", "due", "hidden",
 *      "checks": [{"id", "title", "group", "points", "max", "ok": true | false | null,
 *                  "skipped_because", "bonus", "penalty", "show", "visible", "message",
 *                  "frame", "time_ns", "run", "step", "where": {"file", "line", "column"}}],
 *      "findings": [{"kind", "message", "where"}],
 *      "fingerprint": {"edits": [], "commands": [], "answers": []}}
 *
 * "points" are all that were reached, bonus included and penalties taken off, never below 0; "max"
 * and "max_points" are without bonus checks. What is not there is null. The same submission gives
 * the same octets, in the language chosen with i18n_init().
 */
#ifndef WW_LAB_GRADE_H
#define WW_LAB_GRADE_H

#include <jansson.h>

#include "lab/handin.h"
#include "lab/task.h"

#define GRADE_NO_TIME INT64_MIN

struct grade_options {
    const char *student; /* whose variant; NULL: the submission says so, else its name */
    int64_t now;         /* seconds since 1970; GRADE_NO_TIME: before it is due. No clock is read */
    bool published;      /* the marks are */
};

/** grade_submission() - the result of @path, a file or a folder; a new reference. Opens nothing but
 * what is in @path. Never fails: what cannot be read is "rejected". */
json_t *grade_submission(const struct task *task, const char *path,
                         const struct grade_options *options);
/** grade_handin() - the same of files that have been read: nothing is opened. */
json_t *grade_handin(const struct task *task, const struct handin *handin,
                     const struct grade_options *options);
/** grade_solution() - the same of the reference solution for a student; NULL: there is none. */
json_t *grade_solution(const struct task *task, const struct grade_options *options);
/** grade_tree() - the same of a submission that is there already, called @name; @root may be NULL:
 * nothing was changed. */
json_t *grade_tree(const struct task *task, const char *name, const struct ynode *root,
                   const struct grade_options *options);
/** grade_failure() - the result of a submission that could not be graded: no points, @status, and a
 * finding. For whoever watches over the process that grades. */
json_t *grade_failure(const struct task *task, const char *path,
                      const struct grade_options *options, const char *status, const char *kind,
                      const char *message);
/** grade_dump() - the JSON text of a value, always the same for the same value. g_free() it. */
char *grade_dump(const json_t *value);
/** grade_is_full() - whether no point was lost. */
bool grade_is_full(const json_t *result);

enum { GRADE_TEXT_QUIET = 1, GRADE_TEXT_COLOUR = 2 };
/** grade_write_text() - append a result for people: with GRADE_TEXT_QUIET only a line. */
void grade_write_text(const json_t *result, unsigned flags, GString *out);

/** grade_scenario() - what run @run of the exercise does with submission @path (NULL: with nothing
 * changed) as a scenario, to be run or stepped through. NULL after an error in @diags. */
struct scenario *grade_scenario(const struct task *task, const char *path, const char *student,
                                uint32_t run, struct diag_list *diags);
/** grade_own_scenario() - the same network with what happens in it anyway and the commands of the
 * submission, without what the checks do. */
struct scenario *grade_own_scenario(const struct task *task, const char *path, const char *student,
                                    struct diag_list *diags);
/** grade_check() - whether the exercise's runs, filters and expectations are right, also with its
 * solution. Errors go to @diags. */
bool grade_check(const struct task *task, struct diag_list *diags);

struct grade_variants {
    uint64_t n, broken, solved, wrong_right; /* variants; those broken before; solved after; all
                                                wrong submissions with their marks */
};
/** grade_variants() - prove @n variants; each failure is told by @tell, a line. */
bool grade_variants(const struct task *task, uint64_t n, void (*tell)(void *ctx, const char *line),
                    void *ctx, struct grade_variants *result);

#endif
