//! Objects during the reading of a pickle. They refer to each other by number, so they can be shared,
//! and filled after they are shared, without recursion.

use std::sync::Arc;

use super::budget::MemoryBudget;
use super::value::{GlobalName, PickleObject, PickleValue};
use super::{PickleError, PickleLimits};

/// The number of an object.
pub type ObjectId = u32;

/// An object under construction.
pub enum HeapNode {
    /// It has no parts.
    Atom(PickleValue),
    List(Vec<ObjectId>),
    Tuple(Vec<ObjectId>),
    Set(Vec<ObjectId>),
    /// Keys and values take turns.
    Dict(Vec<ObjectId>),
    Persistent(ObjectId),
    Object(Box<ObjectParts>),
    /// Something that was forgotten; only while a pickle is surveyed.
    Unknown,
}

/// See [`PickleObject`].
pub struct ObjectParts {
    pub class: ObjectId,
    pub arguments: ObjectId,
    pub state: Option<ObjectId>,
    pub items: Vec<ObjectId>,
    /// Keys and values take turns.
    pub entries: Vec<ObjectId>,
}

impl HeapNode {
    fn each_part_mut(&mut self, each: impl FnMut(&mut ObjectId)) {
        match self {
            Self::Atom(_) | Self::Unknown => {}
            Self::List(parts) | Self::Tuple(parts) | Self::Set(parts) | Self::Dict(parts) => {
                parts.iter_mut().for_each(each);
            }
            Self::Persistent(part) => std::iter::once(part).for_each(each),
            Self::Object(making) => {
                let single = [&mut making.class, &mut making.arguments].into_iter();
                let more = making.items.iter_mut().chain(&mut making.entries);
                single.chain(&mut making.state).chain(more).for_each(each);
            }
        }
    }

    /// Memory behind it, its parts' own not counted.
    fn bytes(&self) -> usize {
        let own = match self {
            Self::Atom(PickleValue::Str(text)) => 2 * text.len(),
            Self::Atom(PickleValue::Bytes(bytes) | PickleValue::Long(bytes)) => bytes.len(),
            Self::Atom(PickleValue::Global(global)) => {
                size_of::<GlobalName>() + global.module.len() + global.name.len()
            }
            Self::List(parts) | Self::Tuple(parts) | Self::Set(parts) | Self::Dict(parts) => {
                parts.capacity() * PART_BYTES
            }
            Self::Object(making) => {
                (making.items.capacity() + making.entries.capacity()) * PART_BYTES
            }
            _ => 0,
        };
        NODE_BYTES.saturating_add(own)
    }
}

/// Memory behind an object: itself while its vector grows, and its finished value.
const NODE_BYTES: usize = 3 * size_of::<HeapNode>() + size_of::<ObjectParts>() + FINISHED_BYTES;
const FINISHED_BYTES: usize =
    size_of::<NodeState>() + size_of::<PickleObject>() + 2 * size_of::<usize>();
/// Memory behind a part beside its number: its copy in the finished value (twice while that moves), its place on the way
/// there.
const PART_BYTES: usize = 2 * size_of::<PickleValue>() + 3 * size_of::<(ObjectId, bool)>();

/// All objects of a pickle.
pub struct PickleHeap {
    nodes: Vec<HeapNode>,
    pub budget: MemoryBudget,
}

/// How far an object is on its way to a value.
#[derive(Clone)]
enum NodeState {
    Untouched,
    /// Its parts are being finished.
    Open,
    /// With the number of levels below it.
    Done(PickleValue, u32),
}

impl PickleHeap {
    pub fn new(limits: &PickleLimits) -> Self {
        Self { nodes: Vec::new(), budget: MemoryBudget::new(limits.memory_bytes) }
    }

    /// Adds an object; its parts must be paid for with [`Self::pay_parts`].
    pub fn add(&mut self, node: HeapNode) -> Result<ObjectId, PickleError> {
        self.budget.take(NODE_BYTES)?;
        let id = ObjectId::try_from(self.nodes.len());
        let id = id.map_err(|_| PickleError::Memory { allowed_bytes: usize::MAX })?;
        self.nodes.push(node);
        Ok(id)
    }

    /// Pays for parts that are about to be put into an object.
    pub fn pay_parts(&mut self, count: usize) -> Result<(), PickleError> {
        self.budget.grow::<ObjectId>(count)?;
        self.budget.take(count.saturating_mul(PART_BYTES))
    }

    pub fn get(&self, id: ObjectId) -> &HeapNode {
        &self.nodes[id as usize]
    }

    pub fn get_mut(&mut self, id: ObjectId) -> &mut HeapNode {
        &mut self.nodes[id as usize]
    }

    /// How many objects there are, which is the number of the next one.
    pub fn count(&self) -> ObjectId {
        // `add` lets no more in than there are numbers.
        self.nodes.len() as ObjectId
    }

