#include "inspect/filter.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <pcap/namedb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "inspect/facts.h"
#include "inspect/i18n.h"

GQuark filter_error_quark(void)
{
    return g_quark_from_static_string("wirewalk-filter-error");
}

enum word_kind {
    WORD_ANY,
    WORD_BROADCAST,
    WORD_ARP,
    WORD_FRAGMENT,
    WORD_ICMP,
    WORD_ICMP_TYPE,
    WORD_ICMP_CODE,
    WORD_NDP,
    WORD_ICMP6_TYPE,
    WORD_FRAGMENT6,
    WORD_UDP,
    WORD_TCP,
    WORD_TCP_FLAGS,
    WORD_TCP_PURE_ACK,
    WORD_TCP_DATA,
    WORD_DNS,
    WORD_DHCP,
    WORD_HTTP,
    WORD_HTTP_REQUEST,
    WORD_HTTP_RESPONSE,
    WORD_HTTP_METHOD,
    WORD_HTTP_STATUS
};

/* One short word; `a` and `b` as the kind needs them: an operation or 0 for every one, a mask and
 * its value. */
struct word {
    enum word_kind kind;
    unsigned a, b;
    char method[FACT_HTTP_TEXT_MAX];
};

enum node_kind { NODE_WORD, NODE_PROGRAM, NODE_AND, NODE_OR, NODE_NOT };

/* A filter is a tree: leaves are short words and libpcap's programs. */
struct node {
    enum node_kind kind;
    guint left, right; /* indexes of what AND, OR (both) and NOT (left) are about */
    struct word word;
    struct bpf_program program;
};

struct filter {
    GArray *nodes; /* of struct node */
    guint root;
    bool needs_facts;
};

enum { SYN_ACK_RST = TCP_SYN | TCP_ACK | TCP_RST };

