/*
 * Which frames are meant: `see`, `never`, `count` and `match` of scenarios, filters of the stepper.
 *
 * A filter is one of the short words below (in any letter case), or tcpdump's syntax, or both
 * joined by `and`:
 *
 *   any | arp [request|reply] | icmp
 * [echo-request|echo-reply|unreachable|net-unreachable|host-unreachable|
 *   protocol-unreachable|port-unreachable|frag-needed|time-exceeded|redirect|parameter-problem] |
 *   udp | tcp [SYN|SYN+ACK|ACK|FIN|RST|data] | dns [query|response] | ip fragment | broadcast |
 *   dhcp [discover|offer|request|decline|ack|nak|release|inform] | http
 * [request|response|METHOD|STATUS]
 *
 * `tcp SYN` is the opening one, without ACK; `tcp ACK` has no data and no other flag; `tcp FIN`,
 * `tcp RST` and `tcp data` look at that alone. Host names of tcpdump expressions are those of the
 * simulated network; the machine's resolver is never asked, and services are those of a fixed list.
 */
#ifndef WW_INSPECT_FILTER_H
#define WW_INSPECT_FILTER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct facts;
struct filter;
struct filter_names;

#define FILTER_TEXT_MAX 1024 /* libpcap's optimiser is worse than quadratic */

#define FILTER_ERROR filter_error_quark()
GQuark filter_error_quark(void);
enum filter_error { FILTER_ERROR_SYNTAX, FILTER_ERROR_TOO_LONG, FILTER_ERROR_NAME };

/** filter_names_new() - names that expressions may use. filter_names_add() - one name may have
 * several addresses. */
struct filter_names *filter_names_new(void);
void filter_names_add(struct filter_names *names, const char *name, ip4_addr addr);
void filter_names_free(struct filter_names *names);

/**
 * filter_new() - compile @text; @names may be NULL, and is not needed afterwards. NULL with *@error
 * set: the message names the word that is wrong and, where there is one, the near name. Free with
 * filter_free().
 */
struct filter *filter_new(const char *text, const struct filter_names *names, GError **error);
/** filter_match() - whether the frame @octets, from its Ethernet header on, is meant. */
bool filter_match(const struct filter *filter, const uint8_t *octets, size_t len);
/** filter_match_facts() - the same where the facts are known already. */
bool filter_match_facts(const struct filter *filter, const struct facts *facts,
                        const uint8_t *octets, size_t len);
void filter_free(struct filter *filter);

#endif
