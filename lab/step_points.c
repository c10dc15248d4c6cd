/* The processes of a session: which moments there are, and how to come to any other. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inspect/i18n.h"
#include "lab/step_session.h"

#define POINTS_MAX 40 /* processes that sleep at a moment */
#define POINTS_MIN 8
#define MEMORY_MAX                                                                                 \
    (UINT64_C(3) << 30) /* octets they may take together, if all their pages differed */
#define RECENT 4        /* of the newest before `here`, kept whatever their distance */

struct step_goal step_goal_none(void)
{
    return (struct step_goal){ .events = UINT64_MAX, .hops = UINT64_MAX, .time = SIM_TIME_NONE };
}

static struct step_point *add_point(struct step *step, int fd, const struct step_position *at,
                                    const GPtrArray *acts)
{
    struct step_point *point = g_new0(struct step_point, 1);

    point->fd = fd;
    point->at = *at;
    point->acts = g_ptr_array_new();
    for (guint i = 0; acts != NULL && i < acts->len; i++)
        g_ptr_array_add(point->acts, acts->pdata[i]);
    g_ptr_array_add(step->points, point);
    return point;
}

static void point_free(gpointer data)
{
    struct step_point *point = data;

    close(point->fd); /* the process sees the end of its socket, and ends */
    g_ptr_array_unref(point->acts);
    g_free(point);
}

void step_point_drop(struct step *step, struct step_point *point)
{
    g_ptr_array_remove(step->points, point);
}

static void thin_out(struct step *step, const struct step_position *present,
                     const struct step_point *busy);

/* ---- asking ---- */

/* Wait for a message; Ctrl-C meanwhile asks the process to halt. */
static bool wait_for(struct step *step, struct step_point *point)
{
    struct pollfd poll_fd = { .fd = point->fd, .events = POLLIN };

    for (;;) {
        if (step->interrupted) {
            struct step_message halt = { .type = STEP_HALT };

            step->interrupted = 0;
            step_wire_send(point->fd, &halt, NULL, -1);
        }
        if (poll(&poll_fd, 1, 200) > 0)
            return true;
        if (poll_fd.revents == 0 && errno != EINTR && errno != 0 && errno != EAGAIN)
            return false;
    }
}

bool step_ask(struct step *step, struct step_point *point, struct step_message *request,
              const char *text, struct step_message *answer, GString *out)
{
    int fd;

    if (!step_wire_send(point->fd, request, text, -1)) {
        step->broken = true;
        return false;
    }
    do {
        errno = 0;
        if (!wait_for(step, point) || !step_wire_receive(point->fd, answer, out, &fd)) {
            step->broken = true;
            return false;
        }
        if (answer->type == STEP_CHILD && answer->memory > 0)
            step->points_max = (guint)CLAMP(MEMORY_MAX / answer->memory, POINTS_MIN, POINTS_MAX);
        if (answer->type == STEP_CHILD && fd >= 0 && request->type != STEP_FORK) {
            add_point(step, fd, &answer->position, point->acts);
            thin_out(step, &answer->position, point);
        }
    } while (answer->type == STEP_CHILD && request->type != STEP_FORK);
    if (request->type == STEP_FORK) {
        answer->stop = (uint32_t)fd;
        return fd >= 0;
    }
    if (request->type == STEP_RUN)
        point->at = answer->position;
    return true;
}

bool step_look_at(struct step *step, struct step_point *point, const char *line, GString *out)
{
    struct step_message request = { .type = STEP_LOOK }, answer;

    return step_ask(step, point, &request, line, &answer, out) && answer.stop == 0;
}

/* ---- twins ---- */

static bool tell_acts(struct step *step, struct step_point *point)
{
    while (point->acts->len < step->branch->acts->len) {
        struct step_act *act = step->branch->acts->pdata[point->acts->len];
        struct step_message request = { .type = STEP_ACT }, answer;

        if (!step_ask(step, point, &request, act->entry, &answer, NULL))
            return false;
        g_ptr_array_add(point->acts, act);
    }
    return true;
}

struct step_point *step_twin(struct step *step, struct step_point *point)
{
    struct step_message request = { .type = STEP_FORK }, answer;
    struct step_point *twin;

    if (!step_ask(step, point, &request, NULL, &answer, NULL)) {
        step->broken = true;
        return NULL;
    }
    twin = add_point(step, (int)answer.stop, &point->at, point->acts);
    return tell_acts(step, twin) ? twin : NULL;
}

/* ---- choosing ---- */

/* Whether the branch passes through the moment: the same acts before it, and none it missed. */
static bool is_on_branch(const struct step *step, const struct step_point *point)
{
    const GPtrArray *acts = step->branch->acts;

    if (point->acts->len > acts->len)
        return false;
    for (guint i = 0; i < acts->len; i++) {
        const struct step_act *act = acts->pdata[i];

        if (i < point->acts->len ? point->acts->pdata[i] != act
                                 : act->at <= point->at.event_at || act->at < point->at.now)
            return false;
    }
    return true;
}

