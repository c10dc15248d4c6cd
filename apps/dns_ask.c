#include "apps/dns_ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/memory.h"
#include "stack/services/resolver.h"
#include "stack/services/services.h"

#define TCP_SEGMENT 1220 /* octets: fits the least MTU of IPv6 */

#define OPTION_COOKIE 10 /* RFC 7873 */

void dns_ask_init(struct dns_ask *ask, struct process *self)
{
    struct resolv_conf conf;

    memset(ask, 0, sizeof *ask);
    ask->self = self;
    ask->class = DNS_CLASS_IN;
    ask->type = DNS_TYPE_A;
    ask->rd = true;
    ask->udp_size = 1232;
    ask->port = DNS_PORT;
    ask->timeout = DNS_ASK_TIMEOUT;
    ask->tries = 3;
    ask->fd = -1;
    resolv_conf_read(&conf, self->os);
    for (unsigned i = 0; i < conf.n_servers && i < DNS_ASK_SERVERS_MAX; i++)
        ask->servers[ask->n_servers++] = conf.servers[i];
}

static void close_socket(struct dns_ask *ask)
{
    if (ask->fd >= 0)
        sys_close(ask->self, ask->fd);
    ask->fd = -1;
}

void dns_ask_fini(struct dns_ask *ask)
{
    free(ask->octets);
    ask->octets = NULL;
}

static struct endpoint server_of(const struct dns_ask *ask)
{
    struct endpoint server = ask->servers[ask->at];

    server.port = ask->port;
    return server;
}

static int new_socket(const struct dns_ask *ask, int type)
{
    return sys_socket(ask->self, server_of(ask).v6 ? SIM_AF_INET6 : SIM_AF_INET, type, 0);
}

static const char *address_text(struct endpoint e, char text[static IP6_TEXT_MAX])
{
    return e.v6 ? ip6_format(e.addr6, text) : ip4_format(e.addr, text);
}

const char *dns_ask_server_text(const struct dns_ask *ask, char text[static IP6_TEXT_MAX])
{
    return address_text(ask->server, text);
}

void dns_ask_set_server(struct dns_ask *ask, const struct resolver *resolver)
{
    (void)resolver_at(resolver, ask->self->os, 0, 0, &ask->servers[0]);
    ask->n_servers = 1;
}

/* The query at octets + 2, the length before it for TCP. */
static void build_query(struct dns_ask *ask)
{
    struct dns_hdr hdr = { .id = ask->id, .rd = ask->rd, .ad = ask->ad, .cd = ask->cd };
    struct dns_writer w;

    dns_emit_begin(&w, &hdr, ask->octets + 2, DNS_UDP_MAX);
    dns_emit_question(&w, ask->name, ask->type, ask->class);
    if (ask->edns) {
        dns_emit_rr(&w, DNS_ADDITIONAL, ".", DNS_TYPE_OPT, ask->udp_size,
                    ask->dnssec ? DNS_OPT_DO : 0);
        if (ask->cookie) {
            dns_emit_u16(&w, OPTION_COOKIE);
            dns_emit_u16(&w, DNS_ASK_COOKIE_LEN);
            dns_emit_octets(&w, ask->client_cookie, DNS_ASK_COOKIE_LEN);
        }
        dns_emit_rr_end(&w, DNS_ADDITIONAL);
    }
    ask->query_len = dns_emit_end(&w);
    be16_put(ask->octets, (uint16_t)ask->query_len);
}

static struct sock_send query_message(struct dns_ask *ask)
{
    return (struct sock_send){
        .octets = ask->octets + (ask->tcp ? 0 : 2),
        .len = ask->query_len + (ask->tcp ? 2 : 0),
        .flags = SOCK_MSG_NOSIGNAL,
        .why = resolver_query_why(ask->servers[ask->at], ask->n_tries > 0),
        .why_text = services_dns_text(ask->self->os, ask->name, ask->type),
    };
}

static bool is_answer(const struct dns_ask *ask, size_t len)
{
    struct dns_hdr hdr;
    struct dns_reader reader;
    struct dns_question question;

    return dns_parse_header(ask->octets, len, &hdr, &reader) == DROP_NONE && hdr.qr &&
           hdr.id == ask->id &&
           (hdr.n_questions == 0 ||
            (dns_next_question(&reader, &question) && question.type == ask->type &&
             dns_name_eq(question.name, ask->name)));
}

static bool is_truncated(const struct dns_ask *ask)
{
    struct dns_hdr hdr;
    struct dns_reader reader;

    return dns_parse_header(ask->octets, ask->len, &hdr, &reader) == DROP_NONE && hdr.tc;
}

static const char *problem_text(int64_t error)
{
    return error == -SIM_ECONNREFUSED   ? "connection refused"
           : error == -SIM_EHOSTUNREACH ? "host unreachable"
           : error == -SIM_ENETUNREACH  ? "network unreachable"
           : error == -SIM_ECONNRESET   ? "connection reset"
           : error >= 0                 ? "end of file"
                                        : "timed out";
}

/* ---- a try by UDP ---- */

