/* What a host or router has besides services: interfaces, routes, NAT, files. */
#include "lab/topology_build.h"

#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"
#include "stack/net/multipath.h"

/* ---- interfaces ---- */

/* "192.168.1.20/255.255.255.0", "192.168.1.20/33" */
static bool complain_of_mask(const struct reader *r, const struct ynode *node)
{
    const char *slash = strchr(node->text, '/');
    g_autofree char *addr =
        slash != NULL ? g_strndup(node->text, (gsize)(slash - node->text)) : NULL;
    ip4_addr before, mask;

    if (slash == NULL || !ip4_parse(addr, &before))
        return false;
    if (ip4_parse(slash + 1, &mask) && ip4_mask_len(mask) >= 0)
        reader_error(r, node->at, _("a mask is written as the number of its ones: %s/%d"), addr,
                     ip4_mask_len(mask));
    else
        reader_error(r, node->at,
                     _("behind the slash stands the prefix length, 0 to 32, not \"%s\""),
                     slash + 1);
    return true;
}

/* "192.168.1.20/24" */
static bool read_address(struct topo_build *b, const struct ynode *node, struct topo_addr *addr)
{
    const struct reader *r = &b->r;
    unsigned len;

    if (node->kind == YNODE_TEXT && strchr(node->text, '/') != NULL &&
        ip4_prefix_parse(node->text, &addr->addr, &len)) {
        addr->prefix_len = (uint8_t)len;
        addr->at = node->at;
        return true;
    }
    if (node->kind == YNODE_TEXT && ip4_parse(node->text, &addr->addr))
        reader_error(r, node->at, _("the address %s needs a prefix length: %s/24?"), node->text,
                     node->text);
    else if (node->kind != YNODE_TEXT || !complain_of_mask(r, node))
        reader_error(r, node->at,
                     _("an address is written like 192.168.1.20/24, or `dhcp`, not %s"),
                     reader_show(r, node));
    return false;
}

static void read_addressing(struct topo_build *b, const struct ynode *node,
                            struct topo_iface *iface)
{
    if (ynode_is_null(node))
        return;
    if (node->kind == YNODE_TEXT && strcmp(node->text, "dhcp") == 0) {
        iface->addressing = TOPO_ADDR_DHCP;
        return;
    }
    iface->addrs = arena_alloc(b->r.arena, list_len(node) * sizeof *iface->addrs);
    iface->addrs6 = arena_alloc(b->r.arena, list_len(node) * sizeof *iface->addrs6);
    for (uint32_t i = 0; i < list_len(node); i++) {
        const struct ynode *item = list_item(node, i);

        if (item->kind == YNODE_TEXT && strcmp(item->text, "dhcp") == 0 && list_len(node) > 1)
            iface->addressing = TOPO_ADDR_DHCP;
        else if (build_looks_v6(item))
            iface->n_addrs6 += build_address6(b, item, &iface->addrs6[iface->n_addrs6]);
        else
            iface->n_addrs += read_address(b, item, &iface->addrs[iface->n_addrs]);
    }
    iface->misread =
        iface->addressing != TOPO_ADDR_DHCP && iface->n_addrs + iface->n_addrs6 < list_len(node);
    if (iface->addressing == TOPO_ADDR_DHCP && iface->n_addrs > 0)
        reader_error(&b->r, node->at, _("an interface has `dhcp` or IPv4 addresses, not both"));
    if (iface->n_addrs > 0 && iface->addressing != TOPO_ADDR_DHCP)
        iface->addressing = TOPO_ADDR_STATIC;
}