static int compare_positions(const struct step_position *a, const struct step_position *b)
{
    if (a->events != b->events)
        return a->events < b->events ? -1 : 1;
    return (a->now > b->now) - (a->now < b->now);
}

struct step_point *step_newest(struct step *step,
                               bool (*is_before)(const struct step_position *at, const void *limit),
                               const void *limit)
{
    struct step_point *best = NULL;

    for (guint i = 0; i < step->points->len; i++) {
        struct step_point *point = step->points->pdata[i];

        if (is_on_branch(step, point) && is_before(&point->at, limit) &&
            (best == NULL || compare_positions(&point->at, &best->at) > 0))
            best = point;
    }
    return best;
}

static bool not_after(const struct step_position *at, const void *limit)
{
    return compare_positions(at, limit) <= 0;
}

struct step_point *step_point_at(struct step *step, const struct step_position *position)
{
    struct step_point *from = step_newest(step, not_after, position), *twin;
    struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, answer;

    if (from == NULL)
        return NULL;
    twin = step_twin(step, from);
    if (twin == NULL || compare_positions(&twin->at, position) == 0)
        return twin;
    request.goal.events = position->events;
    request.goal.time = position->now;
    return step_ask(step, twin, &request, "", &answer, NULL) ? twin : NULL;
}

/* ---- which to keep ---- */

static int by_position(gconstpointer a, gconstpointer b)
{
    const struct step_point *x = *(struct step_point *const *)a,
                            *y = *(struct step_point *const *)b;
    int order = compare_positions(&x->at, &y->at);

    return order != 0 ? order : (x->fd > y->fd) - (x->fd < y->fd);
}

/*
 * How much would be missed: the gap that its neighbors would leave, against its distance from the
 * present. So the moments lie close together near the present, and ever farther apart behind and
 * before it.
 */
static double worth(const struct step *step, guint i, const struct step_position *present)
{
    const struct step_point *point = step->points->pdata[i], *before = step->points->pdata[i - 1];
    const struct step_point *after = i + 1 < step->points->len ? step->points->pdata[i + 1] : point;
    double here = (double)present->events, at = (double)point->at.events;
    double gap = (double)(after->at.events - before->at.events);

    if (!is_on_branch(step, point))
        gap /= 4;
    return (gap + 1) / ((at > here ? at - here : here - at) + 1);
}

/* Not the start, not what the session holds or waits for, not the newest before the present. */
static void thin_out(struct step *step, const struct step_position *present,
                     const struct step_point *busy)
{
    g_ptr_array_sort(step->points, by_position);
    while (step->points->len > step->points_max) {
        guint least = 0;
        unsigned newer = 0;

        for (guint i = step->points->len - 1; i > 0; i--) {
            const struct step_point *point = step->points->pdata[i];

            if (point == step->here || point == busy ||
                (point->at.events <= present->events && newer++ < RECENT))
                continue;
            if (least == 0 || worth(step, i, present) < worth(step, least, present))
                least = i;
        }
        g_ptr_array_remove_index(step->points, least);
    }
}

void step_settle(struct step *step, struct step_point *point)
{
    step->here = point;
    step->branch->last = point->at;
    if (compare_positions(&point->at, &step->branch->farthest) > 0)
        step->branch->farthest = point->at;
    thin_out(step, &point->at, point);
}

/* ---- life ---- */

bool step_points_begin(struct step *step, const struct step_worker_options *options, char **error)
{
    struct step_position start = { .event_at = -1 };
    struct step_message ready;
    g_autoptr(GString) text = g_string_new(NULL);
    struct step_point *root;
    int ends[2];
    pid_t pid;

    signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
    step->points = g_ptr_array_new_with_free_func(point_free);
    step->points_max = POINTS_MAX;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || (pid = fork()) < 0) {
        *error = g_strdup(g_strerror(errno));
        return false;
    }
    if (pid == 0) {
        close(ends[0]);
        step_worker_main(ends[1], step->scenario, options);
    }
    close(ends[1]);
    root = add_point(step, ends[0], &start, NULL);
    if (!step_wire_receive(root->fd, &ready, text, NULL) || ready.stop != 0) {
        *error = g_strdup(text->len > 0 ? text->str : _("the simulator could not be started"));
        return false;
    }
    root->at = ready.position;
    step->branch->last = step->branch->farthest = root->at;
    step->here = step_twin(step, root);
    return step->here != NULL;
}

void step_points_end(struct step *step)
{
    if (step->points != NULL)
        g_ptr_array_unref(step->points);
}
