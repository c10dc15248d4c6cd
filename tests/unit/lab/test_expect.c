/*
 * Expectations on one small run: pc1 pings srv twice, behind a switch and a router, and asks in
 * vain for an address that nobody has. Each line of the table is an expectation and whether it
 * holds.
 */
#include "lab/expect.h"
#include "tests/support/unit.h"

#include <string.h>

static const char TOPOLOGY[] =
    "wirewalk: 1\n"
    "defaults: {link: {rate: 100Mbps, delay: 5us}}\n"
    "nodes:\n"
    "  pc1: {kind: host, interfaces: {eth0: 192.168.1.10/24}, gateway: 192.168.1.1}\n"
    "  pc2: {kind: host, interfaces: {eth0: 192.168.1.20/24}, gateway: 192.168.1.1}\n"
    "  srv: {kind: host, interfaces: {eth0: 192.168.2.80/24}, gateway: 192.168.2.1}\n"
    "  sw1: {kind: switch, ports: 4}\n"
    "  r1:  {kind: router, interfaces: {lan: 192.168.1.1/24, far: 192.168.2.1/24}}\n"
    "links: [[pc1:eth0, sw1:p1], [pc2:eth0, sw1:p2], [r1:lan, sw1:p4], [r1:far, srv:eth0]]\n";

static const char SCENARIO[] = "wirewalk: 1\n"
                               "topology: x.net.yaml\n"
                               "until: 20s\n"
                               "timeline:\n"
                               "  - {at: 0s, host: pc1, run: ping -c 2 192.168.2.80, as: far}\n"
                               "  - {at: 10s, host: pc1, run: ping -c 1 192.168.1.99, as: nobody}\n"
                               "  - {at: 15s, host: pc1, run: sleep 60, as: long}\n"
                               "expect:\n"
                               "  - ";

struct judged {
    struct diag_list *diags;
    struct scenario *scenario;
    struct run *run;
    struct expect *expect; /* NULL: it was refused */
    const struct expect_result *result;
};

static void judge(struct judged *judged, const char *expectation)
{
    g_autofree char *text = g_strconcat(SCENARIO, expectation, "\n", NULL);
    struct topology *topology;
    struct run_options options = { 0 };

    *judged = (struct judged){ .diags = diag_list_new() };
    topology = topology_parse("x.net.yaml", TOPOLOGY, strlen(TOPOLOGY), 0, judged->diags);
    judged->scenario = scenario_parse("x.walk.yaml", text, strlen(text), topology, judged->diags);
    CU_ASSERT_PTR_NOT_NULL_FATAL(judged->scenario);
    judged->run = run_new(judged->scenario, &options, judged->diags);
    judged->expect = expect_new(judged->run, judged->diags);
    if (judged->expect == NULL)
        return;
    run_all(judged->run);
    judged->result = expect_results(judged->expect)->pdata[0];
}

static void forget(struct judged *judged)
{
    expect_free(judged->expect);
    run_free(judged->run);
    scenario_free(judged->scenario);
    diag_list_free(judged->diags);
}

