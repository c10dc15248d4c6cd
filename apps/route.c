/* route of net-tools 2.10, and `route print` as Windows has it. */
#include <string.h>

#include "apps/net_tools.h"
#include "apps/programs.h"
#include "base/text.h"

#define STATUS_FAILED 7

bool net_tools_link_at(const struct os *os, unsigned n, struct netctl_link *link)
{
    struct netctl_link candidate;

    for (unsigned i = 0; netctl_link_at(os, i, &candidate); i++) {
        struct netctl_link other;
        unsigned before = 0;

        for (unsigned j = 0; netctl_link_at(os, j, &other); j++)
            before += strcmp(other.name, candidate.name) < 0;
        if (before == n) {
            *link = candidate;
            return true;
        }
    }
    return false;
}

unsigned net_tools_class_len(ip4_addr addr)
{
    return addr >> 31 == 0 ? 8 : addr >> 30 == 2 ? 16 : 24;
}

struct listing {
    struct process *self;
    bool numeric, netstat;
};

static void print_route(void *ctx, const struct netctl_route *route)
{
    const struct listing *listing = ctx;
    char to[IP4_TEXT_MAX], via[IP4_TEXT_MAX], mask[IP4_TEXT_MAX], flags[8] = "U";
    bool reject = route->kind == ROUTE_UNREACHABLE || route->kind == ROUTE_PROHIBIT;

    if (reject)
        strcpy(flags, "!");
    else if (route->via != 0)
        strcat(flags, "G");
    if (route->prefix_len == 32)
        strcat(flags, "H");
    ip4_format(route->prefix, to);
    ip4_format(route->via, via);
    ip4_format(ip4_mask(route->prefix_len), mask);
    process_printf(listing->self, "%-15s %-15s %-15s %-5s ",
                   route->prefix_len == 0 && !listing->numeric ? "default" : to, reject ? "-" : via,
                   mask, flags);
    if (listing->netstat)
        process_printf(listing->self, "%5s %-5s %6s %s\n", reject ? "-" : "0", reject ? "-" : "0",
                       reject ? "-" : "0",
                       route->ifname != NULL ? route->ifname
                       : reject              ? "-"
                                             : "*");
    else
        process_printf(listing->self, "%-6u %-2s %7s %s\n", route->metric, reject ? "-" : "0", "0",
                       route->ifname != NULL ? route->ifname
                       : reject              ? "-"
                                             : "*");
}

void net_tools_print_routes(struct process *self, bool numeric, bool netstat)
{
    struct listing listing = { self, numeric, netstat };

    process_printf(
        self, "Kernel IP routing table\nDestination     Gateway         Genmask         Flags %s\n",
        netstat ? "  MSS Window  irtt Iface" : "Metric Ref    Use Iface");
    netctl_routes(self->os, print_route, &listing);
}

/* ---- Windows ---- */

static void print_windows_route(void *ctx, const struct netctl_route *route)
{
    struct process *self = ctx;
    char to[IP4_TEXT_MAX], mask[IP4_TEXT_MAX], via[IP4_TEXT_MAX], src[IP4_TEXT_MAX];
    struct netctl_addr addr = { 0 };
    bool found = false;

    for (unsigned i = 0; !found && route->ifname != NULL && netctl_addr_at(self->os, i, &addr); i++)
        found = strcmp(addr.ifname, route->ifname) == 0;
    if (!found)
        return;
    process_printf(self, "%17s %16s %16s %16s %6u\n", ip4_format(route->prefix, to),
                   ip4_format(ip4_mask(route->prefix_len), mask),
                   route->via != 0 ? ip4_format(route->via, via) : "On-link",
                   ip4_format(addr.addr, src), route->metric);
}

static void print_windows(struct process *self)
{
    static const char rule[] =
        "===========================================================================\n";

    process_printf(self, "%s\nIPv4 Route Table\n%sActive Routes:\n", "", rule);
    process_printf(self,
                   "Network Destination        Netmask          Gateway       Interface  Metric\n");
    netctl_routes(self->os, print_windows_route, self);
    process_printf(self, "%sPersistent Routes:\n  None\n", rule);
}

/* ---- add and del ---- */

static int usage(struct process *self)
{
    process_errorf(
        self,
        "Usage: route [-n]                     List kernel routing tables\n"
        "       route {add|del} [-net|-host] TARGET [netmask NM] [gw GW] [metric N] [dev IF]\n");
    return 4;
}

struct change {
    struct netctl_route route;
    bool is_host, is_net, has_target, has_mask, reject;
};

static bool read_target(struct process *self, struct change *change, const char *word)
{
    struct netctl_route *route = &change->route;
    unsigned len;

    change->has_target = true;
    if (strcmp(word, "default") == 0) {
        change->has_mask = true;
        return true;
    }
    if (!ip4_prefix_parse(word, &route->prefix, &len)) {
        process_errorf(self, "%s: Unknown host\n", word);
        return false;
    }
    route->prefix_len = (uint8_t)len;
    change->has_mask = strchr(word, '/') != NULL;
    return true;
}

