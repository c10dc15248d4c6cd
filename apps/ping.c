/*
 * ping of iputils 20221126, as root: a raw ICMP socket, the address chosen by connecting a UDP
 * socket first.
 *
 * The order of its doings is the real one's, because it decides when packets leave: main_loop()
 * asks for what has arrived as long as something is unanswered, then sends when the interval is
 * over, counted from the last sending with a bucket of -l packets; after the last packet it waits
 * twice the longest round trip, at least an interval, or -W where nothing was answered at all. ICMP
 * errors count as answers when it decides whether all -c are done.
 *
 * Linux tells ping about errors through the socket's error queue; here they are read from the raw
 * socket itself, where they arrive too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/icmp_text.h"
#include "apps/names.h"
#include "apps/ping_ip_options.h"
#include "apps/ping_options.h"
#include "apps/programs.h"
#include "base/be.h"
#include "base/checksum.h"
#include "base/memory.h"
#include "stack/services/wall_clock.h"
#include "stack/socket/netctl6.h"
#include "stack/socket/syscall.h"
#include "stack/wire/icmp6_wire.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/ipv4_wire.h"

#define MIN_INTERVAL_MS 10
#define SCREEN_WIDTH    80
#define TIMEVAL_LEN     16 /* octets: struct timeval of a 64-bit machine */
#define NAME_MAX_SCOPE  18 /* "%" and the name of an interface */
#define PROBE_PORT      1025
#define SIZE_MAX_DATA6  (IPV6_PAYLOAD_MAX - ICMP6_HDR_LEN)

struct ping {
    struct coroutine co, report_co;
    struct ping_options options;
    struct names names;
    int fd;
    ip4_addr to, source;
    bool v6; /* then these hold */
    struct endpoint to6, source6;
    char *hostname;
    uint16_t ident;
    uint8_t *out, *in; /* the message sent; the packet received, from the IP header on */
    size_t in_len;
    sim_time in_at;
    bool timing, multicast;
    /* state of main_loop() and pinger() */
    bool exiting, started;
    sim_time start, last_sent; /* last_sent: valid once started */
    long tokens;
    sim_time exit_at; /* when waiting for the last replies ends; SIM_TIME_NONE: not set */
    sim_time deadline_at;
    int next; /* ms until something is to be done */
    int ready;
    int64_t n;
    /* statistics; times in microseconds */
    uint64_t transmitted, received, repeats, bad_checksum, errors;
    uint16_t acked;
    int pipesize;
    int64_t tmin, tmax, tsum, ewma;
    double tsum2;
    uint8_t seen[8192]; /* bit for each sequence number: replies that came */
    struct strbuf line;
    char from_text[DNS_TEXT_MAX + IP6_TEXT_MAX + NAME_MAX_SCOPE + 4];
    struct endpoint from_addr;
    struct endpoint in_from; /* of IPv6: whom the message received is from, and its hop limit */
    uint8_t in_ttl;
    uint8_t ip_options[IPV4_OPTIONS_MAX]; /* of every probe, IPv4 */
    uint8_t n_ip_options;
    struct ping_route route;
    /* the line being reported */
    struct icmp_hdr icmp;
    uint16_t seq;
    bool confirm; /* an answer came since the last probe: the way there works */
    bool duplicate;
    int64_t triptime;
};

/* ---- counting what is under way ---- */

static void advance_transmitted(struct ping *st)
{
    st->transmitted++;
    if ((uint16_t)((uint16_t)st->transmitted - st->acked) >
        0x7fff) /* forget acked when 16 bits wrap */
        st->acked = (uint16_t)(st->transmitted + 1);
}

static void acknowledge(struct ping *st, uint16_t seq)
{
    uint16_t diff = (uint16_t)((uint16_t)st->transmitted - seq);

    if (diff > 0x7fff)
        return;
    if (diff + 1 > st->pipesize)
        st->pipesize = diff + 1;
    if ((int16_t)(seq - st->acked) > 0 ||
        (uint16_t)((uint16_t)st->transmitted - st->acked) > 0x7fff)
        st->acked = seq;
}

static int64_t in_flight(const struct ping *st)
{
    uint16_t diff = (uint16_t)((uint16_t)st->transmitted - st->acked);

    return diff <= 0x7fff ? diff : (int64_t)(st->transmitted - st->received - st->errors);
}

static bool was_seen(const struct ping *st, uint64_t seq)
{
    return (st->seen[(seq & 0xffff) / 8] >> (seq % 8) & 1) != 0;
}

static void set_seen(struct ping *st, uint64_t seq, bool on)
{
    uint8_t bit = (uint8_t)(1u << (seq % 8));

    if (on)
        st->seen[(seq & 0xffff) / 8] |= bit;
    else
        st->seen[(seq & 0xffff) / 8] &= (uint8_t)~bit;
}

/* ---- sending ---- */

