// SPDX-License-Identifier: GPL-2.0
/* The table of ethtool operations, and those too small for a file. */
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>

#include "softnic.h"

static void soft_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, soft_personality->driver, sizeof(info->driver));
	strscpy(info->fw_version, "softnic", sizeof(info->fw_version));
	strscpy(info->bus_info, dev_name(dev->dev.parent), sizeof(info->bus_info));
}

static int soft_get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *settings)
{
	settings->base.speed = SPEED_25000;
	settings->base.duplex = DUPLEX_FULL;
	settings->base.port = PORT_OTHER;
	settings->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static u32 soft_get_rx_ring_count(struct net_device *dev)
{
	return dev->real_num_rx_queues;
}

static struct ethtool_ops soft_ops = {
	.op_needs_rtnl		= ETHTOOL_OP_NEEDS_RTNL_GLINK | ETHTOOL_OP_NEEDS_RTNL_SCHANNELS |
				  ETHTOOL_OP_NEEDS_RTNL_SRINGPARAM,
	.rxfh_indir_space	= SOFT_INDIR_SIZE,
	.rxfh_key_space		= SOFT_KEY_SIZE,
	.rxfh_per_ctx_key	= true,
	.get_drvinfo		= soft_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= soft_get_link_ksettings,
	.get_ringparam		= soft_get_ringparam,
	.set_ringparam		= soft_set_ringparam,
	.get_channels		= soft_get_channels,
	.set_channels		= soft_set_channels,
	.get_rx_ring_count	= soft_get_rx_ring_count,
	.get_rxfh_key_size	= soft_get_rxfh_key_size,
	.get_rxfh_indir_size	= soft_get_rxfh_indir_size,
	.get_rxfh		= soft_get_rxfh,
	.set_rxfh		= soft_set_rxfh,
	.get_rxnfc		= soft_get_rxnfc,
	.set_rxnfc		= soft_set_rxnfc,
	.get_sset_count		= soft_get_sset_count,
	.get_strings		= soft_get_strings,
	.get_ethtool_stats	= soft_get_ethtool_stats,
};

/* The table as the chosen personality has it; called before any device exists. */
const struct ethtool_ops *soft_ethtool_ops(void)
{
	const struct soft_personality *p = soft_personality;

	soft_ops.supported_ring_params = ETHTOOL_RING_USE_TCP_DATA_SPLIT;
	if (p->has_hds_thresh)
		soft_ops.supported_ring_params |= ETHTOOL_RING_USE_HDS_THRS;
	if (p->sets_rx_buf_len)
		soft_ops.supported_ring_params |= ETHTOOL_RING_USE_RX_BUF_LEN;
	if (p->contexts) {
		soft_ops.rxfh_max_num_contexts = p->contexts;
		soft_ops.create_rxfh_context = soft_create_rxfh_context;
		soft_ops.modify_rxfh_context = soft_modify_rxfh_context;
		soft_ops.remove_rxfh_context = soft_remove_rxfh_context;
	}
	return &soft_ops;
}
