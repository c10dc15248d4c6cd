#include "apps/sock_script.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum form {
    FORM_NONE,
    FORM_NUMBER,
    FORM_NUMBER_OR_NOT,
    FORM_TIME,
    FORM_ENDPOINT,
    FORM_ENDPOINT_NUMBER,
    FORM_WORD,
    FORM_TEXT, /* all the rest, with escapes */
};

static const char *const form_texts[] = {
    [FORM_NONE] = "nothing",
    [FORM_NUMBER] = "a number",
    [FORM_NUMBER_OR_NOT] = "a number or nothing",
    [FORM_TIME] = "seconds, like 0.5",
    [FORM_ENDPOINT] = "ADDRESS:PORT, like 10.0.0.2:80",
    [FORM_ENDPOINT_NUMBER] = "ADDRESS:PORT and a number of octets",
    [FORM_WORD] = "one word",
    [FORM_TEXT] = "a text",
};

static const struct verb {
    const char *name;
    enum form form;
    uint64_t max; /* of the number */
} verbs[SOCK_N_VERBS] = {
    [SOCK_TCP] = { "tcp", FORM_NONE, 0 },
    [SOCK_UDP] = { "udp", FORM_NONE, 0 },
    [SOCK_REUSEADDR] = { "reuseaddr", FORM_NONE, 0 },
    [SOCK_REUSEPORT] = { "reuseport", FORM_NONE, 0 },
    [SOCK_NODELAY] = { "nodelay", FORM_NONE, 0 },
    [SOCK_CORK] = { "cork", FORM_NUMBER_OR_NOT, 1 },
    [SOCK_BROADCAST] = { "broadcast", FORM_NONE, 0 },
    [SOCK_KEEPALIVE] = { "keepalive", FORM_NONE, 0 },
    [SOCK_NONBLOCK] = { "nonblock", FORM_NONE, 0 },
    [SOCK_LINGER] = { "linger", FORM_NUMBER, 32767 },
    [SOCK_SNDBUF] = { "sndbuf", FORM_NUMBER, INT32_MAX },
    [SOCK_RCVBUF] = { "rcvbuf", FORM_NUMBER, INT32_MAX },
    [SOCK_TIMEOUT] = { "timeout", FORM_TIME, 0 },
    [SOCK_BIND] = { "bind", FORM_ENDPOINT, 0 },
    [SOCK_LISTEN] = { "listen", FORM_NUMBER_OR_NOT, INT32_MAX },
    [SOCK_ACCEPT] = { "accept", FORM_NONE, 0 },
    [SOCK_CONNECT] = { "connect", FORM_ENDPOINT, 0 },
    [SOCK_SEND] = { "send", FORM_NUMBER, INT64_MAX },
    [SOCK_SENDTEXT] = { "sendtext", FORM_TEXT, 0 },
    [SOCK_SENDTO] = { "sendto", FORM_ENDPOINT_NUMBER, INT64_MAX },
    [SOCK_REPLY] = { "reply", FORM_NUMBER, INT64_MAX },
    [SOCK_HTTP] = { "http", FORM_WORD, 0 },
    [SOCK_RECV] = { "recv", FORM_NUMBER, INT64_MAX },
    [SOCK_RECVSOME] = { "recvsome", FORM_NONE, 0 },
    [SOCK_RECVEOF] = { "recveof", FORM_NONE, 0 },
    [SOCK_RECVFROM] = { "recvfrom", FORM_NONE, 0 },
    [SOCK_SHUTWR] = { "shutwr", FORM_NONE, 0 },
    [SOCK_SHUTRD] = { "shutrd", FORM_NONE, 0 },
    [SOCK_CLOSE] = { "close", FORM_NONE, 0 },
    [SOCK_CLOSELISTENER] = { "closelistener", FORM_NONE, 0 },
    [SOCK_AS] = { "as", FORM_WORD, 0 },
    [SOCK_USE] = { "use", FORM_WORD, 0 },
    [SOCK_SLEEP] = { "sleep", FORM_TIME, 0 },
    [SOCK_AT] = { "at", FORM_TIME, 0 },
    [SOCK_GETSOCKNAME] = { "getsockname", FORM_NONE, 0 },
    [SOCK_GETPEERNAME] = { "getpeername", FORM_NONE, 0 },
};

