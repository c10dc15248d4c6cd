#include "tests/support/unit.h"

#include "apps/programs.h"
#include "apps/sock_script.h"
#include "tests/support/host_rig.h"

static void refused(const char *text, const char *message)
{
    struct sock_script script;
    struct strbuf error = STRBUF_INIT;

    OK(!sock_script_parse(text, &script, &error));
    EQ_STR(strbuf_text(&error), message);
    EQ(script.n_ops, 0);
    strbuf_fini(&error);
}

static void operations_are_split_and_their_arguments_read(void)
{
    struct sock_script script;
    struct strbuf error = STRBUF_INIT;

    OK(sock_script_parse(" tcp;connect 10.0.0.2:80 ; listen;listen 6\n sleep 0.25;; sendto *:7  "
                         "12;as a;sendtext a\\;b\\n ",
                         &script, &error));
    EQ(script.n_ops, 8);
    EQ(script.ops[0].verb, SOCK_TCP);
    EQ_STR(script.ops[1].label, "connect 10.0.0.2:80");
    EQ(script.ops[1].to.addr, IP4(10, 0, 0, 2));
    EQ(script.ops[1].to.port, 80);
    EQ(script.ops[2].number, SOCK_LISTEN_DEFAULT);
    EQ(script.ops[3].number, 6);
    EQ(script.ops[4].time, SIM_MSEC(250));
    EQ_STR(script.ops[5].label, "sendto *:7  12");
    EQ(script.ops[5].to.addr, IP4_ANY);
    EQ(script.ops[5].number, 12);
    EQ_STR(script.ops[6].text, "a");
    EQ_STR(script.ops[7].text, "a;b\n");
    sock_script_fini(&script);
    strbuf_fini(&error);
}

static void mistakes_are_named(void)
{
    refused("tcp; conect 10.0.0.2:80", "unknown verb 'conect', did you mean 'connect'?");
    refused("frobnicate", "unknown verb 'frobnicate'");
    refused("connect 10.0.0.2", "connect takes ADDRESS:PORT, like 10.0.0.2:80, not '10.0.0.2'");
    refused("connect 10.0.0.2:65536",
            "connect takes ADDRESS:PORT, like 10.0.0.2:80, not '10.0.0.2:65536'");
    refused("send", "send takes a number and perhaps flags like peek or dontwait, not ''");
    refused("send -1", "send takes a number and perhaps flags like peek or dontwait, not '-1'");
    refused("watch up", "watch takes in, out, pri or rdhup, perhaps with et, oneshot or exclusive, "
                        "like `in,et`, not 'up'");
    refused("poll in,et",
            "poll takes in, out, pri or rdhup, and perhaps seconds, like `in,out 1.5`, "
            "not 'in,et'");
    refused("select in=a",
            "select takes names of sockets and perhaps seconds, like `read=a,b write=a "
            "1.5`, not 'in=a'");
    refused("set SO_RXQ_OVFL 1", "SO_RXQ_OVFL is not simulated by wirewalk");
    refused("sleep x", "sleep takes seconds, like 0.5, not 'x'");
    refused("tcp 4", "tcp takes nothing, not '4'");
    refused("as a b", "as takes one word, not 'a b'");
    refused("sendto 10.0.0.2:7",
            "sendto takes ADDRESS:PORT and a number of octets, not '10.0.0.2:7'");
    refused("recvsome 5 peak",
            "recvsome takes perhaps a number and flags like peek or dontwait, not "
            "'5 peak'");
    refused("set SO_NOSUCH 1",
            "set takes the name of an option and a value, like SO_RCVBUF 4096, not 'SO_NOSUCH 1'");
    refused("sendhex c4e", "sendhex takes pairs of hexadecimal digits, not 'c4e'");
    refused("loop 3; tcp", "loop takes perhaps a number, and a block in braces, not '3'");
    refused("loop 3 { tcp", "the block of 'loop 3 {' has no '}'");
    refused("tcp }", "a '}' without its '{'");
    refused("loop{loop{loop{loop{loop{loop{loop{loop{loop{}}}}}}}}}",
            "more than 8 blocks within each other");
}

static void sock(struct host_run *run, struct os *os, const char *script)
{
    const char *const argv[] = { "sock", script };

    host_run_argv(run, os, &sock_program, 2, argv);
}