static void put_le64(uint8_t *octets, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        octets[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le64(const uint8_t *octets)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | octets[i];
    return value;
}

static void print_timestamp(struct process *self, struct ping *st)
{
    sim_time now = process_now(self);

    if (st->options.timestamps)
        strbuf_addf(&st->line, "[%lld.%06lld] ", (long long)wall_seconds(now),
                    (long long)(now % SIM_SEC(1) / SIM_USEC(1)));
}

/* Prints and forgets what is in the line. */
static void flush_line(struct process *self, struct ping *st)
{
    process_write(self, 1, strbuf_text(&st->line), st->line.len);
    strbuf_truncate(&st->line, 0);
}

static struct endpoint target(const struct ping *st)
{
    return st->v6 ? st->to6 : (struct endpoint){ st->to, 0 };
}

static int64_t send_probe(struct process *self, struct ping *st)
{
    unsigned flags = st->v6 && st->confirm ? SOCK_MSG_CONFIRM : 0u; /* as iputils: not of IPv4 */
    struct icmp_hdr hdr = icmp_make_echo(st->v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO_REQUEST, st->ident,
                                         (uint16_t)(st->transmitted + 1));
    size_t len = ICMP_HDR_LEN + st->options.size;
    sim_time now = process_now(self);

    set_seen(st, st->transmitted + 1, false);
    if (st->timing) {
        put_le64(st->out + ICMP_HDR_LEN, (uint64_t)wall_seconds(now));
        put_le64(st->out + ICMP_HDR_LEN + 8, (uint64_t)(now % SIM_SEC(1) / SIM_USEC(1)));
    }
    icmp_emit(&hdr, st->out, len);
    st->confirm = false;
    return sys_sendmsg(self, st->fd,
                       &(struct sock_send){ .octets = st->out,
                                            .len = len,
                                            .flags = flags,
                                            .has_to = true,
                                            .to = target(st),
                                            .ip_options = st->ip_options,
                                            .n_ip_options = st->n_ip_options,
                                            .why = WHY(ICMP_ECHO, icmp_echo_seq(&hdr)) });
}

/* -f: a dot for what is under way, taken back by the answer, as long as a line has room. */
static void show_flood(struct process *self, struct ping *st, const char *text)
{
    bool room = (st->options.preload < SCREEN_WIDTH && st->pipesize < SCREEN_WIDTH) ||
                in_flight(st) < SCREEN_WIDTH;

    if (st->options.flood && !st->options.quiet && (room || text[0] != '.'))
        process_write(self, 1, text, strlen(text));
}

/* The error queue's entry for a packet that this host itself could not send. */
static void local_error(struct process *self, struct ping *st)
{
    struct netctl_path path = { 0 };
    struct route6 route;

    st->errors++;
    if (st->options.flood)
        show_flood(self, st, "E");
    if (st->options.quiet || st->options.flood)
        return;
    if (st->v6)
        path.mtu =
            netctl_route6_get(self->os, st->to6.addr6, IP6_ANY, st->options.device, &route) == 0
                ? ip6_path_mtu(&route)
                : 0;
    else if (netctl_route_get(self->os, st->to, 0, st->options.device, &path) != 0)
        path.mtu = 0;
    process_errorf(self, "ping: local error: message too long, mtu%s%u\n", st->v6 ? ": " : "=",
                   path.mtu);
}

/* Sends when it is time. Milliseconds until there is something to do again, at most 0: at once. */
static int pinger(struct process *self, struct ping *st)
{
    int interval = st->options.interval,
        paced = interval <= MIN_INTERVAL_MS ? MIN_INTERVAL_MS : interval;
    sim_time now = process_now(self);
    int64_t sent;

    if (st->exiting || (st->options.count != 0 && st->transmitted >= st->options.count &&
                        st->options.deadline == 0))
        return 1000;
    if (!st->started) {
        st->started = true;
        st->last_sent = now;
        st->tokens = (long)interval * (st->options.preload - 1);
    } else {
        long passed = (long)((now - st->last_sent) / SIM_MSEC(1)),
             most = (long)interval * st->options.preload;

        if (interval == 0 && passed < MIN_INTERVAL_MS && in_flight(st) >= st->options.preload)
            return (int)(MIN_INTERVAL_MS - passed);
        passed += st->tokens;
        if (most < passed)
            passed = most;
        if (passed < interval)
            return (int)(interval - passed);
        st->last_sent = now;
        st->tokens = passed - interval;
    }
    if (st->options.outstanding && st->transmitted > 0 && !was_seen(st, st->transmitted)) {
        print_timestamp(self, st);
        strbuf_addf(&st->line, "no answer yet for icmp_seq=%llu\n",
                    (unsigned long long)(st->transmitted & 0xffff));
        flush_line(self, st);
    }
    sent = send_probe(self, st);
    advance_transmitted(st); /* a packet that could not be sent counts as well */
    if (sent >= 0) {
        show_flood(self, st, ".");
        return (int)(interval - st->tokens);
    }
    /* Of other errors iputils 20221126 says nothing: it looks for them in the error queue alone. */
    if (sent == -SIM_EMSGSIZE)
        local_error(self, st);
    st->tokens = 0;
    return paced;
}

/* After the last packet: how long to wait for its reply. */
static int schedule_exit(struct process *self, struct ping *st, int next)
{
    int64_t wait; /* microseconds */

    if (st->options.count == 0 || st->transmitted < st->options.count ||
        st->options.deadline != 0 || st->exit_at != SIM_TIME_NONE)
        return next;
    wait = (int64_t)st->options.linger * 1000;
    if (st->received > 0) {
        wait = 2 * st->tmax;
        if (wait < 1000 * (int64_t)st->options.interval)
            wait = 1000 * (int64_t)st->options.interval;
    }
    if (wait == 0) /* a timer of no time never runs out; Linux's setitimer() */
        return next;
    if (next < 0 || next < wait / 1000)
        next = (int)(wait / 1000);
    st->exit_at = process_now(self) + SIM_USEC(wait);
    return next;
}

/* ---- receiving ---- */

static void add_time(struct strbuf *line, int64_t us)
{
    long long t = us;

    if (t >= 100000 - 50)
        strbuf_addf(line, " time=%lld ms", (t + 500) / 1000);
    else if (t >= 10000 - 5)
        strbuf_addf(line, " time=%lld.%01lld ms", (t + 50) / 1000, (t + 50) % 1000 / 100);
    else if (t >= 1000)
        strbuf_addf(line, " time=%lld.%02lld ms", (t + 5) / 1000, (t + 5) % 1000 / 10);
    else
        strbuf_addf(line, " time=%lld.%03lld ms", t / 1000, t % 1000);
}

static void add_wrong_data(struct ping *st, const uint8_t *data)
{
    const uint8_t *sent = st->out + ICMP_HDR_LEN;

    for (uint32_t i = TIMEVAL_LEN; i < st->options.size; i++) {
        if (data[i] == sent[i])
            continue;
        strbuf_addf(&st->line, "\nwrong data byte #%u should be 0x%x but was 0x%x", i, sent[i],
                    data[i]);
        for (uint32_t j = TIMEVAL_LEN; j < st->options.size; j++) {
            if (j % 32 == TIMEVAL_LEN)
                strbuf_addf(&st->line, "\n#%u\t", j);
            strbuf_addf(&st->line, "%x ", data[j]);
        }
        return;
    }
}

/* An echo reply of ours: count it. */
static void gather(struct ping *st, const uint8_t *data, size_t data_len, bool damaged)
{
    if (!damaged)
        acknowledge(st, st->seq);
    st->triptime = 0;
    if (st->timing && data_len >= TIMEVAL_LEN) {
        st->triptime = (int64_t)((uint64_t)wall_seconds(st->in_at) - get_le64(data)) * 1000000 +
                       st->in_at % SIM_SEC(1) / SIM_USEC(1) - (int64_t)get_le64(data + 8);
        if (st->triptime < 0 || st->triptime > INT32_MAX * INT64_C(1000))
            st->triptime = 0; /* the stamp was damaged on the way */
        if (!damaged) {
            st->tsum += st->triptime;
            st->tsum2 += (double)st->triptime * (double)st->triptime;
            st->tmin = st->triptime < st->tmin ? st->triptime : st->tmin;
            st->tmax = st->triptime > st->tmax ? st->triptime : st->tmax;
            st->ewma = st->ewma == 0 ? st->triptime * 8 : st->ewma + st->triptime - st->ewma / 8;
            if (st->options.adaptive)
                st->options.interval = (int)((st->ewma / 8 + 500) / 1000);
        }
    }
    st->duplicate = !damaged && was_seen(st, st->seq);
    if (damaged) {
        st->bad_checksum++;
    } else if (st->duplicate) {
        st->repeats++;
    } else {
        set_seen(st, st->seq, true);
        st->received++;
    }
    st->confirm = true;
}

/* An IPv6 address; a link-local one with its interface, where that is known. */
static void format6(const struct process *self, struct endpoint addr,
                    char text[static IP6_TEXT_MAX + NAME_MAX_SCOPE])
{
    const struct ip_iface *iface =
        addr.scope == 0 || !(ip6_is_link_local(addr.addr6) || ip6_is_multicast(addr.addr6))
            ? NULL
            : ip_iface_by_index(&self->os->ip, addr.scope);

    ip6_format(addr.addr6, text);
    if (iface != NULL) {
        strcat(text, "%");
        strncat(text, iface->name, NAME_MAX_SCOPE - 2);
    }
}

/* The name a line begins with: the address, or "name (address)". A look-up may take its time. */
static enum co_status find_name(struct process *self, struct ping *st, struct endpoint addr)
{
    char text[IP6_TEXT_MAX + NAME_MAX_SCOPE];

    CO_BEGIN(&st->report_co);
    if (endpoint_same_addr(&addr, &st->from_addr) && st->from_text[0] != '\0')
        CO_RETURN(&st->report_co);
    st->names.name[0] = '\0';
    if (!st->exiting && !st->options.numeric && !addr.v6)
        CO_RUN(&st->report_co, names_reverse(&st->names, self, addr.addr));
    if (addr.v6)
        format6(self, addr, text);
    else
        ip4_format(addr.addr, text);
    st->from_addr = addr;
    if (st->names.name[0] != '\0' && strcmp(st->names.name, text) != 0)
        snprintf(st->from_text, sizeof st->from_text, "%s (%s)", st->names.name, text);
    else
        snprintf(st->from_text, sizeof st->from_text, "%s", text);
    CO_END(&st->report_co);
}

/* What a received packet is to us. */
enum verdict { NOT_OURS, IS_REPLY, IS_ERROR, IS_NOTICE };

/* One packet from the socket: counted at once, then printed, perhaps after its sender's name was
 * looked up. */
struct report {
    struct endpoint from;
    uint8_t ttl;
    size_t hdr_len; /* of the IP header before the message */
    enum verdict verdict;
    bool damaged;
};

static bool is_our_request(const struct ping *st, const uint8_t *quote, size_t len, uint16_t *seq)
{
    struct ipv4_hdr ip;

    if (ipv4_quote_parse(quote, len, &ip) != DROP_NONE || len < (size_t)ip.hdr_len + ICMP_HDR_LEN)
        return false;
    quote += ip.hdr_len;
    *seq = be16_get(quote + 6);
    return ip.protocol == IP_PROTO_ICMP && ip.dst == st->to && quote[0] == ICMP_ECHO_REQUEST &&
           be16_get(quote + 4) == st->ident;
}

static bool is_our_request6(const struct ping *st, const uint8_t *quote, size_t len, uint16_t *seq)
{
    struct ipv6_transport found;
    struct ipv6_hdr ip;

    if (ipv6_quote_parse(quote, len, &ip) != DROP_NONE ||
        !ipv6_find_transport(quote, len, &found) || found.at + ICMP6_HDR_LEN > len ||
        found.protocol != IP6_NEXT_ICMP || !ip6_eq(ip.dst, st->to6.addr6))
        return false;
    quote += found.at;
    *seq = be16_get(quote + 6);
    return quote[0] == ICMP6_ECHO_REQUEST && be16_get(quote + 4) == st->ident;
}

/* What a raw socket of IPv6 gives begins at the ICMPv6 header, whose checksum was right. */
static enum verdict examine6(struct ping *st, struct report *report)
{
    const uint8_t *icmp = st->in;

    if (st->in_len < ICMP6_HDR_LEN)
        return NOT_OURS;
    report->from = st->in_from;
    report->ttl = st->in_ttl;
    st->icmp = (struct icmp_hdr){ icmp[0], icmp[1], be32_get(icmp + 4) };
    if (st->icmp.type == ICMP6_ECHO_REPLY) {
        st->seq = icmp_echo_seq(&st->icmp);
        return icmp_echo_id(&st->icmp) == st->ident ? IS_REPLY : NOT_OURS;
    }
    return icmp6_is_error(st->icmp.type) &&
                   is_our_request6(st, icmp + ICMP6_HDR_LEN, st->in_len - ICMP6_HDR_LEN, &st->seq)
               ? IS_ERROR
               : NOT_OURS;
}

static enum verdict examine(struct ping *st, struct report *report)
{
    struct ipv4_hdr parsed, *ip = &parsed;
    bool *damaged = &report->damaged;
    const uint8_t *icmp;
    size_t len;

    if (ipv4_quote_parse(st->in, st->in_len, ip) != DROP_NONE ||
        st->in_len < (size_t)ip->hdr_len + ICMP_HDR_LEN)
        return NOT_OURS;
    icmp = st->in + ip->hdr_len;
    len = st->in_len - ip->hdr_len;
    report->hdr_len = ip->hdr_len;
    report->from = (struct endpoint){ ip->src, 0 };
    report->ttl = ip->ttl;
    *damaged = icmp_parse(icmp, len, &st->icmp) == DROP_BAD_CHECKSUM;
    st->icmp = (struct icmp_hdr){ icmp[0], icmp[1], be32_get(icmp + 4) };
    if (st->icmp.type == ICMP_ECHO_REPLY) {
        st->seq = icmp_echo_seq(&st->icmp);
        return icmp_echo_id(&st->icmp) == st->ident ? IS_REPLY : NOT_OURS;
    }
    if (!icmp_is_error(st->icmp.type) ||
        !is_our_request(st, icmp + ICMP_HDR_LEN, len - ICMP_HDR_LEN, &st->seq))
        return NOT_OURS;
    return st->icmp.type == ICMP_REDIRECT || st->icmp.type == ICMP_SOURCE_QUENCH ? IS_NOTICE
                                                                                 : IS_ERROR;
}

static void print_reply(struct process *self, struct ping *st, const struct report *report)
{
    size_t len = st->in_len - report->hdr_len;
    const uint8_t *data = st->in + report->hdr_len + ICMP_HDR_LEN;
    struct endpoint to = target(st);

    print_timestamp(self, st);
    strbuf_addf(&st->line, "%zu bytes from %s: icmp_seq=%u", len, st->from_text, st->seq);
    if (st->options.verbose)
        strbuf_addf(&st->line, " ident=%u", st->ident);
    strbuf_addf(&st->line, " ttl=%u", report->ttl);
    if (len < ICMP_HDR_LEN + st->options.size) {
        strbuf_adds(&st->line, " (truncated)\n");
        flush_line(self, st);
        return;
    }
    if (st->timing)
        add_time(&st->line, st->triptime);
    if (st->duplicate && (!st->multicast || st->options.verbose))
        strbuf_adds(&st->line, " (DUP!)");
    if (report->damaged)
        strbuf_adds(&st->line, " (BAD CHECKSUM!)");
    if (!st->multicast && !endpoint_same_addr(&report->from, &to))
        strbuf_adds(&st->line, " (DIFFERENT ADDRESS!)");
    add_wrong_data(st, data);
    if (report->hdr_len > IPV4_HDR_LEN)
        ping_ip_options_print(&st->line, st->in + IPV4_HDR_LEN, report->hdr_len - IPV4_HDR_LEN,
                              &st->route, st->options.flood);
    strbuf_adds(&st->line, st->options.audible ? "\a\n" : "\n");
    flush_line(self, st);
}

static void print_icmp(struct process *self, struct ping *st, enum verdict verdict)
{
    print_timestamp(self, st);
    strbuf_addf(&st->line, verdict == IS_NOTICE ? "From %s: icmp_seq=%u " : "From %s icmp_seq=%u ",
                st->from_text, st->seq);
    if (st->v6)
        icmp6_text(&st->line, st->icmp.type, st->icmp.code, st->icmp.rest);
    else
        icmp_text(&st->line, st->icmp.type, st->icmp.code, st->icmp.rest);
    strbuf_addc(&st->line, '\n');
    flush_line(self, st);
}

static void take_packet(struct ping *st, struct report *report)
{
    *report = (struct report){ .verdict = NOT_OURS };
    report->verdict = st->v6 ? examine6(st, report) : examine(st, report);
    if (report->verdict == IS_REPLY) {
        gather(st, st->in + report->hdr_len + ICMP_HDR_LEN,
               st->in_len - report->hdr_len - ICMP_HDR_LEN, report->damaged);
    } else if (report->verdict == IS_ERROR) {
        if (!st->v6) /* ping6_receive_error_msg() counts it, and no more */
            acknowledge(st, st->seq);
        st->errors++;
    }
}

static void print_packet(struct process *self, struct ping *st, const struct report *report)
{
    if (st->options.flood)
        show_flood(self, st,
                   report->verdict != IS_REPLY ? "\bE"
                   : report->damaged           ? "\bC"
                                               : "\b \b");
    else if (report->verdict == IS_REPLY)
        print_reply(self, st, report);
    else
        print_icmp(self, st, report->verdict);
}

/* ---- beginning and end ---- */

static int fail(struct process *self, const char *what, int error)
{
    process_errorf(self, "ping: %s: %s\n", what, sim_strerror(-error));
    return 2;
}

/* The address that -I names; unspecified: none. 0 or the exit status. */
static int bind_source6(struct process *self, int fd, struct ip6_addr source)
{
    int error = ip6_is_any(source)
                    ? 0
                    : sys_bind(self, fd, (struct endpoint){ .v6 = true, .addr6 = source });

    return error == 0 ? 0 : fail(self, "bind icmp socket", error);
}

/* Which address we have towards the target, found by connecting a UDP socket as the real one does.
 * 0 or the exit status. */
static int choose_source(struct process *self, struct ping *st)
{
    struct endpoint to = target(st), local;
    int fd = sys_socket(self, st->v6 ? SIM_AF_INET6 : SIM_AF_INET, SIM_SOCK_DGRAM, 0), error;

    if (fd < 0)
        return fail(self, "socket", fd);
    if (st->options.device != NULL && sys_bind_device(self, fd, st->options.device) != 0) {
        process_errorf(self, "ping: SO_BINDTODEVICE %s: No such device\n", st->options.device);
        return 2;
    }
    if (st->v6) {
        error = bind_source6(self, fd, st->options.source6);
        if (error != 0)
            return error;
    }
    to.port = PROBE_PORT;
    error = sys_connect(self, fd, to);
    if (error == -SIM_EACCES && !st->v6) {
        if (!st->options.broadcast) {
            process_errorf(self, "ping: Do you want to ping broadcast? Then -b. If not, check your "
                                 "local firewall rules\n");
            return 2;
        }
        process_errorf(self, "WARNING: pinging broadcast address\n");
        sys_setsockopt(self, fd, OPT_SO_BROADCAST, 1);
        error = sys_connect(self, fd, to);
        st->multicast = true;
    }
    if (error != 0)
        return fail(self, "connect", error);
    sys_getsockname(self, fd, &local);
    st->source = local.addr;
    st->source6 = endpoint_without_port(local);
    sys_close(self, fd);
    return 0;
}

static int open_socket6(struct process *self, struct ping *st)
{
    struct ping_options *o = &st->options;
    int error;

    st->fd = sys_socket(self, SIM_AF_INET6, SIM_SOCK_RAW, IP6_NEXT_ICMP);
    if (st->fd < 0)
        return fail(self, "socket", st->fd);
    if (o->device != NULL)
        sys_bind_device(self, st->fd, o->device);
    st->multicast = ip6_is_multicast(st->to6.addr6);
    error = bind_source6(self, st->fd, o->source6);
    if (error != 0)
        return error;
    if (o->pmtudisc >= 0)
        sys_setsockopt(self, st->fd, OPT_IPV6_MTU_DISCOVER, o->pmtudisc);
    if (o->tos >= 0)
        sys_setsockopt(self, st->fd, OPT_IPV6_TCLASS, o->tos);
    if (o->send_buffer > 0)
        sys_setsockopt(self, st->fd, OPT_SO_SNDBUF, o->send_buffer);
    if (o->ttl >= 0) {
        sys_setsockopt(self, st->fd, OPT_IPV6_UNICAST_HOPS, o->ttl);
        sys_setsockopt(self, st->fd, OPT_IPV6_MULTICAST_HOPS, o->ttl);
    }
    if (o->size > SIZE_MAX_DATA6) {
        process_errorf(self, "ping: packet size %u is too large. Maximum is %d\n", o->size,
                       SIZE_MAX_DATA6);
        return 2;
    }
    return 0;
}

static int open_socket(struct process *self, struct ping *st)
{
    struct ping_options *o = &st->options;

    st->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_RAW, IP_PROTO_ICMP);
    if (st->fd < 0)
        return fail(self, "socket", st->fd);
    if (o->device != NULL)
        sys_bind_device(self, st->fd, o->device);
    if (st->multicast || ip4_is_multicast(st->to)) {
        st->multicast = true;
        sys_setsockopt(self, st->fd, OPT_SO_BROADCAST, 1);
        if (o->pmtudisc < 0)
            o->pmtudisc = 2;
        if (o->no_loop)
            sys_setsockopt(self, st->fd, OPT_IP_MULTICAST_LOOP, 0);
    }
    if (o->pmtudisc >= 0)
        sys_setsockopt(self, st->fd, OPT_IP_MTU_DISCOVER, o->pmtudisc);
    if (o->source != 0 || o->sticky_source) {
        int error =
            sys_bind(self, st->fd, (struct endpoint){ o->source != 0 ? o->source : st->source, 0 });

        if (error != 0)
            return fail(self, "bind", error);
        st->source = o->source != 0 ? o->source : st->source;
    }
    if (o->tos >= 0)
        sys_setsockopt(self, st->fd, OPT_IP_TOS, o->tos);
    if (o->send_buffer > 0)
        sys_setsockopt(self, st->fd, OPT_SO_SNDBUF, o->send_buffer);
    st->n_ip_options = ping_ip_options_make(o, st->ip_options);
    if (o->ttl >= 0) {
        sys_setsockopt(self, st->fd, OPT_IP_MULTICAST_TTL, o->ttl);
        if (sys_setsockopt(self, st->fd, OPT_IP_TTL, o->ttl) != 0)
            return fail(self, "cannot set unicast time-to-live", -SIM_EINVAL);
    }
    return 0;
}

