#include "tests/support/unit.h"

#include <stdlib.h>

#include "apps/shell_parse.h"

/* A script as one line of text: words in [], joins, redirections, so that a mistake anywhere shows.
 */
static void show(const struct shell_script *script, struct strbuf *out)
{
    for (unsigned i = 0; i < script->n_items; i++) {
        const struct shell_item *item = &script->items[i];

        for (unsigned c = 0; c < item->n_commands; c++) {
            const struct shell_command *command = &item->commands[c];

            strbuf_adds(out, command->join == SHELL_AND    ? "&& "
                             : command->join == SHELL_OR   ? "|| "
                             : command->join == SHELL_PIPE ? "| "
                                                           : "");
            strbuf_adds(out, command->negate ? "! " : "");
            for (unsigned w = 0; w < command->n_words; w++)
                strbuf_addf(out, "[%s]", command->words[w]);
            for (unsigned r = 0; r < command->n_redirects; r++) {
                static const char *const signs[] = { ">", ">>", ">&", "<" };

                strbuf_addf(out, "%d%s[%s]", command->redirects[r].fd,
                            signs[command->redirects[r].kind], command->redirects[r].target);
            }
        }
        strbuf_adds(out, item->background ? " & " : " ; ");
    }
}

static void parses(const char *line, const char *expected)
{
    struct shell_script script;
    struct strbuf error = STRBUF_INIT, out = STRBUF_INIT;

    OK(shell_parse(line, &script, &error));
    EQ_STR(strbuf_text(&error), "");
    show(&script, &out);
    EQ_STR(strbuf_text(&out), expected);
    shell_script_fini(&script);
    strbuf_fini(&error);
    strbuf_fini(&out);
}

static void refused(const char *line, const char *message)
{
    struct shell_script script;
    struct strbuf error = STRBUF_INIT;

    OK(!shell_parse(line, &script, &error));
    EQ_STR(strbuf_text(&error), message);
    EQ(script.n_items, 0);
    strbuf_fini(&error);
}

static void expands(const char *raw, bool is_word, const char *expected)
{
    struct shell_parameters parameters = { .status = 7, .pid = 42, .last_background = 0 };
    struct strbuf out = STRBUF_INIT;

    EQ(shell_expand(raw, &parameters, &(unsigned){ 0 }, &out), is_word);
    EQ_STR(strbuf_text(&out), expected);
    strbuf_fini(&out);
}

static void lists_are_split_at_semicolons_ampersands_and_newlines(void)
{
    parses("", "");
    parses("  # nothing", "");
    parses("ping -c 1 10.0.0.2", "[ping][-c][1][10.0.0.2] ; ");
    parses("a; b & c\nd", "[a] ; [b] & [c] ; [d] ; ");
    parses("a;", "[a] ; ");
    parses("a&", "[a] & ");
    parses("\n\na\n\n", "[a] ; ");
}

static void and_or_lists_keep_their_joins(void)
{
    parses("a && b || c; d", "[a]&& [b]|| [c] ; [d] ; ");
    parses("a &&\n b", "[a]&& [b] ; ");
    parses("! a && ! b x", "! [a]&& ! [b][x] ; ");
    parses("a & b && c &", "[a] & [b]&& [c] & ");
}

static void quotes_hold_words_together_and_stay_in_the_raw_word(void)
{
    parses("sock 'tcp; connect 10.0.0.2:80; close'",
           "[sock]['tcp; connect 10.0.0.2:80; close'] ; ");
    parses("echo \"a & b\" c\\ d", "[echo][\"a & b\"][c\\ d] ; ");
    parses("echo a#b #c", "[echo][a#b] ; ");
    parses("curl 'http://x/?a=1&b=2'", "[curl]['http://x/?a=1&b=2'] ; ");
    parses("echo \"it's\" 'say \"x\"'", "[echo][\"it's\"]['say \"x\"'] ; ");
}

static void redirections_are_taken_out_of_the_words(void)
{
    parses("echo a>b", "[echo][a]1>[b] ; ");
    parses("echo a 2>/dev/null >> x c", "[echo][a][c]2>[/dev/null]1>>[x] ; ");
    parses("a > f 2>&1", "[a]1>[f]2>&[1] ; ");
    parses("echo 12>f", "[echo][12]1>[f] ; "); /* only one digit names a descriptor */
    parses("> f", "1>[f] ; ");
}

static void pipes_substitutions_and_variables_are_read(void)
{
    parses("a x | b | c && d", "[a][x]| [b]| [c]&& [d] ; ");
    parses("! a |\n b", "! [a]| [b] ; ");
    parses("a < b 2< c", "[a]0<[b]2<[c] ; ");
    parses("A=1 B='x y'", "[A=1][B='x y'] ; ");
    parses("echo $(a | b; c 'x)' \"$(d)\") ${E}", "[echo][$(a | b; c 'x)' \"$(d)\")][${E}] ; ");
    refused("a | | b", "1: Syntax error: \"|\" unexpected");
    refused("a |", "1: Syntax error: end of file unexpected");
}

