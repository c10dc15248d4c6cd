/* Names and addresses for programs: getaddrinfo() and getnameinfo(), a thin cover over
 * stack/services/resolver.h. */
#ifndef WW_APPS_NAMES_H
#define WW_APPS_NAMES_H

#include "stack/services/resolver.h"

struct names { /* a look-up under way; start zeroed, reusable when it is over */
    struct coroutine co;
    struct resolver resolver;
    ip4_addr addr;           /* names_lookup(): the first address */
    struct endpoint to;      /* names_lookup_any(): the first one of any version, without a port */
    char name[DNS_TEXT_MAX]; /* the canonical name; names_reverse(): the name, "" when there is none
                              */
    const char *error;       /* gai_strerror()'s text, NULL when it went well */
};

/** names_lookup() - a coroutine: @host is a dotted quad or a name, in /etc/hosts or the DNS. */
enum co_status names_lookup(struct names *names, struct process *self, const char *host);
/** names_lookup_any() - the same, IPv6 too: RESOLVER_BOTH, or one version alone. */
enum co_status names_lookup_any(struct names *names, struct process *self, const char *host,
                                enum resolver_family family);
/** names_reverse() - a coroutine: the name of @addr. */
enum co_status names_reverse(struct names *names, struct process *self, ip4_addr addr);
/** names_reverse_any() - the same for IPv6 too. */
enum co_status names_reverse_any(struct names *names, struct process *self, struct endpoint addr);
/** names_close() - in a program's cleanup. */
void names_close(struct names *names);

#endif
