/*
 * A DNS server and a resolver against a host that sends what the fuzzer wants: first as questions
 * to the server (which recurses, and asks that host), then as answers to whatever it is asked, with
 * the right id and question so that they are looked at.
 */
#include "tests/support/pieces.h"
#include "tests/support/two_hosts.h"

#include <string.h>

#include "stack/services/resolver.h"
#include "stack/services/services.h"
#include "stack/socket/syscall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct attacker {
    struct coroutine co;
    struct pieces in;
    int fd, result;
    unsigned answers;
    bool asked;
    struct sys_pollfd poll;
    uint8_t octets[2048];
};

static void answer_all(struct process *self, struct attacker *st)
{
    for (; st->answers < 64; st->answers++) {
        struct sock_recv in = { .octets = st->octets, .size = 512, .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(self, st->fd, &in);
        size_t question = 12;
        uint8_t piece[512];
        size_t len;

        if (n < 12)
            return;
        while (question < (size_t)n && st->octets[question] != 0)
            question += st->octets[question] + 1u;
        question = question + 5 > (size_t)n ? (size_t)n : question + 5;
        len = pieces_next(&st->in, piece, sizeof piece);
        if (len < 9) {
            memcpy(st->octets + 2, piece, len);
            len = 0;
        } else { /* flags and counts of answer, authority, additional; then records behind the
                    question */
            st->octets[2] = piece[0] | 0x80;
            st->octets[3] = piece[1];
            memcpy(st->octets + 6, piece + 2, 6);
            memcpy(st->octets + question, piece + 8, len - 8);
            len -= 8;
        }
        sys_sendto(self, st->fd, st->octets, question + len, SOCK_MSG_DONTWAIT, in.from);
    }
}

static void ask(struct process *self, struct attacker *st)
{
    st->asked = true;
    for (unsigned i = 0; i < 4; i++) {
        size_t len = pieces_next(&st->in, st->octets, sizeof st->octets);

        sys_sendto(self, st->fd, st->octets, len, SOCK_MSG_DONTWAIT,
                   (struct endpoint){ IP4(10, 0, 0, 2), 53 });
    }
}

static int wait_for_more(struct process *self, struct attacker *st)
{
    st->poll = (struct sys_pollfd){ st->fd, SOCK_POLLIN, 0 };
    return sys_poll(self, &st->poll, 1, SIM_TIME_NONE);
}

static enum co_status attacker_main(struct process *self, void *state)
{
    struct attacker *st = state;

    CO_BEGIN(&st->co);
    st->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_bind(self, st->fd, (struct endpoint){ IP4_ANY, 53 });
    ask(self, st);
    while (st->answers < 64) {
        CO_CALL(&st->co, st->result, wait_for_more(self, st));
        answer_all(self, st);
    }
    CO_END(&st->co);
}

static const struct program attacker_program = { .name = "attacker",
                                                 .state_size = sizeof(struct attacker),
                                                 .main = attacker_main };

struct victim {
    struct coroutine co;
    struct resolver resolver;
};

static enum co_status victim_main(struct process *self, void *state)
{
    struct victim *st = state;

    CO_BEGIN(&st->co);
    resolver_init(&st->resolver, self, "www.example.com", RESOLVER_ANY);
    CO_RUN(&st->co, resolver_run(&st->resolver));
    CO_END(&st->co);
}

static const struct program victim_program = { .name = "victim",
                                               .state_size = sizeof(struct victim),
                                               .main = victim_main };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ip4_addr roots[] = { IP4(10, 0, 0, 1) };
    static const char conf[] = "nameserver 10.0.0.1\nsearch a.example b.example\n";
    static const struct dns_record records[] = {
        { .name = "own.example", .type = DNS_TYPE_NS, .target = "ns.example" },
        { .name = "x.test", .type = DNS_TYPE_CNAME, .target = "y.elsewhere" }
    };
    static const struct dns_server_config config = {
        .recursive = true, .roots = roots, .n_roots = 1, .records = records, .n_records = 2
    };
    static const char *const argv[] = { "program" };
    static const struct process_io nowhere;
    struct two_hosts hosts;
    struct attacker *attacker;

    if (size > 8192)
        return 0;
    two_hosts_begin(&hosts, 3);
    services_set_resolver_cache(hosts.b, true);
    os_file_write(hosts.b, "/etc/resolv.conf", conf, sizeof conf - 1, false);
    services_start_dns(hosts.b, &config);
    attacker = process_start(hosts.a, &attacker_program, 1, argv, NULL, &nowhere)->state;
    attacker->in.data = data;
    attacker->in.size = size;
    process_start(hosts.b, &victim_program, 1, argv, NULL, &nowhere);
    sim_run(hosts.sim, SIM_SEC(120), 20000);
    two_hosts_end(&hosts);
    return 0;
}
