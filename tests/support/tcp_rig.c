#include "tests/support/tcp_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/check.h"
#include "base/checksum.h"
#include "base/list.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/ipv4_wire.h"

static const struct mac_addr HOST_MAC = { { 2, 0, 0, 0, 1, 1 } },
                             PEER_MAC = { { 2, 0, 0, 0, 2, 1 } };

/* Hosts. */

static void host_receive(struct iface *iface, struct frame *frame)
{
    struct tcp_host *host = iface->node->device;

    ether_input(&host->ether, iface, frame);
}

static const struct node_ops host_ops = { .kind = "host", .receive = host_receive };

static void host_init(struct tcp_host *host, struct sim *sim, const char *name,
                      const struct mac_addr *mac)
{
    host->node = sim_add_node(sim, name, &host_ops);
    host->node->device = host;
    iface_add(host->node, "eth0", mac);
}

static void host_start(struct tcp_host *host, ip4_addr addr)
{
    ether_init(&host->ether, host->node);
    ip_init(&host->ip, host->node, &host->ether);
    CHECK(ip_addr_add(ip_iface_find(&host->ip, "eth0"), addr, 24) == 0);
    host->tcp = tcp_init(&host->ip);
}

static void host_fini(struct tcp_host *host)
{
    tcp_fini(host->tcp);
    ip_fini(&host->ip);
}

/* The peer. */

static void send_frame(struct tcp_rig *rig, struct frame *frame, uint16_t ethertype)
{
    uint8_t *octets = frame_push(frame, 14);

    memcpy(octets, HOST_MAC.octets, 6);
    memcpy(octets + 6, PEER_MAC.octets, 6);
    be16_put(octets + 12, ethertype);
    iface_send(rig->peer->ifaces[0], frame);
}

static void answer_arp(struct tcp_rig *rig, const struct frame *frame)
{
    struct frame *reply = frame_new(rig->peer, 28);
    uint8_t *p = reply->data;
    const uint8_t *request = frame->data + 14;

    if (request[7] != 1) {
        frame_free(reply);
        return;
    }
    memcpy(p, request, 6);
    be16_put(p + 6, 2);
    memcpy(p + 8, PEER_MAC.octets, 6);
    be32_put(p + 14, RIG_PEER);
    memcpy(p + 18, request + 8, 10);
    send_frame(rig, reply, 0x0806);
}

static void describe(struct tcp_rig *rig, struct rig_sent *sent)
{
    static const char letters[] = "FSRPAUEC";
    const struct tcp_hdr *hdr = &sent->hdr;
    char *at = sent->text, *end = at + sizeof sent->text;

    for (const char *order = "SFRPAUEC"; *order != '\0'; order++) {
        if ((hdr->flags >> (strchr(letters, *order) - letters) & 1) != 0)
            *at++ = *order;
    }
    at += snprintf(at, (size_t)(end - at), " %u(%u)", hdr->seq - rig->host_iss, sent->len);
    if ((hdr->flags & TCP_ACK) != 0)
        at += snprintf(at, (size_t)(end - at), " ack %u", hdr->ack - RIG_PEER_ISS);
    for (uint8_t i = 0; i < hdr->opt.n_sack; i++)
        at += snprintf(at, (size_t)(end - at), "%s%u-%u", i == 0 ? " sack " : ",",
                       hdr->opt.sack[i].start - RIG_PEER_ISS, hdr->opt.sack[i].end - RIG_PEER_ISS);
}

static void peer_receive(struct iface *iface, struct frame *frame)
{
    struct tcp_rig *rig = iface->node->device;
    struct rig_sent *sent = &rig->sent[rig->n_sent];
    struct ipv4_hdr ip;

    frame_finish_checksum(frame);
    frame_linearize(frame);
    if (be16_get(frame->data + 12) == 0x0806) {
        answer_arp(rig, frame);
    } else if (ipv4_parse(frame->data + 14, frame->len - 14, &ip) == DROP_NONE &&
               ip.protocol == IP_PROTO_TCP) {
        const uint8_t *tcp = frame->data + 14 + ip.hdr_len;
        size_t len = ip.total_len - (size_t)ip.hdr_len;

        CHECK(rig->n_sent < RIG_SENT_MAX);
        CHECK(tcp_parse(tcp, len, &sent->hdr) == DROP_NONE);
        CHECK(checksum_finish(
                  checksum_add(checksum_pseudo(ip.src, ip.dst, IP_PROTO_TCP, len), tcp, len)) == 0);
        sent->at = node_now(iface->node);
        sent->len = (uint32_t)(len - sent->hdr.hdr_len);
        sent->src = ip.src;
        sent->dst = ip.dst;
        memcpy(sent->to.octets, frame->data, sizeof sent->to.octets);
        sent->ttl = ip.ttl;
        sent->ip_id = ip.id;
        sent->tos = ip.tos;
        sent->why = frame->why;
        if ((sent->hdr.flags & TCP_SYN) != 0) {
            rig->host_iss = sent->hdr.seq;
            rig->host_port = sent->hdr.src_port;
            rig->peer_port = sent->hdr.dst_port;
        }
        if (sent->hdr.opt.has_ts)
            rig->ts_ecr = sent->hdr.opt.ts_val;
        describe(rig, sent);
        rig->n_sent++;
    }
    frame_free(frame);
}