static void errors_are_dashs(void)
{
    refused("echo 'abc", "1: Syntax error: Unterminated quoted string");
    refused("echo \"abc", "1: Syntax error: Unterminated quoted string");
    refused("&& foo", "1: Syntax error: \"&&\" unexpected");
    refused("true &&", "1: Syntax error: end of file unexpected");
    refused(";", "1: Syntax error: \";\" unexpected");
    refused("true;;true", "1: Syntax error: \";;\" unexpected");
    refused("true & ; true", "1: Syntax error: \";\" unexpected");
    refused("echo a >", "1: Syntax error: end of file unexpected");
    refused("echo a > ;", "1: Syntax error: \";\" unexpected");
    refused("true)", "1: Syntax error: \")\" unexpected");
    refused("| true", "1: Syntax error: \"|\" unexpected");
    refused("a\nb\n fi", "3: Syntax error: \"fi\" unexpected");
    refused("!", "1: Syntax error: end of file unexpected");
}

static void what_is_not_simulated_is_refused_by_name(void)
{
    refused("case a in b) c;; esac", "1: `case' is not simulated by wirewalk");
    refused("f() { a; }", "1: a function is not simulated by wirewalk");
    refused("for i do a; done", "1: a positional parameter is not simulated by wirewalk");
    refused("kill `cat pid`", "1: command substitution in backquotes is not simulated by wirewalk");
    refused("echo $((\"1\"))", "1: quotes in arithmetic are not simulated by wirewalk");
    refused("echo \"$1\"", "1: a positional parameter is not simulated by wirewalk");
    refused("echo ${A:-b}", "1: a parameter with an operator is not simulated by wirewalk");
    refused("A=1 b", "1: a variable for one command is not simulated by wirewalk");
    refused("a << b", "1: a here-document is not simulated by wirewalk");
    refused("a <& 3", "1: that input redirection is not simulated by wirewalk");
    refused("a $(b", "1: Syntax error: end of file unexpected (expecting \")\")");
    parses("echo if a=1 '$HOME' $ fi",
           "[echo][if][a=1]['$HOME'][$][fi] ; "); /* only where they mean it */
}

static void expansion_removes_quotes_and_fills_in_parameters(void)
{
    expands("abc", true, "abc");
    expands("'a b'\"c\"\\ d", true, "a bc d");
    expands("$?", true, "7");
    expands("\"$? $$\"", true, "7 42");
    expands("'$?'", true, "$?");
    expands("$!", false, ""); /* no background job yet: no word at all */
    expands("\"$!\"", true, "");
    expands("''", true, "");
    expands("\"a\\nb\\\"\\$?\"", true,
            "a\\nb\"$?"); /* in double quotes a backslash is special before few */
    expands("\\n", true, "n");
    expands("$", true, "$");
}

static void every_cut_of_a_line_is_parsed_or_refused_cleanly(void)
{
    static const char line[] = "! a 'b c' \"d $? \\\" e\" 2>&1 >>f && x\\ y || z & w # c\n'q'; end";
    char copy[sizeof line];

    for (size_t len = 0; len < sizeof line; len++) {
        struct shell_script script;
        struct strbuf error = STRBUF_INIT;

        memcpy(copy, line, len);
        copy[len] = '\0';
        if (shell_parse(copy, &script, &error))
            shell_script_fini(&script);
        else
            OK(error.len > 0);
        strbuf_fini(&error);
    }
}

static void a_line_that_goes_on_is_known(void)
{
    static const char *const open[] = {
        "for i in 1 2", "for i in 1 2; do echo $i", "if true", "a &&", "a |", "( a", "{ a;",
        "echo $(a",     "while a; do b; "
    };
    static const char *const whole[] = { "",         "a",     "for i in 1; do a; done",
                                         "done",     "a; fi", "a >",
                                         "case x in" };

    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        EQ(shell_line_state(open[i]), SHELL_LINE_OPEN);
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        EQ(shell_line_state(whole[i]), SHELL_LINE_WHOLE);
    EQ(shell_line_state("echo 'a"), SHELL_LINE_QUOTED);
    EQ(shell_line_state("echo \"a $x"), SHELL_LINE_QUOTED);
}

UNIT_MAIN("shell parser", TEST(lists_are_split_at_semicolons_ampersands_and_newlines),
          TEST(and_or_lists_keep_their_joins),
          TEST(quotes_hold_words_together_and_stay_in_the_raw_word),
          TEST(redirections_are_taken_out_of_the_words),
          TEST(pipes_substitutions_and_variables_are_read), TEST(errors_are_dashs),
          TEST(what_is_not_simulated_is_refused_by_name),
          TEST(expansion_removes_quotes_and_fills_in_parameters),
          TEST(every_cut_of_a_line_is_parsed_or_refused_cleanly),
          TEST(a_line_that_goes_on_is_known))
