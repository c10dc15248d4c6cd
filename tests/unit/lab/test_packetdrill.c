#include "lab_support.h"

#include "lab/pkt_run.h"

/* ---- helpers ---- */

static struct pkt_verdict run_with(const char *text, struct pkt_options options)
{
    struct pkt_verdict verdict;

    if (options.defines == NULL)
        options.defines = g_ptr_array_new();
    pkt_run_text("x.pkt", text, strlen(text), &options, &verdict);
    g_ptr_array_unref(options.defines);
    return verdict;
}

static bool ends(const char *text, struct pkt_options options, enum pkt_verdict_kind kind,
                 unsigned line, const char *reason)
{
    struct pkt_verdict verdict = run_with(text, options);
    bool same = verdict.kind == kind && verdict.line == line &&
                (reason == NULL) == (verdict.reason == NULL) &&
                (reason == NULL || strstr(verdict.reason, reason) != NULL);

    if (!same)
        fprintf(stderr, "%s, line %u: %s\n", pkt_verdict_name(verdict.kind), verdict.line,
                verdict.reason != NULL ? verdict.reason : "");
    pkt_verdict_clear(&verdict);
    return same;
}

#define EXACT                          ((struct pkt_options){ 0 })
#define RELAXED                        ((struct pkt_options){ .relaxed = true })
#define PASSES(text, how)              OK(ends((text), (how), PKT_PASS, 0, NULL))
#define FAILS(text, how, line, reason) OK(ends((text), (how), PKT_FAIL, (line), (reason)))
#define REFUSED(text, line, reason)    OK(ends((text), EXACT, PKT_REFUSED, (line), (reason)))
#define UNREADABLE(text, line, reason) OK(ends((text), EXACT, PKT_UNREADABLE, (line), (reason)))

/* Three lines, then six: a server with one connection as descriptor 4. */
#define SERVER                                                                                     \
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n"                      \
    "+0 listen(3, 1) = 0\n"
#define CONNECTED                                                                                  \
    SERVER "+0 < S 0:0(0) win 65535 <mss 1000>\n+0 > S. 0:0(0) ack 1 <mss 1460>\n"                 \
           "+.1 < . 1:1(0) ack 1 win 65535\n+0 accept(3, ..., ...) = 4\n"

#define CONNECTED6                                                                                 \
    SERVER "+0 < S 0:0(0) win 65535 <mss 1000>\n+0 > S. 0:0(0) ack 1 <mss 1440>\n"                 \
           "+.1 < . 1:1(0) ack 1 win 65535\n+0 accept(3, ..., ...) = 4\n"

/* ---- reading ---- */

static void what_does_not_fit_is_told_with_its_line(void)
{
    UNREADABLE("0 socket(...) = 3\n+0 > S. 0:0(0 ack 1\n", 2, "expected: )");
    UNREADABLE("0 > Z 0:0(0)\n", 1, "TCP flags");
    UNREADABLE("0 > S 0:5(4)\n", 1, "first octet plus the length");
    UNREADABLE("0 > S 0:0(0) <mss>\n", 1, "whole number");
    UNREADABLE("0 close(3 = 0\n", 1, "expected: ,");
    UNREADABLE("/* never", 1, "never ends");
    UNREADABLE("#ifdef A\n", 1, "#endif");
    UNREADABLE("+0\n", 2, "a packet, a call");
    UNREADABLE("--mtu=x\n0 `true`\n", 1, "--mtu");
}

static void what_is_not_there_is_refused_by_name(void)
{
    REFUSED("0 vmsplice(1) = 3\n", 1, "vmsplice");
    REFUSED("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
            "+0 setsockopt(3, SOL_SOCKET, SO_ATTACH_FILTER, [1], 4) = 0\n",
            2, "SO_ATTACH_FILTER");
    REFUSED("0 socket(..., SOCK_SEQPACKET, 0) = 3\n", 1, "SOCK_SEQPACKET");
    REFUSED("0 > S 0:0(0) <mss 1460, AccECN>\n", 1, "AccECN");
    REFUSED("0 > S 0:0(0) <mp_capable, nop>\n", 1, "mp_capable");
    REFUSED("0 > (udp 5000 > 8080) S 0:0(0)\n", 1, "udp PORT > PORT");
    REFUSED("0 < [udp 5000 > 8080] S 0:0(0)\n", 1, "udp PORT > PORT");
    REFUSED("0 `frobnicate`\n", 1, "frobnicate");
    REFUSED("0 > mpls (label 1) . 1:1(0) ack 1\n", 1, "mpls");
    REFUSED("0 `sysctl -q net.ipv4.tcp_nonsense=1`\n", 1, "net.ipv4.tcp_nonsense");
}

