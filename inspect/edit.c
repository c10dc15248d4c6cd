#include "inspect/edit.h"

#include <string.h>

#include "base/addr.h"
#include "base/checksum.h"
#include "inspect/dissect.h"
#include "inspect/i18n.h"

enum { OCTETS_MAX = 1024 }; /* that one change writes */

enum kind { KIND_NUMBER, KIND_IP, KIND_IP6, KIND_MAC, KIND_FLAGS, KIND_OCTETS };
enum from { FROM_FIELD, FROM_FRAME, FROM_PAYLOAD };

#define FIELD_LIST(X)                                                                              \
    X("eth.dst", MAC, 48)                                                                          \
    X("eth.src", MAC, 48)                                                                          \
    X("eth.type", NUMBER, 16)                                                                      \
    X("vlan.priority", NUMBER, 3)                                                                  \
    X("vlan.dei", NUMBER, 1)                                                                       \
    X("vlan.id", NUMBER, 12)                                                                       \
    X("vlan.etype", NUMBER, 16)                                                                    \
    X("arp.hw.type", NUMBER, 16)                                                                   \
    X("arp.proto.type", NUMBER, 16)                                                                \
    X("arp.hw.size", NUMBER, 8)                                                                    \
    X("arp.proto.size", NUMBER, 8)                                                                 \
    X("arp.opcode", NUMBER, 16)                                                                    \
    X("arp.src.hw_mac", MAC, 48)                                                                   \
    X("arp.src.proto_ipv4", IP, 32)                                                                \
    X("arp.dst.hw_mac", MAC, 48)                                                                   \
    X("arp.dst.proto_ipv4", IP, 32)                                                                \
    X("ip.version", NUMBER, 4)                                                                     \
    X("ip.hdr_len", NUMBER, 4)                                                                     \
    X("ip.dsfield", NUMBER, 8)                                                                     \
    X("ip.len", NUMBER, 16)                                                                        \
    X("ip.id", NUMBER, 16)                                                                         \
    X("ip.flags.df", NUMBER, 1)                                                                    \
    X("ip.flags.mf", NUMBER, 1)                                                                    \
    X("ip.frag_offset", NUMBER, 13)                                                                \
    X("ip.ttl", NUMBER, 8)                                                                         \
    X("ip.proto", NUMBER, 8)                                                                       \
    X("ip.checksum", NUMBER, 16)                                                                   \
    X("ip.src", IP, 32)                                                                            \
    X("ip.dst", IP, 32)                                                                            \
    X("ipv6.version", NUMBER, 4)                                                                   \
    X("ipv6.tclass", NUMBER, 8)                                                                    \
    X("ipv6.flow", NUMBER, 20)                                                                     \
    X("ipv6.plen", NUMBER, 16)                                                                     \
    X("ipv6.nxt", NUMBER, 8)                                                                       \
    X("ipv6.hlim", NUMBER, 8)                                                                      \
    X("ipv6.src", IP6, 128)                                                                        \
    X("ipv6.dst", IP6, 128)                                                                        \
    X("ipv6.fraghdr.nxt", NUMBER, 8)                                                               \
    X("ipv6.fraghdr.offset", NUMBER, 13)                                                           \
    X("ipv6.fraghdr.more", NUMBER, 1)                                                              \
    X("ipv6.fraghdr.ident", NUMBER, 32)                                                            \
    X("icmp.type", NUMBER, 8)                                                                      \
    X("icmp.code", NUMBER, 8)                                                                      \
    X("icmp.checksum", NUMBER, 16)                                                                 \
    X("icmp.ident", NUMBER, 16)                                                                    \
    X("icmp.seq", NUMBER, 16)                                                                      \
    X("icmp.mtu", NUMBER, 16)                                                                      \
    X("icmp.pointer", NUMBER, 8)                                                                   \
    X("icmp.redir_gw", IP, 32)                                                                     \
    X("icmpv6.type", NUMBER, 8)                                                                    \
    X("icmpv6.code", NUMBER, 8)                                                                    \
    X("icmpv6.checksum", NUMBER, 16)                                                               \
    X("icmpv6.echo.identifier", NUMBER, 16)                                                        \
    X("icmpv6.echo.sequence_number", NUMBER, 16)                                                   \
    X("icmpv6.mtu", NUMBER, 32)                                                                    \
    X("icmpv6.pointer", NUMBER, 32)                                                                \
    X("icmpv6.nd.ns.target_address", IP6, 128)                                                     \
    X("icmpv6.nd.na.flag.r", NUMBER, 1)                                                            \
    X("icmpv6.nd.na.flag.s", NUMBER, 1)                                                            \
    X("icmpv6.nd.na.flag.o", NUMBER, 1)                                                            \
    X("icmpv6.nd.na.target_address", IP6, 128)                                                     \
    X("icmpv6.nd.ra.cur_hop_limit", NUMBER, 8)                                                     \
    X("icmpv6.nd.ra.router_lifetime", NUMBER, 16)                                                  \
    X("icmpv6.opt.linkaddr", MAC, 48)                                                              \
    X("icmpv6.opt.prefix", IP6, 128)                                                               \
    X("icmpv6.opt.prefix.length", NUMBER, 8)                                                       \
    X("icmpv6.opt.mtu", NUMBER, 32)                                                                \
    X("udp.srcport", NUMBER, 16)                                                                   \
    X("udp.dstport", NUMBER, 16)                                                                   \
    X("udp.length", NUMBER, 16)                                                                    \
    X("udp.checksum", NUMBER, 16)                                                                  \
    X("tcp.srcport", NUMBER, 16)                                                                   \
    X("tcp.dstport", NUMBER, 16)                                                                   \
    X("tcp.seq", NUMBER, 32)                                                                       \
    X("tcp.ack", NUMBER, 32)                                                                       \
    X("tcp.hdr_len", NUMBER, 4)                                                                    \
    X("tcp.flags", FLAGS, 8)                                                                       \
    X("tcp.window_size_value", NUMBER, 16)                                                         \
    X("tcp.checksum", NUMBER, 16)                                                                  \
    X("tcp.urgent_pointer", NUMBER, 16)                                                            \
    X("tcp.options.mss_val", NUMBER, 16)                                                           \
    X("tcp.options.wscale.shift", NUMBER, 8)                                                       \
    X("tcp.options.timestamp.tsval", NUMBER, 32)                                                   \
    X("tcp.options.timestamp.tsecr", NUMBER, 32)                                                   \
    X("dns.id", NUMBER, 16)                                                                        \
    X("dns.flags", NUMBER, 16)                                                                     \
    X("dns.resp.ttl", NUMBER, 32)                                                                  \
    X("dns.a", IP, 32)                                                                             \
    X("dhcp.type", NUMBER, 8)                                                                      \
    X("dhcp.hops", NUMBER, 8)                                                                      \
    X("dhcp.id", NUMBER, 32)                                                                       \
    X("dhcp.secs", NUMBER, 16)                                                                     \
    X("dhcp.flags", NUMBER, 16)                                                                    \
    X("dhcp.ip.client", IP, 32)                                                                    \
    X("dhcp.ip.your", IP, 32)                                                                      \
    X("dhcp.ip.server", IP, 32)                                                                    \
    X("dhcp.ip.relay", IP, 32)                                                                     \
    X("dhcp.hw.mac_addr", MAC, 48)

