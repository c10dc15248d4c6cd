/* Names and addresses for programs: getaddrinfo() and getnameinfo() of an IPv4 host. */
#ifndef WW_APPS_NAMES_H
#define WW_APPS_NAMES_H

#include "stack/socket/process.h"

#define NAMES_TEXT_MAX 256

struct names { /* a look-up under way; start zeroed, reusable when it is over */
    struct coroutine co;
    ip4_addr addr;              /* names_lookup(): the first address */
    char name[NAMES_TEXT_MAX];  /* the canonical name; names_reverse(): the name, "" when there is none */
    const char *error;          /* gai_strerror()'s text, NULL when it went well */
};

/** names_lookup() - a coroutine: @host is a dotted quad or a name, in /etc/hosts or the DNS. */
enum co_status names_lookup(struct names *names, struct process *self, const char *host);
/** names_reverse() - a coroutine: the name of @addr. */
enum co_status names_reverse(struct names *names, struct process *self, ip4_addr addr);

/** names_hosts_lookup() / names_hosts_reverse() - in /etc/hosts alone. */
bool names_hosts_lookup(const struct os *os, const char *host, ip4_addr *addr);
bool names_hosts_reverse(const struct os *os, ip4_addr addr, char name[static NAMES_TEXT_MAX]);

#endif
