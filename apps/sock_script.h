/* Socket scripts as text: 'VERB ARGS; VERB ARGS; ...' read into operations. docs/sock.md describes
 * the language. */
#ifndef WW_APPS_SOCK_SCRIPT_H
#define WW_APPS_SOCK_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/strbuf.h"
#include "stack/socket/process.h"

/* From SOCK_FIRST_CALL on they have to do with other programs, or with time. */
enum sock_verb {
    SOCK_TCP,
    SOCK_UDP,
    SOCK_REUSEADDR,
    SOCK_REUSEPORT,
    SOCK_NODELAY,
    SOCK_CORK,
    SOCK_BROADCAST,
    SOCK_KEEPALIVE,
    SOCK_NONBLOCK,
    SOCK_LINGER,
    SOCK_SNDBUF,
    SOCK_RCVBUF,
    SOCK_TIMEOUT,
    SOCK_BIND,
    SOCK_LISTEN,
    SOCK_ACCEPT,
    SOCK_CONNECT,
    SOCK_SEND,
    SOCK_SENDTEXT,
    SOCK_SENDTO,
    SOCK_REPLY,
    SOCK_HTTP,
    SOCK_RECV,
    SOCK_RECVSOME,
    SOCK_RECVEOF,
    SOCK_RECVFROM,
    SOCK_SHUTWR,
    SOCK_SHUTRD,
    SOCK_CLOSE,
    SOCK_CLOSELISTENER,
    SOCK_AS,
    SOCK_USE,
    SOCK_SLEEP,
    SOCK_AT,
    SOCK_GETSOCKNAME,
    SOCK_GETPEERNAME,
    SOCK_N_VERBS,
    SOCK_FIRST_CALL = SOCK_ACCEPT
};

struct sock_op {
    enum sock_verb verb;
    char *label; /* as written, without the blanks around it: what the output line begins with */
    uint64_t number; /* octets, seconds of linger, backlog, 1 or 0 of `cork` */
    sim_time time;   /* a duration, or for `at` a moment */
    struct endpoint to;
    char *text; /* a name, a path, octets to send; or NULL */
    size_t text_len;
};

struct sock_script {
    struct sock_op *ops;
    unsigned n_ops, size;
};

#define SOCK_LISTEN_DEFAULT 5 /* backlog of `listen` without a number */

/**
 * sock_script_parse() - read @text. False: the first mistake is in @error, one line without an end,
 * and nothing is left to free. Free *@script with sock_script_fini().
 */
bool sock_script_parse(const char *text, struct sock_script *script, struct strbuf *error);
void sock_script_fini(struct sock_script *script);

#endif
