#include "stack/wire/tcp_wire.h"

#include <string.h>

#include "base/be.h"
#include "base/likely.h"

enum {
    AT_SRC_PORT = 0,
    AT_DST_PORT = 2,
    AT_SEQ = 4,
    AT_ACK = 8,
    AT_OFFSET = 12,
    AT_WINDOW = 14,
    AT_CHECKSUM = TCP_AT_CHECKSUM,
    AT_URGENT = 18,
    AT_OPTIONS = 20
};

/* Octets of each option, kind and length included. */
enum {
    LEN_MSS = 4,
    LEN_WSCALE = 3,
    LEN_SACK_PERMITTED = 2,
    LEN_SACK_BASE = TCP_SACK_PADDED - 2,
    LEN_SACK_BLOCK = TCP_SACK_BLOCK,
    LEN_TS = 10,
    LEN_SIGNATURE = 18,
    LEN_COOKIE_BASE = 2,
    LEN_COOKIE_EXP_BASE = 4,
    LEN_ACCECN_BASE = 2,
    LEN_ACCECN_FIELD = 3
};

#define FLAGS_MASK 0x1ffu

/* How SACK blocks begin, but for their length. */
#define BLOCKS_BEGIN ((uint32_t)(TCP_OPT_NOP << 24 | TCP_OPT_NOP << 16 | TCP_OPT_SACK << 8))

static void read_sack(const uint8_t *option, uint8_t len, struct tcp_options *opt)
{
    size_t n = (size_t)(len - LEN_SACK_BASE) / LEN_SACK_BLOCK;

    if (n == 0 || n > TCP_SACK_MAX || (len - LEN_SACK_BASE) % LEN_SACK_BLOCK != 0)
        return;
    opt->n_sack = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        opt->sack[i].start = be32_get(option + LEN_SACK_BASE + i * LEN_SACK_BLOCK);
        opt->sack[i].end = be32_get(option + LEN_SACK_BASE + i * LEN_SACK_BLOCK + 4);
    }
}

bool tcp_read_blocks(const uint8_t *octets, size_t len, struct tcp_options *opt)
{
    if (len < 2 + LEN_SACK_BASE || be32_get(octets) != BLOCKS_BEGIN + (uint32_t)(len - 2))
        return false;
    opt->n_sack = 0;
    read_sack(octets + 2, (uint8_t)(len - 2), opt);
    return opt->n_sack > 0;
}

/* What stands behind @base octets of the option. */
static void read_cookie(const uint8_t *option, uint8_t len, uint8_t base, struct tcp_options *opt)
{
    uint8_t n = len - base;

    if (n % 2 != 0)
        return;
    opt->has_cookie = n == 0 || (n >= TCP_COOKIE_MIN && n <= TCP_COOKIE_MAX);
    opt->cookie_exp = base == LEN_COOKIE_EXP_BASE;
    if (!opt->has_cookie)
        return;
    opt->cookie.len = n;
    memcpy(opt->cookie.octets, option + base, n);
}

static void read_syn_option(const uint8_t *option, uint8_t len, struct tcp_options *opt)
{
    if (option[0] == TCP_OPT_MSS && len == LEN_MSS && be16_get(option + 2) != 0) {
        opt->has_mss = true;
        opt->mss = be16_get(option + 2);
    } else if (option[0] == TCP_OPT_WSCALE && len == LEN_WSCALE) {
        opt->has_wscale = true;
        opt->wscale = option[2];
    } else if (option[0] == TCP_OPT_SACK_PERMITTED && len == LEN_SACK_PERMITTED) {
        opt->sack_permitted = true;
    } else if (option[0] == TCP_OPT_FAST_OPEN) {
        read_cookie(option, len, LEN_COOKIE_BASE, opt);
    } else if (option[0] == TCP_OPT_EXPERIMENT && len >= LEN_COOKIE_EXP_BASE &&
               be16_get(option + 2) == TCP_EXPERIMENT_FAST_OPEN) {
        read_cookie(option, len, LEN_COOKIE_EXP_BASE, opt);
    }
}

void tcp_read_accecn(const uint8_t *option, struct tcp_accecn *accecn)
{
    unsigned n = (option[1] - (unsigned)LEN_ACCECN_BASE) / LEN_ACCECN_FIELD;

    *accecn = (struct tcp_accecn){ .kind = option[0],
                                   .n = (uint8_t)(n < TCP_ACCECN_FIELDS ? n : TCP_ACCECN_FIELDS) };
    for (unsigned i = 0; i < accecn->n; i++) {
        const uint8_t *field = option + LEN_ACCECN_BASE + (size_t)i * LEN_ACCECN_FIELD;

        accecn->field[i] = (uint32_t)field[0] << 16 | be16_get(field + 1);
    }
}

static void read_option(const uint8_t *option, uint8_t len, bool is_syn, struct tcp_options *opt)
{
    if (option[0] == TCP_OPT_TIMESTAMPS && len == LEN_TS) {
        opt->has_ts = true;
        opt->ts_val = be32_get(option + 2);
        opt->ts_ecr = be32_get(option + 6);
    } else if (is_syn) {
        read_syn_option(option, len, opt);
    } else if (option[0] == TCP_OPT_SACK) {
        read_sack(option, len, opt);
    }
}

