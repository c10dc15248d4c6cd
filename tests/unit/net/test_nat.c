#include "stack/net/nat.h"

#include "tests/support/describe_text.h"
#include "tests/support/net_rig.h"

/* The rig is the router: wire 0 the inside, 192.168.1.0/24; wire 1 the outside, 198.51.100.2/30,
 * default via .1. */
#define PC             IP4(192, 168, 1, 20)
#define PC2            IP4(192, 168, 1, 21)
#define LAN            IP4(192, 168, 1, 1)
#define PUBLIC         IP4(198, 51, 100, 2)
#define ISP            IP4(198, 51, 100, 1)
#define WEB            IP4(203, 0, 113, 80)
#define AT(addr, port) ((struct endpoint){ addr, port })

static void nat_rig_init(struct net_rig *rig)
{
    struct nat_forward forwards[] = { { IP_PROTO_TCP, 8080, AT(PC, 80) },
                                      { IP_PROTO_UDP, 5353, AT(PC2, 53) } };

    net_rig_init(rig, 2);
    rig->ip.sysctl.forwarding = true;
    net_rig_address(rig, 0, LAN, 24);
    net_rig_address(rig, 1, PUBLIC, 30);
    net_rig_route(rig, 0, 0, ISP, 1);
    net_rig_neighbor(rig, 0, PC);
    net_rig_neighbor(rig, 0, PC2);
    net_rig_neighbor(rig, 1, ISP);
    nat_new(&rig->ip, &(struct nat_config){ .outside = net_rig_iface(rig, 1),
                                            .forwards = forwards,
                                            .n_forwards = 2 });
}

static struct nat *nat_of(struct net_rig *rig)
{
    return rig->ip.hooks->ctx;
}

static void through(struct net_rig *rig, unsigned wire, const struct packet *packet)
{
    wire_send(rig, wire, packet);
    net_rig_run(rig, SIM_MSEC(1));
}

static void expect_table(struct net_rig *rig, const char *table, const char *lines)
{
    struct describe_text text;

    describe_text_init(&text, table);
    ip_describe(&rig->ip, &text.describe);
    EQ_STR(strbuf_text(&text.text), lines);
    strbuf_fini(&text.text);
}

/* The last packet at @wire goes from @src to @dst, ports included. */
static void expect_ends(struct net_rig *rig, unsigned wire, struct endpoint src,
                        struct endpoint dst)
{
    struct ipv4_hdr hdr;
    struct packet packet = wire_packet(rig, wire, 0, &hdr);

    EQ(hdr.src, src.addr);
    EQ(hdr.dst, dst.addr);
    EQ(be16_get(packet.octets + hdr.hdr_len), src.port);
    EQ(be16_get(packet.octets + hdr.hdr_len + 2), dst.port);
}

static void tcp(struct net_rig *rig, unsigned wire, struct endpoint src, struct endpoint dst,
                uint8_t flags, uint32_t seq, uint32_t ack, size_t len)
{
    struct packet packet = packet_tcp(src, dst, flags, seq, ack, len);

    through(rig, wire, &packet);
}

static void udp(struct net_rig *rig, unsigned wire, struct endpoint src, struct endpoint dst)
{
    struct packet packet = packet_udp(src, dst, 20);

    through(rig, wire, &packet);
}

static void masquerade_keeps_the_port_and_leads_answers_back(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;

    nat_rig_init(&rig);
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    expect_ends(&rig, 1, AT(PUBLIC, 40000), AT(WEB, 53));
    wire_packet(&rig, 1, 0, &hdr);
    EQ(hdr.ttl, 63);
    EQ(hdr.id, 77);
    EQ(wire_last(&rig, 1, 0)->why.code, WHY_NAT_OUT);
    EQ(rig.states[WHY_NAT_NEW], 1);
    expect_table(&rig, "nat",
                 "udp 192.168.1.20:40000 -> 203.0.113.80:53 as 198.51.100.2:40000 UNREPLIED 29\n");
    udp(&rig, 1, AT(WEB, 53), AT(PUBLIC, 40000));
    expect_ends(&rig, 0, AT(WEB, 53), AT(PC, 40000));
    EQ(wire_last(&rig, 0, 0)->why.code, WHY_NAT_IN);
    EQ(wire_last(&rig, 0, 0)->why.args[0], PC);
    expect_table(&rig, "conntrack",
                 "udp      17 29 src=192.168.1.20 dst=203.0.113.80 sport=40000 dport=53 "
                 "src=203.0.113.80 dst=198.51.100.2 sport=53 dport=40000 mark=0 use=1\n");
    net_rig_fini(&rig);
}

