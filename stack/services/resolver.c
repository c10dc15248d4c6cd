#include "stack/services/resolver.h"

#include "stack/net/ip6.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/be.h"
#include "stack/services/dns_records.h"
#include "stack/services/services.h"

static sim_time now_of(const struct resolver *r)
{
    return process_now(r->self);
}

static bool is_reverse(const struct resolver *r)
{
    return r->questions[0].type == DNS_TYPE_PTR;
}

void resolver_init(struct resolver *resolver, struct process *self, const char *name,
                   enum resolver_family family)
{
    memset(resolver, 0, offsetof(struct resolver, asked));
    resolver->self = self;
    resolver->family = family;
    resolver->fd = -1;
    for (unsigned i = 0; i < RESOLVER_SERVERS_MAX; i++)
        resolver->fds[i] = -1;
    snprintf(resolver->name, sizeof resolver->name, "%s", name);
    resolver->questions[0].type = DNS_TYPE_A;
    resolver->questions[1].type = DNS_TYPE_AAAA;
    resolver->n_questions = family == RESOLVER_IPV4 || family == RESOLVER_IPV6 ? 1 : 2;
    if (family == RESOLVER_IPV6)
        resolver->questions[0].type = DNS_TYPE_AAAA;
}

void resolver_init_reverse(struct resolver *resolver, struct process *self, ip4_addr addr)
{
    char name[DNS_REVERSE_NAME_MAX];

    resolver_init(resolver, self, dns_reverse_name(addr, name), RESOLVER_IPV4);
    resolver->questions[0].type = DNS_TYPE_PTR;
    resolver->addrs[0] = addr;
}

void resolver_init_reverse6(struct resolver *resolver, struct process *self, struct ip6_addr addr)
{
    char name[DNS_REVERSE6_NAME_MAX];

    resolver_init(resolver, self, dns_reverse_name6(addr, name), RESOLVER_IPV6);
    resolver->questions[0].type = DNS_TYPE_PTR;
    resolver->addrs6[0] = addr;
}

void resolver_close(struct resolver *resolver)
{
    for (unsigned i = 0; i < RESOLVER_SERVERS_MAX && resolver->self != NULL; i++) {
        if (resolver->fds[i] == resolver->fd)
            resolver->fd = -1;
        if (resolver->fds[i] >= 0)
            sys_close(resolver->self, resolver->fds[i]);
        resolver->fds[i] = -1;
    }
    if (resolver->fd >= 0 && resolver->self != NULL)
        sys_close(resolver->self, resolver->fd);
    resolver->fd = -1;
}

const char *resolver_strerror(int error)
{
    switch (error) {
    case RESOLVER_OK:
        return "Success";
    case RESOLVER_NONAME:
        return "Name or service not known";
    case RESOLVER_AGAIN:
        return "Temporary failure in name resolution";
    case RESOLVER_NODATA:
        return "No address associated with hostname";
    case RESOLVER_ADDRFAMILY:
        return "Address family for hostname not supported";
    default:
        return "Non-recoverable failure in name resolution";
    }
}

/* ---- what needs no server ---- */

static bool wants_v6(const struct resolver *r)
{
    return r->family == RESOLVER_BOTH || r->family == RESOLVER_IPV6;
}

/* AI_ADDRCONFIG: a host without IPv6 has no use for the addresses that DNS tells of. */
static bool takes_v6(const struct resolver *r)
{
    return wants_v6(r) && (r->family == RESOLVER_IPV6 || ip6_enabled(&r->self->os->ip));
}

static unsigned n_results(const struct resolver *r)
{
    return r->n_addrs + (wants_v6(r) ? r->n_addrs6 : 0);
}

bool resolver_literal6(const struct os *os, const char *text, struct endpoint *endpoint)
{
    const char *percent = strchr(text, '%');
    size_t len = percent == NULL ? strlen(text) : (size_t)(percent - text);
    char addr[IP6_TEXT_MAX];
    const struct ip_iface *iface = NULL;

    if (len >= sizeof addr || strchr(text, ':') == NULL)
        return false;
    memcpy(addr, text, len);
    addr[len] = '\0';
    if (percent != NULL && (iface = ip_iface_find(&os->ip, percent + 1)) == NULL)
        return false;
    *endpoint = (struct endpoint){ .v6 = true };
    if (iface != NULL)
        endpoint->scope = (uint8_t)iface->index;
    return ip6_parse(addr, &endpoint->addr6);
}

