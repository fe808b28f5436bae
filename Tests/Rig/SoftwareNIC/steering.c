// SPDX-License-Identifier: GPL-2.0
/* Which queue a frame arrives on: a flow rule, else the indirection table. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include "faults.h"
#include "softnic.h"

bool soft_is_tcp(const struct sk_buff *skb)
{
	if (!skb_transport_header_was_set(skb))
		return false;
	if (skb->protocol == htons(ETH_P_IP))
		return ip_hdr(skb)->protocol == IPPROTO_TCP;
	if (skb->protocol == htons(ETH_P_IPV6))
		return ipv6_hdr(skb)->nexthdr == IPPROTO_TCP;
	return false;
}

/*
 * The Toeplitz hash: for every set bit of the input, the 32 bits of the key
 * that start at the same position.
 */
static u32 soft_toeplitz(const u8 *key, const u8 *input, unsigned int length)
{
	u32 window = (u32)key[0] << 24 | key[1] << 16 | key[2] << 8 | key[3];
	u32 hash = 0;
	unsigned int i, bit;

	for (i = 0; i < length; i++)
		for (bit = 0; bit < 8; bit++) {
			if (input[i] & (0x80 >> bit))
				hash ^= window;
			window = window << 1 | !!(key[i + 4] & (0x80 >> bit));
		}
	return hash;
}

static u32 soft_hash(const struct soft_rss *rss, const struct sk_buff *skb, bool tcp)
{
	struct {
		u8	bytes[36];
		u8	length;
	} input = { .length = 0 };
	const struct tcphdr *th;

	if (skb->protocol == htons(ETH_P_IP)) {
		memcpy(input.bytes, &ip_hdr(skb)->addrs, 8);
		input.length = 8;
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		memcpy(input.bytes, &ipv6_hdr(skb)->addrs, 32);
		input.length = 32;
	}
	if (tcp) {
		th = tcp_hdr(skb);
		memcpy(input.bytes + input.length, &th->source, 2);
		memcpy(input.bytes + input.length + 2, &th->dest, 2);
		input.length += 4;
	}
	return soft_toeplitz(rss->key, input.bytes, input.length);
}

/* Whether the knobs keep this rule from working yet. */
static bool soft_rule_is_deaf(const struct soft_nic *nic, struct soft_rule *rule)
{
	if (nic->number)
		return false;
	if (rule->deaf_until && time_before(jiffies, rule->deaf_until)) {
		atomic64_inc(&soft_injected.misdirected_frames);
		return true;
	}
	return soft_fault_countdown(nic, &rule->deaf_frames, &soft_injected.misdirected_frames);
}

static struct soft_rule *soft_find_rule(struct soft_nic *nic, const struct sk_buff *skb)
{
	struct soft_rule *rule, *best = NULL;
	unsigned int i, end = READ_ONCE(nic->rules_end);

	if (soft_personality->ntuple_off_error && !(nic->dev->features & NETIF_F_NTUPLE))
		return NULL;
	for (i = 0; i < end; i++) {
		rule = rcu_dereference(nic->rules[i]);
		if (rule && (!best || rule->fields > best->fields) &&
		    soft_rule_matches(&rule->flow, skb))
			best = rule;
	}
	return best && !soft_rule_is_deaf(nic, best) ? best : NULL;
}

/* Called within an RCU read section; NULL: a rule drops the frame. */
struct soft_rx_queue *soft_steer(struct soft_nic *nic, struct sk_buff *skb)
{
	unsigned int queue, queues = READ_ONCE(nic->channels);
	const struct soft_rss *rss = &nic->rss[0];
	bool tcp = soft_is_tcp(skb);
	struct soft_rule *rule;
	unsigned int base = 0;
	u32 hash;

	rule = tcp ? soft_find_rule(nic, skb) : NULL;
	if (rule) {
		if (rule->flow.ring_cookie == RX_CLS_FLOW_DISC)
			return NULL;
		base = ethtool_get_flow_spec_ring(rule->flow.ring_cookie);
		if (!(rule->flow.flow_type & FLOW_RSS)) {
			hash = soft_hash(rss, skb, tcp);
			__skb_set_hash(skb, hash, false, true);
			return &nic->rx[base < queues ? base : 0];
		}
		if (nic->rss[rule->context].used)
			rss = &nic->rss[rule->context];
	}
	hash = soft_hash(rss, skb, tcp);
	__skb_set_hash(skb, hash, false, tcp);
	queue = base + rss->indir[hash % SOFT_INDIR_SIZE];
	return &nic->rx[queue < queues ? queue : 0];
}
