/* ifconfig of net-tools 2.10. */
#include <string.h>

#include "apps/net_tools.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/socket/netctl6.h"

/* "3246 (3.1 KiB)": tenths are cut, not rounded. */
static void add_octets(struct strbuf *out, uint64_t octets)
{
    static const struct {
        uint64_t unit;
        const char *name;
    } units[] = { { UINT64_C(1) << 40, "TiB" },
                  { UINT64_C(1) << 30, "GiB" },
                  { UINT64_C(1) << 20, "MiB" },
                  { UINT64_C(1) << 10, "KiB" },
                  { 1, "B" } };
    size_t i = 0;

    while (units[i].unit > 1 && octets <= units[i].unit)
        i++;
    strbuf_addf(out, "%llu (%llu.%llu %s)", (unsigned long long)octets,
                (unsigned long long)(octets / units[i].unit),
                (unsigned long long)(octets % units[i].unit * 10 / units[i].unit), units[i].name);
}

static void add_flags(struct strbuf *out, const struct netctl_link *link)
{
    unsigned flags = link->loopback ? 0x8 : 0x1002;

    if (link->up)
        flags |= 0x1;
    if (link->up && link->carrier)
        flags |= 0x40;
    strbuf_addf(out, "flags=%u<", flags);
    if (link->loopback)
        strbuf_adds(out, link->up ? "UP,LOOPBACK,RUNNING" : "LOOPBACK");
    else
        strbuf_addf(out, "%sBROADCAST,%sMULTICAST", link->up ? "UP," : "",
                    flags & 0x40 ? "RUNNING," : "");
    strbuf_addc(out, '>');
}

static void add_inet6(struct strbuf *out, const struct os *os, unsigned ifindex)
{
    static const char *const scopes[] = { "0x0<global>", "0x20<link>", "0x10<host>" };
    struct netctl_addr6 addr;
    char text[IP6_TEXT_MAX];

    for (unsigned i = 0; netctl_addr6_at(os, i, &addr); i++)
        if (addr.ifindex == ifindex)
            strbuf_addf(out, "        inet6 %s  prefixlen %u  scopeid %s\n",
                        ip6_format(addr.addr, text), addr.prefix_len, scopes[addr.scope]);
}

static void print_link(struct process *self, const struct netctl_link *link)
{
    struct strbuf out = STRBUF_INIT;
    struct netctl_addr addr;
    char text[IP4_TEXT_MAX], mac[MAC_TEXT_MAX];

    strbuf_addf(&out, "%s: ", link->name);
    add_flags(&out, link);
    strbuf_addf(&out, "  mtu %u\n", link->mtu);
    for (unsigned i = 0; netctl_addr_at(self->os, i, &addr); i++) {
        if (addr.ifindex != link->index)
            continue;
        strbuf_addf(&out, "        inet %s", ip4_format(addr.addr, text));
        strbuf_addf(&out, "  netmask %s", ip4_format(ip4_mask(addr.prefix_len), text));
        if (!link->loopback)
            strbuf_addf(&out, "  broadcast %s", ip4_format(addr.broadcast, text));
        strbuf_addc(&out, '\n');
        break; /* the first alone, as the old interface tells it */
    }
    add_inet6(&out, self->os, link->index);
    if (link->loopback)
        strbuf_adds(&out, "        loop  txqueuelen 1000  (Local Loopback)\n");
    else
        strbuf_addf(&out, "        ether %s  txqueuelen 1000  (Ethernet)\n",
                    mac_format(&link->mac, mac));
    strbuf_addf(&out, "        RX packets %llu  bytes ", (unsigned long long)link->rx_frames);
    add_octets(&out, link->rx_octets);
    strbuf_addf(
        &out,
        "\n        RX errors 0  dropped %llu  overruns 0  frame 0\n        TX packets %llu  bytes ",
        (unsigned long long)link->rx_drops, (unsigned long long)link->tx_frames);
    add_octets(&out, link->tx_octets);
    strbuf_addf(&out, "\n        TX errors 0  dropped %llu overruns 0  carrier 0  collisions 0\n\n",
                (unsigned long long)link->tx_drops);
    process_write(self, 1, out.text, out.len);
    strbuf_fini(&out);
}

static int show(struct process *self, const char *name, bool all)
{
    struct netctl_link link;

    if (name != NULL) {
        if (!netctl_link_find(self->os, name, &link)) {
            process_errorf(self, "%s: error fetching interface information: Device not found\n",
                           name);
            return 1;
        }
        print_link(self, &link);
        return 0;
    }
    for (unsigned i = 0; net_tools_link_at(self->os, i, &link); i++)
        if (all || link.up)
            print_link(self, &link);
    return 0;
}

static bool first_address(struct process *self, const char *name, struct netctl_addr *addr)
{
    for (unsigned i = 0; netctl_addr_at(self->os, i, addr); i++)
        if (strcmp(addr->ifname, name) == 0)
            return true;
    return false;
}

/* SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFBRDADDR: the first address is taken away and set anew. */
static int set_address(struct process *self, const char *name, ip4_addr addr, unsigned len,
                       ip4_addr broadcast)
{
    struct netctl_addr old;
    int error = 0;

    if (first_address(self, name, &old))
        (void)netctl_addr_del(self->os, name, old.addr, old.prefix_len);
    if (addr != 0)
        error = netctl_addr_add(self->os, name, addr, len, broadcast, SIM_TIME_NONE);
    if (error == 0)
        return 0;
    process_errorf(self, "SIOCSIFADDR: %s\n", sim_strerror(-error));
    return 1;
}

static int complain(struct process *self, const char *what, int error)
{
    if (error == 0)
        return 0;
    process_errorf(self, "%s: %s\n", what, sim_strerror(-error));
    return 1;
}

