/* Expressions as numbers, addresses and the octets of options. */
#include <string.h>

#include "base/be.h"
#include "inspect/i18n.h"
#include "lab/pkt_const.h"
#include "lab/pkt_internal.h"
#include "lab/pkt_setup.h"
#include "lab/pkt_value.h"

const struct pkt_expr *pkt_arg(const struct pkt_syscall *call, unsigned n)
{
    return n < call->args->len ? call->args->pdata[n] : NULL;
}

const struct pkt_expr *pkt_member(const struct pkt_expr *expr, const char *name)
{
    if (expr->kind != PKT_STRUCT)
        return NULL;
    for (guint i = 0; i < expr->items->len; i++) {
        const struct pkt_expr *item = expr->items->pdata[i];

        if (item->name != NULL && g_str_equal(item->name, name))
            return item;
    }
    return NULL;
}

static bool word_number(struct pkt_run *run, const struct pkt_expr *expr, int64_t *number)
{
    if (pkt_const(expr->text, number))
        return true;
    *number = pkt_errno(expr->text);
    return *number != 0 || pkt_refuse(run, expr->text);
}

static int64_t calculated(char sign, int64_t left, int64_t right)
{
    switch (sign) {
    case '|':
        return left | right;
    case '^':
        return left ^ right;
    case '&':
        return left & right;
    case '<':
        return (int64_t)((uint64_t)left << (right & 63));
    case '+':
        return (int64_t)((uint64_t)left + (uint64_t)right);
    case '-':
        return (int64_t)((uint64_t)left - (uint64_t)right);
    default:
        return (int64_t)((uint64_t)left * (uint64_t)right);
    }
}

static bool unary_number(struct pkt_run *run, const struct pkt_expr *expr, int64_t *number)
{
    if (!pkt_number(run, expr->items->pdata[0], number))
        return false;
    if (expr->number == '~')
        *number = ~*number;
    else if (expr->number == '-')
        *number = (int64_t)(0 - (uint64_t)*number);
    return true;
}

bool pkt_number(struct pkt_run *run, const struct pkt_expr *expr, int64_t *number)
{
    int64_t left, right;

    switch (expr->kind) {
    case PKT_INT:
        *number = expr->number;
        return true;
    case PKT_WORD:
        return word_number(run, expr, number);
    case PKT_UNARY:
        return unary_number(run, expr, number);
    case PKT_BINARY:
        if (!pkt_number(run, expr->items->pdata[0], &left) ||
            !pkt_number(run, expr->items->pdata[1], &right))
            return false;
        *number = calculated((char)expr->number, left, right);
        return true;
    case PKT_LIST:
    case PKT_CALL: /* htons(8080) */
        if (expr->items->len == 1)
            return pkt_number(run, expr->items->pdata[0], number);
        break;
    default:
        break;
    }
    return pkt_fail(run, _("%s(): a number must stand here"), run->event->call.name);
}

bool pkt_arg_number(struct pkt_run *run, unsigned n, int64_t *number)
{
    const struct pkt_expr *expr = pkt_arg(&run->event->call, n);

    if (expr == NULL)
        return pkt_fail(run, _("%s(): an argument is missing"), run->event->call.name);
    return pkt_number(run, expr, number);
}

/* ---- addresses ---- */

static bool find_ip(const struct pkt_expr *expr, struct pkt_sockaddr *addr)
{
    if (expr->kind == PKT_STRING)
        return pkt_ip_parse(expr->text, &addr->v6, &addr->addr);
    for (guint i = 0; expr->items != NULL && i < expr->items->len; i++)
        if (find_ip(expr->items->pdata[i], addr))
            return true;
    return false;
}

static bool struct_addr(struct pkt_run *run, const struct pkt_expr *expr, bool *has_addr,
                        struct pkt_sockaddr *addr)
{
    static const char *const families[] = { "sa_family", "sin_family", "sin6_family" };
    static const char *const ports[] = { "sin_port", "sin6_port" };
    int64_t number = 0;

    *has_addr = true;
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        const struct pkt_expr *family = pkt_member(expr, families[i]);

        if (family == NULL)
            continue;
        if (!pkt_number(run, family, &number))
            return false;
        *has_addr = number != 0; /* AF_UNSPEC */
        addr->v6 = number == 10;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(ports); i++) {
        const struct pkt_expr *port = pkt_member(expr, ports[i]);

        if (port != NULL && !pkt_number(run, port, &number))
            return false;
        if (port != NULL)
            addr->port = (uint16_t)number;
    }
    find_ip(expr, addr);
    return true;
}

/* An IPv4 address on a socket of IPv6: ::ffff:192.0.2.1, RFC 4291 section 2.5.5.2. */
static void map_addr(struct pkt_sockaddr *addr)
{
    uint8_t four[4];

    if (addr->v6)
        return;
    memcpy(four, addr->addr.octets, sizeof four);
    memset(addr->addr.octets, 0, sizeof addr->addr.octets);
    addr->addr.octets[10] = addr->addr.octets[11] = 0xff;
    memcpy(addr->addr.octets + 12, four, sizeof four);
    addr->v6 = true;
}

