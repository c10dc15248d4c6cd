/* Multicast membership of a host, IGMPv2 (RFC 2236): reports on joining, answers to queries,
 * leaves. */
#include "base/be.h"
#include "base/memory.h"
#include "stack/net/ip_internal.h"

enum { IGMP_QUERY = 0x11, IGMP_V2_REPORT = 0x16, IGMP_LEAVE = 0x17, IGMP_LEN = 8 };

static const uint8_t router_alert[4] = { IPV4_OPT_ROUTER_ALERT, 4, 0, 0 };

static void send_message(struct ip_iface *iface, uint8_t type, ip4_addr dst, ip4_addr group,
                         struct why why)
{
    struct ip_send send = { .dst = dst,
                            .protocol = IP_PROTO_IGMP,
                            .ttl = 1,
                            .tos = 0xc0,
                            .df = true,
                            .oif = iface,
                            .options = router_alert,
                            .n_options = sizeof router_alert };
    struct frame *frame = frame_new(iface->ip->node, IGMP_LEN);

    memset(frame->data, 0, IGMP_LEN);
    frame->data[0] = type;
    be32_put(frame->data + 4, group);
    be16_put(frame->data + 2, checksum_finish(checksum_add(0, frame->data, IGMP_LEN)));
    frame->why = why;
    ip_output(iface->ip, frame, &send);
}

int ip_group_join(struct ip_iface *iface, ip4_addr group)
{
    bool first;

    if (!ip4_is_multicast(group))
        return -SIM_EINVAL;
    first = !ip_group_joined(iface, group);
    ARRAY_PUSH(iface->groups, iface->n_groups, iface->groups_size, group);
    if (first && iface->iface != NULL && iface->up)
        send_message(iface, IGMP_V2_REPORT, group, group, WHY(IGMP_REPORT, group));
    return 0;
}

int ip_group_leave(struct ip_iface *iface, ip4_addr group)
{
    for (unsigned i = 0; i < iface->n_groups; i++) {
        if (iface->groups[i] != group)
            continue;
        iface->groups[i] = iface->groups[--iface->n_groups];
        if (!ip_group_joined(iface, group) && iface->iface != NULL && iface->up)
            send_message(iface, IGMP_LEAVE, IP4(224, 0, 0, 2), group, WHY(IGMP_LEAVE, group));
        return 0;
    }
    return -SIM_EADDRNOTAVAIL;
}

/* A group joined several times stands in the list as often. */
static bool is_first(const struct ip_iface *iface, unsigned at)
{
    for (unsigned i = 0; i < at; i++)
        if (iface->groups[i] == iface->groups[at])
            return false;
    return true;
}

static void input(void *ctx, struct frame *frame, const struct ip_rx *rx)
{
    struct ip_stack *ip = ctx;
    ip4_addr group;

    if (!frame_need(frame, IGMP_LEN)) {
        node_drop(ip->node, frame->in, frame, DROP_TRUNCATED);
        return;
    }
    frame_need(frame, frame_size(frame));
    if (checksum_finish(checksum_add(0, frame->data, frame->len)) != 0) {
        node_drop(ip->node, frame->in, frame, DROP_BAD_CHECKSUM);
        return;
    }
    group = be32_get(frame->data + 4);
    if (frame->data[0] == IGMP_QUERY)
        for (unsigned i = 0; i < rx->iif->n_groups; i++)
            if ((group == 0 || rx->iif->groups[i] == group) && is_first(rx->iif, i))
                send_message(rx->iif, IGMP_V2_REPORT, rx->iif->groups[i], rx->iif->groups[i],
                             WHY(IGMP_REPORT, rx->iif->groups[i]));
    frame_free(frame);
}

void igmp_init(struct ip_stack *ip)
{
    static const struct ip_upper_protocol protocol = { .number = IP_PROTO_IGMP, .input = input };

    ip_register(ip, &protocol, ip);
}
