/* From a script's options to the machine that it runs on. For lab/pkt_*.c alone. */
#ifndef WW_LAB_PKT_SETUP_H
#define WW_LAB_PKT_SETUP_H

#include "lab/pkt_run.h"

/** pkt_configure() - the machine, and how far off times may be (ns). False with *@fault. */
bool pkt_configure(const struct pkt_script *script, const struct pkt_options *options,
                   struct pkt_config *config, int64_t *tolerance, struct pkt_fault *fault);
/** pkt_ip_parse() - an address of either family, as text. */
bool pkt_ip_parse(const char *text, bool *v6, struct pkt_ip *ip);
/** pkt_ip_text() - the other way. */
char *pkt_ip_text(const struct pkt_ip *ip, bool v6);

#endif
