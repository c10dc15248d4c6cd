/* Files that a command writes: none of them is one that it reads, and no two are one file. */
#ifndef WW_CLI_OUTPUTS_H
#define WW_CLI_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>

/** outputs_are_apart() - whether that is so of @outputs and @inputs, in both of which NULL stands
 * for no file. False: told. */
bool outputs_are_apart(const char *const *outputs, size_t n_outputs, const char *const *inputs,
                       size_t n_inputs);

/** outputs_use_stdout() - a path that leads to standard output; what is printed from now on goes to
 * standard error. The caller frees it. */
char *outputs_use_stdout(void);

#endif
