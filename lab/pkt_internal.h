/* A running script, as lab/pkt_*.c share it. */
#ifndef WW_LAB_PKT_INTERNAL_H
#define WW_LAB_PKT_INTERNAL_H

#include "lab/pkt_run.h"

#define PKT_SCRIPT_PORT    8080  /* of `...` in bind() and connect() */
#define PKT_FIRST_REMOTE   49152 /* remote port of the first passive connection */
#define PKT_TS_MAP_MAX     64
#define PKT_PURE_ACK_SLACK (PKT_NSEC_PER_SEC / 2)

/* What ties the script's numbers of a connection to those of the wire. */
struct pkt_conn {
    uint16_t local_port, remote_port; /* 0: not known yet */
    uint32_t isn;                     /* wire's minus script's numbers of our side */
    bool has_isn;                     /* a SYN of ours was seen */
    bool udp;                         /* its packets so far are UDP's */
    bool isn_matched;                 /* ... and its line in the script, too */
    unsigned n_ts, next_ts;
    struct {
        uint32_t script, wire;
    } ts[PKT_TS_MAP_MAX];
};

/* A packet that the host sent, in the script's numbers. */
struct pkt_got {
    struct pkt_packet packet;
    struct pkt_ends ends;
    struct pkt_conn *conn; /* NULL: none */
    int64_t at;
    uint32_t wire_seq;
};

/* A pure ACK that may still come (relaxed). */
struct pkt_awaited {
    const struct pkt_event *event;
    int64_t lo, hi;
};

/* The key that the script has set last: TCP_MD5SIG. */
struct pkt_md5 {
    uint16_t len; /* 0: none */
    uint8_t octets[80];
};

struct pkt_run {
    const struct pkt_script *script;
    const struct pkt_options *options;
    struct pkt_host *host;
    struct pkt_config config;
    int64_t tolerance;  /* ns */
    int64_t start;      /* the machine's clock at the script's 0 */
    int64_t event_base; /* relative times count from here, ns since start */
    const struct pkt_event *event;
    struct pkt_verdict *verdict;
    GHashTable *fds; /* script's number -> machine's */
    int info_fd;     /* the machine's descriptor that code asks about, or -1 */
    GPtrArray *conns;
    struct pkt_conn *conn;
    int connect_fd; /* whose connect() made the newest connection, or -1 */
    bool listening; /* the next SYN in makes a new connection */
    uint16_t next_remote;
    GQueue got;                      /* struct pkt_got: not yet expected */
    GQueue early;                    /* struct pkt_got: pure ACKs set aside (relaxed) */
    GArray *awaited;                 /* struct pkt_awaited */
    const struct pkt_event *blocked; /* whose call waits */
    int64_t blocked_end;             /* ns since start; PKT_NEVER: not said */
    bool has_answer;
    struct pkt_answer answer;
    GHashTable *variables; /* of code: name -> double * */
    char *folder;          /* of the script */
    GHashTable *files;     /* path -> GBytes *: made by commands, or read from the disk */
    unsigned file_depth;   /* of commands that are files */
    struct pkt_md5 md5;
};

/* pkt_md5.c */
/** pkt_md5_sign() - the packet @octets has room for a signature: it gets that of @key.
 * pkt_md5_valid() - it has the right one. */
void pkt_md5_sign(const struct pkt_md5 *key, uint8_t *octets, gsize len);
bool pkt_md5_valid(const struct pkt_md5 *key, uint8_t *octets, gsize len);

