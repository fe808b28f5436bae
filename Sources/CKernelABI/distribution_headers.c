// What the distribution's headers do have must be what is declared here.
#include "CKernelABI.h"

#include <linux/ethtool_netlink.h>
#include <linux/io_uring.h>
#include <stddef.h>

#define SAME(name) _Static_assert((unsigned)ZB_##name == (unsigned)name, #name)

SAME(IORING_SETUP_CQSIZE);
SAME(IORING_SETUP_CLAMP);
SAME(IORING_SETUP_R_DISABLED);
SAME(IORING_SETUP_SUBMIT_ALL);
SAME(IORING_SETUP_COOP_TASKRUN);
SAME(IORING_SETUP_TASKRUN_FLAG);
SAME(IORING_SETUP_SQE128);
SAME(IORING_SETUP_CQE32);
SAME(IORING_SETUP_SINGLE_ISSUER);
SAME(IORING_SETUP_DEFER_TASKRUN);
SAME(IORING_FEAT_SINGLE_MMAP);
SAME(IORING_FEAT_NODROP);
SAME(IORING_FEAT_EXT_ARG);
SAME(IORING_ENTER_GETEVENTS);
SAME(IORING_ENTER_EXT_ARG);
SAME(IORING_SQ_CQ_OVERFLOW);
SAME(IORING_SQ_TASKRUN);
SAME(IORING_REGISTER_PROBE);
SAME(IORING_REGISTER_ENABLE_RINGS);
SAME(IORING_REGISTER_PBUF_RING);
SAME(IORING_UNREGISTER_PBUF_RING);
SAME(IORING_OP_NOP);
SAME(IORING_OP_POLL_ADD);
SAME(IORING_OP_RECVMSG);
SAME(IORING_OP_ASYNC_CANCEL);
SAME(IORING_OP_SEND);
SAME(IORING_OP_RECV);
SAME(IORING_OP_SEND_ZC);
SAME(IORING_OP_SENDMSG_ZC);
SAME(IORING_RECVSEND_POLL_FIRST);
SAME(IORING_RECV_MULTISHOT);
SAME(IORING_RECVSEND_FIXED_BUF);
SAME(IORING_CQE_F_BUFFER);
SAME(IORING_CQE_F_MORE);
SAME(IORING_CQE_F_SOCK_NONEMPTY);
SAME(IORING_CQE_F_NOTIF);

#define SAME_SUBMISSION_FIELD(ours, theirs)                                                       \
  _Static_assert(offsetof(struct zb_sqe, ours) == offsetof(struct io_uring_sqe, theirs), #theirs); \
  _Static_assert(sizeof(((struct zb_sqe *)0)->ours) == sizeof(((struct io_uring_sqe *)0)->theirs), #theirs)

_Static_assert(sizeof(struct zb_sqe) == sizeof(struct io_uring_sqe), "io_uring_sqe");
SAME_SUBMISSION_FIELD(opcode, opcode);
SAME_SUBMISSION_FIELD(flags, flags);
SAME_SUBMISSION_FIELD(ioprio, ioprio);
SAME_SUBMISSION_FIELD(fd, fd);
SAME_SUBMISSION_FIELD(off, off);
SAME_SUBMISSION_FIELD(addr, addr);
SAME_SUBMISSION_FIELD(len, len);
SAME_SUBMISSION_FIELD(msg_flags, msg_flags);
SAME_SUBMISSION_FIELD(user_data, user_data);
SAME_SUBMISSION_FIELD(buf_group, buf_group);
SAME_SUBMISSION_FIELD(personality, personality);
SAME_SUBMISSION_FIELD(zcrx_ifq_idx, file_index);
SAME_SUBMISSION_FIELD(addr3, addr3);

_Static_assert(sizeof(struct zb_cqe) == offsetof(struct io_uring_cqe, big_cqe), "io_uring_cqe");
_Static_assert(offsetof(struct zb_cqe, user_data) == offsetof(struct io_uring_cqe, user_data), "user_data");
_Static_assert(offsetof(struct zb_cqe, res) == offsetof(struct io_uring_cqe, res), "res");
_Static_assert(offsetof(struct zb_cqe, flags) == offsetof(struct io_uring_cqe, flags), "flags");

SAME(ETHTOOL_TCP_DATA_SPLIT_UNKNOWN);
SAME(ETHTOOL_TCP_DATA_SPLIT_DISABLED);
SAME(ETHTOOL_TCP_DATA_SPLIT_ENABLED);
// 6.1 ends at TX_PUSH: what is declared here goes on from there. Newer headers have later members.
_Static_assert(ZB_ETHTOOL_A_RINGS_RX_PUSH == ETHTOOL_A_RINGS_TX_PUSH + 1, "ETHTOOL_A_RINGS_RX_PUSH");
