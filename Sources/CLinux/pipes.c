#define _GNU_SOURCE
#include "pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>

int zb_resize_pipe(int fd, int bytes) {
  int size = fcntl(fd, F_SETPIPE_SZ, bytes);
  return size < 0 ? -errno : size;
}

int64_t zb_lend_pages(int pipe, const void *data, size_t count) {
  struct iovec piece = {.iov_base = (void *)data, .iov_len = count};
  ssize_t taken = vmsplice(pipe, &piece, 1, SPLICE_F_NONBLOCK);
  return taken < 0 ? -errno : taken;
}

int64_t zb_splice(int pipe, int socket, size_t count) {
  ssize_t taken = splice(pipe, NULL, socket, NULL, count, 0);
  return taken < 0 ? -errno : taken;
}

int64_t zb_tee(int from, int to, size_t count) {
  ssize_t taken = tee(from, to, count, SPLICE_F_NONBLOCK);
  return taken < 0 ? -errno : taken;
}
