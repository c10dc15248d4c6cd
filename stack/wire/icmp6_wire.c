#include "stack/wire/icmp6_wire.h"

#include <string.h>

#include "base/be.h"
#include "base/check.h"
#include "base/checksum.h"
#include "stack/wire/ipv6_wire.h"

enum { AT_TYPE = 0, AT_CODE = 1, AT_CHECKSUM = 2, AT_REST = 4 };

static uint16_t sum_of(const uint8_t *octets, size_t len, struct ip6_addr src, struct ip6_addr dst)
{
    return checksum_finish(
        checksum_add(checksum_pseudo6(src, dst, IP6_NEXT_ICMP, len), octets, len));
}

static void put_checksum(uint8_t *octets, size_t len, struct ip6_addr src, struct ip6_addr dst)
{
    be16_put(octets + AT_CHECKSUM, 0);
    be16_put(octets + AT_CHECKSUM, sum_of(octets, len, src, dst));
}

enum drop_reason icmp6_parse(const uint8_t *octets, size_t len, struct ip6_addr src,
                             struct ip6_addr dst, struct icmp6_hdr *hdr)
{
    if (len < ICMP6_HDR_LEN)
        return DROP_TRUNCATED;
    if (sum_of(octets, len, src, dst) != 0)
        return DROP_BAD_CHECKSUM;
    *hdr = (struct icmp6_hdr){ octets[AT_TYPE], octets[AT_CODE], be32_get(octets + AT_REST) };
    return DROP_NONE;
}

void icmp6_emit(const struct icmp6_hdr *hdr, uint8_t *octets, size_t total_len, struct ip6_addr src,
                struct ip6_addr dst)
{
    CHECK(total_len >= ICMP6_HDR_LEN);
    octets[AT_TYPE] = hdr->type;
    octets[AT_CODE] = hdr->code;
    be32_put(octets + AT_REST, hdr->rest);
    put_checksum(octets, total_len, src, dst);
}

/* ---- neighbor discovery ---- */

enum {
    OPT_SOURCE = 1,
    OPT_TARGET = 2,
    OPT_PREFIX = 3,
    OPT_REDIRECTED = 4,
    OPT_MTU = 5,
    OPT_NONCE = 14
};

enum {
    NA_ROUTER = 0x80,
    NA_SOLICITED = 0x40,
    NA_OVERRIDE = 0x20,
    RA_MANAGED = 0x80,
    RA_OTHER = 0x40,
    PREFIX_ON_LINK = 0x80,
    PREFIX_AUTONOMOUS = 0x40
};

/* Octets of a message of @type before its options; 0: not of neighbor discovery. */
static size_t fixed_len(uint8_t type)
{
    switch (type) {
    case ICMP6_ROUTER_SOLICIT:
        return 8;
    case ICMP6_ROUTER_ADVERT:
        return 16;
    case ICMP6_NEIGHBOR_SOLICIT:
    case ICMP6_NEIGHBOR_ADVERT:
        return 24;
    case ICMP6_REDIRECT:
        return 40;
    default:
        return 0;
    }
}

static void get_mac(const uint8_t *option, bool *has, struct mac_addr *mac)
{
    if (option[1] != 1)
        return;
    *has = true;
    memcpy(mac->octets, option + 2, sizeof mac->octets);
}

static void get_prefix(const uint8_t *option, struct ndp_msg *msg)
{
    if (option[1] != 4 || msg->n_prefixes == NDP_PREFIXES_MAX || option[2] > 128)
        return;
    msg->prefixes[msg->n_prefixes++] =
        (struct ndp_prefix){ .prefix = ip6_get(option + 16),
                             .len = option[2],
                             .on_link = (option[3] & PREFIX_ON_LINK) != 0,
                             .autonomous = (option[3] & PREFIX_AUTONOMOUS) != 0,
                             .valid = be32_get(option + 4),
                             .preferred = be32_get(option + 8) };
}

