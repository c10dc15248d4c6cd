/* telnet, against what inetutils 2.4 printed. */
#include "tests/support/unit.h"

#include "tests/unit/apps/web_rig.h"

static void a_connection_is_told_and_ends_when_the_other_side_closes(void)
{
    web_says("(printf 'GET /hello HTTP/1.0\\n\\n'; sleep 1) | telnet 10.0.0.2 80 > out; "
             "head -n 4 out; tail -n 1 out",
             "Connection closed by foreign host.\nTrying 10.0.0.2...\nConnected to 10.0.0.2.\n"
             "Escape character is '^]'.\nHTTP/1.1 200 OK\nhello\n-- exit 0\n");
    web_says("telnet 10.0.0.2 http", "Trying 10.0.0.2...\nConnected to 10.0.0.2.\n"
                                     "Escape character is '^]'.\n"
                                     "Connection closed by foreign host.\n-- exit 0\n");
}

static void who_is_not_there_is_told_as_inetutils_does(void)
{
    web_says("telnet 10.0.0.2",
             "Trying 10.0.0.2...\n"
             "telnet: Unable to connect to remote host: Connection refused\n-- exit 1\n");
    web_says(
        "telnet nosuch 80",
        "Server lookup failure:  nosuch:80, Temporary failure in name resolution\n-- exit 1\n");
    web_says("telnet 10.0.0.2 nosvc", "Server lookup failure:  10.0.0.2:nosvc, Servname not "
                                      "supported for ai_socktype\n-- exit 1\n");
    web_says("telnet a b c", "telnet: too many arguments\n-- exit 1\n");
    web_says("telnet -x a", "telnet: option -x is not simulated by wirewalk\n-- exit 2\n");
    web_says("telnet", "telnet: its own prompt is not simulated by wirewalk: telnet HOST "
                       "[PORT]\n-- exit 2\n");
}

static void line_ends_are_cr_lf_on_the_wire_and_ours_on_the_screen(void)
{
    struct rig rig;

    rig_pair(&rig);
    rig_start(&rig, rig.hosts[1],
              "sock 'tcp; bind *:7000; listen; accept; recvhex 4; sendhex 610d0a620d00630a; close' "
              "> log");
    rig_run_for(&rig, SIM_MSEC(100));
    OK(strstr(run(&rig, rig.hosts[0],
                  "(echo hi; sleep 1) | telnet 10.0.0.2 7000 2> /dev/null | tail -n 2",
                  SIM_SEC(10)),
              "a\nb\rc\n-- exit 0\n") != NULL);
    EQ_STR(run(&rig, rig.hosts[1], "grep hex log", SIM_SEC(1)),
           "recvhex 4 -> got 68690d0a\nsendhex 610d0a620d00630a -> ok\n-- exit 0\n");
    rig_end(&rig);
}

UNIT_MAIN("telnet", TEST(a_connection_is_told_and_ends_when_the_other_side_closes),
          TEST(who_is_not_there_is_told_as_inetutils_does),
          TEST(line_ends_are_cr_lf_on_the_wire_and_ours_on_the_screen))
