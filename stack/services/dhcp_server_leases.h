/* Inside the DHCP server: which address belongs to whom. */
#ifndef WW_STACK_SERVICES_DHCP_SERVER_LEASES_H
#define WW_STACK_SERVICES_DHCP_SERVER_LEASES_H

#include "stack/services/dhcp_server.h"
#include "stack/wire/dhcp_wire.h"

/* Who asks: by option 61 where the client sends it, else by its MAC. RFC 2131 section 4.2. */
struct dhcp_client_key {
    struct mac_addr mac;
    uint8_t id[DHCP_CLIENT_ID_MAX];
    uint8_t id_len;
};

struct dhcp_lease_db {
    struct process *self;             /* for records */
    struct dhcp_server_lease *leases; /* sorted by address */
    uint32_t n, size;
};

struct dhcp_client_key dhcp_client_key(const struct dhcp_msg *msg);
struct dhcp_server_lease *dhcp_db_find_addr(struct dhcp_lease_db *db, ip4_addr addr);
/** dhcp_db_find_client() - its offered or bound lease inside @first to @last; NULL. */
struct dhcp_server_lease *dhcp_db_find_client(struct dhcp_lease_db *db,
                                              const struct dhcp_client_key *key, ip4_addr first,
                                              ip4_addr last);
bool dhcp_lease_is_of(const struct dhcp_server_lease *lease, const struct dhcp_client_key *key);
/** dhcp_db_take() - @addr is @key's in @state until @expires; an entry there is changed. NULL:
 * DHCP_LEASES_MAX reached. */
struct dhcp_server_lease *dhcp_db_take(struct dhcp_lease_db *db, ip4_addr addr,
                                       const struct dhcp_client_key *key,
                                       enum dhcp_lease_state state, sim_time expires);
/** dhcp_db_drop() - the address is free again. */
void dhcp_db_drop(struct dhcp_lease_db *db, struct dhcp_server_lease *lease);
/** dhcp_db_expire() - drop what is over; returns when the next one will be, or SIM_TIME_NONE. */
sim_time dhcp_db_expire(struct dhcp_lease_db *db);
/** dhcp_db_highest() - the highest address with an entry inside @first to @last, or @first. */
ip4_addr dhcp_db_highest(const struct dhcp_lease_db *db, ip4_addr first, ip4_addr last);
void dhcp_db_fini(struct dhcp_lease_db *db);

#endif