static const struct node_ops peer_ops = { .kind = "host", .receive = peer_receive };

static void observe(struct observer *observer, const struct record *record)
{
    struct tcp_rig *rig = CONTAINER_OF(observer, struct tcp_rig, observer);

    if (record->kind == RECORD_DROP)
        rig->drops[record->drop]++;
    if (record->kind == RECORD_STATE && record->why.code == WHY_TCP_STATE) {
        rig->last_state[0] = (uint8_t)record->why.args[0];
        rig->last_state[1] = (uint8_t)record->why.args[1];
    }
}

void rig_init(struct tcp_rig *rig)
{
    struct link_config config = { .rate = 0, .delay = SIM_USEC(5), .queue = 1000 };

    memset(rig, 0, sizeof *rig);
    rig->sim = sim_new(1);
    host_init(&rig->host, rig->sim, "host", &HOST_MAC);
    rig->peer = sim_add_node(rig->sim, "peer", &peer_ops);
    rig->peer->device = rig;
    iface_add(rig->peer, "eth0", &PEER_MAC);
    sim_add_link(rig->sim, rig->host.node->ifaces[0], rig->peer->ifaces[0], &config);
    rig->observer = (struct observer){ .wants = RECORD_ALL, .record = observe };
    sim_observe(rig->sim, &rig->observer);
    sim_start(rig->sim);
    host_start(&rig->host, RIG_HOST);
    rig->host_port = RIG_PORT;
    rig->peer_port = RIG_PEER_PORT;
    rig->ts_val = 1000;
}

void rig_fini(struct tcp_rig *rig)
{
    for (unsigned i = 0; i < 50 && rig->sim->parts[0]->frames_alive > 0; i++)
        rig_run(rig, SIM_MSEC(2)); /* what is on the cable arrives */
    host_fini(&rig->host);
    CHECK(rig->sim->parts[0]->frames_alive == 0);
    sim_free(rig->sim);
}

void rig_run(struct tcp_rig *rig, sim_time time)
{
    CHECK(sim_run(rig->sim, sim_now(rig->sim) + time, 10000000));
}

static void inject_ip(struct tcp_rig *rig, struct frame *frame, uint8_t protocol)
{
    struct ipv4_hdr ip = { .hdr_len = IPV4_HDR_LEN,
                           .ttl = 64,
                           .protocol = protocol,
                           .df = true,
                           .src = rig->from != 0 ? rig->from : RIG_PEER,
                           .dst = rig->to != 0 ? rig->to : RIG_HOST,
                           .total_len = (uint16_t)(frame->len + IPV4_HDR_LEN) };

    ipv4_emit(&ip, frame_push(frame, IPV4_HDR_LEN));
    send_frame(rig, frame, 0x0800);
}

/* The peer's segment is whole but for its checksum. */
static void inject_tcp(struct tcp_rig *rig, struct frame *frame)
{
    uint32_t pseudo = checksum_pseudo(rig->from != 0 ? rig->from : RIG_PEER,
                                      rig->to != 0 ? rig->to : RIG_HOST, IP_PROTO_TCP, frame->len);

    be16_put(frame->data + TCP_AT_CHECKSUM,
             checksum_finish(checksum_add(pseudo, frame->data, frame->len)));
    if (rig->wrong_checksum)
        frame->data[TCP_AT_CHECKSUM] ^= 0x10;
    inject_ip(rig, frame, IP_PROTO_TCP);
}

/* Octets that no sender would write as options: the header grows by them. */
static struct frame *with_raw_options(struct tcp_rig *rig, struct frame *frame)
{
    struct frame *other = frame_new(rig->peer, frame->len + rig->n_options);

    memcpy(other->data, frame->data, TCP_HDR_LEN);
    memcpy(other->data + TCP_HDR_LEN, rig->options, rig->n_options);
    memcpy(other->data + TCP_HDR_LEN + rig->n_options, frame->data + TCP_HDR_LEN,
           frame->len - TCP_HDR_LEN);
    other->data[12] = (uint8_t)((TCP_HDR_LEN + rig->n_options) / 4 << 4 | (other->data[12] & 1));
    frame_free(frame);
    return other;
}

