#include "tests/unit/apps/rig.h"

static void says(const char *line, const char *expected)
{
    struct rig rig;

    rig_pair(&rig);
    EQ_STR(run(&rig, rig.hosts[0], line, SIM_SEC(100)), expected);
    rig_end(&rig);
}

static void lists_run_in_order_and_joins_look_at_the_status(void)
{
    says("echo a; echo b", "a\nb\n-- exit 0\n");
    says("true && echo yes || echo no", "yes\n-- exit 0\n");
    says("false && echo yes || echo no", "no\n-- exit 0\n");
    says("false; echo $?; ! true; echo $?; ! false; echo $?", "1\n1\n0\n-- exit 0\n");
    says("false", "-- exit 1\n");
    says("true || false && echo x", "x\n-- exit 0\n");
    says("exit 3; echo never", "-- exit 3\n");
    says("", "-- exit 0\n");
}

static void unknown_commands_and_syntax_errors_are_dashs(void)
{
    says("foo; echo $?", "sh: 1: foo: not found\n127\n-- exit 0\n");
    says("foo", "sh: 1: foo: not found\n-- exit 127\n");
    says("true\n\nfoo", "sh: 3: foo: not found\n-- exit 127\n");
    says("echo 'a", "sh: 1: Syntax error: Unterminated quoted string\n-- exit 2\n");
    says("umask", "sh: 1: umask: not simulated by wirewalk\n-- exit 2\n");
    says("/bin/echo x || /usr/bin/hostname", "sh: 1: /bin/echo: not found\nh1\n-- exit 0\n");
}

static void sudo_does_what_stands_behind_it(void)
{
    says("sudo hostname && sudo echo x | sudo cat; sudo -u root hostname",
         "h1\nx\nsh: 1: sudo: not simulated by wirewalk\n-- exit 2\n");
    says("sudo foo", "sh: 1: foo: not found\n-- exit 127\n");
    says("sudo sleep 5 & wait; sudo", "sh: 1: sudo: not simulated by wirewalk\n-- exit 2\n");
}

static void echo_and_printf_write_what_dash_writes(void)
{
    says("echo -n a; echo -e \"a\\tb\"; echo 'x  y' z", "aa\tb\nx  y z\n-- exit 0\n");
    says("printf '%s-%d|%5d|%-3d|%03d|%x\\n' a 3 42 7 5 255", "a-3|   42|7  |005|ff\n-- exit 0\n");
    says("printf '%s=%d\\n' a 1 b 2", "a=1\nb=2\n-- exit 0\n");
    says("printf '%d\\n' x; echo $?",
         "sh: 1: printf: x: expected numeric value\n0\n1\n-- exit 0\n");
    says("printf", "sh: 1: printf: usage: printf format [arg ...]\n-- exit 2\n");
}

static void output_goes_to_files_of_the_host(void)
{
    says("cd /tmp; echo a > f; echo b >> f; cat f; ls", "a\nb\nf\n-- exit 0\n");
    says("echo a > /etc/x; echo b > /etc/x; cat /etc/x; ls /etc; rm /etc/x; cat /etc/x",
         "b\nx\ncat: /etc/x: No such file or directory\n-- exit 1\n");
    says("cat /nope 2>/dev/null; echo $?", "1\n-- exit 0\n");
    says("cat /nope > out 2>&1; echo got; cat out",
         "got\ncat: /nope: No such file or directory\n-- exit 0\n");
    says("cat /nope 2>&1 > out; echo got; cat out",
         "cat: /nope: No such file or directory\ngot\n-- exit 0\n");
    says("foo 2> err; cat err", "sh: 1: foo: not found\n-- exit 0\n");
    says("cd /tmp; > empty; ls; cat empty", "empty\n-- exit 0\n");
    says("echo x >&3", "sh: 1: 3: Bad file descriptor\n-- exit 2\n");
    says("rm /nope; ls /nope; rm -f /nope",
         "rm: cannot remove '/nope': No such file or directory\n"
         "ls: cannot access '/nope': No such file or directory\n-- exit 0\n");
}

static void a_substitution_changes_the_status_of_an_assignment_alone(void)
{
    says("false; echo $? $(true) $?; x=$(exit 3); echo $?; echo $(false); echo $?",
         "1 1\n3\n\n0\n-- exit 0\n");
}

