// SPDX-License-Identifier: GPL-2.0
/* Flow rules (ethtool -N): TCP over IPv4 and IPv6, to a queue, a context or nowhere. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include "faults.h"
#include "softnic.h"

static u32 soft_flow_type(const struct ethtool_rx_flow_spec *flow)
{
	return flow->flow_type & ~(FLOW_EXT | FLOW_MAC_EXT | FLOW_RSS);
}

static bool soft_address_differs(const __be32 *address, const __be32 *wanted, const __be32 *mask)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		if ((address[i] ^ wanted[i]) & mask[i])
			return true;
	return false;
}

bool soft_rule_matches(const struct ethtool_rx_flow_spec *flow, const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);

	if (soft_flow_type(flow) == TCP_V4_FLOW) {
		const struct ethtool_tcpip4_spec *wanted = &flow->h_u.tcp_ip4_spec;
		const struct ethtool_tcpip4_spec *mask = &flow->m_u.tcp_ip4_spec;
		const struct iphdr *ip = ip_hdr(skb);

		return skb->protocol == htons(ETH_P_IP) &&
		       !((ip->saddr ^ wanted->ip4src) & mask->ip4src) &&
		       !((ip->daddr ^ wanted->ip4dst) & mask->ip4dst) &&
		       !((th->source ^ wanted->psrc) & mask->psrc) &&
		       !((th->dest ^ wanted->pdst) & mask->pdst);
	} else {
		const struct ethtool_tcpip6_spec *wanted = &flow->h_u.tcp_ip6_spec;
		const struct ethtool_tcpip6_spec *mask = &flow->m_u.tcp_ip6_spec;
		const struct ipv6hdr *ip = ipv6_hdr(skb);

		return skb->protocol == htons(ETH_P_IPV6) &&
		       !soft_address_differs(ip->saddr.s6_addr32, wanted->ip6src, mask->ip6src) &&
		       !soft_address_differs(ip->daddr.s6_addr32, wanted->ip6dst, mask->ip6dst) &&
		       !((th->source ^ wanted->psrc) & mask->psrc) &&
		       !((th->dest ^ wanted->pdst) & mask->pdst);
	}
}

/* Anything compared that a rule of this device cannot compare. */
static bool soft_compares_more(const struct ethtool_rx_flow_spec *flow)
{
	if (flow->flow_type & (FLOW_EXT | FLOW_MAC_EXT))
		return true;
	if (soft_flow_type(flow) == TCP_V4_FLOW)
		return flow->m_u.tcp_ip4_spec.tos;
	return flow->m_u.tcp_ip6_spec.tclass;
}

static bool soft_is_set(const void *mask, size_t length)
{
	return memchr_inv(mask, 0, length);
}

/* How many fields a rule compares. Addresses count with their first bit. */
static unsigned int soft_rule_fields(const struct ethtool_rx_flow_spec *flow, bool *addresses)
{
	unsigned int address_fields, ports;

	if (soft_flow_type(flow) == TCP_V4_FLOW) {
		const struct ethtool_tcpip4_spec *mask = &flow->m_u.tcp_ip4_spec;

		address_fields = !!mask->ip4src + !!mask->ip4dst;
		ports = !!mask->psrc + !!mask->pdst;
	} else {
		const struct ethtool_tcpip6_spec *mask = &flow->m_u.tcp_ip6_spec;

		address_fields = soft_is_set(mask->ip6src, 16) + soft_is_set(mask->ip6dst, 16);
		ports = !!mask->psrc + !!mask->pdst;
	}
	*addresses = address_fields;
	return address_fields + ports;
}

static struct soft_rule *soft_rule_at(struct soft_nic *nic, u32 location)
{
	if (location >= soft_personality->rules)
		return NULL;
	/* ethtool's callers hold the interface's lock */
	return rcu_dereference_protected(nic->rules[location], true);
}

static void soft_rule_remove(struct soft_nic *nic, u32 location)
{
	struct soft_rule *rule = soft_rule_at(nic, location);

	if (!rule)
		return;
	RCU_INIT_POINTER(nic->rules[location], NULL);
	nic->rule_count--;
	while (nic->rules_end && !soft_rule_at(nic, nic->rules_end - 1))
		WRITE_ONCE(nic->rules_end, nic->rules_end - 1);
	kfree_rcu(rule, rcu);
}

void soft_rules_clear(struct soft_nic *nic)
{
	u32 location;

	for (location = 0; location < soft_personality->rules; location++)
		soft_rule_remove(nic, location);
}

static bool soft_is_duplicate(struct soft_nic *nic, const struct ethtool_rx_flow_spec *flow)
{
	struct soft_rule *rule;
	u32 i;

	for (i = 0; i < nic->rules_end; i++) {
		rule = soft_rule_at(nic, i);
		if (rule && soft_flow_type(&rule->flow) == soft_flow_type(flow) &&
		    !memcmp(&rule->flow.h_u, &flow->h_u, sizeof(flow->h_u)) &&
		    !memcmp(&rule->flow.m_u, &flow->m_u, sizeof(flow->m_u)))
			return true;
	}
	return false;
}

