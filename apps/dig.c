/* dig of BIND 9.18. */
#include <stdio.h>
#include <string.h>

#include "apps/dns_ask.h"
#include "apps/dns_print.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/services/dns_records.h"
#include "stack/services/resolver.h"
#include "stack/services/wall_clock.h"

#define VERSION     "9.18.49-1~deb12u3-Debian"
#define LOOKUPS_MAX 8

struct lookup {
    char name[DNS_TEXT_MAX];
    uint16_t type, class;
    bool type_given;
};

struct dig {
    struct coroutine co;
    struct dns_ask ask;
    struct resolver resolver; /* of @SERVER given as a name */
    struct lookup lookups[LOOKUPS_MAX];
    unsigned n_lookups, at, family; /* 0: either, 4 or 6 */
    const char *server;
    char server_text[DNS_TEXT_MAX];
    bool cmd, comments, question, answer, authority, additional, stats, short_form, tcp, tcp_said;
    bool greeted;
};

static const char usage[] = "Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}\n"
                            "            {global-d-opt} host [@local-server] {local-d-opt}\n"
                            "            [ host [@local-server] {local-d-opt} [...]]\n\n"
                            "Use \"dig -h\" (or \"dig -h | more\") for complete list of options\n";

/* ---- printing ---- */

/* Once, before the first answer or failure. */
static void greet(struct process *self, struct dig *st)
{
    if (st->greeted || !st->cmd || st->short_form)
        return;
    st->greeted = true;
    process_printf(self, "\n; <<>> DiG %s <<>>", VERSION);
    for (int i = 1; i < self->argc; i++)
        process_printf(self, " %s", self->argv[i]);
    process_printf(self, "\n");
    if (st->server != NULL)
        process_printf(self, "; (1 server found)\n");
    process_printf(self, ";; global options: +cmd\n");
}

static void print_header(struct strbuf *out, const struct dns_hdr *hdr, unsigned rcode)
{
    strbuf_addf(out, ";; Got answer:\n;; ->>HEADER<<- opcode: %s, status: %s, id: %u\n;; flags:",
                hdr->opcode == DNS_OPCODE_QUERY ? "QUERY" : "RESERVED", dns_rcode_name(rcode),
                hdr->id);
    strbuf_addf(out, "%s%s%s%s%s%s%s", hdr->qr ? " qr" : "", hdr->aa ? " aa" : "",
                hdr->tc ? " tc" : "", hdr->rd ? " rd" : "", hdr->ra ? " ra" : "",
                hdr->ad ? " ad" : "", hdr->cd ? " cd" : "");
    strbuf_addf(out, "; QUERY: %u, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n", hdr->n_questions,
                hdr->n_rrs[DNS_ANSWER], hdr->n_rrs[DNS_AUTHORITY], hdr->n_rrs[DNS_ADDITIONAL]);
    if (hdr->rd && !hdr->ra)
        strbuf_adds(out, ";; WARNING: recursion requested but not available\n");
    strbuf_addc(out, '\n');
}

static void print_cookie(struct strbuf *out, const struct dns_ask *ask, const uint8_t *data,
                         uint16_t len)
{
    bool ours =
        len >= DNS_ASK_COOKIE_LEN && memcmp(data, ask->client_cookie, DNS_ASK_COOKIE_LEN) == 0;

    strbuf_adds(out, "; COOKIE: ");
    for (unsigned i = 0; i < len; i++)
        strbuf_addf(out, "%02x", data[i]);
    strbuf_addf(out, "%s\n",
                !ours                       ? " (bad)"
                : len == DNS_ASK_COOKIE_LEN ? " (echoed)"
                                            : " (good)");
}

static void print_opt(struct strbuf *out, const struct dns_ask *ask, const struct dns_rr *opt)
{
    const uint8_t *data;
    uint16_t code, len;
    size_t at = 0;

    strbuf_addf(out, ";; OPT PSEUDOSECTION:\n; EDNS: version: %u, flags:%s; udp: %u\n",
                dns_opt_version(opt), dns_opt_flags(opt) & DNS_OPT_DO ? " do" : "",
                dns_opt_udp_size(opt));
    while (dns_opt_next(opt, &at, &code, &data, &len)) {
        if (code == 10)
            print_cookie(out, ask, data, len);
        else
            strbuf_addf(out, "; OPT=%u:\n", code);
    }
}

