/* traceroute's probes by IPv6: options of their sockets, and what ICMPv6 answers. */
#include <stdio.h>

#include "apps/traceroute.h"
#include "base/be.h"
#include "stack/wire/icmp6_wire.h"
#include "stack/wire/ipv6_wire.h"

void traceroute6_tune(struct process *self, const struct traceroute *st, int fd, unsigned hops)
{
    sys_setsockopt(self, fd, OPT_IPV6_MTU_DISCOVER, st->dont_fragment ? 3 : 0);
    sys_setsockopt(self, fd, OPT_IPV6_UNICAST_HOPS, (int)hops);
    if (st->tos >= 0)
        sys_setsockopt(self, fd, OPT_IPV6_TCLASS, st->tos);
}

/* Everything but a hop limit that ran out ends the way. */
static void set_mark(struct probe *probe, uint8_t type, uint8_t code, uint32_t rest)
{
    static const char *const marks[] = { "!N", "!X", "!H", "!H", "" };

    if (type == ICMP6_TIME_EXCEEDED && code == ICMP6_TIME_HOP_LIMIT)
        return;
    probe->final = true;
    if (type == ICMP6_DEST_UNREACH && code < sizeof marks / sizeof *marks)
        snprintf(probe->mark, sizeof probe->mark, "%s", marks[code]);
    else if (type == ICMP6_PACKET_TOO_BIG)
        snprintf(probe->mark, sizeof probe->mark, "!F-%u", rest);
    else
        snprintf(probe->mark, sizeof probe->mark, "!<%u-%u>", type, code);
}

static struct probe *find(struct traceroute *st, uint16_t id, uint16_t port)
{
    for (unsigned i = 0; i < st->n; i++) {
        struct probe *probe = &st->probes[i];

        if (probe->sent && !probe->done && probe->id == id && (st->icmp || probe->port == port))
            return probe;
    }
    return NULL;
}

/* The probe that a packet quoted in an error was, or NULL. */
static struct probe *quoted(struct traceroute *st, const uint8_t *quote, size_t len)
{
    struct ipv6_transport found;
    struct ipv6_hdr ip;

    if (ipv6_quote_parse(quote, len, &ip) != DROP_NONE || !ip6_eq(ip.dst, st->to.addr6) ||
        !ipv6_find_transport(quote, len, &found) || found.at + 8 > len ||
        found.protocol != (st->icmp ? IP6_NEXT_ICMP : IP_PROTO_UDP))
        return NULL;
    quote += found.at;
    if (!st->icmp)
        return find(st, be16_get(quote), be16_get(quote + 2));
    if (quote[0] != ICMP6_ECHO_REQUEST || be16_get(quote + 4) != st->ident)
        return NULL;
    return find(st, be16_get(quote + 6), 0);
}

/* A raw socket of IPv6 gives what begins at the ICMPv6 header, whose checksum was right. */
struct probe *traceroute6_probe(struct traceroute *st, size_t len, struct endpoint from)
{
    uint8_t type = st->in[0];
    struct probe *probe = NULL;

    if (len < ICMP6_HDR_LEN)
        return NULL;
    if (type == ICMP6_ECHO_REPLY && st->icmp && be16_get(st->in + 4) == st->ident &&
        ip6_eq(from.addr6, st->to.addr6)) {
        probe = find(st, be16_get(st->in + 6), 0);
        if (probe != NULL)
            probe->final = true;
    } else if (icmp6_is_error(type)) {
        probe = quoted(st, st->in + ICMP6_HDR_LEN, len - ICMP6_HDR_LEN);
        if (probe != NULL)
            set_mark(probe, type, st->in[1], be32_get(st->in + 4));
    }
    return probe;
}
