/*
 * The calls of calls/NAME.calls return what they returned on Linux, which `calls/record` wrote
 * behind them: calls/README.md. With files as arguments all differences of these are printed.
 */
#include <stdlib.h>

#include "base/strbuf.h"
#include "stack/net/ip6.h"
#include "tests/support/puppet.h"

#define NAMES_MAX 64
#define WORDS_MAX 8
#define ROOM      512
#define NO_FD     9999

struct machine {
    struct puppets puppets;
    struct process *self;
    struct {
        char name[16];
        int fd;
    } names[NAMES_MAX];
    int n_names;
    struct strbuf out;
};

static int fd_of(const struct machine *m, const char *name)
{
    for (int i = 0; i < m->n_names; i++)
        if (strcmp(m->names[i].name, name) == 0)
            return m->names[i].fd;
    return NO_FD;
}

static void name_fd(struct machine *m, const char *name, int fd)
{
    int i = 0;

    while (i < m->n_names && strcmp(m->names[i].name, name) != 0)
        i++;
    if (i == NAMES_MAX)
        abort();
    if (strlen(name) >= sizeof m->names[i].name)
        abort();
    memcpy(m->names[i].name, name, strlen(name) + 1);
    m->names[i].fd = fd;
    m->n_names += i == m->n_names;
}

static void say(struct machine *m, int64_t result)
{
    if (result == SYS_BLOCKED)
        strbuf_adds(&m->out, "blocked");
    else if (result < 0)
        strbuf_addf(&m->out, "-%s", sim_errno_name((int)-result));
    else
        strbuf_addf(&m->out, "%lld", (long long)result);
}

static int number_of(const char *word, const char *const *names, const int *numbers, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(word, names[i]) == 0)
            return numbers[i];
    return (int)strtol(word, NULL, 0);
}

static int family_of(const char *word)
{
    static const char *const names[] = { "inet", "inet6", "unix", "packet" };
    static const int numbers[] = { SIM_AF_INET, SIM_AF_INET6, SIM_AF_UNIX, SIM_AF_PACKET };

    return number_of(word, names, numbers, 4);
}

static int type_of(const char *word)
{
    static const char *const names[] = { "stream", "dgram", "raw", "seqpacket" };
    static const int numbers[] = { SIM_SOCK_STREAM, SIM_SOCK_DGRAM, SIM_SOCK_RAW,
                                   SIM_SOCK_SEQPACKET };

    return number_of(word, names, numbers, 4);
}

static long number(const char *word)
{
    return strtol(word, NULL, 0);
}

/* 1.2.3.4:80 or [::1]:80 */
static struct endpoint endpoint_of(const char *word)
{
    struct endpoint end = { 0 };
    char text[80], *port;

    snprintf(text, sizeof text, "%s", word);
    port = strrchr(text, ':');
    *port++ = '\0';
    end.port = (uint16_t)strtol(port, NULL, 10);
    if (*text == '[') {
        text[strlen(text) - 1] = '\0';
        end.v6 = true;
        OK(ip6_parse(text + 1, &end.addr6));
    } else {
        OK(ip4_parse(text, &end.addr));
    }
    return end;
}

/* i1,5: ints; x0102: octets; /N behind it: so many octets of it. */
static size_t value_of(const char *word, uint8_t octets[ROOM])
{
    const char *slash = strchr(word, '/');
    size_t len = 0;

    memset(octets, 0, ROOM);
    if (*word == 'i') {
        for (const char *at = word; at != NULL && (slash == NULL || at < slash);
             at = strchr(at + 1, ',')) {
            int value = (int)strtoul(at + 1, NULL, 0);

            memcpy(octets + len, &value, sizeof value);
            len += sizeof value;
        }
    } else {
        for (const char *at = word + 1; at[0] != '\0' && at[0] != '/'; at += 2) {
            char pair[3] = { at[0], at[1], '\0' };

            octets[len++] = (uint8_t)strtoul(pair, NULL, 16);
        }
    }
    return slash == NULL ? len : (size_t)strtoul(slash + 1, NULL, 10);
}

