// SPDX-License-Identifier: GPL-2.0
/* Frames: from the sender onto the wire, from the wire into buffers, up the stack. */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/tcp.h>
#include <net/gso.h>
#include <net/page_pool/helpers.h>

#include "faults.h"
#include "softnic.h"

static void soft_lose(struct soft_rx_queue *queue, u64 *reason)
{
	queue->stats.drops++;
	if (reason)
		(*reason)++;
	dev_core_stats_rx_dropped_inc(queue->dev);
}

/* Puts one frame onto the wire of the queue that it is steered to. */
static void soft_put_on_wire(struct soft_nic *to, struct sk_buff *skb)
{
	struct soft_rx_queue *queue;

	if (soft_fault_drop(to))
		goto drop;
	queue = soft_steer(to, skb);
	if (!queue)
		goto drop;
	if (skb_queue_len_lockless(&queue->wire) >= to->rx_pending) {
		soft_lose(queue, &queue->stats.overruns);
		goto drop;
	}
	/* the sender's TX completes when the receiver has copied the frame */
	skb_queue_tail(&queue->wire, skb);
	napi_schedule(&queue->napi);
	return;
drop:
	dev_kfree_skb_any(skb);
}

/* A receiver without hardware GRO gets what a wire would carry: segments. */
static void soft_put_segments(struct soft_nic *to, struct sk_buff *skb, netdev_features_t features)
{
	struct sk_buff *segments, *next;

	segments = skb_gso_segment(skb, features & ~NETIF_F_GSO_MASK);
	if (IS_ERR_OR_NULL(segments)) {
		dev_kfree_skb_any(skb);
		return;
	}
	consume_skb(skb);
	skb_list_walk_safe(segments, skb, next) {
		skb_mark_not_on_list(skb);
		soft_put_on_wire(to, skb);
	}
}

netdev_tx_t soft_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct soft_nic *from = netdev_priv(dev), *to;
	struct soft_tx_queue *tx = &from->tx[skb_get_queue_mapping(skb)];
	unsigned int length = skb->len;
	struct net_device *peer;

	rcu_read_lock();
	peer = rcu_dereference(from->peer);
	to = peer ? netdev_priv(peer) : NULL;
	if (!to || !READ_ONCE(to->open) || soft_link_is_flapped()) {
		rcu_read_unlock();
		dev_core_stats_tx_dropped_inc(dev);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	tx->packets++;
	tx->bytes += length;
	tx->gso_packets += skb_is_gso(skb);
	skb_tx_timestamp(skb);
	dev_sw_netstats_tx_add(dev, 1, length);
	if (skb_is_gso(skb) && !(peer->features & NETIF_F_GRO_HW))
		soft_put_segments(to, skb, dev->features);
	else
		soft_put_on_wire(to, skb);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/* Posts buffers until the ring is full or the page pool has none. */
void soft_refill(struct soft_nic *nic, struct soft_queue_memory *memory,
		 struct soft_rx_stats *stats, gfp_t gfp)
{
	struct soft_buffer *buffer;
	unsigned int size;

	while (memory->posted < memory->ring_size) {
		buffer = &memory->ring[(memory->head + memory->posted) % memory->ring_size];
		size = memory->buffer_size;
		buffer->offset = 0;
		if (soft_fault_pool(nic))
			buffer->netmem = 0;
		else if (size < PAGE_SIZE)
			buffer->netmem = page_pool_alloc_netmem(memory->pool, &buffer->offset,
								&size, gfp);
		else
			buffer->netmem = page_pool_alloc_netmems(memory->pool, gfp);
		if (!buffer->netmem) {
			stats->alloc_fail++;
			return;
		}
		memory->posted++;
	}
}

static struct soft_buffer soft_take_buffer(struct soft_queue_memory *memory)
{
	struct soft_buffer buffer = memory->ring[memory->head];

	memory->head = (memory->head + 1) % memory->ring_size;
	memory->posted--;
	return buffer;
}

/* How many bytes of the frame go into the linear area. */
static unsigned int soft_linear_length(struct soft_rx_queue *queue, const struct sk_buff *frame,
				       bool tcp)
{
	struct soft_nic *nic = netdev_priv(queue->dev);
	unsigned int headers, payload, wanted, threshold = READ_ONCE(nic->hds_thresh);

	if (!tcp)
		return frame->len;
	headers = skb_tcp_all_headers(frame);
	payload = frame->len - headers;
	if (!payload) {
		queue->stats.nodata_packets++;
		queue->stats.nodata_bytes += frame->len;
		return frame->len;
	}
	if (READ_ONCE(nic->split) && payload > threshold) {
		queue->stats.split_packets++;
		queue->stats.split_bytes += payload;
		wanted = min(payload, soft_fault_value(nic, &soft_faults.linear_bytes));
		atomic64_add(wanted, &soft_injected.linear_bytes);
		return headers + wanted;
	}
	queue->stats.nosplit_packets++;
	queue->stats.nosplit_bytes += frame->len;
	return min(frame->len, max3(headers, (unsigned int)SOFT_COPYBREAK, headers + threshold));
}

/* Writes the rest of the frame into posted buffers, as a DMA engine would. */
static bool soft_write_payload(struct soft_rx_queue *queue, struct sk_buff *skb,
			       const struct sk_buff *frame, unsigned int from)
{
	struct soft_queue_memory *memory = &queue->memory;
	unsigned int payload = frame->len - from, size = memory->buffer_size;
	unsigned int shift = soft_fault_value(netdev_priv(queue->dev), &soft_faults.payload_offset);
	unsigned int i, at, length, needed;
	struct soft_buffer buffer;
	bool first_only;
	dma_addr_t dma;

	shift = min(shift, size - 1);
	needed = DIV_ROUND_UP(payload, size - shift);
	first_only = needed > MAX_SKB_FRAGS;
	if (first_only)
		needed = DIV_ROUND_UP(payload + shift, size);
	if (needed > MAX_SKB_FRAGS)
		return false;
	if (needed > memory->posted) {
		queue->stats.overruns++;
		return false;
	}
	for (i = 0; i < needed; i++, from += length) {
		at = first_only && i ? 0 : shift;
		length = min(size - at, frame->len - from);
		buffer = soft_take_buffer(memory);
		/* attached first: after an error it is recycled with the skb */
		skb_add_rx_frag_netmem(skb, i, buffer.netmem, buffer.offset + at, length, size);
		skb_mark_for_recycle(skb);
		/* 64-bit DMA mask, no IOMMU: the DMA address is the physical one */
		dma = page_pool_get_dma_addr_netmem(buffer.netmem) + buffer.offset + at;
		if (skb_copy_bits(frame, from, phys_to_virt(dma), length))
			return false;
		if (at)
			atomic64_inc(&soft_injected.offset_buffers);
		if (netmem_is_net_iov(buffer.netmem)) {
			queue->truth.zero_copy_frags++;
			queue->truth.zero_copy_bytes += length;
		} else {
			queue->truth.page_frags++;
			queue->truth.page_bytes += length;
		}
	}
	return true;
}

static void soft_describe(struct soft_rx_queue *queue, struct sk_buff *skb,
			  const struct sk_buff *frame)
{
	struct skb_shared_info *shared = skb_shinfo(skb);
	struct soft_rx_stats *stats = &queue->stats;

	if (skb_is_gso(frame)) {
		shared->gso_size = skb_shinfo(frame)->gso_size;
		shared->gso_segs = skb_shinfo(frame)->gso_segs;
		shared->gso_type = skb_shinfo(frame)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6);
		stats->gro_packets++;
		stats->gro_wire_packets += shared->gso_segs;
		stats->gro_wire_bytes += frame->len;
	}
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (queue->dev->features & NETIF_F_RXHASH)
		skb_set_hash(skb, frame->hash,
			     frame->l4_hash ? PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);
	skb_record_rx_queue(skb, queue->index);
	skb->protocol = eth_type_trans(skb, queue->dev);
}

