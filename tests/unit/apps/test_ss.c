/*
 * ss -tanioem against lines recorded from ss of iproute2 6.1 on Linux 6.18: every field it prints
 * is one of those, in their order and form.
 */
#include "tests/unit/apps/rig.h"

#define FIELDS_MAX 64
#define FIELD_MAX  48

static struct rig rig;

/* Of several dialogues; together they have all fields. */
static const char *const recorded[] = {
    "skmem:(r0,rb131072,t0,tb69120,f0,w0,o0,bl0,d0) ts sack reno wscale:10,10 rto:204 "
    "rtt:0.032/0.014 ato:40 mss:1448 pmtu:1500 rcvmss:1000 advmss:1448 cwnd:11 bytes_sent:100 "
    "bytes_acked:101 bytes_received:1000 segs_out:4 segs_in:3 data_segs_out:1 data_segs_in:1 "
    "send 3620000000bps lastsnd:112 lastrcv:104 lastack:104 pacing_rate 7240000000bps "
    "delivery_rate 362000000bps delivered:2 app_limited rcv_space:14480 rcv_ssthresh:67408 "
    "minrtt:0.032 snd_wnd:65536",
    "skmem:(r0,rb131072,t0,tb96768,f3424,w58016,o0,bl0,d0) reno wscale:0,10 rto:216 backoff:2 "
    "rtt:14.825/22.086 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:16 bytes_sent:7792 "
    "bytes_retrans:1448 bytes_acked:6345 segs_out:10 segs_in:6 data_segs_out:6 send 12502125bps "
    "lastsnd:920 lastrcv:1012 lastack:656 pacing_rate 12261240272bps delivery_rate 263448bps "
    "delivered:7 busy:1012ms rwnd_limited:1012ms(100.0%) retrans:0/1 dsack_dups:1 "
    "rcv_space:14480 rcv_ssthresh:64088 notsent:40544 minrtt:0.011",
    "skmem:(r0,rb8192,t0,tb69120,f1016,w0,o0,bl0,d3) ts sack reno wscale:10,0 rto:204 "
    "rtt:0.021/0.01 ato:196 mss:1448 pmtu:1500 rcvmss:1448 advmss:1448 cwnd:10 "
    "bytes_received:6344 segs_out:5 segs_in:10 data_segs_in:6 send 5516190476bps lastsnd:1012 "
    "lastrcv:920 lastack:1000 pacing_rate 15764452624bps delivered:1 app_limited rcv_rtt:44.027 "
    "rcv_space:2896 rcv_ssthresh:3453 minrtt:0.021 snd_wnd:64512",
};

/* "rtt:0.032/0.014" is "rtt:0/0": what does not depend on the dialogue. */
static void form_of(const char *text, size_t len, char form[FIELD_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < FIELD_MAX; i++) {
        bool digit = (text[i] >= '0' && text[i] <= '9') ||
                     (text[i] == '.' && i + 1 < len && n > 0 && form[n - 1] == '0');

        if (digit && n > 0 && form[n - 1] == '0')
            continue;
        form[n++] = digit ? '0' : text[i];
    }
    form[n] = '\0';
    if (strcmp(form, "cubic") == 0)
        strcpy(form, "reno");
}

struct fields {
    char form[FIELDS_MAX][FIELD_MAX];
    unsigned n;
};

/* The fields of @line up to its end; "send 1bps" is one. */
static void split(const char *line, struct fields *fields)
{
    const char *end = line + strcspn(line, "\n");

    fields->n = 0;
    while (line < end && fields->n < FIELDS_MAX) {
        size_t len;

        line += strspn(line, " \t");
        len = strcspn(line, " \n");
        if (line + len < end && len > 0 && strchr("0123456789", line[len + 1]) != NULL &&
            line[len + 1] != '\0')
            len += 1 + strcspn(line + len + 1, " \n");
        if (len > 0)
            form_of(line, len, fields->form[fields->n++]);
        line += len;
    }
}

static unsigned find(const struct fields *fields, const char *form)
{
    unsigned i = 0;

    while (i < fields->n && strcmp(fields->form[i], form) != 0)
        i++;
    return i;
}

