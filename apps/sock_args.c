#include "apps/sock_args.h"

#include <string.h>

#include "base/digits.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "stack/socket/syscall.h"

#define TIME_MAX_MILLIONTHS INT64_C(1000000000000) /* a million seconds: a run is shorter */

const char *const sock_form_texts[FORM_N] = {
    [FORM_NONE] = "nothing",
    [FORM_NUMBER] = "a number",
    [FORM_NUMBER_OR_NOT] = "a number or nothing",
    [FORM_SWITCH] = "on, off or nothing",
    [FORM_NUMBER_FLAGS] = "a number and perhaps flags like peek or dontwait",
    [FORM_SIZE_FLAGS] = "perhaps a number and flags like peek or dontwait",
    [FORM_TIME] = "seconds, like 0.5",
    [FORM_ENDPOINT] = "ADDRESS:PORT, like 10.0.0.2:80",
    [FORM_ENDPOINT_NUMBER] = "ADDRESS:PORT and a number of octets",
    [FORM_ENDPOINT_TEXT] = "ADDRESS:PORT and a text",
    [FORM_WORD] = "one word",
    [FORM_TWO_WORDS] = "two names",
    [FORM_TEXT] = "a text",
    [FORM_HEX] = "pairs of hexadecimal digits",
    [FORM_TYPE_OR_NOT] = "stream, dgram, seqpacket or nothing",
    [FORM_PROTOCOL] = "icmp, tcp, udp or a number",
    [FORM_SOCKET] = "a family, a type and perhaps a protocol, like `inet stream`",
    [FORM_OPTION] = "the name of an option, like SO_RCVBUF",
    [FORM_OPTION_VALUE] = "the name of an option and a value, like SO_RCVBUF 4096",
    [FORM_GROUP] = "a multicast address and perhaps an interface",
    [FORM_CHARSET] = "utf-8 or gb2312",
    [FORM_POLL] = "in, out, pri or rdhup, and perhaps seconds, like `in,out 1.5`",
    [FORM_SELECT] = "names of sockets and perhaps seconds, like `read=a,b write=a 1.5`",
    [FORM_WATCH] = "in, out, pri or rdhup, perhaps with et, oneshot or exclusive, like `in,et`",
    [FORM_TIME_OR_NOT] = "seconds, or nothing for no limit",
    [FORM_LOOP] = "perhaps a number, and a block in braces",
    [FORM_FORK] = "perhaps a name, and a block in braces",
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cut the first word off *@args; "" at the end. */
static char *cut_word(char **args)
{
    char *word = *args, *end;

    while (is_blank(*word))
        word++;
    end = word + strcspn(word, " \t\r");
    *args = end;
    if (*end != '\0') {
        *end = '\0';
        *args = end + 1;
    }
    while (is_blank(**args))
        ++*args;
    return word;
}

/* ADDRESS:PORT or [IPv6]:PORT; `*` and nothing stand for every address. */
static bool read_address(const char *word, struct endpoint *to)
{
    const char *colon = strrchr(word, ':');
    char address[IP6_TEXT_MAX + 2];
    uint64_t port;
    size_t len;

    if (colon == NULL || !text_u64(colon + 1, 65535, &port))
        return false;
    len = (size_t)(colon - word);
    if (len >= sizeof address)
        return false;
    memcpy(address, word, len);
    address[len] = '\0';
    *to = (struct endpoint){ IP4_ANY, (uint16_t)port };
    if (len > 2 && address[0] == '[' && address[len - 1] == ']') {
        address[len - 1] = '\0';
        to->v6 = true;
        return ip6_parse(address + 1, &to->addr6);
    }
    return len == 0 || strcmp(address, "*") == 0 || ip4_parse(address, &to->addr);
}

/* ADDRESS:PORT, a path, or "@" and an abstract name. */
static bool read_endpoint(const char *word, struct sock_op *op)
{
    if (*word == '/' || *word == '@') {
        op->unix_name = mem_strdup(word);
        return true;
    }
    return read_address(word, &op->to);
}

static bool read_time(const char *word, sim_time *time)
{
    int64_t millionths;

    if (!text_scaled(word, strlen(word), 6, &millionths) || millionths > TIME_MAX_MILLIONTHS)
        return false;
    *time = SIM_USEC(millionths);
    return true;
}

/* \n \r \t \0, and a backslash before anything else stands for that. */
static bool unescape(const char *from, struct sock_op *op)
{
    static const char names[] = "nrt0", values[] = "\n\r\t\0";

    op->text = mem_alloc(strlen(from) + 1);
    for (; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0') {
            const char *name = strchr(names, *++from);

            op->text[op->text_len++] = name != NULL ? values[name - names] : *from;
        } else {
            op->text[op->text_len++] = *from;
        }
    }
    op->text[op->text_len] = '\0';
    return true;
}

