/* udhcpc of busybox 1.35, with a script that configures the interface and prints one line per
 * lease. */
#include <stdio.h>
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/services/dhcp_client.h"

struct udhcpc {
    struct coroutine co;
    struct dhcp_client client;
    int slept;
    bool ready;
    bool foreground, quit, fail_without_lease, release_at_end, background_without_lease;
    char pid_file[256];
};

static const struct process_io nowhere;

static void say_lease(struct process *self, const struct dhcp_client *client)
{
    const struct dhcp_lease *lease = &client->lease;
    char addr[IP4_TEXT_MAX];
    struct strbuf line = STRBUF_INIT;

    strbuf_addf(&line, "%s ip=%s/%u router=", client->renewed ? "renew" : "bound",
                ip4_format(lease->addr, addr), lease->prefix_len);
    for (unsigned i = 0; i < lease->n_routers; i++)
        strbuf_addf(&line, "%s%s", i > 0 ? " " : "", ip4_format(lease->routers[i], addr));
    strbuf_adds(&line, " dns=");
    for (unsigned i = 0; i < lease->n_resolvers; i++)
        strbuf_addf(&line, "%s%s", i > 0 ? " " : "", ip4_format(lease->resolvers[i], addr));
    process_printf(self, "%s lease=%u\n", strbuf_text(&line), lease->seconds);
    strbuf_fini(&line);
}

static void say_sending(struct process *self, const struct dhcp_client *client)
{
    char addr[IP4_TEXT_MAX], server[IP4_TEXT_MAX];

    switch (client->sending) {
    case DHCP_DISCOVER:
        process_errorf(self, "udhcpc: broadcasting discover\n");
        break;
    case DHCP_DECLINE:
        process_errorf(self, "udhcpc: broadcasting decline\n");
        break;
    case DHCP_RELEASE:
        process_errorf(self, "udhcpc: unicasting a release of %s to %s\nudhcpc: sending release\n",
                       ip4_format(client->lease.addr, addr),
                       ip4_format(client->lease.server, server));
        break;
    default:
        if (client->state == DHCP_CLIENT_REQUESTING)
            process_errorf(self, "udhcpc: broadcasting select for %s, server %s\n",
                           ip4_format(client->offer.addr, addr),
                           ip4_format(client->offer.server, server));
        else if (client->sending_to == IP4_BROADCAST)
            process_errorf(self, "udhcpc: broadcasting renew\n");
        else
            process_errorf(self, "udhcpc: sending renew to server %s\n",
                           ip4_format(client->sending_to, server));
        break;
    }
}

static void write_pid_file(struct process *self, const struct udhcpc *st)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u\n", (unsigned)self->pid);

    if (st->pid_file[0] != '\0')
        os_file_write(self->os, st->pid_file, text, (size_t)len, false);
}

static void client_event(void *ctx, struct dhcp_client *client, enum dhcp_client_event event);

/* fork(): another process goes on with a copy of everything, and without a terminal; this one ends.
 */
static void go_to_background(struct udhcpc *st)
{
    struct process *self = st->client.self;
    struct process *child = process_start(self->os, self->program, self->argc,
                                          (const char *const *)self->argv, self->command, &nowhere);
    struct udhcpc *copy = child->state;

    dhcp_client_close(&st->client);
    *copy = *st;
    copy->co.at = 0;
    copy->foreground = true;
    copy->client.ctx = copy;
    dhcp_client_adopt(&copy->client, child);
    write_pid_file(child, copy);
    st->pid_file[0] = '\0';
    st->release_at_end = false;
    st->client.done = true;
}

static void bound(struct process *self, struct udhcpc *st)
{
    say_lease(self, &st->client);
    st->fail_without_lease = false; /* a renewal that fails does not end it */
    if (st->quit)
        st->client.done = true;
    else if (!st->foreground)
        go_to_background(st);
}

static void no_lease(struct process *self, struct udhcpc *st)
{
    if (st->background_without_lease) {
        process_errorf(self, "udhcpc: no lease, forking to background\n");
        st->background_without_lease = st->fail_without_lease = false;
        go_to_background(st);
    } else if (st->fail_without_lease) {
        process_errorf(self, "udhcpc: no lease, failing\n");
        self->exit_status = 1;
        st->release_at_end = false;
        st->client.done = true;
    }
}

static void client_event(void *ctx, struct dhcp_client *client, enum dhcp_client_event event)
{
    struct udhcpc *st = ctx;
    struct process *self = client->self;
    char addr[IP4_TEXT_MAX], server[IP4_TEXT_MAX];

    switch (event) {
    case DHCP_EVENT_START:
        process_errorf(self, "udhcpc: started, v1.35.0\n");
        break;
    case DHCP_EVENT_SENDING:
        say_sending(self, client);
        break;
    case DHCP_EVENT_OFFER:
        if (client->offer.server == 0)
            process_errorf(self, "udhcpc: no server ID, using 0.0.0.0\n");
        break;
    case DHCP_EVENT_ACK:
        process_errorf(self, "udhcpc: lease of %s obtained from %s, lease time %u%s\n",
                       ip4_format(client->lease.addr, addr),
                       ip4_format(client->lease.server, server), client->lease.seconds,
                       client->lease.seconds_given ? "" : " (default)");
        break;
    case DHCP_EVENT_NAK:
        process_errorf(self, "udhcpc: received DHCP NAK\n");
        break;
    case DHCP_EVENT_BOUND:
        bound(self, st);
        break;
    case DHCP_EVENT_IN_USE:
        process_errorf(self, "udhcpc: offered address is in use (got ARP reply), declining\n");
        break;
    case DHCP_EVENT_NO_LEASE:
        no_lease(self, st);
        break;
    case DHCP_EVENT_LOST:
        if (client->state == DHCP_CLIENT_REBINDING)
            process_errorf(self, "udhcpc: lease lost, entering init state\n");
        break;
    case DHCP_EVENT_RELEASING:
        break;
    case DHCP_EVENT_RELEASED:
        process_errorf(self, "udhcpc: entering released state\n");
        break;
    }
}

