/* What a call gave, against what the script expects. */
#include <string.h>

#include "base/errnos.h"
#include "inspect/i18n.h"
#include "lab/pkt_const.h"
#include "lab/pkt_internal.h"
#include "lab/pkt_value.h"

enum { F_GETFL = 3 };

static char *result_text(int64_t result, int error)
{
    if (error == 0)
        return g_strdup_printf("%lld", (long long)result);
    return g_strdup_printf("-1 %s (%s)", sim_errno_name(error), sim_strerror(error));
}

static bool other_result(struct pkt_run *run, const struct pkt_answer *answer, int64_t expected)
{
    const struct pkt_syscall *call = &run->event->call;
    int error = call->error != NULL ? pkt_errno(call->error) : 0;
    g_autofree char *actual = result_text(answer->result, answer->error);
    g_autofree char *wanted = result_text(expected, error);

    return pkt_fail(run, _("%s() returned %s; the script expects %s"), call->name, actual, wanted);
}

/* Descriptors have the numbers that the script gives them. */
static bool makes_fd(const struct pkt_syscall *call)
{
    return g_str_equal(call->name, "socket") || g_str_has_prefix(call->name, "accept") ||
           g_str_has_prefix(call->name, "epoll_create") || g_str_equal(call->name, "open") ||
           g_str_equal(call->name, "dup");
}

static bool is_getfl(struct pkt_run *run)
{
    const struct pkt_expr *command = pkt_arg(&run->event->call, 1);
    int64_t number;

    return g_str_equal(run->event->call.name, "fcntl") && command != NULL &&
           pkt_number(run, command, &number) && number == F_GETFL;
}

static bool check_result(struct pkt_run *run, const struct pkt_answer *answer)
{
    const struct pkt_syscall *call = &run->event->call;
    int64_t expected;

    if (call->result->kind == PKT_ELLIPSIS)
        return true;
    if (!pkt_number(run, call->result, &expected))
        return false;
    if (call->error != NULL && pkt_errno(call->error) == 0)
        return pkt_refuse(run, call->error);
    if (expected < 0) {
        if (answer->result >= 0 || (call->error != NULL && pkt_errno(call->error) != answer->error))
            return other_result(run, answer, expected);
        return true;
    }
    if (answer->result < 0 || (answer->result != expected && !makes_fd(call) &&
                               !(run->options->relaxed && is_getfl(run))))
        return other_result(run, answer, expected);
    if (makes_fd(call)) {
        g_hash_table_insert(run->fds, GINT_TO_POINTER((int)expected),
                            GINT_TO_POINTER((int)answer->result));
        if (g_str_has_prefix(call->name, "accept"))
            run->info_fd = (int)answer->result;
    }
    return true;
}

/* ---- what came back through pointers ---- */

static bool check_info(struct pkt_run *run, const struct pkt_expr *expected,
                       const struct pkt_answer *answer)
{
    for (guint i = 0; i < expected->items->len; i++) {
        const struct pkt_expr *field = expected->items->pdata[i];
        int64_t wanted, actual;

        if (field->kind == PKT_ELLIPSIS || field->name == NULL)
            continue;
        if (run->options->relaxed && !g_str_equal(field->name, "tcpi_state"))
            continue; /* as R9 has it of code */
        if (!pkt_number(run, field, &wanted))
            return false;
        if (!pkt_info_field(answer->value, (uint32_t)answer->value_len, field->name, &actual))
            return pkt_refuse(run, field->name);
        if (wanted != actual)
            return pkt_fail(run, _("%s is %lld; the script expects %lld"), field->name,
                            (long long)actual, (long long)wanted);
    }
    return true;
}

static char *value_text(const uint8_t *octets, gsize len)
{
    int32_t number;
    GString *text = g_string_new(NULL);

    if (len == sizeof number) {
        memcpy(&number, octets, sizeof number);
        g_string_printf(text, "%d", number);
    } else {
        for (gsize i = 0; i < len; i++)
            g_string_append_printf(text, "%02x", octets[i]);
    }
    return g_string_free(text, FALSE);
}

static bool check_value(struct pkt_run *run, const struct pkt_expr *expected,
                        const struct pkt_answer *answer)
{
    struct pkt_value value = { .len = 0 };
    g_autofree char *actual = NULL, *wanted = NULL;

    if (expected == NULL || expected->kind == PKT_ELLIPSIS)
        return true;
    if (expected->kind == PKT_STRUCT && expected->items->len > 0 &&
        ((const struct pkt_expr *)expected->items->pdata[0])->name != NULL &&
        g_str_has_prefix(((const struct pkt_expr *)expected->items->pdata[0])->name, "tcpi_"))
        return check_info(run, expected, answer);
    if (!pkt_value(run, expected, &value))
        return false;
    if (value.len <= answer->value_len && memcmp(value.octets, answer->value, value.len) == 0)
        return true;
    actual = value_text(answer->value, answer->value_len);
    wanted = value_text(value.octets, value.len);
    return pkt_fail(run, _("%s() gave %s; the script expects %s"), run->event->call.name, actual,
                    wanted);
}

