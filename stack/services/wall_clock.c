#include "stack/services/wall_clock.h"

#include <stdbool.h>

static bool leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_of_month(int year, unsigned month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && leap_year(year) ? 1u : 0u);
}

struct wall_date wall_date(int64_t seconds)
{
    int64_t day = seconds / 86400, rest = seconds % 86400;
    struct wall_date date = { .year = 1970, .month = 1 };

    date.weekday = (unsigned)((day + 4) % 7); /* 1970-01-01 was a Thursday */
    date.hour = (unsigned)(rest / 3600);
    date.minute = (unsigned)(rest / 60 % 60);
    date.second = (unsigned)(rest % 60);
    while (day >= (leap_year(date.year) ? 366 : 365))
        day -= leap_year(date.year++) ? 366 : 365;
    while (day >= days_of_month(date.year, date.month))
        day -= days_of_month(date.year, date.month++);
    date.day = (unsigned)day + 1;
    return date;
}

const char *wall_weekday_name(unsigned weekday)
{
    static const char *const names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

    return names[weekday % 7];
}

const char *wall_month_name(unsigned month)
{
    static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

    return names[(month - 1) % 12];
}
