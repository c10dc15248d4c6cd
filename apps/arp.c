/* arp of net-tools 2.10: the neighbor table in its own words. `arp -a` is the BSD form, as on
 * Linux. */
#include <stdlib.h>
#include <string.h>

#include "apps/names.h"
#include "apps/options.h"
#include "apps/programs.h"
#include "base/memory.h"
#include "stack/socket/netctl.h"

#define STATUS_FAILED 255 /* it returns -1 */

struct arp {
    struct coroutine co;
    struct names names;
    bool numeric, bsd, set, delete;
    const char *device, *host;
    ip4_addr addr;
    struct netctl_neigh *list;
    uint32_t n, size, at, shown;
    int operands;
};

static const struct option_name long_options[] = {
    { "all", 'a', false },      { "set", 's', false },   { "delete", 'd', false },
    { "numeric", 'n', false },  { "device", 'i', true }, { "verbose", 0, false },
    { "use-device", 0, false }, { "file", 0, false },    { NULL, 0, false }
};

static bool read_arguments(struct process *self, struct arp *st)
{
    struct options options = {
        .self = self, .shorts = "aensdi:", .refused = "vDfHtpAV", .longs = long_options
    };
    int option;

    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            if (option == OPTIONS_ERROR)
                process_errorf(
                    self, "Usage:\n  arp [-n] [-i <if>] [-a] [<hostname>]\n"
                          "  arp [-i <if>] -d <host>\n  arp [-i <if>] -s <host> <hwaddr> [temp]\n");
            self->exit_status = option == OPTIONS_ERROR ? 3 : 2;
            return false;
        }
        st->bsd |= option == 'a';
        st->numeric |= option == 'n';
        st->set |= option == 's';
        st->delete |= option == 'd';
        if (option == 'i')
            st->device = options.value;
    }
    st->operands = options.at;
    st->host = st->operands < self->argc ? self->argv[st->operands] : NULL;
    return true;
}

static void keep(void *ctx, const struct netctl_neigh *neigh)
{
    struct arp *st = ctx;

    if ((st->host == NULL || neigh->addr == st->addr) &&
        (st->device == NULL || strcmp(st->device, neigh->ifname) == 0))
        ARRAY_PUSH(st->list, st->n, st->size, *neigh);
}

/* ATF_COM of /proc/net/arp. */
static bool is_complete(const struct netctl_neigh *neigh)
{
    return neigh->has_mac && neigh->state != NEIGH_FAILED && neigh->state != NEIGH_INCOMPLETE &&
           neigh->state != NEIGH_NONE;
}

static void print_entry(struct process *self, struct arp *st, const struct netctl_neigh *neigh)
{
    char addr[IP4_TEXT_MAX], mac[MAC_TEXT_MAX];
    bool complete = is_complete(neigh), permanent = neigh->state == NEIGH_PERMANENT;
    const char *name = st->numeric || st->names.name[0] == '\0' ? NULL : st->names.name;

    ip4_format(neigh->addr, addr);
    mac_format(&neigh->mac, mac);
    if (st->bsd) {
        process_printf(self, "%s (%s) at ", name != NULL ? name : "?", addr);
        if (complete)
            process_printf(self, "%s [ether]%s on %s\n", mac, permanent ? " PERM" : "",
                           neigh->ifname);
        else
            process_printf(self, "<incomplete> on %s\n", neigh->ifname);
        return;
    }
    if (st->shown++ == 0)
        process_printf(
            self,
            "Address                  HWtype  HWaddress           Flags Mask            Iface\n");
    process_printf(self, "%-23.23s  %-8.8s%-20.20s%-6.6s%-15.15s %s\n", name != NULL ? name : addr,
                   complete ? "ether" : "", complete ? mac : "(incomplete)",
                   complete    ? permanent ? "CM" : "C"
                   : permanent ? "M"
                               : "",
                   "", neigh->ifname);
}

static int set_entry(struct process *self, struct arp *st)
{
    int at = st->operands + 1;
    struct netctl_neigh neigh = { .addr = st->addr, .state = NEIGH_PERMANENT, .has_mac = true };
    struct netctl_path path;

    if (at == self->argc) {
        process_errorf(self, "arp: need hardware address\n");
        return STATUS_FAILED;
    }
    if (!mac_parse(self->argv[at], &neigh.mac)) {
        process_errorf(self, "arp: invalid hardware address\n");
        return STATUS_FAILED;
    }
    for (at++; at < self->argc; at++) {
        if (strcmp(self->argv[at], "temp") != 0) {
            process_errorf(self, "arp: %s is not simulated by wirewalk\n", self->argv[at]);
            return 2;
        }
        neigh.state = NEIGH_STALE;
    }
    if (netctl_route_get(self->os, st->addr, 0, st->device, &path) != 0 ||
        path.kind != ROUTE_UNICAST || path.via != 0) {
        process_errorf(self, "SIOCSARP: Network is unreachable\n");
        return STATUS_FAILED;
    }
    neigh.ifname = path.ifname;
    return netctl_neigh_set(self->os, &neigh, true) == 0 ? 0 : STATUS_FAILED;
}

static int delete_entry(struct process *self, struct arp *st)
{
    int status = STATUS_FAILED;

    for (uint32_t i = 0; i < st->n; i++)
        if (netctl_neigh_del(self->os, st->list[i].ifname, st->addr) == 0)
            status = 0;
    if (status != 0)
        process_errorf(self, "No ARP entry for %s\n", st->host);
    return status;
}

static enum co_status arp_main(struct process *self, void *state)
{
    struct arp *st = state;
    char text[IP4_TEXT_MAX];

    CO_BEGIN(&st->co);
    if (!read_arguments(self, st))
        CO_RETURN(&st->co);
    if ((st->set || st->delete) && st->host == NULL) {
        process_errorf(self, "arp: need host name\n");
        self->exit_status = STATUS_FAILED;
        CO_RETURN(&st->co);
    }
    if (st->host != NULL) {
        CO_RUN(&st->co, names_lookup(&st->names, self, st->host));
        if (st->names.error != NULL) {
            process_errorf(self, "%s: %s\n", st->host, "Unknown host");
            self->exit_status = STATUS_FAILED;
            CO_RETURN(&st->co);
        }
        st->addr = st->names.addr;
    }
    netctl_neighs(self->os, keep, st);
    if (st->set || st->delete) {
        self->exit_status = st->set ? set_entry(self, st) : delete_entry(self, st);
        CO_RETURN(&st->co);
    }
    for (st->at = 0; st->at < st->n; st->at++) {
        st->names.name[0] = '\0';
        if (!st->numeric)
            CO_RUN(&st->co, names_reverse(&st->names, self, st->list[st->at].addr));
        print_entry(self, st, &st->list[st->at]);
    }
    if (st->n == 0 && st->host != NULL)
        process_printf(self, "%s (%s) -- no entry\n", st->host, ip4_format(st->addr, text));
    else if (st->n == 0 && st->device != NULL)
        process_printf(self, "arp: in 0 entries no match found.\n");
    CO_END(&st->co);
}

static void arp_cleanup(struct process *self, void *state)
{
    struct arp *st = state;

    (void)self;
    names_close(&st->names);
    free(st->list);
}

const struct program arp_program = {
    .name = "arp", .state_size = sizeof(struct arp), .main = arp_main, .cleanup = arp_cleanup
};