static void a_wrong_script_runs_nothing_and_ends_with_2(void)
{
    struct host_rig rig;
    struct host_run run;

    host_rig_init(&rig);
    sock(&run, rig.h1, "udp; frobnicate");
    OK(host_rig_run(&rig, SIM_SEC(1)));
    EQ_STR(strbuf_text(&run.all), "sock: unknown verb 'frobnicate'\n");
    EQ(run.status, 2);
    host_run_fini(&run);
    sock(&run, rig.h1, "x.sock.yaml");
    OK(host_rig_run(&rig, SIM_SEC(2)));
    EQ_STR(strbuf_text(&run.all), "sock: x.sock.yaml: No such file or directory\n");
    EQ(run.status, 2);
    host_rig_fini(&rig);
    host_run_fini(&run);
}

/* The two scripts of a recorded run on Linux and what they printed there. */
static void both(const char *on_h2, const char *said_h2, const char *on_h1, const char *said_h1)
{
    struct host_rig rig;
    struct host_run h1, h2;

    host_rig_init(&rig);
    sock(&h2, rig.h2, on_h2);
    OK(host_rig_run(&rig, SIM_MSEC(10)));
    sock(&h1, rig.h1, on_h1);
    OK(host_rig_run(&rig, SIM_SEC(20)));
    EQ_STR(strbuf_text(&h2.all), said_h2);
    EQ_STR(strbuf_text(&h1.all), said_h1);
    OK(h1.ended && h2.ended);
    EQ(h1.status, 0);
    EQ(h2.status, 0);
    host_rig_fini(&rig);
    host_run_fini(&h1);
    host_run_fini(&h2);
}

static void a_port_unreachable_fails_the_next_send(void)
{
    both("sleep 0", "sleep 0 -> ok\n",
         "udp; connect 10.0.0.2:9999; send 20; sleep 0.3; send 30; sleep 0.3; send 40",
         "udp -> ok\nconnect 10.0.0.2:9999 -> ok\nsend 20 -> ok\nsleep 0.3 -> ok\n"
         "send 30 -> ERR ECONNREFUSED\nsleep 0.3 -> ok\nsend 40 -> ok\n");
}

static void datagrams_arrive_one_by_one_in_order(void)
{
    both("udp; bind 0.0.0.0:7000; recvfrom; recvfrom; recvfrom; recvfrom; recvfrom",
         "udp -> ok\nbind 0.0.0.0:7000 -> ok\nrecvfrom -> got 1 from 10.0.0.1\nrecvfrom -> got 2 "
         "from 10.0.0.1\n"
         "recvfrom -> got 3 from 10.0.0.1\nrecvfrom -> got 4 from 10.0.0.1\nrecvfrom -> got 5 from "
         "10.0.0.1\n",
         "udp; connect 10.0.0.2:7000; send 1; send 2; send 3; send 4; send 5",
         "udp -> ok\nconnect 10.0.0.2:7000 -> ok\nsend 1 -> ok\nsend 2 -> ok\nsend 3 -> ok\nsend 4 "
         "-> ok\n"
         "send 5 -> ok\n");
}

static void reply_goes_to_the_last_sender(void)
{
    both("udp; bind *:7000; reply 3; recvfrom; reply 5; getsockname",
         "udp -> ok\nbind *:7000 -> ok\nreply 3 -> ERR EDESTADDRREQ\nrecvfrom -> got 10 from "
         "10.0.0.1\n"
         "reply 5 -> ok\ngetsockname -> 0.0.0.0:7000\n",
         "udp; bind 10.0.0.1:6000; timeout 1; sendto 10.0.0.2:7000 10; recvsome; recvfrom; "
         "getsockname",
         "udp -> ok\nbind 10.0.0.1:6000 -> ok\ntimeout 1 -> ok\nsendto 10.0.0.2:7000 10 -> ok\n"
         "recvsome -> got 5\nrecvfrom -> ERR EAGAIN\ngetsockname -> 10.0.0.1:6000\n");
}

static void errors_do_not_stop_a_script(void)
{
    both("sleep 0", "sleep 0 -> ok\n",
         "recvsome; udp; send 1; nonblock; recvfrom; sendto 10.0.0.2:9 65508; getpeername; close; "
         "send 1; use x; at 15",
         "recvsome -> ERR EBADF\nudp -> ok\nsend 1 -> ERR EDESTADDRREQ\nnonblock -> ok\nrecvfrom "
         "-> ERR EAGAIN\n"
         "sendto 10.0.0.2:9 65508 -> ERR EMSGSIZE\ngetpeername -> ERR ENOTCONN\nclose -> ok\nsend "
         "1 -> ERR EBADF\n"
         "use x -> ERR EBADF\nat 15 -> ok\n");
}

