/* Hash tables by record id, packed into the key's pointer. */
#ifndef WW_INSPECT_RECORD_IDS_H
#define WW_INSPECT_RECORD_IDS_H

#include <glib.h>
#include <stdint.h>

/* GLib's own hash of a pointer takes its low half, and there the ids of two nodes are alike. */
static inline guint record_id_hash(gconstpointer key)
{
    return (guint)((uint64_t)GPOINTER_TO_SIZE(key) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static inline gpointer record_id_key(uint64_t id)
{
    return GSIZE_TO_POINTER((gsize)id);
}

#endif
