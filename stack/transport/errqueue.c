#include "stack/transport/errqueue.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/sim.h"

#define ENTRIES_MAX 128 /* Linux charges them to the receive buffer; about so many fit */

struct entry {
    struct list link;
    struct sock_report report;
    struct endpoint to;
    sim_time at; /* of timestamps: when; else 0 */
    size_t len;
    uint8_t octets[];
};

static struct entry *first_of(struct list *queue)
{
    return CONTAINER_OF(queue->next, struct entry, link);
}

/* NULL: there are too many already. */
static struct entry *push(struct sock *sock, const struct sock_report *report, struct endpoint to,
                          const uint8_t *octets, size_t len)
{
    struct list *queue = &sock_extra(sock)->errors;
    struct entry *entry;
    unsigned n = 0;

    for (struct list *at = queue->next; at != queue; at = at->next)
        n++;
    if (n >= ENTRIES_MAX)
        return NULL;
    entry = mem_zalloc(sizeof *entry + len);
    entry->report = *report;
    entry->to = to;
    entry->len = len;
    if (len > 0)
        memcpy(entry->octets, octets, len);
    list_push_back(queue, &entry->link);
    return entry;
}

void errqueue_push(struct sock *sock, const struct sock_report *report, struct endpoint to,
                   const uint8_t *octets, size_t len)
{
    (void)push(sock, report, to, octets, len);
}

void errqueue_stamp(struct sock *sock, enum sock_stamp_kind kind, uint32_t key,
                    const uint8_t *octets, size_t len)
{
    uint32_t stamps = sock_extra_of(sock)->stamps;
    struct sock_report report = { .error = SIM_ENOMSG,
                                  .origin = SOCK_ORIGIN_STAMP,
                                  .info = kind,
                                  .data = (stamps & SOCK_STAMP_OPT_ID) != 0 ? key : 0 };
    struct entry *entry = push(sock, &report, sock_any(sock), octets,
                               (stamps & SOCK_STAMP_OPT_TSONLY) != 0 ? 0 : len);

    if (entry == NULL)
        return;
    if ((stamps & SOCK_STAMP_SOFTWARE) != 0)
        entry->at = node_now(sock->node);
    sock_wake(sock, SOCK_POLLERR);
}

/* What is done joins the last entry where it follows: skb_zerocopy_notify_extend(). */
void errqueue_copyless(struct sock *sock, uint32_t first, uint32_t last, bool copied)
{
    enum { CODE_COPIED = 1 };
    struct list *queue = &sock_extra(sock)->errors;
    struct sock_report report = { .origin = SOCK_ORIGIN_COPYLESS,
                                  .code = copied ? CODE_COPIED : 0,
                                  .info = first,
                                  .data = last };
    struct sock_report *before =
        list_empty(queue) ? NULL : &CONTAINER_OF(queue->prev, struct entry, link)->report;

    if (before != NULL && before->origin == SOCK_ORIGIN_COPYLESS && before->data + 1 == first)
        before->data = last;
    else
        errqueue_push(sock, &report, sock_any(sock), NULL, 0);
    sock_wake(sock, SOCK_POLLERR);
}

void errqueue_icmp(struct sock *sock, const struct ip_error *error, struct endpoint remote,
                   size_t skip)
{
    size_t quoted = error->transport_len > skip ? error->transport_len - skip : 0;
    struct sock_report report = { .error = error->errnum,
                                  .origin = remote.v6 ? SOCK_ORIGIN_ICMP6 : SOCK_ORIGIN_ICMP,
                                  .type = error->type,
                                  .code = error->code,
                                  .info = error->info,
                                  .offender = error->from };

    errqueue_push(sock, &report, remote, quoted > 0 ? error->transport + skip : NULL, quoted);
}

/* Does a packet too big concern @sock, and is it an error that it need not have asked for? */
static bool take_too_big(const struct sock *sock, bool v6, bool raw, bool *hard)
{
    uint8_t discover = v6 ? sock->options.mtu_discover6 : sock->options.mtu_discover;

    *hard = v6 && raw ? discover == PMTUDISC_DO : discover != PMTUDISC_DONT;
    return v6 ? raw || discover < PMTUDISC_INTERFACE : discover != PMTUDISC_DONT;
}

void errqueue_take(struct sock *sock, const struct ip_error *error, struct endpoint remote,
                   size_t skip, bool connected)
{
    bool hard = error->hard, wants = sock_wants_errors(sock, remote.v6);

    if (error->too_big && !take_too_big(sock, remote.v6, skip == 0, &hard))
        return;
    if (!wants && (!hard || !connected))
        return;
    if (wants)
        errqueue_icmp(sock, error, remote, skip);
    sock->error = error->errnum;
    sock_wake(sock, SOCK_POLLERR | SOCK_POLLIN | SOCK_POLLOUT);
}

static bool is_icmp(const struct entry *entry)
{
    return entry->report.origin == SOCK_ORIGIN_ICMP || entry->report.origin == SOCK_ORIGIN_ICMP6;
}

int64_t errqueue_pop(struct sock *sock, struct sock_recv *message)
{
    struct list *queue;
    struct entry *entry;
    size_t n;

    if (!sock_has_reports(sock))
        return -SIM_EAGAIN;
    queue = &sock_extra(sock)->errors;
    entry = first_of(queue);
    n = entry->len < message->size ? entry->len : message->size;
    if (message->octets != NULL && n > 0)
        memcpy(message->octets, entry->octets, n);
    message->report = entry->report;
    message->from = entry->to;
    message->full_len = entry->len;
    message->at = entry->at;
    list_remove(&entry->link);
    if (!list_empty(queue) && is_icmp(first_of(queue)))
        sock->error = first_of(queue)->report.error;
    else if (is_icmp(entry))
        sock->error = 0;
    free(entry);
    return (int64_t)n;
}

static void drop(struct entry *entry)
{
    list_remove(&entry->link);
    free(entry);
}

/* skb_errqueue_purge() */
void errqueue_forget(struct sock *sock)
{
    struct entry *entry;

    if (!sock_has_reports(sock))
        return;
    LIST_FOR_EACH(entry, &sock_extra(sock)->errors, struct entry, link)
    {
        if (entry->report.origin != SOCK_ORIGIN_STAMP &&
            entry->report.origin != SOCK_ORIGIN_COPYLESS)
            drop(entry);
    }
}

void errqueue_fini(struct list *queue)
{
    while (!list_empty(queue))
        drop(first_of(queue));
}
