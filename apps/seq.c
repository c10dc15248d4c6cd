/* seq of GNU coreutils, of whole numbers: seq [-w] [-s TEXT] [FIRST [INCREMENT]] LAST. */
#include <stdlib.h>
#include <string.h>

#include "apps/programs.h"
#include "base/memory.h"
#include "base/text.h"

enum { NUMBERS_MAX = 100000, LENGTH_MAX = 15 };

struct seq {
    const char *separator;
    bool equal_width;
    int64_t first, increment, last;
};

static bool wrong(struct process *self)
{
    process_errorf(self, "Try 'seq --help' for more information.\n");
    self->exit_status = 1;
    return false;
}

static bool read_number(struct process *self, const char *word, int64_t *value)
{
    const char *digits = word + (*word == '-' || *word == '+');
    size_t len = strspn(digits, "0123456789");

    if (len > 0 && digits[len] == '\0' && len <= LENGTH_MAX) {
        *value = strtoll(word, NULL, 10);
        return true;
    }
    if (len > 0 && digits[len + strspn(digits + len, "0123456789.e+-")] == '\0') {
        process_errorf(self, "seq: %s: such numbers are not simulated by wirewalk\n", word);
        self->exit_status = 2;
        return false;
    }
    process_errorf(self, "seq: invalid floating point argument: ‘%s’\n", word);
    return wrong(self);
}

/* Options stand before the numbers, of which the first may begin with '-'. False: it is over. */
static bool read_options(struct process *self, struct seq *seq, int *at)
{
    for (; *at < self->argc; (*at)++) {
        const char *word = self->argv[*at];

        if (word[0] != '-' || word[1] == '\0' || (word[1] >= '0' && word[1] <= '9'))
            return true;
        if (strcmp(word, "--") == 0)
            return (*at)++, true;
        if (strcmp(word, "-w") == 0 || strcmp(word, "--equal-width") == 0) {
            seq->equal_width = true;
        } else if (strcmp(word, "-s") == 0 && *at + 1 < self->argc) {
            seq->separator = self->argv[++*at];
        } else if (word[1] == 's' && word[2] != '\0') {
            seq->separator = word + 2;
        } else if (word[1] == 'f' || word[1] == '-') {
            process_errorf(self, "seq: option %s is not simulated by wirewalk\n", word);
            self->exit_status = 2;
            return false;
        } else {
            process_errorf(self,
                           word[1] == 's' ? "seq: option requires an argument -- '%c'\n"
                                          : "seq: invalid option -- '%c'\n",
                           word[1]);
            return wrong(self);
        }
    }
    return true;
}

static bool read_operands(struct process *self, struct seq *seq, int at)
{
    int n = self->argc - at;

    if (n < 1) {
        process_errorf(self, "seq: missing operand\n");
        return wrong(self);
    }
    if (n > 3) {
        process_errorf(self, "seq: extra operand ‘%s’\n", self->argv[at + 3]);
        return wrong(self);
    }
    if ((n > 1 && !read_number(self, self->argv[at], &seq->first)) ||
        (n > 2 && !read_number(self, self->argv[at + 1], &seq->increment)) ||
        !read_number(self, self->argv[self->argc - 1], &seq->last))
        return false;
    if (seq->increment == 0) {
        process_errorf(self, "seq: invalid Zero increment value: ‘%s’\n", self->argv[at + 1]);
        return wrong(self);
    }
    if ((seq->last - seq->first) / seq->increment >= NUMBERS_MAX) {
        process_errorf(self, "seq: more than %d numbers are not simulated by wirewalk\n",
                       NUMBERS_MAX);
        self->exit_status = 2;
        return false;
    }
    return true;
}

static int width_of(int64_t value)
{
    struct strbuf text = STRBUF_INIT;
    int width;

    strbuf_addf(&text, "%lld", (long long)value);
    width = (int)text.len;
    strbuf_fini(&text);
    return width;
}

static void print(struct process *self, const struct seq *seq)
{
    struct strbuf out = STRBUF_INIT;
    int64_t n = (seq->last - seq->first) / seq->increment, end = seq->first + n * seq->increment;
    int width = seq->equal_width ? width_of(seq->first) : 0;

    if (seq->equal_width && width_of(end) > width)
        width = width_of(end);
    for (int64_t i = 0; i <= n; i++)
        strbuf_addf(&out, "%s%0*lld", i > 0 ? seq->separator : "", width,
                    (long long)(seq->first + i * seq->increment));
    strbuf_addc(&out, '\n');
    process_write(self, 1, out.text, out.len);
    strbuf_fini(&out);
}

static enum co_status seq_main(struct process *self, void *state)
{
    struct seq seq = { .separator = "\n", .first = 1, .increment = 1 };
    int at = 1;

    (void)state;
    if (!read_options(self, &seq, &at) || !read_operands(self, &seq, at))
        return CO_DONE;
    if (seq.increment > 0 ? seq.first <= seq.last : seq.first >= seq.last)
        print(self, &seq);
    return CO_DONE;
}

const struct program seq_program = { .name = "seq", .main = seq_main };
