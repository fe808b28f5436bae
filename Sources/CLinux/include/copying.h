#pragma once
#include <stddef.h>

/// Two blocks of memory of the same size, every page of which is there.
struct zb_copy_blocks {
  void *from, *to;
  size_t size;
};

/// Maps and touches both blocks. Returns 0 or -errno.
int zb_make_copy_blocks(struct zb_copy_blocks *blocks, size_t size);
/// Copies the first block over the second, once.
void zb_copy_block(const struct zb_copy_blocks *blocks);
void zb_free_copy_blocks(struct zb_copy_blocks *blocks);
