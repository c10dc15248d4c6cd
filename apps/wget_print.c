/* wget's messages: times, sizes, rates, dots. */
#include <stdio.h>
#include <string.h>

#include "apps/wget.h"
#include "stack/services/wall_clock.h"

#define DOT_LEN      1024
#define DOTS_CLUSTER 10
#define DOTS_ROW     50
#define ROW_WIDTH    (DOTS_ROW + DOTS_ROW / DOTS_CLUSTER) /* columns of a row's dots */
#define TIME_MIN     SIM_USEC(1) /* reading takes some time, though no virtual time passes */

static void print(struct wget *wget, const char *format, va_list args)
{
    struct strbuf text = STRBUF_INIT;

    strbuf_vaddf(&text, format, args);
    process_write(wget->self, 2, strbuf_text(&text), text.len);
    strbuf_fini(&text);
}

void wget_log(struct wget *wget, const char *format, ...)
{
    va_list args;

    if (wget->quiet || wget->terse)
        return;
    va_start(args, format);
    print(wget, format, args);
    va_end(args);
}

void wget_say(struct wget *wget, const char *format, ...)
{
    va_list args;

    if (wget->quiet)
        return;
    va_start(args, format);
    print(wget, format, args);
    va_end(args);
}

const char *wget_time(struct wget *wget, char text[static WGET_TIME_MAX])
{
    struct wall_date d = wall_date(wall_seconds(process_now(wget->self)));

    snprintf(text, WGET_TIME_MAX, "%04u-%02u-%02u %02u:%02u:%02u", (unsigned)d.year % 10000,
             d.month % 100, d.day % 100, d.hour % 100, d.minute % 100, d.second % 100);
    return text;
}

/* @value / @unit with one digit behind the point below ten, rounded; as wget's human_readable()
 * shows it. */
void wget_size(uint64_t octets, char text[static 16])
{
    static const char units[] = "KMGTPE";
    uint64_t value = octets;
    int unit = 0;

    while (value >= 1024 * 1024 && units[unit + 1] != '\0') {
        value /= 1024;
        unit++;
    }
    if (value / 1024 < 10)
        snprintf(text, 16, "%.1f%c", (double)value / 1024.0, units[unit]);
    else
        snprintf(text, 16, "%d%c", (int)((double)value / 1024.0 + 0.5), units[unit]);
}

/* Octets a second in units of @unit, an index into "B K M G". */
static double rate_of(uint64_t octets, sim_time time, int *unit)
{
    double rate = (double)octets * 1e12 / (double)(time > TIME_MIN ? time : TIME_MIN);

    for (*unit = 0; rate >= 1024 && *unit < 3; ++*unit)
        rate /= 1024;
    return rate;
}

void wget_rate(uint64_t octets, sim_time time, char text[static 24])
{
    static const char *const units[] = { "B/s", "KB/s", "MB/s", "GB/s" };
    int unit;
    double rate = rate_of(octets, time, &unit);

    snprintf(text, 24, "%.*f %s", rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2, rate, units[unit]);
}

void wget_seconds(sim_time time, char text[static 16])
{
    double seconds = (double)(time / SIM_USEC(1)) / 1e6;

    if (seconds >= 9.95)
        snprintf(text, 16, "%.0f", seconds);
    else if (seconds >= 0.95)
        snprintf(text, 16, "%.1f", seconds);
    else if (seconds >= 0.001)
        snprintf(text, 16, "%.1g", seconds);
    else if (seconds >= 0.00005)
        snprintf(text, 16, "%.4f", seconds);
    else
        strcpy(text, "0");
}

/* ---- dots ---- */

void wget_dots_begin(struct wget *wget, uint64_t size)
{
    sim_time now = process_now(wget->self);

    wget->dots = (struct wget_dots){ .started = now, .row_started = now, .size = size };
    wget_log(wget, "\n     0K");
}

static void add_dot(struct wget *wget)
{
    wget_log(wget, "%s.", wget->dots.dots % DOTS_CLUSTER == 0 ? " " : "");
    wget->dots.dots++;
}

static void row_stats(struct wget *wget, bool last)
{
    static const char units[] = " KMG";
    struct wget_dots *dots = &wget->dots;
    sim_time now = process_now(wget->self), spent = now - dots->started;
    char text[16];
    int unit;
    double rate = rate_of(dots->row_octets, now - dots->row_started, &unit);

    if (dots->size > 0)
        wget_log(wget, "%3d%%", (int)(dots->octets * 100 / dots->size));
    if (dots->row_octets == 0)
        wget_log(wget, " 0.00 ");
    else
        wget_log(wget, " %4.*f%c", rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2, rate, units[unit]);
    if (last) {
        wget_seconds(spent, text);
        wget_log(wget, "=%ss", text);
    } else if (dots->size > dots->octets && dots->octets > 0) {
        double eta =
            (double)spent / 1e12 * (double)(dots->size - dots->octets) / (double)dots->octets;

        if (eta < 99.5)
            wget_log(wget, " %ds", (int)(eta + 0.5));
        else
            wget_log(wget, " %dm", (int)(eta / 60));
    }
}

void wget_dots_add(struct wget *wget, size_t len)
{
    struct wget_dots *dots = &wget->dots;

    dots->left_over += len;
    dots->octets += len;
    dots->row_octets += len;
    while (dots->left_over >= DOT_LEN) {
        dots->left_over -= DOT_LEN;
        add_dot(wget);
        if (dots->dots < DOTS_ROW)
            continue;
        row_stats(wget, false);
        dots->rows++;
        dots->dots = 0;
        dots->row_octets = dots->left_over;
        dots->row_started = process_now(wget->self);
        wget_log(wget, "\n%6uK", dots->rows * DOTS_ROW);
    }
}

void wget_dots_end(struct wget *wget)
{
    unsigned columns = wget->dots.dots + (wget->dots.dots + DOTS_CLUSTER - 1) / DOTS_CLUSTER;

    wget_log(wget, "%*s", (int)(ROW_WIDTH - columns), "");
    row_stats(wget, true);
    wget_log(wget, "\n\n");
}
