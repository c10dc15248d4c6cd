/* Signatures of segments: keys, signing, checking. RFC 2385, keys are Linux's. */
#include "stack/transport/tcp_md5.h"

#include <stdlib.h>
#include <string.h>

#include "base/likely.h"
#include "base/md5.h"

#define SIGNATURE_AT (TCP_HDR_LEN + 4) /* it is the first option, behind two no-operations */

static bool covers(const struct tcp_md5_key *key, const struct endpoint *remote)
{
    if (key->addr.v6 != remote->v6)
        return false;
    return remote->v6 ? ip6_in_prefix(remote->addr6, key->addr.addr6, key->prefix)
                      : ip4_in_prefix(remote->addr, key->addr.addr, key->prefix);
}

const struct tcp_md5_key *tcp_md5_find(const struct tcp_md5_key *keys,
                                       const struct endpoint *remote)
{
    const struct tcp_md5_key *best = NULL;

    for (; keys != NULL; keys = keys->next)
        if (covers(keys, remote) && (best == NULL || keys->prefix > best->prefix))
            best = keys;
    return best;
}

/* Of exactly this address and prefix. */
static struct tcp_md5_key **place_of(struct tcp_user *user, const struct endpoint *addr,
                                     uint8_t prefix)
{
    struct tcp_md5_key **at = &user->md5;

    while (*at != NULL &&
           ((*at)->prefix != prefix || (*at)->addr.v6 != addr->v6 ||
            (addr->v6 ? !ip6_eq((*at)->addr.addr6, addr->addr6) : (*at)->addr.addr != addr->addr)))
        at = &(*at)->next;
    return at;
}

void tcp_md5_refresh(struct tcp_sock *tp)
{
    tp->signs =
        tp->user->md5 != NULL && tcp_md5_find(tp->user->md5, &tp->entry.ends->remote) != NULL;
    tp->more_options = tp->signs || tp->accecn;
}

int tcp_md5_set(struct sock *sock, const struct endpoint *addr, uint8_t prefix, const uint8_t *key,
                size_t len)
{
    struct tcp_sock *tp = tcp_of(sock);
    struct tcp_md5_key **place, *fresh;

    if (prefix > (addr->v6 ? 128 : 32) || len > TCP_MD5_KEY_MAX)
        return -SIM_EINVAL;
    place = place_of(tcp_user(tp), addr, prefix);
    if (len == 0) {
        if (*place == NULL)
            return -SIM_ENOENT;
        fresh = *place;
        *place = fresh->next;
        free(fresh);
    } else {
        if (*place == NULL)
            *place = mem_zalloc(sizeof **place);
        (*place)->addr = *addr;
        (*place)->prefix = prefix;
        (*place)->len = (uint8_t)len;
        memcpy((*place)->octets, key, len);
        sock_extra(sock); /* what comes is looked at more closely */
    }
    if (!tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN)))
        tcp_md5_refresh(tp);
    return 0;
}

struct tcp_md5_key *tcp_md5_copy(const struct tcp_md5_key *key)
{
    struct tcp_md5_key *copy;

    if (key == NULL)
        return NULL;
    copy = mem_alloc(sizeof *copy);
    *copy = *key;
    copy->next = NULL;
    return copy;
}

void tcp_md5_inherit(struct tcp_sock *tp, const struct tcp_sock *listener)
{
    struct tcp_md5_key *key =
        tcp_md5_copy(tcp_md5_find(listener->user->md5, &tp->entry.ends->remote));

    if (key == NULL)
        return;
    key->addr = tp->entry.ends->remote;
    key->prefix = key->addr.v6 ? 128 : 32;
    tcp_user(tp)->md5 = key;
    sock_extra(&tp->sock);
    tcp_md5_refresh(tp);
}

void tcp_md5_drop(struct tcp_md5_key *keys)
{
    while (keys != NULL) {
        struct tcp_md5_key *next = keys->next;

        free(keys);
        keys = next;
    }
}

/* RFC 2385 section 2.0; of IPv6 its own pseudo-header. */
static void add_addresses(struct md5 *hash, const struct endpoint *src, const struct endpoint *dst,
                          size_t len)
{
    uint8_t octets[40] = { 0 };

    if (src->v6) {
        be64_put(octets, src->addr6.hi);
        be64_put(octets + 8, src->addr6.lo);
        be64_put(octets + 16, dst->addr6.hi);
        be64_put(octets + 24, dst->addr6.lo);
        be32_put(octets + 32, (uint32_t)len);
        be32_put(octets + 36, IP_PROTO_TCP);
        md5_add(hash, octets, 40);
    } else {
        be32_put(octets, src->addr);
        be32_put(octets + 4, dst->addr);
        be32_put(octets + 8, (uint32_t)IP_PROTO_TCP << 16 | (uint32_t)len);
        md5_add(hash, octets, 12);
    }
}

static void digest_of(const struct tcp_md5_key *key, const struct endpoint *src,
                      const struct endpoint *dst, const struct frame *frame,
                      uint8_t digest[static MD5_LEN])
{
    uint8_t hdr[TCP_HDR_LEN];
    size_t hdr_len = (size_t)(frame->data[12] >> 4) * 4;
    struct md5 hash;

    memcpy(hdr, frame->data, sizeof hdr);
    be16_put(hdr + TCP_AT_CHECKSUM, 0);
    md5_init(&hash);
    add_addresses(&hash, src, dst, frame_size(frame));
    md5_add(&hash, hdr, sizeof hdr);
    md5_add(&hash, frame->data + hdr_len, frame->len - hdr_len);
    md5_add(&hash, frame->payload.octets, frame->payload.len);
    md5_add(&hash, key->octets, key->len);
    md5_finish(&hash, digest);
}

void tcp_md5_sign(const struct tcp_md5_key *key, const struct endpoint *src,
                  const struct endpoint *dst, struct frame *frame)
{
    digest_of(key, src, dst, frame, frame->data + SIGNATURE_AT);
}

enum drop_reason tcp_md5_check(const struct tcp_md5_key *keys, const struct tcp_rx *rx)
{
    struct endpoint remote, local;
    const struct tcp_md5_key *key;
    uint8_t digest[MD5_LEN];

    if (LIKELY(keys == NULL && rx->hdr.opt.signature_at == 0))
        return DROP_NONE;
    remote = ip_rx_remote(rx->ip, rx->hdr.src_port);
    local = ip_rx_local(rx->ip, rx->hdr.dst_port);
    key = tcp_md5_find(keys, &remote);
    if (rx->hdr.opt.signature_at == 0)
        return key == NULL ? DROP_NONE : DROP_TCP_SIGNATURE_MISSING;
    if (key == NULL)
        return DROP_TCP_SIGNATURE;
    digest_of(key, &remote, &local, rx->frame, digest);
    return memcmp(digest, rx->frame->data + rx->hdr.opt.signature_at + 2, MD5_LEN) == 0
               ? DROP_NONE
               : DROP_TCP_SIGNATURE_WRONG;
}