static void get_option(const uint8_t *option, struct ndp_msg *msg)
{
    switch (option[0]) {
    case OPT_SOURCE:
        get_mac(option, &msg->has_source, &msg->source_mac);
        break;
    case OPT_TARGET:
        get_mac(option, &msg->has_target, &msg->target_mac);
        break;
    case OPT_PREFIX:
        get_prefix(option, msg);
        break;
    case OPT_REDIRECTED:
        msg->redirected = option + NDP_REDIRECTED_HDR_LEN;
        msg->redirected_len = option[1] * (size_t)8 - NDP_REDIRECTED_HDR_LEN;
        break;
    case OPT_MTU:
        if (option[1] == 1)
            msg->mtu = be32_get(option + 4);
        break;
    case OPT_NONCE:
        if (option[1] == 1) {
            msg->has_nonce = true;
            msg->nonce = be64_get(option) & UINT64_C(0xffffffffffff);
        }
        break;
    default: /* ignored, RFC 4861 section 9 */
        break;
    }
}

static void get_fixed(const uint8_t *octets, struct ndp_msg *msg)
{
    switch (msg->type) {
    case ICMP6_ROUTER_ADVERT:
        msg->hop_limit = octets[4];
        msg->managed = (octets[5] & RA_MANAGED) != 0;
        msg->other = (octets[5] & RA_OTHER) != 0;
        msg->lifetime = be16_get(octets + 6);
        msg->reachable_ms = be32_get(octets + 8);
        msg->retrans_ms = be32_get(octets + 12);
        break;
    case ICMP6_REDIRECT:
        msg->dst = ip6_get(octets + 24);
        msg->target = ip6_get(octets + 8);
        break;
    case ICMP6_NEIGHBOR_ADVERT:
        msg->router = (octets[4] & NA_ROUTER) != 0;
        msg->solicited = (octets[4] & NA_SOLICITED) != 0;
        msg->override = (octets[4] & NA_OVERRIDE) != 0;
        msg->target = ip6_get(octets + 8);
        break;
    case ICMP6_NEIGHBOR_SOLICIT:
        msg->target = ip6_get(octets + 8);
        break;
    default:
        break;
    }
}

enum drop_reason ndp_parse(const uint8_t *octets, size_t len, struct ndp_msg *msg)
{
    size_t at;

    if (len < 1 || (at = fixed_len(octets[0])) == 0 || len < at)
        return DROP_TRUNCATED;
    *msg = (struct ndp_msg){ .type = octets[AT_TYPE] };
    get_fixed(octets, msg);
    while (at < len) {
        size_t size = at + 1 < len ? octets[at + 1] * (size_t)8 : 0;

        if (size == 0 || at + size > len)
            return DROP_BAD_OPTION;
        get_option(octets + at, msg);
        at += size;
    }
    return DROP_NONE;
}

static size_t put_fixed(const struct ndp_msg *msg, uint8_t *octets)
{
    size_t len = fixed_len(msg->type);

    CHECK(len != 0);
    memset(octets, 0, len);
    octets[AT_TYPE] = msg->type;
    if (msg->type == ICMP6_ROUTER_ADVERT) {
        octets[4] = msg->hop_limit;
        octets[5] = (uint8_t)((msg->managed ? RA_MANAGED : 0) | (msg->other ? RA_OTHER : 0));
        be16_put(octets + 6, msg->lifetime);
        be32_put(octets + 8, msg->reachable_ms);
        be32_put(octets + 12, msg->retrans_ms);
    } else if (msg->type != ICMP6_ROUTER_SOLICIT) {
        ip6_put(octets + 8, msg->target);
    }
    if (msg->type == ICMP6_REDIRECT)
        ip6_put(octets + 24, msg->dst);
    if (msg->type == ICMP6_NEIGHBOR_ADVERT)
        octets[4] = (uint8_t)((msg->router ? NA_ROUTER : 0) | (msg->solicited ? NA_SOLICITED : 0) |
                              (msg->override ? NA_OVERRIDE : 0));
    return len;
}