static void relative_paths_start_from_the_working_directory(void)
{
    says("pwd; cd /tmp; pwd; echo x > a; cd ..; cat tmp/a /tmp/../tmp//./a; ls /tmp",
         "/\n/tmp\nx\nx\na\n-- exit 0\n");
    says("cd; pwd; cd -; echo $PWD $OLDPWD; cd ~; pwd", "/root\n/\n/ /root\n/root\n-- exit 0\n");
    says("cd /tmp; (cd /etc; pwd); pwd; sh -c pwd; echo $(pwd); pwd & wait",
         "/etc\n/tmp\n/tmp\n/tmp\n/tmp\n-- exit 0\n");
    says("cd nowhere; echo $?; pwd", "sh: 1: cd: can't cd to nowhere\n2\n/\n-- exit 0\n");
    says("echo x > /d/f; cd /d; test -f f && test -d . && test -d ../d && grep -c x f; rm f; ls",
         "1\n-- exit 0\n");
}

static void folders_are_listed_as_on_debian(void)
{
    says("ls /; cd /bin && ls | head -n 2; ls -d /usr/sbin/ip; [ -x /usr/bin/ping ] && echo yes",
         "bin\netc\nhome\nroot\nsbin\ntmp\nusr\nvar\narping\ncat\n/usr/sbin/ip\nyes\n-- exit 0\n");
    says("cd /tmp; sleep 61; echo hello > a; echo x > .b; ls; ls -l; ls -la",
         "a\ntotal 4\n-rw-r--r-- 1 root root 6 Jan  1 00:01 a\n"
         "total 16\ndrwxr-xr-x 2 root root 4096 Jan  1 00:00 .\n"
         "drwxr-xr-x 2 root root 4096 Jan  1 00:00 ..\n"
         "-rw-r--r-- 1 root root    2 Jan  1 00:01 .b\n"
         "-rw-r--r-- 1 root root    6 Jan  1 00:01 a\n-- exit 0\n");
    says("ls -l /bin/cat; ls -ld /etc; ls /tmp /nope /home",
         "-rwxr-xr-x 1 root root 0 Jan  1 00:00 /bin/cat\n"
         "drwxr-xr-x 2 root root 4096 Jan  1 00:00 /etc\n"
         "ls: cannot access '/nope': No such file or directory\n"
         "/home:\n\n/tmp:\n-- exit 2\n");
    says("cd /tmp; echo hello > b; seq 99 > a; ls -l b a; ls b /tmp a; ls -l /sbin; ls -d /bin",
         "-rw-r--r-- 1 root root 288 Jan  1 00:00 a\n"
         "-rw-r--r-- 1 root root   6 Jan  1 00:00 b\na\nb\n\n/tmp:\na\nb\n"
         "lrwxrwxrwx 1 root root 8 Jan  1 00:00 /sbin -> usr/sbin\n/bin\n-- exit 0\n");
    says("ls ''; ls -d", "ls: cannot access '': No such file or directory\n.\n-- exit 0\n");
    says("cat /etc; rm /tmp; ls -R", "cat: /etc: Is a directory\nrm: cannot remove '/tmp': Is a "
                                     "directory\nls: option -R is not simulated by wirewalk\n"
                                     "-- exit 2\n");
}

static void a_host_says_who_and_when_it_is(void)
{
    says("sleep 61; date; date +%F_%T_%s; date 0101; date +%N",
         "Thu Jan  1 00:01:01 UTC 2026\n2026-01-01_00:01:01_1767225661\n"
         "date: setting the clock is not simulated by wirewalk: it is that of the simulation\n"
         "date: %N is not simulated by wirewalk\n-- exit 2\n");
    says("whoami; id; id -un; id nobody; whoami x",
         "root\nuid=0(root) gid=0(root) groups=0(root)\nroot\nid: 'nobody': no such user\n"
         "whoami: extra operand 'x'\nTry 'whoami --help' for more information.\n-- exit 1\n");
    says("uname; uname -sr; uname -m", "Linux\nLinux 6.18.0\nx86_64\n-- exit 0\n");
    says("sleep 99 & sleep 60; ps aux | grep 'sleep 99$'; ps -ef | head -n 1",
         "root           2  0.0  0.0      0     0 ?        S    00:00   0:00 sleep 99\n"
         "UID          PID    PPID  C STIME TTY          TIME CMD\n-- exit 0\n");
    says("sleep 99 & ps ax | head -n 1; ps x | grep 'sleep 99$'; ps -A | grep 'sleep$'",
         "    PID TTY      STAT   TIME COMMAND\n"
         "      2 ?        S      0:00 sleep 99\n"
         "      2 ?        00:00:00 sleep\n-- exit 0\n");
}

