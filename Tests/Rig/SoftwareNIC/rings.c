// SPDX-License-Identifier: GPL-2.0
/* Ring sizes, header-data split and buffer length (ethtool -g, -G). */
#include <linux/ethtool_netlink.h>
#include <linux/log2.h>

#include "faults.h"
#include "softnic.h"

/* soft1 only sends and takes acknowledgements: short rings spare memory and time. */
#define SOFT_PEER_RING	128

void soft_rings_init(struct soft_nic *nic)
{
	const struct soft_personality *p = soft_personality;
	u32 most = nic->number ? SOFT_PEER_RING : U32_MAX;

	nic->rx_pending = min(p->rx_default, most);
	nic->tx_pending = p->rx_default;
	nic->rx_mini_pending = min(p->mini_default, most);
	nic->rx_jumbo_pending = min(p->jumbo_default, most);
	nic->rx_buf_len = p->buffer_size;
	nic->split = p->always_splits;
	nic->hds_thresh = p->hds_thresh_default;
	nic->dev->cfg->hds_thresh = p->hds_thresh_default;
}

static u8 soft_reported_split(const struct soft_nic *nic)
{
	const struct soft_personality *p = soft_personality;

	if (p->hides_split)
		return nic->dev->cfg->hds_config;
	if (nic->split || p->shows_split_unconfigured)
		return ETHTOOL_TCP_DATA_SPLIT_ENABLED;
	return ETHTOOL_TCP_DATA_SPLIT_DISABLED;
}

void soft_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			struct kernel_ethtool_ringparam *kernel_ring,
			struct netlink_ext_ack *extack)
{
	const struct soft_personality *p = soft_personality;
	struct soft_nic *nic = netdev_priv(dev);

	ring->rx_max_pending = p->rx_max;
	ring->tx_max_pending = p->rx_max;
	ring->rx_pending = nic->rx_pending;
	ring->tx_pending = nic->tx_pending;
	if (p->mini_default) {
		ring->rx_mini_max_pending = p->rx_max;
		ring->rx_mini_pending = nic->rx_mini_pending;
	}
	if (p->jumbo_default || p->buffers_per_slot > 1) {
		ring->rx_jumbo_max_pending = p->rx_max * p->buffers_per_slot;
		ring->rx_jumbo_pending = soft_ring_buffers(nic);
	}
	if (p->sets_rx_buf_len)
		kernel_ring->rx_buf_len = nic->rx_buf_len;
	kernel_ring->tcp_data_split = soft_reported_split(nic);
	kernel_ring->hds_thresh_max = p->hds_thresh_max;
}

static u32 soft_ring_size(u32 size)
{
	return soft_personality->rounds_to_power_of_two && size ? roundup_pow_of_two(size) : size;
}

static int soft_check_rings(const struct ethtool_ringparam *ring,
			    const struct kernel_ethtool_ringparam *kernel_ring,
			    struct netlink_ext_ack *extack)
{
	const struct soft_personality *p = soft_personality;

	if (ring->rx_pending < p->rx_min || ring->tx_pending < p->tx_min ||
	    (p->mini_default && ring->rx_mini_pending < p->rx_min) ||
	    (p->jumbo_default && ring->rx_jumbo_pending < p->rx_min)) {
		if (p->mini_default)
			NL_SET_ERR_MSG_MOD(extack, "requested ring size too small");
		else
			NL_SET_ERR_MSG_FMT_MOD(extack, "rx (%d) < min (%d) or tx (%d) < min (%d)",
					       ring->rx_pending, p->rx_min,
					       ring->tx_pending, p->tx_min);
		return -EINVAL;
	}
	if (p->needs_power_of_two &&
	    (!is_power_of_2(ring->rx_pending) || !is_power_of_2(ring->tx_pending)))
		return -EINVAL;
	if (p->sets_rx_buf_len && kernel_ring->rx_buf_len != SZ_2K &&
	    kernel_ring->rx_buf_len != SZ_4K) {
		NL_SET_ERR_MSG_MOD(extack, "Rx buf len can only be 2048 or 4096");
		return -EINVAL;
	}
	return 0;
}

static int soft_check_split(struct soft_nic *nic, u8 split, struct netlink_ext_ack *extack)
{
	const struct soft_personality *p = soft_personality;
	bool changes = split != nic->dev->cfg->hds_config;

	if (split == ETHTOOL_TCP_DATA_SPLIT_DISABLED && p->always_splits) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot disable TCP data split");
		return -EINVAL;
	}
	if (split == ETHTOOL_TCP_DATA_SPLIT_DISABLED && p->refuses_explicit_off && changes)
		return -EINVAL;
	if (split != ETHTOOL_TCP_DATA_SPLIT_ENABLED)
		return 0;
	if (p->split_needs_gro_hw && !(nic->dev->features & NETIF_F_GRO_HW)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "TCP-data-split is not supported when GRO HW is disabled");
		return -EINVAL;
	}
	if (changes && nic->xdp) {
		NL_SET_ERR_MSG_MOD(extack, "tcp-data-split is disallowed when XDP is attached");
		return -EINVAL;
	}
	if (changes && soft_fault_refuse(nic, &soft_faults.refuse_split,
					 &soft_injected.split_refusals)) {
		NL_SET_ERR_MSG_MOD(extack, "TCP data split is refused (faults/refuse_split)");
		return -EOPNOTSUPP;
	}
	return 0;
}

static void soft_take_split(struct soft_nic *nic, u8 split)
{
	const struct soft_personality *p = soft_personality;

	if (split == ETHTOOL_TCP_DATA_SPLIT_UNKNOWN && p->auto_keeps_split)
		return;
	WRITE_ONCE(nic->split, p->always_splits || split == ETHTOOL_TCP_DATA_SPLIT_ENABLED);
}

int soft_set_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
		       struct kernel_ethtool_ringparam *kernel_ring,
		       struct netlink_ext_ack *extack)
{
	struct soft_nic *nic = netdev_priv(dev);
	bool open = nic->open;
	int error;

	ring->rx_pending = soft_ring_size(ring->rx_pending);
	ring->tx_pending = soft_ring_size(ring->tx_pending);
	ring->rx_mini_pending = soft_ring_size(ring->rx_mini_pending);
	ring->rx_jumbo_pending = soft_ring_size(ring->rx_jumbo_pending);
	error = soft_check_rings(ring, kernel_ring, extack) ?:
		soft_check_split(nic, kernel_ring->tcp_data_split, extack);
	if (error)
		return error;

	soft_queues_close(nic);
	nic->rx_pending = ring->rx_pending;
	nic->tx_pending = ring->tx_pending;
	if (soft_personality->mini_default)
		nic->rx_mini_pending = ring->rx_mini_pending;
	if (soft_personality->jumbo_default)
		nic->rx_jumbo_pending = ring->rx_jumbo_pending;
	if (soft_personality->sets_rx_buf_len)
		nic->rx_buf_len = kernel_ring->rx_buf_len;
	soft_take_split(nic, kernel_ring->tcp_data_split);
	if (soft_personality->has_hds_thresh)
		WRITE_ONCE(nic->hds_thresh, kernel_ring->hds_thresh);
	/* hardware GRO may have been kept on for the split's sake */
	if (soft_personality->split_needs_gro_hw && !nic->split)
		netdev_update_features(dev);
	return open ? soft_queues_open(nic) : 0;
}
