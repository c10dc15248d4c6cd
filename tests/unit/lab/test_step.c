/* The stepper's parts: words, values and conditions, stops, messages between processes, and a
 * session. */
#include <sys/socket.h>
#include <unistd.h>

#include "lab/reader.h"
#include "lab/step.h"
#include "lab/step_stop.h"
#include "lab/step_wire.h"
#include "lab/step_words.h"
#include "tests/unit/lab/lab_support.h"

static const char NET[] = "wirewalk: 1\n"
                          "nodes:\n"
                          "  a: {kind: host, interfaces: {eth0: 10.0.0.1/24}}\n"
                          "  b: {kind: host, interfaces: {eth0: 10.0.0.2/24}}\n"
                          "links:\n"
                          "  - [\"a:eth0\", \"b:eth0\"]\n";
static const char WALK[] = "wirewalk: 1\n"
                           "topology: x.net.yaml\n"
                           "until: 10s\n"
                           "timeline:\n"
                           "  - {at: 0s, host: a, run: ping -c 2 10.0.0.2}\n";

static struct scenario *load(void)
{
    struct diag_list *diags = diag_list_new();
    struct topology *topology = topology_parse("x.net.yaml", NET, strlen(NET), 0, diags);
    struct scenario *scenario = scenario_parse("x.walk.yaml", WALK, strlen(WALK), topology, diags);

    diag_list_free(diags);
    return scenario;
}

/* ---- words ---- */

static void the_last_lone_word_cuts_a_text(void)
{
    char text[] = "tcp at catalog at web", none[] = "format arp";
    char *rest = step_cut_last(text, "at");

    EQ_STR(text, "tcp at catalog");
    EQ_STR(rest, "web");
    OK(step_cut_last(none, "at") == NULL);
    EQ_STR(none, "format arp");
}

static void the_rest_begins_behind_words(void)
{
    EQ_STR(step_rest("  break  arp at x ", 1), "arp at x ");
    EQ_STR(step_rest("break", 1), "");
    EQ_STR(step_rest("a b", 5), "");
}

static void a_number_is_digits_alone(void)
{
    guint64 n = 7;

    OK(step_number("12", &n));
    EQ(n, 12);
    OK(!step_number("12a", &n) && !step_number("-1", &n) && !step_number("", &n));
}

/* ---- values and stops ---- */

struct rig {
    struct scenario *scenario;
    struct run *run;
    struct step_log *log;
};

static void rig_init(struct rig *rig)
{
    struct diag_list *diags = diag_list_new();
    struct run_options options = { 0 };

    rig->scenario = load();
    rig->run = run_new(rig->scenario, &options, diags);
    rig->log = step_log_new(rig->run->network->sim);
    run_start(rig->run);
    diag_list_free(diags);
}

static void rig_fini(struct rig *rig)
{
    step_log_free(rig->log);
    run_free(rig->run);
    scenario_free(rig->scenario);
}

static int holds(struct rig *rig, const char *text)
{
    struct step_condition condition;
    g_autofree char *error = NULL;
    int result;

    if (!step_condition_parse(&condition, rig->run->network->sim, text, &error))
        return -1;
    result = step_condition_holds(&condition);
    step_condition_fini(&condition);
    return result;
}

static void conditions_compare_fields_rows_and_queues(void)
{
    struct rig rig;

    rig_init(&rig);
    EQ(holds(&rig, "a arp 10.0.0.2"), 0);
    while (run_slice(rig.run, 1000))
        continue;
    EQ(holds(&rig, "a arp 10.0.0.2"), 1);
    EQ(holds(&rig, "a neigh 10.0.0.2 state == REACHABLE"), 1);
    EQ(holds(&rig, "a neigh 10.0.0.2 state != REACHABLE"), 0);
    EQ(holds(&rig, "a neigh 10.0.0.9 state != REACHABLE"), 1);
    EQ(holds(&rig, "a neigh 10.0.0.9 state == REACHABLE"), 0);
    EQ(holds(&rig, "queue a:eth0 == 0"), 1);
    EQ(holds(&rig, "queue a:eth0 > 0"), 0);
    EQ(holds(&rig, "queue a >= 0"), 1);
    EQ(holds(&rig, "c arp"), -1);
    EQ(holds(&rig, "queue a:eth1 > 0"), -1);
    EQ(holds(&rig, "a"), -1);
    rig_fini(&rig);
}

/* Events until a stop is hit, -1 if none is; -2 if it is wrong. */
static int events_until(const char *lines)
{
    struct rig rig;
    g_autofree char *error = NULL;
    struct step_stops *stops;
    uint64_t record;
    unsigned which;
    int result = -1;

    rig_init(&rig);
    stops = step_stops_new(rig.run->network->sim, rig.run->network->names, rig.log, lines, &error);
    if (stops == NULL) {
        OK(error != NULL);
        rig_fini(&rig);
        return -2;
    }
    step_stops_begin(stops);
    for (step_stops_before(stops); result == -1 && run_slice(rig.run, 1); step_stops_before(stops))
        if (step_stops_after(stops, &which, &record))
            result = (int)sim_events(rig.run->network->sim);
    step_stops_free(stops);
    rig_fini(&rig);
    return result;
}

static void stops_stop_where_they_say(void)
{
    int request = events_until("arp"), reply = events_until("arp reply");

    OK(request > 0 && reply > request);
    EQ(events_until("arp count 2"), reply);
    EQ(events_until("arp at a"), reply);
    EQ(events_until("arp at b:eth0"), request);
    EQ(events_until("arrival b"), request);
    EQ(events_until("number 2"), reply);
    EQ(events_until("tcp"), -1);
    EQ(events_until("arp if a arp 10.0.0.2 state == INCOMPLETE"), request);
    EQ(events_until("arp if a arp 10.0.0.2 state == REACHABLE"), events_until("number 7"));
    OK(events_until("exit on a") > reply);
    EQ(events_until("drop"), -1);
    OK(events_until("table arp on b") > request);
    OK(events_until("watch a arp 10.0.0.2") < request);
    OK(events_until("when a arp 10.0.0.2 state == REACHABLE") > reply);
}