static void commands_are_where_debian_has_them(void)
{
    says("which ip dhcrelay ping; which ping nope; echo $?; which -s dig && echo yes; which",
         "/usr/sbin/ip\n/usr/sbin/dhcrelay\n/usr/bin/ping\n/usr/bin/ping\n1\nyes\n-- exit 1\n");
    says("type cd dig /bin/ping nope; echo $?",
         "cd is a shell builtin\ndig is /usr/bin/dig\n/bin/ping is /bin/ping\n"
         "nope: not found\n127\n-- exit 0\n");
    says("command -v ss; command -v echo; command -v nope; echo $?; command ls",
         "/usr/bin/ss\necho\n127\n"
         "sh: 1: command: only `command -v NAME` is simulated by wirewalk\n-- exit 2\n");
    says("export A=1 B; echo $A$B; export 3=x",
         "1\nsh: 1: export: 3=x: bad variable name\n-- exit 2\n");
    says("clear", "\033[H\033[2J\033[3J-- exit 0\n");
}

struct resumed {
    struct rig *rig;
    struct shell_memory *memory;
    struct strbuf out;
};

static void keep(void *ctx, struct process *process, int stream, const char *text, size_t len)
{
    (void)process, (void)stream;
    strbuf_add(&((struct resumed *)ctx)->out, text, len);
}

static void resume(struct resumed *typed, const char *line)
{
    struct process_io io = { keep, typed };

    shell_resume(shell_start(typed->rig->hosts[0], line, &io, NULL, NULL), typed->memory);
    rig_run_for(typed->rig, SIM_SEC(1));
}

static void a_line_goes_on_from_what_the_one_before_has_left(void)
{
    struct rig rig;
    struct resumed typed = { &rig, shell_memory_new(), STRBUF_INIT };

    rig_pair(&rig);
    resume(&typed, "x=5; cd /tmp; sleep 99 & false");
    resume(&typed, "echo $? $x $(pwd); kill $!");
    resume(&typed, "echo $?; unset x; exit 7");
    resume(&typed, "echo $?[$x]; (cd /; x=1)");
    resume(&typed, "pwd");
    EQ_STR(strbuf_text(&typed.out), "1 5 /tmp\n0\n7[]\n/tmp\n");
    strbuf_fini(&typed.out);
    shell_memory_free(typed.memory);
    rig_end(&rig);
}

static void background_jobs_run_beside_and_wait_waits(void)
{
    says("sleep 2 & echo now; wait; echo later", "now\nlater\n-- exit 0\n");
    says("sleep 1 && echo one & sleep 2 && echo two & wait", "one\ntwo\n-- exit 0\n");
    says("sleep 5 & kill $!; wait $!; echo $?", "143\n-- exit 0\n");
    says("sleep 5 & kill -INT $!; wait $!; echo $?", "130\n-- exit 0\n");
    says("wait 99; echo $?; wait; echo $?", "127\n0\n-- exit 0\n");
    says("foo & wait $!; echo done", "sh: 1: foo: not found\ndone\n-- exit 0\n");
}

static void a_line_ends_before_its_background_jobs(void)
{
    struct rig rig;

    rig_pair(&rig);
    EQ_STR(run(&rig, rig.hosts[0], "sleep 3 && echo late & echo soon", SIM_SEC(1)),
           "soon\n-- exit 0\n");
    rig_run_for(&rig, SIM_SEC(3));
    EQ_STR(strbuf_text(&rig.out), "soon\n-- exit 0\nlate\n");
    OK(list_empty(&rig.hosts[0]->processes));
    rig_end(&rig);
}