static const struct short_word {
    const char *text;
    enum word_kind kind;
    unsigned a, b;
} short_words[] = {
    { "any", WORD_ANY, 0, 0 },
    { "broadcast", WORD_BROADCAST, 0, 0 },
    { "arp", WORD_ARP, 0, 0 },
    { "arp request", WORD_ARP, ARP_REQUEST, 0 },
    { "arp reply", WORD_ARP, ARP_REPLY, 0 },
    { "ip fragment", WORD_FRAGMENT, 0, 0 },
    { "icmp", WORD_ICMP, 0, 0 },
    { "icmp echo-request", WORD_ICMP_TYPE, ICMP_ECHO_REQUEST, 0 },
    { "icmp echo-reply", WORD_ICMP_TYPE, ICMP_ECHO_REPLY, 0 },
    { "icmp unreachable", WORD_ICMP_TYPE, ICMP_DEST_UNREACH, 0 },
    { "icmp time-exceeded", WORD_ICMP_TYPE, ICMP_TIME_EXCEEDED, 0 },
    { "icmp redirect", WORD_ICMP_TYPE, ICMP_REDIRECT, 0 },
    { "icmp parameter-problem", WORD_ICMP_TYPE, ICMP_PARAM_PROBLEM, 0 },
    { "icmp net-unreachable", WORD_ICMP_CODE, ICMP_DEST_UNREACH, ICMP_UNREACH_NET },
    { "icmp host-unreachable", WORD_ICMP_CODE, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST },
    { "icmp protocol-unreachable", WORD_ICMP_CODE, ICMP_DEST_UNREACH, ICMP_UNREACH_PROTOCOL },
    { "icmp port-unreachable", WORD_ICMP_CODE, ICMP_DEST_UNREACH, ICMP_UNREACH_PORT },
    { "icmp frag-needed", WORD_ICMP_CODE, ICMP_DEST_UNREACH, ICMP_UNREACH_FRAG_NEEDED },
    { "ndp", WORD_NDP, 0, 0 },
    { "ndp solicitation", WORD_ICMP6_TYPE, ICMP6_NEIGHBOR_SOLICIT, 0 },
    { "ndp advertisement", WORD_ICMP6_TYPE, ICMP6_NEIGHBOR_ADVERT, 0 },
    { "icmp6 echo-request", WORD_ICMP6_TYPE, ICMP6_ECHO_REQUEST, 0 },
    { "icmp6 echo-reply", WORD_ICMP6_TYPE, ICMP6_ECHO_REPLY, 0 },
    { "icmp6 unreachable", WORD_ICMP6_TYPE, ICMP6_DEST_UNREACH, 0 },
    { "icmp6 too-big", WORD_ICMP6_TYPE, ICMP6_PACKET_TOO_BIG, 0 },
    { "icmp6 time-exceeded", WORD_ICMP6_TYPE, ICMP6_TIME_EXCEEDED, 0 },
    { "icmp6 parameter-problem", WORD_ICMP6_TYPE, ICMP6_PARAM_PROBLEM, 0 },
    { "ip6 fragment", WORD_FRAGMENT6, 0, 0 },
    { "udp", WORD_UDP, 0, 0 },
    { "tcp", WORD_TCP, 0, 0 },
    { "tcp syn", WORD_TCP_FLAGS, SYN_ACK_RST, TCP_SYN },
    { "tcp syn+ack", WORD_TCP_FLAGS, SYN_ACK_RST, TCP_SYN | TCP_ACK },
    { "tcp syn,ack", WORD_TCP_FLAGS, SYN_ACK_RST, TCP_SYN | TCP_ACK },
    { "tcp syn-ack", WORD_TCP_FLAGS, SYN_ACK_RST, TCP_SYN | TCP_ACK },
    { "tcp ack", WORD_TCP_PURE_ACK, 0, 0 },
    { "tcp fin", WORD_TCP_FLAGS, TCP_FIN, TCP_FIN },
    { "tcp fin+ack", WORD_TCP_FLAGS, TCP_FIN | TCP_ACK, TCP_FIN | TCP_ACK },
    { "tcp rst", WORD_TCP_FLAGS, TCP_RST, TCP_RST },
    { "tcp data", WORD_TCP_DATA, 0, 0 },
    { "dns", WORD_DNS, 0, 0 },
    { "dns query", WORD_DNS, 1, 0 },
    { "dns response", WORD_DNS, 2, 0 },
    { "dhcp", WORD_DHCP, 0, 0 },
    { "dhcp discover", WORD_DHCP, DHCP_DISCOVER, 0 },
    { "dhcp offer", WORD_DHCP, DHCP_OFFER, 0 },
    { "dhcp request", WORD_DHCP, DHCP_REQUEST, 0 },
    { "dhcp decline", WORD_DHCP, DHCP_DECLINE, 0 },
    { "dhcp ack", WORD_DHCP, DHCP_ACK, 0 },
    { "dhcp nak", WORD_DHCP, DHCP_NAK, 0 },
    { "dhcp release", WORD_DHCP, DHCP_RELEASE, 0 },
    { "dhcp inform", WORD_DHCP, DHCP_INFORM, 0 },
    { "http", WORD_HTTP, 0, 0 },
    { "http request", WORD_HTTP_REQUEST, 0, 0 },
    { "http response", WORD_HTTP_RESPONSE, 0, 0 },
};

static const char *const http_methods[] = { "GET",     "HEAD",  "POST",    "PUT",  "DELETE",
                                            "OPTIONS", "TRACE", "CONNECT", "PATCH" };

static bool find_http_word(const char *rest, struct word *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(http_methods); i++)
        if (strcasecmp(rest, http_methods[i]) == 0) {
            word->kind = WORD_HTTP_METHOD;
            g_strlcpy(word->method, http_methods[i], sizeof word->method);
            return true;
        }
    if (strlen(rest) != 3 || strspn(rest, "0123456789") != 3 || rest[0] < '1')
        return false;
    word->kind = WORD_HTTP_STATUS;
    word->a = (unsigned)g_ascii_strtoull(rest, NULL, 10);
    return true;
}

