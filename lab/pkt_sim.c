/*
 * The simulated host of a script: a host with one interface, a cable without delay, and at its far
 * end a node that keeps what comes out and sends what goes in. A process makes the calls; it does
 * nothing by itself.
 */
#include <string.h>

#include "apps/programs.h"
#include "base/be.h"
#include "base/check.h"
#include "base/memory.h"
#include "devices/host.h"
#include "inspect/i18n.h"
#include "lab/pkt_host.h"
#include "lab/pkt_sim_call.h"
#include "stack/net/ip6.h"
#include "stack/socket/netctl.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/eth_wire.h"

#define IP6_METRIC_STATIC 1024 /* what `ip -6 route add` gives a route */

/* The kernel works on a packet IP_INPUT_LATENCY after it came, and answers at once. */
#define SETTLE_TIME (IP_INPUT_LATENCY + SIM_USEC(30))

static const struct mac_addr HOST_MAC = { { 0x02, 0, 0, 0, 0x01, 0x01 } };
static const struct mac_addr WIRE_MAC = { { 0x02, 0, 0, 0, 0x02, 0x01 } };

struct pkt_sim {
    struct pkt_host host; /* first */
    struct sim *sim;
    struct node *node, *wire;
    struct os *os;
    struct process *process;
    GQueue seen; /* struct pkt_seen */
    bool waiting;
    struct pkt_call call; /* that waits */
    bool has_answer;
    struct pkt_answer answer;
};

static struct pkt_sim *of(struct pkt_host *host)
{
    return (struct pkt_sim *)(void *)host;
}

static int64_t now_ns(const struct pkt_sim *self)
{
    return sim_now(self->sim) / SIM_NSEC(1);
}

/* ---- the wire ---- */

static void keep(struct pkt_sim *self, struct frame *frame)
{
    struct pkt_seen *seen = g_new0(struct pkt_seen, 1);

    frame_finish_checksum(frame);
    seen->at = now_ns(self);
    seen->len = frame_size(frame) - ETH_HDR_LEN;
    seen->octets = g_malloc(seen->len + 1);
    frame_copy_out(frame, ETH_HDR_LEN, seen->octets, seen->len);
    g_queue_push_tail(&self->seen, seen);
}

/* Every address is at the other end of the cable. */
static void answer_arp(struct pkt_sim *self, struct frame *frame)
{
    struct arp_msg arp;
    struct frame *reply;

    if (arp_parse(frame->data + ETH_HDR_LEN, frame->len - ETH_HDR_LEN, &arp) != DROP_NONE ||
        arp.op != ARP_REQUEST || arp.spa == arp.tpa)
        return;
    reply = frame_new(self->wire, ETH_HDR_LEN + ARP_LEN);
    arp_emit(
        &(struct arp_msg){
            .op = ARP_REPLY, .sha = WIRE_MAC, .spa = arp.tpa, .tha = arp.sha, .tpa = arp.spa },
        reply->data + ETH_HDR_LEN);
    eth_emit(&(struct eth_hdr){ .dst = arp.sha, .src = WIRE_MAC, .ethertype = ETHERTYPE_ARP },
             reply->data);
    iface_send(self->wire->ifaces[0], reply);
}

static void wire_receive(struct iface *iface, struct frame *frame)
{
    struct pkt_sim *self = iface->node->device;
    struct eth_hdr eth;

    frame_linearize(frame);
    if (eth_parse(frame->data, frame->len, &eth) != DROP_NONE) {
        frame_free(frame);
        return;
    }
    if (eth.ethertype == ETHERTYPE_ARP)
        answer_arp(self, frame);
    else
        keep(self, frame);
    frame_free(frame);
}

static const struct node_ops wire_ops = { .kind = "host", .receive = wire_receive };

