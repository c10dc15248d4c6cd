/* What the tests of lab/ share: diagnostics as short lines, and texts of networks. */
#ifndef WW_TESTS_LAB_SUPPORT_H
#define WW_TESTS_LAB_SUPPORT_H

#include "tests/support/unit.h"

#include "lab/diag.h"

/* Every diagnostic as `LINE:COLUMN error: MESSAGE`, one a line. */
static inline char *diag_lines(struct diag_list *diags)
{
    GString *out = g_string_new(NULL);

    diag_list_sort(diags);
    for (guint i = 0; i < diags->items->len; i++) {
        const struct diag *d = g_ptr_array_index(diags->items, i);

        g_string_append_printf(out, "%u:%u %s: %s\n", d->at.line, d->at.column,
                               d->severity == DIAG_ERROR ? "error" : "warning", d->message);
    }
    return g_string_free(out, FALSE);
}

/* @expected: lines `LINE:COLUMN WORDS`; there must be as many diagnostics, each beginning and
 * containing so. */
static inline int diags_match(struct diag_list *diags, const char *text, const char *expected)
{
    g_autofree char *actual = diag_lines(diags);
    g_auto(GStrv) want = g_strsplit(expected, "\n", -1), got = g_strsplit(actual, "\n", -1);
    int ok = g_strv_length(want) == g_strv_length(got);

    for (guint i = 0; ok && want[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(want[i], " ", 2);

        if (parts[0] == NULL || *parts[0] == '\0')
            continue;
        ok = g_str_has_prefix(got[i], parts[0]) && got[i][strlen(parts[0])] == ' ' &&
             strstr(got[i], parts[1]) != NULL;
    }
    if (!ok)
        fprintf(stderr, "---- of this file\n%s---- expected\n%s---- found\n%s", text, expected,
                actual);
    return ok;
}

#endif
