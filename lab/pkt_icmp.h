/* The names that scripts have for ICMP's types and codes, of both families. */
#ifndef WW_LAB_PKT_ICMP_H
#define WW_LAB_PKT_ICMP_H

#include <stdbool.h>
#include <stdint.h>

/** pkt_icmp_type() - by name or decimal number; -1: there is none. */
int pkt_icmp_type(const char *name, bool v6);
/** pkt_icmp_code() - the same for a code of @type. */
int pkt_icmp_code(const char *name, uint8_t type, bool v6);
/** pkt_icmp_type_name() / pkt_icmp_code_name() - NULL where there is no name. */
const char *pkt_icmp_type_name(uint8_t type, bool v6);
const char *pkt_icmp_code_name(uint8_t type, uint8_t code, bool v6);
/** pkt_icmp_is_spoken_of() - false for what a host says on its own: neighbor discovery, group
 * management, router solicitation. */
bool pkt_icmp_is_spoken_of(uint8_t type, bool v6);

#endif
