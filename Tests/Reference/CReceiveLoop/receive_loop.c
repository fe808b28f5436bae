#include "CReceiveLoop.h"

static inline void add_relaxed(uint64_t *counter, uint64_t amount) {
  __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + amount, __ATOMIC_RELAXED);
}

__attribute__((noinline)) static void wait_for_room(struct reference_refill *refill, uint64_t offset) {
  uint64_t place = offset & ((1ull << ZB_IORING_ZCRX_AREA_SHIFT) - 1);
  refill->waiting_by_buffer[place >> refill->buffer_shift]++;
  refill->waiting++;
}

/// What `written` may become; no more than it is while returns wait, so that they stay in order.
__attribute__((noinline)) static uint64_t find_room(const struct reference_refill *refill, uint64_t written) {
  if (refill->waiting > 0) return written;
  return written + refill->mask + 1 - ((uint32_t)written - zb_load_acquire(refill->kernel_head));
}

/// Finds the next completion; false when none is left.
static inline bool next(struct reference_batch *batch, bool is_mixed, const struct zb_cqe **entry) {
  while (batch->head != batch->tail) {
    uint32_t slot = batch->head & batch->mask;
    *entry = batch->entries + (is_mixed ? 1 : 2) * (uint64_t)slot;
    if (!is_mixed) {
      batch->head++;
      return true;
    }
    if ((*entry)->flags & ZB_IORING_CQE_F_32) {
      batch->head += 2;
      return true;
    }
    batch->head++;
    if (!((*entry)->flags & ZB_IORING_CQE_F_SKIP)) return true;
  }
  return false;
}

static inline __attribute__((always_inline)) bool receive(
    struct reference_intake *intake, struct reference_batch *batch, const struct reference_flow *flows,
    uint64_t flow_count, struct reference_refill *refill, struct zb_cqe *other, bool is_mixed) {
  // Copies that nobody else points to stay in registers.
  struct reference_batch rest = *batch;
  const uint64_t returned_before = refill->written + refill->waiting;
  uint64_t written = refill->written, writable = refill->writable, bytes = 0, proven = 0;
  const struct zb_cqe *entry;
  bool has_other = false;
  while (next(&rest, is_mixed, &entry)) {
    if (entry->user_data >= flow_count || entry->res <= 0 || !(entry->flags & ZB_IORING_CQE_F_MORE)) {
      *other = *entry;
      has_other = true;
      break;
    }
    uint64_t offset = ((const struct zb_zcrx_cqe *)(entry + 1))->off;
    uint64_t size = (uint32_t)entry->res;
    struct reference_counters *counters = flows[entry->user_data].counters;
    add_relaxed(&counters->bytes, size);
    if ((offset & intake->inside_buffer) != 0 || size > intake->page) {
      add_relaxed(&counters->proven, size);
      proven += size;
    }
    bytes += size;
    intake->sizes[size < REFERENCE_LARGEST_SIZE ? size : REFERENCE_LARGEST_SIZE]++;
    if (written < writable || written < (writable = find_room(refill, written))) {
      refill->entries[written++ & refill->mask] = (struct zb_zcrx_rqe){.off = offset};
    } else {
      wait_for_room(refill, offset);
    }
  }
  // One entry for every completion.
  intake->completions += written + refill->waiting - returned_before;
  batch->head = rest.head;
  refill->written = written;
  refill->writable = writable;
  intake->bytes += bytes;
  intake->proven += proven;
  return has_other;
}

// One function for each format: together in one they would compete for registers.
#define RECEIVE(name, is_mixed)                                                                                     \
  __attribute__((noinline)) static bool name(                                                                       \
      struct reference_intake *intake, struct reference_batch *batch, const struct reference_flow *flows,           \
      uint64_t flow_count, struct reference_refill *refill, struct zb_cqe *other) {                                 \
    return receive(intake, batch, flows, flow_count, refill, other, is_mixed);                                      \
  }
RECEIVE(receive_wide, false)
RECEIVE(receive_mixed, true)

bool reference_receive(
    struct reference_intake *intake, struct reference_batch *batch, const struct reference_flow *flows,
    uint64_t flow_count, struct reference_refill *refill, struct zb_cqe *other) {
  return (batch->is_mixed ? receive_mixed : receive_wide)(intake, batch, flows, flow_count, refill, other);
}

void reference_publish(struct reference_refill *refill) {
  zb_store_release(refill->kernel_tail, (uint32_t)refill->written);
}
