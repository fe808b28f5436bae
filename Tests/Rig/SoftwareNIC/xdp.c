// SPDX-License-Identifier: GPL-2.0
/* XDP: a program can be attached, so that refusals around it can be tested. It is not run. */
#include <linux/bpf.h>

#include "softnic.h"

int soft_bpf(struct net_device *dev, struct netdev_bpf *bpf)
{
	struct soft_nic *nic = netdev_priv(dev);
	struct bpf_prog *before;

	if (bpf->command != XDP_SETUP_PROG)
		return -EINVAL;
	before = xchg(&nic->xdp, bpf->prog);
	if (before)
		bpf_prog_put(before);
	return 0;
}