static void named_sockets_are_taken_up_again(void)
{
    both("sleep 0", "sleep 0 -> ok\n",
         "udp; bind *:1; as a; udp; bind *:2; as b; use a; getsockname; use b; getsockname; close; "
         "use b",
         "udp -> ok\nbind *:1 -> ok\nas a -> ok\nudp -> ok\nbind *:2 -> ok\nas b -> ok\nuse a -> "
         "ok\n"
         "getsockname -> 0.0.0.0:1\nuse b -> ok\ngetsockname -> 0.0.0.0:2\nclose -> ok\nuse b -> "
         "ERR EBADF\n");
}

static void half_close_lets_the_answer_through(void)
{
    both("tcp; reuseaddr; bind 0.0.0.0:8080; listen 5; accept; recveof; sleep 0.5; send 20; sleep "
         "0.5; close",
         "tcp -> ok\nreuseaddr -> ok\nbind 0.0.0.0:8080 -> ok\nlisten 5 -> ok\naccept -> ok\n"
         "recveof -> got 10 sha256 72399361da6a7754 EOF\nsleep 0.5 -> ok\nsend 20 -> ok\nsleep 0.5 "
         "-> ok\nclose -> ok\n",
         "tcp; connect 10.0.0.2:8080; send 10; shutwr; recveof; close",
         "tcp -> ok\nconnect 10.0.0.2:8080 -> ok\nsend 10 -> ok\nshutwr -> ok\n"
         "recveof -> got 20 sha256 dd65eea0329dcb94 EOF\nclose -> ok\n");
}

static void a_port_in_time_wait_is_free_for_reuseaddr_alone(void)
{
    both("tcp; reuseaddr; bind 0.0.0.0:8080; listen 5; accept; closelistener; sleep 1; close; at "
         "2.4;"
         "tcp; bind 0.0.0.0:8080; tcp; reuseaddr; bind 0.0.0.0:8080; listen 5; accept; recveof; "
         "close",
         "tcp -> ok\nreuseaddr -> ok\nbind 0.0.0.0:8080 -> ok\nlisten 5 -> ok\naccept -> "
         "ok\ncloselistener -> ok\n"
         "sleep 1 -> ok\nclose -> ok\nat 2.4 -> ok\ntcp -> ok\nbind 0.0.0.0:8080 -> ERR "
         "EADDRINUSE\ntcp -> ok\n"
         "reuseaddr -> ok\nbind 0.0.0.0:8080 -> ok\nlisten 5 -> ok\naccept -> ok\n"
         "recveof -> got 5 sha256 36bbe50ed96841d1 EOF\nclose -> ok\n",
         "tcp; connect 10.0.0.2:8080; recveof; sleep 0.1; close; at 3; tcp; connect 10.0.0.2:8080; "
         "send 5; close",
         "tcp -> ok\nconnect 10.0.0.2:8080 -> ok\nrecveof -> got 0 sha256 e3b0c44298fc1c14 "
         "EOF\nsleep 0.1 -> ok\n"
         "close -> ok\nat 3 -> ok\ntcp -> ok\nconnect 10.0.0.2:8080 -> ok\nsend 5 -> ok\nclose -> "
         "ok\n");
}

static void streams_run_together_and_bulk_arrives_whole(void)
{
    both("tcp; bind 0.0.0.0:8080; listen; accept; sleep 5; recv 7; recvsome; recveof; close",
         "tcp -> ok\nbind 0.0.0.0:8080 -> ok\nlisten -> ok\naccept -> ok\nsleep 5 -> ok\n"
         "recv 7 -> got 7\nrecvsome -> got 23\n"
         "recveof -> got 1000000 sha256 1fa51eae26c4db86 EOF\nclose -> ok\n",
         "tcp; nodelay; connect 10.0.0.2:8080; send 10; send 20; at 7; send 1000000; close",
         "tcp -> ok\nnodelay -> ok\nconnect 10.0.0.2:8080 -> ok\nsend 10 -> ok\nsend 20 -> ok\nat "
         "7 -> ok\n"
         "send 1000000 -> ok\nclose -> ok\n");
}

