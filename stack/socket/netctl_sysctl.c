/* net.*: each setting is a place in struct ip_sysctl or struct tcp_sysctl with a type and a range.
 */
#include <stdio.h>
#include <string.h>

#include "base/digits.h"
#include "base/text.h"
#include "stack/socket/netctl.h"

enum kind {
    KIND_BOOL,
    KIND_U8,
    KIND_U16,
    KIND_U32,
    KIND_U32_MS, /* kept in us */
    KIND_U32_NS, /* kept in us */
    KIND_PORT_RANGE,
    KIND_U32_3,
    KIND_CONGESTION,
    KIND_FASTOPEN_KEYS,
    KIND_FASTOPEN_BLACKHOLE
};
enum place { IN_OS, IN_TCP, IN_CONF };

struct setting {
    const char *name;
    enum place place;
    size_t offset; /* in struct os or struct tcp_sysctl, or an enum ip_conf_key */
    enum kind kind;
    uint32_t min, max;
};

#define IP(member)   IN_OS, offsetof(struct os, ip.sysctl.member)
#define FIB(member)  IN_OS, offsetof(struct os, ip.fib.member)
#define IPV6(member) IN_OS, offsetof(struct os, ip.sysctl6.member)
#define TCP(member)  IN_TCP, offsetof(struct tcp_sysctl, member)
#define CONF(key)    IN_CONF, IP_CONF_##key

/* Sorted by name. Those of CONF() are there for "default" and each interface, too; of the other
 * conf settings Linux has several, and here they are one. */
