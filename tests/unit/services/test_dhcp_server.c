/* The DHCP server asked by hand-made messages: NAK, DECLINE, RELEASE, INFORM, relays, times. RFC
 * 2131 section 4.3. */
#include "tests/support/unit.h"

#include "tests/support/two_hosts.h"

#include "stack/services/services.h"
#include "stack/socket/syscall.h"
#include "stack/wire/dhcp_wire.h"

/* Sends one message and keeps the first answer. */
struct asker {
    struct coroutine co;
    int fd, result;
    struct sys_pollfd poll;
    uint16_t port;
    size_t out_len;
    uint8_t out[600];
};

static struct {
    uint8_t octets[1500];
    struct dhcp_msg msg;
    bool came;
    ip4_addr to;
} answer;

static int await_answer(struct process *self, struct asker *st)
{
    st->poll = (struct sys_pollfd){ st->fd, SOCK_POLLIN, 0 };
    return sys_poll(self, &st->poll, 1, SIM_SEC(1));
}

static enum co_status asker_main(struct process *self, void *state)
{
    struct asker *st = state;
    struct sock_recv in = { .octets = answer.octets,
                            .size = sizeof answer.octets,
                            .flags = SOCK_MSG_DONTWAIT };
    int64_t n;

    CO_BEGIN(&st->co);
    st->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_setsockopt(self, st->fd, OPT_SO_BROADCAST, 1);
    sys_bind(self, st->fd, (struct endpoint){ IP4_ANY, st->port });
    sys_sendto(self, st->fd, st->out, st->out_len, 0,
               (struct endpoint){ IP4(10, 0, 0, 2), DHCP_SERVER_PORT });
    CO_CALL(&st->co, st->result, await_answer(self, st));
    n = sys_recvmsg(self, st->fd, &in);
    answer.came = n > 0 && dhcp_parse(answer.octets, (size_t)n, &answer.msg) == DROP_NONE;
    answer.to = in.to.addr;
    CO_END(&st->co);
}

static const struct program asker_program = { .name = "asker",
                                              .state_size = sizeof(struct asker),
                                              .main = asker_main };

struct question {
    uint8_t type, card; /* the last octet of the MAC */
    ip4_addr ciaddr, giaddr, requested, server;
    uint32_t lease;
    bool broadcast;
};

static struct two_hosts hosts;
static struct process *server;
static struct dhcp_pool_config pool;

/* Host a, 10.0.0.1, speaks for clients and relays; the answer's type, 0: silence. */
static uint8_t ask(struct question q)
{
    static const char *const argv[] = { "asker" };
    static const struct process_io nowhere;
    struct asker *st = process_start(hosts.a, &asker_program, 1, argv, NULL, &nowhere)->state;
    struct dhcp_msg msg = { .op = DHCP_BOOTREQUEST,
                            .xid = 77,
                            .ciaddr = q.ciaddr,
                            .giaddr = q.giaddr,
                            .flags = q.broadcast ? DHCP_FLAG_BROADCAST : 0 };
    struct mac_addr mac = { { 2, 0, 0, 0, 9, q.card } };
    struct dhcp_writer w;

    st->port = q.giaddr != 0 ? DHCP_SERVER_PORT : DHCP_CLIENT_PORT;
    dhcp_set_client(&msg, &mac);
    dhcp_emit_begin(&w, &msg, st->out, sizeof st->out);
    dhcp_emit_u8(&w, DHCP_OPT_MESSAGE_TYPE, q.type);
    if (q.requested != 0)
        dhcp_emit_u32(&w, DHCP_OPT_REQUESTED_ADDR, q.requested);
    if (q.server != 0)
        dhcp_emit_u32(&w, DHCP_OPT_SERVER_ID, q.server);
    if (q.lease != 0)
        dhcp_emit_u32(&w, DHCP_OPT_LEASE_TIME, q.lease);
    st->out_len = dhcp_emit_end(&w, DHCP_BOOTP_LEN);
    answer.came = false;
    sim_run(hosts.sim, sim_now(hosts.sim) + SIM_SEC(2), 100000);
    return answer.came ? dhcp_message_type(&answer.msg) : 0;
}

