/* `services`: DHCP servers and relay agents. */
#include "lab/topology_build.h"

#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"
#include "stack/services/dhcp_relay.h"

/* Whether @addr is in the clients' subnet: the one named, else that of @iface; where neither is
 * known, yes. */
static bool subnet_has(const struct topo_iface *iface, const struct topo_dhcp *dhcp, ip4_addr addr)
{
    if (dhcp->has_subnet)
        return ip4_in_prefix(addr, dhcp->subnet, dhcp->subnet_len);
    for (uint32_t i = 0; iface != NULL && i < iface->n_addrs; i++)
        if (ip4_in_prefix(addr, iface->addrs[i].addr, iface->addrs[i].prefix_len))
            return true;
    return iface == NULL || iface->n_addrs == 0;
}

/* The clients' subnet, for messages. */
static const char *subnet_text(struct topo_build *b, const struct topo_iface *iface,
                               const struct topo_dhcp *dhcp)
{
    char addr[IP4_TEXT_MAX];
    g_autofree char *text = NULL;
    ip4_addr first = dhcp->has_subnet      ? dhcp->subnet
                     : iface->n_addrs == 0 ? 0
                                           : iface->addrs[0].addr;
    uint8_t len = dhcp->has_subnet      ? dhcp->subnet_len
                  : iface->n_addrs == 0 ? 0
                                        : iface->addrs[0].prefix_len;

    text = g_strdup_printf("%s/%u", ip4_format(first & ip4_mask(len), addr), len);
    return arena_strdup(b->r.arena, text);
}

static bool parse_pool(const char *text, struct topo_dhcp *dhcp)
{
    const char *dash = strchr(text, '-');
    g_autofree char *first = dash != NULL ? g_strndup(text, (gsize)(dash - text)) : NULL;

    return dash != NULL && ip4_parse(g_strstrip(first), &dhcp->pool_first) &&
           ip4_parse(dash + 1 + strspn(dash + 1, " "), &dhcp->pool_last);
}

static void read_pool(struct topo_build *b, const struct topo_node *node, const struct ynode *value,
                      struct topo_dhcp *dhcp)
{
    const struct topo_iface *iface =
        dhcp->iface != TOPO_NOWHERE ? &node->ifaces[dhcp->iface] : NULL;

    if (value->kind != YNODE_TEXT || !parse_pool(value->text, dhcp)) {
        reader_error(&b->r, value->at, _("a pool is written 192.168.1.100-192.168.1.199, not %s"),
                     reader_show(&b->r, value));
        return;
    }
    if (dhcp->pool_first > dhcp->pool_last)
        reader_error(&b->r, value->at, _("the pool ends before it begins"));
    else if (subnet_has(iface, dhcp, dhcp->pool_first) && subnet_has(iface, dhcp, dhcp->pool_last))
        return;
    else if (dhcp->has_subnet)
        reader_error(&b->r, value->at, _("the pool %s is not in the subnet %s"), value->text,
                     subnet_text(b, iface, dhcp));
    else
        reader_error(&b->r, value->at,
                     _("the pool %s is not in the subnet of %s, %s; for clients behind a relay "
                       "agent name theirs: `subnet`"),
                     value->text, iface->name, subnet_text(b, iface, dhcp));
}

static void read_leases(struct topo_build *b, const struct topo_node *node, const struct ynode *map,
                        struct topo_dhcp *dhcp)
{
    const struct topo_iface *iface =
        dhcp->iface != TOPO_NOWHERE ? &node->ifaces[dhcp->iface] : NULL;

    if (!build_is_map(b, map, "static", "{02:00:00:00:01:01: 192.168.1.50}"))
        return;
    dhcp->leases = arena_alloc(b->r.arena, map->n * sizeof *dhcp->leases);
    for (uint32_t i = 0; i < map->n; i++) {
        struct topo_dhcp_lease *lease = &dhcp->leases[dhcp->n_leases];
        bool ok = read_mac(&b->r, ynode_key(map, i), "static", &lease->mac);

        lease->at = ynode_key(map, i)->at;
        if (!read_ip(&b->r, ynode_value(map, i), "static", &lease->addr) || !ok)
            continue;
        if (!subnet_has(iface, dhcp, lease->addr))
            reader_error(&b->r, ynode_value(map, i)->at, _("%s is not in the clients' subnet, %s"),
                         ynode_value(map, i)->text, subnet_text(b, iface, dhcp));
        dhcp->n_leases++;
    }
}

#define OPTION_LEN_MAX 255

/* `hex 0a0b`; the octets' number, or -1. */
static int parse_hex(const char *text, uint8_t octets[OPTION_LEN_MAX])
{
    int n = 0;

    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == ':')
            continue;
        if (n == OPTION_LEN_MAX || !g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1]))
            return -1;
        octets[n++] = (uint8_t)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
        text++;
    }
    return n;
}

