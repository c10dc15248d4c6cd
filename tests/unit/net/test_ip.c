#include "tests/support/describe_text.h"
#include "tests/support/net_rig.h"

#define MINE IP4(10, 0, 0, 1)
#define PEER IP4(10, 0, 0, 2)
#define FAR  IP4(10, 1, 0, 2)

/* Forwards between 10.0.0.0/24 and 10.1.0.0/24; protocol 200 counts what is delivered. */
struct counted {
    unsigned n;
    enum route_kind kind;
};

static void count(void *ctx, struct frame *frame, const struct ip_rx *rx)
{
    struct counted *counted = ctx;

    counted->n++;
    counted->kind = rx->kind;
    frame_free(frame);
}

static void begin(struct net_rig *rig, struct counted *counted)
{
    static const struct ip_upper_protocol protocol = { .number = 200, .input = count };

    net_rig_init(rig, 2);
    rig->ip.sysctl.forwarding = true;
    net_rig_address(rig, 0, MINE, 24);
    net_rig_address(rig, 1, IP4(10, 1, 0, 1), 24);
    net_rig_neighbor(rig, 0, PEER);
    net_rig_neighbor(rig, 0, IP4(10, 0, 0, 3));
    net_rig_neighbor(rig, 1, FAR);
    *counted = (struct counted){ 0 };
    ip_register(&rig->ip, &protocol, counted);
}

static struct packet from_to(ip4_addr src, ip4_addr dst)
{
    struct ipv4_hdr hdr = { .protocol = 200, .src = src, .dst = dst };

    return packet_ip(&hdr, "12345678", 8);
}

static void take(struct net_rig *rig, const struct packet *packet)
{
    wire_send(rig, 0, packet);
    net_rig_run(rig, SIM_MSEC(1));
}

static int send(struct net_rig *rig, struct ip_send options)
{
    struct frame *frame = frame_new(rig->node, 8);

    memset(frame->data, 0, 8);
    options.protocol = 200;
    return ip_output(&rig->ip, frame, &options);
}

static void wrong_headers_are_dropped(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
        enum drop_reason why;
        bool mend;
    } cases[] = { { 0, 0x65, DROP_BAD_VERSION, true },
                  { 0, 0x44, DROP_BAD_HEADER, true },
                  { 3, 10, DROP_BAD_HEADER, true },
                  { 2, 9, DROP_TRUNCATED, true },
                  { 10, 0xaa, DROP_BAD_CHECKSUM, false } };
    struct net_rig rig;
    struct counted counted;

    begin(&rig, &counted);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct packet packet = from_to(PEER, MINE);
        unsigned before = rig.drops[cases[i].why];

        packet.octets[cases[i].at] = cases[i].value;
        if (cases[i].mend) {
            be16_put(packet.octets + 10, 0);
            be16_put(packet.octets + 10, checksum_finish(checksum_add(0, packet.octets, 20)));
        }
        take(&rig, &packet);
        EQ(rig.drops[cases[i].why], before + 1);
    }
    EQ(counted.n, 0);
    EQ(rig.wires[0].n, 0); /* in silence */
    net_rig_fini(&rig);
}

static void impossible_addresses_are_dropped(void)
{
    static const ip4_addr sources[] = {
        IP4(127, 0, 0, 1), IP4(224, 0, 0, 1), IP4_BROADCAST, IP4(0, 1, 2, 3), 0, MINE,
        IP4(10, 1, 0, 1)
    };
    struct net_rig rig;
    struct counted counted;
    struct packet packet;

    begin(&rig, &counted);
    for (unsigned i = 0; i < sizeof sources / sizeof *sources; i++) {
        packet = from_to(sources[i], MINE);
        take(&rig, &packet);
        EQ(rig.drops[DROP_MARTIAN_SOURCE], i + 1);
    }
    packet = from_to(PEER, IP4(127, 0, 0, 1));
    take(&rig, &packet);
    EQ(rig.drops[DROP_MARTIAN_DESTINATION], 1);
    packet = from_to(0, IP4_BROADCAST); /* a DHCP client may */
    take(&rig, &packet);
    EQ(counted.n, 1);
    EQ(rig.wires[0].n + rig.wires[1].n, 0);
    net_rig_fini(&rig);
}

