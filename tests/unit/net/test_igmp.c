#include "tests/support/net_rig.h"

#define MINE  IP4(10, 0, 0, 1)
#define PEER  IP4(10, 0, 0, 2)
#define GROUP IP4(239, 1, 2, 3)

static void expect_message(struct net_rig *rig, unsigned back, uint8_t type, ip4_addr dst)
{
    struct ipv4_hdr hdr;
    struct packet packet = wire_packet(rig, 0, back, &hdr);

    EQ(hdr.protocol, IP_PROTO_IGMP);
    EQ(hdr.dst, dst);
    EQ(hdr.ttl, 1);
    EQ(hdr.options[0], IPV4_OPT_ROUTER_ALERT);
    EQ(packet.octets[24], type);
    EQ(checksum_finish(checksum_add(0, packet.octets + 24, (size_t)hdr.total_len - 24)), 0);
}

/* The report @back messages ago has @n records, that at @at of @type about @group. */
static void expect_report(struct net_rig *rig, unsigned back, unsigned n, unsigned at, uint8_t type,
                          ip4_addr group)
{
    struct ipv4_hdr hdr;
    struct packet packet = wire_packet(rig, 0, back, &hdr);
    const uint8_t *record = packet.octets + 32 + at * 8;

    expect_message(rig, back, 0x22, IP4(224, 0, 0, 22));
    EQ(be16_get(packet.octets + 30), n);
    EQ(record[0], type);
    EQ(be16_get(record + 2), 0); /* sources */
    EQ(be32_get(record + 4), group);
}

static void ask(struct net_rig *rig, size_t len)
{
    struct ipv4_hdr hdr = {
        .protocol = IP_PROTO_IGMP, .src = PEER, .dst = IP4(224, 0, 0, 1), .ttl = 1
    };
    uint8_t query[12] = { 0x11, 100 };
    struct packet packet;

    be16_put(query + 2, checksum_finish(checksum_add(0, query, len)));
    packet = packet_ip(&hdr, query, len);
    wire_broadcast(rig, 0, &packet);
    net_rig_run(rig, node_now(rig->ip.node) + SIM_SEC(11));
}

/* As recorded: the change is told within three ticks and once more within a second. */
static void changes_are_told_twice_in_reports_of_version_3(void)
{
    struct net_rig rig;

    net_rig_init(&rig, 1);
    net_rig_address(&rig, 0, MINE, 24);
    EQ(ip_group_join(net_rig_iface(&rig, 0), PEER), -SIM_EINVAL);
    EQ(ip_group_join(net_rig_iface(&rig, 0), GROUP), 0);
    EQ(ip_group_join(net_rig_iface(&rig, 0), GROUP), 0); /* counted, not told again */
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 0);
    net_rig_run(&rig, SIM_MSEC(17));
    EQ(rig.wires[0].n, 1);
    expect_report(&rig, 0, 1, 0, 4, GROUP);
    EQ(wire_last(&rig, 0, 0)->octets[0], 0x01);
    EQ(wire_last(&rig, 0, 0)->octets[5], 22);
    net_rig_run(&rig, SIM_SEC(2));
    EQ(rig.wires[0].n, 2);
    expect_report(&rig, 0, 1, 0, 4, GROUP);
    EQ(ip_group_leave(net_rig_iface(&rig, 0), GROUP), 0);
    net_rig_run(&rig, SIM_SEC(4));
    EQ(rig.wires[0].n, 2); /* still a member once */
    EQ(ip_group_leave(net_rig_iface(&rig, 0), GROUP), 0);
    EQ(ip_group_join(net_rig_iface(&rig, 0), GROUP + 1), 0);
    net_rig_run(&rig, SIM_SEC(6));
    EQ(rig.wires[0].n, 4);
    expect_report(&rig, 0, 2, 0, 3, GROUP); /* what was left stands first */
    expect_report(&rig, 0, 2, 1, 4, GROUP + 1);
    EQ(ip_group_leave(net_rig_iface(&rig, 0), GROUP), -SIM_EADDRNOTAVAIL);
    net_rig_fini(&rig);
}

static void queries_are_answered_in_their_version(void)
{
    struct net_rig rig;

    net_rig_init(&rig, 1);
    net_rig_address(&rig, 0, MINE, 24);
    ask(&rig, 12);
    EQ(rig.wires[0].n, 0); /* of what all are in nobody reports */
    EQ(ip_group_join(net_rig_iface(&rig, 0), GROUP), 0);
    net_rig_run(&rig, SIM_SEC(15));
    EQ(rig.wires[0].n, 2);
    ask(&rig, 12);
    EQ(rig.wires[0].n, 3);
    expect_report(&rig, 0, 1, 0, 2, GROUP);
    ask(&rig, 8);
    EQ(rig.wires[0].n, 4);
    expect_message(&rig, 0, 0x16, GROUP);
    EQ(ip_group_leave(net_rig_iface(&rig, 0), GROUP), 0); /* while that router is there */
    net_rig_run(&rig, node_now(rig.ip.node) + SIM_MSEC(1));
    expect_message(&rig, 0, 0x17, IP4(224, 0, 0, 2));
    net_rig_run(&rig, node_now(rig.ip.node) + SIM_SEC(300));
    EQ(ip_group_join(net_rig_iface(&rig, 0), GROUP), 0);
    net_rig_run(&rig, node_now(rig.ip.node) + SIM_SEC(1));
    expect_report(&rig, 0, 1, 0, 4, GROUP);
    net_rig_fini(&rig);
}

UNIT_MAIN("igmp", TEST(changes_are_told_twice_in_reports_of_version_3),
          TEST(queries_are_answered_in_their_version))
