#define _GNU_SOURCE
#include "transmit.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>
#include <linux/errqueue.h>
#include <string.h>
#include <sys/socket.h>

int zb_allow_zero_copy(int fd) {
  int on = 1;
  return setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on) < 0 ? -errno : 0;
}

int64_t zb_send_zero_copy(int fd, const void *data, size_t count) {
  ssize_t taken = send(fd, data, count, MSG_ZEROCOPY | MSG_NOSIGNAL);
  return taken < 0 ? -errno : taken;
}

static int is_error(const struct cmsghdr *part) {
  return (part->cmsg_level == SOL_IP && part->cmsg_type == IP_RECVERR) ||
         (part->cmsg_level == SOL_IPV6 && part->cmsg_type == IPV6_RECVERR);
}

int zb_take_send_notification(int fd, struct zb_send_notification *notification) {
  _Alignas(struct cmsghdr) char control[256];
  struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return errno == EAGAIN ? 0 : -errno;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
    if (!is_error(part)) continue;
    struct sock_extended_err error;
    memcpy(&error, CMSG_DATA(part), sizeof error);
    if (error.ee_origin != SO_EE_ORIGIN_ZEROCOPY || error.ee_errno != 0) continue;
    *notification = (struct zb_send_notification){
        .first = error.ee_info, .last = error.ee_data, .copied = (error.ee_code & SO_EE_CODE_ZEROCOPY_COPIED) != 0};
    return 1;
  }
  return 2;
}
