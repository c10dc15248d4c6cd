/*
 * Filter expressions of tcpdump, the useful part of pcap-filter(7), for programs inside the
 * simulation (observers outside use libpcap itself): host, net, port, portrange with src and dst,
 * arp, ip, icmp, igmp, tcp, udp, ether host, broadcast, multicast, less, greater, and, or, not,
 * parentheses. What else that manual knows is refused by name.
 */
#ifndef WW_APPS_TCPDUMP_FILTER_H
#define WW_APPS_TCPDUMP_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/strbuf.h"

#define TCPDUMP_FILTER_NODES_MAX 64

enum tcpdump_test { /* what a node of the expression asks */
                    TEST_AND,
                    TEST_OR,
                    TEST_NOT,
                    TEST_PROTO, /* number: EtherType, or IP protocol with `is_ip` */
                    TEST_HOST,
                    TEST_NET,
                    TEST_PORT,
                    TEST_MAC,
                    TEST_BROADCAST,
                    TEST_MULTICAST,
                    TEST_LESS,
                    TEST_GREATER,
};

enum tcpdump_side { SIDE_ANY, SIDE_SRC, SIDE_DST, SIDE_BOTH };

struct tcpdump_node {
    enum tcpdump_test test;
    enum tcpdump_side side;
    int left, right; /* nodes, of AND, OR, NOT */
    bool is_ip;      /* number is an IP protocol */
    int proto; /* of ports: 0 any, else the IP protocol; of hosts and nets: 0 any, 1 ip, 2 arp */
    uint32_t number, last; /* port range, address, length */
    unsigned prefix_len;
    struct mac_addr mac;
};

struct tcpdump_filter {
    struct tcpdump_node nodes[TCPDUMP_FILTER_NODES_MAX];
    unsigned n;
    int root; /* -1: everything passes */
};

/** tcpdump_filter_parse() - @words joined by blanks. False with a message (behind "tcpdump: ") in
 * *@error. */
bool tcpdump_filter_parse(struct tcpdump_filter *filter, int n_words, char *const *words,
                          struct strbuf *error);
/** tcpdump_filter_match() - whether the frame, from its Ethernet header on, passes. */
bool tcpdump_filter_match(const struct tcpdump_filter *filter, const uint8_t *octets, size_t len);

#endif