static bool read_hex(const char *from, struct sock_op *op)
{
    op->text = mem_alloc(strlen(from) + 1);
    while (*from != '\0') {
        int high = digits_hex_value(from[0]), low = high < 0 ? -1 : digits_hex_value(from[1]);

        if (is_blank(*from)) {
            from++;
            continue;
        }
        if (low < 0)
            return false;
        op->text[op->text_len++] = (char)(high << 4 | low);
        from += 2;
    }
    return op->text_len > 0;
}

static bool read_flags(char *args, struct sock_op *op)
{
    static const struct {
        const char *name;
        unsigned flag;
    } flags[] = { { "peek", SOCK_MSG_PEEK },
                  { "dontwait", SOCK_MSG_DONTWAIT },
                  { "waitall", SOCK_MSG_WAITALL },
                  { "trunc", SOCK_MSG_TRUNC },
                  { "oob", SOCK_MSG_OOB },
                  { "more", SOCK_MSG_MORE },
                  { "eor", SOCK_MSG_EOR },
                  { "nosignal", SOCK_MSG_NOSIGNAL },
                  { "dontroute", SOCK_MSG_DONTROUTE } };
    size_t n = sizeof flags / sizeof *flags, i;

    while (*args != '\0') {
        const char *word = cut_word(&args);

        for (i = 0; i < n && strcmp(flags[i].name, word) != 0;)
            i++;
        if (i == n)
            return false;
        op->flags |= flags[i].flag;
    }
    return true;
}

static bool read_number_flags(char *args, uint64_t max, bool needed, struct sock_op *op)
{
    if (needed || (*args >= '0' && *args <= '9')) {
        if (!text_u64(cut_word(&args), max, &op->number))
            return false;
        op->has_number = true;
    }
    return read_flags(args, op);
}

/* `on`, `off`, `1`, `0`, or nothing for on. */
static bool read_switch(const char *word, struct sock_op *op)
{
    op->number = *word == '\0' || strcmp(word, "on") == 0 || strcmp(word, "1") == 0;
    return op->number == 1 || strcmp(word, "off") == 0 || strcmp(word, "0") == 0;
}

struct word_number {
    const char *word;
    int number;
};

/* One of @words without regard to its @prefix, or a number. */
static bool read_named(const char *word, const char *prefix, const struct word_number *words,
                       size_t n, int *number)
{
    uint64_t plain;

    if (text_starts(word, prefix))
        word += strlen(prefix);
    for (size_t i = 0; i < n; i++) {
        const char *a = words[i].word, *b = word;

        while (*a != '\0' && (*a == *b || *a == (*b | 0x20)))
            a++, b++;
        if (*a == '\0' && *b == '\0') {
            *number = words[i].number;
            return true;
        }
    }
    if (!text_u64(word, 65535, &plain))
        return false;
    *number = (int)plain;
    return true;
}

static bool read_type(const char *word, int *type)
{
    static const struct word_number types[] = { { "stream", SIM_SOCK_STREAM },
                                                { "dgram", SIM_SOCK_DGRAM },
                                                { "raw", SIM_SOCK_RAW },
                                                { "rdm", 4 },
                                                { "seqpacket", SIM_SOCK_SEQPACKET } };

    return read_named(word, "SOCK_", types, sizeof types / sizeof *types, type);
}

