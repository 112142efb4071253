//! The stack of the machine, divided by marks, and its memo.

use std::collections::HashMap;

use super::PickleError;
use super::budget::MemoryBudget;
use super::heap::ObjectId;

/// Memory behind an entry of the memo, growth included.
const MEMO_BYTES: usize = 8 * size_of::<(u32, ObjectId)>();

/// What is wrong with an operation: what it does against the rules, or another error.
pub enum PickleFault {
    Rule(&'static str),
    Error(PickleError),
}

impl From<PickleError> for PickleFault {
    fn from(error: PickleError) -> Self {
        Self::Error(error)
    }
}

const NO_MARK: PickleFault = PickleFault::Rule("needs a mark, but there is none");

/// Objects in the order they came; a mark hides those before it.
#[derive(Default)]
pub struct PickleStack {
    items: Vec<ObjectId>,
    marks: Vec<usize>,
    memo: HashMap<u32, ObjectId>,
    /// How many remembered objects were forgotten.
    forgotten: u32,
}

impl PickleStack {
    /// The first place after the last mark.
    fn base(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub fn push(&mut self, id: ObjectId, budget: &mut MemoryBudget) -> Result<(), PickleError> {
        budget.grow::<ObjectId>(1)?;
        self.items.push(id);
        Ok(())
    }

    pub fn mark(&mut self, budget: &mut MemoryBudget) -> Result<(), PickleError> {
        budget.grow::<usize>(1)?;
        self.marks.push(self.items.len());
        Ok(())
    }

    /// The last object, which stays.
    pub fn top(&self) -> Result<ObjectId, PickleFault> {
        let last = self.items[self.base()..].last().copied();
        last.ok_or(PickleFault::Rule("needs a value, but there is none"))
    }

    pub fn pop(&mut self) -> Result<ObjectId, PickleFault> {
        let id = self.top()?;
        self.items.pop();
        Ok(id)
    }

    /// The last objects, as many as asked for, in their order.
    pub fn pop_array<const N: usize>(&mut self) -> Result<[ObjectId; N], PickleFault> {
        let mut ids = [0; N];
        for place in ids.iter_mut().rev() {
            *place = self.pop()?;
        }
        Ok(ids)
    }

    /// How many objects are behind the last mark.
    pub fn marked(&self) -> Result<usize, PickleFault> {
        match self.marks.last() {
            Some(mark) => Ok(self.items.len() - mark),
            None => Err(NO_MARK),
        }
    }

    /// The objects behind the last mark, which goes.
    pub fn pop_marked(&mut self) -> Result<Vec<ObjectId>, PickleFault> {
        let mark = self.marks.pop().ok_or(NO_MARK)?;
        Ok(self.items.split_off(mark))
    }

    /// Drops the last object, or the last mark if nothing is behind it.
    pub fn drop_top(&mut self) -> Result<(), PickleFault> {
        if self.pop().is_ok() || self.marks.pop().is_some() {
            return Ok(());
        }
        Err(PickleFault::Rule("drops a value, but there is none"))
    }

    /// Remembers the last object under a number.
    pub fn remember(&mut self, key: u32, budget: &mut MemoryBudget) -> Result<(), PickleFault> {
        budget.take(MEMO_BYTES)?;
        self.memo.insert(key, self.top()?);
        Ok(())
    }

    /// The number of the next remembered object.
    pub fn next_key(&self) -> u32 {
        (self.memo.len() as u32).wrapping_add(self.forgotten)
    }

    pub fn recall(&self, key: u32) -> Option<ObjectId> {
        self.memo.get(&key).copied()
    }

    /// Gives what is remembered under a number another place.
    pub fn relocate(&mut self, key: u32, id: ObjectId) {
        self.memo.insert(key, id);
    }

    pub fn forget(&mut self, key: u32) {
        if self.memo.remove(&key).is_some() {
            self.forgotten = self.forgotten.wrapping_add(1);
        }
    }

    /// Objects on the stack, marked off or not.
    pub fn height(&self) -> usize {
        self.items.len()
    }

    /// The object at a height.
    pub fn at(&self, height: usize) -> Option<ObjectId> {
        self.items.get(height).copied()
    }

    /// Where the objects behind the last mark begin.
    pub fn last_mark(&self) -> Option<usize> {
        self.marks.last().copied()
    }
}
