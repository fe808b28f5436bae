#define _GNU_SOURCE
#include "copying.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static void *map(size_t size) {
  void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return block == MAP_FAILED ? NULL : block;
}

int zb_make_copy_blocks(struct zb_copy_blocks *blocks, size_t size) {
  *blocks = (struct zb_copy_blocks){.from = map(size), .to = map(size), .size = size};
  if (!blocks->from || !blocks->to) {
    zb_free_copy_blocks(blocks);
    return -ENOMEM;
  }
  // Small pages would measure the walks through page tables as well. Where there are no larger ones, they are taken.
  madvise(blocks->from, size, MADV_HUGEPAGE);
  madvise(blocks->to, size, MADV_HUGEPAGE);
  // A page that was only read is the kernel's one page of zeros, and stays in the cache.
  memset(blocks->from, 0x5a, size);
  memset(blocks->to, 0xa5, size);
  return 0;
}

void zb_copy_block(const struct zb_copy_blocks *blocks) {
  memcpy(blocks->to, blocks->from, blocks->size);
  // The copy is read by nobody: without this a compiler may leave it out.
  __asm__ volatile("" : : "r"(blocks->to) : "memory");
}

void zb_free_copy_blocks(struct zb_copy_blocks *blocks) {
  if (blocks->from) munmap(blocks->from, blocks->size);
  if (blocks->to) munmap(blocks->to, blocks->size);
  *blocks = (struct zb_copy_blocks){0};
}