bool resolver_at(const struct resolver *r, struct os *os, unsigned n, uint16_t port,
                 struct endpoint *endpoint)
{
    unsigned n6 = wants_v6(r) ? r->n_addrs6 : 0;
    struct route6 route;
    bool v6_first = n6 > 0 && ip6_route(&os->ip, r->addrs6[0], IP6_ANY, NULL, &route) == 0 &&
                    !ip6_is_any(route.src);
    bool v6 = v6_first ? n < n6 : n >= r->n_addrs;
    unsigned at = v6 == v6_first ? n : n - (v6 ? r->n_addrs : n6);

    if (n >= n6 + r->n_addrs)
        return false;
    *endpoint = (struct endpoint){ .port = port, .v6 = v6 };
    if (v6) {
        endpoint->addr6 = r->addrs6[at];
        endpoint->scope = r->scope6;
    } else {
        endpoint->addr = r->addrs[at];
    }
    return true;
}

static bool find_literal6(struct resolver *r)
{
    struct endpoint literal;

    if (!resolver_literal6(r->self->os, r->name, &literal))
        return false;
    if (!wants_v6(r)) {
        r->error = RESOLVER_ADDRFAMILY;
        return true;
    }
    r->addrs6[r->n_addrs6++] = literal.addr6;
    r->scope6 = literal.scope;
    snprintf(r->canonical, sizeof r->canonical, "%s", r->name);
    return true;
}

static void find_in_hosts(struct resolver *r)
{
    struct os *os = r->self->os;

    if (takes_v6(r))
        r->n_addrs6 = resolver_hosts_find6(os, r->name, r->addrs6, RESOLVER_ADDRS_MAX, r->canonical,
                                           sizeof r->canonical);
    if (r->family != RESOLVER_IPV6)
        r->n_addrs = resolver_hosts_find(os, r->name, r->addrs, RESOLVER_ADDRS_MAX, r->canonical,
                                         sizeof r->canonical);
}

static bool found_locally(struct resolver *r)
{
    struct os *os = r->self->os;
    ip4_addr addr;

    if (is_reverse(r)) {
        r->from_hosts =
            r->family == RESOLVER_IPV6
                ? resolver_hosts_name6(os, r->addrs6[0], r->canonical, sizeof r->canonical)
                : resolver_hosts_name(os, r->addrs[0], r->canonical, sizeof r->canonical);
        return r->from_hosts;
    }
    if (find_literal6(r))
        return r->from_hosts = true;
    if (r->family != RESOLVER_IPV6 && ip4_parse_dots(r->name, &addr)) {
        r->addrs[r->n_addrs++] = addr;
        snprintf(r->canonical, sizeof r->canonical, "%s", r->name);
    } else {
        find_in_hosts(r);
    }
    r->from_hosts = r->n_addrs > 0 || r->n_addrs6 > 0;
    return r->from_hosts;
}

/* ---- candidates: the search list, resolv.conf(5) ---- */

static unsigned count_dots(const char *name)
{
    unsigned n = 0;

    for (; *name != '\0'; name++)
        n += *name == '.';
    return n;
}

static bool is_absolute(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && name[len - 1] == '.';
}

/* Candidate @r->candidate: as given first where it has ndots dots, else last; alone where it ends
 * in a dot. */
static void choose_candidate(struct resolver *r)
{
    bool as_given_first = is_reverse(r) || count_dots(r->name) >= r->conf.ndots;
    unsigned given_at = as_given_first ? 0 : r->conf.n_search;
    unsigned domain = as_given_first ? r->candidate - 1 : r->candidate;

    if (r->candidate == given_at)
        snprintf(r->asked, sizeof r->asked, "%s", r->name);
    else
        snprintf(r->asked, sizeof r->asked, "%s.%s", r->name, r->conf.search[domain]);
}

