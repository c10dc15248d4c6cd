/*
 * traceroute 2.1 for Linux: UDP probes (each from a socket of its own, to port 33434 and upwards)
 * or, with -I, ICMP echo requests, with -T SYNs (traceroute_tcp.c); -N of them under way at once.
 * Where a probe is given up depends on what others have seen: -w MAX,HERE,NEAR. Answers are read
 * from a raw ICMP socket; the real one asks the error queue of its probes' sockets. What differs
 * with IPv6 is in traceroute6.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"
#include "apps/traceroute.h"
#include "base/be.h"
#include "base/memory.h"
#include "base/text.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/icmp6_wire.h"
#include "stack/wire/ipv6_wire.h"
#include "stack/wire/udp_wire.h"

#define PORT_FIRST   33434
#define PORT_TCP     80
#define PORT_UDP     53 /* -U */
#define HOPS_MAX     255
#define PROBES_MAX   10
#define DATA_DEFAULT 40 /* octets behind the IP header */
#define PACKET_MAX   65000
#define WAIT_DEFAULT SIM_SEC(5)
#define PROBE_TIME                                                                                 \
    SIM_USEC(100) /* a socket for each probe: real ones next door answer in between */
#define WAIT_PRECISION SIM_MSEC(1) /* added to a round-trip time before it is multiplied */

/* ---- the command line ---- */

static bool number(struct process *self, struct traceroute *st, char option, const char *text,
                   uint64_t min, uint64_t max, unsigned *value)
{
    uint64_t n;

    (void)st;
    if (!text_u64(text, UINT32_MAX, &n)) {
        process_errorf(self, "Cannot handle `-%c' option with arg `%s' (argc %d)\n", option, text,
                       1);
        return false;
    }
    if (n < min || n > max) {
        if (option == 'f' || option == 'q' || option == 'm')
            process_errorf(self, option == 'f'   ? "first hop out of range\n"
                                 : option == 'm' ? "max hops cannot be more than 255\n"
                                                 : "no more than 10 probes per hop\n");
        else
            process_errorf(self, "Cannot handle `-%c' option with arg `%s' (argc %d)\n", option,
                           text, 1);
        return false;
    }
    *value = (unsigned)n;
    return true;
}

/* MAX[,HERE[,NEAR]]. */
static bool waits(struct process *self, struct traceroute *st, const char *text)
{
    int64_t values[3] = { 0, st->here, st->near };
    const char *at = text;

    for (int i = 0; i < 3; i++) {
        size_t len = strcspn(at, ",");

        if (!text_scaled(at, len, i == 0 ? 9 : 3, &values[i])) {
            process_errorf(self, "bad wait specifications `%s' used\n", text);
            return false;
        }
        if (at[len] == '\0') {
            st->wait_max = SIM_NSEC(values[0]);
            st->here = i >= 1 ? values[1] : 0;
            st->near = i >= 2 ? values[2] : 0;
            return true;
        }
        at += len + 1;
    }
    process_errorf(self, "bad wait specifications `%s' used\n", text);
    return false;
}

