/* `hops`: one field of the frames of a command, from each sending to the next along their way. */
#include "lab/expect_internal.h"

#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "sim/node.h"

struct hops_state {
    const struct scenario_expect *e;
    const struct hops_field *field;
    uint32_t index; /* in struct way's values */
    uint64_t n_frames,
        n_routers; /* frames with the field that left the host; times a router passed one on */
    struct sighting broken; /* the first time the rule did not hold */
    struct ip6_addr before, after;
    bool at_router;
};

/* ---- fields, by the names that Wireshark gives them ---- */

struct hops_field {
    const char *name;
    enum { SHOW_NUMBER, SHOW_IP, SHOW_IP6, SHOW_MAC } show;
    bool (*get)(const struct facts *facts, struct ip6_addr *value);
};

#define NUMBER(expression) ((struct ip6_addr){ 0, (expression) })

#define VALUE(function, condition, expression)                                                     \
    static bool function(const struct facts *facts, struct ip6_addr *value)                        \
    {                                                                                              \
        if (!(condition))                                                                          \
            return false;                                                                          \
        *value = (expression);                                                                     \
        return true;                                                                               \
    }

#define FIELD(function, condition, expression) VALUE(function, condition, NUMBER(expression))

#define HAS_PORTS (facts->transport == FACT_TCP || facts->transport == FACT_UDP)

FIELD(get_eth_src, facts->has_eth, mac_to_u64(&facts->eth.src))
FIELD(get_eth_dst, facts->has_eth, mac_to_u64(&facts->eth.dst))
FIELD(get_eth_type, facts->has_eth, facts->eth.ethertype)
FIELD(get_ip_src, facts->net == FACT_IPV4, facts->ip.src)
FIELD(get_ip_dst, facts->net == FACT_IPV4, facts->ip.dst)
FIELD(get_ip_ttl, facts->net == FACT_IPV4, facts->ip.ttl)
FIELD(get_ip_id, facts->net == FACT_IPV4, facts->ip.id)
FIELD(get_ip_proto, facts->net == FACT_IPV4, facts->ip.protocol)
FIELD(get_ip_len, facts->net == FACT_IPV4, facts->ip.total_len)
FIELD(get_tcp_src, facts->transport == FACT_TCP, facts->src_port)
FIELD(get_tcp_dst, facts->transport == FACT_TCP, facts->dst_port)
FIELD(get_tcp_seq, facts->transport == FACT_TCP, facts->tcp.seq)
FIELD(get_tcp_ack, facts->transport == FACT_TCP, facts->tcp.ack)
FIELD(get_udp_src, facts->transport == FACT_UDP, facts->src_port)
FIELD(get_udp_dst, facts->transport == FACT_UDP, facts->dst_port)
FIELD(get_port_src, HAS_PORTS, facts->src_port)
FIELD(get_port_dst, HAS_PORTS, facts->dst_port)
FIELD(get_icmp_type, facts->transport == FACT_ICMP, facts->icmp.type)
VALUE(get_ip6_src, facts->net == FACT_IPV6, facts->ip6.src)
VALUE(get_ip6_dst, facts->net == FACT_IPV6, facts->ip6.dst)
FIELD(get_ip6_hlim, facts->net == FACT_IPV6, facts->ip6.hop_limit)
FIELD(get_ip6_flow, facts->net == FACT_IPV6, facts->ip6.flow)
FIELD(get_ip6_len, facts->net == FACT_IPV6, facts->ip6.payload_len)
FIELD(get_ip6_next, facts->net == FACT_IPV6, facts->ip6.next_header)
FIELD(get_icmp6_type, facts->transport == FACT_ICMP6, facts->icmp6.type)

static const struct hops_field FIELDS[] = {
    { "eth.dst", SHOW_MAC, get_eth_dst },
    { "eth.src", SHOW_MAC, get_eth_src },
    { "eth.type", SHOW_NUMBER, get_eth_type },
    { "icmp.type", SHOW_NUMBER, get_icmp_type },
    { "ip.dst", SHOW_IP, get_ip_dst },
    { "ip.id", SHOW_NUMBER, get_ip_id },
    { "ip.len", SHOW_NUMBER, get_ip_len },
    { "ip.proto", SHOW_NUMBER, get_ip_proto },
    { "ip.src", SHOW_IP, get_ip_src },
    { "ip.ttl", SHOW_NUMBER, get_ip_ttl },
    { "ipv6.dst", SHOW_IP6, get_ip6_dst },
    { "ipv6.flow", SHOW_NUMBER, get_ip6_flow },
    { "ipv6.hlim", SHOW_NUMBER, get_ip6_hlim },
    { "ipv6.nxt", SHOW_NUMBER, get_ip6_next },
    { "ipv6.plen", SHOW_NUMBER, get_ip6_len },
    { "ipv6.src", SHOW_IP6, get_ip6_src },
    { "icmpv6.type", SHOW_NUMBER, get_icmp6_type },
    { "port.dst", SHOW_NUMBER, get_port_dst },
    { "port.src", SHOW_NUMBER, get_port_src },
    { "tcp.ack", SHOW_NUMBER, get_tcp_ack },
    { "tcp.dstport", SHOW_NUMBER, get_tcp_dst },
    { "tcp.seq", SHOW_NUMBER, get_tcp_seq },
    { "tcp.srcport", SHOW_NUMBER, get_tcp_src },
    { "udp.dstport", SHOW_NUMBER, get_udp_dst },
    { "udp.srcport", SHOW_NUMBER, get_udp_src },
};

