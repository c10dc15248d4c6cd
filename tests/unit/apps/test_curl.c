#include "tests/support/unit.h"

#include "apps/curl_meter.h"
#include "apps/url.h"
#include "base/text.h"
#include "tests/unit/apps/web_rig.h"

/* ---- URLs ---- */

static void normal(const char *text, const char *expected)
{
    struct url url;

    OK(url_parse(text, &url) == URL_OK);
    EQ_STR(url.text != NULL ? url.text : "", expected);
    url_fini(&url);
}

static void is_refused(const char *text, enum url_result result)
{
    struct url url;

    EQ(url_parse(text, &url), result);
    url_fini(&url);
}

static void urls_are_brought_into_their_normal_form(void)
{
    normal("10.0.0.2", "http://10.0.0.2/");
    normal("HTTP://a:80/x", "http://a/x");
    normal("http://a:8080?x=1#frag", "http://a:8080/?x=1");
    normal("http://a/b/../c/./d", "http://a/c/d");
    normal("http://a/../../b/..", "http://a/");
    normal("http://a/b/.?q", "http://a/b/?q");
    is_refused("https://a/", URL_SCHEME);
    is_refused("http://", URL_BAD);
    is_refused("http://a b/", URL_BAD);
    is_refused("http://a:99999/", URL_BAD);
    is_refused("http://a:x/", URL_BAD);
    is_refused("http://u:p@a/", URL_USER);
    is_refused("", URL_BAD);
}

static void joins(const char *reference, const char *expected)
{
    struct url base, url;

    OK(url_parse("http://a:81/b/c?q", &base) == URL_OK);
    OK(url_join(&base, reference, &url) == URL_OK);
    EQ_STR(url.text, expected);
    url_fini(&base);
    url_fini(&url);
}

static void references_are_joined_to_their_base(void)
{
    joins("d", "http://a:81/b/d");
    joins("/d", "http://a:81/d");
    joins("../d", "http://a:81/d");
    joins("?x", "http://a:81/b/c?x");
    joins("", "http://a:81/b/c?q");
    joins("//e/f", "http://e/f");
    joins("http://e", "http://e/");
}

static void meter_columns_are_five_and_eight_wide(void)
{
    char size[8], time[16];

    curl_meter_size(99999, size);
    EQ_STR(size, "99999");
    curl_meter_size(100000, size);
    EQ_STR(size, "  97k");
    curl_meter_size(3000000, size);
    EQ_STR(size, "2929k");
    curl_meter_size(12000000, size);
    EQ_STR(size, "11.4M");
    curl_meter_time(0, time);
    EQ_STR(time, "--:--:--");
    curl_meter_time(3661, time);
    EQ_STR(time, " 1:01:01");
}

/* ---- runs; the expected texts are curl 7.88.1's ---- */

#define GREETING(path)                                                                             \
    "> GET " path                                                                                  \
    " HTTP/1.1\r\n> Host: 10.0.0.2\r\n> User-Agent: curl/7.88.1\r\n> Accept: */*\r\n> \r\n"
#define HEAD(len, connection)                                                                      \
    "HTTP/1.1 200 OK\r\nServer: lab\r\nContent-Type: text/html\r\nContent-Length: " len            \
    "\r\nConnection: " connection "\r\n\r\n"
#define SHOWN(len)                                                                                 \
    "< HTTP/1.1 200 OK\r\n< Server: lab\r\n< Content-Type: text/html\r\n< Content-Length: " len    \
    "\r\n< Connection: keep-alive\r\n< \r\n"

static void the_body_goes_to_the_terminal(void)
{
    web_says("curl http://10.0.0.2/hello", "hello\n-- exit 0\n");
    web_says("curl 10.0.0.2/b/5", "abcde-- exit 0\n");
    web_says("curl -s -i http://10.0.0.2/b/5", HEAD("5", "keep-alive") "abcde-- exit 0\n");
    web_says("curl -I http://10.0.0.2/", HEAD("612", "keep-alive") "-- exit 0\n");
    web_says("curl http://10.0.0.2/nothing", "-- exit 0\n");
    web_says("curl http://10.0.0.2/none", "404 Not Found\n-- exit 0\n");
}

