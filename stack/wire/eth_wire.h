/* The Ethernet header as octets, IEEE Std 802.3 clause 3. No state, no clock, no allocation. */
#ifndef WW_STACK_WIRE_ETH_WIRE_H
#define WW_STACK_WIRE_ETH_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/be.h"
#include "base/drop.h"

#define ETH_HDR_LEN  14   /* octets: destination(6) source(6) EtherType(2), big endian */
#define ETH_MIN_LEN  60   /* shortest frame without its FCS; shorter ones are padded */
#define ETH_FCS_LEN  4    /* frame check sequence, behind the frame */
#define ETH_MTU      1500 /* octets of payload, unless a link says otherwise */
#define VLAN_TAG_LEN 4    /* IEEE Std 802.1Q, 9.5: TPID(2) TCI(2), between source and EtherType */

enum ethertype {
    ETHERTYPE_MIN = 0x0600, /* below it the field is an IEEE 802.3 length */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
};

struct eth_hdr {
    struct mac_addr dst, src;
    uint16_t ethertype; /* host byte order; a length where it is below ETHERTYPE_MIN */
};

enum { ETH_AT_SRC = 6, ETH_AT_TYPE = 12 };

/** eth_dst_at() / eth_src_at() - the addresses of the header at @octets, where they stand. */
static inline const struct mac_addr *eth_dst_at(const uint8_t *octets)
{
    return (const struct mac_addr *)octets;
}

static inline const struct mac_addr *eth_src_at(const uint8_t *octets)
{
    return (const struct mac_addr *)(octets + ETH_AT_SRC);
}

/**
 * eth_parse() - decode the header at the start of @octets; the rest is payload and perhaps padding.
 * Returns DROP_NONE with *@hdr filled, or DROP_TRUNCATED with *@hdr untouched.
 */
static inline enum drop_reason eth_parse(const uint8_t *octets, size_t len, struct eth_hdr *hdr)
{
    if (len < ETH_HDR_LEN)
        return DROP_TRUNCATED;
    memcpy(hdr->dst.octets, octets, sizeof hdr->dst.octets);
    memcpy(hdr->src.octets, octets + ETH_AT_SRC, sizeof hdr->src.octets);
    hdr->ethertype = be16_get(octets + ETH_AT_TYPE);
    return DROP_NONE;
}

/** eth_put() - write a header to @octets, field by field. eth_emit() - write *@hdr. Exactly
 * ETH_HDR_LEN octets. */
static inline void eth_put(const struct mac_addr *dst, const struct mac_addr *src,
                           uint16_t ethertype, uint8_t *octets)
{
    memcpy(octets, dst->octets, sizeof dst->octets);
    memcpy(octets + ETH_AT_SRC, src->octets, sizeof src->octets);
    be16_put(octets + ETH_AT_TYPE, ethertype);
}

static inline void eth_emit(const struct eth_hdr *hdr, uint8_t *octets)
{
    eth_put(&hdr->dst, &hdr->src, hdr->ethertype, octets);
}

#endif