static void begin_udp(struct dns_ask *ask)
{
    struct sock_send query;
    int error;

    ask->problem = NULL;
    ask->fd = new_socket(ask, SIM_SOCK_DGRAM);
    sys_setsockopt(ask->self, ask->fd,
                   server_of(ask).v6 ? OPT_IPV6_MTU_DISCOVER : OPT_IP_MTU_DISCOVER,
                   0); /* BIND never sets DF */
    sys_bind(ask->self, ask->fd, (struct endpoint){ .v6 = server_of(ask).v6 });
    error = sys_connect(ask->self, ask->fd, server_of(ask));
    build_query(ask);
    query = query_message(ask);
    query.flags |= SOCK_MSG_DONTWAIT;
    if (error == 0)
        error = (int)sys_sendmsg(ask->self, ask->fd, &query);
    if (error < 0)
        ask->problem = problem_text(error);
    ask->sent_at = process_now(ask->self);
    ask->until = ask->sent_at + SIM_SEC(ask->timeout);
}

static int poll_udp(struct dns_ask *ask)
{
    sim_time now = process_now(ask->self);

    ask->poll = (struct sys_pollfd){ ask->fd, SOCK_POLLIN, 0 };
    return sys_poll(ask->self, &ask->poll, 1, ask->until > now ? ask->until - now : 0);
}

static void read_udp(struct dns_ask *ask)
{
    while (!ask->answered && ask->problem == NULL) {
        int64_t n =
            sys_recv(ask->self, ask->fd, ask->octets, DNS_ASK_MESSAGE_MAX, SOCK_MSG_DONTWAIT);

        if (n == -SIM_EAGAIN || n == SYS_BLOCKED) {
            if (process_now(ask->self) >= ask->until)
                ask->problem = "timed out";
            return;
        }
        if (n < 0) {
            ask->problem = problem_text(n);
        } else if (is_answer(ask, (size_t)n)) {
            ask->answered = true;
            ask->len = (size_t)n;
        }
    }
}

static enum co_status try_udp(struct dns_ask *ask)
{
    CO_BEGIN(&ask->co_try);
    begin_udp(ask);
    while (!ask->answered && ask->problem == NULL) {
        CO_CALL(&ask->co_try, ask->result, poll_udp(ask));
        read_udp(ask);
    }
    close_socket(ask);
    CO_END(&ask->co_try);
}

/* ---- a try by TCP ---- */

static void begin_tcp(struct dns_ask *ask)
{
    sim_time patience = SIM_SEC(2 * ask->timeout);

    ask->problem = NULL;
    ask->fd = new_socket(ask, SIM_SOCK_STREAM);
    sys_setsockopt(ask->self, ask->fd, OPT_TCP_MAXSEG, TCP_SEGMENT); /* as BIND's netmgr does */
    sys_set_timeouts(ask->self, ask->fd, patience, patience);
    ask->sent_at = process_now(ask->self);
}

static int64_t send_tcp(struct dns_ask *ask)
{
    struct sock_send query;

    build_query(ask);
    query = query_message(ask);
    return sys_sendmsg(ask->self, ask->fd, &query);
}

static enum co_status try_tcp(struct dns_ask *ask)
{
    CO_BEGIN(&ask->co_try);
    begin_tcp(ask);
    CO_CALL(&ask->co_try, ask->moved, sys_connect(ask->self, ask->fd, server_of(ask)));
    if (ask->moved != 0) {
        ask->problem = problem_text(ask->moved);
    } else {
        CO_CALL(&ask->co_try, ask->moved, send_tcp(ask));
        CO_CALL(&ask->co_try, ask->moved,
                sys_recv(ask->self, ask->fd, ask->octets, 2, SOCK_MSG_WAITALL));
        if (ask->moved == 2) {
            ask->len = be16_get(ask->octets);
            CO_CALL(&ask->co_try, ask->moved,
                    sys_recv(ask->self, ask->fd, ask->octets, ask->len, SOCK_MSG_WAITALL));
        } else {
            ask->len = SIZE_MAX;
        }
        if (ask->moved >= 0 && (size_t)ask->moved == ask->len && is_answer(ask, ask->len))
            ask->answered = true;
        else
            ask->problem = problem_text(ask->moved);
    }
    close_socket(ask);
    CO_END(&ask->co_try);
}

/* ---- all tries ---- */

static void begin(struct dns_ask *ask)
{
    uint64_t cookie = sys_random(ask->self);

    if (ask->octets == NULL)
        ask->octets = mem_alloc(DNS_ASK_MESSAGE_MAX + 2);
    ask->answered = ask->retried_by_tcp = false;
    ask->n_tries = ask->at = 0;
    ask->id = (uint16_t)sys_random(ask->self);
    be64_put(ask->client_cookie, cookie);
}

static void report_problem(struct dns_ask *ask)
{
    char addr[IP6_TEXT_MAX];

    process_printf(ask->self, ";; communications error to %s#%u: %s\n",
                   address_text(ask->servers[ask->at], addr), ask->port, ask->problem);
}

enum co_status dns_ask_run(struct dns_ask *ask)
{
    CO_BEGIN(&ask->co);
    begin(ask);
    for (; ask->n_tries < ask->tries * ask->n_servers && !ask->answered; ask->n_tries++) {
        ask->at = ask->n_tries / ask->tries;
        if (ask->tcp)
            CO_RUN(&ask->co, try_tcp(ask));
        else
            CO_RUN(&ask->co, try_udp(ask));
        if (ask->answered && !ask->tcp && !ask->ignore_tc && is_truncated(ask)) {
            process_printf(ask->self, ";; Truncated, retrying in TCP mode.\n");
            ask->tcp = ask->retried_by_tcp = true;
            ask->answered = false;
            CO_RUN(&ask->co, try_tcp(ask));
        }
        if (!ask->answered)
            report_problem(ask);
    }
    ask->server = ask->servers[ask->at];
    ask->took = process_now(ask->self) - ask->sent_at;
    CO_END(&ask->co);
}
