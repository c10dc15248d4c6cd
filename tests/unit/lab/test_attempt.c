/* A student's folder, changed line by line and read again. */
#include "lab_support.h"

#include <glib/gstdio.h>

#include "lab/attempt.h"

static char *folder(void)
{
    g_autoptr(GError) error = NULL;
    char *path = g_dir_make_tmp("attempt-XXXXXX", &error);

    CU_ASSERT_PTR_NOT_NULL_FATAL(path);
    return path;
}

static void clean(struct attempt *attempt, char *path)
{
    g_unlink(attempt->file);
    g_unlink(attempt->log);
    g_rmdir(path);
    attempt_free(attempt);
    g_free(path);
}

static struct attempt *open_at(const char *path, const char *student)
{
    char *error = NULL;
    struct attempt *attempt = attempt_open(path, student, &error);

    CU_ASSERT_PTR_NOT_NULL_FATAL(attempt);
    return attempt;
}

static void what_was_changed_is_there_again(void)
{
    char *path = folder(), *error = NULL;
    struct attempt *attempt = open_at(path, "张三");
    g_autofree char *text = NULL;

    OK(attempt_set(attempt, "pc2.gateway", "192.168.1.1", &error));
    OK(attempt_set(attempt, "pc2.interfaces.eth0", "10.0.0.1/24", &error));
    OK(attempt_set(attempt, "pc2.routes", NULL, &error));
    attempt_plug(attempt, "pc1:eth0", "sw1:p4");
    attempt_unplug(attempt, "sw1:p7");
    OK(attempt_answer(attempt, "q1", "[C, A]", &error));
    attempt_take_hint(attempt);
    attempt_take_hint(attempt);
    OK(attempt_save(attempt, NULL));
    attempt_free(attempt);
    attempt = open_at(path, NULL);
    EQ(attempt_hints(attempt), 2);
    text = attempt_text(attempt, false);
    EQ_STR(text, "student: 张三\n"
                 "pc2: {gateway: 192.168.1.1, interfaces: {eth0: 10.0.0.1/24}, routes: null}\n"
                 "links:\n  - [pc1:eth0, sw1:p4]\n  - {unplug: sw1:p7}\n"
                 "answers: {q1: [C, A]}\nhints: 2\n");
    clean(attempt, path);
}

static void commands_go_to_the_log_and_into_what_is_packed(void)
{
    char *path = folder();
    struct attempt *attempt = open_at(path, NULL);
    g_autofree char *text = NULL, *after = NULL;

    attempt_ran(attempt, "pc1", "ip route");
    attempt_ran(attempt, "gw", "ping -c 1 10.0.0.1 > x");
    text = attempt_text(attempt, true);
    OK(strstr(text, "pc1$ ip route") != NULL);
    OK(strstr(text, "gw$ ping -c 1 10.0.0.1 > x") != NULL);
    attempt_take_hint(attempt);
    attempt_reset(attempt);
    after = attempt_text(attempt, true);
    EQ_STR(after, "hints: 1\n");
    clean(attempt, path);
}

static void mistakes_change_nothing(void)
{
    char *path = folder(), *error = NULL;
    struct attempt *attempt = open_at(path, NULL);
    g_autofree char *text = NULL;

    OK(!attempt_set(attempt, "pc2.gateway", "[1", &error));
    CU_ASSERT_PTR_NOT_NULL(error);
    g_clear_pointer(&error, g_free);
    OK(!attempt_answer(attempt, "q", "{a", &error));
    g_clear_pointer(&error, g_free);
    text = attempt_text(attempt, false);
    EQ_STR(text, "{}\n");
    OK(g_file_set_contents(attempt->file, "pc2: [", -1, NULL));
    CU_ASSERT_PTR_NULL(attempt_open(path, NULL, &error));
    OK(error != NULL && strstr(error, "submission.yaml:") != NULL);
    g_free(error);
    clean(attempt, path);
}

UNIT_MAIN("attempt", TEST(what_was_changed_is_there_again),
          TEST(commands_go_to_the_log_and_into_what_is_packed), TEST(mistakes_change_nothing))
