#include "apps/names.h"

#include <string.h>

enum co_status names_lookup(struct names *names, struct process *self, const char *host)
{
    return names_lookup_any(names, self, host, RESOLVER_ANY);
}

enum co_status names_lookup_any(struct names *names, struct process *self, const char *host,
                                enum resolver_family family)
{
    CO_BEGIN(&names->co);
    names->error = NULL;
    resolver_init(&names->resolver, self, host, family);
    CO_RUN(&names->co, resolver_run(&names->resolver));
    if (names->resolver.error != 0) {
        names->error = resolver_strerror(names->resolver.error);
        CO_RETURN(&names->co);
    }
    (void)resolver_at(&names->resolver, self->os, 0, 0, &names->to);
    names->addr = names->resolver.addrs[0];
    strcpy(names->name,
           names->resolver.canonical[0] != '\0' ? names->resolver.canonical : names->resolver.name);
    CO_END(&names->co);
}

enum co_status names_reverse(struct names *names, struct process *self, ip4_addr addr)
{
    return names_reverse_any(names, self, (struct endpoint){ .addr = addr });
}

enum co_status names_reverse_any(struct names *names, struct process *self, struct endpoint addr)
{
    CO_BEGIN(&names->co);
    names->name[0] = '\0';
    if (addr.v6)
        resolver_init_reverse6(&names->resolver, self, addr.addr6);
    else
        resolver_init_reverse(&names->resolver, self, addr.addr);
    CO_RUN(&names->co, resolver_run(&names->resolver));
    if (names->resolver.error == 0)
        strcpy(names->name, names->resolver.canonical);
    CO_END(&names->co);
}

void names_close(struct names *names)
{
    if (names->co.at != 0)
        resolver_close(&names->resolver);
}
