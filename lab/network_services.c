/* The services of a topology as programs of its hosts. */
#include "lab/network_host.h"

#include <string.h>

#include "stack/services/services.h"

static struct dhcp_server_static *static_leases(struct arena *arena, const struct topo_dhcp *from)
{
    struct dhcp_server_static *leases = arena_alloc(arena, from->n_leases * sizeof *leases);

    for (uint32_t i = 0; i < from->n_leases; i++)
        leases[i] = (struct dhcp_server_static){ from->leases[i].mac, from->leases[i].addr };
    return leases;
}

static struct dhcp_server_option *options(struct arena *arena, const struct topo_dhcp *from)
{
    struct dhcp_server_option *copies = arena_alloc(arena, from->n_options * sizeof *copies);

    for (uint32_t i = 0; i < from->n_options; i++)
        copies[i] = (struct dhcp_server_option){ from->options[i].code, from->options[i].len,
                                                 from->options[i].octets };
    return copies;
}

static void start_dhcp(struct os *os, struct arena *arena, const struct topo_node *node)
{
    uint32_t n = node->services->n_dhcp;
    struct dhcp_pool_config *pools = arena_alloc(arena, n * sizeof *pools);

    if (n == 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        const struct topo_dhcp *from = &node->services->dhcp[i];

        pools[i] = (struct dhcp_pool_config){
            .iface = node->ifaces[from->iface].name,
            .first = from->pool_first,
            .last = from->pool_last,
            .prefix_len = from->has_subnet ? from->subnet_len : 0,
            .has_gateway = from->has_gateway,
            .ping_check = from->ping_check,
            .gateway = from->gateway,
            .n_resolvers = from->n_resolvers,
            .resolvers = from->resolvers,
            .domain = from->domain,
            .lease_seconds = (uint32_t)(from->lease / SIM_SEC(1)),
            .n_statics = from->n_leases,
            .n_options = from->n_options,
            .statics = static_leases(arena, from),
            .options = options(arena, from),
        };
    }
    services_start_dhcp(os, pools, n);
}

static void start_dhcp_relay(struct os *os, struct arena *arena, const struct topo_node *node)
{
    const struct topo_dhcp_relay *from = node->services->relay;
    const char **names;
    struct dhcp_relay_config config;

    if (from == NULL)
        return;
    names = arena_alloc(arena, from->n_ifaces * sizeof *names);
    for (uint32_t i = 0; i < from->n_ifaces; i++)
        names[i] = node->ifaces[from->ifaces[i]].name;
    config = (struct dhcp_relay_config){ .n_ifaces = from->n_ifaces,
                                         .ifaces = names,
                                         .n_servers = from->n_servers,
                                         .servers = from->servers,
                                         .agent_option = from->agent_option };
    services_start_dhcp_relay(os, &config);
}

static struct dns_record dns_record(const struct topo_dns_record *from)
{
    struct dns_record record = { .name = from->name,
                                 .ttl = from->ttl,
                                 .type = (uint16_t)from->type,
                                 .addr = from->addr,
                                 .preference = from->preference,
                                 .weight = from->weight,
                                 .port = from->port,
                                 .target = from->target,
                                 .rname = from->rname };

    memcpy(record.addr6, from->addr6, sizeof record.addr6);
    memcpy(record.soa, from->soa, sizeof record.soa);
    if (from->type == TOPO_DNS_TXT) {
        record.octets = (const uint8_t *)from->data;
        record.len = (uint16_t)strlen(from->data);
    }
    return record;
}

static void start_dns(struct os *os, struct arena *arena, const struct topo_dns *from)
{
    struct dns_record *records = arena_alloc(arena, from->n_records * sizeof *records);
    struct dns_server_config *config = arena_alloc(arena, sizeof *config);

    for (uint32_t i = 0; i < from->n_records; i++)
        records[i] = dns_record(&from->records[i]);
    *config = (struct dns_server_config){ .port = from->port,
                                          .n_zones = from->n_zones,
                                          .n_records = from->n_records,
                                          .n_forwards = from->n_forwards,
                                          .zones = from->zones,
                                          .records = records,
                                          .forwards = from->forwards,
                                          .recursive = from->recursive,
                                          .n_roots = from->n_roots,
                                          .roots = from->roots };
    services_start_dns(os, config);
}

static void start_http(struct os *os, struct arena *arena, const struct topo_http *from)
{
    struct http_server_config *config = arena_alloc(arena, sizeof *config);
    struct http_page *pages = arena_alloc(arena, from->n_pages * sizeof *pages);

    for (uint32_t i = 0; i < from->n_pages; i++)
        pages[i] = (struct http_page){ .path = from->pages[i].path,
                                       .status = from->pages[i].status,
                                       .type = from->pages[i].type,
                                       .location = from->pages[i].location,
                                       .body = from->pages[i].body,
                                       .len = from->pages[i].len };
    *config = (struct http_server_config){ .port = from->port,
                                           .keepalive = from->keepalive,
                                           .server = from->server,
                                           .type = from->type,
                                           .chunked = from->chunked,
                                           .n_pages = from->n_pages,
                                           .pages = pages };
    services_start_http(os, config);
}

static void start_simple(struct os *os, struct arena *arena, const struct topo_simple *from)
{
    static const enum small_server_kind kinds[] = { [TOPO_ECHO] = SMALL_SERVER_ECHO,
                                                    [TOPO_CHARGEN] = SMALL_SERVER_CHARGEN,
                                                    [TOPO_DISCARD] = SMALL_SERVER_DISCARD };
    struct small_server_config *config = arena_alloc(arena, sizeof *config);

    *config = (struct small_server_config){
        .kind = kinds[from->kind], .port = from->port, .tcp = from->tcp, .udp = from->udp
    };
    services_start_small(os, config);
}

void network_host_start_services(struct network *network, uint32_t index)
{
    const struct topo_node *node = &network->topology->nodes[index];
    struct os *os = network_os(network, index);

    if (node->services == NULL)
        return;
    start_dhcp(os, &network->sim->arena, node);
    start_dhcp_relay(os, &network->sim->arena, node);
    for (uint32_t i = 0; i < node->services->n_dns; i++)
        start_dns(os, &network->sim->arena, &node->services->dns[i]);
    for (uint32_t i = 0; i < node->services->n_http; i++)
        start_http(os, &network->sim->arena, &node->services->http[i]);
    for (uint32_t i = 0; i < node->services->n_simple; i++)
        start_simple(os, &network->sim->arena, &node->services->simple[i]);
}
