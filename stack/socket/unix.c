/*
 * AF_UNIX sockets: what one program sends lies in the other's receive queue at once.
 *
 * A connection is two sockets that point at each other. connect() makes the server's one, which
 * waits in the listener's queue for accept(). The octets of a message count against their sender's
 * send buffer until they are read.
 */
#include "stack/socket/unix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stack/socket/fd.h"
#include "stack/socket/syscall.h"

#define BUFFER_HEAD   256   /* what Linux charges for a message beside its octets' memory, */
#define BUFFER_TAIL   320   /* which has this much at its end and comes in powers of two */
#define STREAM_PIECE  32768 /* about what Linux puts into one buffer of a stream */
#define DATAGRAMS_MAX 10    /* net.unix.max_dgram_qlen */

enum unix_state { UNIX_FRESH, UNIX_LISTENING, UNIX_CONNECTED };

struct unix_message {
    struct list link;
    struct unix_sock *sender; /* charged for it; NULL when it is gone */
    char *from;               /* its name then, or NULL */
    struct fd *rights;        /* a descriptor that goes with it, or NULL */
    size_t len, at;           /* octets, and those of a stream already read */
    uint8_t octets[];
};

struct unix_sock {
    struct sock sock;
    struct os *os;
    int type;
    enum unix_state state;
    char *name; /* its own, or as an accepted one its listener's; NULL: none */
    bool bound; /* it can be found by its name */
    struct unix_sock *peer;
    struct list link;  /* os->unix_socks */
    struct list queue; /* of unix_message */
    unsigned n_messages;
    size_t charged; /* octets sent and not read yet */
    bool shut_rd, shut_wr;
    bool waits_for_room; /* somebody found the queue full: tell when there is room */
    unsigned backlog;
    struct list accept_queue, accept_link;
    unsigned n_accept;
    bool embryo; /* nobody has accepted it yet */
};

static struct unix_sock *unix_of(const struct sock *sock)
{
    return CONTAINER_OF((struct sock *)(uintptr_t)sock, struct unix_sock, sock);
}

static size_t charge(size_t len)
{
    size_t memory = 512;

    while (memory < len + BUFFER_TAIL)
        memory *= 2;
    return memory + BUFFER_HEAD;
}

static void wake(struct unix_sock *u, unsigned events)
{
    sock_wake(&u->sock, events);
}

/* Whoever waits for room in @u's queue: its peer, or anybody who sends to a name. */
static void wake_senders(struct unix_sock *u)
{
    if (u->peer != NULL)
        wake(u->peer, SOCK_POLLOUT);
    if (!u->waits_for_room)
        return;
    u->waits_for_room = false;
    for (struct list *at = u->os->unix_socks.next; at != &u->os->unix_socks; at = at->next)
        wake(CONTAINER_OF(at, struct unix_sock, link), SOCK_POLLOUT);
}

/* ---- names ---- */

static bool is_abstract(const char *name)
{
    return *name == '@';
}

static struct unix_sock *find_bound(struct os *os, const char *name)
{
    /* the last one: the file of one before it may have been removed */
    for (struct list *at = os->unix_socks.prev; at != &os->unix_socks; at = at->prev) {
        struct unix_sock *u = CONTAINER_OF(at, struct unix_sock, link);

        if (u->bound && strcmp(u->name, name) == 0)
            return u;
    }
    return NULL;
}

/* The socket at @name, or what is wrong with it. */
static struct unix_sock *look_up(struct os *os, const char *name, int *error)
{
    struct unix_sock *found = find_bound(os, name);
    bool there = is_abstract(name) || os_file_find(os, name) != NULL;

    if (found != NULL && there)
        return found;
    *error = there ? -SIM_ECONNREFUSED : -SIM_ENOENT;
    return NULL;
}

int unix_bind(struct sock *sock, const char *name)
{
    struct unix_sock *u = unix_of(sock);

    if (u->name != NULL || *name == '\0' || strlen(name) > UNIX_NAME_MAX)
        return -SIM_EINVAL;
    if (is_abstract(name) ? find_bound(u->os, name) != NULL : os_file_find(u->os, name) != NULL)
        return -SIM_EADDRINUSE;
    if (!is_abstract(name))
        os_file_write(u->os, name, "", 0, false); /* it stays when the socket is closed */
    u->name = mem_strdup(name);
    u->bound = true;
    return 0;
}

const char *unix_name(const struct sock *sock)
{
    const struct unix_sock *u = unix_of(sock);

    return u->name == NULL ? "" : u->name;
}

