/*
 * A switch with four ports, each with a host, gets frames: whatever they are, it
 * neither crashes nor keeps one, and never sends one back where it came from. The input is a row of
 * frames: length and port (2 octets, little endian: 14 and 2 bits), interval (1 octet, in 100 ms),
 * octets.
 */
#include "devices/switch.h"
#include "sim/sim.h"
#include "stack/wire/eth_wire.h"
#include "tests/support/must.h"

#define PORTS     4
#define FRAME_MAX 1514

struct end {
    struct node *node;
    unsigned received;
};

static void receive(struct iface *iface, struct frame *frame)
{
    struct end *end = iface->node->device;

    end->received++;
    frame_free(frame);
}

static const struct node_ops end_ops = { .kind = "host", .receive = receive };

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    static const char *const names[PORTS] = { "a", "b", "c", "d" };
    struct link_config link = { .rate = LINK_RATE_DEFAULT, .queue = 100 };
    struct mac_addr macs[PORTS] = { { { 2, 0, 0, 0, 1, 1 } },
                                    { { 2, 0, 0, 0, 1, 2 } },
                                    { { 2, 0, 0, 0, 1, 3 } },
                                    { { 2, 0, 0, 0, 1, 4 } } };
    struct switch_config config = {
        .n_ports = PORTS, .port_macs = macs, .mac = { { 2, 0, 0, 0, 1, 0 } }, .ageing = SIM_SEC(3)
    };
    struct sim *sim = sim_new(1);
    struct node *bridge = switch_new(sim, "s", &config);
    struct end ends[PORTS] = { 0 };

    for (unsigned i = 0; i < PORTS; i++) {
        struct mac_addr own = { { 2, 0, 0, 0, 2, (uint8_t)i } };

        ends[i].node = sim_add_node(sim, names[i], &end_ops);
        ends[i].node->device = &ends[i];
        iface_add(ends[i].node, "eth0", &own);
        sim_add_link(sim, ends[i].node->ifaces[0], bridge->ifaces[i], &link);
    }
    sim_start(sim);
    for (unsigned n = 0; len >= 3 && n < 256; n++) {
        unsigned word = (unsigned)octets[0] | (unsigned)octets[1] << 8, port = word >> 14, before;
        size_t size = (word & 0x3fff) % (FRAME_MAX + 1);
        sim_time pause = SIM_MSEC(100) * octets[2] + SIM_MSEC(1);

        octets += 3;
        len -= 3;
        size = size < len ? size : len;
        before = ends[port].received;
        if (size >= ETH_HDR_LEN) {
            struct frame *frame = frame_new(ends[port].node, size);

            memcpy(frame->data, octets, size);
            iface_send(ends[port].node->ifaces[0], frame);
        }
        octets += size;
        len -= size;
        MUST(sim_run(sim, sim->parts[0]->now + pause, 100000));
        MUST(ends[port].received == before);
    }
    sim_run(sim, sim->parts[0]->now + SIM_SEC(10), 100000);
    MUST(sim->parts[0]->frames_alive == 0);
    sim_free(sim);
    return 0;
}