/* ---- the command line ---- */

static bool read_number(struct process *self, const char *text, uint64_t max, uint64_t *value)
{
    if (text_u64(text, max, value))
        return true;
    process_errorf(self, "udhcpc: invalid number '%s'\n", text);
    return false;
}

static void take_pid_file(struct process *self, struct udhcpc *st, const char *word)
{
    struct strbuf path = STRBUF_INIT;

    process_path(self, word, &path);
    snprintf(st->pid_file, sizeof st->pid_file, "%s", path.text);
    strbuf_fini(&path);
}

static bool read_option(struct process *self, struct udhcpc *st, int option, const char *value,
                        const char **iface)
{
    uint64_t number = 0;

    switch (option) {
    case 'i':
        *iface = value;
        return true;
    case 'f':
        st->foreground = true;
        return true;
    case 'n':
        st->fail_without_lease = true;
        return true;
    case 'b':
        st->background_without_lease = true;
        return true;
    case 'q':
        st->quit = true;
        return true;
    case 'R':
        st->release_at_end = true;
        return true;
    case 'a':
        st->client.arp_check = true;
        return true;
    case 'B':
        st->client.broadcast = true;
        return true;
    case 'p':
        take_pid_file(self, st, value);
        return true;
    case 'r':
        if (ip4_parse(value, &st->client.requested))
            return true;
        process_errorf(self, "udhcpc: bad address '%s'\n", value);
        return false;
    case 't':
        if (!read_number(self, value, 1000000, &number))
            return false;
        st->client.tries = (unsigned)number;
        return true;
    default: /* 'T' and 'A' */
        if (!read_number(self, value, 1000000, &number))
            return false;
        *(option == 'T' ? &st->client.pause : &st->client.try_again) = SIM_SEC((int64_t)number);
        return true;
    }
}

static const struct option_name long_names[] = {
    { "interface", 'i', true },  { "foreground", 'f', false }, { "now", 'n', false },
    { "quit", 'q', false },      { "retries", 't', true },     { "timeout", 'T', true },
    { "tryagain", 'A', true },   { "request", 'r', true },     { "release", 'R', false },
    { "pidfile", 'p', true },    { "background", 'b', false }, { "arping", 'a', false },
    { "broadcast", 'B', false }, { NULL, 0, false },
};

static bool read_arguments(struct process *self, struct udhcpc *st)
{
    struct options options = { .self = self,
                               .shorts = "i:fnqt:T:A:r:Rp:baB",
                               .refused = "s:O:ox:F:V:CH:h:P:Sv",
                               .longs = long_names };
    const char *iface = "eth0";
    int option;

    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            self->exit_status = option == OPTIONS_REFUSED ? 2 : 1;
            return false;
        }
        if (!read_option(self, st, option, options.value, &iface)) {
            self->exit_status = 1;
            return false;
        }
    }
    if (dhcp_client_set_iface(&st->client, iface) != 0) {
        process_errorf(self, "udhcpc: ioctl 0x8933 failed: No such device\n");
        self->exit_status = 1;
        return false;
    }
    return true;
}

static enum co_status udhcpc_main(struct process *self, void *state)
{
    struct udhcpc *st = state;

    CO_BEGIN(&st->co);
    if (!st->ready) { /* else it was forked: everything is there */
        dhcp_client_init(&st->client, self, DHCP_STYLE_UDHCPC);
        st->client.event = client_event;
        st->client.ctx = st;
        if (!read_arguments(self, st))
            CO_RETURN(&st->co);
        st->ready = true;
        write_pid_file(self, st);
    }
    CO_RUN(&st->co, dhcp_client_run(&st->client));
    if (st->release_at_end) {
        dhcp_client_release(&st->client);
        if (st->client.state == DHCP_CLIENT_LEAVING) {
            CO_CALL(&st->co, st->slept, sys_sleep(self, DHCP_SCRIPT_TIME));
            dhcp_client_leave(&st->client);
        }
    }
    if (st->pid_file[0] != '\0')
        os_file_remove(self->os, st->pid_file);
    CO_END(&st->co);
}

static bool udhcpc_signal(struct process *self, void *state, int signal_number)
{
    struct udhcpc *st = state;

    if (!st->ready)
        return false;
    switch (signal_number) {
    case SIM_SIGUSR1:
        st->client.signal_renew = true;
        return true;
    case SIM_SIGUSR2:
        st->client.signal_release = true;
        return true;
    case SIM_SIGTERM:
        process_errorf(self, "udhcpc: received SIGTERM\n");
        st->client.done = true;
        return true;
    default:
        return false;
    }
}

const struct program udhcpc_program = {
    .name = "udhcpc",
    .state_size = sizeof(struct udhcpc),
    .main = udhcpc_main,
    .signal = udhcpc_signal,
};
