#include "lab/pkt_lex.h"

#include <string.h>

#include "inspect/i18n.h"

struct lexer {
    const char *at, *end;
    unsigned line;
    bool glued;
    GArray *tokens;
};

static char peek(const struct lexer *lex, gsize ahead)
{
    return (gsize)(lex->end - lex->at) > ahead ? lex->at[ahead] : '\0';
}

static void add(struct lexer *lex, struct pkt_token token)
{
    token.glued = lex->glued;
    if (token.line == 0)
        token.line = lex->line;
    g_array_append_val(lex->tokens, token);
    lex->glued = true;
}

static void add_text(struct lexer *lex, enum pkt_token_kind kind, unsigned line, const char *text,
                     gsize len)
{
    add(lex,
        (struct pkt_token){ .kind = kind, .line = line, .text = g_strndup(text, len), .len = len });
}

static void bad(struct lexer *lex, const char *text)
{
    add_text(lex, PKT_T_BAD, lex->line, text, strlen(text));
    lex->at = lex->end;
}

static bool is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* ---- blanks and comments ---- */

static bool skip_comment(struct lexer *lex)
{
    if (*lex->at == '#' || (peek(lex, 0) == '/' && peek(lex, 1) == '/')) {
        while (lex->at < lex->end && *lex->at != '\n')
            lex->at++;
        return true;
    }
    if (peek(lex, 0) != '/' || peek(lex, 1) != '*')
        return false;
    for (lex->at += 2; lex->at < lex->end; lex->at++) {
        if (*lex->at == '\n')
            lex->line++;
        if (lex->at[0] == '*' && peek(lex, 1) == '/') {
            lex->at += 2;
            return true;
        }
    }
    bad(lex, _("a comment that begins with /* never ends"));
    return true;
}

static void skip_blanks(struct lexer *lex)
{
    lex->glued = true;
    while (lex->at < lex->end) {
        char c = *lex->at;

        if (c == '\n')
            lex->line++;
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            lex->at++;
        else if (!skip_comment(lex))
            return;
        lex->glued = false;
    }
}

/* ---- numbers ---- */

/* Seconds as written, to nanoseconds; digits behind the ninth are cut. */
static int64_t nanoseconds(const char *text, gsize len)
{
    bool minus = len > 0 && text[0] == '-';
    int64_t value = 0, scale = PKT_NSEC_PER_SEC;
    gsize i = minus ? 1 : 0;

    for (; i < len && text[i] != '.'; i++)
        if (value < INT64_C(900000000)) /* so that the nanoseconds fit */
            value = value * 10 + (text[i] - '0');
    value *= PKT_NSEC_PER_SEC;
    for (i++; i < len; i++) {
        scale /= 10;
        value += (text[i] - '0') * scale;
    }
    return minus ? -value : value;
}

static int64_t integer(const char *text, gsize len)
{
    bool minus = len > 0 && text[0] == '-';
    int64_t value = 0;

    for (gsize i = minus ? 1 : 0; i < len; i++)
        if (value < INT64_MAX / 10 - 10)
            value = value * 10 + (text[i] - '0');
    return minus ? -value : value;
}

static gsize digits(const struct lexer *lex, gsize from)
{
    gsize n = 0;

    while (g_ascii_isdigit(peek(lex, from + n)))
        n++;
    return n;
}

/* A dotted quad at the cursor: its length with a prefix length, or 0. */
static gsize quad_len(const struct lexer *lex)
{
    gsize at = 0;

    for (int i = 0; i < 4; i++) {
        gsize n = digits(lex, at);

        if (n == 0 || n > 3)
            return 0;
        at += n;
        if (i < 3 && peek(lex, at++) != '.')
            return 0;
    }
    if (peek(lex, at) == '/' && digits(lex, at + 1) > 0)
        at += 1 + digits(lex, at + 1);
    return at;
}

/* An IPv6 address at the cursor: hexadecimal groups with at least two colons, and either "::" or
 * seven colons. Sequence ranges such as 1:11(10) are not. */