static bool take(struct process *self, struct traceroute *st, int option, const char *value)
{
    int64_t scaled;
    unsigned n;

    switch (option) {
    case 'F':
        st->dont_fragment = true;
        return true;
    case 'f':
        return number(self, st, 'f', value, 1, HOPS_MAX, &st->first_hop);
    case 'i':
        st->device = value;
        return true;
    case 'I':
        st->icmp = true;
        return true;
    case 'T':
        st->tcp = true;
        return true;
    case 'U':
        st->one_port = true;
        return true;
    case 'm':
        return number(self, st, 'm', value, 1, HOPS_MAX, &st->max_hops);
    case 'n':
        st->numeric = true;
        return true;
    case 'N':
        return number(self, st, 'N', value, 1, 1000, &st->at_once);
    case 'p':
        if (!number(self, st, 'p', value, 1, UINT16_MAX, &n))
            return false;
        st->port = (uint16_t)n;
        return true;
    case 'q':
        return number(self, st, 'q', value, 1, PROBES_MAX, &st->per_hop);
    case 's':
        if (ip4_parse(value, &st->source.addr) || resolver_literal6(self->os, value, &st->source))
            return true;
        process_errorf(self, "Cannot handle `-s' option with arg `%s' (argc %d)\n", value, 1);
        return false;
    case 't':
        if (!number(self, st, 't', value, 0, 255, &n))
            return false;
        st->tos = (int)n;
        return true;
    case 'w':
        return waits(self, st, value);
    case 'z':
        if (!text_scaled(value, strlen(value), 9, &scaled)) {
            process_errorf(self, "bad sendtime `%s' specified\n", value);
            return false;
        }
        st->send_wait =
            scaled >= 10 * INT64_C(1000000000) ? SIM_NSEC(scaled / 1000) : SIM_NSEC(scaled);
        return true;
    case '6':
        st->family = RESOLVER_IPV6;
        return true;
    default: /* '4' */
        st->family = RESOLVER_ANY;
        return true;
    }
}

static bool read_arguments(struct process *self, struct traceroute *st)
{
    struct options options = {
        .self = self, .shorts = "46Ff:i:Im:nN:p:q:s:t:TUw:z:", .refused = "deg:lrDO:M:P:SAV"
    };
    int option;

    st->first_hop = 1;
    st->max_hops = 30;
    st->per_hop = 3;
    st->at_once = 16;
    st->length = UINT32_MAX;
    st->tos = -1;
    st->family = RESOLVER_BOTH;
    st->wait_max = WAIT_DEFAULT;
    st->here = 3000;
    st->near = 10000;
    self->exit_status = 2;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED ||
            !take(self, st, option, options.value))
            return false;
    }
    if (st->first_hop > st->max_hops) {
        process_errorf(self, "first hop out of range\n");
        return false;
    }
    if (options.at == self->argc) {
        process_errorf(self, "Specify \"host\" missing argument.\n");
        return false;
    }
    st->host = self->argv[options.at];
    if (options.at + 1 < self->argc &&
        !number(self, st, 'l', self->argv[options.at + 1], 0, PACKET_MAX, &st->length))
        return false;
    if (st->port == 0)
        st->port = st->tcp ? PORT_TCP : st->one_port ? PORT_UDP : PORT_FIRST;
    if (st->tcp && st->length != UINT32_MAX) {
        process_errorf(self, "traceroute: a length with -T is not simulated by wirewalk\n");
        return false;
    }
    self->exit_status = 0;
    return true;
}

/* ---- sending ---- */

static unsigned ip_header(const struct traceroute *st)
{
    return st->to.v6 ? IPV6_HDR_LEN : IPV4_HDR_LEN;
}

static int open_socket(struct process *self, const struct traceroute *st, int type, int protocol)
{
    return sys_socket(self, st->to.v6 ? SIM_AF_INET6 : SIM_AF_INET, type, protocol);
}

static bool has_source(const struct traceroute *st)
{
    return st->source.v6 || st->source.addr != 0;
}

static bool fail(struct process *self, struct traceroute *st, const char *call, int64_t error)
{
    process_errorf(self, "\n%s: %s\n", call, sim_strerror((int)-error));
    self->exit_status = 1;
    st->failed = true;
    return false;
}

static bool tune(struct process *self, struct traceroute *st, int fd, unsigned ttl)
{
    if (st->to.v6) {
        traceroute6_tune(self, st, fd, ttl);
    } else {
        sys_setsockopt(self, fd, OPT_IP_MTU_DISCOVER, st->dont_fragment ? 3 : 0);
        sys_setsockopt(self, fd, OPT_IP_TTL, (int)ttl);
        if (st->tos >= 0)
            sys_setsockopt(self, fd, OPT_IP_TOS, st->tos);
    }
    if (st->device != NULL && sys_bind_device(self, fd, st->device) != 0)
        return fail(self, st, "setsockopt SO_BINDTODEVICE", -SIM_ENODEV);
    return true;
}

