#include "stack/services/dns_server.h"

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/memory.h"
#include "stack/net/ip.h"
#include "stack/net/ip6.h"
#include "stack/services/dns_upstream.h"
#include "stack/services/services.h"

#define OPT_LEN    11   /* octets of an OPT record without options */
#define TCP_IN_MAX 4096 /* a question over TCP; a longer one ends the connection */

struct conn {
    int fd; /* -1: free */
    uint32_t serial;
    struct endpoint peer;
    sim_time until;
    bool pending; /* a question is being forwarded: no idle time-out */
    size_t in_len, out_len, out_at;
    uint8_t *out; /* answers not yet taken by TCP */
    uint8_t in[TCP_IN_MAX];
};

struct dns_server {
    struct process *self;
    struct coroutine co;
    const struct dns_server_config *config;
    struct dns_zone_data zone;
    bool like_dnsmasq, asks_others;
    int udp_fd, tcp_fd;
    int udp6_fd, tcp6_fd; /* -1: the host has no IPv6 */
    uint32_t serial;
    int result;
    struct dns_upstream up;
    struct dns_found found;
    struct conn conns[DNS_SERVER_CONNS];
    struct sys_pollfd poll[4 + DNS_SERVER_CONNS + DNS_SERVER_JOBS];
    uint8_t in[DNS_MESSAGE_MAX], out[DNS_MESSAGE_MAX + 2];
};

/* ---- sending ---- */

static void conn_close(struct dns_server *server, struct conn *conn)
{
    sys_close(server->self, conn->fd);
    free(conn->out);
    conn->fd = -1;
    conn->out = NULL;
    conn->in_len = conn->out_len = conn->out_at = 0;
}

static void conn_flush(struct dns_server *server, struct conn *conn)
{
    while (conn->fd >= 0 && conn->out_at < conn->out_len) {
        int64_t n = sys_send(server->self, conn->fd, conn->out + conn->out_at,
                             conn->out_len - conn->out_at, SOCK_MSG_DONTWAIT | SOCK_MSG_NOSIGNAL);

        if (n == -SIM_EAGAIN || n == SYS_BLOCKED)
            return;
        if (n < 0) {
            conn_close(server, conn);
            return;
        }
        conn->out_at += (size_t)n;
    }
    free(conn->out);
    conn->out = NULL;
    conn->out_len = conn->out_at = 0;
}

static void send_tcp(struct dns_server *server, const struct dns_query *query, size_t len)
{
    struct conn *conn = &server->conns[query->conn];

    if (conn->fd < 0 || conn->serial != query->conn_serial)
        return; /* the client has gone */
    be16_put(server->out, (uint16_t)len);
    conn->out = mem_realloc(conn->out, conn->out_len + len + 2, 1);
    memcpy(conn->out + conn->out_len, server->out, len + 2);
    conn->out_len += len + 2;
    conn->pending = false;
    conn->until = process_now(server->self) + DNS_TCP_IDLE;
    conn_flush(server, conn);
}

static uint16_t port_of(const struct dns_server *server)
{
    return server->config->port != 0 ? server->config->port : DNS_PORT;
}

static bool other_source6(const struct dns_server *server, const struct dns_query *query)
{
    struct route6 route;

    return !ip6_is_any(query->to6) && !ip6_is_multicast(query->to6) &&
           ip6_route(&server->self->os->ip, query->from.addr6, IP6_ANY, NULL, &route) == 0 &&
           !ip6_eq(route.src, query->to6);
}

