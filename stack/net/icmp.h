/* ICMP, RFC 792, 1122 section 3.2.2, 1812 section 4.3: echo, errors with Linux's rate limits,
 * redirects, path MTU. */
#ifndef WW_STACK_NET_ICMP_H
#define WW_STACK_NET_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/frame.h"
#include "stack/net/icmp_limit.h"
#include "stack/net/ip.h"

/** icmp_init() - registers ICMP with @ip. */
void icmp_init(struct ip_stack *ip);
void icmp_fini(struct ip_stack *ip);
/**
 * icmp_send_error() - tell the sender of @frame (borrowed; frame->network is its IP header) that
 * something is wrong with it. Nothing is sent about ICMP errors, broadcasts, multicasts, later
 * fragments and bad sources (RFC 1122 section 3.2.2), nor over the rate limit. @rest: the second
 * word of the ICMP header (MTU, gateway, pointer << 24).
 */
void icmp_send_error(struct ip_stack *ip, struct frame *frame, uint8_t type, uint8_t code,
                     uint32_t rest, struct why why);

/** icmp_no_route_allowed() - Linux's own limit on "no route" errors to one host, before the one on
 * all errors. */
bool icmp_no_route_allowed(struct ip_stack *ip, ip4_addr to);
/** icmp_redirect_allowed() - Linux's limit on redirects to one host; counts it when it is. */
bool icmp_redirect_allowed(struct ip_stack *ip, ip4_addr to);

/** icmp_take_credit() - may an error go to @to? Both of Linux's limits: a bucket for the node, IPv4
 * and IPv6 together, and one of @peers for each host, which earns an error every @cost; 0: the
 * node's alone. */
bool icmp_take_credit(struct ip_stack *ip, struct icmp_peers *peers, struct ip6_addr to,
                      sim_time cost);

#endif