static void verbose_shows_the_dialogue(void)
{
    web_says(
        "curl -v http://10.0.0.2/b/30 http://10.0.0.2/b/5",
        "*   Trying 10.0.0.2:80...\n* Connected to 10.0.0.2 (10.0.0.2) port 80 (#0)\n" GREETING(
            "/b/30")
            SHOWN(
                "30") "abcdefghijklmnopqrstuvwxyzabcd* Connection #0 to host 10.0.0.2 left intact\n"
                      "* Found bundle for host: 0x5581e8a8b2b0 [serially]\n* Can not multiplex, "
                      "even if we wanted to\n"
                      "* Re-using existing connection #0 with host 10.0.0.2\n" GREETING("/b/5")
                          SHOWN("5") "abcde* Connection #0 to host 10.0.0.2 left intact\n-- exit "
                                     "0\n");
    web_says(
        "curl -sv -o /x http://10.0.0.2/b/30",
        "*   Trying 10.0.0.2:80...\n* Connected to 10.0.0.2 (10.0.0.2) port 80 (#0)\n" GREETING(
            "/b/30") SHOWN("30") "{ [30 bytes data]\n* Connection #0 to host 10.0.0.2 left "
                                 "intact\n-- exit 0\n");
}

static void write_out_tells_what_happened(void)
{
    web_says(
        "curl -s -o /dev/null -w '%{http_code} %{size_download} bytes\\n' http://10.0.0.2/b/300",
        "200 300 bytes\n-- exit 0\n");
    web_says("curl -s -o /x -w '%{response_code} %{size_header} %{size_request} %{num_connects} "
             "%{num_redirects} "
             "%{remote_ip} %{remote_port} %{local_ip} %{url_effective} %{url} %{content_type} "
             "%{http_version} %{scheme} "
             "%{method} %{exitcode} %{errormsg} %{filename_effective} %{redirect_url} %{urlnum} "
             "%{num_headers} %{foo} "
             "%% %x \\t|\\q\\n' 10.0.0.2/b/300",
             "curl: unknown --write-out variable: 'foo'\n"
             "200 102 77 1 0 10.0.0.2 80 10.0.0.1 http://10.0.0.2/b/300 10.0.0.2/b/300 text/html "
             "1.1 HTTP GET 0  /x  0 4"
             "  % %x \t|\\q\n-- exit 0\n");
    web_says("curl -s -w '%{http_code} %{exitcode} %{num_connects} %{remote_ip}%{onerror}E\\n' "
             "http://10.0.0.2:81/",
             "000 7 0 E\n-- exit 7\n");
    web_says("curl -s -w '%{json}' 10.0.0.2",
             "curl: --write-out variable 'json' is not simulated by wirewalk\n-- exit 2\n");
}

static void redirections_are_followed_when_asked_for(void)
{
    web_says("curl -s -o /x -w '%{http_code} %{redirect_url}\\n' 10.0.0.2/r",
             "302 http://10.0.0.2/b/5\n-- exit 0\n");
    web_says("curl -sL -w '%{http_code} %{num_redirects} %{url_effective} %{size_download} "
             "%{num_connects}\\n' 10.0.0.2/r",
             "abcde200 1 http://10.0.0.2/b/5 5 1\n-- exit 0\n");
    web_says("curl -sSL --max-redirs 3 http://10.0.0.2/loop",
             "curl: (47) Maximum (3) redirects followed\n-- exit 47\n");
}