static void the_interface_is_called_tun0(void)
{
    PASSES("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
           "+0 setsockopt(3, SOL_SOCKET, SO_BINDTODEVICE, \"tun0\", 5) = 0\n"
           "+0 setsockopt(3, SOL_SOCKET, SO_BINDTODEVICE, \"eth0\", 5) = -1 ENODEV\n",
           EXACT);
}

static void conditions_choose_lines(void)
{
    struct pkt_options options = EXACT;

    PASSES("#ifdef X\n0 nonsense\n#else\n0 `true`\n#endif\n", EXACT);
    options.defines = g_ptr_array_new();
    g_ptr_array_add(options.defines, (char *)(gsize) "X");
    FAILS("#ifdef X\n#ifndef Y\n0 `false`\n#endif\n#else\n0 nonsense\n#endif\n", options, 3,
          "status 1");
}

static void a_value_may_be_defined(void)
{
    struct pkt_options options = EXACT;

    options.defines = g_ptr_array_new();
    g_ptr_array_add(options.defines, (char *)(gsize) "FD=3");
    FAILS("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = FD\n+0 close(FD) = 0\n+0 close(FD) = 0\n",
          options, 3, "EBADF");
}

/* ---- calls ---- */

static void a_result_that_differs_is_told(void)
{
    FAILS(SERVER "+0 accept(9, ..., ...) = 4\n", EXACT, 4, "EBADF (Bad file descriptor)");
    FAILS(SERVER "+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [7], [4]) = 0\n", EXACT, 4, "gave 0");
    FAILS(CONNECTED "+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
                    "+0 read(4, ..., 10) = -1 EINVAL (Invalid argument)\n",
          EXACT, 9, "EAGAIN");
}

static void a_blocking_call_returns_when_said(void)
{
    PASSES(CONNECTED "+0...0.2 read(4, ..., 10) = 10\n+.2 < P. 1:11(10) ack 1 win 65535\n"
                     "+0 > . 1:1(0) ack 11\n",
           EXACT);
    FAILS(CONNECTED "+0...0.3 read(4, ..., 10) = 10\n+.2 < P. 1:11(10) ack 1 win 65535\n"
                    "+0 > . 1:1(0) ack 11\n",
          EXACT, 8, "returned at");
    FAILS(CONNECTED "+0...0.3 read(4, ..., 10) = 10\n", EXACT, 8, "has not returned");
    FAILS(CONNECTED "+0 read(4, ..., 10) = 10\n", EXACT, 8, "never returns");
}

static void descriptors_have_the_scripts_numbers(void)
{
    PASSES("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 7\n+0 close(7) = 0\n"
           "+0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 5\n+0 close(5) = 0\n",
           EXACT);
}

/* ---- packets ---- */

static void a_packet_that_differs_is_shown_beside_the_expected_one(void)
{
    struct pkt_verdict verdict = run_with(
        SERVER "+0 < S 0:0(0) win 65535 <mss 1000>\n+0 > S. 0:0(0) ack 2 <mss 1460>\n", EXACT);

    EQ(verdict.kind, PKT_FAIL);
    EQ(verdict.line, 5);
    OK(strstr(verdict.detail, "differs") != NULL);
    OK(strstr(verdict.detail, "mss 1460") != NULL);
    pkt_verdict_clear(&verdict);
}

static void a_packet_that_does_not_come_fails(void)
{
    FAILS(SERVER "+0 > . 1:1(0) ack 1\n", EXACT, 4, "sent nothing");
}

static void a_packet_that_nobody_expects_fails(void)
{
    FAILS(SERVER "+0 < . 1:1(0) ack 5 win 65535\n", EXACT, 4, "does not expect");
}

static void a_packet_at_another_time_fails(void)
{
    FAILS(SERVER "+0 < S 0:0(0) win 65535 <mss 1000>\n+.5~+.6 > S. 0:0(0) ack 1 <mss 1460>\n",
          EXACT, 5, "expects it at");
    PASSES(SERVER "+0 < S 0:0(0) win 65535 <mss 1000>\n* > S. 0:0(0) ack 1 <mss 1460>\n", EXACT);
}

