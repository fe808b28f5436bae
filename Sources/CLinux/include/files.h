#pragma once
#include <stddef.h>
#include <stdint.h>

/// Reads a file from its beginning until its end or until `capacity` bytes are there, whichever comes first.
/// Returns the number of bytes or -errno.
int64_t zb_read_file(const char *path, void *buffer, size_t capacity);

/// Reads a file of procfs or sysfs that holds one decimal number. Returns 0, -errno, or -EINVAL when it holds
/// anything else.
int zb_read_number(const char *path, int64_t *number);
