/* A line typed at a shell. Parsing it, and expanding every word and target of what was parsed,
 * must neither crash nor lose memory. */
#include <stdint.h>
#include <string.h>

#include "apps/shell_parse.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void expand_command(const struct shell_command *command)
{
    const struct shell_parameters parameters = { .status = 127, .pid = 300 };
    struct strbuf word = { 0 };

    for (unsigned i = 0; i < command->n_words; i++)
        shell_expand(command->words[i], &parameters, &word);
    for (unsigned i = 0; i < command->n_redirects; i++)
        shell_expand(command->redirects[i].target, &parameters, &word);
    strbuf_fini(&word);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct strbuf error = { 0 };
    struct shell_script script;
    char line[1001];

    if (len >= sizeof line)
        return 0;
    memcpy(line, octets, len);
    line[len] = '\0';
    if (shell_parse(line, &script, &error)) {
        for (unsigned i = 0; i < script.n_items; i++)
            for (unsigned k = 0; k < script.items[i].n_commands; k++)
                expand_command(&script.items[i].commands[k]);
    } else {
        CHECK(error.len > 0);
    }
    shell_script_fini(&script);
    strbuf_fini(&error);
    return 0;
}
