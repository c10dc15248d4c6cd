#include "stack/services/services.h"

#include "stack/net/ip6.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stack/services/dhcp_client.h"

static void services_free(void *state)
{
    struct services *services = state;

    dns_cache_flush(&services->resolver_cache);
    for (uint32_t i = 0; i < services->n_texts; i++)
        free(services->texts[i]);
    free(services->texts);
    free(services);
}

struct services *services_of(struct os *os)
{
    if (os->services == NULL) {
        os->services = mem_zalloc(sizeof(struct services));
        os->services_free = services_free;
    }
    return os->services;
}

const char *services_dns_text(struct os *os, const char *name, uint16_t type)
{
    struct services *services = services_of(os);
    char text[DNS_TEXT_MAX + DNS_TYPE_NAME_MAX + 2], type_text[DNS_TYPE_NAME_MAX];
    size_t len = strlen(name);
    uint32_t low = 0, high = services->n_texts;
    char *copy;

    if (len > 1 && name[len - 1] == '.' && name[len - 2] != '\\')
        len--;
    snprintf(text, sizeof text, "%.*s %s", (int)(len < DNS_TEXT_MAX ? len : DNS_TEXT_MAX), name,
             dns_type_name(type, type_text));
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = strcmp(services->texts[middle], text);

        if (order == 0)
            return services->texts[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (services->n_texts == SERVICES_TEXTS_MAX)
        return NULL;
    copy = mem_strdup(text);
    ARRAY_PUSH(services->texts, services->n_texts, services->texts_size, copy);
    memmove(&services->texts[low + 1], &services->texts[low],
            (services->n_texts - 1 - low) * sizeof copy);
    services->texts[low] = copy;
    return copy;
}

void services_note_learned(struct process *self, struct dns_cache *cache, const char *name,
                           uint16_t type)
{
    sim_time now = process_now(self);
    const struct dns_cache_entry *entry = dns_cache_find(cache, name, type, now);

    if (entry == NULL)
        entry = dns_cache_find(cache, name, DNS_TYPE_CNAME, now);
    if (entry != NULL && entry->expires > now)
        process_note(self, RECORD_STATE, WHY(DNS_LEARNED, (uint64_t)(entry->expires - now)),
                     services_dns_text(self->os, name, type));
}

void services_set_resolver_cache(struct os *os, bool on)
{
    services_of(os)->use_resolver_cache = on;
}

void services_flush_resolver_cache(struct os *os)
{
    dns_cache_flush(&services_of(os)->resolver_cache);
}

bool services_start_dhcp(struct os *os, const struct dhcp_pool_config *pools, unsigned n)
{
    return dhcp_server_start(os, pools, n) != NULL;
}

void services_start_dhcp_relay(struct os *os, const struct dhcp_relay_config *config)
{
    dhcp_relay_start(os, config);
}

bool services_start_dns(struct os *os, const struct dns_server_config *config)
{
    return dns_server_start(os, config) != NULL;
}

/* Servers without a terminal: what they would print is seen in the trace alone. */
static const struct process_io nowhere;

void services_start_http(struct os *os, const struct http_server_config *config)
{
    http_server_start(os, config, &nowhere);
}

void services_start_small(struct os *os, const struct small_server_config *config)
{
    small_server_start(os, config, &nowhere);
}

/* ---- a client without a command ---- */

static void client_event(void *ctx, struct dhcp_client *client, enum dhcp_client_event event)
{
    (void)ctx, (void)client, (void)event; /* it has no terminal */
}

static enum co_status client_main(struct process *self, void *state)
{
    (void)self;
    return dhcp_client_run(state);
}

static const struct program dhcp_client_program = {
    .name = "dhclient",
    .state_size = sizeof(struct dhcp_client),
    .main = client_main,
};

struct process *services_start_dhcp_client(struct os *os, const char *iface)
{
    const char *const argv[] = { "dhclient", iface };
    struct process *self;
    struct dhcp_client *client;

    if (ip_iface_find(&os->ip, iface) == NULL)
        return NULL;
    self = process_start(os, &dhcp_client_program, 2, argv, NULL, &nowhere);
    client = self->state;
    dhcp_client_init(client, self, DHCP_STYLE_DHCLIENT);
    client->event = client_event;
    if (dhcp_client_set_iface(client, iface) != 0)
        client->done = true;
    return self;
}

void services_describe(struct os *os, struct describe *out)
{
    struct process *process;

    LIST_FOR_EACH(process, &os->processes, struct process, link)
    {
        if (dhcp_server_is(process))
            dhcp_server_describe(process, out);
        if (dns_server_is(process))
            dns_server_describe(process, out);
    }
    if (os->services != NULL)
        dns_cache_describe(&services_of(os)->resolver_cache, node_now(os->node), out);
}

int services_open(struct process *self, int type, uint16_t port, int backlog, int *fd)
{
    bool v6 = ip6_enabled(&self->os->ip);
    int error;

    *fd = sys_socket(self, v6 ? SIM_AF_INET6 : SIM_AF_INET, type, 0);
    if (*fd < 0)
        return *fd;
    (void)sys_setsockopt(self, *fd, OPT_SO_REUSEADDR, 1);
    (void)sys_set_nonblock(self, *fd, true);
    error = sys_bind(self, *fd, (struct endpoint){ .port = port, .v6 = v6 });
    return error == 0 && type == SIM_SOCK_STREAM ? sys_listen(self, *fd, backlog) : error;
}
