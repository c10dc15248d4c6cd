#include "stack/net/multipath.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/memory.h"
#include "base/siphash.h"
#include "stack/net/ip_internal.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/ipv4_wire.h"

/* ---- the hops of a route ---- */

/* fib_rebalance(): the hash's range is divided by weights. */
static void share_out(struct fib_hops *hops)
{
    uint64_t total = 0, sum = 0;

    for (uint32_t i = 0; i < hops->n; i++)
        total += hops->hop[i].dead ? 0 : hops->hop[i].weight;
    for (uint32_t i = 0; i < hops->n; i++) {
        struct fib_hop *hop = &hops->hop[i];

        hop->upper_bound = -1;
        if (hop->dead)
            continue;
        sum += hop->weight;
        hop->upper_bound = (int32_t)(((sum << 31) + total / 2) / total - 1);
    }
}

struct fib_hops *multipath_copy(const struct fib_hops *hops)
{
    size_t size = sizeof *hops + hops->n * sizeof *hops->hop;
    struct fib_hops *copy = mem_alloc(size);

    memcpy(copy, hops, size);
    share_out(copy);
    return copy;
}

bool multipath_kill(struct fib_hops *hops, const struct ip_iface *oif)
{
    bool any = false;

    for (uint32_t i = 0; i < hops->n; i++) {
        hops->hop[i].dead |= hops->hop[i].oif == oif;
        any |= !hops->hop[i].dead;
    }
    if (any)
        share_out(hops);
    return any;
}

void multipath_revive(struct fib_hops *hops, const struct ip_iface *oif)
{
    for (uint32_t i = 0; i < hops->n; i++)
        if (hops->hop[i].oif == oif)
            hops->hop[i].dead = false;
    share_out(hops);
}

const struct fib_hop *multipath_live(const struct fib_hops *hops, const struct ip_iface *oif)
{
    for (uint32_t i = 0; i < hops->n; i++)
        if (!hops->hop[i].dead && (oif == NULL || hops->hop[i].oif == oif))
            return &hops->hop[i];
    return NULL;
}

bool fib_hop_is_linkdown(const struct fib_hop *hop)
{
    return hop->dead || ip_iface_is_linkdown(hop->oif);
}

bool multipath_same(const struct fib_hops *a, const struct fib_hops *b)
{
    if (a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->hop[i].via != b->hop[i].via || a->hop[i].oif != b->hop[i].oif)
            return false;
    return true;
}

size_t multipath_format(const struct fib_hops *hops, char *text, size_t size)
{
    char addr[IP4_TEXT_MAX];
    size_t n = 0;

#define ADD(...) (n += (size_t)snprintf(text + n, size - n, __VA_ARGS__))
    for (uint32_t i = 0; i < hops->n; i++) {
        const struct fib_hop *hop = &hops->hop[i];

        ADD(" nexthop");
        if (hop->via != 0 && !hop->via_self)
            ADD(" via %s", ip4_format(hop->via, addr));
        ADD(" dev %s weight %u", hop->oif->name, hop->weight);
        if (hop->dead)
            ADD(" dead");
        if (hop->onlink)
            ADD(" onlink");
        if (fib_hop_is_linkdown(hop))
            ADD(" linkdown");
    }
#undef ADD
    return n;
}

/* ---- the hash ---- */

/* Octets in network order as a little-endian machine reads them. */
static uint32_t swapped32(uint32_t x)
{
    return x >> 24 | (x >> 8 & 0xff00) | (x & 0xff00) << 8 | x << 24;
}

static uint16_t swapped16(uint16_t x)
{
    return (uint16_t)(x >> 8 | x << 8);
}

/* flow_hash_from_keys(): both directions of a flow are the same to it, for addresses and ports are
   put in order first. Its keys are 48 octets: the protocol is the third, the ports stand at 28, the
   addresses at 36, and what else there is is 0. */
static uint32_t hash_of_keys(const struct route_key *keys, const uint64_t key[2])
{
    uint32_t a = swapped32(keys->src), b = swapped32(keys->dst);
    uint16_t p = swapped16(keys->src_port), q = swapped16(keys->dst_port);
    uint32_t first = a < b ? a : b, second = a < b ? b : a;
    uint32_t ports = p < q ? p | (uint32_t)q << 16 : q | (uint32_t)p << 16;
    uint64_t words[6] = { (uint64_t)keys->protocol << 16, 0,     0, (uint64_t)ports << 32,
                          (uint64_t)first << 32,          second };
    uint32_t hash = (uint32_t)siphash(words, 6, key);

    return hash == 0 ? 1 : hash;
}

