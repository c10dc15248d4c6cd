#include "apps/sock_script.h"

#include <stdlib.h>
#include <string.h>

#include "apps/sock_args.h"
#include "base/memory.h"
#include "base/text.h"
#include "stack/socket/syscall.h"

#define NAME_MAX_LEN 40 /* of a verb that is looked up */

static const struct verb {
    const char *name;
    enum sock_form form;
    uint64_t max; /* of the number */
} verbs[SOCK_N_VERBS] = {
    [SOCK_TCP] = { "tcp", FORM_NONE, 0 },
    [SOCK_UDP] = { "udp", FORM_NONE, 0 },
    [SOCK_UNIX] = { "unix", FORM_TYPE_OR_NOT, 0 },
    [SOCK_RAW] = { "raw", FORM_PROTOCOL, 0 },
    [SOCK_SOCKET] = { "socket", FORM_SOCKET, 0 },
    [SOCK_SOCKETPAIR] = { "socketpair", FORM_TWO_WORDS, 0 },
    [SOCK_REUSEADDR] = { "reuseaddr", FORM_SWITCH, 0 },
    [SOCK_REUSEPORT] = { "reuseport", FORM_SWITCH, 0 },
    [SOCK_NODELAY] = { "nodelay", FORM_SWITCH, 0 },
    [SOCK_CORK] = { "cork", FORM_SWITCH, 0 },
    [SOCK_BROADCAST] = { "broadcast", FORM_SWITCH, 0 },
    [SOCK_KEEPALIVE] = { "keepalive", FORM_SWITCH, 0 },
    [SOCK_NONBLOCK] = { "nonblock", FORM_NONE, 0 },
    [SOCK_BLOCKING] = { "blocking", FORM_NONE, 0 },
    [SOCK_LINGER] = { "linger", FORM_NUMBER, 32767 },
    [SOCK_SNDBUF] = { "sndbuf", FORM_NUMBER, INT32_MAX },
    [SOCK_RCVBUF] = { "rcvbuf", FORM_NUMBER, INT32_MAX },
    [SOCK_TIMEOUT] = { "timeout", FORM_TIME, 0 },
    [SOCK_SET] = { "set", FORM_OPTION_VALUE, 0 },
    [SOCK_GET] = { "get", FORM_OPTION, 0 },
    [SOCK_DEVICE] = { "device", FORM_WORD, 0 },
    [SOCK_JOIN] = { "join", FORM_GROUP, 0 },
    [SOCK_LEAVE] = { "leave", FORM_GROUP, 0 },
    [SOCK_USER] = { "user", FORM_NUMBER, 65535 },
    [SOCK_SIGPIPE] = { "sigpipe", FORM_SWITCH, 0 },
    [SOCK_CHARSET] = { "charset", FORM_CHARSET, 0 },
    [SOCK_CHOP] = { "chop", FORM_NUMBER, 65536 },
    [SOCK_EPOLL] = { "epoll", FORM_NONE, 0 },
    [SOCK_WATCH] = { "watch", FORM_WATCH, 0 },
    [SOCK_REWATCH] = { "rewatch", FORM_WATCH, 0 },
    [SOCK_UNWATCH] = { "unwatch", FORM_NONE, 0 },
    [SOCK_BIND] = { "bind", FORM_ENDPOINT, 0 },
    [SOCK_LISTEN] = { "listen", FORM_NUMBER_OR_NOT, INT32_MAX },
    [SOCK_ACCEPT] = { "accept", FORM_NONE, 0 },
    [SOCK_CONNECT] = { "connect", FORM_ENDPOINT, 0 },
    [SOCK_DISCONNECT] = { "disconnect", FORM_NONE, 0 },
    [SOCK_SEND] = { "send", FORM_NUMBER_FLAGS, INT64_MAX },
    [SOCK_SENDTEXT] = { "sendtext", FORM_TEXT, 0 },
    [SOCK_SENDHEX] = { "sendhex", FORM_HEX, 0 },
    [SOCK_SENDLINE] = { "sendline", FORM_TEXT, 0 },
    [SOCK_SENDRECORD] = { "sendrecord", FORM_TEXT, 0 },
    [SOCK_SENDTO] = { "sendto", FORM_ENDPOINT_NUMBER, INT64_MAX },
    [SOCK_FASTOPEN] = { "fastopen", FORM_ENDPOINT_NUMBER, INT64_MAX },
    [SOCK_FASTOPENTEXT] = { "fastopentext", FORM_ENDPOINT_TEXT, 0 },
    [SOCK_SENDTEXTTO] = { "sendtextto", FORM_ENDPOINT_TEXT, 0 },
    [SOCK_REPLY] = { "reply", FORM_NUMBER, INT64_MAX },
    [SOCK_SENDFD] = { "sendfd", FORM_TWO_WORDS, 0 },
    [SOCK_RECVFD] = { "recvfd", FORM_NONE, 0 },
    [SOCK_HTTP] = { "http", FORM_WORD, 0 },
    [SOCK_RECV] = { "recv", FORM_NUMBER_FLAGS, INT64_MAX },
    [SOCK_RECVSOME] = { "recvsome", FORM_SIZE_FLAGS, 65536 },
    [SOCK_RECVTEXT] = { "recvtext", FORM_SIZE_FLAGS, 65536 },
    [SOCK_RECVHEX] = { "recvhex", FORM_SIZE_FLAGS, 65536 },
    [SOCK_RECVLINE] = { "recvline", FORM_NONE, 0 },
    [SOCK_RECVRECORD] = { "recvrecord", FORM_NONE, 0 },
    [SOCK_RECVEOF] = { "recveof", FORM_NONE, 0 },
    [SOCK_RECVFROM] = { "recvfrom", FORM_SIZE_FLAGS, 65536 },
    [SOCK_RECVMSG] = { "recvmsg", FORM_SIZE_FLAGS, 65536 },
    [SOCK_RECVERR] = { "recverr", FORM_NONE, 0 },
    [SOCK_POLL] = { "poll", FORM_POLL, 0 },
    [SOCK_EPOLLWAIT] = { "epollwait", FORM_TIME_OR_NOT, 0 },
    [SOCK_SELECT] = { "select", FORM_SELECT, 0 },
    [SOCK_SHUTWR] = { "shutwr", FORM_NONE, 0 },
    [SOCK_SHUTRD] = { "shutrd", FORM_NONE, 0 },
    [SOCK_SHUTRDWR] = { "shutrdwr", FORM_NONE, 0 },
    [SOCK_CLOSE] = { "close", FORM_NONE, 0 },
    [SOCK_CLOSELISTENER] = { "closelistener", FORM_NONE, 0 },
    [SOCK_AS] = { "as", FORM_WORD, 0 },
    [SOCK_USE] = { "use", FORM_WORD, 0 },
    [SOCK_SLEEP] = { "sleep", FORM_TIME, 0 },
    [SOCK_AT] = { "at", FORM_TIME, 0 },
    [SOCK_GETSOCKNAME] = { "getsockname", FORM_NONE, 0 },
    [SOCK_GETPEERNAME] = { "getpeername", FORM_NONE, 0 },
    [SOCK_LOOP] = { "loop", FORM_LOOP, UINT32_MAX },
    [SOCK_FORK] = { "fork", FORM_FORK, 0 },
    [SOCK_END] = { "}", FORM_NONE, 0 },
    [SOCK_WAIT] = { "wait", FORM_NONE, 0 },
    [SOCK_EXIT] = { "exit", FORM_NUMBER_OR_NOT, 255 },
};

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

