/*
 * A moment of a run, held by a process: the scenario as far as it has been run, and the log of how
 * it came to be so. What the stepper's processes look at, and what renders the answers.
 */
#ifndef WW_LAB_STEP_MOMENT_H
#define WW_LAB_STEP_MOMENT_H

#include "lab/run.h"
#include "lab/step_log.h"
#include "lab/step_wire.h"

struct ladder;
struct run_hash;

struct step_moment {
    struct run *run;
    struct step_log *log;
    struct run_hash *hash; /* NULL unless asked for: it costs time */
    struct step_position position;
    uint64_t stop_record;  /* what the last stop was for, or 0 */
    bool acted;            /* an act of the user's has happened */
    struct ladder *ladder; /* NULL unless this process draws one */
    struct arena acts;     /* texts of the user's acts */
};

/** step_moment_subject() - what the moment is about: the record of the stop, the frame that just
 * arrived, ...; or NULL. */
const struct step_entry *step_moment_subject(const struct step_moment *moment);
/**
 * step_look() - answer a command that changes nothing, "show", "tables pc1"; a line of its own
 * each. False: @out holds what is wrong with it.
 */
bool step_look(struct step_moment *moment, const char *line, GString *out);

/* step_why.c */
bool step_look_why(struct step_moment *moment, char **words, GString *out);
/** step_tell_causes() - append the causes of @entry, and @itself at the end. Returns the id of the
 * one that the log has forgotten, or 0. */
uint64_t step_tell_causes(const struct step_log *log, const struct step_entry *entry, bool itself,
                          GString *out);
/* step_why_not.c */
bool step_look_why_not(struct step_moment *moment, char **words, GString *out);
/* step_show.c */
bool step_look_show(struct step_moment *moment, char **words, GString *out);
bool step_look_hex(struct step_moment *moment, char **words, GString *out);
bool step_look_map(struct step_moment *moment, char **words, GString *out);

#endif
