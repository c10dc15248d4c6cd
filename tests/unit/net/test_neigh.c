#include "stack/net/neigh.h"

#include "stack/link/jiffies.h"
#include "tests/support/net_rig.h"

#define MINE  IP4(10, 0, 0, 1)
#define PEER  IP4(10, 0, 0, 2)
#define OTHER IP4(10, 0, 0, 3)

static void begin(struct net_rig *rig)
{
    net_rig_init(rig, 1);
    net_rig_address(rig, 0, MINE, 24);
}

static int send_to(struct net_rig *rig, ip4_addr dst)
{
    struct ip_send send = { .dst = dst, .protocol = 200 };
    struct frame *frame = frame_new(rig->node, 8);

    memset(frame->data, 0, 8);
    return ip_output(&rig->ip, frame, &send);
}

/* As TCP does after progress. */
static int send_confirming(struct net_rig *rig, ip4_addr dst)
{
    struct ip_send send = { .dst = dst, .protocol = 200 };
    struct frame *frame = frame_new(rig->node, 8);

    memset(frame->data, 0, 8);
    frame->confirms_neighbor = true;
    return ip_output(&rig->ip, frame, &send);
}

static enum neigh_state state_of(struct net_rig *rig, ip4_addr addr)
{
    struct neigh_info info;

    return neigh_get(&rig->ip.neigh, net_rig_iface(rig, 0), addr, &info) ? info.state : NEIGH_NONE;
}

static unsigned arps(const struct net_rig *rig)
{
    unsigned n = 0;

    for (unsigned i = 0; i < rig->wires[0].n && i < WIRE_LOG_MAX; i++)
        n += be16_get(rig->wires[0].log[i].octets + 12) == ETHERTYPE_ARP;
    return n;
}

static void reply(struct net_rig *rig, ip4_addr spa)
{
    wire_arp(rig, 0, &rig->node->ifaces[0]->mac, ARP_REPLY, spa, MINE);
    net_rig_run(rig, SIM_MSEC(1));
}

static void request_is_answered_octet_for_octet(void)
{
    struct net_rig rig;
    const struct wire_frame *frame;
    struct arp_msg msg;

    begin(&rig);
    wire_arp(&rig, 0, &MAC_BROADCAST, ARP_REQUEST, PEER, MINE);
    net_rig_run(&rig, SIM_MSEC(1));
    frame = wire_last(&rig, 0, 0);
    EQ(arp_parse(frame->octets + ETH_HDR_LEN, frame->len - ETH_HDR_LEN, &msg), DROP_NONE);
    EQ_MEM(frame->octets, rig.wires[0].iface->mac.octets, 6);
    EQ(msg.op, ARP_REPLY);
    EQ(msg.spa, MINE);
    EQ(msg.tpa, PEER);
    OK(mac_eq(&msg.sha, &rig.node->ifaces[0]->mac) && mac_eq(&msg.tha, &rig.wires[0].iface->mac));
    EQ(state_of(&rig, PEER), NEIGH_STALE);
    net_rig_fini(&rig);
}

static void request_for_another_teaches_nothing_new_but_updates_what_is_known(void)
{
    struct net_rig rig;
    struct neigh_info info;
    struct mac_addr old = { { 2, 0, 0, 0, 7, 7 } };

    begin(&rig);
    wire_arp(&rig, 0, &MAC_BROADCAST, ARP_REQUEST, PEER, OTHER);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(state_of(&rig, PEER), NEIGH_NONE);
    EQ(rig.drops[DROP_ARP_NOT_MINE], 1);
    neigh_set(&rig.ip.neigh, net_rig_iface(&rig, 0), PEER, &old, NEIGH_REACHABLE, true);
    net_rig_run(&rig, SIM_MSEC(1500)); /* past the lock time */
    wire_arp(&rig, 0, &MAC_BROADCAST, ARP_REQUEST, PEER, OTHER);
    net_rig_run(&rig, SIM_MSEC(1));
    OK(neigh_get(&rig.ip.neigh, net_rig_iface(&rig, 0), PEER, &info));
    OK(mac_eq(&info.mac, &rig.wires[0].iface->mac));
    EQ(info.state, NEIGH_STALE);
    net_rig_fini(&rig);
}

