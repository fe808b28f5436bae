#include "CReceiveLoop.h"

#include <stddef.h>

static inline void add_relaxed(uint64_t *counter, uint64_t amount) {
  __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + amount, __ATOMIC_RELAXED);
}

__attribute__((noinline)) static void wait_for_room(struct reference_refill *refill, uint64_t offset) {
  uint64_t place = offset & ((1ull << ZB_IORING_ZCRX_AREA_SHIFT) - 1);
  refill->waiting_by_buffer[place >> refill->buffer_shift]++;
  refill->waiting++;
}

/// Where the refill ring stands, apart from it: a copy that nobody points to stays in registers.
struct place {
  uint32_t written_tail;
  uint32_t known_head;
};

static inline bool has_room(const struct reference_refill *refill, struct place *place) {
  if (place->written_tail - place->known_head <= refill->mask) return true;
  place->known_head = zb_load_acquire(refill->kernel_head);
  return place->written_tail - place->known_head <= refill->mask;
}

static inline void give_back(struct reference_refill *refill, struct place *place, uint64_t offset) {
  if (refill->waiting == 0 && has_room(refill, place)) {
    refill->entries[place->written_tail & refill->mask] = (struct zb_zcrx_rqe){.off = offset};
    place->written_tail++;
  } else {
    wait_for_room(refill, offset);
  }
}

/// The next completion; NULL when none is left.
static inline const struct zb_cqe *next(struct reference_batch *batch, bool is_mixed) {
  while (batch->head != batch->tail) {
    uint32_t slot = batch->head & batch->mask;
    if (!is_mixed) {
      batch->head++;
      return batch->entries + 2 * (uint64_t)slot;
    }
    const struct zb_cqe *entry = batch->entries + slot;
    batch->head += entry->flags & ZB_IORING_CQE_F_32 ? 2 : 1;
    if (!(entry->flags & ZB_IORING_CQE_F_SKIP)) return entry;
  }
  return NULL;
}

static inline __attribute__((always_inline)) bool receive(
    struct reference_intake *intake, struct reference_batch *batch, const struct reference_flow *flows,
    uint64_t flow_count, struct reference_refill *refill, struct zb_cqe *other, bool is_mixed) {
  struct reference_batch rest = *batch;
  struct place place = {refill->written_tail, refill->known_head};
  uint64_t completions = 0, bytes = 0, proven = 0;
  const struct zb_cqe *entry;
  while ((entry = next(&rest, is_mixed)) != NULL) {
    if (entry->user_data >= flow_count || entry->res <= 0 || !(entry->flags & ZB_IORING_CQE_F_MORE)) {
      *other = *entry;
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
    completions++;
    bytes += size;
    intake->sizes[size < REFERENCE_LARGEST_SIZE ? size : REFERENCE_LARGEST_SIZE]++;
    give_back(refill, &place, offset);
  }
  batch->head = rest.head;
  refill->written_tail = place.written_tail;
  refill->known_head = place.known_head;
  refill->returned += completions;
  intake->completions += completions;
  intake->bytes += bytes;
  intake->proven += proven;
  return entry != NULL;
}

bool reference_receive(
    struct reference_intake *intake, struct reference_batch *batch, const struct reference_flow *flows,
    uint64_t flow_count, struct reference_refill *refill, struct zb_cqe *other) {
  if (batch->is_mixed) return receive(intake, batch, flows, flow_count, refill, other, true);
  return receive(intake, batch, flows, flow_count, refill, other, false);
}

void reference_publish(struct reference_refill *refill) {
  zb_store_release(refill->kernel_tail, refill->written_tail);
}
