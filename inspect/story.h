/*
 * The chapters of a visit: which part of the story "a PC gets a web page" a frame belongs to. Most
 * frames carry a chapter on (an ACK, another hop, another node's ARP); some begin one.
 */
#ifndef WW_INSPECT_STORY_H
#define WW_INSPECT_STORY_H

#include "base/why.h"
#include "inspect/facts.h"

enum chapter {
    CHAPTER_NONE,      /* before the story begins */
    CHAPTER_ADDRESS,   /* DHCP */
    CHAPTER_GATEWAY,   /* ARP for the gateway */
    CHAPTER_NAME,      /* DNS */
    CHAPTER_HANDSHAKE, /* TCP opens */
    CHAPTER_REQUEST,   /* HTTP request */
    CHAPTER_ANSWER,    /* HTTP response */
    CHAPTER_GOODBYE,   /* TCP closes */
    CHAPTER_N
};

struct story { /* zero it before the first frame */
    enum chapter now;
    unsigned seen; /* bit per chapter that has begun */
};

/** story_look() - the chapter of the frame that is sent now for @why, frames in their order. */
enum chapter story_look(struct story *story, const struct facts *facts, enum why_code why);
/** story_title() - of a chapter, in the user's language; "" for CHAPTER_NONE. */
const char *story_title(enum chapter chapter);
/** story_text() - what happens in it, a sentence or two for a beginner. */
const char *story_text(enum chapter chapter);

#endif
