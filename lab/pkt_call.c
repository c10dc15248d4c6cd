/* Calls: from a line of the script to what the machine shall do. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/pkt_const.h"
#include "lab/pkt_internal.h"
#include "lab/pkt_value.h"
#include "stack/socket/syscall.h"

enum { AF_INET_NUMBER = 2, AF_INET6_NUMBER = 10, SOCK_STREAM_NUMBER = 1 };
enum { F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_SETOWN = 8, F_GETOWN = 9 };
enum { FIONBIO = 0x5421, O_NONBLOCK_NUMBER = 0x800 };
enum { OCTETS_MAX = 64 << 20, NS_PER_MS = 1000000, NS_PER_SECOND = 1000000000 };

static bool take_fd(struct pkt_run *run, unsigned n, int *fd)
{
    int64_t number;
    gpointer found;

    if (!pkt_arg_number(run, n, &number))
        return false;
    *fd = g_hash_table_lookup_extended(run->fds, GINT_TO_POINTER((int)number), NULL, &found)
              ? GPOINTER_TO_INT(found)
              : -1; /* EBADF is the machine's answer */
    return true;
}

static bool take_len(struct pkt_run *run, const struct pkt_expr *expr, uint32_t *len)
{
    int64_t number;

    if (expr == NULL)
        return pkt_fail(run, _("%s(): an argument is missing"), run->event->call.name);
    if (!pkt_number(run, expr, &number))
        return false;
    if (number < 0 || number > OCTETS_MAX)
        return pkt_refuse(run, _("so many octets at once"));
    *len = (uint32_t)number;
    return true;
}

static bool take_flags(struct pkt_run *run, unsigned n, unsigned *flags)
{
    int64_t number = 0;

    if (pkt_arg(&run->event->call, n) != NULL && !pkt_arg_number(run, n, &number))
        return false;
    *flags = (unsigned)number;
    return true;
}

/* ---- making and naming sockets ---- */

static bool make_socket(struct pkt_run *run, struct pkt_call *call)
{
    const struct pkt_expr *domain = pkt_arg(&run->event->call, 0);
    int64_t number = run->config.v6 || run->config.mapped ? AF_INET6_NUMBER : AF_INET_NUMBER, type,
            protocol;

    if (domain != NULL && domain->kind != PKT_ELLIPSIS && !pkt_number(run, domain, &number))
        return false;
    if (!pkt_arg_number(run, 1, &type) || !pkt_arg_number(run, 2, &protocol))
        return false;
    run->connect_fd = -1;
    call->domain = (int)number;
    call->type = (int)type;
    call->protocol = (int)protocol;
    return true;
}

static bool make_bind(struct pkt_run *run, struct pkt_call *call)
{
    return take_fd(run, 0, &call->fd) &&
           pkt_address(run, pkt_arg(&run->event->call, 1), &run->config.local, &call->has_addr,
                       &call->addr);
}

static bool make_listen(struct pkt_run *run, struct pkt_call *call)
{
    run->listening = true;
    return take_fd(run, 0, &call->fd) && pkt_arg_number(run, 1, &call->number);
}

/* A SYN to @call's address will leave, or has left and is asked about again. */
static void note_connect(struct pkt_run *run, const struct pkt_call *call)
{
    run->info_fd = call->fd;
    run->listening = false;
    if (run->connect_fd == call->fd && run->conn != NULL)
        return;
    pkt_conn_new(run)->remote_port = call->addr.port;
    run->connect_fd = call->fd;
}

/* Does connect() open a connection where it fails with @error, or NULL? */
static bool sends_syn(const char *error)
{
    return error == NULL || !g_str_equal(error, "EISCONN");
}

static bool make_connect(struct pkt_run *run, struct pkt_call *call)
{
    if (!take_fd(run, 0, &call->fd) ||
        !pkt_address(run, pkt_arg(&run->event->call, 1), &run->config.remote, &call->has_addr,
                     &call->addr))
        return false;
    if (call->has_addr && sends_syn(run->event->call.error))
        note_connect(run, call);
    return true;
}

