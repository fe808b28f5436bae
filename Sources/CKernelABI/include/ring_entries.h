// Entries of io_uring's rings (uapi/linux/io_uring.h): the layout of 6.1, and what 6.15 put into it.
#pragma once
#include <stdint.h>

/// One submission. Fields whose meaning depends on the operation carry the name that receiving gives them.
struct zb_sqe {
  uint8_t opcode;
  uint8_t flags;
  uint16_t ioprio;
  int32_t fd;
  uint64_t off;
  uint64_t addr;
  /// RECV_ZC: limit in bytes over the whole request, 0 for none.
  uint32_t len;
  uint32_t msg_flags;
  /// Returned unchanged in every completion of this submission.
  uint64_t user_data;
  uint16_t buf_group;
  uint16_t personality;
  /// RECV_ZC: which zero-copy queue of the ring (`zcrx_id`); 0 on 6.15.
  uint32_t zcrx_ifq_idx;
  uint64_t addr3;
  uint64_t pad;
};

/// One completion; behind it lie 16 bytes more on a ring of 32-byte completions.
struct zb_cqe {
  uint64_t user_data;
  /// The result, or -errno.
  int32_t res;
  uint32_t flags;
};

/// Argument of io_uring_enter(2) with ZB_IORING_ENTER_EXT_ARG.
struct zb_getevents_arg {
  uint64_t sigmask;
  uint32_t sigmask_sz;
  /// Microseconds after which one completion is enough, 0 for no such limit; must be 0 without
  /// ZB_IORING_FEAT_MIN_TIMEOUT.
  uint32_t min_wait_usec;
  /// Address of a timespec, or 0.
  uint64_t ts;
};

/// One entry of a ring of provided buffers (`io_uring_buf`, Linux 5.19). The ring's tail lies in `resv` of the first.
struct zb_buf {
  uint64_t addr;
  /// The kernel shortens it when it wants less than the buffer holds.
  uint32_t len;
  uint16_t bid;
  uint16_t resv;
};

/// Argument of ZB_IORING_REGISTER_PBUF_RING (`io_uring_buf_reg`, Linux 5.19).
struct zb_buf_reg {
  /// Of the ring's entries, page aligned.
  uint64_t ring_addr;
  /// A power of two, at most 32768.
  uint32_t ring_entries;
  uint16_t bgid;
  uint16_t flags;
  uint64_t resv[3];
};