static void numbers_count_from_the_scripts_first(void)
{
    PASSES(SERVER "+0 < S 1000:1000(0) win 65535 <mss 1000>\n"
                  "+0 > S. 500:500(0) ack 1001 <mss 1460>\n"
                  "+.1 < . 1001:1001(0) ack 501 win 65535\n+0 accept(3, ..., ...) = 4\n"
                  "+0 write(4, ..., 10) = 10\n+0 > P. 501:511(10) ack 1001\n",
           EXACT);
}

/* ---- relaxed ---- */

static void relaxed_data_is_ranges_of_octets(void)
{
    PASSES(CONNECTED "+0 write(4, ..., 3000) = 3000\n+0 > . 1:3001(3000) ack 1\n", RELAXED);
    PASSES(CONNECTED "+0 write(4, ..., 1000) = 1000\n+0 > . 1:401(400) ack 1\n"
                     "+0 > P. 401:1001(600) ack 1\n",
           RELAXED);
    FAILS(CONNECTED "+0 write(4, ..., 1000) = 1000\n+0 > . 1:401(400) ack 1\n", EXACT, 9,
          "another packet");
}

static void a_long_line_stands_for_a_burst(void)
{
    PASSES(CONNECTED "+0 write(4, ..., 2500) = 2500\n+0 > P. 1:2501(2500) ack 1\n", EXACT);
    FAILS(CONNECTED "+0 write(4, ..., 2500) = 2500\n+0 > P. 1:3001(3000) ack 1\n", EXACT, 9,
          "another packet");
    FAILS(CONNECTED "+0 write(4, ..., 2500) = 2500\n+0 > P. 1:2001(2000) ack 1\n", EXACT, 9,
          "does not expect");
}

static void relaxed_pure_acks_come_early_or_late(void)
{
    PASSES(CONNECTED "+0 < P. 1:11(10) ack 1 win 65535\n+.4 > . 1:1(0) ack 11\n", RELAXED);
    FAILS(CONNECTED "+0 < P. 1:11(10) ack 1 win 65535\n+.4 > . 1:1(0) ack 11\n", EXACT, 9,
          "expects it at");
    FAILS(CONNECTED "+0 < P. 1:11(10) ack 1 win 65535\n+.7 > . 1:1(0) ack 11\n", RELAXED, 9,
          "expects it at");
}

static void relaxed_looks_at_the_state_alone(void)
{
    const char *text = CONNECTED "+0 %{ assert tcpi_snd_cwnd == 99 }%\n"
                                 "+0 getsockopt(4, SOL_TCP, TCP_INFO, {tcpi_rtt=7, "
                                 "tcpi_state=TCPS_ESTABLISHED}, [...]) = 0\n";

    PASSES(text, RELAXED);
    FAILS(text, EXACT, 8, "tcpi_snd_cwnd == 99");
}

static void extra_acks_are_passed_over_when_asked(void)
{
    struct pkt_options extra = { .extra_acks = true };

    PASSES(CONNECTED "+0 < P. 1:11(10) ack 1 win 65535\n+0 write(4, ..., 1) = 1\n"
                     "+0 > P. 1:2(1) ack 11\n",
           extra);
}

/* ---- code and commands ---- */

static void code_asserts_about_tcp_info(void)
{
    PASSES(CONNECTED "+0 %{\nassert tcpi_state == TCP_ESTABLISHED and 1 < tcpi_snd_cwnd <= 10\n"
                     "x = (tcpi_snd_cwnd + 2) * 2; assert x == 24, x }%\n",
           EXACT);
    FAILS(CONNECTED "+0 %{ assert tcpi_snd_cwnd == 11, 'no' }%\n", EXACT, 8, "tcpi_snd_cwnd == 11");
    REFUSED(CONNECTED "+0 %{ assert tcpi_nonsense == 1 }%\n", 8, "tcpi_nonsense");
}

static void tables_of_sockets_can_be_counted(void)
{
    PASSES(CONNECTED "+0 `ss -tan | grep -q ESTAB`\n"
                     "+0 `test $(netstat -an | grep LISTEN | wc -l) -eq 1 && sockstat | grep -c "
                     "ESTABLISHED`\n",
           EXACT);
    FAILS(CONNECTED "+0 `ss -tan | grep -q TIME-WAIT`\n", EXACT, 8, "status 1");
}