static void broadcasts_and_groups_are_delivered_never_forwarded(void)
{
    struct net_rig rig;
    struct counted counted;
    struct packet packet = from_to(PEER, IP4_BROADCAST);

    begin(&rig, &counted);
    wire_broadcast(&rig, 0, &packet);
    packet = from_to(PEER, IP4(10, 0, 0, 255));
    wire_broadcast(&rig, 0, &packet);
    packet = from_to(PEER, IP4(10, 1, 0, 255)); /* the other subnet's */
    wire_send(&rig, 0, &packet);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(counted.n, 3);
    EQ(counted.kind, ROUTE_BROADCAST);
    packet = from_to(PEER, IP4(224, 0, 0, 1));
    wire_broadcast(&rig, 0, &packet);
    packet = from_to(PEER, IP4(224, 0, 0, 9));
    wire_broadcast(&rig, 0, &packet);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(counted.n, 4);
    EQ(rig.drops[DROP_MULTICAST_NOT_JOINED], 1);
    EQ(rig.wires[1].n, 0);
    net_rig_fini(&rig);
}

static void broadcast_frame_with_a_packet_for_one_host(void)
{
    struct net_rig rig;
    struct counted counted;
    struct packet packet = from_to(PEER, FAR);

    begin(&rig, &counted);
    wire_broadcast(&rig, 0, &packet); /* not forwarded, RFC 1812 section 5.3.4 */
    packet = from_to(PEER, MINE);
    wire_broadcast(&rig, 0, &packet); /* taken, as Linux does */
    packet = packet_icmp(PEER, MINE, icmp_make_echo(ICMP_ECHO_REQUEST, 1, 1), NULL, 0);
    packet.octets[9] = 99; /* no such protocol: but no error about a broadcast frame */
    be16_put(packet.octets + 10, 0);
    be16_put(packet.octets + 10, checksum_finish(checksum_add(0, packet.octets, 20)));
    wire_broadcast(&rig, 0, &packet);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[1].n, 0);
    EQ(counted.n, 1);
    EQ(rig.wires[0].n, 0);
    EQ(rig.drops[DROP_UNKNOWN_PROTOCOL], 1);
    net_rig_fini(&rig);
}

static void forwarding_takes_one_from_the_ttl_and_nothing_else(void)
{
    struct net_rig rig;
    struct counted counted;
    struct ipv4_hdr hdr = {
        .protocol = 200, .src = PEER, .dst = FAR, .id = 7, .tos = 0x11, .ttl = 2, .df = true
    };
    struct packet packet = packet_ip(&hdr, "12345678", 8), out;

    begin(&rig, &counted);
    take(&rig, &packet);
    out = wire_packet(&rig, 1, 0, &hdr);
    EQ(hdr.ttl, 1);
    packet.octets[8] = 1;
    memcpy(packet.octets + 10, out.octets + 10, 2);
    EQ_MEM(out.octets, packet.octets, packet.len);
    packet = out; /* now it has 1 left */
    take(&rig, &packet);
    EQ(rig.drops[DROP_TTL_EXPIRED], 1);
    out = wire_packet(&rig, 0, 0, &hdr);
    EQ(out.octets[20], ICMP_TIME_EXCEEDED);
    EQ(hdr.tos, 0xd0); /* precedence 6, and of the packet's own what is type of service */
    net_rig_fini(&rig);
}

static void host_does_not_forward(void)
{
    struct net_rig rig;
    struct counted counted;
    struct packet packet = from_to(PEER, FAR);

    begin(&rig, &counted);
    rig.ip.sysctl.forwarding = false;
    take(&rig, &packet);
    EQ(rig.drops[DROP_IP_NOT_MINE], 1);
    EQ(rig.wires[0].n + rig.wires[1].n, 0);
    net_rig_fini(&rig);
}

static void reverse_path_filter_strict_and_loose(void)
{
    struct net_rig rig;
    struct counted counted;
    struct packet packet = from_to(IP4(10, 1, 0, 7), MINE);

    begin(&rig, &counted);
    take(&rig, &packet);
    EQ(counted.n, 1); /* off */
    ip_conf_set(&rig.ip, &ip_confs(&rig.ip)->all, IP_CONF_RP_FILTER, 1);
    take(&rig, &packet);
    EQ(rig.drops[DROP_SOURCE_FILTER], 1);
    ip_conf_set(&rig.ip, &ip_confs(&rig.ip)->all, IP_CONF_RP_FILTER, 2);
    take(&rig, &packet);
    EQ(counted.n, 2);
    packet = from_to(IP4(9, 9, 9, 9), MINE);
    take(&rig, &packet);
    EQ(rig.drops[DROP_SOURCE_FILTER], 2);
    net_rig_fini(&rig);
}

