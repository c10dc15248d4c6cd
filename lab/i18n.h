/* Translation of what the user reads. The catalogue's name is given with every call, so that a library needs no set-up. */
#ifndef WW_LAB_I18N_H
#define WW_LAB_I18N_H

#include <libintl.h>

#define _(text)            dgettext("wirewalk", text)
#define N_(text)           (text)
#define NN_(one, other, n) dngettext("wirewalk", one, other, n)

#endif
