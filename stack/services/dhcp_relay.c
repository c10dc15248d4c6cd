#include "stack/services/dhcp_relay.h"

#include <stdio.h>
#include <string.h>

#include "base/be.h"
#include "stack/net/ip.h"
#include "stack/services/dhcp_frame.h"
#include "stack/wire/eth_wire.h"

#define SUBOPTION_CIRCUIT 1 /* RFC 3046 section 2.0 */

enum { AT_HOPS = 3, AT_GIADDR = 24 }; /* RFC 2131 section 2: what a relay changes of a message */

static void tell(struct dhcp_relay *relay, const struct dhcp_relay_report *report)
{
    if (relay->event != NULL)
        relay->event(relay->ctx, relay, report);
}

/* ---- option 82 ---- */

static size_t agent_option_len(const struct dhcp_relay_iface *from)
{
    return 4 + strlen(from->iface->name);
}

static void emit_agent_option(const struct dhcp_relay_iface *from, uint8_t *at)
{
    size_t len = strlen(from->iface->name);

    at[0] = DHCP_OPT_RELAY_AGENT;
    at[1] = (uint8_t)(2 + len);
    at[2] = SUBOPTION_CIRCUIT;
    at[3] = (uint8_t)len;
    memcpy(at + 4, from->iface->name, len);
}

/* Copies the message of @len octets at @from to @to up to its end option, with @drop without any
 * option 82. Returns where the end option belongs, and *@found: whether there was an option 82. */
static size_t copy_options(const uint8_t *from, size_t len, uint8_t *to, bool drop, bool *found)
{
    size_t at = DHCP_FIXED_LEN, out = DHCP_FIXED_LEN;

    *found = false;
    memcpy(to, from, DHCP_FIXED_LEN);
    while (at < len && from[at] != DHCP_OPT_END) {
        size_t n = from[at] == DHCP_OPT_PAD || at + 1 >= len ? 1 : 2 + (size_t)from[at + 1];

        if (at + n > len)
            break;
        *found = *found || from[at] == DHCP_OPT_RELAY_AGENT;
        if (from[at] != DHCP_OPT_RELAY_AGENT || !drop) {
            memcpy(to + out, from + at, n);
            out += n;
        }
        at += n;
    }
    return out;
}

static size_t finish_message(uint8_t *message, size_t end, size_t at_least)
{
    message[end++] = DHCP_OPT_END;
    if (end < at_least) {
        memset(message + end, 0, at_least - end);
        end = at_least;
    }
    return end;
}

/* The request at @from, as it goes on, to @to; its length, 0: it goes no further. */
static size_t add_agent_option(struct dhcp_relay *relay, const struct dhcp_relay_iface *iface,
                               const struct dhcp_msg *msg, size_t len, const uint8_t *from,
                               uint8_t *to)
{
    size_t end, more = agent_option_len(iface);
    bool found;

    if (!relay->agent_option || dhcp_message_type(msg) == 0) {
        memcpy(to, from, len);
        return len;
    }
    end = copy_options(from, len, to, relay->mode == DHCP_RELAY_REPLACE, &found);
    if (found && msg->giaddr == 0)
        return 0; /* nobody but a relay may put it there: RFC 3046 section 2.1.1 */
    if (found && relay->mode == DHCP_RELAY_DISCARD)
        return 0;
    if ((found && relay->mode == DHCP_RELAY_FORWARD) || end + more + 1 > relay->max_size) {
        memcpy(to, from, len);
        return len;
    }
    tell(relay, &(struct dhcp_relay_report){ DHCP_RELAY_AGENT_OPTION, msg, 0, (unsigned)more + 1 });
    emit_agent_option(iface, to + end);
    return finish_message(to, end + more, len < DHCP_BOOTP_LEN ? len : DHCP_BOOTP_LEN);
}

