#include "stack/net/ip_options.h"

#include <string.h>

#include "stack/net/icmp.h"
#include "stack/net/ip_internal.h"

enum { AT_LEN = 1, AT_POINTER = 2, AT_FLAGS = 3 }; /* in an option; pointers count from 1 */

enum { TS_ONLY = 0, TS_AND_ADDR = 1, TS_PRESPECIFIED = 3, TS_OVERFLOW_MAX = 15 };

/* A walk over options that are being looked at: ip_options_compile(). */
struct walk {
    const struct ip_stack *ip;
    uint8_t *octets; /* the options */
    bool received;
    ip4_addr addr; /* that a received packet is recorded with */
    bool has_rr, has_ts;
    struct ip_option_gaps gaps;
};

uint32_t ip_time_of_day(const struct ip_stack *ip)
{
    return (uint32_t)(node_now(ip->node) / SIM_MSEC(1) % 86400000);
}

/* Where @at stands among the options in @octets, counted from the IP header on. */
static uint8_t place(const uint8_t *octets, const uint8_t *at)
{
    return (uint8_t)(IPV4_HDR_LEN + (at - octets));
}

/* ---- one option; each gives what is wrong with it, NULL: nothing ---- */

static uint8_t *take_record_route(struct walk *walk, uint8_t *option)
{
    uint8_t len = option[AT_LEN], pointer;

    if (walk->has_rr)
        return option;
    if (len < 3)
        return option + AT_LEN;
    pointer = option[AT_POINTER];
    if (pointer < 4)
        return option + AT_POINTER;
    walk->has_rr = true;
    if (pointer > len)
        return NULL; /* full */
    if (pointer + 3 > len)
        return option + AT_POINTER;
    if (walk->received)
        be32_put(option + pointer - 1, walk->addr);
    option[AT_POINTER] = (uint8_t)(pointer + 4);
    walk->gaps.rr_addr = place(walk->octets, option + pointer - 1);
    return NULL;
}

static bool names_hosts(uint8_t flags)
{
    return (flags & 15) == TS_AND_ADDR || (flags & 15) == TS_PRESPECIFIED;
}

static uint8_t *count_overflow(const struct walk *walk, uint8_t *option)
{
    unsigned overflow = option[AT_FLAGS] >> 4;

    if ((option[AT_FLAGS] & 15) == TS_PRESPECIFIED)
        return NULL;
    if (overflow == TS_OVERFLOW_MAX)
        return option + AT_FLAGS;
    if (walk->received)
        option[AT_FLAGS] = (uint8_t)((option[AT_FLAGS] & 15) | (overflow + 1) << 4);
    return NULL;
}

/* The time goes to @at, now or when the packet goes out. */
static void note_time(struct walk *walk, uint8_t *at)
{
    if (walk->received)
        be32_put(at, ip_time_of_day(walk->ip));
    walk->gaps.ts_time = place(walk->octets, at);
}

static uint8_t *take_timestamp(struct walk *walk, uint8_t *option)
{
    uint8_t len = option[AT_LEN], pointer, *slot;

    if (walk->has_ts)
        return option;
    if (len < 4)
        return option + AT_LEN;
    pointer = option[AT_POINTER];
    if (pointer < 5)
        return option + AT_POINTER;
    walk->has_ts = true;
    if (pointer > len)
        return count_overflow(walk, option);
    if (pointer + 3 > len || (names_hosts(option[AT_FLAGS]) && pointer + 7 > len))
        return option + AT_POINTER;
    slot = option + pointer - 1;
    switch (option[AT_FLAGS] & 15) {
    case TS_ONLY:
        note_time(walk, slot);
        option[AT_POINTER] = (uint8_t)(pointer + 4);
        break;
    case TS_AND_ADDR:
        if (walk->received)
            be32_put(slot, walk->addr);
        walk->gaps.ts_addr = place(walk->octets, slot);
        note_time(walk, slot + 4);
        option[AT_POINTER] = (uint8_t)(pointer + 8);
        break;
    case TS_PRESPECIFIED: /* who is not named there leaves it as it is */
        if (ip_addr_kind(walk->ip, be32_get(slot)) == ROUTE_UNICAST)
            break;
        note_time(walk, slot + 4);
        option[AT_POINTER] = (uint8_t)(pointer + 8);
        break;
    default:
        break;
    }
    return NULL;
}

