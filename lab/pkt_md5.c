/* TCP's signatures, RFC 2385, in the packets of scripts. */
#include <string.h>

#include "base/be.h"
#include "base/checksum.h"
#include "base/md5.h"
#include "lab/pkt_internal.h"
#include "stack/wire/tcp_wire.h"

enum { V4_ADDRS_AT = 12, V6_ADDRS_AT = 8, V6_HDR_LEN = 40, PROTO_TCP = 6 };

/* A TCP segment in its packet. */
struct view {
    bool v6;
    const uint8_t *addrs; /* source and destination */
    gsize addrs_len;
    uint8_t *tcp;
    gsize len, hdr_len;
    uint8_t *signature; /* NULL: there is none */
};

static uint8_t *find_signature(uint8_t *option, const uint8_t *end)
{
    while (option + 1 < end && *option != TCP_OPT_EOL) {
        if (*option == TCP_OPT_NOP) {
            option++;
            continue;
        }
        if (option[1] < 2 || option + option[1] > end)
            return NULL;
        if (*option == TCP_OPT_SIGNATURE && option[1] == 2 + MD5_LEN)
            return option + 2;
        option += option[1];
    }
    return NULL;
}

static bool look_at(uint8_t *octets, gsize len, struct view *view)
{
    gsize ip_len;

    if (len < 20)
        return false;
    view->v6 = octets[0] >> 4 == 6;
    ip_len = view->v6 ? V6_HDR_LEN : (gsize)(octets[0] & 0xf) * 4;
    if (octets[view->v6 ? 6 : 9] != PROTO_TCP || len < ip_len + TCP_HDR_LEN)
        return false;
    view->addrs = octets + (view->v6 ? V6_ADDRS_AT : V4_ADDRS_AT);
    view->addrs_len = view->v6 ? 32 : 8;
    view->tcp = octets + ip_len;
    view->len = len - ip_len;
    view->hdr_len = (gsize)(view->tcp[12] >> 4) * 4;
    if (view->hdr_len > view->len || view->hdr_len < TCP_HDR_LEN)
        return false;
    view->signature = find_signature(view->tcp + TCP_HDR_LEN, view->tcp + view->hdr_len);
    return view->signature != NULL;
}

static void digest_of(const struct pkt_md5 *key, const struct view *view, uint8_t digest[MD5_LEN])
{
    uint8_t hdr[TCP_HDR_LEN], lengths[8] = { 0 };
    struct md5 hash;

    memcpy(hdr, view->tcp, sizeof hdr);
    be16_put(hdr + TCP_AT_CHECKSUM, 0);
    md5_init(&hash);
    md5_add(&hash, view->addrs, view->addrs_len);
    if (view->v6) {
        be32_put(lengths, (uint32_t)view->len);
        be32_put(lengths + 4, PROTO_TCP);
    } else {
        be32_put(lengths, (uint32_t)PROTO_TCP << 16 | (uint32_t)view->len);
    }
    md5_add(&hash, lengths, view->v6 ? 8 : 4);
    md5_add(&hash, hdr, sizeof hdr);
    md5_add(&hash, view->tcp + view->hdr_len, view->len - view->hdr_len);
    md5_add(&hash, key->octets, key->len);
    md5_finish(&hash, digest);
}

void pkt_md5_sign(const struct pkt_md5 *key, uint8_t *octets, gsize len)
{
    struct view view;
    uint32_t sum;

    if (!look_at(octets, len, &view))
        return;
    digest_of(key, &view, view.signature);
    be16_put(view.tcp + TCP_AT_CHECKSUM, 0);
    sum = checksum_add(PROTO_TCP + (uint32_t)view.len, view.addrs, view.addrs_len);
    be16_put(view.tcp + TCP_AT_CHECKSUM, checksum_finish(checksum_add(sum, view.tcp, view.len)));
}

bool pkt_md5_valid(const struct pkt_md5 *key, uint8_t *octets, gsize len)
{
    struct view view;
    uint8_t digest[MD5_LEN];

    if (key->len == 0 || !look_at(octets, len, &view))
        return false;
    digest_of(key, &view, digest);
    return memcmp(digest, view.signature, MD5_LEN) == 0;
}
