/* `programs` of scenarios, and NAME.sock.yaml. */
#include "lab_support.h"

#include "lab/run.h"
#include "lab/scenario.h"

static struct scenario *parse(const char *lines, const char *expected)
{
    g_autofree char *text =
        g_strconcat("wirewalk: 1\ntopology: ../topologies/two-hosts.net.yaml\n", lines, NULL);
    struct diag_list *diags = diag_list_new();
    struct scenario *s = scenario_parse("scenarios/x.sock.yaml", text, strlen(text), NULL, diags);

    OK(diags_match(diags, text, expected));
    diag_list_free(diags);
    return s;
}

static void programs_become_scripts_and_entries_that_start_them(void)
{
    struct scenario *s = parse("programs:\n"
                               "  b: {host: pc2, at: 2s, steps: [udp]}\n"
                               "  a:\n"
                               "    host: pc1\n"
                               "    ends: false\n"
                               "    steps:\n"
                               "      - tcp -> ok\n"
                               "      - loop 2:\n"
                               "          - fork x: [recvtext -> \"hello\"]\n"
                               "          - close\n"
                               "timeline:\n"
                               "  - {at: 1s, host: pc1, run: hostname}\n",
                               "");

    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    EQ(s->n_scripts, 2);
    EQ(s->scripts[0].node, 1);
    EQ_STR(s->scripts[0].path, "/x.sock.yaml");
    EQ_STR(s->scripts[1].program, "a");
    EQ_STR(s->scripts[1].text,
           "tcp -> ok\nloop 2 {\nfork x {\nrecvtext -> \"hello\"\n}\nclose\n}\n");
    EQ(s->n_timeline, 3);
    EQ_STR(s->timeline[0].run.text, "sock x.sock.yaml a");
    EQ_STR(s->timeline[0].id, "a");
    OK(!s->timeline[0].result.has_exit);
    EQ_STR(s->timeline[1].run.text, "hostname");
    EQ(s->timeline[2].time, SIM_SEC(2));
    OK(s->timeline[2].result.has_exit);
    scenario_free(s);
}

static void mistakes_are_named_where_they_stand(void)
{
    OK(parse("programs:\n"
             "  a b: {host: pc9, steps: [tcp, conect 1.2.3.4:5, tcp; udp]}\n"
             "  c: {hos: pc1, steps: tcp}\n"
             "  d: {host: pc1, steps: [{loop x: [close]}, {a: b}]}\n"
             "  e: {host: pc1}\n",
             "4:3 name is one word\n4:15 no node \"pc9\"\n4:33 did you mean 'connect'\n"
             "4:51 one call, not 2\n5:3 `host` is missing\n5:7 no key \"hos\"\n"
             "5:24 steps are a list\n6:27 loop takes\n6:45 a step is a text\n"
             "7:3 `steps` is missing\n") == NULL);
    OK(parse("programs: [a]\n", "3:11 map of names\n") == NULL);
    OK(parse("timeline: [{at: 0s, host: pc1, run: sock nothing.sock.yaml}]\n",
             "3:37 no file scenarios/nothing.sock.yaml\n") == NULL);
}

static void a_command_runs_a_program_of_a_file(void)
{
    struct diag_list *diags = diag_list_new();
    struct run_command *command;
    struct scenario *s =
        parse("until: 3s\n"
              "timeline:\n"
              "  - {at: 0s, host: pc2, run: sock echo-server.sock.yaml server}\n"
              "  - {at: 1s, host: pc1, run: sock echo-server.sock.yaml second}\n"
              "  - {at: 2s, host: pc1, run: p=server; sock echo-server.sock.yaml $p}\n",
              "");
    struct run *run;

    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    run = run_new(s, &(struct run_options){ 0 }, diags);
    CU_ASSERT_PTR_NOT_NULL_FATAL(run);
    run_all(run);
    command = run->by_entry[1];
    EQ_STR(run_command_out(command),
           "second: tcp -> ok\nsecond: connect 192.168.1.2:8080 -> ok\nsecond: close -> ok\n");
    EQ(command->exit_status, 0);
    EQ_STR(run_command_err(run->by_entry[2]),
           "sock: echo-server.sock.yaml: no program 'server' of this host\n");
    run_free(run);
    scenario_free(s);
    diag_list_free(diags);
}

/* The file has a server on pc2 and a client on pc1. */
static void a_program_that_the_file_does_not_have_is_an_error(void)
{
    static const char *const file = "sock ../tests/unit/lab/test.sock.yaml";
    g_autofree char *lines = g_strdup_printf("timeline:\n"
                                             "  - {at: 0s, host: pc1, run: %s clint}\n"
                                             "  - {at: 0s, host: pc1, run: %s server}\n"
                                             "  - {at: 0s, host: pc1, run: %s client > x}\n"
                                             "  - {at: 0s, host: pc2, run: %s}\n",
                                             file, file, file, file);

    OK(parse(lines, "4:30 has no program `clint` for the host `pc1`; did you mean `client`?\n"
                    "5:30 has no program `server` for the host `pc1`\n") == NULL);
}

static void shell_lines_are_looked_at_beside_other_mistakes(void)
{
    OK(parse("sede: 1\n"
             "timeline:\n"
             "  - {at: 0s, host: pc1, run: pingg 10.0.0.1}\n",
             "3:1 no key \"sede\"\n5:30 no host has a command `pingg`\n") == NULL);
}

UNIT_MAIN("programs", TEST(programs_become_scripts_and_entries_that_start_them),
          TEST(mistakes_are_named_where_they_stand), TEST(a_command_runs_a_program_of_a_file),
          TEST(a_program_that_the_file_does_not_have_is_an_error),
          TEST(shell_lines_are_looked_at_beside_other_mistakes))