/* ---- options ---- */

static int set(struct machine *m, char **w, const void *octets, size_t len)
{
    return sys_setsockopt_octets(m->self, fd_of(m, w[1]), (int)number(w[2]), (int)number(w[3]),
                                 octets, len);
}

static void say_hex(struct machine *m, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        strbuf_addf(&m->out, "%02x", octets[i]);
}

static void say_value(struct machine *m, char **w, size_t room, bool with_len)
{
    uint8_t octets[ROOM] = { 0 };
    size_t len = room;
    int error = sys_getsockopt_octets(m->self, fd_of(m, w[1]), (int)number(w[2]), (int)number(w[3]),
                                      octets, &len);

    if (error != 0 && !with_len) {
        strbuf_addc(&m->out, '-');
    } else if (error != 0) {
        say(m, error);
    } else {
        if (with_len)
            strbuf_addf(&m->out, "%zu:", len);
        say_hex(m, octets, len < room ? len : room);
        if (!with_len && len == 0)
            strbuf_addc(&m->out, '-');
    }
}

static void do_set(struct machine *m, char **w, int n)
{
    uint8_t octets[ROOM];
    size_t len = value_of(w[4], octets);

    (void)n;
    say(m, set(m, w, octets, len));
}

static void do_get(struct machine *m, char **w, int n)
{
    (void)n;
    say_value(m, w, (size_t)number(w[4]), true);
}

static void do_lengths(struct machine *m, char **w, int n)
{
    static const size_t lengths[] = { 0, 1, 2, 4, 8, 64 };

    (void)n;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        strbuf_adds(&m->out, i > 0 ? " " : "");
        say_value(m, w, lengths[i], true);
    }
}

static void do_setlengths(struct machine *m, char **w, int n)
{
    static const size_t lengths[] = { 0, 1, 2, 3, 4, 8, 64 };
    uint8_t octets[ROOM] = { 1 };

    (void)n;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        strbuf_adds(&m->out, i > 0 ? " " : "");
        say(m, set(m, w, octets, lengths[i]));
    }
}

static void do_values(struct machine *m, char **w, int n)
{
    static const int values[] = { -2, -1, 0, 1, 2, 3, 7, 255, 256, 65536, INT32_MAX };

    (void)n;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        strbuf_adds(&m->out, i > 0 ? " " : "");
        say(m, set(m, w, &values[i], sizeof *values));
        strbuf_addc(&m->out, '/');
        say_value(m, w, 4, false);
    }
}

/* ---- names ---- */

static void say_name(struct machine *m, int error, struct endpoint end)
{
    char text[ENDPOINT_TEXT_MAX];

    if (error != 0) {
        say(m, error);
        return;
    }
    if (end.v6)
        strbuf_addf(&m->out, "[%s]:", ip6_format(end.addr6, text));
    else
        strbuf_addf(&m->out, "%s:", ip4_format(end.addr, text));
    if (end.port < 32768)
        strbuf_addf(&m->out, "%u", end.port);
    else
        strbuf_adds(&m->out, "some");
}

static bool say_unix_name(struct machine *m, const char *word, bool peer)
{
    int error;
    const char *name = sys_unix_name(m->self, fd_of(m, word), peer, &error);

    if (error == 0)
        strbuf_addf(&m->out, "%s", *name == '\0' ? "@" : name);
    else if (error == -SIM_ENOTCONN)
        say(m, error);
    return error == 0 || error == -SIM_ENOTCONN;
}

static void do_getsockname(struct machine *m, char **w, int n)
{
    struct endpoint end = { 0 };

    (void)n;
    if (!say_unix_name(m, w[1], false))
        say_name(m, sys_getsockname(m->self, fd_of(m, w[1]), &end), end);
}

static void do_getpeername(struct machine *m, char **w, int n)
{
    struct endpoint end = { 0 };

    (void)n;
    if (!say_unix_name(m, w[1], true))
        say_name(m, sys_getpeername(m->self, fd_of(m, w[1]), &end), end);
}

