#include "lab/generate.h"

#include <string.h>

#include "base/addr.h"
#include "base/random.h"
#include "inspect/i18n.h"
#include "lab/format.h"
#include "lab/run.h"
#include "stack/net/route_map.h"

#define TTL           64        /* of a host's packets */
#define NODES_MAX     16000000u /* the rule for MAC addresses counts nodes in three octets */
#define LINK_NETS_MAX (1u << 18)
#define STAR_MAX      4000u /* ports of a switch */
#define FAT_TREE_MAX  126u  /* a third octet per edge router, /30s of hosts in the fourth */

const char *const generate_kind_names[GENERATE_N_KINDS] = { "line", "star", "random", "fat-tree",
                                                            "campus" };

struct generate_plan generate_defaults(enum generate_kind kind)
{
    static const struct generate_plan plans[GENERATE_N_KINDS] = {
        [GENERATE_LINE] = { .routers = 8 },
        [GENERATE_STAR] = { .hosts = 16 },
        [GENERATE_RANDOM] = { .routers = 20, .hosts = 4, .degree = 4 },
        [GENERATE_FAT_TREE] = { .k = 4 },
        [GENERATE_CAMPUS] = { .buildings = 3, .floors = 2, .hosts = 8 },
    };
    struct generate_plan plan = plans[kind];

    plan.kind = kind;
    plan.seed = 1;
    return plan;
}

/* ---- the network being written ---- */

struct host {
    const char *name; /* of the network's string chunk */
    ip4_addr addr;    /* 0: by DHCP */
};

struct writer {
    const struct generate_plan *plan;
    GString *nodes, *links, *line;
    GStringChunk *names;
    GArray *hosts; /* of struct host */
    struct random_stream random;
    uint32_t n_link_nets;
    ip4_addr next_lan;
};

static void writer_init(struct writer *w, const struct generate_plan *plan)
{
    *w = (struct writer){ .plan = plan, .next_lan = IP4(10, 0, 0, 0) };
    w->nodes = g_string_new(NULL);
    w->links = g_string_new(NULL);
    w->line = g_string_new(NULL);
    w->names = g_string_chunk_new(4096);
    w->hosts = g_array_new(FALSE, FALSE, sizeof(struct host));
    random_stream_init(&w->random, plan->seed, generate_kind_names[plan->kind], "generate");
}

static void writer_fini(struct writer *w)
{
    g_string_free(w->nodes, TRUE);
    g_string_free(w->links, TRUE);
    g_string_free(w->line, TRUE);
    g_string_chunk_free(w->names);
    g_array_free(w->hosts, TRUE);
}

static void append_addr(GString *text, ip4_addr addr)
{
    char buffer[IP4_TEXT_MAX];

    g_string_append(text, ip4_format(addr, buffer));
}

static void append_prefix(GString *text, ip4_addr addr, unsigned prefix_len)
{
    append_addr(text, addr);
    g_string_append_printf(text, "/%u", prefix_len);
}

static void add_link(struct writer *w, const char *a, const char *b)
{
    g_string_append_printf(w->links, "  - [%s, %s]\n", a, b);
}

/* A host with @addr and its @gateway, 0: none. */
static void add_host(struct writer *w, const char *name, ip4_addr addr, unsigned prefix_len,
                     ip4_addr gateway)
{
    struct host host = { g_string_chunk_insert(w->names, name), addr };

    g_string_append_printf(w->nodes, "  %s: {kind: host, interfaces: {eth0: ", name);
    if (addr == 0)
        g_string_append(w->nodes, "dhcp");
    else
        append_prefix(w->nodes, addr, prefix_len);
    g_string_append_c(w->nodes, '}');
    if (gateway != 0) {
        g_string_append(w->nodes, ", gateway: ");
        append_addr(w->nodes, gateway);
    }
    g_string_append(w->nodes, "}\n");
    g_array_append_val(w->hosts, host);
}

