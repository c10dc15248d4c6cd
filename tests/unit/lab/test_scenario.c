#include "lab_support.h"

#include "base/drop.h"
#include "lab/scenario.h"

/* A scenario in the visit-baidu network, which must be right. */
static struct scenario *load(const char *lines)
{
    g_autofree char *text =
        g_strconcat("wirewalk: 1\ntopology: ../topologies/visit-baidu.net.yaml\n", lines, NULL);
    struct diag_list *diags = diag_list_new();
    struct scenario *s = scenario_parse("scenarios/x.walk.yaml", text, strlen(text), NULL, diags);

    OK(diags_match(diags, text, ""));
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    diag_list_free(diags);
    return s;
}

static void the_example_of_the_format_is_read(void)
{
    struct scenario *s =
        load("seed: 7\nuntil: 120s\ntimeline:\n"
             "  - {at: 0s,  host: pc1, run: dhclient eth0, expect: {exit: 0}}\n"
             "  - {at: 5s,  host: pc1, run: curl http://www.baidu.com/, as: visit, expect: {exit: "
             "0, stdout: 百度一下, within: 3s}}\n"
             "  - {at: 60s, link: \"gw:wan\", set: {state: down}}\n"
             "  - {at: 61s, host: pc1, run: ping -c 1 203.0.113.80, expect: {exit: 1}}\n"
             "expect:\n"
             "  - order: [{see: arp request, by: pc1, for: 192.168.1.1}, {see: dns query, by: "
             "pc1}, {see: tcp SYN, by: pc1}, {see: http GET, by: pc1}]\n"
             "  - {hops: visit, field: ip.dst, rule: constant}\n"
             "  - {hops: visit, field: eth.dst, rule: changes at every router}\n"
             "  - {never: \"tcp\", at: pc2, after: 6s}\n"
             "  - {count: \"arp\", at: \"sw1:p1\", equals: 2}\n"
             "  - {at: 30s, node: pc1, table: arp, has: {ip: 192.168.1.1, mac: \"@gw:lan\"}}\n");
    const struct scenario_expect *e = s->expects;

    EQ(s->seed, 7);
    EQ(s->until, SIM_SEC(120));
    EQ_STR(s->topology_file, "scenarios/../topologies/visit-baidu.net.yaml");
    EQ(s->n_timeline, 4);
    EQ(s->timeline[1].time, SIM_SEC(5));
    EQ_STR(s->timeline[1].id, "visit");
    EQ_STR(s->timeline[1].run.text, "curl http://www.baidu.com/");
    EQ(s->timeline[1].result.within, SIM_SEC(3));
    EQ_STR(s->timeline[1].result.stdout_has[0].text, "百度一下");
    EQ(s->timeline[2].link, 3);
    EQ(s->timeline[2].set, SCENARIO_SET_STATE);
    OK(s->timeline[2].values.down);
    EQ(s->timeline[3].result.exit, 1);
    EQ(s->n_expects, 6);
    EQ(e[0].n_sees, 4);
    OK(e[0].sees[0].subject_is_addr);
    EQ(e[0].sees[0].by, 0);
    EQ_STR(e[0].sees[3].filter.text, "http GET");
    EQ(e[1].entry, 1);
    EQ(e[2].rule, SCENARIO_CHANGES_AT_ROUTERS);
    EQ(e[3].sees[0].after, SIM_SEC(6));
    EQ(e[3].sees[0].place.node, 1);
    EQ(e[3].sees[0].place.iface, TOPO_NOWHERE);
    EQ(e[4].min, 2);
    EQ(e[4].max, 2);
    EQ(e[4].sees[0].place.iface, 0);
    EQ(e[4].sees[0].filter.at.line, 15);
    EQ(e[4].sees[0].filter.at.column, 13);
    EQ_STR(e[5].has[0].cells[1].value, "02:00:00:00:04:01");
    OK(e[5].has[0].cells[1].is_mac);
    EQ(e[5].time, SIM_SEC(30));
    scenario_free(s);
}

static void entries_are_sorted_by_time_and_then_by_place(void)
{
    struct scenario *s =
        load("timeline:\n  - {at: 2s, host: pc1, run: ps}\n  - {at: 1s, host: pc1, "
             "run: arp, as: x}\n  - {at: 1s, host: pc1, run: ss}\n"
             "  - {at: 1s, stop: x}\n  - {at: 3s, snapshot: s}\n  - {at: 3s, "
             "node: gw, set: {power: off}}\n"
             "  - {at: 3s, interface: 'pc1:eth0', set: {state: up}}\n");

    EQ_STR(s->timeline[0].run.text, "arp");
    EQ_STR(s->timeline[1].run.text, "ss");
    EQ(s->timeline[2].action, SCENARIO_STOP);
    EQ(s->timeline[2].target, 0);
    EQ_STR(s->timeline[3].run.text, "ps");
    EQ_STR(s->timeline[4].snapshot, "s");
    EQ(s->timeline[5].action, SCENARIO_POWER);
    EQ(s->timeline[5].node, 3);
    OK(!s->timeline[5].on);
    OK(s->timeline[6].on);
    EQ(s->seed, 1);
    EQ(s->until, SIM_TIME_NONE);
    scenario_free(s);
}

