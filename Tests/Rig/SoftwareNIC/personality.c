// SPDX-License-Identifier: GPL-2.0
/*
 * How the real drivers of Linux 7.3.4 behave where they differ. README.md names
 * the file and function that each value was read from.
 */
#include <linux/errno.h>
#include <linux/netdev_features.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "personality.h"

static const struct soft_personality soft_personalities[] = {
	{
		.name			= "generic",
		.driver			= "softnic",
		.rx_default		= 256,
		.rx_min			= 16,
		.tx_min			= 16,
		.rx_max			= 4096,
		.buffers_per_slot	= 1,
		.has_hds_thresh		= true,
		.hds_thresh_max		= 9000,
		.buffer_size		= SZ_4K,
		.rx_page_max		= SZ_64K,
		.rx_page_not_power_error = -ERANGE,
		.down_error		= -ENETDOWN,
		.location		= SOFT_LOCATION_EITHER,
		.rules			= 512,
		.ntuple_off_error	= -EOPNOTSUPP,
		.contexts		= 16,
		.qstats_drops		= true,
		.qstats_gro		= true,
		.features_on		= NETIF_F_NTUPLE | NETIF_F_GRO_HW,
	}, {
		.name			= "bnxt",
		.driver			= "bnxt_en",
		.rx_default		= 511,
		.rx_min			= 1,
		.tx_min			= 19,
		.rx_max			= 2047,
		.buffers_per_slot	= 4,
		.has_hds_thresh		= true,
		.hds_thresh_default	= 640,
		.hds_thresh_max		= 1023,
		.shows_split_unconfigured = true,
		.refuses_explicit_off	= true,
		.buffer_size		= SZ_4K,
		.rx_page_max		= SZ_32K,
		.rx_page_not_power_error = -ERANGE,
		.down_error		= -ENETDOWN,
		.location		= SOFT_LOCATION_DRIVER,
		.location_error		= -EINVAL,
		.rules			= 1024,
		.rules_need_up		= true,
		.ntuple_off_error	= -EPERM,
		.refuses_duplicates	= true,
		.contexts		= 33,
		.qstats_gro		= true,
		.features_on		= NETIF_F_NTUPLE | NETIF_F_GRO_HW,
	}, {
		.name			= "gve",
		.driver			= "gve",
		.rx_default		= 1024,
		.rx_min			= 512,
		.tx_min			= 512,
		.rx_max			= 4096,
		.buffers_per_slot	= 1,
		.needs_power_of_two	= true,
		.auto_keeps_split	= true,
		.buffer_size		= SZ_4K,
		.sets_rx_buf_len	= true,
		.first_restartable	= 1,
		.down_error		= -EAGAIN,
		.pool_error		= -ENOMEM,
		.restart_stops_all	= true,
		.drops_carrier		= true,
		.location		= SOFT_LOCATION_USER,
		.location_error		= -EINVAL,
		.rules			= 1024,
		.ntuple_off_error	= -EOPNOTSUPP,
		.refuses_drop		= true,
		.stats_gve		= true,
		.features_on		= NETIF_F_GRO_HW,
		.features_off		= NETIF_F_NTUPLE,
	}, {
		.name			= "mlx5",
		.driver			= "mlx5_core",
		.rx_default		= 1024,
		.rx_min			= 16,
		.tx_min			= 64,
		.rx_max			= 8192,
		.buffers_per_slot	= 1,
		.rounds_to_power_of_two	= true,
		.has_hds_thresh		= true,
		.hides_split		= true,
		.split_needs_gro_hw	= true,
		.buffer_size		= SZ_4K,
		.rx_page_max		= SZ_128K,
		.rx_page_not_power_error = -EINVAL,
		.down_error		= -ENODEV,
		.no_dma_device_when_down = true,
		.restart_stops_all	= true,
		.location		= SOFT_LOCATION_USER,
		.location_error		= -ENOSPC,
		.rules			= 1024,
		.contexts		= 16,
		.qstats_gro		= true,
		.stats_mlx5		= true,
		.features_off		= NETIF_F_NTUPLE | NETIF_F_GRO_HW,
	}, {
		.name			= "fbnic",
		.driver			= "fbnic",
		.rx_default		= 1024,
		.rx_min			= 64,
		.tx_min			= 64,
		.rx_max			= SZ_64K,
		.jumbo_default		= 256,
		.mini_default		= 256,
		.buffers_per_slot	= 1,
		.rounds_to_power_of_two	= true,
		.has_hds_thresh		= true,
		.hds_thresh_default	= 1536,
		.hds_thresh_max		= 3584,
		.always_splits		= true,
		.buffer_size		= SZ_4K,
		.location		= SOFT_LOCATION_DRIVER,
		.location_error		= -EINVAL,
		.rules			= 48,
		.contexts		= 2,
		.qstats_drops		= true,
		.features_fixed		= NETIF_F_NTUPLE,
	},
};

const struct soft_personality *soft_personality = &soft_personalities[0];

int soft_personality_choose(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(soft_personalities); i++)
		if (!strcmp(soft_personalities[i].name, name)) {
			soft_personality = &soft_personalities[i];
			return 0;
		}
	return -EINVAL;
}
