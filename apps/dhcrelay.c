/*
 * dhcrelay of ISC DHCP 4.4.3: DHCPv4 only. It goes into the background once it listens, and stays
 * in the foreground, telling what it does, with -d.
 */
#include <string.h>

#include "apps/isc.h"
#include "apps/programs.h"
#include "base/errnos.h"
#include "base/text.h"
#include "stack/services/dhcp_relay.h"

struct dhcrelay {
    struct coroutine co;
    struct dhcp_relay relay;
    bool ready, foreground, quiet, daemon;
};

static const char usage[] = "Usage: dhcrelay [-4] [-d] [-q] [-a] [-D]\n"
                            "                     [-A <length>] [-c <hops>] [-p <port>]\n"
                            "                     [-pf <pid-file>] [--no-pid]\n"
                            "                     [-m append|replace|forward|discard]\n"
                            "                     [-i interface0 [ ... -i interfaceN]\n"
                            "                     [-iu interface0 [ ... -iu interfaceN]\n"
                            "                     [-id interface0 [ ... -id interfaceN]\n"
                            "                     [-U interface] [-g <ip-address>]\n"
                            "                     server0 [ ... serverN]\n\n";

/* ---- what it tells ---- */

static void on_event(void *ctx, struct dhcp_relay *relay, const struct dhcp_relay_report *report)
{
    struct mac_addr mac = dhcp_chaddr_mac(report->msg);
    char addr[IP4_TEXT_MAX], client[MAC_TEXT_MAX];

    (void)ctx;
    mac_format(&mac, client);
    ip4_format(report->addr, addr);
    switch (report->event) {
    case DHCP_RELAY_AGENT_OPTION:
        process_errorf(relay->self, "Adding %u-byte relay agent option\n", report->n);
        break;
    case DHCP_RELAY_REQUEST_SENT:
        process_errorf(relay->self, "Forwarded BOOTREQUEST for %s to %s\n", client, addr);
        break;
    case DHCP_RELAY_REPLY_CAME:
        process_errorf(relay->self, "BOOTREPLY giaddr: %s\n\n", addr);
        break;
    case DHCP_RELAY_REPLY_SENT:
        process_errorf(relay->self, "Forwarded BOOTREPLY for %s to %s\n", client, addr);
        break;
    case DHCP_RELAY_WRONG_SIDE:
        process_errorf(relay->self, "Dropping %s received on %s\n",
                       report->msg->op == DHCP_BOOTREPLY ? "reply" : "request",
                       relay->ifaces[report->n].iface->name);
        break;
    }
}

static void say_sockets(struct dhcrelay *st)
{
    for (unsigned i = st->relay.n_ifaces; i > 0; i--) {
        const struct dhcp_relay_iface *it = &st->relay.ifaces[i - 1];
        char mac[MAC_TEXT_MAX];

        mac_format(&it->iface->iface->mac, mac);
        process_errorf(st->relay.self, "Listening on LPF/%s/%s\nSending on   LPF/%s/%s\n",
                       it->iface->name, mac, it->iface->name, mac);
    }
    process_errorf(st->relay.self, "Sending on   Socket/fallback\n");
}

/* ---- the command line ---- */

/* What is wrong, @before with @word behind it; and with @with_usage what would be right. */
static bool fail(struct process *self, bool with_usage, const char *before, const char *word)
{
    isc_print_banner(self, "Relay Agent");
    process_errorf(self, "%s%s\n%s\nexiting.\n", before, word, with_usage ? usage : "");
    self->exit_status = 1;
    return false;
}

static bool add_iface(struct dhcrelay *st, const char *option, const char *name)
{
    struct process *self = st->relay.self;
    bool up = strcmp(option, "-id") != 0, down = strcmp(option, "-iu") != 0;

    process_errorf(self, "Requesting: %s as upstream: %c downstream: %c\n", name, up ? 'Y' : 'N',
                   down ? 'Y' : 'N');
    switch (dhcp_relay_add_iface(&st->relay, name, up, down)) {
    case 0:
        return true;
    case -SIM_ENODEV:
        if (strcmp(name, "lo") == 0)
            return fail(self, false, "Unsupported device type 772 for ", "\"lo\"");
        return fail(self, false, "Failed to get interface index: ", "No such device");
    default:
        process_errorf(self, "dhcrelay: more than %d interfaces are not simulated by wirewalk\n",
                       DHCP_RELAY_IFACES_MAX);
        self->exit_status = 2;
        return false;
    }
}

static bool set_mode(struct dhcrelay *st, const char *word)
{
    static const char *const words[] = { [DHCP_RELAY_APPEND] = "append",
                                         [DHCP_RELAY_REPLACE] = "replace",
                                         [DHCP_RELAY_FORWARD] = "forward",
                                         [DHCP_RELAY_DISCARD] = "discard" };

    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0) {
            st->relay.mode = (enum dhcp_relay_mode)i;
            return true;
        }
    return fail(st->relay.self, true, "Unknown argument to -m: ", word);
}

