/*
 * The shell of a simulated host: runs a line such as `ping -c 1 10.0.0.2 && echo ok > /tmp/result
 * &` as dash would. It is a program itself, so its commands are processes of the host and it can be
 * waited for and signalled.
 *
 * Simulated: ; && || & newline, ! , quotes ' " \, comments, > >> 2> 2>&1 to files of the host and
 * /dev/null,
 * $? $$ $!, variables, $(...), $((...)), pipes, if, for, while, until, { }, ( ), background jobs
 * and `wait`. Not: case, functions, here-documents, file name patterns (a pattern stays as it is,
 * as where no file matches).
 */
#ifndef WW_APPS_SHELL_H
#define WW_APPS_SHELL_H

#include "stack/socket/process.h"

struct shell_run;

/**
 * shell_start() - run @line on @os. Output of all its commands goes through @io, whose ctx must
 * outlive every process started (jobs left in the background write on after the line is over).
 * @on_end, may be NULL, is called once with the exit status; the handle is invalid then. A line
 * that dash refuses prints its message and ends with status 2.
 */
struct shell_run *shell_start(struct os *os, const char *line, const struct process_io *io,
                              void (*on_end)(void *ctx, int status), void *ctx);
/** shell_interrupt() - Ctrl-C: SIGINT for the foreground command; the rest of the line is not run.
 */
void shell_interrupt(struct shell_run *run);
/** shell_process() - the shell's own process: its id is what trace records of the line carry. */
struct process *shell_process(struct shell_run *run);

/* What one line at a prompt leaves to the next: variables, $? and $!, the working directory. */
struct shell_memory;
struct shell_memory *shell_memory_new(void);
void shell_memory_free(struct shell_memory *memory);
/** shell_memory_status() - $?: the exit status of the last line. */
int shell_memory_status(const struct shell_memory *memory);
/** shell_memory_cwd() - the working directory. */
const char *shell_memory_cwd(const struct shell_memory *memory);
/** shell_resume() - behind shell_start(): the line goes on from @memory, and its end is kept
 * there. */
void shell_resume(struct shell_run *run, struct shell_memory *memory);

enum shell_knowledge { SHELL_KNOWN, SHELL_UNKNOWN, SHELL_NOT_SIMULATED };
/** shell_knows() - whether @word names a command: a program, as /bin/ping too, or a builtin. */
enum shell_knowledge shell_knows(const char *word);
/** shell_builtin_at() - the name of the @n-th builtin from 0 on; NULL behind the last. */
const char *shell_builtin_at(unsigned n);

/** shell_signal_number() - "INT", "SIGINT" or "2" to 2; -1 for what is none. */
int shell_signal_number(const char *name);
/** shell_signal_name() - "INT"; NULL for a number without a name. */
const char *shell_signal_name(int number);

#endif