static void record_route_is_filled_in(void)
{
    struct net_rig rig;
    struct counted counted;
    struct ipv4_hdr hdr = { .protocol = 200,
                            .src = PEER,
                            .dst = FAR,
                            .n_options = 12,
                            .options = { IPV4_OPT_RECORD_ROUTE, 11, 4 } };
    struct packet packet = packet_ip(&hdr, "12345678", 8);

    begin(&rig, &counted);
    take(&rig, &packet);
    wire_packet(&rig, 1, 0, &hdr);
    EQ(hdr.options[2], 8);
    EQ(be32_get(hdr.options + 3), IP4(10, 1, 0, 1));
    net_rig_fini(&rig);
}

static void source_routes_are_refused_and_malformed_options_told(void)
{
    struct net_rig rig;
    struct counted counted;
    struct ipv4_hdr hdr = { .protocol = 200,
                            .src = PEER,
                            .dst = FAR,
                            .n_options = 8,
                            .options = { IPV4_OPT_LOOSE_ROUTE, 7, 4, 10, 1, 0, 9 } };
    struct packet packet = packet_ip(&hdr, "12345678", 8);

    begin(&rig, &counted);
    take(&rig, &packet);
    EQ(rig.drops[DROP_PROHIBITED], 1);
    hdr = (struct ipv4_hdr){
        .protocol = 200, .src = PEER, .dst = FAR, .n_options = 4, .options = { 1, 7, 9 }
    };
    packet = packet_ip(&hdr, "12345678", 8);
    take(&rig, &packet);
    EQ(rig.drops[DROP_BAD_OPTION], 1);
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(packet.octets[20], ICMP_PARAM_PROBLEM);
    EQ(packet.octets[24], 21);
    EQ(rig.wires[1].n, 0);
    net_rig_fini(&rig);
}

static void sending_errors_have_their_numbers(void)
{
    struct net_rig rig;
    struct counted counted;

    begin(&rig, &counted);
    EQ(send(&rig, (struct ip_send){ .dst = IP4(9, 9, 9, 9) }), -SIM_ENETUNREACH);
    EQ(send(&rig, (struct ip_send){ .dst = IP4(10, 0, 0, 255) }), -SIM_EACCES);
    EQ(send(&rig, (struct ip_send){ .dst = IP4(10, 0, 0, 255), .broadcast_ok = true }), 0);
    EQ(send(&rig, (struct ip_send){ .dst = PEER, .src = IP4_LOOPBACK }), -SIM_EINVAL);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 1);
    EQ_MEM(wire_last(&rig, 0, 0)->octets, MAC_BROADCAST.octets, 6);
    EQ(counted.n, 1); /* its own programs hear it */
    net_rig_fini(&rig);
}

static void own_addresses_stay_inside(void)
{
    struct net_rig rig;
    struct counted counted;

    begin(&rig, &counted);
    EQ(send(&rig, (struct ip_send){ .dst = IP4(127, 1, 2, 3) }), 0);
    EQ(send(&rig, (struct ip_send){ .dst = MINE }), 0);
    EQ(send(&rig, (struct ip_send){ .dst = 0 }), 0);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(counted.n, 3);
    EQ(rig.wires[0].n + rig.wires[1].n, 0);
    net_rig_fini(&rig);
}

static void secondary_addresses_go_with_their_primary(void)
{
    struct net_rig rig;
    struct counted counted;
    struct ip_iface *iface;

    begin(&rig, &counted);
    iface = net_rig_iface(&rig, 0);
    net_rig_address(&rig, 0, IP4(10, 0, 0, 5), 24);
    net_rig_address(&rig, 0, IP4(10, 5, 0, 1), 24);
    net_rig_route(&rig, IP4(172, 16, 0, 0), 12, IP4(10, 0, 0, 254), 0);
    OK(iface->addrs[1].secondary && !iface->addrs[2].secondary);
    EQ(ip_addr_add(iface, MINE, 24), -SIM_EEXIST);
    EQ(ip_addr_remove(iface, MINE, 24), 0);
    EQ(iface->n_addrs, 1);
    OK(!ip_is_local(&rig.ip, IP4(10, 0, 0, 5)));
    /* the connected route went, the one through a gateway there stays */
    EQ(send(&rig, (struct ip_send){ .dst = PEER }), -SIM_ENETUNREACH);
    EQ(send(&rig, (struct ip_send){ .dst = IP4(172, 16, 0, 1) }), 0);
    EQ(ip_addr_remove(iface, IP4(10, 5, 0, 1), 24), 0);
    EQ(send(&rig, (struct ip_send){ .dst = IP4(172, 16, 0, 1) }),
       -SIM_ENETUNREACH); /* IP is off there */
    net_rig_fini(&rig);
}

