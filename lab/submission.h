/*
 * What a student hands in: a YAML file with what was changed, answers and commands, or a folder
 * with that file and a command log (lab/handin.h). Whatever it holds, reading it ends with
 * findings, never with an error.
 *
 *     student: 张三
 *     pc2: {gateway: 192.168.1.1}              values of a node
 *     links: [[pc3:eth0, sw1:p4], {unplug: sw1:p7}]
 *     nodes: {pc9: {kind: host}, pc4: null}    new nodes, and nodes taken away
 *     answers: {q1: 64, order: [C, A, B]}
 *     commands: [pc2$ ip route]
 *     hints: 1                                 how many were looked at
 */
#ifndef WW_LAB_SUBMISSION_H
#define WW_LAB_SUBMISSION_H

#include <jansson.h>

#include "lab/handin.h"
#include "lab/task.h"

#define SUBMISSION_FILE_MAX     (1u << 20) /* octets of its file, and of its log */
#define SUBMISSION_FINDINGS_MAX 100
#define SUBMISSION_CHANGES_MAX  1000u

struct submission_command {
    const char *host, *line;
    bool timed;
    sim_time time;
    struct text_pos at;
};

struct submission {
    char *path;               /* as named */
    char *file, *log;         /* as shown; log NULL: none */
    struct ytree *tree;       /* of its file, owned; NULL: there is none, or it is wrong */
    const struct ynode *root; /* a map; NULL: nothing is handed in */
    char *log_text;           /* or NULL */
    GPtrArray *commands;      /* of struct submission_command */
    json_t *findings;
    uint32_t hints; /* taken, as it says */
    bool rejected;  /* nothing of it can be read */
    struct arena arena;
};

/** submission_read() - @path, a file or a folder. Never NULL. */
struct submission *submission_read(const char *path);
/** submission_of() - the same of files that have been read. */
struct submission *submission_of(const struct handin *handin);
/** submission_new() - one that is there already, such as a solution: @root, borrowed, may be NULL.
 */
struct submission *submission_new(const char *path, const struct ynode *root);
void submission_free(struct submission *submission);

/** submission_student() - whom it says it is from, else its file's or folder's name. Free with
 * g_free(). */
char *submission_student(const struct submission *submission);
/** submission_hints_read() - the value of `hints`, which may be NULL; false, with a @message, when
 * it is no number of hints. */
bool submission_hints_read(const struct ynode *value, uint32_t *hints, const char **message);
/** submission_value() - the value of a key that is no node's, or NULL. */
const struct ynode *submission_value(const struct submission *submission, const char *key);
/** submission_changes() - the changes it makes to the network of @net; what is wrong with them
 * becomes findings. */
void submission_changes(struct submission *submission, struct net_tree *net, GPtrArray *edits);
/** submission_find() - a finding; @kind is a word for programs. @task, which may be NULL, names its
 * own files. */
void submission_find(struct submission *submission, const struct task *task, const char *kind,
                     struct text_pos at, const char *message);
/** submission_where() - {"file", "line", "column"}, or null where @at is nowhere. A new reference.
 */
json_t *submission_where(const struct submission *submission, const struct task *task,
                         struct text_pos at);

#endif