/* The OPT record of the answer; false: there is none. */
static bool find_opt(const struct dns_ask *ask, struct dns_rr *rr)
{
    struct dns_hdr hdr;
    struct dns_reader reader;

    if (dns_parse_header(ask->octets, ask->len, &hdr, &reader) != DROP_NONE)
        return false;
    while (dns_next_rr(&reader, rr))
        if (rr->type == DNS_TYPE_OPT)
            return true;
    return false;
}

static void print_questions(struct strbuf *out, struct dns_reader *reader)
{
    struct dns_question question;

    strbuf_adds(out, ";; QUESTION SECTION:\n");
    while (dns_next_question(reader, &question))
        dns_print_question(out, question.name, question.type, question.class);
    strbuf_addc(out, '\n');
}

static bool shows(const struct dig *st, enum dns_section section)
{
    return section == DNS_ANSWER      ? st->answer
           : section == DNS_AUTHORITY ? st->authority
                                      : st->additional;
}

static void print_records(struct strbuf *out, const struct dig *st, struct dns_reader *reader)
{
    static const char *const titles[] = { "ANSWER", "AUTHORITY", "ADDITIONAL" };
    int section = -1;
    struct dns_rr rr;

    while (dns_next_rr(reader, &rr)) {
        if (rr.type == DNS_TYPE_OPT || !shows(st, rr.section))
            continue;
        if (st->comments && section != (int)rr.section)
            strbuf_addf(out, "%s;; %s SECTION:\n", section >= 0 ? "\n" : "", titles[rr.section]);
        section = (int)rr.section;
        dns_print_rr(out, &rr);
    }
    if (st->comments && section >= 0)
        strbuf_addc(out, '\n');
}

static void print_short(struct strbuf *out, struct dns_reader *reader)
{
    struct dns_rr rr;

    while (dns_next_rr(reader, &rr)) {
        struct strbuf data = STRBUF_INIT;

        if (rr.section != DNS_ANSWER)
            continue;
        dns_print_rdata(&data, &rr);
        strbuf_addf(out, "%s\n", strbuf_text(&data));
        strbuf_fini(&data);
    }
}

static void print_stats(struct strbuf *out, struct process *self, const struct dig *st)
{
    int64_t seconds = wall_seconds(process_now(self));
    struct wall_date d = wall_date(seconds);
    char addr[IP6_TEXT_MAX];

    dns_ask_server_text(&st->ask, addr);
    strbuf_addf(out, ";; Query time: %lld msec\n;; SERVER: %s#%u(%s) (%s)\n",
                (long long)(st->ask.took / SIM_MSEC(1)), addr, st->ask.port,
                st->server != NULL ? st->server : addr, st->ask.tcp ? "TCP" : "UDP");
    strbuf_addf(out, ";; WHEN: %s %s %02u %02u:%02u:%02u UTC %d\n;; MSG SIZE  rcvd: %zu\n\n",
                wall_weekday_name(d.weekday), wall_month_name(d.month), d.day, d.hour, d.minute,
                d.second, d.year, st->ask.len);
}

static void print_answer(struct process *self, struct dig *st)
{
    struct strbuf out = STRBUF_INIT;
    struct dns_hdr hdr;
    struct dns_reader reader;
    struct dns_rr opt;
    bool has_opt = find_opt(&st->ask, &opt);

    greet(self, st);
    if (dns_parse_header(st->ask.octets, st->ask.len, &hdr, &reader) != DROP_NONE)
        return;
    if (st->short_form) {
        print_short(&out, &reader);
    } else {
        if (st->comments)
            print_header(&out, &hdr, has_opt ? dns_opt_rcode(&opt, &hdr) : hdr.rcode);
        if (has_opt && st->comments)
            print_opt(&out, &st->ask, &opt);
        if (st->question && hdr.n_questions > 0)
            print_questions(&out, &reader);
        else if (st->comments && has_opt)
            strbuf_addc(&out, '\n');
        print_records(&out, st, &reader);
        if (st->stats)
            print_stats(&out, self, st);
    }
    process_write(self, 1, strbuf_text(&out), out.len);
    strbuf_fini(&out);
}

static void print_failure(struct process *self, struct dig *st)
{
    greet(self, st);
    process_printf(self, ";; no servers could be reached\n");
    self->exit_status = 9;
}

