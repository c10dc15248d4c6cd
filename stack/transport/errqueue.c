#include "stack/transport/errqueue.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define ENTRIES_MAX 128 /* Linux charges them to the receive buffer; about so many fit */

struct entry {
    struct list link;
    struct sock_report report;
    struct endpoint to;
    size_t len;
    uint8_t octets[];
};

static struct entry *first_of(struct list *queue)
{
    return CONTAINER_OF(queue->next, struct entry, link);
}

void errqueue_push(struct list *queue, const struct sock_report *report, struct endpoint to,
                   const uint8_t *octets, size_t len)
{
    struct entry *entry;
    unsigned n = 0;

    for (struct list *at = queue->next; at != queue; at = at->next)
        n++;
    if (n >= ENTRIES_MAX)
        return;
    entry = mem_zalloc(sizeof *entry + len);
    entry->report = *report;
    entry->to = to;
    entry->len = len;
    if (len > 0)
        memcpy(entry->octets, octets, len);
    list_push_back(queue, &entry->link);
}

void errqueue_take(struct sock *sock, struct list *queue, const struct ip_error *error,
                   struct endpoint remote, size_t skip, bool connected)
{
    bool hard = error->hard, wants = remote.v6 ? sock->options.recverr6 : sock->options.recverr;
    size_t quoted = error->transport_len > skip ? error->transport_len - skip : 0;
    struct sock_report report = { .error = error->errnum,
                                  .origin = remote.v6 ? SOCK_ORIGIN_ICMP6 : SOCK_ORIGIN_ICMP,
                                  .type = error->type,
                                  .code = error->code,
                                  .info = error->too_big ? error->mtu : 0,
                                  .offender = error->from };

    if (error->too_big) {
        if (!remote.v6 && sock->options.mtu_discover == 0)
            return;
        hard = !remote.v6;
    }
    if (!wants && (!hard || !connected))
        return;
    if (wants)
        errqueue_push(queue, &report, remote, quoted > 0 ? error->transport + skip : NULL, quoted);
    sock->error = error->errnum;
    sock_wake(sock, SOCK_POLLERR | SOCK_POLLIN | SOCK_POLLOUT);
}

static bool is_icmp(const struct entry *entry)
{
    return entry->report.origin == SOCK_ORIGIN_ICMP || entry->report.origin == SOCK_ORIGIN_ICMP6;
}

int64_t errqueue_pop(struct list *queue, struct sock_recv *message, int *pending)
{
    struct entry *entry;
    size_t n;

    if (list_empty(queue))
        return -SIM_EAGAIN;
    entry = first_of(queue);
    n = entry->len < message->size ? entry->len : message->size;
    if (message->octets != NULL && n > 0)
        memcpy(message->octets, entry->octets, n);
    message->report = entry->report;
    message->from = entry->to;
    message->full_len = entry->len;
    list_remove(&entry->link);
    if (!list_empty(queue) && is_icmp(first_of(queue)))
        *pending = first_of(queue)->report.error;
    else if (is_icmp(entry))
        *pending = 0;
    free(entry);
    return (int64_t)n;
}

void errqueue_fini(struct list *queue)
{
    while (!list_empty(queue)) {
        struct entry *entry = first_of(queue);

        list_remove(&entry->link);
        free(entry);
    }
}
