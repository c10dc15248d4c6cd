#include "stack/services/dhcp_client_io.h"

#include <stdio.h>
#include <string.h>

#include "base/be.h"
#include "base/check.h"
#include "stack/net/ip.h"
#include "stack/services/dhcp_frame.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/eth_wire.h"

#define ARP_FRAME_LEN 60 /* both programs send ARP padded to the shortest frame */

/* ---- messages ---- */

static const uint8_t udhcpc_parameters[] = { 1, 3, 6, 12, 15, 28, 42 };
static const uint8_t dhclient_parameters[] = { 1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42 };
static const char udhcpc_vendor[] = "udhcp 1.35.0";

static bool wants_parameters(uint8_t type)
{
    return type == DHCP_DISCOVER || type == DHCP_REQUEST;
}

/* busybox: 53, 50, 54, 57, 55, 60, 61. */
static void emit_udhcpc_options(const struct dhcp_client *client, struct dhcp_writer *w,
                                uint8_t type)
{
    uint8_t client_id[7] = { DHCP_HTYPE_ETHERNET };

    if (wants_parameters(type)) {
        dhcp_emit_u16(w, DHCP_OPT_MAX_SIZE, 576);
        dhcp_emit_option(w, DHCP_OPT_PARAMETER_LIST, udhcpc_parameters, sizeof udhcpc_parameters);
        dhcp_emit_option(w, DHCP_OPT_VENDOR_CLASS, udhcpc_vendor, sizeof udhcpc_vendor - 1);
    }
    memcpy(client_id + 1, client->iface->iface->mac.octets, 6);
    dhcp_emit_option(w, DHCP_OPT_CLIENT_ID, client_id, sizeof client_id);
}

/* ISC, with Debian's dhclient.conf: 53, 54, 50, 12, 55. */
static void emit_dhclient_options(const struct dhcp_client *client, struct dhcp_writer *w,
                                  uint8_t type)
{
    if (client->host_name[0] != '\0')
        dhcp_emit_option(w, DHCP_OPT_HOST_NAME, client->host_name, strlen(client->host_name));
    if (wants_parameters(type))
        dhcp_emit_option(w, DHCP_OPT_PARAMETER_LIST, dhclient_parameters,
                         sizeof dhclient_parameters);
}

/* Options 50 and 54: what is asked for, and of whom. RFC 2131 table 5. */
static void emit_addresses(const struct dhcp_client *client, struct dhcp_writer *w, uint8_t type)
{
    bool selecting = type == DHCP_REQUEST && client->state == DHCP_CLIENT_REQUESTING;
    bool names_server = selecting || type == DHCP_RELEASE || type == DHCP_DECLINE;
    ip4_addr wanted = 0, server = selecting ? client->offer.server : client->lease.server;

    if (type == DHCP_DISCOVER)
        wanted = client->requested;
    else if (selecting)
        wanted = client->offer.addr;
    else if (type == DHCP_DECLINE ||
             (type == DHCP_REQUEST && client->state == DHCP_CLIENT_REBOOTING))
        wanted = client->lease.addr;
    if (names_server && client->style == DHCP_STYLE_DHCLIENT)
        dhcp_emit_u32(w, DHCP_OPT_SERVER_ID, server);
    if (wanted != 0)
        dhcp_emit_u32(w, DHCP_OPT_REQUESTED_ADDR, wanted);
    if (names_server && client->style == DHCP_STYLE_UDHCPC)
        dhcp_emit_u32(w, DHCP_OPT_SERVER_ID, server);
}

/* Whole seconds of the monotonic clock since the first message, as both programs count them. */
static uint16_t message_secs(struct dhcp_client *client)
{
    sim_time now = process_now(client->self);
    int64_t secs;

    if (!client->secs_running) {
        client->secs_running = true;
        client->secs_since = now;
    }
    secs = now / SIM_SEC(1) - client->secs_since / SIM_SEC(1);
    return secs > 0xffff ? 0xffff : (uint16_t)secs;
}

size_t dhcp_client_build(struct dhcp_client *client, uint8_t type, uint8_t *octets, size_t size)
{
    struct dhcp_msg msg = { .op = DHCP_BOOTREQUEST, .xid = client->xid };
    struct dhcp_writer w;

    dhcp_set_client(&msg, &client->iface->iface->mac);
    if (client->broadcast && (type == DHCP_DISCOVER || msg.ciaddr == 0))
        msg.flags = DHCP_FLAG_BROADCAST;
    msg.secs = message_secs(client);
    if (type == DHCP_RELEASE || (type == DHCP_REQUEST && dhcp_client_bound(client)))
        msg.ciaddr = client->lease.addr;
    dhcp_emit_begin(&w, &msg, octets, size);
    dhcp_emit_u8(&w, DHCP_OPT_MESSAGE_TYPE, type);
    emit_addresses(client, &w, type);
    if (client->style == DHCP_STYLE_UDHCPC)
        emit_udhcpc_options(client, &w, type);
    else
        emit_dhclient_options(client, &w, type);
    return dhcp_emit_end(&w, DHCP_BOOTP_LEN);
}