static void add_switch(struct writer *w, const char *name)
{
    g_string_append_printf(w->nodes, "  %s: {kind: switch}\n", name);
}

/* ---- routers: known by their interfaces first ---- */

#define LINE_WIDTH 100 /* what fits stands on one line: lab/format.h */

struct router {
    GString *ifaces; /* "eth0: 10.0.0.1/30, eth1: ..." */
    uint32_t n_ifaces;
};

static struct router *routers_new(uint64_t n)
{
    struct router *routers = g_new0(struct router, n);

    for (uint64_t i = 0; i < n; i++)
        routers[i].ifaces = g_string_new(NULL);
    return routers;
}

static void routers_free(struct router *routers, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        g_string_free(routers[i].ifaces, TRUE);
    g_free(routers);
}

/* The next interface of @router; returns its number. */
static uint32_t add_iface(struct router *router, ip4_addr addr, unsigned prefix_len)
{
    if (router->n_ifaces > 0)
        g_string_append(router->ifaces, ", ");
    g_string_append_printf(router->ifaces, "eth%u: ", router->n_ifaces);
    append_prefix(router->ifaces, addr, prefix_len);
    return router->n_ifaces++;
}

/* In the canonical form. */
static void add_router(struct writer *w, const char *name, const struct router *router,
                       const char *services)
{
    GString *line = w->line;

    g_string_printf(line, "  %s: {kind: router, interfaces: {%s}}", name, router->ifaces->str);
    if (services == NULL && line->len <= LINE_WIDTH) {
        g_string_append_printf(w->nodes, "%s\n", line->str);
        return;
    }
    g_string_append_printf(w->nodes, "  %s:\n    kind: router\n", name);
    g_string_printf(line, "    interfaces: {%s}", router->ifaces->str);
    if (line->len > LINE_WIDTH) {
        g_auto(GStrv) ifaces = g_strsplit(router->ifaces->str, ", ", -1);
        g_autofree char *lines = g_strjoinv("\n      ", ifaces);

        g_string_printf(line, "    interfaces:\n      %s", lines);
    }
    g_string_append_printf(w->nodes, "%s\n%s", line->str, services == NULL ? "" : services);
}

/* A cable between two routers, with a network of its own. */
static void join(struct writer *w, struct router *a, const char *a_name, struct router *b,
                 const char *b_name)
{
    ip4_addr net = IP4(172, 16, 0, 0) + 4 * w->n_link_nets++;
    g_autofree char *from = g_strdup_printf("%s:eth%u", a_name, add_iface(a, net + 1, 30));
    g_autofree char *to = g_strdup_printf("%s:eth%u", b_name, add_iface(b, net + 2, 30));

    add_link(w, from, to);
}

/* The shortest prefix length whose network has @n addresses for hosts. */
static unsigned lan_prefix_len(uint64_t n)
{
    unsigned len = 30;

    while (len > 8 && (UINT64_C(1) << (32 - len)) - 2 < n)
        len--;
    return len;
}

static ip4_addr next_lan(struct writer *w, unsigned prefix_len)
{
    ip4_addr net = w->next_lan;

    w->next_lan += UINT32_C(1) << (32 - prefix_len);
    return net;
}

struct lan {
    uint32_t iface; /* the router's */
    ip4_addr gateway;
};

/* A switch with the router's next interface and @n hosts, which are numbered on. Their addresses
 * follow the gateway's; @dhcp: they come from a server. */