static void sleeping_takes_exactly_its_time(void)
{
    struct rig rig;

    rig_pair(&rig);
    rig_start(&rig, rig.hosts[0], "sleep 0.5 0.25");
    rig_run_for(&rig, SIM_MSEC(750) - 1);
    EQ(rig.status, -1);
    rig_run_for(&rig, SIM_USEC(21)); /* one scheduler latency for the shell to notice */
    EQ(rig.status, 0);
    rig_end(&rig);
    says("sleep", "sleep: missing operand\nTry 'sleep --help' for more information.\n-- exit 1\n");
    says("sleep x",
         "sleep: invalid time interval ‘x’\nTry 'sleep --help' for more information.\n-- exit 1\n");
}

static void control_c_ends_the_foreground_command_and_the_line(void)
{
    struct rig rig;
    struct shell_run *line;

    rig_pair(&rig);
    line = rig_start(&rig, rig.hosts[0], "sleep 50; echo never");
    rig_run_for(&rig, SIM_SEC(1));
    shell_interrupt(line);
    rig_run_for(&rig, SIM_SEC(1));
    EQ_STR(strbuf_text(&rig.out), "-- exit 130\n");
    line = rig_start(&rig, rig.hosts[0], "sleep 50 & wait; echo never");
    rig_run_for(&rig, SIM_SEC(1));
    shell_interrupt(line);
    rig_run_for(&rig, SIM_SEC(1));
    EQ(rig.status, 130);
    rig_end(&rig);
}

static void processes_are_found_by_name(void)
{
    says("sleep 9 & sleep 9 & pkill sleep; echo $?; wait; pkill sleep; echo $?",
         "0\n1\n-- exit 0\n");
    says("sleep 9 & killall -INT sleep; killall sleep; echo $?",
         "sleep: no process found\n1\n-- exit 0\n");
    says("kill 99999; kill -FOO 1; kill x",
         "sh: 1: kill: No such process\n\nsh: 1: kill: Illegal option -F\nsh: 1: kill: Illegal "
         "number: x\n-- exit 2\n");
    says("sleep 9 & ps",
         "    PID TTY          TIME CMD\n      1 ?        00:00:00 sh\n"
         "      2 ?        00:00:00 sleep\n      3 ?        00:00:00 ps\n-- exit 0\n");
    says("kill $$; echo never", "-- exit 143\n");
}

static void a_run_may_end_in_the_middle_of_everything(void)
{
    struct rig rig;

    rig_pair(&rig);
    run(&rig, rig.hosts[0], "sleep 100 > /f & sleep 200 && echo x > /g & sleep 300 2>&1",
        SIM_SEC(1));
    EQ(rig.status, -1);
    rig_end(&rig); /* nothing leaks: the sanitizer watches */
}

static void pipes_carry_output_to_the_next_command(void)
{
    says("echo a | cat", "a\n-- exit 0\n");
    says("printf 'a\\nb\\nab\\n' | grep a | wc -l", "2\n-- exit 0\n");
    says("false | true; echo $?; true | false; echo $?; ! true | false; echo $?",
         "0\n1\n0\n-- exit 0\n");
    says("echo a | foo; echo $?", "sh: 1: foo: not found\n127\n-- exit 0\n");
    says("cat /nope 2>&1 | wc -w", "7\n-- exit 0\n");
    says("cat /nope | wc -c", "cat: /nope: No such file or directory\n0\n-- exit 0\n");
    says("true && echo a | cat || echo b | cat; false && echo c | cat; echo d",
         "a\nd\n-- exit 0\n");
    says("ping 10.0.0.2 | head -n 2 | tail -n 1 | wc -l; echo over", "1\nover\n-- exit 0\n");
    says("sleep 1 | echo x; cat | cat", "x\n-- exit 0\n");
    says("echo a | cat > f; cat f; cat < f; wc -l < f; cat < nope; echo $?",
         "a\na\n1\nsh: 1: cannot open nope: No such file\n2\n-- exit 0\n");
    says("echo a | sh -c 'cat; echo b' | cat &\nwait", "a\nb\n-- exit 0\n");
}

