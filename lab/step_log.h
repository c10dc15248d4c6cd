/*
 * What has happened lately, for a stepper: the last records with the octets of their frames, in a
 * memory of fixed size. It lies in the process that runs the scenario, so that whoever goes back to
 * a moment finds the log of that moment.
 */
#ifndef WW_LAB_STEP_LOG_H
#define WW_LAB_STEP_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/summary.h"
#include "sim/sim.h"

#define STEP_LOG_ENTRIES   32768u     /* records kept */
#define STEP_LOG_OCTETS    (8u << 20) /* octets of frames and texts kept */
#define STEP_LOG_FRAME_MAX 2048u      /* of one frame */
#define STEP_LOG_TEXT_MAX  4096u

struct step_entry {
    uint64_t id, cause;
    uint64_t event;  /* the number of the event in which it happened, from 1 */
    uint64_t number; /* of the frame; 0: unknown, or no frame */
    uint64_t process;
    uint64_t octets_at, text_at; /* places in the log's memory */
    uint64_t older;              /* for step_log_find() */
    sim_time at;
    struct why why;
    const struct node *node;
    const struct iface *iface;     /* or NULL */
    uint32_t size;                 /* of the frame, in octets */
    uint16_t octets_len, text_len; /* what is kept of it */
    uint8_t kind;                  /* enum record_kind */
    uint8_t drop;                  /* enum drop_reason */
    bool at_ether, has_text;
};

struct step_log {
    struct observer observer;
    struct sim *sim;
    struct step_entry *entries; /* entry n is at n % STEP_LOG_ENTRIES */
    uint64_t n_entries;         /* ever */
    uint8_t *octets;
    uint64_t n_octets; /* ever */
    uint64_t *slots;
    uint64_t n_frames;
    struct seq_table *seqs;
};

struct step_log *step_log_new(struct sim *sim);
void step_log_free(struct step_log *log);
/** step_log_first() - the number of the oldest entry kept; the newest is log->n_entries - 1. */
uint64_t step_log_first(const struct step_log *log);
static inline const struct step_entry *step_log_at(const struct step_log *log, uint64_t n)
{
    return &log->entries[n % STEP_LOG_ENTRIES];
}
/** step_log_find() - the entry of record @id, or NULL. */
const struct step_entry *step_log_find(const struct step_log *log, uint64_t id);
/** step_log_octets() - @entry->octets_len octets copied to @octets (STEP_LOG_FRAME_MAX), or 0 when
 * they are gone. */
size_t step_log_octets(const struct step_log *log, const struct step_entry *entry, uint8_t *octets);
/** step_log_text() - the record's text, NULL where there was none or it is gone. Free with
 * g_free(). */
char *step_log_text(const struct step_log *log, const struct step_entry *entry);
/** step_log_facts() - what the entry's frame is. False where there is none, or its octets are gone.
 */
bool step_log_facts(const struct step_log *log, const struct step_entry *entry,
                    struct facts *facts);

#endif
