/*
 * NAT: what packets do to the state of a connection, and how long it is remembered after each:
 * nf_conntrack_proto_tcp.c, _udp.c, _icmp.c, _generic.c with the time-outs of
 * net.netfilter.nf_conntrack_*.
 */
#include "base/seq.h"
#include "stack/net/nat_internal.h"

#define UDP_TIMEOUT        SIM_SEC(30)
#define UDP_STREAM_TIMEOUT SIM_SEC(120)
#define UDP_STREAM_AFTER   SIM_SEC(2)
#define ICMP_TIMEOUT       SIM_SEC(30)
#define GENERIC_TIMEOUT    SIM_SEC(600)

#define TCP_TIMEOUT_RETRANS SIM_SEC(300) /* three repetitions, or a closed window */
#define TCP_TIMEOUT_UNACK   SIM_SEC(300) /* data without an answer yet */
#define TCP_RETRANS_MAX     3

static const struct {
    const char *name;
    sim_time timeout;
} tcp_states[NAT_TCP_N_STATES] = {
    [NAT_TCP_NONE] = { "NONE", 0 },
    [NAT_TCP_SYN_SENT] = { "SYN_SENT", SIM_SEC(120) },
    [NAT_TCP_SYN_RECV] = { "SYN_RECV", SIM_SEC(60) },
    [NAT_TCP_ESTABLISHED] = { "ESTABLISHED", SIM_SEC(5 * 24 * 3600) },
    [NAT_TCP_FIN_WAIT] = { "FIN_WAIT", SIM_SEC(120) },
    [NAT_TCP_CLOSE_WAIT] = { "CLOSE_WAIT", SIM_SEC(60) },
    [NAT_TCP_LAST_ACK] = { "LAST_ACK", SIM_SEC(30) },
    [NAT_TCP_TIME_WAIT] = { "TIME_WAIT", SIM_SEC(120) },
    [NAT_TCP_CLOSE] = { "CLOSE", SIM_SEC(10) },
    [NAT_TCP_SYN_SENT2] = { "SYN_SENT2", SIM_SEC(120) },
};

/* What becomes of a state when a segment passes: SS a new attempt, ... IG nothing, IV the segment
 * makes no sense. */
enum {
    SS = NAT_TCP_SYN_SENT,
    SR = NAT_TCP_SYN_RECV,
    ES = NAT_TCP_ESTABLISHED,
    FW = NAT_TCP_FIN_WAIT,
    CW = NAT_TCP_CLOSE_WAIT,
    LA = NAT_TCP_LAST_ACK,
    TW = NAT_TCP_TIME_WAIT,
    CL = NAT_TCP_CLOSE,
    S2 = NAT_TCP_SYN_SENT2,
    IG = NAT_TCP_IGNORE,
    IV = NAT_TCP_INVALID
};

static const uint8_t next_state[2][NAT_TCP_N_STATES][NAT_N_EVENTS] = {
    [NAT_ORIGINAL] = {                 /* SYN SYN,ACK FIN ACK RST */
        [NAT_TCP_NONE]        = { SS, IV, IV, ES, IV }, /* an ACK: a connection older than this router's memory */
        [NAT_TCP_SYN_SENT]    = { SS, IV, IV, IV, CL },
        [NAT_TCP_SYN_RECV]    = { IG, SR, FW, ES, CL },
        [NAT_TCP_ESTABLISHED] = { IG, IV, FW, ES, CL },
        [NAT_TCP_FIN_WAIT]    = { IG, IV, LA, CW, CL },
        [NAT_TCP_CLOSE_WAIT]  = { IG, IV, LA, CW, CL },
        [NAT_TCP_LAST_ACK]    = { IG, IV, LA, TW, CL },
        [NAT_TCP_TIME_WAIT]   = { SS, IV, TW, TW, CL },
        [NAT_TCP_CLOSE]       = { SS, IV, CL, CL, CL },
        [NAT_TCP_SYN_SENT2]   = { S2, SR, IV, IV, CL },
    },
    [NAT_REPLY] = {
        [NAT_TCP_NONE]        = { IV, IV, IV, IV, IV },
        [NAT_TCP_SYN_SENT]    = { S2, SR, IV, IG, CL },
        [NAT_TCP_SYN_RECV]    = { IV, IG, FW, SR, CL },
        [NAT_TCP_ESTABLISHED] = { IV, IG, FW, ES, CL },
        [NAT_TCP_FIN_WAIT]    = { IV, IG, LA, CW, CL },
        [NAT_TCP_CLOSE_WAIT]  = { IV, IG, LA, CW, CL },
        [NAT_TCP_LAST_ACK]    = { IV, IG, LA, TW, CL },
        [NAT_TCP_TIME_WAIT]   = { SS, IG, TW, TW, CL },
        [NAT_TCP_CLOSE]       = { IV, IG, CL, CL, CL },
        [NAT_TCP_SYN_SENT2]   = { S2, SR, IV, IG, CL },
    },
};

