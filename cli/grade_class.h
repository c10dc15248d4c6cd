/* `wirewalk grade` on one submission or a class: jails, progress, and the form that was asked for.
 */
#ifndef WW_CLI_GRADE_CLASS_H
#define WW_CLI_GRADE_CLASS_H

#include "lab/grade.h"

enum grade_format {
    GRADE_AS_TEXT,
    GRADE_AS_JSON,
    GRADE_AS_JUNIT,
    GRADE_AS_GRADESCOPE,
    GRADE_AS_CSV,
    GRADE_AS_HTML
};
#define GRADE_FORMATS "text|json|junit|gradescope|csv|html"

enum grade_audience { GRADE_FOR_AUTO, GRADE_FOR_STUDENT, GRADE_FOR_TEACHER };

struct grade_request {
    const struct task *task;
    struct grade_options options;
    enum grade_format format;
    enum grade_audience audience;
    const char *output; /* a path; NULL: standard output */
    uint64_t jobs;
    bool quiet, each;
};

/** grade_class() - grade what @operands name, tell it, and return the exit status. */
int grade_class(const struct grade_request *request, const GPtrArray *operands);

#endif