static gsize ip6_len(const struct lexer *lex)
{
    gsize at = 0, colons = 0;
    bool has_double = false;

    while (g_ascii_isxdigit(peek(lex, at)) || peek(lex, at) == ':' || peek(lex, at) == '.') {
        if (peek(lex, at) == '.' && (colons < 2 || !g_ascii_isdigit(peek(lex, at + 1))))
            break;
        if (peek(lex, at) == ':') {
            colons++;
            has_double |= peek(lex, at + 1) == ':';
        }
        at++;
    }
    if (colons < 2 || (!has_double && colons != 7))
        return 0;
    if (peek(lex, at) == '/' && digits(lex, at + 1) > 0)
        at += 1 + digits(lex, at + 1);
    return at;
}

static bool read_address(struct lexer *lex)
{
    gsize len = quad_len(lex);

    if (len == 0)
        len = ip6_len(lex);
    if (len == 0)
        return false;
    add_text(lex, PKT_T_IP, lex->line, lex->at, len);
    lex->at += len;
    return true;
}

static bool read_hex(struct lexer *lex)
{
    gsize n = 2;
    guint64 value = 0;

    if (peek(lex, 0) != '0' || (peek(lex, 1) != 'x' && peek(lex, 1) != 'X') ||
        !g_ascii_isxdigit(peek(lex, 2)))
        return false;
    while (g_ascii_isxdigit(peek(lex, n)))
        value = value << 4 | (guint64)g_ascii_xdigit_value(peek(lex, n++));
    add(lex,
        (struct pkt_token){
            .kind = PKT_T_INT, .number = (int64_t)value, .text = g_strndup(lex->at, n), .len = n });
    lex->at += n;
    return true;
}

/* Digits, perhaps with a point; "0...0.1" is an integer, dots, and a decimal number. */
static bool read_number(struct lexer *lex)
{
    gsize sign = peek(lex, 0) == '-' ? 1 : 0;
    gsize whole = digits(lex, sign), point = sign + whole;
    gsize fraction = peek(lex, point) == '.' ? digits(lex, point + 1) : 0;

    if (fraction > 0) {
        gsize len = point + 1 + fraction;

        add(lex, (struct pkt_token){ .kind = PKT_T_FLOAT,
                                     .number = nanoseconds(lex->at, len),
                                     .text = g_strndup(lex->at, len),
                                     .len = len });
        lex->at += len;
        return true;
    }
    if (whole == 0 || is_word(peek(lex, point)))
        return false;
    add(lex, (struct pkt_token){ .kind = PKT_T_INT,
                                 .number = integer(lex->at, point),
                                 .text = g_strndup(lex->at, point),
                                 .len = point });
    lex->at += point;
    return true;
}

/* ---- quoted things ---- */

