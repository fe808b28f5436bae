#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int64_t zb_read_file(const char *path, void *buffer, size_t capacity) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  size_t length = 0;
  while (length < capacity) {
    ssize_t count = read(fd, (char *)buffer + length, capacity - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      int error = errno;
      close(fd);
      return -error;
    }
    if (count == 0) break;
    length += (size_t)count;
  }
  close(fd);
  return (int64_t)length;
}

int zb_read_number(const char *path, int64_t *number) {
  char text[32];
  int64_t length = zb_read_file(path, text, sizeof text - 1);
  if (length < 0) return (int)length;
  text[length] = '\0';
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (end == text || errno != 0 || (*end != '\0' && *end != '\n')) return -EINVAL;
  *number = value;
  return 0;
}
