// SPDX-License-Identifier: GPL-2.0
/* Receive-side scaling: indirection tables and hash keys, for context 0 and others. */
#include <linux/etherdevice.h>

#include "softnic.h"

static void soft_default_table(struct soft_nic *nic, u32 *indir)
{
	unsigned int i;

	for (i = 0; i < SOFT_INDIR_SIZE; i++)
		indir[i] = ethtool_rxfh_indir_default(i, nic->channels);
}

/* Spreads context 0 over all channels, unless the user has set a table. */
void soft_rss_spread(struct soft_nic *nic)
{
	if (!netif_is_rxfh_configured(nic->dev))
		soft_default_table(nic, nic->rss[0].indir);
}

void soft_rss_init(struct soft_nic *nic)
{
	nic->rss[0].used = true;
	netdev_rss_key_fill(nic->rss[0].key, SOFT_KEY_SIZE);
	soft_default_table(nic, nic->rss[0].indir);
}

u32 soft_get_rxfh_key_size(struct net_device *dev)
{
	return SOFT_KEY_SIZE;
}

u32 soft_get_rxfh_indir_size(struct net_device *dev)
{
	return SOFT_INDIR_SIZE;
}

int soft_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param)
{
	struct soft_nic *nic = netdev_priv(dev);

	param->hfunc = ETH_RSS_HASH_TOP;
	if (param->indir)
		memcpy(param->indir, nic->rss[0].indir, sizeof(nic->rss[0].indir));
	if (param->key)
		memcpy(param->key, nic->rss[0].key, sizeof(nic->rss[0].key));
	return 0;
}

static int soft_rss_set(struct soft_rss *rss, const struct ethtool_rxfh_param *param,
			struct netlink_ext_ack *extack)
{
	if (param->hfunc != ETH_RSS_HASH_NO_CHANGE && param->hfunc != ETH_RSS_HASH_TOP) {
		NL_SET_ERR_MSG_MOD(extack, "only the Toeplitz hash is supported");
		return -EOPNOTSUPP;
	}
	if (param->indir)
		memcpy(rss->indir, param->indir, sizeof(rss->indir));
	if (param->key)
		memcpy(rss->key, param->key, sizeof(rss->key));
	return 0;
}

int soft_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param,
		  struct netlink_ext_ack *extack)
{
	struct soft_nic *nic = netdev_priv(dev);

	return soft_rss_set(&nic->rss[0], param, extack);
}

int soft_create_rxfh_context(struct net_device *dev, struct ethtool_rxfh_context *context,
			     const struct ethtool_rxfh_param *param,
			     struct netlink_ext_ack *extack)
{
	struct soft_nic *nic = netdev_priv(dev);
	struct soft_rss *rss;
	int error;

	if (param->rss_context >= soft_personality->contexts)
		return -ENOSPC;
	rss = &nic->rss[param->rss_context];
	*rss = nic->rss[0];
	soft_default_table(nic, rss->indir);
	error = soft_rss_set(rss, param, extack);
	if (error) {
		rss->used = false;
		return error;
	}
	/* what the user left out is read back from here */
	context->hfunc = ETH_RSS_HASH_TOP;
	memcpy(ethtool_rxfh_context_indir(context), rss->indir, sizeof(rss->indir));
	memcpy(ethtool_rxfh_context_key(context), rss->key, sizeof(rss->key));
	return 0;
}

int soft_modify_rxfh_context(struct net_device *dev, struct ethtool_rxfh_context *context,
			     const struct ethtool_rxfh_param *param,
			     struct netlink_ext_ack *extack)
{
	struct soft_nic *nic = netdev_priv(dev);

	return soft_rss_set(&nic->rss[param->rss_context], param, extack);
}

int soft_remove_rxfh_context(struct net_device *dev, struct ethtool_rxfh_context *context,
			     u32 rss_context, struct netlink_ext_ack *extack)
{
	struct soft_nic *nic = netdev_priv(dev);

	nic->rss[rss_context].used = false;
	return 0;
}
