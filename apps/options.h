/*
 * Command lines as getopt_long() of glibc reads them: short options in clusters, values attached or
 * not, long options that may be shortened, `--`, and operands between options (they are moved
 * behind). Messages are getopt's.
 */
#ifndef WW_APPS_OPTIONS_H
#define WW_APPS_OPTIONS_H

#include <stdbool.h>

#include "stack/socket/process.h"

struct option_name {
    const char *name; /* without "--"; NULL ends a list */
    int value;        /* what options_next() returns */
    bool has_value;
};

struct options {
    struct process *self;
    const char *shorts;  /* getopt's: "c:n" ; ':' behind a letter: it has a value */
    const char *refused; /* letters (with ':' as above) of the real tool that are not simulated */
    const struct option_name *longs; /* or NULL */
    /* results */
    const char *value; /* of the option just returned */
    int at;            /* first operand, once options_next() returned OPTIONS_END */
    /* inside */
    int next, cluster, operands; /* place in argv, in the word; operands moved behind it */
};

#define OPTIONS_END   (-1)
#define OPTIONS_ERROR (-2) /* the message has been printed: unknown option or missing value */
#define OPTIONS_REFUSED                                                                            \
    (-3) /* printed "NAME: option -X is not simulated by wirewalk": end with status 2 */

/** options_next() - the next option's letter or value, or one of the above. Start with self, shorts
 * ... and zeros. */
int options_next(struct options *options);

#endif
