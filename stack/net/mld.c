/* Multicast listener discovery of a host, RFC 3810: changes are reported twice, queries answered.
 */
#include "sim/sim.h"
#include "stack/link/jiffies.h"
#include "stack/net/ip6_internal.h"
#include "stack/wire/icmp6_wire.h"

#define ALL_MLD2_ROUTERS IP6(0xff02, 0, 0, 0, 0, 0, 0, 0x16)

/* Hop-by-hop: a router alert (RFC 2711) says that this is MLD, then padding to 8 octets. */
static const uint8_t router_alert[8] = { 0, 0, 5, 2, 0, 0, 1, 0 };

bool ip6_group_joined(const struct ip6_iface *six, struct ip6_addr group)
{
    return ip6_eq(group, IP6_ALL_NODES) ||
           (six->iface->ip->sysctl6.forwarding && ip6_eq(group, IP6_ALL_ROUTERS)) ||
           membership_find(&six->members, group) != NULL;
}

static void send_report(struct ip6_iface *six, const struct mld_record *records, unsigned n)
{
    struct ip_stack *ip = six->iface->ip;
    struct ip6_send send = { .src = ip6_link_local(six), /* RFC 3810 section 5.2.13 */
                             .dst = ALL_MLD2_ROUTERS,
                             .protocol = IP6_NEXT_ICMP,
                             .hop_limit = 1,
                             .no_flow = true,
                             .unspecified = true,
                             .oif = six->iface,
                             .options = router_alert,
                             .n_options = sizeof router_alert };
    struct frame *frame;

    if (n == 0 || six->iface->iface == NULL || !six->iface->up)
        return;
    frame = frame_new(ip->node, mld_report_len(n));
    mld_report_emit(records, n, frame->data, send.src, send.dst);
    frame->why = IP6_WHY(MLD_REPORT, records[0].group, n);
    ip6_output(ip, frame, &send);
}

/* Groups that every node is in, or that do not leave the link's edge, are never reported. */
static bool is_reported(struct ip6_addr group)
{
    return !ip6_eq(group, IP6_ALL_NODES) && ip6_mcast_scope(group) > 1;
}

/* The records of groups that are reported, moved together. */
static unsigned reported(struct mld_record *records, unsigned n)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < n; i++)
        if (is_reported(records[i].group))
            records[kept++] = records[i];
    return kept;
}

/* The changes so far, told in one report. */
static void report_changes(void *ctx)
{
    struct ip6_iface *six = ctx;
    struct mld_record records[MEMBERSHIP_RECORDS_MAX];

    send_report(six, records, reported(records, membership_changes(&six->members, records)));
}

static void report_state(struct ip6_iface *six, uint8_t type)
{
    struct mld_record records[MEMBERSHIP_RECORDS_MAX];

    send_report(six, records, reported(records, membership_state(&six->members, type, records)));
}

static void answer_query(void *ctx)
{
    report_state(ctx, MLD_MODE_IS_EXCLUDE);
}

void mld_report_all(struct ip6_iface *six)
{
    report_state(six, MLD_CHANGE_TO_EXCLUDE);
    membership_tell_all(&six->members, 1);
}

void mld_iface_init(struct ip6_iface *six)
{
    struct ip_stack *ip = six->iface->ip;

    membership_init(&six->members, ip->node, &ip->six->random, WHY0(TIMER_MLD), report_changes,
                    six);
    timer_init(&six->query_timer, ip->node, WHY0(TIMER_MLD), answer_query, six);
}

static bool is_told(const struct ip_iface *iface, struct ip6_addr group)
{
    return iface->iface != NULL && is_reported(group);
}

int mld_join(struct ip_iface *iface, struct ip6_addr group, bool tell)
{
    if (!ip6_is_multicast(group) || iface->six == NULL)
        return -SIM_EINVAL;
    if (membership_join(&iface->six->members, group) && tell && is_told(iface, group))
        membership_tell(&iface->six->members, group, iface->up);
    return 0;
}

int ip6_group_join(struct ip_iface *iface, struct ip6_addr group)
{
    /* What a network starts with has been told before. */
    return mld_join(iface, group, iface->ip->node->sim->started);
}

int ip6_group_leave(struct ip_iface *iface, struct ip6_addr group)
{
    int left = iface->six == NULL ? -1 : membership_leave(&iface->six->members, group);

    if (left < 0)
        return -SIM_EADDRNOTAVAIL;
    if (left == 0 && is_told(iface, group))
        membership_tell(&iface->six->members, group, iface->up);
    return 0;
}

void ip6_groups_tell(struct ip_iface *iface)
{
    if (iface->six != NULL && iface->iface != NULL && iface->up)
        membership_tell_all(&iface->six->members, 0);
}

static void answer_soon(struct ip6_iface *six, sim_time at_most)
{
    struct ip_stack *ip = six->iface->ip;
    sim_time delay = (sim_time)random_below(&ip->six->random, (uint64_t)at_most);

    if (!timer_running(&six->query_timer))
        timer_start_at(&six->query_timer, jiffies_expiry(node_now(ip->node), delay));
}

enum drop_reason mld_input(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx)
{
    struct mld_query query;

    (void)ip;
    if (rx->hdr6->hop_limit != 1 || !ip6_is_link_local(rx->hdr6->src))
        return DROP_BAD_HEADER;
    if (frame->data[0] != ICMP6_MLD_QUERY)
        return DROP_NONE; /* other listeners' reports are no concern of version 2's listeners */
    if (!mld_query_parse(frame->data, frame->len, &query))
        return DROP_TRUNCATED;
    if (ip6_is_any(query.group) || membership_find(&rx->iif->six->members, query.group) != NULL)
        answer_soon(rx->iif->six, SIM_MSEC(query.max_response_ms > 0 ? query.max_response_ms : 1));
    return DROP_NONE;
}