static void settings_change_the_host(void)
{
    PASSES("0 `sysctl -q net.ipv4.tcp_timestamps=0 net.ipv4.tcp_sack=0`\n"
           "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, "
           "O_RDWR|O_NONBLOCK) = 0\n"
           "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n"
           "+0 > S 0:0(0) <mss 1460,nop,wscale 7>\n",
           EXACT);
}

/* ---- the breadth of the syntax ---- */

static void words_of_the_ip_header_may_stand_in_either_brackets(void)
{
    PASSES(CONNECTED "+0 < (ect0, ttl 3) P. 1:11(10) ack 1 win 65535\n"
                     "+0 > (noecn) . 1:1(0) ack 11\n"
                     "+0 < [ce] P. 11:21(10) ack 1 win 65535\n+0 > [noecn] . 1:1(0) ack 21\n",
           EXACT);
    UNREADABLE("0 < (nothing) . 1:1(0) ack 1\n", 1, "flowlabel");
}

static void a_digit_among_the_flags_is_ae_cwr_and_ece(void)
{
    FAILS(CONNECTED "+0 < P5. 1:11(10) ack 1 win 65535\n+0 > 3. 1:1(0) ack 11\n", EXACT, 9,
          "EW. 1:1(0)");
    FAILS(CONNECTED "+0 < P. 1:11(10) ack 1 win 65535\n+0 > 4. 1:1(0) ack 11\n", EXACT, 9,
          "A. 1:1(0)");
    UNREADABLE("0 < 8. 1:1(0) ack 1\n", 1, "TCP flags");
}

static void comments_have_three_forms(void)
{
    PASSES("// one\n/* two\n */ # three\n0 `true` # behind\n+0 `true` // behind\n", EXACT);
}

static void numbers_can_be_calculated(void)
{
    PASSES("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 1 + 1\n"
           "+0 setsockopt(2, SOL_SOCKET, SO_RCVBUF, [(2 + 1) * 1024 | 1 << 14], 4) = 0\n"
           "+0 getsockopt(2, SOL_SOCKET, SO_RCVBUF, [38912], [4]) = 0\n"
           "+0 setsockopt(2, SOL_TCP, TCP_NODELAY, [~0 & 0x1], 4) = -(0)\n+0 close(2) = 0\n",
           EXACT);
    UNREADABLE("0 close((3 = 0\n", 1, "expected: )");
}

static void strings_have_the_escapes_of_c(void)
{
    PASSES(CONNECTED "+0 write(4, \"a\\\"\\\\\\n\\x41\\101\\0\", 7) = 7\n"
                     "+0 > P. 1:8(7) ack 1\n",
           EXACT);
}

static void a_defined_word_may_stand_anywhere(void)
{
    struct pkt_options options = EXACT;

    options.defines = g_ptr_array_new();
    g_ptr_array_add(options.defines, (char *)(gsize) "COOKIE=3021b9d889017eeb");
    g_ptr_array_add(options.defines, (char *)(gsize) "END=11");
    PASSES(CONNECTED "+0 < P. 1:END(10) ack 1 win 65535 <FO COOKIE, nop, nop>\n"
                     "+0 > . 1:1(0) ack END\n",
           options);
}

static void structs_become_octets(void)
{
    PASSES("0 socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3\n"
           "+0 setsockopt(3, IPPROTO_IP, IP_ADD_MEMBERSHIP, "
           "{imr_multiaddr=inet_addr(\"224.0.0.9\"), "
           "imr_interface=inet_addr(\"192.168.0.1\")}, 8) = 0\n"
           "+0 setsockopt(3, SOL_SOCKET, SO_RCVTIMEO, {tv_sec=0, tv_usec=200000}, 16) = 0\n"
           "+0...0.2 read(3, ..., 10) = -1 EAGAIN (Resource temporarily unavailable)\n",
           EXACT);
    PASSES(CONNECTED "+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, 8) = 0\n"
                     "+0 getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, [8]) = 0\n",
           EXACT);
}

static void fionbio_makes_calls_return_at_once(void)
{
    PASSES(CONNECTED "+0 ioctl(4, FIONBIO, [1]) = 0\n"
                     "+0 read(4, ..., 10) = -1 EAGAIN (Resource temporarily unavailable)\n"
                     "+0 fcntl(4, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK)\n"
                     "+0 ioctl(4, FIONBIO, [0]) = 0\n+0 fcntl(4, F_GETFL) = O_RDWR\n",
           EXACT);
}

