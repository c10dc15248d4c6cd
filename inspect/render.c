#include "inspect/render.h"

#include <inttypes.h>
#include <string.h>

#include "base/addr.h"
#include "base/digits.h"
#include "base/errnos.h"
#include "inspect/i18n.h"
#include "inspect/phrase.h"

static const char *const kind_names[] = {
    [WHY_KIND_BAD] = "?",
    [WHY_KIND_IP] = "ip",
    [WHY_KIND_IP6] = "ip6",
    [WHY_KIND_TCPFROM] = "tcpfrom",
    [WHY_KIND_TCPTO] = "tcpto",
    [WHY_KIND_MAC] = "mac",
    [WHY_KIND_DEC] = "dec",
    [WHY_KIND_PORT] = "port",
    [WHY_KIND_PREFIX] = "prefix",
    [WHY_KIND_TIME] = "time",
    [WHY_KIND_TCPSTATE] = "tcpstate",
    [WHY_KIND_DROP] = "drop",
    [WHY_KIND_ERRNO] = "errno",
    [WHY_KIND_PROTO] = "proto",
    [WHY_KIND_TEXT] = "text",
};

const char *render_kind_name(enum why_kind kind)
{
    g_assert((unsigned)kind < G_N_ELEMENTS(kind_names));
    return kind_names[kind];
}

const char *render_tcp_state(uint64_t state)
{
    static const char *const names[] = { "CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                         "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                         "CLOSING",     "LAST-ACK",   "TIME-WAIT" };

    return state < G_N_ELEMENTS(names) ? names[state] : "?";
}

static enum why_kind kind_by_name(const char *name, size_t len)
{
    for (unsigned kind = WHY_KIND_IP; kind < WHY_KIND_TEXT; kind++)
        if (strlen(kind_names[kind]) == len && memcmp(kind_names[kind], name, len) == 0)
            return (enum why_kind)kind;
    return WHY_KIND_BAD;
}

bool render_next_placeholder(const char **at, struct why_placeholder *placeholder)
{
    const char *begin = strchr(*at, '{');
    const char *end = begin == NULL ? NULL : strchr(begin, '}');

    if (begin == NULL)
        return false;
    if (end == NULL)
        end = begin + strlen(begin) - 1;
    *placeholder = (struct why_placeholder){ WHY_KIND_BAD, 0, begin, end + 1 };
    *at = end + 1;
    if (strncmp(begin, "{text}", 6) == 0) {
        placeholder->kind = WHY_KIND_TEXT;
    } else if (begin[1] >= '0' && begin[1] < '0' + WHY_ARGS_MAX && begin[2] == ':') {
        placeholder->arg = (unsigned)(begin[1] - '0');
        placeholder->kind = kind_by_name(begin + 3, (size_t)(end - begin - 3));
    }
    return true;
}

static void trim_zeros(GString *out, size_t from)
{
    while (out->len > from && out->str[out->len - 1] == '0')
        g_string_truncate(out, out->len - 1);
    if (out->len > from && out->str[out->len - 1] == '.')
        g_string_truncate(out, out->len - 1);
}

void render_decimal(GString *out, uint64_t value)
{
    char digits[DIGITS_MAX];

    g_string_append_len(out, digits, (gssize)digits_dec(digits, value));
}

void render_duration(GString *out, sim_time time)
{
    static const struct {
        sim_time unit;
        const char *name;
        bool only_whole;
    } units[] = {
        { SIM_SEC(3600), "h", true }, { SIM_SEC(60), "min", true }, { SIM_SEC(1), "s", false },
        { SIM_MSEC(1), "ms", false }, { SIM_USEC(1), "us", false }, { SIM_NSEC(1), "ns", false },
    };
    size_t from;

    if (time < 0) {
        g_string_append_c(out, '-');
        time = -time;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (time < units[i].unit || (units[i].only_whole && time % units[i].unit != 0))
            continue;
        g_string_append_printf(out, "%" PRId64 ".", time / units[i].unit);
        from = out->len - 1;
        g_string_append_printf(out, "%03" PRId64, time % units[i].unit / (units[i].unit / 1000));
        trim_zeros(out, from);
        g_string_append_printf(out, " %s", units[i].name);
        return;
    }
    g_string_append_printf(out, time == 0 ? "0 s" : "%" PRId64 " ps", time);
}

