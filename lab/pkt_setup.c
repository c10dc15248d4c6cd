#include "lab/pkt_setup.h"

#include <string.h>

#include "base/addr.h"
#include "base/be.h"
#include "inspect/i18n.h"

#define MTU_DEFAULT       1500
#define MTU_MIN           68
#define TOLERANCE_DEFAULT 4000 /* us, the published default */

/* What a script has when it does not say: the published defaults. */
static const struct {
    const char *local, *gateway, *remote;
    unsigned prefix_len;
} DEFAULTS[] = {
    { "192.168.0.1", "192.168.0.2", "192.0.2.1", 16 },
    { "fd3d:0a0b:17d6::1", "fd3d:0a0b:17d6:8888::0", "fd3d:fa7b:d17d::1", 48 },
};

bool pkt_ip_parse(const char *text, bool *v6, struct pkt_ip *ip)
{
    ip4_addr ip4;
    struct ip6_addr ip6;

    memset(ip, 0, sizeof *ip);
    if (ip4_parse(text, &ip4)) {
        *v6 = false;
        be32_put(ip->octets, ip4);
        return true;
    }
    if (!ip6_parse(text, &ip6))
        return false;
    *v6 = true;
    be64_put(ip->octets, ip6.hi);
    be64_put(ip->octets + 8, ip6.lo);
    return true;
}

char *pkt_ip_text(const struct pkt_ip *ip, bool v6)
{
    char text4[IP4_TEXT_MAX], text6[IP6_TEXT_MAX];
    struct ip6_addr ip6;

    if (!v6)
        return g_strdup(ip4_format(be32_get(ip->octets), text4));
    ip6.hi = be64_get(ip->octets);
    ip6.lo = be64_get(ip->octets + 8);
    return g_strdup(ip6_format(ip6, text6));
}

/* ---- options ---- */

struct setup {
    enum pkt_ip_version version;
    const char *local, *remote, *gateway, *netmask;
    int64_t mtu, tolerance_us;
    struct pkt_fault *fault;
};

static bool wrong(struct setup *setup, const struct pkt_option *option)
{
    setup->fault->line = option->line;
    setup->fault->text =
        g_strdup_printf(_("--%s does not have the value \"%s\""), option->name, option->value);
    return false;
}

static bool number_option(struct setup *setup, const struct pkt_option *option, gint64 min,
                          gint64 max, int64_t *number)
{
    gint64 value;

    if (!g_ascii_string_to_signed(option->value, 10, min, max, &value, NULL))
        return wrong(setup, option);
    *number = value;
    return true;
}

static bool version_option(struct setup *setup, const struct pkt_option *option)
{
    if (g_str_equal(option->value, "ipv4"))
        setup->version = PKT_IPV4;
    else if (g_str_equal(option->value, "ipv6"))
        setup->version = PKT_IPV6;
    else if (g_str_equal(option->value, "ipv4-mapped-ipv6") ||
             g_str_equal(option->value, "ipv4_mapped_ipv6"))
        setup->version = PKT_IPV4_MAPPED;
    else
        return wrong(setup, option);
    return true;
}

bool pkt_option_is_without_meaning(const char *name)
{
    static const char *const names[] = {
        "verbose",
        "dry_run",
        "init_scripts",
        "speed",
        "wire_client",
        "wire_server",
        "wire_server_ip",
        "tcp_ts_tick_usecs",
        "non_fatal",
        "persistent_tun_dev",
        "tun_dev",
        "verbose_errors",
        "debug",
        "is_anyip",
        "send_omit_free",
        "so_filename",
        "so_flags",
        "bind_port",
        "connect_port",
        "strict_segments",
        "fuzz",
        "use_expect",
        "live_bind_ip",
        "live_connect_ip",
        "tun_device",
        "timeout",
        "no_cleanup",
        "code_command",
        "code_format",
        "cleanup",
        "udp_encaps",
        "code_sockopt",
        "wire_client_dev",
        "wire_server_dev",
        "wire_server_port",
        "no_ts",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(names[i], name))
            return true;
    return false;
}

static bool apply(struct setup *setup, const struct pkt_option *option)
{
    const char *name = option->name;
    int64_t ignored;

    if (g_str_equal(name, "ip_version"))
        return version_option(setup, option);
    if (g_str_equal(name, "mtu"))
        return number_option(setup, option, MTU_MIN, PKT_PACKET_MAX, &setup->mtu);
    if (g_str_equal(name, "mss"))
        return number_option(setup, option, 0, PKT_PACKET_MAX, &ignored);
    if (g_str_equal(name, "tolerance_usecs"))
        return number_option(setup, option, 0, INT64_C(1000000000), &setup->tolerance_us);
    if (g_str_equal(name, "local_ip"))
        return setup->local = option->value, true;
    if (g_str_equal(name, "remote_ip"))
        return setup->remote = option->value, true;
    if (g_str_equal(name, "gateway_ip"))
        return setup->gateway = option->value, true;
    if (g_str_equal(name, "netmask_ip"))
        return setup->netmask = option->value, true;
    if (pkt_option_is_without_meaning(name) || g_str_equal(name, "define"))
        return true;
    setup->fault->line = option->line;
    setup->fault->refused = true;
    setup->fault->text = g_strdup_printf(_("wirewalk does not have this: %s"), name);
    return false;
}

static bool address(struct setup *setup, const char *text, const char *usual, bool v6,
                    struct pkt_ip *ip)
{
    g_auto(GStrv) parts = g_strsplit(text != NULL ? text : usual, "/", 2);
    bool is_v6;

    if (pkt_ip_parse(parts[0], &is_v6, ip) && is_v6 == v6)
        return true;
    setup->fault->text = g_strdup_printf(_("\"%s\" is no address of this script's family"), text);
    return false;
}

static bool prefix(struct setup *setup, struct pkt_config *config, unsigned usual)
{
    ip4_addr mask;
    int len;

    config->prefix_len = usual;
    if (setup->netmask == NULL || config->v6)
        return true;
    len = ip4_parse(setup->netmask, &mask) ? ip4_mask_len(mask) : -1;
    if (len < 0) {
        setup->fault->text = g_strdup_printf(_("\"%s\" is no netmask"), setup->netmask);
        return false;
    }
    config->prefix_len = (unsigned)len;
    return true;
}

bool pkt_configure(const struct pkt_script *script, const struct pkt_options *options,
                   struct pkt_config *config, int64_t *tolerance, struct pkt_fault *fault)
{
    struct setup setup = { .mtu = MTU_DEFAULT, .tolerance_us = TOLERANCE_DEFAULT, .fault = fault };
    const GArray *lists[] = { script->options, options->settings };
    unsigned v6;

    for (gsize l = 0; l < G_N_ELEMENTS(lists); l++)
        for (guint i = 0; lists[l] != NULL && i < lists[l]->len; i++)
            if (!apply(&setup, &g_array_index(lists[l], struct pkt_option, i)))
                return false;
    v6 = setup.version == PKT_IPV6;
    config->v6 = v6;
    config->mapped = setup.version == PKT_IPV4_MAPPED;
    config->mtu = (uint32_t)setup.mtu;
    *tolerance = setup.tolerance_us * PKT_NSEC_PER_USEC;
    return address(&setup, setup.local, DEFAULTS[v6].local, v6, &config->local) &&
           address(&setup, setup.remote, DEFAULTS[v6].remote, v6, &config->remote) &&
           address(&setup, setup.gateway, DEFAULTS[v6].gateway, v6, &config->gateway) &&
           prefix(&setup, config, DEFAULTS[v6].prefix_len);
}