static void read_options(const uint8_t *octets, size_t len, bool is_syn, struct tcp_options *opt)
{
    size_t at = 0;

    *opt = (struct tcp_options){ 0 };
    if (LIKELY(len == TCP_TS_PADDED && be32_get(octets) == TCP_TS_PREFIX)) {
        opt->has_ts = true;
        opt->ts_val = be32_get(octets + 4);
        opt->ts_ecr = be32_get(octets + 8);
        return;
    }
    while (at < len && octets[at] != TCP_OPT_EOL) {
        if (octets[at] == TCP_OPT_NOP) {
            at++;
            continue;
        }
        if (len - at < 2 || octets[at + 1] < 2 || octets[at + 1] > len - at)
            break;
        if (octets[at] == TCP_OPT_ACCECN0 || octets[at] == TCP_OPT_ACCECN1)
            opt->accecn_at = (uint8_t)(AT_OPTIONS + at);
        else if (octets[at] == TCP_OPT_SIGNATURE && octets[at + 1] == LEN_SIGNATURE)
            opt->signature_at = (uint8_t)(AT_OPTIONS + at);
        else
            read_option(octets + at, octets[at + 1], is_syn, opt);
        at += octets[at + 1];
    }
}

enum drop_reason tcp_parse(const uint8_t *octets, size_t len, struct tcp_hdr *hdr)
{
    size_t hdr_len;

    if (len < TCP_HDR_LEN)
        return DROP_TRUNCATED;
    hdr_len = (octets[AT_OFFSET] >> 4) * 4u;
    if (hdr_len < TCP_HDR_LEN)
        return DROP_BAD_HEADER;
    if (len < hdr_len)
        return DROP_TRUNCATED;
    hdr->src_port = be16_get(octets + AT_SRC_PORT);
    hdr->dst_port = be16_get(octets + AT_DST_PORT);
    hdr->seq = be32_get(octets + AT_SEQ);
    hdr->ack = be32_get(octets + AT_ACK);
    hdr->hdr_len = (uint8_t)hdr_len;
    hdr->flags = be16_get(octets + AT_OFFSET) & FLAGS_MASK;
    hdr->window = be16_get(octets + AT_WINDOW);
    hdr->checksum = be16_get(octets + AT_CHECKSUM);
    hdr->urgent = be16_get(octets + AT_URGENT);
    read_options(octets + AT_OPTIONS, hdr_len - TCP_HDR_LEN, (hdr->flags & TCP_SYN) != 0,
                 &hdr->opt);
    return DROP_NONE;
}

/* Octets of the accurate ECN option, with its padding or without what stands in the next one's. */
static size_t accecn_len(const struct tcp_options *opt, bool is_syn)
{
    bool shares = is_syn ? opt->sack_permitted && !opt->has_ts : opt->n_sack > 0;
    size_t len;

    if (opt->accecn == NULL)
        return 0;
    len = LEN_ACCECN_BASE + (size_t)opt->accecn->n * LEN_ACCECN_FIELD;
    return len % 4 > (shares ? 2 : 0) ? (len + 3) & ~(size_t)3 : len & ~(size_t)3;
}

static size_t signature_len(const struct tcp_options *opt)
{
    return opt->signature_at == 0 ? 0 : 2 + LEN_SIGNATURE;
}

/* How many SACK blocks fit behind the timestamps, if there are any. */
static size_t sack_blocks_that_fit(const struct tcp_options *opt)
{
    size_t room = TCP_OPTIONS_MAX - 2 - LEN_SACK_BASE - (opt->has_ts ? 2u + LEN_TS : 0u) -
                  accecn_len(opt, false) - signature_len(opt);
    size_t fit = room / LEN_SACK_BLOCK;

    return opt->n_sack < fit ? opt->n_sack : fit;
}

/* Octets of the cookie with its padding behind @used others, 0 where it is none or does not fit. */
static size_t cookie_len(const struct tcp_options *opt, size_t used)
{
    size_t base = opt->cookie_exp ? LEN_COOKIE_EXP_BASE : LEN_COOKIE_BASE;
    size_t len = (base + opt->cookie.len + 3u) & ~(size_t)3;

    return opt->has_cookie && used + len <= TCP_OPTIONS_MAX ? len : 0;
}

size_t tcp_options_len(const struct tcp_options *opt, bool is_syn)
{
    size_t len = (opt->has_ts ? 2u + LEN_TS : 0u) + accecn_len(opt, is_syn) + signature_len(opt);

    if (is_syn) {
        len += opt->has_mss ? LEN_MSS : 0;
        len += opt->sack_permitted && !opt->has_ts ? 2 + LEN_SACK_PERMITTED : 0;
        len += opt->has_wscale ? 1 + LEN_WSCALE : 0;
        len += cookie_len(opt, len);
    } else if (opt->n_sack > 0 && sack_blocks_that_fit(opt) > 0) {
        len += 2 + LEN_SACK_BASE + sack_blocks_that_fit(opt) * LEN_SACK_BLOCK;
    }
    return len;
}

