/* NAT: its tables as text. */
#include <stdio.h>

#include "stack/net/nat_internal.h"

#define LINE_MAX_LEN 320

static const char *protocol_name(uint8_t protocol)
{
    switch (protocol) {
    case IP_PROTO_ICMP:
        return "icmp";
    case IP_PROTO_TCP:
        return "tcp";
    case IP_PROTO_UDP:
        return "udp";
    default:
        return "unknown";
    }
}

static long long seconds_left(const struct nat_conn *conn)
{
    return timer_running(&conn->timer) ? (long long)(timer_left(&conn->timer) / SIM_SEC(1)) : 0;
}

/* An ICMP query has an identifier in place of a port, and that only at the end that asks. */
static void end_format(struct endpoint end, char text[static ENDPOINT_TEXT_MAX])
{
    if (end.port == 0)
        ip4_format(end.addr, text);
    else
        endpoint_format(end, text);
}

/* `tcp 192.168.1.20:40000 -> 203.0.113.80:80 as 198.51.100.2:40000 ESTABLISHED 431999`; a forward
   shows where it leads: `tcp 203.0.113.9:50000 -> 198.51.100.2:8080 to 192.168.1.20:80 ...` */
static void describe_translation(const struct nat_conn *conn, struct describe *out)
{
    const struct nat_tuple *original = &conn->tuple[NAT_ORIGINAL], *reply = &conn->tuple[NAT_REPLY];
    char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX], as[ENDPOINT_TEXT_MAX],
        to[ENDPOINT_TEXT_MAX];
    char line[LINE_MAX_LEN], key[2 * ENDPOINT_TEXT_MAX + 16];
    bool changes_src = nat_changes_src(conn, NAT_ORIGINAL),
         changes_dst = nat_changes_dst(conn, NAT_ORIGINAL);
    const char *state = original->protocol == IP_PROTO_TCP ? nat_tcp_state_name(conn->tcp.state)
                        : conn->seen_reply                 ? "REPLIED"
                                                           : "UNREPLIED";

    if (!changes_src && !changes_dst)
        return;
    end_format(original->src, src);
    end_format(original->dst, dst);
    end_format(reply->dst, as);
    end_format(reply->src, to);
    snprintf(key, sizeof key, "%s %s %s", protocol_name(original->protocol), src, dst);
    snprintf(line, sizeof line, "%s %s -> %s%s%s%s%s %s %lld", protocol_name(original->protocol),
             src, dst, changes_dst ? " to " : "", changes_dst ? to : "", changes_src ? " as " : "",
             changes_src ? as : "", state, seconds_left(conn));
    describe_row(out, "nat", key, line);
    describe_text(out, "state", state);
    describe_number(out, "timeout", seconds_left(conn));
    describe_text(out, "as", as);
    describe_text(out, "to", to);
}

static size_t add_tuple(char *line, size_t at, const struct nat_conn *conn, enum nat_dir dir)
{
    const struct nat_tuple *tuple = &conn->tuple[dir];
    char src[IP4_TEXT_MAX], dst[IP4_TEXT_MAX];

    at += (size_t)snprintf(line + at, LINE_MAX_LEN - at, "src=%s dst=%s ",
                           ip4_format(tuple->src.addr, src), ip4_format(tuple->dst.addr, dst));
    if (tuple->protocol == IP_PROTO_TCP || tuple->protocol == IP_PROTO_UDP)
        at += (size_t)snprintf(line + at, LINE_MAX_LEN - at, "sport=%u dport=%u ", tuple->src.port,
                               tuple->dst.port);
    else if (tuple->protocol == IP_PROTO_ICMP)
        at += (size_t)snprintf(line + at, LINE_MAX_LEN - at, "type=%d code=0 id=%u ",
                               dir == NAT_ORIGINAL                 ? tuple->query
                               : tuple->query == ICMP_ECHO_REQUEST ? ICMP_ECHO_REPLY
                                                                   : ICMP_TIMESTAMP_REPLY,
                               dir == NAT_ORIGINAL ? tuple->src.port : tuple->dst.port);
    return at;
}

/* A line of `conntrack -L`. */
static void describe_tracked(const struct nat_conn *conn, struct describe *out)
{
    uint8_t protocol = conn->tuple[NAT_ORIGINAL].protocol;
    char line[LINE_MAX_LEN];
    size_t n;

    n = (size_t)snprintf(line, sizeof line, "%-8s %u %lld ", protocol_name(protocol), protocol,
                         seconds_left(conn));
    if (protocol == IP_PROTO_TCP)
        n +=
            (size_t)snprintf(line + n, sizeof line - n, "%s ", nat_tcp_state_name(conn->tcp.state));
    n = add_tuple(line, n, conn, NAT_ORIGINAL);
    if (!conn->seen_reply)
        n += (size_t)snprintf(line + n, sizeof line - n, "[UNREPLIED] ");
    n = add_tuple(line, n, conn, NAT_REPLY);
    if (conn->assured)
        n += (size_t)snprintf(line + n, sizeof line - n, "[ASSURED] ");
    snprintf(line + n, sizeof line - n, "mark=0 use=1");
    describe_row(out, "conntrack", line, line);
}

void nat_describe(void *ctx, struct describe *out)
{
    const struct nat *nat = ctx;
    struct nat_conn *conn;

    LIST_FOR_EACH(conn, &nat->conns, struct nat_conn, age)
    describe_translation(conn, out);
    LIST_FOR_EACH(conn, &nat->conns, struct nat_conn, age)
    describe_tracked(conn, out);
}
