/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTNIC_PERSONALITY_H
#define SOFTNIC_PERSONALITY_H

#include <linux/netdev_features.h>
#include <linux/types.h>

enum soft_location {
	SOFT_LOCATION_EITHER,		/* the driver or the user chooses a rule's slot */
	SOFT_LOCATION_DRIVER,		/* RX_CLS_LOC_ANY only, else -EINVAL */
	SOFT_LOCATION_USER,		/* a slot only */
};

/* How a driver differs from others; README.md names the source of each value. */
struct soft_personality {
	const char		*name;
	const char		*driver;

	/* rings */
	u32			rx_default, rx_min, rx_max;
	u32			tx_min;
	u32			jumbo_default;		/* own payload ring, set by the user */
	u32			mini_default;		/* own header ring, set by the user */
	unsigned int		buffers_per_slot;	/* payload buffers per RX slot */
	bool			rounds_to_power_of_two;
	bool			needs_power_of_two;	/* else -EINVAL */

	/* header-data split */
	bool			has_hds_thresh;
	u32			hds_thresh_default, hds_thresh_max;
	bool			always_splits;
	bool			shows_split_unconfigured;
	bool			hides_split;		/* GET tells what was configured */
	bool			refuses_explicit_off;
	bool			auto_keeps_split;	/* "auto" after "on" leaves it on */
	bool			split_needs_gro_hw;

	/* buffers */
	u32			buffer_size;		/* PAGE_SIZE, or 2 KiB: two per page */
	bool			sets_rx_buf_len;	/* ethtool -G rx-buf-len 2048|4096 */
	u32			rx_page_max;		/* io_uring's rx_buf_len; 0: refused */
	int			rx_page_not_power_error;

	/* queues */
	unsigned int		first_restartable;	/* queues below: -ERANGE */
	int			down_error;		/* queue memory while down */
	bool			no_dma_device_when_down;
	int			pool_error;		/* replaces the error of the page pool */
	bool			restart_stops_all;
	bool			drops_carrier;	/* whenever queues restart */

	/* steering */
	enum soft_location	location;
	int			location_error;
	unsigned int		rules;
	bool			rules_need_up;		/* else -EAGAIN */
	int			ntuple_off_error;	/* 0: rules work without the feature */
	bool			refuses_duplicates;	/* -EEXIST */
	bool			refuses_drop;
	unsigned int		contexts;		/* with context 0; 0: none */

	/* what is reported */
	bool			qstats_drops;
	bool			qstats_gro;
	bool			stats_mlx5, stats_gve;
	netdev_features_t	features_on, features_off;	/* changeable ones */
	netdev_features_t	features_fixed;
};

extern const struct soft_personality *soft_personality;

int soft_personality_choose(const char *name);

#endif
