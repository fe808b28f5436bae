// SPDX-License-Identifier: GPL-2.0
/* Knobs in debugfs that make soft0 misbehave, one file each in softnic/faults/. */
#include <linux/debugfs.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "faults.h"
#include "softnic.h"

struct soft_faults soft_faults;
struct soft_injected soft_injected;

static bool soft_flapped;

static const struct {
	const char	*name;
	atomic_t	*value;
} soft_knobs[] = {
	{ "drop_every",		&soft_faults.drop_every },
	{ "reorder_every",	&soft_faults.reorder_every },
	{ "pool_fail_every",	&soft_faults.pool_fail_every },
	{ "pool_fail_next",	&soft_faults.pool_fail_next },
	{ "linear_bytes",	&soft_faults.linear_bytes },
	{ "payload_offset",	&soft_faults.payload_offset },
	{ "misdirect_ms",	&soft_faults.misdirect_ms },
	{ "misdirect_frames",	&soft_faults.misdirect_frames },
	{ "refuse_tuple_rules",	&soft_faults.refuse_tuple_rules },
	{ "refuse_split",	&soft_faults.refuse_split },
	{ "fail_queue_start",	&soft_faults.fail_queue_start },
	{ "queue_start_errno",	&soft_faults.queue_start_errno },
};

/* A knob's value for this device; 0 for soft1 and for nonsense. */
unsigned int soft_fault_value(const struct soft_nic *nic, const atomic_t *knob)
{
	return nic->number ? 0 : max(atomic_read(knob), 0);
}

static bool soft_every(const struct soft_nic *nic, const atomic_t *knob, atomic_t *counter)
{
	unsigned int every = soft_fault_value(nic, knob);

	return every && !((unsigned int)atomic_inc_return(counter) % every);
}

bool soft_fault_drop(const struct soft_nic *nic)
{
	static atomic_t counter;

	if (!soft_every(nic, &soft_faults.drop_every, &counter))
		return false;
	atomic64_inc(&soft_injected.drops);
	return true;
}

/* The swap itself is counted where it happens. */
bool soft_fault_reorder(const struct soft_nic *nic)
{
	static atomic_t counter;

	return soft_every(nic, &soft_faults.reorder_every, &counter);
}

/* Takes one from a knob that counts down; true while there was one to take. */
bool soft_fault_countdown(const struct soft_nic *nic, atomic_t *knob, atomic64_t *count)
{
	if (!soft_fault_value(nic, knob) || atomic_dec_if_positive(knob) < 0)
		return false;
	atomic64_inc(count);
	return true;
}

bool soft_fault_pool(const struct soft_nic *nic)
{
	static atomic_t counter;

	if (soft_fault_countdown(nic, &soft_faults.pool_fail_next, &soft_injected.pool_failures))
		return true;
	if (!soft_every(nic, &soft_faults.pool_fail_every, &counter))
		return false;
	atomic64_inc(&soft_injected.pool_failures);
	return true;
}

bool soft_fault_refuse(const struct soft_nic *nic, const atomic_t *knob, atomic64_t *count)
{
	if (!soft_fault_value(nic, knob))
		return false;
	atomic64_inc(count);
	return true;
}

bool soft_link_is_flapped(void)
{
	return READ_ONCE(soft_flapped);
}

static void soft_link_returns(struct work_struct *work)
{
	WRITE_ONCE(soft_flapped, false);
	soft_update_carrier(netdev_priv(soft_devices[0]));
}

static DECLARE_DELAYED_WORK(soft_link_work, soft_link_returns);

static int soft_flap_set(void *data, u64 milliseconds)
{
	WRITE_ONCE(soft_flapped, true);
	soft_update_carrier(netdev_priv(soft_devices[0]));
	atomic64_inc(&soft_injected.link_flaps);
	mod_delayed_work(system_percpu_wq, &soft_link_work, msecs_to_jiffies(milliseconds));
	return 0;
}

static int soft_flap_get(void *data, u64 *value)
{
	*value = soft_link_is_flapped();
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(soft_flap_fops, soft_flap_get, soft_flap_set, "%llu\n");

void soft_faults_init(struct dentry *root)
{
	struct dentry *directory = debugfs_create_dir("faults", root);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(soft_knobs); i++)
		debugfs_create_atomic_t(soft_knobs[i].name, 0644, directory, soft_knobs[i].value);
	debugfs_create_file_unsafe("link_flap_ms", 0644, directory, NULL, &soft_flap_fops);
}

/* After the files are gone and before the devices are. */
void soft_faults_exit(void)
{
	cancel_delayed_work_sync(&soft_link_work);
}
