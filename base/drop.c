#include "base/drop.h"

#include <stddef.h>

#include "base/check.h"

static const struct {
    const char *name, *sentence;
} reasons[DROP_N_REASONS] = {
#define X(name, word, sentence) { word, sentence },
    DROP_LIST(X)
#undef X
};

const char *drop_name(enum drop_reason reason)
{
    CHECK((unsigned)reason < DROP_N_REASONS);
    return reasons[reason].name;
}

const char *drop_sentence(enum drop_reason reason, bool v6)
{
    static const char *const of_v6[DROP_N_REASONS] = {
#define X(name, version, sentence) [DROP_##name] = sentence,
        DROP6_LIST(X)
#undef X
    };

    CHECK((unsigned)reason < DROP_N_REASONS);
    return v6 && of_v6[reason] != NULL ? of_v6[reason] : reasons[reason].sentence;
}
