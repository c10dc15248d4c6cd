/*
 * Settings that each interface has, net.ipv4.conf.NAME.*: beside its own there are those of "all",
 * which count with every interface's, and of "default", which interfaces have unless a user says
 * otherwise.
 */
#ifndef WW_STACK_NET_IP_CONF_H
#define WW_STACK_NET_IP_CONF_H

#include <stdbool.h>
#include <stdint.h>

struct ip_stack;
struct ip_iface;

enum ip_conf_key {
    IP_CONF_ACCEPT_REDIRECTS,
    IP_CONF_ARP_ACCEPT,
    IP_CONF_ARP_ANNOUNCE,
    IP_CONF_ARP_FILTER,
    IP_CONF_ARP_IGNORE,
    IP_CONF_ARP_NOTIFY,
    IP_CONF_BC_FORWARDING,
    IP_CONF_PROMOTE_SECONDARIES,
    IP_CONF_PROXY_ARP,
    IP_CONF_RP_FILTER,
    IP_CONF_SEND_REDIRECTS,
    IP_CONF_N
};

#define IP_CONF_MAX 15

/* Many hosts have two of these. */
struct ip_conf {
    uint8_t values[(IP_CONF_N + 1) / 2]; /* half an octet each; in the last one are more of @said */
    uint8_t said;                        /* by a user: a bit for each of the first eight */
};

_Static_assert(IP_CONF_N % 2 == 1 && IP_CONF_N - 8 <= 4, "half an octet is left for said");

/** ip_conf_value() - what @conf itself says. */
static inline uint8_t ip_conf_value(const struct ip_conf *conf, enum ip_conf_key key)
{
    return (uint8_t)(conf->values[key / 2] >> (key % 2 * 4) & 15);
}

struct arp_proxy;

/* What few nodes have that do not have Linux's defaults. */
struct ip_confs {
    struct ip_conf all, fallback; /* "default" */
    struct arp_proxy *arp_proxy;  /* NULL: it never answered for others */
};

/** ip_conf_init() - Linux's defaults. */
void ip_conf_init(struct ip_conf *conf);
/** ip_confs() - @ip's own, made when first needed. */
struct ip_confs *ip_confs(struct ip_stack *ip);
/** ip_conf() - what holds for @iface: the greater of its own and that of "all". */
uint8_t ip_conf(const struct ip_iface *iface, enum ip_conf_key key);
/** ip_conf_both() - whether "all" and @iface say so. */
bool ip_conf_both(const struct ip_iface *iface, enum ip_conf_key key);
/** ip_conf_set() - a user sets it in @conf, which is one of @ip's, to at
 * most IP_CONF_MAX. */
void ip_conf_set(struct ip_stack *ip, struct ip_conf *conf, enum ip_conf_key key, uint8_t value);

#endif
