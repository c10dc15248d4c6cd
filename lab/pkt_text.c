/* Packets in the words of a script. */
#include "base/be.h"
#include "lab/pkt_icmp.h"
#include "lab/pkt_packet.h"
#include "stack/wire/tcp_wire.h"

char *pkt_flags_text(unsigned flags)
{
    static const struct {
        unsigned flag;
        char letter;
    } LETTERS[] = { { TCP_SYN, 'S' }, { TCP_FIN, 'F' }, { TCP_RST, 'R' },
                    { TCP_PSH, 'P' }, { TCP_URG, 'U' }, { TCP_ECE, 'E' },
                    { TCP_CWR, 'W' }, { TCP_AE, 'A' },  { TCP_ACK, '.' } };
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(LETTERS); i++)
        if ((flags & LETTERS[i].flag) != 0)
            g_string_append_c(text, LETTERS[i].letter);
    if (text->len == 0)
        g_string_append_c(text, '-');
    return g_string_free(text, FALSE);
}

/* Octets of an option that is not one of those with a form of their own; Fast Open's cookie, in
 * both of its forms. */
static void raw_octets_text(GString *text, const struct pkt_tcp_option *option)
{
    bool experimental = option->kind == TCP_OPT_EXPERIMENT && option->len >= 2 &&
                        be16_get(option->octets) == TCP_EXPERIMENT_FAST_OPEN;
    unsigned first = experimental ? 2 : 0;

    if (experimental)
        g_string_append(text, "FOEXP");
    else if (option->kind == TCP_OPT_FAST_OPEN)
        g_string_append(text, "FO");
    else if (option->kind == TCP_OPT_SIGNATURE)
        g_string_append(text, "md5");
    else
        g_string_append_printf(text, "kind %u", option->kind);
    for (unsigned i = first; i < option->len; i++)
        g_string_append_printf(text, "%s%02x", i == first ? " 0x" : "", option->octets[i]);
}

static void raw_text(GString *text, const struct pkt_tcp_option *option)
{
    if (option->sign) {
        g_string_append(text, "md5");
        return;
    }
    raw_octets_text(text, option);
}

/* Accurate ECN's counters by their names; something else of its kind as octets. */
static bool accecn_text(GString *text, const struct pkt_tcp_option *option)
{
    static const char *const names[2][TCP_ACCECN_FIELDS] = { { "e0b", "ceb", "e1b" },
                                                             { "e1b", "ceb", "e0b" } };
    unsigned n = option->len / 3u;

    if ((option->kind != TCP_OPT_ACCECN0 && option->kind != TCP_OPT_ACCECN1) ||
        option->len % 3 != 0 || n > TCP_ACCECN_FIELDS ||
        (n == 0 && option->kind == TCP_OPT_ACCECN0))
        return false;
    g_string_append(text, "ECN");
    for (unsigned i = 0; i < n; i++)
        g_string_append_printf(text, " %s %u", names[option->kind == TCP_OPT_ACCECN1][i],
                               (unsigned)option->octets[3 * i] << 16 |
                                   be16_get(option->octets + 3 * i + 1));
    return true;
}

static void option_text(GString *text, const struct pkt_tcp_option *option)
{
    if (option->raw && accecn_text(text, option))
        return;
    if (option->raw) {
        raw_text(text, option);
        return;
    }
    switch (option->kind) {
    case TCP_OPT_EOL:
        g_string_append(text, "eol");
        break;
    case TCP_OPT_NOP:
        g_string_append(text, "nop");
        break;
    case TCP_OPT_MSS:
        g_string_append_printf(text, "mss %u", option->value);
        break;
    case TCP_OPT_WSCALE:
        g_string_append_printf(text, "wscale %u", option->value);
        break;
    case TCP_OPT_SACK_PERMITTED:
        g_string_append(text, "sackOK");
        break;
    case TCP_OPT_TIMESTAMPS:
        g_string_append_printf(text, "TS val %u ecr %u", option->value, option->ecr);
        break;
    default:
        g_string_append(text, "sack");
        for (unsigned i = 0; i < option->n_sack; i++)
            g_string_append_printf(text, " %u:%u", option->sack[i].start, option->sack[i].end);
    }
}

char *pkt_options_text(const struct pkt_packet *packet)
{
    GString *text = g_string_new(NULL);

    if (packet->any_options)
        g_string_append(text, "...");
    for (unsigned i = 0; i < packet->n_options; i++) {
        if (i > 0)
            g_string_append_c(text, ',');
        option_text(text, &packet->options[i]);
    }
    return g_string_free(text, FALSE);
}

static void tcp_text(GString *text, const struct pkt_packet *packet)
{
    static const char *const marks[] = { "", "[ect1] ", "[ect0] ", "[ce] " };
    g_autofree char *flags = pkt_flags_text(packet->flags);
    g_autofree char *options = pkt_options_text(packet);

    g_string_append(text, marks[pkt_packet_tos(packet) & 3]);
    g_string_append_printf(text, "%s %u:%u(%u)", flags, packet->seq, packet->seq + packet->len,
                           packet->len);
    if (packet->has_ack)
        g_string_append_printf(text, " ack %u", packet->ack);
    if (packet->has_window)
        g_string_append_printf(text, " win %u", packet->window);
    if (packet->has_urgent)
        g_string_append_printf(text, " urg %u", packet->urgent);
    if (*options != '\0')
        g_string_append_printf(text, " <%s>", options);
}

/* Of a packet that was seen, whose type and code are numbers, or of a script's. */
static void icmp_text(GString *text, const struct pkt_packet *packet, bool v6)
{
    const char *type = packet->type_name, *code = packet->code_name;

    if (type == NULL) {
        type = pkt_icmp_type_name(packet->type, v6);
        code = pkt_icmp_code_name(packet->type, packet->code, v6);
    }
    g_string_append_printf(text, "icmp %s", type != NULL ? type : "?");
    if (code != NULL)
        g_string_append_printf(text, " %s", code);
    if (packet->has_param)
        g_string_append_printf(text, " mtu %u", packet->param);
}

char *pkt_packet_text(const struct pkt_packet *packet)
{
    GString *text = g_string_new(NULL);

    switch (packet->proto) {
    case PKT_TCP:
        tcp_text(text, packet);
        break;
    case PKT_UDP:
        g_string_append_printf(text, "udp (%u)", packet->len);
        break;
    default:
        icmp_text(text, packet, false);
    }
    return g_string_free(text, FALSE);
}
