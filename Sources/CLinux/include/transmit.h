#pragma once
#include <stddef.h>
#include <stdint.h>

/// SO_ZEROCOPY (socket(7), Linux 4.14): lets send() take MSG_ZEROCOPY. Returns 0 or -errno.
int zb_allow_zero_copy(int fd);

/// send(2) with MSG_ZEROCOPY: the kernel reads `data` until it has notified us. Returns the bytes taken, or -errno:
/// -ENOBUFS when too many notifications are under way (net.core.optmem_max) or too much memory is locked (ulimit -l).
int64_t zb_send_zero_copy(int fd, const void *data, size_t count);

/// Sends of one socket that the kernel no longer reads (kernel documentation, networking/msg_zerocopy). They are numbered
/// from 0, one for each send that took bytes, and wrap at 2^32.
struct zb_send_notification {
  uint32_t first, last;
  /// Whether the kernel copied the bytes after all (SO_EE_CODE_ZEROCOPY_COPIED).
  int32_t copied;
};

/// Takes the next notification off the socket's error queue. Returns 1 when there was one, 0 when there is none, 2 for an
/// entry that is no such notification, or -errno.
int zb_take_send_notification(int fd, struct zb_send_notification *notification);
