/* What nearly always is so, on the path of every frame: the compiler keeps that path straight. */
#ifndef WW_BASE_LIKELY_H
#define WW_BASE_LIKELY_H

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
/* Before a function that is seldom called: it stays out of who calls it, who then needs no place
   for its registers. */
#define SELDOM __attribute__((noinline, cold))
/* The same for one that may be called often, but not where speed counts. */
#define APART __attribute__((noinline))

/* From here on the compiler reads the variable @place from memory again: a comparison with what is
   there is one instruction then, where one that has been read before must be kept. */
#define READ_AGAIN(place) __asm__("" : "+m"(place))
/* From here on it knows nothing of the variable @value: a product with one that it knows becomes
 * shifts and additions, however many. */
#define UNKNOWN(value) __asm__("" : "+r"(value))

#endif
