/* ip tcp_metrics: what TCP remembers of other hosts. */
#include <stdlib.h>
#include <string.h>

#include "apps/ip_internal.h"
#include "base/memory.h"

/* The words of the command line. */
struct selector {
    bool v4, v6; /* one kind alone */
    bool has_remote, has_local;
    bool exact; /* @remote is an address, not a prefix */
    struct endpoint remote, local;
    unsigned len; /* of the prefix */
};

static int usage(struct ip_run *ip)
{
    process_errorf(ip->self, "Usage:\tip tcp_metrics/tcpmetrics { COMMAND | help }\n"
                             "\tip tcp_metrics { show | flush } SELECTOR\n"
                             "\tip tcp_metrics delete [ address ] ADDRESS\n"
                             "SELECTOR := [ [ address ] PREFIX ]\n");
    return 255;
}

/* ---- reading ---- */

static bool is_all(const char *word)
{
    return strcmp(word, "default") == 0 || strcmp(word, "any") == 0 || strcmp(word, "all") == 0;
}

/* True: @word is an address or prefix of a kind that was asked for; *@exact: the former. */
static bool read_prefix(struct ip_run *ip, const char *word, struct endpoint *addr, unsigned *len,
                        bool *exact)
{
    *exact = false;
    *len = 0;
    if (is_all(word))
        return true;
    if (!ip->inet6_only && ip4_prefix_parse(word, &addr->addr, len)) {
        *exact = *len == 32;
        return true;
    }
    addr->v6 = !ip->inet_only && ip6_prefix_parse(word, &addr->addr6, len);
    *exact = *len == 128;
    return addr->v6;
}

static int not_a_prefix(struct ip_run *ip, const char *word)
{
    return ip_error(ip, 1, "%s prefix is expected rather than \"%s\".",
                    ip->inet_only    ? "inet"
                    : ip->inet6_only ? "inet6"
                                     : "any valid",
                    word);
}

static int read_local(struct ip_run *ip, struct selector *select)
{
    const char *word = ip_value(ip);
    unsigned len;
    bool exact;

    if (word == NULL)
        return 255;
    if (ip_matches(word, "help"))
        return usage(ip);
    if (select->has_local)
        return ip_error(ip, 255, "either \"source\" is duplicate, or \"%s\" is a garbage.", word);
    if (!read_prefix(ip, word, &select->local, &len, &exact))
        return not_a_prefix(ip, word);
    if (!exact)
        return ip_error(ip, 1, "a specific IP address is expected rather than \"%s\"", word);
    select->has_local = true;
    return -1;
}

static int read_remote(struct ip_run *ip, struct selector *select, bool address)
{
    const char *who = "address", *word;

    if (strcmp(*ip->argv, "addr") == 0 || strcmp(*ip->argv, "address") == 0)
        who = *ip->argv++;
    word = ip_value(ip);
    if (word == NULL)
        return 255;
    if (ip_matches(word, "help"))
        return usage(ip);
    if (select->has_remote)
        return ip_error(ip, 255, "either \"%s\" is duplicate, or \"%s\" is a garbage.", who, word);
    if (!read_prefix(ip, word, &select->remote, &select->len, &select->exact))
        return not_a_prefix(ip, word);
    if (address && !select->exact)
        return ip_error(ip, 1, "a specific IP address is expected rather than \"%s\"", word);
    if (!is_all(word)) {
        select->has_remote = true;
        select->v6 = select->remote.v6;
        select->v4 = !select->v6;
    }
    return -1;
}

/* -1: go on, else the exit status. @address: an address must be there. */
static int read_selector(struct ip_run *ip, struct selector *select, bool address)
{
    *select = (struct selector){ .v4 = ip->inet_only, .v6 = ip->inet6_only };
    while (*ip->argv != NULL) {
        int status;

        if (strcmp(*ip->argv, "src") == 0 || strcmp(*ip->argv, "source") == 0) {
            ip->argv++;
            status = read_local(ip, select);
        } else {
            status = read_remote(ip, select, address);
        }
        if (status >= 0)
            return status;
        if (*ip->argv != NULL) /* iproute2 steps over the next word */
            ip->argv++;
    }
    if (address && !select->has_remote)
        return ip_error(ip, 255, "argument \"address\" is required");
    return -1;
}

/* ---- what is there ---- */

struct entries {
    const struct selector *select;
    struct tcp_metrics_view *items;
    size_t n, capacity;
};

static bool same_addr(const struct endpoint *a, const struct endpoint *b)
{
    return a->v6 == b->v6 && (a->v6 ? ip6_eq(a->addr6, b->addr6) : a->addr == b->addr);
}

static bool is_wanted(const struct selector *select, const struct tcp_metrics_view *view)
{
    const struct endpoint *remote = &select->remote;

    if ((select->v4 && view->remote.v6) || (select->v6 && !view->remote.v6))
        return false;
    if (select->has_local && !same_addr(&view->local, &select->local))
        return false;
    if (!select->has_remote)
        return true;
    return view->remote.v6 ? ip6_in_prefix(view->remote.addr6, remote->addr6, select->len)
                           : ip4_in_prefix(view->remote.addr, remote->addr, select->len);
}

