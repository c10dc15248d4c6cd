#include "base/errnos.h"

const char *sim_errno_name(int number)
{
    switch (number) {
#define X(name, value, text)                                                                       \
    case value:                                                                                    \
        return #name;
        ERRNO_LIST(X)
#undef X
    default:
        return "E?";
    }
}

const char *sim_strerror(int number)
{
    switch (number) {
#define X(name, value, text)                                                                       \
    case value:                                                                                    \
        return text;
        ERRNO_LIST(X)
#undef X
    default:
        return "Unknown error";
    }
}