    /// Forgets the objects from `base` on, but not the kept ones and their parts: these get new
    /// numbers, and are paid for again. No other object may have forgotten ones as parts.
    pub fn retain(&mut self, base: ObjectId, kept: &mut [ObjectId]) -> Result<(), PickleError> {
        let mut needed = vec![false; self.nodes.len() - base as usize];
        let mut work = kept.to_vec();
        while let Some(id) = work.pop() {
            let flag = id.checked_sub(base).map(|place| &mut needed[place as usize]);
            if flag.is_some_and(|flag| !std::mem::replace(flag, true)) {
                self.each_part(id, |part| work.push(part));
            }
        }
        let mut next = base;
        let places: Vec<ObjectId> = needed
            .iter()
            .map(|&needed| {
                let place = next;
                next += ObjectId::from(needed);
                place
            })
            .collect();
        let renamed = |id: ObjectId| if id < base { id } else { places[(id - base) as usize] };
        let tail = self.nodes.split_off(base as usize);
        for (mut node, _) in tail.into_iter().zip(needed).filter(|(_, needed)| *needed) {
            self.budget.take(node.bytes())?;
            node.each_part_mut(|part| *part = renamed(*part));
            self.nodes.push(node);
        }
        kept.iter_mut().for_each(|id| *id = renamed(*id));
        Ok(())
    }

    /// The values of objects, which share what the objects share.
    ///
    /// # Errors
    ///
    /// [`PickleError::Cycle`] if one contains itself, [`PickleError::Depth`] if one is too deep.
    pub fn finish(
        &mut self,
        roots: &[ObjectId],
        depth: u32,
    ) -> Result<Vec<PickleValue>, PickleError> {
        self.budget.take(roots.len().saturating_mul(size_of::<(ObjectId, bool)>()))?;
        let mut states = vec![NodeState::Untouched; self.nodes.len()];
        let mut work: Vec<(ObjectId, bool)> = roots.iter().map(|&root| (root, false)).collect();
        while let Some((id, parts_done)) = work.pop() {
            match &states[id as usize] {
                NodeState::Done(..) => {}
                NodeState::Open if !parts_done => return Err(PickleError::Cycle),
                NodeState::Open => {
                    let done = self.build(id, &states);
                    if done.1 > depth {
                        return Err(PickleError::Depth { allowed: depth });
                    }
                    states[id as usize] = NodeState::Done(done.0, done.1);
                }
                NodeState::Untouched => {
                    states[id as usize] = NodeState::Open;
                    work.push((id, true));
                    let open =
                        |part: &ObjectId| !matches!(states[*part as usize], NodeState::Done(..));
                    self.each_part(id, |part| {
                        if open(&part) {
                            work.push((part, false));
                        }
                    });
                }
            }
        }
        let value = |root: &ObjectId| match &states[*root as usize] {
            NodeState::Done(value, _) => value.clone(),
            _ => PickleValue::None,
        };
        Ok(roots.iter().map(value).collect())
    }

    fn each_part(&self, id: ObjectId, mut each: impl FnMut(ObjectId)) {
        match self.get(id) {
            HeapNode::Atom(_) | HeapNode::Unknown => {}
            HeapNode::List(parts)
            | HeapNode::Tuple(parts)
            | HeapNode::Set(parts)
            | HeapNode::Dict(parts) => {
                parts.iter().for_each(|&part| each(part));
            }
            HeapNode::Persistent(part) => each(*part),
            HeapNode::Object(making) => {
                [making.class, making.arguments].into_iter().for_each(&mut each);
                making.state.into_iter().for_each(&mut each);
                making.items.iter().chain(&making.entries).for_each(|&part| each(part));
            }
        }
    }

    /// The value of an object whose parts are finished, and the levels below it.
    fn build(&self, id: ObjectId, states: &[NodeState]) -> (PickleValue, u32) {
        let mut deepest = 0;
        self.each_part(id, |part| {
            if let NodeState::Done(_, depth) = &states[part as usize] {
                deepest = deepest.max(depth + 1);
            }
        });
        let value = |id: &ObjectId| match &states[*id as usize] {
            NodeState::Done(value, _) => value.clone(),
            _ => PickleValue::None,
        };
        let values = |ids: &[ObjectId]| ids.iter().map(value).collect();
        let pairs = |ids: &[ObjectId]| -> Vec<(PickleValue, PickleValue)> {
            ids.as_chunks().0.iter().map(|[key, entry]| (value(key), value(entry))).collect()
        };
        let built = match self.get(id) {
            HeapNode::Atom(value) => value.clone(),
            HeapNode::Unknown => PickleValue::None,
            HeapNode::List(ids) => PickleValue::List(values(ids)),
            HeapNode::Tuple(ids) => PickleValue::Tuple(values(ids)),
            HeapNode::Set(ids) => PickleValue::Set(values(ids)),
            HeapNode::Dict(ids) => PickleValue::Dict(pairs(ids).into()),
            HeapNode::Persistent(id) => PickleValue::Persistent(Arc::new(value(id))),
            HeapNode::Object(making) => PickleValue::Object(Arc::new(PickleObject {
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
