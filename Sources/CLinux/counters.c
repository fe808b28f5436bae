#define _GNU_SOURCE
#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int zb_open_counter(const struct zb_counter_event *event, int cpu) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.type = event->type;
  attributes.config = event->config;
  attributes.config1 = event->config1;
  attributes.config2 = event->config2;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  // Counters of a machine's uncore know no processes and no privilege levels: drivers refuse every filter of that kind.
  long fd = syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  return fd < 0 ? -errno : (int)fd;
}

int zb_read_counter(int fd, struct zb_counter_value *value) {
  ssize_t size = read(fd, value, sizeof *value);
  if (size < 0) return -errno;
  return size == (ssize_t)sizeof *value ? 0 : -ENODATA;
}