/* `u8 5`, `u16 1500`, `u32 7`; the octets' number, 0 where it is none of these, or -1. */
static int parse_sized(const char *text, uint8_t octets[OPTION_LEN_MAX])
{
    static const struct {
        const char *word;
        int len;
    } sizes[] = { { "u8 ", 1 }, { "u16 ", 2 }, { "u32 ", 4 } };
    uint64_t n;

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (text_starts(text, sizes[i].word)) {
            if (!text_u64(text + strlen(sizes[i].word), (UINT64_C(1) << (8 * sizes[i].len)) - 1,
                          &n))
                return -1;
            for (int k = 0; k < sizes[i].len; k++)
                octets[k] = (uint8_t)(n >> (8 * (sizes[i].len - 1 - k)));
            return sizes[i].len;
        }
    return 0;
}

/* An option's octets: addresses, a number with its size, `hex`, or else a text. */
static int option_octets(const struct ynode *value, uint8_t octets[OPTION_LEN_MAX])
{
    uint64_t bare;
    ip4_addr addr;
    int n = 0;

    for (uint32_t i = 0; i < list_len(value); i++) {
        const struct ynode *item = list_item(value, i);

        if (item->kind != YNODE_TEXT ||
            (!ip4_parse(item->text, &addr) && value->kind == YNODE_LIST) || n > OPTION_LEN_MAX - 4)
            return -1;
        if (!ip4_parse(item->text, &addr))
            break;
        for (int shift = 24; shift >= 0; shift -= 8)
            octets[n++] = (uint8_t)(addr >> shift);
    }
    if (n > 0 || value->kind != YNODE_TEXT)
        return n > 0 ? n : -1;
    if (text_starts(value->text, "hex "))
        return parse_hex(value->text + 4, octets);
    n = parse_sized(value->text, octets);
    if (n != 0)
        return n;
    if (value->n == 0 || value->n > OPTION_LEN_MAX ||
        (!value->quoted && text_u64(value->text, UINT64_MAX, &bare)))
        return -1;
    memcpy(octets, value->text, value->n);
    return (int)value->n;
}

static int by_code(const void *a, const void *b)
{
    return ((const struct topo_dhcp_option *)a)->code - ((const struct topo_dhcp_option *)b)->code;
}

static void read_options(struct topo_build *b, const struct ynode *map, struct topo_dhcp *dhcp)
{
    if (!build_is_map(b, map, "options", "{42: 192.168.1.1, 26: u16 1400}"))
        return;
    dhcp->options = arena_alloc(b->r.arena, map->n * sizeof *dhcp->options);
    for (uint32_t i = 0; i < map->n; i++) {
        const struct ynode *key = ynode_key(map, i), *value = ynode_value(map, i);
        uint8_t octets[OPTION_LEN_MAX], *kept;
        uint64_t code;
        int len;

        if (!text_u64(key->text, 254, &code) || code == 0) {
            reader_error(&b->r, key->at, _("an option is a number from 1 to 254, not %s"),
                         reader_quote(&b->r, key->text));
            continue;
        }
        len = option_octets(value, octets);
        if (len <= 0) {
            reader_error(&b->r, value->at,
                         _("an option's value is an address or a list of them, a number with its "
                           "size (`u8 5`, `u16 1400`, `u32 7`), `hex 0a0b`, or a text; not %s"),
                         reader_show(&b->r, value));
            continue;
        }
        kept = arena_alloc(b->r.arena, (size_t)len);
        memcpy(kept, octets, (size_t)len);
        dhcp->options[dhcp->n_options++] =
            (struct topo_dhcp_option){ (uint8_t)code, (uint8_t)len, kept };
    }
    qsort(dhcp->options, dhcp->n_options, sizeof *dhcp->options, by_code);
}

enum dhcp_key {
    DHCP_INTERFACE,
    DHCP_SUBNET,
    DHCP_POOL,
    DHCP_GATEWAY,
    DHCP_RESOLVER,
    DHCP_LEASE,
    DHCP_PING_CHECK,
    DHCP_DOMAIN,
    DHCP_STATIC,
    DHCP_OPTIONS,
    DHCP_N_KEYS
};

static void read_subnet(struct topo_build *b, const struct ynode *value, struct topo_dhcp *dhcp)
{
    unsigned len;

    if (value->kind != YNODE_TEXT || !ip4_prefix_parse(value->text, &dhcp->subnet, &len) ||
        len == 0) {
        reader_error(&b->r, value->at, _("a subnet is written 192.168.2.0/24, not %s"),
                     reader_show(&b->r, value));
        return;
    }
    dhcp->subnet_len = (uint8_t)len;
    dhcp->has_subnet = true;
}

