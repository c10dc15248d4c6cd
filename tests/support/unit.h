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

/* Compare two integers; a mismatch prints both. */
#define EQ(actual, expected)                                                                       \
    do {                                                                                           \
        long long unit_a = (long long)(actual), unit_e = (long long)(expected);                    \
        if (unit_a != unit_e)                                                                      \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, unit_a,  \
                    unit_e);                                                                       \
        CU_assertImplementation(unit_a == unit_e, __LINE__, #actual " == " #expected, __FILE__,    \
                                "", CU_FALSE);                                                     \
    } while (0)

#define EQ_STR(actual, expected)                                                                   \
    do {                                                                                           \
        const char *unit_a = (actual), *unit_e = (expected);                                       \
        int unit_same = strcmp(unit_a, unit_e) == 0;                                               \
        if (!unit_same)                                                                            \
            fprintf(stderr, "%s:%d: %s is\n  \"%s\", not\n  \"%s\"\n", __FILE__, __LINE__,         \
                    #actual, unit_a, unit_e);                                                      \
        CU_assertImplementation(unit_same, __LINE__, #actual " == " #expected, __FILE__, "",       \
                                CU_FALSE);                                                         \
    } while (0)

#define EQ_MEM(actual, expected, len)                                                              \
    CU_assertImplementation(memcmp(actual, expected, len) == 0, __LINE__,                          \
                            #actual " == " #expected, __FILE__, "", CU_FALSE)

#define OK(condition)                                                                              \
    CU_assertImplementation((condition) ? CU_TRUE : CU_FALSE, __LINE__, #condition, __FILE__, "",  \
                            CU_FALSE)

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