static void variables_and_substitutions_are_put_in(void)
{
    says("A=1; B=\"x  y\"; echo $A \"$B\" $B ${A}2 '$A' \"$NOTHING\" $NOTHING.",
         "1 x  y x y 12 $A  .\n-- exit 0\n");
    says("A=$(hostname); echo \"$A is $(echo $(hostname))\"", "h1 is h1\n-- exit 0\n");
    says("echo $(printf 'a\\nb\\n\\n') \"$(printf 'a\\nb\\n\\n')\"", "a b a\nb\n-- exit 0\n");
    says("A=$(false); echo $?; A=x; B=$A$A; echo $B; unset A; echo \"<$A>\"",
         "1\nxx\n<>\n-- exit 0\n");
    says("F=f; echo hi > $F; cat $(echo f); C='echo a b'; $C", "hi\na b\n-- exit 0\n");
    says("A=1; echo $(A=2; echo $A) $A", "2 1\n-- exit 0\n");
    says("echo $(( $(echo ')' > /dev/null; echo 4) + (1) )) $(echo b)", "5 b\n-- exit 0\n");
    says("echo x$(true)y \"$(echo 'a \")')\"", "xy a \")\n-- exit 0\n");
    says("kill $(sleep 50 > /dev/null & echo $!); echo $?", "0\n-- exit 0\n");
    says("kill $(sleep 50 & echo $!)", "sh: 1: kill: No such process\n\n-- exit 1\n");
    says("echo $(sh -c '(' ; sh -c 'sleep 1 && echo late &') | cat; sh -c 'echo x && foo &'; sleep "
         "2",
         "sh: 1: Syntax error: end of file unexpected (expecting \")\")\nlate\nx\n"
         "sh: 1: foo: not found\n-- exit 0\n");
}

static void nc_sends_what_a_pipe_gives_it(void)
{
    struct rig rig;
    struct strbuf heard = STRBUF_INIT;

    rig_pair(&rig);
    shell_start(rig.hosts[1], "nc -l 7000 > got; echo back | nc -l 7001",
                &(struct process_io){ rig_write, &rig }, NULL, NULL);
    rig_run_for(&rig, SIM_SEC(1));
    run(&rig, rig.hosts[0], "echo hello | nc -N 10.0.0.2 7000; nc 10.0.0.2 7001 < /dev/null | cat",
        SIM_SEC(5));
    strbuf_adds(&heard, os_file_find(rig.hosts[1], "/got")->content.text);
    EQ_STR(heard.text, "hello\n");
    OK(strstr(strbuf_text(&rig.out), "back\n") != NULL);
    strbuf_fini(&heard);
    rig_end(&rig);
}

static void filters_do_what_gnus_do(void)
{
    says("printf 'a b\\nc\\n' | wc; printf 'a b\\n' > f; wc f; wc -l f f; wc f f",
         "      2       3       6\n1 2 4 f\n1 f\n1 f\n2 total\n1 2 4 f\n1 2 4 f\n2 4 8 total\n-- "
         "exit 0\n");
    says("printf 'ab\\nb\\nabc\\n' > f; grep '^a.*c$' f; grep -c b f; grep -v a f; grep -n '[x-z]' "
         "f; echo $?",
         "abc\n3\nb\n1\n-- exit 0\n");
    says("printf 'ab\\nB\\n' > f; grep -i b f f; grep -q zz f; echo $?; grep b nope; echo $?",
         "f:ab\nf:B\nf:ab\nf:B\n1\ngrep: nope: No such file or directory\n2\n-- exit 0\n");
    says("printf '1\\n2\\n3' > f; head -n 2 f; tail -n 2 f; echo; head -1 f; grep",
         "1\n2\n2\n3\n1\nUsage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more "
         "information.\n-- exit 2\n");
}

/* tests/files/shell/dash.txt: lines behind "$ ", and what dash 0.5.12 printed. */
static void compound_commands_test_and_arithmetic_print_what_dash_printed(void)
{
    FILE *file = fopen("tests/files/shell/dash.txt", "r");
    struct strbuf expected = STRBUF_INIT;
    char line[512] = "", text[512];
    unsigned n = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(text, sizeof text, file) != NULL) {
        if (strncmp(text, "$ ", 2) == 0) {
            memcpy(line, text + 2, strlen(text) - 1);
            line[strlen(line) - 1] = '\0';
            strbuf_truncate(&expected, 0);
            continue;
        }
        strbuf_adds(&expected, text);
        if (strncmp(text, "-- exit ", 8) == 0) {
            says(line, strbuf_text(&expected));
            n++;
        }
    }
    fclose(file);
    strbuf_fini(&expected);
    OK(n > 100);
}

