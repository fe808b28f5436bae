// SPDX-License-Identifier: GPL-2.0
/*
 * The ground truth: what io_uring really copied, seen from outside its own
 * statistics, and how this module delivered what it received.
 */
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/seq_file.h>

#include "faults.h"
#include "softnic.h"
#include "truth.h"

/*
 * io_uring/zcrx.c copies every chunk that is no net_iov of its own through this
 * function, from fragments and from the linear area alike; it returns the bytes.
 */
static atomic64_t soft_copy_bytes, soft_copy_calls, soft_copy_errors;
/*
 * What zcrx-bench has the kernel copy to see that its own probe counts
 * (CopyTrace.checkBytes): no byte of a test, and counted apart.
 */
#define SOFT_CHECK_BYTES 997
static atomic64_t soft_copy_checks;
static char soft_probe_problem[96];

static int soft_copy_returned(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	long copied = (long)regs_return_value(regs);

	if (copied == SOFT_CHECK_BYTES) {
		atomic64_inc(&soft_copy_checks);
		return 0;
	}
	atomic64_inc(&soft_copy_calls);
	if (copied > 0)
		atomic64_add(copied, &soft_copy_bytes);
	else
		atomic64_inc(&soft_copy_errors);
	return 0;
}

static struct kretprobe soft_copy_probe = {
	.handler	= soft_copy_returned,
	.kp.symbol_name	= "io_zcrx_copy_chunk",
	.maxactive	= 64,
};

static void soft_probe_init(void)
{
	int error = register_kretprobe(&soft_copy_probe);

	if (error)
		snprintf(soft_probe_problem, sizeof(soft_probe_problem),
			 "%s of this kernel cannot be probed (%d)%s",
			 soft_copy_probe.kp.symbol_name, error,
			 error == -ENOENT ? ": absent, or inlined" : "");
}

static void soft_show_queue(struct seq_file *file, const struct soft_rx_queue *queue,
			    unsigned int device, struct soft_truth *sum)
{
	const struct soft_truth *truth = &queue->truth;
	unsigned int i = queue->index;

	seq_printf(file, "soft%u_rx%u_frames %llu\n", device, i, truth->frames);
	seq_printf(file, "soft%u_rx%u_zero_copy_frags %llu\n", device, i, truth->zero_copy_frags);
	seq_printf(file, "soft%u_rx%u_zero_copy_bytes %llu\n", device, i, truth->zero_copy_bytes);
	seq_printf(file, "soft%u_rx%u_page_frags %llu\n", device, i, truth->page_frags);
	seq_printf(file, "soft%u_rx%u_page_bytes %llu\n", device, i, truth->page_bytes);
	seq_printf(file, "soft%u_rx%u_linear_bytes %llu\n", device, i, truth->linear_bytes);
	sum->zero_copy_bytes += truth->zero_copy_bytes;
	sum->page_bytes += truth->page_bytes;
	sum->linear_bytes += truth->linear_bytes;
}

static void soft_show_injected(struct seq_file *file)
{
#define SHOW(name) seq_printf(file, "injected_" #name " %lld\n", atomic64_read(&soft_injected.name))
	SHOW(drops);
	SHOW(reorders);
	SHOW(pool_failures);
	SHOW(linear_bytes);
	SHOW(offset_buffers);
	SHOW(misdirected_frames);
	SHOW(rule_refusals);
	SHOW(split_refusals);
	SHOW(start_failures);
	SHOW(link_flaps);
#undef SHOW
}

static int soft_truth_show(struct seq_file *file, void *unused)
{
	unsigned int device, i;

	seq_printf(file, "personality %s\n", soft_personality->name);
	if (soft_probe_problem[0]) {
		/* no numbers at all: nobody shall take an absent count for zero */
		seq_printf(file, "uring_copy_probe unavailable: %s\n", soft_probe_problem);
	} else {
		seq_puts(file, "uring_copy_probe active\n");
		seq_printf(file, "uring_copy_bytes %lld\n", atomic64_read(&soft_copy_bytes));
		seq_printf(file, "uring_copy_calls %lld\n", atomic64_read(&soft_copy_calls));
		seq_printf(file, "uring_copy_errors %lld\n", atomic64_read(&soft_copy_errors));
		seq_printf(file, "uring_copy_checks %lld\n", atomic64_read(&soft_copy_checks));
		seq_printf(file, "uring_copy_missed %lu\n",
			   (unsigned long)soft_copy_probe.nmissed + soft_copy_probe.kp.nmissed);
	}
	for (device = 0; device < 2; device++) {
		struct soft_nic *nic = netdev_priv(soft_devices[device]);
		struct soft_truth sum = {};

		for (i = 0; i < soft_queues; i++)
			soft_show_queue(file, &nic->rx[i], device, &sum);
		seq_printf(file, "soft%u_zero_copy_bytes %llu\n", device, sum.zero_copy_bytes);
		seq_printf(file, "soft%u_page_bytes %llu\n", device, sum.page_bytes);
		seq_printf(file, "soft%u_linear_bytes %llu\n", device, sum.linear_bytes);
		seq_printf(file, "soft%u_interruptions %lld\n", device,
			   atomic64_read(&nic->interruptions));
	}
	soft_show_injected(file);
	return 0;
}

static ssize_t soft_truth_reset(struct file *file, const char __user *text, size_t length,
				loff_t *offset)
{
	unsigned int device, i;

	atomic64_set(&soft_copy_bytes, 0);
	atomic64_set(&soft_copy_calls, 0);
	atomic64_set(&soft_copy_errors, 0);
	atomic64_set(&soft_copy_checks, 0);
	soft_copy_probe.nmissed = 0;
	soft_copy_probe.kp.nmissed = 0;
	for (device = 0; device < 2; device++) {
		struct soft_nic *nic = netdev_priv(soft_devices[device]);

		for (i = 0; i < soft_queues; i++)
			memset(&nic->rx[i].truth, 0, sizeof(nic->rx[i].truth));
		atomic64_set(&nic->interruptions, 0);
	}
	memset(&soft_injected, 0, sizeof(soft_injected));
	return length;
}

static int soft_truth_open(struct inode *inode, struct file *file)
{
	return single_open(file, soft_truth_show, NULL);
}

static const struct file_operations soft_truth_fops = {
	.owner		= THIS_MODULE,
	.open		= soft_truth_open,
	.read		= seq_read,
	.write		= soft_truth_reset,
	.llseek		= seq_lseek,
	.release	= single_release,
};

void soft_truth_init(struct dentry *root)
{
	soft_probe_init();
	debugfs_create_file("truth", 0644, root, NULL, &soft_truth_fops);
}

void soft_truth_exit(void)
{
	if (!soft_probe_problem[0])
		unregister_kretprobe(&soft_copy_probe);
}
