/* The application layer's part of dissect.h: DHCP, DNS, HTTP. */
#include <string.h>

#include "base/be.h"
#include "inspect/dissect.h"
#include "inspect/i18n.h"
#include "stack/wire/http_wire.h"

/* ---- DHCP ---- */

static const char *dhcp_option_name(uint8_t code)
{
    static const struct {
        uint8_t code;
        const char *name;
    } names[] = {
        { DHCP_OPT_SUBNET_MASK, N_("Subnet mask") },
        { DHCP_OPT_ROUTER, N_("Router (gateway)") },
        { DHCP_OPT_DNS_SERVER, N_("DNS servers") },
        { DHCP_OPT_HOST_NAME, N_("Host name") },
        { DHCP_OPT_DOMAIN_NAME, N_("Domain name") },
        { DHCP_OPT_MTU, N_("MTU") },
        { DHCP_OPT_BROADCAST, N_("Broadcast address") },
        { DHCP_OPT_NTP_SERVER, N_("NTP servers") },
        { DHCP_OPT_REQUESTED_ADDR, N_("Requested address") },
        { DHCP_OPT_LEASE_TIME, N_("Lease time") },
        { DHCP_OPT_MESSAGE_TYPE, N_("Message type") },
        { DHCP_OPT_SERVER_ID, N_("Server identifier") },
        { DHCP_OPT_PARAMETER_LIST, N_("Parameters asked for") },
        { DHCP_OPT_MESSAGE, N_("Message") },
        { DHCP_OPT_MAX_SIZE, N_("Longest message") },
        { DHCP_OPT_RENEWAL_TIME, N_("Renewal time T1") },
        { DHCP_OPT_REBINDING_TIME, N_("Rebinding time T2") },
        { DHCP_OPT_VENDOR_CLASS, N_("Vendor class") },
        { DHCP_OPT_CLIENT_ID, N_("Client identifier") },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].code == code)
            return _(names[i].name);
    return _("Option");
}

static bool is_one_of(uint8_t code, const uint8_t *codes, size_t n)
{
    return memchr(codes, code, n) != NULL;
}

static void option_value(const struct dissection *d, const struct dhcp_option *option, GString *out)
{
    static const uint8_t addresses[] = { DHCP_OPT_SUBNET_MASK, DHCP_OPT_ROUTER,
                                         DHCP_OPT_DNS_SERVER,  DHCP_OPT_BROADCAST,
                                         DHCP_OPT_NTP_SERVER,  DHCP_OPT_REQUESTED_ADDR,
                                         DHCP_OPT_SERVER_ID };
    static const uint8_t texts[] = { DHCP_OPT_HOST_NAME, DHCP_OPT_DOMAIN_NAME, DHCP_OPT_MESSAGE,
                                     DHCP_OPT_VENDOR_CLASS };
    static const uint8_t times[] = { DHCP_OPT_LEASE_TIME, DHCP_OPT_RENEWAL_TIME,
                                     DHCP_OPT_REBINDING_TIME };
    char text[IP4_TEXT_MAX];

    (void)d;
    if (is_one_of(option->code, addresses, sizeof addresses) && option->len % 4 == 0)
        for (size_t i = 0; i < option->len; i += 4)
            g_string_append_printf(out, "%s%s", i > 0 ? " " : "",
                                   ip4_format(be32_get(option->data + i), text));
    else if (is_one_of(option->code, texts, sizeof texts))
        for (size_t i = 0; i < option->len; i++)
            g_string_append_c(out, option->data[i] >= ' ' && option->data[i] < 0x7f
                                       ? (char)option->data[i]
                                       : '.');
    else if (is_one_of(option->code, times, sizeof times) && option->len == 4)
        g_string_append_printf(out, "%u s", be32_get(option->data));
    else if (option->len == 1)
        g_string_append_printf(out, "%u", option->data[0]);
    else if (option->len == 2 && option->code != DHCP_OPT_PARAMETER_LIST)
        g_string_append_printf(out, "%u", be16_get(option->data));
    else
        for (size_t i = 0; i < option->len; i++)
            g_string_append_printf(out, option->code == DHCP_OPT_PARAMETER_LIST ? "%s%u" : "%s%02x",
                                   i == 0                                    ? ""
                                   : option->code == DHCP_OPT_PARAMETER_LIST ? ","
                                                                             : ":",
                                   option->data[i]);
}

static void dhcp_options(struct dissection *d, struct field *layer, const struct dhcp_msg *msg)
{
    static const char *const types[] = { "",    "Discover", "Offer",   "Request", "Decline",
                                         "ACK", "NAK",      "Release", "Inform" };

    for (unsigned i = 0; i < msg->n_options; i++) {
        const struct dhcp_option *option = &msg->options[i];
        g_autoptr(GString) value = g_string_new(NULL);
        struct field *field;

        option_value(d, option, value);
        field = dissect_add(
            d, layer, option->code == DHCP_OPT_MESSAGE_TYPE ? "dhcp.option.dhcp" : "dhcp.option",
            dhcp_option_name(option->code), (size_t)(option->data - d->octets) - 2,
            option->len + 2u, "%s", value->str);
        if (option->code == DHCP_OPT_MESSAGE_TYPE && option->len == 1 &&
            option->data[0] < G_N_ELEMENTS(types))
            field->meaning = types[option->data[0]];
        else
            dissect_mean(d, field, _("option %u"), (unsigned)option->code);
    }
}

