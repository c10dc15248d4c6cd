/*
 * dhclient of ISC DHCP 4.4.3 as Debian configures it. It runs in the foreground until the address
 * is there, then a copy of it goes on in the background. Leases are kept in
 * /var/lib/dhcp/dhclient.leases and asked for again (INIT-REBOOT).
 */
#include <stdio.h>
#include <string.h>

#include "apps/isc.h"
#include "apps/options.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/services/dhcp_client.h"
#include "stack/services/dhcp_client_io.h"
#include "stack/services/wall_clock.h"

#define LEASE_FILE "/var/lib/dhcp/dhclient.leases"
#define PID_FILE   "/run/dhclient.pid"

#define LAST_MOMENTS                                                                               \
    SIM_MSEC(5) /* from the last message of -r and -x until its sockets are gone                   \
                 */

struct dhclient {
    struct coroutine co;
    struct dhcp_client client;
    int slept;
    bool ready, verbose, release, stop, once, foreground, daemon;
    char iface[DHCP_CLIENT_NAME_MAX];
};

static const struct process_io nowhere;

/* ---- the lease file ---- */

static void add_date(struct strbuf *text, const char *what, sim_time at)
{
    int64_t seconds = wall_seconds(at);
    struct wall_date d = wall_date(seconds);

    strbuf_addf(text, "  %s %u %d/%02u/%02u %02u:%02u:%02u;\n", what, d.weekday, d.year, d.month,
                d.day, d.hour, d.minute, d.second);
}

static void add_addrs(struct strbuf *text, const char *what, const ip4_addr *addrs, unsigned n)
{
    char addr[IP4_TEXT_MAX];

    for (unsigned i = 0; i < n; i++)
        strbuf_addf(text, "%s%s%s", i == 0 ? "  option " : ",", i == 0 ? what : "",
                    i == 0 ? " " : ""),
            strbuf_adds(text, ip4_format(addrs[i], addr));
    if (n > 0)
        strbuf_adds(text, ";\n");
}

static void write_lease(const struct dhclient *st, const struct dhcp_lease *lease)
{
    ip4_addr mask = ip4_mask(lease->prefix_len);
    struct strbuf text = STRBUF_INIT;
    char addr[IP4_TEXT_MAX];
    uint32_t far = 100 * 24 * 3600; /* virtual time ends before that */

    strbuf_addf(&text, "lease {\n  interface \"%s\";\n  fixed-address %s;\n", st->client.iface_name,
                ip4_format(lease->addr, addr));
    add_addrs(&text, "subnet-mask", &mask, 1);
    add_addrs(&text, "routers", lease->routers, lease->n_routers);
    strbuf_addf(&text, "  option dhcp-lease-time %u;\n  option dhcp-message-type 5;\n",
                lease->seconds);
    add_addrs(&text, "domain-name-servers", lease->resolvers, lease->n_resolvers);
    add_addrs(&text, "dhcp-server-identifier", &lease->server, 1);
    if (lease->domain[0] != '\0')
        strbuf_addf(&text, "  option domain-name \"%s\";\n", lease->domain);
    add_date(&text, "renew", lease->since + SIM_SEC(lease->t1 < far / 2 ? lease->t1 : far / 2));
    add_date(&text, "rebind", lease->since + SIM_SEC(lease->t2 < far / 2 ? lease->t2 : far / 2));
    add_date(&text, "expire",
             lease->since + SIM_SEC(lease->seconds < far / 2 ? lease->seconds : far / 2));
    strbuf_adds(&text, "}\n");
    os_file_write(st->client.self->os, LEASE_FILE, strbuf_text(&text), text.len, true);
    strbuf_fini(&text);
}

/* What stands between @key and the next ';' in the text from @from to @to; false: not there. */
static bool lease_value(const char *from, const char *to, const char *key, char *value, size_t size)
{
    const char *at = from, *end;

    while ((at = strstr(at, key)) != NULL && at < to) {
        at += strlen(key);
        end = strchr(at, ';');
        if (*at != ' ' || end == NULL || end > to)
            continue;
        snprintf(value, size, "%.*s", (int)(end - at - 1), at + 1);
        return true;
    }
    return false;
}

