/* What a jail answers, through every form of report: whatever it says, the results are complete,
 * the points in their range, and the reports well formed. */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lab/class_accept.h"
#include "lab/class_report.h"
#include "lab/class_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *own_view(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:[{s:s, s:s, s:i, s:i},{s:s, s:s, s:i, "
                     "s:i}], s:[]}",
                     "submission", "s", "student", "s", "exercise", "e", "title", "E", "status",
                     "crashed", "points", 0, "max_points", 5, "checks", "id", "one", "title", "One",
                     "points", 0, "max", 2, "id", "two", "title", "Two", "points", 0, "max", 3,
                     "findings");
}

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void write_all(json_t *result)
{
    json_t *results = json_pack("[O, O]", result, result), *own = class_for_student(result);
    json_t *report = class_report(results, NULL, 0);
    GString *out = g_string_new(NULL);

    class_write_text(report, 80, out);
    class_write_csv(report, out);
    class_write_junit(report, out);
    class_write_html(report, "en", out);
    class_write_gradescope(own, out);
    must(g_utf8_validate(out->str, (gssize)out->len, NULL));
    must(strchr(out->str, '\033') == NULL && strchr(out->str, '\x7f') == NULL);
    g_string_free(out, TRUE);
    json_decref(report);
    json_decref(results);
    json_decref(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *own = own_view();
    json_t *result = class_accept(own, (const char *)data, size);

    if (result != NULL) {
        must(strcmp(class_text(result, "submission"), "s") == 0);
        must(class_hundredths(result, "points") >= 0 && class_hundredths(result, "points") <= 500);
        write_all(result);
    }
    json_decref(result);
    json_decref(own);
    return 0;
}
