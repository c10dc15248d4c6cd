/* Socket tables: what the protocols tell a debugger (os_describe()), taken apart for `ss` and `netstat`. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stack/socket/netctl.h"

struct socket_walk {
    struct describe out; /* first */
    const char *proto;
    void (*each)(void *ctx, const struct netctl_socket *socket);
    void *ctx;
    struct netctl_socket socket;
    bool any; /* a row is being filled in */
};

static void finish_row(struct socket_walk *walk)
{
    if (walk->any)
        walk->each(walk->ctx, &walk->socket);
    walk->any = false;
}

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
    char addr[IP4_TEXT_MAX];
    uint64_t port;

    if (colon == NULL || (size_t)(colon - word) >= sizeof addr)
        return endpoint;
    memcpy(addr, word, (size_t)(colon - word));
    addr[colon - word] = '\0';
    (void)ip4_parse(addr, &endpoint.addr); /* "*" stays 0 */
    if (text_u64(colon + 1, UINT16_MAX, &port))
        endpoint.port = (uint16_t)port;
    return endpoint;
}

static void socket_row(struct describe *out, const char *table, const char *key, const char *line)
{
    struct socket_walk *walk = (struct socket_walk *)(void *)out;
    struct netctl_socket *socket = &walk->socket;
    char copy[160];
    char *at = copy;

    (void)key;
    finish_row(walk);
    if (strcmp(table, walk->proto) != 0)
        return;
    *socket = (struct netctl_socket){ .proto = walk->proto };
    snprintf(copy, sizeof copy, "%s", line);
    snprintf(socket->state, sizeof socket->state, "%s", next_word(&at));
    (void)text_u64(next_word(&at), UINT64_MAX, &socket->recv_q);
    (void)text_u64(next_word(&at), UINT64_MAX, &socket->send_q);
    socket->local = read_endpoint(next_word(&at));
    socket->remote = read_endpoint(next_word(&at));
    walk->any = true;
}

static void add_field(struct socket_walk *walk, const char *name, int64_t value, const char *text)
{
    struct netctl_socket *socket = &walk->socket;

    if (!walk->any || socket->n_fields == NETCTL_FIELDS_MAX)
        return;
    socket->fields[socket->n_fields++] = (struct netctl_field){ name, value, text };
    if (strcmp(name, "protocol") == 0)
        socket->protocol = (uint8_t)value;
}

static void socket_number(struct describe *out, const char *name, int64_t value)
{
    add_field((struct socket_walk *)(void *)out, name, value, NULL);
}

static void socket_text(struct describe *out, const char *name, const char *value)
{
    add_field((struct socket_walk *)(void *)out, name, 0, value);
}

void netctl_sockets(struct os *os, const char *proto, void (*each)(void *ctx, const struct netctl_socket *socket),
                    void *ctx)
{
    struct socket_walk walk = { .out = { socket_row, socket_number, socket_text },
                                .proto = proto,
                                .each = each,
                                .ctx = ctx };

    os_describe(os, &walk.out);
    finish_row(&walk);
}

int64_t netctl_field(const struct netctl_socket *socket, const char *name, int64_t otherwise)
{
    for (unsigned i = 0; i < socket->n_fields; i++)
        if (socket->fields[i].text == NULL && strcmp(socket->fields[i].name, name) == 0)
            return socket->fields[i].value;
    return otherwise;
}

const char *netctl_field_text(const struct netctl_socket *socket, const char *name)
{
    for (unsigned i = 0; i < socket->n_fields; i++)
        if (socket->fields[i].text != NULL && strcmp(socket->fields[i].name, name) == 0)
            return socket->fields[i].text;
    return NULL;
}
