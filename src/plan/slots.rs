//! Memory slots by lifetime: two tensors share a slot if they are never needed at the same time.

use super::step::{PlannedTensor, RequestedOutput, ScheduledStep};

/// Sets the lifetimes of all tensors and gives each a slot; returns the slots' sizes per image.
///
/// Slot 0 holds the images (tensor 0) and nothing else, so they can stay where they are from one
/// network to the next. The others get the best fit among the free slots, in order of first use. What is
/// kept lives until after the last step.
pub(super) fn assign<'k>(
    steps: &[ScheduledStep],
    tensors: &mut [PlannedTensor],
    kept: impl Iterator<Item = &'k RequestedOutput>,
) -> Vec<usize> {
    lifetimes(steps, tensors);
    for tensor in kept.filter_map(|kept| kept.tensor) {
        tensors[tensor.index()].last_step = steps.len();
    }
    let mut order: Vec<usize> = (1..tensors.len()).collect();
    order.sort_by_key(|&index| tensors[index].first_step);
    let mut slots = vec![tensors.first().map_or(0, |input| input.shape.volume())];
    let mut free_after = vec![usize::MAX];
    for index in order {
        let (size, first) = (tensors[index].shape.volume(), tensors[index].first_step);
        let free = (0..slots.len()).filter(|&slot| free_after[slot] < first);
        let slot = free.min_by_key(|&slot| fit(slots[slot], size)).unwrap_or(slots.len());
        if slot == slots.len() {
            slots.push(0);
            free_after.push(0);
        }
        slots[slot] = slots[slot].max(size);
        free_after[slot] = tensors[index].last_step;
        tensors[index].slot = slot;
    }
    slots
}

/// How well a free slot fits, smaller is better: the smallest that is large enough, then the largest.
fn fit(slot: usize, size: usize) -> (bool, usize) {
    if slot >= size { (false, slot) } else { (true, usize::MAX - slot) }
}

fn lifetimes(steps: &[ScheduledStep], tensors: &mut [PlannedTensor]) {
    for tensor in tensors.iter_mut() {
        (tensor.first_step, tensor.last_step) = (usize::MAX, 0);
    }
    for (index, ScheduledStep { step, .. }) in steps.iter().enumerate() {
        for id in step.writes().into_iter().chain(step.reads()) {
            let tensor = &mut tensors[id.index()];
            tensor.first_step = tensor.first_step.min(index);
            tensor.last_step = tensor.last_step.max(index);
        }
    }
    if let Some(input) = tensors.first_mut() {
        (input.first_step, input.last_step) = (0, steps.len());
    }
}