static bool read_protocol(const char *word, int *protocol)
{
    static const struct word_number protocols[] = {
        { "icmp", 1 }, { "igmp", 2 }, { "tcp", 6 }, { "udp", 17 }
    };

    return read_named(word, "IPPROTO_", protocols, sizeof protocols / sizeof *protocols, protocol);
}

static bool read_socket(char *args, struct sock_op *op)
{
    static const struct word_number families[] = {
        { "unix", SIM_AF_UNIX },   { "local", SIM_AF_UNIX },    { "inet", SIM_AF_INET },
        { "inet6", SIM_AF_INET6 }, { "packet", SIM_AF_PACKET }, { "rds", SIM_AF_RDS },
        { "can", SIM_AF_CAN },
    };

    return read_named(cut_word(&args), "AF_", families, sizeof families / sizeof *families,
                      &op->domain) &&
           read_type(cut_word(&args), &op->type) &&
           (*args == '\0' || read_protocol(cut_word(&args), &op->protocol)) && *args == '\0';
}

static bool read_option(char *args, bool with_value, struct sock_op *op)
{
    op->option = sock_option_find(cut_word(&args));
    if (op->option == NULL)
        return false;
    return with_value ? sock_read_value(op->option, args, &op->value) : *args == '\0';
}

/* "in,out" and for epoll "et" and the like; @words is cut to pieces. */
static bool read_events(char *words, struct sock_op *op)
{
    static const struct {
        const char *name;
        unsigned bit;
        bool epoll;
    } events[] = {
        { "in", SOCK_POLLIN, false },
        { "out", SOCK_POLLOUT, false },
        { "pri", SOCK_POLLPRI, false },
        { "rdhup", SOCK_POLLRDHUP, false },
        { "et", SYS_EPOLLET, true },
        { "oneshot", SYS_EPOLLONESHOT, true },
        { "exclusive", SYS_EPOLLEXCLUSIVE, true },
    };

    while (*words != '\0') {
        size_t len = strcspn(words, ","), i = 0;
        char *next = words + len + (words[len] == ',');

        words[len] = '\0';
        while (i < sizeof events / sizeof *events && strcmp(events[i].name, words) != 0)
            i++;
        if (i == sizeof events / sizeof *events || (events[i].epoll && op->verb == SOCK_POLL))
            return false;
        op->flags |= events[i].bit;
        words = next;
    }
    return op->flags != 0;
}

static bool read_poll(char *args, struct sock_op *op)
{
    char *words = cut_word(&args);

    op->time = SIM_TIME_NONE;
    return read_events(words, op) && (*args == '\0' || read_time(args, &op->time));
}

/* "read=a,b write=c 1.5": @op->text becomes the sets alone, one blank between two. */
static bool read_select(char *args, struct sock_op *op)
{
    static const char *const sets[] = { "read=", "write=", "except=" };
    struct strbuf text = STRBUF_INIT;
    bool good = true;

    op->time = SIM_TIME_NONE;
    while (good && *args != '\0') {
        const char *word = cut_word(&args);
        unsigned i = 0;

        while (i < 3 && strncmp(word, sets[i], strlen(sets[i])) != 0)
            i++;
        if (i < 3 && word[strlen(sets[i])] != '\0')
            strbuf_addf(&text, "%s%s", text.len > 0 ? " " : "", word);
        else
            good = *args == '\0' && read_time(word, &op->time);
    }
    op->text = mem_strdup(strbuf_text(&text));
    strbuf_fini(&text);
    return good;
}

