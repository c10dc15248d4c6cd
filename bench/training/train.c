/*
 * Runs the workloads once, each small, for the compiler to see which way the branches of a frame's
 * path go (cmake/trained.cmake). Always the same, so that two builds of one source are alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

enum { SETTINGS_MAX = 3 };

struct setting {
    const char *option;
    uint64_t value;
};

struct lesson {
    const struct bench_workload *workload;
    struct setting settings[SETTINGS_MAX]; /* what differs from the workload's defaults */
};

static const struct lesson lessons[] = {
    { &bench_w1_line, { { "packets", 20000 } } },
    { &bench_w2_star, { { "hosts", 16 }, { "packets", 100000 } } },
    { &bench_w2_star, { { "hosts", 100 }, { "packets", 50000 } } },
    { &bench_w3_dumbbell, { { "flows", 10 }, { "seconds", 3000000 } } },
    { &bench_w3_dumbbell, { { "flows", 100 }, { "seconds", 1000000 }, { "cc", BENCH_CC_CUBIC } } },
    { &bench_w4_fattree, { { "k", 4 }, { "seconds", 2000 } } },
    { &bench_w5_build, { { "routers", 50 } } },
    { &bench_w6_hold, { { "pending", 1000 }, { "events", 200000 } } },
};

static void set(const struct bench_option *options, const struct setting *setting)
{
    const struct bench_option *option = options;

    while (option->name != NULL && strcmp(option->name, setting->option) != 0)
        option++;
    if (option->name == NULL) {
        fprintf(stderr, "ww_train: a workload has no option \"%s\"\n", setting->option);
        exit(EXIT_FAILURE);
    }
    *option->value = setting->value;
}

int main(void)
{
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++) {
        const struct lesson *lesson = &lessons[i];
        const struct bench_option *options = lesson->workload->options();

        for (size_t j = 0; j < SETTINGS_MAX && lesson->settings[j].option != NULL; j++)
            set(options, &lesson->settings[j]);
        lesson->workload->run();
    }
    return EXIT_SUCCESS;
}
