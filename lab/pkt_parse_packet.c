/* Packets: what stands behind "<" or ">". */
#include <string.h>

#include "base/be.h"
#include "inspect/i18n.h"
#include "lab/pkt_parse.h"
#include "stack/wire/tcp_wire.h"

#define PKT_MD5_LEN    16
#define WINDOW_DEFAULT 65535 /* of a packet sent without "win" */

static const struct {
    char letter;
    unsigned flag;
} FLAG_LETTERS[] = {
    { 'F', TCP_FIN }, { 'S', TCP_SYN }, { 'R', TCP_RST }, { 'P', TCP_PSH }, { '.', TCP_ACK },
    { 'U', TCP_URG }, { 'E', TCP_ECE }, { 'W', TCP_CWR }, { 'A', TCP_AE },
};

/* ---- parts ---- */

static bool take_u32(struct pkt_parser *parser, uint32_t *value)
{
    int64_t number;

    if (!pkt_take_int(parser, INT32_MIN, UINT32_MAX, &number))
        return false;
    *value = (uint32_t)number;
    return true;
}

static bool take_u16(struct pkt_parser *parser, uint16_t *value)
{
    int64_t number;

    if (!pkt_take_int(parser, 0, UINT16_MAX, &number))
        return false;
    *value = (uint16_t)number;
    return true;
}

static bool take_u8(struct pkt_parser *parser, uint8_t *value)
{
    int64_t number;

    if (!pkt_take_int(parser, 0, UINT8_MAX, &number))
        return false;
    *value = (uint8_t)number;
    return true;
}

/* FIRST:LAST(LEN) */
static bool parse_seq(struct pkt_parser *parser, struct pkt_packet *packet)
{
    guint begin = parser->at;
    int64_t last; /* may be written beyond 32 bits where the numbers wrap */

    if (!take_u32(parser, &packet->seq) || !pkt_expect_sign(parser, ':') ||
        !pkt_take_int(parser, INT32_MIN, 2 * (int64_t)UINT32_MAX, &last) ||
        !pkt_expect_sign(parser, '(') || !take_u32(parser, &packet->len) ||
        !pkt_expect_sign(parser, ')'))
        return false;
    if (packet->len <= UINT16_MAX && (uint32_t)last == packet->seq + packet->len)
        return true;
    parser->at = begin;
    return pkt_wrong(parser, _("an end that is the first octet plus the length"));
}

static bool parse_udp_len(struct pkt_parser *parser, struct pkt_packet *packet)
{
    return pkt_expect_sign(parser, '(') && take_u32(parser, &packet->len) &&
           pkt_expect_sign(parser, ')') &&
           (packet->len <= UINT16_MAX || pkt_wrong(parser, _("a length below 65536")));
}

/* ---- [ ... ] before the flags: the IP header, or what an ICMP error quotes ---- */

static bool parse_ecn(struct pkt_parser *parser, struct pkt_packet *packet)
{
    static const struct {
        const char *word;
        enum pkt_ecn ecn;
    } ECNS[] = { { "noecn", PKT_ECN_NONE },
                 { "ect0", PKT_ECT0 },
                 { "ect1", PKT_ECT1 },
                 { "ect01", PKT_ECT01 },
                 { "ce", PKT_CE } };

    for (gsize i = 0; i < G_N_ELEMENTS(ECNS); i++) {
        if (pkt_take_word(parser, ECNS[i].word)) {
            packet->ecn = ECNS[i].ecn;
            return true;
        }
    }
    return false;
}

static bool parse_ip_field(struct pkt_parser *parser, struct pkt_packet *packet)
{
    if (parse_ecn(parser, packet))
        return true;
    if (pkt_take_word(parser, "tos"))
        return packet->has_tos = take_u8(parser, &packet->tos);
    if (pkt_take_word(parser, "ttl"))
        return packet->has_ttl = take_u8(parser, &packet->ttl);
    if (pkt_take_word(parser, "flowlabel"))
        return packet->has_flow = take_u32(parser, &packet->flow);
    return pkt_wrong(parser, _("noecn, ect0, ect1, ect01, ce, tos, ttl or flowlabel"));
}

static bool parse_quote(struct pkt_parser *parser, struct pkt_packet *packet)
{
    packet->has_quote = true;
    packet->quoted = pkt_take_word(parser, "udp") ? PKT_UDP : PKT_TCP;
    return packet->quoted == PKT_UDP ? parse_udp_len(parser, packet) : parse_seq(parser, packet);
}

static bool parse_ip_fields(struct pkt_parser *parser, struct pkt_packet *packet, char close)
{
    do {
        if (!parse_ip_field(parser, packet))
            return false;
    } while (pkt_take_sign(parser, ',') || !pkt_is_sign(parser, close));
    return pkt_expect_sign(parser, close);
}

