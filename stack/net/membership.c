#include "stack/net/membership.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/sim.h"
#include "stack/link/jiffies.h"

#define ROBUSTNESS  2          /* net.ipv4.igmp_qrv, net.ipv6.mld_qrv */
#define UNSOLICITED SIM_SEC(1) /* igmpv3_, mldv2_unsolicited_report_interval */

static void arm(struct membership *members, sim_time at_most)
{
    sim_time delay = at_most == 0 ? 0 : (sim_time)random_below(members->random, (uint64_t)at_most);
    sim_time now = node_now(members->timer.node);

    timer_start_at(&members->timer, jiffies_expiry(now, delay + 2 * JIFFY));
}

static void due(void *ctx)
{
    struct membership *members = ctx;

    members->report(members->ctx);
    if (members->rounds > 0 && --members->rounds > 0)
        arm(members, UNSOLICITED);
}

void membership_init(struct membership *members, struct node *node, struct random_stream *random,
                     struct why timer_why, void (*report)(void *ctx), void *ctx)
{
    *members = (struct membership){ .random = random, .report = report, .ctx = ctx };
    timer_init(&members->timer, node, timer_why, due, members);
}

void membership_fini(struct membership *members)
{
    free(members->groups);
    free(members->left);
}

struct member_group *membership_find(const struct membership *members, struct ip6_addr group)
{
    for (unsigned i = 0; i < members->n_groups; i++)
        if (ip6_eq(members->groups[i].addr, group))
            return &members->groups[i];
    return NULL;
}

static void forget_left(struct membership *members, struct ip6_addr group)
{
    for (unsigned i = 0; i < members->n_left; i++)
        if (ip6_eq(members->left[i].addr, group)) {
            members->n_left--;
            memmove(&members->left[i], &members->left[i + 1],
                    (members->n_left - i) * sizeof *members->left);
            return;
        }
}

bool membership_join(struct membership *members, struct ip6_addr group)
{
    struct member_group *known = membership_find(members, group);
    struct member_group new = { .addr = group, .refs = 1 };

    if (known != NULL) {
        known->refs++;
        return false;
    }
    forget_left(members, group);
    ARRAY_PUSH(members->groups, members->n_groups, members->groups_size, new);
    memmove(&members->groups[1], &members->groups[0],
            (members->n_groups - 1) * sizeof *members->groups);
    members->groups[0] = new;
    return true;
}

int membership_leave(struct membership *members, struct ip6_addr group)
{
    struct member_group *known = membership_find(members, group);
    unsigned at;

    if (known == NULL)
        return -1;
    if (--known->refs > 0)
        return (int)known->refs;
    at = (unsigned)(known - members->groups);
    memmove(known, known + 1, (members->n_groups - at - 1) * sizeof *members->groups);
    members->n_groups--;
    return 0;
}

void membership_tell(struct membership *members, struct ip6_addr group, bool up)
{
    struct member_group *joined = membership_find(members, group);
    struct member_group left = { .addr = group, .reports_left = ROBUSTNESS };

    if (joined != NULL)
        joined->reports_left = ROBUSTNESS;
    else
        ARRAY_PUSH(members->left, members->n_left, members->left_size, left);
    if (!up)
        return;
    members->rounds = ROBUSTNESS;
    arm(members, 0);
}

void membership_tell_all(struct membership *members, unsigned told)
{
    if (members->n_groups + members->n_left == 0)
        return;
    for (unsigned i = 0; i < members->n_groups; i++)
        members->groups[i].reports_left = (uint8_t)(ROBUSTNESS - told);
    members->rounds = (uint8_t)(ROBUSTNESS - told);
    arm(members, told == 0 ? 0 : UNSOLICITED);
}

unsigned membership_changes(struct membership *members,
                            struct mld_record records[static MEMBERSHIP_RECORDS_MAX])
{
    unsigned n = 0, kept = 0;

    for (unsigned i = 0; i < members->n_left; i++) {
        if (n < MEMBERSHIP_RECORDS_MAX)
            records[n++] = (struct mld_record){ MLD_CHANGE_TO_INCLUDE, members->left[i].addr };
        if (--members->left[i].reports_left > 0)
            members->left[kept++] = members->left[i];
    }
    members->n_left = kept;
    for (unsigned i = 0; i < members->n_groups && n < MEMBERSHIP_RECORDS_MAX; i++)
        if (members->groups[i].reports_left > 0) {
            members->groups[i].reports_left--;
            records[n++] = (struct mld_record){ MLD_CHANGE_TO_EXCLUDE, members->groups[i].addr };
        }
    return n;
}

unsigned membership_state(const struct membership *members, uint8_t type,
                          struct mld_record records[static MEMBERSHIP_RECORDS_MAX])
{
    unsigned n = 0;

    for (unsigned i = 0; i < members->n_groups && n < MEMBERSHIP_RECORDS_MAX; i++)
        records[n++] = (struct mld_record){ type, members->groups[i].addr };
    return n;
}

void membership_stop(struct membership *members)
{
    timer_stop(&members->timer);
    members->rounds = 0;
}
