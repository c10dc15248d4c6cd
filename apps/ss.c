/*
 * ss of iproute2 6.1, for TCP and UDP sockets: -t -u -a -l -n -i -o -e -m -p -H -s, filters of
 * states, addresses and ports. Columns are as wide as what stands in them, as when its output is no
 * terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/options.h"
#include "apps/port_names.h"
#include "apps/programs.h"
#include "base/memory.h"
#include "base/text.h"
#include "stack/socket/netctl.h"

#define FIRST_INODE 20000 /* of the sockets; each has one of its own */
#define PAGE        4096u

enum column {
    COL_NETID,
    COL_STATE,
    COL_RECVQ,
    COL_SENDQ,
    COL_LOCAL,
    COL_LPORT,
    COL_PEER,
    COL_PPORT,
    COL_PROCESS,
    N_COLUMNS
};

static const char *const headers[N_COLUMNS] = { "Netid",         "State",          "Recv-Q",
                                                "Send-Q",        "Local Address:", "Port",
                                                "Peer Address:", "Port",           "Process" };

struct row {
    char *cells[N_COLUMNS];
};

/* `sport = :80`, `dst 10.0.0.2:80`: an end of a connection and what it must be. */
struct ss_filter {
    bool remote, negated, has_addr, has_port;
    ip4_addr addr;
    unsigned len; /* of a prefix */
    uint16_t port;
};

struct ss {
    int family; /* '4', '6', or 0: both */
    struct process *self;
    bool tcp, udp, all, listening, numeric, info, timers, memory, extended, no_header, summary;
    bool processes;
    const char *state;         /* of a filter, or NULL */
    struct ss_filter *filters; /* all must hold */
    unsigned n_filters, filters_size;
    char *text, **words; /* of the filter; a NULL behind the last */
    unsigned n_words, words_size;
    struct row *rows;
    unsigned n, size;
    unsigned counts[3]; /* for -s: estab, timewait, tcp */
    unsigned n_udp;
};

/* ---- one socket as a row ---- */

static void add_endpoint(struct ss *ss, struct row *row, enum column at,
                         const struct netctl_socket *socket, struct endpoint endpoint)
{
    const char *name = ss->numeric ? NULL : port_name(endpoint.port, socket->tcp != NULL);
    struct strbuf addr = STRBUF_INIT, port = STRBUF_INIT;
    char text[IP6_TEXT_MAX];

    /* A socket of AF_INET6 that takes IPv4 too. */
    if (endpoint.v6 && ip6_is_any(endpoint.addr6) && !(socket->tcp != NULL && socket->tcp->v6only))
        strbuf_adds(&addr, "*:");
    else if (endpoint.v6)
        strbuf_addf(&addr, "[%s]:", ip6_format(endpoint.addr6, text));
    else
        strbuf_addf(&addr, "%s:", ip4_format(endpoint.addr, text));
    if (endpoint.port == 0)
        strbuf_adds(&port, "*");
    else if (name != NULL)
        strbuf_adds(&port, name);
    else
        strbuf_addf(&port, "%u", endpoint.port);
    row->cells[at] = addr.text;
    row->cells[at + 1] = port.text;
}

/* print_ms_timer(): "119min", "1min12sec", "4.123ms", "59sec", "052ms", and nothing for 0. */
static void add_duration(struct strbuf *out, sim_time left)
{
    long long ms = left <= 0 ? 0 : (long long)(left / SIM_MSEC(1)), s = ms / 1000, m = s / 60;

    ms %= 1000;
    s %= 60;
    if (m > 0) {
        strbuf_addf(out, "%lldmin", m);
        ms = 0;
        if (m > 9)
            s = 0;
    }
    if (s > 9)
        ms = 0;
    if (s > 0)
        strbuf_addf(out, ms > 0 ? "%lld." : "%lldsec", s);
    if (ms > 0)
        strbuf_addf(out, "%03lldms", ms);
}

static void add_timer(struct strbuf *out, const struct tcp_info_view *tcp)
{
    if (tcp->timer == NULL)
        return;
    strbuf_addf(out, " timer:(%s,", tcp->timer);
    add_duration(out, tcp->timer_left);
    strbuf_addf(out, ",%u)", strcmp(tcp->timer, "on") == 0 ? tcp->retransmits : tcp->probes);
}

