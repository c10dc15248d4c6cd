/* A running socket script: what the files of `sock` share. */
#ifndef WW_APPS_SOCK_RUN_H
#define WW_APPS_SOCK_RUN_H

#include "apps/sock_script.h"
#include "base/sha256.h"
#include "stack/socket/syscall.h"

#define SOCK_BUFFER_LEN  65536 /* octets of one recv() */
#define SOCK_RECORD_HEAD 4     /* octets of length before a record, most significant first */
#define SOCK_EVENTS_MAX  16    /* of one epoll_wait() */
#define SOCK_FORKS_MAX   256   /* processes that a script may have at a time: RLIMIT_NPROC */

struct sock_named {
    char *name; /* borrowed from the script */
    int fd, listener;
};

struct sock_run {
    struct coroutine co;
    const struct sock_script *script; /* its own, or that of the process which forked it */
    struct sock_script own;
    unsigned at, end;   /* the operation being done, and where to stop */
    uint32_t *loops;    /* times each `loop` has still to go, by the place of its beginning */
    char *prefix;       /* of its lines: "" or the name of a child */
    uint32_t *children; /* pids */
    unsigned n_children, children_size, waiting;
    unsigned n_forked;
    struct sock_run *parent; /* of a forked one; lives longer */
    unsigned n_living;       /* of the first one: its living descendants */
    int n_unmet;             /* expectations */
    bool stop;
    int fd;       /* the current socket; -1: none */
    int listener; /* the last one that listened; -1: none */
    int epoll;    /* the last epoll instance; -1: none */
    struct sys_epoll_event events[SOCK_EVENTS_MAX];
    struct endpoint sender; /* of the last datagram */
    char sender_name[108];  /* of AF_UNIX */
    bool has_sender;
    bool gb2312;
    uint32_t chop; /* octets of a write at most, by chance fewer; 0: all at once */
    struct sock_named *names;
    unsigned n_names, names_size;
    int64_t result;
    /* of the operation going on */
    uint64_t count; /* octets moved */
    size_t piece;   /* of the write going on, where they are chopped */
    bool eof;
    struct sha256 hash;
    struct strbuf out;    /* what to send */
    struct strbuf in;     /* what has come */
    struct strbuf answer; /* behind "-> "; empty: ok */
    bool full;            /* the answer stands for complete success */
    struct sys_pollfd poll;
    struct sys_fd_set sets[3]; /* of select(): read, write, except */
    uint8_t buffer[SOCK_BUFFER_LEN];
};

/** sock_do() - make the call of @op: 0, with what it found in @st->answer; an error; or
 * SYS_BLOCKED, to be called again. */
int64_t sock_do(struct process *self, struct sock_run *st, const struct sock_op *op);
/** sock_do_sending() and kin - the same, each for its verbs and those of the ones below it. */
int64_t sock_do_sending(struct process *self, struct sock_run *st, const struct sock_op *op);
int64_t sock_do_receiving(struct process *self, struct sock_run *st, const struct sock_op *op);
int64_t sock_do_waiting(struct process *self, struct sock_run *st, const struct sock_op *op);
int64_t sock_do_settings(struct process *self, struct sock_run *st, const struct sock_op *op);
/** sock_is_stream() - of SOCK_STREAM. sock_find_name() - what `as` has called so, or NULL. */
bool sock_is_stream(struct process *self, int fd);
struct sock_named *sock_find_name(struct sock_run *st, const char *name);
/** sock_send_octets() - write @len octets, in pieces where they are chopped; @stable: they never
 * change. The same from call to call until it is done. */
int64_t sock_send_octets(struct process *self, struct sock_run *st, const void *octets, size_t len,
                         unsigned flags);

/** sock_add_encoded() - UTF-8 @text in the charset of the script. */
void sock_add_encoded(const struct sock_run *st, const char *text, size_t len, struct strbuf *out);
/** sock_add_shown() - received octets as a text in quotation marks, read in the charset of the
 * script; what is no character of it as U+FFFD. */
void sock_add_shown(const struct sock_run *st, const char *octets, size_t len, struct strbuf *out);
/** sock_met() - whether an operation that found @st->answer or @st->result did what is expected. */
bool sock_met(const struct sock_run *st, const char *expected);

#endif