/* `udp 5000 > 8080` before the flags: the packet is carried in a datagram. */
static bool is_encapsulation(struct pkt_parser *parser)
{
    return pkt_is_word(parser, "udp") && pkt_ahead(parser, 1)->kind == PKT_T_INT;
}

static bool parse_bracket(struct pkt_parser *parser, struct pkt_packet *packet)
{
    if (is_encapsulation(parser))
        return pkt_refused(parser, "udp PORT > PORT");
    if (pkt_next(parser)->kind == PKT_T_INT || pkt_is_word(parser, "udp"))
        return parse_quote(parser, packet) && pkt_expect_sign(parser, ']');
    return parse_ip_fields(parser, packet, ']');
}

/* [...] and (...) before the flags. */
static bool parse_brackets(struct pkt_parser *parser, struct pkt_packet *packet)
{
    for (;;) {
        if (pkt_take_sign(parser, '[')) {
            if (!parse_bracket(parser, packet))
                return false;
        } else if (!pkt_take_sign(parser, '(')) {
            return true;
        } else if (is_encapsulation(parser)) {
            return pkt_refused(parser, "udp PORT > PORT");
        } else if (!parse_ip_fields(parser, packet, ')')) {
            return false;
        }
    }
}

/* ---- TCP options ---- */

static bool parse_sacks(struct pkt_parser *parser, struct pkt_tcp_option *option)
{
    while (pkt_next(parser)->kind == PKT_T_INT) {
        if (option->n_sack == PKT_SACKS_MAX)
            return pkt_wrong(parser, _("at most four SACK blocks"));
        if (!take_u32(parser, &option->sack[option->n_sack].start) ||
            !pkt_expect_sign(parser, ':') || !take_u32(parser, &option->sack[option->n_sack].end))
            return false;
        option->n_sack++;
    }
    return true;
}

/* Hexadecimal digits, with or without 0x before them. */
static bool parse_octets(struct pkt_parser *parser, struct pkt_tcp_option *option)
{
    const struct pkt_token *token = pkt_next(parser);
    const char *text = token->text;
    gsize n;

    if (token->kind != PKT_T_INT && token->kind != PKT_T_WORD)
        return true;
    if (g_str_has_prefix(text, "0x"))
        text += 2;
    n = strlen(text);
    if (n % 2 != 0 || n / 2 > (gsize)(PKT_RAW_MAX - option->len) ||
        strspn(text, "0123456789abcdefABCDEF") != n)
        return pkt_wrong(parser, _("an even number of hexadecimal digits"));
    for (gsize i = 0; i < n; i += 2)
        option->octets[option->len++] =
            (uint8_t)(g_ascii_xdigit_value(text[i]) * 16 + g_ascii_xdigit_value(text[i + 1]));
    parser->at++;
    return true;
}

static bool raw_option(struct pkt_parser *parser, struct pkt_tcp_option *option, uint8_t kind)
{
    option->raw = true;
    option->kind = kind;
    return parse_octets(parser, option);
}

/* Fast Open's experimental form: kind 254 and a magic number before the cookie. */
static bool experimental_fast_open(struct pkt_parser *parser, struct pkt_tcp_option *option)
{
    option->len = 2;
    be16_put(option->octets, TCP_EXPERIMENT_FAST_OPEN);
    return raw_option(parser, option, TCP_OPT_EXPERIMENT);
}

static bool unknown_option(struct pkt_parser *parser, struct pkt_tcp_option *option)
{
    uint8_t kind;

    return take_u8(parser, &kind) && raw_option(parser, option, kind);
}

/* "md5": signed with the key that the script has set; "md5 0x...": as it stands there. */
static bool parse_md5(struct pkt_parser *parser, struct pkt_tcp_option *option)
{
    if (!raw_option(parser, option, TCP_OPT_SIGNATURE))
        return false;
    option->sign = option->len == 0;
    if (option->sign)
        option->len = PKT_MD5_LEN;
    return true;
}

/* "ECN e1b 1 ceb 0 e0b 1": up to three counters of accurate ECN in one of the two orders. */
static bool parse_accecn(struct pkt_parser *parser, struct pkt_tcp_option *option)
{
    static const char *const words[2][TCP_ACCECN_FIELDS] = { { "e0b", "ceb", "e1b" },
                                                             { "e1b", "ceb", "e0b" } };
    unsigned order = pkt_is_word(parser, words[0][0]) ? 0 : 1;

    option->raw = true;
    option->kind = order == 0 ? TCP_OPT_ACCECN0 : TCP_OPT_ACCECN1;
    for (unsigned i = 0; i < TCP_ACCECN_FIELDS && pkt_take_word(parser, words[order][i]); i++) {
        uint32_t value;

        if (!take_u32(parser, &value))
            return false;
        option->octets[option->len] = (uint8_t)(value >> 16);
        be16_put(option->octets + option->len + 1, (uint16_t)value);
        option->len += 3;
    }
    return true;
}

