/* What a jailed function can and cannot do. */
#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/jail.h"

static const struct jail_limits LIMITS = {
    .cpu_seconds = 5, .wall_us = 600000000, .memory = (uint64_t)256 << 20, .result_max = 1 << 20
};

static enum jail_end jail_run(const struct jail_limits *limits, const struct jail_work *work,
                              char **answer, int *ended_by)
{
    struct jail *jail = jail_start(limits, work, NULL);
    size_t len;

    CU_ASSERT_PTR_NOT_NULL_FATAL(jail);
    while (!jail_pump(jail)) {
        struct pollfd fd = { .fd = jail_fd(jail), .events = POLLIN };
        int64_t left = (jail_deadline(jail) - g_get_monotonic_time()) / 1000;

        poll(&fd, 1, left < 0 ? 0 : (int)left + 1);
    }
    return jail_finish(jail, answer, &len, ended_by);
}

static enum jail_end work_alone(void (*work)(void *, GString *), char **answer)
{
    struct jail_work jailed = { .work = work };
    int ended_by;

    return jail_run(&LIMITS, &jailed, answer, &ended_by);
}

/* ---- what it does ---- */

static void count(void *ctx, GString *answer)
{
    (void)ctx;
    for (int i = 0; i < 100000; i++)
        g_string_append_printf(answer, "%d ", i % 10);
}

static void an_answer_longer_than_a_pipe_arrives_whole(void)
{
    g_autofree char *answer = NULL;

    EQ(work_alone(count, &answer), JAIL_ANSWERED);
    OK(answer != NULL && strlen(answer) == 200000);
}

static void too_long_an_answer_is_cut_off_and_not_given(void)
{
    struct jail_limits limits = LIMITS;
    struct jail_work work = { .work = count };
    g_autofree char *answer = NULL;
    int ended_by;

    limits.result_max = 1000;
    EQ(jail_run(&limits, &work, &answer, &ended_by), JAIL_TOO_LONG);
    CU_ASSERT_PTR_NULL(answer);
}

static void spin(void *ctx, GString *answer)
{
    (void)ctx;
    for (volatile unsigned i = 0; i < 2; i = (i + 1) % 2)
        answer->len = 0;
}

static void an_endless_loop_ends_by_the_clock(void)
{
    struct jail_limits limits = LIMITS;
    struct jail_work work = { .work = spin };
    g_autofree char *answer = NULL;
    int ended_by;

    limits.wall_us = 100000;
    EQ(jail_run(&limits, &work, &answer, &ended_by), JAIL_OUT_OF_TIME);
}

static void an_endless_loop_ends_by_processor_time(void)
{
    struct jail_limits limits = LIMITS;
    struct jail_work work = { .work = spin };
    g_autofree char *answer = NULL;
    int ended_by;

    limits.cpu_seconds = 1;
    EQ(jail_run(&limits, &work, &answer, &ended_by), JAIL_OUT_OF_TIME);
}

static void gorge(void *ctx, GString *answer)
{
    (void)ctx;
    for (int i = 0; i < 64; i++) {
        char *octets = g_malloc((size_t)16 << 20);

        memset(octets, i + 1, (size_t)16 << 20);
        g_string_append_c(answer, octets[i]);
    }
}

static void memory_has_its_limit(void)
{
    g_autofree char *answer = NULL;
    enum jail_end end = work_alone(gorge, &answer);

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    OK(end == JAIL_ANSWERED || end == JAIL_OUT_OF_MEMORY); /* no limit there */
#else
    EQ(end, JAIL_OUT_OF_MEMORY);
#endif
}

static void fall(void *ctx, GString *answer)
{
    (void)ctx;
    (void)answer;
    abort();
}

static void a_crash_is_a_crash(void)
{
    struct jail_work work = { .work = fall };
    char *answer;
    int ended_by;

    EQ(jail_run(&LIMITS, &work, &answer, &ended_by), JAIL_CRASHED);
    EQ(ended_by, SIGABRT);
    CU_ASSERT_PTR_NULL(answer);
}

/* ---- what it may not do ---- */

static void open_a_file(void *ctx, GString *answer)
{
    int fd = open("/etc/passwd", O_RDONLY);

    (void)ctx;
    g_string_append(answer, fd >= 0 ? "open" : "closed");
}