/* The answer must come from the address that was asked; the kernel would choose by the route. */
static void send_udp(struct dns_server *server, const struct dns_query *query, size_t len)
{
    struct sock_send out = { .octets = server->out + 2,
                             .len = len,
                             .flags = SOCK_MSG_DONTWAIT,
                             .has_to = true,
                             .to = query->from,
                             .why = WHY0(DNS_ANSWER),
                             .why_text =
                                 services_dns_text(server->self->os, query->name, query->type) };
    struct route route;
    int fd = query->from.v6 ? server->udp6_fd : server->udp_fd;
    bool other =
        query->from.v6
            ? other_source6(server, query)
            : query->to != 0 && ip_addr_kind(&server->self->os->ip, query->to) == ROUTE_LOCAL &&
                  ip_route(&server->self->os->ip, query->from.addr, 0, NULL, &route) == 0 &&
                  route.src != query->to;

    if (other) {
        fd = sys_socket(server->self, query->from.v6 ? SIM_AF_INET6 : SIM_AF_INET, SIM_SOCK_DGRAM,
                        0);
        if (fd < 0)
            return;
        sys_setsockopt(server->self, fd, OPT_SO_REUSEADDR, 1);
        sys_bind(server->self, fd,
                 (struct endpoint){ .addr = query->to,
                                    .port = port_of(server),
                                    .v6 = query->from.v6,
                                    .addr6 = query->to6,
                                    .scope = query->from.scope });
    }
    sys_sendmsg(server->self, fd, &out);
    if (other)
        sys_close(server->self, fd);
}

static void reply_begin(struct dns_server *server, struct dns_writer *w,
                        const struct dns_query *query, uint8_t rcode)
{
    struct dns_hdr hdr = { .id = query->id,
                           .qr = true,
                           .rd = query->rd,
                           .cd = query->cd,
                           .ra = server->like_dnsmasq || server->asks_others,
                           .rcode = rcode };
    size_t limit = query->conn >= 0 ? DNS_MESSAGE_MAX : query->edns ? query->udp_size : DNS_UDP_MAX;

    dns_emit_begin(w, &hdr, server->out + 2, limit - (query->edns ? OPT_LEN : 0));
    w->whole_names = true;
    dns_emit_question(w, query->name, query->type, query->class);
}

static void reply_end(struct dns_server *server, struct dns_writer *w,
                      const struct dns_query *query, uint16_t rcode)
{
    size_t len;

    if (query->edns) {
        w->size += OPT_LEN; /* the room kept for it */
        dns_emit_opt(w, DNS_SERVER_UDP_SIZE, rcode, query->dnssec_ok ? DNS_OPT_DO : 0);
    }
    len = dns_emit_end(w);
    if (query->conn >= 0)
        send_tcp(server, query, len);
    else
        send_udp(server, query, len);
}

static void reply_error(struct dns_server *server, const struct dns_query *query, uint16_t rcode)
{
    struct dns_writer w;

    reply_begin(server, &w, query, (uint8_t)(rcode & 0xf));
    reply_end(server, &w, query, rcode);
}

/* ---- answers from own data ---- */

static void emit_found(struct dns_writer *w, const struct dns_found *found, uint32_t soa_limit)
{
    for (unsigned section = 0; section < DNS_N_SECTIONS; section++) {
        for (unsigned i = 0; i < found->n[section]; i++) {
            const struct dns_record *r = found->rrs[section][i].record;
            uint32_t ttl = r->ttl;

            if (section == DNS_AUTHORITY && r->type == DNS_TYPE_SOA && soa_limit != 0 &&
                r->soa[4] < ttl)
                ttl = r->soa[4]; /* negative answers: the lesser of the two, RFC 2308 section 3 */
            if (!dns_record_emit(w, (enum dns_section)section, found->rrs[section][i].owner, ttl,
                                 r) &&
                section != DNS_ADDITIONAL)
                w->hdr.tc = true; /* additional data may be left out silently, RFC 2181 section 9 */
        }
    }
}

static void reply_found(struct dns_server *server, const struct dns_query *query)
{
    const struct dns_found *found = &server->found;
    bool negative = found->verdict == DNS_VERDICT_NODATA || found->verdict == DNS_VERDICT_NXDOMAIN;
    struct dns_writer w;

    reply_begin(server, &w, query,
                found->verdict == DNS_VERDICT_NXDOMAIN ? DNS_NXDOMAIN : DNS_NOERROR);
    w.hdr.aa = found->n[DNS_ANSWER] > 0 ||
               (negative && (!server->like_dnsmasq || found->n[DNS_AUTHORITY] > 0));
    emit_found(&w, found, negative);
    reply_end(server, &w, query, w.hdr.rcode);
}

