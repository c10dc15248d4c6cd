#include "lab/pkt_parse.h"

#include <string.h>

#include "inspect/i18n.h"

/* ---- tokens ---- */

bool pkt_is_sign(const struct pkt_parser *parser, char sign)
{
    const struct pkt_token *token = pkt_next(parser);

    return token->kind == PKT_T_SIGN && token->sign == sign;
}

bool pkt_is_word(const struct pkt_parser *parser, const char *word)
{
    const struct pkt_token *token = pkt_next(parser);

    return token->kind == PKT_T_WORD && g_str_equal(token->text, word);
}

bool pkt_take_sign(struct pkt_parser *parser, char sign)
{
    bool there = pkt_is_sign(parser, sign);

    parser->at += there;
    return there;
}

bool pkt_take_word(struct pkt_parser *parser, const char *word)
{
    bool there = pkt_is_word(parser, word);

    parser->at += there;
    return there;
}

bool pkt_wrong(struct pkt_parser *parser, const char *expected)
{
    const struct pkt_token *token = pkt_next(parser);

    if (parser->fault->text != NULL)
        return false;
    parser->fault->line = token->line;
    if (token->kind == PKT_T_BAD)
        parser->fault->text = g_strdup(token->text);
    else if (token->kind == PKT_T_END)
        parser->fault->text = g_strdup_printf(_("the script ends here; expected: %s"), expected);
    else
        parser->fault->text =
            g_strdup_printf(_("\"%.40s\" does not fit here; expected: %s"), token->text, expected);
    return false;
}

bool pkt_refused(struct pkt_parser *parser, const char *what)
{
    if (parser->fault->text == NULL) {
        parser->fault->line = pkt_next(parser)->line;
        parser->fault->refused = true;
        parser->fault->text = g_strdup_printf(_("wirewalk does not have this: %s"), what);
    }
    return false;
}

bool pkt_expect_sign(struct pkt_parser *parser, char sign)
{
    const char text[2] = { sign, '\0' };

    return pkt_take_sign(parser, sign) || pkt_wrong(parser, text);
}

bool pkt_take_int(struct pkt_parser *parser, int64_t min, int64_t max, int64_t *number)
{
    const struct pkt_token *token = pkt_next(parser);

    if (token->kind != PKT_T_INT)
        return pkt_wrong(parser, _("a whole number"));
    if (token->number < min || token->number > max)
        return pkt_wrong(parser, _("a number of another size"));
    *number = token->number;
    parser->at++;
    return true;
}

/* ---- times ---- */

static bool parse_clock(struct pkt_parser *parser, int64_t *ns)
{
    const struct pkt_token *token = pkt_next(parser);

    if (token->kind == PKT_T_FLOAT)
        *ns = token->number;
    else if (token->kind == PKT_T_INT && token->number >= 0 && token->number < 1000000000)
        *ns = token->number * PKT_NSEC_PER_SEC;
    else
        return pkt_wrong(parser, _("a time in seconds"));
    if (*ns < 0)
        return pkt_wrong(parser, _("a time that is not negative"));
    parser->at++;
    return true;
}

static bool parse_time(struct pkt_parser *parser, struct pkt_time *time)
{
    if (pkt_take_sign(parser, '*')) {
        time->kind = PKT_ANY_TIME;
        return true;
    }
    time->kind = pkt_take_sign(parser, '+') ? PKT_RELATIVE : PKT_ABSOLUTE;
    if (!parse_clock(parser, &time->at))
        return false;
    time->until = time->at;
    if (!pkt_take_sign(parser, '~'))
        return true;
    pkt_take_sign(parser, '+');
    return parse_clock(parser, &time->until) &&
           (time->until >= time->at || pkt_wrong(parser, _("a range that does not end first")));
}

/* ---- events ---- */

/* (Resource temporarily unavailable), (flags O_RDWR|O_NONBLOCK): for people. */
static bool skip_notes(struct pkt_parser *parser)
{
    while (pkt_take_sign(parser, '(')) {
        unsigned depth = 1;

        while (depth > 0) {
            if (pkt_next(parser)->kind == PKT_T_END || pkt_next(parser)->kind == PKT_T_BAD)
                return pkt_wrong(parser, ")");
            depth += pkt_is_sign(parser, '(');
            depth -= pkt_is_sign(parser, ')');
            parser->at++;
        }
    }
    return true;
}