static bool is_ours(const struct dhcp_option *option, const struct dhcp_relay_iface *iface)
{
    size_t len = strlen(iface->iface->name);

    return option->len == 2 + len && option->data[0] == SUBOPTION_CIRCUIT &&
           option->data[1] == len && memcmp(option->data + 2, iface->iface->name, len) == 0;
}

/* The reply at @from without the option this relay put into the request, to @to; its length, 0: it
 * goes no further. */
static size_t strip_agent_option(struct dhcp_relay *relay, const struct dhcp_relay_iface *out,
                                 const struct dhcp_msg *msg, size_t len, const uint8_t *from,
                                 uint8_t *to)
{
    const struct dhcp_option *option = dhcp_option(msg, DHCP_OPT_RELAY_AGENT);
    size_t end;
    bool found;

    if (relay->agent_option && option != NULL && !is_ours(option, out) && relay->drop_unmatched)
        return 0;
    if (!relay->agent_option || option == NULL || !is_ours(option, out)) {
        memcpy(to, from, len);
        return len;
    }
    end = copy_options(from, len, to, true, &found);
    return finish_message(to, end, len < DHCP_BOOTP_LEN ? len : DHCP_BOOTP_LEN);
}

/* ---- messages ---- */

static const struct dhcp_relay_iface *iface_of(const struct dhcp_relay *relay, ip4_addr addr)
{
    for (unsigned i = 0; addr != 0 && i < relay->n_ifaces; i++)
        for (unsigned j = 0; j < relay->ifaces[i].iface->n_addrs; j++)
            if (relay->ifaces[i].iface->addrs[j].addr == addr)
                return &relay->ifaces[i];
    return NULL;
}

static void wrong_side(struct dhcp_relay *relay, const struct dhcp_relay_iface *from,
                       const struct dhcp_msg *msg)
{
    tell(relay, &(struct dhcp_relay_report){ DHCP_RELAY_WRONG_SIDE, msg, 0,
                                             (unsigned)(from - relay->ifaces) });
}

static void relay_request(struct dhcp_relay *relay, const struct dhcp_relay_iface *from,
                          const struct dhcp_msg *msg, const uint8_t *octets, size_t len)
{
    uint8_t *out = relay->out;
    size_t out_len;

    if (iface_of(relay, msg->giaddr) != NULL)
        return; /* what it has just sent itself */
    if (!from->down) {
        wrong_side(relay, from, msg);
        return;
    }
    out_len = add_agent_option(relay, from, msg, len, octets, out);
    if (out_len == 0 || msg->hops >= relay->max_hops)
        return;
    if (msg->giaddr == 0)
        be32_put(out + AT_GIADDR, ip_iface_primary(from->iface));
    out[AT_HOPS]++;
    for (unsigned i = relay->n_servers; i > 0; i--) { /* dhcrelay's list: the last one first */
        struct sock_send send = { .octets = out,
                                  .len = out_len,
                                  .flags = SOCK_MSG_DONTWAIT,
                                  .has_to = true,
                                  .to = { relay->servers[i - 1], DHCP_SERVER_PORT },
                                  .why = WHY(DHCP_RELAY_UP, relay->servers[i - 1]) };

        if (sys_sendmsg(relay->self, relay->udp_fd, &send) >= 0)
            tell(relay, &(struct dhcp_relay_report){ DHCP_RELAY_REQUEST_SENT, msg,
                                                     relay->servers[i - 1], 0 });
    }
}