static const struct setting settings[] = {
    { "net.core.rmem_max", TCP(core_rmem_max), KIND_U32, 2304, INT32_MAX },
    { "net.core.somaxconn", TCP(core_somaxconn), KIND_U32, 0, 65535 },
    { "net.core.wmem_max", TCP(core_wmem_max), KIND_U32, 4608, INT32_MAX },
    { "net.ipv4.conf.all.accept_redirects", CONF(ACCEPT_REDIRECTS), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.arp_accept", CONF(ARP_ACCEPT), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.arp_announce", CONF(ARP_ANNOUNCE), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.arp_filter", CONF(ARP_FILTER), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.arp_ignore", CONF(ARP_IGNORE), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.arp_notify", CONF(ARP_NOTIFY), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.bc_forwarding", CONF(BC_FORWARDING), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.forwarding", IP(forwarding), KIND_BOOL, 0, 1 },
    { "net.ipv4.conf.all.promote_secondaries", CONF(PROMOTE_SECONDARIES), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.proxy_arp", CONF(PROXY_ARP), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.rp_filter", CONF(RP_FILTER), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.conf.all.send_redirects", CONF(SEND_REDIRECTS), KIND_U8, 0, IP_CONF_MAX },
    { "net.ipv4.fib_multipath_hash_fields", FIB(hash_fields), KIND_U16, 1, MULTIPATH_FIELDS_MAX },
    { "net.ipv4.fib_multipath_hash_policy", IP(multipath_hash_policy), KIND_U8, 0,
      MULTIPATH_FIELDS },
    { "net.ipv4.fib_multipath_hash_seed", FIB(hash_seed), KIND_U32, 0, UINT32_MAX },
    { "net.ipv4.fib_multipath_use_neigh", IP(multipath_use_neigh), KIND_BOOL, 0, 1 },
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
    { "net.ipv4.tcp_abort_on_overflow", TCP(abort_on_overflow), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_base_mss", TCP(base_mss), KIND_U16, 1, 65535 },
    { "net.ipv4.tcp_challenge_ack_limit", TCP(challenge_ack_limit), KIND_U32, 0, INT32_MAX },
    { "net.ipv4.tcp_comp_sack_delay_ns", TCP(comp_sack_delay_us), KIND_U32_NS, 0, INT32_MAX },
    { "net.ipv4.tcp_comp_sack_nr", TCP(comp_sack_nr), KIND_U8, 0, 255 },
    { "net.ipv4.tcp_congestion_control", TCP(congestion_control), KIND_CONGESTION, 0, 0 },
    { "net.ipv4.tcp_dsack", TCP(dsack), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_early_retrans", TCP(early_retrans), KIND_U8, 0, 4 },
    { "net.ipv4.tcp_ecn", TCP(ecn), KIND_U8, 0, 5 },
    { "net.ipv4.tcp_ecn_fallback", TCP(ecn_fallback), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_ecn_option", TCP(ecn_option), KIND_U8, 0, 2 },
    { "net.ipv4.tcp_ecn_option_beacon", TCP(ecn_option_beacon), KIND_U8, 0, 3 },
    { "net.ipv4.tcp_fastopen", TCP(fastopen), KIND_U16, 0, UINT16_MAX },
    { "net.ipv4.tcp_fastopen_blackhole_timeout_sec", IN_TCP, 0, KIND_FASTOPEN_BLACKHOLE, 0,
      INT32_MAX },
    { "net.ipv4.tcp_fastopen_key", IN_TCP, 0, KIND_FASTOPEN_KEYS, 0, 0 },
    { "net.ipv4.tcp_fin_timeout", TCP(fin_timeout), KIND_U32, 0, 1000000 },
    { "net.ipv4.tcp_frto", TCP(frto), KIND_U8, 0, 2 },
    { "net.ipv4.tcp_invalid_ratelimit", TCP(invalid_ratelimit), KIND_U32, 0, INT32_MAX },
    { "net.ipv4.tcp_keepalive_intvl", TCP(keepalive_intvl), KIND_U32, 1, 32767 },
    { "net.ipv4.tcp_keepalive_probes", TCP(keepalive_probes), KIND_U8, 0, 255 },
    { "net.ipv4.tcp_keepalive_time", TCP(keepalive_time), KIND_U32, 1, 1000000 },
    { "net.ipv4.tcp_max_syn_backlog", TCP(max_syn_backlog), KIND_U32, 0, INT32_MAX },
    { "net.ipv4.tcp_max_tw_buckets", TCP(max_tw_buckets), KIND_U32, 0, INT32_MAX },
    { "net.ipv4.tcp_min_rtt_wlen", TCP(min_rtt_wlen), KIND_U32, 0, 86400 },
    { "net.ipv4.tcp_min_tso_segs", TCP(min_tso_segs), KIND_U8, 1, 255 },
    { "net.ipv4.tcp_moderate_rcvbuf", TCP(moderate_rcvbuf), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_mtu_probe_floor", TCP(mtu_probe_floor), KIND_U16, 1, 65535 },
    { "net.ipv4.tcp_mtu_probing", TCP(mtu_probing), KIND_U8, 0, 2 },
    { "net.ipv4.tcp_no_metrics_save", TCP(no_metrics_save), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_no_ssthresh_metrics_save", TCP(no_ssthresh_metrics_save), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_notsent_lowat", TCP(notsent_lowat), KIND_U32, 0, UINT32_MAX },
    { "net.ipv4.tcp_orphan_retries", TCP(orphan_retries), KIND_U8, 0, 255 },
    { "net.ipv4.tcp_probe_interval", TCP(probe_interval), KIND_U16, 0, 65535 },
    { "net.ipv4.tcp_probe_threshold", TCP(probe_threshold), KIND_U16, 0, 65535 },
    { "net.ipv4.tcp_recovery", TCP(recovery), KIND_U8, 0, 255 },
    { "net.ipv4.tcp_reordering", TCP(reordering), KIND_U8, 1, 127 },
    { "net.ipv4.tcp_retries1", TCP(retries1), KIND_U8, 0, 255 },
    { "net.ipv4.tcp_retries2", TCP(retries2), KIND_U8, 0, 255 },
    { "net.ipv4.tcp_rfc1337", TCP(rfc1337), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_rmem", TCP(rmem), KIND_U32_3, 1, INT32_MAX },
    { "net.ipv4.tcp_rto_max_ms", TCP(rto_max_us), KIND_U32_MS, 1, 120000 },
    { "net.ipv4.tcp_rto_min_us", TCP(rto_min_us), KIND_U32, 1, 1000000 },
    { "net.ipv4.tcp_sack", TCP(sack), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_slow_start_after_idle", TCP(slow_start_after_idle), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_stdurg", TCP(stdurg), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_syn_linear_timeouts", TCP(syn_linear_timeouts), KIND_U8, 0, 127 },
    { "net.ipv4.tcp_syn_retries", TCP(syn_retries), KIND_U8, 1, 127 },
    { "net.ipv4.tcp_synack_retries", TCP(synack_retries), KIND_U8, 0, 255 },
    { "net.ipv4.tcp_syncookies", TCP(syncookies), KIND_U8, 0, 2 },
    { "net.ipv4.tcp_thin_linear_timeouts", TCP(thin_linear_timeouts), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_timestamps", TCP(timestamps), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_tso_rtt_log", TCP(tso_rtt_log), KIND_U8, 0, 31 },
    { "net.ipv4.tcp_tso_win_divisor", TCP(tso_win_divisor), KIND_U8, 0, 255 },
    { "net.ipv4.tcp_tw_reuse", TCP(tw_reuse), KIND_U8, 0, 2 },
    { "net.ipv4.tcp_tw_reuse_delay", TCP(tw_reuse_delay_ms), KIND_U16, 1, 60000 },
    { "net.ipv4.tcp_window_scaling", TCP(window_scaling), KIND_BOOL, 0, 1 },
    { "net.ipv4.tcp_wmem", TCP(wmem), KIND_U32_3, 1, INT32_MAX },
    { "net.ipv6.bindv6only", IPV6(bindv6only), KIND_BOOL, 0, 1 },
    { "net.ipv6.conf.all.accept_ra", IPV6(accept_ra), KIND_BOOL, 0, 1 },
    { "net.ipv6.conf.all.accept_redirects", IPV6(accept_redirects), KIND_BOOL, 0, 1 },
    { "net.ipv6.conf.all.forwarding", IPV6(forwarding), KIND_BOOL, 0, 1 },
    { "net.ipv6.conf.all.hop_limit", IPV6(hop_limit), KIND_U8, 1, 255 },
    { "net.ipv6.icmp.ratelimit", IPV6(icmp_ratelimit_ms), KIND_U32, 0, INT32_MAX },
    /* Ours: docs/fidelity.md. */
    { "net.wirewalk.tcp_delack_max_ms", TCP(delack_max_us), KIND_U32_MS, 1, 500 },
    { "net.wirewalk.tcp_exact_timers", TCP(exact_timers), KIND_BOOL, 0, 1 },
    { "net.wirewalk.tcp_initcwnd", TCP(initial_cwnd), KIND_U8, 1, 255 },
    { "net.wirewalk.tcp_rfc5961_rst", TCP(rfc5961_rst), KIND_BOOL, 0, 1 },
    { "net.wirewalk.tcp_rfc5961_syn", TCP(rfc5961_syn), KIND_BOOL, 0, 1 },
    { "net.wirewalk.tcp_rfc_over_linux", TCP(rfc_over_linux), KIND_U8, 0, TCP_RFC_ALWAYS },
    { "net.wirewalk.tcp_rto_initial_ms", TCP(rto_initial_us), KIND_U32_MS, 1, 60000 },
};

#define N_SETTINGS (sizeof settings / sizeof *settings)

static bool names_equal(const char *a, const char *b)
{
    while (*a != '\0' &&
           (*a == *b || (*a == '.' && *b == '/'))) /* net/ipv4/ip_forward is the same */
        a++, b++;
    return *a == *b;
}

#define CONF_PREFIX "net.ipv4.conf."

static const struct setting *find_named(const char *name)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (names_equal(settings[i].name, name))
            return &settings[i];
    return NULL;
}

/* net.ipv4.conf.DEVICE.KEY: that of "all", and whose it is. */
static const struct setting *find_conf(struct os *os, const char *name, struct ip_conf **conf)
{
    const char *device = name + strlen(CONF_PREFIX), *key;
    char generic[NETCTL_SYSCTL_TEXT_MAX], word[32];
    const struct setting *setting;
    struct ip_iface *iface;
    size_t len = strcspn(device, "./");

    key = device + len;
    if (*key == '\0' || len >= sizeof word || strlen(key) >= sizeof generic - 32)
        return NULL;
    memcpy(word, device, len);
    word[len] = '\0';
    snprintf(generic, sizeof generic, CONF_PREFIX "all.%s", key + 1);
    setting = find_named(generic);
    iface = ip_iface_find(&os->ip, word);
    *conf = strcmp(word, "all") == 0       ? &ip_confs(&os->ip)->all
            : strcmp(word, "default") == 0 ? &ip_confs(&os->ip)->fallback
            : iface != NULL                ? &iface->conf
                                           : NULL;
    return setting != NULL && setting->place == IN_CONF && *conf != NULL ? setting : NULL;
}

/* The setting called @name; @conf: of settings of interfaces, whose. */
static const struct setting *find_setting(const struct os *os, const char *name,
                                          struct ip_conf **conf)
{
    char prefix[] = CONF_PREFIX, start[sizeof prefix];
    const struct setting *setting;

    *conf = NULL;
    snprintf(start, sizeof start, "%s", name);
    setting = names_equal(prefix, start) ? find_conf((struct os *)(uintptr_t)os, name, conf) : NULL;
    if (setting != NULL)
        return setting;
    setting = find_named(name);
    return setting != NULL && setting->place == IN_CONF ? NULL : setting;
}

static void *place_of(const struct os *os, const struct setting *setting)
{
    char *base = setting->place == IN_TCP ? (char *)tcp_sysctl(os->tcp) : (char *)(uintptr_t)os;

    return base + setting->offset;
}

const char *netctl_sysctl_at(unsigned n)
{
    return n < N_SETTINGS ? settings[n].name : NULL;
}

static void tell_keys(const struct os *os, char text[static NETCTL_SYSCTL_TEXT_MAX])
{
    const struct tcp_fastopen_keys *keys = tcp_fastopen_host_keys(os->tcp);
    unsigned n = keys->n > 0 ? keys->n : 1; /* zeros before */
    size_t len = 0;

    for (unsigned i = 0; i < n; i++) {
        const uint32_t *key = keys->keys[i];

        len += (size_t)snprintf(text + len, NETCTL_SYSCTL_TEXT_MAX - len, "%s%08x-%08x-%08x-%08x",
                                i == 0 ? "" : ",", key[0], key[1], key[2], key[3]);
    }
}

int netctl_sysctl_get(const struct os *os, const char *name,
                      char text[static NETCTL_SYSCTL_TEXT_MAX])
{
    struct ip_conf *conf;
    const struct setting *setting = find_setting(os, name, &conf);
    const void *at;
    unsigned value = 0;

    if (setting == NULL)
        return -SIM_ENOENT;
    if (setting->place == IN_CONF) {
        snprintf(text, NETCTL_SYSCTL_TEXT_MAX, "%u",
                 ip_conf_value(conf, (enum ip_conf_key)setting->offset));
        return 0;
    }
    at = place_of(os, setting);
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
    case KIND_U32_MS:
        value = *(const uint32_t *)at / 1000;
        break;
    case KIND_U32_NS:
        value = *(const uint32_t *)at * 1000;
        break;
    case KIND_PORT_RANGE:
        snprintf(text, NETCTL_SYSCTL_TEXT_MAX, "%u\t%u", os->ip.sysctl.port_min,
                 os->ip.sysctl.port_max);
        return 0;
    case KIND_U32_3: {
        const uint32_t *three = at;

        snprintf(text, NETCTL_SYSCTL_TEXT_MAX, "%u\t%u\t%u", three[0], three[1], three[2]);
        return 0;
    }
    case KIND_CONGESTION:
        snprintf(text, NETCTL_SYSCTL_TEXT_MAX, "%s",
                 *(const enum tcp_cc_kind *)at == TCP_CC_RENO ? "reno" : "cubic");
        return 0;
    case KIND_FASTOPEN_BLACKHOLE:
        value = *tcp_fastopen_blackhole(os->tcp);
        break;
    case KIND_FASTOPEN_KEYS:
        tell_keys(os, text);
        return 0;
    }
    snprintf(text, NETCTL_SYSCTL_TEXT_MAX, "%u", value);
    return 0;
}

/* @n numbers with blanks between. */
static bool read_numbers(const char *text, unsigned n, uint64_t max, uint64_t *values)
{
    char copy[NETCTL_SYSCTL_TEXT_MAX];
    char *at = copy;

    if (strlen(text) >= sizeof copy)
        return false;
    strcpy(copy, text);
    for (unsigned i = 0; i < n; i++) {
        char *end;

        at += strspn(at, " \t");
        end = at + strcspn(at, " \t");
        if (i + 1 < n && *end == '\0')
            return false;
        *end = '\0';
        if (!text_u64(at, max, &values[i]))
            return false;
        at = end + 1;
    }
    return true;
}

static int set_port_range(struct os *os, const char *text)
{
    uint64_t range[2];

    if (!read_numbers(text, 2, 65535, range) || range[0] == 0 || range[0] > range[1])
        return -SIM_EINVAL;
    os->ip.sysctl.port_min = (uint16_t)range[0];
    os->ip.sysctl.port_max = (uint16_t)range[1];
    return 0;
}

static int set_three(uint32_t *three, const struct setting *setting, const char *text)
{
    uint64_t values[3];

    if (!read_numbers(text, 3, setting->max, values) || values[0] < setting->min ||
        values[1] < setting->min || values[2] < setting->min)
        return -SIM_EINVAL;
    for (int i = 0; i < 3; i++)
        three[i] = (uint32_t)values[i];
    return 0;
}

/* Words of up to eight hexadecimal digits with "-" between them, and "," between two keys. */
static int set_keys(struct tcp_layer *tcp, const char *text)
{
    struct tcp_fastopen_keys keys = { 0 };

    do {
        uint32_t *key = keys.keys[keys.n];

        if (keys.n == TCP_FASTOPEN_KEYS)
            return -SIM_EINVAL;
        for (unsigned i = 0; i < 4; i++) {
            size_t digits = 0;

            for (; digits < 8 && digits_hex_value(text[digits]) >= 0; digits++)
                key[i] = key[i] << 4 | (uint32_t)digits_hex_value(text[digits]);
            text += digits;
            if (digits == 0 || (i < 3 && *text++ != '-'))
                return -SIM_EINVAL;
        }
        keys.n++;
    } while (*text++ == ',');
    if (text[-1] != '\0')
        return -SIM_EINVAL;
    *tcp_fastopen_host_keys(tcp) = keys;
    return 0;
}

/* A number as Linux takes it: "0x" begins a hexadecimal one. */
static bool read_number(const char *text, uint64_t max, uint64_t *value)
{
    const char *digit = text + 2;

    if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X') || *digit == '\0')
        return text_u64(text, max, value);
    for (*value = 0; *digit != '\0'; digit++) {
        if (digits_hex_value(*digit) < 0 || *value > max)
            return false;
        *value = *value << 4 | (uint64_t)digits_hex_value(*digit);
    }
    return *value <= max;
}

static int set_congestion(enum tcp_cc_kind *kind, const char *text)
{
    if (strcmp(text, "reno") != 0 && strcmp(text, "cubic") != 0)
        return -SIM_ENOENT; /* no such module */
    *kind = strcmp(text, "reno") == 0 ? TCP_CC_RENO : TCP_CC_CUBIC;
    return 0;
}

int netctl_sysctl_set(struct os *os, const char *name, const char *text)
{
    struct ip_conf *conf;
    const struct setting *setting = find_setting(os, name, &conf);
    uint64_t value;
    void *at;

    if (setting == NULL)
        return -SIM_ENOENT;
    if (setting->kind == KIND_PORT_RANGE)
        return set_port_range(os, text);
    if (setting->kind == KIND_U32_3)
        return set_three(place_of(os, setting), setting, text);
    if (setting->kind == KIND_CONGESTION)
        return set_congestion(place_of(os, setting), text);
    if (setting->kind == KIND_FASTOPEN_KEYS)
        return set_keys(os->tcp, text);
    os->ip.changes++;
    os->ip.fib.generation++; /* rt_cache_flush(), which not all need: flows know ip_forward */
    if (!read_number(text, setting->max, &value) || value < setting->min)
        return -SIM_EINVAL;
    if (setting->place == IN_CONF) {
        ip_conf_set(&os->ip, conf, (enum ip_conf_key)setting->offset, (uint8_t)value);
        return 0;
    }
    at = place_of(os, setting);
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
    case KIND_U32_MS:
        *(uint32_t *)at = (uint32_t)value * 1000;
        break;
    case KIND_U32_NS:
        *(uint32_t *)at = (uint32_t)value / 1000;
        break;
    case KIND_FASTOPEN_BLACKHOLE:
        *tcp_fastopen_blackhole(os->tcp) = (uint32_t)value;
        break;
    default: /* set above */
        break;
    }
    return 0;
}