static void wrong_stops_are_refused(void)
{
    static const char *const wrong[] = { "tpc",        "arp at c",    "arp at a:eth7",
                                         "state OPEN", "table xyz",   "drop nothing",
                                         "call",       "watch a",     "watch a arp > 3",
                                         "when c arp", "arp count 0", "arp count x",
                                         "exit now",   "number x",    "arp\ntpc" };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        EQ(events_until(wrong[i]), -2);
}

/* ---- the log ---- */

static void the_log_finds_records_and_keeps_frames(void)
{
    struct rig rig;
    uint64_t numbers = 0;

    rig_init(&rig);
    while (run_slice(rig.run, 1000))
        continue;
    for (uint64_t n = step_log_first(rig.log); n < rig.log->n_entries; n++) {
        const struct step_entry *entry = step_log_at(rig.log, n);
        struct facts facts;

        OK(step_log_find(rig.log, entry->id) == entry);
        if (entry->kind == RECORD_SEND)
            EQ(entry->number, ++numbers);
        if (entry->kind == RECORD_RECEIVE) {
            EQ(step_log_find(rig.log, entry->cause)->number, entry->number);
            OK(step_log_facts(rig.log, entry, &facts) && facts.has_eth);
        }
    }
    EQ(numbers, rig.log->n_frames);
    OK(step_log_find(rig.log, 0) == NULL && step_log_find(rig.log, 12345) == NULL);
    rig_fini(&rig);
}

/* ---- messages ---- */

static void a_message_carries_text_and_a_descriptor(void)
{
    struct step_message out = { .type = STEP_CHILD, .record = 77 }, in;
    g_autoptr(GString) text = g_string_new("old");
    int ends[2], extra[2], fd = -1;
    char octet = 0;

    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && pipe(extra) == 0);
    OK(step_wire_send(ends[0], &out, "hello", extra[1]));
    OK(step_wire_receive(ends[1], &in, text, &fd));
    EQ(in.type, STEP_CHILD);
    EQ(in.record, 77);
    EQ_STR(text->str, "hello");
    OK(fd >= 0 && write(fd, "x", 1) == 1 && read(extra[0], &octet, 1) == 1 && octet == 'x');
    close(ends[0]);
    OK(!step_wire_receive(ends[1], &in, text, &fd));
    close(fd);
    close(ends[1]);
    close(extra[0]);
    close(extra[1]);
}

/* ---- a session ---- */

static char *say(struct step *step, const char *line)
{
    g_autoptr(GString) out = g_string_new(NULL);

    step_command(step, line, out);
    return g_strdup(out->str);
}

static void a_session_goes_back_to_what_it_was(void)
{
    struct scenario *scenario = load();
    struct step_worker_options options = { .hash = true };
    g_autofree char *error = NULL, *there = NULL, *again = NULL, *other = NULL, *prompt = NULL;
    struct step *step = step_new(scenario, &options, &error);

    OK(step != NULL);
    g_free(say(step, "step 3"));
    there = say(step, "hash");
    g_free(say(step, "run"));
    other = say(step, "hash");
    g_free(say(step, "goto 3"));
    again = say(step, "hash");
    EQ_STR(there, again);
    OK(strcmp(there, other) != 0);
    prompt = step_prompt(step);
    OK(g_str_has_suffix(prompt, " #3> "));
    step_free(step);
    scenario_free(scenario);
}

static int offers(const struct step *step, const char *line, const char *word)
{
    g_auto(GStrv) words = step_complete(step, line);

    return g_strv_contains((const char *const *)words, word);
}

static void completion_knows_commands_nodes_ports_and_reasons(void)
{
    struct scenario *scenario = load();
    struct step_worker_options options = { .hash = false };
    g_autofree char *error = NULL;
    struct step *step = step_new(scenario, &options, &error);

    OK(offers(step, "", "step") && offers(step, "st", "step") && !offers(step, "st", "back"));
    OK(offers(step, "next ", "a") && offers(step, "queue a:", "a:eth0"));
    OK(offers(step, "break drop no-", "no-route") && offers(step, "break ar", "arp"));
    OK(offers(step, "break state EST", "ESTABLISHED") && offers(step, "b", "back"));
    OK(offers(step, "break call recv on a returns ECONNR", "ECONNRESET"));
    OK(offers(step, "watch a ar", "arp") && offers(step, "break table ", "nat"));
    OK(offers(step, "edit icmp set ip.t", "ip.ttl") && offers(step, "edit icmp s", "set"));
    OK(offers(step, "finish d", "dialogue") && offers(step, "fin d", "dialogue"));
    OK(offers(step, "help ru", "run") && offers(step, "link a:eth0 del", "delay"));
    OK(!offers(step, "break state ", "arp") && !offers(step, "help ", "ip.ttl"));
    step_free(step);
    scenario_free(scenario);
}

UNIT_MAIN("step", TEST(the_last_lone_word_cuts_a_text), TEST(the_rest_begins_behind_words),
          TEST(a_number_is_digits_alone), TEST(conditions_compare_fields_rows_and_queues),
          TEST(stops_stop_where_they_say), TEST(wrong_stops_are_refused),
          TEST(the_log_finds_records_and_keeps_frames),
          TEST(a_message_carries_text_and_a_descriptor), TEST(a_session_goes_back_to_what_it_was),
          TEST(completion_knows_commands_nodes_ports_and_reasons))
