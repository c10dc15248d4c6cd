/*
 * YAML trees as something to work on: copies that may be altered, and comparisons. Everything new
 * lives in an arena; a tree that is altered was copied there before.
 */
#ifndef WW_LAB_TREE_H
#define WW_LAB_TREE_H

#include <glib.h>

#include "lab/yaml_tree.h"

/** tree_copy() - a deep copy. */
struct ynode *tree_copy(struct arena *arena, const struct ynode *node);
struct ynode *tree_text(struct arena *arena, struct text_pos at, const char *text);
struct ynode *tree_map(struct arena *arena, struct text_pos at);
struct ynode *tree_list(struct arena *arena, struct text_pos at);
/** tree_printf() - a text. */
struct ynode *tree_printf(struct arena *arena, struct text_pos at, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/** tree_put() - @value under @key, instead of what was there; a new key goes to the end, and stands
 * where the value does. tree_put_at() - it stands at @key_at. */
void tree_put(struct arena *arena, struct ynode *map, const char *key, struct ynode *value);
void tree_put_at(struct arena *arena, struct ynode *map, const char *key, struct text_pos key_at,
                 struct ynode *value);
/** tree_drop() - without @key; false: there was none. */
bool tree_drop(struct ynode *map, const char *key);
void tree_append(struct arena *arena, struct ynode *list, struct ynode *item);
/** tree_drop_item() - without the item at @index. */
void tree_drop_item(struct ynode *list, uint32_t index);

/** tree_mark() - every position of the tree is in @source, diag_list_set_source(). */
void tree_mark(struct ynode *node, unsigned source);
/** tree_equal() - the same texts in the same lists; the order of a map's keys does not matter. */
bool tree_equal(const struct ynode *a, const struct ynode *b);
/** tree_write() - append the tree on one line, `{gateway: 192.168.1.1}`: for people and as a key;
 * quoted only where it could be misread. */
void tree_write(GString *out, const struct ynode *node);
/** tree_write_text() - append @text, quoted where it could be misread. */
void tree_write_text(GString *out, const char *text);

#endif