static bool send_udp(struct process *self, struct traceroute *st, struct probe *probe, unsigned ttl)
{
    size_t len = st->length - ip_header(st) - UDP_HDR_LEN;
    struct endpoint local, to = st->to;
    int64_t result;

    probe->fd = open_socket(self, st, SIM_SOCK_DGRAM, 0);
    if (probe->fd < 0)
        return fail(self, st, "socket", probe->fd);
    if (!tune(self, st, probe->fd, ttl))
        return false;
    if (has_source(st) && (result = sys_bind(self, probe->fd, st->source)) != 0)
        return fail(self, st, "bind", result);
    probe->port = (uint16_t)(st->port + (st->one_port ? 0
                                                      : (unsigned)(probe - st->probes) -
                                                            (st->first_hop - 1) * st->per_hop));
    to.port = probe->port;
    result = sys_connect(self, probe->fd, to);
    if (result != 0)
        return fail(self, st, "connect", result);
    sys_getsockname(self, probe->fd, &local);
    probe->id = local.port;
    result = sys_send(self, probe->fd, st->out, len, SOCK_MSG_DONTWAIT);
    return result >= 0 ? true : fail(self, st, "send", result);
}

static bool send_icmp(struct process *self, struct traceroute *st, struct probe *probe,
                      unsigned ttl)
{
    size_t len = st->length - ip_header(st);
    struct icmp_hdr hdr =
        icmp_make_echo(st->to.v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO_REQUEST, st->ident, ++st->seq);
    int64_t result;

    probe->id = st->seq;
    if (!tune(self, st, st->fd, ttl))
        return false;
    icmp_emit(&hdr, st->out, len);
    result = sys_sendto(self, st->fd, st->out, len, 0, st->to);
    return result >= 0 ? true : fail(self, st, "send", result);
}

static bool send_tcp(struct process *self, struct traceroute *st, struct probe *probe, unsigned ttl)
{
    int64_t result;

    if (!tune(self, st, st->tcp_fd, ttl))
        return false;
    result = traceroute_tcp_send(self, st, probe);
    return result >= 0 ? true : fail(self, st, "send", result);
}

/* How long to wait for @probe, given what others have seen. */
static sim_time time_out(const struct traceroute *st, unsigned at)
{
    unsigned hop = at - at % st->per_hop;
    sim_time value;

    for (unsigned i = hop; st->here != 0 && i < hop + st->per_hop; i++) {
        const struct probe *probe = &st->probes[i];

        if (probe->done && probe->replied_at != 0) {
            value = (probe->replied_at - probe->sent_at + WAIT_PRECISION) / 1000 * st->here;
            return value < st->wait_max ? value : st->wait_max;
        }
    }
    for (unsigned i = at + 1; st->near != 0 && i < st->n && st->probes[i].sent; i++) {
        const struct probe *probe = &st->probes[i];

        if (probe->done && probe->replied_at != 0) {
            value = (probe->replied_at - probe->sent_at + WAIT_PRECISION) / 1000 * st->near;
            return value < st->wait_max ? value : st->wait_max;
        }
    }
    return st->wait_max;
}

static void probe_done(struct process *self, struct traceroute *st, struct probe *probe)
{
    probe->done = true;
    if (!st->icmp && probe->fd >= 0)
        sys_close(self, probe->fd);
    probe->fd = -1;
}

/* ---- receiving ---- */