static void refused_reset_and_timed_out_have_their_names(void)
{
    both("tcp; bind *:81; listen; accept; sleep 1; linger 0; close; sleep 0",
         "tcp -> ok\nbind *:81 -> ok\nlisten -> ok\naccept -> ok\nsleep 1 -> ok\nlinger 0 -> "
         "ok\nclose -> ok\n"
         "sleep 0 -> ok\n",
         "tcp; connect 10.0.0.2:80; tcp; connect 10.0.0.2:81; timeout 0.5; recvsome; nonblock; "
         "recvsome; at 2;"
         "recvsome; recvsome; send 1; connect 10.0.0.2:81",
         "tcp -> ok\nconnect 10.0.0.2:80 -> ERR ECONNREFUSED\ntcp -> ok\nconnect 10.0.0.2:81 -> "
         "ok\ntimeout 0.5 -> ok\n"
         "recvsome -> ERR EAGAIN\nnonblock -> ok\nrecvsome -> ERR EAGAIN\nat 2 -> ok\nrecvsome -> "
         "ERR ECONNRESET\n"
         "recvsome -> got 0 EOF\nsend 1 -> ERR EPIPE\nconnect 10.0.0.2:81 -> ERR EISCONN\n");
}

/* One script alone on h1. */
static void alone(const char *script, const char *said, int status)
{
    struct host_rig rig;
    struct host_run run;

    host_rig_init(&rig);
    sock(&run, rig.h1, script);
    OK(host_rig_run(&rig, SIM_SEC(20)));
    EQ_STR(strbuf_text(&run.all), said);
    EQ(run.status, status);
    host_rig_fini(&rig);
    host_run_fini(&run);
}

static void an_expectation_that_is_not_met_is_marked_and_ends_with_1(void)
{
    alone("tcp -> ok; connect 10.0.0.2:80 -> ECONNREFUSED; close -> ok; close -> ERR EBADF",
          "tcp -> ok\nconnect 10.0.0.2:80 -> ERR ECONNREFUSED\nclose -> ok\nclose -> ERR EBADF\n",
          0);
    alone("udp; sendto 10.0.0.1:7 5 -> EPIPE; get SO_TYPE -> 2; get SO_TYPE -> 1",
          "udp -> ok\nsendto 10.0.0.1:7 5 -> ok   (expected: EPIPE)\nget SO_TYPE -> 2\n"
          "get SO_TYPE -> 2   (expected: 1)\n",
          1);
}

static void loops_go_round_and_may_be_nested(void)
{
    alone("loop 2 { sleep 1; loop 2 { sleep 2 } }; loop 0 { sleep 9 }; sleep 3; exit 4; sleep 5",
          "sleep 1 -> ok\nsleep 2 -> ok\nsleep 2 -> ok\nsleep 1 -> ok\nsleep 2 -> ok\n"
          "sleep 2 -> ok\nsleep 3 -> ok\n",
          4);
}

static void a_concurrent_server_forks_a_child_for_each_client(void)
{
    both(
        "tcp; bind *:80; listen; loop 2 { accept; fork { recvsome; sleep 1; send 3 }; close }; "
        "wait",
        "tcp -> ok\nbind *:80 -> ok\nlisten -> ok\naccept -> ok\nclose -> ok\n"
        "[1] recvsome -> got 2\naccept -> ok\nclose -> ok\n[2] recvsome -> got 2\n"
        "[1] sleep 1 -> ok\n[1] send 3 -> ok\n[2] sleep 1 -> ok\n[2] send 3 -> ok\nwait -> ok\n",
        "tcp; as a; connect 10.0.0.2:80; send 2; tcp; connect 10.0.0.2:80; send 2; recveof; use a; "
        "recveof; at 1.1",
        "tcp -> ok\nas a -> ok\nconnect 10.0.0.2:80 -> ok\nsend 2 -> ok\ntcp -> ok\n"
        "connect 10.0.0.2:80 -> ok\nsend 2 -> ok\n"
        "recveof -> got 3 sha256 ba7816bf8f01cfea EOF\nuse a -> ok\n"
        "recveof -> got 3 sha256 ba7816bf8f01cfea EOF\nat 1.1 -> ok\n");
}