static void second_answer_within_a_second_is_not_believed(void)
{
    struct net_rig rig;
    struct neigh_info info;
    struct arp_msg msg = {
        .op = ARP_REPLY, .sha = { { 2, 0, 0, 0, 7, 7 } }, .spa = PEER, .tpa = MINE
    };
    uint8_t octets[ARP_LEN];

    begin(&rig);
    send_to(&rig, PEER);
    net_rig_run(&rig, SIM_MSEC(1));
    reply(&rig, PEER);
    EQ(state_of(&rig, PEER), NEIGH_REACHABLE);
    arp_emit(&msg, octets);
    wire_send_frame(&rig, 0, &rig.node->ifaces[0]->mac, ETHERTYPE_ARP, octets, sizeof octets);
    net_rig_run(&rig, SIM_MSEC(1));
    OK(neigh_get(&rig.ip.neigh, net_rig_iface(&rig, 0), PEER, &info));
    OK(mac_eq(&info.mac, &rig.wires[0].iface->mac));
    msg.op = ARP_REQUEST; /* but an announcement is */
    msg.tpa = PEER;
    arp_emit(&msg, octets);
    wire_send_frame(&rig, 0, &MAC_BROADCAST, ETHERTYPE_ARP, octets, sizeof octets);
    net_rig_run(&rig, SIM_MSEC(1));
    OK(neigh_get(&rig.ip.neigh, net_rig_iface(&rig, 0), PEER, &info));
    OK(mac_eq(&info.mac, &msg.sha));
    net_rig_fini(&rig);
}

static void probe_is_answered_and_teaches_nothing(void)
{
    struct net_rig rig;
    struct arp_msg msg;

    begin(&rig);
    wire_arp(&rig, 0, &MAC_BROADCAST, ARP_REQUEST, 0, MINE);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 1);
    EQ(arp_parse(wire_last(&rig, 0, 0)->octets + 14, ARP_LEN, &msg), DROP_NONE);
    EQ(msg.tpa, 0);
    EQ(rig.ip.neigh.n_entries, 0);
    net_rig_fini(&rig);
}

static void wrong_messages_are_ignored(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
        enum drop_reason why;
    } cases[] = { { 1, 6, DROP_BAD_HEADER },    { 2, 9, DROP_BAD_HEADER },
                  { 4, 5, DROP_BAD_HEADER },    { 5, 16, DROP_BAD_HEADER },
                  { 7, 9, DROP_BAD_HEADER },    { 14, 224, DROP_ARP_BAD_SENDER },
                  { 8, 1, DROP_ARP_BAD_SENDER } };
    struct net_rig rig;
    struct arp_msg msg = { .op = ARP_REQUEST, .sha = WIRE_MAC(0), .spa = PEER, .tpa = MINE };

    begin(&rig);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned before = rig.drops[cases[i].why];
        uint8_t octets[ARP_LEN];

        arp_emit(&msg, octets);
        octets[cases[i].at] = cases[i].value;
        wire_send_frame(&rig, 0, &MAC_BROADCAST, ETHERTYPE_ARP, octets, sizeof octets);
        net_rig_run(&rig, SIM_MSEC(1));
        EQ(rig.drops[cases[i].why], before + 1);
    }
    EQ(rig.wires[0].n, 0);
    net_rig_fini(&rig);
}

static void absent_neighbor_is_asked_three_times_a_second_apart(void)
{
    struct net_rig rig;

    begin(&rig);
    for (int i = 0; i < 100; i++)
        send_to(&rig, PEER);
    net_rig_run(&rig, SIM_MSEC(2900));
    EQ(arps(&rig), 3);
    EQ(state_of(&rig, PEER), NEIGH_INCOMPLETE);
    net_rig_run(&rig, SIM_MSEC(400));
    EQ(arps(&rig), 3);
    EQ(state_of(&rig, PEER), NEIGH_FAILED);
    EQ(rig.drops[DROP_NEIGH_FAILED], 100);
    send_to(&rig, PEER); /* starts over at once */
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(arps(&rig), 4);
    net_rig_fini(&rig);
}

static void waiting_packets_leave_in_order_and_too_many_lose_the_oldest(void)
{
    struct net_rig rig;

    begin(&rig);
    for (int i = 0; i < 300; i++)
        send_to(&rig, PEER);
    net_rig_run(&rig, SIM_MSEC(1));
    reply(&rig, PEER);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n - 1 + rig.drops[DROP_NEIGH_QUEUE_FULL], 300);
    OK(rig.drops[DROP_NEIGH_QUEUE_FULL] > 0);
    net_rig_fini(&rig);
}

