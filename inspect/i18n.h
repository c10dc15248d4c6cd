/*
 * Translation of what the user reads: English is the message id, the catalogue "wirewalk" has the
 * others. The catalogue's name is given with every call, so that a library needs no set-up. JSON
 * keys, names of reasons, host names and what simulated commands print stay English.
 */
#ifndef WW_INSPECT_I18N_H
#define WW_INSPECT_I18N_H

#include <libintl.h>

#define _(text)            dgettext("wirewalk", text)
#define N_(text)           (text)
#define NN_(one, other, n) dngettext("wirewalk", one, other, n)

/**
 * i18n_init() - choose the language: "en", "zh" or a longer name that begins so ("zh_CN.UTF-8");
 * NULL takes it from the environment. Works without any locale installed. Numbers keep their
 * decimal point. Returns "en" or "zh". May be called again to change the language; from one thread,
 * while no other translates.
 */
const char *i18n_init(const char *lang);
/** i18n_known() - whether i18n_init() has a catalogue for @lang. */
int i18n_known(const char *lang);

/** i18n_language() - what i18n_init() chose: "en" or "zh". */
const char *i18n_language(void);

#endif