static void add_rate(struct strbuf *out, const struct ss *ss, const char *name, double rate)
{
    strbuf_addf(out, " %s ", name);
    if (ss->numeric)
        strbuf_addf(out, "%.0f", rate);
    else if (rate > 1000000.0)
        strbuf_addf(out, "%.1fM", rate / 1000000.0);
    else if (rate > 1000.0)
        strbuf_addf(out, "%.1fK", rate / 1000.0);
    else
        strbuf_addf(out, "%g", rate);
    strbuf_adds(out, "bps");
}

static void add_number(struct strbuf *out, const char *name, uint64_t value)
{
    if (value != 0)
        strbuf_addf(out, " %s:%llu", name, (unsigned long long)value);
}

static void add_path(struct strbuf *out, const struct tcp_info_view *t)
{
    if (t->opt_wscale)
        strbuf_addf(out, " wscale:%u,%u", t->snd_wscale, t->rcv_wscale);
    if (t->rto != 0 && t->rto != 3000000)
        strbuf_addf(out, " rto:%g", (double)t->rto / 1000);
    add_number(out, "backoff", t->backoff);
    if (t->rtt != 0)
        strbuf_addf(out, " rtt:%g/%g", (double)t->rtt / 1000, (double)t->rttvar / 1000);
    if (t->ato != 0)
        strbuf_addf(out, " ato:%g", (double)t->ato / 1000);
    add_number(out, "mss", t->snd_mss);
    add_number(out, "pmtu", t->pmtu);
    add_number(out, "rcvmss", t->rcv_mss);
    add_number(out, "advmss", t->advmss);
    add_number(out, "cwnd", t->snd_cwnd);
    if (t->snd_ssthresh < 0xffff)
        add_number(out, "ssthresh", t->snd_ssthresh);
}

/* Part of the time in which there was something to do. */
static void add_limited(struct strbuf *out, const char *name, uint64_t us, uint64_t busy_us)
{
    if (us != 0)
        strbuf_addf(out, " %s:%llums(%.1f%%)", name, (unsigned long long)(us / 1000),
                    100.0 * (double)us / (double)busy_us);
}

static void add_delivery(struct strbuf *out, const struct ss *ss, const struct tcp_info_view *t)
{
    if (t->delivery_rate != 0)
        add_rate(out, ss, "delivery_rate", (double)t->delivery_rate * 8);
    add_number(out, "delivered", t->delivered);
    add_number(out, "delivered_ce", t->delivered_ce);
    if (t->delivery_app_limited)
        strbuf_adds(out, " app_limited");
    if (t->busy_time != 0)
        strbuf_addf(out, " busy:%llums", (unsigned long long)(t->busy_time / 1000));
    add_limited(out, "rwnd_limited", t->rwnd_limited, t->busy_time);
    add_limited(out, "sndbuf_limited", t->sndbuf_limited, t->busy_time);
}

/* TIME-WAIT and half-open: less than a socket. */
static bool is_mini(const struct tcp_info_view *t)
{
    return (t->timer != NULL && strcmp(t->timer, "timewait") == 0) || t->half_open;
}

/* Inode, cookie, and which directions are open. */
static void add_extended(struct strbuf *out, const struct tcp_info_view *t)
{
    bool gone = is_mini(t) || t->orphan;

    strbuf_addf(out, " ino:%u sk:%x", gone ? 0 : FIRST_INODE + t->serial, t->serial);
    if (!is_mini(t))
        strbuf_addf(out, " cgroup:/ %c-%c", t->shut_rd ? '-' : '<', t->shut_wr ? '-' : '>');
}

/* Linux takes memory for sockets by pages; f is what is left of the last one. */
static void add_memory(struct strbuf *out, const struct tcp_info_view *t)
{
    uint32_t used = t->rmem + t->wmem, left = (PAGE - used % PAGE) % PAGE;

    strbuf_addf(out, " skmem:(r%u,rb%u,t0,tb%u,f%u,w%u,o0,bl0,d%u)", t->rmem, t->rcvbuf, t->sndbuf,
                left, t->wmem, t->drops);
}

