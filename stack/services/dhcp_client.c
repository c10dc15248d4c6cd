#include "stack/services/dhcp_client.h"

#include <stdio.h>
#include <string.h>

#include "stack/services/dhcp_client_io.h"

static void start_over(struct dhcp_client *client);

static void tell(struct dhcp_client *client, enum dhcp_client_event event)
{
    client->event(client->ctx, client, event);
}

static bool is_isc(const struct dhcp_client *client)
{
    return client->style == DHCP_STYLE_DHCLIENT;
}

/* @seconds after @from; never, when virtual time does not reach that far (an infinite lease is 2^32
 * - 1 seconds). */
static sim_time seconds_after(sim_time from, uint32_t seconds)
{
    return seconds >= (SIM_TIME_NONE - from) / SIM_SEC(1) ? SIM_TIME_NONE : from + SIM_SEC(seconds);
}

static uint64_t lease_time(const struct dhcp_lease *lease)
{
    return (uint64_t)seconds_after(0, lease->seconds);
}

/* ---- leases ---- */

static uint8_t classful_len(ip4_addr addr)
{
    return addr >> 31 == 0 ? 8 : addr >> 30 == 2 ? 16 : 24;
}

/* Printable, and one word: it goes into /etc/resolv.conf. */
static void read_domain(struct dhcp_lease *lease, const struct dhcp_msg *msg)
{
    size_t len = dhcp_option_join(msg, DHCP_OPT_DOMAIN_NAME, (uint8_t *)lease->domain,
                                  sizeof lease->domain - 1);

    if (len >= sizeof lease->domain)
        len = 0;
    for (size_t i = 0; i < len; i++) {
        if (lease->domain[i] == '\0')
            len = i;
        else if (lease->domain[i] <= ' ' || lease->domain[i] > '~')
            len = 0;
    }
    lease->domain[len] = '\0';
}

void dhcp_lease_read(struct dhcp_lease *lease, const struct dhcp_msg *msg,
                     enum dhcp_client_style style, sim_time now)
{
    uint32_t mask = 0;
    int len;

    memset(lease, 0, sizeof *lease);
    lease->addr = msg->yiaddr;
    lease->since = now;
    dhcp_option_u32(msg, DHCP_OPT_SERVER_ID, &lease->server);
    len = dhcp_option_u32(msg, DHCP_OPT_SUBNET_MASK, &mask) ? ip4_mask_len(mask) : -1;
    lease->prefix_len = len >= 0 ? (uint8_t)len : classful_len(lease->addr);
    dhcp_option_u32(msg, DHCP_OPT_BROADCAST, &lease->broadcast);
    dhcp_option_u16(msg, DHCP_OPT_MTU, &lease->mtu);
    lease->n_routers =
        (unsigned)dhcp_option_addrs(msg, DHCP_OPT_ROUTER, lease->routers, DHCP_CLIENT_ADDRS_MAX);
    lease->n_resolvers = (unsigned)dhcp_option_addrs(msg, DHCP_OPT_DNS_SERVER, lease->resolvers,
                                                     DHCP_CLIENT_ADDRS_MAX);
    read_domain(lease, msg);
    lease->seconds_given = dhcp_option_u32(msg, DHCP_OPT_LEASE_TIME, &lease->seconds);
    if (!lease->seconds_given)
        lease->seconds = UDHCPC_DEFAULT_LEASE;
    lease->t1 = lease->seconds / 2; /* RFC 2131 section 4.4.5 */
    lease->t2 = lease->seconds - lease->seconds / 8;
    if (style == DHCP_STYLE_UDHCPC)
        return; /* busybox does not look at options 58 and 59 */
    dhcp_option_u32(msg, DHCP_OPT_RENEWAL_TIME, &lease->t1);
    dhcp_option_u32(msg, DHCP_OPT_REBINDING_TIME, &lease->t2);
    if (lease->t2 > lease->seconds)
        lease->t2 = lease->seconds - lease->seconds / 8;
    if (lease->t1 > lease->t2)
        lease->t1 = lease->t2;
}

/* ---- intervals ---- */

static int64_t seconds_trying(const struct dhcp_client *client)
{
    return (process_now(client->self) - client->first_sent) / SIM_SEC(1);
}

