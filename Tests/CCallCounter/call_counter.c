#include "CCallCounter.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local uint64_t calls;

uint64_t metering_calls_of_this_thread(void) { return calls; }

#if ZB_SANITIZED
// A sanitizer's own functions must stay in their place.
bool metering_calls_are_counted(void) { return false; }
#else
bool metering_calls_are_counted(void) { return true; }

// An executable's own functions take the place of the C library's, in itself and in every library it loads. These count
// and go on to the kernel; what the C library calls inside itself is not counted.

int open(const char *path, int flags, ...) {
  calls++;
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t read(int fd, void *buffer, size_t count) {
  calls++;
  return syscall(SYS_read, fd, buffer, count);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *size) {
  calls++;
  return (int)syscall(SYS_getsockopt, fd, level, option, value, size);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  calls++;
  return syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  calls++;
  return syscall(SYS_recvmsg, fd, message, flags);
}
#endif
