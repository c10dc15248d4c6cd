#include "stack/socket/input.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct input {
    unsigned refs;
    struct strbuf octets;
    size_t at; /* those before it have been read */
    bool ended;
    unsigned n_writers, n_readers;
    bool had_reader;
    struct os *os; /* of the readers */
    struct process *watcher;
};

struct input *input_new(void)
{
    struct input *input = mem_zalloc(sizeof *input);

    input->refs = 1;
    return input;
}

struct input *input_ref(struct input *input)
{
    if (input != NULL)
        input->refs++;
    return input;
}

void input_unref(struct input *input)
{
    if (input == NULL || --input->refs > 0)
        return;
    strbuf_fini(&input->octets);
    free(input);
}

static void wake_readers(struct input *input)
{
    if (input->n_readers == 0)
        return;
    for (struct list *at = input->os->processes.next; at != &input->os->processes; at = at->next) {
        struct process *process = CONTAINER_OF(at, struct process, link);

        if (process->input == input)
            process_wake(process);
    }
}

bool input_put(struct input *input, const void *octets, size_t len)
{
    if (input->had_reader && input->n_readers == 0)
        return false;
    strbuf_add(&input->octets, octets, len);
    wake_readers(input);
    return true;
}

void input_end(struct input *input)
{
    if (input->ended)
        return;
    input->ended = true;
    wake_readers(input);
    if (input->watcher != NULL)
        process_wake(input->watcher);
}

bool input_ended(const struct input *input)
{
    return input->ended;
}

struct input *input_add_writer(struct input *input)
{
    if (input != NULL)
        input->n_writers++;
    return input_ref(input);
}

void input_drop_writer(struct input *input)
{
    if (input == NULL)
        return;
    if (--input->n_writers == 0)
        input_end(input);
    input_unref(input);
}

void input_watch(struct input *input, struct process *process)
{
    input->watcher = process;
}

void input_give(struct process *process, struct input *input)
{
    input_close(process);
    if (input == NULL)
        return;
    process->input = input_ref(input);
    input->n_readers++;
    input->had_reader = true;
    input->os = process->os;
}

bool input_ready(const struct input *input)
{
    return input == NULL || input->ended || input->at < input->octets.len;
}

int64_t input_read(struct input *input, void *octets, size_t size)
{
    size_t left = input == NULL ? 0 : input->octets.len - input->at;

    if (left == 0)
        return input_ready(input) ? 0 : -SIM_EAGAIN;
    if (size > left)
        size = left;
    memcpy(octets, input->octets.text + input->at, size);
    input->at += size;
    if (input->at == input->octets.len) {
        strbuf_truncate(&input->octets, 0);
        input->at = 0;
    }
    return (int64_t)size;
}

void input_close(struct process *process)
{
    struct input *input = process->input;

    if (input == NULL)
        return;
    process->input = NULL;
    input->n_readers--;
    input_unref(input);
}
