/* The relay agent between hand-made clients and servers, all on one cable: what it changes of a
 * message, and which ones go no further. RFC 1542 section 4.1, RFC 3046. */
#include "tests/support/unit.h"

#include "tests/support/two_hosts.h"

#include "stack/services/dhcp_relay.h"
#include "stack/socket/syscall.h"
#include "stack/wire/dhcp_wire.h"

#define RELAY  IP4(10, 0, 0, 2)
#define SERVER IP4(10, 0, 0, 1)

/* Sends one message and keeps what comes to either port. */
struct talker {
    struct coroutine co;
    int fds[2], result;
    struct sys_pollfd poll[2];
    bool as_server;
    size_t out_len;
    uint8_t out[600];
};

static struct {
    uint8_t octets[1500];
    size_t len;
    struct dhcp_msg msg;
    bool to_server;
    unsigned n;
} heard;

static struct two_hosts hosts;
static struct dhcp_relay_config config;
static const ip4_addr servers[] = { SERVER };

static int await(struct process *self, struct talker *st)
{
    for (int i = 0; i < 2; i++)
        st->poll[i] = (struct sys_pollfd){ st->fds[i], SOCK_POLLIN, 0 };
    return sys_poll(self, st->poll, 2, SIM_SEC(1));
}

static void listen_to_all(struct process *self, struct talker *st)
{
    for (int i = 0; i < 2; i++) {
        int64_t n =
            sys_recv(self, st->fds[i], heard.octets, sizeof heard.octets, SOCK_MSG_DONTWAIT);

        if (n <= 0 || dhcp_parse(heard.octets, (size_t)n, &heard.msg) != DROP_NONE)
            continue;
        heard.len = (size_t)n;
        heard.to_server = i == 0;
        heard.n++;
    }
}

static enum co_status talker_main(struct process *self, void *state)
{
    static const uint16_t ports[] = { DHCP_SERVER_PORT, DHCP_CLIENT_PORT };
    struct talker *st = state;

    CO_BEGIN(&st->co);
    for (int i = 0; i < 2; i++) {
        st->fds[i] = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
        sys_setsockopt(self, st->fds[i], OPT_SO_BROADCAST, 1);
        sys_bind(self, st->fds[i], (struct endpoint){ IP4_ANY, ports[i] });
    }
    sys_sendto(self, st->fds[st->as_server ? 0 : 1], st->out, st->out_len, 0,
               (struct endpoint){ RELAY, DHCP_SERVER_PORT });
    CO_CALL(&st->co, st->result, await(self, st));
    listen_to_all(self, st);
    CO_END(&st->co);
}

static const struct program talker_program = { .name = "talker",
                                               .state_size = sizeof(struct talker),
                                               .main = talker_main };

struct message {
    bool reply, broadcast;
    uint8_t hops;
    ip4_addr giaddr;
    const char *circuit; /* option 82 with it; NULL: without */
};

/* Whether something came back. */
static bool say(struct message m)
{
    static const char *const argv[] = { "talker" };
    static const struct process_io nowhere;
    struct talker *st = process_start(hosts.a, &talker_program, 1, argv, NULL, &nowhere)->state;
    struct dhcp_msg msg = { .op = m.reply ? DHCP_BOOTREPLY : DHCP_BOOTREQUEST,
                            .xid = 77,
                            .hops = m.hops,
                            .giaddr = m.giaddr,
                            .yiaddr = m.reply ? IP4(10, 0, 0, 9) : 0,
                            .flags = m.broadcast ? DHCP_FLAG_BROADCAST : 0 };
    struct mac_addr mac = { { 2, 0, 0, 0, 9, 1 } };
    uint8_t circuit[34] = { 1 };
    struct dhcp_writer w;

    st->as_server = m.reply;
    dhcp_set_client(&msg, &mac);
    dhcp_emit_begin(&w, &msg, st->out, sizeof st->out);
    dhcp_emit_u8(&w, DHCP_OPT_MESSAGE_TYPE, m.reply ? DHCP_OFFER : DHCP_DISCOVER);
    if (m.circuit != NULL) {
        circuit[1] = (uint8_t)strlen(m.circuit);
        memcpy(circuit + 2, m.circuit, circuit[1]);
        dhcp_emit_option(&w, DHCP_OPT_RELAY_AGENT, circuit, 2 + (size_t)circuit[1]);
    }
    st->out_len = dhcp_emit_end(&w, DHCP_BOOTP_LEN);
    heard.n = 0;
    sim_run(hosts.sim, sim_now(hosts.sim) + SIM_SEC(2), 100000);
    return heard.n > 0;
}

static struct dhcp_relay *begin(bool agent_option)
{
    two_hosts_begin(&hosts, 3);
    config = (struct dhcp_relay_config){ .n_servers = 1,
                                         .servers = servers,
                                         .agent_option = agent_option };
    return dhcp_relay_start(hosts.b, &config)->state;
}

