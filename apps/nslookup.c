/* nslookup of BIND 9.18, not interactive: nslookup [-type=TYPE] NAME [SERVER]. Names get the search
 * list of resolv.conf. */
#include <stdio.h>
#include <string.h>

#include "apps/dns_ask.h"
#include "apps/dns_print.h"
#include "apps/dns_names.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/services/dns_records.h"
#include "stack/services/resolver.h"

struct nslookup {
    struct coroutine co;
    struct dns_ask ask;
    struct resolver resolver;
    struct dns_names names;
    const char *server;
    uint16_t types[2];
    unsigned n_types, at;
    char asked[DNS_TEXT_MAX];
    char target[DNS_TEXT_MAX]; /* where the CNAMEs of the first answer led; "": there were none */
    bool typed;                /* a type was asked for */
    bool banner, header, found;
    unsigned rcode;
};

/* What is said of servers is said of addresses, and of whatever a type was named for. */
static bool is_told_of(const struct nslookup *st)
{
    return st->typed || st->ask.type == DNS_TYPE_A;
}

static void print_banner(struct process *self, struct nslookup *st)
{
    char addr[IP6_TEXT_MAX];

    if (st->banner || !is_told_of(st))
        return;
    st->banner = true;
    dns_ask_server_text(&st->ask, addr);
    process_printf(self, "Server:\t\t%s\nAddress:\t%s#%u\n\n",
                   st->server != NULL ? st->server : addr, addr, st->ask.port);
}

static void print_rr(struct process *self, const struct dns_rr *rr)
{
    struct strbuf data = STRBUF_INIT;
    char name[DNS_TEXT_MAX];
    struct dns_soa soa;

    dns_names_strip(name, rr->name);
    dns_print_rdata(&data, rr);
    switch (rr->type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        process_printf(self, "Name:\t%s\nAddress: %s\n", name, strbuf_text(&data));
        break;
    case DNS_TYPE_SOA:
        if (dns_rdata_soa(rr, &soa)) {
            char origin[DNS_TEXT_MAX], mail[DNS_TEXT_MAX];

            dns_names_strip(origin, soa.mname);
            dns_names_strip(mail, soa.rname);
            process_printf(
                self,
                "%s\n\torigin = %s\n\tmail addr = %s\n\tserial = %u\n\trefresh = %u\n\tretry = %u\n"
                "\texpire = %u\n\tminimum = %u\n",
                name, origin, mail, soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum);
        }
        break;
    default:
        process_printf(self, "%s\t%s = %s\n", name,
                       rr->type == DNS_TYPE_CNAME ? "canonical name"
                       : rr->type == DNS_TYPE_NS  ? "nameserver"
                       : rr->type == DNS_TYPE_MX  ? "mail exchanger"
                       : rr->type == DNS_TYPE_PTR ? "name"
                       : rr->type == DNS_TYPE_TXT ? "text"
                                                  : "service",
                       strbuf_text(&data));
        break;
    }
    strbuf_fini(&data);
}

static void print_additional(struct process *self, const struct dns_rr *rr)
{
    struct strbuf data = STRBUF_INIT;
    char name[DNS_TEXT_MAX];

    dns_names_strip(name, rr->name);
    dns_print_rdata(&data, rr);
    process_printf(self, "%s\t%s%s\n", name,
                   rr->type == DNS_TYPE_A ? "internet address = " : "has AAAA address ",
                   strbuf_text(&data));
    strbuf_fini(&data);
}

static void say_who_is_authoritative(struct process *self, struct nslookup *st,
                                     const struct dns_hdr *hdr)
{
    if (hdr->aa || st->header || hdr->rcode != DNS_NOERROR || !is_told_of(st))
        return;
    process_printf(self, "Non-authoritative answer:\n");
    st->header = true;
}

/* Behind an answer from a cache: where it comes from, as far as the server said so. */
static void print_authority(struct process *self, const struct nslookup *st,
                            const struct dns_hdr *hdr)
{
    struct dns_reader reader;
    struct dns_hdr again;
    struct dns_rr rr;

    if (hdr->aa || hdr->rcode != DNS_NOERROR || st->ask.type == DNS_TYPE_A ||
        st->ask.type == DNS_TYPE_AAAA)
        return;
    process_printf(self, "\nAuthoritative answers can be found from:\n");
    if (dns_parse_header(st->ask.octets, st->ask.len, &again, &reader) != DROP_NONE)
        return;
    while (dns_next_rr(&reader, &rr)) {
        if (rr.section == DNS_ADDITIONAL && (rr.type == DNS_TYPE_A || rr.type == DNS_TYPE_AAAA))
            print_additional(self, &rr);
        else if (rr.section == DNS_AUTHORITY)
            print_rr(self, &rr);
    }
}