/* ---- messages ---- */

static size_t build_query(struct resolver *r, struct resolver_question *q)
{
    struct dns_hdr hdr = { .id = q->id, .rd = true };
    struct dns_writer w;

    dns_emit_begin(&w, &hdr, r->octets + 2, DNS_UDP_MAX);
    if (!dns_emit_question(&w, r->asked, q->type, DNS_CLASS_IN))
        return 0;
    return dns_emit_end(&w);
}

struct why resolver_query_why(struct endpoint server, bool again)
{
    if (server.v6)
        return again ? WHY(DNS6_QUERY_AGAIN, server.addr6.hi, server.addr6.lo)
                     : WHY(DNS6_QUERY, server.addr6.hi, server.addr6.lo);
    return again ? WHY(DNS_QUERY_AGAIN, server.addr) : WHY(DNS_QUERY, server.addr);
}

static int new_socket(const struct resolver *r, int type)
{
    return sys_socket(r->self, r->conf.servers[r->server].v6 ? SIM_AF_INET6 : SIM_AF_INET, type, 0);
}

/* The socket of this server, still there when it only did not answer. Like glibc it asks for all
 * ICMP errors, so that a server that cannot be reached is known when its ARP fails. */
static bool open_socket(struct resolver *r)
{
    struct endpoint server = r->conf.servers[r->server];

    r->fd = r->fds[r->server];
    if (r->fd >= 0)
        return true;
    r->fd = r->fds[r->server] = new_socket(r, SIM_SOCK_DGRAM);
    if (r->fd < 0)
        return false;
    sys_set_nonblock(r->self, r->fd, true);
    sys_setsockopt(r->self, r->fd, server.v6 ? OPT_IPV6_RECVERR : OPT_IP_RECVERR, 1);
    return sys_connect(r->self, r->fd, server) == 0;
}

static void send_query(struct resolver *r, struct resolver_question *q)
{
    struct endpoint server = r->conf.servers[r->server];
    struct sock_send out = { .octets = r->octets + 2,
                             .flags = SOCK_MSG_DONTWAIT | SOCK_MSG_NOSIGNAL };
    bool sent;

    out.len = build_query(r, q);
    out.why = resolver_query_why(server, r->attempt > 0 || r->server > 0);
    out.why_text = services_dns_text(r->self->os, r->asked, q->type);
    sent = out.len > 0 && sys_sendmsg(r->self, r->fd, &out) >= 0;
    /* An ICMP error about the first query comes up here; glibc sends all the same. */
    if (!sent && q != r->questions && out.len > 0)
        sent = sys_sendmsg(r->self, r->fd, &out) >= 0;
    if (!sent)
        r->refused = true;
}

/* The chain of @q's answer from the name asked for: addresses and the canonical name. */
static void take_answer(struct resolver *r, const struct resolver_question *q,
                        const uint8_t *octets, size_t len)
{
    uint8_t octets6[16];
    char at[sizeof r->asked], target[DNS_TEXT_MAX];
    bool moved = true;

    memcpy(at, r->asked, sizeof at);
    for (unsigned hops = 0; moved && hops < DNS_CHAIN_MAX; hops++) {
        struct dns_hdr hdr;
        struct dns_reader reader;
        struct dns_rr rr;

        moved = false;
        if (dns_parse_header(octets, len, &hdr, &reader) != DROP_NONE)
            return;
        while (dns_next_rr(&reader, &rr)) {
            if (rr.section != DNS_ANSWER || rr.class != DNS_CLASS_IN || !dns_name_eq(rr.name, at))
                continue;
            r->exists = true;
            if (rr.type == DNS_TYPE_CNAME && dns_rdata_name(&rr, target)) {
                snprintf(at, sizeof at, "%s", target);
                moved = true;
                break;
            }
            if (rr.type != q->type)
                continue;
            if (q->type == DNS_TYPE_A && r->n_addrs < RESOLVER_ADDRS_MAX &&
                dns_rdata_a(&rr, &r->addrs[r->n_addrs]))
                r->n_addrs++;
            if (q->type == DNS_TYPE_AAAA && takes_v6(r) && r->n_addrs6 < RESOLVER_ADDRS_MAX &&
                dns_rdata_aaaa(&rr, octets6))
                r->addrs6[r->n_addrs6++] =
                    (struct ip6_addr){ be64_get(octets6), be64_get(octets6 + 8) };
            if (q->type == DNS_TYPE_PTR && r->canonical[0] == '\0')
                dns_rdata_name(&rr, r->canonical);
        }
    }
    if ((q->type == DNS_TYPE_A && r->n_addrs > 0) ||
        (q->type == DNS_TYPE_AAAA && takes_v6(r) && r->n_addrs6 > 0))
        snprintf(r->canonical, sizeof r->canonical, "%.*s", DNS_TEXT_MAX - 1, at);
}