/* The slot for a new rule, or a negative errno. */
static int soft_choose_location(struct soft_nic *nic, u32 wanted)
{
	u32 location;

	if (wanted == RX_CLS_LOC_ANY) {
		if (soft_personality->location == SOFT_LOCATION_USER)
			return soft_personality->location_error;
		for (location = 0; location < soft_personality->rules; location++)
			if (!soft_rule_at(nic, location))
				return location;
		return -ENOSPC;
	}
	if (soft_personality->location == SOFT_LOCATION_DRIVER)
		return soft_personality->location_error;
	if (wanted >= soft_personality->rules)
		return soft_personality->location_error ?: -EINVAL;
	return wanted;
}

static int soft_check_rule(struct soft_nic *nic, const struct ethtool_rx_flow_spec *flow)
{
	u32 type = soft_flow_type(flow);

	if (soft_personality->rules_need_up && !nic->open)
		return -EAGAIN;
	if (soft_personality->ntuple_off_error && !(nic->dev->features & NETIF_F_NTUPLE))
		return soft_personality->ntuple_off_error;
	if ((type != TCP_V4_FLOW && type != TCP_V6_FLOW) || soft_compares_more(flow))
		return -EOPNOTSUPP;
	if (flow->ring_cookie == RX_CLS_FLOW_DISC)
		return soft_personality->refuses_drop ? -EOPNOTSUPP : 0;
	if (flow->ring_cookie >= nic->channels)
		return -EINVAL;
	if (soft_personality->refuses_duplicates && soft_is_duplicate(nic, flow))
		return -EEXIST;
	return 0;
}

static int soft_rule_insert(struct soft_nic *nic, struct ethtool_rxnfc *command)
{
	struct soft_rule *rule;
	int error, location;
	bool addresses;

	error = soft_check_rule(nic, &command->fs);
	if (error)
		return error;
	location = soft_choose_location(nic, command->fs.location);
	if (location < 0)
		return location;
	rule = kzalloc(sizeof(*rule), GFP_KERNEL);
	if (!rule)
		return -ENOMEM;
	rule->fields = soft_rule_fields(&command->fs, &addresses);
	if (!rule->fields ||
	    (addresses && soft_fault_refuse(nic, &soft_faults.refuse_tuple_rules,
					    &soft_injected.rule_refusals))) {
		kfree(rule);
		return -EOPNOTSUPP;
	}
	command->fs.location = location;
	rule->flow = command->fs;
	rule->context = command->fs.flow_type & FLOW_RSS ? command->rss_context : 0;
	error = soft_fault_value(nic, &soft_faults.misdirect_ms);
	rule->deaf_until = error ? jiffies + msecs_to_jiffies(error) : 0;
	atomic_set(&rule->deaf_frames, soft_fault_value(nic, &soft_faults.misdirect_frames));
	soft_rule_remove(nic, location);
	rcu_assign_pointer(nic->rules[location], rule);
	nic->rule_count++;
	if (location >= nic->rules_end)
		WRITE_ONCE(nic->rules_end, location + 1);
	return 0;
}

int soft_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *command, u32 *locations)
{
	struct soft_nic *nic = netdev_priv(dev);
	struct soft_rule *rule;
	u32 i, found = 0;

	switch (command->cmd) {
	case ETHTOOL_GRXCLSRLCNT:
		command->rule_cnt = nic->rule_count;
		command->data = soft_personality->rules;
		if (soft_personality->location != SOFT_LOCATION_USER)
			command->data |= RX_CLS_LOC_SPECIAL;
		return 0;
	case ETHTOOL_GRXCLSRULE:
		rule = soft_rule_at(nic, command->fs.location);
		if (!rule)
			return -ENOENT;
		command->fs = rule->flow;
		if (rule->flow.flow_type & FLOW_RSS)
			command->rss_context = rule->context;
		return 0;
	case ETHTOOL_GRXCLSRLALL:
		for (i = 0; i < nic->rules_end; i++) {
			if (!soft_rule_at(nic, i))
				continue;
			if (found == command->rule_cnt)
				return -EMSGSIZE;
			locations[found++] = i;
		}
		command->rule_cnt = found;
		command->data = soft_personality->rules;
		return 0;
	}
	return -EOPNOTSUPP;
}

int soft_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *command)
{
	struct soft_nic *nic = netdev_priv(dev);

	switch (command->cmd) {
	case ETHTOOL_SRXCLSRLINS:
		return soft_rule_insert(nic, command);
	case ETHTOOL_SRXCLSRLDEL:
		if (!soft_rule_at(nic, command->fs.location))
			return -ENOENT;
		soft_rule_remove(nic, command->fs.location);
		return 0;
	}
	return -EOPNOTSUPP;
}
