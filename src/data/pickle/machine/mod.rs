//! The pickle machine: the operations of protocols 0 to 5 that data uses. It builds plain values and
//! records calls without making them.

mod watched;

use std::io::{BufRead, Seek};
use std::sync::Arc;

use super::heap::{HeapNode, ObjectId, ObjectParts, PickleHeap};
use super::input::PickleInput;
use super::stack::{PickleFault, PickleStack};
use super::value::{GlobalName, PickleValue, StoredBytes};
use super::{PickleError, PickleLimits, text};
pub use watched::{EntryKeys, WatchedDict};

/// The highest protocol there is.
const PROTOCOLS: u8 = 5;

/// The longest name of a module, class or function.
const MAX_NAME_BYTES: usize = 4096;

/// A machine with its input, stack and memo.
pub struct PickleMachine<R> {
    input: PickleInput<R>,
    heap: PickleHeap,
    stack: PickleStack,
    depth: u32,
    /// Byte strings of more bytes than this stay in the file.
    longest: u64,
    /// The dictionary whose entries are handed over, if there is one.
    watched: Option<WatchedDict>,
}

type StepResult = Result<(), PickleFault>;

fn rule<T>(problem: &'static str) -> Result<T, PickleFault> {
    Err(PickleFault::Rule(problem))
}

impl<R: BufRead + Seek> PickleMachine<R> {
    pub fn new(input: PickleInput<R>, limits: &PickleLimits, longest: u64) -> Self {
        let (heap, stack) = (PickleHeap::new(limits), PickleStack::default());
        Self { input, heap, stack, depth: limits.depth, longest, watched: None }
    }

    /// Runs to the end of the pickle; bytes behind it are not looked at.
    pub fn run(mut self) -> Result<PickleValue, PickleError> {
        loop {
            let at = self.input.position();
            let [opcode] = self.input.array()?;
            if opcode == b'.' {
                let root = self.stack.pop().map_err(|fault| located(fault, at))?;
                let values = self.heap.finish(&[root], self.depth)?;
                return Ok(values.into_iter().next().unwrap_or(PickleValue::None));
            }
            checked(self.step(opcode), opcode, at)?;
        }
    }

