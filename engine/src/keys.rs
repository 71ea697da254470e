//! The registered keys: found in one probe, since every command carries one.

use crate::engine::Key;
use crate::ids::KeyId;
use crate::index::IdIndex;

#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// In the order of registration.
    keys: Vec<(KeyId, Key)>,
    index: IdIndex,
}

impl Keys {
    pub(crate) fn new(seed: u64) -> Keys {
        Keys { keys: Vec::new(), index: IdIndex::new(seed) }
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn get(&self, id: KeyId) -> Option<&Key> {
        self.place(id).map(|place| &self.keys[place as usize].1)
    }

    /// Loads a key, and answers something of it.
    pub(crate) fn touch(&self, id: KeyId) -> u32 {
        self.get(id).map_or(0, |key| u32::from(key.revoked))
    }

    pub(crate) fn get_mut(&mut self, id: KeyId) -> Option<&mut Key> {
        self.place(id).map(|place| &mut self.keys[place as usize].1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (KeyId, &Key)> {
        self.keys.iter().map(|(id, key)| (*id, key))
    }

    pub(crate) fn insert(&mut self, id: KeyId, key: Key) {
        let place = u32::try_from(self.keys.len()).expect("keys are limited");
        self.index.insert(id.0, place);
        self.keys.push((id, key));
    }

    fn place(&self, id: KeyId) -> Option<u32> {
        self.index.find(id.0, |place| self.keys[place as usize].0 == id)
    }
}
