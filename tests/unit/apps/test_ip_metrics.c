/* ip tcp_metrics: output and exit statuses as recorded from iproute2 6.1 on Linux 6.18. */
#include "tests/unit/apps/rig.h"

static struct rig rig;

#define USAGE                                                                                      \
    "Usage:\tip tcp_metrics/tcpmetrics { COMMAND | help }\n"                                       \
    "\tip tcp_metrics { show | flush } SELECTOR\n"                                                 \
    "\tip tcp_metrics delete [ address ] ADDRESS\n"                                                \
    "SELECTOR := [ [ address ] PREFIX ]\n-- exit 255\n"
#define NOT_THERE   "RTNETLINK answers: No such process\n-- exit 2\n"
#define WHOLE(word) "Error: a specific IP address is expected rather than \"" word "\"\n-- exit 1\n"

/* @text with every "1.234sec" and "1234us" made T. */
static const char *without_units(const char *text)
{
    static char out[2000];
    size_t n = 0;

    while (*text != '\0' && n + 32 < sizeof out) {
        size_t digits = strspn(text, "0123456789.");

        if (digits == 0) {
            out[n++] = *text++;
            continue;
        }
        if (strncmp(text + digits, "sec", 3) == 0 || strncmp(text + digits, "us", 2) == 0)
            out[n++] = 'T';
        else
            n += (size_t)sprintf(out + n, "%.*s", (int)digits, text);
        text += digits;
    }
    out[n] = '\0';
    return out;
}

static void says(const char *line, const char *expected)
{
    EQ_STR(without_units(run(&rig, rig.hosts[0], line, SIM_MSEC(500))), expected);
}

static void connect_to(const char *addr)
{
    char line[100];

    snprintf(line, sizeof line, "echo x | nc -q 0 %s 80", addr);
    (void)run(&rig, rig.hosts[0], line, SIM_SEC(2));
}

/* h1 has spoken with h2 by both versions. */
static void start(void)
{
    rig_pair(&rig);
    (void)run(&rig, rig.hosts[0], "ip addr add fd07::1/64 dev eth0", SIM_SEC(2));
    (void)run(&rig, rig.hosts[1], "ip addr add fd07::2/64 dev eth0", SIM_SEC(2));
    (void)run(&rig, rig.hosts[1], "nc -6 -l -k -p 80 &", SIM_SEC(1));
    connect_to("fd07::2");
    (void)run(&rig, rig.hosts[1], "nc -l -k -p 80 &", SIM_SEC(1));
    connect_to("10.0.0.2");
}

#define V4 "10.0.0.2 age Tsec cwnd 10 rtt Tus rttvar Tus source 10.0.0.1\n"
#define V6 "fd07::2 age Tsec cwnd 10 rtt Tus rttvar Tus source fd07::1\n"

static void metrics_are_listed_and_chosen(void)
{
    const char *both;

    start();
    both = without_units(run(&rig, rig.hosts[0], "ip tcp_metrics", SIM_MSEC(500)));
    OK(strcmp(both, V4 V6 "-- exit 0\n") == 0 || strcmp(both, V6 V4 "-- exit 0\n") == 0);
    says("ip -4 tcp_m l", V4 "-- exit 0\n");
    says("ip -6 tcpmetrics show any", V6 "-- exit 0\n");
    says("ip tcp_metrics show 10.0.0.2", V4 "-- exit 0\n");
    says("ip tcp_metrics show address 10.0.0.2", V4 "-- exit 0\n");
    says("ip tcp_metrics show 10.0.0.0/8", V4 "-- exit 0\n");
    says("ip tcp_metrics show source fd07::1", V6 "-- exit 0\n");
    says("ip tcp_metrics show source 10.0.0.9", "-- exit 0\n");
    says("ip tcp_metrics show 10.0.0.2 source", V4 "-- exit 0\n"); /* it steps over a word */
    says("ip tcp_metrics show ::/0", V6 "-- exit 0\n");
    says("ip tcp_metrics show 10.0.0.3", NOT_THERE);
    says("ip tcp_metrics show 10.0.0.2 x source 10.0.0.9", NOT_THERE);
    says("ip tcp_metrics show help", USAGE);
    says("ip tcp_metrics show foo",
         "Error: any valid prefix is expected rather than \"foo\".\n-- exit 1\n");
    says("ip -4 tcp_metrics show fd07::2",
         "Error: inet prefix is expected rather than \"fd07::2\".\n-- exit 1\n");
    says("ip -6 tcp_metrics show 10.0.0.2",
         "Error: inet6 prefix is expected rather than \"10.0.0.2\".\n-- exit 1\n");
    says("ip tcp_metrics show 10.0.0.2 source 10.0.0.1",
         "Error: either \"address\" is duplicate, or \"10.0.0.1\" is a garbage.\n-- exit 255\n");
    says("ip tcp_metrics show source 10.0.0.1 x source 10.0.0.1",
         "Error: either \"source\" is duplicate, or \"10.0.0.1\" is a garbage.\n-- exit 255\n");
    says("ip tcp_metrics show source 10.0.0.0/24", WHOLE("10.0.0.0/24"));
    says("ip tcp_metrics show source",
         "Command line is not complete. Try option \"help\"\n-- exit 255\n");
    says("ip tcp_metrics add",
         "Command \"add\" is unknown, try \"ip tcp_metrics help\".\n-- exit 255\n");
    rig_end(&rig);
}

static void metrics_are_deleted_and_flushed(void)
{
    start();
    says("ip tcp_metrics delete", "Error: argument \"address\" is required\n-- exit 255\n");
    says("ip tcp_metrics del source 10.0.0.1",
         "Error: argument \"address\" is required\n-- exit 255\n");
    says("ip tcp_metrics del 10.0.0.0/24", WHOLE("10.0.0.0/24"));
    says("ip tcp_metrics del any", WHOLE("any"));
    says("ip tcp_metrics del 10.0.0.9", NOT_THERE);
    says("ip tcp_metrics flush 10.9.0.0/16", "Nothing to flush.\n-- exit 0\n");
    says("ip tcp_metrics flush 10.0.0.9", NOT_THERE);
    says("ip -s -s tcp_metrics flush 10.0.0.0/24",
         "Deleted " V4 "\n*** Round 1, deleting 1 entries ***\n"
         "*** Flush is complete after 1 round ***\n-- exit 0\n");
    says("ip tcp_metrics", V6 "-- exit 0\n");
    says("ip tcp_metrics del fd07::2", "-- exit 0\n");
    says("ip tcp_metrics del fd07::2", NOT_THERE);
    connect_to("10.0.0.2");
    says("ip -6 tcp_metrics flush", "Nothing to flush.\n-- exit 0\n");
    says("ip -s tcp_metrics flush", "-- exit 0\n");
    says("ip tcp_metrics", "-- exit 0\n");
    rig_end(&rig);
}

UNIT_MAIN("ip tcp_metrics", TEST(metrics_are_listed_and_chosen),
          TEST(metrics_are_deleted_and_flushed))