#define X(name, kind, bits) { name, KIND_##kind, bits },
static const struct known {
    const char *name;
    enum kind kind;
    unsigned bits; /* of a number */
} FIELDS[] = { FIELD_LIST(X) };
#undef X

#define X(name, kind, bits) name,
static const char *const NAMES[] = { FIELD_LIST(X) NULL };
#undef X

/* What students and tcpdump say for short. */
static const char *const ALIASES[][2] = {
    { "eth.destination", "eth.dst" },     { "eth.source", "eth.src" },
    { "ip.tos", "ip.dsfield" },           { "tcp.window", "tcp.window_size_value" },
    { "tcp.mss", "tcp.options.mss_val" }, { "icmp.id", "icmp.ident" },
    { "arp.op", "arp.opcode" },           { "arp.sha", "arp.src.hw_mac" },
    { "arp.spa", "arp.src.proto_ipv4" },  { "arp.tha", "arp.dst.hw_mac" },
    { "arp.tpa", "arp.dst.proto_ipv4" },  { "ipv6.hoplimit", "ipv6.hlim" },
};

struct change {
    const struct known *field; /* FROM_FIELD */
    char *name, *value;        /* as written */
    enum from from;
    size_t at;    /* FROM_FRAME, FROM_PAYLOAD */
    int relative; /* 1, -1: add or subtract `number` */
    uint64_t number;
    uint8_t *octets; /* KIND_OCTETS, KIND_IP6 */
    size_t len;
};