static void second_host_with_the_same_port_gets_another_one(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet;
    uint16_t port;

    nat_rig_init(&rig);
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    udp(&rig, 0, AT(PC2, 40000), AT(WEB, 53));
    packet = wire_packet(&rig, 1, 0, &hdr);
    port = be16_get(packet.octets + 20);
    OK(port != 40000 && port >= 1024);
    EQ(hdr.src, PUBLIC);
    udp(&rig, 1, AT(WEB, 53), AT(PUBLIC, port));
    expect_ends(&rig, 0, AT(WEB, 53), AT(PC2, 40000));
    /* to somewhere else it keeps the port it was given */
    udp(&rig, 0, AT(PC2, 40000), AT(WEB, 123));
    expect_ends(&rig, 1, AT(PUBLIC, port), AT(WEB, 123));
    net_rig_fini(&rig);
}

static void low_ports_stay_low(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet;

    nat_rig_init(&rig);
    udp(&rig, 0, AT(PC, 500), AT(WEB, 500));
    udp(&rig, 0, AT(PC2, 500), AT(WEB, 500));
    packet = wire_packet(&rig, 1, 0, &hdr);
    OK(be16_get(packet.octets + 20) < 512);
    udp(&rig, 0, AT(PC, 1000), AT(WEB, 500));
    udp(&rig, 0, AT(PC2, 1000), AT(WEB, 500));
    packet = wire_packet(&rig, 1, 0, &hdr);
    OK(be16_get(packet.octets + 20) >= 600 && be16_get(packet.octets + 20) < 1024);
    net_rig_fini(&rig);
}

static void udp_entry_lives_30_s_and_as_a_stream_120_s(void)
{
    struct net_rig rig;

    nat_rig_init(&rig);
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    net_rig_run(&rig, SIM_SEC(30) - SIM_MSEC(2));
    EQ(nat_count(nat_of(&rig)), 1);
    net_rig_run(&rig, SIM_MSEC(4));
    EQ(nat_count(nat_of(&rig)), 0);
    EQ(rig.states[WHY_NAT_GONE], 1);
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    udp(&rig, 1, AT(WEB, 53), AT(PUBLIC, 40000));
    net_rig_run(&rig, SIM_SEC(3));
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    expect_table(&rig, "nat",
                 "udp 192.168.1.20:40000 -> 203.0.113.80:53 as 198.51.100.2:40000 REPLIED 119\n");
    net_rig_run(&rig, SIM_SEC(120));
    EQ(nat_count(nat_of(&rig)), 0);
    net_rig_fini(&rig);
}

static void udp_without_checksum_stays_without(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet = packet_udp(AT(PC, 40000), AT(WEB, 53), 20);

    nat_rig_init(&rig);
    be16_put(packet.octets + 26, 0);
    through(&rig, 0, &packet);
    packet = wire_packet(&rig, 1, 0, &hdr);
    EQ(hdr.src, PUBLIC);
    EQ(be16_get(packet.octets + 26), 0);
    net_rig_fini(&rig);
}

