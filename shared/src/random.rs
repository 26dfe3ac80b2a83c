//! Randomness, as a thing handed in: ids, tokens and codes ask the [`Random`] of their [`App`](crate::app::App).
use std::sync::{Mutex, PoisonError};

use rand::{Rng as _, SeedableRng as _, TryRng as _, rngs::StdRng, rngs::SysRng};

/// A source of random bytes fit for secrets.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// A uniform number below `bound`, by rejection, so that no digit of a code is likelier than another.
pub fn below(random: &dyn Random, bound: u32) -> u32 {
    let bound = bound.max(1);
    let fair = u32::MAX - u32::MAX % bound;
    loop {
        let candidate = u32::from_le_bytes(bytes(random));
        if candidate < fair {
            return candidate % bound;
        }
    }
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // A machine without entropy must not hand out guessable tokens: abort the invocation, never go on.
        if SysRng.try_fill_bytes(bytes).is_err() {
            std::process::abort();
        }
    }
}

/// A repeatable generator for tests and demonstrations; never wired into a Lambda main.
#[derive(Debug)]
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    /// The same seed gives the same bytes in the same order.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_of_a_code_is_equally_likely() {
        let random = SeededRandom::new(1);
        let mut seen = [0_u32; 10];
        for _ in 0..10_000 {
            seen[below(&random, 10) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (850..=1150).contains(&n)), "{seen:?}");
    }
}
