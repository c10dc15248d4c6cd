#include "inspect/trace_json.h"

#include <string.h>

#include "base/list.h"
#include "inspect/json_out.h"
#include "inspect/out_file.h"
#include "inspect/render.h"
#include "inspect/summary.h"
#include "sim/sim.h"

struct trace_json {
    struct observer observer;
    struct sim *sim;
    struct out_file out;
};

const char *trace_json_kind_name(unsigned kind)
{
    static const char *const names[RECORD_N_KINDS] = {
        [RECORD_SEND] = "send",       [RECORD_RECEIVE] = "receive", [RECORD_DROP] = "drop",
        [RECORD_STATE] = "state",     [RECORD_TIMER] = "timer",     [RECORD_CALL] = "call",
        [RECORD_COMMAND] = "command", [RECORD_OUTPUT] = "output",   [RECORD_MEDIUM] = "medium",
        [RECORD_CONTROL] = "control",
    };

    g_assert(kind < RECORD_N_KINDS);
    return names[kind];
}

static void add_number(GString *out, const char *key, uint64_t value)
{
    json_out_key(out, key);
    render_decimal(out, value);
}

static void add_text(GString *out, const char *key, const char *value)
{
    json_out_key(out, key);
    json_out_string(out, value);
}

/* Arguments in their own order, each once, with the kind its template gives it: numbers as numbers,
 * the rest as text. */
static void add_args(GString *out, const struct why *why)
{
    g_autoptr(GString) text = g_string_new(NULL);
    bool done[WHY_ARGS_MAX] = { false };

    json_out_key(out, "args");
    g_string_append_c(out, '[');
    for (unsigned arg = 0; arg < WHY_ARGS_MAX; arg++) {
        const char *at = why_sentence(why->code);
        struct why_placeholder placeholder;

        while (render_next_placeholder(&at, &placeholder)) {
            const char *kind = render_kind_name(placeholder.kind);

            if (placeholder.kind == WHY_KIND_TEXT || placeholder.arg != arg ||
                (done[arg] && placeholder.kind != WHY_KIND_TCPTO))
                continue;
            done[arg] = true;
            g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
            g_string_truncate(text, 0);
            render_arg(text, placeholder.kind, &why->args[arg], RENDER_ENGLISH);
            if (placeholder.kind == WHY_KIND_DEC || placeholder.kind == WHY_KIND_PORT)
                add_number(out, kind, why->args[arg]);
            else if (placeholder.kind == WHY_KIND_TIME)
                add_number(out, "ps", why->args[arg]);
            else
                add_text(out, kind, text->str);
            g_string_append_c(out, '}');
        }
    }
    g_string_append_c(out, ']');
}

static void add_why(GString *out, const struct record *record)
{
    g_autoptr(GString) sentence = g_string_new(NULL);

    if (record->why.code == WHY_NONE)
        return;
    json_out_key(out, "why");
    g_string_append_c(out, '{');
    add_text(out, "name", why_name(record->why.code));
    add_args(out, &record->why);
    render_why(sentence, &record->why, record->text, RENDER_ENGLISH);
    add_text(out, "text", sentence->str);
    g_string_append_c(out, '}');
}

static void add_hex(GString *out, const uint8_t *octets, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    gsize at = out->len;

    g_string_set_size(out, at + 2 * len);
    for (size_t i = 0; i < len; i++) {
        out->str[at + 2 * i] = digits[octets[i] >> 4];
        out->str[at + 2 * i + 1] = digits[octets[i] & 15];
    }
}

/* A dropped frame's octets from @frame_at on: its Ethernet header, or its IP header where that is
 * all there is. */
static void add_frame(GString *out, const struct record *record)
{
    const struct frame *frame = record->frame;
    const uint8_t *from = record->frame_at != NULL ? record->frame_at : frame->data;
    size_t len = (size_t)(frame->data + frame->len - from) + frame->payload.len;
    size_t linear = len - frame->payload.len;
    g_autofree uint8_t *octets = g_malloc(len + 1);
    g_autoptr(GString) text = g_string_new(NULL);
    bool is_ip = record->kind == RECORD_DROP && from == frame->network;
    struct facts facts;

    memcpy(octets, from, linear);
    memcpy(octets + linear, frame->payload.octets != NULL ? frame->payload.octets : from,
           frame->payload.len);
    if (is_ip)
        facts_read_ip(&facts, octets, len);
    else
        facts_read(&facts, octets, len);
    summary(text, &facts, NULL, RENDER_ENGLISH);
    json_out_key(out, "frame");
    g_string_append_c(out, '{');
    add_text(out, "begins", is_ip ? "ip" : "eth");
    add_number(out, "len", len);
    add_text(out, "summary", text->str);
    json_out_key(out, "hex");
    g_string_append_c(out, '"');
    add_hex(out, octets, len);
    g_string_append(out, "\"}");
}

static void add_drop(GString *out, const struct record *record)
{
    const uint8_t *packet = record->frame != NULL ? record->frame->network : NULL;
    bool v6 = packet != NULL && packet[0] >> 4 == 6;

    json_out_key(out, "drop");
    g_string_append_c(out, '{');
    add_text(out, "name", drop_name(record->drop));
    add_text(out, "text", drop_sentence(record->drop, v6));
    g_string_append_c(out, '}');
}

void trace_json_line(GString *out, const struct record *record)
{
    g_string_append_c(out, '{');
    add_number(out, "id", record->id);
    add_number(out, "cause", record->cause);
    add_number(out, "ns", (uint64_t)record->at / 1000);
    json_out_key(out, "t");
    g_string_append_c(out, '"');
    render_moment(out, record->at, 12);
    g_string_append_c(out, '"');
    add_text(out, "kind", trace_json_kind_name(record->kind));
    add_text(out, "node", record->node->name);
    if (record->iface != NULL)
        add_text(out, "iface", record->iface->name);
    if (record->process != 0)
        add_number(out, "process", record->process);
    add_why(out, record);
    if (record->kind == RECORD_DROP)
        add_drop(out, record);
    if (record->frame != NULL)
        add_frame(out, record);
    if (record->text != NULL)
        add_text(out, "text", record->text);
    g_string_append(out, "}\n");
}

static void write_record(struct observer *observer, const struct record *record)
{
    struct trace_json *trace = CONTAINER_OF(observer, struct trace_json, observer);

    trace_json_line(trace->out.waiting, record);
    out_file_settle(&trace->out);
}

struct trace_json *trace_json_new(struct sim *sim, const char *path, GError **error)
{
    struct trace_json *trace = g_new0(struct trace_json, 1);

    if (!out_file_open(&trace->out, path, error)) {
        g_free(trace);
        return NULL;
    }
    trace->sim = sim;
    trace->observer.wants = RECORD_ALL;
    trace->observer.record = write_record;
    sim_observe(sim, &trace->observer);
    return trace;
}

bool trace_json_close(struct trace_json *trace, GError **error)
{
    bool ok;

    if (trace == NULL)
        return true;
    sim_unobserve(trace->sim, &trace->observer);
    ok = out_file_close(&trace->out, error);
    g_free(trace);
    return ok;
}