/* ---- answers from the cache ---- */

static void emit_cached(struct dns_server *server, struct dns_writer *w, const char *owner,
                        const struct dns_cache_entry *entry)
{
    uint32_t ttl = dns_cache_ttl(entry, process_now(server->self));

    for (unsigned i = 0; i < entry->n; i++)
        if (!dns_record_emit(w, DNS_ANSWER, owner, ttl, &entry->records[i]))
            w->hdr.tc = true;
    if (entry->n == 0 && entry->soa.name != NULL)
        dns_record_emit(w, DNS_AUTHORITY, entry->soa.name, ttl, &entry->soa);
    if (entry->n == 0)
        w->hdr.rcode = entry->rcode;
}

/* The chain from the question on, as far as the cache has it, behind records of this server's own
 * data. @aa: as the server that was asked said it; whoever is told of it later, hears it without.
 */
static bool reply_cached(struct dns_server *server, const struct dns_query *query,
                         bool must_be_whole, bool aa)
{
    sim_time now = process_now(server->self);
    char name[DNS_TEXT_MAX];
    const struct dns_cache_entry *entry = NULL;
    struct dns_writer w;
    bool whole = false;

    dns_zone_find(&server->zone, query->name, query->type, &server->found);
    reply_begin(server, &w, query, DNS_NOERROR);
    w.hdr.aa = aa && server->found.n[DNS_ANSWER] == 0;
    for (unsigned i = 0; i < server->found.n[DNS_ANSWER]; i++)
        dns_record_emit(&w, DNS_ANSWER, server->found.rrs[DNS_ANSWER][i].owner,
                        server->found.rrs[DNS_ANSWER][i].record->ttl,
                        server->found.rrs[DNS_ANSWER][i].record);
    memmove(name, server->found.last_name, strlen(server->found.last_name) + 1);
    for (unsigned hops = 0; hops < DNS_CHAIN_MAX && !whole; hops++) {
        entry = dns_cache_find(&server->up.cache, name, query->type, now);
        whole = entry != NULL;
        if (!whole)
            entry = dns_cache_find(&server->up.cache, name, DNS_TYPE_CNAME, now);
        if (entry == NULL || (entry->n == 0 && !whole))
            break;
        emit_cached(server, &w, name, entry);
        if (!whole)
            memmove(name, entry->records[0].target, strlen(entry->records[0].target) + 1);
    }
    if (!whole && must_be_whole)
        return false;
    if (whole && must_be_whole)
        process_note(server->self, RECORD_STATE, WHY0(DNS_CACHED),
                     services_dns_text(server->self->os, query->name, query->type));
    reply_end(server, &w, query, w.hdr.rcode);
    return true;
}

static void upstream_answered(void *ctx, const struct dns_query *query, uint8_t rcode, bool aa)
{
    struct dns_server *server = ctx;

    if (rcode != DNS_NOERROR)
        reply_error(server, query, rcode);
    else
        reply_cached(server, query, false, aa);
}

/* ---- questions ---- */

static void ask_others(struct dns_server *server, const struct dns_query *query)
{
    if (reply_cached(server, query, true, false))
        return;
    if (query->conn >= 0)
        server->conns[query->conn].pending = true;
    if (!dns_upstream_ask(&server->up, query))
        reply_error(server, query, DNS_SERVFAIL);
}

static void answer(struct dns_server *server, const struct dns_query *query)
{
    enum dns_verdict verdict;
    bool may_ask = server->asks_others && query->rd;

    dns_zone_find(&server->zone, query->name, query->type, &server->found);
    verdict = server->found.verdict;
    if (may_ask && (verdict == DNS_VERDICT_OUTSIDE || verdict == DNS_VERDICT_REFERRAL))
        ask_others(server, query);
    else if (verdict == DNS_VERDICT_OUTSIDE && server->found.n[DNS_ANSWER] == 0)
        reply_error(server, query, DNS_REFUSED);
    else
        reply_found(server, query);
}