static void read_dhcp_where(struct topo_build *b, const struct topo_node *node,
                            const struct ynode *map, const struct ynode **values,
                            struct topo_dhcp *dhcp)
{
    dhcp->iface = TOPO_NOWHERE;
    if (values[DHCP_INTERFACE] != NULL) {
        dhcp->iface = build_iface_named(b, node, values[DHCP_INTERFACE], "interface");
    } else if (node->n_ifaces == 1) {
        dhcp->iface = 0;
    } else {
        reader_error(&b->r, map->at, _("`interface` is missing: where the DHCP server listens"));
    }
    if (dhcp->iface != TOPO_NOWHERE && node->ifaces[dhcp->iface].n_addrs == 0)
        reader_error(&b->r, map->at,
                     _("a DHCP server's interface needs an address of its own, but %s has none"),
                     node->ifaces[dhcp->iface].name);
    if (values[DHCP_SUBNET] != NULL)
        read_subnet(b, values[DHCP_SUBNET], dhcp);
    if (values[DHCP_POOL] != NULL)
        read_pool(b, node, values[DHCP_POOL], dhcp);
    else
        reader_error(&b->r, map->at, _("`pool` is missing, like 192.168.1.100-192.168.1.199"));
}

void build_dhcp(struct topo_build *b, const struct topo_node *node, const struct ynode *map,
                struct topo_dhcp *dhcp)
{
    static const char *const names[] = {
        "interface", "subnet",     "pool",   "gateway", "resolver",
        "lease",     "ping-check", "domain", "static",  "options"
    };
    const struct ynode *values[DHCP_N_KEYS];

    *dhcp = (struct topo_dhcp){ .iface = TOPO_NOWHERE, .lease = TOPO_LEASE_DEFAULT, .at = map->at };
    if (!read_map(&b->r, map, _("a DHCP server"), names, DHCP_N_KEYS, NULL, values))
        return;
    read_dhcp_where(b, node, map, values, dhcp);
    if (values[DHCP_GATEWAY] != NULL) {
        dhcp->has_gateway = read_ip(&b->r, values[DHCP_GATEWAY], "gateway", &dhcp->gateway);
        if (dhcp->has_gateway && dhcp->iface != TOPO_NOWHERE &&
            !subnet_has(&node->ifaces[dhcp->iface], dhcp, dhcp->gateway))
            reader_warning(&b->r, values[DHCP_GATEWAY]->at,
                           _("the gateway %s is not in the clients' subnet, %s"),
                           values[DHCP_GATEWAY]->text,
                           subnet_text(b, &node->ifaces[dhcp->iface], dhcp));
    }
    if (values[DHCP_RESOLVER] != NULL)
        read_ips(&b->r, values[DHCP_RESOLVER], "resolver", &dhcp->resolvers, &dhcp->n_resolvers);
    if (values[DHCP_LEASE] != NULL && read_time(&b->r, values[DHCP_LEASE], "lease", &dhcp->lease) &&
        (dhcp->lease == 0 || dhcp->lease % SIM_SEC(1) != 0))
        reader_error(&b->r, values[DHCP_LEASE]->at,
                     _("a lease is a whole number of seconds, at least one"));
    if (values[DHCP_PING_CHECK] != NULL)
        read_bool(&b->r, values[DHCP_PING_CHECK], "ping-check", &dhcp->ping_check);
    if (values[DHCP_DOMAIN] != NULL)
        read_text(&b->r, values[DHCP_DOMAIN], "domain", &dhcp->domain);
    if (values[DHCP_STATIC] != NULL)
        read_leases(b, node, values[DHCP_STATIC], dhcp);
    if (values[DHCP_OPTIONS] != NULL)
        read_options(b, values[DHCP_OPTIONS], dhcp);
}

/* ---- relay agents ---- */

static void read_relay_ifaces(struct topo_build *b, const struct topo_node *node,
                              const struct ynode *list, struct topo_dhcp_relay *relay)
{
    relay->ifaces = arena_alloc(b->r.arena, list_len(list) * sizeof *relay->ifaces);
    for (uint32_t i = 0; i < list_len(list); i++) {
        uint32_t iface = build_iface_named(b, node, list_item(list, i), "interface");

        if (iface == TOPO_NOWHERE)
            continue;
        if (node->ifaces[iface].n_addrs == 0)
            reader_error(&b->r, list_item(list, i)->at,
                         _("a relay agent needs an address on %s: the server finds the clients' "
                           "subnet by it"),
                         node->ifaces[iface].name);
        relay->ifaces[relay->n_ifaces++] = iface;
    }
}

void build_dhcp_relay(struct topo_build *b, const struct topo_node *node, const struct ynode *map,
                      struct topo_dhcp_relay *relay)
{
    static const char *const names[] = { "interface", "server", "agent-option" };
    const struct ynode *values[3];

    *relay = (struct topo_dhcp_relay){ .at = map->at };
    if (!read_map(&b->r, map, _("a DHCP relay agent"), names, 3, NULL, values))
        return;
    if (values[0] != NULL)
        read_relay_ifaces(b, node, values[0], relay);
    if (values[1] != NULL)
        read_ips(&b->r, values[1], "server", &relay->servers, &relay->n_servers);
    else
        reader_error(&b->r, map->at, _("`server` is missing: the DHCP server's address"));
    if (relay->n_servers > DHCP_RELAY_SERVERS_MAX)
        reader_error(&b->r, values[1]->at, _("a relay agent passes on to %u servers at most"),
                     DHCP_RELAY_SERVERS_MAX);
    if (values[2] != NULL)
        read_bool(&b->r, values[2], "agent-option", &relay->agent_option);
}