static bool lease_addr(const char *from, const char *to, const char *key, ip4_addr *addr)
{
    char value[64];

    if (!lease_value(from, to, key, value, sizeof value))
        return false;
    value[strcspn(value, ",")] = '\0';
    return ip4_parse(value, addr);
}

/* "4 2026/01/01 01:00:00" as a virtual time. */
static bool lease_date(const char *from, const char *to, const char *key, sim_time *at)
{
    static const char shape[] = "d dddd/dd/dd dd:dd:dd";
    unsigned n[7] = { 0 }, field = 0;
    char value[64];
    int64_t day, seconds;

    if (!lease_value(from, to, key, value, sizeof value) || strlen(value) != sizeof shape - 1)
        return false;
    for (size_t i = 0; value[i] != '\0'; i++) {
        if (shape[i] == 'd') {
            if (value[i] < '0' || value[i] > '9')
                return false;
            n[field] = n[field] * 10 + (unsigned)(value[i] - '0');
        } else if (value[i] != shape[i] || ++field == 7) {
            return false;
        }
    }
    if (n[2] < 1 || n[2] > 12)
        return false;
    for (day = WALL_CLOCK_START / 86400; day < WALL_CLOCK_START / 86400 + 400; day++) {
        struct wall_date date = wall_date(day * 86400);

        if ((unsigned)date.year == n[1] && date.month == n[2] && date.day == n[3])
            break;
    }
    seconds = day * 86400 + (int64_t)n[4] * 3600 + n[5] * 60 + n[6] - WALL_CLOCK_START;
    *at = seconds < 0 ? 0 : SIM_SEC(seconds < 9000000 ? seconds : 9000000);
    return true;
}

/* The last lease of the interface in the file, if it is still good. */
static bool read_lease(struct dhclient *st)
{
    struct process *self = st->client.self;
    const struct os_file *file = os_file_find(self->os, LEASE_FILE);
    const char *at = file == NULL ? "" : strbuf_text(&file->content), *end;
    char name[DHCP_CLIENT_NAME_MAX + 2], wanted[DHCP_CLIENT_NAME_MAX + 2];
    struct dhcp_lease *lease = &st->client.lease;
    bool found = false;

    snprintf(wanted, sizeof wanted, "\"%s\"", st->client.iface_name);
    for (; (at = strstr(at, "lease {")) != NULL && (end = strchr(at, '}')) != NULL; at = end) {
        struct dhcp_lease one = { .since = process_now(self) };
        ip4_addr mask = 0;
        sim_time expire;

        if (!lease_value(at, end, "interface", name, sizeof name) || strcmp(name, wanted) != 0 ||
            !lease_addr(at, end, "fixed-address", &one.addr) ||
            !lease_date(at, end, "expire", &expire))
            continue;
        lease_addr(at, end, "dhcp-server-identifier", &one.server);
        if (lease_addr(at, end, "subnet-mask", &mask) && ip4_mask_len(mask) >= 0)
            one.prefix_len = (uint8_t)ip4_mask_len(mask);
        found = expire > one.since;
        one.seconds = found ? (uint32_t)((expire - one.since) / SIM_SEC(1)) : 0;
        one.t2 = one.seconds - one.seconds / 8;
        one.t1 = one.seconds / 2;
        *lease = one;
    }
    if (!found) { /* it is over, or was given back: one may ask for it again */
        st->client.requested = lease->addr;
        memset(lease, 0, sizeof *lease);
    }
    return found;
}

/* ---- messages ---- */

static void say(const struct dhclient *st, const char *format, ...) STRBUF_PRINTF_LIKE(2, 3);

static void say(const struct dhclient *st, const char *format, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list args;

    if (!st->verbose || st->daemon)
        return;
    va_start(args, format);
    strbuf_vaddf(&text, format, args);
    va_end(args);
    process_write(st->client.self, 2, strbuf_text(&text), text.len);
    strbuf_fini(&text);
}

static void say_who(const struct dhclient *st)
{
    char mac[MAC_TEXT_MAX];

    mac_format(&st->client.iface->iface->mac, mac);
    if (st->verbose)
        isc_print_banner(st->client.self, "Client");
    say(st, "\nListening on LPF/%s/%s\nSending on   LPF/%s/%s\nSending on   Socket/fallback\n",
        st->client.iface_name, mac, st->client.iface_name, mac);
}

