/* `wirewalk check`: is a file right, whatever kind of file it is? */
#ifndef WW_LAB_CHECK_H
#define WW_LAB_CHECK_H

#include "lab/diag.h"
#include "lab/file_kind.h"

/**
 * lab_file_kind() - by the name's ending (.net.yaml, .walk.yaml, .task.yaml; .json for .yaml too),
 * else by the top-level keys of @text, which may be NULL.
 */
enum lab_file_kind lab_file_kind(const char *file, const char *text, size_t len);

/** lab_check() - read @file, and what it refers to, without running anything. All that is wrong
 * goes to @diags. */
void lab_check(const char *file, struct diag_list *diags);

/**
 * lab_format_file() - rewrite @file in canonical form; with @dry_run only say (*@changed) whether
 * that would change it. The file is replaced as a whole or not at all. False after an error.
 */
bool lab_format_file(const char *file, bool dry_run, bool *changed, struct diag_list *diags);

#endif