/* dhclient: longer each time, by up to twice itself, around the cutoff at last; never past @limit.
 * RFC 2131 section 4.1. */
static uint32_t backoff(struct dhcp_client *client, int64_t limit)
{
    uint32_t interval = client->interval;

    interval += (uint32_t)(sys_random(client->self) % (2 * interval));
    if (interval > DHCLIENT_BACKOFF_CUTOFF)
        interval = DHCLIENT_BACKOFF_CUTOFF / 2 +
                   (uint32_t)(sys_random(client->self) % DHCLIENT_BACKOFF_CUTOFF);
    if (interval > limit)
        interval = (uint32_t)(limit < 0 ? 0 : limit) + 1;
    return interval;
}

/* Send, and look again when the answer should be there. @limit: seconds until waiting makes no
 * sense. */
static void send_and_wait(struct dhcp_client *client, uint8_t type, ip4_addr to, int64_t limit)
{
    if (is_isc(client)) {
        client->interval = backoff(client, limit);
        client->until = process_now(client->self) + SIM_SEC(client->interval);
    } else {
        client->until = process_now(client->self) + client->pause;
    }
    dhcp_client_send(client, type, to);
}

/* A state that sends begins: at the next step, without delay. */
static void enter(struct dhcp_client *client, enum dhcp_client_state state)
{
    client->state = state;
    client->n_sent = 0;
    client->interval = DHCLIENT_INITIAL_INTERVAL;
    client->first_sent = client->until = process_now(client->self);
}

static void wait_for(struct dhcp_client *client, sim_time how_long)
{
    enter(client, DHCP_CLIENT_WAITING);
    client->until = process_now(client->self) + how_long;
}

/* ---- leaving a lease ---- */

static void lose(struct dhcp_client *client)
{
    if (client->configured != 0)
        process_note(client->self, RECORD_STATE, WHY(DHCP_EXPIRED, client->configured), NULL);
    tell(client, DHCP_EVENT_LOST);
    dhcp_client_deconfigure(client);
    client->secs_running = false;
    memset(&client->lease, 0, sizeof client->lease);
}

/* Nobody answers. */
static void fail(struct dhcp_client *client)
{
    bool onward = is_isc(client);

    if (!onward)
        dhcp_client_listen(client, DHCP_LISTEN_NONE);
    wait_for(client, onward ? SIM_SEC((DHCLIENT_RETRY + 1) / 2 +
                                      (int64_t)(sys_random(client->self) % DHCLIENT_RETRY))
                            : client->try_again);
    tell(client, DHCP_EVENT_NO_LEASE);
}

void dhcp_client_release(struct dhcp_client *client)
{
    bool bound = dhcp_client_bound(client);

    tell(client, DHCP_EVENT_RELEASING);
    if (!bound) {
        dhcp_client_leave(client);
        return;
    }
    if (is_isc(client))
        dhcp_client_listen(client, DHCP_LISTEN_RAW);
    dhcp_client_send(client, DHCP_RELEASE, client->lease.server);
    enter(client, DHCP_CLIENT_LEAVING);
    client->until += DHCP_SCRIPT_TIME;
}

void dhcp_client_leave(struct dhcp_client *client)
{
    dhcp_client_deconfigure(client);
    dhcp_client_listen(client, DHCP_LISTEN_NONE);
    tell(client, DHCP_EVENT_RELEASED);
    enter(client, DHCP_CLIENT_STOPPED);
    client->until = SIM_TIME_NONE;
}

/* ---- timers ---- */

static void start_over(struct dhcp_client *client)
{
    dhcp_client_listen(client, DHCP_LISTEN_RAW);
    enter(client, DHCP_CLIENT_SELECTING);
    client->xid = (uint32_t)sys_random(client->self);
}

static void selecting_due(struct dhcp_client *client)
{
    bool exhausted = is_isc(client) ? seconds_trying(client) > DHCLIENT_TIMEOUT
                                    : client->tries != 0 && client->n_sent >= client->tries;

    if (exhausted)
        fail(client);
    else
        send_and_wait(client, DHCP_DISCOVER, IP4_BROADCAST,
                      DHCLIENT_TIMEOUT - seconds_trying(client));
}