static void say_sending(const struct dhclient *st)
{
    const struct dhcp_client *client = &st->client;
    ip4_addr wanted =
        client->state == DHCP_CLIENT_REQUESTING ? client->offer.addr : client->lease.addr;
    char addr[IP4_TEXT_MAX], to[IP4_TEXT_MAX];

    ip4_format(client->sending_to, to);
    switch (client->sending) {
    case DHCP_DISCOVER:
        say(st, "DHCPDISCOVER on %s to %s port 67 interval %u\n", client->iface_name, to,
            client->interval);
        break;
    case DHCP_REQUEST:
        say(st, "DHCPREQUEST for %s on %s to %s port 67\n", ip4_format(wanted, addr),
            client->iface_name, to);
        break;
    case DHCP_DECLINE:
        say(st, "DHCPDECLINE of %s on %s to %s port 67\n", ip4_format(wanted, addr),
            client->iface_name, to);
        break;
    default:
        say(st, "DHCPRELEASE of %s on %s to %s port 67\n", ip4_format(wanted, addr),
            client->iface_name, to);
        break;
    }
}

/* ---- life ---- */

static void write_pid_file(struct process *self)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u\n", (unsigned)self->pid);

    os_file_write(self->os, PID_FILE, text, (size_t)len, false);
}

/* fork(): the child keeps the lease; the command is over. */
static void go_to_background(struct dhclient *st)
{
    struct process *self = st->client.self, *child;
    struct dhclient *copy;

    if (st->daemon)
        return;
    if (st->foreground) {
        write_pid_file(self);
        return;
    }
    child = process_start(self->os, self->program, self->argc, (const char *const *)self->argv,
                          self->command, &nowhere);
    copy = child->state;
    dhcp_client_close(&st->client);
    *copy = *st;
    copy->co.at = 0;
    copy->daemon = true;
    copy->client.ctx = copy;
    dhcp_client_adopt(&copy->client, child);
    write_pid_file(child);
    st->client.done = true;
}

static void no_lease(struct dhclient *st)
{
    say(st, "No DHCPOFFERS received.\n");
    if (st->once) {
        say(st, "Unable to obtain a lease on first try.  Exiting.\n");
        st->client.self->exit_status = 2;
        st->client.done = true;
        return;
    }
    say(st, "No working leases in persistent database - sleeping.\n");
    go_to_background(st);
}

static void client_event(void *ctx, struct dhcp_client *client, enum dhcp_client_event event)
{
    struct dhclient *st = ctx;
    char addr[IP4_TEXT_MAX], server[IP4_TEXT_MAX];

    switch (event) {
    case DHCP_EVENT_START:
        say_who(st);
        break;
    case DHCP_EVENT_SENDING:
        say_sending(st);
        break;
    case DHCP_EVENT_OFFER:
        say(st, "DHCPOFFER of %s from %s\n", ip4_format(client->offer.addr, addr),
            ip4_format(client->from, server));
        break;
    case DHCP_EVENT_ACK:
        say(st, "DHCPACK of %s from %s\n", ip4_format(client->lease.addr, addr),
            ip4_format(client->from, server));
        break;
    case DHCP_EVENT_NAK:
        say(st, "DHCPNAK from %s\n", ip4_format(client->from, server));
        break;
    case DHCP_EVENT_BOUND:
        write_lease(st, &client->lease);
        say(st, "bound to %s -- renewal in %u seconds.\n", ip4_format(client->lease.addr, addr),
            client->lease.t1);
        go_to_background(st);
        break;
    case DHCP_EVENT_NO_LEASE:
        no_lease(st);
        break;
    default:
        break;
    }
}

static struct process *running_daemon(struct process *self)
{
    const struct os_file *file = os_file_find(self->os, PID_FILE);
    char text[16];
    uint64_t pid;
    struct process *other;

    if (file == NULL)
        return NULL;
    snprintf(text, sizeof text, "%s", strbuf_text(&file->content));
    text[strcspn(text, "\n")] = '\0';
    other = text_u64(text, UINT32_MAX, &pid) ? process_find(self->os, (uint32_t)pid) : NULL;
    return other != NULL && other != self && other->program == self->program ? other : NULL;
}