/* ---- the command line ---- */

static bool word_is(const char *word, const char *name, size_t at_least)
{
    size_t len = strlen(word);

    return len >= at_least && strncmp(word, name, len) == 0;
}

static void set_all(struct dig *st, bool on)
{
    st->cmd = st->comments = st->question = st->answer = st->authority = st->additional =
        st->stats = on;
}

/* Flags: the name, how much of it is enough, and what it sets. */
static bool set_flag(struct dig *st, const char *word, bool on)
{
    const struct {
        const char *name;
        size_t enough;
        bool *flag;
    } flags[] = {
        { "short", 1, &st->short_form },
        { "tcp", 2, &st->tcp },
        { "vc", 1, &st->tcp },
        { "recurse", 3, &st->ask.rd },
        { "rdflag", 2, &st->ask.rd },
        { "adflag", 2, &st->ask.ad },
        { "cdflag", 2, &st->ask.cd },
        { "dnssec", 2, &st->ask.dnssec },
        { "cookie", 3, &st->ask.cookie },
        { "cmd", 2, &st->cmd },
        { "comments", 3, &st->comments },
        { "question", 3, &st->question },
        { "answer", 2, &st->answer },
        { "authority", 2, &st->authority },
        { "additional", 3, &st->additional },
        { "stats", 2, &st->stats },
        { "ignore", 2, &st->ask.ignore_tc },
        { "edns", 2, &st->ask.edns },
    };

    if (word_is(word, "all", 2)) {
        set_all(st, on);
        return true;
    }
    if (word_is(word, "aaflag", 3) || word_is(word, "aaonly", 3))
        return false;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (!word_is(word, flags[i].name, flags[i].enough))
            continue;
        *flags[i].flag = on;
        st->tcp_said |= flags[i].flag == &st->tcp;
        if (flags[i].flag == &st->ask.dnssec && on)
            st->ask.edns = true;
        return true;
    }
    return false;
}

