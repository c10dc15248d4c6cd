/* What curl does with a response: its head, its body, and where they go. */
#include <stdlib.h>
#include <string.h>

#include "apps/curl.h"
#include "base/memory.h"

/* ---- files ---- */

static char *absolute(const struct curl *curl, const char *file)
{
    struct strbuf path = STRBUF_INIT;

    process_path(curl->self, file, &path);
    return path.text;
}

bool curl_choose_output(struct curl *curl)
{
    const struct curl_options *o = &curl->options;
    const struct curl_output *output = curl->index < o->n_outputs ? &o->outputs[curl->index] : NULL;

    free(curl->file);
    curl->file = NULL;
    curl->file_begun = curl->discard = false;
    if (output != NULL && output->remote_name) {
        char *name = url_file_name(&curl->url);
        bool any = *name != '\0';

        if (any)
            curl->file = absolute(curl, name);
        free(name);
        if (!any) {
            curl_fail(curl, CURL_WRITE_ERROR, "Failed writing received data to disk/application");
            return false;
        }
    } else if (output != NULL && strcmp(output->file, "-") != 0) {
        curl->file = absolute(curl, output->file);
    }
    curl->numbers.file_name = output == NULL || curl->file == NULL ? NULL
                              : output->remote_name                ? strrchr(curl->file, '/') + 1
                                                                   : output->file;
    curl->discard = curl->file != NULL && strcmp(curl->file, "/dev/null") == 0;
    curl->to_terminal = curl->file == NULL && !curl->self->stdout_is_file;
    return true;
}

static bool can_be_written(const char *file)
{
    return file[strlen(file) - 1] != '/' &&
           (strncmp(file, "/dev/", 5) != 0 || strcmp(file, "/dev/null") == 0);
}

bool curl_write(struct curl *curl, const char *octets, size_t len)
{
    if (curl->file == NULL) {
        process_write(curl->self, 1, octets, len);
        return true;
    }
    if (curl->discard)
        return true;
    if (!can_be_written(curl->file)) {
        curl_fail(curl, CURL_WRITE_ERROR, "Failure writing output to destination");
        return false;
    }
    os_file_write(curl->self->os, curl->file, octets, len, curl->file_begun);
    curl->file_begun = true;
    return true;
}

void curl_finish_output(struct curl *curl)
{
    if (curl->file != NULL && !curl->file_begun)
        (void)curl_write(curl, "", 0);
}

/* -D FILE. */
static void dump(struct curl *curl, const char *octets, size_t len)
{
    const char *name = curl->options.dump_header;

    if (name == NULL)
        return;
    if (strcmp(name, "-") == 0) {
        process_write(curl->self, 1, octets, len);
    } else {
        char *path = absolute(curl, name);

        if (strcmp(path, "/dev/null") != 0)
            os_file_write(curl->self->os, path, octets, len, curl->dump_begun);
        curl->dump_begun = true;
        free(path);
    }
}

/* ---- the response ---- */

static void show_head(struct curl *curl, const char *at, size_t len)
{
    const char *end = at + len;

    while (curl->options.verbose && at < end) {
        const char *line_end = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;

        process_errorf(curl->self, "< %.*s", (int)(line_end - at), at);
        at = line_end;
    }
}

static void keep_text(char *to, size_t size, struct http_span from)
{
    size_t len = from.len < size - 1 ? from.len : size - 1;

    memcpy(to, from.at, len);
    to[len] = '\0';
}

static void keep_fields(struct curl *curl, const struct http_response *response)
{
    struct http_span value;
    struct http_field field;
    size_t at = 0;

    curl->numbers.status = response->status;
    curl->numbers.http_minor = response->minor;
    curl->numbers.num_headers = 0;
    while (http_field_next(&response->fields, &at, &field))
        curl->numbers.num_headers++;
    curl->numbers.content_type[0] = '\0';
    if (http_field_find(&response->fields, "Content-Type", &value))
        keep_text(curl->numbers.content_type, sizeof curl->numbers.content_type, value);
    free(curl->location);
    curl->location = NULL;
    if (response->status >= 300 && response->status < 400 &&
        http_field_find(&response->fields, "Location", &value)) {
        curl->location = mem_alloc(value.len + 1);
        keep_text(curl->location, value.len + 1, value);
    }
}

static bool head_came(void *ctx, const struct http_response *response, const char *octets,
                      size_t len)
{
    struct curl *curl = ctx;
    struct http_body body =
        http_response_body(response, (struct http_span){ curl->method, strlen(curl->method) });

    keep_fields(curl, response);
    if (curl->options.fail && response->status >= 400) {
        size_t lines = response->head_len - (octets[len - 2] == '\r' ? 2 : 1);

        curl->numbers.size_header += lines;
        show_head(curl, octets, lines);
        dump(curl, octets, lines);
        curl_fail(curl, CURL_HTTP_RETURNED_ERROR, "The requested URL returned error: %u",
                  response->status);
        return false;
    }
    curl->numbers.size_header += len;
    show_head(curl, octets, len);
    dump(curl, octets, len);
    curl->length_known = body.kind == HTTP_BODY_LENGTH;
    curl->length = body.len;
    curl->meter.size_known = curl->length_known && body.len > 0;
    curl->meter.size = body.len;
    curl->ignore_body = curl->options.location && curl->location != NULL;
    if (curl->ignore_body && body.kind != HTTP_BODY_NONE && !(curl->length_known && body.len == 0))
        curl_say(curl, "Ignoring the response-body");
    return !(curl->options.include || curl->options.head) || curl_write(curl, octets, len);
}

static void body_arrived(void *ctx, size_t len)
{
    struct curl *curl = ctx;

    if (curl->options.verbose && !curl->data_noted && !curl->to_terminal)
        process_errorf(curl->self, "{ [%zu bytes data]\n", len);
    curl->data_noted = true;
}

static bool data_came(void *ctx, const char *octets, size_t len)
{
    struct curl *curl = ctx;

    curl->received += len;
    curl->meter.downloaded = curl->received;
    curl_meter_update(&curl->meter, curl->self);
    if (curl->ignore_body)
        return true;
    curl->numbers.size_download += len;
    return curl_write(curl, octets, len);
}

static void ticked(void *ctx)
{
    struct curl *curl = ctx;

    curl_meter_update(&curl->meter, curl->self);
}

const struct http_client_ops curl_response_ops = {
    .head = head_came, .arrived = body_arrived, .data = data_came, .tick = ticked
};