static void gather(void *ctx, const struct tcp_metrics_view *view)
{
    struct entries *entries = ctx;

    if (!is_wanted(entries->select, view))
        return;
    ARRAY_PUSH(entries->items, entries->n, entries->capacity, *view);
}

static struct entries find_all(struct ip_run *ip, const struct selector *select)
{
    struct entries entries = { .select = select };

    tcp_metrics_walk(ip->os->tcp, gather, &entries);
    return entries;
}

static const char *addr_text(const struct endpoint *addr, char text[static IP6_TEXT_MAX])
{
    return addr->v6 ? ip6_format(addr->addr6, text) : ip4_format(addr->addr, text);
}

static void print_number(struct ip_run *ip, const char *name, uint32_t value, const char *unit)
{
    if (value != 0)
        process_printf(ip->self, " %s %u%s", name, value, unit);
}

static void print_seconds(struct ip_run *ip, const char *before, uint64_t ms, const char *behind)
{
    process_printf(ip->self, "%s%llu.%03usec%s", before, (unsigned long long)(ms / 1000),
                   (unsigned)(ms % 1000), behind);
}

static void print_entry(struct ip_run *ip, const struct tcp_metrics_view *view)
{
    char text[IP6_TEXT_MAX];

    process_printf(ip->self, "%s", addr_text(&view->remote, text));
    print_seconds(ip, " age ", view->age_ms, "");
    print_number(ip, "ssthresh", view->ssthresh, "");
    print_number(ip, "cwnd", view->cwnd, "");
    print_number(ip, "reordering", view->reordering, "");
    print_number(ip, "rtt", view->rtt, "us");
    print_number(ip, "rttvar", view->rttvar, "us");
    print_number(ip, "fo_mss", view->fastopen_mss, "");
    if (view->syn_drops != 0) {
        process_printf(ip->self, " fo_syn_drops %u", view->syn_drops);
        print_seconds(ip, "/", view->syn_drop_age_ms, " ago");
    }
    if (view->cookie_len > 0)
        process_printf(ip->self, " fo_cookie ");
    for (unsigned i = 0; i < view->cookie_len; i++)
        process_printf(ip->self, "%02x", view->cookie[i]);
    process_printf(ip->self, " source %s\n", addr_text(&view->local, text));
}

/* ---- the commands ---- */

static int show(struct ip_run *ip)
{
    struct selector select;
    int status = read_selector(ip, &select, false);
    struct entries entries;

    if (status >= 0)
        return status;
    entries = find_all(ip, &select);
    if (select.exact && entries.n > 1) /* the kernel was asked for one */
        entries.n = 1;
    for (size_t i = 0; i < entries.n; i++)
        print_entry(ip, &entries.items[i]);
    free(entries.items);
    return select.exact && entries.n == 0 ? ip_netlink(ip, -SIM_ESRCH) : 0;
}

static int forget(struct ip_run *ip, const struct selector *select)
{
    return ip_netlink(ip, tcp_metrics_delete(ip->os->tcp, &select->remote,
                                             select->has_local ? &select->local : NULL));
}

static int delete_one(struct ip_run *ip)
{
    struct selector select;
    int status = read_selector(ip, &select, true);

    return status >= 0 ? status : forget(ip, &select);
}

/* One after another, as they are listed. */
static int flush_some(struct ip_run *ip, const struct selector *select)
{
    struct entries entries = find_all(ip, select);

    if (entries.n == 0) {
        process_errorf(ip->self, "Nothing to flush.\n");
        return 0;
    }
    for (size_t i = 0; i < entries.n; i++) {
        if (ip->stats > 1) {
            process_printf(ip->self, "Deleted ");
            print_entry(ip, &entries.items[i]);
        }
        (void)tcp_metrics_delete(ip->os->tcp, &entries.items[i].remote, &entries.items[i].local);
    }
    if (ip->stats > 0)
        process_printf(ip->self,
                       "\n*** Round 1, deleting %zu entries ***\n"
                       "*** Flush is complete after 1 round ***\n",
                       entries.n);
    free(entries.items);
    return 0;
}

static int flush(struct ip_run *ip)
{
    struct selector select;
    int status = read_selector(ip, &select, false);

    if (status >= 0)
        return status;
    if (select.exact)
        return forget(ip, &select);
    if (select.has_remote || select.has_local || select.v4 || select.v6)
        return flush_some(ip, &select);
    tcp_metrics_flush(ip->os->tcp);
    return 0;
}

int ip_metrics_object(struct ip_run *ip)
{
    const char *word = *ip->argv;

    ip->object = "tcp_metrics";
    if (word == NULL)
        return show(ip);
    if (ip_matches(word, "show") || ip_matches(word, "list") || ip_matches(word, "lst")) {
        ip->argv++;
        return show(ip);
    }
    if (ip_matches(word, "delete")) {
        ip->argv++;
        return delete_one(ip);
    }
    if (ip_matches(word, "flush")) {
        ip->argv++;
        return flush(ip);
    }
    if (ip_matches(word, "help"))
        return usage(ip);
    return ip_unknown_command(ip);
}
