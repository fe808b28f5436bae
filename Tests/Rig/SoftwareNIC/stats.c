// SPDX-License-Identifier: GPL-2.0
/* Statistics: ethtool -S and the per-queue ones of the netdev family. */
#include <linux/ethtool.h>

#include "softnic.h"

struct soft_stat {
	const char	*format;	/* takes the queue's number */
	size_t		offset;		/* within soft_rx_stats */
};

#define SOFT_STAT(format, field) { format, offsetof(struct soft_rx_stats, field) }

static const struct soft_stat soft_stats[] = {
	SOFT_STAT("rx%d_packets", packets),
	SOFT_STAT("rx%d_bytes", bytes),
	SOFT_STAT("rx%d_alloc_fail", alloc_fail),
	SOFT_STAT("rx%d_drops", drops),
	SOFT_STAT("rx%d_overruns", overruns),
	SOFT_STAT("rx%d_split_packets", split_packets),
	SOFT_STAT("rx%d_nosplit_packets", nosplit_packets),
	SOFT_STAT("rx%d_xdp_packets", xdp_packets),
};

/* names of mlx5/core/en_stats.c, rq_stats_desc */
static const struct soft_stat soft_mlx5_stats[] = {
	SOFT_STAT("rx%d_packets", packets),
	SOFT_STAT("rx%d_bytes", bytes),
	SOFT_STAT("rx%d_gro_packets", gro_wire_packets),
	SOFT_STAT("rx%d_gro_bytes", gro_wire_bytes),
	SOFT_STAT("rx%d_gro_skbs", gro_packets),
	SOFT_STAT("rx%d_hds_nodata_packets", nodata_packets),
	SOFT_STAT("rx%d_hds_nodata_bytes", nodata_bytes),
	SOFT_STAT("rx%d_hds_nosplit_packets", nosplit_packets),
	SOFT_STAT("rx%d_hds_nosplit_bytes", nosplit_bytes),
	SOFT_STAT("rx%d_buff_alloc_err", alloc_fail),
};

/* names of gve/gve_ethtool.c, gve_gstrings_rx_stats */
static const struct soft_stat soft_gve_stats[] = {
	SOFT_STAT("rx_bytes[%u]", bytes),
	SOFT_STAT("rx_hsplit_bytes[%u]", split_bytes),
	SOFT_STAT("rx_dropped_pkt[%u]", drops),
};

/* the same file, gve_gstrings_main_stats: sums over all queues */
static const struct soft_stat soft_gve_totals[] = {
	SOFT_STAT("rx_packets", packets),
	SOFT_STAT("rx_hsplit_pkt", split_packets),
	SOFT_STAT("rx_bytes", bytes),
	SOFT_STAT("rx_buf_alloc_fail", alloc_fail),
	SOFT_STAT("rx_hsplit_unsplit_pkt", nosplit_packets),
};

struct soft_stat_set {
	const struct soft_stat	*totals, *queue;
	unsigned int		total_count, queue_count;
};

static struct soft_stat_set soft_stat_set(void)
{
	struct soft_stat_set set = { .queue = soft_stats, .queue_count = ARRAY_SIZE(soft_stats) };

	if (soft_personality->stats_mlx5) {
		set.queue = soft_mlx5_stats;
		set.queue_count = ARRAY_SIZE(soft_mlx5_stats);
	} else if (soft_personality->stats_gve) {
		set.totals = soft_gve_totals;
		set.total_count = ARRAY_SIZE(soft_gve_totals);
		set.queue = soft_gve_stats;
		set.queue_count = ARRAY_SIZE(soft_gve_stats);
	}
	return set;
}

static u64 soft_stat_of(const struct soft_rx_queue *queue, const struct soft_stat *stat)
{
	return *(const u64 *)((const char *)&queue->stats + stat->offset);
}