/* The words between white space. */
static char **split_words(const char *text)
{
    char **words = g_strsplit_set(text, " \t\r\n", -1);
    guint kept = 0;

    for (char **word = words; *word != NULL; word++) {
        if (**word != '\0')
            words[kept++] = *word;
        else
            g_free(*word);
    }
    words[kept] = NULL;
    return words;
}

/* @text has single spaces and none at its ends. */
static bool find_short_word(const char *text, struct word *word)
{
    memset(word, 0, sizeof *word);
    for (size_t i = 0; i < G_N_ELEMENTS(short_words); i++)
        if (strcasecmp(text, short_words[i].text) == 0) {
            word->kind = short_words[i].kind;
            word->a = short_words[i].a;
            word->b = short_words[i].b;
            return true;
        }
    return strncasecmp(text, "http ", 5) == 0 && find_http_word(text + 5, word);
}

/* ---- names, for libpcap ---- */

struct filter_names {
    GPtrArray *names;
    GArray *addrs;
};

struct filter_names *filter_names_new(void)
{
    struct filter_names *names = g_new(struct filter_names, 1);

    names->names = g_ptr_array_new_with_free_func(g_free);
    names->addrs = g_array_new(FALSE, FALSE, sizeof(ip4_addr));
    return names;
}

void filter_names_add(struct filter_names *names, const char *name, ip4_addr addr)
{
    g_ptr_array_add(names->names, g_strdup(name));
    g_array_append_val(names->addrs, addr);
}

void filter_names_free(struct filter_names *names)
{
    if (names == NULL)
        return;
    g_ptr_array_free(names->names, TRUE);
    g_array_free(names->addrs, TRUE);
    g_free(names);
}

/*
 * libpcap asks for names through public functions that a program may define itself, and gives them
 * no context. So the names of the compilation going on stand in a variable of the thread, set and
 * cleared by compile(). This is the one exception to "no globals": it holds nothing between calls.
 */
static _Thread_local const struct filter_names *names_in_use;

/* libpcap frees the result with freeaddrinfo(), so it must come from getaddrinfo(); numeric, hence
 * without a look-up. */
struct addrinfo *pcap_nametoaddrinfo(const char *name)
{
    const struct addrinfo hints = { .ai_family = AF_INET,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICHOST };
    struct addrinfo *first = NULL, **last = &first;
    char text[IP4_TEXT_MAX];

    for (guint i = 0; names_in_use != NULL && i < names_in_use->names->len; i++) {
        if (strcasecmp(names_in_use->names->pdata[i], name) != 0)
            continue;
        if (getaddrinfo(ip4_format(g_array_index(names_in_use->addrs, ip4_addr, i), text), NULL,
                        &hints, last) != 0)
            break;
        while (*last != NULL)
            last = &(*last)->ai_next;
    }
    return first;
}

bpf_u_int32 pcap_nametonetaddr(const char *name)
{
    (void)name;
    return 0; /* no network has a name here */
}

/* The machine's list of services differs from machine to machine. */
static const struct {
    const char *name;
    int port, proto; /* proto 0: UDP and TCP */
} services[] = { { "echo", 7, 0 },
                 { "discard", 9, 0 },
                 { "daytime", 13, 0 },
                 { "chargen", 19, 0 },
                 { "ftp-data", 20, IPPROTO_TCP },
                 { "ftp", 21, IPPROTO_TCP },
                 { "ssh", 22, IPPROTO_TCP },
                 { "telnet", 23, IPPROTO_TCP },
                 { "smtp", 25, IPPROTO_TCP },
                 { "domain", 53, 0 },
                 { "dns", 53, 0 },
                 { "bootps", 67, IPPROTO_UDP },
                 { "bootpc", 68, IPPROTO_UDP },
                 { "tftp", 69, IPPROTO_UDP },
                 { "http", 80, IPPROTO_TCP },
                 { "pop3", 110, IPPROTO_TCP },
                 { "ntp", 123, IPPROTO_UDP },
                 { "snmp", 161, IPPROTO_UDP },
                 { "https", 443, IPPROTO_TCP },
                 { "syslog", 514, IPPROTO_UDP },
                 { "route", 520, IPPROTO_UDP },
                 { "http-alt", 8080, IPPROTO_TCP } };

