// What Benchmark's UringIntake does, in C.
#pragma once
#include "CReceiveLoop.h"

/// A ring of provided buffers; buffer n is in slot n.
struct reference_buffers {
  struct zb_buf *entries;
  uint16_t mask;
  uint16_t tail;
  uint32_t length;
};

/// Sizes below this many are counted by themselves, larger ones within a part of 256.
enum { REFERENCE_EXACT_SIZES = 512, REFERENCE_SIZE_CLASSES = 25 * 256 };

struct reference_uring_tallies {
  /// REFERENCE_SIZE_CLASSES of them.
  uint64_t *sizes;
  uint64_t least;
  uint64_t largest;
};

/// As `reference_receive`, for completions of 16 bytes whose bytes are in provided buffers.
bool reference_uring_receive(
    struct reference_uring_tallies *tallies, struct reference_batch *batch, const struct reference_flow *flows,
    uint64_t flow_count, struct reference_buffers *buffers, struct zb_cqe *other);

/// Shows the kernel what was given back.
void reference_uring_publish(struct reference_buffers *buffers);
