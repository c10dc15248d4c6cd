/* Writing HTTP heads, chunk sizes and dates. */
#include "stack/wire/http_wire.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

static void put(struct http_writer *w, const char *text)
{
    size_t len = strlen(text);

    if (w->overflow || w->size - w->len < len) {
        w->overflow = true;
        return;
    }
    memcpy(w->octets + w->len, text, len);
    w->len += len;
}

void http_emit_request_line(struct http_writer *w, const char *method, const char *target)
{
    put(w, method);
    put(w, " ");
    put(w, target);
    put(w, " HTTP/1.1\r\n");
}

void http_emit_status_line(struct http_writer *w, unsigned status, const char *reason)
{
    char start[] = "HTTP/1.1 999 ";

    CHECK(status >= 100 && status <= 999);
    snprintf(start, sizeof start, "HTTP/1.1 %u ", status);
    put(w, start);
    put(w, reason != NULL ? reason : http_reason(status));
    put(w, "\r\n");
}

void http_emit_field(struct http_writer *w, const char *name, const char *value)
{
    put(w, name);
    put(w, ": ");
    put(w, value);
    put(w, "\r\n");
}

void http_emit_field_u64(struct http_writer *w, const char *name, uint64_t value)
{
    char text[21];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    http_emit_field(w, name, text);
}

size_t http_emit_end(struct http_writer *w)
{
    put(w, "\r\n");
    return w->overflow ? 0 : w->len;
}

size_t http_emit_chunk(size_t len, char octets[static HTTP_CHUNK_MAX])
{
    return (size_t)snprintf(octets, HTTP_CHUNK_MAX, "%zx\r\n", len);
}

const char *http_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *phrase;
    } phrases[] = {
        { 100, "Continue" },
        { 101, "Switching Protocols" },
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 203, "Non-Authoritative Information" },
        { 204, "No Content" },
        { 205, "Reset Content" },
        { 206, "Partial Content" },
        { 300, "Multiple Choices" },
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 303, "See Other" },
        { 304, "Not Modified" },
        { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 416, "Range Not Satisfiable" },
        { 417, "Expectation Failed" },
        { 421, "Misdirected Request" },
        { 426, "Upgrade Required" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Unknown";
}

/*
 * Civil date of a day counted from 1970-01-01. The calendar repeats every 400 years (146097 days);
 * a year is taken to begin in March, so that the leap day is its last.
 */
static void civil_date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t shifted = days + 719468; /* since 0000-03-01 */
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    unsigned of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned from_march = (5 * of_year + 2) / 153;

    *day = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

const char *http_date(int64_t unix_time, char text[static HTTP_DATE_MAX])
{
    static const char week_days[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int64_t days = unix_time / 86400, second = unix_time % 86400, year;
    unsigned month, day;

    if (second < 0) {
        days--;
        second += 86400;
    }
    civil_date(days, &year, &month, &day);
    CHECK(year >= 0 && year <= 9999);
    snprintf(text, HTTP_DATE_MAX, "%s, %02u %s %04u %02u:%02u:%02u GMT",
             week_days[(days % 7 + 7) % 7], day, months[month - 1], (unsigned)year,
             (unsigned)(second / 3600), (unsigned)(second / 60 % 60), (unsigned)(second % 60));
    return text;
}
