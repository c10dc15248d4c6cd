/* The stepper on a full screen: network, frame, frames and tables side by side, keyboard only, from
 * 80x24. */
#ifndef WW_CLI_STEP_SCREEN_H
#define WW_CLI_STEP_SCREEN_H

#include "lab/step.h"

/** step_screen() - let the user walk until they leave. Returns an exit status; CLI_WRONG: no
 * terminal for it, told. */
int step_screen(struct step *step, const char *title);

#endif