static bool make_accept(struct pkt_run *run, struct pkt_call *call)
{
    return take_fd(run, 0, &call->fd);
}

static bool make_accept4(struct pkt_run *run, struct pkt_call *call)
{
    return take_fd(run, 0, &call->fd) && take_flags(run, 3, &call->flags);
}

static bool make_fd_number(struct pkt_run *run, struct pkt_call *call)
{
    return take_fd(run, 0, &call->fd) && pkt_arg_number(run, 1, &call->number);
}

static bool make_fd(struct pkt_run *run, struct pkt_call *call)
{
    return take_fd(run, 0, &call->fd);
}

/* ---- sending and receiving ---- */

/* The octets of a string, or zeros; @len says how many. */
static bool buffer(struct pkt_run *run, struct pkt_call *call, unsigned n)
{
    const struct pkt_expr *octets = pkt_arg(&run->event->call, n);
    const struct pkt_expr *len = pkt_arg(&run->event->call, n + 1);

    if (octets == NULL || len == NULL)
        return pkt_fail(run, _("%s(): an argument is missing"), run->event->call.name);
    if (!take_len(run, len, &call->len))
        return false;
    if (octets->kind == PKT_STRING && octets->len >= call->len)
        call->octets = (const uint8_t *)octets->text;
    return true;
}

static bool iovec(struct pkt_run *run, struct pkt_call *call, const struct pkt_expr *list)
{
    if (list == NULL || list->kind != PKT_LIST)
        return pkt_fail(run, _("%s(): a list of buffers must stand here"), run->event->call.name);
    for (guint i = 0; i < list->items->len; i++) {
        const struct pkt_expr *piece = list->items->pdata[i];
        uint32_t len = 0;

        if (piece->kind != PKT_STRUCT || piece->items->len < 2 ||
            !take_len(run, piece->items->pdata[1], &len))
            return pkt_fail(run, _("%s(): a list of buffers must stand here"),
                            run->event->call.name);
        call->len += len;
    }
    return true;
}

static bool make_rw(struct pkt_run *run, struct pkt_call *call)
{
    call->is_file_call =
        g_str_equal(run->event->call.name, "read") || g_str_equal(run->event->call.name, "write");
    return take_fd(run, 0, &call->fd) && buffer(run, call, 1) && take_flags(run, 3, &call->flags);
}

static bool make_rwv(struct pkt_run *run, struct pkt_call *call)
{
    call->is_file_call = true;
    return take_fd(run, 0, &call->fd) && iovec(run, call, pkt_arg(&run->event->call, 1));
}

/* Octets with an address: a datagram, or with MSG_FASTOPEN a connection. */
static void note_sendto(struct pkt_run *run, const struct pkt_call *call)
{
    if (!call->has_addr)
        return;
    if ((call->flags & SOCK_MSG_FASTOPEN) != 0)
        note_connect(run, call);
    else if (run->conn == NULL)
        pkt_conn_new(run)->remote_port = call->addr.port;
}

static bool make_sendto(struct pkt_run *run, struct pkt_call *call)
{
    if (!make_rw(run, call) || !pkt_address(run, pkt_arg(&run->event->call, 4), &run->config.remote,
                                            &call->has_addr, &call->addr))
        return false;
    note_sendto(run, call);
    return true;
}

static bool make_msg(struct pkt_run *run, struct pkt_call *call)
{
    const struct pkt_expr *msg = pkt_arg(&run->event->call, 1), *name;

    if (!take_fd(run, 0, &call->fd) || !take_flags(run, 2, &call->flags))
        return false;
    if (msg == NULL || msg->kind != PKT_STRUCT)
        return pkt_fail(run, _("%s(): a message must stand here"), run->event->call.name);
    call->has_message = true;
    if (!pkt_control(run, msg, call))
        return false;
    name = pkt_member(msg, "msg_name");
    if (name != NULL && name->kind == PKT_STRUCT &&
        !pkt_address(run, name, &run->config.remote, &call->has_addr, &call->addr))
        return false;
    if (call->kind == PKT_DO_SEND)
        note_sendto(run, call);
    return iovec(run, call, pkt_member(msg, "msg_iov"));
}