const char *nat_tcp_state_name(enum nat_tcp_state state)
{
    return tcp_states[state].name;
}

/* ---- TCP ---- */

/* Combinations of flags that no TCP sends are INVALID; PSH, ECE and CWR may stand anywhere. */
static bool flags_make_sense(uint16_t flags)
{
    switch (flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG)) {
    case TCP_SYN:
    case TCP_SYN | TCP_URG:
    case TCP_SYN | TCP_ACK:
    case TCP_RST:
    case TCP_RST | TCP_ACK:
    case TCP_FIN | TCP_ACK:
    case TCP_FIN | TCP_ACK | TCP_URG:
    case TCP_ACK:
    case TCP_ACK | TCP_URG:
        return true;
    default:
        return false;
    }
}

static enum nat_tcp_event event_of(const struct tcp_hdr *hdr)
{
    if (hdr->flags & TCP_RST)
        return NAT_RST;
    if (hdr->flags & TCP_SYN)
        return hdr->flags & TCP_ACK ? NAT_SYN_ACK : NAT_SYN;
    return hdr->flags & TCP_FIN ? NAT_FIN : NAT_ACK;
}

static bool parse_segment(const uint8_t *transport, size_t len, struct tcp_hdr *hdr)
{
    return tcp_parse(transport, len, hdr) == DROP_NONE && flags_make_sense(hdr->flags);
}

static uint32_t segment_end(const struct ipv4_hdr *ip, const struct tcp_hdr *hdr)
{
    return hdr->seq + (uint32_t)(ip->total_len - ip->hdr_len - hdr->hdr_len) +
           (hdr->flags & TCP_SYN ? 1 : 0) + (hdr->flags & TCP_FIN ? 1 : 0);
}

/* Who has sent what, and what of it is answered. */
static void follow(struct nat_tcp *tcp, enum nat_dir dir, const struct tcp_hdr *hdr, uint32_t end,
                   enum nat_tcp_event event)
{
    if (!tcp->side[dir].seen) {
        tcp->side[dir].seen = true;
        tcp->side[dir].end = end;
    } else if (seq_gt(end, tcp->side[dir].end)) {
        tcp->side[dir].end = end;
        tcp->side[dir].unacked = true;
    }
    if (hdr->flags & TCP_ACK) {
        if (!tcp->side[dir].has_maxack || seq_gt(hdr->ack, tcp->side[dir].maxack))
            tcp->side[dir].maxack = hdr->ack;
        tcp->side[dir].has_maxack = true;
        if (hdr->ack == tcp->side[!dir].end)
            tcp->side[!dir].unacked = false;
    }
    if (event != NAT_ACK)
        return;
    if (tcp->last_dir == dir && tcp->last_seq == hdr->seq && tcp->last_ack == hdr->ack &&
        tcp->last_end == end && tcp->last_window == hdr->window) {
        if (tcp->retransmissions < UINT8_MAX)
            tcp->retransmissions++;
    } else {
        tcp->retransmissions = 0;
    }
}

/* RFC 5961: only a reset at exactly the expected place closes; another may be answered by a
 * challenge ACK. */
static enum nat_tcp_state judge_reset(const struct nat_conn *conn, enum nat_dir dir,
                                      const struct tcp_hdr *hdr)
{
    const struct nat_tcp *tcp = &conn->tcp;
    bool established = tcp->state == NAT_TCP_ESTABLISHED && conn->assured;

    if (!tcp->side[!dir].has_maxack)
        return NAT_TCP_CLOSE;
    if (seq_lt(hdr->seq, tcp->side[!dir].maxack))
        return NAT_TCP_INVALID;
    if (!established || hdr->seq == tcp->side[!dir].maxack ||
        (tcp->last_event == NAT_ACK && tcp->last_dir == dir && hdr->seq == tcp->last_end))
        return NAT_TCP_CLOSE;
    return tcp->state;
}

static sim_time tcp_timeout(const struct nat_conn *conn, const struct tcp_hdr *hdr)
{
    const struct nat_tcp *tcp = &conn->tcp;
    sim_time timeout = tcp_states[tcp->state].timeout;

    if (tcp->retransmissions >= TCP_RETRANS_MAX && timeout > TCP_TIMEOUT_RETRANS)
        return TCP_TIMEOUT_RETRANS;
    if (hdr->flags & TCP_RST)
        return tcp_states[NAT_TCP_CLOSE].timeout;
    if ((tcp->side[0].unacked || tcp->side[1].unacked) && timeout > TCP_TIMEOUT_UNACK)
        return TCP_TIMEOUT_UNACK;
    if (hdr->window == 0 && timeout > TCP_TIMEOUT_RETRANS)
        return TCP_TIMEOUT_RETRANS;
    if (!conn->seen_reply && tcp->state == NAT_TCP_ESTABLISHED)
        return TCP_TIMEOUT_UNACK; /* picked up in the middle: perhaps there is nobody at the other
                                     end */
    return timeout;
}

