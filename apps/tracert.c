/*
 * tracert as on Windows: ICMP echo requests of 64 octets with growing TTL, three per hop, one after
 * the other, four seconds each. Options -d, -h, -w.
 */
#include <string.h>

#include "apps/names.h"
#include "apps/programs.h"
#include "base/be.h"
#include "base/text.h"
#include "stack/socket/syscall.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/ipv4_wire.h"

#define PROBES   3
#define DATA_LEN 64
#define HOPS_MAX 255

enum outcome { NOTHING, PASSED_ON, ARRIVED, REFUSED };

struct tracert {
    struct coroutine co;
    struct names names;
    const char *host;
    ip4_addr to, from;
    bool by_address; /* -d */
    unsigned max_hops, hop, probe, answered;
    sim_time wait, sent_at, until, replied_at;
    uint16_t ident, seq;
    int fd, ready;
    bool waiting;
    enum outcome outcome, hop_outcome;
    uint8_t code;
};

static bool number(struct process *self, int at, char option, uint64_t max, uint64_t *value)
{
    if (at < self->argc && text_u64(self->argv[at], max, value) && *value > 0)
        return true;
    if (at < self->argc)
        process_printf(self, "Bad value for option -%c.\n", option);
    else
        process_printf(self, "A value must be supplied for option -%c.\n", option);
    return false;
}

static bool read_arguments(struct process *self, struct tracert *st)
{
    uint64_t n;

    st->max_hops = 30;
    st->wait = SIM_SEC(4);
    for (int i = 1; i < self->argc; i++) {
        const char *word = self->argv[i];

        if (word[0] != '-' && word[0] != '/') {
            st->host = word;
        } else if (strcmp(word + 1, "d") == 0) {
            st->by_address = true;
        } else if (strcmp(word + 1, "h") == 0) {
            if (!number(self, ++i, 'h', HOPS_MAX, &n))
                return false;
            st->max_hops = (unsigned)n;
        } else if (strcmp(word + 1, "w") == 0) {
            if (!number(self, ++i, 'w', UINT32_MAX, &n))
                return false;
            st->wait = SIM_MSEC(n);
        } else if (strlen(word) == 2 && strchr("jRS46", word[1]) != NULL) {
            process_printf(self, "tracert: option %s is not simulated by wirewalk\n", word);
            self->exit_status = 2;
            return false;
        } else {
            process_printf(self, "%s is not a valid command option.\n", word);
            return false;
        }
    }
    if (st->host == NULL)
        process_printf(self, "\nUsage: tracert [-d] [-h maximum_hops] [-w timeout] target_name\n");
    return st->host != NULL;
}

/* False: it cannot leave, for want of a route say. */
static bool send_probe(struct process *self, struct tracert *st)
{
    uint8_t octets[ICMP_HDR_LEN + DATA_LEN] = { 0 };
    struct icmp_hdr hdr = icmp_make_echo(ICMP_ECHO_REQUEST, st->ident, ++st->seq);

    icmp_emit(&hdr, octets, sizeof octets);
    sys_setsockopt(self, st->fd, OPT_IP_TTL, (int)st->hop);
    st->sent_at = process_now(self);
    st->until = st->sent_at + st->wait;
    st->outcome = NOTHING;
    return sys_sendto(self, st->fd, octets, sizeof octets, 0, (struct endpoint){ st->to, 0 }) >= 0;
}

static void take_packet(struct tracert *st, const uint8_t *octets, size_t len, sim_time at)
{
    struct icmp_hdr hdr;
    struct ipv4_hdr ip, quoted;
    const uint8_t *quote;

    if (ipv4_quote_parse(octets, len, &ip) != DROP_NONE ||
        icmp_parse(octets + ip.hdr_len, len - ip.hdr_len, &hdr) != DROP_NONE)
        return;
    if (hdr.type == ICMP_ECHO_REPLY && icmp_echo_id(&hdr) == st->ident &&
        icmp_echo_seq(&hdr) == st->seq) {
        st->outcome = ARRIVED;
    } else if (hdr.type == ICMP_TIME_EXCEEDED || hdr.type == ICMP_DEST_UNREACH) {
        quote = octets + ip.hdr_len + ICMP_HDR_LEN;
        len -= (size_t)ip.hdr_len + ICMP_HDR_LEN;
        if (ipv4_quote_parse(quote, len, &quoted) != DROP_NONE ||
            len < (size_t)quoted.hdr_len + ICMP_HDR_LEN ||
            be16_get(quote + quoted.hdr_len + 4) != st->ident ||
            be16_get(quote + quoted.hdr_len + 6) != st->seq)
            return;
        st->outcome = hdr.type == ICMP_TIME_EXCEEDED ? PASSED_ON : REFUSED;
        st->code = hdr.code;
    } else {
        return;
    }
    st->from = ip.src;
    st->replied_at = at;
}

