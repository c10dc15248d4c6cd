/*
 * What descriptors stand for beside sockets: the ends of pipes, and files open for reading. Octets
 * go from them into sockets, and from sockets into pipes, by sendfile() and splice().
 */
#ifndef WW_STACK_SOCKET_PIPE_H
#define WW_STACK_SOCKET_PIPE_H

#include "stack/socket/os.h"
#include "stack/transport/sock.h"

/** pipe_pair() - the end to read from, and the end to write to. */
void pipe_pair(struct os *os, struct sock *ends[2]);
bool sock_is_pipe(const struct sock *sock);
/** pipe_is_same() - are they ends of one pipe? */
bool pipe_is_same(struct sock *a, struct sock *b);
/** pipe_writes() - is it the end to write to? */
bool pipe_writes(struct sock *sock);
/** pipe_len() - octets that nobody has read. */
size_t pipe_len(struct sock *sock);
/** pipe_peek() - the first octets of the pipe that @sock reads from, at most @size: how many, 0 at
 * the end, -SIM_EAGAIN while there are none, -SIM_EBADF of the other end. pipe_skip() - they are
 * read. */
int64_t pipe_peek(struct sock *sock, uint8_t *octets, size_t size);
void pipe_skip(struct sock *sock, size_t len);
/** pipe_room() - octets that splice() may put into the pipe that @sock writes to: whole pages.
 * pipe_splice() - it does, with no more than that. */
int64_t pipe_room(struct sock *sock);
void pipe_splice(struct sock *sock, const uint8_t *octets, size_t len);

/** file_open() - @path of @os; NULL when there is none. */
struct sock *file_open(struct os *os, const char *path);
bool sock_is_file(const struct sock *sock);
/** file_read_at() - up to @size octets from @offset on. */
size_t file_read_at(const struct sock *sock, uint64_t offset, uint8_t *octets, size_t size);
/** file_offset() - where read() goes on; to be changed. */
uint64_t *file_offset(struct sock *sock);

#endif
