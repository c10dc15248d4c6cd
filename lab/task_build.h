/* What task.c and task_checks.c share. Nobody else includes it. */
#ifndef WW_LAB_TASK_BUILD_H
#define WW_LAB_TASK_BUILD_H

#include "lab/task.h"

/** task_read_checks() - `checks` into checks, parts and runs of @instance. */
void task_read_checks(struct task_instance *instance, const struct ynode *list);

#endif