static void unknown_verb(const char *name, struct strbuf *error)
{
    const struct verb *near = NULL;
    unsigned best = 3; /* further is another word */

    strbuf_addf(error, "unknown verb '%.40s'", name);
    for (unsigned i = 0; i < SOCK_N_VERBS && strlen(name) <= NAME_MAX_LEN; i++) {
        unsigned distance = text_distance(name, verbs[i].name);

        if (distance < best) {
            best = distance;
            near = &verbs[i];
        }
    }
    if (near != NULL)
        strbuf_addf(error, ", did you mean '%s'?", near->name);
}

/* What is behind the last "->" of an operation is what it is expected to print. */
static size_t cut_expected(const char *text, size_t len, struct sock_op *op)
{
    for (size_t i = len; i-- > 1;) {
        size_t start = i + 2;

        if (text[i] != '-' || i + 1 >= len || text[i + 1] != '>' || !is_blank(text[i - 1]))
            continue;
        while (start < len && is_blank(text[start]))
            start++;
        op->expected = copy_of(text + start, len - start);
        while (i > 0 && is_blank(text[i - 1]))
            i--;
        return i;
    }
    return len;
}

/* One operation of @len octets, no blanks around it. */
static bool read_op(const char *text, size_t len, struct sock_op *op, struct strbuf *error)
{
    char *words, *args;
    size_t args_len;
    unsigned i = 0;
    bool ok = false;

    *op = (struct sock_op){ 0 };
    len = cut_expected(text, len, op);
    op->label = copy_of(text, len);
    args = op->label + strcspn(op->label, " \t{");
    words = copy_of(op->label, (size_t)(args - op->label));
    while (is_blank(*args))
        args++;
    args_len = strlen(args);
    args = mem_strdup(args);
    while (i < SOCK_N_VERBS && strcmp(verbs[i].name, words) != 0)
        i++;
    if (i == SOCK_N_VERBS) {
        unknown_verb(words, error);
    } else {
        op->verb = (enum sock_verb)i;
        ok = sock_read_args(verbs[i].form, verbs[i].max, args, op);
        if (!ok && sys_is_missing_option(args))
            strbuf_addf(error, "%s is not simulated by wirewalk", args);
        else if (!ok)
            strbuf_addf(error, "%s takes %s, not '%.80s'", verbs[i].name,
                        sock_form_texts[verbs[i].form], op->label + strlen(op->label) - args_len);
    }
    free(words);
    free(args);
    return ok;
}

