#include "stack/services/dhcp_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/checksum.h"
#include "base/memory.h"
#include "stack/net/ip.h"
#include "stack/services/dhcp_server_leases.h"
#include "stack/socket/syscall.h"
#include "stack/wire/dhcp_wire.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/ipv4_wire.h"

#define MESSAGE_MAX 1500
#define PINGS_MAX                                                                                  \
    16 /* offers that wait for their ping; with more the check is left out, as dnsmasq does */
#define PING_LEN 28 /* sizeof (struct icmp): dnsmasq's echo request */

struct pool {
    const struct dhcp_pool_config *config;
    struct ip_iface *iface;
    ip4_addr local; /* our address there: the server identifier */
    uint8_t prefix_len;
    int fd; /* shared by the pools of one interface */
};

/* An offer held back until the address has kept silent. */
struct pending {
    struct pool *pool; /* NULL: free */
    ip4_addr addr;
    uint16_t id;
    sim_time until;
    size_t len;
    uint8_t octets[MESSAGE_MAX]; /* the DISCOVER */
};

struct dhcp_server {
    struct process *self;
    struct coroutine co;
    struct pool *pools;
    unsigned n_pools;
    struct dhcp_lease_db db;
    int icmp_fd;
    int result;
    struct sys_pollfd *poll; /* one for each pool and one for the echo requests */
    sim_time next_expiry;
    struct pending pending[PINGS_MAX];
    uint8_t in[MESSAGE_MAX], out[MESSAGE_MAX];
};

/* A request being answered. */
struct request {
    struct dhcp_server *server;
    struct pool *pool;
    const struct dhcp_msg *msg;
    struct dhcp_client_key key;
    const uint8_t *octets; /* the message as it came */
    size_t len;
};

/* ---- addresses ---- */

static bool in_pool(const struct pool *pool, ip4_addr addr)
{
    return addr >= pool->config->first && addr <= pool->config->last;
}

static bool in_subnet(const struct pool *pool, ip4_addr addr)
{
    return ip4_in_prefix(addr, pool->config->first, pool->prefix_len);
}

static const struct dhcp_server_static *static_of(const struct pool *pool,
                                                  const struct mac_addr *mac)
{
    for (unsigned i = 0; i < pool->config->n_statics; i++)
        if (mac_eq(&pool->config->statics[i].mac, mac))
            return &pool->config->statics[i];
    return NULL;
}

/* Kept for another host by the configuration. */
static bool is_reserved(const struct pool *pool, ip4_addr addr, const struct mac_addr *mac)
{
    for (unsigned i = 0; i < pool->config->n_statics; i++)
        if (pool->config->statics[i].addr == addr && !mac_eq(&pool->config->statics[i].mac, mac))
            return true;
    return false;
}

static bool is_taken(const struct request *req, ip4_addr addr)
{
    const struct dhcp_server_lease *lease = dhcp_db_find_addr(&req->server->db, addr);

    return lease != NULL &&
           (lease->state == DHCP_LEASE_DECLINED || !dhcp_lease_is_of(lease, &req->key));
}

static bool is_free(const struct request *req, ip4_addr addr)
{
    const struct pool *pool = req->pool;
    bool class_c = addr >> 29 == 6;
    unsigned last = addr & 0xff;

    if (class_c && (last == 0 || last == 255))
        return false; /* old Windows cannot use these, so dnsmasq never gives them */
    return !is_taken(req, addr) && !is_reserved(pool, addr, &req->key.mac) &&
           !ip_is_local(&req->server->self->os->ip, addr) &&
           !(pool->config->has_gateway && pool->config->gateway == addr);
}

/* The next free address behind the highest one in use, round the pool; 0: exhausted. */
static ip4_addr allocate(const struct request *req)
{
    const struct dhcp_pool_config *config = req->pool->config;
    ip4_addr start = dhcp_db_highest(&req->server->db, config->first, config->last), addr = start;

    do {
        if (is_free(req, addr))
            return addr;
        addr = addr == config->last ? config->first : addr + 1;
    } while (addr != start);
    return 0;
}