static void read_interface(struct topo_build *b, const struct ynode *node, struct topo_iface *iface)
{
    static const char *const names[] = { "address", "mac", "mtu", "state" };
    static const char *const states[] = { "up", "down" };
    const struct ynode *values[4];
    size_t choice;

    if (node->kind != YNODE_MAP) {
        read_addressing(b, node, iface);
        return;
    }
    if (!read_map(&b->r, node, _("an interface"), names, 4, NULL, values))
        return;
    if (values[0] != NULL)
        read_addressing(b, values[0], iface);
    if (values[1] != NULL)
        iface->mac_given = read_mac(&b->r, values[1], "mac", &iface->mac);
    if (values[2] != NULL)
        read_u32(&b->r, values[2], "mtu", 68, 65535, &iface->mtu);
    if (values[3] != NULL && read_choice(&b->r, values[3], "state", states, 2, &choice))
        iface->down = choice == 1;
}

static bool iface_name_is_right(const char *name)
{
    if (*name == '\0' || strlen(name) > 15 || !g_str_is_ascii(name) || strcmp(name, "lo") == 0)
        return false;
    for (; *name != '\0'; name++)
        if (!g_ascii_isgraph(*name) || *name == '/' || *name == ':')
            return false;
    return true;
}

void build_interfaces(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    if (ynode_is_null(map))
        return;
    if (map->kind != YNODE_MAP) {
        reader_error(&b->r, map->at,
                     _("`interfaces` is a map like {eth0: 192.168.1.20/24}, not %s"),
                     reader_show(&b->r, map));
        return;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        const struct ynode *key = ynode_key(map, i);

        if (!iface_name_is_right(key->text)) {
            reader_error(&b->r, key->at,
                         _("%s cannot be an interface's name: at most 15 letters, digits and "
                           "signs, no `:`, `/` or space, and not `lo`"),
                         reader_quote(&b->r, key->text));
            continue;
        }
        read_interface(b, ynode_value(map, i), build_iface_add(b, node->index, key->text, key->at));
    }
}

/* ---- routes, as `ip route add` takes them ---- */

struct words {
    char **items;
    size_t next;
};

static const char *next_word(struct words *words)
{
    while (words->items[words->next] != NULL && *words->items[words->next] == '\0')
        words->next++;
    return words->items[words->next] != NULL ? words->items[words->next++] : NULL;
}

static bool route_wrong(struct topo_build *b, const struct ynode *node, const char *format,
                        const char *word)
{
    g_autofree char *why =
        g_strdup_printf(format, word != NULL ? reader_quote(&b->r, word) : _("nothing"));

    reader_error(&b->r, node->at,
                 _("a route is written `PREFIX via ADDRESS [dev IF] [metric N]`: %s"), why);
    return false;
}

static bool route_prefix6(struct topo_build *b, const struct ynode *node, const char *word,
                          struct topo_route *route)
{
    char text[IP6_TEXT_MAX];
    unsigned len;

    if (!ip6_prefix_parse(word, &route->prefix6, &len))
        return route_wrong(b, node, _("the prefix is `default` or like 2001:db8:2::/64, not %s"),
                           word);
    if (!ip6_eq(ip6_prefix(route->prefix6, len), route->prefix6)) {
        reader_error(&b->r, node->at, _("the prefix %s has bits outside its mask: %s/%u?"), word,
                     ip6_format(ip6_prefix(route->prefix6, len), text), len);
        return false;
    }
    route->v6 = true;
    route->prefix_len = (uint8_t)len;
    return true;
}

/* An address of the route's family; a default route has the family of its gateway. */
static bool route_address(struct topo_route *route, const char *word, ip4_addr *addr,
                          struct ip6_addr *addr6)
{
    if (word == NULL)
        return false;
    if (strchr(word, ':') == NULL)
        return !route->v6 && ip4_parse(word, addr);
    if (!route->v6 && route->prefix_len > 0)
        return false;
    route->v6 = true;
    return ip6_parse(word, addr6);
}

static bool route_prefix(struct topo_build *b, const struct ynode *node, const char *word,
                         struct topo_route *route)
{
    unsigned len = 0;
    ip4_addr prefix = 0;
    char text[IP4_TEXT_MAX];

