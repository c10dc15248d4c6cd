/* What nearly always is so, on the path of every frame: the compiler keeps that path straight. */
#ifndef WW_BASE_LIKELY_H
#define WW_BASE_LIKELY_H

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#endif
