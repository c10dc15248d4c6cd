#include "tests/support/unit.h"

#include <glib/gstdio.h>
#include <jansson.h>

#include "inspect/json_out.h"
#include "inspect/trace_json.h"
#include "tests/unit/inspect/rig.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "(none)" : text;
}

static void record_becomes_a_line_of_json(void)
{
    struct rig rig;
    struct trace_json *trace;
    g_autofree char *folder = g_dir_make_tmp("wirewalk-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "t.jsonl", NULL), *text = NULL;
    g_auto(GStrv) lines = NULL;
    json_t *send, *receive, *drop;
    uint8_t octets[60];

    rig_init(&rig, NULL, &rig_ops);
    trace = trace_json_new(rig.sim, path, NULL);
    sim_start(rig.sim);
    iface_send(rig.a0,
               rig_frame(rig.a, octets, rig_arp(octets), WHY(ARP_ASK, RIG_IP_B, IP4(9, 9, 9, 9))));
    sim_run(rig.sim, SIM_SEC(1), 100);
    node_drop(rig.b, rig.b0, rig_frame(rig.b, octets, 60, WHY0(NONE)), DROP_NOT_FOR_ME);
    OK(trace_json_close(trace, NULL));
    OK(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    EQ(g_strv_length(lines), 4);
    send = json_loads(lines[0], JSON_REJECT_DUPLICATES, NULL);
    receive = json_loads(lines[1], JSON_REJECT_DUPLICATES, NULL);
    drop = json_loads(lines[2], JSON_REJECT_DUPLICATES, NULL);
    EQ_STR(text_of(send, "kind"), "send");
    EQ_STR(text_of(send, "t"), "0.000000000000");
    EQ_STR(text_of(json_object_get(send, "why"), "name"), "arp-ask");
    EQ_STR(text_of(json_array_get(json_object_get(json_object_get(send, "why"), "args"), 1), "ip"),
           "9.9.9.9");
    EQ_STR(text_of(json_object_get(send, "frame"), "summary"),
           "ARP request: who has 10.0.0.2? tell 10.0.0.1");
    EQ(strlen(text_of(json_object_get(send, "frame"), "hex")), 120);
    EQ(json_integer_value(json_object_get(receive, "cause")),
       json_integer_value(json_object_get(send, "id")));
    EQ(json_integer_value(json_object_get(receive, "ns")), 11720);
    EQ_STR(text_of(json_object_get(drop, "drop"), "name"), "not-for-me");
    json_decref(send);
    json_decref(receive);
    json_decref(drop);
    g_unlink(path);
    g_rmdir(folder);
    rig_fini(&rig);
}

static void any_octets_make_valid_json_strings(void)
{
    static const char *const texts[] = { "plain", "\"\\\n\r\t\x01\x1f\x7f", "百度一下",
                                         "\xff\xc3(\xe4\xb8", "\xf0\x9f\x98\x80" };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        json_t *value;

        json_out_string(out, texts[i]);
        value = json_loads(out->str, JSON_DECODE_ANY, NULL);
        OK(value != NULL);
        if (g_utf8_validate(texts[i], -1, NULL))
            EQ_STR(json_string_value(value), texts[i]);
        json_decref(value);
    }
}

UNIT_MAIN("trace_json", TEST(record_becomes_a_line_of_json),
          TEST(any_octets_make_valid_json_strings))