/* Options that the original knows, of multipath TCP and accurate ECN before RFC 9768. */
static bool is_absent_option(const struct pkt_token *token)
{
    static const char *const begins[] = { "accecn", "exp-accecn", "mp_", "dss", "add_addr" };
    g_autofree char *lower = token->kind == PKT_T_WORD ? g_ascii_strdown(token->text, -1) : NULL;

    for (gsize i = 0; lower != NULL && i < G_N_ELEMENTS(begins); i++)
        if (g_str_has_prefix(lower, begins[i]))
            return true;
    return false;
}

static bool parse_option(struct pkt_parser *parser, struct pkt_tcp_option *option)
{
    if (pkt_take_word(parser, "nop"))
        return option->kind = TCP_OPT_NOP, true;
    if (pkt_take_word(parser, "eol"))
        return option->kind = TCP_OPT_EOL, true;
    if (pkt_take_word(parser, "sackOK"))
        return option->kind = TCP_OPT_SACK_PERMITTED, true;
    if (pkt_take_word(parser, "mss"))
        return option->kind = TCP_OPT_MSS, take_u32(parser, &option->value);
    if (pkt_take_word(parser, "wscale"))
        return option->kind = TCP_OPT_WSCALE, take_u32(parser, &option->value);
    if (pkt_take_word(parser, "sack"))
        return option->kind = TCP_OPT_SACK, parse_sacks(parser, option);
    if (pkt_take_word(parser, "TS")) {
        option->kind = TCP_OPT_TIMESTAMPS;
        return (pkt_take_word(parser, "val") || pkt_wrong(parser, "val")) &&
               take_u32(parser, &option->value) &&
               (pkt_take_word(parser, "ecr") || pkt_wrong(parser, "ecr")) &&
               take_u32(parser, &option->ecr);
    }
    if (pkt_take_word(parser, "FO"))
        return raw_option(parser, option, TCP_OPT_FAST_OPEN);
    if (pkt_take_word(parser, "FOEXP"))
        return experimental_fast_open(parser, option);
    if (pkt_take_word(parser, "ECN"))
        return parse_accecn(parser, option);
    if (pkt_take_word(parser, "md5"))
        return parse_md5(parser, option);
    if (pkt_take_word(parser, "kind") || pkt_take_word(parser, "unknown"))
        return unknown_option(parser, option);
    if (pkt_next(parser)->kind == PKT_T_INT)
        return unknown_option(parser, option);
    if (is_absent_option(pkt_next(parser)))
        return pkt_refused(parser, pkt_next(parser)->text);
    return pkt_wrong(parser, _("a TCP option: mss, wscale, sackOK, sack, TS, nop, eol, FO, ECN, "
                               "or a kind's number"));
}

static bool parse_options(struct pkt_parser *parser, struct pkt_packet *packet)
{
    if (pkt_next(parser)->kind == PKT_T_DOTS) {
        parser->at++;
        packet->any_options = true;
        return pkt_expect_sign(parser, '>');
    }
    if (pkt_take_sign(parser, '>'))
        return true;
    do {
        if (packet->n_options == PKT_OPTS_MAX)
            return pkt_wrong(parser, _("fewer options"));
        if (!parse_option(parser, &packet->options[packet->n_options]))
            return false;
        packet->n_options++;
    } while (pkt_take_sign(parser, ','));
    return pkt_expect_sign(parser, '>');
}

/* ---- TCP ---- */

/* A digit is RFC 9768's counter of three bits: AE, CWR and ECE. */
static unsigned ace_flags(char digit)
{
    unsigned value = (unsigned)(digit - '0');

    return ((value & 4) != 0 ? (unsigned)TCP_AE : 0) | ((value & 2) != 0 ? (unsigned)TCP_CWR : 0) |
           ((value & 1) != 0 ? (unsigned)TCP_ECE : 0);
}

static bool add_flags(struct pkt_parser *parser, struct pkt_packet *packet, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        gsize i = 0;

        if (*letters >= '0' && *letters <= '7') {
            packet->flags |= ace_flags(*letters);
            continue;
        }

        while (i < G_N_ELEMENTS(FLAG_LETTERS) && FLAG_LETTERS[i].letter != *letters)
            i++;
        if (i == G_N_ELEMENTS(FLAG_LETTERS))
            return pkt_wrong(
                parser,
                _("TCP flags: letters of FSRPUEWA, . for ACK, or a digit for AE, CWR and ECE"));
        packet->flags |= FLAG_LETTERS[i].flag;
    }
    return true;
}

