/* The HTTP server and the small servers, spoken to octet by octet. */
#include "tests/support/unit.h"

#include "stack/services/small_servers.h"
#include "stack/socket/syscall.h"
#include "tests/unit/apps/web_rig.h"

/* The answer to @request, which is sent @cut octets at a time and followed by the end of our
   direction; and more to do with the connection. The text is what a host's file gets: `sock` shows
   digests alone, so curl and wget are not used. */
struct talk {
    struct coroutine co;
    const char *request;
    size_t cut, at;
    bool half_close;
    int fd;
    int64_t n;
    char octets[4096];
};

static enum co_status talk_main(struct process *self, void *state)
{
    struct talk *st = state;

    CO_BEGIN(&st->co);
    st->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    sys_setsockopt(self, st->fd, OPT_TCP_NODELAY, 1);
    CO_CALL(&st->co, st->n, sys_connect(self, st->fd, (struct endpoint){ IP4(10, 0, 0, 2), 80 }));
    while (st->at < strlen(st->request)) {
        if (st->cut > strlen(st->request) - st->at)
            st->cut = strlen(st->request) - st->at;
        CO_CALL(&st->co, st->n,
                sys_send(self, st->fd, st->request + st->at, st->cut, SOCK_MSG_NOSIGNAL));
        st->at += st->cut;
        CO_CALL(&st->co, st->n, sys_sleep(self, SIM_USEC(200)));
    }
    if (st->half_close)
        sys_shutdown(self, st->fd, SOCK_SHUT_WR);
    for (;;) {
        CO_CALL(&st->co, st->n, sys_recv(self, st->fd, st->octets, sizeof st->octets, 0));
        if (st->n <= 0)
            break;
        process_write(self, 1, st->octets, (size_t)st->n);
    }
    process_printf(self, "[%s at %lld ms]", st->n < 0 ? sim_errno_name((int)-st->n) : "EOF",
                   (long long)(process_now(self) / SIM_MSEC(1)));
    CO_END(&st->co);
}

static const struct program talk_program = { .name = "talk",
                                             .state_size = sizeof(struct talk),
                                             .main = talk_main };

static const char *talk(struct rig *rig, const char *request, size_t cut, bool half_close)
{
    const char *argv[] = { "talk" };
    struct process *process;

    strbuf_truncate(&rig->out, 0);
    process = process_start(rig->hosts[0], &talk_program, 1, argv, NULL,
                            &(struct process_io){ rig_write, rig });
    ((struct talk *)process->state)->request = request;
    ((struct talk *)process->state)->cut = cut;
    ((struct talk *)process->state)->half_close = half_close;
    rig_run_for(rig, SIM_SEC(20));
    return strbuf_text(&rig->out);
}

static void answers(const char *request, const char *expected)
{
    struct rig rig;

    web_rig(&rig, &web_config);
    EQ_STR(talk(&rig, request, 10000, false), expected);
    rig_end(&rig);
}

#define OK_HEAD(len, connection)                                                                   \
    "HTTP/1.1 200 OK\r\nServer: lab\r\nContent-Type: text/html\r\nContent-Length: " len            \
    "\r\nConnection: " connection "\r\n\r\n"
#define ERROR(text, len)                                                                           \
    "HTTP/1.1 " text "\r\nServer: lab\r\nContent-Type: text/plain\r\nContent-Length: " len         \
    "\r\nConnection: close\r\n\r\n" text "\n"

