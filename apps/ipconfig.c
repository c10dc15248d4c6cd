/*
 * ipconfig as on Windows: the configuration, /all of it, /release and /renew (through the host's
 * dhclient), /flushdns and /displaydns (of the cache that names are kept in, where the host has
 * one).
 */
#include <string.h>

#include "apps/net_tools.h"
#include "apps/programs.h"
#include "stack/services/resolver.h"
#include "stack/services/services.h"
#include "stack/socket/syscall.h"

#define CACHE_LIST_MAX DNS_CACHE_MAX

struct ipconfig {
    struct coroutine co;
    uint32_t child;
    int result, step;
    const char *device;
};

struct gateways {
    struct process *self;
    const char *ifname;
    unsigned n;
};

static void print_gateway(void *ctx, const struct netctl_route *route)
{
    struct gateways *gateways = ctx;
    char text[IP4_TEXT_MAX];

    if (route->prefix_len != 0 || route->via == 0 || route->ifname == NULL ||
        strcmp(route->ifname, gateways->ifname) != 0)
        return;
    if (gateways->n++ > 0)
        process_printf(gateways->self, "%39s", "");
    process_printf(gateways->self, "%s\n", ip4_format(route->via, text));
}

static void print_addresses(struct process *self, const struct netctl_link *link, bool all)
{
    struct gateways gateways = { self, link->name, 0 };
    struct netctl_addr addr;
    char text[IP4_TEXT_MAX];

    for (unsigned i = 0; netctl_addr_at(self->os, i, &addr); i++) {
        if (addr.ifindex != link->index)
            continue;
        process_printf(self, "   IPv4 Address. . . . . . . . . . . : %s%s\n",
                       ip4_format(addr.addr, text), all ? "(Preferred)" : "");
        process_printf(self, "   Subnet Mask . . . . . . . . . . . : %s\n",
                       ip4_format(ip4_mask(addr.prefix_len), text));
    }
    process_printf(self, "   Default Gateway . . . . . . . . . : ");
    netctl_routes(self->os, print_gateway, &gateways);
    if (gateways.n == 0)
        process_printf(self, "\n");
}

static bool is_dynamic(const struct os *os, unsigned ifindex)
{
    struct netctl_addr addr;

    for (unsigned i = 0; netctl_addr_at(os, i, &addr); i++)
        if (addr.ifindex == ifindex && addr.dynamic)
            return true;
    return false;
}

static bool is_dynamic_device(const struct os *os, const char *device)
{
    struct netctl_link link;

    return netctl_link_find(os, device, &link) && is_dynamic(os, link.index);
}

/* A fixed address is none that a DHCP server could take back. */
static bool is_fixed(const struct os *os, const char *device)
{
    struct netctl_addr addr;

    for (unsigned i = 0; netctl_addr_at(os, i, &addr); i++)
        if (strcmp(addr.ifname, device) == 0 && !addr.dynamic)
            return true;
    return false;
}

static void print_servers(struct process *self)
{
    struct resolv_conf conf;
    char text[IP6_TEXT_MAX];

    if (os_file_find(self->os, "/etc/resolv.conf") == NULL)
        return;
    resolv_conf_read(&conf, self->os);
    for (unsigned i = 0; i < conf.n_servers; i++)
        process_printf(self, "%s%s\n",
                       i == 0 ? "   DNS Servers . . . . . . . . . . . : "
                              : "                                       ",
                       conf.servers[i].v6 ? ip6_format(conf.servers[i].addr6, text)
                                          : ip4_format(conf.servers[i].addr, text));
}