/* Of the real dig, and not simulated. */
static bool is_known_elsewhere(const char *word)
{
    static const char *const names[] = {
        "aaflag",     "aaonly",        "badcookie",  "besteffort", "class",       "crypto",
        "defname",    "dns64prefix",   "domain",     "dscp",       "ednsflags",   "ednsnegotiation",
        "ednsopt",    "expandaaaa",    "expire",     "fail",       "header-only", "http-plain",
        "https",      "identify",      "idnin",      "idnout",     "keepalive",   "keepopen",
        "mapped",     "multiline",     "ndots",      "nsid",       "nssearch",    "onesoa",
        "opcode",     "padding",       "proxy",      "qid",        "qr",          "raflag",
        "rrcomments", "search",        "showsearch", "sigchase",   "split",       "subnet",
        "tcflag",     "tls",           "topdown",    "trace",      "ttlid",       "ttlunits",
        "unexpected", "unknownformat", "yaml",       "zflag",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (word_is(word, names[i], 2))
            return true;
    return false;
}

static bool set_value(struct dig *st, const char *word, size_t name_len, const char *value)
{
    uint64_t number;
    char name[16];

    if (name_len >= sizeof name || !text_u64(value, 65535, &number))
        return false;
    memcpy(name, word, name_len);
    name[name_len] = '\0';
    if (word_is(name, "time", 2) || word_is(name, "timeout", 5))
        st->ask.timeout = number == 0 ? 1 : (unsigned)number;
    else if (word_is(name, "tries", 3))
        st->ask.tries = number == 0 ? 1 : (unsigned)number;
    else if (word_is(name, "retry", 3))
        st->ask.tries = (unsigned)number + 1;
    else if (word_is(name, "bufsize", 1))
        st->ask.udp_size = (uint16_t)number;
    else if (word_is(name, "edns", 2) && number == 0)
        st->ask.edns = true;
    else
        return false;
    return true;
}

static bool plus_option(struct process *self, struct dig *st, const char *option)
{
    const char *word = option + 1, *equals = strchr(word, '=');
    bool on = !text_starts(word, "no");
    const char *name = on ? word : word + 2;

    if (equals != NULL ? set_value(st, word, (size_t)(equals - word), equals + 1)
                       : set_flag(st, name, on))
        return true;
    if (is_known_elsewhere(name)) {
        process_errorf(self, "dig: option %s is not simulated by wirewalk\n", option);
        self->exit_status = 2;
    } else {
        process_errorf(self, "Invalid option: %s\n%s", option, usage);
        self->exit_status = 1;
    }
    return false;
}

static struct lookup *new_lookup(struct dig *st, const char *name, uint16_t type, uint16_t class)
{
    struct lookup *lookup;

    if (st->n_lookups == LOOKUPS_MAX)
        return NULL;
    lookup = &st->lookups[st->n_lookups++];
    snprintf(lookup->name, sizeof lookup->name, "%s", name);
    lookup->type = type;
    lookup->class = class;
    return lookup;
}

static bool reverse_lookup(struct process *self, struct dig *st, const char *value)
{
    char name[DNS_REVERSE_NAME_MAX], name6[DNS_REVERSE6_NAME_MAX];
    struct ip6_addr addr6;
    ip4_addr addr;

    if (ip6_parse(value, &addr6))
        return new_lookup(st, dns_reverse_name6(addr6, name6), DNS_TYPE_PTR, DNS_CLASS_IN) != NULL;
    if (!ip4_parse(value, &addr)) {
        process_errorf(self, "Invalid IP address %s\n", value);
        self->exit_status = 1;
        return false;
    }
    return new_lookup(st, dns_reverse_name(addr, name), DNS_TYPE_PTR, DNS_CLASS_IN) != NULL;
}

static bool usage_error(struct process *self, const char *option)
{
    process_errorf(self, "Invalid option: %s\n%s", option, usage);
    self->exit_status = 1;
    return false;
}

struct defaults { /* what came before the name it is for */
    uint16_t type, class;
    bool type_given;
};

/* "-x ADDR" and its kind; *@at is the word's place and moves over a value of its own. */
static bool dash_option(struct process *self, struct dig *st, int *at, struct defaults *given)
{
    const char *word = self->argv[*at], *value;
    uint64_t port;
    int type;

    if (strcmp(word, "-4") == 0 || strcmp(word, "-6") == 0) {
        st->family = word[1] == '4' ? 4 : 6;
        return true;
    }
    if (strchr("tcxpq", word[1]) == NULL || word[1] == '\0') {
        if (word[1] != '\0' && strchr("bfhikmruvy", word[1]) != NULL) {
            process_errorf(self, "dig: option -%c is not simulated by wirewalk\n", word[1]);
            self->exit_status = 2;
            return false;
        }
        return usage_error(self, word);
    }
    value = word[2] != '\0' ? word + 2 : *at + 1 < self->argc ? self->argv[++*at] : NULL;
    if (value == NULL)
        return usage_error(self, word);
    switch (word[1]) {
    case 'x':
        return reverse_lookup(self, st, value);
    case 'q':
        return new_lookup(st, value, given->type, given->class) != NULL;
    case 'p':
        if (!text_u64(value, 65535, &port))
            return usage_error(self, word);
        st->ask.port = (uint16_t)port;
        return true;
    case 'c':
        return dns_class_name(DNS_CLASS_IN)[0] == value[0] || value[0] == 'i'
                   ? true
                   : usage_error(self, word);
    default:
        type = dns_type_parse(value);
        if (type < 0) {
            process_printf(self, ";; Warning, ignoring invalid type %s\n", value);
            return true;
        }
        given->type = (uint16_t)type;
        given->type_given = true;
        if (st->n_lookups > 0)
            st->lookups[st->n_lookups - 1].type = given->type;
        return true;
    }
}

static void plain_word(struct dig *st, const char *word, struct defaults *given)
{
    int type = dns_type_parse(word);
    struct lookup *last = st->n_lookups > 0 ? &st->lookups[st->n_lookups - 1] : NULL;

    if (strcmp(word, "IN") == 0 || strcmp(word, "in") == 0)
        return;
    if (type >= 0 && !(last != NULL && last->type_given)) {
        given->type = (uint16_t)type;
        given->type_given = true;
        if (last != NULL) {
            last->type = given->type;
            last->type_given = true;
        }
        return;
    }
    new_lookup(st, word, given->type, given->class);
}

static bool read_arguments(struct process *self, struct dig *st)
{
    struct defaults given = { .type = DNS_TYPE_A, .class = DNS_CLASS_IN };

    for (int i = 1; i < self->argc; i++) {
        const char *word = self->argv[i];

        if (word[0] == '@') {
            st->server = word + 1;
        } else if (word[0] == '+') {
            if (!plus_option(self, st, word))
                return false;
        } else if (word[0] == '-' && word[1] != '\0') {
            if (!dash_option(self, st, &i, &given))
                return false;
        } else {
            plain_word(st, word, &given);
        }
    }
    if (st->n_lookups == 0)
        new_lookup(st, ".", given.type_given ? given.type : DNS_TYPE_NS, DNS_CLASS_IN);
    return true;
}

static void init(struct process *self, struct dig *st)
{
    dns_ask_init(&st->ask, self);
    st->ask.ad = st->ask.edns = st->ask.cookie = true;
    set_all(st, true);
}

static bool valid_name(struct process *self, const struct lookup *lookup)
{
    uint8_t octets[DNS_NAME_MAX];

    if (dns_name_emit(lookup->name, octets) > 0)
        return true;
    process_errorf(self, "dig: '%s' is not a legal name (%s)\n", lookup->name, "empty label");
    self->exit_status = 10;
    return false;
}

static void begin_lookup(struct dig *st)
{
    const struct lookup *lookup = &st->lookups[st->at];

    snprintf(st->ask.name, sizeof st->ask.name, "%s", lookup->name);
    st->ask.type = lookup->type;
    st->ask.class = lookup->class;
    st->ask.tcp = st->tcp_said ? st->tcp : lookup->type == DNS_TYPE_ANY;
}

/* Servers of the other family are not asked; where none is left, this host is. */
static void keep_family(struct dig *st)
{
    struct dns_ask *ask = &st->ask;
    bool v6 = st->family == 6;
    unsigned n = 0;

    for (unsigned i = 0; i < ask->n_servers; i++)
        if (ask->servers[i].v6 == v6)
            ask->servers[n++] = ask->servers[i];
    if (n == 0)
        ask->servers[n++] = v6 ? (struct endpoint){ .v6 = true, .addr6 = IP6_LOOPBACK }
                               : (struct endpoint){ .addr = IP4_LOOPBACK };
    ask->n_servers = n;
}

/* "-6 @10.0.0.1", "-4 @2001:db8::1" */
static bool is_other_family(struct process *self, const struct dig *st)
{
    struct ip6_addr addr6;
    ip4_addr addr;

    if ((st->family != 6 || !ip4_parse(st->server, &addr)) &&
        (st->family != 4 || !ip6_parse(st->server, &addr6)))
        return false;
    process_errorf(self, "dig: couldn't get address for '%s': address family not supported\n",
                   st->server);
    return true;
}

static enum co_status dig_main(struct process *self, void *state)
{
    struct dig *st = state;

    CO_BEGIN(&st->co);
    init(self, st);
    if (!read_arguments(self, st))
        CO_RETURN(&st->co);
    if (st->family != 0)
        keep_family(st);
    if (st->server != NULL) {
        if (is_other_family(self, st)) {
            self->exit_status = 10;
            CO_RETURN(&st->co);
        }
        resolver_init(&st->resolver, self, st->server,
                      st->family == 6 || strchr(st->server, ':') != NULL ? RESOLVER_IPV6
                                                                         : RESOLVER_IPV4);
        CO_RUN(&st->co, resolver_run(&st->resolver));
        if (st->resolver.error != 0) {
            process_errorf(self, "dig: couldn't get address for '%s': %s\n", st->server,
                           st->resolver.error == RESOLVER_AGAIN ? "failure" : "not found");
            self->exit_status = 10;
            CO_RETURN(&st->co);
        }
        dns_ask_set_server(&st->ask, &st->resolver);
    }
    for (st->at = 0; st->at < st->n_lookups; st->at++) {
        if (!valid_name(self, &st->lookups[st->at]))
            CO_RETURN(&st->co);
        begin_lookup(st);
        CO_RUN(&st->co, dns_ask_run(&st->ask));
        if (st->ask.answered)
            print_answer(self, st);
        else
            print_failure(self, st);
    }
    CO_END(&st->co);
}

static void dig_cleanup(struct process *self, void *state)
{
    struct dig *st = state;

    (void)self;
    dns_ask_fini(&st->ask);
}

const struct program dig_program = {
    .name = "dig",
    .state_size = sizeof(struct dig),
    .main = dig_main,
    .cleanup = dig_cleanup,
};