static const struct line {
    bool holds;
    const char *expectation;
} LINES[] = {
    /* what is seen, by whom, where and when */
    { true, "{see: icmp echo-request, by: pc1}" },
    { false, "{see: icmp echo-request, by: r1}" }, /* it only passes them on */
    { true, "{see: icmp echo-request, at: r1}" },
    { true, "{see: icmp echo-request, at: \"srv:eth0\", by: pc1}" },
    { false, "{see: icmp echo-request, at: \"srv:eth0\", by: r1}" },
    { false, "{see: icmp echo-request, at: pc2}" },
    { true, "{see: icmp echo-request, by: pc1, after: 1s}" },
    { false, "{see: icmp echo-request, by: pc1, after: 2s}" },
    { true,
      "{see: arp request, by: pc1, after: 10s, before: 10s}" }, /* both inclusive, to the tick */
    { false, "{see: arp request, by: pc1, after: 9s, before: 9999999us}" },
    { true, "{see: arp request, by: pc1, for: 192.168.1.1}" },
    { false, "{see: arp request, by: pc1, for: 192.168.1.2}" },
    { true, "{see: arp reply, for: 192.168.1.1}" }, /* a reply is about its sender */
    { true, "{never: tcp}" },
    { true, "{never: icmp, at: pc2}" },
    { false, "{never: arp, at: pc2}" },
    { true, "{never: icmp echo-reply, after: 2s}" },
    /* how often: each frame once */
    { true, "{count: icmp echo-request, equals: 2}" },
    { true, "{count: icmp echo-request, at: \"sw1:p1\", equals: 2}" },
    { true, "{count: icmp echo-request, at: sw1, equals: 2}" },
    { true, "{count: icmp, at: sw1, equals: 4}" },
    { true, "{count: icmp, at: r1, equals: 4}" },
    { false, "{count: icmp echo-request, min: 3}" },
    { false, "{count: icmp echo-request, max: 1}" },
    { true,
      "{count: arp request, by: pc1, for: 192.168.1.99, equals: 3}" }, /* Linux asks three times */
    { true, "{see: icmp echo-request, by: pc1, equals: 2}" },
    /* order */
    { true, "{order: [{see: arp request, by: pc1}, {see: arp reply}, {see: icmp echo-request, by: "
            "pc1}]}" },
    { true,
      "{order: [{see: icmp echo-reply, by: srv}, {see: icmp echo-request, by: pc1}]}" }, /* the
                                                                                            second
                                                                                            one */
    { false,
      "{order: [{see: icmp echo-reply, by: srv}, {see: arp request, by: pc1, for: 192.168.1.1}]}" },
    { false, "{order: [{see: arp request, by: pc1, for: 192.168.1.1}, {see: arp request, by: pc1, "
             "for: 192.168.1.1}]}" },
    /* hop by hop */
    { true, "{hops: far, field: ip.src, rule: constant}" },
    { true, "{hops: far, field: eth.dst, rule: changes at every router}" },
    { true, "{hops: far, field: ip.ttl, rule: falls by 1 at every router}" },
    { false, "{hops: far, field: ip.ttl, rule: constant}" },
    { false, "{hops: far, field: ip.dst, rule: changes at every router}" },
    { false, "{hops: far, field: udp.srcport, rule: constant}" }, /* no such frame */
    { false,
      "{hops: nobody, field: eth.dst, rule: changes at every router}" }, /* no router on its way */
    /* tables */
    { true, "{node: pc1, table: arp, at: 3s, has: {ip: 192.168.1.1, mac: \"@r1:lan\", state: "
            "REACHABLE}}" },
    { false, "{node: pc1, table: arp, at: 3s, has: {ip: 192.168.1.1, mac: \"@srv:eth0\"}}" },
    { true, "{node: pc1, table: arp, at: 0s, rows: 0}" }, /* before anything of that moment */
    { true, "{node: pc1, table: route, has: [{to: default, via: 192.168.1.1}, {to: 192.168.1.0/24, "
            "dev: eth0}]}" },
    { true, "{node: pc1, table: route, has: {to: 0.0.0.0/0}, has-not: {via: 192.168.1.2}}" },
    { true, "{node: sw1, table: fdb, at: 3s, has: {mac: \"@pc1:eth0\", port: p1}}" },
    { false, "{node: sw1, table: fdb, at: 3s, rows: 7}" },
    { true, "{node: pc1, table: addr, has: {dev: eth0, ip: 192.168.1.10}}" },
    { true,
      "{node: sw1, table: link, has: [{port: p1, state: up}, {port: p3, state: down}], rows: 4}" },
    { true,
      "{node: pc1, table: link, has: {dev: eth0, state: up, mtu: 1500, mac: \"@pc1:eth0\"}}" },
    { true, "{node: pc1, table: tcp, rows: 0}" },
    /* commands */
    { true, "{command: far, exit: 0, stdout: 2 received, not-stdout: Unreachable, within: 2s}" },
    { false, "{command: far, exit: 1}" },
    { false, "{command: far, within: 500ms}" },
    { true, "{command: nobody, exit: 1, stdout: Destination Host Unreachable}" },
    { false, "{command: long, exit: 0}" },
    { false, "{command: far, stderr: anything}" },
    /* drops and storms */
    { true, "{drop: neighbor-failed, node: pc1, equals: 1}" },
    { true, "{drop: arp-not-mine, node: pc2, min: 4, after: 0s}" },
    { false, "{drop: ttl-expired}" },
    { true, "{drop: ttl-expired, equals: 0}" },
    { true, "{storm: false}" },
    { false, "{storm: true}" },
};

static void each_expectation_holds_or_not(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(LINES); i++) {
        struct judged judged;

        judge(&judged, LINES[i].expectation);
        CU_ASSERT_PTR_NOT_NULL_FATAL(judged.result);
        if (judged.result->ok != LINES[i].holds)
            printf("\n%s: %s\n", LINES[i].expectation,
                   judged.result->ok ? "holds" : judged.result->seen);
        CU_ASSERT_EQUAL(judged.result->ok, LINES[i].holds);
        CU_ASSERT_PTR_NOT_NULL(judged.result->expected);
        CU_ASSERT_EQUAL(judged.result->seen == NULL, judged.result->ok);
        forget(&judged);
    }
}

static void what_is_wrong_is_refused_before_the_run(void)
{
    static const char *const wrong[] = { "{see: tpc SYN}", "{never: host nobody}",
                                         "{hops: far, field: ip.tll, rule: constant}",
                                         "{node: pc1, table: arp, has: {colour: red}}" };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        struct judged judged;

        judge(&judged, wrong[i]);
        CU_ASSERT_PTR_NULL(judged.expect);
        CU_ASSERT_EQUAL(judged.diags->n_errors, 1);
        forget(&judged);
    }
}

static void a_failure_names_its_frame_and_its_place_in_the_file(void)
{
    struct judged judged;

    judge(&judged, "{never: icmp echo-reply}");
    CU_ASSERT_FALSE(judged.result->ok);
    CU_ASSERT_EQUAL(judged.result->at.line, 9);
    CU_ASSERT_EQUAL(judged.result->at.column, 5);
    CU_ASSERT(judged.result->frame > 0);
    CU_ASSERT(judged.result->time > 0 && judged.result->time < SIM_SEC(1));
    CU_ASSERT_PTR_NOT_NULL(strstr(judged.result->seen, "srv"));
    forget(&judged);
}

UNIT_MAIN("expect", TEST(each_expectation_holds_or_not),
          TEST(what_is_wrong_is_refused_before_the_run),
          TEST(a_failure_names_its_frame_and_its_place_in_the_file))
