/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTNIC_TRUTH_H
#define SOFTNIC_TRUTH_H

struct dentry;

void soft_truth_init(struct dentry *root);
void soft_truth_exit(void);

#endif
