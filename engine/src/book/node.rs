//! The slab of resting orders: one array, places used again, links instead of pointers.

use super::Rank;
use crate::ids::{AccountId, OrderId};
use crate::units::{Lots, Side};

/// No node: the end of a queue or of the list of free places.
pub(super) const NIL: u32 = u32::MAX;

/// A resting order as it lies in memory: what matching reads and no more.
///
/// | bytes | field | read by |
/// | --- | --- | --- |
/// | 8 | `order` | fills, to name the maker |
/// | 4 + 4 | `next`, `previous` | queues; u32 instead of pointers halves them |
/// | 4 | `rank` | the way to the level; 32 bits hold every price in ticks, and the price itself follows from the tick |
/// | 4 | `lots` | fills; zero marks a free place |
/// | 4 + 4 | `account`, `owner` | who trades, and whether with itself |
/// | 4 | `link` | the way to the cold record of the order |
/// | 1 + 1 | `side`, `reduce_only` | |
///
/// 38 bytes, 40 with alignment: eight orders in five cache lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) order: OrderId,
    pub(super) next: u32,
    pub(super) previous: u32,
    pub(super) rank: Rank,
    pub(super) lots: Lots,
    pub(super) account: AccountId,
    pub(super) owner: AccountId,
    pub(super) link: u32,
    pub(super) side: Side,
    pub(super) reduce_only: bool,
}

const _: () = assert!(size_of::<Node>() == 40);

/// All nodes of a book. The place that became free last is used first, because it is still in the cache.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    /// The first free place; each free node's `next` names another one.
    free: u32,
    live_count: usize,
}

impl Default for Nodes {
    fn default() -> Nodes {
        Nodes { nodes: Vec::new(), free: NIL, live_count: 0 }
    }
}

impl Nodes {
    pub(super) fn live_count(&self) -> usize {
        self.live_count
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
    }

    /// The order in a place, if there is one.
    #[inline]
    pub(super) fn find(&self, slot: u32) -> Option<&Node> {
        self.nodes.get(index(slot)).filter(|node| !node.lots.is_zero())
    }

    #[inline]
    pub(super) fn get(&self, slot: u32) -> &Node {
        let node = &self.nodes[index(slot)];
        assert!(!node.lots.is_zero(), "no order rests in slot {slot}");
        node
    }

    #[inline]
    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Node {
        let node = &mut self.nodes[index(slot)];
        assert!(!node.lots.is_zero(), "no order rests in slot {slot}");
        node
    }

    /// Ties two places of a queue together; either may be [`NIL`]. Only writes: a load, and be it for an assertion, would wait
    /// for a cache line that a store need not wait for.
    #[inline]
    pub(super) fn tie(&mut self, previous: u32, next: u32) {
        if previous != NIL {
            self.nodes[index(previous)].next = next;
        }
        if next != NIL {
            self.nodes[index(next)].previous = previous;
        }
    }

    #[inline]
    pub(super) fn take(&mut self, node: Node) -> u32 {
        assert!(!node.lots.is_zero(), "order {} has no lots to rest", node.order);
        self.live_count += 1;
        if self.free != NIL {
            let slot = self.free;
            self.free = self.nodes[index(slot)].next;
            self.nodes[index(slot)] = node;
            return slot;
        }
        let slot = u32::try_from(self.nodes.len()).ok().filter(|&slot| slot != NIL).expect("open orders are limited");
        self.nodes.push(node);
        slot
    }

    /// Frees a place; hands back what was there.
    #[inline]
    pub(super) fn release(&mut self, slot: u32) -> Node {
        let free = self.free;
        let node = self.get_mut(slot);
        let released = *node;
        node.lots = Lots::ZERO;
        node.next = free;
        self.free = slot;
        self.live_count -= 1;
        released
    }
}

#[inline]
fn index(slot: u32) -> usize {
    // u32 fits into usize on every platform with 32 bits or more, the only ones the venue runs on.
    slot as usize
}
