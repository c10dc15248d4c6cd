/* Submissions in memory, graded in a small network. */
#include "lab_support.h"

#include "lab/grade.h"

static const char network[] =
    "wirewalk: 1\n"
    "nodes:\n"
    "  pc1: {kind: host, interfaces: {eth0: 10.0.0.1/24}, gateway: 10.0.0.254}\n"
    "  pc2: {kind: host, interfaces: {eth0: {address: 10.0.0.2/24, mtu: 1400}}, gateway: "
    "10.0.0.254}\n"
    "  sw: {kind: switch, ports: 8}\n"
    "  r: {kind: router, interfaces: {a: 10.0.0.254/24, b: 10.9.0.1/24}}\n"
    "  srv: {kind: host, interfaces: {eth0: 10.9.0.2/24}, gateway: 10.9.0.1}\n"
    "links: [[pc1:eth0, sw:p1], [pc2:eth0, sw:p2], [sw:p3, r:a], [r:b, srv:eth0]]\n";

static struct task *load(const char *lines)
{
    g_autofree char *text =
        g_strconcat("wirewalk: 1\ntitle: t\ntopology: n.net.yaml\n", lines, NULL);
    struct diag_list *diags = diag_list_new();
    struct task *task = task_parse("x.task.yaml", text, strlen(text), network, diags);

    if (task != NULL)
        grade_check(task, diags);
    OK(diags_match(diags, text, ""));
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    diag_list_free(diags);
    return task;
}

static json_t *grade(const struct task *task, const char *submission)
{
    struct handin handin = { .path = (char *)"s.yaml", .problems = g_ptr_array_new() };
    struct grade_options options = { .now = GRADE_NO_TIME };
    json_t *result;

    handin.answer =
        (struct handin_file){ (char *)"s.yaml", (char *)submission, strlen(submission) };
    result = grade_handin(task, &handin, &options);
    g_ptr_array_unref(handin.problems);
    return result;
}

static double points(const json_t *result)
{
    return json_number_value(json_object_get(result, "points"));
}

static const char *finding(const json_t *result, size_t i, const char *key)
{
    const char *text = json_string_value(
        json_object_get(json_array_get(json_object_get(result, "findings"), i), key));

    return text != NULL ? text : "";
}

static const json_t *check(const json_t *result, size_t i)
{
    return json_array_get(json_object_get(result, "checks"), i);
}

/* The points of @submission, and the kind of its first finding ("" for none). */
static void expect(const struct task *task, const char *submission, double want, const char *kind)
{
    json_t *result = grade(task, submission);

    if (points(result) != want)
        fprintf(stderr, "%s: %g, not %g\n", submission, points(result), want);
    OK(points(result) == want);
    EQ_STR(finding(result, 0, "kind"), kind);
    json_decref(result);
}

static void values_and_pings_are_checked_where_the_student_left_them(void)
{
    struct task *task =
        load("break: [{node: pc1, set: {gateway: 10.0.0.99}}]\neditable: [pc1.gateway, pc2]\n"
             "checks:\n"
             "  - {id: gw, points: 1, state: pc1.gateway, equals: 10.0.0.254}\n"
             "  - {id: reach, points: 2, each: true, reach: [pc1 -> srv, pc2 -> srv]}\n"
             "  - {id: iso, points: 0.5, isolated: pc1 -> 10.7.7.7}\n"
             "  - {id: rest, points: 1, unchanged: everything-else, except: pc1.gateway}\n");

    expect(task, "pc1: {gateway: 10.0.0.254}", 4.5, "");
    expect(task, "", 2.5, "empty");
    expect(task, "pc1: {gateway: 10.0.0.254}\npc2: {gateway: null}", 3.5, "");
    expect(task, "pc1: {gateway: null}", 2.5, "");
    task_free(task);
}