static void tcp_life(struct net_rig *rig, const char *const states[6])
{
    char line[160];
    const struct {
        unsigned wire;
        uint8_t flags;
        uint32_t seq, ack;
        size_t len;
    } steps[] = { { 0, TCP_SYN, 100, 0, 0 },
                  { 1, TCP_SYN | TCP_ACK, 500, 101, 0 },
                  { 0, TCP_ACK, 101, 501, 0 },
                  { 0, TCP_FIN | TCP_ACK, 101, 501, 0 },
                  { 1, TCP_FIN | TCP_ACK, 501, 102, 0 },
                  { 0, TCP_ACK, 102, 502, 0 } };

    for (unsigned i = 0; i < 6; i++) {
        bool out = steps[i].wire == 0;

        tcp(rig, steps[i].wire, out ? AT(PC, 40000) : AT(WEB, 80),
            out ? AT(WEB, 80) : AT(PUBLIC, 40000), steps[i].flags, steps[i].seq, steps[i].ack,
            steps[i].len);
        expect_ends(rig, !steps[i].wire, out ? AT(PUBLIC, 40000) : AT(WEB, 80),
                    out ? AT(WEB, 80) : AT(PC, 40000));
        snprintf(line, sizeof line,
                 "tcp 192.168.1.20:40000 -> 203.0.113.80:80 as 198.51.100.2:40000 %s\n", states[i]);
        expect_table(rig, "nat", line);
    }
}

static void tcp_connection_goes_through_linux_states_and_timeouts(void)
{
    static const char *const states[] = { "SYN_SENT 119", "SYN_RECV 59", "ESTABLISHED 431999",
                                          "FIN_WAIT 119", "LAST_ACK 29", "TIME_WAIT 119" };
    struct net_rig rig;

    nat_rig_init(&rig);
    tcp_life(&rig, states);
    net_rig_run(&rig, SIM_SEC(121));
    EQ(nat_count(nat_of(&rig)), 0);
    net_rig_fini(&rig);
}

static void unanswered_data_is_remembered_300_s(void)
{
    struct net_rig rig;

    nat_rig_init(&rig);
    tcp(&rig, 0, AT(PC, 40000), AT(WEB, 80), TCP_SYN, 100, 0, 0);
    tcp(&rig, 1, AT(WEB, 80), AT(PUBLIC, 40000), TCP_SYN | TCP_ACK, 500, 101, 0);
    tcp(&rig, 0, AT(PC, 40000), AT(WEB, 80), TCP_ACK, 101, 501, 0);
    tcp(&rig, 0, AT(PC, 40000), AT(WEB, 80), TCP_ACK | TCP_PSH, 101, 501, 10);
    expect_table(
        &rig, "nat",
        "tcp 192.168.1.20:40000 -> 203.0.113.80:80 as 198.51.100.2:40000 ESTABLISHED 299\n");
    tcp(&rig, 1, AT(WEB, 80), AT(PUBLIC, 40000), TCP_ACK, 501, 111, 0);
    expect_table(
        &rig, "nat",
        "tcp 192.168.1.20:40000 -> 203.0.113.80:80 as 198.51.100.2:40000 ESTABLISHED 431999\n");
    net_rig_fini(&rig);
}

static void refused_connection_is_forgotten_at_once(void)
{
    struct net_rig rig;

    nat_rig_init(&rig);
    tcp(&rig, 0, AT(PC, 40000), AT(WEB, 80), TCP_SYN, 100, 0, 0);
    tcp(&rig, 1, AT(WEB, 80), AT(PUBLIC, 40000), TCP_RST | TCP_ACK, 0, 101, 0);
    expect_ends(&rig, 0, AT(WEB, 80), AT(PC, 40000));
    EQ(nat_count(nat_of(&rig)), 0); /* a reset is the only answer ever seen */
    net_rig_fini(&rig);
}