static struct dns_cache *host_cache(struct resolver *r)
{
    struct services *services = r->self->os->services;

    return services != NULL && services->use_resolver_cache ? &services->resolver_cache : NULL;
}

/* One message: true when it was the answer to one of our questions. */
static bool take_message(struct resolver *r, const uint8_t *octets, size_t len)
{
    struct dns_hdr hdr;
    struct dns_reader reader;
    struct dns_question question;

    if (dns_parse_header(octets, len, &hdr, &reader) != DROP_NONE || !hdr.qr ||
        !dns_next_question(&reader, &question))
        return false;
    for (unsigned i = 0; i < r->n_questions; i++) {
        struct resolver_question *q = &r->questions[i];

        if (q->answered || q->rejected || q->id != hdr.id || question.type != q->type ||
            !dns_name_eq(question.name, r->asked))
            continue;
        if (hdr.rcode != DNS_NOERROR && hdr.rcode != DNS_NXDOMAIN) {
            q->rejected = true; /* this server will not say: the next one may */
            r->refused |= r->n_questions == 1;
            return true;
        }
        if (hdr.tc && r->poll.fd >= 0) {
            r->truncated = true;
            return true;
        }
        q->answered = true;
        q->rcode = hdr.rcode;
        r->exists = r->exists || hdr.rcode == DNS_NOERROR;
        if (host_cache(r) != NULL) {
            dns_cache_learn(host_cache(r), octets, len, r->asked, q->type, ".", now_of(r));
            services_note_learned(r->self, host_cache(r), r->asked, q->type);
        }
        take_answer(r, q, octets, len);
        return true;
    }
    return false;
}

/* ---- the host's cache, where it has one ---- */

static bool cached_answer(struct resolver *r, struct resolver_question *q)
{
    struct dns_cache *cache = host_cache(r);
    char at[DNS_TEXT_MAX];

    snprintf(at, sizeof at, "%.*s", DNS_TEXT_MAX - 1, r->asked);
    for (unsigned hops = 0; hops < DNS_CHAIN_MAX; hops++) {
        const struct dns_cache_entry *entry = dns_cache_find(cache, at, q->type, now_of(r));

        if (entry != NULL) {
            q->answered = true;
            q->rcode = entry->rcode;
            r->exists = r->exists || entry->rcode == DNS_NOERROR;
            for (unsigned i = 0;
                 i < entry->n && q->type == DNS_TYPE_A && r->n_addrs < RESOLVER_ADDRS_MAX; i++)
                r->addrs[r->n_addrs++] = entry->records[i].addr;
            if (entry->n > 0 && q->type != DNS_TYPE_AAAA)
                snprintf(r->canonical, sizeof r->canonical, "%s",
                         q->type == DNS_TYPE_PTR ? entry->records[0].target : at);
            process_note(r->self, RECORD_STATE, WHY0(DNS_CACHED),
                         services_dns_text(r->self->os, r->asked, q->type));
            return true;
        }
        entry = dns_cache_find(cache, at, DNS_TYPE_CNAME, now_of(r));
        if (entry == NULL || entry->n == 0)
            return false;
        memmove(at, entry->records[0].target, strlen(entry->records[0].target) + 1);
    }
    return false;
}

static bool all_answered(const struct resolver *r)
{
    for (unsigned i = 0; i < r->n_questions; i++)
        if (!r->questions[i].answered)
            return false;
    return true;
}