static void requesting_due(struct dhcp_client *client)
{
    if (is_isc(client) ? seconds_trying(client) <= DHCLIENT_REBOOT_TIMEOUT
                       : client->n_sent < UDHCPC_TRIES) {
        send_and_wait(client, DHCP_REQUEST, IP4_BROADCAST, INT32_MAX);
    } else if (is_isc(client)) {
        client->requested = client->state == DHCP_CLIENT_REBOOTING ? client->lease.addr : 0;
        start_over(client);
    } else {
        fail(client);
    }
}

/* Seconds of the lease that are left. */
static int64_t lease_left(const struct dhcp_client *client)
{
    return (int64_t)client->lease.seconds -
           (process_now(client->self) - client->lease.since) / SIM_SEC(1);
}

static void rebinding_due(struct dhcp_client *client)
{
    bool over = is_isc(client) ? lease_left(client) <= 0
                               : lease_left(client) <= 0 || client->n_sent >= UDHCPC_TRIES;

    if (over) {
        ip4_addr old = client->lease.addr;

        lose(client);
        if (is_isc(client))
            client->requested = old; /* it would like to have it again */
        start_over(client);
    } else {
        send_and_wait(client, DHCP_REQUEST, IP4_BROADCAST, lease_left(client));
    }
}

/* udhcpc has asked the server in vain: it asks once more when half of what is left has passed, as
 * long as that is not little. */
static bool renew_later(struct dhcp_client *client)
{
    int64_t left = lease_left(client);

    if (client->by_signal || left <= UDHCPC_REBIND_LEFT)
        return false;
    client->n_sent = 0;
    client->until = process_now(client->self) + SIM_SEC(left / 2);
    return true;
}

static void renewing_due(struct dhcp_client *client)
{
    int64_t age = (process_now(client->self) - client->lease.since) / SIM_SEC(1);
    bool over = is_isc(client) ? age > client->lease.t2 : client->n_sent > 0;

    if (!over) {
        send_and_wait(client, DHCP_REQUEST, client->lease.server, lease_left(client));
        return;
    }
    if (!is_isc(client) && renew_later(client))
        return;
    dhcp_client_listen(client, DHCP_LISTEN_RAW);
    client->state = DHCP_CLIENT_REBINDING; /* dhclient's interval goes on growing */
    client->n_sent = 0;
    rebinding_due(client);
}

static void renew(struct dhcp_client *client, bool by_signal)
{
    client->by_signal = by_signal;
    client->secs_running = false;
    dhcp_client_listen(client, DHCP_LISTEN_KERNEL);
    enter(client, DHCP_CLIENT_RENEWING);
    renewing_due(client);
}

static void bind_lease(struct dhcp_client *client)
{
    if (client->arp_fd >= 0)
        sys_close(client->self, client->arp_fd);
    client->arp_fd = -1;
    if (!is_isc(client))
        dhcp_client_listen(client, DHCP_LISTEN_NONE);
    dhcp_client_configure(client);
    process_note(client->self, RECORD_STATE,
                 WHY(DHCP_BOUND, client->lease.addr, lease_time(&client->lease)), NULL);
    enter(client, DHCP_CLIENT_BOUND);
    client->until = client->lease.seconds == UINT32_MAX
                        ? SIM_TIME_NONE
                        : seconds_after(process_now(client->self), client->lease.t1);
    tell(client, DHCP_EVENT_BOUND);
}

static void timer_due(struct dhcp_client *client)
{
    switch (client->state) {
    case DHCP_CLIENT_INIT:
    case DHCP_CLIENT_WAITING:
        start_over(client);
        break;
    case DHCP_CLIENT_SELECTING:
        selecting_due(client);
        break;
    case DHCP_CLIENT_REQUESTING:
    case DHCP_CLIENT_REBOOTING:
        requesting_due(client);
        break;
    case DHCP_CLIENT_PROBING:
        bind_lease(client); /* nobody answered: it is ours */
        break;
    case DHCP_CLIENT_BOUND:
        renew(client, false);
        break;
    case DHCP_CLIENT_RENEWING:
        renewing_due(client);
        break;
    case DHCP_CLIENT_REBINDING:
        rebinding_due(client);
        break;
    case DHCP_CLIENT_LEAVING:
        dhcp_client_leave(client);
        break;
    case DHCP_CLIENT_STOPPED:
        client->until = SIM_TIME_NONE;
        break;
    }
}

