// Zero-copy receive (uapi/linux/io_uring/zcrx.h of Linux 7.3). The structs keep their size from 6.15 on; a kernel that
// does not know a field wants it zero and answers EINVAL otherwise.
#pragma once
#include <stdint.h>

// zb_zcrx_ifq_reg.flags.
#define ZB_ZCRX_REG_IMPORT 1u  // 6.19: if_idx is the descriptor of another ring's exported queue
#define ZB_ZCRX_REG_NODEV 2u   // 7.1: no device, everything is copied

// zb_zcrx_area_reg.flags.
#define ZB_IORING_ZCRX_AREA_DMABUF 1u  // 6.16: the area is a dma-buf

// A completion's offset carries the area's id in its upper 16 bits.
#define ZB_IORING_ZCRX_AREA_SHIFT 48

// zb_query_zcrx.features.
#define ZB_ZCRX_FEATURE_RX_PAGE_SIZE 1u  // 7.0: rx_buf_len
#define ZB_ZCRX_FEATURE_EVENT 2u         // 7.2: event_desc and statistics

// Events; bit 1 << event in zb_zcrx_event_desc.type_mask (7.2).
#define ZB_ZCRX_EVENT_ALLOC_FAIL 0u
#define ZB_ZCRX_EVENT_COPY 1u
// zb_zcrx_event_desc.flags.
#define ZB_ZCRX_EVENT_DESC_FLAG_STATS 1u

// zb_zcrx_ctrl.op.
#define ZB_ZCRX_CTRL_FLUSH_RQ 0u   // 6.19
#define ZB_ZCRX_CTRL_EXPORT 1u     // 6.19
#define ZB_ZCRX_CTRL_ARM_EVENT 2u  // 7.2
#define ZB_ZCRX_CTRL_ADD_AREA 3u   // 7.3

// Most entries of a refill ring.
#define ZB_ZCRX_MAX_RQ_ENTRIES 32768u

/// Where head, tail and entries of the refill ring lie in its region, bytes; written by the kernel.
struct zb_zcrx_offsets {
  uint32_t head;
  uint32_t tail;
  uint32_t rqes;
  uint32_t resv2;
  uint64_t resv[2];
};

/// Memory into which packets are received.
struct zb_zcrx_area_reg {
  uint64_t addr;
  uint64_t len;
  /// Written by the kernel; zero before. Belongs into every refill entry's offset.
  uint64_t rq_area_token;
  uint32_t flags;
  uint32_t dmabuf_fd;
  uint64_t resv[2];
};

/// Memory of the refill ring.
struct zb_region_desc {
  uint64_t user_addr;
  uint64_t size;
  uint32_t flags;
  uint32_t id;
  /// Written by the kernel when the memory is its own.
  uint64_t mmap_offset;
  uint64_t resv[4];
};

/// Argument of ZB_IORING_REGISTER_ZCRX_IFQ: one queue of one interface given to one ring.
struct zb_zcrx_ifq_reg {
  uint32_t if_idx;
  uint32_t if_rxq;
  /// Written back by the kernel, rounded up to a power of two.
  uint32_t rq_entries;
  uint32_t flags;
  /// Address of a zb_zcrx_area_reg.
  uint64_t area_ptr;
  /// Address of a zb_region_desc.
  uint64_t region_ptr;
  struct zb_zcrx_offsets offsets;
  /// 6.16: written by the kernel.
  uint32_t zcrx_id;
  /// 7.0: bytes; 0 for the page size. Written back by the kernel.
  uint32_t rx_buf_len;
  /// 7.2: address of a zb_zcrx_event_desc, or 0.
  uint64_t event_desc;
  uint64_t resv[2];
};

/// Refill entry: a buffer going back to the kernel.
struct zb_zcrx_rqe {
  /// The completion's offset, unchanged.
  uint64_t off;
  uint32_t len;
  /// Must be 0.
  uint32_t pad;
};

/// The second half of a zero-copy completion.
struct zb_zcrx_cqe {
  /// Area id in the upper 16 bits, byte offset within the area below them.
  uint64_t off;
  uint64_t pad;
};

/// Which events to post as completions, and where to keep statistics (7.2).
struct zb_zcrx_event_desc {
  uint64_t user_data;
  uint32_t type_mask;
  uint32_t flags;
  /// Within the refill ring's region, behind its entries; a multiple of 8.
  uint64_t stats_offset;
  uint64_t resv[9];
};

/// Copies out of packet fragments (7.2). Copies out of a packet's linear part are not counted.
struct zb_zcrx_stats {
  uint64_t copy_count;
  uint64_t copy_bytes;
};

/// Argument of ZB_IORING_REGISTER_ZCRX_CTRL (6.19); the part named after the operation holds its data.
struct zb_zcrx_ctrl {
  uint32_t zcrx_id;
  uint32_t op;
  uint64_t resv[2];
  union {
    /// EXPORT: the descriptor, written by the kernel.
    uint32_t export_fd;
    /// ARM_EVENT.
    uint32_t event_type;
    /// ADD_AREA: address of a zb_zcrx_area_reg.
    uint64_t area_ptr;
    /// FLUSH_RQ: all zero.
    uint64_t data[6];
  };
};