/* Has every question an answer, or the server's word that it gives none? */
static bool all_heard(const struct resolver *r)
{
    for (unsigned i = 0; i < r->n_questions; i++)
        if (!r->questions[i].answered && !r->questions[i].rejected)
            return false;
    return true;
}

/* No more servers are asked: all is answered, or one question of two, the other rejected. */
static bool is_settled(const struct resolver *r)
{
    return all_answered(r) || (all_heard(r) && r->n_questions == 2 &&
                               (r->questions[0].answered || r->questions[1].answered));
}

static void begin_candidate(struct resolver *r)
{
    choose_candidate(r);
    r->exists = false;
    r->attempt = r->server = 0;
    for (unsigned i = 0; i < r->n_questions; i++) {
        r->questions[i].answered = r->questions[i].rejected = false;
        r->questions[i].id = (uint16_t)sys_random(r->self);
        if (host_cache(r) != NULL)
            cached_answer(r, &r->questions[i]);
    }
}

/* ---- one server ---- */

/* glibc: the first server gets `timeout` seconds, the others share a doubled one. */
static sim_time patience(const struct resolver *r)
{
    uint64_t seconds = (uint64_t)r->conf.timeout << r->server;

    if (r->server > 0)
        seconds /= r->conf.n_servers;
    return SIM_SEC(seconds > 0 ? (int64_t)seconds : 1);
}

static void read_answers(struct resolver *r)
{
    while (!all_heard(r) && !r->refused && !r->truncated) {
        int64_t n = sys_recv(r->self, r->fd, r->octets, sizeof r->octets, SOCK_MSG_DONTWAIT);

        if (n == -SIM_EAGAIN || n == SYS_BLOCKED)
            return;
        if (n < 0)
            r->refused = true; /* ICMP: nobody listens there */
        else
            take_message(r, r->octets, (size_t)n);
    }
}

static int poll_answers(struct resolver *r)
{
    sim_time now = now_of(r);

    r->poll = (struct sys_pollfd){ r->fd, SOCK_POLLIN, 0 };
    return sys_poll(r->self, &r->poll, 1, r->until > now ? r->until - now : 0);
}

static enum co_status ask_server(struct resolver *r)
{
    CO_BEGIN(&r->co_ask);
    r->refused = r->truncated = r->timed_out = false;
    for (r->asking = 0; r->asking < r->n_questions; r->asking++)
        r->questions[r->asking].rejected = false;
    if (!open_socket(r))
        r->refused = true;
    for (r->asking = 0; r->asking < r->n_questions && !r->refused; r->asking++) {
        if (r->asking > 0)
            CO_CALL(&r->co_ask, r->result, sys_sleep(r->self, RESOLVER_QUERY_TIME));
        if (!r->questions[r->asking].answered)
            send_query(r, &r->questions[r->asking]);
    }
    r->until = now_of(r) + patience(r);
    while (!r->refused && !r->truncated && !r->timed_out && !all_heard(r)) {
        CO_CALL(&r->co_ask, r->result, poll_answers(r));
        read_answers(r);
        if (r->poll.revents == SOCK_POLLERR) { /* the error is taken, its queue is not */
            CO_CALL(&r->co_ask, r->result, sys_sleep(r->self, RESOLVER_QUERY_TIME));
            r->refused = true;
        }
        r->timed_out = !all_heard(r) && now_of(r) >= r->until;
    }
    if (r->refused || r->truncated || is_settled(r))
        resolver_close(r);
    CO_END(&r->co_ask);
}

/* ---- TCP, when the answer does not fit a datagram: RFC 7766 ---- */

static struct resolver_question *open_question(struct resolver *r)
{
    for (unsigned i = 0; i < r->n_questions; i++)
        if (!r->questions[i].answered && !r->questions[i].rejected)
            return &r->questions[i];
    return NULL;
}

static bool begin_tcp(struct resolver *r)
{
    r->fd = new_socket(r, SIM_SOCK_STREAM);
    r->poll.fd = -1; /* for take_message(): no datagram */
    return r->fd >= 0;
}