static struct lan add_lan(struct writer *w, struct router *router, const char *router_name,
                          const char *switch_name, uint64_t n, bool dhcp)
{
    unsigned len = lan_prefix_len(n + 1);
    ip4_addr gateway = next_lan(w, len) + 1;
    uint32_t iface = add_iface(router, gateway, len);
    g_autofree char *port = g_strdup_printf("%s:eth%u", router_name, iface);
    g_autofree char *first = g_strdup_printf("%s:p1", switch_name);

    add_switch(w, switch_name);
    add_link(w, port, first);
    for (uint64_t i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("h%u", w->hosts->len + 1);
        g_autofree char *from = g_strdup_printf("%s:eth0", name);
        g_autofree char *to = g_strdup_printf("%s:p%" G_GUINT64_FORMAT, switch_name, i + 2);

        add_host(w, name, dhcp ? 0 : gateway + 1 + (ip4_addr)i, len, dhcp ? 0 : gateway);
        add_link(w, from, to);
    }
    return (struct lan){ iface, gateway };
}

/* ---- the kinds ---- */

static void write_star(struct writer *w)
{
    unsigned len = lan_prefix_len(w->plan->hosts);

    add_switch(w, "sw1");
    for (uint64_t i = 0; i < w->plan->hosts; i++) {
        g_autofree char *name = g_strdup_printf("h%" G_GUINT64_FORMAT, i + 1);
        g_autofree char *from = g_strdup_printf("%s:eth0", name);
        g_autofree char *to = g_strdup_printf("sw1:p%" G_GUINT64_FORMAT, i + 1);

        add_host(w, name, IP4(10, 0, 0, 1) + (ip4_addr)i, len, 0);
        add_link(w, from, to);
    }
}

static char *router_name(uint64_t i)
{
    return g_strdup_printf("r%" G_GUINT64_FORMAT, i + 1);
}

static void write_routers(struct writer *w, const struct router *routers, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        g_autofree char *name = router_name(i);

        add_router(w, name, &routers[i], NULL);
    }
}

/* A host with a cable of its own to @router. */
static void attach_host(struct writer *w, const char *name, struct router *router, const char *at,
                        ip4_addr net)
{
    uint32_t iface = add_iface(router, net + 1, 30);
    g_autofree char *from = g_strdup_printf("%s:eth0", name);
    g_autofree char *to = g_strdup_printf("%s:eth%u", at, iface);

    add_host(w, name, net + 2, 30, net + 1);
    add_link(w, from, to);
}

static void write_line(struct writer *w)
{
    uint64_t n = w->plan->routers;
    struct router *routers = routers_new(n);

    for (uint64_t i = 0; i < n; i++) {
        g_autofree char *name = router_name(i), *next = router_name(i + 1);

        if (i == 0)
            attach_host(w, "h1", &routers[0], name, IP4(10, 0, 0, 0));
        if (i + 1 < n)
            join(w, &routers[i], name, &routers[i + 1], next);
        else
            attach_host(w, "h2", &routers[i], name, IP4(10, 0, 0, 4));
    }
    write_routers(w, routers, n);
    routers_free(routers, n);
}

/* A random tree first, so that all are joined; then cables between pairs that have none. */
static void write_random(struct writer *w)
{
    uint64_t n = w->plan->routers, n_cables = n * w->plan->degree / 2;
    g_autoptr(GHashTable) joined = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    struct router *routers = routers_new(n);

    for (uint64_t i = 0; i < n; i++) {
        g_autofree char *name = router_name(i),
                        *lan = g_strdup_printf("sw%" G_GUINT64_FORMAT, i + 1);

        if (w->plan->hosts > 0)
            add_lan(w, &routers[i], name, lan, w->plan->hosts, false);
    }
    for (uint64_t made = 1; made < n || (made <= n_cables && n > 2);) {
        uint64_t a = made < n ? made : random_below(&w->random, n);
        uint64_t b = random_below(&w->random, made < n ? made : n);
        gint64 pair = (gint64)((a > b ? b : a) << 32 | (a > b ? a : b));
        g_autofree char *a_name = router_name(a), *b_name = router_name(b);

        if (a == b || !g_hash_table_add(joined, g_memdup2(&pair, sizeof pair)))
            continue;
        join(w, &routers[a], a_name, &routers[b], b_name);
        made++;
    }
    write_routers(w, routers, n);
    routers_free(routers, n);
}

