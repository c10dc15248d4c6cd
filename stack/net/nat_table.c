/* NAT: the table of connections. Entries come from the run's arena and go back to a free list. */
#include "base/check.h"
#include "base/memory.h"
#include "sim/sim.h"
#include "stack/net/nat_internal.h"

#define EVICT_TRIES 64 /* of the oldest entries, when the table is full */

static uint32_t hash_end(struct endpoint end)
{
    return (uint32_t)(random_mix((uint64_t)end.addr << 16 | end.port) >> 32);
}

static uint32_t bucket_of(const struct nat *nat, const struct nat_tuple *tuple)
{
    return (hash_end(tuple->src) ^ hash_end(tuple->dst) * 31 ^ tuple->protocol) &
           (nat->n_buckets - 1);
}

static uint32_t source_bucket(const struct nat *nat, const struct nat_tuple *tuple)
{
    return (hash_end(tuple->src) ^ tuple->protocol) & (nat->n_buckets - 1);
}

static bool tuple_eq(const struct nat_tuple *a, const struct nat_tuple *b)
{
    return nat_end_eq(a->src, b->src) && nat_end_eq(a->dst, b->dst) && a->protocol == b->protocol &&
           a->query == b->query;
}

struct nat_tuple nat_tuple_invert(const struct nat_tuple *tuple)
{
    return (struct nat_tuple){
        .src = tuple->dst, .dst = tuple->src, .protocol = tuple->protocol, .query = tuple->query
    };
}

struct nat_conn *nat_find(struct nat *nat, const struct nat_tuple *tuple, enum nat_dir *dir)
{
    for (struct nat_link *link = nat->buckets[bucket_of(nat, tuple)]; link != NULL;
         link = link->next) {
        enum nat_dir at = link == &link->conn->link[NAT_REPLY] ? NAT_REPLY : NAT_ORIGINAL;

        if (tuple_eq(&link->conn->tuple[at], tuple)) {
            *dir = at;
            return link->conn;
        }
    }
    return NULL;
}

bool nat_tuple_used(struct nat *nat, const struct nat_tuple *reply)
{
    enum nat_dir dir;

    return nat_find(nat, reply, &dir) != NULL;
}

const struct nat_conn *nat_find_source(const struct nat *nat, const struct nat_tuple *original,
                                       ip4_addr addr)
{
    const struct nat_conn *conn = nat->by_source[source_bucket(nat, original)];

    while (conn != NULL && (!nat_end_eq(conn->tuple[NAT_ORIGINAL].src, original->src) ||
                            conn->tuple[NAT_ORIGINAL].protocol != original->protocol ||
                            conn->tuple[NAT_ORIGINAL].query != original->query ||
                            conn->tuple[NAT_REPLY].dst.addr != addr))
        conn = conn->next_source;
    return conn;
}

static void link_conn(struct nat *nat, struct nat_conn *conn)
{
    struct nat_conn **by_source = &nat->by_source[source_bucket(nat, &conn->tuple[NAT_ORIGINAL])];

    for (int dir = NAT_ORIGINAL; dir <= NAT_REPLY; dir++) {
        struct nat_link **bucket = &nat->buckets[bucket_of(nat, &conn->tuple[dir])];

        conn->link[dir].next = *bucket;
        *bucket = &conn->link[dir];
    }
    conn->next_source = *by_source;
    *by_source = conn;
}

static void unlink_conn(struct nat *nat, struct nat_conn *conn)
{
    struct nat_conn **source = &nat->by_source[source_bucket(nat, &conn->tuple[NAT_ORIGINAL])];

    for (int dir = NAT_ORIGINAL; dir <= NAT_REPLY; dir++) {
        struct nat_link **at = &nat->buckets[bucket_of(nat, &conn->tuple[dir])];

        while (*at != &conn->link[dir])
            at = &(*at)->next;
        *at = conn->link[dir].next;
    }
    while (*source != conn)
        source = &(*source)->next_source;
    *source = conn->next_source;
}

void nat_set_buckets(struct nat *nat, unsigned n)
{
    struct arena *arena = node_arena(nat->ip->node);
    struct nat_conn *conn;

    nat->n_buckets = n;
    nat->buckets = arena_alloc(arena, n * sizeof *nat->buckets);
    nat->by_source = arena_alloc(arena, n * sizeof *nat->by_source);
    LIST_FOR_EACH(conn, &nat->conns, struct nat_conn, age)
    link_conn(nat, conn);
}

static void note(const struct nat_conn *conn, bool born)
{
    const struct nat_tuple *original = &conn->tuple[NAT_ORIGINAL], *reply = &conn->tuple[NAT_REPLY];
    bool out = nat_changes_src(conn, NAT_ORIGINAL);
    struct endpoint inside = out ? original->src : reply->src,
                    outside = out ? reply->dst : original->dst;

    if (!out && !nat_changes_dst(conn, NAT_ORIGINAL))
        return;
    node_state(conn->nat->ip->node, conn->nat->config.outside->iface,
               born ? WHY(NAT_NEW, inside.addr, inside.port, outside.addr, outside.port)
                    : WHY(NAT_GONE, inside.addr, inside.port));
}

static void expired(void *ctx)
{
    nat_conn_remove(ctx);
}

/* early_drop(): an old connection that never became a real one makes room. */
static bool make_room(struct nat *nat)
{
    struct nat_conn *conn;
    unsigned tries = 0;

    if (nat->n_conns < NAT_CONNECTIONS_MAX)
        return true;
    LIST_FOR_EACH(conn, &nat->conns, struct nat_conn, age)
    {
        if (!conn->assured) {
            nat_conn_remove(conn);
            return true;
        }
        if (++tries == EVICT_TRIES)
            break;
    }
    return false;
}

struct nat_conn *nat_conn_new(struct nat *nat, const struct nat_tuple *original)
{
    struct nat_conn *conn;

    if (!make_room(nat))
        return NULL;
    conn = nat->free;
    if (conn != NULL)
        nat->free = conn->next_source;
    else
        conn = arena_alloc(node_arena(nat->ip->node), sizeof *conn);
    *conn = (struct nat_conn){ .nat = nat, .tuple = { *original, nat_tuple_invert(original) } };
    conn->link[NAT_ORIGINAL].conn = conn->link[NAT_REPLY].conn = conn;
    list_init(&conn->age);
    timer_init(&conn->timer, nat->ip->node, WHY0(TIMER_NAT), expired, conn);
    return conn;
}

bool nat_conn_confirm(struct nat_conn *conn)
{
    struct nat *nat = conn->nat;

    if (nat_tuple_used(nat, &conn->tuple[NAT_ORIGINAL]) ||
        nat_tuple_used(nat, &conn->tuple[NAT_REPLY])) {
        nat_conn_remove(conn);
        return false;
    }
    conn->confirmed = true;
    nat->n_conns++;
    if (nat->n_conns > nat->n_buckets)
        nat_set_buckets(nat, 4 * nat->n_buckets);
    link_conn(nat, conn);
    list_push_back(&nat->conns, &conn->age);
    note(conn, true);
    return true;
}

void nat_conn_remove(struct nat_conn *conn)
{
    struct nat *nat = conn->nat;

    if (conn->confirmed) {
        note(conn, false);
        unlink_conn(nat, conn);
        nat->n_conns--;
    }
    if (nat->from_wire.conn == conn)
        nat->from_wire.conn = NULL;
    if (nat->own.conn == conn)
        nat->own.conn = NULL;
    list_remove(&conn->age);
    timer_fini(&conn->timer);
    conn->next_source = nat->free;
    nat->free = conn;
}
