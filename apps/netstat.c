/* netstat of net-tools 2.10: -t -u -a -l -n -o -p sockets, -r routes, -i interfaces, -g groups, -s
 * counters.
 */
#include <stdio.h>
#include <string.h>

#include "apps/net_tools.h"
#include "apps/options.h"
#include "apps/port_names.h"
#include "apps/programs.h"

struct netstat {
    struct process *self;
    bool tcp, udp, all, listening, numeric, timers, routes, interfaces, statistics;
    bool programs, groups;
    bool v4, v6; /* neither: both sockets, but the routes of IPv4 */
};

static const char *long_state(const char *state)
{
    static const struct {
        const char *ss, *netstat;
    } names[] = { { "ESTAB", "ESTABLISHED" },    { "SYN-SENT", "SYN_SENT" },
                  { "SYN-RECV", "SYN_RECV" },    { "FIN-WAIT-1", "FIN_WAIT1" },
                  { "FIN-WAIT-2", "FIN_WAIT2" }, { "TIME-WAIT", "TIME_WAIT" },
                  { "UNCONN", "CLOSE" },         { "CLOSE-WAIT", "CLOSE_WAIT" },
                  { "LAST-ACK", "LAST_ACK" },    { "LISTEN", "LISTEN" },
                  { "CLOSING", "CLOSING" } };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].ss, state) == 0)
            return names[i].netstat;
    return state;
}

static void add_endpoint(struct strbuf *out, const struct netstat *ns, struct endpoint endpoint,
                         bool tcp)
{
    const char *name = ns->numeric ? NULL : port_name(endpoint.port, tcp);
    char addr[IP6_TEXT_MAX];

    strbuf_addf(out, "%s:",
                endpoint.v6 ? ip6_format(endpoint.addr6, addr) : ip4_format(endpoint.addr, addr));
    if (endpoint.port == 0)
        strbuf_adds(out, "*");
    else if (name != NULL)
        strbuf_adds(out, name);
    else
        strbuf_addf(out, "%u", endpoint.port);
}

struct owner {
    uint32_t pid;
    const char *name;
};

static void take_owner(void *ctx, const struct process *process, int fd)
{
    struct owner *owner = ctx;

    (void)fd;
    if (owner->name == NULL)
        *owner = (struct owner){ process->pid, process->program->name };
}

static void print_owner(const struct netstat *ns, const struct netctl_socket *socket)
{
    struct owner owner = { 0 };
    char text[40] = "-";

    netctl_socket_owners(ns->self->os, socket, take_owner, &owner);
    if (owner.name != NULL)
        snprintf(text, sizeof text, "%u/%s", (unsigned)owner.pid, owner.name);
    process_printf(ns->self, " %-20s", text);
}

static void print_socket(void *ctx, const struct netctl_socket *socket)
{
    const struct netstat *ns = ctx;
    bool tcp = socket->tcp != NULL, unconnected = !tcp && strcmp(socket->state, "UNCONN") == 0;
    bool listener = tcp ? strcmp(socket->state, "LISTEN") == 0 : unconnected;
    const char *protocol = !socket->local.v6 ? socket->proto : tcp ? "tcp6" : "udp6";
    struct strbuf local = STRBUF_INIT, remote = STRBUF_INIT;

    if ((!ns->all && ns->listening != listener) ||
        ((ns->v4 || ns->v6) && !(socket->local.v6 ? ns->v6 : ns->v4)))
        return;
    add_endpoint(&local, ns, socket->local, tcp);
    add_endpoint(&remote, ns, socket->remote, tcp);
    process_printf(ns->self, "%-5s %6llu %6llu %-23s %-23s %-11s", protocol,
                   (unsigned long long)socket->recv_q,
                   (unsigned long long)(listener ? 0 : socket->send_q), local.text, remote.text,
                   unconnected ? "" : long_state(socket->state));
    if (ns->programs)
        print_owner(ns, socket);
    if (ns->timers && tcp && socket->tcp->timer != NULL)
        process_printf(ns->self, " %s (%.2f/%u/%u)", socket->tcp->timer,
                       (double)socket->tcp->timer_left / (double)SIM_SEC(1),
                       socket->tcp->retransmits, socket->tcp->probes);
    else if (ns->timers)
        process_printf(ns->self, " off (0.00/0/0)");
    process_printf(ns->self, "\n");
    strbuf_fini(&local);
    strbuf_fini(&remote);
}

static void print_sockets(struct netstat *ns)
{
    process_printf(ns->self, "Active Internet connections (%s)\n",
                   ns->all         ? "servers and established"
                   : ns->listening ? "only servers"
                                   : "w/o servers");
    process_printf(
        ns->self,
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State      %s\n",
        ns->programs ? ns->timers ? " PID/Program name     Timer" : " PID/Program name    "
        : ns->timers ? " Timer"
                     : "");
    if (ns->tcp)
        netctl_sockets(ns->self->os, "tcp", print_socket, ns);
    if (ns->udp)
        netctl_sockets(ns->self->os, "udp", print_socket, ns);
}

