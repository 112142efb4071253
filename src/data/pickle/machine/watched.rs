//! Delivers the entries of one dictionary while the machine runs, and discards what they were built
//! from, so that only the memory of one entry is needed.
//!
//! A pickle refers to earlier values, also across entries. The machine therefore runs twice: the first
//! run finds the values that are referenced after their entry has ended, and the second keeps them.

use std::collections::{HashSet, VecDeque};
use std::io::{BufRead, Seek};

use super::super::PickleError;
use super::super::heap::{HeapNode, ObjectId};
use super::super::stack::PickleFault;
use super::super::value::PickleValue;
use super::{PickleMachine, StepResult, checked, located, rule};

/// Numbers of remembered values that are needed after their entry.
pub type LastingMemo = HashSet<u32>;

/// Memory behind a member of [`LastingMemo`], growth included.
const LASTING_BYTES: usize = 32;

/// An entry of the dictionary.
pub type WatchedEntry = (PickleValue, PickleValue);

/// The keys of the entries that are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKeys {
    /// Whole numbers; values have none as keys.
    Numbers,
    /// Texts; values are dictionaries of 2 to 1,000 entries.
    Texts,
}

/// The dictionaries whose entries are handed over.
pub struct WatchedDict {
    /// The texts that are their keys in the dictionaries around them, but for those that were met.
    keys: Vec<String>,
    of: EntryKeys,
    phase: WatchPhase,
    lasting: LastingMemo,
    /// Whether this is the first run, which fills `lasting` and hands over nothing.
    survey: bool,
    /// Entries to be handed over.
    ready: VecDeque<WatchedEntry>,
}

enum WatchPhase {
    /// It did not begin yet.
    Awaited,
    Open(OpenDict),
    /// It, or the pickle, has ended.
    Past,
}

/// The dictionary as long as entries come.
struct OpenDict {
    dict: ObjectId,
    /// Its place on the stack.
    height: usize,
    /// The first object that belongs to the next entry.
    base: ObjectId,
    /// Memory that was left then.
    left_bytes: usize,
    /// What was remembered since.
    remembered: Vec<u32>,
}

impl WatchedDict {
    /// The first run.
    pub fn survey(keys: &[&str], of: EntryKeys) -> Self {
        Self::new(keys, of, LastingMemo::new(), true)
    }

    /// The second run.
    pub fn replay(keys: &[&str], of: EntryKeys, lasting: LastingMemo) -> Self {
        Self::new(keys, of, lasting, false)
    }

    fn new(keys: &[&str], of: EntryKeys, lasting: LastingMemo, survey: bool) -> Self {
        let (phase, ready) = (WatchPhase::Awaited, VecDeque::new());
        let keys = keys.iter().map(|&key| key.to_owned()).collect();
        Self { keys, of, phase, lasting, survey, ready }
    }
}

impl<R: BufRead + Seek> PickleMachine<R> {
    /// Watches for a dictionary.
    pub fn watching(mut self, watched: WatchedDict) -> Self {
        self.watched = Some(watched);
        self
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.input.position()
    }

    /// The source and what a survey found.
    pub fn into_survey(self) -> (R, LastingMemo) {
        (self.input.into_reader(), self.watched.map(|watched| watched.lasting).unwrap_or_default())
    }

    /// Runs to the next entry, which a survey tells but leaves empty, or to the end of the pickle.
    pub fn next_entry(&mut self) -> Result<Option<WatchedEntry>, PickleError> {
        loop {
            if let Some(entry) = self.watched.as_mut().and_then(|watched| watched.ready.pop_front())
            {
                return Ok(Some(entry));
            }
            let at = self.input.position();
            let [opcode] = self.input.array()?;
            if opcode == b'.' {
                self.stack.pop().map_err(|fault| located(fault, at))?;
                return Ok(None);
            }
            checked(self.watched_step(opcode), opcode, at)?;
        }
    }

    fn open(&mut self) -> Option<&mut OpenDict> {
        match &mut self.watched.as_mut()?.phase {
            WatchPhase::Open(open) => Some(open),
            _ => None,
        }
    }

    /// One operation, with what it means for the dictionary.
    fn watched_step(&mut self, opcode: u8) -> Result<bool, PickleFault> {
        let Some(OpenDict { dict, height, .. }) = self.open() else {
            let known = self.step(opcode)?;
            if matches!(opcode, b'}' | b'd' | b'R') {
                self.try_begin();
            }
            return Ok(known);
        };
        let (dict, height) = (*dict, *height);
        let inside = self.stack.last_mark() == Some(height + 1);
        let above = self.stack.height().saturating_sub(height + 1);
        match opcode {
            // The next key: nothing in a value begins like one, so the value is finished.
            _ if inside && above == 2 && self.begins_key(opcode) => {
                self.take_entries(above)?;
                self.step(opcode)
            }
            b'u' if inside => {
                if !above.is_multiple_of(2) {
                    return rule("has a key without a value");
                }
                self.take_entries(above)?;
                self.stack.pop_marked()?;
                Ok(true)
            }
            b's' if above == 2 && self.stack.last_mark().is_none_or(|mark| mark <= height) => {
                self.take_entries(above)?;
                Ok(true)
            }
            _ => {
                let known = self.step(opcode)?;
                // It may also have become a part of what stands in its place now.
                if self.stack.at(height) != Some(dict) {
                    self.end();
                } else if matches!(opcode, b'}' | b'd' | b'R')
                    && self.stack.height() == height + 3
                    && self.stack.last_mark().is_none_or(|mark| mark <= height)
                {
                    // The next one, behind it in the dictionary around both.
                    self.try_begin();
                }
                Ok(known)
            }
        }
    }

