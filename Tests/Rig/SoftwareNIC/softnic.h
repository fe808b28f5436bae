/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pair of software network interfaces, soft0 <-> soft1, whose receive queues
 * accept memory providers as a NIC with header-data split does. "DMA" is a
 * memcpy to the linear-map address of the buffer's DMA address, done in the
 * NAPI context of the receiving queue.
 */
#ifndef SOFTNIC_H
#define SOFTNIC_H

#include <linux/atomic.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/platform_device.h>
#include <linux/skbuff.h>
#include <net/netdev_queues.h>
#include <net/page_pool/types.h>

#include "personality.h"

#define SOFT_MAX_QUEUES		16
#define SOFT_MAX_RULES		1024
#define SOFT_MAX_CONTEXTS	33	/* with context 0 */
#define SOFT_INDIR_SIZE		128
#define SOFT_KEY_SIZE		40
#define SOFT_COPYBREAK		256	/* linear bytes of a TCP frame that is not split */

/* One posted receive buffer: what a descriptor of a real ring points to. */
struct soft_buffer {
	netmem_ref	netmem;
	unsigned int	offset;		/* of a fragment within its page, else 0 */
};

/* Everything that is exchanged when a queue is restarted. */
struct soft_queue_memory {
	struct page_pool	*pool;
	struct soft_buffer	*ring;
	unsigned int		ring_size;
	unsigned int		head;
	unsigned int		posted;
	unsigned int		buffer_size;
};

struct soft_rx_stats {
	u64	packets;
	u64	bytes;
	u64	alloc_fail;
	u64	drops;			/* of them: overruns */
	u64	overruns;
	u64	gro_packets;
	u64	gro_wire_packets;
	u64	gro_wire_bytes;
	u64	split_packets;
	u64	split_bytes;		/* payload bytes of split packets */
	u64	nosplit_packets;	/* TCP frames with payload that were not split */
	u64	nosplit_bytes;
	u64	nodata_packets;
	u64	nodata_bytes;
	u64	xdp_packets;
};

/* What this module knows to have delivered; can be reset, unlike statistics. */
struct soft_truth {
	u64	frames;
	u64	zero_copy_frags;	/* fragments in memory of a provider */
	u64	zero_copy_bytes;
	u64	page_frags;		/* fragments in ordinary pages */
	u64	page_bytes;
	u64	linear_bytes;		/* TCP payload left in the linear area */
};

struct soft_rx_queue {
	struct napi_struct		napi;
	struct net_device		*dev;
	unsigned int			index;
	struct soft_queue_memory	memory;
	struct sk_buff_head		wire;	/* arrived, not yet written to buffers */
	bool				swap_next;
	struct soft_rx_stats		stats;
	struct soft_truth		truth;
};

struct soft_tx_queue {
	u64	packets;
	u64	bytes;
	u64	gso_packets;
};

struct soft_rule {
	struct rcu_head			rcu;
	struct ethtool_rx_flow_spec	flow;
	u32				context;	/* with FLOW_RSS */
	unsigned int			fields;		/* compared fields: more wins */
	unsigned long			deaf_until;	/* jiffies; faults/misdirect_ms */
	atomic_t			deaf_frames;	/* faults/misdirect_frames */
};

struct soft_rss {
	bool	used;
	u32	indir[SOFT_INDIR_SIZE];
	u8	key[SOFT_KEY_SIZE];
};

struct soft_nic {
	struct net_device		*dev;
	struct net_device __rcu		*peer;
	struct platform_device		*parent;
	unsigned int			number;		/* 0 or 1 */
	bool				open;		/* queues exist and take frames */
	unsigned int			channels;
	u32				rx_pending, tx_pending;
	u32				rx_mini_pending, rx_jumbo_pending;
	u32				rx_buf_len;
	bool				split;
	u32				hds_thresh;
	struct soft_rss			rss[SOFT_MAX_CONTEXTS];
	struct soft_rule __rcu		*rules[SOFT_MAX_RULES];
	unsigned int			rules_end;	/* one past the last used location */
	unsigned int			rule_count;
	struct bpf_prog			*xdp;
	atomic64_t			interruptions;	/* of queues, for another's restart */
	struct soft_tx_queue		tx[SOFT_MAX_QUEUES];
	struct soft_rx_queue		rx[SOFT_MAX_QUEUES];
};

extern unsigned int soft_queues;		/* module parameter, per device */
extern struct net_device *soft_devices[2];

/* steering.c */
struct soft_rx_queue *soft_steer(struct soft_nic *nic, struct sk_buff *skb);
bool soft_is_tcp(const struct sk_buff *skb);

/* datapath.c */
netdev_tx_t soft_start_xmit(struct sk_buff *skb, struct net_device *dev);
int soft_poll(struct napi_struct *napi, int budget);
void soft_refill(struct soft_nic *nic, struct soft_queue_memory *memory,
		 struct soft_rx_stats *stats, gfp_t gfp);

/* queues.c */
extern const struct netdev_queue_mgmt_ops soft_queue_ops;
extern const struct netdev_queue_mgmt_ops soft_queue_ops_with_sizes;
int soft_open(struct net_device *dev);
int soft_stop(struct net_device *dev);
int soft_queues_open(struct soft_nic *nic);
void soft_queues_close(struct soft_nic *nic);
void soft_update_carrier(struct soft_nic *nic);
unsigned int soft_ring_buffers(const struct soft_nic *nic);

/* rings.c */
void soft_rings_init(struct soft_nic *nic);
void soft_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			struct kernel_ethtool_ringparam *kernel_ring,
			struct netlink_ext_ack *extack);
int soft_set_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
		       struct kernel_ethtool_ringparam *kernel_ring,
		       struct netlink_ext_ack *extack);

/* channels.c */
void soft_get_channels(struct net_device *dev, struct ethtool_channels *channels);
int soft_set_channels(struct net_device *dev, struct ethtool_channels *channels);

/* rss.c */
void soft_rss_init(struct soft_nic *nic);
void soft_rss_spread(struct soft_nic *nic);
u32 soft_get_rxfh_key_size(struct net_device *dev);
u32 soft_get_rxfh_indir_size(struct net_device *dev);
int soft_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param);
int soft_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param,
		  struct netlink_ext_ack *extack);
int soft_create_rxfh_context(struct net_device *dev, struct ethtool_rxfh_context *context,
			     const struct ethtool_rxfh_param *param,
			     struct netlink_ext_ack *extack);
int soft_modify_rxfh_context(struct net_device *dev, struct ethtool_rxfh_context *context,
			     const struct ethtool_rxfh_param *param,
			     struct netlink_ext_ack *extack);
int soft_remove_rxfh_context(struct net_device *dev, struct ethtool_rxfh_context *context,
			     u32 rss_context, struct netlink_ext_ack *extack);

/* rules.c */
int soft_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *command, u32 *locations);
int soft_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *command);
void soft_rules_clear(struct soft_nic *nic);
bool soft_rule_matches(const struct ethtool_rx_flow_spec *flow, const struct sk_buff *skb);

/* stats.c */
extern const struct netdev_stat_ops soft_stat_ops;
int soft_get_sset_count(struct net_device *dev, int set);
void soft_get_strings(struct net_device *dev, u32 set, u8 *data);
void soft_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data);

/* ethtool.c */
const struct ethtool_ops *soft_ethtool_ops(void);

/* xdp.c */
int soft_bpf(struct net_device *dev, struct netdev_bpf *bpf);

#endif
