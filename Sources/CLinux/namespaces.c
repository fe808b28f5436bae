#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <sched.h>

int zb_unshare_network(void) { return unshare(CLONE_NEWNET) < 0 ? -errno : 0; }

int zb_enter_network(int fd) { return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0; }
