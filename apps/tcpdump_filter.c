#include "apps/tcpdump_filter.h"

#include <string.h>

#include "base/be.h"
#include "base/text.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/ipv4_wire.h"
#include "stack/wire/ipv6_wire.h"

/* ---- parsing ---- */

#define WORD_MAX  64
#define DEPTH_MAX 16

enum kind { KIND_HOST, KIND_NET, KIND_PORT, KIND_PORTRANGE };

struct parser {
    const char *at;
    char word[WORD_MAX]; /* the token at hand, "" at the end */
    struct tcpdump_filter *filter;
    struct strbuf *error;
    bool failed;
    unsigned depth;
    /* what the primitive before said: "port 80 or 443" */
    enum tcpdump_side side;
    enum kind kind;
    int proto;
    bool has_before;
};

static void fail(struct parser *p, const char *text)
{
    if (!p->failed)
        strbuf_adds(p->error, text);
    p->failed = true;
}

static void refuse(struct parser *p, const char *what)
{
    if (!p->failed)
        strbuf_addf(p->error, "filter %s is not simulated by wirewalk", what);
    p->failed = true;
}

static void next(struct parser *p)
{
    size_t len;

    p->at += strspn(p->at, " \t\n");
    len = strchr("()!", *p->at) != NULL && *p->at != '\0' ? 1 : strcspn(p->at, " \t\n()");
    if (strncmp(p->at, "&&", 2) == 0 || strncmp(p->at, "||", 2) == 0)
        len = 2;
    if (len >= WORD_MAX) {
        fail(p, "can't parse filter expression: syntax error");
        len = WORD_MAX - 1;
    }
    memcpy(p->word, p->at, len);
    p->word[len] = '\0';
    p->at += len;
    if (strpbrk(p->word, "[]&=<>") != NULL && strcmp(p->word, "&&") != 0)
        refuse(p, "on octets, such as tcp[13],");
}

static bool is(const struct parser *p, const char *word)
{
    return strcmp(p->word, word) == 0;
}

static bool take(struct parser *p, const char *word)
{
    if (!is(p, word))
        return false;
    next(p);
    return true;
}

static int add(struct parser *p, struct tcpdump_node node)
{
    if (p->filter->n == TCPDUMP_FILTER_NODES_MAX) {
        fail(p, "filter expression too long");
        return 0;
    }
    p->filter->nodes[p->filter->n] = node;
    return (int)p->filter->n++;
}

static const struct {
    const char *name;
    bool is_ip;
    uint32_t number;
} protos[] = { { "arp", false, ETHERTYPE_ARP },  { "ip", false, ETHERTYPE_IPV4 },
               { "ip6", false, ETHERTYPE_IPV6 }, { "icmp", true, IP_PROTO_ICMP },
               { "icmp6", true, IP6_NEXT_ICMP }, { "igmp", true, IP_PROTO_IGMP },
               { "tcp", true, IP_PROTO_TCP },    { "udp", true, IP_PROTO_UDP } };

static bool read_net(struct parser *p, struct tcpdump_node *node)
{
    unsigned dots = 0;
    char text[WORD_MAX + 8];
    char *slash;

    node->test = TEST_NET;
    strcpy(text, p->word);
    slash = strchr(text, '/');
    if (slash == NULL) { /* net 10.1 is 10.1.0.0/16 */
        for (const char *at = text; *at != '\0'; at++)
            dots += *at == '.';
        if (dots > 3)
            return false;
        node->prefix_len = 8 * (dots + 1);
        for (; dots < 3; dots++)
            strcat(text, ".0");
        return ip4_parse(text, &node->number);
    }
    return ip4_prefix_parse(text, &node->number, &node->prefix_len);
}

static bool read_ports(struct parser *p, struct tcpdump_node *node)
{
    static const struct {
        const char *name;
        uint16_t port;
    } names[] = { { "http", 80 },   { "https", 443 }, { "domain", 53 }, { "ssh", 22 },
                  { "telnet", 23 }, { "bootps", 67 }, { "bootpc", 68 }, { "ftp", 21 },
                  { "smtp", 25 },   { "ntp", 123 } };
    uint64_t first, last;
    char text[WORD_MAX];
    char *dash;

    node->test = TEST_PORT;
    strcpy(text, p->word);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, text) == 0) {
            node->number = node->last = names[i].port;
            return true;
        }
    }
    dash = p->kind == KIND_PORTRANGE ? strchr(text, '-') : NULL;
    if (dash != NULL)
        *dash++ = '\0';
    if (!text_u64(text, UINT16_MAX, &first))
        return false;
    last = first;
    if (dash != NULL && !text_u64(dash, UINT16_MAX, &last))
        return false;
    node->number = (uint32_t)first;
    node->last = (uint32_t)last;
    return true;
}

