/* Moving: forwards by running a twin of the present, backwards by running a twin of the past. */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/reader.h"
#include "lab/step_session.h"
#include "lab/step_words.h"

#define FOLLOW_AT_MOST                                                                             \
    SIM_SEC(30) /* a packet that did nothing for so long does nothing any more                     \
                 */

/* ---- telling ---- */

static bool tell_since(struct step *step, uint64_t events, bool all, GString *out)
{
    g_autofree char *line = g_strdup_printf("told %" PRIu64 "%s", events, all ? " all" : "");
    g_autoptr(GString) text = g_string_new(NULL);
    bool ok = step_look_at(step, step->here, line, text);

    g_string_append(out, text->str);
    return ok;
}

/* What a stop was for, where it is not among the lines told anyway. */
static void tell_record(struct step *step, uint64_t record, GString *out)
{
    g_autofree char *line = g_strdup_printf("about %" PRIu64, record);
    g_autoptr(GString) text = g_string_new(NULL);

    step_look_at(step, step->here, line, text);
    g_string_append(out, text->str);
}

static void tell_stop(struct step *step, const struct step_message *done, bool has_breaks,
                      GString *out)
{
    switch ((enum step_reason)done->reason) {
    case STEP_AT_STOP:
        tell_record(step, done->record, out);
        if (has_breaks && done->stop < step->breaks->len) {
            struct step_break *hit = step->breaks->pdata[done->stop];

            hit->hits++;
            g_string_append_printf(out, _("-- break %u: %s\n"), hit->id, hit->spec);
        }
        break;
    case STEP_AT_END:
        g_string_append_printf(out, "-- %s\n", _("the run is over"));
        break;
    case STEP_OUT_OF_EVENTS:
        g_string_append_printf(out, "-- %s\n", _("the run's event budget is spent"));
        break;
    case STEP_HALTED:
        g_string_append_printf(out, "-- %s\n", _("stopped"));
        break;
    case STEP_AT_GOAL:
    case STEP_ACTED:
        break;
    }
}

static enum step_answer arrived(struct step *step, struct step_point *point, GString *out)
{
    struct step_position before = step->here->at;

    step_settle(step, point);
    step->before = before;
    if (before.events == point->at.events && before.now <= point->at.now)
        return STEP_OK;
    if (before.events < point->at.events)
        return tell_since(step, before.events, false, out) ? STEP_OK : STEP_BROKEN;
    if (point->at.events == 0)
        g_string_append_printf(out, "-- %s\n", _("this is the start"));
    return tell_since(step, point->at.events - MIN(point->at.events, 1), false, out) ? STEP_OK
                                                                                     : STEP_BROKEN;
}

/* ---- forwards ---- */

/* With @stops; @must_hit: when none of them is hit, everything stays as it was. False: it was not.
 */
static bool forward(struct step *step, const struct step_goal *goal, const char *stops,
                    bool must_hit, struct step_message *done, enum step_answer *answer,
                    GString *out)
{
    struct step_message request = { .type = STEP_RUN, .goal = *goal };
    struct step_point *twin = step_twin(step, step->here);

    *answer = STEP_BROKEN;
    if (twin == NULL || !step_ask(step, twin, &request, stops, done, NULL))
        return true;
    if (must_hit && (done->reason == STEP_AT_END || done->reason == STEP_OUT_OF_EVENTS ||
                     (done->reason == STEP_AT_GOAL && goal->events == UINT64_MAX &&
                      goal->hops == UINT64_MAX))) {
        step_point_drop(step, twin);
        return false;
    }
    *answer = arrived(step, twin, out);
    return true;
}

static bool read_count(const char *word, guint64 *count, GString *out)
{
    *count = 1;
    if (word == NULL || (step_number(word, count) && *count > 0))
        return true;
    g_string_append_printf(out, _("how often? a number from 1, not \"%s\"\n"), word);
    return false;
}

static enum step_answer do_step(struct step *step, char **words, GString *out)
{
    struct step_goal goal = step_goal_none();
    struct step_message done;
    enum step_answer answer;
    guint64 count;

    if (!read_count(words[1], &count, out))
        return STEP_WRONG;
    goal.hops = step->here->at.hops + count;
    forward(step, &goal, "", false, &done, &answer, out);
    if (answer == STEP_OK)
        tell_stop(step, &done, false, out);
    return answer;
}

static enum step_answer do_event(struct step *step, char **words, GString *out)
{
    struct step_goal goal = step_goal_none();
    struct step_message done;
    enum step_answer answer;
    g_autoptr(GString) brief = g_string_new(NULL);
    guint64 count;
    uint64_t before = step->here->at.events;

