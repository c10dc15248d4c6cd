/* What comes out of a jail, made trustworthy. */
#ifndef WW_LAB_CLASS_ACCEPT_H
#define WW_LAB_CLASS_ACCEPT_H

#include <glib.h>
#include <jansson.h>

/**
 * class_accept() - the result that @text says, as far as it may: @own, of the same shape, is what
 * the parent knows of this submission (its names, its checks with their points). Every text is
 * tamed and cut, every number put into its range. NULL: @text is no such result. A new reference.
 */
json_t *class_accept(const json_t *own, const char *text, size_t len);
/** class_complete() - @own with every field that a result has, where it lacked some. In place. */
void class_complete(json_t *own);

#endif
