// SPDX-License-Identifier: GPL-2.0
/* Receive queues: their memory, starting and stopping one or all of them. */
#include <linux/dma-mapping.h>
#include <net/netdev_lock.h>
#include <net/netdev_rx_queue.h>
#include <net/page_pool/helpers.h>

#include "faults.h"
#include "softnic.h"

/* How many payload buffers a queue posts. */
unsigned int soft_ring_buffers(const struct soft_nic *nic)
{
	if (soft_personality->jumbo_default)
		return nic->rx_jumbo_pending;
	return nic->rx_pending * soft_personality->buffers_per_slot;
}

static int soft_memory_alloc(struct soft_nic *nic, unsigned int index, u32 page_size,
			     struct soft_queue_memory *memory)
{
	struct page_pool_params params = {
		.order		= get_order(page_size),
		.flags		= PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV |
				  PP_FLAG_ALLOW_UNREADABLE_NETMEM,
		.pool_size	= min(soft_ring_buffers(nic), 32768U),
		.nid		= NUMA_NO_NODE,
		.dev		= &nic->parent->dev,
		.netdev		= nic->dev,
		.dma_dir	= DMA_FROM_DEVICE,
		.max_len	= page_size,
		.queue_idx	= index,
	};
	struct page_pool *pool;

	memory->ring_size = soft_ring_buffers(nic);
	memory->head = 0;
	memory->posted = 0;
	memory->buffer_size = page_size == PAGE_SIZE ? nic->rx_buf_len : page_size;
	memory->ring = kvcalloc(memory->ring_size, sizeof(*memory->ring), GFP_KERNEL);
	if (!memory->ring)
		return -ENOMEM;
	pool = page_pool_create(&params);
	if (IS_ERR(pool)) {
		kvfree(memory->ring);
		memory->ring = NULL;
		return soft_personality->pool_error ?: PTR_ERR(pool);
	}
	memory->pool = pool;
	/* A ring that cannot be filled is no error, as with real drivers. */
	local_bh_disable();
	soft_refill(nic, memory, &nic->rx[index].stats, GFP_ATOMIC | __GFP_NOWARN);
	local_bh_enable();
	return 0;
}

static void soft_memory_free(struct soft_queue_memory *memory)
{
	struct soft_buffer *buffer;

	if (!memory->pool)
		return;
	for (; memory->posted; memory->posted--) {
		buffer = &memory->ring[memory->head];
		page_pool_put_full_netmem(memory->pool, buffer->netmem, false);
		memory->head = (memory->head + 1) % memory->ring_size;
	}
	page_pool_destroy(memory->pool);
	kvfree(memory->ring);
	memset(memory, 0, sizeof(*memory));
}

/* What was on the wire of a stopped queue is lost. */
static void soft_lose_wire(struct soft_rx_queue *queue)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&queue->wire))) {
		queue->stats.drops++;
		dev_core_stats_rx_dropped_inc(queue->dev);
		dev_kfree_skb_any(skb);
	}
}

/* A driver that quiesces everything to restart one queue loses frames on all. */
static void soft_interrupt_others(struct soft_nic *nic, unsigned int except)
{
	unsigned int i;

	for (i = 0; i < nic->channels; i++) {
		if (i == except)
			continue;
		napi_disable_locked(&nic->rx[i].napi);
		soft_lose_wire(&nic->rx[i]);
		napi_enable_locked(&nic->rx[i].napi);
		atomic64_inc(&nic->interruptions);
	}
}

static int soft_queue_mem_alloc(struct net_device *dev, struct netdev_queue_config *config,
				void *memory, int index)
{
	struct soft_nic *nic = netdev_priv(dev);

	/* a driver without such an error only makes the page pool, for the next time up */
	if (!nic->open && (soft_personality->down_error || netif_running(dev)))
		return soft_personality->down_error ?: -ENETDOWN;
	return soft_memory_alloc(nic, index, config->rx_page_size ?: PAGE_SIZE, memory);
}

static void soft_queue_mem_free(struct net_device *dev, void *memory)
{
	soft_memory_free(memory);
}

static int soft_queue_start(struct net_device *dev, struct netdev_queue_config *config,
			    void *memory, int index)
{
	struct soft_nic *nic = netdev_priv(dev);
	struct soft_rx_queue *queue = &nic->rx[index];

	if (soft_fault_countdown(nic, &soft_faults.fail_queue_start, &soft_injected.start_failures))
		return -(int)(soft_fault_value(nic, &soft_faults.queue_start_errno) ?: EIO);
	queue->memory = *(struct soft_queue_memory *)memory;
	if (soft_personality->restart_stops_all)
		soft_interrupt_others(nic, index);
	if (soft_personality->drops_carrier)
		soft_update_carrier(nic);
	page_pool_enable_direct_recycling(queue->memory.pool, &queue->napi);
	napi_enable_locked(&queue->napi);
	return 0;
}

static int soft_queue_stop(struct net_device *dev, void *memory, int index)
{
	struct soft_nic *nic = netdev_priv(dev);
	struct soft_rx_queue *queue = &nic->rx[index];

	if (index < soft_personality->first_restartable)
		return -ERANGE;
	if (soft_personality->drops_carrier)
		netif_carrier_off(dev);
	napi_disable_locked(&queue->napi);
	soft_lose_wire(queue);
	page_pool_disable_direct_recycling(queue->memory.pool);
	*(struct soft_queue_memory *)memory = queue->memory;
	memset(&queue->memory, 0, sizeof(queue->memory));
	return 0;
}