static void dhcp_address(struct dissection *d, struct field *layer, const char *abbrev,
                         const char *name, size_t at)
{
    char text[IP4_TEXT_MAX];

    dissect_add(d, layer, abbrev, name, at, 4, "%s", ip4_format(be32_get(d->octets + at), text));
}

void dissect_dhcp(struct dissection *d, size_t at, size_t len)
{
    struct field *layer = dissect_layer(d, "dhcp", "DHCP", at, len), *field;
    struct dhcp_msg msg;
    char mac[MAC_TEXT_MAX];

    if (dhcp_parse(d->octets + at, len, &msg) != DROP_NONE) {
        dissect_malformed(d, layer, at, len);
        return;
    }
    field = dissect_add(d, layer, "dhcp.type", _("Operation"), at, 1, "%u", msg.op);
    field->meaning = msg.op == DHCP_BOOTREQUEST ? _("request") : _("reply");
    dissect_add(d, layer, "dhcp.hops", _("Hops"), at + 3, 1, "%u", msg.hops);
    dissect_add(d, layer, "dhcp.id", _("Transaction"), at + 4, 4, "0x%08x", msg.xid);
    dissect_add(d, layer, "dhcp.secs", _("Seconds"), at + 8, 2, "%u", msg.secs);
    field = dissect_add(d, layer, "dhcp.flags", _("Flags"), at + 10, 2, "0x%04x", msg.flags);
    field->meaning = msg.flags & DHCP_FLAG_BROADCAST ? _("answer by broadcast") : NULL;
    dhcp_address(d, layer, "dhcp.ip.client", _("Client's address"), at + 12);
    dhcp_address(d, layer, "dhcp.ip.your", _("Your address"), at + 16);
    dhcp_address(d, layer, "dhcp.ip.server", _("Next server"), at + 20);
    dhcp_address(d, layer, "dhcp.ip.relay", _("Relay agent"), at + 24);
    field = dissect_add(
        d, layer, "dhcp.hw.mac_addr", _("Client's MAC address"), at + 28, 6, "%s",
        mac_format(&(struct mac_addr){ { msg.chaddr[0], msg.chaddr[1], msg.chaddr[2], msg.chaddr[3],
                                         msg.chaddr[4], msg.chaddr[5] } },
                   mac));
    dhcp_options(d, layer, &msg);
}

/* ---- DNS ---- */

static const char *dns_type_name(uint16_t type, char number[static 16])
{
    switch (type) {
    case DNS_TYPE_A:
        return "A";
    case DNS_TYPE_NS:
        return "NS";
    case DNS_TYPE_CNAME:
        return "CNAME";
    case DNS_TYPE_SOA:
        return "SOA";
    case DNS_TYPE_PTR:
        return "PTR";
    case DNS_TYPE_MX:
        return "MX";
    case DNS_TYPE_TXT:
        return "TXT";
    case DNS_TYPE_AAAA:
        return "AAAA";
    case DNS_TYPE_OPT:
        return "OPT";
    case DNS_TYPE_ANY:
        return "ANY";
    default:
        g_snprintf(number, 16, "TYPE%u", type);
        return number;
    }
}

static void rdata_text(const struct dns_rr *rr, GString *out)
{
    char name[DNS_TEXT_MAX], text[IP4_TEXT_MAX];
    uint16_t preference;
    ip4_addr addr;
    struct dns_soa soa;

    if (rr->type == DNS_TYPE_A && dns_rdata_a(rr, &addr))
        g_string_append(out, ip4_format(addr, text));
    else if ((rr->type == DNS_TYPE_NS || rr->type == DNS_TYPE_CNAME || rr->type == DNS_TYPE_PTR) &&
             dns_rdata_name(rr, name))
        g_string_append(out, name);
    else if (rr->type == DNS_TYPE_MX && dns_rdata_mx(rr, &preference, name))
        g_string_append_printf(out, "%u %s", preference, name);
    else if (rr->type == DNS_TYPE_SOA && dns_rdata_soa(rr, &soa))
        g_string_append_printf(out, "%s %s %u %u %u %u %u", soa.mname, soa.rname, soa.serial,
                               soa.refresh, soa.retry, soa.expire, soa.minimum);
    else
        for (unsigned i = 0; i < rr->rdata_len && i < 64; i++)
            g_string_append_printf(out, "%02x", rr->rdata[i]);
}

