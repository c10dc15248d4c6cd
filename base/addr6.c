/* IPv6 addresses as text: RFC 4291 section 2.2 to read, RFC 5952 to write. */
#include <stdio.h>

#include "base/addr.h"
#include "base/digits.h"
#include "base/text.h"

#define GROUPS 8

static unsigned group_of(struct ip6_addr a, unsigned i)
{
    return (unsigned)((i < 4 ? a.hi >> (48 - 16 * i) : a.lo >> (48 - 16 * (i - 4))) & 0xffff);
}

/* The first of the longest runs of at least two zero groups; false: there is none. */
static bool longest_run(struct ip6_addr a, unsigned *from, unsigned *len)
{
    *len = 1;
    for (unsigned i = 0; i < GROUPS; i++) {
        unsigned n = 0;

        while (i + n < GROUPS && group_of(a, i + n) == 0)
            n++;
        if (n > *len) {
            *from = i;
            *len = n;
        }
        i += n;
    }
    return *len > 1;
}

const char *ip6_format(struct ip6_addr a, char text[static IP6_TEXT_MAX])
{
    unsigned from = GROUPS, len = 0;
    size_t n = 0;
    char quad[IP4_TEXT_MAX];

    if (ip6_is_mapped(a)) {
        snprintf(text, IP6_TEXT_MAX, "::ffff:%s", ip4_format((ip4_addr)a.lo, quad));
        return text;
    }
    if (!longest_run(a, &from, &len))
        from = GROUPS;
    text[0] = '\0';
    for (unsigned i = 0; i < GROUPS; i++) {
        if (i == from) {
            n += (size_t)snprintf(text + n, IP6_TEXT_MAX - n, "::");
            i += len - 1;
            continue;
        }
        n += (size_t)snprintf(text + n, IP6_TEXT_MAX - n, "%s%x",
                              i == 0 || i == from + len ? "" : ":", group_of(a, i));
    }
    return text;
}

/* One to four hexadecimal digits; moves *@text behind them. */
static bool parse_group(const char **text, uint16_t *group)
{
    unsigned value = 0, n = 0;

    for (; n < 4 && digits_hex_value(**text) >= 0; n++)
        value = value << 4 | (unsigned)digits_hex_value(*(*text)++);
    *group = (uint16_t)value;
    return n > 0 && digits_hex_value(**text) < 0;
}

static struct ip6_addr join(const uint16_t *groups)
{
    struct ip6_addr a = IP6_ANY;

    for (unsigned i = 0; i < GROUPS; i++) {
        uint64_t *half = i < 4 ? &a.hi : &a.lo;

        *half = *half << 16 | groups[i];
    }
    return a;
}

/* Groups up to the end or "::", a dotted quad at the very end; their number, or -1. */
static int parse_groups(const char **text, uint16_t *groups, unsigned max)
{
    unsigned n = 0;
    ip4_addr quad;

    if (**text == '\0')
        return 0;
    for (;;) {
        if (n + 2 <= max && ip4_parse(*text, &quad)) {
            groups[n++] = (uint16_t)(quad >> 16);
            groups[n++] = (uint16_t)quad;
            while (**text != '\0')
                (*text)++;
            return (int)n;
        }
        if (n == max || !parse_group(text, &groups[n]))
            return -1;
        n++;
        if (**text != ':' || (*text)[1] == ':')
            return (int)n;
        (*text)++;
    }
}

bool ip6_parse(const char *text, struct ip6_addr *a)
{
    uint16_t front[GROUPS] = { 0 }, back[GROUPS] = { 0 };
    int n_front = 0, n_back;

    if (!(text[0] == ':' && text[1] == ':'))
        n_front = parse_groups(&text, front, GROUPS);
    if (n_front < 0 || (n_front == 0 && *text == '\0'))
        return false;
    if (*text == '\0') {
        if (n_front != GROUPS)
            return false;
        *a = join(front);
        return true;
    }
    if (text[0] != ':' || text[1] != ':')
        return false;
    text += 2;
    n_back = n_front == GROUPS ? -1 : parse_groups(&text, back, GROUPS - 1 - (unsigned)n_front);
    if (n_back < 0 || *text != '\0')
        return false;
    for (int i = 0; i < n_back; i++)
        front[GROUPS - n_back + i] = back[i];
    *a = join(front);
    return true;
}

bool ip6_prefix_parse(const char *text, struct ip6_addr *a, unsigned *prefix_len)
{
    char addr[IP6_TEXT_MAX];
    size_t n = 0;
    uint64_t len = 128;

    for (; text[n] != '\0' && text[n] != '/'; n++) {
        if (n + 1 >= sizeof addr)
            return false;
        addr[n] = text[n];
    }
    addr[n] = '\0';
    if (text[n] == '/' && (text[n + 1] == '\0' || !text_u64(text + n + 1, 128, &len)))
        return false;
    if (!ip6_parse(addr, a))
        return false;
    *prefix_len = (unsigned)len;
    return true;
}
