/* The engine's assertion: our own bug, never a packet's or a user's. On in release builds too. */
#ifndef WW_BASE_CHECK_H
#define WW_BASE_CHECK_H

#include "base/likely.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (UNLIKELY(!(condition)))                                                                \
            check_failed(#condition, __FILE__, __LINE__);                                          \
    } while (0)

/** check_failed() - print what was wrong to stderr and abort. */
_Noreturn void check_failed(const char *condition, const char *file, int line);

#endif
