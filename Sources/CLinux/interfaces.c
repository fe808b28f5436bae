#define _GNU_SOURCE
#include "interfaces.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

int zb_ethtool(int fd, const char *name, void *command) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  size_t length = strlen(name);
  if (length == 0 || length >= sizeof request.ifr_name) return -ENODEV;
  memcpy(request.ifr_name, name, length);
  request.ifr_data = command;
  return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

uint64_t zb_locked_memory_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  return limit.rlim_cur;
}