/* A SYN,ACK that answers a SYN which was taken for an old one: the hosts know better, start over
 * with them. */
static bool is_fresh_start(const struct nat_tcp *tcp, enum nat_dir dir, enum nat_tcp_event event,
                           const struct tcp_hdr *hdr)
{
    return event == NAT_SYN_ACK && tcp->last_event == NAT_SYN && tcp->last_dir != dir &&
           hdr->ack == tcp->last_end;
}

static enum nat_verdict track_tcp(struct nat_conn *conn, enum nat_dir dir,
                                  const struct ipv4_hdr *ip, const uint8_t *transport, size_t len)
{
    struct nat_tcp *tcp = &conn->tcp;
    enum nat_tcp_state old = tcp->state, new;
    enum nat_tcp_event event;
    struct tcp_hdr hdr;
    uint32_t end;

    if (!parse_segment(transport, len, &hdr))
        return NAT_INVALID;
    event = event_of(&hdr);
    end = segment_end(ip, &hdr);
    new = next_state[dir][old][event];
    if (new == NAT_TCP_SYN_SENT && old >= NAT_TCP_TIME_WAIT &&
        (tcp->side[0].closing || tcp->side[1].closing ||
         (tcp->last_dir == dir && tcp->last_event == NAT_RST)))
        return NAT_AGAIN;
    if (new == NAT_TCP_IGNORE && is_fresh_start(tcp, dir, event, &hdr)) {
        uint32_t end_of_syn = tcp->last_end;

        *tcp = (struct nat_tcp){ .state = old };
        tcp->side[!dir].seen = true;
        tcp->side[!dir].end = end_of_syn;
        new = NAT_TCP_SYN_RECV;
    }
    if (new == NAT_TCP_CLOSE && event == NAT_RST)
        new = judge_reset(conn, dir, &hdr);
    if (new == NAT_TCP_INVALID)
        return NAT_INVALID;
    if (new != NAT_TCP_IGNORE) {
        follow(tcp, dir, &hdr, end, event);
        if (event == NAT_FIN && (old == NAT_TCP_ESTABLISHED || old == NAT_TCP_SYN_RECV))
            tcp->side[dir].closing = true;
    }
    tcp->last_event = event;
    tcp->last_dir = dir;
    tcp->last_seq = hdr.seq;
    tcp->last_ack = hdr.ack;
    tcp->last_end = end;
    tcp->last_window = hdr.window;
    if (new == NAT_TCP_IGNORE)
        return NAT_VALID;
    tcp->state = new;
    if (event == NAT_RST && !conn->seen_reply) { /* refused, or given up: nothing to remember */
        timer_start(&conn->timer, 0);
        return NAT_VALID;
    }
    if (conn->seen_reply && new == NAT_TCP_ESTABLISHED &&
        (old == NAT_TCP_SYN_RECV || old == NAT_TCP_ESTABLISHED))
        conn->assured = true;
    timer_start(&conn->timer, tcp_timeout(conn, &hdr));
    return NAT_VALID;
}

/* ---- the others ---- */

static void track_udp(struct nat_conn *conn, bool is_new)
{
    sim_time now = node_now(conn->nat->ip->node);

    if (is_new)
        conn->stream_from = now + UDP_STREAM_AFTER;
    if (conn->seen_reply && now > conn->stream_from) {
        conn->assured = true;
        timer_start(&conn->timer, UDP_STREAM_TIMEOUT);
    } else {
        timer_start(&conn->timer, UDP_TIMEOUT);
    }
}

bool nat_may_open(const struct ipv4_hdr *hdr, const uint8_t *transport, size_t len)
{
    struct tcp_hdr tcp;

    if (hdr->protocol == IP_PROTO_ICMP)
        return transport[0] == ICMP_ECHO_REQUEST || transport[0] == ICMP_TIMESTAMP_REQUEST;
    if (hdr->protocol == IP_PROTO_TCP)
        return parse_segment(transport, len, &tcp) &&
               next_state[NAT_ORIGINAL][NAT_TCP_NONE][event_of(&tcp)] != NAT_TCP_INVALID;
    return true;
}

enum nat_verdict nat_track(struct nat_conn *conn, enum nat_dir dir, const struct ipv4_hdr *hdr,
                           const uint8_t *transport, size_t len, bool is_new)
{
    enum nat_verdict verdict = NAT_VALID;

    if (hdr->protocol == IP_PROTO_TCP)
        verdict = track_tcp(conn, dir, hdr, transport, len);
    else if (hdr->protocol == IP_PROTO_UDP)
        track_udp(conn, is_new);
    else
        timer_start(&conn->timer, hdr->protocol == IP_PROTO_ICMP ? ICMP_TIMEOUT : GENERIC_TIMEOUT);
    if (verdict == NAT_VALID && dir == NAT_REPLY)
        conn->seen_reply = true;
    return verdict;
}