static void requests_are_what_the_options_say(void)
{
    web_says(
        "curl -sv -o /x -H 'X-A: 1' -H 'Host: foo' -H 'Accept:' -H 'Y;' -A ua -e ref "
        "http://10.0.0.2/b/5",
        "*   Trying 10.0.0.2:80...\n* Connected to 10.0.0.2 (10.0.0.2) port 80 (#0)\n"
        "> GET /b/5 HTTP/1.1\r\n> Host: foo\r\n> User-Agent: ua\r\n> Referer: ref\r\n> X-A: 1\r\n> "
        "Y:\r\n> \r\n" SHOWN(
            "5") "{ [5 bytes data]\n* Connection #0 to host 10.0.0.2 left intact\n-- exit 0\n");
    web_says(
        "curl -sv -f -d a -d b http://10.0.0.2/b/5 -o /x",
        "*   Trying 10.0.0.2:80...\n* Connected to 10.0.0.2 (10.0.0.2) port 80 (#0)\n"
        "> POST /b/5 HTTP/1.1\r\n> Host: 10.0.0.2\r\n> User-Agent: curl/7.88.1\r\n> Accept: */*\r\n"
        "> Content-Length: 3\r\n> Content-Type: application/x-www-form-urlencoded\r\n> \r\n} [3 "
        "bytes data]\n"
        "< HTTP/1.1 405 Method Not Allowed\r\n< Server: lab\r\n< Content-Type: text/plain\r\n< "
        "Content-Length: 23\r\n"
        "< Allow: GET, HEAD\r\n< Connection: keep-alive\r\n"
        "* The requested URL returned error: 405\n* Closing connection 0\n-- exit 22\n");
    web_says("curl -G -d a=b -s -w '%{size_request}' -o /x 10.0.0.2/b/5", "79-- exit 0\n");
}

static void files_are_written(void)
{
    web_says("curl -s -O 10.0.0.2/b/5 -o /y 10.0.0.2/b/30; cat 5 y; ls -d 5 y",
             "abcdeabcdefghijklmnopqrstuvwxyzabcd5\ny\n-- exit 0\n");
    web_says("curl -s 10.0.0.2/hello > /z; cat /z", "hello\n-- exit 0\n");
    web_says("curl -s -o /e 10.0.0.2/nothing; cat /e; curl -sS -O 10.0.0.2; echo $?",
             "curl: (23) Failed writing received data to disk/application\n23\n-- exit 0\n");
    web_says("curl -s -D /h -o /x 10.0.0.2/b/5; cat /h", HEAD("5", "keep-alive") "-- exit 0\n");
    web_says("curl -s -o /x 10.0.0.2/b/3000000 -w '%{size_download}'", "3000000-- exit 0\n");
}

static void the_meter_is_shown_when_output_goes_elsewhere(void)
{
    struct rig rig;
    const char *said;

    web_rig(&rig, &web_config);
    said = run(&rig, rig.hosts[0], "curl -o /x http://10.0.0.2/b/300", SIM_SEC(1));
    OK(text_starts(
        said, "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
              "                                 Dload  Upload   Total   Spent    Left  Speed\n"
              "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
              "\r100   300  100   300    0     0  "));
    OK(text_ends(said, " --:--:-- --:--:-- --:--:--  292k\n-- exit 0\n"));
    said = run(&rig, rig.hosts[0], "curl http://10.0.0.2:81/ > /x", SIM_SEC(1));
    EQ_STR(said,
           "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
           "                                 Dload  Upload   Total   Spent    Left  Speed\n"
           "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
           "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\n"
           "curl: (7) Failed to connect to 10.0.0.2 port 81 after 0 ms: Couldn't connect to "
           "server\n-- exit 7\n");
    rig_end(&rig);
}

static void failures_have_curls_words_and_numbers(void)
{
    web_says("curl http://10.0.0.2:81/", "curl: (7) Failed to connect to 10.0.0.2 port 81 after 0 "
                                         "ms: Couldn't connect to server\n-- exit 7\n");
    web_says("curl -sv http://10.0.0.2:81/",
             "*   Trying 10.0.0.2:81...\n* connect to 10.0.0.2 port 81 failed: Connection refused\n"
             "* Failed to connect to 10.0.0.2 port 81 after 0 ms: Couldn't connect to server\n* "
             "Closing connection 0\n"
             "-- exit 7\n");
    web_says("curl -s http://10.0.0.2:81/", "-- exit 7\n");
    web_says("curl -S http://nosuch/", "curl: (6) Could not resolve host: nosuch\n-- exit 6\n");
    web_says("curl -sS -f http://10.0.0.2/none",
             "curl: (22) The requested URL returned error: 404\n-- exit 22\n");
    web_says("curl -v ftp://10.0.0.2/",
             "* Protocol \"ftp\" not supported or disabled in libcurl\n"
             "curl: (1) Protocol \"ftp\" not supported or disabled in libcurl\n-- exit 1\n");
    web_says("curl 'http://a b/'",
             "curl: (3) URL using bad/illegal format or missing URL\n-- exit 3\n");
    web_says("curl http://10.9.9.9/", "curl: (7) Failed to connect to 10.9.9.9 port 80 after 0 ms: "
                                      "Couldn't connect to server\n-- exit 7\n");
}

