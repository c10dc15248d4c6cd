/*
 * arping of iputils 20221126: ARP requests from a packet socket, one a second, by broadcast until
 * somebody answered, then to that station alone. -D looks for a duplicate address, -U and -A
 * announce one.
 */
#include <string.h>

#include "apps/names.h"
#include "apps/options.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/socket/netctl.h"
#include "stack/socket/syscall.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/eth_wire.h"

#define INTERVAL   SIM_SEC(1)
#define PROBE_PORT 1025

struct arping {
    struct coroutine co;
    struct names names;
    const char *host, *device;
    struct netctl_link link;
    ip4_addr target, source;
    bool has_source, duplicate, announce, as_reply, quiet, first_ends, broadcast_only, interrupted;
    uint64_t count;       /* 0: no end */
    sim_time give_up;     /* -w; SIM_TIME_NONE: never */
    struct mac_addr peer; /* who is asked: broadcast, or the one that answered */
    bool unicasting;
    unsigned sent, broadcasts, received, received_broadcasts, received_requests;
    sim_time last, next;
    int fd, ready;
    bool finished;
};

static bool read_arguments(struct process *self, struct arping *st)
{
    struct options options = { .self = self, .shorts = "AbDfqUc:w:I:s:", .refused = "iVh" };
    int option;
    uint64_t n;

    st->give_up = SIM_TIME_NONE;
    self->exit_status = 2;
    while ((option = options_next(&options)) != OPTIONS_END) {
        switch (option) {
        case 'A':
            st->as_reply = st->announce = true;
            break;
        case 'b':
            st->broadcast_only = true;
            break;
        case 'D':
            st->duplicate = true;
            break;
        case 'f':
            st->first_ends = true;
            break;
        case 'q':
            st->quiet = true;
            break;
        case 'U':
            st->announce = true;
            break;
        case 'c':
        case 'w':
            if (!text_u64(options.value, INT32_MAX, &n) || (option == 'c' && n == 0)) {
                process_errorf(self, "arping: invalid argument: '%s'\n", options.value);
                self->exit_status = 1;
                return false;
            }
            if (option == 'c')
                st->count = n;
            else
                st->give_up = process_now(self) + SIM_SEC(n);
            break;
        case 'I':
            st->device = options.value;
            break;
        case 's':
            if (!ip4_parse(options.value, &st->source)) {
                process_errorf(self, "arping: invalid source %s\n", options.value);
                return false;
            }
            st->has_source = true;
            break;
        case OPTIONS_REFUSED:
            return false;
        default:
            process_errorf(self, "\nUsage:\n  arping [options] <destination>\n");
            return false;
        }
    }
    if (options.at + 1 != self->argc) {
        process_errorf(self, "\nUsage:\n  arping [options] <destination>\n");
        return false;
    }
    st->host = self->argv[options.at];
    self->exit_status = 0;
    return true;
}

/* -I, or the only interface that could be meant. */
static bool find_device(struct process *self, struct arping *st)
{
    struct netctl_link link;
    unsigned n = 0;

    if (st->device != NULL) {
        if (!netctl_link_find(self->os, st->device, &st->link)) {
            process_errorf(self, "arping: Device %s not available.\n", st->device);
            return false;
        }
        if (!st->link.up) {
            process_errorf(self, "arping: Interface \"%s\" is down\n", st->device);
            return false;
        }
        if (st->link.loopback) {
            process_errorf(self, "arping: Interface \"%s\" is not ARPable\n", st->device);
            return false;
        }
        return true;
    }
    for (unsigned i = 0; netctl_link_at(self->os, i, &link); i++) {
        if (link.loopback || !link.up)
            continue;
        st->link = link;
        n++;
    }
    if (n != 1)
        process_errorf(self,
                       "arping: Suitable device could not be determined. Please, use option -I.\n");
    return n == 1;
}

