// The layouts as measured from the header of Linux 7.3 on x86-64: all fields are of fixed width and naturally aligned,
// so that they hold on every 64-bit machine.
#include "CKernelABI.h"

#include <stddef.h>

#define SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), "size of " #type)
#define FIELD(type, field, offset, bytes)                                                                  \
  _Static_assert(                                                                                          \
      offsetof(struct type, field) == (offset) && sizeof(((struct type *)0)->field) == (bytes), #type "." #field)

SIZE(zb_sqe, 64);
FIELD(zb_sqe, opcode, 0, 1);
FIELD(zb_sqe, flags, 1, 1);
FIELD(zb_sqe, ioprio, 2, 2);
FIELD(zb_sqe, fd, 4, 4);
FIELD(zb_sqe, off, 8, 8);
FIELD(zb_sqe, addr, 16, 8);
FIELD(zb_sqe, len, 24, 4);
FIELD(zb_sqe, msg_flags, 28, 4);
FIELD(zb_sqe, user_data, 32, 8);
FIELD(zb_sqe, buf_group, 40, 2);
FIELD(zb_sqe, personality, 42, 2);
FIELD(zb_sqe, zcrx_ifq_idx, 44, 4);
FIELD(zb_sqe, addr3, 48, 8);
FIELD(zb_sqe, pad, 56, 8);

SIZE(zb_cqe, 16);
FIELD(zb_cqe, user_data, 0, 8);
FIELD(zb_cqe, res, 8, 4);
FIELD(zb_cqe, flags, 12, 4);

SIZE(zb_buf, 16);
FIELD(zb_buf, addr, 0, 8);
FIELD(zb_buf, len, 8, 4);
FIELD(zb_buf, bid, 12, 2);
FIELD(zb_buf, resv, 14, 2);

SIZE(zb_buf_reg, 40);
FIELD(zb_buf_reg, ring_addr, 0, 8);
FIELD(zb_buf_reg, ring_entries, 8, 4);
FIELD(zb_buf_reg, bgid, 12, 2);
FIELD(zb_buf_reg, flags, 14, 2);
FIELD(zb_buf_reg, resv, 16, 24);

SIZE(zb_getevents_arg, 24);
FIELD(zb_getevents_arg, sigmask, 0, 8);
FIELD(zb_getevents_arg, sigmask_sz, 8, 4);
FIELD(zb_getevents_arg, min_wait_usec, 12, 4);
FIELD(zb_getevents_arg, ts, 16, 8);

SIZE(zb_zcrx_offsets, 32);
FIELD(zb_zcrx_offsets, head, 0, 4);
FIELD(zb_zcrx_offsets, tail, 4, 4);
FIELD(zb_zcrx_offsets, rqes, 8, 4);
FIELD(zb_zcrx_offsets, resv2, 12, 4);
FIELD(zb_zcrx_offsets, resv, 16, 16);

SIZE(zb_zcrx_area_reg, 48);
FIELD(zb_zcrx_area_reg, addr, 0, 8);
FIELD(zb_zcrx_area_reg, len, 8, 8);
FIELD(zb_zcrx_area_reg, rq_area_token, 16, 8);
FIELD(zb_zcrx_area_reg, flags, 24, 4);
FIELD(zb_zcrx_area_reg, dmabuf_fd, 28, 4);
FIELD(zb_zcrx_area_reg, resv, 32, 16);

SIZE(zb_region_desc, 64);
FIELD(zb_region_desc, user_addr, 0, 8);
FIELD(zb_region_desc, size, 8, 8);
FIELD(zb_region_desc, flags, 16, 4);
FIELD(zb_region_desc, id, 20, 4);
FIELD(zb_region_desc, mmap_offset, 24, 8);
FIELD(zb_region_desc, resv, 32, 32);

SIZE(zb_zcrx_ifq_reg, 96);
FIELD(zb_zcrx_ifq_reg, if_idx, 0, 4);
FIELD(zb_zcrx_ifq_reg, if_rxq, 4, 4);
FIELD(zb_zcrx_ifq_reg, rq_entries, 8, 4);
FIELD(zb_zcrx_ifq_reg, flags, 12, 4);
FIELD(zb_zcrx_ifq_reg, area_ptr, 16, 8);
FIELD(zb_zcrx_ifq_reg, region_ptr, 24, 8);
FIELD(zb_zcrx_ifq_reg, offsets, 32, 32);
FIELD(zb_zcrx_ifq_reg, zcrx_id, 64, 4);
FIELD(zb_zcrx_ifq_reg, rx_buf_len, 68, 4);
FIELD(zb_zcrx_ifq_reg, event_desc, 72, 8);
FIELD(zb_zcrx_ifq_reg, resv, 80, 16);

SIZE(zb_zcrx_rqe, 16);
FIELD(zb_zcrx_rqe, off, 0, 8);
FIELD(zb_zcrx_rqe, len, 8, 4);
FIELD(zb_zcrx_rqe, pad, 12, 4);

SIZE(zb_zcrx_cqe, 16);
FIELD(zb_zcrx_cqe, off, 0, 8);
FIELD(zb_zcrx_cqe, pad, 8, 8);

SIZE(zb_zcrx_event_desc, 96);
FIELD(zb_zcrx_event_desc, user_data, 0, 8);
FIELD(zb_zcrx_event_desc, type_mask, 8, 4);
FIELD(zb_zcrx_event_desc, flags, 12, 4);
FIELD(zb_zcrx_event_desc, stats_offset, 16, 8);
FIELD(zb_zcrx_event_desc, resv, 24, 72);

SIZE(zb_zcrx_stats, 16);
FIELD(zb_zcrx_stats, copy_count, 0, 8);
FIELD(zb_zcrx_stats, copy_bytes, 8, 8);

SIZE(zb_zcrx_ctrl, 72);
FIELD(zb_zcrx_ctrl, zcrx_id, 0, 4);
FIELD(zb_zcrx_ctrl, op, 4, 4);
FIELD(zb_zcrx_ctrl, resv, 8, 16);
FIELD(zb_zcrx_ctrl, export_fd, 24, 4);
FIELD(zb_zcrx_ctrl, event_type, 24, 4);
FIELD(zb_zcrx_ctrl, area_ptr, 24, 8);
FIELD(zb_zcrx_ctrl, data, 24, 48);

SIZE(zb_query_hdr, 40);
FIELD(zb_query_hdr, next_entry, 0, 8);
FIELD(zb_query_hdr, query_data, 8, 8);
FIELD(zb_query_hdr, query_op, 16, 4);
FIELD(zb_query_hdr, size, 20, 4);
FIELD(zb_query_hdr, result, 24, 4);
FIELD(zb_query_hdr, resv, 28, 12);

SIZE(zb_query_opcodes, 48);
FIELD(zb_query_opcodes, nr_request_opcodes, 0, 4);
FIELD(zb_query_opcodes, nr_register_opcodes, 4, 4);
FIELD(zb_query_opcodes, feature_flags, 8, 8);
FIELD(zb_query_opcodes, ring_setup_flags, 16, 8);
FIELD(zb_query_opcodes, enter_flags, 24, 8);
FIELD(zb_query_opcodes, sqe_flags, 32, 8);
FIELD(zb_query_opcodes, nr_query_opcodes, 40, 4);
FIELD(zb_query_opcodes, pad, 44, 4);

SIZE(zb_query_zcrx, 40);
FIELD(zb_query_zcrx, register_flags, 0, 8);
FIELD(zb_query_zcrx, area_flags, 8, 8);
FIELD(zb_query_zcrx, nr_ctrl_opcodes, 16, 4);
FIELD(zb_query_zcrx, features, 20, 4);
FIELD(zb_query_zcrx, rq_hdr_size, 24, 4);
FIELD(zb_query_zcrx, rq_hdr_alignment, 28, 4);
FIELD(zb_query_zcrx, resv, 32, 8);

SIZE(zb_query_scq, 16);
FIELD(zb_query_scq, hdr_size, 0, 8);
FIELD(zb_query_scq, hdr_alignment, 8, 8);

SIZE(zb_query_zcrx_event, 48);
FIELD(zb_query_zcrx_event, event_flags, 0, 4);
FIELD(zb_query_zcrx_event, stats_size, 4, 4);
FIELD(zb_query_zcrx_event, stats_off_alignment, 8, 4);
FIELD(zb_query_zcrx_event, resv1, 12, 4);
FIELD(zb_query_zcrx_event, resv, 16, 32);

SIZE(zb_uring_napi, 16);
FIELD(zb_uring_napi, busy_poll_to, 0, 4);
FIELD(zb_uring_napi, prefer_busy_poll, 4, 1);
FIELD(zb_uring_napi, opcode, 5, 1);
FIELD(zb_uring_napi, pad, 6, 2);
FIELD(zb_uring_napi, op_param, 8, 4);
FIELD(zb_uring_napi, resv, 12, 4);

SIZE(zb_epoll_params, 8);
FIELD(zb_epoll_params, busy_poll_usecs, 0, 4);
FIELD(zb_epoll_params, busy_poll_budget, 4, 2);
FIELD(zb_epoll_params, prefer_busy_poll, 6, 1);
FIELD(zb_epoll_params, pad, 7, 1);
