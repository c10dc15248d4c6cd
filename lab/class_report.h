/*
 * What is told of a class. The report is one JSON object that everything else is written from:
 *   exercise title; results [...] (lab/class.h); summary {...}; similarity {...}; isolation [layer]
 * A report is for the teacher; class_for_student() makes the results fit for the student's eyes.
 */
#ifndef WW_LAB_CLASS_REPORT_H
#define WW_LAB_CLASS_REPORT_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/**
 * class_report() - of @results (an array, kept by reference). @forced, or NULL, is an array of the
 * fingerprints that the reference solution has, one for each result: what nobody could avoid.
 * @layers is what jail_layers() says. A new reference.
 */
json_t *class_report(json_t *results, const json_t *forced, unsigned layers);
/**
 * class_for_student() - @result without the checks that the student may not see yet, their points
 * and anything about others: a new reference. Its points are those of what is left.
 */
json_t *class_for_student(const json_t *result);
/** class_for_teacher() - @result with every check shown: a new reference. */
json_t *class_for_teacher(const json_t *result);

/* The forms. Each appends the whole file to @out, the same octets for the same report. */
void class_write_text(const json_t *report, int width, GString *out);
void class_write_json(const json_t *report, GString *out);
void class_write_junit(const json_t *report, GString *out);
void class_write_csv(const json_t *report, GString *out);
/** class_write_html() - one page without any other resource; @lang is "en" or "zh". */
void class_write_html(const json_t *report, const char *lang, GString *out);
/** class_write_gradescope() - results.json of one result. */
void class_write_gradescope(const json_t *result, GString *out);

#endif
