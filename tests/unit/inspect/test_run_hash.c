#include "tests/support/unit.h"

#include <time.h>

#include "inspect/run_hash.h"
#include "tests/unit/inspect/rig.h"

static void send_one(struct rig *rig, uint8_t mark)
{
    uint8_t octets[60];

    rig_arp(octets);
    octets[59] = mark;
    iface_send(rig->a0, rig_frame(rig->a, octets, sizeof octets, WHY0(NONE)));
}

/* The definition of the header, done by hand. */
static void hash_is_what_its_definition_says(void)
{
    struct rig rig;
    struct run_hash *hash;
    struct sha256 octets_hash, ports[2], all;
    uint8_t octets[60], line[45], digest[SHA256_LEN];
    char expected[RUN_HASH_TEXT_MAX], text[RUN_HASH_TEXT_MAX];

    rig_init(&rig, NULL, &rig_ops);
    hash = run_hash_new(rig.sim);
    sim_start(rig.sim);
    rig_arp(octets);
    octets[59] = 9;
    sha256_init(&octets_hash);
    sha256_add(&octets_hash, octets, 60);
    sha256_finish(&octets_hash, digest);
    send_one(&rig, 9);
    sim_run(rig.sim, SIM_SEC(1), 10);
    sha256_init(&all);
    for (int i = 0; i < 2; i++) {
        uint8_t end[SHA256_LEN];

        line[0] = i == 0 ? 'S' : 'R';
        be64_put(line + 1, i == 0 ? 0 : (uint64_t)(84 * 80000 + SIM_USEC(5)));
        be32_put(line + 9, 60);
        memcpy(line + 13, digest, sizeof digest);
        sha256_init(&ports[i]);
        sha256_add(&ports[i], line, sizeof line);
        sha256_finish(&ports[i], end);
        sha256_add(&all, i == 0 ? "h1:eth0" : "h2:eth0", 8);
        sha256_add(&all, end, sizeof end);
    }
    sha256_finish(&all, digest);
    sha256_hex(digest, expected);
    EQ_STR(run_hash_text(hash, text), expected);
    run_hash_free(hash);
    rig_fini(&rig);
}

/* Interfaces come and go while a run is looked at: each has its part in the hash. */
static void interfaces_added_since_count_too(void)
{
    struct rig rig;
    struct run_hash *hash;
    struct iface *added[2];
    char empty[RUN_HASH_TEXT_MAX], silent[RUN_HASH_TEXT_MAX], text[RUN_HASH_TEXT_MAX];

    rig_init(&rig, NULL, &rig_ops);
    hash = run_hash_new(rig.sim);
    run_hash_text(hash, empty);
    for (int i = 0; i < 2; i++)
        added[i] = iface_add(i == 0 ? rig.a : rig.b, "eth1", &rig.a0->mac);
    run_hash_text(hash, silent);
    OK(strcmp(silent, empty) != 0);
    sim_add_link(rig.sim, added[0], added[1], &rig.link->config);
    sim_start(rig.sim);
    rig.a0 = added[0];
    send_one(&rig, 3);
    sim_run(rig.sim, SIM_SEC(1), 10);
    OK(strcmp(run_hash_text(hash, text), silent) != 0);
    run_hash_free(hash);
    rig_fini(&rig);
}

static void run(const struct link_config *config, int n, int odd,
                char text[static RUN_HASH_TEXT_MAX])
{
    struct rig rig;
    struct run_hash *hash;

    rig_init(&rig, config, &rig_ops);
    hash = run_hash_new(rig.sim);
    sim_start(rig.sim);
    for (int i = 0; i < n; i++) {
        char before[RUN_HASH_TEXT_MAX];

        send_one(&rig, i == odd);
        run_hash_text(hash, before); /* looking does not disturb */
        sim_run(rig.sim, SIM_MSEC(i), 1000);
    }
    sim_run(rig.sim, SIM_SEC(10), 100000);
    run_hash_text(hash, text);
    run_hash_free(hash);
    rig_fini(&rig);
}

static void same_run_same_hash_and_one_octet_another(void)
{
    char a[RUN_HASH_TEXT_MAX], b[RUN_HASH_TEXT_MAX], c[RUN_HASH_TEXT_MAX];

    run(NULL, 50, -1, a);
    run(NULL, 50, -1, b);
    run(NULL, 50, 30, c);
    EQ_STR(a, b);
    OK(strcmp(a, c) != 0);
}

static void damage_on_the_way_changes_the_far_port(void)
{
    struct link_config clean = { .rate = 100000000, .delay = SIM_USEC(5), .queue = 100 };
    struct link_config noisy = clean;
    char a[RUN_HASH_TEXT_MAX], b[RUN_HASH_TEXT_MAX];

    noisy.corrupt = 1000000;
    run(&clean, 5, -1, a);
    run(&noisy, 5, -1, b);
    OK(strcmp(a, b) != 0);
}

static void many_frames_in_flight_change_nothing(void)
{
    struct link_config far = { .rate = 0, .delay = SIM_SEC(1), .queue = 100000 };
    char a[RUN_HASH_TEXT_MAX], b[RUN_HASH_TEXT_MAX];

    run(&far, 9000, -1, a); /* more than the cache keeps */
    run(&far, 9000, -1, b);
    EQ_STR(a, b);
}

/* Not a limit, a figure for the log. */
static void speed(void)
{
    struct rig rig;
    struct run_hash *hash;
    static uint8_t octets[1000];
    clock_t begin;
    char text[RUN_HASH_TEXT_MAX];
    enum { N = 100000 };

    rig_init(&rig, NULL, &rig_ops);
    sim_start(rig.sim);
    for (int with = 0; with < 2; with++) {
        hash = with ? run_hash_new(rig.sim) : NULL;
        begin = clock();
        for (int i = 0; i < N; i++) {
            be32_put(octets + 50, (uint32_t)i);
            iface_send(rig.a0, rig_frame(rig.a, octets, sizeof octets, WHY0(NONE)));
            sim_run(rig.sim, SIM_TIME_NONE, 2);
        }
        fprintf(stderr, "%s run-hash: %.0f ns a frame and cable\n", with ? "with" : "without",
                (double)(clock() - begin) * 1e9 / CLOCKS_PER_SEC / N);
        if (hash != NULL)
            OK(strlen(run_hash_text(hash, text)) == 64);
    }
    run_hash_free(hash);
    rig_fini(&rig);
}

UNIT_MAIN("run_hash", TEST(hash_is_what_its_definition_says),
          TEST(same_run_same_hash_and_one_octet_another), TEST(interfaces_added_since_count_too),
          TEST(damage_on_the_way_changes_the_far_port), TEST(many_frames_in_flight_change_nothing),
          TEST(speed))
