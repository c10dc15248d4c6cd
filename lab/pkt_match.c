/* Is this packet the one that the script expects? Rules R1 to R4 and R6 of docs/packetdrill.md. */
#include <string.h>

#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "lab/pkt_icmp.h"
#include "lab/pkt_internal.h"
#include "stack/wire/tcp_wire.h"

enum { COLUMN_NAME = 12, COLUMN_EXPECTED = 40, COLUMNS = 4, ECN_MASK = 3 };

bool pkt_is_pure_ack(const struct pkt_packet *packet)
{
    return packet->proto == PKT_TCP && packet->len == 0 &&
           (packet->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK;
}

/* ---- rows ---- */

/* Takes both texts. */
static void row(struct pkt_diff *diff, const char *name, char *expected, char *got, bool same)
{
    diff->differs |= !same;
    if (diff->rows == NULL) {
        g_free(expected);
        g_free(got);
        return;
    }
    g_ptr_array_add(diff->rows, g_strdup(name));
    g_ptr_array_add(diff->rows, expected);
    g_ptr_array_add(diff->rows, got);
    g_ptr_array_add(diff->rows, g_strdup(same ? "" : "x"));
}

static void number_row(struct pkt_diff *diff, const char *name, bool asked, uint32_t expected,
                       uint32_t got)
{
    row(diff, name, asked ? g_strdup_printf("%u", expected) : g_strdup(_("(anything)")),
        g_strdup_printf("%u", got), !asked || expected == got);
}

char *pkt_diff_text(const struct pkt_diff *diff)
{
    GString *text = g_string_new(NULL);
    gsize start;

    columns_pad(text, "", COLUMN_NAME);
    columns_pad(text, _("the script"), COLUMN_EXPECTED);
    g_string_append_printf(text, "%s\n", _("the host"));
    for (guint i = 0; i + COLUMNS <= diff->rows->len; i += COLUMNS) {
        const char *const *cell = (const char *const *)diff->rows->pdata + i;

        g_string_append(text, "");
        columns_pad(text, cell[0], COLUMN_NAME);
        columns_pad(text, cell[1], COLUMN_EXPECTED);
        g_string_append(text, cell[2]);
        if (cell[3][0] != '\0')
            g_string_append_printf(text, "   <- %s", _("differs"));
        g_string_append_c(text, '\n');
    }
    for (start = text->len; start > 0 && text->str[start - 1] == '\n'; start--)
        g_string_truncate(text, start - 1);
    return g_string_free(text, FALSE);
}

/* ---- the IP header ---- */

static const char *ecn_name(uint8_t tos)
{
    static const char *const names[] = { "noecn", "ect1", "ect0", "ce" };

    return names[tos & ECN_MASK];
}

static bool ecn_fits(enum pkt_ecn expected, uint8_t tos)
{
    switch (expected) {
    case PKT_ECN_NONE:
        return (tos & ECN_MASK) == 0;
    case PKT_ECT0:
        return (tos & ECN_MASK) == 2;
    case PKT_ECT1:
        return (tos & ECN_MASK) == 1;
    case PKT_ECT01:
        return (tos & ECN_MASK) == 1 || (tos & ECN_MASK) == 2;
    case PKT_CE:
        return (tos & ECN_MASK) == 3;
    default:
        return true;
    }
}

static void match_ip(const struct pkt_packet *expected, const struct pkt_packet *got,
                     struct pkt_diff *diff)
{
    static const char *const names[] = { "", "noecn", "ect0", "ect1", "ect01", "ce" };

    if (expected->ecn != PKT_ECN_ANY)
        row(diff, "ECN", g_strdup(names[expected->ecn]), g_strdup(ecn_name(got->tos)),
            ecn_fits(expected->ecn, got->tos));
    if (expected->has_tos)
        number_row(diff, "TOS", true, expected->tos, got->tos);
    if (expected->has_ttl)
        number_row(diff, "TTL", true, expected->ttl, got->ttl);
    if (expected->has_flow)
        number_row(diff, "flow label", true, expected->flow, got->flow);
}

/* ---- TCP options ---- */

static bool same_option(const struct pkt_tcp_option *a, const struct pkt_tcp_option *b)
{
    if (a->kind != b->kind || a->raw != b->raw || a->len != b->len || a->n_sack != b->n_sack)
        return false;
    if (a->sign)
        return b->sign;
    if (a->kind == TCP_OPT_TIMESTAMPS)
        return a->ecr == b->ecr; /* the clock of the script is not the host's */
    return a->value == b->value && memcmp(a->octets, b->octets, a->len) == 0 &&
           memcmp(a->sack, b->sack, a->n_sack * sizeof a->sack[0]) == 0;
}

static bool same_list(const struct pkt_packet *a, const struct pkt_packet *b)
{
    if (a->n_options != b->n_options)
        return false;
    for (unsigned i = 0; i < a->n_options; i++)
        if (!same_option(&a->options[i], &b->options[i]))
            return false;
    return true;
}

static const struct pkt_tcp_option *option_of(const struct pkt_packet *packet, uint8_t kind)
{
    for (unsigned i = 0; i < packet->n_options; i++)
        if (packet->options[i].kind == kind)
            return &packet->options[i];
    return NULL;
}

static bool is_padding(uint8_t kind)
{
    return kind == TCP_OPT_NOP || kind == TCP_OPT_EOL;
}

/* Every option of @a is in @b, with the values that count. */
static bool kinds_within(const struct pkt_packet *a, const struct pkt_packet *b)
{
    for (unsigned i = 0; i < a->n_options; i++) {
        const struct pkt_tcp_option *option = &a->options[i];
        const struct pkt_tcp_option *other = option_of(b, option->kind);

        if (is_padding(option->kind))
            continue;
        if (other == NULL)
            return false;
        if (option->kind == TCP_OPT_MSS && option->value != other->value)
            return false;
        if (option->kind == TCP_OPT_SACK && !same_option(option, other))
            return false;
    }
    return true;
}

static void match_options(const struct pkt_run *run, const struct pkt_packet *expected,
                          const struct pkt_packet *got, struct pkt_diff *diff)
{
    bool same = expected->any_options;

    if (!same && run->options->relaxed)
        same = kinds_within(expected, got) && kinds_within(got, expected);
    else if (!same)
        same = same_list(expected, got);
    row(diff, _("options"), pkt_options_text(expected), pkt_options_text(got), same);
}

/* ---- TCP ---- */

static void match_flags(const struct pkt_run *run, const struct pkt_packet *expected,
                        const struct pkt_packet *got, struct pkt_diff *diff)
{
    unsigned ignored = run->options->relaxed ? TCP_PSH : 0;

    row(diff, _("flags"), pkt_flags_text(expected->flags), pkt_flags_text(got->flags),
        (expected->flags & ~ignored) == (got->flags & ~ignored));
}

static void match_seq(const struct pkt_packet *expected, const struct pkt_got *got,
                      struct pkt_diff *diff)
{
    bool raw_reset = (expected->flags & TCP_RST) != 0 && got->wire_seq == expected->seq;
    bool same = expected->seq == got->packet.seq || raw_reset;

    row(diff, "SEQ", g_strdup_printf("%u", expected->seq), g_strdup_printf("%u", got->packet.seq),
        same);
    number_row(diff, _("octets"), true, expected->len, got->packet.len);
}

static void match_tcp(const struct pkt_run *run, const struct pkt_packet *expected,
                      const struct pkt_got *got, struct pkt_diff *diff)
{
    const struct pkt_packet *packet = &got->packet;

    match_flags(run, expected, packet, diff);
    match_seq(expected, got, diff);
    if ((expected->flags & packet->flags & TCP_ACK) != 0)
        number_row(diff, "ACK", expected->has_ack, expected->ack, packet->ack);
    number_row(diff, _("window"), expected->has_window && !run->options->relaxed, expected->window,
               packet->window);
    if (expected->has_urgent || packet->has_urgent)
        number_row(diff, _("urgent"), expected->has_urgent, expected->urgent, packet->urgent);
    match_options(run, expected, packet, diff);
}

static void match_icmp(const struct pkt_run *run, const struct pkt_packet *expected,
                       const struct pkt_packet *got, struct pkt_diff *diff)
{
    struct pkt_fault fault = { 0 };
    uint8_t type = 0, code = 0;

    if (!pkt_icmp_resolve(expected, run->config.v6, &type, &code, &fault)) {
        row(diff, "ICMP", fault.text, g_strdup_printf("%u %u", got->type, got->code), false);
        return;
    }
    number_row(diff, _("type"), true, type, got->type);
    number_row(diff, _("code"), expected->code_name != NULL, code, got->code);
    if (expected->has_param)
        number_row(diff, "MTU", true, expected->param, got->param);
}

bool pkt_match(struct pkt_run *run, const struct pkt_packet *expected, const struct pkt_got *got,
               struct pkt_diff *diff)
{
    static const char *const names[] = { "TCP", "UDP", "ICMP", "?" };

    diff->differs = false;
    if (expected->proto != got->packet.proto) {
        row(diff, _("protocol"), g_strdup(names[expected->proto]),
            g_strdup(names[got->packet.proto]), false);
        return false;
    }
    match_ip(expected, &got->packet, diff);
    if (expected->has_ports) {
        number_row(diff, _("from port"), true, expected->src_port, got->ends.src_port);
        number_row(diff, _("to port"), true, expected->dst_port, got->ends.dst_port);
    }
    if (expected->proto == PKT_TCP)
        match_tcp(run, expected, got, diff);
    else if (expected->proto == PKT_UDP)
        number_row(diff, _("octets"), true, expected->len, got->packet.len);
    else
        match_icmp(run, expected, &got->packet, diff);
    return !diff->differs;
}
