//! The `forward` of a class: one statement for each part, in the order of the network.
//!
//! A value that is read once, by a sum or another expression, is written inside it. A variable whose value is
//! read for the last time gives its name to the result.

use std::collections::HashMap;

use super::classes::{Class, Reference};
use super::construct::{ArgumentText, Constructors, Unit, substituted};
use super::expression::Expression;
use super::names::TakenNames;
use super::node::{Piece, PyOp};
use super::tree::Body;

/// The longest expression that is written inside another one.
const MAX_INLINE: usize = 56;

/// The remark on values that nothing reads.
const UNREAD: &str = "  # leads to no output, but belongs to the architecture";

/// Writes the `forward` of a class that is no sequence.
pub(super) fn forward(made: &Constructors<'_>, class: &Class, units: &[Unit]) -> String {
    let mut writer = ForwardWriter::new(made, class, units);
    let formals: Vec<String> = match class.formals {
        1 => vec!["x".to_owned()],
        2 => vec!["s0".to_owned(), "s1".to_owned()],
        count => (0..count).map(|formal| format!("x{formal}")).collect(),
    };
    let arguments: String = formals.iter().map(|name| format!(", {name}")).collect();
    for (position, name) in formals.into_iter().enumerate() {
        let name = writer.taken.take(&name);
        writer.values.insert(Reference::Formal(position), Expression::Atom(name));
    }
    for position in 0..units.len() {
        writer.unit(position);
    }
    let output = writer.value(Reference::Item(class.output));
    let mut text = format!("    def forward(self{arguments}):\n");
    let last = writer.statements.pop();
    text.extend(writer.statements.iter().map(Statement::written));
    match last {
        Some(Statement::Assign(name, value)) if output.flat() == name => {
            text.push_str(&value.written(8, "return ", ""));
        }
        last => {
            text.extend(last.iter().map(Statement::written));
            text.push_str(&output.written(8, "return ", ""));
        }
    }
    text
}

/// A statement.
enum Statement {
    Assign(String, Expression),
    Unread(Expression),
    Text(String),
}

impl Statement {
    fn written(&self) -> String {
        match self {
            Self::Assign(name, value) => value.written(8, &format!("{name} = "), ""),
            Self::Unread(value) => value.written(8, "", UNREAD),
            Self::Text(text) => format!("        {text}\n"),
        }
    }
}

struct ForwardWriter<'w> {
    made: &'w Constructors<'w>,
    class: &'w Class,
    units: &'w [Unit],
    /// For each value, the units that read it; the number of units stands for the result.
    readers: HashMap<Reference, Vec<usize>>,
    /// For each unit, whether it is written inside the one that reads it.
    is_inline: Vec<bool>,
    /// What gives each value: a variable, or an expression that is written inside another one.
    values: HashMap<Reference, Expression>,
    taken: TakenNames,
    statements: Vec<Statement>,
}

impl<'w> ForwardWriter<'w> {
    fn new(made: &'w Constructors<'w>, class: &'w Class, units: &'w [Unit]) -> Self {
        let mut readers: HashMap<Reference, Vec<usize>> = HashMap::new();
        for (position, unit) in units.iter().enumerate() {
            for &read in &class.references[unit.first] {
                readers.entry(read).or_default().push(position);
            }
        }
        readers.entry(Reference::Item(class.output)).or_default().push(units.len());
        let mut writer = Self {
            made,
            class,
            units,
            readers,
            is_inline: vec![false; units.len()],
            values: HashMap::new(),
            taken: TakenNames::default(),
            statements: Vec::new(),
        };
        let mut lengths = vec![0; units.len()];
        for position in 0..units.len() {
            let unit = &units[position];
            let inner = class.references[unit.first].iter().map(|read| match read {
                Reference::Item(item) => {
                    let from = units.iter().position(|unit| unit.last() == *item);
                    from.filter(|&from| writer.is_inline[from]).map_or(8, |from| lengths[from])
                }
                Reference::Formal(_) => 2,
            });
            lengths[position] = writer.own_length(unit) + inner.sum::<usize>();
            writer.is_inline[position] =
                lengths[position] <= MAX_INLINE && writer.can_be_inline(position);
        }
        writer
    }

