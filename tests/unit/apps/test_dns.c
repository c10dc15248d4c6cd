/* dig, and the servers and resolvers behind it. Texts of fidelity c18; answers of RFC 1034
 * section 4.3.2. */
#include "tests/unit/apps/rig.h"

#include "base/text.h"
#include "stack/services/resolver.h"
#include "stack/services/services.h"

#define REC(n, t, ty, ...)                                                                         \
    {                                                                                              \
        .name = n, .ttl = t, .type = ty, __VA_ARGS__                                               \
    }

static const char *const test_zone[] = { "test" };
static const struct dns_record test_records[] = {
    REC("www.baidu.test", 0, DNS_TYPE_A, .addr = IP4(10, 3, 0, 80)),
    REC("alias.test", 0, DNS_TYPE_A, .addr = IP4(10, 0, 0, 7)),
};
static const struct dns_server_config dnsmasq_like = {
    .zones = test_zone, .n_zones = 1, .records = test_records, .n_records = 2
};

static const struct dns_record example_records[] = {
    REC("example.com", 3600, DNS_TYPE_SOA, .target = "ns1.example.com",
        .rname = "admin.example.com", .soa = { 1, 7200, 3600, 1209600, 300 }),
    REC("example.com", 3600, DNS_TYPE_NS, .target = "ns1.example.com"),
    REC("ns1.example.com", 3600, DNS_TYPE_A, .addr = IP4(10, 0, 0, 2)),
    REC("www.example.com", 60, DNS_TYPE_CNAME, .target = "web.example.com"),
    REC("web.example.com", 60, DNS_TYPE_A, .addr = IP4(10, 0, 0, 80)),
    REC("example.com", 300, DNS_TYPE_MX, .preference = 10, .target = "mail.example.com"),
    REC("mail.example.com", 300, DNS_TYPE_A, .addr = IP4(10, 0, 0, 25)),
    REC("example.com", 300, DNS_TYPE_TXT, .octets = (const uint8_t *)"v=spf1 \"x\"", .len = 10),
    REC("sub.example.com", 600, DNS_TYPE_NS, .target = "ns.sub.example.com"),
    REC("ns.sub.example.com", 600, DNS_TYPE_A, .addr = IP4(10, 0, 0, 99)),
    REC("*.wild.example.com", 60, DNS_TYPE_A, .addr = IP4(10, 0, 0, 42)),
    REC("80.0.0.10.in-addr.arpa", 60, DNS_TYPE_PTR, .target = "web.example.com"),
    REC("example.com", 60, DNS_TYPE_AAAA, .addr6 = { 0x20, 1, 0xd, 0xb8, [15] = 1 }),
};
static const struct dns_server_config authoritative = {
    .records = example_records, .n_records = sizeof example_records / sizeof *example_records
};

/* h1 10.0.0.1 with h2 10.0.0.2 as its name server. */
static void pair_begin(struct rig *rig, const struct dns_server_config *config)
{
    static const char conf[] = "nameserver 10.0.0.2\n";

    rig_pair(rig);
    os_file_write(rig->hosts[0], "/etc/resolv.conf", conf, sizeof conf - 1, false);
    if (config != NULL)
        OK(services_start_dns(rig->hosts[1], config));
}

/* What changes from run to run made N or T. */
static const char *clean(struct rig *rig)
{
    static const char *const marks[] = { ", id: ", ";; Query time: ", ";; WHEN: ", "; COOKIE: " };
    struct strbuf text = STRBUF_INIT;
    const char *at = strbuf_text(&rig->out);

    while (*at != '\0') {
        size_t i = 0;

        while (i < 4 && strncmp(at, marks[i], strlen(marks[i])) != 0)
            i++;
        if (i == 4) {
            strbuf_addc(&text, *at++);
            continue;
        }
        strbuf_addf(&text, "%sN", marks[i]);
        at += strcspn(at, "\n");
    }
    strbuf_truncate(&rig->out, 0);
    strbuf_add(&rig->out, text.text, text.len);
    strbuf_fini(&text);
    return strbuf_text(&rig->out);
}

static const char *dig(struct rig *rig, const char *line)
{
    run(rig, rig->hosts[0], line, SIM_SEC(40));
    return clean(rig);
}