static void time_limits_end_connecting_and_waiting(void)
{
    struct rig rig;

    web_rig(&rig, &web_config);
    rig_start(&rig, rig.hosts[1],
              "sock 'tcp; bind *:90; listen 5; accept; sleep 100' > /dev/null &");
    rig_run_for(&rig, SIM_MSEC(1));
    EQ_STR(run(&rig, rig.hosts[0], "curl -m 1.5 -v http://10.0.0.2:90/", SIM_SEC(5)),
           "*   Trying 10.0.0.2:90...\n* Connected to 10.0.0.2 (10.0.0.2) port 90 (#0)\n"
           "> GET / HTTP/1.1\r\n> Host: 10.0.0.2:90\r\n> User-Agent: curl/7.88.1\r\n> Accept: "
           "*/*\r\n> \r\n"
           "* Operation timed out after 1501 milliseconds with 0 bytes received\n* Closing "
           "connection 0\n"
           "curl: (28) Operation timed out after 1501 milliseconds with 0 bytes received\n-- exit "
           "28\n");
    rig_address(rig.hosts[0], "eth0", IP4(10, 0, 1, 1));
    EQ_STR(run(&rig, rig.hosts[0], "curl --connect-timeout 1 -v http://10.0.1.9/", SIM_SEC(5)),
           "*   Trying 10.0.1.9:80...\n* ipv4 connect timeout after 1000ms, move on!\n"
           "* Failed to connect to 10.0.1.9 port 80 after 1001 ms: Timeout was reached\n* Closing "
           "connection 0\n"
           "curl: (28) Failed to connect to 10.0.1.9 port 80 after 1001 ms: Timeout was "
           "reached\n-- exit 28\n");
    EQ_STR(run(&rig, rig.hosts[0], "curl -m 1 http://10.0.1.9/", SIM_SEC(5)),
           "curl: (28) Connection timed out after 1001 milliseconds\n-- exit 28\n");
    EQ_STR(run(&rig, rig.hosts[0], "curl -sv http://10.0.1.9/", SIM_SEC(20)),
           "*   Trying 10.0.1.9:80...\n* connect to 10.0.1.9 port 80 failed: No route to host\n"
           "* Failed to connect to 10.0.1.9 port 80 after 3079 ms: Couldn't connect to server\n* "
           "Closing connection 0\n"
           "-- exit 7\n");
    rig_end(&rig);
}

/* A server on h2 that says @script to one client; h1 runs curl. */
static void against(const char *script, const char *line, const char *expected)
{
    struct rig rig;
    struct strbuf server = STRBUF_INIT;

    rig_pair(&rig);
    strbuf_addf(&server, "sock 'tcp; bind *:80; listen 5; accept; recvsome; %s' > /dev/null &",
                script);
    rig_start(&rig, rig.hosts[1], server.text);
    rig_run_for(&rig, SIM_MSEC(1));
    EQ_STR(run(&rig, rig.hosts[0], line, SIM_SEC(30)), expected);
    rig_end(&rig);
    strbuf_fini(&server);
}

static void broken_servers_are_recognised(void)
{
    against("close", "curl 10.0.0.2", "curl: (52) Empty reply from server\n-- exit 52\n");
    against("sendtext garbage\\r\\n; close", "curl 10.0.0.2",
            "curl: (1) Received HTTP/0.9 when not allowed\n-- exit 1\n");
    against("sendtext HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabcd; close",
            "curl 10.0.0.2",
            "abcdcurl: (18) transfer closed with 5 bytes remaining to read\n-- exit 18\n");
    against("sendtext HTTP/1.1 200 OK\\r\\nTransfer-Encoding: "
            "chunked\\r\\n\\r\\n4\\r\\nabcd\\r\\n; close",
            "curl 10.0.0.2",
            "abcdcurl: (18) transfer closed with outstanding read data remaining\n-- exit 18\n");
    against("sendtext HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nx\\r\\n; close",
            "curl 10.0.0.2",
            "curl: (56) Malformed encoding found in chunked-encoding\n-- exit 56\n");
    against("linger 0; close", "curl 10.0.0.2",
            "curl: (56) Recv failure: Connection reset by peer\n-- exit 56\n");
    against("sendtext HTTP/1.1 200 OK\\r\\n\\r\\nto the end; close", "curl 10.0.0.2",
            "to the end-- exit 0\n");
}

