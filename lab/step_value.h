/*
 * What a stepper can watch: a described value of a node, or how many frames wait at a port.
 *
 *     pc1 arp                       a whole table
 *     pc1 arp 10.0.0.2              its rows that hold that word
 *     pc1 tcp 10.0.0.2:80 cwnd      a field of the first such row
 *     queue pc1:eth0                frames waiting there to be sent
 */
#ifndef WW_LAB_STEP_VALUE_H
#define WW_LAB_STEP_VALUE_H

#include <glib.h>
#include <stdbool.h>

#include "sim/sim.h"

struct step_value {
    struct node *node;         /* NULL: a queue */
    struct iface *port;        /* of a queue */
    char *table, *key, *field; /* key and field may be NULL */
    char *text;
};

enum step_compare { STEP_NO_COMPARE, STEP_EQ, STEP_NE, STEP_LT, STEP_LE, STEP_GT, STEP_GE };

struct step_condition { /* VALUE [OPERATOR OPERAND] */
    struct step_value value;
    enum step_compare compare;
    char *operand;
};

/** step_table_name() - what `arp`, `mac`, `routes` and so on are called in the nodes' own words. */
const char *step_table_name(const char *word);

/** step_find_node() - by name; NULL with *@error naming the nearest. */
struct node *step_find_node(const struct sim *sim, const char *name, char **error);
/** step_find_port() - "node:interface", or an interface's only node's name; NULL with *@error. */
struct iface *step_find_port(const struct sim *sim, const char *text, char **error);

/** step_condition_parse() - @text; false with *@error, a message (g_free()). End with
 * step_condition_fini(). */
bool step_condition_parse(struct step_condition *condition, const struct sim *sim, const char *text,
                          char **error);
void step_condition_fini(struct step_condition *condition);
/** step_value_read() - append the value as it is now; nothing where there is no such row. */
void step_value_read(const struct step_value *value, GString *out);
/** step_condition_holds() - whether the comparison is true now; without one, whether there is such
 * a value. */
bool step_condition_holds(const struct step_condition *condition);

#endif
