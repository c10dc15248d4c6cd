/*
 * A packetdrill script as data: its options, then its events in order. Written from the published
 * syntax reference; docs/packetdrill.md says what of it is understood. Numbers in packets are the
 * script's own (sequence numbers count from the connection's first), times are nanoseconds.
 */
#ifndef WW_LAB_PKT_SCRIPT_H
#define WW_LAB_PKT_SCRIPT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define PKT_NSEC_PER_SEC  INT64_C(1000000000)
#define PKT_NSEC_PER_USEC INT64_C(1000)
#define PKT_NEVER         INT64_MAX
/* How long what may come at any time is waited for: 40 days. */
#define PKT_PATIENCE (INT64_C(86400) * 40 * PKT_NSEC_PER_SEC)

/* ---- expressions of calls ---- */

enum pkt_expr_kind {
    PKT_ELLIPSIS, /* ... */
    PKT_INT,
    PKT_WORD,   /* SOCK_STREAM */
    PKT_STRING, /* "text" */
    PKT_BINARY, /* items[0] SIGN items[1]: number is the sign, '<' for << */
    PKT_UNARY,  /* SIGN items[0]: '~', '-', '(' */
    PKT_LIST,   /* [ items ] */
    PKT_STRUCT, /* { fields }: each item has a name, or none */
    PKT_CALL,   /* htons(8080): name and items */
    PKT_ADDRESS /* &name */
};

struct pkt_expr {
    enum pkt_expr_kind kind;
    unsigned line;
    int64_t number;
    char *text;            /* a word, a string, the name of a call */
    gsize len;             /* of a string */
    char *name;            /* a field's name within a struct, or NULL */
    struct pkt_expr *size; /* the N of name(N)=..., or NULL */
    GPtrArray *items;      /* of pkt_expr */
};

/* ---- packets ---- */

enum pkt_proto { PKT_TCP, PKT_UDP, PKT_ICMP, PKT_OTHER };

/* The two lower bits of TOS, RFC 3168. */
enum pkt_ecn { PKT_ECN_ANY, PKT_ECN_NONE, PKT_ECT0, PKT_ECT1, PKT_ECT01, PKT_CE };

#define PKT_SACKS_MAX 4
#define PKT_RAW_MAX   38
#define PKT_OPTS_MAX  40

struct pkt_tcp_option {
    uint8_t kind;        /* enum tcp_option_kind, or any other */
    bool raw;            /* only octets[] are known */
    bool sign;           /* MD5: the right signature, by the script's key */
    uint32_t value, ecr; /* MSS, scale, TSval; TSecr */
    uint8_t n_sack;
    struct {
        uint32_t start, end;
    } sack[PKT_SACKS_MAX];
    uint8_t len; /* of octets[] */
    uint8_t octets[PKT_RAW_MAX];
};

struct pkt_packet {
    enum pkt_proto proto;
    unsigned line;
    enum pkt_ecn ecn;
    bool has_tos, has_ttl, has_ports, has_flow;
    uint8_t tos, ttl;
    uint32_t flow;
    uint16_t src_port, dst_port;
    /* TCP */
    unsigned flags; /* enum tcp_flag */
    bool has_ack, has_window, has_urgent;
    uint32_t seq, len, ack;
    uint16_t window, urgent;
    bool any_options; /* <...> */
    unsigned n_options;
    struct pkt_tcp_option options[PKT_OPTS_MAX];
    /* UDP: len */
    /* ICMP: the quoted packet is `quoted`, its octets seq, len */
    char *type_name, *code_name; /* words or numbers; the code may be NULL */
    uint8_t type, code;          /* of a packet that was seen */
    bool has_param;
    uint32_t param; /* MTU, pointer */
    enum pkt_proto quoted;
    bool has_quote;
};

/* ---- events ---- */

enum pkt_time_kind { PKT_ABSOLUTE, PKT_RELATIVE, PKT_ANY_TIME };

struct pkt_time {
    enum pkt_time_kind kind;
    int64_t at;    /* ns */
    int64_t until; /* of a range: its end; else the same as at */
};

enum pkt_event_kind {
    PKT_SEND /* "<" */,
    PKT_EXPECT /* ">" */,
    PKT_SYSCALL,
    PKT_COMMAND,
    PKT_CODE
};

struct pkt_syscall {
    char *name;
    GPtrArray *args; /* of pkt_expr */
    struct pkt_expr *result;
    char *error;    /* "EAGAIN", or NULL */
    bool blocks;    /* an end time is given */
    int64_t end_at; /* ns, absolute or relative as the event's time is */
};

struct pkt_event {
    enum pkt_event_kind kind;
    unsigned line;
    struct pkt_time time;
    struct pkt_packet packet;
    struct pkt_syscall call;
    char *text; /* of a command or code */
};

struct pkt_option {
    char *name, *value; /* without "--" */
    unsigned line;
};

struct pkt_script {
    char *path;
    GArray *options;   /* struct pkt_option */
    GPtrArray *events; /* struct pkt_event */
};

/* What stops a script from being read (or run at all): where and why, in the user's language. */
struct pkt_fault {
    unsigned line;
    bool refused; /* understood, but not done here */
    char *text;
};

/**
 * pkt_script_parse() - @text as a script; @defines are the names that `#ifdef` finds. NULL with
 * *@fault filled when it cannot be read. Free with pkt_script_free().
 */
struct pkt_script *pkt_script_parse(const char *path, const char *text, gsize len,
                                    const GPtrArray *defines, struct pkt_fault *fault);
void pkt_script_free(struct pkt_script *script);

#endif