/* The OPT record, if there is one; returns the response code that follows from it. */
static uint16_t read_edns(struct dns_reader *reader, struct dns_query *query)
{
    struct dns_rr rr;
    uint16_t rcode = DNS_NOERROR;

    while (dns_next_rr(reader, &rr)) {
        if (rr.type != DNS_TYPE_OPT)
            continue;
        if (query->edns)
            return DNS_FORMERR; /* two of them: RFC 6891 section 6.1.1 */
        query->edns = true;
        query->udp_size = dns_opt_udp_size(&rr);
        query->dnssec_ok = (dns_opt_flags(&rr) & DNS_OPT_DO) != 0;
        if (query->udp_size < DNS_UDP_MAX)
            query->udp_size = DNS_UDP_MAX;
        if (query->udp_size > DNS_SERVER_UDP_SIZE)
            query->udp_size = DNS_SERVER_UDP_SIZE;
        if (dns_opt_version(&rr) != 0)
            rcode = DNS_BADVERS;
    }
    return reader->why == DROP_NONE ? rcode : DNS_FORMERR;
}

/* Only the header could be understood: the answer is a header too. */
static void reply_header(struct dns_server *server, const struct dns_query *query, uint8_t opcode,
                         uint8_t rcode)
{
    struct dns_hdr hdr = {
        .id = query->id, .qr = true, .opcode = opcode, .rd = query->rd, .rcode = rcode
    };
    struct dns_writer w;
    size_t len;

    dns_emit_begin(&w, &hdr, server->out + 2, DNS_UDP_MAX);
    len = dns_emit_end(&w);
    if (query->conn >= 0)
        send_tcp(server, query, len);
    else
        send_udp(server, query, len);
}

static void message_came(struct dns_server *server, const uint8_t *octets, size_t len,
                         struct dns_query *query)
{
    struct dns_hdr hdr;
    struct dns_reader reader;
    struct dns_question question;
    uint16_t rcode;

    if (dns_parse_header(octets, len, &hdr, &reader) != DROP_NONE || hdr.qr)
        return; /* an answer to nobody's question: never answered, or two servers could talk for
                   ever */
    query->id = hdr.id;
    query->rd = hdr.rd;
    query->cd = hdr.cd;
    strcpy(query->name, ".");
    if (hdr.opcode != DNS_OPCODE_QUERY) {
        reply_header(server, query, hdr.opcode, DNS_NOTIMP);
        return;
    }
    if (hdr.n_questions != 1 || !dns_next_question(&reader, &question)) {
        reply_header(server, query, hdr.opcode, DNS_FORMERR);
        return;
    }
    memcpy(query->name, question.name, sizeof query->name);
    query->type = question.type;
    query->class = question.class;
    rcode = read_edns(&reader, query);
    if (rcode == DNS_NOERROR && (query->class != DNS_CLASS_IN || query->type == DNS_TYPE_AXFR))
        rcode = DNS_REFUSED;
    if (rcode != DNS_NOERROR)
        reply_error(server, query, rcode);
    else
        answer(server, query);
}