/* What to offer: the static address, the one it has, the one it asks for, or a new one. *@is_new:
 * worth a ping. */
static ip4_addr choose(const struct request *req, bool *is_new)
{
    const struct dhcp_server_static *given = static_of(req->pool, &req->key.mac);
    const struct dhcp_server_lease *lease = dhcp_db_find_client(
        &req->server->db, &req->key, req->pool->config->first, req->pool->config->last);
    uint32_t wanted = 0;

    *is_new = false;
    if (given != NULL && !is_taken(req, given->addr))
        return given->addr;
    if (lease != NULL)
        return lease->addr;
    *is_new = true;
    if (dhcp_option_u32(req->msg, DHCP_OPT_REQUESTED_ADDR, &wanted) && in_pool(req->pool, wanted) &&
        is_free(req, wanted))
        return wanted;
    return allocate(req);
}

/* ---- answers ---- */

static uint32_t lease_seconds(const struct request *req)
{
    uint32_t wanted, seconds = req->pool->config->lease_seconds;

    if (!dhcp_option_u32(req->msg, DHCP_OPT_LEASE_TIME, &wanted))
        return seconds;
    if (wanted < DHCP_LEASE_MIN)
        wanted = DHCP_LEASE_MIN;
    return wanted < seconds ? wanted : seconds;
}

static bool wants(const struct request *req, uint8_t code)
{
    const struct dhcp_option *list = dhcp_option(req->msg, DHCP_OPT_PARAMETER_LIST);

    return list == NULL || memchr(list->data, code, list->len) != NULL;
}

static bool configured(const struct dhcp_pool_config *config, uint8_t code)
{
    for (unsigned i = 0; i < config->n_options; i++)
        if (config->options[i].code == code)
            return true;
    return false;
}

/* 58 and 59; an acknowledged lease gets them a random little earlier, so that clients do not come
 * in step. */
static void emit_times(const struct request *req, struct dhcp_writer *w, uint32_t seconds, bool ack)
{
    uint32_t fuzz = ack ? (uint16_t)sys_random(req->server->self) : 0;

    dhcp_emit_u32(w, DHCP_OPT_LEASE_TIME, seconds);
    if (seconds == UINT32_MAX)
        return;
    while (fuzz > seconds / 16)
        fuzz /= 2;
    dhcp_emit_u32(w, DHCP_OPT_RENEWAL_TIME, seconds / 2 - fuzz);
    dhcp_emit_u32(w, DHCP_OPT_REBINDING_TIME, (uint32_t)((uint64_t)seconds * 7 / 8) - fuzz);
}

/* What the client asked for, in dnsmasq's order: 1, 28, 15, then the configured ones last first,
 * 6, 3. */
static void emit_parameters(const struct request *req, struct dhcp_writer *w)
{
    const struct dhcp_pool_config *config = req->pool->config;
    ip4_addr mask = ip4_mask(req->pool->prefix_len);

    if (wants(req, DHCP_OPT_SUBNET_MASK) && !configured(config, DHCP_OPT_SUBNET_MASK))
        dhcp_emit_u32(w, DHCP_OPT_SUBNET_MASK, mask);
    if (wants(req, DHCP_OPT_BROADCAST) && !configured(config, DHCP_OPT_BROADCAST))
        dhcp_emit_u32(w, DHCP_OPT_BROADCAST, config->first | ~mask);
    if (config->domain != NULL && wants(req, DHCP_OPT_DOMAIN_NAME))
        dhcp_emit_option(w, DHCP_OPT_DOMAIN_NAME, config->domain, strlen(config->domain));
    for (unsigned i = config->n_options; i > 0; i--)
        if (wants(req, config->options[i - 1].code))
            dhcp_emit_option(w, config->options[i - 1].code, config->options[i - 1].octets,
                             config->options[i - 1].len);
    if (config->n_resolvers > 0 && wants(req, DHCP_OPT_DNS_SERVER) &&
        !configured(config, DHCP_OPT_DNS_SERVER))
        dhcp_emit_addrs(w, DHCP_OPT_DNS_SERVER, config->resolvers, config->n_resolvers);
    if (config->has_gateway && wants(req, DHCP_OPT_ROUTER) && !configured(config, DHCP_OPT_ROUTER))
        dhcp_emit_addrs(w, DHCP_OPT_ROUTER, &config->gateway, 1);
}

