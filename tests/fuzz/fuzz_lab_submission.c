/* Any octets as a submission: graded in a small network, short of what its commands may do. */
#include <string.h>

#include "base/check.h"
#include "lab/grade.h"

static const char network[] =
    "wirewalk: 1\nnodes: {pc1: {kind: host, interfaces: {eth0: 10.0.0.2/24}}, sw1: {kind: switch}, "
    "gw: {kind: router, interfaces: {lan: 10.0.0.1/24}}}\n"
    "links: [[pc1:eth0, sw1:p1], [gw:lan, sw1:p2]]\n";
static const char exercise[] =
    "wirewalk: 1\ntopology: n.net.yaml\nevents: 2000\nuntil: 5s\neditable: [pc1, links, nodes]\n"
    "vary: {n: {pick: 1-9}}\nhints: [{en: h, penalty: 1}]\n"
    "checks:\n  - {id: a, points: 1, reach: pc1 -> gw}\n"
    "  - {id: b, points: 1, state: pc*.gateway, equals: 10.0.0.1}\n"
    "  - {id: c, points: 1, unchanged: everything-else}\n"
    "  - {id: q, points: 1, each: true, ask: q, answer: {blanks: {x: 5, y: [a, b]}}}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag_list *diags = diag_list_new();
    struct task *task = task_parse("x.task.yaml", exercise, sizeof exercise - 1, network, diags);
    struct grade_options options = { .now = GRADE_NO_TIME };
    char *text = g_strndup((const char *)data, size);
    struct handin handin = { .path = (char *)"s.yaml", .problems = g_ptr_array_new() };
    GString *shown = g_string_new(NULL);
    json_t *result;

    CHECK(task != NULL);
    handin.answer = (struct handin_file){ (char *)"s.yaml", text, size };
    result = grade_handin(task, &handin, &options);
    CHECK(json_array_size(json_object_get(result, "checks")) == 4);
    grade_write_text(result, 0, shown);
    json_decref(result);
    g_string_free(shown, TRUE);
    g_ptr_array_unref(handin.problems);
    g_free(text);
    task_free(task);
    diag_list_free(diags);
    return 0;
}
