// Where things are in the arguments of ioctl(2) SIOCETHTOOL (uapi/linux/ethtool.h): bytes from their beginning. The
// numbers of the commands are in the distribution's header.
#pragma once

// Every argument begins with the command, a u32.

// ETHTOOL_GDRVINFO: struct ethtool_drvinfo. Texts are 32 bytes long, with a NUL unless they fill them.
#define ZB_DRVINFO_SIZE 196
#define ZB_DRVINFO_DRIVER 4
#define ZB_DRVINFO_VERSION 36
#define ZB_DRVINFO_FIRMWARE 68
#define ZB_DRVINFO_BUS 100
#define ZB_DRVINFO_TEXT_SIZE 32

// ETHTOOL_GSSET_INFO: struct ethtool_sset_info, followed by a u32 for each bit of the mask.
#define ZB_SSET_INFO_MASK 8  // u64
#define ZB_SSET_INFO_DATA 16

// ETHTOOL_GSTRINGS: struct ethtool_gstrings, followed by texts of 32 bytes.
#define ZB_GSTRINGS_SET 4     // u32
#define ZB_GSTRINGS_COUNT 8   // u32
#define ZB_GSTRINGS_DATA 12
#define ZB_GSTRINGS_TEXT_SIZE 32

// ETHTOOL_GSTATS: struct ethtool_stats, followed by a u64 for each text of set ETH_SS_STATS.
#define ZB_STATS_COUNT 4  // u32
#define ZB_STATS_DATA 8

// ETHTOOL_GRXRINGS and the flow rule commands: struct ethtool_rxnfc.
#define ZB_RXNFC_SIZE 192
#define ZB_RXNFC_FLOW_TYPE 4    // u32
#define ZB_RXNFC_DATA 8         // u64
#define ZB_RXNFC_RULE 16        // struct ethtool_rx_flow_spec
#define ZB_RXNFC_RULE_COUNT 184 // u32; with FLOW_RSS the id of an RSS context instead
#define ZB_RXNFC_LOCATIONS 188  // u32 each

// struct ethtool_rx_flow_spec.
#define ZB_FLOW_SIZE 168
#define ZB_FLOW_TYPE 0        // u32
#define ZB_FLOW_HEADER 4      // 52 bytes, by type
#define ZB_FLOW_EXTENSION 56  // 20 bytes
#define ZB_FLOW_HEADER_MASK 76
#define ZB_FLOW_EXTENSION_MASK 128
#define ZB_FLOW_COOKIE 152    // u64
#define ZB_FLOW_LOCATION 160  // u32
#define ZB_FLOW_HEADER_SIZE 52
#define ZB_FLOW_EXTENSION_SIZE 20

// struct ethtool_tcpip4_spec, within the header: network byte order.
#define ZB_TCP4_SOURCE 0
#define ZB_TCP4_DESTINATION 4
#define ZB_TCP4_SOURCE_PORT 8
#define ZB_TCP4_DESTINATION_PORT 10
#define ZB_TCP4_TOS 12
// struct ethtool_tcpip6_spec.
#define ZB_TCP6_SOURCE 0
#define ZB_TCP6_DESTINATION 16
#define ZB_TCP6_SOURCE_PORT 32
#define ZB_TCP6_DESTINATION_PORT 34
#define ZB_TCP6_CLASS 36

// ETHTOOL_GRSSH and ETHTOOL_SRSSH: struct ethtool_rxfh, followed by the table's u32 and the key's bytes.
#define ZB_RXFH_CONTEXT 4        // u32
#define ZB_RXFH_TABLE_SIZE 8     // u32, entries
#define ZB_RXFH_KEY_SIZE 12      // u32, bytes
#define ZB_RXFH_HASH_FUNCTION 16 // u8
#define ZB_RXFH_TRANSFORM 17     // u8; reserved, and so to be 0, in the header of 6.1
#define ZB_RXFH_CONFIG 24