static void add_first_line(struct process *self, struct ping *st)
{
    const struct ping_options *o = &st->options;
    const char *device = o->device != NULL ? o->device : "";
    char to[IP6_TEXT_MAX + NAME_MAX_SCOPE], from[IP6_TEXT_MAX + NAME_MAX_SCOPE];

    if (st->v6) {
        format6(self, st->to6, to);
        strbuf_addf(&st->line, "PING %s(%s) ", st->hostname, to);
        format6(self, st->source6, from);
        if (o->device != NULL || !ip6_is_any(o->source6))
            strbuf_addf(&st->line, "from %s %s: ", from, device);
        strbuf_addf(&st->line, "%u data bytes\n", o->size);
        return;
    }
    strbuf_addf(&st->line, "PING %s (%s) ", st->hostname, ip4_format(st->to, to));
    if (o->device != NULL || o->source != 0 || o->sticky_source)
        strbuf_addf(&st->line, "from %s %s: ", ip4_format(st->source, from), device);
    strbuf_addf(&st->line, "%u(%u) bytes of data.\n", o->size,
                o->size + ICMP_HDR_LEN + IPV4_HDR_LEN +
                    (st->n_ip_options > 0 ? IPV4_OPTIONS_MAX : 0u));
}

static void prepare(struct process *self, struct ping *st)
{
    const struct ping_options *o = &st->options;
    size_t room = IPV4_LEN_MAX + 1;

    st->ident = o->ident >= 0 ? (uint16_t)o->ident : (uint16_t)sys_random(self);
    st->out = mem_zalloc(ICMP_HDR_LEN + o->size);
    st->in = mem_alloc(room);
    st->timing = o->size >= TIMEVAL_LEN;
    for (uint32_t i = 0; i < o->size; i++)
        st->out[ICMP_HDR_LEN + i] =
            o->pattern_len > 0 ? o->pattern[i % o->pattern_len] : (uint8_t)i;
    st->tmin = INT64_MAX;
    st->exit_at = SIM_TIME_NONE;
    st->start = process_now(self);
    st->deadline_at = o->deadline != 0 ? st->start + SIM_SEC(o->deadline) : SIM_TIME_NONE;
    add_first_line(self, st);
    flush_line(self, st);
}