static void dig_prints_what_was_recorded(void)
{
    struct rig rig;

    pair_begin(&rig, &dnsmasq_like);
    EQ_STR(dig(&rig, "dig +noedns www.baidu.test A"),
           "\n; <<>> DiG 9.18.49-1~deb12u3-Debian <<>> +noedns www.baidu.test A\n"
           ";; global options: +cmd\n"
           ";; Got answer:\n"
           ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: N\n"
           ";; flags: qr aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\n"
           "\n"
           ";; QUESTION SECTION:\n"
           ";www.baidu.test.\t\t\tIN\tA\n"
           "\n"
           ";; ANSWER SECTION:\n"
           "www.baidu.test.\t\t0\tIN\tA\t10.3.0.80\n"
           "\n"
           ";; Query time: N\n"
           ";; SERVER: 10.0.0.2#53(10.0.0.2) (UDP)\n"
           ";; WHEN: N\n"
           ";; MSG SIZE  rcvd: 48\n"
           "\n"
           "-- exit 0\n");
    EQ_STR(dig(&rig, "dig -6 @10.0.0.2 www.baidu.test"),
           "dig: couldn't get address for '10.0.0.2': address family not supported\n-- exit 10\n");
    OK(strstr(dig(&rig, "dig -6 www.baidu.test"), "communications error to ::1#53") != NULL);
    OK(strstr(dig(&rig, "dig -4 www.baidu.test"), "status: NOERROR") != NULL);
    OK(strstr(dig(&rig, "dig +noedns nosuch.test A"),
              "status: NXDOMAIN, id: N\n;; flags: qr rd ra; QUERY: 1, ANSWER: 0, "
              "AUTHORITY: 0, ADDITIONAL: 0\n\n;; QUESTION SECTION:\n"
              ";nosuch.test.\t\t\tIN\tA\n\n;; Query time") != NULL);
    OK(strstr(dig(&rig, "dig +noedns www.baidu.test AAAA"),
              "status: NOERROR, id: N\n;; flags: qr rd ra; QUERY: 1, ANSWER: 0, "
              "AUTHORITY: 0, ADDITIONAL: 0\n") != NULL);
    OK(strstr(dig(&rig, "dig other.example"), "status: REFUSED") != NULL);
    rig_end(&rig);
}

static void an_address_leads_back_to_its_name(void)
{
    struct rig rig;
    const char *out;

    pair_begin(&rig, &dnsmasq_like);
    out = dig(&rig, "dig +noedns -x 10.3.0.80");
    OK(strstr(out, ";; flags: qr aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\n") !=
       NULL);
    OK(strstr(out, "\n80.0.3.10.in-addr.arpa.\t0\tIN\tPTR\twww.baidu.test.\n") != NULL);
    rig_end(&rig);
    pair_begin(&rig, &authoritative);
    OK(strstr(dig(&rig, "dig +noedns -x 10.0.0.25"), "status: REFUSED") != NULL);
    rig_end(&rig);
}

static void edns_is_offered_and_answered(void)
{
    struct rig rig;

    pair_begin(&rig, &dnsmasq_like);
    OK(strstr(dig(&rig, "dig www.baidu.test"),
              "ADDITIONAL: 1\n\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n"
              ";; QUESTION SECTION:\n") != NULL);
    rig_end(&rig);
}

static void an_authoritative_server_answers_like_one(void)
{
    struct rig rig;
    const char *out;

    pair_begin(&rig, &authoritative);
    out = dig(&rig, "dig +noedns www.example.com");
    OK(strstr(out, ";; flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0\n"
                   ";; WARNING: recursion requested but not available\n\n") != NULL);
    OK(strstr(out, "www.example.com.\t60\tIN\tCNAME\tweb.example.com.\nweb.example.com."
                   "\t60\tIN\tA\t10.0.0.80\n") != NULL);
    out = dig(&rig, "dig +noedns +norecurse nosuch.example.com");
    OK(strstr(out, "status: NXDOMAIN, id: N\n;; flags: qr aa; QUERY: 1, ANSWER: 0, AUTHORITY: 1") !=
       NULL);
    OK(strstr(out, ";; AUTHORITY SECTION:\nexample.com.\t\t300\tIN\tSOA\tns1.example.com. "
                   "admin.example.com. 1 7200 3600 "
                   "1209600 300\n") != NULL);
    out = dig(&rig, "dig +noedns web.example.com MX");
    OK(strstr(out,
              "status: NOERROR, id: N\n;; flags: qr aa rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1") !=
       NULL);
    out = dig(&rig, "dig +noedns host.sub.example.com");
    OK(strstr(out, ";; flags: qr rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1\n") != NULL);
    OK(strstr(out, "sub.example.com.\t600\tIN\tNS\tns.sub.example.com.\n\n;; ADDITIONAL SECTION:\n"
                   "ns.sub.example.com.\t600\tIN\tA\t10.0.0.99\n") != NULL);
    EQ_STR(dig(&rig, "dig +short WWW.Example.COM"),
           "web.example.com.\n10.0.0.80\n-- exit 0\n"); /* compressed against the question */
    EQ_STR(dig(&rig, "dig +short anything.wild.example.com"), "10.0.0.42\n-- exit 0\n");
    EQ_STR(dig(&rig, "dig +short example.com MX"), "10 mail.example.com.\n-- exit 0\n");
    EQ_STR(dig(&rig, "dig +short example.com TXT"), "\"v=spf1 \\\"x\\\"\"\n-- exit 0\n");
    EQ_STR(dig(&rig, "dig +short -t AAAA example.com"), "2001:db8::1\n-- exit 0\n");
    EQ_STR(dig(&rig, "dig +short -x 10.0.0.80"), "web.example.com.\n-- exit 0\n");
    OK(strstr(dig(&rig, "dig other.org"), "status: REFUSED") != NULL);
    rig_end(&rig);
}

