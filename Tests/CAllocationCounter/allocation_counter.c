#include "CAllocationCounter.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

static _Thread_local uint64_t allocations;
static _Thread_local uint64_t allocated_bytes;

uint64_t allocations_of_this_thread(void) { return allocations; }
uint64_t allocated_bytes_of_this_thread(void) { return allocated_bytes; }

#if ZB_SANITIZED
// A sanitizer's own malloc must stay in its place.
bool allocations_are_counted(void) { return false; }
#else
bool allocations_are_counted(void) { return true; }

// An executable's own malloc takes the place of the C library's in every library it loads (glibc manual, "Replacing
// malloc"). These count and pass on to glibc's, so that free() and everything else stays as it is.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void note(size_t size) {
  allocations++;
  allocated_bytes += size;
}

void *malloc(size_t size) {
  note(size);
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(count * size);
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  note(size);
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *result = memalign(alignment, size);
  if (result == NULL) return ENOMEM;
  *memory = result;
  return 0;
}
#endif
