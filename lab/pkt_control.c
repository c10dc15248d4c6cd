/* Control messages: {cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, cmsg_data={...}}. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/pkt_internal.h"
#include "lab/pkt_value.h"

enum { LEVEL_IP = 0, LEVEL_SOCKET = 1, LEVEL_IPV6 = 41, TYPE_RECVERR = 11, TYPE_RECVERR6 = 25 };
enum { TYPE_TIMESTAMP = 29 };

/* The members of struct sock_extended_err. */
static const struct {
    const char *name;
    unsigned offset, size;
} REPORT_FIELDS[] = { { "ee_errno", 0, 4 }, { "ee_origin", 4, 1 }, { "ee_type", 5, 1 },
                      { "ee_code", 6, 1 },  { "ee_info", 8, 4 },   { "ee_data", 12, 4 } };

/* ---- what a script writes ---- */

/* The level and type of errors are those of the socket's family. */
static bool take_number(struct pkt_run *run, const struct pkt_expr *expr, int *number)
{
    bool v6 = run->config.v6 || run->config.mapped;
    int64_t value;

    if (expr == NULL)
        return pkt_fail(run, _("%s(): a control message must stand here"), run->event->call.name);
    if (expr->kind == PKT_WORD && g_str_equal(expr->text, "CMSG_LEVEL_IP"))
        value = v6 ? LEVEL_IPV6 : LEVEL_IP;
    else if (expr->kind == PKT_WORD && g_str_equal(expr->text, "CMSG_TYPE_RECVERR"))
        value = v6 ? TYPE_RECVERR6 : TYPE_RECVERR;
    else if (!pkt_number(run, expr, &value))
        return false;
    *number = (int)value;
    return true;
}

static bool is_report(const struct pkt_expr *data)
{
    return pkt_member(data, "ee_origin") != NULL || pkt_member(data, "ee_errno") != NULL;
}

static bool is_stamps(const struct pkt_expr *data)
{
    return pkt_member(data, "scm_sec") != NULL || pkt_member(data, "tv_sec") != NULL;
}

/* The octets of cmsg_data that are known beforehand, or so many zeros. */
static bool take_data(struct pkt_run *run, const struct pkt_expr *data, struct sys_cmsg *cmsg)
{
    struct pkt_value value = { .len = 0 };

    if (data == NULL || data->kind == PKT_ELLIPSIS) {
        cmsg->len = sizeof cmsg->data;
        return true;
    }
    if (is_report(data)) {
        cmsg->len = cmsg->level == LEVEL_IPV6 ? 16 + 28 : 16 + 16;
        return true;
    }
    if (is_stamps(data)) {
        cmsg->len = pkt_member(data, "tv_sec") != NULL ? 16 : 3 * 16;
        return true;
    }
    if (!pkt_value(run, data, &value))
        return false;
    if (value.len > sizeof cmsg->data)
        return pkt_fail(run, _("%s(): this value is too long"), run->event->call.name);
    cmsg->len = value.len;
    memcpy(cmsg->data, value.octets, value.len);
    return true;
}

static bool take_cmsg(struct pkt_run *run, const struct pkt_expr *expr, struct sys_cmsg *cmsg)
{
    memset(cmsg, 0, sizeof *cmsg);
    if (expr->kind == PKT_ELLIPSIS) /* room for any */
        return take_data(run, NULL, cmsg);
    return take_number(run, pkt_member(expr, "cmsg_level"), &cmsg->level) &&
           take_number(run, pkt_member(expr, "cmsg_type"), &cmsg->type) &&
           take_data(run, pkt_member(expr, "cmsg_data"), cmsg);
}

bool pkt_control(struct pkt_run *run, const struct pkt_expr *msg, struct pkt_call *call)
{
    const struct pkt_expr *list = pkt_member(msg, "msg_control");

    if (list == NULL || list->kind != PKT_LIST)
        return true;
    if (list->items->len > SYS_CMSGS_MAX)
        return pkt_refuse(run, _("so many control messages"));
    for (guint i = 0; i < list->items->len; i++) {
        struct sys_cmsg *cmsg = &call->cmsgs[i];

        if (!take_cmsg(run, list->items->pdata[i], cmsg))
            return false;
        call->control_room += sys_cmsg_space(cmsg->len);
    }
    call->n_cmsgs = call->kind == PKT_DO_SEND ? list->items->len : 0;
    return true;
}

