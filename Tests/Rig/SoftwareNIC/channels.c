// SPDX-License-Identifier: GPL-2.0
/* The number of channels (ethtool -L); a change reopens all queues. */
#include "softnic.h"

void soft_get_channels(struct net_device *dev, struct ethtool_channels *channels)
{
	struct soft_nic *nic = netdev_priv(dev);

	channels->max_combined = soft_queues;
	channels->combined_count = nic->channels;
}

static int soft_change_channels(struct soft_nic *nic, unsigned int count)
{
	int error = netif_set_real_num_queues(nic->dev, count, count);

	if (!error)
		WRITE_ONCE(nic->channels, count);
	return error;
}

int soft_set_channels(struct net_device *dev, struct ethtool_channels *channels)
{
	struct soft_nic *nic = netdev_priv(dev);
	unsigned int before = nic->channels;
	bool open = nic->open;
	int error, again;

	soft_queues_close(nic);
	error = soft_change_channels(nic, channels->combined_count);
	if (!error && open) {
		error = soft_queues_open(nic);
		if (error)
			soft_change_channels(nic, before);
	}
	if (error && open) {
		again = soft_queues_open(nic);
		if (again)
			netdev_err(dev, "queues stay closed: %d\n", again);
		return error;
	}
	soft_rss_spread(nic);
	return error;
}
