/* What the files that read facts share. */
#ifndef WW_INSPECT_FACTS_INTERNAL_H
#define WW_INSPECT_FACTS_INTERNAL_H

#include "inspect/facts.h"

/** facts_read_transport() - UDP or TCP, whichever @protocol is, at facts->payload_at of @octets. */
void facts_read_transport(struct facts *facts, const uint8_t *octets, uint8_t protocol);
/** facts_read_ip6() - an IPv6 packet at @at. */
void facts_read_ip6(struct facts *facts, const uint8_t *octets, size_t len, size_t at);

#endif
