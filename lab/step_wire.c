#include "lab/step_wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define TEXT_MAX (64u << 20) /* more than that is a broken stream */

/* Room for one descriptor, aligned as CMSG_ macros want it. */
union control {
    struct cmsghdr header;
    char octets[CMSG_SPACE(sizeof(int))];
};

static bool send_head(int to, const struct step_message *message, int fd)
{
    struct iovec head = { .iov_base = (void *)message, .iov_len = sizeof *message };
    union control control;
    struct msghdr msg = { .msg_iov = &head, .msg_iovlen = 1 };
    ssize_t n;

    memset(&control, 0, sizeof control);
    if (fd >= 0) {
        struct cmsghdr *cmsg;

        msg.msg_control = control.octets;
        msg.msg_controllen = sizeof control.octets;
        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(cmsg), &fd, sizeof fd);
    }
    do
        n = sendmsg(to, &msg, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *message;
}

static bool send_all(int to, const char *octets, size_t len)
{
    while (len > 0) {
        ssize_t n = send(to, octets, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        octets += n;
        len -= (size_t)n;
    }
    return true;
}

bool step_wire_send(int fd_to, struct step_message *message, const char *text, int fd)
{
    message->len = text != NULL ? (uint32_t)strlen(text) : 0;
    return send_head(fd_to, message, fd) && send_all(fd_to, text, message->len);
}

static bool receive_all(int from, char *octets, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(from, octets, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        octets += n;
        len -= (size_t)n;
    }
    return true;
}

static int descriptor_of(struct msghdr *msg)
{
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
    int fd = -1;

    if (cmsg != NULL && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(cmsg), sizeof fd);
    return fd;
}

bool step_wire_receive(int fd_from, struct step_message *message, GString *text, int *fd)
{
    struct iovec head = { .iov_base = message, .iov_len = sizeof *message };
    union control control;
    struct msghdr msg = { .msg_iov = &head,
                          .msg_iovlen = 1,
                          .msg_control = control.octets,
                          .msg_controllen = sizeof control.octets };
    int got;
    ssize_t n;

    memset(&control, 0, sizeof control);
    do
        n = recvmsg(fd_from, &msg, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    got = descriptor_of(&msg);
    if (fd != NULL)
        *fd = got;
    else if (got >= 0)
        close(got);
    if (!receive_all(fd_from, (char *)message + n, sizeof *message - (size_t)n) ||
        message->len > TEXT_MAX)
        return false;
    if (text == NULL) {
        g_autofree char *unwanted = g_malloc(message->len + 1);

        return receive_all(fd_from, unwanted, message->len);
    }
    g_string_set_size(text, message->len);
    return receive_all(fd_from, text->str, message->len);
}