/* Pods of k/2 edge and k/2 aggregation routers, each edge router with k/2 hosts; (k/2)^2 core
 * routers, the i-th group of which is joined to the i-th aggregation router of each pod. */
static void write_fat_tree(struct writer *w)
{
    uint64_t k = w->plan->k, half = k / 2, n_core = half * half, n = n_core + k * k;
    struct router *routers = routers_new(n);

    for (uint64_t pod = 0; pod < k; pod++)
        for (uint64_t i = 0; i < half; i++) {
            uint64_t edge = n_core + pod * k + i, above = n_core + pod * k + half + i;
            g_autofree char *edge_name = router_name(edge), *above_name = router_name(above);

            for (uint64_t h = 0; h < half; h++) {
                g_autofree char *name = g_strdup_printf("h%u", w->hosts->len + 1);

                attach_host(w, name, &routers[edge], edge_name,
                            IP4(10, pod, i, 0) + 4 * (ip4_addr)h);
            }
            for (uint64_t j = 0; j < half; j++) {
                uint64_t up = n_core + pod * k + half + j, core = i * half + j;
                g_autofree char *up_name = router_name(up), *core_name = router_name(core);

                join(w, &routers[edge], edge_name, &routers[up], up_name);
                join(w, &routers[above], above_name, &routers[core], core_name);
            }
        }
    write_routers(w, routers, n);
    routers_free(routers, n);
}

/* ---- a campus ---- */

#define CAMPUS_DNS IP4(192, 0, 2, 53)
#define CAMPUS_WEB IP4(192, 0, 2, 80)

/* A floor: its switch, its hosts, and in @services the building's DHCP server for it. */
static void add_floor(struct writer *w, struct router *router, const char *building,
                      const char *switch_name, GString *services)
{
    struct lan lan = add_lan(w, router, building, switch_name, w->plan->hosts, true);

    g_string_append_printf(services, "        - interface: eth%u\n          pool: ", lan.iface);
    append_addr(services, lan.gateway + 1);
    g_string_append_c(services, '-');
    append_addr(services, lan.gateway + (ip4_addr)w->plan->hosts);
    g_string_append(services, "\n          gateway: ");
    append_addr(services, lan.gateway);
    g_string_append(services, "\n          resolver: ");
    append_addr(services, CAMPUS_DNS);
    g_string_append_c(services, '\n');
}

static void add_servers(struct writer *w, struct router *core)
{
    uint32_t iface = add_iface(core, IP4(192, 0, 2, 1), 24);
    g_autofree char *port = g_strdup_printf("core1:eth%u", iface);

    g_string_append(w->nodes, "  servers: {kind: switch}\n"
                              "  dns:\n"
                              "    kind: host\n"
                              "    interfaces: {eth0: 192.0.2.53/24}\n"
                              "    gateway: 192.0.2.1\n"
                              "    services: {dns: [www.campus.example 300 A 192.0.2.80]}\n"
                              "  web:\n"
                              "    kind: host\n"
                              "    interfaces: {eth0: 192.0.2.80/24}\n"
                              "    gateway: 192.0.2.1\n"
                              "    services: {http: {port: 80, body: the campus}}\n");
    add_link(w, port, "servers:p1");
    add_link(w, "dns:eth0", "servers:p2");
    add_link(w, "web:eth0", "servers:p3");
}

