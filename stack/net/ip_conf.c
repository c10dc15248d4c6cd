#include "stack/net/ip_conf.h"

#include "base/memory.h"
#include "sim/sim.h"
#include "stack/net/ip.h"

static uint8_t greater(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

static void put(struct ip_conf *conf, enum ip_conf_key key, uint8_t value)
{
    unsigned shift = key % 2 * 4, others = conf->values[key / 2] & ~(15u << shift);

    conf->values[key / 2] = (uint8_t)(others | (unsigned)value << shift);
}

static bool is_said(const struct ip_conf *conf, enum ip_conf_key key)
{
    return ((conf->said | ip_conf_value(conf, IP_CONF_N) << 8) >> key & 1) != 0;
}

static void note_said(struct ip_conf *conf, enum ip_conf_key key)
{
    if (key < 8)
        conf->said |= (uint8_t)(1u << key);
    else
        put(conf, IP_CONF_N, (uint8_t)(ip_conf_value(conf, IP_CONF_N) | 1u << (key - 8)));
}

void ip_conf_init(struct ip_conf *conf)
{
    *conf = (struct ip_conf){ 0 };
    put(conf, IP_CONF_ACCEPT_REDIRECTS, 1);
    put(conf, IP_CONF_SEND_REDIRECTS, 1);
}

struct ip_confs *ip_confs(struct ip_stack *ip)
{
    if (ip->confs == NULL) {
        ip->confs = arena_alloc(node_arena(ip->node), sizeof *ip->confs);
        ip->confs->arp_proxy = NULL;
        ip_conf_init(&ip->confs->all);
        ip_conf_init(&ip->confs->fallback);
    }
    return ip->confs;
}

static uint8_t of_all(const struct ip_stack *ip, enum ip_conf_key key)
{
    if (ip->confs != NULL)
        return ip_conf_value(&ip->confs->all, key);
    return key == IP_CONF_ACCEPT_REDIRECTS || key == IP_CONF_SEND_REDIRECTS;
}

uint8_t ip_conf(const struct ip_iface *iface, enum ip_conf_key key)
{
    return greater(of_all(iface->ip, key), ip_conf_value(&iface->conf, key));
}

bool ip_conf_both(const struct ip_iface *iface, enum ip_conf_key key)
{
    return of_all(iface->ip, key) != 0 && ip_conf_value(&iface->conf, key) != 0;
}

/* Where some interface filters sources, no flow is known any more: ip_flow_learn(). */
static void note_filter(struct ip_stack *ip)
{
    uint8_t before = ip->sysctl.rp_filter;

    ip->sysctl.rp_filter = of_all(ip, IP_CONF_RP_FILTER);
    for (unsigned i = 0; i < ip->n_ifaces; i++)
        ip->sysctl.rp_filter =
            greater(ip->sysctl.rp_filter, ip_conf_value(&ip->ifaces[i]->conf, IP_CONF_RP_FILTER));
    ip->fib.generation += ip->sysctl.rp_filter != before;
}

void ip_conf_set(struct ip_stack *ip, struct ip_conf *conf, enum ip_conf_key key, uint8_t value)
{
    put(conf, key, value);
    note_said(conf, key);
    for (unsigned i = 0; conf == &ip_confs(ip)->fallback && i < ip->n_ifaces; i++)
        if (!is_said(&ip->ifaces[i]->conf, key))
            put(&ip->ifaces[i]->conf, key, value);
    note_filter(ip);
}