bool pkt_address(struct pkt_run *run, const struct pkt_expr *expr, const struct pkt_ip *usual,
                 bool *has_addr, struct pkt_sockaddr *addr)
{
    bool ok = true;

    *has_addr = false;
    memset(addr, 0, sizeof *addr);
    if (expr == NULL || (expr->kind == PKT_WORD && g_str_equal(expr->text, "NULL")))
        return true;
    if (expr->kind == PKT_STRUCT) {
        ok = struct_addr(run, expr, has_addr, addr);
    } else {
        *has_addr = true;
        addr->v6 = run->config.v6;
        addr->addr = *usual;
        addr->port = PKT_SCRIPT_PORT;
    }
    if (ok && *has_addr && run->config.mapped)
        map_addr(addr);
    return ok;
}

/* ---- the octets of socket options ---- */

static bool put(struct pkt_run *run, struct pkt_value *value, const void *octets, gsize len)
{
    if (value->len + len > sizeof value->octets)
        return pkt_fail(run, _("%s(): this value is too long"), run->event->call.name);
    memcpy(value->octets + value->len, octets, len);
    value->len += len;
    return true;
}

static bool put_int(struct pkt_run *run, const struct pkt_expr *expr, struct pkt_value *value)
{
    int64_t number;
    int32_t small;

    if (!pkt_number(run, expr, &number))
        return false;
    small = (int32_t)number;
    return put(run, value, &small, sizeof small);
}

/* inet_addr("224.0.0.9"): the octets of an address, as struct in_addr has them. */
static bool put_member(struct pkt_run *run, const struct pkt_expr *expr, struct pkt_value *value)
{
    struct pkt_sockaddr addr;

    if (expr->kind != PKT_CALL || !find_ip(expr, &addr))
        return put_int(run, expr, value);
    return put(run, value, addr.addr.octets, addr.v6 ? sizeof addr.addr.octets : 4);
}

/* struct tcp_md5sig: {tcpm_addr={sa_family = AF_INET, ...}, tcpm_flags=, tcpm_prefixlen=,
 * tcpm_keylen=, tcpm_key="..."}. The key signs what the script sends with "md5", too. */
static bool put_md5sig(struct pkt_run *run, const struct pkt_expr *expr, struct pkt_value *value)
{
    enum {
        LEN = 216,
        AT_FLAGS = 128,
        AT_PREFIX = 129,
        AT_KEYLEN = 130,
        AT_IFINDEX = 132,
        AT_KEY = 136
    };
    static const struct {
        const char *name;
        uint8_t at, size;
    } MEMBERS[] = { { "tcpm_flags", AT_FLAGS, 1 },
                    { "tcpm_prefixlen", AT_PREFIX, 1 },
                    { "tcpm_keylen", AT_KEYLEN, 2 },
                    { "tcpm_ifindex", AT_IFINDEX, 4 } };
    const struct pkt_expr *key = pkt_member(expr, "tcpm_key");
    uint8_t octets[LEN] = { 0 };
    uint16_t key_len = (uint16_t)MIN(key->len, LEN - AT_KEY);
    struct pkt_sockaddr addr;
    bool has_addr;

    if (!pkt_address(run, pkt_member(expr, "tcpm_addr"), &run->config.remote, &has_addr, &addr))
        return false;
    octets[0] = addr.v6 ? 10 : 2;
    memcpy(octets + (addr.v6 ? 8 : 4), addr.addr.octets, addr.v6 ? 16 : 4);
    memcpy(octets + AT_KEYLEN, &key_len, sizeof key_len);
    memcpy(octets + AT_KEY, key->text, key_len);
    for (gsize i = 0; i < G_N_ELEMENTS(MEMBERS); i++) {
        const struct pkt_expr *member = pkt_member(expr, MEMBERS[i].name);
        int64_t number;

        if (member == NULL)
            continue;
        if (!pkt_number(run, member, &number))
            return false;
        memcpy(octets + MEMBERS[i].at, &number, MEMBERS[i].size); /* a little-endian machine */
    }
    if (key_len > 0)
        run->md5 = (struct pkt_md5){ .len = key_len };
    memcpy(run->md5.octets, key->text, MIN(key_len, run->md5.len));
    return put(run, value, octets, sizeof octets);
}

static bool put_struct(struct pkt_run *run, const struct pkt_expr *expr, struct pkt_value *value)
{
    bool is_time = pkt_member(expr, "tv_sec") != NULL || pkt_member(expr, "sec") != NULL;

    if (pkt_member(expr, "tcpm_key") != NULL)
        return put_md5sig(run, expr, value);
    for (guint i = 0; i < expr->items->len; i++) {
        int64_t number;

        if (!is_time) {
            if (!put_member(run, expr->items->pdata[i], value))
                return false;
            continue;
        }
        if (!pkt_number(run, expr->items->pdata[i], &number) ||
            !put(run, value, &number, sizeof number))
            return false;
    }
    return true;
}

bool pkt_value(struct pkt_run *run, const struct pkt_expr *expr, struct pkt_value *value)
{
    switch (expr->kind) {
    case PKT_STRING:
        return put(run, value, expr->text, expr->len);
    case PKT_STRUCT:
        return put_struct(run, expr, value);
    case PKT_LIST:
        for (guint i = 0; i < expr->items->len; i++)
            if (!pkt_value(run, expr->items->pdata[i], value))
                return false;
        return true;
    case PKT_ELLIPSIS:
        return true;
    default:
        return put_int(run, expr, value);
    }
}