/* ---- messages ---- */

static void take_offer(struct dhcp_client *client, const struct dhcp_msg *msg)
{
    dhcp_lease_read(&client->offer, msg, client->style, process_now(client->self));
    if (client->offer.addr == 0)
        return;
    if (is_isc(client) && client->offer.server == 0)
        return; /* "DHCPOFFER without a server identifier" is of no use to dhclient */
    client->requested = client->offer.addr;
    enter(client, DHCP_CLIENT_REQUESTING);
    tell(client, DHCP_EVENT_OFFER);
}

static void randomise_t1(struct dhcp_client *client)
{
    uint32_t t1 = client->lease.t1;

    if (t1 > 0 &&
        t1 < UINT32_MAX /
                 4) /* between three quarters and all of it, so that clients do not come in step */
        client->lease.t1 = (t1 * 3 + 3) / 4 + ((uint32_t)(sys_random(client->self) % t1) + 3) / 4;
}

static void take_ack(struct dhcp_client *client, const struct dhcp_msg *msg)
{
    ip4_addr server =
        client->state == DHCP_CLIENT_REQUESTING ? client->offer.server : client->lease.server;

    client->renewed = dhcp_client_bound(client);
    dhcp_lease_read(&client->lease, msg, client->style, process_now(client->self));
    if (client->lease.server == 0 || (!is_isc(client) && client->state != DHCP_CLIENT_REBINDING))
        client->lease.server = server;
    tell(client, DHCP_EVENT_ACK);
    if (is_isc(client)) {
        randomise_t1(client);
    } else if (client->lease.seconds < UDHCPC_MIN_LEASE) {
        client->lease.seconds = UDHCPC_MIN_LEASE;
        client->lease.t1 = UDHCPC_MIN_LEASE / 2;
    }
    if (!client->arp_check || client->renewed) {
        bind_lease(client);
        return;
    }
    dhcp_client_listen(client, DHCP_LISTEN_NONE);
    dhcp_client_probe(client, client->lease.addr);
    client->state = DHCP_CLIENT_PROBING;
    client->until = process_now(client->self) + UDHCPC_ARP_WAIT;
}

static void decline(struct dhcp_client *client)
{
    sys_close(client->self, client->arp_fd);
    client->arp_fd = -1;
    tell(client, DHCP_EVENT_IN_USE);
    dhcp_client_send(client, DHCP_DECLINE, IP4_BROADCAST);
    client->requested = 0;
    client->secs_running = false;
    wait_for(client, client->try_again); /* RFC 2131 section 3.1: at least ten seconds */
}

static void take_nak(struct dhcp_client *client, const struct dhcp_msg *msg)
{
    ip4_addr server =
        client->state == DHCP_CLIENT_REQUESTING ? client->offer.server : client->lease.server;
    uint32_t from = 0;
    bool had_lease = dhcp_client_bound(client);

    dhcp_option_u32(msg, DHCP_OPT_SERVER_ID, &from);
    if (client->state != DHCP_CLIENT_REBOOTING && client->state != DHCP_CLIENT_REBINDING &&
        server != 0 && from != server)
        return; /* another server does not know about our lease */
    client->offer.server = from;
    tell(client, DHCP_EVENT_NAK);
    if (had_lease)
        lose(client);
    client->requested = 0;
    client->secs_running = false;
    if (is_isc(client)) {
        start_over(client);
    } else {
        dhcp_client_listen(client, DHCP_LISTEN_NONE);
        wait_for(client, UDHCPC_AFTER_NAK);
    }
}

static void message_came(struct dhcp_client *client, const struct dhcp_msg *msg)
{
    uint8_t type = dhcp_message_type(msg);

    switch (client->state) {
    case DHCP_CLIENT_SELECTING:
        if (type == DHCP_OFFER)
            take_offer(client, msg);
        break;
    case DHCP_CLIENT_REQUESTING:
    case DHCP_CLIENT_REBOOTING:
    case DHCP_CLIENT_RENEWING:
    case DHCP_CLIENT_REBINDING:
        if (type == DHCP_ACK && msg->yiaddr != 0)
            take_ack(client, msg);
        else if (type == DHCP_NAK)
            take_nak(client, msg);
        break;
    default:
        break; /* answers that come too late */
    }
}