/* The value of a primitive whose qualifiers are in @p. */
static int read_value(struct parser *p)
{
    struct tcpdump_node node = { .side = p->side, .proto = p->proto };
    bool ok;

    if (p->kind == KIND_HOST) {
        node.test = TEST_HOST;
        ok = ip4_parse(p->word, &node.number);
        if (!ok && !p->failed) {
            strbuf_addf(p->error, "unknown host '%s'", p->word);
            p->failed = true;
        }
    } else {
        ok = p->kind == KIND_NET ? read_net(p, &node) : read_ports(p, &node);
    }
    if (!ok)
        fail(p, "can't parse filter expression: syntax error");
    next(p);
    return add(p, node);
}

static int read_ether(struct parser *p)
{
    struct tcpdump_node node = { .test = TEST_MAC, .side = SIDE_ANY };

    if (take(p, "broadcast"))
        return add(p, (struct tcpdump_node){ .test = TEST_BROADCAST });
    if (take(p, "multicast"))
        return add(p, (struct tcpdump_node){ .test = TEST_MULTICAST });
    if (take(p, "src"))
        node.side = SIDE_SRC;
    else if (take(p, "dst"))
        node.side = SIDE_DST;
    else if (!is(p, "host"))
        refuse(p, "ether but with host, src, dst, broadcast, multicast");
    (void)take(p, "host");
    if (!mac_parse(p->word, &node.mac))
        fail(p, "can't parse filter expression: syntax error");
    next(p);
    return add(p, node);
}

static int read_length(struct parser *p, enum tcpdump_test test)
{
    uint64_t n = 0;

    if (!text_u64(p->word, UINT32_MAX, &n))
        fail(p, "can't parse filter expression: syntax error");
    next(p);
    return add(p, (struct tcpdump_node){ .test = test, .number = (uint32_t)n });
}

/* [src|dst|src or dst|src and dst]: true when there was one. */
static bool read_side(struct parser *p)
{
    bool src = is(p, "src");

    p->side = SIDE_ANY;
    if (!src && !is(p, "dst"))
        return false;
    next(p);
    p->side = src ? SIDE_SRC : SIDE_DST;
    if ((is(p, "or") || is(p, "and")) &&
        (strncmp(p->at + strspn(p->at, " "), src ? "dst" : "src", 3) == 0)) {
        p->side = is(p, "or") ? SIDE_ANY : SIDE_BOTH;
        next(p);
        next(p);
    }
    return true;
}

static bool read_kind(struct parser *p)
{
    static const char *const names[] = { [KIND_HOST] = "host",
                                         [KIND_NET] = "net",
                                         [KIND_PORT] = "port",
                                         [KIND_PORTRANGE] = "portrange" };

    for (int kind = KIND_HOST; kind <= KIND_PORTRANGE; kind++) {
        if (take(p, names[kind])) {
            p->kind = (enum kind)kind;
            return true;
        }
    }
    return false;
}

/* A protocol alone, or as the beginning of "tcp port 80"; -1: no protocol. */
static int read_proto(struct parser *p)
{
    for (size_t i = 0; i < sizeof protos / sizeof *protos; i++) {
        struct tcpdump_node node = { .test = TEST_PROTO,
                                     .is_ip = protos[i].is_ip,
                                     .number = protos[i].number };
        bool side, kind;
        int value;

        if (!take(p, protos[i].name))
            continue;
        side = read_side(p);
        p->kind = KIND_HOST;
        kind = read_kind(p);
        p->has_before = false;
        if (!side && !kind)
            return add(p, node);
        p->proto = p->kind >= KIND_PORT ? (protos[i].is_ip ? (int)protos[i].number : 0)
                                        : (protos[i].number == ETHERTYPE_ARP ? 2 : 1);
        p->has_before = true;
        value = read_value(p);
        return add(p,
                   (struct tcpdump_node){ .test = TEST_AND, .left = add(p, node), .right = value });
    }
    return -1;
}

