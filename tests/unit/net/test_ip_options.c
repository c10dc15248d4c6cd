/* Record route and timestamps: filled in on the way, back with the answer. */
#include "stack/net/ip_options.h"
#include "tests/support/net_rig.h"

#define MINE IP4(10, 0, 0, 1)
#define PEER IP4(10, 0, 0, 2)
#define OUT  IP4(10, 1, 0, 1)
#define FAR  IP4(10, 1, 0, 2)

static void begin(struct net_rig *rig)
{
    net_rig_init(rig, 2);
    net_rig_address(rig, 0, MINE, 24);
    net_rig_address(rig, 1, OUT, 24);
    net_rig_neighbor(rig, 0, PEER);
    net_rig_neighbor(rig, 1, FAR);
    rig->ip.sysctl.forwarding = true;
    net_rig_run(rig, SIM_MSEC(5)); /* of the day */
}

static void send_echo(struct net_rig *rig, ip4_addr dst, uint8_t ttl, const uint8_t *options,
                      uint8_t n)
{
    struct packet echo = packet_echo(PEER, dst, ICMP_ECHO_REQUEST, 1, 1), packet;
    struct ipv4_hdr hdr = {
        .protocol = IP_PROTO_ICMP, .src = PEER, .dst = dst, .ttl = ttl, .n_options = n
    };

    memcpy(hdr.options, options, n);
    packet = packet_ip(&hdr, echo.octets + IPV4_HDR_LEN, echo.len - IPV4_HDR_LEN);
    wire_send(rig, 0, &packet);
    net_rig_run(rig, SIM_MSEC(1));
}

static void an_echo_has_both_of_our_addresses(void)
{
    static const uint8_t route[16] = { IPV4_OPT_NOP, IPV4_OPT_RECORD_ROUTE, 15, 4 };
    struct net_rig rig;
    struct ipv4_hdr hdr;

    begin(&rig);
    send_echo(&rig, MINE, 64, route, 16);
    wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.n_options, 16); /* without the no-operation, filled up with end of list */
    EQ(hdr.options[0], IPV4_OPT_RECORD_ROUTE);
    EQ(hdr.options[2], 12);
    EQ(be32_get(hdr.options + 3), MINE);
    EQ(be32_get(hdr.options + 7), MINE);
    EQ(be32_get(hdr.options + 11), 0);
    net_rig_fini(&rig);
}

static void a_full_option_goes_back_as_it_is(void)
{
    static const uint8_t route[8] = { IPV4_OPT_RECORD_ROUTE, 7, 8, 1, 2, 3, 4 };
    struct net_rig rig;
    struct ipv4_hdr hdr;

    begin(&rig);
    send_echo(&rig, MINE, 64, route, 8);
    wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.n_options, 8);
    EQ_MEM(hdr.options, route, 8);
    net_rig_fini(&rig);
}

static void times_and_addresses_are_written_twice(void)
{
    static const uint8_t times[36] = { IPV4_OPT_TIMESTAMP, 36, 5, 1 };
    struct net_rig rig;
    struct ipv4_hdr hdr;

    begin(&rig);
    send_echo(&rig, MINE, 64, times, 36);
    wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.options[2], 21);
    EQ(be32_get(hdr.options + 4), MINE);
    EQ(be32_get(hdr.options + 8), 5); /* milliseconds */
    EQ(be32_get(hdr.options + 12), MINE);
    EQ(be32_get(hdr.options + 16), 5);
    EQ(be32_get(hdr.options + 20), 0);
    net_rig_fini(&rig);
}

static void only_who_is_named_writes_its_time(void)
{
    static const uint8_t times[20] = {
        IPV4_OPT_TIMESTAMP, 20, 5, 3, 10, 0, 0, 1, 0, 0, 0, 0, 10, 0, 0, 2
    };
    static const uint8_t others[12] = { IPV4_OPT_TIMESTAMP, 12, 5, 3, 10, 9, 9, 9 };
    struct net_rig rig;
    struct ipv4_hdr hdr;

    begin(&rig);
    send_echo(&rig, MINE, 64, times, 20);
    wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.options[2], 13); /* the next one is the peer */
    EQ(be32_get(hdr.options + 8), 5);
    send_echo(&rig, MINE, 64, others, 12);
    wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.options[2], 5);
    net_rig_fini(&rig);
}