static void set_mark(struct probe *probe, const struct icmp_hdr *hdr)
{
    static const char *const marks[] = { "!N", "!H", "!P", "",   NULL, "!S", "!N", "!H",
                                         "!N", "!X", "!X", "!N", "!H", "!X", "!V", "!C" };

    probe->final = hdr->type == ICMP_DEST_UNREACH;
    if (hdr->type == ICMP_TIME_EXCEEDED && hdr->code == ICMP_TIME_TTL)
        return;
    if (hdr->type != ICMP_DEST_UNREACH)
        snprintf(probe->mark, sizeof probe->mark, "!<%u-%u>", hdr->type, hdr->code);
    else if (hdr->code == ICMP_UNREACH_FRAG_NEEDED)
        snprintf(probe->mark, sizeof probe->mark, "!F-%u", icmp_mtu(hdr));
    else if (hdr->code < sizeof marks / sizeof *marks)
        snprintf(probe->mark, sizeof probe->mark, "%s", marks[hdr->code]);
    else
        snprintf(probe->mark, sizeof probe->mark, "!<%u>", hdr->code);
}

/* The probe that a packet quoted in an error was, or NULL. */
static struct probe *quoted_probe(struct traceroute *st, const uint8_t *quote, size_t len)
{
    struct ipv4_hdr ip;

    if (ipv4_quote_parse(quote, len, &ip) != DROP_NONE || len < (size_t)ip.hdr_len + 8 ||
        ip.dst != st->to.addr ||
        ip.protocol != (st->icmp  ? IP_PROTO_ICMP
                        : st->tcp ? IP_PROTO_TCP
                                  : IP_PROTO_UDP))
        return NULL;
    quote += ip.hdr_len;
    if (st->icmp && (quote[0] != ICMP_ECHO_REQUEST || be16_get(quote + 4) != st->ident))
        return NULL;
    for (unsigned i = 0; i < st->n; i++) {
        struct probe *probe = &st->probes[i];

        if (!probe->sent || probe->done)
            continue;
        if (st->icmp ? probe->id == be16_get(quote + 6)
                     : probe->id == be16_get(quote) && probe->port == be16_get(quote + 2))
            return probe;
    }
    return NULL;
}

/* The probe that the ICMP message in st->in answers, with its mark set; or NULL. */
static struct probe *answered_probe(struct traceroute *st, size_t len)
{
    struct probe *probe = NULL;
    struct icmp_hdr hdr;
    struct ipv4_hdr ip;

    if (ipv4_quote_parse(st->in, len, &ip) != DROP_NONE ||
        icmp_parse(st->in + ip.hdr_len, len - ip.hdr_len, &hdr) != DROP_NONE)
        return NULL;
    if (hdr.type == ICMP_ECHO_REPLY && st->icmp && icmp_echo_id(&hdr) == st->ident &&
        ip.src == st->to.addr) {
        for (unsigned i = 0; i < st->n && probe == NULL; i++)
            if (st->probes[i].sent && !st->probes[i].done &&
                st->probes[i].id == icmp_echo_seq(&hdr))
                probe = &st->probes[i];
        if (probe != NULL)
            probe->final = true;
    } else if (icmp_is_error(hdr.type) && hdr.type != ICMP_REDIRECT &&
               hdr.type != ICMP_SOURCE_QUENCH) {
        probe =
            quoted_probe(st, st->in + ip.hdr_len + ICMP_HDR_LEN, len - ip.hdr_len - ICMP_HDR_LEN);
        if (probe != NULL)
            set_mark(probe, &hdr);
    }
    return probe;
}

static void take_packet(struct process *self, struct traceroute *st, int fd, size_t len,
                        const struct sock_recv *message)
{
    struct probe *probe = fd == st->tcp_fd ? traceroute_tcp_probe(st, len)
                          : st->to.v6      ? traceroute6_probe(st, len, message->from)
                                           : answered_probe(st, len);

    if (probe == NULL)
        return;
    probe->from = message->from;
    probe->replied_at = message->at;
    probe_done(self, st, probe);
}