static int64_t whole_root(int64_t value)
{
    int64_t root = 0;

    for (int64_t bit = INT64_C(1) << 30; bit > 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= value)
            root += bit;
    return root;
}

static int finish(struct process *self, struct ping *st)
{
    struct strbuf *line = &st->line;
    bool comma = false;
    sim_time took = st->started ? st->last_sent - st->start : 0;

    strbuf_addf(line, "\n--- %s ping statistics ---\n%llu packets transmitted, %llu received",
                st->hostname, (unsigned long long)st->transmitted,
                (unsigned long long)st->received);
    if (st->repeats > 0)
        strbuf_addf(line, ", +%llu duplicates", (unsigned long long)st->repeats);
    if (st->bad_checksum > 0)
        strbuf_addf(line, ", +%llu corrupted", (unsigned long long)st->bad_checksum);
    if (st->errors > 0)
        strbuf_addf(line, ", +%llu errors", (unsigned long long)st->errors);
    if (st->transmitted > 0)
        strbuf_addf(line, ", %g%% packet loss, time %lldms",
                    (double)(float)((double)(st->transmitted - st->received) * 100.0 /
                                    (double)st->transmitted),
                    (long long)((took + SIM_USEC(500)) / SIM_MSEC(1)));
    strbuf_addc(line, '\n');
    if (st->received > 0 && st->timing) {
        int64_t total = (int64_t)(st->received + st->repeats), average = st->tsum / total;
        int64_t variance = st->tsum < INT32_MAX
                               ? ((int64_t)st->tsum2 - st->tsum * st->tsum / total) / total
                               : (int64_t)(st->tsum2 / (double)total) - average * average;
        int64_t deviation = whole_root(variance < 0 ? 0 : variance);

        strbuf_addf(
            line, "rtt min/avg/max/mdev = %lld.%03lld/%lld.%03lld/%lld.%03lld/%lld.%03lld ms",
            (long long)st->tmin / 1000, (long long)st->tmin % 1000, (long long)average / 1000,
            (long long)average % 1000, (long long)st->tmax / 1000, (long long)st->tmax % 1000,
            (long long)deviation / 1000, (long long)deviation % 1000);
        comma = true;
    }
    if (st->pipesize > 1) {
        strbuf_addf(line, "%spipe %d", comma ? ", " : "", st->pipesize);
        comma = true;
    }
    if (st->received > 0 && st->transmitted > 1 &&
        (st->options.interval == 0 || st->options.flood || st->options.adaptive)) {
        long long gap = (long long)(took / SIM_USEC(1)) / (long long)(st->transmitted - 1);

        strbuf_addf(line, "%sipg/ewma %lld.%03lld/%lld.%03lld ms", comma ? ", " : "", gap / 1000,
                    gap % 1000, (long long)st->ewma / 8000, (long long)st->ewma / 8 % 1000);
    }
    strbuf_addc(line, '\n');
    flush_line(self, st);
    return st->received == 0 || (st->options.deadline != 0 && st->received < st->options.count);
}

