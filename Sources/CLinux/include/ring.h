#pragma once
#include <stdint.h>

#include "ring_entries.h"

/// An io_uring as the memory kernel and program share. Only the thread that created the ring may use it.
struct zb_ring {
  int32_t fd;
  /// ZB_IORING_SETUP_* it was created with.
  uint32_t flags;
  /// ZB_IORING_FEAT_*.
  uint32_t features;

  uint32_t *sq_head;
  uint32_t *sq_tail;
  /// ZB_IORING_SQ_*.
  uint32_t *sq_flags;
  /// Indices into `sqes`, one for each slot.
  uint32_t *sq_array;
  struct zb_sqe *sqes;
  uint32_t sq_mask;
  uint32_t sq_entries;

  uint32_t *cq_head;
  uint32_t *cq_tail;
  /// Completions of 16 bytes, or of 32 with ZB_IORING_SETUP_CQE32.
  struct zb_cqe *cqes;
  uint32_t cq_mask;
  uint32_t cq_entries;

  /// liburing's own account, for zb_ring_destroy.
  struct io_uring *library;
};

/// Creates a ring and fills `ring`. Its memory is not inherited by children, its descriptor is closed on exec.
/// `cq_entries` counts only with ZB_IORING_SETUP_CQSIZE. Returns 0 or -errno.
int zb_ring_create(uint32_t entries, uint32_t cq_entries, uint32_t flags, struct zb_ring *ring);

/// Gives the ring back to the kernel; its pointers are void afterwards.
void zb_ring_destroy(struct zb_ring *ring);

/// io_uring_register(2); `fd` may be -1 where the opcode needs no ring. Returns the kernel's answer or -errno.
int zb_ring_register(int fd, uint32_t opcode, void *argument, uint32_t count);

/// io_uring_enter(2): submits `submit` entries and waits for `complete` completions, at most `timeout_nanoseconds`, or
/// without limit when that is negative. With `minimum_microseconds` other than 0 it returns as soon as that time has gone
/// by and one completion is there; only for kernels with ZB_IORING_FEAT_MIN_TIMEOUT, others answer -EINVAL.
/// Returns how many were submitted or -errno, -ETIME when the time is up.
int zb_ring_enter(
    int fd, uint32_t submit, uint32_t complete, int64_t timeout_nanoseconds, uint32_t minimum_microseconds);