static void nobody_listens(void)
{
    struct rig rig;
    const char *out;

    pair_begin(&rig, NULL);
    out = dig(&rig, "dig @10.0.0.2 www.example.com");
    OK(strstr(out, ";; communications error to 10.0.0.2#53: connection refused\n") == out);
    OK(text_ends(out, "; (1 server found)\n;; global options: +cmd\n;; no servers could be "
                      "reached\n-- exit 9\n"));
    out = dig(&rig, "dig @10.0.0.77 +tries=1 +time=2 www.example.com");
    OK(strstr(out, ";; communications error to 10.0.0.77#53: ") == out);
    rig_end(&rig);
}

static void unknown_options_are_refused_by_name(void)
{
    struct rig rig;

    pair_begin(&rig, NULL);
    OK(strstr(dig(&rig, "dig +trace www.example.com"),
              "dig: option +trace is not simulated by wirewalk\n-- exit 2\n") != NULL);
    OK(strstr(dig(&rig, "dig +bogus www.example.com"), "Invalid option: +bogus\nUsage:  dig ") !=
       NULL);
    rig_end(&rig);
}

static void nslookup_host_and_getent_print_as_the_real_ones(void)
{
    struct rig rig;

    pair_begin(&rig, &authoritative);
    EQ_STR(dig(&rig, "nslookup www.example.com"),
           "Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\n"
           "www.example.com\tcanonical name = web.example.com.\n"
           "Name:\tweb.example.com\nAddress: 10.0.0.80\n\n-- exit 0\n");
    EQ_STR(dig(&rig, "nslookup 10.0.0.80"), /* of PTR records nothing is said of the server */
           "80.0.0.10.in-addr.arpa\tname = web.example.com.\n\n-- exit 0\n");
    OK(strstr(dig(&rig, "dig +noall +comments com"), "status: REFUSED") != NULL);
    EQ_STR(dig(&rig, "echo 10.0.0.7 one.lan one two > /etc/hosts; getent hosts two; getent hosts "
                     "10.0.0.7"),
           "10.0.0.7        one.lan one two\n10.0.0.7        one.lan one two\n-- exit 0\n");
    EQ_STR(dig(&rig, "nslookup nosuch.example.com"),
           "Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\n"
           "** server can't find nosuch.example.com: NXDOMAIN\n\n-- exit 1\n");
    EQ_STR(dig(&rig, "host www.example.com"), "www.example.com is an alias for web.example.com.\n"
                                              "web.example.com has address 10.0.0.80\n-- exit 0\n");
    EQ_STR(dig(&rig, "host -t mx example.com 10.0.0.2"),
           "Using domain server:\nName: 10.0.0.2\nAddress: 10.0.0.2#53\nAliases: \n\n"
           "example.com mail is handled by 10 mail.example.com.\n-- exit 0\n");
    EQ_STR(dig(&rig, "host nosuch.example.com"),
           "Host nosuch.example.com not found: 3(NXDOMAIN)\n-- exit 1\n");
    EQ_STR(dig(&rig, "host 10.0.0.80"),
           "80.0.0.10.in-addr.arpa domain name pointer web.example.com.\n-- exit 0\n");
    EQ_STR(dig(&rig, "getent hosts www.example.com"),
           "10.0.0.80       web.example.com www.example.com\n-- exit 0\n");
    EQ_STR(dig(&rig, "getent hosts 10.0.0.80"), "10.0.0.80       web.example.com\n-- exit 0\n");
    EQ_STR(dig(&rig, "getent hosts nosuch.example.com"), "-- exit 2\n");
    rig_end(&rig);
}