static void who_finds_no_room_is_counted_fifteen_times(void)
{
    uint8_t times[8] = { IPV4_OPT_TIMESTAMP, 8, 9, 0xe0 };
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet;

    begin(&rig);
    send_echo(&rig, MINE, 64, times, 8);
    wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.options[3], 0xf0);
    times[3] = 0xf0;
    send_echo(&rig, MINE, 64, times, 8);
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(packet.octets[20], ICMP_PARAM_PROBLEM);
    EQ(packet.octets[24], 23); /* where the count stands */
    net_rig_fini(&rig);
}

static void a_router_records_where_it_goes_out_and_the_time_where_it_came_in(void)
{
    static const uint8_t both[20] = { IPV4_OPT_RECORD_ROUTE, 7,  4, 0, 0, 0, 0,
                                      IPV4_OPT_TIMESTAMP,    12, 5, 1 };
    struct net_rig rig;
    struct ipv4_hdr hdr;

    begin(&rig);
    send_echo(&rig, FAR, 64, both, 20);
    wire_packet(&rig, 1, 0, &hdr); /* its checksum is right */
    EQ(be32_get(hdr.options + 3), OUT);
    EQ(hdr.options[2], 8);
    EQ(be32_get(hdr.options + 11), MINE);
    EQ(be32_get(hdr.options + 15), 5);
    net_rig_fini(&rig);
}

static void errors_carry_the_options_and_quote_less(void)
{
    static const uint8_t route[40] = { IPV4_OPT_RECORD_ROUTE, 39, 4 };
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet;

    begin(&rig);
    send_echo(&rig, FAR, 1, route, 40);
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(packet.octets[60], ICMP_TIME_EXCEEDED);
    EQ(hdr.n_options, 40);
    EQ(hdr.options[2], 12);
    net_rig_fini(&rig);
}

static void what_points_nowhere_does_not_go_back(void)
{
    struct ipv4_hdr hdr = { .n_options = 16,
                            .options = { IPV4_OPT_RECORD_ROUTE, 7, 0, 0, 0, 0, 0, IPV4_OPT_NOP,
                                         IPV4_OPT_TIMESTAMP, 8, 4, 0 } };
    struct net_rig rig;
    struct ip_options options;

    begin(&rig);
    ip_options_echo(&rig.ip, &hdr, &options);
    EQ(options.len, 0);
    EQ(options.gaps.rr_addr, 0);
    EQ(options.gaps.ts_time, 0);
    net_rig_fini(&rig);
}

/* Linux asks for room for an address only where it knows that there is one. */
static void timestamps_of_a_kind_that_nobody_knows_pass(void)
{
    static const uint8_t times[8] = { IPV4_OPT_TIMESTAMP, 8, 5, 2 };
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet;

    begin(&rig);
    send_echo(&rig, MINE, 64, times, 8);
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(packet.octets[28], ICMP_ECHO_REPLY);
    EQ_MEM(hdr.options, times, 8);
    net_rig_fini(&rig);
}

static void programs_may_not_write_nonsense(void)
{
    static const uint8_t right[] = { IPV4_OPT_NOP, IPV4_OPT_RECORD_ROUTE, 7, 4, 0, 0, 0, 0 };
    static const uint8_t cut[] = { IPV4_OPT_RECORD_ROUTE, 7, 6, 0, 0, 0, 0 };
    static const uint8_t loose[] = { IPV4_OPT_LOOSE_ROUTE, 7, 4, 10, 0, 0, 9 };
    struct net_rig rig;
    struct ip_options options;
    uint8_t hdr[28] = { 0x47 };

    begin(&rig);
    EQ(ip_options_to_send(&rig.ip, right, sizeof right, &options), 0);
    EQ(options.len, 8);
    EQ(options.octets[3], 8); /* the pointer: the first place is ours */
    memcpy(hdr + 20, options.octets, 8);
    ip_options_fill(&rig.ip, hdr, options.gaps, MINE);
    EQ(be32_get(hdr + 24), MINE);
    EQ(ip_options_to_send(&rig.ip, cut, sizeof cut, &options), -SIM_EINVAL);
    EQ(ip_options_to_send(&rig.ip, loose, sizeof loose, &options), -SIM_EINVAL);
    net_rig_fini(&rig);
}

UNIT_MAIN("ip_options", TEST(an_echo_has_both_of_our_addresses),
          TEST(a_full_option_goes_back_as_it_is), TEST(times_and_addresses_are_written_twice),
          TEST(only_who_is_named_writes_its_time), TEST(who_finds_no_room_is_counted_fifteen_times),
          TEST(a_router_records_where_it_goes_out_and_the_time_where_it_came_in),
          TEST(errors_carry_the_options_and_quote_less), TEST(what_points_nowhere_does_not_go_back),
          TEST(timestamps_of_a_kind_that_nobody_knows_pass), TEST(programs_may_not_write_nonsense))
