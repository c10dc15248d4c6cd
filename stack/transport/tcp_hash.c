/* Which socket a segment belongs to, and which ports are taken. */
#include <stdlib.h>

#include "base/check.h"
#include "sim/piece.h"
#include "stack/transport/tcp_internal.h"

static uint64_t tuple_hash(struct endpoint local, struct endpoint remote)
{
    uint64_t addrs = (uint64_t)local.addr << 32 | remote.addr;
    uint64_t ports = (uint64_t)local.port << 16 | remote.port;

    if (local.v6)
        addrs = random_mix(random_mix(local.addr6.hi ^ random_mix(local.addr6.lo)) ^
                           remote.addr6.hi ^ random_mix(remote.addr6.lo));
    return random_mix(random_mix(addrs) ^ ports);
}

static struct tcp_entry **new_table(struct tcp_layer *tcp, uint32_t size)
{
    return piece_zalloc(tcp->node, size * sizeof(struct tcp_entry *));
}

static void drop_table(struct tcp_layer *tcp, struct tcp_entry **table, uint32_t size)
{
    if (table != NULL)
        piece_free(tcp->node, table, size * sizeof(struct tcp_entry *));
}

void tcp_hash_fini(struct tcp_layer *tcp)
{
    CHECK(tcp->n_entries == 0);
    drop_table(tcp, tcp->table, tcp->table_size);
    if (tcp->ports != NULL)
        piece_free(tcp->node, tcp->ports, TCP_PORT_BUCKETS * sizeof *tcp->ports);
    free(tcp->perturb);
}

static struct tcp_entry **slot(struct tcp_layer *tcp, const struct tcp_entry *entry)
{
    return &tcp->table[tuple_hash(entry->ends->local, entry->ends->remote) & (tcp->table_size - 1)];
}

static void grow(struct tcp_layer *tcp)
{
    struct tcp_entry **old = tcp->table;
    uint32_t old_size = tcp->table_size;

    tcp->table_size = tcp->table_size == 0 ? 16 : 2 * tcp->table_size;
    tcp->table = new_table(tcp, tcp->table_size);
    for (uint32_t i = 0; i < old_size; i++) {
        for (struct tcp_entry *entry = old[i], *next; entry != NULL; entry = next) {
            struct tcp_entry **head = slot(tcp, entry);

            next = entry->next;
            entry->next = *head;
            *head = entry;
        }
    }
    drop_table(tcp, old, old_size);
}

void tcp_hash_add(struct tcp_layer *tcp, struct tcp_entry *entry)
{
    struct tcp_entry **head;

    CHECK(!entry->hashed);
    if (tcp->n_entries >= tcp->table_size)
        grow(tcp);
    head = slot(tcp, entry);
    entry->next = *head;
    *head = entry;
    entry->hashed = true;
    tcp->n_entries++;
}

void tcp_hash_remove(struct tcp_layer *tcp, struct tcp_entry *entry)
{
    if (!entry->hashed)
        return;
    for (struct tcp_entry **at = slot(tcp, entry); *at != NULL; at = &(*at)->next) {
        if (*at == entry) {
            *at = entry->next;
            break;
        }
    }
    entry->hashed = false;
    tcp->n_entries--;
    if (tcp->found != NULL && &tcp->found->entry == entry)
        tcp->found = NULL;
}

static inline bool is_of(const struct tcp_entry *entry, const struct endpoint *local,
                         const struct endpoint *remote)
{
    return endpoint_eq(&entry->ends->local, local) && endpoint_eq(&entry->ends->remote, remote);
}

struct tcp_entry *tcp_hash_find(struct tcp_layer *tcp, struct endpoint local,
                                struct endpoint remote)
{
    struct tcp_entry *entry;

    if (tcp->n_entries == 0)
        return NULL;
    entry = tcp->table[tuple_hash(local, remote) & (tcp->table_size - 1)];
    while (entry != NULL && !is_of(entry, &local, &remote))
        entry = entry->next;
    tcp->found = tcp_entry_sock(entry);
    return entry;
}

static struct list *port_bucket(struct tcp_layer *tcp, uint16_t port)
{
    if (tcp->ports == NULL) { /* most hosts of a large network never use TCP */
        tcp->ports = piece_new(tcp->node, TCP_PORT_BUCKETS * sizeof *tcp->ports);
        for (unsigned i = 0; i < TCP_PORT_BUCKETS; i++)
            list_init(&tcp->ports[i]);
    }
    return &tcp->ports[port % TCP_PORT_BUCKETS];
}

