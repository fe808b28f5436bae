// Questions about what a kernel's io_uring can do (uapi/linux/io_uring/query.h), Linux 6.18 and newer. The answers are
// compiled into the kernel and do not tell whether zero-copy receive itself was.
#pragma once
#include <stdint.h>

// zb_query_hdr.query_op.
#define ZB_IO_URING_QUERY_OPCODES 0u
#define ZB_IO_URING_QUERY_ZCRX 1u        // 6.19
#define ZB_IO_URING_QUERY_SCQ 2u         // 6.19
#define ZB_IO_URING_QUERY_ZCRX_EVENT 3u  // 7.2

/// Argument of ZB_IORING_REGISTER_QUERY: one question, and the address of the next or 0.
struct zb_query_hdr {
  uint64_t next_entry;
  /// Address of the answer's struct.
  uint64_t query_data;
  uint32_t query_op;
  /// Bytes at query_data; written back: how many the kernel knows.
  uint32_t size;
  /// Written by the kernel: 0 or -errno. Must be 0 before.
  int32_t result;
  uint32_t resv[3];
};

/// Answer to ZB_IO_URING_QUERY_OPCODES.
struct zb_query_opcodes {
  uint32_t nr_request_opcodes;
  uint32_t nr_register_opcodes;
  uint64_t feature_flags;
  uint64_t ring_setup_flags;
  uint64_t enter_flags;
  uint64_t sqe_flags;
  uint32_t nr_query_opcodes;
  uint32_t pad;
};

/// Answer to ZB_IO_URING_QUERY_ZCRX.
struct zb_query_zcrx {
  /// ZB_ZCRX_REG_* the kernel knows.
  uint64_t register_flags;
  /// ZB_IORING_ZCRX_AREA_* the kernel knows.
  uint64_t area_flags;
  /// How many ZB_ZCRX_CTRL_* the kernel knows, counted from 0.
  uint32_t nr_ctrl_opcodes;
  /// ZB_ZCRX_FEATURE_*.
  uint32_t features;
  /// Bytes before the entries of a refill ring.
  uint32_t rq_hdr_size;
  uint32_t rq_hdr_alignment;
  uint64_t resv;
};

/// Answer to ZB_IO_URING_QUERY_SCQ.
struct zb_query_scq {
  uint64_t hdr_size;
  uint64_t hdr_alignment;
};

/// Answer to ZB_IO_URING_QUERY_ZCRX_EVENT.
struct zb_query_zcrx_event {
  /// Bit 1 << event for each the kernel knows.
  uint32_t event_flags;
  /// Bytes of zb_zcrx_stats the kernel writes.
  uint32_t stats_size;
  uint32_t stats_off_alignment;
  uint32_t resv1;
  uint64_t resv[4];
};
