/* host of BIND 9.18: host [-t TYPE] [-W SECONDS] [-R TRIES] [-T] [-r] NAME [SERVER]. */
#include <stdio.h>
#include <string.h>

#include "apps/dns_ask.h"
#include "apps/dns_names.h"
#include "apps/dns_print.h"
#include "apps/options.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/services/dns_records.h"
#include "stack/services/resolver.h"

struct host {
    struct coroutine co;
    struct dns_ask ask;
    struct resolver resolver;
    struct dns_names names;
    const char *server;
    uint16_t types[3];
    unsigned n_types, at;
    char chased[DNS_TEXT_MAX]; /* where its CNAMEs led */
    char asked[DNS_TEXT_MAX];
    bool tcp, banner;
    unsigned rcode;
};

static void print_banner(struct process *self, struct host *st)
{
    char addr[IP6_TEXT_MAX];

    if (st->banner || st->server == NULL)
        return;
    st->banner = true;
    process_printf(self, "Using domain server:\nName: %s\nAddress: %s#%u\nAliases: \n\n",
                   st->server, dns_ask_server_text(&st->ask, addr), st->ask.port);
}

static void print_rr(struct process *self, const struct dns_rr *rr)
{
    static const struct {
        uint16_t type;
        const char *text;
    } texts[] = {
        { DNS_TYPE_A, "has address" },           { DNS_TYPE_NS, "name server" },
        { DNS_TYPE_CNAME, "is an alias for" },   { DNS_TYPE_SOA, "has SOA record" },
        { DNS_TYPE_PTR, "domain name pointer" }, { DNS_TYPE_MX, "mail is handled by" },
        { DNS_TYPE_TXT, "descriptive text" },    { DNS_TYPE_AAAA, "has IPv6 address" },
        { DNS_TYPE_SRV, "has SRV record" },
    };
    struct strbuf data = STRBUF_INIT;
    char name[DNS_TEXT_MAX], type[DNS_TYPE_NAME_MAX];
    const char *text = NULL;

    dns_names_strip(name, rr->name);
    dns_print_rdata(&data, rr);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].type == rr->type)
            text = texts[i].text;
    if (text != NULL)
        process_printf(self, "%s %s %s\n", name, text, strbuf_text(&data));
    else
        process_printf(self, "%s has %s record %s\n", name, dns_type_name(rr->type, type),
                       strbuf_text(&data));
    strbuf_fini(&data);
}

static void print_answer(struct process *self, struct host *st)
{
    struct dns_hdr hdr;
    struct dns_reader reader;
    struct dns_rr rr;
    char name[DNS_TEXT_MAX], type[DNS_TYPE_NAME_MAX];
    bool any = false;

    print_banner(self, st);
    dns_names_strip(name, st->asked);
    if (dns_parse_header(st->ask.octets, st->ask.len, &hdr, &reader) != DROP_NONE)
        return;
    if (hdr.rcode != DNS_NOERROR) {
        process_printf(self, "Host %s not found: %u(%s)\n", name, hdr.rcode,
                       dns_rcode_name(hdr.rcode));
        self->exit_status = 1;
        return;
    }
    while (dns_next_rr(&reader, &rr)) {
        if (rr.section != DNS_ANSWER || (st->at > 0 && rr.type == DNS_TYPE_CNAME))
            continue;
        any = true;
        print_rr(self, &rr);
    }
    if (!any && st->n_types == 1)
        process_printf(self, "%s has no %s record\n", name, dns_type_name(st->types[0], type));
}

/* Where CNAMEs lead from the name asked for: what is asked next is about that, chase_cnamechain().
 */
static void follow_chain(struct host *st)
{
    struct dns_hdr hdr;
    struct dns_reader reader;
    struct dns_rr rr;

    snprintf(st->chased, sizeof st->chased, "%s", st->asked);
    if (!st->ask.answered ||
        dns_parse_header(st->ask.octets, st->ask.len, &hdr, &reader) != DROP_NONE)
        return;
    while (dns_next_rr(&reader, &rr)) /* dnsmasq and BIND send them in order */
        if (rr.section == DNS_ANSWER && rr.type == DNS_TYPE_CNAME &&
            dns_name_eq(rr.name, st->chased))
            dns_rdata_name(&rr, st->chased);
}

