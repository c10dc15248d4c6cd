#include "lab/step_log.h"

#include <glib.h>
#include <string.h>

#include "base/be.h"
#include "base/list.h"

enum { SLOTS = 65536, ETHERTYPE_AT = 12, IP_AT = 14 };

/* The newest entry of those that share a slot, counted from 1; each leads to the next older one. */
static uint64_t *slot_of(const struct step_log *log, uint64_t id)
{
    return &log->slots[(id ^ id >> RECORD_COUNT_BITS << 5) % SLOTS];
}

uint64_t step_log_first(const struct step_log *log)
{
    return log->n_entries > STEP_LOG_ENTRIES ? log->n_entries - STEP_LOG_ENTRIES : 0;
}

const struct step_entry *step_log_find(const struct step_log *log, uint64_t id)
{
    uint64_t first = step_log_first(log);
    uint64_t place = id != 0 ? *slot_of(log, id) : 0;

    while (place > first) {
        const struct step_entry *entry = step_log_at(log, place - 1);

        if (entry->id == id)
            return entry;
        place = entry->older;
    }
    return NULL;
}

/* ---- octets ---- */

static bool kept(const struct step_log *log, uint64_t at)
{
    return log->n_octets - at <= STEP_LOG_OCTETS;
}

/* A place for @len octets in a row. */
static uint8_t *reserve(struct step_log *log, size_t len, uint64_t *at)
{
    size_t offset = log->n_octets % STEP_LOG_OCTETS;

    if (offset + len > STEP_LOG_OCTETS) {
        log->n_octets += STEP_LOG_OCTETS - offset;
        offset = 0;
    }
    *at = log->n_octets;
    log->n_octets += len;
    return log->octets + offset;
}

size_t step_log_octets(const struct step_log *log, const struct step_entry *entry, uint8_t *octets)
{
    if (entry->octets_len == 0 || !kept(log, entry->octets_at))
        return 0;
    memcpy(octets, log->octets + entry->octets_at % STEP_LOG_OCTETS, entry->octets_len);
    return entry->octets_len;
}

char *step_log_text(const struct step_log *log, const struct step_entry *entry)
{
    if (!entry->has_text || !kept(log, entry->text_at))
        return NULL;
    return g_strndup((const char *)log->octets + entry->text_at % STEP_LOG_OCTETS, entry->text_len);
}

bool step_log_facts(const struct step_log *log, const struct step_entry *entry, struct facts *facts)
{
    uint8_t octets[STEP_LOG_FRAME_MAX];
    size_t len = step_log_octets(log, entry, octets);

    if (len == 0)
        return false;
    if (entry->at_ether)
        facts_read(facts, octets, len);
    else
        facts_read_ip(facts, octets, len);
    return true;
}

/* ---- keeping ---- */

static size_t copy_frame(const struct record *record, uint8_t *octets)
{
    const struct frame *frame = record->frame;
    size_t linear = (size_t)(frame->data + frame->len - record->frame_at);
    size_t len = MIN(linear, STEP_LOG_FRAME_MAX);
    size_t more = MIN(frame->payload.len, STEP_LOG_FRAME_MAX - len);

    memcpy(octets, record->frame_at, len);
    if (more > 0)
        memcpy(octets + len, frame->payload.octets, more);
    return len + more;
}

/* The octets are those of the frame's last record, unless it was changed on the way. */
static bool share_octets(const struct step_log *log, struct step_entry *entry,
                         const uint8_t *octets, size_t len)
{
    const struct step_entry *before = step_log_find(log, entry->cause);

    if (before == NULL || before->octets_len != len ||
        log->n_octets - before->octets_at > STEP_LOG_OCTETS / 2 ||
        memcmp(log->octets + before->octets_at % STEP_LOG_OCTETS, octets, len) != 0)
        return false;
    entry->octets_at = before->octets_at;
    return true;
}

/* Relative sequence numbers need the SYNs; other frames are not looked into while they pass. */
static void learn_sequence(struct step_log *log, const uint8_t *octets, size_t len)
{
    size_t tcp_at;
    uint16_t type;
    struct facts facts;

    if (len < IP_AT + 20)
        return;
    type = be16_get(octets + ETHERTYPE_AT);
    if (type == ETHERTYPE_IPV4 && octets[IP_AT + 9] == IP_PROTO_TCP)
        tcp_at = IP_AT + (octets[IP_AT] & 15u) * 4u;
    else if (type == ETHERTYPE_IPV6 && octets[IP_AT + 6] == IP_PROTO_TCP)
        tcp_at = IP_AT + IPV6_HDR_LEN;
    else
        return;
    if (tcp_at + 14 > len || (octets[tcp_at + 13] & TCP_SYN) == 0)
        return;
    facts_read(&facts, octets, len);
    seq_table_look(log->seqs, &facts);
}

