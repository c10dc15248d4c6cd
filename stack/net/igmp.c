/* Multicast membership of a host: IGMPv3 (RFC 3376), and IGMPv2 (RFC 2236) while a router that
 * speaks no more than that asks. */
#include <stdlib.h>

#include "base/be.h"
#include "base/memory.h"
#include "sim/sim.h"
#include "stack/link/jiffies.h"
#include "stack/net/ip_internal.h"
#include "stack/net/membership.h"

enum {
    IGMP_QUERY = 0x11,
    IGMP_V2_REPORT = 0x16,
    IGMP_LEAVE = 0x17,
    IGMP_V3_REPORT = 0x22,
    IGMP_LEN = 8,
    IGMP_V3_QUERY_LEN = 12,
};

#define ALL_HOSTS      IP4(224, 0, 0, 1)
#define ALL_ROUTERS    IP4(224, 0, 0, 2)
#define ALL_V3_ROUTERS IP4(224, 0, 0, 22)
/* How long an older querier is remembered: twice the query interval and the response interval. */
#define OLDER_QUERIER SIM_SEC(260)
#define RECORD_LEN    8

static const uint8_t router_alert[4] = { IPV4_OPT_ROUTER_ALERT, 4, 0, 0 };

struct igmp_iface {
    struct membership members;
    struct random_stream random;
    struct ip_iface *iface;
    sim_time v2_until;    /* a router of version 2 was heard */
    struct timer answer;  /* to a query */
    ip4_addr asked_about; /* 0: all groups */
};

static void send_octets(struct ip_iface *iface, const uint8_t *octets, size_t len, ip4_addr dst,
                        struct why why)
{
    struct ip_send send = { .dst = dst,
                            .protocol = IP_PROTO_IGMP,
                            .ttl = 1,
                            .tos = 0xc0,
                            .df_always = true,
                            .oif = iface,
                            .options = router_alert,
                            .n_options = sizeof router_alert };
    struct frame *frame;

    if (iface->iface == NULL || !iface->up)
        return;
    frame = frame_new(iface->ip->node, len);
    memcpy(frame->data, octets, len);
    be16_put(frame->data + 2, checksum_finish(checksum_add(0, frame->data, len)));
    frame->why = why;
    ip_output(iface->ip, frame, &send);
}

/* ---- version 2 ---- */

static bool speaks_v2(const struct igmp_iface *igmp)
{
    return node_now(igmp->iface->ip->node) < igmp->v2_until;
}

static void send_v2(struct ip_iface *iface, uint8_t type, ip4_addr group)
{
    uint8_t octets[IGMP_LEN] = { type };

    be32_put(octets + 4, group);
    if (type == IGMP_LEAVE)
        send_octets(iface, octets, sizeof octets, ALL_ROUTERS, WHY(IGMP_LEAVE, group));
    else
        send_octets(iface, octets, sizeof octets, group, WHY(IGMP_REPORT, group));
}

/* ---- version 3 ---- */

static void send_v3(struct ip_iface *iface, const struct mld_record *records, unsigned n)
{
    uint8_t octets[IGMP_LEN + MEMBERSHIP_RECORDS_MAX * RECORD_LEN] = { IGMP_V3_REPORT };
    bool left;

    if (n == 0)
        return;
    be16_put(octets + 6, (uint16_t)n);
    for (unsigned i = 0; i < n; i++) {
        octets[IGMP_LEN + i * RECORD_LEN] = records[i].type;
        be32_put(octets + IGMP_LEN + i * RECORD_LEN + 4, (ip4_addr)records[i].group.lo);
    }
    left = records[0].type == MLD_CHANGE_TO_INCLUDE;
    send_octets(iface, octets, IGMP_LEN + n * RECORD_LEN, ALL_V3_ROUTERS,
                left ? WHY(IGMP_LEAVE, (ip4_addr)records[0].group.lo)
                     : WHY(IGMP_REPORT, (ip4_addr)records[0].group.lo));
}

static void report_changes(void *ctx)
{
    struct igmp_iface *igmp = ctx;
    struct mld_record records[MEMBERSHIP_RECORDS_MAX];

    send_v3(igmp->iface, records, membership_changes(&igmp->members, records));
}

/* ---- joining and leaving ---- */

static void answer_query(void *ctx);

static struct igmp_iface *igmp_of(struct ip_iface *iface)
{
    struct node *node = iface->ip->node;
    struct igmp_iface *igmp = iface->igmp;

    if (igmp != NULL)
        return igmp;
    igmp = iface->igmp = arena_alloc(node_arena(node), sizeof *igmp);
    *igmp = (struct igmp_iface){ .iface = iface };
    node_random(node, &igmp->random, "igmp");
    random_skip(&igmp->random, (uint64_t)iface->index << 32);
    membership_init(&igmp->members, node, &igmp->random, WHY0(TIMER_IGMP), report_changes, igmp);
    timer_init(&igmp->answer, node, WHY0(TIMER_IGMP), answer_query, igmp);
    return igmp;
}