int pcap_nametoport(const char *name, int *port, int *proto)
{
    for (size_t i = 0; i < G_N_ELEMENTS(services); i++)
        if (strcasecmp(services[i].name, name) == 0) {
            *port = services[i].port;
            *proto = services[i].proto == 0 ? PROTO_UNDEF : services[i].proto;
            return 1;
        }
    return 0;
}

/* `ether host NAME` would read the machine's own file. */
u_char *pcap_ether_hostton(const char *name)
{
    (void)name;
    return NULL;
}

/* ---- errors ---- */

/* clang-format off */
static const char *const pcap_words[] = {
    "and", "or", "not", "host", "net", "port", "portrange", "src", "dst", "ether", "ip", "ip6",
    "arp", "rarp", "icmp", "icmp6", "tcp", "udp", "igmp", "sctp", "vlan", "proto", "protochain",
    "mask", "less", "greater", "broadcast", "multicast", "gateway", "len", "tcpflags",
    "icmptype", "icmpcode", "icmp-echo", "icmp-echoreply", "icmp-unreach", "icmp-redirect",
    "icmp-timxceed", "icmp-paramprob", "tcp-syn", "tcp-ack", "tcp-fin", "tcp-rst", "tcp-push",
    "tcp-urg", "tcp-ece", "tcp-cwr", "inbound", "outbound", "stp", "mpls", "pppoes", "link",
    "addr1", "addr2", "ah", "esp", "pim", "vrrp",
};
/* clang-format on */

static bool is_number_or_address(const char *word)
{
    return word[strspn(word, "0123456789abcdefABCDEFx.:/-")] == '\0' &&
           strpbrk(word, "0123456789") != NULL;
}

struct nearest {
    const char *word;
    unsigned distance;
};

static void consider(struct nearest *nearest, const char *word, const char *candidate)
{
    unsigned distance;

    if (strlen(candidate) > 60)
        return;
    distance = text_distance(word, candidate);
    if (distance < nearest->distance)
        *nearest = (struct nearest){ candidate, distance };
}

/* Whether libpcap or we know @word; *@near is the closest one when not. */
static bool is_known(const char *word, const struct filter_names *names, struct nearest *near)
{
    g_autofree char *lower = g_ascii_strdown(word, -1);

    *near = (struct nearest){ NULL, MAX(2u, (unsigned)(strlen(word) / 2)) };
    if (strlen(word) > 60)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(pcap_words); i++)
        consider(near, lower, pcap_words[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(services); i++)
        consider(near, lower, services[i].name);
    for (size_t i = 0; i < G_N_ELEMENTS(short_words); i++)
        if (strchr(short_words[i].text, ' ') == NULL)
            consider(near, lower, short_words[i].text);
    for (guint i = 0; names != NULL && i < names->names->len; i++)
        consider(near, word, names->names->pdata[i]);
    return near->distance == 0 || is_number_or_address(word);
}

/* The short words that begin with the same protocol: "tcp SNY" is near "tcp syn". */
static void consider_short_words(const char *text, struct nearest *near)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);

    *near = (struct nearest){ NULL, 4 };
    if (strlen(text) > 40)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(short_words); i++) {
        const char *space = strchr(short_words[i].text, ' ');

        if (space != NULL &&
            strncmp(lower, short_words[i].text, (size_t)(space - short_words[i].text + 1)) == 0)
            consider(near, lower, short_words[i].text);
    }
}