/* NULL: the frame is lost, and counted as such. */
static struct sk_buff *soft_receive(struct soft_rx_queue *queue, const struct sk_buff *frame)
{
	struct soft_nic *nic = netdev_priv(queue->dev);
	bool tcp = soft_is_tcp(frame);
	unsigned int linear = soft_linear_length(queue, frame, tcp);
	struct sk_buff *skb;

	soft_refill(nic, &queue->memory, &queue->stats, GFP_ATOMIC | __GFP_NOWARN);
	skb = napi_alloc_skb(&queue->napi, linear);
	if (!skb) {
		queue->stats.alloc_fail++;
		goto lost;
	}
	if (skb_copy_bits(frame, 0, skb_put(skb, linear), linear) ||
	    (linear < frame->len && !soft_write_payload(queue, skb, frame, linear)))
		goto lost;
	queue->truth.frames++;
	if (tcp)
		queue->truth.linear_bytes +=
			linear - min_t(unsigned int, linear, skb_tcp_all_headers(frame));
	queue->stats.packets++;
	queue->stats.bytes += frame->len;
	queue->stats.xdp_packets += !!READ_ONCE(nic->xdp);
	dev_sw_netstats_rx_add(queue->dev, frame->len);
	soft_describe(queue, skb, frame);
	return skb;
lost:
	soft_lose(queue, NULL);
	kfree_skb(skb);
	return NULL;
}

/*
 * The next frame; with faults/reorder_every every Nth changes places with the
 * one behind it. A frame without a neighbour keeps its turn, and the swap waits.
 */
static struct sk_buff *soft_next_frame(struct soft_rx_queue *queue)
{
	struct sk_buff *second = NULL;
	unsigned long flags;

	if (soft_fault_reorder(netdev_priv(queue->dev)))
		queue->swap_next = true;
	if (queue->swap_next) {
		spin_lock_irqsave(&queue->wire.lock, flags);
		if (skb_queue_len(&queue->wire) > 1) {
			second = queue->wire.next->next;
			__skb_unlink(second, &queue->wire);
		}
		spin_unlock_irqrestore(&queue->wire.lock, flags);
	}
	if (!second)
		return skb_dequeue(&queue->wire);
	queue->swap_next = false;
	atomic64_inc(&soft_injected.reorders);
	return second;
}

int soft_poll(struct napi_struct *napi, int budget)
{
	struct soft_rx_queue *queue = container_of(napi, struct soft_rx_queue, napi);
	struct sk_buff *frame, *skb;
	int done = 0;

	while (done < budget && (frame = soft_next_frame(queue))) {
		skb = soft_receive(queue, frame);
		napi_consume_skb(frame, budget);
		if (skb)
			napi_gro_receive(napi, skb);
		done++;
	}
	if (done < budget && napi_complete_done(napi, done) && !skb_queue_empty(&queue->wire))
		napi_schedule(napi);
	return done;
}
