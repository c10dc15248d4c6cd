#ifndef WW_STACK_TRANSPORT_TCP_COOKIE_H
#define WW_STACK_TRANSPORT_TCP_COOKIE_H

#include "stack/transport/tcp_internal.h"

/** tcp_cookie_make() - our sequence number of a SYN,ACK that nothing will remember. */
void tcp_cookie_make(struct tcp_request *req);

/** tcp_cookie_tsval() - the timestamp of that SYN,ACK. */
uint32_t tcp_cookie_tsval(const struct tcp_request *req);

/** tcp_cookie_take() - the half-open connection that @rx, an ACK, is the last one of: @req knows
 * its endpoints, listener and ts_offset. False: it is none. */
bool tcp_cookie_take(struct tcp_request *req, const struct tcp_rx *rx);

#endif
