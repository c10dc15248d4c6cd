#include "inspect/run_hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/likely.h"
#include "base/list.h"
#include "base/memory.h"
#include "sim/frame.h"
#include "sim/sim.h"

/*
 * A frame is seen again at the far end of the cable, and behind a switch at the next cable's ends.
 * Hashing its octets costs twenty times more than comparing them, so the last frames are kept with
 * their digests. A record is found through its cause: a reception follows from a transmission, a
 * forwarded frame from a reception. The octets are compared all the same, so a frame damaged or
 * rewritten on its way is hashed anew: the cache changes no result.
 */
enum { KEPT_MAX = 4096, KEPT_OCTETS_MAX = 1536, SHORT_OCTETS_MAX = 128, SLOTS = 4 * KEPT_MAX };
enum { LINE_LEN = 1 + 8 + 4 + SHA256_LEN, WAITING_MAX = 32 };

struct kept {
    uint8_t digest[SHA256_LEN];
    uint32_t len;
};

struct slot {
    uint64_t id; /* a record */
    uint32_t kept;
};

struct port_chain {
    _Alignas(ARENA_LINE) struct sha256 hash;
    bool used;
};

struct node_ports {
    uint32_t first, n;        /* its chains among those of all nodes */
    uint32_t n_more;          /* interfaces added since, */
    struct port_chain **more; /* and theirs */
    struct pack told; /* by the rank that has the node: names and digests of its ports; or empty */
};

/* What is to be added to a port's chain. In a large network the chain is in no cache of the
   processor: it is called there, and comes while the next records are made. */
struct waiting {
    struct port_chain *chain; /* NULL: nothing waits here */
    uint8_t line[LINE_LEN];
};

struct cache {
    struct waiting waiting[WAITING_MAX]; /* from next_waiting on, the oldest first */
    uint32_t next_waiting;
    uint32_t next_kept;
    struct kept kept[KEPT_MAX];
    struct slot slots[SLOTS];
    uint8_t shorts[KEPT_MAX][SHORT_OCTETS_MAX]; /* ARP and bare headers, close to each other */
    uint8_t octets[KEPT_MAX][KEPT_OCTETS_MAX];
};

struct run_hash {
    struct observer observer;
    struct sim *sim;
    struct node_ports *nodes; /* by id - 1 */
    uint32_t n_nodes;
    struct port_chain *chains; /* of the interfaces there are when the run begins, node by node */
    struct arena arena;        /* all chains */
    struct cache *caches[PARTS_MAX]; /* each partition's own, made when it is first used */
};

static struct cache *cache_of(struct run_hash *hash, const struct record *record)
{
    struct cache **cache = &hash->caches[record->node->part->index];

    if (*cache == NULL)
        *cache = mem_zalloc(sizeof **cache);
    return *cache;
}

static struct slot *slot_of(struct cache *cache, uint64_t id)
{
    return &cache->slots[(id ^ id >> RECORD_COUNT_BITS) % SLOTS];
}

/* The octets of cache->kept[@i]. */
static uint8_t *octets_of(struct cache *cache, uint32_t i)
{
    return cache->kept[i].len <= SHORT_OCTETS_MAX ? cache->shorts[i] : cache->octets[i];
}

static bool same_octets(struct cache *cache, uint32_t i, const struct frame *frame)
{
    const uint8_t *octets = octets_of(cache, i);

    return cache->kept[i].len == frame_size(frame) &&
           memcmp(octets, frame->data, frame->len) == 0 &&
           (frame->payload.len == 0 ||
            memcmp(octets + frame->len, frame->payload.octets, frame->payload.len) == 0);
}

static void hash_octets(const struct frame *frame, uint8_t digest[static SHA256_LEN])
{
    struct sha256 hash;

    sha256_init(&hash);
    sha256_add(&hash, frame->data, frame->len);
    if (frame->payload.len > 0)
        sha256_add(&hash, frame->payload.octets, frame->payload.len);
    sha256_finish(&hash, digest);
}