/* ---- the resolver library ---- */

struct lookup_state {
    struct coroutine co;
    struct resolver resolver;
};

static enum co_status lookup_main(struct process *self, void *state)
{
    struct lookup_state *st = state;
    char addr[IP4_TEXT_MAX];

    CO_BEGIN(&st->co);
    resolver_init(&st->resolver, self, self->argv[1], RESOLVER_ANY);
    CO_RUN(&st->co, resolver_run(&st->resolver));
    process_printf(self, "%d %s", st->resolver.error, st->resolver.canonical);
    for (unsigned i = 0; i < st->resolver.n_addrs; i++)
        process_printf(self, " %s", ip4_format(st->resolver.addrs[i], addr));
    process_printf(self, " at %d ms\n", (int)(process_now(self) / SIM_MSEC(1)));
    CO_END(&st->co);
}

static const struct program lookup_program = { .name = "lookup",
                                               .state_size = sizeof(struct lookup_state),
                                               .main = lookup_main };

static const char *look_up(struct rig *rig, const char *name)
{
    const char *const argv[] = { "lookup", name };

    strbuf_truncate(&rig->out, 0);
    process_start(rig->hosts[0], &lookup_program, 2, argv, NULL,
                  &(struct process_io){ rig_write, rig });
    rig_run_for(rig, SIM_SEC(100));
    return strbuf_text(&rig->out);
}

static void the_resolver_follows_aliases_and_asks_for_both_kinds(void)
{
    struct rig rig;
    unsigned before;

    pair_begin(&rig, &authoritative);
    before = rig.sent;
    EQ_STR(look_up(&rig, "www.example.com"), "0 web.example.com 10.0.0.80 at 0 ms\n");
    EQ(rig.sent - before,
       2 + 2 + 2 + 2); /* ARP, A and AAAA, answers; the server's ARP probe 5 s later */
    OK(text_starts(look_up(&rig, "nosuch.example.com"), "-2 "));
    OK(text_starts(look_up(&rig, "mail.example.com"), "0 mail.example.com 10.0.0.25"));
    OK(text_starts(look_up(&rig, "10.1.2.3"), "0 10.1.2.3 10.1.2.3"));
    OK(text_starts(look_up(&rig, "localhost"), "0 localhost 127.0.0.1"));
    OK(text_starts(look_up(&rig, "bad..name"), "-2 "));
    rig_end(&rig);
}

static void hosts_file_and_search_list_come_into_play(void)
{
    static const char conf[] = "search sub.test example.com\nnameserver 10.0.0.2\n",
                      hosts[] = "10.9.9.9 printer prn # x\n";
    struct rig rig;

    pair_begin(&rig, &authoritative);
    os_file_write(rig.hosts[0], "/etc/resolv.conf", conf, sizeof conf - 1, false);
    os_file_write(rig.hosts[0], "/etc/hosts", hosts, sizeof hosts - 1, false);
    OK(text_starts(look_up(&rig, "prn"), "0 printer 10.9.9.9"));
    OK(text_starts(look_up(&rig, "web"), "0 web.example.com 10.0.0.80"));
    OK(text_starts(look_up(&rig, "web.example.com"), "0 web.example.com 10.0.0.80"));
    rig_end(&rig);
}

static void a_silent_server_costs_five_seconds_and_is_asked_twice(void)
{
    static const char conf[] = "nameserver 10.0.0.77\nnameserver 10.0.0.2\n",
                      alone[] = "nameserver 10.0.0.77\n";
    struct rig rig;
    const char *out;

    pair_begin(&rig, &authoritative);
    neigh_set(&rig.hosts[0]->ip.neigh, rig.hosts[0]->ip.ifaces[1], IP4(10, 0, 0, 77),
              &(struct mac_addr){ { 2, 0, 0, 0, 9, 9 } }, NEIGH_PERMANENT,
              true); /* nobody there, and ARP does not find out */
    os_file_write(rig.hosts[0], "/etc/resolv.conf", conf, sizeof conf - 1, false);
    out = look_up(&rig, "web.example.com");
    OK(text_starts(out, "0 web.example.com 10.0.0.80 at 500"));
    os_file_write(rig.hosts[0], "/etc/resolv.conf", alone, sizeof alone - 1, false);
    out = look_up(&rig, "web.example.com");
    OK(text_starts(out, "-3 ") &&
       text_ends(out, " at 110000 ms\n")); /* begun at 100 s, twice 5 s */
    rig_end(&rig);
}