    if (word != NULL && strchr(word, ':') != NULL)
        return route_prefix6(b, node, word, route);
    if (word == NULL || (strcmp(word, "default") != 0 && !ip4_prefix_parse(word, &prefix, &len)))
        return route_wrong(b, node, _("the prefix is `default` or like 10.0.2.0/24, not %s"), word);
    if ((prefix & ~ip4_mask(len)) != 0) {
        reader_error(&b->r, node->at, _("the prefix %s has bits outside its mask: %s/%u?"), word,
                     ip4_format(prefix & ip4_mask(len), text), len);
        return false;
    }
    route->prefix = prefix;
    route->prefix_len = (uint8_t)len;
    return true;
}

static bool route_device(struct topo_build *b, const struct topo_node *node, const struct ynode *at,
                         const char *word, uint32_t *dev)
{
    struct ynode name = { .kind = YNODE_TEXT, .at = at->at, .text = word };

    if (word == NULL)
        return route_wrong(b, at, _("after `dev` comes an interface, not %s"), word);
    *dev = build_iface_named(b, node, &name, "dev");
    return *dev != TOPO_NOWHERE;
}

static bool route_attribute(struct topo_build *b, const struct topo_node *node,
                            const struct ynode *at, const char *key, const char *word,
                            struct topo_route *route)
{
    static const char *const known[] = { "via", "dev", "metric", "src", "nexthop" };
    uint64_t metric;

    if (strcmp(key, "via") == 0) {
        route->has_via = route_address(route, word, &route->via, &route->via6);
        return route->has_via ||
               route_wrong(b, at, _("after `via` comes an address, not %s"), word);
    }
    if (strcmp(key, "src") == 0) {
        route->has_src = route_address(route, word, &route->src, &route->src6);
        return route->has_src ||
               route_wrong(b, at, _("after `src` comes an address, not %s"), word);
    }
    if (strcmp(key, "dev") == 0)
        return route_device(b, node, at, word, &route->dev);
    if (strcmp(key, "metric") == 0) {
        if (word == NULL || !text_u64(word, UINT32_MAX, &metric))
            return route_wrong(b, at, _("after `metric` comes a number, not %s"), word);
        route->metric = (uint32_t)metric;
        return true;
    }
    reader_error(&b->r, at->at, _("a route has no %s%s"), reader_quote(&b->r, key),
                 reader_hint(&b->r, key, known, G_N_ELEMENTS(known)));
    return false;
}

/* What stands behind a `nexthop`, up to the next one. */
static bool parse_hop(struct topo_build *b, const struct topo_node *node, const struct ynode *at,
                      struct words *words, struct topo_hop *hop)
{
    static const char *const known[] = { "via", "dev", "weight", "onlink", "nexthop" };
    const char *key, *word;
    uint64_t weight;

    *hop = (struct topo_hop){ .dev = TOPO_NOWHERE, .weight = 1 };
    while ((key = next_word(words)) != NULL && strcmp(key, "nexthop") != 0) {
        if (strcmp(key, "onlink") == 0) {
            hop->onlink = true;
            continue;
        }
        if (strcmp(key, "via") != 0 && strcmp(key, "dev") != 0 && strcmp(key, "weight") != 0) {
            reader_error(&b->r, at->at, _("a next hop has no %s%s"), reader_quote(&b->r, key),
                         reader_hint(&b->r, key, known, G_N_ELEMENTS(known)));
            return false;
        }
        word = next_word(words);
        if (strcmp(key, "dev") == 0) {
            if (!route_device(b, node, at, word, &hop->dev))
                return false;
        } else if (strcmp(key, "via") == 0) {
            if (word == NULL || !ip4_parse(word, &hop->via))
                return route_wrong(b, at, _("after `via` comes an address, not %s"), word);
        } else {
            if (word == NULL || !text_u64(word, FIB_WEIGHT_MAX, &weight) || weight == 0)
                return route_wrong(b, at, _("after `weight` comes a number from 1 to 256, not %s"),
                                   word);
            hop->weight = (uint32_t)weight;
        }
    }
    if (key != NULL)
        words->next--;
    return hop->via != 0 || hop->dev != TOPO_NOWHERE ||
           route_wrong(b, at, _("%s has a next hop with neither `via` nor `dev`"), at->text);
}

