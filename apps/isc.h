/* What ISC's programs print alike. */
#ifndef WW_APPS_ISC_H
#define WW_APPS_ISC_H

#include "stack/socket/process.h"

#define ISC_DHCP_VERSION "4.4.3-P1"

/** isc_print_banner() - who it is: @what is "Client" or "Relay Agent". */
void isc_print_banner(struct process *self, const char *what);

#endif