static void do_bind(struct machine *m, char **w, int n)
{
    (void)n;
    say(m, *w[2] == '@' ? sys_bind_unix(m->self, fd_of(m, w[1]), w[2])
                        : sys_bind(m->self, fd_of(m, w[1]), endpoint_of(w[2])));
}

static void do_connect(struct machine *m, char **w, int n)
{
    int fd = fd_of(m, w[1]);

    (void)n;
    if (strncmp(w[2], "unspec", 6) == 0)
        say(m, sys_disconnect(m->self, fd));
    else
        say(m, *w[2] == '@' ? sys_connect_unix(m->self, fd, w[2])
                            : sys_connect(m->self, fd, endpoint_of(w[2])));
}

static void do_listen(struct machine *m, char **w, int n)
{
    (void)n;
    say(m, sys_listen(m->self, fd_of(m, w[1]), (int)number(w[2])));
}

/* ---- octets ---- */

static void do_send(struct machine *m, char **w, int n)
{
    size_t len = (size_t)number(w[2]);
    uint8_t *octets = mem_zalloc(len + 1);
    unsigned flags = n > 3 ? (unsigned)number(w[3]) : 0;

    say(m, n > 4 ? sys_sendto(m->self, fd_of(m, w[1]), octets, len, flags, endpoint_of(w[4]))
                 : sys_send(m->self, fd_of(m, w[1]), octets, len, flags));
    free(octets);
}

static void do_recv(struct machine *m, char **w, int n)
{
    size_t len = (size_t)number(w[2]);
    uint8_t *octets = mem_zalloc(len + 1);

    say(m, sys_recv(m->self, fd_of(m, w[1]), octets, len, n > 3 ? (unsigned)number(w[3]) : 0));
    free(octets);
}

static void do_shutdown(struct machine *m, char **w, int n)
{
    (void)n;
    say(m, sys_shutdown(m->self, fd_of(m, w[1]), (enum sock_shutdown)number(w[2])));
}

static void do_close(struct machine *m, char **w, int n)
{
    (void)n;
    say(m, sys_close(m->self, fd_of(m, w[1])));
}

/* ---- waiting ---- */

static void do_poll(struct machine *m, char **w, int n)
{
    struct sys_pollfd poll = { .fd = fd_of(m, w[1]), .events = (unsigned)number(w[2]) };

    (void)n;
    OK(sys_poll(m->self, &poll, 1, 0) >= 0);
    strbuf_addf(&m->out, "0x%x", poll.revents);
}

/* "r:a,b w:c": names in sets; those that are ready in the order of the question. */
static void do_select(struct machine *m, char **w, int n)
{
    static const char letters[] = "rwe";
    char words[3][64], *name, *rest;
    struct sys_fd_set sets[3] = { 0 };
    int got;

    for (int i = 1; i < n; i++) {
        snprintf(words[i - 1], sizeof words[i - 1], "%s", w[i]);
        for (rest = w[i] + 2; (name = strsep(&rest, ",")) != NULL;)
            sys_fd_add(&sets[strchr(letters, w[i][0]) - letters], fd_of(m, name));
    }
    got = sys_select(m->self, SYS_FD_SETSIZE, &sets[0], &sets[1], &sets[2], 0);
    if (got < 0)
        say(m, got);
    else if (got == 0)
        strbuf_adds(&m->out, "nothing");
    for (int i = 0; i < n - 1 && got > 0; i++) {
        const struct sys_fd_set *set = &sets[strchr(letters, words[i][0]) - letters];
        bool first = true;

        for (rest = words[i] + 2; (name = strsep(&rest, ",")) != NULL;) {
            if (!sys_fd_in(set, fd_of(m, name)))
                continue;
            if (first)
                strbuf_addf(&m->out, "%s%.2s", m->out.len > 0 ? " " : "", words[i]);
            strbuf_addf(&m->out, "%s%s", first ? "" : ",", name);
            first = false;
        }
    }
}