/* All of `nexthop ... nexthop ...`, the first word taken. */
static bool parse_hops(struct topo_build *b, const struct topo_node *node, const struct ynode *at,
                       struct words *words, struct topo_route *route)
{
    if (route->v6)
        return route_wrong(b, at, _("%s is of IPv6, where several next hops are not simulated"),
                           at->text);
    if (route->type != TOPO_ROUTE_UNICAST || route->has_via || route->dev != TOPO_NOWHERE)
        return route_wrong(b, at, _("%s says before `nexthop` where it goes"), at->text);
    route->hops = arena_alloc(b->r.arena, FIB_HOPS_MAX * sizeof *route->hops);
    do {
        if (route->n_hops == FIB_HOPS_MAX)
            return route_wrong(b, at, _("%s has more than 64 next hops"), at->text);
        if (!parse_hop(b, node, at, words, &route->hops[route->n_hops++]))
            return false;
    } while (next_word(words) != NULL);
    return true;
}

static bool parse_route(struct topo_build *b, const struct topo_node *node, const struct ynode *at,
                        struct topo_route *route)
{
    static const char *const types[] = { "unicast", "blackhole", "unreachable", "prohibit" };
    g_auto(GStrv) items = g_strsplit_set(at->text, " \t\n", -1);
    struct words words = { items, 0 };
    const char *word = next_word(&words);

    for (size_t i = 0; word != NULL && i < G_N_ELEMENTS(types); i++)
        if (strcmp(word, types[i]) == 0) {
            route->type = (enum topo_route_type)i;
            word = next_word(&words);
            break;
        }
    if (!route_prefix(b, at, word, route))
        return false;
    while ((word = next_word(&words)) != NULL) {
        if (strcmp(word, "nexthop") == 0)
            return parse_hops(b, node, at, &words, route);
        if (!route_attribute(b, node, at, word, next_word(&words), route))
            return false;
    }
    if (route->type == TOPO_ROUTE_UNICAST && !route->has_via && route->dev == TOPO_NOWHERE)
        return route_wrong(b, at, _("%s says neither `via` nor `dev`"), at->text);
    if (route->type != TOPO_ROUTE_UNICAST && route->has_via)
        return route_wrong(b, at, _("%s goes nowhere, so it has no `via`"), at->text);
    return true;
}

static void read_routes(struct topo_build *b, struct topo_node *node, const struct ynode *list)
{
    if (ynode_is_null(list))
        return;
    node->routes = arena_alloc(b->r.arena, list_len(list) * sizeof *node->routes);
    for (uint32_t i = 0; i < list_len(list); i++) {
        const struct ynode *item = list_item(list, i);
        struct topo_route route = { .dev = TOPO_NOWHERE, .at = item->at };

        if (read_text(&b->r, item, _("a route"), &route.text) && parse_route(b, node, item, &route))
            node->routes[node->n_routes++] = route;
    }
}

/* ---- NAT ---- */

/* `tcp 8080 -> 192.168.1.20:80` */
static bool parse_forward(const char *text, struct topo_forward *forward)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    char *kept[4];
    char *colon;
    uint64_t outer, inner;
    size_t n = 0;

    for (size_t i = 0; words[i] != NULL; i++)
        if (*words[i] != '\0') {
            if (n == 4)
                return false;
            kept[n++] = words[i];
        }
    if (n != 4 || strcmp(kept[2], "->") != 0 || (colon = strchr(kept[3], ':')) == NULL)
        return false;
    *colon = '\0';
    if (strcmp(kept[0], "tcp") != 0 && strcmp(kept[0], "udp") != 0)
        return false;
    if (!text_u64(kept[1], 65535, &outer) || outer == 0 || !ip4_parse(kept[3], &forward->to.addr) ||
        !text_u64(colon + 1, 65535, &inner) || inner == 0)
        return false;
    forward->protocol = strcmp(kept[0], "tcp") == 0 ? 6 : 17;
    forward->port = (uint16_t)outer;
    forward->to.port = (uint16_t)inner;
    return true;
}

