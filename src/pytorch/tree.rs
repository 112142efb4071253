//! From paths of nodes to blocks: what becomes a module of its own.
//!
//! Nodes with a common path form a group. A group becomes a block if one of its values at most is read outside
//! it and if the blocks around it can still be computed one after another; otherwise its nodes belong to the
//! group around it. So any labels give a correct module, and those of cells, stages and operations a readable
//! one.

use std::collections::HashMap;

use super::label::Segment;
use super::lower::Lowered;
use super::node::{PyNode, PyOp};

/// A module: items that are computed one after another.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The word for all that is like it.
    pub kind: String,
    /// Where it stands.
    pub place: String,
    /// Its items.
    pub items: Vec<Item>,
    /// The node whose value it gives.
    pub output: usize,
    /// The nodes outside it that it reads, in the order of their first use.
    pub inputs: Vec<usize>,
    /// Whether it is a branch of an operation, which needs no class of its own.
    pub is_branch: bool,
}

/// A part of a block.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// A name for it.
    pub name: String,
    /// What it is.
    pub body: Body,
}

/// What a part of a block is.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// A node.
    Node(usize),
    /// Another block.
    Block(Box<Block>),
}

impl Item {
    /// The node whose value it gives.
    pub(super) fn output(&self) -> usize {
        match &self.body {
            Body::Node(node) => *node,
            Body::Block(block) => block.output,
        }
    }

    /// The nodes outside it that it reads.
    pub(super) fn inputs<'i>(&'i self, nodes: &'i [PyNode]) -> &'i [usize] {
        match &self.body {
            Body::Node(node) => &nodes[*node].inputs,
            Body::Block(block) => &block.inputs,
        }
    }

    /// Whether it is called as a module.
    pub(super) fn is_module(&self, nodes: &[PyNode]) -> bool {
        match &self.body {
            Body::Node(node) => matches!(nodes[*node].op, PyOp::Module { .. }),
            Body::Block(_) => true,
        }
    }
}

/// Whether every item reads the one before it and nothing else, and is called as a module.
fn is_chain(items: &[Item], nodes: &[PyNode]) -> bool {
    items.iter().enumerate().all(|(position, item)| {
        let inputs = item.inputs(nodes);
        let follows = match position {
            0 => inputs.len() == 1,
            _ => inputs == [items[position - 1].output()],
        };
        follows && item.is_module(nodes)
    })
}

/// The whole network as one block.
pub(super) fn blocks(lowered: &Lowered) -> Block {
    let nodes = &lowered.nodes;
    let mut readers = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for &input in &node.inputs {
            readers[input].push(index);
        }
    }
    let mut builder = TreeBuilder {
        nodes,
        readers,
        output: lowered.output,
        owner: vec![0; nodes.len()],
        stamp: 0,
    };
    let all: Vec<usize> =
        (0..nodes.len()).filter(|&node| !matches!(nodes[node].op, PyOp::Images)).collect();
    let items = builder.items(&all, 0);
    let items = builder.ordered(items);
    builder.block(items, "network".to_owned(), String::new(), false)
}

struct TreeBuilder<'n> {
    nodes: &'n [PyNode],
    /// By node, those that read it.
    readers: Vec<Vec<usize>>,
    output: usize,
    /// By node, the stamp of the group that claimed it last.
    owner: Vec<usize>,
    stamp: usize,
}

