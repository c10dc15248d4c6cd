#include "lab/jail_wall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef WW_HAVE_SECCOMP
#include <seccomp.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0 /* a sanitizer's shadow memory and its own calls want more room */
#endif

#define DESCRIPTORS_MAX 16

/* ---- limits of resources ---- */

static bool limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
    struct rlimit value = { .rlim_cur = soft, .rlim_max = hard }, now;

    if (getrlimit(what, &now) == 0 && now.rlim_max < hard) {
        value.rlim_max = now.rlim_max;
        value.rlim_cur = soft < now.rlim_max ? soft : now.rlim_max;
    }
    return setrlimit(what, &value) == 0;
}

bool jail_wall_rlimits(const struct jail_limits *limits, uint64_t memory_now)
{
    rlim_t cpu = limits->cpu_seconds;
    bool ok = limit(RLIMIT_CPU, cpu, cpu + 1);

    if (!SANITIZED)
        ok = limit(RLIMIT_AS, memory_now + limits->memory, memory_now + limits->memory) && ok;
    ok = limit(RLIMIT_FSIZE, 0, 0) && ok;
    ok = limit(RLIMIT_CORE, 0, 0) && ok;
    ok = limit(RLIMIT_NPROC, 0, 0) && ok; /* root is not held by it; seccomp holds root too */
    ok = limit(RLIMIT_MEMLOCK, 0, 0) && ok;
    ok = limit(RLIMIT_MSGQUEUE, 0, 0) && ok;
    return limit(RLIMIT_NOFILE, DESCRIPTORS_MAX, DESCRIPTORS_MAX) && ok;
}

bool jail_wall_no_new_privs(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* ---- Landlock: linux/landlock.h may be older than the kernel, so its numbers stand here ---- */

#define LANDLOCK_CREATE_RULESET 444
#define LANDLOCK_ADD_RULE       445
#define LANDLOCK_RESTRICT_SELF  446
#define LANDLOCK_VERSION        1u /* flag: tell the ABI */
#define LANDLOCK_PATH_BENEATH   1  /* type of a rule */

enum {
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_RIGHTS_1 = 13,  /* of ABI 1: bits 0 to 12 */
    NET_RIGHTS_4 = 2,  /* TCP: bind, connect */
    SCOPE_RIGHTS_6 = 2 /* abstract UNIX sockets, signals */
};

struct ruleset {
    __u64 fs, net, scope;
};

struct path_rule {
    __u64 allowed;
    __s32 fd;
} __attribute__((packed));

static __u64 ones(int n)
{
    return ((__u64)1 << n) - 1;
}

static int ruleset_new(long abi)
{
    int fs = FS_RIGHTS_1 + (abi >= 2) + (abi >= 3) + (abi >= 5);
    struct ruleset set = { .fs = ones(fs),
                           .net = ones(NET_RIGHTS_4),
                           .scope = ones(SCOPE_RIGHTS_6) };
    size_t size = abi >= 6 ? sizeof set : abi >= 4 ? 2 * sizeof(__u64) : sizeof(__u64);

    return (int)syscall(LANDLOCK_CREATE_RULESET, &set, size, 0);
}

static void allow_reading(int ruleset, const char *folder)
{
    struct path_rule rule = { .fd = open(folder, O_PATH | O_NOFOLLOW | O_CLOEXEC) };
    struct stat status;

    if (rule.fd < 0)
        return; /* it vanished: then nothing is allowed */
    if (fstat(rule.fd, &status) == 0) {
        rule.allowed = FS_READ_FILE | (S_ISDIR(status.st_mode) ? FS_READ_DIR : 0u);
        syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0);
    }
    close(rule.fd);
}

bool jail_wall_landlock(const char *folder)
{
    long abi = syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION);
    int ruleset = abi >= 1 ? ruleset_new(abi) : -1;
    bool ok;

    if (ruleset < 0)
        return false;
    if (folder != NULL)
        allow_reading(ruleset, folder);
    ok = syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0;
    close(ruleset);
    return ok;
}

/* ---- seccomp ---- */

#ifdef WW_HAVE_SECCOMP

/* What a computing C program asks of the kernel. */
static const int COMPUTING[] = {
    SCMP_SYS(brk),          SCMP_SYS(munmap),       SCMP_SYS(mremap),
    SCMP_SYS(madvise),      SCMP_SYS(futex),        SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),    SCMP_SYS(exit),
    SCMP_SYS(exit_group),   SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),  SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),       SCMP_SYS(gettid),       SCMP_SYS(sched_yield),
    SCMP_SYS(close),
};

/* What a library may try in passing and does without: refused, not punished. */
static const int HARMLESS[] = {
    SCMP_SYS(open),       SCMP_SYS(openat),
    SCMP_SYS(stat),       SCMP_SYS(fstat),
    SCMP_SYS(lstat),      SCMP_SYS(newfstatat),
    SCMP_SYS(statx),      SCMP_SYS(access),
    SCMP_SYS(faccessat),  SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
    SCMP_SYS(read),       SCMP_SYS(lseek),
    SCMP_SYS(ioctl),      SCMP_SYS(fcntl),
    SCMP_SYS(uname),      SCMP_SYS(sysinfo),
    SCMP_SYS(getrlimit),  SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getuid),     SCMP_SYS(getrusage),
    SCMP_SYS(writev),     SCMP_SYS(getpeername), /* glib, before it gives up */
};

static bool add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (seccomp_rule_add(filter, action, calls[i], 0) != 0)
            return false;
    return true;
}

/* Memory that is not executable, the result's pipe, and abort() of oneself. */
static bool add_narrow(scmp_filter_ctx filter, int result_fd)
{
    scmp_datum_t own = (scmp_datum_t)getpid();

    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)result_fd, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EBADF), SCMP_SYS(write), 1,
                            SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)result_fd, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, own, 0)) == 0;
}

bool jail_wall_seccomp(int result_fd)
{
    scmp_filter_ctx filter =
        seccomp_init(SANITIZED ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
    bool ok = filter != NULL &&
              seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
              add_all(filter, SCMP_ACT_ALLOW, COMPUTING, sizeof COMPUTING / sizeof *COMPUTING) &&
              add_narrow(filter, result_fd);

    if (ok && !SANITIZED)
        ok = add_all(filter, SCMP_ACT_ERRNO(EACCES), HARMLESS, sizeof HARMLESS / sizeof *HARMLESS);
    ok = ok && seccomp_load(filter) == 0;
    if (filter != NULL)
        seccomp_release(filter);
    return ok;
}

#else

bool jail_wall_seccomp(int result_fd)
{
    (void)result_fd;
    return false;
}

#endif