static void do_ioctl(struct machine *m, char **w, int n)
{
    int value = n > 3 ? (int)number(w[3]) : 0;
    int error = sys_ioctl(m->self, fd_of(m, w[1]), (unsigned)number(w[2]), &value);

    say(m, error < 0 ? error : value);
}

static void do_epollctl(struct machine *m, char **w, int n)
{
    static const char *const names[] = { "add", "del", "mod", "other" };
    static const int numbers[] = { SYS_EPOLL_ADD, SYS_EPOLL_DEL, SYS_EPOLL_MOD, 9 };
    struct sys_epoll_event event = { .events = n > 4 ? (unsigned)strtoul(w[4], NULL, 0) : 0,
                                     .data = n > 5 ? (uint64_t)number(w[5]) : 0 };

    say(m, sys_epoll_ctl(m->self, fd_of(m, w[1]), number_of(w[2], names, numbers, 4),
                         fd_of(m, w[3]), &event));
}

static void do_epollwait(struct machine *m, char **w, int n)
{
    struct sys_epoll_event events[16];
    int got = sys_epoll_wait(m->self, fd_of(m, w[1]), events, n > 2 ? (int)number(w[2]) : 8, 0);

    if (got < 0)
        say(m, got);
    else if (got == 0)
        strbuf_adds(&m->out, "none");
    for (int i = 0; i < got; i++)
        strbuf_addf(&m->out, "%s%d:%#x", i > 0 ? " " : "", (int)events[i].data, events[i].events);
}

static void do_wait(struct machine *m, char **w, int n)
{
    (void)n;
    puppets_run(&m->puppets, SIM_MSEC(number(w[1])));
    strbuf_adds(&m->out, "ok");
}

/* ---- descriptors ---- */

static int make(struct machine *m, char **w, int n, int fds[2])
{
    if (strcmp(w[0], "socket") == 0)
        fds[0] = sys_socket(m->self, family_of(w[1]), type_of(w[2]), n > 3 ? (int)number(w[3]) : 0);
    else if (strcmp(w[0], "accept") == 0)
        fds[0] = sys_accept(m->self, fd_of(m, w[1]), NULL);
    else if (strcmp(w[0], "epoll") == 0)
        return sys_epoll_create(m->self);
    else if (strcmp(w[0], "dup") == 0)
        fds[0] = sys_dup(m->self, fd_of(m, w[1]));
    else if (strcmp(w[0], "pipe") == 0)
        return sys_pipe(m->self, fds);
    else
        return sys_socketpair(m->self, type_of(w[1]), fds);
    return fds[0];
}

/* NAME[,NAME] = CALL ... */
static void make_named(struct machine *m, char *names, char **w, int n)
{
    int fds[2] = { -1, -1 }, result = make(m, w, n, fds);
    char *second = strchr(names, ',');

    if (result < 0) {
        say(m, result);
        return;
    }
    if (fds[0] < 0)
        fds[0] = result;
    if (second != NULL) {
        *second++ = '\0';
        name_fd(m, second, fds[1]);
        EQ(sys_set_nonblock(m->self, fds[1], true), 0);
    }
    name_fd(m, names, fds[0]);
    EQ(sys_set_nonblock(m->self, fds[0], true), 0);
    strbuf_adds(&m->out, "ok");
}

static const struct {
    const char *name;
    void (*make)(struct machine *m, char **words, int n);
} calls[] = {
    { "set", do_set },
    { "get", do_get },
    { "lengths", do_lengths },
    { "setlengths", do_setlengths },
    { "values", do_values },
    { "getsockname", do_getsockname },
    { "getpeername", do_getpeername },
    { "bind", do_bind },
    { "connect", do_connect },
    { "listen", do_listen },
    { "send", do_send },
    { "recv", do_recv },
    { "write", do_send },
    { "read", do_recv },
    { "shutdown", do_shutdown },
    { "close", do_close },
    { "poll", do_poll },
    { "select", do_select },
    { "ioctl", do_ioctl },
    { "epollctl", do_epollctl },
    { "epollwait", do_epollwait },
    { "wait", do_wait },
};