static bool parse_call(struct pkt_parser *parser, struct pkt_event *event)
{
    struct pkt_syscall *call = &event->call;

    event->kind = PKT_SYSCALL;
    if (pkt_next(parser)->kind == PKT_T_DOTS) {
        parser->at++;
        call->blocks = true;
        pkt_take_sign(parser, '+');
        if (!parse_clock(parser, &call->end_at))
            return false;
    }
    if (pkt_next(parser)->kind != PKT_T_WORD)
        return pkt_wrong(parser, _("a packet, a call, a command or code"));
    call->name = g_strdup(pkt_next(parser)->text);
    parser->at++;
    if (!pkt_expect_sign(parser, '('))
        return false;
    call->args = pkt_parse_list(parser, ')');
    if (call->args == NULL || !pkt_expect_sign(parser, '='))
        return false;
    call->result = pkt_parse_expr(parser);
    if (call->result == NULL)
        return false;
    if (pkt_next(parser)->kind == PKT_T_WORD) {
        call->error = g_strdup(pkt_next(parser)->text);
        parser->at++;
    }
    return skip_notes(parser);
}

static bool parse_text(struct pkt_parser *parser, struct pkt_event *event)
{
    const struct pkt_token *token = pkt_next(parser);

    event->kind = token->kind == PKT_T_COMMAND ? PKT_COMMAND : PKT_CODE;
    event->text = g_strdup(token->text);
    parser->at++;
    return true;
}

static bool has_no_time(const struct pkt_parser *parser)
{
    return pkt_next(parser)->kind == PKT_T_COMMAND || pkt_next(parser)->kind == PKT_T_CODE;
}

static bool parse_event(struct pkt_parser *parser, struct pkt_event *event)
{
    event->line = pkt_next(parser)->line;
    if (has_no_time(parser)) {
        event->time.kind = PKT_RELATIVE;
        return parse_text(parser, event);
    }
    if (!parse_time(parser, &event->time))
        return false;
    if (has_no_time(parser))
        return parse_text(parser, event);
    if (pkt_take_sign(parser, '<')) {
        event->kind = PKT_SEND;
        return pkt_parse_packet(parser, &event->packet, false);
    }
    if (pkt_take_sign(parser, '>')) {
        event->kind = PKT_EXPECT;
        return pkt_parse_packet(parser, &event->packet, true);
    }
    return parse_call(parser, event);
}

static void free_event(gpointer data)
{
    struct pkt_event *event = data;

    g_free(event->packet.type_name);
    g_free(event->packet.code_name);
    g_free(event->call.name);
    if (event->call.args != NULL)
        g_ptr_array_unref(event->call.args);
    pkt_expr_free(event->call.result);
    g_free(event->call.error);
    g_free(event->text);
    g_free(event);
}

/* ---- options ---- */

/* --name=value: the value is what follows without a blank. */
static bool parse_option_line(struct pkt_parser *parser, struct pkt_script *script)
{
    struct pkt_option option = { .line = pkt_next(parser)->line };
    g_autoptr(GString) value = g_string_new(NULL);

    option.name = g_strdup(pkt_next(parser)->text);
    parser->at++;
    if (pkt_take_sign(parser, '=')) {
        do {
            if (pkt_next(parser)->kind == PKT_T_END || pkt_next(parser)->kind == PKT_T_BAD)
                break;
            g_string_append(value, pkt_next(parser)->text);
            parser->at++;
        } while (pkt_next(parser)->glued);
    }
    option.value = g_string_free(g_steal_pointer(&value), FALSE);
    g_array_append_val(script->options, option);
    return true;
}

static void clear_option(gpointer data)
{
    struct pkt_option *option = data;

    g_free(option->name);
    g_free(option->value);
}

/* ---- the whole ---- */

static bool parse_all(struct pkt_parser *parser, struct pkt_script *script)
{
    while (pkt_next(parser)->kind == PKT_T_OPTION)
        if (!parse_option_line(parser, script))
            return false;
    while (pkt_next(parser)->kind != PKT_T_END) {
        struct pkt_event *event = g_new0(struct pkt_event, 1);

        g_ptr_array_add(script->events, event);
        if (!parse_event(parser, event))
            return false;
    }
    return true;
}

struct pkt_script *pkt_script_parse(const char *path, const char *text, gsize len,
                                    const GPtrArray *defines, struct pkt_fault *fault)
{
    g_autofree char *read = pkt_preprocess(text, len, defines, fault);
    struct pkt_script *script;
    struct pkt_parser parser = { .fault = fault };
    GArray *tokens;
    bool ok;

    if (read == NULL)
        return NULL;
    script = g_new0(struct pkt_script, 1);
    script->path = g_strdup(path);
    script->options = g_array_new(FALSE, TRUE, sizeof(struct pkt_option));
    g_array_set_clear_func(script->options, clear_option);
    script->events = g_ptr_array_new_with_free_func(free_event);
    tokens = pkt_lex(read, strlen(read), defines);
    parser.tokens = tokens;
    ok = parse_all(&parser, script);
    pkt_tokens_free(tokens);
    if (ok)
        return script;
    pkt_script_free(script);
    return NULL;
}

void pkt_script_free(struct pkt_script *script)
{
    if (script == NULL)
        return;
    g_free(script->path);
    g_array_free(script->options, TRUE);
    g_ptr_array_unref(script->events);
    g_free(script);
}