static void no_fin_leaves_while_the_parent_keeps_its_copy(void)
{
    both("tcp; bind *:80; listen; accept; fork { close }; sleep 2; close",
         "tcp -> ok\nbind *:80 -> ok\nlisten -> ok\naccept -> ok\n[1] close -> ok\n"
         "sleep 2 -> ok\nclose -> ok\n",
         "tcp; connect 10.0.0.2:80; timeout 1; recvsome -> EAGAIN; timeout 0; recvsome -> EOF",
         "tcp -> ok\nconnect 10.0.0.2:80 -> ok\ntimeout 1 -> ok\nrecvsome -> ERR EAGAIN\n"
         "timeout 0 -> ok\nrecvsome -> got 0 EOF\n");
}

static void records_and_lines_keep_their_boundaries_in_any_pieces(void)
{
    both("tcp; bind *:80; listen; accept; recvrecord; recvrecord; recvline; recvline; recvrecord",
         "tcp -> ok\nbind *:80 -> ok\nlisten -> ok\naccept -> ok\nrecvrecord -> got \"hello\"\n"
         "recvrecord -> got \"你好\"\nrecvline -> got \"AB\"\nrecvline -> got \"CD\"\n"
         "recvrecord -> got 0 EOF\n",
         "tcp; nodelay; connect 10.0.0.2:80; chop 3; sendrecord hello; sendrecord 你好; "
         "sendline AB; sendline CD; close",
         "tcp -> ok\nnodelay -> ok\nconnect 10.0.0.2:80 -> ok\nchop 3 -> ok\n"
         "sendrecord hello -> ok\nsendrecord 你好 -> ok\nsendline AB -> ok\nsendline CD -> ok\n"
         "close -> ok\n");
}

static void gb2312_and_utf_8_do_not_understand_each_other(void)
{
    both("udp; bind *:7; recvhex; recvtext; charset gb2312; recvtext; recvtext",
         "udp -> ok\nbind *:7 -> ok\nrecvhex -> got c4e3bac3\n"
         "recvtext -> got \"\uFFFD\uFFFD\uFFFD\uFFFD\"\n"
         "charset gb2312 -> ok\nrecvtext -> got \"你好\"\nrecvtext -> got \"浣\uFFFD濂\uFFFD\"\n",
         "udp; connect 10.0.0.2:7; charset gb2312; sendtext 你好; sendtext 你好; sendtext 你好; "
         "charset utf-8; sendtext 你好",
         "udp -> ok\nconnect 10.0.0.2:7 -> ok\ncharset gb2312 -> ok\nsendtext 你好 -> ok\n"
         "sendtext 你好 -> ok\nsendtext 你好 -> ok\ncharset utf-8 -> ok\nsendtext 你好 -> ok\n");
}

static void flags_are_passed_on(void)
{
    both("tcp; bind *:80; listen; accept; sleep 1; recvsome 9 peek; recvtext 2 peek; recvtext; "
         "recvsome 5 dontwait; poll in 1; poll in,out; udp; bind *:7; recvfrom 2; recvfrom 2 trunc",
         "tcp -> ok\nbind *:80 -> ok\nlisten -> ok\naccept -> ok\nsleep 1 -> ok\n"
         "recvsome 9 peek -> got 5\nrecvtext 2 peek -> got \"he\"\nrecvtext -> got \"hello\"\n"
         "recvsome 5 dontwait -> ERR EAGAIN\npoll in 1 -> timeout\npoll in,out -> out\nudp -> ok\n"
         "bind *:7 -> ok\nrecvfrom 2 -> got 2 of 5 from 10.0.0.1\n"
         "recvfrom 2 trunc -> got 5 from 10.0.0.1\n",
         "tcp; connect 10.0.0.2:80; sendtext hello; at 3; udp; sendto 10.0.0.2:7 5; sendtextto "
         "10.0.0.2:7 hello",
         "tcp -> ok\nconnect 10.0.0.2:80 -> ok\nsendtext hello -> ok\nat 3 -> ok\nudp -> ok\n"
         "sendto 10.0.0.2:7 5 -> ok\nsendtextto 10.0.0.2:7 hello -> ok\n");
}

