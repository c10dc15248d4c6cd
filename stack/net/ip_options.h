/*
 * IPv4 options, RFC 791 section 3.1, as Linux's ip_options.c has them: record route and timestamps
 * are filled in where a packet comes in and where it goes out, and go back with the answer; source
 * routes are refused.
 */
#ifndef WW_STACK_NET_IP_OPTIONS_H
#define WW_STACK_NET_IP_OPTIONS_H

#include "stack/net/ip.h"
#include "stack/wire/ipv4_wire.h"

/* Options to send. */
struct ip_options {
    uint8_t octets[IPV4_OPTIONS_MAX];
    uint8_t len;
    struct ip_option_gaps gaps;
};

/** ip_options_take() - look at the options of @frame, data at its IP header, which came in and is
 * for this node (@local) or goes on: they are filled in, and @gaps tells what is left to write when
 * it goes on. DROP_NONE; DROP_PROHIBITED (a source route); DROP_BAD_OPTION, which its sender was
 * told of. */
enum drop_reason ip_options_take(struct ip_stack *ip, struct frame *frame, struct ipv4_hdr *hdr,
                                 bool local, struct ip_option_gaps *gaps);
/** ip_options_forward() - record @addr as the way that a packet goes on, in the header at @octets,
 * whose checksum becomes right again. Timestamps keep the address that it came in by. */
void ip_options_forward(uint8_t *octets, struct ip_option_gaps gaps, ip4_addr addr);
/** ip_options_echo() - those that an answer to a packet with *@hdr carries. */
void ip_options_echo(const struct ip_stack *ip, const struct ipv4_hdr *hdr, struct ip_options *out);
/** ip_options_to_send() - those that a program wants in its packets. 0, or -SIM_EINVAL. */
int ip_options_to_send(const struct ip_stack *ip, const uint8_t *octets, size_t len,
                       struct ip_options *out);
/** ip_options_fill() - write what is left into @octets, an IP header that goes out from @addr. */
void ip_options_fill(const struct ip_stack *ip, uint8_t *octets, struct ip_option_gaps gaps,
                     ip4_addr addr);
/** ip_time_of_day() - milliseconds since midnight, RFC 792 page 16: days begin with the run. */
uint32_t ip_time_of_day(const struct ip_stack *ip);

#endif