/* ---- options ---- */

static bool take_option(struct pkt_run *run, struct pkt_call *call)
{
    const char *missing;
    int64_t level;

    if (!take_fd(run, 0, &call->fd) || !pkt_arg_number(run, 1, &level) ||
        !pkt_arg_number(run, 2, &call->number))
        return false;
    call->level = (int)level;
    missing = sys_missing_option(call->level, (int)call->number);
    return missing == NULL || pkt_refuse(run, missing);
}

static bool make_setsockopt(struct pkt_run *run, struct pkt_call *call)
{
    const struct pkt_expr *value = pkt_arg(&run->event->call, 3);
    const struct pkt_expr *len = pkt_arg(&run->event->call, 4);
    struct pkt_value octets = { .len = 0 };
    int64_t number;

    if (!take_option(run, call))
        return false;
    if (value == NULL)
        return pkt_fail(run, _("%s(): an argument is missing"), run->event->call.name);
    if (!pkt_value(run, value, &octets))
        return false;
    memcpy(call->value, octets.octets, octets.len);
    call->value_len = octets.len;
    if (len != NULL && len->kind != PKT_ELLIPSIS && value->kind != PKT_STRUCT) {
        if (!pkt_number(run, len, &number))
            return false;
        call->value_len = (gsize)CLAMP(number, 0, PKT_VALUE_MAX);
    }
    return true;
}

static bool make_getsockopt(struct pkt_run *run, struct pkt_call *call)
{
    const struct pkt_expr *value = pkt_arg(&run->event->call, 3);
    struct pkt_value octets = { .len = 0 };

    if (!take_option(run, call))
        return false;
    call->value_len = PKT_VALUE_MAX;
    if (value != NULL && value->kind == PKT_LIST && pkt_value(run, value, &octets))
        call->value_len = octets.len;
    return run->verdict->reason == NULL;
}

/* ---- descriptors ---- */

static bool make_fcntl(struct pkt_run *run, struct pkt_call *call)
{
    if (!take_fd(run, 0, &call->fd) || !pkt_arg_number(run, 1, &call->number))
        return false;
    switch (call->number) {
    case F_GETFD:
    case F_GETFL:
    case F_GETOWN:
        return true;
    case F_SETFD:
    case F_SETFL:
    case F_SETOWN:
        return pkt_arg_number(run, 2, &call->argument);
    default:
        return pkt_refuse(run, _("this command of fcntl()"));
    }
}

/* FIONBIO is fcntl()'s O_NONBLOCK by another name. */
static bool make_ioctl(struct pkt_run *run, struct pkt_call *call)
{
    int64_t on;

    if (!make_fd_number(run, call))
        return false;
    if (call->number != FIONBIO)
        return true;
    if (!pkt_arg_number(run, 2, &on))
        return false;
    call->kind = PKT_DO_FCNTL;
    call->number = F_SETFL;
    call->argument = on != 0 ? O_NONBLOCK_NUMBER : 0;
    return true;
}

static bool take_polls(struct pkt_run *run, struct pkt_call *call)
{
    const struct pkt_expr *list = pkt_arg(&run->event->call, 0);

    if (list == NULL || list->kind != PKT_LIST || list->items->len > PKT_POLLS_MAX)
        return pkt_fail(run, _("%s(): a list of descriptors must stand here"),
                        run->event->call.name);
    for (guint i = 0; i < list->items->len; i++) {
        const struct pkt_expr *fd = pkt_member(list->items->pdata[i], "fd");
        const struct pkt_expr *events = pkt_member(list->items->pdata[i], "events");
        int64_t number, bits = 0;
        gpointer found;

        if (fd == NULL || events == NULL || !pkt_number(run, fd, &number) ||
            !pkt_number(run, events, &bits))
            return pkt_fail(run, _("%s(): a list of descriptors must stand here"),
                            run->event->call.name);
        found = g_hash_table_lookup(run->fds, GINT_TO_POINTER((int)number));
        call->polls[i].fd = found != NULL ? GPOINTER_TO_INT(found) : (int)number;
        call->polls[i].events = (unsigned)bits;
    }
    call->n_polls = list->items->len;
    return true;
}