void tcp_port_own(struct tcp_layer *tcp, struct tcp_entry *entry)
{
    CHECK(!entry->owns_port && entry->ends->local.port != 0);
    list_push_back(port_bucket(tcp, entry->ends->local.port), &entry->port_link);
    entry->owns_port = true;
}

void tcp_port_release(struct tcp_entry *entry)
{
    if (!entry->owns_port)
        return;
    list_remove(&entry->port_link);
    entry->owns_port = false;
}

/* How well a listener fits: the family its own, its address named, its interface named; -1 not at
 * all. */
static int listener_score(const struct tcp_entry *entry, struct endpoint local, unsigned ifindex)
{
    int score = entry->ends->local.v6 == local.v6 ? 2 : 1;

    if (entry->kind != TCP_ENTRY_SOCK || entry->state != TCP_LISTEN ||
        entry->ends->local.port != local.port)
        return -1;
    if (!sock_matches_local(&entry->ends->local, entry->v6only, &local))
        return -1;
    if (!endpoint_is_any(&entry->ends->local))
        score += 4;
    if (entry->bound_ifindex != 0) {
        if (entry->bound_ifindex != ifindex)
            return -1;
        score += 8;
    }
    return score;
}

struct tcp_sock *tcp_listener_find(struct tcp_layer *tcp, struct endpoint local,
                                   struct endpoint remote, unsigned ifindex)
{
    struct tcp_entry *entry, *best = NULL;
    int best_score = 0;
    uint32_t n_equal = 0;

    LIST_FOR_EACH(entry, port_bucket(tcp, local.port), struct tcp_entry, port_link)
    {
        int score = listener_score(entry, local, ifindex);

        if (score > best_score) {
            best = entry;
            best_score = score;
            n_equal = 1;
        } else if (score == best_score && best != NULL && entry->reuseport && best->reuseport) {
            n_equal++; /* SO_REUSEPORT shares the connections out by their endpoints */
            if (tuple_hash(local, remote) % n_equal == 0)
                best = entry;
        }
    }
    return best == NULL ? NULL : CONTAINER_OF(best, struct tcp_sock, entry);
}

/* @picked: the port is bind()'s choice, which SO_REUSEADDR does not make one that is in use. */
static bool pair_conflicts(const struct tcp_entry *mine, const struct tcp_entry *other, bool picked)
{
    if (!sock_addrs_meet(&mine->ends->local, mine->v6only, &other->ends->local, other->v6only))
        return false;
    if (mine->bound_ifindex != 0 && other->bound_ifindex != 0 &&
        mine->bound_ifindex != other->bound_ifindex)
        return false;
    if (picked)
        return true;
    if (mine->reuse && other->reuse && other->state != TCP_LISTEN)
        return false;
    return !(mine->reuseport && other->reuseport);
}

static bool port_conflict(struct tcp_layer *tcp, const struct tcp_entry *mine, bool picked)
{
    struct tcp_entry *other;

    LIST_FOR_EACH(other, port_bucket(tcp, mine->ends->local.port), struct tcp_entry, port_link)
    {
        if (other != mine && other->ends->local.port == mine->ends->local.port &&
            pair_conflicts(mine, other, picked))
            return true;
    }
    return false;
}

bool tcp_port_conflict(struct tcp_layer *tcp, const struct tcp_entry *mine)
{
    return port_conflict(tcp, mine, false);
}

static bool port_unused(struct tcp_layer *tcp, uint16_t port)
{
    struct tcp_entry *other;

    LIST_FOR_EACH(other, port_bucket(tcp, port), struct tcp_entry, port_link)
    {
        if (other->ends->local.port == port)
            return false;
    }
    return true;
}

/* bind() to port 0 looks at odd places of the range first and connect() at even ones, so that they
 * seldom meet. */
uint16_t tcp_port_pick(struct tcp_layer *tcp, struct tcp_entry *entry)
{
    uint32_t low = tcp->ip->sysctl.port_min, n = tcp->ip->sysctl.port_max - low + 1u;
    uint32_t offset;

    if (tcp->ip->sysctl.port_max < low)
        return 0;
    if (n > 1)
        n &= ~1u;
    offset = (uint32_t)random_below(&tcp->random, n) | 1;
    for (unsigned parity = 0; parity < 2; parity++, offset--) {
        for (uint32_t i = 0; i < n; i += 2) {
            uint16_t port = (uint16_t)(low + (offset + i) % n);

            entry->ends->local.port = port;
            if (port_unused(tcp, port) || !port_conflict(tcp, entry, true))
                return port;
        }
    }
    entry->ends->local.port = 0;
    return 0;
}

