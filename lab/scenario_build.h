/* What scenario.c and scenario_expect.c share while a scenario is being read. Nobody else includes
 * it. */
#ifndef WW_LAB_SCENARIO_BUILD_H
#define WW_LAB_SCENARIO_BUILD_H

#include "lab/reader.h"
#include "lab/scenario.h"

struct scenario_build {
    struct reader r;
    struct scenario *s;
    struct topology *t;      /* NULL: it could not be read, so that names cannot be checked */
    GHashTable *ids;         /* `as` -> index + 1 in s->timeline */
    const char **node_names; /* for hints; made when first needed */
    GArray *scripts;         /* of struct scenario_script; NULL: scripts are not looked for */
    GArray *program_entries; /* of struct scenario_entry: what starts the programs */
    bool no_files;           /* files that commands name are not opened */
};

/* scenario.c; each says what is wrong, and returns false or TOPO_NOWHERE then. */
bool scenario_read_filter(struct scenario_build *b, const struct ynode *node, const char *what,
                          struct scenario_text *text);
uint32_t scenario_read_node(struct scenario_build *b, const struct ynode *node, const char *what);
struct topo_iface *scenario_read_port(struct scenario_build *b, const struct ynode *node,
                                      const char *what);
bool scenario_read_place(struct scenario_build *b, const struct ynode *node, const char *what,
                         struct scenario_place *place);
/** scenario_read_command() - the timeline entry whose `as` is @node. */
uint32_t scenario_read_command(struct scenario_build *b, const struct ynode *node,
                               const char *what);

/* A command's result: the keys of `expect` in a timeline entry, and of a `command` expectation. */
enum result_key {
    RESULT_EXIT,
    RESULT_STDOUT,
    RESULT_NOT_STDOUT,
    RESULT_STDERR,
    RESULT_NOT_STDERR,
    RESULT_WITHIN,
    RESULT_N_KEYS
};
#define RESULT_NAMES "exit", "stdout", "not-stdout", "stderr", "not-stderr", "within"
void scenario_read_result(struct scenario_build *b, const struct ynode **values,
                          struct scenario_result *result);

/* scenario_programs.c */
/** scenario_read_programs() - the key `programs`: their texts, and entries that start them. */
void scenario_read_programs(struct scenario_build *b, const struct ynode *map);
/** scenario_load_scripts() - the files that a shell line on @node gives to `sock`. */
void scenario_load_scripts(struct scenario_build *b, const char *line, uint32_t node,
                           struct text_pos at);

/* scenario_line.c */
/** scenario_check_entry_line() - what is wrong with the shell line of @entry; @s may be NULL. */
void scenario_check_entry_line(const struct reader *r, const struct scenario *s,
                               const struct scenario_entry *entry);

/* scenario_expect.c */
void scenario_read_expects(struct scenario_build *b, const struct ynode *list);

#endif