static int not_found(struct process *self, const char *word)
{
    process_errorf(
        self, "%s: Host name lookup failure\nifconfig: `--help' gives usage information.\n", word);
    return 1;
}

/* `add ADDR/LEN`, `del ADDR/LEN`: SIOCSIFADDR and SIOCDIFADDR of IPv6. */
static int change_inet6(struct process *self, const char *name, bool add, const char *value)
{
    struct ip6_addr addr;
    unsigned len;

    if (!ip6_prefix_parse(value, &addr, &len))
        return not_found(self, value);
    if (add)
        return complain(self, "SIOCSIFADDR", netctl_addr6_add(self->os, name, addr, len, true));
    return complain(self, "SIOCDIFADDR", netctl_addr6_del(self->os, name, addr, len));
}

/* One word of `ifconfig IF ...` and its value; how many words it took is added to *@at. The exit
 * status, 0: well. */
static int change(struct process *self, const char *name, int *at)
{
    const char *word = self->argv[(*at)++], *value = *at < self->argc ? self->argv[*at] : NULL;
    struct netctl_addr have = { .prefix_len = 0 };
    ip4_addr addr;
    unsigned len;
    uint64_t mtu;
    struct mac_addr mac;

    if (strcmp(word, "up") == 0 || strcmp(word, "down") == 0)
        return complain(self, "SIOCSIFFLAGS", netctl_link_set_up(self->os, name, word[0] == 'u'));
    if (strcmp(word, "inet6") == 0 && value != NULL &&
        (strcmp(value, "add") == 0 || strcmp(value, "del") == 0))
        return 0;
    if ((strcmp(word, "add") == 0 || strcmp(word, "del") == 0) && value != NULL &&
        strchr(value, ':') != NULL) {
        (*at)++;
        return change_inet6(self, name, word[0] == 'a', value);
    }
    if (strcmp(word, "mtu") == 0 && value != NULL) {
        (*at)++;
        if (!text_u64(value, UINT32_MAX, &mtu))
            return complain(self, "SIOCSIFMTU", -SIM_EINVAL);
        return complain(self, "SIOCSIFMTU", netctl_link_set_mtu(self->os, name, (uint32_t)mtu));
    }
    if (strcmp(word, "netmask") == 0 && value != NULL) {
        (*at)++;
        if (!ip4_parse(value, &addr))
            return not_found(self, value);
        if (ip4_mask_len(addr) < 0 || !first_address(self, name, &have))
            return complain(self, "SIOCSIFNETMASK",
                            first_address(self, name, &have) ? -SIM_EINVAL : -SIM_EADDRNOTAVAIL);
        return set_address(self, name, have.addr, (unsigned)ip4_mask_len(addr), 0);
    }
    if (strcmp(word, "broadcast") == 0 && value != NULL) {
        (*at)++;
        if (!ip4_parse(value, &addr))
            return not_found(self, value);
        if (!first_address(self, name, &have))
            return complain(self, "SIOCSIFBRDADDR", -SIM_EADDRNOTAVAIL);
        return set_address(self, name, have.addr, have.prefix_len, addr);
    }
    if (strcmp(word, "hw") == 0 && value != NULL && strcmp(value, "ether") == 0 &&
        *at + 1 < self->argc) {
        *at += 2;
        if (!mac_parse(self->argv[*at - 1], &mac)) {
            process_errorf(self, "%s: invalid ether address.\n", self->argv[*at - 1]);
            return 1;
        }
        return complain(self, "SIOCSIFHWADDR", netctl_link_set_mac(self->os, name, &mac));
    }
    if (!ip4_prefix_parse(word, &addr, &len)) {
        static const char *const others[] = { "arp",        "-arp",      "promisc",     "-promisc",
                                              "allmulti",   "-allmulti", "add",         "del",
                                              "metric",     "dstaddr",   "txqueuelen",  "multicast",
                                              "-multicast", "name",      "pointopoint", "media",
                                              "irq",        "mem_start", "inet6",       "tunnel" };

        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            if (strcmp(others[i], word) == 0) {
                process_errorf(self, "ifconfig: %s is not simulated by wirewalk\n", word);
                return 2;
            }
        }
        return not_found(self, word);
    }
    if (strchr(word, '/') == NULL)
        len = net_tools_class_len(addr);
    if (set_address(self, name, addr, len, 0) != 0)
        return 1;
    return addr == 0 ? 0 : complain(self, "SIOCSIFFLAGS", netctl_link_set_up(self->os, name, true));
}

static enum co_status ifconfig_main(struct process *self, void *state)
{
    int at = 1;
    bool all = false;
    const char *name;
    struct netctl_link link;

    (void)state;
    for (; at < self->argc && self->argv[at][0] == '-'; at++) {
        if (strcmp(self->argv[at], "-a") != 0) {
            process_errorf(self, "ifconfig: option %s is not simulated by wirewalk\n",
                           self->argv[at]);
            self->exit_status = 2;
            return CO_DONE;
        }
        all = true;
    }
    name = at < self->argc ? self->argv[at++] : NULL;
    if (at >= self->argc) {
        self->exit_status = show(self, name, all);
        return CO_DONE;
    }
    if (!netctl_link_find(self->os, name, &link)) {
        process_errorf(self,
                       "SIOCSIFADDR: No such device\n%s: ERROR while getting interface flags: No "
                       "such device\n",
                       name);
        self->exit_status = 255;
        return CO_DONE;
    }
    while (at < self->argc && self->exit_status == 0)
        self->exit_status = change(self, name, &at);
    return CO_DONE;
}

const struct program ifconfig_program = { .name = "ifconfig", .main = ifconfig_main };