static const struct hops_field *find_field(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(FIELDS); i++)
        if (strcmp(FIELDS[i].name, name) == 0)
            return &FIELDS[i];
    return NULL;
}

static void no_such_field(const char *file, const struct scenario_text *text,
                          struct diag_list *diags)
{
    const char *names[G_N_ELEMENTS(FIELDS)], *near;
    g_autofree char *all = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(FIELDS); i++)
        names[i] = FIELDS[i].name;
    near = diag_nearest(text->text, names, G_N_ELEMENTS(names));
    if (near != NULL) {
        diag_error(diags, file, text->at, _("there is no field %s; did you mean %s?"), text->text,
                   near);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(FIELDS); i++) {
        char *longer =
            g_strdup_printf("%s%s%s", all != NULL ? all : "", all != NULL ? ", " : "", names[i]);

        g_free(all);
        all = longer;
    }
    diag_error(diags, file, text->at, _("there is no field %s; there are %s"), text->text, all);
}

struct hops_state *hops_new(const struct scenario_expect *e, const char *file, uint32_t index,
                            struct diag_list *diags)
{
    const struct hops_field *field = find_field(e->field.text);
    struct hops_state *hops;

    if (field == NULL) {
        no_such_field(file, &e->field, diags);
        return NULL;
    }
    hops = g_new0(struct hops_state, 1);
    hops->e = e;
    hops->field = field;
    hops->index = index;
    return hops;
}

void hops_free(struct hops_state *hops)
{
    if (hops == NULL)
        return;
    g_free(hops->broken.what);
    g_free(hops);
}

/* ---- along the way ---- */

void hops_begin(struct hops_state *hops, struct expect_frame *frame, struct way *way)
{
    struct way_value *value = &way->values[hops->index];

    expect_frame_read(frame);
    value->known = hops->field->get(&frame->facts, &value->value);
    hops->n_frames += value->known;
}

static bool is_router(const struct node *node)
{
    return strcmp(node->ops->kind, "switch") != 0 && strcmp(node->ops->kind, "hub") != 0;
}

static bool rule_holds(enum scenario_rule rule, bool router, struct ip6_addr before,
                       struct ip6_addr after)
{
    bool same = before.hi == after.hi && before.lo == after.lo;

    if (!router || rule == SCENARIO_CONSTANT)
        return same;
    return rule == SCENARIO_CHANGES_AT_ROUTERS ? !same : after.lo + 1 == before.lo;
}

void hops_step(struct hops_state *hops, struct expect_frame *frame, struct way *way)
{
    struct way_value *value = &way->values[hops->index];
    bool router = is_router(frame->record->node);
    struct ip6_addr before = value->value;

    if (!value->known)
        return;
    expect_frame_read(frame);
    value->known =
        hops->field->get(&frame->facts, &value->value); /* a later fragment has no ports */
    if (!value->known)
        return;
    hops->n_routers += router;
    if (rule_holds(hops->e->rule, router, before, value->value) || hops->broken.frame != 0)
        return;
    sighting_take(&hops->broken, frame, true);
    hops->before = before;
    hops->after = value->value;
    hops->at_router = router;
}

/* ---- the verdict ---- */

static char *show(const struct hops_field *field, struct ip6_addr value)
{
    char ip[IP4_TEXT_MAX], ip6[IP6_TEXT_MAX], text[MAC_TEXT_MAX];
    struct mac_addr mac;

    switch (field->show) {
    case SHOW_IP:
        return g_strdup(ip4_format((ip4_addr)value.lo, ip));
    case SHOW_IP6:
        return g_strdup(ip6_format(value, ip6));
    case SHOW_MAC:
        mac = mac_from_u64(value.lo);
        return g_strdup(mac_format(&mac, text));
    case SHOW_NUMBER:
        break;
    }
    return g_strdup_printf("%" PRIu64, value.lo);
}

void hops_judge(const struct hops_state *hops, const struct scenario *scenario,
                struct expect_result *result)
{
    const char *id = scenario->timeline[hops->e->entry].id;

    if (hops->broken.frame != 0) {
        g_autofree char *before = show(hops->field, hops->before),
                        *after = show(hops->field, hops->after);

        result->frame = hops->broken.frame;
        result->time = hops->broken.at;
        result->seen = g_strdup_printf(
            _("%s is %s before %s passes the frame on, and %s after it: %s"), hops->field->name,
            before, hops->broken.node->name, after, hops->broken.what);
    } else if (hops->n_frames == 0) {
        result->seen = g_strdup_printf(_("`%s` sent no frame that has %s"), id, hops->field->name);
    } else if (hops->e->rule != SCENARIO_CONSTANT && hops->n_routers == 0) {
        result->seen = g_strdup_printf(
            _("none of the %" PRIu64 " frames of `%s` came through a router"), hops->n_frames, id);
    } else {
        result->ok = true;
    }
}
