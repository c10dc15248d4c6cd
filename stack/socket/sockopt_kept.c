/* Options that are kept in sock_extra: who sets one may ask for it again, and some change what the
 * protocol does. What Linux takes and gives was recorded on 6.18. */
#include "stack/socket/fd.h"
#include "stack/socket/syscall.h"
#include "stack/transport/tcp.h"

enum kept_form {
    KEPT_SWITCH, /* any number is on but 0 */
    KEPT_NUMBER,
    KEPT_LOCK, /* a switch that cannot be switched off */
};

/* In the order of enum sock_option from SOCK_KEPT_FIRST on. */
static const struct kept_option {
    enum kept_form form;
    int min, max;
    int initial;
    bool of_ip, of_root;
} kept_options[SOCK_N_KEPT] = {
    [OPT_SO_DEBUG - SOCK_KEPT_FIRST] = { .form = KEPT_SWITCH, .of_root = true },
    [OPT_SO_LOCK_FILTER - SOCK_KEPT_FIRST] = { .form = KEPT_LOCK },
    [OPT_SO_SELECT_ERR_QUEUE - SOCK_KEPT_FIRST] = { .form = KEPT_SWITCH },
    [OPT_SO_BUSY_POLL -
        SOCK_KEPT_FIRST] = { .form = KEPT_NUMBER, .max = INT32_MAX, .of_root = true },
    [OPT_SO_PREFER_BUSY_POLL - SOCK_KEPT_FIRST] = { .form = KEPT_SWITCH, .of_root = true },
    [OPT_SO_INCOMING_CPU - SOCK_KEPT_FIRST] = { .form = KEPT_NUMBER,
                                                .min = INT32_MIN,
                                                .max = INT32_MAX,
                                                .initial = -1 },
    [OPT_IP_TRANSPARENT -
        SOCK_KEPT_FIRST] = { .form = KEPT_SWITCH, .of_ip = true, .of_root = true },
    [OPT_IP_MINTTL - SOCK_KEPT_FIRST] = { .form = KEPT_NUMBER, .max = 255, .of_ip = true },
    [OPT_IP_BIND_ADDRESS_NO_PORT - SOCK_KEPT_FIRST] = { .form = KEPT_SWITCH, .of_ip = true },
};

static const struct kept_option *find(const struct fd *fd, enum sock_option option)
{
    const struct kept_option *kept;

    if (option < SOCK_KEPT_FIRST || option >= SOCK_KEPT_FIRST + SOCK_N_KEPT)
        return NULL;
    kept = &kept_options[option - SOCK_KEPT_FIRST];
    return kept->of_ip && !fd_is_inet(fd) ? NULL : kept;
}

int sockopt_kept_set(struct fd *fd, enum sock_option option, int value, bool root)
{
    const struct kept_option *kept = find(fd, option);
    int *number;

    if (kept == NULL)
        return 1;
    if (kept->of_root && !root && value != 0)
        return -SIM_EPERM;
    if (kept->form == KEPT_NUMBER && (value < kept->min || value > kept->max))
        return -SIM_EINVAL;
    number = &sock_extra(fd->sock)->kept[option - SOCK_KEPT_FIRST];
    if (kept->form == KEPT_LOCK && *number != 0 && value == 0)
        return -SIM_EPERM;
    *number =
        kept->form == KEPT_NUMBER ? (int)((unsigned)value - (unsigned)kept->initial) : value != 0;
    return 0;
}

/* The processor that took the last packet: there is one. */
static bool has_received(const struct sock *sock)
{
    enum tcp_state state;

    if (sock->ops != &tcp_ops)
        return false;
    state = tcp_state_of(sock);
    return state != TCP_CLOSED && state != TCP_LISTEN && state != TCP_SYN_SENT;
}

int sockopt_kept_get(const struct fd *fd, enum sock_option option, int *value)
{
    const struct kept_option *kept = find(fd, option);

    if (kept == NULL)
        return 1;
    *value = (int)((unsigned)sock_kept(fd->sock, option) + (unsigned)kept->initial);
    if (option == OPT_SO_INCOMING_CPU && *value == -1 && has_received(fd->sock))
        *value = 0;
    return 0;
}
