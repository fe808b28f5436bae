// Generic netlink family "netdev" (uapi/linux/netdev.h of Linux 7.3), which 6.1 does not have. Attributes of type "uint"
// are 4 or 8 bytes long: decode by their length.
#pragma once

#define ZB_NETDEV_FAMILY_NAME "netdev"
#define ZB_NETDEV_FAMILY_VERSION 1
#define ZB_NETDEV_MCGRP_MGMT "mgmt"
#define ZB_NETDEV_MCGRP_PAGE_POOL "page-pool"

// Commands.
#define ZB_NETDEV_CMD_DEV_GET 1
#define ZB_NETDEV_CMD_PAGE_POOL_GET 5
#define ZB_NETDEV_CMD_PAGE_POOL_STATS_GET 9
#define ZB_NETDEV_CMD_QUEUE_GET 10
#define ZB_NETDEV_CMD_NAPI_GET 11
#define ZB_NETDEV_CMD_QSTATS_GET 12
#define ZB_NETDEV_CMD_BIND_RX 13
#define ZB_NETDEV_CMD_NAPI_SET 14      // in the headers of 6.17
#define ZB_NETDEV_CMD_BIND_TX 15
#define ZB_NETDEV_CMD_QUEUE_CREATE 16  // 7.2

// QUEUE_GET.
#define ZB_NETDEV_A_QUEUE_ID 1        // u32
#define ZB_NETDEV_A_QUEUE_IFINDEX 2   // u32
#define ZB_NETDEV_A_QUEUE_TYPE 3      // u32, ZB_NETDEV_QUEUE_TYPE_*
#define ZB_NETDEV_A_QUEUE_NAPI_ID 4   // u32
#define ZB_NETDEV_A_QUEUE_DMABUF 5    // u32
#define ZB_NETDEV_A_QUEUE_IO_URING 6  // nest, there while an io_uring holds the queue
#define ZB_NETDEV_A_QUEUE_XSK 7       // nest
#define ZB_NETDEV_A_QUEUE_LEASE 8     // nest; 7.2
#define ZB_NETDEV_QUEUE_TYPE_RX 0
#define ZB_NETDEV_QUEUE_TYPE_TX 1
// Within ZB_NETDEV_A_QUEUE_IO_URING.
#define ZB_NETDEV_A_IO_URING_RX_BUF_LEN 1  // u32; 7.2
// Within ZB_NETDEV_A_QUEUE_LEASE.
#define ZB_NETDEV_A_LEASE_IFINDEX 1
#define ZB_NETDEV_A_LEASE_QUEUE 2
#define ZB_NETDEV_A_LEASE_NETNS_ID 3

// NAPI_GET and NAPI_SET.
#define ZB_NETDEV_A_NAPI_IFINDEX 1              // u32
#define ZB_NETDEV_A_NAPI_ID 2                   // u32
#define ZB_NETDEV_A_NAPI_IRQ 3                  // u32
#define ZB_NETDEV_A_NAPI_PID 4                  // u32, of the thread where there is one
#define ZB_NETDEV_A_NAPI_DEFER_HARD_IRQS 5      // u32
#define ZB_NETDEV_A_NAPI_GRO_FLUSH_TIMEOUT 6    // uint, nanoseconds
#define ZB_NETDEV_A_NAPI_IRQ_SUSPEND_TIMEOUT 7  // uint, nanoseconds
#define ZB_NETDEV_A_NAPI_THREADED 8             // u32: 0 off, 1 on, 2 busy polling

// PAGE_POOL_GET.
#define ZB_NETDEV_A_PAGE_POOL_ID 1            // uint
#define ZB_NETDEV_A_PAGE_POOL_IFINDEX 2       // u32
#define ZB_NETDEV_A_PAGE_POOL_NAPI_ID 3       // uint
#define ZB_NETDEV_A_PAGE_POOL_INFLIGHT 4      // uint, pages
#define ZB_NETDEV_A_PAGE_POOL_INFLIGHT_MEM 5  // uint, bytes
#define ZB_NETDEV_A_PAGE_POOL_DETACH_TIME 6   // uint, seconds since boot
#define ZB_NETDEV_A_PAGE_POOL_DMABUF 7        // u32
#define ZB_NETDEV_A_PAGE_POOL_IO_URING 8      // nest

// PAGE_POOL_STATS_GET.
#define ZB_NETDEV_A_PAGE_POOL_STATS_INFO 1                // nest of PAGE_POOL_GET's attributes
#define ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_FAST 8          // uint, as all below
#define ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_SLOW 9
#define ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_SLOW_HIGH_ORDER 10
#define ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_EMPTY 11
#define ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_REFILL 12
#define ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_WAIVE 13
#define ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_CACHED 14
#define ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_CACHE_FULL 15
#define ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_RING 16
#define ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_RING_FULL 17
#define ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_RELEASED_REFCNT 18

// QSTATS_GET.
#define ZB_NETDEV_A_QSTATS_IFINDEX 1               // u32
#define ZB_NETDEV_A_QSTATS_QUEUE_TYPE 2            // u32
#define ZB_NETDEV_A_QSTATS_QUEUE_ID 3              // u32
#define ZB_NETDEV_A_QSTATS_SCOPE 4                 // uint, ZB_NETDEV_QSTATS_SCOPE_*
#define ZB_NETDEV_QSTATS_SCOPE_QUEUE 1
#define ZB_NETDEV_A_QSTATS_RX_PACKETS 8            // uint, as all below
#define ZB_NETDEV_A_QSTATS_RX_BYTES 9
#define ZB_NETDEV_A_QSTATS_TX_PACKETS 10
#define ZB_NETDEV_A_QSTATS_TX_BYTES 11
#define ZB_NETDEV_A_QSTATS_RX_ALLOC_FAIL 12
#define ZB_NETDEV_A_QSTATS_RX_HW_DROPS 13
#define ZB_NETDEV_A_QSTATS_RX_HW_DROP_OVERRUNS 14
#define ZB_NETDEV_A_QSTATS_RX_HW_GRO_PACKETS 19
#define ZB_NETDEV_A_QSTATS_RX_HW_GRO_BYTES 20
#define ZB_NETDEV_A_QSTATS_RX_HW_GRO_WIRE_PACKETS 21
#define ZB_NETDEV_A_QSTATS_RX_HW_GRO_WIRE_BYTES 22
#define ZB_NETDEV_A_QSTATS_RX_HW_DROP_RATELIMITS 23
