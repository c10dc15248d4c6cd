/* tcpdump: its lines against the real one's, its filters, and the program on a live cable. */
#include "tests/unit/apps/rig.h"

#include "apps/tcpdump_filter.h"
#include "apps/tcpdump_print.h"
#include "tests/unit/apps/tcpdump_frames.h"
#include "tests/unit/apps/tcpdump_frames6.h"

#define N_FRAMES  (sizeof frames / sizeof *frames)
#define N_FRAMES6 (sizeof frames6 / sizeof *frames6)

static size_t unhex(const char *hex, uint8_t *octets)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

        octets[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static void compare_lines(struct tcpdump_printer *printer, size_t which,
                          const struct frame_lines *lines, size_t n)
{
    static uint8_t octets[2000];

    for (size_t i = 0; i < n; i++) {
        const char *expected = which == 0   ? lines[i].plain
                               : which == 1 ? lines[i].ethernet
                                            : lines[i].verbose;
        struct strbuf out = STRBUF_INIT;
        size_t len = unhex(lines[i].hex, octets);

        tcpdump_print(printer, &out, octets, len);
        if (expected != NULL)
            EQ_STR(strbuf_text(&out), expected);
        strbuf_fini(&out);
    }
    tcpdump_printer_fini(printer);
}

static void compare(struct tcpdump_printer *printer, size_t which)
{
    compare_lines(printer, which, frames, N_FRAMES);
    *printer =
        (struct tcpdump_printer){ .numeric = true, .ethernet = which == 1, .verbose = which == 2 };
    compare_lines(printer, which, frames6, N_FRAMES6);
}

static void lines_are_the_real_ones(void)
{
    compare(&(struct tcpdump_printer){ .numeric = true }, 0);
}

static void lines_with_ethernet_headers_are_the_real_ones(void)
{
    compare(&(struct tcpdump_printer){ .numeric = true, .ethernet = true }, 1);
}

static void verbose_lines_are_the_real_ones(void)
{
    compare(&(struct tcpdump_printer){ .numeric = true, .verbose = true }, 2);
}

static void every_cut_frame_is_printed_without_harm(void)
{
    static uint8_t octets[2000];

    for (size_t i = 0; i < N_FRAMES; i++) {
        size_t len = unhex(frames[i].hex, octets);
        struct tcpdump_printer printer = { .numeric = true, .verbose = true };

        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *copy = mem_alloc(cut + 1); /* so that the sanitizer sees the end */
            uint8_t *exact = mem_alloc(cut > 0 ? cut : 1);
            struct strbuf out = STRBUF_INIT;

            memcpy(exact, octets, cut);
            tcpdump_print(&printer, &out, exact, cut);
            OK(out.len > 0);
            strbuf_fini(&out);
            free(exact);
            free(copy);
        }
        tcpdump_printer_fini(&printer);
    }
}

/* How many of the frames pass; -1: the expression was refused. */
static int passes(const char *expression)
{
    static uint8_t octets[2000];
    struct tcpdump_filter filter;
    struct strbuf error = STRBUF_INIT;
    char copy[128];
    char *words[] = { copy };
    int n = 0;

    strcpy(copy, expression);
    if (!tcpdump_filter_parse(&filter, 1, words, &error)) {
        OK(error.len > 0);
        strbuf_fini(&error);
        return -1;
    }
    for (size_t i = 0; i < N_FRAMES; i++) {
        size_t len = unhex(frames[i].hex, octets);

        n += tcpdump_filter_match(&filter, octets, len);
    }
    return n;
}