/* tcp_stats_print(), in its order. */
static void add_info(struct strbuf *out, const struct ss *ss, const struct tcp_info_view *t)
{
    if (ss->timers || ss->extended)
        strbuf_addf(out, "%s%s%s%s", t->opt_timestamps ? " ts" : "", t->opt_sack ? " sack" : "",
                    t->opt_ecn ? " ecn" : "", t->opt_ecn_seen ? " ecnseen" : "");
    strbuf_adds(out, t->cc == TCP_CC_RENO ? " reno" : " cubic");
    add_path(out, t);
    add_number(out, "bytes_sent", t->bytes_sent);
    add_number(out, "bytes_retrans", t->bytes_retrans);
    add_number(out, "bytes_acked", t->bytes_acked);
    add_number(out, "bytes_received", t->bytes_received);
    add_number(out, "segs_out", t->segs_out);
    add_number(out, "segs_in", t->segs_in);
    add_number(out, "data_segs_out", t->data_segs_out);
    add_number(out, "data_segs_in", t->data_segs_in);
    if (t->rtt > 0 && t->snd_mss > 0 && t->snd_cwnd > 0)
        add_rate(out, ss, "send", (double)t->snd_cwnd * t->snd_mss * 8e6 / t->rtt);
    add_number(out, "lastsnd", t->last_data_sent);
    add_number(out, "lastrcv", t->last_data_recv);
    add_number(out, "lastack", t->last_ack_recv);
    if (t->pacing_rate != 0 && t->pacing_rate != UINT64_MAX) /* no limit yet */
        add_rate(out, ss, "pacing_rate", (double)t->pacing_rate * 8);
    add_delivery(out, ss, t);
    add_number(out, "unacked", t->unacked);
    if (t->retrans != 0 || t->total_retrans != 0)
        strbuf_addf(out, " retrans:%u/%u", t->retrans, t->total_retrans);
    add_number(out, "lost", t->lost);
    if (strcmp(tcp_state_name(t->state), "LISTEN") != 0)
        add_number(out, "sacked", t->sacked);
    add_number(out, "dsack_dups", t->dsack_dups);
    if (t->reordering != 3)
        add_number(out, "reordering", t->reordering);
    add_number(out, "reord_seen", t->reord_seen);
    if (t->rcv_rtt != 0)
        strbuf_addf(out, " rcv_rtt:%g", (double)t->rcv_rtt / 1000);
    add_number(out, "rcv_space", t->rcv_space);
    add_number(out, "rcv_ssthresh", t->rcv_ssthresh);
    add_number(out, "notsent", t->notsent_bytes);
    if (t->min_rtt != 0 && t->min_rtt != UINT32_MAX)
        strbuf_addf(out, " minrtt:%g", (double)t->min_rtt / 1000);
    add_number(out, "rcv_ooopack", t->rcv_ooopack);
    add_number(out, "snd_wnd", t->snd_wnd);
}

static bool is_listening(const struct netctl_socket *socket)
{
    return socket->tcp != NULL ? strcmp(socket->state, "LISTEN") == 0
                               : strcmp(socket->state, "UNCONN") == 0;
}

static bool in_state(const char *filter, const char *state)
{
    static const struct {
        const char *name, *state;
    } names[] = { { "established", "ESTAB" },     { "syn-sent", "SYN-SENT" },
                  { "syn-recv", "SYN-RECV" },     { "fin-wait-1", "FIN-WAIT-1" },
                  { "fin-wait-2", "FIN-WAIT-2" }, { "time-wait", "TIME-WAIT" },
                  { "closed", "UNCONN" },         { "close-wait", "CLOSE-WAIT" },
                  { "last-ack", "LAST-ACK" },     { "listening", "LISTEN" },
                  { "listen", "LISTEN" },         { "closing", "CLOSING" } };

    if (strcmp(filter, "all") == 0 ||
        (strcmp(filter, "connected") == 0 && strcmp(state, "LISTEN") != 0 &&
         strcmp(state, "UNCONN") != 0))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, filter) == 0)
            return strcmp(names[i].state, state) == 0;
    return false;
}

static bool passes(const struct ss_filter *filter, const struct netctl_socket *socket)
{
    const struct endpoint *end = filter->remote ? &socket->remote : &socket->local;
    bool same = (!filter->has_port || end->port == filter->port) &&
                (!filter->has_addr ||
                 (!end->v6 && ip4_in_prefix(end->addr, filter->addr, (uint8_t)filter->len)));

    return same != filter->negated;
}

