/* Which connection a packet belongs to, and its numbers in the script and on the wire. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/pkt_internal.h"
#include "stack/wire/tcp_wire.h"

struct pkt_conn *pkt_conn_new(struct pkt_run *run)
{
    struct pkt_conn *conn = g_new0(struct pkt_conn, 1);

    g_ptr_array_add(run->conns, conn);
    run->conn = conn;
    return conn;
}

static struct pkt_conn *find(struct pkt_run *run, uint16_t local, uint16_t remote)
{
    for (guint i = run->conns->len; i-- > 0;) {
        struct pkt_conn *conn = run->conns->pdata[i];

        if (conn->local_port == local && conn->remote_port == remote)
            return conn;
    }
    return NULL;
}

struct pkt_conn *pkt_conn_for(struct pkt_run *run, const struct pkt_packet *packet)
{
    bool opens = packet->proto == PKT_UDP ||
                 (packet->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
    struct pkt_conn *conn = run->conn;

    if (packet->has_ports) {
        conn = find(run, packet->dst_port, packet->src_port);
        if (conn != NULL)
            return run->conn = conn;
    } else if (conn != NULL && !(run->listening && opens)) {
        return conn;
    }
    run->listening = run->listening && !opens;
    conn = pkt_conn_new(run);
    conn->local_port = packet->has_ports ? packet->dst_port : PKT_SCRIPT_PORT;
    conn->remote_port = packet->has_ports ? packet->src_port : run->next_remote++;
    return conn;
}

/* ---- out of the machine ---- */

/* A packet to the remote end from a port not known before: the connection that connect() began. */
static struct pkt_conn *conn_of_got(struct pkt_run *run, const struct pkt_got *got)
{
    struct pkt_conn *conn = find(run, got->ends.src_port, got->ends.dst_port);

    if (conn != NULL || got->packet.proto == PKT_ICMP)
        return conn;
    for (guint i = run->conns->len; i-- > 0;) {
        conn = run->conns->pdata[i];
        if (conn->local_port == 0 && conn->remote_port == got->ends.dst_port) {
            conn->local_port = got->ends.src_port;
            return conn;
        }
    }
    return NULL;
}

/* SEQ to the script's numbers; the first SYN tells where they begin. */
static void translate(struct pkt_got *got)
{
    struct pkt_conn *conn = got->conn;
    struct pkt_packet *packet = &got->packet;

    got->wire_seq = packet->seq;
    if (packet->proto != PKT_TCP || conn == NULL)
        return;
    if ((packet->flags & TCP_SYN) != 0 && (!conn->has_isn || !conn->isn_matched))
        conn->isn = packet->seq, conn->has_isn = true;
    else if ((packet->flags & TCP_SYN) != 0 && packet->seq != conn->isn)
        conn->isn = packet->seq; /* it starts anew */
    /* A reset of what does not acknowledge anything begins at 0: RFC 9293 section 3.10.7.1. */
    if ((packet->flags & TCP_RST) == 0 || packet->seq != 0)
        packet->seq -= conn->isn;
}

static void note_signature(const struct pkt_run *run, const struct pkt_seen *seen,
                           struct pkt_packet *packet)
{
    for (unsigned i = 0; i < packet->n_options; i++)
        if (packet->options[i].kind == TCP_OPT_SIGNATURE)
            packet->options[i].sign = pkt_md5_valid(&run->md5, seen->octets, seen->len);
}

void pkt_collect(struct pkt_run *run)
{
    struct pkt_seen seen;

    while (run->host->ops->take(run->host, &seen)) {
        struct pkt_got *got = g_new0(struct pkt_got, 1);

        got->at = seen.at - run->start;
        if (pkt_packet_read(seen.octets, seen.len, &got->packet, &got->ends)) {
            note_signature(run, &seen, &got->packet);
            got->conn = conn_of_got(run, got);
            if (got->conn != NULL && got->packet.proto != PKT_ICMP)
                got->conn->udp = got->packet.proto == PKT_UDP;
            translate(got);
            g_queue_push_tail(&run->got, got);
            if (run->options->told != NULL) {
                g_autofree char *text = pkt_packet_text(&got->packet);

                pkt_tell(run, "%.6f > %s", (double)got->at / PKT_NSEC_PER_SEC, text);
            }
        } else {
            g_free(got);
        }
        g_free(seen.octets);
    }
    pkt_offer_awaited(run);
}

