/*
 * Coroutines without stacks, so that simulated programs read from top to bottom and still run
 * anywhere. A coroutine is a function called again and again until it says CO_DONE; between calls
 * only its struct lives (locals do not survive a CO_ macro that may return). CO_BEGIN and CO_END
 * enclose the whole body; no switch may enclose a CO_ macro.
 */
#ifndef WW_STACK_SOCKET_COROUTINE_H
#define WW_STACK_SOCKET_COROUTINE_H

struct coroutine {
    int at; /* line to go on from; 0: from the start */
};

enum co_status { CO_WAIT, CO_DONE };

/* A call that cannot finish yet returns this; the process is woken when it is worth calling again
   with the same arguments. Not an errno: non-blocking sockets get -SIM_EAGAIN instead. */
#define SYS_BLOCKED (-100000)

#if defined(__GNUC__) || defined(__clang__)
#define CO_FALLTHROUGH __attribute__((fallthrough))
#else
#define CO_FALLTHROUGH ((void)0)
#endif

#define CO_BEGIN(co)                                                                               \
    switch ((co)->at) {                                                                            \
    case 0:
/* Ends the coroutine; calling it again starts it anew. */
#define CO_END(co)                                                                                 \
    }                                                                                              \
    (co)->at = 0;                                                                                  \
    return CO_DONE
#define CO_RETURN(co)                                                                              \
    do {                                                                                           \
        (co)->at = 0;                                                                              \
        return CO_DONE;                                                                            \
    } while (0)
/* Wait until @condition holds; something else must wake the process. */
#define CO_AWAIT(co, condition)                                                                    \
    do {                                                                                           \
        (co)->at = __LINE__;                                                                       \
        CO_FALLTHROUGH;                                                                            \
    case __LINE__:                                                                                 \
        if (!(condition))                                                                          \
            return CO_WAIT;                                                                        \
    } while (0)
/* @result = @call, waiting while the call is blocked. @result must live in the coroutine's struct
 * or not be needed later. */
#define CO_CALL(co, result, call)                                                                  \
    do {                                                                                           \
        (co)->at = __LINE__;                                                                       \
        CO_FALLTHROUGH;                                                                            \
    case __LINE__:                                                                                 \
        (result) = (call);                                                                         \
        if ((result) == SYS_BLOCKED)                                                               \
            return CO_WAIT;                                                                        \
    } while (0)
/* Run another coroutine (a function returning enum co_status) to its end. */
#define CO_RUN(co, call) CO_AWAIT(co, (call) == CO_DONE)

#endif