static void options_are_set_and_told_by_name(void)
{
    alone("tcp; set SO_RCVBUF 5000; get SO_RCVBUF; set TCP_MAXSEG 10; get tcp_maxseg; get "
          "TCP_CONGESTION; set TCP_CONGESTION reno; get TCP_CONGESTION; set SO_RCVTIMEO 1.5; get "
          "SO_RCVTIMEO; get tcpi_state; get IP_MTU; reuseaddr off; get SO_REUSEADDR",
          "tcp -> ok\nset SO_RCVBUF 5000 -> ok\nget SO_RCVBUF -> 10000\n"
          "set TCP_MAXSEG 10 -> ERR EINVAL\nget tcp_maxseg -> 536\nget TCP_CONGESTION -> cubic\n"
          "set TCP_CONGESTION reno -> ok\nget TCP_CONGESTION -> reno\nset SO_RCVTIMEO 1.5 -> ok\n"
          "get SO_RCVTIMEO -> 1.500000\nget tcpi_state -> 7\nget IP_MTU -> ERR ENOTCONN\n"
          "reuseaddr off -> ok\nget SO_REUSEADDR -> 0\n",
          0);
}

static void families_users_and_unix_names(void)
{
    alone("socket AF_CAN raw 1; socket rds seqpacket; socket inet stream udp; raw icmp; user 1000; "
          "raw icmp; tcp; bind *:80; bind *:8080; unix; bind /s; listen 1; as l; unix; connect /s; "
          "connect /t; sendtext hi; getpeername; use l; accept; recvtext; getsockname; "
          "socketpair a b; sendtext yo; use b; recvtext",
          "socket AF_CAN raw 1 -> ERR EAFNOSUPPORT\nsocket rds seqpacket -> ERR EAFNOSUPPORT\n"
          "socket inet stream udp -> ERR EPROTONOSUPPORT\nraw icmp -> ok\nuser 1000 -> ok\n"
          "raw icmp -> ERR EPERM\ntcp -> ok\nbind *:80 -> ERR EACCES\nbind *:8080 -> ok\n"
          "unix -> ok\nbind /s -> ok\nlisten 1 -> ok\nas l -> ok\nunix -> ok\nconnect /s -> ok\n"
          "connect /t -> ERR ENOENT\nsendtext hi -> ok\ngetpeername -> /s\nuse l -> ok\n"
          "accept -> ok\nrecvtext -> got \"hi\"\ngetsockname -> /s\nsocketpair a b -> ok\n"
          "sendtext yo -> ok\nuse b -> ok\nrecvtext -> got \"yo\"\n",
          0);
}

static void sigpipe_ends_a_program_that_does_not_ignore_it(void)
{
    alone("socketpair a b; use b; close; use a; send 1; send 1 nosignal; sigpipe on; send 1 "
          "nosignal; "
          "send 1; sleep 1",
          "socketpair a b -> ok\nuse b -> ok\nclose -> ok\nuse a -> ok\nsend 1 -> ERR EPIPE\n"
          "send 1 nosignal -> ERR EPIPE\nsigpipe on -> ok\nsend 1 nosignal -> ERR EPIPE\n",
          128 + SIM_SIGPIPE);
}

static void a_set_of_sockets_is_watched_by_one_program(void)
{
    both("tcp; as server; bind *:80; listen; epoll; watch in; epollwait; accept; watch "
         "in,rdhup,et; epollwait; recvsome 2; epollwait 0.5; rewatch in,oneshot; epollwait; "
         "epollwait 3; recvsome; unwatch; unwatch; epollwait 0",
         "tcp -> ok\nas server -> ok\nbind *:80 -> ok\nlisten -> ok\nepoll -> ok\nwatch in -> ok\n"
         "epollwait -> server in\naccept -> ok\nwatch in,rdhup,et -> ok\nepollwait -> 5 in\n"
         "recvsome 2 -> got 2\nepollwait 0.5 -> timeout\nrewatch in,oneshot -> ok\n"
         "epollwait -> 5 in\nepollwait 3 -> timeout\nrecvsome -> got 3\nunwatch -> ok\n"
         "unwatch -> ERR ENOENT\nepollwait 0 -> timeout\n",
         "tcp; connect 10.0.0.2:80; sleep 1; send 5; sleep 10",
         "tcp -> ok\nconnect 10.0.0.2:80 -> ok\nsleep 1 -> ok\nsend 5 -> ok\nsleep 10 -> ok\n");
}

