// Busy polling: of a ring (uapi/linux/io_uring.h) and of an epoll set (uapi/linux/eventpoll.h), of Linux 7.3.
#pragma once
#include <stdint.h>

// Argument of ZB_IORING_REGISTER_NAPI. Before 6.13 all behind prefer_busy_poll must be 0.
struct zb_uring_napi {
  uint32_t busy_poll_to;  // microseconds
  uint8_t prefer_busy_poll;
  uint8_t opcode;  // ZB_IO_URING_NAPI_*
  uint8_t pad[2];
  uint32_t op_param;  // a NAPI id, or how instances are found
  uint32_t resv;
};

#define ZB_IO_URING_NAPI_REGISTER_OP 0
#define ZB_IO_URING_NAPI_STATIC_ADD_ID 1  // 6.13
#define ZB_IO_URING_NAPI_TRACKING_DYNAMIC 0
#define ZB_IO_URING_NAPI_TRACKING_STATIC 1  // 6.13

// Argument of the ioctl ZB_EPIOCSPARAMS on an epoll set. 6.9
struct zb_epoll_params {
  uint32_t busy_poll_usecs;
  uint16_t busy_poll_budget;
  uint8_t prefer_busy_poll;
  uint8_t pad;
};

#define ZB_EPIOCSPARAMS 0x40088a01u