/* Does the operation at @text begin with the word @word? */
static bool begins(const char *text, const char *word)
{
    size_t len = strlen(word);

    return strncmp(text, word, len) == 0 && strchr(" \t{", text[len]) != NULL;
}

/* Where the operation at @text ends: at ';' or the end of the line, not behind a backslash; behind
 * the brace that opens a block, before or behind the one that closes it. */
static size_t op_len(const char *text)
{
    bool opens = begins(text, "loop") || begins(text, "fork"), free_text = begins(text, "sendtext");
    size_t len = 0;

    if (*text == '}')
        return 1;
    free_text = free_text || begins(text, "sendline") || begins(text, "sendrecord") ||
                begins(text, "sendtextto") || begins(text, "fastopentext");
    while (text[len] != '\0' && text[len] != ';' && text[len] != '\n') {
        if (opens && text[len] == '{')
            return len + 1;
        if (text[len] == '}' && !free_text)
            return len;
        len += text[len] == '\\' && text[len + 1] != '\0' ? 2 : 1;
    }
    return len;
}

/* ---- blocks ---- */

struct blocks {
    unsigned open[SOCK_DEPTH_MAX]; /* indexes of their beginnings */
    unsigned n;
};

static bool nest(struct sock_script *script, struct blocks *blocks, struct strbuf *error)
{
    unsigned last = script->n_ops - 1;
    struct sock_op *op = &script->ops[last];

    if (op->verb == SOCK_LOOP || op->verb == SOCK_FORK) {
        if (blocks->n == SOCK_DEPTH_MAX) {
            strbuf_addf(error, "more than %d blocks within each other", SOCK_DEPTH_MAX);
            return false;
        }
        blocks->open[blocks->n++] = last;
    } else if (op->verb == SOCK_END) {
        if (blocks->n == 0) {
            strbuf_adds(error, "a '}' without its '{'");
            return false;
        }
        op->other = blocks->open[--blocks->n];
        script->ops[op->other].other = last;
    }
    return true;
}

static bool read_one(const char *text, size_t len, struct sock_script *script,
                     struct blocks *blocks, struct strbuf *error)
{
    struct sock_op op;
    bool ok = read_op(text, len, &op, error);

    ARRAY_PUSH(script->ops, script->n_ops, script->size, op);
    return ok && nest(script, blocks, error);
}

static const char *skip_comment(const char *text)
{
    return *text == '#' ? text + strcspn(text, "\n") : text;
}

bool sock_script_parse(const char *text, struct sock_script *script, struct strbuf *error)
{
    struct blocks blocks = { .n = 0 };
    bool ok = true;

    *script = (struct sock_script){ 0 };
    while (ok) {
        size_t len;

        while (is_blank(*text) || *text == ';' || *text == '\n')
            text++;
        if (*text == '#') {
            text = skip_comment(text);
            continue;
        }
        if (*text == '\0')
            break;
        len = op_len(text);
        for (size_t end = len;; end--) {
            if (end > 0 && is_blank(text[end - 1]))
                continue;
            ok = read_one(text, end, script, &blocks, error);
            break;
        }
        text += len;
    }
    if (ok && blocks.n > 0) {
        strbuf_addf(error, "the block of '%.80s' has no '}'",
                    script->ops[blocks.open[blocks.n - 1]].label);
        ok = false;
    }
    if (!ok)
        sock_script_fini(script);
    return ok;
}

void sock_script_fini(struct sock_script *script)
{
    for (unsigned i = 0; i < script->n_ops; i++) {
        free(script->ops[i].label);
        free(script->ops[i].expected);
        free(script->ops[i].text);
        free(script->ops[i].unix_name);
    }
    free(script->ops);
    *script = (struct sock_script){ 0 };
}
