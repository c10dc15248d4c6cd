/* The calls of socket scripts: options and other settings. */
#include <string.h>

#include "apps/sock_args.h"
#include "apps/sock_run.h"

static int64_t set(struct process *self, struct sock_run *st, enum sock_option option,
                   uint64_t value)
{
    return sys_setsockopt(self, st->fd, option, (int)value);
}

static int64_t set_named(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    sim_time time = SIM_USEC(op->value);

    if (op->option->form != SOCK_VALUE_SECONDS)
        return sys_setsockopt(self, st->fd, (enum sock_option)op->option->option, (int)op->value);
    return op->option->option == -1 ? sys_set_timeouts(self, st->fd, time, -1)
                                    : sys_set_timeouts(self, st->fd, -1, time);
}

static int64_t get_info(struct process *self, struct sock_run *st,
                        const struct sock_option_name *option)
{
    uint8_t octets[256] = { 0 };
    size_t len = sizeof octets;
    unsigned size, at = sock_info_offset(option, &size);
    uint64_t value = 0; /* in the machine's order, as the struct has it */
    uint32_t word;
    int error = sys_getsockopt_octets(self, st->fd, 6, 11, octets, &len);

    if (error != 0)
        return error;
    if (size == 1) {
        value = octets[at];
    } else if (size == 4) {
        memcpy(&word, octets + at, sizeof word);
        value = word;
    } else {
        memcpy(&value, octets + at, sizeof value);
    }
    strbuf_addf(&st->answer, "%llu", (unsigned long long)value);
    return 0;
}

static int64_t get_named(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    int value = 0, error;
    int64_t pair[2] = { 0, 0 };
    size_t len = sizeof pair;

    switch (op->option->form) {
    case SOCK_VALUE_INFO:
        return get_info(self, st, op->option);
    case SOCK_VALUE_SECONDS:
        error =
            sys_getsockopt_octets(self, st->fd, 1, op->option->option == -1 ? 20 : 21, pair, &len);
        if (error == 0)
            strbuf_addf(&st->answer, "%lld.%06lld", (long long)pair[0], (long long)pair[1]);
        return error;
    case SOCK_VALUE_CONGESTION:
    case SOCK_VALUE_INT:
        break;
    }
    error = sys_getsockopt(self, st->fd, (enum sock_option)op->option->option, &value);
    if (error != 0)
        return error;
    if (op->option->form == SOCK_VALUE_CONGESTION)
        strbuf_adds(&st->answer, value == 0 ? "cubic" : "reno");
    else if (op->option->option == OPT_SO_ERROR && value != 0)
        strbuf_adds(&st->answer, sim_errno_name(value));
    else
        strbuf_addf(&st->answer, "%d", value);
    return 0;
}

int64_t sock_do_settings(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    switch (op->verb) {
    case SOCK_REUSEADDR:
        return set(self, st, OPT_SO_REUSEADDR, op->number);
    case SOCK_REUSEPORT:
        return set(self, st, OPT_SO_REUSEPORT, op->number);
    case SOCK_NODELAY:
        return set(self, st, OPT_TCP_NODELAY, op->number);
    case SOCK_CORK:
        return set(self, st, OPT_TCP_CORK, op->number);
    case SOCK_BROADCAST:
        return set(self, st, OPT_SO_BROADCAST, op->number);
    case SOCK_KEEPALIVE:
        return set(self, st, OPT_SO_KEEPALIVE, op->number);
    case SOCK_NONBLOCK:
    case SOCK_BLOCKING:
        return sys_set_nonblock(self, st->fd, op->verb == SOCK_NONBLOCK);
    case SOCK_LINGER:
        return set(self, st, OPT_SO_LINGER, op->number);
    case SOCK_SNDBUF:
        return set(self, st, OPT_SO_SNDBUF, op->number);
    case SOCK_RCVBUF:
        return set(self, st, OPT_SO_RCVBUF, op->number);
    case SOCK_TIMEOUT:
        return sys_set_timeouts(self, st->fd, op->time, op->time);
    case SOCK_SET:
        return set_named(self, st, op);
    case SOCK_GET:
        return get_named(self, st, op);
    case SOCK_DEVICE:
        return sys_bind_device(self, st->fd, op->text);
    case SOCK_JOIN:
        return sys_join_group(self, st->fd, op->to.addr6, op->text);
    case SOCK_LEAVE:
        return sys_leave_group(self, st->fd, op->to.addr6, op->text);
    case SOCK_USER:
        return sys_setuid(self, (uint32_t)op->number);
    case SOCK_SIGPIPE:
        self->sigpipe = op->number != 0;
        return 0;
    case SOCK_CHARSET:
        st->gb2312 = op->number == 1;
        return 0;
    case SOCK_CHOP:
        st->chop = (uint32_t)op->number;
        return 0;
    default:
        return -SIM_EINVAL;
    }
}
