#include "apps/ping_options.h"

#include <stdlib.h>
#include <string.h>

#include "apps/options.h"
#include "base/digits.h"
#include "base/text.h"

static bool fail(struct process *self, int status)
{
    self->exit_status = status;
    return false;
}

static bool number(struct process *self, const char *text, uint64_t min, uint64_t max,
                   uint64_t *value)
{
    bool negative = text[0] == '-' && text_u64(text + 1, UINT64_MAX, value);

    if (!negative && !text_u64(text, UINT64_MAX, value)) {
        process_errorf(self, "ping: invalid argument: '%s'\n", text);
        return fail(self, 1);
    }
    if (negative || *value < min || *value > max) {
        process_errorf(self, "ping: invalid argument: '%s': out of range: %llu <= value <= %llu\n",
                       text, (unsigned long long)min, (unsigned long long)max);
        return fail(self, 1);
    }
    return true;
}

static bool tos_number(struct process *self, const char *text, uint64_t *value)
{
    char *end;

    *value = strtoul(text, &end, 0);
    if (*text == '\0' || *end != '\0')
        process_errorf(self, "ping: bad TOS value: %s\n", text);
    else if (*value > 255)
        process_errorf(self, "ping: the decimal value of TOS bits must be in range 0-255: %s\n",
                       text);
    else
        return true;
    return fail(self, 1);
}

static bool is_negative(const char *text)
{
    return text[0] == '-' && strspn(text + 1, "0123456789.") > 0;
}

/* Seconds with a fraction as milliseconds; what is behind the number is complained of, and no more.
 */
static bool seconds(struct process *self, const char *text, const char *what, int *milliseconds)
{
    bool negative = is_negative(text);
    size_t len = strspn(text + negative, "0123456789.") + negative;
    int64_t microseconds = 0;

    if ((len > 0 && !negative && !text_scaled(text, len, 6, &microseconds)) ||
        microseconds / 1000 >= INT32_MAX) {
        process_errorf(self, "ping: %s: %s\n", what, text);
        return fail(self, 2);
    }
    if (text[len] != '\0')
        process_errorf(self,
                       "ping: option argument contains garbage: %s\n"
                       "ping: this will become fatal error in the future\n",
                       text + len);
    *milliseconds = (int)(microseconds / 1000);
    return true;
}

static bool pmtudisc(struct process *self, const char *text, int *value)
{
    if (strcmp(text, "do") == 0)
        *value = 2;
    else if (strcmp(text, "dont") == 0)
        *value = 0;
    else if (strcmp(text, "want") == 0)
        *value = 1;
    else {
        process_errorf(self, "ping: invalid -M argument: %s\n", text);
        return fail(self, 2);
    }
    return true;
}

static bool pattern(struct process *self, const char *text, struct ping_options *options)
{
    for (; *text != '\0' && options->pattern_len < sizeof options->pattern; text++) {
        int high = digits_hex_value(*text), low;

        if (high < 0) {
            process_errorf(self, "ping: patterns must be specified as hex digits: %s\n", text);
            return fail(self, 2);
        }
        low = digits_hex_value(text[1]);
        if (low >= 0)
            text++;
        options->pattern[options->pattern_len++] = (uint8_t)(low >= 0 ? high << 4 | low : high);
    }
    return true;
}

static bool both_given(struct process *self)
{
    process_errorf(self, "ping: only one of -T or -R may be used\n");
    return fail(self, 2);
}

static bool times(struct process *self, const char *text, struct ping_options *options)
{
    if (options->record_route)
        return both_given(self);
    if (strcmp(text, "tsonly") == 0) {
        options->times = PING_TIMES_ONLY;
    } else if (strcmp(text, "tsandaddr") == 0) {
        options->times = PING_TIMES_AND_ADDRESSES;
    } else if (strcmp(text, "tsprespec") == 0) {
        options->times = PING_TIMES_OF_HOPS;
    } else {
        process_errorf(self, "ping: invalid timestamp type: %s\n", text);
        return fail(self, 2);
    }
    return true;
}

static bool usage(struct process *self)
{
    process_errorf(self, "\nUsage\n  ping [options] <destination>\n\n");
    return fail(self, 2);
}

