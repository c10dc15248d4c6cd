/* What task.c and task_checks.c share. Nobody else includes it. */
#ifndef WW_LAB_TASK_BUILD_H
#define WW_LAB_TASK_BUILD_H

#include "lab/task.h"

/** task_read_checks() - `checks` into checks, parts and runs of @instance. */
void task_read_checks(struct task_instance *instance, const struct ynode *list);

/* task_words.c: values of checks that are looked at when somebody is graded, too late for errors.
 */
/** task_check_part() - @kind is the key that says what @node, a check or a part of one, looks at.
 */
void task_check_part(const struct reader *r, const struct ynode *node, const char *kind);
/** task_check_paths() - whether a text or a list names what the network can have. */
void task_check_paths(struct task_instance *instance, const struct ynode *list, const char *what);
/** task_check_parts() - the paths of all parts. */
void task_check_parts(struct task_instance *instance);
/** task_check_pattern() - whether @node, which may be NULL, is a regular expression. */
void task_check_pattern(const struct reader *r, const struct ynode *node, const char *what);

#endif
