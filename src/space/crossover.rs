//! A child of two architectures.

use rand::{Rng, RngExt};

use super::{Architecture, Decision};

impl Architecture {
    /// A child of two architectures of one space by uniform crossover (Syswerda 1989): each decision in
    /// which they differ is the other's with a probability of one half.
    ///
    /// It is reached by changing one decision after another ([`Architecture::neighbours`]), so it is in the
    /// space even where decisions depend on each other; then some of them stay as they are. The same
    /// architecture if the other one belongs to another space.
    #[must_use]
    pub fn crossover(&self, other: &Self, rng: &mut dyn Rng) -> Self {
        if self.space() != other.space() {
            return self.clone();
        }
        let pairs = self.decisions().into_iter().zip(other.decisions());
        let draw = |(own, others): (Decision, Decision)| match own == others || rng.random_bool(0.5)
        {
            true => others,
            false => own,
        };
        let wanted: Vec<Decision> = pairs.map(draw).collect();
        let distance = |from: &Self| {
            from.decisions().iter().zip(&wanted).filter(|(has, wanted)| has != wanted).count()
        };

        let mut child = self.clone();
        let mut left = distance(&child);
        while left > 0 {
            let closer = child.neighbours().into_iter().find_map(|neighbour| {
                let distance = distance(&neighbour);
                (distance < left).then_some((neighbour, distance))
            });
            let Some(closer) = closer else { break };
            (child, left) = closer;
        }
        child
    }
}