/* Names before the last one are hops: of -T tsprespec those whose times are wanted. */
static bool read_hops(struct process *self, struct ping_options *o, int at)
{
    if (o->record_route || (o->times != PING_TIMES_NONE && o->times != PING_TIMES_OF_HOPS) ||
        self->argc - at > PING_HOPS_MAX + 1)
        return usage(self);
    for (; at + 1 < self->argc; at++) {
        if (o->times == PING_TIMES_NONE || !ip4_parse(self->argv[at], &o->hops[o->n_hops++])) {
            process_errorf(self,
                           "ping: a route through several hops is not simulated by wirewalk\n");
            return fail(self, 2);
        }
    }
    return true;
}

static bool take(struct process *self, struct ping_options *o, int option, const char *value)
{
    uint64_t n;

    switch (option) {
    case '4':
        o->family = 4;
        return true;
    case '6':
        o->family = 6;
        return true;
    case 'a':
        o->audible = true;
        return true;
    case 'A':
        o->adaptive = true;
        return true;
    case 'B':
        o->sticky_source = true;
        return true;
    case 'b':
        o->broadcast = true;
        return true;
    case 'c':
        return number(self, value, 1, INT64_MAX, &o->count);
    case 'd': /* SO_DEBUG: nothing to be seen of it */
    case 'U': /* times from program to program: they are the same here */
        return true;
    case 'D':
        o->timestamps = true;
        return true;
    case 'e':
        if (!number(self, value, 0, 65535, &n))
            return false;
        o->ident = (int)n;
        return true;
    case 'f':
        o->flood = true;
        return true;
    case 'i':
        o->interval_given = true;
        return seconds(self, value, "bad timing interval", &o->interval);
    case 'I':
        if (!ip4_parse(value, &o->source) && !ip6_parse(value, &o->source6))
            o->device = value;
        return true;
    case 'l':
        if (!number(self, value, 1, 65536, &n))
            return false;
        o->preload = (int)n;
        return true;
    case 'L':
        o->no_loop = true;
        return true;
    case 'M':
        return pmtudisc(self, value, &o->pmtudisc);
    case 'n':
        o->numeric = true;
        return true;
    case 'O':
        o->outstanding = true;
        return true;
    case 'p':
        return pattern(self, value, o);
    case 'q':
        o->quiet = true;
        return true;
    case 'Q': /* hexadecimal with 0x, as strtol() takes it; with 0 in front octal */
        if (!tos_number(self, value, &n))
            return false;
        o->tos = (int)n;
        return true;
    case 'R':
        if (o->times != PING_TIMES_NONE)
            return both_given(self);
        o->record_route = true;
        return true;
    case 'T':
        return times(self, value, o);
    case 's':
        if (!number(self, value, 0, INT32_MAX, &n))
            return false;
        o->size = (uint32_t)n;
        return true;
    case 'S':
        if (!number(self, value, 1, INT32_MAX, &n))
            return false;
        o->send_buffer = (int)n;
        return true;
    case 't':
        if (!number(self, value, 0, 255, &n))
            return false;
        o->ttl = (int)n;
        return true;
    case 'v':
        o->verbose = true;
        return true;
    case 'w':
        return number(self, value, 0, INT32_MAX, &o->deadline);
    default: /* 'W' */
        if (is_negative(value)) {
            process_errorf(self, "ping: bad linger time: %s\n", value);
            return fail(self, 2);
        }
        return seconds(self, value, "bad linger time", &o->linger);
    }
}

bool ping_options_read(struct process *self, struct ping_options *o)
{
    struct options options = { .self = self,
                               .shorts = "46aAbBc:dDe:fi:I:l:LM:nOp:qQ:Rs:S:t:T:UvW:w:",
                               .refused = "CF:hm:N:rV" };
    int option;

    *o = (struct ping_options){ .interval = 1000,
                                .linger = 10000,
                                .size = 56,
                                .pmtudisc = -1,
                                .tos = -1,
                                .ttl = -1,
                                .ident = -1,
                                .preload = 1 };
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_REFUSED)
            return fail(self, 2);
        if (option == OPTIONS_ERROR)
            return usage(self);
        if (!take(self, o, option, options.value))
            return false;
    }
    if (o->flood && !o->interval_given)
        o->interval = 0;
    if (options.at == self->argc) {
        process_errorf(self, "ping: usage error: Destination address required\n");
        return fail(self, 1);
    }
    if (options.at + 1 < self->argc && !read_hops(self, o, options.at))
        return false;
    o->target = self->argv[self->argc - 1];
    return true;
}
