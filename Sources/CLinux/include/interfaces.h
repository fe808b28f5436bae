#pragma once
#include <stdint.h>

/// ioctl(2) SIOCETHTOOL on interface `name` of at most 15 bytes. `command` is the argument of one of ethtool's commands, in
/// a buffer large enough for what that command writes. Returns 0 or -errno.
int zb_ethtool(int fd, const char *name, void *command);

/// The soft limit of memory the process may pin (RLIMIT_MEMLOCK), in bytes; UINT64_MAX for no limit. In C for the same
/// reason as zb_process_usage.
uint64_t zb_locked_memory_limit(void);
