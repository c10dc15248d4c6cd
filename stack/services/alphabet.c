#include "stack/services/alphabet.h"

#define TIMES_4(text)  text text text text
#define TIMES_16(text) TIMES_4(TIMES_4(text))
#define TIMES_10(text) TIMES_4(text) TIMES_4(text) text text

const char alphabet[ALPHABET_LEN + 1] = TIMES_16(TIMES_16(TIMES_10("abcdefghijklmnopqrstuvwxyz")));

_Static_assert(sizeof TIMES_16(TIMES_16(TIMES_10("abcdefghijklmnopqrstuvwxyz"))) ==
                   ALPHABET_LEN + 1,
               "as many alphabets as the header says");