/* The address a UDP socket towards the target would have on that interface. */
static bool choose_source(struct process *self, struct arping *st)
{
    struct endpoint local = { 0, 0 };
    int fd, error;

    if (st->duplicate && !st->has_source)
        return true; /* 0.0.0.0 */
    if (st->announce && !st->has_source) {
        st->source = st->target;
        return true;
    }
    if (st->has_source)
        return true;
    fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_bind_device(self, fd, st->link.name);
    sys_setsockopt(self, fd, OPT_SO_DONTROUTE, 1);
    error = sys_connect(self, fd, (struct endpoint){ st->target, PROBE_PORT });
    if (error != 0) {
        process_errorf(self, "arping: connect: %s\n", sim_strerror(-error));
        return false;
    }
    sys_getsockname(self, fd, &local);
    sys_close(self, fd);
    st->source = local.addr;
    return true;
}

static void send_one(struct process *self, struct arping *st)
{
    struct arp_msg msg = { .op = st->as_reply ? ARP_REPLY : ARP_REQUEST,
                           .sha = st->link.mac,
                           .spa = st->source,
                           .tha = st->as_reply ? st->link.mac : st->peer,
                           .tpa = st->target };
    struct eth_hdr eth = { .dst = st->peer, .src = st->link.mac, .ethertype = ETHERTYPE_ARP };
    uint8_t octets[ETH_HDR_LEN + ARP_LEN];
    struct sock_send send = { .octets = octets,
                              .len = sizeof octets,
                              .why = WHY(ARPING, st->target) };

    if (st->announce)
        send.why = WHY(ARP_ANNOUNCE, st->source);
    else if (st->duplicate)
        send.why = WHY(ARP_DAD, st->target);
    eth_emit(&eth, octets);
    arp_emit(&msg, octets + ETH_HDR_LEN);
    st->last = process_now(self);
    if (sys_sendmsg(self, st->fd, &send) < 0)
        return;
    st->sent++;
    if (!st->unicasting)
        st->broadcasts++;
}

/* Whether an ARP message is an answer to ours. */
static bool is_answer(const struct arping *st, const struct arp_msg *msg)
{
    if (msg->spa != st->target || st->announce)
        return false;
    if (st->duplicate && !st->has_source) /* anybody else who uses or claims it */
        return !mac_eq(&msg->sha, &st->link.mac);
    return msg->tpa == st->source && mac_eq(&msg->tha, &st->link.mac);
}

static void print_mac(struct process *self, const struct mac_addr *mac)
{
    for (int i = 0; i < 6; i++)
        process_printf(self, "%s%02X", i > 0 ? ":" : "", mac->octets[i]);
}

static void take_message(struct process *self, struct arping *st, const uint8_t *octets, size_t len,
                         sim_time at)
{
    struct eth_hdr eth;
    struct arp_msg msg;
    char text[IP4_TEXT_MAX];
    bool broadcast;
    long long us = (long long)((at - st->last + SIM_NSEC(500)) / SIM_USEC(1));

    if (eth_parse(octets, len, &eth) != DROP_NONE ||
        arp_parse(octets + ETH_HDR_LEN, len - ETH_HDR_LEN, &msg) != DROP_NONE ||
        !is_answer(st, &msg))
        return;
    broadcast = mac_is_group(&eth.dst);
    st->received++;
    st->received_broadcasts += broadcast;
    st->received_requests += msg.op == ARP_REQUEST;
    if (!st->quiet) {
        process_printf(self, "%s %s from %s [", broadcast ? "Broadcast" : "Unicast",
                       msg.op == ARP_REPLY ? "reply" : "request", ip4_format(msg.spa, text));
        print_mac(self, &msg.sha);
        process_printf(self, "] ");
        if (msg.tpa != st->source)
            process_printf(self, "for %s ", ip4_format(msg.tpa, text));
        process_printf(self, " %lld.%03lldms\n", us / 1000, us % 1000);
    }
    if (!st->broadcast_only && !st->duplicate) {
        st->peer = msg.sha;
        st->unicasting = true;
    }
    if (st->first_ends || st->duplicate ||
        (st->count != 0 && st->sent >= st->count && st->received >= st->sent))
        st->finished = true;
}