static void what_is_locked_wrong_or_unknown_is_a_finding_and_the_rest_is_graded(void)
{
    struct task *task = load("break: [{node: pc1, set: {gateway: 10.0.0.99}}]\n"
                             "editable: [pc*]\nlocked: [pc2.interfaces]\n"
                             "checks: [{id: r, points: 1, reach: pc1 -> srv}]\n");
    static const char good[] = "pc1: {gateway: 10.0.0.254}\n";
    static const struct {
        const char *more, *kind;
    } cases[] = {
        { "r: {interfaces: {a: 10.0.0.253/24}}\n", "locked" },
        { "pc2: {interfaces: {eth0: 10.0.0.9/24}}\n", "locked" },
        { "links: [{unplug: pc1:eth0}]\n", "locked" },
        { "pc9: {gateway: 10.0.0.1}\n", "unknown" },
        { "pc2: {gateway: 10.0.0.300}\n", "invalid" },
        { "pc2: {gatway: 10.0.0.1}\n", "invalid" },
        { "pc2: 5\n", "invalid" },
        { "answers: {q: 1}\n", "unknown" },
        { "answers: 7\n", "syntax" },
        { "commands: [nonsense]\n", "syntax" },
        { "pc2: {gateway: 10.0.5.1}\n", "warning" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(good, cases[i].more, NULL);

        expect(task, text, 1, cases[i].kind);
    }
    expect(task, "pc1: {gateway: [", 0, "syntax");
    expect(task, "- a\n", 0, "syntax");
    expect(task, "pc1: &a {}\n", 0, "syntax");
    expect(task, "pc1: {gateway: 10.0.0.254}\nhints: -5\n", 0, "syntax");
    expect(task, "pc1: {gateway: 10.0.0.254}\nhints: 0\n", 1, "");
    task_free(task);
}

static void what_is_no_submission_is_told_what_it_is(void)
{
    struct task *task = load("break: [{node: pc1, set: {gateway: 10.0.0.99}}]\neditable: [pc*]\n"
                             "checks: [{id: r, points: 1, reach: pc1 -> srv, fail: no}]\n");
    static const struct {
        const char *text, *kind, *message;
    } cases[] = {
        { "", "empty", "the file is empty" },
        { "\n# nothing\n  # yet\n", "empty", "the file is empty" },
        { "pc1：{gateway：10.0.0.254}\n", "syntax", "full-width ：" },
        { "“pc1”: {gateway: 10.0.0.254}\n", "unknown", "full-width “ there" },
        { "ip route add default via 10.0.0.254\n", "syntax", "commands.log" },
        { "pc1$ ip route add default via 10.0.0.254\n", "syntax", "commands.log" },
        { "wirewalk: 1\ntopology: n.net.yaml\nchecks: []\n", "syntax", "file of the exercise" },
        { "my gateway is right\n", "syntax", "a submission is a map" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        json_t *result = grade(task, cases[i].text);

        EQ(points(result), 0);
        EQ_STR(finding(result, 0, "kind"), cases[i].kind);
        OK(strstr(finding(result, 0, "message"), cases[i].message) != NULL);
        if (strcmp(json_string_value(json_object_get(result, "status")), "rejected") == 0)
            EQ_STR(json_string_value(json_object_get(check(result, 0), "message")), "");
        json_decref(result);
    }
    task_free(task);
}

static void answers_typed_with_an_input_method_count(void)
{
    struct task *task = load("checks:\n"
                             "  - {id: a, points: 1, ask: n, answer: 12.5}\n"
                             "  - {id: b, points: 1, ask: n, answer: 02:00:00:00:04:01}\n"
                             "  - {id: c, points: 1, ask: n, answer: {matches: ^SYN$}}\n"
                             "  - {id: d, points: 1, ask: n, answer: [a, b]}\n");

    expect(
        task,
        "answers: {a: １２。５, b: '０２：００：００：００：０４：０１', c: ＳＹＮ, d: [Ａ, ｂ]}\n",
        4, "");
    expect(task, "answers: {a: １３, c: ＳＹＮＣ, d: [ｂ, Ａ]}\n", 0, "");
    task_free(task);
}

static void a_misspelt_key_is_unknown_and_not_locked(void)
{
    struct task *task = load("editable: [pc1.gateway, pc2]\n"
                             "checks: [{id: r, points: 1, reach: pc1 -> srv},\n"
                             "  {id: rest, points: 1, unchanged: everything-else}]\n");
    static const struct {
        const char *submission, *kind, *message;
    } cases[] = {
        { "pc1: {gatway: 10.0.0.254}", "invalid", "did you mean `gateway`?" },
        { "pc1: {intrefaces: {eth0: 10.0.0.9/24}}", "invalid", "did you mean `interfaces`?" },
        { "pc1: {interfaces: {eth0: {adress: 10.0.0.9/24}}}", "invalid", "mean `address`?" },
        { "r: {sysctls: {net.ipv4.ip_forward: 0}}", "invalid", "did you mean `sysctl`?" },
        { "links: [{ends: [pc1:eth0, sw:p1], dleay: 5ms}]", "invalid", "mean `delay`?" },
        { "pc1: {interfaces: {eth0: 10.0.0.9/24}}", "locked", "not to be changed" },
        { "pc1: {interfaces: {eth0: nonsense}}", "locked", "not to be changed" },
        { "pc1: {gateway: nonsense}", "invalid", "nonsense" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        json_t *result = grade(task, cases[i].submission);

        EQ_STR(finding(result, 0, "kind"), cases[i].kind);
        OK(strstr(finding(result, 0, "message"), cases[i].message) != NULL);
        EQ(json_array_size(json_object_get(result, "findings")), 1);
        json_decref(result);
    }
    task_free(task);
}

static void a_host_that_took_the_other_address_has_not_reached_it(void)
{
    struct task *task = load("editable: [pc1]\nchecks:\n"
                             "  - {id: a, points: 1, reach: pc1 -> pc2}\n"
                             "  - {id: b, points: 2, isolated: pc1 -> pc2}\n");
    json_t *result = grade(task, "pc1: {interfaces: {eth0: 10.0.0.2/24}}");

    OK(points(result) == 2);
    OK(strstr(json_string_value(json_object_get(check(result, 0), "message")),
              "pc1 has that address itself") != NULL);
    json_decref(result);
    task_free(task);
}

static void a_third_host_with_the_address_is_not_the_one_that_is_meant(void)
{
    struct task *task =
        load("break: [{unplug: \"pc2:eth0\"}, {add: {thief: {kind: host, interfaces: {eth0: "
             "10.0.0.9/24}}}}, {plug: [thief:eth0, sw:p5]}]\neditable: [links, thief]\nchecks:\n"
             "  - {id: a, points: 1, reach: pc1 -> pc2}\n"
             "  - {id: b, points: 2, isolated: pc1 -> pc2}\n"
             "  - {id: c, points: 4, reach: pc1 -> 10.0.0.2}\n");
    static const char twin[] = "thief: {interfaces: {eth0: 10.0.0.2/24}}\n";
    g_autofree char *both =
        g_strconcat(twin, "links: [[pc2:eth0, sw:p2], {unplug: thief:eth0}]\n", NULL);
    json_t *result = grade(task, twin);

    OK(points(result) == 6); /* who is meant by an address is whoever has it */
    OK(strstr(json_string_value(json_object_get(check(result, 0), "message")),
              "thief has the address 10.0.0.2, too, and answered in the place of pc2") != NULL);
    json_decref(result);
    expect(task, "links: [[pc2:eth0, sw:p2]]", 5, "");
    expect(task, both, 5, "");
    task_free(task);
}

static void the_short_form_of_an_interface_sets_its_address(void)
{
    struct task *task =
        load("break: [{node: pc2, set: {interfaces: {eth0: {address: 10.0.0.2/16}}}}]\n"
             "editable: [pc2.interfaces.eth0]\n"
             "checks:\n"
             "  - {id: a, points: 1, state: pc2.interfaces.eth0, equals: 10.0.0.2/24}\n"
             "  - {id: m, points: 1, state: pc2.interfaces.eth0.mtu, equals: 1400}\n"
             "  - {id: s, points: 1, state: pc*.interfaces.eth0, in-subnet: 10.0.0.0/24}\n");

    expect(task, "pc2: {interfaces: {eth0: 10.0.0.2/24}}", 3, "");
    expect(task, "pc2: {interfaces: {eth0: {address: 10.0.0.2/24}}}", 3, "");
    task_free(task);
}

static void cables_are_plugged_moved_and_pulled(void)
{
    struct task *task = load("break: [{unplug: \"pc1:eth0\"}]\neditable: [\"links.pc1:*\", nodes]\n"
                             "checks: [{id: r, points: 1, reach: pc1 -> pc2}]\n");

    expect(task, "links: [[pc1:eth0, sw:p4]]", 1, "");
    expect(task, "links: [[sw:p7, pc1:eth0]]", 1, "");
    expect(task, "links: [[pc1:eth0, sw:p2]]", 0, "locked");
    expect(task, "links: [[pc1:eth0, sw:p44]]", 0, "invalid");
    expect(task, "links: [{unplug: pc1:eth0}]", 0, "unknown");
    expect(task, "nodes: {pc3: {kind: host}}\nlinks: [[pc1:eth0, sw:p4]]", 1, "");
    task_free(task);
}

static void needs_bonus_penalties_and_hints_make_the_sum(void)
{
    struct task *task =
        load("break: [{node: pc1, set: {gateway: 10.0.0.99}}]\neditable: [pc1]\n"
             "checks:\n"
             "  - {id: a, points: 2, state: pc1.gateway, equals: 10.0.0.254}\n"
             "  - {id: b, points: 1, needs: a, reach: pc2 -> srv}\n"
             "  - {id: c, points: 1, bonus: true, state: pc1.resolver, present: true}\n"
             "  - {id: d, penalty: 0.5, state: pc1.routes, present: false}\n"
             "  - {id: e, points: 1, any: [{state: pc1.gateway, equals: 1.2.3.4}, {reach: pc2 -> "
             "srv}]}\n"
             "hints: [{en: one}, {en: two, penalty: 0.25}, {en: three, penalty: 1}]\n");
    json_t *result;

    expect(task, "pc1: {gateway: 10.0.0.254}", 4, "");
    expect(task, "pc1: {gateway: 10.0.0.254, resolver: 10.9.0.2}", 5, "");
    expect(task, "pc1: {gateway: 10.0.0.254}\nhints: 2", 3.75, "");
    expect(task, "pc1: {routes: [10.8.0.0/16 via 10.0.0.254]}\nhints: 99", 0, "");
    result = grade(task, "");
    OK(json_is_null(json_object_get(check(result, 1), "ok")));
    EQ_STR(json_string_value(json_object_get(check(result, 1), "skipped_because")), "a");
    EQ(json_integer_value(json_object_get(result, "max_points")), 4);
    json_decref(result);
    task_free(task);
}

static void a_skipped_check_says_what_comes_first_in_words(void)
{
    struct task *task =
        load("break: [{node: pc1, set: {gateway: 10.0.0.99}}]\neditable: [pc1]\n"
             "checks:\n"
             "  - {id: a, title: the way out, points: 1, state: pc1.gateway, equals: 10.0.0.254}\n"
             "  - {id: b, points: 1, needs: a, reach: pc2 -> srv}\n"
             "  - {id: c, points: 1, needs: b, reach: pc2 -> srv}\n");
    json_t *result = grade(task, "");

    EQ_STR(json_string_value(json_object_get(check(result, 1), "message")),
           "looked at only when this is met: the way out");
    EQ_STR(json_string_value(json_object_get(check(result, 2), "message")),
           "looked at only when this is met: b");
    json_decref(result);
    task_free(task);
}

static void take_line(void *ctx, const char *line)
{
    g_string_append_printf(ctx, "%s\n", line);
}

static void points_for_nothing_are_told_to_the_author(void)
{
    static const char broken[] =
        "break: [{node: pc1, set: {gateway: 10.0.0.99}}]\neditable: [pc1]\n"
        "solution: {pc1: {gateway: 10.0.0.254}}\nchecks:\n"
        "  - {id: a, points: 1, state: pc1.gateway, equals: 10.0.0.254}\n";
    g_autofree char *free_points = g_strconcat(
        broken, "  - {id: b, points: 1, each: true, reach: [pc1 -> srv, pc2 -> srv]}\n", NULL);
    g_autofree char *earned = g_strconcat(
        broken, "  - {id: b, points: 1, needs: a, each: true, reach: [pc1 -> srv, pc2 -> srv]}\n",
        NULL);
    g_autoptr(GString) told = g_string_new(NULL);
    struct grade_variants result;
    struct task *task = load(free_points);

    OK(grade_variants(task, 3, take_line, told, &result));
    OK(g_str_has_prefix(told->str, "careful: who does nothing gets up to 0.5 points"));
    OK(strstr(told->str, "at the start: b;") != NULL);
    task_free(task);
    g_string_truncate(told, 0);
    task = load(earned);
    OK(grade_variants(task, 3, take_line, told, &result));
    EQ_STR(told->str, "");
    task_free(task);
}

static void a_failure_names_the_place_the_frame_and_the_line(void)
{
    struct task *task = load("break: [{node: r, remove: [interfaces.b]}]\neditable: [r, pc1]\n"
                             "checks: [{id: a, points: 2, host: pc1, run: ping -c 1 10.9.0.2}]\n");
    json_t *result =
        grade(task, "pc1: {resolver: 10.9.0.2}\nr:\n  routes: [10.9.0.0/24 via 10.0.0.77]\n");
    const json_t *c = check(result, 0);

    OK(strstr(json_string_value(json_object_get(c, "message")), "it died at r") != NULL);
    OK(json_integer_value(json_object_get(c, "frame")) > 0);
    OK(strstr(json_string_value(json_object_get(c, "step")), "x.task.yaml s.yaml --at ") != NULL);
    EQ(json_integer_value(json_object_get(json_object_get(c, "where"), "line")), 3);
    json_decref(result);
    task_free(task);
}

static void the_same_submission_gives_the_same_octets(void)
{
    struct task *task = load("vary: {x: {pick: 1-9}}\neditable: [pc1]\n"
                             "checks: [{id: a, points: 0.3, reach: all}, {id: b, points: 1, each: "
                             "true, state: pc*.resolver}]\n");
    json_t *one = grade(task, "student: zhang\npc1: {resolver: 10.0.0.5}"),
           *two = grade(task, "student: zhang\npc1: {resolver: 10.0.0.5}");
    g_autofree char *a = grade_dump(one), *b = grade_dump(two);

    EQ_STR(a, b);
    OK(strstr(a, "\"points\":0.8") != NULL);
    OK(strstr(a, "\"student\":\"zhang\"") != NULL);
    json_decref(one);
    json_decref(two);
    task_free(task);
}

static void faults_make_runs_of_their_own(void)
{
    struct task *task =
        load("editable: [pc1]\nchecks:\n"
             "  - {id: a, points: 1, reach: pc1 -> srv}\n"
             "  - {id: b, points: 2, with: [{at: 0s, link: \"r:b\", set: {state: down}}], host: "
             "pc1, run: ping -c 1 -W 1 10.9.0.2, expect: {exit: 1}}\n"
             "  - {id: c, points: 4, with: {seeds: [1, 2], change: {pc1: {gateway: 10.0.0.98}}}, "
             "isolated: pc1 -> srv}\n"
             "  - {id: d, points: 8, invariant: [no-storm, no-duplicate-address]}\n");

    expect(task, "", 15, "empty");
    expect(task, "pc1: {interfaces: {eth0: 10.0.0.2/24}}", 7, "");
    task_free(task);
}

static void a_storm_ends_as_a_finding(void)
{
    struct task *task = load("events: 20000\neditable: [links]\n"
                             "checks: [{id: s, points: 1, invariant: no-storm}, {id: r, points: 1, "
                             "reach: pc1 -> pc2}]\n");

    expect(task, "links: [[sw:p5, sw:p6]]", 0, "warning");
    task_free(task);
}

static void answers_are_found_in_the_run(void)
{
    struct task *task = load(
        "timeline: [{at: 1s, host: pc1, run: ping -c 1 10.9.0.2, as: p}]\nuntil: 4s\n"
        "checks:\n"
        "  - {id: ttl, points: 1, ask: ttl, answer: {field: ip.ttl, see: icmp echo-request, at: "
        "\"srv:eth0\"}}\n"
        "  - {id: n, points: 1, ask: n, answer: {count: arp request}}\n"
        "  - {id: who, points: 2, each: true, ask: w, answer: {nodes: arp request, by: pc1}}\n"
        "  - {id: port, points: 1, ask: p, answer: {cell: port, table: fdb, node: sw, has: {mac: "
        "\"@pc1:eth0\"}}}\n"
        "  - {id: rows, points: 1, ask: r, answer: {rows: arp, node: r}}\n"
        "  - {id: new, points: 1, ask: c, answer: {changed: port, table: fdb, node: sw, from: "
        "500ms, to: 3s}}\n"
        "  - {id: out, points: 1, ask: o, answer: {output: p, matches: \"ttl=([0-9]+)\"}}\n"
        "  - {id: t, points: 1, ask: t, answer: {time-of: icmp echo-request, tolerance: 0.01}}\n"
        "  - {id: o, points: 2, each: true, ask: o, answer: {order: [{id: x, card: x, see: icmp "
        "echo-reply}, {id: y, card: y, see: arp request}]}}\n"
        "  - {id: lit, points: 1, ask: l, answer: {one-of: [a, b]}}\n"
        "  - {id: bl, points: 2, each: true, ask: b, answer: {blanks: {u: 5, v: "
        "\"02:00:00:00:01:01\"}}}\n");

    expect(task,
           "answers: {ttl: 63, n: 2, who: [r, sw, pc2], port: p1, rows: 2, new: [p3, p1], out: 63, "
           "t: 1.0, o: [y, x], lit: B, bl: {u: 5.0, v: 02-00-00-00-01-01}}",
           14, "");
    expect(task, "answers: {ttl: 64, who: [r], o: [x, y], bl: {u: 5}}", 1.66, "");
    expect(task, "", 0, "empty");
    task_free(task);
}

static void commands_are_replayed_where_the_exercise_says_so(void)
{
    static const char rest[] = "break: [{node: pc1, remove: gateway}]\n"
                               "checks: [{id: r, points: 1, reach: pc1 -> srv}, {id: few, points: "
                               "1, commands: {at-most: 1, uses: ip}}]\n";
    g_autofree char *replay = g_strconcat("commands: replay\n", rest, NULL);
    struct task *with = load(replay), *without = load(rest);

    expect(with, "commands: [pc1$ ip route add default via 10.0.0.254]", 2, "");
    expect(without, "commands: [pc1$ ip route add default via 10.0.0.254]", 1, "");
    expect(with, "commands: [pc7$ ip route]", 1, "unknown");
    task_free(with);
    task_free(without);
}

static void state_is_what_the_commands_have_made_of_it(void)
{
    struct task *task =
        load("commands: replay\nbreak: [{node: pc1, set: {gateway: 10.0.0.99}}]\n"
             "checks:\n"
             "  - {id: gw, points: 1, state: pc1.gateway, equals: 10.0.0.254}\n"
             "  - {id: a, points: 2, state: pc1.interfaces.eth0, equals: 10.0.0.7/24}\n"
             "  - {id: b, points: 4, state: pc2.interfaces.eth0.mtu, equals: 1400}\n");

    expect(task, "commands: [pc1$ ip route replace default via 10.0.0.254]", 5, "");
    expect(
        task,
        "commands: [pc1$ ip addr add 10.0.0.7/24 dev eth0, pc1$ ip addr del 10.0.0.1/24 dev eth0]",
        4, "");
    expect(task, "", 4, "empty");
    task_free(task);
}

static void a_dead_worker_leaves_a_result_of_the_same_shape(void)
{
    struct task *task = load("checks: [{id: a, points: 3, penalty: 1, reach: all}]\n");
    struct grade_options options = { .now = GRADE_NO_TIME };
    json_t *result = grade_failure(task, "s.yaml", &options, "crashed", "crash", "it died");

    EQ(json_integer_value(json_object_get(result, "max_points")), 3);
    OK(points(result) == 0);
    OK(json_is_null(json_object_get(check(result, 0), "ok")));
    EQ_STR(finding(result, 0, "message"), "it died");
    json_decref(result);
    task_free(task);
}

UNIT_MAIN("grade", TEST(values_and_pings_are_checked_where_the_student_left_them),
          TEST(what_is_locked_wrong_or_unknown_is_a_finding_and_the_rest_is_graded),
          TEST(what_is_no_submission_is_told_what_it_is),
          TEST(answers_typed_with_an_input_method_count),
          TEST(a_misspelt_key_is_unknown_and_not_locked),
          TEST(a_host_that_took_the_other_address_has_not_reached_it),
          TEST(a_third_host_with_the_address_is_not_the_one_that_is_meant),
          TEST(the_short_form_of_an_interface_sets_its_address),
          TEST(cables_are_plugged_moved_and_pulled),
          TEST(needs_bonus_penalties_and_hints_make_the_sum),
          TEST(a_skipped_check_says_what_comes_first_in_words),
          TEST(points_for_nothing_are_told_to_the_author),
          TEST(a_failure_names_the_place_the_frame_and_the_line),
          TEST(the_same_submission_gives_the_same_octets), TEST(faults_make_runs_of_their_own),
          TEST(a_storm_ends_as_a_finding), TEST(answers_are_found_in_the_run),
          TEST(commands_are_replayed_where_the_exercise_says_so),
          TEST(state_is_what_the_commands_have_made_of_it),
          TEST(a_dead_worker_leaves_a_result_of_the_same_shape))