static void build_tcp_query(struct resolver *r)
{
    r->len = build_query(r, open_question(r));
    be16_put(r->octets, (uint16_t)r->len);
    r->len += 2;
}

static int tcp_connect(struct resolver *r)
{
    return sys_connect(r->self, r->fd, r->conf.servers[r->server]);
}

static enum co_status ask_by_tcp(struct resolver *r)
{
    CO_BEGIN(&r->co_ask);
    r->refused = r->truncated = false;
    if (!begin_tcp(r)) {
        r->refused = true;
        CO_RETURN(&r->co_ask);
    }
    sys_set_timeouts(r->self, r->fd, SIM_SEC(r->conf.timeout), SIM_SEC(r->conf.timeout));
    CO_CALL(&r->co_ask, r->result, tcp_connect(r));
    if (r->result != 0)
        r->refused = true;
    while (!r->refused && open_question(r) != NULL) {
        build_tcp_query(r);
        CO_CALL(&r->co_ask, r->moved,
                sys_send(r->self, r->fd, r->octets, r->len, SOCK_MSG_NOSIGNAL));
        CO_CALL(&r->co_ask, r->moved, sys_recv(r->self, r->fd, r->octets, 2, SOCK_MSG_WAITALL));
        r->len = r->moved == 2 ? be16_get(r->octets) : 0;
        if (r->len == 0 || r->len > sizeof r->octets) {
            r->refused = true;
            break;
        }
        CO_CALL(&r->co_ask, r->moved,
                sys_recv(r->self, r->fd, r->octets, r->len, SOCK_MSG_WAITALL));
        if (r->moved != (int64_t)r->len || !take_message(r, r->octets, r->len))
            r->refused = true;
    }
    resolver_close(r);
    CO_END(&r->co_ask);
}

/* ---- all servers, all candidates ---- */

/* 0: the next candidate may know more. */
static bool settle_candidate(struct resolver *r)
{
    if (!all_answered(r)) {
        r->error = RESOLVER_AGAIN;
        return n_results(r) > 0 || r->candidate + 1 >= r->n_candidates;
    }
    if (is_reverse(r) ? r->canonical[0] != '\0' : n_results(r) > 0) {
        r->error = RESOLVER_OK;
        return true;
    }
    if (r->exists)
        r->error = RESOLVER_NODATA;
    else if (r->error == 0)
        r->error = RESOLVER_NONAME;
    return false;
}

static bool name_is_possible(const struct resolver *r)
{
    uint8_t octets[DNS_NAME_MAX];

    return dns_name_emit(r->name, octets) > 1;
}

static void strip_dot(char *name)
{
    size_t len = strlen(name);

    if (len > 1 && name[len - 1] == '.')
        name[len - 1] = '\0';
}

enum co_status resolver_run(struct resolver *r)
{
    CO_BEGIN(&r->co);
    if (found_locally(r))
        CO_RETURN(&r->co);
    if (!name_is_possible(r)) {
        r->error = RESOLVER_NONAME;
        CO_RETURN(&r->co);
    }
    resolv_conf_read(&r->conf, r->self->os);
    r->n_candidates = is_absolute(r->name) ? 1 : 1 + r->conf.n_search;
    for (r->candidate = 0; r->candidate < r->n_candidates; r->candidate++) {
        begin_candidate(r);
        for (; r->attempt < r->conf.attempts && !is_settled(r); r->attempt++) {
            for (r->server = 0; r->server < r->conf.n_servers && !is_settled(r); r->server++) {
                CO_RUN(&r->co, ask_server(r));
                if (r->truncated)
                    CO_RUN(&r->co, ask_by_tcp(r));
            }
        }
        resolver_close(r);
        if (settle_candidate(r))
            break;
    }
    if (n_results(r) > 0 || (is_reverse(r) && r->canonical[0] != '\0'))
        r->error = RESOLVER_OK;
    else if (is_reverse(r) && r->error == RESOLVER_NODATA)
        r->error = RESOLVER_NONAME;
    strip_dot(r->canonical);
    CO_END(&r->co);
}