static void explain(const char *text, const char *message, const struct filter_names *names,
                    GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t\n()[]!&|=<>+*^%", -1);
    struct nearest near;

    consider_short_words(text, &near);
    if (near.word != NULL) {
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX,
                    _("not a filter: \"%s\" (did you mean \"%s\"?)"), text, near.word);
        return;
    }
    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0' || is_known(*word, names, &near))
            continue;
        if (near.word != NULL)
            g_set_error(error, FILTER_ERROR, FILTER_ERROR_NAME,
                        _("not a filter: \"%s\": unknown word \"%s\" (did you mean \"%s\"?)"), text,
                        *word, near.word);
        else
            g_set_error(error, FILTER_ERROR, FILTER_ERROR_NAME,
                        _("not a filter: \"%s\": unknown word \"%s\""), text, *word);
        return;
    }
    g_set_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX, _("not a filter: \"%s\": %s"), text,
                message);
}

/* ---- compiling ---- */

static guint add_node(struct filter *filter, const struct node *node)
{
    g_array_append_vals(filter->nodes, node, 1);
    filter->needs_facts |= node->kind == NODE_WORD;
    return filter->nodes->len - 1;
}

/* One run of words through libpcap; its complaint in *@message (to be freed) when it fails. */
static bool add_program(struct filter *filter, const char *text, const struct filter_names *names,
                        guint *at, char **message)
{
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
    struct node node = { .kind = NODE_PROGRAM };
    bool ok;

    names_in_use = names;
    ok = pcap_compile(pcap, &node.program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
    names_in_use = NULL;
    if (ok)
        *at = add_node(filter, &node);
    else
        *message = g_strdup(pcap_geterr(pcap));
    pcap_close(pcap);
    return ok;
}

static bool add_leaf(struct filter *filter, const char *text, const struct filter_names *names,
                     guint *at, GError **error)
{
    g_autofree char *message = NULL;
    struct node node = { .kind = NODE_WORD };

    if (find_short_word(text, &node.word)) {
        *at = add_node(filter, &node);
        return true;
    }
    if (add_program(filter, text, names, at, &message))
        return true;
    explain(text, message, names, error);
    return false;
}

/*
 * Short words among and, or, not and parentheses. As in tcpdump, `and` and `or` bind alike, from
 * the left, and `not` binds closest. What stands between them is a short word or goes to libpcap by
 * itself.
 */
struct parser {
    struct filter *filter;
    const struct filter_names *names;
    char **token; /* the next one */
    GError **error;
};

static bool is_operator(const char *token)
{
    return strcasecmp(token, "and") == 0 || strcmp(token, "&&") == 0 ||
           strcasecmp(token, "or") == 0 || strcmp(token, "||") == 0;
}

static bool is_not(const char *token)
{
    return strcasecmp(token, "not") == 0 || strcmp(token, "!") == 0;
}

static bool is_word(const char *token)
{
    return !is_operator(token) && !is_not(token) && strcmp(token, "(") != 0 &&
           strcmp(token, ")") != 0;
}

static bool wrong_token(struct parser *parser)
{
    if (*parser->token == NULL)
        g_set_error(parser->error, FILTER_ERROR, FILTER_ERROR_SYNTAX,
                    _("not a filter: something is missing at its end"));
    else
        g_set_error(parser->error, FILTER_ERROR, FILTER_ERROR_SYNTAX,
                    _("not a filter: \"%s\" cannot stand where it does"), *parser->token);
    return false;
}

static bool parse_terms(struct parser *parser, guint *at);

static bool parse_words(struct parser *parser, guint *at)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (; *parser->token != NULL && is_word(*parser->token); parser->token++)
        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", *parser->token);
    return add_leaf(parser->filter, text->str, parser->names, at, parser->error);
}

static bool parse_term(struct parser *parser, guint *at)
{
    struct node node = { .kind = NODE_NOT };

    if (*parser->token == NULL)
        return wrong_token(parser);
    if (is_word(*parser->token))
        return parse_words(parser, at);
    if (is_not(*parser->token)) {
        parser->token++;
        if (!parse_term(parser, &node.left))
            return false;
        *at = add_node(parser->filter, &node);
        return true;
    }
    if (strcmp(*parser->token, "(") != 0)
        return wrong_token(parser);
    parser->token++;
    if (!parse_terms(parser, at))
        return false;
    if (*parser->token == NULL || strcmp(*parser->token, ")") != 0)
        return wrong_token(parser);
    parser->token++;
    return true;
}

