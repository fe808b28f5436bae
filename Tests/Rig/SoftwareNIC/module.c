// SPDX-License-Identifier: GPL-2.0
/* Loading, the two devices, unloading. */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/xdp.h>

#include "faults.h"
#include "softnic.h"
#include "truth.h"

unsigned int soft_queues = 8;
module_param_named(queues, soft_queues, uint, 0444);
MODULE_PARM_DESC(queues, "receive and transmit queues of each device, 1 to 16");

static char *personality = "generic";
module_param(personality, charp, 0444);
MODULE_PARM_DESC(personality, "generic, bnxt, gve, mlx5 or fbnic");

struct net_device *soft_devices[2];

static struct platform_device *soft_parents[2];
static struct dentry *soft_root;

static netdev_features_t soft_fix_features(struct net_device *dev, netdev_features_t features)
{
	struct soft_nic *nic = netdev_priv(dev);

	if (soft_personality->split_needs_gro_hw && nic->split && !(features & NETIF_F_GRO_HW)) {
		netdev_info(dev, "Keeping HW-GRO enabled, TCP header-data split depends on it\n");
		features |= NETIF_F_GRO_HW;
	}
	return features;
}

static int soft_set_features(struct net_device *dev, netdev_features_t features)
{
	if (soft_personality->ntuple_off_error && (dev->features & NETIF_F_NTUPLE) &&
	    !(features & NETIF_F_NTUPLE))
		soft_rules_clear(netdev_priv(dev));
	return 0;
}

static const struct net_device_ops soft_netdev_ops = {
	.ndo_open		= soft_open,
	.ndo_stop		= soft_stop,
	.ndo_start_xmit		= soft_start_xmit,
	.ndo_fix_features	= soft_fix_features,
	.ndo_set_features	= soft_set_features,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_bpf		= soft_bpf,
};

static void soft_setup(struct net_device *dev)
{
	const struct soft_personality *p = soft_personality;
	struct soft_nic *nic = netdev_priv(dev);
	unsigned int i;

	ether_setup(dev);
	eth_hw_addr_random(dev);
	dev->netdev_ops = &soft_netdev_ops;
	dev->queue_mgmt_ops = p->rx_page_max ? &soft_queue_ops_with_sizes : &soft_queue_ops;
	dev->stat_ops = &soft_stat_ops;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->max_mtu = ETH_MAX_MTU;
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 |
			   NETIF_F_RXCSUM | NETIF_F_RXHASH;
	dev->features = dev->hw_features | NETIF_F_HIGHDMA | NETIF_F_GRO | p->features_fixed |
			p->features_on;
	dev->hw_features |= p->features_on | p->features_off;
	/* a frame must fit into MAX_SKB_FRAGS buffers of the receiver */
	netif_set_tso_max_size(dev, min_t(unsigned int, TSO_LEGACY_MAX_SIZE, 16 * p->buffer_size));
	xdp_set_features_flag(dev, NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_RX_SG);
	nic->dev = dev;
	nic->channels = soft_queues;
	for (i = 0; i < SOFT_MAX_QUEUES; i++) {
		nic->rx[i].dev = dev;
		nic->rx[i].index = i;
		skb_queue_head_init(&nic->rx[i].wire);
	}
}

static int soft_add(unsigned int number)
{
	struct net_device *dev;
	struct soft_nic *nic;
	int error;

	soft_parents[number] = platform_device_register_simple("softnic", number, NULL, 0);
	if (IS_ERR(soft_parents[number])) {
		error = PTR_ERR(soft_parents[number]);
		soft_parents[number] = NULL;
		return error;
	}
	error = dma_set_mask_and_coherent(&soft_parents[number]->dev, DMA_BIT_MASK(64));
	if (error)
		return error;
	dev = alloc_netdev_mqs(sizeof(*nic), number ? "soft1" : "soft0", NET_NAME_PREDICTABLE,
			       soft_setup, soft_queues, soft_queues);
	if (!dev)
		return -ENOMEM;
	nic = netdev_priv(dev);
	nic->number = number;
	nic->parent = soft_parents[number];
	dev->ethtool_ops = soft_ethtool_ops();
	SET_NETDEV_DEV(dev, &nic->parent->dev);
	soft_rings_init(nic);
	soft_rss_init(nic);
	netif_carrier_off(dev);
	error = register_netdev(dev);
	if (error) {
		free_netdev(dev);
		return error;
	}
	soft_devices[number] = dev;
	return 0;
}

static void soft_remove(unsigned int number)
{
	struct net_device *dev = soft_devices[number], *other = soft_devices[!number];
	struct soft_nic *nic;

	if (dev) {
		nic = netdev_priv(dev);
		rtnl_lock();
		if (other)
			RCU_INIT_POINTER(((struct soft_nic *)netdev_priv(other))->peer, NULL);
		RCU_INIT_POINTER(nic->peer, NULL);
		unregister_netdevice(dev);
		rtnl_unlock();
		soft_rules_clear(nic);
		free_netdev(dev);
		soft_devices[number] = NULL;
	}
	if (soft_parents[number])
		platform_device_unregister(soft_parents[number]);
	soft_parents[number] = NULL;
}

static int __init soft_init(void)
{
	unsigned int i;
	int error;

	if (soft_queues < 1 || soft_queues > SOFT_MAX_QUEUES)
		return -EINVAL;
	error = soft_personality_choose(personality);
	for (i = 0; i < 2 && !error; i++)
		error = soft_add(i);
	if (error) {
		soft_remove(0);
		soft_remove(1);
		return error;
	}
	for (i = 0; i < 2; i++) {
		struct soft_nic *nic = netdev_priv(soft_devices[i]);

		rcu_assign_pointer(nic->peer, soft_devices[!i]);
	}
	soft_root = debugfs_create_dir("softnic", NULL);
	soft_faults_init(soft_root);
	soft_truth_init(soft_root);
	return 0;
}

static void __exit soft_exit(void)
{
	debugfs_remove(soft_root);
	soft_faults_exit();
	soft_truth_exit();
	soft_remove(0);
	soft_remove(1);
	rcu_barrier();		/* rules are freed by callbacks */
}

module_init(soft_init);
module_exit(soft_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a pair of software NICs whose queues accept memory providers");