/* ---- into the machine ---- */

void pkt_learn_ts(struct pkt_conn *conn, uint32_t script, uint32_t wire)
{
    unsigned at = conn->next_ts % PKT_TS_MAP_MAX;

    for (unsigned i = 0; i < conn->n_ts; i++)
        if (conn->ts[i].script == script)
            at = i;
    if (at == conn->next_ts % PKT_TS_MAP_MAX)
        conn->next_ts++;
    conn->n_ts = MAX(conn->n_ts, MIN(conn->next_ts, (unsigned)PKT_TS_MAP_MAX));
    conn->ts[at].script = script;
    conn->ts[at].wire = wire;
}

/* A TSecr of the script, as the machine sent it; one it never sent lies as far from the last. */
static uint32_t wire_ts(const struct pkt_conn *conn, uint32_t script)
{
    unsigned last = (conn->next_ts + PKT_TS_MAP_MAX - 1) % PKT_TS_MAP_MAX;

    for (unsigned i = 0; i < conn->n_ts; i++)
        if (conn->ts[i].script == script)
            return conn->ts[i].wire;
    if (conn->n_ts == 0 || script == 0)
        return script;
    return conn->ts[last].wire + (script - conn->ts[last].script);
}

static void to_wire(const struct pkt_conn *conn, struct pkt_packet *packet)
{
    if (packet->proto == PKT_ICMP) {
        packet->seq += conn->isn;
        return;
    }
    if (packet->has_ack)
        packet->ack += conn->isn;
    for (unsigned i = 0; i < packet->n_options; i++) {
        struct pkt_tcp_option *option = &packet->options[i];

        if (option->kind == TCP_OPT_TIMESTAMPS)
            option->ecr = wire_ts(conn, option->ecr);
        for (unsigned n = 0; option->kind == TCP_OPT_SACK && n < option->n_sack; n++) {
            option->sack[n].start += conn->isn;
            option->sack[n].end += conn->isn;
        }
    }
}

bool pkt_send_packet(struct pkt_run *run, const struct pkt_packet *packet)
{
    struct pkt_packet wire = *packet;
    struct pkt_conn *conn = pkt_conn_for(run, packet);
    struct pkt_ends ends = { .v6 = run->config.v6,
                             .src = run->config.remote,
                             .dst = run->config.local,
                             .src_port = conn->remote_port,
                             .dst_port = conn->local_port };
    struct pkt_fault fault = { 0 };
    g_autofree uint8_t *octets = g_malloc(PKT_PACKET_MAX + 1);
    gsize len;

    if (packet->proto != PKT_ICMP)
        conn->udp = packet->proto == PKT_UDP;
    else if (!packet->has_quote && conn->udp)
        wire.has_quote = true, wire.quoted = PKT_UDP;
    to_wire(conn, &wire);
    len = pkt_packet_emit(&wire, &ends, octets, &fault);
    if (len == 0) {
        pkt_fail(run, "%s", fault.text);
        run->verdict->kind = PKT_UNREADABLE;
        g_free(fault.text);
        return false;
    }
    for (unsigned i = 0; i < wire.n_options; i++)
        if (wire.options[i].sign)
            pkt_md5_sign(&run->md5, octets, len);
    if (run->options->told != NULL) {
        g_autofree char *text = pkt_packet_text(packet);

        pkt_tell(run, "%.6f < %s", (double)pkt_now(run) / PKT_NSEC_PER_SEC, text);
    }
    run->host->ops->send(run->host, octets, len);
    return pkt_settle(run);
}