static void a_loop_takes_time_so_that_it_ends_with_the_run(void)
{
    static const char *const lines[] = {
        "while true; do :; done",        "until false; do for i in a b; do continue 2; done; done",
        "while :; do true | true; done", "while :; do sleep 1000 & done",
        "x=a; while :; do x=$x$x; done", "while :; do (:) & done"
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct rig rig;

        rig_pair(&rig);
        run(&rig, rig.hosts[0], lines[i], SIM_MSEC(50));
        OK(sim_now(rig.sim) >= SIM_MSEC(50));
        OK(sim_events(rig.sim) < 30000);
        rig_end(&rig);
    }
    says("x=a; while :; do x=$x$x; done", "sh: 1: Out of space\n-- exit 2\n");
    says("while :; do sleep 1000 & done", "sh: 1: Cannot fork\n-- exit 2\n");
}

static void a_loop_is_stopped_by_control_c_and_leaves_nothing(void)
{
    struct rig rig;
    struct process_io io = { rig_write, &rig };
    struct shell_run *shell;

    rig_pair(&rig);
    shell = shell_start(rig.hosts[0], "for i in 1 2; do { sleep 9; } > f; done; echo never", &io,
                        rig_ended, &rig);
    sim_run(rig.sim, SIM_SEC(10), UINT64_MAX);
    shell_interrupt(shell);
    sim_run(rig.sim, SIM_SEC(11), UINT64_MAX);
    EQ(rig.status, 130);
    EQ_STR(strbuf_text(&rig.out), "-- exit 130\n");
    rig_end(&rig);
}

static void seq_prints_what_gnus_prints(void)
{
    says("seq 3; seq 2 3; seq 5 -2 1; seq -w 8 10; seq -s, 1 3; seq 3 1",
         "1\n2\n3\n2\n3\n5\n3\n1\n08\n09\n10\n1,2,3\n-- exit 0\n");
    says("seq", "seq: missing operand\nTry 'seq --help' for more information.\n-- exit 1\n");
    says("seq x", "seq: invalid floating point argument: ‘x’\nTry 'seq --help' for more "
                  "information.\n-- exit 1\n");
    says("seq 1 0 3", "seq: invalid Zero increment value: ‘0’\nTry 'seq --help' for more "
                      "information.\n-- exit 1\n");
    says("seq 1 2 3 4", "seq: extra operand ‘4’\nTry 'seq --help' for more information.\n"
                        "-- exit 1\n");
    says("seq 1.5", "seq: 1.5: such numbers are not simulated by wirewalk\n-- exit 2\n");
    says("seq 100001", "seq: more than 100000 numbers are not simulated by wirewalk\n-- exit 2\n");
    says("for i in $(seq -2 0); do echo $i; done", "-2\n-1\n0\n-- exit 0\n");
}

UNIT_MAIN("shell", TEST(lists_run_in_order_and_joins_look_at_the_status),
          TEST(unknown_commands_and_syntax_errors_are_dashs), TEST(sudo_does_what_stands_behind_it),
          TEST(echo_and_printf_write_what_dash_writes), TEST(output_goes_to_files_of_the_host),
          TEST(pipes_carry_output_to_the_next_command),
          TEST(variables_and_substitutions_are_put_in), TEST(nc_sends_what_a_pipe_gives_it),
          TEST(filters_do_what_gnus_do),
          TEST(compound_commands_test_and_arithmetic_print_what_dash_printed),
          TEST(a_loop_takes_time_so_that_it_ends_with_the_run),
          TEST(a_loop_is_stopped_by_control_c_and_leaves_nothing),
          TEST(seq_prints_what_gnus_prints), TEST(background_jobs_run_beside_and_wait_waits),
          TEST(a_line_ends_before_its_background_jobs), TEST(sleeping_takes_exactly_its_time),
          TEST(control_c_ends_the_foreground_command_and_the_line),
          TEST(a_substitution_changes_the_status_of_an_assignment_alone),
          TEST(relative_paths_start_from_the_working_directory),
          TEST(folders_are_listed_as_on_debian), TEST(a_host_says_who_and_when_it_is),
          TEST(commands_are_where_debian_has_them),
          TEST(a_line_goes_on_from_what_the_one_before_has_left), TEST(processes_are_found_by_name),
          TEST(a_run_may_end_in_the_middle_of_everything))