static bool done(struct process *self, struct ping *st)
{
    sim_time now = process_now(self);

    if (now >= st->exit_at || now >= st->deadline_at)
        st->exiting = true;
    return st->exiting ||
           (st->options.count != 0 && st->received + st->errors >= st->options.count) ||
           (st->options.deadline != 0 && st->errors > 0);
}

/* Until something arrives, the next packet is due, or waiting is over. */
static int wait_for_packet(struct process *self, struct ping *st)
{
    struct sys_pollfd poll = { .fd = st->fd, .events = SOCK_POLLIN };
    sim_time now = process_now(self), wait = SIM_MSEC(st->next);

    if (st->exit_at != SIM_TIME_NONE && st->exit_at - now < wait)
        wait = st->exit_at - now;
    if (st->deadline_at != SIM_TIME_NONE && st->deadline_at - now < wait)
        wait = st->deadline_at - now;
    return sys_poll(self, &poll, 1, wait > 0 ? wait : 0);
}

static int64_t receive(struct process *self, struct ping *st)
{
    struct sock_recv message = { .octets = st->in,
                                 .size = IPV4_LEN_MAX,
                                 .flags = SOCK_MSG_DONTWAIT };
    int64_t n = sys_recvmsg(self, st->fd, &message);

    if (n >= 0) {
        st->in_len = (size_t)n;
        st->in_at = message.at;
        st->in_from = endpoint_without_port(message.from);
        st->in_ttl = message.ttl;
    }
    return n;
}

