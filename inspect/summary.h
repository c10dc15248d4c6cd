/*
 * A frame in one line, in the field's words and the user's language: a label ("ARP request", "TCP
 * SYN", "HTTP GET /") and what it is about ("who has 10.0.0.2? tell 10.0.0.1", "10.0.0.1:40000
 * -> 10.0.0.2:80, seq 0").
 */
#ifndef WW_INSPECT_SUMMARY_H
#define WW_INSPECT_SUMMARY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "inspect/facts.h"
#include "inspect/render.h"

/* Where a connection's sequence numbers begin, so that they can be shown from 0. */
struct seq_base {
    bool known;        /* both were seen */
    uint32_t seq, ack; /* subtract from the segment's own */
};

/** summary_label() - append the label. */
void summary_label(GString *out, const struct facts *facts, enum render_lang lang);
/** summary_detail() - append what it is about; nothing where the label says all. @base may be NULL.
 */
void summary_detail(GString *out, const struct facts *facts, const struct seq_base *base,
                    enum render_lang lang);
/** summary() - both: "LABEL: DETAIL". */
void summary(GString *out, const struct facts *facts, const struct seq_base *base,
             enum render_lang lang);
/** summary_tcp_flags() - append "SYN,ACK". */
void summary_tcp_flags(GString *out, uint16_t flags);

/*
 * The initial sequence numbers of the connections seen so far, learned from SYNs. Numbers of a
 * connection whose beginning was not seen stay as they are.
 */
struct seq_table;
struct seq_table *seq_table_new(void);
void seq_table_free(struct seq_table *table);
/** seq_table_look() - learn from the segment and tell its base; known is false for what is not TCP.
 */
struct seq_base seq_table_look(struct seq_table *table, const struct facts *facts);

#endif
