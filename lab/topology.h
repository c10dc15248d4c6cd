/*
 * A topology file (NAME.net.yaml) as data: what was written, checked and with every default filled
 * in. Nothing here knows the simulator; somebody else makes nodes and links of it, in the order of
 * the arrays.
 *
 * Times are sim_time (picoseconds), rates bit/s, probabilities millionths, IPv4 addresses in host
 * byte order. Everything belongs to the topology's arena and is freed with it; texts are UTF-8.
 */
#ifndef WW_LAB_TOPOLOGY_H
#define WW_LAB_TOPOLOGY_H

#include "base/addr.h"
#include "base/memory.h"
#include "lab/diag.h"
#include "sim/time.h"

#define TOPO_RATE_DEFAULT      UINT64_C(1000000000) /* bit/s */
#define TOPO_DELAY_DEFAULT     SIM_USEC(5)
#define TOPO_QUEUE_DEFAULT     1000u         /* frames, Linux's txqueuelen */
#define TOPO_MTU_DEFAULT       1500u         /* octets */
#define TOPO_AGEING_DEFAULT    SIM_SEC(300)  /* IEEE 802.1Q-2018, table 8-6 */
#define TOPO_LEASE_DEFAULT     SIM_SEC(3600) /* dnsmasq's */
#define TOPO_KEEPALIVE_DEFAULT SIM_SEC(75)   /* nginx's, for `keepalive: true` */
#define TOPO_NOWHERE           UINT32_MAX    /* no such node, interface or link */

enum topo_kind { TOPO_HOST, TOPO_ROUTER, TOPO_SWITCH, TOPO_HUB };
enum topo_addressing { TOPO_ADDR_NONE, TOPO_ADDR_STATIC, TOPO_ADDR_DHCP };

struct topo_addr {
    ip4_addr addr;
    uint8_t prefix_len;
    struct text_pos at;
};

struct topo_addr6 {
    struct ip6_addr addr;
    uint8_t prefix_len;
    struct text_pos at;
};

/* An interface of a host or router, or a cabled port of a switch or hub. */
struct topo_iface {
    const char *name; /* "eth0"; "p1", "p2" ... on switches and hubs */
    struct text_pos at;
    enum topo_addressing addressing;
    bool down;        /* `state: down`: administratively down when the run starts */
    bool mac_given;   /* written in the file, not by the rule */
    uint32_t n_addrs; /* with TOPO_ADDR_STATIC at least one; the first is the primary one */
    struct topo_addr *addrs;
    uint32_t n_addrs6; /* beside any addressing of IPv4 */
    struct topo_addr6 *addrs6;
    struct mac_addr mac;
    uint32_t mtu;         /* its own, or its link's, or TOPO_MTU_DEFAULT */
    uint32_t node, index; /* whose, and its place in that node's ifaces */
    uint32_t port;        /* N of "pN" on switches and hubs, else 0 */
    uint32_t cable_end;   /* place among the node's cable ends in the order of `links`, from 1;
                             uncabled ones follow */
    uint32_t link;        /* the cable in it, or TOPO_NOWHERE */
    uint8_t link_end;     /* which end of that cable: 0 or 1 */
    bool misread;         /* it has an address that cannot be read: an error says so */
};

enum topo_route_type {
    TOPO_ROUTE_UNICAST,
    TOPO_ROUTE_BLACKHOLE,
    TOPO_ROUTE_UNREACHABLE,
    TOPO_ROUTE_PROHIBIT
};

/* A next hop of several: `nexthop via ADDRESS [dev IF] [weight N] [onlink]`. */
struct topo_hop {
    ip4_addr via; /* 0: not written, then there is @dev */
    uint32_t dev; /* index in ifaces, or TOPO_NOWHERE */
    uint32_t weight;
    bool onlink;
};

struct topo_route {
    enum topo_route_type type;
    ip4_addr prefix; /* no host bits; `default` is 0.0.0.0/0 */
    uint8_t prefix_len;
    bool has_via, has_src;
    ip4_addr via, src;
    bool v6; /* of IPv6: these hold instead, :: where nothing is written */
    struct ip6_addr prefix6, via6, src6;
    uint32_t dev;    /* index in ifaces, or TOPO_NOWHERE: not written */
    uint32_t metric; /* 0: not written */
    uint32_t n_hops; /* of several; then there is no @via and no @dev */
    struct topo_hop *hops;
    const char *text; /* as written */
    struct text_pos at;
};