static void write_campus(struct writer *w)
{
    struct router *core = routers_new(2);

    for (uint64_t b = 0; b < w->plan->buildings; b++) {
        g_autofree char *name = g_strdup_printf("building%" G_GUINT64_FORMAT, b + 1);
        g_autoptr(GString) services = g_string_new("    services:\n      dhcp:\n");
        struct router *router = routers_new(1);

        for (uint64_t f = 0; f < w->plan->floors; f++) {
            g_autofree char *lan =
                g_strdup_printf("b%" G_GUINT64_FORMAT "-f%" G_GUINT64_FORMAT, b + 1, f + 1);

            add_floor(w, router, name, lan, services);
        }
        join(w, router, name, &core[0], "core1");
        join(w, router, name, &core[1], "core2");
        add_router(w, name, router, services->str);
        routers_free(router, 1);
    }
    join(w, &core[0], "core1", &core[1], "core2");
    add_servers(w, &core[0]);
    add_router(w, "core1", &core[0], NULL);
    add_router(w, "core2", &core[1], NULL);
    routers_free(core, 2);
}

/* ---- whether there is such a network ---- */

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool refuse(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_propagate_error(error,
                      g_error_new_valist(g_quark_from_static_string("generate"), 0, format, args));
    va_end(args);
    return false;
}

static bool in_range(const char *name, uint64_t value, uint64_t min, uint64_t max, GError **error)
{
    char texts[3][24];

    if (value >= min && value <= max)
        return true;
    g_snprintf(texts[0], sizeof texts[0], "%" G_GUINT64_FORMAT, min);
    g_snprintf(texts[1], sizeof texts[1], "%" G_GUINT64_FORMAT, max);
    g_snprintf(texts[2], sizeof texts[2], "%" G_GUINT64_FORMAT, value);
    return refuse(error, _("%s is from %s to %s, not %s"), name, texts[0], texts[1], texts[2]);
}

static bool check_size(uint64_t n_hosts, uint64_t lan, uint64_t n_lans, GError **error)
{
    if (n_hosts + 2 * n_lans > NODES_MAX)
        return refuse(error, _("a network has at most %u nodes"), NODES_MAX);
    if (n_lans << (32 - lan_prefix_len(lan + 1)) > UINT64_C(1) << 24)
        return refuse(error, "%s", _("10.0.0.0/8 has not enough addresses for so many hosts"));
    return true;
}

static bool check_random(const struct generate_plan *plan, GError **error)
{
    if (!in_range("--routers", plan->routers, 1, ROUTE_MAP_ROUTERS_MAX, error) ||
        !in_range("--hosts", plan->hosts, 0, STAR_MAX - 1, error) ||
        !in_range("--degree", plan->degree, 2, 64, error) ||
        !check_size(plan->routers * plan->hosts, plan->hosts, plan->routers, error))
        return false;
    if (plan->routers * plan->degree / 2 > LINK_NETS_MAX)
        return refuse(error, _("at most %u cables between routers"), LINK_NETS_MAX);
    if (plan->routers > 2 && plan->degree >= plan->routers)
        return refuse(error, "%s", _("--degree is less than --routers"));
    return true;
}

static bool check_campus(const struct generate_plan *plan, GError **error)
{
    return in_range("--buildings", plan->buildings, 1, 10000, error) &&
           in_range("--floors", plan->floors, 1, 200, error) &&
           in_range("--hosts", plan->hosts, 1, STAR_MAX - 1, error) &&
           check_size(plan->buildings * plan->floors * plan->hosts, plan->hosts,
                      plan->buildings * plan->floors, error);
}

bool generate_check(const struct generate_plan *plan, GError **error)
{
    switch (plan->kind) {
    case GENERATE_LINE:
        return in_range("--routers", plan->routers, 1, ROUTE_MAP_ROUTERS_MAX, error);
    case GENERATE_STAR:
        return in_range("--hosts", plan->hosts, 1, STAR_MAX, error);
    case GENERATE_RANDOM:
        return check_random(plan, error);
    case GENERATE_FAT_TREE:
        if (!in_range("--k", plan->k, 2, FAT_TREE_MAX, error))
            return false;
        return plan->k % 2 == 0 || refuse(error, "%s", _("--k is even"));
    case GENERATE_CAMPUS:
        return check_campus(plan, error);
    case GENERATE_N_KINDS:
        break;
    }
    g_assert_not_reached();
}