/* ---- what came back ---- */

static int64_t field_of(const struct sys_cmsg *cmsg, unsigned offset, unsigned size)
{
    uint32_t word = 0;

    if (offset + size > cmsg->len)
        return -1;
    memcpy(&word, cmsg->data + offset, size);
    return word;
}

static bool check_report(struct pkt_run *run, const struct pkt_expr *data,
                         const struct sys_cmsg *cmsg)
{
    for (gsize i = 0; i < G_N_ELEMENTS(REPORT_FIELDS); i++) {
        const struct pkt_expr *field = pkt_member(data, REPORT_FIELDS[i].name);
        int64_t actual = field_of(cmsg, REPORT_FIELDS[i].offset, REPORT_FIELDS[i].size), wanted;

        if (field == NULL || field->kind == PKT_ELLIPSIS)
            continue;
        if (!pkt_number(run, field, &wanted))
            return false;
        if (actual != wanted)
            return pkt_fail(run, _("%s is %lld; the script expects %lld"), field->name,
                            (long long)actual, (long long)wanted);
    }
    return true;
}

/* In ns since the script's start. */
static int64_t stamp_of(const struct pkt_run *run, const struct sys_cmsg *cmsg)
{
    int64_t time[2] = { 0, 0 };

    memcpy(time, cmsg->data, MIN(cmsg->len, sizeof time));
    if (cmsg->type == TYPE_TIMESTAMP)
        time[1] *= PKT_NSEC_PER_USEC;
    return time[0] * PKT_NSEC_PER_SEC + time[1] - run->start;
}

/* The first of three times, which the script counts from its start. */
static bool check_stamps(struct pkt_run *run, const struct pkt_expr *data,
                         const struct sys_cmsg *cmsg)
{
    const struct pkt_expr *const *parts = (void *)data->items->pdata;
    int64_t sec, part = 0, actual = stamp_of(run, cmsg), wanted;

    if (!pkt_number(run, parts[0], &sec) ||
        (data->items->len > 1 && !pkt_number(run, parts[1], &part)))
        return false;
    wanted = sec * PKT_NSEC_PER_SEC +
             part * (pkt_member(data, "tv_usec") != NULL ? PKT_NSEC_PER_USEC : 1);
    if (actual >= wanted - run->tolerance && actual <= wanted + run->tolerance)
        return true;
    return pkt_fail(run, _("the timestamp is %.6f s; the script expects %.6f s"),
                    (double)actual / PKT_NSEC_PER_SEC, (double)wanted / PKT_NSEC_PER_SEC);
}

static bool check_number(struct pkt_run *run, const struct pkt_expr *data,
                         const struct sys_cmsg *cmsg)
{
    int32_t actual = 0;
    int64_t wanted;

    memcpy(&actual, cmsg->data, MIN(cmsg->len, sizeof actual));
    if (!pkt_number(run, data, &wanted))
        return false;
    return actual == wanted || pkt_fail(run, _("%s is %lld; the script expects %lld"), "cmsg_data",
                                        (long long)actual, (long long)wanted);
}

static bool check_data(struct pkt_run *run, const struct pkt_expr *data,
                       const struct sys_cmsg *cmsg)
{
    struct sys_cmsg wanted = { .len = 0 };

    if (data == NULL || data->kind == PKT_ELLIPSIS)
        return true;
    if (is_report(data))
        return check_report(run, data, cmsg);
    if (is_stamps(data))
        return check_stamps(run, data, cmsg);
    if (data->kind != PKT_STRUCT && data->kind != PKT_LIST && data->kind != PKT_STRING)
        return check_number(run, data, cmsg);
    if (!take_data(run, data, &wanted))
        return false;
    return (wanted.len <= cmsg->len && memcmp(wanted.data, cmsg->data, wanted.len) == 0) ||
           pkt_fail(run, _("the control message has other data than the script expects"));
}

