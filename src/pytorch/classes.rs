//! From blocks to classes: blocks that differ only in their widths and strides are one class, and the numbers
//! that differ become its arguments.
//!
//! The numbers in a block are *holes*. Over all blocks of a class, a hole has a list of values. If all are the
//! same number, it is written as that; holes with the same list are one parameter. What a block reads from
//! outside is treated likewise: reads that agree in all blocks are one argument of `forward`.

use std::collections::{BTreeMap, HashMap};

use super::names::{TakenNames, class_name};
use super::node::{Family, Hole, PyNode, Value};
use super::tree::{Block, Body};

/// Where an item reads a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reference {
    /// What an item of the block gives.
    Item(usize),
    /// An argument of `forward`.
    Formal(usize),
}

/// What stands in the place of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HoleText {
    /// The number.
    Literal(usize),
    /// A parameter, by position.
    Parameter(usize),
    /// Half of a parameter.
    Half(usize),
}

/// An argument of a class.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    /// Its name.
    pub name: String,
    /// What it is.
    pub family: Family,
    /// Its values, by block of the class.
    pub values: Vec<Value>,
}

/// A class.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// Its name.
    pub name: String,
    /// Its blocks.
    pub blocks: Vec<usize>,
    /// Its arguments.
    pub parameters: Vec<Parameter>,
    /// For each item, what stands for its numbers.
    pub holes: Vec<Vec<HoleText>>,
    /// For each item, what it reads.
    pub references: Vec<Vec<Reference>>,
    /// How many arguments `forward` has.
    pub formals: usize,
    /// The item whose value it gives.
    pub output: usize,
    /// Whether it is a sequence of modules.
    pub is_chain: bool,
    /// Whether it is written where it is used.
    pub is_inline: bool,
}

/// A block and its class.
#[derive(Clone, Debug)]
pub(super) struct PlacedBlock {
    /// The block; the blocks in it are in `children`.
    pub block: Block,
    /// For each item, its place among all blocks if it is one.
    pub children: Vec<Option<usize>>,
    /// Its class.
    pub class: usize,
    /// The values of the class's parameters.
    pub arguments: Vec<Value>,
    /// For each argument of `forward`, the node that is read.
    pub inputs: Vec<usize>,
    height: usize,
}

/// All classes of a network.
pub(super) struct Classes {
    /// Blocks; the last one is the network.
    pub blocks: Vec<PlacedBlock>,
    /// Classes, each after those that it uses.
    pub classes: Vec<Class>,
}

/// Finds the classes.
pub(super) fn classes(root: Block, nodes: &[PyNode]) -> Classes {
    let mut found = Classes { blocks: Vec::new(), classes: Vec::new() };
    let root = found.place(root);
    let highest = found.blocks[root].height;
    for height in 0..=highest {
        let mut alike: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for block in 0..found.blocks.len() {
            if found.blocks[block].height == height {
                let key = match block == root {
                    true => String::new(),
                    false => found.key(block, nodes),
                };
                let first = *known.entry(key).or_insert(block);
                alike.entry(first).or_default().push(block);
            }
        }
        for blocks in alike.into_values() {
            found.unify(blocks, nodes);
        }
    }
    found.name_classes(root, nodes);
    found
}

impl Classes {
    /// Moves a block and those in it into the list; its place.
    fn place(&mut self, mut block: Block) -> usize {
        let mut children = Vec::with_capacity(block.items.len());
        for item in &mut block.items {
            children.push(match &mut item.body {
                Body::Node(_) => None,
                Body::Block(child) => {
                    let inner = std::mem::take(&mut child.items);
                    let child = Block { items: inner, ..(**child).clone() };
                    Some(self.place(child))
                }
            });
        }
        let heights = children.iter().flatten().map(|&child| self.blocks[child].height + 1);
        let height = heights.max().unwrap_or(0);
        let (arguments, inputs) = (Vec::new(), Vec::new());
        self.blocks.push(PlacedBlock { block, children, class: 0, arguments, inputs, height });
        self.blocks.len() - 1
    }

    /// The numbers of an item.
    fn item_holes(&self, block: usize, item: usize, nodes: &[PyNode]) -> Vec<(Family, Value)> {
        let placed = &self.blocks[block];
        match (&placed.block.items[item].body, placed.children[item]) {
            (Body::Node(node), _) => {
                nodes[*node].op.holes().map(|&Hole { family, value, .. }| (family, value)).collect()
            }
            (Body::Block(_), Some(child)) => {
                let child = &self.blocks[child];
                let parameters = self.classes[child.class].parameters.iter();
                parameters.map(|parameter| parameter.family).zip(child.arguments.clone()).collect()
            }
            (Body::Block(_), None) => Vec::new(),
        }
    }