/* Without -a only what is connected; TIME-WAIT and half-open ones are left out too. */
static bool wanted(const struct ss *ss, const struct netctl_socket *socket)
{
    if (ss->family != 0 && socket->local.v6 != (ss->family == '6'))
        return false;
    for (unsigned i = 0; i < ss->n_filters; i++)
        if (!passes(&ss->filters[i], socket))
            return false;
    if (ss->state != NULL)
        return in_state(ss->state, socket->state);
    if (ss->all)
        return true;
    if (ss->listening)
        return is_listening(socket);
    return !is_listening(socket) && strcmp(socket->state, "TIME-WAIT") != 0 &&
           strcmp(socket->state, "SYN-RECV") != 0;
}

static char *format_number(uint64_t value)
{
    struct strbuf text = STRBUF_INIT;

    strbuf_addf(&text, "%llu", (unsigned long long)value);
    return text.text;
}

/* What stands behind the addresses, and on a line of its own below them. */
static void add_process(struct strbuf *out, const struct ss *ss, const struct tcp_info_view *t)
{
    if (ss->timers || ss->extended)
        add_timer(out, t);
    if (ss->extended)
        add_extended(out, t);
    if (!ss->info && !ss->memory)
        return;
    strbuf_adds(out, "\n\t");
    if (is_mini(t))
        return;
    if (ss->memory)
        add_memory(out, t);
    if (ss->info)
        add_info(out, ss, t);
}

static void add_owner(void *ctx, const struct process *owner, int fd)
{
    struct strbuf *out = ctx;

    strbuf_addf(out, "%s(\"%s\",pid=%u,fd=%d)", out->len == 0 ? " users:(" : ",",
                owner->program->name, (unsigned)owner->pid, fd);
}

static void add_socket(void *ctx, const struct netctl_socket *socket)
{
    struct ss *ss = ctx;
    struct strbuf extra = STRBUF_INIT;
    struct row row = { 0 };

    if (!wanted(ss, socket))
        return;
    row.cells[COL_NETID] = mem_strdup(socket->proto);
    row.cells[COL_STATE] = mem_strdup(socket->state);
    row.cells[COL_RECVQ] = format_number(socket->recv_q);
    row.cells[COL_SENDQ] = format_number(socket->send_q);
    add_endpoint(ss, &row, COL_LOCAL, socket, socket->local);
    add_endpoint(ss, &row, COL_PEER, socket, socket->remote);
    if (ss->processes)
        netctl_socket_owners(ss->self->os, socket, add_owner, &extra);
    if (extra.len > 0)
        strbuf_addc(&extra, ')');
    if (socket->tcp != NULL)
        add_process(&extra, ss, socket->tcp);
    row.cells[COL_PROCESS] = mem_strdup(strbuf_text(&extra));
    strbuf_fini(&extra);
    ARRAY_PUSH(ss->rows, ss->n, ss->size, row);
}

/* ---- columns ---- */

static void print_line(struct ss *ss, const char *const cells[N_COLUMNS],
                       const size_t widths[N_COLUMNS])
{
    struct strbuf line = STRBUF_INIT;
    bool started = false;

    for (int c = 0; c < N_COLUMNS; c++) {
        bool right = c == COL_LOCAL || c == COL_PEER,
             spaced = c != COL_LPORT && c != COL_PPORT && c != COL_PROCESS;

        if (widths[c] == 0 && c != COL_PROCESS)
            continue;
        if (started && spaced)
            strbuf_addc(&line, ' ');
        started = true;
        strbuf_addf(&line, right ? "%*s" : "%-*s", (int)widths[c], cells[c]);
    }
    strbuf_addc(&line, '\n');
    process_write(ss->self, 1, line.text, line.len);
    strbuf_fini(&line);
}

static void print_rows(struct ss *ss)
{
    size_t widths[N_COLUMNS];

    for (int c = 0; c < N_COLUMNS; c++) {
        widths[c] = !ss->no_header || c == COL_RECVQ || c == COL_SENDQ ? strlen(headers[c]) : 0;
        for (unsigned i = 0; i < ss->n; i++)
            if (strlen(ss->rows[i].cells[c]) > widths[c] &&
                (c != COL_PROCESS || i + 1 < ss->n)) /* it measures before the last is complete */
                widths[c] = strlen(ss->rows[i].cells[c]);
    }
    if (!(ss->tcp && ss->udp))
        widths[COL_NETID] = 0;
    if (ss->state != NULL && strcmp(ss->state, "all") != 0 && strcmp(ss->state, "connected") != 0)
        widths[COL_STATE] = 0;
    if (!ss->no_header)
        print_line(ss, headers, widths);
    for (unsigned i = 0; i < ss->n; i++)
        print_line(ss, (const char *const *)ss->rows[i].cells, widths);
}