static void filters_choose_as_pcap_filter_says(void)
{
    int all = (int)N_FRAMES;

    EQ(passes(""), all);
    EQ(passes("arp"), 4);
    EQ(passes("not arp"), all - 4);
    EQ(passes("arp or icmp"), 4 + 18);
    EQ(passes("tcp"), 9);
    EQ(passes("tcp port 80"), 7);
    EQ(passes("port 80 or 81"), 9);
    EQ(passes("tcp port 80 or udp port 53"), 13);
    EQ(passes("tcp and src port 80"), 3);
    EQ(passes("dst port 80"), 4);
    EQ(passes("port 53"), 6);
    EQ(passes("tcp port 53"), 0);
    EQ(passes("portrange 67-68"), 2);
    EQ(passes("src host 10.0.0.1"), 4);
    EQ(passes("host 255.255.255.255"), 1);
    EQ(passes("net 10.0.0.0/24"), all - 1);
    EQ(passes("net 10"), all - 1);
    EQ(passes("ether dst ff:ff:ff:ff:ff:ff"), 4);
    EQ(passes("broadcast and not arp"), 1);
    EQ(passes("icmp && !(host 10.0.0.1)"), 0);
    EQ(passes("src or dst host 10.0.0.2 and udp"), 9);
    EQ(passes("greater 1000"), 1);
    EQ(passes("ip6"), 0);
}

static void other_filters_are_refused(void)
{
    EQ(passes("foo"), -1);
    EQ(passes("port"), -1);
    EQ(passes("port http80"), -1);
    EQ(passes("(arp"), -1);
    EQ(passes("arp)"), -1);
    EQ(passes("arp and"), -1);
    EQ(passes("tcp[13] & 2 != 0"), -1);
    EQ(passes("vlan 3"), -1);
    EQ(passes("host nowhere"), -1);
    EQ(passes("not"), -1);
}

static void a_live_cable_is_watched(void)
{
    struct rig rig;

    rig_pair(&rig);
    EQ_STR(run(&rig, rig.hosts[1], "tcpdump -n -t -i eth0 -c 3 2>/dev/null & sleep 0.1; wait",
               SIM_SEC(1)),
           "");
    run(&rig, rig.hosts[0], "ping -q -c 1 10.0.0.2 >/dev/null", SIM_SEC(2));
    OK(strstr(strbuf_text(&rig.out), "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28\n"
                                     "ARP, Reply 10.0.0.2 is-at 02:00:00:00:02:01, length 28\n"
                                     "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id ") != NULL);
    rig_end(&rig);
}

static void control_c_prints_the_counts(void)
{
    struct rig rig;
    struct shell_run *line;

    rig_pair(&rig);
    line = rig_start(&rig, rig.hosts[1], "tcpdump -ni any icmp");
    rig_run_for(&rig, SIM_SEC(1));
    shell_start(rig.hosts[0], "ping -c 1 10.0.0.2", &(struct process_io){ NULL, NULL }, NULL, NULL);
    rig_run_for(&rig, SIM_SEC(1));
    shell_interrupt(line);
    rig_run_for(&rig, SIM_SEC(1));
    OK(text_ends(strbuf_text(&rig.out), "2 packets captured\n2 packets received by filter\n0 "
                                        "packets dropped by kernel\n-- exit 0\n"));
    OK(strstr(strbuf_text(&rig.out), "00:00:01.000") != NULL);
    OK(strstr(strbuf_text(&rig.out), " eth0  In  IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id ") !=
       NULL);
    OK(strstr(strbuf_text(&rig.out), " eth0  Out IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id ") !=
       NULL);
    EQ_STR(run(&rig, rig.hosts[0], "tcpdump -i nope", SIM_SEC(1)),
           "tcpdump: nope: No such device exists\n(No such device exists)\n-- exit 1\n");
    EQ_STR(run(&rig, rig.hosts[0], "tcpdump -w x", SIM_SEC(1)),
           "tcpdump: option -w is not simulated by wirewalk\n-- exit 2\n");
    EQ_STR(run(&rig, rig.hosts[0], "tcpdump foo bar", SIM_SEC(1)),
           "tcpdump: can't parse filter expression: syntax error\n-- exit 1\n");
    rig_end(&rig);
}

UNIT_MAIN("tcpdump", TEST(lines_are_the_real_ones),
          TEST(lines_with_ethernet_headers_are_the_real_ones),
          TEST(verbose_lines_are_the_real_ones), TEST(every_cut_frame_is_printed_without_harm),
          TEST(filters_choose_as_pcap_filter_says), TEST(other_filters_are_refused),
          TEST(a_live_cable_is_watched), TEST(control_c_prints_the_counts))