/* Where an answer goes, RFC 2131 section 4.1. */
static struct endpoint destination(const struct request *req, const struct dhcp_msg *reply)
{
    if (reply->giaddr != 0)
        return (struct endpoint){ reply->giaddr, DHCP_SERVER_PORT };
    if (reply->ciaddr != 0)
        return (struct endpoint){ reply->ciaddr, DHCP_CLIENT_PORT };
    if ((reply->flags & DHCP_FLAG_BROADCAST) != 0 || reply->yiaddr == 0)
        return (struct endpoint){ IP4_BROADCAST, DHCP_CLIENT_PORT };
    /* It cannot answer ARP yet: the kernel is told where it is, as ioctl(SIOCSARP) does. */
    neigh_set(&req->server->self->os->ip.neigh, req->pool->iface, reply->yiaddr, &req->key.mac,
              NEIGH_STALE, true);
    return (struct endpoint){ reply->yiaddr, DHCP_CLIENT_PORT };
}

static void emit_reply_end(const struct request *req, struct dhcp_writer *w,
                           const struct dhcp_msg *reply, struct why why)
{
    const struct dhcp_option *relay = dhcp_option(req->msg, DHCP_OPT_RELAY_AGENT);
    struct sock_send out = {
        .octets = w->octets, .flags = SOCK_MSG_DONTWAIT, .has_to = true, .why = why
    };

    if (relay != NULL) /* back to the relay as it came, last of all: RFC 3046 section 2.2 */
        dhcp_emit_option(w, DHCP_OPT_RELAY_AGENT, relay->data, relay->len);
    out.len = dhcp_emit_end(w, DHCP_BOOTP_LEN);
    if (out.len == 0)
        return; /* more options configured than a message holds */
    out.to = destination(req, reply);
    sys_sendmsg(req->server->self, req->pool->fd, &out);
}

static struct dhcp_msg reply_to(const struct request *req, ip4_addr yiaddr)
{
    struct dhcp_msg reply = { .op = DHCP_BOOTREPLY,
                              .htype = req->msg->htype,
                              .hlen = req->msg->hlen,
                              .hops = req->msg->hops,
                              .xid = req->msg->xid,
                              .secs = req->msg->secs,
                              .flags = req->msg->flags,
                              .ciaddr = req->msg->ciaddr,
                              .yiaddr = yiaddr,
                              .siaddr = req->pool->local,
                              .giaddr = req->msg->giaddr };

    memcpy(reply.chaddr, req->msg->chaddr, sizeof reply.chaddr);
    return reply;
}

static void emit_begin(const struct request *req, struct dhcp_writer *w,
                       const struct dhcp_msg *reply, uint8_t type)
{
    dhcp_emit_begin(w, reply, req->server->out, sizeof req->server->out);
    dhcp_emit_u8(w, DHCP_OPT_MESSAGE_TYPE, type);
    dhcp_emit_u32(w, DHCP_OPT_SERVER_ID, req->pool->local);
}

static sim_time expiry_after(const struct request *req, uint32_t seconds)
{
    sim_time now = process_now(req->server->self);

    return seconds >= (SIM_TIME_NONE - now) / SIM_SEC(1) ? SIM_TIME_NONE : now + SIM_SEC(seconds);
}

static void send_offer(const struct request *req, ip4_addr addr)
{
    struct dhcp_msg reply = reply_to(req, addr);
    struct dhcp_writer w;

    emit_begin(req, &w, &reply, DHCP_OFFER);
    emit_times(req, &w, lease_seconds(req), false);
    emit_parameters(req, &w);
    emit_reply_end(req, &w, &reply, WHY(DHCP_OFFER, addr));
}

