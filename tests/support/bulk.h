/* A TCP flow that never ends, for tests of rates: its sender always has more to say. */
#ifndef WW_TESTS_BULK_H
#define WW_TESTS_BULK_H

#include <stdint.h>

#include "sim/link.h"
#include "stack/transport/sock.h"

#define BULK_MSS 1448 /* octets of data in a full segment with timestamps */

struct bulk {
    struct sock *from, *to; /* NULL: not accepted yet */
    uint64_t received;
    unsigned flags; /* of each send() */
};

/* As much as the two ends take now. */
static void bulk_move(struct bulk *flow)
{
    static const uint8_t octets[100000];

    struct sock_send message = { .octets = octets, .len = sizeof octets, .flags = flow->flags };

    while (flow->from->ops->send(flow->from, &message) > 0)
        continue;
    while (flow->to != NULL) {
        struct sock_recv read = { .size = 1000000 };
        int64_t n = flow->to->ops->recv(flow->to, &read);

        if (n <= 0)
            return;
        flow->received += (uint64_t)n;
    }
}

/* What a cable that is never idle carries: whole frames back to back. */
static uint64_t bulk_full_link(uint64_t rate, unsigned seconds)
{
    return rate / 8 * seconds * BULK_MSS / (1514 + ETH_WIRE_OVERHEAD);
}

#endif