static void unconfirmed_entry_goes_stale_then_delay_probe_failed(void)
{
    struct net_rig rig;

    begin(&rig);
    send_to(&rig, PEER);
    net_rig_run(&rig, SIM_MSEC(1));
    reply(&rig, PEER);
    EQ(state_of(&rig, PEER), NEIGH_REACHABLE);
    net_rig_run(&rig, SIM_SEC(14));
    EQ(state_of(&rig, PEER), NEIGH_REACHABLE); /* at least half of 30 s */
    net_rig_run(&rig, SIM_SEC(40));
    EQ(state_of(&rig, PEER), NEIGH_STALE);
    send_to(&rig, PEER); /* goes out at once */
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 3);
    EQ(state_of(&rig, PEER), NEIGH_DELAY);
    net_rig_run(&rig, SIM_MSEC(5300));
    EQ(state_of(&rig, PEER), NEIGH_PROBE);
    EQ_MEM(wire_last(&rig, 0, 0)->octets, rig.wires[0].iface->mac.octets, 6); /* unicast */
    net_rig_run(&rig, SIM_MSEC(3300));
    EQ(arps(&rig), 1 + 3);
    EQ(state_of(&rig, PEER), NEIGH_FAILED);
    net_rig_fini(&rig);
}

static void confirmation_in_delay_spares_the_probe(void)
{
    struct net_rig rig;

    begin(&rig);
    wire_arp(&rig, 0, &MAC_BROADCAST, ARP_REQUEST, PEER, MINE);
    net_rig_run(&rig, SIM_MSEC(1));
    send_to(&rig, PEER);
    net_rig_run(&rig, SIM_SEC(2));
    send_confirming(&rig, PEER);
    net_rig_run(&rig, SIM_SEC(4));
    EQ(state_of(&rig, PEER), NEIGH_REACHABLE);
    EQ(rig.states[WHY_NEIGH_PROBE], 0);
    net_rig_fini(&rig);
}

static void permanent_entry_is_not_moved_by_messages(void)
{
    struct net_rig rig;
    struct mac_addr mac = { { 2, 0, 0, 0, 7, 7 } };
    struct neigh_info info;

    begin(&rig);
    neigh_set(&rig.ip.neigh, net_rig_iface(&rig, 0), PEER, &mac, NEIGH_PERMANENT, true);
    net_rig_run(&rig, SIM_SEC(2));
    wire_arp(&rig, 0, &MAC_BROADCAST, ARP_REQUEST, PEER, MINE);
    net_rig_run(&rig, SIM_MSEC(1));
    OK(neigh_get(&rig.ip.neigh, net_rig_iface(&rig, 0), PEER, &info));
    OK(mac_eq(&info.mac, &mac));
    EQ(info.state, NEIGH_PERMANENT);
    net_rig_fini(&rig);
}

static void somebody_with_our_address_gets_no_answer(void)
{
    struct net_rig rig;

    begin(&rig);
    wire_arp(&rig, 0, &MAC_BROADCAST, ARP_REQUEST, MINE, MINE);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 0);
    EQ(rig.ip.neigh.n_entries, 0);
    net_rig_fini(&rig);
}

static void table_has_a_limit(void)
{
    struct net_rig rig;

    net_rig_init(&rig, 1);
    net_rig_address(&rig, 0, IP4(10, 0, 0, 1), 8);
    for (uint32_t i = 0; i < NEIGH_GC_THRESH3 + 10; i++)
        send_to(&rig, IP4(10, 1, 0, 0) + i);
    EQ(rig.ip.neigh.n_entries, NEIGH_GC_THRESH3);
    EQ(rig.drops[DROP_NEIGH_QUEUE_FULL], 10);
    net_rig_run(&rig, SIM_SEC(60)); /* failed ones are collected */
    OK(rig.ip.neigh.n_entries < 128);
    net_rig_fini(&rig);
}

static void timers_run_on_the_wheels_ticks(void)
{
    OK(jiffies_expiry(SIM_MSEC(1), SIM_SEC(1)) >= SIM_MSEC(1001));
    OK(jiffies_expiry(SIM_MSEC(1), SIM_SEC(1)) <= SIM_MSEC(1300));
    for (sim_time delay = JIFFY; delay < SIM_SEC(100); delay = delay * 3 / 2)
        OK(jiffies_expiry(SIM_USEC(12345), delay) >= SIM_USEC(12345) + delay);
}

/* Frames that come back for a request of @spa for @tpa within a second. */
static unsigned answers(struct net_rig *rig, ip4_addr spa, ip4_addr tpa)
{
    unsigned before = rig->wires[0].n;

    wire_arp(rig, 0, &MAC_BROADCAST, ARP_REQUEST, spa, tpa);
    net_rig_run(rig, SIM_SEC(1));
    return rig->wires[0].n - before;
}

static void set(struct net_rig *rig, enum ip_conf_key key, uint8_t value)
{
    ip_conf_set(&rig->ip, &net_rig_iface(rig, 0)->conf, key, value);
}

