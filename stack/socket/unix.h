/*
 * AF_UNIX: sockets between the programs of one host, without a frame. Names are paths, which leave
 * a socket file behind as on Linux, or abstract ("@name"). stack/socket/syscall.h has the calls.
 */
#ifndef WW_STACK_SOCKET_UNIX_H
#define WW_STACK_SOCKET_UNIX_H

#include "stack/socket/os.h"
#include "stack/transport/sock.h"

#define UNIX_NAME_MAX 107 /* octets of sun_path, without its end */

/** unix_socket() - @type: SIM_SOCK_STREAM, DGRAM or SEQPACKET. */
struct sock *unix_socket(struct os *os, int type);
bool sock_is_unix(const struct sock *sock);
/** unix_pair() - connect two fresh sockets with each other. */
void unix_pair(struct sock *a, struct sock *b);
int unix_bind(struct sock *sock, const char *name);
/** unix_connect() - -SIM_EAGAIN: the listener's queue is full, ask again when woken. */
int unix_connect(struct sock *sock, const char *name);
/** unix_sendto() - a datagram to @name. */
int64_t unix_sendto(struct sock *sock, const char *name, const struct sock_send *message);
/** unix_name() - what it is bound to, "" for nothing. unix_peer_name(): NULL when not connected. */
const char *unix_name(const struct sock *sock);
const char *unix_peer_name(const struct sock *sock);
/** unix_drop_rights() - at the end: descriptors on their way to somebody are closed, so that none
 * waits in its own queue for ever. */
void unix_drop_rights(struct os *os);
void unix_describe(struct os *os, struct describe *out);

#endif
