/*
 * What a scenario expects, judged: an observer that keeps what the expectations need while the run
 * goes on (never the frames themselves), and the results after it. Each failure says what was
 * expected, what was seen instead, at which frame and when, and where in the file it is written.
 *
 * How frames are looked at. A frame's own sending is its first RECORD_SEND; a node that passes it
 * on sends it again, and that is not its own. `by: X` means X's own sending. `at: X:eth0` means
 * that it passes this port, in or out; `at: X` any port of X. Where neither is written, `see`,
 * `never` and `order` look at every sending, own or not, and counts look at own ones alone, so that
 * every frame counts once; with `at: X` a frame counts once for its way in or, X's own, out.
 */
#ifndef WW_LAB_EXPECT_H
#define WW_LAB_EXPECT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "lab/diag.h"
#include "lab/run.h"

struct expect;

struct expect_result {
    bool ok;
    uint32_t entry;     /* whose `expect` it is: index in the timeline, or TOPO_NOWHERE */
    uint32_t expect;    /* index in the scenario's `expect`, or TOPO_NOWHERE */
    struct text_pos at; /* in the scenario's file */
    char *expected;     /* in the user's language, one line */
    char *seen;         /* what happened instead; may have several lines; NULL where @ok */
    uint64_t frame; /* the number of the frame it shows at, as the narration counts them; 0: none */
    sim_time time;  /* when; SIM_TIME_NONE: at no moment */
};

/**
 * expect_new() - watch @run, which has not started, for its scenario's expectations. NULL: a filter
 * or a field is wrong, the errors are in @diags. Free with expect_free() before the run.
 */
struct expect *expect_new(struct run *run, struct diag_list *diags);
/** expect_check() - find the errors expect_new() would find, and those of the timeline's filters,
 * without a network. */
bool expect_check(const struct scenario *scenario, struct diag_list *diags);
/**
 * expect_results() - judge, after the run's end: of struct expect_result, the commands' first, then
 * in the order of the file. Belongs to @expect.
 */
const GPtrArray *expect_results(struct expect *expect);
/* What was seen of an expectation of frames, met or not. */
struct expect_sighting {
    uint64_t n;     /* how often */
    uint64_t frame; /* of the first, or of the nth where scenario_see.nth asks for it; 0: never */
    sim_time at;
};
/** expect_seen() - of expectation @index, of kind SEE or COUNT, after the run. */
void expect_seen(const struct expect *expect, uint32_t index, struct expect_sighting *sighting);
/** expect_values() - of expectation @index, of kind TABLE: the values in @column of the rows that
 * fit all of `has`; NULL: their lines. Owned texts; g_ptr_array_unref() it. */
GPtrArray *expect_values(struct expect *expect, uint32_t index, const char *column);
/** expect_has_column() - whether a table has such a column. */
bool expect_has_column(enum scenario_table table, const char *column);
/** expect_command_words() - what a command must give, in the user's language. Free with g_free().
 */
char *expect_command_words(const struct scenario_result *result);
/** expect_storm_expected() - whether the scenario means its event budget to be spent. */
bool expect_storm_expected(const struct scenario *scenario);
/** expect_any() - whether anything is expected of a run of @scenario. */
bool expect_any(const struct scenario *scenario);
/** expect_finish() - at the end of a run that ranks share: all look at their tables for rank 0. */
void expect_finish(struct expect *expect);
void expect_free(struct expect *expect);

#endif