static void read_forwards(struct topo_build *b, struct topo_nat *nat, const struct ynode *list)
{
    nat->forwards = arena_alloc(b->r.arena, list_len(list) * sizeof *nat->forwards);
    for (uint32_t i = 0; i < list_len(list); i++) {
        const struct ynode *item = list_item(list, i);
        struct topo_forward forward = { .at = item->at };

        if (item->kind != YNODE_TEXT || !parse_forward(item->text, &forward)) {
            reader_error(&b->r, item->at,
                         _("a forwarded port is written `tcp 8080 -> 192.168.1.20:80`, not %s"),
                         reader_show(&b->r, item));
            continue;
        }
        for (uint32_t j = 0; j < nat->n_forwards; j++)
            if (nat->forwards[j].protocol == forward.protocol &&
                nat->forwards[j].port == forward.port && nat->n_forwards < 1024)
                reader_error(&b->r, item->at, _("port %u is forwarded already, in line %u"),
                             forward.port, nat->forwards[j].at.line);
        nat->forwards[nat->n_forwards++] = forward;
    }
}

static void read_inside(struct topo_build *b, const struct topo_node *node, struct topo_nat *nat,
                        const struct ynode *list)
{
    nat->inside = arena_alloc(b->r.arena, list_len(list) * sizeof *nat->inside);
    for (uint32_t i = 0; i < list_len(list); i++) {
        uint32_t iface = build_iface_named(b, node, list_item(list, i), "inside");

        if (iface != TOPO_NOWHERE && iface == nat->outside)
            reader_error(&b->r, list_item(list, i)->at,
                         _("the inside interface of a NAT is not its outside interface"));
        if (iface != TOPO_NOWHERE)
            nat->inside[nat->n_inside++] = iface;
    }
}

static void read_nat(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    static const char *const names[] = { "inside", "outside", "forward" };
    const struct ynode *values[3];
    struct topo_nat *nat;

    if (!read_map(&b->r, map, "nat", names, 3, NULL, values))
        return;
    if (values[1] == NULL) {
        reader_error(&b->r, map->at, _("`outside` is missing: the interface towards the Internet"));
        return;
    }
    nat = arena_alloc(b->r.arena, sizeof *nat);
    nat->at = map->at;
    nat->outside = build_iface_named(b, node, values[1], "outside");
    if (values[0] != NULL)
        read_inside(b, node, nat, values[0]);
    if (values[2] != NULL)
        read_forwards(b, nat, values[2]);
    node->nat = nat;
}

/* ---- names, files, settings ---- */

static void read_resolvers(struct topo_build *b, struct topo_node *node, const struct ynode *list)
{
    uint32_t len = list_len(list);

    node->resolvers = arena_alloc(b->r.arena, len * sizeof *node->resolvers);
    for (uint32_t i = 0; i < len; i++) {
        const struct ynode *item = list_item(list, i);
        struct topo_resolver *to = &node->resolvers[node->n_resolvers];

        *to = (struct topo_resolver){ .v6 = false };
        if (item->kind == YNODE_TEXT && ip6_parse(item->text, &to->addr6))
            to->v6 = true;
        else if (!read_ip(&b->r, item, "resolver", &to->addr))
            continue;
        node->n_resolvers++;
    }
}

static void read_hosts(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    if (!build_is_map(b, map, "hosts", "{web: 203.0.113.80}"))
        return;
    node->hosts = arena_alloc(b->r.arena, map->n * sizeof *node->hosts);
    for (uint32_t i = 0; i < map->n; i++) {
        struct topo_hosts_entry *entry = &node->hosts[node->n_hosts];
        const struct ynode *key = ynode_key(map, i);

        if (*key->text == '\0' || strpbrk(key->text, " \t\n#") != NULL) {
            reader_error(&b->r, key->at, _("%s cannot be a host's name"),
                         reader_quote(&b->r, key->text));
            continue;
        }
        entry->name = arena_strdup(b->r.arena, key->text);
        if (read_ip(&b->r, ynode_value(map, i), "hosts", &entry->addr))
            node->n_hosts++;
    }
}

