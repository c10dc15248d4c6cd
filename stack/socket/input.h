/* Standard input of processes: octets that somebody puts in, in order, and their end. A pipe, a
 * file given with `<`. */
#ifndef WW_STACK_SOCKET_INPUT_H
#define WW_STACK_SOCKET_INPUT_H

#include "base/strbuf.h"
#include "stack/socket/process.h"

/** input_new() - empty, one reference. */
struct input *input_new(void);
struct input *input_ref(struct input *input);
void input_unref(struct input *input);
/** input_put() - more octets. False: nobody will ever read them. */
bool input_put(struct input *input, const void *octets, size_t len);
/** input_end() - no more come; a second time does nothing. */
void input_end(struct input *input);
bool input_ended(const struct input *input);
/** input_add_writer() / input_drop_writer() - who may put octets in, with a reference; when the
 * last one is dropped, no more come. */
struct input *input_add_writer(struct input *input);
void input_drop_writer(struct input *input);
/** input_watch() - wake @process, or nobody, when no more come. */
void input_watch(struct input *input, struct process *process);
/** input_give() - @process reads from it from now on; it takes a reference of its own, and others
 * that it had go. */
void input_give(struct process *process, struct input *input);
/** input_ready() - whether a read would not wait. */
bool input_ready(const struct input *input);
/** input_read() - octets; 0 at the end; -SIM_EAGAIN when there may be more later. */
int64_t input_read(struct input *input, void *octets, size_t size);
/** input_close() - @process is over or has closed its standard input. */
void input_close(struct process *process);

#endif