struct edit {
    GPtrArray *changes;
};

static void change_free(gpointer data)
{
    struct change *change = data;

    g_free(change->name);
    g_free(change->value);
    g_free(change->octets);
    g_free(change);
}

struct edit *edit_new(void)
{
    struct edit *edit = g_new(struct edit, 1);

    edit->changes = g_ptr_array_new_with_free_func(change_free);
    return edit;
}

void edit_free(struct edit *edit)
{
    if (edit == NULL)
        return;
    g_ptr_array_unref(edit->changes);
    g_free(edit);
}

const char *const *edit_field_names(void)
{
    return NAMES;
}

/* ---- reading ---- */

static const struct known *find_known(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ALIASES); i++)
        if (g_ascii_strcasecmp(name, ALIASES[i][0]) == 0)
            name = ALIASES[i][1];
    for (size_t i = 0; i < G_N_ELEMENTS(FIELDS); i++)
        if (g_ascii_strcasecmp(name, FIELDS[i].name) == 0)
            return &FIELDS[i];
    return NULL;
}

/* "octet 14", "payload 0", "text 0" */
static bool read_place(const char *name, enum from *from, size_t *at, bool *text)
{
    static const char *const words[] = { "octet ", "payload ", "text " };
    guint64 number;

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!g_str_has_prefix(name, words[i]) ||
            !g_ascii_string_to_unsigned(name + strlen(words[i]), 10, 0, 65535, &number, NULL))
            continue;
        *from = i == 0 ? FROM_FRAME : FROM_PAYLOAD;
        *text = i == 2;
        *at = (size_t)number;
        return true;
    }
    return false;
}

bool edit_is_field(const char *name)
{
    enum from from;
    size_t at;
    bool text;

    return find_known(name) != NULL || read_place(name, &from, &at, &text);
}

static bool read_unsigned(const char *text, uint64_t max, uint64_t *number)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    guint64 value;

    if (!g_ascii_string_to_unsigned(hex ? text + 2 : text, hex ? 16 : 10, 0, max, &value, NULL))
        return false;
    *number = value;
    return true;
}

static bool read_flags(const char *text, uint64_t *number)
{
    static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };
    g_auto(GStrv) words = g_strsplit_set(text, "+,|", -1);

    *number = 0;
    if (strcmp(text, "none") == 0)
        return true;
    for (char **word = words; *word != NULL; word++) {
        unsigned bit = 0;

        while (bit < 8 && g_ascii_strcasecmp(g_strstrip(*word), names[bit]) != 0)
            bit++;
        if (bit == 8)
            return false;
        *number |= UINT64_C(1) << bit;
    }
    return true;
}