static void relay_reply(struct dhcp_relay *relay, const struct dhcp_relay_iface *from,
                        const struct dhcp_msg *msg, const uint8_t *octets, size_t len)
{
    const struct dhcp_relay_iface *out = iface_of(relay, msg->giaddr);
    bool to_all = (msg->flags & DHCP_FLAG_BROADCAST) != 0;
    struct dhcp_frame frame = { .dst = to_all ? IP4_BROADCAST : msg->yiaddr,
                                .src_port = DHCP_SERVER_PORT,
                                .dst_port = DHCP_CLIENT_PORT,
                                .tos = DHCP_ISC_TOS,
                                .ttl = DHCP_ISC_TTL };
    struct sock_send send = { .octets = relay->out,
                              .flags = SOCK_MSG_DONTWAIT,
                              .why = WHY(DHCP_RELAY_DOWN, msg->yiaddr) };

    if (!from->up) {
        wrong_side(relay, from, msg);
        return;
    }
    if (out == NULL)
        return; /* of another relay, or forged */
    len = strip_agent_option(relay, out, msg, len, octets, relay->out + DHCP_FRAME_HDRS_LEN);
    if (len == 0)
        return;
    tell(relay, &(struct dhcp_relay_report){ DHCP_RELAY_REPLY_CAME, msg, msg->giaddr, 0 });
    frame.src_mac = out->iface->iface->mac;
    frame.dst_mac = to_all ? MAC_BROADCAST : dhcp_chaddr_mac(msg);
    frame.src = ip_iface_primary(out->iface);
    send.len = dhcp_frame_wrap(&frame, relay->out, len);
    if (sys_sendmsg(relay->self, out->fd, &send) >= 0)
        tell(relay, &(struct dhcp_relay_report){ DHCP_RELAY_REPLY_SENT, msg, frame.dst, 0 });
}

static void message_came(struct dhcp_relay *relay, const struct dhcp_relay_iface *from,
                         const uint8_t *octets, size_t len)
{
    struct dhcp_msg msg;

    if (len > DHCP_RELAY_MESSAGE_MAX - 64 || dhcp_parse(octets, len, &msg) != DROP_NONE ||
        msg.hlen > DHCP_CHADDR_LEN)
        return;
    if (msg.op == DHCP_BOOTREPLY)
        relay_reply(relay, from, &msg, octets, len);
    else
        relay_request(relay, from, &msg, octets, len);
}

/* ---- the process ---- */