static int read_or(struct parser *p);

static int read_primitive(struct parser *p)
{
    static const char *const others[] = { "vlan", "mpls",    "gateway",  "proto",      "ether",
                                          "wlan", "rarp",    "sctp",     "esp",        "ah",
                                          "stp",  "inbound", "outbound", "ifname",     "len",
                                          "link", "pppoes",  "icmp6",    "protochain", "mask" };
    bool side, kind;
    int node;

    if (take(p, "not") || take(p, "!"))
        return add(p, (struct tcpdump_node){ .test = TEST_NOT, .left = read_primitive(p) });
    if (p->depth == DEPTH_MAX)
        fail(p, "filter expression too deep");
    if (p->failed)
        return 0;
    if (take(p, "(")) {
        p->depth++;
        node = read_or(p);
        p->depth--;
        if (!take(p, ")"))
            fail(p, "can't parse filter expression: syntax error");
        return node;
    }
    if (take(p, "ether"))
        return read_ether(p);
    if (take(p, "broadcast"))
        return add(p, (struct tcpdump_node){ .test = TEST_BROADCAST });
    if (take(p, "multicast"))
        return add(p, (struct tcpdump_node){ .test = TEST_MULTICAST });
    if (take(p, "less"))
        return read_length(p, TEST_LESS);
    if (take(p, "greater"))
        return read_length(p, TEST_GREATER);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is(p, others[i]))
            refuse(p, others[i]);
    node = read_proto(p);
    if (node >= 0)
        return node;
    if (p->has_before && (p->word[0] >= '0' && p->word[0] <= '9')) /* port 80 or 443 */
        return read_value(p);
    side = read_side(p);
    p->kind = KIND_HOST;
    kind = read_kind(p);
    p->proto = 0;
    p->has_before = true;
    if (!side && !kind && (p->word[0] == '\0' || !ip4_parse(p->word, &(ip4_addr){ 0 })))
        fail(p, "can't parse filter expression: syntax error");
    return read_value(p);
}

static int read_or(struct parser *p)
{
    int left = read_primitive(p);

    /* As in pcap-filter(7), `and` and `or` have the same precedence and group to the left. */
    while (!p->failed) {
        struct tcpdump_node node = { .left = left };

        if (take(p, "and") || take(p, "&&"))
            node.test = TEST_AND;
        else if (take(p, "or") || take(p, "||"))
            node.test = TEST_OR;
        else
            break;
        node.right = read_primitive(p);
        left = add(p, node);
    }
    return left;
}

bool tcpdump_filter_parse(struct tcpdump_filter *filter, int n_words, char *const *words,
                          struct strbuf *error)
{
    struct strbuf text = STRBUF_INIT;
    struct parser p = { .filter = filter, .error = error };

    filter->n = 0;
    filter->root = -1;
    for (int i = 0; i < n_words; i++)
        strbuf_addf(&text, "%s%s", i > 0 ? " " : "", words[i]);
    p.at = strbuf_text(&text);
    next(&p);
    if (p.word[0] != '\0' && !p.failed) {
        filter->root = read_or(&p);
        if (p.word[0] != '\0')
            fail(&p, "can't parse filter expression: syntax error");
    }
    strbuf_fini(&text);
    return !p.failed;
}

/* ---- matching ---- */

struct packet {
    size_t len;
    struct eth_hdr eth;
    bool has_addrs, is_arp, has_ports;
    bool v4, v6; /* @protocol is of */
    ip4_addr src, dst;
    uint8_t protocol;
    uint16_t sport, dport;
};

static void look6(struct packet *packet, const uint8_t *octets, size_t len)
{
    struct ipv6_transport found;
    struct ipv6_hdr ip;
    bool whole;

    if (ipv6_quote_parse(octets, len, &ip) != DROP_NONE)
        return;
    whole = ipv6_find_transport(octets, len, &found);
    packet->v6 = true;
    packet->protocol = found.protocol;
    if (whole && (found.protocol == IP_PROTO_TCP || found.protocol == IP_PROTO_UDP) &&
        len >= found.at + 4) {
        packet->has_ports = true;
        packet->sport = be16_get(octets + found.at);
        packet->dport = be16_get(octets + found.at + 2);
    }
}

