/* The few lines of /etc/services that a small network meets. */
#ifndef WW_APPS_PORT_NAMES_H
#define WW_APPS_PORT_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/** port_name() - "http" for 80 of TCP; NULL for a port without a name. */
const char *port_name(uint16_t port, bool tcp);
/** port_named() - 80 for "http" of TCP; 0 for a name that no port has. */
uint16_t port_named(const char *name, bool tcp);

#endif
