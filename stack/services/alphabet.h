/*
 * The text of `size: N` pages and of `send N`: a to z again and again. It is constant, so it can be
 * sent with SOCK_MSG_STABLE and is never copied.
 */
#ifndef WW_STACK_SERVICES_ALPHABET_H
#define WW_STACK_SERVICES_ALPHABET_H

#define ALPHABET_LEN 66560 /* octets: 2560 alphabets, more than the largest datagram */

extern const char alphabet[ALPHABET_LEN + 1];

#endif