/* All recorded fields in one order that agrees with every line. */
static void merge(struct fields *all)
{
    struct fields line;

    all->n = 0;
    for (size_t l = 0; l < sizeof recorded / sizeof *recorded; l++) {
        unsigned at = 0;

        split(recorded[l], &line);
        for (unsigned i = 0; i < line.n; i++) {
            unsigned there = find(all, line.form[i]);

            if (there == all->n) {
                memmove(all->form[at + 1], all->form[at], (all->n - at) * sizeof all->form[0]);
                memcpy(all->form[at], line.form[i], sizeof all->form[0]);
                all->n++;
                there = at;
            }
            EQ(there >= at, true);
            at = there + 1;
        }
    }
}

/* Each line of fields in @out is in the order of @all. */
static unsigned check(const struct fields *all, const char *out)
{
    unsigned n_lines = 0;

    for (const char *at = strstr(out, "\n\t "); at != NULL; at = strstr(at + 1, "\n\t ")) {
        struct fields line;
        unsigned last = 0;

        split(at + 1, &line);
        for (unsigned i = 0; i < line.n; i++) {
            unsigned place = find(all, line.form[i]);

            if (place == all->n || place < last)
                printf("out of order or not recorded: %s\n", line.form[i]);
            EQ(place < all->n, true);
            EQ(place >= last, true);
            last = place;
        }
        n_lines++;
    }
    return n_lines;
}

static void start(unsigned host, const char *line)
{
    rig_start(&rig, rig.hosts[host], line);
}

static void fields_stand_in_the_real_order(void)
{
    struct fields all;
    const char *out;

    merge(&all);
    rig_pair(&rig);
    start(0, "sock 'tcp; bind *:80; listen; accept; recv 100; send 1000; recveof'");
    start(0, "sock 'tcp; rcvbuf 4096; bind *:81; listen; accept; sleep 60'");
    start(1, "sock 'tcp; connect 10.0.0.1:80; send 100; recv 1000; sleep 60'");
    start(1, "sock 'tcp; connect 10.0.0.1:81; send 40000; sleep 60'");
    rig_run_for(&rig, SIM_SEC(2));
    out = run(&rig, rig.hosts[1], "ss -tanioem", SIM_SEC(1));
    EQ(check(&all, out), 2);
    OK(strstr(out, " rwnd_limited:") != NULL && strstr(out, " delivery_rate ") != NULL);
    out = run(&rig, rig.hosts[0], "ss -tanioem", SIM_SEC(1));
    EQ(check(&all, out), 4);
    rig_end(&rig);
}

static void ts_and_sack_are_told_with_o_or_e_alone(void)
{
    rig_pair(&rig);
    start(0, "sock 'tcp; bind *:80; listen; accept; sleep 60'");
    start(1, "sock 'tcp; connect 10.0.0.1:80; sleep 60'");
    rig_run_for(&rig, SIM_SEC(2));
    OK(strstr(run(&rig, rig.hosts[1], "ss -tani", SIM_SEC(1)), " ts sack ") == NULL);
    OK(strstr(run(&rig, rig.hosts[1], "ss -tanio", SIM_SEC(1)), " ts sack cubic ") != NULL);
    OK(strstr(run(&rig, rig.hosts[1], "ss -tanie", SIM_SEC(1)), " cgroup:/ <->\n\t ts sack ") !=
       NULL);
    rig_end(&rig);
}

static void listeners_and_time_wait_have_little_to_tell(void)
{
    rig_pair(&rig);
    start(0, "sock 'tcp; bind *:80; listen 5; accept; recveof; sleep 60'");
    start(1, "sock 'tcp; connect 10.0.0.1:80; close'");
    start(1, "sock 'tcp; connect 10.0.0.1:80; sleep 60'");
    rig_run_for(&rig, SIM_SEC(2));
    EQ_STR(run(&rig, rig.hosts[0], "ss -tlniH", SIM_SEC(1)),
           "LISTEN 1      5      0.0.0.0:80 0.0.0.0:*\n\t cubic cwnd:10 unacked:1\n-- exit 0\n");
    OK(strstr(run(&rig, rig.hosts[1], "ss -tani state fin-wait-2", SIM_SEC(1)),
              "10.0.0.1:80  \n\t     \n-- exit 0\n") != NULL);
    rig_end(&rig);
}

