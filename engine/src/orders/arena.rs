//! Places that never move: memory grows by pieces, so that no growth copies what is there.

/// Values in one piece.
const PIECE: usize = 4_096;

/// Values by place; places of removed ones are used again.
#[derive(Clone, Debug)]
pub(super) struct Arena<T> {
    pieces: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    len: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Arena<T> {
        Arena { pieces: Vec::new(), free: Vec::new(), len: 0 }
    }
}

impl<T> Arena<T> {
    /// Makes room for this many values more, and touches it.
    pub(super) fn reserve(&mut self, values: usize) {
        let first = self.len;
        self.len = (first + values).next_multiple_of(PIECE);
        if let Some(last) = self.pieces.last_mut() {
            last.resize_with(PIECE, || None);
        }
        while self.pieces.len() * PIECE < self.len {
            self.pieces.push((0..PIECE).map(|_| None).collect());
        }
        let place = |place: usize| u32::try_from(place).expect("orders are limited");
        // The last one is used first, and memory is best read forwards.
        self.free.extend((first..self.len).rev().map(place));
    }

    #[inline]
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(place) = self.free.pop() {
            *self.cell(place) = Some(value);
            return place;
        }
        if self.len.is_multiple_of(PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        self.pieces.last_mut().expect("there is a piece").push(Some(value));
        self.len += 1;
        u32::try_from(self.len - 1).expect("orders are limited")
    }

    #[inline]
    pub(super) fn get(&self, place: u32) -> &T {
        let place = place as usize;
        self.pieces[place / PIECE][place % PIECE].as_ref().expect("the place is taken")
    }

    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> &mut T {
        self.cell(place).as_mut().expect("the place is taken")
    }

    pub(super) fn remove(&mut self, place: u32) -> T {
        self.free.push(place);
        self.cell(place).take().expect("the place is taken")
    }

    #[inline]
    fn cell(&mut self, place: u32) -> &mut Option<T> {
        let place = place as usize;
        &mut self.pieces[place / PIECE][place % PIECE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_made_behind_a_piece_that_is_not_full_is_used() {
        let mut arena = Arena::default();
        let early: Vec<u32> = (0..10).map(|value| arena.insert(value)).collect();
        arena.reserve(3);
        let late: Vec<u32> = (10..2 * 4_096).map(|value| arena.insert(value)).collect();
        for (value, place) in early.into_iter().chain(late).enumerate() {
            assert_eq!(*arena.get(place), value);
        }
    }
}