#define TIME_MAX_MILLIONTHS INT64_C(1000000000000) /* a million seconds: a run is shorter */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static char *copy_of(const char *text, size_t len)
{
    char *copy = mem_alloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

/* ADDRESS:PORT; `*` and nothing stand for every address. */
static bool read_endpoint(const char *word, struct endpoint *to)
{
    const char *colon = strrchr(word, ':');
    char address[IP4_TEXT_MAX];
    uint64_t port;
    size_t len;

    if (colon == NULL || !text_u64(colon + 1, 65535, &port))
        return false;
    len = (size_t)(colon - word);
    if (len >= sizeof address)
        return false;
    memcpy(address, word, len);
    address[len] = '\0';
    to->addr = IP4_ANY;
    to->port = (uint16_t)port;
    return len == 0 || strcmp(address, "*") == 0 || ip4_parse(address, &to->addr);
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
static void unescape(const char *from, struct sock_op *op)
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
}

/* ADDRESS:PORT NUMBER; cuts @args at the blank. */
static bool read_endpoint_number(char *args, uint64_t max, struct sock_op *op)
{
    char *blank = args + strcspn(args, " \t");

    if (*blank == '\0')
        return false;
    *blank++ = '\0';
    while (is_blank(*blank))
        blank++;
    return read_endpoint(args, &op->to) && text_u64(blank, max, &op->number);
}

/* @args, which it may change, as the verb's form wants them. */
static bool read_args(const struct verb *verb, char *args, struct sock_op *op)
{
    switch (verb->form) {
    case FORM_NONE:
        return *args == '\0';
    case FORM_NUMBER_OR_NOT:
        op->number = op->verb == SOCK_LISTEN ? SOCK_LISTEN_DEFAULT : 1;
        return *args == '\0' || text_u64(args, verb->max, &op->number);
    case FORM_NUMBER:
        return text_u64(args, verb->max, &op->number);
    case FORM_TIME:
        return read_time(args, &op->time);
    case FORM_ENDPOINT:
        return read_endpoint(args, &op->to);
    case FORM_ENDPOINT_NUMBER:
        return read_endpoint_number(args, verb->max, op);
    case FORM_WORD:
        op->text = mem_strdup(args);
        op->text_len = strlen(args);
        return *args != '\0' && args[strcspn(args, " \t")] == '\0';
    case FORM_TEXT:
        unescape(args, op);
        return true;
    }
    return false;
}

static void unknown_verb(const char *name, struct strbuf *error)
{
    const struct verb *near = NULL;
    unsigned best = 3; /* further is another word */

    strbuf_addf(error, "unknown verb '%.40s'", name);
    for (unsigned i = 0; i < SOCK_N_VERBS && strlen(name) <= 40; i++) {
        unsigned distance = text_distance(name, verbs[i].name);

        if (distance < best) {
            best = distance;
            near = &verbs[i];
        }
    }
    if (near != NULL)
        strbuf_addf(error, ", did you mean '%s'?", near->name);
}

/* One operation of @len octets, no blanks around it. */
static bool read_op(const char *text, size_t len, struct sock_op *op, struct strbuf *error)
{
    char *words = copy_of(text, len), *args = words + strcspn(words, " \t");
    unsigned i = 0;
    bool ok = false;

    *op = (struct sock_op){ .label = copy_of(text, len) };
    if (*args != '\0')
        *args++ = '\0';
    while (is_blank(*args))
        args++;
    while (i < SOCK_N_VERBS && strcmp(verbs[i].name, words) != 0)
        i++;
    if (i == SOCK_N_VERBS) {
        unknown_verb(words, error);
    } else {
        op->verb = (enum sock_verb)i;
        ok = read_args(&verbs[i], args, op);
        if (!ok)
            strbuf_addf(error, "%s takes %s, not '%.80s'", verbs[i].name, form_texts[verbs[i].form],
                        op->label + (args - words));
    }
    free(words);
    return ok;
}

/* Where the operation at @text ends: at ';' or the end of the line, not behind a backslash. */
static size_t op_len(const char *text)
{
    size_t len = 0;

    while (text[len] != '\0' && text[len] != ';' && text[len] != '\n')
        len += text[len] == '\\' && text[len + 1] != '\0' ? 2 : 1;
    return len;
}

bool sock_script_parse(const char *text, struct sock_script *script, struct strbuf *error)
{
    *script = (struct sock_script){ 0 };
    while (*text != '\0') {
        size_t whole = op_len(text), start = 0, len = whole;
        struct sock_op op;
        bool ok;

        while (start < len && is_blank(text[start]))
            start++;
        while (len > start && is_blank(text[len - 1]))
            len--;
        if (len > start) {
            ok = read_op(text + start, len - start, &op, error);
            ARRAY_PUSH(script->ops, script->n_ops, script->size, op);
            if (!ok) {
                sock_script_fini(script);
                return false;
            }
        }
        text += whole;
        text += *text != '\0';
    }
    return true;
}

void sock_script_fini(struct sock_script *script)
{
    for (unsigned i = 0; i < script->n_ops; i++) {
        free(script->ops[i].label);
        free(script->ops[i].text);
    }
    free(script->ops);
    *script = (struct sock_script){ 0 };
}
