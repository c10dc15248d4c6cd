/* What the parts of `wirewalk exercise` share. */
#ifndef WW_CLI_EXERCISE_H
#define WW_CLI_EXERCISE_H

#include "lab/attempt.h"
#include "lab/task.h"

/** exercise_open() - the exercise at @path: its file, or the folder NAME with NAME.task.yaml. NULL
 * after an error, which has been told. */
struct task *exercise_open(const char *path);
/** exercise_instance() - for @student; NULL after an error, which has been told. */
struct task_instance *exercise_instance(const struct task *task, const char *student);
/** exercise_attempt() - the student's folder; NULL after an error, which has been told. */
struct attempt *exercise_attempt(const char *folder, const char *student);
/** exercise_student() - who is doing it: named in the folder, or else the login name. g_free(). */
char *exercise_student(const struct attempt *attempt);
/** exercise_hint() - show the next hint and write down that it was looked at. */
bool exercise_hint(const struct task_instance *instance, struct attempt *attempt);

/** exercise_try() - the prompt in the broken network. Returns the exit status. */
int exercise_try(const struct task *task, struct attempt *attempt);

#endif