static uint8_t *put4(uint8_t *p, unsigned a, unsigned b, unsigned c, unsigned d)
{
    p[0] = (uint8_t)a;
    p[1] = (uint8_t)b;
    p[2] = (uint8_t)c;
    p[3] = (uint8_t)d;
    return p + 4;
}

/* SACK-permitted takes the place of the timestamps' two no-operations: 4 octets saved on a SYN. */
static uint8_t *put_ts(const struct tcp_options *opt, bool is_syn, uint8_t *p)
{
    if (!opt->has_ts)
        return p;
    tcp_put_ts(p, opt->ts_val, opt->ts_ecr);
    if (is_syn && opt->sack_permitted)
        put4(p, TCP_OPT_SACK_PERMITTED, LEN_SACK_PERMITTED, TCP_OPT_TIMESTAMPS, LEN_TS);
    return p + TCP_TS_PADDED;
}

/* What stands behind it is there already: its last octets may be no-operations of the next. */
static void put_accecn(const struct tcp_accecn *accecn, uint8_t *p)
{
    *p++ = accecn->kind;
    *p++ = (uint8_t)(LEN_ACCECN_BASE + accecn->n * LEN_ACCECN_FIELD);
    for (unsigned i = 0; i < accecn->n; i++, p += LEN_ACCECN_FIELD) {
        p[0] = (uint8_t)(accecn->field[i] >> 16);
        be16_put(p + 1, (uint16_t)accecn->field[i]);
    }
}

void tcp_put_blocks(uint8_t *octets, const struct tcp_sack_block *blocks, size_t n)
{
    be32_put(octets, BLOCKS_BEGIN + (uint32_t)(LEN_SACK_BASE + n * LEN_SACK_BLOCK));
    for (size_t i = 0; i < n; i++) {
        be32_put(octets + 4 + i * LEN_SACK_BLOCK, blocks[i].start);
        be32_put(octets + 8 + i * LEN_SACK_BLOCK, blocks[i].end);
    }
}

static void put_cookie(const struct tcp_options *opt, size_t len, uint8_t *p)
{
    uint8_t n = opt->cookie.len;

    memset(p, TCP_OPT_NOP, len);
    if (opt->cookie_exp) {
        p[0] = TCP_OPT_EXPERIMENT;
        p[1] = LEN_COOKIE_EXP_BASE + n;
        be16_put(p + 2, TCP_EXPERIMENT_FAST_OPEN);
        memcpy(p + LEN_COOKIE_EXP_BASE, opt->cookie.octets, n);
    } else {
        p[0] = TCP_OPT_FAST_OPEN;
        p[1] = LEN_COOKIE_BASE + n;
        memcpy(p + LEN_COOKIE_BASE, opt->cookie.octets, n);
    }
}

static void put_options(const struct tcp_options *opt, bool is_syn, uint8_t *p)
{
    const uint8_t *begin = p;
    uint8_t *accecn;
    size_t len = accecn_len(opt, is_syn);

    if (opt->signature_at != 0) {
        memset(p, 0, 2 + LEN_SIGNATURE);
        put4(p, TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_SIGNATURE, LEN_SIGNATURE);
        p += 2 + LEN_SIGNATURE;
    }
    if (is_syn && opt->has_mss)
        p = put4(p, TCP_OPT_MSS, LEN_MSS, opt->mss >> 8, opt->mss & 0xffu);
    accecn = p = put_ts(opt, is_syn, p);
    if (len > 0)
        memset(p, TCP_OPT_NOP, len);
    p += len;
    if (is_syn && opt->sack_permitted && !opt->has_ts)
        p = put4(p, TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_SACK_PERMITTED, LEN_SACK_PERMITTED);
    if (is_syn && opt->has_wscale)
        p = put4(p, TCP_OPT_NOP, TCP_OPT_WSCALE, LEN_WSCALE, opt->wscale);
    len = is_syn ? cookie_len(opt, (size_t)(p - begin)) : 0;
    if (len > 0)
        put_cookie(opt, len, p);
    if (!is_syn && opt->n_sack > 0 && sack_blocks_that_fit(opt) > 0)
        tcp_put_blocks(p, opt->sack, sack_blocks_that_fit(opt));
    if (opt->accecn != NULL)
        put_accecn(opt->accecn, accecn);
}

size_t tcp_emit(const struct tcp_hdr *hdr, uint8_t *octets)
{
    bool is_syn = (hdr->flags & TCP_SYN) != 0;
    size_t hdr_len = TCP_HDR_LEN + tcp_options_len(&hdr->opt, is_syn);

    tcp_put(octets, hdr->src_port, hdr->dst_port, hdr->seq, hdr->ack, (uint32_t)hdr_len, hdr->flags,
            hdr->window);
    be16_put(octets + AT_CHECKSUM, hdr->checksum);
    be16_put(octets + AT_URGENT, hdr->urgent);
    put_options(&hdr->opt, is_syn, octets + AT_OPTIONS);
    return hdr_len;
}
