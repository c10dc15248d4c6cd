/* /etc/resolv.conf and /etc/hosts as they may come from a scenario, a submission or a command. The
 * first line is a name to look for, the rest both files; then a program resolves that name. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "stack/services/resolver.h"
#include "tests/support/two_hosts.h"

#define EVENTS_MAX   3000
#define LONGEST_NAME 300
#define FOUND_MAX    4

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void check_conf(struct os *os)
{
    struct resolv_conf conf;

    resolv_conf_read(&conf, os);
    CHECK(conf.n_servers >= 1 && conf.n_servers <= RESOLVER_SERVERS_MAX);
    CHECK(conf.n_search <= RESOLVER_SEARCH_MAX);
    CHECK(conf.ndots <= 15 && conf.timeout >= 1 && conf.timeout <= 30);
    CHECK(conf.attempts >= 1 && conf.attempts <= 5);
    for (unsigned i = 0; i < conf.n_servers; i++)
        CHECK(conf.servers[i].port == 53);
    for (unsigned i = 0; i < conf.n_search; i++)
        CHECK(memchr(conf.search[i], '\0', sizeof conf.search[i]) != NULL);
}

/* Each address that a name has can be found by its address, too. */
static void check_hosts(struct os *os, const char *name)
{
    char canonical[64], back[64];
    ip4_addr addrs[FOUND_MAX];
    struct ip6_addr addrs6[FOUND_MAX];
    unsigned n = resolver_hosts_find(os, name, addrs, FOUND_MAX, canonical, sizeof canonical);

    CHECK(n <= FOUND_MAX);
    CHECK(n == 0 || memchr(canonical, '\0', sizeof canonical) != NULL);
    for (unsigned i = 0; i < n; i++)
        CHECK(resolver_hosts_name(os, addrs[i], back, sizeof back) ||
              addrs[i] == IP4(127, 0, 1, 1));
    n = resolver_hosts_find6(os, name, addrs6, FOUND_MAX, canonical, sizeof canonical);
    CHECK(n <= FOUND_MAX);
    for (unsigned i = 0; i < n; i++)
        CHECK(resolver_hosts_name6(os, addrs6[i], back, sizeof back));
}

struct asker {
    struct coroutine co;
    struct resolver resolver;
};

static enum co_status asker_main(struct process *self, void *state)
{
    struct asker *st = state;

    CO_BEGIN(&st->co);
    resolver_init(&st->resolver, self, self->argv[1], RESOLVER_BOTH);
    CO_RUN(&st->co, resolver_run(&st->resolver));
    CO_END(&st->co);
}

static const struct program asker_program = { .name = "asker",
                                              .state_size = sizeof(struct asker),
                                              .main = asker_main };

static void swallow(void *ctx, struct process *process, int stream, const char *text, size_t len)
{
    (void)ctx, (void)process, (void)stream, (void)text, (void)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    const uint8_t *end = len > 0 ? memchr(octets, '\n', len) : NULL;
    size_t name_len = end != NULL ? (size_t)(end - octets) : len;
    struct process_io io = { swallow, NULL };
    struct two_hosts hosts;
    char name[LONGEST_NAME + 1] = "";
    const char *const argv[] = { "asker", name };

    if (name_len > LONGEST_NAME || end == NULL || memchr(octets, '\0', name_len) != NULL)
        return 0;
    memcpy(name, octets, name_len);
    two_hosts_begin(&hosts, 3);
    os_file_write(hosts.a, "/etc/resolv.conf", end + 1, len - name_len - 1, false);
    os_file_write(hosts.a, "/etc/hosts", end + 1, len - name_len - 1, false);
    check_conf(hosts.a);
    check_hosts(hosts.a, name);
    process_start(hosts.a, &asker_program, 2, argv, NULL, &io);
    sim_run(hosts.sim, SIM_SEC(100), EVENTS_MAX);
    two_hosts_end(&hosts);
    return 0;
}