static void a_host_cache_answers_the_second_time(void)
{
    struct rig rig;
    unsigned before;

    pair_begin(&rig, &authoritative);
    services_set_resolver_cache(rig.hosts[0], true);
    OK(text_starts(look_up(&rig, "mail.example.com"), "0 mail.example.com 10.0.0.25"));
    before = rig.sent;
    OK(text_starts(look_up(&rig, "mail.example.com"), "0 mail.example.com 10.0.0.25"));
    EQ(rig.sent, before);
    rig_run_for(&rig, SIM_SEC(101)); /* TTL 300: gone */
    OK(text_starts(look_up(&rig, "mail.example.com"), "0 mail.example.com 10.0.0.25"));
    OK(rig.sent > before);
    rig_end(&rig);
}

/* ---- more than a datagram holds ---- */

static struct dns_record many[60];

static const struct dns_server_config *many_addresses(void)
{
    static const struct dns_server_config config = { .records = many, .n_records = 60 };

    for (unsigned i = 0; i < 60; i++)
        many[i] =
            (struct dns_record)REC("many.example", 60, DNS_TYPE_A, .addr = IP4(10, 1, 0, 1) + i);
    return &config;
}

static void sixty_addresses_are_fetched_by_tcp(void)
{
    struct rig rig;
    const char *out;

    pair_begin(&rig, many_addresses());
    out = dig(&rig, "dig +noedns many.example");
    OK(strstr(out, ";; Truncated, retrying in TCP mode.\n") == out);
    OK(strstr(out, "QUERY: 1, ANSWER: 60, AUTHORITY: 0, ADDITIONAL: 0\n") != NULL);
    OK(strstr(out, ";; SERVER: 10.0.0.2#53(10.0.0.2) (TCP)\n") != NULL);
    out = dig(&rig, "dig +noedns +ignore many.example");
    OK(strstr(out, ";; flags: qr aa tc rd ra; QUERY: 1, ANSWER: 30,") != NULL);
    out = dig(&rig, "dig many.example"); /* EDNS: 1232 octets are enough */
    OK(strstr(out, ";; flags: qr aa rd ra; QUERY: 1, ANSWER: 60,") != NULL);
    OK(strstr(dig(&rig, "dig +tcp +short many.example"), "10.1.0.60\n-- exit 0\n") != NULL);
    OK(text_starts(look_up(&rig, "many.example"), "0 many.example 10.1.0.1 10.1.0.2 "));
    rig_end(&rig);
}

/* ---- others: forwarding, the tree ---- */

/* h1 10.0.1.1 asks r1 (10.0.1.2, 10.0.2.1), which asks h2 (10.0.2.2). */
static void a_forwarder_asks_once_and_remembers(void)
{
    static const ip4_addr upstream[] = { IP4(10, 0, 2, 2) };
    static const struct dns_server_config forwarder = { .forwards = upstream, .n_forwards = 1 };
    static const char conf[] = "nameserver 10.0.1.2\n";
    struct rig rig;
    const char *out;
    uint64_t before;

    rig_chain(&rig, 1);
    os_file_write(rig.hosts[0], "/etc/resolv.conf", conf, sizeof conf - 1, false);
    services_start_dns(rig.hosts[1], &forwarder);
    services_start_dns(rig.hosts[2], &authoritative);
    out = dig(&rig, "dig +noedns www.example.com");
    OK(strstr(out, ";; flags: qr aa rd ra; QUERY: 1, ANSWER: 2,") != NULL); /* as it came */
    OK(strstr(out, "www.example.com.\t60\tIN\tCNAME\tweb.example.com.\nweb.example.com."
                   "\t60\tIN\tA\t10.0.0.80\n") != NULL);
    before = rig.hosts[2]->node->ifaces[0]->rx_frames;
    out = dig(&rig, "dig +noedns www.example.com"); /* 40 s later */
    OK(strstr(out, ";; flags: qr rd ra; QUERY: 1, ANSWER: 2,") != NULL);
    OK(strstr(out, "www.example.com.\t20\tIN\tCNAME\tweb.example.com.\n") != NULL);
    EQ(rig.hosts[2]->node->ifaces[0]->rx_frames, before);
    OK(strstr(dig(&rig, "dig +noedns nosuch.example.com"),
              "status: NXDOMAIN, id: N\n;; flags: qr aa rd ra;") != NULL);
    before = rig.hosts[2]->node->ifaces[0]->rx_frames;
    OK(strstr(dig(&rig, "dig +noedns nosuch.example.com"),
              "status: NXDOMAIN, id: N\n;; flags: qr rd ra;") != NULL);
    EQ(rig.hosts[2]->node->ifaces[0]->rx_frames, before); /* negative answers are remembered too */
    rig_end(&rig);
}

