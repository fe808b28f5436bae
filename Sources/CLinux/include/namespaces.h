#pragma once

/// Moves the calling thread, and no other, into a new network namespace (unshare(2), CLONE_NEWNET; needs CAP_SYS_ADMIN).
/// Returns 0 or -errno.
int zb_unshare_network(void);

/// Moves the calling thread, and no other, into the network namespace `fd` refers to (setns(2)). Returns 0 or -errno.
int zb_enter_network(int fd);
