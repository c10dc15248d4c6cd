#include "stack/net/icmp_limit.h"

#include <stdlib.h>

#include "base/memory.h"

#define PEERS_MAX       1024
#define PEER_HEAD_START SIM_SEC(60) /* a host never heard of has that much credit */

struct icmp_peer *icmp_peer(struct icmp_peers *peers, struct ip6_addr addr, sim_time now)
{
    struct icmp_peer peer = { .addr = addr, .last = now - PEER_HEAD_START };

    for (uint32_t i = 0; i < peers->n; i++)
        if (ip6_eq(peers->peers[i].addr, addr))
            return &peers->peers[i];
    if (peers->n == PEERS_MAX)
        peers->n = 0;
    ARRAY_PUSH(peers->peers, peers->n, peers->size, peer);
    return &peers->peers[peers->n - 1];
}

void icmp_peers_fini(struct icmp_peers *peers)
{
    free(peers->peers);
}

bool icmp_peer_take(struct icmp_peer *peer, sim_time now, sim_time cost, unsigned burst)
{
    peer->tokens += now - peer->last;
    if (peer->tokens > burst * cost)
        peer->tokens = burst * cost;
    peer->last = now;
    if (peer->tokens < cost)
        return false;
    peer->tokens -= cost;
    return true;
}

void icmp_quote(struct frame *frame, uint8_t *to, size_t len)
{
    size_t before = frame->data > frame->network ? (size_t)(frame->data - frame->network) : 0;
    size_t n = before < len ? before : len;

    memcpy(to, frame->network, n);
    if (len > n)
        frame_copy_out(frame, before > 0 ? 0 : (size_t)(frame->network - frame->data), to + n,
                       len - n);
}
