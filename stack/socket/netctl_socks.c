/* Socket tables for `ss` and `netstat`: TCP tells its own; of UDP the rows of os_describe() are
 * taken apart. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stack/socket/fd.h"
#include "stack/socket/netctl.h"
#include "stack/socket/syscall.h"

struct socket_walk {
    struct describe out; /* first */
    const char *proto;
    void (*each)(void *ctx, const struct netctl_socket *socket);
    void *ctx;
};

/* The next word of *@text, cut off; "" at the end. */
static const char *next_word(char **text)
{
    char *word = *text + strspn(*text, " ");
    char *end = word + strcspn(word, " ");

    *text = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static struct endpoint read_endpoint(const char *word)
{
    const char *colon = strrchr(word, ':');
    struct endpoint endpoint = { 0, 0 };
    char addr[IP6_TEXT_MAX + 8];
    uint64_t port;

    if (colon == NULL || (size_t)(colon - word) >= sizeof addr)
        return endpoint;
    memcpy(addr, word, (size_t)(colon - word));
    addr[colon - word] = '\0';
    if (addr[0] == '[') {
        endpoint.v6 = true;
        addr[strcspn(addr, "%]")] = '\0';
        (void)ip6_parse(addr + 1, &endpoint.addr6);
    } else {
        (void)ip4_parse(addr, &endpoint.addr); /* "*" stays 0 */
    }
    if (text_u64(colon + 1, UINT16_MAX, &port))
        endpoint.port = (uint16_t)port;
    return endpoint;
}

static void socket_row(struct describe *out, const char *table, const char *key, const char *line)
{
    struct socket_walk *walk = (struct socket_walk *)(void *)out;
    struct netctl_socket socket = { .proto = walk->proto };
    char copy[200];
    char *at = copy;

    (void)key;
    if (strcmp(table, walk->proto) != 0)
        return;
    snprintf(copy, sizeof copy, "%s", line);
    snprintf(socket.state, sizeof socket.state, "%s", next_word(&at));
    (void)text_u64(next_word(&at), UINT64_MAX, &socket.recv_q);
    (void)text_u64(next_word(&at), UINT64_MAX, &socket.send_q);
    socket.local = read_endpoint(next_word(&at));
    socket.remote = read_endpoint(next_word(&at));
    walk->each(walk->ctx, &socket);
}

struct tcp_walk {
    void (*each)(void *ctx, const struct netctl_socket *socket);
    void *ctx;
};

static void tcp_row(void *ctx, const struct tcp_info_view *info)
{
    const struct tcp_walk *walk = ctx;
    struct netctl_socket socket = { .proto = "tcp",
                                    .recv_q = info->recv_q,
                                    .send_q = info->send_q,
                                    .local = info->local,
                                    .remote = info->remote,
                                    .tcp = info };

    snprintf(socket.state, sizeof socket.state, "%s", tcp_state_name(info->state));
    walk->each(walk->ctx, &socket);
}

void netctl_sockets(struct os *os, const char *proto,
                    void (*each)(void *ctx, const struct netctl_socket *socket), void *ctx)
{
    struct socket_walk walk = {
        .out = { .row = socket_row }, .proto = proto, .each = each, .ctx = ctx
    };

    if (strcmp(proto, "tcp") == 0)
        tcp_walk(os->tcp, tcp_row, &(struct tcp_walk){ each, ctx });
    else
        os_describe(os, &walk.out);
}

static bool is_same(struct process *process, int fd, const struct netctl_socket *socket)
{
    const struct fd *open = fd_get(process, fd);
    struct endpoint local, remote = { 0 };

    if (open == NULL || !fd_is_inet(open) ||
        open->type != (strcmp(socket->proto, "tcp") == 0 ? SIM_SOCK_STREAM : SIM_SOCK_DGRAM) ||
        sys_getsockname(process, fd, &local) != 0)
        return false;
    if (sys_getpeername(process, fd, &remote) != 0)
        remote = (struct endpoint){ .v6 = socket->remote.v6 };
    return local.port == socket->local.port && endpoint_same_addr(&local, &socket->local) &&
           remote.port == socket->remote.port &&
           (remote.port == 0 || endpoint_same_addr(&remote, &socket->remote));
}

void netctl_socket_owners(struct os *os, const struct netctl_socket *socket,
                          void (*each)(void *ctx, const struct process *owner, int fd), void *ctx)
{
    struct process *process;

    LIST_FOR_EACH(process, &os->processes, struct process, link)
    {
        for (int fd = FD_FIRST; fd < FD_FIRST + process->n_fds; fd++)
            if (is_same(process, fd, socket))
                each(ctx, process, fd);
    }
}