/** pkt_now() - ns since the script began. */
int64_t pkt_now(const struct pkt_run *run);
/** pkt_fail() - the script fails at its current line. Always false. */
bool pkt_fail(struct pkt_run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
/** pkt_refuse() - the script wants what is not there. Always false. */
bool pkt_refuse(struct pkt_run *run, const char *what);
/** pkt_advance() - time goes on to @until (ns since start); what comes out is collected, answers
 * are checked. Ends early when something came. False: the script is over. */
bool pkt_advance(struct pkt_run *run, int64_t until);
bool pkt_settle(struct pkt_run *run);
void pkt_tell(struct pkt_run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* pkt_conn.c */
struct pkt_conn *pkt_conn_new(struct pkt_run *run);
/** pkt_conn_send() - the connection that a packet in belongs to; a new one when it opens it. */
struct pkt_conn *pkt_conn_for(struct pkt_run *run, const struct pkt_packet *packet);
bool pkt_send_packet(struct pkt_run *run, const struct pkt_packet *packet);
/** pkt_collect() - takes what came out of the machine. */
void pkt_collect(struct pkt_run *run);
void pkt_learn_ts(struct pkt_conn *conn, uint32_t script, uint32_t wire);

/* pkt_expect.c */
bool pkt_expect_packet(struct pkt_run *run, int64_t lo, int64_t hi);
bool pkt_expect_nothing_more(struct pkt_run *run);
/** pkt_awaited_due() - fails when an awaited ACK did not come. */
bool pkt_awaited_due(struct pkt_run *run, bool at_end);
void pkt_offer_awaited(struct pkt_run *run);

/* pkt_match.c */
struct pkt_diff {
    GPtrArray *rows; /* of char *: name, expected, got, and "" or "x" */
    bool differs;
};
bool pkt_match(struct pkt_run *run, const struct pkt_packet *expected, const struct pkt_got *got,
               struct pkt_diff *diff);
bool pkt_is_pure_ack(const struct pkt_packet *packet);
/** pkt_diff_text() - the rows as a table. */
char *pkt_diff_text(const struct pkt_diff *diff);

/* pkt_call.c, pkt_answer.c */
bool pkt_do_call(struct pkt_run *run);
bool pkt_check_answer(struct pkt_run *run, const struct pkt_event *event,
                      const struct pkt_answer *answer);
bool pkt_number(struct pkt_run *run, const struct pkt_expr *expr, int64_t *number);
const struct pkt_expr *pkt_arg(const struct pkt_syscall *call, unsigned n);
const struct pkt_expr *pkt_member(const struct pkt_expr *expr, const char *name);

/* pkt_control.c */
/** pkt_control() - msg_control of @msg: what sendmsg() takes along, or the room for recvmsg(). */
bool pkt_control(struct pkt_run *run, const struct pkt_expr *msg, struct pkt_call *call);
/** pkt_check_message() - msg_flags and msg_control that recvmsg() gave. */
bool pkt_check_message(struct pkt_run *run, const struct pkt_expr *msg,
                       const struct pkt_answer *answer);

/** pkt_message_text() - the same as text, for --show. */
char *pkt_message_text(struct pkt_run *run, const struct pkt_answer *answer);

/* pkt_code.c */
/** pkt_do_code() - asserts about TCP_INFO. */
bool pkt_do_code(struct pkt_run *run, const char *code);
/** pkt_arithmetic() - a plain expression of numbers. */
bool pkt_arithmetic(const char *text, int64_t *value);

/* pkt_files.c */
/** pkt_file() - what stands in the file @path that commands have made, or that lies beside the
 * script; NULL: there is none. */
const char *pkt_file(struct pkt_run *run, const char *path, gsize *len);
/** pkt_file_set() - @len zeros become the file, NULL takes it away. */
void pkt_file_make(struct pkt_run *run, const char *path, gsize len);
void pkt_file_remove(struct pkt_run *run, const char *path);

/* pkt_shell.c, pkt_shell_tools.c */
bool pkt_do_command(struct pkt_run *run, const char *command);

/** pkt_epoll_event() - {events=EPOLLIN, fd=4}: both parts. */
bool pkt_epoll_event(struct pkt_run *run, const struct pkt_expr *event, int64_t *events,
                     int64_t *data);

#endif