static bool is_flags(const struct pkt_token *token)
{
    return token->kind == PKT_T_WORD || (token->kind == PKT_T_SIGN && token->sign == '.') ||
           (token->kind == PKT_T_INT && token->len == 1);
}

/* "S", "S.", ".", "FP.", "SEW", "5.", "-": one word without blanks. */
static bool parse_flags(struct pkt_parser *parser, struct pkt_packet *packet)
{
    bool any = false;

    if (pkt_take_sign(parser, '-'))
        return true;
    while ((!any || pkt_next(parser)->glued) && is_flags(pkt_next(parser))) {
        if (!add_flags(parser, packet, pkt_next(parser)->text))
            return false;
        parser->at++;
        any = true;
    }
    return any || pkt_wrong(parser, _("TCP flags, \"udp\" or \"icmp\""));
}

static bool parse_tcp(struct pkt_parser *parser, struct pkt_packet *packet, bool outbound)
{
    packet->proto = PKT_TCP;
    if (!parse_flags(parser, packet) || !parse_seq(parser, packet))
        return false;
    if (pkt_take_word(parser, "ack")) {
        packet->has_ack = true;
        if (!take_u32(parser, &packet->ack))
            return false;
    }
    if (pkt_take_word(parser, "win")) {
        packet->has_window = true;
        if (!take_u16(parser, &packet->window))
            return false;
    } else if (!outbound) {
        packet->window = WINDOW_DEFAULT;
    }
    if (pkt_take_word(parser, "urg")) {
        packet->has_urgent = true;
        if (!take_u16(parser, &packet->urgent))
            return false;
    }
    return !pkt_take_sign(parser, '<') || parse_options(parser, packet);
}

/* ---- UDP, ICMP ---- */

static char *take_name(struct pkt_parser *parser)
{
    const struct pkt_token *token = pkt_next(parser);

    if (token->kind != PKT_T_WORD && token->kind != PKT_T_INT)
        return NULL;
    parser->at++;
    return g_strdup(token->text);
}

/* A number on the next line is that event's time, not the code of an ICMP error. */
static bool code_comes(const struct pkt_parser *parser)
{
    const struct pkt_token *token = pkt_next(parser);
    const struct pkt_token *type = &g_array_index(parser->tokens, struct pkt_token, parser->at - 1);

    if (token->kind == PKT_T_WORD)
        return !pkt_is_word(parser, "mtu") && !pkt_is_word(parser, "pointer");
    return token->kind == PKT_T_INT && token->line == type->line;
}

static bool parse_icmp(struct pkt_parser *parser, struct pkt_packet *packet)
{
    packet->proto = PKT_ICMP;
    packet->type_name = take_name(parser);
    if (packet->type_name == NULL)
        return pkt_wrong(parser, _("an ICMP type"));
    if (code_comes(parser))
        packet->code_name = take_name(parser);
    if (pkt_take_word(parser, "mtu") || pkt_take_word(parser, "pointer")) {
        packet->has_param = true;
        if (!take_u32(parser, &packet->param))
            return false;
    }
    return !pkt_take_sign(parser, '[') ||
           (parse_quote(parser, packet) && pkt_expect_sign(parser, ']'));
}

static bool parse_ports(struct pkt_parser *parser, struct pkt_packet *packet)
{
    if (pkt_next(parser)->kind != PKT_T_INT || pkt_ahead(parser, 1)->kind != PKT_T_SIGN ||
        pkt_ahead(parser, 1)->sign != '>')
        return true;
    packet->has_ports = true;
    return take_u16(parser, &packet->src_port) && pkt_expect_sign(parser, '>') &&
           take_u16(parser, &packet->dst_port);
}

bool pkt_parse_packet(struct pkt_parser *parser, struct pkt_packet *packet, bool outbound)
{
    static const char *const ABSENT[] = { "ipv4", "ipv6",    "mpls",  "gre",
                                          "sctp", "udplite", "vxlan", "geneve" };

    packet->line = pkt_next(parser)->line;
    if (!parse_brackets(parser, packet))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(ABSENT); i++)
        if (pkt_is_word(parser, ABSENT[i]))
            return pkt_refused(parser, ABSENT[i]);
    if (pkt_take_word(parser, "icmp") || pkt_take_word(parser, "icmpv6"))
        return parse_icmp(parser, packet);
    if (!parse_ports(parser, packet))
        return false;
    if (!pkt_take_word(parser, "udp"))
        return parse_tcp(parser, packet, outbound);
    packet->proto = PKT_UDP;
    return parse_ports(parser, packet) && parse_udp_len(parser, packet);
}