/* Is the pair of endpoints free, perhaps because a TIME-WAIT gives way? */
static bool pair_free(struct tcp_sock *tp, uint16_t port, bool bound)
{
    struct endpoint local = tp->entry.ends->local;
    struct tcp_entry *other;

    local.port = port;
    other = tcp_hash_find(tp->layer, local, tp->entry.ends->remote);
    if (other == NULL)
        return true;
    if (other->kind != TCP_ENTRY_TIMEWAIT)
        return false;
    return tcp_timewait_reusable(CONTAINER_OF(other, struct tcp_timewait, entry), tp, bound);
}

static bool port_fits_connect(struct tcp_sock *tp, uint16_t port)
{
    struct tcp_entry *other;

    LIST_FOR_EACH(other, port_bucket(tp->layer, port), struct tcp_entry, port_link)
    {
        if (other->ends->local.port == port && other->explicit_port)
            return false; /* bind() asked for it */
    }
    return pair_free(tp, port, false);
}

static uint32_t *perturb_of(struct tcp_layer *tcp, uint64_t hash)
{
    if (tcp->perturb == NULL) {
        tcp->perturb = mem_alloc(TCP_PERTURB * sizeof *tcp->perturb);
        for (unsigned i = 0; i < TCP_PERTURB; i++)
            tcp->perturb[i] = random_u32(&tcp->perturb_random) >> 1;
    }
    return &tcp->perturb[hash % TCP_PERTURB];
}

int tcp_port_connect(struct tcp_sock *tp)
{
    struct tcp_layer *tcp = tp->layer;
    uint32_t low = tcp->ip->sysctl.port_min, n = tcp->ip->sysctl.port_max - low + 1u;
    uint64_t hash;
    uint32_t *perturb, offset;

    if (tp->entry.ends->local.port != 0)
        return pair_free(tp, tp->entry.ends->local.port, true) ? 0 : -SIM_EADDRNOTAVAIL;
    if (tcp->ip->sysctl.port_max < low)
        return -SIM_EADDRNOTAVAIL;
    if (n > 1)
        n &= ~1u;
    /* RFC 6056 algorithm 4, as Linux: a keyed hash of the peer, moved on with every connection. */
    hash = random_mix(tcp->secret ^ tuple_hash(endpoint_without_port(tp->entry.ends->local),
                                               tp->entry.ends->remote));
    perturb = perturb_of(tcp, hash);
    offset = (uint32_t)((*perturb + (hash >> 32)) % n) & ~1u;
    for (unsigned parity = 0; parity < 2; parity++, offset++) {
        for (uint32_t i = 0; i < n; i += 2) {
            uint16_t port = (uint16_t)(low + (offset + i) % n);

            if (!port_fits_connect(tp, port))
                continue;
            *perturb += i + 2;
            tp->entry.ends->local.port = port;
            tcp_port_own(tcp, &tp->entry);
            return 0;
        }
    }
    return -SIM_EADDRNOTAVAIL;
}

/* RFC 6528: a keyed hash of the endpoints plus a clock, which on Linux ticks every 64 ns. */
uint32_t tcp_new_iss(struct tcp_layer *tcp, struct endpoint local, struct endpoint remote)
{
    uint64_t clock = (uint64_t)(node_now(tcp->node) / SIM_NSEC(64));

    return (uint32_t)(random_mix(tcp->secret + tuple_hash(local, remote)) + clock);
}

uint16_t tcp_first_id(const struct tcp_layer *tcp, uint32_t iss)
{
    return (uint16_t)(random_mix(tcp->secret + iss) >> 32);
}

uint64_t tcp_pair_secret(const struct tcp_layer *tcp, struct endpoint local, struct endpoint remote,
                         uint64_t salt)
{
    return random_mix(random_mix(tcp->secret ^ salt) ^ tuple_hash(local, remote));
}

uint32_t tcp_ts_offset(struct tcp_layer *tcp, struct endpoint local, struct endpoint remote)
{
    uint64_t addrs = (uint64_t)local.addr << 32 | remote.addr;

    if (local.v6)
        addrs = tuple_hash(endpoint_without_port(local), endpoint_without_port(remote));
    return (uint32_t)random_mix(random_mix(tcp->secret ^ 0x7473) ^ addrs);
}
