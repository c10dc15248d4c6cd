#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"

static void reserve(struct strbuf *buf, size_t more)
{
    size_t need = buf->len + more + 1;

    if (need <= buf->size)
        return;
    buf->size = need < 2 * buf->size ? 2 * buf->size : need < 64 ? 64 : need;
    buf->text = mem_realloc(buf->text, buf->size, 1);
}

void strbuf_add(struct strbuf *buf, const void *octets, size_t len)
{
    reserve(buf, len);
    if (len != 0)
        memcpy(buf->text + buf->len, octets, len);
    buf->len += len;
    buf->text[buf->len] = '\0';
}

void strbuf_adds(struct strbuf *buf, const char *text)
{
    strbuf_add(buf, text, strlen(text));
}

void strbuf_addc(struct strbuf *buf, char c)
{
    strbuf_add(buf, &c, 1);
}

void strbuf_vaddf(struct strbuf *buf, const char *format, va_list args)
{
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    CHECK(len >= 0);
    reserve(buf, (size_t)len);
    vsnprintf(buf->text + buf->len, (size_t)len + 1, format, again);
    va_end(again);
    buf->len += (size_t)len;
}

void strbuf_addf(struct strbuf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    strbuf_vaddf(buf, format, args);
    va_end(args);
}

const char *strbuf_text(const struct strbuf *buf)
{
    return buf->text == NULL ? "" : buf->text;
}

void strbuf_truncate(struct strbuf *buf, size_t len)
{
    CHECK(len <= buf->len);
    if (buf->text != NULL) {
        buf->len = len;
        buf->text[len] = '\0';
    }
}

void strbuf_fini(struct strbuf *buf)
{
    free(buf->text);
    *buf = STRBUF_INIT;
}
