/*
 * Which submissions of a class resemble each other more than the exercise makes them: a reason for
 * the teacher to look, and never a proof.
 *
 * Compared are the fingerprints of results: edits, answers, commands and runs of three commands,
 * each as written and with the student's own numbers (the variant's) replaced by their names.
 * A trait that D of N submissions share weighs log2(N/D), so that what everybody does weighs
 * nothing and a rare slip much; what the reference solution has too weighs nothing. Two submissions
 * are similar when what they share weighs at least SIMILAR_WEIGHT_MIN and is at least half of all
 * that either has; clusters are what similar pairs hold together.
 */
#ifndef WW_LAB_SIMILAR_H
#define WW_LAB_SIMILAR_H

#include <jansson.h>

#define SIMILAR_WEIGHT_MIN   6  /* bits */
#define SIMILAR_EVIDENCE_MAX 12 /* traits shown of a cluster, the heaviest */

/**
 * similar_find() - {"clusters": [{"members": [name], "percent": N, "evidence": [{"kind", "text",
 * "members", "submissions"}]}]}, heaviest first. @forced: an array of fingerprints, one for each
 * result, or NULL. A new reference.
 */
json_t *similar_find(const json_t *results, const json_t *forced);

#endif