static void receive_all(struct process *self, struct arping *st)
{
    uint8_t octets[ETH_HDR_LEN + 1500];

    while (!st->finished) {
        struct sock_recv message = { .octets = octets,
                                     .size = sizeof octets,
                                     .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(self, st->fd, &message);

        if (n < 0)
            return;
        take_message(self, st, octets, (size_t)n, message.at);
    }
}

static void print_summary(struct process *self, struct arping *st)
{
    if (!st->quiet) {
        process_printf(self, "Sent %u probes (%u broadcast(s))\nReceived %u response(s)", st->sent,
                       st->broadcasts, st->received);
        if (st->received_requests > 0 || st->received_broadcasts > 0) {
            process_printf(self, " (");
            if (st->received_requests > 0)
                process_printf(self, "%u request(s)", st->received_requests);
            if (st->received_broadcasts > 0)
                process_printf(self, "%s%u broadcast(s)", st->received_requests > 0 ? ", " : "",
                               st->received_broadcasts);
            process_printf(self, ")");
        }
        process_printf(self, "\n");
    }
    if (st->duplicate)
        self->exit_status = st->received > 0;
    else
        self->exit_status = !st->announce && st->received == 0;
}

static int wait_for_packet(struct process *self, struct arping *st)
{
    struct sys_pollfd poll = { .fd = st->fd, .events = SOCK_POLLIN };
    sim_time now = process_now(self), until = st->next < st->give_up ? st->next : st->give_up;

    return sys_poll(self, &poll, 1, until > now ? until - now : 0);
}

static enum co_status arping_main(struct process *self, void *state)
{
    struct arping *st = state;
    char target[IP4_TEXT_MAX], source[IP4_TEXT_MAX];

    CO_BEGIN(&st->co);
    if (!read_arguments(self, st))
        CO_RETURN(&st->co);
    CO_RUN(&st->co, names_lookup(&st->names, self, st->host));
    if (st->names.error != NULL) {
        process_errorf(self, "arping: %s: %s\n", st->host, st->names.error);
        self->exit_status = 2;
        CO_RETURN(&st->co);
    }
    st->target = st->names.addr;
    if (!find_device(self, st) || !choose_source(self, st)) {
        self->exit_status = 2;
        CO_RETURN(&st->co);
    }
    st->fd = sys_socket(self, SIM_AF_PACKET, SIM_SOCK_RAW, ETHERTYPE_ARP);
    sys_bind_device(self, st->fd, st->link.name);
    st->peer = MAC_BROADCAST;
    if (!st->quiet)
        process_printf(self, "ARPING %s from %s %s\n", ip4_format(st->target, target),
                       ip4_format(st->source, source), st->link.name);
    for (st->next = process_now(self); !st->finished && !st->interrupted;) {
        if (process_now(self) >= st->next) {
            if (st->count != 0 && st->sent >= st->count)
                break;
            send_one(self, st);
            st->next += INTERVAL;
        }
        CO_AWAIT(&st->co,
                 (st->ready = wait_for_packet(self, st)) != SYS_BLOCKED || st->interrupted);
        (void)sys_poll(self, NULL, 0, 0); /* a signal may have left the call unfinished */
        receive_all(self, st);
        if (process_now(self) >= st->give_up)
            break;
    }
    print_summary(self, st);
    CO_END(&st->co);
}

static bool arping_signal(struct process *self, void *state, int signal_number)
{
    struct arping *st = state;

    (void)self;
    if (signal_number != SIM_SIGINT || st->sent == 0)
        return false;
    st->interrupted = true;
    return true;
}

static void arping_cleanup(struct process *self, void *state)
{
    (void)self;
    names_close(&((struct arping *)state)->names);
}

const struct program arping_program = { .name = "arping",
                                        .state_size = sizeof(struct arping),
                                        .main = arping_main,
                                        .signal = arping_signal,
                                        .cleanup = arping_cleanup };
