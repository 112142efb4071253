//! Objects while a pickle is read: parts name each other by number, so that they can be shared and
//! filled after they are shared, and nothing here recurses.

use std::sync::Arc;

use super::budget::Budget;
use super::value::{Object, Value};
use super::{Limits, PickleError};

/// The number of an object.
pub type Id = u32;

/// An object under construction.
pub enum Node {
    /// It has no parts.
    Atom(Value),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Set(Vec<Id>),
    /// Keys and values take turns.
    Dict(Vec<Id>),
    Persistent(Id),
    Object(Box<Making>),
}

/// See [`Object`].
pub struct Making {
    pub class: Id,
    pub arguments: Id,
    pub state: Option<Id>,
    pub items: Vec<Id>,
    /// Keys and values take turns.
    pub entries: Vec<Id>,
}

/// Memory behind an object: itself while its vector grows, and its finished value.
const NODE_BYTES: usize = 3 * size_of::<Node>() + size_of::<Making>() + FINISHED_BYTES;
const FINISHED_BYTES: usize = size_of::<State>() + size_of::<Object>() + 2 * size_of::<usize>();
/// Memory behind a part beside its number: its copy in the finished value (twice while that moves), its place on the way
/// there.
const PART_BYTES: usize = 2 * size_of::<Value>() + 3 * size_of::<(Id, bool)>();

/// All objects of a pickle.
pub struct Heap {
    nodes: Vec<Node>,
    pub budget: Budget,
}

/// How far an object is on its way to a value.
#[derive(Clone)]
enum State {
    Untouched,
    /// Its parts are being finished.
    Open,
    /// With the number of levels below it.
    Done(Value, u32),
}

impl Heap {
    pub fn new(limits: &Limits) -> Self {
        Self { nodes: Vec::new(), budget: Budget::new(limits.memory_bytes) }
    }

    /// Adds an object; its parts must be paid for with [`Self::pay_parts`].
    pub fn add(&mut self, node: Node) -> Result<Id, PickleError> {
        self.budget.take(NODE_BYTES)?;
        let id = Id::try_from(self.nodes.len());
        let id = id.map_err(|_| PickleError::Memory { allowed_bytes: usize::MAX })?;
        self.nodes.push(node);
        Ok(id)
    }

    /// Pays for parts that are about to be put into an object.
    pub fn pay_parts(&mut self, count: usize) -> Result<(), PickleError> {
        self.budget.grow::<Id>(count)?;
        self.budget.take(count.saturating_mul(PART_BYTES))
    }

    pub fn get(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    pub fn get_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    /// The value of an object.
    ///
    /// # Errors
    ///
    /// [`PickleError::Cycle`] if it contains itself, [`PickleError::Depth`] if it is too deep.
    pub fn finish(mut self, root: Id, depth: u32) -> Result<Value, PickleError> {
        self.budget.take(size_of::<(Id, bool)>())?;
        let mut states = vec![State::Untouched; self.nodes.len()];
        let mut work = vec![(root, false)];
        while let Some((id, parts_done)) = work.pop() {
            match &states[id as usize] {
                State::Done(..) => {}
                State::Open if !parts_done => return Err(PickleError::Cycle),
                State::Open => {
                    let done = self.build(id, &states);
                    if done.1 > depth {
                        return Err(PickleError::Depth { allowed: depth });
                    }
                    states[id as usize] = State::Done(done.0, done.1);
                }
                State::Untouched => {
                    states[id as usize] = State::Open;
                    work.push((id, true));
                    let open = |part: &Id| !matches!(states[*part as usize], State::Done(..));
                    self.each_part(id, |part| {
                        if open(&part) {
                            work.push((part, false));
                        }
                    });
                }
            }
        }
        Ok(match states.swap_remove(root as usize) {
            State::Done(value, _) => value,
            _ => Value::None,
        })
    }

    fn each_part(&self, id: Id, mut each: impl FnMut(Id)) {
        match self.get(id) {
            Node::Atom(_) => {}
            Node::List(parts) | Node::Tuple(parts) | Node::Set(parts) | Node::Dict(parts) => {
                parts.iter().for_each(|&part| each(part));
            }
            Node::Persistent(part) => each(*part),
            Node::Object(making) => {
                [making.class, making.arguments].into_iter().for_each(&mut each);
                making.state.into_iter().for_each(&mut each);
                making.items.iter().chain(&making.entries).for_each(|&part| each(part));
            }
        }
    }

    /// The value of an object whose parts are finished, and the levels below it.
    fn build(&self, id: Id, states: &[State]) -> (Value, u32) {
        let mut deepest = 0;
        self.each_part(id, |part| {
            if let State::Done(_, depth) = &states[part as usize] {
                deepest = deepest.max(depth + 1);
            }
        });
        let value = |id: &Id| match &states[*id as usize] {
            State::Done(value, _) => value.clone(),
            _ => Value::None,
        };
        let values = |ids: &[Id]| ids.iter().map(value).collect();
        let pairs = |ids: &[Id]| -> Vec<(Value, Value)> {
            ids.as_chunks().0.iter().map(|[key, entry]| (value(key), value(entry))).collect()
        };
        let built = match self.get(id) {
            Node::Atom(value) => value.clone(),
            Node::List(ids) => Value::List(values(ids)),
            Node::Tuple(ids) => Value::Tuple(values(ids)),
            Node::Set(ids) => Value::Set(values(ids)),
            Node::Dict(ids) => Value::Dict(pairs(ids).into()),
            Node::Persistent(id) => Value::Persistent(Arc::new(value(id))),
            Node::Object(making) => Value::Object(Arc::new(Object {
                class: value(&making.class),
                arguments: value(&making.arguments),
                state: making.state.as_ref().map(value),
                items: making.items.iter().map(value).collect(),
                entries: pairs(&making.entries),
            })),
        };
        (built, deepest)
    }
}