static void keep_frame(struct step_log *log, struct step_entry *entry, const struct record *record)
{
    uint8_t octets[STEP_LOG_FRAME_MAX];
    size_t len = copy_frame(record, octets);

    entry->size = (uint32_t)((size_t)(record->frame->data + record->frame->len - record->frame_at) +
                             record->frame->payload.len);
    entry->octets_len = (uint16_t)len;
    entry->at_ether = record->at_ether;
    if (record->kind == RECORD_SEND)
        learn_sequence(log, octets, len);
    if (!share_octets(log, entry, octets, len))
        memcpy(reserve(log, len, &entry->octets_at), octets, len);
}

static void keep_text(struct step_log *log, struct step_entry *entry, const char *text)
{
    size_t len = MIN(strlen(text), STEP_LOG_TEXT_MAX);

    entry->has_text = true;
    entry->text_len = (uint16_t)len;
    memcpy(reserve(log, len, &entry->text_at), text, len);
}

/* A program that prints a line piece by piece prints a line. False: @record begins a new one. */
static bool goes_on(struct step_log *log, const struct record *record)
{
    struct step_entry *last =
        log->n_entries > 0 ? &log->entries[(log->n_entries - 1) % STEP_LOG_ENTRIES] : NULL;
    g_autofree char *text = NULL, *both = NULL;

    if (last == NULL || record->kind != RECORD_OUTPUT || last->kind != RECORD_OUTPUT ||
        last->node != record->node || last->process != record->process ||
        last->event != sim_events(log->sim) || record->text == NULL)
        return false;
    text = step_log_text(log, last);
    if (text == NULL || last->text_len + strlen(record->text) > STEP_LOG_TEXT_MAX)
        return false;
    both = g_strconcat(text, record->text, NULL);
    keep_text(log, last, both);
    return true;
}

static uint64_t number_of(struct step_log *log, const struct record *record)
{
    const struct step_entry *cause;

    if (record->kind == RECORD_SEND)
        return ++log->n_frames;
    if (record->kind != RECORD_RECEIVE && record->kind != RECORD_DROP)
        return 0;
    cause = step_log_find(log, record->cause);
    return cause != NULL ? cause->number : 0;
}

static void keep(struct observer *observer, const struct record *record)
{
    struct step_log *log = CONTAINER_OF(observer, struct step_log, observer);
    struct step_entry *entry = &log->entries[log->n_entries % STEP_LOG_ENTRIES];
    uint64_t number;

    if (goes_on(log, record))
        return;
    number = number_of(log, record);
    *entry = (struct step_entry){ .id = record->id,
                                  .cause = record->cause,
                                  .event = sim_events(log->sim),
                                  .number = number,
                                  .process = record->process,
                                  .at = record->at,
                                  .why = record->why,
                                  .node = record->node,
                                  .iface = record->iface,
                                  .kind = (uint8_t)record->kind,
                                  .drop = (uint8_t)record->drop };
    if (record->frame != NULL && record->frame_at != NULL)
        keep_frame(log, entry, record);
    if (record->text != NULL)
        keep_text(log, entry, record->text);
    entry->older = *slot_of(log, record->id);
    *slot_of(log, record->id) = ++log->n_entries;
}

struct step_log *step_log_new(struct sim *sim)
{
    struct step_log *log = g_new0(struct step_log, 1);

    G_STATIC_ASSERT(DROP_N_REASONS <= UINT8_MAX);
    log->sim = sim;
    log->entries = g_new0(struct step_entry, STEP_LOG_ENTRIES);
    log->octets = g_malloc(STEP_LOG_OCTETS);
    log->slots = g_new0(uint64_t, SLOTS);
    log->seqs = seq_table_new();
    log->observer.wants = RECORD_ALL;
    log->observer.record = keep;
    sim_observe(sim, &log->observer);
    return log;
}

void step_log_free(struct step_log *log)
{
    sim_unobserve(log->sim, &log->observer);
    seq_table_free(log->seqs);
    g_free(log->entries);
    g_free(log->octets);
    g_free(log->slots);
    g_free(log);
}