static void send_ack(const struct request *req, ip4_addr addr)
{
    uint32_t seconds = lease_seconds(req);
    sim_time expires = expiry_after(req, seconds);
    struct dhcp_msg reply = reply_to(req, addr);
    struct dhcp_server_lease *lease =
        dhcp_db_take(&req->server->db, addr, &req->key, DHCP_LEASE_BOUND, expires);
    struct dhcp_writer w;
    size_t name_len;

    if (lease == NULL)
        return;
    name_len = dhcp_option_join(req->msg, DHCP_OPT_HOST_NAME, (uint8_t *)lease->host_name,
                                sizeof lease->host_name - 1);
    lease->host_name[name_len < sizeof lease->host_name ? name_len : 0] = '\0';
    emit_begin(req, &w, &reply, DHCP_ACK);
    emit_times(req, &w, seconds, true);
    emit_parameters(req, &w);
    emit_reply_end(
        req, &w, &reply,
        WHY(DHCP_ACK, addr, (uint64_t)(expires == SIM_TIME_NONE ? expires : SIM_SEC(seconds))));
}

static void send_nak(const struct request *req, ip4_addr refused, const char *text)
{
    struct dhcp_msg reply = reply_to(req, 0);
    struct dhcp_writer w;

    /* Broadcast, since the client's address is in doubt; a relay is told to do the same. RFC 2131
     * section 4.3.2. */
    reply.ciaddr = reply.siaddr = 0;
    reply.flags |= DHCP_FLAG_BROADCAST;
    emit_begin(req, &w, &reply, DHCP_NAK);
    dhcp_emit_option(&w, DHCP_OPT_MESSAGE, text, strlen(text));
    emit_reply_end(req, &w, &reply, WHY(DHCP_NAK, refused));
}

/* ---- the ping before an offer ---- */

static struct pending *pending_of(struct dhcp_server *server, const struct dhcp_client_key *key)
{
    for (unsigned i = 0; i < PINGS_MAX; i++) {
        struct dhcp_server_lease *lease =
            server->pending[i].pool == NULL
                ? NULL
                : dhcp_db_find_addr(&server->db, server->pending[i].addr);

        if (lease != NULL && dhcp_lease_is_of(lease, key))
            return &server->pending[i];
    }
    return NULL;
}

static void send_ping(struct dhcp_server *server, ip4_addr addr, uint16_t id)
{
    uint8_t echo[PING_LEN] = { 8 };
    struct sock_send out = { .octets = echo,
                             .len = sizeof echo,
                             .flags = SOCK_MSG_DONTWAIT,
                             .has_to = true,
                             .to = { addr, 0 },
                             .why = WHY(ICMP_ECHO, 0) };

    be16_put(echo + 4, id);
    be16_put(echo + 2, checksum_finish(checksum_add(0, echo, sizeof echo)));
    sys_sendmsg(server->self, server->icmp_fd, &out);
}

static bool start_ping(const struct request *req, ip4_addr addr)
{
    struct dhcp_server *server = req->server;

    if (server->icmp_fd < 0)
        server->icmp_fd = sys_socket(server->self, SIM_AF_INET, SIM_SOCK_RAW, IP_PROTO_ICMP);
    for (unsigned i = 0; server->icmp_fd >= 0 && i < PINGS_MAX; i++) {
        struct pending *p = &server->pending[i];

        if (p->pool != NULL)
            continue;
        p->pool = req->pool;
        p->addr = addr;
        p->id = (uint16_t)sys_random(server->self);
        p->until = process_now(server->self) + DHCP_PING_WAIT;
        p->len = req->len;
        memcpy(p->octets, req->octets, req->len);
        send_ping(server, addr, p->id);
        return true;
    }
    return false;
}

/* ---- messages ---- */