static size_t put_mac(uint8_t *octets, uint8_t kind, const struct mac_addr *mac)
{
    octets[0] = kind;
    octets[1] = 1;
    memcpy(octets + 2, mac->octets, sizeof mac->octets);
    return 8;
}

static size_t put_prefix(uint8_t *octets, const struct ndp_prefix *prefix)
{
    memset(octets, 0, 32);
    octets[0] = OPT_PREFIX;
    octets[1] = 4;
    octets[2] = prefix->len;
    octets[3] = (uint8_t)((prefix->on_link ? PREFIX_ON_LINK : 0) |
                          (prefix->autonomous ? PREFIX_AUTONOMOUS : 0));
    be32_put(octets + 4, prefix->valid);
    be32_put(octets + 8, prefix->preferred);
    ip6_put(octets + 16, prefix->prefix);
    return 32;
}

size_t ndp_emit(const struct ndp_msg *msg, uint8_t *octets, struct ip6_addr src,
                struct ip6_addr dst)
{
    size_t len = put_fixed(msg, octets);

    if (msg->has_source)
        len += put_mac(octets + len, OPT_SOURCE, &msg->source_mac);
    if (msg->has_target)
        len += put_mac(octets + len, OPT_TARGET, &msg->target_mac);
    if (msg->has_nonce) {
        be64_put(octets + len, UINT64_C(0x0e01) << 48 | msg->nonce);
        len += 8;
    }
    if (msg->mtu != 0) {
        be32_put(octets + len, (uint32_t)OPT_MTU << 24 | 1 << 16);
        be32_put(octets + len + 4, msg->mtu);
        len += 8;
    }
    for (unsigned i = 0; i < msg->n_prefixes; i++)
        len += put_prefix(octets + len, &msg->prefixes[i]);
    put_checksum(octets, len, src, dst);
    return len;
}

void ndp_redirected_emit(uint8_t *octets, size_t len)
{
    CHECK(len % 8 == 0 && len < 2040);
    memset(octets, 0, NDP_REDIRECTED_HDR_LEN);
    octets[0] = OPT_REDIRECTED;
    octets[1] = (uint8_t)((NDP_REDIRECTED_HDR_LEN + len) / 8);
}

/* ---- multicast listener discovery ---- */

void mld_report_emit(const struct mld_record *records, unsigned n, uint8_t *octets,
                     struct ip6_addr src, struct ip6_addr dst)
{
    memset(octets, 0, ICMP6_HDR_LEN);
    octets[AT_TYPE] = ICMP6_MLD2_REPORT;
    be16_put(octets + 6, (uint16_t)n);
    for (unsigned i = 0; i < n; i++) {
        uint8_t *record = octets + ICMP6_HDR_LEN + i * (size_t)MLD_RECORD_LEN;

        memset(record, 0, 4);
        record[0] = records[i].type;
        ip6_put(record + 4, records[i].group);
    }
    put_checksum(octets, mld_report_len(n), src, dst);
}

bool mld_record_next(const uint8_t *octets, size_t len, size_t *at, struct mld_record *record)
{
    size_t size;

    if (*at == 0)
        *at = ICMP6_HDR_LEN;
    if (*at + MLD_RECORD_LEN > len)
        return false;
    *record = (struct mld_record){ octets[*at], ip6_get(octets + *at + 4) };
    size = MLD_RECORD_LEN + be16_get(octets + *at + 2) * (size_t)16 + octets[*at + 1] * (size_t)4;
    *at += size;
    return true;
}

bool mld_query_parse(const uint8_t *octets, size_t len, struct mld_query *query)
{
    uint32_t code;

    if (len < 24)
        return false;
    code = be16_get(octets + 4);
    *query = (struct mld_query){ .group = ip6_get(octets + 8), .v2 = len >= 28 };
    if (query->v2 && code >= 0x8000) /* floating point, RFC 3810 section 5.1.3 */
        code = ((code & 0xfff) | 0x1000) << ((code >> 12 & 7) + 3);
    query->max_response_ms = code;
    return true;
}
