/*
 * Questions of an exercise and their right answers, which the simulator finds in a run:
 *
 *     answer: 64, [a, b] or {equals: 64}                what is written
 *     answer: {one-of: [a, b]}, {matches: REGEX}
 *     answer: {field: ip.ttl, see: icmp, at: r1:a}      a field of the first (nth) such frame
 *     answer: {count: arp, at: sw1:p1}                  how many there are
 *     answer: {time-of: tcp SYN, by: pc1}               when, in seconds
 *     answer: {nodes: arp request, by: pc1}             which nodes it comes to
 *     answer: {order: [{card: ..., see: ...}, ...]}     in which order they happen
 *     answer: {cell: port, table: fdb, node: sw1, has: {mac: ...}, at: 5s}
 *     answer: {rows: arp, node: pc1}                    how many rows
 *     answer: {changed: mac, table: fdb, node: sw1, from: 1s, to: 5s}
 *     answer: {output: ID, matches: "ttl=([0-9]+)"}     from a command of the timeline
 *     answer: {blanks: {a: SOURCE, b: SOURCE}}          several in one question
 */
#ifndef WW_LAB_ANSWER_H
#define WW_LAB_ANSWER_H

#include "lab/task.h"

enum answer_kind { ANSWER_ONE, ANSWER_LIST, ANSWER_SET, ANSWER_ORDER };

/* What is right. */
struct answer_truth {
    uint32_t part;     /* index in the instance's parts */
    const char *blank; /* of a question with several; or NULL */
    const struct ynode *source;
    enum answer_kind kind;
    GPtrArray *values;   /* texts; of ONE each of them is right */
    GPtrArray *others;   /* ORDER: the cards' ids, which mean the same as their letters */
    const char *pattern; /* ONE: or what matches this; or NULL */
    double tolerance;
    bool known;
    uint32_t first, n; /* its expectations in the run */
    uint64_t frame;    /* of a field */
};

struct answer_set {
    const struct task_instance *instance;
    struct arena arena;
    GPtrArray *truths[2]; /* of struct answer_truth: of the run of the network as it was given, and
                             as the student leaves it (`on: mine`) */
};

/** answer_set_new() - the questions of @instance, nothing found yet; what is wrong with them goes
 * to
 * @r. */
struct answer_set *answer_set_new(const struct task_instance *instance, const struct reader *r);
void answer_set_free(struct answer_set *set);
/** answer_set_find() - find the answers in a run with the network @net; @mine: those of `on: mine`.
 */
void answer_set_find(struct answer_set *set, const struct net_tree *net, bool mine);
/** answer_set_check() - whether filters, tables and columns are right; errors go to @diags. */
void answer_set_check(struct answer_set *set, const struct net_tree *net, struct diag_list *diags);
/** answer_letter() - the letter under which card @index of @n of the question @id is shown to the
 * instance's student. */
char answer_letter(const struct task_instance *instance, const char *id, uint32_t n,
                   uint32_t index);

#endif
