#include "apps/ping_ip_options.h"

#include <string.h>

#include "base/be.h"

enum { AT_LEN = 1, AT_POINTER = 2, AT_FLAGS = 3, ROUTE_OCTETS = 39, TIMES_OCTETS = 36 };

uint8_t ping_ip_options_make(const struct ping_options *options,
                             uint8_t octets[static IPV4_OPTIONS_MAX])
{
    memset(octets, 0, IPV4_OPTIONS_MAX);
    if (options->record_route) {
        octets[0] = IPV4_OPT_NOP;
        octets[1] = IPV4_OPT_RECORD_ROUTE;
        octets[1 + AT_LEN] = ROUTE_OCTETS;
        octets[1 + AT_POINTER] = 4;
        return IPV4_OPTIONS_MAX;
    }
    if (options->times == PING_TIMES_NONE)
        return 0;
    octets[0] = IPV4_OPT_TIMESTAMP;
    octets[AT_LEN] = options->times == PING_TIMES_ONLY ? IPV4_OPTIONS_MAX : TIMES_OCTETS;
    octets[AT_POINTER] = 5;
    octets[AT_FLAGS] = (uint8_t)(options->times - PING_TIMES_ONLY);
    if (options->times == PING_TIMES_OF_HOPS) {
        octets[AT_LEN] = (uint8_t)(4 + options->n_hops * 8);
        for (unsigned i = 0; i < options->n_hops; i++)
            be32_put(octets + 4 + i * (size_t)8, options->hops[i]);
    }
    return octets[AT_LEN];
}

static void add_address(struct strbuf *line, ip4_addr addr)
{
    char text[IP4_TEXT_MAX];

    strbuf_addf(line, "\t%s", ip4_format(addr, text));
}

/* How much of the option is filled in, behind its first @fixed octets. */
static int filled(const uint8_t *option, int fixed)
{
    int pointer = option[AT_POINTER] < option[AT_LEN] ? option[AT_POINTER] : option[AT_LEN];

    return pointer - (fixed + 1);
}

static void print_route(struct strbuf *line, const uint8_t *option, struct ping_route *last,
                        bool flood)
{
    int len = filled(option, 3);

    if (len <= 0)
        return;
    if (len == last->len && memcmp(option + AT_POINTER, last->octets, (size_t)len) == 0 && !flood) {
        strbuf_adds(line, "\t(same route)");
        return;
    }
    last->len = len;
    memcpy(last->octets, option + AT_POINTER, (size_t)len);
    strbuf_adds(line, "\nRR: ");
    for (int at = 0; at < len; at += 4) {
        add_address(line, be32_get(option + 3 + at));
        strbuf_addc(line, '\n');
    }
}

/* The first time is told as it is, the others as what has passed since the one before. */
static void add_time_of_day(struct strbuf *line, uint32_t time, uint32_t *standard, uint32_t *other)
{
    bool is_other = (time & UINT32_C(0x80000000)) != 0;
    uint32_t value = time & UINT32_C(0x7fffffff), *before = is_other ? other : standard;
    const char *suffix = is_other ? " not-standard" : "";

    if (*before == 0)
        strbuf_addf(line, "\t%lu absolute%s", (unsigned long)value, suffix);
    else
        strbuf_addf(line, "\t%ld%s", (long)value - (long)*before, suffix);
    *before = value;
}

static void print_times(struct strbuf *line, const uint8_t *option)
{
    int len = filled(option, 4), at = 4;
    bool addresses = (option[AT_FLAGS] & 15) != 0;
    uint32_t standard = 0, other = 0;

    if (len <= 0)
        return;
    strbuf_adds(line, "\nTS: ");
    while (len > 0 && at + (addresses ? 8 : 4) <= option[AT_LEN]) {
        if (addresses) {
            add_address(line, be32_get(option + at));
            at += 4;
            len -= 4;
        }
        if (len <= 0)
            break;
        add_time_of_day(line, be32_get(option + at), &standard, &other);
        strbuf_addc(line, '\n');
        at += 4;
        len -= 4;
    }
    if (option[AT_FLAGS] >> 4 != 0)
        strbuf_addf(line, "Unrecorded hops: %d\n", option[AT_FLAGS] >> 4);
}

void ping_ip_options_print(struct strbuf *line, const uint8_t *octets, size_t len,
                           struct ping_route *last, bool flood)
{
    for (size_t at = 0; at < len && octets[at] != IPV4_OPT_EOL;) {
        const uint8_t *option = octets + at;

        if (*option == IPV4_OPT_NOP) {
            strbuf_adds(line, "\nNOP");
            at++;
            continue;
        }
        if (at + 2 > len || option[AT_LEN] < 4 || at + option[AT_LEN] > len)
            return;
        if (*option == IPV4_OPT_RECORD_ROUTE)
            print_route(line, option, last, flood);
        else if (*option == IPV4_OPT_TIMESTAMP)
            print_times(line, option);
        else
            strbuf_addf(line, "\nunknown option %x", *option);
        at += option[AT_LEN];
    }
}