static void faults_of_the_timeline_are_read(void)
{
    struct scenario *s =
        load("timeline:\n  - {at: 1s, link: 'pc1:eth0', fault: drop, match: icmp, nth: [3, 1]}\n"
             "  - {at: 2s, link: 'sw1:p1', fault: delay, by: 5ms}\n");
    const struct topo_fault *drop = &s->timeline[0].fault, *delay = &s->timeline[1].fault;

    EQ(s->timeline[0].action, SCENARIO_FAULT);
    EQ(drop->kind, TOPO_FAULT_DROP);
    EQ_STR(drop->match, "icmp");
    EQ(drop->n_nth, 2);
    EQ(drop->nth[0], 1);
    EQ(drop->nth[1], 3);
    EQ(delay->kind, TOPO_FAULT_DELAY);
    EQ(delay->by, SIM_MSEC(5));
    EQ_STR(delay->match, "any");
    EQ(s->timeline[0].link, s->timeline[1].link); /* both ends of one cable */
    OK(drop->from != delay->from);
    scenario_free(s);
}

static void an_edit_has_changes_with_positions(void)
{
    static const char *const wrong[][2] = {
        { "fault: edit, set: {ip.ttl: 300}", "4:59 ip.ttl is a number from 0 to 255\n" },
        { "fault: edit, set: {ip.tll: 3}", "4:51 no field \"ip.tll\" can be set; did you mean\n" },
        { "fault: edit, set: {frame.len: 30}", "4:51 never their number\n" },
        { "fault: edit", "4:5 `set` is missing: which\n" },
        { "fault: edit, set: {}", "4:50 like {ip.ttl: 1}\n" },
        { "fault: edit, set: 3", "4:50 like {ip.ttl: 1}\n" },
        { "fault: edit, set: {ip.ttl: 3}, checksums: maybe", "4:74 checksums\n" },
        { "fault: drop, set: {ip.ttl: 3}", "4:50 `set` goes with `fault: edit` alone\n" },
    };
    struct scenario *s = load("timeline:\n  - {at: 1s, link: 'pc1:eth0', fault: edit, match: icmp, "
                              "set: {ip.ttl: 1, payload 2: 41 42}, checksums: keep}\n");
    const struct topo_fault *edit = &s->timeline[0].fault;

    EQ(edit->kind, TOPO_FAULT_EDIT);
    EQ(edit->n_changes, 2);
    EQ_STR(edit->changes[1].field, "payload 2");
    EQ_STR(edit->changes[1].value, "41 42");
    OK(edit->keep_checksums);
    scenario_free(s);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text =
            g_strdup_printf("wirewalk: 1\ntopology: ../topologies/visit-baidu.net.yaml\ntimeline:\n"
                            "  - {at: 1s, link: 'pc1:eth0', %s}\n",
                            wrong[i][0]);
        struct diag_list *diags = diag_list_new();

        OK(scenario_parse("scenarios/x.walk.yaml", text, strlen(text), NULL, diags) == NULL);
        OK(diags_match(diags, text, wrong[i][1]));
        diag_list_free(diags);
    }
}

