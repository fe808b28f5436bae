#pragma once
#include <stddef.h>
#include <stdint.h>

/// Gives a pipe room for `bytes`, rounded up by the kernel to a power of two of pages (F_SETPIPE_SZ). Returns the bytes it
/// has room for now, or -errno: -EPERM above fs.pipe-max-size or the user's share of pipe pages (pipe(7)).
int zb_resize_pipe(int fd, int bytes);

/// vmsplice(2): puts the pages of `count` bytes at `data` into a pipe, as many as fit without waiting. The kernel reads
/// them later, so they must not change. Returns the bytes taken, or -errno.
int64_t zb_lend_pages(int pipe, const void *data, size_t count);

/// splice(2) from a pipe to a socket, waiting as the socket does. Returns the bytes taken, or -errno.
int64_t zb_splice(int pipe, int socket, size_t count);

/// tee(2): puts up to `count` bytes of pipe `from` into pipe `to` once more, without waiting. Returns the bytes, or -errno.
int64_t zb_tee(int from, int to, size_t count);
