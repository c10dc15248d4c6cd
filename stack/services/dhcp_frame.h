/*
 * DHCP messages in whole frames, as ISC's programs and busybox send and take them through packet
 * sockets: the kernel may have no address to send from, and the other side none to be reached at.
 */
#ifndef WW_STACK_SERVICES_DHCP_FRAME_H
#define WW_STACK_SERVICES_DHCP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define DHCP_FRAME_HDRS_LEN 42 /* Ethernet, IPv4 and UDP in front of the message */

/* ISC's programs: "low delay" and a long way, whatever the interface says. */
#define DHCP_ISC_TOS 0x10
#define DHCP_ISC_TTL 128

struct dhcp_frame {
    struct mac_addr src_mac, dst_mac;
    ip4_addr src, dst;
    uint16_t src_port, dst_port;
    uint8_t tos, ttl;
};

/** dhcp_frame_wrap() - the headers into the first DHCP_FRAME_HDRS_LEN of @octets, behind which
 * @len octets of message stand already. Returns the frame's length. */
size_t dhcp_frame_wrap(const struct dhcp_frame *frame, uint8_t *octets, size_t len);
/** dhcp_frame_unwrap() - true with the message in the frame at @octets and who sent it, if it is
 * for @port. */
bool dhcp_frame_unwrap(const uint8_t *octets, size_t len, uint16_t port, const uint8_t **message,
                       size_t *message_len, ip4_addr *from);

#endif
