/*
 * DHCP server, relay agent and client against a host that sends what the fuzzer wants: datagrams to
 * the server's port, and answers to the client's messages with the right transaction and hardware
 * address, so that they are looked at.
 */
#include "tests/support/pieces.h"
#include "tests/support/two_hosts.h"

#include <string.h>

#include "stack/services/dhcp_client.h"
#include "stack/services/services.h"
#include "stack/socket/syscall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct attacker {
    struct coroutine co;
    struct pieces in;
    bool as_server;
    int fd, result;
    unsigned n;
    struct sys_pollfd poll;
    uint8_t octets[2048];
};

/* The request turned into a reply, with an address and options from the input. */
static void answer_all(struct process *self, struct attacker *st)
{
    for (; st->n < 64; st->n++) {
        struct sock_recv in = { .octets = st->octets, .size = 576, .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(self, st->fd, &in);
        uint8_t piece[1024];
        size_t len = n < DHCP_FIXED_LEN ? 0 : pieces_next(&st->in, piece, sizeof piece);

        if (n < 0)
            return;
        if (n < DHCP_FIXED_LEN || len < 4)
            continue;
        st->octets[0] = DHCP_BOOTREPLY;
        memcpy(st->octets + 16, piece, 4);
        memcpy(st->octets + DHCP_FIXED_LEN, piece + 4, len - 4);
        sys_sendto(self, st->fd, st->octets, DHCP_FIXED_LEN + len - 4, SOCK_MSG_DONTWAIT,
                   (struct endpoint){ IP4_BROADCAST, DHCP_CLIENT_PORT });
    }
}

/* To the server: whole datagrams, or options behind a decent header. */
static void ask(struct process *self, struct attacker *st)
{
    for (; st->n < 16; st->n++) {
        struct dhcp_msg msg = { .op = DHCP_BOOTREQUEST, .xid = st->n };
        struct mac_addr mac = { { 2, 0, 0, 0, 9, 0 } };
        struct dhcp_writer w;
        uint8_t how = st->in.at < st->in.size ? st->in.data[st->in.at++] : 0;
        size_t len, from = 0;

        if (how & 1) {
            mac.octets[5] = how >> 4;
            dhcp_set_client(&msg, &mac);
            msg.ciaddr = how & 2 ? IP4(10, 0, 0, 100) : 0;
            msg.giaddr = how & 4 ? IP4(10, 0, 0, 1) : 0;
            dhcp_emit_begin(&w, &msg, st->octets, sizeof st->octets);
            from = DHCP_FIXED_LEN;
        }
        len = from + pieces_next(&st->in, st->octets + from, sizeof st->octets - from);
        sys_sendto(self, st->fd, st->octets, len, SOCK_MSG_DONTWAIT,
                   (struct endpoint){ IP4(10, 0, 0, 2), DHCP_SERVER_PORT });
    }
}

static int wait_for_more(struct process *self, struct attacker *st)
{
    st->poll = (struct sys_pollfd){ st->fd, SOCK_POLLIN, 0 };
    return sys_poll(self, &st->poll, 1, SIM_TIME_NONE);
}

static enum co_status attacker_main(struct process *self, void *state)
{
    struct attacker *st = state;

    CO_BEGIN(&st->co);
    st->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_setsockopt(self, st->fd, OPT_SO_BROADCAST, 1);
    sys_bind_device(self, st->fd, "eth0");
    sys_bind(self, st->fd,
             (struct endpoint){ IP4_ANY, st->as_server ? DHCP_SERVER_PORT : DHCP_CLIENT_PORT });
    if (!st->as_server)
        ask(self, st);
    while (st->n < 64) {
        CO_CALL(&st->co, st->result, wait_for_more(self, st));
        if (!st->as_server)
            break;
        answer_all(self, st);
    }
    CO_END(&st->co);
}

static const struct program attacker_program = { .name = "attacker",
                                                 .state_size = sizeof(struct attacker),
                                                 .main = attacker_main };

static void nothing(void *ctx, struct dhcp_client *client, enum dhcp_client_event event)
{
    (void)ctx, (void)client, (void)event;
}

static enum co_status client_main(struct process *self, void *state)
{
    (void)self;
    return dhcp_client_run(state);
}

static const struct program client_program = { .name = "client",
                                               .state_size = sizeof(struct dhcp_client),
                                               .main = client_main };

static void start_client(struct os *os, uint8_t how)
{
    static const char *const argv[] = { "client" };
    static const struct process_io nowhere;
    struct process *process = process_start(os, &client_program, 1, argv, NULL, &nowhere);
    struct dhcp_client *client = process->state;

    dhcp_client_init(client, process, how & 2 ? DHCP_STYLE_DHCLIENT : DHCP_STYLE_UDHCPC);
    client->event = nothing;
    client->arp_check = (how & 4) != 0;
    dhcp_client_set_iface(client, "eth0");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dhcp_pool_config pool = { .iface = "eth0",
                                                  .first = IP4(10, 0, 0, 100),
                                                  .last = IP4(10, 0, 0, 103),
                                                  .lease_seconds = 600,
                                                  .domain = "test" };
    static const ip4_addr servers[] = { IP4(10, 0, 0, 1) };
    static const struct dhcp_relay_config relay = { .n_servers = 1,
                                                    .servers = servers,
                                                    .agent_option = true };
    static const char *const argv[] = { "attacker" };
    static const struct process_io nowhere;
    struct two_hosts hosts;
    struct attacker *attacker;
    bool as_server = size > 0 && (data[0] & 1);

    if (size == 0 || size > 8192)
        return 0;
    two_hosts_begin(&hosts, as_server ? 1 : 3);
    if (as_server)
        start_client(hosts.b, data[0]);
    else if (data[0] & 8)
        services_start_dhcp_relay(hosts.b, &relay);
    else
        services_start_dhcp(hosts.b, &pool, 1);
    attacker = process_start(hosts.a, &attacker_program, 1, argv, NULL, &nowhere)->state;
    attacker->in.data = data + 1;
    attacker->in.size = size - 1;
    attacker->as_server = as_server;
    sim_run(hosts.sim, SIM_SEC(1200), 20000);
    two_hosts_end(&hosts);
    return 0;
}
