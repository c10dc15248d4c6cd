/*
 * YAML text -> a tree of nodes that know where they stand. The only file that knows libyaml
 * (through yaml_tree.c).
 *
 * Refused: what is not UTF-8, aliases, anchors, tags, merge keys, keys that are not plain texts,
 * duplicate keys, a second document, nesting deeper than 64, too many nodes. No scalar is given a
 * type here: 012, no and 22:30 are texts, and the schema says what they mean.
 */
#ifndef WW_LAB_YAML_TREE_H
#define WW_LAB_YAML_TREE_H

#include "base/memory.h"
#include "lab/diag.h"

#define YTREE_DEPTH_MAX 64
#define YTREE_NODES_MAX 40000000u
#define YTREE_LEN_MAX   ((size_t)256 << 20) /* octets */

enum ynode_kind { YNODE_TEXT, YNODE_MAP, YNODE_LIST };

struct ynode {
    enum ynode_kind kind;
    bool quoted;   /* a text in quotes or a block text: "" is a text, a plain nothing is null */
    bool flow;     /* a map in braces, a list in brackets */
    bool roomy;    /* lab/tree.c has made its items: as many fit as the next power of two */
    bool repeated; /* a key that the map had already */
    uint32_t n;    /* YNODE_LIST: items; YNODE_MAP: pairs; YNODE_TEXT: octets */
    struct text_pos at;
    uint32_t end_line; /* where its last character stands */
    union {
        const char *text;     /* YNODE_TEXT: NUL-terminated, no NUL inside */
        struct ynode **items; /* YNODE_LIST: n of them; YNODE_MAP: key 0, value 0, key 1, ...: 2n */
    };
};

struct ytree_comment {
    struct text_pos at;
    bool own_line;    /* nothing but spaces before it */
    const char *text; /* from the '#' on */
};

struct ytree {
    struct ynode *root;
    uint32_t n_comments; /* with YTREE_COMMENTS */
    struct ytree_comment *comments;
    struct arena arena;
};

enum {
    YTREE_COMMENTS = 1, /* keep the comments, for a formatter */
    YTREE_FAULTY = 2,   /* a tree, too, of a file whose errors one can look past, so that the
                           others are found: a key twice (the first one counts), anchors, tags */
};

/** ytree_parse() - the tree of @text, or NULL after any error, a key twice too (but see
 * YTREE_FAULTY). Errors go to @diags, named @file. Free with ytree_free(). */
struct ytree *ytree_parse(const char *file, const char *text, size_t len, unsigned flags,
                          struct diag_list *diags);
void ytree_free(struct ytree *tree);

static inline struct ynode *ynode_key(const struct ynode *map, uint32_t i)
{
    return map->items[2 * i];
}

static inline struct ynode *ynode_value(const struct ynode *map, uint32_t i)
{
    return map->items[2 * i + 1];
}

/** ynode_is_null() - nothing at all, `~` or `null`, without quotes. */
bool ynode_is_null(const struct ynode *node);
/** ynode_get() - the value of @key in @map, or NULL. Walks the map: for few keys. */
struct ynode *ynode_get(const struct ynode *map, const char *key);

#endif