static const uint8_t *digest_of(struct cache *cache, const struct record *record,
                                uint8_t digest[static SHA256_LEN])
{
    const struct slot *before = slot_of(cache, record->cause);
    struct slot *slot = slot_of(cache, record->id);
    size_t size = frame_size(record->frame);
    uint32_t fresh = cache->next_kept;

    if (record->cause != 0 && before->id == record->cause &&
        same_octets(cache, before->kept, record->frame)) {
        *slot = (struct slot){ record->id, before->kept };
        return cache->kept[slot->kept].digest;
    }
    hash_octets(record->frame, digest);
    if (size > KEPT_OCTETS_MAX)
        return digest;
    cache->kept[fresh].len = (uint32_t)size;
    memcpy(cache->kept[fresh].digest, digest, SHA256_LEN);
    frame_copy_out(record->frame, 0, octets_of(cache, fresh), size);
    *slot = (struct slot){ record->id, fresh };
    cache->next_kept = (fresh + 1) % KEPT_MAX;
    return digest;
}

static struct port_chain *added_chain(struct run_hash *hash, struct node_ports *node, uint32_t i)
{
    while (i >= node->n_more) {
        struct port_chain *chain = arena_alloc_lines(&hash->arena, sizeof *chain);

        node->more = mem_realloc(node->more, node->n_more + 1, sizeof(struct port_chain *));
        node->more[node->n_more++] = chain;
    }
    return node->more[i];
}

static struct port_chain *chain_of(struct run_hash *hash, const struct iface *iface)
{
    struct node_ports *node = &hash->nodes[iface->node->id - 1];

    return LIKELY(iface->index < node->n) ? &hash->chains[node->first + iface->index]
                                          : added_chain(hash, node, iface->index - node->n);
}

static void add_line(struct port_chain *chain, const uint8_t line[static LINE_LEN])
{
    if (!chain->used) {
        sha256_init(&chain->hash);
        chain->used = true;
    }
    sha256_add(&chain->hash, line, LINE_LEN);
}

static void add_waiting(struct waiting *waiting)
{
    if (waiting->chain != NULL)
        add_line(waiting->chain, waiting->line);
    waiting->chain = NULL;
}

static void add_all_waiting(struct cache *cache)
{
    for (uint32_t i = 0; i < WAITING_MAX; i++)
        add_waiting(&cache->waiting[(cache->next_waiting + i) % WAITING_MAX]);
}

static void write_line(struct cache *cache, const struct record *record,
                       uint8_t line[static LINE_LEN])
{
    uint8_t digest[SHA256_LEN];

    line[0] = record->kind == RECORD_SEND ? 'S' : 'R';
    be64_put(line + 1, (uint64_t)record->at);
    be32_put(line + 9, (uint32_t)frame_size(record->frame));
    memcpy(line + 13, digest_of(cache, record, digest), SHA256_LEN);
}

/* The oldest that waits makes room. What happens between events waits for nothing: its node may be
   in another partition, with another cache, when the next comes. */
static void record_frame(struct observer *observer, const struct record *record)
{
    struct run_hash *hash = CONTAINER_OF(observer, struct run_hash, observer);
    struct port_chain *chain = chain_of(hash, record->iface);
    struct cache *cache = cache_of(hash, record);
    struct waiting *waiting = &cache->waiting[cache->next_waiting];

    __builtin_prefetch(chain, 1);
    __builtin_prefetch((char *)chain + ARENA_LINE, 1);
    add_waiting(waiting);
    write_line(cache, record, waiting->line);
    waiting->chain = chain;
    cache->next_waiting = (cache->next_waiting + 1) % WAITING_MAX;
    if (UNLIKELY(!record->node->part->acting))
        add_all_waiting(cache);
}

/* All chains side by side, those that are never used untouched. */
static void lay_chains(struct run_hash *hash)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < hash->n_nodes; i++) {
        hash->nodes[i].first = n;
        hash->nodes[i].n = hash->sim->nodes[i]->n_ifaces;
        n += hash->nodes[i].n;
    }
    hash->chains = arena_alloc_lines(&hash->arena, n * sizeof *hash->chains);
}

struct run_hash *run_hash_new(struct sim *sim)
{
    struct run_hash *hash = mem_zalloc(sizeof *hash);

