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
    EQ(be32_get(packet.octets + 28), GROUP);
    EQ(checksum_finish(checksum_add(0, packet.octets + 24, 8)), 0);
}

static void joining_is_reported_queries_answered_leaving_told(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr = {
        .protocol = IP_PROTO_IGMP, .src = PEER, .dst = IP4(224, 0, 0, 1), .ttl = 1
    };
    uint8_t query[8] = { 0x11, 100, 0xee, 0x9b };
    struct packet packet = packet_ip(&hdr, query, sizeof query);

    net_rig_init(&rig, 1);
    net_rig_address(&rig, 0, MINE, 24);
    EQ(ip_group_join(net_rig_iface(&rig, 0), PEER), -SIM_EINVAL);
    EQ(ip_group_join(net_rig_iface(&rig, 0), GROUP), 0);
    EQ(ip_group_join(net_rig_iface(&rig, 0), GROUP), 0); /* counted, not told again */
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 1);
    expect_message(&rig, 0, 0x16, GROUP);
    EQ(wire_last(&rig, 0, 0)->octets[0], 0x01);
    EQ(wire_last(&rig, 0, 0)->octets[5], 3);
    wire_broadcast(&rig, 0, &packet);
    net_rig_run(&rig, SIM_SEC(11));
    EQ(rig.wires[0].n, 2);
    expect_message(&rig, 0, 0x16, GROUP);
    EQ(ip_group_leave(net_rig_iface(&rig, 0), GROUP), 0);
    net_rig_run(&rig, SIM_MSEC(1));
    expect_message(&rig, 0, 0x16, GROUP); /* still a member once */
    EQ(ip_group_leave(net_rig_iface(&rig, 0), GROUP), 0);
    net_rig_run(&rig, SIM_MSEC(1));
    expect_message(&rig, 0, 0x17, IP4(224, 0, 0, 2));
    EQ(ip_group_leave(net_rig_iface(&rig, 0), GROUP), -SIM_EADDRNOTAVAIL);
    net_rig_fini(&rig);
}

UNIT_MAIN("igmp", TEST(joining_is_reported_queries_answered_leaving_told))