static struct why send_reason(const struct dhcp_client *client, uint8_t type, ip4_addr to)
{
    switch (type) {
    case DHCP_DISCOVER:
        return WHY0(DHCP_DISCOVER);
    case DHCP_RELEASE:
        return WHY(DHCP_RELEASE, client->lease.addr);
    case DHCP_DECLINE:
        return WHY(DHCP_DECLINE, client->lease.addr);
    default:
        if (client->state == DHCP_CLIENT_REQUESTING)
            return WHY(DHCP_REQUEST, client->offer.addr);
        if (client->state == DHCP_CLIENT_REBOOTING)
            return WHY(DHCP_REQUEST, client->lease.addr);
        return to == IP4_BROADCAST ? WHY(DHCP_REBIND, client->lease.addr)
                                   : WHY(DHCP_RENEW, client->lease.addr);
    }
}

/* ---- sockets ---- */

static void close_fd(struct dhcp_client *client, int *fd)
{
    if (*fd >= 0)
        sys_close(client->self, *fd);
    *fd = -1;
}

static int open_packet_socket(struct dhcp_client *client, uint16_t ethertype)
{
    int fd = sys_socket(client->self, SIM_AF_PACKET, SIM_SOCK_RAW, ethertype);

    if (fd >= 0)
        sys_bind_device(client->self, fd, client->iface_name);
    return fd;
}

/* The client's port in the kernel. dhclient's is bound to no interface: its "fallback" socket. */
static int open_udp_socket(struct dhcp_client *client)
{
    int fd = sys_socket(client->self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);

    if (fd < 0)
        return fd;
    sys_setsockopt(client->self, fd, OPT_SO_REUSEADDR, 1);
    if (client->style == DHCP_STYLE_UDHCPC) {
        sys_setsockopt(client->self, fd, OPT_SO_BROADCAST, 1);
        sys_bind_device(client->self, fd, client->iface_name);
    }
    sys_bind(client->self, fd, (struct endpoint){ IP4_ANY, DHCP_CLIENT_PORT });
    return fd;
}

void dhcp_client_listen(struct dhcp_client *client, enum dhcp_listen how)
{
    bool isc = client->style == DHCP_STYLE_DHCLIENT && how != DHCP_LISTEN_NONE;
    bool raw = isc || how == DHCP_LISTEN_RAW, kernel = isc || how == DHCP_LISTEN_KERNEL;

    if (!raw)
        close_fd(client, &client->raw_fd);
    else if (client->raw_fd < 0)
        client->raw_fd = open_packet_socket(client, ETHERTYPE_IPV4);
    if (!kernel)
        close_fd(client, &client->udp_fd);
    else if (client->udp_fd < 0)
        client->udp_fd = open_udp_socket(client);
}

void dhcp_client_close(struct dhcp_client *client)
{
    close_fd(client, &client->raw_fd);
    close_fd(client, &client->udp_fd);
    close_fd(client, &client->arp_fd);
}

/* From 0.0.0.0 or the address in use to everybody, in a frame made here: the kernel may have no
 * address to send from. */
static void send_raw(struct dhcp_client *client, struct sock_send *message, size_t len)
{
    bool isc = client->style == DHCP_STYLE_DHCLIENT;
    struct dhcp_frame frame = { .src_mac = client->iface->iface->mac,
                                .dst_mac = MAC_BROADCAST,
                                .src = dhcp_client_bound(client) ? client->lease.addr : IP4_ANY,
                                .dst = IP4_BROADCAST,
                                .src_port = DHCP_CLIENT_PORT,
                                .dst_port = DHCP_SERVER_PORT,
                                .tos = isc ? DHCP_ISC_TOS : 0,
                                .ttl = isc ? DHCP_ISC_TTL : 64 };
    int fd = client->raw_fd >= 0 ? client->raw_fd : open_packet_socket(client, ETHERTYPE_IPV4);

    message->octets = client->octets;
    message->len = dhcp_frame_wrap(&frame, client->octets, len);
    if (fd >= 0)
        sys_sendmsg(client->self, fd, message);
    if (fd >= 0 && client->raw_fd < 0)
        sys_close(client->self, fd);
}