static void dns_flags(struct dissection *d, struct field *layer, const struct dns_hdr *hdr,
                      size_t at)
{
    g_autoptr(GString) text = g_string_new(hdr->qr ? _("a response") : _("a query"));
    struct field *field;

    if (hdr->aa)
        g_string_append_printf(text, ", %s", _("authoritative"));
    if (hdr->tc)
        g_string_append_printf(text, ", %s", _("truncated"));
    if (hdr->rd)
        g_string_append_printf(text, ", %s", _("recursion desired"));
    if (hdr->ra)
        g_string_append_printf(text, ", %s", _("recursion available"));
    field = dissect_add(d, layer, "dns.flags", _("Flags"), at + 2, 2, "0x%04x",
                        be16_get(d->octets + at + 2));
    dissect_mean(d, field, "%s", text->str);
    if (!hdr->qr)
        return;
    field =
        dissect_add(d, layer, "dns.flags.rcode", _("Response code"), at + 3, 1, "%u", hdr->rcode);
    field->meaning = hdr->rcode == DNS_NOERROR    ? _("no error")
                     : hdr->rcode == DNS_NXDOMAIN ? _("no such name")
                     : hdr->rcode == DNS_SERVFAIL ? _("the server failed")
                     : hdr->rcode == DNS_REFUSED  ? _("refused")
                                                  : NULL;
}

static void dns_record(struct dissection *d, struct field *layer, const struct dns_rr *rr,
                       size_t at, size_t end)
{
    static const char *const sections[] = { N_("Answer"), N_("Authority"), N_("Additional") };
    g_autoptr(GString) data = g_string_new(NULL);
    size_t fixed = end - rr->rdata_len - 10;
    char number[16];
    struct field *field;

    rdata_text(rr, data);
    field = dissect_add(d, layer, "dns.resp", _(sections[rr->section]), at, end - at, "%s %s %s",
                        rr->name, dns_type_name(rr->type, number), data->str);
    dissect_add(d, field, "dns.resp.name", _("Name"), at, fixed - at, "%s", rr->name);
    dissect_add(d, field, "dns.resp.type", _("Type"), fixed, 2, "%u", rr->type);
    dissect_add(d, field, "dns.resp.class", _("Class"), fixed + 2, 2, "%u", rr->class);
    dissect_add(d, field, "dns.resp.ttl", _("Time to live"), fixed + 4, 4, "%u", rr->ttl);
    dissect_add(d, field, "dns.resp.len", _("Length"), fixed + 8, 2, "%u", rr->rdata_len);
    if (rr->type == DNS_TYPE_A)
        dissect_add(d, field, "dns.a", _("Address"), fixed + 10, rr->rdata_len, "%s", data->str);
}

void dissect_dns(struct dissection *d, size_t at, size_t len)
{
    struct field *layer, *field;
    struct dns_reader reader;
    struct dns_hdr hdr;
    size_t before;
    char number[16];

    if (d->facts.transport == FACT_TCP) { /* a length comes first, RFC 1035 section 4.2.2 */
        at += 2;
        len -= 2;
    }
    layer = dissect_layer(d, "dns", "DNS", at, len);
    if (dns_parse_header(d->octets + at, len, &hdr, &reader) != DROP_NONE) {
        dissect_malformed(d, layer, at, len);
        return;
    }
    dissect_add(d, layer, "dns.id", _("Transaction"), at, 2, "0x%04x", hdr.id);
    dns_flags(d, layer, &hdr, at);
    for (before = reader.at;; before = reader.at) {
        struct dns_question question;

        if (!dns_next_question(&reader, &question))
            break;
        field = dissect_add(d, layer, "dns.qry", _("Question"), at + before, reader.at - before,
                            "%s %s", question.name, dns_type_name(question.type, number));
        dissect_add(d, field, "dns.qry.name", _("Name"), at + before, reader.at - before - 4, "%s",
                    question.name);
        dissect_add(d, field, "dns.qry.type", _("Type"), at + reader.at - 4, 2, "%u",
                    question.type);
    }
    for (before = reader.at; reader.why == DROP_NONE; before = reader.at) {
        struct dns_rr rr;

        if (!dns_next_rr(&reader, &rr))
            break;
        dns_record(d, layer, &rr, at + before, at + reader.at);
    }
    if (reader.why != DROP_NONE)
        dissect_malformed(d, layer, at + before, len - before);
}

/* ---- HTTP ---- */

void dissect_http(struct dissection *d, size_t at, size_t len)
{
    struct field *layer = dissect_layer(d, "http", "HTTP", at, len);
    bool request = d->facts.app == FACT_HTTP_REQUEST;
    size_t end = at + len;
    bool first = true;

    while (at < end) {
        const uint8_t *newline = memchr(d->octets + at, '\n', end - at);
        size_t next = newline == NULL ? end : (size_t)(newline - d->octets) + 1;
        size_t text_len = next - at;

        while (text_len > 0 &&
               (d->octets[at + text_len - 1] == '\n' || d->octets[at + text_len - 1] == '\r'))
            text_len--;
        if (text_len == 0 && newline != NULL) { /* the empty line: the body follows */
            at = next;
            break;
        }
        dissect_text(d, layer,
                     first ? request ? "http.request.line" : "http.response.line" : "http.field",
                     first ? request ? _("Request line") : _("Status line") : _("Header field"), at,
                     text_len);
        first = false;
        at = next;
    }
    if (at < end)
        dissect_mean(d, dissect_text(d, layer, "http.file_data", _("Body"), at, end - at),
                     _("%zu octets"), end - at);
}
