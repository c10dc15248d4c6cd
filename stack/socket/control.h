/* Control messages of sendmsg() and recvmsg(), as Linux's ABI has them: octets of this machine's
 * order. */
#ifndef WW_STACK_SOCKET_CONTROL_H
#define WW_STACK_SOCKET_CONTROL_H

#include "stack/socket/syscall.h"

#define SYS_CMSG_DATA_MAX 64
#define SYS_CMSGS_MAX     8

/* struct cmsghdr and what is behind it. */
struct sys_cmsg {
    int level, type;
    size_t len; /* of data[] */
    uint8_t data[SYS_CMSG_DATA_MAX];
};

/** sys_cmsg_space() - CMSG_SPACE: octets that one with @len octets of data takes. */
size_t sys_cmsg_space(size_t len);
/** sys_recv_control() - what recvmsg() on @fd, which has filled in @message, has beside the octets:
 * as many of @cmsgs as @room octets hold. Their number; *@flags gets MSG_TRUNC, MSG_CTRUNC,
 * MSG_ERRQUEUE. */
unsigned sys_recv_control(struct process *self, int fd, const struct sock_recv *message,
                          size_t room, struct sys_cmsg cmsgs[static SYS_CMSGS_MAX],
                          unsigned *flags);
/** sys_send_control() - @n control messages of sendmsg() on @fd as *@control. 0 or
 * -errno. */
int sys_send_control(struct process *self, int fd, const struct sys_cmsg *cmsgs, unsigned n,
                     struct sock_control *control);

#endif