static void point_to_point_prefixes_have_no_broadcast(void)
{
    struct net_rig rig;

    net_rig_init(&rig, 1);
    net_rig_address(&rig, 0, IP4(10, 0, 0, 0), 31);
    EQ(ip_addr_kind(&rig.ip, IP4(10, 0, 0, 1)), ROUTE_UNICAST);
    EQ(send(&rig, (struct ip_send){ .dst = IP4(10, 0, 0, 1) }), 0);
    net_rig_address(&rig, 0, IP4(10, 9, 0, 1), 32);
    EQ(ip_addr_kind(&rig.ip, IP4(10, 9, 0, 1)), ROUTE_LOCAL);
    EQ(send(&rig, (struct ip_send){ .dst = IP4(10, 9, 0, 2) }), -SIM_ENETUNREACH);
    net_rig_fini(&rig);
}

static void interface_down_takes_routes_and_addresses_out_of_use(void)
{
    struct net_rig rig;
    struct counted counted;

    begin(&rig, &counted);
    net_rig_route(&rig, 0, 0, IP4(10, 0, 0, 254), 0);
    ip_iface_set_up(net_rig_iface(&rig, 0), false);
    EQ(send(&rig, (struct ip_send){ .dst = PEER }), -SIM_ENETUNREACH);
    OK(!ip_is_local(&rig.ip, MINE));
    ip_iface_set_up(net_rig_iface(&rig, 0), true);
    EQ(send(&rig, (struct ip_send){ .dst = PEER }), 0);
    EQ(send(&rig, (struct ip_send){ .dst = IP4(9, 9, 9, 9) }),
       -SIM_ENETUNREACH); /* static routes do not come back */
    net_rig_fini(&rig);
}

/* The third packet of a flow takes the straight way; what it rests on is taken away piece by piece.
 */
static void a_known_flow_ends_with_what_it_rests_on(void)
{
    struct net_rig rig;
    struct counted counted;
    struct ipv4_hdr hdr = { .protocol = 200, .src = PEER, .dst = FAR, .ttl = 1 };
    struct packet packet = from_to(PEER, FAR), dying = packet_ip(&hdr, "12345678", 8), seen[3];
    struct packet own = from_to(PEER, MINE);

    begin(&rig, &counted);
    for (unsigned i = 0; i < 3; i++) {
        take(&rig, &packet);
        take(&rig, &own);
        seen[i] = wire_packet(&rig, 1, i, &hdr);
        EQ_MEM(seen[i].octets, seen[0].octets, seen[0].len);
    }
    EQ(counted.n, 3);
    take(&rig, &dying);
    EQ(rig.drops[DROP_TTL_EXPIRED], 1);
    fib_add(&rig.ip,
            &(struct fib_entry){ .prefix = FAR, .prefix_len = 32, .kind = ROUTE_BLACKHOLE }, false);
    take(&rig, &packet);
    EQ(rig.wires[1].n, 3);
    EQ(rig.drops[DROP_NO_ROUTE], 1);
    ip_addr_remove(rig.ip.ifaces[1], MINE, 24);
    take(&rig, &own);
    EQ(counted.n, 3);
    net_rig_fini(&rig);
}

/* Half a microsecond lies between a packet's arrival and the kernel's work on it. What changes
 * between concerns a packet of a known flow as it does one of which nothing is known. */
static void what_changes_while_a_packet_waits_is_seen(void)
{
    for (unsigned known = 0; known < 2; known++) {
        struct net_rig rig;
        struct counted counted;
        struct packet own = from_to(PEER, MINE);

        begin(&rig, &counted);
        if (known)
            take(&rig, &own);
        wire_send(&rig, 0, &own);
        net_rig_run(&rig, SIM_USEC(1)); /* it has arrived */
        EQ(counted.n, known);
        fib_add(&rig.ip,
                &(struct fib_entry){ .prefix = FAR, .prefix_len = 32, .kind = ROUTE_BLACKHOLE },
                false);
        net_rig_run(&rig, SIM_USEC(1));
        EQ(counted.n, known + 1);
        wire_send(&rig, 0, &own);
        net_rig_run(&rig, SIM_USEC(1));
        ip_addr_remove(rig.ip.ifaces[1], MINE, 24);
        net_rig_run(&rig, SIM_USEC(1));
        EQ(counted.n, known + 1);
        EQ(rig.drops[DROP_IP_NOT_MINE], 1);
        net_rig_fini(&rig);
    }
}