static bool make_poll(struct pkt_run *run, struct pkt_call *call)
{
    if (!take_polls(run, call) || !pkt_arg_number(run, 2, &call->number))
        return false;
    call->number *= NS_PER_MS;
    return true;
}

/* ppoll([...], 1, {tv_sec=1, tv_nsec=0}, ...): NULL for ever. There are no signals to be blocked.
 */
static bool make_ppoll(struct pkt_run *run, struct pkt_call *call)
{
    const struct pkt_expr *time = pkt_arg(&run->event->call, 2), *sec, *nsec;
    int64_t seconds = 0, nanoseconds = -1;

    if (!take_polls(run, call))
        return false;
    if (time != NULL && time->kind == PKT_STRUCT) {
        sec = pkt_member(time, "tv_sec");
        nsec = pkt_member(time, "tv_nsec");
        nanoseconds = 0;
        if ((sec != NULL && !pkt_number(run, sec, &seconds)) ||
            (nsec != NULL && !pkt_number(run, nsec, &nanoseconds)))
            return false;
    }
    call->number = seconds * NS_PER_SECOND + nanoseconds;
    return true;
}

/* ---- epoll ---- */

/* {events=EPOLLIN, fd=4}: what epoll_wait() gives back is in any of the union's members. */
static const struct pkt_expr *epoll_data(const struct pkt_expr *event)
{
    static const char *const names[] = { "fd", "u32", "u64", "ptr" };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (pkt_member(event, names[i]) != NULL)
            return pkt_member(event, names[i]);
    return NULL;
}

bool pkt_epoll_event(struct pkt_run *run, const struct pkt_expr *event, int64_t *events,
                     int64_t *data)
{
    const struct pkt_expr *bits = pkt_member(event, "events"), *user = epoll_data(event);

    if (event->kind != PKT_STRUCT || bits == NULL)
        return pkt_fail(run, _("%s(): an event must stand here"), run->event->call.name);
    *data = 0;
    return pkt_number(run, bits, events) && (user == NULL || pkt_number(run, user, data));
}

static bool make_epoll_ctl(struct pkt_run *run, struct pkt_call *call)
{
    const struct pkt_expr *event = pkt_arg(&run->event->call, 3);
    int64_t events, data;

    if (!take_fd(run, 0, &call->fd) || !pkt_arg_number(run, 1, &call->number) ||
        !take_fd(run, 2, &call->polls[0].fd))
        return false;
    if (event == NULL || event->kind != PKT_STRUCT) /* DEL needs none */
        return true;
    if (!pkt_epoll_event(run, event, &events, &data))
        return false;
    call->polls[0].events = (unsigned)events;
    call->polls[0].data = (uint64_t)data;
    return true;
}

static bool make_epoll_wait(struct pkt_run *run, struct pkt_call *call)
{
    int64_t max;

    if (!take_fd(run, 0, &call->fd) || !pkt_arg_number(run, 2, &max) ||
        !pkt_arg_number(run, 3, &call->number))
        return false;
    if (max > PKT_POLLS_MAX)
        return pkt_refuse(run, _("so many events at once"));
    call->n_polls = max > 0 ? (unsigned)max : 0;
    return true;
}

/* ---- pipes and files ---- */

static bool make_nothing(struct pkt_run *run, struct pkt_call *call)
{
    (void)run;
    (void)call;
    return true;
}

/* open("page.html", O_RDONLY): a file beside the script, or one that its commands have made. */
static bool make_open(struct pkt_run *run, struct pkt_call *call)
{
    const struct pkt_expr *name = pkt_arg(&run->event->call, 0);
    gsize len = 0;

    if (name == NULL || name->kind != PKT_STRING)
        return pkt_fail(run, _("%s(): an argument is missing"), run->event->call.name);
    g_strlcpy((char *)call->value, name->text, sizeof call->value);
    call->octets = (const uint8_t *)pkt_file(run, name->text, &len);
    call->len = (uint32_t)len;
    return true;
}