static bool check_polls(struct pkt_run *run, const struct pkt_answer *answer)
{
    const struct pkt_expr *list = pkt_arg(&run->event->call, 0);

    for (guint i = 0; i < list->items->len; i++) {
        const struct pkt_expr *revents = pkt_member(list->items->pdata[i], "revents");
        int64_t wanted;

        if (revents == NULL || revents->kind == PKT_ELLIPSIS)
            continue;
        if (!pkt_number(run, revents, &wanted))
            return false;
        if (wanted != (int64_t)answer->polls[i].revents)
            return pkt_fail(run, _("poll() says 0x%x; the script expects 0x%x"),
                            answer->polls[i].revents, (unsigned)wanted);
    }
    return true;
}

static bool check_epoll(struct pkt_run *run, const struct pkt_answer *answer)
{
    const struct pkt_expr *given = pkt_arg(&run->event->call, 1);

    for (guint i = 0; (int64_t)i < answer->result; i++) {
        const struct pkt_expr *event = given;
        int64_t events, data;

        if (given == NULL || given->kind == PKT_ELLIPSIS)
            return true;
        if (given->kind == PKT_LIST)
            event = i < given->items->len ? given->items->pdata[i] : NULL;
        else if (i > 0)
            return true; /* the first one alone */
        if (event == NULL || event->kind == PKT_ELLIPSIS)
            continue;
        if (!pkt_epoll_event(run, event, &events, &data))
            return false;
        if ((unsigned)events != answer->polls[i].revents || (uint64_t)data != answer->polls[i].data)
            return pkt_fail(run,
                            _("epoll_wait() gives events 0x%x of %lld; the script expects 0x%x "
                              "of %lld"),
                            answer->polls[i].revents, (long long)answer->polls[i].data,
                            (unsigned)events, (long long)data);
    }
    return true;
}

/* What came back through a pointer, in brackets: of TCP_INFO the state, else a number. */
static char *given_text(struct pkt_run *run, const struct pkt_answer *answer)
{
    int64_t number = 0;
    int32_t small;

    if (answer->result < 0)
        return g_strdup("");
    if (answer->n_cmsgs > 0 || answer->msg_flags != 0)
        return pkt_message_text(run, answer);
    if (answer->value_len == 0)
        return g_strdup("");
    if (answer->value_len > sizeof small) {
        const struct pkt_expr *name = pkt_arg(&run->event->call, 2);

        if (name == NULL || name->kind != PKT_WORD || !g_str_equal(name->text, "TCP_INFO") ||
            !pkt_info_field(answer->value, (uint32_t)answer->value_len, "tcpi_state", &number))
            return g_strdup("");
        return g_strdup_printf(" {tcpi_state=%s}", pkt_state_name(number));
    }
    memset(&small, 0, sizeof small);
    memcpy(&small, answer->value, MIN(answer->value_len, sizeof small));
    return g_strdup_printf(" [%d]", small);
}

static void tell(struct pkt_run *run, const struct pkt_answer *answer)
{
    g_autofree char *text = NULL, *given = NULL;

    if (run->options->told == NULL)
        return;
    text = result_text(answer->result, answer->error);
    given = given_text(run, answer);
    pkt_tell(run, "%.6f %s() = %s%s", (double)answer->at / PKT_NSEC_PER_SEC, run->event->call.name,
             text, given);
}

/* pipe([5, 6]): the script's numbers of both ends. */
static bool take_pipe(struct pkt_run *run, const struct pkt_answer *answer)
{
    const struct pkt_expr *list = pkt_arg(&run->event->call, 0);
    int fds[2];

    if (list == NULL || list->kind != PKT_LIST || list->items->len != G_N_ELEMENTS(fds))
        return pkt_fail(run, _("%s(): a list of descriptors must stand here"),
                        run->event->call.name);
    memcpy(fds, answer->value, sizeof fds);
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        int64_t number;

        if (!pkt_number(run, list->items->pdata[i], &number))
            return false;
        g_hash_table_insert(run->fds, GINT_TO_POINTER((int)number), GINT_TO_POINTER(fds[i]));
    }
    return true;
}

bool pkt_check_answer(struct pkt_run *run, const struct pkt_event *event,
                      const struct pkt_answer *answer)
{
    const char *name = event->call.name;

    tell(run, answer);
    if (!check_result(run, answer))
        return false;
    if (answer->result < 0)
        return true;
    if (g_str_equal(name, "getsockopt"))
        return check_value(run, pkt_arg(&event->call, 3), answer);
    if (g_str_equal(name, "ioctl"))
        return answer->value_len == 0 || check_value(run, pkt_arg(&event->call, 2), answer);
    if (g_str_equal(name, "recvmsg"))
        return pkt_check_message(run, pkt_arg(&event->call, 1), answer);
    if (g_str_equal(name, "pipe"))
        return take_pipe(run, answer);
    if (g_str_equal(name, "poll"))
        return check_polls(run, answer);
    if (g_str_equal(name, "epoll_wait"))
        return check_epoll(run, answer);
    return true;
}