static void print_interfaces(struct netstat *ns)
{
    struct netctl_link link;

    process_printf(ns->self, "Kernel Interface table\nIface             MTU    RX-OK RX-ERR RX-DRP "
                             "RX-OVR    TX-OK TX-ERR "
                             "TX-DRP TX-OVR Flg\n");
    for (unsigned i = 0; net_tools_link_at(ns->self->os, i, &link); i++) {
        if (!link.up && !ns->all)
            continue;
        process_printf(ns->self, "%-15s %5u %8llu %6u %6llu %-6u %8llu %6u %6llu %6u %s\n",
                       link.name, link.mtu, (unsigned long long)link.rx_frames, 0,
                       (unsigned long long)link.rx_drops, 0, (unsigned long long)link.tx_frames, 0,
                       (unsigned long long)link.tx_drops, 0,
                       link.loopback  ? "LRU"
                       : !link.up     ? "BM"
                       : link.carrier ? "BMRU"
                                      : "BMU");
    }
}

static void print_groups(struct netstat *ns)
{
    struct netctl_group group;
    char text[IP6_TEXT_MAX];

    process_printf(ns->self, "IPv6/IPv4 Group Memberships\n"
                             "Interface       RefCnt Group\n"
                             "--------------- ------ ---------------------\n");
    for (int v6 = ns->v6 && !ns->v4; v6 <= (ns->v6 || !ns->v4); v6++)
        for (unsigned i = 0; netctl_group_at(ns->self->os, i, v6, &group); i++)
            process_printf(ns->self, "%-15s %-6u %s\n", group.ifname, group.users,
                           v6 ? ip6_format(group.group.addr6, text)
                              : ip4_format(group.group.addr, text));
}

static void print_statistics(struct netstat *ns)
{
    char forwarding[NETCTL_SYSCTL_TEXT_MAX];
    struct netctl_counters c;

    netctl_counters(ns->self->os, &c);
    (void)netctl_sysctl_get(ns->self->os, "net.ipv4.ip_forward", forwarding);
    process_printf(ns->self,
                   "Ip:\n    Forwarding: %d\n    %llu total packets received\n    %llu forwarded\n",
                   strcmp(forwarding, "1") == 0 ? 1 : 2, (unsigned long long)c.ip_in,
                   (unsigned long long)c.ip_forwarded);
    process_printf(ns->self, "    %llu incoming packets delivered\n    %llu requests sent out\n",
                   (unsigned long long)c.ip_delivered, (unsigned long long)c.ip_out);
    if (c.ip_reassembled > 0)
        process_printf(ns->self, "    %llu packets reassembled ok\n",
                       (unsigned long long)c.ip_reassembled);
    if (c.ip_fragments_made > 0)
        process_printf(ns->self, "    %llu fragments created\n",
                       (unsigned long long)c.ip_fragments_made);
}

static const struct option_name long_options[] = {
    { "route", 'r', false },   { "interfaces", 'i', false }, { "statistics", 's', false },
    { "numeric", 'n', false }, { "all", 'a', false },        { "listening", 'l', false },
    { "tcp", 't', false },     { "udp", 'u', false },        { "timers", 'o', false },
    { "inet", '4', false },    { "inet6", '6', false },      { "programs", 'p', false },
    { "extend", 0, false },    { "continuous", 0, false },   { "groups", 'g', false },
    { "raw", 0, false },       { "unix", 0, false },         { NULL, 0, false }
};

static bool read_arguments(struct process *self, struct netstat *ns)
{
    struct options options = {
        .self = self, .shorts = "46tualnorispg", .refused = "vWeNcCFMwxUSZDA", .longs = long_options
    };
    int option;

    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            if (option == OPTIONS_ERROR)
                process_errorf(
                    self,
                    "usage: netstat [-n] -r\n       netstat [-tuanlo]\n       netstat [-a] -i\n"
                    "       netstat -s\n");
            self->exit_status = option == OPTIONS_ERROR ? 3 : 2;
            return false;
        }
        ns->tcp |= option == 't';
        ns->udp |= option == 'u';
        ns->all |= option == 'a';
        ns->listening |= option == 'l';
        ns->numeric |= option == 'n';
        ns->timers |= option == 'o';
        ns->routes |= option == 'r';
        ns->interfaces |= option == 'i';
        ns->statistics |= option == 's';
        ns->programs |= option == 'p';
        ns->groups |= option == 'g';
        ns->v4 |= option == '4';
        ns->v6 |= option == '6';
    }
    if (!ns->tcp && !ns->udp)
        ns->tcp = ns->udp = true;
    return true;
}

static enum co_status netstat_main(struct process *self, void *state)
{
    struct netstat ns = { .self = self };

    (void)state;
    if (!read_arguments(self, &ns))
        return CO_DONE;
    if (ns.routes && (ns.v4 || !ns.v6))
        net_tools_print_routes(self, ns.numeric, true);
    if (ns.routes && ns.v6)
        net_tools_print_routes6(self, ns.numeric);
    else if (ns.routes)
        return CO_DONE;
    else if (ns.groups)
        print_groups(&ns);
    else if (ns.interfaces)
        print_interfaces(&ns);
    else if (ns.statistics)
        print_statistics(&ns);
    else
        print_sockets(&ns);
    return CO_DONE;
}

const struct program netstat_program = { .name = "netstat", .main = netstat_main };