struct ping_state {
    struct ping ping;
    struct report report;
};

static enum resolver_family family_of(const struct ping *st)
{
    return st->options.family == 4   ? RESOLVER_IPV4
           : st->options.family == 6 ? RESOLVER_IPV6
                                     : RESOLVER_BOTH;
}

static void tell_pattern(struct process *self, const struct ping_options *o)
{
    if (o->pattern_len == 0)
        return;
    process_printf(self, "PATTERN: 0x");
    for (unsigned i = 0; i < o->pattern_len; i++)
        process_printf(self, "%02x", o->pattern[i]);
    process_printf(self, "\n");
}

/* -v: which sockets there are, before the name is looked up. */
static void tell_sockets(struct process *self, const struct ping *st)
{
    static const char *const sockets[] = {
        [0] = "sock4.fd: 3 (socktype: SOCK_RAW), sock6.fd: 4 (socktype: SOCK_RAW), "
              "hints.ai_family: AF_UNSPEC",
        [4] = "sock4.fd: 3 (socktype: SOCK_RAW), sock6.fd: -1 (socktype: 0), "
              "hints.ai_family: AF_INET",
        [6] = "sock4.fd: -1 (socktype: 0), sock6.fd: 3 (socktype: SOCK_RAW), "
              "hints.ai_family: AF_INET6",
    };

    if (st->options.verbose)
        process_errorf(self, "ping: %s\n\n", sockets[st->options.family]);
}