static void on_discover(const struct request *req)
{
    const struct dhcp_server_lease *lease;
    bool is_new;
    ip4_addr addr;

    if (pending_of(req->server, &req->key) != NULL)
        return; /* asked again while its ping is on the way */
    addr = choose(req, &is_new);
    if (addr == 0)
        return; /* exhausted: a server without an address keeps silent */
    lease = dhcp_db_find_addr(&req->server->db, addr);
    if (lease == NULL || lease->state == DHCP_LEASE_OFFERED)
        if (dhcp_db_take(&req->server->db, addr, &req->key, DHCP_LEASE_OFFERED,
                         process_now(req->server->self) + DHCP_OFFER_HOLD) == NULL)
            return;
    if (!is_new || !req->pool->config->ping_check || !start_ping(req, addr))
        send_offer(req, addr);
}

/* Why @addr cannot be given to the client, in dnsmasq's words; NULL: it can. */
static const char *refusal(const struct request *req, ip4_addr addr)
{
    const struct dhcp_server_static *given = static_of(req->pool, &req->key.mac);

    if (!in_subnet(req->pool, addr))
        return "wrong network";
    if (given != NULL && given->addr == addr)
        return is_taken(req, addr) ? "address in use" : NULL;
    if (given != NULL && !is_taken(req, given->addr))
        return "static lease available";
    if (is_reserved(req->pool, addr, &req->key.mac))
        return "address reserved";
    if (!in_pool(req->pool, addr))
        return "address not available";
    return is_taken(req, addr) ? "address in use" : NULL;
}

/* Authoritative, as dnsmasq with --dhcp-authoritative: who asks for what this server does not
 * know hears a NAK, also who took another server's offer. Clients pay no heed to those. */
static void on_request(const struct request *req)
{
    struct dhcp_lease_db *db = &req->server->db;
    struct dhcp_server_lease *lease = dhcp_db_find_client(db, &req->key, 0, IP4_BROADCAST);
    uint32_t server = 0, wanted = 0;
    bool selecting = dhcp_option_u32(req->msg, DHCP_OPT_SERVER_ID, &server);
    const char *why_not = NULL;

    if (!dhcp_option_u32(req->msg, DHCP_OPT_REQUESTED_ADDR, &wanted))
        wanted = req->msg->ciaddr;
    if (wanted == 0)
        return;
    if (selecting && server != req->pool->local) {
        if (lease != NULL && lease->state == DHCP_LEASE_OFFERED)
            dhcp_db_drop(db, lease); /* it took another server's offer */
        send_nak(req, wanted, "wrong server-ID");
        return;
    }
    if (selecting && lease != NULL && lease->addr != wanted)
        dhcp_db_drop(db, lease);
    else if (!selecting && lease != NULL && lease->addr != wanted)
        why_not = req->msg->ciaddr != 0 ? "lease not found" : "wrong address";
    if (!in_subnet(req->pool, wanted))
        why_not = "wrong network";
    if (why_not == NULL)
        why_not = refusal(req, wanted);
    if (why_not != NULL)
        send_nak(req, wanted, why_not);
    else
        send_ack(req, wanted);
}

static void on_release(const struct request *req)
{
    struct dhcp_server_lease *lease = dhcp_db_find_addr(&req->server->db, req->msg->ciaddr);
    uint32_t server = 0;

    dhcp_option_u32(req->msg, DHCP_OPT_SERVER_ID, &server);
    if (server == req->pool->local && lease != NULL && lease->state == DHCP_LEASE_BOUND &&
        dhcp_lease_is_of(lease, &req->key))
        dhcp_db_drop(&req->server->db, lease);
}

static void on_decline(const struct request *req)
{
    struct dhcp_server_lease *lease;
    uint32_t addr = 0, server = 0;

    dhcp_option_u32(req->msg, DHCP_OPT_SERVER_ID, &server);
    dhcp_option_u32(req->msg, DHCP_OPT_REQUESTED_ADDR, &addr);
    lease = dhcp_db_find_addr(&req->server->db, addr);
    if (server != req->pool->local || lease == NULL || !dhcp_lease_is_of(lease, &req->key))
        return;
    if (lease->state == DHCP_LEASE_BOUND)
        process_note(req->server->self, RECORD_STATE, WHY(DHCP_LEASE_FREE, addr), NULL);
    lease->state = DHCP_LEASE_DECLINED;
    lease->expires = process_now(req->server->self) + DHCP_DECLINE_HOLD;
}