const char *unix_peer_name(const struct sock *sock)
{
    const struct unix_sock *u = unix_of(sock);

    return u->peer == NULL ? NULL : u->peer->name == NULL ? "" : u->peer->name;
}

/* ---- connections ---- */

static int refuse_endpoint(struct sock *sock, struct endpoint endpoint)
{
    (void)sock;
    (void)endpoint;
    return -SIM_EINVAL; /* an address of another family */
}

static int op_listen(struct sock *sock, int backlog)
{
    struct unix_sock *u = unix_of(sock);

    if (u->type == SIM_SOCK_DGRAM)
        return -SIM_EOPNOTSUPP;
    if (u->name == NULL || u->state == UNIX_CONNECTED)
        return -SIM_EINVAL;
    u->backlog = backlog < 0 || backlog > 4096 ? 4096 : (unsigned)backlog;
    u->state = UNIX_LISTENING;
    return 0;
}

static struct sock *op_accept(struct sock *sock, int *error)
{
    struct unix_sock *u = unix_of(sock), *child;

    *error = -SIM_EAGAIN;
    if (u->type == SIM_SOCK_DGRAM)
        *error = -SIM_EOPNOTSUPP;
    else if (u->state != UNIX_LISTENING)
        *error = -SIM_EINVAL;
    if (*error != -SIM_EAGAIN || list_empty(&u->accept_queue))
        return NULL;
    child = CONTAINER_OF(u->accept_queue.next, struct unix_sock, accept_link);
    list_remove(&child->accept_link);
    u->n_accept--;
    child->embryo = false;
    wake_senders(u); /* a connect() may be waiting */
    return &child->sock;
}

static void join(struct unix_sock *a, struct unix_sock *b)
{
    a->peer = b;
    b->peer = a;
    a->state = b->state = UNIX_CONNECTED;
}

void unix_pair(struct sock *a, struct sock *b)
{
    join(unix_of(a), unix_of(b));
}

static int connect_datagram(struct unix_sock *u, struct unix_sock *other)
{
    if (other->type != SIM_SOCK_DGRAM)
        return -SIM_EPROTOTYPE;
    u->peer = other;
    u->state = UNIX_CONNECTED;
    return 0;
}

int unix_connect(struct sock *sock, const char *name)
{
    struct unix_sock *u = unix_of(sock), *child, *other;
    int error = 0;

    if (*name == '\0' || strlen(name) > UNIX_NAME_MAX)
        return -SIM_EINVAL;
    other = look_up(u->os, name, &error);
    if (other == NULL)
        return error;
    if (u->type == SIM_SOCK_DGRAM)
        return connect_datagram(u, other);
    if (other->type != u->type)
        return -SIM_EPROTOTYPE;
    if (other->state != UNIX_LISTENING)
        return -SIM_ECONNREFUSED;
    if (other->n_accept > other->backlog) {
        other->waits_for_room = true;
        return -SIM_EAGAIN;
    }
    if (u->state != UNIX_FRESH)
        return u->state == UNIX_CONNECTED ? -SIM_EISCONN : -SIM_EINVAL;
    child = unix_of(unix_socket(u->os, u->type));
    child->name = mem_strdup(other->name);
    child->embryo = true;
    join(u, child);
    list_push_back(&other->accept_queue, &child->accept_link);
    other->n_accept++;
    wake(other, SOCK_POLLIN);
    return 0;
}

static int op_disconnect(struct sock *sock)
{
    struct unix_sock *u = unix_of(sock);

    if (u->type != SIM_SOCK_DGRAM)
        return -SIM_EINVAL;
    u->peer = NULL;
    u->state = UNIX_FRESH;
    return 0;
}

/* ---- messages ---- */

static void message_free(struct unix_sock *u, struct unix_message *message)
{
    struct unix_sock *sender = message->sender;

    list_remove(&message->link);
    u->n_messages--;
    if (sender != NULL) {
        sender->charged -= charge(message->len);
        wake(sender, SOCK_POLLOUT);
    }
    if (message->rights != NULL)
        fd_release(message->rights);
    free(message->from);
    free(message);
}

static void put(struct unix_sock *from, struct unix_sock *to, const uint8_t *octets, size_t len,
                struct fd *rights)
{
    struct unix_message *message = mem_zalloc(sizeof *message + len);

