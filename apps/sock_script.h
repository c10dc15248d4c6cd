/*
 * Socket scripts as text: 'VERB ARGS; VERB ARGS; ...' read into operations. docs/sock.md describes
 * the language.
 */
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
    SOCK_UNIX,
    SOCK_RAW,
    SOCK_SOCKET,
    SOCK_SOCKETPAIR,
    SOCK_REUSEADDR,
    SOCK_REUSEPORT,
    SOCK_NODELAY,
    SOCK_CORK,
    SOCK_BROADCAST,
    SOCK_KEEPALIVE,
    SOCK_NONBLOCK,
    SOCK_BLOCKING,
    SOCK_LINGER,
    SOCK_SNDBUF,
    SOCK_RCVBUF,
    SOCK_TIMEOUT,
    SOCK_SET,
    SOCK_GET,
    SOCK_DEVICE,
    SOCK_JOIN,
    SOCK_LEAVE,
    SOCK_USER,
    SOCK_SIGPIPE,
    SOCK_CHARSET,
    SOCK_CHOP,
    SOCK_EPOLL,
    SOCK_WATCH,
    SOCK_REWATCH,
    SOCK_UNWATCH,
    SOCK_BIND,
    SOCK_LISTEN,
    SOCK_ACCEPT,
    SOCK_CONNECT,
    SOCK_DISCONNECT,
    SOCK_SEND,
    SOCK_SENDTEXT,
    SOCK_SENDHEX,
    SOCK_SENDLINE,
    SOCK_SENDRECORD,
    SOCK_SENDTO,
    SOCK_SENDTEXTTO,
    SOCK_FASTOPEN,
    SOCK_FASTOPENTEXT,
    SOCK_REPLY,
    SOCK_SENDFD,
    SOCK_RECVFD,
    SOCK_HTTP,
    SOCK_RECV,
    SOCK_RECVSOME,
    SOCK_RECVTEXT,
    SOCK_RECVHEX,
    SOCK_RECVLINE,
    SOCK_RECVRECORD,
    SOCK_RECVEOF,
    SOCK_RECVFROM,
    SOCK_RECVMSG,
    SOCK_RECVERR,
    SOCK_POLL,
    SOCK_EPOLLWAIT,
    SOCK_SELECT,
    SOCK_SHUTWR,
    SOCK_SHUTRD,
    SOCK_SHUTRDWR,
    SOCK_CLOSE,
    SOCK_CLOSELISTENER,
    SOCK_AS,
    SOCK_USE,
    SOCK_SLEEP,
    SOCK_AT,
    SOCK_GETSOCKNAME,
    SOCK_GETPEERNAME,
    SOCK_LOOP, /* with what follows it in braces */
    SOCK_FORK,
    SOCK_END, /* the closing brace */
    SOCK_WAIT,
    SOCK_EXIT,
    SOCK_N_VERBS,
    SOCK_FIRST_CALL = SOCK_ACCEPT
};

/* An option that `set` and `get` name, and how its value is written. */
enum sock_value_form { SOCK_VALUE_INT, SOCK_VALUE_SECONDS, SOCK_VALUE_CONGESTION, SOCK_VALUE_INFO };
struct sock_option_name {
    const char *name;
    enum sock_value_form form;
    int option; /* enum sock_option */
};

struct sock_op {
    enum sock_verb verb;
    char *label;    /* as written, without the blanks around it: what the output line begins with */
    char *expected; /* behind "->", or NULL */
    uint64_t number; /* octets, seconds of linger, backlog, 1 or 0 of `cork`, times of `loop` */
    bool has_number;
    sim_time time; /* a duration, or for `at` a moment */
    struct endpoint to;
    char *text; /* a name, a path, octets to send; or NULL */
    size_t text_len;
    char *unix_name;            /* of bind, connect, sendto: a path or "@name"; or NULL */
    unsigned flags;             /* enum sock_msg_flag; poll(): what for */
    int domain, type, protocol; /* of `socket` and its kin */
    const struct sock_option_name *option;
    int64_t value;  /* of `set` */
    unsigned other; /* loop, fork: index of their end; the end: of its beginning */
};

struct sock_script {
    struct sock_op *ops;
    unsigned n_ops, size;
};

#define SOCK_LISTEN_DEFAULT 5 /* backlog of `listen` without a number */
#define SOCK_DEPTH_MAX      8 /* blocks within blocks */

/**
 * sock_script_parse() - read @text. False: the first mistake is in @error, one line without an end,
 * and nothing is left to free. Free *@script with sock_script_fini().
 */
bool sock_script_parse(const char *text, struct sock_script *script, struct strbuf *error);
void sock_script_fini(struct sock_script *script);

#endif