/* As ss prints them: three digits of milliseconds, and "ms" behind seconds with a fraction, too. */
static void timers_are_told_in_ss_s_own_way(void)
{
    const char *out;
    unsigned s, ms, n;

    rig_pair(&rig);
    start(0, "sock 'tcp; rcvbuf 4096; bind *:80; listen 5; accept; sleep 60'");
    start(1, "sock 'tcp; connect 10.0.0.1:80; send 40000; sleep 60'");
    start(1, "sock 'tcp; keepalive; set TCP_KEEPIDLE 100; connect 10.0.0.1:80; sleep 60'");
    rig_run_for(&rig, SIM_SEC(4));
    out = run(&rig, rig.hosts[1], "ss -tno", SIM_SEC(1));
    OK(strstr(out, "persist,") != NULL);
    EQ(sscanf(strstr(out, "persist,"), "persist,%u.%3ums,%u)", &s, &ms, &n), 3);
    OK(strstr(out, " timer:(keepalive,1min3") != NULL);
    rig_end(&rig);
}

static void memory_is_told_by_its_parts(void)
{
    rig_pair(&rig);
    start(0, "sock 'tcp; rcvbuf 4096; bind *:80; listen 5; accept; sleep 60'");
    start(1, "sock 'tcp; connect 10.0.0.1:80; send 40000; sleep 60'");
    rig_run_for(&rig, SIM_SEC(2));
    OK(strstr(run(&rig, rig.hosts[1], "ss -tnm", SIM_SEC(1)),
              "\n\t skmem:(r0,rb131072,t0,tb46080,f") != NULL);
    rig_end(&rig);
}

static void who_has_a_socket_is_told_and_filters_choose(void)
{
    static const char server[] =
        "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
        "LISTEN 0      1            0.0.0.0:80        0.0.0.0:*    users:((\"nc\",pid=3,fd=3))\n"
        "-- exit 0\n";

    rig_pair(&rig);
    start(0, "nc -l -k -p 80");
    EQ_STR(run(&rig, rig.hosts[0], "ss -tlnp", SIM_SEC(1)), server);
    EQ_STR(run(&rig, rig.hosts[0], "ss -tlnp sport eq :80 and src 0.0.0.0", SIM_SEC(1)), server);
    EQ_STR(run(&rig, rig.hosts[0], "ss -tlnp sport = http", SIM_SEC(1)), server);
    EQ_STR(run(&rig, rig.hosts[0], "ss -tlnp 'sport = :http and src 0.0.0.0'", SIM_SEC(1)), server);
    OK(strstr(run(&rig, rig.hosts[0], "ss -tnH 'state listening sport = :80'", SIM_SEC(1)),
              "0.0.0.0:80") != NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ss -tan sport = :80 sport", SIM_SEC(1)), "not simulated") !=
       NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ss -tlnp sport != :80", SIM_SEC(1)), "LISTEN") == NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ss -tan src 10.0.0.0/24", SIM_SEC(1)), "LISTEN") == NULL);
    OK(strstr(run(&rig, rig.hosts[0], "ss -tan sport gt :80", SIM_SEC(1)), "not simulated") !=
       NULL);
    OK(strstr(run(&rig, rig.hosts[0], "netstat -tlnp", SIM_SEC(1)),
              "State       PID/Program name    \ntcp        0      0 0.0.0.0:80              "
              "0.0.0.0:*               LISTEN      3/nc                \n") != NULL);
    rig_end(&rig);
}

UNIT_MAIN("ss", TEST(who_has_a_socket_is_told_and_filters_choose),
          TEST(fields_stand_in_the_real_order), TEST(ts_and_sack_are_told_with_o_or_e_alone),
          TEST(listeners_and_time_wait_have_little_to_tell), TEST(memory_is_told_by_its_parts),
          TEST(timers_are_told_in_ss_s_own_way))
