//! The code that makes modules: the constructor of each class, and the names of its parts.

use super::classes::{Class, Classes, HoleText, Reference};
use super::expression::Expression;
use super::names::{TakenNames, identifier, plural};
use super::node::{Family, Hole, Piece, PyNode, PyOp};
use super::tree::Body;

/// What stands for a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ArgumentText {
    /// A number.
    Number(usize),
    /// A name or expression.
    Text(String),
}

impl ArgumentText {
    pub(super) fn show(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// What stands for a number where the parameters of its class are these texts.
pub(super) fn substituted(hole: &HoleText, parameters: &[ArgumentText]) -> ArgumentText {
    match hole {
        HoleText::Literal(number) => ArgumentText::Number(*number),
        HoleText::Parameter(parameter) => parameters[*parameter].clone(),
        HoleText::Half(parameter) => match &parameters[*parameter] {
            ArgumentText::Number(number) => ArgumentText::Number(number / 2),
            ArgumentText::Text(text) => ArgumentText::Text(format!("{text} // 2")),
        },
    }
}

/// A part of the code of a class: an item, or several in a list.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The first item.
    pub first: usize,
    /// How many items.
    pub count: usize,
    /// How many values each item of a list reads.
    pub arity: usize,
    /// Its name as an attribute; empty for expressions.
    pub attribute: String,
    /// The name for one item of a list, or for what it gives.
    pub name: String,
}

impl Unit {
    /// The item whose value it gives.
    pub(super) fn last(&self) -> usize {
        self.first + self.count - 1
    }

    /// Whether it is a list of modules.
    pub(super) fn is_list(&self) -> bool {
        self.count > 1
    }
}

/// Writes constructors.
pub(super) struct Constructors<'c> {
    pub found: &'c Classes,
    pub nodes: &'c [PyNode],
}

