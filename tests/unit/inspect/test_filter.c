#include "tests/support/unit.h"

#include <glib.h>

#include "inspect/facts.h"
#include "inspect/filter.h"
#include "inspect/i18n.h"
#include "tests/unit/inspect/rig.h"

static bool matches(const char *text, const uint8_t *octets, size_t len)
{
    g_autoptr(GError) error = NULL;
    struct filter *filter = filter_new(text, NULL, &error);
    bool yes = filter != NULL && filter_match(filter, octets, len);

    if (filter == NULL)
        fprintf(stderr, "%s\n", error->message);
    OK(filter != NULL);
    filter_free(filter);
    return yes;
}

static size_t segment(uint8_t *octets, uint8_t flags, const char *data)
{
    struct tcp_hdr tcp = {
        .src_port = 40000, .dst_port = 80, .seq = 1, .ack = 1, .flags = flags, .window = 500
    };

    return rig_tcp(octets, tcp, data, strlen(data));
}

static void short_words_mean_what_they_say(void)
{
    uint8_t octets[400];
    size_t len = rig_arp(octets);

    OK(matches("arp", octets, len));
    OK(matches("any", octets, len));
    OK(matches("broadcast", octets, len));
    OK(matches("ARP  Request", octets, len));
    OK(!matches("arp reply", octets, len));
    OK(!matches("tcp", octets, len));
    len = segment(octets, TCP_SYN, "");
    OK(matches("tcp SYN", octets, len));
    OK(!matches("tcp SYN+ACK", octets, len));
    OK(!matches("tcp ACK", octets, len));
    OK(!matches("tcp data", octets, len));
    len = segment(octets, TCP_SYN | TCP_ACK, "");
    OK(matches("tcp SYN+ACK", octets, len));
    OK(!matches("tcp SYN", octets, len));
    len = segment(octets, TCP_ACK, "");
    OK(matches("tcp ACK", octets, len));
    len = segment(octets, TCP_ACK | TCP_FIN, "");
    OK(matches("tcp FIN", octets, len) && !matches("tcp ACK", octets, len));
    len = segment(octets, TCP_ACK | TCP_PSH, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    OK(matches("tcp data", octets, len));
    OK(matches("http GET", octets, len));
    OK(matches("http request", octets, len));
    OK(matches("http get and tcp dst port 80", octets, len));
    OK(!matches("http GET and tcp dst port 81", octets, len));
    OK(!matches("http POST", octets, len));
    OK(matches("not arp reply and (http GET or dns query)", octets, len));
    OK(!matches("not (tcp data)", octets, len));
    OK(!matches("!http get || arp request", octets, len));
    OK(matches("tcp port 80 or 443", octets, len));
    OK(!matches("http 200", octets, len));
    len = segment(octets, TCP_ACK | TCP_PSH, "HTTP/1.1 404 Not Found\r\n");
    OK(matches("http 404", octets, len) && matches("http response", octets, len) &&
       !matches("http 200", octets, len));
}

static void dns_and_icmp_words(void)
{
    static const uint8_t query[] = { 0, 1, 1,   0, 0,   1,   0, 0, 0, 0, 0,
                                     0, 1, 'a', 2, 'c', 'n', 0, 0, 1, 0, 1 };
    uint8_t octets[200];
    struct icmp_hdr icmp = icmp_make(ICMP_DEST_UNREACH, ICMP_UNREACH_PORT);
    size_t len = rig_udp(octets, 40000, 53, query, sizeof query);
    struct facts facts;

    OK(matches("dns query", octets, len) && !matches("dns response", octets, len));
    facts_read(&facts, octets, len);
    EQ_STR(facts.dns_name, "a.cn");
    icmp_emit(&icmp, octets + 34, 8);
    len = rig_ip(octets, IP_PROTO_ICMP, 8);
    OK(matches("icmp port-unreachable", octets, len) && matches("icmp unreachable", octets, len));
    OK(!matches("icmp echo-request", octets, len));
}

static void tcpdump_syntax_with_the_simulated_names(void)
{
    struct filter_names *names = filter_names_new();
    struct filter *filter;
    uint8_t octets[200];
    size_t len = segment(octets, TCP_SYN, "");

    filter_names_add(names, "web", IP4(10, 9, 9, 9));
    filter_names_add(names, "web", RIG_IP_B);
    filter = filter_new("dst host web and port http", names, NULL);
    OK(filter != NULL);
    OK(filter != NULL && filter_match(filter, octets, len));
    filter_free(filter);
    filter = filter_new("src host web", names, NULL);
    OK(filter != NULL && !filter_match(filter, octets, len));
    filter_free(filter);
    filter_names_free(names);
    OK(matches("tcp[tcpflags] & tcp-syn != 0 and host 10.0.0.2", octets, len));
    OK(matches("not arp", octets, len));
    OK(matches("(tcp or udp) and len < 100", octets, len));
}

static void error_of(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;

    OK(filter_new(text, NULL, &error) == NULL);
    EQ_STR(error != NULL ? error->message : "", message);
}

static void errors_name_the_word_and_a_near_one(void)
{
    g_autofree char *long_text = g_strnfill(FILTER_TEXT_MAX + 1, 'x');

    i18n_init("en");
    error_of("tcp SNY", "not a filter: \"tcp SNY\" (did you mean \"tcp syn\"?)");
    error_of("dhcp disover", "not a filter: \"dhcp disover\" (did you mean \"dhcp discover\"?)");
    error_of("hots 10.0.0.1",
             "not a filter: \"hots 10.0.0.1\": unknown word \"hots\" (did you mean \"host\"?)");
    error_of("host example.com",
             "not a filter: \"host example.com\": unknown word \"example.com\"");
    error_of("", "the filter is empty; \"any\" matches every frame");
    error_of(long_text, "a filter may have 1024 characters at most, this one has 1025");
    error_of("host", "not a filter: \"host\": can't parse filter expression: syntax error");
    error_of("tcp SYN and", "not a filter: something is missing at its end");
    error_of("tcp SYN or and arp", "not a filter: \"and\" cannot stand where it does");
    error_of("(tcp SYN", "not a filter: something is missing at its end");
    error_of("tcp SYN) or arp", "not a filter: \")\" cannot stand where it does");
    error_of("arp reply or tcp SNY", "not a filter: \"tcp SNY\" (did you mean \"tcp syn\"?)");
}

UNIT_MAIN("filter", TEST(short_words_mean_what_they_say), TEST(dns_and_icmp_words),
          TEST(tcpdump_syntax_with_the_simulated_names), TEST(errors_name_the_word_and_a_near_one))