static void what_fails_only_when_run_is_known_before(void)
{
    static const char *const wrong[][2] = {
        { "run: pnig 10.0.0.1", "4:37 no host has a command `pnig`; did you mean `ping`?\n" },
        { "run: 'echo a; /bin/crul x'", "4:37 did you mean `curl`?\n" },
        { "run: 'pc2 ip route'", "4:37 no host has a command `pc2`\n" },
        { "run: ping x |", "4:37 Syntax error: end of file unexpected\n" },
        { "run: 'echo $(pnig x)'", "4:37 no host has a command `pnig`\n" },
        { "run: 'sh -c \"hostname |\"'", "4:37 Syntax error: end of file\n" },
        { "run: 'echo \"x'", "4:37 Unterminated quoted string\n" },
        { "run: umask 022", "4:37 `umask` is not simulated\n" },
        { "run: sock 'tpc; listen'", "4:37 unknown verb 'tpc', did you mean 'tcp'?\n" },
        { "run: 'for i in $(pnig); do ping -c 1 10.0.0.$i; done'", "4:37 command `pnig`\n" },
        { "run: 'while true; do { pnig x; }; done'", "4:37 command `pnig`\n" },
        { "run: 'for i in 1 2; ping x; done'", "4:37 word unexpected (expecting\n" },
        { "run: 'if [ -e f ]; then break; else seq 3; fi'", "" },
        { "run: pnig, expect: {exit: 127}", "" },
        { "run: pnig, expect: {stderr: not found}", "" },
        { "run: ping x |, expect: {exit: 2}", "" },
        { "run: '$tool x; /usr/bin/ping -c 1 10.0.0.1'", "" },
        { "run: 'sock \"tcp; close\"; exit 3; wait'", "" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text =
            g_strdup_printf("wirewalk: 1\ntopology: ../topologies/visit-baidu.net.yaml\ntimeline:\n"
                            "  - {at: 1s, host: pc1, as: x, %s}\n",
                            wrong[i][0]);
        struct diag_list *diags = diag_list_new();

        scenario_free(scenario_parse("scenarios/x.walk.yaml", text, strlen(text), NULL, diags));
        OK(diags_match(diags, text, wrong[i][1]));
        diag_list_free(diags);
    }
}

static void words_that_do_not_go_together_are_found(void)
{
    static const char *const wrong[][2] = {
        { "timeline: [{at: 0s, link: 'gw:wan', fault: drop, by: 3s}]",
          "3:54 `by` goes with `fault: delay` alone\n" },
        { "timeline: [{at: 0s, link: 'gw:wan', fault: delay, by: 0s}]", "3:55 more than 0s\n" },
        { "timeline: [{at: 0s, snapshot: s}, {at: 1s, snapshot: s}]", "3:35 called `s` already\n" },
        { "expect: [{node: pc1, table: fdb, rows: 3}]", "3:29 it has no table `fdb`\n" },
        { "expect: [{node: sw1, table: arp, rows: 3}]", "3:29 it has no table `arp`\n" },
        { "expect: [{node: sw1, table: link, rows: 3}]", "" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strdup_printf(
            "wirewalk: 1\ntopology: ../topologies/visit-baidu.net.yaml\n%s\n", wrong[i][0]);
        struct diag_list *diags = diag_list_new();

        scenario_free(scenario_parse("scenarios/x.walk.yaml", text, strlen(text), NULL, diags));
        OK(diags_match(diags, text, wrong[i][1]));
        diag_list_free(diags);
    }
}

static void the_other_expectations_are_read(void)
{
    struct scenario *s =
        load("events: 5000\ntimeline: [{at: 0, host: pc1, run: ls, as: a}]\nexpect:\n"
             "  - {command: a, exit: 2, not-stdout: [x, y], stderr: z}\n"
             "  - {drop: no-route, node: gw, max: 3}\n"
             "  - {storm: true}\n"
             "  - {see: arp, at: pc2}\n"
             "  - {count: arp, min: 2, before: 9s}\n"
             "  - {at: end, node: sw1, table: fdb, has: [{mac: 02:00:00:00:01:01}, {port: p2}], "
             "has-not: {port: p9}, rows: 4}\n");
    const struct scenario_expect *e = s->expects;

    EQ(s->events, 5000);
    EQ(e[0].result.n_not_stdout, 2);
    EQ(e[0].result.exit, 2);
    EQ(e[1].drop, DROP_NO_ROUTE);
    EQ(e[1].node, 3);
    EQ(e[1].min, 0);
    EQ(e[1].max, 3);
    OK(e[2].storm);
    EQ(e[3].min, 1);
    OK(e[3].max == UINT64_MAX);
    EQ(e[4].min, 2);
    EQ(e[4].sees[0].before, SIM_SEC(9));
    EQ(e[5].time, SIM_TIME_NONE);
    EQ(e[5].n_has, 2);
    EQ(e[5].n_has_not, 1);
    EQ(e[5].rows, 4);
    scenario_free(s);
}

static void a_long_filter_is_refused(void)
{
    g_autofree char *filter = g_strnfill(1025, 'x'),
                    *text = g_strconcat("wirewalk: 1\ntopology: x\nexpect:\n  - {never: ", filter,
                                        "}\n", NULL);
    struct diag_list *diags = diag_list_new();
    struct topology *t =
        topology_parse("t", "wirewalk: 1\nnodes: {a: {kind: host}}\n", 37, 0, diags);

    OK(t != NULL);
    OK(scenario_parse("x", text, strlen(text), t, diags) == NULL);
    OK(diags_match(diags, "", "4:13 at most 1024 octets\n"));
    diag_list_free(diags);
}

UNIT_MAIN("scenario", TEST(the_example_of_the_format_is_read),
          TEST(entries_are_sorted_by_time_and_then_by_place), TEST(faults_of_the_timeline_are_read),
          TEST(an_edit_has_changes_with_positions), TEST(what_fails_only_when_run_is_known_before),
          TEST(words_that_do_not_go_together_are_found), TEST(the_other_expectations_are_read),
          TEST(a_long_filter_is_refused))