/* ---- the coroutine ---- */

static void signals_came(struct dhcp_client *client)
{
    if (client->signal_release) {
        dhcp_client_release(client);
    } else if (dhcp_client_bound(client)) {
        renew(client, true);
    } else {
        client->secs_running = false;
        start_over(client);
    }
    client->signal_release = client->signal_renew = false;
}

static int client_poll(struct dhcp_client *client)
{
    sim_time now = process_now(client->self);

    if (client->signal_renew || client->signal_release || client->done)
        return -SIM_EINTR;
    if (client->until <= now)
        return 0;
    client->poll[0] = (struct sys_pollfd){ client->raw_fd, SOCK_POLLIN, 0 };
    client->poll[1] = (struct sys_pollfd){ client->udp_fd, SOCK_POLLIN, 0 };
    client->poll[2] = (struct sys_pollfd){ client->arp_fd, SOCK_POLLIN, 0 };
    return sys_poll(client->self, client->poll, 3,
                    client->until == SIM_TIME_NONE ? SIM_TIME_NONE : client->until - now);
}

static void client_step(struct dhcp_client *client)
{
    struct dhcp_msg msg;

    if (client->signal_renew || client->signal_release)
        signals_came(client);
    while (!client->done && dhcp_client_receive(client, &msg))
        message_came(client, &msg);
    if (client->state == DHCP_CLIENT_PROBING &&
        dhcp_client_probe_answered(client, client->lease.addr))
        decline(client);
    /* A state that begins with a message sends it at once; every pass sends or waits, so this ends.
     */
    while (!client->done && client->until <= process_now(client->self))
        timer_due(client);
}

static void client_start(struct dhcp_client *client)
{
    client->started = true;
    tell(client, DHCP_EVENT_START);
    if (client->style == DHCP_STYLE_UDHCPC)
        dhcp_client_deconfigure(client);
    else
        ip_iface_set_up(client->iface, true);
    if (client->reboot && lease_left(client) > 0) {
        dhcp_client_listen(client, DHCP_LISTEN_RAW);
        client->xid = (uint32_t)sys_random(client->self);
        enter(client, DHCP_CLIENT_REBOOTING);
    } else {
        start_over(client);
    }
}

/* A blocked poll must not be resumed with its old time limit: process.h keeps that until the call
 * returns. */
static void forget_blocked_call(struct process *self)
{
    self->call.active = false;
    timer_stop(&self->timer);
}

enum co_status dhcp_client_run(struct dhcp_client *client)
{
    CO_BEGIN(&client->co);
    if (!client->started)
        client_start(client);
    client_step(client);
    while (!client->done) {
        CO_CALL(&client->co, client->result, client_poll(client));
        if (client->result == -SIM_EINTR || client->until <= process_now(client->self))
            forget_blocked_call(client->self);
        client_step(client);
    }
    dhcp_client_close(client);
    CO_END(&client->co);
}

void dhcp_client_init(struct dhcp_client *client, struct process *self,
                      enum dhcp_client_style style)
{
    memset(client, 0, sizeof *client);
    client->self = self;
    client->style = style;
    client->raw_fd = client->udp_fd = client->arp_fd = -1;
    client->tries = UDHCPC_TRIES;
    client->pause = UDHCPC_PAUSE;
    client->try_again = UDHCPC_TRY_AGAIN;
    client->until = SIM_TIME_NONE;
    if (style == DHCP_STYLE_DHCLIENT && self->os->hostname != NULL)
        snprintf(client->host_name, sizeof client->host_name, "%s", self->os->hostname);
}

int dhcp_client_set_iface(struct dhcp_client *client, const char *name)
{
    struct ip_iface *iface = ip_iface_find(&client->self->os->ip, name);

    if (iface == NULL || iface->iface == NULL || strlen(name) >= sizeof client->iface_name)
        return -SIM_ENODEV;
    client->iface = iface;
    snprintf(client->iface_name, sizeof client->iface_name, "%s", name);
    return 0;
}

void dhcp_client_adopt(struct dhcp_client *client, struct process *self)
{
    client->self = self;
    client->co.at = 0;
    client->raw_fd = client->udp_fd = client->arp_fd = -1;
    if (is_isc(client))
        dhcp_client_listen(client, DHCP_LISTEN_RAW);
}
