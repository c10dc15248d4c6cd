/* Growing text, for what simulated programs print and for descriptions. Never on the path of a
 * frame. */
#ifndef WW_BASE_STRBUF_H
#define WW_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
    char *text; /* NUL-terminated once anything was added; NULL before */
    size_t len; /* octets without the NUL */
    size_t size;
};

#define STRBUF_INIT ((struct strbuf){ NULL, 0, 0 })

#if defined(__GNUC__)
#define STRBUF_PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#else
#define STRBUF_PRINTF_LIKE(f, a)
#endif

void strbuf_addf(struct strbuf *buf, const char *format, ...) STRBUF_PRINTF_LIKE(2, 3);
void strbuf_vaddf(struct strbuf *buf, const char *format, va_list args);
void strbuf_add(struct strbuf *buf, const void *octets, size_t len);
void strbuf_adds(struct strbuf *buf, const char *text);
void strbuf_addc(struct strbuf *buf, char c);
/** strbuf_text() - the text, "" when nothing was added; valid until the next change. */
const char *strbuf_text(const struct strbuf *buf);
/** strbuf_truncate() - shorten to @len octets. */
void strbuf_truncate(struct strbuf *buf, size_t len);
void strbuf_fini(struct strbuf *buf);

#endif