    if (!read_count(words[1], &count, out))
        return STEP_WRONG;
    goal.events = before + count;
    forward(step, &goal, "", false, &done, &answer, brief);
    if (answer != STEP_OK)
        return answer;
    answer = tell_since(step, before, true, out) ? STEP_OK : STEP_BROKEN;
    if (out->len == 0 && done.reason == STEP_AT_GOAL)
        g_string_append_printf(out, "   (%s)\n", _("an event that leaves no record"));
    tell_stop(step, &done, false, out);
    return answer;
}

/* Run until one of @stops; if it never happens, stay and say @never. */
enum step_answer step_until_stop(struct step *step, const char *stops, const char *never,
                                 GString *out)
{
    struct step_goal goal = step_goal_none();
    struct step_message done;
    enum step_answer answer;

    if (!forward(step, &goal, stops, true, &done, &answer, out)) {
        g_string_append_printf(out, "%s\n", never);
        return STEP_WRONG;
    }
    if (answer == STEP_OK)
        tell_stop(step, &done, false, out);
    return answer;
}

bool step_stop_is_right(struct step *step, const char *stop, GString *out)
{
    g_autofree char *line = g_strdup_printf("check %s", stop);
    g_autoptr(GString) text = g_string_new(NULL);

    if (step_look_at(step, step->here, line, text))
        return true;
    g_string_append_printf(out, "%s\n", text->str);
    return false;
}

static enum step_answer do_next(struct step *step, char **words, GString *out)
{
    g_autofree char *stop = NULL;

    if (words[1] == NULL) {
        g_string_append_printf(out, "%s\n", _("next at which node? `next pc1`"));
        return STEP_WRONG;
    }
    stop = g_strdup_printf("arrival %s", words[1]);
    if (!step_stop_is_right(step, stop, out))
        return STEP_WRONG;
    return step_until_stop(step, stop, _("no frame arrives there any more"), out);
}

static enum step_answer do_run(struct step *step, GString *out)
{
    struct step_goal goal = step_goal_none();
    g_autofree char *stops = step_break_lines(step);
    struct step_message done;
    enum step_answer answer;

    forward(step, &goal, stops, false, &done, &answer, out);
    if (answer == STEP_OK)
        tell_stop(step, &done, true, out);
    return answer;
}

/* What became of the packet, in a moment when nothing happens to it any more. */
static enum step_answer tell_fate(struct step *step, struct step_point *later, const char *id,
                                  GString *out)
{
    g_autofree char *line = g_strdup_printf("fate %s", id);
    g_autoptr(GString) fate = g_string_new(NULL);
    bool ok = step_look_at(step, later, line, fate);

    g_string_append_printf(out, "%s\n%s", _("this is where its way ends; what came of it:"),
                           fate->str);
    step_point_drop(step, later);
    return ok ? STEP_OK : STEP_BROKEN;
}

static enum step_answer do_follow(struct step *step, GString *out)
{
    struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, done;
    g_autoptr(GString) id = g_string_new(NULL);
    g_autofree char *stop = NULL;
    struct step_point *twin;

    if (!step_look_at(step, step->here, "subject", id)) {
        g_string_append_printf(out, "%s\n", id->str);
        return STEP_WRONG;
    }
    stop = g_strdup_printf("follow %s", id->str);
    request.goal.time = step->here->at.now + FOLLOW_AT_MOST;
    twin = step_twin(step, step->here);
    if (twin == NULL || !step_ask(step, twin, &request, stop, &done, NULL))
        return STEP_BROKEN;
    return done.reason == STEP_AT_STOP ? arrived(step, twin, out)
                                       : tell_fate(step, twin, id->str, out);
}

static enum step_answer finish_command(struct step *step, const char *process, GString *out)
{
    g_autofree char *stop = g_strdup_printf("finish %s", process);

    return step_until_stop(step, stop, _("it never ends"), out);
}

static enum step_answer finish_dialogue(struct step *step, GString *out)
{
    g_autoptr(GString) id = g_string_new(NULL);
    g_autofree char *stop = NULL;

    if (!step_look_at(step, step->here, "subject", id)) {
        g_string_append_printf(out, "%s\n", id->str);
        return STEP_WRONG;
    }
    stop = g_strdup_printf("dialogue %s", id->str);
    if (!step_stop_is_right(step, stop, out))
        return STEP_WRONG;
    return step_until_stop(step, stop, _("the dialogue does not end before the run does"), out);
}

/* finish [command|dialogue]: the command where one still runs, else the dialogue, else whatever
 * program this comes from. */
static enum step_answer do_finish(struct step *step, char **words, GString *out)
{
    g_autoptr(GString) process = g_string_new(NULL), problem = g_string_new(NULL);
    bool command = words[1] == NULL || strcmp(words[1], "command") == 0;
    bool dialogue = words[1] == NULL || strcmp(words[1], "dialogue") == 0;
    bool found;
    enum step_answer answer;

