/*
 * Changes to a network before it comes to life: what an exercise breaks, and what a student mends.
 * A change has a path, `pc2.gateway`, `links.pc1:eth0`, `nodes.pc9`, which is what may be allowed
 * or locked, and is made in the topology's tree.
 */
#ifndef WW_LAB_CHANGE_H
#define WW_LAB_CHANGE_H

#include "lab/tree.h"

#define CHANGE_MAX 20000 /* changes of one file */

enum change_kind {
    CHANGE_SET,        /* a value below a node */
    CHANGE_REMOVE,     /* likewise */
    CHANGE_PLUG,       /* a cable, or what one is like */
    CHANGE_UNPLUG,     /* the cable at a port */
    CHANGE_ADD_NODE,   /* a node as a whole */
    CHANGE_DELETE_NODE /* with its cables */
};

struct change {
    enum change_kind kind;
    const char *path;   /* in messages, and for permission */
    const char *other;  /* PLUG: the path by the cable's other end; or NULL */
    const char **steps; /* SET, REMOVE: node, key, key ...; nodes: the name */
    uint32_t n_steps;
    const struct ynode *value; /* SET, ADD_NODE: it; PLUG: [a, b] or {ends: [a, b], ...} */
    const char *port;          /* UNPLUG: "pc1:eth0", or "*": all */
    struct text_pos at;        /* where it begins; it goes on to where the next one does */
    bool rejected;             /* it is not made */
};

/* A topology's tree that may be altered. */
struct net_tree {
    struct arena *arena;
    struct ynode *root;
};

/* Who is told what is wrong; @kind is a word for programs: "unknown", "invalid", "locked". */
struct change_complain {
    void (*complain)(void *ctx, const char *kind, struct text_pos at, const char *message);
    void *ctx;
};

/** net_tree_nodes() / net_tree_links() - the map of nodes; the list of links, made where it was not
 * written. */
struct ynode *net_tree_nodes(struct net_tree *net);
struct ynode *net_tree_links(struct net_tree *net);
/** net_tree_link_at() - the place of the cable at @port in the links, or UINT32_MAX. */
uint32_t net_tree_link_at(struct net_tree *net, const char *port);
/** net_tree_end() - the text of end 0 or 1 of a link, or NULL. */
const char *net_tree_end(const struct ynode *link, unsigned end);
/** net_tree_find() - the value at a path like "pc2.interfaces.eth0"; the short form of an interface
 * is its `address`. NULL: there is none. */
const struct ynode *net_tree_find(struct net_tree *net, const char *path);

/** change_read() - {pc2: {gateway: 192.168.1.1}, links: [...], nodes: {...}}, without keys of
 * @reserved (NULL-terminated), into @edits (of struct change, in the net's arena). */
void change_read(struct net_tree *net, const struct ynode *map, const char *const *reserved,
                 const struct change_complain *complain, GPtrArray *edits);
/** change_read_breaks() - [{node: pc2, set: {...}, remove: [...]}, {unplug: pc1:eth0}, ...]. */
void change_read_breaks(struct net_tree *net, const struct ynode *list,
                        const struct change_complain *complain, GPtrArray *edits);

/** change_apply() - make the change. */
void change_apply(struct net_tree *net, const struct change *edit,
                  const struct change_complain *complain);

/** change_path_matches() - whether @path is, or lies below, what @pattern (`pc*.gateway`) names. */
bool change_path_matches(const char *pattern, const char *path);
/** change_is_among() - whether a pattern of the list @patterns, which may be NULL, matches it. */
bool change_is_among(const struct ynode *patterns, const struct change *edit);

#endif