/* ---- the files ---- */

static void write_network(struct writer *w)
{
    static void (*const kinds[GENERATE_N_KINDS])(struct writer *) = {
        [GENERATE_LINE] = write_line,     [GENERATE_STAR] = write_star,
        [GENERATE_RANDOM] = write_random, [GENERATE_FAT_TREE] = write_fat_tree,
        [GENERATE_CAMPUS] = write_campus,
    };

    kinds[w->plan->kind](w);
}

/* Its services' lines fit or do not, as their addresses have it. */
static void make_canonical(GString *text)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *formatted = format_text("campus", text->str, text->len, diags);

    g_assert(formatted != NULL);
    g_string_assign(text, formatted);
    diag_list_free(diags);
}

void generate_topology(const struct generate_plan *plan, GString *text)
{
    struct writer w;

    writer_init(&w, plan);
    write_network(&w);
    g_string_append(text, "wirewalk: 1\n");
    if (plan->kind != GENERATE_STAR)
        g_string_append(text, "routing: computed\n");
    g_string_append(text, "nodes:\n");
    g_string_append_len(text, w.nodes->str, (gssize)w.nodes->len);
    g_string_append(text, "links:\n");
    g_string_append_len(text, w.links->str, (gssize)w.links->len);
    if (plan->kind == GENERATE_CAMPUS)
        make_canonical(text);
    writer_fini(&w);
}

/* Hosts begin one after the other, a thousand in a second, so that no queue decides who gets
 * through. */
static void append_start(GString *text, unsigned second, guint i)
{
    g_string_append_printf(text, "  - {at: %u%s", second * 1000 + i % 1000, "ms");
}

/* A host's packets get through 63 routers. */
static bool too_far(const struct generate_plan *plan)
{
    return plan->kind == GENERATE_LINE && plan->routers >= TTL;
}

static void write_ping(struct writer *w, GString *text, guint i)
{
    const struct host *host = &g_array_index(w->hosts, struct host, i), *other;
    guint to = w->hosts->len > 1 ? (guint)random_below(&w->random, w->hosts->len - 1) : 0;

    other = &g_array_index(w->hosts, struct host, to >= i && w->hosts->len > 1 ? to + 1 : to);
    append_start(text, host->addr == 0 ? 10 : 0, i);
    g_string_append_printf(text, ", host: %s, run: ping -c 1 ", host->name);
    if (host->addr == 0)
        g_string_append(text, "www.campus.example");
    else
        append_addr(text, other->addr);
    g_string_append_printf(text, ", expect: {exit: %d}}\n", too_far(w->plan));
}

/* What the pings of a large network need at most: each is a way there and back, and a few questions
 * that all hosts of a network hear. */
static void append_budget(const struct writer *w, GString *text)
{
    uint64_t events = (uint64_t)w->hosts->len * (1000 + 8 * (uint64_t)w->plan->hosts);

    if (events > RUN_EVENTS_DEFAULT)
        g_string_append_printf(text, "events: %" G_GUINT64_FORMAT "\n", events);
}

void generate_pings(const struct generate_plan *plan, const char *topology, GString *text)
{
    struct writer w;

    writer_init(&w, plan);
    write_network(&w);
    g_string_append_printf(text, "wirewalk: 1\ntopology: %s\nuntil: %s\n", topology,
                           plan->kind == GENERATE_CAMPUS ? "30s" : "20s");
    append_budget(&w, text);
    g_string_append(text, "timeline:\n");
    for (guint i = 0; plan->kind == GENERATE_CAMPUS && i < w.hosts->len; i++) {
        append_start(text, 0, i);
        g_string_append_printf(text, ", host: %s, run: dhclient eth0, expect: {exit: 0}}\n",
                               g_array_index(w.hosts, struct host, i).name);
    }
    for (guint i = 0; i < w.hosts->len; i++)
        write_ping(&w, text, i);
    writer_fini(&w);
}