/* It has an address and wants the rest: RFC 2131 section 4.3.5. */
static void on_inform(const struct request *req)
{
    struct dhcp_msg reply = reply_to(req, 0);
    struct dhcp_writer w;

    if (req->msg->ciaddr == 0)
        return;
    emit_begin(req, &w, &reply, DHCP_ACK);
    emit_parameters(req, &w);
    emit_reply_end(req, &w, &reply, WHY(DHCP_ACK, req->msg->ciaddr, 0));
}

/* Through a relay the subnet is that of giaddr, else that of the interface it came in by (RFC 2131
 * section 4.3.1); a client of a relay renews by unicast, with the address it has. */
static struct pool *pool_for(struct dhcp_server *server, const struct dhcp_msg *msg, int fd)
{
    for (unsigned i = 0; i < server->n_pools; i++) {
        struct pool *pool = &server->pools[i];

        if (msg->giaddr != 0 ? in_subnet(pool, msg->giaddr)
                             : pool->fd == fd && in_subnet(pool, pool->local))
            return pool;
    }
    for (unsigned i = 0; msg->giaddr == 0 && msg->ciaddr != 0 && i < server->n_pools; i++)
        if (server->pools[i].fd == fd && in_subnet(&server->pools[i], msg->ciaddr))
            return &server->pools[i];
    return NULL;
}

static void message_came(struct dhcp_server *server, struct pool *pool, int fd,
                         const uint8_t *octets, size_t len)
{
    struct dhcp_msg msg;
    struct request req = { .server = server, .msg = &msg, .octets = octets, .len = len };

    if (dhcp_parse(octets, len, &msg) != DROP_NONE || msg.op != DHCP_BOOTREQUEST ||
        msg.htype != DHCP_HTYPE_ETHERNET || msg.hlen != 6)
        return;
    req.pool = pool != NULL ? pool : pool_for(server, &msg, fd);
    if (req.pool == NULL)
        return;
    req.key = dhcp_client_key(&msg);
    server->next_expiry = dhcp_db_expire(&server->db);
    switch (dhcp_message_type(&msg)) {
    case DHCP_DISCOVER:
        on_discover(&req);
        break;
    case DHCP_REQUEST:
        on_request(&req);
        break;
    case DHCP_RELEASE:
        on_release(&req);
        break;
    case DHCP_DECLINE:
        on_decline(&req);
        break;
    case DHCP_INFORM:
        on_inform(&req);
        break;
    default:
        break; /* plain BOOTP, and a server's messages */
    }
}

/* ---- pings come back, or do not ---- */

static void ping_over(struct dhcp_server *server, struct pending *p, bool answered)
{
    struct dhcp_server_lease *lease = dhcp_db_find_addr(&server->db, p->addr);
    struct pool *pool = p->pool;
    struct dhcp_msg msg;
    struct request req = { .server = server, .pool = pool, .msg = &msg };

    p->pool = NULL;
    if (dhcp_parse(p->octets, p->len, &msg) != DROP_NONE)
        return;
    req.key = dhcp_client_key(&msg);
    if (!answered) {
        send_offer(&req, p->addr);
        return;
    }
    if (lease !=
        NULL) { /* somebody lives there: leave it alone for a while, and try the next one */
        lease->state = DHCP_LEASE_DECLINED;
        lease->expires = process_now(server->self) + DHCP_OFFER_HOLD;
    }
    memcpy(server->in, p->octets, p->len);
    message_came(server, pool, -1, server->in, p->len);
}

