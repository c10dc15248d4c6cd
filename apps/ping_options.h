/* The command line of ping. */
#ifndef WW_APPS_PING_OPTIONS_H
#define WW_APPS_PING_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/socket/process.h"

#define PING_HOPS_MAX 4

/* -T; the kinds of the option in its order, there is none with 2 */
enum ping_times {
    PING_TIMES_NONE,
    PING_TIMES_ONLY,
    PING_TIMES_AND_ADDRESSES,
    PING_TIMES_OF_HOPS = 4
};

struct ping_options {
    int family; /* 4, 6, or 0: what the target is */
    const char *target;
    uint64_t count;    /* 0: no end */
    int interval;      /* ms */
    int linger;        /* ms to wait for the last reply */
    uint64_t deadline; /* s, 0: none */
    uint32_t size;     /* octets behind the ICMP header */
    int ttl;           /* -1: the system's */
    int tos;
    int pmtudisc; /* -1: not said, else IP_MTU_DISCOVER's value */
    bool numeric, quiet, broadcast, verbose, timestamps, outstanding, audible, no_loop;
    bool flood, adaptive; /* -f and -A */
    bool interval_given, sticky_source;
    int send_buffer;         /* -S, or 0 */
    int ident;               /* -e, or -1 */
    const char *device;      /* -I NAME, or NULL */
    struct ip6_addr source6; /* -I, of IPv6; :: not given */
    ip4_addr source;         /* -I ADDRESS, or 0 */
    uint8_t pattern[16];     /* -p */
    unsigned pattern_len;    /* 0: count up */
    int preload;
    bool record_route; /* -R */
    enum ping_times times;
    ip4_addr hops[PING_HOPS_MAX]; /* whose times are wanted */
    unsigned n_hops;
};

/** ping_options_read() - fill *@options, whose defaults it sets. False: the message is printed,
 * exit_status is set. */
bool ping_options_read(struct process *self, struct ping_options *options);

#endif
