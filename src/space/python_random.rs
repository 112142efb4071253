//! The order in which Python's `random.shuffle` leaves a list.
//!
//! NAS-Bench-201 numbers its architectures in this order. The generator is MT19937 (Matsumoto and
//! Nishimura 1998), seeded in the same way as CPython's `random.seed(int)`.

const SIZE: usize = 624;
const SHIFT: usize = 397;

/// `random.seed(seed); list = [0, .., count - 1]; random.shuffle(list)`.
pub(super) fn shuffled(count: u32, seed: u32) -> Vec<u32> {
    let mut twister = MersenneTwister::new(seed);
    let mut list: Vec<u32> = (0..count).collect();
    for last in (1..list.len()).rev() {
        let other = twister.below(last as u32 + 1);
        list.swap(last, other as usize);
    }
    list
}

struct MersenneTwister {
    state: Vec<u32>,
    next: usize,
}

impl MersenneTwister {
    /// `init_by_array` with a key of one word.
    fn new(seed: u32) -> Self {
        let mut state = vec![19_650_218_u32; SIZE];
        for index in 1..SIZE {
            state[index] = mixed(&state, index, 1_812_433_253).wrapping_add(index as u32);
        }
        let mut index = 1;
        for _ in 0..SIZE {
            state[index] = (state[index] ^ mixed(&state, index, 1_664_525)).wrapping_add(seed);
            index = step(&mut state, index);
        }
        for _ in 1..SIZE {
            state[index] =
                (state[index] ^ mixed(&state, index, 1_566_083_941)).wrapping_sub(index as u32);
            index = step(&mut state, index);
        }
        state[0] = 0x8000_0000;
        Self { state, next: SIZE }
    }

    fn next_u32(&mut self) -> u32 {
        if self.next == SIZE {
            self.regenerate();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn regenerate(&mut self) {
        for index in 0..SIZE {
            let (high, low) = (self.state[index], self.state[(index + 1) % SIZE]);
            let word = (high & 0x8000_0000) | (low & 0x7fff_ffff);
            let twist = if word & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[index] = self.state[(index + SHIFT) % SIZE] ^ (word >> 1) ^ twist;
        }
        self.next = 0;
    }

    /// `_randbelow`: the first value of as few bits as `limit` needs that lies below it.
    fn below(&mut self, limit: u32) -> u32 {
        loop {
            let value = self.next_u32() >> limit.leading_zeros();
            if value < limit {
                return value;
            }
        }
    }
}

fn mixed(state: &[u32], index: usize, factor: u32) -> u32 {
    (state[index - 1] ^ (state[index - 1] >> 30)).wrapping_mul(factor)
}

/// The next index; where the table ends its last word is carried to the front.
fn step(state: &mut [u32], index: usize) -> usize {
    if index + 1 < SIZE {
        return index + 1;
    }
    state[0] = state[SIZE - 1];
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden values of CPython: `random.seed(88); random.getrandbits(32)`, and a shuffle.
    #[test]
    fn it_agrees_with_cpython() {
        let mut twister = MersenneTwister::new(88);
        let words: Vec<u32> = (0..3).map(|_| twister.next_u32()).collect();
        assert_eq!(words, WORDS);
        assert_eq!(shuffled(10, 88), SHUFFLED);
    }

    const WORDS: [u32; 3] = [1707201716, 4182107318, 813946014];
    const SHUFFLED: [u32; 10] = [8, 2, 9, 4, 0, 7, 1, 5, 3, 6];
}