void rig_inject(struct tcp_rig *rig, struct tcp_hdr hdr, uint32_t len)
{
    size_t hdr_len;
    struct frame *frame;

    if (rig->n_options > 0)
        hdr.opt = (struct tcp_options){ 0 };

    hdr.src_port = rig->peer_port;
    hdr.dst_port = rig->host_port;
    if (rig->peer_ts && !hdr.opt.has_ts) {
        hdr.opt.has_ts = true;
        hdr.opt.ts_val = rig->ts_val;
        hdr.opt.ts_ecr = rig->ts_ecr;
    }
    for (uint8_t i = 0; i < hdr.opt.n_sack; i++) {
        hdr.opt.sack[i].start += rig->host_iss;
        hdr.opt.sack[i].end += rig->host_iss;
    }
    hdr_len = TCP_HDR_LEN + tcp_options_len(&hdr.opt, (hdr.flags & TCP_SYN) != 0);
    frame = frame_new(rig->peer, hdr_len + len);
    for (uint32_t i = 0; i < len; i++)
        frame->data[hdr_len + i] = (uint8_t)('a' + (hdr.seq + i + 25) % 26); /* octet 1 is an a */
    hdr.seq += RIG_PEER_ISS;
    if ((hdr.flags & TCP_ACK) != 0)
        hdr.ack += rig->host_iss;
    tcp_emit(&hdr, frame->data);
    inject_tcp(rig, rig->n_options > 0 ? with_raw_options(rig, frame) : frame);
}

void rig_in(struct tcp_rig *rig, const char *flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    static const char letters[] = "FSRPAUEC";
    struct tcp_hdr hdr = { .seq = seq, .ack = ack, .window = 512 };

    for (; *flags != '\0'; flags++)
        hdr.flags |= (uint8_t)(1 << (strchr(letters, *flags) - letters));
    if ((hdr.flags & TCP_SYN) != 0) {
        hdr.window = 65535;
        hdr.opt = (struct tcp_options){
            .has_mss = true, .mss = 1460, .sack_permitted = true, .has_wscale = true, .wscale = 7
        };
    }
    rig_inject(rig, hdr, len);
    rig_run(rig, SIM_MSEC(1));
}

void rig_icmp(struct tcp_rig *rig, uint8_t type, uint8_t code, uint32_t rest, uint32_t seq)
{
    struct ipv4_hdr quote = { .hdr_len = IPV4_HDR_LEN,
                              .ttl = 60,
                              .protocol = IP_PROTO_TCP,
                              .df = true,
                              .src = RIG_HOST,
                              .dst = RIG_PEER,
                              .total_len = 1500 };
    struct frame *frame = frame_new(rig->peer, 8 + IPV4_HDR_LEN + 8);

    memset(frame->data, 0, frame->len);
    frame->data[0] = type;
    frame->data[1] = code;
    be32_put(frame->data + 4, rest);
    ipv4_emit(&quote, frame->data + 8);
    be16_put(frame->data + 28, rig->host_port);
    be16_put(frame->data + 30, rig->peer_port);
    be32_put(frame->data + 32, seq + rig->host_iss);
    be16_put(frame->data + 2, checksum_finish(checksum_add(0, frame->data, frame->len)));
    inject_ip(rig, frame, IP_PROTO_ICMP);
    rig_run(rig, SIM_MSEC(1));
}

const char *rig_next(struct tcp_rig *rig)
{
    return rig->n_seen < rig->n_sent ? rig->sent[rig->n_seen++].text : "";
}

const struct rig_sent *rig_last(const struct tcp_rig *rig)
{
    CHECK(rig->n_seen > 0);
    return &rig->sent[rig->n_seen - 1];
}

unsigned rig_flush(struct tcp_rig *rig)
{
    unsigned n = rig->n_sent - rig->n_seen;

    rig->n_seen = rig->n_sent;
    return n;
}

struct sock *rig_listen(struct tcp_rig *rig, int backlog)
{
    struct sock *sock = tcp_socket(rig->host.tcp);

    CHECK(sock->ops->bind(sock, (struct endpoint){ 0, RIG_PORT }) == 0);
    CHECK(sock->ops->listen(sock, backlog) == 0);
    return sock;
}

struct sock *rig_accept(struct tcp_rig *rig, struct sock *listener)
{
    struct sock *sock;
    int error;

    rig_in(rig, "S", 0, 0, 0);
    rig_flush(rig);
    rig_in(rig, "A", 1, 1, 0);
    sock = listener->ops->accept(listener, &error);
    CHECK(sock != NULL);
    return sock;
}

struct sock *rig_syn_sent(struct tcp_rig *rig)
{
    struct sock *sock = tcp_socket(rig->host.tcp);

    CHECK(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }) ==
          -SIM_EINPROGRESS);
    rig_run(rig, SIM_MSEC(1));
    CHECK(rig->n_seen < rig->n_sent);
    rig_flush(rig);
    return sock;
}

