/* Probes: nodes that log what reaches them and send what a test asks for. For the tests of sim,
 * stack/link and devices. */
#ifndef WW_TESTS_SIM_RIG_H
#define WW_TESTS_SIM_RIG_H

#include "sim/sim.h"

#include "base/be.h"

#define PROBE_LOG_MAX 4096

struct probe {
    struct node *node;
    struct iface *iface; /* its first */
    uint32_t n;          /* frames received; the first PROBE_LOG_MAX are in the log */
    struct arrival {
        sim_time at;
        uint32_t size,
            number; /* number: the last four octets of the header's room, see probe_send() */
        struct iface *in;
        struct why why;
        uint64_t id;
    } log[PROBE_LOG_MAX];
    uint32_t carrier_calls;
    bool carrier;
};

/* What an observer saw, counted. */
struct tally {
    struct observer observer;
    uint32_t kinds[RECORD_N_KINDS];
    uint32_t drops[DROP_N_REASONS];
    uint32_t whys[WHY_N_CODES];
    struct record last;
    uint64_t hash; /* over all records: time, kind, node, interface, frame's octets */
};

static inline void probe_receive(struct iface *iface, struct frame *frame)
{
    struct probe *probe = iface->node->device;

    if (probe->n < PROBE_LOG_MAX) {
        struct arrival *arrival = &probe->log[probe->n];
        uint8_t number[4] = { 0 };

        if (frame_size(frame) >= 18)
            frame_copy_out(frame, 14, number, 4);
        *arrival = (struct arrival){ node_now(iface->node),
                                     (uint32_t)frame_size(frame),
                                     be32_get(number),
                                     iface,
                                     frame->why,
                                     frame->id };
    }
    probe->n++;
    frame_free(frame);
}

static inline void probe_carrier(struct iface *iface, bool up)
{
    struct probe *probe = iface->node->device;

    probe->carrier_calls++;
    probe->carrier = up;
}

static const struct node_ops probe_ops = { .kind = "host",
                                           .receive = probe_receive,
                                           .carrier = probe_carrier };

static inline struct mac_addr probe_mac(uint32_t node, uint32_t port)
{
    return mac_from_u64(UINT64_C(0x020000000000) | node << 8 | port);
}

/** probe_new() - a node with one interface, eth0, its MAC 02:00:00:00:NN:01. Lives in the run's
 * arena. */
static inline struct probe *probe_new(struct sim *sim, const char *name)
{
    struct node *node = sim_add_node(sim, name, &probe_ops);
    struct probe *probe = arena_alloc(&sim->arena, sizeof *probe);
    struct mac_addr mac = probe_mac(node->id, 1);

    node->device = probe;
    probe->node = node;
    probe->iface = iface_add(node, "eth0", &mac);
    return probe;
}

/** probe_frame() - @size octets from the Ethernet header on, zero but for the addresses and, behind
 * them, @number. */
static inline struct frame *probe_frame(struct node *node, const struct mac_addr *dst,
                                        const struct mac_addr *src, size_t size, uint32_t number)
{
    struct frame *frame = frame_new(node, size);

    memset(frame->data, 0, size);
    memcpy(frame->data, dst->octets, 6);
    memcpy(frame->data + 6, src->octets, 6);
    be16_put(frame->data + 12, 0x88b5);
    if (size >= 18)
        be32_put(frame->data + 14, number);
    return frame;
}

static inline void probe_send_to(struct probe *probe, const struct mac_addr *dst, size_t size,
                                 uint32_t number)
{
    iface_send(probe->iface, probe_frame(probe->node, dst, &probe->iface->mac, size, number));
}

static inline void probe_send(struct probe *probe, size_t size, uint32_t number)
{
    probe_send_to(probe, &MAC_BROADCAST, size, number);
}

static inline void tally_record(struct observer *observer, const struct record *record)
{
    struct tally *tally = (struct tally *)(void *)observer;
    uint64_t hash = tally->hash;

    tally->kinds[record->kind]++;
    tally->whys[record->why.code]++;
    if (record->kind == RECORD_DROP)
        tally->drops[record->drop]++;
    hash = random_mix(hash ^ (uint64_t)record->at) + (uint64_t)record->kind;
    hash = random_mix(hash ^ record->id) ^ record->cause;
    if (record->frame != NULL)
        for (size_t i = 0; i < record->frame->len; i++)
            hash = random_mix(hash + record->frame->data[i]);
    tally->hash = hash;
    tally->last = *record;
}

/** tally_watch() - count all records of @sim from now on. */
static inline void tally_watch(struct tally *tally, struct sim *sim)
{
    *tally = (struct tally){ .observer = { .wants = RECORD_ALL, .record = tally_record } };
    sim_observe(sim, &tally->observer);
}

static inline struct link_config link_defaults(void)
{
    return (struct link_config){ .rate = LINK_RATE_DEFAULT,
                                 .delay = LINK_DELAY_DEFAULT,
                                 .queue = LINK_QUEUE_DEFAULT };
}

#endif