    message->sender = from;
    message->from = from->name == NULL ? NULL : mem_strdup(from->name);
    message->len = len;
    message->rights = rights;
    if (rights != NULL)
        fd_hold(rights);
    if (len > 0)
        memcpy(message->octets, octets, len);
    from->charged += charge(len);
    list_push_back(&to->queue, &message->link);
    to->n_messages++;
    wake(to, SOCK_POLLIN);
}

static bool has_room(const struct unix_sock *u)
{
    return u->charged < (size_t)u->sock.options.sndbuf;
}

static int64_t send_stream(struct unix_sock *u, const struct sock_send *message)
{
    const uint8_t *octets = message->octets;
    size_t done = 0;

    if (u->state != UNIX_CONNECTED)
        return -SIM_ENOTCONN;
    if (u->shut_wr || u->peer == NULL || u->peer->shut_rd)
        return -SIM_EPIPE;
    while (done < message->len && has_room(u)) {
        size_t piece = message->len - done < STREAM_PIECE ? message->len - done : STREAM_PIECE;

        put(u, u->peer, octets + done, piece, done == 0 ? message->rights : NULL);
        done += piece;
    }
    return done > 0 || message->len == 0 ? (int64_t)done : -SIM_EAGAIN;
}

static int64_t send_message(struct unix_sock *u, struct unix_sock *to,
                            const struct sock_send *message)
{
    if (message->len + BUFFER_HEAD > (size_t)u->sock.options.sndbuf)
        return -SIM_EMSGSIZE;
    if (u->shut_wr || to->shut_rd)
        return -SIM_EPIPE;
    if (to->n_messages > DATAGRAMS_MAX && u->type == SIM_SOCK_DGRAM && to->peer != u) {
        to->waits_for_room = true;
        return -SIM_EAGAIN;
    }
    if (!has_room(u))
        return -SIM_EAGAIN;
    put(u, to, message->octets, message->len, message->rights);
    return (int64_t)message->len;
}

static int64_t op_send(struct sock *sock, const struct sock_send *message)
{
    struct unix_sock *u = unix_of(sock);

    if (message->flags & SOCK_MSG_OOB)
        return -SIM_EOPNOTSUPP;
    if (message->has_to)
        return u->state == UNIX_CONNECTED && u->type != SIM_SOCK_DGRAM ? -SIM_EISCONN : -SIM_EINVAL;
    if (sock->error != 0)
        return sock_take_error(sock);
    if (u->type == SIM_SOCK_STREAM)
        return send_stream(u, message);
    if (u->state != UNIX_CONNECTED)
        return -SIM_ENOTCONN;
    if (u->peer == NULL && u->type != SIM_SOCK_DGRAM)
        return -SIM_EPIPE;
    if (u->peer == NULL) { /* it was closed: told once */
        u->state = UNIX_FRESH;
        return -SIM_ECONNREFUSED;
    }
    return send_message(u, u->peer, message);
}

int64_t unix_sendto(struct sock *sock, const char *name, const struct sock_send *message)
{
    struct unix_sock *u = unix_of(sock), *to;
    int error = 0;

    if (u->type != SIM_SOCK_DGRAM)
        return u->state == UNIX_CONNECTED ? -SIM_EISCONN : -SIM_EOPNOTSUPP;
    if (message->len + BUFFER_HEAD > (size_t)sock->options.sndbuf)
        return -SIM_EMSGSIZE;
    to = look_up(u->os, name, &error);
    if (to == NULL)
        return error;
    return to->type != SIM_SOCK_DGRAM ? -SIM_EPROTOTYPE : send_message(u, to, message);
}

static void say_from(const struct unix_message *message, struct sock_recv *out)
{
    size_t len = message->from == NULL ? 0 : strlen(message->from);

    out->from = (struct endpoint){ 0 };
    memcpy(out->from_name, message->from == NULL ? "" : message->from, len + 1);
}

static int64_t nothing_to_read(struct unix_sock *u)
{
    if (u->sock.error != 0)
        return sock_take_error(&u->sock);
    if (u->type != SIM_SOCK_DGRAM && (u->shut_rd || u->peer == NULL || u->peer->shut_wr))
        return 0;
    return u->shut_rd ? 0 : -SIM_EAGAIN;
}

/* The descriptor goes to who reads the first octet of its message. */
static void give_rights(struct unix_message *message, struct sock_recv *out)
{
    if (message->rights == NULL || (out->flags & SOCK_MSG_PEEK) != 0)
        return;
    out->rights = message->rights;
    message->rights = NULL;
}