    hash->sim = sim;
    hash->n_nodes = sim->n_nodes;
    hash->nodes = mem_zalloc((sim->n_nodes + 1) * sizeof *hash->nodes);
    lay_chains(hash);
    hash->observer.wants = RECORD_BIT(RECORD_SEND) | RECORD_BIT(RECORD_RECEIVE);
    hash->observer.by_node = true; /* each port has a chain of its own */
    hash->observer.record = record_frame;
    sim_observe(sim, &hash->observer);
    return hash;
}

static const struct port_chain *find_chain(const struct run_hash *hash, const struct iface *iface)
{
    const struct node_ports *node = &hash->nodes[iface->node->id - 1];
    uint32_t i = iface->index - node->n;

    if (iface->index < node->n)
        return &hash->chains[node->first + iface->index];
    return i < node->n_more ? node->more[i] : NULL;
}

static void put_port(struct pack *out, const struct run_hash *hash, const struct iface *iface)
{
    const struct port_chain *chain = find_chain(hash, iface);
    uint8_t digest[SHA256_LEN];
    struct sha256 empty;

    pack_octets(out, iface->node->name, strlen(iface->node->name));
    pack_octets(out, ":", 1);
    pack_octets(out, iface->name, strlen(iface->name) + 1);
    if (chain != NULL && chain->used) {
        sha256_finish(&chain->hash, digest);
    } else {
        sha256_init(&empty);
        sha256_finish(&empty, digest);
    }
    pack_octets(out, digest, sizeof digest);
}

/* Of one node: what the run-hash is made of. */
static void put_ports(struct pack *out, const struct run_hash *hash, uint32_t index)
{
    const struct node *node = hash->sim->nodes[index];
    const struct node_ports *ports = &hash->nodes[index];

    if (ports->told.len > 0)
        pack_octets(out, ports->told.octets, ports->told.len);
    for (uint32_t i = 0; ports->told.len == 0 && i < node->n_ifaces; i++)
        put_port(out, hash, node->ifaces[i]);
}

/* For whoever looks at the chains. */
static void settle(const struct run_hash *hash)
{
    for (uint32_t i = 0; i < PARTS_MAX; i++)
        if (hash->caches[i] != NULL)
            add_all_waiting(hash->caches[i]);
}

const char *run_hash_text(const struct run_hash *hash, char text[static RUN_HASH_TEXT_MAX])
{
    uint8_t digest[SHA256_LEN];
    struct pack ports = { 0 };
    struct sha256 all;

    settle(hash);
    sha256_init(&all);
    for (uint32_t i = 0; i < hash->n_nodes; i++) {
        ports.len = 0;
        put_ports(&ports, hash, i);
        sha256_add(&all, ports.octets, ports.len);
    }
    pack_free(&ports);
    sha256_finish(&all, digest);
    sha256_hex(digest, text);
    return text;
}

void run_hash_pack(const struct run_hash *hash, struct pack *out)
{
    struct pack ports = { 0 };

    settle(hash);
    for (uint32_t i = 0; i < hash->n_nodes; i++) {
        if (!node_is_here(hash->sim->nodes[i]))
            continue;
        ports.len = 0;
        put_ports(&ports, hash, i);
        pack_u32(out, i);
        pack_u32(out, (uint32_t)ports.len);
        pack_octets(out, ports.octets, ports.len);
    }
    pack_free(&ports);
}

void run_hash_unpack(struct run_hash *hash, struct unpack *in)
{
    while (unpack_left(in) > 0 && !in->wrong) {
        uint32_t i = unpack_u32(in), len = unpack_u32(in);
        const uint8_t *octets = unpack_octets(in, len);

        in->wrong |= i >= hash->n_nodes;
        if (in->wrong)
            return;
        hash->nodes[i].told.len = 0;
        pack_octets(&hash->nodes[i].told, octets, len);
    }
}

void run_hash_free(struct run_hash *hash)
{
    if (hash == NULL)
        return;
    sim_unobserve(hash->sim, &hash->observer);
    for (uint32_t i = 0; i < hash->n_nodes; i++)
        free(hash->nodes[i].more), pack_free(&hash->nodes[i].told);
    free(hash->nodes);
    arena_fini(&hash->arena);
    for (uint32_t i = 0; i < PARTS_MAX; i++)
        free(hash->caches[i]);
    free(hash);
}
