#include "apps/curl_meter.h"

#include <stdio.h>
#include <string.h>

#define KILO UINT64_C(1024)
#define MEGA (KILO * KILO)
#define GIGA (KILO * MEGA)

void curl_meter_size(uint64_t octets, char text[static 8])
{
    unsigned long long n = octets;

    if (n < 100000)
        snprintf(text, 8, "%5llu", n);
    else if (n < 10000 * KILO)
        snprintf(text, 8, "%4lluk", n / KILO);
    else if (n < 100 * MEGA)
        snprintf(text, 8, "%2llu.%lluM", n / MEGA, n % MEGA / (MEGA / 10) % 10);
    else if (n < 10000 * MEGA)
        snprintf(text, 8, "%4lluM", n / MEGA);
    else if (n < 100 * GIGA)
        snprintf(text, 8, "%2llu.%lluG", n / GIGA, n % GIGA / (GIGA / 10) % 10);
    else
        snprintf(text, 8, "%4lluG", n / GIGA % 10000);
}

void curl_meter_time(int64_t seconds, char text[static 16])
{
    if (seconds <= 0)
        strcpy(text, "--:--:--");
    else if (seconds / 3600 <= 99)
        snprintf(text, 16, "%2d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                 (int)(seconds % 60));
    else
        snprintf(text, 16, "%3dd %02dh", (int)(seconds / 86400 % 1000), (int)(seconds / 3600 % 24));
}

uint64_t curl_meter_speed(uint64_t octets, sim_time time)
{
    uint64_t us = (uint64_t)(time / SIM_USEC(1));

    if (us == 0)
        return octets * 1000000;
    return octets < UINT64_MAX / 1000000 ? octets * 1000000 / us : octets / us * 1000000;
}

void curl_meter_reset(struct curl_meter *meter, bool on, sim_time now)
{
    *meter = (struct curl_meter){ .on = on, .started = now };
    curl_meter_begin(meter);
}

void curl_meter_begin(struct curl_meter *meter)
{
    meter->shown_at = -1;
    meter->downloaded = meter->uploaded = meter->size = 0;
    meter->size_known = false;
    meter->n_speeds = 0;
}

/* The speed of the last seconds, now that @meter has moved on. */
static uint64_t current_speed(struct curl_meter *meter, sim_time now, uint64_t average)
{
    unsigned last = meter->n_speeds % CURL_METER_SPEEDS, first;
    sim_time span;

    meter->speeds[last].octets = meter->downloaded + meter->uploaded;
    meter->speeds[last].at = now;
    meter->n_speeds++;
    if (meter->n_speeds == 1)
        return average;
    first = meter->n_speeds >= CURL_METER_SPEEDS ? meter->n_speeds % CURL_METER_SPEEDS : 0;
    span = (now - meter->speeds[first].at) / SIM_MSEC(1);
    return (meter->speeds[last].octets - meter->speeds[first].octets) * 1000 /
           (uint64_t)(span > 0 ? span : 1);
}

static unsigned percent(uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return 0;
    return (unsigned)(whole > 10000 ? part / (whole / 100) : part * 100 / whole);
}

static void show(struct curl_meter *meter, struct process *self)
{
    sim_time now = process_now(self), spent = now - meter->started;
    uint64_t down = curl_meter_speed(meter->downloaded, spent),
             up = curl_meter_speed(meter->uploaded, spent);
    uint64_t expected = (meter->size_known ? meter->size : meter->downloaded) + meter->uploaded;
    int64_t estimate = meter->size_known && down > 0 ? (int64_t)(meter->size / down) : 0;
    char sizes[6][8], times[3][16];

    curl_meter_size(expected, sizes[0]);
    curl_meter_size(meter->downloaded, sizes[1]);
    curl_meter_size(meter->uploaded, sizes[2]);
    curl_meter_size(down, sizes[3]);
    curl_meter_size(up, sizes[4]);
    curl_meter_size(current_speed(meter, now, down + up), sizes[5]);
    curl_meter_time(estimate, times[0]);
    curl_meter_time(spent / SIM_SEC(1), times[1]);
    curl_meter_time(estimate > 0 ? estimate - spent / SIM_SEC(1) : 0, times[2]);
    process_errorf(self, "\r%3u %s  %3u %s  %3u %s  %s  %s %s %s %s %s",
                   meter->size_known || meter->uploaded > 0
                       ? percent(meter->downloaded + meter->uploaded, expected)
                       : 0,
                   sizes[0], meter->size_known ? percent(meter->downloaded, meter->size) : 0,
                   sizes[1], meter->uploaded > 0 ? 100 : 0, sizes[2], sizes[3], sizes[4], times[0],
                   times[1], times[2], sizes[5]);
}

void curl_meter_update(struct curl_meter *meter, struct process *self)
{
    int64_t second = (process_now(self) - meter->started) / SIM_SEC(1);

    if (!meter->on || second == meter->shown_at)
        return;
    meter->shown_at = second;
    if (!meter->header_shown)
        process_errorf(
            self,
            "  %% Total    %% Received %% Xferd  Average Speed   Time    Time     Time  Current\n"
            "                                 Dload  Upload   Total   Spent    Left  Speed\n");
    meter->header_shown = true;
    show(meter, self);
}

void curl_meter_done(struct curl_meter *meter, struct process *self)
{
    if (!meter->on)
        return;
    meter->shown_at = -1;
    curl_meter_update(meter, self);
    process_errorf(self, "\n");
}
