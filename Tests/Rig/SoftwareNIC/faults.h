/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTNIC_FAULTS_H
#define SOFTNIC_FAULTS_H

#include <linux/atomic.h>

struct dentry;
struct soft_nic;

/* Knobs act on what soft0 receives and is asked to do. README.md documents each. */
struct soft_faults {
	atomic_t	drop_every;
	atomic_t	reorder_every;
	atomic_t	pool_fail_every;
	atomic_t	pool_fail_next;
	atomic_t	linear_bytes;
	atomic_t	payload_offset;
	atomic_t	misdirect_ms;
	atomic_t	misdirect_frames;
	atomic_t	refuse_tuple_rules;
	atomic_t	refuse_split;
	atomic_t	fail_queue_start;
	atomic_t	queue_start_errno;
};

/* How often each knob did something; printed with the ground truth. */
struct soft_injected {
	atomic64_t	drops;
	atomic64_t	reorders;
	atomic64_t	pool_failures;
	atomic64_t	linear_bytes;
	atomic64_t	offset_buffers;
	atomic64_t	misdirected_frames;
	atomic64_t	rule_refusals;
	atomic64_t	split_refusals;
	atomic64_t	start_failures;
	atomic64_t	link_flaps;
};

extern struct soft_faults soft_faults;
extern struct soft_injected soft_injected;

bool soft_fault_drop(const struct soft_nic *nic);
bool soft_fault_reorder(const struct soft_nic *nic);
bool soft_fault_pool(const struct soft_nic *nic);
bool soft_fault_countdown(const struct soft_nic *nic, atomic_t *knob, atomic64_t *count);
bool soft_fault_refuse(const struct soft_nic *nic, const atomic_t *knob, atomic64_t *count);
unsigned int soft_fault_value(const struct soft_nic *nic, const atomic_t *knob);
bool soft_link_is_flapped(void);

void soft_faults_init(struct dentry *root);
void soft_faults_exit(void);

#endif