/* As a TUN device takes it from whoever is behind it: at once, and whatever its length. */
static void sim_send(struct pkt_host *host, const uint8_t *packet, gsize len)
{
    struct pkt_sim *self = of(host);
    struct iface *iface = self->node->ifaces[0];
    struct frame *frame = frame_new(self->node, ETH_HDR_LEN + len);

    memcpy(frame->data + ETH_HDR_LEN, packet, len);
    eth_emit(
        &(struct eth_hdr){ .dst = HOST_MAC,
                           .src = WIRE_MAC,
                           .ethertype = packet[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4 },
        frame->data);
    frame->in = iface;
    frame->id = node_record_frame(self->node, iface, RECORD_RECEIVE, frame);
    self->node->part->cause = frame->id;
    self->node->ops->receive(iface, frame);
}

static bool sim_take(struct pkt_host *host, struct pkt_seen *seen)
{
    struct pkt_seen *first = g_queue_pop_head(&of(host)->seen);

    if (first == NULL)
        return false;
    *seen = *first;
    g_free(first);
    return true;
}

/* ---- time ---- */

static int64_t now(struct pkt_host *host)
{
    return now_ns(of(host));
}

static void run(struct pkt_host *host, int64_t until)
{
    struct pkt_sim *self = of(host);
    guint n = self->seen.length;

    while (self->seen.length == n && !self->has_answer)
        if (!sim_step(self->sim, until * SIM_NSEC(1)))
            break;
    if (self->seen.length == n && !self->has_answer && until > now_ns(self))
        sim_run(self->sim, until * SIM_NSEC(1), UINT64_MAX);
}

static void settle(struct pkt_host *host)
{
    struct pkt_sim *self = of(host);

    sim_run(self->sim, sim_now(self->sim) + SETTLE_TIME, UINT64_MAX);
    if (self->waiting && event_queued(&self->process->wake_event))
        run(host, now_ns(self) + (PROCESS_WAKE_LATENCY + SETTLE_TIME) / SIM_NSEC(1));
}

/* ---- calls ---- */

static void keep_answer(struct pkt_sim *self, int64_t result)
{
    self->has_answer = true;
    self->answer.result = result < 0 ? -1 : result;
    self->answer.error = result < 0 ? (int)-result : 0;
    self->answer.at = now_ns(self);
}

static enum co_status program_main(struct process *process, void *state)
{
    struct pkt_sim *self = *(struct pkt_sim **)state;
    int64_t result;

    if (self == NULL || !self->waiting)
        return CO_WAIT;
    result = pkt_sim_call(process, &self->call, &self->answer);
    if (result == SYS_BLOCKED)
        return CO_WAIT;
    self->waiting = false;
    keep_answer(self, result);
    return CO_WAIT;
}

static const struct program PROGRAM = { .name = "script",
                                        .state_size = sizeof(struct pkt_sim *),
                                        .main = program_main };

/* A second call while one waits must not disturb what is known of the first. */
static bool sim_call(struct pkt_host *host, const struct pkt_call *call)
{
    struct pkt_sim *self = of(host);
    bool busy = self->waiting;
    int64_t result;

    if (busy) {
        struct process beside = *self->process;

        self->process->call.active = false;
        self->process->call.progress = 0;
        result = pkt_sim_call(self->process, call, &self->answer);
        self->process->call = beside.call;
        if (result == SYS_BLOCKED) {
            timer_stop(&self->process->timer);
            if (beside.call.until != SIM_TIME_NONE)
                timer_start_at(&self->process->timer, beside.call.until);
            return false;
        }
        keep_answer(self, result);
        return true;
    }
    memset(&self->answer, 0, sizeof self->answer);
    result = pkt_sim_call(self->process, call, &self->answer);
    if (result != SYS_BLOCKED) {
        keep_answer(self, result);
        return true;
    }
    self->waiting = true;
    self->call = *call;
    return true;
}

static bool answered(struct pkt_host *host, struct pkt_answer *answer)
{
    struct pkt_sim *self = of(host);

    if (!self->has_answer)
        return false;
    *answer = self->answer;
    self->has_answer = false;
    return true;
}

/* ---- settings, tables ---- */

static int set(struct pkt_host *host, const char *name, const char *value)
{
    int error = netctl_sysctl_set(of(host)->os, name, value);

    return error == 0 ? 0 : error == -SIM_ENOENT ? -1 : -2;
}

struct walk {
    void (*each)(void *ctx, const char *state, uint16_t local, uint16_t remote);
    void *ctx;
};

static void walk_socket(void *ctx, const struct netctl_socket *socket)
{
    const struct walk *walk = ctx;

    walk->each(walk->ctx, socket->state, socket->local.port, socket->remote.port);
}

static void sockets(struct pkt_host *host,
                    void (*each)(void *ctx, const char *state, uint16_t local, uint16_t remote),
                    void *ctx)
{
    struct walk walk = { each, ctx };

    netctl_sockets(of(host)->os, "tcp", walk_socket, &walk);
}

/* ---- commands ---- */

struct command {
    GString *output;
    bool ended;
    int status;
};

static void command_says(void *ctx, struct process *process, int stream, const char *text,
                         size_t len)
{
    const struct command *command = ctx;

    (void)process;
    if (stream == 1)
        g_string_append_len(command->output, text, (gssize)len);
}

static void command_ended(void *ctx, struct process *process)
{
    struct command *command = ctx;

    command->ended = true;
    command->status = process->exit_status;
}

static int command(struct pkt_host *host, char **words, GString *output)
{
    struct pkt_sim *self = of(host);
    const struct program *program = program_find(words[0]);
    struct command run = { .output = output };
    struct process_io io = { command_says, &run };
    struct process *process;

    if (program == NULL)
        return 127;
    process = process_start(self->os, program, (int)g_strv_length(words),
                            (const char *const *)words, NULL, &io);
    process->on_end = command_ended;
    process->end_ctx = &run;
    while (!run.ended && sim_step(self->sim, sim_now(self->sim)))
        ;
    return run.ended ? run.status : 127;
}

/* ---- making it ---- */

static void sim_host_free(struct pkt_host *host)
{
    struct pkt_sim *self = of(host);
    struct pkt_seen seen;

    while (sim_take(host, &seen))
        g_free(seen.octets);
    sim_free(self->sim);
    g_free(self);
}

static const struct pkt_host_ops OPS = { .now = now,
                                         .run = run,
                                         .settle = settle,
                                         .send = sim_send,
                                         .take = sim_take,
                                         .call = sim_call,
                                         .answered = answered,
                                         .set = set,
                                         .sockets = sockets,
                                         .command = command,
                                         .free = sim_host_free };

static void set_up_ip4(struct pkt_sim *self, const struct pkt_config *config)
{
    struct ip_iface *iface = ip_iface_of(&self->os->ip, self->node->ifaces[0]);
    ip4_addr local = be32_get(config->local.octets), gateway = be32_get(config->gateway.octets);
    ip4_addr remote = be32_get(config->remote.octets);
    struct netctl_route route = { .via = gateway, .ifname = iface->name };

    ip_addr_add(iface, local, config->prefix_len);
    if (ip4_in_prefix(gateway, local, config->prefix_len) && gateway != local)
        neigh_set(&self->os->ip.neigh, iface, gateway, &WIRE_MAC, NEIGH_PERMANENT, true);
    else
        route.via = 0;
    if (ip4_in_prefix(remote, local, config->prefix_len))
        neigh_set(&self->os->ip.neigh, iface, remote, &WIRE_MAC, NEIGH_PERMANENT, true);
    netctl_route_add(self->os, &route, NETCTL_ADD);
}

static struct ip6_addr ip6_of(const struct pkt_ip *ip)
{
    return (struct ip6_addr){ be64_get(ip->octets), be64_get(ip->octets + 8) };
}

static void set_up_ip6(struct pkt_sim *self, const struct pkt_config *config)
{
    struct ip_stack *ip = &self->os->ip;
    struct ip_iface *iface = ip_iface_of(ip, self->node->ifaces[0]);
    struct ip6_addr local = ip6_of(&config->local), remote = ip6_of(&config->remote);
    struct ip6_addr gateway = ip6_of(&config->gateway);
    struct fib6_entry route = { .kind = ROUTE_UNICAST,
                                .proto = ROUTE_PROTO_STATIC,
                                .via = gateway,
                                .oif = iface,
                                .metric = IP6_METRIC_STATIC,
                                .until = SIM_TIME_NONE };

    ip6_enable(ip);
    ip6_addr_add(iface, local, config->prefix_len, false);
    if (!ip6_in_prefix(gateway, local, config->prefix_len) || ip6_eq(gateway, local))
        route.via = IP6_ANY;
    else
        neigh_set6(ip6_neigh(ip), iface, gateway, &WIRE_MAC, NEIGH_PERMANENT, true);
    neigh_set6(ip6_neigh(ip), iface, remote, &WIRE_MAC, NEIGH_PERMANENT, true);
    fib6_add(ip, &route, true);
}

static void start_process(struct pkt_sim *self)
{
    const char *const argv[] = { "script" };
    const struct process_io io = { 0 };

    self->process = process_start(self->os, &PROGRAM, 1, argv, NULL, &io);
    *(struct pkt_sim **)self->process->state = self;
}

struct pkt_host *pkt_sim_new(const struct pkt_config *config, struct pkt_fault *fault)
{
    (void)fault; /* there is nothing that this host could not be */
    const struct host_port port = { .name = "tun0", .mac = HOST_MAC, .mtu = config->mtu };
    const struct host_config host = { .ports = &port, .n_ports = 1 };
    const struct link_config link = { .rate = 0, .delay = SIM_NSEC(1), .queue = 100000 };
    struct pkt_sim *self;

    self = g_new0(struct pkt_sim, 1);
    self->host.ops = &OPS;
    self->sim = sim_new(1);
    self->node = host_new(self->sim, "host", &host);
    self->os = host_os(self->node);
    self->wire = sim_add_node(self->sim, "wire", &wire_ops);
    self->wire->device = self;
    iface_set_mtu(iface_add(self->wire, "tun0", &WIRE_MAC), PKT_PACKET_MAX);
    sim_add_link(self->sim, self->node->ifaces[0], self->wire->ifaces[0], &link);
    sim_start(self->sim);
    tcp_sysctl(self->os->tcp)->rx_linear = true;
    tcp_sysctl(self->os->tcp)->zerocopy_copies = true;
    tcp_sysctl(self->os->tcp)->exact_timers = true;
    if (config->v6)
        set_up_ip6(self, config);
    else
        set_up_ip4(self, config);
    if (config->mapped)
        ip6_enable(&self->os->ip);
    start_process(self);
    sim_run(self->sim, SIM_USEC(100), UINT64_MAX);
    return &self->host;
}