void render_moment(GString *out, sim_time at, unsigned decimals)
{
    char fraction[1 + 12] = ".";
    sim_time rest;

    g_assert(decimals <= 12);
    if (at < 0) {
        g_string_append_c(out, '-');
        at = -at;
    }
    rest = at % SIM_SEC(1);
    for (unsigned i = 12; i > 0; i--, rest /= 10)
        fraction[i] = (char)('0' + rest % 10);
    render_decimal(out, (uint64_t)(at / SIM_SEC(1)));
    if (decimals > 0)
        g_string_append_len(out, fraction, 1 + (gssize)decimals);
}

static void render_prefix(GString *out, uint64_t value)
{
    char text[IP4_TEXT_MAX];

    if (value == 0) { /* as `ip route` says it */
        g_string_append(out, "default");
    } else {
        g_string_append(out, ip4_format((ip4_addr)(value >> 8), text));
        g_string_append_c(out, '/');
        render_decimal(out, value & 0xff);
    }
}

static void render_proto(GString *out, uint64_t value)
{
    if (value == 1)
        g_string_append(out, "ICMP");
    else if (value == 6)
        g_string_append(out, "TCP");
    else if (value == 17)
        g_string_append(out, "UDP");
    else
        render_decimal(out, value);
}

void render_arg(GString *out, enum why_kind kind, const uint64_t *arg, enum render_lang lang)
{
    uint64_t value = *arg;
    char text[MAC_TEXT_MAX], addr6[IP6_TEXT_MAX];
    struct mac_addr mac;

    switch (kind) {
    case WHY_KIND_IP:
        g_string_append(out, ip4_format((ip4_addr)value, text));
        break;
    case WHY_KIND_IP6:
        g_string_append(out, ip6_format((struct ip6_addr){ value, arg[1] }, addr6));
        break;
    case WHY_KIND_MAC:
        mac = mac_from_u64(value);
        g_string_append(out, mac_format(&mac, text));
        break;
    case WHY_KIND_DEC:
    case WHY_KIND_PORT:
        render_decimal(out, value);
        break;
    case WHY_KIND_PREFIX:
        render_prefix(out, value);
        break;
    case WHY_KIND_TIME:
        render_duration(out, (sim_time)value);
        break;
    case WHY_KIND_TCPSTATE:
        g_string_append(out, render_tcp_state(value));
        break;
    case WHY_KIND_TCPFROM:
        g_string_append(out, render_tcp_state(value >> 8));
        break;
    case WHY_KIND_TCPTO:
        g_string_append(out, render_tcp_state(value & 0xff));
        break;
    case WHY_KIND_DROP:
        if (value < DROP_N_REASONS)
            render_drop(out, (enum drop_reason)value, false, lang);
        break;
    case WHY_KIND_ERRNO:
        g_string_append(out, sim_errno_name((int)value));
        break;
    case WHY_KIND_PROTO:
        render_proto(out, value);
        break;
    case WHY_KIND_TEXT:
    case WHY_KIND_BAD:
        break;
    }
}

void render_drop(GString *out, enum drop_reason reason, bool v6, enum render_lang lang)
{
    const char *sentence = drop_sentence(reason, v6);

    g_string_append(out, lang == RENDER_USER ? _(sentence) : sentence);
}

/* A route without a gateway leads to the interface's own network, a socket without a peer listens:
 * their sentences are other ones. */
const char *render_template(const struct why *why)
{
    if (why->code == WHY_ROUTE_ADDED && why->args[1] == 0)
        return N_("route {0:prefix} added: directly connected");
    if (why->code == WHY_ROUTE_REMOVED && why->args[1] == 0)
        return N_("route {0:prefix} removed: directly connected");
    if (why->code == WHY_ROUTE_CHOSEN && why->args[2] == 0)
        return N_("for {0:ip} the route {1:prefix} is chosen: directly connected; {3:dec} other "
                  "routes match less exactly");
    if (why->code == WHY_TCP_STATE && why->args[3] == 0)
        return N_("port {2:port}: {0:tcpstate} becomes {1:tcpstate}");
    if (why->code == WHY_TCP6_STATE && why->args[0] == 0 && why->args[1] == 0)
        return N_("port {2:port}: {3:tcpfrom} becomes {3:tcpto}");
    return why_sentence(why->code);
}

void render_why(GString *out, const struct why *why, const char *text, enum render_lang lang)
{
    struct phrase phrase;

    phrase_take_apart(&phrase, render_template(why), lang);
    phrase_render(&phrase, out, why, text, lang);
    g_free(phrase.pieces);
}
