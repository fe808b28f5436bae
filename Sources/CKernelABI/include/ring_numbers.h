// Numbers of io_uring's ABI (uapi/linux/io_uring.h of Linux 7.3). Behind each number that Linux 6.1 does not have stands
// the release that brought it, as far as that is established.
#pragma once

// io_uring_setup(2): flags.
#define ZB_IORING_SETUP_CQSIZE (1u << 3)
#define ZB_IORING_SETUP_CLAMP (1u << 4)
#define ZB_IORING_SETUP_R_DISABLED (1u << 6)
#define ZB_IORING_SETUP_SUBMIT_ALL (1u << 7)
#define ZB_IORING_SETUP_COOP_TASKRUN (1u << 8)
#define ZB_IORING_SETUP_TASKRUN_FLAG (1u << 9)
#define ZB_IORING_SETUP_SQE128 (1u << 10)
#define ZB_IORING_SETUP_CQE32 (1u << 11)
#define ZB_IORING_SETUP_SINGLE_ISSUER (1u << 12)
#define ZB_IORING_SETUP_DEFER_TASKRUN (1u << 13)
#define ZB_IORING_SETUP_NO_MMAP (1u << 14)  // in the headers of 6.12
#define ZB_IORING_SETUP_NO_SQARRAY (1u << 16)
#define ZB_IORING_SETUP_CQE_MIXED (1u << 18)  // 6.18
#define ZB_IORING_SETUP_SQE_MIXED (1u << 19)  // refused by 6.18

// io_uring_setup(2): feature bits the kernel answers with.
#define ZB_IORING_FEAT_SINGLE_MMAP (1u << 0)
#define ZB_IORING_FEAT_NODROP (1u << 1)
#define ZB_IORING_FEAT_EXT_ARG (1u << 8)
#define ZB_IORING_FEAT_RECVSEND_BUNDLE (1u << 14)  // in the headers of 6.12
#define ZB_IORING_FEAT_MIN_TIMEOUT (1u << 15)  // in the headers of 6.12

// io_uring_enter(2): flags.
#define ZB_IORING_ENTER_GETEVENTS (1u << 0)
#define ZB_IORING_ENTER_EXT_ARG (1u << 3)

// Flag word of the submission ring.
#define ZB_IORING_SQ_CQ_OVERFLOW (1u << 1)
#define ZB_IORING_SQ_TASKRUN (1u << 2)

// io_uring_register(2): opcodes.
#define ZB_IORING_REGISTER_BUFFERS 0u
#define ZB_IORING_REGISTER_PROBE 8u
#define ZB_IORING_REGISTER_ENABLE_RINGS 12u
#define ZB_IORING_REGISTER_PBUF_RING 22u
#define ZB_IORING_UNREGISTER_PBUF_RING 23u
#define ZB_IORING_REGISTER_NAPI 27u  // in the headers of 6.12
#define ZB_IORING_UNREGISTER_NAPI 28u  // in the headers of 6.12
#define ZB_IORING_REGISTER_ZCRX_IFQ 32u  // 6.15
#define ZB_IORING_REGISTER_QUERY 35u  // 6.18
#define ZB_IORING_REGISTER_ZCRX_CTRL 36u  // 6.19

// Operations of a submission.
#define ZB_IORING_OP_NOP 0
#define ZB_IORING_OP_POLL_ADD 6
#define ZB_IORING_OP_RECVMSG 10
#define ZB_IORING_OP_ASYNC_CANCEL 14
#define ZB_IORING_OP_SEND 26
#define ZB_IORING_OP_RECV 27
#define ZB_IORING_OP_SEND_ZC 47
#define ZB_IORING_OP_SENDMSG_ZC 48
#define ZB_IORING_OP_RECV_ZC 58  // 6.15

// A submission's `flags`.
#define ZB_IOSQE_BUFFER_SELECT (1u << 5)

// A cancellation's `msg_flags`.
#define ZB_IORING_ASYNC_CANCEL_ANY (1u << 2)
#define ZB_IORING_ASYNC_CANCEL_ALL (1u << 0)

// A poll's `len`.
#define ZB_IORING_POLL_ADD_MULTI (1u << 0)

// A receive's or send's `ioprio`.
#define ZB_IORING_RECVSEND_POLL_FIRST (1u << 0)
#define ZB_IORING_RECV_MULTISHOT (1u << 1)
#define ZB_IORING_RECVSEND_FIXED_BUF (1u << 2)
#define ZB_IORING_SEND_ZC_REPORT_USAGE (1u << 3)  // 6.2
#define ZB_IORING_RECVSEND_BUNDLE (1u << 4)  // in the headers of 6.12
#define ZB_IORING_SEND_VECTORIZED (1u << 5)

// The result of a notification, with ZB_IORING_SEND_ZC_REPORT_USAGE.
#define ZB_IORING_NOTIF_USAGE_ZC_COPIED (1u << 31)

// Flags of a completion.
#define ZB_IORING_CQE_F_BUFFER (1u << 0)
#define ZB_IORING_CQE_F_MORE (1u << 1)
#define ZB_IORING_CQE_F_SOCK_NONEMPTY (1u << 2)
#define ZB_IORING_CQE_F_NOTIF (1u << 3)
#define ZB_IORING_CQE_F_BUF_MORE (1u << 4)
#define ZB_IORING_CQE_F_SKIP (1u << 5)
#define ZB_IORING_CQE_F_32 (1u << 15)  // 6.18: this completion takes two slots of a mixed ring

// Where a completion's flags carry the number of the first buffer it filled.
#define ZB_IORING_CQE_BUFFER_SHIFT 16u

// Memory region handed to the kernel: user memory, not the kernel's own.
#define ZB_IORING_MEM_REGION_TYPE_USER 1u

// Most entries the kernel allows.
#define ZB_IORING_MAX_SQ_ENTRIES 32768u
#define ZB_IORING_MAX_CQ_ENTRIES 65536u
