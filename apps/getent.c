/* getent of glibc: `getent hosts NAME...` and `getent ahostsv4 NAME...`. */
#include <stdio.h>
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"
#include "stack/services/resolver.h"

#define ALIASES_MAX (sizeof((struct resolver){ 0 }.asked) + 1)

struct getent {
    struct coroutine co;
    struct resolver resolver;
    int at, first;
    bool all; /* ahostsv4 */
    ip4_addr addr;
};

static bool read_arguments(struct process *self, struct getent *st)
{
    struct options options = { .self = self, .shorts = "", .refused = "s:iA" };
    int option = options_next(&options);
    const char *database;

    if (option != OPTIONS_END) {
        self->exit_status = option == OPTIONS_REFUSED ? 2 : 1;
        return false;
    }
    if (options.at == self->argc) {
        process_errorf(self, "Usage: getent [OPTION...] database [key ...]\n");
        self->exit_status = 1;
        return false;
    }
    database = self->argv[options.at];
    st->first = options.at + 1;
    st->all = strcmp(database, "ahostsv4") == 0;
    if (!st->all && strcmp(database, "hosts") != 0) {
        process_errorf(self, "getent: database %s is not simulated by wirewalk\n", database);
        self->exit_status = 2;
        return false;
    }
    if (st->first == self->argc) {
        process_errorf(self, "getent: listing all of %s is not simulated by wirewalk\n", database);
        self->exit_status = 2;
        return false;
    }
    return true;
}

/* The other names of what was found: of /etc/hosts those of its line, of DNS the one asked for
 * where CNAMEs led elsewhere. Each behind a space. */
static void other_names(const struct process *self, const struct resolver *r,
                        char names[static ALIASES_MAX])
{
    names[0] = '\0';
    if (r->from_hosts)
        resolver_hosts_aliases(self->os, r->canonical, names, ALIASES_MAX);
    else if (strcmp(r->canonical, r->asked) != 0)
        snprintf(names, ALIASES_MAX, " %s", r->asked);
}

static void print_hosts(struct process *self, const struct getent *st)
{
    const struct resolver *r = &st->resolver;
    bool v6 = r->family == RESOLVER_IPV6;
    char addr[IP6_TEXT_MAX], names[ALIASES_MAX];

    other_names(self, r, names);
    for (unsigned i = 0; i < (v6 ? r->n_addrs6 : r->n_addrs); i++)
        process_printf(self, "%-15s %s%s\n",
                       v6 ? ip6_format(r->addrs6[i], addr) : ip4_format(r->addrs[i], addr),
                       r->canonical, names);
}

static void print_result(struct process *self, struct getent *st)
{
    static const char *const kinds[] = { "STREAM", "DGRAM", "RAW" };
    const struct resolver *r = &st->resolver;
    char addr[IP4_TEXT_MAX];

    if (r->error != 0) {
        self->exit_status = 2; /* one of the keys was not found */
        return;
    }
    if (st->addr != 0) {
        char names[ALIASES_MAX] = "";

        if (r->from_hosts)
            resolver_hosts_aliases(self->os, r->canonical, names, sizeof names);
        process_printf(self, "%-15s %s%s\n", ip4_format(st->addr, addr), r->canonical, names);
        return;
    }
    if (!st->all) {
        print_hosts(self, st);
        return;
    }
    for (unsigned i = 0; i < r->n_addrs; i++) {
        ip4_format(r->addrs[i], addr);
        for (unsigned k = 0; k < 3; k++)
            process_printf(self, "%-15s %s%s%s\n", addr, kinds[k], i == 0 && k == 0 ? " " : "",
                           i == 0 && k == 0 ? r->canonical : "");
    }
}

/* gethostbyname2() for IPv6; where that finds nothing the other family follows. */
static void begin(struct process *self, struct getent *st)
{
    st->addr = 0;
    if (!st->all && ip4_parse(self->argv[st->at], &st->addr))
        resolver_init_reverse(&st->resolver, self, st->addr);
    else
        resolver_init(&st->resolver, self, self->argv[st->at],
                      st->all ? RESOLVER_IPV4 : RESOLVER_IPV6);
}

static enum co_status getent_main(struct process *self, void *state)
{
    struct getent *st = state;

    CO_BEGIN(&st->co);
    if (!read_arguments(self, st))
        CO_RETURN(&st->co);
    for (st->at = st->first; st->at < self->argc; st->at++) {
        begin(self, st);
        CO_RUN(&st->co, resolver_run(&st->resolver));
        if (st->resolver.error != 0 && !st->all && st->addr == 0) {
            resolver_init(&st->resolver, self, self->argv[st->at], RESOLVER_IPV4);
            CO_RUN(&st->co, resolver_run(&st->resolver));
        }
        print_result(self, st);
    }
    CO_END(&st->co);
}

const struct program getent_program = { .name = "getent",
                                        .state_size = sizeof(struct getent),
                                        .main = getent_main };