static void icmp_came(struct dhcp_server *server)
{
    uint8_t octets[128];

    while (server->icmp_fd >= 0) {
        struct sock_recv in = { .octets = octets,
                                .size = sizeof octets,
                                .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(server->self, server->icmp_fd, &in);
        size_t hdr_len = n > 0 ? (size_t)(octets[0] & 0xf) * 4 : 0;

        if (n < 0)
            return;
        if ((size_t)n < hdr_len + 8 || octets[hdr_len] != 0)
            continue;
        for (unsigned i = 0; i < PINGS_MAX; i++) {
            struct pending *p = &server->pending[i];

            if (p->pool != NULL && p->addr == in.from.addr &&
                p->id == be16_get(octets + hdr_len + 4))
                ping_over(server, p, true);
        }
    }
}

static sim_time pings_due(struct dhcp_server *server)
{
    sim_time now = process_now(server->self), next = SIM_TIME_NONE;

    for (unsigned i = 0; i < PINGS_MAX; i++) {
        struct pending *p = &server->pending[i];

        if (p->pool != NULL && p->until <= now)
            ping_over(server, p, false);
    }
    for (unsigned i = 0; i < PINGS_MAX; i++)
        if (server->pending[i].pool != NULL && server->pending[i].until < next)
            next = server->pending[i].until;
    return next;
}

/* ---- the process ---- */

static int open_socket(struct dhcp_server *server, const char *iface)
{
    int fd = sys_socket(server->self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);

    if (fd < 0)
        return fd;
    sys_setsockopt(server->self, fd, OPT_SO_REUSEADDR, 1);
    sys_setsockopt(server->self, fd, OPT_SO_BROADCAST, 1);
    sys_setsockopt(server->self, fd, OPT_IP_TOS, DHCP_SERVER_TOS);
    sys_setsockopt(server->self, fd, OPT_IP_MTU_DISCOVER, 0);
    sys_bind_device(server->self, fd, iface);
    sys_bind(server->self, fd, (struct endpoint){ IP4_ANY, DHCP_SERVER_PORT });
    return fd;
}

static void open_sockets(struct dhcp_server *server)
{
    for (unsigned i = 0; i < server->n_pools; i++) {
        struct pool *pool = &server->pools[i];

        for (unsigned j = 0; j < i; j++)
            if (server->pools[j].iface == pool->iface)
                pool->fd = server->pools[j].fd;
        if (pool->fd < 0)
            pool->fd = open_socket(server, pool->config->iface);
    }
}

static int server_poll(struct dhcp_server *server)
{
    sim_time now = process_now(server->self), until = server->next_expiry,
             pings = pings_due(server);

    if (pings < until)
        until = pings;
    for (unsigned i = 0; i < server->n_pools; i++)
        server->poll[i] = (struct sys_pollfd){ server->pools[i].fd, SOCK_POLLIN, 0 };
    server->poll[server->n_pools] = (struct sys_pollfd){ server->icmp_fd, SOCK_POLLIN, 0 };
    return sys_poll(server->self, server->poll, (int)server->n_pools + 1,
                    until == SIM_TIME_NONE ? SIM_TIME_NONE
                    : until > now          ? until - now
                                           : 0);
}

static void server_step(struct dhcp_server *server)
{
    icmp_came(server);
    for (unsigned i = 0; i < server->n_pools; i++) {
        int fd = server->pools[i].fd;
        int64_t n;

        while (fd >= 0 && (n = sys_recv(server->self, fd, server->in, sizeof server->in,
                                        SOCK_MSG_DONTWAIT)) >= 0)
            message_came(server, NULL, fd, server->in, (size_t)n);
    }
    server->next_expiry = dhcp_db_expire(&server->db);
}

static enum co_status server_main(struct process *self, void *state)
{
    struct dhcp_server *server = state;

    (void)self;
    CO_BEGIN(&server->co);
    open_sockets(server);
    for (;;) {
        CO_CALL(&server->co, server->result, server_poll(server));
        server_step(server);
    }
    CO_END(&server->co);
}

static void server_cleanup(struct process *self, void *state)
{
    struct dhcp_server *server = state;

    (void)self;
    dhcp_db_fini(&server->db);
}

static const struct program dhcp_server_program = {
    .name = "dnsmasq",
    .state_size = sizeof(struct dhcp_server),
    .main = server_main,
    .cleanup = server_cleanup,
};

/* The subnet a pool's addresses belong to: what the configuration says, or the interface's; /24
 * where neither does. */
static uint8_t pool_prefix_len(const struct pool *pool)
{
    if (pool->config->prefix_len != 0)
        return pool->config->prefix_len;
    for (unsigned i = 0; i < pool->iface->n_addrs; i++) {
        const struct ip_address *addr = &pool->iface->addrs[i];

        if (ip4_in_prefix(pool->config->first, addr->addr, addr->prefix_len))
            return addr->prefix_len;
    }
    return 24;
}

static ip4_addr pool_local(const struct pool *pool)
{
    for (unsigned i = 0; i < pool->iface->n_addrs; i++)
        if (ip4_in_prefix(pool->config->first, pool->iface->addrs[i].addr,
                          pool->iface->addrs[i].prefix_len))
            return pool->iface->addrs[i].addr;
    return ip_iface_primary(pool->iface);
}

struct process *dhcp_server_start(struct os *os, const struct dhcp_pool_config *pools, unsigned n)
{
    static const char *const argv[] = { "dnsmasq" };
    static const struct process_io nowhere;
    struct arena *arena = node_arena(os->ip.node);
    struct process *self;
    struct dhcp_server *server;

    if (n == 0)
        return NULL;
    for (unsigned i = 0; i < n; i++) {
        const struct ip_iface *iface = ip_iface_find(&os->ip, pools[i].iface);

        if (iface == NULL || iface->n_addrs == 0)
            return NULL;
    }
    self = process_start(os, &dhcp_server_program, 1, argv, "dnsmasq", &nowhere);
    server = self->state;
    server->self = server->db.self = self;
    server->pools = arena_alloc(arena, n * sizeof *server->pools);
    server->poll = arena_alloc(arena, (n + 1) * sizeof *server->poll);
    server->icmp_fd = -1;
    server->next_expiry = SIM_TIME_NONE;
    for (unsigned i = 0; i < n; i++) {
        struct pool *pool = &server->pools[server->n_pools++];

        *pool = (struct pool){ .config = &pools[i],
                               .iface = ip_iface_find(&os->ip, pools[i].iface),
                               .fd = -1 };
        pool->prefix_len = pool_prefix_len(pool);
        pool->local = pool_local(pool);
    }
    return self;
}

bool dhcp_server_is(const struct process *process)
{
    return process->program == &dhcp_server_program;
}

const struct dhcp_server_lease *dhcp_server_lease(const struct process *process, ip4_addr addr)
{
    struct dhcp_server *server = process->state;
    const struct dhcp_server_lease *lease = dhcp_db_find_addr(&server->db, addr);

    return lease != NULL && lease->expires > process_now(process) ? lease : NULL;
}

void dhcp_server_describe(const struct process *process, struct describe *out)
{
    const struct dhcp_server *server = process->state;
    sim_time now = process_now(process);

    for (uint32_t i = 0; i < server->db.n; i++) {
        const struct dhcp_server_lease *lease = &server->db.leases[i];
        char addr[IP4_TEXT_MAX], mac[MAC_TEXT_MAX], line[160];

        if (lease->state != DHCP_LEASE_BOUND || lease->expires <= now)
            continue;
        ip4_format(lease->addr, addr);
        mac_format(&lease->mac, mac);
        snprintf(line, sizeof line, "%s %s %s", addr, mac,
                 lease->host_name[0] != '\0' ? lease->host_name : "*");
        describe_row(out, "lease", addr, line);
        describe_text(out, "mac", mac);
        if (lease->expires != SIM_TIME_NONE)
            describe_number(out, "seconds_left", (lease->expires - now) / SIM_SEC(1));
    }
}
