/* The commands of `wirewalk`, and what they share. A command gets its own words only: argv[0] is
 * its name. */
#ifndef WW_CLI_CLI_H
#define WW_CLI_CLI_H

#include <glib.h>
#include <stdbool.h>

enum cli_exit {
    CLI_MET = 0,    /* all expectations met */
    CLI_FAILED = 1, /* some expectation failed */
    CLI_WRONG = 2,  /* the user's files or arguments are wrong */
    CLI_BUG = 70,   /* our fault */
};

struct cli_command {
    const char *name;
    const char *summary; /* English, a message id */
    int (*main)(int argc, char **argv);
    bool by_ranks; /* mpirun may start it several times, for one run together */
};

int cmd_bench(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_draw(int argc, char **argv);
int cmd_exercise(int argc, char **argv);
int cmd_fmt(int argc, char **argv);
int cmd_grade(int argc, char **argv);
int cmd_packetdrill(int argc, char **argv);
int cmd_generate(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_shell(int argc, char **argv);
int cmd_step(int argc, char **argv);

/** cli_error() - a line on stderr, `wirewalk: ...`; @format is translated already. Returns
 * CLI_WRONG. */
int cli_error(const char *format, ...) G_GNUC_PRINTF(1, 2);
/**
 * cli_write_file() - @text becomes what is in @path. Written straight into it, never renamed over
 * it: a path may be a device, a pipe or a link.
 */
bool cli_write_file(const char *path, const char *text, GError **error);
/** cli_language() - "en" or "zh": what i18n_init() chose. */
const char *cli_language(void);
/** cli_colour() - whether standard output is a terminal that wants colours (NO_COLOR, TERM=dumb).
 */
bool cli_colour(void);
/** cli_width() - columns of the terminal, 100 where there is none. */
int cli_width(void);

#endif
