/*
 * What the services of one host share, behind os->services; and how a host's services are started.
 * The configurations are plain C, to be filled from a topology: dhcp_pool_config,
 * dns_server_config. They are borrowed and must outlive the run. Call services_start_*() while the
 * node is being built or at time 0, after its addresses are set.
 */
#ifndef WW_STACK_SERVICES_SERVICES_H
#define WW_STACK_SERVICES_SERVICES_H

#include "stack/services/dhcp_relay.h"
#include "stack/services/dhcp_server.h"
#include "stack/services/dns_cache.h"
#include "stack/services/dns_server.h"
#include "stack/services/http_server.h"
#include "stack/services/small_servers.h"
#include "stack/socket/os.h"

#define SERVICES_TEXTS_MAX 4096

struct services {
    struct dns_cache resolver_cache;
    bool use_resolver_cache; /* off, as on Debian: glibc keeps nothing; on: as nscd or
                                systemd-resolved would */
    char **texts;            /* sorted; for records: "www.baidu.com A" */
    uint32_t n_texts, texts_size;
};

/** services_of() - @os's, made when needed, freed with it. */
struct services *services_of(struct os *os);
/** services_dns_text() - "www.baidu.com A", alive as long as @os; NULL when there are too many. */
const char *services_dns_text(struct os *os, const char *name, uint16_t type);
/** services_note_learned() - record that @self's @cache now knows @name and @type, and for how
 * long. */
void services_note_learned(struct process *self, struct dns_cache *cache, const char *name,
                           uint16_t type);
/** services_set_resolver_cache() - whether programs' name look-ups share a cache on this host. */
void services_set_resolver_cache(struct os *os, bool on);
/** services_flush_resolver_cache() - `ipconfig /flushdns`, `resolvectl flush-caches`. */
void services_flush_resolver_cache(struct os *os);

/** services_start_dhcp() - all `dhcp` services of @os. False: see dhcp_server_start(). */
bool services_start_dhcp(struct os *os, const struct dhcp_pool_config *pools, unsigned n);
/** services_start_dns() - a `dns` service. */
bool services_start_dns(struct os *os, const struct dns_server_config *config);
/** services_start_http() - an `http` service. services_start_small() - `echo`, `chargen` or
 * `discard`. */
void services_start_http(struct os *os, const struct http_server_config *config);
void services_start_small(struct os *os, const struct small_server_config *config);
/** services_start_dhcp_relay() - the `dhcp-relay` service of @os. */
void services_start_dhcp_relay(struct os *os, const struct dhcp_relay_config *config);
/** services_start_dhcp_client() - what an interface does that asks for an address at boot: dhclient
 * in the background. */
struct process *services_start_dhcp_client(struct os *os, const char *iface);

/** services_open() - a listening socket of @type on @port of every address, not blocking: of both
 * families where the host has IPv6. 0 with *@fd, or -errno. @backlog is for streams. */
int services_open(struct process *self, int type, uint16_t port, int backlog, int *fd);

/** services_describe() - tables "lease" and "dns-cache" of @os. */
void services_describe(struct os *os, struct describe *out);

#endif