static void open_sockets(struct dhcp_relay *relay)
{
    for (unsigned i = 0; i < relay->n_ifaces; i++) {
        struct dhcp_relay_iface *it = &relay->ifaces[i];

        it->fd = sys_socket(relay->self, SIM_AF_PACKET, SIM_SOCK_RAW, 0); /* all: ETH_P_ALL */
        if (it->fd >= 0)
            sys_bind_device(relay->self, it->fd, it->iface->name);
    }
    relay->udp_fd = sys_socket(relay->self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    if (relay->udp_fd < 0)
        return;
    sys_setsockopt(relay->self, relay->udp_fd, OPT_SO_REUSEADDR, 1);
    sys_bind(relay->self, relay->udp_fd, (struct endpoint){ IP4_ANY, DHCP_SERVER_PORT });
}

static int relay_poll(struct dhcp_relay *relay)
{
    for (unsigned i = 0; i < relay->n_ifaces; i++)
        relay->poll[i] = (struct sys_pollfd){ relay->ifaces[i].fd, SOCK_POLLIN, 0 };
    relay->poll[relay->n_ifaces] = (struct sys_pollfd){ relay->udp_fd, SOCK_POLLIN, 0 };
    return sys_poll(relay->self, relay->poll, (int)relay->n_ifaces + 1, SIM_TIME_NONE);
}

/* One frame of an interface; false: there is none. */
static bool take_frame(struct dhcp_relay *relay, const struct dhcp_relay_iface *from)
{
    struct sock_recv in = { .octets = relay->in,
                            .size = sizeof relay->in,
                            .flags = SOCK_MSG_DONTWAIT };
    int64_t n = from->fd < 0 ? -1 : sys_recvmsg(relay->self, from->fd, &in);
    const uint8_t *message;
    ip4_addr src;
    size_t len;

    if (n < 0)
        return false;
    if (in.full_len <= sizeof relay->in &&
        dhcp_frame_unwrap(relay->in, (size_t)n, DHCP_SERVER_PORT, &message, &len, &src))
        message_came(relay, from, message, len);
    return true;
}

static void relay_step(struct dhcp_relay *relay)
{
    for (unsigned i = relay->n_ifaces; i > 0; i--) /* dhcrelay's list, too */
        while (take_frame(relay, &relay->ifaces[i - 1]))
            continue;
    while (relay->udp_fd >= 0 && sys_recv(relay->self, relay->udp_fd, relay->in, sizeof relay->in,
                                          SOCK_MSG_DONTWAIT) >= 0)
        continue;
}

enum co_status dhcp_relay_run(struct dhcp_relay *relay)
{
    CO_BEGIN(&relay->co);
    open_sockets(relay);
    for (;;) {
        CO_CALL(&relay->co, relay->result, relay_poll(relay));
        relay_step(relay);
    }
    CO_END(&relay->co);
}

void dhcp_relay_init(struct dhcp_relay *relay, struct process *self)
{
    memset(relay, 0, sizeof *relay);
    relay->self = self;
    relay->udp_fd = -1;
    relay->max_hops = DHCP_RELAY_HOPS;
    relay->max_size = DHCP_RELAY_SIZE;
}

int dhcp_relay_add_iface(struct dhcp_relay *relay, const char *name, bool up, bool down)
{
    struct ip_iface *iface = ip_iface_find(&relay->self->os->ip, name);

    if (iface == NULL || iface->iface == NULL)
        return -SIM_ENODEV;
    for (unsigned i = 0; i < relay->n_ifaces; i++)
        if (relay->ifaces[i].iface == iface) {
            relay->ifaces[i].up = relay->ifaces[i].up || up;
            relay->ifaces[i].down = relay->ifaces[i].down || down;
            return 0;
        }
    if (relay->n_ifaces == DHCP_RELAY_IFACES_MAX)
        return -SIM_ENOBUFS;
    relay->ifaces[relay->n_ifaces++] =
        (struct dhcp_relay_iface){ .iface = iface, .up = up, .down = down, .fd = -1 };
    return 0;
}

static void add_others(struct dhcp_relay *relay, bool down)
{
    const struct ip_stack *ip = &relay->self->os->ip;

    for (unsigned i = 1; i < ip->n_ifaces; i++) /* [0] is lo */
        if (ip->ifaces[i]->n_addrs > 0)
            dhcp_relay_add_iface(relay, ip->ifaces[i]->name, true, down);
}

void dhcp_relay_add_all(struct dhcp_relay *relay)
{
    add_others(relay, true);
}

/* ---- a relay without a command ---- */

static enum co_status relay_main(struct process *self, void *state)
{
    (void)self;
    return dhcp_relay_run(state);
}

static const struct program dhcp_relay_service = {
    .name = "dhcrelay",
    .state_size = sizeof(struct dhcp_relay),
    .main = relay_main,
};

struct process *dhcp_relay_start(struct os *os, const struct dhcp_relay_config *config)
{
    static const char *const argv[] = { "dhcrelay" };
    static const struct process_io nowhere;
    struct process *self = process_start(os, &dhcp_relay_service, 1, argv, "dhcrelay", &nowhere);
    struct dhcp_relay *relay = self->state;

    dhcp_relay_init(relay, self);
    relay->agent_option = config->agent_option;
    for (unsigned i = 0; i < config->n_ifaces; i++)
        dhcp_relay_add_iface(relay, config->ifaces[i], false, true);
    if (config->n_ifaces > 0) {
        unsigned n = relay->n_ifaces;

        add_others(relay, false);
        for (unsigned i = 0; i < n; i++)
            relay->ifaces[i].up = false;
    } else {
        dhcp_relay_add_all(relay);
    }
    for (unsigned i = 0; i < config->n_servers && i < DHCP_RELAY_SERVERS_MAX; i++)
        relay->servers[relay->n_servers++] = config->servers[i];
    return self;
}