static void begin(void)
{
    two_hosts_begin(&hosts, 3);
    pool = (struct dhcp_pool_config){ .iface = "eth0",
                                      .first = IP4(10, 0, 0, 100),
                                      .last = IP4(10, 0, 0, 103),
                                      .lease_seconds = 3600 };
    server = dhcp_server_start(hosts.b, &pool, 1);
}

#define SERVER IP4(10, 0, 0, 2)
#define FIRST  IP4(10, 0, 0, 100)

static uint8_t lease_first(uint8_t card)
{
    return ask((struct question){ .type = DHCP_REQUEST,
                                  .card = card,
                                  .requested = FIRST,
                                  .server = SERVER,
                                  .broadcast = true });
}

static void an_offer_is_kept_for_its_client(void)
{
    begin();
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 1, .broadcast = true }), DHCP_OFFER);
    EQ(answer.msg.yiaddr, FIRST);
    EQ(answer.to, IP4_BROADCAST);
    EQ(answer.msg.xid, 77);
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 2, .broadcast = true }), DHCP_OFFER);
    EQ(answer.msg.yiaddr, FIRST + 1);
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 1, .broadcast = true }), DHCP_OFFER);
    EQ(answer.msg.yiaddr, FIRST);
    OK(dhcp_server_lease(server, FIRST) != NULL);
    EQ(dhcp_server_lease(server, FIRST)->state, DHCP_LEASE_OFFERED);
    two_hosts_end(&hosts);
}

static void another_servers_choice_frees_the_offer_and_is_refused(void)
{
    begin();
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 1, .broadcast = true }), DHCP_OFFER);
    EQ(ask((struct question){
           .type = DHCP_REQUEST, .card = 1, .requested = FIRST, .server = SERVER + 9 }),
       DHCP_NAK);
    EQ_MEM(dhcp_option(&answer.msg, DHCP_OPT_MESSAGE)->data, "wrong server-ID", 15);
    OK(dhcp_server_lease(server, FIRST) == NULL);
    two_hosts_end(&hosts);
}

static void what_another_has_is_refused(void)
{
    begin();
    EQ(lease_first(1), DHCP_ACK);
    EQ(lease_first(2), DHCP_NAK);
    EQ(answer.to, IP4_BROADCAST);
    EQ(answer.msg.yiaddr, 0);
    OK(dhcp_option(&answer.msg, DHCP_OPT_LEASE_TIME) == NULL);
    EQ(ask((struct question){ .type = DHCP_REQUEST, .card = 3, .requested = IP4(192, 168, 1, 1) }),
       DHCP_NAK);
    EQ_MEM(dhcp_option(&answer.msg, DHCP_OPT_MESSAGE)->data, "wrong network", 13);
    EQ(ask((struct question){ .type = DHCP_REQUEST, .card = 3, .requested = IP4(10, 0, 0, 50) }),
       DHCP_NAK);
    EQ_MEM(dhcp_option(&answer.msg, DHCP_OPT_MESSAGE)->data, "address not available", 21);
    two_hosts_end(&hosts);
}

static void init_reboot_gets_its_address_back(void)
{
    begin();
    EQ(lease_first(1), DHCP_ACK);
    EQ(ask((struct question){
           .type = DHCP_REQUEST, .card = 1, .requested = FIRST, .broadcast = true }),
       DHCP_ACK);
    EQ(ask((struct question){
           .type = DHCP_REQUEST, .card = 1, .requested = FIRST + 1, .broadcast = true }),
       DHCP_NAK);
    two_hosts_end(&hosts);
}

static void a_release_frees_only_ones_own(void)
{
    begin();
    EQ(lease_first(1), DHCP_ACK);
    EQ(ask((struct question){ .type = DHCP_RELEASE, .card = 2, .ciaddr = FIRST, .server = SERVER }),
       0);
    OK(dhcp_server_lease(server, FIRST) != NULL);
    EQ(ask((struct question){ .type = DHCP_RELEASE, .card = 1, .ciaddr = FIRST, .server = SERVER }),
       0);
    OK(dhcp_server_lease(server, FIRST) == NULL);
    two_hosts_end(&hosts);
}

static void a_declined_address_rests_for_ten_minutes(void)
{
    begin();
    EQ(lease_first(1), DHCP_ACK);
    EQ(ask((struct question){
           .type = DHCP_DECLINE, .card = 1, .requested = FIRST, .server = SERVER }),
       0);
    EQ(lease_first(1), DHCP_NAK);
    sim_run(hosts.sim, sim_now(hosts.sim) + DHCP_DECLINE_HOLD, 100000);
    EQ(lease_first(1), DHCP_ACK);
    two_hosts_end(&hosts);
}