static void select_waits_for_any_of_several_sockets(void)
{
    both("tcp; as server; bind *:80; listen; select read=server; accept; as client; select "
         "read=server,client write=client; recvsome 2; select read=server,client 0.5; select "
         "read=client; recvsome; recvsome; select read=nobody; select 0.25",
         "tcp -> ok\nas server -> ok\nbind *:80 -> ok\nlisten -> ok\n"
         "select read=server -> server read\naccept -> ok\nas client -> ok\n"
         "select read=server,client write=client -> client write\nrecvsome 2 -> got 2\n"
         "select read=server,client 0.5 -> client read\n"
         "select read=client -> client read\nrecvsome -> got 3\nrecvsome -> got 0 EOF\n"
         "select read=nobody -> ERR EBADF\nselect 0.25 -> timeout\n",
         "tcp; connect 10.0.0.2:80; sleep 1; send 5; sleep 2; close",
         "tcp -> ok\nconnect 10.0.0.2:80 -> ok\nsleep 1 -> ok\nsend 5 -> ok\nsleep 2 -> ok\n"
         "close -> ok\n");
}

static void select_finds_sockets_with_long_names(void)
{
    const char *name =
        "the-one-that-has-a-name-which-is-longer-than-most-people-would-ever-care-to-type";
    struct strbuf script = STRBUF_INIT, says = STRBUF_INIT;

    strbuf_addf(&script, "udp; as %s; select write=%s", name, name);
    strbuf_addf(&says, "udp -> ok\nas %s -> ok\nselect write=%s -> %s write\n", name, name, name);
    alone(strbuf_text(&script), strbuf_text(&says), 0);
    strbuf_fini(&script);
    strbuf_fini(&says);
}

/* Recorded from Linux 6.18: two processes with sets of their own wait for one listener. */
static void an_exclusive_event_wakes_one_that_waits(void)
{
    both(
        "tcp; bind *:80; listen; fork a { epoll; watch in,exclusive; epollwait 2 }; fork b { sleep "
        "0.1; epoll; watch in,exclusive; epollwait 1; epollwait 0 }; wait",
        "tcp -> ok\nbind *:80 -> ok\nlisten -> ok\n[a] epoll -> ok\n"
        "[a] watch in,exclusive -> ok\n[b] sleep 0.1 -> ok\n[b] epoll -> ok\n"
        "[b] watch in,exclusive -> ok\n[a] epollwait 2 -> 3 in\n[b] epollwait 1 -> timeout\n"
        "[b] epollwait 0 -> timeout\nwait -> ok\n",
        "sleep 0.5; tcp; connect 10.0.0.2:80; sleep 5",
        "sleep 0.5 -> ok\ntcp -> ok\nconnect 10.0.0.2:80 -> ok\nsleep 5 -> ok\n");
}

static void recvmsg_tells_what_options_ask_for(void)
{
    both("udp; bind *:9; set IP_RECVTTL 1; set IP_RECVTOS 1; set IP_PKTINFO 1; recvmsg 3",
         "udp -> ok\nbind *:9 -> ok\nset IP_RECVTTL 1 -> ok\nset IP_RECVTOS 1 -> ok\n"
         "set IP_PKTINFO 1 -> ok\n"
         "recvmsg 3 -> got 3 of 5 from 10.0.0.1 IP_PKTINFO eth0 10.0.0.2 IP_TTL 7 IP_TOS 0x10\n",
         "udp; set IP_TTL 7; set IP_TOS 16; sendto 10.0.0.2:9 5",
         "udp -> ok\nset IP_TTL 7 -> ok\nset IP_TOS 16 -> ok\nsendto 10.0.0.2:9 5 -> ok\n");
}

static void a_socket_is_handed_to_another_program(void)
{
    alone("socketpair a b; udp; as u; bind *:9; use a; sendfd u take; use b; recvfd; getsockname; "
          "use a; sendtext no; use b; recvfd; sendfd nobody x",
          "socketpair a b -> ok\nudp -> ok\nas u -> ok\nbind *:9 -> ok\nuse a -> ok\n"
          "sendfd u take -> ok\nuse b -> ok\nrecvfd -> got \"take\" and a socket\n"
          "getsockname -> 0.0.0.0:9\nuse a -> ok\nsendtext no -> ok\nuse b -> ok\n"
          "recvfd -> got \"no\"\nsendfd nobody x -> ERR EBADF\n",
          0);
}

/* What records say of the calls that blocked, by node: "b:recv(4) blocked-recv". */
struct watcher {
    struct observer observer;
    struct strbuf said;
};

