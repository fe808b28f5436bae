// What the distribution's headers do have must be what is declared here.
#include "CKernelABI.h"

#include <linux/ethtool.h>
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

SAME(IOSQE_BUFFER_SELECT);
SAME(IORING_ASYNC_CANCEL_ALL);
SAME(IORING_ASYNC_CANCEL_ANY);
SAME(IORING_CQE_BUFFER_SHIFT);

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

_Static_assert(sizeof(struct zb_buf) == sizeof(struct io_uring_buf), "io_uring_buf");
_Static_assert(offsetof(struct zb_buf, bid) == offsetof(struct io_uring_buf, bid), "bid");
_Static_assert(offsetof(struct zb_buf, resv) == offsetof(struct io_uring_buf_ring, tail), "tail");
_Static_assert(sizeof(struct zb_buf_reg) == sizeof(struct io_uring_buf_reg), "io_uring_buf_reg");
_Static_assert(offsetof(struct zb_buf_reg, bgid) == offsetof(struct io_uring_buf_reg, bgid), "bgid");

SAME(ETHTOOL_TCP_DATA_SPLIT_UNKNOWN);
SAME(ETHTOOL_TCP_DATA_SPLIT_DISABLED);
SAME(ETHTOOL_TCP_DATA_SPLIT_ENABLED);
// 6.1 ends at TX_PUSH: what is declared here goes on from there. Newer headers have later members.
_Static_assert(ZB_ETHTOOL_A_RINGS_RX_PUSH == ETHTOOL_A_RINGS_TX_PUSH + 1, "ETHTOOL_A_RINGS_RX_PUSH");

#define AT(offset, type, field) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field)

_Static_assert(sizeof(struct ethtool_drvinfo) == ZB_DRVINFO_SIZE, "ethtool_drvinfo");
AT(ZB_DRVINFO_DRIVER, ethtool_drvinfo, driver);
AT(ZB_DRVINFO_VERSION, ethtool_drvinfo, version);
AT(ZB_DRVINFO_FIRMWARE, ethtool_drvinfo, fw_version);
AT(ZB_DRVINFO_BUS, ethtool_drvinfo, bus_info);
_Static_assert(sizeof(((struct ethtool_drvinfo *)0)->driver) == ZB_DRVINFO_TEXT_SIZE, "driver");
_Static_assert(sizeof(((struct ethtool_drvinfo *)0)->fw_version) == ZB_DRVINFO_TEXT_SIZE, "fw_version");
_Static_assert(sizeof(((struct ethtool_drvinfo *)0)->bus_info) == ZB_DRVINFO_TEXT_SIZE, "bus_info");

AT(ZB_SSET_INFO_MASK, ethtool_sset_info, sset_mask);
AT(ZB_SSET_INFO_DATA, ethtool_sset_info, data);
AT(ZB_GSTRINGS_SET, ethtool_gstrings, string_set);
AT(ZB_GSTRINGS_COUNT, ethtool_gstrings, len);
AT(ZB_GSTRINGS_DATA, ethtool_gstrings, data);
_Static_assert(ETH_GSTRING_LEN == ZB_GSTRINGS_TEXT_SIZE, "ETH_GSTRING_LEN");
AT(ZB_STATS_COUNT, ethtool_stats, n_stats);
AT(ZB_STATS_DATA, ethtool_stats, data);

_Static_assert(sizeof(struct ethtool_rxnfc) == ZB_RXNFC_SIZE, "ethtool_rxnfc");
AT(ZB_RXNFC_FLOW_TYPE, ethtool_rxnfc, flow_type);
AT(ZB_RXNFC_DATA, ethtool_rxnfc, data);
AT(ZB_RXNFC_RULE, ethtool_rxnfc, fs);
AT(ZB_RXNFC_RULE_COUNT, ethtool_rxnfc, rule_cnt);
AT(ZB_RXNFC_RULE_COUNT, ethtool_rxnfc, rss_context);
AT(ZB_RXNFC_LOCATIONS, ethtool_rxnfc, rule_locs);

_Static_assert(sizeof(struct ethtool_rx_flow_spec) == ZB_FLOW_SIZE, "ethtool_rx_flow_spec");
AT(ZB_FLOW_TYPE, ethtool_rx_flow_spec, flow_type);
AT(ZB_FLOW_HEADER, ethtool_rx_flow_spec, h_u);
AT(ZB_FLOW_EXTENSION, ethtool_rx_flow_spec, h_ext);
AT(ZB_FLOW_HEADER_MASK, ethtool_rx_flow_spec, m_u);
AT(ZB_FLOW_EXTENSION_MASK, ethtool_rx_flow_spec, m_ext);
AT(ZB_FLOW_COOKIE, ethtool_rx_flow_spec, ring_cookie);
AT(ZB_FLOW_LOCATION, ethtool_rx_flow_spec, location);
_Static_assert(sizeof(union ethtool_flow_union) == ZB_FLOW_HEADER_SIZE, "ethtool_flow_union");
_Static_assert(sizeof(struct ethtool_flow_ext) == ZB_FLOW_EXTENSION_SIZE, "ethtool_flow_ext");
AT(ZB_TCP4_SOURCE, ethtool_tcpip4_spec, ip4src);
AT(ZB_TCP4_DESTINATION, ethtool_tcpip4_spec, ip4dst);
AT(ZB_TCP4_SOURCE_PORT, ethtool_tcpip4_spec, psrc);
AT(ZB_TCP4_DESTINATION_PORT, ethtool_tcpip4_spec, pdst);
AT(ZB_TCP4_TOS, ethtool_tcpip4_spec, tos);
AT(ZB_TCP6_SOURCE, ethtool_tcpip6_spec, ip6src);
AT(ZB_TCP6_DESTINATION, ethtool_tcpip6_spec, ip6dst);
AT(ZB_TCP6_SOURCE_PORT, ethtool_tcpip6_spec, psrc);
AT(ZB_TCP6_DESTINATION_PORT, ethtool_tcpip6_spec, pdst);
AT(ZB_TCP6_CLASS, ethtool_tcpip6_spec, tclass);

AT(ZB_RXFH_CONTEXT, ethtool_rxfh, rss_context);
AT(ZB_RXFH_TABLE_SIZE, ethtool_rxfh, indir_size);
AT(ZB_RXFH_KEY_SIZE, ethtool_rxfh, key_size);
AT(ZB_RXFH_HASH_FUNCTION, ethtool_rxfh, hfunc);
AT(ZB_RXFH_CONFIG, ethtool_rxfh, rss_config);