static void reset_after_answers_leaves_close_for_10_s(void)
{
    struct net_rig rig;

    nat_rig_init(&rig);
    tcp(&rig, 0, AT(PC, 40000), AT(WEB, 80), TCP_SYN, 100, 0, 0);
    tcp(&rig, 1, AT(WEB, 80), AT(PUBLIC, 40000), TCP_SYN | TCP_ACK, 500, 101, 0);
    tcp(&rig, 0, AT(PC, 40000), AT(WEB, 80), TCP_ACK, 101, 501, 0);
    tcp(&rig, 1, AT(WEB, 80), AT(PUBLIC, 40000), TCP_RST, 900, 0,
        0); /* not where it should be: no end */
    expect_table(&rig, "nat",
                 "tcp 192.168.1.20:40000 -> 203.0.113.80:80 as 198.51.100.2:40000 ESTABLISHED 9\n");
    tcp(&rig, 1, AT(WEB, 80), AT(PUBLIC, 40000), TCP_RST, 501, 0, 0);
    expect_table(&rig, "nat",
                 "tcp 192.168.1.20:40000 -> 203.0.113.80:80 as 198.51.100.2:40000 CLOSE 9\n");
    net_rig_fini(&rig);
}

static void syn_reopens_a_connection_in_time_wait(void)
{
    static const char *const states[] = { "SYN_SENT 119", "SYN_RECV 59", "ESTABLISHED 431999",
                                          "FIN_WAIT 119", "LAST_ACK 29", "TIME_WAIT 119" };
    struct net_rig rig;

    nat_rig_init(&rig);
    tcp_life(&rig, states);
    tcp_life(&rig, states);
    EQ(rig.states[WHY_NAT_NEW], 2);
    net_rig_fini(&rig);
}

static void segment_that_makes_no_sense_passes_untranslated(void)
{
    struct net_rig rig;
    struct packet packet;

    nat_rig_init(&rig);
    tcp(&rig, 0, AT(PC, 40000), AT(WEB, 80), TCP_FIN | TCP_ACK, 100, 1, 0);
    expect_ends(&rig, 1, AT(PC, 40000), AT(WEB, 80));
    packet = packet_tcp(AT(PC, 40000), AT(WEB, 80), TCP_SYN, 100, 0, 0);
    packet.octets[37] ^= 1; /* its checksum is wrong */
    through(&rig, 0, &packet);
    EQ(be32_get(wire_last(&rig, 1, 0)->octets + 26), PC);
    EQ(nat_count(nat_of(&rig)), 0);
    net_rig_fini(&rig);
}

static void echo_is_translated_by_its_identifier(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet = packet_echo(PC, WEB, ICMP_ECHO_REQUEST, 7, 1);
    char lines[200];
    uint16_t id;

    nat_rig_init(&rig);
    through(&rig, 0, &packet);
    packet = wire_packet(&rig, 1, 0, &hdr);
    EQ(hdr.src, PUBLIC);
    EQ(be16_get(packet.octets + 24), 7);
    packet = packet_echo(PC2, WEB, ICMP_ECHO_REQUEST, 7, 1);
    through(&rig, 0, &packet);
    packet = wire_packet(&rig, 1, 0, &hdr);
    id = be16_get(packet.octets + 24);
    OK(id != 7);
    packet = packet_echo(WEB, PUBLIC, ICMP_ECHO_REPLY, id, 1);
    through(&rig, 1, &packet);
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.dst, PC2);
    EQ(be16_get(packet.octets + 24), 7);
    snprintf(lines, sizeof lines,
             "icmp 192.168.1.20:7 -> 203.0.113.80 as 198.51.100.2:7 UNREPLIED 29\n"
             "icmp 192.168.1.21:7 -> 203.0.113.80 as 198.51.100.2:%u REPLIED 29\n",
             id);
    expect_table(&rig, "nat", lines);
    net_rig_fini(&rig);
}

static void error_from_outside_reaches_the_inside_host_as_if_it_were_untranslated(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr, quote;
    struct packet sent = packet_udp(AT(PC, 40000), AT(WEB, 9), 20), packet;

    nat_rig_init(&rig);
    through(&rig, 0, &sent);
    packet = wire_packet(&rig, 1, 0, &hdr);
    packet = packet_icmp(WEB, PUBLIC, icmp_make(ICMP_DEST_UNREACH, ICMP_UNREACH_PORT),
                         packet.octets, packet.len);
    through(&rig, 1, &packet);
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.src, WEB);
    EQ(hdr.dst, PC);
    EQ(ipv4_quote_parse(packet.octets + 28, packet.len - 28, &quote), DROP_NONE);
    EQ(quote.src, PC);
    EQ(quote.ttl, 63);
    EQ(checksum_finish(checksum_add(0, packet.octets + 28, 20)), 0);
    EQ_MEM(packet.octets + 48, sent.octets + 20,
           28); /* its UDP header, checksum included, as it was sent */
    EQ(wire_last(&rig, 0, 0)->why.code, WHY_NAT_IN);
    net_rig_fini(&rig);
}