/* As recorded from Linux 6.18 with arp_ignore 0, 1, 2, 3 and 8. */
static void arp_ignore_chooses_what_is_answered(void)
{
    static const struct {
        uint8_t mode;
        bool here, elsewhere, other_subnet;
    } modes[] = { { 0, true, true, true },
                  { 1, true, false, true },
                  { 2, true, false, false },
                  { 3, true, true, true },
                  { 8, false, false, false } };
    struct net_rig rig;

    net_rig_init(&rig, 2);
    net_rig_address(&rig, 0, MINE, 24);
    net_rig_address(&rig, 1, IP4(10, 9, 0, 1), 24);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        set(&rig, IP_CONF_ARP_IGNORE, modes[i].mode);
        EQ(answers(&rig, PEER, MINE), modes[i].here);
        EQ(answers(&rig, PEER, IP4(10, 9, 0, 1)), modes[i].elsewhere);
        EQ(answers(&rig, IP4(172, 16, 0, 1), MINE), modes[i].other_subnet);
    }
    net_rig_fini(&rig);
}

static void arp_filter_and_rp_filter_want_the_way_back_here(void)
{
    struct net_rig rig;

    net_rig_init(&rig, 2);
    net_rig_address(&rig, 0, MINE, 24);
    net_rig_address(&rig, 1, IP4(10, 9, 0, 1), 24);
    EQ(answers(&rig, IP4(10, 9, 0, 7), MINE), 1);
    set(&rig, IP_CONF_ARP_FILTER, 1);
    EQ(answers(&rig, IP4(10, 9, 0, 7), MINE), 0);
    EQ(answers(&rig, PEER, MINE), 1);
    set(&rig, IP_CONF_ARP_FILTER, 0);
    set(&rig, IP_CONF_RP_FILTER, 1);
    EQ(answers(&rig, IP4(10, 9, 0, 7), MINE), 0);
    set(&rig, IP_CONF_RP_FILTER, 2);
    EQ(answers(&rig, IP4(10, 9, 0, 7), MINE), 1);
    net_rig_fini(&rig);
}

static void arp_accept_learns_from_announcements(void)
{
    struct net_rig rig;

    begin(&rig);
    EQ(answers(&rig, PEER, PEER), 0);
    EQ(state_of(&rig, PEER), NEIGH_NONE);
    set(&rig, IP_CONF_ARP_ACCEPT, 1);
    EQ(answers(&rig, PEER, PEER), 0);
    EQ(state_of(&rig, PEER), NEIGH_STALE);
    EQ(answers(&rig, OTHER, PEER), 0); /* only asks for somebody: that teaches nothing */
    EQ(state_of(&rig, OTHER), NEIGH_NONE);
    net_rig_fini(&rig);
}

static void proxy_arp_answers_for_what_is_behind_another_interface(void)
{
    struct net_rig rig;

    net_rig_init(&rig, 2);
    net_rig_address(&rig, 0, MINE, 24);
    net_rig_address(&rig, 1, IP4(10, 9, 0, 1), 24);
    set(&rig, IP_CONF_PROXY_ARP, 1);
    EQ(answers(&rig, PEER, IP4(10, 9, 0, 7)), 0); /* it does not forward */
    rig.ip.sysctl.forwarding = true;
    EQ(answers(&rig, PEER, IP4(10, 9, 0, 7)), 1); /* somewhat later */
    EQ(state_of(&rig, PEER), NEIGH_STALE);
    EQ(answers(&rig, PEER, OTHER), 0);           /* same link */
    EQ(answers(&rig, PEER, IP4(8, 8, 8, 8)), 0); /* no route */
    net_rig_fini(&rig);
}

/* The sender of the request for PEER when a packet from @src waits. */
static ip4_addr announced(struct net_rig *rig, ip4_addr src)
{
    struct ip_send send = { .src = src, .dst = PEER, .protocol = 200 };
    struct frame *frame = frame_new(rig->node, 8);
    const struct wire_frame *last;
    struct arp_msg msg;

    memset(frame->data, 0, 8);
    neigh_flush_iface(&rig->ip.neigh, net_rig_iface(rig, 0), false);
    EQ(ip_output(&rig->ip, frame, &send), 0);
    net_rig_run(rig, SIM_MSEC(1));
    last = wire_last(rig, 0, 0);
    EQ(arp_parse(last->octets + ETH_HDR_LEN, last->len - ETH_HDR_LEN, &msg), DROP_NONE);
    return msg.spa;
}

