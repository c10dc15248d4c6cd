/* What the files of the session (lab/step*.c, on the user's side) share. Nobody else includes it.
 */
#ifndef WW_LAB_STEP_SESSION_H
#define WW_LAB_STEP_SESSION_H

#include <signal.h>

#include "lab/step.h"
#include "lab/step_wire.h"

/* Something the user did: an entry of the timeline that the file does not have. */
struct step_act {
    sim_time at;
    char *entry; /* YAML, `{at: ...}` */
    char *words; /* as typed */
};

/* A run with the user's acts. Branch 0 is the file's own and has none. */
struct step_branch {
    unsigned id, parent;
    GPtrArray *acts;           /* of struct step_act, owned by the session; by time */
    struct step_position last; /* where the user was, there */
    struct step_position farthest;
};

/* A process that holds a moment. */
struct step_point {
    int fd;
    struct step_position at;
    GPtrArray *acts; /* those it knows of, a prefix of the branch's */
};

struct step_break {
    unsigned id;
    char *spec;
    guint64 hits;
};

struct step {
    const struct scenario *scenario;
    GPtrArray *points; /* of struct step_point, all but `here` asleep */
    guint points_max;  /* fewer where each takes much memory */
    struct step_point *here;
    struct step_position before; /* the last movement */
    GPtrArray *acts;             /* all, owned */
    GPtrArray *branches;
    struct step_branch *branch;
    GPtrArray *breaks;
    unsigned next_break;
    char *sought; /* by `find`; NULL: nothing yet */
    char *filter; /* of what `frames` shows; NULL: all */
    volatile sig_atomic_t interrupted;
    bool broken;
};

/* ---- step_points.c: moments and how to come to them ---- */

/** step_ask() - send @request with @text to @point and wait for the answer, *@answer and @out (may
 * be NULL). */
bool step_ask(struct step *step, struct step_point *point, struct step_message *request,
              const char *text, struct step_message *answer, GString *out);
/** step_look_at() - a command that changes nothing, at @point. False: it is wrong, @out says how.
 */
bool step_look_at(struct step *step, struct step_point *point, const char *line, GString *out);
/** step_twin() - a process like @point, with all acts of the branch. */
struct step_point *step_twin(struct step *step, struct step_point *point);
/** step_settle() - @point is where the session is now. */
void step_settle(struct step *step, struct step_point *point);
void step_point_drop(struct step *step, struct step_point *point);
/** step_point_at() - a process at exactly @position, which is before the farthest known; not
 * `here`. */
struct step_point *step_point_at(struct step *step, const struct step_position *position);
/** step_newest() - the newest moment that @is_before (never false for the start) on the branch. */
struct step_point *step_newest(struct step *step,
                               bool (*is_before)(const struct step_position *at, const void *limit),
                               const void *limit);
/** step_goal_none() - a goal without bounds. */
struct step_goal step_goal_none(void);
bool step_points_begin(struct step *step, const struct step_worker_options *options, char **error);
void step_points_end(struct step *step);

/* ---- step_move.c ---- */

enum step_answer step_do_move(struct step *step, char **words, const char *line, GString *out);
/** step_go() - to a known moment. */
bool step_go(struct step *step, const struct step_position *position);
/** step_until_stop() - run until one of @stops; if it never happens, stay and say @never. */
enum step_answer step_until_stop(struct step *step, const char *stops, const char *never,
                                 GString *out);
/** step_search_back() - to the last time before now that one of @stops was hit; @has_breaks: they
 * are the session's. */
enum step_answer step_search_back(struct step *step, const char *stops, bool has_breaks,
                                  GString *out);
/** step_stop_is_right() - whether @stop can be waited for; what is wrong goes to @out. */
bool step_stop_is_right(struct step *step, const char *stop, GString *out);
/** step_is_move() - whether @word is a command of movement. */
bool step_is_move(const char *word);

/* ---- step_find.c ---- */

/** step_do_find() - `find` and `rfind`. */
enum step_answer step_do_find(struct step *step, char **words, const char *line, GString *out);
enum step_answer step_do_filter(struct step *step, char **words, const char *line, GString *out);
enum step_answer step_do_frames(struct step *step, char **words, const char *line, GString *out);

/* ---- step_break.c ---- */

enum step_answer step_do_break(struct step *step, char **words, const char *line, GString *out);
/** step_break_lines() - the stops as step_stops_new() wants them. Free with g_free(). */
char *step_break_lines(const struct step *step);

/* ---- step_act.c ---- */

/** step_do_act() - STEP_OK or STEP_WRONG; *@known is false when @line is no act. */
enum step_answer step_do_act(struct step *step, char **words, const char *line, GString *out,
                             bool *known);

/* ---- step_fault.c ---- */

/** step_is_fault() - whether @word is `drop`, `edit` or another of the exact faults. */
bool step_is_fault(const char *word);
/** step_read_fault() - the fault that @line describes as the inside of an entry of the timeline;
 * NULL: it is wrong, @out says how. Free with g_free(). */
char *step_read_fault(struct step *step, char **words, const char *line, GString *out);

/* ---- step_help.c ---- */
enum step_answer step_help(const char *topic, GString *out);
/** step_usage() - append how the command is to be written. */
void step_usage(const char *name, GString *out);
/** step_takes_nothing() - whether nothing may stand behind it. */
bool step_takes_nothing(const char *name);
/** step_command_names() - all of them, NULL-terminated, static. */
const char *const *step_command_names(void);
/** step_full_name() - of a command that may be shortened; NULL: there is none, *@near the nearest.
 */
const char *step_full_name(const char *word, const char **near);

/* ---- step_diff.c ---- */
enum step_answer step_do_diff(struct step *step, GString *out);
enum step_answer step_do_tcp(struct step *step, char **words, GString *out);

#endif
