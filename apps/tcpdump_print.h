/* A frame as one line of tcpdump 4.99. */
#ifndef WW_APPS_TCPDUMP_PRINT_H
#define WW_APPS_TCPDUMP_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/strbuf.h"

struct os;

/* First sequence numbers of the conversations seen, so that later ones are printed relative to
 * them. */
struct tcpdump_flow {
    struct endpoint a, b; /* a before b */
    uint32_t seq, ack;
};

struct tcpdump_printer {
    struct os *os; /* whose /etc/hosts names addresses; NULL with -n */
    bool numeric, ethernet, verbose, absolute;
    struct tcpdump_flow *flows;
    unsigned n_flows, flows_size;
};

/** tcpdump_print() - the frame, from its Ethernet header on, added to *@out without time stamp and
 * newline. */
void tcpdump_print(struct tcpdump_printer *printer, struct strbuf *out, const uint8_t *octets,
                   size_t len);
void tcpdump_printer_fini(struct tcpdump_printer *printer);

#endif
