// Words that kernel and program share: whoever produces stores its tail with release order behind the entries, whoever
// consumes loads it with acquire order before them (io_uring(7), "Submitting and completing").
#pragma once
#include <stdint.h>

static inline uint32_t zb_load_acquire(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

static inline void zb_store_release(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/// A counter the kernel keeps and the program only looks at: read anew at every call, without order.
static inline uint64_t zb_load_relaxed_64(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }

static inline void zb_store_release_16(uint16_t *word, uint16_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