    /// The nodes that an item reads.
    fn item_inputs(&self, block: usize, item: usize, nodes: &[PyNode]) -> Vec<usize> {
        let placed = &self.blocks[block];
        match (&placed.block.items[item].body, placed.children[item]) {
            (Body::Node(node), _) => nodes[*node].inputs.clone(),
            (Body::Block(_), child) => {
                child.map_or_else(Vec::new, |child| self.blocks[child].inputs.clone())
            }
        }
    }

    /// The item of a block that gives the value of a node.
    fn producers(&self, block: usize) -> HashMap<usize, usize> {
        let items = self.blocks[block].block.items.iter().enumerate();
        items.map(|(position, item)| (item.output(), position)).collect()
    }

    /// A text that is the same for blocks of one class.
    fn key(&self, block: usize, nodes: &[PyNode]) -> String {
        let placed = &self.blocks[block];
        let producers = self.producers(block);
        let mut key = format!("{} {}", placed.block.kind, placed.block.is_branch);
        for (position, item) in placed.block.items.iter().enumerate() {
            let what = match (&item.body, placed.children[position]) {
                (Body::Node(node), _) => nodes[*node].op.key(),
                (Body::Block(_), child) => {
                    format!("class {:?}", child.map(|child| self.blocks[child].class))
                }
            };
            let inputs = self.item_inputs(block, position, nodes);
            let inputs = inputs.iter().map(|input| producers.get(input).copied());
            key.push_str(&format!("\n{what} {:?}", inputs.collect::<Vec<_>>()));
        }
        key.push_str(&format!("\n{:?}", producers.get(&placed.block.output)));
        key
    }

    /// Makes a class of blocks that differ in numbers only.
    fn unify(&mut self, blocks: Vec<usize>, nodes: &[PyNode]) {
        let first = blocks[0];
        let count = self.blocks[first].block.items.len();
        let mut unified = UnifiedNumbers::default();
        let mut holes = Vec::with_capacity(count);
        for item in 0..count {
            let lists: Vec<Vec<(Family, Value)>> =
                blocks.iter().map(|&block| self.item_holes(block, item, nodes)).collect();
            let texts = (0..lists[0].len()).map(|hole| {
                let values = lists.iter().map(|list| list[hole].1).collect();
                unified.take(lists[0][hole].0, values)
            });
            holes.push(texts.collect());
        }
        let producers: Vec<HashMap<usize, usize>> =
            blocks.iter().map(|&block| self.producers(block)).collect();
        let mut formals: Vec<Vec<usize>> = Vec::new();
        let mut references = Vec::with_capacity(count);
        for item in 0..count {
            let lists: Vec<Vec<usize>> =
                blocks.iter().map(|&block| self.item_inputs(block, item, nodes)).collect();
            let read = (0..lists[0].len()).map(|input| {
                let values: Vec<usize> = lists.iter().map(|list| list[input]).collect();
                if let Some(&producer) = producers[0].get(&values[0]) {
                    return Reference::Item(producer);
                }
                let known = formals.iter().position(|formal| *formal == values);
                Reference::Formal(known.unwrap_or_else(|| {
                    formals.push(values);
                    formals.len() - 1
                }))
            });
            references.push(read.collect());
        }
        let block = &self.blocks[first].block;
        let output = producers[0].get(&block.output).copied().unwrap_or(count.saturating_sub(1));
        let channels = |position: usize| {
            let formal = formals.get(position)?;
            Some(formal.iter().map(|&node| nodes[node].channels).collect::<Vec<_>>())
        };
        let inputs: Vec<Vec<Value>> = (0..formals.len()).filter_map(channels).collect();
        let outputs: Vec<Value> =
            blocks.iter().map(|&block| nodes[self.blocks[block].block.output].channels).collect();
        unified.name_and_sort(&inputs, &outputs, &mut holes);
        let chain = block.items.iter().all(|item| item.is_module(nodes))
            && references.iter().enumerate().all(|(item, read): (usize, &Vec<Reference>)| {
                match (item, read.as_slice()) {
                    (0, [Reference::Formal(_)]) => true,
                    (_, [Reference::Item(before)]) => before + 1 == item,
                    _ => false,
                }
            });
        let class = Class {
            name: String::new(),
            is_chain: chain,
            is_inline: chain && (block.is_branch || blocks.len() == 1),
            parameters: unified.parameters,
            holes,
            references,
            formals: formals.len(),
            output,
            blocks: blocks.clone(),
        };
        for (position, &block) in blocks.iter().enumerate() {
            let placed = &mut self.blocks[block];
            placed.class = self.classes.len();
            placed.inputs = formals.iter().map(|formal| formal[position]).collect();
            let values = class.parameters.iter().map(|parameter| parameter.values[position]);
            placed.arguments = values.collect();
        }
        self.classes.push(class);
    }

