#include "tests/support/unit.h"

#include "apps/wget.h"
#include "tests/unit/apps/web_rig.h"

/* Like web_says(), with every rate made R, since rates depend on the simulated cable alone. */
static void says(const char *line, const char *expected)
{
    struct rig rig;
    struct strbuf clean = STRBUF_INIT;

    web_rig(&rig, &web_config);
    for (const char *at = run(&rig, rig.hosts[0], line, SIM_SEC(300)); *at != '\0';) {
        size_t digits = strspn(at, "0123456789."), unit = digits + (at[digits] == ' ');

        if (digits > 0 &&
            (strncmp(at + unit, "MB/s", 4) == 0 || strncmp(at + unit, "KB/s", 4) == 0)) {
            strbuf_adds(&clean, "R");
            at += unit + 4;
        } else if (digits > 2 && strchr("MK", at[digits]) != NULL && at[digits] != '\0' &&
                   at[digits + 1] == '=') {
            strbuf_adds(&clean, "R");
            at += digits + 1;
        } else {
            strbuf_add(&clean, at, digits > 0 ? digits : 1);
            at += digits > 0 ? digits : 1;
        }
    }
    EQ_STR(clean.text, expected);
    rig_end(&rig);
    strbuf_fini(&clean);
}

#define DAY        "2026-01-01 00:00:00"
#define START(url) "--" DAY "--  http://10.0.0.2" url "\n"
#define ASK        "Connecting to 10.0.0.2:80... connected.\nHTTP request sent, awaiting response... "
#define AGAIN                                                                                      \
    "Reusing existing connection to 10.0.0.2:80.\nHTTP request sent, awaiting response... "
#define ROW(percent)                                                                               \
    "\n     0K                                                       " percent " R=0s\n\n"

static void a_page_becomes_a_file(void)
{
    says("wget http://10.0.0.2/b/5; cat 5",
         START("/b/5") ASK "200 OK\nLength: 5 [text/html]\nSaving to: ‘5’\n" ROW("100%") DAY
         " (R) - ‘5’ saved [5/5]\n\n"
         "abcde-- exit 0\n");
    says("wget 10.0.0.2; wget -nv 10.0.0.2; ls -d index.html index.html.1",
         START("/") ASK "200 OK\nLength: 612 [text/html]\nSaving to: ‘index.html’\n" ROW("100% ")
             DAY " (R) - ‘index.html’ saved [612/612]\n\n" DAY
                 " URL:http://10.0.0.2/ [612/612] -> \"index.html.1\" "
                 "[1]\nindex.html\nindex.html.1\n-- exit 0\n");
    says("wget -O - http://10.0.0.2/b/5", START("/b/5") ASK
         "200 OK\nLength: 5 [text/html]\nSaving to: ‘STDOUT’\n\n     0Kabcde"
         "                                                       100% R=0s\n\n" DAY
         " (R) - written to stdout [5/5]\n\n-- exit 0\n");
    says("wget -q -O - http://10.0.0.2/hello", "hello\n-- exit 0\n");
}

static void heads_and_missing_pages_are_told(void)
{
    says("wget -S -O /dev/null http://10.0.0.2/b/5", START("/b/5") ASK
         "\n  HTTP/1.1 200 OK\n  Server: lab\n  Content-Type: text/html\n  Content-Length: 5\n"
         "  Connection: keep-alive\nLength: 5 [text/html]\nSaving to: ‘/dev/null’\n" ROW("100%") DAY
         " (R) - ‘/dev/null’ saved [5/5]\n\n-- exit 0\n");
    says("wget http://10.0.0.2/nf",
         START("/nf") ASK "404 Not Found\n" DAY " ERROR 404: Not Found.\n\n-- exit 8\n");
    says("wget --spider http://10.0.0.2/b/5",
         "Spider mode enabled. Check if remote file exists.\n" START("/b/5") ASK
         "200 OK\nLength: 5 [text/html]\n"
         "Remote file exists and could contain further links,\nbut recursion is disabled -- not "
         "retrieving.\n\n-- exit 0\n");
    says("wget --spider -q http://10.0.0.2/nf", "-- exit 8\n");
}

