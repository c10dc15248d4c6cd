#include "base/why.h"

#include "base/check.h"

static const struct {
    const char *name, *sentence;
} reasons[WHY_N_CODES] = {
#define X(name, word, sentence) { word, sentence },
    WHY_LIST(X)
#undef X
};

const char *why_name(enum why_code code)
{
    CHECK((unsigned)code < WHY_N_CODES);
    return reasons[code].name;
}

const char *why_sentence(enum why_code code)
{
    CHECK((unsigned)code < WHY_N_CODES);
    return reasons[code].sentence;
}