int soft_get_sset_count(struct net_device *dev, int set)
{
	struct soft_stat_set stats = soft_stat_set();

	if (set != ETH_SS_STATS)
		return -EOPNOTSUPP;
	return stats.total_count + stats.queue_count * soft_queues;
}

void soft_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	struct soft_stat_set stats = soft_stat_set();
	unsigned int queue, i;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < stats.total_count; i++)
		ethtool_puts(&data, stats.totals[i].format);
	for (queue = 0; queue < soft_queues; queue++)
		for (i = 0; i < stats.queue_count; i++)
			ethtool_sprintf(&data, stats.queue[i].format, queue);
}

void soft_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *header, u64 *data)
{
	struct soft_stat_set stats = soft_stat_set();
	struct soft_nic *nic = netdev_priv(dev);
	unsigned int queue, i;

	for (i = 0; i < stats.total_count; i++, data++)
		for (*data = 0, queue = 0; queue < soft_queues; queue++)
			*data += soft_stat_of(&nic->rx[queue], &stats.totals[i]);
	for (queue = 0; queue < soft_queues; queue++)
		for (i = 0; i < stats.queue_count; i++)
			*data++ = soft_stat_of(&nic->rx[queue], &stats.queue[i]);
}

static void soft_add_rx(struct netdev_queue_stats_rx *sum, const struct soft_rx_stats *stats)
{
	sum->packets += stats->packets;
	sum->bytes += stats->bytes;
	sum->alloc_fail += stats->alloc_fail;
	if (soft_personality->qstats_drops) {
		sum->hw_drops += stats->drops;
		sum->hw_drop_overruns += stats->overruns;
	}
	if (soft_personality->qstats_gro) {
		sum->hw_gro_packets += stats->gro_packets;
		sum->hw_gro_wire_packets += stats->gro_wire_packets;
	}
}

static void soft_add_tx(struct netdev_queue_stats_tx *sum, const struct soft_tx_queue *queue)
{
	sum->packets += queue->packets;
	sum->bytes += queue->bytes;
}

/* What is not set stays "not collected": only the reported members become zero. */
static void soft_zero_stats(struct netdev_queue_stats_rx *rx, struct netdev_queue_stats_tx *tx)
{
	if (rx) {
		rx->packets = rx->bytes = rx->alloc_fail = 0;
		if (soft_personality->qstats_drops)
			rx->hw_drops = rx->hw_drop_overruns = 0;
		if (soft_personality->qstats_gro)
			rx->hw_gro_packets = rx->hw_gro_wire_packets = 0;
	}
	if (tx)
		tx->packets = tx->bytes = 0;
}

static void soft_get_queue_stats_rx(struct net_device *dev, int index,
				    struct netdev_queue_stats_rx *stats)
{
	struct soft_nic *nic = netdev_priv(dev);

	soft_zero_stats(stats, NULL);
	soft_add_rx(stats, &nic->rx[index].stats);
}

static void soft_get_queue_stats_tx(struct net_device *dev, int index,
				    struct netdev_queue_stats_tx *stats)
{
	struct soft_nic *nic = netdev_priv(dev);

	soft_zero_stats(NULL, stats);
	soft_add_tx(stats, &nic->tx[index]);
}

/* Queues that are not active any more keep their counts. */
static void soft_get_base_stats(struct net_device *dev, struct netdev_queue_stats_rx *rx,
				struct netdev_queue_stats_tx *tx)
{
	struct soft_nic *nic = netdev_priv(dev);
	unsigned int i;

	soft_zero_stats(rx, tx);
	for (i = nic->channels; i < soft_queues; i++) {
		soft_add_rx(rx, &nic->rx[i].stats);
		soft_add_tx(tx, &nic->tx[i]);
	}
}

const struct netdev_stat_ops soft_stat_ops = {
	.get_queue_stats_rx	= soft_get_queue_stats_rx,
	.get_queue_stats_tx	= soft_get_queue_stats_tx,
	.get_base_stats		= soft_get_base_stats,
};
