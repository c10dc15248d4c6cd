/* What is read of what strangers hand in, and what is not. */
#include "tests/support/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/handin.h"

/* A folder of its own for each test. */
static char *folder;

static char *place(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void put(const char *name, const char *text)
{
    g_autofree char *path = place(name), *above = g_path_get_dirname(path);

    g_mkdir_with_parents(above, 0700);
    OK(g_file_set_contents(path, text, -1, NULL));
}

static void begin(void)
{
    folder = g_dir_make_tmp("ww-handin-XXXXXX", NULL);
}

static void end(void)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", folder);

    OK(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(folder);
}

static struct handin *hand_in(const char *name)
{
    g_autofree char *path = place(name);

    return handin_read(path);
}

static void expect_problem(const char *name, const char *kind)
{
    struct handin *handin = hand_in(name);

    CU_ASSERT_PTR_NULL(handin->answer.text);
    CU_ASSERT_EQUAL_FATAL(handin->problems->len, 1);
    EQ_STR(((struct handin_problem *)handin->problems->pdata[0])->kind, kind);
    handin_free(handin);
}

static void expect_answer(const char *name, const char *text, const char *log)
{
    struct handin *handin = hand_in(name);

    EQ(handin->problems->len, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(handin->answer.text);
    EQ_STR(handin->answer.text, text);
    EQ(handin->answer.len, strlen(text));
    OK(log == NULL ? handin->log.text == NULL
                   : handin->log.text != NULL && strcmp(handin->log.text, log) == 0);
    handin_free(handin);
}

static void a_file_and_a_folder_are_read(void)
{
    begin();
    put("a.yaml", "pc1: {}\n");
    put("b/submission.yaml", "pc2: {}\n");
    put("b/commands.log", "pc1$ ping x\n");
    put("b/notes.yaml", "not this one\n");
    put("c/answer.yml", "pc3: {}\n");
    put("c/wrong-gateway.task.yaml", "the exercise itself\n");
    put("d/inner/submission.yaml", "pc4: {}\n");
    expect_answer("a.yaml", "pc1: {}\n", NULL);
    expect_answer("b", "pc2: {}\n", "pc1$ ping x\n");
    expect_answer("c", "pc3: {}\n", NULL);
    expect_answer("d", "pc4: {}\n", NULL);
    end();
}

static void a_folder_without_one_clear_answer_says_so(void)
{
    begin();
    put("a/one.yaml", "x");
    put("a/two.yaml", "x");
    put("b/readme.txt", "x");
    put("c/1/2/3/4/submission.yaml", "too deep");
    expect_problem("a", "missing");
    expect_problem("b", "missing");
    expect_problem("c", "missing");
    expect_problem("nobody", "missing");
    end();
}

static void no_link_is_followed_wherever_it_stands(void)
{
    g_autofree char *a = NULL, *b = NULL, *c = NULL, *d = NULL;

    begin();
    put("secret/submission.yaml", "another's answer");
    put("x/readme", "");
    put("y/readme", "");
    a = place("file.yaml");
    b = place("folder");
    c = place("x/submission.yaml");
    d = place("z");
    EQ(symlink("secret/submission.yaml", a), 0);
    EQ(symlink("secret", b), 0);
    EQ(symlink("/dev/zero", c), 0);
    mkdir(d, 0700);
    g_free(d);
    d = place("z/inner");
    EQ(symlink("../secret", d), 0);
    expect_problem("file.yaml", "symlink");
    expect_problem("folder", "symlink");
    expect_problem("x", "symlink");
    expect_problem("z", "missing");
    end();
}

static void neither_hard_links_nor_pipes_nor_large_files_are_read(void)
{
    g_autofree char *own = NULL, *linked = NULL, *pipe_path = NULL, *large = NULL;
    int fd;

    begin();
    put("own.yaml", "x");
    own = place("own.yaml");
    linked = place("linked.yaml");
    pipe_path = place("pipe.yaml");
    large = place("large.yaml");
    EQ(link(own, linked), 0);
    EQ(mkfifo(pipe_path, 0600), 0);
    fd = open(large, O_CREAT | O_WRONLY, 0600);
    EQ(ftruncate(fd, (off_t)1 << 40), 0);
    close(fd);
    expect_problem("linked.yaml", "hard-link");
    expect_problem("pipe.yaml", "not-a-file");
    expect_problem("large.yaml", "too-large");
    end();
}

static void a_huge_log_is_a_problem_and_the_answer_is_still_read(void)
{
    g_autofree char *log = NULL;
    struct handin *handin;

    begin();
    put("a/submission.yaml", "pc1: {}\n");
    put("a/commands.log", "x");
    log = place("a/commands.log");
    EQ(truncate(log, (off_t)HANDIN_LOG_MAX + 1), 0);
    handin = hand_in("a");
    EQ(handin->problems->len, 1);
    EQ_STR(handin->answer.text, "pc1: {}\n");
    CU_ASSERT_PTR_NULL(handin->log.text);
    handin_free(handin);
    end();
}

static void a_class_is_told_from_a_submission(void)
{
    g_autoptr(GPtrArray) paths = NULL;
    g_autofree char *class = NULL, *one = NULL, *link_path = NULL;

    begin();
    put("class/b.yaml", "x");
    put("class/a/submission.yaml", "x");
    put("class/.git/x", "x");
    put("class/x.task.yaml", "x");
    put("class/notes.txt", "x");
    class = place("class");
    one = place("class/a");
    link_path = place("class/c");
    EQ(symlink("a", link_path), 0);
    OK(handin_is_class(class));
    OK(!handin_is_class(one));
    OK(!handin_is_class(link_path));
    paths = handin_list(class, NULL);
    CU_ASSERT_EQUAL_FATAL(paths->len, 3);
    OK(g_str_has_suffix(paths->pdata[0], "/a"));
    OK(g_str_has_suffix(paths->pdata[1], "/b.yaml"));
    OK(g_str_has_suffix(paths->pdata[2], "/c"));
    end();
}

static void what_is_no_submission_is_told_by_name(void)
{
    g_autoptr(GPtrArray) paths = NULL, left_out = NULL;
    g_autofree char *class = NULL, *upper = NULL;

    begin();
    put("class/B.YAML", "x");
    put("class/a.zip", "x");
    put("class/c.txt", "x");
    put("class/x.task.yaml", "x");
    put("class/Thumbs.db", "x");
    put("class/__MACOSX/x.yaml", "x");
    class = place("class");
    paths = handin_list(class, NULL);
    CU_ASSERT_EQUAL_FATAL(paths->len, 1);
    upper = handin_name(paths->pdata[0]);
    EQ_STR(upper, "B");
    left_out = handin_left_out(class);
    CU_ASSERT_EQUAL_FATAL(left_out->len, 2);
    OK(g_str_has_prefix(left_out->pdata[0], "a.zip is not graded: unpack it"));
    OK(g_str_has_prefix(left_out->pdata[1], "c.txt is not graded: a submission is a .yaml file"));
    end();
}

static void names_and_texts_are_tamed(void)
{
    g_autofree char *plain = handin_name("x/20230001.yaml"), *folder_name = handin_name("x/li.si/");
    g_autofree char *wild = handin_name("x/\033[2J\n\xff\xe2\x80\xae.yaml");
    g_autofree char *cut = handin_tame("1234567890123", 13, 10, false);

    EQ_STR(plain, "20230001");
    EQ_STR(folder_name, "li.si");
    EQ_STR(wild, "\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    EQ_STR(cut, "12345…");
}

UNIT_MAIN("handin", TEST(a_file_and_a_folder_are_read),
          TEST(a_folder_without_one_clear_answer_says_so),
          TEST(no_link_is_followed_wherever_it_stands),
          TEST(neither_hard_links_nor_pipes_nor_large_files_are_read),
          TEST(a_huge_log_is_a_problem_and_the_answer_is_still_read),
          TEST(a_class_is_told_from_a_submission), TEST(what_is_no_submission_is_told_by_name),
          TEST(names_and_texts_are_tamed))