static void redirections_and_several_urls_share_a_connection(void)
{
    says("wget -O x http://10.0.0.2/r",
         START("/r") ASK "302 Found\nLocation: /b/5 [following]\n" START("/b/5") AGAIN
         "200 OK\nLength: 5 [text/html]\n"
         "Saving to: ‘x’\n" ROW("100%") DAY " (R) - ‘x’ saved [5/5]\n\n-- exit 0\n");
    says("wget -q -O x 10.0.0.2/b/5 10.0.0.2/hello; cat x; wget --max-redirect 0 10.0.0.2/r",
         "abcdehello\n" START("/r") ASK
         "302 Found\nLocation: /b/5 [following]\n0 redirections exceeded.\n-- exit 8\n");
}

static void failures_end_or_are_tried_again(void)
{
    says("wget -t 2 http://10.0.0.2:1/",
         "--" DAY "--  http://10.0.0.2:1/\nConnecting to 10.0.0.2:1... failed: Connection "
         "refused.\n-- exit 4\n");
    says("wget http://nosuch/", "--" DAY "--  http://nosuch/\nResolving nosuch (nosuch)... failed: "
                                "Temporary failure in name resolution.\n"
                                "wget: unable to resolve host address ‘nosuch’\n-- exit 4\n");
    says("wget -T 1 -t 2 http://10.0.0.9/",
         "--" DAY "--  http://10.0.0.9/\nConnecting to 10.0.0.9:80... failed: Connection timed "
         "out.\nRetrying.\n\n"
         "--2026-01-01 00:00:02--  (try: 2)  http://10.0.0.9/\nConnecting to 10.0.0.9:80... "
         "failed: Connection timed out.\n"
         "Giving up.\n\n-- exit 4\n");
    says("sock 'tcp; bind *:90; listen; accept; sleep 9' > /dev/null & wget -T1 -t1 "
         "http://10.0.0.1:90/",
         "--" DAY "--  http://10.0.0.1:90/\nConnecting to 10.0.0.1:90... connected.\n"
         "HTTP request sent, awaiting response... Read error (Connection timed out) in "
         "headers.\nGiving up.\n\n-- exit 4\n");
    says("sock 'tcp; bind *:90; listen; accept; recvsome; close' > /dev/null & wget -t1 "
         "http://10.0.0.1:90/",
         "--" DAY "--  http://10.0.0.1:90/\nConnecting to 10.0.0.1:90... connected.\n"
         "HTTP request sent, awaiting response... No data received.\nGiving up.\n\n-- exit 4\n");
    says("wget", "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for "
                 "more options.\n-- exit 1\n");
    says("wget htp://x", "htp://x: Unsupported scheme ‘htp’.\n-- exit 1\n");
    says("wget -r 10.0.0.2", "wget: option -r is not simulated by wirewalk\n-- exit 2\n");
}

static void dots_stand_for_kilobytes(void)
{
    struct rig rig;
    const char *said;

    web_rig(&rig, &web_config);
    said = run(&rig, rig.hosts[0], "wget -O x http://10.0.0.2/b/3000000", SIM_SEC(10));
    OK(strstr(said, "Length: 3000000 (2.9M) [text/html]\nSaving to: ‘x’\n\n"
                    "     0K .......... .......... .......... .......... ..........  1% ") != NULL);
    OK(strstr(said, "\n  1450K .......... .......... .......... .......... .......... 51% ") !=
       NULL);
    OK(strstr(said, "\n  2900K .......... .......... .........                       100% ") !=
       NULL);
    OK(text_ends(said, " - ‘x’ saved [3000000/3000000]\n\n-- exit 0\n"));
    rig_end(&rig);
}

static void sizes_and_times_are_short(void)
{
    char text[24];

    wget_size(120000, text);
    EQ_STR(text, "117K");
    wget_size(3000000, text);
    EQ_STR(text, "2.9M");
    wget_rate(5, SIM_USEC(3), text);
    EQ_STR(text, "1.59 MB/s");
    wget_rate(100, SIM_SEC(1), text);
    EQ_STR(text, "100 B/s");
    wget_seconds(SIM_MSEC(31), text);
    EQ_STR(text, "0.03");
    wget_seconds(SIM_MSEC(2500), text);
    EQ_STR(text, "2.5");
    wget_seconds(SIM_USEC(3), text);
    EQ_STR(text, "0");
}

UNIT_MAIN("wget", TEST(a_page_becomes_a_file), TEST(heads_and_missing_pages_are_told),
          TEST(redirections_and_several_urls_share_a_connection),
          TEST(failures_end_or_are_tried_again), TEST(dots_stand_for_kilobytes),
          TEST(sizes_and_times_are_short))