impl Constructors<'_> {
    /// The parts of a class that is no sequence.
    pub(super) fn units(&self, class: &Class) -> Vec<Unit> {
        let items = &self.found.blocks[class.blocks[0]].block.items;
        let mut taken = TakenNames::default();
        for parameter in self.stored(class) {
            taken.take(&parameter);
        }
        let mut units = Vec::new();
        let mut first = 0;
        while first < items.len() {
            let (count, arity) = self.run(class, first);
            let mut unit = Unit {
                first,
                count,
                arity,
                attribute: String::new(),
                name: items[first].name.clone(),
            };
            if count > 1 {
                unit.name = self.common_name(class, first, count);
                unit.attribute = taken.take(&plural(&unit.name));
            } else if items[first].is_module(self.nodes) {
                unit.attribute = taken.take(&items[first].name);
                unit.name = unit.attribute.clone();
            }
            units.push(unit);
            first += count;
        }
        units
    }

    /// How many items from `first` on are a list in which each reads the one before, or the two before, and
    /// how many values each reads.
    fn run(&self, class: &Class, first: usize) -> (usize, usize) {
        let reads = &class.references;
        let arity = reads[first].len();
        if !(1..=2).contains(&arity) || !self.is_named_block(class, first) {
            return (1, arity);
        }
        let mut end = first + 1;
        while end < reads.len() && self.is_named_block(class, end) {
            let follows = match (arity, reads[end].as_slice()) {
                (1, [read]) => *read == Reference::Item(end - 1),
                (2, [older, newer]) => {
                    *newer == Reference::Item(end - 1) && *older == reads[end - 1][1]
                }
                _ => false,
            };
            if !follows {
                break;
            }
            end += 1;
        }
        // What is read elsewhere as well, of all but the last, ends the list.
        let inside = |item: usize, end: usize| {
            let elsewhere = |(reader, read): (usize, &Vec<Reference>)| {
                read.contains(&Reference::Item(item)) && !(first..end).contains(&reader)
            };
            class.output != item && !reads.iter().enumerate().any(elsewhere)
        };
        while end > first + 1 && !(first..end - 1).all(|item| inside(item, end)) {
            end -= 1;
        }
        (end - first, arity)
    }

    /// Whether an item is a block whose class has a name.
    fn is_named_block(&self, class: &Class, item: usize) -> bool {
        let placed = &self.found.blocks[class.blocks[0]];
        placed.children[item]
            .is_some_and(|child| !self.found.classes[self.found.blocks[child].class].is_inline)
    }

    /// The word for most items of a list.
    fn common_name(&self, class: &Class, first: usize, count: usize) -> String {
        let placed = &self.found.blocks[class.blocks[0]];
        let kinds = placed.children[first..first + count].iter().flatten();
        let kinds: Vec<&str> =
            kinds.map(|&child| self.found.blocks[child].block.kind.as_str()).collect();
        let often = |kind: &&&str| kinds.iter().filter(|other| other == kind).count();
        // The first one of the most frequent ones.
        let most = kinds.iter().rev().max_by_key(often).copied().unwrap_or("layer");
        identifier(most)
    }

    /// The names of parameters that `forward` needs.
    pub(super) fn stored(&self, class: &Class) -> Vec<String> {
        let items = &self.found.blocks[class.blocks[0]].block.items;
        let mut names = Vec::new();
        for (item, holes) in items.iter().zip(&class.holes) {
            let is_expression = match &item.body {
                Body::Node(node) => matches!(self.nodes[*node].op, PyOp::Expression(_)),
                Body::Block(_) => false,
            };
            for hole in holes.iter().filter(|_| is_expression) {
                if let HoleText::Parameter(parameter) | HoleText::Half(parameter) = hole {
                    let name = &class.parameters[*parameter].name;
                    if !names.contains(name) {
                        names.push(name.clone());
                    }
                }
            }
        }
        names
    }

    /// The expression that makes an item.
    pub(super) fn construct(
        &self,
        block: usize,
        item: usize,
        parameters: &[ArgumentText],
    ) -> Expression {
        let placed = &self.found.blocks[block];
        let class = &self.found.classes[placed.class];
        let values: Vec<ArgumentText> =
            class.holes[item].iter().map(|hole| substituted(hole, parameters)).collect();
        match (&placed.block.items[item].body, placed.children[item]) {
            (Body::Node(node), _) => self.module(&self.nodes[*node].op, &values),
            (Body::Block(_), Some(child)) => self.block(child, &values),
            (Body::Block(_), None) => Expression::atom("nn.Identity()"),
        }
    }

    fn module(&self, op: &PyOp, values: &[ArgumentText]) -> Expression {
        let PyOp::Module { class, arguments } = op else {
            return Expression::atom("nn.Identity()");
        };
        let mut values = values.iter();
        let written = arguments.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Input(_) => None,
            Piece::Hole(Hole { prefix, default, .. }) => {
                let value = values.next()?;
                let is_default = default.map(ArgumentText::Number).as_ref() == Some(value);
                (!is_default).then(|| format!("{prefix}{}", value.show()))
            }
        });
        let arguments = written.map(Expression::Atom).collect();
        Expression::Call((*class).to_owned(), arguments)
    }

    fn block(&self, block: usize, values: &[ArgumentText]) -> Expression {
        let placed = &self.found.blocks[block];
        let class = &self.found.classes[placed.class];
        if class.is_inline {
            let items = 0..placed.block.items.len();
            let items = items.map(|item| self.construct(block, item, values)).collect();
            return Expression::Call("nn.Sequential".to_owned(), items);
        }
        let arguments = class.parameters.iter().zip(values).map(|(parameter, value)| {
            Expression::Atom(match parameter.family {
                Family::Width => value.show(),
                Family::Groups | Family::Stride => format!("{}={}", parameter.name, value.show()),
            })
        });
        Expression::Call(class.name.clone(), arguments.collect())
    }

    /// The modules of a list; equal ones behind each other are made in a loop.
    pub(super) fn list(
        &self,
        block: usize,
        unit: &Unit,
        parameters: &[ArgumentText],
    ) -> Expression {
        let mut items: Vec<(Expression, String, usize)> = Vec::new();
        for item in unit.first..unit.first + unit.count {
            let made = self.construct(block, item, parameters);
            let text = made.flat();
            match items.last_mut() {
                Some((_, last, count)) if *last == text => *count += 1,
                _ => items.push((made, text, 1)),
            }
        }
        let items = items.into_iter().map(|(made, _, count)| match count {
            1 => made,
            _ => Expression::Repeated(Box::new(made), count),
        });
        let items: Vec<Expression> = items.collect();
        match unit.arity {
            1 => Expression::Call("nn.Sequential".to_owned(), items),
            _ => Expression::Call("nn.ModuleList".to_owned(), vec![Expression::List(items)]),
        }
    }

    /// The path of every node that is a module, from the network on, as names of weights have it.
    pub(super) fn paths(&self) -> Vec<Option<String>> {
        let mut paths = vec![None; self.nodes.len()];
        if let Some(root) = self.found.blocks.len().checked_sub(1) {
            self.add_paths(root, "", &mut paths);
        }
        paths
    }

    fn add_paths(&self, block: usize, prefix: &str, paths: &mut [Option<String>]) {
        let placed = &self.found.blocks[block];
        let class = &self.found.classes[placed.class];
        let names: Vec<String> = match class.is_chain {
            true => (0..placed.block.items.len()).map(|item| item.to_string()).collect(),
            false => {
                let mut names = Vec::new();
                for unit in self.units(class) {
                    match unit.is_list() {
                        true => names.extend(
                            (0..unit.count).map(|item| format!("{}.{item}", unit.attribute)),
                        ),
                        false => names.push(unit.attribute),
                    }
                }
                names
            }
        };
        for (item, name) in names.iter().enumerate() {
            let path = format!("{prefix}{name}");
            match (&placed.block.items[item].body, placed.children[item]) {
                (Body::Node(node), _) => paths[*node] = Some(path),
                (Body::Block(_), Some(child)) => self.add_paths(child, &format!("{path}."), paths),
                (Body::Block(_), None) => {}
            }
        }
    }
}