static void free_rows(struct ss *ss)
{
    for (unsigned i = 0; i < ss->n; i++)
        for (int c = 0; c < N_COLUMNS; c++)
            free(ss->rows[i].cells[c]);
    free(ss->rows);
}

/* ---- ss -s ---- */

static void count(void *ctx, const struct netctl_socket *socket)
{
    struct ss *ss = ctx;

    ss->counts[0] += strcmp(socket->state, "ESTAB") == 0;
    ss->counts[1] += strcmp(socket->state, "TIME-WAIT") == 0;
    ss->counts[2]++;
}

static void count_udp(void *ctx, const struct netctl_socket *socket)
{
    (void)socket;
    ((struct ss *)ctx)->n_udp++;
}

static void print_summary(struct ss *ss)
{
    unsigned tcp;

    netctl_sockets(ss->self->os, "tcp", count, ss);
    netctl_sockets(ss->self->os, "udp", count_udp, ss);
    tcp = ss->counts[2] - ss->counts[1];
    process_printf(ss->self,
                   "Total: %u\nTCP:   %u (estab %u, closed %u, orphaned 0, timewait %u)\n\n",
                   tcp + ss->n_udp, ss->counts[2], ss->counts[0], ss->counts[1], ss->counts[1]);
    process_printf(ss->self,
                   "Transport Total     IP        IPv6\nRAW\t  0         0         0        \n");
    process_printf(ss->self, "UDP\t  %-9u %-9u %-9u\n", ss->n_udp, ss->n_udp, 0);
    process_printf(ss->self, "TCP\t  %-9u %-9u %-9u\n", tcp, tcp, 0);
    process_printf(ss->self, "INET\t  %-9u %-9u %-9u\n", tcp + ss->n_udp, tcp + ss->n_udp, 0);
    process_printf(ss->self, "FRAG\t  0         0         0        \n\n");
}

/* ---- the program ---- */

static const struct option_name long_options[] = {
    { "numeric", 'n', false },  { "listening", 'l', false }, { "all", 'a', false },
    { "tcp", 't', false },      { "udp", 'u', false },       { "info", 'i', false },
    { "options", 'o', false },  { "no-header", 'H', false }, { "summary", 's', false },
    { "ipv4", '4', false },     { "memory", 'm', false },    { "processes", 'p', false },
    { "extended", 'e', false }, { "raw", 0, false },         { "unix", 0, false },
    { "packet", 0, false },     { "resolve", 0, false },     { "kill", 0, false },
    { NULL, 0, false }
};

static bool refuse_filter(struct process *self, const char *word)
{
    process_errorf(self, "ss: filter %s is not simulated by wirewalk\n", word);
    self->exit_status = 2;
    return false;
}

/* ADDRESS, ADDRESS/LENGTH, ADDRESS:PORT, :PORT; of a port alone the colon may be left out. */
static bool read_end(struct ss_filter *filter, const char *text, bool port_alone)
{
    const char *colon = strrchr(text, ':');
    char addr[IP4_TEXT_MAX + 4];
    uint64_t port = 0;

    if (port_alone || colon != NULL) {
        const char *digits = colon != NULL ? colon + 1 : text;

        filter->has_port = strcmp(digits, "*") != 0;
        if (filter->has_port && !text_u64(digits, UINT16_MAX, &port)) {
            port = port_named(digits, true);
            if (port == 0)
                return false;
        }
        filter->port = filter->has_port ? (uint16_t)port : 0;
    }
    snprintf(addr, sizeof addr, "%.*s",
             (int)(colon != NULL ? (size_t)(colon - text) : strlen(text)), text);
    if (port_alone || addr[0] == '\0' || strcmp(addr, "*") == 0)
        return true;
    filter->has_addr = true;
    return ip4_prefix_parse(addr, &filter->addr, &filter->len);
}