/* -1: go on; else the exit status. */
static int read_change(struct process *self, struct change *change, int first)
{
    for (int i = first; i < self->argc; i++) {
        const char *word = self->argv[i], *value = i + 1 < self->argc ? self->argv[i + 1] : NULL;
        ip4_addr mask;
        uint64_t n;

        if (strcmp(word, "-net") == 0) {
            change->is_net = true;
        } else if (strcmp(word, "-host") == 0) {
            change->is_host = true;
        } else if (!change->has_target) {
            if (!read_target(self, change, word))
                return 6;
        } else if (strcmp(word, "reject") == 0) {
            change->reject = true;
        } else if (value == NULL) {
            change->route.ifname = word; /* the last word may be the device alone */
        } else if (strcmp(word, "netmask") == 0) {
            if (!ip4_parse(value, &mask) || ip4_mask_len(mask) < 0) {
                process_errorf(self, "route: bogus netmask %s\n", value);
                return 4;
            }
            change->route.prefix_len = (uint8_t)ip4_mask_len(mask);
            change->has_mask = true;
            i++;
        } else if (strcmp(word, "gw") == 0 || strcmp(word, "gateway") == 0) {
            if (!ip4_parse(value, &change->route.via)) {
                process_errorf(self, "%s: Unknown host\n", value);
                return 6;
            }
            i++;
        } else if (strcmp(word, "metric") == 0) {
            if (!text_u64(value, UINT32_MAX, &n))
                return usage(self);
            change->route.metric = (uint32_t)n;
            i++;
        } else if (strcmp(word, "dev") == 0 || strcmp(word, "device") == 0) {
            change->route.ifname = value;
            i++;
        } else {
            process_errorf(self, "route: %s is not simulated by wirewalk\n", word);
            return 2;
        }
    }
    return change->has_target ? -1 : usage(self);
}

static int change_route(struct process *self, int first, bool add)
{
    struct change change = { .route = { .kind = ROUTE_UNICAST } };
    struct netctl_route *route = &change.route;
    int status = read_change(self, &change, first), error;

    if (status >= 0)
        return status;
    if (change.is_host)
        route->prefix_len = 32;
    else if (!change.has_mask &&
             (change.is_net ||
              (route->prefix & ~ip4_mask(net_tools_class_len(route->prefix))) == 0))
        route->prefix_len = (uint8_t)net_tools_class_len(route->prefix);
    if ((route->prefix & ~ip4_mask(route->prefix_len)) != 0) {
        process_errorf(self, "route: netmask %sdoesn't make sense with host route\n",
                       change.is_host ? "" : "doesn't match route address, or ");
        return usage(self);
    }
    if (change.reject)
        route->kind = ROUTE_UNREACHABLE;
    error = add ? netctl_route_add(self->os, route, NETCTL_ADD) : netctl_route_del(self->os, route);
    if (error == 0)
        return 0;
    process_errorf(self, "%s: %s\n", add ? "SIOCADDRT" : "SIOCDELRT", sim_strerror(-error));
    return STATUS_FAILED;
}

struct route_words {
    bool numeric, v6;
    int next; /* the first word that is no option */
};

/* -1: go on; else the exit status. */
static int read_words(struct process *self, struct route_words *words)
{
    for (words->next = 1; words->next < self->argc; words->next++) {
        const char *word = self->argv[words->next];
        bool family = strcmp(word, "-A") == 0 && words->next + 1 < self->argc;

        if (family)
            word = self->argv[++words->next];
        if (strcmp(word, family ? "inet6" : "-6") == 0 || strcmp(word, "--inet6") == 0)
            words->v6 = true;
        else if (strcmp(word, family ? "inet" : "-4") == 0 || strcmp(word, "--inet") == 0)
            words->v6 = false;
        else if (strcmp(word, "-6n") == 0 || strcmp(word, "-n6") == 0)
            words->v6 = words->numeric = true;
        else if (strcmp(word, "-n") == 0 || strcmp(word, "--numeric") == 0)
            words->numeric = true;
        else if (word[0] == '-' || family) {
            process_errorf(self, "route: option %s is not simulated by wirewalk\n", word);
            return 2;
        } else
            break;
    }
    return -1;
}

static enum co_status route_main(struct process *self, void *state)
{
    struct route_words words = { 0 };
    const char *word;

    (void)state;
    self->exit_status = read_words(self, &words);
    if (self->exit_status >= 0)
        return CO_DONE;
    self->exit_status = 0;
    word = words.next < self->argc ? self->argv[words.next] : NULL;
    if (word == NULL && words.v6)
        net_tools_print_routes6(self, words.numeric);
    else if (word == NULL)
        net_tools_print_routes(self, words.numeric, false);
    else if (strcmp(word, "print") == 0 || strcmp(word, "PRINT") == 0)
        print_windows(self);
    else if (words.v6 && (strcmp(word, "add") == 0 || strcmp(word, "del") == 0))
        self->exit_status = net_tools_change_route6(self, words.next + 1, word[0] == 'a');
    else if (strcmp(word, "add") == 0 || strcmp(word, "del") == 0)
        self->exit_status = change_route(self, words.next + 1, word[0] == 'a');
    else
        self->exit_status = usage(self);
    return CO_DONE;
}

const struct program route_program = { .name = "route", .main = route_main };
