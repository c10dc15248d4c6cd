#include "lab/expect_way.h"

#include <glib.h>
#include <string.h>

#include "inspect/record_ids.h"

enum { KEPT = 1 << 16 };

/* The last KEPT things that were added, each found by its id. */
struct ring {
    size_t size; /* of a slot's thing */
    uint64_t *ids;
    char *slots;
    GHashTable *places; /* id -> slot + 1 */
    uint32_t next;
};

static void ring_init(struct ring *ring, size_t size)
{
    ring->size = (size + 7) / 8 * 8;
    ring->ids = g_new0(uint64_t, KEPT);
    ring->slots = g_malloc0_n(KEPT, ring->size);
    ring->places = g_hash_table_new(record_id_hash, NULL);
    ring->next = 0;
}

static void ring_fini(struct ring *ring)
{
    g_free(ring->ids);
    g_free(ring->slots);
    g_hash_table_destroy(ring->places);
}

static void *ring_find(const struct ring *ring, uint64_t id)
{
    gsize place = GPOINTER_TO_SIZE(g_hash_table_lookup(ring->places, record_id_key(id)));

    return place == 0 ? NULL : ring->slots + (place - 1) * ring->size;
}

static void *ring_add(struct ring *ring, uint64_t id)
{
    uint32_t slot = ring->next++ % KEPT;

    if (ring->ids[slot] != 0)
        g_hash_table_remove(ring->places, record_id_key(ring->ids[slot]));
    ring->ids[slot] = id;
    g_hash_table_insert(ring->places, record_id_key(id), GSIZE_TO_POINTER((gsize)slot + 1));
    return ring->slots + slot * ring->size;
}

struct ways {
    struct ring ring;
    size_t size;
    struct way *scratch; /* the copied one may be the slot that is used again */
};

struct ways *ways_new(uint32_t n_values)
{
    struct ways *ways = g_new0(struct ways, 1);

    ways->size = sizeof(struct way) + n_values * sizeof(struct way_value);
    ways->scratch = g_malloc0(ways->size);
    ring_init(&ways->ring, ways->size);
    return ways;
}

void ways_free(struct ways *ways)
{
    if (ways == NULL)
        return;
    ring_fini(&ways->ring);
    g_free(ways->scratch);
    g_free(ways);
}

struct way *ways_find(const struct ways *ways, uint64_t id)
{
    return ring_find(&ways->ring, id);
}

struct way *ways_add(struct ways *ways, uint64_t id, const struct way *from)
{
    struct way *way;

    if (from != NULL)
        memcpy(ways->scratch, from, ways->size);
    else
        memset(ways->scratch, 0, ways->size);
    way = ring_add(&ways->ring, id);
    memcpy(way, ways->scratch, ways->size);
    return way;
}

struct owners {
    struct ring ring;
};

struct owners *owners_new(void)
{
    struct owners *owners = g_new0(struct owners, 1);

    ring_init(&owners->ring, sizeof(uint32_t));
    return owners;
}

void owners_free(struct owners *owners)
{
    if (owners == NULL)
        return;
    ring_fini(&owners->ring);
    g_free(owners);
}

uint32_t owners_find(const struct owners *owners, uint64_t id)
{
    const uint32_t *entry = id != 0 ? ring_find(&owners->ring, id) : NULL;

    return entry != NULL ? *entry : OWNER_NONE;
}

void owners_add(struct owners *owners, uint64_t id, uint32_t entry)
{
    *(uint32_t *)ring_add(&owners->ring, id) = entry;
}
