#include "lab/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/i18n.h"
#include "lab/jail_wall.h"

#define RESULT_FD    3
#define READ_AT_ONCE 65536
#define CLOSE_UP_TO  65536 /* descriptors, where the kernel has no close_range() */

struct jail {
    pid_t pid;
    int fd;
    int64_t deadline;
    struct jail_limits limits;
    GString *answer;
    bool timed_out, too_long, over;
};

/* ---- the child ---- */

static uint64_t memory_now(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        return (uint64_t)1 << 30;
    return g_ascii_strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Only the pipe stays, as RESULT_FD; the standard ones lead nowhere. */
static void close_all_but(int fd)
{
    int nowhere = open("/dev/null", O_RDWR);

    for (int i = 0; i < RESULT_FD; i++)
        if (nowhere < 0 || dup2(nowhere, i) < 0)
            close(i);
    if (fd != RESULT_FD && dup2(fd, RESULT_FD) < 0)
        _exit(1);
    if (close_range(RESULT_FD + 1, ~0u, 0) != 0)
        for (int i = RESULT_FD + 1; i < CLOSE_UP_TO; i++)
            close(i);
}

/* What the parent has set up for itself is not for the child. */
static void forget_handlers(pid_t parent)
{
    static const int SIGNALS[] = { SIGABRT, SIGINT, SIGTERM, SIGCHLD, SIGPIPE, SIGXCPU, SIGXFSZ };

    for (size_t i = 0; i < G_N_ELEMENTS(SIGNALS); i++)
        signal(SIGNALS[i], SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    if (getppid() != parent)
        _exit(1);
}

static void write_all(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(RESULT_FD, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(1);
        text += n;
        len -= (size_t)n;
    }
}

/* Walls that stand before anything of the stranger's is read. Returns which. */
static unsigned wall_in(const struct jail_limits *limits, const char *folder, uint64_t memory)
{
    unsigned layers = 0;

    layers |= jail_wall_rlimits(limits, memory) ? JAIL_RLIMITS : 0u;
    layers |= jail_wall_no_new_privs() ? JAIL_NO_NEW_PRIVS : 0u;
    layers |= jail_wall_landlock(folder) ? JAIL_LANDLOCK : 0u;
    return layers;
}

static _Noreturn void live(const struct jail_limits *limits, const struct jail_work *work, int fd,
                           uint64_t memory, pid_t parent)
{
    GString *answer = g_string_new(NULL);

    forget_handlers(parent);
    close_all_but(fd);
    wall_in(limits, work->folder, memory);
    if (work->read != NULL)
        work->read(work->ctx);
    jail_wall_seccomp(RESULT_FD);
    work->work(work->ctx, answer);
    write_all(answer->str, answer->len);
    _exit(0);
}

/* ---- the parent ---- */

static bool set_errno(GError **error, const char *what)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", what,
                g_strerror(errno));
    return false;
}

struct jail *jail_start(const struct jail_limits *limits, const struct jail_work *work,
                        GError **error)
{
    uint64_t memory = memory_now();
    pid_t parent = getpid(), pid;
    struct jail *jail;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0 && !set_errno(error, "pipe"))
        return NULL;
    fflush(NULL); /* or the child would have the parent's unwritten output too */
    pid = fork();
    if (pid == 0)
        live(limits, work, ends[1], memory, parent);
    close(ends[1]);
    if (pid < 0) {
        set_errno(error, "fork");
        close(ends[0]);
        return NULL;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    jail = g_new0(struct jail, 1);
    jail->pid = pid;
    jail->fd = ends[0];
    jail->deadline = g_get_monotonic_time() + limits->wall_us;
    jail->limits = *limits;
    jail->answer = g_string_new(NULL);
    return jail;
}

int jail_fd(const struct jail *jail)
{
    return jail->fd;
}

int64_t jail_deadline(const struct jail *jail)
{
    return jail->deadline;
}

/* Returns false when nothing more can come. */
static bool take(struct jail *jail)
{
    static char octets[READ_AT_ONCE];
    ssize_t n;

    for (;;) {
        n = read(jail->fd, octets, sizeof octets);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        if (jail->answer->len + (size_t)n > jail->limits.result_max) {
            jail->too_long = true;
            return false;
        }
        g_string_append_len(jail->answer, octets, n);
    }
}

bool jail_pump(struct jail *jail)
{
    if (!jail->over && !take(jail))
        jail->over = true;
    if (!jail->over && g_get_monotonic_time() >= jail->deadline)
        jail->timed_out = jail->over = true;
    return jail->over;
}

static enum jail_end judge(const struct jail *jail, int status, const struct rusage *usage)
{
    int ended_by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    uint64_t cpu_ms = (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000 +
                      (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1000;

    if (jail->timed_out)
        return JAIL_OUT_OF_TIME;
    if (jail->too_long)
        return JAIL_TOO_LONG;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return JAIL_ANSWERED;
    if (ended_by == SIGXCPU || (ended_by == SIGKILL && cpu_ms >= jail->limits.cpu_seconds * 1000))
        return JAIL_OUT_OF_TIME;
    if (ended_by == SIGSYS)
        return JAIL_FORBIDDEN;
    if (ended_by == SIGKILL) /* not by us: the kernel wanted the memory back */
        return JAIL_OUT_OF_MEMORY;
    /* glib ends a program that gets no memory by SIGTRAP, the engine by SIGABRT */
    if ((ended_by == SIGTRAP || ended_by == SIGABRT || ended_by == SIGSEGV) &&
        (uint64_t)usage->ru_maxrss * 1024 >= jail->limits.memory / 2)
        return JAIL_OUT_OF_MEMORY;
    return JAIL_CRASHED;
}

enum jail_end jail_finish(struct jail *jail, char **answer, size_t *len, int *signal_number)
{
    struct rusage usage = { 0 };
    enum jail_end end;
    int status = 0;

    if (!jail->over || jail->timed_out || jail->too_long)
        kill(jail->pid, SIGKILL);
    while (wait4(jail->pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    end = judge(jail, status, &usage);
    *signal_number = end == JAIL_CRASHED && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    *len = jail->answer->len;
    *answer = g_string_free(jail->answer, end != JAIL_ANSWERED);
    close(jail->fd);
    g_free(jail);
    return end;
}

/* ---- which layers there are ---- */

unsigned jail_layers(void)
{
    static const struct jail_limits LIMITS = { .cpu_seconds = 5, .memory = (uint64_t)1 << 30 };
    uint64_t memory = memory_now();
    int status = 0;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        unsigned layers = wall_in(&LIMITS, NULL, memory);

        layers |= jail_wall_seccomp(RESULT_FD) ? JAIL_SECCOMP : 0u;
        _exit((int)layers);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return JAIL_CLOCK | (pid > 0 && WIFEXITED(status) ? (unsigned)WEXITSTATUS(status) : 0u);
}

const char *jail_layer_name(enum jail_layer layer)
{
    switch (layer) {
    case JAIL_RLIMITS:
        return "rlimits";
    case JAIL_CLOCK:
        return "clock";
    case JAIL_NO_NEW_PRIVS:
        return "no_new_privs";
    case JAIL_LANDLOCK:
        return "landlock";
    case JAIL_SECCOMP:
        return "seccomp";
    case JAIL_ALL:
        break;
    }
    return "?";
}