static int wait_for_packet(struct process *self, struct tracert *st)
{
    struct sys_pollfd poll = { .fd = st->fd, .events = SOCK_POLLIN };
    sim_time now = process_now(self);

    return sys_poll(self, &poll, 1, st->until > now ? st->until - now : 0);
}

static void receive_all(struct process *self, struct tracert *st)
{
    uint8_t octets[1500];

    while (st->outcome == NOTHING) {
        struct sock_recv message = { .octets = octets,
                                     .size = sizeof octets,
                                     .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(self, st->fd, &message);

        if (n < 0)
            return;
        take_packet(st, octets, (size_t)n, message.at);
    }
}

static void print_probe(struct process *self, struct tracert *st)
{
    long long ms = (long long)((st->replied_at - st->sent_at) / SIM_MSEC(1));

    if (st->outcome == NOTHING)
        process_printf(self, "    *    ");
    else if (ms < 1)
        process_printf(self, "   <1 ms ");
    else
        process_printf(self, "%5lld ms ", ms);
    if (st->outcome != NOTHING) {
        st->answered++;
        st->hop_outcome = st->outcome;
    }
}

static void print_hop_end(struct process *self, struct tracert *st)
{
    char text[IP4_TEXT_MAX];

    if (st->answered == 0) {
        process_printf(self, " Request timed out.\n");
        return;
    }
    ip4_format(st->from, text);
    if (st->names.name[0] != '\0')
        process_printf(self, " %s [%s] ", st->names.name, text);
    else
        process_printf(self, " %s ", text);
    if (st->hop_outcome == REFUSED)
        process_printf(self, " reports: Destination %s unreachable.",
                       st->code == ICMP_UNREACH_NET    ? "net"
                       : st->code == ICMP_UNREACH_PORT ? "port"
                                                       : "host");
    process_printf(self, "\n");
}

static void print_header(struct process *self, struct tracert *st)
{
    char text[IP4_TEXT_MAX];
    ip4_addr addr;

    if (ip4_parse(st->host, &addr))
        process_printf(self, "\nTracing route to %s over a maximum of %u hops\n\n", st->host,
                       st->max_hops);
    else
        process_printf(self, "\nTracing route to %s [%s]\nover a maximum of %u hops:\n\n",
                       st->names.name, ip4_format(st->to, text), st->max_hops);
}

static enum co_status tracert_main(struct process *self, void *state)
{
    struct tracert *st = state;

    CO_BEGIN(&st->co);
    if (!read_arguments(self, st)) {
        self->exit_status = self->exit_status == 0 ? 1 : self->exit_status;
        CO_RETURN(&st->co);
    }
    CO_RUN(&st->co, names_lookup(&st->names, self, st->host));
    if (st->names.error != NULL) {
        process_printf(self, "Unable to resolve target system name %s.\n", st->host);
        self->exit_status = 1;
        CO_RETURN(&st->co);
    }
    st->to = st->names.addr;
    st->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_RAW, IP_PROTO_ICMP);
    sys_setsockopt(self, st->fd, OPT_IP_MTU_DISCOVER, 0);
    st->ident = (uint16_t)sys_random(self);
    print_header(self, st);
    for (st->hop = 1;
         st->hop <= st->max_hops && st->hop_outcome != ARRIVED && st->hop_outcome != REFUSED;
         st->hop++) {
        process_printf(self, "%3u ", st->hop);
        st->answered = 0;
        st->hop_outcome = NOTHING;
        for (st->probe = 0; st->probe < PROBES; st->probe++) {
            if (!send_probe(self, st)) {
                process_printf(self, " General failure.\n\nTrace complete.\n");
                CO_RETURN(&st->co);
            }
            for (st->waiting = true; st->waiting;) {
                CO_CALL(&st->co, st->ready, wait_for_packet(self, st));
                receive_all(self, st);
                st->waiting = st->outcome == NOTHING && process_now(self) < st->until;
            }
            print_probe(self, st);
        }
        st->names.name[0] = '\0';
        if (st->answered > 0 && !st->by_address)
            CO_RUN(&st->co, names_reverse(&st->names, self, st->from));
        print_hop_end(self, st);
    }
    process_printf(self, "\nTrace complete.\n");
    CO_END(&st->co);
}

static void tracert_cleanup(struct process *self, void *state)
{
    (void)self;
    names_close(&((struct tracert *)state)->names);
}

const struct program tracert_program = { .name = "tracert",
                                         .state_size = sizeof(struct tracert),
                                         .main = tracert_main,
                                         .cleanup = tracert_cleanup };