static bool check_cmsg(struct pkt_run *run, const struct pkt_expr *expr,
                       const struct sys_cmsg *cmsg)
{
    int level = 0, type = 0;

    if (!take_number(run, pkt_member(expr, "cmsg_level"), &level) ||
        !take_number(run, pkt_member(expr, "cmsg_type"), &type))
        return false;
    if (level != cmsg->level || type != cmsg->type)
        return pkt_fail(run,
                        _("the control message has level %d and type %d; the script expects %d "
                          "and %d"),
                        cmsg->level, cmsg->type, level, type);
    return check_data(run, pkt_member(expr, "cmsg_data"), cmsg);
}

static bool check_flags(struct pkt_run *run, const struct pkt_expr *flags,
                        const struct pkt_answer *answer)
{
    int64_t wanted;

    if (flags == NULL || flags->kind == PKT_ELLIPSIS)
        return true;
    if (!pkt_number(run, flags, &wanted))
        return false;
    return wanted == (int64_t)answer->msg_flags ||
           pkt_fail(run, _("%s is 0x%x; the script expects 0x%x"), "msg_flags", answer->msg_flags,
                    (unsigned)wanted);
}

static bool check_list(struct pkt_run *run, const struct pkt_expr *list,
                       const struct pkt_answer *answer)
{
    for (guint i = 0; i < list->items->len; i++) {
        const struct pkt_expr *wanted = list->items->pdata[i];

        if (wanted->kind == PKT_ELLIPSIS)
            continue;
        if (i >= answer->n_cmsgs)
            return pkt_fail(run, _("there are %u control messages; the script expects %u"),
                            answer->n_cmsgs, list->items->len);
        if (!check_cmsg(run, wanted, &answer->cmsgs[i]))
            return false;
    }
    return true;
}

bool pkt_check_message(struct pkt_run *run, const struct pkt_expr *msg,
                       const struct pkt_answer *answer)
{
    const struct pkt_expr *list = pkt_member(msg, "msg_control");

    if (list != NULL && list->kind == PKT_LIST && !check_list(run, list, answer))
        return false;
    return check_flags(run, pkt_member(msg, "msg_flags"), answer);
}

/* ---- for --show ---- */

static void tell_cmsg(struct pkt_run *run, const struct sys_cmsg *cmsg, GString *text)
{
    int64_t at = stamp_of(run, cmsg);
    int32_t number = 0;
    bool error = (cmsg->level == LEVEL_IP && cmsg->type == TYPE_RECVERR) ||
                 (cmsg->level == LEVEL_IPV6 && cmsg->type == TYPE_RECVERR6);

    g_string_append_printf(text, " {cmsg_level=%d, cmsg_type=%d, cmsg_data=", cmsg->level,
                           cmsg->type);
    if (error && cmsg->len >= 16) {
        for (gsize i = 0; i < G_N_ELEMENTS(REPORT_FIELDS); i++)
            g_string_append_printf(
                text, "%s%s=%lld", i == 0 ? "{" : ", ", REPORT_FIELDS[i].name,
                (long long)field_of(cmsg, REPORT_FIELDS[i].offset, REPORT_FIELDS[i].size));
        g_string_append(text, "}}");
    } else if (cmsg->level == LEVEL_SOCKET && cmsg->len >= 16) {
        g_string_append_printf(text, "{scm_sec=%lld, scm_nsec=%lld}}",
                               (long long)(at / PKT_NSEC_PER_SEC),
                               (long long)(at % PKT_NSEC_PER_SEC));
    } else {
        memcpy(&number, cmsg->data, MIN(cmsg->len, sizeof number));
        g_string_append_printf(text, "%d}", number);
    }
}

char *pkt_message_text(struct pkt_run *run, const struct pkt_answer *answer)
{
    GString *text = g_string_new(NULL);

    if (answer->msg_flags != 0)
        g_string_append_printf(text, " msg_flags=0x%x", answer->msg_flags);
    for (unsigned i = 0; i < answer->n_cmsgs; i++)
        tell_cmsg(run, &answer->cmsgs[i], text);
    return g_string_free(text, FALSE);
}