/* "tcp" and "udp" are of both versions, "icmp" and "igmp" of IPv4, "icmp6" of IPv6. */
static bool carries(const struct packet *packet, uint32_t protocol)
{
    bool only4 = protocol == IP_PROTO_ICMP || protocol == IP_PROTO_IGMP;

    return packet->protocol == protocol &&
           ((packet->v4 && protocol != IP6_NEXT_ICMP) || (packet->v6 && !only4));
}

static void look(struct packet *packet, const uint8_t *octets, size_t len)
{
    struct ipv4_hdr ip;
    struct arp_msg arp;

    *packet = (struct packet){ .len = len };
    if (eth_parse(octets, len, &packet->eth) != DROP_NONE)
        return;
    octets += ETH_HDR_LEN;
    len -= ETH_HDR_LEN;
    if (packet->eth.ethertype == ETHERTYPE_ARP && arp_parse(octets, len, &arp) == DROP_NONE) {
        packet->has_addrs = packet->is_arp = true;
        packet->src = arp.spa;
        packet->dst = arp.tpa;
    }
    if (packet->eth.ethertype == ETHERTYPE_IPV6)
        look6(packet, octets, len);
    if (packet->eth.ethertype != ETHERTYPE_IPV4 || ipv4_quote_parse(octets, len, &ip) != DROP_NONE)
        return;
    packet->has_addrs = packet->v4 = true;
    packet->src = ip.src;
    packet->dst = ip.dst;
    packet->protocol = ip.protocol;
    if (ip.frag_off == 0 && (ip.protocol == IP_PROTO_TCP || ip.protocol == IP_PROTO_UDP) &&
        len >= (size_t)ip.hdr_len + 4) {
        packet->has_ports = true;
        packet->sport = be16_get(octets + ip.hdr_len);
        packet->dport = be16_get(octets + ip.hdr_len + 2);
    }
}

static bool sides(enum tcpdump_side side, bool src, bool dst)
{
    return side == SIDE_SRC    ? src
           : side == SIDE_DST  ? dst
           : side == SIDE_BOTH ? src && dst
                               : src || dst;
}

static bool matches(const struct tcpdump_filter *filter, int at, const struct packet *packet)
{
    const struct tcpdump_node *node = &filter->nodes[at];

    switch (node->test) {
    case TEST_AND:
        return matches(filter, node->left, packet) && matches(filter, node->right, packet);
    case TEST_OR:
        return matches(filter, node->left, packet) || matches(filter, node->right, packet);
    case TEST_NOT:
        return !matches(filter, node->left, packet);
    case TEST_PROTO:
        return node->is_ip ? carries(packet, node->number) : packet->eth.ethertype == node->number;
    case TEST_HOST:
        return packet->has_addrs && (node->proto == 0 || (node->proto == 2) == packet->is_arp) &&
               sides(node->side, packet->src == node->number, packet->dst == node->number);
    case TEST_NET:
        return packet->has_addrs && (node->proto == 0 || (node->proto == 2) == packet->is_arp) &&
               sides(node->side, ip4_in_prefix(packet->src, node->number, node->prefix_len),
                     ip4_in_prefix(packet->dst, node->number, node->prefix_len));
    case TEST_PORT:
        return packet->has_ports && (node->proto == 0 || node->proto == packet->protocol) &&
               sides(node->side, packet->sport >= node->number && packet->sport <= node->last,
                     packet->dport >= node->number && packet->dport <= node->last);
    case TEST_MAC:
        return sides(node->side, mac_eq(&packet->eth.src, &node->mac),
                     mac_eq(&packet->eth.dst, &node->mac));
    case TEST_BROADCAST:
        return mac_is_broadcast(&packet->eth.dst);
    case TEST_MULTICAST:
        return mac_is_group(&packet->eth.dst);
    case TEST_LESS:
        return packet->len <= node->number;
    case TEST_GREATER:
        return packet->len >= node->number;
    }
    return false;
}

bool tcpdump_filter_match(const struct tcpdump_filter *filter, const uint8_t *octets, size_t len)
{
    struct packet packet;

    look(&packet, octets, len);
    return filter->root < 0 || matches(filter, filter->root, &packet);
}