static void error_from_inside_leaves_with_the_public_address_in_it(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr, quote;
    struct packet packet;

    nat_rig_init(&rig);
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    udp(&rig, 1, AT(WEB, 53), AT(PUBLIC, 40000));
    packet = wire_packet(&rig, 0, 0, &hdr);
    packet = packet_icmp(PC, WEB, icmp_make(ICMP_DEST_UNREACH, ICMP_UNREACH_PORT), packet.octets,
                         packet.len);
    through(&rig, 0, &packet);
    packet = wire_packet(&rig, 1, 0, &hdr);
    EQ(hdr.src, PUBLIC);
    EQ(ipv4_quote_parse(packet.octets + 28, packet.len - 28, &quote), DROP_NONE);
    EQ(quote.dst, PUBLIC);
    EQ(be16_get(packet.octets + 50), 40000);
    net_rig_fini(&rig);
}

static void forged_error_is_not_translated(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet;

    nat_rig_init(&rig);
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    packet = wire_packet(&rig, 1, 0, &hdr);
    packet = packet_icmp(WEB, PC, icmp_make(ICMP_DEST_UNREACH, ICMP_UNREACH_PORT), packet.octets,
                         packet.len);
    through(&rig, 1, &packet);
    packet =
        wire_packet(&rig, 0, 0, &hdr); /* goes to the host it names, with its quote as it was */
    EQ(be32_get(packet.octets + 40), PUBLIC);
    net_rig_fini(&rig);
}

static void unreachable_gateway_is_told_to_the_inside_host(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr, quote;
    struct packet packet;

    nat_rig_init(&rig);
    EQ(neigh_delete(&rig.ip.neigh, net_rig_iface(&rig, 1), ISP), 0);
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    net_rig_run(&rig, SIM_SEC(5));
    EQ(rig.drops[DROP_NEIGH_FAILED], 1);
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.dst, PC);
    EQ(packet.octets[20], ICMP_DEST_UNREACH);
    EQ(packet.octets[21], ICMP_UNREACH_HOST);
    EQ(ipv4_quote_parse(packet.octets + 28, packet.len - 28, &quote), DROP_NONE);
    EQ(quote.src, PC);
    net_rig_fini(&rig);
}

static void ttl_error_of_the_router_is_about_the_untranslated_packet(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet = packet_udp(AT(PC, 40000), AT(WEB, 33434), 20);

    nat_rig_init(&rig);
    packet.octets[8] = 1;
    be16_put(packet.octets + 10, 0);
    be16_put(packet.octets + 10, checksum_finish(checksum_add(0, packet.octets, 20)));
    through(&rig, 0, &packet);
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.src, LAN);
    EQ(packet.octets[20], ICMP_TIME_EXCEEDED);
    EQ(be32_get(packet.octets + 40), PC);
    EQ(nat_count(nat_of(&rig)), 0); /* what dies here makes no entry */
    net_rig_fini(&rig);
}

static void forwarded_port_reaches_the_inside_server(void)
{
    struct net_rig rig;

    nat_rig_init(&rig);
    tcp(&rig, 1, AT(WEB, 50000), AT(PUBLIC, 8080), TCP_SYN, 100, 0, 0);
    expect_ends(&rig, 0, AT(WEB, 50000), AT(PC, 80));
    EQ(wire_last(&rig, 0, 0)->why.code, WHY_NAT_FORWARD);
    tcp(&rig, 0, AT(PC, 80), AT(WEB, 50000), TCP_SYN | TCP_ACK, 500, 101, 0);
    expect_ends(&rig, 1, AT(PUBLIC, 8080), AT(WEB, 50000));
    expect_table(&rig, "nat",
                 "tcp 203.0.113.80:50000 -> 198.51.100.2:8080 to 192.168.1.20:80 SYN_RECV 59\n");
    udp(&rig, 1, AT(WEB, 50000), AT(PUBLIC, 5353));
    expect_ends(&rig, 0, AT(WEB, 50000), AT(PC2, 53));
    net_rig_fini(&rig);
}

