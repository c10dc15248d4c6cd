/*
 * CUnit with values in the messages and an exit status that CTest can trust.
 * A test file lists its tests and ends with UNIT_MAIN("suite", TEST(a), TEST(b), ...).
 */
#ifndef WW_TESTS_UNIT_H
#define WW_TESTS_UNIT_H

#include <CUnit/Basic.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Compare two integers; a mismatch prints both. The work is in functions that are not inlined:
 * there are five thousand of these, and what each leaves in place decides how long the tests take
 * to compile, above all under the sanitizers. */
#define EQ(actual, expected)                                                                       \
    unit_eq((long long)(actual), (long long)(expected), __FILE__, __LINE__, #actual,               \
            #actual " == " #expected)

#define EQ_STR(actual, expected)                                                                   \
    unit_eq_str(actual, expected, __FILE__, __LINE__, #actual, #actual " == " #expected)

#define EQ_MEM(actual, expected, len)                                                              \
    unit_ok(memcmp(actual, expected, len) == 0, __FILE__, __LINE__, #actual " == " #expected)

#define OK(condition) unit_ok((condition) ? 1 : 0, __FILE__, __LINE__, #condition)

#define UNIT_FUNCTION __attribute__((noinline, unused)) static void

UNIT_FUNCTION unit_ok(int holds, const char *file, unsigned line, const char *claim)
{
    CU_assertImplementation(holds, line, claim, file, "", CU_FALSE);
}

UNIT_FUNCTION unit_eq(long long actual, long long expected, const char *file, unsigned line,
                      const char *what, const char *claim)
{
    if (actual != expected)
        fprintf(stderr, "%s:%u: %s is %lld, not %lld\n", file, line, what, actual, expected);
    unit_ok(actual == expected, file, line, claim);
}

UNIT_FUNCTION unit_eq_str(const char *actual, const char *expected, const char *file, unsigned line,
                          const char *what, const char *claim)
{
    int same = strcmp(actual, expected) == 0;

    if (!same)
        fprintf(stderr, "%s:%u: %s is\n  \"%s\", not\n  \"%s\"\n", file, line, what, actual,
                expected);
    unit_ok(same, file, line, claim);
}

#define TEST(function)                                                                             \
    {                                                                                              \
#function, function                                                                        \
    }

/* Exit status: 0 only when at least one test ran and nothing failed, set-up included. */
static inline int unit_run(const char *suite_name, CU_TestInfo *tests)
{
    CU_SuiteInfo suites[] = { { suite_name, NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };
    int ok;

    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
        return 2;
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    ok = CU_get_number_of_tests_run() > 0 && CU_get_number_of_failures() == 0 &&
         CU_get_number_of_suites_failed() == 0;
    CU_cleanup_registry();
    return ok ? 0 : 1;
}

#define UNIT_MAIN(suite_name, ...)                                                                 \
    int main(void)                                                                                 \
    {                                                                                              \
        CU_TestInfo tests[] = { __VA_ARGS__, CU_TEST_INFO_NULL };                                  \
                                                                                                   \
        return unit_run(suite_name, tests);                                                        \
    }

#endif