static void print_adapter(struct process *self, const struct netctl_link *link, bool all)
{
    char mac[MAC_TEXT_MAX];

    process_printf(self, "\nEthernet adapter %s:\n\n", link->name);
    if (!link->up || !link->carrier)
        process_printf(self, "   Media State . . . . . . . . . . . : Media disconnected\n");
    process_printf(self, "   Connection-specific DNS Suffix  . : \n");
    if (all) {
        mac_format(&link->mac, mac);
        for (char *at = mac; *at != '\0'; at++)
            *at = *at == ':' ? '-' : *at >= 'a' && *at <= 'f' ? (char)(*at - 32) : *at;
        process_printf(self, "   Description . . . . . . . . . . . : %s\n", link->name);
        process_printf(self, "   Physical Address. . . . . . . . . : %s\n", mac);
        process_printf(self, "   DHCP Enabled. . . . . . . . . . . : %s\n",
                       is_dynamic(self->os, link->index) ? "Yes" : "No");
        process_printf(self, "   Autoconfiguration Enabled . . . . : No\n");
    }
    if (!link->up || !link->carrier)
        return;
    print_addresses(self, link, all);
    if (all)
        print_servers(self);
}

static void print_configuration(struct process *self, bool all)
{
    struct netctl_link link;
    char forwarding[NETCTL_SYSCTL_TEXT_MAX];

    process_printf(self, "\nWindows IP Configuration\n\n");
    if (all) {
        (void)netctl_sysctl_get(self->os, "net.ipv4.ip_forward", forwarding);
        process_printf(self, "   Host Name . . . . . . . . . . . . : %s\n", self->os->hostname);
        process_printf(self, "   Primary Dns Suffix  . . . . . . . : \n   Node Type . . . . . . . "
                             ". . . . . : Hybrid\n");
        process_printf(self, "   IP Routing Enabled. . . . . . . . : %s\n",
                       strcmp(forwarding, "1") == 0 ? "Yes" : "No");
        process_printf(self, "   WINS Proxy Enabled. . . . . . . . : No\n");
    }
    for (unsigned i = 0; netctl_link_at(self->os, i, &link); i++)
        if (!link.loopback)
            print_adapter(self, &link, all);
}

/* ---- the cache ---- */

static void print_record(struct process *self, const struct dns_record *record, uint32_t ttl)
{
    char text[IP4_TEXT_MAX];
    size_t len = strlen(record->name);

    if (len > 1 && record->name[len - 1] == '.')
        len--;
    process_printf(self, "    Record Name . . . . . : %.*s\n    Record Type . . . . . : %u\n",
                   (int)len, record->name, record->type);
    process_printf(self,
                   "    Time To Live  . . . . : %u\n    Data Length . . . . . : %u\n    Section . "
                   ". . . . . . : Answer\n",
                   ttl,
                   record->type == DNS_TYPE_A      ? 4
                   : record->type == DNS_TYPE_AAAA ? 16
                                                   : 8);
    if (record->type == DNS_TYPE_A)
        process_printf(self, "    A (Host) Record . . . : %s\n", ip4_format(record->addr, text));
    else if (record->target != NULL)
        process_printf(self, "    %s Record  . . . . : %s\n",
                       record->type == DNS_TYPE_CNAME ? "CNAME" : "Name ", record->target);
    process_printf(self, "\n\n");
}

static void print_cache(struct process *self)
{
    struct services *services = services_of(self->os);
    sim_time now = process_now(self);

    process_printf(self, "\nWindows IP Configuration\n\n");
    if (!services->use_resolver_cache) {
        process_printf(self, "Could not display the DNS Resolver Cache.\n");
        return;
    }
    for (unsigned i = 0; i < services->resolver_cache.n; i++) {
        const struct dns_cache_entry *entry = &services->resolver_cache.entries[i];

        if (entry->expires <= now)
            continue;
        process_printf(self, "    %s\n    ----------------------------------------\n", entry->name);
        if (entry->n == 0)
            process_printf(self, entry->rcode == DNS_NXDOMAIN
                                     ? "    Name does not exist.\n\n\n"
                                     : "    No records of type AAAA\n\n\n");
        for (unsigned r = 0; r < entry->n; r++)
            print_record(self, &entry->records[r], dns_cache_ttl(entry, now));
    }
}

/* ---- DHCP ---- */