static int64_t recv_stream(struct unix_sock *u, struct sock_recv *out)
{
    bool peek = (out->flags & SOCK_MSG_PEEK) != 0;
    struct list *at = u->queue.next;
    size_t done = 0;

    while (at != &u->queue && done < out->size && out->rights == NULL) {
        struct unix_message *message = CONTAINER_OF(at, struct unix_message, link);
        size_t n = message->len - message->at;

        at = at->next;
        n = n < out->size - done ? n : out->size - done;
        if (out->octets != NULL)
            memcpy((uint8_t *)out->octets + done, message->octets + message->at, n);
        say_from(message, out);
        give_rights(message, out);
        done += n;
        if (peek)
            continue;
        message->at += n;
        if (message->at == message->len)
            message_free(u, message);
    }
    if (done > 0 && !peek)
        wake_senders(u);
    out->full_len = done;
    return done > 0 || out->size == 0 ? (int64_t)done : nothing_to_read(u);
}

static int64_t op_recv(struct sock *sock, struct sock_recv *out)
{
    struct unix_sock *u = unix_of(sock);
    struct unix_message *message;
    size_t n, full;

    if (out->flags & SOCK_MSG_OOB)
        return u->type == SIM_SOCK_STREAM ? -SIM_EINVAL : -SIM_EOPNOTSUPP;
    if (u->type != SIM_SOCK_DGRAM && u->state != UNIX_CONNECTED)
        return u->type == SIM_SOCK_STREAM ? -SIM_EINVAL : -SIM_ENOTCONN;
    if (u->type == SIM_SOCK_STREAM)
        return recv_stream(u, out);
    if (list_empty(&u->queue))
        return nothing_to_read(u);
    message = CONTAINER_OF(u->queue.next, struct unix_message, link);
    full = message->len;
    n = full < out->size ? full : out->size;
    if (out->octets != NULL && n > 0)
        memcpy(out->octets, message->octets, n);
    say_from(message, out);
    give_rights(message, out);
    out->full_len = full;
    if (!(out->flags & SOCK_MSG_PEEK)) {
        message_free(u, message);
        wake_senders(u);
    }
    return (int64_t)(out->flags & SOCK_MSG_TRUNC ? full : n);
}

/* ---- the rest ---- */

static int op_shutdown(struct sock *sock, enum sock_shutdown how)
{
    struct unix_sock *u = unix_of(sock);

    u->shut_rd |= how != SOCK_SHUT_WR;
    u->shut_wr |= how != SOCK_SHUT_RD;
    wake(u, SOCK_POLLIN | SOCK_POLLOUT | SOCK_POLLHUP);
    if (u->peer != NULL)
        wake(u->peer, SOCK_POLLIN | SOCK_POLLOUT | SOCK_POLLHUP);
    return 0;
}

/* Messages on their way elsewhere must not charge it any more; nobody may be connected to it. */
static void forget(struct unix_sock *gone)
{
    for (struct list *at = gone->os->unix_socks.next; at != &gone->os->unix_socks; at = at->next) {
        struct unix_sock *u = CONTAINER_OF(at, struct unix_sock, link);

        for (struct list *m = u->queue.next; m != &u->queue; m = m->next) {
            struct unix_message *message = CONTAINER_OF(m, struct unix_message, link);

            if (message->sender == gone)
                message->sender = NULL;
        }
        if (u->peer == gone) {
            u->peer = NULL;
            wake(u, SOCK_POLLIN | SOCK_POLLOUT | SOCK_POLLHUP);
        }
    }
}

static void op_close(struct sock *sock)
{
    struct unix_sock *u = unix_of(sock), *peer = u->peer;

    while (!list_empty(&u->accept_queue)) {
        struct unix_sock *child = CONTAINER_OF(u->accept_queue.next, struct unix_sock, accept_link);

        list_remove(&child->accept_link);
        op_close(&child->sock);
    }
    if (peer != NULL && u->type != SIM_SOCK_DGRAM && (u->embryo || !list_empty(&u->queue)))
        peer->sock.error = SIM_ECONNRESET; /* what was sent is lost */
    while (!list_empty(&u->queue))
        message_free(u, CONTAINER_OF(u->queue.next, struct unix_message, link));
    wake_senders(u);
    list_remove(&u->link);
    forget(u);
    free(u->name);
    sock_fini(sock);
    free(u);
}

static int op_set_option(struct sock *sock, enum sock_option option, int value)
{
    (void)sock;
    (void)option;
    (void)value;
    return -SIM_ENOPROTOOPT;
}

