/* Generated networks: what they take of memory, and that everybody is answered in all of them. */
#include "lab_support.h"

#include <glib/gstdio.h>

#include "lab/generate.h"
#include "lab/run.h"
#include "lab/scenario.h"
#include "tests/support/in_use.h"

#define OCTETS_MAX 8192 /* for each host that has pinged another, with all that lies between */

static struct scenario *scenario_of(const struct generate_plan *plan)
{
    g_autofree char *folder = g_dir_make_tmp("large-XXXXXX", NULL);
    g_autofree char *net = g_build_filename(folder, "x.net.yaml", NULL);
    g_autofree char *walk = g_build_filename(folder, "x.walk.yaml", NULL);
    struct diag_list *diags = diag_list_new();
    GString *text = g_string_new(NULL);
    struct scenario *scenario;

    generate_topology(plan, text);
    OK(g_file_set_contents(net, text->str, -1, NULL));
    g_string_truncate(text, 0);
    generate_pings(plan, "x.net.yaml", text);
    OK(g_file_set_contents(walk, text->str, -1, NULL));
    scenario = scenario_load(walk, diags);
    g_string_free(text, TRUE);
    diag_list_free(diags);
    g_unlink(net);
    g_unlink(walk);
    g_rmdir(folder);
    return scenario;
}

/* All commands of a run end as its file says. Returns the octets in use behind it. */
static size_t run_pings(const struct generate_plan *plan)
{
    struct diag_list *diags = diag_list_new();
    size_t before = in_use(), octets;
    struct scenario *s = scenario_of(plan);
    struct run *run;

    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    run = run_new(s, &(struct run_options){ 0 }, diags);
    CU_ASSERT_PTR_NOT_NULL_FATAL(run);
    run->no_tables = true;
    run_all(run);
    octets = in_use() - before;
    OK(run->commands->len > 0);
    for (guint i = 0; i < run->commands->len; i++) {
        const struct run_command *command = run->commands->pdata[i];

        EQ(command->exit_status, s->timeline[command->entry].result.exit);
    }
    run_free(run);
    scenario_free(s);
    diag_list_free(diags);
    return octets;
}

static void a_host_that_has_pinged_through_routers_fits_into_eight_kibibytes(void)
{
    struct generate_plan plan = generate_defaults(GENERATE_RANDOM);
    size_t octets;

    plan.routers = 100;
    plan.hosts = 10;
    octets = run_pings(&plan) / (plan.routers * plan.hosts);
    FITS(octets, OCTETS_MAX);
}

static void a_building_may_have_more_floors_than_sixteen(void)
{
    struct generate_plan plan = generate_defaults(GENERATE_CAMPUS);

    plan.buildings = 1;
    plan.floors = 20;
    plan.hosts = 2;
    run_pings(&plan);
}

static void nobody_expects_an_answer_through_64_routers(void)
{
    struct generate_plan plan = generate_defaults(GENERATE_LINE);

    for (plan.routers = 63; plan.routers <= 64; plan.routers++)
        run_pings(&plan);
}

static bool names_events(uint64_t hosts)
{
    struct generate_plan plan = { .kind = GENERATE_STAR, .hosts = hosts };
    g_autoptr(GString) text = g_string_new(NULL);

    generate_pings(&plan, "x.net.yaml", text);
    return strstr(text->str, "\nevents: ") != NULL;
}

static void pings_of_many_hosts_get_the_events_they_need(void)
{
    OK(!names_events(2000));
    OK(names_events(4000)); /* each asks who has an address, and each of 4,000 hears it */
}

UNIT_MAIN("large networks", TEST(a_host_that_has_pinged_through_routers_fits_into_eight_kibibytes),
          TEST(a_building_may_have_more_floors_than_sixteen),
          TEST(nobody_expects_an_answer_through_64_routers),
          TEST(pings_of_many_hosts_get_the_events_they_need))