static void a_full_pool_is_silent(void)
{
    begin();
    for (uint8_t card = 1; card <= 4; card++)
        EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = card, .broadcast = true }),
           DHCP_OFFER);
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 5, .broadcast = true }), 0);
    sim_run(hosts.sim, sim_now(hosts.sim) + DHCP_OFFER_HOLD, 100000); /* offers nobody took */
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 5, .broadcast = true }), DHCP_OFFER);
    two_hosts_end(&hosts);
}

static void a_shorter_lease_may_be_asked_for_down_to_two_minutes(void)
{
    uint32_t seconds = 0, t1 = 0, t2 = 0;

    begin();
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 1, .lease = 600, .broadcast = true }),
       DHCP_OFFER);
    OK(dhcp_option_u32(&answer.msg, DHCP_OPT_LEASE_TIME, &seconds) && seconds == 600);
    OK(dhcp_option_u32(&answer.msg, DHCP_OPT_RENEWAL_TIME, &t1) && t1 == 300);
    OK(dhcp_option_u32(&answer.msg, DHCP_OPT_REBINDING_TIME, &t2) && t2 == 525);
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 1, .lease = 5, .broadcast = true }),
       DHCP_OFFER);
    OK(dhcp_option_u32(&answer.msg, DHCP_OPT_LEASE_TIME, &seconds) && seconds == DHCP_LEASE_MIN);
    EQ(ask((struct question){
           .type = DHCP_DISCOVER, .card = 1, .lease = 999999, .broadcast = true }),
       DHCP_OFFER);
    OK(dhcp_option_u32(&answer.msg, DHCP_OPT_LEASE_TIME, &seconds) && seconds == 3600);
    two_hosts_end(&hosts);
}

static void inform_is_answered_without_a_lease(void)
{
    begin();
    EQ(ask((struct question){ .type = DHCP_INFORM, .card = 1, .ciaddr = IP4(10, 0, 0, 1) }),
       DHCP_ACK);
    EQ(answer.to, IP4(10, 0, 0, 1));
    EQ(answer.msg.yiaddr, 0);
    OK(dhcp_option(&answer.msg, DHCP_OPT_LEASE_TIME) == NULL);
    OK(dhcp_option(&answer.msg, DHCP_OPT_SUBNET_MASK) != NULL);
    two_hosts_end(&hosts);
}

static void a_relay_is_answered_on_its_server_port(void)
{
    begin();
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 1, .giaddr = IP4(10, 0, 0, 1) }),
       DHCP_OFFER);
    EQ(answer.to, IP4(10, 0, 0, 1));
    EQ(answer.msg.giaddr, IP4(10, 0, 0, 1));
    EQ(ask((struct question){ .type = DHCP_DISCOVER, .card = 1, .giaddr = IP4(10, 9, 0, 1) }),
       0); /* no pool there */
    two_hosts_end(&hosts);
}

static unsigned n_rows;

static void count_rows(struct describe *out, const char *table, const char *key, const char *line)
{
    (void)out, (void)key;
    n_rows++;
    EQ_STR(table, "lease");
    EQ_STR(line, "10.0.0.100 02:00:00:00:09:01 *");
}

static void leases_can_be_seen(void)
{
    struct describe out = { .row = count_rows };

    begin();
    EQ(lease_first(1), DHCP_ACK);
    n_rows = 0;
    services_describe(hosts.b, &out);
    EQ(n_rows, 1);
    two_hosts_end(&hosts);
}

UNIT_MAIN("dhcp_server", TEST(an_offer_is_kept_for_its_client),
          TEST(another_servers_choice_frees_the_offer_and_is_refused),
          TEST(what_another_has_is_refused), TEST(init_reboot_gets_its_address_back),
          TEST(a_release_frees_only_ones_own), TEST(a_declined_address_rests_for_ten_minutes),
          TEST(a_full_pool_is_silent), TEST(a_shorter_lease_may_be_asked_for_down_to_two_minutes),
          TEST(inform_is_answered_without_a_lease), TEST(a_relay_is_answered_on_its_server_port),
          TEST(leases_can_be_seen))