    if (!command && !dialogue) {
        g_string_append_printf(out,
                               _("finish what? `finish command` or `finish dialogue`, not "
                                 "\"%s\"\n"),
                               words[1]);
        return STEP_WRONG;
    }
    found = command && step_look_at(step, step->here, "process", process);
    if (found)
        return finish_command(step, process->str, out);
    if (!dialogue) {
        g_string_append_printf(out, "%s\n", _("this follows from no command that still runs"));
        return STEP_WRONG;
    }
    answer = finish_dialogue(step, command ? problem : out);
    if (answer == STEP_WRONG && command && g_ascii_isdigit(process->str[0]))
        return finish_command(step, process->str, out);
    g_string_append(out, problem->str);
    return answer;
}

/* ---- to a place ---- */

static bool earlier(const struct step_position *at, const void *time)
{
    return at->now <= *(const sim_time *)time;
}

static enum step_answer go_to_time(struct step *step, sim_time time, GString *out)
{
    struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, done;
    struct step_point *from = step_newest(step, earlier, &time),
                      *twin = from != NULL ? step_twin(step, from) : NULL;
    enum step_answer answer;

    request.goal.time = time;
    if (twin == NULL || !step_ask(step, twin, &request, "", &done, NULL))
        return STEP_BROKEN;
    answer = arrived(step, twin, out);
    tell_stop(step, &done, false, out);
    return answer;
}

static bool fewer_frames(const struct step_position *at, const void *number)
{
    return at->frames < *(const uint64_t *)number;
}

static enum step_answer go_to_frame(struct step *step, uint64_t number, GString *out)
{
    struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, done;
    struct step_point *from = step_newest(step, fewer_frames, &number);
    struct step_point *twin = from != NULL ? step_twin(step, from) : NULL;
    g_autofree char *stop = g_strdup_printf("number %" PRIu64, number);

    if (number == 0) {
        g_string_append_printf(out, "%s\n", _("frames are counted from 1"));
        return STEP_WRONG;
    }
    if (twin == NULL || !step_ask(step, twin, &request, stop, &done, NULL))
        return STEP_BROKEN;
    if (done.reason != STEP_AT_STOP) {
        g_string_append_printf(out, _("there is no frame %" PRIu64 ": the run has %" PRIu64 "\n"),
                               number, done.position.frames);
        step_point_drop(step, twin);
        return STEP_WRONG;
    }
    return arrived(step, twin, out);
}

bool step_go(struct step *step, const struct step_position *position)
{
    struct step_position before = step->here->at;
    struct step_point *point = step_point_at(step, position);

    if (point == NULL)
        return false;
    step_settle(step, point);
    step->before = before;
    return true;
}

static enum step_answer do_goto(struct step *step, char **words, GString *out)
{
    const char *word = words[1];
    guint64 number;
    sim_time time;

    if (word != NULL && *word == '#')
        word++;
    if (word != NULL && step_number(word, &number) && words[2] == NULL)
        return go_to_frame(step, number, out);
    if (word != NULL && words[2] == NULL && time_parse(word, &time))
        return go_to_time(step, time, out);
    g_string_append_printf(
        out, "%s\n", _("go where? `goto 17` is where frame 17 arrives, `goto 3.5s` is a time"));
    return STEP_WRONG;
}

static enum step_answer do_until(struct step *step, const char *line, GString *out)
{
    const char *text = step_rest(line, 1);
    g_autofree char *stop = NULL;
    g_autoptr(GString) problem = g_string_new(NULL);
    sim_time time;

    if (*text == '\0') {
        g_string_append_printf(
            out, "%s\n", _("until what? `until 3s`, `until tcp SYN at web`, `until pc1 arp`"));
        return STEP_WRONG;
    }
    if (time_parse(text, &time)) {
        if (time >= step->here->at.now)
            return go_to_time(step, time, out);
        g_string_append_printf(out, "%s\n", _("that is in the past: `goto` leads there"));
        return STEP_WRONG;
    }
    stop = g_strdup_printf("when %s", text); /* a condition, or else what may follow `break` */
    if (!step_stop_is_right(step, stop, problem)) {
        g_free(stop);
        stop = g_strdup(text);
        if (!step_stop_is_right(step, stop, out))
            return STEP_WRONG;
    }
    return step_until_stop(step, stop, _("that never happens before the run ends"), out);
}

/* ---- backwards ---- */

static bool fewer_hops(const struct step_position *at, const void *hops)
{
    return at->events == 0 || at->hops < *(const uint64_t *)hops;
}