static bool fail(char **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(char **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    *error = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

static bool read_number(struct change *change, const char *value, char **error)
{
    const struct known *field = change->field;
    uint64_t max = (UINT64_C(1) << field->bits) - 1;

    if (*value == '+' || *value == '-')
        change->relative = *value == '+' ? 1 : -1;
    if (read_unsigned(value + (change->relative != 0), max, &change->number))
        return true;
    if (field->kind == KIND_FLAGS && read_flags(value, &change->number))
        return true;
    if (field->kind == KIND_FLAGS)
        return fail(error, _("%s is flags such as SYN+ACK, or a number from 0 to 255, not \"%s\""),
                    field->name, value);
    return fail(error, _("%s is a number from 0 to %u, not \"%s\""), field->name, (unsigned)max,
                value);
}

static bool read_address(struct change *change, const char *value, char **error)
{
    struct mac_addr mac;
    struct ip6_addr ip6;
    ip4_addr ip;

    if (change->field->kind == KIND_IP6) {
        if (!ip6_parse(value, &ip6))
            return fail(error, _("%s is an IPv6 address, not \"%s\""), change->field->name, value);
        change->len = 16;
        change->octets = g_malloc(change->len);
        ip6_put(change->octets, ip6);
        return true;
    }
    if (change->field->kind == KIND_IP) {
        if (!ip4_parse(value, &ip))
            return fail(error, _("%s is an IPv4 address, not \"%s\""), change->field->name, value);
        change->number = ip;
        return true;
    }
    if (!mac_parse(value, &mac))
        return fail(error, _("%s is a MAC address, not \"%s\""), change->field->name, value);
    for (int i = 0; i < 6; i++)
        change->number = change->number << 8 | mac.octets[i];
    return true;
}

static bool read_octets(struct change *change, const char *value, char **error)
{
    GByteArray *octets = g_byte_array_new();
    bool ok = true;

    while (ok && *value != '\0') {
        uint8_t octet;

        if (g_ascii_isspace(*value) || *value == ':') {
            value++;
            continue;
        }
        ok = g_ascii_isxdigit(value[0]) && g_ascii_isxdigit(value[1]);
        if (!ok)
            break;
        octet = (uint8_t)(g_ascii_xdigit_value(value[0]) << 4 | g_ascii_xdigit_value(value[1]));
        g_byte_array_append(octets, &octet, 1);
        value += 2;
    }
    ok = ok && octets->len > 0 && octets->len <= OCTETS_MAX;
    change->len = octets->len;
    change->octets = g_byte_array_free(octets, FALSE);
    return ok ||
           fail(error, _("%s wants 1 to %d octets as pairs of hexadecimal digits, not \"%s\""),
                change->name, OCTETS_MAX, change->value);
}

static bool read_text(struct change *change, char **error)
{
    change->len = strlen(change->value);
    change->octets = g_memdup2(change->value, change->len + 1);
    return (change->len > 0 && change->len <= OCTETS_MAX) ||
           fail(error, _("%s wants a text of 1 to %d octets"), change->name, OCTETS_MAX);
}

bool edit_is_length(const char *name)
{
    static const char *const names[] = { "frame.len", "frame.cap_len", "data.len", "length",
                                         "len",       "truncate",      "append",   NULL };

    return g_strv_contains(names, name);
}

static bool read_change(struct change *change, char **error)
{
    bool text = false;

    if (read_place(change->name, &change->from, &change->at, &text))
        return text ? read_text(change, error) : read_octets(change, change->value, error);
    if (edit_is_length(change->name))
        return fail(error, "%s",
                    _("octets of a frame change, never their number: to cut or lengthen one is not "
                      "simulated"));
    change->field = find_known(change->name);
    if (change->field == NULL)
        return fail(error,
                    _("no field \"%s\" can be set: ip.ttl, tcp.flags, eth.dst, ..., octet N, "
                      "payload N, text N"),
                    change->name);
    return change->field->kind == KIND_IP || change->field->kind == KIND_IP6 ||
                   change->field->kind == KIND_MAC
               ? read_address(change, change->value, error)
               : read_number(change, change->value, error);
}

bool edit_add(struct edit *edit, const char *field, const char *value, char **error)
{
    struct change *change = g_new0(struct change, 1);

    change->name = g_strdup(field);
    change->value = g_strdup(value);
    if (!read_change(change, error)) {
        change_free(change);
        return false;
    }
    g_ptr_array_add(edit->changes, change);
    return true;
}

void edit_text(const struct edit *edit, GString *out)
{
    for (guint i = 0; i < edit->changes->len; i++) {
        const struct change *change = edit->changes->pdata[i];

        g_string_append_printf(out, "%s%s = %s", i > 0 ? ", " : "", change->name, change->value);
    }
}

/* ---- changing ---- */

struct spot { /* where a change writes */
    size_t at, len;
    unsigned bit, n_bits;
};

static bool find_spot(const struct dissection *d, const struct change *change, struct spot *spot)
{
    const struct field *field;
    size_t begin = change->from == FROM_PAYLOAD ? d->facts.payload_at : 0;
    size_t end = change->from == FROM_PAYLOAD ? begin + d->facts.payload_len : d->len;

    if (change->field == NULL) {
        *spot = (struct spot){ .at = begin + change->at, .len = change->len };
        return spot->at + spot->len <= MIN(end, d->len);
    }
    field = dissect_find(d, change->field->name);
    if (field == NULL || field->len == 0 || field->at + field->len > d->len)
        return false;
    *spot = (struct spot){ field->at, field->len, field->bit, field->n_bits };
    return true;
}

const char *edit_missing(const struct edit *edit, const uint8_t *octets, size_t len)
{
    const char *missing = NULL;
    struct dissection d;
    struct spot spot;

    dissect(&d, octets, len, NULL);
    for (guint i = 0; i < edit->changes->len && missing == NULL; i++) {
        const struct change *change = edit->changes->pdata[i];

        if (!find_spot(&d, change, &spot))
            missing = change->name;
    }
    dissect_fini(&d);
    return missing;
}

static uint64_t read_whole(const uint8_t *octets, size_t len)
{
    uint64_t whole = 0;

    for (size_t i = 0; i < len; i++)
        whole = whole << 8 | octets[i];
    return whole;
}

static void write_number(const struct change *change, const struct spot *spot, uint8_t *octets)
{
    unsigned width = (unsigned)spot->len * 8;
    unsigned bits = spot->n_bits != 0 ? spot->n_bits : width;
    unsigned shift = width - spot->bit - bits;
    uint64_t mask = ((UINT64_C(1) << bits) - 1) << shift;
    uint64_t whole = read_whole(octets + spot->at, spot->len), value = change->number;

    if (change->relative != 0)
        value = ((whole & mask) >> shift) + (change->relative > 0 ? value : -value);
    whole = (whole & ~mask) | (value << shift & mask);
    for (size_t i = spot->len; i-- > 0; whole >>= 8)
        octets[spot->at + i] = (uint8_t)whole;
}

static uint32_t pseudo_sum(const struct facts *facts, const uint8_t *ip, size_t len)
{
    if (facts->net == FACT_IPV6)
        return checksum_pseudo6(ip6_get(ip + 8), ip6_get(ip + 24), facts->ip6_protocol, len);
    return facts->transport == FACT_ICMP
               ? 0
               : checksum_pseudo(be32_get(ip + 12), be32_get(ip + 16), ip[9], len);
}

/* Of ICMP, UDP or TCP in one piece up to @end; the place is what it was before the changes. */
static void fix_transport(const struct facts *facts, uint8_t *octets, size_t end)
{
    uint8_t *transport = octets + facts->transport_at;
    size_t len = end - facts->transport_at;
    size_t field = facts->transport == FACT_UDP ? 6u : facts->transport == FACT_TCP ? 16u : 2u;
    uint32_t sum = pseudo_sum(facts, octets + facts->ip_at, len);
    uint16_t checksum;

    if (facts->transport == FACT_UDP && be16_get(transport + field) == 0)
        return; /* it has none */
    be16_put(transport + field, 0);
    checksum = checksum_finish(checksum_add(sum, transport, len));
    be16_put(transport + field,
             checksum == 0 && facts->transport == FACT_UDP ? UINT16_MAX : checksum);
}

static void fix_checksums(const struct facts *facts, uint8_t *octets, size_t len)
{
    uint8_t *ip = octets + facts->ip_at;
    bool whole = !facts->ip.mf && facts->ip.frag_off == 0 && !facts->cut;
    size_t end =
        facts->ip_at + (facts->net == FACT_IPV6 ? (size_t)IPV6_HDR_LEN + facts->ip6.payload_len
                                                : facts->ip.total_len);

    if ((facts->net != FACT_IPV4 && facts->net != FACT_IPV6) || end > len)
        return;
    if (facts->net == FACT_IPV4) {
        be16_put(ip + 10, 0);
        be16_put(ip + 10, checksum_finish(checksum_add(0, ip, facts->ip.hdr_len)));
    }
    if (whole && facts->transport != FACT_TRANSPORT_NONE)
        fix_transport(facts, octets, end);
}

/* The places are those of the frame as it came, whatever the changes before do to it. */
void edit_apply(const struct edit *edit, uint8_t *octets, size_t len, bool keep_checksums)
{
    guint n = edit->changes->len;
    g_autofree struct spot *spots = g_new0(struct spot, n + 1);
    g_autofree uint8_t *changed = NULL;
    struct dissection d;

    dissect(&d, octets, len, NULL);
    for (guint i = 0; i < n; i++)
        if (!find_spot(&d, edit->changes->pdata[i], &spots[i]))
            spots[i] = (struct spot){ 0 };
    for (guint i = 0; i < n; i++) {
        const struct change *change = edit->changes->pdata[i];

        if (spots[i].len > 0 && change->octets != NULL)
            memcpy(octets + spots[i].at, change->octets, change->len);
        else if (spots[i].len > 0)
            write_number(change, &spots[i], octets);
    }
    if (!keep_checksums) {
        changed = g_memdup2(octets, len);
        fix_checksums(&d.facts, octets, len);
        for (guint i = 0; i < n; i++) /* a checksum that was asked for */
            if (spots[i].len > 0)
                memcpy(octets + spots[i].at, changed + spots[i].at, spots[i].len);
    }
    dissect_fini(&d);
}