    /// Whether an operation behind a key and a value pushes the next key.
    fn begins_key(&self, opcode: u8) -> bool {
        match self.watched.as_ref().map(|watched| watched.of) {
            Some(EntryKeys::Numbers) => {
                matches!(opcode, b'K' | b'M' | b'J' | b'I' | b'L' | 0x8a)
            }
            // A dictionary of several entries is filled at once, so a text does not go into it.
            Some(EntryKeys::Texts) => {
                let value = self.stack.top().map(|value| self.heap.get(value));
                let is_full = match value {
                    Ok(HeapNode::Dict(parts)) => parts.len() > 2,
                    Ok(HeapNode::Object(parts)) => parts.entries.len() > 2,
                    _ => false,
                };
                is_full && matches!(opcode, b'X' | 0x8c | b'U' | b'T' | b'V' | b'S')
            }
            None => false,
        }
    }

    /// Whether the dictionary has just been put behind its key.
    fn try_begin(&mut self) {
        let Some(watched) = &mut self.watched else { return };
        let Some(height) = self.stack.height().checked_sub(1) else { return };
        let below = height.checked_sub(1).and_then(|below| self.stack.at(below));
        let (Some(dict), Some(name)) = (self.stack.at(height), below) else { return };
        let key = match self.heap.get(name) {
            HeapNode::Atom(name) => {
                let name = name.text();
                watched.keys.iter().position(|key| name == Some(key))
            }
            _ => None,
        };
        let is_dict = matches!(self.heap.get(dict), HeapNode::Dict(_) | HeapNode::Object(_));
        if let Some(key) = key.filter(|_| is_dict)
            && !matches!(watched.phase, WatchPhase::Past)
        {
            watched.keys.remove(key);
            watched.phase = WatchPhase::Open(OpenDict {
                dict,
                height,
                base: self.heap.count(),
                left_bytes: self.heap.budget.left_bytes(),
                remembered: Vec::new(),
            });
        }
    }

    fn end(&mut self) {
        if let Some(watched) = &mut self.watched {
            watched.phase =
                if watched.keys.is_empty() { WatchPhase::Past } else { WatchPhase::Awaited };
        }
    }

    /// Takes the last `count` objects, keys and values in turns, off the stack and hands them over.
    fn take_entries(&mut self, count: usize) -> StepResult {
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            ids.push(self.stack.pop()?);
        }
        ids.reverse();
        let Some(watched) = &mut self.watched else { return Ok(()) };
        let values = if watched.survey {
            vec![PickleValue::None; count]
        } else {
            self.heap.pay_parts(count)?;
            self.heap.finish(&ids, self.depth)?
        };
        let mut values = values.into_iter();
        while let (Some(key), Some(value)) = (values.next(), values.next()) {
            watched.ready.push_back((key, value));
        }
        self.forget_entries()
    }

    /// Forgets everything that was made since the last time but what lasts.
    fn forget_entries(&mut self) -> StepResult {
        let Some(watched) = &mut self.watched else { return Ok(()) };
        let WatchPhase::Open(open) = &mut watched.phase else { return Ok(()) };
        let (mut keys, mut ids) = (Vec::new(), Vec::new());
        for key in open.remembered.drain(..) {
            match self.stack.recall(key) {
                Some(id) if !watched.survey && watched.lasting.contains(&key) => {
                    keys.push(key);
                    ids.push(id);
                }
                _ => self.stack.forget(key),
            }
        }
        open.remembered = Vec::new();
        self.heap.budget.give_back_to(open.left_bytes);
        self.heap.retain(open.base, &mut ids)?;
        keys.into_iter().zip(ids).for_each(|(key, id)| self.stack.relocate(key, id));
        open.base = self.heap.count();
        open.left_bytes = self.heap.budget.left_bytes();
        Ok(())
    }

    /// Pushes what is remembered under a number.
    pub(super) fn recall(&mut self, key: u32) -> StepResult {
        if let Some(id) = self.stack.recall(key) {
            return self.push_id(id);
        }
        match &mut self.watched {
            Some(WatchedDict { survey: true, lasting, phase, .. }) => {
                if lasting.insert(key) {
                    self.heap.budget.take(LASTING_BYTES)?;
                    if let WatchPhase::Open(open) = phase {
                        open.left_bytes = open.left_bytes.saturating_sub(LASTING_BYTES);
                    }
                }
                self.push(HeapNode::Unknown)
            }
            _ => rule("names a value that was never remembered"),
        }
    }

    /// Remembers the last object under a number.
    pub(super) fn remember(&mut self, key: u32) -> StepResult {
        self.stack.remember(key, &mut self.heap.budget)?;
        if let Some(WatchedDict { phase: WatchPhase::Open(open), .. }) = &mut self.watched {
            self.heap.budget.grow::<u32>(1)?;
            open.remembered.push(key);
        }
        Ok(())
    }

    /// The last object, to be changed. While entries are handed over, objects from before may not
    /// be changed, for what is put into them would be forgotten.
    pub(super) fn target(&mut self) -> Result<&mut HeapNode, PickleFault> {
        let id = self.stack.top()?;
        let top = self.stack.height() - 1;
        if let Some(open) = self.open()
            && (id < open.base && top > open.height || id == open.dict)
        {
            return rule("changes a value of an entry that is over");
        }
        Ok(self.heap.get_mut(id))
    }
}
