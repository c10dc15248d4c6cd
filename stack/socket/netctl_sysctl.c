/* net.ipv4.*: each setting is a place in struct ip_sysctl with a type and a range. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stack/socket/netctl.h"

enum kind { KIND_BOOL, KIND_U8, KIND_U16, KIND_U32, KIND_PORT_RANGE };

struct setting {
    const char *name;
    size_t offset; /* in struct os */
    enum kind kind;
    uint32_t min, max;
};

#define IP(member) offsetof(struct os, ip.sysctl.member)

/* Sorted by name. Linux has "all", "default" and one per interface of the conf settings; here they are one. */
static const struct setting settings[] = {
    { "net.ipv4.conf.all.accept_redirects", IP(accept_redirects), KIND_BOOL, 0, 1 },
    { "net.ipv4.conf.all.forwarding", IP(forwarding), KIND_BOOL, 0, 1 },
    { "net.ipv4.conf.all.rp_filter", IP(rp_filter), KIND_U8, 0, 2 },
    { "net.ipv4.conf.all.send_redirects", IP(send_redirects), KIND_BOOL, 0, 1 },
    { "net.ipv4.icmp_echo_ignore_all", IP(icmp_echo_ignore_all), KIND_BOOL, 0, 1 },
    { "net.ipv4.icmp_echo_ignore_broadcasts", IP(icmp_echo_ignore_broadcasts), KIND_BOOL, 0, 1 },
    { "net.ipv4.icmp_msgs_burst", IP(icmp_msgs_burst), KIND_U32, 0, INT32_MAX },
    { "net.ipv4.icmp_msgs_per_sec", IP(icmp_msgs_per_sec), KIND_U32, 0, INT32_MAX },
    { "net.ipv4.icmp_ratelimit", IP(icmp_ratelimit_ms), KIND_U32, 0, INT32_MAX },
    { "net.ipv4.icmp_ratemask", IP(icmp_ratemask), KIND_U32, 0, INT32_MAX },
    { "net.ipv4.ip_default_ttl", IP(default_ttl), KIND_U8, 1, 255 },
    { "net.ipv4.ip_forward", IP(forwarding), KIND_BOOL, 0, 1 },
    { "net.ipv4.ip_local_port_range", IP(port_min), KIND_PORT_RANGE, 1, 65535 },
    { "net.ipv4.ip_no_pmtu_disc", IP(no_pmtu_disc), KIND_BOOL, 0, 1 },
    { "net.ipv4.ip_unprivileged_port_start", IP(unprivileged_port_start), KIND_U16, 0, 65535 },
};

#define N_SETTINGS (sizeof settings / sizeof *settings)

static const struct setting *find_setting(const char *name)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *a = settings[i].name, *b = name;

        while (*a != '\0' && (*a == *b || (*a == '.' && *b == '/'))) /* net/ipv4/ip_forward is the same */
            a++, b++;
        if (*a == *b)
            return &settings[i];
    }
    return NULL;
}

const char *netctl_sysctl_at(unsigned n)
{
    return n < N_SETTINGS ? settings[n].name : NULL;
}

int netctl_sysctl_get(const struct os *os, const char *name, char text[static NETCTL_SYSCTL_TEXT_MAX])
{
    const struct setting *setting = find_setting(name);
    const void *at;
    unsigned value = 0;

    if (setting == NULL)
        return -SIM_ENOENT;
    at = (const char *)os + setting->offset;
    switch (setting->kind) {
    case KIND_BOOL:
        value = *(const bool *)at;
        break;
    case KIND_U8:
        value = *(const uint8_t *)at;
        break;
    case KIND_U16:
        value = *(const uint16_t *)at;
        break;
    case KIND_U32:
        value = *(const uint32_t *)at;
        break;
    case KIND_PORT_RANGE:
        snprintf(text, NETCTL_SYSCTL_TEXT_MAX, "%u\t%u", os->ip.sysctl.port_min, os->ip.sysctl.port_max);
        return 0;
    }
    snprintf(text, NETCTL_SYSCTL_TEXT_MAX, "%u", value);
    return 0;
}

static int set_port_range(struct os *os, const char *text)
{
    char copy[NETCTL_SYSCTL_TEXT_MAX];
    uint64_t low, high;
    char *gap;

    if (strlen(text) >= sizeof copy)
        return -SIM_EINVAL;
    strcpy(copy, text);
    gap = copy + strcspn(copy, " \t");
    if (*gap == '\0')
        return -SIM_EINVAL;
    *gap++ = '\0';
    gap += strspn(gap, " \t");
    if (!text_u64(copy, 65535, &low) || !text_u64(gap, 65535, &high) || low == 0 || low > high)
        return -SIM_EINVAL;
    os->ip.sysctl.port_min = (uint16_t)low;
    os->ip.sysctl.port_max = (uint16_t)high;
    return 0;
}

int netctl_sysctl_set(struct os *os, const char *name, const char *text)
{
    const struct setting *setting = find_setting(name);
    uint64_t value;
    void *at;

    if (setting == NULL)
        return -SIM_ENOENT;
    if (setting->kind == KIND_PORT_RANGE)
        return set_port_range(os, text);
    if (!text_u64(text, setting->max, &value) || value < setting->min)
        return -SIM_EINVAL;
    at = (char *)os + setting->offset;
    switch (setting->kind) {
    case KIND_BOOL:
        *(bool *)at = value != 0;
        break;
    case KIND_U8:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case KIND_U16:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case KIND_U32:
        *(uint32_t *)at = (uint32_t)value;
        break;
    case KIND_PORT_RANGE:
        break;
    }
    return 0;
}