    fn op(&self, unit: &Unit) -> Option<&'w PyOp> {
        let block = &self.made.found.blocks[self.class.blocks[0]].block;
        match &block.items[unit.first].body {
            Body::Node(node) if !unit.is_list() => Some(&self.made.nodes[*node].op),
            Body::Node(_) | Body::Block(_) => None,
        }
    }

    fn is_expression(&self, unit: &Unit) -> bool {
        matches!(self.op(unit), Some(PyOp::Expression(_) | PyOp::Sum | PyOp::Concat))
    }

    /// About how long the text of a unit is without what it reads.
    fn own_length(&self, unit: &Unit) -> usize {
        match self.op(unit) {
            Some(PyOp::Expression(pieces)) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.len(),
                    Piece::Hole(_) => 4,
                    Piece::Input(_) => 0,
                })
                .sum(),
            Some(PyOp::Sum) => 6,
            Some(PyOp::Concat) => 20,
            _ => unit.attribute.len() + 7,
        }
    }

    fn can_be_inline(&self, position: usize) -> bool {
        let unit = &self.units[position];
        let readers = self.readers.get(&Reference::Item(unit.last()));
        let [reader] = readers.map_or(&[][..], Vec::as_slice) else { return false };
        let Some(reader) = self.units.get(*reader) else { return false };
        // An input that an expression writes twice would be computed twice.
        let is_twice = match self.op(reader) {
            Some(PyOp::Expression(pieces)) => {
                pieces.iter().filter(|piece| matches!(piece, Piece::Input(0))).count() > 1
            }
            _ => false,
        };
        let is_list = reader.is_list() && reader.arity > 1;
        let may_hold = !is_twice && !is_list;
        let is_own_expression = self.is_expression(unit);
        may_hold
            && !unit.is_list()
            && (self.is_expression(reader) || (is_own_expression && !self.is_join(unit)))
    }

    fn is_join(&self, unit: &Unit) -> bool {
        self.class.references[unit.first].len() > 1
    }

    /// Where a unit's text is written.
    fn effective(&self, position: usize) -> usize {
        let mut position = position;
        while position < self.units.len() && self.is_inline[position] {
            let read = Reference::Item(self.units[position].last());
            match self.readers.get(&read).and_then(|readers| readers.first()) {
                Some(&reader) => position = reader,
                None => break,
            }
        }
        position
    }

    fn last_use(&self, value: Reference) -> usize {
        let readers = self.readers.get(&value).map_or(&[][..], Vec::as_slice);
        readers.iter().map(|&reader| self.effective(reader)).max().unwrap_or_default()
    }

    fn value(&self, reference: Reference) -> Expression {
        self.values.get(&reference).cloned().unwrap_or_else(|| Expression::atom("x"))
    }

    /// The variables that are read for the last time at a position.
    fn dying(&self, position: usize) -> Vec<(Reference, String)> {
        let mut dying: Vec<(Reference, String)> = self
            .values
            .iter()
            .filter(|(reference, _)| self.last_use(**reference) == position)
            .filter_map(|(&reference, value)| match (value, reference) {
                (_, Reference::Item(item)) if self.is_inline_item(item) => None,
                (Expression::Atom(name), _) => Some((reference, name.clone())),
                _ => None,
            })
            .collect();
        dying.sort_by(|(_, a), (_, b)| a.cmp(b));
        dying
    }

    fn is_inline_item(&self, item: usize) -> bool {
        let unit = self.units.iter().position(|unit| unit.last() == item);
        unit.is_some_and(|unit| self.is_inline[unit])
    }

    fn unit(&mut self, position: usize) {
        let unit = &self.units[position];
        let result = Reference::Item(unit.last());
        if unit.is_list() && unit.arity == 2 {
            return self.recurrence(position);
        }
        let value = self.expression(unit);
        if self.is_inline[position] {
            self.values.insert(result, value);
            return;
        }
        if !self.readers.contains_key(&result) {
            return self.statements.push(Statement::Unread(value));
        }
        let dying = self.dying(position);
        for (reference, name) in &dying {
            self.taken.release(name);
            self.values.remove(reference);
        }
        let name = match dying.first() {
            // `x` goes through layers one after another.
            Some((_, name)) if !self.is_join(unit) || self.is_plain(unit) => name.clone(),
            _ if self.is_plain(unit) => "y".to_owned(),
            _ => unit.name.clone(),
        };
        let name = self.taken.take(&name);
        self.values.insert(result, Expression::Atom(name.clone()));
        self.statements.push(Statement::Assign(name, value));
    }

    /// Whether the name of a unit is only that of its operator.
    fn is_plain(&self, unit: &Unit) -> bool {
        let block = &self.made.found.blocks[self.class.blocks[0]].block;
        match &block.items[unit.first].body {
            Body::Node(node) if self.is_expression(unit) => {
                self.made.nodes[*node].path.last().is_none_or(|last| last.is_layer)
                    || ["add", "concat", "mul", "sum"].contains(&unit.name.as_str())
            }
            Body::Node(_) | Body::Block(_) => false,
        }
    }

    /// A list whose items read the two values before them.
    fn recurrence(&mut self, position: usize) {
        let unit = &self.units[position];
        let read = &self.class.references[unit.first];
        let values = [self.value(read[0]), self.value(read[1])].map(|value| value.flat());
        for (reference, name) in self.dying(position) {
            self.taken.release(&name);
            self.values.remove(&reference);
        }
        let states = ["s0", "s1"].map(|name| self.taken.take(name));
        let [s0, s1] = &states;
        if values[0] == values[1] {
            self.statements.push(Statement::Text(format!("{s0} = {s1} = {}", values[0])));
        } else if values != states {
            let values = values.join(", ");
            self.statements.push(Statement::Text(format!("{s0}, {s1} = {values}")));
        }
        let item = self.taken.take(&unit.name);
        let (list, body) = (&unit.attribute, format!("{s0}, {s1} = {s1}, {item}({s0}, {s1})"));
        self.statements.push(Statement::Text(format!("for {item} in self.{list}:")));
        self.statements.push(Statement::Text(format!("    {body}")));
        self.taken.release(&item);
        self.taken.release(s0);
        self.values.insert(Reference::Item(unit.last()), Expression::Atom(s1.clone()));
    }

    /// The text of a unit.
    fn expression(&self, unit: &Unit) -> Expression {
        let reads = &self.class.references[unit.first];
        let values: Vec<Expression> = reads.iter().map(|&read| self.value(read)).collect();
        match self.op(unit) {
            Some(PyOp::Sum) => match <[Expression; 1]>::try_from(values) {
                Ok([only]) => only,
                Err(values) => Expression::Sum(values),
            },
            Some(PyOp::Concat) => Expression::Call(
                "torch.cat".to_owned(),
                vec![Expression::List(values), Expression::atom("dim=1")],
            ),
            Some(PyOp::Expression(pieces)) => self.template(unit, pieces, &values),
            Some(PyOp::Images | PyOp::Module { .. }) | None => {
                Expression::Call(format!("self.{}", unit.attribute), values)
            }
        }
    }

    fn template(&self, unit: &Unit, pieces: &[Piece], values: &[Expression]) -> Expression {
        let parameters: Vec<ArgumentText> = self
            .class
            .parameters
            .iter()
            .map(|parameter| ArgumentText::Text(format!("self.{}", parameter.name)))
            .collect();
        let mut holes = self.class.holes[unit.first].iter();
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Hole(hole) => {
                    let value = holes.next().map(|hole| substituted(hole, &parameters).show());
                    text.push_str(hole.prefix);
                    text.push_str(&value.unwrap_or_default());
                }
                Piece::Input(input) => {
                    let value = &values[*input];
                    let is_tight = match value {
                        Expression::Sum(_) => false,
                        Expression::Atom(text) => !is_loose(text),
                        _ => true,
                    };
                    match is_tight {
                        true => text.push_str(&value.flat()),
                        false => text.push_str(&format!("({})", value.flat())),
                    }
                }
            }
        }
        Expression::Atom(text)
    }
}

/// Whether a text needs parentheses inside an expression: whether a binary operator stands outside of
/// brackets.
fn is_loose(text: &str) -> bool {
    let mut depth = 0_i32;
    text.chars().any(|letter| {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        depth == 0 && letter == ' '
    })
}
