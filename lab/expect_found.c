/* What was seen, for those who want to know and expect nothing. */
#include "lab/expect_internal.h"

void expect_seen(const struct expect *expect, uint32_t index, struct expect_sighting *sighting)
{
    const struct see_state *see = &expect->states[index].sees[0];
    const struct sighting *one = see->see->nth > 1 ? &see->nth : &see->first;

    *sighting = (struct expect_sighting){ see->n, one->frame, one->at };
}

GPtrArray *expect_values(struct expect *expect, uint32_t index, const char *column)
{
    struct expect_state *state = &expect->states[index];

    if (!state->looked && state->e->time == SIM_TIME_NONE)
        table_look(state);
    return table_values(state, column);
}

bool expect_has_column(enum scenario_table table, const char *column)
{
    return table_has_column(table, column);
}