    /// One operation; false if there is none of that number.
    fn step(&mut self, opcode: u8) -> Result<bool, PickleFault> {
        match opcode {
            0x80 => self.protocol()?,
            // The length of a frame of protocol 4; frames are there for buffering only.
            0x95 => drop(self.input.array::<8>()?),
            b'(' => self.stack.mark(&mut self.heap.budget)?,
            b'0' => self.stack.drop_top()?,
            b'1' => drop(self.stack.pop_marked()?),
            b'2' => self.push_id(self.stack.top()?)?,
            b'p' | b'q' | b'r' | 0x94 | b'g' | b'h' | b'j' => self.memo(opcode)?,
            // Buffers of protocol 5 are read-only or not: here all values are.
            0x98 => drop(self.stack.top()?),
            b'N' | 0x88 | 0x89 | b'I' | b'J' | b'K' | b'M' | b'L' | 0x8a | 0x8b | b'F' | b'G' => {
                let number = self.scalar(opcode)?;
                self.atom(number)?;
            }
            b'S' | b'V' => self.text_line(opcode)?,
            b'T' | b'U' | b'B' | b'C' | 0x8e | 0x96 | b'X' | 0x8c | 0x8d => self.string(opcode)?,
            b']' | b'l' | b')' | b't' | 0x85..=0x87 | b'}' | b'd' | 0x8f | 0x91 => {
                self.container(opcode)?;
            }
            b'a' | b'e' | b's' | b'u' | 0x90 => self.fill(opcode)?,
            b'c' | 0x93 => self.global(opcode)?,
            b'R' | 0x81 | 0x92 | b'i' | b'o' => self.call(opcode)?,
            b'b' => self.build()?,
            b'P' | b'Q' => self.persistent(opcode)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn protocol(&mut self) -> StepResult {
        match self.input.array()? {
            [0..=PROTOCOLS] => Ok(()),
            _ => rule("asks for a protocol above 5"),
        }
    }

    fn push_id(&mut self, id: ObjectId) -> StepResult {
        Ok(self.stack.push(id, &mut self.heap.budget)?)
    }

    fn push(&mut self, node: HeapNode) -> StepResult {
        let id = self.heap.add(node)?;
        self.push_id(id)
    }

    fn atom(&mut self, value: PickleValue) -> StepResult {
        self.push(HeapNode::Atom(value))
    }

    fn line(&mut self) -> Result<Vec<u8>, PickleFault> {
        Ok(self.input.line(&mut self.heap.budget)?)
    }

    fn memo(&mut self, opcode: u8) -> StepResult {
        let key = match opcode {
            b'p' | b'g' => match text::integer(&self.line()?) {
                Some(PickleValue::Int(key)) => u32::try_from(key).ok(),
                Some(PickleValue::Bool(key)) => Some(u32::from(key)),
                _ => None,
            },
            b'q' | b'h' => Some(self.input.number::<1>()? as u32),
            b'r' | b'j' => Some(self.input.number::<4>()? as u32),
            _ => Some(self.stack.next_key()),
        };
        let Some(key) = key else { return rule("has no number of a remembered value") };
        match opcode {
            b'g' | b'h' | b'j' => self.recall(key),
            _ => self.remember(key),
        }
    }

    fn scalar(&mut self, opcode: u8) -> Result<PickleValue, PickleFault> {
        let parsed = match opcode {
            b'N' => Some(PickleValue::None),
            0x88 => Some(PickleValue::Bool(true)),
            0x89 => Some(PickleValue::Bool(false)),
            b'K' => Some(PickleValue::Int(self.input.number::<1>()? as i64)),
            b'M' => Some(PickleValue::Int(self.input.number::<2>()? as i64)),
            b'J' => Some(PickleValue::Int(i64::from(i32::from_le_bytes(self.input.array()?)))),
            b'G' => Some(PickleValue::Float(f64::from_be_bytes(self.input.array()?))),
            b'I' | b'L' => text::integer(&self.line()?),
            b'F' => text::float(&self.line()?),
            0x8a => Some(self.long::<1>()?),
            _ => Some(self.long::<4>()?),
        };
        parsed.ok_or(PickleFault::Rule("has an invalid number, or one beyond 64 bits"))
    }

    fn long<const N: usize>(&mut self) -> Result<PickleValue, PickleFault> {
        let length = self.input.number::<N>()?;
        let bytes = self.payload(length)?;
        Ok(text::long(&bytes).map_or(PickleValue::Long(bytes), PickleValue::Int))
    }

    fn payload(&mut self, length: u64) -> Result<Arc<[u8]>, PickleFault> {
        let size = self.input.check(length)?;
        self.heap.budget.take(size.saturating_add(2 * size_of::<usize>()))?;
        Ok(self.input.bytes(size)?)
    }

    fn text_line(&mut self, opcode: u8) -> StepResult {
        let line = self.line()?;
        // The unescaped text and its shared copy; Latin-1 takes up to two bytes in UTF-8.
        self.heap.budget.grow::<u8>(2 * line.len())?;
        let value = match opcode {
            b'S' => text::string(&line).map(|bytes| PickleValue::Bytes(bytes.into())),
            _ => text::unicode(&line).map(|text| PickleValue::Str(text.into())),
        };
        match value {
            Some(value) => self.atom(value),
            None => rule("has an invalid string"),
        }
    }

    fn string(&mut self, opcode: u8) -> StepResult {
        let length = match opcode {
            b'U' | b'C' | 0x8c => self.input.number::<1>()?,
            b'T' | b'B' | b'X' => self.input.number::<4>()?,
            _ => self.input.number::<8>()?,
        };
        let text = matches!(opcode, b'X' | 0x8c | 0x8d);
        if length > self.longest {
            let offset = self.input.position();
            self.input.skip(length)?;
            return self.atom(PickleValue::Stored(StoredBytes { offset, length, text }));
        }
        let bytes = self.payload(length)?;
        if !text {
            return self.atom(PickleValue::Bytes(bytes));
        }
        self.heap.budget.take(bytes.len())?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => self.atom(PickleValue::Str(text.into())),
            Err(_) => rule("has text that is not UTF-8"),
        }
    }

    /// The objects behind the last mark, paid for as parts.
    fn marked(&mut self) -> Result<Vec<ObjectId>, PickleFault> {
        self.heap.pay_parts(self.stack.marked()?)?;
        self.stack.pop_marked()
    }

    fn popped<const N: usize>(&mut self) -> Result<Vec<ObjectId>, PickleFault> {
        self.heap.pay_parts(N)?;
        Ok(self.stack.pop_array::<N>()?.to_vec())
    }

    fn pairs(&mut self) -> Result<Vec<ObjectId>, PickleFault> {
        let parts = self.marked()?;
        if parts.len().is_multiple_of(2) { Ok(parts) } else { rule("has a key without a value") }
    }

    fn container(&mut self, opcode: u8) -> StepResult {
        let node = match opcode {
            b']' => HeapNode::List(Vec::new()),
            b'l' => HeapNode::List(self.marked()?),
            b')' => HeapNode::Tuple(Vec::new()),
            b't' => HeapNode::Tuple(self.marked()?),
            0x85 => HeapNode::Tuple(self.popped::<1>()?),
            0x86 => HeapNode::Tuple(self.popped::<2>()?),
            0x87 => HeapNode::Tuple(self.popped::<3>()?),
            b'}' => HeapNode::Dict(Vec::new()),
            b'd' => HeapNode::Dict(self.pairs()?),
            0x8f => HeapNode::Set(Vec::new()),
            _ => HeapNode::Set(self.marked()?),
        };
        self.push(node)
    }

    /// Puts values into the container or object below them.
    fn fill(&mut self, opcode: u8) -> StepResult {
        let parts = match opcode {
            b'a' => self.popped::<1>()?,
            b's' => self.popped::<2>()?,
            b'u' => self.pairs()?,
            _ => self.marked()?,
        };
        let keyed = matches!(opcode, b's' | b'u');
        let target = match self.target()? {
            HeapNode::Unknown => return Ok(()),
            HeapNode::List(items) if !keyed => items,
            HeapNode::Set(items) if opcode == 0x90 => items,
            HeapNode::Dict(items) if keyed => items,
            HeapNode::Object(object) if keyed => &mut object.entries,
            HeapNode::Object(object) => &mut object.items,
            _ => return rule("puts values into something that takes none"),
        };
        target.extend(parts);
        Ok(())
    }

    fn global(&mut self, opcode: u8) -> StepResult {
        let names = match opcode {
            b'c' => [self.line()?, self.line()?].map(|line| String::from_utf8(line).ok()),
            _ => self.stack.pop_array()?.map(|id| {
                match self.heap.get(id) {
                    HeapNode::Atom(value) => {
                        value.text().filter(|name| name.len() <= MAX_NAME_BYTES)
                    }
                    HeapNode::Unknown => Some(""),
                    _ => None,
                }
                .map(str::to_owned)
            }),
        };
        let [Some(module), Some(name)] = names else { return rule("names no class or function") };
        self.heap.budget.take(size_of::<GlobalName>() + module.len() + name.len())?;
        self.atom(PickleValue::Global(Arc::new(GlobalName { module, name })))
    }

    /// Writes down that a class or function is called.
    fn call(&mut self, opcode: u8) -> StepResult {
        let [class, arguments] = match opcode {
            b'i' => {
                let arguments = self.marked()?;
                self.global(b'c')?;
                [self.stack.pop()?, self.heap.add(HeapNode::Tuple(arguments))?]
            }
            b'o' => {
                let mut arguments = self.marked()?;
                if arguments.is_empty() {
                    return rule("makes an object of no class");
                }
                [arguments.remove(0), self.heap.add(HeapNode::Tuple(arguments))?]
            }
            0x92 => {
                // Arguments by name are kept behind the others.
                let [class, arguments, named] = self.stack.pop_array()?;
                self.heap.pay_parts(2)?;
                [class, self.heap.add(HeapNode::Tuple(vec![arguments, named]))?]
            }
            _ => self.stack.pop_array()?,
        };
        let (items, entries) = (Vec::new(), Vec::new());
        self.push(HeapNode::Object(Box::new(ObjectParts {
            class,
            arguments,
            state: None,
            items,
            entries,
        })))
    }

    fn build(&mut self) -> StepResult {
        let state = self.stack.pop()?;
        match self.target()? {
            HeapNode::Object(object) => {
                object.state = Some(state);
                Ok(())
            }
            HeapNode::Unknown => Ok(()),
            _ => rule("sets the state of something that is not an object"),
        }
    }

    fn persistent(&mut self, opcode: u8) -> StepResult {
        if opcode == b'P' {
            let name = String::from_utf8_lossy(&self.line()?).into_owned();
            self.heap.budget.take(name.len())?;
            self.atom(PickleValue::Str(name.into()))?;
        }
        let name = self.stack.pop()?;
        self.push(HeapNode::Persistent(name))
    }
}

/// What a step came to, as an error with its place.
fn checked(step: Result<bool, PickleFault>, opcode: u8, at: u64) -> Result<(), PickleError> {
    match step {
        Ok(true) => Ok(()),
        Ok(false) => Err(PickleError::Opcode { opcode, at }),
        Err(fault) => Err(located(fault, at)),
    }
}

/// A fault with its place.
fn located(fault: PickleFault, at: u64) -> PickleError {
    match fault {
        PickleFault::Rule(problem) => PickleError::Malformed { at, problem },
        PickleFault::Error(error) => error,
    }
}