static void a_request_goes_on_with_giaddr_and_one_hop_more(void)
{
    begin(false);
    OK(say((struct message){ .hops = 3 }));
    EQ(heard.to_server, true);
    EQ(heard.msg.giaddr, RELAY);
    EQ(heard.msg.hops, 4);
    EQ(heard.len, DHCP_BOOTP_LEN);
    OK(dhcp_option(&heard.msg, DHCP_OPT_RELAY_AGENT) == NULL);
    two_hosts_end(&hosts);
}

static void another_relays_giaddr_stays(void)
{
    begin(false);
    OK(say((struct message){ .giaddr = IP4(192, 168, 7, 1), .hops = 1 }));
    EQ(heard.msg.giaddr, IP4(192, 168, 7, 1));
    two_hosts_end(&hosts);
}

static void ten_hops_are_enough(void)
{
    begin(false);
    OK(say((struct message){ .hops = 9 }));
    OK(!say((struct message){ .hops = 10 }));
    two_hosts_end(&hosts);
}

static void its_own_requests_are_not_relayed_again(void)
{
    begin(false);
    OK(!say((struct message){ .giaddr = RELAY }));
    two_hosts_end(&hosts);
}

static void replies_leave_by_the_interface_of_giaddr(void)
{
    begin(false);
    OK(say((struct message){ .reply = true, .broadcast = true, .giaddr = RELAY }));
    EQ(heard.to_server, false);
    EQ(heard.msg.yiaddr, IP4(10, 0, 0, 9));
    EQ(heard.msg.giaddr, RELAY);
    OK(!say((struct message){ .reply = true, .broadcast = true, .giaddr = IP4(10, 9, 9, 9) }));
    OK(!say((struct message){ .reply = true, .broadcast = true }));
    two_hosts_end(&hosts);
}

static void option_82_names_the_interface_and_comes_off_again(void)
{
    const struct dhcp_option *option;

    begin(true);
    OK(say((struct message){ .hops = 0 }));
    option = dhcp_option(&heard.msg, DHCP_OPT_RELAY_AGENT);
    OK(option != NULL);
    EQ(option->len, 6);
    OK(memcmp(option->data, "\1\4eth0", 6) == 0);
    EQ(heard.len, DHCP_BOOTP_LEN);
    OK(say(
        (struct message){ .reply = true, .broadcast = true, .giaddr = RELAY, .circuit = "eth0" }));
    OK(dhcp_option(&heard.msg, DHCP_OPT_RELAY_AGENT) == NULL);
    EQ(dhcp_message_type(&heard.msg), DHCP_OFFER);
    OK(say(
        (struct message){ .reply = true, .broadcast = true, .giaddr = RELAY, .circuit = "other" }));
    OK(dhcp_option(&heard.msg, DHCP_OPT_RELAY_AGENT) != NULL);
    two_hosts_end(&hosts);
}

static void a_clients_option_82_is_a_lie(void)
{
    begin(true);
    OK(!say((struct message){ .circuit = "eth0" }));
    OK(say((struct message){ .circuit = "other", .giaddr = IP4(192, 168, 7, 1) }));
    two_hosts_end(&hosts);
}

static void what_is_there_already_is_treated_as_told(void)
{
    struct dhcp_relay *relay = begin(true);
    struct message relayed = { .circuit = "other", .giaddr = IP4(192, 168, 7, 1) };
    uint8_t both[64];

    OK(say(relayed));
    EQ(dhcp_option_join(&heard.msg, DHCP_OPT_RELAY_AGENT, both, sizeof both), 13);
    relay->mode = DHCP_RELAY_REPLACE;
    OK(say(relayed));
    EQ(dhcp_option_join(&heard.msg, DHCP_OPT_RELAY_AGENT, both, sizeof both), 6);
    relay->mode = DHCP_RELAY_FORWARD;
    OK(say(relayed));
    EQ(dhcp_option_join(&heard.msg, DHCP_OPT_RELAY_AGENT, both, sizeof both), 7);
    relay->mode = DHCP_RELAY_DISCARD;
    OK(!say(relayed));
    two_hosts_end(&hosts);
}

UNIT_MAIN("dhcp_relay", TEST(a_request_goes_on_with_giaddr_and_one_hop_more),
          TEST(another_relays_giaddr_stays), TEST(ten_hops_are_enough),
          TEST(its_own_requests_are_not_relayed_again),
          TEST(replies_leave_by_the_interface_of_giaddr),
          TEST(option_82_names_the_interface_and_comes_off_again),
          TEST(a_clients_option_82_is_a_lie), TEST(what_is_there_already_is_treated_as_told))