    /// Names the classes by their kinds.
    fn name_classes(&mut self, root: usize, nodes: &[PyNode]) {
        let mut taken = TakenNames::default();
        let root = self.blocks[root].class;
        let network = &mut self.classes[root];
        network.name = "Network".to_owned();
        (network.is_chain, network.is_inline) = (false, false);
        let named: Vec<usize> = (0..self.classes.len()).filter(|&class| class != root).collect();
        for class in named {
            if self.classes[class].is_inline {
                continue;
            }
            let placed = &self.blocks[self.classes[class].blocks[0]];
            let plane = nodes[placed.block.output].plane;
            let smallest = placed.inputs.iter().map(|&input| nodes[input].plane).min();
            let is_smaller = smallest.is_some_and(|smallest| plane < smallest);
            let mut name = class_name(&placed.block.kind);
            if is_smaller && self.has_larger_twin(class) && !name.starts_with("Reduc") {
                name = format!("Reduction{name}");
            }
            self.classes[class].name = taken.take(&name);
        }
    }

    /// Whether another class is of the same kind.
    fn has_larger_twin(&self, class: usize) -> bool {
        let kind = |class: &Class| &self.blocks[class.blocks[0]].block.kind;
        let own = &self.classes[class];
        let others = self.classes.iter().enumerate();
        others
            .filter(|(other, _)| *other != class)
            .any(|(_, other)| !other.is_inline && kind(other) == kind(own))
    }
}

/// The numbers of a class, as its parameters.
#[derive(Default)]
struct UnifiedNumbers {
    parameters: Vec<Parameter>,
}

impl UnifiedNumbers {
    /// What stands for a number with these values in the blocks of a class.
    fn take(&mut self, family: Family, values: Vec<Value>) -> HoleText {
        if let Value::Number(number) = values[0]
            && values.iter().all(|value| *value == values[0])
        {
            return HoleText::Literal(number);
        }
        let known = self
            .parameters
            .iter()
            .position(|parameter| parameter.family == family && parameter.values == values);
        HoleText::Parameter(known.unwrap_or_else(|| {
            self.parameters.push(Parameter { name: String::new(), family, values });
            self.parameters.len() - 1
        }))
    }

    /// Names the parameters by what the blocks read and give, replaces halves of others, and puts them in the
    /// usual order.
    fn name_and_sort(
        &mut self,
        inputs: &[Vec<Value>],
        output: &[Value],
        holes: &mut [Vec<HoleText>],
    ) {
        let rank = |parameter: &Parameter| {
            let values = &parameter.values;
            let input = inputs.iter().position(|input| input == values);
            let is_output = output == values;
            match (parameter.family, input, is_output) {
                (Family::Stride, ..) => (9, "stride"),
                (_, Some(0), true) => (0, "channels"),
                (_, Some(0), false) => (0, "in_channels"),
                (_, Some(position), false) => (position.min(4), "in_channels"),
                (_, _, true) => (5, "out_channels"),
                (_, None, false) => (6, "hidden_channels"),
            }
        };
        let halves: Vec<Option<usize>> = self
            .parameters
            .iter()
            .map(|parameter| {
                let doubled: Option<Vec<Value>> = parameter.values.iter().map(double).collect();
                let is_inner = rank(parameter).0 == 6;
                doubled.filter(|_| is_inner).and_then(|doubled| {
                    self.parameters
                        .iter()
                        .position(|other| other.values == doubled && matches!(rank(other).0, 0 | 5))
                })
            })
            .collect();
        let mut order: Vec<usize> =
            (0..self.parameters.len()).filter(|&parameter| halves[parameter].is_none()).collect();
        order.sort_by_key(|&parameter| rank(&self.parameters[parameter]).0);
        let place = |parameter: usize| order.iter().position(|&other| other == parameter);
        for hole in holes.iter_mut().flatten() {
            if let HoleText::Parameter(parameter) = *hole {
                *hole = match halves[parameter].and_then(place) {
                    Some(whole) => HoleText::Half(whole),
                    None => HoleText::Parameter(place(parameter).unwrap_or_default()),
                };
            }
        }
        let mut taken = TakenNames::default();
        let sorted = order.iter().map(|&parameter| {
            let parameter = &self.parameters[parameter];
            let symbol = match parameter.values.as_slice() {
                [Value::InChannels] => Some("in_channels"),
                [Value::Classes] => Some("classes"),
                _ => None,
            };
            let name = taken.take(symbol.unwrap_or(rank(parameter).1));
            Parameter { name, ..parameter.clone() }
        });
        self.parameters = sorted.collect();
    }
}

fn double(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => Some(Value::Number(2 * number)),
        Value::InChannels | Value::Classes => None,
    }
}