struct topo_forward { /* `tcp 8080 -> 192.168.1.20:80` */
    uint8_t protocol; /* 6 or 17 */
    uint16_t port;    /* on the outside interface's address */
    struct endpoint to;
    struct text_pos at;
};

struct topo_nat {      /* masquerade of what leaves by @outside */
    uint32_t outside;  /* index in ifaces */
    uint32_t n_inside; /* none: whatever is not outside */
    uint32_t *inside;  /* indexes in ifaces */
    uint32_t n_forwards;
    struct topo_forward *forwards;
    struct text_pos at;
};

struct topo_dhcp_option {
    uint8_t code;
    uint8_t len;
    const uint8_t *octets;
};

struct topo_dhcp_lease { /* always this address for that MAC */
    struct mac_addr mac;
    ip4_addr addr;
    struct text_pos at;
};

struct topo_dhcp {
    uint32_t iface; /* index in ifaces; it has a static address */
    ip4_addr pool_first, pool_last;
    bool has_subnet; /* the clients are behind a relay agent, in this one */
    ip4_addr subnet;
    uint8_t subnet_len;
    bool has_gateway, ping_check;
    ip4_addr gateway;
    uint32_t n_resolvers;
    ip4_addr *resolvers;
    const char *domain; /* option 15, or NULL */
    sim_time lease;     /* a whole number of seconds */
    uint32_t n_leases;
    struct topo_dhcp_lease *leases;
    uint32_t n_options;
    struct topo_dhcp_option *options; /* other options by number, by code */
    struct text_pos at;
};

enum topo_dns_type { /* RFC 1035 section 3.2.2, RFC 3596, RFC 2782 */
                     TOPO_DNS_A = 1,
                     TOPO_DNS_NS = 2,
                     TOPO_DNS_CNAME = 5,
                     TOPO_DNS_SOA = 6,
                     TOPO_DNS_PTR = 12,
                     TOPO_DNS_MX = 15,
                     TOPO_DNS_TXT = 16,
                     TOPO_DNS_AAAA = 28,
                     TOPO_DNS_SRV = 33
};

struct topo_dns_record {
    const char *name; /* without the last dot, lower case; "" is the root */
    uint32_t ttl;     /* seconds */
    enum topo_dns_type type;
    const char *data;      /* as written; of TXT without its quotes */
    ip4_addr addr;         /* A */
    uint8_t addr6[16];     /* AAAA, in the order of the wire */
    uint16_t preference;   /* MX; SRV's priority */
    uint16_t weight, port; /* SRV */
    const char *target;    /* NS, CNAME, PTR, MX, SRV, and SOA's primary server: a name like @name;
                              NULL for others */
    const char *rname;     /* SOA's mailbox as a name */
    uint32_t soa[5];       /* serial refresh retry expire minimum */
    struct text_pos at;
};

struct topo_dns {
    uint16_t port; /* 53 */
    uint32_t n_zones;
    const char **zones; /* names like a record's: inside them this server is authoritative */
    uint32_t n_records;
    struct topo_dns_record *records;
    uint32_t n_forwards;
    ip4_addr *forwards; /* asked for all else, in this order */
    bool recursive;     /* it finds all else by itself, from the root servers on */
    uint32_t n_roots;
    ip4_addr *roots;
    struct text_pos at;
};

struct topo_page {
    const char *path; /* starts with '/' */
    uint16_t status;
    const char *type;     /* NULL: the server's */
    const char *location; /* of a redirection; NULL: none */
    const uint8_t *body;
    uint64_t len; /* octets of @body, or with @body NULL the size of the alphabet text to send */
    struct text_pos at;
};

struct topo_http {
    uint16_t port;
    const char *server; /* `Server:`; NULL: the program's own */
    const char *type;   /* `Content-Type:`; NULL: the program's own */
    sim_time keepalive; /* idle time after which it closes; 0: closes after each answer */
    bool chunked;       /* bodies in chunks */
    uint32_t n_pages;
    struct topo_page *pages; /* `body:` alone is one page "/" */
    struct text_pos at;
};