static bool read_number(struct process *self, const char *text, unsigned *value)
{
    uint64_t number;

    if (!text_u64(text, 1000, &number)) {
        process_errorf(self, "host: invalid number '%s'\n", text);
        self->exit_status = 1;
        return false;
    }
    *value = number == 0 ? 1 : (unsigned)number;
    return true;
}

static bool read_option(struct process *self, struct host *st, int option, const char *value)
{
    int type;

    switch (option) {
    case 't':
        type = dns_type_parse(value);
        if (type < 0) {
            process_errorf(self, "host: invalid type: %s\n", value);
            self->exit_status = 1;
            return false;
        }
        st->types[0] = (uint16_t)type;
        st->n_types = 1;
        return true;
    case 'T':
        st->tcp = true;
        return true;
    case 'r':
        st->ask.rd = false;
        return true;
    case 'W':
        return read_number(self, value, &st->ask.timeout);
    case 'R':
        return read_number(self, value, &st->ask.tries);
    default: /* -4: there is nothing else; -a and others are refused */
        return true;
    }
}

static bool read_arguments(struct process *self, struct host *st)
{
    struct options options = { .self = self,
                               .shorts = "t:TrW:R:4",
                               .refused = "aCc:dilm:N:p:svVw6A" };
    bool type_given;
    int option;

    st->types[0] = DNS_TYPE_A;
    st->types[1] = DNS_TYPE_AAAA;
    st->types[2] = DNS_TYPE_MX;
    st->n_types = 3;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            self->exit_status = option == OPTIONS_REFUSED ? 2 : 1;
            return false;
        }
        if (!read_option(self, st, option, options.value))
            return false;
    }
    if (options.at == self->argc) {
        process_errorf(self, "Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n"
                             "            [-R number] [-m flag] [-p port] hostname [server]\n");
        self->exit_status = 1;
        return false;
    }
    type_given = st->n_types == 1;
    if (dns_names_init(&st->names, self->os, self->argv[options.at]) && !type_given) {
        st->types[0] = DNS_TYPE_PTR;
        st->n_types = 1;
    }
    st->server = self->argv[options.at + 1];
    return true;
}

static void begin(struct host *st)
{
    dns_names_text(&st->names, st->asked);
    snprintf(st->ask.name, sizeof st->ask.name, "%s", st->at > 0 ? st->chased : st->asked);
    st->ask.type = st->types[st->at];
    st->ask.tcp = st->tcp;
}

/* NXDOMAIN with this search domain: the next one is tried. */
static bool candidate_failed(struct host *st)
{
    struct dns_hdr hdr;
    struct dns_reader reader;

    st->rcode = DNS_NOERROR;
    if (st->ask.answered &&
        dns_parse_header(st->ask.octets, st->ask.len, &hdr, &reader) == DROP_NONE)
        st->rcode = hdr.rcode;
    return st->rcode == DNS_NXDOMAIN && st->names.at + 1 < st->names.n;
}

static enum co_status host_main(struct process *self, void *state)
{
    struct host *st = state;

    CO_BEGIN(&st->co);
    dns_ask_init(&st->ask, self);
    st->ask.tries = 2;
    if (!read_arguments(self, st))
        CO_RETURN(&st->co);
    if (st->server != NULL) {
        resolver_init(&st->resolver, self, st->server,
                      strchr(st->server, ':') != NULL ? RESOLVER_IPV6 : RESOLVER_IPV4);
        CO_RUN(&st->co, resolver_run(&st->resolver));
        if (st->resolver.error != 0) {
            process_errorf(self, "host: couldn't get address for '%s': not found\n", st->server);
            self->exit_status = 1;
            CO_RETURN(&st->co);
        }
        dns_ask_set_server(&st->ask, &st->resolver);
    }
    for (st->at = 0; st->at < st->n_types; st->at++) {
        do {
            begin(st);
            CO_RUN(&st->co, dns_ask_run(&st->ask));
        } while (candidate_failed(st) && ++st->names.at > 0);
        if (!st->ask.answered) {
            process_printf(self, ";; no servers could be reached\n");
            self->exit_status = 1;
            break;
        }
        print_answer(self, st);
        if (st->rcode != DNS_NOERROR)
            break;
        if (st->at == 0)
            follow_chain(st);
    }
    CO_END(&st->co);
}

static void host_cleanup(struct process *self, void *state)
{
    struct host *st = state;

    (void)self;
    dns_ask_fini(&st->ask);
}

const struct program host_program = {
    .name = "host",
    .state_size = sizeof(struct host),
    .main = host_main,
    .cleanup = host_cleanup,
};
