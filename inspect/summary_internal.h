/* What the files of summaries share. */
#ifndef WW_INSPECT_SUMMARY_INTERNAL_H
#define WW_INSPECT_SUMMARY_INTERNAL_H

#include "inspect/summary.h"

/** summary_label6() - of an IPv6 packet that is neither TCP nor UDP nor an application's. */
void summary_label6(GString *out, const struct facts *facts, enum render_lang lang);
void summary_addresses6(GString *out, const struct facts *facts);
void summary_detail6(GString *out, const struct facts *facts, enum render_lang lang);

#endif