static void receive_all(struct process *self, struct traceroute *st, int fd)
{
    while (fd >= 0) {
        struct sock_recv message = { .octets = st->in,
                                     .size = sizeof st->in,
                                     .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(self, fd, &message);

        if (n < 0)
            return;
        take_packet(self, st, fd, (size_t)n, &message);
    }
}

/* ---- printing ---- */

static bool same_address(struct endpoint a, struct endpoint b)
{
    return a.v6 ? ip6_eq(a.addr6, b.addr6) : a.addr == b.addr;
}

static const char *address_text(struct endpoint e, char text[static IP6_TEXT_MAX])
{
    return e.v6 ? ip6_format(e.addr6, text) : ip4_format(e.addr, text);
}

/* A new address on its line is printed; the same as before is not. */
static bool shows_address(const struct traceroute *st, unsigned at)
{
    for (unsigned i = at; i % st->per_hop != 0;) {
        i--;
        if (st->probes[i].replied_at != 0)
            return !same_address(st->probes[i].from, st->probes[at].from);
    }
    return true;
}

static enum co_status print_probe(struct process *self, struct traceroute *st)
{
    const struct probe *probe = &st->probes[st->start];
    char text[IP6_TEXT_MAX];

    CO_BEGIN(&st->print_co);
    if (st->start % st->per_hop == 0)
        process_printf(self, "\n%2u ", st->start / st->per_hop + 1);
    if (probe->replied_at == 0) {
        process_printf(self, " *");
        CO_RETURN(&st->print_co);
    }
    if (shows_address(st, st->start)) {
        st->names.name[0] = '\0';
        if (!st->numeric)
            CO_RUN(&st->print_co, names_reverse_any(&st->names, self, probe->from));
        address_text(probe->from, text);
        if (st->numeric)
            process_printf(self, " %s", text);
        else
            process_printf(self, " %s (%s)", st->names.name[0] != '\0' ? st->names.name : text,
                           text);
    }
    process_printf(self, "  %.3f ms",
                   (double)(probe->replied_at - probe->sent_at) / (double)SIM_MSEC(1));
    if (probe->mark[0] != '\0')
        process_printf(self, " %s", probe->mark);
    CO_END(&st->print_co);
}

/* ---- the loop ---- */

/* The probe at st->at: given up when its time is over. Sets st->next to the earliest moment
 * something happens. */
static void look_at(struct process *self, struct traceroute *st)
{
    struct probe *probe = &st->probes[st->at];
    sim_time expires;

    if (probe->done || !probe->sent)
        return;
    expires = probe->sent_at + time_out(st, st->at);
    if (expires <= process_now(self))
        probe_done(self, st, probe);
    else if (expires < st->next)
        st->next = expires;
}

static bool send_probe(struct process *self, struct traceroute *st)
{
    struct probe *probe = &st->probes[st->at];
    unsigned ttl = st->at / st->per_hop + 1;

    probe->sent = true;
    probe->sent_at = st->last_send = process_now(self);
    return st->icmp  ? send_icmp(self, st, probe, ttl)
           : st->tcp ? send_tcp(self, st, probe, ttl)
                     : send_udp(self, st, probe, ttl);
}

static int wait_for_packet(struct process *self, struct traceroute *st)
{
    struct sys_pollfd poll[] = { { .fd = st->fd, .events = SOCK_POLLIN },
                                 { .fd = st->tcp_fd, .events = SOCK_POLLIN } };
    sim_time now = process_now(self);

    return sys_poll(self, poll, 2, st->next > now ? st->next - now : 0);
}

static void prepare(struct process *self, struct traceroute *st)
{
    unsigned header = ip_header(st) + UDP_HDR_LEN; /* an echo request's is as long */
    char text[IP6_TEXT_MAX];

    if (st->length == UINT32_MAX)
        st->length = ip_header(st) + DATA_DEFAULT;
    if (st->length < header)
        st->length = header;
    st->n = st->max_hops * st->per_hop;
    st->probes = mem_zalloc(st->n * sizeof *st->probes);
    for (unsigned i = 0; i < st->n; i++)
        st->probes[i].fd = -1;
    st->out = mem_alloc(st->length);
    for (unsigned i = 0; i < st->length; i++)
        st->out[i] = (uint8_t)(0x40 + (i & 0x3f));
    if (st->icmp) /* the pattern begins behind the header */
        for (unsigned i = 0; i + ICMP_HDR_LEN < st->length; i++)
            st->out[ICMP_HDR_LEN + i] = (uint8_t)(0x40 + (i & 0x3f));
    st->ident = (uint16_t)sys_random(self);
    st->start = (st->first_hop - 1) * st->per_hop;
    st->end = st->n;
    st->last_send = -WAIT_DEFAULT;
    process_printf(self, "traceroute to %s (%s), %u hops max, %u byte packets", st->host,
                   address_text(st->to, text), st->max_hops, st->length);
}

static enum co_status traceroute_main(struct process *self, void *state)
{
    struct traceroute *st = state;

    CO_BEGIN(&st->co);
    if (!read_arguments(self, st))
        CO_RETURN(&st->co);
    CO_RUN(&st->co, names_lookup_any(&st->names, self, st->host, st->family));
    if (st->names.error != NULL) {
        process_errorf(self,
                       "%s: %s\nCannot handle \"host\" cmdline arg `%s' on position 1 (argc %d)\n",
                       st->host, st->names.error, st->host, self->argc - 1);
        self->exit_status = 2;
        CO_RETURN(&st->co);
    }
    st->to = st->names.to; /* of a name with both, the IPv4 address */
    if (st->names.resolver.n_addrs > 0)
        st->to = (struct endpoint){ .addr = st->names.addr };
    if (st->tcp && st->to.v6) {
        process_errorf(self, "traceroute: option -T with IPv6 is not simulated by wirewalk\n");
        self->exit_status = 2;
        CO_RETURN(&st->co);
    }
    prepare(self, st);
    st->tcp_fd = -1;
    if (st->tcp && (st->ready = traceroute_tcp_open(self, st)) != 0) {
        fail(self, st, "connect", st->ready);
        CO_RETURN(&st->co);
    }
    st->fd = open_socket(self, st, SIM_SOCK_RAW, st->to.v6 ? IP6_NEXT_ICMP : IP_PROTO_ICMP);
    if (has_source(st) && sys_bind(self, st->fd, st->source) != 0) {
        fail(self, st, "bind", -SIM_EADDRNOTAVAIL);
        CO_RETURN(&st->co);
    }
    while (st->start < st->end) {
        st->next = SIM_TIME_NONE;
        st->num = 0;
        st->probed_now = false;
        for (st->at = st->start; st->at < st->end && st->num < st->at_once; st->at++) {
            look_at(self, st);
            if (st->probes[st->at].done) {
                if (st->at == st->start) {
                    CO_RUN(&st->co, print_probe(self, st));
                    st->start++;
                }
                if (st->probes[st->at].final)
                    st->end = (st->at / st->per_hop + 1) * st->per_hop;
                continue;
            }
            if (!st->probes[st->at].sent) {
                if (process_now(self) - st->last_send < st->send_wait) {
                    if (st->last_send + st->send_wait < st->next)
                        st->next = st->last_send + st->send_wait;
                    break;
                }
                if (st->probed_now)
                    CO_CALL(&st->co, st->ready, sys_sleep(self, PROBE_TIME));
                if (!send_probe(self, st))
                    CO_RETURN(&st->co);
                st->probed_now = true;
                look_at(self, st);
            }
            st->num++;
        }
        if (st->start < st->end && st->next != SIM_TIME_NONE) {
            CO_CALL(&st->co, st->ready, wait_for_packet(self, st));
            receive_all(self, st, st->fd);
            receive_all(self, st, st->tcp_fd);
        }
    }
    process_printf(self, "\n");
    CO_END(&st->co);
}

static void traceroute_cleanup(struct process *self, void *state)
{
    struct traceroute *st = state;

    (void)self;
    names_close(&st->names);
    free(st->probes);
    free(st->out);
}

const struct program traceroute_program = { .name = "traceroute",
                                            .state_size = sizeof(struct traceroute),
                                            .main = traceroute_main,
                                            .cleanup = traceroute_cleanup };
