#include "lab/pkt_icmp.h"

#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/pkt_packet.h"
#include "stack/wire/icmp_wire.h"

enum { V6_UNREACH = 1, V6_TOO_BIG = 2, V6_TIME = 3, V6_PARAM = 4, V6_ECHO = 128, V6_REPLY = 129 };
enum { INFO_REQUEST = 15, INFO_REPLY = 16, MASK_REQUEST = 17, MASK_REPLY = 18 }; /* RFC 6918 */
enum { V6_FIRST_UNSPOKEN = 130 }; /* MLD and neighbor discovery, RFC 4443 section 6 */

struct name {
    uint8_t type, code;
    const char *name;
};

static const struct name TYPES4[] = {
    { ICMP_ECHO_REPLY, 0, "echo_reply" },
    { ICMP_DEST_UNREACH, 0, "unreachable" },
    { ICMP_SOURCE_QUENCH, 0, "source_quench" },
    { ICMP_REDIRECT, 0, "redirect" },
    { ICMP_ECHO_REQUEST, 0, "echo_request" },
    { ICMP_TIME_EXCEEDED, 0, "time_exceeded" },
    { ICMP_PARAM_PROBLEM, 0, "parameter_problem" },
    { ICMP_TIMESTAMP_REQUEST, 0, "timestamp_request" },
    { ICMP_TIMESTAMP_REPLY, 0, "timestamp_reply" },
    { INFO_REQUEST, 0, "info_request" },
    { INFO_REPLY, 0, "info_reply" },
    { MASK_REQUEST, 0, "address_mask_request" },
    { MASK_REPLY, 0, "address_mask_reply" },
    { 0, 0, NULL },
};

static const struct name CODES4[] = {
    { ICMP_DEST_UNREACH, ICMP_UNREACH_NET, "net_unreachable" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, "host_unreachable" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_PROTOCOL, "protocol_unreachable" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_PORT, "port_unreachable" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_FRAG_NEEDED, "frag_needed" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_SOURCE_ROUTE, "source_route_failed" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_NET_UNKNOWN, "net_unknown" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_HOST_UNKNOWN, "host_unknown" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_HOST_ISOLATED, "source_host_isolated" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_NET_PROHIBITED, "net_prohibited" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_HOST_PROHIBITED, "host_prohibited" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_NET_TOS, "net_unreachable_for_tos" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_HOST_TOS, "host_unreachable_for_tos" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_ADMIN_PROHIBITED, "packet_filtered" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_HOST_PRECEDENCE, "precedence_violation" },
    { ICMP_DEST_UNREACH, ICMP_UNREACH_PRECEDENCE_CUTOFF, "precedence_cutoff" },
    { ICMP_TIME_EXCEEDED, ICMP_TIME_TTL, "ttl_exceeded" },
    { ICMP_TIME_EXCEEDED, ICMP_TIME_TTL, "exceed_ttl" },
    { ICMP_TIME_EXCEEDED, ICMP_TIME_REASSEMBLY, "exceed_reassembly" },
    { ICMP_REDIRECT, ICMP_REDIRECT_NET, "redirect_net" },
    { ICMP_REDIRECT, ICMP_REDIRECT_NET, "net" },
    { ICMP_REDIRECT, ICMP_REDIRECT_HOST, "redirect_host" },
    { ICMP_REDIRECT, ICMP_REDIRECT_HOST, "host" },
    { 0, 0, NULL },
};

static const struct name TYPES6[] = {
    { V6_UNREACH, 0, "unreachable" },
    { V6_TOO_BIG, 0, "packet_too_big" },
    { V6_TIME, 0, "time_exceeded" },
    { V6_PARAM, 0, "parameter_problem" },
    { V6_ECHO, 0, "echo_request" },
    { V6_REPLY, 0, "echo_reply" },
    { 0, 0, NULL },
};

static const struct name CODES6[] = {
    { V6_UNREACH, 0, "no_route" },
    { V6_UNREACH, 0, "net_unreachable" },
    { V6_UNREACH, 1, "admin_prohibited" },
    { V6_UNREACH, 1, "packet_filtered" },
    { V6_UNREACH, 2, "not_neighbour" },
    { V6_UNREACH, 2, "beyond_scope" },
    { V6_UNREACH, 3, "address_unreachable" },
    { V6_UNREACH, 3, "addr_unreachable" },
    { V6_UNREACH, 3, "host_unreachable" },
    { V6_UNREACH, 4, "port_unreachable" },
    { V6_UNREACH, 5, "policy_fail" },
    { V6_UNREACH, 6, "reject_route" },
    { V6_TIME, 0, "exceed_hop_limit" },
    { V6_TIME, 0, "exceed_hopcount" },
    { V6_TIME, 1, "exceed_reassembly" },
    { V6_PARAM, 0, "erroneous_header" },
    { V6_PARAM, 0, "header_field" },
    { V6_PARAM, 1, "unknown_next_header" },
    { V6_PARAM, 1, "unrecognized_next_header" },
    { V6_PARAM, 2, "unknown_option" },
    { V6_PARAM, 2, "unrecognized_option" },
    { 0, 0, NULL },
};

static int number_of(const char *text)
{
    guint64 number;

    return g_ascii_string_to_unsigned(text, 10, 0, 255, &number, NULL) ? (int)number : -1;
}

int pkt_icmp_type(const char *name, bool v6)
{
    for (const struct name *at = v6 ? TYPES6 : TYPES4; at->name != NULL; at++)
        if (g_str_equal(at->name, name))
            return at->type;
    return number_of(name);
}

int pkt_icmp_code(const char *name, uint8_t type, bool v6)
{
    for (const struct name *at = v6 ? CODES6 : CODES4; at->name != NULL; at++)
        if (at->type == type && g_str_equal(at->name, name))
            return at->code;
    return number_of(name);
}

const char *pkt_icmp_type_name(uint8_t type, bool v6)
{
    for (const struct name *at = v6 ? TYPES6 : TYPES4; at->name != NULL; at++)
        if (at->type == type)
            return at->name;
    return NULL;
}

const char *pkt_icmp_code_name(uint8_t type, uint8_t code, bool v6)
{
    for (const struct name *at = v6 ? CODES6 : CODES4; at->name != NULL; at++)
        if (at->type == type && at->code == code)
            return at->name;
    return NULL;
}

bool pkt_icmp_is_spoken_of(uint8_t type, bool v6)
{
    return v6 ? type < V6_FIRST_UNSPOKEN
              : type != ICMP_ROUTER_SOLICITATION && type != ICMP_ROUTER_ADVERTISEMENT;
}

bool pkt_icmp_resolve(const struct pkt_packet *packet, bool v6, uint8_t *type, uint8_t *code,
                      struct pkt_fault *fault)
{
    int found_type = pkt_icmp_type(packet->type_name, v6), found_code = 0;

    if (found_type >= 0 && packet->code_name != NULL)
        found_code = pkt_icmp_code(packet->code_name, (uint8_t)found_type, v6);
    if (found_type >= 0 && found_code >= 0) {
        *type = (uint8_t)found_type;
        *code = (uint8_t)found_code;
        return true;
    }
    fault->line = packet->line;
    fault->text = g_strdup_printf(_("there is no ICMP message \"%s %s\""), packet->type_name,
                                  packet->code_name != NULL ? packet->code_name : "");
    return false;
}
