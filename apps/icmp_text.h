/* ICMP errors in the words of iputils. */
#ifndef WW_APPS_ICMP_TEXT_H
#define WW_APPS_ICMP_TEXT_H

#include <stdint.h>

#include "base/strbuf.h"

/** icmp_text() - "Destination Host Unreachable" and the like added to @out. @rest: the header's
 * second word. */
void icmp_text(struct strbuf *out, uint8_t type, uint8_t code, uint32_t rest);
/** icmp6_text() - the same of ICMPv6, as iputils' ping says it. */
void icmp6_text(struct strbuf *out, uint8_t type, uint8_t code, uint32_t rest);

#endif
