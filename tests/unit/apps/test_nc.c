#include "tests/support/unit.h"

#include "tests/unit/apps/web_rig.h"

static void client_says_which_ports_are_open(void)
{
    web_says("nc -vz 10.0.0.2 80",
             "Connection to 10.0.0.2 80 port [tcp/http] succeeded!\n-- exit 0\n");
    web_says("nc -nvz 10.0.0.2 79-81",
             "nc: connect to 10.0.0.2 port 79 (tcp) failed: Connection refused\n"
             "Connection to 10.0.0.2 80 port [tcp/*] succeeded!\n"
             "nc: connect to 10.0.0.2 port 81 (tcp) failed: Connection refused\n-- exit 0\n");
    web_says("nc -z 10.0.0.2 81", "-- exit 1\n");
    web_says("nc -z 10.0.0.2 http", "-- exit 0\n");
    web_says("nc -uvz 10.0.0.2 53", "-- exit 1\n");
}

static void client_prints_what_comes_until_the_end(void)
{
    web_says("nc -v 10.0.0.2 80; echo done",
             "Connection to 10.0.0.2 80 port [tcp/http] succeeded!\ndone\n-- exit 0\n");
    web_says("nc -N 10.0.0.2 80", "-- exit 0\n");
    web_says("nc -w 1 10.0.0.2 80", "-- exit 0\n");
}

static void mistakes_are_told_as_openbsd_does(void)
{
    web_says("nc 10.0.0.2", "nc: missing port number\n-- exit 1\n");
    web_says("nc -l", "nc: missing port number\n-- exit 1\n");
    web_says("nc 10.0.0.2 99999", "nc: port number too large: 99999\n-- exit 1\n");
    web_says("nc 10.0.0.2 abc", "nc: port number invalid: abc\n-- exit 1\n");
    web_says("nc -lz 80", "nc: cannot use -z and -l\n-- exit 1\n");
    web_says("nc -k 10.0.0.2 80", "nc: must use -l with -k\n-- exit 1\n");
    web_says("nc -w x 10.0.0.2 80", "nc: timeout invalid: x\n-- exit 1\n");
    web_says("nc -X 5 10.0.0.2 80", "nc: option -X is not simulated by wirewalk\n-- exit 2\n");
    web_says("nc -n nosuch 80",
             "nc: getaddrinfo for host \"nosuch\" port 80: Name or service not known\n-- exit 1\n");
    web_says("nc -vz -s 9.9.9.9 10.0.0.2 80-81",
             "nc: bind failed: Cannot assign requested address\n-- exit 1\n");
}

/* @server runs on h2, @client on h1; what both print, in order. */
static void dialogue(const char *server, const char *client, const char *expected)
{
    struct rig rig;
    struct strbuf said = STRBUF_INIT;

    rig_pair(&rig);
    rig_start(&rig, rig.hosts[1], server);
    rig_run_for(&rig, SIM_MSEC(100));
    strbuf_add(&said, rig.out.text, rig.out.len);
    strbuf_adds(&said, run(&rig, rig.hosts[0], client, SIM_SEC(10)));
    EQ_STR(said.text, expected);
    rig_end(&rig);
    strbuf_fini(&said);
}

static void server_takes_one_client_or_with_k_many(void)
{
    dialogue("nc -lnv 8080",
             "sock 'tcp; bind *:5555; connect 10.0.0.2:8080; sendtext hello\\n; close; "
             "tcp; connect 10.0.0.2:8080' > /dev/null",
             "Listening on 0.0.0.0 8080\nConnection received on 10.0.0.1 5555\nhello\n-- exit "
             "0\n-- exit 0\n");
    dialogue("nc -lk 8080",
             "sock 'tcp; connect 10.0.0.2:8080; sendtext one\\n; close; "
             "tcp; connect 10.0.0.2:8080; sendtext two\\n; close' > /dev/null",
             "one\ntwo\n-- exit 0\n");
    dialogue("nc -l 10.0.0.2 8080", "nc -vN 10.0.0.2 8080",
             "Connection to 10.0.0.2 8080 port [tcp/http-alt] succeeded!\n-- exit 0\n-- exit 0\n");
}

static void datagrams_have_clients_too(void)
{
    dialogue("nc -luvn 8080",
             "sock 'udp; bind *:5555; connect 10.0.0.2:8080; sendtext a\\n; sendtext b\\n; udp;"
             "connect 10.0.0.2:8080; sendtext c; sleep 0.1; sendtext d'",
             "Bound on 0.0.0.0 8080\nudp -> ok\nbind *:5555 -> ok\nconnect 10.0.0.2:8080 -> "
             "ok\nsendtext a\\n -> ok\n"
             "Connection received on 10.0.0.1 5555\na\nsendtext b\\n -> ok\nb\nudp -> ok\nconnect "
             "10.0.0.2:8080 -> ok\n"
             "sendtext c -> ok\nsleep 0.1 -> ok\nsendtext d -> ERR ECONNREFUSED\n-- exit 0\n");
    dialogue("nc -lun 8080", "nc -uvz 10.0.0.2 8080",
             "XXXXConnection to 10.0.0.2 8080 port [udp/*] succeeded!\n-- exit 0\nX");
}

static void a_port_in_use_is_an_error(void)
{
    dialogue("nc -l 8080 & sock 'tcp; reuseaddr; bind *:81; listen; sleep 9' > /dev/null & sleep "
             "0.05; nc -l 81",
             "sleep 0", "nc: Address already in use\n-- exit 1\n-- exit 0\n");
}

static void a_time_limit_ends_connecting(void)
{
    struct rig rig;

    rig_pair(&rig);
    EQ_STR(
        run(&rig, rig.hosts[0], "nc -vz -w 1 10.0.0.9 80", SIM_SEC(5)),
        "nc: connect to 10.0.0.9 port 80 (tcp) timed out: Operation now in progress\n-- exit 1\n");
    EQ_STR(run(&rig, rig.hosts[0], "nc -vz 10.0.0.9 80", SIM_SEC(5)),
           "nc: connect to 10.0.0.9 port 80 (tcp) failed: No route to host\n-- exit 1\n");
    rig_end(&rig);
}

UNIT_MAIN("nc", TEST(client_says_which_ports_are_open),
          TEST(client_prints_what_comes_until_the_end), TEST(mistakes_are_told_as_openbsd_does),
          TEST(server_takes_one_client_or_with_k_many), TEST(datagrams_have_clients_too),
          TEST(a_port_in_use_is_an_error), TEST(a_time_limit_ends_connecting))