static void tell_found(struct process *self, const struct ping *st)
{
    if (st->options.verbose)
        process_printf(self, "ai->ai_family: %s, ai->ai_canonname: '%s'\n",
                       st->v6 ? "AF_INET6" : "AF_INET", st->hostname);
}

static enum co_status ping_main(struct process *self, void *state)
{
    struct ping *st = &((struct ping_state *)state)->ping;
    struct report *report = &((struct ping_state *)state)->report;

    CO_BEGIN(&st->co);
    if (!ping_options_read(self, &st->options))
        CO_RETURN(&st->co);
    tell_pattern(self, &st->options);
    tell_sockets(self, st);
    CO_AWAIT(&st->co, st->exiting || names_lookup_any(&st->names, self, st->options.target,
                                                      family_of(st)) == CO_DONE);
    if (st->exiting || st->names.error != NULL) {
        if (st->names.error != NULL)
            process_errorf(self, "ping: %s: %s\n", st->options.target, st->names.error);
        self->exit_status = st->exiting ? 128 + SIM_SIGINT : 2;
        CO_RETURN(&st->co);
    }
    st->v6 = st->names.to.v6;
    st->to = st->names.to.addr;
    st->to6 = st->names.to;
    st->hostname = mem_strdup(st->names.name);
    tell_found(self, st);
    if (ip4_parse_dots(st->options.target, &st->to))
        st->options.numeric = true;
    if (st->options.source == 0)
        self->exit_status = choose_source(self, st);
    if (st->to == 0)
        st->to = st->source;
    if (self->exit_status == 0)
        self->exit_status = st->v6 ? open_socket6(self, st) : open_socket(self, st);
    if (self->exit_status != 0)
        CO_RETURN(&st->co);
    prepare(self, st);
    while (!done(self, st)) {
        do
            st->next = schedule_exit(self, st, pinger(self, st));
        while (st->next <= 0 && !st->exiting);
        CO_AWAIT(&st->co, (st->ready = wait_for_packet(self, st)) != SYS_BLOCKED || st->exiting);
        (void)sys_poll(self, NULL, 0, 0); /* a signal may have left the call unfinished */
        if (st->ready <= 0)
            continue;
        while (receive(self, st) >= 0) {
            take_packet(st, report);
            if (report->verdict != NOT_OURS && !st->options.quiet) {
                if (!st->options.flood)
                    CO_RUN(&st->co, find_name(self, st, report->from));
                print_packet(self, st, report);
            }
            if (in_flight(st) == 0)
                break;
        }
    }
    self->exit_status = finish(self, st);
    CO_END(&st->co);
}

static bool ping_signal(struct process *self, void *state, int signal_number)
{
    struct ping *st = &((struct ping_state *)state)->ping;

    (void)self;
    if (signal_number != SIM_SIGINT || st->out == NULL)
        return false;
    st->exiting = true;
    return true;
}

static void ping_cleanup(struct process *self, void *state)
{
    struct ping *st = &((struct ping_state *)state)->ping;

    (void)self;
    names_close(&st->names);
    free(st->hostname);
    free(st->out);
    free(st->in);
    strbuf_fini(&st->line);
}

const struct program ping_program = { .name = "ping",
                                      .state_size = sizeof(struct ping_state),
                                      .main = ping_main,
                                      .signal = ping_signal,
                                      .cleanup = ping_cleanup };