enum topo_simple_kind { TOPO_ECHO, TOPO_CHARGEN, TOPO_DISCARD };

struct topo_simple { /* RFC 862, 864, 863 */
    enum topo_simple_kind kind;
    uint16_t port; /* 7, 19, 9 */
    bool tcp, udp;
    struct text_pos at;
};

struct topo_dhcp_relay {
    uint32_t n_ifaces; /* where clients are, indexes in ifaces; 0: everywhere */
    uint32_t *ifaces;
    uint32_t n_servers;
    ip4_addr *servers;
    bool agent_option;
    struct text_pos at;
};

struct topo_services { /* in the order a node starts them: dhcp, relay, dns, http, simple, each in
                          file order */
    uint32_t n_dhcp, n_dns, n_http, n_simple;
    struct topo_dhcp *dhcp;
    struct topo_dhcp_relay *relay; /* or NULL */
    struct topo_dns *dns;
    struct topo_http *http;
    struct topo_simple *simple;
};

struct topo_hosts_entry {
    const char *name;
    ip4_addr addr;
};

struct topo_file {
    const char *path; /* on the host, absolute */
    const uint8_t *text;
    size_t len;
};

struct topo_setting { /* sysctl */
    const char *name; /* "net.ipv4.ip_forward" */
    const char *value;
    struct text_pos at;
};

struct topo_resolver {
    bool v6;
    ip4_addr addr;
    struct ip6_addr addr6;
};

struct topo_node {
    const char *name;
    struct text_pos at;
    enum topo_kind kind;
    uint32_t index;    /* its place in the file, from 0; the NN of its MACs is one more */
    uint32_t n_ifaces; /* hosts, routers: as written, then those only a link names; switches, hubs:
                          cabled ports by number */
    struct topo_iface *ifaces;
    bool has_gateway;
    ip4_addr gateway;
    struct text_pos gateway_at;
    bool has_gateway6;
    struct ip6_addr gateway6;
    struct text_pos gateway6_at;
    bool resolver_cache; /* name look-ups of its programs share a cache */
    uint32_t n_resolvers, n_search, n_routes, n_hosts, n_files, n_sysctls;
    struct topo_resolver *resolvers;
    const char **search;
    struct topo_route *routes;
    struct topo_hosts_entry *hosts;
    struct topo_file *files;
    struct topo_setting *sysctls;
    struct topo_nat *nat;           /* or NULL */
    struct topo_services *services; /* or NULL */
    uint32_t ports;      /* switch, hub: as written, or the highest number a link names */
    sim_time ageing;     /* switch */
    struct mac_addr mac; /* switch: its own (PP = 00, unless given) */
};

enum topo_fault_kind {
    TOPO_FAULT_DROP,
    TOPO_FAULT_DELAY,
    TOPO_FAULT_DUPLICATE,
    TOPO_FAULT_CORRUPT,
    TOPO_FAULT_EDIT
};

struct topo_change { /* of a field of a frame: inspect/edit.h */
    const char *field, *value;
};

struct topo_fault { /* exact: the n-th matching frame that @from sends into the link */
    enum topo_fault_kind kind;
    uint8_t from;      /* end 0 or 1 of the link */
    const char *match; /* filter text, somebody else compiles it; "any" where not written */
    struct text_pos match_at;
    uint32_t n_nth; /* 0: every one */
    uint32_t *nth;  /* from 1, ascending, no repeats */
    sim_time by;    /* TOPO_FAULT_DELAY: this much later */
    uint32_t n_changes;
    struct topo_change *changes; /* TOPO_FAULT_EDIT: at least one, all right */
    bool keep_checksums;
    struct text_pos at;
};

struct topo_end {
    uint32_t node, iface; /* indexes */
    struct text_pos at;
};

struct topo_link {
    struct topo_end ends[2];
    uint64_t rate; /* bit/s */
    sim_time delay;
    uint32_t queue;                             /* frames waiting at each end */
    uint32_t loss, duplicate, reorder, corrupt; /* millionths, each way */
    uint32_t mtu; /* 0: not written; the interfaces carry what follows from it */
    bool down;
    uint32_t n_faults;
    struct topo_fault *faults;
    struct text_pos at;
};

struct lab_words { /* a text that may be given in several languages; NULL where not given */
    const char *any, *en, *zh;
};