static void read_files(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    if (!build_is_map(b, map, "files", "{/tmp/note: some text}"))
        return;
    node->files = arena_alloc(b->r.arena, map->n * sizeof *node->files);
    for (uint32_t i = 0; i < map->n; i++) {
        struct topo_file *file = &node->files[node->n_files];
        const struct ynode *key = ynode_key(map, i), *value = ynode_value(map, i);
        const char *text;

        if (key->text[0] != '/') {
            reader_error(&b->r, key->at, _("a file's path on the host starts with `/`, not %s"),
                         reader_quote(&b->r, key->text));
            continue;
        }
        if (value->kind != YNODE_TEXT) {
            reader_error(&b->r, value->at, _("a file's content is a text, not %s"),
                         reader_show(&b->r, value));
            continue;
        }
        text = arena_strdup(b->r.arena, value->text);
        *file = (struct topo_file){ arena_strdup(b->r.arena, key->text), (const uint8_t *)text,
                                    value->n };
        node->n_files++;
    }
}

static void read_sysctls(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    if (!build_is_map(b, map, "sysctl", "{net.ipv4.ip_forward: 1}"))
        return;
    node->sysctls = arena_alloc(b->r.arena, map->n * sizeof *node->sysctls);
    for (uint32_t i = 0; i < map->n; i++) {
        struct topo_setting *setting = &node->sysctls[node->n_sysctls];
        const struct ynode *key = ynode_key(map, i);

        if (strchr(key->text, '.') == NULL || strpbrk(key->text, " \t\n=") != NULL) {
            reader_error(&b->r, key->at,
                         _("a setting's name is written like net.ipv4.ip_forward, not %s"),
                         reader_quote(&b->r, key->text));
            continue;
        }
        setting->name = arena_strdup(b->r.arena, key->text);
        setting->at = key->at;
        if (read_text(&b->r, ynode_value(map, i), key->text, &setting->value))
            node->n_sysctls++;
    }
}

static void read_search(struct topo_build *b, struct topo_node *node, const struct ynode *list)
{
    node->search = arena_alloc(b->r.arena, list_len(list) * sizeof *node->search);
    for (uint32_t i = 0; i < list_len(list); i++)
        if (read_text(&b->r, list_item(list, i), "search", &node->search[node->n_search]))
            node->n_search++;
}

void build_host(struct topo_build *b, struct topo_node *node, const struct ynode **values)
{
    if (values[HOST_GATEWAY] != NULL)
        build_gateway(b, node, values[HOST_GATEWAY]);
    if (values[HOST_RESOLVER] != NULL)
        read_resolvers(b, node, values[HOST_RESOLVER]);
    if (values[HOST_RESOLVER_CACHE] != NULL)
        read_bool(&b->r, values[HOST_RESOLVER_CACHE], "resolver-cache", &node->resolver_cache);
    if (values[HOST_SEARCH] != NULL)
        read_search(b, node, values[HOST_SEARCH]);
    if (values[HOST_ROUTES] != NULL)
        read_routes(b, node, values[HOST_ROUTES]);
    if (values[HOST_NAT] != NULL)
        read_nat(b, node, values[HOST_NAT]);
    if (values[HOST_HOSTS] != NULL)
        read_hosts(b, node, values[HOST_HOSTS]);
    if (values[HOST_FILES] != NULL)
        read_files(b, node, values[HOST_FILES]);
    if (values[HOST_SYSCTL] != NULL)
        read_sysctls(b, node, values[HOST_SYSCTL]);
    if (values[HOST_SERVICES] != NULL)
        build_services(b, node, values[HOST_SERVICES]);
}