static void chunks_are_put_together(void)
{
    struct http_server_config config = web_config;
    struct rig rig;

    config.chunked = true;
    web_rig(&rig, &config);
    EQ_STR(run(&rig, rig.hosts[0],
               "curl -s 10.0.0.2/hello; curl -s -o /x -w '%{size_download} %{num_connects}\\n' "
               "10.0.0.2/b/3000000 -o /y 10.0.0.2/nothing -o /y 10.0.0.2/loop",
               SIM_SEC(10)),
           "hello\n3000000 1\n0 0\n0 0\n-- exit 0\n");
    rig_end(&rig);
}

static void options_are_refused_by_name(void)
{
    web_says("curl",
             "curl: try 'curl --help' or 'curl --manual' for more information\n-- exit 2\n");
    web_says("curl -o", "curl: option -o: requires parameter\ncurl: try 'curl --help' or 'curl "
                        "--manual' for more information\n"
                        "-- exit 2\n");
    web_says("curl --foo x", "curl: option --foo: is unknown\ncurl: try 'curl --help' or 'curl "
                             "--manual' for more information\n"
                             "-- exit 2\n");
    web_says("curl -Z 10.0.0.2", "curl: option -Z is not simulated by wirewalk\n-- exit 2\n");
    web_says("curl --proxy x 10.0.0.2",
             "curl: option --proxy is not simulated by wirewalk\n-- exit 2\n");
    web_says("curl -m abc 10.0.0.2",
             "curl: option -m: expected a proper numerical parameter\n"
             "curl: try 'curl --help' or 'curl --manual' for more information\n-- exit 2\n");
    web_says("curl -sSo /dev/null --max-t 5 10.0.0.2", "-- exit 0\n");
    for (unsigned i = 0; i < 3; i++) { // the last two: an address whose bracket is never closed
        static const char *const globs[] = { "10.0.0.{1,2}", "[", "http://[1" };
        char line[32];

        snprintf(line, sizeof line, "curl '%s'", globs[i]);
        web_says(line, "curl: URL globbing is not simulated by wirewalk: write -g or each URL\n"
                       "-- exit 2\n");
    }
}

/* Its FIN comes first, and curl's acknowledges it: one side alone is in TIME-WAIT. */
static void a_server_that_closes_closes_first(void)
{
    struct http_server_config config = web_config;
    struct rig rig;

    config.keepalive = 0;
    web_rig(&rig, &config);
    run(&rig, rig.hosts[0], "curl -s -o /dev/null http://10.0.0.2/b/300", SIM_SEC(5));
    EQ_STR(run(&rig, rig.hosts[0], "ss -tanH", SIM_SEC(1)), "-- exit 0\n");
    OK(strstr(run(&rig, rig.hosts[1], "ss -tanH state time-wait", SIM_SEC(1)), "10.0.0.2:80") !=
       NULL);
    rig_end(&rig);
}

UNIT_MAIN("curl", TEST(a_server_that_closes_closes_first),
          TEST(urls_are_brought_into_their_normal_form), TEST(references_are_joined_to_their_base),
          TEST(meter_columns_are_five_and_eight_wide), TEST(the_body_goes_to_the_terminal),
          TEST(verbose_shows_the_dialogue), TEST(write_out_tells_what_happened),
          TEST(redirections_are_followed_when_asked_for), TEST(requests_are_what_the_options_say),
          TEST(files_are_written), TEST(the_meter_is_shown_when_output_goes_elsewhere),
          TEST(failures_have_curls_words_and_numbers), TEST(time_limits_end_connecting_and_waiting),
          TEST(broken_servers_are_recognised), TEST(chunks_are_put_together),
          TEST(options_are_refused_by_name))