static uint8_t *take_option(struct walk *walk, uint8_t *option, bool *source_route)
{
    switch (option[0]) {
    case IPV4_OPT_RECORD_ROUTE:
        return take_record_route(walk, option);
    case IPV4_OPT_TIMESTAMP:
        return take_timestamp(walk, option);
    case IPV4_OPT_LOOSE_ROUTE:
    case IPV4_OPT_STRICT_ROUTE:
        if (option[AT_LEN] < 3)
            return option + AT_LEN;
        if (option[AT_POINTER] < 4)
            return option + AT_POINTER;
        *source_route = true;
        return NULL;
    case IPV4_OPT_ROUTER_ALERT:
        return option[AT_LEN] < 4 ? option + AT_LEN : NULL;
    default:
        return NULL;
    }
}

/* All @len octets of them; what is wrong, or NULL. */
static uint8_t *take_all(struct walk *walk, uint8_t len, bool *source_route)
{
    struct ipv4_option_walk options = { .octets = walk->octets, .len = len };
    struct ipv4_option option;
    uint8_t *wrong = NULL;

    while (wrong == NULL && ipv4_option_next(&options, &option))
        wrong = take_option(walk, walk->octets + (option.octets - options.octets), source_route);
    return wrong == NULL && options.bad ? walk->octets + options.at : wrong;
}

/* ---- received packets ---- */

/* What goes back to @src goes out from there: fib_compute_spec_dst(). */
static ip4_addr address_towards(struct ip_stack *ip, ip4_addr src)
{
    struct route route;

    return ip_route(ip, src, 0, NULL, &route) == 0 ? route.src : 0;
}

enum drop_reason ip_options_take(struct ip_stack *ip, struct frame *frame, struct ipv4_hdr *hdr,
                                 bool local, struct ip_option_gaps *gaps)
{
    struct walk walk = { .ip = ip, .received = true };
    bool source_route = false;
    uint8_t *wrong;

    frame_writable(frame);
    frame->network = frame->data;
    walk.octets = frame->data + IPV4_HDR_LEN;
    walk.addr = local ? hdr->dst : address_towards(ip, hdr->src);
    wrong = take_all(&walk, hdr->n_options, &source_route);
    if (wrong != NULL) {
        icmp_send_error(ip, frame, ICMP_PARAM_PROBLEM, ICMP_PARAM_POINTER,
                        (uint32_t)place(walk.octets, wrong) << 24, WHY(ICMP_BAD_HEADER, hdr->src));
        return DROP_BAD_OPTION;
    }
    if (source_route) /* accept_source_route is off on all */
        return DROP_PROHIBITED;
    memcpy(hdr->options, walk.octets, hdr->n_options);
    *gaps = walk.gaps;
    return DROP_NONE;
}

void ip_options_forward(uint8_t *octets, struct ip_option_gaps gaps, ip4_addr addr)
{
    size_t hdr_len = (size_t)(octets[IPV4_AT_VERSION_IHL] & 15) * 4;

    if (gaps.rr_addr != 0)
        be32_put(octets + gaps.rr_addr, addr);
    be16_put(octets + IPV4_AT_CHECKSUM, 0);
    be16_put(octets + IPV4_AT_CHECKSUM, checksum_finish(checksum_add(0, octets, hdr_len)));
}

/* ---- packets of this node ---- */

static uint8_t *append(struct ip_options *out, const struct ipv4_option *option)
{
    uint8_t *to = out->octets + out->len;

    memcpy(to, option->octets, option->len);
    out->len = (uint8_t)(out->len + option->len);
    return to;
}