struct sock *rig_connect(struct tcp_rig *rig)
{
    struct sock *sock = rig_syn_sent(rig);

    rig_in(rig, "SA", 0, 1, 0);
    CHECK(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }) == 0);
    rig_flush(rig);
    return sock;
}

struct sock *rig_open(struct tcp_rig *rig, struct sock **listener)
{
    rig_init(rig);
    *listener = rig_listen(rig, 5);
    return rig_accept(rig, *listener);
}

void rig_close(struct tcp_rig *rig, struct sock *listener, struct sock *sock)
{
    if (sock != NULL)
        sock->ops->close(sock);
    listener->ops->close(listener);
    rig_fini(rig);
}

unsigned rig_answer_probes(struct tcp_rig *rig, unsigned seconds)
{
    static const struct tcp_hdr closed = { .flags = TCP_ACK, .seq = 1, .ack = 1, .window = 0 };
    unsigned first = rig->n_seen;

    for (unsigned i = 0; i < seconds; i++) {
        rig_run(rig, SIM_SEC(1));
        for (; rig->n_seen < rig->n_sent; rig->n_seen++)
            rig_inject(rig, closed, 0);
    }
    return first;
}

uint32_t rig_fill(struct tcp_rig *rig)
{
    uint32_t at = 1, window = 1460;

    for (unsigned i = 0; i < 200 && window > 0; i++) {
        uint32_t n = window < 1460 ? window : 1460;

        rig_in(rig, "A", at, 1, n);
        at += n;
        rig_run(rig, SIM_MSEC(50));
        rig_flush(rig);
        window = (uint32_t)rig_last(rig)->hdr.window << 7;
    }
    CHECK(window == 0);
    return at;
}

static const uint8_t *alphabet(void)
{
    static uint8_t octets[1 << 20];

    if (octets[0] == 0) {
        for (size_t i = 0; i < sizeof octets; i++)
            octets[i] = (uint8_t)('a' + i % 26);
    }
    return octets;
}

int64_t rig_send(struct sock *sock, size_t len)
{
    return sock->ops->send(sock, &(struct sock_send){ .octets = alphabet(), .len = len });
}

int64_t rig_recv(struct sock *sock, size_t size)
{
    return sock->ops->recv(sock, &(struct sock_recv){ .size = size });
}

/* Two hosts. */

static void pair_cable(struct tcp_pair *pair, const struct link_config *config)
{
    host_init(&pair->a, pair->sim, "a", &HOST_MAC);
    host_init(&pair->b, pair->sim, "b", &PEER_MAC);
    pair->link = sim_add_link(pair->sim, pair->a.node->ifaces[0], pair->b.node->ifaces[0], config);
}

static void pair_start(struct tcp_pair *pair)
{
    sim_start(pair->sim);
    host_start(&pair->a, RIG_HOST);
    host_start(&pair->b, RIG_PEER);
    /* ARP has no checksum: a corrupting link could teach it anything. */
    neigh_set(&pair->a.ip.neigh, ip_iface_find(&pair->a.ip, "eth0"), RIG_PEER, &PEER_MAC,
              NEIGH_PERMANENT, true);
    neigh_set(&pair->b.ip.neigh, ip_iface_find(&pair->b.ip, "eth0"), RIG_HOST, &HOST_MAC,
              NEIGH_PERMANENT, true);
}

void pair_init(struct tcp_pair *pair, uint64_t seed, const struct link_config *config)
{
    memset(pair, 0, sizeof *pair);
    pair->sim = sim_new(seed);
    pair_cable(pair, config);
    pair_start(pair);
}

void pair_init_twice(struct tcp_pair *pair, uint64_t seed, const struct link_config *config)
{
    static const struct mac_addr a = { { 2, 0, 0, 0, 1, 2 } }, b = { { 2, 0, 0, 0, 2, 2 } };

    memset(pair, 0, sizeof *pair);
    pair->sim = sim_new(seed);
    pair_cable(pair, config);
    iface_add(pair->a.node, "eth1", &a);
    iface_add(pair->b.node, "eth1", &b);
    sim_add_link(pair->sim, iface_find(pair->a.node, "eth1"), iface_find(pair->b.node, "eth1"),
                 config);
    pair_start(pair);
    CHECK(ip_addr_add(ip_iface_find(&pair->a.ip, "eth1"), RIG_HOST + 100, 24) == 0);
    CHECK(ip_addr_add(ip_iface_find(&pair->b.ip, "eth1"), RIG_PEER + 100, 24) == 0);
}

void pair_fini(struct tcp_pair *pair)
{
    host_fini(&pair->a);
    host_fini(&pair->b);
    sim_free(pair->sim);
}

void pair_run(struct tcp_pair *pair, sim_time time)
{
    CHECK(sim_run(pair->sim, sim_now(pair->sim) + time, 100000000));
}