static bool parse_terms(struct parser *parser, guint *at)
{
    if (!parse_term(parser, at))
        return false;
    while (*parser->token != NULL && is_operator(*parser->token)) {
        bool is_and = **parser->token == 'a' || **parser->token == 'A' || **parser->token == '&';
        struct node node = { .kind = is_and ? NODE_AND : NODE_OR, .left = *at };

        parser->token++;
        if (!parse_term(parser, &node.right))
            return false;
        *at = add_node(parser->filter, &node);
    }
    return true;
}

static bool parse(struct filter *filter, const char *text, const struct filter_names *names,
                  GError **error)
{
    g_autoptr(GString) spaced = g_string_new(NULL);
    g_auto(GStrv) tokens = NULL;
    struct parser parser = { filter, names, NULL, error };

    for (const char *p = text; *p != '\0'; p++)
        if (*p == '(' || *p == ')' || (*p == '!' && p[1] != '='))
            g_string_append_printf(spaced, " %c ", *p);
        else
            g_string_append_c(spaced, *p);
    tokens = split_words(spaced->str);
    parser.token = tokens;
    if (!parse_terms(&parser, &filter->root))
        return false;
    return *parser.token == NULL || wrong_token(&parser);
}

/* The first choice is the text as a whole: a short word, or tcpdump's syntax with all it can. */
static bool compile(struct filter *filter, const char *text, const struct filter_names *names,
                    GError **error)
{
    g_autofree char *message = NULL;
    struct node node = { .kind = NODE_WORD };

    if (find_short_word(text, &node.word)) {
        filter->root = add_node(filter, &node);
        return true;
    }
    return add_program(filter, text, names, &filter->root, &message) ||
           parse(filter, text, names, error);
}

struct filter *filter_new(const char *text, const struct filter_names *names, GError **error)
{
    g_autofree char *clean = NULL;
    g_auto(GStrv) words = NULL;
    struct filter *filter;

    if (strlen(text) > FILTER_TEXT_MAX) {
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_TOO_LONG,
                    _("a filter may have %d characters at most, this one has %zu"), FILTER_TEXT_MAX,
                    strlen(text));
        return NULL;
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX, _("a filter must be UTF-8 text"));
        return NULL;
    }
    words = split_words(text);
    clean = g_strjoinv(" ", words);
    if (*clean == '\0') {
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX,
                    _("the filter is empty; \"any\" matches every frame"));
        return NULL;
    }
    filter = g_new0(struct filter, 1);
    filter->nodes = g_array_new(FALSE, FALSE, sizeof(struct node));
    if (!compile(filter, clean, names, error)) {
        filter_free(filter);
        return NULL;
    }
    return filter;
}

void filter_free(struct filter *filter)
{
    if (filter == NULL)
        return;
    for (guint i = 0; i < filter->nodes->len; i++) {
        struct node *node = &g_array_index(filter->nodes, struct node, i);

        if (node->kind == NODE_PROGRAM)
            pcap_freecode(&node->program);
    }
    g_array_free(filter->nodes, TRUE);
    g_free(filter);
}

/* ---- matching ---- */

