/* What the files of NAT share: tuples, connections, their table, and what a packet does to a
 * connection. */
#ifndef WW_STACK_NET_NAT_INTERNAL_H
#define WW_STACK_NET_NAT_INTERNAL_H

#include "base/list.h"
#include "stack/net/ip_internal.h"
#include "stack/net/nat.h"
#include "stack/wire/tcp_wire.h"

enum nat_dir { NAT_ORIGINAL, NAT_REPLY };

/* One direction of a connection as its packets show it. An ICMP query's identifier stands beside
   the address of who asks; the other port is 0. */
struct nat_tuple {
    struct endpoint src, dst;
    uint8_t protocol;
    uint8_t query; /* ICMP: the type that asks, in both directions */
};

enum nat_tcp_state {
    NAT_TCP_NONE,
    NAT_TCP_SYN_SENT,
    NAT_TCP_SYN_RECV,
    NAT_TCP_ESTABLISHED,
    NAT_TCP_FIN_WAIT,
    NAT_TCP_CLOSE_WAIT,
    NAT_TCP_LAST_ACK,
    NAT_TCP_TIME_WAIT,
    NAT_TCP_CLOSE,
    NAT_TCP_SYN_SENT2, /* both sides sent a SYN */
    NAT_TCP_N_STATES,
    NAT_TCP_IGNORE = NAT_TCP_N_STATES, /* passes, changes nothing */
    NAT_TCP_INVALID
};

enum nat_tcp_event { NAT_SYN, NAT_SYN_ACK, NAT_FIN, NAT_ACK, NAT_RST, NAT_N_EVENTS };

struct nat_tcp {
    enum nat_tcp_state state;
    struct {
        uint32_t end;    /* behind the last octet sent */
        uint32_t maxack; /* highest acknowledgment sent */
        bool seen, has_maxack, unacked, closing;
    } side[2];
    enum nat_tcp_event last_event;
    enum nat_dir last_dir;
    uint32_t last_seq, last_ack, last_end;
    uint16_t last_window;
    uint8_t retransmissions;
};

struct nat_link { /* in the bucket of a tuple */
    struct nat_link *next;
    struct nat_conn *conn; /* whose link[dir] this is */
};

struct nat_conn {
    struct nat *nat;
    struct nat_tuple tuple[2]; /* [NAT_REPLY]: how answers look on the wire */
    struct nat_link link[2];
    struct nat_conn *next_source; /* in its bucket of by_source; or in the free list */
    struct list age;              /* nat->conns, oldest first */
    struct timer timer;           /* its end */
    bool confirmed;               /* in the table */
    bool seen_reply, assured;
    bool masqueraded;
    sim_time stream_from; /* UDP: an exchange that lasts longer than this is a stream */
    struct nat_tcp tcp;
};

struct nat {
    struct ip_stack *ip;
    struct ip_hooks hooks;
    struct nat_config config;
    struct random_stream random;
    struct nat_link **buckets;   /* by tuple, both directions */
    struct nat_conn **by_source; /* by the original source */
    unsigned n_buckets, n_conns;
    struct list conns;
    struct nat_conn *free;
    /* The packets between prerouting, or output, and postrouting: one from a wire, and one of our
     * own about it. */
    struct nat_passing {
        const struct frame *frame;
        struct nat_conn *conn; /* perhaps not yet confirmed */
        enum nat_dir dir;
        bool is_error; /* an ICMP error about the connection */
    } from_wire, own;
};

/* nat_table.c */
#define NAT_BUCKETS_FIRST 256
/** nat_set_buckets() - @n buckets, a power of two, from now on; for the start and for growing. */
void nat_set_buckets(struct nat *nat, unsigned n);
struct nat_conn *nat_find(struct nat *nat, const struct nat_tuple *tuple, enum nat_dir *dir);
/** nat_tuple_used() - an answer like @reply would belong to another connection already. */
bool nat_tuple_used(struct nat *nat, const struct nat_tuple *reply);
/** nat_find_source() - a connection from the same source, perhaps to elsewhere, with its source
 * translated to @addr. */
const struct nat_conn *nat_find_source(const struct nat *nat, const struct nat_tuple *original,
                                       ip4_addr addr);
/** nat_conn_new() - not yet in the table, for a packet of @original. NULL: the table is full of
 * better ones. */
struct nat_conn *nat_conn_new(struct nat *nat, const struct nat_tuple *original);
/** nat_conn_confirm() - into the table; false, and gone, when one of its tuples is another's. */
bool nat_conn_confirm(struct nat_conn *conn);
/** nat_conn_remove() - out of the table, if there, and freed. */
void nat_conn_remove(struct nat_conn *conn);
struct nat_tuple nat_tuple_invert(const struct nat_tuple *tuple);
static inline bool nat_end_eq(struct endpoint a, struct endpoint b)
{
    return a.addr == b.addr && a.port == b.port;
}
/** nat_changes_src() / nat_changes_dst() - the connection's packets in @dir are rewritten there. */
static inline bool nat_changes_src(const struct nat_conn *conn, enum nat_dir dir)
{
    return !nat_end_eq(conn->tuple[dir].src, conn->tuple[!dir].dst);
}
static inline bool nat_changes_dst(const struct nat_conn *conn, enum nat_dir dir)
{
    return !nat_end_eq(conn->tuple[dir].dst, conn->tuple[!dir].src);
}

/* nat_track.c */
enum nat_verdict {
    NAT_VALID,
    NAT_INVALID,
    NAT_AGAIN /* the old connection is gone: this opens a new one */
};
/** nat_may_open() - whether a packet that belongs to nothing known opens a connection. @transport:
 * its @len octets. */
bool nat_may_open(const struct ipv4_hdr *hdr, const uint8_t *transport, size_t len);
/** nat_track() - a packet of @conn in @dir: its state and time-out. */
enum nat_verdict nat_track(struct nat_conn *conn, enum nat_dir dir, const struct ipv4_hdr *hdr,
                           const uint8_t *transport, size_t len, bool is_new);
const char *nat_tcp_state_name(enum nat_tcp_state state);

/* nat_packet.c */
/** nat_tuple_of() - the tuple of the packet with @hdr; false when it has none. */
bool nat_tuple_of(const struct ipv4_hdr *hdr, const uint8_t *transport, size_t len,
                  struct nat_tuple *tuple);
/** nat_rewrite() - the source or destination of the packet at @packet, @len octets of it there;
 * checksums follow.
 * @pending: its transport checksum is still to be finished. */
void nat_rewrite(uint8_t *packet, size_t len, bool source, struct endpoint to, bool pending);

/* nat_show.c */
void nat_describe(void *ctx, struct describe *out);

#endif
