/* What the arguments of calls mean. For lab/pkt_*.c alone. */
#ifndef WW_LAB_PKT_VALUE_H
#define WW_LAB_PKT_VALUE_H

#include "lab/pkt_internal.h"

struct pkt_value {
    uint8_t octets[PKT_VALUE_MAX];
    gsize len;
};

/** pkt_arg_number() - argument @n of the current call, which must be there. */
bool pkt_arg_number(struct pkt_run *run, unsigned n, int64_t *number);
/** pkt_address() - a sockaddr; `...` is @usual with the script's port. */
bool pkt_address(struct pkt_run *run, const struct pkt_expr *expr, const struct pkt_ip *usual,
                 bool *has_addr, struct pkt_sockaddr *addr);
/** pkt_value() - the octets of an option's value, as Linux lays them out. */
bool pkt_value(struct pkt_run *run, const struct pkt_expr *expr, struct pkt_value *value);

#endif
