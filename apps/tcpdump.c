/*
 * tcpdump 4.99: prints frames as they pass an interface, or all of them (-i any), until -c packets
 * or Ctrl-C. Writing and reading of files is not simulated: `wirewalk run --pcap` has the whole
 * network in one file.
 */
#include <stdlib.h>
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"
#include "apps/tcpdump_filter.h"
#include "apps/tcpdump_print.h"
#include "base/memory.h"
#include "base/text.h"
#include "stack/services/wall_clock.h"
#include "stack/socket/netctl.h"
#include "stack/socket/syscall.h"
#include "stack/wire/eth_wire.h"

#define SNAPSHOT_MAX 262144

enum stamp { STAMP_TIME, STAMP_NONE, STAMP_SECONDS };

struct tcpdump {
    struct coroutine co;
    struct tcpdump_filter filter;
    struct tcpdump_printer printer;
    const char *device;
    bool any, no_promiscuous, want_in, want_out, quiet_banner, stopped, begun;
    enum stamp stamp;
    uint64_t count, captured, received;
    int fd, ready;
    uint8_t *octets;
};

static bool read_arguments(struct process *self, struct tcpdump *st)
{
    struct options options = { .self = self,
                               .shorts = "c:ei:lnpQ:s:StUv",
                               .refused = "AbBCdDEfFGHIJjKLMNOqrTuVwWxXyzZ#" };
    struct strbuf error = STRBUF_INIT;
    uint64_t n;
    int option;
    bool ok;

    st->want_in = st->want_out = true;
    self->exit_status = 1;
    while ((option = options_next(&options)) != OPTIONS_END) {
        switch (option) {
        case OPTIONS_REFUSED:
            self->exit_status = 2;
            return false;
        case OPTIONS_ERROR:
            process_errorf(
                self,
                "tcpdump version 4.99.3\nUsage: tcpdump [-elnpStUv] [ -c count ] [ -i interface ] "
                "[ -Q in|out|inout ] [ expression ]\n");
            return false;
        case 'c':
            if (!text_u64(options.value, INT32_MAX, &st->count) || st->count == 0) {
                process_errorf(self, "tcpdump: invalid packet count %s\n", options.value);
                return false;
            }
            break;
        case 'i':
            st->device = options.value;
            break;
        case 'Q':
            st->want_in = strcmp(options.value, "out") != 0;
            st->want_out = strcmp(options.value, "in") != 0;
            break;
        case 's':
            if (!text_u64(options.value, SNAPSHOT_MAX, &n) || (n != 0 && n < 65535)) {
                process_errorf(self,
                               "tcpdump: a snapshot length of %s is not simulated by wirewalk\n",
                               options.value);
                self->exit_status = 2;
                return false;
            }
            break;
        case 't':
            st->stamp = st->stamp == STAMP_TIME ? STAMP_NONE : STAMP_SECONDS;
            break;
        case 'p':
            st->no_promiscuous = true;
            break;
        default:
            st->printer.numeric |= option == 'n';
            st->printer.ethernet |= option == 'e';
            st->printer.verbose |= option == 'v';
            st->printer.absolute |= option == 'S';
        }
    }
    ok =
        tcpdump_filter_parse(&st->filter, self->argc - options.at, self->argv + options.at, &error);
    if (!ok)
        process_errorf(self, "tcpdump: %s\n", strbuf_text(&error));
    strbuf_fini(&error);
    return ok;
}

static bool choose_device(struct process *self, struct tcpdump *st)
{
    struct netctl_link link;

    if (st->device == NULL) { /* the first that is up, as pcap_findalldevs() lists them */
        for (unsigned i = 0; st->device == NULL && netctl_link_at(self->os, i, &link); i++)
            if (!link.loopback && link.up)
                st->device = link.name;
        if (st->device == NULL)
            st->device = "any";
    }
    st->any = strcmp(st->device, "any") == 0;
    if (st->any && st->printer.ethernet) {
        process_errorf(self, "tcpdump: option -e with -i any is not simulated by wirewalk\n");
        self->exit_status = 2;
        return false;
    }
    if (st->any)
        return true;
    if (!netctl_link_find(self->os, st->device, &link)) {
        process_errorf(self, "tcpdump: %s: No such device exists\n(No such device exists)\n",
                       st->device);
        return false;
    }
    if (!link.up) {
        process_errorf(self, "tcpdump: %s: That device is not up\n", st->device);
        return false;
    }
    if (link.loopback) {
        process_errorf(self, "tcpdump: capturing on lo is not simulated by wirewalk\n");
        self->exit_status = 2;
        return false;
    }
    return true;
}

