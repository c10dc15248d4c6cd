/*
 * Running packetdrill scripts in virtual time, each on a host of its own. docs/packetdrill.md says
 * how packets are compared.
 */
#ifndef WW_LAB_PKT_RUN_H
#define WW_LAB_PKT_RUN_H

#include "lab/pkt_host.h"

enum pkt_ip_version { PKT_IP_UNSET, PKT_IPV4, PKT_IPV6, PKT_IPV4_MAPPED };

struct pkt_options {
    bool relaxed;       /* for scripts of other systems */
    bool extra_acks;    /* a pure ACK that nobody expects is no failure */
    GPtrArray *defines; /* of char *: NAME or NAME=VALUE */
    /* Settings that count more than the script's own; NULL where not given. */
    GArray *settings; /* struct pkt_option */
    /* What happens, line by line as a script would say it; may be NULL. */
    void (*told)(void *ctx, const char *line);
    void *told_ctx;
    /* Makes the machine to run on; NULL: pkt_sim_new(). */
    struct pkt_host *(*host_new)(const struct pkt_config *config, struct pkt_fault *fault);
};

enum pkt_verdict_kind { PKT_PASS, PKT_FAIL, PKT_REFUSED, PKT_UNREADABLE };

struct pkt_verdict {
    enum pkt_verdict_kind kind;
    unsigned line; /* 0: the whole script */
    char *reason;  /* one line, NULL when it passed */
    char *detail;  /* expected and actual packet side by side, or NULL */
};

/** pkt_run_file() - reads and runs the script at @path. pkt_verdict_clear() afterwards. */
void pkt_run_file(const char *path, const struct pkt_options *options, struct pkt_verdict *verdict);
/** pkt_run_text() - the same for a script that is there already. */
void pkt_run_text(const char *path, const char *text, gsize len, const struct pkt_options *options,
                  struct pkt_verdict *verdict);
void pkt_verdict_clear(struct pkt_verdict *verdict);
/** pkt_verdict_name() - "pass", "fail", "refused", "unreadable". */
const char *pkt_verdict_name(enum pkt_verdict_kind kind);

/** pkt_option_is_without_meaning() - is --@name about how the original runs? Then it has none here.
 */
bool pkt_option_is_without_meaning(const char *name);

#endif