static bool is_one_of(const char *word, const char *const names[3])
{
    for (int i = 0; i < 3; i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

/* One condition at *@words, which it leaves behind it. */
static bool read_condition(struct ss *ss, char ***words)
{
    static const char *const ends[] = { "sport", "dport", "src", "dst" };
    static const char *const equal[] = { "=", "==", "eq" }, *const unequal[] = { "!=", "ne",
                                                                                 "neq" };
    const char *word = *(*words)++;
    struct ss_filter filter = { 0 };
    size_t which = 0;

    while (which < 4 && strcmp(word, ends[which]) != 0)
        which++;
    if (which == 4)
        return refuse_filter(ss->self, word);
    filter.remote = which == 1 || which == 3;
    filter.negated = **words != NULL && is_one_of(**words, unequal);
    if (filter.negated || (**words != NULL && is_one_of(**words, equal)))
        ++*words;
    if (**words == NULL || !read_end(&filter, **words, which < 2))
        return refuse_filter(ss->self, **words != NULL ? **words : word);
    ++*words;
    ARRAY_PUSH(ss->filters, ss->n_filters, ss->filters_size, filter);
    return true;
}

/* The words of the filter, however many stand in one argument: 'sport = :80'. */
static void split_filter(struct ss *ss, int at)
{
    struct strbuf text = STRBUF_INIT;
    char *word;

    for (; at < ss->self->argc; at++)
        strbuf_addf(&text, "%s ", ss->self->argv[at]);
    ss->text = word = mem_strdup(strbuf_text(&text));
    strbuf_fini(&text);
    for (word += strspn(word, " "); *word != '\0'; word += strspn(word, " ")) {
        ARRAY_PUSH(ss->words, ss->n_words, ss->words_size, word);
        word += strcspn(word, " ");
        *word++ = '\0';
    }
    ARRAY_PUSH(ss->words, ss->n_words, ss->words_size, NULL);
}

/* Several conditions stand behind each other, with `and` or not. */
static bool read_filter(struct ss *ss, int at)
{
    char **words;

    split_filter(ss, at);
    words = ss->words;
    if (words[0] != NULL && strcmp(words[0], "state") == 0 && words[1] != NULL) {
        ss->state = words[1];
        words += 2;
    }
    while (*words != NULL) {
        if (ss->n_filters > 0 && words[1] != NULL &&
            (strcmp(*words, "and") == 0 || strcmp(*words, "&&") == 0))
            words++;
        if (!read_condition(ss, &words))
            return false;
    }
    return true;
}

static bool read_arguments(struct process *self, struct ss *ss)
{
    struct options options = { .self = self,
                               .shorts = "46tualniosemHp",
                               .refused = "rwxbEfFDZKOVNQhM0dSA",
                               .longs = long_options };
    int option;

    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            if (option == OPTIONS_ERROR)
                process_errorf(self, "Usage: ss [ OPTIONS ]\n       ss [ OPTIONS ] [ FILTER ]\n");
            self->exit_status = option == OPTIONS_ERROR ? 255 : 2;
            return false;
        }
        if (option == '4' || option == '6')
            ss->family = option;
        ss->tcp |= option == 't';
        ss->udp |= option == 'u';
        ss->all |= option == 'a';
        ss->listening |= option == 'l';
        ss->numeric |= option == 'n';
        ss->info |= option == 'i';
        ss->timers |= option == 'o';
        ss->extended |= option == 'e';
        ss->memory |= option == 'm';
        ss->summary |= option == 's';
        ss->no_header |= option == 'H';
        ss->processes |= option == 'p';
    }
    if (!ss->tcp && !ss->udp)
        ss->tcp = ss->udp = true;
    return read_filter(ss, options.at);
}

static void print_sockets(struct ss *ss)
{
    if (ss->udp)
        netctl_sockets(ss->self->os, "udp", add_socket, ss);
    if (ss->tcp)
        netctl_sockets(ss->self->os, "tcp", add_socket, ss);
    print_rows(ss);
    free_rows(ss);
}

static enum co_status ss_main(struct process *self, void *state)
{
    struct ss ss = { .self = self };

    (void)state;
    if (read_arguments(self, &ss)) {
        if (ss.summary)
            print_summary(&ss);
        else
            print_sockets(&ss);
    }
    free(ss.filters);
    free(ss.words);
    free(ss.text);
    return CO_DONE;
}

const struct program ss_program = { .name = "ss", .main = ss_main };