static void watch(struct observer *observer, const struct record *record)
{
    struct watcher *watcher = CONTAINER_OF(observer, struct watcher, observer);
    const char *name = why_name(record->why.code);

    if (strncmp(name, "blocked-", 8) == 0 || strncmp(name, "unblocked-", 10) == 0)
        strbuf_addf(&watcher->said, "%s:%s %s\n", record->node->name, record->text, name);
}

static void blocking_and_its_end_are_records_with_their_reason(void)
{
    struct host_rig rig;
    struct host_run h1, h2;
    struct watcher watcher = { .observer = { .wants = RECORD_BIT(RECORD_CALL), .record = watch },
                               .said = STRBUF_INIT };

    host_rig_init(&rig);
    sim_observe(rig.hosts.sim, &watcher.observer);
    sock(&h2, rig.h2,
         "tcp; bind *:80; listen; accept; as c; recvsome; poll in 1; select read=c 0.2; recvsome; "
         "close; accept; "
         "recvsome; sleep 5");
    OK(host_rig_run(&rig, SIM_MSEC(10)));
    sock(&h1, rig.h1,
         "tcp; connect 10.0.0.2:80; sleep 1; send 5; sleep 2; close; tcp; connect "
         "10.0.0.2:80; linger 0; sleep 1; close; udp; bind *:9; timeout 1; recvfrom; tcp; connect "
         "10.0.0.2:80; linger 1; close; epoll; epollwait 1");
    OK(host_rig_run(&rig, SIM_SEC(20)));
    EQ_STR(strbuf_text(&watcher.said),
           "b:accept(3) blocked-accept\na:connect(3) blocked-connect\n"
           "a:connect(3) unblocked-connect\nb:accept(3) unblocked-accept\n"
           "b:recv(4) blocked-recv\nb:recv(4) unblocked-data\n"
           "b:poll blocked-poll\nb:poll unblocked-time\n"
           "b:select blocked-poll\nb:select unblocked-time\n"
           "b:recv(4) blocked-recv\nb:recv(4) unblocked-fin\n"
           "a:connect(3) blocked-connect\na:connect(3) unblocked-connect\n"
           "b:recv(4) blocked-recv\nb:recv(4) unblocked-reset\n"
           "a:recv(3) blocked-recv\na:recv(3) unblocked-time\n"
           "a:connect(4) blocked-connect\na:connect(4) unblocked-connect\n"
           "a:close(4) blocked-close\na:close(4) unblocked-close\n"
           "a:epoll_wait(4) blocked-poll\na:epoll_wait(4) unblocked-time\n");
    host_rig_fini(&rig);
    host_run_fini(&h1);
    host_run_fini(&h2);
    strbuf_fini(&watcher.said);
}

UNIT_MAIN("sock", TEST(operations_are_split_and_their_arguments_read), TEST(mistakes_are_named),
          TEST(a_wrong_script_runs_nothing_and_ends_with_2),
          TEST(a_port_unreachable_fails_the_next_send), TEST(datagrams_arrive_one_by_one_in_order),
          TEST(reply_goes_to_the_last_sender), TEST(errors_do_not_stop_a_script),
          TEST(named_sockets_are_taken_up_again), TEST(a_set_of_sockets_is_watched_by_one_program),
          TEST(select_finds_sockets_with_long_names), TEST(select_waits_for_any_of_several_sockets),
          TEST(an_exclusive_event_wakes_one_that_waits), TEST(recvmsg_tells_what_options_ask_for),
          TEST(a_socket_is_handed_to_another_program), TEST(half_close_lets_the_answer_through),
          TEST(a_port_in_time_wait_is_free_for_reuseaddr_alone),
          TEST(streams_run_together_and_bulk_arrives_whole),
          TEST(refused_reset_and_timed_out_have_their_names),
          TEST(an_expectation_that_is_not_met_is_marked_and_ends_with_1),
          TEST(loops_go_round_and_may_be_nested),
          TEST(a_concurrent_server_forks_a_child_for_each_client),
          TEST(no_fin_leaves_while_the_parent_keeps_its_copy),
          TEST(records_and_lines_keep_their_boundaries_in_any_pieces),
          TEST(gb2312_and_utf_8_do_not_understand_each_other), TEST(flags_are_passed_on),
          TEST(options_are_set_and_told_by_name), TEST(families_users_and_unix_names),
          TEST(blocking_and_its_end_are_records_with_their_reason),
          TEST(sigpipe_ends_a_program_that_does_not_ignore_it))