static void no_file_opens_once_it_works(void)
{
    g_autofree char *answer = NULL;

    if ((jail_layers() & (JAIL_SECCOMP | JAIL_LANDLOCK)) == 0)
        return;
    EQ(work_alone(open_a_file, &answer), JAIL_ANSWERED);
    EQ_STR(answer, "closed");
}

static void call_out(void *ctx, GString *answer)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)ctx;
    g_string_append(answer, fd >= 0 ? "socket" : "none");
}

static void start_a_process(void *ctx, GString *answer)
{
    pid_t pid = fork();

    (void)ctx;
    if (pid == 0)
        _exit(0);
    g_string_append(answer, pid > 0 ? "process" : "none");
}

static void signal_the_parent(void *ctx, GString *answer)
{
    (void)ctx;
    g_string_append(answer, kill(getppid(), 0) == 0 ? "signal" : "none");
}

/* Ended by seccomp, or (under a sanitizer, which would not live with that) refused. */
static void forbids(void (*what)(void *, GString *))
{
    g_autofree char *answer = NULL;
    enum jail_end end;

    if ((jail_layers() & JAIL_SECCOMP) == 0)
        return;
    end = work_alone(what, &answer);
    OK(end == JAIL_FORBIDDEN || (end == JAIL_ANSWERED && strcmp(answer, "none") == 0));
}

static void no_socket_no_process_no_signal(void)
{
    forbids(call_out);
    forbids(start_a_process);
    forbids(signal_the_parent);
}

/* ---- what it may read ---- */

struct reading {
    const char *own, *other;
    bool own_read, other_read;
};

static bool readable(const char *path)
{
    int fd = open(path, O_RDONLY);
    char octet;

    return fd >= 0 && read(fd, &octet, 1) == 1;
}

static void read_both(void *ctx)
{
    struct reading *reading = ctx;

    reading->own_read = readable(reading->own);
    reading->other_read = readable(reading->other);
}

static void tell_both(void *ctx, GString *answer)
{
    const struct reading *reading = ctx;

    g_string_printf(answer, "%d %d", reading->own_read, reading->other_read);
}

static void before_it_works_it_reads_its_own_folder_alone(void)
{
    g_autofree char *folder = g_dir_make_tmp("ww-jail-XXXXXX", NULL);
    g_autofree char *mine = g_build_filename(folder, "mine", NULL);
    g_autofree char *own = g_build_filename(mine, "x", NULL);
    g_autofree char *other = g_build_filename(folder, "other", NULL);
    struct reading reading = { .own = own, .other = other };
    struct jail_work work = {
        .folder = mine, .read = read_both, .work = tell_both, .ctx = &reading
    };
    g_autofree char *answer = NULL;
    int ended_by;

    mkdir(mine, 0700);
    OK(g_file_set_contents(own, "1", 1, NULL) && g_file_set_contents(other, "2", 1, NULL));
    EQ(jail_run(&LIMITS, &work, &answer, &ended_by), JAIL_ANSWERED);
    EQ_STR(answer, (jail_layers() & JAIL_LANDLOCK) != 0 ? "1 0" : "1 1");
    remove(own);
    remove(other);
    rmdir(mine);
    rmdir(folder);
}

static void the_parents_files_are_closed(void)
{
    /* fd 3 is the pipe, the next one must be free */
    int fd = open("/dev/null", O_RDONLY);
    struct jail_work work = { .work = open_a_file };
    g_autofree char *answer = NULL;
    int ended_by;

    OK(fd >= 0);
    EQ(jail_run(&LIMITS, &work, &answer, &ended_by), JAIL_ANSWERED);
    close(fd);
}

UNIT_MAIN("jail", TEST(an_answer_longer_than_a_pipe_arrives_whole),
          TEST(too_long_an_answer_is_cut_off_and_not_given),
          TEST(an_endless_loop_ends_by_the_clock), TEST(an_endless_loop_ends_by_processor_time),
          TEST(memory_has_its_limit), TEST(a_crash_is_a_crash), TEST(no_file_opens_once_it_works),
          TEST(no_socket_no_process_no_signal), TEST(before_it_works_it_reads_its_own_folder_alone),
          TEST(the_parents_files_are_closed))
