#pragma once
#include <stddef.h>
#include <stdint.h>

/// Maps `size` bytes of zeros that no child inherits: pages of the machine's size, or of 2 MiB from the kernel's pool of
/// huge pages when `huge_pages` is not 0. Returns 0 or -errno.
int zb_map_memory(size_t size, int huge_pages, void **memory);

/// Maps `size` bytes of a file from `offset` on, shared and not inherited by children; writable when `writable` is not 0.
/// Returns 0 or -errno.
int zb_map_file(int fd, uint64_t offset, size_t size, int writable, void **memory);

/// A file of `size` bytes that exists in memory only and cannot shrink, close-on-exec. Returns the descriptor or -errno.
int zb_sealed_memory_file(const char *name, uint64_t size);

/// A dma-buf of the first `size` bytes of a sealed memory file, made by /dev/udmabuf, close-on-exec. Returns the
/// descriptor or -errno; -ENOENT where the kernel has no udmabuf.
int zb_dmabuf(int memory_file, uint64_t size);