static void read_udp(struct dns_server *server, int fd)
{
    for (;;) {
        struct sock_recv in = { .octets = server->in,
                                .size = sizeof server->in,
                                .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(server->self, fd, &in);
        struct dns_query query = { .conn = -1, .from = in.from, .to = in.to.addr };

        if (in.to.v6)
            query.to6 = in.to.addr6;

        if (n < 0)
            return;
        message_came(server, server->in, (size_t)n, &query);
    }
}

/* ---- TCP, RFC 7766 ---- */

static void conn_messages(struct dns_server *server, struct conn *conn)
{
    uint32_t serial = conn->serial;

    while (conn->fd >= 0 && conn->serial == serial && conn->in_len >= 2) {
        size_t len = be16_get(conn->in);
        struct dns_query query = { .conn = (int)(conn - server->conns),
                                   .conn_serial = serial,
                                   .from = conn->peer };

        if (len + 2 > sizeof conn->in) {
            conn_close(server, conn);
            return;
        }
        if (conn->in_len < len + 2)
            return;
        memcpy(server->in, conn->in + 2, len);
        conn->in_len -= len + 2;
        memmove(conn->in, conn->in + len + 2, conn->in_len);
        message_came(server, server->in, len, &query);
    }
}

static void read_conn(struct dns_server *server, struct conn *conn)
{
    while (conn->fd >= 0) {
        int64_t n = sys_recv(server->self, conn->fd, conn->in + conn->in_len,
                             sizeof conn->in - conn->in_len, SOCK_MSG_DONTWAIT);

        if (n == -SIM_EAGAIN || n == SYS_BLOCKED)
            return;
        if (n <= 0) {
            conn_close(server, conn);
            return;
        }
        conn->in_len += (size_t)n;
        conn->until = process_now(server->self) + DNS_TCP_IDLE;
        conn_messages(server, conn);
    }
}

static struct conn *free_conn(struct dns_server *server)
{
    for (unsigned i = 0; i < DNS_SERVER_CONNS; i++)
        if (server->conns[i].fd < 0)
            return &server->conns[i];
    return NULL;
}

static void accept_conns(struct dns_server *server, int fd)
{
    struct conn *conn;

    while ((conn = free_conn(server)) != NULL) {
        conn->fd = sys_accept(server->self, fd, &conn->peer);
        if (conn->fd < 0) {
            conn->fd = -1;
            return;
        }
        conn->serial = ++server->serial;
        conn->pending = false;
        conn->until = process_now(server->self) + DNS_TCP_IDLE;
        read_conn(server, conn);
    }
}

/* ---- the process ---- */

static void open_sockets(struct dns_server *server, bool v6, int *udp_fd, int *tcp_fd)
{
    struct endpoint local = { .port = port_of(server), .v6 = v6 };
    int family = v6 ? SIM_AF_INET6 : SIM_AF_INET;

    *udp_fd = sys_socket(server->self, family, SIM_SOCK_DGRAM, 0);
    sys_setsockopt(server->self, *udp_fd, OPT_SO_REUSEADDR, 1);
    if (v6)
        sys_setsockopt(server->self, *udp_fd, OPT_IPV6_V6ONLY, 1);
    sys_bind(server->self, *udp_fd, local);
    *tcp_fd = sys_socket(server->self, family, SIM_SOCK_STREAM, 0);
    sys_setsockopt(server->self, *tcp_fd, OPT_SO_REUSEADDR, 1);
    if (v6)
        sys_setsockopt(server->self, *tcp_fd, OPT_IPV6_V6ONLY, 1);
    sys_set_nonblock(server->self, *tcp_fd, true);
    sys_bind(server->self, *tcp_fd, local);
    sys_listen(server->self, *tcp_fd, DNS_SERVER_BACKLOG);
}

static int server_poll(struct dns_server *server)
{
    sim_time now = process_now(server->self), until = dns_upstream_due(&server->up);
    int n = 0;

    server->poll[n++] = (struct sys_pollfd){ server->udp_fd, SOCK_POLLIN, 0 };
    server->poll[n++] =
        (struct sys_pollfd){ free_conn(server) != NULL ? server->tcp_fd : -1, SOCK_POLLIN, 0 };
    if (server->udp6_fd >= 0) {
        server->poll[n++] = (struct sys_pollfd){ server->udp6_fd, SOCK_POLLIN, 0 };
        server->poll[n++] =
            (struct sys_pollfd){ free_conn(server) != NULL ? server->tcp6_fd : -1, SOCK_POLLIN, 0 };
    }
    for (unsigned i = 0; i < DNS_SERVER_CONNS; i++) {
        const struct conn *conn = &server->conns[i];

        if (conn->fd < 0)
            continue;
        server->poll[n++] =
            (struct sys_pollfd){ conn->fd, SOCK_POLLIN | (conn->out_len > 0 ? SOCK_POLLOUT : 0),
                                 0 };
        if (!conn->pending && conn->until < until)
            until = conn->until;
    }
    n += dns_upstream_poll(&server->up, server->poll + n);
    return sys_poll(server->self, server->poll, n,
                    until == SIM_TIME_NONE ? SIM_TIME_NONE
                    : until > now          ? until - now
                                           : 0);
}

static void server_step(struct dns_server *server)
{
    dns_upstream_step(&server->up);
    read_udp(server, server->udp_fd);
    accept_conns(server, server->tcp_fd);
    if (server->udp6_fd >= 0) {
        read_udp(server, server->udp6_fd);
        accept_conns(server, server->tcp6_fd);
    }
    for (unsigned i = 0; i < DNS_SERVER_CONNS; i++) {
        struct conn *conn = &server->conns[i];

        if (conn->fd >= 0 && conn->out_len > 0)
            conn_flush(server, conn);
        if (conn->fd >= 0)
            read_conn(server, conn);
        if (conn->fd >= 0 && !conn->pending && conn->until <= process_now(server->self))
            conn_close(server, conn);
    }
}

static enum co_status server_main(struct process *self, void *state)
{
    struct dns_server *server = state;

    (void)self;
    CO_BEGIN(&server->co);
    open_sockets(server, false, &server->udp_fd, &server->tcp_fd);
    if (ip6_enabled(&server->self->os->ip))
        open_sockets(server, true, &server->udp6_fd, &server->tcp6_fd);
    for (;;) {
        CO_CALL(&server->co, server->result, server_poll(server));
        server_step(server);
    }
    CO_END(&server->co);
}

static void server_cleanup(struct process *self, void *state)
{
    struct dns_server *server = state;

    (void)self;
    for (unsigned i = 0; i < DNS_SERVER_CONNS; i++)
        free(server->conns[i].out);
    dns_upstream_fini(&server->up);
}

static const struct program dns_server_program = {
    .name = "dnsmasq",
    .state_size = sizeof(struct dns_server),
    .main = server_main,
    .cleanup = server_cleanup,
};

static bool address_is_own(void *ctx, ip4_addr addr)
{
    struct os *os = ctx;

    return ip_is_local(&os->ip, addr);
}

static void choose_manner(struct dns_server *server)
{
    const struct dns_server_config *config = server->config;
    bool has_soa = false, has_ns = false;

    for (unsigned i = 0; i < config->n_records; i++) {
        has_soa = has_soa || config->records[i].type == DNS_TYPE_SOA;
        has_ns = has_ns || config->records[i].type == DNS_TYPE_NS;
    }
    server->like_dnsmasq = config->n_zones > 0 || !(has_soa || has_ns);
    server->asks_others = config->recursive || config->n_forwards > 0;
    server->zone = (struct dns_zone_data){ .records = config->records,
                                           .n_records = config->n_records,
                                           .zones = config->zones,
                                           .n_zones = config->n_zones,
                                           .everything = config->n_zones == 0 && !has_soa &&
                                                         !server->asks_others,
                                           .reverse = server->like_dnsmasq,
                                           .is_own = address_is_own,
                                           .ctx = server->self->os };
}

struct process *dns_server_start(struct os *os, const struct dns_server_config *config)
{
    static const char *const argv[] = { "dnsmasq" };
    static const struct process_io nowhere;
    struct process *self = process_start(os, &dns_server_program, 1, argv, "dnsmasq", &nowhere);
    struct dns_server *server = self->state;

    server->self = server->up.self = self;
    server->config = server->up.config = config;
    server->up.answered = upstream_answered;
    server->up.ctx = server;
    server->udp_fd = server->tcp_fd = server->udp6_fd = server->tcp6_fd = -1;
    for (unsigned i = 0; i < DNS_SERVER_CONNS; i++)
        server->conns[i].fd = -1;
    choose_manner(server);
    return self;
}

bool dns_server_is(const struct process *process)
{
    return process->program == &dns_server_program;
}

void dns_server_describe(const struct process *process, struct describe *out)
{
    const struct dns_server *server = process->state;

    dns_cache_describe(&server->up.cache, process_now(process), out);
}
