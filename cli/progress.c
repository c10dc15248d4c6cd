#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "inspect/i18n.h"
#include "inspect/render.h"

#define FIRST_AFTER                                                                                \
    (1000 * G_TIME_SPAN_MILLISECOND) /* a run that is over sooner needs no such line */
#define AGAIN_AFTER (200 * G_TIME_SPAN_MILLISECOND)

void progress_begin(struct progress *progress, const struct run *run, bool wanted)
{
    *progress = (struct progress){ .run = run,
                                   .wanted = wanted,
                                   .next = g_get_monotonic_time() + FIRST_AFTER };
}

static bool is_time(struct progress *progress)
{
    if (!progress->wanted || g_get_monotonic_time() < progress->next)
        return false;
    progress->next = g_get_monotonic_time() + AGAIN_AFTER;
    progress->shown = true;
    return true;
}

void progress_tell(struct progress *progress, const char *text)
{
    if (!is_time(progress))
        return;
    fprintf(stderr, "\r%s\033[K", text);
    fflush(stderr);
}

void progress_show(struct progress *progress)
{
    const struct run *run = progress->run;
    g_autoptr(GString) at = g_string_new(NULL), until = g_string_new(NULL);
    sim_time now = sim_now(run->network->sim);

    if (!is_time(progress))
        return;
    render_moment(at, now, 3);
    render_moment(until, run->until, 0);
    fputc('\r', stderr);
    fprintf(stderr, _("%s s of %s s (%d%%), %" PRIu64 " frames received"), at->str, until->str,
            (int)(now / MAX(run->until / 100, 1)), sim_hops(run->network->sim));
    fputs("\033[K", stderr);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}