static bool make_sendfile(struct pkt_run *run, struct pkt_call *call)
{
    return take_fd(run, 0, &call->fd) && take_fd(run, 1, &call->fd2) &&
           pkt_arg_number(run, 2, &call->number) &&
           take_len(run, pkt_arg(&run->event->call, 3), &call->len);
}

static bool make_splice(struct pkt_run *run, struct pkt_call *call)
{
    return take_fd(run, 0, &call->fd) && take_fd(run, 2, &call->fd2) &&
           take_len(run, pkt_arg(&run->event->call, 4), &call->len) &&
           take_flags(run, 5, &call->flags);
}

/* ---- all ---- */

static const struct {
    const char *name;
    enum pkt_call_kind kind;
    bool (*make)(struct pkt_run *run, struct pkt_call *call);
} CALLS[] = {
    { "socket", PKT_DO_SOCKET, make_socket },
    { "bind", PKT_DO_BIND, make_bind },
    { "listen", PKT_DO_LISTEN, make_listen },
    { "accept", PKT_DO_ACCEPT, make_accept },
    { "accept4", PKT_DO_ACCEPT, make_accept4 },
    { "connect", PKT_DO_CONNECT, make_connect },
    { "read", PKT_DO_RECV, make_rw },
    { "recv", PKT_DO_RECV, make_rw },
    { "recvfrom", PKT_DO_RECV, make_rw },
    { "readv", PKT_DO_RECV, make_rwv },
    { "recvmsg", PKT_DO_RECV, make_msg },
    { "write", PKT_DO_SEND, make_rw },
    { "send", PKT_DO_SEND, make_rw },
    { "sendto", PKT_DO_SEND, make_sendto },
    { "writev", PKT_DO_SEND, make_rwv },
    { "sendmsg", PKT_DO_SEND, make_msg },
    { "shutdown", PKT_DO_SHUTDOWN, make_fd_number },
    { "close", PKT_DO_CLOSE, make_fd },
    { "getsockopt", PKT_DO_GETSOCKOPT, make_getsockopt },
    { "setsockopt", PKT_DO_SETSOCKOPT, make_setsockopt },
    { "fcntl", PKT_DO_FCNTL, make_fcntl },
    { "ioctl", PKT_DO_IOCTL, make_ioctl },
    { "poll", PKT_DO_POLL, make_poll },
    { "ppoll", PKT_DO_POLL, make_ppoll },
    { "epoll_create", PKT_DO_EPOLL_CREATE, make_nothing },
    { "epoll_create1", PKT_DO_EPOLL_CREATE, make_nothing },
    { "epoll_ctl", PKT_DO_EPOLL_CTL, make_epoll_ctl },
    { "epoll_wait", PKT_DO_EPOLL_WAIT, make_epoll_wait },
    { "getsockname", PKT_DO_GETSOCKNAME, make_fd },
    { "getpeername", PKT_DO_GETPEERNAME, make_fd },
    { "pipe", PKT_DO_PIPE, make_nothing },
    { "open", PKT_DO_OPEN, make_open },
    { "dup", PKT_DO_DUP, make_fd },
    { "sendfile", PKT_DO_SENDFILE, make_sendfile },
    { "splice", PKT_DO_SPLICE, make_splice },
};

bool pkt_do_call(struct pkt_run *run)
{
    const char *name = run->event->call.name;
    struct pkt_call call = { .fd = -1 };

    for (gsize i = 0; i < G_N_ELEMENTS(CALLS); i++) {
        if (!g_str_equal(CALLS[i].name, name))
            continue;
        call.kind = CALLS[i].kind;
        if (!CALLS[i].make(run, &call))
            return false;
        return run->host->ops->call(run->host, &call) ||
               pkt_fail(run, _("%s() waits while another call waits"), name);
    }
    return pkt_refuse(run, name);
}