static struct device *soft_queue_get_dma_dev(struct net_device *dev, int index)
{
	struct soft_nic *nic = netdev_priv(dev);

	if (soft_personality->no_dma_device_when_down && (!nic->open || index >= nic->channels))
		return NULL;
	return &nic->parent->dev;
}

static void soft_default_queue_config(struct net_device *dev, struct netdev_queue_config *config)
{
	config->rx_page_size = PAGE_SIZE;
}

static int soft_validate_queue_config(struct net_device *dev, struct netdev_queue_config *config,
				      struct netlink_ext_ack *extack)
{
	if (!is_power_of_2(config->rx_page_size)) {
		NL_SET_ERR_MSG_MOD(extack, "rx_page_size is not a power of two");
		return soft_personality->rx_page_not_power_error;
	}
	if (config->rx_page_size < PAGE_SIZE ||
	    config->rx_page_size > soft_personality->rx_page_max) {
		NL_SET_ERR_MSG_MOD(extack, "rx_page_size is out of range");
		return -ERANGE;
	}
	return 0;
}

#define SOFT_QUEUE_OPS							\
	.ndo_queue_mem_size	= sizeof(struct soft_queue_memory),	\
	.ndo_queue_mem_alloc	= soft_queue_mem_alloc,			\
	.ndo_queue_mem_free	= soft_queue_mem_free,			\
	.ndo_queue_start	= soft_queue_start,			\
	.ndo_queue_stop		= soft_queue_stop,			\
	.ndo_queue_get_dma_dev	= soft_queue_get_dma_dev

const struct netdev_queue_mgmt_ops soft_queue_ops = {
	SOFT_QUEUE_OPS,
};

const struct netdev_queue_mgmt_ops soft_queue_ops_with_sizes = {
	SOFT_QUEUE_OPS,
	.ndo_default_qcfg	= soft_default_queue_config,
	.ndo_validate_qcfg	= soft_validate_queue_config,
	.supported_params	= QCFG_RX_PAGE_SIZE,
};

/* Makes and starts nic->channels queues; the interface's lock is held. */
int soft_queues_open(struct soft_nic *nic)
{
	struct netdev_queue_config config;
	unsigned int i, made;
	int error = 0;

	for (made = 0; made < nic->channels; made++) {
		netdev_queue_config(nic->dev, made, &config);
		netif_napi_add_config_locked(nic->dev, &nic->rx[made].napi, soft_poll, made);
		error = soft_memory_alloc(nic, made, config.rx_page_size ?: PAGE_SIZE,
					  &nic->rx[made].memory);
		if (error)
			break;
	}
	if (error) {
		for (i = 0; i <= made; i++) {
			soft_memory_free(&nic->rx[i].memory);
			__netif_napi_del_locked(&nic->rx[i].napi);
		}
		synchronize_net();
		return error;
	}
	for (i = 0; i < nic->channels; i++) {
		netif_queue_set_napi(nic->dev, i, NETDEV_QUEUE_TYPE_RX, &nic->rx[i].napi);
		netif_queue_set_napi(nic->dev, i, NETDEV_QUEUE_TYPE_TX, &nic->rx[i].napi);
		page_pool_enable_direct_recycling(nic->rx[i].memory.pool, &nic->rx[i].napi);
		napi_enable_locked(&nic->rx[i].napi);
	}
	WRITE_ONCE(nic->open, true);
	netif_tx_start_all_queues(nic->dev);
	if (soft_personality->drops_carrier)
		soft_update_carrier(nic);
	return 0;
}

void soft_queues_close(struct soft_nic *nic)
{
	unsigned int i;

	if (!nic->open)
		return;
	if (soft_personality->drops_carrier)
		netif_carrier_off(nic->dev);
	netif_tx_stop_all_queues(nic->dev);
	WRITE_ONCE(nic->open, false);
	synchronize_net();		/* no peer puts anything on the wire now */
	for (i = 0; i < nic->channels; i++) {
		netif_queue_set_napi(nic->dev, i, NETDEV_QUEUE_TYPE_RX, NULL);
		netif_queue_set_napi(nic->dev, i, NETDEV_QUEUE_TYPE_TX, NULL);
		napi_disable_locked(&nic->rx[i].napi);
		__netif_napi_del_locked(&nic->rx[i].napi);
	}
	synchronize_net();
	for (i = 0; i < nic->channels; i++) {
		soft_lose_wire(&nic->rx[i]);
		soft_memory_free(&nic->rx[i].memory);
	}
}

void soft_update_carrier(struct soft_nic *nic)
{
	struct net_device *peer;
	bool up;

	rcu_read_lock();
	peer = rcu_dereference(nic->peer);
	up = peer && netif_running(peer) && netif_running(nic->dev) && !soft_link_is_flapped();
	if (up) {
		netif_carrier_on(nic->dev);
		netif_carrier_on(peer);
	} else {
		netif_carrier_off(nic->dev);
		if (peer)
			netif_carrier_off(peer);
	}
	rcu_read_unlock();
}

int soft_open(struct net_device *dev)
{
	struct soft_nic *nic = netdev_priv(dev);
	int error = soft_queues_open(nic);

	if (!error)
		soft_update_carrier(nic);
	return error;
}

int soft_stop(struct net_device *dev)
{
	struct soft_nic *nic = netdev_priv(dev);

	soft_queues_close(nic);
	soft_update_carrier(nic);
	return 0;
}