static void echo_record_route(struct ip_options *out, const struct ipv4_option *option)
{
    uint8_t pointer = option->octets[AT_POINTER], *own;

    if (pointer < 4) /* of a header that a program wrote, which nobody has taken */
        return;
    own = append(out, option);
    if (pointer + 3 > option->len)
        return;
    out->gaps.rr_addr = place(out->octets, own + pointer - 1);
    own[AT_POINTER] = (uint8_t)(pointer + 4);
}

/* Of prespecified addresses the next one is ours when the last one was. */
static bool is_own_turn(const struct ip_stack *ip, const uint8_t *option, uint8_t pointer)
{
    return pointer >= 13 && ip_addr_kind(ip, be32_get(option + pointer - 9)) != ROUTE_UNICAST &&
           pointer + 7 <= option[AT_LEN] &&
           ip_addr_kind(ip, be32_get(option + pointer - 1)) != ROUTE_UNICAST;
}

static void echo_timestamp(const struct ip_stack *ip, struct ip_options *out,
                           const struct ipv4_option *option)
{
    uint8_t pointer = option->octets[AT_POINTER], *own, *slot;

    if (pointer < 5)
        return;
    own = append(out, option);
    if (pointer > option->len)
        return;
    slot = own + pointer - 1;
    switch (own[AT_FLAGS] & 15) {
    case TS_ONLY:
        if (pointer + 3 > option->len)
            return;
        out->gaps.ts_time = place(out->octets, slot);
        own[AT_POINTER] = (uint8_t)(pointer + 4);
        break;
    case TS_AND_ADDR:
        if (pointer + 7 > option->len)
            return;
        out->gaps.ts_addr = place(out->octets, slot);
        out->gaps.ts_time = place(out->octets, slot + 4);
        own[AT_POINTER] = (uint8_t)(pointer + 8);
        break;
    case TS_PRESPECIFIED:
        if (!is_own_turn(ip, own, pointer))
            return;
        out->gaps.ts_time = place(out->octets, slot + 4);
        own[AT_POINTER] = (uint8_t)(pointer + 8);
        break;
    default:
        break;
    }
}

void ip_options_echo(const struct ip_stack *ip, const struct ipv4_hdr *hdr, struct ip_options *out)
{
    static const uint8_t echoed[] = { IPV4_OPT_RECORD_ROUTE,
                                      IPV4_OPT_TIMESTAMP }; /* in this order */

    *out = (struct ip_options){ 0 };
    for (unsigned i = 0; i < sizeof echoed; i++) {
        struct ipv4_option_walk walk = { .octets = hdr->options, .len = hdr->n_options };
        struct ipv4_option option;

        while (ipv4_option_next(&walk, &option)) {
            if (option.kind != echoed[i] || option.len < (i == 0 ? 3 : 4))
                continue;
            if (i == 0)
                echo_record_route(out, &option);
            else
                echo_timestamp(ip, out, &option);
        }
    }
    while (out->len % 4 != 0)
        out->octets[out->len++] = IPV4_OPT_EOL;
}

int ip_options_to_send(const struct ip_stack *ip, const uint8_t *octets, size_t len,
                       struct ip_options *out)
{
    struct walk walk = { .ip = ip, .octets = out->octets };
    bool source_route = false;

    *out = (struct ip_options){ 0 };
    if (len > IPV4_OPTIONS_MAX)
        return -SIM_EINVAL;
    memcpy(out->octets, octets, len);
    out->len = (uint8_t)((len + 3) & ~(size_t)3); /* what is left over is end of list */
    if (take_all(&walk, out->len, &source_route) != NULL || source_route)
        return -SIM_EINVAL;
    out->gaps = walk.gaps;
    return 0;
}

void ip_options_fill(const struct ip_stack *ip, uint8_t *octets, struct ip_option_gaps gaps,
                     ip4_addr addr)
{
    if (gaps.ts_addr != 0)
        be32_put(octets + gaps.ts_addr, addr);
    if (gaps.ts_time != 0)
        be32_put(octets + gaps.ts_time, ip_time_of_day(ip));
    ip_options_forward(octets, gaps, addr);
}