static void tell(struct igmp_iface *igmp, ip4_addr group, bool joined)
{
    if (igmp->iface->iface == NULL || group == ALL_HOSTS)
        return;
    if (igmp->iface->up && speaks_v2(igmp))
        send_v2(igmp->iface, joined ? IGMP_V2_REPORT : IGMP_LEAVE, group);
    else
        membership_tell(&igmp->members, ip6_from_mapped(group), igmp->iface->up);
}

int ip_group_join(struct ip_iface *iface, ip4_addr group)
{
    struct igmp_iface *igmp;

    if (!ip4_is_multicast(group))
        return -SIM_EINVAL;
    igmp = igmp_of(iface);
    if (membership_join(&igmp->members, ip6_from_mapped(group)))
        tell(igmp, group, true);
    return 0;
}

int ip_group_leave(struct ip_iface *iface, ip4_addr group)
{
    int left =
        iface->igmp == NULL ? -1 : membership_leave(&iface->igmp->members, ip6_from_mapped(group));

    if (left < 0)
        return -SIM_EADDRNOTAVAIL;
    if (left == 0)
        tell(iface->igmp, group, false);
    return 0;
}

bool ip_group_joined(const struct ip_iface *iface, ip4_addr group)
{
    return group == ALL_HOSTS ||
           (iface->igmp != NULL &&
            membership_find(&iface->igmp->members, ip6_from_mapped(group)) != NULL);
}

bool ip_group_at(const struct ip_iface *iface, unsigned n, ip4_addr *group, unsigned *users)
{
    const struct membership *members = iface->igmp == NULL ? NULL : &iface->igmp->members;
    unsigned joined = members == NULL ? 0 : members->n_groups;

    if (n > joined)
        return false;
    *group = n == joined ? ALL_HOSTS : (ip4_addr)members->groups[n].addr.lo;
    *users = n == joined ? 1 : members->groups[n].refs;
    return true;
}

void igmp_iface_changed(struct ip_iface *iface, bool up)
{
    if (iface->igmp == NULL)
        return;
    if (up)
        membership_tell_all(&iface->igmp->members, 0);
    else
        membership_stop(&iface->igmp->members);
}

void igmp_iface_fini(struct ip_iface *iface)
{
    if (iface->igmp != NULL)
        membership_fini(&iface->igmp->members);
}

/* ---- queries ---- */

static void answer_query(void *ctx)
{
    struct igmp_iface *igmp = ctx;
    struct mld_record records[MEMBERSHIP_RECORDS_MAX];
    unsigned n = membership_state(&igmp->members, MLD_MODE_IS_EXCLUDE, records), kept = 0;

    for (unsigned i = 0; i < n; i++)
        if (igmp->asked_about == 0 || (ip4_addr)records[i].group.lo == igmp->asked_about)
            records[kept++] = records[i];
    if (!speaks_v2(igmp)) {
        send_v3(igmp->iface, records, kept);
        return;
    }
    for (unsigned i = 0; i < kept; i++)
        send_v2(igmp->iface, IGMP_V2_REPORT, (ip4_addr)records[i].group.lo);
}

/* The response time of a query, in tenths of a second: a floating point number from 128 on, RFC
 * 3376 section 4.1.1. */
static sim_time response_time(uint8_t code)
{
    unsigned tenths = code < 128 ? code : ((code & 15u) | 16u) << ((code >> 4 & 7u) + 3);

    return SIM_MSEC(100) * (tenths == 0 ? 1 : tenths);
}

static void take_query(struct ip_iface *iface, const uint8_t *octets, size_t len)
{
    struct igmp_iface *igmp = iface->igmp;
    sim_time now, within = response_time(octets[1]);

    if (igmp == NULL)
        return;
    now = node_now(iface->ip->node);
    if (len < IGMP_V3_QUERY_LEN)
        igmp->v2_until = now + OLDER_QUERIER;
    igmp->asked_about = timer_running(&igmp->answer) ? 0 : be32_get(octets + 4);
    if (!timer_running(&igmp->answer))
        timer_start_at(&igmp->answer, jiffies_expiry(now, (sim_time)random_below(
                                                              &igmp->random, (uint64_t)within)));
}

static void input(void *ctx, struct frame *frame, const struct ip_rx *rx)
{
    struct ip_stack *ip = ctx;

    if (!frame_need(frame, IGMP_LEN)) {
        node_drop(ip->node, frame->in, frame, DROP_TRUNCATED);
        return;
    }
    frame_need(frame, frame_size(frame));
    if (checksum_finish(checksum_add(0, frame->data, frame->len)) != 0) {
        node_drop(ip->node, frame->in, frame, DROP_BAD_CHECKSUM);
        return;
    }
    if (frame->data[0] == IGMP_QUERY)
        take_query(rx->iif, frame->data, frame->len);
    frame_free(frame);
}

void igmp_init(struct ip_stack *ip)
{
    static const struct ip_upper_protocol protocol = { .number = IP_PROTO_IGMP, .input = input };

    ip_register(ip, &protocol, ip);
}