static void an_idle_connection_is_closed_after_keepalive(void)
{
    answers("GET /b/5 HTTP/1.1\r\nHost: a\r\n\r\n",
            OK_HEAD("5", "keep-alive") "abcde[EOF at 5001 ms]");
    answers("GET /b/5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            OK_HEAD("5", "close") "abcde[EOF at 1 ms]");
    answers("GET /b/5 HTTP/1.0\r\n\r\n", OK_HEAD("5", "close") "abcde[EOF at 1 ms]");
    answers("GET /b/5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            OK_HEAD("5", "keep-alive") "abcde[EOF at 5001 ms]");
    answers("", "[EOF at 5001 ms]");
}

static void pipelined_requests_are_answered_in_order(void)
{
    answers("GET /b/5 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /b/30 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET "
            "/hello HTTP/1.1\r\nHost: a\r\n"
            "Connection: close\r\n\r\n",
            OK_HEAD("5", "keep-alive") "abcde" OK_HEAD("30", "keep-alive")
                OK_HEAD("6", "close") "hello\n[EOF at 1 ms]");
}

static void a_request_may_come_in_any_pieces(void)
{
    static const char request[] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                                  "chunked\r\n\r\n5;x=1\r\nabcde\r\n0\r\nT: 1\r\n\r\n"
                                  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n1234567"
                                  "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    static const char expected[] =
        "HTTP/1.1 405 Method Not Allowed\r\nServer: lab\r\nContent-Type: "
        "text/plain\r\nContent-Length: 23\r\n"
        "Allow: GET, HEAD\r\nConnection: keep-alive\r\n\r\n405 Method Not Allowed\n"
        "HTTP/1.1 405 Method Not Allowed\r\nServer: lab\r\nContent-Type: "
        "text/plain\r\nContent-Length: 23\r\n"
        "Allow: GET, HEAD\r\nConnection: keep-alive\r\n\r\n405 Method Not Allowed\n" OK_HEAD(
            "6", "close") "hello\n[EOF at ";

    for (size_t cut = 1; cut < sizeof request; cut++) {
        struct rig rig;
        const char *said;

        web_rig(&rig, &web_config);
        said = talk(&rig, request, cut, false);
        EQ(strncmp(said, expected, sizeof expected - 1), 0);
        rig_end(&rig);
    }
}

static void garbage_is_answered_before_the_connection_closes(void)
{
    answers("garbage\r\n\r\n", ERROR("400 Bad Request", "16") "[EOF at 1 ms]");
    answers("GET / HTTP/1.1\r\n\r\n", ERROR("400 Bad Request", "16") "[EOF at 1 ms]");
    answers("GET / HTTP/3.0\r\nHost: a\r\n\r\n",
            ERROR("505 HTTP Version Not Supported", "31") "[EOF at 1 ms]");
    answers("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
            ERROR("400 Bad Request", "16") "[EOF at 1 ms]");
}

static void a_half_closed_client_still_gets_its_answer(void)
{
    struct rig rig;

    web_rig(&rig, &web_config);
    EQ_STR(talk(&rig, "GET /b/5 HTTP/1.1\r\nHost: a\r\n\r\n", 10000, true),
           OK_HEAD("5", "keep-alive") "abcde[EOF at 1 ms]");
    rig_end(&rig);
}

static void many_clients_are_served_at_once(void)
{
    struct rig rig;

    web_rig(&rig, &web_config);
    EQ_STR(run(&rig, rig.hosts[0],
               "curl -s -o /a 10.0.0.2/b/3000000 & curl -s -o /b 10.0.0.2/b/3000000 & sock 'tcp; "
               "connect 10.0.0.2:80;"
               "sleep 9' > /dev/null & sleep 0.02; curl -s 10.0.0.2/hello; wait; echo $?",
               SIM_SEC(30)),
           "hello\n0\n-- exit 0\n");
    EQ(os_file_find(rig.hosts[0], "/a")->content.len, 3000000);
    EQ(os_file_find(rig.hosts[0], "/b")->content.len, 3000000);
    rig_end(&rig);
}

static void small(struct rig *rig, const struct small_server_config *config)
{
    static const struct process_io nowhere;

    rig_pair(rig);
    small_server_start(rig->hosts[1], config, &nowhere);
    rig_run_for(rig, SIM_MSEC(1));
}

static void echo_returns_what_it_gets(void)
{
    static const struct small_server_config config = { SMALL_SERVER_ECHO, ECHO_PORT, true, true };
    struct rig rig;

    small(&rig, &config);
    EQ_STR(run(&rig, rig.hosts[0],
               "sock 'tcp; connect 10.0.0.2:7; send 10; recv 10; send 200000; shutwr; recveof; "
               "udp; connect 10.0.0.2:7;"
               "send 30; recvsome; send 65000; recvsome'",
               SIM_SEC(10)),
           "tcp -> ok\nconnect 10.0.0.2:7 -> ok\nsend 10 -> ok\nrecv 10 -> got 10\nsend 200000 -> "
           "ok\nshutwr -> ok\n"
           "recveof -> got 200000 sha256 215fd793b3307b85 EOF\nudp -> ok\nconnect 10.0.0.2:7 -> "
           "ok\nsend 30 -> ok\n"
           "recvsome -> got 30\nsend 65000 -> ok\nrecvsome -> got 65000\n-- exit 0\n");
    rig_end(&rig);
}

static void chargen_and_discard_do_as_their_rfcs_say(void)
{
    static const struct small_server_config chargen = { SMALL_SERVER_CHARGEN, CHARGEN_PORT, true,
                                                        true };
    static const struct small_server_config discard = { SMALL_SERVER_DISCARD, DISCARD_PORT, true,
                                                        true };
    struct rig rig;

    small(&rig, &chargen);
    EQ_STR(
        run(&rig, rig.hosts[0],
            "sock 'tcp; connect 10.0.0.2:19; recv 100000; close; udp; connect 10.0.0.2:19; send 1; "
            "recvsome'",
            SIM_SEC(10)),
        "tcp -> ok\nconnect 10.0.0.2:19 -> ok\nrecv 100000 -> got 100000\nclose -> ok\nudp -> ok\n"
        "connect 10.0.0.2:19 -> ok\nsend 1 -> ok\nrecvsome -> got 74\n-- exit 0\n");
    rig_end(&rig);
    small(&rig, &discard);
    EQ_STR(run(&rig, rig.hosts[0],
               "sock 'tcp; connect 10.0.0.2:9; send 300000; shutwr; recveof; udp; connect "
               "10.0.0.2:9; timeout 1; send 1; recvsome'",
               SIM_SEC(10)),
           "tcp -> ok\nconnect 10.0.0.2:9 -> ok\nsend 300000 -> ok\nshutwr -> ok\nrecveof -> got 0 "
           "sha256 e3b0c44298fc1c14 EOF\n"
           "udp -> ok\nconnect 10.0.0.2:9 -> ok\ntimeout 1 -> ok\nsend 1 -> ok\nrecvsome -> ERR "
           "EAGAIN\n-- exit 0\n");
    rig_end(&rig);
}

UNIT_MAIN("web_server", TEST(an_idle_connection_is_closed_after_keepalive),
          TEST(pipelined_requests_are_answered_in_order), TEST(a_request_may_come_in_any_pieces),
          TEST(garbage_is_answered_before_the_connection_closes),
          TEST(a_half_closed_client_still_gets_its_answer), TEST(many_clients_are_served_at_once),
          TEST(echo_returns_what_it_gets), TEST(chargen_and_discard_do_as_their_rfcs_say))
