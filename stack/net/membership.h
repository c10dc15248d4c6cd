/*
 * Multicast groups of an interface, IPv4's as mapped addresses, and when changes are told: as Linux
 * does for IGMPv3 (RFC 3376) and MLDv2 (RFC 3810), whose records have the same numbers. A report
 * follows a change after two ticks, so that changes at one moment share it, and is repeated once.
 */
#ifndef WW_STACK_NET_MEMBERSHIP_H
#define WW_STACK_NET_MEMBERSHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/random.h"
#include "base/why.h"
#include "sim/timer.h"
#include "stack/wire/icmp6_wire.h"

#define MEMBERSHIP_RECORDS_MAX 64 /* of a report */

struct member_group {
    struct ip6_addr addr;
    uint32_t refs;
    uint8_t reports_left; /* how often its change is still to be told */
};

struct membership {
    struct member_group *groups; /* the newest first */
    unsigned n_groups, groups_size;
    struct member_group *left; /* no longer joined, and that is still to be told */
    unsigned n_left, left_size;
    struct timer timer;
    uint8_t rounds; /* reports that are still to come */
    struct random_stream *random;
    void (*report)(void *ctx); /* tell what membership_changes() says */
    void *ctx;
};

void membership_init(struct membership *members, struct node *node, struct random_stream *random,
                     struct why timer_why, void (*report)(void *ctx), void *ctx);
void membership_fini(struct membership *members);
struct member_group *membership_find(const struct membership *members, struct ip6_addr group);
/** membership_join() - true when it was not joined before. */
bool membership_join(struct membership *members, struct ip6_addr group);
/** membership_leave() - how often it is joined still, or -1: it was not. */
int membership_leave(struct membership *members, struct ip6_addr group);
/** membership_tell() - reports about @group, joined or left just now, are due: soon, or once the
 * interface is @up again and membership_tell_all() is called. */
void membership_tell(struct membership *members, struct ip6_addr group, bool up);
/** membership_tell_all() - reports about all groups are due, @told of them have been made. */
void membership_tell_all(struct membership *members, unsigned told);
/** membership_changes() - the records of the report that is due now, which counts as told. */
unsigned membership_changes(struct membership *members,
                            struct mld_record records[static MEMBERSHIP_RECORDS_MAX]);
/** membership_state() - a record of @type for every group. */
unsigned membership_state(const struct membership *members, uint8_t type,
                          struct mld_record records[static MEMBERSHIP_RECORDS_MAX]);
/** membership_stop() - the interface is down: nothing is told until membership_tell_all(). */
void membership_stop(struct membership *members);

#endif