static void inside_host_that_asks_for_the_public_port_gets_an_answer_it_does_not_expect(void)
{
    struct net_rig rig;

    nat_rig_init(&rig);
    tcp(&rig, 0, AT(PC2, 50000), AT(PUBLIC, 8080), TCP_SYN, 100, 0, 0);
    expect_ends(&rig, 0, AT(PC2, 50000),
                AT(PC, 80)); /* PC will answer PC2 directly, from another address */
    net_rig_fini(&rig);
}

static void unasked_packet_is_the_routers_own(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet = packet_echo(WEB, PUBLIC, ICMP_ECHO_REQUEST, 9, 1);

    nat_rig_init(&rig);
    through(&rig, 1, &packet);
    packet = wire_packet(&rig, 1, 0, &hdr);
    EQ(hdr.src, PUBLIC);
    EQ(packet.octets[20], ICMP_ECHO_REPLY);
    EQ(nat_count(nat_of(&rig)), 1); /* tracked, not translated */
    expect_table(&rig, "nat", "");
    net_rig_fini(&rig);
}

static void own_packet_that_would_be_taken_for_a_translated_one_changes_its_port(void)
{
    struct net_rig rig;
    struct ip_send send = { .dst = WEB, .src = PUBLIC, .protocol = IP_PROTO_UDP };
    struct udp_hdr own = { 40000, 53, UDP_HDR_LEN, 0 };
    struct frame *frame;
    struct ipv4_hdr hdr;
    struct packet packet;
    uint16_t port;

    nat_rig_init(&rig);
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    frame = frame_new(rig.node, UDP_HDR_LEN);
    udp_emit(&own, frame->data);
    ip_prepare_checksum(frame, PUBLIC, WEB, IP_PROTO_UDP, CHECKSUM_FIELD_UDP);
    EQ(ip_output(&rig.ip, frame, &send), 0);
    net_rig_run(&rig, SIM_MSEC(1));
    packet = wire_packet(&rig, 1, 0, &hdr);
    port = be16_get(packet.octets + 20);
    OK(port != 40000);
    udp(&rig, 1, AT(WEB, 53), AT(PUBLIC, port)); /* comes back to the router's own port */
    EQ(rig.wires[0].n, 0);
    net_rig_fini(&rig);
}

static void pending_checksum_survives_translation(void)
{
    struct net_rig rig;
    struct frame *frame;
    struct ipv4_hdr hdr = {
        .hdr_len = 20, .total_len = 41, .ttl = 64, .protocol = IP_PROTO_UDP, .src = PC, .dst = WEB
    };
    struct udp_hdr own = { 40000, 53, 21, 0 };
    struct packet packet;

    nat_rig_init(&rig);
    frame =
        frame_new(rig.wires[0].node, 21); /* built by a host that leaves the checksum for later */
    memset(frame->data, 'x', 21);
    udp_emit(&own, frame->data);
    ip_prepare_checksum(frame, PC, WEB, IP_PROTO_UDP, CHECKSUM_FIELD_UDP);
    frame->checksum.start = 20;
    ipv4_emit(&hdr, frame_push(frame, 20));
    frame->network = frame->data;
    eth_emit(&(struct eth_hdr){ rig.node->ifaces[0]->mac, WIRE_MAC(0), ETHERTYPE_IPV4 },
             frame_push(frame, 14));
    iface_send(rig.wires[0].iface, frame);
    net_rig_run(&rig, SIM_MSEC(1));
    packet = wire_packet(&rig, 1, 0, &hdr); /* verified there */
    EQ(hdr.src, PUBLIC);
    OK(be16_get(packet.octets + 26) != 0);
    net_rig_fini(&rig);
}