static bool set_number(struct dhcrelay *st, char option, const char *word)
{
    uint64_t n;

    if (!text_u64(word, option == 'c' ? 255 : DHCP_RELAY_MESSAGE_MAX, &n))
        return fail(st->relay.self, true,
                    option == 'c' ? "Bad hop count to -c: " : "Bad value for -A: ", word);
    if (option == 'c')
        st->relay.max_hops = (unsigned)n;
    else
        st->relay.max_size = (size_t)n;
    return true;
}

/* One that has a value; *@used tells that it was one. */
static bool read_valued(struct dhcrelay *st, const char *option, const char *value, bool *used)
{
    *used = false;
    for (const char *const *name =
             (const char *const[]){ "-i", "-id", "-iu", "-c", "-A", "-m", "-pf", NULL };
         *name != NULL; name++)
        *used = *used || strcmp(option, *name) == 0;
    if (!*used)
        return true;
    if (value == NULL)
        return fail(st->relay.self, true, "No argument for command: ", option);
    if (option[1] == 'i')
        return add_iface(st, option, value);
    if (option[1] == 'm')
        return set_mode(st, value);
    return option[1] == 'p' || set_number(st, option[1], value);
}

static bool read_flag(struct dhcrelay *st, const char *option)
{
    static const char *const refused[] = { "-6", "-p", "-U", "-g", "-I", "-s", "-l", "-u" };
    struct process *self = st->relay.self;

    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (strcmp(option, refused[i]) == 0) {
            process_errorf(self, "dhcrelay: option %s is not simulated by wirewalk\n", option);
            self->exit_status = 2;
            return false;
        }
    if (strcmp(option, "-d") == 0)
        st->foreground = true;
    else if (strcmp(option, "-q") == 0)
        st->quiet = true;
    else if (strcmp(option, "-a") == 0)
        st->relay.agent_option = true;
    else if (strcmp(option, "-D") == 0)
        st->relay.drop_unmatched = true;
    else if (strcmp(option, "-4") != 0 && strcmp(option, "--no-pid") != 0)
        return fail(self, true, "Unknown command: ", option);
    return true;
}

static bool add_server(struct dhcrelay *st, const char *word)
{
    struct process *self = st->relay.self;
    ip4_addr addr;

    if (!ip4_parse(word, &addr)) { /* names: as where there is no DNS */
        process_errorf(self, "%s: host unknown\n", word);
        return true;
    }
    if (st->relay.n_servers == DHCP_RELAY_SERVERS_MAX) {
        process_errorf(self, "dhcrelay: more than %u servers are not simulated by wirewalk\n",
                       DHCP_RELAY_SERVERS_MAX);
        self->exit_status = 2;
        return false;
    }
    st->relay.servers[st->relay.n_servers++] = addr;
    return true;
}

static bool read_arguments(struct dhcrelay *st)
{
    struct process *self = st->relay.self;

    for (int i = 1; i < self->argc; i++) {
        const char *word = self->argv[i];
        bool valued = false;

        if (!read_valued(st, word, i + 1 < self->argc ? self->argv[i + 1] : NULL, &valued))
            return false;
        if (valued)
            i++;
        else if (word[0] == '-' ? !read_flag(st, word) : !add_server(st, word))
            return false;
    }
    return st->relay.n_servers > 0 || fail(self, false, "No servers specified.", "");
}

static bool start(struct process *self, struct dhcrelay *st)
{
    dhcp_relay_init(&st->relay, self);
    if (self->argc == 2 && strcmp(self->argv[1], "--version") == 0) {
        process_errorf(self, "isc-dhcrelay-" ISC_DHCP_VERSION "\n");
        return false;
    }
    if (!read_arguments(st))
        return false;
    if (st->relay.n_ifaces == 0)
        dhcp_relay_add_all(&st->relay);
    if (!st->quiet) {
        isc_print_banner(self, "Relay Agent");
        say_sockets(st);
    }
    if (st->foreground && !st->quiet)
        st->relay.event = on_event;
    return true;
}

/* fork(): the child relays; the command is over. */
static void go_to_background(struct dhcrelay *st)
{
    static const struct process_io nowhere;
    struct process *self = st->relay.self;
    struct process *child = process_start(self->os, self->program, self->argc,
                                          (const char *const *)self->argv, self->command, &nowhere);
    struct dhcrelay *copy = child->state;

    *copy = *st;
    copy->co.at = 0;
    copy->relay.self = child;
    copy->ready = copy->daemon = true;
}

static enum co_status dhcrelay_main(struct process *self, void *state)
{
    struct dhcrelay *st = state;

    CO_BEGIN(&st->co);
    if (!st->ready && !start(self, st))
        CO_RETURN(&st->co);
    st->ready = true;
    if (!st->foreground && !st->daemon) {
        go_to_background(st);
        CO_RETURN(&st->co);
    }
    CO_RUN(&st->co, dhcp_relay_run(&st->relay));
    CO_END(&st->co);
}

const struct program dhcrelay_program = {
    .name = "dhcrelay",
    .state_size = sizeof(struct dhcrelay),
    .main = dhcrelay_main,
};
