/* Multicast listener discovery of a host, RFC 3810: changes are reported twice, queries answered.
 */
#include "base/memory.h"
#include "sim/sim.h"
#include "stack/link/jiffies.h"
#include "stack/net/ip6_internal.h"
#include "stack/wire/icmp6_wire.h"

#define ALL_MLD2_ROUTERS IP6(0xff02, 0, 0, 0, 0, 0, 0, 0x16)
#define ROBUSTNESS       2          /* net.ipv6.mld_qrv */
#define UNSOLICITED      SIM_SEC(1) /* mldv2_unsolicited_report_interval */
#define RECORDS_MAX      64

/* Hop-by-hop: a router alert (RFC 2711) says that this is MLD, then padding to 8 octets. */
static const uint8_t router_alert[8] = { 0, 0, 5, 2, 0, 0, 1, 0 };

static struct ip6_group *find_group(const struct ip6_iface *six, struct ip6_addr group)
{
    for (unsigned i = 0; i < six->n_groups; i++)
        if (ip6_eq(six->groups[i].addr, group))
            return &six->groups[i];
    return NULL;
}

bool ip6_group_joined(const struct ip6_iface *six, struct ip6_addr group)
{
    return ip6_eq(group, IP6_ALL_NODES) ||
           (six->iface->ip->sysctl6.forwarding && ip6_eq(group, IP6_ALL_ROUTERS)) ||
           find_group(six, group) != NULL;
}

/* From the link-local address, or from :: while there is none: RFC 3810 section 5.2.13. */
static struct ip6_addr source_of(const struct ip6_iface *six)
{
    for (unsigned i = 0; i < six->n_addrs; i++)
        if (six->addrs[i]->scope == IP_SCOPE_LINK && !six->addrs[i]->tentative &&
            !six->addrs[i]->dad_failed)
            return six->addrs[i]->addr;
    return IP6_ANY;
}

static void send_report(struct ip6_iface *six, const struct mld_record *records, unsigned n)
{
    struct ip_stack *ip = six->iface->ip;
    struct ip6_send send = { .src = source_of(six),
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

static unsigned collect(const struct ip6_iface *six, uint8_t type, bool only_changed,
                        struct mld_record *records)
{
    unsigned n = 0;

    for (unsigned i = 0; i < six->n_groups && n < RECORDS_MAX; i++)
        if (is_reported(six->groups[i].addr) && (!only_changed || six->groups[i].reports_left > 0))
            records[n++] = (struct mld_record){ type, six->groups[i].addr };
    return n;
}

static void arm(struct ip6_iface *six, struct timer *timer, sim_time at_most)
{
    struct ip_stack *ip = six->iface->ip;
    sim_time delay = (sim_time)random_below(&ip->six->random, (uint64_t)at_most);

    if (!timer_running(timer))
        timer_start_at(timer, jiffies_expiry(node_now(ip->node), delay));
}

/* The changes so far, told in one report. */
static void report_changes(void *ctx)
{
    struct ip6_iface *six = ctx;
    struct mld_record records[RECORDS_MAX];
    bool again = false;

    send_report(six, records, collect(six, MLD_CHANGE_TO_EXCLUDE, true, records));
    for (unsigned i = 0; i < six->n_groups; i++) {
        if (six->groups[i].reports_left > 0)
            again |= --six->groups[i].reports_left > 0;
    }
    if (again)
        arm(six, &six->mld_timer, UNSOLICITED);
}

static void answer_query(void *ctx)
{
    struct ip6_iface *six = ctx;
    struct mld_record records[RECORDS_MAX];

    send_report(six, records, collect(six, MLD_MODE_IS_EXCLUDE, false, records));
}

void mld_report_all(struct ip6_iface *six)
{
    struct mld_record records[RECORDS_MAX];

    send_report(six, records, collect(six, MLD_CHANGE_TO_EXCLUDE, false, records));
    for (unsigned i = 0; i < six->n_groups; i++)
        six->groups[i].reports_left = ROBUSTNESS - 1;
    arm(six, &six->mld_timer, UNSOLICITED);
}

void mld_iface_init(struct ip6_iface *six)
{
    struct node *node = six->iface->ip->node;

    timer_init(&six->mld_timer, node, WHY0(TIMER_MLD), report_changes, six);
    timer_init(&six->query_timer, node, WHY0(TIMER_MLD), answer_query, six);
}

int mld_join(struct ip_iface *iface, struct ip6_addr group, bool tell)
{
    struct ip6_iface *six = iface->six;
    struct ip6_group *known;
    struct ip6_group new = { .addr = group, .refs = 1 };

    if (!ip6_is_multicast(group) || six == NULL)
        return -SIM_EINVAL;
    known = find_group(six, group);
    if (known != NULL) {
        known->refs++;
        return 0;
    }
    ARRAY_PUSH(six->groups, six->n_groups, six->groups_size, new);
    memmove(&six->groups[1], &six->groups[0], (six->n_groups - 1) * sizeof *six->groups);
    six->groups[0] = new;
    if (!tell || iface->iface == NULL || !iface->up || !is_reported(group))
        return 0;
    six->groups[0].reports_left = ROBUSTNESS;
    report_changes(six);
    return 0;
}

int ip6_group_join(struct ip_iface *iface, struct ip6_addr group)
{
    /* What a network starts with has been told before. */
    return mld_join(iface, group, iface->ip->node->sim->started);
}

int ip6_group_leave(struct ip_iface *iface, struct ip6_addr group)
{
    struct ip6_iface *six = iface->six;
    struct ip6_group *known = six == NULL ? NULL : find_group(six, group);
    struct mld_record gone = { MLD_CHANGE_TO_INCLUDE, group };
    unsigned at;

    if (known == NULL)
        return -SIM_EADDRNOTAVAIL;
    if (--known->refs > 0)
        return 0;
    at = (unsigned)(known - six->groups);
    memmove(known, known + 1, (six->n_groups - at - 1) * sizeof *six->groups);
    six->n_groups--;
    if (is_reported(group))
        send_report(six, &gone, 1);
    return 0;
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
    if (ip6_is_any(query.group) || find_group(rx->iif->six, query.group) != NULL)
        arm(rx->iif->six, &rx->iif->six->query_timer,
            SIM_MSEC(query.max_response_ms > 0 ? query.max_response_ms : 1));
    return DROP_NONE;
}
