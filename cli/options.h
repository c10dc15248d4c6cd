/*
 * Command lines: `--name VALUE`, `--name=VALUE`, `-n VALUE`, flags, `--`, and operands between
 * them. A long name may be shortened while it stays unique. Messages are in the user's language,
 * with the near name of a mistyped option.
 */
#ifndef WW_CLI_OPTIONS_H
#define WW_CLI_OPTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/time.h"

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char *, borrowed from argv */
    OPTION_NUMBER, /* uint64_t */
    OPTION_TIME,   /* sim_time: "2s", "1.5ms" */
    OPTION_CHOICE, /* unsigned: place in @choices */
};

struct cli_option {
    const char *name; /* without "--" */
    char letter;      /* or 0 */
    enum option_kind kind;
    void *target;
    bool *given;         /* set when it was there; may be NULL */
    const char *value;   /* "FILE", a message id; NULL for a flag */
    const char *choices; /* "text|json" */
    const char *help;    /* a message id */
};

struct cli_syntax {
    const char *usage; /* "run [OPTION...] FILE.walk.yaml" */
    const char *about; /* a paragraph, a message id */
    const struct cli_option *options;
    size_t n_options;
    const char *more; /* examples and notes behind the options, a message id; or NULL */
};

/**
 * options_read() - the words behind argv[0]. Operands go to @operands (borrowed). False: the
 * command ends now with
 * *@status, after --help or a mistake, which has been told.
 */
bool options_read(const struct cli_syntax *syntax, int argc, char **argv, GPtrArray *operands,
                  int *status);

#endif