/* Runs `dhclient OPTION IF` without its output; 0: there is no such program. */
static uint32_t start_dhclient(struct process *self, const char *option, const char *device)
{
    const char *argv[] = { "dhclient", option, device, NULL };
    const struct program *program =
        self->os->find_program != NULL ? self->os->find_program("dhclient") : NULL;
    struct process_io io = { NULL, NULL };

    if (program == NULL)
        return 0;
    return process_start(self->os, program, 3, argv, NULL, &io)->pid;
}

/* The adapter meant: the one named, or the first. */
static const char *choose_device(struct process *self)
{
    struct netctl_link link;

    if (self->argc > 2)
        return netctl_link_find(self->os, self->argv[2], &link) && !link.loopback ? link.name
                                                                                  : NULL;
    for (unsigned i = 0; netctl_link_at(self->os, i, &link); i++)
        if (!link.loopback)
            return link.name;
    return NULL;
}

static bool same_word(const char *a, const char *b)
{
    for (; *a != '\0' || *b != '\0'; a++, b++)
        if ((*a >= 'A' && *a <= 'Z' ? *a + 32 : *a) != *b)
            return false;
    return true;
}

static void refuse(struct process *self, const char *option)
{
    static const char *const known[] = { "/?",          "/registerdns",     "/showclassid",
                                         "/setclassid", "/allcompartments", "/release6",
                                         "/renew6" };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (same_word(option, known[i])) {
            process_printf(self, "ipconfig: option %s is not simulated by wirewalk\n", option);
            self->exit_status = 2;
            return;
        }
    }
    process_printf(self, "\nError: unrecognized or incomplete command line.\n\nUSAGE:\n    "
                         "ipconfig [/all | /renew [adapter] | "
                         "/release [adapter] | /flushdns | /displaydns]\n");
    self->exit_status = 1;
}

static enum co_status ipconfig_main(struct process *self, void *state)
{
    struct ipconfig *st = state;
    const char *option = self->argc > 1 ? self->argv[1] : "";

    CO_BEGIN(&st->co);
    if (*option == '\0' || same_word(option, "/all") || same_word(option, "-all")) {
        print_configuration(self, *option != '\0');
        CO_RETURN(&st->co);
    }
    if (same_word(option, "/flushdns")) {
        services_flush_resolver_cache(self->os);
        process_printf(
            self, "\nWindows IP Configuration\n\nSuccessfully flushed the DNS Resolver Cache.\n");
        CO_RETURN(&st->co);
    }
    if (same_word(option, "/displaydns")) {
        print_cache(self);
        CO_RETURN(&st->co);
    }
    if (!same_word(option, "/release") && !same_word(option, "/renew")) {
        refuse(self, option);
        CO_RETURN(&st->co);
    }
    st->device = choose_device(self);
    if (st->device == NULL || is_fixed(self->os, st->device)) {
        process_printf(self, "\nWindows IP Configuration\n\nThe operation failed as no adapter is "
                             "in the state permissible for \n"
                             "this operation.\n");
        self->exit_status = 1;
        CO_RETURN(&st->co);
    }
    /* Renewing is asking for the old lease again: the client ends (-x) and begins anew with what it
     * has on file. */
    st->child = start_dhclient(self, same_word(option, "/release") ? "-r" : "-x", st->device);
    if (st->child != 0)
        CO_CALL(&st->co, st->result, sys_wait_child(self, st->child));
    if (same_word(self->argv[1], "/renew")) {
        st->child = start_dhclient(self, "-1", st->device);
        if (st->child != 0)
            CO_CALL(&st->co, st->result, sys_wait_child(self, st->child));
        if (!is_dynamic_device(self->os, st->device)) {
            process_printf(self,
                           "\nWindows IP Configuration\n\nAn error occurred while renewing "
                           "interface %s : unable to contact your DHCP server. Request has "
                           "timed out.\n",
                           st->device);
            self->exit_status = 1;
            CO_RETURN(&st->co);
        }
    }
    print_configuration(self, false);
    CO_END(&st->co);
}

const struct program ipconfig_program = { .name = "ipconfig",
                                          .state_size = sizeof(struct ipconfig),
                                          .main = ipconfig_main };