static enum step_answer do_back(struct step *step, char **words, GString *out)
{
    const struct step_position *here = &step->here->at;
    uint64_t hops = here->hops + (here->at_arrival && here->now == here->event_at ? 0 : 1), count,
             to;

    if (!read_count(words[1], &count, out))
        return STEP_WRONG;
    if (here->events == 0 && here->now == 0) {
        g_string_append_printf(out, "%s\n", _("this is the start"));
        return STEP_WRONG;
    }
    for (to = hops > count ? hops - count : 0;; to--) {
        struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, done;
        struct step_point *twin = step_twin(step, step_newest(step, fewer_hops, &to));

        request.goal.hops = to;
        if (to == 0)
            request.goal.events = 0;
        if (twin == NULL || !step_ask(step, twin, &request, "", &done, NULL))
            return STEP_BROKEN;
        if (to == 0 || twin->at.events < here->events || twin->at.now < here->now)
            return arrived(step, twin, out);
        step_point_drop(step, twin); /* several frames arrived in one event */
    }
}

static bool fewer_events(const struct step_position *at, const void *events)
{
    return at->events < *(const uint64_t *)events;
}

/* The stop that a search has found is where the session goes. */
static enum step_answer go_to_hit(struct step *step, const struct step_message *done,
                                  bool has_breaks, GString *out)
{
    if (!step_go(step, &done->position) || !tell_since(step, done->position.events - 1, false, out))
        return STEP_BROKEN;
    tell_stop(step, done, has_breaks, out);
    return STEP_OK;
}

/*
 * The last time before now that one of @stops was hit: from the nearest moment before up to now,
 * then from the one before that, and so on.
 */
enum step_answer step_search_back(struct step *step, const char *stops, bool has_breaks,
                                  GString *out)
{
    uint64_t bound = step->here->at.events, limit = bound;

    while (bound > 0) {
        struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, done;
        struct step_point *from = step_newest(step, fewer_events, &bound);
        struct step_point *twin = from != NULL ? step_twin(step, from) : NULL;

        if (twin == NULL)
            return STEP_BROKEN;
        request.goal.search = true;
        request.goal.events = limit;
        bound = from->at.events;
        if (!step_ask(step, twin, &request, stops, &done, NULL))
            return STEP_BROKEN;
        step_point_drop(step, twin);
        if (done.reason == STEP_AT_STOP)
            return go_to_hit(step, &done, has_breaks, out);
        if (done.reason == STEP_HALTED)
            break;
        limit = bound + 1; /* the event that led to that moment belongs to the stretch before */
    }
    g_string_append_printf(out, "%s\n", _("nothing of the kind happened before"));
    return STEP_WRONG;
}

static enum step_answer do_rback(struct step *step, char **words, GString *out)
{
    g_autofree char *stop = words[1] != NULL ? g_strdup_printf("arrival %s", words[1]) : NULL;

    if (stop == NULL) {
        g_string_append_printf(out, "%s\n", _("back to which node's last frame? `rback pc1`"));
        return STEP_WRONG;
    }
    return step_stop_is_right(step, stop, out) ? step_search_back(step, stop, false, out)
                                               : STEP_WRONG;
}

static enum step_answer do_runback(struct step *step, GString *out)
{
    g_autofree char *stops = step_break_lines(step);

    if (*stops == '\0') {
        g_string_append_printf(
            out, "%s\n",
            _("there are no breakpoints: `break ...` sets one, `goto 0s` is the start"));
        return STEP_WRONG;
    }
    return step_search_back(step, stops, true, out);
}

/* ---- all of them ---- */

static const char *const MOVES[] = { "step",  "next", "event", "follow", "finish",  "run",
                                     "until", "goto", "back",  "rback",  "runback", NULL };

bool step_is_move(const char *word)
{
    return g_strv_contains(MOVES, word);
}

enum step_answer step_do_move(struct step *step, char **words, const char *line, GString *out)
{
    const char *word = words[0];

    if (strcmp(word, "step") == 0)
        return do_step(step, words, out);
    if (strcmp(word, "next") == 0)
        return do_next(step, words, out);
    if (strcmp(word, "event") == 0)
        return do_event(step, words, out);
    if (strcmp(word, "follow") == 0)
        return do_follow(step, out);
    if (strcmp(word, "finish") == 0)
        return do_finish(step, words, out);
    if (strcmp(word, "run") == 0)
        return do_run(step, out);
    if (strcmp(word, "until") == 0)
        return do_until(step, line, out);
    if (strcmp(word, "goto") == 0)
        return do_goto(step, words, out);
    if (strcmp(word, "back") == 0)
        return do_back(step, words, out);
    return strcmp(word, "rback") == 0 ? do_rback(step, words, out) : do_runback(step, out);
}