static void files_that_set_defaults_or_put_them_back_may_be_absent(void)
{
    PASSES("`../common/defaults.sh`\n0 `./defaults.sh; true`\n"
           "+0 `/tmp/sysctl_restore_${PPID}.sh`\n",
           EXACT);
    REFUSED("0 `./others.sh`\n", 1, "others.sh");
}

static void several_events_may_stand_in_one_line(void)
{
    PASSES(CONNECTED "+0 write(4, ..., 10) = 10 +0 > P. 1:11(10) ack 1\n"
                     "+.1 < . 1:1(0) ack 11 win 65535 +0 close(4) = 5 - 5 +0 > F. 11:11(0) ack 1\n",
           EXACT);
}

static void icmp_messages_have_more_than_one_name(void)
{
    PASSES("--ip_version=ipv6\n" CONNECTED6 "+0 < icmpv6 unreachable addr_unreachable [1:1(0)]\n"
           "+0 < icmp time_exceeded exceed_hopcount [1:1(0)]\n"
           "+0 < icmp parameter_problem unrecognized_option [1:1(0)]\n",
           EXACT);
    PASSES(CONNECTED "+0 < icmp redirect host [1:1(0)]\n+0 < icmp info_request [1:1(0)]\n", EXACT);
    REFUSED("0 < vxlan . 1:1(0) ack 1\n", 1, "vxlan");
}

static void settings_without_effect_are_taken_by_their_value(void)
{
    PASSES("0 `sysctl -q net.ipv4.tcp_adv_win_scale=-2 net.ipv4.tcp_mtu_probing=0`\n"
           "+0 `sysctl -q net.ipv4.tcp_comp_sack_delay_ns=500000`\n"
           "+0 `tc qdisc replace dev tun0 root fq`\n",
           EXACT);
    REFUSED("0 `sysctl -q net.ipv4.tcp_reflect_tos=1`\n", 1, "tcp_reflect_tos");
    REFUSED("0 `tc qdisc add dev tun0 root netem delay 10ms`\n", 1, "tc");
}

static void code_adds_to_names(void)
{
    PASSES(CONNECTED "+0 %{ x = tcpi_snd_cwnd\nx += 2; x *= 2; x -= 4\nassert x == 20 }%\n", EXACT);
}

static void options_of_the_original_runs_have_no_effect(void)
{
    PASSES("--tun_dev=tun7 --non_fatal=packet\n--code_sockopt=TCP_INFO\n0 `true`\n", EXACT);
    OK(pkt_option_is_without_meaning("non_fatal"));
    OK(!pkt_option_is_without_meaning("frobnicate"));
}

UNIT_MAIN("packetdrill", TEST(what_does_not_fit_is_told_with_its_line),
          TEST(what_is_not_there_is_refused_by_name), TEST(the_interface_is_called_tun0),
          TEST(conditions_choose_lines), TEST(a_value_may_be_defined),
          TEST(a_result_that_differs_is_told), TEST(a_blocking_call_returns_when_said),
          TEST(descriptors_have_the_scripts_numbers),
          TEST(a_packet_that_differs_is_shown_beside_the_expected_one),
          TEST(a_packet_that_does_not_come_fails), TEST(a_packet_that_nobody_expects_fails),
          TEST(a_packet_at_another_time_fails), TEST(numbers_count_from_the_scripts_first),
          TEST(relaxed_data_is_ranges_of_octets), TEST(a_long_line_stands_for_a_burst),
          TEST(relaxed_pure_acks_come_early_or_late), TEST(relaxed_looks_at_the_state_alone),
          TEST(extra_acks_are_passed_over_when_asked), TEST(code_asserts_about_tcp_info),
          TEST(tables_of_sockets_can_be_counted), TEST(settings_change_the_host),
          TEST(words_of_the_ip_header_may_stand_in_either_brackets),
          TEST(a_digit_among_the_flags_is_ae_cwr_and_ece), TEST(comments_have_three_forms),
          TEST(numbers_can_be_calculated), TEST(strings_have_the_escapes_of_c),
          TEST(a_defined_word_may_stand_anywhere), TEST(structs_become_octets),
          TEST(fionbio_makes_calls_return_at_once),
          TEST(files_that_set_defaults_or_put_them_back_may_be_absent),
          TEST(options_of_the_original_runs_have_no_effect),
          TEST(several_events_may_stand_in_one_line), TEST(icmp_messages_have_more_than_one_name),
          TEST(settings_without_effect_are_taken_by_their_value), TEST(code_adds_to_names))
