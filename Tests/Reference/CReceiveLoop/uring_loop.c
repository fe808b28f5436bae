#include "uring_loop.h"

static inline void count_size(struct reference_uring_tallies *tallies, uint32_t size) {
  // Of 9 significant bits, the class is the others' number.
  uint32_t shift = 23 - (uint32_t)__builtin_clz(size | (REFERENCE_EXACT_SIZES - 1));
  tallies->sizes[(shift << 8) + (size >> shift)]++;
  if (size < tallies->least) tallies->least = size;
  if (size > tallies->largest) tallies->largest = size;
}

__attribute__((noinline)) bool reference_uring_receive(
    struct reference_uring_tallies *tallies, struct reference_batch *batch, const struct reference_flow *flows,
    uint64_t flow_count, struct reference_buffers *buffers, struct zb_cqe *other) {
  const uint32_t wanted = ZB_IORING_CQE_F_MORE | ZB_IORING_CQE_F_BUFFER;
  uint32_t head = batch->head;
  uint16_t end = buffers->tail;
  bool has_other = false;
  while (head != batch->tail) {
    const struct zb_cqe *entry = batch->entries + (head++ & batch->mask);
    uint16_t first = (uint16_t)(entry->flags >> ZB_IORING_CQE_BUFFER_SHIFT);
    // Buffers that come back out of their order are the slow path's.
    if (entry->user_data >= flow_count || entry->res <= 0 || (entry->flags & wanted) != wanted ||
        first != (end & buffers->mask)) {
      *other = *entry;
      has_other = true;
      break;
    }
    struct reference_counters *counters = flows[entry->user_data].counters;
    __atomic_store_n(
        &counters->bytes, __atomic_load_n(&counters->bytes, __ATOMIC_RELAXED) + (uint32_t)entry->res, __ATOMIC_RELAXED);
    count_size(tallies, (uint32_t)entry->res);
    int64_t left = entry->res;
    do {
      struct zb_buf *buffer = buffers->entries + (end & buffers->mask);
      // No entry is empty, and one that were must not hold the loop.
      left -= buffer->len ? buffer->len : 1;
      buffer->len = buffers->length;
      end++;
    } while (left > 0);
  }
  batch->head = head;
  buffers->tail = end;
  return has_other;
}

void reference_uring_publish(struct reference_buffers *buffers) {
  zb_store_release_16(&buffers->entries[0].resv, buffers->tail);
}
