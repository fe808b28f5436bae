// The measure of the hot loop's cost: what Benchmark's ZeroCopyIntake does, in C. Never linked into the product.
#pragma once
#include <CKernelABI.h>
#include <stdbool.h>
#include <stdint.h>

/// Written by one thread and read by others, relaxed.
struct reference_counters {
  uint64_t bytes;
  uint64_t proven;
};

/// As large as the Swift loop's, of which the hot loop reads the first word.
struct reference_flow {
  struct reference_counters *counters;
  uint64_t rest[5];
};

/// The completions that were in a ring at one moment.
struct reference_batch {
  const struct zb_cqe *entries;
  uint32_t mask;
  uint32_t head;
  uint32_t tail;
  bool is_mixed;
};

/// The refill ring, with a count for each buffer that found no room in it.
struct reference_refill {
  const uint32_t *kernel_head;
  uint32_t *kernel_tail;
  struct zb_zcrx_rqe *entries;
  uint32_t mask;
  uint32_t buffer_shift;
  uint64_t written;
  /// What `written` may become without looking at the kernel's head again.
  uint64_t writable;
  uint32_t *waiting_by_buffer;
  uint64_t waiting;
};

enum { REFERENCE_LARGEST_SIZE = 65536 };

struct reference_intake {
  uint64_t completions;
  uint64_t bytes;
  uint64_t proven;
  /// REFERENCE_LARGEST_SIZE + 1 of them.
  uint64_t *sizes;
  uint64_t inside_buffer;
  uint64_t page;
};

/// Takes data completions in the order they came, counts them and gives their buffers back, until something else comes.
/// Returns whether it did: then it is in `other`.
bool reference_receive(
    struct reference_intake *intake, struct reference_batch *batch, const struct reference_flow *flows,
    uint64_t flow_count, struct reference_refill *refill, struct zb_cqe *other);

/// Shows the kernel what was given back.
void reference_publish(struct reference_refill *refill);