static bool tcp_matches(const struct word *word, const struct facts *facts)
{
    if (facts->transport != FACT_TCP)
        return false;
    if (word->kind == WORD_TCP_FLAGS)
        return (facts->tcp.flags & word->a) == word->b;
    if (word->kind == WORD_TCP_PURE_ACK)
        return (facts->tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK &&
               facts->payload_len == 0;
    return word->kind != WORD_TCP_DATA || facts->payload_len > 0;
}

static bool word_matches(const struct word *word, const struct facts *facts)
{
    bool http = facts->app == FACT_HTTP_REQUEST || facts->app == FACT_HTTP_RESPONSE;

    switch (word->kind) {
    case WORD_ANY:
        return true;
    case WORD_BROADCAST:
        return facts->has_eth && mac_is_broadcast(&facts->eth.dst);
    case WORD_ARP:
        return facts->net == FACT_ARP && (word->a == 0 || facts->arp.op == word->a);
    case WORD_FRAGMENT:
        return facts->net == FACT_IPV4 && (facts->ip.mf || facts->ip.frag_off != 0);
    case WORD_ICMP:
        return facts->net == FACT_IPV4 && facts->ip.protocol == IP_PROTO_ICMP;
    case WORD_ICMP_TYPE:
        return facts->transport == FACT_ICMP && facts->icmp.type == word->a;
    case WORD_ICMP_CODE:
        return facts->transport == FACT_ICMP && facts->icmp.type == word->a &&
               facts->icmp.code == word->b;
    case WORD_NDP:
        return facts->has_ndp;
    case WORD_ICMP6_TYPE:
        return facts->transport == FACT_ICMP6 && facts->icmp6.type == word->a;
    case WORD_FRAGMENT6:
        return facts->net == FACT_IPV6 && (facts->ip.mf || facts->ip.frag_off != 0);
    case WORD_UDP:
        return facts_protocol(facts) == IP_PROTO_UDP;
    case WORD_TCP:
        return facts_protocol(facts) == IP_PROTO_TCP;
    case WORD_TCP_FLAGS:
    case WORD_TCP_PURE_ACK:
    case WORD_TCP_DATA:
        return tcp_matches(word, facts);
    case WORD_DNS:
        return facts->app == FACT_DNS && (word->a == 0 || facts->dns.qr == (word->a == 2));
    case WORD_DHCP:
        return facts->app == FACT_DHCP && (word->a == 0 || facts->dhcp_type == word->a);
    case WORD_HTTP:
        return http;
    case WORD_HTTP_REQUEST:
        return facts->app == FACT_HTTP_REQUEST;
    case WORD_HTTP_RESPONSE:
        return facts->app == FACT_HTTP_RESPONSE;
    case WORD_HTTP_METHOD:
        return facts->app == FACT_HTTP_REQUEST && strcmp(facts->http_method, word->method) == 0;
    case WORD_HTTP_STATUS:
        return facts->app == FACT_HTTP_RESPONSE && facts->http_status == word->a;
    }
    return false;
}

struct subject { /* the frame a filter looks at */
    const struct facts *facts;
    const uint8_t *octets;
    struct pcap_pkthdr header;
};

static bool node_matches(const struct filter *filter, guint at, const struct subject *subject)
{
    const struct node *node = &g_array_index(filter->nodes, struct node, at);

    switch (node->kind) {
    case NODE_WORD:
        return word_matches(&node->word, subject->facts);
    case NODE_PROGRAM:
        return pcap_offline_filter(&node->program, &subject->header, subject->octets) != 0;
    case NODE_AND:
        return node_matches(filter, node->left, subject) &&
               node_matches(filter, node->right, subject);
    case NODE_OR:
        return node_matches(filter, node->left, subject) ||
               node_matches(filter, node->right, subject);
    case NODE_NOT:
        return !node_matches(filter, node->left, subject);
    }
    return false;
}

bool filter_match_facts(const struct filter *filter, const struct facts *facts,
                        const uint8_t *octets, size_t len)
{
    struct subject subject = { facts,
                               octets,
                               { .caplen = (bpf_u_int32)len, .len = (bpf_u_int32)len } };

    return node_matches(filter, filter->root, &subject);
}

bool filter_match(const struct filter *filter, const uint8_t *octets, size_t len)
{
    struct facts facts;

    if (filter->needs_facts)
        facts_read(&facts, octets, len);
    return filter_match_facts(filter, &facts, octets, len);
}