static void begin(struct process *self, struct tcpdump *st)
{
    st->fd = sys_socket(self, SIM_AF_PACKET, SIM_SOCK_RAW, 0);
    if (!st->any)
        sys_bind_device(self, st->fd, st->device);
    if (!st->no_promiscuous && !st->any)
        sys_set_promiscuous(self, st->fd, true);
    st->printer.os = self->os;
    st->octets = mem_alloc(SNAPSHOT_MAX);
    if (st->any)
        process_errorf(self, "tcpdump: data link type LINUX_SLL2\n");
    if (!st->printer.verbose)
        process_errorf(
            self, "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n");
    else
        process_errorf(self, "tcpdump: ");
    process_errorf(self, "listening on %s, link-type %s, snapshot length %d bytes\n", st->device,
                   st->any ? "LINUX_SLL2 (Linux cooked v2)" : "EN10MB (Ethernet)", SNAPSHOT_MAX);
}

static void add_stamp(struct strbuf *out, const struct tcpdump *st, sim_time at)
{
    struct wall_date date = wall_date(wall_seconds(at));
    unsigned us = (unsigned)(at % SIM_SEC(1) / SIM_USEC(1));

    if (st->stamp == STAMP_TIME)
        strbuf_addf(out, "%02u:%02u:%02u.%06u ", date.hour, date.minute, date.second, us);
    else if (st->stamp == STAMP_SECONDS)
        strbuf_addf(out, "%lld.%06u ", (long long)wall_seconds(at), us);
}

static void print_frame(struct process *self, struct tcpdump *st, const struct sock_recv *message,
                        size_t len)
{
    struct strbuf out = STRBUF_INIT;
    struct netctl_link link;
    struct mac_addr dst;

    add_stamp(&out, st, message->at);
    if (st->any && netctl_link_by_index(self->os, message->ifindex, &link)) {
        memcpy(dst.octets, st->octets, sizeof dst.octets);
        strbuf_addf(&out, "%-5s %-3s ", link.name,
                    message->outgoing         ? "Out"
                    : mac_is_broadcast(&dst)  ? "B"
                    : mac_is_group(&dst)      ? "M"
                    : mac_eq(&dst, &link.mac) ? "In"
                                              : "P");
    }
    tcpdump_print(&st->printer, &out, st->octets, len);
    strbuf_addc(&out, '\n');
    process_write(self, 1, out.text, out.len);
    strbuf_fini(&out);
}

static void receive_all(struct process *self, struct tcpdump *st)
{
    while (st->count == 0 || st->captured < st->count) {
        struct sock_recv message = { .octets = st->octets,
                                     .size = SNAPSHOT_MAX,
                                     .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(self, st->fd, &message);

        if (n < 0)
            return;
        if ((message.outgoing ? !st->want_out : !st->want_in) ||
            !tcpdump_filter_match(&st->filter, st->octets, (size_t)n))
            continue;
        st->received++;
        st->captured++;
        print_frame(self, st, &message, (size_t)n);
    }
}

static void print_summary(struct process *self, const struct tcpdump *st)
{
    process_errorf(
        self,
        "%llu packet%s captured\n%llu packet%s received by filter\n0 packets dropped by kernel\n",
        (unsigned long long)st->captured, st->captured == 1 ? "" : "s",
        (unsigned long long)st->received, st->received == 1 ? "" : "s");
}

static int wait_for_frame(struct process *self, struct tcpdump *st)
{
    struct sys_pollfd poll = { .fd = st->fd, .events = SOCK_POLLIN };

    return sys_poll(self, &poll, 1, SIM_TIME_NONE);
}

static enum co_status tcpdump_main(struct process *self, void *state)
{
    struct tcpdump *st = state;

    CO_BEGIN(&st->co);
    if (!read_arguments(self, st) || !choose_device(self, st))
        CO_RETURN(&st->co);
    self->exit_status = 0;
    begin(self, st);
    st->begun = true;
    while (!st->stopped && (st->count == 0 || st->captured < st->count)) {
        CO_AWAIT(&st->co, (st->ready = wait_for_frame(self, st)) != SYS_BLOCKED || st->stopped);
        (void)sys_poll(self, NULL, 0, 0);
        receive_all(self, st);
    }
    print_summary(self, st);
    CO_END(&st->co);
}

static bool tcpdump_signal(struct process *self, void *state, int signal_number)
{
    struct tcpdump *st = state;

    (void)self;
    if ((signal_number != SIM_SIGINT && signal_number != SIM_SIGTERM &&
         signal_number != SIM_SIGHUP) ||
        !st->begun)
        return false;
    st->stopped = true;
    return true;
}

static void tcpdump_cleanup(struct process *self, void *state)
{
    struct tcpdump *st = state;

    (void)self;
    tcpdump_printer_fini(&st->printer);
    free(st->octets);
}

const struct program tcpdump_program = { .name = "tcpdump",
                                         .state_size = sizeof(struct tcpdump),
                                         .main = tcpdump_main,
                                         .signal = tcpdump_signal,
                                         .cleanup = tcpdump_cleanup };