static char unescaped(char c)
{
    switch (c) {
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'v':
        return '\v';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* What stands behind a backslash, as in C: \n, \x41, \101. The cursor ends on its last character.
 */
static char escape(struct lexer *lex)
{
    char c = *lex->at;
    unsigned value = 0;

    if (c == 'x' && g_ascii_isxdigit(peek(lex, 1)) && g_ascii_isxdigit(peek(lex, 2))) {
        lex->at += 2;
        return (char)(g_ascii_xdigit_value(lex->at[-1]) * 16 + g_ascii_xdigit_value(*lex->at));
    }
    if (!is_octal(c))
        return unescaped(c);
    for (unsigned n = 0; n < 3 && is_octal(peek(lex, n)); n++)
        value = value * 8 + (unsigned)(peek(lex, n) - '0');
    lex->at += is_octal(peek(lex, 1)) ? 1 + is_octal(peek(lex, 2)) : 0;
    return (char)value;
}

/* "..." or `...`, with backslashes; in a command they stay for the shell. */
static void read_quoted(struct lexer *lex, char quote)
{
    g_autoptr(GString) text = g_string_new(NULL);
    unsigned line = lex->line;
    bool plain = quote == '`';

    for (lex->at++; lex->at < lex->end && *lex->at != quote; lex->at++) {
        char c = *lex->at;

        if (c == '\n')
            lex->line++;
        if (c == '\\' && lex->at + 1 < lex->end) {
            c = *++lex->at;
            if (plain && c != '`')
                g_string_append_c(text, '\\');
            else if (!plain)
                c = escape(lex);
        }
        g_string_append_c(text, c);
    }
    if (lex->at >= lex->end)
        return bad(lex, _("a quotation never ends"));
    lex->at++;
    add_text(lex, plain ? PKT_T_COMMAND : PKT_T_STRING, line, text->str, text->len);
}

static bool read_code(struct lexer *lex)
{
    const char *begin = lex->at + 2;
    unsigned line = lex->line;

    if (peek(lex, 0) != '%' || peek(lex, 1) != '{')
        return false;
    for (lex->at += 2; lex->at < lex->end; lex->at++) {
        if (*lex->at == '\n')
            lex->line++;
        if (*lex->at == '}' && peek(lex, 1) == '%') {
            add_text(lex, PKT_T_CODE, line, begin, (gsize)(lex->at - begin));
            lex->at += 2;
            return true;
        }
    }
    bad(lex, _("code that begins with %{ never ends"));
    return true;
}

static bool read_option(struct lexer *lex)
{
    gsize n = 2;

    if (peek(lex, 0) != '-' || peek(lex, 1) != '-' || !is_word(peek(lex, 2)))
        return false;
    while (is_word(peek(lex, n)) || (peek(lex, n) == '-' && is_word(peek(lex, n + 1))))
        n++;
    add_text(lex, PKT_T_OPTION, lex->line, lex->at + 2, n - 2);
    lex->at += n;
    return true;
}

static void read_word_or_sign(struct lexer *lex)
{
    gsize n = 0;

    if (peek(lex, 0) == '.' && peek(lex, 1) == '.' && peek(lex, 2) == '.') {
        add_text(lex, PKT_T_DOTS, lex->line, "...", 3);
        lex->at += 3;
        return;
    }
    while (is_word(peek(lex, n)))
        n++;
    if (n > 0) {
        add_text(lex, PKT_T_WORD, lex->line, lex->at, n);
        lex->at += n;
        return;
    }
    add(lex, (struct pkt_token){
                 .kind = PKT_T_SIGN, .sign = *lex->at, .text = g_strndup(lex->at, 1), .len = 1 });
    lex->at++;
}

static void read_token(struct lexer *lex)
{
    char c = *lex->at;

    if (c == '"' || c == '`')
        read_quoted(lex, c);
    else if (!read_code(lex) && !read_option(lex) && !read_address(lex) && !read_hex(lex) &&
             !read_number(lex))
        read_word_or_sign(lex);
}

static void clear_token(gpointer data)
{
    struct pkt_token *token = data;

    g_free(token->text);
}

/* --define NAME=VALUE: the value, or NULL. */
static const char *defined_as(const GPtrArray *defines, const char *name)
{
    gsize len = strlen(name);

    for (guint i = 0; defines != NULL && i < defines->len; i++) {
        const char *define = defines->pdata[i];

        if (strncmp(define, name, len) == 0 && define[len] == '=')
            return define + len + 1;
    }
    return NULL;
}

/* A word that is defined stands for its value: the word's token gives way to the value's. */
static void expand(struct lexer *lex, const GPtrArray *defines, guint from)
{
    struct pkt_token *word = &g_array_index(lex->tokens, struct pkt_token, from);
    const char *value = word->kind == PKT_T_WORD ? defined_as(defines, word->text) : NULL;
    struct lexer inner;

    if (value == NULL)
        return;
    inner = (struct lexer){ .at = value,
                            .end = value + strlen(value),
                            .line = word->line,
                            .glued = word->glued,
                            .tokens = lex->tokens };
    g_array_set_size(lex->tokens, from);
    while (inner.at < inner.end) {
        read_token(&inner);
        skip_blanks(&inner);
    }
}

GArray *pkt_lex(const char *text, gsize len, const GPtrArray *defines)
{
    struct lexer lex = { .at = text, .end = text + len, .line = 1 };

    lex.tokens = g_array_new(FALSE, TRUE, sizeof(struct pkt_token));
    g_array_set_clear_func(lex.tokens, clear_token);
    for (skip_blanks(&lex); lex.at < lex.end; skip_blanks(&lex)) {
        guint from = lex.tokens->len;

        read_token(&lex);
        expand(&lex, defines, from);
    }
    add(&lex, (struct pkt_token){ .kind = PKT_T_END });
    return lex.tokens;
}

void pkt_tokens_free(GArray *tokens)
{
    g_array_free(tokens, TRUE);
}
