// What Linux 7.3 added to generic netlink family "ethtool" since 6.1 (uapi/linux/ethtool_netlink.h and its generated
// part). The rest is in the distribution's header.
#pragma once

// Messages to the kernel. Which of them it knows is told by the family's list of operations.
#define ZB_ETHTOOL_MSG_RSS_GET 38         // in the headers of 6.12
#define ZB_ETHTOOL_MSG_RSS_SET 48         // in the headers of 6.17, as the next two
#define ZB_ETHTOOL_MSG_RSS_CREATE_ACT 49
#define ZB_ETHTOOL_MSG_RSS_DELETE_ACT 50

// Messages from the kernel: a numbering of their own.
#define ZB_ETHTOOL_MSG_RSS_GET_REPLY 38
#define ZB_ETHTOOL_MSG_RSS_NTF 50
#define ZB_ETHTOOL_MSG_RSS_CREATE_ACT_REPLY 51
#define ZB_ETHTOOL_MSG_RSS_CREATE_NTF 52
#define ZB_ETHTOOL_MSG_RSS_DELETE_NTF 53

// Attributes of the RINGS messages.
#define ZB_ETHTOOL_A_RINGS_RX_PUSH 14           // u8
#define ZB_ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN 15   // u32
#define ZB_ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN_MAX 16
#define ZB_ETHTOOL_A_RINGS_HDS_THRESH 17        // u32; in replies only where the driver supports it
#define ZB_ETHTOOL_A_RINGS_HDS_THRESH_MAX 18    // u32

// Values of ETHTOOL_A_RINGS_TCP_DATA_SPLIT.
#define ZB_ETHTOOL_TCP_DATA_SPLIT_UNKNOWN 0
#define ZB_ETHTOOL_TCP_DATA_SPLIT_DISABLED 1
#define ZB_ETHTOOL_TCP_DATA_SPLIT_ENABLED 2

// Attributes of the RSS messages; 1 is the header.
#define ZB_ETHTOOL_A_RSS_CONTEXT 2        // u32; absent for context 0
#define ZB_ETHTOOL_A_RSS_HFUNC 3          // u32
#define ZB_ETHTOOL_A_RSS_INDIR 4          // array of u32
#define ZB_ETHTOOL_A_RSS_HKEY 5           // bytes
#define ZB_ETHTOOL_A_RSS_INPUT_XFRM 6     // u32
#define ZB_ETHTOOL_A_RSS_START_CONTEXT 7  // u32, dump requests
#define ZB_ETHTOOL_A_RSS_FLOW_HASH 8      // nest
