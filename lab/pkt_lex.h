/* The words of a packetdrill script. For lab/pkt_*.c alone. */
#ifndef WW_LAB_PKT_LEX_H
#define WW_LAB_PKT_LEX_H

#include "lab/pkt_script.h"

enum pkt_token_kind {
    PKT_T_END,
    PKT_T_WORD,    /* letters, digits and underscores */
    PKT_T_INT,     /* number; a hexadecimal one too */
    PKT_T_FLOAT,   /* number is nanoseconds, text as written */
    PKT_T_STRING,  /* "..." */
    PKT_T_COMMAND, /* `...` */
    PKT_T_CODE,    /* %{ ... }% */
    PKT_T_OPTION,  /* --name: text is name */
    PKT_T_IP,      /* 192.0.2.1, 2001:db8::1, with /len if there */
    PKT_T_DOTS,    /* ... */
    PKT_T_SIGN,    /* one character */
    PKT_T_BAD      /* text says what is wrong */
};

struct pkt_token {
    enum pkt_token_kind kind;
    unsigned line;
    char sign;
    bool glued; /* no blank stands before it */
    int64_t number;
    char *text;
    gsize len; /* of text */
};

/** pkt_lex() - all tokens of @text, PKT_T_END last, in an array of struct pkt_token. A word that
 * @defines has as NAME=VALUE (NULL: none) gives way to the tokens of the value. */
GArray *pkt_lex(const char *text, gsize len, const GPtrArray *defines);
void pkt_tokens_free(GArray *tokens);
/** pkt_preprocess() - @text with the lines blanked that `#ifdef`, `#ifndef`, `#else`, `#endif`
 * leave out, and these lines themselves. NULL with *@fault where they do not fit together. */
char *pkt_preprocess(const char *text, gsize len, const GPtrArray *defines,
                     struct pkt_fault *fault);

#endif
