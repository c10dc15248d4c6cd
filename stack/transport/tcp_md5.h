/*
 * Signed segments, RFC 2385: option 19 is MD5 over the addresses, the header without options, the
 * data and a key. Keys belong to a socket and an address or a prefix of peers, as with Linux's
 * TCP_MD5SIG; a segment without its signature is dropped, and so is one that nobody has a key for.
 */
#ifndef WW_STACK_TRANSPORT_TCP_MD5_H
#define WW_STACK_TRANSPORT_TCP_MD5_H

#include "stack/transport/tcp_internal.h"

/** tcp_md5_find() - the key of @keys for @remote: the longest prefix; NULL: there is none. */
const struct tcp_md5_key *tcp_md5_find(const struct tcp_md5_key *keys,
                                       const struct endpoint *remote);
/** tcp_md5_refresh() - the peer or the keys have changed: does @tp sign? */
void tcp_md5_refresh(struct tcp_sock *tp);
/** tcp_md5_inherit() - @tp has come out of @listener: it has the key of its peer. */
void tcp_md5_inherit(struct tcp_sock *tp, const struct tcp_sock *listener);
void tcp_md5_drop(struct tcp_md5_key *keys);
/** tcp_md5_copy() - a key that stands alone; NULL of NULL. */
struct tcp_md5_key *tcp_md5_copy(const struct tcp_md5_key *key);
/** tcp_md5_sign() - @frame, data at the TCP header that has room for a signature, gets it. */
void tcp_md5_sign(const struct tcp_md5_key *key, const struct endpoint *src,
                  const struct endpoint *dst, struct frame *frame);
/** tcp_md5_check() - may @rx come to who has @keys? DROP_NONE, or why not. */
enum drop_reason tcp_md5_check(const struct tcp_md5_key *keys, const struct tcp_rx *rx);

#endif