/* The root at r2, com at r3, example.com at h2: the recursive server at r1 walks down. */
static void a_recursive_server_walks_down_from_the_root(void)
{
    static const ip4_addr roots[] = { IP4(10, 0, 2, 2) };
    static const struct dns_server_config recursive = { .recursive = true,
                                                        .roots = roots,
                                                        .n_roots = 1 };
    static const struct dns_record root_records[] = {
        REC("com", 172800, DNS_TYPE_NS, .target = "a.gtld-servers.net"),
        REC("a.gtld-servers.net", 172800, DNS_TYPE_A, .addr = IP4(10, 0, 3, 2)),
    };
    static const struct dns_record com_records[] = {
        REC("example.com", 86400, DNS_TYPE_NS, .target = "ns1.example.com"),
        REC("ns1.example.com", 86400, DNS_TYPE_A, .addr = IP4(10, 0, 4, 2)),
        REC("glueless.com", 86400, DNS_TYPE_NS, .target = "ns1.example.com"),
    };
    static const struct dns_record leaf_records[] = {
        REC("example.com", 3600, DNS_TYPE_SOA, .target = "ns1.example.com",
            .rname = "a.example.com", .soa = { 1, 2, 3, 4, 5 }),
        REC("ns1.example.com", 3600, DNS_TYPE_A, .addr = IP4(10, 0, 4, 2)),
        REC("www.example.com", 60, DNS_TYPE_A, .addr = IP4(10, 0, 0, 80)),
        REC("glueless.com", 3600, DNS_TYPE_SOA, .target = "ns1.example.com",
            .rname = "a.example.com", .soa = { 1, 2, 3, 4, 5 }),
        REC("www.glueless.com", 60, DNS_TYPE_CNAME, .target = "www.example.com"),
    };
    static const struct dns_server_config root = { .records = root_records, .n_records = 2 };
    static const struct dns_server_config com = { .records = com_records, .n_records = 3 };
    static const struct dns_server_config leaf = { .records = leaf_records, .n_records = 5 };
    static const char conf[] = "nameserver 10.0.1.2\n";
    struct rig rig;
    const char *out;

    rig_chain(&rig, 3);
    os_file_write(rig.hosts[0], "/etc/resolv.conf", conf, sizeof conf - 1, false);
    services_start_dns(rig.hosts[1], &recursive);
    services_start_dns(rig.hosts[2], &root);
    services_start_dns(rig.hosts[3], &com);
    services_start_dns(rig.hosts[4], &leaf);
    out = dig(&rig, "dig +noedns www.example.com");
    OK(strstr(out, ";; flags: qr rd ra; QUERY: 1, ANSWER: 1,") != NULL);
    OK(strstr(out, "www.example.com.\t60\tIN\tA\t10.0.0.80\n") != NULL);
    EQ_STR(dig(&rig, "dig +short www.glueless.com"), "www.example.com.\n10.0.0.80\n-- exit 0\n");
    OK(strstr(dig(&rig, "dig nosuch.example.com"), "status: NXDOMAIN") != NULL);
    OK(strstr(dig(&rig, "dig nosuch"), "status: NXDOMAIN") != NULL);
    rig_end(&rig);
}

UNIT_MAIN("dns", TEST(dig_prints_what_was_recorded), TEST(an_address_leads_back_to_its_name),
          TEST(edns_is_offered_and_answered), TEST(an_authoritative_server_answers_like_one),
          TEST(nobody_listens), TEST(unknown_options_are_refused_by_name),
          TEST(nslookup_host_and_getent_print_as_the_real_ones),
          TEST(the_resolver_follows_aliases_and_asks_for_both_kinds),
          TEST(hosts_file_and_search_list_come_into_play),
          TEST(a_silent_server_costs_five_seconds_and_is_asked_twice),
          TEST(a_host_cache_answers_the_second_time), TEST(sixty_addresses_are_fetched_by_tcp),
          TEST(a_forwarder_asks_once_and_remembers),
          TEST(a_recursive_server_walks_down_from_the_root))