/* The answer section; a CNAME that was told with the first type is not told again. */
static void print_answer(struct process *self, struct nslookup *st)
{
    struct dns_hdr hdr;
    struct dns_reader reader;
    struct dns_rr rr;
    bool any = false;

    print_banner(self, st);
    if (dns_parse_header(st->ask.octets, st->ask.len, &hdr, &reader) != DROP_NONE)
        return;
    st->rcode = hdr.rcode;
    say_who_is_authoritative(self, st, &hdr);
    while (dns_next_rr(&reader, &rr)) {
        if (rr.section != DNS_ANSWER || (st->at > 0 && rr.type == DNS_TYPE_CNAME))
            continue;
        if (rr.type == DNS_TYPE_CNAME)
            (void)dns_rdata_name(&rr, st->target);
        any = true;
        print_rr(self, &rr);
    }
    st->found = st->found || any;
    if (!any && hdr.rcode == DNS_NOERROR && st->at + 1 == st->n_types && !st->found)
        process_printf(self, "*** Can't find %s: No answer\n", st->names.given);
    print_authority(self, st, &hdr);
}

static bool read_arguments(struct process *self, struct nslookup *st)
{
    const char *name = NULL;
    int type;

    st->types[0] = DNS_TYPE_A;
    st->types[1] = DNS_TYPE_AAAA;
    st->n_types = 2;
    for (int i = 1; i < self->argc; i++) {
        const char *word = self->argv[i], *equals = strchr(word, '=');

        if (word[0] != '-') {
            if (name == NULL)
                name = word;
            else
                st->server = word;
            continue;
        }
        if (equals == NULL || !(text_starts(word, "-type=") || text_starts(word, "-querytype=") ||
                                text_starts(word, "-q="))) {
            process_errorf(self, "nslookup: option %s is not simulated by wirewalk\n", word);
            self->exit_status = 2;
            return false;
        }
        type = dns_type_parse(equals + 1);
        if (type < 0) {
            process_printf(self, "unknown query type: %s\n", equals + 1);
            continue;
        }
        st->types[0] = (uint16_t)type;
        st->n_types = 1;
        st->typed = true;
    }
    if (name == NULL) {
        process_errorf(self, "nslookup: interactive mode is not simulated by wirewalk\n");
        self->exit_status = 2;
        return false;
    }
    if (dns_names_init(&st->names, self->os, name)) {
        st->types[0] = DNS_TYPE_PTR;
        st->n_types = 1;
    }
    return true;
}

/* A name that does not exist with this search domain may exist with the next. */
static bool candidate_failed(const struct nslookup *st)
{
    return st->ask.answered && st->rcode == DNS_NXDOMAIN && st->names.at + 1 < st->names.n;
}

static void peek_rcode(struct nslookup *st)
{
    struct dns_hdr hdr;
    struct dns_reader reader;

    st->rcode = DNS_NOERROR;
    if (st->ask.answered &&
        dns_parse_header(st->ask.octets, st->ask.len, &hdr, &reader) == DROP_NONE)
        st->rcode = hdr.rcode;
}

static void settle(struct process *self, struct nslookup *st)
{
    if (!st->ask.answered) {
        process_printf(self, ";; no servers could be reached\n\n");
        self->exit_status = 1;
        return;
    }
    if (st->rcode != DNS_NOERROR && !st->found) {
        process_printf(self, "** server can't find %s: %s\n", st->asked, dns_rcode_name(st->rcode));
        self->exit_status = 1;
    }
    process_printf(self, "\n");
}

static void begin(struct nslookup *st)
{
    snprintf(st->ask.name, sizeof st->ask.name, "%s",
             st->target[0] != '\0' ? st->target : dns_names_text(&st->names, st->asked));
    st->ask.type = st->types[st->at];
    st->ask.tcp = false;
}

static enum co_status nslookup_main(struct process *self, void *state)
{
    struct nslookup *st = state;

    CO_BEGIN(&st->co);
    dns_ask_init(&st->ask, self);
    if (!read_arguments(self, st))
        CO_RETURN(&st->co);
    if (st->server != NULL) {
        resolver_init(&st->resolver, self, st->server,
                      strchr(st->server, ':') != NULL ? RESOLVER_IPV6 : RESOLVER_IPV4);
        CO_RUN(&st->co, resolver_run(&st->resolver));
        if (st->resolver.error != 0) {
            process_errorf(self, "nslookup: couldn't get address for '%s': not found\n",
                           st->server);
            self->exit_status = 1;
            CO_RETURN(&st->co);
        }
        dns_ask_set_server(&st->ask, &st->resolver);
    }
    for (st->at = 0; st->at < st->n_types; st->at++) {
        do {
            begin(st);
            CO_RUN(&st->co, dns_ask_run(&st->ask));
            peek_rcode(st);
        } while (candidate_failed(st) && ++st->names.at > 0);
        if (!st->ask.answered)
            break;
        print_answer(self, st);
        if (st->rcode != DNS_NOERROR)
            break;
    }
    settle(self, st);
    CO_END(&st->co);
}

static void nslookup_cleanup(struct process *self, void *state)
{
    struct nslookup *st = state;

    (void)self;
    dns_ask_fini(&st->ask);
}

const struct program nslookup_program = {
    .name = "nslookup",
    .state_size = sizeof(struct nslookup),
    .main = nslookup_main,
    .cleanup = nslookup_cleanup,
};
