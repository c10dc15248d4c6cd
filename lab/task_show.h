/* An exercise for the one who does it: what is asked, how many points there are, which questions.
 */
#ifndef WW_LAB_TASK_SHOW_H
#define WW_LAB_TASK_SHOW_H

#include "lab/task.h"

/** task_show() - append the statement, the checks and the questions of @instance. */
void task_show(const struct task_instance *instance, GString *out);
/** task_show_hint() - append hint @index with what it costs; false: there is none. */
bool task_show_hint(const struct task_instance *instance, unsigned index, GString *out);
/** task_points() - all there are to reach, in hundredths, bonus aside. */
int64_t task_points(const struct task_instance *instance);

#endif