/* `loop`, `loop N`, `fork`, `fork NAME`, with the opening brace. */
static bool read_block(char *args, uint64_t max, struct sock_op *op)
{
    size_t len = strlen(args);

    if (len == 0 || args[len - 1] != '{')
        return false;
    for (args[--len] = '\0'; len > 0 && is_blank(args[len - 1]);)
        args[--len] = '\0';
    if (op->verb == SOCK_FORK) {
        op->text = mem_strdup(args);
        return args[strcspn(args, " \t")] == '\0';
    }
    op->has_number = *args != '\0';
    return !op->has_number || text_u64(args, max, &op->number);
}

static bool read_endpoint_and(char *args, bool text, uint64_t max, struct sock_op *op)
{
    if (!read_endpoint(cut_word(&args), op) || (*args == '\0' && !text))
        return false;
    return text ? unescape(args, op) : text_u64(args, max, &op->number);
}

static bool read_group(char *args, struct sock_op *op)
{
    const char *word = cut_word(&args);
    ip4_addr addr;

    if (ip4_parse(word, &addr))
        op->to.addr6 = ip6_from_mapped(addr);
    else if (!ip6_parse(word, &op->to.addr6))
        return false;
    op->text = mem_strdup(args);
    return args[strcspn(args, " \t")] == '\0';
}

static bool read_word(const char *args, struct sock_op *op)
{
    op->text = mem_strdup(args);
    op->text_len = strlen(args);
    return *args != '\0' && args[strcspn(args, " \t")] == '\0';
}

static bool read_two_words(char *args, struct sock_op *op)
{
    op->text = mem_strdup(cut_word(&args));
    op->unix_name = mem_strdup(cut_word(&args));
    return *op->text != '\0' && *op->unix_name != '\0' && *args == '\0';
}

bool sock_read_args(enum sock_form form, uint64_t max, char *args, struct sock_op *op)
{
    switch (form) {
    case FORM_NONE:
        return *args == '\0';
    case FORM_NUMBER_OR_NOT:
        op->number = op->verb == SOCK_LISTEN ? SOCK_LISTEN_DEFAULT : 1;
        return *args == '\0' || text_u64(args, max, &op->number);
    case FORM_SWITCH:
        return read_switch(args, op);
    case FORM_NUMBER:
        return text_u64(args, max, &op->number);
    case FORM_NUMBER_FLAGS:
        return read_number_flags(args, max, true, op);
    case FORM_SIZE_FLAGS:
        return read_number_flags(args, max, false, op);
    case FORM_TIME:
        return read_time(args, &op->time);
    case FORM_ENDPOINT:
        return read_endpoint(args, op);
    case FORM_ENDPOINT_NUMBER:
    case FORM_ENDPOINT_TEXT:
        return read_endpoint_and(args, form == FORM_ENDPOINT_TEXT, max, op);
    case FORM_WORD:
        return read_word(args, op);
    case FORM_TWO_WORDS:
        return read_two_words(args, op);
    case FORM_TEXT:
        return unescape(args, op);
    case FORM_HEX:
        return read_hex(args, op);
    case FORM_TYPE_OR_NOT:
        op->type = SIM_SOCK_STREAM;
        return *args == '\0' || read_type(args, &op->type);
    case FORM_PROTOCOL:
        return read_protocol(args, &op->protocol);
    case FORM_SOCKET:
        return read_socket(args, op);
    case FORM_OPTION:
    case FORM_OPTION_VALUE:
        return read_option(args, form == FORM_OPTION_VALUE, op);
    case FORM_GROUP:
        return read_group(args, op);
    case FORM_CHARSET:
        op->number = strcmp(args, "gb2312") == 0;
        return op->number == 1 || strcmp(args, "utf-8") == 0;
    case FORM_POLL:
        return read_poll(args, op);
    case FORM_SELECT:
        return read_select(args, op);
    case FORM_WATCH:
        return read_events(args, op);
    case FORM_TIME_OR_NOT:
        op->time = SIM_TIME_NONE;
        return *args == '\0' || read_time(args, &op->time);
    case FORM_LOOP:
    case FORM_FORK:
        return read_block(args, max, op);
    case FORM_N:
        break;
    }
    return false;
}