static int op_get_option(struct sock *sock, enum sock_option option, int *value)
{
    struct unix_sock *u = unix_of(sock);

    *value = 0;
    if (option == OPT_SO_ACCEPTCONN) {
        *value = u->state == UNIX_LISTENING;
    } else if (option == OPT_SIOCOUTQ) {
        *value = (int)u->charged;
    } else if (option == OPT_SIOCINQ) {
        for (struct list *at = u->queue.next; at != &u->queue; at = at->next) {
            const struct unix_message *message = CONTAINER_OF(at, struct unix_message, link);

            *value += (int)(message->len - message->at);
            if (u->type == SIM_SOCK_DGRAM)
                break;
        }
    } else {
        return -SIM_ENOPROTOOPT;
    }
    return 0;
}

static unsigned op_poll(struct sock *sock)
{
    struct unix_sock *u = unix_of(sock);
    bool over = u->state == UNIX_CONNECTED && u->type != SIM_SOCK_DGRAM &&
                (u->peer == NULL || (u->peer->shut_wr && u->peer->shut_rd));
    unsigned events = has_room(u) ? SOCK_POLLOUT : 0;

    if (u->state == UNIX_LISTENING)
        return list_empty(&u->accept_queue) ? 0 : SOCK_POLLIN;
    if (sock->error != 0)
        events |= SOCK_POLLERR;
    if (!list_empty(&u->queue))
        events |= SOCK_POLLIN;
    if (u->shut_rd || over || (u->peer != NULL && u->peer->shut_wr && u->type != SIM_SOCK_DGRAM))
        events |= SOCK_POLLIN | SOCK_POLLRDHUP;
    if (over || (u->shut_rd && u->shut_wr) || (u->state == UNIX_FRESH && u->type != SIM_SOCK_DGRAM))
        events |= SOCK_POLLHUP;
    return events;
}

static const struct sock_ops unix_ops = {
    .name = "unix",
    .bind = refuse_endpoint,
    .connect = refuse_endpoint,
    .disconnect = op_disconnect,
    .listen = op_listen,
    .accept = op_accept,
    .send = op_send,
    .recv = op_recv,
    .shutdown = op_shutdown,
    .close = op_close,
    .set_option = op_set_option,
    .get_option = op_get_option,
    .poll = op_poll,
    .write_band = true,
};

struct sock *unix_socket(struct os *os, int type)
{
    struct unix_sock *u = mem_zalloc(sizeof *u);

    sock_init(&u->sock, &unix_ops, &os->ip);
    u->os = os;
    u->type = type;
    list_init(&u->queue);
    list_init(&u->accept_queue);
    list_init(&u->accept_link);
    list_push_back(&os->unix_socks, &u->link);
    return &u->sock;
}

bool sock_is_unix(const struct sock *sock)
{
    return sock->ops == &unix_ops;
}

/* In the words of `ss -x`: type, state, queues, name. */
void unix_drop_rights(struct os *os)
{
    for (struct list *at = os->unix_socks.next; at != &os->unix_socks; at = at->next) {
        struct unix_sock *u = CONTAINER_OF(at, struct unix_sock, link);

        for (struct list *m = u->queue.next; m != &u->queue; m = m->next) {
            struct unix_message *message = CONTAINER_OF(m, struct unix_message, link);
            struct fd *rights = message->rights;

            message->rights = NULL;
            if (rights == NULL)
                continue;
            fd_release(rights);
            at = &os->unix_socks; /* sockets may be gone: from the start */
            break;
        }
    }
}

void unix_describe(struct os *os, struct describe *out)
{
    static const char *const states[] = {
        [UNIX_FRESH] = "UNCONN", [UNIX_LISTENING] = "LISTEN", [UNIX_CONNECTED] = "ESTAB"
    };
    unsigned number = 0;

    for (struct list *at = os->unix_socks.next; at != &os->unix_socks; at = at->next) {
        struct unix_sock *u = CONTAINER_OF(at, struct unix_sock, link);
        const char *type = u->type == SIM_SOCK_STREAM  ? "u_str"
                           : u->type == SIM_SOCK_DGRAM ? "u_dgr"
                                                       : "u_seq";
        char key[16], line[160];

        snprintf(key, sizeof key, "%u", ++number);
        snprintf(line, sizeof line, "%s %s %u %zu %s", type, states[u->state],
                 u->state == UNIX_LISTENING ? u->n_accept : u->n_messages, u->charged,
                 u->name == NULL ? "*" : u->name);
        describe_row(out, "unix", key, line);
    }
}
