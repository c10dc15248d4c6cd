#include "stack/services/dhcp_server_leases.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct dhcp_client_key dhcp_client_key(const struct dhcp_msg *msg)
{
    struct dhcp_client_key key = { .mac = dhcp_chaddr_mac(msg) };
    size_t len = dhcp_option_join(msg, DHCP_OPT_CLIENT_ID, key.id, sizeof key.id);

    key.id_len = (uint8_t)(len < sizeof key.id ? len : sizeof key.id);
    return key;
}

bool dhcp_lease_is_of(const struct dhcp_server_lease *lease, const struct dhcp_client_key *key)
{
    if (key->id_len != 0 && lease->client_id_len != 0)
        return key->id_len == lease->client_id_len &&
               memcmp(key->id, lease->client_id, key->id_len) == 0;
    return mac_eq(&key->mac, &lease->mac);
}

static uint32_t place_of(const struct dhcp_lease_db *db, ip4_addr addr)
{
    uint32_t low = 0, high = db->n;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (db->leases[middle].addr < addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct dhcp_server_lease *dhcp_db_find_addr(struct dhcp_lease_db *db, ip4_addr addr)
{
    uint32_t at = place_of(db, addr);

    return at < db->n && db->leases[at].addr == addr ? &db->leases[at] : NULL;
}

struct dhcp_server_lease *dhcp_db_find_client(struct dhcp_lease_db *db,
                                              const struct dhcp_client_key *key, ip4_addr first,
                                              ip4_addr last)
{
    for (uint32_t i = 0; i < db->n; i++) {
        struct dhcp_server_lease *lease = &db->leases[i];

        if (lease->addr >= first && lease->addr <= last && lease->state != DHCP_LEASE_DECLINED &&
            dhcp_lease_is_of(lease, key))
            return lease;
    }
    return NULL;
}

struct dhcp_server_lease *dhcp_db_take(struct dhcp_lease_db *db, ip4_addr addr,
                                       const struct dhcp_client_key *key,
                                       enum dhcp_lease_state state, sim_time expires)
{
    uint32_t at = place_of(db, addr);
    struct dhcp_server_lease *lease;

    if (at == db->n || db->leases[at].addr != addr) {
        struct dhcp_server_lease fresh = { .addr = addr };

        if (db->n == DHCP_LEASES_MAX)
            return NULL;
        ARRAY_PUSH(db->leases, db->n, db->size, fresh);
        memmove(&db->leases[at + 1], &db->leases[at], (db->n - 1 - at) * sizeof fresh);
        db->leases[at] = fresh;
    }
    lease = &db->leases[at];
    lease->state = state;
    lease->expires = expires;
    lease->mac = key->mac;
    lease->client_id_len = key->id_len;
    memcpy(lease->client_id, key->id, sizeof lease->client_id);
    if (state == DHCP_LEASE_BOUND)
        process_note(db->self, RECORD_STATE,
                     WHY(DHCP_LEASE, addr, mac_to_u64(&lease->mac),
                         expires == SIM_TIME_NONE ? (uint64_t)SIM_TIME_NONE
                                                  : (uint64_t)(expires - process_now(db->self))),
                     NULL);
    return lease;
}

void dhcp_db_drop(struct dhcp_lease_db *db, struct dhcp_server_lease *lease)
{
    uint32_t at = (uint32_t)(lease - db->leases);

    if (lease->state == DHCP_LEASE_BOUND)
        process_note(db->self, RECORD_STATE, WHY(DHCP_LEASE_FREE, lease->addr), NULL);
    db->n--;
    memmove(lease, lease + 1, (db->n - at) * sizeof *lease);
}

sim_time dhcp_db_expire(struct dhcp_lease_db *db)
{
    sim_time now = process_now(db->self), next = SIM_TIME_NONE;

    for (uint32_t i = 0; i < db->n;) {
        struct dhcp_server_lease *lease = &db->leases[i];

        if (lease->expires <= now) {
            dhcp_db_drop(db, lease);
            continue;
        }
        if (lease->expires < next)
            next = lease->expires;
        i++;
    }
    return next;
}

ip4_addr dhcp_db_highest(const struct dhcp_lease_db *db, ip4_addr first, ip4_addr last)
{
    for (uint32_t i = db->n; i > 0; i--)
        if (db->leases[i - 1].addr >= first && db->leases[i - 1].addr <= last)
            return db->leases[i - 1].addr;
    return first;
}

void dhcp_db_fini(struct dhcp_lease_db *db)
{
    free(db->leases);
}