static void a_known_flow_waits_for_its_neighbor_anew(void)
{
    struct net_rig rig;
    struct counted counted;
    struct packet packet = from_to(PEER, FAR);

    begin(&rig, &counted);
    take(&rig, &packet);
    take(&rig, &packet);
    EQ(rig.wires[1].n, 2);
    neigh_delete(&rig.ip.neigh, rig.ip.ifaces[2], FAR);
    take(&rig, &packet);
    EQ(rig.wires[1].n, 3);
    EQ(be16_get(rig.wires[1].log[2].octets + 12), 0x0806); /* asks, the packet waits */
    net_rig_fini(&rig);
}

static unsigned count_own(const struct net_rig *rig, enum route_kind kind)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < 1u << 16; i++)
        n += ip_addr_kind(&rig->ip, IP4(10, 0, 0, 0) + i) == kind;
    return n;
}

static void of_all_addresses_only_its_own_are_its_own(void)
{
    struct net_rig rig;

    net_rig_init(&rig, 1);
    EQ(count_own(&rig, ROUTE_LOCAL), 0);
    for (unsigned i = 1; i <= 20; i++)
        net_rig_address(&rig, 0, IP4(10, 0, i, 1), 24);
    EQ(count_own(&rig, ROUTE_LOCAL), 20);
    EQ(count_own(&rig, ROUTE_BROADCAST), 20);
    ip_addr_set_broadcast(net_rig_iface(&rig, 0), IP4(10, 0, 7, 1), IP4(10, 0, 99, 99));
    EQ(ip_addr_kind(&rig.ip, IP4(10, 0, 99, 99)), ROUTE_BROADCAST);
    EQ(ip_addr_kind(&rig.ip, IP4(10, 0, 7, 255)), ROUTE_UNICAST);
    ip_addr_remove(net_rig_iface(&rig, 0), IP4(10, 0, 9, 1), 24);
    EQ(ip_addr_kind(&rig.ip, IP4(10, 0, 9, 1)), ROUTE_UNICAST);
    EQ(count_own(&rig, ROUTE_LOCAL), 19);
    net_rig_fini(&rig);
}

static uint16_t sent_id(struct net_rig *rig, struct ip_send options)
{
    struct ipv4_hdr hdr;

    EQ(send(rig, options), 0);
    net_rig_run(rig, SIM_USEC(1));
    wire_packet(rig, 0, 0, &hdr);
    return hdr.id;
}

static void packets_that_may_be_cut_are_numbered(void)
{
    const struct ip_send plain = { .dst = PEER, .protocol = 200 },
                         want = { .dst = PEER, .protocol = 200, .df = true },
                         always = { .dst = PEER, .protocol = 200, .df_always = true };
    struct net_rig rig;
    struct counted counted;
    uint16_t first, second;

    begin(&rig, &counted);
    first = sent_id(&rig, plain);
    EQ(sent_id(&rig, want), (uint16_t)(first + 1)); /* DF is no promise for the next one */
    EQ(sent_id(&rig, always), 0);
    EQ(sent_id(&rig, plain), (uint16_t)(first + 2));
    net_rig_run(&rig, SIM_SEC(1)); /* 250 ticks: at most as many are skipped */
    second = sent_id(&rig, plain);
    OK((uint16_t)(second - first) > 2 && (uint16_t)(second - first) < 3 + 250);
    net_rig_fini(&rig);
}

UNIT_MAIN("ip", TEST(packets_that_may_be_cut_are_numbered),
          TEST(a_known_flow_ends_with_what_it_rests_on),
          TEST(what_changes_while_a_packet_waits_is_seen),
          TEST(a_known_flow_waits_for_its_neighbor_anew), TEST(wrong_headers_are_dropped),
          TEST(impossible_addresses_are_dropped),
          TEST(broadcasts_and_groups_are_delivered_never_forwarded),
          TEST(broadcast_frame_with_a_packet_for_one_host),
          TEST(forwarding_takes_one_from_the_ttl_and_nothing_else), TEST(host_does_not_forward),
          TEST(reverse_path_filter_strict_and_loose), TEST(record_route_is_filled_in),
          TEST(source_routes_are_refused_and_malformed_options_told),
          TEST(sending_errors_have_their_numbers), TEST(own_addresses_stay_inside),
          TEST(secondary_addresses_go_with_their_primary),
          TEST(point_to_point_prefixes_have_no_broadcast),
          TEST(interface_down_takes_routes_and_addresses_out_of_use),
          TEST(of_all_addresses_only_its_own_are_its_own))