/* busybox opens a socket for each message, bound to its own address and connected; ISC has its
 * fallback socket. */
static void send_udp(struct dhcp_client *client, struct sock_send *message, ip4_addr to, size_t len)
{
    struct endpoint server = { to, DHCP_SERVER_PORT };
    int fd = client->udp_fd;

    message->octets = client->octets + DHCP_FRAME_HDRS_LEN;
    message->len = len;
    if (client->style == DHCP_STYLE_UDHCPC) {
        fd = sys_socket(client->self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
        if (fd < 0)
            return;
        sys_setsockopt(client->self, fd, OPT_SO_REUSEADDR, 1);
        sys_bind(client->self, fd, (struct endpoint){ client->lease.addr, DHCP_CLIENT_PORT });
        if (sys_connect(client->self, fd, server) == 0)
            sys_sendmsg(client->self, fd, message);
        sys_close(client->self, fd);
    } else if (fd >= 0) {
        message->has_to = true;
        message->to = server;
        sys_sendmsg(client->self, fd, message);
    }
}

void dhcp_client_send(struct dhcp_client *client, uint8_t type, ip4_addr to)
{
    struct sock_send message = { .flags = SOCK_MSG_DONTWAIT, .why = send_reason(client, type, to) };
    size_t len;

    if (type == DHCP_RELEASE || type == DHCP_DECLINE)
        client->xid = (uint32_t)sys_random(client->self);
    len = dhcp_client_build(client, type, client->octets + DHCP_FRAME_HDRS_LEN,
                            DHCP_CLIENT_MESSAGE_MAX - DHCP_FRAME_HDRS_LEN);
    CHECK(len != 0);
    client->n_sent++;
    client->sending = type;
    client->sending_to = to;
    client->event(client->ctx, client, DHCP_EVENT_SENDING);
    if (to == IP4_BROADCAST)
        send_raw(client, &message, len);
    else
        send_udp(client, &message, to, len);
}

/* ---- input ---- */

static bool is_for_us(const struct dhcp_client *client, const struct dhcp_msg *msg)
{
    struct mac_addr mac = dhcp_chaddr_mac(msg);

    return msg->op == DHCP_BOOTREPLY && msg->xid == client->xid && msg->hlen == 6 &&
           mac_eq(&mac, &client->iface->iface->mac) && dhcp_message_type(msg) != 0;
}

static bool receive_from(struct dhcp_client *client, int fd, bool raw, struct dhcp_msg *msg)
{
    for (;;) {
        struct sock_recv in = { .octets = client->octets,
                                .size = sizeof client->octets,
                                .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(client->self, fd, &in);
        const uint8_t *message = client->octets;
        size_t len = n > 0 ? (size_t)n : 0;

        if (n < 0)
            return false;
        if (raw && (in.outgoing || !dhcp_frame_unwrap(client->octets, len, DHCP_CLIENT_PORT,
                                                      &message, &len, &client->from)))
            continue;
        if (dhcp_parse(message, len, msg) == DROP_NONE && is_for_us(client, msg))
            return true;
    }
}

bool dhcp_client_receive(struct dhcp_client *client, struct dhcp_msg *msg)
{
    if (client->raw_fd >= 0 && receive_from(client, client->raw_fd, true, msg))
        return true;
    if (client->udp_fd < 0)
        return false;
    if (client->style == DHCP_STYLE_UDHCPC)
        return receive_from(client, client->udp_fd, false, msg);
    while (receive_from(client, client->udp_fd, false, msg))
        continue; /* dhclient hears everything by its raw socket; the fallback socket is only
                     emptied */
    return false;
}

/* ---- ARP probe, RFC 2131 section 4.4.1 ---- */

void dhcp_client_probe(struct dhcp_client *client, ip4_addr addr)
{
    struct eth_hdr eth = { .dst = MAC_BROADCAST,
                           .src = client->iface->iface->mac,
                           .ethertype = ETHERTYPE_ARP };
    struct arp_msg arp = { .op = ARP_REQUEST, .sha = eth.src, .tpa = addr };
    struct sock_send message = { .octets = client->octets,
                                 .len = ARP_FRAME_LEN,
                                 .flags = SOCK_MSG_DONTWAIT,
                                 .why = WHY(ARP_DAD, addr) };

    if (client->arp_fd < 0)
        client->arp_fd = open_packet_socket(client, ETHERTYPE_ARP);
    if (client->arp_fd < 0)
        return;
    memset(client->octets, 0, ARP_FRAME_LEN);
    eth_emit(&eth, client->octets);
    arp_emit(&arp, client->octets + ETH_HDR_LEN);
    sys_sendmsg(client->self, client->arp_fd, &message);
}

bool dhcp_client_probe_answered(struct dhcp_client *client, ip4_addr addr)
{
    while (client->arp_fd >= 0) {
        struct sock_recv in = { .octets = client->octets,
                                .size = sizeof client->octets,
                                .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(client->self, client->arp_fd, &in);
        struct arp_msg arp;

        if (n < 0)
            break;
        if (!in.outgoing && n > ETH_HDR_LEN &&
            arp_parse(client->octets + ETH_HDR_LEN, (size_t)n - ETH_HDR_LEN, &arp) == DROP_NONE &&
            arp.op == ARP_REPLY && arp.spa == addr && !mac_eq(&arp.sha, &client->iface->iface->mac))
            return true;
    }
    return false;
}

/* ---- the host ---- */

static void set_default_route(struct dhcp_client *client)
{
    struct fib_entry entry = { .kind = ROUTE_UNICAST,
                               .proto = ROUTE_PROTO_BOOT,
                               .oif = client->iface };

    while (fib_remove(client->iface->ip, &entry) == 0)
        continue;
    if (client->lease.n_routers == 0)
        return;
    entry.via =
        client->lease.routers[0]; /* a router outside the subnet is refused, as `ip route` would */
    fib_add(client->iface->ip, &entry, false);
}

static void write_resolv_conf(const struct dhcp_client *client)
{
    const struct dhcp_lease *lease = &client->lease;
    struct strbuf text = STRBUF_INIT;
    char addr[IP4_TEXT_MAX];

    if (lease->n_resolvers == 0 && lease->domain[0] == '\0')
        return;
    if (lease->domain[0] != '\0' && client->style == DHCP_STYLE_DHCLIENT)
        strbuf_addf(&text, "domain %s\n", lease->domain);
    if (lease->domain[0] != '\0')
        strbuf_addf(&text, "search %s\n", lease->domain);
    for (unsigned i = 0; i < lease->n_resolvers; i++)
        strbuf_addf(&text, "nameserver %s\n", ip4_format(lease->resolvers[i], addr));
    os_file_write(client->self->os, "/etc/resolv.conf", strbuf_text(&text), text.len, false);
    strbuf_fini(&text);
}

/* `ip addr add ... broadcast B valid_lft N`: dhclient's script tells the kernel how long. */
static void mark_address(struct dhcp_client *client)
{
    const struct dhcp_lease *lease = &client->lease;

    for (unsigned i = 0; i < client->iface->n_addrs; i++) {
        struct ip_address *address = &client->iface->addrs[i];

        if (address->addr != lease->addr)
            continue;
        if (lease->broadcast != 0)
            ip_addr_set_broadcast(client->iface, lease->addr, lease->broadcast);
        if (client->style == DHCP_STYLE_DHCLIENT && lease->seconds < INT32_MAX) {
            address->dynamic = true;
            address->valid_until = SIM_TIME_NONE;
            if (lease->seconds < (SIM_TIME_NONE - lease->since) / SIM_SEC(1))
                address->valid_until = lease->since + SIM_SEC(lease->seconds);
        }
    }
}

void dhcp_client_configure(struct dhcp_client *client)
{
    const struct dhcp_lease *lease = &client->lease;

    if (client->configured != lease->addr || client->configured_len != lease->prefix_len) {
        ip_addr_flush(client->iface);
        ip_addr_add(client->iface, lease->addr, lease->prefix_len);
        client->configured = lease->addr;
        client->configured_len = lease->prefix_len;
        set_default_route(client);
    } else if (lease->n_routers > 0) {
        struct fib_entry want = { .oif = client->iface, .via = lease->routers[0] };

        /* Only what the server changed is touched, so that nothing flickers at a renewal. */
        if (fib_remove(client->iface->ip, &want) == 0) {
            want.proto = ROUTE_PROTO_BOOT;
            fib_add(client->iface->ip, &want, false);
        } else {
            set_default_route(client);
        }
    }
    if (lease->mtu >= 576 && lease->mtu <= client->iface->iface->mtu)
        ip_iface_set_mtu(client->iface, lease->mtu);
    mark_address(client);
    write_resolv_conf(client);
}

void dhcp_client_deconfigure(struct dhcp_client *client)
{
    ip_iface_set_up(client->iface, true);
    ip_addr_flush(client->iface);
    client->configured = 0;
}