static void arp_announce_chooses_the_sender(void)
{
    struct net_rig rig;

    begin(&rig);
    net_rig_address(&rig, 0, IP4(10, 9, 0, 1), 24);
    EQ(announced(&rig, IP4(10, 9, 0, 1)), IP4(10, 9, 0, 1));
    set(&rig, IP_CONF_ARP_ANNOUNCE, 1);
    EQ(announced(&rig, IP4(10, 9, 0, 1)), MINE);
    net_rig_address(&rig, 0, IP4(10, 0, 0, 9), 24);
    EQ(announced(&rig, IP4(10, 0, 0, 9)), IP4(10, 0, 0, 9));
    set(&rig, IP_CONF_ARP_ANNOUNCE, 2);
    EQ(announced(&rig, IP4(10, 0, 0, 9)), MINE);
    net_rig_fini(&rig);
}

static void arp_notify_announces_when_the_interface_comes_up(void)
{
    struct net_rig rig;

    begin(&rig);
    ip_iface_set_up(net_rig_iface(&rig, 0), false);
    ip_iface_set_up(net_rig_iface(&rig, 0), true);
    EQ(arps(&rig), 0);
    ip_conf_set(&rig.ip, &ip_confs(&rig.ip)->fallback, IP_CONF_ARP_NOTIFY,
                1); /* nobody said otherwise */
    ip_iface_set_up(net_rig_iface(&rig, 0), false);
    ip_iface_set_up(net_rig_iface(&rig, 0), true);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(arps(&rig), 1);
    net_rig_fini(&rig);
}

static void a_default_changes_what_nobody_has_set(void)
{
    for (int key = 0; key < IP_CONF_N; key++) {
        struct net_rig rig;
        struct ip_conf *conf, *fallback;

        begin(&rig);
        conf = &net_rig_iface(&rig, 0)->conf;
        fallback = &ip_confs(&rig.ip)->fallback;
        ip_conf_set(&rig.ip, fallback, (enum ip_conf_key)key, 2);
        EQ(ip_conf_value(conf, (enum ip_conf_key)key), 2);
        ip_conf_set(&rig.ip, conf, (enum ip_conf_key)key, 3);
        for (int other = 0; other < IP_CONF_N; other++)
            ip_conf_set(&rig.ip, fallback, (enum ip_conf_key)other, 4);
        for (int other = 0; other < IP_CONF_N; other++)
            EQ(ip_conf_value(conf, (enum ip_conf_key)other), other == key ? 3 : 4);
        net_rig_fini(&rig);
    }
}

static void a_secondary_address_is_promoted_or_goes_too(void)
{
    struct net_rig rig;
    struct ip_iface *iface;

    begin(&rig);
    iface = net_rig_iface(&rig, 0);
    net_rig_address(&rig, 0, IP4(10, 0, 0, 7), 24);
    EQ(ip_addr_remove(iface, MINE, 24), 0);
    EQ(iface->n_addrs, 0);
    net_rig_address(&rig, 0, MINE, 24);
    net_rig_address(&rig, 0, IP4(10, 0, 0, 7), 24);
    set(&rig, IP_CONF_PROMOTE_SECONDARIES, 1);
    EQ(ip_addr_remove(iface, MINE, 24), 0);
    EQ(iface->n_addrs, 1);
    OK(!iface->addrs[0].secondary);
    EQ(send_to(&rig, PEER), 0); /* its subnet is still there */
    net_rig_fini(&rig);
}

UNIT_MAIN(
    "neigh", TEST(request_is_answered_octet_for_octet), TEST(arp_ignore_chooses_what_is_answered),
    TEST(arp_filter_and_rp_filter_want_the_way_back_here),
    TEST(arp_accept_learns_from_announcements),
    TEST(proxy_arp_answers_for_what_is_behind_another_interface),
    TEST(arp_announce_chooses_the_sender), TEST(arp_notify_announces_when_the_interface_comes_up),
    TEST(a_default_changes_what_nobody_has_set), TEST(a_secondary_address_is_promoted_or_goes_too),
    TEST(request_for_another_teaches_nothing_new_but_updates_what_is_known),
    TEST(second_answer_within_a_second_is_not_believed),
    TEST(probe_is_answered_and_teaches_nothing), TEST(wrong_messages_are_ignored),
    TEST(absent_neighbor_is_asked_three_times_a_second_apart),
    TEST(waiting_packets_leave_in_order_and_too_many_lose_the_oldest),
    TEST(unconfirmed_entry_goes_stale_then_delay_probe_failed),
    TEST(confirmation_in_delay_spares_the_probe), TEST(permanent_entry_is_not_moved_by_messages),
    TEST(somebody_with_our_address_gets_no_answer), TEST(table_has_a_limit),
    TEST(timers_run_on_the_wheels_ticks))