/* -r and -x: the one in the background ends; true: there was one, and it gets a second to go. */
static bool end_daemon(struct process *self)
{
    struct process *other = running_daemon(self);

    if (other == NULL)
        return false;
    process_signal(other, SIM_SIGKILL);
    process_errorf(self, "Killed old client process\n");
    os_file_remove(self->os, PID_FILE);
    return true;
}

/* -r: the address is given back, and the file says that its time is over. */
static void give_back(struct dhclient *st)
{
    struct dhcp_lease over = st->client.lease;

    over.since = process_now(st->client.self);
    over.seconds = over.t1 = over.t2 = 0;
    st->client.state = DHCP_CLIENT_BOUND;
    dhcp_client_release(&st->client);
    write_lease(st, &over);
}

/* What -r and -x say before they end: -x begins with its old lease, as if it wanted to stay. */
static void say_goodbye(struct dhclient *st)
{
    bool has_lease = read_lease(st);

    say_who(st);
    if (st->release && has_lease) {
        give_back(st);
    } else if (!st->release) {
        st->client.state = has_lease ? DHCP_CLIENT_REBOOTING : DHCP_CLIENT_SELECTING;
        st->client.xid = (uint32_t)sys_random(st->client.self);
        dhcp_client_listen(&st->client, DHCP_LISTEN_RAW);
        dhcp_client_send(&st->client, has_lease ? DHCP_REQUEST : DHCP_DISCOVER, IP4_BROADCAST);
    }
}

static bool read_arguments(struct process *self, struct dhclient *st)
{
    struct options options = { .self = self,
                               .shorts = "vrx1d4q",
                               .refused = "6e:SNTPRwnps:g:lIHF:B:C:D:V:t:u:i",
                               .longs = NULL };
    const char *iface = "eth0";
    int option;

    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            self->exit_status = option == OPTIONS_REFUSED ? 2 : 1;
            return false;
        }
        st->verbose = (st->verbose || option == 'v' || option == 'd') && option != 'q';
        st->release = st->release || option == 'r';
        st->stop = st->stop || option == 'x';
        st->once = st->once || option == '1';
        st->foreground = st->foreground || option == 'd';
    }
    if (options.at + 1 < self->argc) {
        process_errorf(self, "dhclient: more than one interface is not simulated by wirewalk\n");
        self->exit_status = 2;
        return false;
    }
    if (options.at < self->argc)
        iface = self->argv[options.at];
    if (dhcp_client_set_iface(&st->client, iface) != 0) {
        process_errorf(self, "Cannot find device \"%s\"\n", iface);
        self->exit_status = 1;
        return false;
    }
    return true;
}

static bool start(struct process *self, struct dhclient *st)
{
    dhcp_client_init(&st->client, self, DHCP_STYLE_DHCLIENT);
    st->client.event = client_event;
    st->client.ctx = st;
    if (!read_arguments(self, st))
        return false;
    if (st->release || st->stop)
        return true;
    st->client.reboot = read_lease(st);
    st->ready = true;
    return true;
}

static enum co_status dhclient_main(struct process *self, void *state)
{
    struct dhclient *st = state;

    CO_BEGIN(&st->co);
    if (!st->ready && !start(self, st))
        CO_RETURN(&st->co);
    if (st->release || st->stop) {
        if (end_daemon(self))
            CO_CALL(&st->co, st->slept, sys_sleep(self, SIM_SEC(1)));
        say_goodbye(st);
        if (st->client.state == DHCP_CLIENT_LEAVING) {
            CO_CALL(&st->co, st->slept, sys_sleep(self, DHCP_SCRIPT_TIME));
            dhcp_client_leave(&st->client);
        }
        CO_CALL(&st->co, st->slept, sys_sleep(self, LAST_MOMENTS));
        dhcp_client_close(&st->client);
        CO_RETURN(&st->co);
    }
    CO_RUN(&st->co, dhcp_client_run(&st->client));
    CO_END(&st->co);
}

const struct program dhclient_program = {
    .name = "dhclient",
    .state_size = sizeof(struct dhclient),
    .main = dhclient_main,
};