static void fragments_are_translated_as_a_whole(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet whole = packet_udp(AT(PC, 40000), AT(WEB, 53), 2000), piece;

    nat_rig_init(&rig);
    hdr =
        (struct ipv4_hdr){ .protocol = IP_PROTO_UDP, .src = PC, .dst = WEB, .id = 77, .mf = true };
    piece = packet_ip(&hdr, whole.octets + 20, 1480);
    through(&rig, 0, &piece);
    EQ(rig.wires[1].n, 0);
    hdr.mf = false;
    hdr.frag_off = 1480;
    piece = packet_ip(&hdr, whole.octets + 20 + 1480, whole.len - 20 - 1480);
    through(&rig, 0, &piece);
    EQ(rig.wires[1].n, 2);
    wire_packet(&rig, 1, 1, &hdr);
    EQ(hdr.src, PUBLIC);
    EQ(hdr.total_len, 1500);
    wire_packet(&rig, 1, 0, &hdr);
    EQ(hdr.src, PUBLIC);
    EQ(hdr.frag_off, 1480);
    net_rig_fini(&rig);
}

static void entries_end_with_their_address(void)
{
    struct net_rig rig;

    nat_rig_init(&rig);
    udp(&rig, 0, AT(PC, 40000), AT(WEB, 53));
    ip_iface_set_up(net_rig_iface(&rig, 1), false);
    EQ(nat_count(nat_of(&rig)), 0);
    EQ(rig.states[WHY_NAT_GONE], 1);
    net_rig_fini(&rig);
}

static void full_table_forgets_what_never_was_a_real_connection(void)
{
    struct net_rig rig;

    nat_rig_init(&rig);
    for (unsigned i = 0; i < NAT_CONNECTIONS_MAX + 3; i++) {
        struct packet packet =
            packet_udp(AT(PC, (uint16_t)(1024 + i % 60000)), AT(WEB, (uint16_t)(1 + i / 60000)), 0);

        wire_send(&rig, 0, &packet);
        net_rig_run(&rig, SIM_USEC(2));
    }
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(nat_count(nat_of(&rig)), NAT_CONNECTIONS_MAX);
    EQ(rig.states[WHY_NAT_GONE], 3);
    net_rig_fini(&rig);
}

UNIT_MAIN(
    "nat", TEST(masquerade_keeps_the_port_and_leads_answers_back),
    TEST(second_host_with_the_same_port_gets_another_one), TEST(low_ports_stay_low),
    TEST(udp_entry_lives_30_s_and_as_a_stream_120_s), TEST(udp_without_checksum_stays_without),
    TEST(tcp_connection_goes_through_linux_states_and_timeouts),
    TEST(unanswered_data_is_remembered_300_s), TEST(refused_connection_is_forgotten_at_once),
    TEST(reset_after_answers_leaves_close_for_10_s), TEST(syn_reopens_a_connection_in_time_wait),
    TEST(segment_that_makes_no_sense_passes_untranslated),
    TEST(echo_is_translated_by_its_identifier),
    TEST(error_from_outside_reaches_the_inside_host_as_if_it_were_untranslated),
    TEST(error_from_inside_leaves_with_the_public_address_in_it),
    TEST(forged_error_is_not_translated), TEST(unreachable_gateway_is_told_to_the_inside_host),
    TEST(ttl_error_of_the_router_is_about_the_untranslated_packet),
    TEST(forwarded_port_reaches_the_inside_server),
    TEST(inside_host_that_asks_for_the_public_port_gets_an_answer_it_does_not_expect),
    TEST(unasked_packet_is_the_routers_own),
    TEST(own_packet_that_would_be_taken_for_a_translated_one_changes_its_port),
    TEST(pending_checksum_survives_translation), TEST(fragments_are_translated_as_a_whole),
    TEST(entries_end_with_their_address), TEST(full_table_forgets_what_never_was_a_real_connection))
