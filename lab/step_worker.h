/* The process that runs the scenario for a stepper, and every sleeping twin of it. */
#ifndef WW_LAB_STEP_WORKER_H
#define WW_LAB_STEP_WORKER_H

#include "lab/run.h"

struct step_worker_options {
    struct run_options run;
    bool hash;
};

/** step_worker_main() - run @scenario as the messages on @fd ask. Never returns. */
_Noreturn void step_worker_main(int fd, const struct scenario *scenario,
                                const struct step_worker_options *options);

#endif