impl TreeBuilder<'_> {
    /// The items of nodes whose paths agree up to `depth`.
    fn items(&mut self, members: &[usize], depth: usize) -> Vec<Item> {
        let mut groups: Vec<(Option<&Segment>, Vec<usize>)> = Vec::new();
        let mut known: HashMap<&Segment, usize> = HashMap::new();
        let nodes = self.nodes;
        for &member in members {
            let path = &nodes[member].path;
            let is_leaf = path.len() <= depth + 1;
            let Some(segment) = path.get(depth).filter(|_| !is_leaf) else {
                groups.push((None, vec![member]));
                continue;
            };
            let group = *known.entry(segment).or_insert_with(|| {
                groups.push((Some(segment), Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(member);
        }
        let mut items = Vec::new();
        for (segment, members) in groups {
            match segment {
                None => items.push(self.leaf(members[0])),
                Some(segment) => items.extend(self.group(segment, &members, depth)),
            }
        }
        items
    }

    fn leaf(&self, node: usize) -> Item {
        let name = self.nodes[node].path.last().map_or_else(String::new, Segment::name);
        Item { name, body: Body::Node(node) }
    }

    /// A group as one item, or as several where it cannot or need not be one.
    fn group(&mut self, segment: &Segment, members: &[usize], depth: usize) -> Vec<Item> {
        let items = self.items(members, depth + 1);
        let items = self.ordered(items);
        if let [item] = items.as_slice() {
            let name = match (&item.body, segment.is_number()) {
                (_, true) => item.name.clone(),
                (Body::Node(node), false) if !self.is_operator(*node) => {
                    format!("{}_{}", segment.name(), item.name)
                }
                (Body::Block(_), false) if segment.is_vertex() => {
                    format!("{}_{}", segment.name(), item.name)
                }
                (_, false) => segment.name(),
            };
            return vec![Item { name, body: item.body.clone() }];
        }
        let chain = is_chain(&items, self.nodes);
        let of_blocks = items.iter().all(|item| matches!(item.body, Body::Block(_)));
        let is_kept = match segment.is_layer {
            _ if self.outputs(members) > 1 => false,
            _ if segment.is_vertex() => false,
            true => chain,
            // A stage is not more than its cells.
            false => !(chain && of_blocks && items.len() > 1),
        };
        if !is_kept {
            let renamed = |item: Item| {
                let name = match segment.is_layer {
                    true => item.name,
                    false => format!("{}_{}", segment.name(), item.name),
                };
                Item { name, ..item }
            };
            return items.into_iter().map(renamed).collect();
        }
        let place: Vec<&str> = self.nodes[members[0]].path[..=depth]
            .iter()
            .map(|segment| segment.text.as_str())
            .collect();
        let block = self.block(items, segment.kind(), place.join("."), segment.is_layer);
        vec![Item { name: segment.name(), body: Body::Block(Box::new(block)) }]
    }

    /// Whether the name of a node is that of its operator, and the group's tells more.
    fn is_operator(&self, node: usize) -> bool {
        self.nodes[node].path.last().is_some_and(|last| last.is_layer)
    }

    /// How many values of a group are read outside it.
    fn outputs(&mut self, members: &[usize]) -> usize {
        self.stamp += 1;
        for &member in members {
            self.owner[member] = self.stamp;
        }
        members.iter().filter(|&&member| self.is_read_outside(member)).count()
    }

    /// Whether nodes that the last stamp did not claim read a node.
    fn is_read_outside(&self, node: usize) -> bool {
        node == self.output
            || self.readers[node].iter().any(|&reader| self.owner[reader] != self.stamp)
    }

    fn block(&mut self, items: Vec<Item>, kind: String, place: String, is_branch: bool) -> Block {
        let mut members = Vec::new();
        items.iter().for_each(|item| collect(item, &mut members));
        self.outputs(&members);
        let read = members.iter().copied().find(|&member| self.is_read_outside(member));
        let last = items.last().map_or(0, Item::output);
        let mut inputs = Vec::new();
        for item in &items {
            for &input in item.inputs(self.nodes) {
                if self.owner[input] != self.stamp && !inputs.contains(&input) {
                    inputs.push(input);
                }
            }
        }
        Block { kind, place, items, output: read.unwrap_or(last), inputs, is_branch }
    }

    /// The items in an order in which each comes after what it reads; blocks that wait for each other are
    /// replaced by their items.
    fn ordered(&mut self, mut items: Vec<Item>) -> Vec<Item> {
        loop {
            let order = self.order(&items);
            if order.len() == items.len() {
                let mut slots: Vec<Option<Item>> = items.into_iter().map(Some).collect();
                return order.into_iter().filter_map(|place| slots[place].take()).collect();
            }
            let mut kept = Vec::new();
            for (position, item) in items.into_iter().enumerate() {
                match item.body {
                    Body::Block(block) if !order.contains(&position) => kept.extend(block.items),
                    body => kept.push(Item { name: item.name, body }),
                }
            }
            items = kept;
        }
    }

    /// The positions of items by what they wait for; those in circles are left out.
    fn order(&mut self, items: &[Item]) -> Vec<usize> {
        let mut place: HashMap<usize, usize> = HashMap::new();
        for (position, item) in items.iter().enumerate() {
            let mut members = Vec::new();
            collect(item, &mut members);
            place.extend(members.into_iter().map(|member| (member, position)));
        }
        let mut waiting = vec![0; items.len()];
        let mut followers = vec![Vec::new(); items.len()];
        for (position, item) in items.iter().enumerate() {
            for input in item.inputs(self.nodes) {
                if let Some(&from) = place.get(input).filter(|&&from| from != position) {
                    followers[from].push(position);
                    waiting[position] += 1;
                }
            }
        }
        let first = |position: usize| {
            let mut members = Vec::new();
            collect(&items[position], &mut members);
            members.into_iter().min().unwrap_or_default()
        };
        let mut ready: std::collections::BTreeSet<(usize, usize)> = (0..items.len())
            .filter(|&position| waiting[position] == 0)
            .map(|position| (first(position), position))
            .collect();
        let mut order = Vec::with_capacity(items.len());
        while let Some((_, position)) = ready.pop_first() {
            order.push(position);
            for &follower in &followers[position] {
                waiting[follower] -= 1;
                if waiting[follower] == 0 {
                    ready.insert((first(follower), follower));
                }
            }
        }
        order
    }
}

/// The nodes of an item.
fn collect(item: &Item, members: &mut Vec<usize>) {
    match &item.body {
        Body::Node(node) => members.push(*node),
        Body::Block(block) => block.items.iter().for_each(|item| collect(item, members)),
    }
}