static void do_call(struct machine *m, char *call)
{
    char *words[WORDS_MAX + 1] = { NULL }, *names = NULL, *equals = strstr(call, " = ");
    int n = 0;

    strbuf_truncate(&m->out, 0);
    if (equals != NULL) {
        *equals = '\0';
        names = call;
        call = equals + 3;
    }
    for (char *word = strtok(call, " "); word != NULL && n < WORDS_MAX; word = strtok(NULL, " "))
        words[n++] = word;
    if (names != NULL) {
        make_named(m, names, words, n);
    } else {
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
            if (strcmp(calls[i].name, words[0]) == 0)
                calls[i].make(m, words, n);
    }
    puppets_run(&m->puppets, SIM_USEC(500));
}

/* How many lines differ. Behind a second `=>` stands what comes here where that is not Linux's. */
static int compare(const char *path)
{
    FILE *file = fopen(path, "r");
    struct machine m = { .out = STRBUF_INIT };
    char line[4096], call[4096], *result;
    int differ = 0, at = 0;

    OK(file != NULL);
    puppets_init(&m.puppets);
    m.self = m.puppets.p1;
    OK(ip6_addr_add(m.puppets.hosts.a->ip.ifaces[1], IP6(0xfd00, 0, 0, 0, 0, 0, 0, 1), 64, false) ==
       0);
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        at++;
        line[strcspn(line, "\n")] = '\0';
        result = strstr(line, " => ");
        if (*line == '#' || result == NULL)
            continue;
        *result = '\0';
        result += 4;
        if (strstr(result, " => ") != NULL)
            result = strstr(result, " => ") + 4;
        memcpy(call, line, strlen(line) + 1);
        do_call(&m, call);
        if (strcmp(strbuf_text(&m.out), result) == 0)
            continue;
        fprintf(stderr, "%s:%d: %s\n  expected: %s\n  here:     %s\n", path, at, line, result,
                strbuf_text(&m.out));
        differ++;
    }
    strbuf_fini(&m.out);
    puppets_fini(&m.puppets);
    if (file != NULL)
        fclose(file);
    return differ;
}

#define FOLDER "tests/unit/socket/calls/"

static void options_of_sockets(void)
{
    EQ(compare(FOLDER "options-socket.calls"), 0);
}

static void options_of_ipv4(void)
{
    EQ(compare(FOLDER "options-ip.calls"), 0);
}

static void options_of_ipv6(void)
{
    EQ(compare(FOLDER "options-ipv6.calls"), 0);
}

static void options_of_tcp(void)
{
    EQ(compare(FOLDER "options-tcp.calls"), 0);
}

static void what_poll_and_calls_say_in_each_state_of_tcp(void)
{
    EQ(compare(FOLDER "tcp-states.calls"), 0);
}

static void calls_of_udp_unix_pipes_and_what_is_not_there(void)
{
    EQ(compare(FOLDER "udp-and-others.calls"), 0);
}

static void sets_of_select(void)
{
    EQ(compare(FOLDER "select.calls"), 0);
}

static void sets_of_epoll(void)
{
    EQ(compare(FOLDER "epoll.calls"), 0);
}

static char **given;

static void files_given(void)
{
    int differ = 0;

    for (char **path = given + 1; *path != NULL; path++)
        differ += compare(*path);
    fprintf(stderr, "%d differ\n", differ);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = { TEST(options_of_sockets),
                            TEST(options_of_ipv4),
                            TEST(options_of_ipv6),
                            TEST(options_of_tcp),
                            TEST(what_poll_and_calls_say_in_each_state_of_tcp),
                            TEST(calls_of_udp_unix_pipes_and_what_is_not_there),
                            TEST(sets_of_select),
                            TEST(sets_of_epoll),
                            CU_TEST_INFO_NULL };
    CU_TestInfo by_hand[] = { TEST(files_given), CU_TEST_INFO_NULL };

    given = argv;
    return unit_run("compared", argc < 2 ? tests : by_hand);
}