/* `allow:`, mistakes that are meant: for files that show what they do. */
enum {
    TOPO_ALLOW_DUPLICATE_ADDRESS = 1 << 0,
    TOPO_ALLOW_DUPLICATE_MAC = 1 << 1,
    TOPO_ALLOW_HOST_ADDRESS = 1 << 2, /* a host that has its network's own or broadcast address */
    /* what `wirewalk check` warns of, lab/advice.h */
    TOPO_ALLOW_NO_CABLE = 1 << 3,
    TOPO_ALLOW_LOOP = 1 << 4, /* of switches */
    TOPO_ALLOW_UNEQUAL_MASKS = 1 << 5,
    TOPO_ALLOW_OTHER_NETWORK = 1 << 6, /* an address that fits nobody on its wire */
    TOPO_ALLOW_DHCP = 1 << 7,          /* no server, two servers, a pool with others' addresses */
    TOPO_ALLOW_NO_GATEWAY = 1 << 8,
    TOPO_ALLOW_DEAD_GATEWAY = 1 << 9, /* a next hop that is nobody, or forwards nothing */
    TOPO_ALLOW_NO_WAY = 1 << 10,      /* no way there, or back; or round in a circle */
    TOPO_ALLOW_NAMES = 1 << 11        /* no DNS server, no record */
};
/** topology_allow_name() - the word of a TOPO_ALLOW_... */
const char *topology_allow_name(unsigned allow);

struct topology {
    const char *file; /* as named */
    unsigned allow;   /* TOPO_ALLOW_... */
    struct lab_words title, about;
    bool computed_routes; /* `routing: computed`: routers have routes to all networks beside their
                             own */
    uint32_t n_nodes, n_links;
    struct topo_node *nodes;   /* in file order */
    struct topo_link *links;   /* in file order */
    GHashTable *node_by_name;  /* const char * -> struct topo_node * */
    GHashTable *iface_by_name; /* for topology_iface() */
    struct arena arena;
};

enum {
    TOPOLOGY_NO_FILES = 1, /* do not open the files it names: they count as empty (for fuzzing) */
    TOPOLOGY_LENIENT = 2   /* mistakes that a network can have, as with `allow`, are no errors */
};

/**
 * topology_load() - read and check @file. Errors and warnings go to @diags, the text too, for
 * showing lines. Returns NULL when there was any error; warnings alone still give a topology. Free
 * with topology_free().
 */
struct topology *topology_load(const char *file, struct diag_list *diags);
/** topology_parse() - the same from @text; @file is its name in messages, and relative paths start
 * from its folder. */
struct topology *topology_parse(const char *file, const char *text, size_t len, unsigned flags,
                                struct diag_list *diags);
struct file_store;
struct ynode;
/** topology_parse_tree() - the same from a tree, which may have been altered since it was read.
 * @files, which may be NULL, has the files that it names. */
struct topology *topology_parse_tree(const char *file, const struct ynode *root, unsigned flags,
                                     struct file_store *files, struct diag_list *diags);
void topology_free(struct topology *topology);

/** topology_node() - by name, or NULL. */
struct topo_node *topology_node(const struct topology *topology, const char *name);
/** topology_iface() - by name, or NULL. */
struct topo_iface *topology_iface(const struct topology *topology, const struct topo_node *node,
                                  const char *name);
/** topology_port() - "node:interface" -> the interface, or NULL. */
struct topo_iface *topology_port(const struct topology *topology, const char *port);
/** topology_default_mac() - the rule for MACs: @node from 0, @cable_end from 1 (0: the switch
 * itself). */
struct mac_addr topology_default_mac(uint32_t node, uint32_t cable_end);
/** topo_gateway6_dev() - where a link-local gateway is: at the only interface, else it is not known
 * (TOPO_NOWHERE). */
uint32_t topo_gateway6_dev(const struct topo_node *node);
/** topo_kind_name() - "host", "router", "switch", "hub": the word of the file. */
const char *topo_kind_name(enum topo_kind kind);
/** topology_node_keys() - what a node may have, of whatever kind it is; NULL-terminated. */
const char *const *topology_node_keys(void);
/** lab_words_pick() - the text for @language ("zh" or "en"), else whatever there is, else NULL. */
const char *lab_words_pick(const struct lab_words *words, const char *language);

#endif
