/* Topologies, scenarios and exercises are told apart by their names and their top-level keys. */
#ifndef WW_LAB_FILE_KIND_H
#define WW_LAB_FILE_KIND_H

#include "lab/reader.h"

enum lab_file_kind { LAB_FILE_TOPOLOGY, LAB_FILE_SCENARIO, LAB_FILE_EXERCISE, LAB_FILE_UNKNOWN };

/** file_kind_by_keys() - what the top-level keys of @root make it. */
enum lab_file_kind file_kind_by_keys(const struct ynode *root);

/** file_kind_is() - false, after saying so, where @root is plainly a file of another kind: better
 * said once than that each of its keys is unknown. */
bool file_kind_is(const struct reader *r, const struct ynode *root, enum lab_file_kind wanted);

#endif
