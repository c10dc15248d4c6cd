/* ARP for IPv4 over Ethernet as octets, RFC 826. Pure: no state, no clock, no allocation. */
#ifndef WW_STACK_WIRE_ARP_WIRE_H
#define WW_STACK_WIRE_ARP_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/drop.h"

#define ARP_LEN 28 /* hrd(2) pro(2) hln(1) pln(1) op(2) sha(6) spa(4) tha(6) tpa(4), big endian */

enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp_msg {              /* host byte order, RFC 826's names */
    uint16_t op;              /* an enum arp_op, or another number: the caller decides */
    struct mac_addr sha, tha; /* hardware address of the sender, of the target */
    ip4_addr spa, tpa;        /* protocol address of the sender, of the target */
};

/**
 * arp_parse() - decode the message at the start of @octets; what follows it is padding.
 * Returns DROP_NONE with *@msg filled; DROP_TRUNCATED, or DROP_BAD_HEADER where it is not about
 * Ethernet and IPv4 addresses of 6 and 4 octets, with *@msg untouched.
 */
enum drop_reason arp_parse(const uint8_t *octets, size_t len, struct arp_msg *msg);
/** arp_emit() - write *@msg to @octets, exactly ARP_LEN of them. Cannot fail. */
void arp_emit(const struct arp_msg *msg, uint8_t *octets);

#endif