static inline uint32_t rotate32(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

/* jhash_2words() of Jenkins' lookup3: of packets the fields of policy 3 are hashed together with
   what a tunnel would have inside, here 0. */
static uint32_t with_no_inner(uint32_t hash)
{
    uint32_t b = UINT32_C(0xdeadbeef) + 8, a = hash + b, c = b;

    c = (c ^ b) - rotate32(b, 14);
    a = (a ^ c) - rotate32(c, 11);
    b = (b ^ a) - rotate32(a, 25);
    c = (c ^ b) - rotate32(b, 16);
    a = (a ^ c) - rotate32(c, 4);
    b = (b ^ a) - rotate32(a, 14);
    return (c ^ b) - rotate32(b, 24);
}

/* ---- what of a packet counts ---- */

/* ip_multipath_l3_keys(): an ICMP error goes the way of the flow it is about. */
static void read_addresses(struct route_key *keys, const uint8_t *packet, uint32_t len)
{
    struct ipv4_hdr hdr, quoted;
    uint32_t at;

    if (ipv4_quote_parse(packet, len, &hdr) != DROP_NONE)
        return;
    at = hdr.hdr_len + (uint32_t)ICMP_HDR_LEN;
    if (hdr.protocol == IP_PROTO_ICMP && hdr.frag_off == 0 && len > at &&
        icmp_is_error(packet[hdr.hdr_len]) &&
        ipv4_quote_parse(packet + at, len - at, &quoted) == DROP_NONE)
        hdr = quoted;
    keys->src = hdr.src;
    keys->dst = hdr.dst;
}

/* skb_flow_dissect_flow_keys(): of fragments no ports, of the first one neither. */
static void read_ports(struct route_key *keys, const uint8_t *packet, uint32_t len)
{
    struct ipv4_hdr hdr;

    if (ipv4_quote_parse(packet, len, &hdr) != DROP_NONE)
        return;
    keys->src = hdr.src;
    keys->dst = hdr.dst;
    keys->protocol = hdr.protocol;
    if ((hdr.protocol == IP_PROTO_TCP || hdr.protocol == IP_PROTO_UDP) && !hdr.mf &&
        hdr.frag_off == 0 && len >= hdr.hdr_len + 4u) {
        keys->src_port = be16_get(packet + hdr.hdr_len);
        keys->dst_port = be16_get(packet + hdr.hdr_len + 2);
    }
}

bool multipath_by_ports(const struct ip_stack *ip)
{
    return ip->sysctl.multipath_hash_policy == MULTIPATH_L4 ||
           ip->sysctl.multipath_hash_policy == MULTIPATH_FIELDS;
}

static void leave_out(struct route_key *keys, uint32_t fields)
{
    keys->src = fields & MULTIPATH_SRC ? keys->src : 0;
    keys->dst = fields & MULTIPATH_DST ? keys->dst : 0;
    keys->protocol = fields & MULTIPATH_PROTOCOL ? keys->protocol : 0;
    keys->src_port = fields & MULTIPATH_SRC_PORT ? keys->src_port : 0;
    keys->dst_port = fields & MULTIPATH_DST_PORT ? keys->dst_port : 0;
}

uint32_t multipath_hash(const struct ip_stack *ip, struct route_key *key)
{
    uint64_t seed = ip->fib.hash_seed, seeds[2] = { seed | seed << 32, seed | seed << 32 };
    struct route_key keys = { .src = key->src, .dst = key->dst };
    uint32_t hash;

    if (multipath_by_ports(ip)) {
        keys = *key;
        if (key->packet != NULL)
            read_ports(&keys, key->packet, key->packet_len);
        if (ip->sysctl.multipath_hash_policy == MULTIPATH_FIELDS)
            leave_out(&keys, ip->fib.hash_fields);
    } else if (key->packet != NULL) {
        read_addresses(&keys, key->packet, key->packet_len);
    }
    hash = hash_of_keys(&keys, seed != 0 ? seeds : ip->fib.multipath->hash_key);
    if (ip->sysctl.multipath_hash_policy == MULTIPATH_FIELDS && key->packet != NULL)
        hash = with_no_inner(hash);
    key->hash = hash >> 1;
    return key->hash;
}

/* ---- the choice ---- */

/* fib_good_nh(): nothing speaks against a gateway that nobody has asked for. */
static bool is_good(const struct ip_stack *ip, const struct fib_hop *hop)
{
    struct neigh_info info;

    return hop->via == 0 || !neigh_get(&ip->neigh, hop->oif, hop->via, &info) ||
           (info.state != NEIGH_NONE && info.state != NEIGH_INCOMPLETE &&
            info.state != NEIGH_FAILED);
}

/* fib_select_multipath(): the first hop up to whose bound the hash goes; for packets of this node
   rather one that would send from the address they have (since Linux 6.16). */
const struct fib_hop *multipath_choose(struct ip_stack *ip, const struct fib_hops *hops,
                                       struct route_key *key)
{
    int64_t hash = multipath_hash(ip, key);
    const struct fib_hop *best = NULL;
    int best_score = -1;

    for (uint32_t i = 0; i < hops->n; i++) {
        const struct fib_hop *hop = &hops->hop[i];
        int score = 0;

        if (hop->upper_bound < 0 || (ip->sysctl.multipath_use_neigh && !is_good(ip, hop)))
            continue;
        if (key->src != 0 && ip_source_on(ip, hop->oif, hop->via) == key->src)
            score = 2;
        score += hash <= hop->upper_bound;
        if (score > best_score) {
            best = hop;
            best_score = score;
        }
        if (score == 3 || (key->src == 0 && score == 1))
            break;
    }
    return best != NULL ? best : multipath_live(hops, NULL);
}
